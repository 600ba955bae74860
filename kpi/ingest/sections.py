"""Rows that name the group of the rows below them ("Line 1", "Machine: M3"), as a column.

Printed reports write a group once, alone in its row. Left there, its rows would not know their
line. The same holds for tables of one shape below each other, each under a title of its own.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import pyarrow as pa

from kpi.ingest.grid import Grid, text_of
from kpi.ingest.header import Header, kind_of
from kpi.ingest.pieces import filled_of
from kpi.ingest.raw import RawColumn, RawTable
from kpi.ingest.totals import is_total_label
from kpi.texts import said

GROUP: Final = "Group"
MONTH: Final = "Month"
_PAIR: Final = re.compile(r"(?P<name>[^:=\d]{2,30}?)\s*[:=]\s*(?P<value>.+)")
_COUNTED: Final = re.compile(r"(?P<name>[^\W\d_][^\d:]{1,29}?)[ .-]*(?P<value>\d[\w./-]*|[A-Z])")
LEAST_WIDTH: Final = 3


@dataclass(frozen=True, slots=True)
class Sections:
    """The groups of a table: the rows that name them are out, every other row has its group.

    ``column`` is the grid column the names stood in.
    """

    heading: str
    column: int
    rows: list[int]
    values: list[str | None]
    note: str


def sections(grid: Grid, header: Header, rows: Sequence[int]) -> Sections | None:
    """The groups of a table; ``None`` where no rows name any."""
    width = sum(1 for h in header.headings if h)
    if width < LEAST_WIDTH or header.headerless:
        return None
    lone = [i for i in rows if _names_a_group(grid, i)]
    columns = {filled_of(grid.rows[i])[0] for i in lone}
    if not lone or len(columns) != 1 or len(lone) > 0.5 * len(rows):
        return None
    (column,) = columns
    if lone[0] != rows[0] or any(h for h in header.headings[:column]):
        return None  # rows before the first name would belong to no group
    labels = [text_of(grid.rows[i][column]).strip() for i in lone]
    heading, names = read_labels(labels)
    others = {text_of(grid.rows[i][column]).strip() for i in rows if i not in set(lone)} - {""}
    words = any(kind_of(text) == "text" and not is_total_label(text) for text in others)
    if words and (heading == GROUP or others & {*labels, *names}):
        return None  # the column holds names in every row; one alone may be a row without figures
    named = dict(zip(lone, names, strict=True))
    kept: list[int] = []
    values: list[str | None] = []
    now: str | None = None
    for position in rows:
        if position in named:
            now = named[position]
        else:
            kept.append(position)
            values.append(now)
    listed = ", ".join(str(grid.numbers[i]) for i in lone[:5]) + (" …" if len(lone) > 5 else "")
    note = said(
        "Rows {rows} name the group of the rows below them; it is read as column {heading}.",
        rows=listed,
        heading=repr(heading),
    )
    return Sections(heading, column, kept, values, note)


def titled(tables: Sequence[RawTable]) -> list[RawTable]:
    """Tables of one shape, each under a title of its own: the title as a column of each."""
    shapes: dict[tuple[str, ...], list[int]] = {}
    for place, table in enumerate(tables):
        if not table.headerless:
            shapes.setdefault(table.headings, []).append(place)
    out = list(tables)
    for places in shapes.values():
        labels = [tables[i].titles[-1] if tables[i].titles else "" for i in places]
        if len(places) < 2 or len(set(labels)) < len(labels) or not all(labels):
            continue
        heading, names = read_labels(labels)
        if heading == MONTH:
            continue  # read with the other words of a table's title
        for place, name in zip(places, names, strict=True):
            out[place] = _with_column(tables[place], heading, name)
    return out


def _with_column(table: RawTable, heading: str, value: str) -> RawTable:
    values = pa.array([value] * len(table.rows), pa.string())
    return replace(table, columns=(*table.columns, RawColumn(heading, "A", values=values)))


def _names_a_group(grid: Grid, position: int) -> bool:
    """One text alone in its row, with a row of several cells following."""
    row = grid.rows[position]
    filled = filled_of(row)
    if len(filled) != 1:
        return False
    text = text_of(row[filled[0]]).strip()
    if kind_of(row[filled[0]]) == "number" or is_total_label(text) or len(text) > 60:
        return False
    following = next((r for r in grid.rows[position + 1 : position + 4] if filled_of(r)), None)
    return following is not None and len(filled_of(following)) > 1


def read_labels(labels: Sequence[str]) -> tuple[str, list[str]]:
    """A heading for the groups, and the name of each.

    >>> read_labels(["Line: L1", "Line: L2"]), read_labels(["Press 1", "Press 2"])
    (('Line', ['L1', 'L2']), ('Press', ['Press 1', 'Press 2']))
    >>> read_labels(["Moulding", "Assembly"])
    ('Group', ['Moulding', 'Assembly'])
    """
    pairs = [_PAIR.fullmatch(label) for label in labels]
    names = {m["name"].strip().casefold() for m in pairs if m is not None}
    if all(pairs) and len(names) == 1:
        first = pairs[0]
        assert first is not None
        return first["name"].strip(), [m["value"].strip() for m in pairs if m is not None]
    counted = [_COUNTED.fullmatch(label) for label in labels]
    names = {m["name"].strip().casefold() for m in counted if m is not None}
    if all(counted) and len(names) == 1 and counted[0] is not None:
        return counted[0]["name"].strip(), list(labels)
    if labels and all(kind_of(label) == "date" for label in labels):
        return MONTH, list(labels)
    return GROUP, list(labels)
