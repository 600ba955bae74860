"""The facts behind a figure: each with the upload, sheet and row it came from."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import reduce
from typing import Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from kpi.datasets import DATASETS, NUMERATOR_ONLY, PROVENANCE
from kpi.errors import UnknownNameError
from kpi.measures.backlog import backlog_stock
from kpi.measures.catalog import REPORTED_PREFIX
from kpi.measures.engine import Remembered
from kpi.measures.evaluate import Evaluated, data_date_of, evaluate, kpi_of, scope_of
from kpi.measures.quantities import COMPLAINT_COST, SCRAP_COST, Amount, Quantity, recipe
from kpi.measures.question import SeriesQuestion
from kpi.measures.reported import reported_rows
from kpi.measures.resolved import due_items, item_rows, stop_minutes
from kpi.measures.rollups import production_day_of
from kpi.measures.shipped import shipped_lines
from kpi.measures.source import FactSource, facts_key
from kpi.measures.sums import Scope, recording
from kpi.settings import Settings

COUNTED: Final = Remembered(256)
"""Rows by upload, lately counted."""

EARLIEST: Final = date(1900, 1, 1)
LATEST: Final = date(2199, 12, 31)
"""Days that no fact lies beyond."""

NUMERATOR = "numerator"
DENOMINATOR = "denominator"


@dataclass(frozen=True)
class RowsBehind:
    """The facts behind a figure.

    ``rows`` begins with ``side`` (numerator, denominator), ``upload``, ``sheet``, ``row``,
    ``dataset``, then the columns that any row states; at most the limit asked for. ``total`` counts
    all of them, ``by_upload`` those of each upload. ``numerator`` and ``denominator`` are the
    figure's sums.
    """

    rows: pd.DataFrame
    total: int
    by_upload: dict[str, int]
    numerator: float | None
    denominator: float | None


@dataclass(frozen=True)
class _Part:
    side: str
    dataset: str
    rows: pd.DataFrame
    counts: Counter[str]


def rows_behind(
    source: FactSource,
    question: SeriesQuestion,
    settings: Settings,
    *,
    period: str | None = None,
    limit: int = 1000,
) -> RowsBehind:
    """The facts behind one figure of a series: of a period of it, or of the whole time.

    Raises
    ------
    UnknownNameError
        The series has no period of that name.
    """
    question = replace(question, by=())
    if period is None:
        question = replace(question, period="all")
    answer = evaluate(source, question, settings)
    if answer.report_date is None or answer.frame.empty:
        return RowsBehind(_together([], limit), 0, {}, None, None)
    cell = _cell(answer, period)
    days = (pd.Timestamp(cell["period_start"]).date(), pd.Timestamp(cell["period_end"]).date())
    asked = answer.question
    within = replace(
        asked,
        first=max(filter(None, (days[0], asked.first))),
        last=min(filter(None, (days[1], asked.last))),
    )
    scope = scope_of(source, within, settings, answer.report_date)
    parts = _parts(scope, answer.kpi.id, limit)
    total: Counter[str] = Counter()
    for part in parts:
        total += part.counts
    return RowsBehind(
        _together(parts, limit),
        sum(total.values()),
        dict(total),
        _number(cell["numerator"]),
        _number(cell["denominator"]),
    )


def uploads_behind(
    source: FactSource, question: SeriesQuestion, settings: Settings
) -> dict[str, int]:
    """How many rows each upload gave to a series over all its days: ``by_upload`` of ``rows_behind``.

    Without reading the rows: what KPIs share is counted once.
    """
    question = replace(question, by=(), period="all").normalised()
    kpi = kpi_of(source, question.kpi)
    report_date = question.as_of or data_date_of(source, kpi)
    if report_date is None or not kpi.computable:
        return {}
    # A stock is counted on one day; of anything else all rows are asked for.
    latest = report_date if kpi.id == "overdue_backlog" else LATEST
    whole = replace(question, first=question.first or EARLIEST, last=question.last or latest)
    scope = scope_of(source, whole, settings, report_date)
    total: Counter[str] = Counter()
    for part in _parts(scope, kpi.id, 0):
        total += part.counts
    return dict(total)


def _cell(answer: Evaluated, period: str | None) -> pd.Series:
    frame = answer.frame
    if period is None:
        return frame.iloc[0]
    found = frame[frame["period"] == period]
    if found.empty:
        raise UnknownNameError("period", period, known=frame["period"])
    return found.iloc[0]


def _number(value: Any) -> float | None:
    return None if pd.isna(value) else float(value)


def _parts(scope: Scope, kpi: str, limit: int) -> list[_Part]:
    if kpi.startswith(REPORTED_PREFIX):
        return [_reported(scope, kpi)]
    if kpi == "overdue_backlog":
        assert scope.last is not None
        return [_whole(NUMERATOR, "order_item", backlog_stock(scope, [pd.Timestamp(scope.last)]))]
    made = recipe(kpi, scope.settings)
    if made is None:
        return []
    parts = _of_amount(scope, made.numerator, NUMERATOR, limit)
    if made.denominator is not None:
        parts += _of_amount(scope, made.denominator, DENOMINATOR, limit)
    return parts


def _of_amount(scope: Scope, amount: Amount, side: str, limit: int) -> list[_Part]:
    """Rows of every quantity in the ways in use; a dataset is read once per side."""
    wanted: dict[tuple[str, tuple[Any, ...]], dict[str, Quantity]] = {}
    served: set[str] = set()
    for way in amount.ways:
        needed = [t.quantity for t in way.terms if not t.optional]
        plants = frozenset.intersection(*(recording(scope, q) for q in needed)) - served
        served |= plants
        if plants:
            for term in way.terms:
                q = term.quantity
                wanted.setdefault((q.table, q.where), {})[q.column] = q
    if ("failure", ()) in wanted:  # told by the two datasets it is made of
        wanted = {(q.table, q.where): {q.column: q} for q in (SCRAP_COST, COMPLAINT_COST)}
    return [
        part
        for quantities in wanted.values()
        if (part := _of_table(scope, list(quantities.values()), side, limit)) is not None
    ]


def _of_table(scope: Scope, quantities: list[Quantity], side: str, limit: int) -> _Part | None:
    table = quantities[0].table
    if table == "plan":
        return None  # the calendar is no file
    if table == "stops":
        return _stops(scope, quantities[0], side)
    if table.startswith("items:"):
        return _items(scope, table, side)
    if table.startswith("shipped:"):
        return _shipped(scope, quantities[0], side)
    return _raw(scope, quantities, side, limit)


def _raw(scope: Scope, quantities: list[Quantity], side: str, limit: int) -> _Part:
    """Facts of a dataset with a roll-up, read from raw rows of the period alone."""
    dataset = quantities[0].dataset.partition(":")[0]
    if limit == 0:
        return _counted(scope, quantities, dataset, side)
    rows = _of_period(scope, quantities, dataset, side)
    counted = rows.group_by("upload").agg(n=rows.count()).to_pyarrow().to_pylist()
    columns = [*PROVENANCE, *(n for n in DATASETS[dataset].names)]
    some = rows.order_by([*PROVENANCE]).select(*columns).limit(limit).to_pyarrow().to_pandas()
    return _Part(side, dataset, some, Counter({c["upload"]: int(c["n"]) for c in counted}))


def _counted(scope: Scope, quantities: list[Quantity], dataset: str, side: str) -> _Part:
    """The same without its rows; remembered, as KPIs of a review share what they are made of."""
    exempt = NUMERATOR_ONLY if side == DENOMINATOR else frozenset[str]()
    where = tuple(pair for pair in scope.question.where if pair[0] not in exempt)
    key = (
        "uploads", dataset, quantities[0].where, where, scope.question.first, scope.last, *scope.key
    )  # fmt: skip

    def count() -> Counter[str]:
        dims = tuple(dict.fromkeys(dim for dim, _ in where))
        if hasattr(scope.source, "rows_by_day") and set(dims) <= set(DATASETS[dataset].names):
            return _by_day(scope, quantities, dataset, dims)
        rows = _of_period(scope, quantities, dataset, side)
        counted = rows.group_by("upload").agg(n=rows.count()).to_pyarrow().to_pylist()
        return Counter({c["upload"]: int(c["n"]) for c in counted})

    return _Part(side, dataset, pd.DataFrame(), COUNTED.get(key, count))


def _by_day(
    scope: Scope, quantities: list[Quantity], dataset: str, dims: tuple[str, ...]
) -> Counter[str]:
    """The same from the rows of every upload counted by day, which one query tells for all KPIs."""
    first, last = scope.question.first, scope.last
    assert first is not None and last is not None
    source: Any = scope.source
    starts = {p: scope.settings.plant(p).production_day_start for p in _plants_seen(scope, dataset)}
    begins = {plant: start.hour * 60 + start.minute for plant, start in starts.items()}
    among = {dim: scope.question.allowed(dim) for dim in dims}
    by = (*dims, *(["kind"] if "kind" in DATASETS[dataset].names else []))
    key = ("rows by day", dataset, by, *begins.items(), facts_key(source))
    counted = COUNTED.get(key, lambda: source.rows_by_day(dataset, begins, by))
    kept = [
        pc.and_(pc.greater_equal(counted[name], first), pc.less_equal(counted[name], end))
        for name, end in (("day", last), ("date", _following(last)))
    ]
    if kinds := dict(quantities[0].where).get("kind"):
        kept.append(_is_among(counted["kind"], list(kinds)))
    for dim, values in among.items():
        is_one = _is_among(counted[dim], scope.names.codes(dim, values))
        none_too = "" in values and dim != "plant"
        kept.append(pc.or_(is_one, pc.is_null(counted[dim])) if none_too else is_one)
    rows = counted.filter(reduce(pc.and_, kept)).group_by("upload").aggregate([("rows", "sum")])
    return Counter(dict(zip(*(rows[n].to_pylist() for n in ("upload", "rows_sum")), strict=True)))


def _is_among(column: pa.ChunkedArray, values: Sequence[str]) -> pa.ChunkedArray:
    return pc.is_in(column, value_set=pa.array(values, pa.string()))


def _following(day: date) -> date:
    """The day after, as far as there is one."""
    return min(day, date.max - timedelta(days=2)) + timedelta(days=1)


def _of_period(scope: Scope, quantities: list[Quantity], dataset: str, side: str) -> Any:
    """The raw rows of a dataset that a question asks for."""
    first, last = scope.question.first, scope.last
    assert first is not None and last is not None
    rows = scope.source.table(dataset, _plants(scope), first, _following(last))
    day = production_day_of(rows, scope.settings, _plants_seen(scope, dataset))
    rows = rows.mutate(_day=day)
    rows = rows.filter(rows._day >= first, rows._day <= last)
    if kinds := dict(quantities[0].where).get("kind"):
        rows = rows.filter(rows.kind.isin(list(kinds)))
    exempt = NUMERATOR_ONLY if side == DENOMINATOR else frozenset[str]()
    for dim in dict.fromkeys(d for d, _ in scope.question.where if d not in exempt):
        values = scope.question.allowed(dim)
        is_one = rows[dim].isin(scope.names.codes(dim, values))
        rows = rows.filter(is_one | rows[dim].isnull() if "" in values else is_one)
    return rows


def _plants(scope: Scope) -> list[str] | None:
    asked = scope.question.allowed("plant")
    return scope.names.codes("plant", asked) if asked else None


def _plants_seen(scope: Scope, dataset: str) -> list[str]:
    return sorted({plant for plant, _ in scope.source.partitions(dataset)})


def _stops(scope: Scope, quantity: Quantity, side: str) -> _Part:
    frame = stop_minutes(scope.source, scope.settings, scope.as_of).to_pandas()
    for name, values in quantity.where:
        frame = frame[frame[name].isin(values)]
    frame = _within(scope, frame)
    frame = frame[frame[quantity.column] != 0]
    return _whole(side, "downtime", frame)


def _shipped(scope: Scope, quantity: Quantity, side: str) -> _Part:
    """The shipments behind a quantity: those that state it."""
    lines = shipped_lines(scope.source)
    mine = lines.filter(pc.equal(lines["direction"], quantity.table.partition(":")[2])).to_pandas()
    frame = _within(scope, mine[mine[quantity.column].fillna(0) != 0])
    shown = frame.drop(columns=["deliveries", "rows", "direction"])
    return _whole(side, "shipment", shown.rename(columns={"defective": "qty_defective"}))


def _items(scope: Scope, table: str, side: str) -> _Part:
    _, name, basis, direction = table.split(":")
    items = due_items(scope.source, scope.settings, scope.as_of)
    purchase = direction == "purchase" or not scope.sales()
    mine = items[(items["direction"] == "purchase") == purchase].reset_index(drop=True)
    rows = _within(scope, item_rows(mine, name, basis))
    return _whole(side, "order_item", rows[rows[side] != 0])


def _within(scope: Scope, frame: pd.DataFrame) -> pd.DataFrame:
    days = pd.to_datetime(frame["day"])
    first, last = scope.question.first, scope.last
    if first is not None:
        frame = frame[(days >= pd.Timestamp(first)).to_numpy()]
        days = pd.to_datetime(frame["day"])
    if last is not None:
        frame = frame[(days <= pd.Timestamp(last)).to_numpy()]
    for dim in dict.fromkeys(d for d, _ in scope.question.where if d in frame):
        values = scope.question.allowed(dim)
        codes = frame[dim].astype(object)
        chosen = codes.isin(scope.names.codes(dim, values))
        frame = frame[chosen | codes.isna() if "" in values else chosen]
    return frame


def _reported(scope: Scope, kpi: str) -> _Part:
    rows = reported_rows(scope.source)
    mine = rows[rows["slug"] == kpi.removeprefix(REPORTED_PREFIX)]
    return _whole(NUMERATOR, "reported_value", _within(scope, mine.assign(day=mine["date"])))


def _whole(side: str, dataset: str, rows: pd.DataFrame) -> _Part:
    return _Part(side, dataset, rows, Counter(rows["upload"].dropna().astype(str)))


def _together(parts: list[_Part], limit: int) -> pd.DataFrame:
    """The parts below each other, sides sharing the limit; columns that no row states are left out."""
    leading = ["side", *PROVENANCE, "dataset"]
    kept = [p for p in parts if len(p.rows)]
    if not kept:
        return pd.DataFrame({name: pd.Series(dtype=object) for name in leading})
    share = int(np.ceil(limit / len(kept)))
    frames = []
    for part in kept:
        rows = part.rows.sort_values(list(PROVENANCE)).head(share if len(kept) > 1 else limit)
        rows = rows.drop(columns=[c for c in rows if rows[c].isna().all()])
        frames.append(rows.assign(side=part.side, dataset=part.dataset))
    together = pd.concat([f.astype(object) for f in frames], ignore_index=True).head(limit)
    others = [c for c in together.columns if c not in leading]
    return together.reindex(columns=[*leading, *others])
