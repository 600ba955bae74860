"""Rows that are the sum of others under another name: "All lines", "Plant", "Alle Schichten"."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from kpi.ingest.across import is_figure
from kpi.ingest.conventions import Desk
from kpi.ingest.dates import Floats
from kpi.ingest.grids import Grid
from kpi.ingest.heads import MEASURE, RATE, role_of, split_words, words_of
from kpi.ingest.vocabulary import vocabulary
from kpi.model import Severity
from kpi.texts import said

_FEWEST: Final = 3
_COMPARED: Final = 6
"""Figures that must be the sums of all others for a row without a word for it to be a total."""
_MOST_VALUES: Final = 500
_MOST_ROWS: Final = 200_000
_DIMENSIONS: Final = frozenset({"line", "machine", "shift", "product", "reason", "plant"})


@dataclass(frozen=True)
class Figures:
    """The figures of a table: per row its cells, the name of its figure, and its labels by column."""

    cells: Floats
    names: Sequence[str | None]
    labels: dict[int, list[str | None]]


def without_wholes(grid: Grid, figures: Figures, desk: Desk, *, named_only: bool = False) -> Grid:
    """The table without the rows of a value that sum up all others in every column.

    ``named_only``: only values with a word for a whole are looked at, as in a long list.
    """
    for i, texts in figures.labels.items():
        values = list(dict.fromkeys(t for t in texts if t is not None))
        if not _FEWEST <= len(values) <= _MOST_VALUES:
            continue
        for value in values:
            named = is_whole(value)
            if named_only and not named:
                continue
            rows, agree = _sums_of_others(figures, i, value)
            if agree and len(rows) and _compared(figures, rows) >= (2 if named else _COMPARED):
                return _taken_out(grid, value, texts, rows, desk)
            if named and len(rows):
                _say_unlike(grid, value, rows, desk)
    return grid


def without_whole_rows(grid: Grid, desk: Desk) -> Grid:
    """A long table without its rows of "All" among those of lines, shifts or products."""
    if len(grid) > _MOST_ROWS:
        return grid
    places = [
        i
        for i, c in enumerate(grid.columns)
        if c.heading and vocabulary().dimension(c.named.tokens) in _DIMENSIONS
        and any(is_whole(t) for t in c.texts.to_pylist())
    ]  # fmt: skip
    measured = [
        i
        for i, c in enumerate(grid.columns)
        if c.heading and is_figure(c) and role_of(c.heading).kind == MEASURE
    ]
    if not places or not measured:
        return grid
    cells = np.stack([grid.columns[i].as_numbers().values for i in measured], axis=1)
    beside = [i for i in range(len(grid.columns)) if i in places or _tells(grid, i)]
    labels = {i: grid.columns[i].as_text().to_pylist() for i in beside}
    searched = {i: labels[i] for i in places} | {i: t for i, t in labels.items() if i not in places}
    return without_wholes(grid, Figures(cells, [""] * len(grid), searched), desk, named_only=True)


def _tells(grid: Grid, index: int) -> bool:
    """A column of dates, or of a dimension: rows are added up only where it is the same."""
    column = grid.columns[index]
    if not column.heading or column.empty:
        return False
    if column.shares["date"] > 0.5 or vocabulary().dimension(column.named.tokens) in _DIMENSIONS:
        return True
    return any(m.field in ("date", "at", "start") for m in vocabulary().lookup(column.heading))


def is_whole(text: str) -> bool:
    """Whether a label says that it stands for all others: "All", "All lines", "Gesamtwerk".

    >>> is_whole("All lines"), is_whole("Line 1"), is_whole("Plant")
    (True, False, True)
    """
    words = split_words(text)
    known = words_of("sum") | words_of("wholes")
    return bool(words) and all(w in known for w in words)


def _sums_of_others(figures: Figures, place: int, value: str) -> tuple[list[int], bool]:
    """The rows of a value, and whether each is the sum of the others with its labels.

    A label that the row leaves blank is of any of the others: a total has no product.
    """
    texts = figures.labels[place]
    others = [t for i, t in figures.labels.items() if i != place]
    parts = [r for r, t in enumerate(texts) if t is not None and t != value]
    by_pattern: dict[tuple[bool, ...], dict[tuple[object, ...], list[int]]] = {}
    found: list[int] = []
    for row, text in enumerate(texts):
        if text != value or role_of(figures.names[row] or "").kind == RATE:
            continue
        found.append(row)
        pattern = tuple(o[row] is not None for o in others)
        if pattern not in by_pattern:
            by_pattern[pattern] = _grouped(figures.names, others, pattern, parts)
        rest = by_pattern[pattern].get(_key(figures.names, others, pattern, row), [])
        if len(rest) < 2 or np.isnan(figures.cells[row]).all():
            return found, False
        sums = np.nansum(figures.cells[rest], axis=0)
        if not np.isclose(np.nan_to_num(figures.cells[row]), sums, rtol=1e-9, atol=1e-6).all():
            return found, False
    return found, True


def _key(
    names: Sequence[str | None],
    others: Sequence[Sequence[str | None]],
    pattern: tuple[bool, ...],
    row: int,
) -> tuple[object, ...]:
    return (names[row], *(o[row] for o, known in zip(others, pattern, strict=True) if known))


def _grouped(
    names: Sequence[str | None],
    others: Sequence[Sequence[str | None]],
    pattern: tuple[bool, ...],
    rows: Sequence[int],
) -> dict[tuple[object, ...], list[int]]:
    groups: dict[tuple[object, ...], list[int]] = {}
    for row in rows:
        groups.setdefault(_key(names, others, pattern, row), []).append(row)
    return groups


def _compared(figures: Figures, rows: Sequence[int]) -> int:
    return int((np.nan_to_num(figures.cells[list(rows)]) != 0).sum())


def _taken_out(
    grid: Grid, value: str, texts: Sequence[str | None], rows: Sequence[int], desk: Desk
) -> Grid:
    desk.note(
        grid.sheet,
        said(
            "the rows of {value} are the sum of the others in every figure: they are a total and are "
            "not read",
            value=repr(value),
        ),
        row=int(grid.rows[rows[0]]),
    )
    return grid.with_rows(np.flatnonzero(np.array([t != value for t in texts], bool)))


def _say_unlike(grid: Grid, value: str, rows: Sequence[int], desk: Desk) -> None:
    desk.note(
        grid.sheet,
        said(
            "{value} sounds like a total, and its figures are not the sum of the others: they are read",
            value=repr(value),
        ),
        severity=Severity.WARNING,
        row=int(grid.rows[rows[0]]),
        expected=said("the sum of the other rows"),
        advice=said("If it is a total, take it out of the file and upload it again."),
    )
