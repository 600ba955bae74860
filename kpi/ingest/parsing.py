"""The rows of a large text as columns of text: cut into slices, parsed side by side.

A column of few different texts comes as a dictionary with a code per row, so that a million cells
cost little more than their distinct texts. Slices are cut at line ends; a slice that does not hold
one record per line (a line break inside quotes, a row too short or too long, a quote that is never
closed) is read again by itself, so that one bad row does not make the whole file slow.
"""

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv as arrow_csv

from kpi.ingest.dialect import Dialect
from kpi.ingest.encodings import Encoding
from kpi.ingest.grid import AwkwardError, Body
from kpi.ingest.lines import MAX_LINES_IN_A_CELL, UNCLOSED, Mended, mended

Places = npt.NDArray[np.int64]

SLICE: Final = 1 << 21
"""Bytes parsed at once: so much stays near the processor."""

HEAD: Final = 1 << 20
"""Bytes that show what the columns hold."""

COUNTED: Final = 1 << 18
"""Bytes looked through at once."""

WORKERS: Final = 2

SUSPICIOUS_CELL: Final = 100_000
"""Bytes; a longer cell beside line breaks in quotes may be a quote that was never closed."""

UNCHANGED: Final = Mended(b"", (), {}, ())

_FEW: Final = 1_000
_LINE_FEED, _RETURN = b"\n\r"


@dataclass(frozen=True, slots=True)
class Stretch:
    """Records of a text: from one byte up to another, ``width`` cells each."""

    data: bytes
    first: int
    last: int
    encoding: Encoding
    dialect: Dialect
    width: int

    @property
    def head(self) -> bytes:
        """Its first rows: what shows what the columns hold."""
        end = self.data.rfind(b"\n", self.first, self.first + HEAD) + 1
        whole = self.last <= self.first + HEAD or not end
        return self.data[self.first : self.last if whole else end]


@dataclass(frozen=True, slots=True)
class _Piece:
    """Whole lines of a text, from one byte up to another."""

    first: int
    last: int


@dataclass(frozen=True, slots=True)
class _Records:
    """Records of a text, in order.

    ``columns`` hold strings, or dictionaries of strings; a blank cell is null. ``places`` is the
    position of each record among all (blank lines count), ``count`` how many there are with those
    that were left out. ``made`` says what was done to those that did not fit, numbered from 0.
    """

    columns: tuple[pa.Array | pa.ChunkedArray, ...]
    places: Places
    count: int
    made: Mended = UNCHANGED


def body_of(text: Stretch, skip: int) -> Body:
    """All records of a stretch, the first being number ``skip + 1``.

    Rows that could not be made to fit are blank and listed as refused. Raises ``AwkwardError``
    where that happens to many.
    """
    if text.first >= text.last:
        none = tuple(pa.chunked_array([], pa.string()) for _ in range(text.width))
        return Body(none, np.empty(0, np.int32))
    pieces = _pieces(text)
    few = (True,) * text.width
    head = _as_they_stand(text, pieces[0], few)
    if head is not None:
        few = tuple(_are_few(column) for column in head.columns)
        head = replace(head, columns=tuple(map(_as_kind, head.columns, few)))
    with ThreadPoolExecutor(WORKERS) as pool:
        others = pool.map(lambda piece: _as_they_stand(text, piece, few), pieces[1:])
        found = [head, *others]
    return _joined(list(_all_records(text, pieces, found, few)), skip + 1)


def _joined(parts: Sequence[_Records], number: int) -> Body:
    """The parts one below the other, the first record having that number."""
    numbers = np.cumsum([number, *(part.count for part in parts)])[:-1].tolist()
    both = list(zip(parts, numbers, strict=True))
    together: dict[int, list[int]] = {}
    for part, at in both:
        for column, rows in part.made.together.items():
            together.setdefault(column, []).extend(row + at for row in rows)
    return Body(
        tuple(_one(same) for same in zip(*(part.columns for part in parts), strict=True)),
        np.concatenate([part.places + at for part, at in both]).astype(np.int32),
        tuple(replace(r, row=r.row + at) for part, at in both for r in part.made.refused),
        together,
        tuple(row + at for part, at in both for row in part.made.short),
    )


def _one(chunks: Sequence[pa.Array]) -> pa.Array | pa.ChunkedArray:
    """The chunks as one column; dictionaries become one dictionary."""
    whole = pa.chunked_array(chunks)
    return whole.combine_chunks() if pa.types.is_dictionary(whole.type) else whole


def _are_few(column: pa.DictionaryArray) -> bool:
    return len(column.dictionary) <= max(_FEW, len(column) // 2)


def _as_kind(column: pa.DictionaryArray, few: bool) -> pa.Array:
    return column if few else column.dictionary_decode()


def _all_records(
    text: Stretch, pieces: Sequence[_Piece], found: Sequence[_Records | None], few: Sequence[bool]
) -> Iterator[_Records]:
    """The records of every piece; where they were not found, one by one."""
    at = 0
    while at < len(pieces):
        records, end = found[at], at + 1
        while records is None:
            records = _mended(text, pieces[at], pieces[end - 1], few)
            end += records is None
        yield records
        at = end


# --- one piece --------------------------------------------------------------------------------


def _pieces(text: Stretch) -> list[_Piece]:
    """The text cut at line ends."""
    cuts = [text.first]
    while cuts[-1] < text.last:
        found = text.data.find(b"\n", min(cuts[-1] + SLICE, text.last), text.last)
        cuts.append(found + 1 if found >= 0 else text.last)
    return [_Piece(start, end) for start, end in pairwise(cuts)]


def _lines_in(data: bytes, piece: _Piece) -> int:
    view = np.frombuffer(data, np.uint8)[piece.first : piece.last]
    breaks = 0
    for start in range(0, len(view), COUNTED):
        breaks += int(np.count_nonzero(view[start : start + COUNTED] == _LINE_FEED))
    return breaks + int(view[-1] != _LINE_FEED)


def _as_they_stand(text: Stretch, piece: _Piece, few: Sequence[bool]) -> _Records | None:
    """The records of a piece that all fit as they are; ``None`` where one does not."""
    if _ends_open(text, piece):
        return None
    records = _one_per_line(text, piece, few)
    return records if records is not None else _over_lines(text, piece, few)


def _one_per_line(text: Stretch, piece: _Piece, few: Sequence[bool]) -> _Records | None:
    """The records of a piece in which each stands on one line, blank ones left out."""
    size = piece.last - piece.first
    try:
        table = _parsed(pa.py_buffer(text.data).slice(piece.first, size), text, few, breaks=False)
    except pa.ArrowInvalid:
        return None
    lines = _lines_in(text.data, piece)
    places = np.arange(lines)
    if table.num_rows < lines:
        places = np.flatnonzero(~_blank_lines(text.data, piece))
    if table.num_rows != len(places):
        return None
    return _Records(_as_texts(table, text.encoding.name), places, lines)


def _ends_open(text: Stretch, piece: _Piece) -> bool:
    """A quote may be open where the piece ends: the parser would take that for the end of a cell."""
    end = piece.last
    while end > piece.first and text.data[end - 1] in (_LINE_FEED, _RETURN):
        end -= 1
    start = max(text.data.rfind(b"\n", piece.first, end) + 1, piece.first)
    if _quotes(text, start, end) % 2:
        return True
    return _quotes(text, piece.first, piece.last) % 2 == 1 and _opens(text, piece)


def _opens(text: Stretch, piece: _Piece) -> bool:
    """Whether a cell is opened on a line that does not close it; the mark of an inch opens none."""
    quote, after = text.dialect.quote.encode(), text.dialect.separator.encode()
    return any(
        line.count(quote) % 2
        and (line.startswith(quote) or after + quote in line.replace(b" ", b""))
        for line in text.data[piece.first : piece.last].split(b"\n")
    )


def _quotes(text: Stretch, start: int, end: int) -> int:
    return text.data.count(text.dialect.quote.encode(), start, end)


def _blank_lines(data: bytes, piece: _Piece) -> npt.NDArray[np.bool_]:
    """For each line of a piece whether nothing stands on it."""
    view = np.frombuffer(data, np.uint8)[piece.first : piece.last]
    ends = np.flatnonzero(view == _LINE_FEED)
    if view[-1] != _LINE_FEED:
        ends = np.append(ends, len(view))
    starts = np.concatenate([[0], ends[:-1] + 1])
    size = ends - starts
    returns = view[np.minimum(starts, len(view) - 1)] == _RETURN
    blank: npt.NDArray[np.bool_] = (size == 0) | ((size == 1) & returns)
    return blank


def _over_lines(text: Stretch, piece: _Piece, few: Sequence[bool]) -> _Records | None:
    """The records of a piece some of whose quoted cells hold line breaks, all of them closed."""
    data = text.data[piece.first : piece.last].rstrip(b"\r\n")
    if _quotes(text, piece.first, piece.last) % 2 or not data:
        return None
    try:
        table = _parsed(pa.py_buffer(data), text, few, breaks=True)
    except pa.ArrowInvalid:
        return None
    columns = _as_texts(table, text.encoding.name)
    if _longest(columns) > SUSPICIOUS_CELL or "\n" in (columns[-1][-1].as_py() or ""):
        return None
    blank_ones = text.data.count(b"\n", piece.first + len(data), piece.last) - 1
    count = table.num_rows + max(blank_ones, 0)
    return _Records(columns, np.arange(table.num_rows), count)


def _mended(text: Stretch, first: _Piece, last: _Piece, few: Sequence[bool]) -> _Records | None:
    """The records of some pieces one by one, those that do not fit made to or refused.

    ``None`` where a quote is open at their end, which the next piece may close.
    """
    if text.width == 1:
        raise AwkwardError
    data = text.data[first.first : last.last]
    made = mended(data, text.encoding, text.dialect, text.width, -1, like=text.head)
    utf8 = replace(text, encoding=Encoding("utf-8"))
    try:
        table = _parsed(pa.py_buffer(made.data), utf8, few, breaks=True)
    except pa.ArrowInvalid as error:
        raise AwkwardError from error
    count = table.num_rows
    tail = count - MAX_LINES_IN_A_CELL
    is_open = any(r.reason == UNCLOSED and r.row >= tail for r in made.refused)
    if is_open and last.last < text.last:
        return None
    return _Records(_as_texts(table, "utf-8"), np.arange(count), count, replace(made, data=b""))


def _parsed(data: pa.Buffer, text: Stretch, few: Sequence[bool], *, breaks: bool) -> pa.Table:
    kind = pa.string() if text.encoding.name == "utf-8" else pa.binary()
    kinds = [pa.dictionary(pa.int32(), kind) if seldom else kind for seldom in few]
    names = [str(i) for i in range(text.width)]
    return arrow_csv.read_csv(
        pa.BufferReader(data),
        read_options=arrow_csv.ReadOptions(
            column_names=names, block_size=data.size + 1, use_threads=False
        ),
        parse_options=arrow_csv.ParseOptions(
            delimiter=text.dialect.separator,
            quote_char=text.dialect.quote,
            newlines_in_values=breaks,
            ignore_empty_lines=not breaks,
        ),
        convert_options=arrow_csv.ConvertOptions(
            column_types=dict(zip(names, kinds, strict=True)),
            null_values=[""],
            strings_can_be_null=True,
            check_utf8=False,  # the whole text was checked when its encoding was found
        ),
    )


def _longest(columns: Iterable[pa.Array]) -> int:
    """Bytes of the longest cell."""
    texts = (c.dictionary if pa.types.is_dictionary(c.type) else c for c in columns)
    return max((pc.max(pc.binary_length(t)).as_py() or 0 for t in texts), default=0)


# --- bytes to texts ---------------------------------------------------------------------------


def _as_texts(table: pa.Table, encoding: str) -> tuple[pa.Array, ...]:
    """The columns, each in one piece, as UTF-8."""
    columns = (_whole(column) for column in table.columns)
    if encoding == "utf-8":
        return tuple(columns)
    return tuple(_decoded(column, encoding) for column in columns)


def _whole(column: pa.ChunkedArray) -> pa.Array:
    return column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()


def _decoded(column: pa.Array, encoding: str) -> pa.Array:
    if pa.types.is_dictionary(column.type):
        texts = utf8_of(column.dictionary, encoding)
        return pa.DictionaryArray.from_arrays(column.indices, texts)
    return utf8_of(column, encoding)


def utf8_of(values: pa.BinaryArray, encoding: str) -> pa.StringArray:
    r"""Texts in an encoding of one byte per character as UTF-8.

    >>> utf8_of(pa.array([b"Ma\xdf", None, b"kg"], pa.binary()), "cp1252").to_pylist()
    ['Maß', None, 'kg']
    """
    if values.offset:
        values = pa.concat_arrays([values.slice(0, 0), values])
        values = values.take(pa.array(np.arange(len(values)))) if values.offset else values
    valid, offsets, content = values.buffers()
    if content is None or not len(values):
        return values.view(pa.string())
    raw = np.frombuffer(content, np.uint8)
    if not (raw >= 0x80).any():
        return values.view(pa.string())
    widths = np.array([len(_character(b, encoding)) for b in range(256)], np.int64)
    ends = np.concatenate([[0], np.cumsum(widths[raw])])
    moved = ends[np.frombuffer(offsets, np.int32, len(values) + 1)].astype(np.int32)
    text = content.to_pybytes().decode(encoding, "replace").encode("utf-8")
    return pa.StringArray.from_buffers(
        len(values), pa.py_buffer(moved), pa.py_buffer(text), valid, values.null_count
    )


def _character(byte: int, encoding: str) -> bytes:
    return bytes([byte]).decode(encoding, "replace").encode("utf-8")
