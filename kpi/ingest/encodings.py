"""Which encoding is this text in? Decided from all its bytes, with a note where it was a guess."""

import codecs
import re
from dataclasses import dataclass
from typing import Final

_MARKS: Final = (
    (b"\xff\xfe\x00\x00", "utf-32-le"),
    (b"\x00\x00\xfe\xff", "utf-32-be"),
    (b"\xef\xbb\xbf", "utf-8"),
    (b"\xff\xfe", "utf-16-le"),
    (b"\xfe\xff", "utf-16-be"),
)
CHUNK: Final = 1 << 22
ONE_BYTE: Final = frozenset({"utf-8", "cp1252", "cp850", "latin-1"})
"""Encodings in which separators and line ends are the single bytes of ASCII."""

_VALID_UTF8: Final = re.compile(
    rb"[\xc3-\xdf][\x80-\xbf]|[\xe1-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}"
)
_HIGH_IN_CONTEXT: Final = re.compile(rb"[A-Za-z]?[\x80-\xff]+[A-Za-z]?")


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
        return Encoding("utf-8")
    return _one_byte_guess(data)


def _wide_without_mark(sample: bytes) -> str | None:
    """UTF-16 leaves a zero beside every ASCII character."""
    sample = sample[: len(sample) // 2 * 2]
    even, odd = sample[::2].count(0), sample[1::2].count(0)
    half = max(len(sample) // 2, 1)
    if odd > 0.3 * half and even < 0.05 * half:
        return "utf-16-le"
    if even > 0.3 * half and odd < 0.05 * half:
        return "utf-16-be"
    return None


def _is_utf8(data: bytes) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    view = memoryview(data)
    try:
        for start in range(0, len(view), CHUNK):
            decoder.decode(view[start : start + CHUNK])
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _one_byte_guess(data: bytes) -> Encoding:
    """Not UTF-8 throughout: a mixture with UTF-8, an old Windows or DOS page, or another script."""
    high = _HIGH_IN_CONTEXT.findall(data)[:20_000]
    seen = b" ".join(high)
    valid = sum(len(found) for found in _VALID_UTF8.findall(seen))
    total = sum(byte >= 0x80 for byte in seen)
    if valid and valid >= 0.2 * total:
        return Encoding("mixed", note="Two encodings in one file (UTF-8 and Windows-1252).")
    letters = sum(65 <= byte <= 122 for byte in data[: CHUNK // 4])
    frequent = sum(byte >= 0x80 for byte in data[: CHUNK // 4]) > 0.25 * max(letters, 1)
    if frequent and total > 8:
        return _other_script(data)
    if _letters_within(seen, "cp850") > _letters_within(seen, "cp1252"):
        return Encoding("cp850", note="Read as DOS text (code page 850).")
    if re.search(rb"[\x81\x8d\x8f\x90\x9d]", seen):
        return Encoding("latin-1", note="Read as Latin-1; some characters may be wrong.")
    return Encoding("cp1252")


def _letters_within(seen: bytes, encoding: str) -> int:
    """How many characters beyond ASCII read as the accented letters of European words."""
    common = set("äöüÄÖÜßéèêëáàâíìîóòôúùûñÑçÇåÅæøãõÉÈÁÍÓÚœ°µ€–’„“”½²³»«·")
    return sum(character in common for character in seen.decode(encoding, "replace"))


def _other_script(data: bytes) -> Encoding:
    import charset_normalizer

    best = charset_normalizer.from_bytes(data[: CHUNK // 16]).best()
    if best is None:
        return Encoding("cp1252", note="The encoding could not be told; read as Windows-1252.")
    return Encoding(best.encoding, note=f"Read as {best.encoding}, by the look of its words.")


def decode(data: bytes, encoding: Encoding) -> str:
    """The whole text. A byte that fits nowhere becomes the replacement character, never an error."""
    body = data[encoding.mark :]
    if encoding.name != "mixed":
        return body.decode(encoding.name, "replace")
    return "".join(_decode_line(line) for line in body.splitlines(keepends=True))


def _decode_line(line: bytes) -> str:
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError:
        return line.decode("cp1252", "replace")
