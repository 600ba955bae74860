"""Targets that contradict one another: of one KPI slice and window, told where they are recorded.

A chart can show one target only: the later one hides the other in silence, and whoever owns the
other goes on by it. One that follows another is no contradiction, nor is a goal of a later year that
asks for at least as much.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from itertools import combinations
from typing import Final

from kpi.analysis import words
from kpi.analysis.home import Home
from kpi.analysis.marked import Settled
from kpi.analysis.registering import bears_on, listed
from kpi.analysis.sentences import subject
from kpi.errors import KpiError
from kpi.measures import Kpi, kpi_of
from kpi.measures.engine import Remembered
from kpi.model import Direction
from kpi.qms import Slice, Target
from kpi.qms.objectives import OBJECTIVE, Life, Objective, Window
from kpi.qms.register import Recorded
from kpi.qms.targets import recorded_targets

_HAIR: Final = 1e-9

_SEEN: Final = Remembered(64)
"""Asked for each objective of a page."""


@dataclass(frozen=True, slots=True)
class _Claim:
    """What one record wants: a level from a day on, to be reached by a day where it says so."""

    id: str  # empty: a target recorded without an objective
    kpi: str
    slice: Slice
    window: Window
    level: float
    start: date
    due: date | None
    steps: tuple[tuple[date, float], ...] = ()

    @property
    def name(self) -> str:
        return self.id or f"the target from {words.date_words(self.start)} on"

    @property
    def until(self) -> date:
        """The last day it speaks of: a target without a day of its own holds on."""
        return self.due or date.max


@dataclass(frozen=True, slots=True)
class Contradiction:
    """Two targets that differ: the ids of the objectives among them, and that in a sentence."""

    ids: tuple[str, ...]
    kpi: str
    slice: Slice
    says: str


def contradictions(home: Home, where: Slice = ()) -> tuple[Contradiction, ...]:
    """Every pair of targets in force that contradict one another, of what bears on a slice."""
    key = (str(home.path), home.limit, home.position, home.store.records.number(), where)

    def look() -> tuple[Contradiction, ...]:
        claims = [*_of_objectives(home, listed(home, OBJECTIVE, where)), *_of_targets(home, where)]
        return tuple(_between(home, claims))

    found: tuple[Contradiction, ...] = _SEEN.get(key, look)
    return found


def told_of_target(home: Home, target: Target) -> tuple[str, ...]:
    """What contradicts a target that is recorded, as sentences: told once it stands."""
    own = tuple(sorted(Settled(home.view())(target.slice)))
    return tuple(
        one.says for one in contradictions(home) if one.kpi == target.kpi and one.slice == own
    )


def told_of_objective(home: Home, id: str) -> tuple[str, ...]:
    """What contradicts an objective, as sentences."""
    return tuple(one.says for one in contradictions(home) if id in one.ids)


def _between(home: Home, claims: Iterable[_Claim]) -> Iterator[Contradiction]:
    settled = Settled(home.view())
    by_slice: dict[tuple[str, Slice, Window], list[_Claim]] = {}
    for one in claims:
        own = tuple(sorted(settled(one.slice)))
        by_slice.setdefault((one.kpi, own, one.window), []).append(one)
    for (id, own, window), found in by_slice.items():
        if len(found) < 2:
            continue
        try:
            kpi = kpi_of(home.view(), id)
        except KpiError:  # a KPI whose data were taken back
            continue
        for one, other in combinations(sorted(found, key=lambda c: (c.start, c.id)), 2):
            if _contradict(one, other, kpi.direction):
                ids = tuple(c.id for c in (one, other) if c.id)
                yield Contradiction(ids, id, own, _says(kpi, own, window, one, other))


def _contradict(one: _Claim, other: _Claim, direction: Direction) -> bool:
    """Whether two differ while both are in force; ``one`` begins first."""
    if not one.id and not other.id:  # of recorded targets the later takes the place of the earlier
        return False
    if other.start > one.until or _same(one.level, other.level):
        return False
    if not one.id and one.due is None:  # the objective takes the place of the target before it
        return False
    if not other.id and other.due is None:  # a target set meanwhile, unless it is a step on the way
        return not _a_step(one, other)
    if one.due and other.due and (one.due.year, one.due.month) != (other.due.year, other.due.month):
        sooner, later = sorted((one, other), key=lambda c: c.until)
        return not _asks_more(later.level, sooner.level, direction)
    return True


def _a_step(objective: _Claim, target: _Claim) -> bool:
    held = [level for day, level in objective.steps if day <= target.start]
    return bool(held) and _same(held[-1], target.level)


def _asks_more(level: float, than: float, direction: Direction) -> bool:
    if direction is Direction.NONE:
        return False
    return level >= than if direction is Direction.HIGHER else level <= than


def _same(one: float, other: float) -> bool:
    return abs(one - other) <= _HAIR * max(1.0, abs(one), abs(other))


def _says(kpi: Kpi, where: Slice, window: Window, one: _Claim, other: _Claim) -> str:
    told = [
        f"{words.value_text(c.level, kpi)} by {words.date_words(c.due)} ({c.name})"
        if c.due
        else f"{words.value_text(c.level, kpi)} ({c.name})"
        for c in (one, other)
    ]
    judged = "" if window is Window.MONTH else f", {window}"
    return f"{subject(kpi, where)}{judged} has two targets that differ: {told[0]}, and {told[1]}."


def _of_objectives(home: Home, entries: Iterable[Recorded[Objective]]) -> Iterator[_Claim]:
    for entry in entries:
        item = entry.item
        level = item.level
        if item.status is Life.ACTIVE and level is not None and item.start and item.due:
            steps = tuple((step.day, step.level) for step in item.steps)
            yield _Claim(
                entry.id, item.kpi, item.slice, item.window, level, item.start, item.due, steps
            )


def _of_targets(home: Home, where: Slice) -> Iterator[_Claim]:
    wanted = Settled(home.view())(where) if where else ()
    for target in recorded_targets(home.store):
        if where and not bears_on(target.slice, wanted):
            continue
        yield _Claim(
            "", target.kpi, target.slice, Window.MONTH, target.value, target.valid_from, target.due
        )
