"""Write docs/screening.md: how screening weighs evidence, and how often it errs in simulations.

``python docs/make_screening.py``; seeded, some minutes. The page is never written by hand.
"""

import argparse
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Final

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.spc.made_series import PROCESSES, of_process, rates
from tests.spc.made_stores import AS_PLANTS_ARE, AS_THEORY_HAS_IT, error_rates

PAGE: Final = Path(__file__).parent / "screening.md"
POINTS: Final = (12, 24, 36)
CHANGES: Final = {
    "measured, normal": ((1, 4.0), (1, 6.0), (3, 3.0), (6, 2.0), (12, 2.0), (18, 5.0)),
    "share 2 % of 500": ((1, 2.5), (3, 2.0), (6, 1.75), (12, 1.5)),
    "share, large, wide (Laney)": ((1, 2.0), (3, 1.75), (6, 1.5), (12, 1.5)),
    "rate, 3 events": ((1, 4.0), (3, 2.5), (6, 2.0), (12, 2.0)),
    "neighbours alike, 0.6": ((3, 3.0), (12, 3.0)),
}
STORES: Final = (
    ("as theory has it", AS_THEORY_HAS_IT, 300, 0.0, 1.0),
    ("as theory has it", AS_THEORY_HAS_IT, 300, 0.02, 1.0),
    ("as theory has it", AS_THEORY_HAS_IT, 300, 0.1, 1.0),
    ("as theory has it", AS_THEORY_HAS_IT, 300, 0.1, 0.5),
    ("as theory has it", AS_THEORY_HAS_IT, 3000, 0.02, 1.0),
    ("as theory has it", AS_THEORY_HAS_IT, 3000, 0.1, 1.0),
    ("as plants are", AS_PLANTS_ARE, 300, 0.0, 1.0),
    ("as plants are", AS_PLANTS_ARE, 300, 0.02, 1.0),
    ("as plants are", AS_PLANTS_ARE, 300, 0.1, 1.0),
    ("as plants are", AS_PLANTS_ARE, 300, 0.1, 0.5),
    ("as plants are", AS_PLANTS_ARE, 3000, 0.02, 1.0),
    ("as plants are", AS_PLANTS_ARE, 3000, 0.1, 1.0),
)

HEAD: Final = """# Screening: how evidence is weighed

`kpi.spc.evidence` gives each series one probability: how often an unchanged process shows, within its last three periods,
something as far from its usual level, for as long. `kpi.trends.q_values` adjusts it for the number of series looked at.

1. **Chart.** Each series is put on the chart that suits it (`propose_many`). Only the current phase counts; excluded points and
   gaps do not. Under 8 points, with all of them alike, or with the last one before the last three periods, there is no evidence.
2. **Window.** Looked at are single points and runs on one side of the usual level that end in the last three periods. Each is
   compared with the baseline of the chart (all points under 20, the first 20 after) without the window itself.
3. **Score.** For measured amounts a t value, sigma from the moving ranges outside the window; for counts the exact conditional
   probability (binomial), which knows how little a short baseline knows and needs no normal approximation. Both become normal
   scores. Where counts spread more than chance, counts and sizes are divided by the variance ratio.
4. **Doubts.** The score is lowered where neighbours are alike (lag 1), and to the least of: the score on a logarithmic scale
   (skewed amounts), with the tails the points show, by ranks (mostly zeros, coarse scales), against the same months of other years
   (where a season is found: analysis of variance over the months or a yearly wave, both at 0.5 %, from 24 points on).
5. **Probability.** The share of simulated unchanged series with as high a score, by number of points
   (`docs/make_null_tables.py` makes the table from the same functions). Beyond the rarest simulated share (5 in 100,000) it falls
   as the normal tail does.
6. **False discoveries.** Benjamini and Hochberg. Series overlap, so their probabilities move together; under positive dependence
   the rate holds, and the correction for any dependence whatever would cost a factor of nine at 3,000 series.

*Act* asks for q < 0.05, a signal of the default rules in the last three periods, worsening, and cost. Without the signal about one series
in twenty more would be told (runs of five to seven, all of them far out), whose own charts say that what moves is chance.

"""

RATES: Final = """## How rare small probabilities are where nothing happens

Share of series with p under 5 %, 1 % and 0.1 %, in percent: honest at 5 / 1 / 0.1 or less. {series:,} series each.

"""

READ: Final = """
Honest or on the safe side: measured values from normal to log-normal, shares and rates of any size, Laney charts, hours. Too many
are found, and this cannot be helped from one or two years of months: neighbours strongly alike (a long wave of such a process looks
like a change; it is said beside the series when it shows outside the wave), long tails on both sides, a season while there are too
few years to see it, and small counts that spread more than chance in a series of a year.

"""

POWER: Final = """## What is found

36 points, the change began so many months ago; shares of {series:,} series, in percent.

"""

STORE: Final = """
## Whole stores with known truth

Stores of 36 months, every fifth series the sum of four others, a third of the series younger; changes one to twelve months old, 1.5
to 5 sigma, or to 1.6 to 3 times the level (half of that where it says *small*), four in five for the worse. *False* is the mean share
of unchanged or improving ones among *act*; for comparison, among all series with an unadjusted signal upwards.

The mixture *as theory has it* holds normal values and chance counts of all sizes. The mixture *as plants are* holds, on purpose, also
the processes that err above (long tails, neighbours alike, counts that spread, all of them young in a third of the cases): where
little or nothing changes, the share of false ones can lie a little over 5 % there.

"""


def main() -> None:
    """Write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--series", type=int, default=8000, help="series of each process")
    parser.add_argument("--stores", type=int, default=60, help="stores of 300 series of each kind")
    asked = parser.parse_args()
    with ProcessPoolExecutor(4) as pool:
        text = "".join(
            (
                HEAD,
                RATES.format(series=asked.series),
                *_rates(pool, asked.series),
                READ,
                POWER.format(series=asked.series // 4),
                *_power(pool, asked.series // 4),
                STORE,
                *_stores(pool, asked.stores),
            )
        )
    PAGE.write_text(text, encoding="utf-8")


def _rates(pool: ProcessPoolExecutor, series: int) -> Iterator[str]:
    yield "| process | " + " | ".join(f"{n} points" for n in POINTS) + " |\n|--|" + "--|" * 3 + "\n"
    found = {name: [pool.submit(rates, name, n, series) for n in POINTS] for name in PROCESSES}
    for name, of in found.items():
        cells = (" / ".join(f"{100 * x:.2g}" for x in one.result().values()) for one in of)
        yield f"| {name} | {' | '.join(cells)} |\n"


def _power(pool: ProcessPoolExecutor, series: int) -> Iterator[str]:
    yield "| process | months | change | p < 1 % | p < 0.1 % | p < 0.01 % | default rules |\n"
    yield "|--|--|--|--|--|--|--|\n"
    asked = [(name, *change) for name, changes in CHANGES.items() for change in changes]
    found = [pool.submit(found_share, *one, series) for one in asked]
    for (name, months, by), one in zip(asked, found, strict=True):
        how = f"{by:g} sigma" if PROCESSES[name].shift == "sigma" else f"× {by:g}"
        cells = " | ".join(f"{100 * x:.0f}" for x in one.result())
        yield f"| {name} | {months} | {how} | {cells} |\n"


def found_share(name: str, months: int, by: float, series: int) -> tuple[float, ...]:
    """Shares of changed series under three levels, and of those with an unadjusted signal."""
    level = np.full((36, series), 0.0 if PROCESSES[name].shift == "sigma" else 1.0)
    level[-months:] = by
    found = of_process(name, 36, series, seed=5, level=level)
    p = found.p_value
    return (*(float((p < x).mean()) for x in (1e-2, 1e-3, 1e-4)), float(found.signal.mean()))


def _stores(pool: ProcessPoolExecutor, stores: int) -> Iterator[str]:
    yield "| store | series | changed | act | false among act | worse ones found | false among signals |\n"
    yield "|--|--|--|--|--|--|--|\n"
    found = [
        pool.submit(error_rates, max(stores * 300 // series, 6), series, changed, mixture, effect)
        for _, mixture, series, changed, effect in STORES
    ]
    for (name, _, series, changed, effect), one in zip(STORES, found, strict=True):
        of = one.result()
        small = ", small" if effect < 1 else ""
        power = f"{100 * of['found']:.0f} %" if changed else ""
        yield (
            f"| {name} | {series:,} | {100 * changed:g} %{small} | {of['act']:.1f} | "
            f"{100 * of['false']:.1f} % | {power} | {100 * of['false_signals']:.0f} % |\n"
        )


if __name__ == "__main__":
    main()
