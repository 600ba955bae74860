"""Dates as plants print them, read per column: day or month first is decided from all cells.

Works on the distinct texts of a column, vectorised: each known spelling is one regular expression,
its parts become numbers, and the calendar is checked with arithmetic.
"""

import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from kpi.ingest.numbers import Mask, letters_in, may_match, tidy

Stamps = npt.NDArray[np.datetime64]
Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

_TIME: Final = (
    r"(?:[T, ]+(?P<H>\d{1,2})[:.h](?P<M>\d{2})(?:[:.](?P<S>\d{2})(?:[.,](?P<F>\d{1,9}))?)?"
    r" ?(?P<P>[AaPp]\.? ?[Mm]\.?)?(?: ?(?:Uhr|Z|[+-]\d{2}:?\d{2}))?)?"
)
_YEAR_FIRST: Final = rf"^(?P<y>\d{{4}})[-/.](?P<m>\d{{1,2}})[-/.](?P<d>\d{{1,2}}){_TIME}$"
_YEAR_LAST: Final = (
    rf"^(?P<a>\d{{1,2}}) ?(?P<sep>[-/.]) ?(?P<b>\d{{1,2}}) ?[-/.] ?(?P<y>\d{{4}}|\d{{2}}){_TIME}$"
)
_COMPACT: Final = (
    r"^(?P<y>(?:19|20)\d{2})(?P<m>\d{2})(?P<d>\d{2})(?:(?P<H>\d{2})(?P<M>\d{2})(?P<S>\d{2})?)?$"
)
_CHINESE: Final = rf"^(?P<y>\d{{4}})年(?P<m>\d{{1,2}})月(?P<d>\d{{1,2}})[日号]{_TIME}$"
_DAY_NAME: Final = (
    rf"^(?P<d>\d{{1,2}})(?:st|nd|rd|th|er|\.)?[ -]*(?:de )?(?P<n>\pL+)\.?[ ,-]*(?:de )?"
    rf"'?(?P<y>\d{{4}}|\d{{2}}){_TIME}$"
)
_NAME_DAY: Final = (
    rf"^(?P<n>\pL+)\.? (?P<d>\d{{1,2}})(?:st|nd|rd|th)?,? (?P<y>\d{{4}}|\d{{2}}){_TIME}$"
)
_LIKELY: Final = r"^[0-9]{8,14}$|[0-9][^0-9]|[^0-9][0-9]"
"""A date is digits with something between them, or eight to fourteen digits."""
_DIGITS: Final = frozenset(b"0123456789")
_WORDS: Final = frozenset((*range(65, 91), *range(97, 123), *range(0x80, 0x100)))
_NEEDED: Final = {
    _YEAR_FIRST: frozenset(b"-/."),
    _YEAR_LAST: frozenset(b"-/."),
    _COMPACT: frozenset(b"12"),
    _CHINESE: frozenset("年".encode()),
    _DAY_NAME: _WORDS,
    _NAME_DAY: _WORDS,
}
"""Of these bytes a text that the pattern matches holds at least one."""

_WEEKDAY: Final = r"^\pL{2,12}[.,]{1,2} +"
_CLOCK: Final = (
    r"^(?P<H>\d{1,4}):(?P<M>\d{2})(?::(?P<S>\d{2})(?:[.,](?P<F>\d{1,9}))?)? ?"
    r"(?P<P>[AaPp]\.? ?[Mm]\.?)?(?: ?Uhr| ?h)?$"
)
CUT_CLOCK: Final = r"^\d{1,2}:\d{2}\.\d$"
"""What a spreadsheet leaves of a date and time when it prints them as minutes and tenths."""

MOST_OF_A_YEAR: Final = 8
"""So many different numbers beside one that stands still may be the months of a year."""

SERIAL_1904: Final = 1462
"""Days between the two epochs of spreadsheets, 1900 and 1904."""

_MONTHS: Final = {
    1: "jan january januar janner enero ene janv janvier jaenner 一月",
    2: "feb february februar febrero fev fevr fevrier 二月",
    3: "mar march mrz marz maerz marzo mars 三月",
    4: "apr april abr abril avr avril 四月",
    5: "may mai mayo 五月",
    6: "jun june juni junio juin 六月",
    7: "jul july juli julio juil juillet 七月",
    8: "aug august ago agosto aou aout 八月",
    9: "sep sept september septiembre set setiembre septembre 九月",
    10: "oct october okt oktober octubre octobre 十月",
    11: "nov november noviembre novembre 十一月",
    12: "dec december dez dezember dic diciembre decembre 十二月",
}


def bare(text: str) -> str:
    """Casefolded, accents removed."""
    if text.isascii():
        return text.casefold()
    folded = unicodedata.normalize("NFKD", text.casefold().replace("ß", "ss"))
    return "".join(c for c in folded if not unicodedata.combining(c))


@lru_cache(maxsize=1)
def month_names() -> dict[str, int]:
    """Month names and their short forms in five languages, without accents, to 1-12."""
    names = {name: number for number, line in _MONTHS.items() for name in line.split()}
    return names | {f"{n}月": n for n in range(1, 13)}


@dataclass(frozen=True)
class DateTexts:
    """What the distinct texts of a column read as.

    ``stamps`` is NaT where ``readable`` is False. ``order`` is what decides day and month: "dmy",
    "mdy", or ``None`` where no text depends on it. ``doubtful``: texts depend on it and none proves
    it; ``conflicting``: some prove one and some the other. ``timed``: a text has a time of day.
    """

    stamps: Stamps
    readable: Mask
    order: str | None
    doubtful: bool
    conflicting: bool
    timed: bool


def _ints(values: Any, default: int = 0) -> Ints:
    filled = pc.if_else(pc.equal(pc.fill_null(values, ""), ""), str(default), values)
    return np.asarray(pc.cast(filled, pa.int64()).to_numpy(zero_copy_only=False), dtype=np.int64)


def _is_date(y: Ints, m: Ints, d: Ints) -> Mask:
    leap = (y % 4 == 0) & ((y % 100 != 0) | (y % 400 == 0))
    length = np.array([0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])
    in_year = (m >= 1) & (m <= 12)
    days = length[np.where(in_year, m, 0)] + (leap & (m == 2))
    return np.asarray(in_year & (d >= 1) & (d <= days))


def _stamp(y: Ints, m: Ints, d: Ints, micros: Ints) -> Stamps:
    good = _is_date(y, m, d)
    months = ((np.where(good, y, 1970) - 1970) * 12 + np.where(good, m, 1) - 1).astype("M8[M]")
    day = months.astype("M8[D]") + (np.where(good, d, 1) - 1)
    out = day.astype("M8[us]") + micros.astype("m8[us]")
    return np.where(good, out, np.datetime64("NaT", "us"))


def _century(y: Ints) -> Ints:
    return np.where(y < 70, y + 2000, np.where(y < 100, y + 1900, y))


def _micros(parts: Any) -> tuple[Ints, Mask]:
    """Microseconds since midnight of the time parts, and where they are no time of day."""
    field = pc.struct_field
    hours, minutes, seconds = (_ints(field(parts, g)) for g in ("H", "M", "S"))
    names = [parts.type.field(i).name for i in range(parts.type.num_fields)]
    fraction = np.zeros(len(parts), np.int64)
    if "F" in names and (pc.max(pc.binary_length(field(parts, "F"))).as_py() or 0) > 0:
        digits = pc.utf8_slice_codeunits(
            pc.utf8_rpad(pc.fill_null(field(parts, "F"), ""), 9, "0"), 0, 6
        )
        fraction = _ints(digits)
    if "P" in names:
        half = pc.utf8_lower(pc.fill_null(field(parts, "P"), ""))
        pm = np.asarray(pc.starts_with(half, "p").to_numpy(zero_copy_only=False), dtype=bool)
        am = np.asarray(pc.starts_with(half, "a").to_numpy(zero_copy_only=False), dtype=bool)
        hours = np.where(pm & (hours < 12), hours + 12, np.where(am & (hours == 12), 0, hours))
    wrong = (minutes > 59) | (seconds > 59)
    return ((hours * 60 + minutes) * 60 + seconds) * 1_000_000 + fraction, wrong


class _Reader:
    """Collects what each spelling reads, text by text, the first spelling winning."""

    def __init__(self, texts: Any) -> None:
        self.texts = texts
        self.stamps: Stamps = np.full(len(texts), np.datetime64("NaT", "us"))
        self.timed = False
        self.used = letters_in(texts)
        self.likely: Mask = np.zeros(len(texts), bool)
        if self.used & _DIGITS:
            likely = pc.match_substring_regex(texts, _LIKELY)
            self.likely = np.asarray(likely.to_numpy(zero_copy_only=False), dtype=bool)

    def open(self, pattern: str) -> tuple[Ints, Any]:
        """Positions still unread that the pattern matches, and the parts it finds there."""
        if not self.used & _NEEDED[pattern]:
            return np.empty(0, np.int64), None
        waiting = np.flatnonzero(np.isnat(self.stamps) & self.likely)
        if len(waiting) == 0:
            return waiting, None
        texts = self.texts.take(pa.array(waiting))
        if not may_match(texts, pattern):
            return np.empty(0, np.int64), None
        parts = pc.extract_regex(texts, pattern)
        hit = np.flatnonzero(np.asarray(pc.is_valid(parts).to_numpy(zero_copy_only=False)))
        return waiting[hit], parts.take(pa.array(hit))

    def put(self, where: Ints, y: Ints, m: Ints, d: Ints, parts: Any) -> None:
        micros, wrong = _micros(parts)
        wrong |= micros > 86_400_000_000
        if bool((micros > 0).any()):
            self.timed = True
        stamps = _stamp(_century(y), m, d, micros)
        self.stamps[where] = np.where(wrong, np.datetime64("NaT", "us"), stamps)


def _named(reader: _Reader, pattern: str) -> None:
    where, parts = reader.open(pattern)
    if len(where) == 0:
        return
    encoded = pc.struct_field(parts, "n").dictionary_encode()
    names = month_names()
    table = np.array([names.get(bare(n), 0) for n in encoded.dictionary.to_pylist()], np.int64)
    months = table[np.asarray(encoded.indices)]
    field = pc.struct_field
    reader.put(where, _ints(field(parts, "y")), months, _ints(field(parts, "d")), parts)


def read_date_texts(
    texts: pa.Array, *, order: str | None = None, codes: npt.NDArray[np.int32] | None = None
) -> DateTexts:
    """Read the distinct texts of one column as dates or timestamps.

    Parameters
    ----------
    texts
        String array without nulls.
    order
        "dmy" or "mdy" where known from elsewhere; what the texts prove themselves comes first.
    codes
        Per row of the column the position in ``texts`` (-1: blank); its order of rows is evidence.

    Examples
    --------
    >>> read_date_texts(pa.array(["31.12.2025 06:30", "01.02.2026"])).stamps.astype(str).tolist()
    ['2025-12-31T06:30:00.000000', '2026-02-01T00:00:00.000000']
    >>> read_date_texts(pa.array(["03/04/2026"])).doubtful
    True
    """
    if len(texts) == 0:
        nothing = np.empty(0, "M8[us]")
        return DateTexts(nothing, np.empty(0, bool), None, False, False, False)
    plain = tidy(texts)
    if letters_in(plain) & _WORDS and pc.any(pc.match_substring_regex(plain, _WEEKDAY)).as_py():
        plain = pc.replace_substring_regex(plain, _WEEKDAY, "")
    reader = _Reader(plain)
    for pattern in (_YEAR_FIRST, _COMPACT, _CHINESE):
        where, parts = reader.open(pattern)
        if len(where):
            y, m, d = (_ints(pc.struct_field(parts, g)) for g in "ymd")
            reader.put(where, y, m, d, parts)
    decided, doubtful, conflicting = _year_last(reader, order, codes)
    for pattern in (_DAY_NAME, _NAME_DAY):
        _named(reader, pattern)
    readable = ~np.isnat(reader.stamps)
    return DateTexts(reader.stamps, readable, decided, doubtful, conflicting, reader.timed)


def _year_last(
    reader: _Reader, order: str | None, codes: npt.NDArray[np.int32] | None
) -> tuple[str | None, bool, bool]:
    where, parts = reader.open(_YEAR_LAST)
    if len(where) == 0:
        return None, False, False
    a, b, y = (_ints(pc.struct_field(parts, g)) for g in ("a", "b", "y"))
    day_first, month_first = bool((a > 12).any()), bool((b > 12).any())
    dotted = bool(pc.all(pc.equal(pc.struct_field(parts, "sep"), ".")).as_py())
    doubtful = False
    if day_first or month_first:
        decided = "mdy" if month_first and not day_first else "dmy"
    elif dotted:
        decided = "dmy"
    elif bool((a == b).all()):
        decided = order or "dmy"
    else:
        slot = np.full(len(reader.texts), -1, np.int64)
        slot[where] = np.arange(len(where))
        evidence = _from_rows(slot, _century(y), a, b, codes)
        decided = evidence or order or "dmy"
        doubtful = evidence is None and order is None
    day, month = (a, b) if decided == "dmy" else (b, a)
    reader.put(where, y, month, day, parts)
    return decided, doubtful, day_first and month_first


def _from_rows(
    slot: Ints, y: Ints, a: Ints, b: Ints, codes: npt.NDArray[np.int32] | None
) -> str | None:
    """Day or month first, from the order of the rows or from one part standing still."""
    if codes is None:
        return None
    used = slot[codes[codes >= 0]]
    used = used[used >= 0]
    days_first = (y * 12 + b) * 31 + a
    months_first = (y * 12 + a) * 31 + b
    ordered = [_one_way(k[used]) for k in (days_first, months_first)]
    if ordered[0] != ordered[1]:
        return "dmy" if ordered[0] else "mdy"
    still_a, still_b = len(np.unique(y * 100 + a)) == 1, len(np.unique(y * 100 + b)) == 1
    still, moving = (a, b) if still_a else (b, a)
    # One day of every month (the first, or most of a year) looks like the days of one month.
    monthly = int(still[0]) == 1 or len(np.unique(moving)) >= MOST_OF_A_YEAR
    if still_a != still_b and len(y) >= 5 and not monthly:
        return "dmy" if still_b else "mdy"
    return None


def _one_way(keys: Ints) -> bool:
    steps = np.diff(keys)
    steps = steps[steps != 0]
    return len(steps) >= 3 and bool((steps > 0).all() or (steps < 0).all())


def read_clock_texts(texts: pa.Array) -> Floats:
    """Seconds of distinct texts such as 13:45, 1:45 PM, 26:10:05; nan where a text is no clock."""
    out = np.full(len(texts), np.nan)
    if len(texts) == 0:
        return out
    if ord(":") not in letters_in(texts):
        return out
    plain = tidy(texts)
    if not may_match(plain, _CLOCK):
        return out
    parts = pc.extract_regex(plain, _CLOCK)
    hit = np.flatnonzero(np.asarray(pc.is_valid(parts).to_numpy(zero_copy_only=False)))
    if len(hit):
        micros, wrong = _micros(parts.take(pa.array(hit)))
        out[hit] = np.where(wrong, np.nan, micros / 1e6)
    return out


def from_serials(serials: Floats, *, epoch1904: bool) -> Stamps:
    """Timestamps of spreadsheet serial days (fraction: time of day), NaT outside 1980 to 2100.

    >>> from_serials(np.array([46112.25]), epoch1904=False).astype(str).tolist()
    ['2026-03-31T06:00:00.000000']
    """
    days = serials + (SERIAL_1904 if epoch1904 else 0)
    good = (days >= 29221) & (days < 73415)
    seconds = np.round(np.where(good, days - 25569, 0.0) * 86_400_000) * 1000
    stamps = seconds.astype("m8[us]") + np.datetime64("1970-01-01", "us")
    return np.where(good, stamps, np.datetime64("NaT", "us"))
