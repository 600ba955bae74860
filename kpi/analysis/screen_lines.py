"""Line by line: is it getting worse, or is it chance? One answer per line and main KPI."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from kpi.analysis import words
from kpi.analysis.results import Glance, GlanceCell
from kpi.analysis.screen_folding import ACT, WATCH
from kpi.analysis.screen_series import FAMILIES, Block
from kpi.model import Variation, meaning_of

GLANCED: Final = FAMILIES[:4]
"""Scrap, rework, downtime and stops; of a family the first KPI that has enough data."""

TITLES: Final = {
    "scrap_rate": "Scrap", "scrap_weight_rate": "Scrap", "rework_rate": "Rework",
    "unplanned_share": "Downtime", "downtime_hours": "Downtime", "stops": "Stops",
}  # fmt: skip
"""Short enough for a row of them."""

SPLIT: Final = ("plant", "line")

_WORST: Final = {Variation.WORSENING: 0, Variation.CHANGED: 1, Variation.IMPROVING: 2}

Q = Mapping[tuple[int, int], float]
"""The adjusted p-value of a series, by the number of its block and its column."""


def glances(blocks: Sequence[Block], q_values: Q) -> tuple[Glance, ...]:
    """Every line of every plant with its main KPIs; the lines that get worse first."""
    found: dict[tuple[str, str], dict[int, GlanceCell]] = {}
    for family, place, cell in _cells(blocks, q_values):
        kept = found.setdefault(place, {})
        if family not in kept or kept[family].variation is Variation.TOO_FEW:
            kept[family] = cell
    rows = [
        Glance(plant, line, tuple(cells[n] for n in sorted(cells)))
        for (plant, line), cells in found.items()
        if any(cell.variation is not Variation.TOO_FEW for cell in cells.values())
    ]
    return tuple(sorted(rows, key=lambda row: (_rank(row), row.plant, row.line)))


def _cells(
    blocks: Sequence[Block], q_values: Q
) -> Iterator[tuple[int, tuple[str, str], GlanceCell]]:
    for number, block in enumerate(blocks):
        family = next((n for n, ids in enumerate(GLANCED) if block.kpi.id in ids), None)
        if family is None or tuple(block.figures.by) != SPLIT:
            continue
        for column in range(block.figures.series):
            plant, line = block.figures.slices[column]
            if plant and line:  # rows that name none are no line to look at
                yield family, (plant, line), _cell(block, column, q_values.get((number, column)))


def _cell(block: Block, column: int, q_value: float | None) -> GlanceCell:
    variation, says = _judged(block, column, q_value)
    title = TITLES.get(block.kpi.id, block.kpi.title)
    return GlanceCell(block.kpi, block.slice(column), title, variation, says)


def _judged(block: Block, column: int, q_value: float | None) -> tuple[Variation, str]:
    found = block.evidence
    if q_value is None:
        return Variation.TOO_FEW, "too few data"
    if q_value < ACT and found.signal[column]:
        since = words.short_period(block.figures.labels[int(found.since[column])])
        variation = meaning_of(int(found.sign[column]), block.kpi.direction)
        told = {Variation.WORSENING: "worse", Variation.IMPROVING: "better"}
        return variation, f"{told.get(variation, 'changed')} since {since}"
    if q_value < WATCH or found.signal[column]:
        return Variation.COMMON_CAUSE, "may be chance"
    return Variation.COMMON_CAUSE, "steady"


def _rank(row: Glance) -> int:
    return min((_WORST.get(cell.variation, 3) for cell in row.cells), default=3)
