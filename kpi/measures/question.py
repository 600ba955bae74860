"""What is asked of a KPI, in a form that can be compared and kept as a key."""

from dataclasses import dataclass
from datetime import date
from typing import Final

from kpi.calendar import PERIODS
from kpi.datasets import DIMENSIONS
from kpi.errors import UnknownNameError, UsageError

ALIASES: Final = {
    "vendor": "supplier",
    "part": "product",
    "material": "product",
    "equipment": "machine",
    "defect": "reason",
    "cause": "reason",
    "site": "plant",
}
"""Other words people use for a dimension."""


@dataclass(frozen=True, slots=True)
class SeriesQuestion:
    """A KPI per period and slice.

    ``where`` repeats a dimension for OR and names several for AND; a value is a code, a name, or
    empty for "not assigned". ``first`` and ``last`` bound the days. ``as_of`` is the report date;
    ``None``: the latest data date of the feeds that contribute.
    """

    kpi: str
    period: str = "month"
    by: tuple[str, ...] = ()
    where: tuple[tuple[str, str], ...] = ()
    first: date | None = None
    last: date | None = None
    as_of: date | None = None

    def normalised(self) -> "SeriesQuestion":
        """The same question with the dimensions' own names, checked.

        Raises
        ------
        UnknownNameError
            A period or dimension has a name nothing here carries.
        UsageError
            The last day lies before the first.
        """
        if self.period not in PERIODS:
            raise UnknownNameError("period", self.period, known=PERIODS)
        if self.first and self.last and self.last < self.first:
            raise UsageError(
                f"The last day {self.last} lies before the first, {self.first}. Exchange them."
            )
        by = tuple(dict.fromkeys(dimension(name) for name in self.by))
        where = tuple(dict.fromkeys((dimension(name), value.strip()) for name, value in self.where))
        return SeriesQuestion(self.kpi, self.period, by, where, self.first, self.last, self.as_of)

    def allowed(self, name: str) -> tuple[str, ...]:
        """The values asked for of a dimension; empty: all."""
        return tuple(value for key, value in self.where if key == name)


def dimension(name: str) -> str:
    """The dimension of that name or alias.

    >>> dimension("Vendor")
    'supplier'
    """
    plain = name.strip().lower()
    known = ALIASES.get(plain, plain)
    if known not in DIMENSIONS:
        raise UnknownNameError("dimension", name, known=DIMENSIONS)
    return known
