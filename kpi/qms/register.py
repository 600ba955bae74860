"""Registers: what people record about the quality management system, each kind a dataclass.

A kind (objective, audit, action, ...) says once what its fields are called, which are required and
what they hold: see ``kpi.qms.items``. An item is recorded whole: a change is a new version with who,
when and why, and nothing is overwritten.
"""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from functools import cache
from typing import Any, Final, Generic, TypeVar
from weakref import WeakKeyDictionary

from cattrs import transform_error
from cattrs.preconf.json import make_converter

from kpi.errors import UnknownNameError, UsageError
from kpi.qms.items import (
    LONGEST_LINE,
    LONGEST_TEXT,
    Difference,
    Item,
    Shape,
    Slice,
    Told,
    default_of,
    differences,
    in_words,
    options,
    refuse_unfit,
    told,
    told_fields,
)
from kpi.qms.purged import PurgedRecordError, purged
from kpi.store import Store
from kpi.store.model import Record

__all__ = [
    "LONGEST_LINE", "LONGEST_TEXT", "Difference", "Edit", "Item", "Kind", "Recorded", "Shape",
    "Slice", "Told", "checked", "default_of", "differences", "find", "in_words", "item_from",
    "item_told", "options", "read", "recorded", "recorded_upto", "told",
    "told_fields", "versions",
]  # fmt: skip

T = TypeVar("T", bound=Item)


def _fine(item: Any) -> None:
    """Nothing more is asked of it."""


def _free(before: Any, after: Any) -> None:
    """Any version may follow any other."""


def _alone(store: Store, item: Any, id: str) -> None:
    """It need not agree with other records."""


@dataclass(frozen=True, slots=True)
class Kind(Generic[T]):
    """A kind of record.

    ``name`` is what the store keeps it under, ``stem`` begins its ids (``NC-2026-004``), ``clauses``
    are those of ISO 9001 it is evidence for. ``check`` raises ``UsageError`` where an item may not
    be as it is, ``follows`` where it may not follow the version before it, ``agrees`` where it does
    not fit other records (the id is empty for a new item). ``by_deed`` names fields that nobody
    types, each with what is done to set it.
    """

    name: str
    of: type[T]
    title: str
    plural: str
    stem: str
    clauses: tuple[str, ...] = ()
    check: Callable[[T], None] = _fine
    follows: Callable[[T, T], None] = _free
    agrees: Callable[[Store, T, str], None] = _alone
    by_deed: Mapping[str, str] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True)
class Recorded(Generic[T]):
    """A version of an item as it was recorded; ``number`` counts all versions of everything."""

    id: str
    item: T
    version: int
    number: int
    who: str
    when: datetime
    why: str
    hash: str


@dataclass(frozen=True, slots=True)
class Edit(Generic[T]):
    """An item to be recorded: new without ``id``, else over the ``version`` that was seen."""

    kind: Kind[T]
    item: T
    why: str
    id: str = ""
    version: int = 0


# --- reading ----------------------------------------------------------------------------------

_read: "WeakKeyDictionary[Store, dict[str, tuple[int, tuple[Any, ...]]]]" = WeakKeyDictionary()
_guard: Final = threading.Lock()


def recorded(store: Store, kind: Kind[T]) -> tuple[Recorded[T], ...]:
    """Every item of a kind in its latest version, by id; remembered until a record is added."""
    number = store.records.number()
    with _guard:
        kept = _read.setdefault(store, {}).get(kind.name)
    if kept is None or kept[0] != number:
        found = tuple(read(kind, record) for record in store.records.current(kind.name))
        kept = number, found
        with _guard:
            _read[store][kind.name] = kept
    return kept[1]


def recorded_upto(store: Store, kind: Kind[T], number: int) -> tuple[Recorded[T], ...]:
    """Every item of a kind as it was when so many versions of everything had been recorded."""
    history = [r for r in store.records.history(kind.name) if r.number <= number]
    latest = {record.key: record for record in history}
    return tuple(read(kind, latest[key]) for key in sorted(latest))


def find(store: Store, kind: Kind[T], id: str) -> Recorded[T]:
    """One item in its latest version.

    Raises
    ------
    UnknownNameError
        There is none with this id, or none that may be seen; ``PurgedRecordError``: it was purged.
    """
    record = store.records.get(kind.name, id)
    if record is None and (gone := purged(store, kind.name, id)) is not None:
        raise PurgedRecordError(gone)
    if record is None:
        known = [r.key for r in store.records.current(kind.name)]
        raise UnknownNameError(kind.title.lower(), id, known=known)
    return read(kind, record)


def versions(store: Store, kind: Kind[T], id: str) -> tuple[Recorded[T], ...]:
    """Every version of an item, oldest first."""
    return tuple(read(kind, record) for record in store.records.history(kind.name, id))


def read(kind: Kind[T], record: Record) -> Recorded[T]:
    """A record as the item it holds; what an earlier release did not know yet is as by default."""
    item = _converter().structure(dict(record.value), kind.of)
    return Recorded(
        record.key, item, record.version, record.number, record.who, record.when, record.why,
        record.hash,
    )  # fmt: skip


def item_from(kind: Kind[T], told: Any) -> T:
    """An item as somebody wrote it as JSON: fields by name, what is left out is as by default.

    Raises
    ------
    UsageError
        It is no such item; the sentence says which field, and what it should hold.
    """
    if not isinstance(told, dict):
        raise UsageError(f"{kind.title}: a JSON object of its fields is needed.")
    known = {field.name for field in fields(kind.of)}
    for name in told:
        if name not in known:
            raise UnknownNameError("field", str(name), known=known)
    try:
        item: T = _converter().structure(told, kind.of)
    except Exception as problem:
        said = "; ".join(transform_error(problem, path=kind.title.lower()))
        raise UsageError(f"{kind.title}: {said}.") from None
    return item


def item_told(kind: Kind[T], item: T) -> dict[str, Any]:
    """An item as JSON can hold it; what ``item_from`` reads back as it was."""
    told: dict[str, Any] = _converter().unstructure(item, kind.of)
    return told


# --- fit to be recorded -------------------------------------------------------------------------


def checked(kind: Kind[T], item: T) -> None:
    """Refuse an item that is not fit to be recorded, saying what is wrong with which field."""
    refuse_unfit(item)
    kind.check(item)


@cache
def _converter() -> Any:
    """Items to JSON and back: days and times as ISO 8601, enumerations by value, pairs as lists."""
    return make_converter()
