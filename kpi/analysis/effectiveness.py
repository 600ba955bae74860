"""Did the action work? Before and after for a KPI's slice and a day, with a verdict in words."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from kpi.analysis import effect_sides, effect_words
from kpi.analysis.effect_results import EffectVerdict, EffectView, Side
from kpi.analysis.effect_sides import AFTER, BEFORE, LEFT_OUT, Action, Around, Sides, sides
from kpi.analysis.home import Home
from kpi.analysis.landing import DOMAIN_KPIS
from kpi.analysis.marked import standing_notes
from kpi.analysis.results import Filters, SeriesView
from kpi.analysis.series import series_view
from kpi.errors import UnknownNameError, UsageError
from kpi.measures import CATALOG, Kpi
from kpi.model import Direction
from kpi.qms import Event, PhaseStart, Slice
from kpi.trends.effect import Effect, Series
from kpi.trends.effect_model import Nature
from kpi.trends.effect_power import more_periods
from kpi.trends.effect_triggers import Charted, guarded, triggers

HOPED: Final = 0.25
"""The change looked for where nobody said what was hoped for: a quarter, for the better."""

MOST_WASHOUT_DAYS: Final = 3660
STEP_POINTS: Final = 6
"""So many points left out are no bad month: something may have changed for good."""

Values = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class EventChoice:
    """An event or accepted phase on a chart, to be judged."""

    id: str
    day: date
    text: str
    note: Event | PhaseStart


@dataclass(frozen=True, slots=True, eq=False)
class EventOutcome:
    """A recorded event with what became of it on one KPI."""

    choice: EventChoice
    kpi: str
    slice: Slice
    view: EffectView

    @property
    def sentence(self) -> str:
        """The verdict in words."""
        return effect_words.sentence(self.view)


def events_on(home: Home, kpi_id: str, filters: Filters) -> tuple[EventChoice, ...]:
    """The events and accepted phases on a chart, newest first."""
    found = series_view(home, kpi_id, replace(filters, first=None))[0].notes_on_chart
    choices = [EventChoice(e.id, e.day, e.text, e) for e in found.events]
    choices += [EventChoice(p.id, p.start, p.cause, p) for p in found.phases]
    return tuple(sorted(choices, key=lambda c: (c.day, c.id), reverse=True))


def effect_of_event(home: Home, kpi_id: str, filters: Filters, event_id: str) -> EffectView:
    """Did the event of that id work? ``UnknownNameError`` where the chart has none such."""
    known = {c.id: c for c in events_on(home, kpi_id, filters)}
    if event_id not in known:
        raise UnknownNameError("event", event_id, known=known)
    note = known[event_id].note
    washout, hoped = (note.washout, note.hoped) if isinstance(note, Event) else (0, None)
    return effect_view(
        home, kpi_id, filters, known[event_id].day, washout=washout, hoped=hoped, note=note
    )


def effect_view(
    home: Home,
    kpi_id: str,
    filters: Filters,
    day: date,
    *,
    washout: int = 0,
    hoped: float | None = None,
    note: Event | PhaseStart | None = None,
) -> EffectView:
    """Compare a KPI's slice before and after a day.

    ``washout`` is for how many days the action needs to settle; ``hoped`` the relative change hoped
    for. The start of ``filters`` is not looked at: before is the whole phase.

    Raises
    ------
    UsageError
        The washout is negative or longer than ten years, the change hoped for is none, or the
        period is the whole time.
    """
    _check(washout, hoped, filters)
    (series,) = series_view(home, kpi_id, replace(filters, first=None))
    action = Action(day, washout, note)
    notes = series.notes_on_chart
    around = Around(
        notes.phases,
        frozenset(x.start for x in notes.exclusions),
        notes.events,
        series.report_date,
        sums=not series.kpi.denominator,
    )
    return judged(series, action, around, hoped)


def _check(washout: int, hoped: float | None, filters: Filters) -> None:
    if not 0 <= washout <= MOST_WASHOUT_DAYS:
        raise UsageError(f"The washout is a number of days from 0 to {MOST_WASHOUT_DAYS}.")
    if hoped is not None and (hoped == 0 or not -1 <= hoped <= 100):
        raise UsageError(
            "The change hoped for is a share of the level, such as -25 % for a quarter less."
        )
    if filters.period == "all":
        raise UsageError("Before and after need periods: choose months, weeks or quarters.")


def judged(
    series: SeriesView, action: Action, around: Around, hoped: float | None = None
) -> EffectView:
    """The verdict on an action, from a series as it is."""
    found = sides(series.points, action, around)
    nature, count, size = numbers_of(series)
    led = _triggers(found.roles, series, count, size, nature)
    used = np.isin(found.roles, (BEFORE, AFTER))
    time = np.arange(len(used), dtype=float)
    whole = Series(nature, count, size, time, _years(series.points), found.roles == AFTER)
    made, left_out = guarded(whole.only(used), led[used], series.kpi.direction)
    roles = found.roles.copy()
    roles[np.flatnonzero(used)[left_out]] = LEFT_OUT
    return _viewed(series, action, found, roles, made, hoped, led)


def numbers_of(series: SeriesView) -> tuple[Nature, Values, Values]:
    """What the KPI is by nature, and its counts and sizes; ``nan`` at gaps.

    Counts out of pieces are binomial, counts of events Poisson, amounts and times normal, weighted
    with their denominator where they have one, so that a level is the sum over the sum.
    """
    points = series.points
    value = points["value"].to_numpy(dtype=float, na_value=np.nan)
    count = points["numerator"].to_numpy(dtype=float, na_value=np.nan)
    size = points["denominator"].to_numpy(dtype=float, na_value=np.nan)
    chart = series.kpi.default_chart
    if chart == "c":
        return "poisson", np.where(np.isfinite(value), count, np.nan), np.ones_like(value)
    good = np.isfinite(value) & np.isfinite(count) & (np.nan_to_num(size) > 0)
    whole = bool(good.any() and (count[good] == np.round(count[good])).all())
    positive = bool((count[good] >= 0).all())
    if chart in ("p", "u", "laney_p", "laney_u") and whole and positive:
        shares = chart in ("p", "laney_p") and bool((count[good] <= size[good]).all())
        return "binomial" if shares else "poisson", count, size
    weight = np.where(good, size, np.nan) if series.kpi.denominator and good.any() else None
    weight = np.ones_like(value) if weight is None else weight / np.nanmean(weight)
    return "normal", value / series.kpi.per * weight, weight


def _triggers(
    roles: effect_sides.Roles, series: SeriesView, count: Values, size: Values, nature: Nature
) -> npt.NDArray[np.bool_]:
    """The points before whose signal may have led to the action."""
    found = np.zeros(len(roles), dtype=bool)
    mine = np.flatnonzero(np.isin(roles, (BEFORE, effect_sides.GAP, effect_sides.EXCLUDED)))
    last = np.flatnonzero(roles == BEFORE)
    if not len(last):
        return found
    mine = mine[(mine >= last[0]) & (mine <= last[-1])]
    counts = np.where(roles[mine] == BEFORE, count[mine], np.nan)
    values = series.points["value"].to_numpy(dtype=float, na_value=np.nan)[mine]
    kind = series.chart.kind if series.chart is not None else "imr"
    if nature == "normal" or kind not in ("p", "u", "laney_p", "laney_u"):
        charted = Charted("imr", np.where(roles[mine] == BEFORE, values, np.nan), size[mine])
    else:
        charted = Charted(kind, counts, np.where(np.isfinite(counts), size[mine], np.nan))
    found[mine[triggers(charted, series.kpi.direction)]] = True
    return found


def _years(points: pd.DataFrame) -> Values:
    """The middle of each period, in years."""
    begin = pd.to_datetime(points["period_start"]).to_numpy().astype("datetime64[D]").astype(float)
    end = pd.to_datetime(points["period_end"]).to_numpy().astype("datetime64[D]").astype(float)
    return np.asarray((begin + end + 1) / 2 / 365.2425)


def _viewed(
    series: SeriesView,
    action: Action,
    found: Sides,
    roles: effect_sides.Roles,
    made: Effect,
    hoped: float | None,
    led: npt.NDArray[np.bool_],
) -> EffectView:
    labels = series.points["period"].astype(str).to_numpy()
    per = float(series.kpi.per)

    def named(role: str) -> tuple[str, ...]:
        return tuple(str(label) for label in labels[roles == role])

    left_out, signalled = named(LEFT_OUT), tuple(str(x) for x in labels[led])
    verdict = _verdict(made, series.kpi.direction)
    doubtful = bool(signalled) and not left_out and verdict is EffectVerdict.WORKED
    wanted = _hoped(series.kpi, made, hoped)
    note = action.note
    said = "" if note is None else note.text if isinstance(note, Event) else note.cause
    return EffectView(
        series=series,
        action=action,
        event=said,
        before=Side(made.before * per, named(BEFORE), left_out),
        after=Side(made.after * per, named(AFTER)),
        neither=tuple(str(x) for x in labels[found.roles == effect_sides.NEITHER]),
        roles=tuple(str(role) for role in roles),
        effect=made,
        expected=made.expected * per,
        absolute=made.absolute * per,
        low=made.low * per,
        high=made.high * per,
        hoped=wanted,
        hoped_said=hoped is not None,
        months_needed=more_periods(made, wanted) if np.isfinite(wanted) else None,
        verdict=EffectVerdict.NO_EVIDENCE if doubtful else verdict,
        reason=effect_words.DOUBTFUL if doubtful else effect_words.why_nothing(series, made),
        notes=(
            *found.notes,
            *effect_words.kept_note(signalled, left_out),
            *effect_words.step_note(signalled, STEP_POINTS),
        ),
    )


def _hoped(kpi: Kpi, made: Effect, said: float | None) -> float:
    """The relative change looked for; a quarter of what is missing where 100 % is the best."""
    if said is not None:
        return said
    if kpi.direction is not Direction.HIGHER:
        return -HOPED
    if kpi.unit == "%" and 0 < made.expected <= 1:
        return HOPED * (1 - made.expected) / made.expected
    return HOPED


def _verdict(made: Effect, direction: Direction) -> EffectVerdict:
    if not made.told or made.low <= 0 <= made.high:
        return EffectVerdict.NO_EVIDENCE
    if direction is Direction.NONE:
        return EffectVerdict.CHANGED
    better = (made.low > 0) == (direction is Direction.HIGHER)
    return EffectVerdict.WORKED if better else EffectVerdict.WORSE


def event_verdicts(home: Home, filters: Filters) -> tuple[EventOutcome, ...]:
    """Each recorded event with what became of it, newest first.

    An event within the filters' slice, or wider than it, is judged on its own slice. Where it names
    no KPI, the first of the usual KPIs that has values there is taken: one, chosen before its
    numbers are seen, as the best of many would be good by chance.
    """
    wanted = frozenset(filters.where)
    events = [
        e
        for e in standing_notes(home).events
        if frozenset(e.slice) <= wanted or wanted <= frozenset(e.slice)
    ]
    found = (_outcome(home, filters, event) for event in reversed(events))
    return tuple(outcome for outcome in found if outcome is not None)


def _outcome(home: Home, filters: Filters, event: Event) -> EventOutcome | None:
    through = replace(filters, where=event.slice, first=None)
    kpi = event.kpi or _usual_kpi(home, through)
    if not kpi:
        return None
    choice = EventChoice(event.id, event.day, event.text, event)
    view = effect_view(
        home, kpi, through, event.day, washout=event.washout, hoped=event.hoped, note=event
    )
    return EventOutcome(choice, kpi, event.slice, view)


def _usual_kpi(home: Home, filters: Filters) -> str:
    """The first of each domain's usual KPIs that has values for the slice; empty where none has."""
    needed = {dimension for dimension, _ in filters.where}
    for id in _first_of_domains(needed):
        points = series_view(home, id, filters)[0].points
        if len(points) and points["value"].notna().any():
            return id
    return ""


def _first_of_domains(needed: set[str]) -> Sequence[str]:
    firsts = [kpis[0] for kpis in DOMAIN_KPIS.values()]
    return [id for id in firsts if needed <= set(CATALOG[id].dimensions)]
