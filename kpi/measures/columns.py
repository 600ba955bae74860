"""Sums as plain arrays: what the cells of a question are put together from.

A question has few cells, and a page asks dozens of questions: with a data frame for each step, most
of the time would go into frames.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from kpi.measures.beside import Codes, Mask

Values = npt.NDArray[np.float64]
Objects = npt.NDArray[np.object_]
Key = npt.NDArray[Any]
"""Moments, or texts as objects; missing ones of any kind are alike."""

MIXED: Final = " + "
"""Joins the units of an amount that has several: it must not be shown as one number."""

NOWHERE: Final = -1
"""The place of what has none."""


@dataclass(frozen=True, slots=True, eq=False)
class Columns:
    """Rows of a sum: their ``keys``, the ``amount`` (``nan``: not stated), ``counts``, the ``unit``."""

    keys: Mapping[str, Key]
    amount: Values
    counts: Mapping[str, Values]
    unit: Objects

    def __len__(self) -> int:
        return len(self.amount)

    def only(self, kept: Mask) -> "Columns":
        """The rows marked."""
        return Columns(
            {name: key[kept] for name, key in self.keys.items()},
            self.amount[kept],
            {name: values[kept] for name, values in self.counts.items()},
            self.unit[kept],
        )

    def counting(self, **counts: Values | Mask) -> "Columns":
        """The rows with more counts beside them."""
        more = {name: np.asarray(values, dtype=np.float64) for name, values in counts.items()}
        return Columns(self.keys, self.amount, {**self.counts, **more}, self.unit)


def coded(columns: Sequence[npt.NDArray[Any]]) -> tuple[Codes, Codes]:
    """The group of each row by some columns, in order of appearance, and where each first appears."""
    codes = np.zeros(len(columns[0]), dtype="int64")
    for values in columns:
        own, known = pd.factorize(values)  # a missing value is -1, whatever stands for it
        codes = pd.factorize(codes * (len(known) + 1) + own)[0]
    return codes, np.unique(codes, return_index=True)[1]


def plain(values: pd.Series) -> npt.NDArray[Any]:
    """Moments as they are, anything else as objects: what ``coded`` takes."""
    return values.to_numpy() if values.dtype.kind == "M" else values.to_numpy(object)


def columns_of(frame: pd.DataFrame, keys: Iterable[str]) -> Columns:
    """The columns of a frame as ``Sums.frame`` has them."""
    return Columns(
        {name: plain(frame[name]) for name in dict.fromkeys(keys)},
        frame["amount"].to_numpy(np.float64),
        {"rows": frame["rows"].to_numpy(np.float64)},
        frame["unit"].to_numpy(object),
    )


def added_up(rows: Columns, keys: Sequence[str]) -> Columns:
    """Amounts and counts added up by ``keys``: an amount is missing where all are.

    ``places`` counts the rows added up; units that differ are joined by `` + ``.
    """
    codes, first = coded([rows.keys[name] for name in keys])
    size = len(first)
    if size == len(codes):  # one row each: nothing to add, though -0.0 becomes 0.0 as in a sum
        counts = {**rows.counts, "places": np.ones(size)}
        return Columns(
            {name: rows.keys[name] for name in keys}, rows.amount + 0.0, counts, _units(rows, codes)
        )
    stated = pd.Series(rows.amount).groupby(codes, sort=True).sum(min_count=1)
    total = np.asarray(stated, dtype=np.float64)
    ones = np.ones(len(codes))
    counts = {
        n: np.bincount(codes, v, minlength=size).astype(np.float64)
        for n, v in {**rows.counts, "places": ones}.items()
    }
    return Columns(
        {name: rows.keys[name][first] for name in keys}, total, counts,
        _units(rows, codes),
    )  # fmt: skip


def _units(rows: Columns, codes: Codes) -> Objects:
    """The unit of each group; where only one is stated at all, it is that of all."""
    stated = {unit for unit in rows.unit.tolist() if unit}
    size = int(codes.max()) + 1 if len(codes) else 0
    if len(stated) <= 1:
        return np.full(size, next(iter(stated), ""), dtype=object)
    found: list[set[str]] = [set() for _ in range(size)]
    for code, unit in zip(codes.tolist(), rows.unit.tolist(), strict=True):
        if unit:
            found[code].add(unit)
    out = np.empty(size, dtype=object)
    out[:] = [MIXED.join(dict.fromkeys((min(u), max(u)))) if u else "" for u in found]
    return out


def among(rows: Sequence[Key], places: Sequence[Key]) -> Mask:
    """Whether the keys of each row are those of one of ``places``."""
    codes, _ = coded(
        [np.concatenate([mine, theirs]) for mine, theirs in zip(rows, places, strict=True)]
    )
    count = len(rows[0])
    found = np.zeros(len(codes), dtype=bool)
    found[codes[count:]] = True
    return found[codes[:count]]


def picked(values: npt.NDArray[Any], at: Codes, fill: Any) -> npt.NDArray[Any]:
    """The values at some places; ``fill`` where there is none."""
    out = np.full(len(at), fill, dtype=values.dtype)
    there = at != NOWHERE
    out[there] = values[at[there]]
    return out


@dataclass(frozen=True, slots=True, eq=False)
class Grid:
    """The cells of a question, slice after slice and each period by period.

    ``slices`` are the values of the dimensions asked for (one slice without any where none is),
    ``plants`` the plant of each where it has one only, ``table`` the periods.
    """

    slices: Mapping[str, Objects]
    plants: Objects
    table: pd.DataFrame

    def __len__(self) -> int:
        return len(self.plants) * len(self.table)

    def by_slice(self, values: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """What is one for each slice, for its cells."""
        return np.repeat(values, len(self.table))

    def by_period(self, name: str) -> pd.Series:
        """A column of the periods, for all cells."""
        column = self.table[name]
        if len(self.plants) == 1:
            return column
        return column.take(np.tile(np.arange(len(column)), len(self.plants))).reset_index(drop=True)

    def places_of(self, rows: Columns, dims: Sequence[str]) -> Codes:
        """The row that each cell takes its sums from, by its period and some of its dimensions."""
        starts = self.table["start"].to_numpy()
        time = np.searchsorted(starts, rows.keys["start"])
        time[time == len(starts)] = 0
        count = len(self.plants)
        codes = np.zeros(count + len(rows), dtype=np.int64)
        if dims:
            codes, _ = coded([np.concatenate([self.slices[d], rows.keys[d]]) for d in dims])
        table = np.full((int(codes.max(initial=0)) + 1, len(starts)), NOWHERE, dtype=np.int64)
        here = np.flatnonzero(starts[time] == rows.keys["start"])
        table[codes[count:][here], time[here]] = here
        return table[codes[:count]].ravel()
