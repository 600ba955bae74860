"""Feeds as the ledger knows them: recognised, named, remembered."""

import re
from collections.abc import Sequence
from pathlib import PurePath
from typing import Final

from kpi.datasets import DATASETS, NAMES
from kpi.model import FeedMemory, TableLayout
from kpi.store.ledger import live_uploads
from kpi.store.model import SNAPSHOT, Entry, Feed, Incoming

LONGEST_NAME: Final = 120

_MONTHS: Final = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
    "januar",
    "februar",
    "märz",
    "maerz",
    "mai",
    "juni",
    "juli",
    "oktober",
    "dezember",
    "styczen",
    "luty",
    "marzec",
    "kwiecien",
    "maj",
    "czerwiec",
    "lipiec",
    "sierpien",
    "wrzesien",
    "pazdziernik",
    "listopad",
    "grudzien",
    "janvier",
    "fevrier",
    "février",
    "mars",
    "avril",
    "juin",
    "juillet",
    "aout",
    "août",
    "septembre",
    "octobre",
    "novembre",
    "decembre",
    "décembre",
    "enero",
    "febrero",
    "marzo",
    "abril",
    "mayo",
    "junio",
    "julio",
    "agosto",
    "septiembre",
    "octubre",
    "noviembre",
    "diciembre",
    "jan",
    "feb",
    "mar",
    "apr",
    "jun",
    "jul",
    "aug",
    "sep",
    "sept",
    "oct",
    "okt",
    "nov",
    "dec",
    "dez",
]

PERIOD_WORDS: Final = frozenset(_MONTHS)
"""Names of months, as they stand in names of files."""

_PERIOD: Final = re.compile(
    rf"(?i)(?<![^\W\d_])(?:{'|'.join(_MONTHS)})(?![^\W\d_])|\d+|\b[qwk]w?\d+\b"
)


def stem_pattern(file: str) -> str:
    """What stays of a file's name from month to month: the stem without dates and numbers.

    >>> stem_pattern("SCRAP_export_2026-10.xlsx")
    'scrap export'
    >>> stem_pattern("2026_10.csv")
    ''
    """
    stem = PurePath(file.replace("\\", "/")).stem
    words = re.split(r"[\W_]+", _PERIOD.sub(" ", stem.replace("_", " ")).lower())
    return " ".join(word for word in words if word)


def plants_of(incoming: Incoming) -> tuple[str, ...]:
    """Plants an incoming file speaks of, sorted."""
    named = {incoming.plant} if incoming.plant else set()
    for part in incoming.parts:
        named |= {c.plant for c in part.coverage}
        named |= set(part.table.column("plant").unique().to_pylist())
    return tuple(sorted(p for p in named if p))


def feed_of(incoming: Incoming, entries: Sequence[Entry]) -> tuple[str, bool]:
    """The feed a file goes to, and whether it is a new one.

    A feed named by the caller is taken as it is; else the one of which an upload carried the same
    headings into the same datasets for the same plants; else a new name.
    """
    live = live_uploads(entries)
    known = {e.feed for e in live}
    if incoming.feed:
        name = incoming.feed.strip()[:LONGEST_NAME]
        return name, name not in known
    signature = _signature(incoming)
    plants = set(plants_of(incoming))
    of_feed = {
        name: {plant for e in live if e.feed == name for p in e.parts for plant in p.plants}
        for name in known
    }
    for entry in reversed(live):
        same = {(p.dataset, p.signature) for p in entry.parts} == signature
        if same and any(p.signature for p in entry.parts):
            theirs = of_feed[entry.feed]
            if theirs & plants or not (theirs and plants):
                return entry.feed, False
    return _new_name(incoming, known), True


def feeds(entries: Sequence[Entry], modes: dict[str, str]) -> tuple[Feed, ...]:
    """Every feed with an upload not withdrawn, by name."""
    by_name: dict[str, list[Entry]] = {}
    for entry in live_uploads(entries):
        by_name.setdefault(entry.feed, []).append(entry)
    return tuple(_feed(name, by_name[name], modes) for name in sorted(by_name))


def memory_of(feed: Feed) -> FeedMemory:
    """What is remembered of a feed to read its next file without a question."""
    return FeedMemory(
        feed=feed.name,
        datasets=feed.datasets,
        plant=feed.plant,
        signature=feed.signature,
        mapping=feed.mapping,
        conventions=feed.conventions,
        layouts=feed.layouts,
        plants=feed.plants,
        lines=feed.lines,
    )


def memory_of_upload(entry: Entry) -> FeedMemory:
    """What one upload decided by itself, to read its file again as it was read."""
    return memory_of(_feed(entry.feed, [entry], {}))


def _feed(name: str, uploads: Sequence[Entry], modes: dict[str, str]) -> Feed:
    latest = uploads[-1]
    parts = [part for entry in uploads for part in entry.parts]
    plants = sorted({plant for part in parts for plant in part.plants} - {""})
    lines = sorted({n for part in parts for names in part.lines.values() for n in names} - {""})
    mapping: dict[str, str] = {}
    conventions: dict[str, str] = {}
    for part in parts:
        mapping |= part.mapping
        conventions |= part.conventions
    signature = dict.fromkeys(heading for p in latest.parts for heading in p.signature)
    return Feed(
        name=name,
        datasets=tuple(dict.fromkeys(p.dataset for p in (*latest.parts, *parts))),
        plant=plants[0] if len(plants) == 1 else None,
        mode=modes.get(name, SNAPSHOT),
        signature=tuple(signature),
        mapping=mapping,
        conventions=conventions,
        uploads=tuple(e.upload for e in uploads),
        data_date=max((e.data_date for e in uploads if e.data_date), default=None),
        layouts=_layouts(uploads),
        plants=tuple(plants),
        lines=tuple(lines),
    )


def _layouts(uploads: Sequence[Entry]) -> tuple[TableLayout, ...]:
    """The tables a feed ever had, the latest first; what one upload leaves open, an earlier tells."""
    found: dict[tuple[str, ...], TableLayout] = {}
    for entry in uploads:
        for layout in entry.layouts or _layouts_of_parts(entry):
            known = found.pop(layout.signature, layout)
            found[layout.signature] = TableLayout(
                layout.signature,
                tuple(dict.fromkeys((*layout.datasets, *known.datasets))),
                {**known.mapping, **layout.mapping},
                {**known.conventions, **layout.conventions},
            )
    return tuple(reversed(found.values()))


def _layouts_of_parts(entry: Entry) -> list[TableLayout]:
    """The tables of an upload that was entered before they were kept: by their headings."""
    found: dict[tuple[str, ...], TableLayout] = {}
    for part in (p for p in entry.parts if p.signature):
        known = found.get(part.signature, TableLayout(part.signature))
        found[part.signature] = TableLayout(
            part.signature,
            (*known.datasets, part.dataset),
            {**known.mapping, **part.mapping},
            {**known.conventions, **part.conventions},
        )
    return list(found.values())


def _signature(incoming: Incoming) -> set[tuple[str, tuple[str, ...]]]:
    return {(part.dataset, part.signature) for part in incoming.parts}


def _new_name(incoming: Incoming, taken: set[str]) -> str:
    carried = dict.fromkeys(part.dataset for part in incoming.parts)
    titles = [DATASETS[d].title for d in carried if d != NAMES.id or len(carried) == 1]
    what = ", ".join([titles[0], *(t.lower() for t in titles[1:])]) if titles else "Data"
    plants = plants_of(incoming)
    where = plants[0] if len(plants) == 1 else f"{len(plants)} plants" if plants else ""
    name = f"{what}, {where}" if where else what
    pattern = stem_pattern(incoming.file)
    if pattern:
        name = f"{name} ({pattern})"
    name = name[:LONGEST_NAME]
    found, number = name, 2
    while found in taken:
        found, number = f"{name} {number}", number + 1
    return found
