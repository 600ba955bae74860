"""Why did a ratio change? Its difference between two periods, shared out among slices.

With rates rᵢ = nᵢ/dᵢ, shares sᵢ = dᵢ/D and the whole R = N/D, every slice has a *rate* effect
(it got worse: Δrᵢ × mean share) and a *mix* effect (there is more of what lies above the rest:
Δsᵢ × (mean rᵢ − mean R)). The midpoint form leaves nothing over; taking the mean R off changes no
sum, because shares add up to one, and tells a slice that is better than the rest from one that is
worse. Kitagawa (1955), Components of a difference between two rates, JASA 50, 1168-1194.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Final

import numpy as np
import numpy.typing as npt

Values = npt.NDArray[np.float64]

WHOLE: Final = 1e-9
"""Sums that differ by less than this share of the whole are the same: adding up rounds."""

EXPLAINED: Final = 0.8
"""A few slices explain a change when what they leave over is less than the rest of it."""


class Kind(Enum):
    """What made the part of a slice."""

    RATE = "rate"
    MIX = "mix"
    NEW = "new"
    VANISHED = "vanished"
    AMOUNT = "amount"


@dataclass(frozen=True, slots=True)
class Whole:
    """Numerator and denominator of everything; the denominator is above zero."""

    numerator: float
    denominator: float

    @property
    def value(self) -> float:
        """The ratio of the two."""
        return self.numerator / self.denominator


@dataclass(frozen=True, slots=True, eq=False)
class Decomposition:
    """A change and its parts; one number per slice, in the order the slices were given.

    ``change`` is the ratio after less the ratio before. ``rate`` + ``mix`` is the part of a slice,
    but of an AMOUNT, whose part is undivided and stands in ``rate``. ``rate_from``, ``rate_to``
    and the shares are ``nan`` where a slice has none. ``remainder`` is what the slices leave over:
    exactly zero where they are the whole in both periods.
    """

    change: float
    rate: Values
    mix: Values
    kinds: tuple[Kind, ...]
    rate_from: Values
    rate_to: Values
    share_from: Values
    share_to: Values
    remainder: float

    @property
    def total(self) -> Values:
        """The part of each slice."""
        return self.rate + self.mix


def decompose(
    before: tuple[npt.ArrayLike, npt.ArrayLike],
    after: tuple[npt.ArrayLike, npt.ArrayLike],
    whole_before: Whole | None = None,
    whole_after: Whole | None = None,
) -> Decomposition:
    """Share out the change of Σ numerator ÷ Σ denominator among disjoint slices.

    Parameters
    ----------
    before, after
        Numerators and denominators of the slices in either period, in one order; ``nan`` and zero
        alike mean that the slice is not there. Counts up to 10⁷ lose nothing to rounding.
    whole_before, whole_after
        What the slices are parts of; without them, their sums.

    Returns
    -------
    Decomposition
        In the unit of the ratio. A slice without a denominator before is NEW, one without it after
        VANISHED: all of it is mix. One with a numerator alone is an AMOUNT.

    Raises
    ------
    ValueError
        A whole has no denominator above zero, or the arrays differ in length.

    Examples
    --------
    >>> found = decompose(([10, 10], [1000, 500]), ([10, 30], [1000, 1000]))
    >>> found.rate.round(5).tolist(), found.mix.round(5).tolist()
    ([0.0, 0.00417], [0.00111, 0.00139])
    >>> round(found.change, 5), found.remainder
    (0.00667, 0.0)
    """
    n0, d0, n1, d1 = _same_length(*before, *after)
    whole0, whole1 = whole_before or _sum(n0, d0), whole_after or _sum(n1, d1)
    change = _difference(whole0, whole1)
    level = (whole0.value + whole1.value) / 2
    had, has = d0 > 0, d1 > 0
    with np.errstate(divide="ignore", invalid="ignore"):
        r0, r1 = np.where(had, n0 / d0, np.nan), np.where(has, n1 / d1, np.nan)
        # Over a common denominator: subtracting two quotients would lose what they have in common.
        moved = (n1 * d0 - n0 * d1) / (d0 * d1)
    s0, s1 = d0 / whole0.denominator, d1 / whole1.denominator
    shift = (d1 * whole0.denominator - d0 * whole1.denominator) / (
        whole0.denominator * whole1.denominator
    )
    both = had & has
    rate = np.where(both, moved * (s0 + s1) / 2, 0.0)
    lies = np.where(both, (r0 + r1) / 2, np.where(has, r1, r0)) - level
    mix = np.where(had | has, shift * np.nan_to_num(lies), 0.0)
    alone = (~had & (n0 != 0)) | (~has & (n1 != 0))
    part = _shift_of(n0, n1, whole0, whole1) - level * shift
    rate, mix = np.where(alone, part, rate), np.where(alone, 0.0, mix)
    cases = (alone, has & ~had, had & ~has, np.abs(mix) > np.abs(rate))
    complete = _adds_up((n0, d0), whole0) and _adds_up((n1, d1), whole1)
    left = 0.0 if complete else change - float((rate + mix).sum())
    nothing = ~had & ~has
    return Decomposition(
        change, rate, mix, _kinds(cases), r0, r1,
        np.where(nothing, np.nan, s0), np.where(nothing, np.nan, s1), left,
    )  # fmt: skip


def decompose_amounts(
    before: npt.ArrayLike, after: npt.ArrayLike, whole_before: Whole, whole_after: Whole
) -> Decomposition:
    """Share out the change of Σ amounts ÷ one denominator that all the slices have in common.

    For what has no denominator of its own: a reason exists on numerators only, a sum of hours is
    divided by the number of periods. Every part is an AMOUNT, ``rate_from`` and ``rate_to`` are the
    amounts over the common denominator, and there are no shares.

    >>> found = decompose_amounts([30, 10], [50, 5], Whole(40, 1000), Whole(55, 1000))
    >>> found.total.round(4).tolist(), round(found.change, 4), found.remainder
    ([0.02, -0.005], 0.015, 0.0)
    """
    n0, n1 = _same_length(before, after)
    change = _difference(whole_before, whole_after)
    part = _shift_of(n0, n1, whole_before, whole_after)
    complete = _same(float(n0.sum()), whole_before.numerator, np.abs(n0).sum()) and _same(
        float(n1.sum()), whole_after.numerator, np.abs(n1).sum()
    )
    none = np.full(len(n0), np.nan)
    return Decomposition(
        change, part, np.zeros(len(n0)), (Kind.AMOUNT,) * len(n0),
        n0 / whole_before.denominator, n1 / whole_after.denominator, none, none,
        0.0 if complete else change - float(part.sum()),
    )  # fmt: skip


def needed(parts: npt.ArrayLike, change: float) -> tuple[int, ...]:
    """The fewest parts, largest first, that explain a change: their positions.

    They do when the change less their sum is at most a fifth of it, whichever way: two large parts
    that cancel out explain nothing by one of them. Empty where all of them together do not, or
    where nothing changed.

    >>> needed([0.1, 1.2, 0.3], 1.6), needed([3.0, -2.0], 1.0), needed([0.1], 1.5)
    ((1, 2), (0, 1), ())
    """
    values = np.asarray(parts, dtype=float)
    order = np.argsort(-np.abs(values), kind="stable")
    left = np.abs(change - np.cumsum(values[order]))
    enough = np.flatnonzero(left <= (1 - EXPLAINED) * abs(change) * (1 + WHOLE))
    if not len(enough) or change == 0:
        return ()
    return tuple(int(place) for place in order[: enough[0] + 1])


def _kinds(cases: Sequence[npt.NDArray[np.bool_]]) -> tuple[Kind, ...]:
    names = (Kind.AMOUNT, Kind.NEW, Kind.VANISHED, Kind.MIX, Kind.RATE)
    first = np.select(list(cases), list(range(len(cases))), len(cases))
    return tuple(names[number] for number in first)


def _same_length(*columns: npt.ArrayLike) -> Sequence[Values]:
    values = [np.nan_to_num(np.asarray(column, dtype=float)) for column in columns]
    if len({v.shape for v in values}) != 1 or values[0].ndim != 1:
        raise ValueError("numerators and denominators must be lists of one length")
    return values


def _sum(numerators: Values, denominators: Values) -> Whole:
    return Whole(float(numerators.sum()), float(denominators.sum()))


def _difference(before: Whole, after: Whole) -> float:
    if not (before.denominator > 0 and after.denominator > 0):
        raise ValueError("the whole has no denominator above zero")
    top = after.numerator * before.denominator - before.numerator * after.denominator
    return top / (before.denominator * after.denominator)


def _shift_of(n0: Values, n1: Values, before: Whole, after: Whole) -> Values:
    """The change of each numerator over the denominator of the whole."""
    top = n1 * before.denominator - n0 * after.denominator
    return np.asarray(top / (before.denominator * after.denominator))


def _adds_up(parts: tuple[Values, Values], whole: Whole) -> bool:
    wholes = (whole.numerator, whole.denominator)
    return all(
        _same(float(p.sum()), w, np.abs(p).sum()) for p, w in zip(parts, wholes, strict=True)
    )


def _same(total: float, whole: float, scale: float) -> bool:
    return abs(total - whole) <= WHOLE * max(abs(whole), scale)
