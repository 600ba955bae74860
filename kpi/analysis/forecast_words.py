"""The sentences of a forecast: what to expect, how likely the target is, and how sure that is."""

import math
from collections.abc import Mapping
from typing import Final

import numpy as np

from kpi.analysis import words
from kpi.analysis.run_rate import RunRate
from kpi.analysis.sentences import PLURAL, subject
from kpi.measures import Kpi
from kpi.model import Direction
from kpi.qms import Slice
from kpi.trends import BLEND, Backtest

FRACTIONS: Final = (
    (0.02, "1 in 50"), (0.05, "1 in 20"), (0.1, "1 in 10"), (1 / 7, "1 in 7"), (0.2, "1 in 5"),
    (0.25, "1 in 4"), (1 / 3, "1 in 3"), (0.4, "2 in 5"), (0.5, "1 in 2"), (0.6, "3 in 5"),
    (2 / 3, "2 in 3"), (0.75, "3 in 4"), (0.8, "4 in 5"), (6 / 7, "6 in 7"), (0.9, "9 in 10"),
    (0.95, "19 in 20"), (0.98, "49 in 50"),
)  # fmt: skip

_LIKELY: Final = (
    (0.9, "very likely meets", "very likely meet"), (0.6, "probably meets", "probably meet"),
    (0.4, "may or may not meet", "may or may not meet"),
    (0.1, "probably misses", "probably miss"), (0.0, "very likely misses", "very likely miss"),
)  # fmt: skip

MONTHS_NAMED: Final = 4
"""At most so many months are named as high or low."""


def chance_words(probability: float) -> str:
    """A probability as people say it; never none, never sure.

    >>> chance_words(0.34), chance_words(0.004), chance_words(0.998), chance_words(0.5)
    ('about 1 in 3', 'less than 1 in 100', 'more than 99 in 100', 'about 1 in 2')
    """
    if probability < 0.01:
        return "less than 1 in 100"
    if probability > 0.99:
        return "more than 99 in 100"
    return f"about {min(FRACTIONS, key=lambda f: abs(_log_odds(f[0]) - _log_odds(probability)))[1]}"


def _log_odds(probability: float) -> float:
    return math.log(probability / (1 - probability))


def verdict_sentence(
    kpi: Kpi, chosen: Slice, due_label: str, goal: float, probability: float, *, when: str = ""
) -> str:
    """Whether the target will be met: ``Scrap rate probably misses the target of 1.5 % …``.

    ``when`` says over what time, where it is not the period that the due date lies in.
    """
    one, many = next(verbs for least, *verbs in _LIKELY if probability >= least)
    will = many if kpi.id in PLURAL else one
    return (
        f"{subject(kpi, chosen)} {will} the target of {words.value_text(goal, kpi)} "
        f"{when or words.in_period(due_label)}: the chance of meeting it is "
        f"{chance_words(probability)}."
    )


def expected_sentence(
    kpi: Kpi, label: str, median: float, low: float, high: float, *, when: str = ""
) -> str:
    """What the value of that period will be, and between what values eight times out of ten."""
    return (
        f"Expected {when or words.in_period(label)}: {words.value_text(median, kpi)}, "
        f"eight times out of ten between {_span(kpi, low, high)}."
    )


def goes_on_sentence(
    kpi: Kpi, chosen: Slice, label: str, median: float, low: float, high: float
) -> str:
    """The forecast where there is no due date."""
    return (
        f"{subject(kpi, chosen)}: expect about {words.value_text(median, kpi)} "
        f"{words.in_period(label)}, eight times out of ten between {_span(kpi, low, high)}."
    )


def _span(kpi: Kpi, low: float, high: float) -> str:
    return f"{words.number(low, kpi.decimals)} and {words.value_text(high, kpi)}"


def too_few_sentence(points: int, needed: int, period: str, since: str) -> str:
    """``Too few data …: 9 months since the level changed in March 2026; 12 are needed.``."""
    singular, plural = words.PERIOD_NOUNS[period]
    counted = f"{points} {singular if points == 1 else plural}"
    known = f"{counted} since the level changed {words.in_period(since)}" if since else counted
    return f"Too few data for a forecast: {known}; {needed} are needed."


def too_far_sentence(due_label: str, points: int, period: str) -> str:
    """Where the due date lies further ahead than the past reaches back."""
    plural = words.PERIOD_NOUNS[period][1]
    return (
        f"{words.period_words(due_label)} is too far ahead to forecast: {points} {plural} of the "
        "present level are known, and a forecast reaches no further ahead than that, nor further "
        "than two years."
    )


def passed_sentence(kpi: Kpi, chosen: Slice, label: str, value: float, goal: float) -> str:
    """What came of a target whose due date has passed."""
    if math.isnan(value):
        return f"The due date has passed, and {words.period_words(label)} was not measured."
    met = value >= goal if kpi.direction is Direction.HIGHER else value <= goal
    came = words.value_text(value, kpi, beside=goal)
    return (
        f"The due date has passed: {subject(kpi, chosen)} came to {came} {words.in_period(label)} and "
        f"{'met' if met else 'missed'} the target of {words.value_text(goal, kpi)}."
    )


def pace_sentence(kpi: Kpi, pace: RunRate, goal: float, due_label: str, period: str) -> str:
    """What every remaining period must come to on average, beside what is usual."""
    year = {12: "twelve months", 4: "four quarters", 52: "52 weeks"}[pace.year]
    span = f"the {year} up to {words.period_words(due_label)}"
    target = f"the target of {words.value_text(goal, kpi)}"
    remaining = f"the {words.count_words(pace.remaining, period)} still to come"
    if pace.remaining == 1:
        remaining = f"the one {words.PERIOD_NOUNS[period][0]} still to come"
    if not pace.reachable:
        return f"{span[:1].upper()}{span[1:]} cannot reach {target} any more, whatever {remaining} bring."
    word = "or better" if kpi.direction is Direction.HIGHER else "or less"
    needed = words.value_text(pace.required, kpi, beside=pace.usual)
    change = words.change_text(pace.usual, pace.required, kpi)
    if pace.easy:
        return (
            f"For {span} to reach {target}, {remaining} may average {needed}: "
            f"as usual ({words.value_text(pace.usual, kpi)} over the last year) is enough."
        )
    return (
        f"For {span} to reach {target}, {remaining} must average {needed} {word}: {change} "
        f"against the last year's {words.value_text(pace.usual, kpi)}."
    )


def backtest_sentence(
    kpi: Kpi, tested: Backtest, method: str, period: str, *, untested: bool = False
) -> str:
    """How such forecasts did on the KPI's own past, beside repeating the last value.

    ``untested``: a season is in the forecast that was not yet known in that past.
    """
    if not tested.enough:
        return (
            "The past is too short to try such forecasts out on it: "
            f"{words.small_number(tested.origins)} could be made, five are needed."
        )
    unit = "pt" if kpi.unit == "%" else kpi.unit
    decimals = _telling_decimals(kpi, tested, alone=method == "last value")
    own, naive = (
        words.with_unit(words.number(error, decimals), unit)
        for error in (tested.mae, tested.naive_mae)
    )
    ahead = words.count_words(tested.horizon, period)
    told = f"On this KPI's own past, forecasts {ahead} ahead were off by {own} on average"
    if method == BLEND:
        lately = " The season was found too lately to be in these." if untested else ""
        return f"{told}; simply repeating the last value by {naive}.{lately}"
    if method == "level":
        return (
            f"{told}; simply repeating the last value by {naive}. Nothing finer did better than the "
            "usual level, so that is the forecast."
        )
    return (
        f"{told}. Nothing did better there than simply repeating the last value, so that is the "
        "forecast."
    )


def _telling_decimals(kpi: Kpi, tested: Backtest, *, alone: bool) -> int:
    """The KPI's decimals, and more where an error would print as nothing or as its rival."""
    own, naive = tested.mae, tested.naive_mae
    decimals = kpi.decimals
    while decimals < kpi.decimals + 3 and (
        round(own, decimals) == 0 or (not alone and round(own, decimals) == round(naive, decimals))
    ):
        decimals += 1
    return decimals


def season_sentence(
    kpi: Kpi, chosen: Slice, changes: np.ndarray, errors: np.ndarray, period: str
) -> tuple[str, tuple[int, ...]]:
    """Which months are usually higher or lower, and by how much; with their places (January: 0).

    ``changes`` is how far each place lies from the usual level, ``errors`` how sure that is, both in
    the KPI's unit.
    """
    largest = float(np.abs(changes).max())
    sign = 1.0 if changes[np.abs(changes).argmax()] > 0 else -1.0
    clear = (changes * sign >= largest / 2) & (np.abs(changes) >= 2 * errors)
    clear[np.abs(changes).argmax()] = True
    order = sorted(np.flatnonzero(clear).tolist(), key=lambda i: -abs(changes[i]))[:MONTHS_NAMED]
    places = tuple(sorted(order))
    names = [words.MONTHS[p] if period == "month" else f"Q{p + 1}" for p in places]
    size = abs(float(changes[list(places)].mean()))
    unit = "pt" if kpi.unit == "%" else kpi.unit
    decimals = kpi.decimals
    while decimals < kpi.decimals + 3 and round(size, decimals) == 0:
        decimals += 1
    amount = words.with_unit(words.number(size, decimals), unit)
    side = "higher" if sign > 0 else "lower"
    verb = "are" if kpi.id in PLURAL else "is"
    return (
        f"{subject(kpi, chosen)} {verb} usually {amount} {side} in {words.listed(names)}.",
        places,
    )


def no_season_sentence(p_value: float, points: int, period: str) -> str:
    """Why no season is claimed."""
    noun = words.PERIOD_NOUNS[period][0] if period in words.PERIOD_NOUNS else "period"
    if period not in ("month", "quarter"):
        return "A season is looked for in months and quarters only."
    if math.isnan(p_value):
        return (
            f"No season can be told yet: every {noun} of the year must have been measured twice at "
            f"the present level; there are {words.count_words(points, period)}."
        )
    return (
        f"No season: the same {words.PERIOD_NOUNS[period][1]} of different years resemble each "
        "other no more than chance makes them."
    )


_FAMILIES: Final = {
    "level": "that the level stays",
    "wandering": "that the level wanders",
    "returning": "that it swings about its level",
    "trend": "that it follows a trend",
    "last value": "that the last value repeats itself",
}


def model_words(method: str, families: Mapping[str, float]) -> str:
    """What the forecast is made of, the weightiest first."""
    if method == "level":
        return "The usual level, as nothing finer did better on the past."
    if method == "last value":
        return "The last value, as nothing did better on the past."
    parts = [
        f"{_FAMILIES[family]} ({share * 100:.0f}\u00a0%)"
        for family, share in families.items()
        if share >= 0.05
    ]
    return (
        f"A blend, weighted by how well each forecast this series until now: {words.listed(parts)}."
    )
