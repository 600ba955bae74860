"""Totals, averages and running sums beside the columns across: checked against them, then left out."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from kpi.ingest.across import Across, Head
from kpi.ingest.conventions import Desk, place_of, place_of_column
from kpi.ingest.dates import Floats
from kpi.ingest.durations import MINUTES_PER
from kpi.ingest.grids import Grid
from kpi.ingest.headings import DURATIONS
from kpi.ingest.heads import (
    AGGREGATES,
    MEAN,
    RATE,
    RUNNING,
    Role,
)
from kpi.ingest.numbers import Mask, read_number_texts
from kpi.ingest.raw import RawTotal
from kpi.model import ControlTotal, Severity
from kpi.texts import said

_LISTED: Final = 20
"""Differences of one column named one by one."""
_MOST: Final = 0.8
"""Share of differing rows from which a column is taken for another sum than that of the table."""


@dataclass(frozen=True)
class RowKinds:
    """What the figures of each row are: a metric's role per row, or one role for all of them."""

    roles: tuple[Role | None, ...]

    @property
    def summed(self) -> Mask:
        """Rows whose figures add up: no rates, no averages."""
        return np.array([r is None or r.kind != RATE for r in self.roles], bool)

    @property
    def own(self) -> Mask:
        """Rows of figures that are no quantity known here."""
        return np.array([r is None or r.field is None for r in self.roles], bool)

    def rows_of(self, field: str) -> Mask:
        """Rows that hold a measure."""
        return np.array([r is not None and r.field == field for r in self.roles], bool)


def aggregate_heads(across: Across) -> list[Head]:
    """Columns that sum up others: totals, averages, quarters beside months."""
    grain = across.axis.grain if across.axis is not None else None
    return [
        h
        for h in across.heads.values()
        if h.role.kind in AGGREGATES or (h.period is not None and h.period.grain != grain)
    ]


def check_aggregates(
    grid: Grid,
    across: Across,
    wide: Sequence[Head],
    days: dict[int, np.datetime64],
    kinds: RowKinds,
    desk: Desk,
) -> list[ControlTotal]:
    """Every total column against the columns it sums up; a difference is named with its row."""
    proven: list[ControlTotal] = []
    for head in aggregate_heads(across):
        column = grid.columns[head.index]
        if column.empty:
            continue
        parts = [h.index for h in wide if _belongs(h, head, days)]
        if len(parts) < 2:
            _not_read(grid, head, desk)
            continue
        proven += _checked(grid, head, parts, kinds, desk)
    return proven


def _belongs(part: Head, whole: Head, days: dict[int, np.datetime64]) -> bool:
    """The part is one of those that a total sums up: its measure, and its period if it has one."""
    if part.role.kind == RATE and whole.role.field is not None:
        return False
    if whole.role.field is not None and part.role.field not in (None, whole.role.field):
        return False
    if whole.role.field is None and whole.unit is not None and part.unit not in (None, whole.unit):
        return False
    if whole.member is not None and part.member != whole.member:
        return False
    period = whole.period
    if period is None:
        return True
    if part.period == period:
        return True
    day = days.get(part.index)
    if day is None or period.grain not in ("quarter", "year"):
        return False
    month = int(str(day)[5:7])
    same_year = period.year is None or int(str(day)[:4]) == period.year
    return same_year and (period.grain == "year" or (month + 2) // 3 == period.number)


def _checked(
    grid: Grid, head: Head, parts: Sequence[int], kinds: RowKinds, desk: Desk
) -> list[ControlTotal]:
    column = grid.columns[head.index]
    says = column.as_numbers().values
    cells = np.stack([grid.columns[i].as_numbers().values for i in parts])
    there = ~np.isnan(cells).all(axis=0) & ~np.isnan(says) & kinds.summed
    sums = np.nansum(cells, axis=0)
    if head.role.kind == MEAN:
        filled = np.maximum((~np.isnan(cells)).sum(axis=0), 1)
        agree = _close(says, sums / filled) | _close(says, sums / len(parts))
    else:
        agree = _close(says, sums) | (kinds.own & _of_own(says, cells, sums))
    off = np.flatnonzero(there & ~agree)
    if len(off) and head.role.kind != MEAN and len(off) >= _MOST * max(int(there.sum()), 1) > 2:
        _another(grid, head, desk, says, sums, off)
        return []
    for row in off[:_LISTED].tolist():
        _differs(grid, head, row, float(says[row]), _expected(head, cells, sums, row), desk)
    if len(off) > _LISTED:
        desk.note(
            grid.sheet,
            said("{n} more rows whose total differs from the sum of its columns",
                 n=len(off) - _LISTED),
            column.heading,
            severity=Severity.WARNING,
        )  # fmt: skip
    if head.role.kind == MEAN or not there.any():
        return []
    return _totals(grid, head, says, sums, there, kinds)


def _of_own(says: Floats, cells: Floats, sums: Floats) -> Mask:
    """A figure of the plant's own (days, scores) is summed up as its mean or its latest value, too."""
    filled = ~np.isnan(cells)
    last = cells[cells.shape[0] - 1 - np.argmax(filled[::-1], axis=0), np.arange(cells.shape[1])]
    return _close(says, sums / np.maximum(filled.sum(axis=0), 1)) | _close(says, last)


def _expected(head: Head, cells: Floats, sums: Floats, row: int) -> float:
    if head.role.kind != MEAN:
        return float(sums[row])
    return float(sums[row] / max(int((~np.isnan(cells[:, row])).sum()), 1))


def _totals(
    grid: Grid, head: Head, says: Floats, sums: Floats, there: Mask, kinds: RowKinds
) -> list[ControlTotal]:
    where = place_of_column(grid.sheet, grid.columns[head.index].letter)
    fields = {r.field for r in kinds.roles if r is not None and r.field is not None}
    if head.role.field is not None:
        fields = {head.role.field}
    out = []
    for field in sorted(fields):
        rows = there & (kinds.rows_of(field) if head.role.field is None else True)
        if rows.any():
            scale = _minutes_in(field, kinds, head.unit)
            stated, made = float(says[rows].sum()) * scale, float(sums[rows].sum()) * scale
            out.append(ControlTotal(field, stated, made, where))
    return out


def _minutes_in(field: str, kinds: RowKinds, unit: str | None = None) -> float:
    """What a duration of the file is multiplied by to be minutes, as the facts are."""
    if field not in DURATIONS:
        return 1.0
    units = {r.unit for r in kinds.roles if r is not None and r.field == field and r.unit}
    known = unit or (units.pop() if len(units) == 1 else None)
    return MINUTES_PER.get(known or "min", 1.0)


def _close(says: Floats, sums: Floats) -> Mask:
    """Equal within what the printed digits of the total leave open."""
    near = np.isclose(says, sums, rtol=1e-9, atol=1e-6)
    for digits in range(3):
        rounded = np.abs(says - np.round(says, digits)) < 1e-9
        near |= rounded & (np.abs(says - sums) <= 0.5 * 10.0**-digits + 1e-9) & (digits > 0)
    return np.asarray(near)


def _differs(grid: Grid, head: Head, row: int, says: float, sums: float, desk: Desk) -> None:
    heading = grid.columns[head.index].heading
    desk.note(
        grid.sheets[row].as_py(),
        said(
            "{heading} is {says}, the columns it sums up make {sums}",
            heading=repr(heading),
            says=says,
            sums=sums,
        ),
        heading,
        severity=Severity.WARNING,
        row=int(grid.rows[row]),
        expected=said("the total of its columns"),
        advice=said("The single columns are read, the total is not."),
    )


def _another(
    grid: Grid, head: Head, desk: Desk, says: Floats, sums: Floats, off: npt.NDArray[np.intp]
) -> None:
    """A sum of something else: a running sum over more months than the table shows, say."""
    heading = grid.columns[head.index].heading
    row = int(off[0])
    text = said(
        "{heading} is not the sum of the columns of this table (row {row}: {says} against {sums}): "
        "it is not read",
        heading=repr(heading),
        row=str(int(grid.rows[row])),
        says=float(says[row]),
        sums=float(sums[row]),
    )
    severity = Severity.NOTE if head.role.kind == RUNNING else Severity.WARNING
    expected = said("the total of its columns")
    desk.note(grid.sheet, text, heading, severity=severity, expected=expected)


def _not_read(grid: Grid, head: Head, desk: Desk) -> None:
    heading = grid.columns[head.index].heading
    desk.note(
        grid.sheet,
        said("{heading} sums up figures that are not in this table: it is not read",
             heading=repr(heading)),
        heading,
    )  # fmt: skip


def check_total_rows(
    grid: Grid, wide: Sequence[Head], metric: int | None, kinds: RowKinds, desk: Desk
) -> list[ControlTotal]:
    """The total rows below columns across, against the rows above them, measure by measure."""
    proven: list[ControlTotal] = []
    for sheet, total in grid.totals:
        rows = np.asarray(grid.sheets.to_numpy(zero_copy_only=False) == sheet) & kinds.summed
        rows &= grid.rows < total.row
        if metric is not None:
            named = total.values.get(grid.columns[metric].heading)
            same = [t == named for t in grid.columns[metric].as_text().to_pylist()]
            if not any(same):
                continue
            rows &= np.array(same, bool)
        if not rows.any():
            continue
        rows = _rows_summed(grid, total, rows, wide)
        stated, summed = 0.0, 0.0
        for head in wide:
            column = grid.columns[head.index]
            says = figure_of(total.values.get(column.heading))
            if says is None or head.role.kind == RATE:
                continue
            sums = float(np.nansum(column.as_numbers().values[rows]))
            stated, summed = stated + says, summed + sums
            if not _close(np.array([says]), np.array([sums]))[0]:
                desk.note(
                    sheet,
                    said(
                        "the total of {heading} is {says}, the rows above make {sums}",
                        heading=repr(column.heading),
                        says=says,
                        sums=sums,
                    ),
                    column.heading,
                    severity=Severity.WARNING,
                    row=total.row,
                    expected=said("the rows to add up to the file's own total"),
                    advice=said("Look for a missing or doubled row; the rows are in."),
                )
        fields = {h.role.field for h in wide} | {
            r.field for r, k in zip(kinds.roles, rows, strict=True) if k and r is not None
        }
        fields.discard(None)
        if len(fields) == 1 and stated:
            field = fields.pop()
            assert field is not None
            where = place_of(sheet, total.row)
            scale = _minutes_in(field, kinds)
            proven.append(ControlTotal(field, stated * scale, summed * scale, where))
    return proven


def _rows_summed(grid: Grid, total: RawTotal, rows: Mask, wide: Sequence[Head]) -> Mask:
    """The rows a total is of: all above it, or of a subtotal those since the total before."""
    before = max((t.row for _, t in grid.totals if t.row < total.row), default=0)
    since = rows & (grid.rows > before)
    if not since.any() or (since == rows).all():
        return rows
    for head in wide:
        column = grid.columns[head.index]
        says = figure_of(total.values.get(column.heading))
        if says is None or head.role.kind == RATE:
            continue
        sums = float(np.nansum(column.as_numbers().values[since]))
        if not _close(np.array([says]), np.array([sums]))[0]:
            return rows
    return since


def figure_of(cell: object) -> float | None:
    """The number in a cell of a total row, ``None`` where it holds none."""
    if cell is None or isinstance(cell, bool):
        return None
    if isinstance(cell, int | float):
        return float(cell)
    if isinstance(cell, str):
        read = read_number_texts(pa.array([cell]))
        return float(read.values[0]) if read.readable[0] else None
    return None
