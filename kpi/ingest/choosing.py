"""Which decimal sign, and whether day or month comes first: decided for the whole table, or asked once."""

from collections.abc import Iterable
from typing import Final

import numpy as np
import pyarrow as pa

from kpi.ingest.columns import Column
from kpi.ingest.conventions import Desk
from kpi.ingest.grids import Grid
from kpi.ingest.headings import DATES, DURATIONS, NUMBERS, Assignment
from kpi.ingest.numbers import read_number_texts
from kpi.texts import Said, said

_ENOUGH: Final = 5
"""Different days needed before one part that stands still proves the month."""
_CLEARLY: Final = 2.0
"""How many times longer one reading's span must be for the other to be offered first."""


def _columns(grid: Grid, mapping: Assignment, names: Iterable[str]) -> list[Column]:
    chosen = [grid.columns[c] for n in names for c in mapping.fields.get(n, ())]
    return sorted((c for c in chosen if not c.empty), key=grid.columns.index)


def decimal_sign(grid: Grid, mapping: Assignment, desk: Desk) -> str | None:
    """The decimal sign for columns that do not prove one: another column's, else asked once."""
    columns = _columns(grid, mapping, NUMBERS | DURATIONS)
    proven = [c.number_texts.decimal for c in columns if not c.number_texts.doubtful]
    known = [d for d in proven if d is not None]
    doubtful = [c for c in columns if c.number_texts.doubtful]
    if known:
        desk.decided["decimal"] = known[0]
        return known[0]
    if not doubtful:
        return None
    column = doubtful[0]
    guess = column.number_texts.decimal or "."
    text = next((e for e in column.examples(50) if "." in e or "," in e), column.examples(1)[0])
    readings = {d: float(read_number_texts(pa.array([text]), decimal=d).values[0]) for d in ".,"}
    options = [guess, "," if guess == "." else "."]
    return desk.ask(
        "convention",
        grid.sheet,
        "decimal",
        said("Is the sign in {text} a decimal sign, or does it part thousands?", text=repr(text)),
        [(d, _read_as(text, readings[d])) for d in options],
        heading=column.heading,
        samples=column.examples(),
    )


def date_order(grid: Grid, mapping: Assignment, desk: Desk) -> str | None:
    """Day or month first for columns that do not prove it: another column's, else asked once."""
    columns = _columns(grid, mapping, DATES)
    proven = {c.date_texts.order for c in columns if not c.date_texts.doubtful} - {None}
    doubtful = [c for c in columns if c.date_texts.doubtful]
    if len(proven) == 1:
        order = proven.pop()
        assert order is not None
        desk.decided["dates"] = order
        return order
    if not doubtful:
        return None
    likely, sure = _likely_order(doubtful)
    if sure:
        desk.decided["dates"] = likely
        return likely
    column = doubtful[0]
    text = column.examples(1)[0]
    options = [likely, "mdy" if likely == "dmy" else "dmy"]
    readings = {o: column.as_moments(o).values[column.filled][0] for o in options}
    return desk.ask(
        "convention",
        grid.sheet,
        "dates",
        said("Is {text} written with the day first or with the month first?", text=repr(text)),
        [(o, _read_as(text, _day(readings[o]))) for o in options],
        heading=column.heading,
        samples=column.examples(),
    )


def _read_as(text: str, value: object) -> Said:
    shown = float(f"{value:.10g}") if isinstance(value, float) else value
    return said("{text} is read as {value}", text=text, value=shown)


def _day(moment: np.datetime64) -> object:
    day = moment.astype("M8[D]").item()
    return day if day is not None else said("no date")


def _likely_order(columns: list[Column]) -> tuple[str, bool]:
    """The likelier order of all doubtful columns together, and whether it is proven.

    Proven where one part is the same in all of at least five different days: then that part is the
    month. Likelier is the reading under which the days lie closer together, as in one export.
    """
    days = {
        order: np.unique(np.concatenate([_days(column, order) for column in columns]))
        for order in ("dmy", "mdy")
    }
    months = {o: len(np.unique(d.astype("M8[M]"))) for o, d in days.items()}
    enough = min(len(d) for d in days.values()) >= _ENOUGH
    for order, other in (("dmy", "mdy"), ("mdy", "dmy")):
        if enough and months[order] == 1 and months[other] > 1:
            return order, True
    spans = {o: max(int((d.max() - d.min()).astype(int)), 1) for o, d in days.items() if len(d)}
    if len(spans) == 2 and spans["dmy"] > _CLEARLY * spans["mdy"]:
        return "mdy", False
    if any(_twelve_hours(column) for column in columns):
        return "mdy", False
    return "dmy", False


def _days(column: Column, order: str) -> np.ndarray:
    values = column.as_moments(order, serials=False).values
    days: np.ndarray = values[~np.isnat(values)].astype("M8[D]")
    return days


def _twelve_hours(column: Column) -> bool:
    """Times with AM and PM are a habit of those who put the month first."""
    return any(t.rstrip(". ").casefold().endswith(("am", "pm")) for t in column.examples(5))
