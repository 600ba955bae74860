"""Class "Text files": lines, quotes, separators and encodings without measure."""

import random

from tests.hostile.cases import ACCEPTED, REFUSED, WARNED, case, many, put
from tests.hostile.packages import CSV

GROUP = "Text files"
MEGABYTE = 1 << 20


def written(path, pieces):
    """A file written piece by piece, so that no large one is ever held here."""
    with path.open("wb") as file:
        for piece in pieces:
            file.write(piece)
    return path


# --- too much of one thing ---


@case(GROUP, "1 GB on one line", REFUSED, says="1,?024 MB", heavy=True)
def gigabyte_line(folder):
    path = folder / "a.csv"
    with path.open("wb") as file:
        file.write(CSV.encode())
        file.truncate(1 << 30)  # zeros that take no room on the disk
    return path


@case(GROUP, "1 TB", REFUSED, says="MB are read")
def terabyte(folder):
    path = folder / "a.csv"
    with path.open("wb") as file:
        file.write(CSV.encode())
        file.truncate(1 << 40)
    return path


@case(GROUP, "500 MB on one line", REFUSED, says="longer than", heavy=True)
def half_a_gigabyte(folder):
    return written(folder / "a.csv", (b"a" * MEGABYTE for _ in range(500)))


@case(GROUP, "500 MB of zeros behind a table", REFUSED, heavy=True)
def zeros_behind(folder):
    path = put(folder / "a.csv", CSV.encode())
    with path.open("r+b") as file:
        file.truncate(500 * MEGABYTE)
    return path


@case(GROUP, "a cell of 120 MB", REFUSED, says="longer than", heavy=True)
def long_cell(folder):
    pieces = [CSV.encode() + b"2026-02-01,", *[b"x" * MEGABYTE] * 120, b",100,3\n" + CSV.encode()]
    return written(folder / "a.csv", pieces)


@case(GROUP, "a quoted cell of 120 MB over many lines", REFUSED, heavy=True, megabytes=600)
def long_quoted_cell(folder):
    line = b"words and more words in a remark\n" * 32_000
    pieces = [CSV.encode() + b'2026-02-01,"', *[line] * 120, b'",100,3\n' + CSV.encode()]
    return written(folder / "a.csv", pieces)


@case(GROUP, "a cell of 2 MB", ACCEPTED, WARNED, REFUSED)
def long_cell_small(folder):
    text = CSV + "2026-02-01," + "x" * (2 * MEGABYTE) + ",100,3\n" + CSV
    return put(folder / "a.csv", text.encode())


@case(GROUP, "lines of 9 MB", ACCEPTED, WARNED, REFUSED, heavy=True, megabytes=700)
def long_lines(folder):
    return written(
        folder / "a.csv", [CSV.encode(), *[b"2026-02-01," + b"x" * 9_000_000 + b",100,3\n"] * 5]
    )


@case(GROUP, "25 MB of commas", REFUSED, heavy=True)
def commas(folder):
    return put(folder / "a.csv", b"," * (25 * MEGABYTE))


@case(GROUP, "25 MB of commas in lines", REFUSED, heavy=True)
def commas_in_lines(folder):
    return put(folder / "a.csv", (b"," * 1000 + b"\n") * 25_000)


@case(GROUP, "25 MB of line ends", REFUSED, heavy=True)
def line_ends(folder):
    return put(folder / "a.csv", b"\n" * (25 * MEGABYTE))


@case(GROUP, "25 MB of returns", REFUSED, heavy=True)
def returns(folder):
    return put(folder / "a.csv", b"\r" * (25 * MEGABYTE))


@case(GROUP, "10 MB of quotes", REFUSED, heavy=True)
def quotes(folder):
    return put(folder / "a.csv", b'"' * (10 * MEGABYTE - 1))


@case(GROUP, "5 MB of quotes in lines", REFUSED, heavy=True)
def quotes_in_lines(folder):
    return put(folder / "a.csv", b'"\n' * 2_500_000)


@case(GROUP, "10 MB of quotes and commas", REFUSED, WARNED, heavy=True)
def quotes_and_commas(folder):
    return put(folder / "a.csv", b'",' * (5 * MEGABYTE))


@case(GROUP, "10 MB of backslashes before quotes", REFUSED, WARNED, heavy=True)
def backslashes(folder):
    return put(folder / "a.csv", CSV.encode() + b'\\",' * (3 * MEGABYTE))


@case(GROUP, "a table, then 5 MB of single quotes", REFUSED, WARNED, heavy=True)
def single_quotes(folder):
    return put(folder / "a.csv", CSV.replace("L", "'L").encode() + b"'," * (5 * MEGABYTE // 2))


@case(GROUP, "a million columns", REFUSED, says="cells; at most")
def million_columns(folder):
    line = b",".join(b"%d" % n for n in range(1_000_000))
    return put(folder / "a.csv", line + b"\n" + line + b"\n")


@case(
    GROUP,
    "a million headings, one column a line each",
    REFUSED,
    ACCEPTED,
    WARNED,
    heavy=True,
    megabytes=650,
)
def many_headings(folder):
    return written(
        folder / "a.csv", (b"Date %d,Line,Produced,Scrap\n" % n for n in range(1_000_000))
    )


@case(GROUP, "4,000 columns by 2,000 rows", ACCEPTED, WARNED, REFUSED, heavy=True)
def wide_and_long(folder):
    heads = b"Date,Line," + b",".join(b"H%d" % n for n in range(4_000))
    row = b"2026-01-02,L1," + b",".join(b"%d" % n for n in range(4_000))
    return written(folder / "a.csv", [heads + b"\n", *[row + b"\n"] * 2_000])


@case(GROUP, "4,000 date headings across by 500 rows", ACCEPTED, WARNED, REFUSED, heavy=True)
def months_across(folder):
    heads = "Line," + ",".join(f"{n % 12 + 1}/{1950 + n // 12}" for n in range(4_000))
    row = "L1," + ",".join(map(str, range(4_000)))
    return put(folder / "a.csv", (heads + "\n" + (row + "\n") * 500).encode())


@case(GROUP, "header only", REFUSED)
def header_only(folder):
    return put(folder / "a.csv", b"Date,Line,Produced,Scrap\n")


@case(GROUP, "one cell", REFUSED)
def one_cell(folder):
    return put(folder / "a.csv", b"x")


@case(GROUP, "two million rows of one cell", REFUSED, ACCEPTED, WARNED, heavy=True)
def one_column(folder):
    return put(folder / "a.csv", b"7\n" * 2_000_000)


# --- quotes ---


@case(GROUP, "an unclosed quote with 25 MB behind it", WARNED, heavy=True, says="never closed")
def unclosed_quote(folder):
    line = b"2026-01-02,L1,100,3,a remark that fills the row\n"
    head = b"Date,Line,Produced,Scrap,Remark\n"
    return written(
        folder / "a.csv",
        [head, line * 500, b'2026-01-02,L1,100,3,"never closed\n', line * (25 * MEGABYTE // 48)],
    )


@case(GROUP, "an unclosed quote in every tenth row of 5 MB", WARNED, REFUSED, heavy=True)
def many_unclosed(folder):
    line = b"2026-01-02,L1,100,3,a remark that fills the row\n"
    odd = b'2026-01-02,L1,100,3,"never closed\n'
    return written(
        folder / "a.csv", [b"Date,Line,Produced,Scrap,Remark\n", (line * 9 + odd) * 11_000]
    )


@case(GROUP, "an unclosed quote in the header", REFUSED, WARNED)
def unclosed_header(folder):
    return put(folder / "a.csv", ('"' + CSV * 2_000).encode())


# --- encodings ---


def _encoded():
    for name in ("utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252", "cp850"):
        yield f"in {name}", "a.csv", CSV.replace("L1", "Größe").encode(name)
    yield "tabs between cells", "a.txt", CSV.replace(",", "\t").encode()
    yield "CR line ends", "a.csv", CSV.replace("\n", "\r").encode()
    yield "trailing delimiters", "a.csv", CSV.replace("\n", ",,,\n").encode()
    yield "a sep= line", "a.csv", b"sep=,\r\n" + CSV.encode()
    yield "a byte order mark twice", "a.csv", b"\xef\xbb\xbf" * 2 + CSV.encode()
    yield "a UTF-16 mark before UTF-8", "a.csv", b"\xef\xbb\xbf" + CSV.encode()


many(GROUP, _encoded(), ACCEPTED, WARNED, rows=12)


def _broken():
    mixed = CSV.replace("L1", "Größe").encode() + CSV.replace("L1", "Größe").encode("cp1252")
    yield "two encodings in one file", "a.csv", mixed
    yield "NUL bytes everywhere", "a.csv", CSV.replace("1", "\x001").encode()
    yield "a NUL after every character of half", "a.csv", CSV.encode() + CSV.encode("utf-16-le")
    yield "UTF-16 with an odd number of bytes", "a.csv", CSV.encode("utf-16")[:-1]
    yield "a UTF-16 mark before bytes that are none", "a.csv", b"\xff\xfe" + CSV.encode() + b"x"
    yield "a UTF-32 mark before bytes that are none", "a.csv", b"\xff\xfe\x00\x00" + CSV.encode()
    yield "lone surrogates in UTF-8", "a.csv", CSV.encode().replace(b"L1", b"\xed\xa0\x80")
    yield (
        "lone surrogates in UTF-16",
        "a.csv",
        CSV.replace("L1", "\ud800").encode("utf-16", "surrogatepass"),
    )
    yield "overlong UTF-8", "a.csv", CSV.encode().replace(b"L1", b"\xc0\xaf\xe0\x80\xaf")
    yield "form feeds and vertical tabs", "a.csv", CSV.replace("L", "\x0c\x0bL").encode()
    yield "escape sequences of a terminal", "a.csv", CSV.replace("L", "\x1b[31mL").encode()
    yield "line ends nobody knows", "a.csv", CSV.replace("L1", "L\u20281\u0085").encode()
    yield (
        "ragged rows",
        "a.csv",
        "".join(line + "," * (n % 5) + "\n" for n, line in enumerate(CSV.splitlines())).encode(),
    )
    yield (
        "rows of one to twelve cells",
        "a.csv",
        "".join(",".join("x" * (n + 1)) + "\n" for n in range(12)).encode(),
    )
    yield "an end-of-file mark in the middle", "a.csv", (CSV + "\x1a" + CSV).encode()
    yield (
        "RTL and zero-width characters in headings",
        "a.csv",
        CSV.replace("Scrap", "\u200bScr\u200dap\u202e").encode(),
    )
    yield "formulas in every cell", "a.csv", CSV.replace("L", "=cmd|' /C calc'!A").encode()
    yield "a separator line of a control character", "a.csv", b"sep=\x01\n" + CSV.encode()
    yield "a separator line of a quote", "a.csv", b'sep="\n' + CSV.encode()
    yield "a separator line of a return", "a.csv", b"sep=\r\r\n" + CSV.encode()
    yield "a separator line of a NUL", "a.csv", b"sep=\x00\n" + CSV.encode()
    yield "a separator line of a character beyond ASCII", "a.csv", "sep=€\n".encode() + CSV.encode()


many(GROUP, _broken(), ACCEPTED, WARNED, REFUSED)


def _large_broken():
    """The same, beyond the size from which a text is read in columns."""
    line = CSV.encode().splitlines(keepends=True)
    body = b"".join(line[1:]) * 5_000
    yield "one bad byte in a megabyte", "a.csv", line[0] + body.replace(b"L2", b"\xff2", 1)
    yield "a NUL in a megabyte", "a.csv", line[0] + body.replace(b"L2", b"\x002", 1)
    yield (
        "a lone surrogate in a megabyte",
        "a.csv",
        line[0] + body.replace(b"L2", b"\xed\xa0\x80", 1),
    )
    yield "a megabyte in UTF-16", "a.csv", (line[0] + body).decode().encode("utf-16")
    yield (
        "a megabyte in UTF-16 with a lone surrogate",
        "a.csv",
        (line[0] + body).decode().replace("L2", "\ud800", 1).encode("utf-16", "surrogatepass"),
    )
    yield (
        "a megabyte in two encodings",
        "a.csv",
        (
            line[0]
            + body.replace(b"L2", "Größe".encode(), 1).replace(b"L2", "Größe".encode("cp1252"), 1)
        ),
    )
    yield "a megabyte with CR line ends", "a.csv", (line[0] + body).replace(b"\n", b"\r")
    yield (
        "a megabyte of ragged rows",
        "a.csv",
        line[0] + b"".join(line[1].rstrip() + b"," * (n % 7) + b"\n" for n in range(50_000)),
    )
    yield (
        "a megabyte, a row of 100,000 cells inside",
        "a.csv",
        (line[0] + body + b",".join([b"1"] * 100_000) + b"\n" + body),
    )
    yield (
        "a megabyte, a cell of 1 MB inside",
        "a.csv",
        (line[0] + body + b"2026-01-01," + b"x" * MEGABYTE + b",1,1\n" + body),
    )
    yield (
        "a megabyte of single-quoted cells",
        "a.csv",
        (
            line[0]
            + b"".join(
                b"'2026-01-%02d','L%d','1','1'\n" % (n % 28 + 1, n % 3) for n in range(50_000)
            )
        ),
    )
    yield (
        "a megabyte of one quote opened a line",
        "a.csv",
        (line[0] + b'2026-01-01,"L1,1,1\n' * 50_000),
    )


many(
    GROUP,
    ((n, f, (lambda d=d: d)) for n, f, d in _large_broken()),
    *(ACCEPTED, WARNED, REFUSED),
    heavy=True,
)


def _random():
    for seed in range(8):
        dice = random.Random(seed)
        alphabet = [*"0123456789,;\t|\"'\\\n\r .-/:()%€ABCabc=+@\x00\u00a0\u202eé年", "\n", ","]
        text = "".join(dice.choices(alphabet, k=30_000))
        yield f"random signs ({seed})", "a.csv", text.encode()
        yield (
            f"random signs under a heading ({seed})",
            "a.csv",
            (CSV.splitlines()[0] + "\n" + text).encode(),
        )


many(GROUP, _random(), ACCEPTED, WARNED, REFUSED)


def _patterns():
    """Texts on which a careless pattern of headings, units or numbers takes forever."""
    for what, text in (
        ("blanks", " " * 200_000),
        ("digits", "1" * 200_000),
        ("letters", "a" * 200_000),
        ("brackets", "(" * 100_000 + ")" * 100_000),
        ("square brackets", "[" * 200_000),
        ("letters and blanks", "a " * 100_000),
        ("underscores", "_" * 200_000),
        ("dashes and dots", "-." * 100_000),
        ("slashes", "/" * 200_000),
        ("colons", "a:" * 100_000),
        ("line ends in quotes", "a\n" * 90),
        ("commas and digits", "1," * 100_000),
        ("percents", "%" * 200_000),
        ("words of units", "pcs kg " * 30_000),
        ("months", "Jan 2026 " * 20_000),
        ("camel case", "aB" * 100_000),
        ("Chinese", "日期" * 50_000),
        ("accents", "é\u0301" * 50_000),
    ):
        quoted = f'"{text}"'
        head = CSV.replace("Scrap", quoted, 1).encode()
        yield f"a heading of {what}", "a.csv", head
        yield f"a title of {what}", "a.csv", f"{quoted},,,\n{CSV}".encode()
        yield f"a line named by {what}", "a.csv", CSV.replace("L1", quoted, 1).encode()


many(GROUP, _patterns(), ACCEPTED, WARNED, REFUSED, heavy=True)
