"""The scale a series is forecast on, so that bounds hold and the noise of counts is known.

A share of counted pieces is taken to its arcsine root, a count (or a count per exposure) to its
root: there the binomial or Poisson noise depends on the volume alone, not on the unknown level
(Anscombe 1948). Going back can never leave 0 to 100 %, or fall below nothing.
"""

from dataclasses import dataclass
from enum import Enum
from typing import Final

import numpy as np
import numpy.typing as npt

Values = npt.NDArray[np.float64]

_ADDED: Final = 3 / 8
"""Anscombe's constant: added to a count before its root is taken."""


class Kind(Enum):
    """What kind of number a series holds."""

    SHARE = "a share of counted things"
    BOUNDED = "a share of minutes, weight or money"
    COUNT = "counted things, or counted things per exposure"
    AMOUNT = "an amount that cannot be negative"
    PLAIN = "any number"


COUNTED: Final = frozenset({Kind.SHARE, Kind.COUNT})
"""Kinds whose noise follows from the volume."""


@dataclass(frozen=True, slots=True, eq=False)
class Series:
    """One number per period in time order; ``nan`` is a gap.

    ``values`` are in the KPI's unit, ``per`` of which make one (100 for per cent). ``exposure`` is
    the volume behind each value (pieces made, hours run; 1 for plain counts); it matters for counted
    kinds only. ``places`` is the place of each period in its cycle, counted from 0 (January: 0), and
    ``cycle`` the number of places; 0: no season is looked for.
    """

    values: Values
    exposure: Values
    kind: Kind
    per: float = 1.0
    places: npt.NDArray[np.int64] | None = None
    cycle: int = 0

    @property
    def measured(self) -> npt.NDArray[np.bool_]:
        """Periods that have a value; a counted one also needs its volume."""
        there = np.isfinite(self.values)
        return there & (self.exposure > 0) if self.kind in COUNTED else there


def forward(series: Series) -> tuple[Values, Values]:
    """The values on the forecasting scale, and the variance that counting alone gives them there.

    Gaps stay ``nan``; the variance is 0 for kinds that are not counted.
    """
    there = series.measured
    ratio = np.where(there, series.values, np.nan) / series.per
    volume = np.where(there, series.exposure, np.nan)
    if series.kind is Kind.SHARE:
        share = (ratio * volume + _ADDED) / (volume + 2 * _ADDED)
        return np.arcsin(np.sqrt(np.clip(share, 0, 1))), 1 / (4 * volume + 2)
    if series.kind is Kind.COUNT:
        return np.sqrt((np.maximum(ratio, 0) * volume + _ADDED) / volume), 1 / (4 * volume)
    none = np.where(there, 0.0, np.nan)
    if series.kind is Kind.BOUNDED:
        return np.arcsin(np.sqrt(np.clip(ratio, 0, 1))), none
    if series.kind is Kind.AMOUNT:
        return np.sqrt(np.maximum(ratio, 0)), none
    return ratio, none


def counting_noise(kind: Kind, exposure: Values) -> Values:
    """The variance on the forecasting scale that counting alone gives a period of that volume."""
    if kind is Kind.SHARE:
        return 1 / (4 * exposure + 2)
    return 1 / (4 * exposure) if kind is Kind.COUNT else np.zeros_like(exposure)


def back(y: Values, exposure: Values, kind: Kind, per: float, *, whole: bool = False) -> Values:
    """Values in the KPI's unit again; ``whole`` rounds a counted kind to whole things.

    >>> one = np.array([50.0])
    >>> series = Series(np.array([4.0]), one, Kind.SHARE, 100.0)
    >>> back(forward(series)[0], one, Kind.SHARE, 100.0).round(9).tolist()
    [4.0]
    """
    if kind is Kind.PLAIN:
        return y * per
    if kind is Kind.AMOUNT:
        return np.maximum(y, 0) ** 2 * per
    if kind is Kind.COUNT:
        things = np.maximum(np.maximum(y, 0) ** 2 * exposure - _ADDED, 0)
        return (np.round(things) if whole else things) / exposure * per
    share = np.sin(np.clip(y, 0, np.pi / 2)) ** 2
    if kind is Kind.BOUNDED:
        return share * per
    things = np.clip(share * (exposure + 2 * _ADDED) - _ADDED, 0, exposure)
    return (np.round(things) if whole else things) / exposure * per


def edges(
    values: Values, exposure: Values, kind: Kind, per: float
) -> tuple[Values, Values]:  # fmt: skip
    """From where to where a value reaches on the forecasting scale: half a thing to each side."""
    if kind not in COUNTED:
        y = forward(Series(values.ravel(), np.ones(values.size), kind, per))[0]
        return y.reshape(values.shape), y.reshape(values.shape)
    things = values / per * exposure + _ADDED
    low, high = np.maximum(things - 0.5, 0.0), things + 0.5
    if kind is Kind.COUNT:
        return np.sqrt(low / exposure), np.sqrt(high / exposure)
    whole = exposure + 2 * _ADDED
    return np.arcsin(np.sqrt(low / whole)), np.arcsin(np.sqrt(np.minimum(high / whole, 1.0)))


def threshold(limit: float, exposure: float, kind: Kind, per: float, *, at_least: bool) -> float:
    """Where a limit lies on the forecasting scale, so that a value on its good side is beyond it.

    For counted kinds the border stands half a thing outside: 95 % of 40 lines is met by 38 and not
    by 37, so it lies at 37.5. Infinite where the limit is always, or never, met.
    """
    ratio = limit / per
    if kind is Kind.PLAIN:
        return ratio
    highest = 1.0 if kind in (Kind.SHARE, Kind.BOUNDED) else np.inf
    if ratio < 0 or ratio > highest:
        return float(np.inf if ratio > highest else -np.inf)
    if kind is Kind.AMOUNT:
        return float(np.sqrt(ratio))
    if kind is Kind.BOUNDED:
        return float(np.arcsin(np.sqrt(ratio)))
    exact = ratio * exposure
    things = np.ceil(exact - 1e-9) - 0.5 if at_least else np.floor(exact + 1e-9) + 0.5
    if things < 0 or (kind is Kind.SHARE and things > exposure):
        return float(np.inf if things > 0 else -np.inf)
    if kind is Kind.COUNT:
        return float(np.sqrt((things + _ADDED) / exposure))
    return float(np.arcsin(np.sqrt((things + _ADDED) / (exposure + 2 * _ADDED))))
