"""Did the action work? In sentences: the same on page, command line and Overview."""

import math
from dataclasses import replace
from typing import Final

from kpi.analysis import words
from kpi.analysis.effect_results import EffectView, Side
from kpi.analysis.results import SeriesView
from kpi.analysis.sentences import subject
from kpi.model import Direction
from kpi.trends.effect import FEWEST_BEFORE, Effect
from kpi.trends.effect_power import MOST_PERIODS, POWER

_MOST_DECIMALS: Final = 4
DOUBTFUL: Final = (
    "the level had moved before it. Accept a step change there first, so that the action is compared "
    "with the level since."
)
"""Where all points before say "worked", and those without the signals "made it worse"."""

_SMALL_LEVEL: Final = 100.0

_MANIFOLD: Final = 10.0
"""From here on a change in per cent says nothing: the level before was next to nothing."""

_NEXT_TO_NEVER: Final = 0.01
"""Below it chance is no explanation to be weighed any more."""


def sentence(view: EffectView) -> str:
    """The verdict: what changed, by how much, how sure, and what it would take to know."""
    return " ".join(part for part in (finding(view), chance(view), outlook(view)) if part)


def finding(view: EffectView) -> str:
    """The verdict and the levels, in one sentence."""
    if view.reason:
        return f"No evidence yet: {view.reason}"
    opening = {
        "worked": "Worked",
        "made it worse": "Made it worse",
        "changed": "Changed",
    }.get(view.verdict.value, "No evidence yet")
    return f"{opening}: {_levels(view)} ({difference(view)})."


def _levels(view: EffectView) -> str:
    effect, each = view.effect, per_period(view)
    who = _within(subject(view.kpi, view.series.slice))
    after = level_text(view, view.after.level, view.before.level)
    before = level_text(view, view.before.level, view.after.level)
    when = words.date_words(view.action.day)
    if effect.trend or effect.season:
        expected = level_text(view, view.expected, view.after.level)
        after = level_text(view, view.after.level, view.expected)
        return (
            f"{who} came to {after}{each} after {when}, "
            f"where {_carried(effect)} would have led to {expected}"
        )
    if view.verdict.value == "no evidence yet":
        return f"{who} came to {after}{each} after {when}, and to {before} before"
    way = "rose" if view.absolute > 0 else "fell"
    return f"{who} {way} from {before} to {after}{each} after {when}"


def level_text(view: EffectView, level: float, beside: float | None = None) -> str:
    """A level with its unit. It is a mean, so whole numbers get a decimal where they are small."""
    if math.isnan(level):
        return "unknown"
    beside = None if beside is None or math.isnan(beside) else beside
    kpi = replace(view.kpi, decimals=decimals_of(view, level))
    return words.value_text(level, kpi, beside=beside)


def decimals_of(view: EffectView, level: float) -> int:
    """How many decimals a level of this KPI is printed with."""
    small = view.kpi.decimals == 0 and abs(level) < _SMALL_LEVEL
    return 1 if small else view.kpi.decimals


def per_period(view: EffectView) -> str:
    """Of a KPI that is a sum: ``" a month"``; empty for a rate."""
    if view.kpi.denominator or view.kpi.default_chart == "run":
        return ""
    return f" a {words.PERIOD_NOUNS[view.series.period][0]}" if view.kpi.per != 100 else ""


def _within(name: str) -> str:
    """A subject within a sentence: small, unless its first word is an abbreviation."""
    return name if len(name) > 1 and name[1].isupper() else f"{name[:1].lower()}{name[1:]}"


def _carried(effect: Effect) -> str:
    return words.listed(
        [
            name
            for name, there in (("its trend", effect.trend), ("the season", effect.season))
            if there
        ]
    )


def difference(view: EffectView) -> str:
    """The change and between what values it lies: ``−1.4 pt, between −2.0 and −0.8``."""
    kpi = view.kpi
    unit = "pt" if kpi.unit == "%" else kpi.unit
    decimals = decimals_of(view, max(abs(view.low), abs(view.high)))
    while decimals < _MOST_DECIMALS and _alike(view, decimals):
        decimals += 1
    low, mid, high = (signed(x, decimals) for x in (view.low, view.absolute, view.high))
    return f"{words.with_unit(mid, unit)}, between {low} and {high}"


def _alike(view: EffectView, decimals: int) -> bool:
    """Whether a bound would print like zero though it is not."""
    return any(x and float(f"{x:.{decimals}f}") == 0 for x in (view.low, view.high))


def signed(value: float, decimals: int) -> str:
    """A difference with its sign.

    >>> signed(-1.44, 1), signed(0.8, 1), signed(0.0, 1)
    ('−1.4', '+0.8', '0.0')
    """
    text = words.number(abs(value), decimals)
    if not float(text.replace("\u202f", "")):
        return text
    return f"{words.MINUS if value < 0 else '+'}{text}"


def percent(share: float) -> str:
    r"""A relative change: ``−25 %``.

    >>> percent(-0.25)
    '−25\xa0%'
    """
    return words.with_unit(signed(100 * share, 0), "%")


def chance(view: EffectView) -> str:
    """Whether chance explains it, and how often it would, where that is not next to never."""
    if view.reason:
        return ""
    if view.verdict.value == "no evidence yet":
        return "Chance alone would show as much."
    if view.effect.p_value < _NEXT_TO_NEVER:
        return "Chance would not show this."
    times = words.number(1 / view.effect.p_value, 0)
    return f"Chance alone would show as much only once in {times} times."


def outlook(view: EffectView) -> str:
    """What it would take to see the change hoped for; empty where the verdict stands."""
    if view.verdict.value != "no evidence yet" or view.effect.fitted is None:
        return ""
    change, noun = hoped_words(view), words.PERIOD_NOUNS[view.series.period]
    if view.months_needed is None:
        return f"{change} would not show within {MOST_PERIODS} more {noun[1]}: they differ too much by themselves."
    if view.months_needed == 0:
        return f"{change} would most likely have shown by now."
    count = view.months_needed
    more = f"{words.small_number(count)} more {noun[count != 1]}"
    return f"With {more} {change[0].lower()}{change[1:]} would show."


def hoped_words(view: EffectView) -> str:
    """The change hoped for: ``A change of −25 %``."""
    kpi = view.kpi
    if not view.hoped_said and kpi.direction is Direction.HIGHER and kpi.unit == "%":
        gain = signed(view.hoped * view.expected, kpi.decimals).removeprefix("+")
        return f"A gain of {words.with_unit(gain, 'pt')}"
    return f"A change of {percent(view.hoped)}"


def why_nothing(series: SeriesView, made: Effect) -> str:
    """Why nothing can be said about an action; empty where something can."""
    if made.told:
        return ""
    each = words.PERIOD_NOUNS[series.period]
    few = made.points_before
    if few < FEWEST_BEFORE:
        has = (
            f"{words.small_number(few)} {each[few != 1]} before {'counts' if few == 1 else 'count'}"
        )
        return f"{has}, and it takes {words.small_number(FEWEST_BEFORE)} to know what is usual."
    if not made.points_after:
        return f"no {each[0]} after it counts so far."
    return f"the {each[1]} do not differ at all, so that what is usual cannot be told."


def kept_note(signalled: tuple[str, ...], left_out: tuple[str, ...]) -> tuple[str, ...]:
    """That points which signalled stay in before, and why."""
    if not signalled or left_out:
        return ()
    since = words.period_words(signalled[0])
    return (
        f"It was worse from {since} on, before the action: those points stay in before, as the action "
        "is not to blame for them.",
    )


def step_note(signalled: tuple[str, ...], many: int) -> tuple[str, ...]:
    """What to do where so many points signalled that the level itself may have moved before."""
    if len(signalled) < many:
        return ()
    since = words.period_words(signalled[0])
    return (
        f"{words.small_number(len(signalled)).capitalize()} points before it signal, since {since}. If "
        "something had changed for good by then, accept a step change there: the action is then "
        "compared with the level since.",
    )


def facts(view: EffectView) -> tuple[tuple[str, str], ...]:
    """What the verdict rests on, label and text, as a manager reads it."""
    found = [
        ("Before", _side(view, view.before)),
        ("Left out", _left_out(view)),
        ("Not compared", _neither(view)),
        ("After", _side(view, view.after)),
        ("Difference", _relative(view)),
        ("Chance", _p_words(view)),
        ("Worth", worth(view)),
    ]
    return tuple((label, text) for label, text in found if text)


def method_facts(view: EffectView) -> tuple[tuple[str, str], ...]:
    """How it was computed, for whoever checks it."""
    p = view.effect.p_value
    found = [
        ("Change hoped for", _hoped_fact(view)),
        ("Model", model_words(view.effect)),
        ("p\u00a0value", "" if math.isnan(p) else f"{p:.2g}"),
        ("Spread", _spread(view.effect)),
        ("Neighbours", _neighbours(view)),
        ("Allowed for", _adjusted(view)),
    ]
    return tuple((label, text) for label, text in found if text)


def _side(view: EffectView, side: Side) -> str:
    period, periods = view.series.period, side.periods
    if not periods:
        return f"no {words.PERIOD_NOUNS[period][0]} counts"
    first, last = words.period_words(periods[0]), words.period_words(periods[-1])
    span = first if first == last else f"{first} to {last}"
    level = f"{level_text(view, side.level)}{per_period(view)}"
    return f"{level}: {span}, {words.count_words(len(periods), period)}"


def _left_out(view: EffectView) -> str:
    names = view.before.left_out
    if not names:
        return ""
    told = [words.period_words(name) for name in names]
    shown = (
        words.listed(told) if len(told) <= 4 else f"{told[0]} to {told[-1]} ({len(told)} points)"
    )
    return f"{shown}: a signal that may have led to the action. After a bad period a better one follows anyway"


def _neither(view: EffectView) -> str:
    days = view.action.washout
    wait = f" and the {days} days to settle" if days else ""
    if not view.neither:
        return ""
    told = words.listed([words.period_words(name) for name in view.neither])
    return f"{told}: partly before and partly after {words.date_words(view.action.day)}{wait}"


def _relative(view: EffectView) -> str:
    effect = view.effect
    if not effect.told:
        return ""
    told = difference(view)
    if not abs(effect.relative) < _MANIFOLD or not effect.relative_high < _MANIFOLD:
        return told
    low, high = percent(effect.relative_low), percent(effect.relative_high)
    sure = words.number(100 * effect.method.confidence, 0)
    return f"{told}; {percent(effect.relative)}, between {low} and {high} ({sure}\u00a0% sure)"


def _p_words(view: EffectView) -> str:
    p = view.effect.p_value
    if math.isnan(p):
        return ""
    share = "less than 0.1" if p < 0.001 else words.number(100 * p, 1 if p < 0.1 else 0)
    return f"had nothing changed, {share}\u00a0% of series would show as much"


def worth(view: EffectView) -> str:
    """The effect in pieces, lines or stops a period; empty where it says nothing more."""
    kpi, effect = view.kpi, view.effect
    if not effect.told or view.verdict.value == "no evidence yet" or effect.fitted is None:
        return ""
    if effect.nature == "normal" or not kpi.denominator:
        return ""
    series = effect.fitted.series
    amount = abs(effect.absolute) * float(series.size[series.after].mean())
    if amount < 1:
        return ""
    way = "less" if effect.absolute < 0 else "more"
    each = words.PERIOD_NOUNS[view.series.period][0]
    return f"{kpi.numerator}: about {words.number(amount, 0)} {way} a {each}"


def _hoped_fact(view: EffectView) -> str:
    if view.effect.fitted is None or math.isnan(view.hoped):
        return ""
    who = "as recorded" if view.hoped_said else "nobody said what was hoped for"
    needed = view.months_needed
    noun = words.PERIOD_NOUNS[view.series.period]
    if needed is None:
        takes = f"more than {MOST_PERIODS} {noun[1]} to see"
    elif needed == 0:
        takes = "would show by now"
    else:
        takes = f"{words.count_words(needed, view.series.period)} more to see"
    sure = words.number(100 * POWER, 0)
    return f"{hoped_words(view)} ({who}): {takes}, with a chance of {sure}\u00a0%"


def model_words(effect: Effect) -> str:
    """The model by name."""
    return {
        "binomial": "quasi-binomial: units out of those counted, more spread than chance allowed",
        "poisson": "quasi-Poisson: events over their volume, more spread than chance allowed",
        "normal": "individuals: one value a period, weighted with its denominator where there is one",
    }[effect.nature]


def _spread(effect: Effect) -> str:
    if math.isnan(effect.dispersion):
        return ""
    return f"{words.number(effect.dispersion, 1)} times what counts alone explain (over-dispersion)"


def _neighbours(view: EffectView) -> str:
    if math.isnan(view.effect.lag1):
        return ""
    each = words.PERIOD_NOUNS[view.series.period][1]
    return (
        f"{each} next to each other resemble each other by {words.number(view.effect.lag1, 2)} "
        "(autocorrelation), which the interval allows for"
    )


def _adjusted(view: EffectView) -> str:
    effect = view.effect
    if not effect.told:
        return ""
    if not (effect.trend or effect.season):
        return "nothing: neither trend nor season is to be seen"
    return f"{_carried(effect)}: without the action it would have come to {level_text(view, view.expected)}"
