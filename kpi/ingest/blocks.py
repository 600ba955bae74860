"""Columns across without periods: one per defect, stop reason, shift, line, machine or product.

A block is proven by a heading above it or before its words, by the words themselves, or by a total
column beside it that is its sum; what its members are is proven or asked (``dimensions``).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from kpi.ingest.across import Across, Head
from kpi.ingest.agreeing import digits_of
from kpi.ingest.columns import Column
from kpi.ingest.conventions import Desk, place_of_column
from kpi.ingest.dates import Floats
from kpi.ingest.dimensions import (
    IGNORE,
    TITLES,
    Evidence,
    dimension_of,
    is_known_reason,
    own_dimension,
    told_dimension,
)
from kpi.ingest.grids import Grid
from kpi.ingest.headings import NUMBERS
from kpi.ingest.heads import (
    ACTUAL,
    AGGREGATES,
    HEADINGS,
    MEASURE,
    MEMBER,
    NOTHING,
    RATE,
    SUM,
    UNREAD,
    Role,
    measure_heading,
    peeled,
    role_of,
)
from kpi.ingest.joins import dated
from kpi.ingest.labels import label_columns, measure_in, metric_column, names_for
from kpi.ingest.turning import ASKED, ask_measure, say_sums_of_stops
from kpi.ingest.unfold import Plan, Wide, unfold
from kpi.ingest.vocabulary import Level, vocabulary
from kpi.model import ControlTotal, Severity
from kpi.texts import said

_OVER: Final = frozenset({MEASURE, RATE}) | UNREAD | AGGREGATES
_LOST: Final = ("qty_scrap", "minutes", "qty_rework", "cost")
_HOLDS: Final = 0.9
"""Share of rows on which the members must add up to the total for the sum to be evidence."""
_ENOUGH: Final = 3
"""Rows with figures on which it must hold."""
_SURE: Final = 5
"""Rows on which a member must be the sum of the others to be their total without being named so."""
_PROBED: Final = 5_000
_MOST_LOST: Final = 100_000
"""Larger figures under the name of a reason are the numbers of materials or tools."""


ROW: Final = "#row"
"""The measure of columns whose rows tell it."""


@dataclass(frozen=True)
class Cell:
    """One column of a block: its member and its measure."""

    index: int
    member: str
    field: str | None
    heading: str
    letter: str = ""


@dataclass(frozen=True)
class Block:
    """Columns that part one or more measures by the same members."""

    cells: tuple[Cell, ...]
    above: tuple[str, ...] = ()
    total: int | None = None
    total_letter: str | None = None

    @property
    def members(self) -> list[str]:
        """The members, each once, in order."""
        return list(dict.fromkeys(c.member for c in self.cells))

    @property
    def fields(self) -> frozenset[str]:
        """The measures they part."""
        return frozenset(c.field for c in self.cells if c.field)


def turn_blocks(grid: Grid, across: Across, desk: Desk) -> Grid:
    """The table with the columns of each block as rows; unchanged where it has no block."""
    by_dimension: dict[str, list[Block]] = {}
    alike: dict[frozenset[str], list[Block]] = {}
    for block in _blocks(_probe(grid), across, desk):
        alike.setdefault(frozenset(block.members), []).append(block)
    for number, blocks in enumerate(alike.values()):
        members = blocks[0].members
        above = tuple(t for b in blocks for t in b.above)
        fields = frozenset(f for b in blocks for f in b.fields)
        topic = "members" if number == 0 else f"members:{number}"
        evidence = Evidence(above, fields, names_for(members, desk))
        found = dimension_of(members, evidence, grid.sheet, topic, desk)
        if found != IGNORE:
            measured = [_measured(grid, b, desk) for b in blocks]
            by_dimension.setdefault(found, []).extend(measured)
    if any("minutes" in b.fields for bs in by_dimension.values() for b in bs):
        say_sums_of_stops(grid, desk)
    for dimension, blocks in by_dimension.items():
        grid = _turned(grid, blocks, dimension, desk)
    return grid


def has_blocks(grid: Grid, across: Across, desk: Desk) -> bool:
    """Whether the table has a block of known measure: under a heading, by words, or by its sum."""
    found = _blocks(_probe(grid), across, desk)
    return any(all(c.heading for c in b.cells) for b in found)


def _probe(grid: Grid) -> Grid:
    """Rows spread over a long table: enough to tell what its columns are."""
    if len(grid) <= _PROBED:
        return grid
    return grid.with_rows(np.linspace(0, len(grid) - 1, _PROBED).astype(np.int64))


# --- finding them -----------------------------------------------------------------------------


def _blocks(grid: Grid, across: Across, desk: Desk) -> list[Block]:
    if len(grid) == 0:
        return []
    free = {i: h for i, h in across.heads.items() if not _known(grid.columns[i])}
    layered = _under_groups(grid, across) + _over_measures(grid, across)
    taken = {c.index for b in layered for c in b.cells}
    worded = _worded(grid, {i: h for i, h in free.items() if i not in taken})
    taken |= {c.index for b in worded for c in b.cells}
    bare = _bare(grid, across, [i for i in free if i not in taken], desk)
    found = [*layered, *worded, *bare]
    return [_lettered(grid, _with_total(grid, across, b)) for b in found]


def _lettered(grid: Grid, block: Block) -> Block:
    """The block with the letters of its columns, which stay when the table is turned."""
    cells = tuple(replace(c, letter=grid.columns[c.index].letter) for c in block.cells)
    total = None if block.total is None else grid.columns[block.total].letter
    return replace(block, cells=cells, total_letter=total)


def _known(column: Column) -> bool:
    """A heading that is a field of its own, whatever stands beside it."""
    if vocabulary().is_audit(column.heading) or vocabulary().is_personal(column.heading):
        return True
    if "no" in column.named.tokens:
        return True
    if own_dimension([column.heading]) == "shift":
        return False
    if _is_reason_word(column):
        return False
    sure = [m for m in vocabulary().lookup(column.heading) if m.level >= Level.TOKENS]
    return bool(sure) or role_of(column.heading).kind in (MEASURE, RATE, *AGGREGATES)


def _is_reason_word(column: Column) -> bool:
    """Whether "Tool" or "Material" may be a reason here: above figures; above codes they are none."""
    if not is_known_reason(column.heading):
        return False
    values = column.as_numbers().values
    there = values[~np.isnan(values)]
    return len(there) == 0 or float(there.max()) < _MOST_LOST


def _under_groups(grid: Grid, across: Across) -> list[Block]:
    """Members under a heading over them all: "Scrap by reason" above Crack, Dent, Misrun."""
    if not grid.layers:
        return []
    groups: dict[str, list[tuple[int, str]]] = {}
    for i in across.heads:
        texts = [t for t in grid.layers[i] if t]
        if len(texts) >= 2 and texts[0] != texts[-1]:
            groups.setdefault(" ".join(texts[:-1]), []).append((i, texts[-1]))
    out = []
    for top, leaves in groups.items():
        members = [(i, t) for i, t in leaves if role_of(t).kind == MEMBER]
        alike = len({t for _, t in members}) < len(members)
        if len(members) < 2 or alike or any(role_of(t).kind == MEASURE for _, t in leaves):
            continue
        found = _measure_of_group(top)
        dimension = told_dimension(top) or own_dimension([t for _, t in members])
        if found is None and dimension is None:
            continue
        if any(_date_like(t) for _, t in members):
            continue
        field, heading = found if found is not None else _unknown(grid, members)
        cells = tuple(Cell(i, t, field, heading) for i, t in members)
        out.append(Block(cells, (top,)))
    return out


def _date_like(text: str) -> bool:
    fields = {m.field for m in vocabulary().lookup(text) if m.level >= Level.TOKENS}
    return bool(fields & {"start", "end", "date", "at"})


def _measure_of_group(top: str) -> tuple[str, str] | None:
    role = role_of(top)
    if role.kind == MEASURE and role.field is not None:
        return role.field, measure_heading(top, role.field, role.unit)
    if (part := peeled(top)) is not None and part[0].field is not None:
        heading = HEADINGS.get(part[0].field, part[0].text)
        return part[0].field, f"{heading} ({part[0].unit})" if part[0].unit else heading
    told = measure_in([top])
    return None if told is None else (told[0], HEADINGS.get(told[0], told[1]))


def _unknown(grid: Grid, members: Sequence[tuple[int, str]]) -> tuple[str | None, str]:
    """The measure of members under a word that names only what they are: the title's, if it has one."""
    told = measure_in([*grid.titles, grid.sheet])
    if told is not None:
        return told[0], measure_heading(told[1], told[0])
    return None, ""


def _over_measures(grid: Grid, across: Across) -> list[Block]:
    """Measures under members: "Line 1" above Produced and Scrap, and "Line 2" above the same."""
    groups: dict[str, dict[str, int]] = {}
    heads: dict[int, Head] = {}
    for i, head in across.heads.items():
        plain = head.role.kind == ACTUAL and vocabulary().is_plain_quantity(head.role.text)
        if head.member is None or not (plain or head.role.kind in _OVER):
            continue
        if grid.layers and len([t for t in grid.layers[i] if t]) < 2:
            continue
        if not grid.layers:
            continue
        groups.setdefault(head.member, {})[head.role.text or ""] = i
        heads[i] = head
    sets = {m: frozenset(g) for m, g in groups.items()}
    if len(groups) < 2 or len(set(sets.values())) != 1:
        return []
    cells = []
    for member, columns in groups.items():
        for text, i in columns.items():
            head = heads[i]
            if head.role.kind in UNREAD | AGGREGATES:
                continue
            field = head.role.field if head.role.kind == MEASURE else None
            cells.append(Cell(i, member, field, measure_heading(text, field, head.unit)))
    if not any(c.field for c in cells):
        return []
    return [Block(tuple(cells))]


def _worded(grid: Grid, heads: dict[int, Head]) -> list[Block]:
    """Headings of one row that begin or end alike: "Scrap Line 1", "Scrap Line 2"."""
    found: dict[int, tuple[Role, str]] = {}
    for i in heads:
        part = peeled(grid.columns[i].heading)
        if part is not None and part[0].kind == MEASURE and part[0].field is not None:
            found[i] = part
    by_field: dict[str, list[int]] = {}
    for i, (role, _) in found.items():
        assert role.field is not None
        by_field.setdefault(role.field, []).append(i)
    sets = {f: frozenset(found[i][1] for i in group) for f, group in by_field.items()}
    out = []
    for members in dict.fromkeys(sets.values()):
        fields = [f for f in by_field if sets[f] == members]
        if len(members) < 2 or any(len(by_field[f]) != len(members) for f in fields):
            continue
        if any(_qualifier(m) for m in members):
            continue
        cells = tuple(
            Cell(i, found[i][1], f, measure_heading(found[i][0].text, f, found[i][0].unit))
            for f in fields
            for i in by_field[f]
        )
        out.append(Block(cells))
    return out


def _qualifier(member: str) -> bool:
    """A word that makes another kind of figure, not another part of it: net, total, planned."""
    words = member.casefold().split()
    return any(
        w in ("net", "gross", "planned", "unplanned", "start", "end", "internal", "external")
        or w in ("geplant", "ungeplant", "brutto", "netto", "count", "cost", "kosten", "target")
        for w in words
    )


def _bare(grid: Grid, across: Across, free: Sequence[int], desk: Desk) -> list[Block]:
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
        cells = tuple(Cell(i, grid.columns[i].heading, field, heading) for i in part)
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
    if int(there.sum()) < _ENOUGH or not several:
        return False
    return float(np.isclose(says, sums, rtol=1e-9, atol=1e-6)[there].mean()) >= _HOLDS


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
    cells = tuple(Cell(i, grid.columns[i].heading, field, heading) for i in run)
    return Block(cells, above)


def _with_total(grid: Grid, across: Across, block: Block) -> Block:
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


# --- turning them -----------------------------------------------------------------------------


def _turned(grid: Grid, blocks: Sequence[Block], dimension: str, desk: Desk) -> Grid:
    """The blocks of one dimension as rows; columns are found again by their letters."""
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
                wide.append(Wide(block.total, None, None, block.cells[0].heading))
        wide += [Wide(c.index, None, c.member, c.heading) for c in block.cells]
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
        dimension=TITLES[dimension],
        metrics=tuple(_row_heading(t) for t in texts) if metric is not None else None,
        keys=tuple(tuple(grid.columns[i].as_text().to_pylist()) for i in beside),
        idle=frozenset(c.heading for b in blocks for c in b.cells if c.field == "minutes"),
    )
    turned = unfold(grid, plan)
    return replace(turned, proven=(*grid.proven, *proven))


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
    answer = ask_measure(grid, cells, desk, tuple(repr(m) for m in block.members))
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
        proven.append(ControlTotal(next(iter(fields)), float(says[there].sum()), read, where))
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
