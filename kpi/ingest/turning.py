"""Tables with periods across: every column of a month, week or day becomes rows of its own."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from kpi.ingest.across import Across, Head
from kpi.ingest.agreeing import (
    check_aggregates,
    check_total_rows,
)
from kpi.ingest.conventions import Desk
from kpi.ingest.dimensions import IGNORE, TITLES, Evidence, dimension_of, told_dimension
from kpi.ingest.grids import Grid
from kpi.ingest.heads import (
    AGGREGATES,
    MEASURE,
    UNREAD,
)
from kpi.ingest.labelled import Labelled, figures_of, labelled, note_unread
from kpi.ingest.labels import (
    label_columns,
    name_labels,
    names_for,
    unit_column,
)
from kpi.ingest.measuring_across import Measures, of_long_periods, say_sums_of_stops
from kpi.ingest.months import months_down
from kpi.ingest.placing import Day
from kpi.ingest.rates_across import check_rate_columns, check_rate_rows
from kpi.ingest.timing import days_of, without_future, without_year
from kpi.ingest.unfold import Plan, Wide, unfold
from kpi.ingest.vocabulary import unit_of, vocabulary
from kpi.ingest.wholes import without_wholes
from kpi.model import ControlTotal, Severity
from kpi.texts import Said, said


def turn_periods(grid: Grid, across: Across, desk: Desk) -> Grid | Said:
    """The table with one row per row and period; or why it cannot be had."""
    figures = [h for h in across.periods if h.role.kind not in UNREAD | AGGREGATES]
    by_year = across.axis is not None and across.axis.grain == "year"
    if by_year and (month := months_down(grid)) is not None:
        return _years_over_months(grid, figures, month, across, desk)
    if figures and all(_counts_on(grid, h) for h in figures):
        return said("the columns under its periods count 1, 2, 3, ...: a calendar, no figures")
    days = days_of(figures, grid, desk)
    if days is None:
        return without_year(grid, figures, desk)
    figures = [h for h in figures if days[h.index] is not None]
    if not figures:
        return said("its columns under periods hold targets, comparisons or totals, no figures")
    table = labelled(grid, across, desk)
    figures = without_future(table.grid, figures, days, desk)
    note_unread(table.grid, across, table.labels, desk)
    table = replace(table, grid=without_wholes(table.grid, figures_of(table, figures), desk))
    measures = Measures.of(table, figures, across, desk)
    if of_long_periods(across, measures):
        return said(
            "its figures are sums of quarters or years: they belong to no month. Export it by month "
            "or week"
        )
    table, figures, proven = _agreed(table, across, figures, days, measures, desk)
    return _unfolded(table, figures, days, measures, across, proven, desk)


def _years_over_months(
    grid: Grid, figures: Sequence[Head], month: int, across: Across, desk: Desk
) -> Grid:
    """A column per year beside a column of months: the year becomes a column, the months tell the rest."""
    table = Labelled(grid, tuple(label_columns(grid, [h.index for h in figures])), None)
    measures = Measures.of(table, figures, across, desk)
    plan = Plan(
        tuple(
            Wide(h.index, None, (str(h.period.year),), measures.heading_of(h))
            for h in figures
            if h.period is not None
        ),
        tuple(dict.fromkeys((month, *table.labels))),
        dimensions=("Year",),
    )
    return unfold(grid, plan)


def _counts_on(grid: Grid, head: Head) -> bool:
    """The column numbers its rows from 1, as a calendar's days."""
    values = grid.columns[head.index].as_numbers().values
    values = values[~np.isnan(values)]
    return len(values) > 5 and bool((values == np.arange(1, len(values) + 1)).all())


def _agreed(
    table: Labelled,
    across: Across,
    figures: list[Head],
    days: Mapping[int, Day],
    measures: Measures,
    desk: Desk,
) -> tuple[Labelled, list[Head], list[ControlTotal]]:
    """Totals and rates held against what they are made of; then they are left out."""
    grid = table.grid
    kinds = measures.kinds
    proven = check_aggregates(grid, across, figures, dict(days), kinds, desk)
    proven += check_total_rows(grid, figures, table.metric, kinds, desk)
    slots: dict[tuple[str, str | None], list[Head]] = {}
    for head in figures:
        slots.setdefault((str(days[head.index]), head.member), []).append(head)
    drop = check_rate_columns(grid, list(slots.values()), desk)
    figures = [h for h in figures if h.index not in drop]
    if table.metric is not None:
        keys = _keys(table, measures)
        gone = check_rate_rows(grid, figures, kinds, keys, desk)
        if gone.any():
            keep = np.flatnonzero(~gone)
            table = replace(table, grid=grid.with_rows(keep))
    return table, figures, proven


def _unfolded(
    table: Labelled,
    figures: Sequence[Head],
    days: Mapping[int, Day],
    measures: Measures,
    across: Across,
    proven: Sequence[ControlTotal],
    desk: Desk,
) -> Grid:
    if len(measures.kinds.roles) != len(table.grid):
        measures = Measures.of(table, figures, across, desk)
    fields = measures.fields | {h.role.field for h in figures if h.role.field}
    if "minutes" in fields | {measures.all_field}:
        say_sums_of_stops(table.grid, desk)
    unit = unit_column(table.grid, table.labels)
    skip = frozenset(i for i in (table.metric, unit) if i is not None)
    dimensions, members = _dimensions(table.grid, figures, fields, across, desk)
    grid = table.grid
    if not _repeats(measures, table, skip):
        grid = name_labels(grid, table.labels, fields, desk, skip)
    table = replace(table, grid=grid)
    wide = tuple(
        Wide(h.index, days[h.index], members[h.index], measures.heading_of(h)) for h in figures
    )
    _say_doubled(grid, wide, desk)
    _say_unnamed(grid, wide, measures, desk)
    assert across.axis is not None
    plan = Plan(
        wide,
        tuple(i for i in table.labels if i != table.metric),
        grain=across.axis.grain,
        dimensions=dimensions,
        metrics=measures.by_row,
        keys=_keys(table, measures),
        idle=frozenset(w.measure or "" for w, h in zip(wide, figures, strict=True)
                       if (h.role.field or measures.all_field) == "minutes")
        | frozenset(_idle_rows(measures)),
    )  # fmt: skip
    return replace(unfold(grid, plan), proven=(*grid.proven, *proven))


def _say_doubled(grid: Grid, wide: Sequence[Wide], desk: Desk) -> None:
    """Two columns of one period, member and measure: both are read, and it is pointed out."""
    seen: dict[tuple[object, ...], int] = {}
    for column in wide:
        key = (str(column.day), column.members, column.measure)
        first = seen.setdefault(key, column.index)
        if first != column.index:
            heading = grid.columns[column.index].heading
            desk.note(
                grid.sheet,
                said(
                    "columns {first} and {second} are both of {heading}: the figures of both are read",
                    first=grid.columns[first].letter,
                    second=grid.columns[column.index].letter,
                    heading=repr(heading),
                ),
                heading,
                severity=Severity.WARNING,
                expected=said("one column for each period"),
                advice=said("If one is a target or of another year, say so in its heading."),
            )


def _say_unnamed(grid: Grid, wide: Sequence[Wide], measures: Measures, desk: Desk) -> None:
    """Rows of figures that nothing names are not read, and it is pointed out."""
    if measures.by_row is None:
        return
    filled = np.any([grid.columns[w.index].filled for w in wide], axis=0)
    unnamed = [r for r, name in enumerate(measures.by_row) if name is None and filled[r]]
    for row in unnamed[:20]:
        desk.note(
            grid.sheets[row].as_py(),
            said("nothing says what the figures of this row are: they are not read"),
            severity=Severity.WARNING,
            row=int(grid.rows[row]),
            expected=said("the name of a figure in every row"),
            advice=said("Write the name of the figure into the row and upload the file again."),
        )


def _idle_rows(measures: Measures) -> set[str]:
    if measures.by_row is None:
        return set()
    pairs = zip(measures.by_row, measures.kinds.roles, strict=True)
    return {n for n, r in pairs if n is not None and r is not None and r.field == "minutes"}


def _repeats(measures: Measures, table: Labelled, skip: frozenset[int]) -> bool:
    """Every metric stands once: what other labels there are, they part no figures."""
    if measures.by_row is None or table.own is not None:
        return False
    names = [n for n in measures.by_row if n is not None]
    others = [i for i in table.labels if i not in skip]
    return len(set(names)) == len(names) or not others


def _keys(table: Labelled, measures: Measures) -> tuple[tuple[Any, ...], ...]:
    """The labels that part the rows of one metric; of units, only those that cannot be added."""
    if measures.by_row is None:
        return ()
    grid = table.grid
    unit = unit_column(grid, table.labels)
    out: list[tuple[Any, ...]] = [_measured_units(grid, unit, measures)] if unit is not None else []
    own = [i for i in table.labels if i not in (table.metric, unit)]
    dims = [i for i in own if _parts(grid, i)]
    names = list(measures.by_row)
    for chosen in (dims, own):
        keys = [grid.columns[i].as_text().to_pylist() for i in chosen]
        marks = [m for m in zip(names, *keys, strict=True) if m[0] is not None]
        if len(set(marks)) == len(marks) or chosen is own:
            return (*out, *(tuple(k) for k in keys))
    return tuple(out)


def _parts(grid: Grid, index: int) -> bool:
    named = grid.columns[index].named
    return vocabulary().dimension(named.tokens) is not None


def _measured_units(grid: Grid, unit: int, measures: Measures) -> tuple[Any, ...]:
    texts = grid.columns[unit].as_text().to_pylist()
    pieces = []
    for text, role in zip(texts, measures.kinds.roles, strict=True):
        known = unit_of(text) or text if text else None
        counted = role is not None and role.kind == MEASURE and known in (None, "pcs", "%")
        pieces.append(None if counted else known)
    return tuple(pieces)


def _dimensions(
    grid: Grid, figures: Sequence[Head], fields: frozenset[str], across: Across, desk: Desk
) -> tuple[tuple[str, ...], dict[int, tuple[str | None, ...]]]:
    """The dimensions of the words beside the periods, level by level, and each column's members."""
    depths = {len(h.parts) for h in figures}
    levels: list[dict[int, str | None]] = [{h.index: h.member for h in figures}]
    if len(depths) == 1 and depths != {0}:
        levels = [{h.index: h.parts[k] for h in figures} for k in range(depths.pop())]
    levels = [
        level for level in levels if len(set(level.values()) - {None}) > 1 or len(levels) == 1
    ]
    titled = [d for t in grid.titles if (d := told_dimension(t, title=True))]
    headings: list[str] = []
    kept: list[dict[int, str | None]] = []
    for number, level in enumerate(levels):
        texts = [t for t in dict.fromkeys(level.values()) if t is not None]
        if not texts:
            continue
        above = (*across.captions, *(titled if len(levels) == 1 else ()))
        evidence = Evidence(above, fields, names_for(texts, desk))
        topic = "members" if number == 0 else f"members:{number}"
        found = dimension_of(texts, evidence, grid.sheet, topic, desk)
        if found != IGNORE and TITLES[found] not in headings:
            headings.append(TITLES[found])
            kept.append(level)
    return tuple(headings), {h.index: tuple(level[h.index] for level in kept) for h in figures}
