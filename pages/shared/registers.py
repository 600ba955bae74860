"""Registers, a tab each: context, interested parties, risks, opportunities, resources."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any, Final

import streamlit as st

from kpi.analysis import agenda_context, agenda_resources, agenda_risks, registering, words
from kpi.analysis.agenda_results import AgendaInput, Asked
from kpi.analysis.home import Home
from kpi.qms.context import (
    CLIMATE,
    ISSUE,
    OPEN_PROVISION,
    PARTY,
    RESOURCE,
    ClimateDecision,
    Issue,
    Party,
    Resource,
    Standing,
)
from kpi.qms.register import Kind, Recorded
from kpi.qms.risks import OPPORTUNITY, RISK, Opportunity, Risk
from pages.shared import cards, inputs, onerisk, recordform, risklist
from pages.shared.asked import remembered
from pages.shared.messages import bullets, say, small
from pages.shared.oneaction import me
from pages.shared.registerwords import dated, joined, of, status

PAGE: Final = "registers.py"
YEAR: Final = timedelta(days=365)

TABS: Final = {
    "context": "Context",
    "parties": "Interested parties",
    "risks": "Risks",
    "opportunities": "Opportunities",
    "resources": "Resources",
}


_ONE: Final[dict[Kind[Any], Callable[[Kind[Any], Recorded[Any], str], None]]] = {
    **dict.fromkeys((ISSUE, CLIMATE, PARTY, RESOURCE), onerisk.plain),
    **dict.fromkeys((RISK, OPPORTUNITY), onerisk.draw),
}
"""How one record of each kind is shown."""


def draw() -> None:
    """The record that the address asks for, or the registers."""
    for kind, drawn in _ONE.items():
        if (entry := recordform.opened(kind)) is not None:
            drawn(kind, entry, PAGE)
            return
    _tabs()


def _tabs() -> None:
    drawn: dict[str, Callable[[], None]] = {
        "context": _context,
        "parties": _parties,
        "risks": _risks,
        "opportunities": _opportunities,
        "resources": _resources,
    }
    for id, tab in inputs.tabs("registers", TABS).items():
        if tab.open:
            with tab:
                drawn[id]()


def _today() -> date:
    return inputs.now().date()


def _last_year() -> Asked:
    return Asked((), _today() - YEAR, _today())


def _missing(fill: Callable[[Home, Asked], AgendaInput]) -> None:
    """What an auditor would miss in the register today."""
    found: AgendaInput = remembered(inputs.here(), fill, (_last_year(),), {})
    if not found.missing:
        return
    count = words.small_number(len(found.missing))
    noun = "thing" if len(found.missing) == 1 else "things"
    with st.expander(f"An auditor would miss {count} {noun} here"):
        bullets(found.missing)


def _new(kind: Kind[Any], preset: Any, *, label: str = "") -> None:
    with st.expander(label or f"Record another {kind.title.lower()}"):
        recordform.form(kind, preset=preset)


# --- context and parties ----------------------------------------------------------------------


def _context() -> None:
    home, today = inputs.here(), _today()
    cards.section("Climate change")
    decision = agenda_context.climate_decision(home, (), today)
    say(agenda_context.climate_words(decision))
    decisions = registering.listed(home, CLIMATE)
    if decisions:
        recordform.listing(decisions[::-1], PAGE, _climate_facts, key="climate")
    _new(
        CLIMATE, ClimateDecision(decided=today, by=me(), owner=me(), review=today + YEAR),
        label="Decide anew" if decision else "Decide whether climate change is a relevant issue",
    )  # fmt: skip
    cards.section("External and internal issues")
    entries = sorted(registering.listed(home, ISSUE), key=_live_first)
    recordform.listing(
        entries, PAGE, _issue_facts, due=_again, key="issues",
        empty="Here will stand what changes around and within the company, and bears on quality: "
        "markets, law, energy, people, technology.",
    )  # fmt: skip
    _new(
        ISSUE,
        Issue(title="", since=today, owner=me(), review=today + YEAR),
        label="Record an issue",
    )
    _missing(agenda_context.context_input)


def _climate_facts(entry: Recorded[ClimateDecision]) -> str:
    item = entry.item
    decided = words.date_words(item.decided) if item.decided else "no day"
    return f"Relevant: {item.relevant} · decided {decided} by {item.by}"


def _live_first(entry: Recorded[Any]) -> tuple[bool, int]:
    changed = getattr(entry.item, "since", None) or getattr(entry.item, "changed", None)
    return entry.item.status is Standing.ENDED, -(changed or date.min).toordinal()


def _issue_facts(entry: Recorded[Issue]) -> str:
    item = entry.item
    told = [
        f"{str(item.origin).capitalize()}",
        dated("changed", item.since),
        of(entry),
        status(entry),
    ]
    return joined(*told)


def _parties() -> None:
    entries = sorted(registering.listed(inputs.here(), PARTY), key=_live_first)
    recordform.listing(
        entries, PAGE, _party_facts, due=_again, key="parties",
        empty="Here will stand who has needs and expectations that bear on quality: customers, "
        "authorities, owners, people, suppliers, neighbours; and which of them the system takes up.",
    )  # fmt: skip
    _new(
        PARTY, Party(title="", changed=_today(), owner=me(), review=_today() + YEAR),
        label="Record an interested party",
    )  # fmt: skip
    _missing(agenda_context.parties_input)


def _party_facts(entry: Recorded[Party]) -> str:
    item = entry.item
    return joined(
        words.clipped(item.need, 120), f"taken up: {item.relevant}",
        "about climate change" if item.climate else "", dated("changed", item.changed),
        status(entry),
    )  # fmt: skip


# --- risks and opportunities ------------------------------------------------------------------


def _risks() -> None:
    risklist.draw(RISK, PAGE)
    _new(RISK, Risk(title="", identified=_today(), owner=me(), review=_today() + YEAR),
         label="Record a risk")  # fmt: skip
    _missing(agenda_risks.risk_actions_input)


def _opportunities() -> None:
    risklist.draw(OPPORTUNITY, PAGE)
    _new(
        OPPORTUNITY, Opportunity(title="", identified=_today(), owner=me(), review=_today() + YEAR),
        label="Record an opportunity",
    )  # fmt: skip
    _missing(agenda_risks.opportunity_actions_input)


# --- resources --------------------------------------------------------------------------------


def _resources() -> None:
    found: AgendaInput = remembered(
        inputs.here(), agenda_resources.resources_input, (_last_year(),), {}
    )
    say(found.finding or found.nothing)
    for line in found.says:
        small(line)
    entries = sorted(
        registering.listed(inputs.here(), RESOURCE),
        key=lambda e: (e.item.status not in OPEN_PROVISION, e.item.needed or date.max),
    )
    recordform.listing(
        entries, PAGE, _resource_facts, key="resources",
        due=lambda e: e.item.needed if e.item.status in OPEN_PROVISION else None,
        empty="Here will stand what is needed to reach what was set out: people, equipment, knowledge.",
    )  # fmt: skip
    _new(RESOURCE, Resource(title="", asked=_today(), owner=me()), label="Record a resource")
    _missing(agenda_resources.resources_input)


def _resource_facts(entry: Recorded[Resource]) -> str:
    item = entry.item
    return joined(
        str(item.means).capitalize(), dated("needed by", item.needed),
        dated("provided", item.provided), of(entry), status(entry),
    )  # fmt: skip


def _again(entry: Recorded[Any]) -> date | None:
    return None if entry.item.status is Standing.ENDED else entry.item.review
