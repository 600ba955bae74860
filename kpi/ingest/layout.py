"""From the grid of a sheet to its tables: header found, totals apart, dirt dropped and noted."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import dropwhile, takewhile
from typing import Final

import numpy as np

from kpi.ingest.beside import side_by_side
from kpi.ingest.columnar import columnar_table
from kpi.ingest.folded import unfolded, with_parted_head
from kpi.ingest.grid import (
    AwkwardError,
    Grid,
    Refused,
    as_values,
    letter_of,
    text_of,
)
from kpi.ingest.header import Header, find_header, kind_of
from kpi.ingest.merged import filled_down
from kpi.ingest.pieces import column_of, filled_of, remarks, title_of
from kpi.ingest.ragged import evened
from kpi.ingest.raw import Cell, RawTable, RawTotal
from kpi.ingest.sections import sections, titled
from kpi.ingest.tails import footnotes, totals
from kpi.ingest.totals import is_total_label

_RULE: Final = re.compile(r"[-=_+*~|.\s]{3,}")
_PAGE: Final = re.compile(
    r"(?:page|seite|blatt|página|pagina|pág\.?|hoja|feuille|strona|页|第)\s*[:#.]?\s*\d+"
    r"(?:\s*(?:of|von|de|sur|z|/|共)\s*\d+)?|\d{1,2}:\d{2}(?::\d{2})?"
)
"""What differs from page to page of a printed list: its number, and the time."""

MOST_IN_A_TITLE: Final = 6
"""Cells of a page's title row, printed again with another page number or time."""


@dataclass(frozen=True, slots=True)
class SheetTables:
    """The tables of one sheet, and the rows that belong to none of them."""

    tables: tuple[RawTable, ...]
    refused: tuple[Refused, ...] = ()


def tables_of(grid: Grid) -> SheetTables:
    """All tables of a sheet. A sheet without any cell has none."""
    if grid.rest is not None:
        try:
            table, kept_out = columnar_table(grid)
            return SheetTables((table,), kept_out)
        except AwkwardError:
            assert grid.whole is not None
            grid = grid.whole()
    if not any(cell is not None for row in grid.rows for cell in row):
        return SheetTables((), grid.refused)
    grid = with_parted_head(unfolded(grid))
    refused = list(grid.refused)
    tables = [t for part in side_by_side(grid) for t in _stacked(part, refused)]
    return SheetTables(tuple(titled(tables)), tuple(refused))


# --- tables that stand one below another, row by row ------------------------------------------


@dataclass
class _Building:
    """A table while its rows are gathered."""

    header: Header
    titles: list[str]
    start: int = 0  # where the rows above the header begin
    rows: list[int] = field(default_factory=list)  # positions in the grid
    totals: list[RawTotal] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    doubts: list[str] = field(default_factory=list)
    repeated: int = 0
    rules: int = 0
    blanks: int = 0


def _stacked(grid: Grid, refused: list[Refused]) -> Iterator[RawTable]:
    start = 0
    while start < len(grid.rows):
        if not any(cell is not None for row in grid.rows[start:] for cell in row):
            return
        header = find_header(grid.rows, grid.merges, start=start)
        titles = [title_of(row) for row in grid.rows[start : header.first] if filled_of(row)]
        building = _Building(header, titles, start, notes=list(header.notes))
        start = _gather(grid, building)
        yield _finished(grid, building, refused)


def _gather(grid: Grid, building: _Building) -> int:
    """Collect the data rows below the header; return where the next table's search begins."""
    header = building.header
    heads = [grid.rows[i] for i in range(header.first, header.last + 1)]
    titles = {_plain(row) for row in grid.rows[building.start : header.first] if filled_of(row)} - {
        ""
    }
    typed = _typed_columns(grid, header)
    after_blank = False
    position = max(header.last + 1, header.first)
    while position < len(grid.rows):
        row = grid.rows[position]
        filled = filled_of(row)
        if not filled:
            after_blank = True
            building.blanks += 1
        elif _is_rule(row, filled):
            building.rules += 1
        elif (heads and any(_repeats(row, head) for head in heads)) or (
            titles and len(filled) <= MOST_IN_A_TITLE and _plain(row) in titles
        ):
            building.repeated += 1
        elif _begins_another(grid, position, building, typed, after_blank=after_blank):
            return position
        else:
            after_blank = False
            building.rows.append(position)
        position += 1
    return position


def _plain(row: Sequence[Cell]) -> str:
    """A title without what changes from page to page; empty where no word is left.

    A page's number stands behind the word for it, or by itself at the end of three or more pieces.
    """
    pieces = [p for cell in row if cell is not None for p in re.split(r"\s{2,}", text_of(cell))]
    pieces = [piece.strip() for piece in pieces if piece.strip()]
    if len(pieces) > 2 and re.fullmatch(r"\d{1,4}", pieces[-1]):
        pieces.pop()
    plain = _PAGE.sub("#", " ".join(pieces).casefold())
    return plain if sum(c.isalpha() for c in plain) > 2 else ""


def _is_rule(row: Sequence[Cell], filled: list[int]) -> bool:
    texts = [row[c] for c in filled]
    return all(isinstance(t, str) and _RULE.fullmatch(t.strip()) for t in texts) and any(
        isinstance(t, str) and len(t.strip()) >= 3 and t.strip("* ") for t in texts
    )


def _repeats(row: Sequence[Cell], head: Sequence[Cell]) -> bool:
    """The row is the header printed again, every cell in its place."""
    named = [c for c, cell in enumerate(head) if cell is not None]
    if len(named) < 2 and len(head) > 1:
        return False
    texts = [(text_of(a).strip(), text_of(b).strip()) for a, b in zip(row, head, strict=True)]
    return all(a == b for a, b in texts)


def _typed_columns(grid: Grid, header: Header) -> set[int]:
    """Columns that hold numbers or dates in the first rows of the table."""
    following = grid.rows[header.last + 1 : header.last + 61]
    block = list(takewhile(filled_of, dropwhile(lambda row: not filled_of(row), following)))
    sample = block[:20]
    typed = set()
    for column in range(grid.width):
        kinds = [kind_of(row[column]) for row in sample]
        known = [k for k in kinds if k != "blank"]
        if known and sum(k != "text" for k in known) >= 0.7 * len(known):
            typed.add(column)
    return typed


def _begins_another(
    grid: Grid, position: int, building: _Building, typed: set[int], *, after_blank: bool
) -> bool:
    """The row is the header, or the title, of a further table below this one."""
    row = grid.rows[position]
    filled = filled_of(row)
    if not building.rows or len(filled) < 2:
        return len(filled) == 1 and _title_of_another(grid, position, building, typed)
    texts = [c for c in filled if kind_of(row[c]) == "text"]
    if len(texts) < 0.8 * len(filled) or is_total_label(text_of(row[filled[0]])):
        return False
    over_typed = [c for c in texts if c in typed]
    headings = {h.casefold() for h in building.header.headings if h}
    known = sum(text_of(row[c]).strip().casefold() in headings for c in texts)
    if known >= 2 and known >= 0.5 * len(headings):
        return True
    if after_blank and not typed and known and len(filled) == len(headings):
        return True  # lists of words below each other, one heading the same
    if not over_typed or len(over_typed) < 0.5 * len(typed):
        return False
    if not after_blank and (len(over_typed) < 2 or len(texts) < len(filled)):
        return False
    below = [r for r in grid.rows[position + 1 : position + 20] if filled_of(r)][:5]
    return bool(below) and all(
        any(kind_of(r[c]) in ("number", "date") for c in filled) for r in below
    )


def _title_of_another(grid: Grid, position: int, building: _Building, typed: set[int]) -> bool:
    """A lone text is a title if a header follows within a few rows."""
    if not building.rows or kind_of(grid.rows[position][_first(grid, position)]) == "number":
        return False
    for ahead in range(position + 1, min(position + 5, len(grid.rows))):
        filled = filled_of(grid.rows[ahead])
        if len(filled) >= 2:
            heads = grid.rows[building.header.first : building.header.last + 1]
            again = any(_repeats(grid.rows[ahead], head) for head in heads)
            return again or _begins_another(grid, ahead, building, typed, after_blank=True)
    return False


def _first(grid: Grid, position: int) -> int:
    return filled_of(grid.rows[position])[0]


# --- one table, its rows known ----------------------------------------------------------------


def _finished(grid: Grid, building: _Building, refused: list[Refused]) -> RawTable:
    header = building.header
    building.notes += footnotes(grid, header, building.rows)
    if grid.merges:
        grid, doubts = filled_down(grid, header, building.rows)
        building.doubts += doubts
    if grid.counts is not None and not header.headerless:
        even = evened(grid, header, building.rows)
        grid, building.rows = even.grid, even.rows
        building.doubts += even.doubts
        refused += even.refused
    groups = sections(grid, header, building.rows)
    if groups is not None:
        building.rows = groups.rows
        building.notes.append(groups.note)
    building.rows, building.totals, notes = totals(grid, header, building.rows)
    building.notes += notes
    rows = [grid.rows[i] for i in building.rows]
    columns = []
    for column in range(grid.width):
        cells = [row[column] for row in rows]
        heading = header.headings[column]
        if heading or any(cell is not None for cell in cells):
            columns.append(
                column_of(
                    heading,
                    letter_of(grid.first_column + column),
                    as_values(cells),
                    header.layers_of(column),
                )
            )
    if groups is not None:
        named = dict(zip(groups.rows, groups.values, strict=True))
        values = as_values([named[i] for i in building.rows])
        columns.append(
            column_of(groups.heading, letter_of(grid.first_column + groups.column), values)
        )
    return RawTable(
        sheet=grid.sheet,
        header_rows=tuple(grid.numbers[i] for i in range(header.first, header.last + 1)),
        columns=tuple(columns),
        rows=np.array([grid.numbers[i] for i in building.rows], np.int32),
        totals=tuple(building.totals),
        titles=tuple(building.titles),
        epoch1904=grid.epoch1904,
        notes=(*grid.notes, *building.notes, *remarks(header, building.repeated)),
        headerless=header.headerless,
        doubts=(*grid.doubts, *building.doubts),
    )
