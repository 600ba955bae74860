"""Which feed a table is of, by its headings: the same as before, or the nearest with what changed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from typing import Final

from kpi.ingest.confirming import IGNORE, Told, words_of
from kpi.ingest.conventions import Desk
from kpi.ingest.grids import Grid
from kpi.ingest.headerless import kinds_of
from kpi.ingest.headings import fits
from kpi.ingest.periods import read_period
from kpi.ingest.shape import MIN_PERIODS
from kpi.ingest.vocabulary import Level, Match, vocabulary
from kpi.model import FeedMemory, LayoutChange, Severity, TableLayout
from kpi.texts import said

NEAR: Final = 0.6
"""Weighted share of common headings from which a table counts as a changed one of a feed."""

_CLOSE: Final = 0.05
"""Feeds whose shares differ by less are equally near."""
_READ, _UNREAD, _FRESH = 3.0, 1.0, 0.5
"""Weight of a heading that is read, one that is not, and one the feed never had."""
_ALIKE: Final = 0.6
"""Likeness of two headings from which one may be the other, renamed."""
_ANOTHER: Final = "another"
_OWN_FEED: Final = said("this is another export, a feed of its own")
_NONE: Final = "none"
_PERIODS: Final = "#periods"

_DOMAIN_OF: Final = {
    "production": "making", "scrap": "making", "downtime": "downtime", "running_time": "downtime",
    "order_item": "delivery", "shipment": "delivery",
}  # fmt: skip

_NEEDS: Final[Mapping[str, tuple[frozenset[str], ...]]] = {
    "production": (frozenset({"qty_produced"}), frozenset({"qty_good"}), frozenset({"weight_kg"})),
    "scrap": (
        frozenset({"qty_scrap"}),
        frozenset({"qty_rework"}),
        frozenset({"cost"}),
        frozenset({"weight_kg"}),
        frozenset({"qty_produced", "qty_good"}),
    ),
    "downtime": (frozenset({"minutes"}), frozenset({"start", "end"})),
    "running_time": (
        frozenset({"planned_min"}),
        frozenset({"run_min"}),
        frozenset({"start", "end"}),
    ),
    "order_item": (frozenset({"order"}), frozenset({"shipment"})),
    "shipment": (frozenset({"shipped_on"}), frozenset({"delivered_on"}), frozenset({"qty"})),
}
"""Per dataset, sets of fields of which one must be there whole."""

_DAYS: Final = frozenset({"date", "at", "start"})
_FIGURES: Final = frozenset(
    {"qty_produced", "qty_good", "qty_scrap", "qty_rework", "minutes", "planned_min", "run_min"}
    | {"qty", "qty_ordered", "cost", "value"}
)


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
                (_ANOTHER, said("it is another export, a feed of its own")),
            ],
        )
        if answer == _ANOTHER:
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


# --- what changed -----------------------------------------------------------------------------


def changed(
    grid: Grid,
    found: Sequence[tuple[Match, ...]],
    domains: Sequence[str],
    recalled: Recalled,
    remembered: dict[str, str],
    told: Told,
    desk: Desk,
) -> tuple[dict[str, str], str | None] | None:
    """What is remembered of each heading once the changes are settled, and why it cannot be read.

    ``None`` where the user says that this is another export.
    """
    there = {*remembered, *recalled.memory.signature}  # a blank column is there and not remembered
    fresh = [
        i
        for i, c in enumerate(grid.columns)
        if c.heading and c.named.key not in there and i not in told.fixed
    ]
    known = dict(remembered)
    before = recalled.memory.mapping
    if _counts_else(found, [before[h] for h in recalled.gone], set(before.values()), fresh):
        return None
    free = [i for i in fresh if not grid.columns[i].empty]
    changes: list[LayoutChange] = []
    given = {remembered.get(c.named.key) for c in grid.columns} - {None, IGNORE}
    for heading in recalled.gone:
        name = before[heading]
        if name in given:
            continue  # under a name it had in another layout
        became = _renamed(grid, found, heading, name, free, desk) if name != IGNORE else None
        if became == _ANOTHER:
            return None
        if became is None:
            changes.append(_gone(heading, name))
            continue
        place = int(became)
        free.remove(place)
        known[grid.columns[place].named.key] = name
        told.changes[place] = ("renamed", heading)
        now = grid.columns[place].heading
        why = said("{now} is what was {was}", now=repr(now), was=repr(heading))
        changes.append(LayoutChange("renamed", now, heading, why))
    taken = set(known.values())
    doubted = any(c.kind == "gone" and before[c.heading] != IGNORE for c in changes)
    for i in free:
        answer = _new(grid, found, domains, i, taken, desk, doubted=doubted)
        if answer == _ANOTHER:
            return None
        known[grid.columns[i].named.key] = answer
        taken.add(answer)
        told.changes[i] = ("new", "")
        changes.append(_came(grid.columns[i].heading, known[grid.columns[i].named.key]))
    desk.changes += changes
    return known, _refused(grid, recalled, known, told, desk)


def _counts_else(
    found: Sequence[tuple[Match, ...]], lost: Sequence[str], before: set[str], fresh: Sequence[int]
) -> bool:
    """Whether a figure is gone and one that the feed never had is there, by headings that are sure.

    Scrapped where produced was is no renamed column but another export of much the same shape.
    """
    sure = {m.field for i in fresh for m in found[i] if m.level >= Level.TOKENS}
    return bool(_FIGURES & set(lost)) and bool(_FIGURES & (sure - before))


def _renamed(
    grid: Grid,
    found: Sequence[tuple[Match, ...]],
    heading: str,
    name: str,
    free: Sequence[int],
    desk: Desk,
) -> str | None:
    """The place of the column that a lost heading is called now, asked; ``None`` where it is gone."""
    ranked = sorted(
        ((score, i) for i in free if (score := _may_be(grid, found, i, heading, name)) > 0),
        key=lambda pair: (-pair[0], pair[1]),
    )
    if not ranked:
        return None
    columns = [grid.columns[i] for _, i in ranked]
    first = columns[0]
    answer = desk.ask(
        "field",
        grid.sheet,
        f"renamed:{vocabulary().normalise(heading).key}",
        said(
            "{was} is not in this file any more. Is {now} what was {was}?",
            was=repr(heading),
            now=repr(first.heading),
        ),
        [
            *(
                (
                    c.heading,
                    said("{now} is read as {field}", now=repr(c.heading), field=words_of(name)),
                )
                for c in columns
            ),
            (_NONE, said("{was} is no longer in the export", was=repr(heading))),
            (_ANOTHER, _OWN_FEED),
        ],
        heading=first.heading,
        samples=first.examples(),
    )
    if answer in (_NONE, _ANOTHER):
        return _ANOTHER if answer == _ANOTHER else None
    return next(str(i) for _, i in ranked if grid.columns[i].heading == answer)


def _may_be(
    grid: Grid, found: Sequence[tuple[Match, ...]], i: int, heading: str, name: str
) -> float:
    """How much speaks for a column being what a lost heading was: 0 where its values cannot be."""
    column = grid.columns[i]
    if not fits(column, name, Level.SUBSET):
        return 0.0
    means = {m.field for m in found[i]}
    alike = SequenceMatcher(None, vocabulary().normalise(heading).key, column.named.key).ratio()
    if name in means:
        return 2.0 + alike
    sure = any(m.level >= Level.TOKENS for m in found[i])
    if means - {IGNORE} and (sure or alike < _ALIKE):
        return 0.0
    figures = column.shares["number"] > 0.8 or column.shares["date"] > 0.8
    return alike if alike >= _ALIKE else 0.1 if figures and not means else 0.0


def _gone(heading: str, name: str) -> LayoutChange:
    if name == IGNORE:
        text = said("{was} is gone; it was not read", was=repr(heading))
    else:
        text = said("{was} is gone; it gave the {field}", was=repr(heading), field=words_of(name))
    return LayoutChange("gone", heading, heading, text)


def _came(heading: str, name: str) -> LayoutChange:
    if name == IGNORE:
        text = said("{now} is new; it is not read", now=repr(heading))
    else:
        text = said("{now} is new; it gives the {field}", now=repr(heading), field=words_of(name))
    return LayoutChange("new", heading, "", text)


def _new(
    grid: Grid,
    found: Sequence[tuple[Match, ...]],
    domains: Sequence[str],
    i: int,
    taken: set[str],
    desk: Desk,
    *,
    doubted: bool,
) -> str:
    """What a heading the feed never had is read as: asked where it could matter.

    ``doubted``: a column that was read is gone, so that this may be another export.
    """
    column = grid.columns[i]
    names = dict.fromkeys(
        m.field
        for m in found[i]
        if (m.domain in domains or m.domain not in ("making", "downtime", "delivery"))
        and m.field not in (IGNORE, "personal", "rate")
        and m.field not in taken
        and not m.field.startswith("names.")
    )
    if not names:
        return IGNORE
    return desk.ask(
        "field",
        grid.sheet,
        f"field:{column.named.key}",
        said("{now} is new in this export. What does it hold?", now=repr(column.heading)),
        [
            *(
                (n, said("its heading and values are those of {field}", field=words_of(n)))
                for n in names
            ),
            (IGNORE, said("the column is not needed: the file is read as before")),
            *([(_ANOTHER, _OWN_FEED)] if doubted else []),
        ],
        heading=column.heading,
        samples=column.examples(),
    )


def _refused(
    grid: Grid, recalled: Recalled, known: Mapping[str, str], told: Told, desk: Desk
) -> str | None:
    """Why the table cannot be read without what is gone, which is said; ``None`` where it can."""
    here = {c.named.key for c in grid.columns}
    now = {f for k, f in known.items() if k in here} | set(told.fixed.values())
    before = set(recalled.memory.mapping.values())
    for dataset in recalled.memory.datasets:
        needs = _NEEDS.get(dataset, ())
        lacks = bool(needs) and any(n <= before for n in needs) and not any(n <= now for n in needs)
        fields = frozenset[str]().union(*needs)
        if dataset in ("production", "scrap", "downtime", "running_time"):
            undated = bool(before & _DAYS) and not now & _DAYS
            lacks, fields = lacks or undated, _DAYS if undated else fields
        lost = [h for h in recalled.gone if recalled.memory.mapping[h] in fields]
        if not lacks or not lost:
            continue
        names = ", ".join(repr(h) for h in lost)
        why = said(
            "{gone} is not in the file any more; without it there is no {field}",
            gone=names,
            field=words_of(recalled.memory.mapping[lost[0]]),
        )
        desk.note(
            grid.sheet,
            why,
            severity=Severity.REJECTED,
            expected=said("the columns that {feed} had", feed=repr(recalled.memory.feed)),
            advice=said(
                "Export it with {gone} again, or load it as a feed of its own under another name.",
                gone=names,
            ),
        )
        return why
    return None
