"""What is looked for beside the usual nine: goals nobody acts on, targets that contradict, things done late."""

import shutil
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from kpi import analysis, cli
from kpi.analysis import objectives, registering, reviewing
from kpi.analysis.agenda_results import Asked
from kpi.analysis.digest import overdue_lines
from kpi.analysis.targets_compared import contradictions, told_of_objective, told_of_target
from kpi.analysis.weakness_goals import off_track, targets_differ
from kpi.analysis.weakness_late import checked_late, findings_left
from kpi.analysis.weakness_records import without_decision
from kpi.qms import Target
from kpi.qms.actions import ACTION, Action, ActionStatus
from kpi.qms.actions import Decision as Effect
from kpi.qms.audits import AUDIT, FINDING, Audit, Finding, FindingStatus, Grade
from kpi.qms.objectives import OBJECTIVE, Life, Objective, Step, Window
from kpi.qms.reviews import REVIEW, Review
from kpi.settings import RecordLimits, Settings

WHEN = datetime(2026, 11, 2, 9, tzinfo=UTC)
TODAY = date(2026, 11, 23)
ASKED = Asked((), date(2025, 12, 1), TODAY)


@pytest.fixture
def home(tmp_path):
    return analysis.open_home(tmp_path / "home")


@pytest.fixture
def loaded(made_home, tmp_path):
    return analysis.open_home(Path(shutil.copytree(made_home.path, tmp_path / "loaded")))


def put(home, kind, item, when=WHEN):
    return registering.record(home, kind, item, who="Q", when=when)


def change(home, kind, entry, when=WHEN, **fields):
    return registering.record(
        home, kind, replace(entry.item, **fields), id=entry.id, version=entry.version,
        who="Q", when=when, why="Mended",
    )  # fmt: skip


def goal(amount=1.0, due=date(2026, 12, 31), **fields):
    usual = {
        "title": "Scrap down", "owner": "A", "kpi": "scrap_rate", "start": date(2026, 1, 1),
        "slice": (("line", "L2"),),
    }  # fmt: skip
    return Objective(**(usual | {"amount": amount, "due": due} | fields))


# --- objectives -------------------------------------------------------------------------------


def test_an_objective_off_track_is_told_until_somebody_acts_on_it(loaded):
    entry = put(loaded, OBJECTIVE, goal())
    found = off_track(loaded, ASKED, TODAY)
    assert found.says == (
        "One objective is off track or missed, and no action is open on it (of 1 off track or missed)."
    )
    assert found.records == (entry.id,)
    assert found.examples[0].startswith(
        f"{entry.id} “Scrap down” is off track: Scrap rate of line L2"
    )
    item = Action(title="New nozzle", owner="A", due=date(2026, 12, 1), links=(entry.id,))
    action = put(loaded, ACTION, item)
    assert off_track(loaded, ASKED, TODAY) is None
    change(
        loaded, ACTION, action, status=ActionStatus.CLOSED, closed_because="The nozzle is sold out"
    )
    assert off_track(loaded, ASKED, TODAY) is not None, "what is over helps no more"
    item = Action(title="Train", owner="A", due=date(2026, 12, 1), kpi="scrap_rate")
    put(loaded, ACTION, item)
    assert off_track(loaded, ASKED, TODAY) is None, "its effect is to be seen on the same figure"


def test_an_objective_on_track_needs_no_action(loaded):
    put(loaded, OBJECTIVE, goal(9.0))
    assert objectives.objectives(loaded, today=TODAY)[0].standing == "on track"
    assert off_track(loaded, ASKED, TODAY) is None


# --- targets that differ ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("other", "count"),
    [
        pytest.param(goal(1.5), 1, id="another level by the same month"),
        pytest.param(goal(1.0), 0, id="the same level"),
        pytest.param(goal(1.5, window=Window.ROLLING_3), 0, id="another window"),
        pytest.param(goal(1.5, slice=(("line", "L1"),)), 0, id="another line"),
        pytest.param(
            goal(1.5, slice=(("line", "L2"), ("plant", "Nordhafen"))), 1, id="plant named"
        ),
        pytest.param(goal(0.8, date(2027, 12, 31)), 0, id="more by the year after"),
        pytest.param(goal(1.2, date(2027, 12, 31)), 1, id="less by the year after"),
        pytest.param(goal(1.5, date(2027, 6, 30), start=date(2027, 1, 1)), 0, id="afterwards"),
        pytest.param(goal(1.5, status=Life.WITHDRAWN, conclusion="no"), 0, id="withdrawn"),
    ],
)
def test_two_objectives_contradict_where_both_hold_and_differ(loaded, other, count):
    first = put(loaded, OBJECTIVE, goal())
    second = put(loaded, OBJECTIVE, other)
    found = contradictions(loaded)
    assert len(found) == count
    if count:
        assert set(found[0].ids) == {first.id, second.id}
        assert found[0].says.startswith("Scrap rate of line L2")
        assert "has two targets that differ: " in found[0].says
        for entry in (first, second):
            assert told_of_objective(loaded, entry.id) == (found[0].says,)
            assert found[0].says in objectives.objective(loaded, entry.id, today=TODAY).lacks
        weak = targets_differ(loaded, ASKED, TODAY)
        assert weak.says == "One pair of targets of one KPI and window contradicts one another."
    else:
        assert targets_differ(loaded, ASKED, TODAY) is None


@pytest.mark.parametrize(
    ("target", "count"),
    [
        pytest.param({"valid_from": date(2025, 1, 1)}, 0, id="the one before it"),
        pytest.param(
            {"valid_from": date(2026, 6, 1)}, 1, id="set meanwhile: it hides the objective"
        ),
        pytest.param({"valid_from": date(2026, 6, 1), "value": 1.0}, 0, id="the same level"),
        pytest.param({"valid_from": date(2026, 6, 1), "value": 2.0}, 0, id="its own step"),
        pytest.param(
            {"valid_from": date(2025, 1, 1), "due": date(2026, 12, 31)}, 1, id="by the same day"
        ),
        pytest.param({"valid_from": date(2027, 1, 1)}, 0, id="afterwards"),
    ],
)
def test_a_target_and_an_objective_contradict(loaded, target, count):
    put(loaded, OBJECTIVE, goal(steps=(Step(date(2026, 2, 1), 2.0),)))
    usual = {"kpi": "scrap_rate", "slice": (("line", "L2"),), "value": 3.0, "who": "Q", "why": ""}
    new = Target(**(usual | target))
    analysis.set_target(loaded, new, when=WHEN)
    assert len(told_of_target(loaded, new)) == count


def test_the_command_line_says_at_once_that_a_target_contradicts(loaded, capsys):
    entry = put(loaded, OBJECTIVE, goal())
    asked = ["--home", str(loaded.path), "targets", "--set", "scrap_rate", "--value", "3"]
    asked += ["--valid-from", "2026-06-01", "--where", "line=L2"]
    assert cli.main(asked) == cli.DONE
    told = capsys.readouterr().err
    assert f"({entry.id})" in told
    assert "has two targets that differ" in told


# --- what is late -----------------------------------------------------------------------------


def finding(home, **fields):
    audit = put(home, AUDIT, Audit(title="A", planned=date(2026, 6, 1)))
    usual = {
        "title": "No record of training", "audit": audit.id, "grade": Grade.MINOR, "clause": "7.2",
        "statement": "s", "evidence": "e", "found_on": date(2026, 6, 1), "owner": "A",
    }  # fmt: skip
    return put(home, FINDING, Finding(**(usual | fields)), when=datetime(2026, 6, 2, tzinfo=UTC))


def test_a_finding_answered_and_never_closed_is_told_from_the_day_of_the_answer(home):
    entry = finding(home, due=date(2026, 7, 1))
    assert findings_left(home, ASKED, date(2026, 7, 1)) is None
    assert "was to be answered by 1 July 2026" in findings_left(home, ASKED, TODAY).examples[0]
    entry = change(
        home, FINDING, entry, status=FindingStatus.ANSWERED, answer="Trained",
        when=datetime(2026, 8, 25, tzinfo=UTC),
    )  # fmt: skip
    entry = change(
        home, FINDING, entry, answer="Trained and written down",
        when=datetime(2026, 9, 20, tzinfo=UTC),
    )  # fmt: skip
    assert findings_left(home, ASKED, TODAY) is None, "90 days are not over"
    found = findings_left(home, ASKED, date(2026, 11, 24))
    assert found.says == (
        "One binding finding is unanswered beyond the agreed day, or open 90 days after the answer "
        "(of 1 on record)."
    )
    assert found.examples == (
        f"{entry.id} “No record of training” was answered on 25 August 2026, 91 days ago, and is "
        "answered, not closed.",
    )
    change(
        home, FINDING, entry, status=FindingStatus.CLOSED, verified_by="B", verified_on=TODAY,
        no_action="The missing record was written",
    )  # fmt: skip
    assert findings_left(home, ASKED, date(2027, 11, 24)) is None


def test_a_site_sets_its_own_days(home):
    finding(home, status=FindingStatus.ANSWERED, answer="Done")
    assert findings_left(home, ASKED, TODAY) is not None
    slow = replace(home, settings=Settings(records=RecordLimits(finding_days=400)))
    assert findings_left(slow, ASKED, TODAY) is None


def test_an_opportunity_binds_nobody(home):
    finding(home, grade=Grade.OPPORTUNITY, due=date(2026, 7, 1))
    assert findings_left(home, ASKED, TODAY) is None


def test_a_check_planned_or_made_late_is_told(home):
    item = Action(title="Renew it", owner="A", due=date(2026, 3, 1), status=ActionStatus.DONE,
                  done_on=date(2026, 3, 1), check_on=date(2026, 11, 26))  # fmt: skip
    entry = put(home, ACTION, item)
    assert checked_late(home, ASKED, TODAY) is None, "270 days are what it may take"
    entry = change(home, ACTION, entry, check_on=date(2026, 11, 27))
    found = checked_late(home, ASKED, TODAY)
    assert found.says == "One check of an effect was planned or made late (of one action done)."
    assert "its effect is to be checked 271 days later, on 27 November 2026" in found.examples[0]
    made = {
        "status": ActionStatus.CHECKED, "decision": Effect.WORKED, "check_on": date(2026, 6, 1),
        "verdict": "Scrap fell from 2 % to 1 %.",
    }  # fmt: skip
    entry = change(home, ACTION, entry, decided_on=date(2026, 7, 1), **made)
    assert checked_late(home, ASKED, TODAY) is None
    entry = change(home, ACTION, entry, decided_on=date(2026, 7, 2), **made)
    assert "was decided on 31 days later" in checked_late(home, ASKED, TODAY).examples[0]
    early = Asked((), date(2026, 8, 1), TODAY)
    assert checked_late(home, early, TODAY) is None, "it was told in its time"


def test_a_draft_left_behind_is_told_by_due_digest_and_weakness(home):
    item = Review(
        title="Review of Q3", first=date(2026, 7, 1), last=date(2026, 9, 30),
        planned=date(2026, 11, 13),
    )  # fmt: skip
    entry = put(home, REVIEW, item)
    assert reviewing.due(home, date(2026, 11, 13)) == ()
    (one,) = reviewing.due(home, TODAY)
    assert (one.id, one.late) == (entry.id, 10)
    assert one.says == (
        f"The management review of all plants ({entry.id}) was planned for 13 November 2026, ten days "
        "ago, and is still a draft."
    )
    assert [(line.id, line.page) for line in overdue_lines(home, TODAY)] == [(entry.id, "review")]
    weak = without_decision(home, ASKED, TODAY)
    assert entry.id in weak.records
    assert "One review is a draft whose planned day has passed" in weak.says
