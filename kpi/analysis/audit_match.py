"""Rows of lists against what is recorded: which record a row is of, what it names, what it changes."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import Any, Final

from kpi.analysis import words
from kpi.analysis.audit_cells import (
    CellError,
    Days,
    days_of,
    kpis_of,
    plain,
    slice_of,
    span_of,
    value_of,
)
from kpi.analysis.audit_known import Known, Names
from kpi.analysis.audit_sheets import ListFound, ListRow
from kpi.analysis.audit_tables import cell_of, titles_of
from kpi.analysis.definitions import catalogue
from kpi.analysis.home import Home
from kpi.analysis.permitted import require_slice
from kpi.analysis.registering import settled_slice
from kpi.errors import UsageError
from kpi.qms.agenda import LATEST, Edition
from kpi.qms.audit_headings import folded
from kpi.qms.audits import Audit, AuditStatus, Finding, owner_words, refuse_over
from kpi.qms.kinds import kind_of
from kpi.qms.names import same_person
from kpi.qms.register import Difference, Edit, Kind, Shape, checked, differences, told_fields
from kpi.safe_text import neutral_cell
from kpi.store.model import Later

BEFORE_2026: Final = date(2026, 9, 1)
"""An audit of an earlier day that names no edition was made under that of 2015."""

TITLE_CHARACTERS: Final = 90

_APART: Final = frozenset({"id", "version", "plant", "line", "slice"})
"""Columns that are no field of the record."""


class RowState(StrEnum):
    """What becomes of a row."""

    NEW = "new"
    CHANGED = "changed"
    SAME = "recorded already"
    TWICE = "twice in the file"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Taken:
    """A row that was accepted: what becomes of it, of which record, with what changes."""

    state: RowState
    says: str = ""
    id: str = ""
    changes: tuple[Difference, ...] = ()


class Batch:
    """The rows of a file, taken one by one into edits that are recorded in one step."""

    def __init__(
        self, home: Home, lists: Sequence[ListFound], given: Mapping[str, str], order: str
    ) -> None:
        self._home, self._given = home, {k: v for k, v in given.items() if v.strip()}
        self._names = Names(home)
        self._known = self._names.of
        self._index = _index(self._known)
        self._titles = titles_of(home)
        self._days = {
            (found.sheet, field): days
            for found in lists
            for field, days in _days(found, self._given, order)
        }
        self._numbers = {one.name: _numbers(one.rows) for one in lists}
        self._seen: dict[tuple[str, Any], list[tuple[ListRow, Any]]] = {}
        self._kpis = catalogue(home)
        self.edits: list[Edit[Any]] = []

    @property
    def day_or_month(self) -> bool:
        """Whether some days may be read in two ways."""
        return any(days.doubtful for days in self._days.values())

    def take(self, found: ListFound, row: ListRow, why: str) -> Taken:
        """Take a row.

        Raises
        ------
        CellError
            A cell does not hold what its field takes.
        KpiError
            The record may not be as the row says, or not by this person.
        """
        kind = kind_of(found.name)
        entry = self._by_id(kind, row)
        item = self._item(kind, row, entry)
        if entry is None and (entry := self._alike(kind, item)) is not None:
            item = self._item(kind, row, entry)
        item = replace(item, slice=settled_slice(self._home, item.slice))
        if (twice := self._twice(kind, row, item)) is not None:
            return twice
        if entry is not None and item == entry.item:
            return Taken(RowState.SAME, id=entry.id)
        self._fit(kind, row, item, entry)
        changes = differences(entry.item, item) if entry else ()
        self._add(kind, item, why, entry)
        if entry is None:
            return Taken(RowState.NEW)
        said = "; ".join(
            f"{c.label}: {c.before or 'empty'} → {c.after or 'empty'}" for c in changes
        )
        return Taken(RowState.CHANGED, said, entry.id, changes)

    def _add(self, kind: Kind[Any], item: Any, why: str, entry: Known | None) -> None:
        known = self._known[kind.name]
        if entry is None:
            known.append(Known(Later.of(len(self.edits)), item, 0))
            self.edits.append(Edit(kind, item, why))
            return
        known[next(n for n, k in enumerate(known) if k.id == entry.id)] = replace(entry, item=item)
        self.edits.append(Edit(kind, item, why, entry.id, entry.version))

    # --- which record a row is of ---------------------------------------------------------------

    def _by_id(self, kind: Kind[Any], row: ListRow) -> Known | None:
        if id := row.cells.get("id", "").strip():
            found = next(iter(self._index[kind.name, "id", id]), None)
            if found is None and id.startswith(f"{kind.stem}-"):
                raise CellError(
                    "id", f"There is no {kind.title.lower()} {id}. Leave Id empty for a new one."
                )
            return found
        number = folded(plain(row.cells.get("number", "")))
        if not number or self._numbers[kind.name].get(number, 0) > 1:
            return None
        same = self._index[kind.name, "number", number]
        return same[0] if len(same) == 1 else None

    def _alike(self, kind: Kind[Any], item: Any) -> Known | None:
        known = self._index[kind.name, "alike", _key(kind, item)]
        return next((k for k in known if _same(kind, k.item, item)), None)

    def _twice(self, kind: Kind[Any], row: ListRow, item: Any) -> Taken | None:
        before = self._seen.setdefault((kind.name, _key(kind, item)), [])
        first = next(((r, i) for r, i in before if _same(kind, i, item)), None)
        before.append((row, item))
        if first is None:
            return None
        if item != first[1]:
            raise UsageError(
                f"Row {first[0].row} says something else of the same {kind.title.lower()}. "
                "Keep one of both."
            )
        return Taken(RowState.TWICE, f"The same as row {first[0].row}.")

    # --- what a row says ------------------------------------------------------------------------

    def _item(self, kind: Kind[Any], row: ListRow, entry: Known | None) -> Any:
        start = entry.item if entry else None
        cells = row.cells if entry else {**self._given_for(kind), **row.cells}
        values: dict[str, Any] = {}
        for field, text in cells.items():
            if field not in _APART and not self._as_before(field, text, start):
                values |= self._value(kind, row, field, text)
        values |= self._slice(cells, start)
        if start is not None:
            return replace(start, **values)
        return kind.of(
            **_completed(kind, row, values, self._names.item("audit", values.get("audit", "")))
        )

    def _given_for(self, kind: Kind[Any]) -> dict[str, str]:
        return {name: text for name, text in self._given.items() if name in told_fields(kind.of)}

    def _as_before(self, field: str, text: str, start: Any) -> bool:
        """Whether a cell holds what an export of the record would write there."""
        if start is None:
            return False
        held = cell_of(field, getattr(start, field), self._titles)
        told = held.isoformat() if isinstance(held, date) else str(held or "")
        return text.strip() in (told.strip(), str(neutral_cell(told)).strip())

    def _value(self, kind: Kind[Any], row: ListRow, field: str, text: str) -> dict[str, Any]:
        about = told_fields(kind.of)[field]
        if field == "processes":
            return {field: self._names.several("process", field, text)}
        if field in ("process", "audit"):
            return {field: self._names.one(field, field, plain(text))}
        if field == "kpis":
            return {field: kpis_of(text, self._kpis)}
        if about.shape is Shape.DAY:
            return self._day(row, field, text)
        return {field: value_of(kind, field, text)}

    def _day(self, row: ListRow, field: str, text: str) -> dict[str, Any]:
        if text.startswith("-"):
            raise CellError(field, "The months name no year. Write it into a title above the list.")
        span = span_of(text) if field == "planned" else None
        if span is None:
            return {field: self._days[row.sheet, field].of(field, text)}
        end = {} if "planned_end" in row.cells else {"planned_end": span[1]}
        return {field: span[0], **end}

    def _slice(self, cells: Mapping[str, str], start: Any) -> dict[str, Any]:
        if text := cells.get("slice"):
            return {"slice": slice_of(text)} if not self._as_before("slice", text, start) else {}
        pairs = tuple((d, plain(cells[d]).strip()) for d in ("plant", "line") if d in cells)
        return {"slice": pairs} if pairs else {}

    # --- whether it may be so -------------------------------------------------------------------

    def _fit(self, kind: Kind[Any], row: ListRow, item: Any, entry: Known | None) -> None:
        require_slice(self._home, item.slice)
        told = row.cells.get("version", "")
        if entry is not None and told.isdecimal() and int(told) != entry.version:
            raise CellError(
                "version", f"{entry.id} was changed since the file was made: {entry.who} recorded "
                f"version {entry.version}, the file has {told}. Export it again, and change that."
            )  # fmt: skip
        try:
            checked(kind, item)
            kind.agrees(self._home.store, item, entry.id if entry else "")
            self._agrees_here(item)
        except UsageError as error:
            raise CellError(_field_in(kind, str(error)), str(error)) from error

    def _agrees_here(self, item: Any) -> None:
        """The same rules against what is new in this file."""
        if isinstance(item, Finding) and isinstance(item.audit, Later):
            audit = self._names.item("audit", item.audit)
            refuse_over(item, audit, audit.title)
        if isinstance(item, Audit) and item.status is not AuditStatus.CANCELLED:
            new = [
                k.item for k in self._known["process"] if k.id in item.processes and not k.version
            ]
            for process in new:
                for name in item.auditors:
                    if same_person(name, process.owner):
                        raise UsageError(owner_words(name, process))


def _index(known: Mapping[str, Sequence[Known]]) -> defaultdict[tuple[str, str, Any], list[Known]]:
    """The recorded ones by id, own number and what makes them alike."""
    found: defaultdict[tuple[str, str, Any], list[Known]] = defaultdict(list)
    for name, entries in known.items():
        for entry in entries:
            found[name, "id", entry.id].append(entry)
            found[name, "number", folded(entry.item.number)].append(entry)
            found[name, "alike", _key(kind_of(name), entry.item)].append(entry)
    return found


def _same(kind: Kind[Any], one: Any, other: Any) -> bool:
    """Whether two are one record: alike, and not told apart by numbers of their own."""
    numbers = {folded(one.number), folded(other.number)} - {""}
    return len(numbers) < 2 and _key(kind, one) == _key(kind, other)


def _key(kind: Kind[Any], item: Any) -> tuple[Any, ...]:
    """What makes a row the same as another: of an audit its name and day, of a finding its text."""
    if kind.name == "audit":
        return (folded(item.title), item.processes, item.planned, item.slice)
    if kind.name == "finding":
        return (str(item.audit), folded(item.statement))
    return (folded(item.title), item.slice)


def _numbers(rows: Iterable[ListRow]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for row in rows:
        number = folded(plain(row.cells.get("number", "")))
        counts[number] = counts.get(number, 0) + 1
    return counts


def _days(found: ListFound, given: Mapping[str, str], order: str) -> Iterable[tuple[str, Days]]:
    for field, about in told_fields(kind_of(found.name).of).items():
        if about.shape is Shape.DAY:
            texts = [row.cells[field] for row in found.rows if field in row.cells]
            yield field, days_of([*texts, *filter(None, [given.get(field)])], order)


def _completed(
    kind: Kind[Any], row: ListRow, values: dict[str, Any], audit: Audit | None
) -> dict[str, Any]:
    """What a new record says besides: what follows from the rest of its row."""
    out = dict(values)
    if kind.name == "audit":
        out.setdefault("planned", out.get("held_on"))
        day = out.get("held_on") or out.get("planned")
        early = day is not None and day < BEFORE_2026
        out.setdefault("edition", Edition.E2015 if early else LATEST)
        out.setdefault(
            "status", AuditStatus.REPORTED if out.get("held_on") else AuditStatus.PLANNED
        )
        of = plain(row.cells.get("processes", "")) or (words.date_words(day) if day else "")
        out.setdefault("title", _short(f"Audit of {of}") if of else "")
    if kind.name == "finding":
        out.setdefault("statement", out.get("title", ""))
        out.setdefault("title", _short(out["statement"]))
        if audit is not None:
            out.setdefault("found_on", audit.held_on or audit.planned)
            out.setdefault("process", audit.processes[0] if len(audit.processes) == 1 else "")
    return out


def _short(text: str) -> str:
    first = " ".join(text.split())
    return first if len(first) <= TITLE_CHARACTERS else f"{first[: TITLE_CHARACTERS - 1]}…"


def _field_in(kind: Kind[Any], message: str) -> str:
    """The field whose label a message names first; empty where it names none."""
    places = {n: message.find(f"{a.label}") for n, a in told_fields(kind.of).items()}
    named = {name: at for name, at in places.items() if at >= 0}
    return min(named, key=lambda n: (named[n], -len(n))) if named else ""
