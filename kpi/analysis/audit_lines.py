"""Audits, findings and processes as lists show them: findings counted, ages, whose turn it is."""

from calendar import monthrange
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from kpi.analysis.home import Home
from kpi.analysis.registering import listed
from kpi.qms import Slice
from kpi.qms.audits import (
    AUDIT,
    FINDING,
    Audit,
    AuditStatus,
    AuditType,
    Finding,
    FindingStatus,
    Grade,
    answering,
    answers,
    effect_checked,
)
from kpi.qms.processes import PROCESS, Process, ProcessStatus
from kpi.qms.register import Recorded

GRADES: Final = tuple(Grade)
"""Worst first."""

WAITING: Final = (AuditStatus.PLANNED, AuditStatus.STARTED)
"""An audit with one of these is still to be held."""


@dataclass(frozen=True, slots=True)
class FindingLine:
    """A finding as lists show it. ``age`` in days, while it is not closed; ``late`` beyond its due day.

    ``acted`` are the nonconformities and actions that answer it, ``proven`` whether somebody decided
    that one of them works.
    """

    entry: Recorded[Finding]
    process: str
    age: int | None
    late: int
    acted: tuple[str, ...]
    proven: bool


@dataclass(frozen=True, slots=True)
class AuditLine:
    """An audit as lists show it. ``late`` in days; ``findings`` by grade, worst first; ``open`` of them."""

    entry: Recorded[Audit]
    processes: tuple[str, ...]
    findings: tuple[int, ...]
    open: int
    late: int


@dataclass(frozen=True, slots=True)
class Turn:
    """When a process is audited again: at the end of its interval since the last audit.

    ``last`` is ``None`` where it was never audited; then the interval counts from the day it was
    recorded. ``planned`` are ids of audits to come; ``late`` in days.
    """

    entry: Recorded[Process]
    last: date | None
    due: date
    planned: tuple[str, ...]
    late: int


def audit_lines(
    home: Home, entries: Iterable[Recorded[Audit]], today: date
) -> tuple[AuditLine, ...]:
    """Audits with their findings, by planned day."""
    titles = process_titles(home)
    of_audit: dict[str, list[Finding]] = {}
    for found in listed(home, FINDING):
        of_audit.setdefault(found.item.audit, []).append(found.item)
    lines = []
    for entry in entries:
        item, mine = entry.item, of_audit.get(entry.id, [])
        lines.append(
            AuditLine(
                entry,
                tuple(titles.get(id, id) for id in item.processes),
                tuple(sum(f.grade is grade for f in mine) for grade in GRADES),
                sum(f.status is not FindingStatus.CLOSED for f in mine),
                _late(item, today),
            )
        )
    return tuple(
        sorted(lines, key=lambda line: (line.entry.item.planned or date.max, line.entry.id))
    )


def _late(audit: Audit, today: date) -> int:
    last = audit.last_planned
    return days_late(last, today) if last and audit.status in WAITING else 0


def days_late(due: date | None, today: date) -> int:
    """By how many days a day has passed; 0 where it has not, or there is none.

    >>> days_late(date(2026, 3, 1), date(2026, 3, 3)), days_late(date(2026, 3, 3), date(2026, 3, 3))
    (2, 0)
    """
    return max((today - due).days, 0) if due else 0


def process_titles(home: Home) -> dict[str, str]:
    """What processes are called, by id."""
    return {entry.id: entry.item.title for entry in listed(home, PROCESS)}


# --- findings ---------------------------------------------------------------------------------


def findings(home: Home, today: date, where: Slice = ()) -> tuple[FindingLine, ...]:
    """Every finding: those not closed first, by grade, then the oldest; closed ones newest first."""
    titles = process_titles(home)
    every = answering(home.store)
    lines = [
        finding_line(home, entry, today, titles, every) for entry in listed(home, FINDING, where)
    ]
    left = [line for line in lines if line.age is not None]
    over = [line for line in lines if line.age is None]
    left.sort(key=lambda x: (GRADES.index(x.entry.item.grade), -(x.age or 0), x.entry.id))
    over.sort(key=lambda x: (x.entry.item.found_on or date.min, x.entry.id), reverse=True)
    return (*left, *over)


def finding_line(
    home: Home,
    entry: Recorded[Finding],
    today: date,
    titles: dict[str, str],
    every: Sequence[Recorded[Any]] | None = None,
) -> FindingLine:
    """One finding with its age and what answers it."""
    item = entry.item
    acted = answers(home.store, item, entry.id, every)
    closed = item.status is FindingStatus.CLOSED
    age = None if closed or item.found_on is None else max((today - item.found_on).days, 0)
    late = days_late(item.due, today) if item.status is FindingStatus.OPEN else 0
    return FindingLine(
        entry, titles.get(item.process, ""), age, late,
        tuple(answer.id for answer in acted), any(map(effect_checked, acted)),
    )  # fmt: skip


def found_in(home: Home, where: Slice = ()) -> tuple[tuple[Finding, frozenset[str]], ...]:
    """Every finding with the processes it was made in: its own, else those its audit looked at."""
    looked_at = {entry.id: entry.item.processes for entry in listed(home, AUDIT)}
    return tuple(
        (item, frozenset([item.process] if item.process else looked_at.get(item.audit, ())))
        for item in (entry.item for entry in listed(home, FINDING, where))
    )


# --- turns -------------------------------------------------------------------


def turns(home: Home, today: date, where: Slice = ()) -> tuple[Turn, ...]:
    """When each process in force is audited again, the longest overdue first."""
    audits = listed(home, AUDIT)
    found = [
        _turn(home, entry, audits, today)
        for entry in listed(home, PROCESS, where)
        if entry.item.status is ProcessStatus.IN_FORCE
    ]
    return tuple(sorted(found, key=lambda turn: (turn.due, turn.entry.id)))


def _turn(
    home: Home, entry: Recorded[Process], audits: Iterable[Recorded[Audit]], today: date
) -> Turn:
    mine = [a for a in audits if entry.id in a.item.processes]
    last = last_held(mine, today)
    since = last or home.store.records.history(PROCESS.name, entry.id)[0].when.date()
    due = months_later(since, entry.item.interval.months)
    planned = tuple(a.id for a in mine if a.item.status in WAITING)
    return Turn(entry, last, due, planned, days_late(due, today))


def last_held(audits: Iterable[Recorded[Audit]], today: date) -> date | None:
    """The day of the last internal audit that took place; ``None`` where none did."""
    days = [
        a.item.held_on
        for a in audits
        if a.item.type is AuditType.INTERNAL and a.item.status.held and a.item.held_on
    ]
    return max((day for day in days if day <= today), default=None)


def months_later(day: date, months: int) -> date:
    """The same day so many months later, the last of the month where it has no such day.

    >>> months_later(date(2026, 8, 31), 6), months_later(date(2026, 5, 4), 12)
    (datetime.date(2027, 2, 28), datetime.date(2027, 5, 4))
    """
    years, month = divmod(day.month - 1 + months, 12)
    year, month = day.year + years, month + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))
