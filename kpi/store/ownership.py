"""Two feeds on the same ground: asked once per pair, then remembered. And orders apart from shipments."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from kpi.datasets import DATASETS, ORDER_ITEM, SHIPMENT
from kpi.model import Candidate, Question
from kpi.store.drafts import Draft, SharedOrders, question_id, touches
from kpi.store.inforce import Holding, decided, holdings
from kpi.store.ledger import live_uploads
from kpi.store.model import Entry, Incoming, IncomingPart, Ownership, OwnershipRule, UploadPart
from kpi.store.regions import grounds_of, meet
from kpi.store.rows import NO_LINE
from kpi.texts import label, said

CHOICES: Final[tuple[Ownership, ...]] = ("prefer", "complement", "compare")


def with_ownership(
    found: Draft,
    incoming: Incoming,
    entries: Sequence[Entry],
    answers: Mapping[str, str],
    shared_orders: SharedOrders,
) -> Draft:
    """Ask, or apply, what shall count where another feed has the same ground."""
    entry = found.entry
    rules: list[OwnershipRule] = []
    questions = list(found.questions)
    loaded = found.meets_loaded
    for part, rows in zip(entry.parts, incoming.parts, strict=True):
        standing = {frozenset((r.feed, r.other)): r for r in decided(entries, part.dataset)}
        others: dict[str, list[Holding]] = {}
        for holding in holdings(entries, part.dataset):
            if holding.entry.feed != entry.feed:
                others.setdefault(holding.entry.feed, []).append(holding)
        for other, theirs in sorted(others.items()):
            rule = standing.get(frozenset((entry.feed, other)))
            if rule is not None:
                rules.append(rule)
                loaded = loaded or any(touches(h, part) for h in theirs)
                continue
            if not _same_ground(part, rows, theirs, shared_orders):
                continue
            loaded = True
            question = _ownership_question(entry, part, other, theirs)
            answer = answers.get(question.id)
            if answer in CHOICES:
                choice = next(c for c in CHOICES if c == answer)
                rules.append(OwnershipRule(part.dataset, entry.feed, other, choice))
            else:
                questions.append(question)
    return replace(
        found,
        entry=replace(entry, ownership=tuple(rules)),
        questions=tuple(questions),
        meets_loaded=loaded,
    )


def _same_ground(
    part: UploadPart, rows: IncomingPart, theirs: Sequence[Holding], shared_orders: SharedOrders
) -> bool:
    if part.dataset in (ORDER_ITEM.id, SHIPMENT.id):
        return shared_orders(rows, part.dataset, theirs) > 0
    if DATASETS[part.dataset].date is None:
        return False
    return any(
        _shared_lines(part, h.part)
        and (not part.scope or bool(set(part.scope) & set(h.part.scope)))
        and meet(grounds_of(part.coverage), h.grounds)
        for h in theirs
    )


def _shared_lines(mine: UploadPart, theirs: UploadPart) -> bool:
    """Whether two files may speak of the same line: not when both name lines, and different ones."""
    for plant in set(mine.months) & set(theirs.months):
        a, b = set(mine.lines.get(plant, (NO_LINE,))), set(theirs.lines.get(plant, (NO_LINE,)))
        if NO_LINE in a or NO_LINE in b or a & b:
            return True
    return False


def _ownership_question(
    entry: Entry, part: UploadPart, other: str, theirs: Sequence[Holding]
) -> Question:
    names = {
        "dataset": label(DATASETS[part.dataset].title),
        "feed": repr(other),
        "file": theirs[0].entry.file,
    }
    return Question(
        id=question_id(entry.sha256, f"ownership|{part.dataset}|{other}"),
        sheet="",
        heading=None,
        ask=said(
            "{dataset}: the same plant and days already come from the feed {feed} ({file}). "
            "How shall the two stand together?",
            **names,
        )
        if DATASETS[part.dataset].date is not None
        else said(
            "{dataset}: the same orders already come from the feed {feed} ({file}). "
            "How shall the two stand together?",
            **names,
        ),
        candidates=(
            Candidate(
                "prefer", said("This file counts; the other is hidden where both have the same.")
            ),
            Candidate("complement", said("Both count: they hold different rows.")),
            Candidate(
                "compare",
                said("The other stays; this file is kept for comparison and not counted."),
            ),
        ),
        kind="ownership",
    )


def with_links(
    found: Draft, incoming: Incoming, entries: Sequence[Entry], shared_orders: SharedOrders
) -> Draft:
    """Find whose order numbers a feed of shipments uses, where orders and shipments come apart."""
    entry = found.entry
    live = live_uploads(entries)
    links: dict[str, str] = {}
    for other in live:
        links.update({s: o for s, o in other.links.items() if entry.feed in (s, o)})
    carries = {e.feed: set[str]() for e in [*live, entry]}
    for other in [*live, entry]:
        carries[other.feed] |= set(other.datasets)
    mine = carries[entry.feed]
    if SHIPMENT.id in entry.datasets and ORDER_ITEM.id not in mine and entry.feed not in links:
        best = _most_shared(incoming, SHIPMENT.id, ORDER_ITEM.id, entries, shared_orders)
        if best:
            links[entry.feed] = best
    if ORDER_ITEM.id in entry.datasets:
        lonely = {
            f for f, has in carries.items() if SHIPMENT.id in has and ORDER_ITEM.id not in has
        }
        known = {s for other in live for s in other.links}
        for feed in sorted(lonely - known):
            theirs = [h for h in holdings(entries, SHIPMENT.id) if h.entry.feed == feed]
            rows = next(p for p in incoming.parts if p.dataset == ORDER_ITEM.id)
            if shared_orders(rows, SHIPMENT.id, theirs):
                links[feed] = entry.feed
    return replace(found, entry=replace(entry, links=links))


def _most_shared(
    incoming: Incoming,
    mine: str,
    theirs: str,
    entries: Sequence[Entry],
    shared_orders: SharedOrders,
) -> str | None:
    rows = next(p for p in incoming.parts if p.dataset == mine)
    by_feed: dict[str, list[Holding]] = {}
    for holding in holdings(entries, theirs):
        by_feed.setdefault(holding.entry.feed, []).append(holding)
    counts = {feed: shared_orders(rows, theirs, held) for feed, held in sorted(by_feed.items())}
    best = max(counts, key=lambda feed: counts[feed], default=None)
    return best if best is not None and counts[best] else None
