"""Deletion for the law: bytes and rows of an upload go for good; hash, reason and tombstone stay.

The ledger's entry comes first, the files go after it. A process that ends in between leaves files
of a purged upload behind: opening the home finishes what was begun, and doing it twice is harmless.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from kpi.errors import UnknownNameError, UsageError
from kpi.model import Candidate, Question
from kpi.store.drafts import Draft, question_id
from kpi.store.files import Files, sync
from kpi.store.mends import chain
from kpi.store.model import UPLOAD, Entry
from kpi.texts import said

ERASED: Final = "erased"
"""Kept beside the ledger: the position of the last purge whose files are all gone."""

AGAIN: Final = "again"


def purged_with(entries: Sequence[Entry], upload: str) -> list[str]:
    """The upload and every mend that stands on it, for a mend holds all rows of what it mends.

    Those purged already are left out.

    Raises
    ------
    UnknownNameError
        There is no such upload.
    UsageError
        It was purged already.
    """
    uploads = {e.upload: e for e in entries if e.kind == UPLOAD}
    if upload not in uploads:
        raise UnknownNameError("upload", upload, known=uploads)
    found = uploads[upload]
    if found.purged is not None:
        raise UsageError(
            f"Upload {upload} was purged already, at ledger position {found.purged}. "
            "Nothing changed."
        )
    standing = [
        e.upload for e in uploads.values() if any(s.mends == upload for s in chain(e, uploads))
    ]
    return [u for u in (upload, *standing) if uploads[u].purged is None]


def last_purge(entries: Sequence[Entry]) -> int:
    """The position of the latest purge; 0 where nothing was ever purged."""
    return max((e.purged for e in entries if e.purged is not None), default=0)


def leftovers(entries: Sequence[Entry], files: Files) -> list[Path]:
    """Files that only purged uploads name and that are still there."""
    gone = [e for e in entries if e.kind == UPLOAD and e.purged is not None]
    needed = {e.sha256 for e in entries if e.kind == UPLOAD and e.purged is None}
    named = [files.facts_path(part.dataset, e.upload) for e in gone for part in e.parts]
    named += [files.bytes_path(e.sha256) for e in gone if e.sha256 not in needed]
    return [path for path in dict.fromkeys(named) if path.exists()]


def erase_leftovers(entries: Sequence[Entry], files: Files) -> int:
    """Remove what purged uploads left; how many files."""
    going = leftovers(entries, files)
    for path in going:
        path.unlink(missing_ok=True)
    return len(going)


def erase(entries: Sequence[Entry], files: Files) -> int:
    """Remove what purged uploads left, and all roll-ups, which may add up their rows; how many files.

    Roll-ups are built again when they are next asked for.
    """
    going = [*leftovers(entries, files), *files.rollups.glob("*/*")]
    for path in going:
        path.unlink(missing_ok=True)
    for folder in {path.parent for path in going}:
        sync(folder)
    return len(going)


def shared_with(entries: Sequence[Entry], upload: str) -> tuple[str, ...]:
    """Uploads not purged that are of the same file: its bytes stay for them."""
    sha256 = next(e.sha256 for e in entries if e.kind == UPLOAD and e.upload == upload)
    return tuple(
        e.upload
        for e in entries
        if e.kind == UPLOAD and e.sha256 == sha256 and e.purged is None and e.upload != upload
    )


def with_purged_asked(found: Draft, entries: Sequence[Entry], answers: Mapping[str, str]) -> Draft:
    """Ask before a file is stored whose bytes or rows were purged once."""
    before = _purged_before(found.entry, entries)
    if before is None or found.same_as is not None or found.cancelled:
        return found
    question = _question(found.entry, before)
    answer = answers.get(question.id)
    if answer == "cancel":
        return replace(found, cancelled=True)
    if answer == AGAIN:
        return found
    return replace(found, questions=(question, *found.questions))


def _purged_before(entry: Entry, entries: Sequence[Entry]) -> Entry | None:
    """The latest purge of an upload of these bytes or rows."""
    same = [
        e.purged
        for e in entries
        if e.kind == UPLOAD and e.purged is not None
        if e.sha256 == entry.sha256 or (e.rows_hash and e.rows_hash == entry.rows_hash)
    ]
    return next((e for e in entries if same and e.position == max(same)), None)


def _question(entry: Entry, purge: Entry) -> Question:
    return Question(
        id=question_id(entry.sha256, "purged"),
        sheet="",
        heading=None,
        ask=said(
            "{file} was stored before and then purged on {day} by {who}, for this reason: {why} "
            "Shall it be stored again?",
            file=entry.file,
            day=purge.when.date(),
            who=purge.who,
            why=purge.why,
        ),
        candidates=(
            Candidate("cancel", said("Nothing is stored.")),
            Candidate(AGAIN, said("It is stored again, and counts.")),
        ),
        kind="purged",
    )
