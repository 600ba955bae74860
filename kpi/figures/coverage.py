"""The coverage calendar as an HTML table: plant and dataset against month.

Each cell has a symbol and its words, so that colour is never the only sign.
"""

from itertools import groupby
from typing import Final

from kpi.analysis.results import CoverageCalendar, CoverageCell
from kpi.datasets import DATASETS
from kpi.figures.control import short_period
from kpi.figures.escape import html
from kpi.model import State

SYMBOLS: Final = {
    State.VALUE: ("\u25cf", "rows", "cn-cov-value"),
    State.ZERO: ("0", "zero: covered, nothing happened", "cn-cov-zero"),
    State.MISSING: ("\u00d7", "missing", "cn-cov-missing"),
    State.NOT_SCHEDULED: ("\u2013", "not scheduled", "cn-cov-off"),
}


def coverage_table(calendar: CoverageCalendar) -> str:
    """The calendar as HTML, newest month last; empty where nothing has been uploaded."""
    if not calendar.cells:
        return ""
    heads = "".join(f'<th scope="col">{_month(month)}</th>' for month in calendar.months)
    ordered = sorted(calendar.cells, key=lambda cell: (cell.plant, cell.dataset))
    rows = "".join(
        _row(plant, dataset, {cell.month: cell for cell in cells}, calendar.months)
        for (plant, dataset), cells in groupby(ordered, key=lambda cell: (cell.plant, cell.dataset))
    )
    return (
        '<div class="cn-scroll" tabindex="0" role="region" aria-label="Coverage by month">'
        '<table class="cn-coverage"><thead><tr><th scope="col">Plant</th><th scope="col">Data</th>'
        f"{heads}</tr></thead><tbody>{rows}</tbody></table></div>{_key()}"
    )


def _month(label: str) -> str:
    month, _, year = short_period(label).partition(" ")
    return f"{html(month)}<br><small>{html(year)}</small>"


def _row(
    plant: str, dataset: str, cells: dict[str, CoverageCell], months: tuple[str, ...]
) -> str:  # fmt: skip
    shown = "".join(_cell(cells.get(month), month) for month in months)
    title = DATASETS[dataset].title if dataset in DATASETS else dataset
    return (
        f'<tr><th scope="row">{html(plant, longest=24)}</th>'
        f'<th scope="row">{html(title)}</th>{shown}</tr>'
    )


def _cell(cell: CoverageCell | None, month: str) -> str:
    if cell is None:
        return "<td></td>"
    symbol, word, style = SYMBOLS.get(cell.state, ("?", cell.state.value, "cn-cov-off"))
    said = html(f"{month}: {cell.words or word}")
    return (
        f'<td class="{style}" title="{said}"><span aria-hidden="true">{symbol}</span>'
        f'<span class="cn-hidden">{said}</span></td>'
    )


def _key() -> str:
    named = "".join(
        f'<span class="cn-key"><span class="{style}" aria-hidden="true">{symbol}</span> '
        f"{html(word)}</span>"
        for symbol, word, style in SYMBOLS.values()
    )
    return f'<p class="cn-small">{named}</p>'
