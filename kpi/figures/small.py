"""Small charts as SVG: the sparkline on a card, a chart in a sentence, small multiples.

A page holds dozens of them, so they are pictures, not plots: no script, no hover. What the hover
would say is on the KPI's own page.
"""

import math
from collections.abc import Iterable, Sequence
from itertools import chain
from typing import Final

from kpi.analysis.results import SeriesView
from kpi.figures.marks import EVERYTHING, WITH_LIMITS, Mark, axis_span, still_marks_of
from kpi.figures.svg import svg
from kpi.figures.theme import Palette

Span = tuple[float, float]
FLATTENED: Final = 3.0
"""A target that would stretch the axis of a small chart by more than this is left to its number."""

_EDGE = 7.0  # pixels kept free around the drawing, so that dots are whole


def small_chart(
    view: SeriesView, palette: Palette, *, width: int, height: int, span: Span | None = None
) -> str:
    """The series as SVG of ``width`` × ``height`` pixels: limits, target, line, dots in colour.

    ``span`` fixes the axis, so that several charts share one scale (``shared_span``).
    """
    marks, columns = still_marks_of(view, palette), _columns(view)
    low, high = span or axis_span(*(_span(columns) or (0.0, 1.0)))
    scale, last = _Scale(len(marks), low, high, width, height), _last(marks)
    drawn = [
        _limits(columns, scale, palette),
        _steps(columns["center"], scale, f'stroke="{palette.limit}" stroke-width="1"'),
        _target(columns["target"], scale, palette, low, high),
        _line(marks, scale, palette),
        *(_dot(i, mark, scale, palette, last=i == last) for i, mark in enumerate(marks)),
    ]
    return svg("".join(drawn), width, height)


def shared_span(views: Iterable[SeriesView]) -> Span | None:
    """One axis for all the views; ``None`` where none has a value."""
    spans = [span for view in views if (span := _span(_columns(view))) is not None]
    if not spans:
        return None
    return axis_span(min(low for low, _ in spans), max(high for _, high in spans))


Columns = dict[str, list[float]]
"""What is drawn, by name, each read from the table once: a page holds dozens of these charts."""


def _columns(view: SeriesView) -> Columns:
    return {name: view.points[name].to_numpy(dtype="float64", na_value=math.nan).tolist()
            for name in EVERYTHING}  # fmt: skip


def _span(columns: Columns) -> Span | None:
    """What the values and limits need; the target too, unless it would flatten them."""
    own, whole = _reach(columns, WITH_LIMITS), _reach(columns, EVERYTHING)
    if own is None or whole is None:
        return own
    near = whole[1] - whole[0] <= FLATTENED * (own[1] - own[0])
    return whole if near else own


def _reach(columns: Columns, names: Sequence[str]) -> Span | None:
    seen = [x for x in chain.from_iterable(columns[name] for name in names) if not math.isnan(x)]
    return (min(seen), max(seen)) if seen else None


class _Scale:
    """From position and value to pixels."""

    def __init__(self, count: int, low: float, high: float, width: int, height: int) -> None:
        self._step = (width - 2 * _EDGE) / max(count - 1, 1)
        self._low, self._per = low, (height - 2 * _EDGE) / ((high - low) or 1.0)
        self._bottom = height - _EDGE

    def x(self, position: float) -> str:
        return f"{_EDGE + position * self._step:.1f}"

    def y(self, value: float) -> str:
        return f"{self._bottom - (value - self._low) * self._per:.1f}"


def _last(marks: list[Mark]) -> int:
    return max((i for i, mark in enumerate(marks) if not math.isnan(mark.value)), default=-1)


def _stretches(values: list[float]) -> list[list[int]]:
    """Positions of the stretches without a gap."""
    found: list[list[int]] = [[]]
    for i, value in enumerate(values):
        if math.isnan(value):
            found.append([])
        else:
            found[-1].append(i)
    return [stretch for stretch in found if stretch]


def _limits(columns: Columns, scale: _Scale, palette: Palette) -> str:
    style = f'stroke="{palette.limit}" stroke-width="0.8" stroke-opacity="0.8"'
    return _steps(columns["ucl"], scale, style) + _steps(columns["lcl"], scale, style)


def _steps(values: list[float], scale: _Scale, style: str) -> str:
    paths = []
    for stretch in _stretches(values):
        corners = []
        for i in stretch:
            left, right = max(i - 0.5, 0), min(i + 0.5, len(values) - 1)
            corners += [
                f"{scale.x(left)},{scale.y(values[i])}",
                f"{scale.x(right)},{scale.y(values[i])}",
            ]
        paths.append(f'<polyline fill="none" {style} points="{" ".join(corners)}"/>')
    return "".join(paths)


def _target(values: list[float], scale: _Scale, palette: Palette, low: float, high: float) -> str:
    inside = all(low <= value <= high for value in values if not math.isnan(value))
    style = f'stroke="{palette.ink}" stroke-width="1.2" stroke-dasharray="4 3"'
    return _steps(values, scale, style) if inside else ""


def _line(marks: list[Mark], scale: _Scale, palette: Palette) -> str:
    lines = []
    for stretch in _stretches([mark.value for mark in marks]):
        corners = " ".join(f"{scale.x(i)},{scale.y(marks[i].value)}" for i in stretch)
        lines.append(
            f'<polyline fill="none" stroke="{palette.common}" stroke-width="1.2" points="{corners}"/>'
        )
    return "".join(lines)


def _dot(position: int, mark: Mark, scale: _Scale, palette: Palette, *, last: bool) -> str:
    if math.isnan(mark.value) or not (mark.signal or mark.member or mark.excluded or last):
        return ""
    radius = 4.2 if last else 3.4 if mark.signal else 2.6
    if mark.excluded:
        return (
            f'<circle cx="{scale.x(position)}" cy="{scale.y(mark.value)}" r="{radius}" '
            f'fill="{palette.surface}" stroke="{mark.colour}" stroke-width="1"/>'
        )
    return (
        f'<circle cx="{scale.x(position)}" cy="{scale.y(mark.value)}" r="{radius}" '
        f'fill="{mark.colour}" stroke="{palette.surface}" stroke-width="1"/>'
    )
