"""The page of management reviews: those on record, their decisions, a new one; or the one open."""

from datetime import date
from typing import Any, Final

import streamlit as st

from kpi.access import Permission
from kpi.analysis import registering, reviewing, words
from kpi.analysis.agenda import asked_of
from kpi.analysis.agenda_own import status_words
from kpi.errors import KpiError
from kpi.figures.escape import clean, markdown
from kpi.measures import values_of
from kpi.qms.agenda import LATEST, Edition, edition_words
from kpi.qms.register import Recorded
from kpi.qms.reviews import DECISION, REVIEW, Decision, DecisionStatus, Review, ReviewStatus
from pages.shared import cards, deck, identity, inputs, linked, onereview, recordform
from pages.shared.messages import say, show_error, small

PAGE: Final = "review.py"

TABS: Final = {
    "reviews": "Management reviews",
    "decisions": "Decisions",
    "deck": "Deck of a month",
}

STATUS_WORDS: Final = {
    ReviewStatus.DRAFT: "Draft",
    ReviewStatus.HELD: "Held, not approved yet",
    ReviewStatus.APPROVED: "Approved",
}


def draw() -> None:
    """The review or decision the address asks for, or the lists."""
    review = recordform.opened(REVIEW)
    if review is not None:
        onereview.draw(review)
        return
    decision = recordform.opened(DECISION)
    if decision is not None:
        _decision(decision)
        return
    drawn = {"reviews": _reviews, "decisions": _decisions, "deck": deck.review}
    for id, tab in inputs.tabs("reviews", TABS).items():
        if tab.open:
            with tab:
                drawn[id]()


def _today() -> date:
    return inputs.now().date()


# --- reviews ----------------------------------------------------------------------------------


def _reviews() -> None:
    home = inputs.here()
    entries = sorted(registering.listed(home, REVIEW), key=_drafts_first)
    _due(bool(entries))
    recordform.listing(
        entries, PAGE, _facts, key="reviews", due=lambda e: _due_on(e.item),
        empty="Here will stand each management review: its inputs from live data, what was said and "
        "decided, and its documents as they were on the day it was held.",
    )  # fmt: skip
    if identity.may(Permission.MANAGE):
        with st.expander("Draft a review", expanded=not entries, icon=":material/add:"):
            _new()


def _drafts_first(entry: Recorded[Review]) -> tuple[bool, int, str]:
    """What is still to be done, then the newest."""
    last = entry.item.held_on or entry.item.last or date.min
    return entry.item.status is not ReviewStatus.DRAFT, -last.toordinal(), entry.id


def _due_on(review: Review) -> date | None:
    return review.planned if review.status is ReviewStatus.DRAFT else None


def _due(any_review: bool) -> None:
    found = reviewing.due(inputs.here(), _today())
    if not found and any_review:
        small("No review was held yet, so that none is due by plan.")
    for one in found:
        if one.late:
            st.warning(markdown(one.says), icon=":material/event_busy:")
        else:
            say(one.says)


def _facts(entry: Recorded[Review]) -> str:
    item = entry.item
    told = [STATUS_WORDS[item.status], words.slice_words(item.slice), edition_words(item.edition)]
    if item.status is ReviewStatus.DRAFT and item.planned:
        late = " (overdue)" if item.planned < _today() else ""
        told.append(f"planned for {words.date_words(item.planned)}{late}")
    if item.held_on:
        told.append(f"held on {words.date_words(item.held_on)}")
    if item.signature:
        told.append(f"signed by {item.signature.name}")
    return " · ".join(told)


def _new() -> None:
    home = inputs.here()
    months = reviewing.months_offered(home)
    if not months:
        small("No month has facts in force yet. Upload files first.")
        return
    draft = inputs.Draft("review new")
    named = {month: words.period_words(month) for month in months}
    first, last = st.columns(2)
    kept = draft.field("first", months[min(2, len(months) - 1)], months)
    begins = first.selectbox("From", months, key=kept, format_func=named.__getitem__)
    kept = draft.field("last", months[0], months)
    ends = last.selectbox("To", months, key=kept, format_func=named.__getitem__)
    plants = values_of(home.view(), "plant", ())
    where: list[str] = st.multiselect(
        "Plants", plants, key=draft.field("plants", []), placeholder="All plants",
        format_func=clean,
    )  # fmt: skip
    edition, planned = st.columns(2)
    chosen = edition.selectbox(
        "Edition of ISO 9001", list(Edition), key=draft.field("edition", LATEST, list(Edition)),
        format_func=edition_words,
        help="Its agenda orders the inputs. A review keeps the edition it was made under.",
    )  # fmt: skip
    day = planned.date_input(
        "Planned for", value=None, key=draft.field("planned"), format="YYYY-MM-DD"
    )
    if st.button("Draft the review", type="primary"):
        when = day if isinstance(day, date) else None
        _draft(draft, begins, ends, where, chosen or LATEST, when)


def _draft(
    draft: inputs.Draft,
    first: str,
    last: str,
    plants: list[str],
    edition: Edition,
    planned: date | None,
) -> None:
    home = inputs.here()
    try:
        asked = asked_of(home, tuple(("plant", plant) for plant in plants), first, last)
        found = reviewing.draft(
            home, asked, edition=edition, planned=planned, who=inputs.who(), when=inputs.now()
        )
    except KpiError as error:
        show_error(error)
        return
    draft.done()
    inputs.open_record(found.id)
    inputs.tell(f"{found.id} is drafted. Its figures follow the data until it is held.")
    st.rerun()


# --- decisions --------------------------------------------------------------------------------


def _decisions() -> None:
    found = sorted(
        registering.listed(inputs.here(), DECISION),
        key=lambda d: (
            d.item.status is not DecisionStatus.OPEN, d.item.due or date.max, d.id
        ),
    )  # fmt: skip
    recordform.listing(
        found, PAGE, decision_facts, key="decisions",
        due=lambda d: d.item.due if d.item.status is DecisionStatus.OPEN else None,
        empty="Here will stand what reviews decided, each with owner and date, until it is done.",
    )  # fmt: skip


def decision_facts(entry: Recorded[Decision]) -> str:
    """A decision's line in a list."""
    item = entry.item
    due = f"due {words.date_words(item.due)}" if item.due else "no due date"
    told = [
        status_words(item, _today()).capitalize(), item.owner or "no owner", due, str(item.type),
        f"taken in {item.review}",
    ]  # fmt: skip
    return " · ".join(told)


def _decision(entry: Recorded[Decision]) -> None:
    recordform.back(PAGE, DECISION, tab="decisions")
    cards.titled(entry.id, entry.item.title)
    main, side = recordform.sides()
    with main:
        say(decision_facts(entry))
        recordform.facts_of(DECISION, entry)
        with st.expander("Change it, or say what came of it"):
            review = registering.found(inputs.here(), REVIEW, entry.item.review)
            only = onereview.decision_fields(review.item)
            recordform.form(DECISION, entry, only=only, by=_decide)
        _follow_up(entry)
    with side:
        recordform.related(entry, linked.pages())
        recordform.history(DECISION, entry)


def _decide(home: Any, item: Decision, **named: Any) -> Recorded[Decision]:
    return reviewing.decide(home, item.review, item, **named)


def _follow_up(entry: Recorded[Decision]) -> None:
    if identity.may(Permission.MANAGE) and entry.item.status is DecisionStatus.OPEN:
        st.page_link(
            linked.PAGE, label="Plan an action for it", icon=":material/add_task:",
            query_params=linked.new_action_of(entry),
        )  # fmt: skip
