"""Try the forecasts out and write docs/forecast.md: ``python docs/make_forecast_evidence.py``.

1,000 simulated series of known structure, the monthly and yearly series that ship with statsmodels,
and the KPIs of the sample plant. Seeded: the same page every time. ``--series 20`` makes a rough one,
``--home DIR`` reads the sample plant from a home in which it is loaded already.
"""

import argparse
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

import numpy as np

ROOT: Final = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "trends")]

from known_series import AHEAD, STRUCTURES  # noqa: E402  the structures that the tests simulate, too

from kpi.trends import CLEAR, Kind, Series, forecast  # noqa: E402
from kpi.trends.filtering import Problem  # noqa: E402
from kpi.trends.season import season_p  # noqa: E402

SEED: Final = 20_260_401
SERIES: Final = 100
LENGTHS: Final = (24, 36, 48, 60)
PLAIN: Final = (
    "one level",
    "drift",
    "autocorrelated (AR 1)",
    "wandering level",
    "step, not accepted",
)
SIZES: Final = (0.6, 1.0, 1.5)
LONGEST: Final = 120
"""Of the series that ship with statsmodels the last so many values: what a plant may have."""

SHIPPED: Final = (
    ("nile", "volume", "Nile, yearly flow", 0, Kind.AMOUNT),
    ("sunspots", "SUNACTIVITY", "sunspots, yearly", 0, Kind.AMOUNT),
    ("co2", "co2", "CO₂ at Mauna Loa, monthly means", 12, Kind.AMOUNT),
    ("elnino", "", "El Niño, monthly sea temperature", 12, Kind.PLAIN),
    ("macrodata", "realgdp", "US real GDP, quarterly", 4, Kind.AMOUNT),
    ("macrodata", "infl", "US inflation, quarterly", 4, Kind.PLAIN),
    ("macrodata", "unemp", "US unemployment, quarterly", 4, Kind.BOUNDED),
)


def simulated(count: int) -> list[str]:
    """How often the 80 % interval held what came, per structure and horizon."""
    lines = [
        "| structure | 1 ahead | 3 ahead | 6 ahead | 12 ahead | all 1–12 | error ÷ that of the last value | season claimed |",
        "|--|--|--|--|--|--|--|--|",
    ]
    held_in_all, false_seasons = [], []
    for place, (name, make) in enumerate(STRUCTURES.items()):
        rng = np.random.default_rng((SEED, place))
        held, own, naive, claimed = np.zeros(AHEAD), 0.0, 0.0, 0
        for _ in range(count):
            series, exposure, came = make(rng, int(rng.integers(24, 61)))
            found = forecast(series, exposure)
            if found is None:
                raise RuntimeError(f"no forecast for a series of {name}")
            held += (came >= found.bands[0] - 1e-9) & (came <= found.bands[4] + 1e-9)
            own += float(np.abs(came - found.median).mean())
            naive += float(np.abs(came - series.values[-1]).mean())
            claimed += found.season.clear
        share = held / count * 100
        held_in_all.append(share.mean())
        if name != "season":
            false_seasons.append(claimed / count * 100)
        cells = [f"{share[h - 1]:.0f} %" for h in (1, 3, 6, 12)]
        lines.append(
            f"| {name} | {' | '.join(cells)} | {share.mean():.1f} % | {own / naive:.2f} | "
            f"{claimed / count * 100:.0f} % |"
        )
    lines.append("")
    lines.append(
        f"All {count * len(STRUCTURES)} series together: {np.mean(held_in_all):.1f} % of the values "
        f"that came lay within their 80 % interval. A season was claimed where there is none for "
        f"{np.mean(false_seasons):.1f} % of the series."
    )
    return lines


def seasons(count: int) -> list[str]:
    """How often a season is claimed after two to five years: falsely, and where there is one."""
    lines = [
        f"| structure | {' | '.join(f'{m} months' for m in LENGTHS)} |",
        f"|--|{'--|' * len(LENGTHS)}",
    ]
    without = {name: STRUCTURES[name] for name in PLAIN}
    for place, (name, make) in enumerate(without.items()):
        rng = np.random.default_rng((SEED, 100 + place))
        series = (make(rng, LENGTHS[-1])[0].values for _ in range(count))
        lines.append(_claimed(f"{name}, no season", series, count))
    for place, size in enumerate(SIZES):
        rng = np.random.default_rng((SEED, 200 + place))
        series = (_seasonal(rng, size) for _ in range(count))
        lines.append(_claimed(f"a season of {size:g} times the noise", series, count))
    return lines


def _seasonal(rng: np.random.Generator, size: float) -> np.ndarray:
    season = rng.normal(size=12)
    season = (season - season.mean()) / season.std() * size
    return np.tile(season, LENGTHS[-1] // 12) + rng.normal(size=LENGTHS[-1])


def _claimed(name: str, many: Iterable[np.ndarray], count: int) -> str:
    found = np.zeros(len(LENGTHS))
    length = LENGTHS[-1]
    for y in many:
        p = season_p(Problem(y, np.ones(length), np.arange(length) % 12, 12, 1, 0.0))
        found += p[np.array(LENGTHS) - 1] < CLEAR
    return f"| {name} | {' | '.join(f'{f / count * 100:.1f} %' for f in found)} |"


def shipped() -> list[str]:
    """The back-test over the series that ship with statsmodels."""
    import statsmodels.api as sm

    rows = []
    for dataset, column, title, cycle, kind in SHIPPED:
        data = getattr(sm.datasets, dataset).load_pandas().data
        values = _values(data, dataset, column)[-LONGEST:]
        per = 100.0 if kind is Kind.BOUNDED else 1.0
        places = np.arange(len(values)) % cycle if cycle else None
        series = Series(values, np.ones(len(values)), kind, per, places, cycle)
        found = forecast(series, np.ones(3), tell=3)
        rows.append(_row(title, found))
    return [*_HEAD, *rows]


def _values(data: Any, dataset: str, column: str) -> np.ndarray:
    if dataset == "co2":
        return data["co2"].resample("MS").mean().to_numpy(dtype=float)
    if dataset == "elnino":
        return data.drop(columns="YEAR").to_numpy(dtype=float).ravel()
    return data[column].to_numpy(dtype=float)


_HEAD: Final = (
    "| series | points | forecast | MAE | last value | same month a year before | MAE ÷ last value | MAE ÷ a year before | MASE | held by the 80 % interval | season |",
    "|--|--|--|--|--|--|--|--|--|--|--|",
)


def _row(title: str, found: Any) -> str:
    if found is None:
        return f"| {title} | | too few data | | | | | | | | |"
    tested = found.backtest
    yearly = tested.seasonal_mae
    season = "yes" if found.season.clear else "no"
    if np.isnan(found.season.p_value):
        season = "–"
    return (
        f"| {title} | {found.points} | {found.method} | {tested.mae:.3g} | {tested.naive_mae:.3g} | "
        f"{_or_dash(yearly, '.3g')} | {_or_dash(tested.mae / tested.naive_mae, '.2f')} | "
        f"{_or_dash(tested.mae / yearly, '.2f')} | {_or_dash(tested.mase, '.2f')} | "
        f"{tested.coverage80 * 100:.0f} % | {season} |"
    )


def _or_dash(value: float, form: str) -> str:
    return f"{value:{form}}" if np.isfinite(value) else "–"


def sample(home_folder: Path | None) -> list[str]:
    """The back-test over the sample plant's KPIs, three months ahead."""
    from kpi.analysis import Filters, open_home, prepare_sample, sample_home, series_view
    from kpi.analysis.definitions import catalogue
    from kpi.analysis.forecast_input import (
        complete,
        current_phase,
        next_periods,
        series_of,
        volumes_ahead,
    )

    home = open_home(home_folder) if home_folder else prepare_sample(sample_home())
    rows, ratios, held = [], [], []
    for kpi in catalogue(home):
        if not kpi.computable:
            continue
        view = series_view(home, kpi.id, Filters())[0]
        points = complete(view)
        if points.empty:
            continue
        phase = current_phase(points)
        series = series_of(kpi, phase, "month")
        ahead = next_periods(points["period_end"].iloc[-1].date(), 3, "month", home.settings)
        counted = bool((series.exposure != 1).any())
        volumes = volumes_ahead(points, ahead, "month") if counted else np.ones(3)
        found = forecast(series, volumes, tell=3)
        rows.append(_row(kpi.title, found))
        if found is not None and found.backtest.naive_mae > 0:
            ratios.append(found.backtest.mae / found.backtest.naive_mae)
            held.append(found.backtest.coverage80)
    told = (
        f"{len(ratios)} KPIs: the error is {np.mean(ratios):.2f} of that of repeating the last value "
        f"on average, at worst {np.max(ratios):.2f}; the 80 % intervals held "
        f"{np.mean(held) * 100:.0f} % of what came."
    )
    return [*_HEAD, *rows, "", told]


PAGE: Final = """# Forecasts: how they are made, and how good they are

Made by `python docs/make_forecast_evidence.py`; every number on this page comes from that run.

## How a forecast is made
- **What counts**: the months of the present phase that are over. Data from before an accepted step
  change do not count, excluded points are gaps, missing months are gaps and never zeros. Under 12
  values the answer is "too few data"; beyond two years, or further than the past reaches back, it is
  "too far ahead".
- **Scale**: shares of counted things go to the arcsine root, counts to the root (Anscombe 1948), where
  chance depends on the volume alone; it is included at the volumes of a year before. Shares of minutes
  use the same root without that, amounts a root, anything else none. So no interval leaves 0 to 100 %
  or goes below nothing.
- **Candidates**: a level that stays; one that wanders; one that is left and returned to (neighbouring
  months resemble each other); a trend, lasting or fading; the last value again. Each is a state-space
  model (the filter is held against that of statsmodels). Each counts as much as its own one-step forecasts of this series
  earned it, the unknown noise integrated out (Bayes' rule), so that not knowing which one is true is
  part of the interval.
- **Season**: only with evidence, p < {clear}, and only if every month was measured twice at the present
  level. F tests of a value for each month and, from the third year on, of a yearly wave, each beside
  all of the structures above. At every past month the test is made anew from the data until then.
- **Back-test**: the same forecast from every past month that had eight values behind it. Where it did
  not beat repeating the last value, the usual level or the last value takes its place, whichever did
  better, and the page says so.
- **Probability**: that the value of the period in which the due date lies meets the target. A share of
  40 order lines meets 95 % with 38 on time and not with 37; it is counted so.
- **Pace**: what the periods still to come must average, at the volumes of a year before, for the twelve
  months that end with the due period to come to the target exactly.

## Simulated series with known structure
{count} series each, 24 to 60 months long, forecast up to twelve months ahead. Eight in ten of the values
that come should lie within their 80 % interval. Small counts come in whole numbers, so that theirs hold
more; a step that nobody accepted makes the intervals wider than they need to be, which is what
accepting it mends. Season claimed: for all but the fifth row that is a false alarm.

{simulated}

## How often a season is claimed
{season_count} series each, looked at after two, three, four and five years. The upper rows are false
alarms; a strongly autocorrelated series makes waves of its own, and is the worst case. The lower rows
say how soon a season is found; its size is the standard deviation of the months' own effects.

{seasons}

## Series that ship with statsmodels
The last {longest} values, back-tested three periods ahead. MASE is the error over the mean change from one
period to the next (Hyndman and Koehler 2006). Yearly series have no season. Where there is a
season now, the past is tested from where it was known, if that makes five forecasts at least.

{shipped}

## The KPIs of the sample plant
Back-tested three months ahead, all plants together.

{sample}
"""


def main() -> None:
    """Write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--series", type=int, default=SERIES, help="simulated per structure")
    parser.add_argument("--home", type=Path, help="a home with the sample plant loaded")
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "forecast.md")
    given = parser.parse_args()
    page = PAGE.format(
        clear=CLEAR, count=given.series, longest=LONGEST, simulated="\n".join(simulated(given.series)),
        season_count=3 * given.series, seasons="\n".join(seasons(3 * given.series)),
        shipped="\n".join(shipped()), sample="\n".join(sample(given.home)),
    )  # fmt: skip
    given.out.write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main()
