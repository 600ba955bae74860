"""What kind of file is this? Decided by its bytes, never by its name.

Zip archives are judged by their listing before anything is unpacked. A file that cannot be read,
or may not be, is refused with a sentence that names what it is and what to do.
"""

import re
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Final

from kpi.errors import RefusedFileError
from kpi.ingest.archive import DAMAGE, ZIP_STARTS, check_listing, inspect, short
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
    if head.startswith(ZIP_STARTS):
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


LARGEST_OLE: Final = 128 * MEGABYTE
"""The format ends at 65,536 rows a sheet, and is read whole."""


def _sniff_ole(path: Path) -> Sniffed:
    """An OLE file: a real .xls, or an encrypted workbook, or another Office document."""
    size = path.stat().st_size
    if size > LARGEST_OLE:
        raise RefusedFileError(
            said(
                "The file has {size} MB; of old workbooks (.xls) at most {most} MB are read. "
                "Save it as .xlsx, or export a shorter period.",
                size=round(size / MEGABYTE),
                most=round(LARGEST_OLE / MEGABYTE),
            )
        )
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
        check_listing(path, limits)
        with zipfile.ZipFile(path) as archive:
            parts = archive.infolist()
            inspect(path, archive, limits)
            names = {part.filename.replace("\\", "/").lstrip("/").lower() for part in parts}
            return _kind_of_zip(archive, names)
    except RefusedFileError:
        raise
    except DAMAGE as error:
        raise RefusedFileError(
            said(
                "The workbook is damaged: its archive cannot be opened ({error}). "
                "Save or export it again.",
                error=short(error),
            )
        ) from error


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
