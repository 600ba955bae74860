"""Tables whose every row stands in one cell: a CSV opened with another separator, and saved."""

import csv
import io
from collections import Counter
from dataclasses import replace
from typing import Final

from kpi.ingest.dialect import Dialect, dialect_of
from kpi.ingest.grid import Grid, Refused
from kpi.ingest.pieces import filled_of
from kpi.ingest.raw import Cell
from kpi.texts import said

FEWEST_CELLS: Final = 3
HEAD_ROWS: Final = 10
NEARLY_ALL: Final = 0.8
SHOWN: Final = {"\t": "tab"}


def unfolded(grid: Grid) -> Grid:
    """The grid with its cells parted, where they all stand in one column; else as it is.

    A row with cells beside it was cut at another sign when it was opened: 1,05 may have become 1
    and 5. Such rows are refused.
    """
    filled = [(i, filled_of(row)) for i, row in enumerate(grid.rows)]
    rows = [(i, cells) for i, cells in filled if cells]
    lone = [i for i, cells in rows if len(cells) == 1]
    if len(lone) < 2 or len(lone) < 0.5 * len(rows):
        return grid
    column = Counter(cells[0] for _, cells in rows).most_common(1)[0][0]
    texts = {i: cell for i, _ in rows if isinstance(cell := grid.rows[i][column], str)}
    lines = [texts[i] for i in lone if i in texts]
    if len(lines) < NEARLY_ALL * len(lone):
        return grid
    dialect = dialect_of("\n".join(lines))
    if dialect.separator not in ",;\t|" or not dialect.simple:
        return grid
    parted = {i: _cells(text, dialect) for i, text in texts.items()}
    sizes = Counter(len(parted[i]) for i in lone if i in parted)
    width, times = max(sizes.items(), key=lambda item: (item[1] * (item[0] > 1), item[0]))
    if width < FEWEST_CELLS or times < NEARLY_ALL * len(lone):
        return grid
    return _parted(grid, parted, {i for i, cells in rows if len(cells) > 1}, width, dialect)


def with_parted_head(grid: Grid) -> Grid:
    """A header line that was parted at another sign than its rows, parted like them."""
    if grid.counts is None:
        return grid
    for i, row in enumerate(grid.rows[:HEAD_ROWS]):
        filled = filled_of(row)
        text = row[filled[0]] if len(filled) == 1 else None
        if not isinstance(text, str):
            continue
        width = Counter(grid.counts[i + 1 : i + 21]).most_common(1)
        for separator in ",;\t|":
            cells = [cell.strip() for cell in text.split(separator)]
            if width and len(cells) == width[0][0] >= FEWEST_CELLS and all(cells):
                rows, counts = list(grid.rows), list(grid.counts)
                rows[i], counts[i] = [*cells, *[None] * (grid.width - len(cells))], len(cells)
                shown = repr(SHOWN.get(separator, separator))
                note = said("Row {row} was parted at {separator}.", row=str(i + 1), separator=shown)
                return replace(grid, rows=rows, counts=counts, notes=(*grid.notes, note))
    return grid


def _cells(text: str, dialect: Dialect) -> list[Cell]:
    record: list[str] = next(csv.reader(io.StringIO(text, newline=""), **dialect.options()), [])
    return [cell if cell.strip() else None for cell in record]


def _parted(
    grid: Grid, parted: dict[int, list[Cell]], cut: set[int], width: int, dialect: Dialect
) -> Grid:
    reason = said("the row was cut apart at another sign when it was opened in a spreadsheet")
    refused = [
        Refused(grid.numbers[i], reason, tuple("" if c is None else str(c) for c in grid.rows[i]))
        for i in sorted(cut)
    ]
    rows = [parted.get(i, []) if i not in cut else [] for i in range(len(grid.rows))]
    wide = max(width, *map(len, rows))
    note = said(
        "Every row stands in one cell; the cells were parted at {separator}.",
        separator=repr(SHOWN.get(dialect.separator, dialect.separator)),
    )
    return replace(
        grid,
        rows=[[*row, *[None] * (wide - len(row))] for row in rows],
        counts=[len(row) for row in rows],
        merges=None,
        is_text=True,
        quoted=None,
        separator="",
        refused=(*grid.refused, *refused),
        notes=(*grid.notes, note),
    )
