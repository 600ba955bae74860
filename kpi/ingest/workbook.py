"""Workbooks (xlsx, xlsb, xls, ods) as grids of typed cells.

Hidden sheets and sheets without cells are named and left out. Error cells (#N/A) are kept as
text, for a blank would hide them. Everything here may abort the process on a hostile file, so it
runs in the child process only.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from kpi.errors import RefusedFileError
from kpi.ingest.container import PASSWORD, Container
from kpi.ingest.flaws import UNTOLD, Book, book_of, is_panic
from kpi.ingest.grid import (
    EMPTY,
    HIDDEN,
    NO_CELLS,
    PIVOT,
    VERY_HIDDEN,
    AwkwardError,
    Body,
    Grid,
    Merge,
    SheetRead,
    Values,
    letter_of,
)
from kpi.ingest.limits import DEFAULT_LIMITS, Limits
from kpi.ingest.package import SheetFacts, first_rows
from kpi.ingest.raw import Cell
from kpi.texts import said, said_n

if TYPE_CHECKING:
    from python_calamine import CalamineSheet

LARGE_SHEET_BYTES: Final = 4 << 20
"""A sheet whose XML is larger is read column by column, its first rows being read beforehand."""

SUSPICIOUS_CLAIM: Final = 2_000_000
"""Cells; a sheet that claims more than its XML has bytes holds cells far apart."""

Wanted = Callable[[str], bool]


def _none_wanted(_sheet: str) -> bool:
    """Read no sheet that does not count."""
    return False


def read_workbook(
    path: Path,
    container: Container,
    limits: Limits = DEFAULT_LIMITS,
    *,
    trusted: bool = False,
    wanted: Wanted = _none_wanted,
) -> Iterator[SheetRead]:
    """The sheets of a workbook, in order. Raises ``RefusedFileError``.

    ``trusted`` is a workbook that was repaired already: what it claims is not held against it.
    Sheets that do not count are read only where they are ``wanted``, by their name.
    """
    import python_calamine as calamine

    try:
        book = calamine.CalamineWorkbook.from_path(path)
    except calamine.PasswordError as error:
        raise RefusedFileError(PASSWORD) from error
    except BaseException as error:
        if not isinstance(error, Exception) and not is_panic(error):
            raise
        raise _damaged(error) from error
    if len(book.sheets_metadata) > limits.sheets:
        raise RefusedFileError(
            said(
                "The workbook has {n} sheets; at most {most} are read. "
                "Save the sheets that matter in a workbook of their own.",
                n=len(book.sheets_metadata),
                most=limits.sheets,
            )
        )
    known = book_of(path, container)
    if container is Container.XLSB and known.biff is None:
        raise _damaged(ValueError("its parts do not fit together"))
    if not trusted:
        _check_claims(known.sheets)
    for index, meta in enumerate(book.sheets_metadata):
        why = _left_out(meta, known.pivot(meta.name, index))
        hidden = why in (HIDDEN, VERY_HIDDEN)
        if why == NO_CELLS or (why and not wanted(meta.name)):
            yield SheetRead(meta.name, None, why, hidden)
            continue
        grid = _grid(known, book, index, limits)
        if grid is None:
            yield SheetRead(meta.name, None, EMPTY, hidden)
        else:
            yield SheetRead(meta.name, replace(grid, epoch1904=known.epoch1904), why, hidden)


class DamagedWorkbookError(RefusedFileError):
    """The reader cannot take the workbook as it is; a repaired copy it may take."""


def _damaged(error: BaseException) -> RefusedFileError:
    text = re.sub(r"[^\x20-\x7e]", "?", str(error))[:160]
    return DamagedWorkbookError(
        said(
            "The workbook is damaged and cannot be read ({error}). Open it in Excel and save it again.",
            error=text,
        )
    )


def _check_claims(facts: dict[str, SheetFacts]) -> None:
    """A sheet that claims far more cells than its XML can hold is repaired before it is read."""
    for fact in facts.values():
        rows, columns = fact.claimed
        if rows * columns > SUSPICIOUS_CLAIM and fact.size < rows * columns:
            raise DamagedWorkbookError(
                "A sheet claims far more cells than it holds. Save it again."
            )


def _left_out(meta: Any, pivot: bool) -> str:
    """Why a sheet does not count: it has no cells, is hidden, or sums up others."""
    kind = str(meta.typ).rsplit(".", 1)[-1]
    visible = str(meta.visible).rsplit(".", 1)[-1]
    if kind != "WorkSheet":
        return NO_CELLS
    if visible != "Visible":
        return VERY_HIDDEN if visible == "VeryHidden" else HIDDEN
    return PIVOT if pivot else ""


def _grid(known: Book, book: Any, index: int, limits: Limits) -> Grid | None:
    name = book.sheet_names[index]
    _check_extent(name, *known.extent(index), limits)
    notes, doubts = known.notes(name, index), known.doubts(name, index)

    def whole() -> Grid:
        try:
            grid = _typed_grid(known, book.get_sheet_by_index(index), index, limits)
        except RefusedFileError:
            raise
        except BaseException as error:
            if not isinstance(error, Exception) and not is_panic(error):
                raise
            raise _damaged(error) from error
        return replace(grid, notes=notes, doubts=(*doubts, *grid.doubts))

    fact = known.facts(name)
    if fact is not None and fact.size > LARGE_SHEET_BYTES and not fact.merged:
        preview = first_rows(known.path, fact)
        if preview is not None:
            grid = _large_grid(known.path, preview, index, name, whole)
            return replace(grid, notes=notes, doubts=(*doubts, *grid.doubts))
    grid = whole()
    return grid if grid.rows else None


def _typed_grid(known: Book, sheet: "CalamineSheet", index: int, limits: Limits) -> Grid:
    """All cells of a sheet as Python values; errors as text, cells hidden under others left out."""
    if sheet.start is None or sheet.end is None:
        return Grid(sheet.name, (), ())
    (top, left), (bottom, right) = sheet.start, sheet.end
    _check_extent(sheet.name, bottom - top + 1, right - left + 1, limits)
    rows: list[list[Cell]] = [
        [None if cell == "" or (isinstance(cell, str) and cell.isspace()) else cell for cell in row]
        for row in sheet.to_python(skip_empty_area=True)
    ]
    flaws, all_known = known.errors(sheet.name, index, (top, left))
    for row, column, text in flaws:
        if row < len(rows) and column < len(rows[row]):
            rows[row][column] = text
    merges = _merges(sheet, known.merges(index), top, left)
    doubts = (*(() if all_known else (UNTOLD,)), *_uncovered(rows, merges, top, left))
    numbers = range(top + 1, top + 1 + len(rows))
    return Grid(sheet.name, rows, numbers, first_column=left, merges=merges, doubts=doubts)


def _uncovered(
    rows: list[list[Cell]], merges: Sequence[Merge] | None, top: int, left: int
) -> tuple[str, ...]:
    """Blank the cells that a merged cell lies over: nobody who looks at the sheet sees them."""
    found: list[str] = []
    for merge in merges or ():
        if not (0 <= merge.top < len(rows) and 0 <= merge.left < len(rows[merge.top])):
            continue
        shown = rows[merge.top][merge.left]
        for row in range(merge.top, min(merge.bottom + 1, len(rows))):
            cells = rows[row]
            for column in range(merge.left, min(merge.right + 1, len(cells))):
                if (row, column) == (merge.top, merge.left) or cells[column] is None:
                    continue
                if cells[column] != shown:
                    found.append(f"{letter_of(left + column)}{top + row + 1}")
                cells[column] = None
    if not found:
        return ()
    return (
        said_n(
            "{n} cell is hidden under a merged cell and not read: {cells}.",
            "{n} cells are hidden under merged cells and not read: {cells}.",
            n=len(found),
            cells=", ".join(found[:5]),
        ),
    )


def _check_extent(name: str, rows: int, columns: int, limits: Limits) -> None:
    if columns > limits.columns or rows * columns > limits.cells:
        raise RefusedFileError(
            said(
                "Sheet {sheet} spans {rows} rows and {columns} columns, more than is read. Delete "
                "stray cells far from the table, or export fewer columns, and save it again.",
                sheet=repr(name),
                rows=rows,
                columns=columns,
            )
        )


def _merges(
    sheet: "CalamineSheet", told: Sequence[tuple[int, int, int, int]], top: int, left: int
) -> tuple[Merge, ...] | None:
    ranges = sheet.merged_cell_ranges
    if ranges is not None:
        told = [(a, b, c, d) for (a, b), (c, d) in ranges]
    elif not told:
        return None
    return tuple(Merge(a - top, b - left, c - top, d - left) for a, b, c, d in told[:20_000])


def _large_grid(
    path: Path,
    preview: Path,
    index: int,
    name: str,
    whole: Callable[[], Grid],
) -> Grid:
    """The first rows typed, and a way to read the others as columns."""
    import python_calamine as calamine

    try:
        sheet = calamine.CalamineWorkbook.from_path(preview).get_sheet_by_index(index)
    except Exception:
        return whole()
    finally:
        preview.unlink(missing_ok=True)
    if sheet.start is None:
        return whole()
    top, left = sheet.start
    rows: list[list[Cell]] = [
        [None if cell == "" else cell for cell in row]
        for row in sheet.to_python(skip_empty_area=True)
    ]

    def rest(skip: int) -> Body:
        return _columns(path, index, skip, top, rows)

    return Grid(
        name,
        rows,
        range(top + 1, top + 1 + len(rows)),
        first_column=left,
        rest=rest,
        whole=whole,
    )


def _columns(path: Path, index: int, skip: int, top: int, rows: list[list[Cell]]) -> Body:
    """All rows after the first ``skip`` as columns, each of one type, nothing blanked."""
    import fastexcel

    try:
        sheet = fastexcel.read_excel(str(path)).load_sheet(
            index, header_row=None, skip_rows=skip, schema_sample_rows=None, dtype_coercion="strict"
        )
        if sheet.width != len(rows[0]):
            raise AwkwardError
        batch, errors = sheet.to_arrow_with_errors()
    except fastexcel.FastExcelError as error:
        raise AwkwardError from error
    if errors is not None and errors.errors:
        raise AwkwardError
    columns = tuple(_values(column) for column in batch.columns)
    _check_against(columns, rows[skip:])
    numbers = np.arange(top + 1 + skip, top + 1 + skip + batch.num_rows, dtype=np.int32)
    return Body(columns, numbers)


def _check_against(columns: tuple[Values, ...], expected: list[list[Cell]]) -> None:
    """The fast and the typed reading of the first rows must agree in which cells are filled."""
    for position, row in enumerate(expected[:50]):
        for values, cell in zip(columns, row, strict=True):
            if isinstance(values, list):
                blank = values[position] is None
            else:
                blank = not values[position].is_valid
            if blank != (cell is None):
                raise AwkwardError


_TIME_DAYS: Final = (datetime(1899, 12, 30), datetime(1900, 1, 1))


def _values(column: pa.Array) -> Values:
    """One of the types a raw column may have; times of day and durations as Python cells."""
    if pa.types.is_timestamp(column.type):
        return _moments(column.cast(pa.timestamp("us")))
    if pa.types.is_duration(column.type):
        listed: list[timedelta | None] = column.cast(pa.duration("us")).to_pylist()
        return list(listed)
    if pa.types.is_integer(column.type):
        return column.cast(pa.float64())
    if pa.types.is_string(column.type) or pa.types.is_floating(column.type):
        return column
    if pa.types.is_boolean(column.type) or pa.types.is_date32(column.type):
        return column
    if pa.types.is_null(column.type):
        return column.cast(pa.string())
    raise AwkwardError


def _moments(column: pa.Array) -> Values:
    """Dates where no cell has a time; times of day, which the reader puts on the zeroth day."""
    bounds = pc.min_max(column)
    first, last = bounds["min"].as_py(), bounds["max"].as_py()
    if first is None:
        return column
    if first < _TIME_DAYS[1]:
        if last >= _TIME_DAYS[1]:
            raise AwkwardError
        return [m.time() if m is not None else None for m in column.to_pylist()]
    days = column.cast(pa.date32(), safe=False)
    return days if days.cast(pa.timestamp("us")).equals(column) else column
