"""From a signal to a nonconformity, its actions, their effect by data and decision, and its end."""

import shutil
from dataclasses import replace
from datetime import date, timedelta

import pytest

from kpi.analysis import (
    acting,
    annotating,
    due_actions,
    nonconforming,
    open_home,
    registering,
    similar,
    verdicts,
    witnessing,
)
from kpi.analysis.agenda_results import Asked
from kpi.analysis.effect_results import EffectVerdict
from kpi.analysis.effectiveness import events_on
from kpi.analysis.loop import loop_counts, taken_up
from kpi.analysis.nonconformities_agenda import nonconformities_input
from kpi.analysis.results import Filters
from kpi.errors import UsageError
from kpi.figures import LIGHT
from kpi.figures.control import control_figure
from kpi.qms.actions import ACTION, Action, ActionStatus, Decision
from kpi.qms.nonconformities import NONCONFORMITY, Answer, Cause, Nonconformity, Origin
from kpi.qms.register import item_told
from kpi.store.records import Said, SeenEarlierError
from tests.analysis import made_actions
from tests.analysis.made_actions import ACTED, TODAY, WHEN

BY = {"who": "Anna", "when": WHEN}
YEAR = Asked((), date(2026, 1, 1), date(2026, 11, 15))


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("acting")
    made_actions.make(folder)
    return folder / "home"


@pytest.fixture
def home(made, tmp_path):
    shutil.copytree(made, tmp_path / "home")
    return open_home(tmp_path / "home")


def line(name, plant="Nord"):
    return Filters(where=(("line", name), ("plant", plant)))


def test_a_decision_from_before_verdicts_were_kept_does_not_lock_its_action(home):
    item = Action(title="Pump", owner="Jon", due=TODAY)
    old = replace(
        item, status=ActionStatus.CHECKED, done_on=TODAY, decision=Decision.WORKED, decided_on=TODAY
    )
    with pytest.raises(UsageError, match="beside what the data say"):
        registering.record(home, ACTION, old, **BY)
    said = Said("action", item_told(ACTION, old), "Imported", "", "ACT-2024-", 0)
    (kept,) = home.store.records.put_all([said], **BY)
    change = {"id": kept.key, "why": "Another name", **BY}
    named = acting.record(home, replace(old, title="Pump of hall 2"), version=1, **change)
    assert named.item.title == "Pump of hall 2"
    other = replace(named.item, status=ActionStatus.REOPENED, decision=Decision.DID_NOT)
    with pytest.raises(UsageError, match="beside what the data say"):
        acting.record(home, other, version=2, **change)


def case(home, name="Up", plant="Nord", **said):
    seen = line(name, plant)
    draft = nonconforming.draft_from_signal(home, "scrap_rate", seen, today=TODAY, owner="Ben")
    return nonconforming.record(home, replace(draft, **said), **BY)


def action_on(home, entry, day=ACTED, **said):
    draft = acting.draft_action(home, entry.id, today=TODAY)
    planned = acting.record(home, replace(draft, title="New tool", hoped=-25.0, **said), **BY)
    return acting.done(home, id=planned.id, version=planned.version, day=day, **BY)


def current(home, entry, kind=NONCONFORMITY):
    return registering.found(home, kind, entry.id)


def explained(entry):
    return replace(
        entry.item, containment="Sorted", contained_on=TODAY, whys=("Worn", "Not counted"),
        category=Cause.METHOD,
    )  # fmt: skip


# --- evidence ---------------------------------------------------------------------------------


def test_a_signal_fills_the_form_and_records_nothing(home):
    before = home.store.records.number()
    draft = nonconforming.draft_from_signal(
        home, "scrap_rate", line("Up"), today=TODAY, owner="Ben"
    )
    assert home.store.records.number() == before
    assert draft.origin is Origin.SIGNAL
    assert (draft.kpi, draft.owner, draft.found_on) == ("scrap_rate", "Ben", TODAY)
    assert draft.slice == (("line", "Up"), ("plant", "Nord"))
    assert "since January 2026" in draft.title
    seen = draft.evidence
    assert (seen.chosen, len(seen.points)) == ("2026-10", 30)
    last = seen.points[-1]
    assert last.value == pytest.approx(100 * last.numerator / last.denominator)
    assert last.value > last.upper
    assert seen.rule.startswith("a point beyond the limits")
    assert seen.position == home.position
    assert seen.ledger_hash == home.store.chains.ends().ledger
    assert [f.file for f in seen.files] == ["Nord.csv"]
    assert seen.files[0].sha256 == home.store.entries()[0].sha256


@pytest.mark.long
def test_a_chosen_point_is_what_it_is_about(home):
    draft = nonconforming.draft_from_signal(home, "scrap_rate", line("Up"), "2026-02", today=TODAY)
    assert draft.evidence.chosen == "2026-02"
    point = next(p for p in draft.evidence.points if p.period == "2026-02")
    assert f"February 2026: {point.value:.2f}" in draft.what


@pytest.mark.long
@pytest.mark.parametrize(
    ("where", "period", "says"),
    [
        ((("line", "Up"),), "2031-01", "'2031-01' is no period of this chart"),
        ((("line", "Nowhere"),), "", "There are no figures of Scrap rate for line Nowhere"),
    ],
)
def test_what_has_no_figures_carries_no_evidence(home, where, period, says):
    with pytest.raises(UsageError, match=says):
        nonconforming.draft_from_signal(
            home, "scrap_rate", Filters(where=where), period, today=TODAY
        )


@pytest.mark.long
def test_evidence_stays_as_it_was_seen_after_a_later_upload(home, tmp_path):
    entry = case(home)
    seen = entry.item.evidence
    assert witnessing.restated(home, seen) == ""
    figure = control_figure(witnessing.redrawn(seen), LIGHT).to_json()

    later = made_actions.rows((date(2026, 10, 1),), ("Nord",), more=9)
    made_actions.load(home, tmp_path / "more", "October.csv", later)

    kept = current(home, entry).item.evidence
    assert kept == seen
    assert control_figure(witnessing.redrawn(kept), LIGHT).to_json() == figure
    was = seen.points[-1].value
    assert witnessing.restated(home, kept) == (
        "Today's figures differ in one month of those seen: October 2026 was "
        f"{was:.2f}\xa0% and is {was + 0.9:.2f}\xa0% now."
    )
    now = witnessing.take_evidence(home, "scrap_rate", line("Up"))
    assert (now.position, now.ledger_hash) != (seen.position, seen.ledger_hash)


@pytest.mark.long
def test_the_chart_drawn_again_is_the_one_that_was_seen(home):
    from kpi.analysis import series_view

    seen = case(home).item.evidence
    (view,) = series_view(home, "scrap_rate", line("Up"))
    again = witnessing.redrawn(seen)
    columns = ["value", "numerator", "denominator", "center", "lcl", "ucl", "target"]
    assert again.points[columns].equals(view.points[columns].astype("float64"))
    for column in ("period", "signals", "rules", "member", "excluded", "state"):
        assert again.points[column].tolist() == view.points[column].tolist()
    drawn, then = (control_figure(v, LIGHT) for v in (view, again))
    assert [t["marker"]["color"] for t in then.data if t["name"] == "value"] == [
        t["marker"]["color"] for t in drawn.data if t["name"] == "value"
    ]


@pytest.mark.long
def test_recorded_evidence_cannot_be_changed(home):
    entry = case(home)
    other = witnessing.take_evidence(home, "scrap_rate", line("Down"))
    with pytest.raises(UsageError, match="The evidence stays as it was seen"):
        nonconforming.record(
            home, replace(entry.item, evidence=other), id=entry.id, version=entry.version,
            why="nicer", **BY,
        )  # fmt: skip


@pytest.mark.long
def test_a_record_begins_a_nonconformity_too(home):
    first = case(home)
    draft = nonconforming.draft_from_record(home, first.id, today=TODAY)
    assert draft.links == (first.id,)
    assert draft.slice == first.item.slice
    assert draft.evidence is None
    with pytest.raises(UsageError, match="'scrap' is no id of a record"):
        nonconforming.draft_from_record(home, "scrap", today=TODAY)


# --- doing and deciding -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "verdict", "decision"),
    [
        pytest.param("Down", EffectVerdict.WORKED, Decision.WORKED, id="scrap halved since"),
        pytest.param(
            "Up",
            EffectVerdict.WORSE,
            Decision.DID_NOT,
            id="scrap doubled since",
            marks=pytest.mark.long,
        ),
        pytest.param(
            "Same",
            EffectVerdict.NO_EVIDENCE,
            Decision.NOT_YET,
            id="nothing moved",
            marks=pytest.mark.long,
        ),
    ],
)
def test_the_data_give_a_verdict(home, name, verdict, decision):
    action = action_on(home, case(home, name))
    found = verdicts.verdict_of(home, action.item)
    assert found.verdict is verdict
    assert found.suggests is decision
    assert found.view.before.level != found.view.after.level
    assert found.view.event == "New tool"
    assert f"line {name}" in found.says


@pytest.mark.long
def test_what_data_cannot_speak_of_is_left_to_a_person(home):
    entry = case(home)
    planned = acting.record(
        home, replace(acting.draft_action(home, entry.id, today=TODAY), title="x"), **BY
    )
    assert "not done yet" in verdicts.verdict_of(home, planned.item).says
    bare = replace(planned.item, kpi="", status=ActionStatus.DONE, done_on=ACTED)
    assert "No KPI is named" in verdicts.verdict_of(home, bare).says
    gone = replace(bare, kpi="no_such_kpi")
    assert "The data cannot say" in verdicts.verdict_of(home, gone).says
    assert verdicts.verdict_of(home, gone).suggests is Decision.NOT_YET


def test_what_is_done_stands_on_its_charts_in_one_go(home):
    entry = case(home)
    before = home.store.records.number()
    action = action_on(home, entry, washout=31.0)
    # planned with the case's status, then done with the case's status and the event
    assert home.store.records.number() == before + 5
    (event,) = events_on(home, "scrap_rate", line("Up"))
    assert event.id == action.item.event
    note = event.note
    assert (note.day, note.text, note.action) == (ACTED, "New tool", action.id)
    assert (note.washout, note.hoped) == (31, -0.25)
    assert events_on(home, "scrap_rate", line("Down")) == ()


@pytest.mark.long
def test_nothing_stands_on_the_charts_where_the_deed_is_refused(home):
    action = action_on(home, case(home))
    number = home.store.records.number()
    with pytest.raises(SeenEarlierError):
        acting.done(home, id=action.id, version=1, day=TODAY, **BY)
    with pytest.raises(UsageError, match="lies ahead"):
        acting.done(home, id=action.id, version=action.version, day=TODAY + timedelta(days=1), **BY)
    assert home.store.records.number() == number
    assert len(events_on(home, "scrap_rate", line("Up"))) == 1


def test_the_day_corrected_moves_the_event(home):
    action = action_on(home, case(home))
    later = acting.done(
        home, id=action.id, version=action.version, day=ACTED + timedelta(days=9), **BY
    )
    (event,) = events_on(home, "scrap_rate", line("Up"))
    assert (event.id, event.note.day) == (later.item.event, ACTED + timedelta(days=9))
    assert later.why == f"Done on {ACTED + timedelta(days=9)}, not on {ACTED}"
    named = acting.record(
        home, replace(later.item, title="Newer tool", washout=14.0), id=action.id,
        version=later.version, why="Its name", **BY,
    )  # fmt: skip
    (event,) = events_on(home, "scrap_rate", line("Up"))
    assert (event.note.text, event.note.washout) == ("Newer tool", 14)
    back = acting.done(home, id=action.id, version=named.version, day=ACTED, **BY)
    (event,) = events_on(home, "scrap_rate", line("Up"))
    assert (event.id, event.note.day) == (back.item.event, ACTED)
    begun = acting.begin(home, id=action.id, version=back.version, **BY)
    assert (begun.item.event, events_on(home, "scrap_rate", line("Up"))) == ("", ())


@pytest.mark.long
def test_an_event_that_somebody_took_back_stays_away(home):
    action = action_on(home, case(home))
    (event,) = events_on(home, "scrap_rate", line("Up"))
    annotating.take_note_back(home, event.note, why="Not on this chart", **BY)
    again = acting.done(home, id=action.id, version=action.version, day=TODAY, **BY)
    assert again.item.done_on == TODAY
    assert events_on(home, "scrap_rate", line("Up")) == ()


@pytest.mark.long
def test_what_did_not_work_keeps_the_event_of_its_first_doing(home):
    action = action_on(home, case(home))
    failed = acting.decide(
        home, id=action.id, version=action.version, decision=Decision.DID_NOT, reason="x", **BY
    )
    begun = acting.begin(home, id=action.id, version=failed.version, **BY)
    acting.done(home, id=action.id, version=begun.version, day=TODAY, **BY)
    assert {e.note.day for e in events_on(home, "scrap_rate", line("Up"))} == {ACTED, TODAY}


@pytest.mark.long
def test_an_action_of_the_whole_company_marks_no_chart(home):
    planned = acting.record(home, Action(title="Train auditors", owner="Ben", due=TODAY), **BY)
    done = acting.done(home, id=planned.id, version=planned.version, day=TODAY, **BY)
    assert done.item.event == ""
    assert events_on(home, "scrap_rate", line("Up")) == ()


def test_the_decision_stands_beside_the_verdict(home):
    action = action_on(home, case(home, "Down"))
    decided = acting.decide(
        home, id=action.id, version=action.version, decision=Decision.WORKED, **BY
    )
    item = decided.item
    assert item.status is ActionStatus.CHECKED
    assert (item.decided_by, item.decided_on, item.decision_reason) == ("Anna", TODAY, "")
    assert item.verdict == verdicts.verdict_of(home, item).says
    kept = item.effect
    assert kept.verdict == "worked"
    assert kept.after < kept.before
    assert kept.low < kept.high < 0
    assert kept.ledger_hash == home.store.chains.ends().ledger


@pytest.mark.parametrize(
    ("name", "decision"),
    [
        ("Same", Decision.WORKED),
        pytest.param("Down", Decision.DID_NOT, marks=pytest.mark.long),
        pytest.param("Up", Decision.WORKED, marks=pytest.mark.long),
        pytest.param("Same", Decision.DID_NOT, marks=pytest.mark.long),
    ],
)  # fmt: skip
def test_to_decide_otherwise_takes_a_reason(home, name, decision):
    action = action_on(home, case(home, name))
    said = {"id": action.id, "version": action.version, "decision": decision}
    with pytest.raises(UsageError) as refused:
        acting.decide(home, **said, **BY)
    assert f"You decide “{decision}”, which is something else" in str(refused.value)
    decided = acting.decide(home, **said, reason="Seen on the line", **BY)
    assert decided.item.decision_reason == "Seen on the line"


@pytest.mark.long
def test_not_yet_known_asks_for_a_later_day(home):
    action = action_on(home, case(home, "Same"))
    said = {"id": action.id, "version": action.version, "decision": Decision.NOT_YET}
    with pytest.raises(UsageError, match="Name a later day"):
        acting.decide(home, **said, check_on=TODAY, **BY)
    later = TODAY + timedelta(days=90)
    decided = acting.decide(home, **said, check_on=later, **BY)
    assert (decided.item.status, decided.item.check_on) == (ActionStatus.DONE, later)


@pytest.mark.long
def test_nobody_decides_on_what_is_not_done(home):
    entry = case(home)
    planned = acting.record(
        home, replace(acting.draft_action(home, entry.id, today=TODAY), title="x"), **BY
    )
    with pytest.raises(UsageError, match="is not done yet"):
        acting.decide(
            home, id=planned.id, version=planned.version, decision=Decision.WORKED, reason="so",
            **BY,
        )  # fmt: skip


def test_what_did_not_work_reopens_the_nonconformity(home):
    entry = case(home, "Down")
    action = action_on(home, entry)
    checked = acting.decide(
        home, id=action.id, version=action.version, decision=Decision.WORKED, **BY
    )
    closed = close(home, entry)
    assert (closed.item.status, closed.item.checked) == ("closed", (action.id,))
    assert nonconforming.lacking(home, closed) == ()

    acting.decide(
        home, id=action.id, version=checked.version, decision=Decision.DID_NOT,
        reason="Back since last week", **BY,
    )  # fmt: skip
    again = current(home, entry)
    assert again.item.status == "cause known"
    assert (again.item.closed_on, again.item.conclusion, again.item.checked) == (None, "", ())
    assert again.item.risk_changes is Answer.NOT_ANSWERED
    assert again.why == f"{action.id}: Decided: did not work"
    assert nonconforming.asks_for_action(home, again) == (
        f"{action.id} did not work. Look at the cause again, and plan another action."
    )
    planned = acting.record(
        home, replace(acting.draft_action(home, entry.id, today=TODAY), title="Another"), **BY
    )
    assert nonconforming.asks_for_action(home, current(home, entry)) == ""
    assert current(home, entry).item.status == "action under way"
    taken = acting.begin(home, id=action.id, version=current(home, action, ACTION).version, **BY)
    assert (taken.item.status, taken.item.done_on, taken.item.decision) == (
        ActionStatus.UNDER_WAY, None, Decision.NOT_YET,
    )  # fmt: skip
    assert planned.id != action.id


def close(home, entry, **said):
    now = current(home, entry)
    item = replace(
        explained(now), risk_changes=Answer.NO, system_changes=Answer.NO,
        conclusion="Cause is gone.", **said,
    )  # fmt: skip
    return nonconforming.close(home, item, id=entry.id, version=now.version, **BY)


def test_it_cannot_be_closed_while_an_action_goes_on(home):
    entry = case(home, "Down")
    action = action_on(home, entry)
    with pytest.raises(UsageError, match="Missing: an action whose effect was decided on"):
        close(home, entry)
    second = acting.record(
        home, replace(acting.draft_action(home, entry.id, today=TODAY), title="Second"), **BY
    )
    acting.decide(home, id=action.id, version=action.version, decision=Decision.WORKED, **BY)
    with pytest.raises(UsageError, match=rf"{second.id} \(planned\) still goes on"):
        close(home, entry)
    dropped = acting.cancel(
        home, id=second.id, version=second.version, because="The first one did it", **BY
    )
    assert dropped.item.status is ActionStatus.CLOSED
    assert close(home, entry).item.checked == (action.id,)


@pytest.mark.long
def test_no_record_names_an_unchecked_action_as_checked(home):
    """Whatever way it is recorded, not only by closing it on its page."""
    entry = case(home, "Down")
    action = action_on(home, entry)
    now = current(home, entry)
    item = replace(
        explained(now), status="closed", closed_on=TODAY, checked=(action.id,),
        risk_changes=Answer.NO, system_changes=Answer.NO, conclusion="Fine",
    )  # fmt: skip
    from kpi.qms.nonconformities import NonconformityStatus

    forged = replace(item, status=NonconformityStatus.CLOSED)
    with pytest.raises(UsageError, match="was not decided on as having worked"):
        registering.record(
            home, NONCONFORMITY, forged, id=entry.id, version=now.version, why="x", **BY
        )


@pytest.mark.long
def test_it_is_closed_with_a_reason_and_an_auditor_is_told(home):
    entry = case(home, "Same")
    now = current(home, entry)
    item = replace(
        now.item, risk_changes=Answer.NO, system_changes=Answer.NO, conclusion="Sold",
        waived="The line was sold",
    )  # fmt: skip
    closed = nonconforming.close(home, item, id=entry.id, version=now.version, **BY)
    assert closed.item.status == "closed"
    missing = nonconformities_input(home, YEAR).missing
    assert f"{entry.id} was closed without a cause: The line was sold" in missing
    assert (
        f"{entry.id} was closed without an action whose effect was checked: The line was sold"
        in missing
    )
    again = nonconforming.reopen(home, id=entry.id, version=closed.version, why="Bought back", **BY)
    assert again.item.status == "open"
    with pytest.raises(UsageError, match="is not closed"):
        nonconforming.reopen(home, id=entry.id, version=again.version, why="x", **BY)


@pytest.mark.long
def test_when_a_change_would_show_is_told_before_it_is_tried(home):
    entry = case(home)
    draft = replace(acting.draft_action(home, entry.id, today=TODAY), title="x", hoped=-40.0)
    day, why = verdicts.check_day(home, draft)
    assert day > draft.due
    assert "more month" in why
    nothing, why = verdicts.check_day(home, replace(draft, hoped=-0.1))
    assert nothing is None
    assert "would not show within 60 more months" in why


# --- similar cases ----------------------------------------------------------------------------


@pytest.mark.long
def test_similar_cases_share_reason_product_or_line(home):
    burr = Nonconformity(
        title="Burr", found_on=TODAY, kpi="scrap_rate", slice=(("plant", "Nord"), ("reason", "Burr")),
    )  # fmt: skip
    entry = nonconforming.record(home, burr, **BY)
    other = case(home, "Other", "Sued")
    twin = nonconforming.record(
        home, replace(burr, title="Burr in Sued", slice=(("plant", "Sued"), ("reason", "Burr"))),
        **BY,
    )  # fmt: skip
    found = similar.similar_to(home, entry.id)
    assert {one.entry.id: one.because for one in found if one.entry is not None} == {
        twin.id: "the same reason, Burr", other.id: "the same KPI elsewhere",
    }  # fmt: skip
    signals = [one for one in found if one.signal is not None]
    assert signals
    assert all(one.signal.worse is not False for one in signals)


@pytest.mark.long
def test_a_signal_of_the_same_kpi_elsewhere_is_told(home):
    entry = case(home, "Up")
    found = similar.similar_to(home, entry.id)
    assert any("Twin" in one.says or "Sued" in one.says for one in found)
    assert not any(one.slice == entry.item.slice for one in found)
    assert [one.signal for one in found if one.entry] == [None] * sum(
        one.entry is not None for one in found
    )


# --- what waits, and what the review is told ----------------------------------------------------


def due(home, today):
    return {(one.id, one.sort, one.overdue) for one in due_actions.to_do(home, today)}


@pytest.mark.long
def test_what_waits_is_listed_from_its_day_on(home):
    entry = case(home)
    week, month = TODAY + timedelta(days=7), TODAY + timedelta(days=30)
    assert (entry.id, "containment", False) in due(home, week)
    assert (entry.id, "containment", True) in due(home, week + timedelta(days=1))
    assert (entry.id, "cause", True) in due(home, month + timedelta(days=1))
    now = nonconforming.record(
        home, explained(entry), id=entry.id, version=entry.version, why="known", **BY
    )
    assert now.item.status == "cause known"
    assert due(home, TODAY) == {(entry.id, "next", False)}
    planned = acting.record(
        home, replace(acting.draft_action(home, entry.id, today=TODAY), title="Tool"), **BY
    )
    assert due(home, planned.item.due - timedelta(days=1)) == set()
    assert due(home, planned.item.due) == {(planned.id, "action", False)}
    assert due(home, planned.item.due + timedelta(days=1)) == {(planned.id, "action", True)}
    done = acting.done(
        home, id=planned.id, version=planned.version, day=TODAY, check_on=month, **BY
    )
    assert due(home, month - timedelta(days=1)) == set()
    assert due(home, month) == {(planned.id, "check", False)}
    assert [d.id for d in due_actions.overdue(home, month + timedelta(days=3))] == [planned.id]
    assert (
        due_actions.overdue(home, month + timedelta(days=3))[0].days(month + timedelta(days=3)) == 3
    )
    acting.decide(
        home, id=planned.id, version=done.version, decision=Decision.WORKED, reason="seen", **BY
    )
    assert due(home, month) == {(entry.id, "close", False)}


@pytest.mark.long
def test_the_review_is_told_what_came_of_it(home):
    told = nonconformities_input(home, YEAR)
    assert told.nothing.startswith("Nothing to report: no nonconformity is recorded, although")
    entry = case(home, "Down")
    action = action_on(home, entry)
    told = nonconformities_input(home, YEAR)
    assert told.finding == "One nonconformity is open, and nothing is overdue."
    assert not any("came back" in text for text in told.says), "none was closed yet"
    assert f"{entry.id} has an action and no cause: it may only touch the symptom." in told.missing
    assert told.records == (entry.id, action.id)
    assert [t.title for t in told.tables] == ["Nonconformities", "Actions"]
    acting.decide(home, id=action.id, version=action.version, decision=Decision.WORKED, **BY)
    close(home, entry)
    told = nonconformities_input(home, YEAR)
    assert told.finding == "No nonconformities are open; one action is proven effective."
    assert "None came back within twelve months after it was closed." in told.says
    assert told.missing == ()
    assert told.tables[1].lines[0][-1] == "worked (data: worked)"
    before = nonconformities_input(home, Asked((), date(2026, 1, 1), date(2026, 6, 30)))
    assert before.tables == ()
    # A review of the first half-year that is held today knows what was found since.
    held = Asked((), date(2026, 1, 1), date(2026, 6, 30), on=YEAR.last)
    assert nonconformities_input(home, held).records == (entry.id, action.id)
    other = Asked((("plant", "Sued"),), date(2026, 1, 1), date(2026, 12, 31))
    assert nonconformities_input(home, other).records == ()


@pytest.mark.long
@pytest.mark.parametrize(
    ("later", "name", "again"),
    [
        pytest.param(0, "Down", True, id="the same place on the day of closing"),
        pytest.param(365, "Down", True, id="a year later, still"),
        pytest.param(366, "Down", False, id="later than a year it is another"),
        pytest.param(30, "Same", False, id="another line is another"),
    ],
)
def test_what_comes_back_within_a_year_is_a_repeat(home, later, name, again):
    first = case(home, "Down", found_on=date(2025, 1, 7))
    now = current(home, first)
    item = replace(
        explained(now), contained_on=date(2025, 1, 8), risk_changes=Answer.NO,
        system_changes=Answer.NO, conclusion="x", waived="no action was needed",
    )  # fmt: skip
    then = WHEN.replace(year=2025, month=2, day=1)
    nonconforming.close(home, item, id=first.id, version=now.version, who="Anna", when=then)
    second = case(home, name, found_on=date(2025, 2, 1) + timedelta(days=later))
    asked = Asked((), date(2025, 1, 1), date(2026, 12, 31))
    told = " ".join(nonconformities_input(home, asked).says)
    assert (f"{second.id} after {first.id}" in told) is again


@pytest.mark.long
def test_the_loop_from_signal_to_proven_effect_is_counted(home):
    before = loop_counts(home, YEAR)
    assert (before.decided, before.acted, before.proven) == (0, 0, 0)
    assert before.signals == len(before.untaken) > 0
    entry = case(home, "Down")
    assert (loop_counts(home, YEAR).signals, loop_counts(home, YEAR).decided) == (
        before.signals + 1, 0,
    )  # fmt: skip
    action = action_on(home, entry)
    assert (loop_counts(home, YEAR).acted, loop_counts(home, YEAR).proven) == (1, 0)
    acting.decide(home, id=action.id, version=action.version, decision=Decision.WORKED, **BY)
    after = loop_counts(home, YEAR)
    assert (after.decided, after.acted, after.proven, after.ids) == (1, 1, 1, (entry.id,))


@pytest.mark.long
def test_worked_by_opinion_alone_is_not_proven(home):
    entry = case(home, "Up")
    action = action_on(home, entry)
    acting.decide(
        home, id=action.id, version=action.version, decision=Decision.WORKED, reason="I think so",
        **BY,
    )  # fmt: skip
    assert loop_counts(home, YEAR).proven == 0


@pytest.mark.long
def test_a_signal_that_is_answered_is_not_opened_twice(home):
    assert taken_up(home, "scrap_rate", line("Up")) is None
    entry = case(home)
    assert taken_up(home, "scrap_rate", Filters(where=(("line", "Up"),))).id == entry.id
    assert taken_up(home, "scrap_rate", line("Down")) is None
    assert taken_up(home, "rework_rate", line("Up")) is None


def test_actions_done_by_their_day_are_counted_for_the_review(home):
    entry = case(home, "Down")

    def told():
        return [
            says for says in nonconformities_input(home, YEAR).says if "due in this time" in says
        ]

    draft = replace(
        acting.draft_action(home, entry.id, today=TODAY),
        title="Tool",
        due=TODAY - timedelta(days=9),
    )
    made = [acting.record(home, draft, **BY) for _ in range(3)]
    assert told() == ["Of three actions due in this time none were done by their day."]
    for action, late in zip(made, (0, 1), strict=False):
        day = TODAY - timedelta(days=9 - late)
        acting.done(home, id=action.id, version=action.version, day=day, **BY)
    assert told() == ["Of three actions due in this time one was done by its day."]
    dropped = made[2]
    acting.cancel(home, id=dropped.id, version=dropped.version, because="not needed", **BY)
    assert told() == ["Of two actions due in this time one was done by its day."]


def test_a_nonconformity_follows_an_action_that_is_linked_elsewhere(home):
    entry = nonconforming.record(home, explained(case(home, "Down")), **BY)
    action = acting.record(
        home, replace(acting.draft_action(home, entry.id, today=TODAY), title="Tool"), **BY
    )
    assert current(home, entry).item.status == "action under way"
    acting.record(
        home,
        replace(action.item, links=()),
        id=action.id,
        version=action.version,
        why="not its",
        **BY,
    )
    assert current(home, entry).item.status == "cause known"
