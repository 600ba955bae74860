"""What to audit next: each process with a score, and what the score is made of.

At most 100 points: importance, time since the last audit, what changed since, what audits found, and
what the KPIs show. docs/audits.md states the formula; the numbers below are the only place they stand.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from kpi.analysis import words
from kpi.analysis.audit_lines import Turn, found_in, turns
from kpi.analysis.home import Home
from kpi.analysis.marked import standing_notes
from kpi.analysis.registering import bears_on, listed
from kpi.analysis.results import Filters, Screened
from kpi.analysis.screening import screen
from kpi.qms import Slice
from kpi.qms.audits import Finding, FindingStatus, Grade
from kpi.qms.context import ISSUE
from kpi.qms.processes import PROCESS, Process
from kpi.qms.register import Recorded, versions

PER_IMPORTANCE: Final = 5
"""Points for each step of importance, from 1 to 5."""

MOST_FOR_TIME, MOST_FOR_CHANGE, MOST_FOR_RESULTS, MOST_FOR_SIGNALS = 25, 15, 20, 15

PER_CHANGE: Final = 5

OF_GRADE: Final = {Grade.MAJOR: 8.0, Grade.MINOR: 3.0, Grade.OPPORTUNITY: 1.0}
"""Points for a finding that is not closed."""

LATE_FACTOR: Final = 1.5
"""What an answer that is overdue adds to a finding."""

CLOSED_FACTORS: Final = ((12, 0.5), (36, 0.25))
"""What a closed finding still weighs, up to so many months after it was found."""

PER_ACT, PER_WATCH = 6, 2
"""Points for a KPI of the process that needs action, and for one to be watched."""

LOOKED_BACK_DAYS: Final = 365
"""For changes where a process was never audited."""


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a score: its points of how many at most, and why."""

    name: str
    points: float
    most: int
    why: str


@dataclass(frozen=True, slots=True)
class Priority:
    """A process with its score and parts, and when its turn is."""

    turn: Turn
    score: float
    parts: tuple[Part, ...]

    @property
    def process(self) -> Recorded[Process]:
        """The process it is about."""
        return self.turn.entry

    @property
    def reasons(self) -> str:
        """Why it comes where it comes: the parts that say something, in the order of their points."""
        told = sorted((p for p in self.parts if p.points > 0), key=lambda p: -p.points)
        return "; ".join(f"{part.why} ({_points(part.points)})" for part in told)


def _points(points: float) -> str:
    return f"{points:g} point{'s' * (points != 1)}"


def priorities(home: Home, today: date, where: Slice = ()) -> tuple[Priority, ...]:
    """Every process in force, the one to audit next first.

    Figures are looked at as the overview looks at them, by month, over everything that is seen.
    """
    found = turns(home, today, where)
    signals = _signals(home) if any(t.entry.item.kpis for t in found) else ()
    raised = found_in(home)
    scored = [_priority(home, turn, raised, signals, today) for turn in found]
    return tuple(sorted(scored, key=lambda p: (-p.score, p.turn.due, p.process.id)))


def _signals(home: Home) -> tuple[Screened, ...]:
    if home.position == 0:
        return ()
    found = screen(home, Filters())
    return tuple(s for s in (*found.act, *found.watch) if s.worse is not False)


def _priority(
    home: Home,
    turn: Turn,
    raised: Iterable[tuple[Finding, frozenset[str]]],
    signals: Iterable[Screened],
    today: date,
) -> Priority:
    process = turn.entry
    mine = [finding for finding, where in raised if process.id in where]
    parts = (
        _importance(process.item),
        _time(turn, today),
        _change(home, process, turn.last or today - timedelta(days=LOOKED_BACK_DAYS)),
        _results(mine, today),
        _kpis(process.item, signals),
    )
    return Priority(turn, round(sum(part.points for part in parts), 1), parts)


def _importance(process: Process) -> Part:
    points = process.importance.points
    most = PER_IMPORTANCE * 5
    return Part("Importance", PER_IMPORTANCE * points, most, f"importance {points} of 5")


def _time(turn: Turn, today: date) -> Part:
    interval = turn.entry.item.interval
    if turn.last is None:
        return Part("Time", MOST_FOR_TIME, MOST_FOR_TIME, "never audited")
    whole = (turn.due - turn.last).days
    share = min(max((today - turn.last).days, 0) / whole, 1.0)
    why = f"last audited on {words.date_words(turn.last)}, to be audited {interval}"
    return Part("Time", round(MOST_FOR_TIME * share, 1), MOST_FOR_TIME, why)


def _change(home: Home, process: Recorded[Process], since: date) -> Part:
    """What changed since a day: the process itself, issues around it, what is noted on its charts."""
    told = versions(home.store, PROCESS, process.id)
    own = sum(v.version > 1 and v.when.date() > since for v in told)
    issues = sum(
        bool(i.item.since and i.item.since > since)
        and _concerns(process, i.item.slice, i.item.links)
        for i in listed(home, ISSUE)
    )
    notes = standing_notes(home)
    chosen, kpis = process.item.slice, process.item.kpis
    events = sum(
        e.day > since and e.kpi in ("", *kpis) and bears_on(chosen, e.slice) for e in notes.events
    ) if kpis else 0  # fmt: skip
    events += sum(
        p.start > since and p.kpi in kpis and bears_on(chosen, p.slice) for p in notes.phases
    )
    counted = [
        (own, "change", "changes", "of the process itself"),
        (issues, "issue", "issues", "around it"),
        (events, "event", "events", "on its charts"),
    ]
    said = [f"{n} {one if n == 1 else more} {where}" for n, one, more, where in counted if n]
    points = min(PER_CHANGE * (own + issues + events), MOST_FOR_CHANGE)
    why = f"{words.listed(said)} since {words.date_words(since)}" if said else "no change recorded"
    return Part("Change", points, MOST_FOR_CHANGE, why)


def _concerns(process: Recorded[Process], about: Slice, links: tuple[str, ...]) -> bool:
    """Whether an issue is about a process: it names it, or both are about the same place."""
    chosen = process.item.slice
    return process.id in links or bool(about and chosen and bears_on(chosen, about))


def _results(findings: Iterable[Finding], today: date) -> Part:
    weights = [(finding, _weight(finding, today)) for finding in findings]
    told = [finding for finding, weight in weights if weight]
    points = min(sum(weight for _, weight in weights), MOST_FOR_RESULTS)
    left = sum(f.status is not FindingStatus.CLOSED for f in told)
    why = "no finding that still counts"
    if told:
        noun = "finding" if len(told) == 1 else "findings"
        why = f"{len(told)} {noun} of earlier audits, {left} not closed"
    return Part("Past results", round(points, 1), MOST_FOR_RESULTS, why)


def _weight(finding: Finding, today: date) -> float:
    points = OF_GRADE[finding.grade]
    if finding.status is not FindingStatus.CLOSED:
        late = finding.status is FindingStatus.OPEN and finding.due and finding.due < today
        return points * LATE_FACTOR if late else points
    if finding.found_on is None:
        return 0.0
    months = (today.year - finding.found_on.year) * 12 + today.month - finding.found_on.month
    return next((points * factor for most, factor in CLOSED_FACTORS if months <= most), 0.0)


def _kpis(process: Process, signals: Iterable[Screened]) -> Part:
    """Each KPI of the process counts once, by the worst that is seen of it in its slice."""
    if not process.kpis:
        return Part("KPIs", 0, MOST_FOR_SIGNALS, "no KPI shows it")
    seen = [s for s in signals if s.kpi.id in process.kpis and bears_on(process.slice, s.slice)]
    act = {s.kpi.id: s.kpi.title for s in seen if s.grade == "act"}
    watch = {s.kpi.id: s.kpi.title for s in seen if s.kpi.id not in act}
    points = min(PER_ACT * len(act) + PER_WATCH * len(watch), MOST_FOR_SIGNALS)
    said = [
        f"{words.listed(titles.values())} {verb}"
        for titles, verb in (
            (act, "needs action" if len(act) == 1 else "need action"),
            (watch, "is to be watched" if len(watch) == 1 else "are to be watched"),
        )
        if titles
    ]
    return Part(
        "KPIs", points, MOST_FOR_SIGNALS, "; ".join(said) or "its KPIs show nothing unusual"
    )
