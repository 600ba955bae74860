"""Rows on their way into a Parquet file: typed, sorted, marked with their upload, and counted."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from kpi.datasets import DATASETS, Dataset, Kind
from kpi.errors import UsageError
from kpi.model import Coverage
from kpi.store.regions import EVERY_LINE, Ground, Lines, grounds_of

ARROW: Final[Mapping[Kind, pa.DataType]] = {
    Kind.TEXT: pa.string(),
    Kind.DATE: pa.date32(),
    Kind.TIMESTAMP: pa.timestamp("us"),
    Kind.NUMBER: pa.float64(),
    Kind.FLAG: pa.bool_(),
}

MOST_LINES: Final = 500
"""Lines listed per plant in the ledger; a file with more is not suspected of lacking some."""

NO_MONTH: Final = ""
"""Stands for the month where a dataset has no date."""

NO_LINE: Final = ""
"""Stands for the line of rows that name none, in the ledger's lists."""

_SORT: Final = ("plant", "line", "date")


def facts_schema(dataset: Dataset) -> pa.Schema:
    """Columns and types of a Parquet file of a dataset."""
    fields = [pa.field(c.name, ARROW[c.kind]) for c in dataset.columns]
    marks = [("upload", pa.string()), ("sheet", pa.string()), ("row", pa.int32())]
    return pa.schema([*fields, *(pa.field(n, t) for n, t in marks)])


def conform(dataset: Dataset, table: pa.Table) -> pa.Table:
    """The table with exactly the dataset's columns and types, plus sheet and row, sorted.

    A column the table lacks becomes null throughout. Sorted by plant, line and date, where there
    are such, so that a scan of one plant's month reads little.
    """
    schema = facts_schema(dataset)
    arrays = []
    for field in schema:
        if field.name == "upload":
            continue
        if field.name in table.column_names:
            arrays.append((field, table.column(field.name).cast(field.type)))
        else:
            arrays.append((field, pa.chunked_array([pa.nulls(table.num_rows, field.type)])))
    typed = pa.Table.from_arrays([a for _, a in arrays], schema=pa.schema([f for f, _ in arrays]))
    order = _sorted_order(typed)
    return typed if order is None else typed.take(order)


def _sorted_order(table: pa.Table) -> pa.Array | None:
    """The order of rows by plant, line and date, equal ones as they stand; ``None`` where it holds.

    The three are joined into one whole number per row, which sorts far faster than texts do.
    """
    key = np.zeros(table.num_rows, np.int64)
    for name in (n for n in _SORT if n in table.column_names):
        codes, size = _codes(table.column(name))
        key = key * size + codes
    if not len(key) or bool((key[1:] >= key[:-1]).all()):
        return None
    return pa.array(np.argsort(key, kind="stable"))


def _codes(column: pa.ChunkedArray) -> tuple[npt.NDArray[np.int64], int]:
    """Values as whole numbers in the values' order, missing last; and how many there can be."""
    encoded = column.combine_chunks().dictionary_encode()
    if isinstance(encoded, pa.ChunkedArray):
        encoded = encoded.combine_chunks()
    size = len(encoded.dictionary)
    rank = np.empty(size + 1, np.int64)
    rank[pc.sort_indices(encoded.dictionary).to_numpy()] = np.arange(size)
    rank[size] = size
    codes = pc.fill_null(encoded.indices, size).to_numpy(zero_copy_only=False)
    return rank[codes], size + 1


def marked(dataset: Dataset, table: pa.Table, upload: str, source: str) -> pa.Table:
    """The table as it is written: with its upload, and with the feed as the source of its orders."""
    if "source" in table.column_names:
        at = table.column_names.index("source")
        table = table.set_column(at, "source", pc.fill_null(table.column(at), source))
    column = pa.repeat(pa.scalar(upload, pa.string()), table.num_rows)
    at = table.column_names.index("sheet")
    return table.add_column(at, pa.field("upload", pa.string()), column)


def months_of(dataset: Dataset, table: pa.Table) -> dict[str, dict[str, int]]:
    """Rows per plant and month; one nameless month where the dataset has no date."""
    plants = pc.fill_null(table.column("plant"), "")
    if dataset.date is None:
        counted = pa.table({"plant": plants}).group_by("plant").aggregate([([], "count_all")])
        months = pa.array([NO_MONTH] * counted.num_rows, pa.string())
        counted = counted.append_column("month", months)
    else:
        days = pa.table({"plant": plants, "day": table.column(dataset.date)})
        counted = days.group_by(["plant", "day"]).aggregate([([], "count_all")])
        counted = counted.append_column("month", pc.strftime(counted.column("day"), "%Y-%m"))
    found: dict[str, dict[str, int]] = {}
    names = (counted.column(c).to_pylist() for c in ("plant", "month", "count_all"))
    for plant, month, count in zip(*names, strict=True):
        per_month = found.setdefault(plant, {})
        per_month[month] = per_month.get(month, 0) + count
    return {plant: dict(sorted(found[plant].items())) for plant in sorted(found)}


def lines_of(table: pa.Table) -> dict[str, tuple[str, ...]]:
    """The lines each plant's rows name, sorted; ``""`` stands for rows without one.

    A plant with too many lines to list is left out.
    """
    if "line" not in table.column_names:
        return {}
    pairs = table.select(["plant", "line"]).group_by(["plant", "line"]).aggregate([])
    found: dict[str, set[str]] = {}
    for plant, line in zip(*(pairs.column(c).to_pylist() for c in ("plant", "line")), strict=True):
        found.setdefault(plant or "", set()).add(line or NO_LINE)
    return {
        p: tuple(sorted(names)) for p, names in sorted(found.items()) if len(names) <= MOST_LINES
    }


def scope_of(table: pa.Table) -> tuple[str, ...]:
    """The figures a table of reported values holds; empty for every other dataset."""
    if "slug" not in table.column_names:
        return ()
    return tuple(sorted(s for s in pc.unique(table.column("slug")).to_pylist() if s is not None))


def widened(
    dataset: Dataset, table: pa.Table, coverage: Iterable[Coverage]
) -> tuple[Coverage, ...]:
    """The coverage, and beside it the days of rows it leaves out: no row counts unclaimed."""
    given = tuple(coverage)
    if dataset.date is None:
        return ()
    if table.column("plant").null_count or table.column("date").null_count:
        raise UsageError(f"A row of {dataset.title.lower()} has no plant or no date.")
    by_line = any(c.line is not None for c in given)
    names = ["plant", "date", *(["line"] if by_line else [])]
    seen = table.select(names).group_by(names).aggregate([]).to_pylist()
    grounds = grounds_of(given)
    outside: dict[str, list[date]] = {}
    for row in seen:
        here = _ground_of_row(row["plant"], row.get("line"), row["date"])
        if not any(_holds(ground, here) for ground in grounds):
            outside.setdefault(row["plant"], []).append(row["date"])
    added = tuple(
        Coverage(plant, None, min(days), max(days)) for plant, days in sorted(outside.items())
    )
    return given + added


def _ground_of_row(plant: str, line: str | None, day: date) -> Ground:
    lines = EVERY_LINE if line is None else Lines(frozenset((line,)), all_but=False)
    return Ground(plant, lines, day, day)


def _holds(ground: Ground, row: Ground) -> bool:
    if ground.plant != row.plant or not ground.first <= row.first <= ground.last:
        return False
    return ground.lines.all_but or row.lines.minus(ground.lines).empty


def key_is_unique(table: pa.Table) -> bool:
    """Whether stops that carry an id and a start time can be told apart by that id.

    An id that repeats within a file names something else (a kind of stop, a shift's sheet).
    """
    usable = table.filter(
        pc.and_(pc.is_valid(table.column("event")), pc.is_valid(table.column("start")))
    )
    if usable.num_rows == 0:
        return False
    groups = usable.select(["plant", "event"]).group_by(["plant", "event"]).aggregate([])
    return bool(groups.num_rows == usable.num_rows)


def dataset_of(name: str) -> Dataset:
    """The declaration of a dataset; an unknown name is a usage error."""
    try:
        return DATASETS[name]
    except KeyError:
        raise UsageError(
            f"There is no dataset {name!r}. Known are: {', '.join(DATASETS)}."
        ) from None
