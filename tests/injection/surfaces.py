"""Everything a page sends to a browser, and whether a text from outside could be interpreted there.

Whatever the server sends is caught on its way, of every kind of message; each text field of it must
be named in ``RENDERED``. A field that is not is a failure that asks for the missing line: so a new
page, and a new sort of element on an old one, is looked at on the day it is added.
"""

import base64
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from html.parser import HTMLParser
from typing import Any, Final
from urllib.parse import unquote
from xml.etree import ElementTree

import pyarrow as pa
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message

from tests.injection.payloads import OUTSIDE, foreign

MARKDOWN_FIELDS: Final = frozenset(
    {"body", "label", "help", "message", "content", "captions", "text", "title", "delta"}
)
"""Fields whose text the browser reads as markdown, in messages of every kind."""

RENDERED: Final = {
    "Html.body": "html",
    "PlotlyChart.spec": "plotly",
    "ArrowData.data": "arrow",
    "Radio.options": "markdown",
    "Option.content": "markdown",
    # text to the letter: in a list to choose from, in a field, in a title for a screen reader
    "Selectbox.options": "plain",
    "Selectbox.raw_value": "plain",
    "Selectbox.default": "plain",
    "MultiSelect.options": "plain",
    "MultiSelect.raw_values": "plain",
    "TextInput.default": "plain",
    "TextInput.value": "plain",
    "TextArea.default": "plain",
    "TextArea.value": "plain",
    "PlotlyChart.alt": "plain",
    "Code.code_text": "plain",
    "Dataframe.alt": "plain",
    # never shown: names by which the server knows a thing again
    "PlotlyChart.config": "name",
    "PlotlyChart.id": "name",
    "PageLink.query_string": "query",
    "PageInfo.query_string": "query",
    "Dataframe.columns": "name",
    "Dataframe.column_order": "name",
}  # fmt: skip

ELEMENTS: Final = frozenset(
    [
        "a",
        "abbr",
        "article",
        "b",
        "br",
        "button",
        "code",
        "dd",
        "details",
        "div",
        "dl",
        "dt",
        "em",
        "h2",
        "h3",
        "h4",
        "i",
        "img",
        "li",
        "ol",
        "p",
        "small",
        "span",
        "strong",
        "style",
        "summary",
        "sup",
        "table",
        "tbody",
        "td",
        "th",
        "thead",
        "tr",
        "ul",
    ]
)
"""The elements our own pages are made of."""

ATTRIBUTES: Final = frozenset(
    [
        "alt",
        "aria-current",
        "aria-hidden",
        "aria-label",
        "class",
        "colspan",
        "data-label",
        "height",
        "href",
        "id",
        "role",
        "rowspan",
        "scope",
        "tabindex",
        "src",
        "style",
        "title",
        "width",
    ]
)

OWN_ADDRESS: Final = re.compile(
    r"[a-z]+\?record=[A-Z]+-\d{4}-\d+|passport\?[\w.~%+-]+=[\w.~%+-]*(&[\w.~%+-]+=[\w.~%+-]*)*"
)
"""Where our own links lead: to a record by its id, and to a passport with everything encoded."""

Found = tuple[str, str]
"""The field a text stands in, and the text."""


@contextmanager
def caught() -> Iterator[list[Message]]:
    """Every message that pages send while the block lasts."""
    from streamlit.runtime.forward_msg_queue import ForwardMsgQueue

    sent: list[Message] = []
    before = ForwardMsgQueue.enqueue

    def enqueue(self: Any, message: Any) -> None:
        sent.append(message)
        before(self, message)

    ForwardMsgQueue.enqueue = enqueue  # type: ignore[method-assign]
    try:
        yield sent
    finally:
        ForwardMsgQueue.enqueue = before  # type: ignore[method-assign]


def texts(message: Message) -> Iterator[tuple[str, str | bytes]]:
    """Every text in a message, with the kind of message and the field it stands in."""
    for field, value in message.ListFields():
        where = f"{message.DESCRIPTOR.name}.{field.name}"
        for one in value if field.is_repeated else [value]:
            if isinstance(one, Message):
                yield from texts(one)
            elif field.type in (FieldDescriptor.TYPE_STRING, FieldDescriptor.TYPE_BYTES):
                yield where, one


def faults(messages: list[Message]) -> list[str]:
    """What could be interpreted, a line each; and fields nobody has said how they are rendered."""
    said: dict[str, None] = {}
    for message in messages:
        for where, text in texts(message):
            for fault in _faults(where, text):
                said[f"{where}: {fault}"] = None
    return list(said)


def kinds(messages: list[Message]) -> set[str]:
    """The fields in which something from outside stands."""
    return {
        where
        for message in messages
        for where, text in texts(message)
        if isinstance(text, str) and foreign(text)
    }


def _faults(where: str, text: str | bytes) -> Iterator[str]:
    rendered = RENDERED.get(where)
    if isinstance(text, bytes):
        if rendered == "arrow":
            yield from arrow_faults(text)
        return
    if rendered == "html":
        yield from html_faults(text)
    elif rendered == "plotly":
        yield from plotly_faults(text)
    elif not foreign(text) or rendered == "name" or where.endswith((".id", ".key", ".form_id")):
        return
    elif rendered == "query":
        if re.search(r"[\s<>\"']", text):
            yield f"not quoted: {text[:200]!r}"
    elif rendered == "plain":
        yield from plain_faults(text)
    elif rendered == "markdown" or where.partition(".")[2] in MARKDOWN_FIELDS:
        yield from markdown_faults(text)
    else:
        yield "nobody has said how this is rendered: add it to RENDERED"


# --- each kind of rendering ---------------------------------------------------------------------

_UNSEEN: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\u202a-\u202e\u2066-\u2069\ufeff]")


def plain_faults(text: str) -> Iterator[str]:
    """Control characters and marks that turn the reading direction or are not to be seen."""
    if found := _UNSEEN.search(text):
        yield f"{found.group()!r} in {text[:200]!r}"


def markdown_faults(text: str) -> Iterator[str]:
    """A piece from outside that markdown could take for structure, a link, an icon or a colour."""
    yield from plain_faults(text)
    for piece in foreign(text):
        if re.search(r"(?<!\\)[\[\]()!<>`*_$#|~:&{}]", piece):
            yield f"not escaped: {piece[:200]!r}"
        shown = re.sub(r"\\(?=[!-/:-@\[-`{-~])", "", piece)
        if found := re.search(r"(https?:|www\.|:material|:red|:smile|\w@\w)", shown):
            yield f"{found.group()!r} is left whole: {piece[:200]!r}"


class _Elements(HTMLParser):
    """What a browser would make of a piece of HTML."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []
        self.said: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in ELEMENTS:
            self.found.append(f"an element <{tag}>")
        for name, value in attrs:
            if name not in ATTRIBUTES:
                self.found.append(f"an attribute {name} of <{tag}>")
            if name == "href" and not (tag == "a" and OWN_ADDRESS.fullmatch(value or "")):
                self.found.append(f"a link to {value!r}")
            if name == "src":
                self.found += list(picture_faults(value or ""))
            if name == "style" and foreign(value or ""):
                self.found.append("text from outside in a style")

    def handle_data(self, data: str) -> None:
        self.said.append(data)

    def handle_comment(self, data: str) -> None:
        self.found.append("a comment")


def html_faults(text: str) -> Iterator[str]:
    """Elements and attributes that are not ours, formulas, pictures that are not drawn here."""
    if not foreign(text):
        return
    page = _Elements()
    page.feed(text)
    page.close()
    yield from page.found
    yield from plain_faults("".join(page.said))
    for piece in foreign(text):
        if "$" in piece:
            yield f"a formula: {piece[:200]!r}"


def picture_faults(source: str) -> Iterator[str]:
    """A picture is drawn here, as a whole, and has no element that acts."""
    head, comma, body = source.partition(",")
    if not comma or not head.startswith("data:image/svg+xml"):
        yield f"a picture from elsewhere: {source[:100]!r}"
        return
    drawn = base64.b64decode(body).decode() if head.endswith("base64") else unquote(body)
    yield from svg_faults(drawn)


SHAPES: Final = frozenset(
    [
        "svg",
        "g",
        "path",
        "line",
        "rect",
        "circle",
        "polyline",
        "polygon",
        "text",
        "tspan",
        "title",
        "desc",
        "style",
        "defs",
        "clipPath",
        "linearGradient",
        "stop",
        "use",
        "switch",
        "marker",
    ]
)


def svg_faults(drawn: str) -> Iterator[str]:
    """A drawing is well-formed XML of shapes and texts, without handlers and links."""
    try:
        root = ElementTree.fromstring(drawn)
    except ElementTree.ParseError as error:
        yield f"a drawing that is no XML: {error}"
        return
    for element in root.iter():
        name = str(element.tag).rpartition("}")[2]
        if name not in SHAPES:
            yield f"a drawing's element <{name}>"
        for attribute, value in element.attrib.items():
            own = attribute.rpartition("}")[2]
            if own.startswith("on") or (own == "href" and not value.startswith("#")):
                yield f"a drawing's attribute {own}"


def plotly_faults(spec: str) -> Iterator[str]:
    """Labels and hovers: no pseudo-HTML, no formula, no template of a value from outside."""
    for path, text in _leaves(json.loads(spec)):
        for piece in foreign(text):
            # ours are only the ends of lines, which stand between words that were escaped before
            if found := re.search(r"[<>$]", piece.replace("<br>", " ")):
                yield f"{path}: {found.group()!r} in {piece[:200]!r}"
            if path.endswith("template") and "%{" in piece:
                yield f"{path}: a template in {piece[:200]!r}"
        yield from (f"{path}: {fault}" for fault in plain_faults(text) if foreign(text))


def _leaves(part: Any, path: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(part, dict):
        for key, value in part.items():
            yield from _leaves(value, f"{path}.{key}")
    elif isinstance(part, list):
        for value in part:
            yield from _leaves(value, path)
    elif isinstance(part, str):
        yield path, part


_STARTS: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def arrow_faults(data: bytes) -> Iterator[str]:
    """Cells of a data frame are painted, and copied into spreadsheets: no formula, no unseen mark."""
    try:
        table = pa.ipc.open_stream(data).read_all()
    except pa.ArrowInvalid:
        return
    for name in table.column_names:
        for cell in table.column(name).to_pylist():
            if isinstance(cell, str):
                yield from plain_faults(cell)
                if cell.startswith(_STARTS):
                    yield f"a formula in column {name}: {cell[:100]!r}"


__all__ = ["OUTSIDE", "caught", "faults", "html_faults", "kinds", "svg_faults"]
