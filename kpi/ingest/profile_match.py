"""Recognise the list of a known system by its headings and cells, and which column gives which field."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from kpi.ingest.columns import Column
from kpi.ingest.confirming import Told
from kpi.ingest.conventions import Desk
from kpi.ingest.grids import Grid
from kpi.ingest.headings import CLOCKS, DURATIONS, fits
from kpi.ingest.profiles import Need, Profile, ProfileColumn, keys_of, spoken, with_own
from kpi.ingest.timed import timed
from kpi.ingest.vocabulary import Level
from kpi.model import FeedMemory, Severity
from kpi.texts import joined, said

TOPIC: Final = "profile"
"""Under this topic a feed remembers the profile its files were read by."""

_PATTERN_SHARE: Final = 0.9
_TOLD_BY_HEADING: Final = frozenset({"ignore", "status", "stop_class", "kind", "reason_text"})
"""Fields whose cells are words of the system: nothing here could tell them."""


@dataclass(frozen=True)
class Known:
    """A table recognised as a list of a profile.

    ``at`` says which column of the table each of the profile's columns is. ``decided`` says per
    column of the table the field it gives, ``ignore`` included. ``open`` are columns that may give
    a field already given: a person chooses.
    """

    profile: Profile
    at: Mapping[str, int]
    decided: Mapping[int, str]
    open: Mapping[int, str] = field(default_factory=dict)

    def missing(self, needs: Sequence[Need]) -> list[Need]:
        """Those of the needs for which no column with cells is there."""
        return [n for n in needs if not any(c in self.at for c in n.columns)]


def recognise(
    grid: Grid, profiles: Sequence[Profile], memory: FeedMemory | None, dataset: str | None
) -> Known | None:
    """The list a table is, if it is one of a known system; what a feed remembers goes before."""
    if memory is not None:
        named = memory.conventions.get(TOPIC)
        profiles = [p for p in profiles if p.id == named]
    if dataset is not None:
        profiles = [p for p in profiles if dataset in p.datasets]
    mine = {k for c in grid.columns if c.heading for k in keys_of(c.heading)}
    best: list[tuple[int, int, Known]] = []
    for profile in profiles:
        if sum(bool(c.keys & mine) for c in profile.columns) < profile.least:
            continue  # a cheap look before the cells are read
        known = _known(profile, grid)
        told = sum(_tells(profile, name, grid.columns[i]) for name, i in known.at.items())
        there = all(n in known.at for n in profile.must)
        if told >= profile.least and there and not any(n in known.at for n in profile.forbids):
            best.append((told, len(known.at), known))
    if not best:
        return None
    best.sort(key=lambda b: (b[0], b[1]), reverse=True)  # stable: a site's own profile goes first
    return best[0][2]


def _tells(profile: Profile, name: str, column: Column) -> bool:
    """Whether a column's heading speaks of the system: it is one of its own words or field names."""
    wanted, keys = profile.column(name), set(keys_of(column.heading))
    if column.heading.isupper() and keys & wanted.technical:
        return True
    return name in profile.telling and bool(keys - wanted.plain)


def _known(profile: Profile, grid: Grid) -> Known:
    at, unread = _matched(profile, grid)
    decided: dict[int, str] = dict(unread)
    doubtful: dict[int, str] = {}
    given: dict[str, list[ProfileColumn]] = {}
    for column in profile.columns:
        if column.name not in at:
            continue
        place = at[column.name]
        held = given.setdefault(column.field, [])
        owner = decided.get(at.get(column.of, -1), "ignore") if column.of else ""
        blank = grid.columns[place].empty and bool(held)
        if column.field == "ignore" or owner == "ignore" or blank:
            decided[place] = "ignore"
        elif not held or column.adds or column.fills or _shares_a_moment(column, held):
            decided[place] = column.field
            held.append(column)
        elif column.ask:
            doubtful[place] = column.field
        else:
            decided[place] = "ignore"
    _without_empty_rivals(profile, grid, at, decided)
    return Known(profile, at, decided, doubtful)


def _shares_a_moment(column: ProfileColumn, held: Sequence[ProfileColumn]) -> bool:
    """A day and a time of day give one moment together."""
    kinds = {c.kind for c in held}
    return column.field in CLOCKS and column.kind == "clock" and kinds == {"date"}


def _without_empty_rivals(
    profile: Profile, grid: Grid, at: Mapping[str, int], decided: dict[int, str]
) -> None:
    """Give a field to the first of its columns that has cells, where the first of all is blank."""
    for column in profile.columns:
        place = at.get(column.name)
        if place is None or column.field in ("ignore", "") or grid.columns[place].empty:
            continue
        if column.of and decided.get(at.get(column.of, -1), "ignore") == "ignore":
            continue
        holders = [i for i, f in decided.items() if f == column.field]
        if holders and all(grid.columns[i].empty for i in holders):
            for i in holders:
                decided[i] = "ignore"
            decided[place] = column.field


def _matched(profile: Profile, grid: Grid) -> tuple[dict[str, int], dict[int, str]]:
    """Which column of the table each of the profile's is: by heading, cells, and what is to its left.

    Then the columns beyond those that are not read either: several may have such a heading.
    """
    options: dict[int, list[ProfileColumn]] = {}
    for i, column in enumerate(grid.columns):
        keys = set(keys_of(column.heading)) if column.heading else set()
        could = [c for c in profile.columns if c.keys & keys and can_be(column, c)]
        if could:
            options[i] = could
    at: dict[str, int] = {}
    unread: dict[int, str] = {}
    for i in sorted(options, key=lambda i: (len(options[i]) > 1, grid.columns[i].empty, i)):
        free = [c for c in options[i] if c.name not in at]
        if free:
            at[min(free, key=lambda c: _distance(c, at, i)).name] = i
        elif left := [c.field for c in options[i] if c.field in ("ignore", "personal")]:
            unread[i] = left[0]
    return at, unread


def _distance(column: ProfileColumn, at: Mapping[str, int], place: int) -> int:
    """How far to the right of its anchor a column stands; one without an anchor there is far."""
    if not column.after:
        return 10_000
    anchor = at.get(column.after)
    return place - anchor if anchor is not None and anchor < place else 20_000


def can_be(column: Column, wanted: ProfileColumn) -> bool:
    """Whether the cells of a column are what the profile's column holds; blank ones may be anything."""
    if column.empty:
        return True
    shares = column.shares
    if wanted.kind == "clock" and shares["clock"] <= 0.5 and shares["number"] <= 0.5:
        return False
    if wanted.kind == "date" and shares["clock"] > 0.5:
        return False
    if wanted.kind == "number" and shares["number"] <= 0.5:
        return False
    if wanted.kind == "text" and shares["date"] > 0.5 and shares["number"] < 0.5:
        return False
    if wanted.pattern:
        texts = [t for t in column.as_text().unique().to_pylist() if t]
        hits = sum(re.fullmatch(wanted.pattern, t.strip()) is not None for t in texts)
        if hits < _PATTERN_SHARE * len(texts):
            return False
    free = wanted.field in _TOLD_BY_HEADING
    return free or wanted.field.startswith("names.") or fits(column, wanted.field, Level.EXACT)


def is_known_list(grid: Grid, desk: Desk) -> bool:
    """Whether a table is the list of a known system: then it has its shape already."""
    context = desk.context
    return (
        recognise(grid, with_own(tuple(context.profiles)), desk.memory, context.dataset) is not None
    )


def known_list(grid: Grid, desk: Desk) -> tuple[Grid, Known | None]:
    """The table as the list of a known system, its durations in their own units; else as it is."""
    context = desk.context
    known = recognise(grid, with_own(tuple(context.profiles)), desk.memory, context.dataset)
    if known is None:
        return grid, None
    return prepared(grid, known, desk), known


def prepared(grid: Grid, known: Known, desk: Desk) -> Grid:
    """The table with durations in the units its own columns give; conventions handed to the desk."""
    profile = known.profile
    desk.given = dict(profile.conventions)
    columns = list(grid.columns)
    for wanted in profile.columns:
        place = known.at.get(wanted.name)
        if place is None or wanted.field not in DURATIONS or known.decided.get(place) == "ignore":
            continue
        column = columns[place]
        beside = known.at.get(wanted.unit_from) if wanted.unit_from else None
        if beside is not None and not columns[beside].empty:
            columns[place] = timed(column, columns[beside])
            desk.given[f"unit:{column.named.key}"] = "min"
        elif wanted.unit:
            desk.given[f"unit:{column.named.key}"] = wanted.unit
        elif wanted.likely_unit:
            desk.likely[f"unit:{column.named.key}"] = wanted.likely_unit
    return grid.with_columns(columns)


def say_recognised(grid: Grid, known: Known, desk: Desk) -> None:
    """What the table was recognised as, and which columns would say more."""
    profile = known.profile
    desk.decided[TOPIC] = profile.id
    desk.note(
        grid.sheet,
        said(
            "Recognised as {title}: {says}.", title=spoken(profile.title), says=spoken(profile.says)
        ),
    )
    for want in known.missing(profile.wants):
        desk.note(
            grid.sheet,
            said("Recognised as {title}; one column would tell more.", title=spoken(profile.title)),
            expected=said("the column {name}", name=_shown(profile, want)),
            advice=spoken(want.advice),
        )


def lacking(grid: Grid, known: Known, desk: Desk) -> str | None:
    """Say what the table was recognised as; why nothing can be read from it, where that is so."""
    needs = known.missing(known.profile.needs)
    say_recognised(grid, known, desk)
    if not needs:
        return None
    title = spoken(known.profile.title)
    for need in needs:
        advice = [spoken(text) for text in (need.advice, known.profile.ask_it) if text]
        desk.note(
            grid.sheet,
            said("Recognised as {title}, but a column is missing.", title=title),
            severity=Severity.REJECTED,
            expected=said("the column {name}", name=_shown(known.profile, need)),
            advice=joined(*advice) if advice else "",
        )
    return said("{title} lacks what figures are made of", title=title)


def _shown(profile: Profile, need: Need) -> str:
    return " / ".join(profile.column(n).name.replace("_", " ") for n in need.columns)


def decided_by(
    known: Known, grid: Grid, remembered: Mapping[str, str], told: Told, desk: Desk
) -> dict[int, str]:
    """Field per column: what a person named, then what is remembered, then what the profile says.

    Of a heading that stands there more than once the memory knows one field only: the profile
    tells its columns apart. ``told`` learns why.
    """
    keys = [c.named.key for c in grid.columns]
    out = dict(told.fixed)
    taken = set(out.values()) | {f for k, f in remembered.items() if k in keys}
    decided = _chosen(known, grid, desk)
    for place, name in decided.items():
        twins = [decided.get(i) for i, k in enumerate(keys) if k == keys[place]]
        is_twin = len(twins) > 1 and remembered.get(keys[place]) in twins
        if place in told.fixed or (keys[place] in remembered and not is_twin):
            continue
        if name in taken and name != "ignore" and not is_twin:
            continue
        out[place] = name
        told.because.setdefault(place, said("as {title} has it", title=spoken(known.profile.title)))
    return out


def _chosen(known: Known, grid: Grid, desk: Desk) -> dict[int, str]:
    """The profile's decisions, with one column chosen where two may give the same field."""
    decided = dict(known.decided)
    for wanted in known.profile.columns:
        place = known.at.get(wanted.name)
        if wanted.choose and place is not None and decided.get(place) != "ignore":
            decided[place] = _choice(grid.columns[place], wanted, grid, desk)
    for name in dict.fromkeys(known.open.values()):
        first = next(i for i, f in decided.items() if f == name)
        places = [first, *(i for i, f in known.open.items() if f == name)]
        columns = {grid.columns[i].heading: i for i in places}
        if all(_equal(grid.columns[first], grid.columns[i]) for i in places):
            answer = grid.columns[first].heading
        else:
            answer = desk.ask(
                "field",
                grid.sheet,
                f"which:{name}",
                said("Which of these dates is the one that was promised?"),
                [
                    (h, said("for example {cells}", cells=", ".join(grid.columns[i].examples())))
                    for h, i in columns.items()
                ],
                heading=grid.columns[first].heading,
                samples=grid.columns[first].examples(),
            )
        decided |= dict.fromkeys(places, "ignore") | {columns[answer]: name}
    return decided


def _choice(column: Column, wanted: ProfileColumn, grid: Grid, desk: Desk) -> str:
    """What a column counts where the system leaves that to the plant; nothing in it, nothing asked."""
    values = column.as_numbers().values
    if not bool((np.nan_to_num(values) != 0).any()):
        return wanted.field
    return desk.ask(
        "field",
        grid.sheet,
        f"field:{column.named.key}",
        said("What does {heading} count?", heading=repr(column.heading)),
        [(name, spoken(because)) for name, because in wanted.choose],
        heading=column.heading,
        samples=column.examples(),
    )


def _equal(one: Column, other: Column) -> bool:
    a, b = one.as_moments("dmy").values, other.as_moments("dmy").values
    return bool(((a == b) | (np.isnat(a) & np.isnat(b))).all())
