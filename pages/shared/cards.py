"""Cards: a finding with its evidence, a KPI with its verdicts, small multiples."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any, Final

import streamlit as st

from kpi.analysis import words
from kpi.analysis.results import Filters, Finding, Overview, Screened, SeriesView
from kpi.figures import BOTH, assurance_icon, data_uri, shared_span, variation_icon
from kpi.figures.escape import html, markdown
from kpi.figures.icons import VARIATION_WORDS, assurance_words
from kpi.measures import Kpi
from kpi.model import Assurance
from pages.shared import inputs, origin, starting, terms
from pages.shared.charts import picture
from pages.shared.messages import small
from pages.shared.remembering import once

DOMAIN_PAGES: Final = {
    "scrap": "scrap.py", "downtime": "downtime.py", "delivery": "delivery.py",
    "customers": "partners.py", "suppliers": "partners.py",
}  # fmt: skip
"""The page of a KPI's domain; every other domain is on the page of other figures."""

OTHER_PAGE: Final = "other.py"


MOST_LISTED: Final = 15
"""Lines of a list that is folded away."""


def page_of(view: SeriesView) -> str:
    """The page that shows the KPI of a view at length."""
    return page_of_kpi(view.kpi)


def page_of_kpi(kpi: Kpi) -> str:
    """The page that shows a KPI at length."""
    return DOMAIN_PAGES.get(kpi.domain, OTHER_PAGE)


def seen_as(view: SeriesView) -> Filters:
    """The page's filters, narrowed to the slice of a view."""
    return replace(inputs.filters(), where=view.slice)


def headline(view: SeriesView) -> None:
    """The verdict as the page's heading: the sentence, the value, the two verdicts."""
    st.html(once(view, "headline", lambda: _headline(view)))


def _headline(view: SeriesView) -> str:
    return (
        f'<h2 class="cn-headline">{html(view.headline, longest=1000)}</h2>'
        f'<div class="cn-verdicts" style="margin-top:.5rem">{_value(view)}{_target(view)}{_verdicts(view)}</div>'
        f'<p class="cn-small">{html(_period_line(view))}</p>'
    )


def section(text: str) -> None:
    """A heading inside a page, with text of ours or of a file."""
    st.html(f'<h2 class="cn-section">{terms.heading(text)}</h2>')


def titled(id: str, title: str) -> None:
    """The heading of a record: its title, and small behind it its id."""
    st.html(
        f'<h2 class="cn-headline">{html(title, longest=400)} '
        f'<span class="cn-id">{html(id)}</span></h2>'
    )


def attention(overview: Overview) -> None:
    """What needs attention now, worst first; or the sentence that nothing does."""
    section("Needs attention")
    for number, finding in enumerate(overview.findings):
        _finding(finding, str(number), worse=True)
    if not overview.findings:
        st.html(f'<div class="cn-quiet"><p class="cn-card-title">{html(overview.quiet)}</p></div>')
    _listed("Also needs attention", overview.more)
    _listed("Watch", overview.watch)
    alone = f"{words.number(overview.left_alone, 0)} series may be left alone."
    small(f"{overview.looked_at} {alone}" if overview.looked_at else "")


def improvements(overview: Overview) -> None:
    """What got better and is no chance: worth keeping, and worth a word to those who did it."""
    if overview.improvements:
        section("Getting better")
    for number, finding in enumerate(overview.improvements):
        _finding(finding, f"better-{number}", worse=False)


def _listed(title: str, found: Sequence[Screened]) -> None:
    """A list folded away: a line each, with what it comes to, and a link."""
    if not found:
        return
    with st.expander(f"{title}: {len(found)}"), st.container(gap="xsmall"):
        for one in found[:MOST_LISTED]:
            st.page_link(
                page_of_kpi(one.kpi),
                label=markdown(f"{one.headline} {one.cost_words}"),
                query_params=inputs.link(
                    replace(inputs.filters(), where=one.slice, period=one.period), kpi=one.kpi.id
                ),
            )
        if len(found) > MOST_LISTED:
            small(f"And {len(found) - MOST_LISTED} more: python -m kpi screen --all lists them.")


def _finding(finding: Finding, key: str, *, worse: bool) -> None:
    view = finding.series
    with st.container(border=True, key=f"card-finding-{key}", gap="small"):
        st.html(once(finding, "finding", lambda: _found(finding)))
        with st.container(horizontal=True, gap="medium"):
            _open(view, "Open")
            if finding.since:
                _tab(view, "Why did it change?", "why", until=finding.since)
            _tab(view, "What comes next?", "next")
            for event in view.notes_on_chart.events[-1:]:
                _tab(view, "Did it help?", "effect", event=event.id)
            if worse:
                starting.from_card(view, _same_period(view))
            origin.of_last(view, _same_period(view))


def _found(finding: Finding) -> str:
    return (
        '<div class="cn-finding"><div>'
        f'<p class="cn-card-title">{html(finding.headline, longest=1000)}</p>'
        f'<p class="cn-cost">{html(finding.cost_words, longest=1000)}</p>'
        f'<p class="cn-say">{html(f"{finding.detail} {finding.related}", longest=1000)}</p>'
        f'<p class="cn-say">{html(finding.sure, longest=1000)}</p>'
        f'<p class="cn-small">{html(f"{finding.advice} {finding.checked}", longest=1000)}</p>'
        f"</div>{picture(finding.series, width=340, height=140)}</div>"
    )


def _tab(view: SeriesView, label: str, tab: str, **extras: str) -> None:
    """A link to a tab of the KPI's page, seen through the slice of a view."""
    st.page_link(
        page_of(view),
        label=label,
        query_params=inputs.link(_same_period(view), kpi=view.kpi.id, tab=tab, **extras),
    )


def _same_period(view: SeriesView) -> Filters:
    return replace(seen_as(view), period=view.period)


def _open(view: SeriesView, label: str) -> None:
    st.page_link(
        page_of(view),
        label=label,
        icon=":material/arrow_forward:",
        icon_position="right",
        query_params=inputs.link(_same_period(view), kpi=view.kpi.id),
    )


def grid(cards: Iterable[tuple[str, Sequence[SeriesView]]]) -> None:
    """KPI cards by domain: value, unit, period, target, sparkline, verdicts."""
    for title, views in cards:
        section(title)
        with st.grid(min_column_width=250):
            for view in views:
                _kpi(view)


def row(views: Sequence[SeriesView], name: str) -> None:
    """KPI cards side by side, outside the overview."""
    with st.grid(min_column_width=250):
        for view in views:
            _kpi(view, name)


def _kpi(view: SeriesView, name: str = "") -> None:
    with st.container(border=True, key=f"card-{name}{view.kpi.id}", gap="xsmall", height="stretch"):
        _open(view, f"**{markdown(view.kpi.title)}**")
        st.html(once(view, "card", lambda: _card(view)))
        with st.container(horizontal=True, gap="medium"):
            if view.target is not None:
                _tab(view, "Will it meet the target?", "next")
            origin.of_last(view, _same_period(view), "Passport")


def _card(view: SeriesView) -> str:
    return (
        f'<div class="cn-kpi"><div class="cn-verdicts">{_value(view)}{_target(view)}</div>'
        f'<p class="cn-small">{html(_period_line(view))}</p>'
        f"{picture(view, width=260, height=56, style='cn-spark')}"
        f'<div class="cn-verdicts">{_verdicts(view)}</div></div>'
    )


def _value(view: SeriesView) -> str:
    measured = bool(len(view.points)) and bool(view.points["value"].notna().iloc[-1])
    style = "cn-value" if measured else "cn-value cn-none"
    return f'<span class="{style}">{html(view.last_value)}</span>'


def _period_line(view: SeriesView) -> str:
    return " · ".join(text for text in (view.last_label, view.last_change) if text)


def _target(view: SeriesView) -> str:
    if view.target is None:
        return ""
    goal = words.value_text(view.target.value, view.kpi)
    return f'<span class="cn-small">{html(f"target {goal}")}</span>'


def _verdicts(view: SeriesView) -> str:
    variation = _verdict(
        variation_icon(view.variation, view.kpi.direction, BOTH),
        VARIATION_WORDS[view.variation],
        f"cn-{view.variation.value.replace(' ', '-')}",
    )
    if view.assurance is Assurance.NO_TARGET:
        return variation
    return variation + _verdict(
        assurance_icon(view.assurance, BOTH),
        assurance_words(view.assurance, changed=view.changed),
        "",
    )


def _verdict(icon: str, word: str, style: str) -> str:
    return (
        f'<span class="cn-verdict {style}"><img src="{data_uri(icon)}" alt="">{html(word)}</span>'
    )


def multiples(views: Sequence[SeriesView]) -> None:
    """Small multiples on one scale, worst first; each opens the page seen through its slice."""
    span = shared_span(views)
    with st.grid(min_column_width=230):
        for number, view in enumerate(views):
            with st.container(
                border=True, key=f"card-multiple-{number}", gap="xsmall", height="stretch"
            ):
                _open(view, f"**{markdown(_capital(view.slice_words))}**")
                st.html(
                    f'<div class="cn-multiple">{picture(view, width=250, height=84, span=span)}'
                    f'<div class="cn-verdicts"><span>{html(view.last_value)}</span>'
                    f"{_verdicts(view)}</div></div>"
                )
    if span:
        small("All on one scale.")


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def facts(pairs: Iterable[tuple[str, str]], *, wide: bool = False) -> None:
    """Label and text, one under the other; ``wide``: beside each other."""
    listed = "".join(
        f"<dt>{terms.heading(label)}</dt><dd>{html(text, longest=2000)}</dd>"
        for label, text in pairs
    )
    st.html(f'<dl class="cn-facts {"cn-wide" if wide else ""}">{listed}</dl>')


def top_line(text: str) -> None:
    """The one line on top of the overview."""
    st.html(f'<p class="cn-top">{html(text, longest=1000)}</p>')


def steps(every: list[Any], now: Any) -> None:
    """How far a record has come, among all the steps there are."""
    at = every.index(now)
    listed = "".join(
        f'<li class="{"cn-now" if n == at else "cn-done" if n < at else ""}">'
        f"{html(str(step).capitalize())}</li>"
        for n, step in enumerate(every)
    )
    st.html(f'<ol class="cn-steps">{listed}</ol>')
