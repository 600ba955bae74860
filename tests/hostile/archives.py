"""Class "Containers": archives that are bombs, lie, overlap or are cut, and other kinds of file."""

import bz2
import gzip
import io
import lzma
import random
import struct
import tarfile
import zipfile

from tests.hostile.cases import ACCEPTED, REFUSED, WARNED, case, many, put
from tests.hostile.packages import (
    CSV,
    MAIN,
    TYPES,
    XML,
    book,
    ods,
    overlapping,
    parts,
    relation,
    relations,
    rows_xml,
    shared,
    sheet_xml,
    with_claimed_size,
    workbook_xml,
    zipped,
)

GROUP = "Containers"
SHEET = "xl/worksheets/sheet1.xml"


# --- bombs ---


@case(GROUP, "xlsx: two million equal rows in 2 MB", REFUSED, says="unpacks? to", heavy=True)
def bomb_of_rows(folder):
    row = "<row><c><v>1</v></c><c><v>2</v></c><c><v>3</v></c></row>"
    return put(folder / "a.xlsx", book({"Data": sheet_xml(row * 2_000_000)}))


@case(GROUP, "xlsx: 300 MB of blanks in a sheet", REFUSED, says="unpacks to .* times its size")
def bomb_of_blanks(folder):
    return put(folder / "a.xlsx", book({"Data": sheet_xml(" " * (300 << 20))}))


@case(GROUP, "xlsx: blanks just below the limit of a part", ACCEPTED, WARNED, REFUSED)
def bomb_below_the_limit(folder):
    return put(folder / "a.xlsx", book({"Data": sheet_xml(rows_xml() + " " * (31 << 20))}))


@case(GROUP, "xlsx: twenty parts of 31 MB of blanks", ACCEPTED, WARNED, REFUSED, heavy=True)
def bomb_of_many(folder):
    more = {f"xl/media/{n}.xml": b" " * (31 << 20) for n in range(20)}
    return put(folder / "a.xlsx", book(more=more))


@case(GROUP, "xlsx: one shared string of 200 MB", REFUSED, says="times its size")
def bomb_of_one_string(folder):
    return put(folder / "a.xlsx", book(shared=shared("x" * (200 << 20))))


@case(GROUP, "xlsx: one shared string of 30 MB", ACCEPTED, WARNED, REFUSED)
def one_long_string(folder):
    data = rows_xml() + '<row r="14"><c r="A14" t="s"><v>0</v></c></row>'
    return put(folder / "a.xlsx", book({"Data": sheet_xml(data)}, shared=shared("x" * (30 << 20))))


@case(GROUP, "xlsx: a 30 MB string that 10,000 cells share", WARNED, REFUSED)
def shared_by_many(folder):
    cells = "".join(f'<row r="{n}"><c r="A{n}" t="s"><v>0</v></c></row>' for n in range(14, 10_014))
    text = "x" * (30 << 20)
    return put(
        folder / "a.xlsx", book({"Data": sheet_xml(rows_xml() + cells)}, shared=shared(text))
    )


@case(GROUP, "xlsx: 100,000 cells share a string of 30,000 characters", WARNED, REFUSED)
def shared_by_very_many(folder):
    cells = "".join(
        f'<row r="{n}"><c r="A{n}" t="s"><v>0</v></c></row>' for n in range(14, 100_014)
    )
    text = "x" * 30_000
    return put(
        folder / "a.xlsx", book({"Data": sheet_xml(rows_xml() + cells)}, shared=shared(text))
    )


@case(GROUP, "ods: 300 MB of blanks", REFUSED, says="times its size")
def ods_bomb(folder):
    return put(folder / "a.ods", ods(b" " * (300 << 20)))


@case(GROUP, "ods: 31 MB of blanks before the content", ACCEPTED, WARNED, REFUSED)
def ods_below_the_limit(folder):
    from tests.hostile.packages import content_xml

    return put(folder / "a.ods", ods(content_xml(head=XML + " " * (31 << 20))))


@case(GROUP, "zip in zip in zip", REFUSED, says="zip archive, not a spreadsheet")
def nested(folder):
    data = zipped({"0.txt": b"0" * (20 << 20)})
    for n in range(5):
        data = zipped({f"{n}.{m}.zip": data for m in range(8)})
    return put(folder / "a.xlsx", data)


@case(GROUP, "xlsx: overlapping entries", REFUSED, says="overlap")
def overlapping_entries(folder):
    return put(folder / "a.xlsx", overlapping(1, 300))


@case(GROUP, "xlsx: overlapping entries of 20 MB each", REFUSED, says="overlap|unpack")
def overlapping_large(folder):
    return put(folder / "a.xlsx", overlapping(20, 200))


# --- lies ---


def _lies():
    whole = book({"Data": sheet_xml(rows_xml() + " " * 3_000_000)})
    for claimed in (0, 1, 5_000, 2_900_000):
        yield (
            f"xlsx: a part claims {claimed:,} bytes",
            whole,
            with_claimed_size(whole, SHEET, claimed),
        )
    for claimed in (0x7FFFFFFF, 0xFFFFFFFE, 0xFFFFFFFF):
        yield (
            f"xlsx: a part claims {claimed:#x} bytes",
            whole,
            with_claimed_size(whole, SHEET, claimed),
        )


many(GROUP, ((name, "a.xlsx", data) for name, _, data in _lies()), REFUSED)


@case(GROUP, "xlsx: sizes told behind each part (data descriptors)", ACCEPTED, rows=12)
def data_descriptors(folder):
    class Unseekable(io.RawIOBase):
        """Where no size can be put in later."""

        def __init__(self):
            self.kept = bytearray()

        def writable(self):
            return True

        def write(self, data):
            self.kept += data
            return len(data)

    sink = Unseekable()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts().items():
            archive.writestr(name, data)
    return put(folder / "a.xlsx", bytes(sink.kept))


@case(GROUP, "xlsx: a zip64 size that lies", REFUSED)
def zip64_lie(folder):
    data = bytearray(book())
    at = data.find(b"PK\x01\x02")
    struct.pack_into("<L", data, at + 24, 0xFFFFFFFF)  # told in an extra field that is not there
    return put(folder / "a.xlsx", bytes(data))


@case(GROUP, "xlsx: an end record that claims a listing of 4 GB", REFUSED)
def listing_lie(folder):
    data = bytearray(book())
    struct.pack_into("<L", data, data.rfind(b"PK\x05\x06") + 12, 0xFFFFFFF0)
    return put(folder / "a.xlsx", bytes(data))


@case(GROUP, "xlsx: a zip64 end record that claims 2^60 bytes", REFUSED)
def listing_64_lie(folder):
    data = book()
    at = data.rfind(b"PK\x05\x06")
    record = struct.pack("<4sQ2H2L4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, 2**40, 2**40, 2**60, 2**60)
    locator = struct.pack("<4sLQL", b"PK\x06\x07", 0, at, 1)
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 0xFFFF, 0xFFFF, 2**32 - 1, 2**32 - 1, 0)
    return put(folder / "a.xlsx", data[:at] + record + locator + end)


@case(GROUP, "xlsx: sum of the parts wrong (CRC)", REFUSED, says="damaged")
def wrong_crc(folder):
    whole = book()
    with zipfile.ZipFile(io.BytesIO(whole)) as archive:
        crc = archive.getinfo(SHEET).CRC
    return put(folder / "a.xlsx", whole.replace(struct.pack("<L", crc), struct.pack("<L", crc ^ 1)))


@case(GROUP, "zip: 100,000 parts", REFUSED, says="parts", heavy=True)
def many_parts(folder):
    return put(folder / "a.xlsx", zipped(((f"xl/{n}.xml", b"") for n in range(100_000)), 0))


@case(GROUP, "zip: 11,000 parts", REFUSED, says="claims 11,000 parts")
def some_parts(folder):
    return put(folder / "a.xlsx", zipped(((f"xl/{n}.xml", b"") for n in range(11_000)), 0))


@case(GROUP, "zip: part names of 60,000 characters", REFUSED)
def long_names(folder):
    return put(folder / "a.xlsx", zipped((("x" * 60_000 + str(n), b"") for n in range(100)), 0))


# --- names of parts ---


def _named():
    base = list(parts().items())
    for name in (
        "../../../../tmp/evil.xml",
        "..\\..\\evil.xml",
        "/etc/passwd//x",
        "C:\\evil.xml",
        "xl/../../evil.xml",
    ):
        yield f"xlsx: a part named {name}", "a.xlsx", zipped([*base, (name, b"x")])
    yield "xlsx: a part twice", "a.xlsx", zipped([*base, (SHEET, b"<x/>")])
    yield "xlsx: a part twice but for case", "a.xlsx", zipped([*base, (SHEET.upper(), b"<x/>")])


many(GROUP, _named(), REFUSED, says="names a part outside|same part twice")


@case(GROUP, "xlsx: a part that is a link", REFUSED, says="contains a link")
def link_part(folder):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, data in parts().items():
            archive.writestr(name, data)
        link = zipfile.ZipInfo("xl/link.xml")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
    return put(folder / "a.xlsx", file.getvalue())


@case(GROUP, "xlsx: backslashes in the names of parts", ACCEPTED, rows=12)
def backslashes(folder):
    found = {name.replace("/", "\\"): data for name, data in parts().items()}
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, data in found.items():
            info = zipfile.ZipInfo("x")
            info.filename = name
            archive.writestr(info, data)
    return put(folder / "a.xlsx", file.getvalue())


@case(GROUP, "xlsx: upper-case names of parts", ACCEPTED, WARNED, REFUSED)
def upper_case(folder):
    return put(folder / "a.xlsx", zipped({n.upper(): d for n, d in parts().items()}))


# --- what is missing or leads elsewhere ---


def _incomplete():
    yield "xlsx: no list of content types", "a.xlsx", book(types=None)
    yield "xlsx: no styles", "a.xlsx", book(styles=None)
    yield "xlsx: no root relations", "a.xlsx", book(root=None)


many(GROUP, _incomplete(), ACCEPTED, WARNED, REFUSED)


def _missing():
    yield "xlsx: no workbook part", "a.xlsx", book(workbook=None)
    yield "xlsx: no relations of the workbook", "a.xlsx", book(links=None)
    yield "xlsx: an empty workbook part", "a.xlsx", book(workbook="")
    yield "xlsx: no sheets listed", "a.xlsx", book(workbook=workbook_xml(()))
    for where in (
        "../../etc/passwd",
        "/etc/passwd",
        "file:///etc/passwd",
        "http://192.0.2.1/x.xml",
    ):
        yield (
            f"xlsx: the sheet is said to lie at {where}",
            "a.xlsx",
            book(links=relations(relation(1, "worksheet", where))),
        )
        yield (
            f"xlsx: the sheet is an external one at {where}",
            "a.xlsx",
            book(links=relations(relation(1, "worksheet", where, "External"))),
        )
    found = parts()
    del found[SHEET]
    yield "xlsx: the sheet's part is missing", "a.xlsx", zipped(found)
    yield "ods: no content", "a.ods", zipped({"mimetype": "x.spreadsheet", "content.xml": b""})
    yield "zip: empty archive", "a.xlsx", zipped({})


many(GROUP, _missing(), REFUSED)


@case(GROUP, "xlsx: a relation that leads to the workbook itself", REFUSED)
def circular(folder):
    return put(folder / "a.xlsx", book(links=relations(relation(1, "worksheet", "workbook.xml"))))


@case(GROUP, "xlsx: external links and data connections", ACCEPTED, rows=12)
def external_links(folder):
    more = {
        "xl/externalLinks/externalLink1.xml": f'{XML}<externalLink xmlns="{MAIN}"/>',
        "xl/externalLinks/_rels/externalLink1.xml.rels": relations(
            relation(1, "externalLinkPath", "http://192.0.2.1/book.xlsx", "External")
        ),
        "xl/connections.xml": f'{XML}<connections xmlns="{MAIN}"/>',
    }
    return put(folder / "a.xlsx", book(more=more))


@case(GROUP, "xlsx with macros", ACCEPTED, rows=12)
def macros(folder):
    return put(folder / "a.xlsm", book(more={"xl/vbaProject.bin": b"\xd0\xcf\x11\xe0" * 500}))


# --- damage ---


def _cut():
    whole, text = book(), ods()
    for share in (0.02, 0.3, 0.6, 0.9, 0.99):
        yield f"xlsx: cut after {share:.0%}", "a.xlsx", whole[: int(len(whole) * share)]
        yield f"ods: cut after {share:.0%}", "a.ods", text[: int(len(text) * share)]
    for size in (1, 4, 22, 30):
        yield f"xlsx: the first {size} bytes", "a.xlsx", whole[:size]
    yield "xlsx: the last half", "a.xlsx", whole[len(whole) // 2 :]
    yield (
        "xlsx: zeros where the first half was",
        "a.xlsx",
        b"PK\x03\x04" + bytes(len(whole) // 2) + whole[len(whole) // 2 :],
    )


many(GROUP, _cut(), REFUSED)


def _flipped():
    for seed, kind in enumerate(("xlsx", "ods") * 6):
        data = bytearray(book() if kind == "xlsx" else ods())
        random.Random(seed).shuffle(order := list(range(len(data))))
        for at in order[:20]:
            data[at] ^= 1 << (at % 8)
        yield f"{kind}: twenty bits flipped ({seed})", f"a.{kind}", bytes(data)


many(GROUP, _flipped(), ACCEPTED, WARNED, REFUSED)


@case(GROUP, "xlsx: a part that is packed wrongly", REFUSED)
def wrongly_packed(folder):
    whole = bytearray(book())
    at = whole.find(SHEET.encode()) + len(SHEET) + 20
    whole[at : at + 40] = bytes(40)
    return put(folder / "a.xlsx", bytes(whole))


@case(GROUP, "xlsx: method of packing nobody knows", REFUSED)
def unknown_method(folder):
    whole = bytearray(book())
    for mark, offset in ((b"PK\x01\x02", 10), (b"PK\x03\x04", 8)):
        at = -1
        while (at := whole.find(mark, at + 1)) >= 0:
            struct.pack_into("<H", whole, at + offset, 99)
    return put(folder / "a.xlsx", bytes(whole))


@case(GROUP, "xlsx packed with LZMA and bzip2", ACCEPTED, REFUSED)
def rarely_packed(folder):
    return put(folder / "a.xlsx", zipped(parts(), zipfile.ZIP_BZIP2))


@case(GROUP, "zip: the flag of encryption set", REFUSED, says="encrypted")
def encrypted_zip(folder):
    whole = bytearray(book())
    for mark, offset in ((b"PK\x01\x02", 8), (b"PK\x03\x04", 6)):
        at = -1
        while (at := whole.find(mark, at + 1)) >= 0:
            whole[at + offset] |= 1
    return put(folder / "a.xlsx", bytes(whole))


@case(GROUP, "xlsx: a workbook behind 60 kB of other bytes", ACCEPTED, REFUSED)
def behind_others(folder):
    return put(folder / "a.xlsx", b"PK\x03\x04" + bytes(60_000) + book())


@case(GROUP, "xlsx: two workbooks one behind the other", ACCEPTED, WARNED, REFUSED)
def two_in_one(folder):
    return put(folder / "a.xlsx", book() + book({"Other": sheet_xml()}))


@case(GROUP, "xlsx: 60 kB of comment", ACCEPTED, rows=12)
def long_comment(folder):
    path = put(folder / "a.xlsx", book())
    with zipfile.ZipFile(path, "a") as archive:
        archive.comment = b"x" * 60_000
    return path


# --- other kinds of file, under names of spreadsheets ---


def _others():
    text = CSV.encode()
    tar = io.BytesIO()
    with tarfile.open(fileobj=tar, mode="w") as archive:
        entry = tarfile.TarInfo("a.csv")
        entry.size = len(text)
        archive.addfile(entry, io.BytesIO(text))
    yield "empty file", "a.xlsx", b""
    yield "gzip named xlsx", "a.xlsx", gzip.compress(text)
    yield "gzip bomb named csv", "a.csv", lambda: gzip.compress(b"0" * (50 << 20))
    yield "bzip2", "a.csv", bz2.compress(text)
    yield "xz", "a.xls", lzma.compress(text)
    yield "7z", "a.xlsx", b"7z\xbc\xaf\x27\x1c" + random.Random(1).randbytes(500)
    yield "rar", "a.xlsx", b"Rar!\x1a\x07\x01\x00" + random.Random(2).randbytes(500)
    yield "zstandard", "a.csv", b"\x28\xb5\x2f\xfd" + random.Random(3).randbytes(500)
    yield "tar", "a.xlsx", tar.getvalue()
    yield "cabinet", "a.xlsx", b"MSCF" + bytes(4) + random.Random(8).randbytes(500)
    yield "PDF", "a.xlsx", b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<<>>\nendobj\n"
    yield "PNG", "a.xls", b"\x89PNG\r\n\x1a\n" + random.Random(4).randbytes(500)
    yield "JPEG", "a.csv", b"\xff\xd8\xff\xe0" + random.Random(5).randbytes(500)
    yield "program", "a.xlsx", b"MZ\x90\x00" + random.Random(6).randbytes(500)
    yield "program of Linux", "a.xlsx", b"\x7fELF\x02\x01\x01" + bytes(500)
    yield "SQLite", "a.xls", b"SQLite format 3\x00" + bytes(500)
    yield "Parquet", "a.csv", b"PAR1" + bytes(500) + b"PAR1"
    yield "Arrow", "a.csv", b"ARROW1\x00\x00" + random.Random(9).randbytes(500)
    yield "Rich Text", "a.xls", b"{\\rtf1\\ansi a}"
    yield "Word document", "a.xlsx", zipped({"word/document.xml": "<x/>"})
    yield "presentation", "a.xlsx", zipped({"ppt/presentation.xml": "<x/>"})
    yield "Numbers document", "a.xlsx", zipped({"Index/Document.iwa": "x"})
    yield (
        "OpenDocument text",
        "a.ods",
        zipped({"mimetype": "application/vnd.oasis.opendocument.text", "content.xml": "<x/>"}),
    )
    yield "Java archive", "a.xlsx", zipped({"META-INF/MANIFEST.MF": "x", "A.class": b"\xca\xfe"})
    yield "random bytes", "a.xlsx", random.Random(7).randbytes(5000)
    yield (
        "random bytes behind a zip's mark",
        "a.xlsx",
        b"PK\x03\x04" + random.Random(7).randbytes(5000),
    )
    yield "random bytes named csv", "a.csv", random.Random(10).randbytes(300_000)
    yield "zeros only", "a.csv", bytes(1_000_000)
    yield "blanks only", "a.csv", b" \n\t" * 100_000
    yield "JSON", "a.csv", b'{"a": [1, 2, 3]}'
    yield "a program's text", "a.csv", b"#!/bin/sh\nrm -rf /\n"


many(GROUP, _others(), REFUSED)


@case(GROUP, "pickle named csv", REFUSED)
def pickled(folder):
    return put(
        folder / "a.csv",
        b"\x80\x04\x95\x1c\x00\x00\x00\x00\x00\x00\x00\x8c\x05posix\x94\x8c\x06system\x94\x93\x94.",
    )


@case(GROUP, "CSV named xlsx", ACCEPTED, rows=12)
def csv_named_xlsx(folder):
    return put(folder / "a.xlsx", CSV.encode())


@case(GROUP, "xlsx named csv", ACCEPTED, rows=12)
def xlsx_named_csv(folder):
    return put(folder / "a.csv", book())


@case(GROUP, "xlsx named xls", ACCEPTED, rows=12)
def xlsx_named_xls(folder):
    return put(folder / "a.xls", book())


@case(GROUP, "xlsx without a name's ending", ACCEPTED, rows=12)
def no_ending(folder):
    return put(folder / "upload", book())


@case(GROUP, "xlsx: deflate stream of 30 MB in a part that nobody reads", ACCEPTED, rows=12)
def bomb_nobody_reads(folder):
    return put(folder / "a.xlsx", book(more={"docProps/app.xml": b" " * (30 << 20)}))


BLANK_MEGABYTES = 31
"""Just below the size from which the ratio of packing counts."""


def _small_bombs():
    """A part of blanks in each place a reader looks at."""

    def bomb(change):
        return lambda: change(" " * (BLANK_MEGABYTES << 20))

    link = relation(1, "worksheet", "worksheets/sheet1.xml")
    for name, change in (
        ("relations", lambda blank: book(links=relations(blank, link))),
        ("content types", lambda blank: book(types=TYPES.replace("</Types>", blank + "</Types>"))),
        (
            "styles",
            lambda blank: book(styles=f'{XML}<styleSheet xmlns="{MAIN}">{blank}</styleSheet>'),
        ),
        ("workbook", lambda blank: book(workbook=workbook_xml(more=f"<!--{blank}-->"))),
    ):
        yield f"xlsx: 31 MB of blanks in its {name}", "a.xlsx", bomb(change)


many(GROUP, _small_bombs(), ACCEPTED, WARNED, REFUSED, heavy=True)
