"""The audit programme against figures counted by hand: turns, coverage, the score and its parts."""

import shutil
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from kpi.access import Access, AccessDeniedError, Role
from kpi.analysis import open_home, words
from kpi.analysis.agenda_results import Asked
from kpi.analysis.audit_coverage import Covered, coverage
from kpi.analysis.audit_lines import findings, turns
from kpi.analysis.audit_planning import plan_audit
from kpi.analysis.audit_priority import priorities
from kpi.analysis.audit_review import audits_input
from kpi.analysis.audits import overdue, partial, programme
from kpi.analysis.registering import record
from kpi.analysis.results import Filters
from kpi.analysis.screening import screen
from kpi.errors import UnknownNameError, UsageError
from kpi.qms import Event
from kpi.qms.audits import AUDIT, FINDING, Audit, AuditStatus, Finding, FindingStatus, Grade
from kpi.qms.chart_notes import put_note
from kpi.qms.context import ISSUE, Issue
from kpi.qms.processes import PROCESS, Importance, Interval, Process, ProcessStatus

BEGUN = datetime(2025, 1, 10, 8, tzinfo=UTC)
TODAY = date(2026, 11, 2)
PLANT = (("plant", "Nordhafen"),)

MOULDING, SHIPPING, BUYING = "PRC-2025-001", "PRC-2025-002", "PRC-2025-003"


def put(home, kind, item, when=BEGUN, **over):
    return record(home, kind, item, who="qm", when=when, why="test", **over)


def held(title, day, *processes, **said):
    return Audit(
        title=title, planned=day, held_on=day, processes=processes, owner="Jan Peters", scope="All",
        criteria="Procedures", objectives="Does it work?", status=AuditStatus.REPORTED,
        conclusion="Yes", reported_to="Board", **said,
    )  # fmt: skip


@pytest.fixture(scope="module")
def home(made_home, tmp_path_factory):
    """Three processes, four audits, five findings; today is the 2 November 2026."""
    folder = tmp_path_factory.mktemp("audits") / "home"
    shutil.copytree(made_home.path, folder)
    home = open_home(folder)
    put(home, PROCESS, Process(
        title="Moulding", owner="Anna Vogel", importance=Importance.MOST, slice=PLANT,
        interval=Interval.HALF_YEAR, kpis=("scrap_rate",), clauses=("8.5.1", "8.6"),
    ))  # fmt: skip
    put(home, PROCESS, Process(
        title="Shipping", owner="Jan Peters", importance=Importance.USUAL, clauses=("8.5.4",),
        interval=Interval.YEAR,
    ))  # fmt: skip
    put(home, PROCESS, Process(
        title="Buying", owner="Eva Braun", importance=Importance.LITTLE, clauses=("8.4",),
        interval=Interval.THREE_YEARS,
    ))  # fmt: skip
    put(home, AUDIT, held("First", date(2025, 11, 3), MOULDING, clauses=("8.5.1",)))
    put(home, AUDIT, held("Second", date(2026, 8, 3), MOULDING, clauses=("8.5.1",)))
    put(home, AUDIT, Audit(
        title="Third", planned=date(2026, 10, 5), planned_end=date(2026, 10, 9),
        processes=(SHIPPING,), owner="Eva Braun",
    ))  # fmt: skip
    put(home, AUDIT, Audit(title="Fourth", planned=date(2027, 2, 1), processes=(BUYING,)))
    of = {"audit": "AUD-2025-002", "process": MOULDING, "found_on": date(2026, 8, 3)}
    put(home, FINDING, Finding(
        title="Late major", statement="a", grade=Grade.MAJOR, due=date(2026, 9, 3), clause="8.5.1",
        owner="Anna Vogel", **of,
    ))  # fmt: skip
    put(
        home,
        FINDING,
        Finding(title="Open minor", statement="b", due=date(2026, 12, 3), clause="8.5.1", **of),
    )
    put(home, FINDING, Finding(
        title="Old", statement="c", audit="AUD-2025-001", grade=Grade.OPPORTUNITY,
        found_on=date(2025, 11, 3), status=FindingStatus.CLOSED,
    ))  # fmt: skip
    return home


def test_turns_follow_from_interval_and_last_audit(home):
    found = {t.entry.id: t for t in turns(home, TODAY)}
    moulding, shipping, buying = (found[id] for id in (MOULDING, SHIPPING, BUYING))
    assert (moulding.last, moulding.due, moulding.late) == (date(2026, 8, 3), date(2027, 2, 3), 0)
    # never audited: a year from the day it was recorded, 10 January 2025
    assert (shipping.last, shipping.due, shipping.late) == (None, date(2026, 1, 10), 296)
    assert shipping.planned == ("AUD-2025-003",)
    assert (buying.due, buying.late) == (date(2028, 1, 10), 0)


@pytest.mark.parametrize(
    ("day", "late"),
    [(date(2026, 10, 9), 0), (date(2026, 10, 10), 1)],
    ids=["on its last day", "the day after"],
)
def test_an_audit_is_overdue_after_its_last_day(home, day, late):
    lines = {line.entry.id: line for line in programme(home, "2026", day).audits}
    assert lines["AUD-2025-003"].late == late


def test_programme_of_a_year(home):
    found = programme(home, "2026", TODAY)
    assert [line.entry.id for line in found.audits] == ["AUD-2025-002", "AUD-2025-003"]
    assert found.says == "1 of 2 audits of 2026 is held; 1 is overdue."
    assert found.audits[0].findings == (1, 1, 0)
    assert found.audits[0].open == 2
    assert programme(home, "2030", TODAY).says == "No audit is planned for 2030."


def test_what_is_overdue_is_told_latest_first(home):
    assert [(o.kind, o.id, o.days) for o in overdue(home, TODAY)] == [
        ("process", SHIPPING, 296),
        ("finding", "FND-2025-001", 60),
        ("audit", "AUD-2025-003", 24),
    ]
    assert overdue(home, TODAY)[2].says == (
        "AUD-2025-003 Third is not held: overdue by 24 days, since 9 October 2026."
    )
    assert partial(home) == ()


def test_findings_come_worst_first_with_their_age(home):
    lines = findings(home, TODAY)
    assert [(f.entry.item.title, f.age, f.late) for f in lines] == [
        ("Late major", 91, 60),
        ("Open minor", 91, 0),
        ("Old", None, 0),
    ]


# --- coverage -----------------------------------------------------------------------------------


def test_coverage_of_a_span(home):
    found = coverage(home, date(2026, 1, 1), date(2027, 12, 31))
    assert found.clauses == ("8.4", "8.5", "8.6")
    states = {row.title: [cell.state for cell in row.cells] for row in found.rows}
    asked, hole = Covered.NOT_ASKED, Covered.HOLE
    assert states == {
        "Moulding": [asked, Covered.HELD, hole],
        "Shipping": [asked, Covered.PLANNED, asked],
        "Buying": [Covered.PLANNED, asked, asked],
    }
    cell = found.rows[0].cells[1]
    assert (cell.held, cell.findings, cell.open) == (("AUD-2025-002",), 2, 2)
    assert found.holes == ("Moulding, clause 8.6: not audited in this time, never before.",)
    assert found.says == (
        "1 of 4 pairs of process and clause were audited, 2 more are planned, 1 is neither."
    )


def test_an_audit_before_the_span_is_a_hole_with_its_day(home):
    cell = coverage(home, date(2026, 9, 1), date(2026, 9, 30)).rows[0].cells[1]
    assert (cell.state, cell.last) == (Covered.HOLE, date(2026, 8, 3))


# --- the score ----------------------------------------------------------------------------------


def parts(home, id):
    found = next(p for p in priorities(home, TODAY) if p.process.id == id)
    return {part.name: part.points for part in found.parts}, found


@pytest.mark.long
def test_every_part_of_the_score_by_hand(home):
    """Moulding: 5 × 5; 91 of 184 days × 25; nothing changed; scrap needs action.

    Findings: an overdue major, 8 × 1.5; a minor, 3; an opportunity closed within a year, 1 × 0.5.
    """
    points, found = parts(home, MOULDING)
    seen = screen(home, Filters())
    graded = {s.grade for s in (*seen.act, *seen.watch) if s.kpi.id == "scrap_rate" and s.worse}
    assert "act" in graded  # line 2 makes more scrap since March
    assert points == {
        "Importance": 25,
        "Time": round(25 * 91 / 184, 1),
        "Change": 0,
        "Past results": 15.5,
        "KPIs": 6,
    }
    assert found.score == 58.9


def test_a_process_without_kpi_or_audit(home):
    points, found = parts(home, SHIPPING)
    assert points == {"Importance": 15, "Time": 25, "Change": 0, "Past results": 0, "KPIs": 0}
    assert found.reasons == "never audited (25 points); importance 3 of 5 (15 points)"


def test_the_first_to_audit_comes_first(home):
    assert [p.process.id for p in priorities(home, TODAY)] == [MOULDING, SHIPPING, BUYING]


@pytest.mark.long
def test_what_changed_since_the_last_audit_counts_and_nothing_before(home, tmp_path):
    folder = tmp_path / "home"
    shutil.copytree(home.path, folder)
    mine = open_home(folder)
    for day, points in ((date(2026, 8, 3), 0), (date(2026, 8, 4), 5)):
        put_note(mine.store, Event(PLANT, day, f"tool {day}"), who="qm", when=BEGUN)
        assert parts(mine, MOULDING)[0]["Change"] == points
    put(
        mine,
        ISSUE,
        Issue(title="New resin", effect="Shrinks", since=date(2026, 9, 1), links=(MOULDING,)),
    )
    assert parts(mine, MOULDING)[0]["Change"] == 10
    entry = parts(mine, MOULDING)[1].process
    for version, text in ((1, "a"), (2, "b")):
        put(
            mine, PROCESS, replace(entry.item, inputs=text), id=entry.id, version=version,
            when=datetime(2026, 9, 2, tzinfo=UTC),
        )  # fmt: skip
    points, found = parts(mine, MOULDING)
    assert points["Change"] == 15  # 2 versions, an issue and an event: 20, of which 15 count
    why = next(p.why for p in found.parts if p.name == "Change")
    assert why == (
        "2 changes of the process itself, 1 issue around it and 1 event on its charts since "
        "3 August 2026"
    )


# --- planning -----------------------------------------------------------------------------------


@pytest.mark.long
def test_one_click_plans_an_audit(home, tmp_path):
    folder = tmp_path / "home"
    shutil.copytree(home.path, folder)
    mine = open_home(folder)
    entry = plan_audit(
        mine, MOULDING, today=TODAY, who="qm", when=datetime(2026, 11, 2, tzinfo=UTC)
    )
    item = entry.item
    assert (item.planned, item.status) == (date(2027, 2, 3), AuditStatus.PLANNED)
    assert (item.processes, item.clauses, item.slice) == ((MOULDING,), ("8.5.1", "8.6"), PLANT)
    assert item.scope and item.criteria and "Scrap rate needs action" in item.objectives
    with pytest.raises(UsageError, match="is planned already: AUD-2026-001"):
        plan_audit(mine, MOULDING, today=TODAY, who="qm", when=BEGUN)
    with pytest.raises(UnknownNameError):
        plan_audit(mine, "PRC-2025-099", today=TODAY, who="qm", when=BEGUN)
    viewer = mine.seen_by(Access.of({"*": Role.VIEWER}))
    with pytest.raises(UsageError, match="planned already"):
        plan_audit(viewer, BUYING, today=TODAY, who="me", when=BEGUN)
    late = Process(title="Painting", owner="Eva Braun")
    painting = put(mine, PROCESS, late)
    with pytest.raises(AccessDeniedError):
        plan_audit(viewer, painting.id, today=TODAY, who="me", when=BEGUN)


@pytest.mark.long
def test_a_withdrawn_process_has_no_turn(home, tmp_path):
    folder = tmp_path / "home"
    shutil.copytree(home.path, folder)
    mine = open_home(folder)
    entry = parts(mine, BUYING)[1].process
    gone = replace(entry.item, status=ProcessStatus.WITHDRAWN)
    put(mine, PROCESS, gone, id=BUYING, version=1)
    assert BUYING not in {t.entry.id for t in turns(mine, TODAY)}


# --- the review ---------------------------------------------------------------------------------


def test_what_the_review_is_told(home):
    found = audits_input(home, Asked((), date(2026, 7, 1), date(2026, 10, 31)))
    assert found.finding == (
        "1 of 2 audits was held, 1 is overdue; 2 findings are left (1 major nonconformity and "
        "1 minor nonconformity), 1 of them overdue."
    )
    tables = {table.title: table for table in found.tables}
    assert tables["Findings left, by age"].lines == (
        ("major nonconformity", "0", "1", "0", "1"),
        ("minor nonconformity", "0", "1", "0", "1"),
    )
    assert [line[3] for line in tables["Findings left"].lines] == ["Moulding", "Moulding"]
    assert tables["Audits"].ids == ("AUD-2025-002", "AUD-2025-003")
    assert [line[6] for line in tables["Audits"].lines] == ["1 major, 1 minor", ""]
    assert "FND-2025-001 Late major: a major nonconformity without an action or nonconformity." in (
        found.missing
    )
    assert "Shipping: no KPI shows how the process does." in found.missing


def test_a_review_of_one_month_is_told_the_coverage_of_a_year(home):
    found = audits_input(home, Asked((), date(2026, 10, 1), date(2026, 10, 31)))
    assert found.finding.startswith("0 of 1 audit was held, 1 is overdue; ")
    whole = coverage(home, date(2025, 11, 1), date(2026, 10, 31))
    assert found.says[-1] == f"From 1 November 2025 to 31 October 2026: {whole.says}"
    assert whole.says != coverage(home, date(2026, 10, 1), date(2026, 10, 31)).says
    assert "Clauses not audited" in {t.title for t in found.tables}


def test_a_finding_without_a_process_is_of_those_its_audit_looked_at(home, tmp_path):
    folder = tmp_path / "home"
    shutil.copytree(home.path, folder)
    mine = open_home(folder)
    put(mine, FINDING, Finding(
        title="Of all", statement="d", audit="AUD-2025-002", grade=Grade.MINOR,
        found_on=date(2026, 8, 3),
    ))  # fmt: skip
    told = audits_input(mine, Asked((), date(2026, 10, 1), date(2026, 10, 31)))
    (table,) = [t for t in told.tables if t.title == "Findings left"]
    assert {line[0]: line[3] for line in table.lines}["Of all"] == "Moulding"


def test_nothing_to_report_is_said_with_its_reason(home):
    found = audits_input(home, Asked((), date(2024, 1, 1), date(2024, 3, 31)))
    span = words.span_words(date(2024, 1, 1), date(2024, 3, 31))
    assert found.nothing == (
        f"Nothing to report: no audit of {span} is recorded, and no finding from before is left."
    )


def test_ages_are_told_apart_at_their_edges(home):
    for day, column in ((date(2026, 9, 2), 1), (date(2026, 9, 3), 2), (date(2026, 11, 1), 2), (date(2026, 11, 2), 3)):  # fmt: skip
        found = audits_input(home, Asked((), date(2026, 8, 1), day))
        table = next(t for t in found.tables if t.title == "Findings left, by age")
        assert table.lines[0][column] == "1", day


def test_a_person_of_another_plant_sees_no_audit_of_this_one(home):
    other = home.seen_by(Access.of({"Elsewhere": Role.QUALITY_MANAGER}))
    assert turns(other, TODAY) == ()
    assert findings(other, TODAY) == ()
    assert programme(other, "2026", TODAY).audits == ()
    assert coverage(other, date(2026, 1, 1), TODAY).rows == ()
