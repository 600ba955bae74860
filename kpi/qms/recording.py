"""Recording: a new item or the next version of one, of whatever kind, where the others allow it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, TypeVar, cast

from kpi.errors import UsageError
from kpi.qms.items import Item
from kpi.qms.kinds import kind_of_id
from kpi.qms.register import Edit, Kind, Recorded, checked, find, item_told, read
from kpi.store import Store
from kpi.store.model import Later, Record, Said

T = TypeVar("T", bound=Item)


def record(
    store: Store,
    kind: Kind[T],
    item: T,
    *,
    id: str = "",
    version: int = 0,
    who: str,
    when: datetime,
    why: str,
) -> Recorded[T]:
    """Record an item: a new one, or over the ``version`` of ``id`` that was seen.

    Raises
    ------
    UsageError
        A required field is empty, a text too long, a number none, no name or no reason is given, or
        the kind does not allow it.
    SeenEarlierError
        Somebody else changed it meanwhile; nothing is recorded.
    """
    (found,) = record_all(store, [Edit(kind, item, why, id, version)], who=who, when=when)
    return cast("Recorded[T]", found)


def record_all(
    store: Store,
    edits: Sequence[Edit[Any]],
    *,
    who: str,
    when: datetime,
    beside: Sequence[Said] = (),
) -> tuple[Recorded[Any], ...]:
    """Record several items, all of them or none; see ``record``.

    ``beside`` are records of other sorts (a note on a chart) that are written with them. An
    item may name one that is new in an edit before its own: by ``Later``, the place of that edit.
    """
    if not who.strip():
        raise UsageError("Say who records this: the name stands in the history.")
    said = [_said(store, edit, when) for edit in edits]
    written = store.records.put_all(
        [*said, *beside], who=who.strip(), when=when, check=lambda: _agree(store, edits)
    )
    return tuple(read(edit.kind, one) for edit, one in zip(edits, written, strict=False))


def _agree(store: Store, edits: Sequence[Edit[Any]]) -> None:
    # Asked while nobody else can write: what it fits cannot change before it is written.
    for place, edit in enumerate(edits):
        before = store.records.get(edit.kind.name, edit.id) if edit.id else None
        if before is not None and before.version == edit.version:
            edit.kind.follows(read(edit.kind, before).item, edit.item)
        _refuse_loose(store, edit, before, place)
        edit.kind.agrees(store, edit.item, edit.id)


def _refuse_loose(store: Store, edit: Edit[Any], before: Record | None, place: int) -> None:
    """Refuse links that lead nowhere; those a record had before stay, whatever became of them."""
    known = before.value.get("links", ()) if before else ()
    for id in edit.item.links:
        if id in known or (isinstance(id, Later) and id.place < place):
            continue
        if id and id == edit.id:
            raise UsageError(f"{id} cannot belong to itself. Take that link away.")
        kind = kind_of_id(id)
        if kind is None or store.records.get(kind.name, id) is None:
            raise UsageError(
                f"There is no record {id!r} that you may see, so that nothing can belong to it. Look "
                "at its id again, or leave the link out."
            )


def _said(store: Store, edit: Edit[Any], when: datetime) -> Said:
    checked(edit.kind, edit.item)
    why = edit.why.strip()
    if not why and edit.id:
        raise UsageError("Say in a few words why it changes: the reason stands in the history.")
    if edit.id:
        find(store, edit.kind, edit.id)
    kept = store.records.get(edit.kind.name, edit.id) if edit.id else None
    # What a later release added to the record is not lost where this one changes it.
    value = {**(kept.value if kept else {}), **item_told(edit.kind, edit.item)}
    stem = f"{edit.kind.stem}-{when.year}-"
    return Said(edit.kind.name, value, why or "Recorded", edit.id, stem, edit.version)
