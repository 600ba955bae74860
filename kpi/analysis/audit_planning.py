"""An audit of what comes next, planned in one step: proposed from its process and its score."""

from datetime import date, datetime, timedelta
from typing import Final

from kpi.analysis import words
from kpi.analysis.audit_priority import Priority, priorities
from kpi.analysis.home import Home
from kpi.analysis.registering import record
from kpi.errors import UnknownNameError, UsageError
from kpi.qms.agenda import LATEST, edition_words
from kpi.qms.audits import AUDIT, Audit
from kpi.qms.register import Recorded

NOTICE_DAYS: Final = 28
"""An audit is announced so long before, at least."""

SATURDAY: Final = 5


def proposed(found: Priority, today: date) -> Audit:
    """An audit of a process as a proposal: when its turn is, and what its score says to look for.

    Whoever leads it is named later: without that it does not start.
    """
    process = found.process.item
    day = max(found.turn.due, today + timedelta(days=NOTICE_DAYS))
    day += timedelta(days=max(7 - day.weekday(), 0) if day.weekday() >= SATURDAY else 0)
    against = f"clauses {', '.join(process.clauses)} of " if process.clauses else ""
    worth = "; ".join(p.why for p in found.parts if p.points > 0 and p.name != "Importance")
    aims = "Find out whether the process works as planned and reaches what it is for."
    return Audit(
        title=f"Audit of {process.title}",
        slice=process.slice,
        edition=LATEST,
        processes=(found.process.id,),
        clauses=process.clauses,
        planned=day,
        scope=f"The process {process.title}, {words.slice_words(process.slice)}, since its last audit.",
        criteria=f"The process's own procedures, and {against}{edition_words(LATEST)}.",
        objectives=f"{aims} Look at: {worth}." if worth else aims,
        auditees=(process.owner,),
    )


def plan_audit(
    home: Home, process: str, *, today: date, who: str, when: datetime
) -> Recorded[Audit]:
    """Put an audit of a process into the programme.

    Raises
    ------
    AccessDeniedError
        The person does not manage the plants of the process.
    UnknownNameError
        There is no such process in force.
    UsageError
        An audit of it is planned already.
    """
    every = priorities(home, today)
    found = next((p for p in every if p.process.id == process), None)
    if found is None:
        raise UnknownNameError("process", process, known=[p.process.id for p in every])
    if found.turn.planned:
        raise UsageError(
            f"{found.process.item.title} is planned already: {', '.join(found.turn.planned)}."
        )
    why = f"Priority {found.score:g} of 100: {found.reasons}"[:300]
    return record(home, AUDIT, proposed(found, today), who=who, when=when, why=why)
