"""The ground facts stand on: plant × lines × days, and what is left of it where others took some.

Days are inclusive at both ends. Pure values; nothing here knows of uploads.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from kpi.model import Coverage

_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Lines:
    """A set of lines: those named, or (``all_but``) every line except those named.

    A row without a line belongs to the second kind only.
    """

    names: frozenset[str]
    all_but: bool

    def minus(self, other: "Lines") -> "Lines":
        """Lines of this set that are not in the other."""
        if self.all_but and other.all_but:
            return Lines(other.names - self.names, all_but=False)
        if self.all_but:
            return Lines(self.names | other.names, all_but=True)
        if other.all_but:
            return Lines(self.names & other.names, all_but=False)
        return Lines(self.names - other.names, all_but=False)

    def both(self, other: "Lines") -> "Lines":
        """Lines in either set alike."""
        if self.all_but and other.all_but:
            return Lines(self.names | other.names, all_but=True)
        if self.all_but:
            return Lines(other.names - self.names, all_but=False)
        if other.all_but:
            return Lines(self.names - other.names, all_but=False)
        return Lines(self.names & other.names, all_but=False)

    @property
    def empty(self) -> bool:
        """No line at all."""
        return not self.all_but and not self.names


EVERY_LINE: Final = Lines(frozenset(), all_but=True)


@dataclass(frozen=True, slots=True)
class Ground:
    """One plant, some lines, a run of days."""

    plant: str
    lines: Lines
    first: date
    last: date

    def meets(self, other: "Ground") -> bool:
        """Whether the two share any ground."""
        return (
            self.plant == other.plant
            and self.first <= other.last
            and other.first <= self.last
            and not self.lines.both(other.lines).empty
        )

    def shared(self, other: "Ground") -> "Ground":
        """The ground both have; only where they meet."""
        return Ground(
            self.plant,
            self.lines.both(other.lines),
            max(self.first, other.first),
            min(self.last, other.last),
        )

    def minus(self, other: "Ground") -> list["Ground"]:
        """What is left of this ground without the other: at most three pieces."""
        if not self.meets(other):
            return [self]
        left: list[Ground] = []
        if self.first < other.first:
            left.append(Ground(self.plant, self.lines, self.first, other.first - _DAY))
        rest = self.lines.minus(other.lines)
        if not rest.empty:
            left.append(
                Ground(self.plant, rest, max(self.first, other.first), min(self.last, other.last))
            )
        if self.last > other.last:
            left.append(Ground(self.plant, self.lines, other.last + _DAY, self.last))
        return left


def ground_of(coverage: Coverage) -> Ground:
    """The ground a coverage claims.

    >>> ground_of(Coverage("A", None, date(2026, 1, 1), date(2026, 1, 31))).lines.all_but
    True
    """
    lines = EVERY_LINE if coverage.line is None else Lines(frozenset({coverage.line}), False)
    return Ground(coverage.plant, lines, coverage.first, coverage.last)


def grounds_of(coverage: Iterable[Coverage]) -> list[Ground]:
    """The grounds of several coverages, in order."""
    return [ground_of(c) for c in coverage]


def without(grounds: Iterable[Ground], taken: Iterable[Ground]) -> list[Ground]:
    """What is left of ``grounds`` once everything in ``taken`` is cut out."""
    left = list(grounds)
    for other in taken:
        if not any(piece.meets(other) for piece in left):
            continue
        left = [rest for piece in left for rest in piece.minus(other)]
        if not left:
            break
    return left


def contains(whole: Iterable[Ground], part: Iterable[Ground]) -> bool:
    """Whether ``part`` lies within ``whole`` entirely."""
    return not without(part, whole)


def meet(a: Iterable[Ground], b: Iterable[Ground]) -> bool:
    """Whether two grounds share any plant, line and day."""
    others = list(b)
    return any(x.meets(y) for x in a for y in others)


def common(a: Iterable[Ground], b: Iterable[Ground]) -> list[Ground]:
    """The ground two have in common, piece by piece."""
    others = list(b)
    return [x.shared(y) for x in a for y in others if x.meets(y)]


def months_between(first: date, last: date) -> list[str]:
    """The calendar months two days span, as ``2026-10``, both included.

    >>> months_between(date(2025, 12, 31), date(2026, 1, 1))
    ['2025-12', '2026-01']
    """
    found = []
    year, month = first.year, first.month
    while (year, month) <= (last.year, last.month):
        found.append(f"{year:04d}-{month:02d}")
        year, month = (year, month + 1) if month < 12 else (year + 1, 1)
    return found


def month_ends(month: str) -> tuple[date, date]:
    """First and last day of a month written ``2026-10``."""
    first = date(int(month[:4]), int(month[5:7]), 1)
    following = first.replace(day=28) + timedelta(days=4)
    return first, following - timedelta(days=following.day)
