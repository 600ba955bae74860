"""Tables without headings: columns proposed from their values, and always confirmed."""

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Final

import numpy as np

from kpi.ingest.columns import Column
from kpi.ingest.conventions import Desk
from kpi.ingest.grids import Grid
from kpi.texts import said

MOST_COLUMNS: Final = 12
"""A wider table without headings is refused: nobody answers so many questions."""

_LABELS: Final = {
    "date": "Date",
    "start": "Start",
    "end": "End",
    "qty_produced": "Produced Qty",
    "qty_good": "Good Qty",
    "qty_scrap": "Scrap Qty",
    "minutes": "Downtime Minutes",
    "line": "Line",
    "machine": "Machine",
    "shift": "Shift",
    "product": "Part Number",
    "reason": "Reason",
}
"""A heading that reads as the field, for each field that may be named."""

_SAYS: Final = {
    "date": said("the day of the row"),
    "start": said("when a stop began"),
    "end": said("when a stop ended"),
    "qty_produced": said("pieces produced"),
    "qty_good": said("good pieces"),
    "qty_scrap": said("pieces scrapped"),
    "minutes": said("minutes of downtime"),
    "line": said("the line"),
    "machine": said("the machine"),
    "shift": said("the shift"),
    "product": said("the part number"),
    "reason": said("the reason"),
    "ignore": said("the column is not needed"),
}
_DAYS: Final = ("date", "start", "end", "ignore")
_FIGURES: Final = ("qty_produced", "qty_scrap", "qty_good", "minutes", "product", "ignore")
_TEXTS: Final = ("line", "machine", "product", "shift", "reason", "ignore")

_SHIFTS: Final = frozenset(
    [
        "a",
        "b",
        "c",
        "d",
        "1",
        "2",
        "3",
        "4",
        "i",
        "ii",
        "iii",
        "f",
        "s",
        "n",
        "early",
        "late",
        "night",
        "day",
        "früh",
        "spät",
        "nacht",
        "frühschicht",
        "spätschicht",
        "nachtschicht",
        "mañana",
        "tarde",
        "noche",
        "matin",
        "soir",
        "nuit",
        "早",
        "中",
        "晚",
        "早班",
        "中班",
        "晚班",
        "白班",
        "夜班",
    ]
)
_LINE: Final = re.compile(
    r"(l|line|linie|línea|linea|ligne|线|产线)[ ._-]*\d.*|.+线", re.IGNORECASE
)
_MACHINE: Final = re.compile(
    r"(m|mc|machine|maschine|máquina|maquina|press|presse|prensa|cnc|imm|sgm)[ ._-]*\d.*",
    re.IGNORECASE,
)
_PART: Final = re.compile(r"(?=.*\d{2})[\w./-]{4,}")
MOST_CODES: Final = 60
"""Different values up to which words are reasons and not descriptions."""


_COUNTED: Final = frozenset({"qty_produced", "qty_scrap", "start"})
"""What a proposal must hold, to be worth a question: a figure, or when stops began."""


def with_headings(grid: Grid, desk: Desk) -> Grid | None:
    """The table with a heading for each column, by the user's word; ``None`` where none can be proposed."""
    filled = [i for i, c in enumerate(grid.columns) if not c.empty]
    kinds = {i: kind_of_column(grid.columns[i]) for i in filled}
    days = [i for i in filled if kinds[i] == "date"]
    figures = [i for i in filled if kinds[i] == "number"]
    if len(grid) < 3 or not days or len(filled) > MOST_COLUMNS:
        return None
    first = _proposed(grid, days, figures, [i for i in filled if kinds[i] == "text"])
    if not _COUNTED & set(first.values()):
        return None
    columns = list(grid.columns)
    for i in filled:
        options = {"date": _DAYS, "number": _FIGURES, "text": _TEXTS}[kinds[i]]
        best = first.get(i, "ignore")
        answer = _asked(
            grid.columns[i], grid.sheet, [best, *(o for o in options if o != best)], desk
        )
        columns[i] = _named(columns[i], _LABELS.get(answer, ""))
    return grid.with_columns(columns)


def kind_of_column(column: Column) -> str:
    """Date, number or text, by nearly all of its cells."""
    if column.shares["date"] > 0.5:
        return "date"
    return "number" if column.shares["number"] > 0.9 else "text"


def kinds_of(grid: Grid) -> tuple[str, ...]:
    """What a table without headings is recognised by: the kinds of its columns, in their places."""
    return tuple(f"{c.letter.lower()} {kind_of_column(c)}" for c in grid.columns if not c.empty)


def _proposed(grid: Grid, days: list[int], figures: list[int], texts: list[int]) -> dict[int, str]:
    """The best field of each column, as far as its values speak for one."""
    first = _begun_and_ended(grid, days) or {days[0]: "date"}
    first |= _produced_and_scrapped(grid, figures)
    named = _named_by_values(grid, texts)
    first |= named
    if len(figures) == 1 and "start" not in first.values():
        lost = "reason" in named.values()
        first |= {figures[0]: "qty_scrap" if lost else "qty_produced"}
    return first


def _named_by_values(grid: Grid, texts: list[int]) -> dict[int, str]:
    """Columns of words: shifts, lines, machines, parts and reasons, each at most once."""
    first: dict[int, str] = {}
    for i in texts:
        values = {text.strip() for text in grid.columns[i].examples(MOST_CODES + 1) if text.strip()}
        for name in _speaks_for(values):
            if name not in first.values():
                first[i] = name
                break
    return first


def _speaks_for(values: set[str]) -> Iterator[str]:
    if values and len(values) <= 4 and {v.casefold() for v in values} <= _SHIFTS:
        yield "shift"
    if all(_LINE.fullmatch(v) for v in values):
        yield "line"
    if all(_MACHINE.fullmatch(v) for v in values):
        yield "machine"
    if all(_PART.fullmatch(v) for v in values):
        yield "product"
    if len(values) <= MOST_CODES and not any(c.isdigit() for v in values for c in v):
        yield "reason"
    yield from ("machine", "product")


def _begun_and_ended(grid: Grid, days: list[int]) -> dict[int, str]:
    """Two columns of moments, the second never before the first, and not all of them days."""
    for first, second in pairwise(days):
        begun, ended = (grid.columns[i].as_moments().values for i in (first, second))
        both = ~np.isnat(begun) & ~np.isnat(ended)
        timed = (begun[both] != begun[both].astype("M8[D]")).any()
        if both.any() and timed and bool((begun <= ended)[both].all()):
            return {first: "start", second: "end"}
    return {}


def _produced_and_scrapped(grid: Grid, figures: list[int]) -> dict[int, str]:
    """Two columns of which one is never above the other and less than half of it in sum."""
    values = {i: grid.columns[i].as_numbers().values for i in figures}
    for large in figures:
        for small in figures:
            more, less = values[large], values[small]
            both = ~np.isnan(more) & ~np.isnan(less)
            never_above = large != small and both.any() and bool((more >= less)[both].all())
            if never_above and less[both].sum() > 0 and more[both].sum() > 2 * less[both].sum():
                return {large: "qty_produced", small: "qty_scrap"}
    return {}


def _asked(column: Column, sheet: str, options: list[str], desk: Desk) -> str:
    shown = ", ".join(column.examples(3))
    return desk.ask(
        "field",
        sheet,
        f"column:{column.letter}",
        said(
            "The table has no headings. What does column {letter} ({samples}) hold?",
            letter=column.letter,
            samples=shown,
        ),
        [(o, _SAYS[o]) for o in options],
        heading=column.letter,
        samples=column.examples(),
    )


def _named(column: Column, heading: str) -> Column:
    return Column(
        heading,
        column.letter,
        column.length,
        texts=column.texts,
        codes=column.codes,
        numbers=column.numbers,
        stamps=column.stamps,
        clocks=column.clocks,
        epoch1904=column.epoch1904,
    )
