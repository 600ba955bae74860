"""The audit programme: a year's audits, what is overdue, what the management review is told."""

from dataclasses import dataclass
from datetime import date

from kpi.analysis import words
from kpi.analysis.audit_lines import AuditLine, Turn, audit_lines, findings, process_titles, turns
from kpi.analysis.home import Home
from kpi.analysis.registering import listed
from kpi.qms import Slice
from kpi.qms.audits import AUDIT, Audit, AuditStatus, Finding, owned_then, owner_words
from kpi.qms.names import same_person
from kpi.qms.processes import Process
from kpi.qms.register import Recorded


@dataclass(frozen=True, slots=True)
class Overdue:
    """Something of the programme that is late: the record, by how many days, in a sentence."""

    kind: str
    id: str
    title: str
    owner: str
    slice: Slice
    due: date
    days: int
    says: str


@dataclass(frozen=True, slots=True)
class Programme:
    """The audits of a year, and whose turn it is. Cancelled audits are listed and count for nothing."""

    year: str
    audits: tuple[AuditLine, ...]
    turns: tuple[Turn, ...]
    planned: int
    held: int
    late: int
    says: str


def programme(home: Home, year: str, today: date, where: Slice = ()) -> Programme:
    """The programme of a year as it stands on a day, by planned day."""
    every = listed(home, AUDIT, where)
    own = [entry for entry in every if entry.item.year == year]
    found = list(audit_lines(home, own, today))
    count = [line for line in found if line.entry.item.status is not AuditStatus.CANCELLED]
    held = sum(line.entry.item.status.held for line in count)
    late = sum(line.late > 0 for line in count)
    return Programme(
        year, tuple(found), turns(home, today, where), len(count), held, late,
        _programme_words(year, len(count), held, late),
    )  # fmt: skip


def _programme_words(year: str, planned: int, held: int, late: int) -> str:
    if not planned:
        return f"No audit is planned for {year}."
    noun = "audit" if planned == 1 else "audits"
    told = f"{held} of {planned} {noun} of {year} {'is' if held == 1 else 'are'} held"
    if not late:
        return f"{told}; none is overdue."
    return f"{told}; {late} {'is' if late == 1 else 'are'} overdue."


def years(home: Home, today: date) -> tuple[str, ...]:
    """The years that have a programme, with this one and the next, newest first."""
    known = {entry.item.year for entry in listed(home, AUDIT)}
    return tuple(sorted({*known, str(today.year), str(today.year + 1)} - {""}, reverse=True))


def overdue(home: Home, today: date, where: Slice = ()) -> tuple[Overdue, ...]:
    """Audits not held on their day, findings not answered, processes past their interval; latest last."""
    found: list[Overdue] = []
    for line in audit_lines(home, listed(home, AUDIT, where), today):
        due = line.entry.item.last_planned
        if line.late and due:
            found.append(_overdue("audit", line.entry, due, line.late, "is not held"))
    found += [
        _overdue("finding", one.entry, one.entry.item.due, one.late, "is not answered")
        for one in findings(home, today, where)
        if one.late and one.entry.item.due
    ]
    found += [
        _overdue("process", turn.entry, turn.due, turn.late, "is not audited")
        for turn in turns(home, today, where)
        if turn.late
    ]
    return tuple(sorted(found, key=lambda one: (-one.days, one.id)))


def _overdue(
    kind: str,
    entry: Recorded[Audit] | Recorded[Finding] | Recorded[Process],
    due: date,
    late: int,
    what: str,
) -> Overdue:
    item = entry.item
    by = f"{late} day{'s' * (late != 1)}"
    says = f"{entry.id} {item.title} {what}: overdue by {by}, since {words.date_words(due)}."
    return Overdue(kind, entry.id, item.title, item.owner, item.slice, due, late, says)


# --- what an auditor of the auditors would find -----------------------------------------------


def partial(home: Home, where: Slice = ()) -> tuple[str, ...]:
    """Audits whose auditor owned what was audited: sentences; an owner may have changed since."""
    said = []
    for entry in listed(home, AUDIT, where):
        item = entry.item
        for id in item.processes:
            if item.status is AuditStatus.CANCELLED or id not in process_titles(home):
                continue
            owned = owned_then(home.store, id, item.held_on)
            said += [
                f"{entry.id}: {owner_words(name, owned)}"
                for name in item.auditors
                if same_person(name, owned.owner)
            ]
    return tuple(said)
