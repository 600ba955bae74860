"""Documents whose bytes follow from what is in them: no clock, no order of the moment.

Office documents are ZIP files, and their libraries write the time of saving into them. What is
kept under its hash must come out the same again, so both are set to the time the figures are of.
"""

import re
import zipfile
from collections.abc import Iterable
from datetime import UTC, datetime
from io import BytesIO
from typing import BinaryIO, Final

CORE: Final = "docProps/core.xml"
FIRST_YEAR: Final = 1980
"""Before it no ZIP file can be dated."""

LEVEL: Final = 6

_STAMP: Final = re.compile(
    rb"(<dcterms:(?:created|modified)[^>]*>)[^<]*(</dcterms:(?:created|modified)>)"
)


def settled(document: bytes, made: datetime) -> bytes:
    """An Office document with every time in it set to ``made``; nothing else changes."""
    with zipfile.ZipFile(BytesIO(document)) as old:
        members = [(name, old.read(name)) for name in old.namelist()]
    return zipped([(n, _stamped(b, made) if n == CORE else b) for n, b in members], made)


def zipped(members: Iterable[tuple[str, bytes]], made: datetime) -> bytes:
    """A ZIP file of named contents, in the order given, each dated ``made``."""
    buffer = BytesIO()
    write_zip(members, made, buffer)
    return buffer.getvalue()


def write_zip(members: Iterable[tuple[str, bytes]], made: datetime, file: BinaryIO) -> None:
    """The same, written to ``file`` member by member."""
    at = _in_zip(made)
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=LEVEL) as archive:
        for name, content in members:
            about = zipfile.ZipInfo(name, at)
            about.compress_type = zipfile.ZIP_DEFLATED
            about.create_system = 3  # the same on every system that writes it
            about.external_attr = 0o644 << 16
            archive.writestr(about, content)


def _in_zip(made: datetime) -> tuple[int, int, int, int, int, int]:
    day = in_utc(made)
    if day.year < FIRST_YEAR:
        return (FIRST_YEAR, 1, 1, 0, 0, 0)
    return (day.year, day.month, day.day, day.hour, day.minute, day.second)


def _stamped(core: bytes, made: datetime) -> bytes:
    stamp = f"{in_utc(made):%Y-%m-%dT%H:%M:%SZ}".encode()
    return _STAMP.sub(rb"\g<1>" + stamp + rb"\g<2>", core)


def in_utc(made: datetime) -> datetime:
    """The moment in universal time; one without a zone is taken for that."""
    return made.replace(tzinfo=UTC) if made.tzinfo is None else made.astimezone(UTC)
