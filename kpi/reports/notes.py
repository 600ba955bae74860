"""Speaker notes: what a figure rests on, so that an auditor's question is answered from the slide."""

import math
from collections.abc import Iterable, Sequence

from kpi.analysis import words
from kpi.analysis.results import ParetoView, Review, ReviewKpi, SeriesView, SourceFile


def provenance(review: Review) -> str:
    """Every file the deck rests on, with its hash."""
    head = (
        f"{review.title}. Ledger position {review.position}. "
        f"{len(review.sources)} files gave rows to the figures of {review.month_words}:"
    )
    return "\n".join([head, *files(review.sources)])


def files(sources: Iterable[SourceFile]) -> list[str]:
    """A line per file: name, upload, who loaded it and when, SHA-256."""
    return [
        f"{s.file} (upload {s.upload}, loaded by {s.who} on {s.when:%Y-%m-%d}, {s.rows} rows, "
        f"SHA-256 {s.sha256})"
        for s in sources
    ]


def grid(review: Review, page: Sequence[ReviewKpi]) -> str:
    """The sentence of each KPI in the grid."""
    return "\n".join(k.view.series.headline for k in page)


def kpi(review: Review, item: ReviewKpi) -> str:
    """Formula, the two sums, chart and baseline, definition version, files and hashes."""
    series = item.view.series
    own = series.kpi
    formula = f"{own.numerator} ÷ {own.denominator}" if own.denominator else own.numerator
    lines = [
        f"{own.title}: {own.definition}",
        f"Formula: {formula}. Source: {own.source}. Definition version {own.version}.",
        sums(series),
        " ".join(x for x in (series.chart_name, series.chart_reason, series.convention) if x),
        *series.notes,
        "Files:",
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
    text = f"{series.last_label}: numerator ({series.kpi.numerator}) {_plain(top)}"
    if not math.isnan(bottom):
        text += f", denominator ({series.kpi.denominator}) {_plain(bottom)}"
    return f"{text}, value {series.last_value}."


def _plain(value: float) -> str:
    return words.number(value, 0 if value.is_integer() else 2)


def pareto(view: ParetoView) -> str:
    """Every bar, those beyond the chart included."""
    lines = [f"{view.amount_title}, {view.period_words}. Definition: {view.kpi.definition}"]
    lines.extend(
        f"{row['label']}: {row['amount']:,.1f} ({row['share']:.1f} %)"
        for row in view.bars.to_dict("records")
    )
    return "\n".join(lines)


def quality(review: Review) -> str:
    """Every line of data quality."""
    return "\n".join(review.quality_lines)


def definitions(page: Sequence[ReviewKpi]) -> str:
    """Formula, source and version of each KPI on the slide."""
    return "\n".join(
        f"{k.view.series.kpi.title}: {k.view.series.kpi.numerator}"
        + (f" ÷ {k.view.series.kpi.denominator}" if k.view.series.kpi.denominator else "")
        + f". {k.view.series.kpi.source}; version {k.view.series.kpi.version}."
        for k in page
    )
