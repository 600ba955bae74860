"""One chart out of many: its signals listed, its phases described, its notes written."""

from collections.abc import Mapping
from dataclasses import dataclass
from operator import attrgetter

import numpy as np

from kpi.spc.anhoej import runs_test
from kpi.spc.constants import FREEZE_POINTS, VARYING
from kpi.spc.result import (
    Baselines,
    Chart,
    Counts,
    Mask,
    Panel,
    PhaseSpan,
    RunsTest,
    Signal,
    Values,
)
from kpi.spc.rules import Rule, rounding
from kpi.spc.sample import Kind, Lines, Sample
from kpi.spc.searching import list_signals, outside

_RULE_TEXT = {
    "beyond_limits": "beyond limits",
    "run_of_8": "run of 8",
    "western_electric": "Western Electric",
    "nelson": "Nelson",
    "nhs": "NHS",
}


@dataclass(frozen=True, slots=True, eq=False)
class Charts:
    """Many charts of one kind: arrays (T, S), time-major. ``hits`` holds one mask per rule (+1, -1).

    ``one(s)`` is the whole chart of a series, with its signals listed.
    """

    kind: Kind
    lines: tuple[Lines, ...]
    hits: Mapping[str, Counts]
    sample: Sample
    rules: tuple[Rule, ...]
    with_runs: bool
    baseline: Baselines
    shown: Mask  # phases with enough points for limits

    @property
    def statistic(self) -> Values:
        """The plotted values."""
        return self.lines[0].statistic

    @property
    def center(self) -> Values:
        """The centre line at each point."""
        return np.broadcast_to(self.lines[0].center, self.sample.measured.shape)

    @property
    def lcl(self) -> Values:
        """The lower limit at each point."""
        return np.broadcast_to(self.lines[0].lcl, self.sample.measured.shape)

    @property
    def ucl(self) -> Values:
        """The upper limit at each point."""
        return np.broadcast_to(self.lines[0].ucl, self.sample.measured.shape)

    def one(self, series: int) -> Chart:
        """The chart of one series."""
        return chart_of(self, series)


def chart_of(many: Charts, series: int) -> Chart:
    """The chart of one series."""
    main, sample = many.lines[0], many.sample
    shape = (sample.measured.shape[0], sample.measured.shape[1])
    pick = _Pick(series, shape)
    spans = _phases(many, pick)
    runs, found = _runs(many, pick)
    signals = [*list_signals(main, sample, many.rules, many.hits, series), *found]
    signals.sort(key=attrgetter("point"))  # of one point, in the order of rules
    usable, hidden = (
        sample.usable[:, series],
        sample.measured[:, series] & ~sample.usable[:, series],
    )
    last = spans[-1] if spans else None
    laney = main.sigma_z is not None
    panels = tuple(_panel(p, pick, tested=bool(many.rules)) for p in many.lines[1:])
    return Chart(
        kind=many.kind.id,
        name=many.kind.name,
        convention=_convention(many, spans),
        statistic=pick(main.statistic),
        center=pick(main.center),
        sigma=pick(main.sigma),
        spread=pick(main.spread),
        lcl=pick(main.lcl),
        ucl=pick(main.ucl),
        signals=tuple(signals),
        sigma_z=last.sigma_z if last and laney else None,
        panels=panels,
        baseline=last.baseline if last else None,
        provisional=last is not None and last.base_points < FREEZE_POINTS,
        notes=tuple(_notes(many, pick, spans, usable, hidden)),
        phases=spans,
        excluded=hidden,
        runs=runs,
        options=sample.options,
        rules=tuple(rule.name for rule in many.rules),
        asked=many.baseline,
        aim=None if main.aim is None else pick(main.aim),
        extra={name: _last_number(pick(x)) for name, x in main.extra.items()},
    )


def _last_number(x: Values) -> float:
    drawn = x[np.isfinite(x)]
    return float(drawn[-1]) if len(drawn) else float("nan")


class _Pick:
    """One series out of arrays that broadcast to (T, S)."""

    def __init__(self, series: int, shape: tuple[int, int]) -> None:
        self.series, self.shape = series, shape

    def __call__(self, x: Values) -> Values:
        return np.array(np.broadcast_to(x, self.shape)[:, self.series], dtype=float)


def _panel(lines: Lines, pick: _Pick, *, tested: bool) -> Panel:
    searched = tested and lines.name != "transformed"
    return Panel(
        name=lines.name,
        statistic=pick(lines.statistic),
        center=pick(lines.center),
        sigma=pick(lines.sigma),
        lcl=pick(lines.lcl),
        ucl=pick(lines.ucl),
        signals=outside(lines, pick.series, pick.shape) if searched else (),
    )


def _phases(many: Charts, pick: _Pick) -> tuple[PhaseSpan, ...]:
    sample, main = many.sample, many.lines[0]
    center, sigma = pick(main.center), pick(main.sigma)
    sigma_z = None if main.sigma_z is None else pick(main.sigma_z)
    out = []
    for first, last in sample.spans.bounds(pick.series):
        inside = slice(first, last + 1)
        usable = np.flatnonzero(sample.usable[inside, pick.series]) + first
        base = np.flatnonzero(sample.base[inside, pick.series]) + first
        drawn = np.flatnonzero(np.isfinite(center[inside])) + first
        at = int(drawn[-1]) if len(drawn) else last
        shown = bool(len(drawn))
        out.append(
            PhaseSpan(
                first=first,
                last=last,
                baseline=(int(base[0]), int(base[-1])) if len(base) and shown else None,
                points=len(usable),
                base_points=len(base) if shown else 0,
                center=float(center[at]),
                sigma=float(sigma[at]),
                sigma_z=float(sigma_z[at]) if sigma_z is not None and shown else None,
            )
        )
    return tuple(out)


def _runs(many: Charts, pick: _Pick) -> tuple[tuple[RunsTest, ...], list[Signal]]:
    """Anhøj's test of each phase; its signals only where it was asked for."""
    if many.kind.rules is not None:
        return (), []
    value, center = pick(many.lines[0].statistic), pick(many.lines[0].center)
    slack = rounding(value, center)
    side = (value - center > slack).astype(np.int8) - (value - center < -slack).astype(np.int8)
    keep = many.sample.usable[:, pick.series]
    tests, signals = [], []
    for first, last in many.sample.spans.bounds(pick.series):
        test, hits = runs_test(side[first : last + 1], keep[first : last + 1])
        tests.append(test)
        if many.with_runs:
            signals += [
                Signal(rule, at + first, tuple(m + first for m in members))
                for rule, at, members in hits
            ]
    return tuple(tests), signals


def _convention(many: Charts, spans: tuple[PhaseSpan, ...]) -> str:
    said = [f"{many.kind.name}: {many.kind.convention(many.sample.options)}"]
    current = spans[-1] if spans else None
    if current and current.baseline is not None:
        which = "" if len(spans) == 1 else f" of phase {len(spans)}"
        first, last = current.baseline
        if current.base_points == current.points:
            every = "1 point" if current.points == 1 else f"all {current.points} points"
            said.append(f"from {every}{which}")
        else:
            said.append(f"frozen at points {first + 1}–{last + 1}{which}")
    said.append(f"rules: {_rules_text(many)}")
    if many.sample.options.gaps == "break":
        said.append("a gap ends a run")
    return "; ".join(said)


def _rules_text(many: Charts) -> str:
    names = [rule.name for rule in many.rules]
    for prefix in ("western_electric", "nelson", "nhs"):
        if names and all(name.startswith(prefix) for name in names):
            numbers = f" 1–{len(names)}" if prefix != "nhs" and len(names) > 1 else ""
            return _RULE_TEXT[prefix] + numbers
    texts = [_RULE_TEXT.get(name, name.replace("_", " ")) for name in names]
    if many.with_runs:
        texts = [*(t for t in texts if many.kind.id != "run"), "Anhøj's longest run and crossings"]
    return ", ".join(texts) or "none"


def _notes(
    many: Charts, pick: _Pick, spans: tuple[PhaseSpan, ...], usable: Mask, hidden: Mask
) -> list[str]:
    main, notes = many.lines[0], []
    measured = many.sample.measured[:, pick.series]
    missing, left_out = int((~measured).sum()), int(hidden.sum())
    if missing:
        bridged = many.sample.options.gaps == "bridge"
        ends = "no run is broken or extended there" if bridged else "runs end there"
        notes.append(f"{missing} of {len(measured)} points {_is_are(missing)} missing: {ends}.")
    if left_out:
        notes.append(
            f"{left_out} {'point is' if left_out == 1 else 'points are'} shown but not counted."
        )
    notes += _limit_notes(many, main, pick, spans)
    notes += _fit_notes(many, pick)
    if many.kind.id == "t" and (many.sample.values[:, pick.series] <= 0).any():
        notes.append("A time of zero counts as half the smallest resolution.")
    return notes


def _fit_notes(many: Charts, pick: "_Pick") -> list[str]:
    """Where the data do not suit the kind of chart."""
    sample, kind = many.sample, many.kind.id
    values, size = sample.values[:, pick.series], sample.size[:, pick.series]
    if many.kind.attribute and (values[np.isfinite(values)] < 0).any():
        return ["Some counts are below zero, which no count can be."]
    if kind in ("p", "np", "laney_p") and (values[np.isfinite(values)] > 1).any():
        return ["Some counts are larger than their sizes: a u chart suits events."]
    if kind == "t2":
        return _idle_columns(many, pick)
    if kind == "c" and np.nanmax(size, initial=0.0) > VARYING * np.nanmin(size, initial=np.inf):
        return ["The sizes vary, which a c chart does not follow: a u chart does."]
    return []


def _idle_columns(many: Charts, pick: "_Pick") -> list[str]:
    members = many.sample.members
    counting = pick(many.lines[0].extra["columns"])
    if members is None or not len(counting):
        return []
    given, used = members.shape[2], int(counting[-1])
    if used == given:
        return []
    return [
        f"Of {given} columns {used} {'says' if used == 1 else 'say'} something of "
        f"{'its' if used == 1 else 'their'} own: the rest do not vary, or follow from the others."
    ]


_TOO_HIGH = {
    "p": "No upper limit{}: it would lie above what is possible.",
    "laney_p": "No upper limit{}: it would lie above what is possible.",
    "np": "No upper limit{}: it would lie above what is possible.",
    "funnel": "No upper limit{}: it would lie above what is possible.",
}


def _flat(lower: Values, upper: Values) -> bool:
    both = np.isfinite(lower) & np.isfinite(upper)
    return bool(both.any() and (lower[both] == upper[both]).all())


def _cut_note(
    pick: "_Pick", cut: Mask | None, limit: Values, inside: slice, text: str
) -> list[str]:
    if cut is None:
        return []
    moved, drawn = pick(cut.astype(float))[inside] > 0, np.isfinite(limit)
    if not (moved & drawn).any():
        return []
    return [text.format("" if (moved | ~drawn).all() else " at some points")]


def _is_are(n: int) -> str:
    return "is" if n == 1 else "are"


def _limit_notes(many: Charts, main: Lines, pick: _Pick, spans: tuple[PhaseSpan, ...]) -> list[str]:
    if not spans:
        return ["There are no points."]
    current = spans[-1]
    if many.kind.id == "run":
        return []
    if current.baseline is None:
        number = (
            "is 1 point that counts"
            if current.points == 1
            else (f"are {current.points} points that count")
        )
        return [f"Too few points for limits: there {number}."]
    upper = pick(main.ucl)[current.first : current.last + 1]
    lower = pick(main.lcl)[current.first : current.last + 1]
    if not np.isfinite(upper).any() and not np.isfinite(lower).any():
        return ["No limits: the spread cannot be estimated from these points."]
    notes = []
    if current.sigma == 0 or _flat(lower, upper):
        notes.append("All values of the baseline are equal: there is no spread to judge by.")
    inside = slice(current.first, current.last + 1)
    notes += _cut_note(
        pick, main.clipped, lower, inside, "No lower limit{}: it would lie below zero."
    )
    notes += _cut_note(pick, main.capped, upper, inside, _TOO_HIGH.get(many.kind.id, ""))
    if current.base_points < FREEZE_POINTS:
        number = f"{current.base_points} {'point' if current.base_points == 1 else 'points'}"
        notes.append(f"Provisional: the limits rest on {number}; {FREEZE_POINTS} make them final.")
    return notes
