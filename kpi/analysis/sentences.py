"""The sentences a manager reads: the same on page, deck and API.

Each is made from a series and the verdict of its chart. "Usual level" stands for centre line,
"signal" for what a rule marks; nothing here decides anything.
"""

import math

import pandas as pd

from kpi.analysis.words import (
    PERIOD_NOUNS,
    count_words,
    period_words,
    slice_words,
    value_text,
)
from kpi.measures import Kpi
from kpi.model import Assurance, Direction, State, Variation
from kpi.qms import Slice
from kpi.spc import Chart, Verdict


def subject(kpi: Kpi, chosen: Slice) -> str:
    """``Scrap rate of line L3, Nordhafen``; the KPI alone where nothing is filtered."""
    return f"{kpi.title} of {slice_words(chosen)}" if chosen else kpi.title


def headline(
    kpi: Kpi,
    chosen: Slice,
    period: str,
    points: pd.DataFrame,
    chart: Chart | None,
    verdict: Verdict | None,
) -> str:
    """What the series says, first sentence: did it change, since when, and is it chance?"""
    measured = points[points["value"].notna()]
    who = subject(kpi, chosen)
    if measured.empty:
        return f"{who}: {_why_nothing(points)}"
    if chart is None or verdict is None or verdict.variation is Variation.TOO_FEW:
        return (
            f"{who}: {count_words(len(measured), period)} so far. "
            "Too few to tell signal from chance: eight are needed."
        )
    if verdict.variation is Variation.COMMON_CAUSE:
        return f"{who} keeps to its usual range. What moves is chance."
    return f"{who} {_what_changed(kpi, period, points, chart, verdict)}"


def _why_nothing(points: pd.DataFrame) -> str:
    reasons = [r for r in points["reason"].dropna().unique() if r]
    return str(reasons[0]) if reasons else "no data for this choice."


def _what_changed(
    kpi: Kpi, period: str, points: pd.DataFrame, chart: Chart, verdict: Verdict
) -> str:
    since = verdict.since if verdict.since is not None else len(points) - 1
    last = _last_measured(points)
    above = points["value"].iloc[last] > chart.center[last]
    side = "above" if above else "below"
    judged = _judgement(verdict.variation)
    start = period_words(str(points["period"].iloc[since]))
    running = last - since + 1
    if running > 1:
        return f"has been {side} its usual level since {start}, {count_words(running, period)} running. {judged}"
    limit = chart.ucl[last] if above else chart.lcl[last]
    bound = "at most" if above else "at least"
    usual = "" if math.isnan(limit) else f" (usually {bound} {value_text(float(limit), kpi)})"
    value = value_text(float(points["value"].iloc[last]), kpi, beside=float(limit))
    return f"was {side} its usual range in {start}: {value}{usual}. {judged}"


def _judgement(variation: Variation) -> str:
    return {
        Variation.WORSENING: "This is not chance: something made it worse.",
        Variation.IMPROVING: "This is not chance: it got better.",
    }.get(variation, "This is not chance: something changed.")


def _last_measured(points: pd.DataFrame) -> int:
    return int(points["value"].notna().to_numpy().nonzero()[0][-1])


def assurance_sentence(kpi: Kpi, assurance: Assurance, target: float | None, period: str) -> str:
    """Will it meet the target, if nothing changes? Empty without a target."""
    if target is None or assurance in (Assurance.NO_TARGET, Assurance.TOO_FEW):
        return ""
    goal = value_text(target, kpi)
    each = PERIOD_NOUNS[period][0]
    return {
        Assurance.WILL_MEET: f"As it runs now, it meets the target of {goal} every {each}.",
        Assurance.WILL_MISS: (
            f"As it runs now, it misses the target of {goal} every {each}: "
            "reaching it takes a change of the process."
        ),
        Assurance.MAY_OR_MAY_NOT: (
            f"As it runs now, whether a {each} meets the target of {goal} is a matter of chance."
        ),
    }[assurance]


def last_value_words(kpi: Kpi, points: pd.DataFrame, target: float | None) -> str:
    """The last period's value, or the sentence why there is none."""
    if points.empty:
        return "no data"
    last = points.iloc[-1]
    if math.isnan(last["value"]):
        words = {
            State.MISSING.value: "missing",
            State.NOT_SCHEDULED.value: "not scheduled",
            State.NOT_COMPUTABLE.value: "not computable",
        }[last["state"]]
        reason = str(last["reason"] or "")
        return f"{words}: {reason}" if reason else words
    return value_text(float(last["value"]), kpi, beside=target)


def direction_words(kpi: Kpi) -> str:
    """Which way is better, in a few words."""
    return {
        Direction.LOWER: "lower is better",
        Direction.HIGHER: "higher is better",
        Direction.NONE: "no better direction is set",
    }[kpi.direction]
