"""Audits and what they find: what each must say before it starts, is reported, is closed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from kpi.errors import UsageError
from kpi.qms.agenda import LATEST, Edition
from kpi.qms.names import same_person
from kpi.qms.processes import check_clauses
from kpi.qms.register import Item, Shape, told


class AuditType(StrEnum):
    """Who audits whom; only internal audits are held against the programme's intervals."""

    INTERNAL = "internal"
    SUPPLIER = "at a supplier"
    CUSTOMER = "by a customer"
    CERTIFICATION = "by a certification body"


class AuditStatus(StrEnum):
    """How far an audit came."""

    PLANNED = "planned"
    STARTED = "started"
    REPORTED = "reported"
    CLOSED = "closed"
    CANCELLED = "cancelled"

    @property
    def held(self) -> bool:
        """Whether it took place."""
        return self in (AuditStatus.REPORTED, AuditStatus.CLOSED)


class Grade(StrEnum):
    """How much a finding weighs."""

    MAJOR = "major nonconformity"
    MINOR = "minor nonconformity"
    OPPORTUNITY = "opportunity for improvement"

    @property
    def binding(self) -> bool:
        """Whether something must be done about it."""
        return self is not Grade.OPPORTUNITY


class FindingStatus(StrEnum):
    """How far the answer to a finding came."""

    OPEN = "open"
    ANSWERED = "answered"
    VERIFIED = "verified"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit(Item):
    """An audit of the programme. ``owner`` leads it; ``programme`` is the year it counts for."""

    title: str = told("Audit", required=True)
    number: str = told("Own number", help="The number it has in the company's own lists.")
    programme: str = told(
        "Programme", help="The year whose programme it belongs to; empty: that of its day."
    )
    edition: Edition = told("Edition", Shape.CHOICE, default=LATEST)
    type: AuditType = told("Type", Shape.CHOICE, default=AuditType.INTERNAL)
    processes: tuple[str, ...] = told("Processes", Shape.SEVERAL, among="process", default=())
    clauses: tuple[str, ...] = told("Clauses", Shape.SEVERAL, among="clause", default=())
    planned: date | None = told("Planned for", Shape.DAY, default=None, required=True)
    planned_end: date | None = told("Until", Shape.DAY, default=None)
    scope: str = told("Scope", Shape.TEXT, help="Which places, activities and time it looks at.")
    criteria: str = told("Criteria", Shape.TEXT, help="What it is compared with.")
    objectives: str = told(
        "Objectives", Shape.TEXT, help="What it shall find out; asked for by the edition of 2026."
    )
    owner: str = told("Lead auditor", Shape.PERSON)
    team: tuple[str, ...] = told("Audit team", Shape.LINES, default=())
    auditees: tuple[str, ...] = told("Auditees", Shape.LINES, default=())
    status: AuditStatus = told("Status", Shape.CHOICE, default=AuditStatus.PLANNED)
    held_on: date | None = told("Held on", Shape.DAY, default=None)
    conclusion: str = told("Conclusion", Shape.TEXT)
    reported_to: str = told("Reported to")

    @property
    def year(self) -> str:
        """The programme it belongs to."""
        return self.programme or (str(self.planned.year) if self.planned else "")

    @property
    def auditors(self) -> tuple[str, ...]:
        """Who audits: the lead, then the team."""
        return tuple(dict.fromkeys(name for name in (self.owner, *self.team) if name))

    @property
    def last_planned(self) -> date | None:
        """The day it shall be done by."""
        return self.planned_end or self.planned


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding(Item):
    """What an audit found. ``owner`` answers it; actions and nonconformities are linked to it."""

    title: str = told("Finding", required=True)
    number: str = told("Own number", help="The number it has in the company's own lists.")
    audit: str = told("Audit", Shape.ONE, among="audit", required=True)
    grade: Grade = told("Grade", Shape.CHOICE, default=Grade.MINOR)
    clause: str = told("Clause", help="The number of the requirement, such as 8.5.1.")
    process: str = told("Process", Shape.ONE, among="process")
    statement: str = told("What was found", Shape.TEXT, required=True)
    evidence: str = told("Evidence", Shape.TEXT, help="What was seen, where, in which records.")
    requirement: str = told("Requirement, in own words", Shape.TEXT)
    found_on: date | None = told("Found on", Shape.DAY, default=None, required=True)
    owner: str = told("Answered by", Shape.PERSON)
    due: date | None = told("Answer due", Shape.DAY, default=None)
    status: FindingStatus = told("Status", Shape.CHOICE, default=FindingStatus.OPEN)
    answer: str = told("Answer", Shape.TEXT, help="Correction, cause, and what was done.")
    verified_by: str = told("Verified by", Shape.PERSON)
    verified_on: date | None = told("Verified on", Shape.DAY, default=None)
    no_action: str = told(
        "Why no action is needed", Shape.TEXT,
        help="Only where a nonconformity is closed without an action whose effect was checked.",
    )  # fmt: skip


# --- what each must say -----------------------------------------------------------------------


def lacking(audit: Audit) -> tuple[str, ...]:
    """What an audit must still say before it may start, by the fields' labels."""
    asked = {
        "Scope": audit.scope,
        "Criteria": audit.criteria,
        "Objectives": audit.objectives if audit.edition is Edition.E2026 else "not asked",
        "Lead auditor": audit.owner,
        "Processes or clauses": audit.processes or audit.clauses,
    }
    return tuple(label for label, value in asked.items() if not value)


def check_audit(audit: Audit) -> None:
    """Refuse an audit that does not say what it must at its status."""
    check_clauses(audit.clauses)
    if audit.planned and audit.planned_end and audit.planned_end < audit.planned:
        raise UsageError("The audit ends before it begins. Mend Planned for or Until.")
    if audit.status is AuditStatus.CANCELLED:
        _need({"Conclusion": audit.conclusion}, "An audit is cancelled with its reason")
        return
    if audit.status is not AuditStatus.PLANNED:
        _need(
            dict.fromkeys(lacking(audit), ""),
            f"Before an audit under the edition of {audit.edition} starts it says all it must",
        )
    if audit.status.held:
        said = {
            "Held on": audit.held_on,
            "Conclusion": audit.conclusion,
            "Reported to": audit.reported_to,
        }
        _need(said, "A report says when the audit was held, what it concludes and who has it")


def check_finding(finding: Finding) -> None:
    """Refuse a finding that does not say what it must at its status."""
    if finding.clause:
        check_clauses((finding.clause,))
    if finding.found_on and finding.due and finding.due < finding.found_on:
        raise UsageError("The answer is due before the finding was made. Mend one of the days.")
    if finding.status is FindingStatus.OPEN or not finding.grade.binding:
        return
    stated = {"Evidence": finding.evidence, "Clause or requirement": finding.clause or finding.requirement}  # fmt: skip
    _need(stated, "A nonconformity is answered once it is stated whole")
    _need({"Answer": finding.answer}, "An answered finding says what was done")
    if finding.status is not FindingStatus.ANSWERED:
        said = {"Verified by": finding.verified_by, "Verified on": finding.verified_on}
        _need(said, "Who looked at the answer, and when, stands with a finding that is verified")
        if same_person(finding.owner, finding.verified_by):
            raise UsageError(
                f"{finding.owner} answered the finding and cannot verify the answer. "
                "Let somebody else look at it."
            )


def _need(said: Mapping[str, object], why: str) -> None:
    empty = [label for label, value in said.items() if not value]
    if empty:
        raise UsageError(f"{why}: {', '.join(empty)} {'is' if len(empty) == 1 else 'are'} empty.")
