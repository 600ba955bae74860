"""One record of a register: what it says, what the data say of actions on a risk, its history."""

from collections.abc import Sequence
from typing import Any, Final

import streamlit as st

from kpi.analysis import registering, words
from kpi.analysis.agenda_risks import gaps_of, rating_words
from kpi.analysis.risk_effects import AnyRisk, RiskAction, Verdict, actions_on
from kpi.figures.escape import markdown
from kpi.qms.register import Kind, Recorded
from kpi.qms.risks import RISK, rating
from pages.shared import cards, inputs, linked, recordform, worked
from pages.shared.asked import remembered
from pages.shared.messages import bullets, say, small

TABS: Final = {
    "issue": "context", "climate": "context", "party": "parties", "risk": "risks",
    "opportunity": "opportunities", "resource": "resources",
}  # fmt: skip
"""The tab on which the records of each kind are listed."""


def plain(
    kind: Kind[Any], entry: Recorded[Any], page: str, *, view: str = "", only: Sequence[str] = ()
) -> None:
    """A record without figures: facts, the form to change it, links and history beside it.

    ``view`` is the part of the page with its list; ``only`` are the fields that may be changed.
    """
    recordform.back(page, kind, tab=TABS.get(kind.name, ""), view=view)
    _headline(entry)
    main, side = recordform.sides()
    with main:
        recordform.facts_of(kind, entry)
        _change(kind, entry, only)
    with side:
        _beside(kind, entry)


def draw(kind: Kind[Any], entry: AnyRisk, page: str) -> None:
    """A risk or an opportunity: rating, each action with its verdict from data, facts, history."""
    today = inputs.now().date()
    actions: tuple[RiskAction, ...] = remembered(
        inputs.here(), actions_on, (kind.name, entry.id, today), {}
    )
    recordform.back(page, kind, tab=TABS.get(kind.name, ""))
    _headline(entry)
    main, side = recordform.sides()
    with main:
        say(_rating(kind, entry))
        _actions(actions)
        if gaps := gaps_of(entry, actions, today):
            cards.section("What an auditor would miss")
            bullets(gaps)
        cards.section("What is recorded")
        recordform.facts_of(kind, entry)
        _change(kind, entry)
        if registering.may_change(inputs.here(), entry.item):
            st.page_link(
                linked.PAGE, label="Plan an action on it", icon=":material/add_task:",
                query_params=linked.new_action_of(entry),
            )  # fmt: skip
    with side:
        _beside(kind, entry)


def _headline(entry: Recorded[Any]) -> None:
    cards.titled(entry.id, entry.item.title)
    small(f"Version {entry.version}, {words.date_words(entry.when.date())}, {entry.who}")


def _rating(kind: Kind[Any], entry: AnyRisk) -> str:
    if rating(entry.item) is None:
        return "Not rated yet: say how likely it is and what it would come to."
    second = "consequence" if kind is RISK else "gain"
    return (
        f"Rating {rating_words(entry)} of 25: likelihood {entry.item.likelihood}, {second} "
        f"{entry.item.consequence}."
    )


def _actions(actions: tuple[RiskAction, ...]) -> None:
    cards.section("Did it work?")
    if not actions:
        small("No action on it is recorded.")
    for number, action in enumerate(actions):
        with st.container(border=True, key=f"risk-action-{number}", gap="small"):
            _action(action)


def _action(action: RiskAction) -> None:
    done = f", done {words.date_words(action.done)}" if action.done else ""
    if action.id:
        st.page_link(
            linked.PAGE, label=f"{markdown(action.title + done)} :small[{markdown(action.id)}]",
            query_params={"record": action.id},
        )  # fmt: skip
    else:
        say(f"{action.title}{done}")
    if action.view is None:
        word = "" if action.verdict is Verdict.PENDING else f"{action.verdict.value.capitalize()}: "
        say(f"{word}{action.says}")
    else:
        worked.show(action.view)
    if action.decision:
        small(f"Decided by a person: {action.decision}.")


def _change(kind: Kind[Any], entry: Recorded[Any], only: Sequence[str] = ()) -> None:
    with st.expander("Change it"):
        recordform.form(kind, entry, only=only)


def _beside(kind: Kind[Any], entry: Recorded[Any]) -> None:
    recordform.related(entry, linked.pages())
    recordform.history(kind, entry)
