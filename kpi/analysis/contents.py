"""What a file holds, in words: datasets, rows, days, plants, lines, and the KPIs they feed."""

from collections.abc import Iterable, Sequence, Set
from datetime import date, timedelta
from typing import Any, Final

import pyarrow as pa

from kpi.analysis.effects import KPIS_OF_DATASET
from kpi.analysis.fields import dataset_title
from kpi.analysis.results import Contents, Gap
from kpi.datasets import DATASETS
from kpi.ingest import Part
from kpi.measures import CATALOG
from kpi.texts import Month, Said, label, said, said_n

MOST_NAMES: Final = 4
"""Plants, lines or figures named before the others are counted."""


def contents_of(parts: Sequence[Part], cannot: Sequence[Gap] = ()) -> tuple[Contents, ...]:
    """One ``Contents`` per dataset of a file, in the order found; it feeds no KPI of ``cannot``."""
    by_dataset: dict[str, list[Part]] = {}
    for part in parts:
        by_dataset.setdefault(part.dataset, []).append(part)
    missing = {str(title) for gap in cannot for title in gap.kpis}
    return tuple(_contents(dataset, own, missing) for dataset, own in by_dataset.items())


def _contents(dataset: str, parts: Sequence[Part], missing: Set[str]) -> Contents:
    tables = [part.table for part in parts]
    first, last = _days(dataset, parts)
    return _told(
        dataset,
        rows=sum(part.rows_accepted for part in parts),
        first=first,
        last=last,
        plants=_distinct(tables, "plant"),
        lines=_distinct(tables, "line"),
        feeds=_fed(dataset, tables, missing),
    )


def together(files: Iterable[Sequence[Contents]]) -> tuple[Contents, ...]:
    """What several files hold, as if they were one."""
    by_dataset: dict[str, list[Contents]] = {}
    for contents in files:
        for one in contents:
            by_dataset.setdefault(one.dataset, []).append(one)
    return tuple(
        _told(
            dataset,
            rows=sum(one.rows for one in own),
            first=min((one.first for one in own if one.first), default=None),
            last=max((one.last for one in own if one.last), default=None),
            plants=tuple(sorted({plant for one in own for plant in one.plants})),
            lines=tuple(sorted({line for one in own for line in one.lines})),
            feeds=tuple(dict.fromkeys(kpi for one in own for kpi in one.feeds)),
        )
        for dataset, own in by_dataset.items()
    )


def _told(
    dataset: str,
    *,
    rows: int,
    first: date | None,
    last: date | None,
    plants: tuple[str, ...],
    lines: tuple[str, ...],
    feeds: tuple[str, ...],
) -> Contents:
    says = [_rows_said(rows, first, last)]
    if plants:
        says.append(_where_said(plants, lines))
    if feeds:
        says.append(said("Feeds {kpis}.", kpis=_named(feeds)))
    title = dataset_title(dataset)
    return Contents(dataset, title, rows, first, last, plants, lines, feeds, tuple(says))


def _rows_said(rows: int, first: date | None, last: date | None) -> Said:
    if first is None or last is None:
        return said_n("{n} row.", "{n} rows.", n=rows)
    return said_n("{n} row, {span}.", "{n} rows, {span}.", n=rows, span=span_said(first, last))


def span_said(first: date, last: date) -> Said:
    """Days from-to; whole months by their names.

    >>> span_said(date(2026, 9, 1), date(2026, 10, 31)), span_said(date(2026, 9, 2), date(2026, 9, 2))
    ('September 2026 to October 2026', '2 September 2026')
    """
    if first.day == 1 and (last + timedelta(days=1)).day == 1:
        begun, ended = Month(first.year, first.month), Month(last.year, last.month)
        if begun == ended:
            return said("{month}", month=begun)
        return said("{first} to {last}", first=begun, last=ended)
    if first == last:
        return said("{day}", day=first)
    return said("{first} to {last}", first=first, last=last)


def _where_said(plants: Sequence[str], lines: Sequence[str]) -> Said:
    where = _named(plants)
    if not lines:
        return said("{plants}.", plants=where)
    if len(lines) == 1:
        return said("{plants}: line {line}.", plants=where, line=lines[0])
    return said("{plants}: lines {lines}.", plants=where, lines=_named(lines))


def _named(names: Sequence[str]) -> Any:
    if len(names) <= MOST_NAMES:
        return tuple(names)
    shown = MOST_NAMES - 1
    return said("{names} and {more} more", names=tuple(names[:shown]), more=len(names) - shown)


def _fed(dataset: str, tables: Sequence[pa.Table], missing: Set[str]) -> tuple[str, ...]:
    if dataset == "reported_value":
        return _distinct(tables, "title")
    known = [CATALOG[k] for k in KPIS_OF_DATASET.get(dataset, ())]
    return tuple(label(k.title) for k in known if k.computable and k.title not in missing)


def _days(dataset: str, parts: Sequence[Part]) -> tuple[date | None, date | None]:
    covered = [c for part in parts for c in part.coverage]
    if covered:
        return min(c.first for c in covered), max(c.last for c in covered)
    names = [DATASETS[dataset].date] if DATASETS[dataset].date else _DUE
    found = [
        day
        for part in parts
        for name in names
        if name in part.table.column_names
        for day in _ends(part.table.column(name))
    ]
    return (min(found), max(found)) if found else (None, None)


_DUE: Final = ("request_date", "first_promise_date", "promise_date", "delivered_on", "shipped_on")


def _ends(column: pa.ChunkedArray) -> list[date]:
    import pyarrow.compute as pc

    if not pa.types.is_date(column.type) or column.null_count == len(column):
        return []
    ends = pc.min_max(column).as_py()
    return [ends["min"], ends["max"]]


def _distinct(tables: Sequence[pa.Table], name: str) -> tuple[str, ...]:
    found: set[str] = set()
    for table in tables:
        if name in table.column_names:
            found |= {str(v) for v in table.column(name).unique().to_pylist() if v is not None}
    return tuple(sorted(found))
