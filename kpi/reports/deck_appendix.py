"""The appendix: charts not shown before, definitions, data quality, restatements, whole tables."""

from collections.abc import Sequence
from functools import partial
from typing import Final

from kpi.analysis.agenda_results import Agenda, AgendaInput, AgendaTable
from kpi.analysis.results import Review, ReviewKpi, ReviewPage
from kpi.figures.theme import LIGHT
from kpi.model import Variation
from kpi.reports import notes
from kpi.reports.canvas import BODY, INK, MUTED, Deck
from kpi.reports.deck_inputs import draw_table, place_words, shares
from kpi.reports.deck_kpis import chart_pages, grouped, panel_pages
from kpi.reports.deck_losses import pareto
from kpi.reports.fitting import LINE, line_count
from kpi.reports.planned import MOST_TABLE_ROWS, Page, as_title, count, footer, sealed, span
from kpi.reports.tables import CELL_LINES, ROW_AIR, Cell

APPENDIX: Final = "Appendix"

MOST_LINES: Final = 14
"""Lines of a table in the appendix, which is read and not presented."""

TIGHT: Final = 9.0
WIDE, TALL = 640.0, 300.0
"""Size of type that a table of the appendix may shrink to, and the place it has on any template."""

MOST_PARTS: Final = 3
"""Slides that one table takes; the workbook has the whole of it."""

CHANGED: Final = (Variation.WORSENING, Variation.CHANGED, Variation.IMPROVING)


def chart_rest(review: Review, shown: set[str], key: str) -> list[Page]:
    """KPIs without a chart so far: alone where something changed, else side by side."""
    rest = [k for k in review.kpis if k.series.kpi.id not in shown]
    alone = [k for k in rest if k.series.variation in CHANGED]
    steady: Sequence[ReviewKpi] = [k for k in rest if k.series.variation not in CHANGED]
    return [
        *chart_pages(review, alone, key),
        *panel_pages(review, grouped("Further KPIs", steady), key),
    ]


def pareto_rest(review: Review, shown: set[tuple[str, str]], key: str) -> list[Page]:
    """Pareto charts not shown so far."""
    rest = [p for p in review.paretos if (p.kpi.id, p.dimension) not in shown]
    return [Page(partial(pareto, review=review, view=p), (key,)) for p in rest]


def quality(deck: Deck, review: Review, told: AgendaInput | None) -> None:
    """What was monitored, and what the figures rest on: what is missing, rejected, assumed."""
    missing = sum(kind == "Missing" for kind, _ in review.quality)
    title = (
        f"Data quality: {count(missing, 'hole')} in what was uploaded"
        if missing
        else "Data quality: every month of every feed is there"
    )
    if told is not None and not told.nothing:
        title = as_title(told.finding)
    own = [notes.of_input(told)] if told is not None else []
    slide = deck.slide(title, footer=footer(review), notes="\n".join([*own, notes.quality(review)]))
    shown = list(review.quality)
    if len(shown) > MOST_TABLE_ROWS:
        rest = len(shown) - MOST_TABLE_ROWS + 1
        shown = [*shown[: MOST_TABLE_ROWS - 1], ("", f"{rest} more in the notes.")]
    rows = [
        [Cell(kind, LIGHT.worsening if kind == "Missing" else MUTED, True), Cell(text)]
        for kind, text in shown
    ]
    slide.table(BODY, ("", "What the figures rest on"), rows, (0.14, 0.86))


def definitions(deck: Deck, review: Review, page: ReviewPage) -> None:
    """What each KPI means, in words; formula and version in the notes."""
    slide = deck.slide(
        f"What each figure means: {page.words[:1].lower()}{page.words[1:]}",
        footer=sealed(review),
        notes=notes.definitions(page),
    )
    rows = [[Cell(k.series.kpi.title, INK, True), Cell(k.series.kpi.definition)] for k in page.kpis]
    slide.table(BODY, ("KPI", "Definition"), rows, (0.26, 0.74))


def restatement_pages(agenda: Agenda) -> list[Page]:
    """Frozen figures that later uploads changed; one slide that says so where there are none."""
    told = agenda.restated
    parts = [told[at : at + MOST_TABLE_ROWS] for at in range(0, len(told), MOST_TABLE_ROWS)]
    return [
        Page(partial(restatements, agenda=agenda, told=part, part=n, parts=len(parts)))
        for n, part in enumerate(parts, start=1)
    ]


def restatements(deck: Deck, agenda: Agenda, told: Sequence[str], part: int, parts: int) -> None:
    """Sentences on figures that were restated since the review was held."""
    number = len(agenda.restated)
    verb = "was" if number == 1 else "were"
    which = f" ({part} of {parts})" if parts > 1 else ""
    said = f"{count(number, 'frozen figure')} {verb} restated since the review{which}"
    slide = deck.slide(as_title(said), footer=sealed(agenda.review), notes="\n".join(told))
    slide.table(BODY, ("What changed since",), [[Cell(text)] for text in told], (1.0,))


def table_pages(agenda: Agenda) -> list[Page]:
    """Tables that do not stand whole on the slide of their input."""
    drawn = {as_title(p.title) for p in agenda.review.paretos}
    out = []
    for one in agenda.inputs:
        if one.key == "process_performance":  # the same lines stand among what was monitored
            continue
        for at, table in enumerate(one.tables):
            whole = at == 0 and len(table.lines) <= MOST_TABLE_ROWS and one.key != "monitoring"
            if table.lines and not whole and as_title(table.title) not in drawn:
                out += _parts(agenda, one, table)
    return out


def _parts(agenda: Agenda, told: AgendaInput, table: AgendaTable) -> list[Page]:
    chunks = _chunks(table)[:MOST_PARTS]
    return [
        Page(partial(whole_table, agenda=agenda, told=told, table=table, lines=lines,
                     which=(n, len(chunks))), (told.key,))
        for n, lines in enumerate(chunks, start=1)
    ]  # fmt: skip


def _chunks(table: AgendaTable) -> list[list[tuple[str, ...]]]:
    """The lines in parts, each of which fits a slide in small type."""
    widths = [share * WIDE for share in shares(table.headings, table.lines, WIDE)]
    out: list[list[tuple[str, ...]]] = [[]]
    used = 0.0
    for line in table.lines:
        most = max(line_count(text, w, TIGHT) for text, w in zip(line, widths, strict=True))
        tall = min(most, CELL_LINES) * TIGHT * LINE + ROW_AIR
        if out[-1] and (used + tall > TALL or len(out[-1]) == MOST_LINES):
            out.append([])
            used = 0.0
        out[-1].append(line)
        used += tall
    return out


def whole_table(
    deck: Deck,
    agenda: Agenda,
    told: AgendaInput,
    table: AgendaTable,
    lines: Sequence[tuple[str, ...]],
    which: tuple[int, int],
) -> None:
    """Up to fourteen lines of a table, in small type."""
    part, parts = which
    shown = sum(len(part) for part in _chunks(table)[:MOST_PARTS])
    size = f", {shown} of {len(table.lines)} lines" if shown < len(table.lines) else ""
    which_part = f" ({part} of {parts})" if parts > 1 else ""
    slide = deck.slide(
        f"{APPENDIX} to {told.letter or 'the review'}: {table.title.removesuffix('.')}{size}{which_part}",
        footer=f"{place_words(told)} · {footer(agenda.review, period=span(agenda))}",
        notes=notes.table(table) if part == 1 else "",
    )
    draw_table(slide, table, BODY, lines)
