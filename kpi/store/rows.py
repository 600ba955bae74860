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

MOST_SCOPES: Final = 2_000
"""Things a file speaks of (figures, characteristics) listed in the ledger; beyond, it speaks of all."""

SCOPE_SIGN: Final = "\x1f"
"""Stands between the columns of a scope."""

MOST_CATEGORIES: Final = 10_000
"""Distinct texts up to which a column is carried as a category."""

_HEAD: Final = 20_000
_FEW: Final = 1_000
"""A column whose first rows (this many) hold mostly different texts is not tried as a category."""

_MOST_DAYS: Final = 100_000
"""Days from first to last up to which each has a number of its own, whether rows have it or not."""

_SORT: Final = ("plant", "line", "date")

Codes = npt.NDArray[np.int64]


def facts_schema(dataset: Dataset) -> pa.Schema:
    """Columns and types of a Parquet file of a dataset."""
    fields = [pa.field(c.name, ARROW[c.kind]) for c in dataset.columns]
    marks = [("upload", pa.string()), ("sheet", pa.string()), ("row", pa.int32())]
    return pa.schema([*fields, *(pa.field(n, t) for n, t in marks)])


def conform(dataset: Dataset, table: pa.Table) -> pa.Table:
    """The table with exactly the dataset's columns and types, plus sheet and row, sorted.

    A column the table lacks becomes null throughout. Sorted by plant, line and date, where there
    are such, so that a scan of one plant's month reads little. Texts of few values come as
    categories, which sort, move and compress at a fraction of the cost.
    """
    schema = facts_schema(dataset)
    arrays = {}
    for field in schema:
        if field.name == "upload":
            continue
        if field.name in table.column_names:
            arrays[field.name] = _held(table.column(field.name), field.type)
        else:
            arrays[field.name] = pa.nulls(table.num_rows, field.type)
    typed = pa.table(arrays)
    order = _sorted_order(typed)
    if order is None:
        return typed
    columns = (c if c.null_count == len(c) else c.take(order) for c in typed.columns)
    return pa.table(list(columns), names=typed.column_names)


def _held(column: pa.ChunkedArray, kind: pa.DataType) -> pa.Array | pa.ChunkedArray:
    """A text column of few values as a category; any other in its type, in one piece."""
    if column.null_count == len(column):
        return pa.nulls(len(column), kind)
    if not pa.types.is_string(kind):
        return _in_one_piece(column.cast(kind))
    if pa.types.is_dictionary(column.type):
        encoded = _category(column)
        return encoded if len(encoded.dictionary) <= MOST_CATEGORIES else encoded.cast(kind)
    whole = _in_one_piece(column.cast(kind))
    head = pc.count_distinct(whole.slice(0, _HEAD)).as_py()
    if head > min(_HEAD, len(whole)) // 2 and head > _FEW:
        return whole
    encoded = whole.dictionary_encode()
    return encoded if len(encoded.dictionary) <= MOST_CATEGORIES else whole


def _in_one_piece(column: pa.ChunkedArray) -> pa.Array | pa.ChunkedArray:
    return column.combine_chunks() if column.num_chunks != 1 else column.chunk(0)


def _category(column: pa.Array | pa.ChunkedArray) -> pa.DictionaryArray:
    """Texts as one dictionary of distinct ones."""
    encoded = column if pa.types.is_dictionary(column.type) else column.dictionary_encode()
    if isinstance(encoded, pa.ChunkedArray):
        if encoded.num_chunks == 0:
            none = pa.array([], encoded.type.value_type)  # there is no converter for dates
            return pa.DictionaryArray.from_arrays(pa.array([], encoded.type.index_type), none)
        encoded = encoded.unify_dictionaries().combine_chunks()
    return encoded


def _sorted_order(table: pa.Table) -> pa.Array | None:
    """The order of rows by plant, line and date, equal ones as they stand; ``None`` where it holds.

    The three are joined into one whole number per row, which sorts far faster than texts do.
    """
    key, size = np.zeros(table.num_rows, np.int64), 1
    for name in (n for n in _SORT if n in table.column_names):
        codes, count = _ranks(table.column(name))
        key *= count
        key += codes
        size *= count
    if not len(key) or bool((key[1:] >= key[:-1]).all()):
        return None
    return pa.array(_order_of(key, size))


def _order_of(key: Codes, size: int) -> Codes:
    """The places of the keys in ascending order, equal ones as they stand.

    Sixteen bits at a time where two passes do: these are counted, not compared.
    """
    if size > 1 << 32:
        return np.argsort(key, kind="stable")
    order = np.argsort(key.astype(np.uint16), kind="stable")
    if size > 1 << 16:
        high = (key >> 16).astype(np.uint16)
        order = order[np.argsort(high[order], kind="stable")]
    return order


def _ranks(column: pa.ChunkedArray) -> tuple[Codes, int]:
    """Values as whole numbers in the values' order, missing last; and how many there can be."""
    indices, distinct = _encoded(column)
    size = len(distinct)
    rank = np.empty(size + 1, np.int64)
    rank[pc.sort_indices(distinct).to_numpy()] = np.arange(size)
    rank[size] = size
    return rank[indices], size + 1


def _encoded(column: pa.ChunkedArray) -> tuple[Codes, pa.Array]:
    """The place of each row's value among the distinct ones, one beyond for a missing value."""
    if pa.types.is_date32(column.type) and column.null_count < len(column):
        return _encoded_days(column)
    encoded = _category(column)
    indices = encoded.indices
    if indices.null_count:
        indices = pc.fill_null(indices, len(encoded.dictionary))
    return indices.to_numpy(zero_copy_only=False), encoded.dictionary


def _encoded_days(column: pa.ChunkedArray) -> tuple[Codes, pa.Array]:
    """The same for days, all from the first to the last being told apart."""
    ends = pc.min_max(column.cast(pa.int32()))
    first, last = ends["min"].as_py(), ends["max"].as_py()
    if last - first > _MOST_DAYS:
        encoded = _category(column)
        beyond = len(encoded.dictionary)
        return pc.fill_null(encoded.indices, beyond).to_numpy(), encoded.dictionary
    days = pc.fill_null(_in_one_piece(column.cast(pa.int32())), last + 1).to_numpy()
    return days - np.int32(first), pa.array(np.arange(first, last + 1), pa.int32()).cast(
        pa.date32()
    )


def marked(dataset: Dataset, table: pa.Table, upload: str, source: str) -> pa.Table:
    """The table as it is written: with its upload, and with the feed as the source of its orders."""
    if "source" in table.column_names:
        at = table.column_names.index("source")
        texts = table.column(at)
        if texts.null_count == len(texts):
            texts = pa.repeat(pa.scalar(source, pa.string()), len(texts)).dictionary_encode()
        elif texts.null_count:
            texts = pc.fill_null(texts.cast(pa.string()), source)
        table = table.set_column(at, "source", texts)
    column = pa.DictionaryArray.from_arrays(
        pa.array(np.zeros(table.num_rows, np.int32)), pa.array([upload], pa.string())
    )
    return table.add_column(table.column_names.index("sheet"), "upload", column)


def tally(dataset: Dataset, table: pa.Table) -> pa.Table:
    """``rows`` per plant, line and date, of these the columns the dataset has; missing ones apart."""
    names = [n for n in ("plant", "line", dataset.date) if n in table.column_names]
    key, size = np.zeros(table.num_rows, np.int64), 1
    encoded = {name: _encoded(table.column(name)) for name in names if name}
    for indices, distinct in encoded.values():
        key *= len(distinct) + 1
        key += indices
        size *= len(distinct) + 1
    cells, counts = _counted(key, size)
    columns = {"rows": pa.array(counts, pa.int64())}
    for name, (_, distinct) in reversed(encoded.items()):
        cells, places = np.divmod(cells, len(distinct) + 1)
        columns[name] = distinct.take(pa.array(places, mask=places == len(distinct)))
    return pa.table(columns)


def _counted(key: Codes, size: int) -> tuple[Codes, Codes]:
    """The distinct keys, ascending, and how often each is there."""
    if size > max(4 * len(key), _FEW):
        return np.unique(key, return_counts=True)
    counts = np.bincount(key, minlength=size)
    cells = np.flatnonzero(counts)
    return cells, counts[cells]


def months_of(dataset: Dataset, seen: pa.Table) -> dict[str, dict[str, int]]:
    """Rows per plant and month, from a ``tally``; one nameless month where there is no date."""
    names = ["plant", *([dataset.date] if dataset.date else [])]
    days = seen.group_by(names).aggregate([("rows", "sum")])
    plants, counts = (days.column(name).to_pylist() for name in ("plant", "rows_sum"))
    if dataset.date is None:
        months = [NO_MONTH] * days.num_rows
    else:
        months = pc.strftime(days.column(dataset.date), "%Y-%m").to_pylist()
    found: dict[str, dict[str, int]] = {}
    for plant, month, count in zip(plants, months, counts, strict=True):
        per_month = found.setdefault(plant or "", {})
        per_month[month] = per_month.get(month, 0) + count
    return {plant: dict(sorted(found[plant].items())) for plant in sorted(found)}


def lines_of(seen: pa.Table) -> dict[str, tuple[str, ...]]:
    """The lines each plant's rows name, sorted, from a ``tally``; ``""`` stands for rows without.

    A plant with too many lines to list is left out.
    """
    if "line" not in seen.column_names:
        return {}
    pairs = seen.select(["plant", "line"]).group_by(["plant", "line"]).aggregate([])
    found: dict[str, set[str]] = {}
    for plant, line in zip(*(pairs.column(c).to_pylist() for c in ("plant", "line")), strict=True):
        found.setdefault(plant or "", set()).add(line or NO_LINE)
    return {
        p: tuple(sorted(names)) for p, names in sorted(found.items()) if len(names) <= MOST_LINES
    }


def scope_of(dataset: Dataset, table: pa.Table) -> tuple[str, ...]:
    """What a table speaks of, where its dataset has a scope: the figures, the characteristics.

    Empty for every other dataset, and for a table that speaks of too many things to list.
    """
    names = [n for n in dataset.scope if n in table.column_names]
    if not names:
        return ()
    found = table.select(names).group_by(names).aggregate([])
    if found.num_rows > MOST_SCOPES:
        return ()
    columns = [found.column(n).to_pylist() if n in names else None for n in dataset.scope]
    texts = [["" if c is None else c[i] or "" for c in columns] for i in range(found.num_rows)]
    return tuple(sorted(SCOPE_SIGN.join(parts) for parts in texts if any(parts)))


def widened(dataset: Dataset, seen: pa.Table, coverage: Iterable[Coverage]) -> tuple[Coverage, ...]:
    """The coverage, and beside it the days of a ``tally`` it leaves out: no row counts unclaimed."""
    given = tuple(coverage)
    if dataset.date is None:
        return ()
    outside = _outside(dataset, seen, given)
    added = tuple(
        Coverage(plant, None, min(days), max(days)) for plant, days in sorted(outside.items())
    )
    return given + added


def days_outside(
    dataset: Dataset, table: pa.Table, coverage: Iterable[Coverage]
) -> tuple[Coverage, ...]:
    """The days of a table's rows that a coverage leaves out, as runs of days without a gap."""
    found: list[Coverage] = []
    outside = _outside(dataset, tally(dataset, table), tuple(coverage))
    for plant, days in sorted(outside.items()):
        for day in sorted(set(days)):
            last = found[-1] if found else None
            if last and last.plant == plant and (day - last.last).days == 1:
                found[-1] = Coverage(plant, None, last.first, day)
            else:
                found.append(Coverage(plant, None, day, day))
    return tuple(found)


def _outside(
    dataset: Dataset, seen: pa.Table, given: tuple[Coverage, ...]
) -> dict[str, list[date]]:
    """By plant, days of a ``tally`` that no coverage claims."""
    if seen.column("plant").null_count or seen.column("date").null_count:
        raise UsageError(f"A row of {dataset.title.lower()} has no plant or no date.")
    by_line = any(c.line is not None for c in given)
    names = ["plant", "date", *(["line"] if by_line else [])]
    days = seen.select(names).group_by(names).aggregate([]).to_pylist()
    grounds = grounds_of(given)
    outside: dict[str, list[date]] = {}
    for row in days:
        here = _ground_of_row(row["plant"], row.get("line"), row["date"])
        if not any(_holds(ground, here) for ground in grounds):
            outside.setdefault(row["plant"], []).append(row["date"])
    return outside


def _ground_of_row(plant: str, line: str | None, day: date) -> Ground:
    lines = EVERY_LINE if line is None else Lines(frozenset((line,)), all_but=False)
    return Ground(plant, lines, day, day)


def _holds(ground: Ground, row: Ground) -> bool:
    if ground.plant != row.plant or not ground.first <= row.first <= ground.last:
        return False
    return ground.lines.all_but or row.lines.minus(ground.lines).empty


def needed_for_event(dataset: Dataset) -> tuple[str, ...]:
    """Columns a row must state for its id to be relied on: a day without a time is no stop's key."""
    return (dataset.event[0], *(n for n in ("start",) if n in dataset.names))


def key_is_unique(dataset: Dataset, table: pa.Table) -> bool:
    """Whether rows that carry an id (stops: and a start time) can be told apart by that id.

    An id that repeats within a file names something else (a kind of stop, a shift's sheet).
    """
    usable = table
    for name in needed_for_event(dataset):
        usable = usable.filter(pc.is_valid(usable.column(name)))
    if usable.num_rows == 0:
        return False
    key = ["plant", *(n for n in dataset.event if n in usable.column_names)]
    groups = usable.select(key).group_by(key).aggregate([])
    return bool(groups.num_rows == usable.num_rows)


def dataset_of(name: str) -> Dataset:
    """The declaration of a dataset; an unknown name is a usage error."""
    try:
        return DATASETS[name]
    except KeyError:
        raise UsageError(
            f"There is no dataset {name!r}. Known are: {', '.join(DATASETS)}."
        ) from None
