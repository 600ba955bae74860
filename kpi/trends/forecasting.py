"""How a series goes on: median and intervals, tested on its own past, or too few data."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from kpi.trends.backtest import Backtest, horizon_tested, last_known, measure
from kpi.trends.candidates import LAST, LEVEL, SHARES, Candidate, candidates
from kpi.trends.filtering import Filtered, Problem, runs, told_ahead
from kpi.trends.mixing import Mixture, around, mixture, weights
from kpi.trends.scales import Kind, Series, back, counting_noise, edges, forward, threshold
from kpi.trends.season import CLEAR, Season, season_p
from kpi.trends.trend import FEWEST_POINTS

Values = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

BLEND: Final = "blend"
"""All candidates together, each as far as its past forecasts earned it."""

BANDS: Final = (0.1, 0.25, 0.5, 0.75, 0.9)
"""Levels of the quantiles told: the 80 % and the 50 % interval, and the median."""


@dataclass(frozen=True, slots=True, eq=False)
class Forecast:
    """One to ``ahead`` periods on, in the KPI's unit.

    ``bands`` has a row for each level of ``BANDS``. ``method`` is ``blend``, or the simple forecast
    that did better on the past (``level``, ``last value``). ``families`` is how much each family of
    candidates counts now, the heaviest first. ``points`` is how many values it rests on.
    ``season_untested`` says that its season was found too lately to be in the back-test.
    """

    bands: Values
    method: str
    families: Mapping[str, float]
    season: Season
    backtest: Backtest
    points: int
    season_untested: bool
    kind: Kind
    per: float
    exposure: Values
    ahead: Mixture

    @property
    def median(self) -> Values:
        """The middle of what may come: as likely above as below."""
        return np.asarray(self.bands[2])

    def probability(self, limit: float, step: int, *, at_least: bool) -> float:
        """How likely the value ``step`` periods on (from 1) is at least, or at most, ``limit``."""
        place = threshold(
            limit, float(self.exposure[step - 1]), self.kind, self.per, at_least=at_least
        )
        if np.isinf(place):  # beyond what can be: no rounding of the weights may show
            below = float(place > 0)
        else:
            below = float(self.ahead.at(step - 1).below(np.array(place)))
        return 1 - below if at_least else below


def forecast(series: Series, exposure: Values, *, tell: int | None = None) -> Forecast | None:
    """Forecast a series as many periods on as ``exposure`` has volumes; ``None``: too few data.

    ``exposure`` holds the volumes expected (ones where they do not matter). ``tell`` is the step the
    back-test is made for, where the past is long enough; the last one by default. At least
    ``FEWEST_POINTS`` values are needed. The forecast blends the candidates of
    ``kpi.trends.candidates``, each weighted by how well it forecast this series one step ahead until
    now; a season is in it only where there is evidence. The same is done from every earlier period:
    that is the back-test. Where the blend did not beat repeating the last value, the simpler of last
    value and usual level stands in its place, whichever did better, with the errors that the blend
    expects of it.
    """
    if int(series.measured.sum()) < FEWEST_POINTS:
        return None
    problem = _problem(series, exposure)
    p_values = season_p(problem)
    given, seen, weight = _weighed(problem, p_values)
    tested = horizon_tested(int(series.measured.sum()), min(tell or len(exposure), len(exposure)))
    level = _level_of(given, seen)
    all_ahead = mixture(seen, weight)

    def test(ahead: Mixture, origins: Mask | None = None) -> Backtest:
        return _tested(series, exposure, ahead, tested, level, origins)

    result, untested = _with_season_known(p_values, lambda origins: test(all_ahead, origins))
    method = BLEND if untested else _method(result)
    if method != BLEND:
        center = (
            level
            if method == LEVEL
            else np.repeat(last_known(problem.y)[:, None], level.shape[1], axis=1)
        )
        all_ahead = around(all_ahead, center)
        result, _ = _with_season_known(p_values, lambda origins: test(all_ahead, origins))
    ahead = all_ahead.at(-1)
    return Forecast(
        bands=_bands(ahead, exposure, series),
        method=method,
        families=_families(given, weight[:, -1]),
        season=_season(problem, float(p_values[-1])),
        backtest=result,
        points=int(series.measured.sum()),
        season_untested=untested,
        kind=series.kind,
        per=series.per,
        exposure=exposure,
        ahead=ahead,
    )


def _with_season_known(
    p_values: Values, test: Callable[[Mask | None], Backtest]
) -> tuple[Backtest, bool]:
    """The back-test, and whether a season found lately is not yet in it.

    Where there is a season, only the past from where it was known speaks of the present forecast:
    the years before went without it. Where that is too short, the whole past is told all the same.
    """
    if not p_values[-1] < CLEAR:
        return test(None), False
    since = test(p_values < CLEAR)
    return (since, False) if since.enough else (test(None), True)


def _problem(series: Series, exposure: Values) -> Problem:
    y, counted = forward(series)
    noise = np.concatenate([counted, counting_noise(series.kind, exposure)])
    usual = float(np.nanmean(counted))
    noise = np.where(np.isfinite(noise), noise, usual)
    steps = np.square(np.diff(y))
    # Half the mean squared step is the variance of the noise, whatever a slow level does.
    short = float(np.nanmean(steps)) / 2 if np.isfinite(steps).any() else 0.0
    total = max(short - usual, 0.0) + noise
    mean = float(total[: len(y)].mean())
    relative = total / mean if mean > 0 else np.ones_like(total)
    return Problem(y, relative, _places(series, len(total)), series.cycle, len(exposure), usual)


def _places(series: Series, length: int) -> npt.NDArray[np.int64]:
    if series.places is None or series.cycle < 2:
        return np.zeros(length, dtype=np.int64)
    start = int(series.places[0])
    return (start + np.arange(length)) % series.cycle


def _weighed(
    problem: Problem, p_values: Values
) -> tuple[tuple[Candidate, ...], list[Filtered], Values]:
    """All candidates with their weights at every origin; those with a season only where it is clear."""
    plain = candidates()
    seen = [told_ahead(problem, past) for past in runs(problem, plain)]
    seasonal = np.nan_to_num(p_values, nan=1.0) < CLEAR
    if not seasonal.any():
        return plain, seen, weights(seen, plain)
    with_season = candidates(seasonal=True)
    more = [told_ahead(problem, past) for past in runs(problem, with_season)]
    own = weights(seen, plain) * ~seasonal
    theirs = weights(more, with_season) * seasonal
    return (*plain, *with_season), [*seen, *more], np.concatenate([own, theirs])


def _level_of(given: tuple[Candidate, ...], seen: list[Filtered]) -> Values:
    place = next(i for i, c in enumerate(given) if c.family == LEVEL and not c.season)
    return seen[place].mean


def _tested(
    series: Series,
    exposure: Values,
    all_ahead: Mixture,
    horizon: int,
    level: Values,
    origins: Mask | None,
) -> Backtest:
    tested = all_ahead.at(slice(None), slice(0, horizon))
    volume = _volume_ahead(series, exposure, horizon)
    actual = np.where(series.measured, series.values, np.nan)
    came = np.stack([_shifted(actual, step) for step in range(1, horizon + 1)], axis=1)
    low, high = edges(came, volume, series.kind, series.per)
    inside = (tested.below(high) > BANDS[0]) & (tested.below(low) < BANDS[-1])

    def told(y: Values) -> Values:
        return back(y, volume[:, -1], series.kind, series.per)

    return measure(
        actual,
        told(tested.at(slice(None), -1).quantile(0.5)),
        told(level[:, horizon - 1]),
        inside,
        horizon=horizon,
        cycle=series.cycle,
        origins=origins,
    )


def _volume_ahead(series: Series, exposure: Values, horizon: int) -> Values:
    usual = np.nanmean(np.where(series.measured, series.exposure, np.nan))
    past = np.where(series.measured, series.exposure, usual)
    columns = [_shifted(past, step) for step in range(1, horizon + 1)]
    found = np.stack(columns, axis=1)
    return np.where(np.isfinite(found), found, usual)


def _shifted(values: Values, step: int) -> Values:
    return np.concatenate([values[step:], np.full(min(step, len(values)), np.nan)])


def _method(tested: Backtest) -> str:
    """The blend, unless repeating the last value did as well on the past."""
    if not tested.enough or tested.mae < tested.naive_mae:
        return BLEND
    return LEVEL if tested.level_mae <= tested.naive_mae else LAST


def _bands(blend: Mixture, exposure: Values, series: Series) -> Values:
    def told(level: float) -> Values:
        whole = level != 0.5
        return back(blend.quantile(level), exposure, series.kind, series.per, whole=whole)

    return np.stack([told(level) for level in BANDS])


def _families(given: tuple[Candidate, ...], weight: Values) -> dict[str, float]:
    shares = {
        family: float(sum(w for c, w in zip(given, weight, strict=True) if c.family == family))
        for family in SHARES
    }
    return dict(sorted(shares.items(), key=lambda pair: -pair[1]))


def _season(problem: Problem, p_value: float) -> Season:
    if not p_value < CLEAR:
        return Season(p_value, np.array([]), np.array([]))
    given = candidates(seasonal=True)
    past = runs(problem, given)
    weight = weights([told_ahead(problem, r) for r in past], given)[:, -1]
    effects = np.stack([r.state[-1, 3:] for r in past])
    noise = [
        max(r.squares[-1] / max(r.count[-1] - r.candidate.unknowns, 1), problem.floor) for r in past
    ]
    covers = [np.diag(r.cover[-1])[3:] * n for r, n in zip(past, noise, strict=True)]
    mean = weight @ effects
    spread = weight @ (np.stack(covers) + np.square(effects - mean))
    return Season(p_value, mean, np.sqrt(np.maximum(spread, 0.0)))
