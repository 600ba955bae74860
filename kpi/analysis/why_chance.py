"""Do two periods differ by more than chance? By the series' own chart, in a sentence said first."""

import math

import numpy as np

from kpi.analysis import words
from kpi.analysis.results import SeriesView
from kpi.analysis.why_spans import Span
from kpi.measures import Kpi
from kpi.model import Variation
from kpi.spc.constants import SIGMA_LIMITS


def within_usual_range(series: SeriesView, before: Span, after: Span) -> bool | None:
    """Whether the chart takes both sides for chance; ``None`` where it cannot tell.

    No point of either is a signal or part of one. Where a side is several periods, their means must
    also differ by no more than three standard errors, taken from the spread of the chart's own points
    and so with its over-dispersion.
    """
    chart = series.chart
    if chart is None or series.variation is Variation.TOO_FEW:
        return None
    if any(flagged(series, span) for span in (before, after)) or _step_between(
        series, before, after
    ):
        return False
    if len(before.places) == len(after.places) == 1:
        return True
    return _near(series, before, after)


def _near(series: SeriesView, before: Span, after: Span) -> bool:
    """The two differ by at most three standard errors of their difference."""
    error = math.sqrt(sum(_squared_error(series, span) for span in (before, after)))
    return not error or abs(after.value - before.value) <= SIGMA_LIMITS * error


def _step_between(series: SeriesView, before: Span, after: Span) -> str:
    """The accepted step between the two sides: the period it begins with; empty where there is none."""
    phases = series.chart.phases if series.chart else ()
    numbers = [
        {n for n, phase in enumerate(phases) if phase.first <= place <= phase.last}
        for span in (before, after)
        for place in (span.places[0], span.places[-1])
    ]
    found = set().union(*numbers)
    if len(found) < 2:
        return ""
    return str(series.points["period"].iloc[phases[max(found)].first])


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
    together = _same_side(series, before, after)
    if together and _near(series, before, after):
        both = f"Both {plural}" if single else "Both spans"
        return (
            f"{both} lie {together} the usual level; what changed between them is no more than "
            "chance makes."
        )
    if flagged(series, after):
        return f"This is more than chance: {_out(series, after)}."
    if flagged(series, before):
        verb = "is" if len(after.places) == 1 else "are"
        return f"{_upper(_out(series, before))}; {after.words} {verb} back within the usual range."
    step = _step_between(series, before, after)
    if step:
        return f"This is more than chance: a step was accepted {words.in_period(step)}."
    return f"No single {singular} is out of the ordinary, but the two spans differ by more than chance explains."


def _same_side(series: SeriesView, before: Span, after: Span) -> str:
    """``above`` or ``below`` where both sides have left the usual level the same way, else empty."""
    if not (flagged(series, before) and flagged(series, after)):
        return ""
    sides = {_side(series, span) for span in (before, after)}
    return sides.pop() if len(sides) == 1 else ""


def _side(series: SeriesView, span: Span) -> str:
    level = series.points["center"].iloc[list(span.places)].astype("float64").mean()
    return "above" if span.value > float(level) else "below"


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]


def _out(series: SeriesView, span: Span) -> str:
    """How a side with a signal lies: beyond its range, on one side of its level, or in part."""
    points = series.points.iloc[list(span.places)]
    side = _side(series, span)
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
