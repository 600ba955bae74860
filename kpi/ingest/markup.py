"""Tables in markup that call themselves .xls: HTML, web archives, Excel 2003 XML.

Parsed with entities, network and external files switched off.
"""

import email
import email.policy
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from kpi.errors import RefusedFileError
from kpi.ingest.container import Container
from kpi.ingest.grid import Grid, Merge
from kpi.ingest.limits import DEFAULT_LIMITS, Limits
from kpi.ingest.raw import Cell

MAX_SPAN: Final = 1_000
SS: Final = "{urn:schemas-microsoft-com:office:spreadsheet}"


def read_markup(path: Path, container: Container, limits: Limits = DEFAULT_LIMITS) -> list[Grid]:
    """The tables of a markup file as grids. Raises ``RefusedFileError``."""
    data = path.read_bytes()
    if container is Container.SPREADSHEETML:
        return list(_spreadsheetml(data, limits))
    if container is Container.MHTML:
        data = _html_of_archive(data)
    grids = [grid for grid in _html(data, limits) if grid.rows]
    if not grids:
        raise RefusedFileError(
            "The file is a web page without a table of data. Export the table as .xlsx or CSV."
        )
    return grids


def _html_of_archive(data: bytes) -> bytes:
    message = email.message_from_bytes(data, policy=email.policy.default)
    pages = [part for part in message.walk() if part.get_content_type() == "text/html"]
    bodies = [part.get_payload(decode=True) for part in pages]
    return max(
        (b for b in bodies if isinstance(b, bytes)),
        key=lambda b: b.lower().count(b"<tr"),
        default=b"",
    )


def _html(data: bytes, limits: Limits) -> Iterator[Grid]:
    from lxml import etree, html

    from kpi.ingest.encodings import encoding_of

    encoding = None if b"charset" in data[:4096].lower() else encoding_of(data).name
    if encoding == "mixed":
        encoding = "cp1252"
    parser = html.HTMLParser(encoding=encoding, no_network=True, huge_tree=False)
    try:
        tree = html.document_fromstring(data, parser=parser)
    except (etree.LxmlError, ValueError, AssertionError) as error:
        raise RefusedFileError(
            "The web page inside the file is damaged. Export the table as .xlsx or CSV."
        ) from error
    for table in [] if tree is None else tree.iter("table"):
        if any(inner is not table for inner in table.iter("table")):
            continue  # a table around tables only arranges them
        yield _html_table(table, limits)


def _html_table(table: Any, limits: Limits) -> Grid:
    placed: dict[tuple[int, int], Cell] = {}
    merges: list[Merge] = []
    taken: set[tuple[int, int]] = set()
    height = width = 0
    for row, element in enumerate(table.iter("tr")):
        column = 0
        height = row + 1
        for cell in element:
            if cell.tag not in ("td", "th"):
                continue
            while (row, column) in taken:
                column += 1
            down, right = _span(cell, "rowspan"), _span(cell, "colspan")
            text = " ".join(" ".join(cell.itertext()).replace("\xa0", " ").split())
            placed[row, column] = text or None
            if down > 1 or right > 1:
                merges.append(Merge(row, column, row + down - 1, column + right - 1))
                if len(taken) > limits.cells // 100:
                    raise RefusedFileError(
                        "The page joins too many cells. Export it as .xlsx or CSV."
                    )
                taken.update((row + d, column + r) for d in range(down) for r in range(right))
            column += right
            width = max(width, column)
    if width > limits.columns or height * width > limits.cells:
        raise RefusedFileError("The table in the page is too wide. Export it as .xlsx or CSV.")
    rows: list[list[Cell]] = [[None] * width for _ in range(height)]
    for (row, column), cell_value in placed.items():
        rows[row][column] = cell_value
    return Grid("", rows, range(1, height + 1), merges=tuple(merges), is_text=True)


def _span(cell: Any, name: str) -> int:
    text = str(cell.get(name, "1")).strip()
    return min(max(int(text), 1), MAX_SPAN) if text.isdecimal() and len(text) < 6 else 1


def _spreadsheetml(data: bytes, limits: Limits) -> Iterator[Grid]:
    from lxml import etree

    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, huge_tree=False, load_dtd=False, recover=False
    )
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        raise RefusedFileError(
            "The XML spreadsheet is damaged. Open it in Excel and save it as .xlsx."
        ) from error
    for sheet in root.iter(f"{SS}Worksheet"):
        table = sheet.find(f"{SS}Table")
        hidden = sheet.find(".//{urn:schemas-microsoft-com:office:excel}Visible")
        if table is None or (hidden is not None and "Hidden" in (hidden.text or "")):
            continue
        yield _xml_table(sheet.get(f"{SS}Name", ""), table, limits)


def _xml_table(name: str, table: Any, limits: Limits) -> Grid:
    rows: list[list[Cell]] = []
    numbers: list[int] = []
    number = 0
    for element in table.iter(f"{SS}Row"):
        number = int(element.get(f"{SS}Index", number + 1))
        cells: list[Cell] = []
        for cell in element.iter(f"{SS}Cell"):
            index = int(cell.get(f"{SS}Index", len(cells) + 1))
            if index > limits.columns:
                raise RefusedFileError(f"Sheet {name!r} has a cell in column {index:,}. Delete it.")
            cells.extend([None] * (index - 1 - len(cells)))
            cells.append(_xml_cell(cell.find(f"{SS}Data")))
            cells.extend([None] * int(cell.get(f"{SS}MergeAcross", 0)))
        rows.append(cells)
        numbers.append(number)
    width = max(map(len, rows), default=0)
    for row in rows:
        row.extend([None] * (width - len(row)))
    return Grid(name, rows if width else [], numbers if width else [])


def _xml_cell(data: Any) -> Cell:
    if data is None:
        return None
    text = "".join(data.itertext())
    match data.get(f"{SS}Type"):
        case "Number":
            try:
                return float(text)
            except ValueError:
                return text
        case "Boolean":
            return text.strip() == "1"
        case "DateTime":
            try:
                moment = datetime.fromisoformat(text)
            except ValueError:
                return text
            return moment.date() if moment.time() == datetime.min.time() else moment
    return text if text.strip() else None
