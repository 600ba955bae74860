"""Workbooks put together part by part, so that any part can be wrong."""

import io
import struct
import warnings
import zipfile
from xml.sax.saxutils import escape

HEADINGS = ("Date", "Line", "Produced", "Scrap")
ROWS = [(46023 + n, f"L{n % 3}", 100 + n, n % 4) for n in range(12)]
CSV = "Date,Line,Produced,Scrap\n" + "".join(
    f"2026-01-{n + 1:02},L{n % 3},{100 + n},{n % 4}\n" for n in range(12)
)
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
STRICT = "http://purl.oclc.org/ooxml/spreadsheetml/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'

DATE_STYLES = (
    f'{XML}<styleSheet xmlns="{MAIN}"><fonts count="1"><font/></fonts><fills count="1"><fill/>'
    '</fills><borders count="1"><border/></borders><cellStyleXfs count="1"><xf/></cellStyleXfs>'
    '<cellXfs count="2"><xf numFmtId="0"/><xf numFmtId="14" applyNumberFormat="1"/></cellXfs>'
    "</styleSheet>"
)
TYPES = (
    f'{XML}<Types xmlns="{PACKAGE}/content-types"><Default Extension="rels" '
    'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" '
    'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>'
    "</Types>"
)


def letter(column):
    """The letters of a column, from 0."""
    text = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        text = chr(65 + rest) + text
    return text


def cell(row, column, value, style=""):
    """One cell from 1 and 0; a text stands in the cell itself."""
    place = f'r="{letter(column)}{row}"'
    if value is None:
        return ""
    if isinstance(value, str):
        return f'<c {place} t="inlineStr"><is><t>{escape(value)}</t></is></c>'
    return f"<c {place}{style}><v>{value}</v></c>"


def rows_xml(rows=ROWS, headings=HEADINGS, first=1):
    """Heading and rows, the first column being days."""
    lines = [[*headings], *rows] if headings else list(rows)
    out = []
    for n, row in enumerate(lines, first):
        cells = "".join(
            cell(n, c, v, ' s="1"' if c == 0 and not isinstance(v, str) else "")
            for c, v in enumerate(row)
        )
        out.append(f'<row r="{n}">{cells}</row>')
    return "".join(out)


def sheet_xml(data=None, *, before="", after="", namespace=MAIN, head=XML, cols=""):
    """A sheet's part around its rows."""
    return (
        f'{head}<worksheet xmlns="{namespace}" xmlns:r="{OFFICE}">{before}{cols}<sheetData>'
        f"{rows_xml() if data is None else data}</sheetData>{after}</worksheet>"
    )


def workbook_xml(names=("Data",), *, states=None, more="", namespace=MAIN, head=XML):
    """The list of sheets."""
    states = states or {}
    sheets = "".join(
        f'<sheet name="{escape(name, {chr(34): "&quot;"})}" sheetId="{n}"{states.get(name, "")} '
        f'r:id="rId{n}"/>'
        for n, name in enumerate(names, 1)
    )
    return (
        f'{head}<workbook xmlns="{namespace}" xmlns:r="{OFFICE}">{more}<sheets>{sheets}</sheets>'
        "</workbook>"
    )


def relation(number, kind, target, mode=""):
    """One relation of a part."""
    external = ' TargetMode="External"' if mode else ""
    return f'<Relationship Id="rId{number}" Type="{OFFICE}/{kind}" Target="{target}"{external}/>'


def relations(*inner):
    """A part of relations."""
    return f'{XML}<Relationships xmlns="{PACKAGE}/relationships">{"".join(inner)}</Relationships>'


def parts(sheets=None, **changes):
    """The parts of a workbook by name; ``changes`` by the parts' short names, ``None`` takes out.

    Short names: types, root, workbook, links, styles, shared; ``more`` holds further parts.
    """
    sheets = {"Data": sheet_xml()} if sheets is None else sheets
    count = len(sheets)
    links = [relation(n, "worksheet", f"worksheets/sheet{n}.xml") for n in range(1, count + 1)]
    links.append(relation(count + 1, "styles", "styles.xml"))
    if changes.get("shared"):
        links.append(relation(count + 2, "sharedStrings", "sharedStrings.xml"))
    found = {
        "[Content_Types].xml": changes.get("types", TYPES),
        "_rels/.rels": changes.get(
            "root", relations(relation(1, "officeDocument", "xl/workbook.xml"))
        ),
        "xl/workbook.xml": changes.get("workbook", workbook_xml(tuple(sheets))),
        "xl/_rels/workbook.xml.rels": changes.get("links", relations(*links)),
        "xl/styles.xml": changes.get("styles", DATE_STYLES),
        "xl/sharedStrings.xml": changes.get("shared"),
    }
    for n, xml in enumerate(sheets.values(), 1):
        found[f"xl/worksheets/sheet{n}.xml"] = xml
    found |= changes.get("more", {})
    return {name: bytes_of(data) for name, data in found.items() if data is not None}


def bytes_of(data):
    """A part's content as bytes."""
    return data.encode() if isinstance(data, str) else data


def zipped(found, packing=zipfile.ZIP_DEFLATED, level=6):
    """An archive of parts: a mapping, or pairs where a name comes twice."""
    file = io.BytesIO()
    pairs = found.items() if isinstance(found, dict) else found
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a part twice
        with zipfile.ZipFile(file, "w", packing, compresslevel=level) as archive:
            for name, data in pairs:
                archive.writestr(name, bytes_of(data))
    return file.getvalue()


def book(sheets=None, **changes):
    """A workbook's bytes."""
    return zipped(parts(sheets, **changes))


def shared(*texts, count=None):
    """A table of shared strings."""
    count = len(texts) if count is None else count
    inner = "".join(f"<si><t>{escape(t)}</t></si>" for t in texts)
    return f'{XML}<sst xmlns="{MAIN}" count="{count}" uniqueCount="{count}">{inner}</sst>'


# --- OpenDocument ---------------------------------------------------------------------------------

_ODF = "urn:oasis:names:tc:opendocument:xmlns:"
ODS_TYPE = "application/vnd.oasis.opendocument.spreadsheet"
MANIFEST = (
    f'{XML}<manifest:manifest xmlns:manifest="{_ODF}manifest:1.0"><manifest:file-entry '
    f'manifest:full-path="/" manifest:media-type="{ODS_TYPE}"/></manifest:manifest>'
)


def ods_cell(value, more=""):
    """One cell by the type of its value."""
    if value is None:
        return f"<table:table-cell{more}/>"
    if isinstance(value, str):
        return (
            f'<table:table-cell office:value-type="string"{more}><text:p>{escape(value)}</text:p>'
            "</table:table-cell>"
        )
    return f'<table:table-cell office:value-type="float" office:value="{value}"{more}/>'


def ods_row(values, more=""):
    """One row of cells."""
    return f"<table:table-row{more}>{''.join(map(ods_cell, values))}</table:table-row>"


ODS_ROWS = [
    HEADINGS,
    *((f"2026-01-{n + 1:02}", f"L{n % 3}", 100 + n, n % 4) for n in range(12)),
]


def content_xml(rows=None, *, tables=None, head=XML):
    """The content of a spreadsheet: the rows of one table, or whole tables."""
    if tables is None:
        inner = "".join(map(ods_row, ODS_ROWS)) if rows is None else rows
        tables = f'<table:table table:name="Data">{inner}</table:table>'
    return (
        f'{head}<office:document-content xmlns:office="{_ODF}office:1.0" xmlns:table="{_ODF}table:1.0" '
        f'xmlns:text="{_ODF}text:1.0"><office:body><office:spreadsheet>{tables}</office:spreadsheet>'
        "</office:body></office:document-content>"
    )


def ods(content=None, **more):
    """An OpenDocument spreadsheet's bytes."""
    found = {
        "mimetype": ODS_TYPE,
        "content.xml": content_xml() if content is None else content,
        "META-INF/manifest.xml": MANIFEST,
    }
    return zipped({**found, **more})


# --- archives bent by hand -------------------------------------------------------------------------


def with_claimed_size(data, name, claimed):
    """The archive, the listing of one part saying another unpacked size, in both its places."""
    out = bytearray(data)
    for mark, size_at, name_at in ((b"PK\x01\x02", 24, 46), (b"PK\x03\x04", 22, 30)):
        at = -1
        while (at := data.find(mark, at + 1)) >= 0:
            if data[at + name_at : at + name_at + len(name)] == name.encode():
                struct.pack_into("<L", out, at + size_at, claimed)
    return bytes(out)


def overlapping(inner_megabytes=20, copies=200):
    """Many entries of the listing that all lead to the same packed bytes."""
    name = "xl/worksheets/sheet1.xml"
    data = zipped({name: b" " * (inner_megabytes << 20)})
    directory = data.find(b"PK\x01\x02")
    entry = data[directory : data.find(b"PK\x05\x06")]
    out = bytearray(data[:directory])
    for n in range(copies):
        alike = f"xl/worksheets/shee{n:03}.xml"[: len(name)].encode().ljust(len(name), b"x")
        out += entry.replace(name.encode(), alike)
    size = len(out) - directory
    out += struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, copies, copies, size, directory, 0)
    return bytes(out)
