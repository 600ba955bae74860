"""Archives judged by their listing before anything is unpacked: bombs, lies, overlaps, bad names.

Workbooks, OpenDocument files and presentations are archives of parts. What may not be read is
refused with a sentence that says what is wrong and what to do.
"""

import re
import stat
import struct
import zipfile
import zlib
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from copy import copy
from itertools import pairwise
from pathlib import Path
from typing import Final

from kpi.errors import RefusedFileError
from kpi.ingest.limits import DEFAULT_LIMITS, MEGABYTE, Limits
from kpi.texts import said

ZIP_STARTS: Final = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
_END: Final = struct.Struct("<4s4H2LH")
_END_64: Final = struct.Struct("<4sQ2H2L4Q")
_LOCATOR_64: Final = struct.Struct("<4sLQL")
_LONGEST_TAIL: Final = (1 << 16) + _END.size + _LOCATOR_64.size
_ZIP_64: Final = 0xFFFFFFFF


LIKELY_RATIO: Final = 40
"""Tables of cells pack to a tenth, very even ones to a fortieth of their size."""


def content_bytes(path: Path) -> int:
    """What a file unpacks to, as far as tables of cells do; its size where it is no archive.

    Never fails: of an archive whose listing cannot be read it is the size, for it will be refused.
    """
    size = path.stat().st_size
    try:
        with path.open("rb") as file:
            if not file.read(4).startswith(ZIP_STARTS):
                return size
        if directory_bytes(path) > DEFAULT_LIMITS.directory_bytes:
            return size
        with zipfile.ZipFile(path) as archive:
            parts = archive.infolist()
        likely = (min(p.file_size, LIKELY_RATIO * p.compress_size) for p in parts)
        return max(size, sum(likely))
    except (*DAMAGE, UnicodeDecodeError, struct.error):
        return size


def directory_bytes(path: Path) -> int:
    """How long the listing of a zip archive says it is; 0 where none is found.

    Read before the listing itself, which takes memory and time by its length.
    """
    with path.open("rb") as file:
        end = file.seek(0, 2)
        start = file.seek(max(0, end - _LONGEST_TAIL))
        tail = file.read()
        at = tail.rfind(b"PK\x05\x06")
        if at < 0 or len(tail) < at + _END.size:
            return 0
        length = int(_END.unpack_from(tail, at)[5])
        locator = at - _LOCATOR_64.size
        if locator < 0 or tail[locator : locator + 4] != b"PK\x06\x07":
            return min(length, start + at)
        file.seek(min(int(_LOCATOR_64.unpack_from(tail, locator)[2]), end))
        record = file.read(_END_64.size)
    if len(record) < _END_64.size or length != _ZIP_64:
        return min(length, start + at)
    return int(_END_64.unpack(record)[8])


DAMAGE: Final = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    OSError,
    ValueError,
    RuntimeError,
    NotImplementedError,
)
"""What an archive that is damaged or built to do harm makes its reader raise."""


def inspect(path: Path, archive: zipfile.ZipFile, limits: Limits) -> None:
    """Refuse an archive whose listing is hostile, or says less than its parts unpack to."""
    _inspect(archive.infolist(), path.stat().st_size, limits)
    _check_claims(archive)


def check_listing(path: Path, limits: Limits) -> None:
    """Refuse a listing so long that reading it alone would cost too much."""
    length = directory_bytes(path)
    if length > limits.directory_bytes:
        raise RefusedFileError(
            said(
                "The archive lists more parts than a workbook has: its listing alone takes {size} "
                "MB. Save it again from Excel.",
                size=round(length / MEGABYTE),
            )
        )


def short(error: BaseException) -> str:
    """What an error of the archive's reader says, as plain ASCII."""
    return re.sub(r"[^\x20-\x7e]", "?", str(error))[:120] or type(error).__name__


def _inspect(parts: Sequence[zipfile.ZipInfo], size: int, limits: Limits) -> None:
    """Refuse an archive whose listing is hostile, before a byte is unpacked."""
    if len(parts) > limits.zip_parts:
        raise RefusedFileError(
            said(
                "The archive claims {n} parts; a workbook has a few dozen. Save it again from Excel.",
                n=len(parts),
            )
        )
    for part in parts:
        name = part.filename.replace("\\", "/")
        if (
            ".." in name.split("/")
            or (name.startswith("/") and name.count("//"))
            or ":" in name[:3]
        ):
            raise RefusedFileError(
                "The archive names a part outside itself. Save it again from Excel."
            )
        if stat.S_ISLNK(part.external_attr >> 16):
            raise RefusedFileError("The archive contains a link. Save it again from Excel.")
    twice = [n for n, count in Counter(p.filename.lower() for p in parts).items() if count > 1]
    if twice:
        raise RefusedFileError(
            "The archive contains the same part twice, so it is not clear which one counts. "
            "Save it again from Excel."
        )
    _inspect_sizes(parts, size, limits)


def _inspect_sizes(parts: Sequence[zipfile.ZipInfo], size: int, limits: Limits) -> None:
    inflated = sum(part.file_size for part in parts)
    packed = sum(part.compress_size for part in parts)
    if inflated > limits.inflated_bytes:
        raise RefusedFileError(
            said(
                "The archive would unpack to {size} MB; at most {most} MB are read. "
                "Export a shorter period, or as CSV.",
                size=round(inflated / MEGABYTE),
                most=round(limits.inflated_bytes / MEGABYTE),
            )
        )
    if packed > size:
        raise RefusedFileError("The archive's parts overlap each other. Save it again from Excel.")
    for part in parts:
        ratio = part.file_size / max(part.compress_size, 1)
        if part.file_size > 32 * MEGABYTE and ratio > limits.inflated_ratio:
            raise RefusedFileError(
                said(
                    "A part of the archive unpacks to {ratio} times its size, which no export does. "
                    "Save it again from Excel.",
                    ratio=round(ratio),
                )
            )
    for part in parts:
        if part.compress_size > part.file_size + 1024 + part.file_size // 100:
            raise RefusedFileError(FALSE_SIZE)  # packing never adds more than a few bytes
    spans = sorted((part.header_offset, part.header_offset + part.compress_size) for part in parts)
    if any(after[0] < before[1] for before, after in pairwise(spans)):
        raise RefusedFileError("The archive's parts overlap each other. Save it again from Excel.")


FALSE_SIZE: Final = (
    "A part of the archive unpacks to more than the archive says. Save it again from Excel."
)
SURE_RATIO: Final = 4
UNPACKED_AT_ONCE: Final = 16 * MEGABYTE
SMALL_BYTES: Final = 4096


def _check_claims(archive: zipfile.ZipFile) -> None:
    """Unpack, in pieces, the parts whose claimed size is too small to be taken on trust.

    A reader allots what comes out, not what was claimed. Parts that claim much are held to the
    limits on what may be claimed.
    """
    for part in archive.infolist():
        trusted = part.file_size > max(UNPACKED_AT_ONCE, SURE_RATIO * part.compress_size)
        if trusted or part.flag_bits & 0x1 or part.compress_size < SMALL_BYTES:
            continue
        loose = copy(part)
        loose.file_size = part.file_size + MEGABYTE
        seen = 0
        damage = suppress(zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError, OSError)
        with damage, archive.open(loose) as stream:
            while seen <= part.file_size and (piece := stream.read(MEGABYTE // 8)):
                seen += len(piece)
        if seen > part.file_size:
            raise RefusedFileError(FALSE_SIZE)


# --- packages of XML that are no spreadsheets -------------------------------------------------

PACKAGE_LIMITS: Final = Limits(
    file_bytes=200 * MEGABYTE, zip_parts=5_000, inflated_bytes=400 * MEGABYTE
)
"""Of a presentation: a handful of layouts, pictures, and more slides than anybody shows."""

XML_BYTES: Final = 16 * MEGABYTE
"""Of one part that is XML."""


def check_package(path: Path, limits: Limits = PACKAGE_LIMITS) -> None:
    """Refuse a package whose parts are hostile, or whose XML cannot be parsed as it stands.

    Parses every part that is XML: to be called where a failure costs nothing.
    """
    from lxml import etree

    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    try:
        check_listing(path, limits)
        with zipfile.ZipFile(path) as archive:
            inspect(path, archive, limits)
            for part in archive.infolist():
                if part.filename.lower().endswith((".xml", ".rels", ".vml")):
                    tree = etree.fromstring(_xml(archive, part), parser).getroottree()
                    if tree.docinfo.internalDTD is not None:
                        raise RefusedFileError(
                            "A part of the file declares entities, which no program writes. "
                            "Save it again."
                        )
    except (*DAMAGE, etree.XMLSyntaxError) as error:
        raise RefusedFileError(
            "The file is damaged: a part of it cannot be read. Save it again."
        ) from error


def _xml(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> bytes:
    with archive.open(part) as stream:
        data = stream.read(XML_BYTES + 1)
    if len(data) > XML_BYTES:
        raise RefusedFileError("A part of the file is too large to be read. Save it again.")
    return data
