"""Class "Values": cells that are none, or are not what they seem."""

import re

from tests.hostile.cases import ACCEPTED, REFUSED, WARNED, case, many, put
from tests.hostile.packages import CSV, ROWS, book, rows_xml, sheet_xml, workbook_xml

GROUP = "Values"


def _with_cell(xml, place=5):
    """The table, the amount of scrap in one row being another cell."""
    return book({"Data": sheet_xml(re.sub(rf'<c r="D{place}">.*?</c>', xml, rows_xml()))})


def _with_text(text, column=3, row=4):
    """The table as text, one cell being another text."""
    lines = [line.split(",") for line in CSV.strip().splitlines()]
    lines[row][column] = f'"{text}"'
    return "\n".join(map(",".join, lines)).encode("utf-8", "surrogatepass")


def _formulas():
    for name, xml in (
        ("a formula without a result", '<c r="D5"><f>1+1</f></c>'),
        ("a formula with an empty result", '<c r="D5" t="str"><f>1+1</f><v></v></c>'),
        ("#N/A", '<c r="D5" t="e"><v>#N/A</v></c>'),
        ("#DIV/0!", '<c r="D5" t="e"><v>#DIV/0!</v></c>'),
        ("an error nobody knows", '<c r="D5" t="e"><v>#BOOM!</v></c>'),
        ("NaN", '<c r="D5"><v>NaN</v></c>'),
        ("inf", '<c r="D5"><v>INF</v></c>'),
        ("1e308", '<c r="D5"><v>1e308</v></c>'),
        ("1e999999999", '<c r="D5"><v>1e999999999</v></c>'),
        ("a million nines", f'<c r="D5"><v>{"9" * 1_000_000}</v></c>'),
        ("-5", '<c r="D5"><v>-5</v></c>'),
        ("a text", '<c r="D5" t="inlineStr"><is><t>many</t></is></c>'),
        ("true", '<c r="D5" t="b"><v>1</v></c>'),
        ("a truth of 7", '<c r="D5" t="b"><v>7</v></c>'),
        ("a date as text", '<c r="D5" t="d"><v>2026-01-02T00:00:00</v></c>'),
        ("a date that is none", '<c r="D5" t="d"><v>99999-99-99</v></c>'),
        ("a number with blanks", '<c r="D5"><v> 3 </v></c>'),
        ("a number with a comma", '<c r="D5"><v>3,5</v></c>'),
        ("two values", '<c r="D5"><v>3</v><v>4</v></c>'),
        ("a formula of 1 MB", f'<c r="D5"><f>{"1+" * 500_000}1</f><v>3</v></c>'),
        ("a formula that calls a program", "<c r=\"D5\"><f>cmd|' /C calc'!A0</f><v>3</v></c>"),
    ):
        yield f"xlsx: scrap is {name}", "a.xlsx", lambda xml=xml: _with_cell(xml)


many(GROUP, _formulas(), ACCEPTED, WARNED, REFUSED)


def _serials():
    for serial in ("0", "1", "60", "-5", "2958465", "2958466", "1e300", "-1e300", "46023.9999999999",
                   "0.5", "1e10", "nan", "99999999999999999999"):  # fmt: skip
        xml = rows_xml().replace("<v>46025</v>", f"<v>{serial}</v>")
        yield f"xlsx: the serial {serial} as a day", "a.xlsx", book({"Data": sheet_xml(xml)})


many(GROUP, _serials(), ACCEPTED, WARNED, REFUSED)


@case(GROUP, "xlsx: every day is the serial 1e300", REFUSED)
def only_odd_serials(folder):
    xml = re.sub(r"<v>460\d\d</v>", "<v>1e300</v>", rows_xml())
    return put(folder / "a.xlsx", book({"Data": sheet_xml(xml)}))


@case(GROUP, "xlsx: days counted from 1904", ACCEPTED, rows=12)
def from_1904(folder):
    rows = [(day - 1462, *rest) for day, *rest in ROWS]
    xml = workbook_xml(more='<workbookPr date1904="1"/>')
    return put(folder / "a.xlsx", book({"Data": sheet_xml(rows_xml(rows))}, workbook=xml))


def _texts():
    for what, text in (
        ("1e999999999", "1e999999999"),
        ("-1e-999999999", "-1e-999999999"),
        ("a million nines", "9" * 900_000),
        ("a million digits in threes", "123," * 220_000 + "123"),
        ("a million dots", "." * 900_000),
        ("a million blanks and a digit", " " * 900_000 + "7"),
        ("900,000 no-break blanks", "\u00a0" * 400_000 + "7"),
        ("a million minus signs", "-" * 900_000),
        ("a million brackets", "(" * 900_000),
        ("digits and letters in turn", "1a" * 450_000),
        ("digits and separators in turn", "1.1," * 220_000),
        ("a million zeros and a one", "0" * 900_000 + "1"),
        ("a long exponent", "1e" + "9" * 900_000),
        ("Arabic digits", "\u0661\u0662\u0663"),
        ("full-width digits", "\uff11\uff12\uff13"),
        ("mathematical digits", "\U0001d7d9\U0001d7da"),
        ("superscripts", "\u00b2\u00b3"),
        ("a fraction", "\u00bd"),
        ("a Roman numeral", "\u2167"),
        ("a zero-width blank inside", "1\u200b2"),
        ("a bidi override", "\u202e21"),
        ("NaN", "NaN"),
        ("inf", "-inf"),
        ("hexadecimal", "0x1F"),
        ("a number with underscores", "1_000"),
        ("a lone surrogate", "\ud800"),
        ("a character that decomposes into many", "\ufdfa" * 50_000),
        ("100,000 combining marks", "a" + "\u0301" * 100_000),
        ("a formula", "=1+1"),
        ("a part number like a date", "12-01"),
        ("a part number like a number", "00E5"),
    ):
        yield f"csv: scrap is {what}", "a.csv", lambda text=text: _with_text(text)


many(GROUP, _texts(), ACCEPTED, WARNED, REFUSED)


def _days():
    for what, text in (
        ("the year 99999", "99999-01-01"),
        ("the year 0202", "0202-01-05"),
        ("the year 2062", "2062-01-05"),
        ("the 31st of February", "2026-02-31"),
        ("midnight at 24:00", "2026-01-05 24:00"),
        ("a leap second", "2026-01-05 23:59:60"),
        ("a zone", "2026-01-05T10:00:00+25:99"),
        ("a million digits", "2" * 900_000),
        ("digits and dashes in turn", "1-" * 450_000),
        ("digits and blanks in turn", "1 " * 450_000),
        ("a day and a million blanks", "2026-01-05" + " " * 900_000),
        ("a month of 900,000 letters", "5 " + "a" * 900_000 + " 2026"),
        ("dots without end", "1." * 450_000),
        ("00.00.0000", "00.00.0000"),
        ("31.12.9999", "31.12.9999"),
        ("nothing", ""),
        ("a text", "tomorrow"),
        ("Arabic digits", "\u0662\u0660\u0662\u0666-\u0660\u0661-\u0660\u0665"),
    ):
        yield f"csv: a day is {what}", "a.csv", lambda text=text: _with_text(text, 0)


many(GROUP, _days(), ACCEPTED, WARNED, REFUSED)


@case(GROUP, "csv: days of both orders in one column", ACCEPTED, WARNED, REFUSED)
def mixed_orders(folder):
    days = ["13/01/2026", "01/14/2026", "02/03/2026"] * 4
    rows = [f"{d},L1,100,{n % 4}" for n, d in enumerate(days)]
    return put(folder / "a.csv", "\n".join(["Date,Line,Produced,Scrap", *rows]).encode())


@case(GROUP, 'csv: a plant named "NA" and a line named "null"', ACCEPTED, WARNED)
def named_na(folder):
    rows = [f"2026-01-{n:02},NA,null,100,{n % 4}" for n in range(1, 13)]
    text = "\n".join(["Date,Plant,Line,Produced,Scrap", *rows])
    return put(folder / "a.csv", text.encode())


@case(GROUP, "csv: one bad value on row 1,702", WARNED, says="row 1702.*many", rows=1999)
def one_bad_value(folder):
    rows = [f"2026-01-{n % 28 + 1:02},L{n % 3},100,{n % 4}" for n in range(2_000)]
    rows[1_700] = "2026-01-05,L1,100,many"
    return put(folder / "a.csv", "\n".join(["Date,Line,Produced,Scrap", *rows]).encode())


@case(GROUP, "csv: 300,000 bad values", WARNED, REFUSED, heavy=True)
def bad_values(folder):
    rows = [
        f"2026-01-{n % 28 + 1:02},L{n % 3},100,{'x' if n % 2 else 3}{n}" for n in range(600_000)
    ]
    return put(folder / "a.csv", "\n".join(["Date,Line,Produced,Scrap", *rows]).encode())


@case(GROUP, "csv: 300,000 rows whose every cell differs", ACCEPTED, WARNED, REFUSED, heavy=True)
def all_distinct(folder):
    rows = [f"2026-01-{n % 28 + 1:02},Line {n},{n},{n}.{n},{n}x{n}" for n in range(300_000)]
    return put(folder / "a.csv", "\n".join(["Date,Line,Produced,Scrap,Remark", *rows]).encode())


@case(GROUP, "csv: 20,000 plants", ACCEPTED, WARNED, REFUSED)
def many_plants(folder):
    rows = [f"2026-01-{n % 28 + 1:02},Plant {n},L1,100,{n % 4}" for n in range(20_000)]
    return put(folder / "a.csv", "\n".join(["Date,Plant,Line,Produced,Scrap", *rows]).encode())


@case(GROUP, "csv: 100,000 plants and as many lines", ACCEPTED, WARNED, REFUSED, heavy=True)
def very_many_plants(folder):
    rows = [f"2026-01-{n % 28 + 1:02},Plant {n},L{n},100,{n % 4}" for n in range(100_000)]
    return put(folder / "a.csv", "\n".join(["Date,Plant,Line,Produced,Scrap", *rows]).encode())
