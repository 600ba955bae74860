"""Columns that are named for a figure and hold none: said, never passed over in silence."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from kpi.ingest.columns import Column
from kpi.ingest.conventions import Desk
from kpi.ingest.grids import Grid
from kpi.ingest.headings import ADDED, DURATIONS, NUMBERS, Assignment, are_percentages
from kpi.ingest.vocabulary import Level, Match, vocabulary
from kpi.model import Severity
from kpi.texts import said

_FIGURES: Final = NUMBERS | DURATIONS


def note_unread(
    grid: Grid, found: Sequence[tuple[Match, ...]], mapping: Assignment, desk: Desk
) -> None:
    """Warn of columns that would give a figure of the table, had their cells been numbers."""
    for i, column in enumerate(grid.columns):
        if i in mapping.taken | mapping.shut or found[i]:
            continue
        named = _figures_of(column, mapping.domains)
        if not named or mapping.has(*named):
            continue
        text, row = _first_odd(column)
        percent = bool(named & ADDED) and are_percentages(column)
        desk.note(
            grid.sheet,
            said("the column is not read: {cell} is a percentage, and no quantity", cell=text)
            if percent
            else said("the column is not read: {cell} is no number", cell=text),
            column.heading,
            severity=Severity.WARNING,
            row=int(grid.rows[row]),
            expected=said("numbers"),
            advice=said("Export the quantities themselves, or write them as numbers."),
        )


def without_figures(grid: Grid, found: Sequence[tuple[Match, ...]]) -> str | None:
    """Why nothing is measured in a table whose headings do name figures; ``None`` where none does."""
    odd = [
        column
        for column, matches in zip(grid.columns, found, strict=True)
        if not matches and _figures_of(column, None)
    ]
    if not odd:
        return None
    return said(
        "the cells under {headings} are no numbers, such as {cell}",
        headings=[repr(column.heading) for column in odd[:4]],
        cell=_first_odd(odd[0])[0],
    )


def _figures_of(column: Column, domains: tuple[str, ...] | None) -> set[str]:
    """The figures a heading names for sure, its cells being something else."""
    if column.empty:
        return set()
    return {
        match.field
        for match in vocabulary().lookup(column.heading)
        if match.level is Level.EXACT
        and match.field in _FIGURES
        and (domains is None or match.domain in domains)
    }


def _first_odd(column: Column) -> tuple[str, int]:
    """The first cell that is no plain number, as it is shown, and its position."""
    readable = np.append(column.number_texts.readable & ~column.number_texts.percent, True)
    rows = np.flatnonzero(~readable[column.codes])
    row = int(rows[0]) if len(rows) else int(np.flatnonzero(column.filled)[0])
    text = column.take(np.array([row])).as_text()[0].as_py() or ""
    return repr(text[:80]), row
