"""The evidence page: what an auditor would find, and clause by clause what shows conformity."""

from typing import Final

import streamlit as st

from kpi.analysis import words
from kpi.analysis.agenda_results import Asked
from kpi.analysis.evidence_results import Answered, ClauseEvidence, Evidence, Shown, Standing
from kpi.analysis.inputs_asked import year_up_to
from kpi.analysis.results import Filters
from kpi.analysis.weakness_results import Weakness
from kpi.figures.escape import html, markdown
from kpi.qms.agenda import LATEST, Edition, edition_words
from pages.shared import cached, cards, guide, inputs, menu, named, origin, terms
from pages.shared.messages import bullets, say, small

ICONS: Final = {
    Standing.SHOWN: ":material/check_circle:",
    Standing.GAPS: ":material/error_outline:",
    Standing.NOTHING: ":material/radio_button_unchecked:",
}

ALL_PLANTS: Final = "All plants"

NO_QUESTION: Final = "Choose a question"

ANSWER: Final = "answer"
"""Where what answers the chosen question stands: by itself, on top."""


def draw() -> None:
    """The whole page."""
    home = inputs.here()
    edition, plant = _choices()
    where = (("plant", plant),) if plant != ALL_PLANTS else ()
    today = inputs.now().date()
    asked = year_up_to(home, where, today)
    found = cached.evidence(home, asked, today, edition)
    cards.top_line(found.headline)
    small(
        f"Looked at: {words.span_words(asked.first, asked.last)}, and every record as it is today."
    )
    _asked(found)
    _weaknesses(found)
    cards.section("Clause by clause")
    for clause in found.clauses:
        _clause(clause, found.asked)
    guide.on_evidence()
    small(found.reviewed)


def _choices() -> tuple[str, str]:
    plants = cached.choices(inputs.here(), Filters()).get("plant", ())
    left, right = st.columns([1, 1], gap="medium")
    with left:
        edition = inputs.choose(
            "Edition", "evidence edition", [str(LATEST), *(str(e) for e in Edition if e != LATEST)],
            words={str(e): edition_words(e) for e in Edition},
        )  # fmt: skip
    with right:
        plant = inputs.choose("Plant", "evidence plant", [ALL_PLANTS, *plants])
    return edition, plant


def _weaknesses(found: Evidence) -> None:
    cards.section("What an auditor would find")
    if not found.weaknesses:
        small("Nothing of what auditors usually find.")
    for weakness in found.weaknesses:
        _weakness(weakness)
    if found.sound:
        small(f"Looked for and not found: {'; '.join(found.sound)}.")


def _weakness(weakness: Weakness) -> None:
    with st.container(border=True, key=f"weakness {weakness.key}", gap="xsmall"):
        clauses = ", ".join(weakness.clauses)
        st.html(
            f'<p class="cn-card-title">{html(weakness.title)}</p>'
            f'<p class="cn-say">{terms.sentence(weakness.says)}</p>'
        )
        bullets(
            (text for text in weakness.examples if text != weakness.says), about=weakness.records
        )
        if weakness.examples and (more := weakness.count - len(weakness.examples)) > 0:
            small(f"And {words.small_number(more)} more.")
        small(f"{weakness.mend} (clause {clauses})")
        _go(weakness.page, menu.title_of(weakness.page))


def _asked(found: Evidence) -> None:
    """The answer to a question that an auditor asks, wherever it stands."""
    by_text = {q.question: (c, q) for c in found.clauses for q in c.asked}
    chosen = inputs.choose("What an auditor asks", "auditor asks", [NO_QUESTION, *by_text])
    if chosen in by_text:
        clause, question = by_text[chosen]
        with st.container(border=True, key="answered", gap="xsmall"):
            small(f"Clause {clause.number}, {clause.title}")
            for shown in question.answers:
                _shown(shown, found.asked, ANSWER)


def _clause(clause: ClauseEvidence, asked: Asked) -> None:
    gaps = f"{len(clause.missing)} missing" if clause.missing else ""
    said = ", ".join(text for text in (str(clause.standing), gaps, clause.fresh) if text)
    title = f"**{markdown(f'{clause.number} {clause.title}')}**: {markdown(said)}"
    with st.expander(title, icon=ICONS[clause.standing], key=f"clause {clause.clause}"):
        st.html(f'<p class="cn-say">{terms.sentence(clause.asks)}</p>')
        for shown in clause.shown:
            _shown(shown, asked, clause.clause)
        if clause.missing:
            st.html('<p class="cn-part">What an auditor would miss</p>')
            bullets(clause.missing)
        for question in clause.asked:
            _question(question)


def _shown(shown: Shown, asked: Asked, where: str) -> None:
    with st.container(gap="xsmall", key=f"shown {where} {shown.key}"):
        count = f" ({shown.count})" if shown.count else ""
        if shown.kpi and shown.there:
            origin.link(shown.kpi, Filters(where=asked.where), "", shown.title)
        elif shown.record:
            _go(shown.page, f"{shown.title}{count}", record=shown.record)
        else:
            _go(shown.page, f"{shown.title}{count}")
        # What was asked for is no remark.
        (say if where == ANSWER else small)(shown.says)


def _question(question: Answered) -> None:
    said = " ".join(shown.says for shown in question.answers) or "Nothing answers this yet."
    st.html(
        f'<p class="cn-say"><b>{html(question.question)}</b></p>'
        f'<p class="cn-answer">{named.records_in(said)}</p>'
    )


def _go(page: str, label: str, **extras: str) -> None:
    """A link to a page of the menu; only the words where it has none."""
    if page in menu.ADDRESSES:
        st.page_link(f"{page}.py", label=markdown(label), query_params=extras or None)
    else:
        small(label)
