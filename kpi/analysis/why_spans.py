"""Which two periods are compared, what stood in them, and whether they differ by more than chance."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import numpy as np
import pandas as pd

from kpi.analysis import sentences, words
from kpi.analysis.results import Filters, SeriesView
from kpi.errors import KpiError, UsageError
from kpi.model import State

BETWEEN: Final = ".."
"""Stands between the first and the last period of a span: ``2025-11..2026-04``."""

_GRAINS: Final = (
    ("month", r"\d{4}-\d{2}"), ("week", r"\d{4}-W\d{2}"), ("quarter", r"\d{4}-Q\d"),
    ("day", r"\d{4}-\d{2}-\d{2}"), ("year", r"\d{4}"), ("fiscal", r"FY\d{4}-P\d{2}"),
)  # fmt: skip

_COMPUTED: Final = (State.VALUE.value, State.ZERO.value)


@dataclass(frozen=True, slots=True)
class Span:
    """One side of a comparison: a period, or several in a row.

    ``places`` are the positions of its periods with a value among the points of the series,
    ``numerator`` and ``denominator`` their sums. For an amount without a denominator it is the number
    of periods, so that spans of different length compare: ``value`` is then a mean per period.
    """

    label: str
    words: str
    first: date
    last: date
    labels: tuple[str, ...]
    places: tuple[int, ...]
    left_out: tuple[str, ...]
    numerator: float
    denominator: float
    value: float


def grain_of(labels: Sequence[str], usual: str) -> str:
    """The length of period that labels speak of: ``2026-Q2`` is a quarter.

    Raises
    ------
    UsageError
        A label is none, or two are of different length.
    """
    found = {}
    for label in (part for text in labels if text for part in text.split(BETWEEN)):
        named = [name for name, shape in _GRAINS if re.fullmatch(shape, label.strip())]
        if not named:
            raise UsageError(
                f"{label!r} is no period. Write 2026-04 for a month, 2026-W18, 2026-Q2, 2026, "
                "2026-04-30, FY2026-P04, or two of them with .. between."
            )
        found[named[0]] = label.strip()
    if len(found) > 1:
        first, second = list(found.values())[:2]
        raise UsageError(f"{first} and {second} are of different length. Compare like with like.")
    return next(iter(found), usual)


def spans_of(
    series: SeriesView, filters: Filters, since: str, until: str, plus: float
) -> tuple[Span, Span]:
    """What is compared: ``since`` and ``until`` where they are given, else the usual choice.

    Raises
    ------
    UsageError
        A period is not among those of the series.
    KpiError
        There is nothing to compare, or a side has no value.
    """
    usual = usual_labels(series, until)
    if usual is None and not (since and until):
        raise KpiError(_too_few(series))
    before, after = usual or ("", "")
    chosen = (since or before, until or after)
    return tuple(_span(series, filters, label, plus) for label in chosen)  # type: ignore[return-value]


def _too_few(series: SeriesView) -> str:
    if not series.points["value"].notna().any():
        return series.headline
    noun = words.PERIOD_NOUNS[series.period][1]
    who = sentences.subject(series.kpi, series.slice)
    return f"{who}: it takes two {noun} with a value to compare."


def usual_labels(series: SeriesView, until: str = "") -> tuple[str, str] | None:
    """What is compared unless something else is asked for.

    All since the present signal began against the level before it; without a signal, all since the
    last accepted step against the phase before it; without one, the last period against the one
    before. Where ``until`` is given: that against as many periods before it.
    ``None`` where there are not two to compare.
    """
    labels = [str(label) for label in series.points["period"]]
    measured = [i for i in range(len(labels)) if not math.isnan(series.points["value"].iloc[i])]
    if until:
        first, last = (_place(series, part) for part in _ends(until))
        length = last - first + 1
        earlier = [i for i in measured if i < first][-length:]
        return (_label(labels, earlier), until) if earlier else None
    start, base = _turn(series)
    earlier = [i for i in measured if i < start]
    level, since = [i for i in earlier if i >= base] or earlier, [i for i in measured if i >= start]
    if level and since:
        return _label(labels, level), _label(labels, since)
    return (labels[measured[-2]], labels[measured[-1]]) if len(measured) > 1 else None


def _turn(series: SeriesView) -> tuple[int, int]:
    """Where the present level began, and where the one before it did; no period if there is none."""
    nowhere = (len(series.points), 0)
    if series.chart is None or not series.chart.phases:
        return nowhere
    phases = series.chart.phases
    if series.verdict is not None and series.verdict.since is not None:
        return series.verdict.since, phases[-1].first
    return (phases[-1].first, phases[-2].first) if len(phases) > 1 else nowhere


def _label(labels: Sequence[str], places: Sequence[int]) -> str:
    first, last = labels[places[0]], labels[places[-1]]
    return first if first == last else f"{first}{BETWEEN}{last}"


def _ends(label: str) -> tuple[str, str]:
    first, _, last = label.partition(BETWEEN)
    return first.strip(), (last or first).strip()


def _place(series: SeriesView, label: str) -> int:
    labels = [str(known) for known in series.points["period"]]
    if label in labels:
        return labels.index(label)
    noun = words.PERIOD_NOUNS[series.period][0]
    known = f"Known are {labels[0]} to {labels[-1]}." if labels else "There are none yet."
    raise UsageError(
        f"There is no {noun} {label} of {sentences.subject(series.kpi, series.slice)}. {known}"
    )


def span_words(label: str) -> str:
    """A period or a span as a person says it.

    >>> span_words("2026-05"), span_words("2025-11..2026-04")
    ('May 2026', 'November 2025 to April 2026')
    """
    first, last = _ends(label)
    if first == last:
        return words.period_words(first)
    return f"{words.period_words(first)} to {words.period_words(last)}"


def _span(series: SeriesView, filters: Filters, label: str, plus: float) -> Span:
    first, last = (_place(series, part) for part in _ends(label))
    if last < first:
        raise UsageError(f"{label} ends before it begins. Exchange the two.")
    points = series.points.iloc[first : last + 1]
    computed = points["state"].isin(_COMPUTED).to_numpy() & points["value"].notna().to_numpy()
    counts = computed & (points["excluded"] == "").to_numpy(dtype=bool)
    # A point that does not count is no part of a level; looked at by itself it is explained.
    computed = counts if counts.any() else computed
    known = points[computed]
    if known.empty:
        raise KpiError(_nothing(series, label, points))
    top = float(known["numerator"].astype("float64").sum(min_count=len(known)))
    if math.isnan(top):
        raise KpiError(
            f"{series.kpi.title} is taken as reported, without the two sums it is made of: it "
            "cannot be split into parts."
        )
    below = float(known["denominator"].astype("float64").sum()) + plus
    if not series.kpi.denominator or known["denominator"].isna().all():
        below = float(len(known))
    days = (_day(points["period_start"].iloc[0]), _day(points["period_end"].iloc[-1]))
    return Span(
        label=f"{_ends(label)[0]}{BETWEEN}{_ends(label)[1]}" if last > first else _ends(label)[0],
        words=span_words(label),
        first=max(filter(None, (days[0], filters.first))),
        last=min(filter(None, (days[1], filters.last))),
        labels=tuple(str(name) for name in known["period"]),
        places=tuple(int(i) for i in np.flatnonzero(computed) + first),
        left_out=tuple(str(name) for name in points["period"][~computed]),
        numerator=top,
        denominator=below,
        value=top / below * series.kpi.per,
    )


def _day(stamp: Any) -> date:
    return pd.Timestamp(stamp).date()


def _nothing(series: SeriesView, label: str, points: pd.DataFrame) -> str:
    told = next((str(r) for r in points["reason"] if r), "there is no value")
    who = sentences.subject(series.kpi, series.slice)
    return f"{who} has no value to compare, {span_words(label)}: {told.rstrip('.')}."
