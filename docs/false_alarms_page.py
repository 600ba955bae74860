"""The page docs/false-alarms.md: the simulated table of false alarms, and run lengths against books."""

import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final

sys.path.insert(0, str(Path(__file__).parents[1]))

from docs.run_lengths import CASES, CHARTS, Case
from kpi.spc import RULE_SETS, false_alarm_share

PAGE: Final = Path(__file__).parent / "false-alarms.md"

SETS: Final = {
    "default": "beyond limits, run of 8",
    "western_electric": "Western Electric 1–4",
    "nelson": "Nelson 1–8",
    "nhs": "NHS",
    "anhoej": "beyond limits, Anhøj",
}
FAMILIES: Final = {
    "imr": "XmR, I′",
    "xbar_r": "Xbar-R, Xbar-S (5 values)",
    "run": "run chart (Anhøj)",
    "laney_p": "Laney p′, u′",
    "p": "p, u",
    "c": "c, np",
    "funnel": "funnel",
    "g": "g",
    "t": "t",
    "ewma": "EWMA",
    "cusum": "CUSUM",
    "t2": "T² (2 measurements)",
}
LENGTHS: Final = (12, 24, 36, 52, 120)
COUNTS: Final = (0.5, 1, 2, 4, 8, 20, 50)

HEAD: Final = """# False alarms

A chart of a process in which nothing happens flags something now and then. How often depends on how many points it has, how many
of them its limits come from, and which rules look at it. The product carries these shares (`kpi.spc.false_alarm_share`) and says
how many false alarms to expect for the charts it shows.

The tables are simulated by `python docs/make_false_alarms.py` with fixed seeds: 20,000 charts for each cell (8,000 of counts,
4,000 of T²; the standard error is at most 0.4, 0.6 and 0.8 points), independent values from one unchanging process, drawn and
searched by the functions that draw every other chart. Companion panels (moving ranges, ranges, s) are not counted. Between the simulated numbers of points and
lengths of baseline the product interpolates the cumulative hazard, −ln(1 − share). Autocorrelated values flag more.
"""


def page(lengths: Sequence[tuple[Case, float, float]]) -> str:
    """The whole page."""
    parts = [HEAD, *shares(), *_lengths(lengths)]
    return "\n".join(parts).rstrip() + "\n"


def shares() -> Iterator[str]:
    """The sections that follow from the table the product carries."""
    yield "## Single values (XmR), charts with at least one flag\n"
    yield from _table(
        ("Rules", "Points", "limits from all", "frozen at 20", "at 12"),
        (
            (label, points, *(_share("imr", points, b, rules) for b in ("all", None, 12)))
            for rules, label in SETS.items()
            for points in (24, 52)
        ),
    )
    yield "## Kinds of charts: default rules, frozen at 20 as soon as there are 20\n"
    yield (
        "Flagged anywhere; in brackets flagged at one of the last three points. Charts of counts with "
        "eight events expected per point (without over-dispersion).\n"
    )
    yield from _table(
        ("Chart", *(f"{n} points" for n in LENGTHS)),
        (
            (label, *(f"{_share(kind, n)} ({_share(kind, n, recent=3)})" for n in LENGTHS))
            for kind, label in FAMILIES.items()
        ),
    )
    yield "## Few events\n"
    yield (
        "Where few events are expected per point, counts are far from normal and limits of three sigma "
        "are passed more often. 36 points, default rules; sizes that vary by a quarter (u, Laney u′, "
        "funnel) or are equal (c). Proportions are taken like rates: where they are large (40 % of twenty "
        "pieces) fewer charts flag than this says.\n"
    )
    yield from _table(
        ("Events per point", "u", "c", "Laney u′", "funnel"),
        (
            (f"{n:g}", *(_share(kind, 36, count=n) for kind in ("u", "c", "laney_u", "funnel")))
            for n in COUNTS
        ),
    )


def _share(
    kind: str,
    points: int,
    baseline: object = None,
    rules: str = "default",
    recent: int | None = None,
    count: float | None = None,
) -> str:
    assert rules in RULE_SETS
    share = false_alarm_share(kind, points, baseline, rules, recent, count=count)  # type: ignore[arg-type]
    return f"{share * 100:.0f} %"


_TEXTS: Final = ("Rules", "Chart", "Source")


def _table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[str]:
    yield f"| {' | '.join(head)} |"
    yield f"|{'|'.join('--' if name in _TEXTS else '--:' for name in head)}|"
    yield from (f"| {' | '.join(map(str, row))} |" for row in rows)
    yield ""


def _lengths(lengths: Sequence[tuple[Case, float, float]]) -> Iterator[str]:
    yield "## Average run lengths\n"
    yield (
        "How many points pass until a chart signals, with known mean and sigma, for a process that is "
        f"shifted from the first point on: published, and simulated with {CHARTS:,} of the product's "
        "charts (± standard error). The in-control rows are the ones at shift 0. EWMA charts are held "
        "against the constant limits of their tables; the product draws the exact limits, which are "
        "narrower over the first points. A published figure of one decimal may itself be off by 0.05, "
        "which is several errors where runs are short.\n"
    )
    yield from _table(
        ("Chart", "Shift (sigma)", "Published", "Simulated", "Off by (errors)", "Source"),
        (
            (
                case.chart,
                f"{case.shift:g}",
                f"{case.published:g}",
                f"{mean:.4g} ± {error:.2g}",
                f"{(mean - case.published) / error:+.1f}".replace("-", "−"),
                case.source,
            )
            for case, mean, error in lengths
        ),
    )


__all__ = ["CASES", "PAGE", "page", "shares"]
