"""Resolved stops and order items of a source: kept, put together, ready to be summed."""

import hashlib
from collections.abc import Callable, Hashable, Mapping
from dataclasses import replace
from datetime import date, timedelta
from functools import partial
from typing import Any, Final, cast

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from kpi.calendar import planned_minutes
from kpi.measures.delivery import (
    days_late_rows,
    otd_order_rows,
    otd_quantity_rows,
    otd_rows,
    otif_rows,
)
from kpi.measures.due_items import Basis, DueChoices, resolve_items
from kpi.measures.engine import TABLES
from kpi.measures.planned import planned_time
from kpi.measures.rollups import day_table, encoded, month_table, plain_texts
from kpi.measures.source import FactSource, facts_key
from kpi.measures.stops import StopChoices, resolve_stops
from kpi.settings import Settings

VERSION: Final = 2
"""Grows when the resolution changes, so that what was kept before is not read."""

LOOK_BACK: Final = timedelta(days=40)
"""A closed stop is taken to end within so many days of its start."""

BUILT_ALONE: Final = 2
"""So many months of a plant are resolved one by one; where more are missing, the plant is at once."""

_TEXTS: Final = ("line", "machine", "shift", "product", "reason", "supplier")


def stop_choices(settings: Settings, plant: str) -> StopChoices:
    """What a plant counts as a stop, from the settings."""
    own, chosen = settings.plant(plant), settings.downtime
    return StopChoices(
        production_day_start=own.production_day_start,
        time_zone=own.time_zone,
        merge_gap_min=chosen.merge_gap_min,
        micro_stop_min=chosen.micro_stop_min,
        changeover_is_loss=chosen.changeover_is_loss,
        no_demand_is_planned=chosen.no_demand_is_planned,
        reason_classes=chosen.reasons,
    )


def due_choices(settings: Settings, plant: str) -> DueChoices:
    """What counts as on time and in full, from the settings."""
    chosen = settings.delivery
    return DueChoices(
        early_days=chosen.early_days,
        late_days=chosen.late_days,
        days=chosen.days,
        closed_days=settings.plant(plant).closed_days,
        in_full_tolerance_pct=chosen.in_full_tolerance,
        on_hold_counts=chosen.on_hold_counts,
        due_when_no_promise=chosen.due_when_no_promise,
        late_date=chosen.late_date,
        short_delivery=chosen.short_delivery,
    )


def report_date_of(
    source: FactSource, datasets: tuple[str, ...], as_of: date | None
) -> date | None:
    """The report date: as asked, else the latest data date of the feeds that contribute."""
    return as_of or source.data_date(datasets)


def stop_minutes(source: FactSource, settings: Settings, as_of: date) -> pa.Table:
    """All resolved stops of a source, by plant and production day, as ``resolve_stops`` gives them.

    Kept per plant and month, and put together per plant, so that one file is read in place of one
    per month. A partition owns the days from its month on until the next month with facts, so that
    stops which run into a month without any are not lost.
    """
    key = ("stops", facts_key(source), settings.signature(), as_of)
    return TABLES.get(key, lambda: _all_stops(source, settings, as_of))


def stop_months(source: FactSource, settings: Settings, as_of: date) -> pa.Table:
    """The same per month of the production day (``day`` is its first): sums by dimensions and class.

    An amount is missing where no stop states it.
    """
    key = ("stop months", facts_key(source), settings.signature(), as_of)
    return TABLES.get(key, lambda: _all_stop_months(source, settings, as_of))


def _all_stops(source: FactSource, settings: Settings, as_of: date) -> pa.Table:
    tables = [
        source.derived("stop_minutes_of_plant", stops.plant, "", stops.signature(), stops.whole)
        for stops in _plants_stops(source, settings, as_of)
    ]
    return encoded(pa.concat_tables(tables)) if tables else _no_stops(as_of)


def _all_stop_months(source: FactSource, settings: Settings, as_of: date) -> pa.Table:
    tables = [
        source.derived("stop_minutes_by_month", stops.plant, "", stops.signature(), stops.by_month)
        for stops in _plants_stops(source, settings, as_of)
    ]
    return encoded(pa.concat_tables(tables)) if tables else _stops_by_month(_no_stops(as_of))


def _plants_stops(source: FactSource, settings: Settings, as_of: date) -> list["_PlantStops"]:
    months: dict[str, list[str]] = {}
    for plant, month in source.partitions("downtime"):
        if month:
            months.setdefault(plant, []).append(month)
    return [_PlantStops(source, settings, p, sorted(m), as_of) for p, m in months.items()]


def _no_stops(as_of: date) -> pa.Table:
    nothing = resolve_stops(pd.DataFrame({"plant": []}), StopChoices(), report_date=as_of)
    return _stop_table(nothing)


def _stops_by_month(stops: pa.Table) -> pa.Table:
    keys = ["plant", *_TEXTS, "stop_class"]
    amounts = [f.name for f in stops.schema if pa.types.is_floating(f.type)]
    month = pc.floor_temporal(stops["day"], unit="month").cast(pa.date32())
    rows = plain_texts(stops.select([*keys, *amounts, "rows"])).append_column("day", month)
    stated = pc.ScalarAggregateOptions(min_count=1)
    sums = [(name, "sum", stated) for name in (*amounts, "rows")]
    found = rows.group_by(["plant", "day", *keys[1:]], use_threads=False).aggregate(sums)
    return encoded(found.rename_columns([n.removesuffix("_sum") for n in found.column_names]))


class _PlantStops:
    """Builds the months of one plant, each from the rows that can touch it."""

    def __init__(
        self, source: FactSource, settings: Settings, plant: str, months: list[str], as_of: date
    ) -> None:
        self.plant = plant
        self._source, self._settings = source, settings
        self._months, self._as_of = months, as_of
        self._firsts = [date.fromisoformat(f"{m}-01") for m in months]
        self._built = 0
        self._whole: pd.DataFrame | None = None

    def signature(self) -> str:
        """That of all months together."""
        parts = [self._signature(n) for n in range(len(self._months))]
        return hashlib.sha256(repr(parts).encode()).hexdigest()[:16]

    def whole(self) -> pa.Table:
        """All months below each other."""
        return encoded(pa.concat_tables([self.month(n) for n in range(len(self._months))]))

    def by_month(self) -> pa.Table:
        """Their monthly sums."""
        return _stops_by_month(self.whole())

    def month(self, n: int) -> pa.Table:
        """The stops of the days that one month owns."""
        table: pa.Table = self._source.derived(
            "stop_minutes",
            self.plant,
            self._months[n],
            self._signature(n),
            lambda: self._build(n),
        )
        return table

    def _signature(self, n: int) -> str:
        begin, end = self._window(n)
        touching = [
            (month, self._source.signature("downtime", self.plant, month))
            for month, first in zip(self._months, self._firsts, strict=True)
            if first <= end and first + timedelta(days=31) >= begin
        ]
        own = self._settings.plant(self.plant)
        open_until = self._as_of if self._has_open_until(end) else None
        plan = (own.shifts, own.planned_minutes, own.line_minutes, sorted(own.closed_days),
                own.planned_from, self._planned_until(n))  # fmt: skip
        parts = (VERSION, touching, stop_choices(self._settings, self.plant), open_until, plan,
                 self._owns(n))  # fmt: skip
        return hashlib.sha256(repr(parts).encode()).hexdigest()[:16]

    def _owns(self, n: int) -> tuple[date | None, date | None]:
        """First day of this partition and of the next; ``None`` at the ends."""
        last = n + 1 == len(self._firsts)
        return (None if n == 0 else self._firsts[n], None if last else self._firsts[n + 1])

    def _window(self, n: int) -> tuple[date, date]:
        """Dates of the stops that can touch the partition's days."""
        end = self._firsts[n + 1] if n + 1 < len(self._firsts) else date(9999, 1, 1)
        return self._firsts[n] - LOOK_BACK, min(end, date(9998, 1, 1)) + timedelta(days=2)

    def _has_open_until(self, end: date) -> bool:
        first = _open_since(self._source, self._settings).get(self.plant)
        return first is not None and first <= end

    def _planned_until(self, n: int) -> date:
        """The last day whose plan the partition is held against.

        A month that is followed by another looks no further, whatever the report date is: what is
        kept of it must not depend on who asked first.
        """
        if n + 1 < len(self._firsts):
            return self._firsts[n + 1] + LOOK_BACK
        return max(self._as_of, self._firsts[n] + LOOK_BACK) + LOOK_BACK

    def _build(self, n: int) -> pa.Table:
        """One month's share: of its own rows, or of the whole plant where many months are missing."""
        self._built += 1
        first, until = self._owns(n)
        if self._built <= BUILT_ALONE:
            begin, end = self._window(n)
            resolved = self._resolved(self._read(begin, end), begin, self._planned_until(n))
        else:
            if self._whole is None:
                begin, last = self._window(0)[0], len(self._months) - 1
                rows = self._read(date.min, date(9998, 1, 1))
                self._whole = self._resolved(rows, begin, self._planned_until(last))
            resolved = self._whole
        mine = pd.Series(True, index=resolved.index)
        if first is not None:
            mine &= resolved["day"] >= pd.Timestamp(first)
        if until is not None:
            mine &= resolved["day"] < pd.Timestamp(until)
        return _stop_table(resolved[mine])

    def _resolved(self, rows: pd.DataFrame, begin: date, planned_until: date) -> pd.DataFrame:
        return resolve_stops(
            rows,
            stop_choices(self._settings, self.plant),
            report_date=self._as_of,
            planned=planned_time([self._settings.plant(self.plant)], begin, planned_until),
        )

    def _read(self, begin: date, end: date) -> pd.DataFrame:
        table = self._source.table("downtime", [self.plant], None, end)
        is_open = table["start"].notnull() & table["end"].isnull() & table["minutes"].isnull()
        rows: pd.DataFrame = table.filter((table.date >= begin) | is_open).to_pyarrow().to_pandas()
        return rows


def _open_since(source: FactSource, settings: Settings) -> dict[str, date]:
    """The first date of a stop still open, per plant."""

    def find() -> dict[str, date]:
        by_month = month_table(source, "downtime", settings, ())["open"]
        if not (pc.sum(by_month).as_py() or 0) > 0:  # the days need not be read to know it
            return {}
        rows = day_table(source, "downtime", settings)
        frame = rows.select(["plant", "day", "open"]).to_pandas()
        frame = frame[frame["open"].fillna(0) > 0]
        return {str(k): v for k, v in frame.groupby("plant", observed=True)["day"].min().items()}

    return TABLES.get(("open stops", facts_key(source), settings.signature()), find)


def _stop_table(resolved: pd.DataFrame) -> pa.Table:
    frame = resolved.copy()
    frame["day"] = pd.to_datetime(frame["day"]).dt.date
    columns: dict[str, Any] = {
        "plant": pa.array(frame["plant"], pa.string(), from_pandas=True),
        "day": pa.array(frame["day"], pa.date32(), from_pandas=True),
    }
    for name in frame.columns.drop(["plant", "day"]):
        values = frame[name]
        if name in _TEXTS or name in ("stop_class", "class_from", "timing", "upload", "sheet"):
            columns[name] = pa.array(values.astype(object), pa.string(), from_pandas=True)
        elif name == "row":
            columns[name] = pa.array(values.fillna(0).astype("int32"), pa.int32())
        elif values.dtype == bool or name in ("open", "starts", "clipped"):
            columns[name] = pa.array(values.astype(bool), pa.bool_())
        else:
            columns[name] = pa.array(values.astype("float64"), pa.float64())
    columns["rows"] = pa.array(frame["starts"].astype("int64"), pa.int64())
    return pa.table(columns)


def calendar_minutes(source: FactSource, settings: Settings, as_of: date) -> pa.Table:
    """Planned minutes by the plant calendar, per day and machine (or line) with a recorded stop.

    Days from the first month with stops to the report date. Nothing for a plant without a calendar.
    """
    key = ("plan", facts_key(source), settings.signature(), as_of)
    return TABLES.get(key, lambda: _calendar_minutes(source, settings, as_of))


def _calendar_minutes(source: FactSource, settings: Settings, as_of: date) -> pa.Table:
    stops = _days_with_a_plan(source, settings).select(["plant", "line", "machine", "day"])
    seen = stops.to_pandas().astype({"plant": object, "line": object, "machine": object})
    parts = []
    for plant, rows in seen.groupby("plant"):
        units = rows[["line", "machine"]].drop_duplicates()
        level = "machine" if units["machine"].notna().any() else "line"
        if units[level].notna().any():
            units = units[units[level].notna()].drop_duplicates(level)
        first, last = rows["day"].min().replace(day=1), max(rows["day"].max(), as_of)
        days = np.arange(np.datetime64(first), np.datetime64(last) + 1)
        for line, machine in units.itertuples(index=False):
            minutes = planned_minutes(
                days, settings.plant(str(plant)), None if pd.isna(line) else str(line)
            )
            known = ~np.isnan(minutes)
            planned = {"day": days[known].astype("datetime64[s]"), "planned": minutes[known]}
            parts.append(pd.DataFrame(planned).assign(plant=plant, line=line, machine=machine))
    frame = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()
    frame = frame.reindex(columns=["plant", "day", "line", "machine", "planned"])
    columns: dict[str, Any] = {
        name: pa.array(frame[name].astype(object), pa.string(), from_pandas=True)
        for name in ("plant", "line", "machine")
    }
    columns["day"] = pa.array(pd.to_datetime(frame["day"]).dt.date, pa.date32(), from_pandas=True)
    columns["planned"] = pa.array(frame["planned"].astype("float64"))
    columns["rows"] = pa.array(np.ones(len(frame), dtype="int64"))
    return encoded(pa.table(columns))


def _days_with_a_plan(source: FactSource, settings: Settings) -> pa.Table:
    """The days of stops; none of them read where no plant states when it runs."""
    plants = {settings.plant(plant) for plant, _ in source.partitions("downtime")}
    if any(plant.has_calendar or plant.line_minutes for plant in plants):
        return day_table(source, "downtime", settings)
    return month_table(source, "downtime", settings, ("line", "machine")).slice(0, 0)


def due_items(source: FactSource, settings: Settings, as_of: date) -> pd.DataFrame:
    """All resolved order items of a source as of a report date, as ``resolve_items`` gives them."""
    key = ("items", facts_key(source), settings.signature(), as_of)
    return TABLES.get(key, lambda: _all_items(source, settings, as_of))


def _all_items(source: FactSource, settings: Settings, as_of: date) -> pd.DataFrame:
    tables = []
    for plant in dict.fromkeys(p for p, _ in source.partitions("order_item")):
        signature = _items_signature(source, settings, plant, as_of)
        build = partial(_plant_items, source, settings, plant, as_of)
        tables.append(source.derived("due_item", plant, "", signature, build))
    if not tables:
        return _resolved_items(source, settings, [], as_of)
    together: pd.DataFrame = pa.concat_tables(tables, promote_options="permissive").to_pandas()
    return together


def _items_signature(source: FactSource, settings: Settings, plant: str, as_of: date) -> str:
    chosen = due_choices(settings, plant)
    closed = tuple(sorted(chosen.closed_days))  # a set tells its days in another order each time
    parts: list[Hashable] = [VERSION, repr(replace(chosen, closed_days=frozenset())), closed, as_of]
    for dataset in ("order_item", "shipment"):
        parts += [
            (dataset, m, source.signature(dataset, p, m))
            for p, m in source.partitions(dataset)
            if p == plant
        ]
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:16]


def _plant_items(source: FactSource, settings: Settings, plant: str, as_of: date) -> pa.Table:
    return pa.Table.from_pandas(
        _resolved_items(source, settings, [plant], as_of), preserve_index=False
    )


def _resolved_items(
    source: FactSource, settings: Settings, plants: list[str], as_of: date
) -> pd.DataFrame:
    items: pd.DataFrame = source.table("order_item", plants).to_pyarrow().to_pandas()
    shipments: pd.DataFrame = source.table("shipment", plants).to_pyarrow().to_pandas()
    resolved = resolve_items(
        items,
        shipments,
        due_choices(settings, plants[0] if plants else ""),
        report_date=as_of,
    )
    for name in resolved.columns:
        if resolved[name].dtype == object:
            resolved[name] = resolved[name].astype("str").where(resolved[name].notna())
    return resolved


ITEM_ROWS: Final[Mapping[str, Callable[[pd.DataFrame, Basis], pd.DataFrame]]] = {
    "otd": otd_rows,
    "otif": otif_rows,
    "quantity": otd_quantity_rows,
    "order": otd_order_rows,
    "late": days_late_rows,
}
"""The rows behind each delivery figure, by the name that quantities use."""


def item_rows(items: pd.DataFrame, name: str, basis: str) -> pd.DataFrame:
    """The rows behind a delivery figure; ``basis`` is one of ``due_items.BASES``."""
    return ITEM_ROWS[name](items, cast(Basis, basis))
