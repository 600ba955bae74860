"""What doctor asks of the place: installation, access to the folder, room, leftovers, backups."""

import locale
import os
import shutil
import stat
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final

from kpi.analysis.health_check import Notice
from kpi.analysis.home import Home
from kpi.analysis.keeping import last_backup
from kpi.analysis.watching import set_aside
from kpi.errors import KpiError, StoreError
from kpi.ingest.confined import CALLS, FILES
from kpi.ingest.reading import confinement
from kpi.store.files import ASIDE

PACKAGES: Final = (
    "streamlit", "pandas", "pyarrow", "plotly", "statsmodels", "duckdb", "ibis-framework",
    "SQLAlchemy", "alembic", "Authlib",
)  # fmt: skip

LEAST_ROOM: Final = 1 << 30
"""Bytes free below which a month's uploads may no longer find room."""

TIMES_THE_HOME: Final = 1.0
"""Room for a backup beside it is as good as the home's own size."""

STALE: Final = timedelta(days=14)
"""A file set aside in a drop folder for longer is forgotten by whoever should answer."""

BACKUP_AGE: Final = timedelta(days=7)
"""Older than this, too much would have to be loaded again."""


def packages() -> str:
    """Python and the libraries that the product cannot do without."""
    found = []
    for package in PACKAGES:
        try:
            found.append(f"{package} {version(package)}")
        except PackageNotFoundError:
            raise KpiError(
                f"{package} is not installed. Run: python -m pip install -r requirements.txt"
            ) from None
    return f"Python {sys.version.split()[0]}; {', '.join(found)}."


def language() -> str:
    """Whether file names and output may hold any letter."""
    files, shown = sys.getfilesystemencoding(), locale.getpreferredencoding(False)
    told = f"File names in {files}, text in {shown}."
    if files.lower().replace("-", "") != "utf8":
        raise Notice(f"{told} Set LANG to a UTF-8 locale: names with umlauts may be refused.")
    return told


def reading() -> str:
    """What a file could do that makes a library run code of its own."""
    held = confinement()
    if {FILES, CALLS} <= set(held):
        return "A process that reads a file can open no other, start nothing and connect nowhere."
    lacks = {
        FILES: "it may open what this account may (Landlock, Linux 5.13 or newer, is not at hand)",
        CALLS: "it may start programs and connect (a filter of system calls is not at hand)",
    }
    told = "; ".join(what for name, what in lacks.items() if name not in held)
    raise Notice(f"A process that reads a file has limits on memory and time, but {told}.")


def writable(home: Home) -> str:
    """Whether uploads can be kept."""
    probe = Path(home.path) / ".write-probe"
    try:
        probe.write_bytes(b"")
        probe.unlink()
    except OSError as problem:
        raise KpiError(
            f"{home.path} cannot be written to ({problem.strerror}). "
            "Uploads will fail: give the account that runs the product write access."
        ) from problem
    return f"{home.path} can be written to."


def readers(home: Home) -> str:
    """Who else on the machine may read or change the home."""
    if os.name == "nt":
        return "Access on Windows is by the folder's own list: see docs/security.md."
    writes = [p for p in _looked_at(home) if p.stat().st_mode & stat.S_IWOTH]
    if writes:
        raise StoreError(
            f"Every account of this machine may change {writes[0]}. Whoever may, can rewrite figures "
            f"and history. Run chmod -R o-w {home.path} as its owner."
        )
    folder = home.path.stat().st_mode
    if folder & stat.S_IROTH and folder & stat.S_IXOTH:
        raise Notice(
            f"Every account of this machine may read {home.path}. Where others use the machine, run "
            f"chmod o-rwx {home.path} as its owner."
        )
    return f"Only the account and group of {home.path} may read it."


def _looked_at(home: Home) -> Iterator[Path]:
    names = ("", "ledger.db", "settings.toml", "facts", "uploads", "rollups")
    yield from (path for name in names if (path := home.path / name).exists())


def room(home: Home) -> str:
    """Whether the disk has room for what is to come."""
    free = shutil.disk_usage(home.path).free
    own = sum(p.stat().st_size for p in home.path.rglob("*") if p.is_file())
    told = f"{_size(free)} free; the home takes {_size(own)}."
    if free < LEAST_ROOM:
        raise StoreError(f"{told} Free some space, or uploads will be refused before long.")
    if free < own * TIMES_THE_HOME:
        raise Notice(f"{told} There is no room for a backup on the same disk; put it elsewhere.")
    return told


def _size(count: float) -> str:
    for unit in ("B", "kB", "MB"):
        if count < 1000:
            return f"{count:,.0f} {unit}"
        count /= 1000
    return f"{count:,.1f} GB"


def leftovers(home: Home) -> str:
    """Files of uploads that were cut off."""
    found = [p for p in home.path.rglob(f"{ASIDE}*") if p.is_file()]
    if not found:
        return "Nothing is left of uploads that were cut off."
    return (
        f"{len(found)} unfinished files, of uploads under way or cut off; nothing reads them. Once "
        "they are an hour old, the next opening of the home removes them."
    )


def waiting(home: Home, now: datetime | None) -> str:
    """Files of drop folders that wait for an answer."""
    found = set_aside(home)
    if not found:
        return "No file of a drop folder waits for an answer."
    oldest = min(file.since for file in found)
    told = (
        f"{len(found)} files of drop folders wait for an answer, the first since {oldest:%Y-%m-%d}."
    )
    if now is not None and now - oldest > STALE:
        raise Notice(f"{told} Answer them on the Upload page, or take them out of the folder.")
    return told


def backups(home: Home, now: datetime | None) -> str:
    """How old the latest backup is, and what it would not bring back."""
    if home.position == 0:
        return "Nothing is loaded yet."
    found = last_backup(home)
    if found is None:
        raise Notice(
            "No backup was ever made of this home. Run: python -m kpi backup FOLDER, every night."
        )
    when, path, later = found
    told = f"The latest is of {when.astimezone(UTC):%Y-%m-%d %H:%M} UTC in {path}; {later} ledger entries came since."
    if now is not None and now - when > BACKUP_AGE and later:
        raise Notice(f"{told} That is long ago: let python -m kpi backup run every night.")
    if not Path(path).exists():
        raise Notice(f"{told} It is no longer there: see that the copy was moved, not lost.")
    return told
