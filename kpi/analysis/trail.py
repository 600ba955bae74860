"""The audit trail: every change, what it was before and after, why, who and when, as one list.

Ledger entries and versions of records are told together. Reading is not recorded; whoever changed
anything is.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from heapq import merge
from typing import Any, Final

from kpi.access import EVERY_PLANT, Access, Permission
from kpi.analysis.home import Home
from kpi.analysis.trail_head import Head, trail_head
from kpi.analysis.trail_uploads import LedgerReader, plants_of_feeds
from kpi.analysis.trail_words import (
    Change,
    changes_of,
    kind_words,
    plants_of,
    purged_words,
    record_words,
)
from kpi.errors import UnknownNameError, UsageError
from kpi.store import Store, seen_by
from kpi.store.model import Record

LEDGER, RECORDS = "ledger", "record"

OF_OTHERS: Final = "a file or feed with other plants' rows"

PAGE: Final = 25
"""Entries of one page of the list."""


@dataclass(frozen=True, slots=True)
class TrailLine:
    """One entry. ``plants`` are those it is about; ``EVERY_PLANT`` among them: the whole company.

    ``chain`` and ``number`` say where it stands in the books, ``hash`` what seals it there. Of a
    ledger entry before and after stand in ``changes`` as far as they are values.
    """

    chain: str
    number: int
    kind: str
    what: str
    changes: tuple[Change, ...]
    why: str
    who: str
    when: datetime
    hash: str
    plants: tuple[str, ...]

    @property
    def place(self) -> str:
        """Where it stands, in words."""
        return f"{self.chain} {self.number}"


@dataclass(frozen=True, slots=True)
class TrailFilter:
    """Which entries are wanted; empty: all. ``since`` and ``until`` are days, both included."""

    kinds: tuple[str, ...] = ()
    who: tuple[str, ...] = ()
    plants: tuple[str, ...] = ()
    since: date | None = None
    until: date | None = None

    def takes(self, line: TrailLine) -> bool:
        """Whether a line is wanted."""
        day = line.when.date()
        return (
            (not self.kinds or line.kind in self.kinds)
            and (not self.who or line.who in self.who)
            and (not self.plants or bool({*self.plants, EVERY_PLANT} & set(line.plants)))
            and (self.since is None or day >= self.since)
            and (self.until is None or day <= self.until)
        )


EVERYTHING: Final = TrailFilter()


@dataclass(frozen=True, slots=True)
class Trail:
    """The entries asked for, newest first, and what the list is part of.

    ``hidden`` counts entries about plants the asker may not manage; the head covers them, too.
    ``kinds``, ``people`` and ``plants`` are those of all entries that may be seen.
    """

    lines: tuple[TrailLine, ...]
    hidden: int
    head: Head
    kinds: tuple[str, ...] = ()
    people: tuple[str, ...] = ()
    plants: tuple[str, ...] = field(default=())

    def page(self, number: int) -> tuple[TrailLine, ...]:
        """The lines of a page, from 1."""
        return self.lines[(number - 1) * PAGE : number * PAGE]

    @property
    def pages(self) -> int:
        """How many pages there are; 1 where there is nothing."""
        return max(1, -(-len(self.lines) // PAGE))


def trail(home: Home, wanted: TrailFilter = EVERYTHING) -> Trail:
    """The audit trail as far as the asker manages the plants its entries are about.

    Raises
    ------
    AccessDeniedError
        The asker manages no plant.
    UsageError
        The days are the wrong way round, or a kind is none.
    """
    home.access.require(Permission.MANAGE)
    if wanted.since and wanted.until and wanted.since > wanted.until:
        raise UsageError(f"{wanted.since} is after {wanted.until}: exchange the two days.")
    store = whole(home.store)
    # By time, and where a clock was set back all the same in the order of the books.
    every = list(merge(_uploads(store), _records(store), key=lambda line: line.when))
    hidden = home.store.hidden_names()
    seen = [_without(line, hidden) for line in every if _may_see(home.access, line)]
    kinds = tuple(sorted({line.kind for line in seen}, key=kind_words))
    for kind in wanted.kinds:
        if kind not in kinds and kind not in {line.kind for line in every}:
            raise UnknownNameError("kind of entry", kind, known=kinds)
    newest = [line for line in reversed(seen) if wanted.takes(line)]
    return Trail(
        lines=tuple(newest),
        hidden=len(every) - len(seen),
        head=trail_head(store),
        kinds=kinds,
        people=tuple(sorted({line.who for line in seen})),
        plants=tuple(sorted({p for line in seen for p in line.plants} - {EVERY_PLANT})),
    )


def whole(store: Store) -> Store:
    """The store without the limits of plants: the trail holds as a whole, and decides for itself."""
    return seen_by(store, None)


def hidden_words(found: Trail) -> str:
    """That entries are hidden, and that the head covers them; empty where none is."""
    if not found.hidden:
        return ""
    many = found.hidden > 1
    return (
        f"{found.hidden} {'entries concern' if many else 'entry concerns'} other plants or the whole "
        f"company and {'are' if many else 'is'} not shown to you. The head vouches for "
        f"{'them' if many else 'it'}, too."
    )


def _may_see(access: Access, line: TrailLine) -> bool:
    return access.may(Permission.MANAGE, line.plants)


def _without(line: TrailLine, hidden: frozenset[str]) -> TrailLine:
    """The line without names of files and feeds of other plants that it was decided against."""
    texts = [line.what, *(t for c in line.changes for t in (c.field, c.old, c.new))]
    if not any(name in text for name in hidden for text in texts):
        return line

    def told(text: str) -> str:
        return OF_OTHERS if any(name in text for name in hidden) else text

    changes = tuple(Change(told(c.field), told(c.old), told(c.new)) for c in line.changes)
    return replace(line, what=told(line.what), changes=changes)


def _uploads(store: Store) -> Iterator[TrailLine]:
    reader = LedgerReader()
    for entry in store.entries():
        what, changes, plants = reader.told(entry)
        yield TrailLine(
            LEDGER, entry.position, entry.kind, what, changes, entry.why, entry.who, entry.when,
            entry.hash, plants,
        )  # fmt: skip


def _records(store: Store) -> Iterator[TrailLine]:
    feeds = plants_of_feeds(store.entries())
    latest: dict[tuple[str, str], Mapping[str, Any]] = {}
    every = store.records.every()
    for number, record in enumerate(every, 1):
        if record.purged is not None:
            yield _tombstone(number, record, every)
            continue
        old = latest.get((record.kind, record.key), {})
        latest[record.kind, record.key] = record.value
        yield TrailLine(
            RECORDS, number, record.kind, record_words(record.kind, record.key, record.value, old),
            changes_of(old, record.value, record.kind), record.why, record.who, record.when, record.hash,
            plants_of(record.kind, record.key, record.value, feeds),
        )  # fmt: skip


def _tombstone(number: int, record: Record, every: Sequence[Record]) -> TrailLine:
    """A version whose content was purged: who, when and hash stay; it is of the plants of its purge."""
    purge = record.purged or 0
    value = every[purge - 1].value if 0 < purge <= len(every) else {}
    return TrailLine(
        RECORDS, number, record.kind, purged_words(record.kind, record.key, purge), (), "",
        record.who, record.when, record.hash, plants_of(record.kind, record.key, value, {}),
    )  # fmt: skip
