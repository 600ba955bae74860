"""A file's bytes to its raw tables: container, sheets, tables, in that order."""

import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

import numpy as np

from kpi.errors import RefusedFileError
from kpi.ingest.container import Container, sniff
from kpi.ingest.grid import EMPTY, NO_CELLS, PIVOT, Grid, Refused, SheetRead, text_of
from kpi.ingest.layout import SheetTables, tables_of
from kpi.ingest.limits import DEFAULT_LIMITS, Limits
from kpi.ingest.raw import RawTable
from kpi.ingest.reading import SheetNote
from kpi.ingest.wishes import INCLUDE, LEAVE, Wishes, topic_of
from kpi.scratch import private_folder
from kpi.texts import joined, said

LEFT_OUT: Final = said("left out, as you asked")
NO_WISHES: Final = Wishes()

Step = Callable[[str, float], None]


@dataclass(frozen=True, slots=True)
class RawFile:
    """All that stands in a file, before any heading has a meaning."""

    container: str
    tables: tuple[RawTable, ...]
    sheets: tuple[SheetNote, ...]
    refused: tuple[tuple[str, Refused], ...]  # sheet, row
    wished: Mapping[str, str] = field(default_factory=dict)  # what a feed remembers of its sheets


def _silent(_step: str, _share: float) -> None:
    """Report nothing."""


def raw_file(
    path: Path,
    limits: Limits = DEFAULT_LIMITS,
    step: Step = _silent,
    *,
    careful: bool = False,
    wishes: Wishes = NO_WISHES,
) -> RawFile:
    """Read every sheet that counts into raw tables. Raises ``RefusedFileError``.

    Hidden sheets and pivots count where ``wishes`` say so. ``careful`` reads a repaired copy of an
    xlsx workbook: for the second attempt, after the first has cost a process its life.
    """
    step("looking at the file", 0.0)
    kind = sniff(path, limits)
    read: list[_Sheet] = []
    for found in _sheets(path, kind.container, limits, wishes, careful=careful):
        step(f"reading {found.name}" if found.name else "reading", 0.1)
        read.append(_Sheet(found, tables_of(found.grid) if found.grid else SheetTables(())))
    notes: list[SheetNote] = []
    counted: list[_Sheet] = []
    wished: dict[str, str] = {}
    signatures = [_signature(table) for sheet in read for table in sheet.found.tables]
    for sheet in read:
        word = wishes.answer(sheet.name) or wishes.of_feed(sheet.name, signatures)
        if word:
            wished[topic_of(sheet.name)] = word
        notes.append(_note_of(sheet, word, wishes))
        if notes[-1].used:
            counted.append(sheet)
    if not counted:
        raise NoSheetError(_nothing(notes), kind.says, tuple(notes))
    return RawFile(
        kind.says,
        tuple(table for sheet in counted for table in sheet.found.tables),
        tuple(notes),
        tuple((sheet.name, row) for sheet in counted for row in sheet.found.refused),
        wished,
    )


class NoSheetError(RefusedFileError):
    """No sheet of the file counts as it stands; ``sheets`` says of each why."""

    def __init__(self, text: str, container: str, sheets: tuple[SheetNote, ...]) -> None:
        super().__init__(text)
        self.container = container
        self.sheets = sheets


class _Sheet:
    """What became of a sheet, and the tables found in it; its grid is let go."""

    def __init__(self, read: SheetRead, found: SheetTables) -> None:
        self.name, self.why, self.hidden = read.name, read.why, read.hidden
        self.found = found
        self.can_count = read.grid is not None or read.why not in (EMPTY, NO_CELLS)


def _note_of(sheet: _Sheet, word: str, wishes: Wishes) -> SheetNote:
    """Whether a sheet counts: by the word of user or feed, else where nothing speaks against it."""
    rows = sum(len(table.rows) for table in sheet.found.tables)
    why = {INCLUDE: "", LEAVE: LEFT_OUT}.get(word, sheet.why)
    if not sheet.found.tables and not why:
        why = EMPTY
    id = wishes.id_of(sheet.name) if sheet.can_count else ""
    return SheetNote(sheet.name, 0 if why else rows, not why, why, id, sheet.hidden)


def _signature(table: RawTable) -> frozenset[str]:
    """The normalised headings, as a feed remembers them."""
    from kpi.ingest.vocabulary import vocabulary

    return frozenset(vocabulary().normalise(h).key for h in table.headings if h)


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


def grids_of(path: Path, limits: Limits = DEFAULT_LIMITS) -> Iterator[Grid]:
    """The visible sheets of a file as grids, before any table is looked for."""
    for sheet in _sheets(path, sniff(path, limits).container, limits, NO_WISHES, careful=False):
        if sheet.grid is not None:
            yield sheet.grid


def sheets_of(path: Path, limits: Limits, *, careful: bool = False) -> Iterator[SheetRead]:
    """Every sheet of a file, visible ones with their grid, before any table is looked for."""
    yield from _sheets(path, sniff(path, limits).container, limits, NO_WISHES, careful=careful)


def _sheets(
    path: Path, container: Container, limits: Limits, wishes: Wishes, *, careful: bool
) -> Iterator[SheetRead]:
    match container:
        case Container.TEXT:
            from kpi.ingest.text import read_text

            yield SheetRead("", read_text(path, limits))
        case Container.ODS | Container.FODS:
            from kpi.ingest.opendocument import read_opendocument

            yield from read_opendocument(path, limits)
        case Container.HTML | Container.MHTML | Container.SPREADSHEETML:
            from kpi.ingest.markup import read_markup

            yield from read_markup(path, container, limits)
        case _:
            with _named_by_kind(path, container) as named:
                yield from _workbook(named, container, limits, wishes, careful=careful)


@contextmanager
def _named_by_kind(path: Path, container: Container) -> Iterator[Path]:
    """The file under a name of its kind: the readers of workbooks believe the name's ending."""
    if path.suffix.lower() in ("", f".{container.value}"):
        yield path
        return
    with private_folder() as folder:
        named = folder / f"upload.{container.value}"
        try:
            named.symlink_to(path.absolute())
        except OSError:  # Windows asks for a privilege
            shutil.copyfile(path, named)
        yield named


def _workbook(
    path: Path, container: Container, limits: Limits, wishes: Wishes, *, careful: bool
) -> Iterator[SheetRead]:
    """The sheets of a workbook; of a repaired copy where it cannot be read as it is."""
    from kpi.ingest.workbook import DamagedWorkbookError, read_workbook

    if container is Container.XLSX and not careful:
        sheets = []
        try:
            sheets = list(read_workbook(path, container, limits, wanted=wishes.may_want))
        except DamagedWorkbookError:
            careful = True
        yield from sheets
    if container is not Container.XLSX:
        yield from read_workbook(path, container, limits, wanted=wishes.may_want)
    elif careful:
        yield from _repaired(path, limits, wishes)


def _repaired(path: Path, limits: Limits, wishes: Wishes) -> Iterator[SheetRead]:
    from kpi.ingest.repair import repair
    from kpi.ingest.workbook import read_workbook

    with private_folder() as folder:
        mended = repair(path, folder)
        sheets = read_workbook(
            mended.path, Container.XLSX, limits, trusted=True, wanted=wishes.may_want
        )
        for sheet in sheets:
            text = mended.left_out.get(sheet.name)
            if sheet.grid is None or text is None:
                yield sheet
            else:
                grid = replace(sheet.grid, doubts=(*sheet.grid.doubts, text))
                yield replace(sheet, grid=grid)


def _nothing(sheets: Sequence[SheetNote]) -> str:
    hidden = [sheet.name for sheet in sheets if sheet.hidden]
    if hidden:
        return joined(
            said(
                "Every sheet with cells is hidden ({sheets}).",
                sheets=", ".join(map(repr, hidden[:5])),
            ),
            said("Include the one to be read, or unhide it and upload the file again."),
        )
    pivots = [sheet.name for sheet in sheets if sheet.why == PIVOT]
    if pivots:
        return joined(
            said(
                "The only sheet with cells is a pivot table ({sheets}).",
                sheets=", ".join(map(repr, pivots[:5])),
            ),
            said("Export the rows it sums up, or include the sheet."),
        )
    return joined(said("The file holds no cells."), said("Export it again."))
