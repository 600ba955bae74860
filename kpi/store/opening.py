"""A home is opened: made where it is missing, migrated, and tidied after crashes."""

import os
from contextlib import suppress
from pathlib import Path

from kpi.datasets import DATASETS
from kpi.errors import StoreError
from kpi.store.database import BUSY_SECONDS, Database, sentence_for, sqlite_url
from kpi.store.store import Store


def open_store(home: Path, *, url: str | None = None, busy_seconds: float = BUSY_SECONDS) -> Store:
    """Open a home, making it where it is missing.

    The ledger is ``ledger.db`` in the home (SQLite), or the database at ``url``. A home that may
    not be written to opens for reading. Leftovers of crashes are swept, unless someone is writing.

    Raises
    ------
    StoreError
        The folder cannot be used, or was written by a newer version.
    """
    home = Path(home).expanduser().absolute()
    writable = _prepare(home)
    location = url or sqlite_url(home / "ledger.db", read_only=not writable)
    database = Database(location, where=str(home), busy_seconds=busy_seconds)
    database.migrate()
    store = Store(home, database, read_only=not writable)
    if writable:
        with suppress(StoreError):
            store.sweep()
    return store


def _prepare(home: Path) -> bool:
    """Make the home's folders; False where it is there but may not be written to."""
    ledger = home / "ledger.db"
    try:
        for name in ("", "facts", "uploads", "rollups"):
            (home / name).mkdir(parents=True, exist_ok=True)
        for dataset in DATASETS:
            (home / "facts" / dataset).mkdir(exist_ok=True)
    except OSError as error:
        if ledger.exists() and os.access(ledger, os.R_OK):
            return False
        raise StoreError(sentence_for(error.strerror or str(error), str(home))) from error
    return os.access(home, os.W_OK) and (not ledger.exists() or os.access(ledger, os.W_OK))
