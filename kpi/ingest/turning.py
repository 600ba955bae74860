"""Tables with periods across: every column of a month, week or day becomes rows of its own."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np

from kpi.ingest.across import Across, Head
from kpi.ingest.agreeing import (
    RowKinds,
    check_aggregates,
    check_rate_columns,
    check_rate_rows,
    check_total_rows,
)
from kpi.ingest.conventions import Desk
from kpi.ingest.dimensions import IGNORE, TITLES, Evidence, dimension_of, told_dimension
from kpi.ingest.grids import Grid
from kpi.ingest.heads import (
    ACTUAL,
    AGGREGATES,
    COUNT,
    MEASURE,
    RATE,
    UNREAD,
    Role,
    measure_heading,
    role_of,
)
from kpi.ingest.labels import (
    label_columns,
    measure_in,
    metric_column,
    name_labels,
    names_for,
    only_kinds,
    peel_labels,
    rate_in,
    unit_column,
    without_kinds,
)
from kpi.ingest.placing import Day, months_in, place_all
from kpi.ingest.unfold import Plan, Wide, unfold
from kpi.ingest.vocabulary import unit_of, vocabulary
from kpi.ingest.wholes import Figures, without_wholes
from kpi.ingest.written_once import fill_down, sections
from kpi.model import ControlTotal
from kpi.texts import Said, said

ASKED: Final = {
    "qty_scrap": "Scrap Qty",
    "qty_produced": "Produced Qty",
    "minutes": "Downtime Minutes",
}
_MOST_PERCENT: Final = 1000.0
"""No plant reports a rate above ten times the whole; quantities mostly are above."""
_BROKEN: Final = 0.2
"""Share of figures with decimals from which pieces are doubted."""
_OWN: Final = "Reported figure"
_COARSE: Final = ("quarter", "year")


def turn_periods(grid: Grid, across: Across, desk: Desk) -> Grid | Said:
    """The table with one row per row and period; or why it cannot be had."""
    figures = [h for h in across.periods if h.role.kind not in UNREAD | AGGREGATES]
    if figures and all(_counts_on(grid, h) for h in figures):
        return said("the columns under its periods count 1, 2, 3, ...: a calendar, no figures")
    days = _days(figures, grid, desk)
    if days is None:
        return _no_year(grid, figures, desk)
    figures = [h for h in figures if days[h.index] is not None]
    table = _labelled(grid, across, desk)
    figures = _without_future(table.grid, figures, days, desk)
    _note_unread(table.grid, across, table.labels, desk)
    table = replace(table, grid=without_wholes(table.grid, _figures(table, figures), desk))
    measures = _Measures.of(table, figures, across, desk)
    if _counts_of_long_periods(across, measures):
        return said(
            "its figures are sums of quarters or years: they belong to no month. Export it by month "
            "or week"
        )
    table, figures, proven = _agreed(table, across, figures, days, measures, desk)
    return _unfolded(table, figures, days, measures, across, proven, desk)


def _counts_on(grid: Grid, head: Head) -> bool:
    """The column numbers its rows from 1, as a calendar's days."""
    values = grid.columns[head.index].as_numbers().values
    values = values[~np.isnan(values)]
    return len(values) > 5 and bool((values == np.arange(1, len(values) + 1)).all())


# --- when -------------------------------------------------------------------------------------


def _days(figures: Sequence[Head], grid: Grid, desk: Desk) -> dict[int, Day] | None:
    periods = [h.period for h in figures if h.period is not None]
    months = [_month_above(grid, h) for h in figures]
    distinct = list(dict.fromkeys(periods))
    if len(distinct) < len(periods) and all(m is None for m in months):
        placed = place_all(distinct, [None] * len(distinct), grid, desk)
        if placed is None:
            return None
        by_period = dict(zip(distinct, placed, strict=True))
        return {h.index: by_period[h.period] for h in figures if h.period is not None}  # type: ignore[misc]
    placed = place_all(periods, months, grid, desk)
    if placed is None:
        return None
    return {h.index: d for h, d in zip(figures, placed, strict=True)}  # type: ignore[misc]


def _month_above(grid: Grid, head: Head) -> Day | None:
    """The month that another header row names above a day."""
    if head.period is None or head.period.grain != "day" or not grid.layers:
        return None
    for text in grid.layers[head.index]:
        for month in months_in(text):
            if month.year is not None:
                return np.datetime64(f"{month.year:04d}-{month.number:02d}-01", "us")
    return None


def _no_year(grid: Grid, figures: Sequence[Head], desk: Desk) -> Said:
    shown = ", ".join(grid.columns[h.index].heading for h in figures[:3])
    desk.note(
        grid.sheet,
        said("periods {periods} ... without a year", periods=shown),
        expected=said("a year in a heading, in the title or in the sheet's name"),
        advice=said("Write the year above the periods or into the sheet's name, and upload again."),
    )
    return said("its periods have no year")


def _without_future(
    grid: Grid, figures: list[Head], days: Mapping[int, Day], desk: Desk
) -> list[Head]:
    """Periods at the end that hold only zeros are still to come: no figure, and no zero either."""
    order = sorted({days[h.index] for h in figures})
    idle, zeros = set(), False
    for day in reversed(order):
        values = np.concatenate(
            [grid.columns[h.index].as_numbers().values for h in figures if days[h.index] == day]
        )
        if (np.nan_to_num(values) != 0).any() or any(
            grid.columns[h.index].clocks is not None for h in figures if days[h.index] == day
        ):
            break
        idle.add(day)
        zeros |= bool((values == 0).any())
    if not zeros or len(idle) == len(order):
        return figures
    gone = [grid.columns[h.index].heading for h in figures if days[h.index] in idle]
    desk.note(
        grid.sheet,
        said(
            "{first} to {last} hold nothing but zeros: taken as still to come, not as figures of 0",
            first=repr(gone[0]),
            last=repr(gone[-1]),
        ),
    )
    return [h for h in figures if days[h.index] not in idle]


# --- whose ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Labelled:
    """The table with its labels in order: which column names the figures, which the rest."""

    grid: Grid
    labels: tuple[int, ...]
    metric: int | None


def _labelled(grid: Grid, across: Across, desk: Desk) -> Labelled:
    beside = [i for i in across.heads if across.heads[i].period is not None]
    labels = label_columns(grid, beside)
    grid = sections(grid, labels, beside, desk)
    labels = label_columns(grid, beside)
    by_columns = any(h.role.kind == MEASURE for h in across.periods)
    metric = None if by_columns else metric_column(grid, labels)
    if metric is None and not by_columns:
        grid = peel_labels(grid, labels)
        labels = label_columns(grid, beside)
        metric = metric_column(grid, labels)
    grid = fill_down(grid, labels, metric, desk)
    grid = without_kinds(grid, labels, metric, desk)
    labels = [i for i in labels if i == metric or not only_kinds(grid.columns[i])]
    return Labelled(grid, tuple(labels), metric)


def _note_unread(grid: Grid, across: Across, labels: Sequence[int], desk: Desk) -> None:
    """Columns of targets and comparisons are named, with a value each; so are other figures."""
    known = UNREAD | AGGREGATES
    others = [
        h
        for h in across.heads.values()
        if h.period is None and h.index not in labels and h.role.kind not in known
        and not grid.columns[h.index].empty
    ]  # fmt: skip
    if others:
        listed = ", ".join(repr(grid.columns[h.index].heading) for h in others)
        desk.note(
            grid.sheet,
            said("{headings} stand beside the periods and are of none: not read", headings=listed),
        )
    for head in across.heads.values():
        column = grid.columns[head.index]
        if head.role.kind not in UNREAD or column.empty:
            continue
        values = ", ".join(column.examples(3))
        text = said(
            "{heading} is a target or a comparison, not a figure of the plant ({values}): it is not "
            "read",
            heading=repr(column.heading),
            values=values,
        )
        if head.role.kind == COUNT:
            text = said(
                "{heading} counts stops ({values}): it is not read, stops are counted one by one",
                heading=repr(column.heading),
                values=values,
            )
        desk.note(grid.sheet, text, column.heading)


def _figures(table: Labelled, figures: Sequence[Head]) -> Figures:
    grid, metric = table.grid, table.metric
    cells = np.stack([grid.columns[h.index].as_numbers().values for h in figures], axis=1)
    names = grid.columns[metric].as_text().to_pylist() if metric is not None else [""] * len(grid)
    beside = [i for i in table.labels if i != metric]
    return Figures(cells, names, {i: grid.columns[i].as_text().to_pylist() for i in beside})


# --- what -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Measures:
    """What the figures are: per row, where a label tells; else one for all, or by column."""

    by_row: tuple[str | None, ...] | None
    kinds: RowKinds
    all: str | None = None
    all_field: str | None = None

    @classmethod
    def of(
        cls, table: Labelled, figures: Sequence[Head], across: Across, desk: Desk
    ) -> "_Measures":
        grid = table.grid
        none = RowKinds((None,) * len(grid))
        if table.metric is not None:
            texts = grid.columns[table.metric].as_text().to_pylist()
            roles = tuple(None if t is None else role_of(t) for t in texts)
            units = _units(grid, table)
            names = [
                None if t is None or r is None else _headed(t, r, u)
                for t, r, u in zip(texts, roles, units, strict=True)
            ]
            return cls(tuple(names), RowKinds(roles))
        if any(h.role.kind in (MEASURE, RATE) for h in figures):
            return cls(None, none)
        heading, field = _one_measure(table, figures, across, desk)
        role = Role(MEASURE if field is not None else RATE, field, heading)
        return cls(None, RowKinds((role,) * len(grid)), heading, field)

    def heading_of(self, head: Head) -> str:
        """The heading that the figures of a column get."""
        if self.all is not None:
            return self.all
        role = head.role
        if role.kind == ACTUAL and vocabulary().is_plain_quantity(role.text):
            return role.text
        if role.kind == RATE and role.field is None:
            return role.text or "%"
        return measure_heading(role.text, role.field, head.unit)

    @property
    def fields(self) -> frozenset[str]:
        """The known measures of the rows."""
        return frozenset(
            r.field for r in self.kinds.roles if r is not None and r.kind == MEASURE and r.field
        )


def _units(grid: Grid, table: Labelled) -> list[str | None]:
    place = unit_column(grid, table.labels)
    if place is None:
        return [None] * len(grid)
    return [None if t is None else t.strip() for t in grid.columns[place].as_text().to_pylist()]


def _headed(text: str, role: Role, unit: str | None) -> str:
    """The heading of a metric's figures: with the unit that stands beside it, if it has none."""
    if role.kind != MEASURE:
        return text
    known = unit_of(unit) if unit else None
    if known is None or role.unit is not None:
        return measure_heading(text, role.field, role.unit)
    heading = measure_heading(text, role.field)
    return f"{heading} ({unit})"


def _one_measure(
    table: Labelled, figures: Sequence[Head], across: Across, desk: Desk
) -> tuple[str, str | None]:
    """What the figures of a table of periods are, where no row says it: the titles, else asked."""
    grid = table.grid
    labels = [grid.columns[i].heading for i in table.labels]
    aggregates = [h.role for h in across.heads.values() if h.role.kind in AGGREGATES]
    told_by = [*across.captions, *grid.titles, *labels, grid.sheet]
    cells = np.concatenate([grid.columns[h.index].as_numbers().values for h in figures])
    if (rate := rate_in(told_by)) is not None and _may_be_rates(cells):
        return rate, None
    told = measure_in(told_by)
    told = told or next(((r.field, r.text) for r in aggregates if r.field), None)
    if told is not None and not (rate is not None or _looks_like_rates(cells, told)):
        field, text = told
        return measure_heading(text, field), field
    answer = ask_measure(grid, cells, desk)
    return ASKED.get(answer, _OWN), answer if answer in ASKED else None


def _may_be_rates(cells: np.ndarray) -> bool:
    there = cells[~np.isnan(cells)]
    return len(there) == 0 or float(np.abs(there).max()) <= _MOST_PERCENT


def _looks_like_rates(cells: np.ndarray, told: tuple[str, str]) -> bool:
    """Small fractions under a word for pieces: a title says "scrap" and may mean its rate."""
    there = cells[~np.isnan(cells)]
    pieces = told[0] in ("qty_scrap", "qty_produced", "qty_good", "qty_rework")
    weighed = role_of(told[1]).unit not in (None, "pcs")
    broken = len(there) > 0 and float((there != np.floor(there)).mean()) > _BROKEN
    return pieces and not weighed and broken and _may_be_rates(cells)


def ask_measure(grid: Grid, cells: np.ndarray, desk: Desk, headings: tuple[str, ...] = ()) -> str:
    """What the figures of a table count, by the user's word; of periods where no headings are named."""
    options = [
        ("qty_scrap", said("scrapped pieces")),
        ("qty_produced", said("pieces produced")),
        ("minutes", said("minutes of downtime")),
        ("value", said("a figure of the plant's own, kept as reported")),
    ]
    there = cells[~np.isnan(cells)]
    if (there != np.floor(there)).any():
        options.insert(0, options.pop())  # no pieces: a rate, hours or days
    return desk.ask(
        "field",
        grid.sheet,
        "measure",
        said("What do the figures under the months or weeks count?")
        if headings == ()
        else said("What do the figures under {headings} count?", headings=", ".join(headings[:4])),
        options,
        samples=tuple(f"{v:g}" for v in there[:3]),
    )


def _counts_of_long_periods(across: Across, measures: _Measures) -> bool:
    if across.axis is None or across.axis.grain not in _COARSE:
        return False
    by_column = {h.role.field for h in across.periods if h.role.kind == MEASURE}
    return bool(measures.fields or by_column - {None})


# --- checks -----------------------------------------------------------------------------------


def _agreed(
    table: Labelled,
    across: Across,
    figures: list[Head],
    days: Mapping[int, Day],
    measures: _Measures,
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


# --- the turn ---------------------------------------------------------------------------------


def _unfolded(
    table: Labelled,
    figures: Sequence[Head],
    days: Mapping[int, Day],
    measures: _Measures,
    across: Across,
    proven: Sequence[ControlTotal],
    desk: Desk,
) -> Grid:
    if len(measures.kinds.roles) != len(table.grid):
        measures = _Measures.of(table, figures, across, desk)
    fields = measures.fields | {h.role.field for h in figures if h.role.field}
    if "minutes" in fields | {measures.all_field}:
        say_sums_of_stops(table.grid, desk)
    unit = unit_column(table.grid, table.labels)
    skip = frozenset(i for i in (table.metric, unit) if i is not None)
    dimension, members = _dimension(table.grid, figures, fields, across, desk)
    grid = table.grid
    if not _repeats(measures, table, skip):
        grid = name_labels(grid, table.labels, fields, desk, skip)
    table = replace(table, grid=grid)
    wide = tuple(
        Wide(h.index, days[h.index], members.get(h.index), measures.heading_of(h)) for h in figures
    )
    assert across.axis is not None
    plan = Plan(
        wide,
        tuple(i for i in table.labels if i != table.metric),
        grain=across.axis.grain,
        dimension=dimension,
        metrics=measures.by_row,
        keys=_keys(table, measures),
        idle=frozenset(w.measure or "" for w, h in zip(wide, figures, strict=True)
                       if (h.role.field or measures.all_field) == "minutes")
        | frozenset(_idle_rows(measures)),
    )  # fmt: skip
    return replace(unfold(grid, plan), proven=(*grid.proven, *proven))


def say_sums_of_stops(grid: Grid, desk: Desk) -> None:
    """Minutes under a period or reason are the sum of its stops, however many there were."""
    desk.note(
        grid.sheet,
        said(
            "each figure is the time of all stops under its heading: how many there were, and how "
            "long one took, cannot be told from it"
        ),
    )


def _idle_rows(measures: _Measures) -> set[str]:
    if measures.by_row is None:
        return set()
    pairs = zip(measures.by_row, measures.kinds.roles, strict=True)
    return {n for n, r in pairs if n is not None and r is not None and r.field == "minutes"}


def _repeats(measures: _Measures, table: Labelled, skip: frozenset[int]) -> bool:
    """Every metric stands once: what other labels there are, they part no figures."""
    if measures.by_row is None:
        return False
    names = [n for n in measures.by_row if n is not None]
    others = [i for i in table.labels if i not in skip]
    return len(set(names)) == len(names) or not others


def _keys(table: Labelled, measures: _Measures) -> tuple[tuple[Any, ...], ...]:
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


def _measured_units(grid: Grid, unit: int, measures: _Measures) -> tuple[Any, ...]:
    texts = grid.columns[unit].as_text().to_pylist()
    pieces = []
    for text, role in zip(texts, measures.kinds.roles, strict=True):
        known = unit_of(text) or text if text else None
        counted = role is not None and role.kind == MEASURE and known in (None, "pcs", "%")
        pieces.append(None if counted else known)
    return tuple(pieces)


def _dimension(
    grid: Grid, figures: Sequence[Head], fields: frozenset[str], across: Across, desk: Desk
) -> tuple[str | None, dict[int, str | None]]:
    """The dimension of the words beside the periods, and each column's member."""
    members = {h.index: h.member for h in figures}
    texts = list(dict.fromkeys(m for m in members.values() if m is not None))
    if not texts:
        return None, members
    titled = [d for t in grid.titles if (d := told_dimension(t, title=True))]
    evidence = Evidence((*across.captions, *titled), fields, names_for(texts, desk))
    found = dimension_of(texts, evidence, grid.sheet, "members", desk)
    return (None if found == IGNORE else TITLES[found]), members
