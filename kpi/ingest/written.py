"""All cells of a file as text, nothing interpreted: lists of records that people keep by hand.

Read in the child process, as every file is.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from kpi.errors import RefusedFileError
from kpi.ingest.grid import Grid, Merge, SheetRead, text_of
from kpi.ingest.limits import Limits
from kpi.ingest.sheets import sheets_of
from kpi.texts import said

MOST_ROWS: Final = 5_000
"""Of a sheet. A programme of audits and its findings have some hundred."""

MOST_CHARACTERS: Final = 8_000_000
"""Of all cells together."""


def written_sheets(path: Path, limits: Limits, *, careful: bool) -> dict[str, Any]:
    """The sheets as JSON; blank rows are left out.

    Raises ``RefusedFileError`` where there is more than such a list holds, or nothing at all.
    """
    sheets = [_told(sheet) for sheet in sheets_of(path, limits, careful=careful)]
    if not any(sheet["rows"] for sheet in sheets):
        raise RefusedFileError("The file holds no cells that can be read. Save the list again.")
    size = sum(len(cell) for sheet in sheets for row in sheet["rows"] for cell in row)
    if size > MOST_CHARACTERS:
        raise RefusedFileError(
            said(
                "The file holds {size} characters; at most {most} are read as a list. Save fewer rows.",
                size=size,
                most=MOST_CHARACTERS,
            )
        )
    return {"sheets": sheets}


def _told(sheet: SheetRead) -> dict[str, Any]:
    if sheet.grid is None or sheet.why:
        return {
            "sheet": sheet.name, "first_column": 0, "numbers": [], "rows": [], "why": sheet.why,
        }  # fmt: skip
    grid = _whole(sheet.grid)
    rows = _spread([[text_of(cell).strip() for cell in row] for row in grid.rows], grid.merges)
    kept = [(int(number), row) for number, row in zip(grid.numbers, rows, strict=True) if any(row)]
    if len(kept) > MOST_ROWS:
        raise _too_long(sheet.name)
    return {
        "sheet": sheet.name,
        "first_column": grid.first_column,
        "numbers": [number for number, _ in kept],
        "rows": [row for _, row in kept],
        "why": "",
    }


def _spread(rows: list[list[str]], merges: Sequence[Merge] | None) -> list[list[str]]:
    """The rows with what a cell merged over several of them says in each."""
    for merge in merges or ():
        if merge.left != merge.right or not 0 <= merge.top < len(rows):
            continue
        for row in rows[merge.top + 1 : merge.bottom + 1]:
            if merge.left < len(row):
                row[merge.left] = rows[merge.top][merge.left]
    return rows


def _whole(grid: Grid) -> Grid:
    """The grid with every row; one so long that only its beginning was read is refused."""
    if grid.rest is None:
        return grid
    if grid.whole is None:
        raise _too_long(grid.sheet)
    return grid.whole()


def _too_long(sheet: str) -> RefusedFileError:
    return RefusedFileError(
        said(
            "Sheet {sheet} is longer than the {most} rows that are read as a list. Save fewer rows.",
            sheet=repr(sheet),
            most=MOST_ROWS,
        )
    )
