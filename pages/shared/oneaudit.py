"""One audit on its page, step by step, with its findings; and one process."""

from datetime import date
from functools import partial
from typing import Any, Final

import streamlit as st

from kpi.analysis import registering, words
from kpi.analysis.audit_lines import audit_lines, finding_line, findings, process_titles, turns
from kpi.analysis.audit_priority import Priority, priorities
from kpi.errors import KpiError
from kpi.figures.escape import markdown
from kpi.qms.audits import AUDIT, FINDING, Audit, AuditStatus, Finding, lacking
from kpi.qms.processes import PROCESS, Process
from kpi.qms.register import Kind, Recorded
from pages.shared import cards, inputs, linked, recordform, tables
from pages.shared.asked import remembered
from pages.shared.auditfacts import audit_facts, finding_facts
from pages.shared.messages import show_error, small

PAGE: Final = "audits.py"

PLANNED: Final = (
    "title", "type", "edition", "programme", "number", "processes", "clauses", "planned",
    "planned_end", "owner", "team", "auditees", "scope", "criteria", "objectives", "slice", "links",
)  # fmt: skip
"""What is asked before an audit is held."""

REPORTED: Final = ("held_on", "conclusion", "reported_to")

FOUND: Final = (
    "title", "grade", "clause", "process", "found_on", "owner", "due", "number", "statement",
    "evidence", "requirement",
)  # fmt: skip
"""What is asked of a new finding."""

STEPS: Final = [s for s in AuditStatus if s is not AuditStatus.CANCELLED]


def draw(entry: Recorded[Audit]) -> None:
    """What it says, the step that is next, its findings; its history beside it."""
    recordform.back(PAGE, AUDIT)
    item = entry.item
    cards.titled(entry.id, item.title)
    if item.status is AuditStatus.CANCELLED:
        st.warning(markdown(f"Cancelled: {item.conclusion}", longest=1000), icon=":material/block:")
    else:
        cards.steps(STEPS, item.status)
    main, side = recordform.sides()
    with main:
        recordform.facts_of(AUDIT, entry, without=("title", "status"))
        _next_step(entry)
        _findings(entry)
        with st.expander("Change what was planned or reported"):
            recordform.form(AUDIT, entry, only=(*PLANNED, *REPORTED, "status"), key="all")
    with side:
        recordform.related(entry, linked.pages())
        recordform.history(AUDIT, entry)


# --- the step that is next --------------------------------------------------------------------


def _next_step(entry: Recorded[Audit]) -> None:
    item = entry.item
    if not registering.may_change(inputs.here(), item):
        return
    match item.status:
        case AuditStatus.PLANNED:
            _start(entry)
        case AuditStatus.STARTED:
            with st.expander("Report the audit", expanded=True):
                recordform.form(
                    AUDIT, entry, only=REPORTED, key="report", label="Record the report",
                    by=partial(with_status, AUDIT, AuditStatus.REPORTED), why="Reported",
                )  # fmt: skip
        case AuditStatus.REPORTED:
            step(AUDIT, entry, AuditStatus.CLOSED, "Close the audit", "Closed")
    if item.status in (AuditStatus.PLANNED, AuditStatus.STARTED):
        with st.expander("Cancel the audit"):
            small("The conclusion says why. A cancelled audit stays in the programme.")
            recordform.form(
                AUDIT, entry, only=("conclusion",), key="cancel", label="Cancel the audit",
                by=partial(with_status, AUDIT, AuditStatus.CANCELLED), why="Cancelled",
            )  # fmt: skip


def _start(entry: Recorded[Audit]) -> None:
    missing = lacking(entry.item)
    if not missing:
        step(AUDIT, entry, AuditStatus.STARTED, "Start the audit", "Started")
        return
    st.info(
        markdown(f"Before it starts it must say: {words.listed(missing)}.", longest=600),
        icon=":material/edit_note:",
    )
    with st.expander("Say what is missing", expanded=True):
        fields = {
            "Scope": "scope", "Criteria": "criteria", "Objectives": "objectives",
            "Lead auditor": "owner", "Processes or clauses": "processes",
        }  # fmt: skip
        recordform.form(
            AUDIT, entry, only=[fields[label] for label in missing], key="missing",
            why="Said what an audit needs before it starts",
        )  # fmt: skip


def with_status(
    kind: Kind[Any], status: Any, home: Any, item: Any, **recorded: Any
) -> Recorded[Any]:
    """Record an item with a status: what a form of one step does."""
    from dataclasses import replace

    return registering.record(home, kind, replace(item, status=status), **recorded)


def step(kind: Kind[Any], entry: Recorded[Any], status: Any, label: str, why: str) -> None:
    """A button that takes a record to its next status; what stands against it is told."""
    if not st.button(label, key=f"{entry.id} {status}", type="primary"):
        return
    try:
        with_status(
            kind, status, inputs.here(), entry.item, id=entry.id, version=entry.version,
            who=inputs.who(), when=inputs.now(), why=why,
        )  # fmt: skip
    except KpiError as error:
        show_error(error)
        return
    inputs.tell(f"{entry.id} is {status}.")
    st.rerun()


# --- findings ---------------------------------------------------------------------------------


def _findings(entry: Recorded[Audit]) -> None:
    home, today = inputs.here(), inputs.now().date()
    mine = [line for line in findings(home, today) if line.entry.item.audit == entry.id]
    told = {line.entry.id: line for line in mine}
    cards.section("Findings")
    recordform.listing(
        [line.entry for line in mine], PAGE, lambda e: _finding_words(told[e.id]),
        key=f"findings of {entry.id}", empty="Nothing is found yet.",
    )  # fmt: skip
    item = entry.item
    if item.status in (AuditStatus.STARTED, AuditStatus.REPORTED):
        with st.expander("Record a finding"):
            recordform.form(
                FINDING, preset=_new(entry, today), only=FOUND, key=f"of {entry.id}",
                then=f"It is recorded as a finding of {entry.id}.",
            )  # fmt: skip


def _new(entry: Recorded[Audit], today: date) -> Finding:
    item = entry.item
    return Finding(
        title="", audit=entry.id, slice=item.slice, found_on=item.held_on or today,
        process=item.processes[0] if len(item.processes) == 1 else "",
    )  # fmt: skip


def _finding_words(line: Any) -> str:
    return finding_facts(line)


# --- one process ------------------------------------------------------------------------------


def process(entry: Recorded[Process]) -> None:
    """A process: what it is, why it comes where it comes, what audits found in it."""
    home, today = inputs.here(), inputs.now().date()
    recordform.back(PAGE, PROCESS, tab="next")
    cards.titled(entry.id, entry.item.title)
    main, side = recordform.sides()
    with main:
        recordform.facts_of(PROCESS, entry, without=("title",))
        _score(entry, today)
        _audited(entry, today)
        titles = process_titles(home)
        mine = [
            finding_line(home, found, today, titles)
            for found in registering.listed(home, FINDING)
            if found.item.process == entry.id
        ]
        if mine:
            cards.section("Found in it")
            told = {line.entry.id: line for line in mine}
            recordform.listing(
                [line.entry for line in mine], PAGE, lambda e: _finding_words(told[e.id]),
                key=f"found in {entry.id}",
            )  # fmt: skip
        with st.expander("Change it"):
            recordform.form(PROCESS, entry)
    with side:
        recordform.related(entry, linked.pages())
        recordform.history(PROCESS, entry)


def _audited(entry: Recorded[Process], today: date) -> None:
    """The audits that look at a process, by their day."""
    home = inputs.here()
    found = [e for e in registering.listed(home, AUDIT) if entry.id in e.item.processes]
    lines = {line.entry.id: line for line in audit_lines(home, found, today)}
    cards.section("Audited in")
    recordform.listing(
        [line.entry for line in lines.values()], PAGE, lambda e: audit_facts(lines[e.id]),
        key=f"audits of {entry.id}", empty="No audit looks at it yet.",
    )  # fmt: skip


def _score(entry: Recorded[Process], today: date) -> None:
    if not any(turn.entry.id == entry.id for turn in turns(inputs.here(), today)):
        return
    every: tuple[Priority, ...] = remembered(inputs.here(), priorities, (today,), {})
    found = next((one for one in every if one.process.id == entry.id), None)
    if found is None:
        return
    cards.section(f"{found.score:g} of 100 points for the next audit")
    tables.table(
        ("Part", "Points", "At most", "Why"),
        [(part.name, f"{part.points:g}", str(part.most), part.why) for part in found.parts],
        numbers=(1, 2),
    )
