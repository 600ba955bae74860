"""Columns under nothing but their own names: parts of a total, shifts, lines, listed codes."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from kpi.ingest.across import Across
from kpi.ingest.block import ROW, Block, Cell
from kpi.ingest.conventions import Desk
from kpi.ingest.dates import Floats
from kpi.ingest.dimensions import (
    is_known_reason,
    own_dimension,
    told_dimension,
)
from kpi.ingest.grids import Grid
from kpi.ingest.headings import NUMBERS
from kpi.ingest.heads import (
    HEADINGS,
    MEASURE,
    MEMBER,
    NOTHING,
    SUM,
    measure_heading,
)
from kpi.ingest.joins import dated
from kpi.ingest.labels import label_columns, measure_in, metric_column, names_for

_LOST: Final = ("qty_scrap", "minutes", "qty_rework", "cost")
_HOLDS: Final = 0.9
"""Share of rows on which the members must add up to the total for the sum to be evidence."""
_ENOUGH: Final = 3
"""Rows with figures from which it need not hold on every one."""
_SURE: Final = 5
"""Rows on which a member must be the sum of the others to be their total without being named so."""


def bare_blocks(grid: Grid, across: Across, free: Sequence[int], desk: Desk) -> list[Block]:
    """Columns under nothing but their own names: shifts, lines, parts of a total, listed codes."""
    runs = _runs([i for i in free if across.heads[i].role.kind in (NOTHING, MEMBER)])
    out: list[Block] = []
    for run in runs:
        if sum(not grid.columns[i].empty for i in run) < 2:
            continue
        block = (
            _summed(grid, across, run)
            or _by_words(grid, across, run, desk)
            or _by_names(grid, across, run, desk)
        )
        if block is not None:
            out.append(block)
    return out


def _runs(places: Sequence[int]) -> list[list[int]]:
    """Columns that stand side by side."""
    runs: list[list[int]] = []
    for place in places:
        if runs and runs[-1][-1] == place - 1:
            runs[-1].append(place)
        else:
            runs.append([place])
    return runs


def _summed(grid: Grid, across: Across, run: Sequence[int]) -> Block | None:
    """Columns whose sum is a measure or a total beside them, row by row."""
    for total, head in across.heads.items():
        if total in run or head.member is not None:
            continue
        if head.role.kind not in (MEASURE, SUM) or head.role.field not in (None, *NUMBERS, *_LOST):
            continue
        part = _adding_up(grid, run, total)
        if part is None:
            continue
        field, text = head.role.field, head.role.text
        if field is None:
            told = measure_in([*grid.titles, grid.sheet])
            field, text = told if told is not None else (None, "")
            if field is None and not dated(grid):
                continue  # sums of nobody knows what, at no time
        heading = measure_heading(text, field, head.unit) if head.role.kind == MEASURE else ""
        if field is not None and head.role.kind != MEASURE:
            unit = f" ({head.unit})" if head.unit else ""
            heading = HEADINGS.get(field, text) + unit
        cells = tuple(Cell(i, (grid.columns[i].heading,), field, heading) for i in part)
        return Block(cells, total=total)
    return None


def _adding_up(grid: Grid, run: Sequence[int], total: int) -> list[int] | None:
    """The longest stretch of the run that makes the total on nearly every row."""
    says = grid.columns[total].as_numbers().values
    cells = {i: np.nan_to_num(grid.columns[i].as_numbers().values) for i in run}
    for size in range(len(run), 1, -1):
        for start in range(len(run) - size + 1):
            part = list(run[start : start + size])
            if _holds(says, [cells[i] for i in part]):
                return part
    return None


def _holds(says: Floats, cells: Sequence[Floats]) -> bool:
    sums = np.sum(cells, axis=0)
    there = ~np.isnan(says) & ((says != 0) | (sums != 0))
    several = sum(bool((c != 0).any()) for c in cells) >= 2
    if not there.any() or not several:
        return False
    share = float(np.isclose(says, sums, rtol=1e-9, atol=1e-6)[there].mean())
    return share >= _HOLDS if int(there.sum()) >= _ENOUGH else share == 1.0


def _by_words(grid: Grid, across: Across, run: Sequence[int], desk: Desk) -> Block | None:
    """Columns named as shifts, lines or machines are, or known reasons in a table of losses."""
    texts = [grid.columns[i].heading for i in run]
    own = own_dimension(texts)
    titled = next((d for t in grid.titles if (d := told_dimension(t, title=True))), None)
    short = all(len(t.strip()) <= 3 for t in texts) and len(run) >= 2
    told = measure_in([*grid.titles, grid.sheet])
    if own is None and titled is None and not (short and told is not None):
        return None
    if own == "reason" and told is None and not _all_reasons(texts, across):
        return None
    return _block_of(grid, across, run, (titled,) if titled and own is None else (), desk)


def _all_reasons(texts: Sequence[str], across: Across) -> bool:
    """Nothing but reasons in a table that holds no loss they could be parts of."""
    lost = any(h.role.field in _LOST for h in across.heads.values())
    return len(texts) >= _ENOUGH and not lost and all(is_known_reason(t) for t in texts)


def _by_names(grid: Grid, across: Across, run: Sequence[int], desk: Desk) -> Block | None:
    """Columns headed by the codes of a table of names elsewhere in the file."""
    texts = [grid.columns[i].heading for i in run]
    if not names_for(texts, desk):
        return None
    return _block_of(grid, across, run, (), desk)


def _block_of(
    grid: Grid, across: Across, run: Sequence[int], above: tuple[str, ...], desk: Desk
) -> Block:
    told = measure_in([*grid.titles, grid.sheet])
    field, heading = (told[0], measure_heading(told[1], told[0])) if told else (None, "")
    metric = metric_column(grid, label_columns(grid, list(run)))
    if metric is not None:
        field, heading = None, ROW
    cells = tuple(Cell(i, (grid.columns[i].heading,), field, heading) for i in run)
    return Block(cells, above)


def with_total(grid: Grid, across: Across, block: Block) -> Block:
    """The block with the column that sums it up, where one does or says so."""
    by_row = block.cells[0].heading == ROW
    if block.total is not None or (len(block.fields) != 1 and not by_row):
        return block
    field = next(iter(block.fields), "")
    own = {c.index for c in block.cells}
    for i, head in across.heads.items():
        if i in own or head.member not in (None, *block.above):
            continue
        whole = head.role.field == field and head.role.kind in (MEASURE, SUM)
        unnamed = head.role.kind == SUM and head.role.field is None
        if whole or unnamed:
            return replace(block, total=i)
    return _without_whole(grid, block)


def _without_whole(grid: Grid, block: Block) -> Block:
    """A member whose figures are the sum of all others on every row is their total in all but name."""
    if len(block.cells) < _ENOUGH + 1:
        return block
    values = {
        c.index: np.nan_to_num(grid.columns[c.index].as_numbers().values) for c in block.cells
    }
    for cell in block.cells:
        others = [v for i, v in values.items() if i != cell.index]
        sums = np.sum(others, axis=0)
        rows = int((sums != 0).sum())
        if rows >= _SURE and np.allclose(sums, values[cell.index], rtol=1e-9, atol=1e-6):
            rest = tuple(c for c in block.cells if c is not cell)
            return replace(block, cells=rest, total=cell.index)
    return block
