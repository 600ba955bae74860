"""A sheet as its reader found it: a rectangle of cells with their places."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from kpi.ingest.raw import Cell
from kpi.texts import said

Rows = npt.NDArray[np.int32]
Values: TypeAlias = pa.Array | pa.ChunkedArray | list[Cell]
"""One column: an Arrow array where all cells are of one type, else the cells themselves."""


@dataclass(frozen=True, slots=True)
class Merge:
    """A merged range, in positions of the grid (from 0, ends included)."""

    top: int
    left: int
    bottom: int
    right: int


@dataclass(frozen=True, slots=True)
class Refused:
    """A row that the reader itself could not trust: its cells do not line up with the headings."""

    row: int
    reason: str
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Body:
    """The rows below the header as columns; a column is an Arrow array or a list of cells.

    ``together`` lists, by column, the rows whose pieces were put together; ``short`` the rows that
    had fewer cells than headings.
    """

    columns: tuple[Values, ...]
    rows: Rows
    refused: tuple[Refused, ...] = ()
    together: Mapping[int, Sequence[int]] = field(default_factory=dict)
    short: tuple[int, ...] = ()


@dataclass(frozen=True)
class Grid:
    """All cells of a sheet, or its first rows with a way to read the others as columns.

    ``rows`` are lists of equal length, blank is ``None``; ``numbers`` are their spreadsheet
    numbers; of a text file, ``counts`` says how many cells each row had before it was filled up,
    ``separator`` what parts them, and ``quoted(i)`` which cells of a row stood in quotation marks;
    ``first_column`` is the spreadsheet column (from 0) of each row's first cell. Where
    ``rest`` is set, ``rows`` is only the beginning, and ``rest(n)`` reads all rows after the
    first ``n`` as columns; it raises ``AwkwardError`` where that would lose something, and then
    ``whole()`` reads every cell.
    """

    sheet: str
    rows: Sequence[Sequence[Cell]]
    numbers: Sequence[int]
    first_column: int = 0
    merges: tuple[Merge, ...] | None = None
    is_text: bool = False
    epoch1904: bool = False
    notes: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()
    refused: tuple[Refused, ...] = ()
    counts: Sequence[int] | None = None
    separator: str = ""
    quoted: Callable[[int], Sequence[bool]] | None = None
    rest: Callable[[int], Body] | None = None
    whole: Callable[[], "Grid"] | None = None

    @property
    def width(self) -> int:
        """Cells per row."""
        return len(self.rows[0]) if self.rows else 0


EMPTY: Final = said("empty")
HIDDEN: Final = said("hidden")
VERY_HIDDEN: Final = said("hidden by a program, so that Excel's menu does not show it")
NO_CELLS: Final = said("a chart or macro sheet, no cells")
PIVOT: Final = said("a pivot table, which sums up rows that stand elsewhere")


@dataclass(frozen=True, slots=True)
class SheetRead:
    """One sheet of a file: its grid, and why it does not count unless the user wants it to.

    ``grid`` is ``None`` where nothing was read. ``hidden`` says that the file hides it.
    """

    name: str
    grid: Grid | None
    why: str = ""
    hidden: bool = False


class AwkwardError(Exception):
    """A fast way of reading would lose or misplace something; take the careful one."""


def letter_of(column: int) -> str:
    """The spreadsheet's letters of a column counted from 0.

    >>> letter_of(0), letter_of(26), letter_of(16383)
    ('A', 'AA', 'XFD')
    """
    letters = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def as_values(cells: list[Cell]) -> Values:
    """The cells as an Arrow array where they are of one type, else the list itself."""
    kinds = {type(cell) for cell in cells} - {type(None)}
    if not kinds or kinds == {str}:
        return pa.array(cells, pa.string())
    if kinds == {bool}:
        return pa.array(cells, pa.bool_())
    if kinds <= {float, int}:
        return pa.array(cells, pa.float64())
    if kinds == {date}:
        return pa.array(cells, pa.date32())
    if kinds <= {date, datetime}:
        moments = [_moment(c) for c in cells if isinstance(c, date) or c is None]
        if any(m is not None and m.tzinfo is not None for m in moments):
            return cells
        return pa.array(moments, pa.timestamp("us"))
    return cells


def _moment(cell: date | None) -> datetime | None:
    if cell is None or isinstance(cell, datetime):
        return cell
    return datetime.combine(cell, time())


def text_of(cell: Cell) -> str:
    """A cell as a person would read it; dates as ISO text, whole numbers without a fraction."""
    match cell:
        case None:
            return ""
        case bool():
            return "TRUE" if cell else "FALSE"
        case float() if cell.is_integer() and abs(cell) < 1e15:
            return str(int(cell))
        case datetime() if cell.time() == time():
            return cell.date().isoformat()
        case datetime():
            return cell.isoformat(sep=" ")
        case date() | time():
            return cell.isoformat()
        case timedelta():
            return str(cell)
    return str(cell)
