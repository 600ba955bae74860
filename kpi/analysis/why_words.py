"""What made a change, in words: the sentence, the steps of a waterfall, the remarks."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Final

from kpi.analysis import words
from kpi.analysis.why_spans import Span
from kpi.measures import Kpi
from kpi.model import Direction
from kpi.trends.decomposition import EXPLAINED, Kind

if TYPE_CHECKING:
    from kpi.analysis.why_parts import WhyPart

MOST_NAMED: Final = 3
"""Effects named in a sentence."""

LEAST: Final = 0.04
"""An effect below this share of the largest is not worth a step or a clause of its own."""

_DIGITS: Final = 5
"""A change is printed with decimals enough to be at least so many of the last one."""

_MORE_DECIMALS: Final = 2

_MOST_TOLD: Final = 4

_CANCELS: Final = 3
"""Effects that move so many times what they come to together largely cancel each other out."""

_NOUNS: Final = frozenset({"lines", "complaints"})

_WHERE: Final = {
    "plant": "at {0}", "line": "at {0}", "machine": "at {0}", "shift": "in shift {0}",
    "product": "on {0}", "reason": "from {0}", "customer": "with {0}", "supplier": "with {0}",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Change:
    """What is told about: a KPI on two sides, and what its parts leave over."""

    kpi: Kpi  # with the decimals that the change takes
    period: str
    before: Span
    after: Span
    size: float
    by: str
    remainder: float


@dataclass(frozen=True, slots=True)
class Effect:
    """A rate effect, a mix effect, or the undivided part of a slice."""

    part: "WhyPart"
    kind: Kind
    size: float


def effects(change: Change, parts: Iterable["WhyPart"]) -> tuple[Effect, ...]:
    """Every effect there is, the largest first; a slice may have two."""
    found = []
    for part in parts:
        if part.kind in (Kind.RATE, Kind.MIX):
            found += [
                Effect(part, Kind.RATE, part.rate_effect),
                Effect(part, Kind.MIX, part.mix_effect),
            ]
        else:
            found.append(Effect(part, part.kind, part.total))
    # What rounding leaves of nothing is nothing.
    least = 1e-9 * max((abs(e.size) for e in found), default=0.0)
    return tuple(sorted((e for e in found if abs(e.size) > least), key=lambda e: -abs(e.size)))


def signed(kpi: Kpi, size: float) -> str:
    """``+1.3 pt``; a unit that is the KPI's own noun goes without saying."""
    unit = "pt" if kpi.unit == "%" else "" if kpi.unit in _NOUNS else kpi.unit
    text = words.number(abs(size), kpi.decimals)
    sign = "" if not _counts(kpi, size) else words.MINUS if size < 0 else "+"
    return words.with_unit(f"{sign}{text}", unit)


def whole(kpi: Kpi, before: float, after: float) -> str:
    """The whole change, as the two printed values have it; a smaller one as it was calculated."""
    shown = words.printed_change(before, after, kpi.decimals)
    return signed(kpi, shown or after - before)


def _counts(kpi: Kpi, size: float) -> bool:
    """Whether it prints as more than nought."""
    return float(f"{abs(size):.{kpi.decimals}f}") != 0


def precise(kpi: Kpi, size: float, several: bool) -> Kpi:
    """The KPI with the decimals it takes to read a small change, or a mean of whole numbers."""
    decimals = kpi.decimals + (several and not kpi.denominator and kpi.decimals == 0)
    most = decimals + _MORE_DECIMALS
    while decimals < most and abs(size) * 10**decimals < _DIGITS and size != round(size, decimals):
        decimals += 1
    return replace(kpi, decimals=decimals)


def finding(change: Change, subject: str) -> str:
    """From what to what, without a full stop."""
    before, after = change.before, change.after
    values = [
        words.value_text(a.value, change.kpi, beside=b.value)
        for a, b in ((before, after), (after, before))
    ]
    mean = _mean_words(change)
    if change.size == 0:
        same = "is the same on both sides"
        return f"{subject}{mean} {same} ({values[0]}, {before.words} and {after.words})"
    verb = "rose" if change.size > 0 else "fell"
    return (
        f"{subject}{mean} {verb} from {values[0]} ({before.words}) to {values[1]} "
        f"({after.words}), {whole(change.kpi, before.value, after.value)}"
    )


def _mean_words(change: Change) -> str:
    """An amount over spans of several periods is a mean per period."""
    several = len(change.before.labels) > 1 or len(change.after.labels) > 1
    if change.kpi.denominator or not several:
        return ""
    return f", on average a {words.PERIOD_NOUNS[change.period][0]},"


def because(change: Change, found: Sequence[Effect], *, gaps: bool = False) -> str:
    """The largest effects until most of the change is told, and what is left; no full stop.

    ``gaps``: something of the slices is not known.
    """
    if not found:
        return f"none of the {change.by}s changed"
    named = _named(change, found)
    is_part = 0 < named[0].size / (change.size or math.inf) <= 1
    text = ", ".join(
        f"{signed(change.kpi, e.size)} {'of it ' if is_part and e is named[0] else ''}{_clause(change, e)}"
        for e in named
    )
    others = found[len(named) :]
    if others:
        text += f"; {_rest(change, named, others)}"
    if not change.remainder:
        return text
    left_over = f"{signed(change.kpi, change.remainder)} cannot be assigned to a {change.by}"
    left_over += ", as data are missing" if gaps else ""
    largest = abs(change.remainder) > abs(found[0].size)
    return f"{left_over}; {text}" if largest else f"{text}; {left_over}"


def _named(change: Change, found: Sequence[Effect]) -> list[Effect]:
    """Effects until four fifths of the change are told; never one that hardly counts."""
    told: list[Effect] = []
    for effect in found:
        left = abs(change.size - change.remainder - math.fsum(e.size for e in told))
        enough = told and left <= (1 - EXPLAINED) * abs(change.size)
        if enough or len(told) == MOST_NAMED or abs(effect.size) < LEAST * abs(found[0].size):
            break
        told.append(effect)
    return told


def _rest(change: Change, named: Sequence[Effect], others: Sequence[Effect]) -> str:
    """What the effects that are not named come to, and whether they cancel each other out."""
    size = math.fsum(e.size for e in others)
    moves = math.fsum(abs(e.size) for e in others)
    comes_to = signed(change.kpi, size)
    worth = [e for e in others if abs(e.size) >= LEAST * abs(named[0].size)]
    told, left = ({e.part.label for e in some} for some in (named, worth))
    if not left:
        size_words = f" ({comes_to})" if _counts(change.kpi, size) else ""
        return f"the rest{size_words} is many small effects"
    noun = change.by if len(left) == 1 else f"{change.by}s"
    where = f"{words.small_number(len(left))} {'' if left & told else 'other '}{noun}"
    if left <= told:
        where = f"the same {change.by}s"
    if moves > _CANCELS * abs(size):
        return f"smaller effects on {where} largely cancel out ({comes_to})"
    return f"the rest ({comes_to}) is spread over {where}"


def _clause(change: Change, effect: Effect) -> str:
    part, kpi = effect.part, change.kpi
    name = words.clipped(part.label) if part.code else f"what carries no {change.by}"
    if effect.kind is Kind.AMOUNT:
        return _WHERE[change.by].format(name)
    if effect.kind is Kind.RATE:
        return f"because {name} {moved(change, effect.size)}"
    rest = f"{_level(change, part)} than the rest"
    if effect.kind is Kind.NEW:
        return f"because {name}, {rest}, is new (none {_in(change.before)})"
    if effect.kind is Kind.VANISHED:
        return f"because {name}, {rest}, has no {kpi.denominator} {_in(change.after)}"
    more = "more" if part.share_to > part.share_from else "less"
    return f"because {more} of the {kpi.denominator} came from {name}, which is {rest}"


def _in(span: Span) -> str:
    if len(span.labels) == 1:
        return words.in_period(span.labels[0])
    return f"from {span.words}"


def moved(change: Change, size: float) -> str:
    """What a slice did whose own value made an effect of that size."""
    good = favourable(change.kpi, size)
    if good is None:
        return "rose" if size > 0 else "fell"
    return "got better" if good else "got worse"


def _level(change: Change, part: "WhyPart") -> str:
    """Where a slice lies against the rest, whichever side it is seen on."""
    seen = [r for r in (part.rate_from, part.rate_to) if not math.isnan(r)]
    usual = (change.before.value + change.after.value) / 2
    above = math.fsum(seen) / len(seen) > usual
    good = favourable(change.kpi, 1.0 if above else -1.0)
    if good is None:
        return "higher" if above else "lower"
    return "better" if good else "worse"


def favourable(kpi: Kpi, size: float) -> bool | None:
    """Whether a change of that sign is for the better; ``None`` where no direction is set."""
    if kpi.direction is Direction.NONE:
        return None
    return (size > 0) is (kpi.direction is Direction.HIGHER)


def share_text(share: float) -> str:
    r"""A share as printed; empty where there is none.

    >>> share_text(0.2456), share_text(float("nan"))
    ('24.6\xa0%', '')
    """
    return "" if math.isnan(share) else words.with_unit(words.number(share * 100, 1), "%")


def remarks(change: Change, unknown: Sequence[str], report_date: date | None) -> tuple[str, ...]:
    """What was left out or is not known on a side, and why."""
    told = []
    for span in (change.before, change.after):
        if span.left_out:
            some = words.listed([words.period_words(label) for label in span.left_out[:_MOST_TOLD]])
            more = len(span.left_out) - _MOST_TOLD
            told.append(
                "Left out, as it has no value or does not count on the chart: "
                f"{some}{f' and {more} more' if more > 0 else ''}."
            )
        if report_date is not None and report_date < span.last and not change.kpi.denominator:
            told.append(f"{span.words} holds data up to {words.date_words(report_date)} only.")
    told += unknown[:_MOST_TOLD]
    if len(unknown) > _MOST_TOLD:
        told.append(f"So it is with {len(unknown) - _MOST_TOLD} more.")
    return tuple(told)
