"""Rejected rows as they go out to be mended, and mended rows as they come back.

What is mended is put into the tables of the file it came from, and the whole is read again: so that
a mended row is judged as it would have been, had the file been right from the start.
"""

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, time, timedelta
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from kpi.ingest.grid import Grid, Refused, as_values, text_of
from kpi.ingest.raw import Cell, RawColumn, RawTable
from kpi.ingest.rejected import HELPERS, shown
from kpi.ingest.rejecting import is_blank, letter_of_table
from kpi.ingest.sheets import RawFile
from kpi.model import Problem, Severity
from kpi.safe_text import FORMULA_STARTS
from kpi.texts import said

_TITLE: Final = re.compile(r"Clause Nine: rows rejected from .*\(([0-9a-f]{16})\)", re.DOTALL)
_PLACE: Final = re.compile(r"\bfrom column ([A-Z]{1,3})\b")
_NUMBER: Final = re.compile(r"[+-]?\d+(?:\.\d+)?")
_DIGITS: Final = 1e-14
"""A spreadsheet keeps 15 digits of a number."""

_SEARCHED: Final = 12
"""Rows from the top in which title and headings of a mended sheet are looked for."""


@dataclass(frozen=True, slots=True)
class MendedSheet:
    """One sheet of mended rows: the file's own headings, and cells by sheet and row."""

    letter: str
    headings: tuple[str, ...]
    rows: Mapping[tuple[str, int], tuple[Cell, ...]]
    unplaced: int = 0  # rows with cells but without a number


@dataclass(frozen=True, slots=True)
class Mended:
    """A file with mended rows put in. ``rows`` are those that changed, by sheet and row."""

    raw: RawFile
    rows: frozenset[tuple[str, int]]
    problems: tuple[Problem, ...] = field(default=())


def mends_of(texts: Iterable[str]) -> str | None:
    """The first 16 digits of the hash of the file whose rejected rows these are, if they are any's.

    >>> mends_of(["anything", "Clause Nine: rows rejected from a (1).csv (abababababababab)"])
    'abababababababab'
    """
    found = (_TITLE.search(text) for text in texts)
    return next((match[1] for match in found if match), None)


def lost_its_title(tables: Iterable[RawTable]) -> bool:
    """Whether a table has the columns of rejected rows, but not the line that says whose they are."""
    return any(tuple(_key(h) for h in table.headings[:3]) == HELPERS for table in tables)


# --- back -------------------------------------------------------------------------------------


def mended_sheets(grids: Iterable[Grid]) -> tuple[MendedSheet, ...]:
    """The sheets of mended rows in a file; sheets that are not of that kind are passed over."""
    found = (_mended_sheet(grid) for grid in grids)
    return tuple(sheet for sheet in found if sheet is not None)


def _mended_sheet(grid: Grid) -> MendedSheet | None:
    rows = grid.whole().rows if grid.whole is not None else grid.rows
    head = [[text_of(cell).strip() for cell in row] for row in rows[:_SEARCHED]]
    if mends_of(text for row in head for text in row) is None:
        return None
    above = " ".join(text for row in head for text in row)
    for at, row in enumerate(head):
        place = next((i for i in range(len(row) - 1) if tuple(row[i : i + 2]) == HELPERS[1:]), None)
        if place is not None:
            letter = _PLACE.search(above)
            return _sheet_below(rows, at, place, letter[1] if letter else "")
    return None


def _sheet_below(
    rows: Sequence[Sequence[Cell]], header: int, place: int, letter: str
) -> MendedSheet:
    headings = [text_of(cell) for cell in rows[header][place + 2 :]]
    found: dict[tuple[str, int], tuple[Cell, ...]] = {}
    unplaced = 0
    for row in rows[header + 1 :]:
        cells = tuple(row[place + 2 :])
        if all(is_blank(cell) for cell in cells):
            continue
        number = text_of(row[place + 1]).strip()
        if number.isdecimal():
            found[(text_of(row[place]), int(number))] = cells
        else:
            unplaced += 1
    return MendedSheet(letter, tuple(headings), found, unplaced)


def with_mended(
    raw: RawFile, sheets: Iterable[MendedSheet], allowed: frozenset[tuple[str, int]]
) -> Mended:
    """The file with mended rows in place of its rejected ones, which are ``allowed`` to be mended."""
    problems: list[Problem] = []
    changes: dict[int, dict[int, list[Cell]]] = {}
    slipped = {(sheet, row.row): row for sheet, row in raw.refused}
    places = [{int(row): i for i, row in enumerate(t.rows.tolist())} for t in raw.tables]
    done: set[tuple[str, int]] = set()
    for sheet in sheets:
        problems += _unread_columns(sheet, raw)
        home = _homes(raw, sheet)
        for (name, row), cells in sheet.rows.items():
            here = home.get(name.strip(), ())
            at = next((at for at in here if row in places[at]), next(iter(here), None))
            place = (raw.tables[at].sheet, row) if at is not None else (name, row)
            if at is None or (place not in allowed and place not in slipped):
                problems.append(_not_asked(name, row))
                continue
            new = _new_cells(raw.tables[at], sheet, slipped.get(place), places[at].get(row), cells)
            if new is not None:
                changes.setdefault(at, {})[row] = new
                done.add(place)
        if sheet.unplaced:
            problems.append(_unplaced(sheet.unplaced))
    tables = tuple(
        _changed(table, changes[at]) if at in changes else table
        for at, table in enumerate(raw.tables)
    )
    refused = tuple((s, r) for s, r in raw.refused if (s, r.row) not in done)
    return Mended(replace(raw, tables=tables, refused=refused), frozenset(done), tuple(problems))


def _homes(raw: RawFile, sheet: MendedSheet) -> dict[str, list[int]]:
    """By sheet the tables that mended rows may belong to, those with most of their headings first."""
    keys = {_key(h) for h in sheet.headings if h}

    def fits(at: int) -> tuple[bool, int]:
        table = raw.tables[at]
        mine = not sheet.letter or letter_of_table(table) == sheet.letter
        return mine, len(keys & {_key(h) for h in table.headings})

    found: dict[str, list[int]] = {}
    for at in sorted(range(len(raw.tables)), key=fits, reverse=True):
        found.setdefault(raw.tables[at].sheet.strip(), []).append(at)
    return found


def _key(heading: str) -> str:
    return " ".join(heading.split())


def _places(table: RawTable, sheet: MendedSheet) -> list[int | None]:
    """For each column of a table its place among the mended cells; ``None`` where it is gone."""
    if len(sheet.headings) >= len(table.columns) and all(
        _key(a) == _key(b) for a, b in zip(table.headings, sheet.headings, strict=False)
    ):
        return list(range(len(table.columns)))
    at: dict[str, list[int]] = {}
    for place, heading in enumerate(sheet.headings):
        if heading:
            at.setdefault(_key(heading), []).append(place)
    return [at[_key(h)].pop(0) if at.get(_key(h)) else None for h in table.headings]


def _new_cells(
    table: RawTable,
    sheet: MendedSheet,
    slipped: Refused | None,
    row: int | None,
    cells: Sequence[Cell],
) -> list[Cell] | None:
    """The cells a row has from now on; ``None`` where nothing in it was changed.

    ``row`` is its place in the table, ``None`` where its reader refused it.
    """
    places = _places(table, sheet)
    if slipped is not None:
        was: list[Cell] = [*slipped.cells]
        same = len(was) <= len(cells) and all(_same(a, b) for a, b in zip(was, cells, strict=False))
        beyond = [c for c in cells[len(places) :] if not is_blank(c)]
        if same or beyond:
            return None  # still more cells than headings
        return [_typed(None, cells[p]) if p is not None else None for p in places]
    if row is None:
        return None
    old = [column.cell(row) for column in table.columns]
    new = [
        before if p is None or p >= len(cells) else _typed(before, cells[p])
        for before, p in zip(old, places, strict=True)
    ]
    return None if all(a is b for a, b in zip(old, new, strict=True)) else new


def _typed(before: Cell, after: Cell) -> Cell:
    """The mended cell; the very cell of before where it was left as it was."""
    if _same(before, after):
        return before
    if isinstance(after, str):
        if after.startswith("'") and after[1:].startswith(FORMULA_STARTS):
            return after[1:]
        return after or None
    return after


def _same(before: Cell, after: Cell) -> bool:
    """Whether a cell is still the one that went out, though a spreadsheet may have retyped it."""
    if is_blank(before) or is_blank(after):
        return is_blank(before) and is_blank(after)
    seen = shown(before)
    if type(seen) is type(after) and seen == after:
        return True
    match seen, after:
        case str(), str():
            return _newlines(seen) == _newlines(after)
        case bool(), _:
            return text_of(after).upper() == text_of(seen)
        case ((int() | float()), (int() | float())):
            return math.isclose(seen, after, rel_tol=_DIGITS, abs_tol=0)
        case ((int() | float()), str()):
            plain = after.strip().replace(",", ".")
            return bool(_NUMBER.fullmatch(plain)) and math.isclose(
                float(plain), seen, rel_tol=_DIGITS, abs_tol=0
            )
        case str(), (int() | float()):
            # 007 that a spreadsheet opened as CSV has made a number of.
            return bool(re.fullmatch(r"\d{1,15}", seen)) and float(seen) == after
        case date(), (date() | str()):
            return text_of(seen) == text_of(after)
        case ((time() | timedelta()), _):
            return _clock(seen) is not None and _clock(seen) == _clock(after)
    return False


def _newlines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n").strip()


def _clock(cell: Cell) -> float | None:
    """A time of day or a duration in seconds."""
    match cell:
        case timedelta():
            return cell.total_seconds()
        case time():
            return cell.hour * 3600 + cell.minute * 60 + cell.second + cell.microsecond / 1e6
        case str() if match := re.fullmatch(r"(\d+):(\d\d)(?::(\d\d))?", cell.strip()):
            return int(match[1]) * 3600.0 + int(match[2]) * 60 + int(match[3] or 0)
    return None


def _changed(table: RawTable, new: Mapping[int, Sequence[Cell]]) -> RawTable:
    """A table with other cells in some rows, and with rows it did not have where they belong."""
    places = {int(row): i for i, row in enumerate(table.rows.tolist()) if int(row) in new}
    added = sorted(row for row in new if row not in places)
    rows = np.append(table.rows, np.array(added, np.int32))
    order = np.argsort(rows, kind="stable") if added else None
    columns = []
    for c, column in enumerate(table.columns):
        cells = {i: new[row][c] for row, i in places.items() if new[row][c] is not column.cell(i)}
        more = [new[row][c] for row in added]
        columns.append(_column_with(column, cells, more, order))
    return replace(
        table, columns=tuple(columns), rows=rows if order is None else rows[order].astype(np.int32)
    )


def _column_with(
    column: RawColumn,
    cells: Mapping[int, Cell],
    more: Sequence[Cell],
    order: npt.NDArray[np.int64] | None,
) -> RawColumn:
    if not cells and not more:
        return column
    every = list(column.to_list())
    for place, cell in cells.items():
        every[place] = cell
    every += more
    if order is not None:
        every = [every[i] for i in order.tolist()]
    values = as_values(every)
    if isinstance(values, list):
        return replace(column, values=None, cells=values)
    whole = column.values is not None and values.type != column.values.type
    if whole and values.null_count == len(values):
        values = pa.nulls(len(values), column.values.type if column.values is not None else None)
    return replace(column, values=values, cells=None)


# --- what is said of it -----------------------------------------------------------------------


def _unread_columns(sheet: MendedSheet, raw: RawFile) -> list[Problem]:
    known = {_key(h) for table in raw.tables for h in table.headings}
    strange = [h for h in sheet.headings if h and _key(h) not in known]
    return [
        Problem(
            "",
            None,
            heading,
            "",
            said("this column is not in the file that is mended and is not read"),
            "",
            Severity.WARNING,
        )
        for heading in strange
    ]


def _not_asked(sheet: str, row: int) -> Problem:
    return Problem(
        sheet,
        row,
        None,
        said("a row that was rejected"),
        said("this row was not rejected, or is not in the file; it stays as it was"),
        said("To change a row that is in force, export the file again or mend it and upload it."),
        Severity.WARNING,
    )


def _unplaced(count: int) -> Problem:
    return Problem(
        "",
        None,
        HELPERS[2],
        said("the number of the row that is mended"),
        said("{rows} rows without a number were left out", rows=count),
        said("Rows cannot be added here: put new rows into a file of their own."),
        Severity.WARNING,
    )
