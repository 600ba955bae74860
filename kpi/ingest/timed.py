"""Durations whose unit another column gives row by row: 30 MIN below 2.5 H."""

import numpy as np
import numpy.typing as npt

from kpi.ingest.columns import Column, Reading
from kpi.ingest.dates import Floats
from kpi.ingest.durations import MINUTES_PER
from kpi.ingest.vocabulary import unit_of


class TimedColumn(Column):
    """A column of durations with the minutes that a bare number counts in each row."""

    factors: Floats

    @classmethod
    def of(cls, column: Column, factors: Floats) -> "TimedColumn":
        """The column, a bare number in each row being so many minutes (nan: no unit)."""
        out = cls(
            column.heading,
            column.letter,
            column.length,
            texts=column.texts,
            codes=column.codes,
            numbers=column.numbers,
            stamps=column.stamps,
            clocks=column.clocks,
            epoch1904=column.epoch1904,
        )
        out.factors = factors
        return out

    def as_minutes(self, unit: str, decimal: str | None = None) -> Reading:
        """Minutes by each row's own unit; ``unit`` is not needed. Bad where a row has none."""
        read = super().as_numbers(decimal)
        bad = read.bad | ((read.values != 0) & ~np.isnan(read.values) & np.isnan(self.factors))
        values = np.where(read.values == 0, 0.0, read.values * self.factors)
        return Reading(np.where(bad, np.nan, values), np.asarray(bad))

    def take(self, rows: npt.NDArray[np.int64]) -> "TimedColumn":
        """The column with these rows only."""
        return TimedColumn.of(super().take(rows), self.factors[rows])


def timed(column: Column, units: Column) -> TimedColumn:
    """Durations in the units that another column names."""
    texts = units.as_text().dictionary_encode()
    per = [MINUTES_PER.get(unit_of(t) or "", np.nan) for t in texts.dictionary.to_pylist()]
    codes = np.asarray(texts.indices.fill_null(len(per)).to_numpy(zero_copy_only=False))
    return TimedColumn.of(column, np.array([*per, np.nan])[codes])


def names_units_of_time(column: Column) -> bool:
    """Whether every filled cell of a column names a unit of time, and not all of them the same."""
    if column.empty or column.numbers is not None or column.stamps is not None:
        return False
    units = {unit_of(t) for t in column.texts.to_pylist()}
    return len(units) > 1 and units <= set(MINUTES_PER)
