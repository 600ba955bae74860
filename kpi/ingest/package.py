"""What an xlsx package tells without reading its cells: sizes, epoch, formulas without results."""

import re
import tempfile
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, Final
from xml.etree import ElementTree

from kpi.errors import RefusedFileError
from kpi.ingest.container import Container
from kpi.texts import said, said_n

HEAD_BYTES: Final = 2 << 20
"""How much of a sheet is looked at; what a writer leaves out, it leaves out from the start."""

PREVIEW_ROWS: Final = 200
FIRST_ROWS: Final = 20
"""Cells merged above are titles and headings."""

_NO_RESULT: Final = re.compile(
    rb"<(?:\w+:)?c\b([^>]*)>\s*<(?:\w+:)?f(?:[ >][^<]*</(?:\w+:)?f>|[^>]*/>)\s*"
    rb"(?:<(?:\w+:)?v>\s*</(?:\w+:)?v>|<(?:\w+:)?v\s*/>)?\s*</(?:\w+:)?c>"
)
"""A formula without a stored result; an empty text (t="str") is a result."""

_ERROR: Final = re.compile(rb"\bt=[\"']e[\"']")
_HIDDEN_ROW: Final = re.compile(rb"<(?:\w+:)?row\b[^>]*\bhidden=\"(?:1|true)\"")
_MERGED: Final = re.compile(rb"ref=\"[A-Z]+(\d{1,7}):[A-Z]+(\d{1,7})\"")
_LAST_ROW: Final = re.compile(rb"row\b[^>]*?\br=\"(\d{1,9})\"")
_FAR_ROW: Final = re.compile(rb"\br=\"[A-Z]{1,3}(\d{5,9})\"")
_FAR_COLUMN: Final = re.compile(rb"\br=\"([A-Z]{3})\d")
_DIMENSION: Final = re.compile(rb"<(?:\w+:)?dimension[^>]*ref=\"[^\":]*:([A-Z]+)(\d+)\"")


@dataclass(frozen=True, slots=True)
class SheetFacts:
    """One sheet's part in the package: its name there, its unpacked size, and what is odd in it."""

    part: str
    size: int
    claimed: tuple[int, int]  # rows and columns of the dimension tag; (0, 0) where there is none
    notes: tuple[str, ...]
    doubts: tuple[str, ...]
    pivot: bool = False  # a pivot table stands on it
    errors: bool = True  # it may hold error cells
    merged: bool = False  # cells below its first rows are merged over several rows


def _open(archive: zipfile.ZipFile) -> dict[str, str]:
    """Part names as stored, by their proper form (some writers use backslashes)."""
    return {n.replace("\\", "/").lstrip("/").lower(): n for n in archive.namelist()}


def facts_of_sheets(path: Path) -> dict[str, SheetFacts]:
    """Facts by sheet name; a package that is put together unusually has none."""
    try:
        with zipfile.ZipFile(path) as archive:
            return {sheet: _facts(archive, part) for sheet, part in sheet_parts(archive).items()}
    except zipfile.BadZipFile as error:
        if "CRC" in str(error):  # the reader of the values would not notice
            raise RefusedFileError(CHANGED) from error
        return {}
    except (ElementTree.ParseError, zlib.error, KeyError, OSError, ValueError, EOFError):
        return {}


CHANGED: Final = said(
    "The workbook is damaged: a part of it is not what was saved. Save or export it again."
)


def sheet_parts(archive: zipfile.ZipFile) -> dict[str, str]:
    """The part that holds each sheet, by the sheet's name."""
    names = _open(archive)
    relations = ElementTree.fromstring(_small(archive, names["xl/_rels/workbook.xml.rels"]))
    targets = {r.get("Id"): r.get("Target", "") for r in relations}
    book = ElementTree.fromstring(_small(archive, names["xl/workbook.xml"]))
    found = {}
    for element in book.iter():
        if element.tag.rsplit("}", 1)[-1] != "sheet":
            continue
        relation = next((v for k, v in element.attrib.items() if k.endswith("}id")), None)
        target = targets.get(relation, "").replace("\\", "/")
        full = target.lstrip("/") if target.startswith("/") else str(PurePosixPath("xl") / target)
        if full.lower() in names:
            found[element.get("name", "")] = names[full.lower()]
    return found


def _small(archive: zipfile.ZipFile, name: str) -> bytes:
    """A part that ought to be small; entity declarations have no place in it."""
    with archive.open(name) as part:
        data = part.read(HEAD_BYTES)
    if b"<!ENTITY" in data or b"<!DOCTYPE" in data:
        raise ValueError(name)
    return data


def _facts(archive: zipfile.ZipFile, part: str) -> SheetFacts:
    info = archive.getinfo(part)
    with archive.open(part) as stream:
        head = stream.read(HEAD_BYTES)
        tail = _tail(stream) if info.file_size > HEAD_BYTES else head
    notes, doubts = [], []
    without = sum(b't="str"' not in m[1] for m in _NO_RESULT.finditer(head))
    if without:
        doubts.append(unfinished(without))
    hidden = len(_HIDDEN_ROW.findall(head))
    if hidden:
        notes.append(hidden_rows(hidden))
    return SheetFacts(
        part,
        info.file_size,
        _claimed(head, whole=info.file_size <= HEAD_BYTES),
        tuple(notes),
        tuple(doubts),
        _has_pivot(archive, part),
        info.file_size > HEAD_BYTES or _ERROR.search(head) is not None,
        _merges_rows(tail),
    )


def _tail(stream: IO[bytes]) -> bytes:
    """The last megabyte or so of a part, where a sheet lists its merged cells."""
    before = last = b""
    while piece := stream.read(1 << 20):
        before, last = last, piece
    return before + last


def _merges_rows(tail: bytes) -> bool:
    """A cell below the first rows is merged over several rows."""
    start = tail.find(b"mergeCells")
    return start >= 0 and any(
        int(bottom) > max(int(top), FIRST_ROWS) for top, bottom in _MERGED.findall(tail, start)
    )


def hidden_rows(count: int) -> str:
    """Rows that the spreadsheet does not show."""
    return said_n(
        "{n} hidden or filtered row is read as well.",
        "{n} hidden or filtered rows are read as well.",
        n=count,
    )


def unfinished(count: int) -> str:
    """Formulas that nobody has calculated yet; of a long sheet only the beginning is counted."""
    return said_n(
        "{n} formula has no stored result and reads as blank: open the file in Excel and save it.",
        "{n} formulas have no stored result and read as blank: open the file in Excel and save it.",
        n=count,
    )


def _has_pivot(archive: zipfile.ZipFile, part: str) -> bool:
    """The sheet's relations name a pivot table."""
    folder, _, name = part.replace("\\", "/").lstrip("/").rpartition("/")
    relations = _open(archive).get(f"{folder}/_rels/{name}.rels".lower())
    return relations is not None and b'/pivotTable"' in _small(archive, relations)


def _claimed(head: bytes, *, whole: bool) -> tuple[int, int]:
    """Rows and columns by the dimension tag, or by the outermost cells where these go further."""
    match = _DIMENSION.search(head[:4096])
    rows, columns = (int(match[2][:9]), _column(match[1][:4])) if match is not None else (0, 0)
    if whole:
        last = _LAST_ROW.search(head, max(head.rfind(b"<row"), head.rfind(b":row"), 0))
        rows = max(rows, int(last[1]) if last is not None else 0)
        rows = max([rows, *map(int, set(_FAR_ROW.findall(head)))])
        columns = max([columns, *map(_column, set(_FAR_COLUMN.findall(head)))])
    return rows, columns


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number


def first_rows(path: Path, facts: SheetFacts) -> Path | None:
    """A workbook of the sheet's first rows, in a temporary file the caller removes.

    The package is copied with the sheet cut after 200 rows, so that its first rows can be read
    typed without reading all. ``None`` where the sheet cannot be cut.
    """
    with zipfile.ZipFile(path) as archive:
        with archive.open(facts.part) as stream:
            cut = _cut(stream)
        if cut is None:
            return None
        handle = tempfile.NamedTemporaryFile(suffix=".xlsx", delete=False)  # noqa: SIM115
        with handle, zipfile.ZipFile(handle, "w") as small:
            for info in archive.infolist():
                if info.filename == facts.part:
                    small.writestr(info.filename, cut)
                elif not is_sheet(info.filename):
                    small.writestr(info.filename, archive.read(info))
        return Path(handle.name)


def is_sheet(name: str) -> bool:
    """The part of that name holds the cells of a sheet."""
    return "/worksheets/" in name.replace("\\", "/") and not name.endswith(".rels")


def _cut(stream: IO[bytes]) -> bytes | None:
    """The sheet's XML up to its 200th row, closed properly."""
    data, rows, at = b"", 0, 0
    while rows < PREVIEW_ROWS:
        more = stream.read(1 << 16)
        if not more or len(data) > HEAD_BYTES * 4:
            return None
        data += more
        while rows < PREVIEW_ROWS:
            found = data.find(b"</row>", at)
            if found < 0:
                break
            at, rows = found + len(b"</row>"), rows + 1
    return data[:at] + b"</sheetData></worksheet>"


def is_1904(path: Path, container: Container) -> bool:
    """Do the workbook's date serials count from 1904? Dates read are right in either case."""
    if container is Container.XLS:
        return b"\x22\x00\x02\x00\x01\x00" in path.read_bytes()
    if container is not Container.XLSX:
        return False
    try:
        with zipfile.ZipFile(path) as archive:
            book = _small(archive, _open(archive)["xl/workbook.xml"])
    except (zipfile.BadZipFile, KeyError, OSError, ValueError, EOFError):
        return False
    return re.search(rb"date1904=\"(1|true)\"", book) is not None
