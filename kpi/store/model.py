"""What goes into the store and what comes out of its ledger. Values only, nothing touches a disk."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final, Literal

import pyarrow as pa

from kpi.model import ControlTotal, Coverage, Question, TableLayout

UPLOAD: Final = "upload"
WITHDRAWAL: Final = "withdrawal"
PURGE: Final = "purge"
"""The kind of a ledger's entry that purges an upload, and of the record that purges a record."""

PURGED: Final = "purged"
"""The one field of a purged version's value: the number of the record of its purge."""

SNAPSHOT: Final = "snapshot"
INCREMENTAL: Final = "incremental"

Ownership = Literal["prefer", "complement", "compare"]


@dataclass(frozen=True, slots=True)
class IncomingPart:
    """One dataset of a file that was read, ready to be kept.

    ``table`` has the dataset's columns in their declared types plus ``sheet`` and ``row``.
    ``coverage`` is empty for datasets without a date, ``within`` where the rows begin and end with it; ``data_date`` is the day the export was
    drawn, ``None`` where nothing tells.
    """

    dataset: str
    table: pa.Table
    coverage: tuple[Coverage, ...] = ()
    data_date: date | None = None
    mapping: Mapping[str, str] = field(default_factory=dict)
    conventions: Mapping[str, str] = field(default_factory=dict)
    signature: tuple[str, ...] = ()
    rows_read: int = 0
    rows_accepted: int = 0
    rows_rejected: int = 0
    control_totals: tuple[ControlTotal, ...] = ()
    within: tuple[Coverage, ...] = ()


@dataclass(frozen=True, slots=True)
class Incoming:
    """A file about to be delivered to a feed; ``path`` leads to its bytes.

    ``feed`` is ``None`` where the file matched no known feed: the store then names a new one.
    ``layouts`` is what its feed shall remember of each of its tables.
    ``mends`` is the upload the file sets right: then ``parts`` are that upload's whole content as
    it reads with the mended rows, and not those rows alone.
    """

    file: str
    sha256: str
    rows_hash: str
    path: Path
    parts: Sequence[IncomingPart]
    feed: str | None = None
    plant: str | None = None
    mends: str | None = None
    layouts: tuple[TableLayout, ...] = ()


@dataclass(frozen=True, slots=True)
class UploadPart:
    """What the ledger knows of one dataset of an upload.

    ``rank_date`` is the data date the part counts with: the file's own, raised to that of what it
    was explicitly asked to replace. ``months`` counts rows per plant and month (``2026-10``; the
    empty string where the dataset has no date). ``scope`` names what the part holds where rows of
    several things share a plant and a day (slugs of reported values). ``columns`` are those of the
    Parquet file, ``checksum`` its SHA-256. ``keyed`` tells whether its rows' key may be relied on;
    ``meets`` names earlier uploads of the feed that hold rows of the same key (stops only).
    ``within``: the days its rows lie on, from-to, where the coverage was widened to whole months.
    ``beyond``: days of mended rows outside the coverage; they count, and hide nothing of the feed.
    """

    dataset: str
    rows_read: int
    rows_accepted: int
    rows_rejected: int
    coverage: tuple[Coverage, ...]
    data_date: date | None
    rank_date: date | None
    months: Mapping[str, Mapping[str, int]]
    lines: Mapping[str, tuple[str, ...]]
    scope: tuple[str, ...]
    columns: tuple[str, ...]
    keyed: bool
    meets: tuple[str, ...]
    checksum: str
    mapping: Mapping[str, str]
    conventions: Mapping[str, str]
    signature: tuple[str, ...]
    control_totals: tuple[ControlTotal, ...]
    beyond: tuple[Coverage, ...] = ()
    within: tuple[Coverage, ...] = ()

    @property
    def plants(self) -> tuple[str, ...]:
        """Plants its rows or its coverage name, sorted."""
        return tuple(sorted({*self.months, *(c.plant for c in self.coverage)}))

    @property
    def claimed(self) -> tuple[Coverage, ...]:
        """The ground its rows may count on: its coverage, and what lies beyond."""
        return self.coverage + self.beyond


@dataclass(frozen=True, slots=True)
class OwnershipRule:
    """Two feeds on the same ground: what a person decided.

    ``feed`` is the one whose upload raised the question, ``other`` the one that was there:
    prefer hides the other's rows where ``feed`` has its own, complement counts both, compare
    keeps ``feed`` without counting it.
    """

    dataset: str
    feed: str
    other: str
    choice: Ownership


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the ledger: an upload, the withdrawal of one, or its purge.

    A withdrawal (and a purge, which also says that bytes and rows are gone for good) has ``upload``, ``who``, ``when`` and ``why`` of its own, and shows feed, file and
    hash of the upload it took back; the rest stands in that upload's entry. ``beside`` names earlier uploads that count together with this one
    on days both cover. ``links`` says whose order numbers a feed of shipments uses. ``mends`` is the
    upload (a mend itself, perhaps) whose rejected rows this one sets right; it then counts in that one's place.
    """

    position: int
    kind: str
    upload: str
    who: str
    when: datetime
    why: str = ""
    feed: str = ""
    file: str = ""
    sha256: str = ""
    rows_hash: str = ""
    mode: str = SNAPSHOT
    parts: tuple[UploadPart, ...] = ()
    answers: Mapping[str, str] = field(default_factory=dict)
    beside: tuple[str, ...] = ()
    ownership: tuple[OwnershipRule, ...] = ()
    links: Mapping[str, str] = field(default_factory=dict)
    mends: str = ""
    layouts: tuple[TableLayout, ...] = ()
    hash: str = ""
    withdrawn: int | None = None  # position of its withdrawal (or purge), where there is one
    purged: int | None = None  # position of its purge, where there is one, even a later one

    @property
    def datasets(self) -> tuple[str, ...]:
        """Datasets it carries, in the file's order."""
        return tuple(part.dataset for part in self.parts)

    @property
    def rows(self) -> dict[str, tuple[int, int, int]]:
        """Rows read, accepted and rejected, by dataset."""
        return {p.dataset: (p.rows_read, p.rows_accepted, p.rows_rejected) for p in self.parts}

    @property
    def coverage(self) -> tuple[Coverage, ...]:
        """What its parts claim to be complete for, each claim once."""
        return tuple(dict.fromkeys(c for part in self.parts for c in part.coverage))

    @property
    def data_date(self) -> date | None:
        """The latest data date of its parts; ``None`` where none states one."""
        return max((p.data_date for p in self.parts if p.data_date), default=None)

    def part(self, dataset: str) -> UploadPart:
        """Its part of that dataset."""
        return next(p for p in self.parts if p.dataset == dataset)


@dataclass(frozen=True, slots=True)
class Feed:
    """A recurring export as the ledger knows it now."""

    name: str
    datasets: tuple[str, ...]
    plant: str | None
    mode: str
    signature: tuple[str, ...]
    mapping: Mapping[str, str]
    conventions: Mapping[str, str]
    uploads: tuple[str, ...]
    data_date: date | None
    layouts: tuple[TableLayout, ...] = ()
    plants: tuple[str, ...] = ()
    lines: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RowChanges:
    """Rows of one dataset against those in force on the same ground, counted."""

    dataset: str
    new: int
    changed: int
    gone: int
    kept: int


@dataclass(frozen=True, slots=True)
class Plan:
    """What a commit would do. Nothing is stored by making one.

    ``unchanged``: the same file, or the same rows, are in force already (as ``upload``).
    ``cancelled``: an answer said to leave it. ``affected``: (dataset, plant, month) whose facts
    in force may change. ``notes`` are sentences for the user.
    """

    feed: str
    new_feed: bool
    unchanged: bool
    cancelled: bool
    upload: str | None
    questions: tuple[Question, ...]
    changes: tuple[RowChanges, ...]
    affected: frozenset[tuple[str, str, str]]
    notes: tuple[str, ...] = ()

    @property
    def rows_new(self) -> int:
        """Rows that no row in force corresponds to."""
        return sum(c.new for c in self.changes)

    @property
    def rows_changed(self) -> int:
        """Rows that take the place of one in force with other values."""
        return sum(c.changed for c in self.changes)

    @property
    def rows_gone(self) -> int:
        """Rows in force now that would not be afterwards, without a successor."""
        return sum(c.gone for c in self.changes)


@dataclass(frozen=True, slots=True)
class Record:
    """One version of something kept beside the facts: a target, a phase, a note.

    ``number`` counts all versions of everything; ``version`` those of this record.
    """

    kind: str
    key: str
    version: int
    value: Mapping[str, Any]
    who: str
    when: datetime
    why: str
    hash: str = ""
    number: int = 0

    @property
    def purged(self) -> int | None:
        """The number of the record of its purge, where its content was purged."""
        found = self.value.get(PURGED) if len(self.value) == 1 else None
        return found if type(found) is int and self.kind != PURGE else None


@dataclass(frozen=True, slots=True)
class Said:
    """A version of a record to be: of the record ``key``, or of a new one where that is empty.

    A new record's key is ``stem`` and the next free number. ``seen`` is the version that whoever
    says it has seen; 0: it is new. ``None``: whatever there is.
    """

    kind: str
    value: Mapping[str, Any]
    why: str
    key: str = ""
    stem: str = ""
    seen: int | None = None


class Later(str):
    """Stands for the key of a record that is added in the same step, before the one that names it.

    ``Later.of(2)`` is the third of the step. No text that somebody types is one.
    """

    place: int

    @classmethod
    def of(cls, place: int) -> "Later":
        """The key that the record at a place of the step will get."""
        found = cls(f"(new {place + 1})")
        found.place = place
        return found
