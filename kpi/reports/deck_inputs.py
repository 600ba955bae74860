"""A slide for each input of the review: its finding, its first table, and what an auditor would miss."""

from collections.abc import Sequence
from functools import partial
from itertools import groupby
from typing import Final

from kpi.analysis.agenda_results import Agenda, AgendaInput, AgendaTable
from kpi.analysis.words import listed, within
from kpi.figures.theme import LIGHT
from kpi.reports import notes
from kpi.reports.canvas import BODY, INK, MUTED, Box, Deck, Line, Slide
from kpi.reports.fitting import text_width
from kpi.reports.planned import (
    MOST_TABLE_ROWS,
    MOST_WORDS,
    Page,
    as_title,
    footer,
    side,
    span,
    within_words,
)
from kpi.reports.tables import LONGEST_WORD, Cell

NARROW_COLUMNS: Final = 4
"""A table of more takes the whole width, and what is said stands below it."""

BESIDE: Final = Box(0, 0, 0.67, 1)
ABOVE: Final = Box(0, 0, 1, 0.83)
GAP, LOWEST = 0.05, 0.86
"""Between a table and the words below it, and where these begin at the lowest."""

FULL_WIDTH: Final = 870.0
"""Points of a table over the whole of our own slide."""

COUNTED_AT: Final = 12.0
CELL_AIR: Final = 12.0
"""Size of type that widths are reckoned for, and points beside a cell's text."""

SHORT_TEXT: Final = 480.0
"""Points of a line up to which a table leaves room for words beside it."""

LONGEST_COUNTED: Final = 420.0
"""Points of a cell's text that its column's width answers to; what is longer wraps."""


def input_pages(agenda: Agenda, key: str) -> list[Page]:
    """The slide of an input; none where the edition does not ask for it."""
    found = agenda.input(key)
    return [] if found is None else [Page(partial(of_input, agenda=agenda, told=found), (key,))]


def several_pages(agenda: Agenda, keys: Sequence[str]) -> list[Page]:
    """The slides of inputs that follow each other; those with nothing to report share one."""
    found = [one for key in keys if (one := agenda.input(key)) is not None]
    out: list[Page] = []
    for empty, run in groupby(found, key=_is_empty):
        own = list(run)
        if empty and len(own) > 1:
            out.append(
                Page(partial(of_nothing, agenda=agenda, told=own), tuple(o.key for o in own))
            )
        else:
            out += [page for one in own for page in input_pages(agenda, one.key)]
    return out


def _is_empty(told: AgendaInput) -> bool:
    return bool(told.nothing) and not told.tables and not told.kpis


def of_nothing(deck: Deck, agenda: Agenda, told: Sequence[AgendaInput]) -> None:
    """Several inputs with nothing to report, each with its reason, and what an auditor would miss."""
    names = [within(one.title) for one in told]
    slide = deck.slide(
        as_title(f"Nothing to report: {listed(names)}"),
        footer=footer(agenda.review, period=span(agenda)),
        notes=notes.inputs(told),
    )
    rows = [
        [Cell(one.letter, MUTED, True), Cell(one.title, INK, True), Cell(reason(one)), missed(one)]
        for one in told
    ]
    slide.table(
        BODY, ("", "Input", "Nothing to report, because", "What is missing"), rows,
        (0.06, 0.27, 0.37, 0.3),
    )  # fmt: skip


def reason(told: AgendaInput) -> str:
    """Why there is nothing: the words after "Nothing to report"."""
    text = told.nothing.removeprefix("Nothing to report").lstrip(":., ")
    return text[:1].upper() + text[1:] if text else "Looked at, and nothing was found."


def missed(told: AgendaInput) -> Cell:
    """What an auditor would miss here, the first of it."""
    return Cell(told.missing[0], LIGHT.worsening) if told.missing else Cell("–", MUTED)


def of_input(deck: Deck, agenda: Agenda, told: AgendaInput) -> None:
    """One input: finding as title, table, what is said of it."""
    slide = deck.slide(
        as_title(f"{told.title}: nothing to report" if told.nothing else told.finding),
        footer=f"{place_words(told)} · {footer(agenda.review, period=span(agenda))}",
        notes=notes.of_input(told),
    )
    if not told.tables or not told.tables[0].lines:
        _words_alone(slide, agenda, told)
        return
    table = told.tables[0]
    more = _more(told)
    if _is_narrow(table) and (told.says or told.missing):
        draw_table(slide, table, BESIDE)
        side(slide, _beside(told, more))
        return
    below = within_words((*told.missing, *told.says), MOST_WORDS - len(more.split()))
    text = " ".join((*map(_stopped, below), more)).strip()
    bottom = draw_table(slide, table, ABOVE if text else BODY)
    if text:
        slide.text(Box(0, min(bottom + GAP, LOWEST), 1, 1 - LOWEST), [Line(text, 14, MUTED)])


def _is_narrow(table: AgendaTable) -> bool:
    """Whether the table has few columns of short text, so that words stand beside it."""
    if len(table.headings) > NARROW_COLUMNS:
        return False
    shown = table.lines[:MOST_TABLE_ROWS]
    columns = [[line[at] for line in shown] for at in range(len(table.headings))]
    return sum(_usual(cells) for cells in columns) <= SHORT_TEXT


def place_words(told: AgendaInput) -> str:
    """Which input it is: ``Input d3: What audits found``."""
    return f"Input {told.letter}: {told.title}" if told.letter else told.title


def _words_alone(slide: Slide, agenda: Agenda, told: AgendaInput) -> None:
    """An input without a table: what is said, large; never an empty slide."""
    head = f"{told.title}, {span(agenda)}"
    why = (f"Nothing to report: {within(reason(told))}",) if told.nothing else ()
    says = within_words((*why, *told.says, *told.missing), MOST_WORDS - len(head.split()))
    lines = [Line(head, 15, MUTED, True), *(Line(text, 20) for text in says)]
    slide.text(BODY, lines, space_after=12)


def _beside(told: AgendaInput, more: str) -> list[tuple[str, str]]:
    room = MOST_WORDS - 7 - len(more.split())  # the two headings
    missing = within_words(told.missing[:1], room)
    says = within_words(told.says, room - sum(len(s.split()) for s in missing))
    return [
        ("What we see", " ".join(map(_stopped, says))),
        ("What is missing", " ".join(missing)),
        ("In the appendix", more),
    ]


def _stopped(text: str) -> str:
    """A sentence as others follow it: with its full stop."""
    return text if text.endswith((".", "…", "?", ":")) else f"{text}."


def _more(told: AgendaInput) -> str:
    """What does not stand on the slide, and where it does."""
    rest = len(told.tables[0].lines) - MOST_TABLE_ROWS
    parts = [f"{MOST_TABLE_ROWS} of {len(told.tables[0].lines)} lines" if rest > 0 else ""]
    others = sum(bool(table.lines) for table in told.tables[1:])
    parts.append(f"{others} more table{'s' if others > 1 else ''}" if others else "")
    said = [p for p in parts if p]
    return f"{'; '.join(said)}. The appendix goes on." if said else ""


def draw_table(
    slide: Slide, table: AgendaTable, box: Box, lines: Sequence[tuple[str, ...]] | None = None
) -> float:
    """A table of words, the first column in bold; at most eight lines of it where none are chosen.

    Returns where it ends, as a share of the slide's content.
    """
    shown = table.lines[:MOST_TABLE_ROWS] if lines is None else lines
    rows = [[_cell(text, first=at == 0) for at, text in enumerate(line)] for line in shown]
    width, _ = slide.points(box)
    drawn = slide.table(
        box, table.headings, rows, shares(table.headings, shown, width), numbers=table.numbers
    )
    _, top, _, height = slide.place(BODY)
    return (drawn[-1][0] + drawn[-1][1] - top) / height


def _cell(text: str, *, first: bool) -> Cell:
    if text.strip() in ("", "–", "-"):
        return Cell("–", MUTED)
    return Cell(text, INK, first)


def shares(
    headings: Sequence[str], lines: Sequence[Sequence[str]], width: float = FULL_WIDTH
) -> tuple[float, ...]:
    """Widths of columns as shares of the table: room for the longest words first, then for the text.

    >>> shares(("A", "B"), [("x", "x")])
    (0.5, 0.5)
    """
    columns = [[heading, *(line[at] for line in lines)] for at, heading in enumerate(headings)]
    least = [_longest_word(cells) + CELL_AIR for cells in columns]
    wanted = [max(_usual(cells[1:]) - low, 1.0) for cells, low in zip(columns, least, strict=True)]
    spare = max(width - sum(least), 0.0)
    wide = [low + spare * more / sum(wanted) for low, more in zip(least, wanted, strict=True)]
    return tuple(round(w / sum(wide), 4) for w in wide)


def _longest_word(cells: Sequence[str]) -> float:
    """Points of the longest word that a table's type is made small enough for."""
    told = [w for cell in cells for w in cell.split(" ") if len(w) <= LONGEST_WORD]
    return max((text_width(w, COUNTED_AT, bold=True) for w in told), default=0.0)


def _usual(cells: Sequence[str]) -> float:
    """Points that a column's text takes on one line, between the middle and the longest of it."""
    found = [min(text_width(cell, COUNTED_AT), LONGEST_COUNTED) for cell in cells]
    return (sum(found) / max(len(found), 1) + max(found, default=0.0)) / 2
