"""The catalogue of KPIs, and the glossary, to be searched."""

from collections.abc import Sequence
from itertools import groupby
from typing import Final

import streamlit as st

from kpi.analysis.definitions import formula
from kpi.analysis.series import CHART_NAMES
from kpi.figures.escape import html
from kpi.measures import Kpi
from kpi.qms.glossary import FAMILY_WORDS, Term, glossary
from pages.shared import cached, cards, inputs
from pages.shared.messages import small

MOST_OPEN: Final = 12
"""Words of the glossary that are shown without being asked for: fewer found are laid open."""


def kpis() -> None:
    """Words and KPIs by domain, filtered by what is typed."""
    wanted = st.text_input("Search", placeholder="For example: scrap, promise, 9.1.2").casefold()
    known = cached.catalogue(inputs.here())
    order = list(dict.fromkeys(kpi.domain for kpi in known))
    found = sorted(
        (kpi for kpi in known if wanted in _searched(kpi).casefold()),
        key=lambda kpi: order.index(kpi.domain),
    )
    terms = [t for t in glossary() if wanted in " ".join((*t.forms, t.says)).casefold()]
    if not found and not terms:
        small("No definition has this word.")
    _words(terms)
    for domain, members in groupby(found, key=_domain):
        cards.section(domain.capitalize())
        for kpi in members:
            _definition(kpi)


def _words(terms: Sequence[Term]) -> None:
    """The glossary, family by family; folded away until something is searched."""
    for family, title in FAMILY_WORDS.items():
        lines = [(term.word, f"{term.says}.") for term in terms if term.family is family]
        if lines:
            listed = "".join(f"<dt>{html(a)}</dt><dd>{html(b)}</dd>" for a, b in lines)
            with st.expander(f"{title}: {len(lines)}", expanded=len(terms) < MOST_OPEN):
                st.html(f'<dl class="cn-facts cn-wide">{listed}</dl>')


def _domain(kpi: Kpi) -> str:
    return kpi.domain


def _searched(kpi: Kpi) -> str:
    return " ".join((kpi.id, kpi.title, kpi.definition, kpi.numerator, kpi.source, *kpi.clauses))


def _definition(kpi: Kpi) -> None:
    lines = [
        ("Formula", formula(kpi)),
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
