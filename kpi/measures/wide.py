"""A KPI over one split as arrays: thousands of series at once, the same figures as ``evaluate``.

Screening looks at every slice of every KPI. Here a question is answered for all slices of a split
together, in arrays (periods × slices) without a word in them; ``tests/measures/test_wide.py`` holds
each cell against ``evaluate``.
"""

from dataclasses import dataclass, replace
from datetime import date
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from kpi.calendar import as_days
from kpi.datasets import NUMERATOR_ONLY
from kpi.measures.beside import Codes, Mask, groups
from kpi.measures.catalog import MONEY, REPORTED_PREFIX, Kpi
from kpi.measures.cells import plant_names, span_of
from kpi.measures.cubes import MIXED_UNITS, NONE, Values
from kpi.measures.evaluate import Evaluated, data_date_of, evaluate, kpi_of, scope_of
from kpi.measures.periods import SHORT, periods_table, unscheduled
from kpi.measures.quantities import Recipe, recipe
from kpi.measures.question import SeriesQuestion
from kpi.measures.source import FactSource
from kpi.measures.sums import Scope, is_among, with_facts
from kpi.measures.wide_sums import FOUND, Collector, Part, Side, added, find, folded, picked
from kpi.model import State
from kpi.settings import Settings

STATES: Final = tuple(State)
"""The states by the codes that ``Wide.state`` holds."""

_CODE: Final = {state: code for code, state in enumerate(STATES)}

States = npt.NDArray[np.int8]


@dataclass(frozen=True, slots=True, eq=False)
class Wide:
    """A KPI by period and slice; arrays (T, S), time first.

    ``labels``, ``starts`` and ``ends`` are the periods; ``by`` the dimensions and ``slices`` (S, D)
    their values, ``None`` where not assigned. ``numerator``, ``denominator`` and ``value`` (in the
    KPI's unit) are as in ``Evaluated``: a value is NaN unless its ``state`` (a code of ``STATES``)
    is value or zero. A dimension that one side does not carry at all gives no slices.
    """

    kpi: Kpi
    question: SeriesQuestion
    labels: tuple[str, ...]
    starts: npt.NDArray[np.datetime64]
    ends: npt.NDArray[np.datetime64]
    by: tuple[str, ...]
    slices: npt.NDArray[np.object_]
    numerator: Values
    denominator: Values
    value: Values
    state: States
    report_date: date | None

    @property
    def series(self) -> int:
        """How many slices there are."""
        return len(self.slices)


def wide(source: FactSource, question: SeriesQuestion, settings: Settings) -> Wide:
    """Answer a question for all its slices at once.

    Raises
    ------
    UnknownNameError
        The KPI, a dimension or the period is unknown.
    UsageError
        The question contradicts itself.
    """
    question = question.normalised()
    kpi = kpi_of(source, question.kpi)
    made = None if kpi.id.startswith(REPORTED_PREFIX) else recipe(kpi.id, settings)
    data_date = data_date_of(source, kpi)
    report_date = question.as_of or data_date
    if not kpi.computable or report_date is None or data_date is None:
        return _nothing(kpi, question, report_date)
    if made is None:  # a stock, or figures as they were reported: few, and with a way of their own
        return _from_cells(evaluate(source, question, settings))
    scope = scope_of(source, question, settings, report_date)
    same = (scope.on_months, question.period, question.first, scope.last, question.allowed("plant"))
    days = FOUND.get(("span", kpi.id, *same, *scope.key), lambda: span_of(scope, made))
    if days is None:
        return _nothing(kpi, question, report_date)
    about = ("periods", days, question.period, settings.signature())
    periods = FOUND.get(
        ("laid", *about), lambda: _Periods.of(periods_table(*days, question.period, settings))
    )
    return _Cells(scope, kpi, made, periods).answer()


@dataclass(frozen=True, slots=True, eq=False)
class _Periods:
    """The periods of a question as its arrays take them: laid out once for the splits of all KPIs."""

    table: pd.DataFrame
    labels: tuple[str, ...]
    starts: npt.NDArray[np.datetime64]
    ends: npt.NDArray[np.datetime64]
    mark: tuple[bytes, bytes]

    @classmethod
    def of(cls, table: pd.DataFrame) -> "_Periods":
        starts, ends = (table[name].to_numpy() for name in ("period_start", "period_end"))
        return cls(
            table, tuple(table["period"].astype(str)), as_days(starts), as_days(ends),
            (starts.tobytes(), ends.tobytes()),
        )  # fmt: skip


def _nothing(kpi: Kpi, question: SeriesQuestion, report_date: date | None) -> Wide:
    no_days = np.array([], dtype="datetime64[D]")
    none = np.zeros((0, 0))
    return Wide(
        kpi, question, (), no_days, no_days, question.by, np.empty((0, len(question.by)), object),
        none, none, none, none.astype(np.int8), report_date,
    )  # fmt: skip


def _from_cells(answer: Evaluated) -> Wide:
    """The cells of an answer, laid out as arrays."""
    frame, by = answer.frame, list(answer.question.by)
    if frame.empty:
        return _nothing(answer.kpi, answer.question, answer.report_date)
    periods = frame.drop_duplicates("period_start").sort_values("period_start")
    times = len(periods)
    row = np.searchsorted(periods["period_start"].to_numpy(), frame["period_start"].to_numpy())
    plain = frame[by].astype(object)
    plain = plain.where(plain.notna(), None)
    if by:
        column, _ = groups([pd.factorize(plain[d], use_na_sentinel=True)[0] for d in by])
    else:
        column = np.zeros(len(frame), dtype=np.int64)
    first = np.unique(column, return_index=True)[1]
    codes = frame["state"].map({s.value: c for s, c in _CODE.items()}).to_numpy(np.int8)

    def laid(name: str) -> Values:
        out = np.full((times, len(first)), np.nan)
        out[row, column] = frame[name].to_numpy(float)
        return out

    state = np.full((times, len(first)), _CODE[State.MISSING], dtype=np.int8)
    state[row, column] = codes
    return Wide(
        answer.kpi,
        answer.question,
        tuple(periods["period"].astype(str)),
        as_days(periods["period_start"].to_numpy()),
        as_days(periods["period_end"].to_numpy()),
        answer.question.by,
        plain.to_numpy(object)[first].reshape(len(first), len(by)),
        laid("numerator"),
        laid("denominator"),
        laid("value"),
        state,
        answer.report_date,
    )


class _Cells:
    """The steps from two sums to finished arrays, as ``cells``. Made for one question, used once."""

    def __init__(self, scope: Scope, kpi: Kpi, made: Recipe, periods: _Periods) -> None:
        self._scope, self._kpi, self._recipe, self._periods = scope, kpi, made, periods
        self._by = scope.question.by
        self._sums = Collector(scope, periods.table["start"])
        self._words = self._sums.words

    def answer(self) -> Wide:
        below = self._recipe.denominator
        num = self._sums.collect(self._recipe.numerator, is_denominator=False)
        den = self._sums.collect(below, is_denominator=True) if below else None
        if num.lacking or (den is not None and den.lacking):
            return _nothing(self._kpi, self._scope.question, self._scope.as_of)
        found = self._plain(num) if den is None else self._ratio(num, den)
        return self._finished(found)

    # --- slices -----------------------------------------------------------------------------

    def _slices(self, parts: list[Part]) -> tuple[dict[str, Codes], Codes]:
        """The slices that occur, in the order of their words, and the plant of each.

        ``NONE`` where it is several. A slice left out as another's double depends on the order.
        """
        seen = [part.only(np.asarray(part.there.any(axis=0))).keys for part in parts]
        dims = dict.fromkeys((*self._by, "plant"))
        codes = {d: np.concatenate([keys[d] for keys in seen]) for d in dims}
        if not self._by:
            plants = np.unique(codes["plant"])
            return {}, np.array([plants[0] if len(plants) == 1 else NONE])
        at, first = groups([codes[d] for d in self._by])
        low = np.full(len(first), np.iinfo(np.int64).max)
        high = np.zeros(len(first), dtype=np.int64)
        np.minimum.at(low, at, codes["plant"])
        np.maximum.at(high, at, codes["plant"])
        keys = {d: codes[d][first] for d in self._by}
        order = np.lexsort([self._words.ranks(d)[keys[d]] for d in reversed(self._by)])
        plants = np.where(low == high, high, NONE)
        return {d: k[order] for d, k in keys.items()}, plants[order]

    def _fold(self, part: Part, dims: tuple[str, ...], keys: dict[str, Codes], size: int) -> Codes:
        """The slice (of those with ``keys``) that each column of a part belongs to; -1: none."""
        if not dims:
            return np.zeros(part.amount.shape[1], dtype=np.int64)
        return find({d: part.keys[d] for d in dims}, {d: keys[d] for d in dims})

    # --- states -----------------------------------------------------------------------------

    def _plain(self, num: Side) -> "_Found":
        keys, plants = self._slices([num.part])
        size = len(plants)
        above = folded(num.part, self._fold(num.part, self._by, keys, size), size)
        has, rows = ~np.isnan(above.amount), above.rows > 0
        zero = ~has & ~rows & self._zero_without_rows(num, plants)
        amount = np.where(zero, 0.0, above.amount)
        kind = np.select(
            [has | zero, rows], [_OK, _CODE[State.NOT_COMPUTABLE]], _CODE[State.MISSING]
        )
        if not num.recorded:
            kind = np.full(kind.shape, _CODE[State.NOT_COMPUTABLE])
        return _Found(
            keys, plants, amount, np.full(amount.shape, np.nan), amount * self._kpi.per,
            _stated(kind, amount), above.unit, None,
        )  # fmt: skip

    def _zero_without_rows(self, num: Side, plants: Codes) -> Mask:
        scope, dataset = self._scope, num.dataset
        mine = self._words.codes("plant", sorted(num.recorded & self._wanted(num)))
        known = self._sums.known(mine, dataset)
        if scope.question.period not in SHORT and len(mine):
            shipping = ("shipment:sales",) if dataset.startswith("complaint") else ()
            alive = np.zeros(known.shape, dtype=bool)
            for name in (dataset, "production", "running_time", *shipping):
                alive |= self._alive(mine, name)
            known = known & alive
        return _here(known, mine, plants)

    def _alive(self, plants: Codes, dataset: str) -> Mask:
        """Whether a dataset has facts of each plant, (T, P)."""
        key = ("with facts", dataset, self._scope.question.period, *self._scope.key)
        facts = FOUND.get(key, lambda: with_facts(self._scope, dataset))
        return self._sums.by_plant(plants, ("alive", dataset), lambda p, s: is_among(p, s, facts))

    def _wanted(self, num: Side) -> frozenset[str]:
        asked = self._scope.question.allowed("plant")
        return frozenset(self._scope.names.codes("plant", asked)) if asked else num.recorded

    def _ratio(self, num: Side, den: Side) -> "_Found":
        below, unknown, uncarried = self._flagged(num, den)
        split = set(den.dims) == set(self._by)
        keys, plants = self._slices([num.part, below] if split else [num.part])
        size = len(plants)
        above = folded(num.part, self._fold(num.part, self._by, keys, size), size)
        at, first = groups([below.keys[d] for d in den.dims]) if den.dims else _all_one(below)
        base = folded(below, at, len(first))
        flags = [added(f & below.there, at, len(first)) for f in (below.there, unknown, uncarried)]
        own = {d: below.keys[d][first] for d in den.dims}
        place = find({d: keys[d] for d in den.dims}, own) if den.dims else np.zeros(size, np.int64)
        if not len(first):
            place = np.full(size, -1)
        places, not_known, not_carried = (picked(flag, place, 0.0) for flag in flags)
        amount, den_unit = picked(base.amount, place, np.nan), picked(base.unit, place, NONE)
        return self._divided(
            num, den, keys, plants, above, amount, den_unit, places, not_known, not_carried
        )

    def _flagged(self, num: Side, den: Side) -> tuple[Part, Mask, Mask]:
        """The denominator that can be split; where its numerator is unknown, and why (T, P)."""
        below = den.part
        names = self._words.words("plant")[below.keys["plant"]]
        where = tuple(d for d, _ in self._scope.question.where)
        recorded = np.array([p in num.recorded for p in names], dtype=bool)
        uncarried: Mask = np.zeros(len(names), dtype=bool)
        kept: Mask = np.ones(len(names), dtype=bool)
        for dim in dict.fromkeys((*self._by, *where)):
            if dim in NUMERATOR_ONLY or dim == "plant":
                continue
            has_num = np.array([(p, dim) in num.carried for p in names], dtype=bool)
            has_den = np.array([(p, dim) in den.carried for p in names], dtype=bool)
            uncarried |= recorded & has_den & ~has_num
            kept &= ~(has_num & ~has_den)
        below, recorded, uncarried = below.only(kept), recorded[kept], uncarried[kept]
        known = np.broadcast_to(recorded, below.there.shape)
        for dataset in num.needs:
            known = known & self._sums.known(below.keys["plant"], dataset)
        return below, ~known | uncarried, np.broadcast_to(uncarried, known.shape)

    def _divided(
        self, num: Side, den: Side, keys: dict[str, Codes], plants: Codes, above: Part,
        below: Values, den_unit: Codes, places: Values, not_known: Values, not_carried: Values,
    ) -> "_Found":  # fmt: skip
        has_num, has_den = ~np.isnan(above.amount), ~np.isnan(below)
        if self._recipe.none:
            mine = self._words.codes("plant", sorted(self._wanted(num)))
            known = _here(self._sums.known(mine, den.dataset), mine, plants)
            no_den = ~has_den & known & (has_num | (num.dataset == den.dataset))
            below, has_den = np.where(no_den, 0.0, below), has_den | no_den
        unknown = (not_known >= places) & (places > 0)
        blank = ~has_num & (above.rows > 0)
        zero = has_den & ~has_num & ~unknown & ~blank
        amount = np.where(zero, 0.0, above.amount)
        base = below + self._recipe.plus
        positive = has_den & (base > 0)
        uncarried = (not_carried > 0) & unknown & ~has_num
        lost, none = has_den & ~has_num & ~zero, _CODE[State.NOT_COMPUTABLE]
        recorded = bool(num.recorded)
        kind = np.select(
            [np.full(lost.shape, not den.recorded), has_den & uncarried, has_den & blank,
             lost & (not recorded), lost, positive, has_den | has_num],
            [none, none, none, none, _CODE[State.MISSING], _OK, none],
            _CODE[State.MISSING],
        )  # fmt: skip
        with np.errstate(divide="ignore", invalid="ignore"):
            value = amount / np.where(base > 0, base, np.nan) * self._kpi.per
        return _Found(
            keys, plants, amount, below, value, _stated(kind, amount), above.unit, den_unit
        )

    # --- the end ----------------------------------------------------------------------------

    def _finished(self, found: "_Found") -> Wide:
        state = _refused(found)
        missing = state == _CODE[State.MISSING]
        if missing.any():
            off = missing & self._unscheduled(found)
            state = np.where(off, _CODE[State.NOT_SCHEDULED], state)
        told = np.isin(state, (_CODE[State.VALUE], _CODE[State.ZERO]))
        return Wide(
            replace(self._kpi, unit=self._currency(found))
            if self._kpi.unit == MONEY
            else self._kpi,
            self._scope.question,
            self._periods.labels,
            self._periods.starts,
            self._periods.ends,
            self._by,
            self._named(found),
            found.numerator,
            found.denominator,
            np.where(told, found.value, np.nan),
            state.astype(np.int8),
            self._scope.as_of,
        )

    def _unscheduled(self, found: "_Found") -> Mask:
        """Whether nothing was planned for a slice in a period, by plant (and line), (T, S)."""
        if not _plans(self._scope.settings):
            return np.zeros(found.state.shape, dtype=bool)
        lines = found.keys.get("line", np.zeros(len(found.plants), dtype=np.int64))
        at, first = groups([found.plants, lines])
        plants, names = self._words.words("plant")[found.plants[first]], self._words.words("line")
        of_line = names[lines[first]] if "line" in found.keys else np.full(len(first), None)
        off = [self._off(p, n) for p, n in zip(plants, of_line, strict=True)]
        return np.array(off, dtype=bool).reshape(len(first), len(self._periods.labels)).T[:, at]

    def _off(self, plant: str | None, line: str | None) -> Mask:
        """Whether nothing was planned at a plant (on a line) in each period."""
        key = ("off", plant, line, self._periods.mark, *self._scope.key)

        def find() -> Mask:
            table = self._periods.table
            starts, ends = (table[name].to_numpy() for name in ("period_start", "period_end"))
            last = np.minimum(ends, np.datetime64("9999-12-30", "s"))
            cells = pd.DataFrame(
                {"plant": plant, "line": line}, index=range(len(starts)), dtype=object
            )
            cells = cells.assign(period_start=starts, period_end=last)
            days = (pd.Timestamp(starts.min()).date(), pd.Timestamp(last.max()).date())
            return unscheduled(cells, self._scope.settings, first=days[0], last=days[1])

        return FOUND.get(key, find)

    def _currency(self, found: "_Found") -> str:
        words = self._words.words("currency")
        stated = [str(words[u]) for u in np.unique(found.unit) if u > NONE]
        usual = self._scope.settings.currency or next(iter(stated), "")
        every = {*stated, *([usual] if (found.unit == NONE).any() else [])} - {""}
        mixed = (found.unit == MIXED_UNITS).any()
        return next(iter(every)) if len(every) == 1 and not mixed else ""

    def _named(self, found: "_Found") -> npt.NDArray[np.object_]:
        out = np.empty((len(found.plants), len(self._by)), dtype=object)
        for place, dim in enumerate(self._by):
            out[:, place] = self._words.words(dim)[found.keys[dim]]
        if "plant" in self._by and self._scope.names.replaces("plant"):
            place = self._by.index("plant")
            codes = pd.Series(out[:, place], dtype=object)
            out[:, place] = plant_names(self._scope, codes).to_numpy(object)
        return out


@dataclass(frozen=True, slots=True, eq=False)
class _Found:
    """Both sides of every cell, and its state before units and the calendar are looked at."""

    keys: dict[str, Codes]
    plants: Codes
    numerator: Values
    denominator: Values
    value: Values
    state: States
    unit: Codes
    den_unit: Codes | None


_OK: Final = len(STATES)
"""Stands for a value, zero or not, until its numerator is looked at."""


def _stated(kind: npt.NDArray[np.integer], amount: Values) -> States:
    is_zero = np.where(amount == 0, _CODE[State.ZERO], _CODE[State.VALUE])
    return np.where(kind == _OK, is_zero, kind).astype(np.int8)


def _refused(found: _Found) -> States:
    """The states, with amounts in different units never added up or divided."""
    several = found.unit == MIXED_UNITS
    if found.den_unit is not None:
        differ = (found.unit != found.den_unit) & (found.unit != NONE) & (found.den_unit != NONE)
        several = several | (found.den_unit == MIXED_UNITS) | differ
    several = several & (found.state != _CODE[State.MISSING])
    return np.where(several, _CODE[State.NOT_COMPUTABLE], found.state)


def _plans(settings: Settings) -> bool:
    """Whether any plant states when it runs; else no day counts as not scheduled."""
    stated = (settings.every_plant, *settings.plants)
    return any(p.has_calendar or p.line_minutes or p.closed_days for p in stated)


def _here(known: Mask, mine: Codes, plants: Codes) -> Mask:
    """What is known of plants (T, those of ``mine``), for slices of one plant or of several."""
    of_slice = (plants[None, :] == mine[:, None]) | (plants == NONE)[None, :]
    found: Mask = (known.astype(float) @ of_slice.astype(float)) > 0
    return found


def _all_one(part: Part) -> tuple[Codes, Codes]:
    """Everything as one slice."""
    count = part.amount.shape[1]
    return np.zeros(count, dtype=np.int64), np.zeros(min(count, 1), dtype=np.int64)
