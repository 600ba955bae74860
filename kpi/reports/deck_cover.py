"""The first slides: title with provenance, and which input stands on which slide."""

from collections.abc import Sequence
from typing import Any, Final

from kpi.analysis import words
from kpi.analysis.agenda_results import Agenda, AgendaInput
from kpi.figures.theme import LIGHT
from kpi.qms.agenda import edition_words
from kpi.qms.reviews import ReviewStatus
from kpi.reports import notes
from kpi.reports.canvas import INK, MUTED, Box, Deck
from kpi.reports.planned import MOST_TABLE_ROWS, Page, count, numbers_of, sealed, span
from kpi.reports.tables import Cell

LEFT, RIGHT = Box(0, 0, 0.485, 1), Box(0.515, 0, 0.485, 1)
WIDTHS: Final = (0.09, 0.49, 0.15, 0.27)


def title(deck: Deck, agenda: Agenda) -> None:
    """What is reviewed, how far the review is, and what all of it was made from."""
    review = agenda.review
    company = f"{review.company}: " if review.company else ""
    made = (
        f"Made on {words.date_words(review.made.date())} by {review.made_by} from "
        f"{count(len(review.sources), 'uploaded file')}, named in the notes."
    )
    dated = (
        f"Data up to {words.date_words(review.report_date)}" if review.report_date else "No data"
    )
    reviewed = (
        f"{dated} · reviewed: {span(agenda)} · {edition_words(agenda.edition)} · {state(agenda)}"
    )
    deck.slide(
        f"{company}{review.title}",
        footer=sealed(review),
        notes="\n".join([notes.provenance(review), *restated(agenda)]),
        subtitle="\n".join([review.plants, reviewed, made]),
    )


def state(agenda: Agenda) -> str:
    """How far the review is, in words: ``draft``, ``held on 2 November 2026``, ``approved by …``."""
    item: Any = agenda.record.item if agenda.record is not None else None
    if item is None or item.status is ReviewStatus.DRAFT:
        return "draft"
    if item.signature is not None:
        day = words.date_words(item.signature.at.date())
        return f"approved by {item.signature.name} on {day}"
    return f"held on {words.date_words(item.held_on)}" if item.held_on else "held"


def restated(agenda: Agenda) -> list[str]:
    """What changed of frozen figures since, for the notes."""
    return [f"Restated since: {text}" for text in agenda.restated]


def coverage(deck: Deck, agenda: Agenda, pages: Sequence[Page]) -> None:
    """Every input with its slides and whether anything is missing, in two tables side by side."""
    slide = deck.slide(
        coverage_title(agenda.inputs),
        footer=f"{edition_words(agenda.edition)} · {sealed(agenda.review)}",
        notes=notes.inputs(agenda.inputs),
    )
    rows = [_row(one, numbers_of(pages, one.key)) for one in agenda.inputs]
    half = max(1, min(MOST_TABLE_ROWS, (len(rows) + 1) // 2))
    for box, part in ((LEFT, rows[:half]), (RIGHT, rows[half:])):
        if part:
            slide.table(box, ("", "Input", "Slide", "State"), part, WIDTHS)


def coverage_title(inputs: Sequence[AgendaInput]) -> str:
    """How many inputs are answered, and what of them is missing."""
    nothing = sum(bool(one.nothing) for one in inputs)
    missing = sum(bool(one.missing) for one in inputs)
    parts = []
    if nothing:
        verb = "has" if nothing == 1 else "have"
        parts.append(f"{words.small_number(nothing)} {verb} nothing to report")
    if missing:
        verb = "lacks" if missing == 1 else "lack"
        parts.append(f"{words.small_number(missing)} {verb} something an auditor would ask for")
    if not parts:
        return f"All {words.small_number(len(inputs))} inputs of the review are answered"
    return f"Of {words.small_number(len(inputs))} inputs, {words.listed(parts)}"


def _row(one: AgendaInput, slides: tuple[int, ...]) -> list[Cell]:
    if one.missing:
        state = Cell(f"▲ {count(len(one.missing), 'gap')}", LIGHT.worsening, True)
    elif one.nothing:
        state = Cell("○ nothing to report", MUTED)
    else:
        state = Cell("● reported", INK)
    return [Cell(one.letter, MUTED, True), Cell(one.title), Cell(_ranges(slides)), state]


def _ranges(numbers: Sequence[int]) -> str:
    """Slide numbers as one writes them.

    >>> _ranges((3, 8, 9, 10))
    '3, 8–10'
    """
    parts: list[list[int]] = []
    for number in numbers:
        if parts and number == parts[-1][-1] + 1:
            parts[-1].append(number)
        else:
            parts.append([number])
    return ", ".join(str(p[0]) if len(p) == 1 else f"{p[0]}–{p[-1]}" for p in parts) or "–"
