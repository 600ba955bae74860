"""What kind of file is this? Decided by its bytes, never by its name.

Zip archives are judged by their listing before anything is unpacked. A file that cannot be read,
or may not be, is refused with a sentence that names what it is and what to do.
"""

import re
import stat
import zipfile
import zlib
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from copy import copy
from dataclasses import dataclass
from enum import Enum
from itertools import pairwise
from pathlib import Path
from typing import Final

from kpi.errors import RefusedFileError
from kpi.ingest.limits import DEFAULT_LIMITS, MEGABYTE, Limits
from kpi.texts import joined, said


class Container(Enum):
    """The kinds of file that can be read."""

    XLSX = "xlsx"
    XLSB = "xlsb"
    ODS = "ods"
    FODS = "fods"
    XLS = "xls"
    HTML = "html"
    MHTML = "mhtml"
    SPREADSHEETML = "spreadsheetml"
    TEXT = "text"


@dataclass(frozen=True, slots=True)
class Sniffed:
    """What the bytes of a file say it is."""

    container: Container
    says: str  # for a person


HEAD_BYTES: Final = 4096
OLE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
BIFF_STARTS: Final = (b"\x09\x00\x04\x00", b"\x09\x02\x06\x00", b"\x09\x04\x06\x00", b"\x09\x08")

_SAVE_AS_XLSX: Final = said("Open it in the program it comes from and save it as .xlsx or CSV.")
_UNPACK: Final = said("Unpack it and upload the file inside.")
_INSTEAD: Final = said("Export the table as .xlsx or CSV instead.")
_ITSELF: Final = said("Upload the export itself, as .xlsx or CSV.")
_EXPORT: Final = said("Export the table as .xlsx or CSV.")
_REFUSED_BY_MAGIC: Final[Sequence[tuple[bytes, str, str]]] = (
    (b"\x1f\x8b", said("a gzip archive"), _UNPACK),
    (b"BZh", said("a bzip2 archive"), _UNPACK),
    (b"\xfd7zXZ\x00", said("an xz archive"), _UNPACK),
    (b"7z\xbc\xaf\x27\x1c", said("a 7-Zip archive"), _UNPACK),
    (b"Rar!", said("a RAR archive"), _UNPACK),
    (b"\x28\xb5\x2f\xfd", said("a Zstandard archive"), _UNPACK),
    (
        b"%PDF",
        said("a PDF document"),
        said("Export the table as .xlsx or CSV instead of printing it."),
    ),
    (b"\x89PNG", said("a picture (PNG)"), _INSTEAD),
    (b"\xff\xd8\xff", said("a picture (JPEG)"), _INSTEAD),
    (b"GIF8", said("a picture (GIF)"), _INSTEAD),
    (b"II*\x00", said("a picture (TIFF)"), _INSTEAD),
    (b"MM\x00*", said("a picture (TIFF)"), _INSTEAD),
    (b"{\\rtf", said("a Rich Text document"), _SAVE_AS_XLSX),
    (b"MZ", said("a Windows program"), _ITSELF),
    (b"\x7fELF", said("a program"), _ITSELF),
    (b"PAR1", said("a Parquet file"), _EXPORT),
    (b"SQLite format 3", said("an SQLite database"), _EXPORT),
    (b"\x00\x01\x00\x00Standard", said("an Access database"), _EXPORT),
)


def sniff(path: Path, limits: Limits = DEFAULT_LIMITS) -> Sniffed:
    """Tell what the file is by its bytes; raise ``RefusedFileError`` where it may not be read."""
    size = path.stat().st_size
    if size == 0:
        raise RefusedFileError("The file is empty (0 bytes). Export it again.")
    if size > limits.file_bytes:
        raise RefusedFileError(
            said(
                "The file has {size} MB; at most {most} MB are read. Export a shorter period.",
                size=round(size / MEGABYTE),
                most=round(limits.file_bytes / MEGABYTE),
            )
        )
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")):
        return _sniff_zip(path, limits)
    if head.startswith(OLE):
        return _sniff_ole(path)
    for magic, name, advice in _REFUSED_BY_MAGIC:
        if head.startswith(magic):
            raise _no_spreadsheet(name, advice)
    if head.startswith(BIFF_STARTS):
        return Sniffed(Container.XLS, "Excel workbook of an old version (.xls)")
    return _sniff_text(head)


def _no_spreadsheet(what: str, advice: str) -> RefusedFileError:
    return RefusedFileError(
        joined(said("The file is {what}, not a spreadsheet.", what=what), advice)
    )


def _sniff_ole(path: Path) -> Sniffed:
    """An OLE file: a real .xls, or an encrypted workbook, or another Office document."""
    data = path.read_bytes()
    if "EncryptedPackage".encode("utf-16-le") in data:
        raise RefusedFileError(PASSWORD)
    names = {
        "WordDocument": said("a Word document"),
        "PowerPoint Document": said("a PowerPoint presentation"),
        "__substg1.0_": said("an Outlook message"),
    }
    workbook = any(n.encode("utf-16-le") in data for n in ("Workbook", "WORKBOOK", "Book", "BOOK"))
    for name, what in names.items():
        if not workbook and name.encode("utf-16-le") in data:
            raise _no_spreadsheet(what, _SAVE_AS_XLSX)
    return Sniffed(Container.XLS, "Excel 97-2003 workbook (.xls)")


PASSWORD: Final = (
    "The workbook is protected by a password. Remove the password in Excel "
    "(File, Info, Protect Workbook) and upload it again."
)


def _sniff_zip(path: Path, limits: Limits) -> Sniffed:
    try:
        with zipfile.ZipFile(path) as archive:
            parts = archive.infolist()
            _inspect(parts, path.stat().st_size, limits)
            names = {part.filename.replace("\\", "/").lstrip("/").lower() for part in parts}
            kind = _kind_of_zip(archive, names)
            _check_claims(archive)
            return kind
    except RefusedFileError:
        raise
    except (
        zipfile.BadZipFile,
        zlib.error,
        EOFError,
        OSError,
        ValueError,
        RuntimeError,
        NotImplementedError,
    ) as error:
        raise RefusedFileError(
            said(
                "The workbook is damaged: its archive cannot be opened ({error}). "
                "Save or export it again.",
                error=_short(error),
            )
        ) from error


def _short(error: BaseException) -> str:
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


def _check_claims(archive: zipfile.ZipFile) -> None:
    """Unpack, in pieces, the parts whose claimed size is too small to be taken on trust.

    A reader allots what comes out, not what was claimed. Parts that claim much are held to the
    limits on what may be claimed.
    """
    for part in archive.infolist():
        trusted = part.file_size > max(UNPACKED_AT_ONCE, SURE_RATIO * part.compress_size)
        if trusted or part.flag_bits & 0x1 or part.compress_size < HEAD_BYTES:
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


def _kind_of_zip(archive: zipfile.ZipFile, names: set[str]) -> Sniffed:
    if any(part.flag_bits & 0x1 for part in archive.infolist()):
        raise RefusedFileError("The archive is encrypted. Remove the password and upload it again.")
    if "xl/workbook.bin" in names:
        return Sniffed(Container.XLSB, "Excel binary workbook (.xlsb)")
    if any(re.fullmatch(r"(.*/)?workbook\w*\.xml", n) for n in names):
        macros = "xl/vbaproject.bin" in names
        return Sniffed(
            Container.XLSX, "Excel workbook with macros" if macros else "Excel workbook (.xlsx)"
        )
    if "content.xml" in names:
        return _kind_of_open_document(archive, names)
    others = {
        "word/document.xml": said("a Word document"),
        "ppt/presentation.xml": said("a PowerPoint presentation"),
        "index/document.iwa": said("an Apple Numbers or Pages document"),
    }
    for name, what in others.items():
        if name in names:
            raise _no_spreadsheet(what, _SAVE_AS_XLSX)
    if "[content_types].xml" in names:
        raise RefusedFileError(
            "The workbook is damaged: its list of sheets is missing. Save it again from Excel."
        )
    raise RefusedFileError(
        "The file is a zip archive, not a spreadsheet. Unpack it and upload the files inside."
    )


def _kind_of_open_document(archive: zipfile.ZipFile, names: set[str]) -> Sniffed:
    kind = archive.read("mimetype")[:100].decode("ascii", "replace") if "mimetype" in names else ""
    if kind and "spreadsheet" not in kind:
        raise RefusedFileError(
            joined(
                said("The file is an OpenDocument text or drawing, not a spreadsheet."),
                _SAVE_AS_XLSX,
            )
        )
    manifest = next((n for n in archive.namelist() if n.lower() == "meta-inf/manifest.xml"), None)
    if manifest is not None:
        with archive.open(manifest) as part:
            if b"encryption-data" in part.read(MEGABYTE):
                raise RefusedFileError(PASSWORD)
    return Sniffed(Container.ODS, "OpenDocument spreadsheet (.ods)")


_MARKUP: Final = re.compile(
    rb"<(?:!doctype\s+html|html|head|body|table|meta|style|center|div)\b", re.I
)


def _sniff_text(head: bytes) -> Sniffed:
    """Markup or plain text; random bytes are refused."""
    bare = head.lstrip(b"\xef\xbb\xbf\xff\xfe\x00 \t\r\n").replace(b"\x00", b"")
    if bare.startswith(b"<?xml") or bare.startswith(b"<Workbook"):
        if b"urn:schemas-microsoft-com:office:spreadsheet" in bare:
            return Sniffed(Container.SPREADSHEETML, "Excel 2003 XML spreadsheet")
        if b"opendocument" in bare and b"spreadsheet" in bare:
            return Sniffed(Container.FODS, "OpenDocument spreadsheet (.fods)")
        if not _MARKUP.search(bare):
            raise RefusedFileError(
                "The file is XML, but no spreadsheet. Export the table as .xlsx or CSV."
            )
    if (bare[:1] == b"<" and _MARKUP.match(bare)) or bare[:5] == b"<?xml":
        return Sniffed(Container.HTML, "HTML table (some systems call it .xls)")
    if re.match(rb"mime-version:", bare, re.I):
        return Sniffed(Container.MHTML, "web archive (MHTML)")
    wide = head.startswith((b"\xff\xfe", b"\xfe\xff", b"\x00\x00\xfe\xff"))
    if not wide and _is_binary(head):
        raise RefusedFileError(
            joined(said("The file is neither a workbook nor text."), _SAVE_AS_XLSX)
        )
    return Sniffed(Container.TEXT, "text (CSV)")


def _is_binary(head: bytes) -> bool:
    """Text may hold a stray control character; random bytes hold many of every kind."""
    zeros = head.count(0)
    if (
        zeros
        and (zeros > 0.3 * len(head))
        and (head[::2].count(0) == 0 or head[1::2].count(0) == 0)
    ):
        return False  # UTF-16 without a mark
    if zeros > 0.2 * len(head) and head.count(0) - head[::2].count(0) > 0.8 * zeros:
        return False
    control = sum(head.count(bytes([c])) for c in range(32) if c not in (9, 10, 11, 12, 13, 26, 27))
    return control > 0.05 * len(head) and control > 2
