"""What was set when: changes of the settings and of the program, recorded when they are seen.

The settings file may be edited by hand, so nobody can be made to record the change beforehand. Who
opens a home compares what is in force with what was recorded last, and records the difference.
"""

import hashlib
import re
import sys
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Final

from kpi.access import EVERY_PLANT, Permission
from kpi.analysis.home import Home
from kpi.errors import StoreError, UsageError
from kpi.settings import ENVIRONMENT_PREFIX, FILE_NAME, Settings, load_settings, save_settings
from kpi.store.database import SCHEMA
from kpi.store.model import Record

SETTINGS: Final = "settings"
PROGRAM: Final = "program"
THE_PROGRAM: Final = "Clause Nine"

NOT_KNOWN: Final = "not known"
"""Who changed a file that was found changed."""

_ROOT: Final = Path(__file__).parents[1]
_READERS: Final = ("ingest", "datasets.py", "model.py", "store/rows.py", "store/planning.py")
_FIGURES: Final = ("measures", "spc", "trends", "calendar.py")
_PACKAGES: Final = ("pyarrow", "duckdb", "pandas", "numpy", "statsmodels")
_SECRET: Final = re.compile(r"secret|password|token|(^|[._])key$")


def keep_settings(home: Home, *, who: str, when: datetime, where: str = "") -> tuple[Record, ...]:
    """Record what is set otherwise than when it was last recorded; nothing where all is the same.

    ``who`` opened the home and ``where`` says in what ("the dashboard"); empty: in a single command,
    whose environment is its own affair and not recorded. A home that may not be written to, or whose
    ledger is in use for too long, is left for the next who opens it.
    """
    if home.store.read_only:
        return ()
    with suppress(StoreError):
        told = [_on_disk(home, who, when), _profiles(home, who, when), _program(home, who, when)]
        if where:
            told.append(_environment(home, who, when, where))
        return tuple(record for record in told if record is not None)
    return ()


def change_settings(home: Home, settings: Settings, *, who: str, when: datetime, why: str) -> Home:
    """Write settings to the home's file and record who did it and why; the home with them.

    Raises
    ------
    AccessDeniedError
        Only an administrator of every plant may.
    UsageError
        No reason is given.
    """
    home.access.require(Permission.ADMINISTER, [EVERY_PLANT])
    if not why.strip():
        raise UsageError("Say in a few words why the settings are changed: the trail keeps it.")
    with tempfile.TemporaryDirectory() as folder:
        save_settings(Path(folder), settings)
        values = _values(load_settings(Path(folder), {}))
    # Recorded first: whoever else opens the home now must not find a change that nobody made.
    home.store.records.put_changed(SETTINGS, FILE_NAME, values, who=who, when=when, why=why)
    save_settings(home.path, settings)
    return replace(home, settings=load_settings(home.path))


def unrecorded(home: Home) -> tuple[str, ...]:
    """Names of what is set otherwise now than it was last recorded."""
    now = {FILE_NAME: _values(load_settings(home.path, {})), "profiles": profile_hashes(home)}
    last = {name: home.store.records.get(SETTINGS, name) for name in now}
    return tuple(
        name for name, values in now.items() if values != (_value(last[name]) if last[name] else {})
    )


def _on_disk(home: Home, who: str, when: datetime) -> Record | None:
    values = _values(load_settings(home.path, {}))
    known = home.store.records.get(SETTINGS, FILE_NAME) is not None
    why = (
        f"Found {'changed' if known else 'like this'} on disk when {who} opened the home; "
        f"{_written(home.path / FILE_NAME)}."
    )
    return _put(home, FILE_NAME, values, who=NOT_KNOWN, when=when, why=why)


def _environment(home: Home, who: str, when: datetime, where: str) -> Record | None:
    shown = {
        origin: _shown(key, text)
        for key, text, origin in home.settings.explain()
        if origin.startswith(ENVIRONMENT_PREFIX)
    }
    why = f"Variables in the environment of {where}."
    return _put(home, f"environment of {where}", shown, who=who, when=when, why=why)


def _profiles(home: Home, who: str, when: datetime) -> Record | None:
    why = f"Found on disk when {who} opened the home."
    return _put(home, "profiles", profile_hashes(home), who=NOT_KNOWN, when=when, why=why)


def _program(home: Home, who: str, when: datetime) -> Record | None:
    why = "This version of the program opened the home."
    return _put(home, THE_PROGRAM, program_version(), who=who, when=when, why=why, kind=PROGRAM)


def _put(
    home: Home,
    key: str,
    values: Mapping[str, str],
    *,
    who: str,
    when: datetime,
    why: str,
    kind: str = SETTINGS,
) -> Record | None:
    """Record values, unless they are the last ones or nothing was ever set."""
    if values == _value(home.store.records.get(kind, key)):
        return None  # said without the write lock, which an upload may hold just now
    return home.store.records.put_changed(kind, key, values, who=who, when=when, why=why)


def _values(settings: Settings) -> dict[str, str]:
    return {k: _shown(k, text) for k, text, origin in settings.explain() if origin == FILE_NAME}


def _value(record: Record | None) -> Mapping[str, Any]:
    return record.value if record else {}


def _shown(key: str, text: str) -> str:
    return "set (not shown)" if _SECRET.search(key) else text


def _written(path: Path) -> str:
    """When a file was written last and whose it is, as far as the system tells."""
    try:
        at = datetime.fromtimestamp(path.stat().st_mtime, tz=UTC)
    except OSError:
        return "the file is gone"
    try:
        owner = path.owner()
    except (OSError, KeyError, NotImplementedError):
        return f"last written {at:%Y-%m-%d %H:%M} UTC"
    return f"last written {at:%Y-%m-%d %H:%M} UTC, the file belongs to the account {owner}"


def profile_hashes(home: Home) -> dict[str, str]:
    """The home's own profiles of systems, each with its SHA-256."""
    folder = home.path / "profiles"
    found = {}
    for path in sorted(folder.glob("*.json")) if folder.is_dir() else ():
        with suppress(OSError):
            found[path.name] = hashlib.sha256(path.read_bytes()).hexdigest()
    return found


@cache
def program_version() -> Mapping[str, str]:
    """What the program consists of: code that reads files, code that makes figures, libraries."""
    found = {
        "reading of files": _hash_of(_READERS),
        "making of figures": _hash_of(_FIGURES),
        "schema of the ledger": SCHEMA,
        "Python": ".".join(map(str, sys.version_info[:3])),
    }
    for package in _PACKAGES:
        with suppress(PackageNotFoundError):
            found[package] = version(package)
    return found


def _hash_of(parts: tuple[str, ...]) -> str:
    digest = hashlib.sha256()
    for part in parts:
        path = _ROOT / part
        files = sorted(p for p in path.rglob("*") if p.suffix in (".py", ".json")) or [path]
        for file in files:
            digest.update(file.relative_to(_ROOT).as_posix().encode())
            digest.update(file.read_bytes())
    return digest.hexdigest()[:12]
