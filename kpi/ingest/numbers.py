"""Numbers as plants print them: 1,234.56 and 1.234,56, trailing minus, currency, units, percent.

Works on the distinct texts of a column, vectorised; the decimal sign is decided from all of them,
because 1.234 alone may be a thousand or a little more than one.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

CURRENCIES: Final = {
    "€": "EUR", "$": "USD", "US$": "USD", "£": "GBP", "¥": "CNY", "₹": "INR", "R$": "BRL",
    "zł": "PLN", "Kč": "CZK", "EUR": "EUR", "USD": "USD", "GBP": "GBP", "CNY": "CNY", "INR": "INR",
    "PLN": "PLN", "MXN": "MXN", "BRL": "BRL", "CHF": "CHF", "CZK": "CZK", "SEK": "SEK",
    "NOK": "NOK", "DKK": "DKK", "HUF": "HUF", "RON": "RON", "JPY": "JPY", "KRW": "KRW", "CAD": "CAD",
    "AUD": "AUD", "TRY": "TRY", "RMB": "CNY",
}  # fmt: skip
"""Signs and codes of currencies, and the ISO 4217 code each stands for."""

UNITS: Final = {
    **dict.fromkeys(("pcs", "pc", "pce", "ea", "stk", "stück", "st", "uds", "ud", "pza", "pzas",
                     "pz", "pièces", "pieces", "piece", "units", "件", "个"), "pcs"),
    **dict.fromkeys(("kg", "kgs", "kilo"), "kg"),
    **dict.fromkeys(("t", "to", "ton", "tons", "tonnes"), "t"),
    **dict.fromkeys(("lb", "lbs"), "lb"),
    "g": "g", "m": "m", "m2": "m2", "m²": "m2", "mm": "mm", "cm": "cm", "l": "l", "ml": "ml",
    **dict.fromkeys(("h", "hr", "hrs", "hour", "hours", "std", "stunden", "horas", "heures", "小时"), "h"),
    **dict.fromkeys(("min", "mins", "minute", "minutes", "minuten", "minutos", "分钟"), "min"),
    **dict.fromkeys(("s", "sec", "secs", "seconds", "sek", "seg", "秒"), "s"),
    **dict.fromkeys(("d", "days", "tage", "días", "jours", "天"), "d"),
    "%": "%",
}  # fmt: skip
"""Units as printed behind a figure or in a heading (casefolded), and the one name each has here."""

_SHAPE: Final = (
    r"^(?P<open>\()?(?P<sign>[+-]?) ?(?P<pre>US\$|R\$|[€$£¥₹]|[A-Z]{3} )? ?(?P<sign2>[+-]?)"
    r"(?P<num>[.,]?\d[\d.,' ]*?)(?P<exp>[eE][+-]?\d{1,3})? ?"
    r"(?P<post>%|[€$£¥₹]|zł|Kč|\pL[\pL0-9²]*\.?)?(?P<tail> ?-)?(?P<close>\))?$"
)
_PLAIN: Final = r"^-?\d{1,15}$"
_DOTTED: Final = r"^-?\d{0,15}(?:\.\d+)?$"
_DOT_DECIDES: Final = r"\.(?:\d{1,2}|\d{4,})$|^-?0?\.|^-?\d{4,}\."
_DOT_PROOF: Final = (
    r"^(?:\d{1,3}(?:,\d{2,3})*,\d{3}\.\d+|\d{1,3}(?:,\d{2,3})+,\d{3}"
    r"|0*\.\d+|\d+\.\d{1,2}|\d+\.\d{4,}|\d{4,}\.\d{3}|0\d*\.\d{3})$"
)
_COMMA_PROOF: Final = (
    r"^(?:\d{1,3}(?:\.\d{3})+,\d+|\d{1,3}(?:\.\d{3}){2,}"
    r"|0*,\d+|\d+,\d{1,2}|\d+,\d{4,}|\d{4,},\d{3}|0\d*,\d{3})$"
)
_EITHER: Final = r"^[1-9]\d{0,2}[.,]\d{3}$"
_SPACED: Final = r"^\d{1,3}(?:[ ']\d{3})+(?:[.,]\d+)?$"
_UNDER_DOT: Final = r"^(?:\d+|\d{1,3}(?:,\d{2,3})*,\d{3})?(?:\.\d+)?$"
_UNDER_COMMA: Final = r"^(?:\d+|\d{1,3}(?:\.\d{3})+)?(?:,\d+)?$"


@dataclass(frozen=True)
class NumberTexts:
    """What the distinct texts of a column read as.

    ``values`` is nan where ``readable`` is False. ``decimal`` is the sign in use, ``None`` where no
    text needs one. ``doubtful`` says that only texts such as 1.234 carry a sign, so that nothing
    decides; ``conflicting`` that texts prove both signs. ``units`` are those printed in the cells.
    """

    values: Floats
    readable: Mask
    percent: Mask
    units: tuple[str, ...]
    decimal: str | None
    doubtful: bool
    conflicting: bool


def _mask(values: Any) -> Mask:
    return np.asarray(pc.fill_null(values, False).to_numpy(zero_copy_only=False), dtype=bool)


def _matches(texts: Any, pattern: str) -> Mask:
    return _mask(pc.match_substring_regex(texts, pattern))


def letters_in(texts: pa.Array) -> frozenset[int]:
    """The bytes that occur in some texts: what no pattern need look for otherwise.

    >>> sorted(map(chr, letters_in(pa.array(["2026-01", "7"]))))
    ['-', '0', '1', '2', '6', '7']
    """
    _, offsets, content = texts.buffers()
    if content is None or len(texts) == 0:
        return frozenset()
    ends = np.frombuffer(offsets, np.int32)[[texts.offset, texts.offset + len(texts)]]
    used = np.frombuffer(content, np.uint8)[ends[0] : ends[1]]
    return frozenset(np.flatnonzero(np.bincount(used, minlength=256)).tolist())


_DIGITS: Final = frozenset(b"0123456789")

_FEW: Final = 100
"""Up to so many texts are looked at one by one first: cheaper than to prepare a pattern for vectors."""


@lru_cache(maxsize=64)
def _one_by_one(pattern: str) -> re.Pattern[str]:
    """A pattern for vectors as one for single texts; it may match a little more, never less."""
    return re.compile(pattern.replace(r"[\pL0-9²]", r"[\w²]").replace(r"\pL", r"[^\W\d_]"))


def may_match(texts: pa.Array, pattern: str) -> bool:
    """Whether a pattern for vectors may match any of some texts; ``False`` is sure."""
    if len(texts) > _FEW:
        return True
    single = _one_by_one(pattern)
    return any(single.match(text) for text in texts.to_pylist())


_ODD: Final = frozenset((*b"\t\n\v\f\r`", *range(0x80, 0x100)))
"""Bytes of what ``tidy`` makes plain, and of everything beyond ASCII."""


_WIDE: Final = 0xEF
"""The first byte of digits as wide as Chinese characters, and of little else."""


_ARABIC: Final = frozenset((0xD9, 0xDB))
"""The first bytes of Arabic and Persian digits."""

_LATIN: Final = {
    **{first + n: str(n) for first in (0x660, 0x6F0) for n in range(10)},
    0x66A: "%", 0x66B: ".", 0x66C: "'",
}  # fmt: skip
"""Arabic and Persian digits, their percent, decimal and thousands signs."""

_UNSEEN: Final = (
    "[\\x{00}-\\x{08}\\x{0b}\\x{0c}\\x{0e}-\\x{1f}\\x{7f}-\\x{84}\\x{86}-\\x{9f}\\x{ad}\\x{200b}"
    "\\x{200e}\\x{200f}\\x{202a}-\\x{202e}\\x{2060}-\\x{2064}\\x{2066}-\\x{2069}\\x{feff}]"
)
"""Controls, soft hyphens, marks of direction and of order: nobody sees them, and two names that
differ in nothing else are one. Joiners stay: some scripts and signs are written with them."""

_MAYBE_UNSEEN: Final = frozenset((*range(9), 11, 12, *range(14, 32), *range(127, 256)))


def visible(texts: Any) -> Any:
    """Texts as they are seen: without characters nobody sees, letters and accents composed.

    >>> visible(pa.array(["Nord\ufeffhafen", "Mu\u0308nchen"])).to_pylist()
    ['Nordhafen', 'München']
    """
    if not letters_in(texts) & _MAYBE_UNSEEN:
        return texts
    return pc.utf8_normalize(pc.replace_substring_regex(texts, _UNSEEN, ""), form="NFC")


def tidy(texts: Any) -> Any:
    """Texts with every kind of blank and minus made the plain one, outer blanks removed."""
    used = letters_in(texts)
    if not used & _ODD:
        if ord(" ") not in used:
            return texts
        if not pc.any(pc.match_substring(texts, "  ")).as_py():
            return pc.utf8_trim_whitespace(texts)
    if _WIDE in used:
        texts = pc.utf8_normalize(texts, form="NFKC")
    if used & _ARABIC:
        texts = pa.array([text.translate(_LATIN) for text in texts.to_pylist()], pa.string())
    plain = pc.replace_substring_regex(texts, "[\u00a0\u202f\u2009\u2007\\s]+", " ")
    plain = pc.replace_substring_regex(plain, "[\u2212\u2013]", "-")
    return pc.utf8_trim_whitespace(pc.replace_substring_regex(plain, "[\u2019`´]", "'"))


def _unit_name(printed: str) -> str | None:
    text = printed.strip().rstrip(".")
    return CURRENCIES.get(text) or CURRENCIES.get(text.upper()) or UNITS.get(text.casefold())


def _to_float(bodies: Any, good: Mask, decimal: str) -> Floats:
    drop = "[ ',]" if decimal == "." else "[ '.]"
    bare = pc.replace_substring_regex(bodies, drop, "")
    if decimal == ",":
        bare = pc.replace_substring(bare, ",", ".")
    usable = pc.if_else(pa.array(good), bare, None)
    return np.asarray(
        pc.cast(usable, pa.float64()).to_numpy(zero_copy_only=False), dtype=np.float64
    )


def read_number_texts(texts: pa.Array, *, decimal: str | None = None) -> NumberTexts:
    """Read the distinct texts of one column as numbers.

    Parameters
    ----------
    texts
        String array without nulls.
    decimal
        The decimal sign, where it is known from elsewhere (an answer, another column); what the
        texts prove themselves comes first.

    Examples
    --------
    >>> read_number_texts(pa.array(["1.234,50", "7", "3,5-"])).values.tolist()
    [1234.5, 7.0, -3.5]
    >>> read_number_texts(pa.array(["1.234", "2.500"])).doubtful
    True
    """
    count = len(texts)
    if count == 0:
        return NumberTexts(
            np.empty(0), np.empty(0, bool), np.empty(0, bool), (), None, False, False
        )
    if not letters_in(texts) & (_DIGITS | _ARABIC | {_WIDE}):
        no = np.zeros(count, bool)
        return NumberTexts(np.full(count, np.nan), no, no, (), None, False, False)
    if (quick := _quick(texts)) is not None:
        return quick
    plain = tidy(texts)
    if not may_match(plain, _SHAPE):
        no = np.zeros(count, bool)
        return NumberTexts(np.full(count, np.nan), no, no, (), None, False, False)
    parts = pc.extract_regex(plain, _SHAPE)
    shaped = _mask(pc.is_valid(parts))

    def group(name: str) -> Any:
        return pc.fill_null(pc.struct_field(parts, name), "")

    bodies = pc.utf8_trim_whitespace(group("num"))
    known, units, percent = _units(group("pre"), group("post"))
    shaped &= known
    spaced = _matches(bodies, _SPACED)
    blank = _matches(bodies, "[ ']")
    shaped &= ~blank | spaced
    joined = pc.replace_substring_regex(bodies, "[ ']", "")

    dot = (_matches(joined, _DOT_PROOF) | (spaced & _matches(bodies, r"\."))) & shaped
    comma = (_matches(joined, _COMMA_PROOF) | (spaced & _matches(bodies, ","))) & shaped
    either = _matches(joined, _EITHER) & ~spaced & shaped
    sign, doubtful = _decide(dot, comma, either, joined, decimal)
    under = _UNDER_DOT if sign != "," else _UNDER_COMMA
    readable = shaped & _matches(joined, under)
    values = _to_float(joined, readable, sign or ".")
    exponent = pc.replace_substring_regex(group("exp"), "^[eE]", "")
    if _matches(exponent, r"\d").any():
        power = pc.if_else(pc.equal(exponent, ""), "0", exponent)
        values = values * 10.0 ** np.asarray(pc.cast(power, pa.float64()))
    minus = sum(
        _matches(group(g), r"[-(]").astype(np.int8) for g in ("sign", "sign2", "tail", "open")
    )
    values = np.where(np.asarray(minus) > 0, -values, values)
    return NumberTexts(
        values,
        readable,
        percent & readable,
        units,
        sign if (dot.any() or comma.any() or either.any()) else None,
        doubtful,
        bool(dot.any() and comma.any()),
    )


def _quick(texts: Any) -> NumberTexts | None:
    """The reading of texts that are all plain numbers with at most a proven decimal point."""
    whole = bool(pc.all(pc.match_substring_regex(texts, _PLAIN)).as_py())
    if not whole and not (
        pc.all(pc.match_substring_regex(texts, _DOTTED)).as_py()
        and pc.any(pc.match_substring_regex(texts, _DOT_DECIDES)).as_py()
    ):
        return None
    values = np.asarray(pc.cast(texts, pa.float64()).to_numpy(zero_copy_only=False))
    no = np.zeros(len(texts), bool)
    return NumberTexts(values, ~no, no, (), None if whole else ".", False, False)


def _units(before: Any, behind: Any) -> tuple[Mask, tuple[str, ...], Mask]:
    """Which texts carry only known units, the units there are, and where it is a percent sign."""
    known = np.ones(len(before), bool)
    percent = np.zeros(len(before), bool)
    found: list[str] = []
    for printed in (before, behind):
        encoded = printed.dictionary_encode()
        names = [
            None if p == "" else (_unit_name(p) or "?") for p in encoded.dictionary.to_pylist()
        ]
        codes = np.asarray(encoded.indices)
        table = np.array([n != "?" for n in names])
        known &= table[codes]
        percent |= np.array([n == "%" for n in names])[codes]
        found += [n for n in names if n and n != "?" and n not in found]
    return known, tuple(found), percent


def _decide(
    dot: Mask, comma: Mask, either: Mask, joined: Any, given: str | None
) -> tuple[str | None, bool]:
    """The decimal sign, and whether nothing decides it."""
    if dot.any() or comma.any():
        return ("." if dot.sum() >= comma.sum() else ","), False
    if not either.any():
        return given, False
    if given is not None:
        return given, False
    long_plain = _matches(joined, r"^[1-9]\d{3,}$").any()
    printed = "." if (_matches(joined, r"\.") & either).any() else ","
    both = (_matches(joined, r"\.") & either).any() and (_matches(joined, ",") & either).any()
    if long_plain and not both:
        return printed, False  # 1234 stands unseparated beside 1.234: the sign is a decimal one
    return ("," if printed == "." else "."), True
