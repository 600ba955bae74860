"""What a file that leaves the product could do to the program that opens it."""

import csv
import io
import re
import zipfile
from collections.abc import Iterator
from typing import Final
from xml.etree import ElementTree

import openpyxl

from tests.injection.payloads import foreign
from tests.injection.surfaces import plain_faults, svg_faults

STARTS: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_NUMBER: Final = re.compile(r"-?[\d.]+(e[+-]?\d+)?")
SPACES: Final = " \u00a0\u202f\u200b\ufeff"

ACTIVE_PARTS: Final = ("vbaProject", "externalLink", "activeX", "oleObject", "customXml", "macro")
ACTIVE_ELEMENTS: Final = frozenset(
    "f hlinkClick hlinkHover hyperlink oleObj control externalReference".split()  # noqa: SIM905
)


def _acts(cell: str) -> bool:
    return cell.lstrip(SPACES).startswith(STARTS) and not _NUMBER.fullmatch(cell)


def csv_faults(content: bytes) -> Iterator[str]:
    """Cells that act as formulas, by whatever a spreadsheet takes for the separator."""
    if not content.startswith(b"\xef\xbb\xbf"):
        yield "no mark that says it is UTF-8"
    text = content.decode("utf-8-sig")
    for separator in ",;\t":
        for row in csv.reader(io.StringIO(text), delimiter=separator):
            yield from (f"a formula ({separator!r}): {c[:90]!r}" for c in row if _acts(c))


def package_faults(content: bytes) -> Iterator[str]:
    """Parts of an Office package that act, lead outside, or are no XML; its workbooks' cells."""
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        for name in package.namelist():
            if any(part in name for part in ACTIVE_PARTS):
                yield f"a part {name}"
            body = package.read(name)
            if name.endswith(".xlsx"):
                yield from (f"{name}: {fault}" for fault in workbook_faults(body))
            if name.endswith((".xml", ".rels")):
                yield from (f"{name}: {fault}" for fault in _xml_faults(body))


def _xml_faults(body: bytes) -> Iterator[str]:
    try:
        root = ElementTree.fromstring(body)
    except ElementTree.ParseError as error:
        yield f"no XML: {error}"
        return
    chart = "chart" in root.tag.lower()
    for element in root.iter():
        own = str(element.tag).rpartition("}")[2]
        if element.get("TargetMode") == "External":
            yield f"leads outside: {element.get('Target')}"
        if own == "definedName" and foreign("".join(element.itertext())):
            yield "a name defined by text from outside"
        if own in ACTIVE_ELEMENTS and not (
            chart and own == "f"
        ):  # a chart's reference to its cells
            yield f"an element <{own}>"
        yield from plain_faults(element.text or "")


def workbook_faults(content: bytes) -> Iterator[str]:
    """Formulas, and text that would become one when the workbook is saved as CSV and opened again."""
    if content[:2] != b"PK":
        yield "no workbook"
        return
    yield from package_faults(content)
    for sheet in openpyxl.load_workbook(io.BytesIO(content)).worksheets:
        if _acts(sheet.title):
            yield f"a sheet called {sheet.title!r}"
        for row in sheet.iter_rows():
            for cell in row:
                if cell.data_type == "f":
                    yield f"a formula in {cell.coordinate}"
                if cell.hyperlink is not None:
                    yield f"a link in {cell.coordinate}"


def name_faults(name: str) -> Iterator[str]:
    """Names that no system takes, or that lead elsewhere."""
    stem, dot, ending = name.rpartition(".")
    if not dot or ending not in ("csv", "xlsx", "pptx", "svg", "png", "json", "zip"):
        yield f"ends otherwise: {name!r}"
    if re.search(r'[\\/:*?"<>|\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]', name):
        yield f"not a name: {name!r}"
    if not stem or stem.startswith((".", "-", " ")) or len(name.encode()) > 255:
        yield f"not a name everywhere: {name!r}"


def faults(name: str, content: bytes | str) -> list[str]:
    """Everything wrong with a file that is offered under a name."""
    data = content.encode() if isinstance(content, str) else content
    found = list(name_faults(name))
    match name.rpartition(".")[2]:
        case "csv":
            found += csv_faults(data)
        case "xlsx":
            found += workbook_faults(data)
        case "pptx":
            found += package_faults(data)
        case "svg":
            found += svg_faults(data.decode())
    return [f"{name}: {fault}" for fault in dict.fromkeys(found)]
