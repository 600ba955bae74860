"""What screening says: the same sentences on page, deck and command line."""

from collections.abc import Sequence
from typing import Final

from kpi.analysis import sentences, words
from kpi.analysis.results import Cost
from kpi.analysis.screen_folding import ACT, WATCH
from kpi.measures import Kpi
from kpi.qms import Slice
from kpi.settings import Settings


def headline(
    kpi: Kpi,
    chosen: Slice,
    period: str,
    *,
    sign: int,
    since: str,
    lasted: int,
    lasts: bool,
    decisive: Slice,
) -> str:
    """What changed, where, since when; ``lasts``: every point since then lies on that side."""
    who = sentences.subject(kpi, chosen)
    many = kpi.id in sentences.PLURAL
    its, was, has = ("their", "were", "have") if many else ("its", "was", "has")
    side = "above" if sign > 0 else "below"
    if lasts and lasted > 1:
        told = (
            f"{has} been {side} {its} usual level since {words.period_words(since)}, "
            f"{words.count_words(lasted, period)} running"
        )
    elif lasts:
        told = f"{was} {side} {its} usual range {words.in_period(since)}"
    else:
        told = f"went {side} {its} usual range {words.in_period(since)}"
    return f"{who} {told}{_mostly(chosen, decisive)}."


def _mostly(chosen: Slice, decisive: Slice) -> str:
    extra = tuple(pair for pair in decisive if pair not in chosen)
    if not extra:
        return ""
    reasons = [words.clipped(v) for d, v in extra if d == "reason"]
    places = tuple(pair for pair in extra if pair[0] != "reason")
    named = [*reasons, *([words.slice_words(places)] if places else [])]
    return f", nearly all of it {words.listed(named, joint='on')}"


def chance(p_value: float) -> str:
    """A probability as people say it.

    >>> chance(0.00001), chance(0.0042), chance(0.03), chance(0.4)
    ('less than 1 in 10\u202f000', 'about 1 in 200', 'about 1 in 30', 'about 2 in 5')
    """
    if p_value < 1e-4:
        return f"less than 1 in {words.number(10_000, 0)}"
    if p_value > 1 / 4:
        return f"about {round(p_value * 5)} in 5"
    count = 1 / p_value
    size = 10 ** (len(str(int(count))) - 1)
    return f"about 1 in {words.number(round(count / size) * size, 0)}"


def sure(p_value: float, q_value: float, looked_at: int) -> str:
    """How sure it is that something changed, with all that was looked at in mind."""
    told = f"Chance alone would show this in {chance(p_value)} series"
    if q_value < ACT:
        return f"{told}."
    many = f"with {words.number(looked_at, 0)} looked at"
    if q_value < WATCH:
        return f"{told}; {many} it may be a coincidence."
    return f"{told}; {many} some such are to be expected."


def amount(cost: Cost) -> str:
    """A cost as a number with its unit: ``4 200 EUR``, ``12 hours``."""
    size = abs(cost.amount)
    text = words.number(size, 0 if size >= 10 else 1)
    if cost.kind == "hours":
        return words.with_unit(text, "hour" if text == "1" else "hours")
    return words.with_unit(text, cost.unit)


def cost_words(cost: Cost, *, worse: bool | None) -> str:
    """What it comes to a month; empty for nothing."""
    if not cost.amount:
        return ""
    if cost.kind == "money":
        verb = "Saves" if worse is False else "Costs"
        return f"{verb} about {amount(cost)} a month ({cost.basis})."
    if cost.kind == "level":
        return f"About {amount(cost)} away from usual."
    way = (
        "fewer" if worse is False and cost.kind == "count" else "less" if worse is False else "more"
    )
    return f"About {amount(cost)} a month {way} than usual."


def checked(period: str, points: int, season: int, *, alike: bool, seasonal: bool) -> str:
    """What else the tests showed: that neighbours resemble each other, or years do.

    Every series is tested for both; where neither is found nothing is said of it, and where it is
    too short for a yearly pattern to be told from chance, that is.
    """
    noun = words.PERIOD_NOUNS[period][1]
    told = []
    if alike:
        told.append(f"Neighbouring {noun} resemble each other, which is taken into account.")
    if seasonal:
        told.append("A yearly pattern was found and is taken into account.")
    elif season >= 2 and points < 2 * season:
        told.append(f"Too few {noun} to test for a yearly pattern.")
    return " ".join(told)


def looked_at(count: int, false_alarms: float, recent: int, period: str) -> str:
    """How many series were looked at, and how many would signal by chance alone."""
    if not count:
        return ""
    expected = f"about {words.number(false_alarms, 0)}" if false_alarms >= 0.5 else "hardly any"
    last = words.count_words(recent, period)
    series = "series" if count != 1 else "series alone"
    return (
        f"{words.number(count, 0)} {series} looked at. If nothing at all had changed, {expected} of "
        f"them would show a signal within the last {last}. What stands under “Needs attention” is "
        "held against that number: about one in twenty of such findings is chance. Each series was "
        f"tested for a yearly pattern and for {words.PERIOD_NOUNS[period][1]} that resemble their neighbours."
    )


def quiet(count: int, *, unsure: bool) -> str:
    """What stands where nothing needs attention; ``unsure``: something may have got worse."""
    if not count:
        return TOO_EARLY
    if unsure:
        return f"{UNSURE} What may have got worse stands under “Watch”."
    return QUIET


def without_findings(worsening: Sequence[str], *, too_early: bool = False) -> str:
    """The same in a review's documents; ``worsening``: KPIs whose own chart shows it.

    ``too_early``: no chart has enough months to show anything.
    """
    if too_early:
        return TOO_EARLY
    return (
        f"{UNSURE} By their own charts alone, worse: {words.listed(worsening)}."
        if worsening
        else QUIET
    )


TOO_EARLY: Final = "Too few months to tell signal from chance yet: eight are needed."

QUIET: Final = "Nothing out of the ordinary. What moves is chance."

UNSURE: Final = "Nothing is sure enough yet to act on."
"""What stands where some charts signal, and none does clearly enough among all that were looked at."""


def threshold_words(settings: Settings, currency: str) -> str:
    """From what cost on something is acted on; empty where every cost is."""
    chosen = settings.screening
    told = [
        f"{words.number(least, 0)} {unit}".strip()
        for least, unit in ((chosen.act_above_money, currency), (chosen.act_above_hours, "hours"))
        if least > 0
    ]
    return f"Under {words.listed(told, joint='or')} a month it is watched only." if told else ""
