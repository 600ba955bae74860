"""The registers of risks and opportunities: the worst first, where they lie, what became of actions."""

from typing import Any, Final

import streamlit as st

from kpi.analysis import agenda_risks
from kpi.analysis.risk_effects import RiskRegister, risk_register, summary
from kpi.qms.register import Kind, Recorded
from kpi.qms.risks import OPPORTUNITY, RISK, Consequence, Gain, Standing, rating
from pages.shared import inputs, recordform, tables
from pages.shared.asked import remembered
from pages.shared.registerwords import joined, of, status

_EMPTY: Final = {
    RISK: "Here will stand what may go wrong, how likely and with what consequence, what is done about "
    "it, and what the data say: did it work?",
    OPPORTUNITY: "Here will stand what may be seized, what it would bring, what is done for it, and what "
    "the data say: did it work?",
}


def draw(kind: Kind[Any], page: str) -> None:
    """The list with what the data say of the actions, and where each lies."""
    found: RiskRegister = remembered(
        inputs.here(), risk_register, (kind.name, (), inputs.now().date()), {}
    )
    effects = {entry.id: summary(actions) for entry, actions in found}
    entries: list[Recorded[Any]] = sorted(
        (entry for entry, _ in found),
        key=lambda e: (e.item.status is Standing.CLOSED, -(rating(e.item) or 26), e.id),
    )
    recordform.listing(
        entries, page, lambda entry: _facts(entry, effects[entry.id]), key=kind.name,
        due=lambda e: None if e.item.status is Standing.CLOSED else e.item.review,
        empty=_EMPTY[kind],
    )  # fmt: skip
    if any(rating(entry.item) for entry in entries):
        degrees = list(Consequence if kind is RISK else Gain)[1:]
        with st.expander("By likelihood and consequence"):
            tables.table(("Likelihood", *degrees), agenda_risks.matrix(found), whole=(0,))


def _facts(entry: Recorded[Any], effect: str) -> str:
    item = entry.item
    degree = rating(item)
    return joined(
        "Not rated" if degree is None else f"Rating {degree} of 25", str(item.treatment),
        f"actions: {effect}" if effect else "no action", of(entry), status(entry),
    )  # fmt: skip
