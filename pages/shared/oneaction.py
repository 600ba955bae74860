"""One action on its page: the plan, whether it is done, what the data say, what is decided."""

from collections.abc import Callable
from typing import Any, Final

import streamlit as st

from kpi.access import Permission
from kpi.analysis import acting, progress, registering, verdicts, words
from kpi.errors import KpiError
from kpi.qms.actions import ACTION, Action, ActionStatus, Decision
from kpi.qms.register import Recorded
from pages.shared import cards, identity, inputs, linked, recordform, worked
from pages.shared.asked import remembered
from pages.shared.linked import PAGE
from pages.shared.messages import say, show_error, small

PLAN: Final = (
    "title", "what", "kind", "owner", "due", "slice", "kpi", "hoped", "washout", "counts_from",
    "check_on",
)  # fmt: skip

FACTS: Final = ("title", "what", "status", "verdict", "progress", "period", "links", "decision",
                "decided_on", "decided_by", "decision_reason", "reported_on")  # fmt: skip
"""Fields that stand in a place of their own."""

USUAL_STEPS: Final = (
    ActionStatus.PLANNED, ActionStatus.UNDER_WAY, ActionStatus.DONE, ActionStatus.CHECKED,
)  # fmt: skip

Field = Callable[..., str]


def me() -> str:
    """Who uses the page, as an owner is named."""
    person = identity.person()
    return person.name or person.email


def draw(entry: Recorded[Action]) -> None:
    """The record, what can be done with it now, and its history beside it."""
    recordform.back(PAGE, ACTION)
    item = entry.item
    cards.titled(entry.id, item.title)
    last = item.status if item.status not in USUAL_STEPS else ActionStatus.CHECKED
    cards.steps([*USUAL_STEPS[:3], last], item.status)
    main, side = recordform.sides()
    with main:
        if item.what:
            say(item.what)
        recordform.facts_of(ACTION, entry, without=FACTS)
        _check_day(item)
        _progress(entry)
        if item.done_on is not None:
            _effect(entry)
        _deeds(entry)
    with side:
        recordform.related(entry, linked.pages())
        recordform.history(ACTION, entry)


def facts(entry: Recorded[Action]) -> str:
    """An action in a line."""
    item = entry.item
    told = [str(item.status).capitalize(), item.owner]
    if item.done_on:
        told.append(f"done {words.date_words(item.done_on)}")
    elif item.due:
        told.append(f"due {words.date_words(item.due)}")
    if item.decided_on:
        told.append(str(item.decision))
    return " · ".join(told)


def plan(source: str) -> None:
    """The form of an action that answers a record."""
    draft = acting.draft_action(inputs.here(), source, today=inputs.now().date())
    recordform.form(
        ACTION, preset=draft, only=PLAN, by=acting.record, key=source, label="Plan the action"
    )


def _check_day(item: Action) -> None:
    """When the change hoped for would show, while it is still planned."""
    if not item.to_be_done:
        return
    day, why = remembered(inputs.here(), verdicts.check_day, (item,), {})
    if why:
        small(f"{why} That would be seen by {words.date_words(day)}." if day else why)


def _progress(entry: Recorded[Action]) -> None:
    item = entry.item
    if item.progress:
        cards.section("Where it stands")
        say(item.progress)
    if item.to_be_done and item.reported_on:
        small(f"Reported as done on {words.date_words(item.reported_on)}; not confirmed yet.")


# --- effect -----------------------------------------------------------------------------------


def _effect(entry: Recorded[Action]) -> None:
    item = entry.item
    cards.section("Did it work?")
    found = remembered(inputs.here(), verdicts.verdict_of, (item,), {})
    if item.decided_on is not None:
        told = [
            ("Decision", f"{str(item.decision).capitalize()}, {words.date_words(item.decided_on)}, "
                         f"{item.decided_by}"),
            ("Reason", item.decision_reason),
            ("The data said then", item.verdict),
        ]  # fmt: skip
        cards.facts([line for line in told if line[1]], wide=True)
        small("What the data say now:")
    if found.view is None:
        say(found.says)
        return
    worked.show(found.view)


# --- deeds ------------------------------------------------------------------------------------


def _deeds(entry: Recorded[Action]) -> None:
    home, item = inputs.here(), entry.item
    if not registering.may_change(home, item):
        if progress.may_report(home, item, inputs.who()):
            cards.section("Report on it")
            _report(entry)
        return
    if item.over:
        return
    cards.section("What next")
    if item.status in (ActionStatus.PLANNED, ActionStatus.REOPENED) and st.button(
        "It is under way", key=f"begin {entry.id}"
    ):
        _do(lambda: acting.begin(home, id=entry.id, version=entry.version, **_signed()))
    if item.status is not ActionStatus.DONE:
        with st.expander("It is done", key=f"done {entry.id}", expanded=bool(item.reported_on)):
            _done(entry)
    if item.done_on is not None:
        with st.expander("Decide whether it worked", key=f"decide {entry.id}"):
            _decide(entry)
    if item.to_be_done:
        with st.expander("Say where it stands", key=f"report {entry.id}"):
            _report(entry)
        with st.expander("Change the plan", key=f"change {entry.id}"):
            recordform.form(ACTION, entry, only=(*PLAN, "links"), by=acting.record, key="plan")
    with st.expander("Close it without a check", key=f"cancel {entry.id}"):
        deed(
            f"cancel {entry.id}", "Close the action",
            lambda field: {"because": st.text_input("Why? *", key=field("because", ""))},
            lambda given: acting.cancel(
                home, id=entry.id, version=entry.version, **given, **_signed()
            ).id + " is closed.",
        )  # fmt: skip


def _signed() -> dict[str, Any]:
    return {"who": inputs.who(), "when": inputs.now()}


def _done(entry: Recorded[Action]) -> None:
    item = entry.item

    def ask(field: Field) -> dict[str, Any]:
        left, right = st.columns(2)
        day = left.date_input(
            "Done on *", format="YYYY-MM-DD", max_value=inputs.now().date(),
            key=field("day", item.reported_on or inputs.now().date()),
        )  # fmt: skip
        check_on = right.date_input(
            "Effect to be checked on", value=None, format="YYYY-MM-DD",
            key=field("check_on", item.check_on),
        )  # fmt: skip
        small("It then stands as an event on the charts of its slice.")
        return {"day": day, "check_on": check_on}

    deed(
        f"done {entry.id}", "It is done", ask,
        lambda given: acting.done(
            inputs.here(), id=entry.id, version=entry.version, **given, **_signed()
        ).id + " is done, and stands on the charts.",
    )  # fmt: skip


def _decide(entry: Recorded[Action]) -> None:
    found = remembered(inputs.here(), verdicts.verdict_of, (entry.item,), {})

    def ask(field: Field) -> dict[str, Any]:
        choices = list(Decision)
        decision = st.radio(
            "Did it work?", choices, horizontal=True,
            key=field("decision", found.suggests, choices),
            format_func=lambda d: str(d).capitalize(),
        )  # fmt: skip
        reason = st.text_input(
            "Reason", key=field("reason", ""),
            placeholder="Needed where you decide something else than the data say",
        )  # fmt: skip
        again = st.date_input(
            "Look again on (where it is not yet known)", value=None, format="YYYY-MM-DD",
            key=field("check_on", None),
        )  # fmt: skip
        return {"decision": decision, "reason": reason, "check_on": again}

    def decide(given: dict[str, Any]) -> str:
        done = acting.decide(
            inputs.here(), id=entry.id, version=entry.version, **given, **_signed()
        )
        return f"{done.id}: {done.item.decision}."

    deed(f"decide {entry.id}", "Decide", ask, decide)


def _report(entry: Recorded[Action]) -> None:
    confirmed = identity.may(Permission.MANAGE) and registering.may_change(
        inputs.here(), entry.item
    )

    def ask(field: Field) -> dict[str, Any]:
        progress = st.text_area("Where it stands *", key=field("progress", entry.item.progress))
        if confirmed:
            return {"progress": progress}
        day = st.date_input(
            "Done on (if it is done)", value=None, format="YYYY-MM-DD",
            max_value=inputs.now().date(), key=field("done_on", entry.item.reported_on),
        )  # fmt: skip
        return {"progress": progress, "done_on": day}

    deed(
        f"report {entry.id}", "Report", ask,
        lambda given: progress.report(
            inputs.here(), id=entry.id, version=entry.version, **given, **_signed()
        ).id + ": reported.",
    )  # fmt: skip


def deed(
    name: str,
    label: str,
    ask: Callable[[Field], dict[str, Any]],
    do: Callable[[dict[str, Any]], str],
) -> None:
    """A small form that does one thing: what is typed stays until it is done."""
    draft = inputs.Draft(name)
    with st.form(draft.form, border=False, enter_to_submit=False):
        given = ask(draft.field)
        pressed = st.form_submit_button(label, type="primary")
    if pressed:
        _do(lambda: do(given), draft)


def _do(deed: Callable[[], Any], draft: inputs.Draft | None = None) -> None:
    try:
        told = deed()
    except KpiError as error:
        show_error(error)
        return
    if draft is not None:
        draft.done()
    inputs.tell(told if isinstance(told, str) else f"{told.id} is recorded.")
    st.rerun()
