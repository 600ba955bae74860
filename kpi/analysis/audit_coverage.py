"""Which clause was audited in which process, over a span of days: the coverage matrix."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from kpi.analysis import words
from kpi.analysis.audit_lines import WAITING, found_in
from kpi.analysis.home import Home
from kpi.analysis.registering import listed
from kpi.qms import Slice
from kpi.qms.audits import AUDIT, Audit, AuditType, Finding, FindingStatus
from kpi.qms.processes import PROCESS, Process, ProcessStatus
from kpi.qms.register import Recorded

WHOLE: Final = "Whole system"
"""The row of audits that name no process."""


class Covered(StrEnum):
    """What became of a clause in a process."""

    HELD = "audited"
    PLANNED = "planned"
    HOLE = "not audited"
    NOT_ASKED = "not asked"


@dataclass(frozen=True, slots=True)
class Cell:
    """A clause in a process. ``last`` is the day it was audited last, also before the span.

    ``asked``: the process is to be audited against it. ``findings`` counts those of the span,
    ``open`` those of them that are not closed.
    """

    clause: str
    state: Covered
    asked: bool
    held: tuple[str, ...]
    planned: tuple[str, ...]
    findings: int
    open: int
    last: date | None


@dataclass(frozen=True, slots=True)
class Row:
    """A process with its cells, one for each clause; ``id`` is empty for the whole system."""

    id: str
    title: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Coverage:
    """The matrix, the holes in words, and one sentence on the whole."""

    first: date
    last: date
    clauses: tuple[str, ...]
    rows: tuple[Row, ...]
    holes: tuple[str, ...]
    says: str


def coverage(home: Home, first: date, last: date, where: Slice = ()) -> Coverage:
    """Process against clause, of every internal audit planned or held from one day to another.

    Clauses are told to their second number (8.5): an audit of 8.5.1 covers 8.5, one of 8 all of 8.
    An audit that names no clause covers those its processes are audited against.
    """
    entries = [e for e in listed(home, PROCESS, where) if e.item.status is ProcessStatus.IN_FORCE]
    audits = [e for e in listed(home, AUDIT, where) if e.item.type is AuditType.INTERNAL]
    found = found_in(home, where)
    clauses = _clauses(entries, audits, [finding for finding, _ in found])
    span = _Span(first, last, clauses, audits, found)
    rows = [span.row(e.id, e.item.title, e.item.clauses) for e in entries]
    whole = span.row("", WHOLE, ())
    if any(cell.held or cell.planned or cell.last for cell in whole.cells):
        rows.append(whole)
    holes = tuple(_hole(row, cell) for row in rows for cell in row.cells if _is_hole(cell))
    return Coverage(first, last, clauses, tuple(rows), holes, _words(rows))


def _words(rows: Sequence[Row]) -> str:
    asked = [cell for row in rows for cell in row.cells if cell.asked]
    if not asked:
        return "No process says which clauses it is audited against."
    held = sum(cell.state is Covered.HELD for cell in asked)
    planned = sum(cell.state is Covered.PLANNED for cell in asked)
    left = len(asked) - held - planned
    return (
        f"{held} of {len(asked)} pairs of process and clause were audited, {planned} more "
        f"{'is' if planned == 1 else 'are'} planned, {left} {'is' if left == 1 else 'are'} neither."
    )


def _is_hole(cell: Cell) -> bool:
    return cell.state is Covered.HOLE


def _hole(row: Row, cell: Cell) -> str:
    before = f"last on {words.date_words(cell.last)}" if cell.last else "never before"
    return f"{row.title}, clause {cell.clause}: not audited in this time, {before}."


@dataclass(frozen=True, slots=True)
class _Span:
    """The days looked at, with all that was audited and found."""

    first: date
    last: date
    clauses: tuple[str, ...]
    audits: Sequence[Recorded[Audit]]
    findings: Sequence[tuple[Finding, frozenset[str]]]

    def row(self, id: str, title: str, asked: Sequence[str]) -> Row:
        mine = [a for a in self.audits if (id in a.item.processes if id else not a.item.processes)]
        return Row(id, title, tuple(self._cell(id, c, asked, mine) for c in self.clauses))

    def _cell(
        self, id: str, clause: str, asked: Sequence[str], mine: Sequence[Recorded[Audit]]
    ) -> Cell:
        covering = [a for a in mine if _any_covers(a.item.clauses or asked, clause)]
        days = [(a.id, a.item.held_on) for a in covering if a.item.status.held and a.item.held_on]
        held = [name for name, day in days if self.first <= day <= self.last]
        planned = [a.id for a in covering if a.item.status in WAITING and self._ahead(a.item)]
        before = [day for _, day in days if day <= self.last]
        found = [f for f, where in self.findings if self._found_here(f, where, id, clause)]
        wanted = _any_covers(asked, clause)
        return Cell(
            clause, _state(held, planned, wanted), wanted, tuple(held), tuple(planned), len(found),
            sum(f.status is not FindingStatus.CLOSED for f in found), max(before, default=None),
        )  # fmt: skip

    def _ahead(self, audit: Audit) -> bool:
        """Whether a waiting audit falls into the span: one that is late still does."""
        return audit.planned is not None and audit.planned <= self.last

    def _found_here(
        self, finding: Finding, where: frozenset[str], process: str, clause: str
    ) -> bool:
        if not finding.found_on or not self.first <= finding.found_on <= self.last:
            return False
        here = process in where if where else not process
        return here and bool(finding.clause) and covers(finding.clause, clause)


def _state(held: Sequence[str], planned: Sequence[str], asked: bool) -> Covered:
    if held:
        return Covered.HELD
    if planned:
        return Covered.PLANNED
    return Covered.HOLE if asked else Covered.NOT_ASKED


def _clauses(
    entries: Iterable[Recorded[Process]],
    audits: Iterable[Recorded[Audit]],
    findings: Iterable[Finding],
) -> tuple[str, ...]:
    """Every clause named anywhere, to its second number, in order; 8 only where no 8.x is named."""
    named = {c for e in entries for c in e.item.clauses}
    named |= {c for e in audits for c in e.item.clauses}
    named |= {f.clause for f in findings if f.clause}
    second = {second_level(clause) for clause in named}
    kept = {c for c in second if "." in c or not any(o.startswith(f"{c}.") for o in second)}
    return tuple(sorted(kept, key=in_order))


def second_level(clause: str) -> str:
    """The first two numbers of a clause.

    >>> second_level("8.5.1"), second_level("8")
    ('8.5', '8')
    """
    return ".".join(clause.split(".")[:2])


def in_order(clause: str) -> tuple[int, ...]:
    """The numbers of a clause, to be sorted by: 8.10 after 8.9."""
    return tuple(int(part) for part in clause.split("."))


def _any_covers(named: Iterable[str], clause: str) -> bool:
    return any(covers(one, clause) for one in named)


def covers(one: str, other: str) -> bool:
    """Whether one clause is the other, part of it, or holds it.

    >>> covers("8.5.1", "8.5"), covers("8", "8.5"), covers("8.5", "8.55")
    (True, True, False)
    """
    a, b = in_order(one), in_order(other)
    return a[: len(b)] == b or b[: len(a)] == a
