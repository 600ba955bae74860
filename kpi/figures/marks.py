"""What the points of a series say, one by one: role, colour, hover. Shared by all chart sizes."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import pandas as pd

from kpi.analysis import words
from kpi.analysis.results import SeriesView
from kpi.figures.escape import html
from kpi.figures.theme import Palette, colour_of, side_means, soft_colour_of
from kpi.measures import Kpi
from kpi.model import State, Variation

STATE_WORDS = {
    State.MISSING.value: "missing",
    State.NOT_SCHEDULED.value: "not scheduled",
    State.NOT_COMPUTABLE.value: "not computable",
}


@dataclass(frozen=True, slots=True)
class Mark:
    """How one period is drawn. ``value`` is nan at a gap."""

    value: float
    colour: str
    signal: bool
    member: bool
    hover: str  # escaped, lines separated by <br>
    excluded: bool = False  # shown, and counts for nothing


def marks_of(view: SeriesView, palette: Palette) -> list[Mark]:
    """One mark per period of the series, in order."""
    return [
        _mark(row, view.kpi, palette, _hover(row, view.kpi))
        for row in view.points.to_dict("records")
    ]


_SEEN: Final = ("value", "center", "signals", "member", "excluded")


def still_marks_of(view: SeriesView, palette: Palette) -> list[Mark]:
    """The same for a picture: nobody can point at it, so the hover is left empty."""
    names = [name for name in _SEEN if name in view.points]
    columns = (view.points[name].to_list() for name in names)
    rows = (dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True))
    return [_mark(row, view.kpi, palette, "") for row in rows]


def _mark(row: Mapping[Any, Any], kpi: Kpi, palette: Palette, hover: str) -> Mark:
    value, center = _number(row["value"]), _number(row["center"])
    excluded = bool(row.get("excluded"))
    signal, member = bool(row["signals"]), bool(row["member"])
    meaning = Variation.COMMON_CAUSE
    if (signal or member) and not math.isnan(center) and not math.isnan(value):
        meaning = side_means(above=value > center, direction=kpi.direction)
    colour = colour_of(meaning, palette) if signal else soft_colour_of(meaning, palette)
    return Mark(value, colour, signal, member, hover, excluded)


def _number(cell: Any) -> float:
    return math.nan if cell is None or cell is pd.NA else float(cell)


def _hover(row: Mapping[Any, Any], kpi: Kpi) -> str:
    lines = [f"<b>{html(words.period_words(str(row['period'])))}</b>"]
    value = _number(row["value"])
    if math.isnan(value):
        lines.append(html(STATE_WORDS.get(str(row["state"]), str(row["state"]))))
    else:
        text = words.with_unit(words.number(value, kpi.decimals + 1), kpi.unit)
        lines.append(f"{html(kpi.title)}: <b>{html(text)}</b>")
    lines += _parts(row, kpi)
    if row["reason"] and not pd.isna(row["reason"]):
        lines.append(html(row["reason"]))
    lines += _limits(row, kpi)
    lines += [html(f"Signal: {rule}") for rule in str(row["signals"]).split("; ") if rule]
    if row.get("excluded"):
        lines.append(html(f"Does not count: {row['excluded']}"))
    if row["member"] and not row["signals"]:
        lines.append("Belongs to a run that signals")
    return "<br>".join(lines)


def _parts(row: Mapping[Any, Any], kpi: Kpi) -> list[str]:
    parts = [_number(row["numerator"]), _number(row["denominator"])]
    if not kpi.denominator or any(math.isnan(part) for part in parts):
        return []
    top, bottom = (words.number(part, 0 if part == round(part) else 1) for part in parts)
    return [html(f"{top} ÷ {bottom}"), html(f"{kpi.numerator} ÷ {kpi.denominator}")]


def _limits(row: Mapping[Any, Any], kpi: Kpi) -> list[str]:
    center, low, high = (_number(row[name]) for name in ("center", "lcl", "ucl"))
    if math.isnan(center):
        return []
    said = [f"usual level (centre line) {words.number(center, kpi.decimals + 1)}"]
    if not math.isnan(low) and not math.isnan(high):
        limits = f"{words.number(low, kpi.decimals + 1)} to {words.number(high, kpi.decimals + 1)}"
        said.append(f"limits {limits}")
    elif not math.isnan(high):
        said.append(f"upper limit {words.number(high, kpi.decimals + 1)}, no lower limit")
    return [html(line) for line in said]


WITH_LIMITS: Final = ("value", "center", "lcl", "ucl")
EVERYTHING: Final = (*WITH_LIMITS, "target")


def span_of(view: SeriesView, columns: tuple[str, ...] = EVERYTHING) -> tuple[float, float] | None:
    """Lowest and highest of what is drawn of these columns; ``None`` where nothing is."""
    drawn = view.points[list(columns)].to_numpy(dtype="float64")
    seen = drawn[~pd.isna(drawn)]
    return (float(seen.min()), float(seen.max())) if seen.size else None


def axis_span(low: float, high: float) -> tuple[float, float]:
    """The axis for data from ``low`` to ``high``: from zero where zero is near, with some air.

    >>> axis_span(0.5, 3.0)
    (0.0, 3.3)
    >>> axis_span(90.0, 98.0)
    (88.8, 99.2)
    """
    width = (high - low) or abs(high) or 1.0
    if 0 <= low <= 0.5 * width:
        return 0.0, round(high + 0.12 * width, 12)
    return round(low - 0.15 * width, 12), round(high + 0.15 * width, 12)
