"""OpenDocument spreadsheets (.ods, and .fods in one piece of XML) as grids of typed cells.

Read here and not by the common reader of workbooks, which knows neither merged cells nor errors nor
durations of this format. Parsed with entities, network and external files switched off.
"""

import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any, Final

from kpi.errors import RefusedFileError
from kpi.ingest.grid import EMPTY, HIDDEN, Grid, Merge, SheetRead
from kpi.ingest.limits import DEFAULT_LIMITS, Limits
from kpi.ingest.package import hidden_rows, unfinished
from kpi.ingest.raw import Cell
from kpi.texts import said

_NS: Final = "{urn:oasis:names:tc:opendocument:xmlns:%s:1.0}"
OFFICE, TABLE, TEXT = _NS % "office", _NS % "table", _NS % "text"
STYLE, NUMBER = _NS % "style", _NS % "datastyle"
_DURATION: Final = re.compile(r"(-?)P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:([\d.,]+)S)?)?")

FILLED_DOWN: Final = 10_000
"""A row repeated more often than this was filled down to the end of the sheet."""

DAMAGED: Final = said(
    "The spreadsheet is damaged and cannot be read. Open it and save it again, as .xlsx or CSV."
)


@dataclass
class _Styles:
    """What the styles of the document say of cells and sheets."""

    hidden_sheets: set[str] = field(default_factory=set)
    spans: set[str] = field(default_factory=set)  # cell styles that show hours above 24


def read_opendocument(path: Path, limits: Limits = DEFAULT_LIMITS) -> Iterator[SheetRead]:
    """The sheets of the document, in order; a hidden one with its grid. Raises ``RefusedFileError``."""
    from lxml import etree

    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=True
    )
    try:
        root = etree.fromstring(_content(path, limits), parser)
    except (
        etree.XMLSyntaxError,
        zipfile.BadZipFile,
        zlib.error,
        KeyError,
        OSError,
        EOFError,
        NotImplementedError,
        RuntimeError,
    ) as error:
        raise RefusedFileError(DAMAGED) from error
    styles = _styles(root)
    tables = [t for s in root.iter(f"{OFFICE}spreadsheet") for t in s.iterchildren(f"{TABLE}table")]
    if len(tables) > limits.sheets:
        raise RefusedFileError(
            said(
                "The workbook has {count} sheets; at most {most} are read. Save the sheets that "
                "matter in a workbook of their own.",
                count=len(tables),
                most=limits.sheets,
            )
        )
    for table in tables:
        name = table.get(f"{TABLE}name", "")
        hidden = table.get(f"{TABLE}style-name") in styles.hidden_sheets
        grid = _grid(name, table, styles, limits)
        if grid is None:
            yield SheetRead(name, None, EMPTY, hidden)
        else:
            yield SheetRead(name, grid, HIDDEN if hidden else "", hidden)


def _content(path: Path, limits: Limits) -> bytes:
    if not zipfile.is_zipfile(path):
        return path.read_bytes()
    with zipfile.ZipFile(path) as archive, archive.open("content.xml") as part:
        data = part.read(limits.inflated_bytes // 4 + 1)
    if len(data) > limits.inflated_bytes // 4:
        raise RefusedFileError(
            said("The spreadsheet is too large to be read. Export a shorter period, or as CSV.")
        )
    return data


def _styles(root: Any) -> _Styles:
    styles = _Styles()
    overflowing = {
        style.get(f"{STYLE}name")
        for style in root.iter(f"{NUMBER}time-style")
        if style.get(f"{NUMBER}truncate-on-overflow") == "false"
    }
    for style in root.iter(f"{STYLE}style"):
        name = style.get(f"{STYLE}name", "")
        if style.get(f"{STYLE}data-style-name") in overflowing:
            styles.spans.add(name)
        shown = style.find(f"{STYLE}table-properties")
        if shown is not None and shown.get(f"{TABLE}display") == "false":
            styles.hidden_sheets.add(name)
    return styles


@dataclass
class _Rows:
    """The filled cells of a sheet while it is read, by row and column from 0."""

    cells: dict[int, dict[int, Cell]] = field(default_factory=dict)
    merges: list[Merge] = field(default_factory=list)
    row: int = 0
    hidden: int = 0
    unfinished: int = 0  # formulas without a result
    alike: list[str] = field(default_factory=list)  # rows left out, each a row filled down


def _grid(name: str, table: Any, styles: _Styles, limits: Limits) -> Grid | None:
    read = _Rows()
    defaults = [
        column.get(f"{TABLE}default-cell-style-name", "")
        for column in table.iter(f"{TABLE}table-column")
        for _ in range(min(_count(column, "number-columns-repeated"), limits.columns))
    ]
    for element in table.iter(f"{TABLE}table-row"):
        _take_row(element, read, styles, defaults, limits)
    if not read.cells:
        return None
    top, bottom = min(read.cells), max(read.cells)
    left = min(min(row) for row in read.cells.values())
    right = max(max(row) for row in read.cells.values())
    width, height = right - left + 1, bottom - top + 1
    if width > limits.columns or width * height > limits.cells:
        raise RefusedFileError(
            said(
                "Sheet {sheet} spans {rows} rows and {columns} columns, more than is read. Delete "
                "stray cells far from the table, or export fewer columns, and save it again.",
                sheet=repr(name),
                rows=height,
                columns=width,
            )
        )
    rows: list[list[Cell]] = [[None] * width for _ in range(height)]
    for number, cells in read.cells.items():
        for column, cell in cells.items():
            rows[number - top][column - left] = cell
    merges = [
        Merge(m.top - top, m.left - left, min(m.bottom - top, height - 1), m.right - left)
        for m in read.merges
        if m.top >= top and m.left >= left
    ]
    return Grid(
        name,
        rows,
        range(top + 1, bottom + 2),
        first_column=left,
        merges=tuple(merges),
        notes=(hidden_rows(read.hidden),) if read.hidden else (),
        doubts=_doubts(read),
    )


def _doubts(read: _Rows) -> tuple[str, ...]:
    found = [unfinished(read.unfinished)] if read.unfinished else []
    if read.alike:
        found.append(
            said(
                "Rows {rows} are one row filled down to the end of the sheet, and left out.",
                rows=", ".join(read.alike[:5]),
            )
        )
    return tuple(found)


def _take_row(
    element: Any, read: _Rows, styles: _Styles, defaults: list[str], limits: Limits
) -> None:
    again = _count(element, "number-rows-repeated")
    cells: dict[int, Cell] = {}
    merges: list[Merge] = []
    column = 0
    for cell in element.iterchildren(f"{TABLE}table-cell", f"{TABLE}covered-table-cell"):
        repeated = _count(cell, "number-columns-repeated")
        covered = cell.tag == f"{TABLE}covered-table-cell"
        default = defaults[column] if column < len(defaults) else ""
        value = None if covered else _value(cell, styles, default)
        if value is None and cell.get(f"{TABLE}formula") and not cell.get(f"{OFFICE}value-type"):
            read.unfinished += repeated
        if value is not None:
            if column + repeated > limits.columns:
                raise RefusedFileError(
                    said(
                        "Sheet cells reach column {column}. Delete them, and save it again.",
                        column=column + repeated,
                    )
                )
            cells |= dict.fromkeys(range(column, column + repeated), value)
            down = _count(cell, "number-rows-spanned") - 1
            right = _count(cell, "number-columns-spanned") - 1
            if down or right:
                merges.append(Merge(read.row, column, read.row + down, column + right))
        column += repeated
    if cells and again > FILLED_DOWN:
        read.alike.append(f"{read.row + 1}-{read.row + again}")
    elif cells:
        if len(read.cells) + again > limits.cells // max(len(cells), 1):
            raise RefusedFileError(DAMAGED)
        for number in range(read.row, read.row + again):
            read.cells[number] = cells
        read.merges += merges
        hidden = element.get(f"{TABLE}visibility") in ("collapse", "filter")
        read.hidden += again if hidden else 0
    read.row += again


def _count(element: Any, name: str) -> int:
    text = element.get(f"{TABLE}{name}", "1")
    whole = text.isascii() and text.isdecimal() and 0 < len(text) < 9
    return max(int(text), 1) if whole else 1


def _value(cell: Any, styles: _Styles, default: str) -> Cell:
    kind = cell.get(f"{OFFICE}value-type")
    if "error" in (v for k, v in cell.attrib.items() if k.endswith("}value-type")):
        return _text(cell) or "#ERROR"
    match kind:
        case "float" | "percentage" | "currency":
            return _number(cell.get(f"{OFFICE}value", ""))
        case "boolean":
            return bool(cell.get(f"{OFFICE}boolean-value") == "true")
        case "date":
            return _moment(cell.get(f"{OFFICE}date-value", ""))
        case "time":
            style = cell.get(f"{TABLE}style-name", default)
            return _span(cell.get(f"{OFFICE}time-value", ""), total=style in styles.spans)
    return _text(cell)


def _text(cell: Any) -> str | None:
    """The paragraphs of a cell, one per line; remarks beside it are not its text."""
    parts = []
    for paragraph in cell.iterchildren(f"{TEXT}p"):
        words = []
        for piece in paragraph.iter():
            if piece.tag == f"{TEXT}s":
                words.append(" " * min(_count_of_blanks(piece), 1000))
            elif piece.tag == f"{TEXT}line-break":
                words.append("\n")
            words.append(piece.text or "")
            if piece is not paragraph:
                words.append(piece.tail or "")
        parts.append("".join(words))
    text = "\n".join(parts)
    return text if text.strip() else None


def _count_of_blanks(piece: Any) -> int:
    text = piece.get(f"{TEXT}c", "1")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 6 else 1


def _number(text: str) -> Cell:
    try:
        return float(text)
    except ValueError:
        return text or None


def _moment(text: str) -> Cell:
    """A day, or a moment to the second: beyond that a value is rounding."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return text or None
    if moment.microsecond:
        moment = (moment + timedelta(microseconds=500_000)).replace(microsecond=0)
    whole = len(text) <= 10 or moment.time() == time()
    return date(moment.year, moment.month, moment.day) if whole else moment


def _span(text: str, *, total: bool) -> Cell:
    """A time of day, or a duration where the cell shows hours above 24 or has a day or more."""
    match = _DURATION.fullmatch(text)
    if match is None:
        return text or None
    sign, days, hours, minutes, seconds = match.groups()
    try:
        span = timedelta(
            days=int(days or 0),
            hours=int(hours or 0),
            minutes=int(minutes or 0),
            seconds=float((seconds or "0").replace(",", ".")),
        )
    except (OverflowError, ValueError):  # no span of time, however it is written
        return text
    if total or sign or span >= timedelta(days=1):
        return -span if sign else span
    return (datetime.min + span).time()
