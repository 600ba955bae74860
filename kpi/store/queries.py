"""From what uploads hold to SQL over their Parquet files. Text only; nothing is run here."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

import pyarrow as pa

from kpi.datasets import DATASETS, NAMES, ORDER_ITEM, PROVENANCE, SHIPMENT, Dataset
from kpi.store.codec import quoted
from kpi.store.inforce import Holding
from kpi.store.regions import Ground, month_ends
from kpi.store.rows import SCOPE_SIGN, facts_schema, needed_for_event

FIRST_SEEN: Final = "first_seen"
"""Beside the columns of order items: the data date of the earliest upload that carries the item."""

PathOf = Callable[[str, str], Path]

_SQL_TYPES: Final = {
    pa.string(): "VARCHAR",
    pa.date32(): "DATE",
    pa.timestamp("us"): "TIMESTAMP",
    pa.float64(): "DOUBLE",
    pa.bool_(): "BOOLEAN",
    pa.int32(): "INTEGER",
}


@dataclass(frozen=True, slots=True)
class Pruning:
    """What of the facts is asked for: plants (``None``: all), days from-to (``None``: open)."""

    plants: tuple[str, ...] | None = None
    first: date | None = None
    last: date | None = None

    def wants(self, holding: Holding) -> bool:
        """Whether an upload has rows that could be among those asked for; the ledger tells."""
        return any(
            self._has_plant(plant) and any(self._has_month(m) for m in months)
            for plant, months in holding.part.months.items()
        )

    def meets(self, ground: Ground) -> bool:
        """Whether a piece of ground reaches into what is asked for."""
        return (
            self._has_plant(ground.plant)
            and (self.last is None or ground.first <= self.last)
            and (self.first is None or ground.last >= self.first)
        )

    def conditions(self, dataset: Dataset) -> list[str]:
        """The same as conditions on rows of a dataset."""
        found = []
        if self.plants is not None:
            names = ", ".join(quoted(p) for p in self.plants) or "NULL"
            found.append(f"f.plant IN ({names})")
        if dataset.date and self.first is not None:
            found.append(f'f."{dataset.date}" >= {_day(self.first)}')
        if dataset.date and self.last is not None:
            found.append(f'f."{dataset.date}" <= {_day(self.last)}')
        return found

    def _has_plant(self, plant: str) -> bool:
        return self.plants is None or plant in self.plants

    def _has_month(self, month: str) -> bool:
        if not month:
            return True
        first, last = month_ends(month)
        return (self.last is None or first <= self.last) and (
            self.first is None or last >= self.first
        )


EVERYTHING: Final = Pruning()


def table_schema(dataset: Dataset) -> pa.Schema:
    """Columns of the facts in force of a dataset, as queries return them."""
    schema = facts_schema(dataset)
    if dataset is not ORDER_ITEM:
        return schema
    return schema.insert(len(dataset.columns), pa.field(FIRST_SEEN, pa.date32()))


def facts_sql(
    dataset_id: str,
    holdings: Sequence[Holding],
    path_of: PathOf,
    pruning: Pruning = EVERYTHING,
    links: Mapping[str, str] | None = None,
) -> str:
    """The facts in force of a dataset, given what each upload holds."""
    dataset = DATASETS[dataset_id]
    scan = _Scan(dataset, path_of)
    if dataset.date is not None:
        return _dated_sql(scan, holdings, pruning)
    wanted = [h for h in holdings if pruning.wants(h) or dataset is NAMES]
    if not wanted:
        return scan.nothing(table_schema(dataset))
    if dataset is ORDER_ITEM:
        return _order_items_sql(scan, wanted, pruning)
    if dataset is SHIPMENT:
        return _shipments_sql(scan, wanted, pruning, links or {})
    return _names_sql(scan, wanted)


class _Scan:
    """Reads the Parquet files of uploads, whatever version of the dataset they were written in."""

    def __init__(self, dataset: Dataset, path_of: PathOf) -> None:
        self.dataset = dataset
        self.schema = facts_schema(dataset)
        self._path_of = path_of

    @property
    def columns(self) -> list[str]:
        return [f'"{name}"' for name in self.schema.names]

    def nothing(self, schema: pa.Schema) -> str:
        empty = ", ".join(f'CAST(NULL AS {_SQL_TYPES[f.type]}) AS "{f.name}"' for f in schema)
        return f"SELECT {empty} WHERE false"

    def rows(
        self, holdings: Sequence[Holding], conditions: Iterable[str] = (), join: str = ""
    ) -> str:
        """All rows of some uploads, as one select per version of the dataset's columns."""
        groups: dict[tuple[str, ...], list[Holding]] = {}
        for holding in holdings:
            groups.setdefault(holding.part.columns, []).append(holding)
        where = " AND ".join(conditions)
        selects = [
            f"SELECT {', '.join(self._selected(columns))} FROM read_parquet([{self._paths(group)}]) f"
            f"{join}" + (f" WHERE {where}" if where else "")
            for columns, group in groups.items()
        ]
        return " UNION ALL ".join(selects)

    def _paths(self, holdings: Sequence[Holding]) -> str:
        uploads = dict.fromkeys(h.upload for h in holdings)
        return ", ".join(quoted(self._path_of(self.dataset.id, u).as_posix()) for u in uploads)

    def _selected(self, columns: tuple[str, ...]) -> list[str]:
        return [
            f'f."{f.name}"'
            if f.name in columns
            else f'CAST(NULL AS {_SQL_TYPES[f.type]}) AS "{f.name}"'
            for f in self.schema
        ]


def _dated_sql(scan: _Scan, holdings: Sequence[Holding], pruning: Pruning) -> str:
    wanted = [h for h in holdings if pruning.wants(h) and any(pruning.meets(g) for g in h.grounds)]
    conditions = pruning.conditions(scan.dataset)
    conflicts = _conflicts(holdings)
    if conflicts:
        conditions.append(_not_moved(scan, conflicts))
    whole = [h for h in wanted if h.whole]
    cut = [h for h in wanted if not h.whole]
    selects = []
    if whole:
        selects.append(scan.rows(whole, conditions))
    selects += _cut_selects(scan, cut, pruning, conditions)
    return " UNION ALL ".join(selects) or scan.nothing(scan.schema)


FEW_CUT: Final = 24
"""Up to so many uploads are cut by a condition each, which prunes their files; more by a join."""


def _cut_selects(
    scan: _Scan, cut: Sequence[Holding], pruning: Pruning, conditions: Sequence[str] = ()
) -> list[str]:
    """Rows of uploads that hold only part of their ground."""
    if not cut:
        return []
    if len(cut) > FEW_CUT or any(len(h.grounds) > FEW_CUT for h in cut):
        return [scan.rows(cut, conditions, join=_within_grounds(scan.dataset, cut, pruning))]
    return [scan.rows([h], [*conditions, _on_grounds(scan.dataset, h, pruning)]) for h in cut]


def _scope(dataset: Dataset) -> str:
    """What a row speaks of, as the ledger lists it."""
    if len(dataset.scope) == 1:
        return f'f."{dataset.scope[0]}"'
    texts = ", ".join(f"coalesce(f.\"{n}\", '')" for n in dataset.scope)
    return f"concat_ws({quoted(SCOPE_SIGN)}, {texts})"


def _on_grounds(dataset: Dataset, holding: Holding, pruning: Pruning) -> str:
    """The ground an upload still holds as a condition on its rows."""
    pieces = [_on_ground(g) for g in holding.grounds if pruning.meets(g)]
    only = "" if holding.only is None else f" AND {_scope(dataset)} IN ({_literals(holding.only)})"
    return f"({' OR '.join(pieces)}){only}"


def _on_ground(ground: Ground) -> str:
    names = _literals(ground.lines.names)
    lines = "" if not ground.lines.names else f" AND f.line IN ({names})"
    if ground.lines.all_but and ground.lines.names:
        lines = f" AND (f.line IS NULL OR f.line NOT IN ({names}))"
    return (
        f"(f.plant = {quoted(ground.plant)} AND f.date BETWEEN {_day(ground.first)}"
        f" AND {_day(ground.last)}{lines})"
    )


def _within_grounds(dataset: Dataset, holdings: Sequence[Holding], pruning: Pruning) -> str:
    """A semi join that keeps, of each upload, the rows on the ground it still holds."""
    rows = [
        ", ".join(
            (
                quoted(h.upload),
                quoted(g.plant),
                "true" if g.lines.all_but else "false",
                _texts(g.lines.names),
                _day(g.first),
                _day(g.last),
                "CAST(NULL AS VARCHAR[])" if h.only is None else _texts(h.only),
            )
        )
        for h in holdings
        for g in h.grounds
        if pruning.meets(g)
    ]
    values = ", ".join(f"({row})" for row in rows)
    only = f" AND (v.slugs IS NULL OR list_contains(v.slugs, {_scope(dataset)}))"
    return (
        f" SEMI JOIN (VALUES {values}) v(upload, plant, all_but, lines, first, last, slugs)"
        " ON f.upload = v.upload AND f.plant = v.plant AND f.date BETWEEN v.first AND v.last"
        " AND (coalesce(list_contains(v.lines, f.line), false) <> v.all_but)"
        + (only if any(h.only is not None for h in holdings) else "")
    )


def _conflicts(holdings: Sequence[Holding]) -> list[Holding]:
    """Holdings whose rows may carry the key of a row that another one holds too."""
    at = {h.upload: h for h in holdings}
    met: set[str] = set()
    for holding in holdings:
        others = [u for u in holding.part.meets if u in at]
        if holding.part.keyed and others:
            met.update((holding.upload, *others))
    return [h for h in holdings if h.upload in met and h.part.keyed]


def _not_moved(scan: _Scan, conflicts: Sequence[Holding]) -> str:
    """A condition that drops a row (a stop, a complaint) of which a later upload holds a newer version.

    Days are not pruned here: the newer version may stand on another day.
    """
    order = ", ".join(f"({quoted(h.upload)}, {h.order}, {quoted(h.entry.feed)})" for h in conflicts)
    values = f"(VALUES {order}) o(upload, ord, feed)"
    cut = [h for h in conflicts if not h.whole]
    whole = [h for h in conflicts if h.whole]
    parts = [scan.rows(whole)] if whole else []
    parts += _cut_selects(scan, cut, EVERYTHING)
    held = " UNION ALL ".join(parts)
    needed = needed_for_event(scan.dataset)
    f, s = (" AND ".join(f'{t}."{n}" IS NOT NULL' for n in needed) for t in ("f", "s"))
    return (
        f"NOT ({f} AND (f.upload, f.plant, {_event(scan.dataset, 'f')}) IN ("
        f"SELECT upload, plant, event FROM (SELECT s.upload, s.plant, {_event(scan.dataset, 's')}"
        " AS event, o.ord, max(o.ord) OVER (PARTITION BY s.plant, o.feed,"
        f" {_event(scan.dataset, 's')}) AS newest"
        f" FROM ({held}) s JOIN {values} ON s.upload = o.upload WHERE {s})"
        " WHERE ord < newest))"
    )


def _event(dataset: Dataset, table: str) -> str:
    """The id of a row within its source."""
    if len(dataset.event) == 1:
        return f'{table}."{dataset.event[0]}"'
    texts = ", ".join(f"coalesce({table}.\"{n}\", '')" for n in dataset.event)
    return f"concat_ws({quoted(SCOPE_SIGN)}, {texts})"


_ITEM: Final = ("plant", "source", "order", "item")


def _ranked(scan: _Scan, holdings: Sequence[Holding]) -> str:
    """Rows of keyed uploads with their ranks; plants kept for comparison only are left out."""
    rows = ", ".join(
        f"({quoted(h.upload)}, {h.order}, {h.seen}, {_day(h.part.data_date)},"
        f" {quoted(h.entry.feed)}, {_texts(h.silent)}, {_texts(h.beaten_by)})"
        for h in holdings
    )
    names = "upload, ord, seen, data_date, feed, silent, beaten_by"
    columns = ", ".join(f"f.{c}" for c in scan.columns)
    silent = ""
    if any(h.silent for h in holdings):
        silent = " WHERE NOT coalesce(list_contains(v.silent, f.plant), false)"
    ranks = "v.ord, v.seen, v.data_date, v.feed, v.beaten_by"
    return (
        f"SELECT {columns}, {ranks} FROM ({scan.rows(holdings)}) f"
        f" JOIN (VALUES {rows}) v({names}) ON f.upload = v.upload{silent}"
    )


def _beaten(holdings: Sequence[Holding], direction: bool) -> str:
    """A condition that drops rows whose order item another, preferred feed has too."""
    if not any(h.beaten_by for h in holdings):
        return ""
    same = " AND b.direction = f.direction" if direction else ""
    return (
        " AND NOT EXISTS (SELECT 1 FROM r b WHERE list_contains(f.beaten_by, b.feed)"
        ' AND b.plant = f.plant AND b."order" = f."order"'
        f" AND b.item IS NOT DISTINCT FROM f.item{same})"
    )


def _same(left: str, right: str, names: Sequence[str]) -> str:
    return " AND ".join(f'{left}."{n}" IS NOT DISTINCT FROM {right}."{n}"' for n in names)


def _where(conditions: Sequence[str], more: str) -> str:
    return f" WHERE {' AND '.join([*conditions, 'true'])}{more}"


def _order_items_sql(scan: _Scan, holdings: Sequence[Holding], pruning: Pruning) -> str:
    """Order items: the newest upload's rows of each, with the first promise of the earliest one.

    The first promise is the one stated; else that of the earliest data date, provided it was seen
    no later than the promised day; else unknown.
    """
    key = ", ".join(f'"{n}"' for n in _ITEM)
    out = [
        "CASE WHEN k.stated IS NOT NULL THEN k.stated"
        ' WHEN k.promise_seen <= k.promise THEN k.promise END AS "first_promise_date"'
        if name == "first_promise_date"
        else f'f."{name}"'
        for name in scan.schema.names
    ]
    out.insert(len(scan.dataset.columns), f"k.first_seen AS {FIRST_SEEN}")
    return (
        f"WITH r AS ({_ranked(scan, holdings)}), k AS (SELECT {key}, max(ord) AS newest,"
        " arg_max(first_promise_date, ord) FILTER (first_promise_date IS NOT NULL) AS stated,"
        " arg_min(promise_date, seen) FILTER (promise_date IS NOT NULL) AS promise,"
        " arg_min(data_date, seen) FILTER (promise_date IS NOT NULL) AS promise_seen,"
        f" min(data_date) AS first_seen FROM r GROUP BY {key})"
        f" SELECT {', '.join(out)} FROM r f JOIN k ON {_same('f', 'k', _ITEM)} AND f.ord = k.newest"
        f"{_where(pruning.conditions(scan.dataset), _beaten(holdings, True))}"
    )


def _shipments_sql(
    scan: _Scan, holdings: Sequence[Holding], pruning: Pruning, links: Mapping[str, str]
) -> str:
    """Shipments: by their id the newest; without one, a file's whole set for an order item.

    A newer set without ids replaces everything older of its order item, and a newer row of any
    kind replaces an older set without ids.
    """
    key = ", ".join(f'"{n}"' for n in _ITEM)
    out = [_linked(links) if n == "source" else f'f."{n}"' for n in scan.schema.names]
    return (
        f"WITH r AS ({_ranked(scan, holdings)}), k AS (SELECT {key}, max(ord) AS newest,"
        f" max(ord) FILTER (shipment IS NULL) AS newest_set FROM r GROUP BY {key}),"
        f" s AS (SELECT {key}, shipment, max(ord) AS newest FROM r WHERE shipment IS NOT NULL"
        f" GROUP BY {key}, shipment)"
        f" SELECT {', '.join(out)} FROM r f JOIN k ON {_same('f', 'k', _ITEM)}"
        f" LEFT JOIN s ON f.shipment = s.shipment AND {_same('f', 's', _ITEM)}"
        f"{_where(pruning.conditions(scan.dataset), _beaten(holdings, False))}"
        " AND f.ord >= coalesce(k.newest_set, f.ord)"
        " AND f.ord = CASE WHEN f.shipment IS NULL THEN k.newest ELSE s.newest END"
    )


def _linked(links: Mapping[str, str]) -> str:
    """The system a shipment's order numbers belong to, where another feed carries the orders."""
    if not links:
        return 'f."source"'
    cases = " ".join(f"WHEN {quoted(a)} THEN {quoted(b)}" for a, b in sorted(links.items()))
    return f'CASE f."source" {cases} ELSE f."source" END AS "source"'


def _names_sql(scan: _Scan, holdings: Sequence[Holding]) -> str:
    """Names: of each code the newest; within a file the last."""
    columns = ", ".join(f"f.{c}" for c in scan.columns)
    return (
        f"WITH r AS ({_ranked(scan, holdings)}) SELECT {columns} FROM r f QUALIFY"
        ' row_number() OVER (PARTITION BY field, code, plant ORDER BY ord DESC, "row" DESC) = 1'
    )


def _day(day: date | None) -> str:
    return "CAST(NULL AS DATE)" if day is None else f"DATE '{day.isoformat()}'"


def _texts(names: Iterable[str]) -> str:
    return f"CAST([{_literals(names)}] AS VARCHAR[])"


def _literals(names: Iterable[str]) -> str:
    return ", ".join(quoted(n) for n in sorted(names))


__all__ = ["EVERYTHING", "FIRST_SEEN", "PROVENANCE", "Pruning", "facts_sql", "table_schema"]
