"""The management review as a deck. Everything worth arguing about is decided in the review."""

import os
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO, Final, cast

from kpi.analysis import words
from kpi.analysis.results import (
    Finding,
    ParetoView,
    Redating,
    Review,
    ReviewKpi,
    ReviewPage,
    SeriesView,
    SourceFile,
)
from kpi.errors import StoreError
from kpi.figures.escape import clean
from kpi.figures.theme import LIGHT, colour_of
from kpi.model import Assurance, Direction, Variation
from kpi.reports import notes
from kpi.reports.canvas import BODY, INK, MUTED, SIDE, Cell, Deck, Line, Slide
from kpi.reports.native import (
    MOST_BARS,
    THREE_DATES,
    amount_text,
    control_chart,
    lines_chart,
    loss_title,
    pareto_chart,
)

MOST_TABLE_ROWS: Final = 8

UP, DOWN = "▲", "▼"

LONGEST_NAME: Final = 40
"""Characters of a file's name in the footer; the notes have the whole of it."""

ASSURANCE_MARKS: Final = {
    Assurance.WILL_MEET: ("◎ will meet it", LIGHT.improving),
    Assurance.WILL_MISS: ("✕ will miss it", LIGHT.worsening),
    Assurance.MAY_OR_MAY_NOT: ("○ may or may not", INK),
    Assurance.NO_TARGET: ("– no target", MUTED),
    Assurance.TOO_FEW: ("… too few points", MUTED),
}


def write_deck(review: Review, file: BinaryIO, *, template: Path | None = None) -> int:
    """Draw the review and write it as .pptx; returns the number of slides.

    Raises
    ------
    UsageError
        The template cannot be used.
    """
    deck = Deck(template)
    _title(deck, review)
    _attention(deck, review)
    for page in review.pages:
        _grid(deck, review, page)
    for kpi in review.kpis:
        _kpi(deck, review, kpi)
    _three_dates(deck, review)
    for pareto in review.paretos:
        _pareto(deck, review, pareto)
    _quality(deck, review)
    for page in review.pages:
        _definitions(deck, review, page)
    properties = deck.presentation.core_properties
    properties.title, properties.author = review.title[:255], review.made_by[:255]
    properties.created = properties.modified = review.made.replace(tzinfo=None)
    properties.last_modified_by = review.made_by[:255]
    deck.presentation.save(file)
    return deck.count


def save_deck(review: Review, path: Path, *, template: Path | None = None) -> int:
    """Write the deck to ``path``, whole or not at all; returns the number of slides.

    Raises
    ------
    StoreError
        The file cannot be written there.
    UsageError
        The template cannot be used.
    """
    aside: Path | None = None
    try:
        with tempfile.NamedTemporaryFile(
            dir=path.parent, prefix=".review-", suffix=".pptx", delete=False
        ) as file:
            aside = Path(file.name)
            slides = write_deck(review, cast(BinaryIO, file), template=template)
        aside.replace(path)
        aside = None
    except OSError as problem:
        raise StoreError(
            f"{path} cannot be written ({os.strerror(problem.errno or 0)}). "
            "Choose another folder, or close the file where it is open."
        ) from problem
    finally:
        if aside is not None:
            aside.unlink(missing_ok=True)
    return slides


def _footer(review: Review, sources: Sequence[SourceFile] = (), period: str = "") -> str:
    parts = [_files_words(sources), review.plants, period or review.month_words]
    if review.report_date:
        parts.append(f"data up to {words.date_words(review.report_date)}")
    parts.append(f"ledger position {review.position}")
    return " · ".join(p for p in parts if p)


def _files_words(sources: Sequence[SourceFile]) -> str:
    if not sources:
        return ""
    if len(sources) == 1:
        return f"Source: {clean(sources[0].file, longest=LONGEST_NAME)}"
    return f"Source: {len(sources)} uploaded files, named in the notes"


def _months(view: SeriesView) -> str:
    labels = view.points["period"]
    return (
        f"{words.period_words(str(labels.iloc[0]))} to {words.period_words(str(labels.iloc[-1]))}"
    )


def _title(deck: Deck, review: Review) -> None:
    company = f"{review.company}: " if review.company else ""
    made = (
        f"Made on {words.date_words(review.made.date())} by {review.made_by} from "
        f"{_count(len(review.sources), 'uploaded file')}, at ledger position {review.position}. "
        "The notes name each file with its hash."
    )
    dated = (
        f"Data up to {words.date_words(review.report_date)}" if review.report_date else "No data"
    )
    deck.slide(
        f"{company}{review.title}",
        footer="",
        notes=notes.provenance(review),
        subtitle="\n".join([review.plants, dated, made]),
    )


def _attention(deck: Deck, review: Review) -> None:
    if not review.findings and not review.improvements:
        slide = deck.slide(
            "Nothing is out of the ordinary this month", footer=_footer(review),
            notes="What was looked at keeps to its usual range. What moves is chance.",
        )  # fmt: skip
        slide.text(BODY, [Line("What moves is chance: no single month calls for action.", 20)])
        return
    found = [*review.findings, *review.improvements][:MOST_TABLE_ROWS]
    slide = deck.slide(
        _attention_title(review), footer=_footer(review), notes=notes.attention(review)
    )
    slide.table(
        BODY,
        ("Change", "What", "Since then"),
        [_finding_row(f) for f in found],
        (0.13, 0.47, 0.40),
    )


def _attention_title(review: Review) -> str:
    worse, better = len(review.findings), len(review.improvements)
    told = [f"{_count(worse, 'change')} for the worse"] if worse else []
    if better:
        number = words.small_number(better) if worse else _count(better, "change")
        told.append(f"{number} for the better")
    verb = "is" if worse + better == 1 else "are"
    text = f"{words.listed(told)} {verb} not chance"
    return text[:1].upper() + text[1:]


def _count(count: int, noun: str) -> str:
    return f"{words.small_number(count)} {noun}{'' if count == 1 else 's'}"


def _finding_row(found: Finding) -> list[Cell]:
    return [
        _variation_cell(replace(found.series, variation=found.variation)),
        Cell(found.headline.split(". ")[0].removesuffix(".") + ".", INK, True),
        Cell(" ".join(x for x in (found.detail, found.cost_words) if x)),
    ]


def _variation_cell(view: SeriesView) -> Cell:
    """Icon and word: the arrow points the way the values went, the word says what that means."""
    better_up = view.kpi.direction is Direction.HIGHER
    mark = {
        Variation.IMPROVING: f"{UP if better_up else DOWN} improving",
        Variation.WORSENING: f"{DOWN if better_up else UP} worsening",
        Variation.CHANGED: "♦ changed",
        Variation.COMMON_CAUSE: "● steady",
        Variation.TOO_FEW: "… too few points",
    }[view.variation]
    return Cell(mark, colour_of(view.variation, LIGHT), True)


def _grid(deck: Deck, review: Review, page: ReviewPage) -> None:
    slide = deck.slide(page.title, footer=_footer(review), notes=notes.grid(page))
    slide.table(
        BODY,
        ("KPI", review.month_words, "Against the month before", "Target", "Variation", "Since", "Target met?"),
        [_grid_row(kpi, review) for kpi in page.kpis],
        (0.21, 0.14, 0.14, 0.10, 0.13, 0.13, 0.15),
    )  # fmt: skip


def _grid_row(kpi: ReviewKpi, review: Review) -> list[Cell]:
    view = kpi.series
    goal = words.value_text(view.target.value, view.kpi) if view.target else "–"
    met, ink = ASSURANCE_MARKS[view.assurance]
    of_month = view.last_label == review.month_words
    value = view.last_value if of_month else f"no data since {view.last_label}"
    return [
        Cell(view.kpi.title, INK, True),
        Cell(value, INK, True),
        Cell(view.last_change.split(" against ")[0] if of_month else "–"),
        Cell(goal),
        _variation_cell(view),
        Cell(kpi.since),
        Cell(met, ink, view.assurance in (Assurance.WILL_MEET, Assurance.WILL_MISS)),
    ]


def _kpi(deck: Deck, review: Review, kpi: ReviewKpi) -> None:
    slide = deck.slide(
        kpi.title,
        footer=_footer(review, kpi.sources, _months(kpi.series)),
        notes=notes.kpi(kpi),
    )
    control_chart(slide, kpi.series)
    _side(slide, kpi.see, kpi.mean, kpi.decision)


def _side(slide: Slide, see: str, mean: str, decision: str) -> None:
    told = (("What we see", see), ("What it means", mean), ("Proposed decision", decision))
    lines: list[Line] = []
    for heading, text in told:
        lines += [Line(heading, 12, MUTED, True), Line(text, 16)]
    slide.text(SIDE, lines, space_after=9)


def _three_dates(deck: Deck, review: Review) -> None:
    """On-time delivery by three due dates on one scale, with what moving promises won."""
    by_id = {k.series.kpi.id: k for k in review.kpis}
    kpis = [by_id[id] for id in THREE_DATES if id in by_id]
    if len(kpis) < 2 or review.redating is None:
        return
    told: Redating = review.redating
    sources = {s.upload: s for k in kpis for s in k.sources}
    slide = deck.slide(
        told.title,
        footer=_footer(review, list(sources.values()), _months(kpis[0].series)),
        notes=notes.redating(told, kpis, list(sources.values())),
    )
    lines_chart(
        slide, [k.series for k in kpis], THREE_DATES, "On-time delivery against three due dates"
    )
    _side(slide, told.see, told.mean, told.decision)


def _pareto(deck: Deck, review: Review, pareto: ParetoView) -> None:
    slide = deck.slide(
        pareto.title.removesuffix("."),
        footer=_footer(review, period=pareto.period_words),
        notes=notes.pareto(pareto, review),
    )
    pareto_chart(slide, pareto)
    _, _, unit = loss_title(pareto).partition(", ")
    total = words.with_unit(amount_text(pareto.total), unit)
    rest = len(pareto.bars) - MOST_BARS
    left_out = f" {rest} more in the notes." if rest > 0 else ""
    named = pareto.bars[~pareto.bars["unassigned"]]
    if float(named["share"].sum()) < HALF:
        _side(
            slide,
            f"{total} in all; most of it carries no {pareto.dimension}.{left_out}",
            f"Without a {pareto.dimension} nobody can act on it.",
            f"Have the {pareto.dimension} recorded.",
        )
        return
    few = int((named["share"].cumsum() < HALF).sum()) + 1
    counted = f"{words.small_number(few)} of {words.small_number(len(named))} {pareto.dimension}s"
    verb = "makes" if few == 1 else "make"
    _side(
        slide,
        f"{total} in all; {counted} {verb} half of it.{left_out}",
        "Work on the first bars takes most away.",
        "Choose one cause, owner and date.",
    )


HALF: Final = 50.0
"""Per cent of a Pareto chart that its first bars are said to make up."""


def _quality(deck: Deck, review: Review) -> None:
    missing = sum(kind == "Missing" for kind, _ in review.quality)
    title = (
        f"Data quality: {_count(missing, 'hole')} in what was uploaded"
        if missing
        else "Data quality: every month of every feed is there"
    )
    slide = deck.slide(title, footer=_footer(review), notes=notes.quality(review))
    shown = list(review.quality)
    if len(shown) > MOST_TABLE_ROWS:
        rest = len(shown) - MOST_TABLE_ROWS + 1
        shown = [*shown[: MOST_TABLE_ROWS - 1], ("", f"{rest} more in the notes.")]
    rows = [
        [Cell(kind, LIGHT.worsening if kind == "Missing" else MUTED, True), Cell(text)]
        for kind, text in shown
    ]
    slide.table(BODY, ("", "What the figures rest on"), rows, (0.14, 0.86))


def _definitions(deck: Deck, review: Review, page: ReviewPage) -> None:
    slide = deck.slide(
        f"What each figure means: {page.words[:1].lower()}{page.words[1:]}",
        footer=_footer(review),
        notes=notes.definitions(page),
    )
    rows = [[Cell(k.series.kpi.title, INK, True), Cell(k.series.kpi.definition)] for k in page.kpis]
    slide.table(BODY, ("KPI", "Definition"), rows, (0.26, 0.74))
