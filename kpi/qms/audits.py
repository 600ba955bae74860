"""Audits and findings as kinds of records, and what each must agree with in other records."""

from collections.abc import Sequence
from datetime import date
from typing import Any, Final

from kpi.errors import UsageError
from kpi.qms.actions import ACTION, Action, ActionStatus
from kpi.qms.audit_items import (
    Audit,
    AuditStatus,
    AuditType,
    Finding,
    FindingStatus,
    Grade,
    check_audit,
    check_finding,
    lacking,
)
from kpi.qms.names import same_person
from kpi.qms.nonconformities import NONCONFORMITY, NonconformityStatus
from kpi.qms.processes import PROCESS, Process
from kpi.qms.purged import is_purged
from kpi.qms.register import Kind, Recorded, find, recorded, versions
from kpi.store import Store
from kpi.store.model import Later

__all__ = [
    "AUDIT",
    "FINDING",
    "Audit",
    "AuditStatus",
    "AuditType",
    "Finding",
    "FindingStatus",
    "Grade",
    "answering",
    "answers",
    "audit_agrees",
    "effect_checked",
    "finding_agrees",
    "findings_of",
    "lacking",
    "owned_then",
    "owner_words",
    "refuse_over",
]

ANSWERS: Final[tuple[Kind[Any], ...]] = (NONCONFORMITY, ACTION)
"""Kinds of records that answer a finding."""


def audit_agrees(store: Store, audit: Audit, id: str) -> None:
    """Refuse an auditor who owns or answers for what is audited, and a closed audit with open findings.

    Raises
    ------
    UnknownNameError
        A process is not known.
    UsageError
        Says who owns which process, or which findings are left.
    """
    for process in audit.processes:
        if not (id and is_purged(store, PROCESS.name, process)):
            _refuse_owner(store, audit, process)
    for name in audit.auditors:
        if any(same_person(name, other) for other in audit.auditees):
            raise UsageError(
                f"{name} audits and is audited at once. Name another auditor, or take the name "
                "from the auditees."
            )
    if audit.status is AuditStatus.CLOSED and id:
        left = [f.id for f in findings_of(store, id) if f.item.status is not FindingStatus.CLOSED]
        if left:
            raise UsageError(
                f"The audit cannot be closed while findings are not: {', '.join(left)}."
            )


def _refuse_owner(store: Store, audit: Audit, process: str) -> None:
    if isinstance(process, Later):
        return
    found = owned_then(store, process, audit.held_on)
    for name in audit.auditors:
        if audit.status is not AuditStatus.CANCELLED and same_person(name, found.owner):
            raise UsageError(owner_words(name, found))


def owner_words(name: str, process: Process) -> str:
    """Why somebody may not audit a process."""
    return (
        f"{name} owns the process {process.title} and cannot audit it: nobody judges their own "
        "work. Name another auditor, or take the process out of this audit."
    )


def owned_then(store: Store, process: str, day: date | None) -> Process:
    """A process as it stood at the end of a day, as far as it was recorded then; else as it is.

    Raises
    ------
    UnknownNameError
        There is none with this id, or none that may be seen.
    """
    latest = find(store, PROCESS, process).item
    if day is None:
        return latest
    told = versions(store, PROCESS, process)
    then = [version.item for version in told if version.when.date() <= day]
    return then[-1] if then else told[0].item


def finding_agrees(store: Store, finding: Finding, id: str) -> None:
    """Refuse a nonconformity closed on a promise, and what belongs to no known audit or process.

    What was purged since the finding was recorded is missed by nobody: it has to be closed all the same.

    Raises
    ------
    UnknownNameError
        Its audit, or the process it names, is not known.
    UsageError
        Says what is missing before it can be closed.
    """
    if not isinstance(finding.audit, Later) and not (
        id and is_purged(store, AUDIT.name, finding.audit)
    ):
        refuse_over(finding, find(store, AUDIT, finding.audit).item, finding.audit)
    if (
        finding.process
        and not isinstance(finding.process, Later)
        and not (id and is_purged(store, PROCESS.name, finding.process))
    ):
        find(store, PROCESS, finding.process)
    closing = finding.status is FindingStatus.CLOSED and finding.grade.binding
    if (
        closing
        and not finding.no_action
        and not any(map(effect_checked, answers(store, finding, id)))
    ):
        raise UsageError(_unchecked(answers(store, finding, id)))


def refuse_over(finding: Finding, audit: Audit, id: str) -> None:
    """Refuse a finding of a cancelled audit, and one that is not closed of a closed audit."""
    if audit.status is AuditStatus.CANCELLED:
        raise UsageError(f"The audit {id} is cancelled and finds nothing. Choose another audit.")
    if audit.status is AuditStatus.CLOSED and finding.status is not FindingStatus.CLOSED:
        raise UsageError(
            f"The audit {id} is closed, and this finding is not. Set the audit back to reported first."
        )


def _unchecked(found: tuple[Recorded[Any], ...]) -> str:
    if found:
        ids = ", ".join(entry.id for entry in found)
        what = f"The effect of what was done about it ({ids}) is not decided on yet."
    else:
        what = "No action or nonconformity is linked to it."
    return f"{what} Record that first, or say under “Why no action is needed” why it is closed."


def answers(
    store: Store, finding: Finding, id: str, every: Sequence[Recorded[Any]] | None = None
) -> tuple[Recorded[Any], ...]:
    """The nonconformities and actions that answer a finding: those it names, and those that name it.

    An action on a nonconformity that answers it answers it, too. ``every`` are all that may, where
    many findings are looked at.
    """
    there = answering(store) if every is None else every
    direct = {e.id for e in there if e.id in finding.links or (id and id in e.item.links)}
    return tuple(e for e in there if e.id in direct or direct & set(e.item.links))


def answering(store: Store) -> tuple[Recorded[Any], ...]:
    """Every nonconformity and action."""
    return tuple(entry for kind in ANSWERS for entry in recorded(store, kind))


def effect_checked(answer: Recorded[Any]) -> bool:
    """Whether somebody decided that what was done works; closing it for another reason is not that."""
    item = answer.item
    if isinstance(item, Action):
        return item.status is ActionStatus.CHECKED
    return item.status is NonconformityStatus.CLOSED and bool(item.checked)


def findings_of(store: Store, audit: str) -> tuple[Recorded[Finding], ...]:
    """The findings of an audit."""
    return tuple(entry for entry in recorded(store, FINDING) if entry.item.audit == audit)


AUDIT: Final = Kind(
    "audit", Audit, "Audit", "Audits", "AUD",
    clauses=("9.2.1", "9.2.2"), check=check_audit, agrees=audit_agrees,
)  # fmt: skip
FINDING: Final = Kind(
    "finding", Finding, "Finding", "Findings", "FND",
    clauses=("9.2.2",), check=check_finding, agrees=finding_agrees,
)  # fmt: skip
