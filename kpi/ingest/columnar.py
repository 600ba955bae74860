"""A large table, column by column: cleaned with vectors instead of a loop over its rows."""

from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from kpi.ingest.grid import AwkwardError, Body, Grid, Refused, Values, letter_of
from kpi.ingest.header import Header, find_header, kind_of
from kpi.ingest.pieces import column_of, filled_of, names_of, remarks, title_of
from kpi.ingest.ragged import put_together, too_short
from kpi.ingest.raw import Cell, RawTable, RawTotal
from kpi.ingest.totals import (
    AVERAGES,
    average_of,
    folded,
    is_group_total,
    is_total_label,
    labels,
    mentions_total,
    total_of,
)

Mask = npt.NDArray[np.bool_]

MANY: Final = 1_000
"""Distinct texts beyond which a pattern looks before each is looked at."""

FEW: Final = 5_000
"""Distinct texts up to which a column may hold the names of groups."""


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
    filled = np.zeros(count, np.int16)
    echoes = np.zeros(count, np.int16)
    words = np.zeros(count, np.int16)
    suspects = np.zeros(count, bool)
    marked: dict[int, list[str]] = {}
    for column, values in enumerate(body.columns):
        there = _filled(values)
        filled += there
        if isinstance(values, list) or not pa.types.is_floating(values.type):
            words += there
        if isinstance(values, list) or not _is_text(values):
            continue
        distinct = _distinct(values)
        marked[column] = _total_labels(distinct)
        heading = header.headings[column]
        if heading and pc.any(pc.equal(distinct, heading)).as_py():
            echoes += _is_one_of(values, [heading])
    seen = [_seen(values) for values in body.columns] if any(marked.values()) else []
    for column, marks in marked.items():
        true = _true_labels(marks, seen)
        if true:
            suspects |= _is_one_of(body.columns[column], true)
    named = sum(1 for h in header.headings if h)
    repeated = (echoes >= max(named, 1)) & (filled <= named)
    if (suspects & ~repeated).sum() > 0.2 * count:
        raise AwkwardError
    lonely = (filled == 1) & (named >= 3)  # a group, a title or a note
    bare = (words == 0) & (filled > 0) & (words.max(initial=0) > 0)  # a sum without a word
    if lonely.any() or bare.any() or _begins_after_a_blank(body, filled):
        raise AwkwardError
    if ((echoes > max(0.4 * named, 1)) & ~repeated).any():
        raise AwkwardError
    totals, total_rows = _totals_among(
        body, header, grid, np.flatnonzero(suspects & ~repeated), seen
    )
    drop = (filled == 0) | repeated
    drop[total_rows] = True
    return _kept(body, ~drop), totals, int(repeated.sum())


def _filled(values: Values) -> npt.NDArray[np.int16] | int:
    """1 where a cell holds something; one number where all do."""
    if isinstance(values, list):
        return np.array([cell is not None for cell in values], np.int16)
    if values.null_count == 0:
        return 1
    return np.asarray(values.is_valid().to_numpy(zero_copy_only=False), np.int16)


def _is_text(values: pa.Array | pa.ChunkedArray) -> bool:
    return bool(pa.types.is_string(values.type) or pa.types.is_dictionary(values.type))


def _distinct(values: pa.Array | pa.ChunkedArray) -> pa.Array:
    if isinstance(values, pa.DictionaryArray):
        return values.dictionary
    return pc.unique(values).drop_null()


def _begins_after_a_blank(body: Body, filled: npt.NDArray[np.int16]) -> bool:
    """Below a blank row stands a row of words where numbers or dates stand above: another header."""
    gaps = (filled[:-1] == 0) | (np.diff(body.rows) > 1)
    edges = np.flatnonzero((filled[1:] > 1) & gaps) + 1
    for position in edges[:MANY]:
        below = [kind_of(_cell(values, int(position))) for values in body.columns]
        if set(below) <= {"text", "blank"}:
            first = next((i for i in range(position) if filled[i]), position)
            above = [kind_of(_cell(values, int(first))) for values in body.columns]
            if {"number", "date"} & set(above):
                return True
    return False


def _total_labels(distinct: pa.Array) -> list[str]:
    """Those of some texts that may mark a total, or an average of all rows."""
    if len(distinct) > MANY:
        distinct = distinct.filter(pc.match_substring_regex(distinct, labels(), ignore_case=True))
    return [text for text in distinct.to_pylist() if mentions_total(text)]


def _true_labels(marks: list[str], seen: list[set[str]]) -> list[str]:
    """Without names that only begin or end like a total: "Total Care Kit"."""
    return [
        text
        for text in marks
        if is_total_label(text)
        or folded(text) in AVERAGES
        or any(is_group_total(folded(text), texts) for texts in seen)
    ]


def _is_one_of(values: pa.Array | pa.ChunkedArray, texts: list[str]) -> Mask:
    wanted = pa.array(texts, pa.string())
    if isinstance(values, pa.DictionaryArray):
        hits = np.append(_mask(pc.is_in(values.dictionary, value_set=wanted)), False)
        codes = pc.fill_null(values.indices, len(hits) - 1).to_numpy(zero_copy_only=False)
        found: Mask = hits[codes]
        return found
    return _mask(pc.is_in(values, value_set=wanted))


def _mask(values: pa.Array | pa.ChunkedArray) -> Mask:
    mask: Mask = pc.fill_null(values, False).to_numpy(zero_copy_only=False).astype(bool)
    return mask


def _totals_among(
    body: Body,
    header: Header,
    grid: Grid,
    positions: npt.NDArray[np.intp],
    seen: list[set[str]],
) -> tuple[tuple[RawTotal, ...], list[int]]:
    names = names_of(header, grid.first_column)
    totals, rows = [], []
    for position in positions:
        cells = [_cell(values, int(position)) for values in body.columns]
        if average_of(cells):
            raise AwkwardError
        total = total_of(cells, names, seen, int(body.rows[position]))
        if total is not None:
            totals.append(total)
            rows.append(int(position))
    return tuple(totals), rows


def _seen(values: Values) -> set[str]:
    """The texts of a column that has few, folded: a total may name one of them."""
    if isinstance(values, list) or not _is_text(values):
        return set()
    distinct = _distinct(values)
    return {folded(text) for text in distinct.to_pylist()} if len(distinct) <= FEW else set()


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
