"""One management review on its page: agenda, minutes, decisions, documents, then and today."""

from collections.abc import Mapping, Sequence
from datetime import date
from types import MappingProxyType
from typing import Any, Final

import streamlit as st

from kpi.analysis import registering, reviewing, words
from kpi.analysis.agenda_results import Agenda, AgendaInput, AgendaTable
from kpi.analysis.results import Filters
from kpi.errors import KpiError
from kpi.figures.escape import html, markdown
from kpi.qms.agenda import edition_words
from kpi.qms.register import LONGEST_TEXT, Recorded
from kpi.qms.reviews import (
    DECISION,
    REVIEW,
    Decision,
    DecisionStatus,
    Review,
    ReviewStatus,
    lacks,
)
from pages.shared import (
    cards,
    identity,
    inputs,
    linked,
    minutes,
    named,
    origin,
    recordform,
    restated,
    reviewdeeds,
    tables,
)
from pages.shared.asked import remembered
from pages.shared.charts import picture
from pages.shared.messages import bullets, say, show_error, small

PAGE: Final = "review.py"

MOST_LINES: Final = 12
"""Lines of a table of the agenda shown at once."""

TABS: Final = {
    "agenda": "Agenda",
    "minutes": "Minutes",
    "decisions": "Decisions",
    "close": "Hold and approve",
    "restated": "Then and today",
    "history": "History",
}

NEXT: Final = {
    ReviewStatus.DRAFT: "Draft: its figures follow the data. Holding it freezes them and keeps its "
    "documents.",
    ReviewStatus.HELD: "Held: its figures and documents stay as they are. What is left: minutes, "
    "decisions with type, owner and date, the conclusion, the signature.",
    ReviewStatus.APPROVED: "Approved: nothing of it changes any more. What came to light later stands "
    "beside it.",
}


def draw(entry: Recorded[Review]) -> None:
    """Everything of one review."""
    recordform.back(PAGE, REVIEW)
    cards.titled(entry.id, entry.item.title)
    say(_line(entry.item))
    small(NEXT[entry.item.status])
    titles = dict(TABS)
    if entry.item.status is ReviewStatus.DRAFT:
        del titles["restated"]
    if entry.item.status is ReviewStatus.APPROVED:
        titles["close"] = "Documents"
    drawn = {
        "agenda": _agenda, "minutes": _minutes, "decisions": _decisions,
        "close": reviewdeeds.draw, "restated": restated.of_review, "history": _history,
    }  # fmt: skip
    for id, tab in inputs.tabs("review", titles).items():
        if tab.open:
            with tab:
                drawn[id](entry)


def _line(review: Review) -> str:
    told = [words.slice_words(review.slice).capitalize() if not review.slice
            else words.slice_words(review.slice),
            words.span_words(review.first, review.last), edition_words(review.edition)]  # fmt: skip
    if review.held_on:
        told.append(f"held on {words.date_words(review.held_on)}")
    elif review.planned:
        told.append(f"planned for {words.date_words(review.planned)}")
    if review.next_due:
        told.append(f"next due {words.date_words(review.next_due)}")
    return " · ".join(told)


def agenda(entry: Recorded[Review]) -> Agenda:
    """The agenda of a review, remembered: anew from data for a draft, else as it was frozen."""
    found: Agenda = remembered(
        inputs.here(), reviewing.shown, (entry.id, inputs.now().date()), {},
        long=entry.item.frozen is None,
    )  # fmt: skip
    return found


# --- the agenda -------------------------------------------------------------------------------


def _agenda(entry: Recorded[Review]) -> None:
    try:
        found = agenda(entry)
    except KpiError as error:  # the other tabs stay of use
        show_error(error)
        return
    if entry.item.frozen is not None:
        at = entry.item.frozen
        small(
            f"Figures as of ledger entry {at.position} and record {at.number}, frozen on "
            f"{at.at.astimezone():%Y-%m-%d %H:%M} by {at.who}."
        )
    _gaps(found)
    ways = {k.series.kpi.title: origin.address_of_last(k.series) for k in found.review.kpis}
    for one in found.inputs:
        _input(one, entry, ways)


def _gaps(found: Agenda) -> None:
    gaps = [(one.letter, text) for one in found.inputs for text in one.missing]
    if not gaps:
        return
    noun = "thing" if len(gaps) == 1 else "things"
    with st.expander(f"An auditor would miss {len(gaps)} {noun} here", icon=":material/rule:"):
        bullets([f"{letter}: {text}" for letter, text in gaps])


def _input(one: AgendaInput, entry: Recorded[Review], ways: Mapping[str, str]) -> None:
    with st.container(key=f"input {one.key}", gap="xsmall"):
        st.html(_told(one, entry.item.said_of(one.key)))
        if one.tables or one.kpis:
            _evidence(one, ways)


def _told(one: AgendaInput, minutes: str) -> str:
    """What an input says: its letter and title, the finding, further sentences, the minutes."""
    says = "".join(f"<li>{named.records_in(text)}</li>" for text in one.says)
    listed = f'<ul style="margin:.25rem 0;padding-left:1.2rem">{says}</ul>' if says else ""
    said = html(minutes, longest=LONGEST_TEXT)
    return (
        f'<h2 class="cn-section"><span class="cn-letter">{html(one.letter)}</span> '
        f"{html(one.title)}</h2>"
        f'<p class="cn-say">{named.records_in(one.nothing or one.finding)}</p>{listed}'
        + (f'<p class="cn-say"><b>Minutes:</b> {said}</p>' if said else "")
    )


def _evidence(one: AgendaInput, ways: Mapping[str, str]) -> None:
    what = [f"{len(one.tables)} table{'s' * (len(one.tables) != 1)}"] if one.tables else []
    what += [f"{len(one.kpis)} chart{'s' * (len(one.kpis) != 1)}"] if one.kpis else []
    box = st.expander(
        f"Evidence: {words.listed(what)}", key=f"evidence {one.key}", on_change="rerun"
    )
    if box.open:
        with box:
            for table in one.tables:
                show_table(table, ways)
            _charts(one)


def show_table(table: AgendaTable, ways: Mapping[str, str] = MappingProxyType({})) -> None:
    """A table of the agenda: its first lines; a KPI's name leads to the passport of its figure.

    ``ways`` are the addresses of passports by the KPI's title.
    """
    st.html(f'<p class="cn-say"><b>{html(table.title, longest=300)}</b></p>')
    lines: list[Sequence[object]] = list(table.lines[:MOST_LINES])
    if table.headings[0] == "KPI":
        lines = [(_led(line[0], ways), *line[1:]) for line in lines]
    tables.table(table.headings, lines, numbers=table.numbers)
    rest = table.lines[MOST_LINES:]
    if rest:
        small(f"{len(rest)} more line{'s' * (len(rest) != 1)} in the workbook and the pack.")


def _led(title: object, ways: Mapping[str, str]) -> object:
    address = ways.get(str(title), "")
    return tables.Way(str(title), address) if address else title


def _charts(one: AgendaInput) -> None:
    with st.grid(min_column_width=300):
        for kpi in one.kpis:
            with st.container(border=True, gap="xsmall", key=f"{one.key} {kpi.series.kpi.id}"):
                st.html(
                    f'<div class="cn-kpi"><p class="cn-card-title">{html(kpi.title, longest=600)}</p>'
                    f"{picture(kpi.series, width=260, height=90, style='cn-spark')}"
                    f'<p class="cn-small">{html(kpi.see)} {html(kpi.mean, longest=600)}</p></div>'
                )
                origin.of_last(kpi.series, Filters(where=kpi.series.slice))


# --- minutes, decisions, history --------------------------------------------------------------


def _minutes(entry: Recorded[Review]) -> None:
    try:
        found = agenda(entry)
    except KpiError as error:
        show_error(error)
        return
    minutes.draw(entry, found)


def _decisions(entry: Recorded[Review]) -> None:
    taken = reviewing.taken_in(inputs.here(), entry.id)
    today = inputs.now().date()
    tables.table(
        ("Decision", "Type", "Owner", "Due", "Status"),
        [_decision_line(d, today) for d in taken],
    ) if taken else small("Here will stand what is decided: each with type, owner and date.")
    for one in taken:
        _change(one, entry)
    if entry.item.status is not ReviewStatus.APPROVED and registering.may_change(
        inputs.here(), entry.item
    ):
        with st.expander("Record a decision", expanded=not taken, icon=":material/add:"):
            recordform.form(
                DECISION, preset=Decision(title="", review=entry.id, slice=entry.item.slice),
                only=("title", "type", "text", "owner", "due"), by=_decide_in(entry.id),
                key=entry.id, label="Record the decision",
            )  # fmt: skip
        if not taken:
            with st.expander("Nothing was decided"):
                recordform.form(
                    REVIEW, entry, only=("undecided",), key="undecided", label="Record why",
                    why="No decision taken", then="It is recorded why nothing was decided.",
                )  # fmt: skip


def _decision_line(one: Recorded[Decision], today: date) -> tuple[str, ...]:
    from kpi.analysis.agenda_own import status_words

    item = one.item
    due = item.due.isoformat() if item.due else "–"
    return (
        f"{item.title} ({one.id})", str(item.type), item.owner or "–", due,
        status_words(item, today),
    )  # fmt: skip


def _change(one: Recorded[Decision], entry: Recorded[Review]) -> None:
    lacking = lacks(one.item)
    if lacking and one.item.status is DecisionStatus.OPEN:
        small(
            f"“{words.clipped(one.item.title)}” has {words.listed(lacking)}: approving asks for all three."
        )
    box = st.expander(
        markdown(f"Change “{one.item.title}”", longest=120), key=f"change {one.id}",
        on_change="rerun",
    )  # fmt: skip
    if box.open:
        with box:
            recordform.form(
                DECISION, one, only=decision_fields(entry.item), by=_decide_in(entry.id), key=f"in {entry.id}",
            )  # fmt: skip


def decision_fields(review: Review) -> tuple[str, ...]:
    """What of a decision may change: once its review is approved, nothing that was signed."""
    later = ("owner", "due", "status", "done_on", "outcome")
    return later if review.status is ReviewStatus.APPROVED else ("title", "type", "text", *later)


def _decide_in(review: str) -> Any:
    def decide(home: Any, item: Decision, **named: Any) -> Recorded[Decision]:
        return reviewing.decide(home, review, item, **named)

    return decide


def _history(entry: Recorded[Review]) -> None:
    main, side = recordform.sides()
    with main:
        recordform.facts_of(
            REVIEW, entry, without=("title", "discussion", "attendance", "conclusion", "kept"),
        )  # fmt: skip
        if entry.item.status is not ReviewStatus.APPROVED or identity.access().highest:
            _plan(entry)
    with side:
        recordform.related(entry, linked.pages())
        recordform.history(REVIEW, entry)


def _plan(entry: Recorded[Review]) -> None:
    only = {
        ReviewStatus.DRAFT: ("title", "edition", "planned", "owner", "next_due"),
        ReviewStatus.HELD: ("title", "planned", "owner", "next_due"),
        ReviewStatus.APPROVED: ("next_due",),
    }[entry.item.status]
    with st.expander("Change title, plan or the next date"):
        recordform.form(REVIEW, entry, only=only, key="plan")
