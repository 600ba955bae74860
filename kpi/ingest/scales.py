"""Figures given in thousands or millions, where the heading says so: "Output (k pcs)", "Menge in Tsd."."""

import re
from functools import lru_cache
from typing import Final

_THOUSAND: Final = (
    r"k|tsd|tausend|thousands?|milliers?|miles|'?000s?|000 ?s|x ?1[.,' ]?000|千"
)  # fmt: skip
_TEN_THOUSAND: Final = r"万|萬"
_MILLION: Final = r"mio|mill|millionen|millions?|millones|x ?1[.,' ]?000[.,' ]?000|百万"
_PIECES: Final = r"(?:pcs?|pieces|parts|stk|st|st[uü]ck|units?|uds?|piezas|pi[eè]ces|件|个)"

_FACTORS: Final = ((_MILLION, 1e6), (_TEN_THOUSAND, 1e4), (_THOUSAND, 1e3))
_INSIDE: Final = tuple(
    (re.compile(rf"\s*(?:in|en)?\s*(?:{word})\.?\s*({_PIECES}\.?)?\s*", re.IGNORECASE), factor)
    for word, factor in _FACTORS
)
_JOINED: Final = re.compile(rf"\s*(?:k|t)({_PIECES}|stk)\.?\s*", re.IGNORECASE)
_BRACKETS: Final = re.compile(r"[(\[]([^)\]]*)[)\]]")
_TAIL: Final = re.compile(
    rf"[\s,;:/-]+(?:in|en)\s+({'|'.join(word for word, _ in _FACTORS)})\.?(?:\s+{_PIECES}\.?)?\s*$"
    rf"|[\s,;:/-]+(tsd|mio)\.?(?:\s+{_PIECES}\.?)?\s*$",
    re.IGNORECASE,
)


@lru_cache(maxsize=20_000)
def unscaled(heading: str) -> tuple[str, float]:
    """The heading without its words of scale, and what its figures must be multiplied by.

    >>> unscaled("Output (k pcs)"), unscaled("Menge in Tsd. Stück"), unscaled("Scrap (pcs)")
    (('Output (pcs)', 1000.0), ('Menge', 1000.0), ('Scrap (pcs)', 1.0))
    """
    for found in _BRACKETS.finditer(heading):
        told = _inside(found.group(1))
        if told is not None:
            rest, factor = told
            kept = f"({rest})" if rest else ""
            return (heading[: found.start()] + kept + heading[found.end() :]).strip(), factor
    tail = _TAIL.search(heading)
    if tail is not None and tail.start() > 0:
        word = tail.group(1) or tail.group(2)
        factor = next(f for w, f in _FACTORS if re.fullmatch(w, word, re.IGNORECASE))
        return heading[: tail.start()], factor
    return heading, 1.0


def _inside(text: str) -> tuple[str, float] | None:
    """What a bracket holds beside a scale, where it holds one."""
    joined = _JOINED.fullmatch(text)
    if joined is not None:
        return joined.group(1), 1e3
    for pattern, factor in _INSIDE:
        found = pattern.fullmatch(text)
        if found is not None:
            return found.group(1) or "", factor
    return None
