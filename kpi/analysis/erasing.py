"""An administrator's purge of a record: what it said goes for good, hash, reason and who did it stay.

Said with it: where the same words may stand elsewhere, which no purge of a record reaches.
"""

import json
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from typing import Any, Final
from xml.sax.saxutils import escape

from kpi.access import EVERY_PLANT, Permission
from kpi.analysis import registering, words
from kpi.analysis.home import Home
from kpi.analysis.keeping import last_backup
from kpi.errors import UnknownNameError, UsageError
from kpi.qms import register
from kpi.qms.kinds import BY_STEM, kind_of, kind_of_id
from kpi.qms.register import Kind
from kpi.qms.reviews import DECISION, REVIEW, ReviewStatus
from kpi.store import Store
from kpi.store.codec import canonical

SHORTEST_TITLE: Final = 6
"""Characters of a title that is looked for elsewhere: a shorter one stands in too much by chance."""

MOST_NAMED: Final = 10

DEEPEST: Final = 3
"""Archives within archives that are looked into: a document, in a pack, in what is kept."""

LARGEST_PART: Final = 64 * 1024 * 1024
"""Bytes of one part of a kept document that are looked through."""


@dataclass(frozen=True, slots=True)
class RecordPurged:
    """A record purged for good. ``number`` is that of the record of the purge.

    ``kept_in`` are kept documents that name it and stay as they are, ``named_in`` other records that
    do. ``erased``: no byte of it is left in the files of the database either.
    """

    id: str
    kind: str
    versions: int
    number: int
    hash: str
    erased: bool
    kept_in: tuple[str, ...]
    named_in: tuple[str, ...]
    says: tuple[str, ...]


def purge_record(home: Home, id: str, *, who: str, when: datetime, why: str) -> RecordPurged:
    """Delete what a record says, in every version; its hashes, who did it, when and why stay.

    Raises
    ------
    AccessDeniedError
        Only an administrator of every plant may.
    UnknownNameError
        There is no such record, or it was purged already.
    UsageError
        The reason is missing; it is a review that was held, or a decision taken in one; or decisions
        belong to it.
    StoreError
        It was altered after it was written, or the home cannot be written to.
    """
    home.access.require(Permission.ADMINISTER, [EVERY_PLANT])
    kind = kind_of_id(id)
    if kind is None:
        raise UnknownNameError("record", id, known=[f"{stem}-…" for stem in BY_STEM])
    registering.found(home, kind, id)
    titles = {entry.item.title for entry in register.versions(home.store, kind, id)}
    kept_in = _documents_naming(home, id, titles)
    named_in = _records_naming(home, id, titles)
    purge, erased = home.store.purge_record(
        kind.name, id, who=who, when=when, why=why,
        check=lambda: _refuse_signed(home.store, kind, id),
    )  # fmt: skip
    many = len(purge.value["versions"])
    says = (
        f"{id} is purged: what it said in {_counted(many, 'version')} is deleted for good. "
        f"Record {purge.number} keeps who, when, why and every hash, so that the trail still agrees.",
        *_elsewhere(home, kept_in, named_in, erased=erased),
    )
    return RecordPurged(
        id, kind.name, many, purge.number, purge.hash, erased, kept_in, named_in, says
    )


def _refuse_signed(store: Store, kind: Kind[Any], id: str) -> None:
    """Refuse to purge what a review was held or approved with: the signature is over its words.

    Raises
    ------
    UsageError
        It is such a review or such a decision, or a draft that decisions belong to.
    """
    if kind.name == DECISION.name:
        review = store.records.get(REVIEW.name, register.find(store, DECISION, id).item.review)
    elif kind.name == REVIEW.name:
        review = store.records.get(REVIEW.name, id)
    else:
        return
    if review is None:
        return
    status = register.read(REVIEW, review).item.status
    if status is not ReviewStatus.DRAFT:
        raise UsageError(
            f"{id} cannot be purged: {review.key} is {status}, and what it says and decided is kept "
            "with it as evidence, under hashes that an approval signs. Nothing changed. Purge the "
            "records its words came from, so that no later review repeats them, and give the role "
            "in its plants only to who must read it."
        )
    taken = [d.id for d in register.recorded(store, DECISION) if d.item.review == id]
    if taken:
        raise UsageError(
            f"{words.listed(taken)} {'belong' if len(taken) > 1 else 'belongs'} to {id}. Nothing "
            "changed; purge the decisions first."
        )


# --- where else it may stand ----------------------------------------------------------------------


def _elsewhere(
    home: Home, kept_in: tuple[str, ...], named_in: tuple[str, ...], *, erased: bool
) -> Iterator[str]:
    if not erased:
        yield (
            "Words of it may be in the free space or the log of the database still: somebody reads it "
            "just now, or there is no room to write it anew. They go when the home is next opened "
            "with write access while nobody reads; doctor tells until then."
        )
    elif home.store.on_server:
        yield (
            "The table on the server was written anew without it. The server's own log, its copies "
            "and its dumps may hold it still: that is for whoever runs the server."
        )
    if kept_in:
        yield (
            f"It stays in documents kept with reviews, which are evidence as they were rendered: "
            f"{_named(kept_in)}."
        )
    if named_in:
        yield (
            f"Its number or title also stands in {_named(named_in)}. Look there for the same words; "
            "what came from it is a record of its own."
        )
    if (backup := last_backup(home)) is not None:
        yield (
            f"Backups hold it still, the latest in {backup[1]}. Make a new one, and delete the older "
            "where the law demands it."
        )
    yield "Start the dashboard again, so that nothing of it stays in its memory."


def _counted(count: int, what: str) -> str:
    return f"{count} {what}{'s' * (count != 1)}"


def _named(found: tuple[str, ...]) -> str:
    more = len(found) - MOST_NAMED
    named = list(found[:MOST_NAMED])
    return words.listed([*named, f"{more} more"] if more > 0 else named)


def _needles(id: str, titles: set[str]) -> tuple[str, ...]:
    return (id, *sorted(title for title in titles if len(title) >= SHORTEST_TITLE))


def _records_naming(home: Home, id: str, titles: set[str]) -> tuple[str, ...]:
    """Other records any version of which says its number or its title, in the order they came."""
    needles = [canonical(one)[1:-1] for one in _needles(id, titles)]
    found = (
        record.key
        for record in home.store.records.every()
        if record.key != id
        if any(needle in canonical([record.value, record.why]) for needle in needles)
    )
    return tuple(dict.fromkeys(found))


def _documents_naming(home: Home, id: str, titles: set[str]) -> tuple[str, ...]:
    """Reviews whose kept documents say its number or title, each with the status they are of.

    Looked for where text can be read as such: what a review keeps as data or pages of XML. Its other
    documents of the same moment say the same.
    """
    needles = _as_written(_needles(id, titles))
    found = []
    for entry in registering.listed(home, kind_of(REVIEW.name)):
        for status in dict.fromkeys(file.at for file in entry.item.kept):
            files = [file for file in entry.item.kept if file.at is status]
            if any(_says(home.store.kept_bytes(file.sha256) or b"", needles) for file in files):
                found.append(f"{entry.id} as {status} ({_counted(len(files), 'document')})")
    return tuple(found)


def _as_written(needles: tuple[str, ...]) -> list[bytes]:
    """Words as they stand in a text, in JSON of both kinds and in XML."""
    written = {
        form
        for one in needles
        for form in (one, canonical(one)[1:-1], json.dumps(one)[1:-1], escape(one))
    }
    return [form.encode() for form in sorted(written)]


def _says(data: bytes, needles: list[bytes], depth: int = 0) -> bool:
    if any(needle in data for needle in needles):
        return True
    if depth == DEEPEST or not zipfile.is_zipfile(BytesIO(data)):
        return False
    with (
        suppress(zipfile.BadZipFile, zlib.error, EOFError),
        zipfile.ZipFile(BytesIO(data)) as archive,
    ):
        return any(
            _says(archive.read(part), needles, depth + 1)
            for part in archive.infolist()
            if part.file_size <= LARGEST_PART
        )
    return False
