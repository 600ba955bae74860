"""Sums per production day, kept per plant and month, so that pages need not read raw rows.

A roll-up is a table of sums by day and dimensions. It is built from the facts in force of one
plant and month, kept under a signature of what it was made of, and read instead of raw rows. From
the daily one comes the same per month, kept per plant, and from that a small one without product and
the like, which serves most questions.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from kpi.datasets import DIMENSIONS
from kpi.measures.engine import SPLITS, TABLES, backend, memtable
from kpi.measures.source import FactSource, facts_key
from kpi.settings import Settings

SMALL_DIMENSIONS: Final = ("plant", "line", "machine", "shift", "reason", "stop_class", "kind")
"""Dimensions with few values, which one monthly table has all together."""

_SPLITS: Final = (
    (), ("line",), ("machine",), ("shift",), ("product",), ("reason",), ("customer",), ("supplier",),
    ("line", "reason"), ("line", "machine"), ("line", "shift"), ("machine", "reason"),
    ("line", "product"), ("product", "reason"),
    ("customer", "product"), ("supplier", "product"), ("customer", "reason"),
    ("line", "machine", "shift", "reason"),
)  # fmt: skip
"""Sets of dimensions (beside the plant) that have a monthly table of their own."""

_KEPT_APART: Final = ("unit", "currency", "kind")
"""Keys that no table of sums leaves out: different ones are never added up."""

_BATCH_AFTER: Final = 2
"""So many partitions are built one by one; where more are missing, the rest come in one query."""


_MONTHS_VERSION: Final = 1
"""Raised when the monthly sums of a plant are made from the daily ones by other rules."""


@dataclass(frozen=True)
class Rollup:
    """What is summed of a dataset, by day and which other columns.

    ``sums`` maps a column's name to its expression over a row; a sum over nothing but missing
    values stays missing. ``rows`` (the number of facts) is always there, and beside a reason the
    first and last of the words it is given (``text_low``, ``text_high``: alike where it has one name).
    """

    name: str
    dataset: str
    keys: tuple[str, ...]
    sums: Mapping[str, Callable[[Any], Any]]
    version: int = 1


def _column(name: str) -> Callable[[Any], Any]:
    return lambda t: t[name]


def _weight(quantity: str) -> Callable[[Any], Any]:
    """The weight column; a quantity counted in kg is one."""

    def of(t: Any) -> Any:
        import ibis

        is_weight = t.unit.lower().strip() == "kg"
        return ibis.coalesce(t.weight_kg, ibis.cases((is_weight, t[quantity]), else_=None))

    return of


def _recorded_minutes(t: Any) -> Any:
    import ibis

    return ibis.coalesce(t.minutes, t.end.delta(t.start, unit="second").cast("float64") / 60.0)


def _is_open(t: Any) -> Any:
    return (t.start.notnull() & t.end.isnull() & t.minutes.isnull()).cast("float64")


def _ideal(quantity: str) -> Callable[[Any], Any]:
    """Minutes the quantity would have taken at the ideal cycle."""
    return lambda t: t.ideal_cycle_min * t[quantity]


def _with_ideal(minutes: str, quantity: str) -> Callable[[Any], Any]:
    """Minutes of the rows whose ideal minutes are known: both sides of a ratio from the same rows."""

    def of(t: Any) -> Any:
        import ibis

        return ibis.cases((_ideal(quantity)(t).notnull(), t[minutes]), else_=None)

    return of


def _first_position(t: Any) -> Any:
    """1 on the first row of each complaint that was not cancelled, else nothing.

    A complaint of several positions stands on several rows; it is one complaint all the same.
    """
    import ibis

    within = [t.plant, t.kind, t.event]
    place = ibis.row_number().over(group_by=within, order_by=[t.item, t.upload, t.sheet, t.row])
    counts = ~_cancelled(t) & (t.event.isnull() | (place == 0))
    return ibis.cases((counts, 1.0), else_=None)


def _cancelled(t: Any) -> Any:
    return t.status.fill_null("") == "cancelled"


def _confirmed(t: Any) -> Any:
    """The quantity confirmed defective, where the complaint stands and counts in ppm."""
    import ibis

    out = t.status.fill_null("").isin(["cancelled", "rejected"])
    out = out | (~t.accepted).fill_null(False) | (~t.ppm_relevant).fill_null(False)
    return ibis.cases((out & t.qty_defective.notnull(), 0.0), else_=t.qty_defective)


def _unconfirmed(t: Any) -> Any:
    """1 where nobody has said yet how much is defective."""
    import ibis

    waits = t.qty_defective.isnull() & ~_cancelled(t) & (t.status.fill_null("") != "rejected")
    return ibis.cases((waits, 1.0), else_=None)


def _charged(t: Any) -> Any:
    import ibis

    return ibis.cases((_cancelled(t), None), else_=t.cost)


_MADE = ("line", "machine", "shift", "product", "customer", "supplier")
_PRODUCTION: Final = Rollup(
    "production_day",
    "production",
    (*_MADE, "unit", "currency"),
    {
        "produced": _column("qty_produced"),
        "good": _column("qty_good"),
        "weight": _weight("qty_produced"),
        "value": _column("value"),
    },
)
_SCRAP: Final = Rollup(
    "scrap_day",
    "scrap",
    (*_MADE, "reason", "unit", "currency"),
    {
        "scrap": _column("qty_scrap"),
        "rework": _column("qty_rework"),
        "weight": _weight("qty_scrap"),
        "cost": _column("cost"),
    },
)
_DOWNTIME: Final = Rollup(
    "downtime_day",
    "downtime",
    ("line", "machine", "shift", "product", "supplier", "reason"),
    {"recorded": _recorded_minutes, "open": _is_open},
    version=2,
)
_RUNNING: Final = Rollup(
    "running_day",
    "running_time",
    ("line", "machine", "shift", "product"),
    {
        "planned": _column("planned_min"),
        "run": _column("run_min"),
        "run_timed": _with_ideal("run_min", "qty_produced"),
        "planned_timed": _with_ideal("planned_min", "qty_good"),
        "ideal": _ideal("qty_produced"),
        "ideal_good": _ideal("qty_good"),
    },
)


_COMPLAINT: Final = Rollup(
    "complaint_day",
    "complaint",
    ("line", "machine", "product", "customer", "supplier", "reason", "kind", "unit", "currency"),
    {
        "complaints": _first_position,
        "confirmed": _confirmed,
        "unconfirmed": _unconfirmed,
        "cost": _charged,
    },
)


ROLLUPS: Final[Mapping[str, Rollup]] = {
    r.dataset: r for r in (_PRODUCTION, _SCRAP, _DOWNTIME, _RUNNING, _COMPLAINT)
}
"""The roll-up of each dataset that has one."""


def day_table(source: FactSource, dataset: str, settings: Settings) -> pa.Table:
    """Sums of a dataset per production day and dimensions, all plants and months together.

    Columns ``plant``, ``day``, the roll-up's keys, its sums, ``rows``.
    """
    key = ("day", dataset, facts_key(source), settings.signature())
    return TABLES.get(key, lambda: _all_partitions(source, ROLLUPS[dataset], settings))


def month_table(
    source: FactSource, dataset: str, settings: Settings, used: Sequence[str] = SMALL_DIMENSIONS
) -> pa.Table:
    """The same per month of the production day (``day`` is its first), by the dimensions ``used``.

    There may be more dimensions than asked for: all of them, where no smaller table has those.
    """
    rollup = ROLLUPS[dataset]
    wanted = set(used) & set(rollup.keys) - set(_KEPT_APART)
    fitting = [name for name, dims in splits_of(rollup).items() if wanted <= set(dims)]
    if not fitting:
        return full_month_table(source, dataset, settings)
    key = ("split", fitting[0], dataset, facts_key(source), settings.signature())
    return SPLITS.get(key, lambda: _one_split(splits_table(source, dataset, settings), fitting[0]))


def splits_of(rollup: Rollup) -> dict[str, tuple[str, ...]]:
    """The sets of dimensions that have a monthly table of their own, the smallest first."""
    own = [tuple(d for d in dims if d in rollup.keys) for dims in _SPLITS]
    return {"+".join(dims): dims for dims in sorted(own, key=len)}


def splits_table(source: FactSource, dataset: str, settings: Settings) -> pa.Table:
    """All monthly tables of a dataset below each other; ``split`` tells which one a row is of.

    Together they have every column of the daily table, and tell which of them are stated.
    """
    key = ("splits", dataset, facts_key(source), settings.signature())
    return TABLES.get(key, lambda: _of_plants(source, ROLLUPS[dataset], settings, _splits_of_plant))


def full_month_table(source: FactSource, dataset: str, settings: Settings) -> pa.Table:
    """The daily sums per month of the production day, with every dimension.

    Kept per plant: one file is read in place of one per month.
    """
    key = ("full month", dataset, facts_key(source), settings.signature())
    return TABLES.get(key, lambda: _of_plants(source, ROLLUPS[dataset], settings, _full_of_plant))


_OfPlant = Callable[[FactSource, Rollup, Settings, str, Sequence[str]], pa.Table]


def _of_plants(
    source: FactSource, rollup: Rollup, settings: Settings, of_plant: _OfPlant
) -> pa.Table:
    """The tables of all plants together."""
    months: dict[str, list[str]] = {}
    for plant, month in source.partitions(rollup.dataset):
        if month:
            months.setdefault(plant, []).append(month)
    tables = [of_plant(source, rollup, settings, plant, mine) for plant, mine in months.items()]
    if not tables:
        return _Builder(source, rollup, settings, []).empty()
    return encoded(pa.concat_tables(tables))


def _full_of_plant(
    source: FactSource, rollup: Rollup, settings: Settings, plant: str, months: Sequence[str]
) -> pa.Table:
    def build() -> pa.Table:
        days = _all_partitions(source, rollup, settings, plant)
        return _by_month(days, rollup, rollup.keys)

    signature = _signed_months(source, rollup, settings, plant, months)
    return source.derived(f"{rollup.name}_by_month", plant, "", signature, build)


def _splits_of_plant(
    source: FactSource, rollup: Rollup, settings: Settings, plant: str, months: Sequence[str]
) -> pa.Table:
    def build() -> pa.Table:
        full = _full_of_plant(source, rollup, settings, plant, months)
        tables = [_split(full, rollup, name, dims) for name, dims in splits_of(rollup).items()]
        whole = pa.concat_tables(tables, promote_options="default")
        return encoded(whole.select([*full.column_names, "split"]))

    signature = _signed_months(source, rollup, settings, plant, months)
    return source.derived(f"{rollup.name}_splits", plant, "", signature, build)


def _split(full: pa.Table, rollup: Rollup, name: str, dims: Sequence[str]) -> pa.Table:
    """Monthly sums by some dimensions, missing in the columns of all others."""
    apart = [k for k in rollup.keys if k in _KEPT_APART]
    table = plain_texts(_by_month(full, rollup, [*dims, *apart]))
    label = pa.array([name] * len(table), pa.string())
    lacking = [k for k in full.column_names if k not in table.column_names]
    for column in lacking:
        table = table.append_column(column, pa.nulls(len(table), pa.string()))
    return table.append_column("split", label)


def _one_split(table: pa.Table, name: str) -> pa.Table:
    if "split" not in table.column_names:  # nothing is loaded
        return table
    rows = table.filter(pc.equal(table["split"].cast(pa.string()), name))
    dims = [d for d in name.split("+") if d]
    dropped = [c for c in DIMENSIONS if c in rows.column_names and c not in (*dims, "plant")]
    return rows.drop_columns([*dropped, "split"])


def plain_texts(table: pa.Table) -> pa.Table:
    """The table with its categories as texts again."""
    columns = {
        name: c.cast(pa.string()) if pa.types.is_dictionary(c.type) else c
        for name, c in zip(table.column_names, table.columns, strict=True)
    }
    return pa.table(columns)


def _signed_months(
    source: FactSource, rollup: Rollup, settings: Settings, plant: str, months: Sequence[str]
) -> str:
    parts = [
        (m, signed(rollup, source.signature(rollup.dataset, plant, m), settings, plant))
        for m in months
    ]
    return hashlib.sha256(repr((_MONTHS_VERSION, _SPLITS, parts)).encode()).hexdigest()[:16]


def _all_partitions(
    source: FactSource, rollup: Rollup, settings: Settings, only: str | None = None
) -> pa.Table:
    """The daily sums of every plant, or of one, in one table."""
    partitions = [(p, m) for p, m in source.partitions(rollup.dataset) if m and only in (None, p)]
    builder = _Builder(source, rollup, settings, partitions)
    tables = [
        source.derived(
            rollup.name,
            plant,
            month,
            signed(rollup, source.signature(rollup.dataset, plant, month), settings, plant),
            partial(builder.build, plant, month),
        )
        for plant, month in partitions
    ]
    if not tables:
        return builder.empty()
    return encoded(pa.concat_tables(tables))


def signed(rollup: Rollup, facts: str, settings: Settings, plant: str) -> str:
    """The signature of a roll-up: its facts, its definition, and the settings it depends on."""
    parts = (facts, rollup.name, rollup.version, settings.plant(plant).production_day_start)
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:16]


def encoded(table: pa.Table) -> pa.Table:
    """The table with its texts as categories, in one piece: small, and quick to filter."""
    table = table.unify_dictionaries()
    columns = [
        c.combine_chunks().dictionary_encode() if pa.types.is_string(c.type) else c.combine_chunks()
        for c in table.columns
    ]
    return pa.table(dict(zip(table.column_names, columns, strict=True)))


class _Builder:
    """Builds partitions: the first ones each by itself, then all that are left in one query."""

    def __init__(
        self,
        source: FactSource,
        rollup: Rollup,
        settings: Settings,
        partitions: list[tuple[str, str]],
    ) -> None:
        self._source, self._rollup, self._settings = source, rollup, settings
        self._left = partitions
        self._built: dict[tuple[str, str], pa.Table] = {}
        self._asked = 0

    def build(self, plant: str, month: str) -> pa.Table:
        if (plant, month) not in self._built:
            self._asked += 1
            months = [month]
            if self._asked > _BATCH_AFTER:
                months = [m for p, m in self._left if p == plant and m >= month]
            self._build(plant, months)
        return self._built.pop((plant, month))

    def _build(self, plant: str, months: list[str]) -> None:
        table = self._query(plant, _first_day(min(months)), _last_day(max(months)))
        of_month = table["month"]
        plain = table.drop_columns(["month"])
        for month in months:
            self._built[plant, month] = plain.filter(pc.equal(of_month, month))

    def _query(self, plant: str, first: date, last: date) -> pa.Table:
        rows = self._source.table(self._rollup.dataset, [plant], first, last)
        start = self._settings.plant(plant).production_day_start
        offset = start.hour * 60 + start.minute
        return summed(rows, self._rollup, offset).to_pyarrow()

    def empty(self) -> pa.Table:
        """What ``build`` makes of no rows; no query has to be run to know it."""
        texts = ("text_low", "text_high") if "reason" in self._rollup.keys else ()
        fields = [("plant", pa.string()), ("day", pa.date32())]
        fields += [(name, pa.string()) for name in self._rollup.keys]
        fields += [(name, pa.float64()) for name in self._rollup.sums]
        fields += [(name, pa.string()) for name in texts]
        return pa.schema([*fields, ("rows", pa.int64())]).empty_table()


def summed(rows: Any, rollup: Rollup, day_starts_at: int) -> Any:
    """The expression of a roll-up over raw rows; ``day_starts_at`` minutes after midnight."""
    day = _shifted(rows, day_starts_at)
    keyed = rows.mutate(
        day=day,
        month=rows.date.strftime("%Y-%m"),
        **{f"_{name}": of(rows).cast("float64") for name, of in rollup.sums.items()},
    )
    sums = {name: keyed[f"_{name}"].sum() for name in rollup.sums}
    if "reason" in rollup.keys:
        sums |= {"text_low": keyed.reason_text.min(), "text_high": keyed.reason_text.max()}
    grouped = keyed.group_by(["plant", "day", "month", *rollup.keys])
    total = grouped.agg(**sums, rows=keyed.count().cast("int64"))
    return total.select("plant", "day", "month", *rollup.keys, *sums, "rows")


def _shifted(rows: Any, day_starts_at: int) -> Any:
    """The production day: of the moment (a stop's start) where there is one, else as stated."""
    import ibis

    name = _moment(rows)
    if name is None:
        return rows.date
    return ibis.coalesce((rows[name] - ibis.interval(minutes=day_starts_at)).date(), rows.date)


def _moment(rows: Any) -> str | None:
    return next((name for name in ("at", "start") if name in rows.columns), None)


def production_day_of(rows: Any, settings: Settings, plants: list[str]) -> Any:
    """The production day of raw rows of several plants, each by its own hour."""
    import ibis

    starts = {p: settings.plant(p).production_day_start for p in plants}
    minutes = {p: t.hour * 60 + t.minute for p, t in starts.items()}
    if _moment(rows) is None or not any(minutes.values()):
        return _shifted(rows, 0)
    cases = [(rows.plant == p, _shifted(rows, m)) for p, m in minutes.items() if m]
    return ibis.cases(*cases, else_=_shifted(rows, 0))


def _by_month(table: pa.Table, rollup: Rollup, keys: Sequence[str]) -> pa.Table:
    rows = memtable(table)
    monthly = rows.mutate(day=rows.day.truncate("M").cast("date"))
    sums = {name: monthly[name].sum() for name in (*rollup.sums, "rows")}
    sums["rows"] = sums["rows"].cast("int64")
    if "reason" in keys:
        sums |= {"text_low": monthly.text_low.min(), "text_high": monthly.text_high.max()}
    grouped = monthly.group_by(["plant", "day", *keys]).agg(**sums)
    return encoded(backend().to_pyarrow(grouped))


def _first_day(month: str) -> date:
    return date(int(month[:4]), int(month[5:7]), 1)


def _last_day(month: str) -> date:
    return (_first_day(month) + timedelta(days=31)).replace(day=1) - timedelta(days=1)
