"""Which decimal sign, and whether day or month comes first: decided for the whole table, or asked once."""

from collections.abc import Iterable
from typing import Final

import numpy as np
import pyarrow as pa

from kpi.ingest.columns import Column
from kpi.ingest.conventions import Desk
from kpi.ingest.dates import MOST_OF_A_YEAR, read_date_texts
from kpi.ingest.grids import Grid
from kpi.ingest.headings import DATES, DURATIONS, NUMBERS, Assignment
from kpi.ingest.numbers import read_number_texts
from kpi.ingest.own_words import MEASURING
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
    remembered = _remembered(desk, "decimal")
    if known and (not doubtful or remembered in (None, known[0])):
        desk.decided["decimal"] = known[0]
        return known[0]
    if not doubtful:
        return None
    if known:
        return _asked_again(
            grid,
            desk,
            "decimal",
            doubtful[0],
            [known[0], remembered or "."],
            said("until now {sign} was the decimal sign, other columns of this file have {now}",
                 sign=repr(remembered), now=repr(known[0])),
        )  # fmt: skip
    column = doubtful[0]
    guess = column.number_texts.decimal or "."
    if grid.speaks == MEASURING:  # to a thousandth each: no list of measurements is all thousands
        guess = next((d for d in ",." if all(d in e for e in column.examples(50))), guess)
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
    remembered = _remembered(desk, "dates")
    turned = {"dmy": "mdy", "mdy": "dmy"}.get(remembered or "")
    if len(proven) == 1:
        order = proven.pop()
        assert order is not None
        if order == turned:
            return _turned(grid, desk, next(c for c in columns if not c.date_texts.doubtful), order)
        desk.decided["dates"] = order
        return order
    if not doubtful:
        return None
    likely, sure = _likely_order(doubtful)
    if turned is not None and _clearly(doubtful) == turned:
        return _turned(grid, desk, doubtful[0], turned)
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


def _remembered(desk: Desk, topic: str) -> str | None:
    return desk.memory.conventions.get(topic) if desk.memory else None


def _turned(grid: Grid, desk: Desk, column: Column, order: str) -> str:
    """Ask again whether day or month comes first, because the file speaks against what was so far."""
    first = {"dmy": said("the day"), "mdy": said("the month")}
    other = "mdy" if order == "dmy" else "dmy"
    why = said(
        "until now {was} came first, the dates of this file look as if {now} did",
        was=first[other],
        now=first[order],
    )
    return _asked_again(grid, desk, "dates", column, [order, other], why)


def _asked_again(
    grid: Grid, desk: Desk, topic: str, column: Column, options: list[str], why: str
) -> str:
    """Ask a convention that is remembered and that the file contradicts, saying why."""
    text = column.examples(1)[0]
    if topic == "dates":
        ask = said(
            "Has the order of day and month in {text} changed? {why}.", text=repr(text), why=why
        )
        answers = [(o, _read_as(text, _day(_first_day(column, o)))) for o in options]
    else:
        ask = said("Has the decimal sign in {text} changed? {why}.", text=repr(text), why=why)
        answers = [(d, _read_as(text, _number(text, d))) for d in options]
    return desk.ask(
        "convention",
        grid.sheet,
        topic,
        ask,
        answers,
        heading=column.heading,
        samples=column.examples(),
        anew=True,
    )


def _first_day(column: Column, order: str) -> np.datetime64:
    texts = read_date_texts(pa.array([column.examples(1)[0]]), order=order)
    found: np.datetime64 = texts.stamps[0]
    return found


def _number(text: str, decimal: str) -> float:
    return float(read_number_texts(pa.array([text]), decimal=decimal).values[0])


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
            if _day_numbers(days[other]) == {1}:  # rather the first day of each of several months
                return other, False
            return order, months[other] < MOST_OF_A_YEAR
    spans = {o: max(int((d.max() - d.min()).astype(int)), 1) for o, d in days.items() if len(d)}
    if len(spans) == 2 and spans["dmy"] > _CLEARLY * spans["mdy"]:
        return "mdy", False
    if any(_twelve_hours(column) for column in columns):
        return "mdy", False
    return "dmy", False


def _clearly(columns: list[Column]) -> str | None:
    """The order under which the days lie far closer together, where there is one."""
    likely, sure = _likely_order(columns)
    if sure:
        return likely
    spans = {}
    for order in ("dmy", "mdy"):
        days = np.unique(np.concatenate([_days(column, order) for column in columns]))
        if not len(days) or _day_numbers(days) == {1}:
            return None  # the first day of each of several months
        spans[order] = max(int((days.max() - days.min()).astype(int)), 1)
    close, far = sorted(spans, key=lambda o: spans[o])
    return close if spans[far] > _CLEARLY * spans[close] else None


def _day_numbers(days: np.ndarray) -> set[int]:
    """Which days of the month there are among some days."""
    return set(((days - days.astype("M8[M]").astype("M8[D]")).astype(int) + 1).tolist())


def _days(column: Column, order: str) -> np.ndarray:
    values = column.as_moments(order, serials=False).values
    days: np.ndarray = values[~np.isnat(values)].astype("M8[D]")
    return days


def _twelve_hours(column: Column) -> bool:
    """Times with AM and PM are a habit of those who put the month first."""
    return any(t.rstrip(". ").casefold().endswith(("am", "pm")) for t in column.examples(5))
