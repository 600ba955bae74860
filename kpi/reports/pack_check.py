"""Whether an evidence pack is as it was made: every part against the manifest."""

import hashlib
import json
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from kpi.errors import UsageError
from kpi.reports.pack import FORMAT, MANIFEST
from kpi.safe_text import one_line

LARGEST_MANIFEST: Final = 32 * 1024 * 1024
"""Bytes; a pack of a thousand records has a manifest of a few hundred thousand."""

DAMAGED: Final = (
    zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, UnicodeError,
)  # fmt: skip
"""What reading a ZIP raises where its bytes were changed."""

STEP: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Checked:
    """What came of a check. ``problems`` are sentences; empty where every part is as it was made.

    ``manifest`` is the SHA-256 of the manifest, to compare with the one told when it was made.
    """

    file: str
    parts: int
    manifest: str
    made: str
    head: str
    problems: tuple[str, ...]

    @property
    def fine(self) -> bool:
        """Whether nothing is wrong."""
        return not self.problems

    @property
    def says(self) -> str:
        """The outcome in one sentence."""
        if self.fine:
            return f"{self.file} is as it was made on {self.made}: {self.parts} parts fit their hashes."
        return f"{self.file} is not as it was made. {' '.join(self.problems)}"


def verify_pack(path: Path) -> Checked:
    """Recompute the SHA-256 of every part and compare it with the manifest.

    Raises
    ------
    UsageError
        The file is no evidence pack, or cannot be read.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            return _checked(path.name, archive)
    except FileNotFoundError:
        raise UsageError(f"There is no file {path}. Check its name.") from None
    except OSError as problem:
        raise UsageError(f"{path} cannot be read: {problem.strerror}.") from problem
    except DAMAGED as problem:
        raise UsageError(
            f"{path.name} is no evidence pack, or is damaged: it cannot be opened as ZIP. "
            "Get it again from where it was made."
        ) from problem


def _checked(name: str, archive: zipfile.ZipFile) -> Checked:
    listing, told = _manifest(name, archive)
    wanted = {part["name"]: part for part in told["parts"]}
    there = archive.namelist()
    problems = [
        f"{one_line(n)} is in it {there.count(n)} times." for n in dict.fromkeys(there)
        if there.count(n) > 1
    ]  # fmt: skip
    problems += [f"{one_line(n)} was added." for n in there if n not in wanted and n != MANIFEST]
    for part, about in wanted.items():
        if part not in there:
            problems.append(f"{one_line(part)} is missing.")
        elif _hash(archive, part, int(about["bytes"])) != about["sha256"]:
            problems.append(f"{one_line(part)} was changed.")
    return Checked(
        name, len(wanted), hashlib.sha256(listing).hexdigest(), one_line(str(told.get("made", ""))),
        one_line(str(told.get("audit_trail_head", ""))), tuple(problems),
    )  # fmt: skip


def _manifest(name: str, archive: zipfile.ZipFile) -> tuple[bytes, dict[str, Any]]:
    wrong = UsageError(
        f"{name} is no evidence pack: it has no manifest that can be read. Give a file made with "
        "python -m kpi pack."
    )
    try:
        with archive.open(MANIFEST) as file:
            listing = file.read(LARGEST_MANIFEST + 1)
        told = json.loads(listing)
        fits = told["format"] == FORMAT and all(
            {"name", "bytes", "sha256"} <= part.keys() for part in told["parts"]
        )
    except (KeyError, ValueError, TypeError, AttributeError, *DAMAGED):
        raise wrong from None
    if not fits or len(listing) > LARGEST_MANIFEST:
        raise wrong
    return listing, told


def _hash(archive: zipfile.ZipFile, part: str, size: int) -> str:
    """The SHA-256 of a part; empty where it is longer than it was, or damaged."""
    found, read = hashlib.sha256(), 0
    try:
        with archive.open(part) as file:
            while chunk := file.read(STEP):
                read += len(chunk)
                if read > size:  # whatever follows, it is not what was packed
                    return ""
                found.update(chunk)
    except DAMAGED:
        return ""
    return found.hexdigest()
