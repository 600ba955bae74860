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
from kpi.measures import Kpi
from kpi.model import State, Variation
from kpi.spc.constants import SIGMA_LIMITS

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

    All since the present signal began against the level before it; without a signal the last period
    against the one before. Where ``until`` is given: that against as many periods before it.
    ``None`` where there are not two to compare.
    """
    labels = [str(label) for label in series.points["period"]]
    measured = [i for i in range(len(labels)) if not math.isnan(series.points["value"].iloc[i])]
    if until:
        first, last = (_place(series, part) for part in _ends(until))
        length = last - first + 1
        earlier = [i for i in measured if i < first][-length:]
        return (_label(labels, earlier), until) if earlier else None
    start = series.verdict.since if series.verdict and series.chart else None
    if start is not None and series.chart is not None:
        base = series.chart.phases[-1].first if series.chart.phases else 0
        earlier = [i for i in measured if i < start]
        level = [i for i in earlier if i >= base] or earlier
        since = [i for i in measured if i >= start]
        if level and since:
            return _label(labels, level), _label(labels, since)
    return (labels[measured[-2]], labels[measured[-1]]) if len(measured) > 1 else None


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


def within_usual_range(series: SeriesView, before: Span, after: Span) -> bool | None:
    """Whether the chart takes both sides for chance; ``None`` where it cannot tell.

    No point of either is a signal or part of one. Where a side is several periods, their means must
    also differ by no more than three standard errors, taken from the spread of the chart's own points
    and so with its over-dispersion.
    """
    chart = series.chart
    if chart is None or series.variation is Variation.TOO_FEW:
        return None
    if any(flagged(series, span) for span in (before, after)):
        return False
    if len(before.places) == len(after.places) == 1:
        return True
    error = math.sqrt(sum(_squared_error(series, span) for span in (before, after)))
    return not error or abs(after.value - before.value) <= SIGMA_LIMITS * error


def _squared_error(series: SeriesView, span: Span) -> float:
    assert series.chart is not None
    spread = series.chart.spread[list(span.places)]
    found = spread[np.isfinite(spread)] ** 2
    return float(found.mean()) / len(span.places) if len(found) else 0.0


def flagged(series: SeriesView, span: Span) -> bool:
    """Whether a point of the span is a signal, or belongs to one."""
    points = series.points.iloc[list(span.places)]
    return bool((points["member"].astype(bool) | (points["rules"] != "")).any())


def chance_words(series: SeriesView, before: Span, after: Span, within: bool | None) -> str:
    """Whether there is anything to explain, in a sentence that is said before all others."""
    singular, plural = words.PERIOD_NOUNS[series.period]
    if within is None:
        return f"There are too few {plural} to tell this change from chance."
    single = len(before.places) == len(after.places) == 1
    if within:
        who = f"Both {plural} lie" if single else f"Every {singular} of the two spans lies"
        return f"{who} within the usual range{_range(series, after)}: what follows describes a chance movement."
    if flagged(series, after):
        return f"This is more than chance: {_out(series, after)}."
    if flagged(series, before):
        verb = "is" if len(after.places) == 1 else "are"
        return f"{_upper(_out(series, before))}; {after.words} {verb} back within the usual range."
    return f"No single {singular} is out of the ordinary, but the two spans differ by more than chance explains."


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]


def _out(series: SeriesView, span: Span) -> str:
    """How a side with a signal lies: beyond its range, on one side of its level, or in part."""
    points = series.points.iloc[list(span.places)]
    above = span.value > float(points["center"].astype("float64").mean())
    side = "above" if above else "below"
    if len(points) == 1:
        beyond = "beyond_limits" in str(points["rules"].iloc[0])
        where = f"range{_range(series, span)}" if beyond else "level"
        return f"{span.words} lies {side} the usual {where}"
    out = int((points["member"].astype(bool) | (points["rules"] != "")).sum())
    if 2 * out > len(points):
        return f"from {span.words} it was {side} the usual level"
    plural = words.PERIOD_NOUNS[series.period][1]
    verb = "lies" if out == 1 else "lie"
    return f"{words.small_number(out)} of the {len(points)} {plural} from {span.words} {verb} out of the ordinary"


def _range(series: SeriesView, span: Span) -> str:
    """`` of 0.70 % to 1.37 %``, as it is in the last period of the span."""
    last = series.points.iloc[span.places[-1]]
    low, high = float(last["lcl"]), float(last["ucl"])
    kpi: Kpi = series.kpi
    if kpi.domain != "reported":  # a limit that no value can pass is none
        low = math.nan if low <= 0 else low
        high = math.nan if kpi.unit == "%" and high >= kpi.per else high
    if math.isnan(low) and math.isnan(high):
        return ""
    if math.isnan(low):
        return f" of at most {words.value_text(high, kpi)}"
    if math.isnan(high):
        return f" of at least {words.value_text(low, kpi)}"
    return f" of {words.value_text(low, kpi)} to {words.value_text(high, kpi)}"
