"""The page of nonconformities and actions: its lists, a record begun, a record open."""

from collections.abc import Sequence
from datetime import date
from typing import Final

import streamlit as st

from kpi.analysis import acting, nonconforming, registering, words
from kpi.analysis.due_actions import Due, to_do
from kpi.errors import UsageError
from kpi.figures.escape import markdown
from kpi.qms.actions import ACTION, Action, ActionStatus
from kpi.qms.nonconformities import NONCONFORMITY, Nonconformity
from kpi.qms.register import Recorded
from pages.shared import cards, inputs, linked, oneaction, onenonconformity, recordform
from pages.shared.asked import remembered
from pages.shared.linked import PAGE
from pages.shared.messages import say, small

TABS: Final = {"cases": "Nonconformities", "actions": "Actions", "now": "Due now"}

NEW_FIELDS: Final = (
    "title", "what", "found_on", "origin", "owner", "containment", "contained_on",
)  # fmt: skip
"""What is asked of a nonconformity that a chart or a record has begun."""


def draw() -> None:
    """The record that the address asks for, or one that is begun, or the lists."""
    asked = inputs.opened()
    if asked == linked.NEW_CASE:
        _new_nonconformity()
    elif asked == linked.NEW_ACTION:
        _new_action()
    elif (case := recordform.opened(NONCONFORMITY)) is not None:
        onenonconformity.draw(case)
    elif (action := recordform.opened(ACTION)) is not None:
        oneaction.draw(action)
    else:
        _lists()


# --- lists ------------------------------------------------------------------------------------


def _lists() -> None:
    home, today = inputs.here(), inputs.now().date()
    waiting = to_do(home, today)
    _summary(waiting)
    tabs = inputs.tabs("actions", TABS)
    with tabs["cases"]:
        if tabs["cases"].open:
            _nonconformities(today)
    with tabs["actions"]:
        if tabs["actions"].open:
            _actions(today)
    with tabs["now"]:
        if tabs["now"].open:
            _to_do(waiting, today)


def _summary(waiting: Sequence[Due]) -> None:
    if not waiting:
        small("Nothing is overdue, and nothing waits to be checked.")
        return
    late = {one.id for one in waiting if one.overdue}
    others = {one.id for one in waiting} - late
    told = [f"{words.small_number(len(late))} {_are(late)} overdue"] if late else []
    if others:
        told += [f"{words.small_number(len(others))} {_are(others)} to be checked now"]
    says = words.listed(told)
    say(f"{says[:1].upper()}{says[1:]}.")


def _are(ids: set[str]) -> str:
    return "is" if len(ids) == 1 else "are"


def _nonconformities(today: date) -> None:
    entries = registering.listed(inputs.here(), NONCONFORMITY)
    recordform.listing(
        sorted(entries, key=lambda e: (e.item.closed_on is not None, _newest(e.item))),
        PAGE, lambda entry: _case_facts(entry, today), key="cases",
        empty="No nonconformity is recorded yet. Open one here, from a card on the Overview, or from "
        "the chart of a KPI, which then carries its evidence.",
    )  # fmt: skip
    with st.expander("Record a nonconformity"):
        recordform.form(
            NONCONFORMITY,
            preset=Nonconformity(title="", found_on=today, owner=oneaction.me()),
            only=(*NEW_FIELDS, "slice", "kpi", "links"), by=nonconforming.record,
        )  # fmt: skip


def _newest(item: Nonconformity) -> int:
    return -(item.found_on or date.min).toordinal()


def _case_facts(entry: Recorded[Nonconformity], today: date) -> str:
    item = entry.item
    found = item.found_on or today
    age = ((item.closed_on or today) - found).days
    days = f"{age} day{'' if age == 1 else 's'}"
    told = [
        str(item.status).capitalize(),
        words.slice_words(item.slice),
        f"closed after {days}" if item.closed_on else f"open for {days}",
        item.owner or "no owner",
    ]
    if asked := nonconforming.asks_for_action(inputs.here(), entry):
        told.append(asked)
    return " · ".join(told)


def _actions(today: date) -> None:
    entries = registering.listed(inputs.here(), ACTION)
    recordform.listing(
        sorted(entries, key=lambda e: (e.item.over, e.item.due or date.max)),
        PAGE, lambda entry: _action_facts(entry, today), key="actions", due=_waits_until,
        empty="No action is planned yet. Plan one on a nonconformity, or here.",
    )  # fmt: skip
    with st.expander("Plan an action that answers no nonconformity"):
        recordform.form(
            ACTION, preset=Action(title="", owner=oneaction.me()),
            only=(*oneaction.PLAN, "links"), by=acting.record,
        )  # fmt: skip


def _waits_until(entry: Recorded[Action]) -> date | None:
    item = entry.item
    if item.to_be_done:
        return item.due
    return item.check_on if item.status is ActionStatus.DONE else None


def _action_facts(entry: Recorded[Action], today: date) -> str:
    item = entry.item
    told = [str(item.status).capitalize(), item.owner]
    if item.to_be_done and item.due:
        late = f", {(today - item.due).days} days ago" if item.due < today else ""
        told.append(f"due {words.date_words(item.due)}{late}")
    if item.done_on:
        told.append(f"done {words.date_words(item.done_on)}")
    if item.status is ActionStatus.DONE and item.check_on:
        told.append(f"effect to be checked {words.date_words(item.check_on)}")
    if item.decided_on:
        told.append(str(item.decision))
    return " · ".join(told)


def _to_do(waiting: Sequence[Due], today: date) -> None:
    if not waiting:
        small("Nothing is overdue, and no effect waits to be checked today.")
        return
    late = [one.id for one in waiting if one.overdue]
    for title, ids in (
        ("Overdue", late),
        ("To check now", [one.id for one in waiting if one.id not in late]),
    ):
        if ids:
            cards.section(title)
        for id in dict.fromkeys(ids):
            _waiting([one for one in waiting if one.id == id], today)


def _waiting(asked: Sequence[Due], today: date) -> None:
    """One record with everything it waits for."""
    first = asked[0]
    with st.container(gap=None):
        st.page_link(
            PAGE, label=f"{markdown(first.title)} :small[{markdown(first.id)}]",
            query_params={"record": first.id},
        )  # fmt: skip
        small(" ".join(_asked_words(one, today) for one in asked))
        small(f"{first.owner or 'No owner'} · {words.slice_words(first.slice)}")


def _asked_words(one: Due, today: date) -> str:
    days = one.days(today)
    since = f" ({days} day{'' if days == 1 else 's'} overdue)" if one.overdue else ""
    return f"{one.says[:1].upper()}{one.says[1:]}{since}."


# --- a record that is begun -------------------------------------------------------------------


def _new_nonconformity() -> None:
    recordform.back(PAGE, NONCONFORMITY)
    given, today = inputs.begun(), inputs.now().date()
    cards.section("A new nonconformity")
    if given.get("source"):
        draft = nonconforming.draft_from_record(
            inputs.here(), given["source"], today=today, owner=oneaction.me()
        )
    elif given.get("kpi"):
        draft = remembered(
            inputs.here(), nonconforming.draft_from_signal,
            (given["kpi"], inputs.filters(), given.get("until", "")),
            {"today": today, "owner": oneaction.me()},
        )  # fmt: skip
    else:
        draft = Nonconformity(title="", found_on=today, owner=oneaction.me())
    small("Filled from what was seen. Nothing is recorded before you press the button.")
    if draft.evidence is not None:
        onenonconformity.evidence(draft.evidence, "draft")
    more = () if draft.evidence is not None else ("slice", "kpi", "links")
    recordform.form(
        NONCONFORMITY, preset=draft, only=(*NEW_FIELDS, *more), by=nonconforming.record,
        key=" ".join((given.get("kpi", ""), given.get("source", ""), str(draft.slice))),
    )  # fmt: skip


def _new_action() -> None:
    recordform.back(PAGE, ACTION)
    source = inputs.begun().get("source", "")
    if not source:
        raise UsageError("The address does not say which record the action answers.")
    cards.section(f"A new action on {source}")
    oneaction.plan(source)
