"""Mends: an upload whose rejected rows were set right counts with them, in its own place.

A mend's tables are the whole content of the upload as it reads with the mended rows, so that whatever
ties rows together (totals, quantities that repeat, ids) was judged over all of them. Its rank, its
coverage, what it hides and what hides it stay those of the upload it mends.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from kpi.store.model import UPLOAD, Entry, UploadPart


def folded(entries: Sequence[Entry], live: Sequence[Entry]) -> list[Entry]:
    """The uploads ``live`` without mends; a mended one with the id and tables of its latest mend.

    ``entries`` is the whole ledger. A mend counts while every mend it stands on does, and while the
    upload it mends does: that one, or the same file read as the same rows, put in force again.
    """
    mends = [e for e in live if e.mends]
    if not mends:
        return list(live)
    uploads = {e.upload: e for e in entries if e.kind == UPLOAD}
    parents = {_content(e): e for e in live if not e.mends}
    heads: dict[str, Entry] = {}
    now: dict[str, str] = {}
    for mend in mends:
        parent = parents.get(_content(original(mend, uploads)))
        if parent is not None and _stands(mend, uploads):
            heads[parent.upload] = mend
    for mend in mends:
        parent = parents.get(_content(original(mend, uploads)))
        if parent is not None and parent.upload in heads:
            now[parent.upload] = now[mend.upload] = heads[parent.upload].upload
    return [
        _renamed(_mended(e, heads[e.upload]) if e.upload in heads else e, now)
        for e in live
        if not e.mends
    ]


@dataclass(frozen=True, slots=True)
class Standing:
    """An upload with the mends it stands on: ``upload`` as it was delivered, mends oldest first."""

    upload: Entry
    mends: tuple[Entry, ...] = ()

    @property
    def latest(self) -> str:
        """The id it counts under: what a further mend is made upon."""
        return self.mends[-1].upload if self.mends else self.upload.upload


def standing_by_hash(
    entries: Sequence[Entry], live: Sequence[Entry], begins: str
) -> Standing | None:
    """The upload in force (``live``, mends folded in) of the file whose hash begins like that."""
    uploads = {e.upload: e for e in entries if e.kind == UPLOAD}
    for entry in reversed(live):
        if entry.sha256.startswith(begins):
            steps = chain(uploads[entry.upload], uploads)
            return Standing(uploads[entry.mends or entry.upload], tuple(steps))
    return None


def standing_of(entries: Sequence[Entry], live: Sequence[Entry], upload: Entry) -> Standing:
    """An upload with its mends: those in force, or (of a mend named itself) those it stands on."""
    uploads = {e.upload: e for e in entries if e.kind == UPLOAD}
    if upload.mends:
        return Standing(original(upload, uploads), tuple(chain(upload, uploads)))
    latest = next((e.upload for e in live if e.mends == upload.upload), upload.upload)
    return Standing(upload, tuple(chain(uploads[latest], uploads)))


def counting(entries: Sequence[Entry], live: Sequence[Entry]) -> dict[str, tuple[str, ...]]:
    """By upload in force that was mended, the mends it counts with, oldest first."""
    uploads = {e.upload: e for e in entries if e.kind == UPLOAD}
    return {
        e.mends: tuple(step.upload for step in chain(uploads[e.upload], uploads))
        for e in live
        if e.mends
    }


def original(entry: Entry, uploads: Mapping[str, Entry]) -> Entry:
    """The upload at the bottom of a chain of mends; an upload that mends nothing is its own."""
    while entry.mends:
        entry = uploads[entry.mends]
    return entry


def chain(entry: Entry, uploads: Mapping[str, Entry]) -> list[Entry]:
    """The mends an upload stands on and itself, oldest first; empty where it mends nothing."""
    found: list[Entry] = []
    while entry.mends:
        found.append(entry)
        entry = uploads[entry.mends]
    return found[::-1]


def _stands(mend: Entry, uploads: Mapping[str, Entry]) -> bool:
    return all(e.withdrawn is None for e in chain(mend, uploads))


def _content(entry: Entry) -> tuple[str, str, str]:
    return entry.sha256, entry.rows_hash, entry.feed


def _mended(parent: Entry, mend: Entry) -> Entry:
    theirs = {part.dataset: part for part in parent.parts}
    parts = tuple(_in_place(part, theirs.get(part.dataset)) for part in mend.parts)
    return replace(
        parent,
        upload=mend.upload,
        parts=parts,
        ownership=parent.ownership + mend.ownership,
        mends=parent.upload,
    )


def _in_place(part: UploadPart, theirs: UploadPart | None) -> UploadPart:
    if theirs is None:
        return part
    return replace(
        part, coverage=theirs.coverage, data_date=theirs.data_date, rank_date=theirs.rank_date
    )


def _renamed(entry: Entry, now: Mapping[str, str]) -> Entry:
    """The entry naming other uploads by the ids they count under."""
    if not (set(entry.beside) | {u for p in entry.parts for u in p.meets}) & now.keys():
        return entry
    parts = tuple(replace(p, meets=_each(p.meets, now)) for p in entry.parts)
    return replace(entry, beside=_each(entry.beside, now), parts=parts)


def _each(uploads: Sequence[str], now: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(now.get(upload, upload) for upload in uploads))
