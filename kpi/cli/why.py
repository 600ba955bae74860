"""``python -m kpi why``: what made a KPI change between two periods."""

import argparse
import math
from typing import TYPE_CHECKING, Any, Final

from kpi.cli.parts import DONE, aligned, as_day, as_dimension_pair, declare, home_about, show

if TYPE_CHECKING:
    from kpi.analysis.why import WhyView
    from kpi.analysis.why_parts import WhyPart
    from kpi.analysis.why_spans import Span

PERIODS: Final = ("month", "week", "day", "quarter", "year", "fiscal")

MOST_LINES: Final = 15
"""Slices printed for people; JSON has them all."""


def add(commands: Any) -> None:
    """Declare the command."""
    parser = declare(commands, "why", _why, "what made a KPI change between two periods")
    parser.add_argument("kpi", metavar="KPI")
    parser.add_argument(
        "--from", dest="since", default="", metavar="PERIOD",
        help="the period before: 2026-04, 2026-W18, 2026-Q1, or a span such as 2025-11..2026-04 "
        "(default: the level before the present signal began, else the period before the last)",
    )  # fmt: skip
    parser.add_argument(
        "--to", dest="until", default="", metavar="PERIOD",
        help="the period after (default: since the present signal began, else the last one)",
    )  # fmt: skip
    parser.add_argument(
        "--by", default="auto", metavar="DIM",
        help="the dimension to split by (default: the one that explains most with fewest slices)",
    )  # fmt: skip
    parser.add_argument(
        "--where", action="append", type=as_dimension_pair, default=[], metavar="DIM=VALUE"
    )
    parser.add_argument(
        "--period", default="month", choices=PERIODS,
        help="length of the periods where --from and --to do not tell it",
    )  # fmt: skip
    parser.add_argument("--as-of", type=as_day, metavar="DATE", help="report date")
    parser.add_argument("--ledger", type=int, metavar="POSITION", help="as the ledger stood then")


def _why(arguments: argparse.Namespace) -> int:
    from kpi.analysis.results import Filters
    from kpi.analysis.why import why_view

    filters = Filters(
        where=tuple(arguments.where), period=arguments.period, as_of=arguments.as_of,
        ledger=arguments.ledger,
    )  # fmt: skip
    view = why_view(
        home_about(arguments, filters), arguments.kpi, filters,
        since=arguments.since, until=arguments.until, by=arguments.by,
    )  # fmt: skip
    show(arguments, lambda: as_json(view), lambda: as_text(view))
    return DONE


def as_json(view: "WhyView") -> dict[str, Any]:
    """The answer with all its parts: effects and rates in the unit, shares from 0 to 1.

    ``parts`` and ``remainder`` add up to ``change``; a figure that does not exist is ``null``.
    """
    return {
        "kpi": view.kpi.id,
        "unit": view.kpi.unit,
        "where": [list(pair) for pair in view.slice],
        "from": _side(view, view.before),
        "to": _side(view, view.after),
        "change": view.change,
        "by": view.by,
        "dimensions": list(view.dimensions),
        "parts": [_part(part) for part in view.parts],
        "remainder": view.remainder,
        "within_usual_range": view.within_usual_range,
        "sentence": view.sentence,
        "report_date": view.report_date or None,
        "notes": [*view.remarks, *view.notes],
    }


def _side(view: "WhyView", span: "Span") -> dict[str, Any]:
    """A side; an amount has no denominator, and its value over several periods is their mean."""
    return {
        "period": span.label,
        "value": span.value,
        "numerator": span.numerator,
        "denominator": span.denominator if view.kpi.denominator else None,
        "periods": len(span.labels),
    }


def _part(part: "WhyPart") -> dict[str, Any]:
    return {
        "slice": part.label,
        "code": part.code or None,
        "kind": part.kind.value,
        "rate_effect": part.rate_effect,
        "mix_effect": part.mix_effect,
        "total": part.total,
        "rate_from": _known(part.rate_from),
        "rate_to": _known(part.rate_to),
        "share_from": _known(part.share_from),
        "share_to": _known(part.share_to),
    }


def _known(value: float) -> float | None:
    return None if math.isnan(value) else value


def as_text(view: "WhyView") -> str:
    """The sentence, and a table of the parts."""
    from kpi.analysis.words import small_number
    from kpi.safe_text import one_line

    lines = [one_line(view.sentence), "", aligned(_table(view))]
    rest = len(view.parts) - MOST_LINES
    if rest > 0:
        lines.append(f"{small_number(rest).capitalize()} smaller ones: --json lists them.")
    return "\n".join([*lines, "", *map(one_line, (*view.remarks, *view.notes))])


def _table(view: "WhyView") -> list[list[str]]:
    from kpi.analysis.why_words import signed
    from kpi.safe_text import one_line

    split = ["own value", "share"] if view.has_mix else []
    shares = ["share before", "share after"] if view.has_mix else []
    head = [view.by, "part", *split, "before", "after", *shares]
    rows = [[one_line(p.label), *_figures(view, p)] for p in view.parts[:MOST_LINES]]
    if view.remainder:
        left = signed(view.kpi, view.remainder)
        rows.append(["cannot be assigned", left, *[""] * (len(head) - 2)])
    return [head, *rows]


def _figures(view: "WhyView", part: "WhyPart") -> list[str]:
    from kpi.analysis.why_words import share_text, signed
    from kpi.analysis.words import value_text

    effects = [part.total, part.rate_effect, part.mix_effect]
    values = [
        "" if math.isnan(value) else value_text(value, view.kpi)
        for value in (part.rate_from, part.rate_to)
    ]
    if not view.has_mix:
        return [signed(view.kpi, part.total), *values]
    shares = [share_text(part.share_from), share_text(part.share_to)]
    return [*(signed(view.kpi, effect) for effect in effects), *values, *shares]
