"""Which sheets of a file are one table: those of one shape, whatever their periods."""

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from kpi.ingest.axes import read_axis
from kpi.ingest.grids import Grid, below
from kpi.ingest.heads import is_plan, measure_of
from kpi.ingest.periods import years_in
from kpi.ingest.placing import months_in
from kpi.ingest.vocabulary import vocabulary

_COPY: Final = re.compile(r"^(?:copy of|kopie von|copia de|copie de)\s+", re.IGNORECASE)


def gather(grids: Sequence[Grid]) -> list[Grid]:
    """Sheets of one shape joined into one table: the same headings, in any order, periods aside.

    Sheets whose headings differ only in their periods (31 days, 28 days; January, February) are
    kept as ``parts``, to be turned each for itself; so are sheets that are each of a month or member
    of their own, when turning needs what their titles say.
    """
    groups: dict[tuple[str, ...], list[Grid]] = {}
    for grid in grids:
        key = _family(grid)
        if (copied := _copied(grid, groups.get(key, ()))) is not None:
            group = groups[key]
            place = group.index(copied)
            group[place] = replace(copied, copies=(*copied.copies, grid.sheet))
            continue
        apart = grid.headerless or not any(key)
        groups.setdefault((*key, f"#{len(groups)}") if apart else key, []).append(grid)
    return [_join(group) for group in groups.values()]


def _copied(grid: Grid, group: Sequence[Grid]) -> Grid | None:
    """The sheet that this one is a copy of: every cell the same, in the same order."""
    for other in group:
        same = len(other) == len(grid) > 1 and other.titles == grid.titles
        same &= _named_as_copy(grid.sheet, other.sheet)
        if (
            same
            and other.sheet != grid.sheet
            and all(
                a.heading == b.heading and a.as_text().equals(b.as_text())
                for a, b in zip(other.columns, grid.columns, strict=False)
            )
        ):
            return other
    return None


def _named_as_copy(name: str, other: str) -> bool:
    """Whether a sheet is called a copy ("Data (2)"): the same cells under another name may be another line."""
    plain = [
        re.sub(r"\s*\(\d+\)$", "", re.sub(_COPY, "", n.strip())).casefold() for n in (name, other)
    ]
    return plain[0] == plain[1]


def _family(grid: Grid) -> tuple[str, ...]:
    """What sheets of one shape have in common: their headings without periods, and their measure.

    A sheet called "Scrap" beside one called "Produced" is another table of the same headings.
    """
    keys = [vocabulary().normalise(c.heading).key for c in grid.columns]
    marks = (measure_of(grid.sheet), "plan" if is_plan(grid.sheet) else None)
    measure = tuple(f"#{mark}" for mark in marks if mark is not None)
    named = [c.heading for c in grid.columns if c.heading]
    across = read_axis(named)
    periods = {
        h for h, p in zip(named, across.periods, strict=True) if p is not None and not across.unsure
    }
    if len(periods) >= 2:
        kept = [k for k, c in zip(keys, grid.columns, strict=True) if c.heading not in periods]
        return (*kept, f"#{across.grain}", *measure)
    if len(set(keys)) == len(keys) and all(keys):
        keys.sort()
    return (*keys, *measure)


def _join(group: Sequence[Grid]) -> Grid:
    first = group[0]
    if len(group) == 1:
        return first
    name = ", ".join(dict.fromkeys(g.sheet for g in group))
    keys = [{c.named.key for c in g.columns} for g in group]
    titles = {g.titles for g in group}
    timed = len({(tuple(years_in([g.sheet])), tuple(months_in(g.sheet))) for g in group}) > 1
    if any(k != keys[0] for k in keys[1:]) or len(titles) > 1 or timed:
        return replace(first, sheet=name, parts=tuple(replace(g, sheet=name) for g in group))
    return below(group, name)
