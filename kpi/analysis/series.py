"""A KPI over time: values, chart, verdict, and what it says."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any, Final

import numpy as np
import pandas as pd

from kpi.analysis import marked, sentences, words
from kpi.analysis.coverage import lacking_notes
from kpi.analysis.home import Home
from kpi.analysis.results import Filters, SeriesView
from kpi.datasets import DIMENSIONS
from kpi.errors import UnknownNameError
from kpi.measures import Evaluated, Kpi, SeriesQuestion, carries, evaluate, values_of
from kpi.measures.engine import Remembered
from kpi.measures.source import facts_key
from kpi.model import Assurance, Variation
from kpi.qms import NO_NOTES, ChartNotes, Slice, Target, current_targets, target_for
from kpi.settings import Settings
from kpi.spc import MIN_POINTS, Chart, Verdict, chart, propose, rule_label, verdict
from kpi.spc.result import Baselines
from kpi.store import View

CHART_NAMES: Final = {
    "imr": "XmR chart",
    "p": "p chart",
    "u": "u chart",
    "laney_p": "Laney p′ chart",
    "laney_u": "Laney u′ chart",
    "c": "c chart",
    "i_prime": "I′ chart",
    "run": "run chart",
}

COUNT_CHARTS: Final = frozenset({"p", "u", "laney_p", "laney_u"})


_SEEN: Final = Remembered(128)
"""Series lately looked at, with their charts; their points are handed out as copies."""

_STANDING_TARGETS: Final = Remembered(8)
"""The targets lately read, by home and number of records."""

LONGER: Final = frozenset({"quarter", "year", "all"})
"""Periods of several months, of which some may be missing."""

KEPT_VIEWS: Final = 100
"""Questions with more slices are not remembered."""


def ask(home: Home, kpi_id: str, filters: Filters, by: Sequence[str] = ()) -> Evaluated:
    """The values alone: one row per period and slice, every period present."""
    return _asked(home.view(filters.ledger), home, kpi_id, filters, by)


def _standing_targets(home: Home) -> tuple[Target, ...]:
    """The targets in force, read once until something is recorded: a page asks for each series."""
    key = (str(home.path), home.limit, home.store.records.number())
    return _STANDING_TARGETS.get(key, lambda: current_targets(home.store))


def _asked(view: View, home: Home, kpi_id: str, filters: Filters, by: Sequence[str]) -> Evaluated:
    question = SeriesQuestion(
        kpi=kpi_id,
        period=filters.period,
        by=tuple(by),
        where=filters.where,
        first=filters.first,
        last=filters.last,
        as_of=filters.as_of,
    )
    answered = evaluate(view, question, home.settings)
    if filters.period not in LONGER:
        return answered
    plants = {v for d, v in marked.Settled(view)(filters.where) if d == "plant"}
    lacking = lacking_notes(home, answered.kpi, filters, plants)
    return replace(answered, notes=(*answered.notes, *lacking))


def series_view(
    home: Home,
    kpi_id: str,
    filters: Filters,
    *,
    by: Sequence[str] = (),
    kind: str = "auto",
    baseline: int | tuple[str, str] | None = None,
    beyond_report: bool = False,
) -> tuple[SeriesView, ...]:
    """One KPI, period by period, with its control chart; a view per slice where ``by`` splits it.

    ``kind`` is a chart of ``CHART_NAMES`` or ``auto`` (the KPI's own, or what its counts call
    for). ``baseline`` is a number of points, or (first, last) period labels. Periods that begin
    after the report date hold only what came early; they are left out unless ``beyond_report``.

    The notes that stand on a chart apply: limits and rules begin anew with each accepted phase,
    excluded points are shown and do not count. A ``baseline`` given wins over how a phase was
    accepted. A limit rests on points that are shown: ``filters.first`` cuts them off.
    """
    targets = _standing_targets(home)
    standing = marked.standing_notes(home)
    position = home.position if filters.ledger is None else filters.ledger
    view = home.store.at(position)
    key = (home.path, home.limit, position, facts_key(view), view.data_date(),
           home.settings.signature(), targets, standing, kpi_id, filters, tuple(by), kind, baseline, beyond_report)  # fmt: skip

    def look() -> tuple[SeriesView, ...]:
        return _looked_at(
            home, view, position, kpi_id, filters, by, kind, baseline, beyond_report, targets,
            standing,
        )  # fmt: skip

    found = _SEEN.get(key, look, keep=lambda made: len(made) <= KEPT_VIEWS)
    return tuple(replace(v, points=v.points.copy(deep=False)) for v in found)


def _looked_at(
    home: Home,
    view: View,
    position: int,
    kpi_id: str,
    filters: Filters,
    by: Sequence[str],
    kind: str,
    baseline: int | tuple[str, str] | None,
    beyond_report: bool,
    targets: Sequence[Target],
    standing: ChartNotes,
) -> tuple[SeriesView, ...]:
    answered = _asked(view, home, kpi_id, filters, by)
    kpi = answered.kpi
    settled = marked.Settled(view)
    found = []
    for own, points in _slices(_closed(answered, beyond_report), by, filters.where):
        notes = marked.notes_of(standing, kpi.id, own, filters.period, settled)
        aims = targets if home.limit is None else _of_plant(targets, own, settled(own))
        seen = _view(kpi, own, points, answered, filters, aims, notes, position, kind, baseline,
                     home.settings)  # fmt: skip
        found.append(seen)
    return tuple(found)


def _of_plant(targets: Sequence[Target], own: Slice, settled: Slice) -> tuple[Target, ...]:
    """The targets as they read where everything seen is one plant, which a slice need not name."""
    lacking = set(settled) - set(own)
    return tuple(
        replace(t, slice=tuple(pair for pair in t.slice if pair not in lacking)) for t in targets
    )


def _closed(answered: Evaluated, beyond_report: bool) -> pd.DataFrame:
    if beyond_report or answered.report_date is None or answered.frame.empty:
        return answered.frame
    return answered.frame[answered.frame["period_start"] <= pd.Timestamp(answered.report_date)]


def _slices(
    frame: pd.DataFrame, by: Sequence[str], where: Slice
) -> Iterator[tuple[Slice, pd.DataFrame]]:
    if not by:
        yield where, frame.reset_index(drop=True)
        return
    kept = tuple(pair for pair in where if pair[0] not in by)
    for key, points in frame.groupby(list(by), sort=True, dropna=False):
        own = tuple((d, _text(v)) for d, v in zip(by, key, strict=True))
        # Within a slice every dimension is one value, which the slice tells: "reason" is the why.
        told = points.assign(reason=points["state_reason"])
        yield own + kept, told.reset_index(drop=True)


def _text(value: Any) -> str:
    return "" if pd.isna(value) else str(value)


def _view(
    kpi: Kpi,
    own: Slice,
    points: pd.DataFrame,
    answered: Evaluated,
    filters: Filters,
    targets: Sequence[Target],
    notes: ChartNotes,
    position: int,
    kind: str,
    baseline: int | tuple[str, str] | None,
    settings: Settings,
) -> SeriesView:
    points = _with_notes(_with_targets(points, kpi, own, targets), notes)
    drawn, reason = _chart(kpi, points, notes, kind, baseline, filters.period)
    target = _target_now(kpi, own, points, targets)
    goal = target.value if target else None
    found = verdict(drawn, kpi.direction, goal) if drawn else None
    points = _with_chart(points, drawn)
    last = points.iloc[-1] if len(points) else None
    phase = marked.current_phase(points, notes)
    since = marked.phase_label(phase, settings) if phase else ""
    return SeriesView(
        kpi=kpi,
        slice=own,
        slice_words=words.slice_words(own),
        period=filters.period,
        points=points,
        chart=drawn,
        chart_name=CHART_NAMES.get(drawn.kind, drawn.name) if drawn else "",
        chart_reason=reason,
        convention=drawn.convention if drawn else "",
        verdict=found,
        variation=found.variation if found else Variation.TOO_FEW,
        assurance=_assurance(found, goal),
        target=target,
        headline=sentences.headline(kpi, own, filters.period, points, drawn, found, phase=since),
        last_label=words.period_words(str(last["period"])) if last is not None else "",
        last_value=sentences.last_value_words(kpi, points, goal),
        last_change=_last_change(kpi, points),
        report_date=answered.report_date,
        position=position,
        notes=(*answered.notes, *_looking_back(notes, filters)),
        notes_on_chart=notes,
        phase_since=since,
        suggestion=marked.suggested(kpi, points, drawn, found),
    )


def _looking_back(notes: ChartNotes, filters: Filters) -> tuple[str, ...]:
    if filters.ledger is None or notes == NO_NOTES:
        return ()
    return (
        "Phases, excluded points and events are those that stand today; the facts are those of "
        f"ledger entry {filters.ledger}.",
    )


def _assurance(found: Verdict | None, goal: float | None) -> Assurance:
    if goal is None:
        return Assurance.NO_TARGET
    return found.assurance if found else Assurance.TOO_FEW


def _with_targets(
    points: pd.DataFrame, kpi: Kpi, own: Slice, targets: Sequence[Target]
) -> pd.DataFrame:
    ends = points["period_end"]
    held = [target_for(targets, kpi.id, own, _day(end)) for end in ends]
    values = [t.value if t else np.nan for t in held]
    return points.assign(target=np.array(values, dtype="float64"))


def _with_notes(points: pd.DataFrame, notes: ChartNotes) -> pd.DataFrame:
    return points.assign(
        phase=marked.phase_numbers(points, notes), excluded=marked.exclusion_reasons(points, notes)
    )


def _target_now(
    kpi: Kpi, own: Slice, points: pd.DataFrame, targets: Sequence[Target]
) -> Target | None:
    if points.empty:
        return None
    return target_for(targets, kpi.id, own, _day(points["period_end"].iloc[-1]))


def _day(stamp: Any) -> date:
    return pd.Timestamp(stamp).date()


def _chart(
    kpi: Kpi,
    points: pd.DataFrame,
    notes: ChartNotes,
    kind: str,
    baseline: int | tuple[str, str] | None,
    period: str,
) -> tuple[Chart | None, str]:
    values = points["value"].to_numpy(dtype="float64", na_value=np.nan)
    if period == "all":
        return None, ""
    hidden = points["excluded"].to_numpy(dtype=object) != ""
    gap = ~np.isfinite(values)
    counted = ~gap & ~hidden
    measured = int(counted.sum())
    if measured < MIN_POINTS:
        return None, f"No limits under {MIN_POINTS} points; so far: {measured}."
    count = np.where(gap, np.nan, points["numerator"].to_numpy(dtype="float64", na_value=np.nan))
    size = np.where(gap, np.nan, points["denominator"].to_numpy(dtype="float64", na_value=np.nan))
    wanted, reason = kpi.default_chart, ""
    if kind != "auto":
        wanted, reason = kind, "Chosen by hand."
    elif wanted == "c":
        wanted, reason = propose(wanted, values=values[counted])
    elif wanted in COUNT_CHARTS:
        wanted, reason = propose(wanted, count[counted], size[counted], values[counted])
    numbers = points["phase"].to_numpy()
    window: Baselines = _baseline(points, baseline)
    if window is None and any(phase.freeze for phase in notes.phases):
        window = marked.frozen(notes, numbers)
    of_two_sums = wanted in COUNT_CHARTS or wanted == "i_prime"
    return chart(
        wanted,
        None if of_two_sums else values,
        count=count if of_two_sums else None,
        size=size if of_two_sums else None,
        multiply=float(kpi.per) if of_two_sums else 1.0,
        baseline=window,
        phases=numbers,
        excluded=hidden,
        min_points=MIN_POINTS,
    ), reason


def _baseline(
    points: pd.DataFrame, baseline: int | tuple[str, str] | None
) -> int | tuple[int, int] | None:
    if not isinstance(baseline, tuple):
        return baseline
    labels = points["period"].astype(str).tolist()
    inside = [i for i, label in enumerate(labels) if baseline[0] <= label <= baseline[1]]
    return (inside[0], inside[-1]) if inside else None


def _with_chart(points: pd.DataFrame, drawn: Chart | None) -> pd.DataFrame:
    length = len(points)
    if drawn is None:
        empty = np.full(length, np.nan)
        lines = {"center": empty, "lcl": empty, "ucl": empty}
        return _beside(points, {**lines, "signals": "", "rules": "", "member": False})
    rules: list[list[str]] = [[] for _ in range(length)]
    member = np.zeros(length, dtype=bool)
    for signal in drawn.signals:
        rules[signal.point].append(signal.rule)
        member[list(signal.members)] = True
    drawn_beside = {
        "center": drawn.center,
        "lcl": drawn.lcl,
        "ucl": drawn.ucl,
        "signals": ["; ".join(map(rule_label, fired)) for fired in rules],
        "rules": ["; ".join(fired) for fired in rules],
        "member": member,
    }
    return _beside(points, drawn_beside)


def _beside(points: pd.DataFrame, columns: Mapping[str, Any]) -> pd.DataFrame:
    """The points with more columns, put there in one go."""
    more = pd.DataFrame(columns, index=points.index)
    return pd.concat([points, more], axis=1)


def _last_change(kpi: Kpi, points: pd.DataFrame) -> str:
    if len(points) < 2 or points["value"].iloc[-2:].isna().any():
        return ""
    before, after = points["value"].iloc[-2:]
    text = words.change_text(float(before), float(after), kpi)
    return f"{text} against {words.period_words(str(points['period'].iloc[-2]))}"


def choices(home: Home, filters: Filters) -> dict[str, tuple[str, ...]]:
    """The values of every dimension that facts in force carry, as people name them."""
    view = home.view(filters.ledger)
    plants = tuple(value for dim, value in filters.where if dim == "plant")
    return {dim: values_of(view, dim, () if dim == "plant" else plants) for dim in DIMENSIONS}


def check_slice(home: Home, filters: Filters) -> None:
    """Refuse a slice that no facts in force carry: every answer about it would be "too few data".

    Raises
    ------
    UnknownNameError
        The sentence names the value and the nearest there is.
    """
    view = home.view(filters.ledger)
    for dimension, value in filters.where:
        if not carries(view, dimension, value):
            raise UnknownNameError(dimension, value, known=values_of(view, dimension))
