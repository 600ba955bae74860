"""Which feed a table is of, by its headings: the same as before, or the nearest with what changed."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from kpi.ingest.confirming import IGNORE
from kpi.ingest.conventions import Desk
from kpi.ingest.grids import Grid
from kpi.ingest.headerless import kinds_of
from kpi.ingest.periods import read_period
from kpi.ingest.shape import MIN_PERIODS
from kpi.ingest.vocabulary import vocabulary
from kpi.model import FeedMemory, TableLayout
from kpi.texts import said

NEAR: Final = 0.6
"""Weighted share of common headings from which a table counts as a changed one of a feed."""

_CLOSE: Final = 0.05
"""Feeds whose shares differ by less are equally near."""
_READ, _UNREAD, _FRESH = 3.0, 1.0, 0.5
"""Weight of a heading that is read, one that is not, and one the feed never had."""
ANOTHER: Final = "another"
OWN_FEED: Final = said("this is another export, a feed of its own")
_PERIODS: Final = "#periods"

_DOMAIN_OF: Final = {
    "production": "making", "scrap": "making", "downtime": "downtime", "running_time": "downtime",
    "order_item": "delivery", "shipment": "delivery",
}  # fmt: skip


@dataclass(frozen=True)
class Recalled:
    """A feed that a table is of, as what is remembered of this very table.

    ``feeds`` are all feeds it may belong to (the same export of several plants). ``gone`` are the
    headings, as printed, that this table lacks; empty where the layout is the same.
    """

    memory: FeedMemory
    feeds: tuple[FeedMemory, ...]
    exact: bool
    gone: tuple[str, ...] = ()


def known_by(grid: Grid) -> tuple[str, ...]:
    """The headings a table is recognised by: normalised, sorted, the periods across left out.

    A table with months across is the same export with other months next year. One without headings
    is recognised by the kinds of its columns, in their places.
    """
    if not any(c.heading for c in grid.columns):
        return kinds_of(grid)
    periods = {c.named.key for c in grid.columns if c.heading and read_period(c.heading)}
    keys = {c.named.key for c in grid.columns if c.heading}
    if len(periods) >= MIN_PERIODS:
        keys = (keys - periods) | {_PERIODS}
    return tuple(sorted(keys))


def recall(grid: Grid, domains: Sequence[str], desk: Desk) -> Recalled | None:
    """The feed of a table: one that had these headings before, else the nearest if it is near.

    ``domains`` are the groups of datasets its headings speak of. Several feeds equally near and
    read differently are asked about.
    """
    mine = set(known_by(grid))
    same = [(m, t) for m in desk.context.memories for t in m.tables if set(t.signature) == mine]
    if same:
        return _chosen(grid, _first_per_feed(same), desk, exact=True)
    if not any(c.heading for c in grid.columns):
        return None  # what its columns hold is known for the same columns only
    scored = [
        (_likeness(mine, t), m, t)
        for m in desk.context.memories
        for t in m.tables
        if t.signature and _same_kind(t, domains)
    ]
    best = max((s for s, _, _ in scored), default=0.0)
    if best < NEAR:
        return None
    near = [(m, t) for s, m, t in sorted(scored, key=lambda x: -x[0]) if s > best - _CLOSE]
    return _chosen(grid, _first_per_feed(near), desk, exact=False)


def _same_kind(layout: TableLayout, domains: Sequence[str]) -> bool:
    theirs = {_DOMAIN_OF.get(d, d) for d in layout.datasets}
    return not domains or bool(theirs & set(domains))


def _likeness(mine: set[str], layout: TableLayout) -> float:
    keys = {vocabulary().normalise(h).key: f for h, f in layout.mapping.items()}
    weight = {k: _READ if keys.get(k, IGNORE) != IGNORE else _UNREAD for k in layout.signature}
    common = sum(w for k, w in weight.items() if k in mine)
    fresh = _FRESH * len(mine - set(weight))
    every = sum(weight.values()) + fresh
    return common / every if every else 0.0


def _first_per_feed(
    found: Sequence[tuple[FeedMemory, TableLayout]],
) -> list[tuple[FeedMemory, TableLayout]]:
    first: dict[str, tuple[FeedMemory, TableLayout]] = {}
    for memory, layout in found:
        first.setdefault(memory.feed, (memory, layout))
    return list(first.values())


def _chosen(
    grid: Grid, found: Sequence[tuple[FeedMemory, TableLayout]], desk: Desk, *, exact: bool
) -> Recalled | None:
    feeds = tuple(m for m, _ in found)
    here = [pair for pair in found if _names_plant(grid, *pair)] or list(found)
    readings = {(frozenset(t.mapping.items()), frozenset(t.conventions.items())) for _, t in here}
    memory, layout = here[0]
    if len(readings) > 1:
        answer = desk.ask(
            "feed",
            grid.sheet,
            "feed",
            said("Which of the known exports is this table of?"),
            [
                *((m.feed, said("its headings are those of this export")) for m, _ in here),
                (ANOTHER, OWN_FEED),
            ],
        )
        if answer == ANOTHER:
            return None
        memory, layout = next(pair for pair in here if pair[0].feed == answer)
        feeds = (memory,)
    plant = memory.plant if len(here) == 1 or len(feeds) == 1 else None
    return _recalled(grid, replace(memory, plant=plant), layout, feeds, exact=exact)


def _recalled(
    grid: Grid, memory: FeedMemory, layout: TableLayout, feeds: Sequence[FeedMemory], *, exact: bool
) -> Recalled:
    normal = vocabulary().normalise
    own = {normal(h).key for h in layout.mapping}
    others = {h: f for h, f in memory.mapping.items() if normal(h).key not in own}
    mine = {c.named.key for c in grid.columns}
    lost = set(layout.signature) - mine  # what a table was turned into has other headings
    gone = () if exact else tuple(h for h in layout.mapping if normal(h).key in lost)
    table = replace(
        memory,
        datasets=layout.datasets or memory.datasets,
        signature=layout.signature,
        mapping={**others, **layout.mapping},
        conventions={**memory.conventions, **layout.conventions},
    )
    return Recalled(table, tuple(feeds), exact, gone)


def _names_plant(grid: Grid, memory: FeedMemory, layout: TableLayout) -> bool:
    """Whether the rows name a plant of the feed."""
    keys = {vocabulary().normalise(h).key for h, f in layout.mapping.items() if f == "plant"}
    columns = [c for c in grid.columns if c.named.key in keys and not c.empty]
    named = {t for c in columns for t in c.sample.to_pylist()}
    return bool(named & set(memory.plants))


def feed_of_parts(recalled: Recalled, plants: frozenset[str]) -> str | None:
    """The feed the rows of these plants go to; ``None`` where they are another plant's."""
    for memory in recalled.feeds:
        theirs = frozenset(memory.plants)
        if not plants or not theirs or plants & theirs:
            return memory.feed
    return None
