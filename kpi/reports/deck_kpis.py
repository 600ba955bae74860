"""Slides of figures: what changed, the table of KPIs, control charts alone and side by side."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Final

from kpi.analysis import words
from kpi.analysis.results import Finding, Review, ReviewKpi, ReviewPage, SeriesView
from kpi.analysis.screen_words import without_findings
from kpi.analysis.sentences import is_back
from kpi.figures.theme import LIGHT, colour_of
from kpi.model import Assurance, Direction, Variation
from kpi.reports import notes
from kpi.reports.canvas import BODY, INK, MUTED, Box, Deck, Line, Slide
from kpi.reports.native import control_chart
from kpi.reports.native_parts import LARGE, SMALL
from kpi.reports.planned import (
    MOST_TABLE_ROWS,
    MOST_WORDS,
    Page,
    as_title,
    count,
    footer,
    months,
    side,
)
from kpi.reports.tables import Cell
from kpi.reports.verdict_marks import assurance_mark, variation_mark

UP, DOWN = "▲", "▼"

ASSURANCE_MARKS: Final = {
    Assurance.WILL_MEET: ("will meet it", LIGHT.improving),
    Assurance.WILL_MISS: ("will miss it", LIGHT.worsening),
    Assurance.MAY_OR_MAY_NOT: ("may or may not", INK),
    Assurance.NO_TARGET: ("no target", MUTED),
    Assurance.TOO_FEW: ("too few points", MUTED),
    Assurance.NOT_KNOWN: ("not known yet", MUTED),
}

VARIATION_WORDS: Final = {
    Variation.IMPROVING: "improving",
    Variation.WORSENING: "worsening",
    Variation.CHANGED: "changed",
    Variation.COMMON_CAUSE: "steady",
    Variation.TOO_FEW: "too few points",
}

GRID_WIDTHS: Final = (0.21, 0.14, 0.13, 0.10, 0.15, 0.12, 0.15)
ICON_INDENT: Final = "      "
"""Keeps a verdict's word clear of its icon, which stands over the cell."""

MOST_PANELS: Final = 4

PLACES: Final = {
    1: (Box(0, 0, 1, 1),),
    2: (Box(0, 0, 0.49, 1), Box(0.51, 0, 0.49, 1)),
    3: (Box(0, 0, 0.32, 1), Box(0.34, 0, 0.32, 1), Box(0.68, 0, 0.32, 1)),
    4: (
        Box(0, 0, 0.49, 0.485), Box(0.51, 0, 0.49, 0.485),
        Box(0, 0.515, 0.49, 0.485), Box(0.51, 0.515, 0.49, 0.485),
    ),
}  # fmt: skip
"""Where so many charts stand on a slide."""

HEADING_SIZE: Final = 13.0
HEADING_POINTS: Final = 34.0
"""Size of the words over a chart among several, and the height they take: two lines."""


def attention(deck: Deck, review: Review) -> None:
    """What changed and is no chance, worst first; or that nothing did."""
    if not review.findings and not review.improvements:
        _nothing_sure(deck, review)
        return
    found = [*((f, True) for f in review.findings), *((f, False) for f in review.improvements)]
    slide = deck.slide(
        _attention_title(review), footer=footer(review), notes=notes.attention(review)
    )
    slide.table(
        BODY,
        ("Change", "What", "Since then"),
        [_finding_row(f, worse=worse) for f, worse in found[:MOST_TABLE_ROWS]],
        (0.13, 0.47, 0.40),
    )


def _nothing_sure(deck: Deck, review: Review) -> None:
    """No change is told: all is as usual, or what signals by itself is no evidence among so many."""
    if review.worsening:
        slide = deck.slide(
            "No change is sure enough yet to act on", footer=footer(review),
            notes="Some charts signal; with all that was looked at, none does clearly enough.",
        )  # fmt: skip
    elif review.too_early:
        slide = deck.slide(
            "The months are too few yet to tell signal from chance", footer=footer(review),
            notes="Limits come with the eighth month of a chart; until then no month is a signal.",
        )  # fmt: skip
    else:
        slide = deck.slide(
            f"Nothing is out of the ordinary by {words.period_words(review.month)}", footer=footer(review),
            notes="What was looked at keeps to its usual range. What moves is chance.",
        )  # fmt: skip
    slide.text(BODY, [Line(without_findings(review.worsening, too_early=review.too_early), 20)])


def _attention_title(review: Review) -> str:
    worse, better = len(review.findings), len(review.improvements)
    told = [f"{count(worse, 'change')} for the worse"] if worse else []
    if better:
        number = words.small_number(better) if worse else count(better, "change")
        told.append(f"{number} for the better")
    verb = "is" if worse + better == 1 else "are"
    return as_title(f"{words.listed(told)} {verb} not chance")


def _finding_row(found: Finding, *, worse: bool) -> list[Cell]:
    return [
        _change_cell(found, worse=worse),
        Cell(found.headline.split(". ")[0].removesuffix(".") + ".", INK, True),
        Cell(" ".join(x for x in (found.detail, found.cost_words) if x)),
    ]


def _change_cell(found: Finding, *, worse: bool) -> Cell:
    """What the title counted the change as; in the past tense where it is in its range again."""
    view = found.series
    if found.variation is not Variation.CHANGED or view.kpi.direction is Direction.NONE:
        return _arrow_cell(replace(view, variation=found.variation))
    rose = (view.kpi.direction is Direction.HIGHER) is not worse
    told = Variation.WORSENING if worse else Variation.IMPROVING
    word = "worsened" if worse else "improved"
    return Cell(f"{UP if rose else DOWN} {word}", colour_of(told, LIGHT), True)


def _arrow_cell(view: SeriesView) -> Cell:
    """The arrow points the way the values went, the word says what that means."""
    better_up = view.kpi.direction is Direction.HIGHER
    mark = {
        Variation.IMPROVING: UP if better_up else DOWN,
        Variation.WORSENING: DOWN if better_up else UP,
        Variation.CHANGED: "♦",
        Variation.COMMON_CAUSE: "●",
    }.get(view.variation, "…")
    return Cell(f"{mark} {VARIATION_WORDS[view.variation]}", colour_of(view.variation, LIGHT), True)


def grid(deck: Deck, review: Review, page: ReviewPage) -> None:
    """KPIs in a table: value, change, target, and the two verdicts with their icons."""
    slide = deck.slide(as_title(page.title), footer=footer(review), notes=notes.grid(page))
    rows = slide.table(
        BODY,
        ("KPI", words.period_words(review.month), "To the month before", "Target", "Variation", "Since", "Target met?"),
        [_grid_row(kpi, review) for kpi in page.kpis],
        GRID_WIDTHS,
        numbers=(1, 2, 3),
    )  # fmt: skip
    left, _, width, _ = slide.place(BODY)
    verdicts = (left + int(sum(GRID_WIDTHS[:at]) * width) + int(0.08 * 914400) for at in (4, 6))
    variation_at, assurance_at = verdicts
    for (top, height), kpi in zip(rows, page.kpis, strict=True):
        view, middle = kpi.series, top + height // 2
        variation_mark(slide, view.variation, view.kpi.direction, (variation_at, middle))
        if view.assurance is not Assurance.NO_TARGET:
            assurance_mark(slide, view.assurance, (assurance_at, middle))


def _grid_row(kpi: ReviewKpi, review: Review) -> list[Cell]:
    view = kpi.series
    goal = words.value_text(view.target.value, view.kpi) if view.target else "–"
    met, ink = ASSURANCE_MARKS[view.assurance]
    of_month = view.last_label == words.period_words(review.month)
    value = view.last_value if of_month else f"no data since {view.last_label}"
    sure = view.assurance in (Assurance.WILL_MEET, Assurance.WILL_MISS)
    return [
        Cell(view.kpi.title, INK, True),
        Cell(value, INK, True),
        Cell(view.last_change.split(" against ")[0] if of_month else "–"),
        Cell(goal),
        Cell(ICON_INDENT + VARIATION_WORDS[view.variation], colour_of(view.variation, LIGHT), True),
        Cell(kpi.since),
        Cell(ICON_INDENT + met, ink, sure),
    ]


def chart(deck: Deck, review: Review, kpi: ReviewKpi) -> None:
    """One KPI: its control chart, what we see, what it means, the proposed decision."""
    slide = deck.slide(
        as_title(kpi.title),
        footer=footer(review, kpi.sources, months(kpi.series)),
        notes=notes.kpi(kpi),
    )
    control_chart(slide, kpi.series)
    told = (("What we see", kpi.see), ("What it means", kpi.mean))
    side(slide, (*told, ("Proposed decision", kpi.decision)))


def panels(deck: Deck, review: Review, page: ReviewPage, *, own_titles: bool = False) -> None:
    """Up to four KPIs side by side, each with its words and control chart.

    ``own_titles``: over each chart stands its finding, as of an action; else its verdict.
    """
    kpis = page.kpis[:MOST_PANELS]
    sources = {s.upload: s for k in kpis for s in k.sources}
    slide = deck.slide(
        as_title(page.title),
        footer=footer(review, list(sources.values()), months(kpis[0].series)),
        notes="\n\n".join(notes.kpi(k) for k in kpis),
    )
    for kpi, box in zip(kpis, PLACES[len(kpis)], strict=True):
        _panel(slide, kpi, box, _over(kpi, MOST_WORDS // len(kpis), own_title=own_titles))


def _panel(slide: Slide, kpi: ReviewKpi, box: Box, over: Line) -> None:
    head = HEADING_POINTS / slide.points(BODY)[1]
    slide.text(Box(box.left, box.top, box.width, head), [over], space_after=0)
    below = Box(box.left - 0.005, box.top + head, box.width + 0.005, box.height - head)
    dress = LARGE if box.width > 0.6 and box.height > 0.6 else SMALL
    control_chart(slide, kpi.series, below, dress)


def _over(kpi: ReviewKpi, most: int, *, own_title: bool) -> Line:
    view = kpi.series
    if own_title:
        told = kpi.title.split()
        text = " ".join(told[:most]) + ("…" if len(told) > most else "")
        return Line(text, HEADING_SIZE, INK, True)
    since = f" since {kpi.since}" if kpi.since != "–" else ""
    if is_back(view.variation, view.chart):
        since = " again"
    text = f"{view.kpi.title}: {VARIATION_WORDS[view.variation]}{since}"
    return Line(text, HEADING_SIZE, INK, True)


def chart_pages(review: Review, kpis: Sequence[ReviewKpi], key: str) -> list[Page]:
    """A slide for each KPI that needs one: a chart of its own."""
    return [Page(partial(chart, review=review, kpi=k), (key,), (k.series.kpi.id,)) for k in kpis]


def panel_pages(
    review: Review, pages: Sequence[ReviewPage], key: str, *, own_titles: bool = False
) -> list[Page]:
    """A slide for each group of KPIs that has any."""
    return [
        Page(
            partial(panels, review=review, page=page, own_titles=own_titles),
            (key,),
            tuple(k.series.kpi.id for k in page.kpis),
        )
        for page in pages
        if page.kpis
    ]


def grouped(name: str, kpis: Sequence[ReviewKpi]) -> list[ReviewPage]:
    """KPIs in groups of four under a name, each with the finding over them."""
    from kpi.analysis.review import page_of

    parts = _fours(kpis)
    return [
        page_of(f"{name} ({n} of {len(parts)})" if len(parts) > 1 else name, own)
        for n, own in enumerate(parts, start=1)
    ]


def told(nouns: tuple[str, str], kpis: Sequence[ReviewKpi], *, of: int) -> list[ReviewPage]:
    """Objectives or actions in groups of four, over each group how these stand.

    ``nouns``: what one is, and several are; ``of``: how many there are, charted or not.
    """
    pages = []
    for begun, own in zip(range(0, len(kpis), MOST_PANELS), _fours(kpis), strict=True):
        title = _standings(nouns, own, every=len(own) == of)
        if len(own) < of:
            shown = {begun + 1, begun + len(own)}
            title += f" ({'–'.join(map(str, sorted(shown)))} of {of})"
        pages.append(ReviewPage(nouns[1], title, tuple(own)))
    return pages


def _standings(nouns: tuple[str, str], kpis: Sequence[ReviewKpi], *, every: bool) -> str:
    """``Of four objectives three are off track and one is at risk``; only their name, unless told.

    ``every``: there are no others.
    """
    stand = [kpi.stands for kpi in kpis]
    if not all(one for one, _ in stand):  # kept by a version that did not say it
        return f"how the {nouns[1]} stand"
    number = words.small_number(len(stand))
    kinds = list(dict.fromkeys(stand))
    if len(kinds) == 1:
        several = len(stand) > 1
        all_of = {1: "the one", 2: "both"}.get(len(stand), f"all {number}") if every else number
        return f"{all_of} {nouns[several]} {stand[0][several]}"
    counts = [(stand.count(kind), kind) for kind in kinds]
    parts = [f"{words.small_number(n)} {kind[n > 1]}" for n, kind in counts]
    return f"Of {number} {nouns[1]} {words.listed(parts)}"


def _fours(kpis: Sequence[ReviewKpi]) -> list[Sequence[ReviewKpi]]:
    return [kpis[at : at + MOST_PANELS] for at in range(0, len(kpis), MOST_PANELS)]
