"""Quantities summed per plant, period and slice: the numerators and denominators of a question."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from kpi.calendar import ALL, Days, as_days
from kpi.datasets import DIMENSIONS, NUMERATOR_ONLY
from kpi.measures.beside import Codes, Mask, days_of, groups, local_codes
from kpi.measures.columns import MIXED, Columns, added_up
from kpi.measures.engine import ABOUT, SUMS, TABLES
from kpi.measures.failures import failure_costs
from kpi.measures.names import Names, read_names
from kpi.measures.periods import SHORT, last_days, on_months, starts_of
from kpi.measures.quantities import PIECES, Amount, Quantity, Term, Way
from kpi.measures.question import SeriesQuestion
from kpi.measures.resolved import (
    calendar_minutes,
    due_items,
    item_rows,
    stop_minutes,
    stop_months,
)
from kpi.measures.rollups import (
    ROLLUPS,
    day_table,
    encoded,
    full_month_table,
    month_table,
    splits_table,
)
from kpi.measures.shipped import shipped_lines
from kpi.measures.source import FactSource, facts_key
from kpi.settings import Settings

Column = pd.Series | npt.NDArray[Any]

_SECONDS: Final = 1 << 40
"""More than any moment's distance from 1970: room for a moment beside the number of a plant."""

_ITEM_TEXTS: Final = ("plant", "line", "product", "reason", "customer", "supplier", "unit")


@dataclass(frozen=True)
class Scope:
    """A normalised question with what it takes to answer it."""

    source: FactSource
    settings: Settings
    question: SeriesQuestion
    as_of: date  # the report date
    clipped: bool  # facts after the report date are left out, as it was asked for

    @cached_property
    def key(self) -> tuple[Any, ...]:
        """What is the same for every question about these facts."""
        return (facts_key(self.source), self.settings.signature(), self.as_of)

    @cached_property
    def names(self) -> Names:
        """The names of codes, declared or told by rows."""
        key = ("names", facts_key(self.source), self.settings.signature())
        return ABOUT.get(key, self._read_names)

    def _read_names(self) -> Names:
        texts = []
        for dataset in ("scrap", "downtime", "complaint"):
            table = month_table(self.source, dataset, self.settings, ("reason",))
            frame = table.select(["reason", "text_low", "text_high"]).to_pandas().astype(object)
            groups = frame.dropna().groupby("reason").agg({"text_low": "min", "text_high": "max"})
            one = groups[groups["text_low"] == groups["text_high"]]
            texts.append(pd.DataFrame({"code": one.index, "name": one["text_low"].to_numpy()}))
        return read_names(self.source, texts)

    @cached_property
    def last(self) -> date | None:
        """The last day of facts to be counted."""
        asked = self.question.last
        if not self.clipped:
            return asked
        return self.as_of if asked is None else min(asked, self.as_of)

    @cached_property
    def on_months(self) -> bool:
        """Whether sums per calendar month serve the question exactly."""
        return on_months(self.question.period, self.question.first, self.last, self.settings)

    def sales(self) -> bool:
        """Whether there are sales items, so that on-time delivery is about them."""
        items = due_items(self.source, self.settings, self.as_of)
        return bool(len(items) == 0 or (items["direction"] != "purchase").any())


@dataclass(frozen=True)
class Sums:
    """An amount per plant, period and slice.

    ``frame``: ``plant``, ``start``, the dimensions, ``amount`` (missing: not recorded there),
    ``rows``, ``unit`` (several joined by `` + ``; empty: none stated).
    """

    frame: pd.DataFrame
    dims: tuple[str, ...]
    dataset: str
    needs: frozenset[str]  # datasets that must be known for a missing row to mean zero
    notes: tuple[str, ...]
    lacking: tuple[str, ...]  # dimensions asked for that the data do not carry at all
    recorded: frozenset[str]  # plants that record the amount
    carried: frozenset[tuple[str, str]]  # (plant, dimension) stated in all it is made of


def collect(scope: Scope, amount: Amount, *, is_denominator: bool) -> Sums:
    """Sum an amount by the first of its ways that each plant records."""
    question = scope.question
    exempt = NUMERATOR_ONLY if is_denominator else frozenset[str]()
    by = tuple(d for d in question.by if d not in exempt)
    where = tuple((d, v) for d, v in question.where if d not in exempt)
    asked = dict.fromkeys((*by, *(d for d, _ in where)))
    served: set[str] = set()
    frames, notes, lacking, stating = [], [], list[str](), set[tuple[str, str]]()
    needs: set[str] = set()
    for way in amount.ways:
        needed = [t for t in way.terms if not t.optional]
        recorded = [recording(scope, t.quantity) for t in needed]
        plants = frozenset.intersection(*recorded) - served
        if not plants:
            continue
        lacking += [d for d in asked if any(d not in columns(scope, t.quantity) for t in needed)]
        carried = tuple(d for d in by if d not in lacking)
        kept = tuple((d, v) for d, v in where if d not in lacking)
        frame = _of_way(scope, way, carried, kept, plants)
        frames.append(frame.reindex(columns=[*_keys(by), "amount", "rows", "unit"]))
        served |= plants
        needs |= {t.quantity.dataset for t in needed}
        for dim in asked:
            carrying = [carriers(scope, t.quantity, dim) for t in needed]
            stating |= {(p, dim) for p in frozenset.intersection(*carrying) & plants}
        if way.says and len(frame):
            notes.append(way.says)
    empty = {"plant": [], "start": np.array([], "datetime64[s]"), **{d: [] for d in by},
             "amount": [], "rows": [], "unit": []}  # fmt: skip
    frame = pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(empty)
    dataset = amount.ways[0].terms[0].quantity.dataset
    return Sums(
        frame,
        by,
        dataset,
        frozenset(needs or {dataset}),
        tuple(notes),
        tuple(dict.fromkeys(lacking)),
        frozenset(served),
        frozenset(stating),
    )


def _keys(by: tuple[str, ...]) -> list[str]:
    return ["plant", "start", *(d for d in by if d != "plant")]


def _of_way(
    scope: Scope,
    way: Way,
    by: tuple[str, ...],
    where: tuple[tuple[str, str], ...],
    plants: frozenset[str],
) -> pd.DataFrame:
    base = summed(scope, way.terms[0].quantity, by, where)
    base = base[base["plant"].isin(plants)]
    if len(way.terms) == 1:
        return base
    keys = _keys(by)
    total = base.copy()
    for term in way.terms[1:]:
        total = _added(scope, total, term, summed(scope, term.quantity, by, where), keys)
    return total


def _added(
    scope: Scope, total: pd.DataFrame, term: Term, other: pd.DataFrame, keys: list[str]
) -> pd.DataFrame:
    merged = total.merge(other, on=keys, how="left", suffixes=("", "_other"))
    added = merged["amount_other"]
    absent = added.isna()
    known = np.ones(len(merged), dtype=bool)
    if not term.optional:
        known = covered(scope, merged["plant"], merged["start"], term.quantity.dataset)
    added = added.where(~absent, np.where(known, 0.0, np.nan)) * term.factor
    units = merged["unit"].where(
        (merged["unit_other"].fillna("") == "") | (merged["unit"] == merged["unit_other"]),
        merged["unit"] + MIXED + merged["unit_other"].fillna(""),
    )
    known = known | ~absent.to_numpy()
    out = merged[[*keys, "rows"]].assign(amount=merged["amount"] + added, unit=units)
    return out[known].reset_index(drop=True)


def summed(
    scope: Scope, quantity: Quantity, by: tuple[str, ...], where: Sequence[tuple[str, str]]
) -> pd.DataFrame:
    """One quantity per plant, period, slice: columns as ``Sums.frame``, names in place of digits.

    What was summed is remembered, as the KPIs of a page share their denominators.
    """
    question = scope.question
    key = (quantity, by, tuple(where), question.period, question.first, scope.last, *scope.key)
    return SUMS.get(key, lambda: _summed(scope, quantity, by, where))


def _summed(
    scope: Scope, quantity: Quantity, by: tuple[str, ...], where: Sequence[tuple[str, str]]
) -> pd.DataFrame:
    used = tuple(dict.fromkeys((*by, *(d for d, _ in where))))
    table = table_of(scope, quantity, used)
    unit = quantity.measured_in if quantity.measured_in in table.column_names else None
    texts = dict.fromkeys(("plant", *by, *([unit] if unit else [])))
    rows = np.flatnonzero(counting(scope, quantity, table, where))
    days = days_of(table)[rows]
    read = {name: local_codes(table, name) for name in texts}
    at, first = groups([days.astype(np.int64), *(codes[rows] for codes, _ in read.values())])
    keys = {name: words[codes[rows[first]]] for name, (codes, words) in read.items()}
    amount = _total(table[quantity.column], rows, at, len(first))
    sums = Columns(
        {**_named(scope, keys, by), "start": _starts(scope, days[first])},
        np.nan_to_num(amount) if quantity.blank_is_zero else amount,
        {"rows": _total(table["rows"], rows, at, len(first))},
        _units(keys[unit], unit) if unit else np.full(len(first), "", dtype=object),
    )
    return _frame(added_up(sums, _keys(by)))


def _starts(scope: Scope, days: Days) -> npt.NDArray[np.datetime64]:
    moments = pd.Series(days.astype("datetime64[s]"))
    return starts_of(moments, scope.question.period, scope.settings).to_numpy()


def _units(stated: npt.NDArray[np.object_], column: str) -> npt.NDArray[np.object_]:
    """Units as they compare: without blanks around them, those of pieces in small letters."""
    plain = ["" if unit is None else str(unit).strip() for unit in stated.tolist()]
    out = np.empty(len(plain), dtype=object)
    out[:] = [unit.lower() for unit in plain] if column == PIECES else plain
    return out


def _frame(sums: Columns) -> pd.DataFrame:
    """The columns as ``Sums.frame`` has them."""
    keys = {
        n: pd.Series(k, dtype=object if k.dtype == object else None) for n, k in sums.keys.items()
    }
    rows = sums.counts["rows"].astype(np.int64)
    return pd.DataFrame(
        {**keys, "amount": sums.amount, "rows": rows, "unit": pd.Series(sums.unit, dtype=object)}
    )


def _total(column: pa.ChunkedArray, rows: Codes, at: Codes, size: int) -> npt.NDArray[np.float64]:
    """A column added up by group; missing where no row of the group states it."""
    values = np.asarray(column.to_numpy(), dtype=np.float64)[rows]
    blank = np.isnan(values)
    total = np.bincount(at, np.where(blank, 0.0, values), minlength=size).astype(np.float64)
    if not blank.any():
        return total
    return np.where(np.bincount(at, ~blank, minlength=size) > 0, total, np.nan)


def counting(
    scope: Scope, quantity: Quantity, table: pa.Table, where: Sequence[tuple[str, str]]
) -> Mask:
    """Rows with a day, within the days asked for, of the values the quantity is about, and that a
    filter leaves.
    """
    days = days_of(table)
    counts = ~np.isnat(days)
    if scope.question.first is not None:
        counts &= days >= np.datetime64(scope.question.first)
    if scope.last is not None:
        counts &= days <= np.datetime64(scope.last)
    for name, values in quantity.where:
        codes, words = local_codes(table, name)
        counts &= _among(words, values)[codes]
    for dim in dict.fromkeys(d for d, _ in where):
        asked = [v for d, v in where if d == dim]
        codes, words = local_codes(table, dim)
        chosen = _among(words, scope.names.codes(dim, asked))
        chosen[-1] = "" in asked
        counts &= chosen[codes]
    return counts


def _among(words: npt.NDArray[np.object_], values: Iterable[str]) -> Mask:
    wanted = frozenset(values)
    return np.array([word in wanted for word in words.tolist()], dtype=bool)


def _named(
    scope: Scope, keys: dict[str, npt.NDArray[np.object_]], by: tuple[str, ...]
) -> dict[str, npt.NDArray[np.object_]]:
    """Names in place of codes that are but digits; plants keep theirs, as facts are found by them."""
    plants, named = pd.Series(keys["plant"], dtype=object), dict(keys)
    for name in by:
        if name != "plant" and scope.names.replaces(name):
            codes = pd.Series(keys[name], dtype=object)
            found = scope.names.of(name, codes, plants)
            named[name] = found.astype(object).fillna(codes).to_numpy(object)
    return named


def table_of(
    scope: Scope, quantity: Quantity, used: tuple[str, ...], *, by_day: bool = False
) -> pa.Table:
    """The table of daily sums a quantity is read from; a monthly one where that serves."""
    name = quantity.table
    if name in ROLLUPS:
        if by_day or not scope.on_months:
            return day_table(scope.source, name, scope.settings)
        return month_table(scope.source, name, scope.settings, used)
    if name == "stops":
        stops = stop_months if scope.on_months and not by_day else stop_minutes
        return stops(scope.source, scope.settings, scope.as_of)
    if name == "plan":
        return calendar_minutes(scope.source, scope.settings, scope.as_of)
    if name == "failure":
        monthly = scope.on_months and not by_day
        read = full_month_table if monthly else day_table
        key = ("failure", monthly, facts_key(scope.source), scope.settings.signature())
        return TABLES.get(key, lambda: encoded(failure_costs(scope.source, scope.settings, read)))
    if name.startswith("shipped:"):
        return _shipped(scope, name.partition(":")[2])
    return TABLES.get(("table", name, *scope.key), lambda: _item_rows(scope, name))


def about(scope: Scope, quantity: Quantity) -> pa.Table:
    """A table with every column of a quantity's table, which states what that states, and when."""
    if quantity.table in ROLLUPS and scope.on_months:
        return splits_table(scope.source, quantity.table, scope.settings)
    return table_of(scope, quantity, DIMENSIONS)


def _shipped(scope: Scope, side: str) -> pa.Table:
    """Shipments to customers or from suppliers, as a table of daily sums."""

    def find() -> pa.Table:
        lines = shipped_lines(scope.source)
        mine = lines.filter(pc.equal(lines["direction"], side))
        return encoded(mine.drop_columns(["direction", "upload", "sheet", "row"]))

    return TABLES.get(("shipped", side, facts_key(scope.source)), find)


def _item_rows(scope: Scope, name: str) -> pa.Table:
    _, rows_name, basis, side = name.split(":")
    items = due_items(scope.source, scope.settings, scope.as_of)
    purchase = side == "purchase" or not scope.sales()
    mine = (items["direction"] == "purchase") == purchase
    rows = item_rows(items[mine].reset_index(drop=True), rows_name, basis)
    texts = {
        c: pa.array(rows[c], from_pandas=True).cast(pa.string()).dictionary_encode()
        for c in _ITEM_TEXTS
    }
    days = pd.to_datetime(rows["day"]).dt.date
    numbers = {c: pa.array(rows[c].astype("float64")) for c in ("numerator", "denominator")}
    day = pa.array(days, pa.date32(), from_pandas=True)
    ones = pa.array(np.ones(len(rows), dtype="int64"))
    return encoded(pa.table({**texts, "day": day, **numbers, "rows": ones}))


def columns(scope: Scope, quantity: Quantity) -> frozenset[str]:
    """The dimensions the quantity's table has."""
    key = ("columns", quantity.table, scope.on_months, *scope.key)
    found = ABOUT.get(key, lambda: frozenset(about(scope, quantity).column_names))
    return found & frozenset(DIMENSIONS)


def stated(scope: Scope, quantity: Quantity) -> frozenset[tuple[str, str]]:
    """(plant, column) of a table wherever a plant states anything in that column at all."""
    kinds = dict(quantity.where).get("kind", ())
    key = ("stated", quantity.table, kinds, *scope.key)
    return ABOUT.get(key, lambda: _stated(scope, quantity, kinds))


def _stated(scope: Scope, quantity: Quantity, kinds: tuple[str, ...]) -> frozenset[tuple[str, str]]:
    table = about(scope, quantity)
    if kinds:
        table = table.filter(pc.is_in(table["kind"].cast(pa.string()), pa.array(kinds)))
    codes, plants = _plant_codes(table)
    found = []
    for name in table.column_names:
        if name in ("plant", "day", "rows", "split"):
            continue
        valid = table[name].is_valid().to_numpy()
        stating = np.flatnonzero(np.bincount(codes[valid], minlength=len(plants)))
        found += [(str(plants[code]), name) for code in stating]
    return frozenset(found)


def _plant_codes(table: pa.Table) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.object_]]:
    """The plant of each row as a position among the plants."""
    column = table["plant"]
    if not pa.types.is_dictionary(column.type):
        column = column.dictionary_encode()
    whole = column.unify_dictionaries().combine_chunks()
    plants = np.array([*whole.dictionary.to_pylist(), None], dtype=object)
    codes = whole.indices.fill_null(len(plants) - 1).to_numpy(zero_copy_only=False)
    return codes.astype(np.int64), plants


def recording(scope: Scope, quantity: Quantity) -> frozenset[str]:
    """The plants whose data state the quantity anywhere."""
    return frozenset(p for p, column in stated(scope, quantity) if column == quantity.column)


def carriers(scope: Scope, quantity: Quantity, dim: str) -> frozenset[str]:
    """The plants whose data state the dimension anywhere."""
    if dim == "plant":
        return recording(scope, quantity)
    return frozenset(p for p, column in stated(scope, quantity) if column == dim)


def present(scope: Scope, dataset: str) -> pd.DataFrame:
    """``plant`` and ``day`` wherever a dataset has facts; order items: by the due date that counts.

    Where the question is about months, the day may be the first of its month.

    ``complaint:customer`` are the complaints of customers, ``shipment:sales`` what left for them.
    """
    key = ("present", dataset, scope.on_months, *scope.key)

    def find() -> pd.DataFrame:
        name, _, kind = dataset.partition(":")
        if name == "shipment":
            return _plants_and_days(_shipped(scope, kind))
        if name not in ROLLUPS:
            return _due_days(scope)
        if scope.on_months:
            table = month_table(scope.source, name, scope.settings, ())
        else:
            table = day_table(scope.source, name, scope.settings)
        if kind:
            table = table.filter(pc.equal(table["kind"].cast(pa.string()), kind))
        return _plants_and_days(table)

    return ABOUT.get(key, find)


def _plants_and_days(table: pa.Table) -> pd.DataFrame:
    """``plant`` and ``day`` of the rows that have a day, each pair once."""
    codes, plants = _plant_codes(table)
    dated = table["day"].is_valid().to_numpy()
    days = as_days(table["day"].to_numpy())[dated].astype("int64")
    pairs = pd.unique(days * len(plants) + codes[dated])
    moments = (pairs // len(plants)).astype("datetime64[D]").astype("datetime64[s]")
    plant = pd.Series(plants[pairs % len(plants)], dtype=object)
    return pd.DataFrame({"plant": plant, "day": moments})


def _due_days(scope: Scope) -> pd.DataFrame:
    items = due_items(scope.source, scope.settings, scope.as_of)
    basis = scope.settings.delivery.due_date
    rows = item_rows(items, "otd", basis)
    days = pd.to_datetime(rows["day"]).astype("datetime64[s]")
    return pd.DataFrame({"plant": rows["plant"], "day": days}).drop_duplicates()


def extent(scope: Scope, quantity: Quantity) -> pd.DataFrame:
    """``plant``, ``first`` and ``last`` day of a quantity's table (of months: the first of each)."""
    by_day = not scope.on_months or scope.question.period == ALL  # the whole time has its own ends

    def find() -> pd.DataFrame:
        table = (
            table_of(scope, quantity, DIMENSIONS, by_day=True) if by_day else about(scope, quantity)
        )
        frame = _plants_and_days(table)
        if quantity.table == "complaint":  # a list without a complaint at its end says: none
            frame = pd.concat([frame, _ends_covered(scope, quantity.dataset)], ignore_index=True)
        groups = frame.groupby("plant", dropna=False, sort=False)["day"]
        return groups.agg(first="min", last="max").reset_index()

    key = ("extent", quantity.table, quantity.dataset, by_day, *scope.key)
    return ABOUT.get(key, find)


def _ends_covered(scope: Scope, dataset: str) -> pd.DataFrame:
    """``plant`` and ``day``: first and last of every span of days that uploads claim to cover."""
    covered_days = scope.source.covered(dataset).items()
    ends = [(plant, day) for (plant, _), spans in covered_days for span in spans for day in span]
    frame = pd.DataFrame(ends, columns=["plant", "day"])
    return frame.assign(day=frame["day"].astype("datetime64[s]"))


def with_facts(scope: Scope, dataset: str) -> pd.DataFrame:
    """``plant`` and ``start`` of the periods in which a dataset has facts."""

    def find() -> pd.DataFrame:
        seen = present(scope, dataset)
        starts = starts_of(seen["day"], scope.question.period, scope.settings)
        return pd.DataFrame({"plant": seen["plant"], "start": starts}).drop_duplicates()

    key = ("with facts", dataset, scope.on_months, scope.question.period, *scope.key)
    return ABOUT.get(key, find)


def known_places(scope: Scope, dataset: str) -> pd.DataFrame:
    """``plant`` and ``start`` of the periods for which a dataset is known.

    Those with facts (for days and weeks: in the same month), and those an upload in force claims
    to cover.
    """
    period = scope.question.period
    days = present(scope, dataset)[["plant", "day"]]
    if period in SHORT:
        months = days.assign(day=starts_of(days["day"], "month", scope.settings)).drop_duplicates()
        ends = last_days(as_days(months["day"].to_numpy()), "month", scope.settings)
        days = _spread(months["plant"], as_days(months["day"].to_numpy()), ends)
    spans = [
        (plant, *s) for (plant, _), found in scope.source.covered(dataset).items() for s in found
    ]
    claims = pd.DataFrame(spans, columns=["plant", "first", "last"])
    claimed = _spread(
        claims["plant"], as_days(claims["first"].to_numpy()), as_days(claims["last"].to_numpy())
    )
    parts = [
        pd.DataFrame(
            {"plant": part["plant"], "start": starts_of(part["day"], period, scope.settings)}
        ).drop_duplicates()
        for part in (days, claimed)
    ]
    return pd.concat(parts, ignore_index=True).drop_duplicates()


def _spread(plants: pd.Series, first: Days, last: Days) -> pd.DataFrame:
    """Each span of days as one row per day."""
    count = (last - first).astype("int64") + 1
    row = np.repeat(np.arange(len(count)), count)
    nth = np.arange(len(row)) - np.repeat(np.cumsum(count) - count, count)
    days = (first[row] + nth.astype("timedelta64[D]")).astype("datetime64[s]")
    return pd.DataFrame({"plant": plants.to_numpy()[row], "day": days})


def covered(scope: Scope, plants: Column, starts: Column, dataset: str) -> Mask:
    """Whether a dataset is known for a plant in a period, so that no row there means zero."""
    places = ABOUT.get(
        ("known", dataset, scope.question.period, *scope.key),
        lambda: known_places(scope, dataset),
    )
    return is_among(plants, starts, places)


def is_among(plants: Column, starts: Column, places: pd.DataFrame) -> Mask:
    """Whether each plant and period is one of ``places``."""
    names = np.concatenate([np.asarray(plants, object), places["plant"].to_numpy(object)])
    days = [np.asarray(each).astype("datetime64[s]") for each in (starts, places["start"])]
    codes = pd.factorize(names)[0].astype("int64")
    keys = codes * _SECONDS + np.concatenate(days).astype("int64")
    found: Mask = np.isin(keys[: len(plants)], keys[len(plants) :])
    return found
