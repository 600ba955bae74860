"""Capability in words: whether a characteristic fits its tolerance, and why one index is told."""

import math
from collections.abc import Iterator
from typing import Final

import numpy as np

from kpi.analysis import words
from kpi.spc import Capability, false_alarm_share
from kpi.spc.capability_intervals import Index
from kpi.spc.capability_result import Parts, Tolerance

ROOMY: Final = 1.33
"""From here on a tolerance has room to spare: four standard deviations to the nearest limit."""

FITTING: Final = 1.0
"""From here on three standard deviations lie inside."""

OFTEN: Final = 0.2
"""From here on it is said how often a stable process signals somewhere."""

OFF_CENTRE: Final = 0.1
"""A process that could win more than this by moving to the middle is told so."""


def figure(value: float) -> str:
    """A measured figure, with at most six places that tell something.

    >>> figure(10.0125), figure(-0.5)
    ('10.0125', '−0.5')
    """
    return f"{value:,.6g}".replace("-", words.MINUS).replace(",", "\u202f")


def index_text(index: Index) -> str:
    """An index with the interval it lies in.

    >>> index_text(Index(1.617, 1.476, 1.76))
    '1.62 (1.48 to 1.76)'
    """
    if math.isnan(index.value):
        return ""
    told = f"{index.value:.2f}".replace("-", words.MINUS)
    if math.isnan(index.low) or math.isnan(index.high):
        return told
    ends = f"{index.low:.2f} to {index.high:.2f}".replace("-", words.MINUS)
    return f"{told} ({ends})"


def sentence(name: str, found: Capability, least: int, lately: Capability | None) -> str:
    """Whether it fits, and how sure that is; or what is missing to say so.

    ``lately`` is the capability since a change that is still in force: told where it differs.
    """
    if found.headline is None:
        if found.n < least:
            so_far = "1 value" if found.n == 1 else f"{found.n} values"
            return (
                f"Too few values to say whether {name} fits its tolerance: {so_far} so far, {least} "
                "are needed."
            )
        return f"All values of {name} are equal: whether it fits its tolerance cannot be told."
    index = found.headline.index
    told = f"{found.headline.name.capitalize()} {index_text(index)}"
    if lately is None:
        return f"{name} {fit_words(index)}: {told}."
    recent, now = lately.indices["ppk"], f"the last {lately.points} samples alone"
    if fit_words(recent) == fit_words(index):
        return f"{name} {fit_words(index)}: {told}; {now}: {index_text(recent)}."
    return (
        f"{name} {fit_words(index)} over the whole time: {told}. But since it changed it "
        f"{fit_words(recent)}: {now} have {index_text(recent)}."
    )


def fit_words(index: Index) -> str:
    """What an index says of the tolerance, as sure as its interval allows.

    >>> fit_words(Index(1.62, 1.48, 1.76)), fit_words(Index(1.1, 0.9, 1.3))
    ('fits its tolerance with room to spare', 'may or may not fit its tolerance')
    """
    low = index.value if math.isnan(index.low) else index.low
    high = index.value if math.isnan(index.high) else index.high
    if low >= ROOMY:
        return "fits its tolerance with room to spare"
    if low >= FITTING:
        return "fits its tolerance"
    return "does not fit its tolerance" if high < FITTING else "may or may not fit its tolerance"


def why(found: Capability) -> str:
    """Why this index is told and not the other, without a course in statistics."""
    if found.headline is None:
        return ""
    if found.headline.name == "cpk":
        return "The process is stable, so the spread from value to value is what it can hold: Cpk."
    told = []
    if found.signals:
        told.append(_unstable(found))
    if found.percentile is not None:
        told.append(
            "The values do not follow a normal distribution; the limits are compared with "
            f"{_shape_words(found.percentile.distribution)}."
        )
    return " ".join(told) or found.why


def _unstable(found: Capability) -> str:
    """That it signals now, or did, and how often a stable process would."""
    last = int(np.flatnonzero(found.chart.usable)[-1])
    where = f"{words.number(len(found.signals), 0)} of {words.number(found.points, 0)} samples"
    by_spread = len(set(found.signals) - {signal.point for signal in found.chart.signals})
    if by_spread:
        where += f" ({by_spread} by the spread within)"
    if found.signals[-1] == last:
        return (
            f"The process is not stable: its chart signals, at {where} so far. Ppk tells what it did, "
            "changes and all; Cpk, what it could do if it stayed as it is, would be an empty promise."
        )
    share = false_alarm_share(found.chart.kind, found.points)
    chance = f"; {share * 100:.0f} in 100 stable processes do so once in as many"
    return (
        f"The chart signalled at {where} before{chance if share >= OFTEN else ''}. So the cautious "
        "figure is told: Ppk, what the process did, and not Cpk, what it could do."
    )


def _shape_words(distribution: str) -> str:
    if distribution.startswith("percentiles"):
        return "the values' own percentiles"
    return f"percentiles of a {distribution} distribution, which fits them"


def notes(found: Capability, unit: str, *, changed: bool) -> Iterator[str]:
    """What to know beside it; ``changed``: earlier values had other limits."""
    if changed:
        yield "The limits changed over time; all values are compared with the latest."
    yield from found.notes
    if found.headline is not None:
        yield from _centring(found, unit)


def _centring(found: Capability, unit: str) -> Iterator[str]:
    """What moving to the middle would win, where that is much."""
    assert found.headline is not None
    limits = found.tolerance.effective
    best = found.indices["cp" if found.headline.name == "cpk" else "pp"].value
    if found.headline.form != "normal" or math.isnan(best):
        return
    if best - found.headline.index.value > OFF_CENTRE:
        off = found.center - (limits.lsl + limits.usl) / 2
        side = "above" if off > 0 else "below"
        yield (
            f"It runs {words.with_unit(figure(_rounded(abs(off), found)), unit)} {side} the middle of the tolerance; "
            f"centred, {found.headline.name.capitalize()} would be {best:.2f}."
        )


def _rounded(value: float, found: Capability) -> float:
    """A figure to a twentieth of the spread: more places say nothing."""
    digits = 1 - math.floor(math.log10(found.sigma_overall))
    return round(value, digits)


def facts(found: Capability, unit: str) -> Iterator[tuple[str, str]]:
    """Label and text of what the sentence rests on; nothing where nothing is told."""
    if found.headline is None:
        return
    limits = found.tolerance.effective
    yield "Tolerance", _tolerance(limits, unit)
    single = found.n == found.points
    samples = "" if single else f" in {words.number(found.points, 0)} samples"
    yield "Values", f"{words.number(found.n, 0)}{samples}"
    yield "Outside the tolerance", _outside(found)
    yield "Mean", words.with_unit(figure(_rounded(found.center, found)), unit)
    yield "Spread within samples", _spread(found.sigma_within, found, unit)
    yield "Spread of all values", _spread(found.sigma_overall, found, unit)
    stable = "as stable as it is" if found.headline.name == "cpk" else "if it were stable"
    for name, label in _FACTS.items():
        if not math.isnan(found.indices[name].value):
            yield label.format(stable=stable), index_text(found.indices[name])
    if found.percentile is not None:
        yield "Ppk by percentiles", index_text(found.percentile.indices["ppk"])
    if found.normal is not None:
        answer = "yes" if found.normal else "no"
        p = "p < 0.001" if found.normality < 0.001 else f"p = {found.normality:.2g}"
        yield "Normally distributed", f"{answer} (Anderson-Darling {p})"


_FACTS: Final = {
    "ppk": "Ppk, what it did",
    "pp": "Pp, the same if centred",
    "cpk": "Cpk, {stable}",
    "cp": "Cp, the same if centred",
    "cpm": "Cpm, about the target",
}


def _tolerance(limits: Tolerance, unit: str) -> str:
    if math.isnan(limits.lsl):
        text = f"at most {figure(limits.usl)}"
    elif math.isnan(limits.usl):
        text = f"at least {figure(limits.lsl)}"
    else:
        text = f"{figure(limits.lsl)} to {figure(limits.usl)}"
    return words.with_unit(text, unit)


def _spread(sigma: float, found: Capability, unit: str) -> str:
    if math.isnan(sigma):
        return "cannot be told"
    return words.with_unit(figure(float(f"{sigma:.3g}")), unit)


def _outside(found: Capability) -> str:
    seen = round(found.observed.total * found.n / 1e6)
    return f"{words.number(seen, 0)} of {words.number(found.n, 0)} values; {expected_words(found)}"


def expected_words(found: Capability) -> str:
    """How many of a million are to be expected outside, as the headline's shape tells."""
    shape = found.percentile
    parts = found.expected_overall
    if found.headline is not None and found.headline.name == "cpk":
        parts = found.expected_within
    elif shape is not None:
        parts = Parts(shape.below * 1e6, shape.above * 1e6)
    if math.isnan(parts.total):
        return "how many to expect cannot be told"
    if parts.total < 1:
        return "fewer than 1 of a million expected"
    several = float(f"{parts.total:.2g}")
    return f"about {words.number(several, 0)} of a million expected"
