"""Rules that tell special-cause variation from noise, over many series at once.

A rule answers with one boolean per point (T, S): the point that completes the pattern and each
later one while it holds. Inequalities are strict; a point on a line is on neither side; no rule
hides another. Runs and trends look at the points that count (no gaps, no excluded ones) and start
anew at a phase border. Sources: Western Electric (1956); Nelson (1984), JQT 16(4), 237-239; NHS
England, "Making data count".
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final

import numpy as np

from kpi.errors import UnknownNameError
from kpi.spc.result import Counts, Mask, Values

_ROUNDING: Final = 1e-12  # of the values' size: differences under it are rounding, not distance


@dataclass(frozen=True, slots=True)
class Evidence:
    """What rules look at, for points that stand next to each other: arrays (T, S).

    ``distance`` is the way from the zone centre in the unit of the values (``side`` the sign of
    that from the centre line, zero on it), ``zone`` the standard deviation of each point;
    ``joined`` is False where a point starts a phase (``None``: nowhere); ``slack`` is rounding.
    ``outside`` is +1 above the upper limit and -1 below the lower one.
    """

    value: Values
    distance: Values
    side: Counts
    zone: Values
    slack: Values
    outside: Counts
    joined: Mask | None
    seen: dict[str, Any] = field(default_factory=dict)  # what several rules ask for

    def beyond(self, sigmas: float) -> Counts:
        """+1 where a point lies more than so many standard deviations above the centre, -1 below."""
        key = f"beyond {sigmas}"
        if key not in self.seen:
            far = self._far() > sigmas * self.zone
            self.seen[key] = far.view(np.int8) * self._way()
        return np.asarray(self.seen[key])

    def near(self, sigmas: float) -> Mask:
        """True where a point lies less than so many standard deviations from the centre."""
        return np.asarray(np.abs(self.distance) < sigmas * self.zone - self.slack)

    def _far(self) -> Values:
        if "far" not in self.seen:
            self.seen["far"] = np.abs(self.distance) - self.slack
        return np.asarray(self.seen["far"])

    def _way(self) -> Counts:
        if "way" not in self.seen:
            self.seen["way"] = 1 - 2 * (self.distance < 0).view(np.int8)
        return np.asarray(self.seen["way"])

    def within(self, n: int) -> Mask | None:
        """True where the last ``n`` points belong to one phase; ``None``: everywhere."""
        return None if self.joined is None or n < 2 else all_last(self.joined, n - 1)

    def moves(self) -> Counts:
        """+1 where a point lies above the one before it (in its phase), -1 below, 0 for a tie."""
        if "moves" not in self.seen:
            out = np.zeros(self.value.shape, dtype=np.int8)
            change = np.diff(self.value, axis=0)
            noise = self.slack[1:]
            out[1:] = _signed(change > noise, change < -noise)
            if self.joined is not None:
                out[~self.joined] = 0
            self.seen["moves"] = out
        return np.asarray(self.seen["moves"])


def evidence(
    *,
    value: Values,
    center: Values,
    zone_center: Values,
    zone: Values,
    lcl: Values,
    ucl: Values,
    joined: Mask | None,
) -> Evidence:
    """Gather what the rules need; differences within rounding count as ties."""
    slack = rounding(value, center)
    distance = value - zone_center
    from_center = distance if zone_center is center else value - center
    side = _signed(from_center > slack, from_center < -slack)
    outside = outside_limits(value, lcl, ucl, slack)
    return Evidence(value, distance, side, zone, slack, outside, joined)


def rounding(value: Values, center: Values) -> Values:
    """Differences up to this are no differences."""
    return np.asarray(_ROUNDING * (np.abs(value) + np.abs(center)))


def outside_limits(value: Values, lcl: Values, ucl: Values, slack: Values) -> Counts:
    """+1 strictly above the upper limit, -1 strictly below the lower one, but for rounding."""
    return _signed(value > ucl + slack, value < lcl - slack)


def all_last(mask: Mask, n: int) -> Mask:
    """True where the last ``n`` points are all True; the first ``n - 1`` points never are."""
    have, out = 1, mask
    while have < n:
        step = min(have, n - have)
        both = np.zeros_like(out)
        np.logical_and(out[step:], out[:-step], out=both[step:])
        out = both
        have += step
    return out


def _any_last(mask: Mask, n: int) -> Mask:
    """True where one of the last ``n`` points is True, or of as many as there are."""
    have, out = 1, mask
    while have < n:
        step = min(have, n - have)
        either = out.copy()
        np.logical_or(out[step:], out[:-step], out=either[step:])
        out = either
        have += step
    return out


def _in_phase(fires: Mask, e: Evidence, n: int) -> Mask:
    inside = e.within(n)
    return fires if inside is None else fires & inside


Fires = Callable[[Evidence], Counts]


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule: its name, what it says, how many points make its pattern, and when it fires.

    ``fires`` gives +1 or -1 (the side or direction of the pattern; +1 where it has none) at each
    point that completes the pattern, else 0. ``inside`` picks the members among the last ``span``
    points (by sign, as ``fires``); without it all of them are. ``pointwise`` rules are asked of
    excluded points too. ``about`` is what its sign means.
    """

    name: str
    label: str
    span: int
    fires: Fires
    inside: Fires | None = None
    pointwise: bool = False
    about: str = "side"  # side | trend | none
    family: str = "zones"  # beyond | runs | trend | alternation | zones


def _signed(up: Mask, down: Mask) -> Counts:
    return up.view(np.int8) - down.view(np.int8)


def beyond_limits(name: str = "beyond_limits") -> Rule:
    """A point strictly outside the drawn limits."""
    return Rule(
        name,
        "a point beyond the limits",
        1,
        lambda e: e.outside,
        pointwise=True,
        family="beyond",
    )


def run_of(n: int, name: str | None = None) -> Rule:
    """``n`` points in a row on one side of the centre line."""

    def fires(e: Evidence) -> Counts:
        up, down = all_last(e.side > 0, n), all_last(e.side < 0, n)
        return _signed(_in_phase(up, e, n), _in_phase(down, e, n))

    label = f"{n} points in a row on one side of the usual level"
    return Rule(name or f"run_of_{n}", label, n, fires, family="runs")


def trend_of(n: int, name: str | None = None) -> Rule:
    """``n`` points in a row, each higher (or each lower) than the one before."""

    def fires(e: Evidence) -> Counts:
        moves = e.moves()
        return _signed(all_last(moves > 0, n - 1), all_last(moves < 0, n - 1))

    label = f"{n} points in a row rising or falling"
    return Rule(name or f"trend_of_{n}", label, n, fires, about="trend", family="trend")


def alternation_of(n: int, name: str | None = None) -> Rule:
    """``n`` points in a row going up and down by turns."""

    def fires(e: Evidence) -> Counts:
        moves = e.moves()
        turns = np.zeros(moves.shape, dtype=bool)
        turns[1:] = moves[1:] * moves[:-1] < 0
        return all_last(turns, n - 2).view(np.int8)

    label = f"{n} points in a row up and down by turns"
    return Rule(name or f"alternation_of_{n}", label, n, fires, about="none", family="alternation")


def most_beyond(k: int, n: int, sigmas: float, name: str | None = None) -> Rule:
    """``k`` of ``n`` points in a row beyond so many sigma on one side, the newest among them."""

    def inside(e: Evidence) -> Counts:
        return e.beyond(sigmas)

    def fires(e: Evidence) -> Counts:
        beyond = inside(e)
        return _signed(_k_of_n(beyond > 0, k, n, e), _k_of_n(beyond < 0, k, n, e))

    label = f"{k} of {n} points beyond {sigmas:g} sigma on one side"
    default = f"{k}_of_{n}_beyond_{sigmas:g}_sigma"
    return Rule(name or default, label, n, fires, inside=inside)


def _k_of_n(beyond: Mask, k: int, n: int, e: Evidence) -> Mask:
    count = beyond.astype(np.int8)
    for back in range(1, min(n, len(beyond))):
        earlier = beyond[:-back]
        together = e.within(back + 1)
        count[back:] += earlier if together is None else earlier & together[back:]
    return beyond & (count >= k)


def hugging(n: int, name: str | None = None) -> Rule:
    """``n`` points in a row within one sigma of the centre line: less spread than there should be."""

    def fires(e: Evidence) -> Counts:
        return _in_phase(all_last(e.near(1), n), e, n).view(np.int8)

    label = f"{n} points in a row within 1 sigma of the usual level"
    return Rule(name or f"hugging_{n}", label, n, fires, about="none")


def avoiding(n: int, name: str | None = None) -> Rule:
    """``n`` points in a row beyond one sigma, on both sides: two processes mixed."""

    def fires(e: Evidence) -> Counts:
        beyond = e.beyond(1)
        both = _any_last(beyond > 0, n) & _any_last(beyond < 0, n)
        return _in_phase(all_last(beyond != 0, n) & both, e, n).view(np.int8)

    label = f"{n} points in a row beyond 1 sigma, on both sides"
    return Rule(name or f"avoiding_{n}", label, n, fires, about="none")


def nhs_two_of_three(name: str = "nhs_two_of_three") -> Rule:
    """Three points on one side, at least two of them beyond 2 sigma and inside the limits."""

    def inside(e: Evidence) -> Counts:
        return np.where(e.outside != 0, 0, e.beyond(2)).astype(np.int8)

    def fires(e: Evidence) -> Counts:
        near = inside(e)

        def on(sign: int) -> Mask:
            mask = near == sign
            count = mask.astype(np.int8)
            for back in (1, 2):
                count[back:] += mask[:-back]
            return _in_phase(all_last(e.side == sign, 3) & (count >= 2), e, 3)

        return _signed(on(1), on(-1))

    label = "2 of 3 points close to a limit, all 3 on one side"
    return Rule(name, label, 3, fires, inside=inside)


DEFAULT: Final = (beyond_limits(), run_of(8))
WESTERN_ELECTRIC: Final = (
    beyond_limits("western_electric_1"),
    most_beyond(2, 3, 2, "western_electric_2"),
    most_beyond(4, 5, 1, "western_electric_3"),
    run_of(8, "western_electric_4"),
)
NELSON: Final = (
    beyond_limits("nelson_1"),
    run_of(9, "nelson_2"),
    trend_of(6, "nelson_3"),
    alternation_of(14, "nelson_4"),
    most_beyond(2, 3, 2, "nelson_5"),
    most_beyond(4, 5, 1, "nelson_6"),
    hugging(15, "nelson_7"),
    avoiding(8, "nelson_8"),
)
NHS: Final = (
    beyond_limits("nhs_beyond_limits"),
    run_of(7, "nhs_run_of_7"),
    trend_of(7, "nhs_trend_of_7"),
    nhs_two_of_three(),
)
ANHOEJ: Final = (beyond_limits(),)  # its runs tests are of whole phases: see kpi.spc.anhoej

RULE_SETS: Final[Mapping[str, tuple[Rule, ...]]] = MappingProxyType(
    {
        "none": (),
        "default": DEFAULT,
        "western_electric": WESTERN_ELECTRIC,
        "nelson": NELSON,
        "nhs": NHS,
        "anhoej": ANHOEJ,
    }
)

RULES: Final[Mapping[str, Rule]] = MappingProxyType(
    {rule.name: rule for rules in RULE_SETS.values() for rule in rules}
)

ANHOEJ_LABELS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "anhoej_long_run": "a run on one side of the usual level longer than chance makes",
        "anhoej_few_crossings": "the usual level is crossed less often than chance would",
    }
)


def rule_label(name: str) -> str:
    """What a rule says, in a manager's words (the usual level is the centre line); any length of ``run_of_N`` and its like is known.

    >>> rule_label("run_of_8")
    '8 points in a row on one side of the usual level'
    """
    return ANHOEJ_LABELS[name] if name in ANHOEJ_LABELS else _named(name).label


_MAKERS: Final[Mapping[str, Callable[[int], Rule]]] = MappingProxyType(
    {
        "run_of_": run_of,
        "trend_of_": trend_of,
        "alternation_of_": alternation_of,
        "hugging_": hugging,
        "avoiding_": avoiding,
    }
)
_MOST: Final = re.compile(r"(\d{1,3})_of_(\d{1,3})_beyond_([1-9](?:\.\d{1,3})?)_sigma")


def _named(name: str) -> Rule:
    if name in RULES:
        return RULES[name]
    for prefix, make in _MAKERS.items():
        length = name.removeprefix(prefix)
        if length != name and length.isdecimal() and 3 <= int(length) <= 1000:
            return make(int(length))
    most = _MOST.fullmatch(name)
    if most and 1 <= int(most[1]) <= int(most[2]):
        return most_beyond(int(most[1]), int(most[2]), float(most[3]))
    own = [f"{prefix}N" for prefix in _MAKERS]
    raise UnknownNameError("rule", name, known=[*RULE_SETS, *RULES, *own])


def choose(rules: str | Sequence[str | Rule], *, attribute: bool) -> tuple[Rule, ...]:
    """The rules of a set or a list. Of the Nelson set, attribute charts take the first four.

    A list may name rules and sets; rules named one by one are taken as asked, also those with
    lengths of their own (``run_of_7``, ``trend_of_7``, ``alternation_of_15``, ``hugging_12``,
    ``avoiding_6``, ``3_of_4_beyond_1.5_sigma``). ``UnknownNameError`` for a name not known.
    """
    wanted = [rules] if isinstance(rules, str) else rules
    found: dict[str, Rule] = {}
    for each in wanted:
        if isinstance(each, Rule):
            found[each.name] = each
        elif each == "nelson" and attribute:
            found |= {rule.name: rule for rule in NELSON[:4]}
        elif each in RULE_SETS:
            found |= {rule.name: rule for rule in RULE_SETS[each]}
        else:
            found[each] = _named(each)
    return tuple(found.values())
