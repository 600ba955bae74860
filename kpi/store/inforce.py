"""Which ground every upload still holds: facts in force as a function of the ledger alone.

No row is read here. The rules are told in docs/architecture.md, "Facts in force"; each has a function.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from kpi.datasets import DATASETS
from kpi.store.ledger import live_uploads
from kpi.store.model import SNAPSHOT, Entry, OwnershipRule, UploadPart
from kpi.store.regions import (
    EVERY_LINE,
    Ground,
    grounds_of,
    months_between,
    without,
)


@dataclass(frozen=True, slots=True)
class Holding:
    """What one upload's part of a dataset holds of the facts in force.

    ``grounds`` are meaningful for datasets with a date. ``whole``: every row counts, nothing need
    be cut. ``only`` restricts it to rows of this scope (figures or characteristics that other
    uploads share in part).
    ``silent`` are plants whose rows of an undated dataset are kept without counting; ``beaten_by``
    feeds whose rows of the same order item hide this one's.
    ``order`` ranks parts by (rank date, position), ``seen`` by (data date, position), both from 0.
    """

    entry: Entry
    part: UploadPart
    order: int
    seen: int
    grounds: tuple[Ground, ...] = ()
    whole: bool = True
    only: frozenset[str] | None = None
    silent: frozenset[str] = frozenset()
    beaten_by: tuple[str, ...] = ()

    @property
    def upload(self) -> str:
        """The upload's id."""
        return self.entry.upload


Rank = tuple[date, int]


def rank_of(entry: Entry, part: UploadPart) -> Rank:
    """What decides between two uploads: the later data date, then the later place in the ledger."""
    return (part.rank_date or date.min, entry.position)


def holdings(entries: Sequence[Entry], dataset: str) -> list[Holding]:
    """What each upload not withdrawn holds of a dataset, in order of rank.

    For a dataset with a date, uploads wholly hidden are left out; an undated one lists all, since
    only its rows tell what they hide.
    """
    parts = [(e, e.part(dataset)) for e in live_uploads(entries) if dataset in e.datasets]
    parts.sort(key=lambda pair: rank_of(*pair))
    seen = sorted(parts, key=lambda pair: (pair[1].data_date or date.min, pair[0].position))
    seen_at = {entry.upload: i for i, (entry, _) in enumerate(seen)}
    ranked = [Holding(e, p, i, seen_at[e.upload]) for i, (e, p) in enumerate(parts)]
    rules = decided(entries, dataset)
    if DATASETS[dataset].date is None:
        return _undated(ranked, rules)
    return _dated(ranked, rules)


def decided(entries: Sequence[Entry], dataset: str) -> list[OwnershipRule]:
    """The ownership decisions that hold, the latest first: one per pair of feeds, free of circles.

    A decision that would let two feeds hide each other around a circle gives way to later ones.
    """
    found: dict[frozenset[str], OwnershipRule] = {}
    for entry in reversed(live_uploads(entries)):
        for rule in entry.ownership:
            if rule.dataset == dataset:
                found.setdefault(frozenset((rule.feed, rule.other)), rule)
    kept: list[OwnershipRule] = []
    beats: dict[str, set[str]] = defaultdict(set)
    for rule in found.values():
        winner, loser = winner_and_loser(rule)
        if rule.choice != "complement" and _reaches(beats, loser, winner):
            continue
        if rule.choice != "complement":
            beats[winner].add(loser)
        kept.append(rule)
    return kept


def winner_and_loser(rule: OwnershipRule) -> tuple[str, str]:
    """Whose rows stay and whose go where both have the same ground."""
    if rule.choice == "compare":
        return rule.other, rule.feed
    return rule.feed, rule.other


def _reaches(beats: Mapping[str, set[str]], start: str, goal: str) -> bool:
    waiting, met = [start], {start}
    while waiting:
        at = waiting.pop()
        if at == goal:
            return True
        fresh = beats.get(at, set()) - met
        met |= fresh
        waiting.extend(fresh)
    return False


def _silenced_plants(
    ranked: Sequence[Holding], rules: Iterable[OwnershipRule]
) -> dict[str, frozenset[str]]:
    """By feed, plants in which it is kept for comparison only, because the other one is there."""
    found: dict[str, frozenset[str]] = defaultdict(frozenset)
    for rule in rules:
        if rule.choice == "compare":
            theirs = (h.part.plants for h in ranked if h.entry.feed == rule.other)
            found[rule.feed] |= frozenset(plant for plants in theirs for plant in plants)
    return found


def _preferred(rules: Iterable[OwnershipRule]) -> dict[str, tuple[str, ...]]:
    """By feed, those that are preferred to it."""
    found: dict[str, set[str]] = defaultdict(set)
    for rule in rules:
        if rule.choice == "prefer":
            found[rule.other].add(rule.feed)
    return {feed: tuple(sorted(winners)) for feed, winners in found.items()}


def _undated(ranked: Sequence[Holding], rules: Sequence[OwnershipRule]) -> list[Holding]:
    silent, preferred = _silenced_plants(ranked, rules), _preferred(rules)
    return [
        replace(
            h,
            silent=silent.get(h.entry.feed, frozenset()),
            beaten_by=preferred.get(h.entry.feed, ()),
        )
        for h in ranked
    ]


def _dated(ranked: Sequence[Holding], rules: Sequence[OwnershipRule]) -> list[Holding]:
    taken = _taken_within_feeds(ranked)
    silent, preferred = _silenced_plants(ranked, rules), _preferred(rules)
    rivals = {
        feed: [h for h in ranked if h.entry.feed in winners] for feed, winners in preferred.items()
    }
    found: list[Holding] = []
    for holding in ranked:
        feed = holding.entry.feed
        claimed = grounds_of(holding.part.claimed)
        quiet = [
            Ground(plant, EVERY_LINE, date.min, date.max)
            for plant in sorted(silent.get(feed, frozenset()))
        ]
        base = without(claimed, quiet)
        for only, hiding in _by_scope(holding.part, taken[holding.upload]):
            left = without(base, [g for h in hiding for g in taken_from(h.part, holding.part)])
            piece = replace(holding, only=only)
            found.extend(_after_preferred(piece, claimed, left, rivals.get(feed, [])))
    return found


def taken_from(later: UploadPart, earlier: UploadPart) -> list[Ground]:
    """The ground an upload takes from an earlier one of its feed.

    What it covers; where the two are neighbours, not the edge by which its coverage was widened to a
    whole month and on which it has no row: the other's rows there are of another window.
    """
    out = []
    for claim in later.coverage:
        own = [c for c in later.within if c.plant == claim.plant]
        theirs = [c for c in earlier.claimed if c.plant == claim.plant]
        if not own or not theirs:
            out.append(claim)
            continue
        begins, ends = min(c.first for c in theirs), max(c.last for c in theirs)
        before, after = begins < claim.first, ends > claim.last
        first = min(c.first for c in own) if before and not after else claim.first
        last = max(c.last for c in own) if after and not before else claim.last
        if first <= last:
            out.append(replace(claim, first=first, last=last))
    return grounds_of(out)


def speak_apart(mine: UploadPart, theirs: UploadPart) -> bool:
    """Whether two files speak of different things: other figures, other characteristics."""
    if not DATASETS[mine.dataset].scope_hides:
        return False
    return bool(mine.scope and theirs.scope) and not set(mine.scope) & set(theirs.scope)


def _by_scope(
    part: UploadPart, hiding: Sequence[Holding]
) -> list[tuple[frozenset[str] | None, list[Holding]]]:
    """What a part speaks of, split by which later uploads speak of it too; ``None``: all of it.

    An upload that says nothing of its scope, or has too much of it to list, speaks of everything.
    """
    hides = DATASETS[part.dataset].scope_hides
    if not hides or not part.scope or not any(h.part.scope for h in hiding):
        return [(None, list(hiding))]
    scopes = [(h, frozenset(h.part.scope)) for h in hiding]
    groups: dict[tuple[int, ...], set[str]] = defaultdict(set)
    for thing in part.scope:
        groups[tuple(i for i, (_, s) in enumerate(scopes) if not s or thing in s)].add(thing)
    if len(groups) == 1:
        return [(None, [scopes[i][0] for i in next(iter(groups))])]
    return [
        (frozenset(things), [scopes[i][0] for i in at]) for at, things in sorted(groups.items())
    ]


def _taken_within_feeds(ranked: Sequence[Holding]) -> dict[str, list[Holding]]:
    """Later uploads of the same feed that hide each: only neighbours in time are compared."""
    at: dict[tuple[str, str, str], list[Holding]] = defaultdict(list)
    for holding in ranked:
        for place in _places(holding):
            at[place].append(holding)
    taken: dict[str, list[Holding]] = {}
    for holding in ranked:
        rivals = {
            other.order: other
            for place in _places(holding)
            for other in at[place]
            if _hides(other, holding)
        }
        taken[holding.upload] = [rivals[i] for i in sorted(rivals)]
    return taken


def _places(holding: Holding) -> set[tuple[str, str, str]]:
    return {
        (holding.entry.feed, c.plant, month)
        for c in holding.part.claimed
        for month in months_between(c.first, c.last)
    }


def _hides(later: Holding, earlier: Holding) -> bool:
    """Whether an upload takes the ground it covers from another one of its feed."""
    return (
        later.order > earlier.order
        and later.entry.mode == SNAPSHOT
        and earlier.upload not in later.entry.beside
        and later.upload not in earlier.entry.beside
    )


def _after_preferred(
    holding: Holding,
    claimed: list[Ground],
    left: list[Ground],
    rivals: Sequence[Holding],
) -> list[Holding]:
    """What other feeds, preferred on the same ground, leave of a holding."""
    own = holding.only if holding.only is not None else frozenset(holding.part.scope)
    theirs = frozenset(slug for h in rivals for slug in h.part.scope)
    rest = without(left, [g for h in rivals for g in grounds_of(h.part.claimed)])
    if rest == left or not own - theirs:
        return _piece(holding, claimed, rest, holding.only)
    if not own & theirs:
        return _piece(holding, claimed, left, holding.only)
    return [
        *_piece(holding, [], left, own - theirs),
        *_piece(holding, [], rest, own & theirs),
    ]


def _piece(
    holding: Holding, claimed: list[Ground], left: list[Ground], only: frozenset[str] | None
) -> list[Holding]:
    if not left:
        return []
    whole = left == claimed and only is None
    return [replace(holding, grounds=tuple(left), whole=whole, only=only)]
