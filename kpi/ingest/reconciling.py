"""The file's own totals against the rows read from it: every total row, every column, to the last digit."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from kpi.ingest.columns import Column, from_raw
from kpi.ingest.conventions import Desk, place_of
from kpi.ingest.dates import Floats, bare
from kpi.ingest.facts import Facts
from kpi.ingest.grids import Grid
from kpi.ingest.headings import DURATIONS, NUMBERS
from kpi.ingest.numbers import Mask
from kpi.ingest.raw import Cell, RawColumn, RawTotal
from kpi.model import ControlTotal, Severity
from kpi.texts import said

MOST: Final = 200
"""Totals of one table that are handed on; those that disagree go before."""

_SUMMED: Final = (NUMBERS | DURATIONS) - {"ideal_cycle_min"}


@dataclass(frozen=True)
class _Sheet:
    """The rows of one sheet and its total rows, in order."""

    name: str
    rows: Mask
    totals: tuple[RawTotal, ...]


def control_totals(facts: Facts, desk: Desk) -> tuple[ControlTotal, ...]:
    """Every total the file states for a column that is read, beside the sum of the rows it is of.

    Rejected rows are in the sums: they are in the file's. A subtotal is compared with the rows
    since the one before it, or with those of the group its label names; what disagrees is said.
    """
    grid = facts.grid
    found: list[ControlTotal] = []
    for sheet in _sheets(grid):
        for name in sorted(_SUMMED & set(facts.numbers)):
            position = facts.mapping.first(name)
            if position is None or len(facts.mapping.fields[name]) > 1:
                continue
            found += _of_column(facts, desk, sheet, name, grid.columns[position])
    for item in found:
        if not item.agrees:
            _say(item, facts, desk)
    ordered = sorted(found, key=lambda item: item.agrees)
    return (*grid.proven, *ordered[:MOST])


def _sheets(grid: Grid) -> Iterator[_Sheet]:
    named = np.asarray(grid.sheets.to_numpy(zero_copy_only=False))
    for sheet in dict.fromkeys(s for s, _ in grid.totals):
        totals = sorted((t for s, t in grid.totals if s == sheet), key=lambda t: t.row)
        yield _Sheet(sheet, np.asarray(named == sheet), tuple(totals))


def _of_column(
    facts: Facts, desk: Desk, sheet: _Sheet, name: str, column: Column
) -> list[ControlTotal]:
    values = _values(column, name, desk)
    out = []
    last = len(sheet.totals) - 1
    for place, total in enumerate(sheet.totals):
        stated = _stated(total.values.get(column.heading), column, name, desk)
        if not stated:
            continue
        sums = _sums(facts, sheet, place, values, only_all=place == last)
        says, rows_say = _nearest(stated, sums)
        where = place_of(sheet.name, total.row)
        out.append(ControlTotal(name, says, rows_say, where))
    return out


def _values(column: Column, name: str, desk: Desk) -> Floats:
    """The column's figures as it has them; durations in minutes."""
    decimal = desk.decided.get("decimal")
    if name in DURATIONS:
        return column.as_minutes(_unit(column, desk), decimal).values
    return column.as_numbers(decimal).values


def _unit(column: Column, desk: Desk) -> str:
    return desk.decided.get(f"unit:{column.named.key}", "min")


def _stated(cell: Cell, column: Column, name: str, desk: Desk) -> list[float]:
    """What the cell of a total may say: one figure, two where its sign is doubtful, or none."""
    if cell is None or isinstance(cell, bool):
        return []
    alone = from_raw(RawColumn(column.heading, column.letter, cells=[cell]))
    unit = _unit(column, desk)
    decided = desk.decided.get("decimal")
    signs = [decided] if decided else [".", ","] if alone.number_texts.doubtful else [None]
    read = [
        (alone.as_minutes(unit, s) if name in DURATIONS else alone.as_numbers(s)).values[0]
        for s in signs
    ]
    return [float(v) for v in read if not np.isnan(v)]


def _sums(
    facts: Facts, sheet: _Sheet, place: int, values: Floats, *, only_all: bool
) -> list[float]:
    """What the rows of a total may add up to, the likeliest first.

    The group its label names; the last total of a sheet: all rows above; another: the rows since
    the total before it, then since each earlier one; at the top of a table: all rows.
    """
    grid, total = facts.grid, sheet.totals[place]
    above = sheet.rows & (grid.rows < total.row)
    since = [
        float(np.nansum(values[above & (grid.rows > earlier.row)]))
        for earlier in reversed(sheet.totals[:place])
    ]
    since.append(float(np.nansum(values[above])))
    if only_all:
        since.reverse()
    grouped = _group(facts, sheet, total)
    if grouped is not None:
        since.insert(0, float(np.nansum(values[grouped])))
    if not above.any():
        since = [float(np.nansum(values[sheet.rows]))]
    return since


def _group(facts: Facts, sheet: _Sheet, total: RawTotal) -> Mask | None:
    """The rows of the group that a total's label names ("Total L1"), where exactly one does."""
    said_words = f" {' '.join(bare(total.label).replace(':', ' ').split())} "
    hits: list[Mask] = []
    for texts in facts.texts.values():
        listed = np.asarray(texts.to_numpy(zero_copy_only=False), object)
        hits += [
            np.asarray(sheet.rows & (listed == value))
            for value in dict.fromkeys(v for v in listed[sheet.rows].tolist() if v)
            if f" {bare(str(value))} " in said_words
        ]
    return hits[0] if len(hits) == 1 else None


def _nearest(stated: Sequence[float], sums: Sequence[float]) -> tuple[float, float]:
    """The pair that agrees, else the likeliest."""
    for says in stated:
        for rows_say in sums:
            if ControlTotal("", says, rows_say).agrees:
                return says, rows_say
    return stated[0], sums[0]


def _say(item: ControlTotal, facts: Facts, desk: Desk) -> None:
    off = item.rows_say - item.file_says
    desk.note(
        facts.grid.sheet,
        said(
            "the file's total is {says}, the rows add up to {sum}: {off} {more}",
            says=_shown(item.file_says),
            sum=_shown(item.rows_say),
            off=_shown(abs(off)),
            more=said("too much") if off > 0 else said("too little"),
        ),
        facts.heading(item.field),
        severity=Severity.WARNING,
        expected=said("the rows to add up to the file's own total"),
        advice=said("See {where}; rows may be missing from the export.", where=item.where),
    )


def _shown(value: float) -> float:
    return float(f"{value:.12g}")
