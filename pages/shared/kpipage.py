"""The page of a domain: pick a KPI, read its verdict, see where it comes from, go down to the rows."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import streamlit as st

from kpi import analysis
from kpi.analysis import words
from kpi.analysis.landing import DOMAIN_KPIS
from kpi.analysis.results import Filters, KpiView, SeriesView
from kpi.datasets import DIMENSIONS, NUMERATOR_ONLY
from kpi.figures import loss_table
from kpi.measures import Kpi
from pages.shared import (
    annotating,
    cached,
    cards,
    charts,
    coming,
    inputs,
    lookedat,
    origin,
    starting,
    tables,
    why,
    worked,
)
from pages.shared.messages import empty, notes, say, small

UPLOAD_PAGE = "upload.py"

FACTS_BESIDE = 4
"""Facts that stand beside the chart; the rest is folded away below it."""


def kpis_of(domain: str) -> tuple[Kpi, ...]:
    """The catalogue's KPIs of a domain that today's datasets can serve, the usual ones first."""
    found = [k for k in cached.catalogue(inputs.here()) if k.domain == domain and k.computable]
    first = DOMAIN_KPIS.get(domain, ())
    return tuple(sorted(found, key=lambda k: first.index(k.id) if k.id in first else len(first)))


def other_kpis() -> tuple[Kpi, ...]:
    """The catalogue's KPIs whose domain has no page of its own."""
    found = cached.catalogue(inputs.here())
    return tuple(kpi for kpi in found if kpi.computable and kpi.domain not in cards.DOMAIN_PAGES)


def choose_kpi(name: str, kpis: tuple[Kpi, ...]) -> str:
    """The KPI to look at; part of the address."""
    return inputs.choose(
        "KPI",
        f"kpi {name}",
        [kpi.id for kpi in kpis],
        extra="kpi",
        words={kpi.id: kpi.title for kpi in kpis},
        segmented=True,
    )


def domain(name: str, kpis: tuple[Kpi, ...], nothing: str) -> None:
    """Everything about one KPI of a domain."""
    if inputs.here().position == 0 or not kpis:
        empty(nothing, "Upload files", UPLOAD_PAGE)
        return
    kpi = choose_kpi(name, kpis)
    view = cached.kpi_view(inputs.here(), kpi, inputs.filters())
    cards.headline(view.series)
    if view.series.points.empty:
        _nothing(nothing)
        return
    _answers(view, name)


def _nothing(nothing: str) -> None:
    """Why the page is empty: the filters leave nothing, or nothing was uploaded for it."""
    if inputs.filters() == Filters():
        empty(nothing, "Upload files", UPLOAD_PAGE)
        return
    say("What is chosen under “Show” leaves nothing here. Choose less, or clear it.")
    st.button("Clear what is chosen", on_click=inputs.set_filters, args=(Filters(),))


def _chart_and_facts(view: KpiView) -> None:
    chart, beside = st.columns([3, 1], gap="medium")
    with chart:
        charts.control(view.series)
        charts.save(view.series)
        starting.from_chart(view.series)
        annotating.draw(view.series)
        lookedat.draw(view.series)
    with beside:
        cards.facts(view.facts[:FACTS_BESIDE])
        origin.of_last(view.series, inputs.filters())
    with st.expander("What this rests on"):
        cards.facts(view.facts[FACTS_BESIDE:], wide=True)
    if view.partner is not None:
        cards.section("Seen together with")
        cards.row([view.partner], "partner-")


def _answers(view: KpiView, name: str) -> None:
    """The answers side by side under the verdict: a link from the overview opens one in sight."""
    drawn: dict[str, tuple[str, Callable[[], None]]] = {
        "chart": ("Chart", lambda: _chart_and_facts(view)),
        "where": ("Where it comes from", lambda: _where(view)),
        "why": ("Why it changed", lambda: why.draw(view.series)),
        "next": ("What comes next", lambda: coming.draw(view.series)),
        "effect": ("Did it work?", lambda: worked.draw(view.series)),
    }
    if name == "downtime":
        drawn["losses"] = ("Loss-time ledger", _losses)
    if name == "delivery":
        drawn["promises"] = ("Request and promises", _promises)
    drawn["rows"] = ("Rows", lambda: _rows(view.series))
    tabs = inputs.tabs(name, {id: title for id, (title, _) in drawn.items()})
    for id, tab in tabs.items():
        if tab.open:
            with tab:
                drawn[id][1]()


def _where(view: KpiView) -> None:
    home, filters, kpi = inputs.here(), inputs.filters(), view.series.kpi
    present = cached.choices(home, filters)
    dimensions = [d for d in DIMENSIONS if d in kpi.dimensions and len(present.get(d, ())) > 1]
    if not dimensions:
        small("There is nothing to split by: the uploaded files carry no line, machine or reason.")
        return
    dimension = inputs.choose(
        "Split by", f"by {kpi.id}", _likely_first(dimensions, view), extra="by",
        words={d: d.capitalize() for d in dimensions},
    )  # fmt: skip
    pareto = cached.pareto(home, kpi.id, dimension, filters)
    if dimension in NUMERATOR_ONLY:
        charts.pareto(pareto)
        return
    left, right = st.columns([1, 1], gap="medium")
    with left:
        charts.pareto(pareto)
    with right:
        cards.multiples(cached.split(home, kpi.id, filters, dimension))


def _likely_first(dimensions: Sequence[str], view: KpiView) -> list[str]:
    likely = view.pareto.dimension if view.pareto is not None else view.split_by
    return sorted(dimensions, key=lambda dimension: dimension != likely)


def _rows(series: SeriesView) -> None:
    periods = [str(label) for label in series.points["period"]][::-1]
    period = inputs.choose(
        "Period", f"rows {series.kpi.id}", periods, extra="rows",
        words={label: words.period_words(label) for label in periods},
    )  # fmt: skip
    view = cached.rows(inputs.here(), series.kpi.id, inputs.filters(), period)
    cards.section(view.title)
    origin.link(series.kpi.id, inputs.filters(), period, "The passport of this figure")
    tables.raw_rows(view, f"{series.kpi.id}-{period}")


def _losses() -> None:
    chosen = inputs.filters()
    ledger = cached.losses(inputs.here(), chosen)
    when = words.span_words(chosen.first, chosen.last)
    say(
        f"From the minutes the files record to the unplanned minutes that count, {when}. It balances."
    )
    st.html(loss_table(ledger))
    notes(ledger.notes)


def _promises() -> None:
    home, filters = inputs.here(), inputs.filters()
    names = ("otd_request", "otd_first_promise", "otd_promise")
    known = {kpi.id for kpi in cached.catalogue(home)}
    say(
        "The same order items against three dates. A promise that is moved makes a late item punctual."
    )
    cards.row([cached.series(home, name, filters) for name in names if name in known], "promise-")
    months = analysis.months_to_review(home)
    if filters.last is not None:
        months = tuple(month for month in months if month <= f"{filters.last:%Y-%m}")
    found = cached.redating(home, filters, months[0]) if months else None
    if found is None:
        small("Points won by re-dating: no order line has both a first and a present promise here.")
        return
    cards.section(found.title)
    say(f"{found.see} {found.mean}")
    tables.table(
        ("Month of the first promise", "Order lines", "Promise moved", "Won", "Lost", "Points won"),
        [_redated(line) for line in found.months.tail(12)[::-1].to_dict("records")],
        numbers=(1, 2, 3, 4, 5),
    )


def _redated(line: Mapping[Any, Any]) -> tuple[str, ...]:
    counts = [words.number(line[name], 0) for name in ("lines", "redated", "won", "lost")]
    return (words.period_words(line["period"]), *counts, words.number(line["points"], 1))
