"""What people add to charts: accepted step changes, excluded points, events. Versioned records.

Nothing here moves a limit by itself: a phase begins where a person accepted it, with cause and
name. Taking one back adds a version, so that the history stays readable.
"""

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Final

from kpi.errors import UnknownNameError, UsageError
from kpi.qms.targets import Slice
from kpi.store import Store
from kpi.store.model import Record, Said

PHASE: Final = "phase"
EXCLUSION: Final = "exclusion"
EVENT: Final = "event"

NO_NAME: Final = "Say who it is: a name stands beside every change of a chart."


@dataclass(frozen=True, slots=True)
class PhaseStart:
    """A new phase of one KPI slice's chart: limits start anew at the period that begins on ``start``.

    ``cause`` says what changed. ``action`` is the corrective action or other record it belongs to,
    empty where there is none. ``freeze`` is how many points make its limits; ``None``: the default.
    """

    kpi: str
    slice: Slice
    period: str
    start: date
    cause: str
    action: str = ""
    freeze: int | None = None
    id: str = ""
    who: str = ""
    when: datetime | None = None


@dataclass(frozen=True, slots=True)
class Exclusion:
    """A point of one KPI slice's chart that is shown, but counts for nothing, and why."""

    kpi: str
    slice: Slice
    period: str
    start: date
    reason: str
    id: str = ""
    who: str = ""
    when: datetime | None = None


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened on a day: a new tool, another supplier, a corrective action.

    It stands on the charts of its slice and of every slice within it; ``kpi`` restricts it to one
    KPI, empty: every KPI. ``washout`` is for how many days its effect needs to settle.
    ``hoped`` is the relative change hoped for (-0.25: a quarter less), ``None`` where none was said.
    """

    slice: Slice
    day: date
    text: str
    kpi: str = ""
    action: str = ""
    washout: int = 0
    hoped: float | None = None
    id: str = ""
    who: str = ""
    when: datetime | None = None


Note = PhaseStart | Exclusion | Event

_KINDS: Final[dict[type, str]] = {PhaseStart: PHASE, Exclusion: EXCLUSION, Event: EVENT}
_ASKED: Final[dict[type, str]] = {
    PhaseStart: "what changed",
    Exclusion: "why this point does not count",
    Event: "what happened",
}


@dataclass(frozen=True, slots=True)
class ChartNotes:
    """What stands on charts, each in its latest version, by day."""

    phases: tuple[PhaseStart, ...] = ()
    exclusions: tuple[Exclusion, ...] = ()
    events: tuple[Event, ...] = ()

    @property
    def any(self) -> bool:
        """Whether there is a note at all."""
        return bool(self.phases or self.exclusions or self.events)

    def of(self, kpi: str, chosen: Slice, period: str) -> "ChartNotes":
        """Those of one chart. A phase and an exclusion belong to one slice; an event to all within.

        Several values of a dimension are read as "one of them", as in filters.
        """
        own = frozenset(chosen)

        def mine(note: PhaseStart | Exclusion) -> bool:
            return note.kpi == kpi and note.period == period and frozenset(note.slice) == own

        return ChartNotes(
            tuple(n for n in self.phases if mine(n)),
            tuple(n for n in self.exclusions if mine(n)),
            tuple(n for n in self.events if n.kpi in ("", kpi) and _within(chosen, n.slice)),
        )

    def settled(self, settle: Callable[[Slice], Slice]) -> "ChartNotes":
        """The same notes with their slices as ``settle`` writes them; ids stay as recorded."""

        def moved(note: Any) -> Any:
            return replace(note, slice=settle(note.slice))

        return ChartNotes(
            tuple(map(moved, self.phases)),
            tuple(map(moved, self.exclusions)),
            tuple(map(moved, self.events)),
        )


NO_NOTES: Final = ChartNotes()


def _within(chosen: Slice, wider: Slice) -> bool:
    """Whether everything in the slice ``chosen`` is in ``wider``, too."""
    for dimension in {d for d, _ in wider}:
        inside = {v for d, v in chosen if d == dimension}
        if not inside or not inside <= {v for d, v in wider if d == dimension}:
            return False
    return True


def note_key(note: Note) -> str:
    """What makes it the same note: its chart and its day; an event also by its words."""
    where = "&".join(f"{d}={v}" for d, v in sorted(note.slice))
    if isinstance(note, Event):
        words = hashlib.sha256(note.text.encode()).hexdigest()[:12]
        return f"{note.day.isoformat()}|{note.kpi}|{where}|{words}"
    return f"{note.kpi}|{where}|{note.period}|{note.start.isoformat()}"


def put_note(store: Store, note: Note, *, who: str, when: datetime, why: str = "") -> None:
    """Record a note; one of the same chart and day becomes a new version of it.

    Raises
    ------
    UsageError
        It says no cause (reason, text), or no name stands for it.
    """
    said = said_note(note, why)
    if not who.strip():
        raise UsageError(NO_NAME)
    store.records.put(said.kind, said.key, said.value, who=who, when=when, why=said.why)


def said_note(note: Note, why: str = "") -> Said:
    """A note as it is written together with other records; see ``put_note``."""
    words = _said(note)
    if not words.strip():
        raise UsageError(
            f"Say in a few words {_ASKED[type(note)]}: a chart's history is read by people who were "
            "not there."
        )
    return Said(_KINDS[type(note)], _value(note), why or words, note_key(note))


def take_back(store: Store, note: Note, *, who: str, when: datetime, why: str) -> None:
    """Take a note back; its history keeps it.

    Raises
    ------
    UnknownNameError
        There is none such.
    UsageError
        It is taken back already, or no reason or no name is given.
    """
    kind, key = _KINDS[type(note)], note.id or note_key(note)
    found = store.records.get(kind, key)
    if found is None:
        raise UnknownNameError(kind, key, known=[r.key for r in _standing(store, kind)])
    if found.value.get("taken_back"):
        raise UsageError(f"It is taken back already, by {found.who}: {found.why}")
    if not why.strip():
        raise UsageError("Say in a few words why it is taken back: the history keeps the reason.")
    if not who.strip():
        raise UsageError(NO_NAME)
    store.records.put(kind, key, {**found.value, "taken_back": True}, who=who, when=when, why=why)


def said_back(store: Store, key: str, why: str) -> Said | None:
    """An event taken back, as it is written together with other records; ``None``: it stands not."""
    found = store.records.get(EVENT, key)
    if found is None or found.value.get("taken_back"):
        return None
    return Said(EVENT, {**found.value, "taken_back": True}, why, key)


def chart_notes(store: Store) -> ChartNotes:
    """Every note that stands, by day."""
    return ChartNotes(
        tuple(sorted(map(_phase, _standing(store, PHASE)), key=lambda n: (n.start, n.id))),
        tuple(sorted(map(_exclusion, _standing(store, EXCLUSION)), key=lambda n: (n.start, n.id))),
        tuple(sorted(map(_event, _standing(store, EVENT)), key=lambda n: (n.day, n.id))),
    )


def note_history(store: Store, note: Note) -> tuple[Record, ...]:
    """Every version of a note, oldest first, with who, when and why."""
    return tuple(store.records.history(_KINDS[type(note)], note.id or note_key(note)))


def every_version(store: Store, note_type: type[Note]) -> tuple[tuple[Note, Record], ...]:
    """Every version of every note of a type, oldest first, those taken back included."""
    make: Callable[[Record], Note] = _MAKERS[note_type]
    return tuple((make(r), r) for r in store.records.history(_KINDS[note_type]))


def _standing(store: Store, kind: str) -> Iterable[Record]:
    return (r for r in store.records.current(kind) if not r.value.get("taken_back"))


def _said(note: Note) -> str:
    if isinstance(note, PhaseStart):
        return note.cause
    return note.reason if isinstance(note, Exclusion) else note.text


def _value(note: Note) -> dict[str, Any]:
    plain = {"slice": [list(pair) for pair in sorted(note.slice)]}
    if isinstance(note, Event):
        return plain | {
            "day": note.day.isoformat(), "text": note.text, "kpi": note.kpi,
            "action": note.action, "washout": note.washout, "hoped": note.hoped,
        }  # fmt: skip
    chart = {"kpi": note.kpi, "period": note.period, "start": note.start.isoformat()}
    if isinstance(note, PhaseStart):
        own = {"cause": note.cause, "action": note.action, "freeze": note.freeze}
        return plain | chart | own
    return plain | chart | {"reason": note.reason}


def _slice(record: Record) -> Slice:
    return tuple((d, v) for d, v in record.value["slice"])


def _phase(record: Record) -> PhaseStart:
    v = record.value
    return PhaseStart(
        kpi=v["kpi"], slice=_slice(record), period=v["period"],
        start=date.fromisoformat(v["start"]), cause=v["cause"], action=v["action"],
        freeze=v["freeze"], id=record.key, who=record.who, when=record.when,
    )  # fmt: skip


def _exclusion(record: Record) -> Exclusion:
    v = record.value
    return Exclusion(
        kpi=v["kpi"], slice=_slice(record), period=v["period"],
        start=date.fromisoformat(v["start"]), reason=v["reason"],
        id=record.key, who=record.who, when=record.when,
    )  # fmt: skip


def _event(record: Record) -> Event:
    v = record.value
    return Event(
        slice=_slice(record), day=date.fromisoformat(v["day"]), text=v["text"], kpi=v["kpi"],
        action=v["action"], washout=v["washout"], hoped=v["hoped"],
        id=record.key, who=record.who, when=record.when,
    )  # fmt: skip


_MAKERS: Final[dict[type, Callable[[Record], Any]]] = {
    PhaseStart: _phase, Exclusion: _exclusion, Event: _event,
}  # fmt: skip
