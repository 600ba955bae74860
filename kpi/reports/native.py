"""Native, editable charts over time: control chart, lines side by side, as PowerPoint keeps them."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import pandas as pd

from kpi.analysis.results import SeriesView
from kpi.figures.control import axis_words, short_period
from kpi.figures.flags import flags_of, phase_starts, written_at_line
from kpi.figures.marks import marks_of
from kpi.figures.theme import LIGHT
from kpi.reports.canvas import CHART, INK, MUTED, Box, Slide
from kpi.reports.fitting import line_count
from kpi.reports.native_flags import draw_flag, flag_cells, flag_level, lengthened
from kpi.reports.native_labels import end_label, label_ends, time_axis
from kpi.reports.native_parts import (
    LARGE,
    VALUE,
    Dress,
    Look,
    axis_of,
    cells,
    chart_data,
    dots,
    line_chart,
    number_format,
    set_scale,
    stroke,
    write_caption,
)
from kpi.safe_text import neutral_cell

LEVELS: Final = (
    ("ucl", Look("Upper limit", "Limit", LIGHT.limit, 1.0)),
    ("lcl", Look("Lower limit", "Limit", LIGHT.limit, 1.0)),
    ("center", Look("Usual level", "Usual", LIGHT.limit, 1.5)),
    ("target", Look("Target", "Target", INK, 1.5, "dash")),
)

EARLIER_LEVEL: Final = "Usual level until"

THREE_DATES: Final = {
    "otd_request": Look("Requested date", "Requested", INK, 2.25, bold=True),
    "otd_first_promise": Look("First promise", "First promise", LIGHT.bar, 2.25, bold=True),
    "otd_promise": Look("Promise now", "Promise now", LIGHT.common, 1.75, "dash", bold=True),
}
"""How on-time delivery by three due dates is drawn: told apart by dash and label, not colour alone."""


def control_chart(slide: Slide, view: SeriesView, box: Box = CHART, dress: Dress = LARGE) -> None:
    """The series with usual level, limits and target; signals filled in their colour; gaps open.

    Signals, and the other points of a run, are series of their own, so that their colour survives
    in every program that opens the deck.
    """
    points = view.points
    lines = [(VALUE, points["value"]), *level_lines(view)]
    earlier = earlier_lines(view)
    marks = _mark_series(view)
    flags = [flag for flag in flags_of(view) if flag.row >= 0]
    data = chart_data(view.period, points, view.kpi.decimals)
    for look, values in (*lines, *earlier):
        data.add_series(look.name, cells(values))
    for mark in marks:
        data.add_series(mark.name, cells(mark.values))
    low, high, _ = axis_of([v for _, v in (*lines, *earlier)], view.kpi.unit)
    top = lengthened(flags, low, high)
    for flag in flags:
        data.add_series(
            neutral_cell(flag.text),
            flag_cells(flag, len(points), flag_level(flag, flags, high, top)),
        )
    chart = line_chart(slide, data, box, f"Control chart: {view.kpi.title}", view.headline, dress)
    set_scale(chart, [v for _, v in (*lines, *earlier)], view.kpi.unit)
    chart.value_axis.maximum_scale = top
    caption = " · ".join(x for x in (axis_words(view, low), view.chart_name) if x)
    room = 0.85 * slide.points(box)[0]
    fits = not dress.few and line_count(caption, room, dress.words) == 1
    write_caption(chart, caption if fits else _short(view, low, dress), dress.words)
    goal = view.target.value if view.target else None
    label_ends(chart, lines, view, goal, (low, top), dress)
    drawn = iter(chart.plots[0].series)
    first = next(drawn)
    stroke(first, VALUE)
    dots(first, LIGHT.common, dress.dot)
    for (look, values), series in zip((*lines[1:], *earlier), drawn, strict=False):
        stroke(series, look)
        if look.name.startswith(EARLIER_LEVEL):
            _end_of_phase(series, values, view)
    for mark, series in zip(marks, _last(chart, len(marks), len(flags)), strict=True):
        series.format.line.fill.background()
        size = mark.size if dress is LARGE else mark.size - 3
        dots(series, mark.ink, size, hollow=mark.hollow)
    for flag, series in zip(flags, _last(chart, len(flags), 0), strict=True):
        draw_flag(series, flag, len(points), dress.words)
    time_axis(chart, view.period, len(points), dress)


def _short(view: SeriesView, low: float, dress: Dress) -> str:
    """The unit and where the axis begins; a small chart has room for the unit alone."""
    return view.kpi.unit or "Value" if dress.few else axis_words(view, low)


def lines_chart(
    slide: Slide, views: Sequence[SeriesView], looks: Mapping[str, Look], title: str,
    box: Box = CHART,
) -> None:  # fmt: skip
    """Several series of one unit side by side, each labelled at its end."""
    kpi = views[0].kpi
    spans = [view.points.set_index("period") for view in views]
    periods = sorted(set().union(*(span.index for span in spans)))
    starts = pd.concat([span["period_start"] for span in spans])
    points = pd.DataFrame({"period": periods})
    points["period_start"] = [starts[~starts.index.duplicated()][p] for p in periods]
    lines = [
        (looks[view.kpi.id], span["value"].reindex(periods).reset_index(drop=True))
        for view, span in zip(views, spans, strict=True)
    ]
    data = chart_data(views[0].period, points, kpi.decimals)
    for look, values in lines:
        data.add_series(look.name, cells(values))
    chart = line_chart(slide, data, box, title, title)
    low, high = set_scale(chart, [values for _, values in lines], kpi.unit)
    write_caption(chart, kpi.unit + (" · axis does not start at zero" if low else ""))
    label_ends(chart, lines, views[0], None, (low, high))
    for series, (look, _) in zip(chart.plots[0].series, lines, strict=True):
        stroke(series, look)
    time_axis(chart, views[0].period, len(points))


def level_lines(view: SeriesView) -> list[tuple[Look, pd.Series]]:
    """Usual level and limits of the current phase, and the target over all time."""
    points = view.points
    start = ([0, *phase_starts(view)])[-1]
    current = pd.Series(range(len(points)), index=points.index) >= start
    lines = [
        (look, points[column] if column == "target" else points[column].where(current))
        for column, look in LEVELS
    ]
    return [(look, values) for look, values in lines if values.notna().any()]


def earlier_lines(view: SeriesView) -> list[tuple[Look, pd.Series]]:
    """Usual level and limits of each earlier phase: lines of their own, so that they end with it."""
    points, place = view.points, pd.Series(range(len(view.points)), index=view.points.index)
    found, begin = [], 0
    for start in phase_starts(view):
        until = short_period(str(points["period"].iloc[start - 1]))
        for column, look in LEVELS[:-1]:
            values = points[column].where((place >= begin) & (place < start))
            if values.notna().any():
                found.append((replace(look, name=f"{look.name} until {until}", label=""), values))
        begin = start
    return found


def _last(chart: Any, count: int, after: int) -> list[Any]:
    """So many series of the chart, before the last ``after``."""
    every = list(chart.plots[0].series)
    return every[len(every) - count - after : len(every) - after]


def _end_of_phase(series: Any, values: pd.Series, view: SeriesView) -> None:
    """An earlier phase's usual level, small where its line ends."""
    index = max(i for i, v in enumerate(values) if not math.isnan(v))
    start = min(s for s in phase_starts(view) if s > index)
    if not written_at_line(view, start):  # the mark of the next phase tells it
        return
    look = Look("", "", MUTED, 1.0)
    end_label(series, index, look, number_format(view.kpi.decimals), 0.0)


@dataclass(frozen=True, slots=True)
class _Marks:
    name: str
    ink: str
    size: int
    values: list[float]
    hollow: bool = False


_MARK_NAMES: Final = {
    LIGHT.improving: "Signal: improving",
    LIGHT.worsening: "Signal: worsening",
    LIGHT.changed: "Signal",
    LIGHT.improving_soft: "Run: improving",
    LIGHT.worsening_soft: "Run: worsening",
}


def _mark_series(view: SeriesView) -> list[_Marks]:
    """The points that signal, and those of their runs, a series per colour."""
    found: dict[tuple[str, bool], list[float]] = {}
    marks = marks_of(view, LIGHT)
    apart = [math.nan] * len(marks)
    for index, mark in enumerate(marks):
        if mark.excluded:
            apart[index] = mark.value
        elif (mark.signal or mark.member) and not math.isnan(mark.value):
            values = found.setdefault((mark.colour, mark.signal), [math.nan] * len(marks))
            values[index] = mark.value
    # Not one marker with an outline: some programs draw none around it.
    hollow = [
        _Marks("Does not count", LIGHT.common, 9, apart),
        _Marks("Does not count, inside", LIGHT.common, 6, apart, hollow=True),
    ]
    return [
        _Marks(
            _MARK_NAMES.get(ink, "Signal" if signal else "Run"), ink, 10 if signal else 7, values
        )
        for (ink, signal), values in sorted(found.items(), key=lambda item: item[0][1])
    ] + (hollow if any(mark.excluded for mark in marks) else [])
