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
from kpi.qms import Event, PhaseStart

LONGEST: Final = 24
"""Characters of a mark's words on the chart; the hover has the whole."""

MOST_ROWS: Final = 4
"""Rows of words; what finds no place keeps its mark and its hover."""

NARROW: Final = 225.0
"""Pixels of the plot on a telephone 390 pixels wide."""

LEFT_OF_PLOT: Final = 34.0
"""Pixels left of the plot that words may reach into."""

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


def _phase_flag(view: SeriesView, note: PhaseStart) -> Flag | None:
    begins = view.points["period_start"]
    at = int((begins < pd.Timestamp(note.start)).sum())
    if at == 0 or at >= len(begins):  # it began before, or after, what is shown
        return None
    label = words.period_words(str(view.points["period"].iloc[at]))
    said = [f"<b>New phase since {html(label)}</b>", html(note.cause)]
    said += [html(note.action)] if note.action else []
    return Flag(at - 0.5, clean(note.cause, longest=LONGEST), _signed(said, note), True, False)


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
    """Each flag with the side of its words and the first row in which they meet no others."""
    scale = NARROW / (last + 1)
    rows: list[list[tuple[float, float]]] = [[] for _ in range(MOST_ROWS)]
    placed = []
    for flag in flags:
        at, wide = (flag.x + 0.5) * scale, PER_CHARACTER * len(flag.text) + BETWEEN
        on_left = at + wide > NARROW + LEFT_OF_PLOT and at > NARROW / 2
        own = (at - wide, at) if on_left else (at, at + wide)
        free = (
            row
            for row, taken in enumerate(rows)
            if all(own[1] <= start or end <= own[0] for start, end in taken)
        )
        row = next(free, -1)
        if row >= 0:
            rows[row].append(own)
        placed.append(replace(flag, on_left=on_left, row=row))
    return placed
