"""Private folders for what lives no longer than its process; those of killed processes are swept.

A folder belongs to whoever holds the lock on the file in it. The lock ends with the process, however
that ends, so a folder whose lock can be had is nobody's.
"""

import contextlib
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Final

PREFIX: Final = "clause-nine-"
LOCK: Final = ".lock"
UNLOCKED_SECONDS: Final = 3600.0
"""A folder without a lock file is swept once it is this much older than one made now."""

_HIDDEN: Final = "."
"""Before the name of a folder whose lock is not held yet."""

_OURS: Final = re.compile(rf"\.?{re.escape(PREFIX)}\d+-\w+")


class PrivateFolder:
    """A folder that only this account can enter, until it is closed or the process ends."""

    def __init__(self, parent: Path | None = None) -> None:
        self._maker = os.getpid()
        hidden = _HIDDEN if os.name != "nt" else ""  # there, no folder with an open file is renamed
        made = Path(tempfile.mkdtemp(prefix=f"{hidden}{PREFIX}{self._maker}-", dir=parent))
        self._lock = (made / LOCK).open("wb")
        take_lock(self._lock)
        # Only now by the name that is swept: before, the lock could be had by anyone.
        self.path = made.rename(made.with_name(made.name.removeprefix(_HIDDEN)))

    def close(self) -> None:
        """Remove the folder; in a process forked from its maker, only let go of it."""
        self._lock.close()
        if os.getpid() == self._maker:
            shutil.rmtree(self.path, ignore_errors=True)


@contextlib.contextmanager
def private_folder() -> Iterator[Path]:
    """A private folder for as long as the block runs."""
    folder = PrivateFolder()
    try:
        yield folder.path
    finally:
        folder.close()


def sweep(parent: Path | None = None) -> int:
    """Remove private folders of processes that are gone; returns how many.

    Only folders of this account with names this module gives are looked at. What cannot be removed
    is left for another time.
    """
    above = parent or Path(tempfile.gettempdir())
    swept = 0
    with contextlib.suppress(OSError), tempfile.TemporaryFile(dir=above) as probe:
        now = os.fstat(probe.fileno()).st_mtime
        for path in (*above.glob(f"{PREFIX}*"), *above.glob(f"{_HIDDEN}{PREFIX}*")):
            with contextlib.suppress(OSError):
                if _OURS.fullmatch(path.name) and _is_own(path) and _is_abandoned(path, now):
                    shutil.rmtree(path, ignore_errors=True)
                    swept += 1
    return swept


def take_lock(file: IO[bytes]) -> bool:
    """Lock an open file for as long as it is open; False where another process holds it."""
    try:
        if os.name == "nt":
            import msvcrt

            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined, unused-ignore]
        else:
            import fcntl

            fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _is_own(path: Path) -> bool:
    status = path.lstat()
    return path.is_dir() and not path.is_symlink() and status.st_uid == _account()


def _account() -> int:
    return os.getuid() if hasattr(os, "getuid") else 0


def _is_abandoned(path: Path, now: float) -> bool:
    if not path.name.startswith(_HIDDEN):  # the lock of a hidden one is about to be taken
        with contextlib.suppress(FileNotFoundError), (path / LOCK).open("rb+") as file:
            return take_lock(file)
    # Killed, or interrupted just now, before its lock was held.
    return now - path.stat().st_mtime > UNLOCKED_SECONDS
