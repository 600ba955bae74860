"""Raw tables: what the readers hand over, before any heading or value has a meaning.

The border between the lower half of ingest (bytes to tables) and the upper half (headings to
fields, cells to values). Nothing here interprets: a number stored as text is still text.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

import numpy as np
import numpy.typing as npt
import pyarrow as pa

Cell = str | float | int | datetime | date | time | timedelta | bool | None
"""What one cell can hold: as the file types it, ``None`` where it is blank."""


@dataclass(frozen=True)
class RawColumn:
    """One column of a table, in the types its file gives.

    Exactly one of ``values`` and ``cells`` is set: ``values`` where all cells are of one type
    (string as printed, itself or as a dictionary of distinct ones, double, timestamp[us], date32 or
    bool; blank is null), ``cells`` where types are mixed. ``heading`` is the heading as printed,
    several header rows joined by a blank, ``''`` where there is none; ``letter`` is the column as
    the spreadsheet shows it. ``layers`` holds the header rows apart, top first, a group's heading
    under each of its columns; empty where the header is one row.
    """

    heading: str
    letter: str
    values: pa.Array | pa.ChunkedArray | None = None
    cells: list[Cell] | None = None
    layers: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        assert (self.values is None) != (self.cells is None), "exactly one of values and cells"

    def __len__(self) -> int:
        return len(self.values) if self.values is not None else len(self.cells or ())

    def cell(self, position: int) -> Cell:
        """One cell as a Python value, whichever way they are kept."""
        if self.cells is not None:
            return self.cells[position]
        assert self.values is not None
        value: Cell = self.values[position].as_py()
        return value

    def to_list(self) -> list[Cell]:
        """The cells as Python values, in order, whichever way they are kept."""
        if self.cells is not None:
            return self.cells
        assert self.values is not None
        listed: list[Cell] = self.values.to_pylist()
        return listed


@dataclass(frozen=True)
class RawTotal:
    """A total or subtotal row taken out of a table.

    ``row`` as the spreadsheet numbers it, ``label`` the words that mark it as a total, ``values``
    its other cells that are not blank, by heading.
    """

    row: int
    label: str
    values: Mapping[str, Cell] = field(default_factory=dict)


@dataclass(frozen=True)
class RawTable:
    """One table of one sheet, with the place of each of its rows.

    ``header_rows`` and ``rows`` are numbered as the spreadsheet shows them, from 1 (in a text file
    the number of the record, as a spreadsheet that opens the file would show it). ``titles`` are
    the non-empty cells above the header, in order, as text. Cells that hold date or time serials
    of a workbook are typed already; where a column kept bare numbers, ``epoch1904`` says from
    which day they count. ``headerless`` marks a table whose first row is already data: its
    headings are all ``''``. ``notes`` tell what was tidied; ``doubts`` what a person must know,
    because a value may be missing (formulas without a result).
    """

    sheet: str
    header_rows: tuple[int, ...]
    columns: tuple[RawColumn, ...]
    rows: npt.NDArray[np.int32]
    totals: tuple[RawTotal, ...] = ()
    titles: tuple[str, ...] = ()
    epoch1904: bool = False
    notes: tuple[str, ...] = ()
    headerless: bool = False
    doubts: tuple[str, ...] = ()

    @property
    def headings(self) -> tuple[str, ...]:
        """The headings of the columns, in order."""
        return tuple(column.heading for column in self.columns)
