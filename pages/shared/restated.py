"""Figures that were reported and are others now: of one review, and by what changed them."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Final

import streamlit as st

from kpi.access import Permission
from kpi.analysis import registering, restated_review, restatements, words
from kpi.analysis.permitted import of_slice
from kpi.analysis.restatement_results import NOT_LEDGER, Restated, Restatement, SinceReview
from kpi.errors import KpiError
from kpi.figures.escape import markdown
from kpi.qms.acceptances import Acceptance
from kpi.qms.register import Recorded
from kpi.qms.reviews import Review
from pages.shared import cards, identity, inputs, tables
from pages.shared.asked import remembered
from pages.shared.messages import say, show_error, small

MORE: Final = 200
"""Ledger entries looked through where somebody asks for older ones."""

MOST_SHOWN: Final = 10
"""Figures of an entry shown at once."""


def of_review(entry: Recorded[Review]) -> None:
    """A held review's figures then and today, with what changed them; the frozen ones stay."""
    try:
        found: SinceReview = remembered(
            inputs.here(), restated_review.since_review, (entry.id,), {}
        )
    except KpiError as error:
        show_error(error)
        return
    say(found.says)
    small(
        f"{found.compared} figures frozen at ledger entry {found.position_then} were held against "
        f"those of entry {found.position}. What was reported stays as it was; this is the annex to it."
    )
    for table in found.tables:
        cards.section(table.title)
        tables.table(table.headings, table.lines, numbers=table.numbers)
    cause = next((one for one in found.causes if one.position == NOT_LEDGER), None)
    if (
        cause is not None
        and not cause.accepted
        and registering.may_change(inputs.here(), entry.item)
    ):
        small(
            "Settings or definitions changed some of them: whoever looked at it accepts that here."
        )
        _accept(entry.id, partial(restated_review.accept_without_entry, inputs.here(), entry.id))
    if found.figures:
        st.page_link(
            "restatements.py", label="Accept restatements", icon=":material/arrow_forward:"
        )


def draw() -> None:
    """What ledger entries changed in months already reported, the newest first."""
    say(
        "A month is reported once a later month of its plant is in force, or once a review that was "
        "held looked at it. What an upload, a mend or a withdrawal changed in it afterwards stands here."
    )
    draft = inputs.Draft("restatements")
    latest = restatements.LATEST
    if inputs.here().position > latest:
        asked = st.toggle(
            f"Look through {MORE} ledger entries, not only the latest {latest}",
            key=draft.field("more", False), on_change=draft.keeper("more", False),
        )  # fmt: skip
        latest = MORE if asked else latest
    found: tuple[Restatement, ...] = remembered(
        inputs.here(), restatements.restatements, (), {"latest": latest}
    )
    if inputs.told():
        st.success(markdown(inputs.told()))
    if not found:
        cards.top_line(
            f"Nothing that was reported was changed by the latest {min(latest, inputs.here().position)} "
            "ledger entries."
        )
        return
    waiting = [one for one in found if not one.cause.accepted]
    cards.top_line(_top(found, waiting))
    for one in found:
        _restatement(one)


def _top(found: Sequence[Restatement], waiting: Sequence[Restatement]) -> str:
    count = words.small_number(len(found))
    noun = "entry" if len(found) == 1 else "entries"
    told = f"{count.capitalize()} ledger {noun} changed figures already reported"
    if not waiting:
        return f"{told}; each was accepted."
    return f"{told}; {words.small_number(len(waiting))} not accepted yet."


def _restatement(one: Restatement) -> None:
    at = one.cause.position
    with st.container(border=True, key=f"restatement {at}"):
        say(f"Entry {at}. {one.says}")
        _figures(one.figures[:MOST_SHOWN])
        rest = one.figures[MOST_SHOWN:]
        if rest:
            with st.expander(f"{len(rest)} more figures", key=f"more of {at}"):
                _figures(rest)
        if one.cause.accepted:
            small(f"Accepted by {one.cause.accepted}")
        elif identity.may(
            Permission.MANAGE,
            of_slice(inputs.here(), tuple(("plant", plant) for plant in one.plants)),
        ):
            _accept(str(at), partial(restatements.accept, inputs.here(), at))


def _figures(figures: Sequence[Restated]) -> None:
    tables.table(
        ("KPI", "Where", "Month", "Before it", "After it", "Change", "Reviewed in"),
        [
            (f.title, f.slice_words, f.month_words, f.before_words, f.after_words, f.change_words,
             words.listed(f.reviews) or "–")
            for f in figures
        ],
        numbers=(3, 4, 5),
    )  # fmt: skip


def _accept(what: str, deed: Callable[..., Recorded[Acceptance]]) -> None:
    draft = inputs.Draft(f"accept {what}")
    with st.expander("Accept the restatement", key=f"accepting {what}"):
        why = st.text_input(
            "Why it is right", key=draft.field("why", ""), placeholder="Late scrap slips of line 2",
            on_change=draft.keeper("why", ""),
        )  # fmt: skip
        if st.button("Accept", key=f"accept {what}"):
            _do(partial(deed, why=why), draft)


def _do(deed: Callable[..., Recorded[Acceptance]], draft: inputs.Draft) -> None:
    try:
        id = deed(who=inputs.who(), when=inputs.now()).id
    except KpiError as error:
        show_error(error)
        return
    draft.done()
    inputs.tell(f"The restatement is accepted ({id}).")
    st.rerun()
