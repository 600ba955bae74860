"""What an Excel 97-2003 workbook tells beside its values: error cells, hidden rows, pivots.

Walks the records of the workbook stream without parsing any formula, so that a formula nobody can
parse costs nothing. Damage ends the walk; what was found until then is told.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

OLE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_FREE: Final = 0xFFFFFFFA
"""Sector numbers from here on are marks (free, end of chain, table), not sectors."""

_BOF: Final = (0x0809, 0x0409, 0x0209, 0x0009)
_EOF, _BOUNDSHEET, _DATEMODE = 0x000A, 0x0085, 0x0022
_FORMULA, _FORMULA_3, _FORMULA_4 = 0x0006, 0x0206, 0x0406
_BOOLERR, _ROW, _PIVOT = 0x0205, 0x0208, 0x00B0
_STRING, _BETWEEN = 0x0207, (0x04BC, 0x0221, 0x0236, 0x003C)  # shared, array, table, continued
_IS_TEXT, _IS_ERROR, _IS_BLANK = 0, 2, 3
_TO_BE_CALCULATED, _HIDDEN = 0x02, 0x20

ERRORS: Final = {
    0x00: "#NULL!",
    0x07: "#DIV/0!",
    0x0F: "#VALUE!",
    0x17: "#REF!",
    0x1D: "#NAME?",
    0x24: "#NUM!",
    0x2A: "#N/A",
}


@dataclass
class BiffSheet:
    """One sheet: its error cells (row and column from 0, text), and what stands on it.

    ``unfinished`` are formulas that a program wrote without a result, to be calculated when the
    file is opened; ``blank`` those whose result is an empty text. ``merges`` (top, left, bottom,
    right) and the outermost cell (``rows``, ``columns``) are told of .xlsb files only, whose
    readers know no merges and allot whatever a damaged file claims.
    """

    name: str
    formulas: int = 0
    blank: list[tuple[int, int]] = field(default_factory=list)
    errors: list[tuple[int, int, str]] = field(default_factory=list)
    unfinished: list[tuple[int, int]] = field(default_factory=list)
    merges: list[tuple[int, int, int, int]] = field(default_factory=list)
    hidden_rows: int = 0
    pivot: bool = False
    rows: int = 0
    columns: int = 0


@dataclass(frozen=True, slots=True)
class BiffBook:
    """What was found; ``sheets`` in the workbook's order, chart and macro sheets included."""

    sheets: tuple[BiffSheet, ...]
    epoch1904: bool


def read_biff(path: Path) -> BiffBook | None:
    """The facts of an .xls file; ``None`` where it has no workbook stream that can be walked."""
    data = path.read_bytes()
    try:
        stream = _workbook_stream(data) if data.startswith(OLE) else data
    except (struct.error, IndexError, ValueError):
        return None
    return None if stream is None else _book(stream)


# --- the compound file ------------------------------------------------------------------------


def _workbook_stream(data: bytes) -> bytes | None:
    """The stream named Workbook (or Book) of a compound file."""
    shift, short_shift = struct.unpack_from("<HH", data, 30)
    if not (7 <= shift <= 16 and 2 <= short_shift < shift):
        return None
    size = 1 << shift
    first_dir, cutoff = struct.unpack_from("<I", data, 48)[0], struct.unpack_from("<I", data, 56)[0]
    fat = _fat(data, size)
    directory = _chained(data, size, fat, first_dir)
    for at in range(0, len(directory) - 127, 128):
        length = struct.unpack_from("<H", directory, at + 64)[0]
        name = directory[at : at + min(length, 64)].decode("utf-16-le", "replace").rstrip("\0")
        if name.lower() not in ("workbook", "book"):
            continue
        start, bytes_ = struct.unpack_from("<II", directory, at + 116)
        if bytes_ >= cutoff:
            return _chained(data, size, fat, start)[:bytes_]
        return _small(data, size, fat, directory, short_shift, start)[:bytes_]
    return None


def _fat(data: bytes, size: int) -> list[int]:
    """The table of sectors: which one follows which."""
    blocks = [b for b in struct.unpack_from("<109I", data, 76) if b < _FREE]
    block, per = struct.unpack_from("<I", data, 68)[0], size // 4
    seen: set[int] = set()
    while block < _FREE and block not in seen and (block + 2) * size <= len(data):
        seen.add(block)
        more = struct.unpack_from(f"<{per}I", data, (block + 1) * size)
        blocks += [b for b in more[:-1] if b < _FREE]
        block = more[-1]
    fat: list[int] = []
    for number in blocks[
        : len(data) // size // per + 1
    ]:  # more would tell of sectors beyond the file
        if (number + 2) * size <= len(data):
            fat += struct.unpack_from(f"<{per}I", data, (number + 1) * size)
    return fat


def _chain(fat: list[int], start: int) -> Iterator[int]:
    seen = 0
    while start < len(fat) and seen <= len(fat):
        yield start
        start, seen = fat[start], seen + 1


def _chained(data: bytes, size: int, fat: list[int], start: int) -> bytes:
    return b"".join(data[(n + 1) * size : (n + 2) * size] for n in _chain(fat, start))


def _small(
    data: bytes, size: int, fat: list[int], directory: bytes, short_shift: int, start: int
) -> bytes:
    """A stream below the cut-off lies in short sectors of the root's stream."""
    short = 1 << short_shift
    table = _chained(data, size, fat, struct.unpack_from("<I", data, 60)[0])
    short_fat = list(struct.unpack_from(f"<{len(table) // 4}I", table))
    root = _chained(data, size, fat, struct.unpack_from("<I", directory, 116)[0])
    return b"".join(root[n * short : (n + 1) * short] for n in _chain(short_fat, start))


# --- the records ------------------------------------------------------------------------------


def _records(stream: bytes, at: int) -> Iterator[tuple[int, bytes]]:
    while at + 4 <= len(stream):
        kind, length = struct.unpack_from("<HH", stream, at)
        yield kind, stream[at + 4 : at + 4 + length]
        at += 4 + length


def _book(stream: bytes) -> BiffBook | None:
    places: list[tuple[str, int]] = []
    epoch1904 = False
    for kind, body in _records(stream, 0):
        if kind == _BOUNDSHEET and len(body) >= 8:
            places.append((_name(body[6:]), struct.unpack_from("<I", body)[0]))
        elif kind == _DATEMODE and len(body) >= 2:
            epoch1904 = body[0] == 1
        elif kind == _EOF:
            break
    sheets = tuple(_sheet(stream, name, at) for name, at in places)
    return BiffBook(sheets, epoch1904) if sheets else None


def _name(body: bytes) -> str:
    length = body[0] if body else 0
    if len(body) > 1 and body[1] in (0, 1) and len(body) >= 2 + length * (1 + body[1]):
        codec = "utf-16-le" if body[1] else "latin-1"
        return body[2 : 2 + length * (1 + body[1])].decode(codec, "replace")
    return body[1 : 1 + length].decode("cp1252", "replace")


def _sheet(stream: bytes, name: str, at: int) -> BiffSheet:
    sheet = BiffSheet(name)
    depth = 0
    text_due: tuple[int, int] | None = None  # a formula whose text ought to follow
    for kind, body in _records(stream, at):
        if text_due is not None and kind not in _BETWEEN:
            if kind != _STRING:
                sheet.unfinished.append(text_due)
            text_due = None
        if kind in _BOF:
            depth += 1
        elif kind == _EOF:
            depth -= 1
            if depth <= 0:
                break
        elif depth == 1 and kind in (_FORMULA, _FORMULA_3, _FORMULA_4) and len(body) >= 16:
            text_due = _take_formula(sheet, body)
        elif depth == 1:
            _take(sheet, kind, body)
    if len(sheet.blank) == sheet.formulas:  # some programs write every result as an empty text
        sheet.unfinished += sheet.blank
    return sheet


def _take_formula(sheet: BiffSheet, body: bytes) -> tuple[int, int] | None:
    """Look at a formula's result; its place where the result is a text, which follows apart."""
    row, column = struct.unpack_from("<HH", body)
    result, options = body[6:14], body[14]
    sheet.formulas += 1
    if result[6:] == b"\xff\xff" and result[0] == _IS_BLANK:
        sheet.blank.append((row, column))
    elif result == bytes(8) and options & _TO_BE_CALCULATED:
        sheet.unfinished.append((row, column))
    elif result[6:] == b"\xff\xff" and result[0] == _IS_ERROR:
        sheet.errors.append((row, column, ERRORS.get(result[2], "#ERROR")))
    elif result[6:] == b"\xff\xff" and result[0] == _IS_TEXT:
        return row, column
    return None


def _take(sheet: BiffSheet, kind: int, body: bytes) -> None:
    if kind == _BOOLERR and len(body) >= 8 and body[7]:
        row, column = struct.unpack_from("<HH", body)
        sheet.errors.append((row, column, ERRORS.get(body[6], "#ERROR")))
    elif kind == _ROW and len(body) >= 16:
        sheet.hidden_rows += bool(struct.unpack_from("<H", body, 12)[0] & _HIDDEN)
    elif kind == _PIVOT:
        sheet.pivot = True
