"""A copy of an xlsx package that the reader can take: stray cells dropped, odd encodings undone.

A reader allots the whole rectangle up to the outermost cell, so one cell at XFD1048576 costs more
memory than there is. Such cells are left out of the copy, and named.
"""

import re
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from kpi.errors import RefusedFileError
from kpi.ingest.grid import letter_of
from kpi.ingest.package import is_sheet, sheet_parts
from kpi.texts import said, said_n

PART_BYTES: Final = 256 << 20
ROW_GAP: Final = 10_000
"""Blank rows between a table and a cell that has strayed from it."""
COLUMN_GAP: Final = 200
SPARSE: Final = 1_000_000
"""Rectangles up to this many cells are never too large."""

DIMENSION_BYTES: Final = 4096
"""Where a sheet may say how far it reaches; what it says is not needed to read it."""

_DIMENSION: Final = re.compile(rb"<(?:\w+:)?dimension\b[^>]*/>")
_CELL: Final = re.compile(
    rb"<c\b[^>]*?\br=\"([A-Z]{1,3})(\d{1,7})\"[^>]*?(?:/>|>.*?</c>)", re.DOTALL
)
_VALUE: Final = re.compile(rb"<v[^>]*>[^<]|<is\b")
_COUNTS: Final = re.compile(rb"\s(?:unique)?[cC]ount=\"\d*\"")

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Repaired:
    """Where the copy stands, and by sheet name the cells left out of it, in words."""

    path: Path
    left_out: dict[str, str]


def repair(path: Path, folder: Path) -> Repaired:
    """Copy the package into ``folder`` in a form that can be read."""
    copy = folder / "repaired.xlsx"
    left_out: dict[str, str] = {}
    try:
        with zipfile.ZipFile(path) as old, zipfile.ZipFile(copy, "w") as new:
            for info in old.infolist():
                new.writestr(info.filename.replace("\\", "/"), _part(old, info, left_out))
        with zipfile.ZipFile(copy) as archive:
            names = {part: sheet for sheet, part in sheet_parts(archive).items()}
    except RefusedFileError:
        raise
    except Exception as error:
        raise RefusedFileError(
            "The workbook is damaged and cannot be read. Open it in Excel and save it again."
        ) from error
    return Repaired(copy, {names.get(part, ""): text for part, text in left_out.items()})


def _part(archive: zipfile.ZipFile, info: zipfile.ZipInfo, left_out: dict[str, str]) -> bytes:
    with archive.open(info) as stream:
        data = stream.read(PART_BYTES + 1)
    if len(data) > PART_BYTES:
        raise RefusedFileError(
            "A part of the workbook is too large to be read. Export a shorter period, or as CSV."
        )
    name = info.filename.replace("\\", "/")
    if not name.endswith((".xml", ".rels")):
        return data
    data = _as_utf8(data)
    if name.lower().endswith("sharedstrings.xml"):
        head, body = data[:2048], data[2048:]
        return _COUNTS.sub(b"", head) + body
    if is_sheet(name):
        data = _DIMENSION.sub(b"", data[:DIMENSION_BYTES], count=1) + data[DIMENSION_BYTES:]
        data, text = _without_strays(data)
        if text:
            left_out[name] = text
    return data


def _as_utf8(data: bytes) -> bytes:
    """XML in UTF-16 becomes UTF-8, and says so."""
    if not data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data
    text = data.decode("utf-16")
    return re.sub(r"encoding=([\"'])[^\"']*\1", 'encoding="UTF-8"', text, count=1).encode()


def _without_strays(data: bytes) -> tuple[bytes, str]:
    """Drop the cells that stand far from all others; the sheet's XML and their names."""
    cells = list(_CELL.finditer(data))
    found = [(m[1], int(m[2])) for m in cells if _VALUE.search(m[0])]
    if not found:
        return data, ""
    rows = np.array([row for _, row in found], np.int64)
    columns = np.array([_column(letters) for letters, _ in found], np.int64)
    last_row, last_column = int(rows.max()), int(columns.max())
    if not _is_wide(rows, columns) and not _is_wide(
        np.array([int(m[2]) for m in cells], np.int64),
        np.array([_column(m[1]) for m in cells], np.int64),
    ):
        return data, ""
    if _is_wide(rows, columns):
        last_row, last_column = _end(rows, ROW_GAP), _end(columns, COLUMN_GAP)
    outside = np.flatnonzero((rows > last_row) | (columns > last_column))

    def kept(match: re.Match[bytes]) -> bytes:
        inside = int(match[2]) <= last_row and _column(match[1]) <= last_column
        return match[0] if inside else b""

    if not len(outside):
        return _CELL.sub(kept, data), ""
    names = [f"{letter_of(int(columns[i]) - 1)}{rows[i]}" for i in outside[:5]]
    text = (
        said(
            "{n} cells far from the table are left out: {cells} and others.",
            n=len(outside),
            cells=names,
        )
        if len(outside) > len(names)
        else said_n(
            "{n} cell far from the table is left out: {cells}.",
            "{n} cells far from the table are left out: {cells}.",
            n=len(outside),
            cells=names,
        )
    )
    return _CELL.sub(kept, data), text


def _is_wide(rows: Ints, columns: Ints) -> bool:
    """The cells span more than a reader ought to allot for them."""
    return int(rows.max() - rows.min() + 1) * int(columns.max() - columns.min() + 1) > SPARSE


def _end(places: Ints, gap: int) -> int:
    """The last place before the first wide gap."""
    distinct = np.unique(places)
    wide = np.flatnonzero(np.diff(distinct) > gap)
    return int(distinct[wide[0]] if len(wide) else distinct[-1])


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number
