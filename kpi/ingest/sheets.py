"""A file's bytes to its raw tables: container, sheets, tables, in that order."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from kpi.errors import RefusedFileError
from kpi.ingest.container import Container, sniff
from kpi.ingest.grid import Grid, Refused
from kpi.ingest.layout import tables_of
from kpi.ingest.limits import DEFAULT_LIMITS, Limits
from kpi.ingest.raw import RawTable

Step = Callable[[str, float], None]


@dataclass(frozen=True, slots=True)
class SheetNote:
    """One sheet of a file: how many rows were read from it, whether it is used, and why not."""

    name: str
    rows: int
    used: bool
    why: str


@dataclass(frozen=True, slots=True)
class RawFile:
    """All that stands in a file, before any heading has a meaning."""

    container: str
    tables: tuple[RawTable, ...]
    sheets: tuple[SheetNote, ...]
    refused: tuple[tuple[str, Refused], ...]  # sheet, row


def raw_file(
    path: Path, limits: Limits = DEFAULT_LIMITS, step: Step = lambda _step, _share: None
) -> RawFile:
    """Read every visible sheet into raw tables. Raises ``RefusedFileError``."""
    step("looking at the file", 0.0)
    kind = sniff(path, limits)
    tables: list[RawTable] = []
    sheets: list[SheetNote] = []
    refused: list[tuple[str, Refused]] = []
    for name, grid, why in _grids(path, kind.container, limits):
        step(f"reading {name}" if name else "reading", 0.1)
        if grid is None:
            sheets.append(SheetNote(name, 0, False, why))
            continue
        found = tables_of(grid)
        rows = sum(len(table.rows) for table in found.tables)
        used = bool(found.tables)
        sheets.append(SheetNote(name, rows, used, "" if used else "empty"))
        tables.extend(found.tables)
        refused.extend((name, row) for row in found.refused)
    if not tables:
        raise RefusedFileError(_nothing(sheets))
    return RawFile(kind.says, tuple(tables), tuple(sheets), tuple(refused))


def _grids(
    path: Path, container: Container, limits: Limits
) -> Iterator[tuple[str, Grid | None, str]]:
    match container:
        case Container.TEXT:
            from kpi.ingest.text import read_text

            yield "", read_text(path, limits), ""
        case Container.HTML | Container.MHTML | Container.SPREADSHEETML:
            from kpi.ingest.markup import read_markup

            for grid in read_markup(path, container, limits):
                yield grid.sheet, grid, ""
        case _:
            from kpi.ingest.workbook import read_workbook

            for sheet in read_workbook(path, container, limits):
                yield sheet.name, sheet.grid, sheet.why


def _nothing(sheets: list[SheetNote]) -> str:
    hidden = [sheet.name for sheet in sheets if sheet.why == "hidden"]
    if hidden:
        return (
            f"Every sheet with cells is hidden ({', '.join(map(repr, hidden[:5]))}). "
            "Unhide the one to be read and upload the file again."
        )
    return "The file holds no cells. Export it again."
