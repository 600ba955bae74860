"""Which columns run across: the periods and the words in their headings, told apart for all of them."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from kpi.ingest.axes import Axis, read_axis
from kpi.ingest.columns import Column
from kpi.ingest.conventions import Desk
from kpi.ingest.dates import bare
from kpi.ingest.durations import MINUTES_PER
from kpi.ingest.grids import Grid
from kpi.ingest.heads import (
    ACTUAL,
    AGGREGATES,
    COUNT,
    MEASURE,
    MEMBER,
    NOTHING,
    RATE,
    UNIT,
    UNREAD,
    Role,
    role_of,
    words_of,
)
from kpi.ingest.periods import Period, read_period
from kpi.ingest.vocabulary import unit_of
from kpi.texts import said

_FINE: Final = ("day", "week", "month")
_MOST_WORDS: Final = 3
_LONE: Final = re.compile(r"^(?:[mpwst] ?)?0?\d{1,2}$")


@dataclass(frozen=True)
class Head:
    """One column's heading taken apart: its period, what its figures are, whose they are.

    ``parts`` are the words of ``member`` by header row: a line over its shifts is two.
    """

    index: int
    period: Period | None
    role: Role
    member: str | None = None
    unit: str | None = None
    parts: tuple[str, ...] = ()


@dataclass(frozen=True)
class Across:
    """All columns of figures, taken apart. ``captions`` are words above all of them alike."""

    heads: Mapping[int, Head]
    axis: Axis | None = None
    captions: tuple[str, ...] = ()
    texts: tuple[str, ...] = field(default=())

    @property
    def periods(self) -> list[Head]:
        """The columns that stand for a period of the table's own grain, figures only."""
        grain = self.axis.grain if self.axis is not None else None
        return [h for h in self.heads.values() if h.period is not None and h.period.grain == grain]


def is_figure(column: Column) -> bool:
    """A column whose cells are figures, or blank under a heading."""
    if not column.heading:
        return False
    shares = column.shares
    if shares["date"] > 0.5 and shares["number"] < 0.5:
        return False
    return column.empty or shares["number"] + shares["clock"] > 0.5 or shares["text"] < 0.5


def take_apart(grid: Grid, desk: Desk) -> Across:
    """Every column of figures with its period and the rest of its heading."""
    figures = [i for i, c in enumerate(grid.columns) if is_figure(c)]
    layers = {i: _layers(grid, i) for i in figures}
    found = _layered(grid, layers, desk)
    if found is None:
        found = _worded(grid, figures)
    axis, periods, rests = found if found is not None else (None, {}, layers)
    rests = {
        i: [t for t in rests.get(i, layers[i]) if i not in periods or not _is_time(t, axis)]
        for i in figures
    }
    rests = _durations_told(rests)
    captions = _captions(rests, periods)
    heads = {
        i: _head(grid.columns[i], i, periods.get(i), [t for t in rests[i] if t not in captions])
        for i in figures
    }
    shown = tuple(grid.columns[i].heading for i in periods)
    return Across(heads, axis, tuple(captions), shown)


def _is_time(text: str, axis: Axis | None) -> bool:
    """Another name of the same period: its week, its month, the day of the week."""
    weekday = (
        axis is not None and axis.grain == "day" and bare(text).strip(".") in words_of("weekdays")
    )
    return weekday or read_period(text) is not None


def _durations_told(rests: dict[int, list[str]]) -> dict[int, list[str]]:
    """The word "Minutes" beside "Stops" or "Pieces" is a measure of its own, not another's unit."""
    lowest = {ts[-1] for ts in rests.values() if ts}
    times = {t for t in lowest if unit_of(t.strip("()[] .")) in MINUTES_PER}
    others = {t for t in lowest if t not in times and role_of(t).kind in (MEASURE, COUNT, UNIT)}
    if not times or not others:
        return rests
    named = {t: f"Downtime ({t.strip('()[] .')})" for t in times}
    return {i: [named.get(t, t) if len(ts) == 1 else t for t in ts] for i, ts in rests.items()}


def _layers(grid: Grid, index: int) -> list[str]:
    """The header rows of a column, blank ones and repeats left out."""
    texts = list(grid.layers[index]) if grid.layers else [grid.columns[index].heading]
    texts = [t for t in texts if t]
    return [t for k, t in enumerate(texts) if k == 0 or t != texts[k - 1]]


_Found = tuple[Axis, dict[int, Period], dict[int, list[str]]]


def _layered(grid: Grid, layers: Mapping[int, list[str]], desk: Desk) -> _Found | None:
    """The header row (or two together: year over month) that names periods, if one does."""
    depth = max((len(t) for t in layers.values()), default=0)
    windows = [(d, d + 1) for d in range(depth)] + [(d, d + 2) for d in range(depth - 1)]
    best: tuple[tuple[int, int, int], _Found] | None = None
    month = _month_said([*grid.titles, grid.sheet])
    for first, last in windows:
        texts = [" ".join(t[first:last]) for t in layers.values()]
        above = any(read_period(t) is not None for ts in layers.values() for t in ts[:first])
        axis = read_axis(texts, days=_says_days(grid), month=month or above)
        axis = _ordered(axis, texts, grid, desk)
        named = {i: p for i, p in zip(layers, axis.periods, strict=True) if p is not None}
        main = [p for p in named.values() if p.grain == axis.grain]
        if not _enough(main, axis, texts):
            continue
        dated = sum(p.year is not None for p in main)
        rank = (axis.grain in _FINE, len(main), dated)
        rests = {
            i: [t for k, t in enumerate(ts) if not (i in named and first <= k < last)]
            for i, ts in layers.items()
        }
        if best is None or rank > best[0]:
            best = ((*rank,), (axis, named, rests))
    return best[1] if best is not None else None


def _ordered(axis: Axis, texts: Sequence[str], grid: Grid, desk: Desk) -> Axis:
    """Day and month in the right order, asked where either may come first."""
    if len(axis.orders) < 2:
        return axis
    options = {o: read_axis(texts, order=o) for o in axis.orders}
    answer = desk.ask(
        "convention",
        grid.sheet,
        "dates",
        said(
            "Are the headings {texts} written with the day first or with the month first?",
            texts=", ".join(repr(t) for t in texts if read_axis([t]).periods or t)[:120],
        ),
        [
            (o, said("then the columns are {grain}", grain=_grains(options[o].grain)))
            for o in sorted(options, key=lambda o: options[o].grain != "month")
        ],
    )
    return options[answer]


def _grains(grain: str | None) -> str:
    return {"day": "days", "week": "weeks"}.get(grain or "", "months")


def _enough(main: Sequence[Period], axis: Axis, texts: Sequence[str]) -> bool:
    """Two periods, or one that is written as nothing but a month of a year can be."""
    if len(main) >= 2:
        return len({(p.grain, p.number, p.year, str(p.stamp)) for p in main}) >= 2
    if not main or axis.unsure or axis.grain not in _FINE:
        return False
    hit = next(t for t, p in zip(texts, axis.periods, strict=True) if p is not None)
    return main[0].year is not None and bool(re.search(r"[^\W\d]{3}", hit))


def _says_days(grid: Grid) -> bool:
    heads = [c.heading for c in grid.columns if not is_figure(c)]
    return any(bare(h).strip(" .:/") in words_of("days") for h in heads)


def _month_said(texts: Sequence[str]) -> bool:
    return any((p := read_period(t)) is not None and p.grain == "month" for t in texts)


def _worded(grid: Grid, figures: Sequence[int]) -> _Found | None:
    """Periods at the beginning or end of one-row headings: "Jan Produced", "Scrap KW12"."""
    texts = {i: grid.columns[i].heading for i in figures}
    for front in (True, False):
        for count in range(_MOST_WORDS, 0, -1):
            halves = {i: h for i, t in texts.items() if (h := _halves(t, count, front=front))}
            if len(halves) < 2:
                continue
            axis = read_axis([h[0] for h in halves.values()])
            named = {i: p for i, p in zip(halves, axis.periods, strict=True) if p is not None}
            distinct = {(p.grain, p.number, p.year, str(p.stamp)) for p in named.values()}
            rests = {halves[i][1] for i in named}
            if axis.unsure or len(distinct) < 2 or not _repeat(named, halves, rests):
                continue
            if len(named) < 0.5 * len(figures):
                continue
            return axis, named, {i: [halves[i][1]] for i in named}
    return None


def _repeat(
    named: Mapping[int, Period], halves: Mapping[int, tuple[str, str]], rests: set[str]
) -> bool:
    """What is beside the periods is a measure, or comes again beside most of them."""
    if any(role_of(r).kind in (MEASURE, RATE) for r in rests):
        return True
    counts = [sum(halves[i][1] == r for i in named) for r in rests]
    return min(counts) >= 2


def _halves(text: str, count: int, *, front: bool) -> tuple[str, str] | None:
    words = [w for w in re.split(r"[\s_]+|(?<=\D)[-–/|](?=\D)", text.strip()) if w]
    if len(words) <= count:
        return None
    cut = count if front else len(words) - count
    first, last = " ".join(words[:cut]), " ".join(words[cut:])
    return (first, last) if front else (last, first)


def _captions(rests: Mapping[int, list[str]], periods: Mapping[int, Period]) -> list[str]:
    """Words that stand above every column with a period alike: they part nothing."""
    if len(periods) < 2:
        return []
    sets = [set(rests[i]) for i in periods]
    common = set.intersection(*sets)
    words = [t for t in next(iter([rests[i] for i in periods])) if t in common]
    return [t for t in words if role_of(t).kind not in UNREAD]


def _head(column: Column, index: int, period: Period | None, texts: Sequence[str]) -> Head:
    roles = [role_of(t) for t in texts]
    members = [t for t, r in zip(texts, roles, strict=True) if r.kind == MEMBER]
    kinds = [r for r in roles if r.kind not in (MEMBER, UNIT, NOTHING)]
    unit = next((r.unit for r in roles if r.unit is not None), None)
    role = Role(NOTHING)
    for wanted in (UNREAD, AGGREGATES, {RATE}, {MEASURE}, {ACTUAL}):
        hit = next((r for r in kinds if r.kind in wanted), None)
        if hit is not None:
            field_ = hit.field or next((r.field for r in kinds if r.field), None)
            text = next((r.text for r in kinds if r.field and r.field == field_), hit.text)
            role = Role(hit.kind, field_, text, unit)
            break
    return Head(index, period, role, " ".join(members) or None, unit, tuple(members))


def unsure_names(across: Across) -> bool:
    """Letters with numbers that may be months or weeks, but as well machines, shifts, products."""
    return across.axis is not None and across.axis.unsure
