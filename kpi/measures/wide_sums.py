"""Amounts as arrays: what ``sums.collect`` sums for one slice after another, for all at once."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, TypeVar

import numpy as np
import pandas as pd

from kpi.calendar import as_days
from kpi.datasets import NUMERATOR_ONLY
from kpi.measures.beside import Codes, Mask, groups
from kpi.measures.cubes import MIXED_UNITS, NONE, Cube, Values, cube_of, vocabulary
from kpi.measures.engine import Remembered
from kpi.measures.quantities import Amount, Quantity, Term, Way
from kpi.measures.sums import Scope, carriers, columns, covered, recording

FOUND: Final = Remembered(1024)
"""What is known of plants and periods, found once for many splits."""

Keys = Mapping[str, Codes]

Pairs = tuple[tuple[str, str], ...]

Known = Callable[[pd.Series, pd.Series], Mask]
"""Of plants and the starts of periods, row by row: whether something is known there."""


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """An amount by period and slice: arrays (T, P).

    ``keys`` are the codes of each slice. ``there`` tells where a row stands at all; an amount is
    missing where none states it.
    """

    keys: Keys
    amount: Values
    rows: Values
    there: Mask
    unit: Codes

    def only(self, kept: Mask) -> "Part":
        """The slices marked."""
        if kept.all():
            return self
        keys = {d: codes[kept] for d, codes in self.keys.items()}
        return Part(
            keys, self.amount[:, kept], self.rows[:, kept], self.there[:, kept], self.unit[:, kept]
        )


@dataclass(frozen=True, slots=True, eq=False)
class Side:
    """A numerator or denominator by plant and slice, and what is known of it (as ``sums.Sums``)."""

    part: Part
    dims: tuple[str, ...]
    dataset: str
    needs: frozenset[str]
    lacking: frozenset[str]
    recorded: frozenset[str]
    carried: frozenset[tuple[str, str]]


class Collector:
    """Amounts of one question over its periods. ``starts`` are the first days of these."""

    def __init__(self, scope: Scope, starts: pd.Series) -> None:
        self.scope, self.starts = scope, starts
        self.words = vocabulary(scope)
        self._days = as_days(starts.to_numpy()).astype(np.int64)

    def collect(self, amount: Amount, *, is_denominator: bool) -> Side:
        """An amount by the first of its ways that each plant records."""
        question, scope = self.scope.question, self.scope
        exempt = NUMERATOR_ONLY if is_denominator else frozenset[str]()
        by = tuple(d for d in question.by if d not in exempt)
        where = tuple((d, v) for d, v in question.where if d not in exempt)
        asked = tuple(dict.fromkeys((*by, *(d for d, _ in where))))
        served, needs, stating = set[str](), set[str](), set[tuple[str, str]]()
        parts, lacking = list[Part](), set[str]()
        for way in amount.ways:
            needed = [t.quantity for t in way.terms if not t.optional]
            plants = frozenset.intersection(*(recording(scope, q) for q in needed)) - served
            if not plants:
                continue
            lacking |= {d for d in asked if any(d not in columns(scope, q) for q in needed)}
            if not lacking:
                parts.append(self._of_way(way, by, where, plants))
            served |= plants
            needs |= {q.dataset for q in needed}
            for dim in asked:
                carrying = [carriers(scope, q, dim) for q in needed]
                stating |= {(p, dim) for p in frozenset.intersection(*carrying) & plants}
        dataset = amount.ways[0].terms[0].quantity.dataset
        return Side(
            self._together(parts, by), by, dataset, frozenset(needs or {dataset}),
            frozenset(lacking), frozenset(served), frozenset(stating),
        )  # fmt: skip

    def known(self, plants: Codes, dataset: str) -> Mask:
        """Whether a dataset is known for the plant of each slice, (T, P)."""
        return self.by_plant(
            plants, ("known", dataset), lambda p, s: covered(self.scope, p, s, dataset)
        )

    def by_plant(self, plants: Codes, what: tuple[str, ...], known: Known) -> Mask:
        """What is known of a plant's periods, for the plant of each slice, (T, P).

        ``what`` names it: it is found once for the splits of all KPIs.
        """
        distinct, at = np.unique(plants, return_inverse=True)
        times = len(self.starts)
        plants_named = self.words.words("plant")[distinct]
        key = (*what, tuple(plants_named), self._days.tobytes(), self.scope.question.period,
               *self.scope.key)  # fmt: skip

        def find() -> Mask:
            names = np.repeat(plants_named, times)
            starts = pd.Series(np.tile(self.starts.to_numpy(), len(distinct)))
            found = known(pd.Series(names, dtype=object), starts)
            return np.asarray(found, dtype=bool).reshape(len(distinct), times)

        return FOUND.get(key, find).T[:, at]

    def _together(self, parts: list[Part], by: tuple[str, ...]) -> Part:
        if len(parts) == 1:
            return parts[0]
        dims = dict.fromkeys(("plant", *by))
        if not parts:
            none = np.zeros((len(self.starts), 0))
            keys = {d: np.zeros(0, dtype=np.int64) for d in dims}
            return Part(keys, none, none, none.astype(bool), none.astype(np.int64))
        return Part(
            {d: np.concatenate([p.keys[d] for p in parts]) for d in dims},
            np.hstack([p.amount for p in parts]),
            np.hstack([p.rows for p in parts]),
            np.hstack([p.there for p in parts]),
            np.hstack([p.unit for p in parts]),
        )

    def _of_way(self, way: Way, by: tuple[str, ...], where: Pairs, plants: frozenset[str]) -> Part:
        total = self._of_quantity(way.terms[0].quantity, by, where)
        mine = self.words.codes("plant", sorted(plants))
        total = total.only(np.isin(total.keys["plant"], mine))
        for term in way.terms[1:]:
            total = self._added(total, term, self._of_quantity(term.quantity, by, where))
        return total

    def _of_quantity(self, quantity: Quantity, by: tuple[str, ...], where: Pairs) -> Part:
        cube = cube_of(self.scope, quantity, by, where)
        return self._dense(cube, quantity)

    def _dense(self, cube: Cube, quantity: Quantity) -> Part:
        dims = list(cube.keys)
        at, first = groups([cube.keys[d] for d in dims])
        time = np.searchsorted(self._days, cube.start)
        shape = (len(self.starts), len(first))
        amount, rows = np.full(shape, np.nan), np.zeros(shape)
        there, unit = np.zeros(shape, dtype=bool), np.full(shape, NONE, dtype=np.int64)
        stated = cube.amount(quantity.column)
        amount[time, at] = np.nan_to_num(stated) if quantity.blank_is_zero else stated
        rows[time, at] = cube.rows
        there[time, at] = True
        if quantity.measured_in in cube.high:
            unit[time, at] = cube.unit(str(quantity.measured_in))
            unit = one_unit(unit, there)
        return Part({d: cube.keys[d][first] for d in dims}, amount, rows, there, unit)

    def _added(self, total: Part, term: Term, other: Part) -> Part:
        """The total with one more term; what is not stated is zero where its data are known."""
        place = find(total.keys, other.keys)
        more = picked(other.amount, place, np.nan)
        their_unit = picked(other.unit, place, NONE)
        absent = np.isnan(more)
        known = np.ones(absent.shape, dtype=bool)
        if not term.optional:
            known = self.known(total.keys["plant"], term.quantity.dataset)
        more = np.where(absent, np.where(known, 0.0, np.nan), more) * term.factor
        same = (their_unit == NONE) | (their_unit == total.unit)
        there = total.there & (known | ~absent)
        return Part(
            total.keys,
            np.where(there, total.amount + more, np.nan),
            np.where(there, total.rows, 0.0),
            there,
            np.where(there, np.where(same, total.unit, MIXED_UNITS), NONE),
        )


def one_unit(unit: Codes, there: Mask) -> Codes:
    """Where only one unit is stated at all, it is that of every row."""
    stated = np.unique(unit[there])
    stated = stated[stated != NONE]
    return np.where(there, stated[0], NONE) if len(stated) == 1 else unit


def find(wanted: Keys, among: Keys) -> Codes:
    """For each slice its place among others of the same dimensions; -1: not there."""
    dims = [d for d in wanted if d in among]
    count = len(next(iter(wanted.values())))
    have = len(next(iter(among.values()))) if among else 0
    if not dims:
        return np.full(count, 0 if have else -1)
    at, first = groups([np.concatenate([wanted[d], among[d]]) for d in dims])
    place = np.full(len(first), -1, dtype=np.int64)
    place[at[count:]] = np.arange(have)
    return place[at[:count]]


Array = TypeVar("Array", Values, Codes)


def picked(values: Array, place: Codes, fill: float) -> Array:
    """The columns of ``values`` (T, P) at some places; ``fill`` where there is none."""
    out = np.full((values.shape[0], len(place)), fill, dtype=values.dtype)
    out[:, place >= 0] = values[:, place[place >= 0]]
    return out


def folded(part: Part, at: Codes, size: int) -> Part:
    """The slices added up by the group ``at`` that each belongs to."""
    if len(at) == size and len(np.unique(at)) == size:
        back = np.argsort(at)
        keys = {d: codes[back] for d, codes in part.keys.items()}
        return Part(
            keys, part.amount[:, back], part.rows[:, back], part.there[:, back],
            one_unit(part.unit[:, back], part.there[:, back]),
        )  # fmt: skip
    stated = ~np.isnan(part.amount)
    amount = added(np.nan_to_num(part.amount), at, size)
    return Part(
        {},
        np.where(added(stated, at, size) > 0, amount, np.nan),
        added(part.rows, at, size),
        added(part.there, at, size) > 0,
        _units(part, at, size),
    )


def added(values: "Values | Mask", at: Codes, size: int) -> Values:
    """Columns (T, P) added up by group, (T, size)."""
    out = np.zeros((size, values.shape[0]))
    np.add.at(out, at, values.T.astype(float))
    return out.T


def _units(part: Part, at: Codes, size: int) -> Codes:
    unit = one_unit(part.unit, part.there)
    stated = unit != NONE
    most = np.full((size, unit.shape[0]), NONE, dtype=np.int64)
    least = np.full((size, unit.shape[0]), np.iinfo(np.int64).max)
    # A mixed unit is neither low nor high: taken as the largest there is.
    number = np.where(unit == MIXED_UNITS, np.iinfo(np.int64).max - 1, unit)
    np.maximum.at(most, at, np.where(stated, number, NONE).T)
    np.minimum.at(least, at, np.where(stated, number, np.iinfo(np.int64).max).T)
    several = (most != NONE) & ((least != most) | (most == np.iinfo(np.int64).max - 1))
    return np.where(several, MIXED_UNITS, most).T
