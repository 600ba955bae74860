"""A backup made while the product runs: the ledger at one moment, and every file that it names.

Only the ledger ever changes; it is copied as one moment has it, and the files it names at that
moment never change. The archive is written aside, made durable, read again, and only then named.
"""

import sqlite3
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from kpi.errors import KpiError, StoreError, UsageError
from kpi.scratch import PrivateFolder, sweep
from kpi.store.archive import (
    CHOSEN,
    DAMAGE,
    LEDGER,
    MANIFEST,
    Listed,
    Manifest,
    copied,
    is_known,
    manifest_at,
    manifest_of,
    opened,
)
from kpi.store.chains import Chains
from kpi.store.database import Database, sentence_for, sqlite_url
from kpi.store.files import Files, sync
from kpi.store.kept import KEPT
from kpi.store.kept import named as kept_by
from kpi.store.ledger import Ledger
from kpi.store.model import UPLOAD, Entry
from kpi.store.records import Records

NAME: Final = "clause-nine-backup-{when:%Y-%m-%d-%H%M%S}{more}.zip"
ENDING: Final = ".zip"

TRIES: Final = 3
"""How often a backup is begun again because a purge removed files under it."""

ANY_SIZE: Final = 1 << 62


@dataclass(frozen=True, slots=True)
class Backup:
    """One archive as it was made: where it is, how large, and what it holds."""

    path: Path
    bytes: int
    manifest: Manifest


@dataclass(frozen=True, slots=True)
class _Source:
    """A file that goes into an archive: its name there, where it is, the hash the ledger states."""

    name: str
    path: Path
    sha256: str | None = None


class _Purged(Exception):  # noqa: N818  # no error: the way round again
    """A file went while it was to be copied, because its upload was purged."""


def back_up(database: Database, files: Files, to: Path, *, who: str, when: datetime) -> Backup:
    """Make a backup: a new archive in the folder ``to``, or the file ``to`` where it ends in .zip.

    Raises
    ------
    UsageError
        The file is there already, or the place lies inside the home.
    StoreError
        The home is damaged (the sentence names the file), or the place cannot be written to.
    """
    folder, name = _place(files.home, to, when)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        sweep(folder)
        aside = PrivateFolder(folder)
    except OSError as error:
        raise StoreError(_cannot(folder, error)) from error
    try:
        for left in reversed(range(TRIES)):
            try:
                manifest = _write(database, files, aside.path / name, who=who, when=when)
                break
            except _Purged as error:
                if not left:
                    raise StoreError(
                        "Uploads were purged while the backup was made. Make it again."
                    ) from error
        _verify(aside.path / name)
        final = _free(folder / name, exact=to.suffix == ENDING)
        (aside.path / name).rename(final)
        sync(folder)
    except (OSError, sqlite3.Error) as error:
        raise StoreError(_cannot(folder, error)) from error
    finally:
        aside.close()
    return Backup(final, final.stat().st_size, manifest)


def _place(home: Path, to: Path, when: datetime) -> tuple[Path, str]:
    to = to.expanduser().absolute()
    name = NAME.format(when=when.astimezone(UTC), more="")
    folder, name = (to.parent, to.name) if to.suffix == ENDING else (to, name)
    if folder.resolve().is_relative_to(home.resolve()):
        raise UsageError(
            f"{folder} lies inside the home that is backed up. Choose another place, best on "
            "another disk."
        )
    if to.suffix == ENDING and to.exists():
        raise UsageError(f"{to} is there already. Nothing was written; choose another name.")
    return folder, name


def _free(path: Path, *, exact: bool) -> Path:
    number = 2
    free = path
    while free.exists():
        if exact:
            raise UsageError(f"{path} is there already. Nothing was written; choose another name.")
        free = path.with_name(f"{path.stem}-{number}{ENDING}")
        number += 1
    return free


def _write(database: Database, files: Files, path: Path, *, who: str, when: datetime) -> Manifest:
    """Write the archive and make it durable."""
    copy = path.with_name(LEDGER)
    copy.unlink(missing_ok=True)
    database.copy_to(copy)
    with closing(_Copy(copy, files.home)) as ledger, path.open("wb") as out:
        path.chmod(0o600)
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
            sources = (_Source(LEDGER, copy), *_sources(ledger.entries, ledger.kept, files))
            listed = [_add(archive, source, database, files) for source in sources]
            manifest = Manifest(
                made=when.astimezone(UTC).isoformat(),
                by=who,
                schema=ledger.schema,
                position=ledger.ends.position,
                ledger_head=ledger.ends.ledger,
                records=ledger.ends.number,
                records_head=ledger.ends.records,
                files=tuple(listed),
            )
            archive.writestr(MANIFEST, manifest.text())
    sync(path)
    copy.unlink()
    return manifest


class _Copy:
    """The copied ledger: whole, its chains verified, and what it names."""

    def __init__(self, path: Path, home: Path) -> None:
        self._database = Database(sqlite_url(path, mode="ro&immutable=1"), where=str(home))
        ledger, records = Ledger(self._database), Records(self._database)
        for what, links in (("Ledger position", ledger), ("Record number", records)):
            at = links.broken_at()
            if at is not None:
                raise StoreError(
                    f"{what} {at} does not fit its hash, so that no backup was made: it would take "
                    "the place of good ones. Run `python -m kpi doctor`."
                )
        self.entries = ledger.entries()
        self.kept = kept_by(records.every())
        self.schema = self._database.schema() or ""
        self.ends = Chains(self._database).ends()

    def close(self) -> None:
        """Let go of the file."""
        self._database.close()


def _sources(entries: list[Entry], kept: Iterable[str], files: Files) -> Iterator[_Source]:
    uploads = [e for e in entries if e.kind == UPLOAD and e.purged is None]
    for sha256 in dict.fromkeys(e.sha256 for e in uploads):
        yield _Source(f"uploads/{sha256}", files.bytes_path(sha256), sha256)
    for entry in uploads:
        for part in entry.parts:
            path = files.facts_path(part.dataset, entry.upload)
            yield _Source(f"facts/{part.dataset}/{path.name}", path, part.checksum)
    for sha256 in kept:
        # One that is gone stops no backup: nothing brings it back but an older one; doctor tells it.
        if (path := files.kept_path(sha256)).exists():
            yield _Source(f"kept/{sha256}", path, sha256)
    for pattern in CHOSEN:
        for path in sorted(files.home.glob(pattern)):
            name = path.relative_to(files.home).as_posix()
            if path.is_file() and is_known(name):
                yield _Source(name, path)


def _add(archive: zipfile.ZipFile, source: _Source, database: Database, files: Files) -> Listed:
    info = zipfile.ZipInfo(source.name)
    info.external_attr = 0o100600 << 16
    packed = source.path.suffix == ".parquet"
    info.compress_type = zipfile.ZIP_STORED if packed else zipfile.ZIP_DEFLATED
    try:
        with source.path.open("rb") as file, archive.open(info, "w", force_zip64=True) as to:
            count, sha256 = copied(file, to, ANY_SIZE)
    except FileNotFoundError as error:
        if source.sha256 is not None and _was_purged(source, database, files):
            raise _Purged from error
        raise StoreError(_damaged(source.path)) from error
    if source.sha256 not in (None, sha256):
        raise StoreError(_damaged(source.path))
    return Listed(source.name, count, sha256)


def _was_purged(source: _Source, database: Database, files: Files) -> bool:
    now = _sources(Ledger(database).entries(), (), files)
    return all(source.name != other.name for other in now)


def _damaged(path: Path) -> str:
    out = "purge its upload"
    if path.parent.name == KEPT:
        out = "delete it: what it documents is on record, and doctor says that the document is lost"
    return (
        f"{path} is missing or altered, so that no backup was made: it would take the place of good "
        f"ones. Bring the file back from an earlier backup, or {out}."
    )


def _verify(path: Path) -> None:
    """Read a finished archive again, every byte of it."""
    with opened(path) as archive:
        manifest = manifest_of(archive, path.name)
        for file in manifest.files:
            if not _reads_as_listed(archive, file):
                raise StoreError(
                    f"The backup was not written as it should be ({file.path} reads otherwise). "
                    "It was removed; check the disk it was written to."
                )


def _reads_as_listed(archive: zipfile.ZipFile, file: Listed) -> bool:
    try:
        with archive.open(file.path) as source:
            return copied(source, None, file.bytes) == (file.bytes, file.sha256)
    except DAMAGE:
        return False


def forget_old(database: Database, folder: Path, *, keep: int, newest: Path) -> tuple[Path, ...]:
    """Remove the older backups of this home from a folder until ``keep`` are left; those removed.

    A file that is no backup, or one of another home, is left alone: a backup is of this home where
    both chains once ended as it says. The newest always stays. Order is that of the ledger, and that
    of clocks only where nothing came between.
    """
    chains = Chains(database)
    own: list[tuple[int, int, str, str, Path]] = []
    for path in folder.glob(f"*{ENDING}"):
        try:
            found = manifest_at(path)
        except KpiError:
            continue
        ends = chains.ends_at(found.position, found.records)
        theirs = (found.ledger_head, found.records_head)
        is_own = ends is not None and (ends.ledger, ends.records) == theirs and any(theirs)
        if is_own and path != newest:
            own.append((found.position, found.records, found.made, path.name, path))
    going = [path for *_, path in sorted(own)[: max(0, len(own) - (keep - 1))]]
    for path in going:
        path.unlink(missing_ok=True)
    return tuple(going)


def _cannot(folder: Path, error: Exception) -> str:
    reason = getattr(error, "strerror", None) or str(error)
    return sentence_for(reason, str(folder)).replace("Nothing was stored", "No backup was made")
