"""What an objective is: its level, what may be recorded, and the targets it sets."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from kpi.errors import UnknownNameError, UsageError
from kpi.qms import Target, current_targets, put_target, target_for
from kpi.qms.objectives import (
    NO_DAY,
    OBJECTIVE,
    Aim,
    Life,
    Milestone,
    Objective,
    Step,
    Window,
    children_of,
    targets_of,
)
from kpi.qms.recording import record
from kpi.qms.register import checked, item_from, recorded
from kpi.store import open_store

WHEN = datetime(2026, 11, 2, 8, tzinfo=UTC)
PLANT = (("plant", "Nordhafen"),)
PLAIN = Objective(
    title="Less scrap", kpi="scrap_rate", slice=PLANT, amount=2.0, owner="Ada",
    start=date(2026, 1, 1), due=date(2026, 12, 31),
)  # fmt: skip
STEPS = (Step(date(2026, 4, 1), 2.6), Step(date(2026, 8, 1), 2.3))
BY = {"who": "Ada", "when": WHEN, "why": "agreed in January"}


@pytest.fixture
def store(tmp_path):
    return open_store(tmp_path / "home")


@pytest.mark.parametrize(
    ("aim", "amount", "baseline", "level"),
    [
        (Aim.LEVEL, 98.0, None, 98.0),
        (Aim.LESS, 25.0, 4.0, 3.0),
        (Aim.MORE, 10.0, 80.0, 88.0),
        (Aim.LESS, 25.0, None, None),
        (Aim.LESS, 100.0, 4.0, 0.0),
        (Aim.LEVEL, None, None, None),
    ],
)
def test_a_target_means_a_level(aim, amount, baseline, level):
    found = replace(PLAIN, aim=aim, amount=amount, baseline=baseline).level
    assert found == (None if level is None else pytest.approx(level))


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"due": None}, "Due is empty. Without it nothing is recorded."),
        ({"start": None}, "From is empty. Without it nothing is recorded."),
        ({"amount": None}, "Target is empty. Without it nothing is recorded."),
        (
            {"due": date(2025, 12, 31)},
            "The objective is due on 2025-12-31, before it begins (2026-01-01). Choose a later due "
            "date, or an earlier first day.",
        ),
        (
            {"aim": Aim.LESS, "amount": 25.0},
            "A target that is less or more than the baseline needs the baseline. Enter it, or have "
            "it computed from the days it shall be of.",
        ),
        (
            {"aim": Aim.LESS, "amount": 125.0, "baseline": 4.0},
            "A reduction lies between 0 and 100 per cent. Enter 25 for a quarter less.",
        ),
        (
            {"aim": Aim.MORE, "amount": -5.0, "baseline": 4.0},
            "An increase is above 0 per cent. Enter 10 for a tenth more.",
        ),
        (
            {"baseline_first": date(2025, 12, 1), "baseline_last": date(2025, 1, 31)},
            "The days of the baseline end before they begin. Exchange them.",
        ),
        (
            {"steps": STEPS[::-1]},
            "Target steps stand in the order of their days, one a day.",
        ),
        (
            {"steps": (STEPS[0], STEPS[0])},
            "Target steps stand in the order of their days, one a day.",
        ),
        (
            {"steps": (Step(date(2026, 12, 31), 2.0),)},
            "The step of 2026-12-31 lies outside the objective, which runs from 2026-01-01 to before "
            "2026-12-31.",
        ),
        (
            {"steps": (Step(NO_DAY, 2.5),)},
            "The target step of 2.5 has no day. Say from when it holds.",
        ),
        (
            {"steps": (Step(date(2026, 4, 1), float("nan")),)},
            "The target step of 2026-04-01 has no level. Enter it.",
        ),
        (
            {"milestones": (Milestone("  ", date(2026, 4, 1)),)},
            "A milestone has a day and no word of what shall be done. Say it.",
        ),
        (
            {"status": Life.CLOSED},
            "Say what came of it under Conclusion: an objective is not closed without a word.",
        ),
    ],
)
def test_what_may_not_be_recorded_says_why(changed, says):
    with pytest.raises(UsageError) as refused:
        checked(OBJECTIVE, replace(PLAIN, **changed))
    assert str(refused.value) == says


def test_steps_count_from_their_day_on_and_the_target_from_its_due_date():
    targets = targets_of("OBJ-2026-001", replace(PLAIN, steps=STEPS))

    def held(day):
        found = target_for(targets, "scrap_rate", PLANT, day)
        return None if found is None else (found.value, found.goal)

    days = {
        date(2026, 3, 31): None,
        date(2026, 4, 1): (2.6, 2.0),
        date(2026, 7, 31): (2.6, 2.0),
        date(2026, 8, 31): (2.3, 2.0),
        date(2026, 12, 30): (2.3, 2.0),
        date(2026, 12, 31): (2.0, 2.0),
        date(2027, 3, 31): (2.0, 2.0),
    }
    assert {day: held(day) for day in days} == days
    assert {t.objective for t in targets} == {"OBJ-2026-001"}


def test_a_target_without_steps_holds_from_the_beginning():
    (only,) = targets_of("OBJ-2026-001", PLAIN)
    assert (only.value, only.valid_from, only.due) == (2.0, date(2026, 1, 1), date(2026, 12, 31))


@pytest.mark.parametrize(
    ("changed", "count", "due"),
    [
        ({}, 1, date(2026, 12, 31)),
        ({"status": Life.CLOSED, "conclusion": "met"}, 1, None),
        ({"status": Life.WITHDRAWN, "conclusion": "given up"}, 0, None),
        ({"window": Window.ROLLING_12}, 0, None),
        ({"window": Window.YEAR_TO_DATE}, 0, None),
    ],
)
def test_only_a_monthly_objective_sets_targets_and_a_withdrawn_one_takes_them_back(
    changed, count, due
):
    found = targets_of("OBJ-2026-001", replace(PLAIN, **changed))
    assert len(found) == count
    assert {t.due for t in found} <= {due}


def test_targets_of_objectives_stand_beside_recorded_ones_and_come_first(store):
    put_target(store, Target("scrap_rate", PLANT, 9.0, date(2026, 1, 1)), **BY)
    entry = record(store, OBJECTIVE, PLAIN, **BY)
    both = current_targets(store)
    assert [(t.value, t.objective) for t in both] == [(2.0, entry.id), (9.0, "")]
    held = target_for(both, "scrap_rate", PLANT, date(2026, 6, 30))
    assert held is not None
    assert held.value == 2.0


def test_an_objective_comes_back_as_it_was(store):
    item = replace(
        PLAIN, window=Window.ROLLING_3, aim=Aim.LESS, amount=25.0, baseline=4.0, steps=STEPS,
        milestones=(Milestone("Tool bought", date(2026, 2, 1), date(2026, 2, 3)), Milestone("Run")),
    )  # fmt: skip
    entry = record(store, OBJECTIVE, item, **BY)
    assert entry.id == "OBJ-2026-001"
    (found,) = recorded(store, OBJECTIVE)
    assert found.item == item


def test_no_objective_serves_one_that_serves_it(store):
    top = record(store, OBJECTIVE, PLAIN, **BY)
    middle = record(store, OBJECTIVE, replace(PLAIN, links=(top.id,)), **BY)
    leaf = record(store, OBJECTIVE, replace(PLAIN, links=(middle.id,)), **BY)
    assert [e.id for e in children_of(recorded(store, OBJECTIVE), top.id)] == [middle.id]
    with pytest.raises(UsageError) as refused:
        record(store, OBJECTIVE, replace(PLAIN, links=(leaf.id,)), id=top.id, version=1, **BY)
    assert str(refused.value) == (
        "OBJ-2026-003 serves OBJ-2026-001 itself. Take that link away first, or choose another."
    )


def test_json_is_read_by_the_names_of_fields():
    told = {
        "title": "Less scrap", "kpi": "scrap_rate", "slice": [["plant", "Nordhafen"]],
        "amount": 2.0, "owner": "Ada", "start": "2026-01-01", "due": "2026-12-31",
    }  # fmt: skip
    assert item_from(OBJECTIVE, told) == PLAIN
    with pytest.raises(UnknownNameError, match="amonut"):
        item_from(OBJECTIVE, told | {"amonut": 3})
    with pytest.raises(UsageError, match=r"invalid value for type.*objective\.due"):
        item_from(OBJECTIVE, told | {"due": "soon"})
    with pytest.raises(UsageError, match="a JSON object of its fields is needed"):
        item_from(OBJECTIVE, ["x"])
