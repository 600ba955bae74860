"""A drop folder: which files in it are whole, and where they are put when they are done with.

FOLDER/                what arrives
FOLDER/done/2026-11/   what is in force
FOLDER/questions/      what needs an answer, each with a note beside it
FOLDER/rejected/       what cannot be used, each with a note; workbooks of rejected rows
"""

import os
import stat
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

DONE, QUESTIONS, REJECTED = "done", "questions", "rejected"
NOTE: Final = ".txt"
"""What a note's name has after that of its file."""

_ASIDE: Final = ".clause-nine-"
_MOVING: Final = ".clause-nine-moving-"
_TEMPORARY_STARTS: Final = ("~$", ".", "~")
_TEMPORARY_ENDS: Final = (
    ".part", ".partial", ".crdownload", ".download", ".tmp", ".temp", ".filepart", ".opdownload",
    ".lock", ".swp", "~",
)  # fmt: skip
_SYSTEM: Final = frozenset({"thumbs.db", "desktop.ini"})
_ZIP, _ZIP_END = b"PK\x03\x04", b"PK\x05\x06"
_ZIP_TAIL: Final = 22 + 65_535
"""The end record of a zip container, with the longest comment."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A file as one look found it: another one of that name, or a longer one, differs."""

    name: str
    inode: int
    size: int
    changed: int  # nanoseconds, as the file's own system counts them


def arrivals(folder: Path) -> Iterator[Seen]:
    """Ordinary files of a folder that are nobody's temporary ones, the oldest first.

    Links are passed over: what is read lies in the folder itself. Raises ``OSError`` where the
    folder cannot be listed just now.
    """
    found = []
    with os.scandir(folder) as entries:
        for entry in entries:
            if is_temporary(entry.name):
                continue
            with suppress(OSError):
                status = entry.stat(follow_symlinks=False)
                if stat.S_ISREG(status.st_mode):
                    found.append(_seen(entry.name, status))
    yield from sorted(found, key=lambda seen: (seen.changed, seen.name))


def look_at(path: Path) -> Seen | None:
    """The file as it is now; ``None`` where it is gone."""
    try:
        return _seen(path.name, path.stat(follow_symlinks=False))
    except OSError:
        return None


def _seen(name: str, status: os.stat_result) -> Seen:
    return Seen(name, status.st_ino, status.st_size, status.st_mtime_ns)


def is_temporary(name: str) -> bool:
    """Whether a program is still at work on a file of that name, or it is no one's export.

    >>> is_temporary("~$scrap.xlsx"), is_temporary("scrap.xlsx.part"), is_temporary("scrap.xlsx")
    (True, True, False)
    """
    low = name.lower()
    return low.startswith(_TEMPORARY_STARTS) or low.endswith(_TEMPORARY_ENDS) or low in _SYSTEM


def is_whole(path: Path) -> bool:
    """Whether a file can be opened and, if it is a zip container, has its end record.

    A container whose end is missing is being written, however long it has not grown. Raises
    ``OSError`` where another program keeps the file to itself.
    """
    with path.open("rb") as file:
        if file.read(4) != _ZIP:
            return True
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - _ZIP_TAIL))
        return _ends(file.read())


def _ends(tail: bytes) -> bool:
    """Whether the last bytes of a zip container hold its end record, complete."""
    at = tail.rfind(_ZIP_END)
    while at >= 0:
        if len(tail) >= at + 22:
            comment = int.from_bytes(tail[at + 20 : at + 22], "little")
            if at + 22 + comment <= len(tail):
                return True
        at = tail.rfind(_ZIP_END, 0, at)
    return False


# --- putting away ------------------------------------------------------------------------------


def put_away(path: Path, seen: Seen, to: Path) -> Path | None:
    """Move a file into a folder under its own name, or that name with a number where it is taken.

    Nothing there is ever replaced. ``None`` where the file is gone, or is not the one that was
    seen: another has arrived under its name, and waits for its turn. Cut off at any point, the
    file is whole in one of the two places, or waits for ``finish_moves``.
    """
    to.mkdir(parents=True, exist_ok=True)
    if look_at(path) != seen:
        return None
    taken = path.with_name(f"{_MOVING}{os.getpid()}-{path.name}")
    try:
        path.rename(taken)
    except FileNotFoundError:
        return None
    now = look_at(taken)
    if now is None:
        return None
    if (now.inode, now.size, now.changed) != (seen.inode, seen.size, seen.changed):
        _place(taken, path.parent, path.name)
        return None
    return _place(taken, to, path.name)


def _place(taken: Path, folder: Path, name: str) -> Path | None:
    """Give a file its name in a folder, never replacing another; ``None`` where it is gone."""
    while True:
        final = free_name(folder, name)
        try:
            _move(taken, final)
            return final
        except FileExistsError:
            continue
        except FileNotFoundError:
            return None


def free_name(folder: Path, name: str) -> Path:
    """A path in the folder that neither a file nor its note has.

    >>> free_name(Path("/nowhere"), "scrap.csv").name
    'scrap.csv'
    """
    plain = Path(name)
    number = 1
    while True:
        found = folder / (name if number == 1 else f"{plain.stem} ({number}){plain.suffix}")
        if not os.path.lexists(found):
            return found
        number += 1


def _move(path: Path, final: Path) -> None:
    """Move without ever replacing: by a second name for the file, then the first is taken away."""
    try:
        os.link(path, final, follow_symlinks=False)
    except (FileExistsError, FileNotFoundError):
        raise
    except (OSError, NotImplementedError):  # no second names on this file system
        handle = os.open(final, os.O_CREAT | os.O_EXCL)
        os.close(handle)
        try:
            path.replace(final)
        except OSError:
            final.unlink(missing_ok=True)
            raise
        return
    path.unlink(missing_ok=True)


def finish_moves(folder: Path) -> int:
    """Finish what moves left when they were cut off; returns how many files.

    Harmless beside a watcher that moves at this moment: it finds its file gone, and later again.
    """
    count = 0
    for path in sorted(folder.glob(f"{_MOVING}*")):
        name = path.name.removeprefix(_MOVING).partition("-")[2]
        if not name or not path.is_file():
            continue
        with suppress(OSError):
            if path.stat().st_nlink > 1 and _has_second_name(path, folder):
                path.unlink()
            else:
                _place(path, folder, name)
            count += 1
    return count


def _has_second_name(path: Path, folder: Path) -> bool:
    for below in (DONE, QUESTIONS, REJECTED):
        for other in (folder / below).glob("**/*"):
            with suppress(OSError):
                if other.samefile(path):
                    return True
    return False


def write_whole(path: Path, content: bytes) -> None:
    """Write a file that is there whole or not at all; one of that name is replaced."""
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f"{_ASIDE}{os.getpid()}-{path.name}"[:200])
    with aside.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    aside.replace(path)


def note_of(path: Path) -> Path:
    """Where the note of a file stands."""
    return path.with_name(path.name + NOTE)
