"""Records of the quality management system as pages and command line ask for and change them.

What somebody sees is limited by the plants of their role, as everything else; who changes an item
manages every plant it is about, before and after.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, TypeVar, cast

from kpi.access import Permission
from kpi.analysis import words
from kpi.analysis.home import Home
from kpi.analysis.marked import Settled
from kpi.analysis.permitted import of_slice, require_slice
from kpi.errors import UnknownNameError
from kpi.measures import kpi_of, values_of
from kpi.measures.question import dimension
from kpi.qms import recording, register
from kpi.qms.kinds import ALL, kind_of_id
from kpi.qms.people import people
from kpi.qms.purged import purged
from kpi.qms.register import Difference, Edit, Item, Kind, Recorded, Shape, Slice
from kpi.store.model import Said
from kpi.store.records import SeenEarlierError

T = TypeVar("T", bound=Item)


@dataclass(frozen=True, slots=True)
class Version:
    """One version of an item, as its history tells it."""

    version: int
    when: datetime
    who: str
    why: str
    changes: tuple[Difference, ...]
    hash: str


def listed(home: Home, kind: Kind[T], where: Slice = ()) -> tuple[Recorded[T], ...]:
    """Items of a kind in their latest version, by id: those that bear on a slice.

    An item bears on a slice unless both name a dimension and share no value of it: one of the whole
    company bears on every plant, and one of a line on its plant.
    """
    found = register.recorded(home.store, kind)
    if not where:
        return found
    chosen = Settled(home.view())(where)
    return tuple(entry for entry in found if bears_on(entry.item.slice, chosen))


def bears_on(own: Slice, chosen: Slice) -> bool:
    """Whether what is about one slice concerns another.

    >>> bears_on((("plant", "Nord"),), (("plant", "Nord"), ("line", "L1")))
    True
    >>> bears_on((("plant", "Nord"),), (("plant", "Sued"),))
    False
    """
    for name in {d for d, _ in own} & {d for d, _ in chosen}:
        if {v for d, v in own if d == name}.isdisjoint({v for d, v in chosen if d == name}):
            return False
    return True


def found(home: Home, kind: Kind[T], id: str) -> Recorded[T]:
    """One item in its latest version.

    Raises
    ------
    UnknownNameError
        There is none with this id, or none that may be seen.
    """
    return register.find(home.store, kind, id)


def history(home: Home, kind: Kind[T], id: str) -> tuple[Version, ...]:
    """Every version of an item with what it changed, newest first."""
    told = register.versions(home.store, kind, id)
    before: list[T | None] = [None, *(entry.item for entry in told)]
    return tuple(
        Version(
            entry.version, entry.when, entry.who, entry.why,
            register.differences(old, entry.item), entry.hash,
        )
        for old, entry in zip(before, told, strict=False)
    )[::-1]  # fmt: skip


def linking(home: Home, id: str) -> tuple[tuple[Kind[Any], Recorded[Any]], ...]:
    """Every item that says it belongs to a record, with its kind."""
    return tuple(
        (kind, entry)
        for kind in ALL
        for entry in register.recorded(home.store, kind)
        if id in entry.item.links
    )


def linked(home: Home, item: Item) -> tuple[tuple[Kind[Any], Recorded[Any]], ...]:
    """The records an item says it belongs to, as far as they may be seen."""
    out = []
    for id in item.links:
        kind = kind_of_id(id)
        if kind is None:
            continue
        try:
            out.append((kind, found(home, kind, id)))
        except UnknownNameError:
            continue
    return tuple(out)


def purged_links(home: Home, item: Item) -> tuple[str, ...]:
    """Sentences on records an item says it belongs to and that were purged, as far as these are seen."""
    found = (
        purged(home.store, kind.name, id)
        for id in item.links
        if (kind := kind_of_id(id)) is not None
    )
    return tuple(gone.says for gone in found if gone is not None)


def record(
    home: Home,
    kind: Kind[T],
    item: T,
    *,
    id: str = "",
    version: int = 0,
    who: str,
    when: datetime,
    why: str = "",
) -> Recorded[T]:
    """Record an item, new or over the version of ``id`` that was seen.

    Raises
    ------
    AccessDeniedError
        The person does not manage every plant it is or was about.
    UnknownNameError
        A KPI or a dimension or one of its values is unknown, or there is no item with this id.
    UsageError
        A required field is empty, or the kind does not allow it as it is.
    SeenEarlierError
        Somebody else changed it meanwhile; nothing is recorded.
    """
    (entry,) = record_all(home, [Edit(kind, item, why, id, version)], who=who, when=when)
    return cast("Recorded[T]", entry)


def record_all(
    home: Home,
    edits: Sequence[Edit[Any]],
    *,
    who: str,
    when: datetime,
    beside: Sequence[Said] = (),
) -> tuple[Recorded[Any], ...]:
    """Record several items, all of them or none; see ``record``.

    Whoever writes something ``beside`` them has asked whether that is allowed.
    """
    ready = [_permitted(home, edit) for edit in edits]
    try:
        return recording.record_all(home.store, ready, who=who, when=when, beside=beside)
    except SeenEarlierError as error:
        told = next((e for e in ready if e.id == error.latest.key), None)
        if told is None:
            raise
        raise _changed_meanwhile(home, told, error) from error


def _permitted(home: Home, edit: Edit[Any]) -> Edit[Any]:
    """An edit as it may be recorded: its slice settled, its KPI known, its plants managed."""
    before = found(home, edit.kind, edit.id).item if edit.id else None
    if before is not None:
        require_slice(home, before.slice)
    _refuse_unseen(home, edit.item.links, before.links if before is not None else ())
    chosen = settled_slice(home, edit.item.slice)
    require_slice(home, chosen)
    for name, about in register.told_fields(edit.kind.of).items():
        named = getattr(edit.item, name)
        if about.shape is Shape.KPI and named:
            kpi_of(home.view(), named)
        if about.among == "kpi":
            for kpi in named:
                kpi_of(home.view(), kpi)
    return replace(edit, item=replace(edit.item, slice=chosen))


def _refuse_unseen(home: Home, links: Sequence[str], before: Sequence[str]) -> None:
    """Refuse to hang an item on a record of plants not seen: what stands there would change by it."""
    if home.limit is None:
        return
    for id in links:
        if id not in before and isinstance(id, str) and (kind := kind_of_id(id)) is not None:
            found(home, kind, id)


def settled_slice(home: Home, where: Slice) -> Slice:
    """A slice as it is kept: known dimensions and values, in a fixed order.

    Whoever sees one plant only and names none means that plant.

    Raises
    ------
    UnknownNameError
        A dimension is unknown, or data carry no such value of it.
    """
    view = home.view()
    chosen = tuple((dimension(name), value) for name, value in where)
    for name, value in chosen:
        known = values_of(view, name, ())
        if known and value not in known and value not in {p.name for p in home.settings.plants}:
            raise UnknownNameError(name, value, known=known)
    if home.limit is not None:
        chosen = Settled(view)(chosen)
    return tuple(sorted(chosen))


def _changed_meanwhile(home: Home, edit: Edit[Any], error: SeenEarlierError) -> SeenEarlierError:
    """The same error with what the other person changed."""
    found = SeenEarlierError(error.latest)
    found.args = (changed_since(home, edit.kind, edit.id, edit.version),)
    return found


def changed_since(home: Home, kind: Kind[Any], id: str, version: int) -> str:
    """What others changed of an item since a version of it was seen, for whoever is changing it."""
    told = register.versions(home.store, kind, id)
    latest, seen = told[-1], [v for v in told if v.version <= version]
    changes = register.differences(seen[-1].item if seen else None, latest.item)
    said = words.listed([f"{c.label} is now {c.after or 'empty'}" for c in changes])
    return (
        f"{id} was changed meanwhile by {latest.who}"
        + (f": {said}." if said else ".")
        + " Yours was not stored and stands in the form still; look, and record it again."
    )


def may_change(home: Home, item: Item) -> bool:
    """Whether whoever looks may change an item."""
    return home.access.may(Permission.MANAGE, of_slice(home, item.slice))


def persons(home: Home) -> tuple[str, ...]:
    """Names to choose an owner from: people who may sign in, and owners recorded before."""
    known = {p.name or p.email for p in people(home.store) if p.active}
    owners = {entry.item.owner for kind in ALL for entry in register.recorded(home.store, kind)}
    return tuple(sorted((known | owners) - {""}, key=str.casefold))
