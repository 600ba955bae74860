"""The review of a month on the page, and the deck built from it."""

from io import BytesIO

import streamlit as st

from kpi import analysis
from kpi.analysis.screen_words import without_findings
from kpi.analysis.words import period_words
from pages.shared import cached, cards, inputs, tables
from pages.shared.messages import bullets, say, small

DECK_TYPE = "application/vnd.openxmlformats-officedocument.presentationml.presentation"


def review() -> None:
    """Choose the month, build its deck, save it."""
    months = analysis.months_to_review(inputs.here())
    if not months:
        small("No month has facts in force yet.")
        return
    month = inputs.choose(
        "Month", "review month", months, words={m: period_words(m) for m in months}
    )
    say(
        f"The review of {period_words(month)}: a slide per KPI with a native, editable chart, "
        "its sentence and a proposed decision; Paretos, data quality, definitions."
    )
    if st.button("Build the deck", type="primary", icon=":material/co_present:"):
        _build(month)
    _built(month)


def _key(month: str) -> str:
    return f"{month} {cached.version(inputs.here())}"


def _build(month: str) -> None:
    from kpi.analysis.agenda import asked_of, build_agenda
    from kpi.qms.agenda import LATEST
    from kpi.reports.deck import write_deck
    from kpi.reports.documents import company_template

    with st.status("Building the deck", expanded=True) as status:
        bar = st.progress(0.1, "Asking for the month's figures")
        home = inputs.here()
        agenda = build_agenda(
            home,
            asked_of(home, (), month, month),
            edition=LATEST,
            who=inputs.who(),
            when=inputs.now(),
        )
        bar.progress(0.7, "Drawing the slides")
        file = BytesIO()
        write_deck(agenda, file, company_template(inputs.here()))
        status.update(label="The deck is built", state="complete", expanded=False)
    inputs.deck().clear()
    inputs.deck()[_key(month)] = (file.getvalue(), agenda.review)


def _built(month: str) -> None:
    if _key(month) not in inputs.deck():
        return
    data, found = inputs.deck()[_key(month)]
    st.download_button(
        "Save the deck",
        data=data,
        file_name=f"review-{month}.pptx",
        mime=DECK_TYPE,
        icon=":material/download:",
        type="primary",
        on_click="ignore",
    )
    cards.section("What it says")
    quiet = without_findings(found.worsening, too_early=found.too_early)
    bullets([f.headline for f in found.findings] or [quiet])
    tables.table(
        ("KPI", "What we see", "What it means", "Proposed decision"),
        [(k.series.kpi.title, k.see, k.mean, k.decision) for k in found.kpis],
    )
    cards.section("Data quality")
    tables.table(("Kind", "What"), found.quality)
