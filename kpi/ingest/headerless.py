"""Tables without headings: columns proposed from their values, and always confirmed."""

from typing import Final

import numpy as np

from kpi.ingest.columns import Column
from kpi.ingest.conventions import Desk
from kpi.ingest.grids import Grid
from kpi.texts import said

MOST_COLUMNS: Final = 12
"""A wider table without headings is refused: nobody answers so many questions."""

_LABELS: Final = {
    "date": "Date",
    "start": "Start",
    "end": "End",
    "qty_produced": "Produced Qty",
    "qty_good": "Good Qty",
    "qty_scrap": "Scrap Qty",
    "minutes": "Downtime Minutes",
    "line": "Line",
    "machine": "Machine",
    "shift": "Shift",
    "product": "Part Number",
    "reason": "Reason",
}
"""A heading that reads as the field, for each field that may be named."""

_SAYS: Final = {
    "date": said("the day of the row"),
    "start": said("when a stop began"),
    "end": said("when a stop ended"),
    "qty_produced": said("pieces produced"),
    "qty_good": said("good pieces"),
    "qty_scrap": said("pieces scrapped"),
    "minutes": said("minutes of downtime"),
    "line": said("the line"),
    "machine": said("the machine"),
    "shift": said("the shift"),
    "product": said("the part number"),
    "reason": said("the reason"),
    "ignore": said("the column is not needed"),
}
_DAYS: Final = ("date", "start", "end", "ignore")
_FIGURES: Final = ("qty_produced", "qty_scrap", "qty_good", "minutes", "product", "ignore")
_TEXTS: Final = ("line", "machine", "product", "shift", "reason", "ignore")


def with_headings(grid: Grid, desk: Desk) -> Grid | None:
    """The table with a heading for each column, by the user's word; ``None`` where none can be proposed."""
    filled = [i for i, c in enumerate(grid.columns) if not c.empty]
    days = [i for i in filled if grid.columns[i].shares["date"] > 0.5]
    figures = [i for i in filled if i not in days and grid.columns[i].shares["number"] > 0.9]
    if len(grid) < 3 or not days or not figures or len(filled) > MOST_COLUMNS:
        return None
    pair = _produced_and_scrapped(grid, figures)
    if not pair:
        return None
    first = {days[0]: "date"} | pair
    texts = [i for i in filled if i not in days and i not in figures]
    first |= dict(zip(texts, ("line", "product", "reason", "shift"), strict=False))
    columns = list(grid.columns)
    for i in filled:
        options = _DAYS if i in days else _FIGURES if i in figures else _TEXTS
        best = first.get(i, "ignore")
        answer = _asked(
            grid.columns[i], grid.sheet, [best, *(o for o in options if o != best)], desk
        )
        columns[i] = _named(columns[i], _LABELS.get(answer, ""))
    return grid.with_columns(columns)


def _produced_and_scrapped(grid: Grid, figures: list[int]) -> dict[int, str]:
    """Two columns of which one is never above the other and less than half of it in sum."""
    values = {i: grid.columns[i].as_numbers().values for i in figures}
    for large in figures:
        for small in figures:
            more, less = values[large], values[small]
            both = ~np.isnan(more) & ~np.isnan(less)
            never_above = large != small and both.any() and bool((more >= less)[both].all())
            if never_above and less[both].sum() > 0 and more[both].sum() > 2 * less[both].sum():
                return {large: "qty_produced", small: "qty_scrap"}
    return {}


def _asked(column: Column, sheet: str, options: list[str], desk: Desk) -> str:
    shown = ", ".join(column.examples(3))
    return desk.ask(
        "field",
        sheet,
        f"column:{column.letter}",
        said(
            "The table has no headings. What does column {letter} ({samples}) hold?",
            letter=column.letter,
            samples=shown,
        ),
        [(o, _SAYS[o]) for o in options],
        heading=column.letter,
        samples=column.examples(),
    )


def _named(column: Column, heading: str) -> Column:
    return Column(
        heading,
        column.letter,
        column.length,
        texts=column.texts,
        codes=column.codes,
        numbers=column.numbers,
        stamps=column.stamps,
        clocks=column.clocks,
        epoch1904=column.epoch1904,
    )
