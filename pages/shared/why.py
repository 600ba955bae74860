"""The tab "Why it changed" of a KPI page."""

from dataclasses import replace
from functools import partial
from typing import Final

import pandas as pd
import streamlit as st

from kpi.analysis import words
from kpi.analysis.results import SeriesView
from kpi.analysis.why import AUTO, WhyView
from kpi.analysis.why_parts import WhyPart
from kpi.analysis.why_spans import BETWEEN, span_words, usual_labels
from kpi.analysis.why_words import share_text, signed
from kpi.errors import KpiError
from kpi.figures import LIGHT, export
from kpi.figures.escape import html, markdown
from kpi.figures.waterfall import (
    alt_text,
    parts_data,
    starts_at,
    waterfall_figure,
    waterfall_picture,
)
from pages.shared import cached, cards, charts, inputs, tables
from pages.shared.messages import notes, say, small

MOST_LINES: Final = 10
"""Slices in the table; the rest goes into the file to save."""

MOST_LINKS: Final = 4

_MIME: Final = {"png": "image/png", "svg": "image/svg+xml", "csv": "text/csv"}


def draw(series: SeriesView) -> None:
    """Two periods, a dimension, the sentence, the waterfall, the parts."""
    usual = usual_labels(series)
    if usual is None:
        say("It takes two periods with a value to say why one differs from the other.")
        return
    choices = st.columns(3)
    with choices[0]:
        until = _period(series, "Explain", "until", _ends(series, usual[1], *_suggested(series)))
    before = usual if until == usual[1] else usual_labels(series, until) or usual
    with choices[1]:
        since = _period(series, "Compared with", "since", _ends(series, before[0], usual[0]))
    try:
        with choices[2]:
            view = _asked(series, since, until)
    except KpiError as error:
        say(str(error))
        return
    _show(view, cards.page_of(series))


def _suggested(series: SeriesView) -> tuple[str, ...]:
    """All since the step that the chart suggests."""
    last = str(series.points["period"].iloc[-1])
    step = series.suggestion.period if series.suggestion else last
    return () if step == last else (f"{step}{BETWEEN}{last}",)


def _ends(series: SeriesView, *first: str) -> list[str]:
    """What may be chosen: the usual, then every single period with a value, the newest first."""
    measured = series.points["value"].notna()
    single = [str(label) for label in series.points["period"][measured]][::-1]
    return list(dict.fromkeys([*first, *single]))


def _period(series: SeriesView, label: str, extra: str, options: list[str]) -> str:
    return inputs.choose(
        label, f"why {extra} {series.kpi.id} {series.period}", options, extra=extra,
        words={option: _words(option, extra) for option in options},
    )  # fmt: skip


def _words(option: str, extra: str) -> str:
    if BETWEEN not in option:
        return words.period_words(option)
    return f"{'Since then' if extra == 'until' else 'Before'}: {span_words(option)}"


def _asked(series: SeriesView, since: str, until: str) -> WhyView:
    """The answer by the dimension chosen; the one that explains most stands first."""
    home, filters, kpi = inputs.here(), inputs.filters(), series.kpi.id
    best = cached.why(home, kpi, filters, since, until, AUTO)
    options = list(best.dimensions)
    by = inputs.choose(
        "Split by", f"why by {kpi}", options, extra="by",
        words={d: f"{d.capitalize()}{' (explains most)' if d == best.by else ''}" for d in options},
    )  # fmt: skip
    return best if by == best.by else cached.why(home, kpi, filters, since, until, by)


def _show(view: WhyView, page: str) -> None:
    st.html(
        f'<p class="cn-say">{html(view.chance, longest=500)}</p>'
        f'<h3 class="cn-card-title" style="margin-top:.5rem">{html(f"{view.finding}: {view.because}.", longest=2000)}</h3>'
    )
    charts.drawn(
        waterfall_figure(view, LIGHT), f"{view.sentence} {alt_text(view)}",
        f"why {view.kpi.id} {view.by} {view.before.label} {view.after.label}",
    )  # fmt: skip
    small(" ".join(filter(None, (starts_at(view, LIGHT), *view.remarks))))
    _table(view)
    _save(view)
    _links(view, page)
    notes(view.notes)


def _table(view: WhyView) -> None:
    single = len(view.before.labels) == len(view.after.labels) == 1
    sides = (view.before.words, view.after.words) if single else ("before", "after")
    headings = [view.by.capitalize(), "Part in the change", *(f"Value, {w}" for w in sides)]
    if view.has_mix:
        headings[2:2] = ["By its own value", "By its share"]
        headings += [f"Share, {w}" for w in sides]
    lines = [_line(view, part) for part in view.parts[:MOST_LINES]]
    if view.remainder:
        left = [signed(view.kpi, view.remainder)]
        lines.append(["Cannot be assigned", *left, *([None] * (len(headings) - 2))])
    tables.table(headings, lines, numbers=range(1, len(headings)))
    rest = len(view.parts) - MOST_LINES
    if rest > 0:
        small(f"{words.small_number(rest).capitalize()} smaller ones are in the file.")


def _save(view: WhyView) -> None:
    """The waterfall to take along: as a picture, as a drawing, as its numbers."""
    title = f"Why {view.kpi.title} {words.slice_words(view.slice)} {view.after.label} by {view.by}"
    missing = export.missing_renderer()
    with st.popover("Save this chart", icon=":material/download:", type="tertiary"):
        small(missing)
        kinds = {} if missing else {"Picture (PNG)": "png", "Drawing (SVG)": "svg"}
        for label, ending in {**kinds, "Data (CSV)": "csv"}.items():
            st.download_button(
                label, data=partial(_file, view, ending), file_name=export.file_name(title, ending),
                mime=_MIME[ending], key=f"save why {ending}", on_click="ignore", width="stretch",
            )  # fmt: skip


def _file(view: WhyView, ending: str) -> bytes:
    if ending == "csv":
        return tables.csv_bytes(parts_data(view))
    return export.picture(waterfall_picture(view), ending)


def _line(view: WhyView, part: WhyPart) -> list[str | None]:
    effects = [part.total]
    if view.has_mix:
        effects += [part.rate_effect, part.mix_effect]
    cells: list[str | None] = [part.label, *(signed(view.kpi, e) for e in effects)]
    cells += [_value(view, value) for value in (part.rate_from, part.rate_to)]
    if view.has_mix:
        cells += [share_text(share) or None for share in (part.share_from, part.share_to)]
    return cells


def _value(view: WhyView, value: float) -> str | None:
    return None if pd.isna(value) else words.value_text(value, view.kpi)


def _links(view: WhyView, page: str) -> None:
    """The slices with the largest parts, each opened by a click."""
    named = [part for part in view.parts if part.code][:MOST_LINKS]
    if not named:
        return
    small("Look at one of them alone:")
    with st.container(horizontal=True):
        for part in named:
            where = tuple(pair for pair in view.slice if pair[0] != view.by)
            there = replace(inputs.filters(), where=(*where, (view.by, part.code)))
            st.page_link(
                page, label=markdown(part.label),
                icon=":material/arrow_forward:",
                query_params=inputs.link(there, kpi=view.kpi.id),
            )  # fmt: skip
