"""What auditors usually find: each weakness appears with its cause, and goes with it."""

import json
import shutil
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from kpi import analysis
from kpi.access import Access, Role
from kpi.analysis import acting, nonconforming, registering
from kpi.analysis.agenda_results import Asked
from kpi.analysis.inputs_asked import year_up_to
from kpi.analysis.weakness_data import (
    never_analysed,
    not_reproducible,
    not_tracked,
    without_measure,
)
from kpi.analysis.weakness_inputs import inputs_missing as missing_of
from kpi.analysis.weakness_records import (
    no_effect_checked,
    previous_dropped,
    without_decision,
    without_owner,
)
from kpi.analysis.weakness_results import TITLES, counted
from kpi.analysis.weaknesses import LOOKED_FOR, weaknesses
from kpi.qms.actions import ACTION, Action, ActionStatus
from kpi.qms.actions import Decision as Effect
from kpi.qms.context import ISSUE, Issue
from kpi.qms.measurement import ANALYSIS, PLAN_ENTRY, Analysis, PlanEntry
from kpi.qms.nonconformities import NONCONFORMITY, Cause, Nonconformity
from kpi.qms.objectives import OBJECTIVE, Life, Objective
from kpi.qms.processes import PROCESS, Process, ProcessStatus
from kpi.qms.reviews import (
    AGENDA_FILE,
    DECISION,
    REVIEW,
    Attendee,
    Decision,
    DecisionStatus,
    DecisionType,
    Frozen,
    KeptFile,
    Review,
    ReviewStatus,
)

WHEN = datetime(2026, 11, 2, 9, tzinfo=UTC)
TODAY = date(2026, 11, 23)
ASKED = Asked((), date(2025, 12, 1), TODAY)


@pytest.fixture
def home(tmp_path):
    """Without data or records."""
    return analysis.open_home(tmp_path / "home")


@pytest.fixture
def loaded(made_home, tmp_path):
    """A copy of the small plant, to write to."""
    return analysis.open_home(Path(shutil.copytree(made_home.path, tmp_path / "loaded")))


def put(home, kind, item):
    return registering.record(home, kind, item, who="Q", when=WHEN)


def change(home, kind, entry, **fields):
    return registering.record(
        home, kind, replace(entry.item, **fields), id=entry.id,
        version=entry.version, who="Q", when=WHEN, why="Mended",
    )  # fmt: skip


def held(home, title="Review of Q3", on=date(2026, 10, 5), next_due=date(2027, 10, 5)):
    """A held review, written past the rendering of its documents."""
    at = datetime(on.year, on.month, on.day, 9, tzinfo=UTC)
    place = Frozen(position=0, number=0, at=at, who="Q")
    item = Review(
        title=title, first=date(2026, 7, 1), last=date(2026, 9, 30),
        attendance=(Attendee(name="Boss", top=True),), next_due=next_due,
    )  # fmt: skip
    entry = put(home, REVIEW, item)
    told = {
        "review": entry.id, "edition": str(item.edition), "plants": [], "first": "2026-07-01",
        "last": "2026-09-30", "ledger_position": 0, "records_number": 0, "made_by": "Q",
        "made": at.isoformat(),
    }  # fmt: skip
    data = json.dumps(told).encode()
    sha256 = home.store.keep_document(data)
    kept = (KeptFile(name=AGENDA_FILE, sha256=sha256, bytes=len(data), at=ReviewStatus.HELD),)
    return change(
        home, REVIEW, entry, status=ReviewStatus.HELD, held_on=on, frozen=place, kept=kept
    )


def decided(home, review, **fields):
    usual = {"type": DecisionType.CHANGE, "owner": "A. Owner", "due": date(2026, 12, 31)}
    item = Decision(
        **{"title": "Change it", "review": review.id, "links": (review.id,)} | usual | fields
    )
    return put(home, DECISION, item)


# --- all of them ------------------------------------------------------------------------------


def test_thirteen_are_looked_for_and_each_has_a_title():
    assert len(LOOKED_FOR) == len(TITLES) == 13


def test_an_empty_home_has_no_review_no_objective_and_no_inputs(home):
    found = weaknesses(home, year_up_to(home, (), TODAY), TODAY)
    assert [one.key for one in found] == ["inputs_missing", "without_decision", "not_tracked"]
    assert [one.says for one in found[1:]] == [
        "No management review was ever held.", "No quality objective is in force.",
    ]  # fmt: skip
    for one in found:
        assert one.title == TITLES[one.key]
        assert one.count > 0
        assert one.says.endswith(".")
        assert one.mend.endswith(".")


def test_the_worst_come_first(home):
    put(home, PROCESS, Process(title="Training", owner="B. Oss"))
    found = weaknesses(home, ASKED, TODAY)
    assert [one.weight for one in found] == sorted((one.weight for one in found), reverse=True)
    assert found[-1].weight < found[0].weight


def test_a_count_reads_as_a_person_says_it():
    assert [counted(1, "gap"), counted(2, "gap"), counted(3, "process", "processes")] == [
        "one gap", "two gaps", "three processes",
    ]  # fmt: skip


# --- decisions, actions, reviews --------------------------------------------------------------


def test_a_decision_without_owner_or_date_is_told_until_it_has_both(home):
    review = held(home)
    entry = decided(home, review, owner="", due=None, type=DecisionType.OPEN)
    found = without_owner(home, ASKED, TODAY)
    assert found.says == "One open decision has no owner, no due date or no type."
    assert found.examples == ("“Change it” has no owner, no due date and no type.",)
    assert found.records == (entry.id,)
    entry = change(home, DECISION, entry, owner="A", type=DecisionType.RESOURCES)
    assert without_owner(home, ASKED, TODAY).examples == ("“Change it” has no due date.",)
    change(home, DECISION, entry, due=date(2027, 1, 1))
    assert without_owner(home, ASKED, TODAY) is None


@pytest.mark.parametrize(("due", "late"), [(date(2026, 11, 22), True), (TODAY, False)])
def test_a_decision_is_dropped_from_the_day_after_it_was_due(home, due, late):
    entry = decided(home, held(home), due=due)
    found = previous_dropped(home, ASKED, TODAY)
    assert (found is not None) == late
    if found:
        assert found.says == "One decision or action is overdue, or no later review looked at it."
        change(
            home, DECISION, entry, status=DecisionStatus.DONE, done_on=TODAY, outcome="Changed"
        )  # fmt: skip
        assert previous_dropped(home, ASKED, TODAY) is None


def test_an_open_decision_that_the_next_review_did_not_look_at_is_dropped(home):
    entry = decided(home, held(home, on=date(2026, 7, 1)))
    assert previous_dropped(home, ASKED, TODAY) is None
    later = held(home, "Review of October", on=date(2026, 11, 5))
    assert previous_dropped(home, ASKED, TODAY).examples == (
        f"“Change it” is open, and {later.id} did not look at it.",
    )
    change(home, DECISION, entry, carried=(later.id,))
    assert previous_dropped(home, ASKED, TODAY) is None


def test_an_action_beyond_its_date_is_dropped_until_it_is_done(home):
    item = Action(title="Sort the parts", owner="A", due=date(2026, 11, 13))
    entry = acting.record(home, item, who="Q", when=WHEN)
    assert previous_dropped(home, ASKED, TODAY).examples == (
        "“Sort the parts” was due on 13 November 2026.",
    )
    acting.done(home, id=entry.id, version=entry.version, day=date(2026, 11, 1), who="Q", when=WHEN)
    assert previous_dropped(home, ASKED, TODAY) is None


def test_a_review_without_a_decision_records_a_presentation(home):
    review = held(home)
    found = without_decision(home, ASKED, TODAY)
    assert found.says == "One held review without a decision."
    assert found.examples == ("“Review of Q3” records a presentation and no decision.",)
    decided(home, review)
    assert without_decision(home, ASKED, TODAY) is None


def test_a_review_that_was_due_and_not_held_is_told(home):
    decided(home, held(home, next_due=date(2026, 11, 22)))
    found = without_decision(home, ASKED, TODAY)
    assert found.examples == ("The next review was due on 22 November 2026.",)
    assert without_decision(home, ASKED, date(2026, 11, 22)) is None


def test_an_action_is_unchecked_once_its_check_is_overdue_or_was_never_planned(home):
    item = Action(title="Renew it", owner="A", due=date(2026, 10, 1), status=ActionStatus.DONE,
                  done_on=date(2026, 10, 1), check_on=date(2026, 11, 22))  # fmt: skip
    entry = put(home, ACTION, item)
    found = no_effect_checked(home, ASKED, TODAY)
    assert found.says == "One action is without a check of the effect."
    assert found.examples == (
        "“Renew it” is done; its effect was to be checked on 22 November 2026, and nobody decided on "
        "it.",
    )
    assert no_effect_checked(home, ASKED, date(2026, 11, 22)) is None
    entry = change(home, ACTION, entry, check_on=None)
    assert "no day is planned" in no_effect_checked(home, ASKED, TODAY).examples[0]
    change(
        home,
        ACTION,
        entry,
        status=ActionStatus.CHECKED,
        decision=Effect.WORKED,
        decided_on=TODAY,
        verdict="Worked.",
    )
    assert no_effect_checked(home, ASKED, TODAY) is None


def test_acting_on_a_symptom_is_told_until_the_cause_is_known(home):
    case = put(home, NONCONFORMITY, Nonconformity(title="Burr", found_on=date(2026, 11, 1)))
    assert no_effect_checked(home, ASKED, TODAY) is None, "nobody acted yet"
    action = replace(
        acting.draft_action(home, case.id, today=TODAY, owner="A"), title="Deburr"
    )  # fmt: skip
    acting.record(home, action, who="Q", when=WHEN)
    found = no_effect_checked(home, ASKED, TODAY)
    assert found.says == "One nonconformity was acted on without a known cause."
    entry = registering.found(home, NONCONFORMITY, case.id)
    known = replace(entry.item, whys=("The gap is too wide",), category=Cause.MACHINE)
    nonconforming.record(
        home, known, id=entry.id, version=entry.version, who="Q", when=WHEN, why="Found"
    )
    assert no_effect_checked(home, ASKED, TODAY) is None


# --- what is measured -------------------------------------------------------------------------


def test_data_nobody_analysed_are_told_dataset_by_dataset(loaded):
    found = never_analysed(loaded, ASKED, TODAY)
    assert found.count == 3
    assert found.says.startswith("Three datasets were uploaded, and nobody recorded an analysis")
    assert found.examples == ("Scrap and rework", "Downtime", "Order items")
    looked = Analysis(
        title="Scrap", owner="A", kpi="rework_rate", on=date(2026, 11, 2), concluded="Chance"
    )
    entry = put(loaded, ANALYSIS, replace(looked, kpi="scrap_rate"))
    assert never_analysed(loaded, ASKED, TODAY).examples == ("Downtime", "Order items")
    change(loaded, ANALYSIS, entry, on=date(2025, 11, 30))
    assert never_analysed(loaded, ASKED, TODAY).count == 3, "an analysis of the year before is none"


@pytest.mark.long
def test_a_process_needs_a_kpi_that_has_data(loaded):
    assert without_measure(loaded, ASKED, TODAY) is None
    entry = put(loaded, PROCESS, Process(title="Pressing", owner="B"))
    assert without_measure(loaded, ASKED, TODAY).examples == ("“Pressing” names no KPI.",)
    entry = change(loaded, PROCESS, entry, kpis=("supplier_otd",))
    assert without_measure(loaded, ASKED, TODAY).examples == (
        "“Pressing” names Supplier on time, and no data were uploaded for it.",
    )
    change(loaded, PROCESS, entry, kpis=("supplier_otd", "scrap_rate"))
    assert without_measure(loaded, ASKED, TODAY) is None


def test_a_process_that_is_no_more_needs_no_measure(loaded):
    entry = put(loaded, PROCESS, Process(title="Pressing", owner="B"))
    change(loaded, PROCESS, entry, status=ProcessStatus.WITHDRAWN)
    assert without_measure(loaded, ASKED, TODAY) is None


def test_an_objective_is_tracked_when_it_has_owner_data_and_is_closed_in_time(loaded):
    goal = Objective(
        title="Less scrap", kpi="scrap_rate", amount=2.0, start=date(2026, 1, 1), due=TODAY
    )
    entry = put(loaded, OBJECTIVE, goal)
    assert not_tracked(loaded, ASKED, TODAY).examples == ("“Less scrap” has no owner.",)
    entry = change(loaded, OBJECTIVE, entry, owner="A", kpi="supplier_otd")
    assert "never uploaded" in not_tracked(loaded, ASKED, TODAY).examples[0]
    entry = change(loaded, OBJECTIVE, entry, kpi="scrap_rate")
    assert not_tracked(loaded, ASKED, TODAY) is None
    assert not_tracked(loaded, ASKED, date(2026, 11, 24)).says == (
        "One objective cannot be judged, or nobody followed up."
    )
    change(loaded, OBJECTIVE, entry, status=Life.CLOSED, conclusion="Missed by a little")
    assert (
        not_tracked(loaded, ASKED, date(2026, 11, 24)).says == "No quality objective is in force."
    )


def test_a_definition_that_changed_since_it_was_agreed_cannot_be_reproduced(loaded):
    assert not_reproducible(loaded, ASKED, TODAY) is None
    plan = PlanEntry(title="Scrap", kpi="scrap_rate", method="Sums over sums", definition=7)
    entry = put(loaded, PLAN_ENTRY, plan)
    found = not_reproducible(loaded, ASKED, TODAY)
    assert (found.weight, found.count) == (3, 1)
    assert found.examples == (
        "Scrap rate is planned by version 7 of its definition, and computed by version 1.",
    )
    change(loaded, PLAN_ENTRY, entry, definition=1)
    assert not_reproducible(loaded, ASKED, TODAY) is None


def test_an_empty_register_is_an_input_missing(home):
    before = missing_of(home, ASKED, TODAY)
    assert before.weight == 3
    put(
        home, ISSUE,
        Issue(title="Energy", effect="Costs", since=date(2026, 3, 1), owner="A", review=date(2027, 1, 1)),
    )  # fmt: skip
    after = missing_of(home, ASKED, TODAY)
    assert after.count < before.count
    assert "that changed" in before.says
    assert "issues that changed" not in after.says.split(") and")[0]


def test_what_is_of_another_plant_is_not_told(loaded):
    put(loaded, PROCESS, Process(title="Of all", owner="B"))
    own = Process(title="Of the plant", owner="B", slice=(("plant", "Nordhafen"),))
    put(loaded, PROCESS, own)
    seen = loaded.seen_by(Access.of({"Nordhafen": Role.VIEWER}))
    assert without_measure(seen, ASKED, TODAY).examples[-1] == "“Of the plant” names no KPI."
    other = loaded.seen_by(Access.of({"Elsewhere": Role.VIEWER}))
    assert without_measure(other, ASKED, TODAY) is None


def test_what_was_purged_is_a_weakness_of_the_days_it_was_of(loaded):
    """Deleted for good, it cannot be mended: reviews of later years are not told of it for ever."""
    old = next(e for e in loaded.store.entries() if e.file == "stops until August 2025.csv")
    loaded.store.purge(old.upload, who="Q", when=WHEN, why="a court order")
    home = analysis.open_home(loaded.path)
    assert not_reproducible(home, ASKED, TODAY) is None
    found = not_reproducible(home, replace(ASKED, first=date(2025, 8, 1)), TODAY)
    assert found.examples == (
        f"stops until August 2025.csv ({old.upload}) was deleted for good, and figures rested on it.",
    )
    elsewhere = replace(ASKED, first=date(2025, 8, 1), where=(("plant", "Suedwerk"),))
    assert not_reproducible(home, elsewhere, TODAY) is None
