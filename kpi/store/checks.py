"""Is everything still as it was written? Chain, bytes and facts against their hashes."""

from collections.abc import Sequence

from kpi.errors import StoreError
from kpi.store.files import Files, sha256_of
from kpi.store.ledger import Ledger
from kpi.store.model import UPLOAD, Entry
from kpi.store.records import Records


def chain(ledger: Ledger, records: Records) -> int:
    """How many links of both chains hold; a ``StoreError`` names the first that does not."""
    for what, links in (("Ledger position", ledger), ("Record number", records)):
        at = links.broken_at()
        if at is not None:
            raise StoreError(
                f"{what} {at} does not fit its hash: it, or the one before it, was altered "
                "after it was written. Compare with the latest backup."
            )
    return ledger.position() + records.number()


def uploads(entries: Sequence[Entry], files: Files) -> int:
    """How many uploaded files are there with the bytes their hash names; the first not is told."""
    by_hash = {e.sha256: e for e in entries if e.kind == UPLOAD}
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
    for entry in (e for e in entries if e.kind == UPLOAD):
        for part in entry.parts:
            path = files.facts_path(part.dataset, entry.upload)
            if not path.exists() or sha256_of(path) != part.checksum:
                raise StoreError(
                    f"The {part.dataset} rows of {entry.file} (upload {entry.upload}) are missing "
                    "or altered. Restore them from the latest backup."
                )
            count += 1
    return count
