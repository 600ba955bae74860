"""A table ready to be interpreted: its columns with their readings, and where each row stands."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from kpi.ingest.columns import Column, from_raw, stack
from kpi.ingest.raw import RawTable, RawTotal
from kpi.model import ControlTotal


@dataclass(frozen=True)
class Grid:
    """One table, or several sheets of one shape below each other.

    ``sheet`` names it in questions and problems; ``sheets`` and ``rows`` locate each row. ``grain`` is
    the period (day, week, month, quarter, year) that columns across, or cells, named for every row.
    ``proven`` are totals found without a label. ``layers`` holds the header rows of each column
    apart, where the header has several. ``parts`` are the sheets of one table that are turned each
    for itself before they are joined. ``copies`` are sheets that hold the same cells. ``faults`` says why a row cannot be used, by its position.
    ``speaks`` names the group of datasets where the table is a list with words of its own.
    """

    sheet: str
    columns: tuple[Column, ...]
    sheets: pa.Array
    rows: npt.NDArray[np.int32]
    totals: tuple[tuple[str, RawTotal], ...] = ()
    titles: tuple[str, ...] = ()
    headerless: bool = False
    header_rows: tuple[int, ...] = ()
    grain: str | None = None
    notes: tuple[str, ...] = field(default=())
    proven: tuple[ControlTotal, ...] = ()
    layers: tuple[tuple[str, ...], ...] = ()
    parts: tuple["Grid", ...] = ()
    copies: tuple[str, ...] = ()
    faults: Mapping[int, str] = field(default_factory=dict)
    speaks: str = ""

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def rows_told(self) -> int:
        """How many rows of the file it was made of: turned columns make several of one."""
        if (np.diff(self.rows) > 0).all():
            return len(self)
        sheets = np.asarray(pc.dictionary_encode(self.sheets).indices, np.int64)
        return len(np.unique(sheets << 32 | self.rows.astype(np.int64)))

    @property
    def signature(self) -> tuple[str, ...]:
        """The normalised headings, sorted: what next month's file is recognised by."""
        return tuple(sorted({c.named.key for c in self.columns if c.heading}))

    def with_columns(self, columns: Sequence[Column]) -> "Grid":
        """The same rows with other columns."""
        return replace(self, columns=tuple(columns), layers=())

    def with_rows(self, keep: npt.NDArray[np.int64]) -> "Grid":
        """Some of the rows, with all columns."""
        return replace(
            self,
            columns=tuple(c.take(keep) for c in self.columns),
            sheets=self.sheets.take(pa.array(keep)),
            rows=self.rows[keep],
            faults={},
        )


def grid_of(table: RawTable) -> Grid:
    """A table of the readers as one that can be interpreted."""
    sheets = pa.repeat(pa.scalar(table.sheet, pa.string()), len(table.rows))
    return Grid(
        table.sheet,
        tuple(from_raw(c, epoch1904=table.epoch1904) for c in table.columns),
        sheets,
        np.asarray(table.rows, np.int32),
        tuple((table.sheet, t) for t in table.totals),
        table.titles,
        table.headerless,
        table.header_rows,
        notes=table.notes,
        layers=tuple(c.layers or (c.heading,) for c in table.columns)
        if any(c.layers for c in table.columns)
        else (),
    )


def below(group: Sequence[Grid], sheet: str) -> Grid:
    """Tables below each other, columns of one heading joined; a column that one lacks is blank there."""
    first = group[0]
    order = list(dict.fromkeys(k for g in group for k in _column_keys(g)))
    columns = []
    for key in order:
        same = []
        known = next(
            c for g in group for k, c in zip(_column_keys(g), g.columns, strict=True) if k == key
        )
        for grid in group:
            own = dict(zip(_column_keys(grid), grid.columns, strict=True)).get(key)
            same.append(own if own is not None else Column(known.heading, known.letter, len(grid)))
        columns.append(stack(same))
    shift = np.cumsum([0, *(len(g) for g in group)])
    return replace(
        first,
        sheet=sheet,
        columns=tuple(columns),
        sheets=pa.concat_arrays([g.sheets for g in group]),
        rows=np.concatenate([g.rows for g in group]),
        totals=tuple(t for g in group for t in g.totals),
        titles=tuple(dict.fromkeys(t for g in group for t in g.titles)),
        proven=tuple(p for g in group for p in g.proven),
        faults={
            int(s) + at: why
            for s, g in zip(shift, group, strict=False)
            for at, why in g.faults.items()
        },
        parts=(),
        layers=first.layers if len(order) == len(first.columns) else (),
    )


def _column_keys(grid: Grid) -> list[tuple[str, int]]:
    """The columns' keys, those of equal headings told apart by their order."""
    seen: dict[str, int] = {}
    out = []
    for column in grid.columns:
        number = seen.get(column.named.key, 0)
        seen[column.named.key] = number + 1
        out.append((column.named.key, number))
    return out
