"""Tables in markup that call themselves .xls: HTML, web archives, Excel 2003 XML.

Parsed with entities, network and external files switched off.
"""

import email
import email.policy
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any, Final

from kpi.errors import RefusedFileError
from kpi.ingest.container import Container
from kpi.ingest.grid import EMPTY, HIDDEN, VERY_HIDDEN, Grid, Merge, SheetRead
from kpi.ingest.header import kind_of
from kpi.ingest.limits import DEFAULT_LIMITS, Limits
from kpi.ingest.raw import Cell
from kpi.texts import said

MAX_SPAN: Final = 1_000
MAX_TABLES: Final = 10_000
"""Tables of one page; printed lists begin a new one on every printed page."""

_CHARSET: Final = re.compile(rb"charset=[\"']?([\w:.-]{1,40})", re.IGNORECASE)
SMALL_ROWS: Final = 12
"""A table of up to two columns and this many rows, beside others, holds titles or filters."""

SS: Final = "{urn:schemas-microsoft-com:office:spreadsheet}"


def read_markup(
    path: Path, container: Container, limits: Limits = DEFAULT_LIMITS
) -> list[SheetRead]:
    """The tables of a markup file as sheets. Raises ``RefusedFileError``."""
    data = path.read_bytes()
    if container is Container.SPREADSHEETML:
        return list(_spreadsheetml(data, limits))
    if container is Container.MHTML:
        data = _html_of_archive(data)
    grids = joined([grid for grid in _html(data, limits) if grid.rows])
    if not grids:
        raise RefusedFileError(
            said(
                "The file is a web page without a table of data. Export the table as .xlsx or CSV."
            )
        )
    return [SheetRead(grid.sheet, grid) for grid in grids]


def joined(tables: Sequence[Grid]) -> list[Grid]:
    """The tables of one page below each other, as a spreadsheet that opens the page shows them.

    Printed lists begin a new table on every page, with the headings again or without, and put
    titles and filters into a small table of their own: such tables are one. Rows are numbered on.
    """
    piles: list[list[Grid]] = []
    above: list[Grid] = []
    number = 0
    for table in tables:
        placed = replace(table, numbers=range(number + 1, number + 1 + len(table.rows)))
        number += len(table.rows)
        if piles and _goes_on(piles[-1], placed):
            piles[-1].append(placed)
        elif len(table.rows) <= SMALL_ROWS and table.width <= 2 and len(tables) > 1:
            above.append(placed)
            continue
        else:
            piles.append([*above, placed])
        above = []
    if above:
        piles[-1:] = [[*(piles[-1] if piles else []), *above]]
    grids = [_below(pile) for pile in piles]
    if len(grids) > 1:
        return [replace(grid, sheet=f"Table {i}") for i, grid in enumerate(grids, 1)]
    return grids


def _goes_on(pile: Sequence[Grid], lower: Grid) -> bool:
    """The lower table is the next page of those above: as wide, headed alike or not at all."""
    width = pile[-1].width  # a table's own; what stands above it is narrower, or as wide
    if lower.width != width or lower.width < 3:
        return False
    first = list(lower.rows[0])
    above = islice((row for grid in pile for row in grid.rows), 30)
    if any(_filled(row, width) == first for row in above):
        return True
    kinds = [kind_of(cell) for cell in first]
    return any(kind in ("number", "date") for kind in kinds)


def _filled(row: Sequence[Cell], width: int) -> list[Cell]:
    return [*row, *[None] * (width - len(row))]


def _below(pile: Sequence[Grid]) -> Grid:
    """The tables one below the other as one grid, the narrower filled up."""
    if len(pile) == 1:
        return pile[0]
    width = max(grid.width for grid in pile)
    rows: list[list[Cell]] = []
    numbers: list[int] = []
    merges: list[Merge] = []
    for grid in pile:
        top = len(rows)
        merges += [Merge(m.top + top, m.left, m.bottom + top, m.right) for m in grid.merges or ()]
        rows += [_filled(row, width) for row in grid.rows]
        numbers += grid.numbers
    return replace(pile[0], rows=rows, numbers=numbers, merges=tuple(merges))


def _html_of_archive(data: bytes) -> bytes:
    message = email.message_from_bytes(data, policy=email.policy.compat32)  # headers unparsed
    parts = islice(message.walk(), MAX_TABLES)
    pages = [part for part in parts if part.get_content_type() == "text/html"]
    bodies = [part.get_payload(decode=True) for part in pages]
    return max(
        (b for b in bodies if isinstance(b, bytes)),
        key=lambda b: b.lower().count(b"<tr"),
        default=b"",
    )


def _html(data: bytes, limits: Limits) -> Iterator[Grid]:
    from lxml import etree, html

    text = _text_of(data).encode("utf-8", "replace")
    parser = html.HTMLParser(encoding="utf-8", no_network=True, huge_tree=False)
    try:
        tree = html.document_fromstring(text, parser=parser)
    except (etree.LxmlError, ValueError, AssertionError) as error:
        raise RefusedFileError(
            "The web page inside the file is damaged. Export the table as .xlsx or CSV."
        ) from error
    tables = [] if tree is None else list(islice(tree.iter("table"), MAX_TABLES + 1))
    if len(tables) > MAX_TABLES:
        raise RefusedFileError(
            said(
                "The page holds more than {n} tables, which no list does. Export it as .xlsx or CSV.",
                n=MAX_TABLES,
            )
        )
    for table in tables:
        if any(inner is not table for inner in table.iter("table")):
            continue  # a table around tables only arranges them
        yield _html_table(table, limits)


def _text_of(data: bytes) -> str:
    """The page as text: UTF-8 where it is, else as it declares itself, else by its words."""
    from kpi.ingest.encodings import decode, encoding_of

    found = encoding_of(data)
    declared = _CHARSET.search(data[:4096])
    if declared is not None and not found.name.startswith("utf"):
        try:
            return data.decode(declared[1].decode("ascii"))
        except (LookupError, UnicodeDecodeError):
            pass
    return decode(data, found)


def _html_table(table: Any, limits: Limits) -> Grid:
    rows: list[list[Cell]] = []
    merges: list[Merge] = []
    taken: set[tuple[int, int]] = set()
    width = 0
    for row, element in enumerate(table.iter("tr")):
        cells: list[Cell] = []
        for cell in element:
            if cell.tag not in ("td", "th"):
                continue
            while (row, len(cells)) in taken:
                cells.append(None)
            column, down, right = len(cells), _span(cell, "rowspan"), _span(cell, "colspan")
            text = " ".join(" ".join(_seen(cell)).replace("\xa0", " ").split())
            cells += [text or None, *[None] * (right - 1)]
            if down > 1 or right > 1:
                merges.append(Merge(row, column, row + down - 1, column + right - 1))
                if len(taken) > limits.cells // 100:
                    raise RefusedFileError(
                        "The page joins too many cells. Export it as .xlsx or CSV."
                    )
                taken.update((row + d, column + r) for d in range(down) for r in range(right))
            if len(cells) > limits.columns:
                raise RefusedFileError(TOO_WIDE)
        rows.append(cells)
        width = max(width, len(cells))
        element.clear()  # half of what a page takes
    if len(rows) * width > limits.cells:
        raise RefusedFileError(TOO_WIDE)
    for cells in rows:
        cells.extend([None] * (width - len(cells)))
    return Grid("", rows, range(1, len(rows) + 1), merges=tuple(merges), is_text=True)


_NEVER_SEEN: Final = frozenset({"script", "style", "template", "noscript", "head", "title"})
_HIDDEN_STYLE: Final = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*hidden|mso-hide\s*:\s*all", re.IGNORECASE
)


def _seen(element: Any) -> Iterator[str]:
    """The texts of a cell that a browser shows: sort keys and scripts inside it are none."""
    if len(element) == 0:
        yield element.text or ""
        return
    open_: list[Any] = [element]
    while open_:
        one = open_.pop()
        if isinstance(one, str):
            yield one
            continue
        if one is not element and one.tail:
            open_.append(one.tail)
        if one is not element and not _is_shown(one):
            continue
        open_.extend(reversed(one))
        if one.text:
            open_.append(one.text)


def _is_shown(element: Any) -> bool:
    """Whether an element inside a cell is shown; comments and instructions are not."""
    if not isinstance(element.tag, str) or element.tag in _NEVER_SEEN:
        return False
    return element.get("hidden") is None and not _HIDDEN_STYLE.search(element.get("style", ""))


TOO_WIDE: Final = said("The table in the page is too wide. Export it as .xlsx or CSV.")


def _span(cell: Any, name: str) -> int:
    text = str(cell.get(name, "1")).strip()
    return min(max(int(text), 1), MAX_SPAN) if text.isdecimal() and len(text) < 6 else 1


def _spreadsheetml(data: bytes, limits: Limits) -> Iterator[SheetRead]:
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
        name = sheet.get(f"{SS}Name", "")
        state = "" if hidden is None else (hidden.text or "")
        why = {"SheetHidden": HIDDEN, "SheetVeryHidden": VERY_HIDDEN}.get(state, "")
        grid = None if table is None else _xml_table(name, table, limits)
        if grid is None or not grid.rows:
            yield SheetRead(name, None, EMPTY, bool(why))
        else:
            yield SheetRead(name, grid, why, bool(why))


def _xml_table(name: str, table: Any, limits: Limits) -> Grid:
    rows: list[list[Cell]] = []
    numbers: list[int] = []
    merges: list[Merge] = []
    taken: dict[int, int] = {}  # column -> how many more rows a merged cell takes in it
    number = 0
    for element in table.iter(f"{SS}Row"):
        before, number = number, _whole(element, "Index", number + 1)
        if rows and number > before + 1:  # blank rows are not written
            rows.append([])
            numbers.append(number - 1)
        taken = {column: down - 1 for column, down in taken.items() if down > 1}
        cells: list[Cell] = []
        for cell in element.iter(f"{SS}Cell"):
            index = len(cells) + 1
            while index - 1 in taken and cell.get(f"{SS}Index") is None:
                index += 1
            index = _whole(cell, "Index", index)
            across, down = _whole(cell, "MergeAcross", 0), _whole(cell, "MergeDown", 0)
            if index + across > limits.columns:
                raise RefusedFileError(
                    said(
                        "Sheet {sheet} has a cell in column {column}. Delete it.",
                        sheet=repr(name),
                        column=index + across,
                    )
                )
            cells.extend([None] * (index - 1 - len(cells)))
            cells.append(_xml_cell(cell.find(f"{SS}Data")))
            cells.extend([None] * across)
            if across or down:
                top = len(rows)
                merges.append(Merge(top, index - 1, top + down, index - 1 + across))
            if down:
                taken |= dict.fromkeys(range(index - 1, index + across), down + 1)
        rows.append(cells)
        numbers.append(number)
    width = max(map(len, rows), default=0)
    for row in rows:
        row.extend([None] * (width - len(row)))
    return Grid(name, rows if width else [], numbers if width else [], merges=tuple(merges))


def _whole(element: Any, name: str, otherwise: int) -> int:
    """A whole number among the attributes; damage reads as if it were not there."""
    text = str(element.get(f"{SS}{name}", otherwise))
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 8 else otherwise


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
