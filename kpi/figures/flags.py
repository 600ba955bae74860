"""What people noted on a chart, as marks with words: accepted phases and events.

Each mark stands at its day, its words in a row of their own above the plot where they would meet
others'. Rows are packed for a telephone, so nothing overlaps on anything wider.
"""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import pandas as pd

from kpi.analysis import words
from kpi.analysis.results import SeriesView
from kpi.figures.escape import clean, html
from kpi.figures.marks import span_of
from kpi.qms import Event, PhaseStart

LONGEST: Final = 24
"""Characters of a mark's words on the chart; the hover has the whole."""

WITH_LEVELS: Final = 15
"""Characters of a cause that has the levels before and after beside it."""

APART: Final = 0.15
"""Share of the axis by which levels must differ for the earlier one to be written at its line."""

MOST_ROWS: Final = 4
"""Rows of words; what finds no place keeps its mark and its hover."""

NARROW: Final = 225.0
"""Pixels of the plot on a telephone 390 pixels wide."""

RIGHT_OF_PLOT: Final = 60.0
"""Pixels right of the plot that words may reach into, above the labels of the lines."""

PER_CHARACTER: Final = 6.3
"""Pixels of a character of the words, generously."""

BETWEEN: Final = 8.0
"""Pixels between the words of two marks in a row."""


@dataclass(frozen=True, slots=True)
class Flag:
    """A mark on the chart: ``x`` in positions of periods, ``row`` from 0 (lowest), -1: no words."""

    x: float
    text: str
    hover: str  # escaped, lines separated by <br>
    is_phase: bool
    on_left: bool  # the words run to the left of the mark
    row: int = -1


def flags_of(view: SeriesView) -> list[Flag]:
    """The marks of phases that begin within the time shown, and of events in it, by time."""
    if view.points.empty:
        return []
    notes, last = view.notes_on_chart, len(view.points) - 1
    found = [_phase_flag(view, note) for note in notes.phases]
    found += [_event_flag(view, note) for note in notes.events]
    shown = sorted((f for f in found if f is not None), key=lambda f: (f.x, not f.is_phase))
    return _packed(shown, last)


def phase_starts(view: SeriesView) -> list[int]:
    """Positions at which a new phase begins within the time shown."""
    if "phase" not in view.points:
        return []
    numbers = view.points["phase"].to_numpy()
    return [int(i) + 1 for i in np.flatnonzero(numbers[1:] != numbers[:-1])]


def levels_at(view: SeriesView, start: int) -> tuple[float, float] | None:
    """The usual level before and after a phase begins; ``None`` where one of them has none."""
    center = view.points["center"].astype("float64")
    bounds = [0, *phase_starts(view), len(center)]
    place = bounds.index(start)
    before = center.iloc[bounds[place - 1] : start].dropna()
    after = center.iloc[start : bounds[place + 1]].dropna()
    return None if before.empty or after.empty else (float(before.iloc[-1]), float(after.iloc[0]))


def written_at_line(view: SeriesView, start: int) -> bool:
    """Whether the earlier level is told where its line ends: not where the next points would be."""
    levels, span = levels_at(view, start), span_of(view)
    if levels is None or span is None:
        return True
    return abs(levels[1] - levels[0]) > APART * (span[1] - span[0])


def _phase_words(view: SeriesView, start: int, cause: str) -> str:
    levels = levels_at(view, start) if start in phase_starts(view) else None
    if levels is None or written_at_line(view, start):
        return clean(cause, longest=LONGEST)
    before, after = (words.number(level, view.kpi.decimals) for level in levels)
    return f"{clean(cause, longest=WITH_LEVELS)} {before} → {after}"


def _phase_flag(view: SeriesView, note: PhaseStart) -> Flag | None:
    begins = view.points["period_start"]
    at = int((begins < pd.Timestamp(note.start)).sum())
    if at == 0 or at >= len(begins):  # it began before, or after, what is shown
        return None
    label = words.period_words(str(view.points["period"].iloc[at]))
    said = [f"<b>New phase since {html(label)}</b>", html(note.cause)]
    said += [html(note.action)] if note.action else []
    return Flag(at - 0.5, _phase_words(view, at, note.cause), _signed(said, note), True, False)


def _event_flag(view: SeriesView, note: Event) -> Flag | None:
    x = position_of(view.points, pd.Timestamp(note.day))
    if x is None:
        return None
    said = [f"<b>{html(words.date_words(note.day))}</b>", html(note.text)]
    said += [html(note.action)] if note.action else []
    return Flag(x, clean(note.text, longest=LONGEST), _signed(said, note), False, False)


def _signed(said: list[str], note: PhaseStart | Event) -> str:
    when = f", {words.date_words(note.when.date())}" if note.when else ""
    return "<br>".join([*said, *([html(f"{note.who}{when}")] if note.who else [])])


def position_of(points: pd.DataFrame, day: pd.Timestamp) -> float | None:
    """Where a day stands among the periods (a period is one wide, centred on its position).

    ``None`` before the first and after the last period.
    """
    begins, ends = points["period_start"], points["period_end"]
    inside = np.flatnonzero((begins <= day) & (day <= ends))
    if not len(inside):
        return None
    at = int(inside[0])
    length = (ends.iloc[at].normalize() - begins.iloc[at]).days + 1
    return float(at - 0.5 + ((day - begins.iloc[at]).days + 0.5) / length)


def _packed(flags: list[Flag], last: int) -> list[Flag]:
    """Each flag with the side of its words and the first row in which they meet no others.

    Those whose words run to the right are placed from the right, the others from the left: so a
    line that rises to its own row passes beside the words below it.
    """
    scale = NARROW / (last + 1)
    sided = [replace(flag, on_left=_on_left(flag, scale)) for flag in flags]
    right = [flag for flag in reversed(sided) if not flag.on_left]
    left = [flag for flag in sided if flag.on_left]
    placed: list[Flag] = []
    for flag in (*right, *left):
        rows = [replace(flag, row=row) for row in range(MOST_ROWS)]
        clear = [new for new in rows if not any(_covers(new, old, scale) for old in placed)]
        best = [new for new in clear if not any(_crosses(new, old, scale) for old in placed)]
        placed.append(next(iter(best or clear), flag))
    return sorted(placed, key=lambda f: (f.x, not f.is_phase))


def _on_left(flag: Flag, scale: float) -> bool:
    at = (flag.x + 0.5) * scale
    return at + _wide(flag) > NARROW + RIGHT_OF_PLOT and at > NARROW / 2


def _wide(flag: Flag) -> float:
    return PER_CHARACTER * len(flag.text) + BETWEEN


def _extent(flag: Flag, scale: float) -> tuple[float, float]:
    at = (flag.x + 0.5) * scale
    return (at - _wide(flag), at) if flag.on_left else (at, at + _wide(flag))


def _covers(one: Flag, other: Flag, scale: float) -> bool:
    """Whether the words of one would cover the words of the other."""
    (a, b), (c, d) = _extent(one, scale), _extent(other, scale)
    return one.row == other.row and a < d and c < b


def _crosses(one: Flag, other: Flag, scale: float) -> bool:
    """Whether the line of the one in the higher row would run through the words of the other."""
    upper, lower = (one, other) if one.row > other.row else (other, one)
    begin, end = _extent(lower, scale)
    return min(one.row, other.row) >= 0 and begin < (upper.x + 0.5) * scale < end
