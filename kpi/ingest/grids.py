"""A table ready to be interpreted: its columns with their readings, and where each row stands."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from kpi.ingest.columns import Column, from_raw, stack
from kpi.ingest.raw import RawTable, RawTotal
from kpi.ingest.vocabulary import vocabulary
from kpi.model import ControlTotal


@dataclass(frozen=True)
class Grid:
    """One table, or several sheets of one shape below each other.

    ``sheet`` names it in questions and problems; ``sheets`` and ``rows`` locate each row. ``grain`` is
    month or week where a row speaks for a whole one. ``proven`` are totals found without a label.
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

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def signature(self) -> tuple[str, ...]:
        """The normalised headings, sorted: what next month's file is recognised by."""
        return tuple(sorted({c.named.key for c in self.columns if c.heading}))

    def with_columns(self, columns: Sequence[Column]) -> "Grid":
        """The same rows with other columns."""
        return replace(self, columns=tuple(columns))


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
    )


def gather(grids: Sequence[Grid]) -> list[Grid]:
    """Sheets of one shape (the same headings in the same order) joined into one table."""
    groups: dict[tuple[str, ...], list[Grid]] = {}
    for grid in grids:
        key = tuple(vocabulary().normalise(c.heading).key for c in grid.columns)
        apart = grid.headerless or not any(key)
        groups.setdefault((*key, f"#{len(groups)}") if apart else key, []).append(grid)
    return [_join(group) for group in groups.values()]


def _join(group: Sequence[Grid]) -> Grid:
    first = group[0]
    if len(group) == 1:
        return first
    columns = [stack(same) for same in zip(*(g.columns for g in group), strict=True)]
    return replace(
        first,
        sheet=", ".join(dict.fromkeys(g.sheet for g in group)),
        columns=tuple(columns),
        sheets=pa.concat_arrays([g.sheets for g in group]),
        rows=np.concatenate([g.rows for g in group]),
        totals=tuple(t for g in group for t in g.totals),
        titles=tuple(dict.fromkeys(t for g in group for t in g.titles)),
    )
