"""One finding on its page: what was found, how it is answered, verified and closed."""

from dataclasses import replace
from functools import partial
from typing import Any, Final

import streamlit as st

from kpi.access import Permission
from kpi.analysis import registering
from kpi.analysis.audit_lines import finding_line, process_titles
from kpi.errors import UnknownNameError
from kpi.figures.escape import html, markdown
from kpi.qms.audits import (
    AUDIT,
    FINDING,
    Finding,
    FindingStatus,
    answers,
    effect_checked,
)
from kpi.qms.register import Recorded
from pages.shared import cards, identity, inputs, linked, recordform
from pages.shared.auditfacts import finding_facts
from pages.shared.messages import small
from pages.shared.oneaction import me
from pages.shared.oneaudit import FOUND, PAGE, step, with_status

IN_PLACE: Final = ("title", "status", "statement", "audit")
"""Fields that stand in a place of their own."""


def draw(entry: Recorded[Finding]) -> None:
    """What was found, the step that is next, what was done; its history beside it."""
    recordform.back(PAGE, FINDING, tab="findings")
    item = entry.item
    cards.titled(entry.id, item.title)
    cards.steps(list(FindingStatus), item.status)
    _line(entry)
    main, side = recordform.sides()
    with main:
        st.html(f'<p class="cn-say">{html(item.statement, longest=6000)}</p>')
        _audit(entry)
        recordform.facts_of(FINDING, entry, without=IN_PLACE)
        _answered_in(entry)
        _next_step(entry)
        with st.expander("Change the finding"):
            recordform.form(
                FINDING, entry, only=(*FOUND, "audit", "slice", "links", "answer"), key="all"
            )
    with side:
        recordform.related(entry, linked.pages())
        recordform.history(FINDING, entry)


def _line(entry: Recorded[Finding]) -> None:
    home = inputs.here()
    small(finding_facts(finding_line(home, entry, inputs.now().date(), process_titles(home))))


def _audit(entry: Recorded[Finding]) -> None:
    try:
        audit = registering.found(inputs.here(), AUDIT, entry.item.audit)
    except UnknownNameError:
        return
    recordform.link(PAGE, audit)


def _answered_in(entry: Recorded[Finding]) -> None:
    """The nonconformities and actions that answer it, and the way to a new one."""
    cards.section("What is done about it")
    found = answers(inputs.here().store, entry.item, entry.id)
    for answer in found:
        checked = (
            "its effect was decided on" if effect_checked(answer) else "its effect is still open"
        )
        recordform.link(linked.PAGE, answer)
        small(f"{str(answer.item.status).capitalize()} · {checked}")
    if not found:
        small("No nonconformity or action is linked to it.")
    if identity.may(Permission.MANAGE) and entry.item.status is not FindingStatus.CLOSED:
        with st.container(horizontal=True):
            st.page_link(
                linked.PAGE, label="Open a nonconformity", icon=":material/report:",
                query_params=linked.new_case_of(entry),
            )  # fmt: skip
            st.page_link(
                linked.PAGE, label="Start an action", icon=":material/build:",
                query_params=linked.new_action_of(entry),
            )  # fmt: skip


def _next_step(entry: Recorded[Finding]) -> None:
    if not registering.may_change(inputs.here(), entry.item):
        return
    match entry.item.status:
        case FindingStatus.OPEN:
            _form(entry, "Answer it", ("answer",), FindingStatus.ANSWERED, "Answered")
        case FindingStatus.ANSWERED:
            verified = ("verified_by", "verified_on")
            _form(entry, "Verify the answer", verified, FindingStatus.VERIFIED, "Verified")
        case FindingStatus.VERIFIED:
            if entry.item.grade.binding:
                _form(entry, "Close it", ("no_action",), FindingStatus.CLOSED, "Closed")
            else:
                step(FINDING, entry, FindingStatus.CLOSED, "Close the finding", "Closed")
    if entry.item.status is not FindingStatus.OPEN:
        with st.expander("Open it again"):
            _reopen(entry)


def _form(
    entry: Recorded[Finding], label: str, only: tuple[str, ...], status: Any, why: str
) -> None:
    with st.expander(label, expanded=True):
        if "no_action" in only:
            small(
                "A nonconformity is closed with an action whose effect was decided on; or say why "
                "none is needed."
            )
        recordform.form(
            FINDING, entry, preset=_proposed(entry.item), only=only, key=why, label=label, why=why,
            by=partial(with_status, FINDING, status),
        )  # fmt: skip


def _proposed(item: Finding) -> Finding:
    """Whoever looks verifies it today; nobody verifies an answer of their own."""
    person = me()
    return replace(
        item, verified_by="" if person == item.owner else person, verified_on=inputs.now().date()
    )


def _reopen(entry: Recorded[Finding]) -> None:
    small(markdown("It came back, or the answer did not hold."))
    recordform.form(
        FINDING, entry, only=("due",), key="reopen", label="Open it again",
        by=partial(with_status, FINDING, FindingStatus.OPEN), why="Opened again",
    )  # fmt: skip
