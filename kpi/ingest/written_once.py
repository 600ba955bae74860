"""Labels written once for several rows: in the first row of a block, or in a row of their own above."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from kpi.ingest.columns import Column
from kpi.ingest.conventions import Desk
from kpi.ingest.dimensions import TITLES, Evidence, dimension_of, own_dimension
from kpi.ingest.grids import Grid
from kpi.ingest.heads import MEASURE, RATE, role_of
from kpi.ingest.labels import only_kinds
from kpi.ingest.numbers import Mask
from kpi.model import Severity
from kpi.texts import said

Places = npt.NDArray[np.int64]


def fill_down(grid: Grid, labels: Sequence[int], metric: int | None, desk: Desk) -> Grid:
    """Labels written only in the first row of a block hold for the rows below it, too.

    Taken so where no block of blanks holds one metric twice, and the first row is labelled. The
    rows below a total without a label of their own are the total's, and go with it.
    """
    if metric is None or len(grid) < 2:
        return grid
    if any(i != metric and only_kinds(grid.columns[i]) for i in labels):
        columns = list(grid.columns)
        columns[metric] = _carried(columns[metric])
        grid = replace(grid, columns=tuple(columns))
    grid = _metric_down(grid, labels, metric)
    for i in labels:
        column = grid.columns[i]
        if i == metric or only_kinds(column) or not column.filled[0] or column.filled.all():
            continue
        of_totals = _below_totals(grid, column)
        if of_totals.any():
            grid = grid.with_rows(np.flatnonzero(~of_totals))
        grid = _filled_down(grid, i, metric, desk)
    return grid


def _metric_down(grid: Grid, labels: Sequence[int], metric: int) -> Grid:
    """The name of a figure written once above the lines (or reasons) it is of."""
    column = grid.columns[metric]
    beside = [i for i in labels if i != metric and grid.columns[i].filled.all()]
    if column.filled.all() or not column.filled[0] or not beside:
        return grid
    texts = [grid.columns[i].as_text().to_pylist() for i in beside]
    marks = list(zip(_sources(column).tolist(), *texts, strict=True))
    if len(set(marks)) < len(marks):
        return grid
    columns = list(grid.columns)
    columns[metric] = _carried(column)
    return replace(grid, columns=tuple(columns))


def _sources(column: Column) -> Places:
    """Per row, the row whose label holds for it: its own, or the last one above."""
    places = np.where(column.filled, np.arange(len(column.filled)), 0)
    return np.asarray(np.maximum.accumulate(places), np.int64)


def _below_totals(grid: Grid, column: Column) -> Mask:
    """Rows without a label that follow a total row rather than a labelled one."""
    out = np.zeros(len(grid), bool)
    sources = _sources(column)
    totals = [(sheet, t.row) for sheet, t in grid.totals]
    if not totals:
        return out
    sheets = grid.sheets.to_pylist()
    for row in np.flatnonzero(~column.filled).tolist():
        first, last = int(grid.rows[sources[row]]), int(grid.rows[row])
        out[row] = any(s == sheets[row] and first < number < last for s, number in totals)
    return out


def _filled_down(grid: Grid, place: int, metric: int, desk: Desk) -> Grid:
    column = grid.columns[place]
    if column.filled.all():
        return grid
    metrics = grid.columns[metric].as_text().to_pylist()
    blocks: dict[int, list[str | None]] = {}
    for row, start in enumerate(_sources(column).tolist()):
        blocks.setdefault(start, []).append(metrics[row])
    heading = repr(column.heading or column.letter)
    if any(len(set(b)) < len(b) for b in blocks.values()):
        desk.note(
            grid.sheet,
            said(
                "{heading} is blank in {rows} rows, and what stands above cannot hold for all of them: "
                "they are read without it",
                heading=heading,
                rows=int((~column.filled).sum()),
            ),
            column.heading,
            severity=Severity.WARNING,
            expected=said("a label in every row, or once per block"),
            advice=said("Fill the column down and upload the file again."),
        )
        return grid
    columns = list(grid.columns)
    columns[place] = _carried(column)
    desk.note(
        grid.sheet,
        said("{heading} is written once per block: it is read for the rows below as well",
             heading=heading),
        column.heading,
    )  # fmt: skip
    return replace(grid, columns=tuple(columns))


def _carried(column: Column) -> Column:
    """Blank cells with what stands above them."""
    return column.take(_sources(column)) if column.filled[0] else column


def sections(grid: Grid, labels: Sequence[int], wide: Sequence[int], desk: Desk) -> Grid:
    """Rows with a label and no figures that head the rows below them become a column."""
    if not labels or len(grid) < 3:
        return grid
    blank = ~np.any([grid.columns[i].filled for i in wide], axis=0)
    texts = grid.columns[labels[0]].as_text().to_pylist()
    others = [grid.columns[i].filled for i in labels[1:]]
    lone = blank & np.array([t is not None for t in texts])
    for filled in others:
        lone &= ~filled
    heads = np.flatnonzero(lone)
    if len(heads) == 0 or heads[0] != np.flatnonzero(~blank | lone)[0] or blank[-1]:
        return grid
    if (np.diff(heads) == 1).any():
        return grid
    named = [str(texts[r]) for r in heads]
    below = _below(texts, heads)
    if not _are_sections(named, below):
        return grid
    owner = np.searchsorted(heads, np.arange(len(grid)), side="right") - 1
    keep = np.flatnonzero(~lone & (owner >= 0))
    words = pa.array(named, pa.string())
    measures = all(role_of(t).kind in (MEASURE, RATE) for t in named)
    heading = "KPI" if measures else _section_heading(named, grid, desk)
    kept = grid.with_rows(keep)
    column = Column(heading, "", len(keep), texts=words, codes=owner[keep].astype(np.int32))
    listed = ", ".join(repr(t) for t in named[:4])
    desk.note(
        grid.sheet,
        said("rows without figures head the rows below them: {rows}", rows=listed),
    )
    return replace(kept, columns=(*kept.columns, column))


def _below(texts: Sequence[str | None], heads: npt.NDArray[np.intp]) -> list[list[str]]:
    ends = [*heads[1:].tolist(), len(texts)]
    return [
        [t for t in texts[a + 1 : b] if t is not None]
        for a, b in zip(heads.tolist(), ends, strict=True)
    ]


def _are_sections(named: Sequence[str], below: Sequence[Sequence[str]]) -> bool:
    if any(not b for b in below):
        return False
    measured = [role_of(t).kind in (MEASURE, RATE) for t in named]
    inner = [role_of(t).kind in (MEASURE, RATE) for b in below for t in b]
    if all(measured) and not any(inner):
        return True
    if own_dimension(named) is not None and any(inner):
        return True
    repeated = [set(a) & set(b) for a in below for b in below if a is not b]
    return len(named) >= 2 and bool(repeated) and all(repeated) and not any(measured)


def _section_heading(named: Sequence[str], grid: Grid, desk: Desk) -> str:
    found = dimension_of(named, Evidence(), grid.sheet, "sections", desk)
    return TITLES.get(found, "Section")
