"""Which columns of a table are parts of one measure: under a heading, by words, or by their sum."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from kpi.ingest.across import Across, Head
from kpi.ingest.block import Block, Cell
from kpi.ingest.block_sums import bare_blocks, with_total
from kpi.ingest.columns import Column
from kpi.ingest.conventions import Desk
from kpi.ingest.dimensions import (
    is_known_reason,
    own_dimension,
    told_dimension,
)
from kpi.ingest.durations import MINUTES_PER
from kpi.ingest.grids import Grid
from kpi.ingest.heads import (
    ACTUAL,
    AGGREGATES,
    HEADINGS,
    MEASURE,
    MEMBER,
    RATE,
    UNREAD,
    Role,
    measure_heading,
    peeled,
    role_of,
    unit_in,
)
from kpi.ingest.labels import measure_in
from kpi.ingest.vocabulary import Level, vocabulary

_OVER: Final = frozenset({MEASURE, RATE}) | UNREAD | AGGREGATES
_MOST_LOST: Final = 100_000
"""Larger figures under the name of a reason are the numbers of materials or tools."""


_PROBED: Final = 5_000
"""Rows of a long table that are looked at."""


def _probe(grid: Grid) -> Grid:
    """Rows spread over a long table: enough to tell what its columns are."""
    if len(grid) <= _PROBED:
        return grid
    return grid.with_rows(np.linspace(0, len(grid) - 1, _PROBED).astype(np.int64))


def blocks_of(grid: Grid, across: Across, desk: Desk) -> list[Block]:
    """The blocks of a table, with their columns' letters: what rows spread over it tell."""
    grid = _probe(grid)
    if len(grid) == 0:
        return []
    free = {i: h for i, h in across.heads.items() if not _known(grid.columns[i])}
    layered = _two_levels(grid, across)
    if not layered:
        layered = _under_groups(grid, across)
        grouped = {c.index for b in layered for c in b.cells}
        others = {i: h for i, h in across.heads.items() if i not in grouped}
        layered += _over_measures(grid, others)
    layered = layered or _by_class(grid, across)
    taken = {c.index for b in layered for c in b.cells}
    worded = _worded(grid, {i: h for i, h in free.items() if i not in taken})
    taken |= {c.index for b in worded for c in b.cells}
    bare = bare_blocks(grid, across, [i for i in free if i not in taken], desk)
    found = [*layered, *worded, *bare]
    return [_lettered(grid, with_total(grid, across, b)) for b in found]


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


def _two_levels(grid: Grid, across: Across) -> list[Block]:
    """Members over members, the measure in a title: machines over shifts."""
    if not grid.layers:
        return []
    groups: dict[str, dict[str, int]] = {}
    for i in across.heads:
        texts = [t for t in grid.layers[i] if t]
        if len(texts) == 2 and all(role_of(t).kind == MEMBER for t in texts):
            groups.setdefault(texts[0], {})[texts[1]] = i
    leaves = {frozenset(g) for g in groups.values()}
    if len(groups) < 2 or len(leaves) != 1 or len(next(iter(leaves))) < 2:
        return []
    if any(_measure_of_group(top) is not None for top in groups):
        return []
    field, heading = _unknown(grid, [])
    texts = [t for g in groups.values() for t in g]
    if field is None and own_dimension(list(groups)) is None and own_dimension(texts) is None:
        return []
    cells = [
        Cell(i, (top, leaf), field, heading) for top, g in groups.items() for leaf, i in g.items()
    ]
    return [Block(tuple(cells))]


def _by_class(grid: Grid, across: Across) -> list[Block]:
    """Planned, unplanned and changeover time of stops in a column each."""
    cells: list[Cell] = []
    classes: list[str] = []
    for i, head in across.heads.items():
        heading = grid.columns[i].heading
        plain = re.sub(r"\s*[(\[][^)\]]*[)\]]\s*", " ", heading).strip()
        part = peeled(plain)
        rest = part[1] if part is not None and part[0].field == "minutes" else plain
        found = vocabulary().stop_class(rest)
        told = head.role.field == "minutes" or part is not None or unit_in(heading) in MINUTES_PER
        if found is None or not told or head.role.field not in (None, "minutes"):
            continue
        unit = unit_in(heading)
        shown = f"{HEADINGS['minutes']} ({unit})" if unit in MINUTES_PER else HEADINGS["minutes"]
        cells.append(Cell(i, (rest,), "minutes", shown))
        classes.append(found)
    if len(set(classes)) < 2 or len(set(classes)) < len(classes):
        return []
    return [Block(tuple(cells), dimension="stop_class")]


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
        cells = tuple(Cell(i, (t,), field, heading) for i, t in members)
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


def _over_measures(grid: Grid, all_heads: Mapping[int, Head]) -> list[Block]:
    """Measures under members: "Line 1" above Produced and Scrap, and "Line 2" above the same."""
    groups: dict[str, dict[str, int]] = {}
    heads: dict[int, Head] = {}
    for i, head in all_heads.items():
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
    even = len({len(h.parts) for h in heads.values()}) == 1
    cells = []
    for member, columns in groups.items():
        for text, i in columns.items():
            head = heads[i]
            if head.role.kind in UNREAD | AGGREGATES:
                continue
            field = head.role.field if head.role.kind == MEASURE else None
            members = head.parts if even else (member,)
            cells.append(Cell(i, members, field, measure_heading(text, field, head.unit)))
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
            Cell(i, (found[i][1],), f, measure_heading(found[i][0].text, f, found[i][0].unit))
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
