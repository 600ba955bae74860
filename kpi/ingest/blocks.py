"""Columns across without periods: one per defect, stop reason, shift, line, machine or product.

A block is proven by a heading above it or before its words, by the words themselves, or by a total
column beside it that is its sum; what its members are is proven or asked (``dimensions``).
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from kpi.ingest.across import Across
from kpi.ingest.block import ROW, Block
from kpi.ingest.block_search import blocks_of
from kpi.ingest.columns import Column
from kpi.ingest.conventions import Desk, place_of_column
from kpi.ingest.dates import Floats
from kpi.ingest.dimensions import (
    IGNORE,
    TITLES,
    Evidence,
    dimension_of,
)
from kpi.ingest.durations import MINUTES_PER
from kpi.ingest.grids import Grid
from kpi.ingest.heads import (
    MEASURE,
    measure_heading,
    role_of,
    unit_in,
)
from kpi.ingest.labels import label_columns, metric_column, names_for
from kpi.ingest.measuring_across import ASKED, ask_measure, say_sums_of_stops
from kpi.ingest.rates_across import digits_of
from kpi.ingest.unfold import Plan, Wide, unfold
from kpi.model import ControlTotal, Severity
from kpi.texts import said


def turn_blocks(grid: Grid, across: Across, desk: Desk) -> Grid:
    """The table with the columns of each block as rows; unchanged where it has no block."""
    by_dimensions: dict[tuple[str, ...], list[Block]] = {}
    alike: dict[frozenset[str], list[Block]] = {}
    for block in blocks_of(grid, across, desk):
        alike.setdefault(frozenset(m for level in block.levels for m in level), []).append(block)
    for number, blocks in enumerate(alike.values()):
        dimensions = _dimensions(grid, blocks, number, desk)
        if any(d != IGNORE for d in dimensions):
            measured = [_measured(grid, b, desk) for b in blocks]
            by_dimensions.setdefault(dimensions, []).extend(measured)
    if any("minutes" in b.fields for bs in by_dimensions.values() for b in bs):
        say_sums_of_stops(grid, desk)
    for dimensions, blocks in by_dimensions.items():
        grid = _turned(grid, blocks, dimensions, desk)
    return grid


def _dimensions(grid: Grid, blocks: Sequence[Block], number: int, desk: Desk) -> tuple[str, ...]:
    """What the members of blocks are, one answer per header row of members."""
    above = tuple(t for b in blocks for t in b.above)
    fields = frozenset(f for b in blocks for f in b.fields)
    if blocks[0].dimension is not None:
        return (blocks[0].dimension,)
    out = []
    for level, members in enumerate(blocks[0].levels):
        place = f"{number}" if level == 0 else f"{number}.{level}"
        topic = "members" if place == "0" else f"members:{place}"
        evidence = Evidence(above, fields, names_for(members, desk))
        out.append(dimension_of(members, evidence, grid.sheet, topic, desk))
    return tuple(out)


def has_blocks(grid: Grid, across: Across, desk: Desk) -> bool:
    """Whether the table has a block of known measure: under a heading, by words, or by its sum."""
    found = blocks_of(grid, across, desk)
    return any(all(c.heading for c in b.cells) for b in found)


def _turned(grid: Grid, blocks: Sequence[Block], dimensions: tuple[str, ...], desk: Desk) -> Grid:
    """The blocks of the same dimensions as rows; columns are found again by their letters."""
    places = {c.letter: i for i, c in enumerate(grid.columns)}
    wide: list[Wide] = []
    proven: list[ControlTotal] = []
    mine: set[int] = set()
    for block in (_placed(b, places) for b in blocks):
        grid, agreed = _totalled(grid, block, desk)
        proven += agreed
        if block.total is not None:
            mine.add(block.total)
            if not grid.columns[block.total].empty:
                wide.append(Wide(block.total, None, (), block.cells[0].heading))
        there = {w.index for w in wide}
        wide += [
            Wide(c.index, None, _kept(c.members, dimensions), c.heading)
            for c in block.cells
            if c.index not in there
        ]
    mine |= {w.index for w in wide}
    labels = label_columns(grid, sorted(mine))
    metric = metric_column(grid, labels) if wide[-1].measure == ROW else None
    once = [i for i, c in enumerate(grid.columns) if i not in {*mine, *labels} and not c.empty]
    beside = [i for i in labels if i != metric]
    texts = grid.columns[metric].as_text().to_pylist() if metric is not None else []
    plan = Plan(
        tuple(replace(w, measure=None) for w in wide) if metric is not None else tuple(wide),
        tuple(beside),
        tuple(once),
        dimensions=tuple(TITLES[d] for d in dimensions if d != IGNORE),
        metrics=tuple(_row_heading(t) for t in texts) if metric is not None else None,
        keys=tuple(tuple(grid.columns[i].as_text().to_pylist()) for i in beside),
        idle=frozenset(c.heading for b in blocks for c in b.cells if c.field == "minutes"),
    )
    turned = unfold(grid, plan)
    return replace(turned, proven=(*grid.proven, *proven))


def _kept(members: tuple[str, ...], dimensions: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(m for m, d in zip(members, dimensions, strict=True) if d != IGNORE)


def _placed(block: Block, places: dict[str, int]) -> Block:
    """The block with the places its columns have now."""
    cells = tuple(replace(c, index=places[c.letter]) for c in block.cells)
    total = None if block.total_letter is None else places[block.total_letter]
    return replace(block, cells=cells, total=total)


def _row_heading(text: str | None) -> str | None:
    if text is None:
        return None
    role = role_of(text)
    return measure_heading(text, role.field, role.unit) if role.kind == MEASURE else text


def _measured(grid: Grid, block: Block, desk: Desk) -> Block:
    """The block with its measure, asked where nothing tells it."""
    if all(c.heading for c in block.cells):
        return block
    cells = np.concatenate([grid.columns[c.index].as_numbers().values for c in block.cells])
    answer = ask_measure(grid, cells, desk, tuple(repr(m) for m in block.levels[-1]))
    heading = ASKED.get(answer, "Reported figure")
    field = answer if answer in ASKED else None
    return replace(
        block, cells=tuple(replace(c, field=field, heading=heading) for c in block.cells)
    )


def _totalled(grid: Grid, block: Block, desk: Desk) -> tuple[Grid, list[ControlTotal]]:
    """The total column held against its parts. What it has beyond them stays, without a member."""
    grid = _with_produced(grid, block, desk)
    if block.total is None:
        return grid, []
    column = grid.columns[block.total]
    says = column.as_numbers().values
    parts = np.stack([grid.columns[c.index].as_numbers().values for c in block.cells])
    sums = np.nansum(parts, axis=0)
    rest = np.nan_to_num(says) - sums
    digits = max((digits_of(v) for v in parts[~np.isnan(parts)][:500].tolist()), default=0)
    near = 0.51 * 10.0**-digits * len(block.cells) if digits else 1e-6
    there = ~np.isnan(says)
    if block.cells[0].heading == ROW:
        return _checked_by_row(grid, block, says, sums, desk), []
    over, under = there & (rest > near), there & (rest < -near)
    for rows in (over, under):
        for row in np.flatnonzero(rows)[:20].tolist():
            desk.note(
                grid.sheets[row].as_py(),
                said(
                    "the total is {says}, its parts make {sums}: the difference is read without a part"
                    if rows is over
                    else "the total is {says}, its parts make {sums}: the parts are read",
                    says=float(says[row]),
                    sums=float(sums[row]),
                ),
                column.heading,
                severity=Severity.WARNING,
                row=int(grid.rows[row]),
                expected=said("the total of its columns"),
            )
    fields = block.fields
    proven = []
    if len(fields) == 1 and there.any():
        where = place_of_column(grid.sheet, column.letter)
        read = float(sums[there].sum() + rest[over].sum())
        field = next(iter(fields))
        unit = unit_in(block.cells[0].heading) if field == "minutes" else None
        scale = MINUTES_PER.get(unit or "min", 1.0)
        proven.append(ControlTotal(field, float(says[there].sum()) * scale, read * scale, where))
    columns = list(grid.columns)
    remains = np.where(over, rest, np.nan)
    columns[block.total] = Column(column.heading, column.letter, len(grid), numbers=remains)
    return replace(grid, columns=tuple(columns)), proven


def _checked_by_row(grid: Grid, block: Block, says: Floats, sums: Floats, desk: Desk) -> Grid:
    """Totals of rows of different figures: checked where these add up, then left out."""
    assert block.total is not None
    column = grid.columns[block.total]
    metric = metric_column(grid, label_columns(grid, [c.index for c in block.cells]))
    names = grid.columns[metric].as_text().to_pylist() if metric is not None else []
    for row, name in enumerate(names):
        summed = name is not None and role_of(name).kind == MEASURE and not np.isnan(says[row])
        if summed and not np.isclose(says[row], sums[row], rtol=1e-9, atol=1e-6):
            desk.note(
                grid.sheets[row].as_py(),
                said(
                    "the total is {says}, its parts make {sums}: the parts are read",
                    says=float(says[row]),
                    sums=float(sums[row]),
                ),
                column.heading,
                severity=Severity.WARNING,
                row=int(grid.rows[row]),
                expected=said("the total of its columns"),
            )
    columns = list(grid.columns)
    columns[block.total] = Column(column.heading, column.letter, len(grid))
    return replace(grid, columns=tuple(columns))


def _with_produced(grid: Grid, block: Block, desk: Desk) -> Grid:
    """What was made, where the file has only good pieces and scrap by reason: their sum, per row."""
    fields = {role_of(c.heading).field: i for i, c in enumerate(grid.columns) if c.heading}
    if block.fields != {"qty_scrap"} or "qty_produced" in fields or "qty_good" not in fields:
        return grid
    good = grid.columns[fields["qty_good"]].as_numbers().values
    parts = np.stack([grid.columns[c.index].as_numbers().values for c in block.cells])
    lost = np.nansum(parts, axis=0)
    if block.total is not None:
        lost = np.fmax(lost, grid.columns[block.total].as_numbers().values)
    rework = fields.get("qty_rework")
    if rework is not None:
        lost = lost + np.nan_to_num(grid.columns[rework].as_numbers().values)
    desk.note(
        grid.sheet,
        said(
            "produced is taken as good + scrap of all reasons: the file has no column of its own for it"
        ),
    )
    made = Column("Produced Qty", "", len(grid), numbers=good + lost)
    return replace(
        grid,
        columns=(*grid.columns, made),
        layers=(*grid.layers, ("Produced Qty",)) if grid.layers else (),
    )
