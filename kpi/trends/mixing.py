"""Forecasts of all candidates put together, each as far as its own past forecasts earned it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np
import numpy.typing as npt

from kpi.trends.candidates import Candidate
from kpi.trends.filtering import Filtered

Values = npt.NDArray[np.float64]

NEGLIGIBLE: Final = 1e-3
"""A candidate that earned less than this at every origin is left out."""

_HALVINGS: Final = 40


@dataclass(frozen=True, slots=True, eq=False)
class Mixture:
    """A mixture of Student t distributions: candidates first, then any shape (origins, steps)."""

    weight: Values
    mean: Values
    spread: Values
    freedom: Values

    def below(self, at: Values) -> Values:
        """The probability of a value below ``at`` (on the forecasting scale)."""
        z = (at - self.mean) / self.spread
        # weights that add up to a hair more than 1 would leave less than nothing above
        return np.asarray((self.weight * _stdtr()(self.freedom, z)).sum(axis=0).clip(0.0, 1.0))

    def quantile(self, level: float) -> Values:
        """Where the probability below is ``level``; found by halving between the candidates' own."""
        from scipy.special import stdtrit

        own = self.mean + self.spread * stdtrit(self.freedom, level)
        low, high = own.min(axis=0), own.max(axis=0)
        for _ in range(_HALVINGS):
            middle = (low + high) / 2
            under = self.below(middle) < level
            low, high = np.where(under, middle, low), np.where(under, high, middle)
        return np.asarray((low + high) / 2)

    def at(self, *place: int | slice) -> "Mixture":
        """The mixture at some origins or steps only."""
        index = (slice(None), *place)
        return Mixture(
            self.weight[index], self.mean[index], self.spread[index], self.freedom[index]
        )


@cache
def _stdtr() -> Callable[[Values, Values], Values]:
    """Student's t, imported where it is used, and once: a quantile asks for it forty times."""
    from scipy.special import stdtr

    return stdtr  # type: ignore[no-any-return]


def weights(seen: Sequence[Filtered], given: Sequence[Candidate]) -> Values:
    """How much each candidate counts at every origin (candidates first); sums to 1.

    The share it had before, times the density its one-step forecasts gave to what came: exactly
    Bayes' rule, with the noise integrated out.
    """
    earned = np.stack([f.evidence for f in seen]) + np.log([c.share for c in given])[:, None]
    earned -= earned.max(axis=0)
    found = np.exp(earned)
    return np.asarray(found / found.sum(axis=0))


def mixture(seen: Sequence[Filtered], weight: Values) -> Mixture:
    """All that matter, at every origin and for every step ahead."""
    kept = np.flatnonzero(weight.max(axis=1) > NEGLIGIBLE).tolist()
    mean = np.stack([seen[i].mean for i in kept])
    spread = np.stack([seen[i].spread for i in kept])
    shape = mean.shape
    freedom = np.stack([seen[i].freedom for i in kept])
    share = weight[kept] / weight[kept].sum(axis=0)
    return Mixture(
        np.broadcast_to(share[..., None], shape),
        mean,
        spread,
        np.broadcast_to(freedom[..., None], shape),
    )


def around(blend: Mixture, center: Values) -> Mixture:
    """Another forecast in the place of the blend: centred there, as wide as the blend expects.

    If the blend tells the truth, the error of a forecast ``center`` has the blend's own variance plus
    the squared distance of the two.
    """
    middle = (blend.weight * blend.mean).sum(axis=0)
    within = (blend.weight * np.square(blend.mean - middle)).sum(axis=0)
    away = np.square(middle - center)
    spread = np.sqrt(np.square(blend.spread) + within + away)
    return Mixture(blend.weight, np.broadcast_to(center, blend.mean.shape), spread, blend.freedom)
