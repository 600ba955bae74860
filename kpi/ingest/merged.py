"""Merged cells in the body of a table: what they say holds for every row they reach over."""

from collections.abc import Sequence
from dataclasses import replace

from kpi.ingest.grid import Grid, Merge, letter_of
from kpi.ingest.header import Header, kind_of
from kpi.ingest.raw import Cell
from kpi.texts import said_n


def filled_down(grid: Grid, header: Header, rows: Sequence[int]) -> tuple[Grid, tuple[str, ...]]:
    """The grid with words and dates of merged cells in each of their rows, and what to say of it.

    A merged number is one quantity of all its rows: it stays in the first, else sums would count
    it again. That is said, for it may be a label, as a machine's number is.
    """
    down = _down(grid, header, rows)
    if not down:
        return grid, ()
    changed: dict[int, list[Cell]] = {}
    numbers: list[Merge] = []
    for merge in down:
        cell = grid.rows[merge.top][merge.left]
        if kind_of(cell) == "number":
            numbers.append(merge)
            continue
        for position in range(merge.top + 1, merge.bottom + 1):
            row = changed.setdefault(position, list(grid.rows[position]))
            row[merge.left] = cell
    filled = replace(grid, rows=[changed.get(i, row) for i, row in enumerate(grid.rows)])
    said_of = _said_of(numbers, grid, header) if numbers else ()
    return filled, said_of


def _down(grid: Grid, header: Header, rows: Sequence[int]) -> list[Merge]:
    """Merged cells of the body that reach over several of its rows and hold something."""
    inside = set(rows)
    return [
        merge
        for merge in grid.merges or ()
        if merge.bottom > merge.top > header.last
        and {merge.top, merge.bottom} <= inside
        and merge.left < grid.width
        and grid.rows[merge.top][merge.left] is not None
    ]


def _said_of(numbers: Sequence[Merge], grid: Grid, header: Header) -> tuple[str, ...]:
    names = dict.fromkeys(
        header.headings[m.left] or letter_of(grid.first_column + m.left) for m in numbers
    )
    return (
        said_n(
            "{n} number stands in a merged cell over several rows ({columns}); it counts once, in "
            "the first of them.",
            "{n} numbers stand in merged cells over several rows ({columns}); each counts once, in "
            "the first of its rows.",
            n=len(numbers),
            columns=", ".join(map(repr, names)),
        ),
    )
