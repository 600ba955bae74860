"""From what a caller gives to the arrays that charts work on."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from kpi.errors import UsageError
from kpi.spc.result import Mask, Values
from kpi.spc.sample import Kind
from kpi.spc.spans import as_labels, ratio

Numbers = Sequence[float] | npt.NDArray[np.generic]


def floats(numbers: Numbers) -> Values:
    """Numbers as floats; ``None`` becomes ``nan``. ``ValueError`` for an infinite one."""
    table = np.asarray(numbers, dtype=float)
    if np.isinf(table).any():
        raise ValueError("values must be finite or nan")
    return table


def column(numbers: Numbers, *, rows: bool = False) -> Values:
    """One series as (T, 1); rows of several measurements stay as they are."""
    table = floats(numbers)
    return table if rows else table.reshape(-1, 1)


def material(
    kind: Kind,
    values: Numbers | None,
    count: Numbers | None,
    size: Numbers | None,
    members: Values | None,
) -> tuple[Values, Values, Values | None]:
    """What is plotted before its kind works on it (T, S), its sizes, and the single values.

    A size of zero or less is a gap. Raises ``UsageError`` for material that is missing.
    """
    if kind.needs == "rows":
        return _rows(kind, values, members)
    if members is not None:
        there = np.isfinite(members)
        number = there.sum(axis=2).astype(float)
        return ratio(np.where(there, members, 0.0).sum(axis=2), number), number, members
    if kind.needs == "subgroups":
        raise UsageError(f"The {kind.name} needs the single values of its subgroups.")
    if count is not None and size is not None:
        rate, sizes, _ = _rate(floats(count), floats(size))
        if kind.needs == "count":  # plotted as it is; the size only tells where there was none
            return np.where(np.isfinite(rate), floats(count), np.nan), sizes, None
        return rate, sizes, None
    if kind.needs == "counts":
        raise UsageError(f"The {kind.name} needs a count and a size for each point.")
    given = values if values is not None else count
    if given is None:
        raise UsageError(f"The {kind.name} needs a value for each point.")
    table = floats(given)
    return table, np.ones(table.shape), None


def _rows(
    kind: Kind, values: Numbers | None, members: Values | None
) -> tuple[Values, Values, Values]:
    """Rows of measurements (T, n, p): n of them make a point, those that are whole."""
    if members is None:
        if values is None:
            raise UsageError(f"The {kind.name} needs values: one row per point.")
        rows = floats(values)
        rows = rows[:, None] if rows.ndim == 1 else rows
        members = rows[:, None, :]
    number = np.isfinite(members).all(axis=2).sum(axis=1, keepdims=True).astype(float)
    return np.where(number > 0, 0.0, np.nan), number, members


def _rate(count: Values, size: Values) -> tuple[Values, Values, None]:
    if count.shape != size.shape:
        raise UsageError(
            f"There are {count.shape[0]} counts and {size.shape[0]} sizes: give one size per count."
        )
    rate = ratio(count, size)  # a size that is missing is not above zero
    there = np.isfinite(rate)
    return rate, size if there.all() else np.where(there, size, np.nan), None


def excluded_mask(excluded: Any, shape: tuple[int, int]) -> Mask:
    """Which points are shown but do not count, as (T, S)."""
    if excluded is None:
        return np.zeros(shape, dtype=bool)
    mask = np.asarray(excluded, dtype=bool)
    return _spread(mask, shape, "marks of exclusion")


def labels_of(phases: Any, shape: tuple[int, int]) -> npt.NDArray[np.generic]:
    """Phase labels as integers, checked against the points."""
    labels = as_labels(phases)
    if len(labels) != shape[0]:
        raise UsageError(f"There are {shape[0]} points and {len(labels)} phase labels.")
    return labels


def _spread(mask: Mask, shape: tuple[int, int], what: str) -> Mask:
    if len(mask) != shape[0]:
        raise UsageError(f"There are {shape[0]} points and {len(mask)} {what}.")
    return np.broadcast_to(mask[:, None] if mask.ndim == 1 else mask, shape)


class Grouping:
    """Values that make one point together, in the order in which their labels first appear.

    >>> Grouping(["b", "a", "b"]).total(np.array([1.0, 2.0, 3.0])).tolist()
    [4.0, 2.0]
    """

    def __init__(self, labels: Sequence[object] | npt.NDArray[np.generic]) -> None:
        codes: dict[object, int] = {}
        self.code = np.asarray(
            [codes.setdefault(label, len(codes)) for label in np.asarray(labels).tolist()],
            dtype=np.intp,
        )
        self.n = len(codes)

    def _checked(self, x: npt.NDArray[Any]) -> npt.NDArray[Any]:
        if len(x) != len(self.code):
            raise UsageError(f"There are {len(x)} values and {len(self.code)} subgroup labels.")
        return x

    def _sum(self, x: npt.NDArray[Any]) -> Values:
        return np.bincount(self.code, weights=x, minlength=self.n).astype(float)

    def total(self, x: Values) -> Values:
        """Sum of each group; ``nan`` where one of its values is missing."""
        return self._sum(self._checked(x))

    def totals(self, count: Values, size: Values) -> tuple[Values, Values]:
        """Sums of each group over its rows that have both; ``nan`` where none has.

        A row without one of the two says nothing of the rate, and takes nothing from it.
        """
        both = np.isfinite(self._checked(count)) & np.isfinite(self._checked(size))
        there = self._sum(both) > 0
        sums = (self._sum(np.where(both, x, 0.0)) for x in (count, size))
        counts, sizes = (np.where(there, x, np.nan) for x in sums)
        return counts, sizes

    def mean(self, x: Values) -> Values:
        """Mean of each group's values that are there."""
        there = np.isfinite(self._checked(x))
        return ratio(self._sum(np.where(there, x, 0.0)), self._sum(there))

    def first(self, labels: npt.NDArray[np.generic]) -> npt.NDArray[np.generic]:
        """The label of each group's first value."""
        self._checked(labels)
        return labels[np.unique(self.code, return_index=True)[1]]

    def any(self, mask: Mask) -> Mask:
        """Groups with at least one True."""
        return self._sum(self._checked(mask)) > 0

    def members(self, x: Values) -> Values:
        """The values of each group side by side: (groups, 1, largest), ``nan`` where there is none.

        Rows of p measurements (N, p) give (groups, largest, p).
        """
        self._checked(x)
        order = np.argsort(self.code, kind="stable")
        size = np.bincount(self.code, minlength=self.n)
        starts = np.repeat(np.cumsum(size) - size, size)
        rows = x[:, None] if x.ndim == 1 else x
        table = np.full((self.n, int(size.max(initial=0)), rows.shape[1]), np.nan)
        table[self.code[order], np.arange(len(order)) - starts] = rows[order]
        return table.swapaxes(1, 2) if x.ndim == 1 else table
