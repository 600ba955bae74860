"""Feeds as the ledger knows them: recognised, named, remembered."""

import re
from collections.abc import Sequence
from pathlib import PurePath
from typing import Final

from kpi.datasets import DATASETS, NAMES
from kpi.model import FeedMemory
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

    A feed named by the caller is taken as it is; else the one whose latest upload carried the same
    headings into the same datasets for the same plants; else a new name.
    """
    known = {e.feed: e for e in live_uploads(entries)}
    if incoming.feed:
        name = incoming.feed.strip()[:LONGEST_NAME]
        return name, name not in known
    signature = _signature(incoming)
    plants = set(plants_of(incoming))
    for name, entry in reversed(known.items()):
        same = {(p.dataset, p.signature) for p in entry.parts} == signature
        if same and any(p.signature for p in entry.parts):
            theirs = {plant for part in entry.parts for plant in part.plants}
            if theirs & plants or not (theirs and plants):
                return name, False
    return _new_name(incoming, set(known)), True


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
    )


def _feed(name: str, uploads: Sequence[Entry], modes: dict[str, str]) -> Feed:
    latest = uploads[-1]
    plants = sorted({plant for e in uploads for p in e.parts for plant in p.plants} - {""})
    mapping: dict[str, str] = {}
    conventions: dict[str, str] = {}
    for part in latest.parts:
        mapping |= part.mapping
        conventions |= part.conventions
    signature = dict.fromkeys(heading for p in latest.parts for heading in p.signature)
    return Feed(
        name=name,
        datasets=tuple(dict.fromkeys(latest.datasets)),
        plant=plants[0] if len(plants) == 1 else None,
        mode=modes.get(name, SNAPSHOT),
        signature=tuple(signature),
        mapping=mapping,
        conventions=conventions,
        uploads=tuple(e.upload for e in uploads),
        data_date=max((e.data_date for e in uploads if e.data_date), default=None),
    )


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
