"""Which date a row counts on: mapped, the only one there is, or asked."""

from typing import Final

import numpy as np

from kpi.ingest.columns import Column
from kpi.ingest.concepts import concepts_of
from kpi.ingest.conventions import Desk
from kpi.ingest.grids import Grid
from kpi.ingest.headings import Assignment
from kpi.ingest.vocabulary import vocabulary
from kpi.texts import said

_DATED: Final = ("making", "downtime", "complaint", "measuring")


def date_for(grid: Grid, mapping: Assignment, desk: Desk) -> bool:
    """Make sure a table of dated facts has its date: mapped, or the only one, or asked."""
    if not set(mapping.domains) & set(_DATED) or mapping.has("date"):
        return True
    if mapping.has("at") and _holds_dates(grid.columns[mapping.fields["at"][0]]):
        _moment_only(grid, mapping, desk)
        return True
    if "downtime" in mapping.domains and "making" not in mapping.domains and mapping.has("start"):
        return _holds_dates(grid.columns[mapping.fields["start"][0]]) or _dates(grid, mapping, desk)
    return _dates(grid, mapping, desk)


def _moment_only(grid: Grid, mapping: Assignment, desk: Desk) -> None:
    """A time stamp in a list of stops: the moment a stop began, or only its day."""
    if _stops_only(mapping) and _moment(grid, mapping, mapping.fields["at"][0], desk):
        del mapping.fields["at"]


def _stops_only(mapping: Assignment) -> bool:
    return (
        "downtime" in mapping.domains
        and "making" not in mapping.domains
        and mapping.has("minutes")
        and not mapping.has("start")
    )


def _moment(grid: Grid, mapping: Assignment, position: int, desk: Desk) -> bool:
    """Ask whether a column of time stamps tells when stops began; False where it holds only days."""
    column = grid.columns[position]
    if not column.as_moments("dmy").timed:
        return False
    answer = desk.ask(
        "field",
        grid.sheet,
        f"field:{column.named.key}",
        said("Is {heading} the moment the stop began?", heading=repr(column.heading)),
        [
            ("start", said("each stop has one time stamp and a duration")),
            ("date", said("only the day counts; overlaps are not looked for")),
        ],
        heading=column.heading,
        samples=column.examples(),
    )
    mapping.fields[answer] = [position]
    return True


def _holds_dates(column: Column) -> bool:
    return column.shares["date"] > 0.5 or (
        column.shares["number"] > 0.5 and not np.isnat(column.as_moments().values).all()
    )


def _dates(grid: Grid, mapping: Assignment, desk: Desk) -> bool:
    """Choose the date among columns that hold dates but do not say "date"."""
    words = vocabulary()
    options = [
        i
        for i, column in enumerate(grid.columns)
        if i not in mapping.shut
        and not column.empty
        and not words.is_audit(column.heading)
        and column.shares["date"] > 0.5
    ]
    if not options:
        return False
    due = {"request_date", "promise_date"}

    def rank(i: int) -> tuple[bool, int, int, int]:
        column = grid.columns[i]
        fields = {m.field for m in words.lookup(column.heading)}
        place = {"end": 0, "start": 1}
        named = min((place[f] for f in fields if f in place), default=2)
        said = concepts_of(column.heading)
        closes = int("opening" in said) - int("closing" in said)
        return bool(fields & due), words.precedence(column.heading), named, closes

    options.sort(key=rank)
    chosen = options[0]
    if len(options) == 1 and _stops_only(mapping) and _moment(grid, mapping, chosen, desk):
        return True
    if len(options) > 1:
        headings = [grid.columns[i].heading for i in options]
        answer = desk.ask(
            "field",
            grid.sheet,
            "date",
            said("Which date puts a row into its month?"),
            [
                (
                    h,
                    said(
                        "for example {samples}; the others are not used",
                        samples=grid.columns[i].examples(2),
                    ),
                )
                for i, h in zip(options, headings, strict=True)
            ],
            samples=grid.columns[chosen].examples(),
        )
        chosen = options[headings.index(answer)]
    for name, columns in list(mapping.fields.items()):
        if chosen in columns and name != "start":
            del mapping.fields[name]
    mapping.fields["date"] = [chosen]
    for name in ("start", "end"):
        if "making" in mapping.domains and mapping.has(name) and not mapping.has("minutes"):
            del mapping.fields[name]
    return True
