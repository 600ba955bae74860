"""Documents kept as they were rendered, each under the SHA-256 of its bytes.

They are written before the record that names them: a crash in between leaves a file that no record
names and nobody reads. It is not swept, for the list of what is evidence would then decide on its own
what is evidence. A document never changes and never goes.
"""

import hashlib
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from kpi.errors import StoreError, UnknownNameError
from kpi.store.files import Files, sha256_of
from kpi.store.model import Record

KEPT: Final = "kept"
"""The field of a record's value that lists documents: each with ``name`` and ``sha256``."""

_KEPT_NAME: Final = re.compile(r"[0-9a-f]{64}")

WAY_OUT: Final = "Bring it back from a backup: the folder kept/ in the archive holds it."


def named(records: Iterable[Record]) -> dict[str, str]:
    """The documents that records name, in any version: what each is, by its hash."""
    found: dict[str, str] = {}
    for record in records:
        for one in _listed(record.value):
            found.setdefault(str(one["sha256"]), f"{one['name']} of {record.key}")
    return found


def _listed(value: Any) -> Iterable[dict[str, Any]]:
    """What a record's value lists; nothing where it was altered into something else."""
    files = value.get(KEPT) if isinstance(value, Mapping) else None
    files = files if isinstance(files, list) else []
    return (one for one in files if isinstance(one, dict) and "sha256" in one)


def keep(files: Files, data: bytes) -> str:
    """Keep a document's bytes, durably; returns the hash they are found under."""
    sha256 = hashlib.sha256(data).hexdigest()
    final = files.kept_path(sha256)
    if not is_kept(files, sha256):
        files.place(final, lambda aside: _write(aside, data))
    return sha256


def is_kept(files: Files, sha256: str) -> bool:
    """Whether a document's file is there, and holds what its hash says."""
    path = files.kept_path(sha256)
    return path.exists() and sha256_of(path) == sha256


def whole(files: Files, sha256: str) -> bytes | None:
    """The bytes of a document; ``None`` where they are not there, or not what the hash says."""
    try:
        data = files.kept_path(sha256).read_bytes()
    except OSError:
        return None
    return data if hashlib.sha256(data).hexdigest() == sha256 else None


def _write(path: Path, data: bytes) -> None:
    path.write_bytes(data)


def read(files: Files, sha256: str, what: str) -> bytes:
    """The bytes of a document, proven by their hash. ``what`` names it in the sentence.

    Raises
    ------
    StoreError
        It is missing, or is not what was kept.
    """
    try:
        data = files.kept_path(sha256).read_bytes()
    except FileNotFoundError as error:
        raise StoreError(
            f"{what} was kept, and its file is missing from the home's folder kept. {WAY_OUT}"
        ) from error
    except OSError as error:
        raise StoreError(f"{what} was kept, and its file cannot be read: {error}.") from error
    if hashlib.sha256(data).hexdigest() != sha256:
        raise StoreError(
            f"{what} is not handed out: the file in the home's folder kept was altered or damaged "
            f"after it was kept. {WAY_OUT}"
        )
    return data


def verify(records: Iterable[Record], files: Files) -> int:
    """How many documents are there as they were kept; the first that is not is told.

    Raises
    ------
    StoreError
        One is missing or altered; the sentence says which.
    """
    found = named(records)
    for sha256, what in found.items():
        path = files.kept_path(sha256)
        if not is_kept(files, sha256):
            raise StoreError(
                f"The kept document {what} is missing or altered ({path.name[:12]}…). {WAY_OUT}"
            )
    return len(found)


def loose(records: Iterable[Record], files: Files) -> int:
    """How many documents lie there that no record names."""
    found = named(records)
    return sum(_KEPT_NAME.fullmatch(p.name) is not None and p.name not in found
               for p in files.kept.glob("*"))  # fmt: skip


def refuse_unnamed(records: Iterable[Record], sha256: str) -> str:
    """What a document is that records name.

    Raises
    ------
    UnknownNameError
        No record that is seen names it.
    """
    found = named(records)
    if sha256 not in found:
        raise UnknownNameError("kept document", sha256, known=())
    return found[sha256]
