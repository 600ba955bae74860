"""How lists of audits, findings and processes are headed and worded, in five languages, as data."""

import json
import re
import unicodedata
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files
from typing import Any, Final

LISTS: Final = ("process", "audit", "finding")
"""The lists that are read, by the name of the kind of record; each may name those before it."""

_IN_BRACKETS: Final = re.compile(r"\([^)]*\)|\[[^\]]*\]")
_APART: Final = re.compile(r"[\W_]+")


def folded(text: str) -> str:
    """Text as headings and choices are compared: no case, accents, punctuation, no word in brackets.

    >>> folded("Geplant  am:"), folded("Größe (mm)"), folded("N° d'audit")
    ('geplant am', 'grosse', 'n d audit')
    """
    bare = _IN_BRACKETS.sub(" ", text) if _IN_BRACKETS.sub("", text).strip() else text
    plain = unicodedata.normalize("NFKD", bare.casefold().replace("°", " "))
    kept = "".join(c for c in plain if not unicodedata.combining(c))
    return _APART.sub(" ", kept).strip()


@cache
def _told() -> Mapping[str, Any]:
    path = files("kpi.qms").joinpath("data", "audit_headings.json")
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


@cache
def _fields(name: str) -> Mapping[str, str]:
    return _by_word(_told()["fields"][name])


@cache
def _choices(name: str) -> Mapping[str, str]:
    own = {member: [member, *words] for member, words in _told()["choices"][name].items()}
    return _by_word(own)


def _by_word(told: Mapping[str, Iterable[str]]) -> Mapping[str, str]:
    found: dict[str, str] = {}
    for name, words in told.items():
        for word in words:
            found.setdefault(folded(word), name)
    return found


def field_of(name: str, heading: str) -> str:
    """The field a heading stands for in a list; empty where it is none that is known."""
    return _fields(name).get(folded(heading), "")


def list_of_sheet(title: str) -> str:
    """The list a sheet holds by its title; empty where the title does not tell."""
    return _by_word(_told()["sheets"]).get(folded(title), "")


def choice_of(name: str, text: str) -> str:
    """The choice a text stands for, as it is recorded; empty where it is none that is known."""
    return _choices(name).get(folded(text), "")


def choices(name: str) -> tuple[str, ...]:
    """What may be chosen, as it is recorded."""
    return tuple(_told()["choices"][name])
