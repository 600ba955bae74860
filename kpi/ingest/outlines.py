"""Lists that write a value once and leave it out in the rows below, as printed reports do."""

import itertools
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from kpi.ingest.columns import Column
from kpi.ingest.conventions import Desk
from kpi.ingest.grids import Grid
from kpi.texts import said

LEAST_BLANK: Final = 0.25
"""Share of blank cells from which a column may be written once per block."""

FILL, BLANK = "fill", "blank"


def with_outline(grid: Grid, desk: Desk) -> Grid:
    """The table with such values in every row of their block, by the user's word."""
    places = _outlined(grid)
    columns = list(grid.columns)
    for i in places:
        column = grid.columns[i]
        name = column.heading or column.letter
        answer = desk.ask(
            "convention",
            grid.sheet,
            f"outline:{name}",
            said(
                "{heading} is blank in {blank} of {rows} rows. Does the value above hold for them?",
                heading=repr(name),
                blank=int((~column.filled).sum()),
                rows=len(grid),
            ),
            [
                (
                    FILL,
                    said("it is written in the first row of each block, and changes every time"),
                ),
                (BLANK, said("the cells are blank on purpose")),
            ],
            heading=column.heading,
            samples=column.examples(),
        )
        if answer == FILL:
            source = np.where(column.filled, np.arange(len(grid)), 0)
            columns[i] = column.take(np.maximum.accumulate(source).astype(np.int64))
    return replace(grid, columns=tuple(columns)) if places else grid


def _outlined(grid: Grid) -> list[int]:
    """The columns before the first figures that are filled in the first row of blocks only."""
    figures = [i for i, c in enumerate(grid.columns) if not c.empty and c.shares["number"] > 0.9]
    if not figures or len(grid) < 4:
        return []
    counted = np.any([grid.columns[i].filled for i in figures], axis=0)
    found: list[int] = []
    for i in range(figures[0]):
        column = grid.columns[i]
        if _is_outline(column, bool(found)) and counted[~column.filled].all():
            found.append(i)
    return found


def _is_outline(column: Column, inner: bool) -> bool:
    """Filled in the first row; every value differs from the one before, and comes once.

    Below another such column (``inner``) a value may come again.
    """
    filled = column.filled
    blanks = int((~filled).sum())
    if not len(filled) or not filled[0] or int(filled.sum()) < 2:
        return False
    if blanks < LEAST_BLANK * len(filled):
        return False
    values = _texts(column)
    changes = all(a != b for a, b in itertools.pairwise(values))
    return changes and (inner or len(set(values)) == len(values))


def _texts(column: Column) -> Sequence[str]:
    return [str(t) for t in column.take(np.flatnonzero(column.filled)).as_text().to_pylist()]
