"""A home is opened: made where it is missing, migrated, and tidied after crashes."""

import os
import shutil
import sqlite3
import weakref
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

from kpi.datasets import DATASETS
from kpi.errors import StoreError
from kpi.scratch import PrivateFolder, sweep
from kpi.store import bound
from kpi.store.database import BUSY_SECONDS, Database, sentence_for, sqlite_url
from kpi.store.store import Store


def open_store(
    home: Path,
    *,
    url: str = "",
    password: str | None = None,
    busy_seconds: float = BUSY_SECONDS,
) -> Store:
    """Open a home, making it where it is missing.

    The ledger is ``ledger.db`` in the home (SQLite), or the PostgreSQL database at ``url``, to which
    the folder then belongs. A home that may not be written to opens for reading. Leftovers of crashes
    are swept, unless someone is writing.

    Raises
    ------
    StoreError
        The folder or the database cannot be used, they do not belong together, or were written by a
        newer version.
    """
    home = Path(home).expanduser().absolute()
    (bound.check_server if url else bound.check_file)(home)
    ledger = home / (bound.MARK if url else "ledger.db")
    writable = _prepare(home, ledger)
    read = None if writable or url else _Readable.of(ledger)
    location = url or (read.url if read else sqlite_url(ledger))
    database = Database(
        location,
        where=str(home),
        busy_seconds=busy_seconds,
        file=None if url else ledger,
        password=password,
    )
    try:
        database.migrate()
        if url:
            bound.bind(database, home, writable=writable)
    except BaseException:
        database.close()
        raise
    store = Store(home, database, read_only=not writable)
    if read and read.copy:
        weakref.finalize(store, read.copy.close)
    if writable:
        with suppress(StoreError):
            store.finish_record_purges(patient=False)
            store.finish_purges(patient=False)
            store.sweep(patient=False)
    return store


@dataclass(frozen=True, slots=True)
class _Readable:
    """How to open a ledger that may not be written to."""

    url: str
    copy: PrivateFolder | None = None

    @classmethod
    def of(cls, ledger: Path) -> "_Readable":
        """As it lies, or with the log beside it, in which a process that was killed left commits.

        Where SQLite cannot follow that log without writing, both are copied and the copy is read.
        """
        if not _has_log(ledger):
            return cls(sqlite_url(ledger, mode="ro&immutable=1"))
        following = sqlite_url(ledger, mode="ro")
        with suppress(sqlite3.Error), closing(_connected(following)) as connection:
            connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
            return cls(following)
        sweep()
        folder = PrivateFolder()
        for path in (ledger, _log_of(ledger)):
            shutil.copyfile(path, folder.path / path.name)
        return cls(sqlite_url(folder.path / ledger.name), folder)


def _has_log(ledger: Path) -> bool:
    with suppress(OSError):
        return _log_of(ledger).stat().st_size > 0
    return False


def _log_of(ledger: Path) -> Path:
    return ledger.with_name(f"{ledger.name}-wal")


def _connected(url: str) -> sqlite3.Connection:
    return sqlite3.connect(url.removeprefix("sqlite:///").removesuffix("&uri=true"), uri=True)


def _prepare(home: Path, ledger: Path) -> bool:
    """Make the home's folders; False where it is there but may not be written to."""
    try:
        for name in ("", "facts", "uploads", "rollups"):
            (home / name).mkdir(parents=True, exist_ok=True)
        for dataset in DATASETS:
            (home / "facts" / dataset).mkdir(exist_ok=True)
    except OSError as error:
        if os.access(ledger, os.R_OK):
            return False
        raise StoreError(sentence_for(error.strerror or str(error), str(home))) from error
    return os.access(home, os.W_OK) and (not ledger.exists() or os.access(ledger, os.W_OK))
