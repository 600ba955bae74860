"""Rows before and after, counted; and what an incoming file shares with rows already kept."""

import uuid
from collections.abc import Sequence
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq

from kpi.datasets import DATASETS, DIMENSIONS, PROVENANCE
from kpi.store.codec import quoted
from kpi.store.files import write_parquet
from kpi.store.inforce import Holding
from kpi.store.model import Entry, IncomingPart, RowChanges, UploadPart
from kpi.store.queries import FIRST_SEEN, PathOf
from kpi.store.view import View

if TYPE_CHECKING:
    from pathlib import Path

    from kpi.store.engine import Engine

_MEASURED = ("characteristic", "subgroup", "part")
_NO_CONTENT = {*PROVENANCE, FIRST_SEEN, "source"}


def changes_of(engine: "Engine", before: View, after: View, entry: Entry) -> tuple[RowChanges, ...]:
    """How the facts in force of an upload's datasets differ before and after it.

    Rows equal in every column are kept. Of the others, one that goes and one that comes with the
    same date, place, order and reason are one row changed; the rest is new or gone.
    """
    return tuple(_changes(engine, before, after, part) for part in entry.parts)


def _changes(engine: "Engine", before: View, after: View, part: UploadPart) -> RowChanges:
    dataset = DATASETS[part.dataset]
    content = [n for n in dataset.names if n not in _NO_CONTENT]
    identity = [n for n in content if n in _identity(part)]
    plants = list(part.plants) if dataset.id != "names" else None
    first = min((c.first for c in part.claimed), default=None)
    last = max((c.last for c in part.claimed), default=None)
    if part.keyed:
        first = last = None  # a stop may have moved from another day
    counted = [
        f"SELECT hash({_listed(identity)}) i, hash({_listed(content)}) h, count(*) n"
        f" FROM ({view.sql(part.dataset, plants, first, last)}) GROUP BY ALL"
        for view in (before, after)
    ]
    rows = engine.rows(
        f"WITH a AS ({counted[0]}), b AS ({counted[1]}),"
        " j AS (SELECT coalesce(a.i, b.i) i, coalesce(a.n, 0) was, coalesce(b.n, 0) now"
        " FROM a FULL JOIN b ON a.i = b.i AND a.h = b.h),"
        " g AS (SELECT sum(greatest(now - was, 0)) come, sum(greatest(was - now, 0)) go,"
        " sum(least(was, now)) stay FROM j GROUP BY i)"
        " SELECT coalesce(sum(come - least(come, go)), 0), coalesce(sum(least(come, go)), 0),"
        " coalesce(sum(go - least(come, go)), 0), coalesce(sum(stay), 0) FROM g"
    )
    new, changed, gone, kept = (int(n) for n in rows[0])
    return RowChanges(part.dataset, new, changed, gone, kept)


def _identity(part: UploadPart) -> set[str]:
    """Columns by which a row is recognised when its amounts change."""
    if part.dataset == "order_item":
        return {"plant", "direction", "order", "item"}
    if part.dataset == "shipment":
        return {"plant", "order", "item", "shipment"}
    if part.dataset == "names":
        return {"field", "code", "plant"}
    if part.keyed:
        return {"plant", *DATASETS[part.dataset].event}
    if part.dataset == "complaint":
        return {"plant", "date", "event", "item", "kind", "customer", "supplier", "product"}
    if part.dataset == "measurement":
        return {"plant", "date", "at", "line", "machine", "product", "order", *_MEASURED}
    return {*DIMENSIONS, "date", "start", "order", "slug", "grain"}


def shared_orders(
    engine: "Engine", path_of: PathOf, rows: IncomingPart, dataset: str, theirs: Sequence[Holding]
) -> int:
    """How many distinct orders an incoming part and other uploads of a dataset have in common.

    Items count too where both sides are of the same dataset; purchase and sales orders differ.
    """
    if not theirs:
        return 0
    names = ["plant", "order"]
    if rows.dataset == dataset:
        names += ["item", *(["direction"] if dataset == "order_item" else [])]
    present = [n for n in names if n in rows.table.column_names]
    mine = _aside(engine, rows.table.select(present).group_by(present).aggregate([]))
    files = ", ".join(quoted(path_of(dataset, h.upload).as_posix()) for h in theirs)
    same = " AND ".join(f'm."{n}" IS NOT DISTINCT FROM t."{n}"' for n in present)
    try:
        found = engine.rows(
            f"SELECT count(*) FROM read_parquet([{quoted(mine)}]) m SEMI JOIN"
            f" (SELECT {_listed(present)} FROM read_parquet([{files}])) t ON {same}"
        )
    finally:
        _forget(mine)
    return int(found[0][0])


def distinct_values(
    engine: "Engine", path: "Path", columns: Sequence[str]
) -> dict[str, frozenset[str]]:
    """The distinct values of some columns of one upload's facts; a column it lacks is left out."""
    names = [n for n in columns if n in pq.read_schema(path).names]
    if not names:
        return {}
    listed = ", ".join(f'list(DISTINCT "{n}") FILTER ("{n}" IS NOT NULL)' for n in names)
    found = engine.rows(f"SELECT {listed} FROM read_parquet([{quoted(path.as_posix())}])")
    return {n: frozenset(values or ()) for n, values in zip(names, found[0], strict=True)}


def means_of(engine: "Engine", path: "Path", columns: Sequence[str]) -> dict[str, float]:
    """The mean of some columns of one upload's facts, of those it has and that hold a value."""
    names = [n for n in columns if n in pq.read_schema(path).names]
    if not names:
        return {}
    listed = ", ".join(f'avg("{n}")' for n in names)
    found = engine.rows(f"SELECT {listed} FROM read_parquet([{quoted(path.as_posix())}])")
    return {n: float(v) for n, v in zip(names, found[0], strict=True) if v is not None}


def equal_rows(engine: "Engine", path: "Path", part: IncomingPart) -> float:
    """Which share of a part's rows stands, with the same content, in one upload's facts: 0 to 1."""
    if not path.exists() or not part.table.num_rows:
        return 0.0
    there = set(pq.read_schema(path).names)
    names = [n for n in DATASETS[part.dataset].names if n not in _NO_CONTENT and n in there]
    present = [n for n in names if n in part.table.column_names]
    mine = _aside(engine, part.table.select(present))
    same = " AND ".join(f'm."{n}" IS NOT DISTINCT FROM t."{n}"' for n in present)
    try:
        found = engine.rows(
            f"SELECT count(*) FROM read_parquet([{quoted(mine)}]) m SEMI JOIN"
            f" read_parquet([{quoted(path.as_posix())}]) t ON {same}"
        )
    finally:
        _forget(mine)
    count = int(found[0][0])
    return count / int(part.table.num_rows)


def repeats(engine: "Engine", path: "Path", part: IncomingPart) -> bool:
    """Whether an upload's facts hold, on the ground a part claims, its rows and no others."""
    day = DATASETS[part.dataset].date
    if not path.exists() or day is None:
        return False
    there = set(pq.read_schema(path).names)
    names = [n for n in DATASETS[part.dataset].names if n not in _NO_CONTENT and n in there]
    if not set(names) <= set(part.table.column_names):
        return False
    ground = " OR ".join(
        f"(plant = {quoted(c.plant)} AND \"{day}\" BETWEEN DATE '{c.first}' AND DATE '{c.last}'"
        + (f" AND line = {quoted(c.line)})" if c.line is not None else ")")
        for c in part.coverage
    )
    mine = _aside(engine, part.table.select(names))
    own = f"SELECT {_listed(names)} FROM read_parquet([{quoted(mine)}])"
    theirs = (
        f"SELECT {_listed(names)} FROM read_parquet([{quoted(path.as_posix())}])"
        f" WHERE {ground or 'false'}"
    )
    try:
        found = engine.rows(
            f"SELECT (SELECT count(*) FROM ({own} EXCEPT ALL {theirs})),"
            f" (SELECT count(*) FROM ({theirs} EXCEPT ALL {own}))"
        )
    finally:
        _forget(mine)
    return found[0] == (0, 0)


def conflicting_uploads(
    engine: "Engine", path_of: PathOf, dataset: str, table: pa.Table, uploads: Sequence[str]
) -> tuple[str, ...]:
    """Which of some uploads hold rows with an id (of a stop, ...) that also stands in a table."""
    id = DATASETS[dataset].event[0]
    keys = table.select(["plant", id]).group_by(["plant", id]).aggregate([])
    mine = _aside(engine, keys)
    files = ", ".join(quoted(path_of(dataset, u).as_posix()) for u in uploads)
    try:
        found = engine.rows(
            f"SELECT DISTINCT t.upload FROM read_parquet([{files}]) t SEMI JOIN"
            f" read_parquet([{quoted(mine)}]) m ON t.plant = m.plant AND t.{id} = m.{id}"
        )
    finally:
        _forget(mine)
    return tuple(sorted(upload for (upload,) in found))


def _aside(engine: "Engine", table: pa.Table) -> str:
    path = engine.scratch / f"{uuid.uuid4().hex}.parquet"
    write_parquet(table, path)
    return path.as_posix()


def _forget(path: str) -> None:
    from pathlib import Path

    Path(path).unlink(missing_ok=True)


def _listed(names: Sequence[str]) -> str:
    return ", ".join(f'"{n}"' for n in names)
