"""Is everything still as it was written? Chain, bytes and facts against their hashes."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from kpi.errors import StoreError
from kpi.store.database import Database
from kpi.store.files import Files, sha256_of
from kpi.store.ledger import Ledger
from kpi.store.model import UPLOAD, Entry
from kpi.store.purge import leftovers
from kpi.store.records import Records

GUARDED = ("ledger", "record")
"""Tables whose rows the database itself refuses to change."""

GUARDS: Final = 3
"""Triggers of a server that see to it: one for each table, and one that lets a purge empty a record."""


def chain(ledger: Ledger, records: Records) -> int:
    """How many links of both chains hold; a ``StoreError`` names the first that does not."""
    for what, links in (("Ledger position", ledger), ("Record number", records)):
        at = links.broken_at()
        if at is not None:
            raise StoreError(
                f"{what} {at} does not fit its hash: it, or the one before it, was altered "
                "after it was written. Compare with the latest backup."
            )
    ends(ledger, records)
    return ledger.position() + records.number()


def ends(ledger: Ledger, records: Records) -> None:
    """Whether both chains end where they ended last; a ``StoreError`` says which does not."""
    for what, links in (("Ledger position", ledger), ("Record number", records)):
        count = links.cut_off()
        if count is not None:
            raise StoreError(
                f"{what} {count} was there once and is missing now, or is another one: the end of "
                "the list was cut off after it was written. Compare with the latest backup."
            )


def uploads(entries: Sequence[Entry], files: Files) -> int:
    """How many uploaded files are there with the bytes their hash names; the first not is told."""
    by_hash = {e.sha256: e for e in entries if e.kind == UPLOAD and e.purged is None}
    for sha256, entry in by_hash.items():
        path = files.bytes_path(sha256)
        if not path.exists() or sha256_of(path) != sha256:
            raise StoreError(
                f"The bytes of {entry.file} (upload {entry.upload}) are missing or altered. "
                "Restore them from the latest backup."
            )
    return len(by_hash)


def facts(entries: Sequence[Entry], files: Files) -> int:
    """How many tables of facts are there as they were written; the first that is not is told."""
    count = 0
    for entry in (e for e in entries if e.kind == UPLOAD and e.purged is None):
        for part in entry.parts:
            if not is_whole(entry, part.dataset, files.facts_path(part.dataset, entry.upload)):
                raise StoreError(
                    f"The {part.dataset} rows of {entry.file} (upload {entry.upload}) are missing "
                    "or altered. Restore them from the latest backup."
                )
            count += 1
    return count


def is_whole(entry: Entry, dataset: str, path: Path) -> bool:
    """Whether a table of facts is there as it was written."""
    return path.exists() and sha256_of(path) == entry.part(dataset).checksum


def purged(entries: Sequence[Entry], files: Files) -> int:
    """How many uploads were purged and left nothing; the first that left something is told."""
    left = leftovers(entries, files)
    if left:
        raise StoreError(
            f"{left[0]} belongs to a purged upload and is still there. Open the home with write "
            "access once, and it is removed."
        )
    return sum(1 for e in entries if e.kind == UPLOAD and e.purged is not None)


def database(kept_by: Database) -> str:
    """What keeps ledger and records; a ``StoreError`` where a server guards them no longer."""
    found = kept_by.about()
    if kept_by.is_sqlite:
        return f"Ledger and records are in {kept_by.name}, a file of the home (SQLite {found['version']})."
    told = f"Ledger and records are in the database {kept_by.name} (PostgreSQL {found['version']})."
    if found["triggers"] < GUARDS:
        raise StoreError(
            f"{told} The triggers that keep {' and '.join(GUARDED)} append-only are missing or "
            "disabled: somebody took them away. Compare with a printed head and the latest backup."
        )
    return f"{told} It refuses to change or delete what was recorded."
