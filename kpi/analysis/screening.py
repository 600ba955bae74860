"""What needs attention: every KPI by every slice, judged by its evidence and by what it costs.

How it works, and how often it errs, is told in docs/attention.md. The steps: the series
(``screen_series``), the evidence of each (``kpi.spc.evidence``), all p-values adjusted together
(``kpi.trends.q_values``), what a change costs (``screen_costs``), each story told once
(``screen_folding``), and the words (``screen_words``).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt

from kpi.analysis import marked, screen_words
from kpi.analysis.home import Home
from kpi.analysis.results import Filters, Screened, Screening
from kpi.analysis.screen_costs import Prices, currency_of, excess_of, worth_acting
from kpi.analysis.screen_folding import ACT, WATCH, Lead, Story, joined, stories
from kpi.analysis.screen_lines import glances
from kpi.analysis.screen_series import (
    Block,
    Mask,
    Values,
    blocks,
    screened_filters,
    season_of,
)
from kpi.measures.engine import Remembered
from kpi.measures.source import facts_key
from kpi.model import Variation, meaning_of
from kpi.spc import false_alarm_share
from kpi.spc.screening import RECENT
from kpi.trends.discovery import q_values

MOST_WATCHED: Final = 200
"""So many series of the watch list are told at most, unless all are asked for."""

COUNTS: Final = (0.5, 64.0)
"""Expected counts beyond these make no difference to how often a chart flags something."""

_SCREENED: Final = Remembered(16)


def screen(home: Home, filters: Filters, *, everything: bool = False) -> Screening:
    """Look at every series seen through the filters, and say which need attention.

    Days are looked at by month. ``everything`` tells every series of the watch list.
    """
    filters = screened_filters(filters)
    view = home.view(filters.ledger)
    settings = home.settings
    key = (
        home.path, home.limit, facts_key(view), view.data_date(), settings, marked.standing_notes(home),
        filters, everything,
    )  # fmt: skip
    return _SCREENED.get(key, lambda: _Screen(home, filters, everything).run())


@dataclass(frozen=True, slots=True, eq=False)
class _Judged:
    """All series that were judged, one entry each: where they stand, and what speaks for them."""

    block: list[int]
    column: list[int]
    p_value: Values
    q_value: Values
    signal: Mask


class _Screen:
    """The steps of one screening. Made for one question, used once."""

    def __init__(self, home: Home, filters: Filters, everything: bool) -> None:
        self._home, self._filters, self._everything = home, filters, everything
        self._blocks: list[Block] = []
        self._prices = Prices(home, filters)
        self._looked_at = 0
        self._q: dict[tuple[int, int], float] = {}

    def run(self) -> Screening:
        self._blocks = list(blocks(self._home, self._filters))
        found = self._judge()
        self._looked_at = len(found.p_value)
        leads = self._leads(found, np.flatnonzero(found.q_value < WATCH))
        told = [self._told(story) for story in self._stories(leads)]
        others = self._others(found, leads)
        act = _ranked([s for s in told if s.grade == "act"])
        improving = [s for s in told if s.worse is False and s.signal and s.q_value < ACT]
        watch = [s for s in told if s.grade == "watch" and s not in improving]
        watch = sorted([*watch, *others], key=lambda s: (s.p_value, s.headline))
        settings, false_alarms = self._home.settings, self._false_alarms()
        looked_at = " ".join(
            filter(
                None,
                (
                    screen_words.looked_at(
                        self._looked_at, false_alarms, RECENT, self._filters.period
                    ),
                    screen_words.threshold_words(settings, currency_of(settings)),
                ),
            )
        )
        seen = int(((found.q_value < WATCH) | found.signal).sum())
        return Screening(
            period=self._filters.period,
            looked_at=self._looked_at,
            false_alarms=false_alarms,
            act=tuple(act),
            watch=tuple(watch),
            improving=tuple(_ranked(improving)),
            watched=seen - sum(1 + s.folded for s in (*act, *improving)),
            left_alone=self._looked_at - seen,
            looked_at_words=looked_at,
            quiet=screen_words.quiet(self._looked_at, unsure=any(map(_may_be_worse, watch))),
            lines=glances(self._blocks, self._q_of(found)),
        )

    def _q_of(self, found: _Judged) -> dict[tuple[int, int], float]:
        places = zip(found.block, found.column, strict=True)
        return dict(zip(places, found.q_value.tolist(), strict=True))

    def _judge(self) -> _Judged:
        block, column, p_value, signal = [], [], [], []
        for number, one in enumerate(self._blocks):
            here = np.flatnonzero(one.judged)
            block += [number] * len(here)
            column += here.tolist()
            p_value.append(one.evidence.p_value[here])
            signal.append(one.evidence.signal[here])
        p = np.concatenate([*p_value, np.zeros(0)])
        fires = np.concatenate([*signal, np.zeros(0, dtype=bool)])
        return _Judged(block, column, p, q_values(p), fires)

    def _false_alarms(self) -> float:
        """How many of the series would signal in their last periods if nothing had changed."""
        total = 0.0
        for block in self._blocks:
            here = np.flatnonzero(block.judged)
            counts = _expected_counts(block)[here]
            kinds, points = block.evidence.kind[here], block.evidence.points[here]
            coarse = (
                np.round(2 * np.log2(np.maximum(counts, 1e-3))) / 2
            )  # a table's own grid is coarser
            seen: dict[tuple[str, int, float], int] = {}
            for one in zip(kinds.tolist(), points.tolist(), coarse.tolist(), strict=True):
                seen[one] = seen.get(one, 0) + 1
            for (kind, number, level), times in seen.items():
                total += times * false_alarm_share(kind, number, recent=RECENT, count=2.0**level)
        return total

    # --- stories ----------------------------------------------------------------------------

    def _leads(self, found: _Judged, places: npt.NDArray[np.intp]) -> list[Lead]:
        return [
            _lead(self._blocks[found.block[n]], found.column[n], found.p_value[n], found.q_value[n])
            for n in places.tolist()
        ]

    def _stories(self, leads: Sequence[Lead]) -> list[Story]:
        by_kpi: dict[tuple[str, int], list[Lead]] = {}
        for lead in leads:
            by_kpi.setdefault((lead.kpi.id, lead.sign), []).append(lead)
        found: list[Story] = []
        for (kpi, _), mine in sorted(by_kpi.items()):
            found += stories(mine, [b for b in self._blocks if b.kpi.id == kpi])
        weight = {id(s.head): self._weight(s.head) for s in found}
        worse = [s for s in found if _worse(s.head) is not False]
        better = [s for s in found if _worse(s.head) is False]
        return [*joined(worse, _domain, weight), *joined(better, _domain, weight)]

    def _weight(self, lead: Lead) -> float:
        """What is told of related KPIs: the one with a price, then the one of clearest evidence."""
        excess = excess_of(lead.block, lead.column, lead.since)
        cost = self._prices.cost(lead.block, lead.column, excess, worse=_worse(lead))
        order = {"money": 2.0, "hours": 1.0}.get(cost.kind, 0.0)
        return order + (1.0 - min(lead.q_value, 1.0)) / 2

    def _others(self, found: _Judged, leads: Sequence[Lead]) -> list[Screened]:
        """Series that signal, though with so many looked at that is no evidence."""
        places = np.flatnonzero(found.signal & ~(found.q_value < WATCH))
        if not self._everything:
            places = places[np.argsort(found.p_value[places], kind="stable")][:MOST_WATCHED]
        strong: dict[tuple[str, int], list[frozenset[tuple[str, str]]]] = {}
        for lead in leads:
            strong.setdefault((lead.kpi.id, lead.sign), []).append(lead.pairs)
        weak = self._leads(found, places)
        return [
            self._told(Story(lead))
            for lead in weak
            if not any(
                pairs <= lead.pairs or lead.pairs <= pairs
                for pairs in strong.get((lead.kpi.id, lead.sign), ())
            )
        ]

    # --- words ------------------------------------------------------------------------------

    def _told(self, story: Story) -> Screened:
        head, block, column = story.head, story.head.block, story.head.column
        found, figures = block.evidence, block.figures
        worse = _worse(head)
        excess = excess_of(block, column, head.since)
        cost = self._prices.cost(block, column, excess, worse=worse)
        usual = float(found.usual[column])
        late = figures.value[head.since :, column]
        measured = late[~np.isnan(late) & ~block.hidden[head.since :, column]]
        lasts = bool(((measured - usual) * head.sign > 0).all())
        since, decisive = figures.labels[head.since], story.decisive
        period, points = self._filters.period, int(found.points[column])
        season = season_of(period, self._home.settings)
        alike, seasonal = bool(found.autocorrelated[column]), bool(found.seasonal[column])
        grade = "watch"
        signal = bool(found.signal[column])
        # Without a signal its own chart would say that what moves is chance.
        if worse and signal and head.q_value < ACT and worth_acting(cost, self._home.settings):
            grade = "act"
        return Screened(
            kpi=head.kpi,
            slice=head.slice,
            period=period,
            grade=grade,
            worse=worse,
            p_value=head.p_value,
            q_value=head.q_value,
            signal=signal,
            since=since,
            lasted=len(measured),
            usual=usual,
            recent=float(found.recent[column]),
            excess=excess,
            cost=cost,
            chart=str(found.kind[column]),
            points=points,
            autocorrelated=alike,
            seasonal=seasonal,
            rank=0.0,
            headline=screen_words.headline(
                head.kpi, head.slice, period, sign=head.sign, since=since, lasted=len(measured),
                lasts=lasts, decisive=decisive.slice if decisive else (),
            ),
            sure=screen_words.sure(head.p_value, head.q_value, self._looked_at),
            cost_words=screen_words.cost_words(cost, worse=worse),
            checked=screen_words.checked(period, points, season, alike=alike, seasonal=seasonal),
            decisive=decisive.slice if decisive else (),
            folded=len(story.folded) + len(story.related),
            related=tuple(dict.fromkeys(lead.kpi.title for lead in story.related)),
        )  # fmt: skip


def _lead(block: Block, column: int, p_value: float, q_value: float) -> Lead:
    found = block.evidence
    return Lead(
        block, column, frozenset(block.slice(column)), float(p_value), float(q_value),
        int(found.sign[column]), int(found.since[column]),
    )  # fmt: skip


def _may_be_worse(found: Screened) -> bool:
    """Whether what is watched only forbids to say that all is as usual.

    A whole plant's chart that signals stands on the Overview as worse, however many were looked at.
    """
    whole = all(dimension == "plant" for dimension, _ in found.slice)
    return found.worse is not False and (found.q_value < WATCH or (found.signal and whole))


def _worse(lead: Lead) -> bool | None:
    """Whether it went the wrong way; ``None`` where neither way is better."""
    means = meaning_of(lead.sign, lead.kpi.direction)
    return None if means is Variation.CHANGED else means is Variation.WORSENING


def _domain(lead: Lead) -> str:
    return lead.kpi.domain


def _expected_counts(block: Block) -> Values:
    """The count to expect per point at the usual level, (S,)."""
    usual = block.evidence.usual / block.kpi.per
    if not block.is_ratio:
        return usual
    below = np.where(np.isnan(block.figures.value), np.nan, block.figures.denominator)
    number = np.maximum((~np.isnan(below)).sum(axis=0), 1)
    expected: Values = usual * np.nansum(below, axis=0) / number
    return expected


def _ranked(found: Sequence[Screened]) -> list[Screened]:
    """By what each is expected to cost: its cost, times how sure it is.

    Money, hours and counts cannot be weighed against each other, so each cost is taken as a share of
    the largest of its kind: the dearest of each kind stands near the top, then the clearest.
    """
    largest: dict[tuple[str, str], float] = {}
    for one in found:
        kind = (one.cost.kind, one.cost.unit)
        largest[kind] = max(largest.get(kind, 0.0), abs(one.cost.amount))
    ranked = [replace(one, rank=_rank(one, largest)) for one in found]
    return sorted(ranked, key=lambda s: (-s.rank, s.q_value, s.headline))


def _rank(one: Screened, largest: dict[tuple[str, str], float]) -> float:
    most = largest[one.cost.kind, one.cost.unit]
    share = abs(one.cost.amount) / most if most > 0 else 0.0
    return share * (1.0 - min(one.q_value, 1.0))
