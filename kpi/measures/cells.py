"""From sums to cells: one per period and slice, each with its value or the reason why it has none."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np
import numpy.typing as npt
import pandas as pd

from kpi.datasets import NUMERATOR_ONLY
from kpi.measures.catalog import MONEY, Kpi
from kpi.measures.periods import SHORT, periods_table, unscheduled
from kpi.measures.quantities import BY_CALENDAR, Recipe
from kpi.measures.sums import (
    MIXED,
    Scope,
    Sums,
    coded,
    collect,
    covered,
    extent,
    fold,
    is_among,
    plain,
    with_facts,
)
from kpi.model import State

Mask = npt.NDArray[np.bool_]

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
    return Cells(work.frame(), (*notes, *work.notes))


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
        self._first, self._last = days
        self._by = list(scope.question.by)
        self._keys = ["start", *self._by]
        self.notes: list[str] = []

    def frame(self) -> pd.DataFrame:
        cells = self._plain() if self._den is None else self._ratio(self._den)
        self._refuse_mixed(cells)
        self._refuse_lacking(cells)
        self._unscheduled(cells)
        return self._finished(cells)

    def _grid(self, frames: list[pd.DataFrame]) -> pd.DataFrame:
        periods = periods_table(
            self._first, self._last, self._scope.question.period, self._scope.settings
        )
        return _plain_keys(self._slices(frames), self._by).merge(periods, how="cross")

    def _slices(self, frames: list[pd.DataFrame]) -> pd.DataFrame:
        """The slices that occur, with their plant where they have one only (``_plant``)."""
        columns = list(dict.fromkeys([*self._by, "plant"]))
        seen = pd.concat([f[columns].astype(object) for f in frames], ignore_index=True)
        seen = seen.drop_duplicates()
        if not self._by:
            plants = seen["plant"].unique()
            return pd.DataFrame({"_plant": [plants[0] if len(plants) == 1 else None]}, dtype=object)
        groups = seen.assign(_plant=seen["plant"]).groupby(self._by, dropna=False)["_plant"]
        one = groups.agg(["first", "nunique"]).reset_index()
        one["_plant"] = one["first"].where(one["nunique"] == 1)
        return one.drop(columns=["first", "nunique"]).sort_values(self._by, ignore_index=True)

    def _plain(self) -> pd.DataFrame:
        cells = self._grid([self._num.frame])
        cells = _joined(cells, fold(self._num.frame, self._keys), self._keys, "num")
        has = cells["num"].notna().to_numpy()
        rows = (cells["num_rows"] > 0).to_numpy()
        zero = ~has & ~rows & self._zero_without_rows(cells)
        cells["num"] = np.where(zero, 0.0, cells["num"])
        cells["den"] = np.nan
        cells["value"] = cells["num"] * self._kpi.per
        words = self._recipe.numerator.words
        state = np.select([has | zero, rows], ["ok", "blank"], "missing")
        if not self._num.recorded:
            state = np.full(len(cells), "unrecorded")
        reasons = {
            "unrecorded": "no {words} in the data",
            "blank": "no {words} is stated{slice} in {period}",
            "missing": "no data{slice} in {period}",
        }
        states = dict.fromkeys(reasons, State.NOT_COMPUTABLE) | {"missing": State.MISSING}
        return self._stated(cells, state, states, reasons, words)

    def _zero_without_rows(self, cells: pd.DataFrame) -> Mask:
        """Cells without a row that are known to be zero: covered, and the plant was there."""
        scope, dataset = self._scope, self._num.dataset
        plants = sorted(self._num.recorded & self._wanted_plants())
        known = np.zeros(len(cells), dtype=bool)
        for plant in plants:
            here = (cells["_plant"].isna() | (cells["_plant"] == plant)).to_numpy()
            column = pd.Series(plant, index=cells.index)
            is_known = covered(scope, column, cells["start"], dataset)
            if scope.question.period not in SHORT:
                alive = np.zeros(len(cells), dtype=bool)
                shipping = ("shipment:sales",) if dataset.startswith("complaint") else ()
                for name in (dataset, "production", "running_time", *shipping):
                    alive |= is_among(column, cells["start"], with_facts(scope, name))
                is_known = is_known & alive
            known |= here & is_known
        return known

    def _wanted_plants(self) -> frozenset[str]:
        asked = self._scope.question.allowed("plant")
        if not asked:
            return self._num.recorded
        return frozenset(self._scope.names.codes("plant", asked))

    def _ratio(self, den: Sums) -> pd.DataFrame:
        shared = ["start", *den.dims]
        num_frame, den_frame = self._flagged(den)
        split = set(den.dims) == set(self._by)
        cells = self._grid([num_frame, den_frame] if split else [num_frame])
        cells = _joined(cells, fold(num_frame, self._keys, "alone"), self._keys, "num")
        below = fold(den_frame, shared, "unknown", "uncarried")
        cells = _joined(cells, below, shared, "den")
        return self._divided(cells, den)

    def _flagged(self, den: Sums) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Both sides by plant: numerators without a denominator, denominators without a numerator.

        ``uncarried``: the numerator of that plant does not state a dimension that the denominator
        does. Where it is the other way round, the denominator is left out: it cannot be split.
        """
        num_frame, den_frame = self._num.frame.copy(), den.frame.copy()
        uncarried = pd.Series(False, index=den_frame.index)
        where = tuple(d for d, _ in self._scope.question.where)
        for dim in dict.fromkeys((*self._by, *where)):
            if dim in NUMERATOR_ONLY or dim == "plant" or dim in (*den.lacking, *self._num.lacking):
                continue
            has_num = den_frame["plant"].map(lambda p, d=dim: (p, d) in self._num.carried)
            has_den = den_frame["plant"].map(lambda p, d=dim: (p, d) in den.carried)
            recorded = den_frame["plant"].isin(self._num.recorded)
            uncarried |= recorded & has_den.astype(bool) & ~has_num.astype(bool)
            useless = (has_num.astype(bool) & ~has_den.astype(bool)).to_numpy()
            den_frame, uncarried = den_frame[~useless], uncarried[~useless]
        known = den_frame["plant"].isin(self._num.recorded).to_numpy()
        for dataset in self._num.needs:
            known = known & covered(self._scope, den_frame["plant"], den_frame["start"], dataset)
        den_frame["unknown"] = ~known | uncarried.to_numpy(dtype=bool)
        den_frame["uncarried"] = uncarried.to_numpy(dtype=bool)
        places = den_frame[list(dict.fromkeys(["plant", "start", *den.dims]))].drop_duplicates()
        found = _merged(num_frame, places.assign(_met=1.0), list(places.columns))
        num_frame["alone"] = found["_met"].isna().to_numpy(dtype=float)
        return num_frame, den_frame

    def _divided(self, cells: pd.DataFrame, den: Sums) -> pd.DataFrame:
        recipe = self._recipe
        assert recipe.denominator is not None
        has_num, has_den = cells["num"].notna().to_numpy(), cells["den"].notna().to_numpy()
        if recipe.none:
            no_den = ~has_den & self._den_is_zero(cells, den, has_num)
            cells["den"] = np.where(no_den, 0.0, cells["den"])
            has_den = has_den | no_den
        unknown = (cells["den_unknown"] >= cells["den_places"]).to_numpy() & (
            cells["den_places"] > 0
        ).to_numpy()
        blank = ~has_num & (cells["num_rows"] > 0).to_numpy()
        zero = has_den & ~has_num & ~unknown & ~blank
        cells["num"] = np.where(zero, 0.0, cells["num"])
        base = cells["den"] + recipe.plus
        positive = has_den & (base > 0).to_numpy()
        uncarried = (cells["den_uncarried"] > 0).to_numpy() & unknown & ~has_num
        recorded, based = bool(self._num.recorded), bool(den.recorded)
        kind = np.select(
            [
                np.full(len(cells), not based), has_den & uncarried, has_den & blank, has_den & ~has_num & ~zero & (not recorded),
                has_den & ~has_num & ~zero, positive, has_den, has_num,
            ],
            ["no base", "uncarried", "blank", "unrecorded", "no numerator", "ok", "nothing", "no denominator"],
            "missing",
        )  # fmt: skip
        with np.errstate(divide="ignore", invalid="ignore"):
            cells["value"] = cells["num"] / base.where(base > 0) * self._kpi.per
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
        cells = self._stated(cells, kind, states, reasons, n)
        self._say_what_lacks(cells, kind == "ok", n, d)
        if recipe.none == "no failure":
            self._say_more_than(cells, kind == "nothing")
        return cells

    def _den_is_zero(self, cells: pd.DataFrame, den: Sums, has_num: Mask) -> Mask:
        """A count below the line that has no row although its data are known: none happened."""
        known = np.zeros(len(cells), dtype=bool)
        for plant in sorted(self._wanted_plants() | (den.recorded & self._wanted_plants())):
            here = (cells["_plant"].isna() | (cells["_plant"] == plant)).to_numpy()
            column = pd.Series(plant, index=cells.index)
            known |= here & covered(self._scope, column, cells["start"], den.dataset)
        return known & (has_num | (self._num.dataset == den.dataset))

    def _say_more_than(self, cells: pd.DataFrame, where: Mask) -> None:
        """No failure: the mean time is longer than all the time run, never infinite."""
        run = cells.loc[where, "num"] * self._kpi.per
        told = [f"no failure: more than {hours:.1f} {self._kpi.unit}" for hours in run]
        cells.loc[where, "state_reason"] = np.array(told, dtype=object)

    def _say_what_lacks(self, cells: pd.DataFrame, where: Mask, num: str, den: str) -> None:
        """A value over several plants of which one lacks a side says so."""
        alone = where & (cells["num_alone"] > 0).to_numpy()
        partly = where & (cells["den_unknown"] > 0).to_numpy()
        cells.loc[alone, "state_reason"] = f"includes {num} of a plant without {den}"
        cells.loc[partly, "state_reason"] = f"includes {den} of a plant without data on the {num}"

    def _split_words(self) -> str:
        where = [d for d, _ in self._scope.question.where]
        return ", ".join(dict.fromkeys(d for d in (*self._by, *where) if d != "plant"))

    def _stated(
        self,
        cells: pd.DataFrame,
        kind: npt.NDArray[np.str_],
        states: dict[str, State],
        reasons: dict[str, str],
        words: str,
    ) -> pd.DataFrame:
        ok = kind == "ok"
        is_zero = ok & (cells["num"] == 0).to_numpy()
        cells["state"] = np.where(is_zero, State.ZERO.value, State.VALUE.value)
        cells["state_reason"] = ""
        slices = self._slice_words(cells)
        for name, state in states.items():
            here = kind == name
            if not here.any():
                continue
            cells.loc[here, "state"] = state.value
            cells.loc[here, "value"] = np.nan
            cells.loc[here, "state_reason"] = [
                reasons[name].format(words=words, slice=s, period=p)
                for s, p in zip(slices[here], cells.loc[here, "period"], strict=True)
            ]
        return cells

    def _slice_words(self, cells: pd.DataFrame) -> pd.Series:
        """`` for line 4, plant A``; empty where the slice is everything."""
        words = pd.Series("", index=cells.index, dtype=object)
        for dim in self._by:
            values = cells[dim].astype(object)
            named = values.map(lambda v, d=dim: f"{d} {v}").where(
                values.notna(), f"{dim} {UNASSIGNED}"
            )
            words = words.where(words == "", words + ", ") + named
        if not self._by and self._scope.question.where:
            chosen = ", ".join(f"{d} {v or UNASSIGNED}" for d, v in self._scope.question.where)
            words = words + chosen
        return words.where(words == "", " for " + words)

    def _refuse_mixed(self, cells: pd.DataFrame) -> None:
        """Pieces and kilograms, or two currencies, are never added up or divided."""
        units = cells["num_unit"].fillna("").astype(str)
        several = units.str.contains(MIXED, regex=False)
        words = units
        if self._den is not None:
            below = cells["den_unit"].fillna("").astype(str)
            differ = (units != below) & (units != "") & (below != "")
            several |= below.str.contains(MIXED, regex=False) | differ
            words = units.where(units == below, units + MIXED + below)
        several &= ~cells["state"].eq(State.MISSING.value)
        if not several.any():
            return
        cells.loc[several, "value"] = np.nan
        cells.loc[several, "state"] = State.NOT_COMPUTABLE.value
        what = "currencies" if self._kpi.unit == MONEY else "units"
        cells.loc[several, "state_reason"] = [
            f"different {what} cannot be added up: "
            + " and ".join(sorted(set(filter(None, w.split(MIXED)))))
            for w in words[several]
        ]

    def _refuse_lacking(self, cells: pd.DataFrame) -> None:
        """A dimension that one side does not have at all: nothing can be computed by it."""
        sides = [(self._num, self._recipe.numerator.words)]
        if self._den is not None and self._recipe.denominator is not None:
            sides.append((self._den, self._recipe.denominator.words))
        for side, words in sides:
            if not side.lacking:
                continue
            cells["state"] = State.NOT_COMPUTABLE.value
            cells["state_reason"] = f"there are no {words} by {', '.join(side.lacking)}"
            cells[["value", "num", "den"]] = np.nan

    def _unscheduled(self, cells: pd.DataFrame) -> None:
        missing = (cells["state"] == State.MISSING.value).to_numpy()
        if not missing.any():
            return
        gaps = cells.loc[missing, ["period_start", "period_end"]].assign(
            plant=cells.loc[missing, "_plant"].to_numpy()
        )
        if "line" in self._by:
            gaps["line"] = cells.loc[missing, "line"]
        off = np.zeros(len(cells), dtype=bool)
        ends = pd.to_datetime(cells["period_end"]).max().date()
        starts = pd.to_datetime(cells["period_start"]).min().date()
        off[missing] = unscheduled(gaps, self._scope.settings, first=starts, last=ends)
        cells.loc[off, "state"] = State.NOT_SCHEDULED.value
        cells.loc[off, "state_reason"] = "no production planned"

    def _finished(self, cells: pd.DataFrame) -> pd.DataFrame:
        unit = self._kpi.unit
        if unit == MONEY:
            stated = cells["num_unit"].fillna("").astype(object)
            usual = self._scope.settings.currency or next((u for u in stated if u), "")
            cells["unit"] = stated.where(stated != "", usual)
        else:
            cells["unit"] = unit
        cells = cells.rename(columns={"num": "numerator", "den": "denominator"})
        ends = np.minimum(cells["period_end"], np.datetime64(date.max - timedelta(days=1), "s"))
        cells["period_end"] = ends
        columns = ["period", "period_start", "period_end", *self._by, *self._names(cells)]
        if "plant" in self._by and self._scope.names.replaces("plant"):
            cells["plant"] = plant_names(self._scope, cells["plant"])
        figures = ["numerator", "denominator", "value", "unit", "state", "state_reason"]
        return cells[[*columns, *figures]].reset_index(drop=True)

    def _names(self, cells: pd.DataFrame) -> Sequence[str]:
        """Add ``<dim>_name`` for codes of the plant's own that have a name."""
        names, added = self._scope.names, []
        for dim in self._by:
            if dim not in names.fields() or names.replaces(dim):
                continue
            cells[f"{dim}_name"] = names.of(dim, cells[dim].astype(object), cells["_plant"])
            added.append(f"{dim}_name")
        return added


def plant_names(scope: Scope, codes: pd.Series) -> pd.Series:
    """Names of plants whose codes are but digits; the code stays beside a name that two share."""
    names = scope.names.of("plant", codes.astype(object), None).astype(object).fillna(codes)
    alike = codes.groupby(names).transform("nunique") > 1
    return names.where(~alike, names.astype(str) + " (" + codes.astype(str) + ")")


def _joined(cells: pd.DataFrame, sums: pd.DataFrame, keys: list[str], side: str) -> pd.DataFrame:
    """The sums of one side beside the cells: ``num``, ``num_rows``, ``num_unit``, and counts."""
    names = {c: f"{side}_{c}" for c in sums.columns if c not in keys} | {"amount": side}
    out = _merged(cells, sums.rename(columns=names), keys)
    counts = [n for c, n in names.items() if c not in ("amount", "unit")]
    out[counts] = out[counts].fillna(0.0)
    return out


def _merged(cells: pd.DataFrame, more: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """The cells, numbered anew, with the columns of the one row of ``more`` that has their keys.

    Keys are moments or texts of any type, missing ones alike.
    """
    codes, _ = coded([np.concatenate([plain(cells[k]), plain(more[k])]) for k in keys])
    row_of = np.full(len(codes), -1)
    row_of[codes[len(cells) :]] = np.arange(len(more))
    at = row_of[codes[: len(cells)]]
    added = more.drop(columns=keys).reset_index(drop=True).reindex(at).reset_index(drop=True)
    return pd.concat([cells.reset_index(drop=True), added], axis=1)


def _plain_keys(frame: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    texts = {k: frame[k].astype(object) for k in keys}
    return frame.assign(**{k: v.where(v.notna(), None) for k, v in texts.items()})
