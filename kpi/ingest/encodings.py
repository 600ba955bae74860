"""Which encoding is this text in? Decided from all its bytes, with a note where it was a guess."""

import re
from dataclasses import dataclass
from itertools import islice
from typing import Final

import numpy as np

from kpi.ingest.scripts import PAGES, page_of, wide_page_of
from kpi.texts import said

_MARKS: Final = (
    (b"\xff\xfe\x00\x00", "utf-32-le"),
    (b"\x00\x00\xfe\xff", "utf-32-be"),
    (b"\xef\xbb\xbf", "utf-8"),
    (b"\xff\xfe", "utf-16-le"),
    (b"\xfe\xff", "utf-16-be"),
)
CHUNK: Final = 1 << 22
ONE_BYTE: Final = frozenset({"utf-8", "latin-1", *PAGES})
"""Encodings in which separators and line ends are the single bytes of ASCII."""

SAMPLE_BYTES: Final = CHUNK // 16
UNSURE: Final = 0.5
"""Share of the letters that the usual page explains; below, a person is told."""

_HIGH_LINE: Final = re.compile(rb"[^\r\n]*[\x80-\xff][^\r\n]*[\r\n]*")


@dataclass(frozen=True, slots=True)
class Encoding:
    """A codec's name, the bytes its mark takes, and what to say about the choice, if anything."""

    name: str
    mark: int = 0
    note: str = ""


def encoding_of(data: bytes) -> Encoding:
    """The encoding of a text file: its mark, else UTF-16 by its zeros, UTF-8 if valid, else a guess."""
    for mark, name in _MARKS:
        if data.startswith(mark):
            return Encoding(name, len(mark))
    wide = _wide_without_mark(data[: CHUNK // 16])
    if wide:
        return Encoding(wide)
    if _is_utf8(data):
        twice = _is_twice_encoded(data[:SAMPLE_BYTES])
        return (
            Encoding(
                "twice",
                note=said(
                    "UTF-8 that was taken for Windows-1252 and written as UTF-8 again; read back."
                ),
            )
            if twice
            else Encoding("utf-8")
        )
    return _by_its_words(data)


def _wide_without_mark(sample: bytes) -> str | None:
    """UTF-16 leaves a zero beside every ASCII character, UTF-32 three."""
    sample = sample[: len(sample) // 4 * 4]
    quarter = max(len(sample) // 4, 1)
    zeros = [sample[at::4].count(0) for at in range(4)]
    if zeros[0] == zeros[1] == quarter > zeros[3]:
        return "utf-32-be"
    if zeros[3] == zeros[2] == quarter > zeros[0]:
        return "utf-32-le"
    even, odd = sample[::2].count(0), sample[1::2].count(0)
    half = max(len(sample) // 2, 1)
    if odd > 0.3 * half and even < 0.05 * half:
        return "utf-16-le"
    if even > 0.3 * half and odd < 0.05 * half:
        return "utf-16-be"
    return None


def _is_twice_encoded(sample: bytes) -> bool:
    """What ought to be "ü" reads "Ã¼", throughout."""
    if b"\xc3\x83" not in sample and b"\xc3\x82" not in sample:
        return False
    text = sample.decode("utf-8", "ignore")
    lines = [line for line in text.splitlines() if not line.isascii()]
    return bool(lines) and all(_once(line) is not None for line in lines)


def _once(line: str) -> str | None:
    """The line with one round of encoding undone; ``None`` where it is none."""
    try:
        text = line.encode("cp1252").decode("utf-8")
    except UnicodeError:
        return None
    return text if len(text) < len(line) else None


def _is_utf8(data: bytes) -> bool:
    import pyarrow as pa

    ends = pa.py_buffer(np.array([0, len(data)], np.int64))
    whole = pa.Array.from_buffers(pa.large_binary(), 1, [None, ends, pa.py_buffer(data)])
    try:
        whole.cast(pa.large_string())  # looks at every byte
    except pa.ArrowInvalid:
        return False
    return True


def _by_its_words(data: bytes) -> Encoding:
    """Not UTF-8 throughout: another script, a mixture with UTF-8, or an old Windows or DOS page."""
    sample = _sample(data)
    wide = wide_page_of(sample)
    if wide is not None:
        return Encoding(
            wide, note=said("Read as {encoding}, by the look of its words.", encoding=wide)
        )
    if _is_mixed(data):
        return Encoding("mixed", note=said("Two encodings in one file (UTF-8 and Windows-1252)."))
    page, share = page_of(sample)
    if page == "cp850":
        return Encoding(page, note=said("Read as DOS text (code page 850)."))
    if page != "cp1252":
        return Encoding(
            page, note=said("Read as {encoding}, by the look of its words.", encoding=page)
        )
    if re.search(rb"[\x81\x8d\x8f\x90\x9d]", sample):
        return Encoding("latin-1", note=said("Read as Latin-1; some characters may be wrong."))
    if share < UNSURE:
        return Encoding(page, note=said("The encoding could not be told; read as Windows-1252."))
    return Encoding(page)


def _sample(data: bytes) -> bytes:
    """The lines that hold bytes beyond ASCII, from the whole file, up to a limit."""
    if len(data) <= SAMPLE_BYTES:
        return data
    kept, size = [], 0
    for match in _HIGH_LINE.finditer(data):
        kept.append(match[0])
        size += len(match[0])
        if size > SAMPLE_BYTES:
            break
    return b"".join(kept)


def _is_mixed(data: bytes) -> bool:
    """Some lines are UTF-8 with letters beyond ASCII, others are not UTF-8."""
    right = wrong = 0
    for match in islice(_HIGH_LINE.finditer(data), 20_000):
        try:
            text = match[0].decode("utf-8")
        except UnicodeDecodeError:
            wrong += 1
            continue
        right += any(c.isalpha() and ord(c) < 0x250 for c in text if not c.isascii())
    return bool(right and wrong)


def decode(data: bytes, encoding: Encoding) -> str:
    """The whole text. A byte that fits nowhere becomes the replacement character, never an error."""
    body = data[encoding.mark :]
    if encoding.name == "twice":
        lines = body.decode("utf-8", "replace").splitlines(keepends=True)
        return "".join(line if line.isascii() else _once(line) or line for line in lines)
    if encoding.name != "mixed":
        return body.decode(encoding.name, "replace")
    return "".join(_decode_line(line) for line in body.splitlines(keepends=True))


def _decode_line(line: bytes) -> str:
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError:
        return line.decode("cp1252", "replace")
