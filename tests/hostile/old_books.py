"""The binary formats: .xls (a file system of sectors, then records) and .xlsb (records in a zip)."""

import io
import random
import struct
import zipfile
from datetime import date, timedelta

import xlwt

from tests.hostile.cases import ACCEPTED, REFUSED, WARNED, case, many, put
from tests.hostile.packages import HEADINGS
from tests.ingest import binary_book

DAYS = [(date(2026, 1, 1) + timedelta(n), f"L{n % 3}", 100 + n, n % 4) for n in range(12)]
ANY = (ACCEPTED, WARNED, REFUSED)


def xls(rows=DAYS, *, sheets=("Data",), change=None):
    """A real .xls of the rows."""
    book = xlwt.Workbook()
    style = xlwt.easyxf(num_format_str="yyyy-mm-dd")
    for name in sheets:
        sheet = book.add_sheet(name)
        for column, text in enumerate(HEADINGS):
            sheet.write(0, column, text)
        for n, row in enumerate(rows, 1):
            for column, value in enumerate(row):
                if isinstance(value, date):
                    sheet.write(n, column, value, style)
                else:
                    sheet.write(n, column, value)
        if change:
            change(sheet)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def stream_of(data):
    """Where the workbook stream begins: its first record."""
    return data.find(b"\x09\x08\x10\x00\x00\x06\x05\x00")


def put_long(data, at, value):
    """The bytes, four of them being another number."""
    return data[:at] + struct.pack("<I", value & 0xFFFFFFFF) + data[at + 4 :]


def put_short(data, at, value):
    """The bytes, two of them being another number."""
    return data[:at] + struct.pack("<H", value & 0xFFFF) + data[at + 2 :]


def _sectors():
    """Lies in the header of the compound file, each by its place there."""
    whole = xls()
    for name, at in (("sectors of the table", 44), ("first sector of the directory", 48),
                     ("least size of a stream", 56), ("first short sector", 60),
                     ("short sectors", 64), ("first sector of the list", 68),
                     ("sectors of the list", 72), ("first of the table", 76)):  # fmt: skip
        for value in (0, 1, 5, 0x7FFFFFFF, 0xFFFFFFF0, 0xFFFFFFFA, 0xFFFFFFFF):
            yield f"xls: {name}: {value:#x}", "a.xls", put_long(whole, at, value)
    for name, at in (("size of a sector", 30), ("size of a short sector", 32), ("version", 26)):
        for value in (0, 1, 6, 12, 31, 64, 0xFFFF):
            yield f"xls: {name}: {value}", "a.xls", put_short(whole, at, value)
    table = 512 * (struct.unpack_from("<I", whole, 76)[0] + 1)
    yield "xls: a loop of one sector", "a.xls", put_long(whole, table, 0)
    loop = whole
    for n in range(8):
        loop = put_long(loop, table + 4 * n, (n + 1) % 8)
    yield "xls: a loop of eight sectors", "a.xls", loop
    yield (
        "xls: every sector leads to the first",
        "a.xls",
        (whole[:table] + bytes(512) + whole[table + 512 :]),
    )
    directory = 512 * (struct.unpack_from("<I", whole, 48)[0] + 1)
    yield "xls: a stream of 4 GB", "a.xls", put_long(whole, directory + 128 + 120, 0xFFFFFFFF)
    yield (
        "xls: a stream that begins nowhere",
        "a.xls",
        put_long(whole, directory + 128 + 116, 0x0FFFFFFF),
    )
    yield "xls: a name of 64,000 characters", "a.xls", put_short(whole, directory + 64, 64_000)
    yield "xls: a directory that leads to itself", "a.xls", put_long(whole, directory + 128 + 68, 1)
    difat = put_long(put_long(whole, 68, 0), 72, 0xFFFFFF)
    yield "xls: the list of the table leads to itself", "a.xls", difat


many("Containers", _sectors(), *ANY)


@case("Containers", "xls: a list of sectors that loops through 20 MB", *ANY, heavy=True)
def long_loop(folder):
    whole = xls()
    sectors = 40_000
    body = whole + bytes(512 * sectors)
    first = len(whole) // 512 - 1
    out = bytearray(put_long(put_long(body, 68, first), 72, sectors))
    for n in range(first, first + sectors - 1):
        struct.pack_into("<I", out, (n + 2) * 512 - 4, n + 1)
    struct.pack_into("<I", out, (first + sectors) * 512 - 4, first)
    return put(folder / "a.xls", bytes(out))


def _records():
    """Records whose lengths and numbers lie."""
    whole = xls()
    start = stream_of(whole)
    at, places = start, []
    while at + 4 < len(whole) and len(places) < 400:
        kind, length = struct.unpack_from("<HH", whole, at)
        places.append((at, kind, length))
        if kind == 0 and length == 0:
            break
        at += 4 + length
    seen = set()
    for at, kind, length in places:
        if kind in seen or not length:
            continue
        seen.add(kind)
        yield (
            f"xls: record {kind:#06x} claims 65,535 bytes",
            "a.xls",
            put_short(whole, at + 2, 0xFFFF),
        )
        yield (
            f"xls: record {kind:#06x} is full of 0xff",
            "a.xls",
            (whole[: at + 4] + b"\xff" * length + whole[at + 4 + length :]),
        )
        yield f"xls: record {kind:#06x} is empty", "a.xls", put_short(whole, at + 2, 0)
    strings = next(at for at, kind, _ in places if kind == 0x00FC)
    for count in (0, 0x7FFFFFFF, 0xFFFFFFFF):
        yield (
            f"xls: a claim of {count:#x} shared strings",
            "a.xls",
            put_long(put_long(whole, strings + 4, count), strings + 8, count),
        )
    sheet = next(at for at, kind, _ in places if kind == 0x0085)
    for place in (0, 0x7FFFFFFF, 0xFFFFFFFF, 1):
        yield f"xls: a sheet that begins at {place:#x}", "a.xls", put_long(whole, sheet + 4, place)
    extent = next(at for at, kind, _ in places if kind == 0x0200)
    yield (
        "xls: a sheet that claims 4 billion rows",
        "a.xls",
        put_long(put_long(whole, extent + 4, 0), extent + 8, 0xFFFFFFFF),
    )
    yield (
        "xls: a sheet that claims 65,535 columns",
        "a.xls",
        put_short(put_long(whole, extent + 8, 65_536), extent + 14, 0xFFFF),
    )


many("Sheets", _records(), *ANY)


def _cut():
    whole = xls()
    for share in (0.1, 0.4, 0.7, 0.95):
        yield f"xls: cut after {share:.0%}", "a.xls", whole[: int(len(whole) * share)]
    yield "xls: 1 kB of nothing behind the mark", "a.xls", whole[:8] + bytes(1016)
    yield "xls: random bytes behind the mark", "a.xls", whole[:8] + random.Random(1).randbytes(5000)
    yield (
        "xls: encrypted workbook",
        "a.xlsx",
        whole[:8] + bytes(500) + "EncryptedPackage".encode("utf-16-le") + bytes(500),
    )
    words = whole.replace("Workbook".encode("utf-16-le"), "WordDocu".encode("utf-16-le"))
    yield "xls: no workbook in it", "a.xls", words


many("Containers", _cut(), REFUSED)


@case("Containers", "xls: protected by a password", REFUSED)
def protected(folder):
    whole = xls()
    start = stream_of(whole)
    after = start + 20  # the first record behind the beginning: make it a FILEPASS
    changed = put_short(
        put_short(whole, after, 0x002F), after + 2, struct.unpack_from("<H", whole, after + 2)[0]
    )
    return put(folder / "a.xls", changed)


@case("Containers", "xls named xlsx", ACCEPTED, rows=12)
def named_xlsx(folder):
    return put(folder / "a.xlsx", xls())


@case("Sheets", "xls: 65,536 rows by 256 columns", REFUSED, WARNED, ACCEPTED, heavy=True)
def far_corner(folder):
    return put(folder / "a.xls", xls(change=lambda sheet: sheet.write(65_535, 255, 1)))


@case("Sheets", "xls: 200 sheets", *ANY)
def many_xls_sheets(folder):
    return put(folder / "a.xls", xls(sheets=[f"S{n}" for n in range(200)]))


@case("Sheets", "xls: a macro sheet", ACCEPTED, WARNED, REFUSED)
def macro_sheet(folder):
    whole = xls(sheets=("Data", "Macro1"))
    start = stream_of(whole)
    at = start
    while struct.unpack_from("<H", whole, at)[0] != 0x0085:
        at += 4 + struct.unpack_from("<H", whole, at + 2)[0]
    at += 4 + struct.unpack_from("<H", whole, at + 2)[0]
    return put(folder / "a.xls", put_short(whole, at + 8, 0x0101))  # hidden, of the kind "macros"


def _values():
    for text in ("1/0", "1+1", 'HYPERLINK("http://192.0.2.1")', "NA()"):
        yield (
            f"xls: scrap is the formula {text}",
            "a.xls",
            xls(change=lambda s, t=text: s.write(20, 3, xlwt.Formula(t))),
        )
    for value in (1e308, -5, "x" * 32_000, "=1+1", True):
        rows = [*DAYS, (date(2026, 1, 20), "L1", 100, value)]
        yield f"xls: scrap is {str(value)[:12]}", "a.xls", xls(rows)


many("Values", _values(), ACCEPTED, WARNED)


# --- xlsb ---


def xlsb():
    """A small .xlsb of the rows."""
    file = io.BytesIO()
    binary_book.write(file, {"Data": [HEADINGS, *DAYS]})
    return file.getvalue()


def _binary():
    whole = xlsb()
    with zipfile.ZipFile(io.BytesIO(whole)) as archive:
        inner = {name: archive.read(name) for name in archive.namelist()}
    for name in [n for n in inner if n.endswith(".bin")]:
        part = inner[name]
        changes = {
            "is empty": b"",
            "is full of 0xff": b"\xff" * len(part),
            "is full of zeros": bytes(len(part)),
            "is cut": part[: len(part) // 2],
            "begins with a record of 256 MB": b"\x91\x01\xff\xff\xff\x7f" + part,
            "begins with a length without end": b"\x00\xff\xff\xff\xff\xff\xff\xff" + part,
            "has 0xff in its middle": part[: len(part) // 2] + b"\xff" * 8 + part[len(part) // 2 :],
        }
        for what, data in changes.items():
            file = io.BytesIO()
            with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
                for other, content in inner.items():
                    archive.writestr(other, data if other == name else content)
            yield f"xlsb: {name} {what}", "a.xlsb", file.getvalue()
        for seed in range(6):
            bent = bytearray(part)
            dice = random.Random(seed)
            for _ in range(6):
                bent[dice.randrange(len(bent))] = dice.choice((0, 1, 0x7F, 0x80, 0xFF))
            file = io.BytesIO()
            with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
                for other, content in inner.items():
                    archive.writestr(other, bytes(bent) if other == name else content)
            yield f"xlsb: {name} with six bytes changed ({seed})", "a.xlsb", file.getvalue()


many("Sheets", _binary(), *ANY)
