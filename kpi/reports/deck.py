"""The management review as a deck. Everything worth arguing about is decided in the agenda."""

import os
import tempfile
from collections.abc import Sequence
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import BinaryIO, Final, cast

from kpi.analysis.agenda_results import Agenda
from kpi.analysis.results import Review, ReviewKpi
from kpi.analysis.review import executive_page, page_of
from kpi.errors import StoreError
from kpi.reports import deck_appendix as appendix
from kpi.reports import deck_cover as cover
from kpi.reports import deck_end as end
from kpi.reports import deck_kpis as figures
from kpi.reports import deck_losses as losses
from kpi.reports.canvas import Deck
from kpi.reports.deck_inputs import input_pages, several_pages
from kpi.reports.planned import Page, shown_on
from kpi.reports.settled import in_utc, settled
from kpi.safe_text import one_line

FIGURES: Final = "monitoring"
PROCESSES: Final = "process_performance"
CUSTOMERS: Final = "satisfaction"

COMPLAINTS: Final = (
    "complaints",
    "complaint_rate",
    "returns_ppm",
    "reported:customer_survey_score",
)
YIELDS: Final = ("first_pass_yield", "rework_rate", "scrap_ppm")
UPTIME: Final = ("downtime_hours", "availability")
SUPPLY: Final = ("supplier_otd", "supplier_ppm")

CHARTED: Final = {
    "objectives": ("objective", "objectives"),
    "nonconformities": ("corrective action", "corrective actions"),
    "risk_actions": ("action on risks", "actions on risks"),
    "opportunity_actions": ("action on opportunities", "actions on opportunities"),
}
"""Inputs whose charts have findings of their own, and of what: one, several."""

SHOWN_APART: Final = (CUSTOMERS, PROCESSES, FIGURES, "suppliers", "improvement")
"""Inputs whose charts have a place of their own."""

MOST_EFFECTS: Final = 8
"""Charts of effects in the body of the deck, four to a slide."""

LONGEST_PROPERTY: Final = 255


def write_deck(agenda: Agenda, file: BinaryIO, template: Path | None = None) -> int:
    """Draw the review and write it as .pptx; returns the number of slides.

    The same agenda gives the same bytes.

    Raises
    ------
    UsageError
        The template cannot be used.
    """
    deck = Deck(template)
    for page in pages(agenda):
        page.draw(deck)
    _describe(deck, agenda)
    drawn = BytesIO()
    deck.presentation.save(drawn)
    file.write(settled(drawn.getvalue(), agenda.made))
    return deck.count


def save_deck(agenda: Agenda, path: Path, *, template: Path | None = None) -> int:
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
            slides = write_deck(agenda, cast(BinaryIO, file), template)
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


def pages(agenda: Agenda) -> list[Page]:
    """The slides in their order: cover, inputs with their figures, end, appendix."""
    review = agenda.review
    out: list[Page] = [Page(partial(cover.title, agenda=agenda))]
    # the coverage slide tells the numbers of all others, and so looks at the list when it is drawn
    out.append(Page(lambda deck: cover.coverage(deck, agenda, out)))
    out += _inputs(agenda, "previous_actions", "context", "parties")
    out.append(Page(partial(figures.attention, review=review), (FIGURES,)))
    executive = executive_page(review.kpis)
    out.append(Page(partial(figures.grid, review=review, page=executive), (FIGURES,)))
    out += _inputs(agenda, "objectives", CUSTOMERS)
    out += _together(agenda, "Customers", _chosen(agenda, CUSTOMERS, COMPLAINTS), CUSTOMERS)
    out += _processes(agenda)
    out += _inputs(agenda, "nonconformities")
    monitored = agenda.input(FIGURES)
    out.append(Page(partial(appendix.quality, review=review, told=monitored), (FIGURES,)))
    out += _inputs(agenda, "audits", "suppliers")
    out += _together(agenda, "Suppliers", _chosen(agenda, "suppliers", SUPPLY), "suppliers")
    out += _inputs(agenda, "resources", "risk_actions", "opportunity_actions", "improvement")
    out.append(Page(partial(end.decisions, agenda=agenda)))
    out.append(Page(partial(end.conclusion, agenda=agenda)))
    return _with_appendix(agenda, out)


def _with_appendix(agenda: Agenda, out: list[Page]) -> list[Page]:
    """The list itself, which the coverage slide holds, made longer by the appendix."""
    review, shown = agenda.review, shown_on(out)
    out += appendix.chart_rest(review, shown, FIGURES)
    out += appendix.pareto_rest(review, _paretos_shown(review), PROCESSES)
    out += [Page(partial(appendix.definitions, review=review, page=p)) for p in review.pages]
    out += appendix.restatement_pages(agenda)
    out += appendix.table_pages(agenda)
    return out


def _inputs(agenda: Agenda, *keys: str) -> list[Page]:
    """The slides of inputs that follow each other, each with its own charts four by four."""
    out: list[Page] = []
    for page in several_pages(agenda, keys):
        out.append(page)
        if len(page.inputs) == 1:
            out += _own_charts(agenda, page.inputs[0])
    return out


def _own_charts(agenda: Agenda, key: str) -> list[Page]:
    found = agenda.input(key)
    if found is None or key in SHOWN_APART:
        return []
    kpis = found.kpis[:MOST_EFFECTS]
    nouns = CHARTED.get(key)
    if nouns is None:
        groups = figures.grouped(f"{found.title}, in charts", kpis)
        return figures.panel_pages(agenda.review, groups, key)
    told = figures.told(nouns, kpis, of=len(found.kpis))
    return figures.panel_pages(agenda.review, told, key, own_titles=True)


def _chosen(agenda: Agenda, key: str, ids: Sequence[str]) -> list[ReviewKpi]:
    """The charts an input rests on; where it names none, those of the review that belong to it."""
    found = agenda.input(key)
    if found is not None and found.kpis:
        return list(found.kpis[: figures.MOST_PANELS])
    return _of(agenda.review, ids)


def _of(review: Review, ids: Sequence[str]) -> list[ReviewKpi]:
    by_id = {k.series.kpi.id: k for k in review.kpis}
    return [by_id[id] for id in ids if id in by_id]


def _together(agenda: Agenda, name: str, kpis: Sequence[ReviewKpi], key: str) -> list[Page]:
    if not kpis:
        return []
    return figures.panel_pages(agenda.review, [page_of(name, kpis)], key)


def _processes(agenda: Agenda) -> list[Page]:
    """Delivery, scrap, downtime: what they come to, then each with its charts and its causes."""
    review = agenda.review
    out = input_pages(agenda, PROCESSES)
    if losses.has_three_dates(review):
        out.append(Page(partial(losses.three_dates, review=review), (PROCESSES,)))
    out += _pareto(review, "otd_request")
    out += figures.chart_pages(review, _of(review, ["scrap_rate"]), PROCESSES)
    out += _pareto(review, "scrap_cost", "scrap_rate")
    out += _together(agenda, "Yield, rework and ppm", _of(review, YIELDS), PROCESSES)
    out += _together(agenda, "Downtime and availability", _of(review, UPTIME), PROCESSES)
    return out + _pareto(review, "downtime_hours")


SHOWN_PARETOS: Final = (("otd_request",), ("scrap_cost", "scrap_rate"), ("downtime_hours",))


def _pareto(review: Review, *ids: str) -> list[Page]:
    found = losses.first_pareto(review, *ids)
    if found is None:
        return []
    return [Page(partial(losses.pareto, review=review, view=found), (PROCESSES,))]


def _paretos_shown(review: Review) -> set[tuple[str, str]]:
    found = (losses.first_pareto(review, *ids) for ids in SHOWN_PARETOS)
    return {(p.kpi.id, p.dimension) for p in found if p is not None}


def _describe(deck: Deck, agenda: Agenda) -> None:
    properties = deck.presentation.core_properties
    properties.title = one_line(agenda.review.title)[:LONGEST_PROPERTY]
    properties.author = properties.last_modified_by = one_line(agenda.made_by)[:LONGEST_PROPERTY]
    properties.created = properties.modified = in_utc(agenda.made).replace(tzinfo=None)
