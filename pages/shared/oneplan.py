"""One entry of the measurement plan: how far its data reach, who analysed it, its history."""

from typing import Any, Final

import streamlit as st

from kpi.access import Permission
from kpi.analysis import measuring, words
from kpi.analysis.measuring_results import PlanLine
from kpi.analysis.results import Filters
from kpi.figures.escape import clean, html
from kpi.qms.measurement import PLAN_ENTRY, Analysis, PlanEntry
from kpi.qms.register import Recorded
from pages.shared import cached, cards, identity, inputs, linked, recordform, tables
from pages.shared.messages import bullets, small

PAGE: Final = "plan.py"


def draw(entry: Recorded[PlanEntry]) -> None:
    """The entry that is open."""
    line = measuring.plan_line(inputs.here(), entry.id, today=inputs.now().date())
    recordform.back(PAGE, PLAN_ENTRY)
    main, side = recordform.sides()
    with main:
        _entry_head(line)
        _entry_feeds(line)
        cards.section("As it was agreed")
        cards.facts([("Definition", line.definition), ("Process", line.process)], wide=True)
        recordform.facts_of(PLAN_ENTRY, entry, without=("title", "definition", "process"))
        _entry_analyses(entry)
        if identity.may(Permission.MANAGE):
            with st.expander("Change it or withdraw it"):
                recordform.form(PLAN_ENTRY, entry, own=OWN)
    with side:
        recordform.related(entry, linked.pages())
        recordform.history(PLAN_ENTRY, entry)


def _entry_head(line: PlanLine) -> None:
    st.html(
        f'<p class="cn-small">{html(f"{line.title} · {line.id}")}</p>'
        f'<h2 class="cn-headline">{html(line.says, longest=1000)}</h2>'
    )
    cards.facts(
        [("Last uploaded", line.uploaded_words), ("Last analysed", line.analysed_words)], wide=True
    )
    item = line.entry.item
    kpi = next((k for k in cached.catalogue(inputs.here()) if k.id == item.kpi), None)
    if kpi is not None:
        st.page_link(
            cards.page_of_kpi(kpi), label="Open the KPI and note an analysis",
            icon=":material/arrow_forward:", icon_position="right",
            query_params=inputs.link(Filters(where=item.slice), kpi=kpi.id),
        )  # fmt: skip
    if line.lacks:
        with st.expander(f"What an auditor would miss: {len(line.lacks)}"):
            bullets(line.lacks)


def _entry_feeds(line: PlanLine) -> None:
    if not line.feeds:
        return
    cards.section("Where its data come from")
    tables.table(
        ("Plant", "Data", "Feed", "Last uploaded", "By", "Data up to"),
        [
            (
                feed.plant, feed.title, words.listed(feed.feeds),
                words.date_words(feed.uploaded) if feed.uploaded else "never", feed.who,
                words.date_words(feed.reach) if feed.reach else "",
            )
            for feed in line.feeds
        ],
    )  # fmt: skip


def _entry_analyses(entry: Recorded[PlanEntry]) -> None:
    item = entry.item
    found = measuring.analyses(inputs.here(), item.slice, item.kpi)
    cards.section(f"Analyses: {len(found)}")
    recordform.listing(
        found, PAGE, analysis_facts, key=f"of {entry.id}",
        empty="Nobody has noted an analysis of it yet. It is noted under the chart of the KPI.",
    )  # fmt: skip


def _feeds(draft: inputs.Draft, value: Any, values: dict[str, Any]) -> tuple[str, ...]:
    """The feeds that count: some of those that are known; none: all of them."""
    kept = list(value or ())
    known = list(dict.fromkeys([*(m.feed for m in inputs.here().store.memories()), *kept]))
    found = st.multiselect(
        "Feeds", known, key=draft.field("feeds", kept), on_change=draft.keeper("feeds", kept),
        placeholder="Every feed of its data", format_func=clean,
    )  # fmt: skip
    return tuple(found)


def _definition(draft: inputs.Draft, value: Any, values: dict[str, Any]) -> int:
    """The version of the definition in force: what is recorded now is agreed with that."""
    kpi = next((k for k in cached.catalogue(inputs.here()) if k.id == values.get("kpi")), None)
    if kpi is None:
        return int(value or 0)
    small(f"Recorded with version {kpi.version} of the definition: {kpi.definition}")
    return kpi.version


def analysis_facts(entry: Recorded[Analysis]) -> str:
    """When, by whom, and what was concluded, in a line."""
    item = entry.item
    on = words.date_words(item.on) if item.on else ""
    return f"{on} by {item.owner}: {words.clipped(item.concluded, 160)}"


OWN: Final = {"feeds": _feeds, "definition": _definition}
"""What of an entry has a form of its own."""
