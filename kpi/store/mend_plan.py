"""What committing a mend would do: the entry it would become, and what must be asked first."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

import pyarrow as pa

from kpi.datasets import DATASETS
from kpi.errors import UsageError
from kpi.model import Candidate, Question
from kpi.store.drafts import Draft, SharedOrders, question_id
from kpi.store.inforce import holdings
from kpi.store.ledger import live_uploads
from kpi.store.mends import chain
from kpi.store.model import UPLOAD, Entry, Incoming, UploadPart
from kpi.store.ownership import with_ownership
from kpi.store.regions import grounds_of, meet
from kpi.store.rows import dataset_of, days_outside
from kpi.texts import said

_NEVER: Final = datetime(1, 1, 1, tzinfo=UTC)


def draft_of_mend(
    incoming: Incoming,
    parts: Sequence[UploadPart],
    entries: Sequence[Entry],
    answers: Mapping[str, str],
    shared_orders: SharedOrders,
) -> Draft:
    """The entry a mend would become at the next position, with the questions it raises.

    Raises
    ------
    UsageError
        What it mends is not in force, or was mended by another file since this one was read.
    """
    standing = _standing(incoming, entries)
    position = len(entries) + 1
    entry = Entry(
        position=position,
        kind=UPLOAD,
        upload=f"U{position:06d}",
        who="",
        when=_NEVER,
        feed=standing.feed,
        file=incoming.file,
        sha256=incoming.sha256,
        rows_hash=incoming.rows_hash,
        mode=standing.mode,
        parts=tuple(
            _placed(part, rows.table, standing)
            for part, rows in zip(parts, incoming.parts, strict=True)
        ),
        answers=dict(answers),
        mends=standing.upload,
    )
    same = _same_as(entry, standing, entries)
    if same:
        return Draft(entry, False, same_as=same)
    found = Draft(entry, False, meets_loaded=True)
    question = _outside_question(entry, standing, entries)
    if question is not None:
        answer = answers.get(question.id)
        if answer == "cancel":
            return replace(found, cancelled=True)
        if answer != "add":
            found = replace(found, questions=(question,))
    return _with_new_owners(found, incoming, entries, answers, shared_orders)


def _standing(incoming: Incoming, entries: Sequence[Entry]) -> Entry:
    """The upload a mend sets right, as it counts now."""
    live = live_uploads(entries)
    found = next((e for e in live if e.upload == incoming.mends), None)
    if found is not None:
        return found
    newer = next((e for e in live if e.mends == incoming.mends), None)
    if newer is not None:
        raise UsageError(
            said(
                "{file} was read before another file mended the same rows (upload {upload}). "
                "Nothing was stored; upload it again.",
                file=incoming.file,
                upload=newer.upload,
            )
        )
    raise UsageError(
        said(
            "{file} mends a file that is not in force. Nothing was stored; put that file in force "
            "first, then upload this one again.",
            file=incoming.file,
        )
    )


def _same_as(entry: Entry, standing: Entry, entries: Sequence[Entry]) -> str | None:
    """An upload in force that this mend would only repeat."""
    uploads = {e.upload: e for e in entries if e.kind == UPLOAD}
    steps = chain(uploads[standing.upload], uploads)
    by_bytes = next((e.upload for e in steps if e.sha256 == entry.sha256), None)
    if by_bytes is not None:
        return by_bytes
    latest = uploads[standing.upload]
    same_rows = bool(entry.rows_hash) and entry.rows_hash == latest.rows_hash
    return latest.upload if same_rows else None


def _placed(part: UploadPart, table: pa.Table, standing: Entry) -> UploadPart:
    """The part where the upload it mends stands: its coverage and dates, and what lies beyond."""
    theirs = next((p for p in standing.parts if p.dataset == part.dataset), None)
    coverage = theirs.coverage if theirs else ()
    dataset = dataset_of(part.dataset)
    return replace(
        part,
        coverage=coverage,
        data_date=theirs.data_date if theirs else standing.data_date,
        rank_date=theirs.rank_date if theirs else standing.data_date,
        beyond=days_outside(dataset, table, coverage) if dataset.date else (),
    )


def _outside_question(entry: Entry, standing: Entry, entries: Sequence[Entry]) -> Question | None:
    """Asked where mended rows lie on days that another file of the feed covers."""
    for part in entry.parts:
        if not part.beyond:
            continue
        for other in holdings(entries, part.dataset):
            if other.entry.feed != entry.feed or other.upload == standing.upload:
                continue
            if meet(other.grounds, grounds_of(part.beyond)):
                return Question(
                    id=question_id(entry.sha256, "mend"),
                    sheet="",
                    heading=None,
                    ask=said(
                        "Mended rows of {title} are dated {first} to {last}, where {mended} had "
                        "none and {other} is in force. Shall they count beside it?",
                        title=DATASETS[part.dataset].title.lower(),
                        first=min(c.first for c in part.beyond),
                        last=max(c.last for c in part.beyond),
                        mended=standing.file,
                        other=other.entry.file,
                    ),
                    candidates=(
                        Candidate("add", said("Both count: that file does not have these rows.")),
                        Candidate("cancel", said("Nothing is stored.")),
                    ),
                    kind="coverage",
                )
    return None


def _with_new_owners(
    found: Draft,
    incoming: Incoming,
    entries: Sequence[Entry],
    answers: Mapping[str, str],
    shared_orders: SharedOrders,
) -> Draft:
    """Other feeds on the ground of mended rows: asked as for any upload, but only where it is new."""
    entry = found.entry
    outside = tuple(replace(p, coverage=p.beyond) for p in entry.parts)
    asked = with_ownership(
        replace(found, entry=replace(entry, parts=outside)),
        incoming,
        entries,
        answers,
        shared_orders,
    )
    known = {rule for e in live_uploads(entries) for rule in e.ownership}
    fresh = tuple(rule for rule in asked.entry.ownership if rule not in known)
    return replace(asked, entry=replace(entry, ownership=fresh), meets_loaded=True)
