"""How much room text takes, estimated: PowerPoint lays text out only when it is opened."""

import math
from collections.abc import Sequence
from typing import Final

NARROW: Final = frozenset("ijl.,:;|!'\u00b7()[]ftr1 I\u202f\u00a0")
WIDE: Final = frozenset("mwMW%@\u2026\u2013\u2192")

NARROW_EM, USUAL_EM, CAPITAL_EM, WIDE_EM, FULL_EM = 0.31, 0.55, 0.69, 0.89, 1.0
"""Widths of characters in a plain sans serif, in units of the font size."""

BOLD: Final = 1.08
"""How much wider bold text runs."""

LINE: Final = 1.2
"""Height of a line in units of the font size."""

_FULL_WIDTH_FROM: Final = "\u2e80"


def text_width(text: str, size: float, *, bold: bool = False) -> float:
    """Width in points of text on one line.

    >>> text_width("", 12), text_width("mm", 10)
    (0, 17.8)
    """
    ems = sum(map(_em, text))
    return round(ems * size * (BOLD if bold else 1), 6)


def _em(character: str) -> float:
    if character in NARROW:
        return NARROW_EM
    if character in WIDE:
        return WIDE_EM
    if character >= _FULL_WIDTH_FROM:
        return FULL_EM
    return CAPITAL_EM if character.isupper() else USUAL_EM


def line_count(text: str, width: float, size: float, *, bold: bool = False) -> int:
    """Lines that text takes in a box ``width`` points wide; words longer than a line are broken.

    >>> line_count("one two", 100, 12), line_count("one two", 30, 12), line_count("mmmmmm", 30, 10)
    (1, 2, 2)
    """
    lines, used = 1, 0.0
    space = text_width(" ", size, bold=bold)
    for word in text.split(" "):
        wide = text_width(word, size, bold=bold)
        if used and used + space + wide <= width:
            used += space + wide
            continue
        if used:
            lines += 1
        broken = max(1, math.ceil(wide / width))
        lines += broken - 1
        used = wide - (broken - 1) * width
    return lines


def shortened(text: str, width: float, size: float, lines: int, *, bold: bool = False) -> str:
    """The text, cut with an ellipsis where it would take more lines than given.

    >>> shortened("one two three", 30, 12, 2)
    'one tw…'
    """
    if line_count(text, width, size, bold=bold) <= lines:
        return text
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        cut = f"{text[:middle].rstrip()}…"
        if line_count(cut, width, size, bold=bold) <= lines:
            low = middle
        else:
            high = middle - 1
    kept = text[:low].rstrip()
    at = kept.rfind(" ")
    whole_word = at > len(kept) * 0.6 and not text[low : low + 1].isspace()
    return f"{kept[:at] if whole_word else kept}…"


def largest_size(
    text: str, width: float, sizes: Sequence[float], lines: int, *, bold: bool = False
) -> float:
    """The first of the sizes, largest first, at which the text keeps to its lines; else the last."""
    for size in sizes:
        if line_count(text, width, size, bold=bold) <= lines:
            return size
    return sizes[-1]
