"""Least squares where neighbouring periods resemble each other by an unknown amount.

The correlation of neighbours (lag 1) of a short series is hardly known: a single estimate of it,
taken for the truth, makes intervals too narrow. Here every value it may have is weighed by how well
it explains the series, and what is said is the average over them.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

Values = npt.NDArray[np.float64]

LAGS: Final = tuple(np.round(np.arange(0.0, 0.96, 0.05), 2))
"""Correlations considered; below zero it would make intervals narrower, and is not believed."""

_HALVINGS: Final = 60
_NOTHING: Final = 1e-20


@dataclass(frozen=True, slots=True, eq=False)
class Fits:
    """A fit, and its doubt per correlation considered, each with its weight (they add up to 1).

    ``coef`` is (p,), ``cov`` (K, p, p) without the dispersion, ``dispersion`` (K,) as used,
    ``freedom`` the residual degrees of freedom. ``raw`` is the dispersion as found where
    neighbours are taken as independent.
    """

    lags: Values
    weight: Values
    coef: Values
    cov: Values
    dispersion: Values
    freedom: int
    raw: float

    @property
    def lag1(self) -> float:
        """The correlation of neighbours, averaged over what may be."""
        return float(self.weight @ self.lags)

    def p_value(self, columns: list[int]) -> float:
        """How likely coefficients as far from zero are where all of these columns do nothing."""
        from scipy.special import fdtrc

        b = self.coef[columns]
        inner = np.linalg.inv(self.cov[:, columns][:, :, columns])
        quadratic = np.einsum("i,kij,j->k", b, inner, b) / self.dispersion / len(columns)
        return float(self.weight @ fdtrc(len(columns), self.freedom, quadratic))

    def interval(self, column: int, confidence: float) -> tuple[float, float]:
        """Between what values a coefficient lies, both tails alike."""
        from scipy.special import stdtr, stdtrit

        tail = (1 - confidence) / 2
        b = float(self.coef[column])
        se = np.sqrt(self.cov[:, column, column] * self.dispersion)
        low, high = 0.0, float(stdtrit(self.freedom, 1 - tail) * se.max())
        for _ in range(_HALVINGS):
            middle = (low + high) / 2
            beyond = float(self.weight @ stdtr(self.freedom, -middle / se))
            low, high = (middle, high) if beyond > tail else (low, middle)
        reach = (low + high) / 2
        return b - reach, b + reach


def fits(
    design: Values,
    response: Values,
    rows: Values,
    time: Values,
    *,
    floor: float,
    lag1: float | None = None,
) -> Fits | None:
    """Least squares whose doubt allows for an autoregressive correlation of order 1.

    The coefficients are those of independent rows, so that a level stays the sum over the sum; their
    covariance, the dispersion, and how much each correlation is believed, are not.

    Parameters
    ----------
    design, response
        Scaled to equal variance; (n, p) of full rank, and (n,).
    rows
        The design before scaling.
    time
        Position of each row, in periods, increasing: a gap leaves neighbours further apart.
    floor
        Smallest dispersion believed: 1 for counts, which cannot vary less than chance.
    lag1
        A known correlation, in place of all of ``LAGS``.

    Returns
    -------
    Fits or None
        ``None`` where no degree of freedom, or no variation at all, is left.

    References
    ----------
    Covariance under a working independence: Liang and Zeger 1986, Biometrika 73, 13-22. Belief in a
    correlation: the restricted likelihood of the residuals (Harville 1977, JASA 72, 320-338), every
    one equally believed to begin with. Given a correlation, Student's t with n - p degrees of
    freedom.
    """
    freedom = design.shape[0] - design.shape[1]
    if freedom < 1:
        return None
    lags = np.array(LAGS if lag1 is None else [lag1], dtype=float)
    coef = np.asarray(np.linalg.lstsq(design, response, rcond=None)[0], dtype=float)
    left = response - design @ coef
    scale = float((response**2).sum()) or 1.0
    if floor == 0 and float((left**2).sum()) <= _NOTHING * scale:
        return None
    both = np.concatenate([[0.0], lags])  # the first is what the others are measured by
    rest, log_belief = _restricted(rows, left, time, both, _NOTHING * scale)
    weight = np.exp(log_belief[1:] - log_belief[1:].max())
    raw = float((left**2).sum()) / freedom
    return Fits(
        lags,
        weight / weight.sum(),
        coef,
        covariances(design, time, lags),
        np.maximum(raw * rest[1:] / rest[0], floor),
        freedom,
        raw,
    )


def _restricted(
    rows: Values, left: Values, time: Values, lags: Values, least: float
) -> tuple[Values, Values]:
    """Sum of squares and logarithm of the restricted likelihood of residuals, per correlation."""
    x, y, log_det = _whitened(rows, left, time, lags)
    gram = np.einsum("kni,knj->kij", x, x)
    coef = np.linalg.solve(gram, np.einsum("kni,kn->ki", x, y)[:, :, None])[:, :, 0]
    rest = np.maximum(((y - np.einsum("kni,ki->kn", x, coef)) ** 2).sum(axis=1), least)
    freedom = rows.shape[0] - rows.shape[1]
    log_likelihood = log_det + np.linalg.slogdet(gram)[1] + freedom * np.log(rest)
    return rest, -0.5 * log_likelihood


def covariances(design: Values, time: Values, lags: Values) -> Values:
    """Of the coefficients under each correlation, for a dispersion of 1; (K, p, p)."""
    inner = np.linalg.inv(design.T @ design)
    carried = lags[:, None] ** np.diff(time)[None, :]
    behind = np.zeros((len(lags), *design.shape))
    for i in range(1, len(design)):
        behind[:, i] = carried[:, i - 1, None] * (behind[:, i - 1] + design[i - 1])
    cross = np.einsum("kni,nj->kij", behind, design)
    middle = design.T @ design + cross + cross.transpose(0, 2, 1)
    return np.asarray(inner @ middle @ inner)


def _whitened(
    design: Values, response: Values, time: Values, lags: Values
) -> tuple[Values, Values, Values]:
    """Rows freed of the correlation with the row before them, and the log determinant taken out."""
    apart = np.diff(time)
    carried = lags[:, None] ** apart[None, :]  # (K, n-1); 0 ** d is 0
    fresh = 1 - carried**2
    root = np.sqrt(fresh)
    both = np.column_stack([design, response])
    rest = (both[None, 1:] - carried[:, :, None] * both[None, :-1]) / root[:, :, None]
    first = np.broadcast_to(both[None, :1], (len(lags), 1, both.shape[1]))
    white = np.concatenate([first, rest], axis=1)
    return white[:, :, :-1], white[:, :, -1], np.log(fresh).sum(axis=1)
