"""The review on one landscape page: where we stand, what needs attention, objectives, decisions."""

from collections.abc import Sequence
from typing import BinaryIO, Final

from kpi.analysis import words
from kpi.analysis.agenda_results import Agenda
from kpi.analysis.results import ReviewKpi
from kpi.analysis.review import executive_page
from kpi.analysis.screen_words import without_findings
from kpi.figures.theme import LIGHT, colour_of
from kpi.model import Assurance
from kpi.qms.agenda import edition_words
from kpi.reports.deck_cover import coverage_title, state
from kpi.reports.deck_end import conclusion_title, decision_row, decisions_title
from kpi.reports.deck_kpis import ASSURANCE_MARKS, VARIATION_WORDS
from kpi.reports.drawing import Page
from kpi.reports.planned import count, span

LEFT, RIGHT, WIDTH = 12.0, 183.0, 273.0
"""Millimetres: where the two columns begin, and the width between the margins."""

WIDE, NARROW = 163.0, 102.0
TOP, BOTTOM = 32.0, 196.0
ROW: Final = 18.5

COLUMNS: Final = (0.0, 39.0, 62.0, 84.0, 130.0)
"""Of the table of KPIs: name, value, target, chart, verdicts."""

MOST_LINES: Final = 4


def write_summary(agenda: Agenda, file: BinaryIO) -> None:
    """Write the page as PDF. The same agenda gives the same bytes."""
    review = agenda.review
    page = Page(title=review.title, author=agenda.made_by, made=agenda.made)
    _head(page, agenda)
    _grid(page, agenda)
    y = _attention(page, agenda, TOP)
    y = _input(page, agenda, "objectives", "Objectives", y)
    y = _input(page, agenda, "nonconformities", "Nonconformities and actions", y)
    y = _decisions(page, agenda, y)
    _gaps(page, agenda, y)
    _foot(page, agenda)
    page.save(file)


def _head(page: Page, agenda: Agenda) -> None:
    review = agenda.review
    company = f"{review.company}: " if review.company else ""
    page.text(LEFT, 9, 200, f"{company}{review.title}", 18, bold=True)
    told = (review.plants, span(agenda), edition_words(agenda.edition), state(agenda))
    page.text(LEFT, 18.5, 265, " · ".join(told), 10, ink=LIGHT.muted)
    page.rule(LEFT, 26, WIDTH, LIGHT.limit)


def _grid(page: Page, agenda: Agenda) -> None:
    """The KPIs top management looks at first, each with a small chart and both verdicts."""
    told = executive_page(agenda.review.kpis)
    page.text(LEFT, TOP - 3.5, WIDE, told.title.removesuffix("."), 11, bold=True)
    y = TOP + 3.5
    names = (
        "",
        words.period_words(agenda.review.month),
        "Target",
        "",
        "Change, and target met?",
    )
    for at, (name, x) in enumerate(zip(names, COLUMNS, strict=True)):
        wide = 21.0 if at in (1, 2) else 34.0
        page.text(LEFT + x, y, wide, name, 7.5, ink=LIGHT.muted, right=at in (1, 2))
    y += 4.5
    for kpi in told.kpis:
        page.rule(LEFT, y, WIDE)
        _kpi(page, kpi, agenda.review.month, y)
        y += ROW


def _kpi(page: Page, kpi: ReviewKpi, month: str, y: float) -> None:
    view = kpi.series
    middle = y + ROW / 2
    page.text(LEFT, middle - 4.2, 38, view.kpi.title, 9.5, bold=True, lines=2)
    here = view.last_label == words.period_words(month)
    value = view.last_value if here else f"no data since {view.last_label}"
    page.fitted(LEFT + COLUMNS[1], middle - 4.6, 21, value, 10.5)
    change = view.last_change.split(" against ")[0] if here else ""
    page.text(LEFT + COLUMNS[1], middle + 0.6, 21, change, 7.5, ink=LIGHT.muted, right=True)
    goal = words.value_text(view.target.value, view.kpi) if view.target else "–"
    page.text(LEFT + COLUMNS[2], middle - 4.2, 21, goal, 9.5, right=True)
    page.spark(view, LEFT + COLUMNS[3] + 3, y + 3, 39, ROW - 6)
    x = LEFT + COLUMNS[4] + 2
    page.variation(view.variation, view.kpi.direction, x, middle - 3.3)
    since = f" since {kpi.since}" if kpi.since != "–" else ""
    told = f"{VARIATION_WORDS[view.variation]}{since}"
    page.text(x + 3, middle - 5.0, 29, told, 7.5, ink=colour_of(view.variation, LIGHT), lines=2)
    if view.assurance is not Assurance.NO_TARGET:
        page.assurance(view.assurance, x, middle + 4.0)
    met, ink = ASSURANCE_MARKS[view.assurance]
    page.text(x + 3, middle + 2.4, 29, met, 7.5, ink=ink)


def _block(page: Page, title: str, lines: Sequence[tuple[str, str]], y: float) -> float:
    """A heading with its lines; what does not fit any more is left to the other documents."""
    if y > BOTTOM - 14:
        return y
    y = page.text(RIGHT, y, NARROW, title, 11, bold=True, lines=2) + 1
    for text, ink in lines:
        if y > BOTTOM - 6:
            break
        y = page.text(RIGHT, y, NARROW, text, 8.5, ink=ink, lines=3) + 1.2
    return y + 3


def _attention(page: Page, agenda: Agenda, y: float) -> float:
    review = agenda.review
    found = [*((f, LIGHT.worsening) for f in review.findings),
             *((f, LIGHT.improving) for f in review.improvements)]  # fmt: skip
    lines = [
        (f"{f.headline.split('. ')[0].removesuffix('.')}. {f.cost_words}".strip(), ink)
        for f, ink in found[:MOST_LINES]
    ]
    if not review.findings and (review.worsening or not found):
        lines.insert(0, (without_findings(review.worsening, too_early=review.too_early), LIGHT.ink))
    rest = len(found) - MOST_LINES
    if rest > 0:
        lines.append((f"And {count(rest, 'more change')} in the deck.", LIGHT.muted))
    return _block(page, "What needs attention, and what got better", lines, y - 3.5)


def _input(page: Page, agenda: Agenda, key: str, title: str, y: float) -> float:
    """An input in its finding and the first lines of its table."""
    told = agenda.input(key)
    if told is None:
        return y
    lines = [(told.nothing or told.finding, LIGHT.ink)]
    table = told.tables[0] if told.tables and not told.nothing else None
    if table is not None and key == "objectives":
        lines += [
            (" · ".join(c for c in line if c), LIGHT.muted) for line in table.lines[:MOST_LINES]
        ]
    return _block(page, title, lines, y)


def _decisions(page: Page, agenda: Agenda, y: float) -> float:
    taken = [decision_row(one) for one in agenda.decisions]
    lines = [(f"{what} ({owner}, {due})", LIGHT.ink) for _, what, _, owner, due in taken[:5]]
    lines = lines or [("No decision is recorded yet.", LIGHT.ink)]
    title = decisions_title(agenda.decisions) if taken else "Decisions"
    item = agenda.record.item if agenda.record is not None else None
    if item is not None and item.signature is not None:
        lines.append((f"{conclusion_title(item)}.", LIGHT.ink))
    return _block(page, title, lines, y)


def _gaps(page: Page, agenda: Agenda, y: float) -> None:
    missing = [text for one in agenda.inputs for text in one.missing]
    lines = [(text, LIGHT.worsening) for text in missing[:2]]
    rest = len(missing) - len(lines)
    if rest > 0:
        lines.append((f"And {count(rest, 'more gap')} in the minutes.", LIGHT.muted))
    _block(page, coverage_title(agenda.inputs), lines, y)


def _foot(page: Page, agenda: Agenda) -> None:
    review = agenda.review
    dated = (
        f"data up to {words.date_words(review.report_date)}" if review.report_date else "no data"
    )
    parts = (
        f"From {count(len(review.sources), 'uploaded file')}", dated,
        f"ledger position {agenda.position}", f"record {agenda.number}",
        f"audit trail {review.head}" if review.head else "",
        f"made on {words.date_words(agenda.made.date())} by {agenda.made_by}",
    )  # fmt: skip
    page.rule(LEFT, 199.5, WIDTH, LIGHT.limit)
    page.text(LEFT, 201, WIDTH, " · ".join(p for p in parts if p), 7, ink=LIGHT.muted)
