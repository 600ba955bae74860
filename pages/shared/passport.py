"""The number passport on a page, and the links that lead to it."""

from collections.abc import Sequence

import streamlit as st

from kpi.analysis import words
from kpi.analysis.evidence import PAGE_OF_KIND
from kpi.analysis.passport import Passport, Place
from kpi.analysis.passport_records import Mention
from kpi.analysis.results import SourceFile
from kpi.figures.escape import html, markdown
from kpi.qms.kinds import kind_of_id
from pages.shared import cached, cards, charts, inputs, menu, tables
from pages.shared.messages import bullets, empty, say, small

NOTHING = "Here will stand where a figure comes from, down to the cells, once files are uploaded."


def draw() -> None:
    """The passport of the figure that the address asks for, or that is chosen here."""
    home = inputs.here()
    known = {kpi.id: kpi.title for kpi in cached.catalogue(home) if kpi.computable}
    if home.position == 0 or not known:
        empty(NOTHING, "Upload files", "upload.py")
        return
    left, right = st.columns([1, 1], gap="medium")
    with left:
        kpi = inputs.choose("KPI", "passport kpi", list(known), extra="kpi", words=known)
    filters = inputs.filters()
    series = cached.series(home, kpi, filters)
    periods = [str(label) for label in series.points["period"]][::-1]
    if not periods:
        small(f"{series.kpi.title} has no figure for what is chosen.")
        return
    with right:
        chosen = inputs.choose(
            "Period", f"passport {kpi}", periods, extra="rows",
            words={label: words.period_words(label) for label in periods},
        )  # fmt: skip
    _passport(cached.passport(home, kpi, filters, chosen))


def _passport(found: Passport) -> None:
    st.html(
        f'<h2 class="cn-headline">{html(found.title)}</h2>'
        f'<p class="cn-value" style="margin-top:.5rem">{html(found.value_words)}</p>'
        f'<p class="cn-small">{html(found.reckoned)}</p>'
    )
    left, right = st.columns([1, 1], gap="medium")
    with left:
        _definition(found)
    with right:
        st.html(
            f'<div class="cn-multiple">{charts.picture(found.series, width=520, height=180)}</div>'
        )
        if found.restated:
            cards.section("Restated")
            bullets(found.restated)
    _files(found.files)
    _places(found.places)
    _looked_at(found)
    cards.section("Rows")
    tables.raw_rows(found.rows, f"passport-{found.kpi.id}-{found.period}")
    small(f"Ledger entry {found.position}. Head of the audit trail: {found.head}")


def _definition(found: Passport) -> None:
    kpi = found.kpi
    cards.section("Definition")
    cards.facts(
        [
            ("In words", kpi.definition),
            ("Formula", found.formula),
            ("Version", f"{kpi.version}, after {kpi.source}"),
            *(("Stated", note) for note in found.stated),
            *(("Noted on the chart", note) for note in found.notes),
        ]
    )


def _files(files: Sequence[SourceFile]) -> None:
    cards.section("Files")
    if not files:
        small("No file: nothing was uploaded for this period.")
        return
    tables.table(
        ("File", "Rows", "Loaded by", "On", "Upload", "SHA-256"),
        [
            (
                f.file,
                f"{f.rows:,}",
                f.who,
                f"{f.when.astimezone():%Y-%m-%d %H:%M}",
                f.upload,
                f.sha256,
            )
            for f in files
        ],
        numbers=(1,),
        whole=(3, 4),
    )


def _places(places: Sequence[Place]) -> None:
    for place in places:
        sheet = f", sheet {place.sheet}" if place.sheet else ""
        with st.expander(
            markdown(f"A row of the {place.side}: {place.file}{sheet}, row {place.row}")
        ):
            if place.says:
                say(place.says)
            else:
                tables.table(("Heading", "Cell as the file shows it"), place.cells, snug=True)


def _looked_at(found: Passport) -> None:
    cards.section("Who looked at it, and what rests on it")
    if not found.analyses:
        small("Nobody has recorded an analysis of this figure.")
    for title, told in (
        ("Analyses", found.analyses),
        ("Management reviews that used it", found.reviews),
        ("Other records about it", found.records),
    ):
        if told:
            st.html(f'<p class="cn-part">{html(title)}</p>')
            _mentions(told)


def _mentions(told: Sequence[Mention]) -> None:
    """Each record as a link to it, with who recorded it when."""
    for mention in told:
        with st.container(gap="xsmall", key=f"mention {mention.id}"):
            _open(mention)
            small(f"{mention.kind}, {mention.who}, {mention.when.astimezone():%Y-%m-%d}")


def _open(mention: Mention) -> None:
    kind = kind_of_id(mention.id)
    page = PAGE_OF_KIND.get(kind.name, "") if kind else ""
    if page in menu.ADDRESSES:
        st.page_link(
            f"{page}.py", label=f"{markdown(mention.says)} :small[{markdown(mention.id)}]",
            query_params={"record": mention.id},
        )  # fmt: skip
    else:
        say(f"{mention.says} ({mention.id})")
