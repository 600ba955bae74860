"""Notes on charts: accept a step, exclude a point, record an event, take back, and the history.

Nothing is rebased by itself. Each function records who, when and why, and answers with the
sentence that the page shows; the chart follows because it reads the notes that stand.
"""

import math
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from kpi.analysis import words
from kpi.analysis.home import Home
from kpi.analysis.marked import Settled, phase_label, standing_notes
from kpi.analysis.permitted import require_slice
from kpi.analysis.results import Filters
from kpi.analysis.series import ask
from kpi.calendar import period_of
from kpi.errors import UnknownNameError, UsageError
from kpi.measures import kpi_of, values_of
from kpi.measures.question import dimension
from kpi.qms import (
    ChartNotes,
    Event,
    Exclusion,
    Note,
    PhaseStart,
    Slice,
    every_version,
    put_note,
    take_back,
)
from kpi.safe_text import one_line
from kpi.spc import FREEZE_POINTS, MIN_POINTS

LONGEST_TEXT: Final = 500
"""Characters of a cause, a reason, an event."""

LONGEST_WASHOUT: Final = 731
"""Days: an effect that takes more than two years to settle cannot be told from anything else."""


@dataclass(frozen=True, slots=True)
class NoteLine:
    """One version of one note, as the history tells it."""

    when: datetime
    who: str
    says: str
    why: str
    version: int
    taken_back: bool


def notes_on(home: Home, kpi_id: str, filters: Filters) -> ChartNotes:
    """What stands on the chart of a KPI through these filters, by day."""
    settled = Settled(home.view())
    chosen = settled(_checked(filters.where))
    return standing_notes(home).settled(settled).of(kpi_id, chosen, filters.period)


def accept_step(
    home: Home,
    kpi_id: str,
    filters: Filters,
    period: str,
    *,
    cause: str,
    who: str,
    when: datetime,
    action: str = "",
    freeze: int | None = None,
) -> str:
    """Accept a new phase that begins with ``period`` (its label): limits start anew there.

    ``freeze`` is how many of its first points make its limits; ``None``: the first 20. The same
    period again is a new version of the same phase.

    Raises
    ------
    UsageError
        No cause or name is given, the period is none of the series or its first, or ``freeze`` is
        too small.
    UnknownNameError
        The KPI or a dimension is unknown.
    """
    if freeze is not None and freeze < MIN_POINTS:
        raise UsageError(f"Limits rest on {MIN_POINTS} points at least; {freeze} are too few.")
    points = _Points(home, kpi_id, filters)
    require_slice(home, points.slice)
    start = points.start(period)
    if start <= points.first_measured:
        raise UsageError(
            f"{words.period_words(period)} is where the series begins: a new phase needs figures "
            "before it."
        )
    note = PhaseStart(
        kpi=kpi_id, slice=points.slice, period=filters.period, start=start, cause=_line(cause),
        action=_line(action), freeze=freeze,
    )  # fmt: skip
    put_note(home.store, note, who=who, when=when)
    later = [n.start for n in notes_on(home, kpi_id, filters).phases if n.start > start]
    after = points.measured(start, min(later, default=date.max))
    if after < MIN_POINTS:
        short = words.count_words(after, filters.period)
        return (
            f"A new phase begins {words.in_period(period)}. It has {short}; limits need "
            f"{words.small_number(MIN_POINTS)}."
        )
    rests = min(after, freeze or FREEZE_POINTS)
    return (
        f"A new phase begins {words.in_period(period)}. Its limits rest on "
        f"{words.count_words(rests, filters.period)}."
    )


def exclude_point(
    home: Home,
    kpi_id: str,
    filters: Filters,
    period: str,
    *,
    reason: str,
    who: str,
    when: datetime,
) -> str:
    """Keep a point on its chart but let it count for nothing, with the reason.

    Raises
    ------
    UsageError
        No reason or name is given, or the period has no figure to exclude.
    UnknownNameError
        The KPI or a dimension is unknown.
    """
    points = _Points(home, kpi_id, filters)
    require_slice(home, points.slice)
    start = points.start(period)
    if not points.has_value(period):
        raise UsageError(
            f"{words.period_words(period)} has no figure: a gap counts for nothing as it is."
        )
    note = Exclusion(kpi_id, points.slice, filters.period, start, _line(reason))
    put_note(home.store, note, who=who, when=when)
    return f"{words.period_words(period)} is shown, and counts for nothing."


def record_event(
    home: Home,
    chosen: Slice,
    day: date,
    text: str,
    *,
    who: str,
    when: datetime,
    kpi_id: str = "",
    action: str = "",
    washout: int = 0,
    hoped: float | None = None,
) -> str:
    """Note what happened on a day: it stands on the charts of its slice and of all within.

    ``washout`` is for how many days its effect settles; ``hoped`` the relative change hoped for
    (-0.25: a quarter less).

    Raises
    ------
    UsageError
        Nothing is said, no name is given, or washout or hope are no sensible numbers.
    UnknownNameError
        The KPI, a dimension or one of its values is unknown.
    """
    note = event_of(
        home, chosen, day, text, kpi_id=kpi_id, action=action, washout=washout, hoped=hoped
    )
    put_note(home.store, note, who=who, when=when)
    return f"Noted for {words.date_words(day)}, on every chart of {words.slice_words(_checked(chosen))}."


def event_of(
    home: Home,
    chosen: Slice,
    day: date,
    text: str,
    *,
    kpi_id: str = "",
    action: str = "",
    washout: int = 0,
    hoped: float | None = None,
) -> Event:
    """The event that ``record_event`` would note, for what writes it together with other records."""
    if not 0 <= washout <= LONGEST_WASHOUT:
        raise UsageError(f"An effect settles in 0 to {LONGEST_WASHOUT} days, not in {washout}.")
    if hoped is not None and not (math.isfinite(hoped) and hoped > -1 and hoped != 0):
        raise UsageError(
            "The change hoped for is a share of the level before: -25 % for a quarter less, 10 % for "
            "a tenth more; never nothing, nor less than nothing."
        )
    if kpi_id:
        kpi_of(home.view(), kpi_id)
    view = home.view()
    where = _checked(chosen)
    for name, value in where:
        known = values_of(view, name, ())
        if value and value not in known:
            raise UnknownNameError(name, value, known=known)
    own = Settled(view)(where)
    require_slice(home, own)
    return Event(
        slice=own, day=day, text=_line(text), kpi=kpi_id, action=_line(action),
        washout=washout, hoped=hoped,
    )  # fmt: skip


def take_note_back(home: Home, note: Note, *, why: str, who: str, when: datetime) -> str:
    """Take a note back: the chart is as it was without it, and the history keeps both.

    Raises
    ------
    UsageError
        It is taken back already (the sentence says by whom), or no reason or name is given.
    """
    require_slice(home, note.slice)
    take_back(home.store, note, who=who, when=when, why=_line(why))
    return f"Taken back: {note_words(home, note)}"


def note_words(home: Home, note: Note) -> str:
    """A note in one sentence, without who and when."""
    action = f" ({note.action})" if not isinstance(note, Exclusion) and note.action else ""
    if isinstance(note, PhaseStart):
        since = words.period_words(phase_label(note, home.settings))
        return f"New phase since {since}: {note.cause}{action}"
    if isinstance(note, Exclusion):
        label = period_of(note.start, note.period, home.settings.fiscal).label
        return f"{words.period_words(label)} does not count: {note.reason}"
    return f"{words.date_words(note.day)}: {note.text}{action}{_aside(note)}"


def signed_notes(home: Home, notes: ChartNotes) -> tuple[str, ...]:
    """Every note of a chart in a sentence with the name beside it and the day it was recorded."""
    every: tuple[Note, ...] = (*notes.phases, *notes.exclusions, *notes.events)
    return tuple(_signed(note_words(home, note), note) for note in every)


def _signed(said: str, note: Note) -> str:
    by = [note.who, *([words.date_words(note.when.date())] if note.when else [])]
    return f"{said} ({', '.join(by)})."


def _aside(event: Event) -> str:
    said = []
    if event.hoped is not None:
        sign = words.MINUS if event.hoped < 0 else "+"
        share = abs(event.hoped) * 100
        text = words.number(share, 0 if share == round(share) else 1)
        said.append(f"hoped for {sign}{words.with_unit(text, '%')}")
    if event.washout:
        said.append(f"settles in {event.washout} day{'' if event.washout == 1 else 's'}")
    return f"; {', '.join(said)}" if said else ""


def note_history(home: Home, kpi_id: str, filters: Filters) -> tuple[NoteLine, ...]:
    """Every version of every note this chart ever had, newest first; those taken back included."""
    settled = Settled(home.view())
    chosen = settled(_checked(filters.where))
    lines: list[NoteLine] = []
    for kind in (PhaseStart, Exclusion, Event):
        for note, record in every_version(home.store, kind):
            if not _alone(note).settled(settled).of(kpi_id, chosen, filters.period).any:
                continue
            back = bool(record.value.get("taken_back"))
            says = note_words(home, note)
            lines.append(
                NoteLine(
                    record.when, record.who, f"Taken back. {says}" if back else says,
                    record.why if back else "", record.version, back,
                )
            )  # fmt: skip
    return tuple(sorted(lines, key=lambda line: (line.when, line.version), reverse=True))


def _alone(note: Note) -> ChartNotes:
    if isinstance(note, PhaseStart):
        return ChartNotes(phases=(note,))
    return (
        ChartNotes(exclusions=(note,))
        if isinstance(note, Exclusion)
        else ChartNotes(events=(note,))
    )


def _line(text: str) -> str:
    said = one_line(text).strip()
    if len(said) > LONGEST_TEXT:
        raise UsageError(
            f"That are {len(said)} characters; {LONGEST_TEXT} are enough for a note. Say it shorter."
        )
    return said


def _checked(chosen: Slice) -> Slice:
    return tuple((dimension(name), value) for name, value in chosen)


class _Points:
    """The periods of a KPI's series over all time, and which of them have a value."""

    def __init__(self, home: Home, kpi_id: str, filters: Filters) -> None:
        kpi_of(home.view(), kpi_id)
        where = _checked(filters.where)
        if filters.period == "all":
            raise UsageError("The whole time is one point: choose months, or another period.")
        whole = Filters(where=where, period=filters.period, as_of=filters.as_of)
        frame = ask(home, kpi_id, whole).frame
        self.slice = Settled(home.view())(where)
        self._starts: dict[str, date] = {
            str(label): begin.date()
            for label, begin in zip(frame["period"], frame["period_start"], strict=True)
        }
        measured = frame[frame["value"].notna()]
        self._measured = {str(label) for label in measured["period"]}

    @property
    def first_measured(self) -> date:
        """When the first period with a value begins."""
        return min(self._starts[label] for label in self._measured)

    def start(self, period: str) -> date:
        """The first day of a period of the series."""
        if not self._measured:
            raise UsageError("There are no figures for this choice, so there is no chart.")
        if period not in self._starts:
            first, last = next(iter(self._starts)), next(reversed(self._starts))
            raise UsageError(
                f"{period!r} is no period of this series; they run from {first} to {last}."
            )
        return self._starts[period]

    def has_value(self, period: str) -> bool:
        """Whether the period has a figure."""
        return period in self._measured

    def measured(self, start: date, before: date) -> int:
        """How many periods with a value begin from a day on, and before another."""
        return sum(start <= self._starts[label] < before for label in self._measured)
