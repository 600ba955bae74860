"""Canonical tables: the declared columns of a dataset in their types, one row per accepted fact."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from kpi.datasets import DATASETS, Kind
from kpi.ingest.coded import coded
from kpi.ingest.grids import Grid
from kpi.model import ControlTotal, Coverage

ARROW: Final = {
    Kind.TEXT: pa.string(),
    Kind.DATE: pa.date32(),
    Kind.TIMESTAMP: pa.timestamp("us"),
    Kind.NUMBER: pa.float64(),
    Kind.FLAG: pa.bool_(),
}
"""The Arrow type of each kind of column."""


@dataclass(frozen=True)
class CanonicalPart:
    """One dataset out of one table: what ``kpi.ingest.Part`` carries, before it leaves the child.

    ``table`` has exactly the columns of the dataset, texts as dictionaries of distinct ones, then
    ``sheet`` and ``row``. ``within`` are the days its rows lie on, from-to, where the coverage was
    widened to whole months. ``rejected`` has ``sheet``, ``row``, ``reason`` and the raw cells as text
    under their headings.
    """

    dataset: str
    sheet: str
    table: pa.Table
    rows_read: int
    rows_accepted: int
    rows_rejected: int
    mapping: Mapping[str, str]
    conventions: Mapping[str, str]
    coverage: tuple[Coverage, ...]
    data_date: date | None
    control_totals: tuple[ControlTotal, ...]
    signature: tuple[str, ...]
    rejected: pa.Table
    headings: tuple[str, ...] = field(default=())
    within: tuple[Coverage, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "table", coded_table(self.table))


CODED: Final = pa.dictionary(pa.int32(), pa.string())
"""Texts as a dictionary of distinct ones with a code per row."""


def held_as(kind: Kind) -> pa.DataType:
    """The Arrow type of a column of that kind in a canonical table."""
    return CODED if kind is Kind.TEXT else ARROW[kind]


def schema_of(dataset: str) -> pa.Schema:
    """The declared columns of a dataset as an Arrow schema, with ``sheet`` and ``row``."""
    columns = [(c.name, held_as(c.kind)) for c in DATASETS[dataset].columns]
    return pa.schema([*columns, ("sheet", CODED), ("row", pa.int32())])


def coded_table(table: pa.Table) -> pa.Table:
    """The table with its texts as dictionaries of distinct ones."""
    arrays = [coded(c) if pa.types.is_string(c.type) else c for c in table.columns]
    return pa.table(arrays, names=table.column_names)


def repeated(text: str, count: int) -> pa.DictionaryArray:
    """The same text on every row."""
    return pa.DictionaryArray.from_arrays(pa.array(np.zeros(count, np.int32)), pa.array([text]))


def arrow_of(values: Any, kind: Kind) -> Any:
    """Values of one column (numpy numbers or moments, or text) in the type of its kind."""
    if isinstance(values, np.ndarray) and values.dtype.kind == "M":
        unit = "M8[D]" if kind is Kind.DATE else "M8[us]"
        return pa.array(values.astype(unit), mask=np.isnat(values)).cast(ARROW[kind])
    if isinstance(values, np.ndarray) and values.dtype.kind == "f":
        return pa.array(values, mask=np.isnan(values))
    if kind is Kind.TEXT:
        return coded(values)
    return pc.cast(values, ARROW[kind])


def build(
    dataset: str, values: Mapping[str, Any], grid: Grid, rows: npt.NDArray[np.int64]
) -> pa.Table:
    """The canonical table of the given rows; a column without values is null.

    ``values`` holds per column an array over *all* rows of the grid, or one text for every row.
    Texts come as dictionaries of distinct ones, which stay what they are until somebody reads them.
    """
    every = len(rows) == len(grid)
    take = pa.array(rows)
    arrays = []
    for column in DATASETS[dataset].columns:
        given = values.get(column.name)
        if given is None:
            arrays.append(pa.nulls(len(rows), held_as(column.kind)))
        elif isinstance(given, str):
            arrays.append(repeated(given, len(rows)))
        else:
            values_of_all = arrow_of(given, column.kind)
            arrays.append(values_of_all if every else values_of_all.take(take))
    sheets = coded(grid.sheets)
    arrays.append(sheets if every else sheets.take(take))
    arrays.append(pa.array(grid.rows[rows], pa.int32()))
    table = pa.Table.from_arrays(arrays, schema=schema_of(dataset))
    check_schema(dataset, table)
    return table


def check_schema(dataset: str, table: pa.Table) -> None:
    """Hold a table to its declaration: columns, types, and no null where a value is required."""
    if table.schema != schema_of(dataset):
        raise ValueError(f"the table of {dataset} does not have its declared columns")
    for column in DATASETS[dataset].columns:
        if column.required and table[column.name].null_count:
            raise ValueError(f"{dataset}.{column.name} is required and has missing values")


def rejected_table(grid: Grid, reasons: npt.NDArray[np.object_]) -> pa.Table:
    """The rejected rows with their reason and their raw cells as text."""
    rows = np.flatnonzero(reasons != "")
    take = pa.array(rows)
    names, arrays = (
        ["sheet", "row", "reason"],
        [
            grid.sheets.take(take),
            pa.array(grid.rows[rows], pa.int32()),
            pa.array(reasons[rows].tolist(), pa.string()),
        ],
    )
    for column in grid.columns:
        name = column.heading or column.letter
        while name in names:
            name += f" ({column.letter})"
        names.append(name)
        arrays.append(column.take(rows).as_text())
    return pa.table(arrays, names=names)
