"""The management review as a deck. Everything worth arguing about is decided in the review."""

import os
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO, Final

from kpi.analysis import words
from kpi.analysis.results import ParetoView, Review, ReviewKpi, SeriesView
from kpi.errors import StoreError
from kpi.figures.theme import LIGHT, colour_of
from kpi.model import Assurance, Variation
from kpi.reports import notes
from kpi.reports.canvas import BODY, SIDE, Box, Deck, Slide
from kpi.reports.native import control_chart, pareto_chart

MOST_TABLE_ROWS: Final = 8

VARIATION_MARK: Final = {
    Variation.IMPROVING: "▲ improving",
    Variation.WORSENING: "▼ worsening",
    Variation.CHANGED: "◆ changed",
    Variation.COMMON_CAUSE: "● usual range",
    Variation.TOO_FEW: "… too few",
}

ASSURANCE_MARK: Final = {
    Assurance.WILL_MEET: "◎ will meet",
    Assurance.WILL_MISS: "✕ will miss",
    Assurance.MAY_OR_MAY_NOT: "? may or may not",
    Assurance.NO_TARGET: "– no target",
    Assurance.TOO_FEW: "… too few",
}


def write_deck(review: Review, file: BinaryIO, *, template: Path | None = None) -> int:
    """Draw the review and write it as .pptx; returns the number of slides."""
    deck = Deck(template)
    _title(deck, review)
    for page in _pages(review.kpis):
        _grid(deck, review, page)
    for kpi in review.kpis:
        _kpi(deck, review, kpi)
    for pareto in review.paretos:
        _pareto(deck, review, pareto)
    _quality(deck, review)
    for page in _pages(review.kpis):
        _definitions(deck, review, page)
    deck.presentation.core_properties.title = review.title
    deck.presentation.core_properties.author = review.made_by
    deck.presentation.save(file)
    return deck.count


def save_deck(review: Review, path: Path, *, template: Path | None = None) -> int:
    """Write the deck to ``path``, whole or not at all."""
    try:
        with tempfile.NamedTemporaryFile(
            dir=path.parent or Path(), prefix=".review-", suffix=".pptx", delete=False
        ) as aside:
            slides = write_deck(review, aside.file, template=template)
        Path(aside.name).replace(path)
    except OSError as problem:
        raise StoreError(
            f"{path} cannot be written ({os.strerror(problem.errno or 0)}). "
            "Choose another folder, or close the file where it is open."
        ) from problem
    return slides


def _pages(kpis: Sequence[ReviewKpi]) -> Iterator[Sequence[ReviewKpi]]:
    for start in range(0, len(kpis), MOST_TABLE_ROWS):
        yield kpis[start : start + MOST_TABLE_ROWS]


def _footer(review: Review, series: SeriesView | None = None) -> str:
    parts = [review.plants, review.month_words, f"ledger position {review.position}"]
    if series is not None and series.report_date:
        parts.append(f"report date {words.date_words(series.report_date)}")
    return " · ".join(p for p in parts if p)


def _title(deck: Deck, review: Review) -> None:
    company = f"{review.company}: " if review.company else ""
    slide = deck.slide(
        f"{company}{review.title}", footer=_footer(review), notes=notes.provenance(review)
    )
    lines: list[tuple[str, float, str, bool]] = [(review.plants, 20, LIGHT.ink, False)]
    if review.report_date:
        lines.append((f"Data up to {words.date_words(review.report_date)}", 16, LIGHT.muted, False))
    lines.append(
        (
            f"Made {words.date_words(review.made.date())} by {review.made_by} from "
            f"{len(review.sources)} uploaded files, at ledger position {review.position}; "
            "their names and hashes stand in the notes.",
            14, LIGHT.muted, False,
        )
    )  # fmt: skip
    slide.text(Box(BODY.left, 0.23, BODY.width, 0.2), lines, space_after=6)
    slide.text(Box(BODY.left, 0.47, BODY.width, 0.42), _attention(review), space_after=8)


def _attention(review: Review) -> list[tuple[str, float, str, bool]]:
    if not review.findings:
        return [("Nothing out of the ordinary this month. What moves is chance.", 18, LIGHT.ink, True)]
    head = [("What needs attention", 14, LIGHT.muted, True)]
    found = [(f.headline, 16, LIGHT.ink, False) for f in review.findings[:4]]
    return [*head, *found]


def _grid(deck: Deck, review: Review, page: Sequence[ReviewKpi]) -> None:
    slide = deck.slide(
        _grid_title(review), footer=_footer(review), notes=notes.grid(review, page)
    )
    rows = [_grid_row(kpi.view.series) for kpi in page]
    slide.table(
        BODY,
        ("KPI", review.month_words, "Target", "Did it change?", "Will it meet the target?"),
        rows,
        (0.30, 0.24, 0.12, 0.16, 0.18),
    )


def _grid_title(review: Review) -> str:
    series = [k.view.series for k in review.kpis]
    worse = sum(s.variation in (Variation.WORSENING, Variation.CHANGED) for s in series)
    better = sum(s.variation is Variation.IMPROVING for s in series)
    if not worse and not better:
        return f"{len(series)} KPIs, none of them outside its usual range"
    parts = []
    if worse:
        parts.append(f"{worse} worsening")
    if better:
        parts.append(f"{better} improving")
    return f"Of {len(series)} KPIs, {words.listed(parts)}; the others keep to their usual range"


def _grid_row(series: SeriesView) -> list[tuple[str, str, bool]]:
    goal = words.value_text(series.target.value, series.kpi) if series.target else "–"
    return [
        (series.kpi.title, LIGHT.ink, True),
        (f"{_short(series.last_value)}  {series.last_change.split(' against')[0]}", LIGHT.ink, False),
        (goal, LIGHT.ink, False),
        (VARIATION_MARK[series.variation], colour_of(series.variation, LIGHT), True),
        (ASSURANCE_MARK[series.assurance], LIGHT.ink, False),
    ]


MOST_CELL: Final = 60


def _short(text: str) -> str:
    return text if len(text) <= MOST_CELL else text[: MOST_CELL - 1] + "…"


def _kpi(deck: Deck, review: Review, kpi: ReviewKpi) -> None:
    series = kpi.view.series
    slide = deck.slide(
        series.headline, footer=_footer(review, series), notes=notes.kpi(review, kpi)
    )
    control_chart(slide, series)
    _side(slide, kpi.see, kpi.mean, kpi.decision)


def _side(slide: Slide, see: str, mean: str, decision: str) -> None:
    slide.text(
        SIDE,
        [
            ("What we see", 12, LIGHT.muted, True),
            (see, 15, LIGHT.ink, False),
            ("What it means", 12, LIGHT.muted, True),
            (mean, 15, LIGHT.ink, False),
            ("Proposed decision", 12, LIGHT.muted, True),
            (decision, 15, LIGHT.ink, False),
        ],
        space_after=8,
    )


def _pareto(deck: Deck, review: Review, pareto: ParetoView) -> None:
    slide = deck.slide(
        pareto.title, footer=f"{_footer(review)} · {pareto.period_words}", notes=notes.pareto(pareto)
    )
    pareto_chart(slide, pareto)
    _side(
        slide,
        f"{pareto.amount_title}, {pareto.period_words}: {pareto.total:,.0f} in all.",
        "Where the next hour of work takes most away.",
        "Choose one cause, an owner and a date.",
    )


def _quality(deck: Deck, review: Review) -> None:
    holes = len(review.coverage.missing)
    title = (
        f"Data quality: {words.listed([f'{holes} hole' + ('s' if holes > 1 else '')])} in what was uploaded"
        if holes
        else "Data quality: every month of every feed is there"
    )
    slide = deck.slide(title, footer=_footer(review), notes=notes.quality(review))
    lines = [(line, 14, LIGHT.ink, False) for line in review.quality_lines[:MOST_TABLE_ROWS]]
    if len(review.quality_lines) > MOST_TABLE_ROWS:
        lines.append(("The notes list the rest.", 12, LIGHT.muted, False))
    slide.text(BODY, lines, space_after=9)


def _definitions(deck: Deck, review: Review, page: Sequence[ReviewKpi]) -> None:
    slide = deck.slide(
        "What each figure means", footer=_footer(review), notes=notes.definitions(page)
    )
    rows = [
        [
            (k.view.series.kpi.title, LIGHT.ink, True),
            (k.view.series.kpi.definition, LIGHT.ink, False),
        ]
        for k in page
    ]
    slide.table(BODY, ("KPI", "Definition"), rows, (0.26, 0.74), size=12)
