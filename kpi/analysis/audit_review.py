"""What the management review is told of audits: what was held and found, what is left, what is missing."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Final

from kpi.analysis import words
from kpi.analysis.agenda_results import AgendaInput, AgendaTable, Asked
from kpi.analysis.audit_coverage import coverage
from kpi.analysis.audit_lines import (
    GRADES,
    WAITING,
    AuditLine,
    FindingLine,
    audit_lines,
    findings,
    turns,
)
from kpi.analysis.audits import overdue, partial
from kpi.analysis.home import Home
from kpi.analysis.registering import listed
from kpi.qms.audits import AUDIT, FindingStatus
from kpi.qms.processes import PROCESS

TITLE: Final = "Results of audits"

AGES: Final = ((30, "up to 30 days"), (90, "31 to 90 days"), (None, "over 90 days"))
"""Ages of findings that are told apart, in days."""

YEAR: Final = timedelta(days=365)
"""What a programme covers, at least."""


def audits_input(home: Home, asked: Asked) -> AgendaInput:
    """The audits of the days asked for, the findings that are left on the last of them, the holes."""
    today, where = asked.day, asked.where
    every = audit_lines(home, listed(home, AUDIT, where), today)
    lines = [line for line in every if _within(line, asked)]
    found = [f for f in findings(home, today, where) if _found_by(f, today)]
    left = [f for f in found if f.age is not None]
    raised = [f for f in found if _raised(f, asked)]
    if not lines and not found:
        return AgendaInput(
            "audits", TITLE, "No audit was planned or held, and no finding is left.",
            nothing=_nothing(asked), missing=_missing(home, asked),
        )  # fmt: skip
    matrix = coverage(home, since := _covered_since(asked), asked.day, where)
    tables = (
        _audit_table(lines),
        _grade_table(left),
        _finding_table(left, every),
        AgendaTable(
            "Clauses not audited",
            ("Clause in a process",),
            tuple((h,) for h in matrix.holes),
        ),
    )
    return AgendaInput(
        "audits", TITLE, _finding(lines, left),
        says=(
            _raised_words(raised),
            *([_coverage_words(since, asked.day, matrix.says)] if matrix.clauses else []),
        ),
        tables=tuple(table for table in tables if table.lines),
        records=(*(line.entry.id for line in lines), *(f.entry.id for f in left)),
        missing=_missing(home, asked),
    )  # fmt: skip


def _covered_since(asked: Asked) -> date:
    """From when coverage is counted: a programme runs over a year, also where one month is reviewed."""
    return min(asked.first, asked.day - YEAR + timedelta(days=1))


def _coverage_words(since: date, day: date, says: str) -> str:
    return f"From {words.date_words(since)} to {words.date_words(day)}: {says}"


def _nothing(asked: Asked) -> str:
    span = words.span_words(asked.first, asked.day)
    return f"Nothing to report: no audit of {span} is recorded, and no finding from before is left."


def _within(line: AuditLine, asked: Asked) -> bool:
    """Whether an audit is of the days asked for: held or planned then, or left over from before."""
    item = line.entry.item
    if item.held_on:
        return asked.first <= item.held_on <= asked.day
    if item.planned is None or item.planned > asked.day:
        return False
    return item.planned >= asked.first or item.status in WAITING


def _found_by(line: FindingLine, today: date) -> bool:
    day = line.entry.item.found_on
    return day is not None and day <= today


def _raised(line: FindingLine, asked: Asked) -> bool:
    day = line.entry.item.found_on
    return day is not None and asked.first <= day <= asked.day


def _finding(lines: Sequence[AuditLine], left: Sequence[FindingLine]) -> str:
    held = sum(line.entry.item.status.held for line in lines)
    late = sum(line.late > 0 for line in lines)
    told = f"{held} of {_count(len(lines), 'audit')} {'was' if 1 in (held, len(lines)) else 'were'} held"
    if late:
        told += f", {late} {'is' if late == 1 else 'are'} overdue"
    return f"{told}; {_left_words(left)}."


def _left_words(left: Sequence[FindingLine]) -> str:
    if not left:
        return "no finding is left"
    grades = [sum(f.entry.item.grade is grade for f in left) for grade in GRADES]
    named = [_count(n, str(grade)) for n, grade in zip(grades, GRADES, strict=True) if n]
    late = sum(f.late > 0 for f in left)
    told = f"{_count(len(left), 'finding')} {'is' if len(left) == 1 else 'are'} left"
    told += f" ({words.listed(named)})"
    return f"{told}, {late} of them overdue" if late else told


def _raised_words(raised: Sequence[FindingLine]) -> str:
    if not raised:
        return "No finding was made in this time."
    grades = [sum(f.entry.item.grade is grade for f in raised) for grade in GRADES]
    named = [_count(n, str(grade)) for n, grade in zip(grades, GRADES, strict=True) if n]
    closed = sum(f.entry.item.status is FindingStatus.CLOSED for f in raised)
    return f"Found in this time: {words.listed(named)}; {closed} of {len(raised)} closed since."


def _count(n: int, noun: str) -> str:
    """A number with its noun.

    >>> _count(1, "minor nonconformity"), _count(2, "opportunity for improvement"), _count(2, "audit")
    ('1 minor nonconformity', '2 opportunities for improvement', '2 audits')
    """
    if n == 1:
        return f"1 {noun}"
    if noun.startswith("opportunity"):
        return f"{n} {noun.replace('opportunity', 'opportunities')}"
    return f"{n} {noun[:-1]}ies" if noun.endswith("y") else f"{n} {noun}s"


# --- tables -----------------------------------------------------------------------------------


def _audit_table(lines: Sequence[AuditLine]) -> AgendaTable:
    rows = [
        (
            line.entry.item.title,
            ", ".join(line.processes),
            _day(line.entry.item.planned),
            _day(line.entry.item.held_on),
            line.entry.item.owner,
            str(line.entry.item.status),
            _found(line),
        )
        for line in lines
    ]
    heads = ("Audit", "Processes", "Planned", "Held", "Lead", "Status", "Found")
    return AgendaTable("Audits", heads, tuple(rows), ids=tuple(line.entry.id for line in lines))


def _found(line: AuditLine) -> str:
    """What an audit found by grade; empty before it was held."""
    if line.entry.item.held_on is None:
        return ""
    counted = zip(line.findings, _GRADE_NOUNS, strict=True)
    told = [f"{count} {one if count == 1 else more}" for count, (one, more) in counted if count]
    return ", ".join(told) or "nothing"


_GRADE_NOUNS: Final = (("major", "major"), ("minor", "minor"), ("opportunity", "opportunities"))
"""Of ``GRADES`` in their order, short enough for a column."""


def _grade_table(left: Sequence[FindingLine]) -> AgendaTable:
    """Findings left, by grade and age; grades without any stay out."""
    rows = []
    for grade in GRADES:
        ages = [f.age or 0 for f in left if f.entry.item.grade is grade]
        if ages:
            counts = _by_age(ages)
            rows.append((str(grade), *map(str, counts), str(len(ages))))
    heads = ("Grade", *(name for _, name in AGES), "All")
    return AgendaTable("Findings left, by age", heads, tuple(rows), numbers=(1, 2, 3, 4))


def _by_age(ages: Sequence[int]) -> list[int]:
    counts, least = [], -1
    for most, _ in AGES:
        counts.append(sum(least < age and (most is None or age <= most) for age in ages))
        least = least if most is None else most
    return counts


def _finding_table(left: Sequence[FindingLine], audits: Sequence[AuditLine]) -> AgendaTable:
    """Findings left; one that names no process is of those its audit looked at."""
    looked_at = {line.entry.id: ", ".join(line.processes) for line in audits}
    rows = [
        (
            f.entry.item.title,
            str(f.entry.item.grade),
            f.entry.item.clause,
            f.process or looked_at.get(f.entry.item.audit, ""),
            str(f.age),
            _day(f.entry.item.due),
            f.entry.item.owner,
            str(f.entry.item.status),
            ", ".join(f.acted),
        )
        for f in left
    ]
    heads = (
        "Finding",
        "Grade",
        "Clause",
        "Process",
        "Age, days",
        "Due",
        "Owner",
        "Status",
        "Action",
    )
    ids = tuple(f.entry.id for f in left)
    return AgendaTable("Findings left", heads, tuple(rows), numbers=(4,), ids=ids)


def _day(day: date | None) -> str:
    return day.isoformat() if day else ""


# --- what is missing --------------------------------------------------------------------------


def _missing(home: Home, asked: Asked) -> tuple[str, ...]:
    """What an auditor would miss, worst first: rules broken, things late, nothing planned."""
    today, where = asked.day, asked.where
    said = list(partial(home, where))
    said += [one.says for one in overdue(home, today, where)]
    unanswered = [
        f"{f.entry.id} {f.entry.item.title}: a {f.entry.item.grade} without an action or nonconformity."
        for f in findings(home, today, where)
        if f.age is not None and f.entry.item.grade.binding and not f.acted
    ]
    said += unanswered
    if not listed(home, PROCESS, where):
        said.append("No process is recorded: without them no programme can be weighed.")
    said += [
        f"{turn.entry.item.title}: no KPI shows how the process does."
        for turn in turns(home, today, where)
        if not turn.entry.item.kpis
    ]
    return tuple(said)
