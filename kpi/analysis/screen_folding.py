"""Telling a story once: series that only repeat another one are folded into it.

A change of one machine is seen in its line, its plant, its products and its reasons. Each of these
is held against the others: what is left of it without what they have in common, and whether it moved
more than the whole it is part of.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np

from kpi.analysis.screen_series import COUNTED, Block, Values, judged_by
from kpi.measures import Kpi
from kpi.model import Direction
from kpi.qms import Slice
from kpi.spc import Evidence, evidence

CLEAR: Final = 0.01
"""A probability below which something still moved once another series is taken out."""

ACT: Final = 0.05
"""Of what is acted on, at most this share is chance."""

WATCH: Final = 0.20

TOGETHER: Final = 3
"""Changes that show within so many periods of each other may have one cause."""

Pairs = frozenset[tuple[str, str]]


@dataclass(frozen=True, slots=True, eq=False)
class Lead:
    """A series worth a look: a column of a block."""

    block: Block
    column: int
    pairs: Pairs
    p_value: float
    q_value: float
    sign: int
    since: int

    @property
    def kpi(self) -> Kpi:
        """Its KPI."""
        return self.block.kpi

    @property
    def slice(self) -> Slice:
        """Its slice."""
        return self.block.slice(self.column)


@dataclass(slots=True, eq=False)
class Story:
    """One change: the series it is told of, those that repeat it, and where nearly all of it is.

    ``makers`` are parts of it that make nearly all of it.
    """

    head: Lead
    folded: list[Lead] = field(default_factory=list)
    makers: list[Lead] = field(default_factory=list)
    decisive: Lead | None = None
    related: list[Lead] = field(default_factory=list)


class Places:
    """Where each slice of one KPI stands among the blocks. A machine's slice is one of its line."""

    def __init__(self, blocks: Sequence[Block]) -> None:
        self._line_of = _lines_of_machines(blocks)
        self._blocks = blocks
        self._at: dict[Pairs, tuple[Block, int]] = {}
        self._read: set[frozenset[str]] = set()

    def whole(self, pairs: Pairs) -> Pairs:
        """The slice with the line of its machine, where that stands on one line only."""
        named = dict(pairs)
        line = self._line_of.get((named.get("plant", ""), named.get("machine", "")))
        return pairs | {("line", line)} if line is not None and "line" not in named else pairs

    def figures(self, pairs: Pairs) -> tuple[Values, Values, Values] | None:
        """Numerator, denominator and value of a slice, (T,); ``None`` where nothing is known."""
        self._look_up(frozenset(d for d, _ in pairs))
        found = self._at.get(pairs)
        if found is None:
            return None
        figures, column = found[0].figures, found[1]
        return tuple(a[:, column] for a in (figures.numerator, figures.denominator, figures.value))  # type: ignore[return-value]

    def _look_up(self, dims: frozenset[str]) -> None:
        """Note where the slices by some dimensions stand: most splits are never asked for."""
        if dims in self._read:
            return
        self._read.add(dims)
        of_machines = dims - {"line"} if "machine" in dims else dims
        for block in self._blocks:
            if _dims(block) in (dims, of_machines):
                self._put(block)

    def _put(self, block: Block) -> None:
        by = block.figures.by
        for column, row in enumerate(block.figures.slices.tolist()):
            if None not in row:
                whole = self.whole(frozenset((*zip(by, row, strict=True), *block.where)))
                self._at.setdefault(whole, (block, column))


def _dims(block: Block) -> frozenset[str]:
    return frozenset((*block.figures.by, *(d for d, _ in block.where)))


def _lines_of_machines(blocks: Sequence[Block]) -> dict[tuple[str, str], str]:
    """The line of each machine of a plant that stands on one only."""
    lines: dict[tuple[str, str], set[str]] = {}
    for block in blocks:
        by = block.figures.by
        if not {"plant", "line", "machine"} <= set(by):
            continue
        for row in block.figures.slices:
            named = dict(zip(by, row, strict=True))
            if named["machine"] is not None and named["line"] is not None:
                lines.setdefault((named["plant"], named["machine"]), set()).add(named["line"])
    return {machine: next(iter(found)) for machine, found in lines.items() if len(found) == 1}


def stories(leads: Sequence[Lead], blocks: Sequence[Block]) -> list[Story]:
    """The leads of one KPI that go one way, each told once, the clearest first."""
    if not leads:
        return []
    places = Places(blocks)
    leads = [replace(lead, pairs=places.whole(lead.pairs)) for lead in leads]
    compare = _Comparer(places, leads[0].kpi)
    found: list[Story] = []
    # The whole before its parts: a part is then held against what it is part of.
    ordered = sorted(leads, key=lambda lead: (len(lead.pairs), lead.p_value, lead.slice))
    for place, lead in enumerate(ordered):
        compare.prepare(ordered[place:], [m for s in found for m in (s.head, *s.makers)])
        _put(lead, found, compare)
    return [_told_best(story, compare) for story in found]


def _put(lead: Lead, found: list[Story], compare: "_Comparer") -> None:
    """Into the story it repeats, or else as a story of its own."""
    story = next((s for s in found if _same(lead, s, compare)), None)
    if story is None:
        found.append(Story(lead))
        return
    makes = lead.pairs > story.head.pairs and compare.gone(story.head, lead)
    if not makes or compare.repeats(lead, story.head):
        story.folded.append(lead)
        return
    by_reason = any(d == "reason" for d, _ in lead.pairs)
    if len(story.head.pairs) > 1 or by_reason:
        story.folded.append(lead)
        story.makers.append(lead)
        return
    # The plant as a whole, and where in it: told of the place, which others may repeat, too.
    story.folded.append(story.head)
    story.head = lead
    for other in [s for s in found if s is not story and _same(s.head, story, compare)]:
        story.folded += [other.head, *other.folded]
        found.remove(other)


def _same(lead: Lead, story: Story, compare: "_Comparer") -> bool:
    """Whether a series tells nothing that a story does not."""
    for head in (story.head, *story.makers):
        if lead.pairs > head.pairs:  # a part of it: all of the change, or no more than its share
            same = compare.gone(head, lead) or compare.repeats(lead, head)
        else:  # the whole around it, or one that overlaps
            same = compare.gone(lead, head)
        if same:
            return True
    return False


def _told_best(story: Story, compare: "_Comparer") -> Story:
    """Tell it of a place rather than of a reason within one, and of the part that makes it."""
    members = [story.head, *story.folded]
    sure = [m for m in members if (m.q_value < ACT) or not (story.head.q_value < ACT)]
    plain = frozenset(p for p in story.head.pairs if p[0] != "reason")
    head = next((m for m in sure if m.pairs == plain), story.head)
    parts = [m for m in sure if m.pairs > head.pairs]
    makers = [m for m in parts if compare.gone(head, m) and not compare.repeats(m, head)]
    story.folded = [m for m in members if m is not head]
    story.head = head
    story.decisive = min(makers, key=lambda m: (len(m.pairs), m.p_value), default=None)
    return story


Rest = tuple[Values, Values]

Asked = tuple[Pairs, Pairs]


@dataclass(frozen=True, slots=True, eq=False)
class _Against:
    """A part beside what the rate of the rest gives for it, arrays (T,)."""

    asked: Asked
    sign: int
    count: Values
    size: Values
    ratio: Values
    is_counted: bool


class _Comparer:
    """Holds one series against another of the same KPI; every comparison is made once."""

    def __init__(self, places: Places, kpi: Kpi) -> None:
        self._places, self._kpi = places, kpi
        self._gone: dict[Asked, bool] = {}
        self._repeats: dict[Asked, bool] = {}
        self._prepared: set[Pairs] = set()

    def gone(self, whole: Lead, part: Lead) -> bool:
        """Whether ``whole`` shows nothing any more without what it shares with ``part``."""
        key = (whole.pairs, part.pairs)
        if key not in self._gone:
            self._find_gone([(whole, part)])
        return self._gone[key]

    def repeats(self, part: Lead, whole: Lead) -> bool:
        """Whether ``part`` moved no more than the rest of ``whole`` did."""
        key = (part.pairs, whole.pairs)
        if key not in self._repeats:
            self._find_repeats([(part, whole)])
        return self._repeats[key]

    def prepare(self, leads: Sequence[Lead], heads: Sequence[Lead]) -> None:
        """Hold all leads still to come against the stories that are new: together they cost little."""
        new = [head for head in heads if head.pairs not in self._prepared]
        if not new:
            return
        self._prepared.update(head.pairs for head in new)
        parts = [(lead, head) for head in new for lead in leads if lead.pairs > head.pairs]
        others = [(lead, head) for head in new for lead in leads if not lead.pairs > head.pairs]
        self._find_gone([*((head, lead) for lead, head in parts), *others])
        self._find_repeats([(p, w) for p, w in parts if not self._gone[w.pairs, p.pairs]])

    def _find_gone(self, asked: Sequence[tuple[Lead, Lead]]) -> None:
        rests: list[Rest] = []
        of: list[Asked] = []
        for whole, part in asked:
            key = (whole.pairs, part.pairs)
            if key in self._gone:
                continue
            self._gone[key] = False
            if _apart(whole.pairs, part.pairs):
                continue
            for pairs in _wider(whole.pairs):
                rest = self._rest(pairs, self._places.whole(pairs | part.pairs))
                if rest is not None:
                    rests.append(rest)
                    of.append(key)
        if not rests:
            return
        numerator, denominator = (np.stack(side, axis=1) for side in zip(*rests, strict=True))
        value = numerator / denominator if self._kpi.denominator else numerator
        found = judged_by(self._kpi, numerator, denominator, value * self._kpi.per, season=0)
        sign = np.array([whole.sign for whole, _ in asked[:1]])[0]
        moves = found.enough & (found.p_value < CLEAR) & (found.sign == sign)
        for key, still in zip(of, moves.tolist(), strict=True):
            self._gone[key] = self._gone[key] or not still

    def _rest(self, whole: Pairs, common: Pairs) -> Rest | None:
        """What is left of a slice without a part of it: numerator and denominator, (T,)."""
        all_of, part = self._places.figures(whole), self._places.figures(common)
        if all_of is None or part is None or len(all_of[0]) != len(part[0]):
            return None
        numerator = all_of[0] - np.nan_to_num(part[0])
        # Below the line there is no reason: a reason's part leaves the denominator whole.
        by_reason = any(d == "reason" for d, _ in common - whole)
        below = all_of[1] if by_reason else all_of[1] - np.nan_to_num(part[1])
        gap = np.isnan(all_of[2])
        with np.errstate(invalid="ignore"):
            empty = gap | (below <= 0) if self._kpi.denominator else gap
        return np.where(empty, np.nan, numerator), np.where(empty, np.nan, below)

    def _find_repeats(self, asked: Sequence[tuple[Lead, Lead]]) -> None:
        """Each part held against the rest: as many as at the rate of the rest, or more?"""
        counted: list[_Against] = []
        measured: list[_Against] = []
        for part, whole in asked:
            found = self._against(part, whole)
            if found is None:
                self._repeats[part.pairs, whole.pairs] = False
            else:
                (counted if found.is_counted else measured).append(found)
        if counted:
            count, size = (np.stack([getattr(f, n) for f in counted], 1) for n in ("count", "size"))
            self._tell_repeats(counted, evidence("u", count=count, size=size, season=0))
        if measured:
            values = np.stack([f.ratio for f in measured], 1)
            self._tell_repeats(measured, evidence("imr", values=values, season=0))

    def _tell_repeats(self, held: Sequence["_Against"], found: Evidence) -> None:
        for place, one in enumerate(held):
            moved = found.p_value[place] < CLEAR and found.sign[place] == one.sign
            self._repeats[one.asked] = not (found.enough[place] and moved)

    def _against(self, part: Lead, whole: Lead) -> "_Against | None":
        mine, rest = self._places.figures(part.pairs), self._rest(whole.pairs, part.pairs)
        if mine is None or rest is None:
            return None
        count, others, sign = mine[0], rest[0], part.sign
        if self._kpi.denominator and self._kpi.direction is Direction.HIGHER:
            count, others, sign = mine[1] - count, rest[1] - others, -sign  # what failed
        with np.errstate(divide="ignore", invalid="ignore"):
            expected = others
            if self._kpi.denominator:
                expected = others / rest[1] * (rest[1] if _by_reason(part, whole) else mine[1])
            against = np.where(expected > 0, count / expected, np.nan)
        size = np.where(np.isnan(against), np.nan, expected)
        is_counted = self._kpi.default_chart in COUNTED and _whole_numbers(count)
        return _Against((part.pairs, whole.pairs), sign, count, size, against, is_counted)


def _apart(one: Pairs, other: Pairs) -> bool:
    """Whether two slices have nothing in common: they name two lines, say."""
    both = one | other
    return len({d for d, _ in both}) < len(both)


def _wider(pairs: Pairs) -> list[Pairs]:
    """A slice, and those with one dimension less: what a whole does not show, its parts hardly do.

    Sums by three dimensions are not looked at, so that a product's reason is held against a line by
    the product, or by the reason, as a whole.
    """
    inner = [p for p in pairs if p[0] != "plant"]
    return [pairs, *(pairs - {p} for p in inner if len(inner) > 1)]


def _whole_numbers(count: Values) -> bool:
    known = count[~np.isnan(count)]
    return bool((known == np.round(known)).all())


def _by_reason(part: Lead, whole: Lead) -> bool:
    return any(d == "reason" for d, _ in part.pairs - whole.pairs)


def joined(
    stories: Sequence[Story], domain: Callable[[Lead], str], weight: Mapping[int, float]
) -> list[Story]:
    """Stories of related KPIs about one slice that began together, as one.

    ``weight`` tells by the head's identity which of them is told; the others are named with it.
    """
    kept: list[Story] = []
    for story in sorted(stories, key=lambda s: (-weight[id(s.head)], s.head.slice)):
        for other in kept:
            alike = (
                domain(other.head) == domain(story.head)
                and (other.head.pairs <= story.head.pairs or story.head.pairs <= other.head.pairs)
                and abs(other.head.since - story.head.since) <= TOGETHER
                and other.head.block.figures.labels[-1] == story.head.block.figures.labels[-1]
            )
            if alike:
                other.related.append(story.head)
                other.folded += story.folded
                break
        else:
            kept.append(story)
    return kept
