"""Do the kept roll-ups say what the raw facts say? Each is made anew from them and compared."""

from collections.abc import Callable, Hashable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, cast

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from kpi.analysis.home import Home
from kpi.measures.resolved import due_items, stop_minutes, stop_months
from kpi.measures.rollups import (
    ROLLUPS,
    day_table,
    full_month_table,
    plain_texts,
    splits_table,
)
from kpi.measures.shipped import shipped_lines
from kpi.measures.source import FactSource
from kpi.store.rollups import Partition

NEAR: Final = 1e-9
"""Sums of the same numbers in another order differ in their last digits, and in no more."""


@dataclass(frozen=True, slots=True)
class Proof:
    """How many roll-ups in use were made anew, and those whose kept file says otherwise."""

    compared: int
    wrong: tuple[str, ...]
    others: int


@dataclass(eq=False)
class _Anew:
    """The facts in force, whose derived tables are always built, and compared with those kept."""

    view: Any
    folder: Path
    compared: set[Path] = field(default_factory=set)
    wrong: dict[Path, str] = field(default_factory=dict)
    built: dict[Partition, pa.Table] = field(default_factory=dict)

    @property
    def key(self) -> Hashable:
        """Of its own: what others remember of these facts must not be taken."""
        return ("anew", id(self))

    def __getattr__(self, name: str) -> Any:
        return getattr(self.view, name)

    def derived(
        self, name: str, plant: str, month: str, signature: str, build: Callable[[], pa.Table]
    ) -> pa.Table:
        partition = Partition(name, plant, month, signature)
        if partition in self.built:
            return self.built[partition]
        kept = self.folder / partition.folder / partition.file
        fresh = self.built[partition] = build()
        if kept.exists():
            self.compared.add(kept)
            if not _same(kept, fresh):
                where = " ".join(part for part in (plant, month) if part)
                self.wrong[kept] = f"{name} of {where} ({kept.parent.name}/{kept.name})"
        return fresh


def prove_rollups(home: Home) -> Proof:
    """Build every roll-up that is in use now from the raw facts, and compare with what is kept."""
    folder = home.store.files.rollups
    anew = _Anew(home.view(), folder)
    source, settings = cast(FactSource, anew), home.settings
    for dataset in ROLLUPS:
        day_table(source, dataset, settings)
        full_month_table(source, dataset, settings)
        splits_table(source, dataset, settings)
    shipped_lines(source)
    for day in _report_dates(home):
        stop_minutes(source, settings, day)
        stop_months(source, settings, day)
        due_items(source, settings, day)
    kept = set(folder.glob("*/*.parquet"))
    return Proof(len(anew.compared), tuple(sorted(anew.wrong.values())), len(kept - anew.compared))


def _report_dates(home: Home) -> Iterator[Any]:
    """The days up to which stops and orders are told where nobody asks for another."""
    view = home.view()
    groups = (None, ("downtime",), ("order_item",), ("order_item", "shipment"))
    yield from dict.fromkeys(day for g in groups if (day := view.data_date(g)) is not None)


def _same(kept: Path, fresh: pa.Table) -> bool:
    with suppress(OSError, pa.ArrowException, ValueError):
        read = plain_texts(pq.read_table(kept, page_checksum_verification=True))
        return _alike(read, plain_texts(fresh))
    return False


def _alike(ours: pa.Table, theirs: pa.Table) -> bool:
    """Whether two tables hold the same rows, in any order."""
    if set(ours.column_names) != set(theirs.column_names) or len(ours) != len(theirs):
        return False
    theirs = theirs.select(ours.column_names)
    amounts = [f.name for f in ours.schema if pa.types.is_floating(f.type)]
    exact = [name for name in ours.column_names if name not in amounts]
    order = [(name, "ascending") for name in (*exact, *amounts)]
    ours, theirs = ours.sort_by(order), theirs.sort_by(order)
    if any(not ours[n].equals(theirs[n].cast(ours[n].type)) for n in exact):
        return False
    return all(_near(ours[name], theirs[name]) for name in amounts)


def _near(ours: pa.ChunkedArray, theirs: pa.ChunkedArray) -> bool:
    a, b = (np.asarray(c.to_numpy(), float) for c in (ours, theirs))
    return bool(np.allclose(a, b, rtol=NEAR, atol=NEAR, equal_nan=True))
