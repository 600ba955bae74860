"""Tables that stand beside each other on one sheet, parted by blank columns."""

from dataclasses import replace
from itertools import pairwise

from kpi.ingest.grid import Grid, Merge
from kpi.ingest.header import Header, find_header, kind_of
from kpi.ingest.pieces import filled_of, title_of
from kpi.texts import said


def side_by_side(grid: Grid) -> list[Grid]:
    """Split a sheet whose tables stand beside each other, parted by blank columns."""
    if grid.is_text or grid.width < 4:
        return [grid]
    groups = _column_groups(grid)
    if len(groups) < 2:
        return [grid]
    header = find_header(grid.rows, grid.merges)
    if header.headerless:
        return [grid]
    wide = [(a, b) for a, b in groups if b > a]
    heads = [{h.casefold() for h in header.headings[a : b + 1] if h} for a, b in wide]
    spans = [_span(grid, a, b, header.last + 1) for a, b in groups]
    main = [group for group, span in zip(groups, spans, strict=True) if span == max(spans)]
    small = [
        g for g, span in zip(groups, spans, strict=True) if span <= 3 and 10 * span < max(spans)
    ]
    if len(main) == 1 and len(small) == len(groups) - 1:
        return [_with_asides(grid, main[0], small)]
    apart = _stand_apart(grid, groups, header)
    alike = len(wide) >= 2 and all(h and len(h & heads[0]) >= 0.5 * len(h) for h in heads)
    longest = max(spans)
    if apart or alike or any(span < 0.5 * longest for span in spans):
        return [_slice(grid, a, b) for a, b in groups]
    return [grid]


def _stand_apart(grid: Grid, groups: list[tuple[int, int]], header: Header) -> bool:
    """Every group is a table of its own: wide gaps between them, or a title above each.

    A single blank column is as often air inside one table, whose rows belong together.
    """
    if any(right == left for left, right in groups):
        return False
    heads = [[h for h in header.headings[a : b + 1] if h] for a, b in groups]
    figures = [_has_figures(grid, a, b, header.last + 1) for a, b in groups]
    if not all(len(h) >= 2 for h in heads) or not all(figures):
        return False
    gaps = [after[0] - before[1] - 1 for before, after in pairwise(groups)]
    titles = [
        {c for c in filled_of(row) if c in {a for a, _ in groups}}
        for row in grid.rows[: header.first]
    ]
    own = any(len(t) == len(groups) == len(filled_of(grid.rows[i])) for i, t in enumerate(titles))
    return min(gaps) > 1 or own


def _has_figures(grid: Grid, left: int, right: int, first: int) -> bool:
    kinds = [
        kind_of(cell) for row in grid.rows[first : first + 30] for cell in row[left : right + 1]
    ]
    return "number" in kinds


def _with_asides(grid: Grid, main: tuple[int, int], small: list[tuple[int, int]]) -> Grid:
    """The main table alone; what little stands beside it is kept as notes."""
    texts = [
        title_of(row[left : right + 1])
        for left, right in small
        for row in grid.rows
        if any(cell is not None for cell in row[left : right + 1])
    ]
    told = said("Beside the table, not read: {texts}.", texts="; ".join(texts)[:200])
    return replace(_slice(grid, *main), notes=(*grid.notes, told))


def _column_groups(grid: Grid) -> list[tuple[int, int]]:
    used = [any(row[c] is not None for row in grid.rows) for c in range(grid.width)]
    groups: list[tuple[int, int]] = []
    for column, is_used in enumerate(used):
        if is_used and groups and groups[-1][1] == column - 1:
            groups[-1] = (groups[-1][0], column)
        elif is_used:
            groups.append((column, column))
    return groups


def _span(grid: Grid, left: int, right: int, first: int) -> int:
    return sum(any(c is not None for c in row[left : right + 1]) for row in grid.rows[first:])


def _slice(grid: Grid, left: int, right: int) -> Grid:
    merges = None
    if grid.merges is not None:
        merges = tuple(
            Merge(m.top, max(m.left, left) - left, m.bottom, min(m.right, right) - left)
            for m in grid.merges
            if m.left <= right and m.right >= left
        )
    rows = [row[left : right + 1] for row in grid.rows]
    return replace(grid, rows=rows, merges=merges, first_column=grid.first_column + left)
