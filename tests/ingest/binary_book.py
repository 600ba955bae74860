"""A writer of small .xlsb workbooks, record by record: no program here writes them."""

import struct
import zipfile
from datetime import date, datetime

ROW, BLANK, ERROR, BOOL, REAL, TEXT, ERROR_RESULT = 0, 1, 3, 4, 5, 6, 11
SHEET_DATA, SHEET_DATA_END, EXTENT = 145, 146, 148
SHEETS, SHEETS_END, SHEET, BOOK, BOOK_END, CALCULATION = 143, 144, 156, 153, 132, 157
MERGE, MERGES, MERGES_END, HIDDEN_ROW = 176, 177, 178, 0x10
FORMATS, FORMATS_END, FORMAT = 617, 618, 47
GENERAL, DAY = 0, 1
ERRORS = {"#DIV/0!": 0x07, "#N/A": 0x2A}
STATES = {"visible": 0, "hidden": 1, "veryHidden": 2}

TYPES = (
    '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="bin" ContentType="application/vnd.ms-excel.sheet.binary.macroEnabled.main"/>'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    "</Types>"
)
RELATIONS = '<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{}</Relationships>'
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/"


def number(value):
    """A record's kind or length: seven bits a byte, the low ones first."""
    out = bytearray()
    while True:
        value, low = value >> 7, value & 0x7F
        out.append(low | (0x80 if value else 0))
        if not value:
            return bytes(out)


def record(kind, body=b""):
    """One record. The kind is two bytes from 128 on, its low seven bits first."""
    return number(kind) + number(len(body)) + body


def wide(text):
    return struct.pack("<I", len(text)) + text.encode("utf-16-le")


def cell(column, value):
    """A cell by the type of its value; ``=#N/A`` is a formula that ends in an error."""
    style = DAY if isinstance(value, date) else GENERAL
    place = struct.pack("<I", column) + struct.pack("<I", style)
    if value is None:
        return record(BLANK, place)
    if isinstance(value, bool):
        return record(BOOL, place + bytes([value]))
    if isinstance(value, str) and value.lstrip("=") in ERRORS:
        code = bytes([ERRORS[value.lstrip("=")]])
        if value.startswith("="):
            return record(ERROR_RESULT, place + code + struct.pack("<HII", 0, 0, 0))
        return record(ERROR, place + code)
    if isinstance(value, str):
        return record(TEXT, place + wide(value))
    if isinstance(value, date):
        moment = datetime(*value.timetuple()[:6])
        value = (moment - datetime(1899, 12, 30)).total_seconds() / 86400
    return record(REAL, place + struct.pack("<d", value))


def sheet_part(rows, merges=(), hidden=()):
    """The binary part of one sheet; ``merges`` as (top, bottom, left, right) from 0."""
    width = max((len(row) for row in rows), default=1)
    out = record(EXTENT, struct.pack("<4I", 0, max(len(rows) - 1, 0), 0, width - 1))
    out += record(SHEET_DATA)
    for index, row in enumerate(rows):
        flags = HIDDEN_ROW if index in hidden else 0
        out += record(ROW, struct.pack("<I", index) + bytes(7) + bytes([flags]) + bytes(13))
        out += b"".join(cell(column, value) for column, value in enumerate(row))
    out += record(SHEET_DATA_END) + record(MERGES, struct.pack("<I", len(merges)))
    out += b"".join(record(MERGE, struct.pack("<4I", *merge)) for merge in merges)
    return out + record(MERGES_END)


def write(path, sheets, states=None, **first):
    """A workbook of sheets (name -> rows) at ``path``; ``first`` says more of the first."""
    states = states or {}
    book = record(BOOK, struct.pack("<I", 0) + struct.pack("<I", 0) + wide("")) + record(SHEETS)
    relations = []
    for i, name in enumerate(sheets, 1):
        state = STATES[states.get(name, "visible")]
        book += record(SHEET, struct.pack("<II", state, i) + wide(f"rId{i}") + wide(name))
        relations.append(
            f'<Relationship Id="rId{i}" Type="{OFFICE}worksheet" Target="worksheets/sheet{i}.bin"/>'
        )
    book += record(SHEETS_END) + record(CALCULATION, bytes(26)) + record(BOOK_END)
    styles = record(FORMATS, struct.pack("<I", 2))
    for shown in (0, 14):
        styles += record(FORMAT, struct.pack("<HH", 0, shown) + bytes(12))
    styles += record(FORMATS_END)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("[Content_Types].xml", TYPES)
        archive.writestr(
            "_rels/.rels",
            RELATIONS.format(f'<Relationship Id="rId1" Type="{OFFICE}officeDocument" Target="xl/workbook.bin"/>'),
        )  # fmt: skip
        archive.writestr("xl/workbook.bin", book)
        archive.writestr("xl/_rels/workbook.bin.rels", RELATIONS.format("".join(relations)))
        archive.writestr("xl/styles.bin", styles)
        for i, rows in enumerate(sheets.values(), 1):
            more = first if i == 1 else {}
            archive.writestr(f"xl/worksheets/sheet{i}.bin", sheet_part(rows, **more))
    return path
