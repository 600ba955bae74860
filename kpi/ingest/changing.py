"""What is different in the headings of a feed's next file: only that is asked, said or refused."""

from collections.abc import Mapping, Sequence
from difflib import SequenceMatcher
from typing import Final

from kpi.ingest.confirming import IGNORE, Told, words_of
from kpi.ingest.conventions import Desk
from kpi.ingest.grids import Grid
from kpi.ingest.headings import fits
from kpi.ingest.recognising import ANOTHER, OWN_FEED, Recalled
from kpi.ingest.vocabulary import Level, Match, vocabulary
from kpi.model import LayoutChange, Severity
from kpi.texts import said

_ALIKE: Final = 0.6
"""Likeness of two headings from which one may be the other, renamed."""

_NONE: Final = "none"

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

_FIGURES: Final = frozenset(
    {"qty_produced", "qty_good", "qty_scrap", "qty_rework", "minutes", "planned_min", "run_min"}
    | {"qty", "qty_ordered", "cost", "value"}
)

_DAYS: Final = frozenset({"date", "at", "start"})


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
        if became == ANOTHER:
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
        if answer == ANOTHER:
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
            (ANOTHER, OWN_FEED),
        ],
        heading=first.heading,
        samples=first.examples(),
    )
    if answer in (_NONE, ANOTHER):
        return ANOTHER if answer == ANOTHER else None
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
            *([(ANOTHER, OWN_FEED)] if doubted else []),
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
