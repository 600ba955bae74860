"""Columns across to rows: the mechanics, once it is known what every column is.

Cells keep what they are (texts with their decimal sign and unit, numbers, clocks): nothing is read
here, so that every convention is decided later, for the whole column of one figure.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from kpi.ingest.columns import NAT, Column, stack
from kpi.ingest.grids import Grid

Rows = npt.NDArray[np.int64]

PERIOD_HEADINGS: Final = {
    "day": "Date", "week": "Week", "month": "Month", "quarter": "Quarter", "year": "Year",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Wide:
    """One column across: its period's first day, its member of each dimension, its measure.

    ``measure`` is the heading its figures get; ``None`` where a label of each row tells it.
    """

    index: int
    day: np.datetime64[Any] | None = None
    members: tuple[str | None, ...] = ()
    measure: str | None = None


@dataclass(frozen=True)
class Plan:
    """How a table is turned: its columns across, those repeated on every row, those told once.

    ``dimensions`` head the members, one per level. ``metrics`` names the figure each row holds, where rows do, and
    ``keys`` are texts per row (one tuple per label) that must be equal for rows to become one.
    ``idle`` are measures whose zeros say that nothing happened.
    """

    wide: tuple[Wide, ...]
    labels: tuple[int, ...]
    once: tuple[int, ...] = ()
    grain: str | None = None
    dimensions: tuple[str, ...] = ()
    metrics: tuple[str | None, ...] | None = None
    keys: tuple[tuple[Any, ...], ...] = ()
    idle: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class _Slot:
    """Columns of one slot stand beside each other in one row. ``nth`` parts those that are alike."""

    day: str = ""
    members: tuple[str | None, ...] = ()
    nth: int = 0


def _slots(plan: Plan) -> list[_Slot]:
    """The slot of each column across. Two columns of one slot and measure are two rows: none is lost."""
    seen: dict[tuple[object, ...], int] = {}
    out = []
    for wide in plan.wide:
        day = "" if wide.day is None else str(wide.day)
        members = wide.members or (None,) * len(plan.dimensions)
        key = (day, members, wide.measure)
        nth = seen.get(key, 0)
        seen[key] = nth + 1
        out.append(_Slot(day, members, nth))
    return out


def unfold(grid: Grid, plan: Plan) -> Grid:
    """One row per row (or group of metric rows) and slot; rows without any figure are left out."""
    groups = _groups(grid, plan)
    placed = _slots(plan)
    slots = list(dict.fromkeys(placed))
    if plan.once:
        base = _Slot("", (None,) * len(plan.dimensions))
        slots = [base, *(s for s in slots if s != base)]
    count = len(groups.first)
    spread = np.repeat(groups.first, len(slots))
    order = (np.arange(len(slots))[None, :] * count + np.arange(count)[:, None]).ravel()
    letters = _range([grid.columns[w.index].letter for w in plan.wide])
    columns = [
        renamed(c, c.heading, letters)
        for c in (*_period(plan, slots, count), *_members(plan, slots, count))
    ]
    columns += [grid.columns[i].take(spread) for i in plan.labels]
    known = len(columns)
    for measure in _measures(plan, groups):
        rows = groups.rows_of(measure)
        pieces = [
            _piece(grid, plan, [p == slot for p in placed], measure, rows, groups) for slot in slots
        ]
        made = stack(pieces).take(order)
        columns.append(blanked(made, _zeros(made)) if measure in plan.idle else made)
    for index in plan.once:
        pieces = [grid.columns[index].take(groups.first)]
        pieces += [_blank(grid.columns[index], count)] * (len(slots) - 1)
        columns.append(stack(pieces).take(order))
    filled = np.zeros(count * len(slots), bool)
    for column in columns[known:]:
        filled |= column.filled
    keep = np.flatnonzero(filled)
    return replace(
        grid,
        columns=tuple(c.take(keep) for c in columns),
        sheets=grid.sheets.take(pa.array(spread[keep])),
        rows=grid.rows[spread[keep]],
        totals=(),
        layers=(),
        grain=plan.grain or grid.grain,
    )


@dataclass(frozen=True)
class _Groups:
    """The rows of a sheet that become one: their first, and per metric the row that holds it."""

    first: Rows
    by_metric: dict[str, Rows] | None

    def rows_of(self, measure: str) -> Rows:
        return self.first if self.by_metric is None else self.by_metric[measure]


def _groups(grid: Grid, plan: Plan) -> _Groups:
    if plan.metrics is None:
        return _Groups(np.arange(len(grid), dtype=np.int64), None)
    groups: dict[tuple[object, ...], dict[str, int]] = {}
    for row, metric in enumerate(plan.metrics):
        if metric is None:
            continue
        key = (grid.sheets[row].as_py(), *(k[row] for k in plan.keys))
        number = 0
        while metric in groups.setdefault((*key, number), {}):
            number += 1
        groups[*key, number][metric] = row
    sources = [g for g in groups.values() if g]
    titles = list(dict.fromkeys(m for m in plan.metrics if m is not None))
    first = np.array([min(s.values()) for s in sources], np.int64)
    return _Groups(first, {t: np.array([s.get(t, -1) for s in sources], np.int64) for t in titles})


def _measures(plan: Plan, groups: _Groups) -> list[str]:
    if groups.by_metric is not None:
        return list(groups.by_metric)
    return list(dict.fromkeys(w.measure or "" for w in plan.wide))


def _piece(
    grid: Grid, plan: Plan, inside: Sequence[bool], measure: str, rows: Rows, groups: _Groups
) -> Column:
    """The figures of one measure in one slot, one per group."""
    by_row = groups.by_metric is not None
    here = [
        w.index
        for w, here in zip(plan.wide, inside, strict=True)
        if here and (by_row or (w.measure or "") == measure)
    ]
    if not here:
        return _blank(renamed(grid.columns[plan.wide[0].index], measure), len(rows))
    source = renamed(grid.columns[here[0]], measure, _letters(grid, plan, measure, by_row=by_row))
    taken = source.take(np.maximum(rows, 0)) if len(grid) else source
    return blanked(taken, rows < 0) if (rows < 0).any() else taken


def _letters(grid: Grid, plan: Plan, measure: str, *, by_row: bool) -> str:
    letters = [
        grid.columns[w.index].letter for w in plan.wide if by_row or (w.measure or "") == measure
    ]
    return _range(letters)


def _range(letters: Sequence[str]) -> str:
    return letters[0] if len(set(letters)) == 1 else f"{letters[0]}:{letters[-1]}"


def _period(plan: Plan, slots: Sequence[_Slot], count: int) -> list[Column]:
    if plan.grain is None:
        return []
    days = np.array([np.datetime64(s.day or "NaT", "us") for s in slots], "M8[us]")
    heading = PERIOD_HEADINGS[plan.grain]
    return [Column(heading, "", count * len(slots), stamps=np.tile(days, count))]


def _members(plan: Plan, slots: Sequence[_Slot], count: int) -> list[Column]:
    return [
        _texts(heading, [s.members[level] for s in slots], count)
        for level, heading in enumerate(plan.dimensions)
    ]


def text_column(heading: str, texts: Sequence[str | None], letter: str = "") -> Column:
    """A column of these texts."""
    encoded = pa.array(texts, pa.string()).dictionary_encode()
    codes = np.array([-1 if c is None else c for c in encoded.indices.to_pylist()], np.int32)
    return Column(heading, letter, len(texts), texts=encoded.dictionary, codes=codes)


def _texts(heading: str, members: Sequence[str | None], count: int) -> Column:
    names = list(dict.fromkeys(m for m in members if m))
    codes = np.array([names.index(m) if m else -1 for m in members], np.int32)
    texts = pa.array(names, pa.string())
    return Column(heading, "", count * len(members), texts=texts, codes=np.tile(codes, count))


def renamed(column: Column, heading: str, letter: str | None = None) -> Column:
    """The same cells under another heading."""
    return Column(
        heading,
        column.letter if letter is None else letter,
        column.length,
        texts=column.texts,
        codes=column.codes,
        numbers=column.numbers,
        stamps=column.stamps,
        clocks=column.clocks,
        epoch1904=column.epoch1904,
    )


def _blank(column: Column, count: int) -> Column:
    return Column(column.heading, column.letter, count, epoch1904=column.epoch1904)


def _zeros(column: Column) -> npt.NDArray[np.bool_]:
    values = column.as_numbers().values
    zero = values == 0
    if column.clocks is not None:
        zero |= column.clocks == 0
    return np.asarray(zero)


def blanked(column: Column, rows: npt.NDArray[np.bool_]) -> Column:
    """The column without the cells of these rows."""
    return Column(
        column.heading,
        column.letter,
        column.length,
        texts=column.texts,
        codes=np.where(rows, -1, column.codes).astype(np.int32),
        numbers=None if column.numbers is None else np.where(rows, np.nan, column.numbers),
        stamps=None if column.stamps is None else np.where(rows, NAT, column.stamps),
        clocks=None if column.clocks is None else np.where(rows, np.nan, column.clocks),
        epoch1904=column.epoch1904,
    )
