"""What is kept of a home and for how long: backup, restore, purge, retention. For administrators."""

import hashlib
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from dataclasses import replace as dc_replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from kpi.access import EVERY_PLANT, LOCAL, Access, Permission
from kpi.analysis.home import Home, open_home
from kpi.analysis.watching import watched_folders
from kpi.errors import StoreError, UsageError
from kpi.settings import Database, database_password, load_settings, save_settings
from kpi.store import Backup, Entry
from kpi.store import restore as _restore

BACKUP_RECORD: Final = "backup"
"""The kind of record by which a home knows its backups; the key is where one was put."""

RESTORE_RECORD: Final = "restore"

DAYS_A_YEAR: Final = 365.25

MOST_NAMED: Final = 10
"""Backups or copies named before the others are counted."""


@dataclass(frozen=True, slots=True)
class BackupMade:
    """A backup, the older ones it made superfluous, and all of it in words."""

    backup: Backup
    removed: tuple[Path, ...]
    says: str


@dataclass(frozen=True, slots=True)
class Restored:
    """A home brought back: at which ledger position, from what, and in words."""

    home: Home
    position: int
    says: str


@dataclass(frozen=True, slots=True)
class Purged:
    """Uploads deleted for good; ``says`` also tells where copies of them may still be."""

    uploads: tuple[str, ...]
    position: int
    says: tuple[str, ...]


def back_up(
    home: Home, to: Path, *, who: str, when: datetime, keep: int | None = None
) -> BackupMade:
    """Copy the home, as one moment has it, into a new archive; others go on working meanwhile.

    ``keep`` is how many backups of this home stay in the folder, the new one included.

    Raises
    ------
    AccessDeniedError
        Only an administrator of every plant may.
    UsageError
        The place is not fit; ``keep`` is below 1, or goes with a single file.
    StoreError
        The home is damaged, or the place cannot be written to.
    """
    home.access.require(Permission.ADMINISTER, [EVERY_PLANT])
    if keep is not None and (keep < 1 or to.suffix == ".zip"):
        raise UsageError(
            "--keep takes a number from 1, and a folder of backups. Name a folder, not a .zip file."
        )
    made = home.store.back_up(to, who=who, when=when)
    removed: tuple[Path, ...] = ()
    if keep is not None:
        folder = made.path.parent
        removed = home.store.forget_old_backups(folder, keep=keep, newest=made.path)
    if not home.store.read_only:
        told = {"position": made.manifest.position, "records": made.manifest.records}
        home.store.records.put(BACKUP_RECORD, str(made.path), told, who=who, when=when, why="")
    return BackupMade(made, removed, _backup_words(made, removed))


def _backup_words(made: Backup, removed: tuple[Path, ...]) -> str:
    found = made.manifest
    older = f" Older backups removed: {len(removed)}." if removed else ""
    return (
        f"Backup of ledger position {found.position} in {made.path} ({made.bytes / 1e6:,.1f} MB, "
        f"{len(found.files)} files, each verified). Head of the ledger: "
        f"{found.ledger_head or 'none yet'}; of the records: {found.records_head or 'none yet'}. "
        f"It holds everything the home holds: keep it where only administrators may read it.{older}"
    )


def restore(
    archive: Path, path: Path, *, who: str, when: datetime, access: Access = LOCAL
) -> Restored:
    """Bring a backup back into a new or empty folder; the home it makes records that it did.

    Its ledger goes where ``KPI_DATABASE__URL`` says, else into a file of the folder: a server that the
    backed-up settings name is the other home's, and is taken out of them.

    Raises
    ------
    AccessDeniedError
        Only an administrator of every plant may.
    UsageError
        The folder is not empty.
    RefusedFileError
        The archive is no backup, was altered, or is of a newer version.
    StoreError
        The folder cannot be written to.
    """
    access.require(Permission.ADMINISTER, [EVERY_PLANT])
    url = load_settings(path).database.url
    manifest = _restore(archive, path, url=url, password=database_password())
    _name_database(path, url)
    home = open_home(path)
    told = {"archive": archive.name, "made": manifest.made, "position": manifest.position}
    home.store.records.put(
        RESTORE_RECORD, f"position {manifest.position}", told, who=who, when=when, why=""
    )
    says = (
        f"The backup of {_moment(datetime.fromisoformat(manifest.made))}, made by {manifest.by}, is "
        f"restored in {path}{_ledger_words(home)}: ledger position {manifest.position}, {len(manifest.files)} files, every "
        "hash and both chains agree. What was done after that backup is not in it: upload those "
        "files again."
    )
    return Restored(home, manifest.position, says)


def _name_database(path: Path, url: str) -> None:
    """Let restored settings name no other database than the one that was restored into."""
    settings = load_settings(path, {})
    if settings.database.url and settings.database.url != url:
        save_settings(path, dc_replace(settings, database=Database(url)))


def _ledger_words(home: Home) -> str:
    if not home.store.on_server:
        return ""
    return f", its ledger in the database {home.store.database_name}"


def purge(home: Home, upload: str, *, who: str, when: datetime, why: str) -> Purged:
    """Delete an upload's bytes and rows for good; hash, reason and who did it stay in the ledger.

    Raises
    ------
    AccessDeniedError
        Only an administrator of every plant may.
    UsageError
        There is no such upload, it was purged already, or the reason is missing.
    """
    home.access.require(Permission.ADMINISTER, [EVERY_PLANT])
    before = home.store.entry(upload)
    sizes = _sizes(home)
    done = home.store.purge(upload, who=who, when=when, why=why)
    gone = tuple(entry.upload for entry in done)
    kept = home.store.kept_for(upload)
    hashes = {home.store.entry(u).sha256 for u in gone}
    position = done[-1].position
    says = [
        f"{before.file} (upload {', '.join(gone)}) is deleted for good: its bytes and its rows. Its "
        f"entry, its hash and the reason stay. What it had replaced is in force again. Ledger "
        f"position {position}."
    ]
    if kept:
        says.append(
            f"The bytes of the file stay, because {', '.join(kept)} is an upload of the same file. "
            "Purge that one, too, if they shall go."
        )
    says += _elsewhere(home, before, {h: sizes[h] for h in hashes if h in sizes})
    return Purged(gone, position, tuple(says))


def _sizes(home: Home) -> dict[str, int]:
    """How long the bytes of every upload are, by their hash."""
    found = {}
    for entry in home.store.entries():
        with suppress(OSError, StoreError, UsageError):
            if entry.sha256 and entry.purged is None:
                found[entry.sha256] = home.store.bytes_path(entry.sha256).stat().st_size
    return found


def _elsewhere(home: Home, upload: Entry, sizes: Mapping[str, int]) -> Iterator[str]:
    """Sentences on copies outside the home, which nobody but their owner may delete."""
    copies = [str(path) for path in _copies(home, sizes)]
    if copies:
        yield f"The same file also lies in {_some(copies)}. Delete it there, too."
    backups = [
        record.key
        for record in home.store.records.current(BACKUP_RECORD)
        if int(record.value["position"]) >= upload.position and Path(record.key).exists()
    ]
    if backups:
        yield f"These backups still hold it: {_some(backups)}."
    yield (
        "Backups and copies kept elsewhere hold it until they are deleted. Start the dashboard "
        "again, so that nothing of it stays in its memory."
    )


def _copies(home: Home, sizes: Mapping[str, int]) -> Iterator[Path]:
    """Files in drop folders with the same bytes."""
    for folder in watched_folders(home):
        for path in sorted(folder.rglob("*")):
            with suppress(OSError):
                if path.is_file() and path.stat().st_size in sizes.values():
                    with path.open("rb") as file:
                        found = hashlib.file_digest(file, "sha256").hexdigest()
                    if found in sizes:
                        yield path


def _some(names: Collection[str]) -> str:
    shown = ", ".join([*names][:MOST_NAMED])
    more = len(names) - MOST_NAMED
    return f"{shown} and {more} more" if more > 0 else shown


def due(home: Home, when: datetime) -> tuple[Entry, ...]:
    """Uploads kept longer than the setting ``retention.upload_years`` says, the oldest first.

    Age is that of the upload by the ledger. None where nothing is set. An upload that mends another
    one is due with that one.
    """
    home.access.require(Permission.ADMINISTER, [EVERY_PLANT])
    years = home.settings.retention.upload_years
    if years is None:
        return ()
    last = when.astimezone(UTC) - timedelta(days=years * DAYS_A_YEAR)
    return tuple(
        e
        for e in home.store.entries()
        if e.kind == "upload" and e.purged is None and not e.mends and e.when < last
    )


def purge_due(
    home: Home,
    *,
    who: str,
    when: datetime,
    why: str = "",
    told: Callable[[Purged], None] = lambda _: None,
) -> tuple[Purged, ...]:
    """Purge every upload that is due, each by itself, so that what is done stays done."""
    years = home.settings.retention.upload_years
    reason = why or f"Kept longer than {years:g} years, as the settings say." if years else why
    done = []
    for entry in due(home, when):
        done.append(purge(home, entry.upload, who=who, when=when, why=reason))
        told(done[-1])
    return tuple(done)


def last_backup(home: Home) -> tuple[datetime, str, int] | None:
    """When the latest backup was made, where it was put, and how many ledger entries came since."""
    found = home.store.records.history(BACKUP_RECORD)
    if not found:
        return None
    last = found[-1]
    return last.when, last.key, home.position - int(last.value["position"])


def _moment(when: datetime) -> str:
    return f"{when.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
