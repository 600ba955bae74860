"""From sums to cells: one per period and slice, each with its value or the reason why it has none."""

from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Final

import numpy as np
import pandas as pd

from kpi.datasets import NUMERATOR_ONLY
from kpi.measures.beside import Mask
from kpi.measures.catalog import MONEY, Kpi
from kpi.measures.columns import (
    MIXED,
    Columns,
    Grid,
    Key,
    Objects,
    Values,
    added_up,
    among,
    columns_of,
    picked,
)
from kpi.measures.engine import ABOUT
from kpi.measures.periods import SHORT, periods_table, unscheduled
from kpi.measures.quantities import BY_CALENDAR, Recipe
from kpi.measures.sums import (
    Scope,
    Sums,
    collect,
    covered,
    extent,
    is_among,
    with_facts,
)
from kpi.model import State

UNASSIGNED = "not assigned"


@dataclass(frozen=True)
class Cells:
    """The cells of a question, and what must be said beside them."""

    frame: pd.DataFrame
    notes: tuple[str, ...]


def cells(scope: Scope, kpi: Kpi, recipe: Recipe) -> Cells:
    """Every period of every slice, with numerator, denominator, value, unit, state and reason."""
    numerator = collect(scope, recipe.numerator, is_denominator=False)
    denominator = (
        collect(scope, recipe.denominator, is_denominator=True) if recipe.denominator else None
    )
    days = span_of(scope, recipe)
    sides = [numerator] if denominator is None else [numerator, denominator]
    notes = tuple(dict.fromkeys(note for side in sides for note in side.notes))
    if days is None:
        return Cells(pd.DataFrame(), notes)
    work = _Cells(scope, kpi, recipe, (numerator, denominator), days)
    return Cells(work.frame(), notes)


def span_of(scope: Scope, recipe: Recipe) -> tuple[date, date] | None:
    """First and last day of what the question is about, over the plants asked for."""
    amounts = [recipe.numerator, *([recipe.denominator] if recipe.denominator else [])]
    quantities = {
        q.table: replace(q, table=q.table.replace(":late:", ":otd:"))  # due, whether late or not
        for amount in amounts
        for way in amount.ways
        for q in (t.quantity for t in way.terms)
        if q.table != BY_CALENDAR.table
    }
    spans = pd.concat([extent(scope, q) for q in quantities.values()], ignore_index=True)
    plants = scope.question.allowed("plant")
    if plants:
        spans = spans[spans["plant"].isin(scope.names.codes("plant", plants))]
    if spans.empty:
        return None
    first, last = spans["first"].min().date(), spans["last"].max().date()
    first = max(filter(None, (first, scope.question.first)))
    last = min(filter(None, (last, scope.last)))
    return (first, last) if first <= last else None


@dataclass(slots=True, eq=False)
class _Side:
    """One side of the cells: its amount, how many rows and of what unit, and what is counted."""

    amount: Values
    rows: Values
    unit: Objects
    counts: dict[str, Values]


@dataclass(slots=True, eq=False)
class _Work:
    """The cells while they are made: both sides, the value, its state and what is said of it."""

    grid: Grid
    num: _Side
    den: _Side | None
    value: Values
    state: Objects = field(default_factory=lambda: np.empty(0, dtype=object))
    reason: Objects = field(default_factory=lambda: np.empty(0, dtype=object))

    @property
    def below(self) -> Values:
        """The denominators; missing where there are none."""
        return np.full(len(self.value), np.nan) if self.den is None else self.den.amount


_MISSING: Final = State.MISSING.value


class _Cells:
    """The steps from two sums to finished cells. Made for one question, used once."""

    def __init__(
        self,
        scope: Scope,
        kpi: Kpi,
        recipe: Recipe,
        sides: tuple[Sums, Sums | None],
        days: tuple[date, date],
    ) -> None:
        self._scope, self._kpi, self._recipe = scope, kpi, recipe
        self._num, self._den = sides
        self._by = list(scope.question.by)
        self._keys = ["start", *self._by]
        about = ("periods", days, scope.question.period, scope.settings.signature())
        self._table = ABOUT.get(
            about, lambda: periods_table(*days, scope.question.period, scope.settings)
        )

    def frame(self) -> pd.DataFrame:
        work = self._plain() if self._den is None else self._ratio(self._den)
        self._refuse_mixed(work)
        self._refuse_lacking(work)
        self._unscheduled(work)
        return self._finished(work)

    def _grid(self, sides: list[Columns]) -> Grid:
        """The slices that occur, with their plant where they have one only, by all periods."""
        if not self._by:
            plants = dict.fromkeys(p for side in sides for p in side.keys["plant"].tolist())
            only = next(iter(plants)) if len(plants) == 1 else None
            return Grid({}, np.array([only], dtype=object), self._table)
        columns = list(dict.fromkeys([*self._by, "plant"]))
        seen = pd.DataFrame(
            {c: np.concatenate([side.keys[c] for side in sides]) for c in columns}, dtype=object
        ).drop_duplicates()
        groups = seen.assign(_plant=seen["plant"]).groupby(self._by, dropna=False)["_plant"]
        one = groups.agg(["first", "nunique"]).reset_index()
        one["_plant"] = one["first"].where(one["nunique"] == 1)
        one = one.sort_values(self._by, ignore_index=True)
        told = {name: _objects(one[name]) for name in (*self._by, "_plant")}
        return Grid({d: told[d] for d in self._by}, told["_plant"], self._table)

    def _beside(self, grid: Grid, sums: Columns, dims: list[str], *counts: str) -> _Side:
        """The sums of one side for each cell."""
        at = grid.places_of(sums, dims)
        return _Side(
            picked(sums.amount, at, np.nan),
            picked(sums.counts["rows"], at, 0.0),
            picked(sums.unit, at, ""),
            {name: picked(sums.counts[name], at, 0.0) for name in counts},
        )

    def _plain(self) -> _Work:
        rows = columns_of(self._num.frame, ["plant", *self._keys])
        grid = self._grid([rows])
        num = self._beside(grid, added_up(rows, self._keys), self._by)
        has, stated = ~np.isnan(num.amount), num.rows > 0
        zero = ~has & ~stated & self._zero_without_rows(grid)
        num.amount = np.where(zero, 0.0, num.amount)
        work = _Work(grid, num, None, num.amount * self._kpi.per)
        state = np.select([has | zero, stated], ["ok", "blank"], "missing")
        if not self._num.recorded:
            state = np.full(len(grid), "unrecorded")
        reasons = {
            "unrecorded": "no {words} in the data",
            "blank": "no {words} is stated{slice} in {period}",
            "missing": "no data{slice} in {period}",
        }
        states = dict.fromkeys(reasons, State.NOT_COMPUTABLE) | {"missing": State.MISSING}
        self._state(work, state, states, reasons, self._recipe.numerator.words)
        return work

    def _zero_without_rows(self, grid: Grid) -> Mask:
        """Cells without a row that are known to be zero: covered, and the plant was there."""
        scope, dataset = self._scope, self._num.dataset
        known = np.zeros(len(grid), dtype=bool)
        for plant in sorted(self._num.recorded & self._wanted_plants()):
            column, starts = self._periods_of(plant)
            is_known = covered(scope, column, starts, dataset)
            if scope.question.period not in SHORT:
                alive = np.zeros(len(starts), dtype=bool)
                shipping = ("shipment:sales",) if dataset.startswith("complaint") else ()
                for name in (dataset, "production", "running_time", *shipping):
                    alive |= is_among(column, starts, with_facts(scope, name))
                is_known = is_known & alive
            known |= _here(grid, plant, is_known)
        return known

    def _periods_of(self, plant: str) -> tuple[Key, Key]:
        """A plant and the starts of all periods, row by row."""
        starts = self._table["start"].to_numpy()
        return np.full(len(starts), plant, dtype=object), starts

    def _wanted_plants(self) -> frozenset[str]:
        asked = self._scope.question.allowed("plant")
        if not asked:
            return self._num.recorded
        return frozenset(self._scope.names.codes("plant", asked))

    def _ratio(self, den: Sums) -> _Work:
        shared = list(den.dims)
        above, below = self._flagged(den)
        split = set(den.dims) == set(self._by)
        grid = self._grid([above, below] if split else [above])
        num = self._beside(grid, added_up(above, self._keys), self._by, "alone")
        base = added_up(below, ["start", *shared])
        work = _Work(
            grid,
            num,
            self._beside(grid, base, shared, "unknown", "uncarried", "places"),
            np.full(len(grid), np.nan),
        )
        self._divide(work, den)
        return work

    def _flagged(self, den: Sums) -> tuple[Columns, Columns]:
        """Both sides by plant: numerators without a denominator, denominators without a numerator.

        ``uncarried``: the numerator of that plant does not state a dimension that the denominator
        does. Where it is the other way round, the denominator is left out: it cannot be split.
        """
        keys = ["plant", "start", *den.dims]
        above = columns_of(self._num.frame, [*keys, *self._by])
        below = columns_of(den.frame, keys)
        plants = below.keys["plant"].tolist()
        uncarried = np.zeros(len(below), dtype=bool)
        useful = np.ones(len(below), dtype=bool)
        where = tuple(d for d, _ in self._scope.question.where)
        recorded = np.array([p in self._num.recorded for p in plants], dtype=bool)
        for dim in dict.fromkeys((*self._by, *where)):
            if dim in NUMERATOR_ONLY or dim == "plant" or dim in (*den.lacking, *self._num.lacking):
                continue
            has_num = np.array([(p, dim) in self._num.carried for p in plants], dtype=bool)
            has_den = np.array([(p, dim) in den.carried for p in plants], dtype=bool)
            uncarried |= recorded & has_den & ~has_num
            useful &= ~has_num | has_den
        if not useful.all():
            below, uncarried, recorded = below.only(useful), uncarried[useful], recorded[useful]
        known = recorded
        for dataset in self._num.needs:
            known = known & covered(self._scope, below.keys["plant"], below.keys["start"], dataset)
        names = dict.fromkeys(keys)
        met = among([above.keys[n] for n in names], [below.keys[n] for n in names])
        return above.counting(alone=~met), below.counting(
            unknown=~known | uncarried, uncarried=uncarried
        )

    def _divide(self, work: _Work, den: Sums) -> None:
        recipe, num, below = self._recipe, work.num, work.den
        assert recipe.denominator is not None
        assert below is not None
        has_num, has_den = ~np.isnan(num.amount), ~np.isnan(below.amount)
        if recipe.none:
            no_den = ~has_den & self._den_is_zero(work.grid, den, has_num)
            below.amount = np.where(no_den, 0.0, below.amount)
            has_den = has_den | no_den
        places = below.counts["places"]
        unknown = (below.counts["unknown"] >= places) & (places > 0)
        blank = ~has_num & (num.rows > 0)
        zero = has_den & ~has_num & ~unknown & ~blank
        num.amount = np.where(zero, 0.0, num.amount)
        base = below.amount + recipe.plus
        positive = has_den & (base > 0)
        uncarried = (below.counts["uncarried"] > 0) & unknown & ~has_num
        recorded, based = bool(self._num.recorded), bool(den.recorded)
        kind = np.select(
            [
                np.full(len(work.grid), not based), has_den & uncarried, has_den & blank, has_den & ~has_num & ~zero & (not recorded),
                has_den & ~has_num & ~zero, positive, has_den, has_num,
            ],
            ["no base", "uncarried", "blank", "unrecorded", "no numerator", "ok", "nothing", "no denominator"],
            "missing",
        )  # fmt: skip
        with np.errstate(divide="ignore", invalid="ignore"):
            work.value = num.amount / np.where(base > 0, base, np.nan) * self._kpi.per
        n, d = recipe.numerator.words, recipe.denominator.words
        reasons = {
            "no base": f"no {d} in the data",
            "uncarried": f"no {n} is recorded by {self._split_words()}",
            "blank": f"no {n} is stated{{slice}} in {{period}}",
            "unrecorded": f"no {n} in the data",
            "no numerator": f"no data on the {n}{{slice}} in {{period}}",
            "nothing": f"the {d} is zero{{slice}} in {{period}}",
            "no denominator": f"no {d}{{slice}} in {{period}}",
            "missing": "no data{slice} in {period}",
        }
        if recipe.none:
            reasons["nothing"] = f"{recipe.none}{{slice}} in {{period}}"
        states = dict.fromkeys(reasons, State.NOT_COMPUTABLE)
        states |= {"missing": State.MISSING, "no numerator": State.MISSING}
        self._state(work, kind, states, reasons, n)
        # A value over several plants of which one lacks a side says so.
        ok = kind == "ok"
        alone, partly = (ok & (c > 0) for c in (num.counts["alone"], below.counts["unknown"]))
        work.reason[alone] = f"includes {n} of a plant without {d}"
        work.reason[partly] = f"includes {d} of a plant without data on the {n}"
        if recipe.none == "no failure":
            self._say_more_than(work, kind == "nothing")

    def _den_is_zero(self, grid: Grid, den: Sums, has_num: Mask) -> Mask:
        """A count below the line that has no row although its data are known: none happened."""
        known = np.zeros(len(grid), dtype=bool)
        for plant in sorted(self._wanted_plants()):
            known |= _here(grid, plant, covered(self._scope, *self._periods_of(plant), den.dataset))
        return known & (has_num | (self._num.dataset == den.dataset))

    def _say_more_than(self, work: _Work, where: Mask) -> None:
        """No failure: the mean time is longer than all the time run, never infinite."""
        run = work.num.amount[where] * self._kpi.per
        work.reason[where] = [
            f"no failure: more than {hours:.1f} {self._kpi.unit}" for hours in run.tolist()
        ]

    def _split_words(self) -> str:
        where = [d for d, _ in self._scope.question.where]
        return ", ".join(dict.fromkeys(d for d in (*self._by, *where) if d != "plant"))

    def _state(
        self,
        work: _Work,
        kind: Key,
        states: dict[str, State],
        reasons: dict[str, str],
        words: str,
    ) -> None:
        work.state = np.where(
            (kind == "ok") & (work.num.amount == 0), State.ZERO.value, State.VALUE.value
        ).astype(object)
        work.reason = np.full(len(kind), "", dtype=object)
        odd = kind != "ok"
        if not odd.any():
            return
        slices, periods = self._slice_words(work.grid), self._table["period"].tolist()
        for place in np.flatnonzero(odd).tolist():
            name = str(kind[place])
            of, when = divmod(place, len(periods))
            work.state[place] = states[name].value
            work.reason[place] = reasons[name].format(
                words=words, slice=slices[of], period=periods[when]
            )
        work.value = np.where(odd, np.nan, work.value)

    def _slice_words(self, grid: Grid) -> list[str]:
        """`` for line 4, plant A``, by slice; empty where the slice is everything."""
        if not self._by:
            where = self._scope.question.where
            chosen = [", ".join(f"{d} {v or UNASSIGNED}" for d, v in where)]
        else:
            rows = zip(*(grid.slices[d].tolist() for d in self._by), strict=True)
            chosen = [
                ", ".join(
                    f"{d} {UNASSIGNED if v is None else v}"
                    for d, v in zip(self._by, row, strict=True)
                )
                for row in rows
            ]
        return [words and f" for {words}" for words in chosen]

    def _refuse_mixed(self, work: _Work) -> None:
        """Pieces and kilograms, or two currencies, are never added up or divided."""
        sides = [work.num.unit, *([] if work.den is None else [work.den.unit])]
        stated = {unit for side in sides for unit in side.tolist() if unit}
        if len(stated) < 2 and not any(MIXED in unit for unit in stated):
            return
        what = "currencies" if self._kpi.unit == MONEY else "units"
        for place, units in enumerate(zip(*(side.tolist() for side in sides), strict=True)):
            told = {part for unit in units for part in unit.split(MIXED) if part}
            several = any(MIXED in u for u in units) or len({u for u in units if u}) > 1
            if not several or work.state[place] == _MISSING:
                continue
            work.value[place] = np.nan
            work.state[place] = State.NOT_COMPUTABLE.value
            work.reason[place] = f"different {what} cannot be added up: " + " and ".join(
                sorted(told)
            )

    def _refuse_lacking(self, work: _Work) -> None:
        """A dimension that one side does not have at all: nothing can be computed by it."""
        sides = [(self._num, self._recipe.numerator.words)]
        if self._den is not None and self._recipe.denominator is not None:
            sides.append((self._den, self._recipe.denominator.words))
        for side, words in sides:
            if not side.lacking:
                continue
            work.state[:] = State.NOT_COMPUTABLE.value
            work.reason[:] = f"there are no {words} by {', '.join(side.lacking)}"
            work.value = work.num.amount = np.full(len(work.grid), np.nan)
            if work.den is not None:
                work.den.amount = work.value

    def _unscheduled(self, work: _Work) -> None:
        grid = work.grid
        plants = grid.by_slice(grid.plants)
        missing = (work.state == _MISSING) & np.array([p is not None for p in plants], dtype=bool)
        if not missing.any():
            return
        gaps = pd.DataFrame(
            {
                name: grid.by_period(name).to_numpy()[missing]
                for name in ("period_start", "period_end")
            }
        ).assign(plant=pd.Series(plants[missing], dtype=object))
        if "line" in self._by:
            gaps["line"] = pd.Series(grid.by_slice(grid.slices["line"])[missing], dtype=object)
        ends, starts = self._table["period_end"].max(), self._table["period_start"].min()
        off = np.zeros(len(grid), dtype=bool)
        off[missing] = unscheduled(
            gaps, self._scope.settings, first=starts.date(), last=ends.date()
        )
        work.state[off] = State.NOT_SCHEDULED.value
        work.reason[off] = "no production planned"

    def _finished(self, work: _Work) -> pd.DataFrame:
        grid = work.grid
        ends = grid.by_period("period_end").to_numpy()
        columns = {
            "period": grid.by_period("period"),
            "period_start": grid.by_period("period_start"),
            "period_end": np.minimum(ends, _LAST_DAY),
            **self._dimensions(grid),
            "numerator": work.num.amount,
            "denominator": work.below,
            "value": work.value,
            "unit": self._units(work),
            "state": pd.array(work.state, dtype="str"),
            "state_reason": pd.array(work.reason, dtype="str"),
        }
        return pd.DataFrame(columns)

    def _units(self, work: _Work) -> pd.Series:
        if self._kpi.unit != MONEY:
            return pd.Series(self._kpi.unit, index=range(len(work.grid)), dtype="str")
        stated = work.num.unit
        usual = self._scope.settings.currency or next((u for u in stated if u), "")
        return pd.Series(np.where(stated != "", stated, usual), dtype=object)

    def _dimensions(self, grid: Grid) -> dict[str, pd.Series]:
        """The dimensions of each cell, and ``<dim>_name`` for codes of the plant's own with a name."""
        names, plants = self._scope.names, pd.Series(grid.plants, dtype=object)
        found = {d: pd.Series(grid.slices[d], dtype=object) for d in self._by}
        for dim in self._by:
            if dim in names.fields() and not names.replaces(dim):
                found[f"{dim}_name"] = names.of(dim, found[dim], plants)
        if "plant" in self._by and names.replaces("plant"):
            found["plant"] = plant_names(self._scope, found["plant"])
        cells = np.repeat(np.arange(len(plants)), len(grid.table))
        return {name: column.take(cells).reset_index(drop=True) for name, column in found.items()}


_LAST_DAY: Final = np.datetime64(date.max - timedelta(days=1), "s")


def _objects(values: pd.Series) -> Objects:
    """Values as objects; missing ones ``None``."""
    texts = values.astype(object)
    return texts.where(texts.notna(), None).to_numpy(object)


def _here(grid: Grid, plant: str, known: Mask) -> Mask:
    """What is known of a plant's periods, for the cells of that plant or of several."""
    mine = np.array([p is None or p == plant for p in grid.plants.tolist()], dtype=bool)
    return (mine[:, None] & known[None, :]).ravel()


def plant_names(scope: Scope, codes: pd.Series) -> pd.Series:
    """Names of plants whose codes are but digits; the code stays beside a name that two share."""
    names = scope.names.of("plant", codes.astype(object), None).astype(object).fillna(codes)
    alike = codes.groupby(names).transform("nunique") > 1
    return names.where(~alike, names.astype(str) + " (" + codes.astype(str) + ")")
