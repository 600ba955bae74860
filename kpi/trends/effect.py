"""Did it work? Before and after, by the KPI's own nature, with honest doubt.

The question is harder than it looks, and each of these has made plants believe in actions that did
nothing: counts of 100,000 parts a month prove any difference (the months differ more than counts
explain, so the dispersion is taken from the series); neighbouring months resemble each other; an
action opened on a bad month sees the next ones get better by themselves; a season or a drift that
was there anyway. docs/effect.md shows by simulation what each safeguard is worth.
"""

import math
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from kpi.trends.effect_lag import Fits, fits
from kpi.trends.effect_model import Nature, Values, Working, fit, inverse, link, nudged

Mask = npt.NDArray[np.bool_]

CONFIDENCE: Final = 0.95
FEWEST_BEFORE: Final = 6
"""Periods before without which the usual scatter is not known."""

TREND_POINTS: Final = 12
"""Periods before from which a trend is looked for."""

TREND_LEVEL: Final = 0.05
EXPLAINING_TREND_LEVEL: Final = 0.4
"""A drift that points the same way as the effect may be all there is to it, and is allowed for even
where it is hardly seen; one that points the other way would enlarge the effect, and has to be clear."""

BEND_LEVEL: Final = 0.05
BEND_POINTS: Final = 6
"""Where the drift is clearly another one after the action than before, from so many periods after on,
only the drift before tells where it would have led: the other may be the action's own doing."""

SEASON_LEVEL: Final = 0.01
SEASON_YEARS: Final = 2.0
"""Years that before and after must span together for a season to be told; before at least one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Method:
    """Choices that can move a verdict. The defaults are the product's conventions.

    ``lag1``: a known correlation of neighbours; ``None``: taken from the series. ``dispersed``:
    whether the dispersion is taken from the series (else 1 for counts). ``adjust``: whether trend
    and season are looked for.
    """

    confidence: float = CONFIDENCE
    lag1: float | None = None
    dispersed: bool = True
    adjust: bool = True


@dataclass(frozen=True, slots=True, eq=False)
class Series:
    """The periods that count, in time order: gaps, left-out and excluded ones are not among them.

    ``count`` over ``size`` is the rate (for ``normal``: the value is ``count`` over ``size``, and
    ``size`` its weight). ``time`` is the position in periods, ``year`` the time in years (for the
    season), ``after`` whether the period lies after the action.
    """

    nature: Nature
    count: Values
    size: Values
    time: Values
    year: Values
    after: Mask

    def only(self, kept: Mask) -> "Series":
        """These periods alone."""
        return Series(
            self.nature, self.count[kept], self.size[kept], self.time[kept], self.year[kept],
            self.after[kept],
        )  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class Effect:
    """What changed, in rates (count per size); ``nan`` where it cannot be told.

    ``before`` and ``after`` are the levels as counted; ``expected`` is the level after as it would
    be without the action: the one before, moved by trend and season where there are such.
    ``absolute`` is ``after`` less ``expected``, ``low`` and ``high`` its interval; the relative
    ones are shares of ``expected``. ``p_value`` is two-sided. ``dispersion`` is how many times more
    the counts vary than chance (``nan`` for ``normal``), ``lag1`` the correlation of neighbours.
    """

    nature: Nature
    before: float
    after: float
    expected: float
    absolute: float
    low: float
    high: float
    relative: float
    relative_low: float
    relative_high: float
    p_value: float
    dispersion: float
    lag1: float
    freedom: int
    trend: bool
    season: int  # pairs of waves adjusted for, 0: none
    points_before: int
    points_after: int
    method: Method
    fitted: "Fitted | None" = None
    bent: bool = False  # the drift after the action is another one than before

    @property
    def told(self) -> bool:
        """Whether there is an interval at all."""
        return not math.isnan(self.low)


@dataclass(frozen=True, slots=True, eq=False)
class Fitted:
    """What a power calculation needs: the data as used, the model and its fits.

    Where no period lies after the action yet, the model has no column for it.
    """

    series: Series
    working: Working
    fits: Fits
    bent: bool = False

    @property
    def full(self) -> Values:
        """The coefficients with one for the action at place 1; 0 where there is none."""
        coef = self.fits.coef
        return coef if self.series.after.any() else np.insert(coef, 1, 0.0)


def effect(series: Series, method: Method | None = None) -> Effect:
    """Compare the periods after with those before.

    Needs at least ``FEWEST_BEFORE`` periods before and one after; otherwise, and where nothing
    varies at all, levels are given and the interval is ``nan``.
    """
    chosen = method or Method()
    before, after = ~series.after, series.after
    first, last = _level(series, before), _level(series, after)
    untold = _untold(series, first, last, chosen)
    if before.sum() < FEWEST_BEFORE:
        return untold
    whole = _nudged(series)
    trend, waves, bent = _adjustments(whole, chosen) if chosen.adjust else (False, 0, False)
    made = _fitted(whole, trend, waves, chosen, bent)
    if made is None:
        return untold
    if not after.any():
        return replace(untold, trend=trend, season=waves, **_scatter(made))
    return _told(series, made, first, last, trend, waves, chosen)


def _level(series: Series, side: Mask) -> float:
    total = float(series.size[side].sum())
    return float(series.count[side].sum()) / total if total > 0 else math.nan


def _untold(series: Series, first: float, last: float, method: Method) -> Effect:
    nan = math.nan
    return Effect(
        series.nature, first, last, first, last - first, nan, nan, _share(last - first, first),
        nan, nan, nan, nan, nan, 0, False, 0,
        int((~series.after).sum()), int(series.after.sum()), method,
    )  # fmt: skip


def _share(change: float, of: float) -> float:
    return change / of if of > 0 else math.nan


def _nudged(series: Series) -> Series:
    if series.nature == "normal":
        return series
    rate, size = nudged(
        series.count / series.size, series.size, (~series.after, series.after), series.nature,
        max(1.0, _plain_dispersion(series)),
    )  # fmt: skip
    return Series(series.nature, rate * size, size, series.time, series.year, series.after)


def _plain_dispersion(series: Series) -> float:
    """Pearson's, of the periods before around their own level."""
    side = ~series.after
    level, size = _level(series, side), series.size[side]
    variance = level * (1 - level) if series.nature == "binomial" else level
    if variance <= 0 or side.sum() < 2:
        return 1.0
    z = (series.count[side] / size - level) * np.sqrt(size / variance)
    return float((z**2).sum() / (side.sum() - 1))


def rows_of(series: Series, trend: bool, waves: int, bent: bool = False) -> Values:
    """The design: level, after, what is adjusted for (trend, pairs of yearly waves), and the bend.

    The bend is the drift after less that before, counted from the middle of the periods after: there
    the second column is the effect.
    """
    columns = [np.ones_like(series.time), series.after.astype(float)]
    if trend:
        middle = series.time[~series.after].mean()
        columns.append((series.time - middle) / max(1.0, float(np.ptp(series.time))))
    for wave in range(1, waves + 1):
        angle = 2 * np.pi * wave * series.year
        columns += [np.cos(angle), np.sin(angle)]
    if bent:
        middle = series.time[series.after].mean()
        columns.append(np.where(series.after, series.time - middle, 0.0))
    return np.column_stack(columns)


def _fitted(
    series: Series, trend: bool, waves: int, method: Method, bent: bool = False
) -> Fitted | None:
    rows = rows_of(series, trend, waves, bent)
    if not series.after.any():
        rows = np.delete(rows, 1, axis=1)
    if rows.shape[0] <= rows.shape[1] or np.linalg.matrix_rank(rows) < rows.shape[1]:
        return None
    working = fit(series.count / series.size, series.size, rows, series.nature)
    floor = 0.0 if series.nature == "normal" else 1.0
    found = fits(working.design, working.response, rows, series.time, floor=floor, lag1=method.lag1)
    if found is None:
        return None
    if not method.dispersed and series.nature != "normal":
        known = np.ones_like(found.dispersion)
        found = Fits(found.lags, found.weight, found.coef, found.cov, known, 1_000_000, found.raw)
    return Fitted(series, working, found, bent)


def _scatter(made: Fitted) -> dict[str, Any]:
    counts = made.series.nature != "normal"
    return {
        "dispersion": made.fits.raw if counts else math.nan,
        "lag1": made.fits.lag1,
        "freedom": made.fits.freedom,
        "fitted": made,
        "bent": made.bent,
    }


def _adjustments(series: Series, method: Method) -> tuple[bool, int, bool]:
    """Whether there is a trend, how many waves of a season, and whether the trend bends."""
    waves = _season(series, method)
    if (~series.after).sum() < TREND_POINTS or not series.after.any():
        return False, waves, False
    plain, drifting = (_fitted(series, trend, waves, method) for trend in (False, True))
    if plain is None or drifting is None or not _allowed(plain, drifting):
        return False, waves, False
    bent = None
    if series.after.sum() >= BEND_POINTS:
        bent = _fitted(series, True, waves, method, bent=True)
    if bent is None or not bent.fits.p_value([len(bent.fits.coef) - 1]) < BEND_LEVEL:
        return True, waves, False
    own = _allowed(plain, bent)  # of the periods before alone
    return own, waves, own


def _allowed(plain: Fitted, drifting: Fitted) -> bool:
    """Whether a drift is allowed for: at once where it may be all there is to the effect."""
    explains = plain.fits.coef[1] * drifting.fits.coef[2] > 0
    return drifting.fits.p_value([2]) < (EXPLAINING_TREND_LEVEL if explains else TREND_LEVEL)


def _season(series: Series, method: Method) -> int:
    """Waves a year needs: two, one or none, by the more telling test."""
    step = float(np.median(np.diff(series.year))) if len(series.year) > 1 else 1.0
    own = series.year[~series.after]
    if np.ptp(series.year) + step < SEASON_YEARS - 1e-6 or np.ptp(own) + step < 1.0 - 1e-6:
        return 0
    if step > 0.26:
        return 0
    first, tried = 2 if series.after.any() else 1, {}
    for waves in (1, 2) if step < 0.24 else (1,):
        made = _fitted(series, False, waves, method)
        if made is not None:
            tried[waves] = made.fits.p_value(list(range(first, first + 2 * waves)))
    best = min(tried, key=lambda waves: tried[waves], default=0)
    return best if best and tried[best] < SEASON_LEVEL else 0


def _told(
    series: Series, made: Fitted, first: float, last: float, trend: bool, waves: int, method: Method
) -> Effect:
    low, high = made.fits.interval(1, method.confidence)
    expected = expected_after(made)
    absolute = last - expected

    def moved(by: float) -> float:
        return shifted(made, by) - expected

    bounds = (min(moved(low), absolute), max(moved(high), absolute))
    return replace(
        _untold(series, first, last, method),
        expected=expected, absolute=absolute, low=bounds[0], high=bounds[1],
        relative=_share(absolute, expected), relative_low=_share(bounds[0], expected),
        relative_high=_share(bounds[1], expected), p_value=made.fits.p_value([1]),
        trend=trend, season=waves, **_scatter(made),
    )  # fmt: skip


def expected_after(made: Fitted) -> float:
    """The level after without the action."""
    return shifted(made, 0.0)


def shifted(made: Fitted, by: float) -> float:
    """The level after, had the action moved the linear predictor by so much."""
    series = made.series
    if not series.after.any():
        level = np.delete(made.full, 1)
        return float(inverse(level[0] + by, series.nature))
    rows = made.working.rows[series.after].copy()
    rows[:, 1] = 0.0
    if made.bent:
        rows[:, -1] = 0.0
    rates = inverse(rows @ made.full + by, series.nature)
    return float(np.average(rates, weights=series.size[series.after]))


__all__ = ["CONFIDENCE", "Effect", "Fitted", "Method", "Series", "effect", "link"]
