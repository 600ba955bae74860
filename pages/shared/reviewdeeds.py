"""What is done with a management review: held, approved, given an addendum; its documents."""

from collections.abc import Callable
from datetime import date
from functools import partial
from typing import Final

import streamlit as st

from kpi.analysis import holding, registering, reviewing, words
from kpi.errors import KpiError
from kpi.figures.escape import html, markdown
from kpi.qms.register import Recorded
from kpi.qms.reviews import KeptFile, Review, ReviewStatus
from kpi.reports.documents import MIME, render
from pages.shared import cards, identity, inputs
from pages.shared.messages import say, show_error, small

WORDS: Final = {
    "deck.pptx": "The deck",
    "minutes.docx": "The minutes",
    "workbook.xlsx": "The workbook",
    "summary.pdf": "The summary on a page",
    "pack.zip": "The evidence pack",
    "agenda.json": "The agenda with its figures, as JSON",
}


def draw(entry: Recorded[Review]) -> None:
    """What comes next with a review, and the documents it keeps."""
    may = registering.may_change(inputs.here(), entry.item)
    deeds = {ReviewStatus.DRAFT: _hold, ReviewStatus.HELD: _approve}
    if may and entry.item.status in deeds:
        deeds[entry.item.status](entry)
    elif not may:
        small("Whoever manages every plant this review is about may hold and approve it.")
    if entry.item.signature:
        _signature(entry)
    if entry.item.kept:
        _documents(entry)
    if entry.item.status is ReviewStatus.APPROVED:
        _addenda(entry, may)


# --- holding and approving --------------------------------------------------------------------


def _hold(entry: Recorded[Review]) -> None:
    cards.section("Hold the review")
    say(
        "Holding freezes the figures at this place of the ledger, renders deck, minutes, workbook, "
        "summary and pack, and keeps them under their hash. There is no way back to a draft."
    )
    draft = inputs.Draft(f"hold {entry.id}")
    day = st.date_input(
        "Held on", key=draft.field("held on", inputs.now().date()), format="YYYY-MM-DD"
    )
    if st.button("Hold the review", type="primary", key=f"hold {entry.id}") and isinstance(
        day, date
    ):
        _do(
            "Freezing the figures and rendering the documents",
            partial(
                holding.hold, inputs.here(), entry.id, version=entry.version, held_on=day,
                render=render, who=inputs.who(), when=inputs.now(),
            ),
            f"{entry.id} is held. Its documents are kept as they are.",
            draft,
        )  # fmt: skip


def _approve(entry: Recorded[Review]) -> None:
    cards.section("Approve the review")
    open_points = holding.open_points(inputs.here(), entry.id)
    for one in open_points:
        small(f"Open: {one}")
    draft = inputs.Draft(f"approve {entry.id}")
    signed_in = identity.configured()
    name = identity.person().label if signed_in else ""
    left, right = st.columns(2)
    if signed_in:
        left.text_input("Signed by", value=name, disabled=True)
    else:
        name = left.text_input("Signed by", key=draft.field("name", ""))
        small("Nobody signs in here, so that the signature is labelled self-declared.")
    role = right.text_input("As", key=draft.field("role", ""), placeholder="Managing director")
    if st.button("Approve and sign", type="primary", key=f"approve {entry.id}"):
        _do(
            "Signing, and rendering the approved documents",
            partial(
                holding.approve, inputs.here(), entry.id, version=entry.version, name=name,
                role=role, signed_in=signed_in, render=render, who=inputs.who(), when=inputs.now(),
            ),
            f"{entry.id} is approved and signed.",
            draft,
        )  # fmt: skip


def _do(doing: str, deed: Callable[[], Recorded[Review]], then: str, draft: inputs.Draft) -> None:
    """Do what takes a while; what stands against it is told, and nothing was done."""
    try:
        with st.spinner(doing):
            deed()
    except KpiError as error:
        show_error(error)
        return
    draft.done()
    inputs.tell(then)
    st.rerun()


def _signature(entry: Recorded[Review]) -> None:
    signed = entry.item.signature
    if signed is None:
        return
    fits = holding.signature_fits(inputs.here(), entry.id)
    declared = " (self-declared: nobody signs in here)" if signed.self_declared else ""
    cards.section("Signature")
    cards.facts(
        [
            ("Signed by", f"{signed.name}, {signed.role}{declared}" if signed.role
             else f"{signed.name}{declared}"),
            ("When", f"{signed.at.astimezone():%Y-%m-%d %H:%M}"),
            ("Over", f"SHA-256 {signed.sha256}"),
            ("Checked now", "The hash fits what was signed." if fits else
             "The hash does not fit what is on record: something was altered after signing. Run "
             "python -m kpi doctor."),
        ],
        wide=True,
    )  # fmt: skip


# --- documents --------------------------------------------------------------------------------


def _documents(entry: Recorded[Review]) -> None:
    for status in (ReviewStatus.APPROVED, ReviewStatus.HELD):
        files = [f for f in entry.item.kept if f.at is status]
        if files:
            cards.section(f"Documents as {status}")
            for file in files:
                _document(entry, file)


def _document(entry: Recorded[Review], file: KeptFile) -> None:
    home = inputs.here()
    content = partial(reviewing.document, home, entry.id, file.name, file.at)
    try:
        content()
    except KpiError as error:
        show_error(error)
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.download_button(
            markdown(WORDS.get(file.name, file.name)), data=content, on_click="ignore",
            file_name=f"{entry.id}-{file.at}-{file.name}", icon=":material/download:",
            mime=MIME.get(file.name, "application/octet-stream"),
            key=f"kept {file.at} {file.name}",
        )  # fmt: skip
        st.html(
            f'<p class="cn-small" title="{html(file.sha256)}">{_size(file.bytes)} · SHA-256 '
            f"{html(file.sha256[:16])}…</p>"
        )


def _size(count: int) -> str:
    return f"{words.number(max(1, round(count / 1000)), 0)} kB"


def _addenda(entry: Recorded[Review], may: bool) -> None:
    cards.section("Addenda")
    for one in entry.item.addenda:
        st.html(
            f'<p class="cn-say">{html(one.text, longest=5000)}</p>'
            f'<p class="cn-small">{one.at.astimezone():%Y-%m-%d %H:%M} · {html(one.who)}</p>'
        )
    if not entry.item.addenda:
        small("Nothing was added since it was approved.")
    if not may:
        return
    draft = inputs.Draft(f"addendum {entry.id}")
    with st.expander("Add to it", icon=":material/add:"):
        text = st.text_area("Addendum", key=draft.field("text", ""))
        if st.button("Record the addendum", key=f"addendum {entry.id}"):
            _do(
                "Recording",
                partial(
                    holding.add_addendum, inputs.here(), entry.id, text, version=entry.version,
                    who=inputs.who(), when=inputs.now(),
                ),
                "The addendum is recorded.",
                draft,
            )  # fmt: skip
