"""``python -m kpi screen``: what needs attention among everything there is."""

import argparse
from typing import TYPE_CHECKING, Any

from kpi.cli.parts import as_day, as_dimension_pair, declare, home_about, show

if TYPE_CHECKING:
    from kpi.analysis.results import Screened, Screening

MOST_TOLD = 12
"""Lines of a list printed without ``--all``."""


def add(commands: Any) -> None:
    """Declare the command."""
    parser = declare(
        commands, "screen", _screen, "what needs attention, of all KPIs by all their slices"
    )
    parser.add_argument(
        "--where", action="append", type=as_dimension_pair, default=[], metavar="DIM=VALUE",
        help="look at this part only",
    )  # fmt: skip
    parser.add_argument("--from", dest="first", type=as_day, metavar="DATE")
    parser.add_argument("--to", dest="last", type=as_day, metavar="DATE")
    parser.add_argument(
        "--period", default="month", choices=("month", "week", "day", "quarter", "year", "fiscal"),
        help="days are looked at by month",
    )  # fmt: skip
    parser.add_argument("--as-of", type=as_day, metavar="DATE", help="report date")
    parser.add_argument("--ledger", type=int, metavar="POSITION", help="as the ledger stood then")
    parser.add_argument("--all", action="store_true", help="the whole watch list, too")


def _screen(arguments: argparse.Namespace) -> int:
    from kpi.analysis.results import Filters
    from kpi.analysis.screening import screen

    filters = Filters(
        where=tuple(arguments.where), period=arguments.period, first=arguments.first,
        last=arguments.last, as_of=arguments.as_of, ledger=arguments.ledger,
    )  # fmt: skip
    found = screen(home_about(arguments, filters), filters, everything=arguments.all)
    show(
        arguments,
        lambda: as_json(found),
        lambda: as_text(found, everything=arguments.all),
    )
    return 0


def as_json(found: "Screening") -> dict[str, Any]:
    """What was looked at and what came of it; ``findings`` are those to act on, then the others.

    The ``counts`` add up to ``looked_at``: ``folded`` are series told with one of act or improving.
    """
    listed = [*found.act, *found.improving, *found.watch]
    return {
        "period": found.period,
        "looked_at": found.looked_at,
        "expected_false_alarms": round(found.false_alarms, 3),
        "says": found.looked_at_words,
        "counts": {
            "act": len(found.act),
            "watch": found.watched,
            "improving": len(found.improving),
            "leave_alone": found.left_alone,
            "folded": sum(one.folded for one in (*found.act, *found.improving)),
        },
        "findings": [_finding(one) for one in listed],
        "lines": [
            {
                "plant": row.plant,
                "line": row.line,
                "kpis": {cell.kpi.id: cell.says for cell in row.cells},
            }
            for row in found.lines
        ],
    }


def _finding(one: "Screened") -> dict[str, Any]:
    from kpi.cli.json_form import plain

    return {
        "kpi": one.kpi.id,
        "slice": _slice(one.slice),
        "class": one.grade,
        "direction": {True: "worse", False: "better", None: "changed"}[one.worse],
        "p": plain(one.p_value),
        "q": plain(one.q_value),
        "signal": one.signal,
        "since": one.since,
        "usual": plain(one.usual),
        "recent": plain(one.recent),
        "unit": one.kpi.unit,
        "excess": plain(one.excess),
        "cost": plain(one.cost.amount),
        "cost_kind": one.cost.kind,
        "cost_unit": one.cost.unit,
        "currency": one.cost.unit if one.cost.kind == "money" else None,
        "chart": one.chart,
        "points": one.points,
        "autocorrelated": one.autocorrelated,
        "seasonal": one.seasonal,
        "rank": plain(one.rank),
        "decisive": _slice(one.decisive),
        "folded": one.folded,
        "related": list(one.related),
        "headline": one.headline,
        "sure": one.sure,
        "costs": one.cost_words,
        "checked": one.checked,
    }


def _slice(pairs: tuple[tuple[str, str], ...]) -> dict[str, str | list[str]]:
    """A slice by dimension; a list where a dimension has several values."""
    values: dict[str, list[str]] = {}
    for dimension, value in pairs:
        values.setdefault(dimension, []).append(value)
    return {d: v[0] if len(v) == 1 else v for d, v in values.items()}


def as_text(found: "Screening", *, everything: bool = False) -> str:
    """The same sentences as on the Overview."""
    parts = [_listed("Needs attention", found.act, most=None) or found.quiet]
    parts.append(_listed("Getting better", found.improving, most=None))
    most = None if everything else MOST_TOLD
    parts.append(_listed("Watch", found.watch, most=most, brief=True))
    if found.looked_at:
        alone = f"{found.left_alone} series may be left alone."
        parts.append(f"{found.looked_at_words} {alone}")
    return "\n\n".join(part for part in parts if part)


def _listed(
    title: str, found: "tuple[Screened, ...]", *, most: int | None, brief: bool = False
) -> str:
    if not found:
        return ""
    lines = [title]
    for one in found[:most]:
        told = (one.headline, one.cost_words) if brief else (one.headline, one.cost_words, one.sure)
        lines.append("- " + " ".join(text for text in told if text))
    if most is not None and len(found) > most:
        lines.append(f"- and {len(found) - most} more; --all lists them")
    return "\n".join(lines)
