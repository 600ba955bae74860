"""The facts in force at one position of the ledger, ready to be asked. What measures read from."""

import hashlib
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Final, Self

import pyarrow as pa

from kpi.datasets import DATASETS
from kpi.model import Coverage
from kpi.store.codec import canonical, quoted
from kpi.store.inforce import Holding, holdings
from kpi.store.ledger import live_uploads
from kpi.store.model import Entry
from kpi.store.queries import EVERYTHING, Pruning, facts_sql, table_schema
from kpi.store.regions import Ground, month_ends, months_between
from kpi.store.rollups import Partition, Rollups
from kpi.store.rows import NO_MONTH, dataset_of

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from kpi.store.engine import Engine

Place = tuple[str, str]
"""A plant and a month (``2026-10``; the empty string for datasets without a date)."""

MONTH_OF: Final[Mapping[str, tuple[str, ...]]] = {
    "order_item": ("request_date", "promise_date", "first_promise_date", "order_date"),
    "shipment": ("shipped_on", "delivered_on"),
}
"""Where a dataset has no date of its own: what puts a row into a month when rows are counted."""

LAYOUT: Final = "1"
"""Part of every signature: raised when facts in force are computed by other rules."""


class View:
    """A look at the store that never changes. Safe to use from several threads.

    Tables belong to the thread that asked for them. ``limit`` are the plants it is limited to;
    ``None``: all there are.
    """

    limit: frozenset[str] | None = None

    def __init__(
        self,
        position: int,
        entries: Sequence[Entry],
        *,
        engine: "Callable[[], Engine]",
        path_of: Callable[[str, str], Path],
        rollups: Rollups,
        release: Callable[[], None] | None = None,
    ) -> None:
        self.position = position
        self.entries = tuple(entries)
        self._engine = engine
        self._path_of = path_of
        self._rollups = rollups
        self._release = release
        self._holdings: dict[str, tuple[Holding, ...]] = {}
        self._signatures: dict[tuple[str, str, str], str] = {}
        self._month_rows: dict[str, dict[Place, int]] = {}
        self._places: dict[str, dict[Place, tuple[Holding, ...]]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Give back what a preview holds; a view of the ledger holds nothing."""
        if self._release:
            self._release()

    def table(
        self,
        dataset: str,
        plants: Sequence[str] | None = None,
        first: date | None = None,
        last: date | None = None,
    ) -> "ir.Table":
        """Facts in force as an Ibis table: the dataset's columns, then upload, sheet, row.

        Order items have ``first_seen`` (data date of the earliest upload that carries the item)
        before these, and their first promise filled in. Plants and days, where given, prune what
        is read; days do nothing to datasets without a date. Take results by ``to_pyarrow()``.
        """
        sql = self.sql(dataset, plants, first, last)
        return self._engine().table(sql, table_schema(dataset_of(dataset)))

    def arrow(
        self,
        dataset: str,
        plants: Sequence[str] | None = None,
        first: date | None = None,
        last: date | None = None,
    ) -> pa.Table:
        """The same facts in memory; no query is run where no upload holds any."""
        if not self.holdings(dataset):
            return table_schema(dataset_of(dataset)).empty_table()
        found = self._engine().arrow(self.sql(dataset, plants, first, last))
        return found.cast(table_schema(dataset_of(dataset)))

    def distinct(self, dataset: str, column: str, plants: Sequence[str] | None = None) -> list[str]:
        """The values that a text column has, each once, in no order."""
        if not self.holdings(dataset):
            return []
        sql = f'SELECT DISTINCT "{column}" FROM ({self.sql(dataset, plants)})'
        return [value for (value,) in self._engine().rows(sql) if value]

    def rows_by_day(
        self, dataset: str, day_begins: Mapping[str, int], by: Sequence[str] = ()
    ) -> pa.Table:
        """How many ``rows`` each ``upload`` has in force, by ``plant``, ``date`` and production ``day``.

        And by the columns of ``by``. ``day_begins`` tells at which minute the production day of a plant
        begins; midnight by default.
        """
        columns = ", ".join(f'"{name}"' for name in dict.fromkeys(("plant", "date", *by, "upload")))
        return self._engine().arrow(
            f"SELECT {columns}, {_day_of(dataset, day_begins)} AS day, count(*) AS rows"
            f" FROM ({self.sql(dataset)}) GROUP BY ALL"
        )

    def sql(
        self,
        dataset: str,
        plants: Sequence[str] | None = None,
        first: date | None = None,
        last: date | None = None,
    ) -> str:
        """The query behind ``table``."""
        dataset_of(dataset)
        pruning = EVERYTHING
        if plants is not None or first is not None or last is not None:
            chosen = None if plants is None else tuple(sorted(set(plants)))
            pruning = Pruning(chosen, first, last)
        return facts_sql(dataset, self.holdings(dataset), self._path_of, pruning, self.links())

    def names(self) -> "ir.Table":
        """Codes and what they read as: the dataset ``names``."""
        return self.table("names")

    def holdings(self, dataset: str) -> tuple[Holding, ...]:
        """What each upload holds of a dataset, in order of rank."""
        found = self._holdings.get(dataset)
        if found is None:
            found = tuple(holdings(self.entries, dataset_of(dataset).id))
            self._holdings[dataset] = found
        return found

    def links(self) -> dict[str, str]:
        """Feeds of shipments and the feed whose order numbers they use."""
        found: dict[str, str] = {}
        for entry in live_uploads(self.entries):
            found.update(entry.links)
        return found

    def datasets(self) -> tuple[str, ...]:
        """Datasets any upload in force carries, in the order of the catalogue."""
        return tuple(d for d in DATASETS if self.holdings(d))

    def plants(self) -> tuple[str, ...]:
        """Plants that facts in force name, sorted."""
        found = {plant for d in DATASETS if d != "names" for plant, _ in self._at(d)}
        return tuple(sorted(found - {""}))

    def partitions(self, dataset: str) -> list[Place]:
        """Plants and months with facts in force, sorted; the ledger tells, no row is read."""
        return sorted(self._at(dataset))

    def month_rows(self, dataset: str) -> dict[Place, int]:
        """Rows in force per plant and month, those without any left out.

        The ledger tells, except where only some of an upload's days are in force: those rows are
        counted. Order items and shipments belong to the month of their first date given here:
        request, promise, first promise, order; goods issue, arrival.
        """
        if dataset not in self._month_rows:
            self._month_rows[dataset] = self._counted(dataset)
        return dict(self._month_rows[dataset])

    def coverage(self, dataset: str) -> tuple[Coverage, ...]:
        """What uploads in force are complete for, where it still is theirs; sorted."""
        found: set[tuple[str, str, date, date]] = set()
        for ground in (g for h in self.holdings(dataset) for g in h.grounds):
            lines = [""] if ground.lines.all_but else sorted(ground.lines.names)
            found |= {(ground.plant, line, ground.first, ground.last) for line in lines}
        return tuple(
            Coverage(p, line or None, first, last) for p, line, first, last in sorted(found)
        )

    def covered(self, dataset: str) -> dict[Place, tuple[tuple[date, date], ...]]:
        """Days each plant's month is claimed complete for, whether it has rows there or not.

        Day spans are sorted and may touch; a line's own coverage counts as the plant's. Of a dataset
        with a scope, ``complaint:customer`` asks for feeds that ever spoke of that thing.
        """
        dataset, _, thing = dataset.partition(":")
        spans: dict[Place, set[tuple[date, date]]] = defaultdict(set)
        knowing = {h.entry.feed for h in self.holdings(dataset) if thing in h.part.scope}
        for holding in self.holdings(dataset):
            if thing and holding.entry.feed not in knowing:
                continue
            for ground in holding.grounds:
                for month in months_between(ground.first, ground.last):
                    first, last = month_ends(month)
                    span = (max(first, ground.first), min(last, ground.last))
                    spans[(ground.plant, month)].add(span)
        return {place: tuple(sorted(spans[place])) for place in sorted(spans)}

    def data_date(
        self, datasets: Sequence[str] | None = None, plants: Sequence[str] | None = None
    ) -> date | None:
        """The latest data date among uploads in force; ``None`` where none states one."""
        chosen = datasets if datasets is not None else tuple(DATASETS)
        return max(
            (
                h.part.data_date
                for d in chosen
                for h in self.holdings(d)
                if h.part.data_date and (plants is None or set(plants) & set(h.part.plants))
            ),
            default=None,
        )

    def signature(self, dataset: str, plant: str, month: str = NO_MONTH) -> str:
        """What the facts of a plant's month are made of, as a hash; equal facts in force, equal hash.

        For datasets without a date the month says nothing and may be left out.
        """
        place = (dataset, plant, month if dataset_of(dataset).date else NO_MONTH)
        found = self._signatures.get(place)
        if found is None:
            found = self._signatures[place] = self._signed(*place)
        return found

    def derived(
        self, name: str, plant: str, month: str, signature: str, build: Callable[[], pa.Table]
    ) -> pa.Table:
        """A roll-up of one plant's month: read where one with that signature is kept, else built.

        Texts come as categories.
        """
        return self._rollups.table(Partition(name, plant, month, signature), build)

    def derived_table(
        self,
        name: str,
        signatures: Mapping[Place, str],
        build: Callable[[str, str], pa.Table],
        schema: pa.Schema,
    ) -> "ir.Table":
        """The roll-ups of many places as one Ibis table; those not kept yet are built.

        ``signatures`` gives the signature for each (plant, month); ``build`` makes the rows of one,
        in exactly ``schema``.
        """
        files = [
            self._rollups.file(
                Partition(name, plant, month, signature), partial(build, plant, month)
            )
            for (plant, month), signature in sorted(signatures.items())
        ]
        return self._engine().table(self._rollups.sql(files, schema), schema)

    def _signed(self, dataset: str, plant: str, month: str) -> str:
        here = self._at(dataset).get((plant, month), ())
        content: list[object] = [LAYOUT, dataset, plant, month]
        if month:
            first, last = month_ends(month)
            content += [_dated_part(h, plant, first, last) for h in here]
            content += self._moved(here)
        else:
            content += [_undated_part(h) for h in here]
            content.append(self.links() if dataset == "shipment" else {})
        return hashlib.sha256(canonical(content).encode()).hexdigest()

    def _counted(self, dataset: str) -> dict[Place, int]:
        day = DATASETS[dataset].date
        counts: dict[Place, int] = defaultdict(int)
        if day is None:
            dates = MONTH_OF.get(dataset)
            if dates is None or not self.holdings(dataset):
                return {}
            rows = self.sql(dataset)
            day = f"coalesce({', '.join(dates)})"
        else:
            if DATASETS[dataset].event and any(h.part.meets for h in self.holdings(dataset)):
                whole, cut = [], list(self.holdings(dataset))
            else:
                whole = [h for h in self.holdings(dataset) if h.whole]
                cut = [h for h in self.holdings(dataset) if not h.whole]
            for holding in whole:
                for plant, months in holding.part.months.items():
                    for month, count in months.items():
                        counts[(plant, month)] += count
            rows = facts_sql(dataset, cut, self._path_of) if cut else ""
        if rows:
            found = self._engine().rows(
                f"SELECT plant, strftime({day}, '%Y-%m') AS month, count(*) FROM ({rows})"
                f" WHERE {day} IS NOT NULL GROUP BY ALL"
            )
            for plant, month, count in found:
                counts[(plant or "", month)] += int(count)
        return dict(sorted(counts.items()))

    def _at(self, dataset: str) -> dict[Place, tuple[Holding, ...]]:
        found = self._places.get(dataset)
        if found is None:
            at: dict[Place, list[Holding]] = defaultdict(list)
            for holding in self.holdings(dataset):
                for place in _places_of(holding):
                    at[place].append(holding)
            found = {place: tuple(here) for place, here in at.items()}
            self._places[dataset] = found
        return found

    def _moved(self, here: Sequence[Holding]) -> list[object]:
        """Other uploads that may hold newer versions of stops of these: they decide too."""
        own = {h.upload for h in here}
        related = {u for h in here for u in h.part.meets}
        if not here or not DATASETS[here[0].part.dataset].event:
            return []
        others = [
            h
            for h in self.holdings(here[0].part.dataset)
            if h.upload not in own and (h.upload in related or own & set(h.part.meets))
        ]
        return [_dated_part(h, None, date.min, date.max) for h in others]


def _day_of(dataset: str, day_begins: Mapping[str, int]) -> str:
    """The production day of a row: of its moment where it has one, else as stated."""
    moment = next((name for name in ("at", "start") if name in dataset_of(dataset).names), None)
    if moment is None:
        return "date"
    begins = "".join(
        f" WHEN {quoted(plant)} THEN INTERVAL {minutes:d} MINUTE"
        for plant, minutes in sorted(day_begins.items())
        if minutes
    )
    shift = f"CASE plant{begins} ELSE INTERVAL 0 MINUTE END" if begins else "INTERVAL 0 MINUTE"
    return f'coalesce(CAST("{moment}" - {shift} AS DATE), date)'


def _places_of(holding: Holding) -> list[Place]:
    months = holding.part.months
    if DATASETS[holding.part.dataset].date is None:
        return [(plant, NO_MONTH) for plant in months if plant not in holding.silent]
    if holding.whole:
        return [(plant, month) for plant, found in months.items() for month in found]
    held = {
        (g.plant, month)
        for g in holding.grounds
        for month in _months_within(g, months.get(g.plant, {}))
    }
    return sorted(held)


def _months_within(ground: Ground, months: Mapping[str, int]) -> list[str]:
    found = []
    for month in months:
        first, last = month_ends(month)
        if ground.first <= last and first <= ground.last:
            found.append(month)
    return found


def _dated_part(holding: Holding, plant: str | None, first: date, last: date) -> list[object]:
    clipped = sorted(
        [
            g.plant,
            max(g.first, first).isoformat(),
            min(g.last, last).isoformat(),
            g.lines.all_but,
            sorted(g.lines.names),
        ]
        for g in holding.grounds
        if plant in (None, g.plant) and g.first <= last and g.last >= first
    )
    only = None if holding.only is None else sorted(holding.only)
    meets = [holding.order, list(holding.part.meets)] if holding.part.meets else []
    return [holding.part.checksum, clipped, only, meets]


def _undated_part(holding: Holding) -> list[object]:
    day = holding.part.data_date.isoformat() if holding.part.data_date else None
    return [
        holding.part.checksum,
        holding.order,
        holding.seen,
        day,
        sorted(holding.silent),
        list(holding.beaten_by),
    ]
