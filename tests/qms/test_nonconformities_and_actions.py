"""What a nonconformity and an action must say at each status, and what may follow what."""

from dataclasses import replace
from datetime import date
from itertools import product

import pytest

from kpi.errors import UsageError
from kpi.qms.actions import ACTION, MAY_FOLLOW, Action, ActionStatus, Decision
from kpi.qms.nonconformities import (
    NONCONFORMITY,
    Answer,
    Cause,
    Nonconformity,
    NonconformityStatus,
    missing_to_close,
    status_of,
)
from kpi.qms.register import checked

FOUND, DUE, DONE = date(2026, 3, 2), date(2026, 4, 1), date(2026, 3, 30)
BARE = Nonconformity(title="Burr on line 2", found_on=FOUND)
CONTAINED = replace(BARE, containment="Parts sorted", contained_on=date(2026, 3, 3))
CAUSE = replace(CONTAINED, whys=("Tool is worn", "Nobody counts strokes"), category=Cause.METHOD)
COMPLETE = replace(
    CAUSE, status=NonconformityStatus.CLOSED, closed_on=date(2026, 6, 1), checked=("ACT-2026-001",),
    risk_changes=Answer.NO, system_changes=Answer.YES, changes="Work instruction 12",
    conclusion="Strokes are counted; the scrap is back.",
)  # fmt: skip

PLANNED = Action(title="Count strokes", owner="Anna", due=DUE)
FINISHED = replace(PLANNED, status=ActionStatus.DONE, done_on=DONE)
DECIDED = replace(FINISHED, decided_on=DONE, verdict="As the data say.")
CHECKED = replace(DECIDED, status=ActionStatus.CHECKED, decision=Decision.WORKED)
FAILED = replace(DECIDED, status=ActionStatus.REOPENED, decision=Decision.DID_NOT)
DROPPED = replace(PLANNED, status=ActionStatus.CLOSED, closed_because="The line is sold")
UNDER_WAY = replace(PLANNED, status=ActionStatus.UNDER_WAY)


@pytest.mark.parametrize(
    ("item", "actions", "expected"),
    [
        pytest.param(BARE, [], "open", id="nothing is done yet"),
        pytest.param(CONTAINED, [], "contained", id="the fault is held, its cause unknown"),
        pytest.param(
            replace(CONTAINED, contained_on=None), [], "open", id="held, nobody says on which day"
        ),
        pytest.param(CAUSE, [], "cause known", id="why is known, nobody acts on it"),
        pytest.param(
            replace(CAUSE, category=Cause.NOT_KNOWN), [], "contained",
            id="whys that lead nowhere are no cause",
        ),
        pytest.param(CAUSE, [PLANNED], "action under way", id="an action is planned"),
        pytest.param(BARE, [PLANNED], "action under way", id="acted on before its cause is known"),
        pytest.param(CAUSE, [FINISHED], "checking", id="done, and not decided on"),
        pytest.param(CAUSE, [FINISHED, UNDER_WAY], "action under way", id="one is left to do"),
        pytest.param(CAUSE, [CHECKED], "checking", id="worked: a person has to close it"),
        pytest.param(CAUSE, [FAILED], "cause known", id="it did not work: another is asked for"),
        pytest.param(CAUSE, [FAILED, PLANNED], "action under way", id="and another is planned"),
        pytest.param(CAUSE, [DROPPED], "cause known", id="an action dropped is none"),
        pytest.param(COMPLETE, [CHECKED], "closed", id="a person closed it"),
        pytest.param(COMPLETE, [PLANNED], "closed", id="whatever is planned later"),
    ],
)  # fmt: skip
def test_how_far_it_has_come_follows_from_what_is_recorded(item, actions, expected):
    assert status_of(item, actions) == expected


def test_what_is_complete_may_be_closed():
    checked(NONCONFORMITY, COMPLETE)
    assert missing_to_close(COMPLETE) == ()


@pytest.mark.parametrize(
    ("without", "missing"),
    [
        pytest.param(
            {"containment": "", "contained_on": None}, "the correction, with its day",
            id="no correction",
        ),
        pytest.param({"whys": ()}, "the cause, with where it lies", id="no cause: symptoms only"),
        pytest.param({"category": Cause.NOT_KNOWN}, "the cause, with where it lies", id="not where"),
        pytest.param({"checked": ()}, "an action whose effect was decided on", id="no check"),
        pytest.param(
            {"risk_changes": Answer.NOT_ANSWERED}, "whether a risk or an opportunity changes",
            id="risks were not looked at",
        ),
        pytest.param(
            {"system_changes": Answer.NOT_ANSWERED},
            "whether a document or the management system changes", id="nor the system",
        ),
    ],
)  # fmt: skip
def test_what_is_missing_keeps_it_open_or_asks_for_a_reason(without, missing):
    lacking = replace(COMPLETE, **without)
    with pytest.raises(UsageError) as refused:
        checked(NONCONFORMITY, lacking)
    assert str(refused.value) == (
        f"It cannot be closed yet. Missing: {missing}. Add that, or say why it is closed all the same."
    )
    checked(NONCONFORMITY, replace(lacking, waived="The line was scrapped."))


@pytest.mark.parametrize(
    ("item", "says"),
    [
        (replace(COMPLETE, conclusion=" "), "how it ended"),
        (replace(COMPLETE, closed_on=None), "the day it was closed on"),
        (replace(COMPLETE, closed_on=date(2026, 3, 1)), "closed before it was found"),
        (replace(CONTAINED, contained_on=date(2026, 3, 1)), "contained before it was found"),
        (replace(CONTAINED, containment=" "), "takes both"),
        (replace(CONTAINED, contained_on=None), "takes both"),
        (replace(COMPLETE, changes=" "), "say under “What changes”"),
        (replace(BARE, status=NonconformityStatus.CONTAINED), "what was done at once"),
        (replace(BARE, status=NonconformityStatus.CAUSE_KNOWN), "at least one why"),
        (replace(BARE, closed_on=date(2026, 6, 1)), "is not closed"),
        (replace(BARE, found_on=None), "Found on is empty"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_nonconformity_that_contradicts_itself_is_refused(item, says):
    with pytest.raises(UsageError, match=says):
        checked(NONCONFORMITY, item)


@pytest.mark.parametrize(
    ("item", "says"),
    [
        (replace(PLANNED, owner=" "), "nobody's: name one person"),
        (replace(PLANNED, due=None), "Due is empty"),
        (replace(FINISHED, done_on=None), "the day on which it was done"),
        (replace(PLANNED, done_on=DONE), "is not done yet"),
        (replace(FINISHED, check_on=date(2026, 3, 1)), "checked before it was done"),
        (replace(CHECKED, decision=Decision.NOT_YET), "decided to have worked"),
        (replace(DROPPED, closed_because=""), "closed without a check"),
        (replace(PLANNED, hoped=0.0), "other than 0"),
        (replace(PLANNED, hoped=-100.0), "Nothing can fall by 100"),
        (replace(PLANNED, hoped=float("nan")), "is no number"),
        (replace(PLANNED, washout=2.5), "whole days"),
        (replace(PLANNED, washout=-1.0), "whole days"),
        (replace(PLANNED, period="fortnight"), "are no periods"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_an_action_that_contradicts_itself_is_refused(item, says):
    with pytest.raises(UsageError, match=says):
        checked(ACTION, item)


@pytest.mark.parametrize("item", [PLANNED, UNDER_WAY, FINISHED, CHECKED, FAILED, DROPPED])
def test_an_action_is_fine_at_every_status(item):
    checked(ACTION, item)


ALLOWED = {
    ("planned", "under way"): "somebody begins",
    ("planned", "done"): "small things are done at once",
    ("planned", "closed"): "not needed any more",
    ("under way", "planned"): "it was put off",
    ("under way", "done"): "it is done",
    ("under way", "closed"): "not needed any more",
    ("done", "under way"): "it was not done after all",
    ("done", "checked"): "somebody decided: it worked",
    ("done", "reopened"): "somebody decided: it did not",
    ("done", "closed"): "its effect cannot be measured",
    ("checked", "done"): "the decision is taken back",
    ("checked", "reopened"): "later figures say it did not last",
    ("closed", "reopened"): "it is needed after all",
    ("reopened", "under way"): "taken up again",
    ("reopened", "done"): "done again, or decided: not yet known",
    ("reopened", "checked"): "the decision was wrong: it worked",
    ("reopened", "closed"): "another action takes its place",
}
"""Which status may follow which, and why; everything else may not."""

EXAMPLES = {
    "planned": PLANNED, "under way": UNDER_WAY, "done": FINISHED, "checked": CHECKED,
    "closed": DROPPED, "reopened": FAILED,
}  # fmt: skip


@pytest.mark.parametrize(("before", "after"), list(product(EXAMPLES, EXAMPLES)))
def test_which_status_of_an_action_follows_which(before, after):
    follow = (EXAMPLES[before], EXAMPLES[after])
    if before == after or (before, after) in ALLOWED:
        ACTION.follows(*follow)
        return
    with pytest.raises(UsageError) as refused:
        ACTION.follows(*follow)
    assert f"An action that is {before} does not become {after}." in str(refused.value)


def test_every_status_has_a_way_out():
    assert set(MAY_FOLLOW) == set(ActionStatus)
    assert all(MAY_FOLLOW[status] for status in ActionStatus)
