"""The words of quality management and of this product: one source for pages, tooltips and documents.

Terms follow ISO 9000 in our own words; no sentence of a standard stands here.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Any, Final

from kpi.errors import UnknownNameError


class Family(StrEnum):
    """Where a word comes from."""

    QUALITY = "quality"
    PRINCIPLE = "principle"
    PRODUCT = "product"


FAMILY_WORDS: Final[Mapping[Family, str]] = {
    Family.QUALITY: "Words of quality management",
    Family.PRINCIPLE: "The seven principles of quality management",
    Family.PRODUCT: "Words of this product",
}


@dataclass(frozen=True, slots=True)
class Term:
    """A word with what it means; ``also`` are other forms it is met in."""

    word: str
    says: str
    family: Family
    also: tuple[str, ...] = ()

    @property
    def forms(self) -> tuple[str, ...]:
        """The word and its other forms."""
        return (self.word, *self.also)


@cache
def glossary() -> tuple[Term, ...]:
    """Every word, in the order of the alphabet."""
    return tuple(sorted(map(_term, _read()), key=lambda term: term.word.casefold()))


def _read() -> list[dict[str, Any]]:
    text = files("kpi.qms").joinpath("data", "glossary.json").read_text(encoding="utf-8")
    found: list[dict[str, Any]] = json.loads(text)["words"]
    return found


def _term(told: dict[str, Any]) -> Term:
    return Term(told["word"], told["says"], Family(told["kind"]), tuple(told["also"]))


@cache
def _by_form() -> dict[str, Term]:
    return {form.casefold(): term for term in glossary() for form in term.forms}


def find_term(word: str) -> Term | None:
    """The term a word or one of its forms is explained under; ``None`` where it is in no glossary."""
    return _by_form().get(word.strip().casefold())


def meaning(word: str) -> str:
    """What a word means, as a sentence: for a tooltip.

    Raises
    ------
    UnknownNameError
        The glossary does not have it.

    >>> meaning("Nonconformity")
    'Nonconformity: a requirement is not fulfilled.'
    """
    term = find_term(word)
    if term is None:
        raise UnknownNameError("word of the glossary", word, known=[t.word for t in glossary()])
    return f"{term.word[:1].upper()}{term.word[1:]}: {term.says}."


@cache
def _pattern() -> "re.Pattern[str]":
    forms = sorted(_by_form(), key=len, reverse=True)
    return re.compile(rf"(?<![\w-])({'|'.join(map(re.escape, forms))})(?![\w-])", re.IGNORECASE)


def words_in(text: str) -> tuple[tuple[int, int, Term], ...]:
    """Where words of the glossary stand in a text, each word once: from, to, and the term.

    >>> [(a, b, term.word) for a, b, term in words_in("Open nonconformities and their actions")]
    [(5, 20, 'nonconformity'), (31, 38, 'action')]
    """
    found: dict[str, tuple[int, int, Term]] = {}
    for hit in _pattern().finditer(text):
        term = _by_form()[hit.group().casefold()]
        found.setdefault(term.word, (hit.start(), hit.end(), term))
    return tuple(found.values())
