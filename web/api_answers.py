"""The answers of the HTTP API: the functions the command line calls, and its plain data."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from kpi.analysis.home import Home
from kpi.analysis.results import Filters
from kpi.cli import json_form
from web.api_questions import Parsed


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer in both forms: plain data, and a table of the same rows.

    ``data`` is a list of rows, or a whole where the answer is no list. ``notes`` are sentences
    about the whole, sent in a header.
    """

    data: Any
    table: Callable[[], pd.DataFrame]
    notes: tuple[str, ...] = ()


def status(home: Home, _asked: Parsed) -> Answer:
    """What is in force, as ``status --json``; the folder on the server is nobody's business."""
    from kpi.analysis.freshness import status as look

    found = json_form.status(look(home))
    del found["home"]
    return Answer(found, lambda: _rows(found["feeds"]))


def kpis(home: Home, _asked: Parsed) -> Answer:
    """The catalogue, as ``kpis --json``."""
    from kpi.analysis.definitions import catalogue

    return _list([json_form.kpi(k) for k in catalogue(home)])


def dimensions(home: Home, _asked: Parsed) -> Answer:
    """The values of every dimension that facts in force carry."""
    from kpi.analysis.series import choices

    found = choices(home, Filters())
    return _list([{"dimension": d, "value": v} for d, values in found.items() for v in values])


def series(home: Home, asked: Parsed) -> Answer:
    """A KPI per period and slice, as ``series --json``."""
    from kpi.analysis.table import series_table

    table = series_table(
        home, asked["kpi"], _filters(home, asked), by=asked.get("by", ()),
        chart=asked.get("chart"), baseline=asked.get("baseline"),
    )  # fmt: skip
    return Answer(json_form.series(table), lambda: table.exported, table.notes)


def charts(home: Home, asked: Parsed) -> Answer:
    """The control charts of a KPI, one per slice: what each says, and its points.

    The points are those of ``series --chart``, in the same words; so is the table.
    """
    from kpi.analysis.series import series_view
    from kpi.analysis.table import series_table

    kind, filters = asked.get("chart", "auto"), _filters(home, asked)
    table = series_table(
        home, asked["kpi"], filters, by=asked.get("by", ()), chart=kind,
        baseline=asked.get("baseline"),
    )  # fmt: skip
    views = series_view(
        home, asked["kpi"], filters, by=asked.get("by", ()), kind=kind,
        baseline=asked.get("baseline"), beyond_report=True,
    )  # fmt: skip
    points, found, begin = json_form.series(table), [], 0
    for view in views:  # the table holds the charts one after the other
        end = begin + len(view.points)
        found.append(_chart(view) | {"points": points[begin:end]})
        begin = end
    return Answer(found, lambda: table.exported, table.notes)


def _chart(view: Any) -> dict[str, Any]:
    return {
        "kpi": view.kpi.id,
        "unit": view.kpi.unit,
        "slice": [list(pair) for pair in view.slice],
        "period": view.period,
        "chart": view.chart_name,
        "chart_reason": view.chart_reason,
        "convention": view.convention,
        "variation": view.variation.value,
        "assurance": view.assurance.value,
        "assurance_words": view.verdict.assurance_words if view.verdict else "",
        "says": view.headline,
        "target": view.target.value if view.target else None,
        "phase_since": view.phase_since or None,
        "notes": list(view.notes),
    }


def objectives(home: Home, asked: Parsed) -> Answer:
    """Objectives with their status on a day, as ``objectives --json``.

    The table leaves out steps and milestones, of which an objective has several.
    """
    from kpi.analysis.objectives import objectives as of_day
    from kpi.cli.objectives import as_json

    found = [as_json(view) for view in of_day(home, today=asked["on"])]
    return Answer(found, lambda: _rows([_objective_row(one) for one in found]))


def _objective_row(objective: dict[str, Any]) -> dict[str, Any]:
    where = "; ".join(f"{d}={v}" for d, v in objective["slice"])
    whole = {k: v for k, v in objective.items() if k not in ("steps", "milestones")}
    return whole | {"slice": where}


def targets(home: Home, _asked: Parsed) -> Answer:
    """Targets as ``targets --json``, each due one with its outlook as ``forecast --json``."""
    from kpi.analysis.aims import targets as current
    from kpi.analysis.due_outlooks import objective_outlooks
    from kpi.cli.forecast import as_json

    outlooks = {
        (o.kpi.id, frozenset(o.slice), o.target, o.due): as_json(o)
        for o in objective_outlooks(home, Filters())
    }
    found = [
        json_form.target(t) | {"outlook": outlooks.get((t.kpi, frozenset(t.slice), t.value, t.due))}
        for t in current(home)
    ]
    return Answer(found, lambda: _rows([_flat(t) for t in found]))


def _flat(target: dict[str, Any]) -> dict[str, Any]:
    outlook = target["outlook"] or {}
    told = ("state", "sentence", "due_period", "median", "low", "high", "probability")
    slice_words = "; ".join(f"{d}={v}" for d, v in target["slice"].items())
    plain = {k: v for k, v in target.items() if k != "outlook"}
    return plain | {"slice": slice_words} | {name: outlook.get(name) for name in told}


def _filters(home: Home, asked: Parsed) -> Filters:
    """The slice asked for, refused where no facts in force carry it."""
    from kpi.analysis.series import check_slice
    from kpi.analysis.table import asked_position
    from kpi.measures.question import dimension

    found = Filters(
        where=tuple((dimension(name), value) for name, value in asked.get("where", ())),
        period=asked.get("period", "month"), first=asked.get("from"), last=asked.get("to"),
        as_of=asked.get("as_of"), ledger=asked.get("ledger"),
    )  # fmt: skip
    asked_position(home, found.ledger)
    check_slice(home, found)
    return found


def _list(rows: list[dict[str, Any]]) -> Answer:
    return Answer(rows, lambda: _rows(rows))


def _rows(rows: Sequence[dict[str, Any]]) -> pd.DataFrame:
    """Plain rows as a table; a list within a cell becomes text."""
    flat = [
        {k: "; ".join(map(str, v)) if isinstance(v, list) else v for k, v in row.items()}
        for row in rows
    ]
    return pd.DataFrame(flat)
