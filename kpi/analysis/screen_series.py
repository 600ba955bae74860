"""Which series are looked at for "What needs attention", and the evidence of each."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, fields, replace
from datetime import date
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from kpi.analysis import marked
from kpi.analysis.home import Home
from kpi.analysis.results import Filters
from kpi.measures import CATALOG, FactSource, Kpi, SeriesQuestion, reported_kpis
from kpi.measures.wide import Wide, wide
from kpi.model import Direction
from kpi.qms import NO_NOTES, ChartNotes, Slice
from kpi.settings import Settings
from kpi.spc import Evidence, evidence

Mask = npt.NDArray[np.bool_]
Values = npt.NDArray[np.float64]

DUE: Final = "the due date that counts"

FAMILIES: Final = (
    ("scrap_rate", "scrap_weight_rate"),
    ("rework_rate",),
    ("unplanned_share", "downtime_hours"),
    ("stops",),
    ("mttr",),
    ("performance",),
    ("changeover_minutes",),
    (DUE,),
    ("otd_first_promise",),
    ("otif",),
    ("overdue_backlog",),
    ("complaint_rate", "complaints"),
    ("returns_ppm",),
    ("supplier_otd",),
    ("supplier_ppm",),
)
"""KPIs looked at, a later one of a family only where an earlier one has too few data.

Others are views of these: ppm, cost, first pass yield and quality ratio of scrap and rework; MTBF of
stops; availability, OEE and recorded minutes of downtime; the other due dates, and orders and
quantities, of order lines; the cost of poor quality of its parts. How late the late lines are is left
to the page of deliveries: a mean over a few lines, now and then, is mostly one customer's one order.
"""

SINGLE: Final = ("line", "machine", "shift", "product", "reason", "customer", "supplier")

CROSSES: Final = (
    ("line", "reason"), ("line", "machine"), ("line", "shift"), ("line", "product"),
    ("machine", "reason"), ("product", "reason"), ("customer", "product"), ("customer", "reason"),
    ("supplier", "product"),
)  # fmt: skip
"""Pairs of dimensions in which a cause usually shows, within a plant."""

COUNTED: Final = frozenset({"p", "u", "laney_p", "laney_u"})
"""Charts of a count over a size."""

CORES: Final = 2
"""So many families are looked at side by side."""

SEASONS: Final = {"month": 12, "week": 52, "quarter": 4, "fiscal": 12}


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """One KPI over one split: its figures (T, S), the evidence of each slice, and which are judged.

    A slice is judged where it has enough data, is named, and is no other one under a second name.
    """

    kpi: Kpi
    figures: Wide
    evidence: Evidence
    judged: Mask
    where: Slice  # the page's filter, without the dimensions of the split
    phase_from: npt.NDArray[np.int64]  # first point of the current phase, (S,)
    hidden: Mask  # points that a person excluded, (T, S)

    def slice(self, column: int) -> Slice:
        """The slice of a column, as pages filter by it."""
        own = zip(self.figures.by, self.figures.slices[column], strict=True)
        return (*((d, str(v)) for d, v in own), *self.where)

    @property
    def is_ratio(self) -> bool:
        """Whether there is something below the line."""
        return bool(self.kpi.denominator)


def screened_filters(filters: Filters) -> Filters:
    """The same by month, where days were asked for: a day is too short to tell a change by."""
    return replace(filters, period="month") if filters.period == "day" else filters


def blocks(home: Home, filters: Filters) -> Iterator[Block]:
    """Every KPI over every split that the data carry.

    Two families at a time: reading and sums over large arrays leave the other core idle.
    """
    source, settings = home.view(filters.ledger), home.settings
    looked_at = _Looked(
        source, settings, filters, marked.standing_notes(home), marked.Settled(source)
    )
    families = [*_families(settings), *((k.id,) for k in reported_kpis(source))]
    with ThreadPoolExecutor(CORES) as pool:
        for found in pool.map(looked_at.family, families):
            yield from found


def _families(settings: Settings) -> Iterator[tuple[str, ...]]:
    """The families, with the due date that counts; a date that counts is looked at once."""
    due = settings.delivery.due_date
    for family in FAMILIES:
        if family[0] != "otd_first_promise" or due != "first_promise":
            yield tuple(f"otd_{due}" if id == DUE else id for id in family)


@dataclass(frozen=True, slots=True, eq=False)
class _Looked:
    """What is looked at: facts, and what people noted on them."""

    source: FactSource
    settings: Settings
    filters: Filters
    notes: ChartNotes
    settled: marked.Settled

    def family(self, ids: tuple[str, ...]) -> list[Block]:
        """The blocks of a family, each slice judged by the first KPI that has it."""
        out, seen = list[Block](), set[Slice]()
        for id in ids:
            drawn = [self._drawn(id, by) for by in splits(CATALOG.get(id))]
            for block in _judged([d for d in drawn if d], self.filters, self.settings):
                if len(ids) > 1:
                    _first_only(block, seen)
                out.append(block)
        return out

    def _drawn(self, id: str, by: tuple[str, ...]) -> "_Drawn | None":
        asked, period = self.filters, self.filters.period
        question = SeriesQuestion(id, period, by, asked.where, asked.first, asked.last, asked.as_of)
        figures = closed(wide(self.source, question, self.settings))
        if not figures.series or not len(figures.labels):
            return None
        where = tuple(pair for pair in asked.where if pair[0] not in by)
        return _Drawn(figures, where, *_noted(figures, where, self.notes, self.settled, period))


def splits(kpi: Kpi | None) -> tuple[tuple[str, ...], ...]:
    """The splits a KPI is looked at by; figures as reported only by plant."""
    if kpi is None:
        return (("plant",),)
    dims = set(kpi.dimensions)
    if kpi.direction is Direction.HIGHER:  # a reason tells why something failed, not why it did not
        dims -= {"reason"}
    if kpi.id == "overdue_backlog":
        dims &= {"plant", "customer"}
    single = tuple(("plant", d) for d in SINGLE if d in dims)
    crosses = tuple(("plant", *pair) for pair in CROSSES if set(pair) <= dims)
    return (("plant",), *single, *crosses)


@dataclass(frozen=True, slots=True, eq=False)
class _Drawn:
    """The figures of one split before they are judged, and what people noted on them."""

    figures: Wide
    where: Slice
    phases: npt.NDArray[np.int64] | None
    hidden: Mask


def _judged(drawn: list[_Drawn], filters: Filters, settings: Settings) -> list[Block]:
    """The evidence of all splits of a KPI in one go: their periods are the same."""
    if not drawn:
        return []
    kpi = drawn[0].figures.kpi
    phases = None
    if any(d.phases is not None for d in drawn):
        phases = np.hstack([_phases(d) for d in drawn])
    hidden = np.hstack([d.hidden for d in drawn])
    found = judged_by(
        kpi,
        np.hstack([d.figures.numerator for d in drawn]),
        np.hstack([d.figures.denominator for d in drawn]),
        np.hstack([d.figures.value for d in drawn]),
        season=season_of(filters.period, settings),
        phases=phases,
        excluded=hidden if hidden.any() else None,
    )
    out, start, same = [], 0, set[int]()
    for one in drawn:
        here = slice(start, start + one.figures.series)
        start = here.stop
        mine = Evidence(**{f.name: getattr(found, f.name)[here] for f in fields(Evidence)})
        named = np.array(
            [all(v is not None for v in row) for row in one.figures.slices], dtype=bool
        )
        own = _phases(one)
        out.append(
            Block(
                one.figures.kpi, one.figures, mine, named & mine.enough & _new(one.figures, same),
                one.where, (own == own[-1]).argmax(axis=0), one.hidden,
            )
        )  # fmt: skip
    return out


def _phases(one: _Drawn) -> npt.NDArray[np.int64]:
    if one.phases is not None:
        return one.phases
    return np.ones(one.figures.value.shape, dtype=np.int64)


def _first_only(block: Block, seen: set[Slice]) -> None:
    """Leave out the slices that an earlier KPI of the family has."""
    for column in np.flatnonzero(block.judged).tolist():
        own = block.slice(column)
        block.judged[column] = own not in seen
        seen.add(own)


def judged_by(
    kpi: Kpi, numerator: Values, denominator: Values, value: Values, **options: Any
) -> Evidence:
    """The evidence of a KPI's series (T, S), on the KPI's own chart; levels in the KPI's unit."""
    if kpi.default_chart not in COUNTED:
        return evidence(kpi.default_chart, values=value, **options)
    gap = np.isnan(value)
    count, size = np.where(gap, np.nan, numerator), np.where(gap, np.nan, denominator)
    found = evidence(kpi.default_chart, count=count, size=size, multiply=float(kpi.per), **options)
    # Where amounts turn out to be no counts they are plotted as individuals, as they are.
    scale = np.where(np.isin(found.kind, ("imr", "run")), float(kpi.per), 1.0)
    return replace(found, usual=found.usual * scale, recent=found.recent * scale)


def season_of(period: str, settings: Settings) -> int:
    """Periods in a year; 0 where a year has one."""
    if period == "fiscal" and settings.fiscal.kind == "13":
        return 13
    return SEASONS.get(period, 0)


STOCKS: Final = frozenset({"overdue_backlog"})
"""KPIs that are a stock: they can be counted on any day."""


def closed(figures: Wide) -> Wide:
    """Without periods that begin after the report date: they hold only what came early.

    Sums, other than ratios, also without the period that is not over: it can only be too small.
    """
    if figures.report_date is None:
        return figures
    today = np.datetime64(figures.report_date)
    if figures.kpi.denominator or figures.kpi.id in STOCKS:
        kept = int(np.searchsorted(figures.starts, today, side="right"))
    else:
        kept = int(np.searchsorted(figures.ends, today, side="right"))
    if kept == len(figures.labels):
        return figures
    return replace(
        figures,
        labels=figures.labels[:kept],
        starts=figures.starts[:kept],
        ends=figures.ends[:kept],
        numerator=figures.numerator[:kept],
        denominator=figures.denominator[:kept],
        value=figures.value[:kept],
        state=figures.state[:kept],
    )


def _new(figures: Wide, same: set[int]) -> Mask:
    """Slices whose figures no slice before had: the one machine of a line is that line."""
    both = np.concatenate([figures.numerator, figures.denominator, figures.value])
    columns = np.ascontiguousarray(np.where(np.isnan(both), -1.0, both).T)
    fresh = np.ones(len(columns), dtype=bool)
    for place, column in enumerate(columns):
        mark = hash(column.tobytes())
        fresh[place] = mark not in same
        same.add(mark)
    return fresh


def _noted(
    figures: Wide, where: Slice, notes: ChartNotes, settled: marked.Settled, period: str
) -> tuple[npt.NDArray[np.int64] | None, Mask]:
    """Accepted phases and excluded points of each slice; ``None``: no phase but the first."""
    hidden = np.zeros(figures.value.shape, dtype=bool)
    if notes == NO_NOTES:
        return None, hidden
    known = notes.settled(settled)
    column_of = {
        frozenset((*zip(figures.by, row, strict=True), *where)): column
        for column, row in enumerate(figures.slices)
    }
    phases = np.ones(figures.value.shape, dtype=np.int64)
    for note in known.phases:
        column = column_of.get(frozenset(note.slice))
        if note.kpi == figures.kpi.id and note.period == period and column is not None:
            phases[:, column] += figures.starts >= np.datetime64(note.start)
    for point in known.exclusions:
        column = column_of.get(frozenset(point.slice))
        if point.kpi == figures.kpi.id and point.period == period and column is not None:
            hidden[figures.starts == np.datetime64(point.start), column] = True
    return (phases if (phases != 1).any() else None), hidden


def report_date(found: list[Block]) -> date | None:
    """The latest report date of what was looked at."""
    return max((b.figures.report_date for b in found if b.figures.report_date), default=None)
