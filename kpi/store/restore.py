"""A backup brought back: inspected, written aside, verified, and only then named as the home.

The archive is not believed: what it may hold is listed in ``kpi.store.archive``, no entry decides a
path, and no more bytes are written than its manifest states and the disk has room for.
"""

import os
import shutil
import sqlite3
import zipfile
from contextlib import closing
from pathlib import Path
from typing import Final

from kpi.errors import RefusedFileError, StoreError, UsageError
from kpi.scratch import PrivateFolder, sweep
from kpi.store import bound
from kpi.store.archive import DAMAGE, LEDGER, Listed, Manifest, copied, manifest_of, opened
from kpi.store.chains import Chains
from kpi.store.database import SCHEMA, Database, sentence_for, sqlite_url
from kpi.store.files import Files, sync
from kpi.store.kept import named as kept_by
from kpi.store.ledger import Ledger
from kpi.store.model import UPLOAD
from kpi.store.records import Records

SPARE_BYTES: Final = 16 << 20
"""Room left on the disk after restoring."""


def restore(path: Path, home: Path, *, url: str = "", password: str | None = None) -> Manifest:
    """Make the home that a backup was made of, where no home is yet; what the backup says of itself.

    The ledger goes into a file of the home, or into the empty PostgreSQL database at ``url``,
    whichever kept it before. Ended anywhere, it leaves either the whole home or none.

    Raises
    ------
    UsageError
        There is something at ``home`` already, or in the database.
    RefusedFileError
        The archive is no backup, was altered or cut short, or comes from a newer version.
    StoreError
        The place cannot be written to, or has too little room.
    """
    home = home.expanduser().absolute()
    _check_empty(home)
    database = Database(url, where=str(home), password=password) if url else None
    try:
        if database:
            bound.check_empty(database)
        return _restored(path, home, database)
    finally:
        if database:
            database.close()


def _restored(path: Path, home: Path, database: Database | None) -> Manifest:
    with opened(path) as archive:
        manifest = manifest_of(archive, path.name)
        _check_version(manifest, path.name)
        try:
            home.parent.mkdir(parents=True, exist_ok=True)
            sweep(home.parent)
            _check_room(manifest, home.parent)
            aside = PrivateFolder(home.parent)
        except OSError as error:
            raise StoreError(_cannot(home, error)) from error
        try:
            made = aside.path / "home"
            made.mkdir(mode=0o700)  # it holds everything the other home held
            for file in manifest.files:
                _extract(archive, file, made, path.name)
            _check_home(made, manifest, path.name)
            if database:
                bound.move_in(database, made)
            _make_durable(made)
            _name(made, home)
            if database:
                bound.bind(database, home, writable=True)
        except OSError as error:
            raise StoreError(_cannot(home, error)) from error
        finally:
            aside.close()
    return manifest


def _check_empty(home: Path) -> None:
    if home.is_dir() and not any(home.iterdir()):
        return
    if home.exists() or home.is_symlink():
        raise UsageError(
            f"{home} is not empty. A backup is restored into a new or empty folder only: name "
            "another one with --home, or move this one away first."
        )


def _check_version(manifest: Manifest, name: str) -> None:
    if manifest.schema > SCHEMA:
        raise RefusedFileError(
            f"{name} was made by a newer version of Clause Nine (schema {manifest.schema}; this one "
            f"knows {SCHEMA}). Install the newer version to restore it."
        )


def _check_room(manifest: Manifest, folder: Path) -> None:
    needed = sum(file.bytes for file in manifest.files)
    free = shutil.disk_usage(folder).free
    if needed + SPARE_BYTES > free:
        raise StoreError(
            f"The backup unpacks to {needed / 1e6:,.0f} MB, and the disk of {folder} has "
            f"{free / 1e6:,.0f} MB left. Nothing was restored; free some space or choose another disk."
        )


def _extract(archive: zipfile.ZipFile, file: Listed, home: Path, name: str) -> None:
    """Write one file of the archive; its name is one that may be there, so that it stays in the home."""
    to = home / file.path
    to.parent.mkdir(parents=True, exist_ok=True)
    try:
        with archive.open(file.path) as source, to.open("xb") as out:
            got = copied(source, out, file.bytes)
            out.flush()
            os.fsync(out.fileno())
    except DAMAGE as error:
        raise RefusedFileError(_altered(name, file.path)) from error
    if got != (file.bytes, file.sha256):
        raise RefusedFileError(_altered(name, file.path))


def _check_home(home: Path, manifest: Manifest, name: str) -> None:
    """Hold what was written against the ledger in it: chains, ends, and every file it names."""
    database = Database(sqlite_url(home / LEDGER, mode="ro&immutable=1"), where=name)
    try:
        with closing(database):
            for links in (Ledger(database), Records(database)):
                if links.broken_at() is not None or links.cut_off() is not None:
                    raise RefusedFileError(_altered(name, LEDGER))
            ends = Chains(database).ends()
            stated = (manifest.position, manifest.ledger_head, manifest.records)
            if (ends.position, ends.ledger, ends.number) != stated or (
                ends.records != manifest.records_head or database.schema() != manifest.schema
            ):
                raise RefusedFileError(_altered(name, LEDGER))
            named = _named(Ledger(database), Files(home))
            kept = {f"kept/{sha256}": sha256 for sha256 in kept_by(Records(database).every())}
    except (StoreError, sqlite3.Error) as error:
        raise RefusedFileError(_altered(name, LEDGER)) from error
    states = {f.path: f.sha256 for f in manifest.files}
    there = {path: states[path] for path in states if path.startswith(("uploads/", "facts/"))}
    strange = {p: s for p, s in states.items() if p.startswith("kept/") and kept.get(p) != s}
    if strange:
        raise RefusedFileError(_altered(name, min(strange)))
    if named != there:
        wrong = min({*named.items()} ^ {*there.items()})[0]
        raise RefusedFileError(_altered(name, wrong))


def _named(ledger: Ledger, files: Files) -> dict[str, str]:
    """The files a ledger names, with the hash it states for each."""
    uploads = [e for e in ledger.entries() if e.kind == UPLOAD and e.purged is None]
    found = {f"uploads/{e.sha256}": e.sha256 for e in uploads}
    for entry in uploads:
        for part in entry.parts:
            path = files.facts_path(part.dataset, entry.upload).relative_to(files.home)
            found[path.as_posix()] = part.checksum
    return found


def _make_durable(home: Path) -> None:
    for folder, _, _ in os.walk(home):
        sync(Path(folder))


def _name(made: Path, home: Path) -> None:
    if home.exists():
        home.rmdir()
    made.rename(home)
    sync(home.parent)


def _altered(name: str, file: str) -> str:
    return (
        f"{name} was altered or damaged after it was made: {file} does not fit. Nothing was "
        "restored; choose another backup."
    )


def _cannot(home: Path, error: OSError) -> str:
    told = sentence_for(error.strerror or str(error), str(home.parent))
    return told.replace("Nothing was stored", "Nothing was restored")
