"""From the grid of a sheet to its tables: header found, totals apart, dirt dropped and noted."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from kpi.ingest.grid import (
    AwkwardError,
    Body,
    Grid,
    Merge,
    Refused,
    Values,
    as_values,
    letter_of,
    text_of,
)
from kpi.ingest.header import Header, find_header, kind_of
from kpi.ingest.raw import Cell, RawColumn, RawTable, RawTotal
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
            return _tables_of_columns(grid)
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
    repeated: int = 0
    rules: int = 0
    blanks: int = 0


def _stacked(grid: Grid, refused: list[Refused]) -> Iterator[RawTable]:
    start = 0
    while start < len(grid.rows):
        if not any(cell is not None for row in grid.rows[start:] for cell in row):
            return
        header = find_header(grid.rows, grid.merges, start=start)
        titles = [_title(row) for row in grid.rows[start : header.first] if _filled(row)]
        building = _Building(header, titles, notes=list(header.notes))
        start = _gather(grid, building)
        yield _finished(grid, building, refused)


def _filled(row: Sequence[Cell]) -> list[int]:
    return [c for c, cell in enumerate(row) if cell is not None]


def _title(row: Sequence[Cell]) -> str:
    return " ".join(text_of(cell).strip() for cell in row if cell is not None)


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
        filled = _filled(row)
        if not filled:
            after_blank = True
            building.blanks += 1
        elif _is_rule(row, filled):
            building.rules += 1
        elif (heads and any(_repeats(row, head) for head in heads)) or (
            len(filled) <= 3 and _title(row) in titles
        ):
            building.repeated += 1
        elif _begins_another(grid, position, filled, building, typed, after_blank):
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
    """The row is the header printed again (80 % of its cells, in their places)."""
    named = [c for c, cell in enumerate(head) if cell is not None]
    if not named or (len(named) == 1 and len(head) > 1):
        return False
    equal = sum(text_of(row[c]).strip() == text_of(head[c]).strip() for c in named)
    extra = sum(row[c] is not None for c in range(len(row)) if head[c] is None)
    return equal >= 0.8 * len(named) and extra == 0


def _typed_columns(grid: Grid, header: Header) -> set[int]:
    """Columns that hold numbers or dates in the first rows of the table."""
    first = header.last + 1
    sample = [row for row in grid.rows[first : first + 60] if _filled(row)][:20]
    typed = set()
    for column in range(grid.width):
        kinds = [kind_of(row[column]) for row in sample]
        known = [k for k in kinds if k != "blank"]
        if known and sum(k != "text" for k in known) >= 0.7 * len(known):
            typed.add(column)
    return typed


def _begins_another(
    grid: Grid,
    position: int,
    filled: list[int],
    building: _Building,
    typed: set[int],
    after_blank: bool,
) -> bool:
    """The row is the header, or the title, of a further table below this one."""
    if not building.rows or len(filled) < 2:
        return (
            len(filled) == 1 and after_blank and _title_of_another(grid, position, building, typed)
        )
    row = grid.rows[position]
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
    below = [r for r in grid.rows[position + 1 : position + 20] if _filled(r)][:5]
    return bool(below) and all(
        any(kind_of(r[c]) in ("number", "date") for c in filled) for r in below
    )


def _title_of_another(grid: Grid, position: int, building: _Building, typed: set[int]) -> bool:
    """A lone text after a blank row is a title if a header follows within a few rows."""
    if not building.rows:
        return False
    for ahead in range(position + 1, min(position + 5, len(grid.rows))):
        filled = _filled(grid.rows[ahead])
        if len(filled) >= 2:
            return _begins_another(grid, ahead, filled, building, typed, True)
    return False


# --- one table, its rows known ----------------------------------------------------------------


def _finished(grid: Grid, building: _Building, refused: list[Refused]) -> RawTable:
    header = building.header
    _take_footnotes(grid, building)
    if grid.is_text and not header.headerless:
        _take_ragged(grid, building, refused)
    _take_totals(grid, building)
    rows = [grid.rows[i] for i in building.rows]
    columns = []
    for column in range(grid.width):
        cells = [row[column] for row in rows]
        heading = header.headings[column]
        if heading or any(cell is not None for cell in cells):
            columns.append(
                _column(heading, letter_of(grid.first_column + column), as_values(cells))
            )
    return RawTable(
        sheet=grid.sheet,
        header_rows=tuple(grid.numbers[i] for i in range(header.first, header.last + 1)),
        columns=tuple(columns),
        rows=np.array([grid.numbers[i] for i in building.rows], np.int32),
        totals=tuple(building.totals),
        titles=tuple(building.titles),
        epoch1904=grid.epoch1904,
        notes=(*grid.notes, *building.notes, *_said(building)),
        headerless=header.headerless,
        doubts=grid.doubts,
    )


def _said(building: _Building) -> Iterable[str]:
    if building.repeated:
        yield f"{building.repeated:,} repeated page headings were left out."
    if building.header.headerless:
        yield "The table has no header row."
    doubled = [h for h in building.header.headings if h]
    twice = sorted({h for h in doubled if doubled.count(h) > 1}) if len(doubled) < 500 else []
    if twice:
        yield f"Headings that occur more than once: {', '.join(map(repr, twice[:5]))}."


def _column(heading: str, letter: str, values: Values) -> RawColumn:
    if isinstance(values, list):
        return RawColumn(heading, letter, cells=values)
    return RawColumn(heading, letter, values=values)


def _take_footnotes(grid: Grid, building: _Building) -> None:
    """A lone text below a table of four or more columns is a note, not a row."""
    width = sum(1 for h in building.header.headings if h) or grid.width
    taken = 0
    while width >= 4 and building.rows and taken < FOOTNOTE_ROWS:
        row = grid.rows[building.rows[-1]]
        filled = _filled(row)
        text = text_of(row[filled[0]])
        if len(filled) > 1 or kind_of(row[filled[0]]) != "text" or is_total_label(text):
            return
        number = grid.numbers[building.rows.pop()]
        taken += 1
        building.notes.append(f"Row {number} is a note below the table: {text.strip()[:80]!r}.")


def _take_ragged(grid: Grid, building: _Building, refused: list[Refused]) -> None:
    """In a text file, a row with more cells than headings has slipped: no cell of it is sure."""
    width = max((c for c, h in enumerate(building.header.headings) if h), default=-1) + 1
    kept = []
    for position in building.rows:
        row = grid.rows[position]
        beyond = [c for c in range(width, len(row)) if row[c] is not None]
        if beyond:
            reason = f"{beyond[-1] + 1} cells under {width} headings"
            cells = tuple(text_of(cell) for cell in row[: beyond[-1] + 1])
            refused.append(Refused(grid.numbers[position], reason, cells))
        else:
            kept.append(position)
    building.rows = kept


def _take_totals(grid: Grid, building: _Building) -> None:
    kept: list[int] = []
    seen: list[set[str]] = [set() for _ in range(grid.width)]
    names = _names(building.header, grid.first_column)
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


def _names(header: Header, first_column: int) -> list[str]:
    """The headings, or the column letters where there is none, each once."""
    names: list[str] = []
    for column, heading in enumerate(header.headings):
        name = heading or letter_of(first_column + column)
        names.append(name if name not in names else f"{name} ({letter_of(first_column + column)})")
    return names


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
    alike = len(wide) >= 2 and all(h and len(h & heads[0]) >= 0.5 * len(h) for h in heads)
    longest = max(spans)
    if alike or any(span < 0.5 * longest for span in spans):
        return [_slice(grid, a, b) for a, b in groups]
    return [grid]


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


# --- a large table, column by column ----------------------------------------------------------


def _tables_of_columns(grid: Grid) -> SheetTables:
    """The single table of a large sheet; anything unusual in its body raises ``AwkwardError``."""
    assert grid.rest is not None
    header = find_header(grid.rows, grid.merges)
    skip = max(header.last + 1, header.first)
    if header.headerless or skip >= len(grid.rows):
        raise AwkwardError
    body = grid.rest(skip)
    width = len(body.columns)
    if any(header.headings[width:]) or width > max(len(header.headings), 1):
        raise AwkwardError
    body, totals, repeated = _cleaned(body, header, grid)
    titles = tuple(_title(row) for row in grid.rows[: header.first] if _filled(row))
    columns = tuple(
        _column(header.headings[c], letter_of(grid.first_column + c), values)
        for c, values in enumerate(body.columns)
        if header.headings[c] or not _all_blank(values)
    )
    building = _Building(header, list(titles), repeated=repeated)
    table = RawTable(
        sheet=grid.sheet,
        header_rows=tuple(grid.numbers[i] for i in range(header.first, header.last + 1)),
        columns=columns,
        rows=body.rows,
        totals=totals,
        titles=titles,
        epoch1904=grid.epoch1904,
        notes=(*grid.notes, *header.notes, *_said(building)),
        doubts=grid.doubts,
    )
    return SheetTables((table,), grid.refused)


def _all_blank(values: Values) -> bool:
    if isinstance(values, list):
        return all(cell is None for cell in values)
    return bool(values.null_count == len(values))


def _cleaned(body: Body, header: Header, grid: Grid) -> tuple[Body, tuple[RawTotal, ...], int]:
    """Blank rows, repeated headings and totals taken out."""
    count = len(body.rows)
    filled = np.zeros(count, np.int32)
    echoes = np.zeros(count, np.int32)
    suspects = np.zeros(count, bool)
    for column, values in enumerate(body.columns):
        if isinstance(values, list):
            filled += np.array([cell is not None for cell in values], np.int32)
            continue
        filled += values.is_valid().to_numpy(zero_copy_only=False).astype(np.int32)
        if pa.types.is_string(values.type):
            distinct = pc.unique(values)
            heading = header.headings[column]
            marks = [t for t in distinct.to_pylist() if t and is_total_label(t)]
            if marks:
                suspects |= _mask(pc.is_in(values, value_set=pa.array(marks, pa.string())))
            if heading and _mask(pc.equal(distinct, heading)).any():
                echoes += _mask(pc.equal(values, heading)).astype(np.int32)
    named = sum(1 for h in header.headings if h)
    repeated = (echoes >= max(0.8 * named, 1)) & (echoes > 0)
    if (suspects & ~repeated).sum() > 0.2 * count:
        raise AwkwardError
    lonely = (filled == 1) & (named >= 4)
    if lonely.any() or ((echoes > max(0.4 * named, 1)) & ~repeated).any():
        raise AwkwardError
    totals, total_rows = _totals_among(body, header, grid, np.flatnonzero(suspects & ~repeated))
    drop = (filled == 0) | repeated
    drop[total_rows] = True
    return _kept(body, ~drop), totals, int(repeated.sum())


def _mask(values: pa.Array | pa.ChunkedArray) -> "np.ndarray[tuple[int], np.dtype[np.bool_]]":
    mask: np.ndarray[tuple[int], np.dtype[np.bool_]] = (
        pc.fill_null(values, False).to_numpy(zero_copy_only=False).astype(bool)
    )
    return mask


def _totals_among(
    body: Body, header: Header, grid: Grid, positions: "np.ndarray[tuple[int], np.dtype[np.intp]]"
) -> tuple[tuple[RawTotal, ...], list[int]]:
    names = _names(header, grid.first_column)
    totals, rows = [], []
    for position in positions:
        cells = [_cell(values, int(position)) for values in body.columns]
        seen = [set[str]() for _ in cells]
        total = total_of(cells, names, seen, int(body.rows[position]), [])
        if total is not None:
            totals.append(total)
            rows.append(int(position))
    return tuple(totals), rows


def _cell(values: Values, position: int) -> Cell:
    if isinstance(values, list):
        return values[position]
    cell: Cell = values[position].as_py()
    return cell


def _kept(body: Body, keep: "np.ndarray[tuple[int], np.dtype[np.bool_]]") -> Body:
    if keep.all():
        return body
    mask = pa.array(keep)
    columns = tuple(
        [cell for cell, k in zip(values, keep, strict=True) if k]
        if isinstance(values, list)
        else values.filter(mask)
        for values in body.columns
    )
    return Body(columns, body.rows[keep])
