"""Slides to come: which inputs of the review each shows, and what stands at the foot of all."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from kpi.analysis import words
from kpi.analysis.agenda_results import Agenda
from kpi.analysis.results import Review, SeriesView, SourceFile
from kpi.figures.escape import clean
from kpi.reports.canvas import MUTED, SIDE, Deck, Line, Slide

LONGEST_NAME: Final = 40
"""Characters of a file's name in the footer; the notes have the whole of it."""

MOST_TABLE_ROWS: Final = 8
MOST_WORDS: Final = 40
"""Of a table on a slide, and besides title, chart and table."""


@dataclass(frozen=True, slots=True)
class Page:
    """One slide to come: what draws it, which inputs and which KPIs it shows."""

    draw: Callable[[Deck], None]
    inputs: tuple[str, ...] = ()
    kpis: tuple[str, ...] = ()


def numbers_of(pages: Sequence[Page], key: str) -> tuple[int, ...]:
    """The numbers of the slides that show an input."""
    return tuple(n for n, page in enumerate(pages, start=1) if key in page.inputs)


def shown_on(pages: Iterable[Page]) -> set[str]:
    """The ids of the KPIs that have a chart on these slides."""
    return {id for page in pages for id in page.kpis}


def footer(review: Review, sources: Sequence[SourceFile] = (), period: str = "") -> str:
    """Where the slide's figures come from: files, plants, period, place in the ledger."""
    parts = [files_words(sources), review.plants, period or review.month_words]
    if review.report_date:
        parts.append(f"data up to {words.date_words(review.report_date)}")
    parts.append(f"ledger position {review.position}")
    return " · ".join(p for p in parts if p)


def sealed(review: Review) -> str:
    """The head of the audit trail: first and last slide carry it, so that no print goes without."""
    head = f"Audit trail {review.head}" if review.head else ""
    return " · ".join(p for p in (head, footer(review)) if p)


def files_words(sources: Sequence[SourceFile]) -> str:
    """One file by its name, several by their number."""
    if not sources:
        return ""
    if len(sources) == 1:
        return f"Source: {clean(sources[0].file, longest=LONGEST_NAME)}"
    return f"Source: {len(sources)} uploaded files, named in the notes"


def months(view: SeriesView) -> str:
    """The periods that a chart shows."""
    labels = view.points["period"]
    return (
        f"{words.period_words(str(labels.iloc[0]))} to {words.period_words(str(labels.iloc[-1]))}"
    )


def span(agenda: Agenda) -> str:
    """The days reviewed, in words."""
    return words.span_words(agenda.asked.first, agenda.asked.last)


def as_title(sentence: str) -> str:
    """A sentence as a slide's title: without its full stop, its first letter large."""
    text = sentence.strip().removesuffix(".")
    return text[:1].upper() + text[1:]


def count(number: int, noun: str) -> str:
    """``one file``, ``three files``."""
    return f"{words.small_number(number)} {noun}{'' if number == 1 else 's'}"


def within_words(sentences: Iterable[str], most: int) -> tuple[str, ...]:
    """As many whole sentences as keep to so many words; the others stand in the notes."""
    kept: list[str] = []
    for sentence in sentences:
        used = sum(len(s.split()) for s in kept)
        if used + len(sentence.split()) <= most:
            kept.append(sentence)
    return tuple(kept)


def side(slide: Slide, told: Sequence[tuple[str, str]]) -> None:
    """Headings with their text, at the right of a chart or table."""
    lines: list[Line] = []
    for heading, text in told:
        if text:
            lines += [Line(heading, 12, MUTED, True), Line(text, 16)]
    if lines:
        slide.text(SIDE, lines, space_after=9)
