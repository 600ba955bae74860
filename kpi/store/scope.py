"""What of ledger and records belongs to some plants: the rest is left out, or told without words.

An upload whose rows all belong to plants someone may see is told whole. One with rows of other plants,
too, is told as far as their own rows go: its file, its feed, who brought it and what was answered may
tell of the others. An upload without any row of theirs is not told at all.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Final

from kpi.datasets import NAMES
from kpi.model import Coverage
from kpi.store.model import UPLOAD, Entry, Record, UploadPart

OTHERS_FILE: Final = "a file with other plants' rows"
"""Stands for the name of a file that holds rows of plants one may not see, beside one's own."""

Plants = frozenset[str]


def plants_of(entry: Entry) -> Plants:
    """Plants an upload's rows or coverage name; the empty one where rows name none.

    Names of codes that name no plant are everybody's and add nothing.
    """
    return frozenset(
        plant for part in entry.parts for plant in part.plants if plant or part.dataset != NAMES.id
    )


class Sight:
    """Which uploads and feeds someone sees of a ledger, by their plants. Remembers what never changes."""

    def __init__(self, plants: Collection[str]) -> None:
        self.plants = frozenset(plants)
        self._of_upload: dict[str, Plants] = {}

    def of(self, entry: Entry) -> Plants:
        """The plants of an upload."""
        if entry.kind != UPLOAD:
            return frozenset()
        if entry.upload not in self._of_upload:
            self._of_upload[entry.upload] = plants_of(entry)
        return self._of_upload[entry.upload]

    def whole(self, entry: Entry) -> bool:
        """Whether all rows of an upload are of plants seen, and there is one."""
        plants = self.of(entry)
        return bool(plants) and plants <= self.plants

    def feeds(self, entries: Iterable[Entry]) -> frozenset[str]:
        """Feeds all of whose uploads, withdrawn ones included, are seen whole."""
        seen: dict[str, bool] = {}
        for entry in entries:
            if entry.kind == UPLOAD:
                seen[entry.feed] = seen.get(entry.feed, True) and self.whole(entry)
        return frozenset(feed for feed, whole in seen.items() if whole)

    def limited(self, entries: Sequence[Entry]) -> list[Entry]:
        """The ledger as far as it is seen; positions stay, so that there are gaps."""
        feeds = self.feeds(entries)
        hidden = frozenset(e.feed for e in entries) - feeds
        uploads = {e.upload: e for e in entries if e.kind == UPLOAD}
        found = []
        for entry in entries:
            upload = entry if entry.kind == UPLOAD else uploads.get(entry.upload)
            if upload is not None and self.of(upload) & self.plants:
                found.append(self.told(entry, feeds, hidden, whole=self.whole(upload)))
        return found

    def told(
        self, entry: Entry, feeds: Collection[str], hidden: Collection[str], *, whole: bool
    ) -> Entry:
        """An entry with what may be known of it; ``whole``: all its rows are of plants seen.

        ``feeds`` are those that are seen, ``hidden`` the others: answers may name one.
        """
        feed = entry.feed if entry.feed in feeds else ""
        names = {entry.feed, *entry.links, *entry.links.values(), *entry.answers.values()}
        names |= {name for rule in entry.ownership for name in (rule.feed, rule.other)}
        if whole and names.isdisjoint(hidden):
            return entry
        if whole:
            ownership = tuple(r for r in entry.ownership if {r.feed, r.other} <= {*feeds})
            links = {a: b for a, b in entry.links.items() if {a, b} <= {*feeds}}
            answers = {id: text for id, text in entry.answers.items() if text not in hidden}
            return replace(entry, feed=feed, ownership=ownership, links=links, answers=answers)
        return replace(
            entry, feed=feed, file=OTHERS_FILE, sha256="", rows_hash="", who="", why="",
            parts=tuple(p for part in entry.parts if (p := part_of(part, self.plants)) is not None),
            answers={}, ownership=(), links={}, layouts=(), hash="",
        )  # fmt: skip


def part_of(part: UploadPart, plants: Plants) -> UploadPart | None:
    """One dataset of an upload as far as its rows are of these plants; ``None`` where none is.

    How many rows were read and rejected is not known plant by plant, nor what a sum row said.
    """
    months = {plant: found for plant, found in part.months.items() if plant in plants}
    coverage = _of_plants(part.coverage, plants)
    if not months and not coverage:
        return None
    rows = sum(count for found in months.values() for count in found.values())
    return replace(
        part,
        rows_read=rows,
        rows_accepted=rows,
        rows_rejected=0,
        months=months,
        coverage=coverage,
        lines={plant: found for plant, found in part.lines.items() if plant in plants},
        mapping={},
        conventions={},
        signature=(),
        control_totals=(),
        beyond=_of_plants(part.beyond, plants),
        within=_of_plants(part.within, plants),
    )


def _of_plants(coverage: Iterable[Coverage], plants: Plants) -> tuple[Coverage, ...]:
    return tuple(c for c in coverage if c.plant in plants)


def is_seen(record: Record, plants: Collection[str]) -> bool:
    """Whether a record speaks of plants seen, and of no others.

    A record belongs to the plants its slice names. One that names none belongs to the whole company,
    and one without a slice (people, feeds, folders) to whoever keeps the home.
    """
    value: Mapping[str, object] = record.value
    chosen = value.get("slice")
    if not isinstance(chosen, list):
        return False
    named = {str(pair[1]) for pair in chosen if pair[0] == "plant"}
    return bool(named) and named <= set(plants)
