"""Archives whose listing and content disagree, and parts that are something else than they say."""

import gzip
import io
import random
import struct
import zipfile
from functools import reduce

from tests.hostile.cases import ACCEPTED, REFUSED, WARNED, many
from tests.hostile.packages import (
    HEADINGS,
    book,
    parts,
    relation,
    relations,
    rows_xml,
    shared,
    sheet_xml,
    zipped,
)

ENTRY, END = b"PK\x01\x02", b"PK\x05\x06"


class _Pipe(io.RawIOBase):
    """What cannot be gone back in: sizes are told behind each part."""

    def __init__(self):
        self.written = io.BytesIO()

    def writable(self):
        return True

    def write(self, data):
        return self.written.write(data)


def _before_end(data, more):
    at = data.rfind(END)
    return data[:at] + more + data[at:]


def _locator(at):
    return struct.pack("<4sLQL", b"PK\x06\x07", 0, at, 1)


def _large_end():
    data, many_ = book(), 2**63
    end = struct.pack("<4sQ2H2L4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, many_, many_, many_, many_)
    return _before_end(data, end + _locator(data.rfind(END)))


def _descriptors():
    pipe = _Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts().items():
            archive.writestr(name, data)
    out, at = bytearray(pipe.written.getvalue()), -1
    while (at := out.find(b"PK\x07\x08", at + 1)) >= 0:
        struct.pack_into("<3L", out, at + 4, 0xDEADBEEF, 1, 0xFFFFFFFF)
    return bytes(out)


def _with_end(at, *numbers):
    out = bytearray(book())
    struct.pack_into(f"<{len(numbers)}H", out, out.rfind(END) + at, *numbers)
    return bytes(out)


def _all_at_the_start():
    out, at = bytearray(book()), -1
    while (at := out.find(ENTRY, at + 1)) >= 0:
        struct.pack_into("<L", out, at + 42, 0)
    return bytes(out)


def _extra_fields():
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, data in parts().items():
            told = zipfile.ZipInfo(name)
            told.extra = struct.pack("<HH", 0xCAFE, 60_000) + bytes(60_000)
            archive.writestr(told, data)
    return file.getvalue()


def _told_headings(strings):
    """A book whose headings are shared strings, given as a part."""
    cells = "".join(f'<c r="{chr(65 + n)}1" t="s"><v>{n}</v></c>' for n in range(len(HEADINGS)))
    rows = f'<row r="1">{cells}</row>{rows_xml(headings=None, first=2)}'
    return book({"Data": sheet_xml(rows)}, shared=strings)


def _listings():
    yield "a zip64 locator at 2^64-1", _before_end(book(), _locator(2**64 - 1))
    yield "a zip64 end of 2^63 parts", _large_end()
    yield "the listing stands on disk 7 of 3", _with_end(4, 7, 3)
    yield "a comment longer than the file", _with_end(20, 0xFFFF)
    yield "a comment that is another end record", book()[:-2] + b"\x16\0" + END + bytes(18)
    yield "every part begins where the first does", _all_at_the_start()
    yield "sizes told behind each part are lies", _descriptors()
    yield (
        "a part calls itself otherwise than the listing does",
        book().replace(b"xl/worksheets/sheet1.xml", b"xl/worksheets/sheet9.xml", 1),
    )
    yield "60 kB of extra fields in every part", _extra_fields()
    yield "parts that are not packed", zipped(parts(), zipfile.ZIP_STORED)


def _others():
    nested = reduce(
        lambda inner, _: zipped({f"z{n}": inner for n in range(16)}), range(4), b"0" * 9999
    )
    yield "archives in archives beside the sheets", book(None, more={"xl/z.zip": nested})
    yield "a workbook embedded in it", book(None, more={"xl/embeddings/a.xlsx": book()})
    yield (
        "a picture of 2 MB beside",
        book(None, more={"xl/media/image1.png": random.Random(1).randbytes(2 << 20)}),
    )
    yield "a sheet that is a zip", book({"Data": zipped({"a": "b" * 1000})})
    yield "a sheet that is gzip", book({"Data": gzip.compress(sheet_xml().encode())})
    yield (
        "a sheet that is a web page",
        book({"Data": "<html><table><tr><td>Date</td></tr></table>"}),
    )
    yield (
        "strings in UTF-16 that say so",
        _told_headings(shared(*HEADINGS).replace("UTF-8", "UTF-16").encode("utf-16")),
    )
    yield "strings in UTF-16 that say UTF-8", _told_headings(shared(*HEADINGS).encode("utf-16"))
    yield (
        "the sheet's address is percent-encoded",
        book(None, links=relations(relation(1, "worksheet", "worksheets%2fsheet1.xml"))),
    )


many(
    "Containers",
    ((f"xlsx: {name}", "a.xlsx", data) for name, data in (*_listings(), *_others())),
    *(ACCEPTED, WARNED, REFUSED),
)
