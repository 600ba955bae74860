"""What a backup is made of: one zip archive whose manifest lists every file with size and SHA-256."""

import json
import lzma
import re
import stat
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any, Final

from kpi.datasets import DATASETS
from kpi.errors import RefusedFileError

FORMAT: Final = 1
"""Raised when an archive is laid out so that earlier versions of the product cannot read it."""

MANIFEST: Final = "manifest.json"
LEDGER: Final = "ledger.db"
CHOSEN: Final = ("settings.toml", "profiles/*.json", "templates/*")
"""Files of a home that people made and the ledger does not name."""

MANIFEST_BYTES: Final = 1 << 28
AT_ONCE: Final = 1 << 20

DAMAGE: Final = (
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, NotImplementedError, RuntimeError,
)  # fmt: skip
"""What reading a damaged archive raises."""

_SAFE: Final = r"(?![. ])[^/\\:*?\"<>|\x00-\x1f\x7f]{1,180}(?<![. ])"
_NAMES: Final = re.compile(
    rf"{MANIFEST}|ledger\.db|settings\.toml|(?:uploads|kept)/[0-9a-f]{{64}}"
    rf"|facts/(?:{'|'.join(map(re.escape, DATASETS))})/U\d{{6,12}}\.parquet"
    rf"|profiles/{_SAFE}\.json|templates/{_SAFE}"
)


@dataclass(frozen=True, slots=True)
class Listed:
    """One file of an archive."""

    path: str
    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """What an archive holds, and the state of the home it was made of.

    ``position`` and ``ledger_head``, ``records`` and ``records_head`` say how long both chains were
    and the hash each ended with. ``schema`` is the ledger's migration.
    """

    made: str
    by: str
    schema: str
    position: int
    ledger_head: str
    records: int
    records_head: str
    files: tuple[Listed, ...]
    format: int = FORMAT

    def text(self) -> str:
        """As JSON."""
        return json.dumps(asdict(self), ensure_ascii=False, indent=1)


def is_known(name: str) -> bool:
    """Whether an archive may hold a file of that name: no other is ever written to a home.

    >>> is_known("settings.toml"), is_known("../settings.toml"), is_known("facts/scrap/U000001.parquet")
    (True, False, True)
    """
    return _NAMES.fullmatch(name) is not None


def manifest_of(archive: zipfile.ZipFile, name: str) -> Manifest:
    """The manifest of an archive, once every entry is one that may be there, once, as it is listed.

    Raises
    ------
    RefusedFileError
        It is no backup, was altered, or comes from a newer version.
    """
    entries = archive.infolist()
    names = [entry.filename for entry in entries]
    for entry in entries:
        _check_entry(entry, name)
    if len({n.casefold() for n in names}) < len(names):
        raise RefusedFileError(f"{name} holds a file twice. It is no backup of Clause Nine.")
    if MANIFEST not in names:
        raise RefusedFileError(
            f"{name} has no {MANIFEST}. It is no backup of Clause Nine; choose another file."
        )
    manifest = _read(archive, name)
    listed = {file.path: file.bytes for file in manifest.files}
    there = {entry.filename: entry.file_size for entry in entries if entry.filename != MANIFEST}
    if listed != there or len(listed) < len(manifest.files) or LEDGER not in listed:
        wrong = sorted({*listed.items()} ^ {*there.items()})
        raise RefusedFileError(
            f"{name} does not hold what its manifest lists"
            f"{f' (the first that differs: {wrong[0][0]})' if wrong else ''}. It was altered or cut "
            "short; choose another backup."
        )
    return manifest


def _check_entry(entry: zipfile.ZipInfo, name: str) -> None:
    kind = stat.S_IFMT(entry.external_attr >> 16)
    if not is_known(entry.filename) or entry.orig_filename != entry.filename:
        shown = entry.filename[:80].encode("unicode_escape").decode()
        raise RefusedFileError(
            f"{name} holds a file that no backup of Clause Nine holds ({shown}). Nothing was "
            "restored; choose another backup."
        )
    if kind not in (0, stat.S_IFREG) or entry.flag_bits & 0x1:
        raise RefusedFileError(
            f"{name} holds {entry.filename} as a link or under a password. Nothing was restored; "
            "choose another backup."
        )


def _read(archive: zipfile.ZipFile, name: str) -> Manifest:
    told = "Its manifest cannot be read: it was altered or cut short. Choose another backup."
    if archive.getinfo(MANIFEST).file_size > MANIFEST_BYTES:
        raise RefusedFileError(f"{name} is no backup that can be used. {told}")
    try:
        values: Mapping[str, Any] = json.loads(archive.read(MANIFEST))
        if int(values["format"]) > FORMAT:
            raise RefusedFileError(
                f"{name} was made by a newer version of Clause Nine (format {values['format']}; this "
                f"one knows {FORMAT}). Install the newer version to restore it."
            )
        files = tuple(
            Listed(str(f["path"]), int(f["bytes"]), str(f["sha256"])) for f in values["files"]
        )
        plain = {k: values[k] for k in ("made", "by", "schema", "ledger_head", "records_head")}
        numbers = {k: int(values[k]) for k in ("position", "records")}
        texts = {key: str(value) for key, value in plain.items()}
        return Manifest(**texts, **numbers, files=files)  # type: ignore[arg-type]
    except (ValueError, LookupError, TypeError, RecursionError, *DAMAGE) as error:
        raise RefusedFileError(f"{name} is no backup that can be used. {told}") from error


def manifest_at(path: Path) -> Manifest:
    """The manifest of the archive at a path.

    Raises
    ------
    RefusedFileError
        It cannot be read, or is no backup; the sentence says which.
    """
    with opened(path) as archive:
        return manifest_of(archive, path.name)


def opened(path: Path) -> zipfile.ZipFile:
    """An archive opened for reading."""
    try:
        return zipfile.ZipFile(path)
    except FileNotFoundError as error:
        raise RefusedFileError(f"There is no file {path}.") from error
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise RefusedFileError(
            f"{path.name} cannot be read as an archive: it is no backup of Clause Nine, or was cut "
            "short. Choose another file."
        ) from error


def copied(source: IO[bytes], to: IO[bytes] | None, most: int) -> tuple[int, str]:
    """Copy a stream (or only read it); its length and SHA-256. Ends early beyond ``most`` bytes."""
    import hashlib

    digest, count = hashlib.sha256(), 0
    while count <= most and (piece := source.read(AT_ONCE)):
        digest.update(piece)
        count += len(piece)
        if to is not None:
            to.write(piece)
    return count, digest.hexdigest()
