"""The rejected rows of a file with their raw cells, as they go out to be mended."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from kpi.ingest.conventions import Rejections
from kpi.ingest.grid import Refused
from kpi.ingest.raw import Cell, RawTable
from kpi.ingest.rejected import RejectedRow, RejectedTable
from kpi.ingest.sheets import RawFile

_SAMPLE: Final = 1_000
"""Cells of a column that tell what it mostly holds."""

_NEAR: Final = 1_000
"""Rows before and after a rejected one among which those read together with it are looked for."""


def rejected_tables(
    raw: RawFile, found: Iterable[Rejections], read: Mapping[str, frozenset[int]]
) -> tuple[RejectedTable, ...]:
    """All rejected rows of a file with their raw cells, tables of the same headings together.

    ``read`` has the rows by sheet that facts came from. Rows that are in neither were read together
    with others (a quantity on each row); those of a rejected row come with it.
    """
    why: dict[tuple[str, int], dict[str, str]] = {}
    for some in found:
        places = zip(some.sheets, some.rows, some.reasons, some.headings, strict=True)
        for sheet, row, reason, heading in places:
            why.setdefault((sheet, row), {}).setdefault(reason, heading)
    groups: dict[tuple[str, tuple[str, ...]], list[RejectedRow]] = {}
    for table in raw.tables:
        rows = groups.setdefault((letter_of_table(table), table.headings), [])
        rows += _rejected_here(table, why, read.get(table.sheet, frozenset()))
        if table is next(t for t in raw.tables if t.sheet == table.sheet):
            rows += [_slipped(s, r, table) for s, r in raw.refused if s == table.sheet]
    return tuple(
        RejectedTable(letter, headings, tuple(sorted(rows, key=_first_sheets_first(raw))))
        for (letter, headings), rows in groups.items()
        if rows
    )


def letter_of_table(table: RawTable) -> str:
    """The spreadsheet's letter of a table's first column."""
    return table.columns[0].letter if table.columns else "A"


def _first_sheets_first(raw: RawFile) -> Callable[[RejectedRow], tuple[int, int]]:
    order = {sheet: n for n, sheet in enumerate(dict.fromkeys(t.sheet for t in raw.tables))}
    return lambda row: (order.get(row.sheet, 0), row.row)


def _rejected_here(
    table: RawTable,
    why: Mapping[tuple[str, int], Mapping[str, str]],
    read: frozenset[int],
) -> list[RejectedRow]:
    wanted = {row for sheet, row in why if sheet == table.sheet}
    places = np.flatnonzero(np.isin(table.rows, np.array(sorted(wanted), np.int32))).tolist()
    spare = np.flatnonzero(~np.isin(table.rows, np.array(sorted(wanted | read), np.int32)))
    found = {}
    for place in places:
        reasons = why[(table.sheet, int(table.rows[place]))]
        found[place] = _row_at(table, place, reasons)
        for other in _read_together(table, place, spare):
            found.setdefault(other, _row_at(table, other, reasons))
    return list(found.values())


def _row_at(table: RawTable, place: int, reasons: Mapping[str, str]) -> RejectedRow:
    cells = tuple(column.cell(place) for column in table.columns)
    heading = next((h for h in reasons.values() if h in table.headings), None)
    at = table.headings.index(heading) if heading else _odd_one(table, cells)
    return RejectedRow(table.sheet, int(table.rows[place]), "; ".join(reasons), at, cells)


def _odd_one(table: RawTable, cells: Sequence[Cell]) -> int | None:
    """The place of a text among numbers or dates, where no heading names the cell at fault."""
    for place, (column, cell) in enumerate(zip(table.columns, cells, strict=True)):
        if isinstance(cell, str) and column.cells is not None:
            others = [c for c in column.cells[:_SAMPLE] if not is_blank(c)]
            if sum(isinstance(c, str) for c in others) * 2 < len(others):
                return place
    return None


def _read_together(table: RawTable, place: int, spare: npt.NDArray[np.int64]) -> list[int]:
    """Rows that have the texts of this one but for one: the other quantities of the same thing."""
    texts = [c for c in table.columns if isinstance(c.cell(place), str)]
    if not texts or not len(spare):
        return []
    near = int(np.searchsorted(spare, place))
    spare = spare[max(0, near - _NEAR) : near + _NEAR]
    own = [column.cell(place) for column in texts]
    return [
        other
        for other in spare.tolist()
        if sum(c.cell(other) != mine for c, mine in zip(texts, own, strict=True)) == 1
    ]


def _slipped(sheet: str, row: Refused, table: RawTable) -> RejectedRow:
    cells = tuple(cell or None for cell in row.cells)
    return RejectedRow(sheet, row.row, str(row.reason), len(table.columns), cells)


def is_blank(cell: Cell) -> bool:
    """Whether nothing stands in a cell."""
    return cell is None or (isinstance(cell, str) and not cell.strip())
