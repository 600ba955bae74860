"""Where measures take their facts from: a small interface, and one that lives in memory."""

import hashlib
from collections.abc import Callable, Hashable, Mapping, Sequence
from datetime import date
from itertools import count
from typing import Any, Protocol
from weakref import WeakKeyDictionary

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from kpi.calendar import periods_between
from kpi.datasets import DATASETS, Dataset, Kind
from kpi.model import Coverage

IbisTable = Any
"""An Ibis table expression; Ibis itself is imported where it is used, as it takes a while."""


class FactSource(Protocol):
    """The facts in force at one position of the ledger."""

    def table(
        self,
        dataset: str,
        plants: Sequence[str] | None = None,
        first: date | None = None,
        last: date | None = None,
    ) -> IbisTable:
        """The dataset's columns with ``upload``, ``sheet``, ``row``, for some plants and days.

        Rows of datasets without a date are never left out for their day.
        """
        ...

    def arrow(self, dataset: str) -> pa.Table:
        """All facts of a dataset in memory, without Ibis: for the small ones every page needs."""
        ...

    def distinct(
        self, dataset: str, column: str, plants: Sequence[str] | None = None
    ) -> Sequence[str]:
        """The values that a text column has, each once, in no order."""
        ...

    def partitions(self, dataset: str) -> Sequence[tuple[str, str]]:
        """(plant, month) with facts, months as ``2026-10``; empty month: the dataset has no date."""
        ...

    def signature(self, dataset: str, plant: str, month: str) -> str:
        """Changes whenever the facts of that dataset, plant and month do."""
        ...

    def derived(
        self, name: str, plant: str, month: str, signature: str, build: Callable[[], pa.Table]
    ) -> pa.Table:
        """The table ``build`` makes, kept under its signature; its texts may come as categories."""
        ...

    def covered(self, dataset: str) -> Mapping[tuple[str, str], Sequence[tuple[date, date]]]:
        """(plant, month) to the spans of days that uploads in force claim to be complete for.

        ``complaint:customer`` asks for those of feeds that ever held complaints of customers.
        """
        ...

    def data_date(self, datasets: Sequence[str] | None = None) -> date | None:
        """The latest data date of the uploads in force of these datasets; ``None``: no upload."""
        ...


def facts_key(source: FactSource) -> Hashable:
    """What the facts may be remembered under: equal keys, equal facts.

    A source may carry a ``key`` of its own; else the key is a hash of its signatures and of what is
    covered, so that two views of the same facts share what was put together for one of them.
    """
    own: Hashable = getattr(source, "key", None)
    if own is not None:
        return own
    found = _keys.get(source)
    if found is None:
        signed: list[tuple[str, ...]] = [
            (dataset, plant, month, source.signature(dataset, plant, month))
            for dataset in DATASETS
            for plant, month in source.partitions(dataset)
        ]
        signed += [(d, *map(repr, sorted(source.covered(d).items())), "") for d in DATASETS]
        found = _keys[source] = hashlib.sha256(repr(signed).encode()).hexdigest()
    return found


_keys: WeakKeyDictionary[FactSource, str] = WeakKeyDictionary()

ARROW_TYPES: Mapping[Kind, pa.DataType] = {
    Kind.TEXT: pa.string(),
    Kind.DATE: pa.date32(),
    Kind.TIMESTAMP: pa.timestamp("us"),
    Kind.NUMBER: pa.float64(),
    Kind.FLAG: pa.bool_(),
}


def schema_of(dataset: Dataset) -> pa.Schema:
    """The dataset's columns in order, then upload, sheet and row."""
    columns = [pa.field(c.name, ARROW_TYPES[c.kind]) for c in dataset.columns]
    provenance = [("upload", pa.string()), ("sheet", pa.string()), ("row", pa.int32())]
    return pa.schema([*columns, *provenance])


def facts(dataset: str, rows: pd.DataFrame | Sequence[Mapping[str, Any]]) -> pa.Table:
    """Rows given by hand as facts of a dataset; columns that are not given are null.

    Rows are numbered from 2, as a sheet with one heading row numbers them.
    """
    frame = rows if isinstance(rows, pd.DataFrame) else pd.DataFrame(list(rows))
    schema = schema_of(DATASETS[dataset])
    unknown = set(frame.columns) - set(schema.names)
    if unknown:
        raise KeyError(f"{dataset} has no column {sorted(unknown)}")
    given = {name: frame[name] for name in frame.columns}
    if len(frame):
        given.setdefault("upload", pd.Series(["U1"] * len(frame)))
        given.setdefault("sheet", pd.Series(["Sheet1"] * len(frame)))
        given.setdefault("row", pd.Series(range(2, len(frame) + 2)))
    arrays = [
        pa.array(list(given[f.name]), from_pandas=True).cast(f.type)
        if f.name in given
        else pa.nulls(len(frame), f.type)
        for f in schema
    ]
    return pa.Table.from_arrays(arrays, schema=schema)


_serial = count()


class MemorySource:
    """Facts held in memory: for tests, and for trying things out.

    Without ``coverage`` nothing is claimed, and a month of a plant without a row is missing.
    """

    def __init__(
        self,
        tables: Mapping[str, pa.Table],
        *,
        coverage: Mapping[str, Sequence[Coverage]] | None = None,
        data_dates: Mapping[str, date] | None = None,
    ) -> None:
        self._tables = {
            name: tables.get(name, schema_of(d).empty_table()) for name, d in DATASETS.items()
        }
        self._coverage = coverage or {}
        self._data_dates = data_dates or {}
        self._number = next(_serial)
        self._derived: dict[tuple[str, str, str, str], pa.Table] = {}
        self._signed: dict[str, dict[tuple[str, str], str]] = {}
        self.built: list[tuple[str, str, str]] = []  # what had to be built, in order

    @property
    def key(self) -> Hashable:
        """A number of its own: two sources never share what is remembered."""
        return ("memory", self._number)

    def table(
        self,
        dataset: str,
        plants: Sequence[str] | None = None,
        first: date | None = None,
        last: date | None = None,
    ) -> IbisTable:
        """See ``FactSource``."""
        import ibis

        table = ibis.memtable(self._tables[dataset])
        if plants is not None:
            table = table.filter(table.plant.isin(list(plants)))
        dated = DATASETS[dataset].date
        if dated and first is not None:
            table = table.filter(table[dated] >= first)
        if dated and last is not None:
            table = table.filter(table[dated] <= last)
        return table

    def arrow(self, dataset: str) -> pa.Table:
        """See ``FactSource``."""
        return self._tables[dataset]

    def distinct(self, dataset: str, column: str, plants: Sequence[str] | None = None) -> list[str]:
        """See ``FactSource``."""
        rows = self._tables[dataset]
        if plants is not None:
            rows = rows.filter(pc.is_in(rows["plant"], value_set=pa.array(plants, pa.string())))
        return [value for value in rows[column].unique().to_pylist() if value]

    def partitions(self, dataset: str) -> list[tuple[str, str]]:
        """See ``FactSource``; rows without a date are in none."""
        return sorted(self._parts(dataset))

    def _parts(self, dataset: str) -> dict[tuple[str, str], str]:
        """Hash of the rows of each plant and month."""
        if dataset not in self._signed:
            frame = self._tables[dataset].to_pandas()
            dated = DATASETS[dataset].date
            month = frame[dated].astype("str").str[:7] if dated else pd.Series("", frame.index)
            frame = frame.assign(_month=month).dropna(subset=["plant", "_month"])
            self._signed[dataset] = {
                (str(plant), str(m)): hashlib.sha256(rows.to_csv().encode()).hexdigest()[:16]
                for (plant, m), rows in frame.groupby(["plant", "_month"])
            }
        return self._signed[dataset]

    def signature(self, dataset: str, plant: str, month: str) -> str:
        """A hash of the partition's rows."""
        return self._parts(dataset).get((plant, month), "")

    def derived(
        self, name: str, plant: str, month: str, signature: str, build: Callable[[], pa.Table]
    ) -> pa.Table:
        """See ``FactSource``; ``built`` tells what was not there yet."""
        key = (name, plant, month, signature)
        if key not in self._derived:
            self._derived[key] = build()
            self.built.append((name, plant, month))
        return self._derived[key]

    def covered(self, dataset: str) -> dict[tuple[str, str], list[tuple[date, date]]]:
        """See ``FactSource``."""
        spans: dict[tuple[str, str], list[tuple[date, date]]] = {}
        whole = self._coverage.get(dataset.partition(":")[0], ())
        for claim in self._coverage.get(dataset, whole):
            for month in periods_between(claim.first, claim.last, "month"):
                span = (max(claim.first, month.first), min(claim.last, month.last))
                spans.setdefault((claim.plant, month.label), []).append(span)
        return spans

    def data_date(self, datasets: Sequence[str] | None = None) -> date | None:
        """The dates given; else the latest date of the rows."""
        known = [d for name in datasets or DATASETS for d in self._dates(name)]
        return max(known, default=None)

    def _dates(self, dataset: str) -> list[date]:
        if dataset in self._data_dates:
            return [self._data_dates[dataset]]
        dated = {"shipment": "shipped_on"}.get(dataset, DATASETS[dataset].date)
        latest = pc.max(self._tables[dataset][dated]).as_py() if dated else None
        return [] if latest is None else [latest]
