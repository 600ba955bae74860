"""What a file would change and what is wrong in it: the tables on its card."""

from collections.abc import Sequence
from typing import Any, Final

import pandas as pd
import streamlit as st

from kpi.analysis.fields import dataset_title, field_title
from kpi.analysis.results import DatasetReport, Effect, FileOutcome
from kpi.figures.escape import html
from kpi.model import ControlTotal
from kpi.texts import fixed
from pages.shared import tables
from pages.shared.confirming import contents_html
from pages.shared.language import spoken, tr, tr_n, written
from pages.shared.messages import bullets, small

MOST_MONTHS: Final = 13
"""Months of a KPI shown at once, the latest; the others are folded away."""

MOST_JUMPS: Final = 12
MOST_TOTALS: Final = 12


def preview(outcome: FileOutcome) -> None:
    """What would be in force and what it changes; what is out of the ordinary first."""
    _jumps(outcome.effects)
    if outcome.state == "previewed":
        st.html(contents_html(outcome.contents))
        _rows(outcome)
    _cannot(outcome)
    _reconciled([total for part in outcome.datasets for total in part.control_totals])
    _effects(outcome.effects)
    if outcome.touches:
        _title(tr("Held reviews that it touches"))
        bullets([spoken(text) for text in outcome.touches])
    elif outcome.state == "previewed":
        small(tr("No review has been held on these months yet, so none is touched."))


def _title(text: str) -> None:
    st.html(f'<h3 class="cn-part">{html(text)}</h3>')


def _rows(outcome: FileOutcome) -> None:
    """Per dataset: rows new, changed, gone and as they were."""
    tables.table(
        (tr("Rows of"), tr("new"), tr("changed"), tr("gone"), tr("as they were")),
        [
            (spoken(dataset_title(c.dataset)), *map(written, (c.new, c.changed, c.gone, c.kept)))
            for c in outcome.row_changes
        ],
        numbers=(1, 2, 3, 4),
        snug=True,
    )


def _cannot(outcome: FileOutcome) -> None:
    if not outcome.cannot:
        return
    _title(tr("What this file cannot give"))
    tables.table(
        (tr("KPI"), tr("Why not"), tr("What to ask IT for")),
        [
            (", ".join(tr(k) for k in gap.kpis), spoken(gap.says), spoken(gap.ask))
            for gap in outcome.cannot
        ],
    )


def _jumps(effects: Sequence[Effect]) -> None:
    """Figures no chart would believe: what a wrong unit or half a file looks like."""
    jumps = [e for e in effects if e.jump]
    if not jumps:
        return
    _title(
        tr_n(
            "Look at this one first: {n} figure is out of the ordinary",
            "Look at these first: {n} figures are out of the ordinary",
            len(jumps),
        )
    )
    tables.table(
        (tr("KPI"), tr("Where"), tr("Period"), tr("Before"), tr("After"), tr("Compared with")),
        [
            (spoken(e.title), spoken(e.slice_words), spoken(e.period), spoken(e.before),
             spoken(e.after), spoken(e.usual))
            for e in jumps[:MOST_JUMPS]
        ],
        numbers=(3, 4),
    )  # fmt: skip
    if len(jumps) > MOST_JUMPS:
        small(tr("{n} more stand in the tables below.", n=len(jumps) - MOST_JUMPS))


# --- the file's own totals --------------------------------------------------------------------


def _reconciled(totals: Sequence[ControlTotal]) -> None:
    if not totals:
        return
    _title(tr("Held against the file's own totals"))
    apart = [t for t in totals if not t.agrees]
    if not apart:
        small(
            tr_n(
                "{n} total of the file: the rows read add up to it, to the last digit.",
                "{n} totals of the file: the rows read add up to all of them, to the last digit.",
                len(totals),
            )
        )
    else:
        small(
            tr_n(
                "{n} of {all} totals differs from the rows read.",
                "{n} of {all} totals differ from the rows read.",
                len(apart),
                all=len(totals),
            )
        )
    shown = [*apart, *(t for t in totals if t.agrees)]
    _totals(shown[:MOST_TOTALS])
    if len(shown) > MOST_TOTALS:
        with st.expander(tr("{n} more", n=len(shown) - MOST_TOTALS)):
            _totals(shown[MOST_TOTALS:])


def _totals(totals: Sequence[ControlTotal]) -> None:
    tables.table(
        (tr("Total of"), tr("Where"), tr("The file says"), tr("The rows say"), ""),
        [
            (spoken(field_title(t.field)), spoken(t.where), _amount(t.file_says), _amount(t.rows_say),
             _agreement(t))
            for t in totals
        ],
        numbers=(2, 3),
    )  # fmt: skip


def _agreement(total: ControlTotal) -> str:
    if total.agrees:
        return tr("agrees")
    return tr("differs by {amount}", amount=_amount(total.rows_say - total.file_says))


def _amount(value: float) -> str:
    decimals = next((d for d in range(4) if abs(value - round(value, d)) < 5e-5), 4)
    return written(fixed(value, decimals))


# --- KPIs before and after --------------------------------------------------------------------


def _effects(effects: Sequence[Effect]) -> None:
    """Per KPI a table of lines and months, before → after."""
    if not effects:
        return
    _title(tr("What it changes"))
    if not any(e.was_there for e in effects):
        small(tr("None of these months had a figure before."))
    for title in dict.fromkeys(e.title for e in effects):
        of_kpi = [e for e in effects if e.title == title]
        st.html(f'<p class="cn-card-title">{html(spoken(title))}</p>')
        months = sorted({e.month for e in of_kpi})
        _matrix(of_kpi, months[-MOST_MONTHS:])
        if len(months) > MOST_MONTHS:
            with st.expander(tr("{n} earlier months", n=len(months) - MOST_MONTHS)):
                _matrix(of_kpi, months[:-MOST_MONTHS])


def _matrix(effects: Sequence[Effect], months: Sequence[str]) -> None:
    cells = {(e.plant, e.line, e.month): e for e in effects}
    words = {e.month: spoken(e.period) for e in effects}
    slices = list(dict.fromkeys((e.plant, e.line) for e in effects))
    heads = "".join(f'<th scope="col" class="cn-number">{html(words[m])}</th>' for m in months)
    names = {(e.plant, e.line): spoken(e.slice_words) for e in effects}
    rows = "".join(
        f'<tr><th scope="row">{html(names[own])}</th>'
        + "".join(_cell(cells.get((*own, m)), words[m]) for m in months)
        + "</tr>"
        for own in slices
    )
    st.html(
        '<div class="cn-scroll cn-newest" tabindex="0"><table class="cn-table cn-cards cn-snug">'
        f'<thead><tr><th scope="col">{html(tr("Where"))}</th>{heads}</tr></thead>'
        f"<tbody>{rows}</tbody></table></div>"
    )


def _cell(effect: Effect | None, month: str) -> str:
    if effect is None:
        return '<td class="cn-number"></td>'
    after = html(spoken(effect.after))
    before = (
        f'<span class="cn-small">{html(spoken(effect.before))} → </span>'
        if effect.was_there
        else ""
    )
    style = "cn-jump" if effect.jump else ""
    mark = (
        f'<span class="cn-jump" title="{html(spoken(effect.usual))}">▲ </span>'
        if effect.jump
        else ""
    )
    return (
        f'<td class="cn-number" data-label="{html(month)}">{mark}{before}'
        f'<span class="{style}">{after}</span></td>'
    )


# --- how it was read --------------------------------------------------------------------------


def how_it_was_read(outcome: FileOutcome) -> None:
    """Each dataset with its rows, its conventions and a few rows as they would be kept."""
    for part in outcome.datasets:
        _dataset(part, headings=not outcome.columns)
    small(f"SHA-256 {outcome.sha256}")


def _cell_words(cell: Any) -> Any:
    """A canonical value as the reader's language writes it; text and what is missing stay."""
    if isinstance(cell, str) or pd.isna(cell):
        return cell
    if isinstance(cell, float):
        return _amount(cell)
    return written(cell)


def _dataset(part: DatasetReport, *, headings: bool) -> None:
    title = spoken(dataset_title(part.dataset))
    named = tr("{title}, sheet {sheet}", title=title, sheet=part.sheet) if part.sheet else title
    _title(named)
    small(
        tr(
            "Rows read: {read}; accepted: {accepted}; rejected: {rejected}.",
            read=part.rows_read,
            accepted=part.rows_accepted,
            rejected=part.rows_rejected,
        )
    )
    if headings:
        tables.table(
            (tr("Heading in the file"), tr("Read as")),
            [(heading, spoken(field_title(name))) for heading, name in part.mapping.items()],
        )
    if not part.sample.empty:
        titles = {name: spoken(field_title(str(name))) for name in part.sample.columns}
        shown = part.sample.drop(columns=["sheet"], errors="ignore").map(_cell_words)
        tables.sample(shown.rename(columns=titles))
