"""A table with columns across and its labels in order: which name the figures, which say whose."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from kpi.ingest.across import Across, Head
from kpi.ingest.conventions import Desk
from kpi.ingest.grids import Grid
from kpi.ingest.heads import (
    AGGREGATES,
    COUNT,
    MEAN,
    MEASURE,
    MEMBER,
    RATE,
    RUNNING,
    UNREAD,
    role_of,
)
from kpi.ingest.labels import (
    label_columns,
    metric_column,
    only_kinds,
    peel_labels,
    without_kinds,
)
from kpi.ingest.unfold import blanked, text_column
from kpi.ingest.wholes import Figures
from kpi.ingest.written_once import fill_down, sections
from kpi.texts import said

_MOSTLY: Final = 0.5
_NO_MEMBERS: Final = UNREAD | {RATE, RUNNING, MEAN}
"""Rows that stand below members and are none."""


@dataclass(frozen=True)
class Labelled:
    """The table with its labels in order: which column names the figures, which the rest.

    ``own`` is a column that names the figure of a few rows among others of one measure ("Produced"
    below the reasons of scrap).
    """

    grid: Grid
    labels: tuple[int, ...]
    metric: int | None
    own: int | None = None


def labelled(grid: Grid, across: Across, desk: Desk) -> Labelled:
    """The labels of a table told apart; sections, blocks and targets among its rows resolved."""
    beside = [i for i in across.heads if across.heads[i].period is not None]
    labels = label_columns(grid, beside)
    grid = sections(grid, labels, beside, desk)
    labels = label_columns(grid, beside)
    by_columns = any(h.role.kind == MEASURE for h in across.periods)
    metric = None if by_columns else metric_column(grid, labels)
    if metric is None and not by_columns:
        grid = peel_labels(grid, labels)
        labels = label_columns(grid, beside)
        metric = metric_column(grid, labels)
    grid = fill_down(grid, labels, metric, desk)
    grid = without_kinds(grid, labels, metric, desk)
    labels = [i for i in labels if i == metric or not only_kinds(grid.columns[i])]
    own = None
    if metric is None and not by_columns:
        grid, own = _with_own(grid, labels, desk)
    return Labelled(grid, tuple(labels), metric, own)


def _with_own(grid: Grid, labels: Sequence[int], desk: Desk) -> tuple[Grid, int | None]:
    """Rows that are no member of what the others are: rates and counts out, quantities named."""
    for i in labels:
        texts = grid.columns[i].as_text().to_pylist()
        roles = [role_of(t) if t else None for t in texts]
        members = sum(r is not None and r.kind == MEMBER for r in roles)
        if members < 2 or grid.columns[i].shares["text"] < _MOSTLY:
            continue
        unread = [r is not None and r.kind in _NO_MEMBERS for r in roles]
        named = [
            t if r is not None and r.kind == MEASURE else None
            for t, r in zip(texts, roles, strict=True)
        ]
        if any(unread):
            listed = [f"{t} (row {int(grid.rows[k])})" for k, t in enumerate(texts) if unread[k]]
            desk.note(
                grid.sheet,
                said(
                    "rows of rates, totals and counts among the others are not read: {rows}",
                    rows="; ".join(listed[:8]),
                ),
            )
        if not any(n is not None for n in named):
            return (
                (grid.with_rows(np.flatnonzero(~np.array(unread))), None)
                if any(unread)
                else (grid, None)
            )
        columns = list(grid.columns)
        columns[i] = blanked(columns[i], np.array([n is not None for n in named]))
        own = text_column("#own", named)
        grid = replace(grid, columns=(*columns, own)).with_rows(np.flatnonzero(~np.array(unread)))
        return grid, len(grid.columns) - 1
    return grid, None


def note_unread(grid: Grid, across: Across, labels: Sequence[int], desk: Desk) -> None:
    """Columns of targets and comparisons are named, with a value each; so are other figures."""
    known = UNREAD | AGGREGATES
    others = [
        h
        for h in across.heads.values()
        if h.period is None and h.index not in labels and h.role.kind not in known
        and not grid.columns[h.index].empty
    ]  # fmt: skip
    if others:
        listed = ", ".join(repr(grid.columns[h.index].heading) for h in others)
        desk.note(
            grid.sheet,
            said("{headings} stand beside the periods and are of none: not read", headings=listed),
        )
    for head in across.heads.values():
        column = grid.columns[head.index]
        if head.role.kind not in UNREAD or column.empty:
            continue
        values = ", ".join(column.examples(3))
        text = said(
            "{heading} is a target or a comparison, not a figure of the plant ({values}): it is not "
            "read",
            heading=repr(column.heading),
            values=values,
        )
        if head.role.kind == COUNT:
            text = said(
                "{heading} counts stops ({values}): it is not read, stops are counted one by one",
                heading=repr(column.heading),
                values=values,
            )
        desk.note(grid.sheet, text, column.heading)


def figures_of(table: Labelled, figures: Sequence[Head]) -> Figures:
    """The figures of the columns across with the labels of their rows."""
    grid, metric = table.grid, table.metric
    cells = np.stack([grid.columns[h.index].as_numbers().values for h in figures], axis=1)
    names = grid.columns[metric].as_text().to_pylist() if metric is not None else [""] * len(grid)
    beside = [i for i in table.labels if i != metric]
    return Figures(cells, names, {i: grid.columns[i].as_text().to_pylist() for i in beside})
