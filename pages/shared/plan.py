"""The page of the measurement plan: entries, analyses, the coverage calendar; or the record open."""

from collections.abc import Sequence
from typing import Any, Final

import streamlit as st

from kpi.access import Permission
from kpi.analysis import measuring, planning, words
from kpi.analysis.measuring_results import Late, PlanLine
from kpi.analysis.results import Filters
from kpi.figures.escape import html
from kpi.qms.measurement import ANALYSIS, PLAN_ENTRY, Analysis, PlanEntry
from kpi.qms.register import Recorded
from pages.shared import (
    cached,
    cards,
    identity,
    inputs,
    linked,
    oneplan,
    recordform,
    recordlist,
    tables,
)
from pages.shared.coverage import calendar
from pages.shared.messages import say, small

PAGE: Final = "plan.py"

TABS: Final = {"plan": "Plan", "analyses": "Analyses", "coverage": "Coverage by month"}

MOST_LATE: Final = 8
"""Of what is overdue shown in a table of its own; beside the entries stands all of it."""

SHOWN: Final = 50
"""Entries of the plan in sight at once."""

NEW: Final = (
    "title", "kpi", "slice", "process", "owner", "measured", "analysed", "method", "kept", "since",
    "links",
)  # fmt: skip


def draw() -> None:
    """The entry or analysis the address asks for, or the plan."""
    entry = recordform.opened(PLAN_ENTRY)
    if entry is not None:
        oneplan.draw(entry)
        return
    analysis = recordform.opened(ANALYSIS)
    if analysis is not None:
        _analysis(analysis)
        return
    tabs = inputs.tabs("plan", TABS)
    drawn = {"plan": _plan, "analyses": _analyses, "coverage": _coverage}
    for id, tab in tabs.items():
        if tab.open:
            with tab:
                drawn[id]()


# --- the plan ---------------------------------------------------------------------------------


def _plan() -> None:
    lines = cached.plan(inputs.here(), inputs.now().date())
    active = [line for line in lines if line.active]
    if active:
        cards.top_line(measuring.finding(active))
        _overdue(active)
        cards.section("All entries")
        _entries(lines)
        tables.download("Save the plan as CSV", measuring.plan_table(lines), "measurement-plan")
    else:
        say(
            "Here will stand what is measured: each KPI with its process, method, feed, how often it is "
            "uploaded and analysed, and what of it is overdue."
        )
    if identity.may(Permission.MANAGE):
        _propose()
        with st.expander("Record an entry by hand"):
            recordform.form(
                PLAN_ENTRY, preset=PlanEntry(title="", kept=planning.KEPT, since=_today()),
                only=NEW, own=oneplan.OWN,
            )  # fmt: skip


def _entries(lines: Sequence[PlanLine]) -> None:
    """The entries as a table that can be narrowed; the first column opens each."""
    kept = {e.id for e in recordlist.narrowed([line.entry for line in lines], f"{PAGE} plan")}
    shown = [line for line in lines if line.id in kept]
    _table(shown[:SHOWN])
    if len(shown) > SHOWN:
        with st.expander(f"{len(shown) - SHOWN} more", key="more of the plan"):
            _table(shown[SHOWN:])
    if not shown:
        small(recordlist.NONE_SO)


def _table(lines: Sequence[PlanLine]) -> None:
    headings = ("Entry", "Process", "Uploaded", "Analysed", "Owner", "Status")
    every = [_cells(line) for line in lines]
    # What is the same everywhere takes no column.
    width = len(headings) - (len({line[-1] for line in every}) < 2)
    tables.table(headings[:width], [line[:width] for line in every], whole=(4,))


def _cells(line: PlanLine) -> tuple[str, ...]:
    item = line.entry.item
    status = "overdue" if line.late else str(item.status)
    return (
        line.id, line.process or "–", f"{item.measured}, last {line.uploaded_words}",
        f"{item.analysed}, {_last_look(line)}", item.owner or "nobody", status,
    )  # fmt: skip


def _overdue(lines: Sequence[PlanLine]) -> None:
    late = [(line, says) for kind in Late for line in lines for k, says in line.late if k is kind]
    if not late:
        return
    cards.section(f"Overdue: {len(late)}")
    tables.table(
        ("KPI", "What", "Owner"),
        [(line.title, says, line.entry.item.owner or "nobody") for line, says in late[:MOST_LATE]],
    )
    if len(late) > MOST_LATE:
        small(f"And {len(late) - MOST_LATE} more, told beside the entries below.")


def _last_look(line: PlanLine) -> str:
    if line.analysed is None or line.analysed.item.on is None:
        return "not analysed yet"
    return f"last {words.date_words(line.analysed.item.on)} by {line.analysed.item.owner}"


def _propose() -> None:
    """Entries from what is loaded, shown before anything is recorded."""
    draft = inputs.Draft("plan proposal")
    with st.expander("Propose a plan from the data that are loaded"):
        small("One entry for every main KPI of a plant that the plan does not have yet.")
        asked = st.toggle(
            "Show the proposal", key=draft.field("asked", False),
            on_change=draft.keeper("asked", False),
        )  # fmt: skip
        if asked:
            _proposal(draft)


def _proposal(draft: inputs.Draft) -> None:
    home = inputs.here()
    found = cached.proposed_plan(home, _today())
    if not found:
        small("There is nothing to add: the plan has every KPI that has data.")
        return
    tables.table(
        ("KPI", "Process", "Uploaded", "Analysed", "Feeds"),
        [
            (e.title, e.process, str(e.measured), str(e.analysed), words.listed(e.feeds) or "any")
            for e in found
        ],
    )
    if st.button(f"Record these {len(found)} entries", type="primary", key="record the plan"):
        made = planning.record_proposed(home, found, who=inputs.who(), when=inputs.now())
        draft.done()
        inputs.tell(f"{len(made)} entries are recorded. Name their owners next.")
        st.rerun()


# --- analyses ---------------------------------------------------------------------------------


def _analyses() -> None:
    recordform.listing(
        measuring.analyses(inputs.here()), PAGE, oneplan.analysis_facts, key="analyses",
        empty="Here will stand who looked at which KPI, when, and what was concluded. An analysis is "
        "noted under the chart of a KPI: “I looked at this”.",
    )  # fmt: skip


def _analysis(entry: Recorded[Analysis]) -> None:
    recordform.back(PAGE, ANALYSIS)
    main, side = recordform.sides()
    with main:
        st.html(
            f'<p class="cn-small">{html(f"{entry.item.title} · {entry.id}")}</p>'
            f'<h2 class="cn-headline">{html(entry.item.concluded, longest=2000)}</h2>'
        )
        recordform.facts_of(ANALYSIS, entry, without=("title", "concluded"))
        if identity.may(Permission.MANAGE):
            with st.expander("Correct it"):
                recordform.form(ANALYSIS, entry, only=("concluded", "owner", "on", "links"))
    with side:
        recordform.related(entry, linked.pages())
        recordform.history(ANALYSIS, entry)


def _coverage() -> None:
    calendar(cached.coverage(inputs.here(), Filters()))


def _today() -> Any:
    return inputs.now().date()
