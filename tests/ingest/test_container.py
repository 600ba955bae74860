"""What a file is, by its bytes; and the refusals, word for word."""

import gzip
import io
import struct
import warnings
import zipfile

import pytest
from openpyxl import Workbook

from kpi.errors import RefusedFileError
from kpi.ingest.container import Container, sniff
from kpi.ingest.limits import Limits


def workbook_bytes():
    book = Workbook()
    book.active.append(["Date", "Produced"])
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def zip_bytes(parts):
    file = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a part twice
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, data in parts:
                archive.writestr(name, data)
    return file.getvalue()


HTML = b"<html><body><table><tr><td>1</td></tr></table></body></html>"
XML = b'<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"/>'


@pytest.mark.parametrize(
    ("name", "data", "expected"),
    [
        pytest.param("a.csv", workbook_bytes(), Container.XLSX, id="a workbook named csv"),
        pytest.param("a.xlsx", b"a;b\n1;2\n", Container.TEXT, id="text named xlsx"),
        pytest.param("a.xls", HTML, Container.HTML, id="a web page named xls"),
        pytest.param("a.xls", XML, Container.SPREADSHEETML, id="Excel 2003 XML named xls"),
        pytest.param("a.xls", "a\tb\n1\t2".encode("utf-16"), Container.TEXT, id="UTF-16 with mark"),
        pytest.param("a.xls", "a\tb\n1\t2".encode("utf-16-le"), Container.TEXT, id="without mark"),
        pytest.param("a", b"MIME-Version: 1.0\n\n", Container.MHTML, id="web archive"),
        pytest.param("a.xlsx", zip_bytes([("xl/workbook.bin", "")]), Container.XLSB, id="xlsb"),
        pytest.param(
            "a.xlsx", zip_bytes([("xl\\workbook.xml", "")]), Container.XLSX, id="backslash"
        ),
        pytest.param("a.csv", b"a,\x00b\n1,2\n", Container.TEXT, id="one NUL is still text"),
    ],
)
def test_the_bytes_decide(tmp_path, name, data, expected):
    file = tmp_path / name
    file.write_bytes(data)
    assert sniff(file).container is expected


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "The file is empty (0 bytes). Export it again."),
        (
            gzip.compress(b"a", mtime=0),
            "The file is a gzip archive, not a spreadsheet. Unpack it and upload the file inside.",
        ),
        (
            b"%PDF-1.7",
            "The file is a PDF document, not a spreadsheet. "
            "Export the table as .xlsx or CSV instead of printing it.",
        ),
        (
            bytes(range(256)) * 8,
            "The file is neither a workbook nor text. "
            "Open it in the program it comes from and save it as .xlsx or CSV.",
        ),
        (
            zip_bytes([("a.csv", "1,2")]),
            "The file is a zip archive, not a spreadsheet. Unpack it and upload the files inside.",
        ),
        (
            zip_bytes([("xl/workbook.xml", ""), ("../../etc/passwd", "")]),
            "The archive names a part outside itself. Save it again from Excel.",
        ),
        (
            zip_bytes([("xl/workbook.xml", ""), ("xl/workbook.xml", "")]),
            "The archive contains the same part twice, so it is not clear which one counts. "
            "Save it again from Excel.",
        ),
        (
            zip_bytes([("xl/workbook.xml", " " * (40 << 20))]),
            "A part of the archive unpacks to 1,029 times its size, which no export does. "
            "Save it again from Excel.",
        ),
        (
            workbook_bytes()[:2000],
            "The workbook is damaged: its archive cannot be opened (File is not a zip file). "
            "Save or export it again.",
        ),
        (
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"),
            "The workbook is protected by a password. Remove the password in Excel "
            "(File, Info, Protect Workbook) and upload it again.",
        ),
        (
            zip_bytes([("word/document.xml", "")]),
            "The file is a Word document, not a spreadsheet. "
            "Open it in the program it comes from and save it as .xlsx or CSV.",
        ),
    ],
)
def test_a_refusal_says_what_and_what_to_do(tmp_path, data, sentence):
    file = tmp_path / "a.xlsx"
    file.write_bytes(data)
    with pytest.raises(RefusedFileError) as refusal:
        sniff(file)
    assert str(refusal.value) == sentence


def test_too_many_parts(tmp_path):
    file = tmp_path / "a.xlsx"
    file.write_bytes(zip_bytes([(f"{i}.xml", "") for i in range(6)]))
    with pytest.raises(RefusedFileError, match="claims 6 parts"):
        sniff(file, Limits(zip_parts=5))


def test_too_large_to_unpack(tmp_path):
    file = tmp_path / "a.xlsx"
    file.write_bytes(zip_bytes([("xl/workbook.xml", "x" * 2000)]))
    with pytest.raises(RefusedFileError, match="Export a shorter period, or as CSV"):
        sniff(file, Limits(inflated_bytes=1000))


@pytest.mark.parametrize("claimed", [2_000, 100_000])
def test_a_size_that_is_not_true(tmp_path, claimed):
    true = 9_000_000
    made = zip_bytes([("xl/workbook.xml", "x" * true)])
    data = made.replace(struct.pack("<L", true), struct.pack("<L", claimed))
    assert data != made
    file = tmp_path / "a.xlsx"
    file.write_bytes(data)
    with pytest.raises(RefusedFileError, match="unpacks to more than the archive says"):
        sniff(file)
