"""The agenda of the management review as each edition of ISO 9001 orders it, in our own words.

Which input has which letter stands in ``data/agenda.json`` and nowhere else: the lettering of the
2026 edition rests on secondary sources, and is corrected there.
"""

import json
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any, Final

from kpi.errors import UnknownNameError

_FILE: Final = Path(__file__).with_name("data") / "agenda.json"

NOT_ASKED: Final = "-"
"""Stands where an edition does not ask for an input."""


class Edition(StrEnum):
    """The edition of ISO 9001 that a plan, an audit or a review was made under."""

    E2015 = "2015"
    E2026 = "2026"


LATEST: Final = Edition.E2026
"""What a new review is offered; both may be chosen for the three years of transition."""


@dataclass(frozen=True, slots=True)
class Point:
    """An input of the review: its place in an edition, and what it is filled from."""

    key: str
    letter: str
    title: str
    filled_from: str


def edition_of(name: str) -> Edition:
    """The edition with a name, such as ``2015``.

    Raises
    ------
    UnknownNameError
        There is none.
    """
    if name not in {str(e) for e in Edition}:
        raise UnknownNameError("edition of ISO 9001", name, known=[str(e) for e in Edition])
    return Edition(name)


def edition_words(edition: str) -> str:
    """An edition as pages and minutes call it.

    >>> edition_words("2026")
    'ISO 9001:2026'
    """
    told: str = _data()["editions"][edition_of(edition)]
    return told


@cache
def points(edition: str) -> tuple[Point, ...]:
    """The inputs an edition asks for, in the order of their letters.

    >>> [p.letter for p in points("2015")][:3], [p.key for p in points("2026")][:3]
    (['a', 'b', 'c1'], ['previous_actions', 'context', 'parties'])
    """
    wanted = str(edition_of(edition))
    found = [
        Point(one["key"], one[wanted], one["title"], one["filled_from"])
        for one in _data()["inputs"]
        if one[wanted] != NOT_ASKED
    ]
    return tuple(sorted(found, key=lambda p: (p.letter[0], int(p.letter[1:] or 0))))


@cache
def _data() -> Any:
    return json.loads(_FILE.read_text(encoding="utf-8"))
