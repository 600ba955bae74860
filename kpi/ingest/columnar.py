"""A large table, column by column: cleaned with vectors instead of a loop over its rows."""

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from kpi.ingest.grid import AwkwardError, Body, Grid, Refused, Values, letter_of
from kpi.ingest.header import Header, find_header
from kpi.ingest.pieces import column_of, filled_of, names_of, remarks, title_of
from kpi.ingest.ragged import put_together, too_short
from kpi.ingest.raw import Cell, RawTable, RawTotal
from kpi.ingest.totals import is_total_label, total_of

Mask = npt.NDArray[np.bool_]


def columnar_table(grid: Grid) -> tuple[RawTable, tuple[Refused, ...]]:
    """The single table of a large sheet, and the rows its reader refused.

    Anything unusual in its body raises ``AwkwardError``.
    """
    assert grid.rest is not None
    header = find_header(grid.rows, grid.merges)
    skip = max(header.last + 1, header.first)
    if header.headerless or skip >= len(grid.rows):
        raise AwkwardError
    body = grid.rest(skip)
    width = len(body.columns)
    if any(header.headings[width:]) or width > max(len(header.headings), 1):
        raise AwkwardError
    refused = body.refused
    doubts = [
        put_together(len(rows), header.headings[column], rows)
        for column, rows in body.together.items()
    ]
    if body.short:
        doubts.append(too_short(body.short))
    body, totals, repeated = _cleaned(body, header, grid)
    titles = tuple(title_of(row) for row in grid.rows[: header.first] if filled_of(row))
    columns = tuple(
        column_of(header.headings[c], letter_of(grid.first_column + c), values, header.layers_of(c))
        for c, values in enumerate(body.columns)
        if header.headings[c] or not _all_blank(values)
    )
    table = RawTable(
        sheet=grid.sheet,
        header_rows=tuple(grid.numbers[i] for i in range(header.first, header.last + 1)),
        columns=columns,
        rows=body.rows,
        totals=totals,
        titles=titles,
        epoch1904=grid.epoch1904,
        notes=(*grid.notes, *header.notes, *remarks(header, repeated)),
        doubts=(*grid.doubts, *doubts),
    )
    return table, (*grid.refused, *refused)


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
    repeated = (echoes >= max(named, 1)) & (filled <= named)
    if (suspects & ~repeated).sum() > 0.2 * count:
        raise AwkwardError
    lonely = (filled == 1) & (named >= 4)
    if lonely.any() or ((echoes > max(0.4 * named, 1)) & ~repeated).any():
        raise AwkwardError
    totals, total_rows = _totals_among(body, header, grid, np.flatnonzero(suspects & ~repeated))
    drop = (filled == 0) | repeated
    drop[total_rows] = True
    return _kept(body, ~drop), totals, int(repeated.sum())


def _mask(values: pa.Array | pa.ChunkedArray) -> Mask:
    mask: Mask = pc.fill_null(values, False).to_numpy(zero_copy_only=False).astype(bool)
    return mask


def _totals_among(
    body: Body, header: Header, grid: Grid, positions: npt.NDArray[np.intp]
) -> tuple[tuple[RawTotal, ...], list[int]]:
    names = names_of(header, grid.first_column)
    totals, rows = [], []
    for position in positions:
        cells = [_cell(values, int(position)) for values in body.columns]
        seen = [set[str]() for _ in cells]
        total = total_of(cells, names, seen, int(body.rows[position]))
        if total is not None:
            totals.append(total)
            rows.append(int(position))
    return tuple(totals), rows


def _cell(values: Values, position: int) -> Cell:
    if isinstance(values, list):
        return values[position]
    cell: Cell = values[position].as_py()
    return cell


def _kept(body: Body, keep: Mask) -> Body:
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
