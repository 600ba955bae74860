"""What an audit and a finding must say, and what they must agree with, at the boundary of each rule."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from kpi.analysis import open_home
from kpi.errors import UnknownNameError, UsageError
from kpi.qms.actions import ACTION, Action, ActionStatus, Decision
from kpi.qms.agenda import Edition
from kpi.qms.audits import (
    AUDIT,
    FINDING,
    Audit,
    AuditStatus,
    Finding,
    FindingStatus,
    Grade,
)
from kpi.qms.names import same_person
from kpi.qms.processes import PROCESS, Process
from kpi.qms.recording import record, record_all
from kpi.qms.register import Edit, checked, find
from kpi.store.model import Later

WHEN = datetime(2026, 11, 2, 8, tzinfo=UTC)
DAY = date(2026, 3, 17)

READY = Audit(
    title="Moulding", planned=DAY, owner="Jan Peters", processes=("PRC-2026-001",),
    scope="Lines 1 to 4", criteria="Work instructions", objectives="Are changeovers released?",
)  # fmt: skip
HELD = replace(
    READY, status=AuditStatus.REPORTED, held_on=DAY, conclusion="It works.", reported_to="Board"
)
FOUND = Finding(
    title="First piece", audit="AUD-2026-001", statement="No release", found_on=DAY,
    evidence="Card of order 4711", clause="8.5.1", owner="Anna Vogel",
)  # fmt: skip
VERIFIED = replace(
    FOUND, answer="Card checked at start", verified_by="Eva Braun", verified_on=DAY,
    status=FindingStatus.VERIFIED,
)  # fmt: skip


@pytest.fixture
def store(tmp_path):
    found = open_home(tmp_path / "home").store
    record(
        found, PROCESS, Process(title="Moulding", owner="Anna Vogel"),
        who="qm", when=WHEN, why="",
    )  # fmt: skip
    return found


def put(store, kind, item, **over):
    return record(store, kind, item, who="qm", when=over.pop("when", WHEN), why="test", **over)


@pytest.mark.parametrize(
    ("item", "lacking"),
    [
        pytest.param(READY, "", id="all is said"),
        pytest.param(replace(READY, scope=""), "Scope is empty", id="no scope"),
        pytest.param(replace(READY, criteria=""), "Criteria is empty", id="no criteria"),
        pytest.param(replace(READY, objectives=""), "Objectives is empty", id="2026 asks objectives"),
        pytest.param(
            replace(READY, objectives="", edition=Edition.E2015), "", id="2015 asks none"
        ),
        pytest.param(replace(READY, owner=""), "Lead auditor is empty", id="nobody leads"),
        pytest.param(replace(READY, processes=(), clauses=("8.5",)), "", id="clauses do as well"),
        pytest.param(
            replace(READY, processes=(), scope=""), "Scope, Processes or clauses are empty", id="two"
        ),
    ],
)  # fmt: skip
def test_what_an_audit_says_before_it_starts(item, lacking):
    checked(AUDIT, item)  # planned it may be all the same
    started = replace(item, status=AuditStatus.STARTED)
    if not lacking:
        checked(AUDIT, started)
        return
    with pytest.raises(UsageError, match=lacking):
        checked(AUDIT, started)


@pytest.mark.parametrize("field", ["held_on", "conclusion", "reported_to"])
def test_a_report_says_when_what_and_to_whom(field):
    checked(AUDIT, HELD)
    with pytest.raises(UsageError, match=r"^A report says when the audit was held"):
        checked(AUDIT, replace(HELD, **{field: None if field == "held_on" else ""}))


def test_an_audit_is_cancelled_with_its_reason_only():
    gone = replace(READY, scope="", status=AuditStatus.CANCELLED)
    with pytest.raises(UsageError) as told:
        checked(AUDIT, gone)
    assert str(told.value) == "An audit is cancelled with its reason: Conclusion is empty."
    checked(AUDIT, replace(gone, conclusion="The line was sold."))


@pytest.mark.parametrize("clause", ["3.1", "11", "8.", "8.5.a", "08.5", "8.0"])
def test_what_is_no_clause_is_refused(clause):
    with pytest.raises(UsageError, match="is no clause that is audited"):
        checked(AUDIT, replace(READY, clauses=(clause,)))


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("scope", "a\nb\tc", ""),
        ("scope", "a\x1b[31mb", "Scope holds a character that cannot be shown. Type it anew."),
        ("team", ("Eva Braun", "x\ny"), "Audit team takes one line of text."),
        ("team", ("x" * 5001,), "Audit team has 5001 characters; 5000 are the most. Say it shorter."),
        ("clauses", ("8.5", "8" * 301), "Clauses has 301 characters; 300 are the most. Say it shorter."),
    ],
)  # fmt: skip
def test_every_text_of_a_field_is_looked_at(field, value, says):
    item = replace(READY, **{field: value})
    if not says:
        checked(AUDIT, item)
        return
    with pytest.raises(UsageError) as told:
        checked(AUDIT, item)
    assert str(told.value) == says


def test_an_audit_does_not_end_before_it_begins():
    checked(AUDIT, replace(READY, planned_end=DAY))
    with pytest.raises(UsageError, match="ends before it begins"):
        checked(AUDIT, replace(READY, planned_end=date(2026, 3, 16)))


# --- nobody judges their own work ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Anna Vogel", "anna  vogel", True),
        ("Vogel, Anna", "Anna Vogel", True),
        ("Müller", "MULLER", True),
        ("Anna Vogel", "Anna", False),
        ("", "", False),
    ],
)
def test_same_person(one, other, same):
    assert same_person(one, other) is same


@pytest.mark.parametrize(
    "item",
    [
        pytest.param(replace(READY, owner="VOGEL, Anna"), id="as lead"),
        pytest.param(replace(READY, team=("Eva Braun", "Anna Vogel")), id="in the team"),
    ],
)
def test_an_owner_does_not_audit_the_own_process(store, item):
    with pytest.raises(UsageError) as told:
        put(store, AUDIT, item)
    name = next(n for n in item.auditors if "ogel" in n.casefold())
    assert str(told.value) == (
        f"{name} owns the process Moulding and cannot audit it: nobody judges their own work. "
        "Name another auditor, or take the process out of this audit."
    )


def test_who_is_audited_does_not_audit(store):
    with pytest.raises(UsageError, match=r"^Jan Peters audits and is audited at once"):
        put(store, AUDIT, replace(READY, auditees=("Peters, Jan",)))


def test_an_owner_of_later_days_may_have_audited_before(store):
    """Jan takes the process over after he audited it: the report stays as it is, and may be closed."""
    audit = put(store, AUDIT, HELD)
    process = find(store, PROCESS, "PRC-2026-001")
    put(
        store, PROCESS, replace(process.item, owner="Jan Peters"), id=process.id, version=1,
        when=datetime(2026, 12, 1, tzinfo=UTC),
    )  # fmt: skip
    closed = put(store, AUDIT, replace(HELD, status=AuditStatus.CLOSED), id=audit.id, version=1)
    assert closed.version == 2
    with pytest.raises(UsageError, match="owns the process Moulding"):
        put(store, AUDIT, replace(READY, title="The next"))


def test_an_unknown_process_is_refused(store):
    with pytest.raises(UnknownNameError):
        put(store, AUDIT, replace(READY, processes=("PRC-2026-009",)))


# --- findings -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("item", "says"),
    [
        pytest.param(FOUND, "", id="open"),
        pytest.param(replace(FOUND, evidence="", clause=""), "", id="open may be stated later"),
        pytest.param(
            replace(VERIFIED, evidence=""), "Evidence is empty", id="verified needs evidence"
        ),
        pytest.param(
            replace(VERIFIED, clause=""), "Clause or requirement is empty", id="and a requirement"
        ),
        pytest.param(replace(VERIFIED, clause="", requirement="Release"), "", id="in own words"),
        pytest.param(replace(VERIFIED, answer=""), "Answer is empty", id="and an answer"),
        pytest.param(replace(VERIFIED, verified_by=""), "Verified by is empty", id="and who"),
        pytest.param(replace(VERIFIED, verified_on=None), "Verified on is empty", id="and when"),
        pytest.param(
            replace(VERIFIED, verified_by="vogel anna"), "cannot verify the answer", id="not oneself"
        ),
        pytest.param(
            replace(VERIFIED, answer="", evidence="", verified_by="", grade=Grade.OPPORTUNITY), "",
            id="an opportunity binds to nothing",
        ),
        pytest.param(replace(FOUND, due=date(2026, 3, 16)), "due before", id="due too early"),
    ],
)  # fmt: skip
def test_what_a_finding_says(item, says):
    if not says:
        checked(FINDING, item)
        return
    with pytest.raises(UsageError, match=says):
        checked(FINDING, item)


CLOSED = replace(VERIFIED, status=FindingStatus.CLOSED)
ACTED = Action(
    title="Interlock", owner="Anna Vogel", due=DAY, links=("FND-2026-001",), done_on=DAY,
    status=ActionStatus.DONE,
)  # fmt: skip


def test_a_nonconformity_is_not_closed_on_a_promise(store):
    put(store, AUDIT, HELD)
    finding = put(store, FINDING, FOUND)
    over = {"id": finding.id, "version": 1}
    with pytest.raises(UsageError) as told:
        put(store, FINDING, CLOSED, **over)
    assert str(told.value) == (
        "No action or nonconformity is linked to it. Record that first, or say under "
        "“Why no action is needed” why it is closed."
    )
    action = put(store, ACTION, ACTED)
    with pytest.raises(UsageError, match=r"\(ACT-2026-001\) is not decided on yet"):
        put(store, FINDING, CLOSED, **over)
    worked = replace(
        ACTED, status=ActionStatus.CHECKED, decision=Decision.WORKED, decided_on=DAY,
        verdict="Worked.",
        decided_by="Eva Braun", decision_reason="Six months without one",
    )  # fmt: skip
    put(store, ACTION, worked, id=action.id, version=1)
    assert put(store, FINDING, CLOSED, **over).version == 2


def test_a_stated_reason_closes_as_well_and_an_opportunity_needs_none(store):
    put(store, AUDIT, HELD)
    put(store, FINDING, replace(CLOSED, no_action="The line was sold."))
    put(store, FINDING, replace(CLOSED, grade=Grade.OPPORTUNITY))


def test_an_audit_and_its_findings_are_closed_in_their_order(store):
    audit = put(store, AUDIT, HELD)
    put(store, FINDING, FOUND)
    done = replace(HELD, status=AuditStatus.CLOSED)
    with pytest.raises(UsageError) as told:
        put(store, AUDIT, done, id=audit.id, version=1)
    assert str(told.value) == "The audit cannot be closed while findings are not: FND-2026-001."
    put(store, FINDING, replace(CLOSED, no_action="Sold"), id="FND-2026-001", version=1)
    put(store, AUDIT, done, id=audit.id, version=1)
    with pytest.raises(UsageError, match=r"^The audit AUD-2026-001 is closed, and this finding"):
        put(store, FINDING, FOUND)


def test_a_cancelled_audit_finds_nothing(store):
    put(store, AUDIT, replace(READY, status=AuditStatus.CANCELLED, conclusion="Sold"))
    with pytest.raises(UsageError, match="is cancelled and finds nothing"):
        put(store, FINDING, FOUND)


# --- recorded in one step -----------------------------------------------------------------------


def test_records_of_one_step_name_each_other(store):
    edits = [
        Edit(PROCESS, Process(title="Assembly", owner="Eva Braun"), ""),
        Edit(AUDIT, replace(HELD, processes=("PRC-2026-001", Later.of(0))), ""),
        Edit(FINDING, replace(FOUND, audit=Later.of(1), links=(Later.of(0),)), ""),
    ]
    process, audit, finding = record_all(store, edits, who="qm", when=WHEN)
    assert audit.item.processes == ("PRC-2026-001", process.id)
    assert (finding.item.audit, finding.item.links) == (audit.id, (process.id,))
    assert find(store, FINDING, finding.id).item == finding.item


def test_what_looks_like_a_place_in_a_text_stays_text(store):
    found = put(store, PROCESS, Process(title="(new 1)", owner="Eva Braun"))
    assert found.item.title == "(new 1)"


def test_a_step_that_is_refused_records_nothing(store):
    number = store.records.number()
    edits = [
        Edit(PROCESS, Process(title="Assembly", owner="Eva Braun"), ""),
        Edit(AUDIT, replace(READY, owner="Anna Vogel"), ""),
    ]
    with pytest.raises(UsageError):
        record_all(store, edits, who="qm", when=WHEN)
    assert store.records.number() == number
