"""What a binary workbook (.xlsb) tells beside its values: error cells, merges, hidden rows, pivots.

Its readers pass over the errors of formulas and over merged cells. Damage ends the walk of a part;
what was found until then is told.
"""

import struct
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Final
from xml.etree import ElementTree

from kpi.ingest.biff import ERRORS, BiffBook, BiffSheet
from kpi.ingest.package import HEAD_BYTES

_ROW, _ERROR, _ERROR_RESULT = 0, 3, 11
_MERGE, _SHEET, _BOOK = 176, 156, 153
_HIDDEN: Final = 0x10
PART_BYTES: Final = 256 << 20


def read_biff12(path: Path) -> BiffBook | None:
    """The facts of an .xlsb file; ``None`` where its package cannot be walked."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = {n.replace("\\", "/").lstrip("/").lower(): n for n in archive.namelist()}
            sheets, epoch1904 = _book(archive.read(names["xl/workbook.bin"]))
            targets = _relations(archive, names, "xl/_rels/workbook.bin.rels")
            found = []
            for relation, name in sheets:
                part = targets.get(relation, ("", ""))[1]
                found.append(_sheet(archive, names, name, part))
    except (zipfile.BadZipFile, ElementTree.ParseError, KeyError, OSError, ValueError, EOFError):
        return None
    except (struct.error, zlib.error, IndexError, RuntimeError, NotImplementedError):
        return None
    return BiffBook(tuple(found), epoch1904)


def _relations(
    archive: zipfile.ZipFile, names: dict[str, str], rels: str
) -> dict[str, tuple[str, str]]:
    """Kind and target (a part's name, lower case) of each relation."""
    if rels.lower() not in names:
        return {}
    with archive.open(names[rels.lower()]) as part:
        data = part.read(HEAD_BYTES)
    if b"<!" in data:
        raise ValueError(rels)
    found = {}
    base = PurePosixPath(rels).parent.parent
    for relation in ElementTree.fromstring(data):
        target = relation.get("Target", "").replace("\\", "/")
        full = target.lstrip("/") if target.startswith("/") else str(base / target)
        found[relation.get("Id", "")] = (relation.get("Type", ""), full.lower())
    return found


def _records(data: bytes) -> Iterator[tuple[int, int, int]]:
    """Kind, start and end of every whole record. Kinds and lengths come in seven bits a byte."""
    at, end = 0, len(data)
    while at + 2 <= end:
        kind = data[at]
        at += 1
        if kind & 0x80:
            kind = (kind & 0x7F) | (data[at] & 0x7F) << 7
            at += 1
        length = shift = 0
        byte = 0x80
        while byte & 0x80 and shift <= 21 and at < end:
            byte = data[at]
            length |= (byte & 0x7F) << shift
            at, shift = at + 1, shift + 7
        yield kind, at, min(at + length, end)
        at += length


def _book(data: bytes) -> tuple[list[tuple[str, str]], bool]:
    """Relation and name of each sheet, in order, and whether days count from 1904."""
    sheets = []
    epoch1904 = False
    for kind, at, end in _records(data):
        if kind == _BOOK and end - at >= 4:
            epoch1904 = bool(data[at] & 1)
        elif kind == _SHEET:
            relation, after = _wide(data, at + 8)
            sheets.append((relation, _wide(data, after)[0]))
    return sheets, epoch1904


def _wide(data: bytes, at: int) -> tuple[str, int]:
    length = int(struct.unpack_from("<I", data, at)[0])
    end = at + 4 + 2 * length
    return data[at + 4 : end].decode("utf-16-le", "replace"), end


def _sheet(archive: zipfile.ZipFile, names: dict[str, str], name: str, part: str) -> BiffSheet:
    sheet = BiffSheet(name)
    if part not in names:
        return sheet
    folder, _, own = part.rpartition("/")
    kinds = _relations(archive, names, f"{folder}/_rels/{own}.rels").values()
    sheet.pivot = any(kind.endswith("/pivotTable") for kind, _ in kinds)
    with archive.open(names[part]) as stream:
        data = stream.read(PART_BYTES)
    row = 0
    for kind, at, end in _records(data):
        if _ROW < kind <= _ERROR_RESULT and end - at >= 4:
            sheet.rows = max(sheet.rows, row + 1)
            sheet.columns = max(sheet.columns, struct.unpack_from("<I", data, at)[0] + 1)
        if kind == _ROW and end - at >= 12:
            row = int(struct.unpack_from("<I", data, at)[0])
            sheet.hidden_rows += bool(data[at + 11] & _HIDDEN)
        elif kind in (_ERROR, _ERROR_RESULT) and end - at >= 9:
            column = int(struct.unpack_from("<I", data, at)[0])
            sheet.errors.append((row, column, ERRORS.get(data[at + 8], "#ERROR")))
        elif kind == _MERGE and end - at >= 16:
            top, bottom, left, right = struct.unpack_from("<4I", data, at)
            sheet.merges.append((top, left, bottom, right))
    return sheet
