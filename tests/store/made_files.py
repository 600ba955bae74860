"""Incoming files as ingest would hand them over, made by hand."""

import hashlib
from datetime import UTC, date, datetime
from pathlib import Path

import pyarrow as pa

from kpi.datasets import DATASETS
from kpi.model import Coverage
from kpi.store import Incoming, IncomingPart
from kpi.store.rows import facts_schema

WHEN = datetime(2026, 11, 2, 8, 0, tzinfo=UTC)


def table_of(dataset, rows):
    """A table as ingest hands it over, from dictionaries that name only what matters."""
    schema = facts_schema(DATASETS[dataset])
    schema = schema.remove(schema.get_field_index("upload"))
    full = [{"sheet": "Sheet1", "row": i + 2, "plant": "A", **row} for i, row in enumerate(rows)]
    return pa.Table.from_pylist(full, schema=schema)


def month(text, plant="A", line=None):
    year, number = int(text[:4]), int(text[5:])
    following = date(year + number // 12, number % 12 + 1, 1)
    last = date.fromordinal(following.toordinal() - 1)
    return Coverage(plant, line, date(year, number, 1), last)


def part(dataset, rows, coverage=(), data_date=None, signature=("a", "b"), **more):
    return IncomingPart(
        dataset=dataset,
        table=table_of(dataset, rows),
        coverage=tuple(coverage),
        data_date=data_date,
        signature=signature,
        rows_read=len(rows),
        rows_accepted=len(rows),
        **more,
    )


class Maker:
    """Makes incoming files, each with bytes of its own on the disk."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def file(self, name, *parts, feed=None, content=None, rows_hash=None):
        said = (content or repr((name, [p.table.to_pylist() for p in parts]))).encode()
        sha256 = hashlib.sha256(said).hexdigest()
        path = self.folder / f"{sha256}.bin"
        path.write_bytes(said)
        rows = (
            rows_hash
            or hashlib.sha256(
                repr(
                    [
                        sorted(map(repr, p.table.drop_columns(["sheet", "row"]).to_pylist()))
                        for p in parts
                    ]
                ).encode()
            ).hexdigest()
        )
        return Incoming(file=name, sha256=sha256, rows_hash=rows, path=path, parts=parts, feed=feed)

    def scrap(
        self,
        text,
        amounts,
        *,
        data_date=None,
        feed="scrap feed",
        plant="A",
        line=None,
        name=None,
        **more,
    ):
        """A month of scrap: {day: quantity}, or {(day, line): quantity}."""
        covered = month(text, plant)
        rows = [
            {
                "date": covered.first.replace(day=day if isinstance(day, int) else day[0]),
                "line": line if isinstance(day, int) else day[1],
                "plant": plant,
                "qty_scrap": float(amount),
            }
            for day, amount in amounts.items()
        ]
        coverage = more.pop("coverage", (covered,))
        return self.file(
            name or f"scrap_{text}.xlsx",
            part("scrap", rows, coverage, data_date or covered.last, **more),
            feed=feed,
        )


def amounts(view, dataset="scrap", column="qty_scrap"):
    """What is in force, as {(plant, line, day): sum}."""
    found = {}
    for row in view.arrow(dataset).to_pylist():
        at = (row["plant"], row["line"], row["date"].isoformat())
        found[at] = found.get(at, 0.0) + row[column]
    return found
