"""A file's bytes to its raw tables: container, sheets, tables, in that order."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import numpy as np

from kpi.errors import RefusedFileError
from kpi.ingest.container import Container, sniff
from kpi.ingest.grid import Grid, Refused, text_of
from kpi.ingest.layout import tables_of
from kpi.ingest.limits import DEFAULT_LIMITS, Limits
from kpi.ingest.raw import RawTable
from kpi.ingest.reading import SheetNote

if TYPE_CHECKING:
    from kpi.ingest.workbook import SheetRead

Step = Callable[[str, float], None]


@dataclass(frozen=True, slots=True)
class RawFile:
    """All that stands in a file, before any heading has a meaning."""

    container: str
    tables: tuple[RawTable, ...]
    sheets: tuple[SheetNote, ...]
    refused: tuple[tuple[str, Refused], ...]  # sheet, row


def _silent(_step: str, _share: float) -> None:
    """Report nothing."""


def raw_file(
    path: Path,
    limits: Limits = DEFAULT_LIMITS,
    step: Step = _silent,
    *,
    careful: bool = False,
) -> RawFile:
    """Read every visible sheet into raw tables. Raises ``RefusedFileError``.

    ``careful`` reads a repaired copy of an xlsx workbook: for the second attempt, after the first
    has cost a process its life.
    """
    step("looking at the file", 0.0)
    kind = sniff(path, limits)
    tables: list[RawTable] = []
    sheets: list[SheetNote] = []
    refused: list[tuple[str, Refused]] = []
    for name, grid, why in _grids(path, kind.container, limits, careful=careful):
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


def cells_of(raw: RawFile, sheet: str, row: int) -> list[tuple[str, str]]:
    """Heading and cell of one row, as text, in the file's order; empty where there is no such row.

    Rows that were taken out as totals or refused for their shape are found as well.
    """
    for table in (table for table in raw.tables if table.sheet == sheet):
        heads = [column.heading or column.letter for column in table.columns]
        places = np.flatnonzero(table.rows == row)
        if len(places):
            at = int(places[0])
            return [
                (head, text_of(column.cell(at)))
                for head, column in zip(heads, table.columns, strict=True)
            ]
        for total in table.totals:
            if total.row == row:
                said = {heads[0]: total.label} if total.label else {}
                return [(h, text_of(c)) for h, c in {**said, **total.values}.items()]
    for name, refused in raw.refused:
        if name == sheet and refused.row == row:
            heads = next((list(t.headings) for t in raw.tables if t.sheet == sheet), [])
            heads += [""] * (len(refused.cells) - len(heads))
            return list(zip(heads, refused.cells, strict=False))
    return []


def _grids(
    path: Path, container: Container, limits: Limits, *, careful: bool
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
            for sheet in _workbook(path, container, limits, careful=careful):
                yield sheet.name, sheet.grid, sheet.why


def _workbook(
    path: Path, container: Container, limits: Limits, *, careful: bool
) -> Iterator["SheetRead"]:
    """The sheets of a workbook; of a repaired copy where it cannot be read as it is."""
    from kpi.ingest.workbook import DamagedWorkbookError, read_workbook

    if container is Container.XLSX and not careful:
        sheets = []
        try:
            sheets = list(read_workbook(path, container, limits))
        except DamagedWorkbookError:
            careful = True
        yield from sheets
    if container is not Container.XLSX:
        yield from read_workbook(path, container, limits)
    elif careful:
        yield from _repaired(path, limits)


def _repaired(path: Path, limits: Limits) -> Iterator["SheetRead"]:
    from kpi.ingest.repair import repair
    from kpi.ingest.workbook import read_workbook

    with TemporaryDirectory(prefix="clause-nine-") as folder:
        mended = repair(path, Path(folder))
        for sheet in read_workbook(mended.path, Container.XLSX, limits, trusted=True):
            text = mended.left_out.get(sheet.name)
            if sheet.grid is None or text is None:
                yield sheet
            else:
                grid = replace(sheet.grid, doubts=(*sheet.grid.doubts, text))
                yield replace(sheet, grid=grid)


def _nothing(sheets: list[SheetNote]) -> str:
    hidden = [sheet.name for sheet in sheets if sheet.why == "hidden"]
    if hidden:
        return (
            f"Every sheet with cells is hidden ({', '.join(map(repr, hidden[:5]))}). "
            "Unhide the one to be read and upload the file again."
        )
    return "The file holds no cells. Export it again."
