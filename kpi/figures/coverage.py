"""The coverage calendar as an HTML table: plant and dataset against month.

Each cell has a symbol and its words, so that colour is never the only sign.
"""

from collections.abc import Callable
from itertools import groupby
from typing import Final

from kpi.analysis.results import CoverageCalendar, CoverageCell
from kpi.analysis.words import period_words
from kpi.datasets import DATASETS
from kpi.figures.escape import html
from kpi.model import State

ORDER: Final = tuple(DATASETS)
"""Datasets in the order of their declaration."""

SYMBOLS: Final = {
    State.VALUE: ("\u25cf", "rows", "cn-cov-value"),
    State.ZERO: ("0", "zero: covered, nothing happened", "cn-cov-zero"),
    State.MISSING: ("\u00d7", "missing", "cn-cov-missing"),
    State.NOT_SCHEDULED: ("\u2013", "not scheduled", "cn-cov-off"),
}


Address = Callable[[CoverageCell], str]


def coverage_table(calendar: CoverageCalendar, address: Address | None = None) -> str:
    """The calendar as HTML, plant by plant, newest month last; empty where nothing was uploaded.

    A cell with rows is a link where ``address`` gives one for it.
    """
    if not calendar.cells:
        return ""
    ordered = sorted(calendar.cells, key=lambda cell: (cell.plant, ORDER.index(cell.dataset)))
    bodies = "".join(
        _plant(plant, list(cells), calendar.months, address)
        for plant, cells in groupby(ordered, key=lambda cell: cell.plant)
    )
    return (
        '<div class="cn-scroll cn-newest" tabindex="0" role="region" aria-label="Coverage by month">'
        f'<table class="cn-coverage">{_head(calendar.months)}{bodies}</table></div>{_key()}'
    )


def _head(months: tuple[str, ...]) -> str:
    years = "".join(
        f'<th scope="colgroup" colspan="{len(list(own))}">{html(year)}</th>'
        for year, own in groupby(months, key=lambda month: month[:4])
    )
    letters = "".join(
        f'<th scope="col"{_first_of_year(month)}><abbr title="{html(period_words(month))}" '
        f'style="text-decoration:none">{html(period_words(month)[:1])}</abbr></th>'
        for month in months
    )
    stub = '<th class="cn-stub"></th>'
    return f"<thead><tr>{stub}{years}</tr><tr>{stub}{letters}</tr></thead>"


def _first_of_year(month: str) -> str:
    return ' class="cn-year"' if month.endswith("-01") else ""


def _plant(
    plant: str, cells: list[CoverageCell], months: tuple[str, ...], address: Address | None
) -> str:
    rows = "".join(
        _row(dataset, {cell.month: cell for cell in own}, months, address)
        for dataset, own in groupby(cells, key=lambda cell: cell.dataset)
    )
    name = f'<th class="cn-stub cn-plant" scope="rowgroup">{html(plant, longest=40)}</th>'
    return f'<tbody><tr>{name}<td colspan="{len(months)}"></td></tr>{rows}</tbody>'


def _row(
    dataset: str,
    cells: dict[str, CoverageCell],
    months: tuple[str, ...],
    address: Address | None,
) -> str:
    shown = "".join(_cell(cells.get(month), month, address) for month in months)
    return f'<tr><th class="cn-stub" scope="row">{html(DATASETS[dataset].title)}</th>{shown}</tr>'


def _cell(cell: CoverageCell | None, month: str, address: Address | None) -> str:
    if cell is None:
        return f"<td{_first_of_year(month)}></td>"
    symbol, word, style = SYMBOLS.get(cell.state, ("?", cell.state.value, "cn-cov-off"))
    style += " cn-year" if month.endswith("-01") else ""
    said = html(cell.words or f"{period_words(month)}: {word}")
    shown = f'<span aria-hidden="true">{symbol}</span><span class="cn-hidden">{said}</span>'
    there = address(cell) if address and cell.state is State.VALUE else ""
    if there:
        shown = f'<a href="{html(there, longest=600)}">{shown}</a>'
    return f'<td class="{style}" title="{said}">{shown}</td>'


def _key() -> str:
    named = "".join(
        f'<span class="cn-key"><span class="{style}" aria-hidden="true">{symbol}</span> '
        f"{html(word)}</span>"
        for symbol, word, style in SYMBOLS.values()
    )
    return f'<p class="cn-small">{named}</p>'
