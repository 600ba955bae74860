"""From the grid of a sheet to its tables: header found, totals apart, dirt dropped and noted."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import dropwhile, takewhile
from typing import Final

import numpy as np

from kpi.ingest.columnar import columnar_table
from kpi.ingest.grid import (
    AwkwardError,
    Grid,
    Merge,
    Refused,
    as_values,
    letter_of,
    text_of,
)
from kpi.ingest.header import Header, find_header, kind_of
from kpi.ingest.pieces import column_of, filled_of, names_of, remarks, title_of
from kpi.ingest.ragged import evened
from kpi.ingest.raw import Cell, RawTable, RawTotal
from kpi.ingest.totals import is_total_label, total_of

_RULE: Final = re.compile(r"[-=_+*~|.\s]{3,}")
FOOTNOTE_ROWS: Final = 12
"""Notes below a table are looked for in its last rows only."""


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
    refused = list(grid.refused)
    tables = [t for part in _side_by_side(grid) for t in _stacked(part, refused)]
    return SheetTables(tuple(tables), tuple(refused))


# --- tables that stand one below another, row by row ------------------------------------------


@dataclass
class _Building:
    """A table while its rows are gathered."""

    header: Header
    titles: list[str]
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
        building = _Building(header, titles, notes=list(header.notes))
        start = _gather(grid, building)
        yield _finished(grid, building, refused)


def _gather(grid: Grid, building: _Building) -> int:
    """Collect the data rows below the header; return where the next table's search begins."""
    header = building.header
    heads = [grid.rows[i] for i in range(header.first, header.last + 1)]
    titles = set(building.titles)
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
            len(filled) <= 3 and title_of(row) in titles
        ):
            building.repeated += 1
        elif _begins_another(grid, position, building, typed, after_blank=after_blank):
            return position
        else:
            after_blank = False
            building.rows.append(position)
        position += 1
    return position


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
        return (
            len(filled) == 1 and after_blank and _title_of_another(grid, position, building, typed)
        )
    texts = [c for c in filled if kind_of(row[c]) == "text"]
    if len(texts) < 0.8 * len(filled) or is_total_label(text_of(row[filled[0]])):
        return False
    over_typed = [c for c in texts if c in typed]
    headings = {h.casefold() for h in building.header.headings if h}
    known = sum(text_of(row[c]).strip().casefold() in headings for c in texts)
    if known >= 2 and known >= 0.5 * len(headings):
        return True
    if not after_blank or not over_typed or len(over_typed) < 0.5 * len(typed):
        return False
    below = [r for r in grid.rows[position + 1 : position + 20] if filled_of(r)][:5]
    return bool(below) and all(
        any(kind_of(r[c]) in ("number", "date") for c in filled) for r in below
    )


def _title_of_another(grid: Grid, position: int, building: _Building, typed: set[int]) -> bool:
    """A lone text after a blank row is a title if a header follows within a few rows."""
    if not building.rows:
        return False
    for ahead in range(position + 1, min(position + 5, len(grid.rows))):
        filled = filled_of(grid.rows[ahead])
        if len(filled) >= 2:
            return _begins_another(grid, ahead, building, typed, after_blank=True)
    return False


# --- one table, its rows known ----------------------------------------------------------------


def _finished(grid: Grid, building: _Building, refused: list[Refused]) -> RawTable:
    header = building.header
    _take_footnotes(grid, building)
    if grid.counts is not None and not header.headerless:
        even = evened(grid, header, building.rows)
        grid, building.rows = even.grid, even.rows
        building.doubts += even.doubts
        refused += even.refused
    _take_totals(grid, building)
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


def _take_footnotes(grid: Grid, building: _Building) -> None:
    """A lone text below a table of four or more columns is a note, not a row."""
    width = sum(1 for h in building.header.headings if h) or grid.width
    taken = 0
    while width >= 4 and building.rows and taken < FOOTNOTE_ROWS:
        row = grid.rows[building.rows[-1]]
        filled = filled_of(row)
        text = text_of(row[filled[0]])
        if len(filled) > 1 or kind_of(row[filled[0]]) != "text" or is_total_label(text):
            return
        number = grid.numbers[building.rows.pop()]
        taken += 1
        building.notes.append(f"Row {number} is a note below the table: {text.strip()[:80]!r}.")


def _take_totals(grid: Grid, building: _Building) -> None:
    kept: list[int] = []
    seen: list[set[str]] = [set() for _ in range(grid.width)]
    names = names_of(building.header, grid.first_column)
    for order, position in enumerate(building.rows):
        row = grid.rows[position]
        last = order == len(building.rows) - 1
        above = [grid.rows[i] for i in kept] if last else []
        total = total_of(row, names, seen, grid.numbers[position], above)
        if total is not None:
            building.totals.append(total)
            continue
        kept.append(position)
        for column, cell in enumerate(row):
            if isinstance(cell, str):
                seen[column].add(cell.strip().casefold())
    building.rows = kept


# --- tables side by side ----------------------------------------------------------------------


def _side_by_side(grid: Grid) -> list[Grid]:
    """Split a sheet whose tables stand beside each other, parted by blank columns."""
    if grid.is_text or grid.width < 4:
        return [grid]
    groups = _column_groups(grid)
    if len(groups) < 2:
        return [grid]
    header = find_header(grid.rows, grid.merges)
    if header.headerless:
        return [grid]
    wide = [(a, b) for a, b in groups if b > a]
    heads = [{h.casefold() for h in header.headings[a : b + 1] if h} for a, b in wide]
    spans = [_span(grid, a, b, header.last + 1) for a, b in groups]
    main = [group for group, span in zip(groups, spans, strict=True) if span == max(spans)]
    small = [
        g for g, span in zip(groups, spans, strict=True) if span <= 3 and 10 * span < max(spans)
    ]
    if len(main) == 1 and len(small) == len(groups) - 1:
        return [_with_asides(grid, main[0], small)]
    alike = len(wide) >= 2 and all(h and len(h & heads[0]) >= 0.5 * len(h) for h in heads)
    longest = max(spans)
    if alike or any(span < 0.5 * longest for span in spans):
        return [_slice(grid, a, b) for a, b in groups]
    return [grid]


def _with_asides(grid: Grid, main: tuple[int, int], small: list[tuple[int, int]]) -> Grid:
    """The main table alone; what little stands beside it is kept as notes."""
    texts = [
        title_of(row[left : right + 1])
        for left, right in small
        for row in grid.rows
        if any(cell is not None for cell in row[left : right + 1])
    ]
    said = f"Beside the table, not read: {'; '.join(texts)[:200]}."
    return replace(_slice(grid, *main), notes=(*grid.notes, said))


def _column_groups(grid: Grid) -> list[tuple[int, int]]:
    used = [any(row[c] is not None for row in grid.rows) for c in range(grid.width)]
    groups: list[tuple[int, int]] = []
    for column, is_used in enumerate(used):
        if is_used and groups and groups[-1][1] == column - 1:
            groups[-1] = (groups[-1][0], column)
        elif is_used:
            groups.append((column, column))
    return groups


def _span(grid: Grid, left: int, right: int, first: int) -> int:
    return sum(any(c is not None for c in row[left : right + 1]) for row in grid.rows[first:])


def _slice(grid: Grid, left: int, right: int) -> Grid:
    merges = None
    if grid.merges is not None:
        merges = tuple(
            Merge(m.top, max(m.left, left) - left, m.bottom, min(m.right, right) - left)
            for m in grid.merges
            if m.left <= right and m.right >= left
        )
    rows = [row[left : right + 1] for row in grid.rows]
    return replace(grid, rows=rows, merges=merges, first_column=grid.first_column + left)
