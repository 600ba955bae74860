"""What the figures of a table with columns across are: told by rows, by columns, by a title, or asked."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from kpi.ingest.across import Across, Head
from kpi.ingest.agreeing import (
    RowKinds,
)
from kpi.ingest.conventions import Desk
from kpi.ingest.grids import Grid
from kpi.ingest.heads import (
    ACTUAL,
    AGGREGATES,
    MEASURE,
    RATE,
    Role,
    measure_heading,
    role_of,
    unit_in,
)
from kpi.ingest.labelled import Labelled
from kpi.ingest.labels import (
    measure_in,
    rate_in,
    unit_column,
)
from kpi.ingest.vocabulary import unit_of, vocabulary
from kpi.texts import said

ASKED: Final = {
    "qty_scrap": "Scrap Qty",
    "qty_produced": "Produced Qty",
    "minutes": "Downtime Minutes",
}
_MOST_PERCENT: Final = 1000.0
"""No plant reports a rate above ten times the whole; quantities mostly are above."""
_BROKEN: Final = 0.2
"""Share of figures with decimals from which pieces are doubted."""
_OWN: Final = "Reported figure"
_COARSE: Final = ("quarter", "year")


@dataclass(frozen=True)
class Measures:
    """What the figures are: per row, where a label tells; else one for all, or by column."""

    by_row: tuple[str | None, ...] | None
    kinds: RowKinds
    all: str | None = None
    all_field: str | None = None

    @classmethod
    def of(cls, table: Labelled, figures: Sequence[Head], across: Across, desk: Desk) -> "Measures":
        """What rows, columns, titles, or the user say that the figures are."""
        grid = table.grid
        none = RowKinds((None,) * len(grid))
        if table.metric is not None:
            texts = grid.columns[table.metric].as_text().to_pylist()
            roles = tuple(None if t is None else role_of(t) for t in texts)
            units = _units(grid, table)
            roles = tuple(
                r if r is None or r.unit is not None or not u else replace(r, unit=unit_of(u))
                for r, u in zip(roles, units, strict=True)
            )
            names = [
                None if t is None or r is None else _headed(t, role_of(t), u)
                for t, r, u in zip(texts, roles, units, strict=True)
            ]
            return cls(tuple(names), RowKinds(roles))
        if any(h.role.kind in (MEASURE, RATE) for h in figures):
            return cls(None, none)
        heading, field = _one_measure(table, figures, across, desk)
        role = Role(MEASURE if field is not None else RATE, field, heading, unit_in(heading))
        if table.own is not None:
            texts = grid.columns[table.own].as_text().to_pylist()
            roles = tuple(role if t is None else role_of(t) for t in texts)
            headings = tuple(heading if t is None else _headed(t, role_of(t), None) for t in texts)
            return cls(headings, RowKinds(roles), None, field)
        return cls(None, RowKinds((role,) * len(grid)), heading, field)

    def heading_of(self, head: Head) -> str:
        """The heading that the figures of a column get."""
        if self.all is not None:
            return self.all
        role = head.role
        if role.kind == ACTUAL and vocabulary().is_plain_quantity(role.text):
            return role.text
        if role.kind == RATE and role.field is None:
            return role.text or "%"
        return measure_heading(role.text, role.field, head.unit)

    @property
    def fields(self) -> frozenset[str]:
        """The known measures of the rows."""
        return frozenset(
            r.field for r in self.kinds.roles if r is not None and r.kind == MEASURE and r.field
        )


def _units(grid: Grid, table: Labelled) -> list[str | None]:
    place = unit_column(grid, table.labels)
    if place is None:
        return [None] * len(grid)
    return [None if t is None else t.strip() for t in grid.columns[place].as_text().to_pylist()]


def _headed(text: str, role: Role, unit: str | None) -> str:
    """The heading of a metric's figures: with the unit that stands beside it, if it has none."""
    if role.kind != MEASURE:
        return text
    known = unit_of(unit) if unit else None
    if known is None or role.unit is not None:
        return measure_heading(text, role.field, role.unit)
    heading = measure_heading(text, role.field)
    return f"{heading} ({unit})"


def _one_measure(
    table: Labelled, figures: Sequence[Head], across: Across, desk: Desk
) -> tuple[str, str | None]:
    """What the figures of a table of periods are, where no row says it: the titles, else asked."""
    grid = table.grid
    labels = [grid.columns[i].heading for i in table.labels]
    aggregates = [h.role for h in across.heads.values() if h.role.kind in AGGREGATES]
    told_by = [*across.captions, *grid.titles, *labels, grid.sheet]
    cells = np.concatenate([grid.columns[h.index].as_numbers().values for h in figures])
    if (rate := rate_in(told_by)) is not None and _may_be_rates(cells):
        return rate, None
    told = measure_in(told_by)
    told = told or next(((r.field, r.text) for r in aggregates if r.field), None)
    if told is not None and not (rate is not None or _looks_like_rates(cells, told)):
        field, text = told
        return measure_heading(text, field), field
    answer = ask_measure(grid, cells, desk)
    return ASKED.get(answer, _OWN), answer if answer in ASKED else None


def _may_be_rates(cells: np.ndarray) -> bool:
    there = cells[~np.isnan(cells)]
    return len(there) == 0 or float(np.abs(there).max()) <= _MOST_PERCENT


def _looks_like_rates(cells: np.ndarray, told: tuple[str, str]) -> bool:
    """Small fractions under a word for pieces: a title says "scrap" and may mean its rate."""
    there = cells[~np.isnan(cells)]
    pieces = told[0] in ("qty_scrap", "qty_produced", "qty_good", "qty_rework")
    weighed = role_of(told[1]).unit not in (None, "pcs")
    broken = len(there) > 0 and float((there != np.floor(there)).mean()) > _BROKEN
    return pieces and not weighed and broken and _may_be_rates(cells)


def ask_measure(grid: Grid, cells: np.ndarray, desk: Desk, headings: tuple[str, ...] = ()) -> str:
    """What the figures of a table count, by the user's word; of periods where no headings are named."""
    options = [
        ("qty_scrap", said("scrapped pieces")),
        ("qty_produced", said("pieces produced")),
        ("minutes", said("minutes of downtime")),
        ("value", said("a figure of the plant's own, kept as reported")),
    ]
    there = cells[~np.isnan(cells)]
    if (there != np.floor(there)).any():
        options.insert(0, options.pop())  # no pieces: a rate, hours or days
    return desk.ask(
        "field",
        grid.sheet,
        "measure",
        said("What do the figures under the months or weeks count?")
        if headings == ()
        else said("What do the figures under {headings} count?", headings=", ".join(headings[:4])),
        options,
        samples=tuple(f"{v:g}" for v in there[:3]),
    )


def of_long_periods(across: Across, measures: Measures) -> bool:
    """Whether the columns are quantities of quarters or years, which belong to no month."""
    if across.axis is None or across.axis.grain not in _COARSE:
        return False
    by_column = {h.role.field for h in across.periods if h.role.kind == MEASURE}
    return bool(measures.fields or by_column - {None})


def say_sums_of_stops(grid: Grid, desk: Desk) -> None:
    """Minutes under a period or reason are the sum of its stops, however many there were."""
    desk.note(
        grid.sheet,
        said(
            "each figure is the time of all stops under its heading: how many there were, and how "
            "long one took, cannot be told from it"
        ),
    )
