"""The sentences a manager reads: the same on page, deck and API.

Each is made from a series and the verdict of its chart. "Usual level" stands for centre line,
"signal" for what a rule marks; nothing here decides anything.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from kpi.analysis.words import (
    PERIOD_NOUNS,
    clipped,
    count_words,
    in_period,
    number,
    period_words,
    slice_words,
    value_text,
)
from kpi.measures import Kpi
from kpi.model import Assurance, Direction, State, Variation
from kpi.qms import Slice
from kpi.spc import RULES, Chart, Signal, Verdict

SPOKEN: Final[Mapping[str, str]] = {
    "otd_request": "On-time delivery to request",
    "otd_first_promise": "On-time delivery to first promise",
    "otd_promise": "On-time delivery to promise",
    "otd_order": "On-time delivery of whole orders",
    "otd_quantity": "On-time delivery by quantity",
    "otif": "Delivery on time in full",
    "supplier_otd": "On-time delivery by suppliers",
}
"""How a KPI is called in a sentence, where its title alone makes none."""

LATELY: Final = 3
"""Points for which a signal that is over still counts as recent, as in screening."""

PLURAL: Final = frozenset(
    {"downtime_hours", "changeover_minutes", "days_late", "actions_on_time", "actions_effective"}
    | {"complaints"}
)
"""KPIs whose name is a plural."""

LOSSES: Final[Mapping[str, str]] = {
    "recorded_downtime": "the recorded downtime",
    "downtime_hours": "the unplanned downtime",
    "unplanned_share": "the unplanned downtime",
    "availability": "the time lost",
    "first_pass_yield": "the pieces not good the first time",
    "quality_ratio": "the pieces not good",
    "otd_request": "the late order lines",
    "otd_first_promise": "the late order lines",
    "otd_promise": "the late order lines",
    "otd_order": "the late orders",
    "otd_quantity": "the quantity not on time",
    "otif": "the order lines late or incomplete",
    "supplier_otd": "the late purchase lines",
}
"""What a Pareto chart of the KPI shares out, where it is not simply the numerator."""


@dataclass(frozen=True, slots=True)
class _Verbs:
    has: str
    was: str
    keeps: str
    shows: str
    its: str
    now: str


_ONE: Final = _Verbs("has", "was", "keeps", "shows", "its", "is")
_MANY: Final = _Verbs("have", "were", "keep", "show", "their", "are")


def spoken(kpi: Kpi) -> str:
    """The KPI as the subject of a sentence."""
    return SPOKEN.get(kpi.id, kpi.title)


def subject(kpi: Kpi, chosen: Slice) -> str:
    """``Scrap rate of line L3, Nordhafen``; the KPI alone where nothing is filtered."""
    return f"{spoken(kpi)} of {slice_words(chosen)}" if chosen else spoken(kpi)


def headline(
    kpi: Kpi,
    chosen: Slice,
    period: str,
    points: pd.DataFrame,
    chart: Chart | None,
    verdict: Verdict | None,
    *,
    phase: str = "",
) -> str:
    """What the series says: did it change, since when, and is it chance? The finding, what it means.

    ``phase`` is the label of the period in which the current phase was accepted to begin.
    """
    found = finding(kpi, chosen, period, points, chart, verdict, phase=phase)
    return f"{found} {meaning(points, verdict, chart)}".strip()


def finding(
    kpi: Kpi,
    chosen: Slice,
    period: str,
    points: pd.DataFrame,
    chart: Chart | None,
    verdict: Verdict | None,
    *,
    phase: str = "",
) -> str:
    """What is seen, in one sentence: did it change, and since when? Within a phase it says so."""
    who = subject(kpi, chosen)
    measured = int(points["value"].notna().sum())
    if not measured:
        return f"{who}: {_why_nothing(points)}"
    if phase:
        who = f"In the new phase since {period_words(phase)}, {_inside(who)}"
    if chart is None or verdict is None or verdict.variation is Variation.TOO_FEW:
        if phase and chart is not None and chart.phases:
            measured = chart.phases[-1].points
        return f"{who}: {count_words(measured, period)} so far."
    verbs = _MANY if kpi.id in PLURAL else _ONE
    if verdict.variation is Variation.COMMON_CAUSE:
        return f"{who} {_what_is_over(points, chart, verbs)}."
    return f"{who} {_what_changed(kpi, period, points, chart, verdict, verbs)}."


def _inside(sentence: str) -> str:
    """A sentence as it goes on after others; abbreviations keep their capitals.

    >>> _inside("Scrap rate of line 3"), _inside("MTBF of line 3")
    ('scrap rate of line 3', 'MTBF of line 3')
    """
    keeps = len(sentence) < 2 or not sentence[1].islower()
    return sentence if keeps else sentence[0].lower() + sentence[1:]


def meaning(points: pd.DataFrame, verdict: Verdict | None, chart: Chart | None = None) -> str:
    """Whether that is chance, in one sentence; empty where nothing is measured.

    ``chart`` tells of a signal that is over: what it marked was not chance either.
    """
    if not points["value"].notna().any():
        return ""
    variation = verdict.variation if verdict else Variation.TOO_FEW
    if variation is Variation.COMMON_CAUSE and chart is not None and lately(chart) is not None:
        return "That was not chance: ask what happened then."
    return {
        Variation.COMMON_CAUSE: "What moves is chance.",
        Variation.TOO_FEW: "Too few to tell signal from chance: eight are needed.",
        Variation.WORSENING: "This is not chance: something made it worse.",
        Variation.IMPROVING: "This is not chance: it got better.",
        Variation.CHANGED: "This is not chance: something changed.",
    }[variation]


def _why_nothing(points: pd.DataFrame) -> str:
    reasons = [str(r) for r in points["reason"].dropna().unique() if r]
    if not reasons:
        return "no data for this choice."
    return reasons[0] if reasons[0].endswith(".") else f"{reasons[0]}."


def lately(chart: Chart) -> Signal | None:
    """The newest signal among the last points of the current phase; ``None`` without one.

    A point beyond a limit goes before patterns that end with it: it is the plainer to tell.
    """
    counted = np.flatnonzero(chart.usable)[-LATELY:]
    begins = chart.phases[-1].first if chart.phases else 0
    recent = [s for s in chart.signals if s.point in counted and s.point >= begins]
    return max(recent, key=lambda s: (s.point, _family(s.rule) == "beyond"), default=None)


def is_back(variation: Variation, chart: Chart | None) -> bool:
    """Whether a steady process was out of its usual range or level lately: what is over by now."""
    return variation is Variation.COMMON_CAUSE and chart is not None and lately(chart) is not None


def _what_is_over(points: pd.DataFrame, chart: Chart, verbs: _Verbs) -> str:
    """The predicate of a steady process: nothing happened, or what is over by now."""
    signal = lately(chart)
    if signal is None:
        return f"{verbs.keeps} to {verbs.its} usual range"
    label = str(points["period"].iloc[signal.point])
    at = float(points["value"].iloc[signal.point])
    side = "above" if at > chart.center[signal.point] else "below"
    family = _family(signal.rule)
    if family == "beyond":
        return (
            f"{verbs.was} {side} {verbs.its} usual range {in_period(label)} "
            f"and {verbs.now} back in it"
        )
    if family == "runs":
        until = f"until {period_words(label)}"
        return f"{verbs.was} {side} {verbs.its} usual level {until} and {verbs.now} back at it"
    return (
        f"{verbs.was} in a pattern until {period_words(label)} that chance does not make, "
        f"and {verbs.now} back to normal"
    )


def _what_changed(
    kpi: Kpi, period: str, points: pd.DataFrame, chart: Chart, verdict: Verdict, verbs: _Verbs
) -> str:
    """The predicate, by the kind of rule that tells."""
    usable = np.flatnonzero(chart.usable)
    last = int(usable[-1])
    since = last if verdict.since is None else verdict.since
    lasted = int((usable >= since).sum())
    start = period_words(str(points["period"].iloc[since]))
    running = f"since {start}, {count_words(lasted, period)} running"
    value = float(points["value"].iloc[last])
    side = "above" if value > chart.center[last] else "below"
    family = _family(verdict.rule)
    if family == "trend":
        way = "risen" if value > float(points["value"].iloc[since]) else "fallen"
        return f"{verbs.has} {way} from {period} to {period} since {start}"
    if family == "zones":
        return f"{verbs.has} been well {side} {verbs.its} usual level more often than chance explains since {start}"
    if family == "none":
        return f"{verbs.shows} a pattern since {start} that chance does not make"
    if lasted > 1:
        bound = "range" if family == "beyond" else "level"
        return f"{verbs.has} been {side} {verbs.its} usual {bound} {running}"
    when = in_period(str(points["period"].iloc[last]))
    limit = float(chart.ucl[last] if side == "above" else chart.lcl[last])
    bound = "at most" if side == "above" else "at least"
    beside = None if math.isnan(limit) else limit
    usual = "" if beside is None else f" (usually {bound} {value_text(beside, kpi, beside=value)})"
    told = value_text(value, kpi, beside=beside)
    return f"{verbs.was} {side} {verbs.its} usual range {when}: {told}{usual}"


def _family(rule: str | None) -> str:
    """How a rule is told: beyond, runs, trend, zones, or none for one without a direction."""
    if rule is None or rule not in RULES:
        return "none" if rule == "anhoej_few_crossings" else "runs"
    known = RULES[rule]
    return "none" if known.about == "none" else known.family


_JUDGED: Final = frozenset({Assurance.WILL_MEET, Assurance.WILL_MISS, Assurance.MAY_OR_MAY_NOT})


def assurance_sentence(kpi: Kpi, assurance: Assurance, target: float | None, period: str) -> str:
    """Will it meet the target, if nothing changes? Empty without a target, or where it is not known."""
    if target is None or assurance not in _JUDGED:
        return ""
    goal = value_text(target, kpi)
    each = PERIOD_NOUNS[period][0]
    return {
        Assurance.WILL_MEET: f"As it runs now, every {each} meets the target of {goal}.",
        Assurance.WILL_MISS: (
            f"As it runs now, every {each} misses the target of {goal}: "
            "reaching it takes a change of the process."
        ),
        Assurance.MAY_OR_MAY_NOT: (
            f"As it runs now, chance decides whether a {each} meets the target of {goal}."
        ),
    }[assurance]


def since_sentence(kpi: Kpi, missed: int, count: int, target: float, period: str) -> str:
    """How many periods since a change missed the target: none, some, or every one."""
    goal = value_text(target, kpi)
    singular, plural = PERIOD_NOUNS[period]
    if 0 < missed < count:
        return f"{missed} of {count} {plural} since then missed the target of {goal}."
    verb = "missed" if missed else "met"
    if count == 1:
        return f"It {verb} the target of {goal}."
    return f"Every {singular} since then {verb} the target of {goal}."


def slide_title(finding: str, assurance: Assurance, variation: Variation, goal: str) -> str:
    """A finding as a title: no full stop, and what a steady process comes to against its target."""
    title = finding.removesuffix(".")
    if variation is not Variation.COMMON_CAUSE or not goal:
        return title
    joined = ", which" if title.endswith("usual range") else "; that"
    return title + {
        Assurance.WILL_MEET: f"{joined} meets the target of {goal}",
        Assurance.WILL_MISS: f"{joined} misses the target of {goal}",
        Assurance.MAY_OR_MAY_NOT: f"{joined} meets the target of {goal} by chance only",
    }.get(assurance, "")


def steady_words(assurance: Assurance) -> str:
    """What a steady process means for its target, where the title has named it already."""
    return {
        Assurance.WILL_MEET: "Nothing has to be done to meet the target.",
        Assurance.WILL_MISS: "Reaching the target takes a change of the process.",
        Assurance.MAY_OR_MAY_NOT: "To meet the target reliably, the process has to change.",
    }.get(assurance, "")


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


def loss_words(kpi: Kpi) -> str:
    """What a Pareto chart of the KPI shares out: ``the late order lines``."""
    if kpi.id in LOSSES:
        return LOSSES[kpi.id]
    if kpi.direction is Direction.HIGHER:
        return f"what is missing to full {spoken(kpi).lower()}"
    return f"the {kpi.numerator}"


def pareto_sentence(kpi: Kpi, chosen: Slice, dimension: str, bars: pd.DataFrame, when: str) -> str:
    """The largest share and the share without a name; ``when`` is the period in words."""
    where = f" of {slice_words(chosen)}" if chosen else ""
    what = f"{loss_words(kpi)}{where}"
    named = bars[~bars["unassigned"]]
    if bars.empty:
        return f"Nothing to share out: {what} came to zero, {when}."
    if named.empty:
        return f"No {dimension} is recorded for {what}, {when}: no cause can be named."
    top = named.iloc[0]
    text = f"{clipped(str(top['label']))} accounts for {number(float(top['share']), 0)}\u00a0% of {what}, {when}"
    unassigned = float(bars.loc[bars["unassigned"], "share"].sum())
    if unassigned >= 1:
        text += f"; {number(unassigned, 0)}\u00a0% carries no {dimension}"
    return f"{text}."
