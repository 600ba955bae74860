"""Which old code page a text was written in, judged by the words it makes.

No mark says so. A page is right where the letters beyond ASCII are those of one language, inside
words, in the case a word has: bytes read in the wrong page give signs of money inside words.
"""

import re
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from typing import Final

_LETTERS: Final = {
    "de": "äöüß",
    "fr": "éèêëàâçîïôùûœ",
    "es": "áéíóúñüºª",
    "it": "àèéìíòóù",
    "pt": "ãõáàâéêíóôúçü",
    "nordic": "åäöæøé",
    "nl": "éëïöü",
    "pl": "ąćęłńóśźż",
    "cs": "áčďéěíňóřšťúůýž",
    "sk": "áäčďéíĺľňóôŕšťúýž",
    "hu": "áéíóöőúüű",
    "ro": "ăâîşţșț",
    "hr": "čćđšž",
    "tr": "çğıöşüâ",
    "ru": "абвгдеёжзийклмнопрстуфхцчшщъыьэюя",
    "el": "αβγδεζηθικλμνξοπρσςτυφχψωάέήίόύώ",
}
_NOT_LATIN: Final = ("ru", "el")
_WEST: Final = ("de", "fr", "es", "it", "pt", "nordic", "nl")
_EAST: Final = ("pl", "cs", "sk", "hu", "ro", "hr", "de")
PAGES: Final = {
    "cp1252": _WEST,
    "cp1250": _EAST,
    "iso8859-2": _EAST,
    "cp1254": ("tr",),
    "cp1251": ("ru",),
    "koi8-r": ("ru",),
    "cp866": ("ru",),
    "cp1253": ("el",),
    "cp850": _WEST,
    "cp852": _EAST,
    "mac-roman": _WEST,
}
"""The pages by preference, and the languages each is used for."""

_SIGNS: Final = frozenset("°µ€–—’‘‚„“”½¼¾²³»«·§®©±™…•×÷Ø№£¿¡¹ \u00a0")
"""Signs that stand beside words in any language."""

_WORD: Final = re.compile(rb"[A-Za-z\x80-\xff]*[\x80-\xff][A-Za-z\x80-\xff]*")
WORDS: Final = 20_000
USUAL: Final = "cp1252"
CLEARLY: Final = 0.1
"""By how much another page must explain the letters better than the usual one."""

SURE: Final = 0.85


def page_of(data: bytes) -> tuple[str, float]:
    """The code page that makes the most of the text's letters, and the share it explains."""
    words = set(_WORD.findall(data)[:WORDS])  # a frequent word speaks once
    shares = {page: _explained(words, page) for page in PAGES}
    best = max(shares, key=lambda page: shares[page])
    if best != USUAL and shares[best] < max(shares[USUAL] + CLEARLY, SURE):
        best = USUAL
    return best, shares[best]


def _explained(words: AbstractSet[bytes], page: str) -> float:
    """Share of the letters beyond ASCII that one language of the page accounts for; 1 without any."""
    decoded = [word.decode(page, "replace") for word in words]
    return max(_by_language(decoded, language) for language in PAGES[page])


def _by_language(words: Sequence[str], language: str) -> float:
    small = frozenset(_LETTERS[language])
    large = frozenset(_LETTERS[language].upper()) | (frozenset("İ") if language == "tr" else set())
    good = bad = 0
    for word in words:
        mixed = language in _NOT_LATIN and any(c.isascii() and c.isalpha() for c in word)
        for at, letter in enumerate(word):
            if letter.isascii():
                continue
            before = word[at - 1] if at else ""
            after = word[at + 1] if at + 1 < len(word) else ""
            if not mixed and (letter in small or (letter in large and (not at or word.isupper()))):
                good += 1
            elif letter not in _SIGNS or (before.isalpha() and after.isalpha() and letter != "’"):
                bad += 1
    return good / (good + bad) if good + bad else 1.0


# --- scripts of many thousand characters ------------------------------------------------------

_KANA: Final = re.compile("[\u3041-\u30fa]")
_WIDE: Final = re.compile("[\u2e80-\uffff]")
_WITHIN: Final = re.compile("[A-Za-z][\u2e80-\uffef]+(?=[A-Za-z])")
_HANGUL: Final = re.compile("[\uac00-\ud7a3]")
FEW: Final = 3
"""Wide characters; with fewer there is nothing to judge by."""


def wide_page_of(data: bytes) -> str | None:
    """The page of a Japanese, Korean or Chinese text; ``None`` where it is none of them."""
    japanese = [(_share(data, page, _KANA), page) for page in ("shift_jis", "euc_jp")]
    share, page = max(japanese)
    if share > 0.1:
        return page
    if _share(data, "euc_kr", _HANGUL) > 0.95:
        return "euc_kr"
    chinese = [(_frequent(data, page), page) for page in ("big5", "gb18030")]
    share, page = max(chinese)
    return page if share > 0.85 else None


def _wide(data: bytes, page: str) -> str:
    """The characters beyond Latin, or nothing where the bytes are no text of that page."""
    try:
        text = data.decode(page)
    except UnicodeDecodeError:
        return ""
    if len(_WITHIN.findall(text)) > 0.1 * len(_WIDE.findall(text)):
        return ""  # letters of the Latin alphabet stand close to them: accents, taken in pairs
    wide = "".join(_WIDE.findall(text))
    half = sum("\uff61" <= c <= "\uff9f" for c in wide)
    return wide if len(wide) >= FEW and half <= 0.2 * len(wide) else ""


def _share(data: bytes, page: str, wanted: re.Pattern[str]) -> float:
    wide = _wide(data, page)
    return len(wanted.findall(wide)) / len(wide) if wide else 0.0


def _frequent(data: bytes, page: str) -> float:
    """Share of the wide characters that are in the page's first level, the frequent ones."""
    wide = _wide(data, page)
    first, last = (0xB0, 0xD7) if page == "gb18030" else (0xA4, 0xC6)
    usual = 0
    for character in wide:
        lead, trail = character.encode(page, "replace")[:2].ljust(2, b"\0")
        paired = page != "gb18030" or trail > 0xA0
        usual += (paired and first <= lead <= last) or "\uff00" <= character <= "\uffef"
    return usual / len(wide) if wide else 0.0
