"""Speaker notes: what a figure rests on, so that an auditor's question is answered from the slide."""

import math
from collections.abc import Iterable, Sequence
from typing import Any, Final

from kpi.analysis import words
from kpi.analysis.agenda_results import Agenda, AgendaInput, AgendaTable
from kpi.analysis.definitions import formula
from kpi.analysis.results import (
    ParetoView,
    Redating,
    Review,
    ReviewKpi,
    ReviewPage,
    SeriesView,
    SourceFile,
)


def provenance(review: Review) -> str:
    """Every file the deck rests on, with its hash."""
    head = (
        f"{review.title}. Ledger position {review.position}. "
        f"Files that gave rows to the figures of this deck: {len(review.sources)}."
    )
    return "\n".join([head, *sealed(review), *files(review.sources)])


def sealed(review: Review) -> list[str]:
    """The head of the audit trail, and how it is compared with the books."""
    if not review.head:
        return []
    return [
        f"Head of the audit trail when this deck was made: {review.head}. Whether everything recorded "
        f"up to then still stands, the page Audit trail or python -m kpi doctor --head {review.head} "
        "tells."
    ]


def files(sources: Iterable[SourceFile]) -> list[str]:
    """A line per file: name, upload, who loaded it and when, rows, SHA-256."""
    return [
        f"{s.file} (upload {s.upload}, loaded by {s.who} on {s.when:%Y-%m-%d}, "
        f"rows {words.number(s.rows, 0)}, SHA-256 {s.sha256})"
        for s in sources
    ]


def attention(review: Review) -> str:
    """Every finding in full, with what can be done."""
    lines = [
        " ".join(x for x in (f.headline, f.detail, f.cost_words, f.advice) if x)
        for f in review.findings
    ]
    lines += [
        " ".join(x for x in (f.headline, f.detail, f.cost_words) if x) for f in review.improvements
    ]
    return "\n".join(lines)


def grid(page: ReviewPage) -> str:
    """The sentence of each KPI in the table."""
    return "\n".join(k.series.headline for k in page.kpis)


def kpi(item: ReviewKpi) -> str:
    """Formula, the two sums, chart and baseline, limits, definition version, files and hashes."""
    series = item.series
    own = series.kpi
    lines = [
        item.title + ".",
        f"{own.title}: {own.definition}",
        f"Formula: {formula(own)}. Source: {own.source}. Definition version {own.version}.",
        sums(series),
        _chart(series),
        _limits(series),
        _gaps(series),
        *item.noted,
        *series.notes,
        f"Files: {len(item.sources)}.",
        *files(item.sources),
    ]
    return "\n".join(line for line in lines if line)


def sums(series: SeriesView) -> str:
    """Numerator and denominator of the last period, in full."""
    if series.points.empty:
        return ""
    last = series.points.iloc[-1]
    top, bottom = float(last["numerator"]), float(last["denominator"])
    if math.isnan(top):
        return f"{series.last_label}: {series.last_value}."
    over = f"{series.over[:1].upper()}{series.over[1:]} to " if series.over else ""
    text = f"{over}{series.last_label}: numerator ({series.kpi.numerator}) {_full(top)}"
    if series.kpi.denominator and not math.isnan(bottom):
        text += f", denominator ({series.kpi.denominator}) {_full(bottom)}"
    return f"{text}, value {series.last_value}."


def _chart(series: SeriesView) -> str:
    if series.chart is None:
        return series.chart_reason
    told = series.convention.startswith(series.chart_name)
    said = [] if told else [f"{series.chart_name}."]
    said += [
        x if x.endswith(".") else f"{x}." for x in (series.chart_reason, series.convention) if x
    ]
    return " ".join(said)


def _limits(series: SeriesView) -> str:
    if series.chart is None or series.points.empty:
        return ""
    labels = series.points["period"].astype(str).tolist()
    base = series.chart.baseline
    text = ""
    if base is not None:
        first, last = (words.period_words(labels[i]) for i in base)
        text = f"Baseline: {first} to {last}. "
    last_row = series.points.iloc[-1]
    named = (("usual level", "center"), ("lower limit", "lcl"), ("upper limit", "ucl"))
    levels = [
        f"{name} {words.number(float(last_row[column]), series.kpi.decimals + 1)}"
        for name, column in named
        if not math.isnan(float(last_row[column]))
    ]
    return f"{text}{series.last_label}: {', '.join(levels)}." if levels else text.strip()


def _gaps(series: SeriesView) -> str:
    empty = series.points[series.points["value"].isna()]
    told = [words.period_words(str(p)) for p in empty["period"]]
    return f"Gaps: {words.listed(told)}." if told else ""


def _full(value: float) -> str:
    return words.number(value, 0 if value.is_integer() else 2)


def redating(told: Redating, kpis: Sequence[ReviewKpi], sources: Sequence[SourceFile]) -> str:
    """How points won are counted, month by month, and the three KPIs' formulas and files."""
    lines = [
        told.title + ".",
        "Points won: of the order lines with a first and a present promise, by the month of the "
        "first, those on time only by the present promise less those on time only by the first, "
        "per 100 lines.",
    ]
    lines += [
        f"{words.period_words(row['period'])}: {row['lines']} lines, {row['redated']} with a moved "
        f"promise, {row['won']} won, {row['lost']} lost, {words.number(row['points'], 2)} points."
        for row in told.months.to_dict("records")
    ]
    lines += [
        f"{k.series.kpi.title}: {formula(k.series.kpi)}. Definition version {k.series.kpi.version}. "
        f"{sums(k.series)}"
        for k in kpis
    ]
    return "\n".join([*lines, f"Files: {len(sources)}.", *files(sources)])


def pareto(view: ParetoView, review: Review) -> str:
    """Every bar in full, those beyond the chart included, and the files."""
    lines = [
        f"{view.title} {view.amount_title}, {view.period_words}: {_full(view.total)} in all.",
        f"{view.kpi.title}: {view.kpi.definition} Definition version {view.kpi.version}.",
    ]
    lines.extend(
        f"{row['label']}: {words.number(row['amount'], 1)} ({words.number(row['share'], 1)}\u00a0%)"
        for row in view.bars.to_dict("records")
    )
    own = next((k.sources for k in review.kpis if k.series.kpi.id == view.kpi.id), ())
    return "\n".join([*lines, *([f"Files: {len(own)}.", *files(own)] if own else [])])


def quality(review: Review) -> str:
    """Every line of data quality."""
    return "\n".join(f"{kind}: {text}" for kind, text in review.quality)


def definitions(page: ReviewPage) -> str:
    """Formula, source and version of each KPI on the slide."""
    return "\n".join(
        f"{k.series.kpi.title}: {formula(k.series.kpi)}. Source: {k.series.kpi.source}. "
        f"Definition version {k.series.kpi.version}."
        for k in page.kpis
    )


MOST_NOTED: Final = 200
"""Lines of a table in the notes; the workbook has all."""


def of_input(told: AgendaInput) -> str:
    """Everything an input says: finding, sentences, gaps, records, its tables."""
    head = f"Input {told.letter}: {told.title}." if told.letter else f"{told.title}."
    lines = [head, told.nothing or told.finding, *told.says]
    lines += [f"Missing: {text}" for text in told.missing]
    if told.records:
        lines.append(f"Records: {', '.join(told.records)}.")
    lines += [table(one) for one in told.tables]
    return "\n".join(line for line in lines if line)


def inputs(told: Sequence[AgendaInput]) -> str:
    """The finding of each input, and what is missing."""
    lines = []
    for one in told:
        lines.append(f"{one.letter} {one.title}: {one.nothing or one.finding}".strip())
        lines += [f"Missing: {text}" for text in one.missing]
    return "\n".join(lines)


def table(told: AgendaTable) -> str:
    """A table line by line."""
    shown = [" | ".join(line) for line in told.lines[:MOST_NOTED]]
    rest = len(told.lines) - MOST_NOTED
    more = [f"{rest} more in the workbook."] if rest > 0 else []
    return "\n".join([f"{told.title.removesuffix('.')}:", " | ".join(told.headings), *shown, *more])


def decisions(taken: Sequence[Any]) -> str:
    """Every decision in full."""
    lines = [
        f"{one.id}: {one.item.title}. {one.item.text}".strip()
        + f" Type: {one.item.type}. Owner: {one.item.owner or 'nobody yet'}. "
        f"Due: {one.item.due or 'no date yet'}. Recorded by {one.who} on {one.when:%Y-%m-%d}, "
        f"version {one.version}, SHA-256 {one.hash}."
        for one in taken
    ]
    return "\n".join(lines or ["No decision is recorded yet: the table is filled in the meeting."])


def conclusion(agenda: Agenda) -> str:
    """Who was there, and what vouches for the review."""
    lines = list(sealed(agenda.review))
    if agenda.record is None:
        return "\n".join(["No record of this review is kept yet.", *lines])
    item = agenda.record.item
    lines.insert(0, f"Review {agenda.record.id}, {item.status}, version {agenda.record.version}.")
    lines += [
        f"{'Present' if one.present else 'Excused'}: {one.name}, {one.role}".rstrip(", ")
        + (" (top management)." if one.top else ".")
        for one in item.attendance
    ]
    if item.signature is not None:
        own = item.signature
        checked = "self-declared" if own.self_declared else "signed in"
        lines.append(
            f"Approved by {own.name}, {own.role}, {own.at:%Y-%m-%d %H:%M} ({checked}), "
            f"SHA-256 {own.sha256}."
        )
    return "\n".join(lines)
