"""The catalogue as a glossary."""

from itertools import groupby

import streamlit as st

from kpi.analysis.series import CHART_NAMES
from kpi.figures.escape import html
from kpi.measures import Kpi
from pages.shared import cached, cards, inputs
from pages.shared.messages import small


def kpis() -> None:
    """Every KPI by domain, filtered by what is typed."""
    wanted = st.text_input("Search", placeholder="For example: scrap, promise, 9.1.2").casefold()
    known = cached.catalogue(inputs.here())
    order = list(dict.fromkeys(kpi.domain for kpi in known))
    found = sorted(
        (kpi for kpi in known if wanted in _searched(kpi).casefold()),
        key=lambda kpi: order.index(kpi.domain),
    )
    if not found:
        small("No definition has this word.")
    for domain, members in groupby(found, key=_domain):
        cards.section(domain.capitalize())
        for kpi in members:
            _definition(kpi)


def _domain(kpi: Kpi) -> str:
    return kpi.domain


def _searched(kpi: Kpi) -> str:
    return " ".join((kpi.id, kpi.title, kpi.definition, kpi.numerator, kpi.source, *kpi.clauses))


def _definition(kpi: Kpi) -> None:
    formula = f"{kpi.numerator} ÷ {kpi.denominator}" if kpi.denominator else kpi.numerator
    lines = [
        ("Formula", formula if kpi.per == 1 or not kpi.denominator else f"{formula} × {kpi.per:g}"),
        ("Unit", kpi.unit or "none"),
        ("Direction", kpi.direction.value),
        ("Chart", CHART_NAMES.get(kpi.default_chart, kpi.default_chart)),
        ("Source", f"{kpi.source}; version {kpi.version}"),
        ("Evidence for", f"ISO 9001 clauses {', '.join(kpi.clauses)}" if kpi.clauses else ""),
        ("Still missing", kpi.needs),
        ("Identifier", kpi.id),
    ]
    facts = "".join(f"<dt>{html(a)}</dt><dd>{html(b)}</dd>" for a, b in lines if b)
    with st.container(border=True, key=f"definition {kpi.id}"):
        st.html(
            f'<p class="cn-card-title">{html(kpi.title)}</p>'
            f'<p class="cn-say">{html(kpi.definition)}</p><dl class="cn-facts cn-wide">{facts}</dl>'
        )
