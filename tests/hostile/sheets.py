"""Class "Sheets": what a sheet claims, how far it reaches, and how much hangs on it."""

from tests.hostile.cases import ACCEPTED, REFUSED, WARNED, case, many, put
from tests.hostile.packages import (
    DATE_STYLES,
    MAIN,
    ODS_ROWS,
    ROWS,
    XML,
    book,
    content_xml,
    letter,
    ods,
    ods_cell,
    ods_row,
    rows_xml,
    sheet_xml,
    workbook_xml,
)

GROUP = "Sheets"


def _claims():
    for claim in ("A1:XFD1048576", "A1:D1048576", "A1", "", "XFD1048576", "A0:ZZZZZ99999999999",
                  "D12:A1", "A1:D5"):  # fmt: skip
        yield (
            f"xlsx: a sheet claims {claim!r}",
            "a.xlsx",
            book({"Data": sheet_xml(before=f'<dimension ref="{claim}"/>')}),
        )


many(GROUP, _claims(), ACCEPTED, WARNED, rows=12)


def _strays():
    for place in ("XFD1048576", "D1048576", "XFD1", "ZZ500000", "A1048577", "XFE1", "AAAA1",
                  "A0", "A99999999999999999999", "A-5", "1A", "ZZZZZZZZZZZZ1"):  # fmt: skip
        yield (
            f"xlsx: one stray cell at {place}",
            "a.xlsx",
            book({"Data": sheet_xml(rows_xml() + f'<row><c r="{place}"><v>1</v></c></row>')}),
        )
    yield (
        "xlsx: stray cells in a thousand places",
        "a.xlsx",
        book(
            {
                "Data": sheet_xml(
                    rows_xml()
                    + "".join(
                        f'<row r="{n * 1000}"><c r="{letter(n * 16)}{n * 1000}"><v>1</v></c></row>'
                        for n in range(1, 1000)
                    )
                )
            }
        ),
    )
    yield (
        "xlsx: cells along the diagonal",
        "a.xlsx",
        book(
            {
                "Data": sheet_xml(
                    "".join(
                        f'<row r="{n * 64}"><c r="{letter(n)}{n * 64}"><v>1</v></c></row>'
                        for n in range(1, 16_000)
                    )
                )
            }
        ),
    )
    yield (
        "xlsx: rows numbered backwards",
        "a.xlsx",
        book(
            {
                "Data": sheet_xml(
                    "".join(reversed(rows_xml().split("</row>"))).replace("<row", "</row><row")[6:]
                    + "</row>"
                )
            }
        ),
    )
    yield (
        "xlsx: every cell at A1",
        "a.xlsx",
        book({"Data": sheet_xml(rows_xml() + '<row r="1"><c r="A1"><v>7</v></c></row>' * 1000)}),
    )


many(GROUP, _strays(), ACCEPTED, WARNED, REFUSED)


@case(GROUP, "xlsx: a million formatted empty rows", ACCEPTED, WARNED, heavy=True, rows=12)
def formatted_rows(folder):
    empty = "".join(f'<row r="{n}" s="1" customFormat="1"/>' for n in range(14, 1_000_000))
    return put(folder / "a.xlsx", book({"Data": sheet_xml(rows_xml() + empty)}))


@case(GROUP, "xlsx: 300,000 rows of formatted empty cells", ACCEPTED, WARNED, heavy=True, rows=12)
def formatted_cells(folder):
    empty = "".join(
        f'<row r="{n}"><c r="A{n}" s="1"/><c r="B{n}" s="1"/><c r="C{n}"/><c r="D{n}"/></row>'
        for n in range(14, 300_000)
    )
    return put(folder / "a.xlsx", book({"Data": sheet_xml(rows_xml() + empty)}))


@case(GROUP, "xlsx: 16,384 columns", REFUSED, says="16,?384 columns")
def wide(folder):
    rows = [tuple(range(16_384)) for _ in range(20)]
    return put(folder / "a.xlsx", book({"Data": sheet_xml(rows_xml(rows, headings=None))}))


@case(GROUP, "xlsx: 4,000 columns of headings", ACCEPTED, WARNED, REFUSED)
def quite_wide(folder):
    heads = tuple(f"Heading {n}" for n in range(4_000))
    rows = [tuple(range(4_000)) for _ in range(20)]
    return put(folder / "a.xlsx", book({"Data": sheet_xml(rows_xml(rows, headings=heads))}))


@case(GROUP, "xlsx: 4,000 columns that all say Produced", ACCEPTED, WARNED, REFUSED)
def wide_and_alike(folder):
    heads = ("Date", "Line", *["Produced"] * 4_000)
    rows = [(46023 + n, "L1", *range(4_000)) for n in range(20)]
    return put(folder / "a.xlsx", book({"Data": sheet_xml(rows_xml(rows, headings=heads))}))


@case(GROUP, "xlsx: the columns of the table ten times side by side", ACCEPTED, WARNED, REFUSED)
def doubled_columns(folder):
    rows = [tuple(row) * 10 for row in ROWS]
    heads = ("Date", "Line", "Produced", "Scrap") * 10
    return put(folder / "a.xlsx", book({"Data": sheet_xml(rows_xml(rows, headings=heads))}))


def _merges():
    small = "".join(f'<mergeCell ref="F{n}:G{n}"/>' for n in range(1, 100_001))
    yield "xlsx: 100,000 merged ranges", small, {ACCEPTED, WARNED}
    yield (
        "xlsx: one gigantic merged range",
        '<mergeCell ref="A1:XFD1048576"/>',
        {ACCEPTED, WARNED, REFUSED},
    )
    same = '<mergeCell ref="A1:XFD1048576"/>' * 20_000
    yield "xlsx: 20,000 gigantic merged ranges", same, {ACCEPTED, WARNED, REFUSED}
    yield (
        "xlsx: 20,000 ranges over the whole table",
        '<mergeCell ref="A1:D13"/>' * 20_000,
        {ACCEPTED, WARNED, REFUSED},
    )
    yield (
        "xlsx: merged ranges that are none",
        "".join(
            f'<mergeCell ref="{r}"/>'
            for r in ("", "A1", "B2:A1", "A0:B0", "A1:ZZZZZ9", "x:y", "A1:B99999999999")
        ),
        {ACCEPTED, WARNED, REFUSED},
    )


for _name, _inner, _ends in _merges():
    many(
        GROUP,
        [(_name, "a.xlsx", lambda inner=_inner: book(
            {"Data": sheet_xml(after=f"<mergeCells>{inner}</mergeCells>")}))],
        *_ends,
        heavy="gigantic" in _name,
    )  # fmt: skip


@case(GROUP, "xlsx: merged cells over 50,000 rows", ACCEPTED, WARNED, REFUSED, heavy=True)
def merges_over_rows(folder):
    rows = [(46023 + n % 300, f"L{n % 3}", 100, n % 4) for n in range(50_000)]
    merged = "".join(f'<mergeCell ref="B{n}:B{n + 2}"/>' for n in range(2, 50_000, 3))
    xml = sheet_xml(rows_xml(rows), after=f"<mergeCells>{merged}</mergeCells>")
    return put(folder / "a.xlsx", book({"Data": xml}))


@case(GROUP, "xlsx: 300,000 styles", ACCEPTED, WARNED, heavy=True, rows=12)
def many_styles(folder):
    more = '<xf numFmtId="14" applyNumberFormat="1"/>' * 300_000
    return put(
        folder / "a.xlsx", book(styles=DATE_STYLES.replace("</cellXfs>", f"{more}</cellXfs>"))
    )


@case(GROUP, "xlsx: 50,000 formats of numbers, some of them cruel", ACCEPTED, WARNED, REFUSED)
def many_formats(folder):
    formats = "".join(
        f'<numFmt numFmtId="{n}" formatCode="{"[h]" * 50}yyyy{"0#" * 100}"/>'
        for n in range(200, 50_200)
    )
    styles = DATE_STYLES.replace("<fonts", f"<numFmts>{formats}</numFmts><fonts", 1)
    return put(folder / "a.xlsx", book(styles=styles))


@case(GROUP, "xlsx: 5,000 sheets", REFUSED, says="5,?000 sheets", heavy=True)
def many_sheets(folder):
    return put(folder / "a.xlsx", book({f"S{n}": sheet_xml() for n in range(5_000)}))


@case(GROUP, "xlsx: 900 sheets", ACCEPTED, WARNED, REFUSED, heavy=True)
def hundreds_of_sheets(folder):
    return put(folder / "a.xlsx", book({f"S{n}": sheet_xml() for n in range(900)}))


@case(GROUP, "xlsx: 900 sheets of other headings each", ACCEPTED, WARNED, REFUSED, heavy=True)
def hundreds_of_layouts(folder):
    def sheet(n):
        heads = ("Date", f"Line{n}", f"Produced {n}", f"Heading {n * 7}")
        return sheet_xml(rows_xml(headings=heads))

    return put(folder / "a.xlsx", book({f"S{n}": sheet(n) for n in range(900)}))


@case(GROUP, "xlsx: 20,000 entries of one sheet", REFUSED, says="20,?000 sheets")
def one_sheet_often(folder):
    inner = "".join(f'<sheet name="S{n}" sheetId="{n}" r:id="rId1"/>' for n in range(20_000))
    xml = workbook_xml(()).replace("<sheets>", f"<sheets>{inner}")
    return put(folder / "a.xlsx", book(workbook=xml))


@case(GROUP, "xlsx: a million defined names", ACCEPTED, WARNED, REFUSED, heavy=True)
def defined_names(folder):
    names = "".join(f'<definedName name="N{n}">Data!$A$1</definedName>' for n in range(1_000_000))
    xml = workbook_xml().replace("</sheets>", f"</sheets><definedNames>{names}</definedNames>")
    return put(folder / "a.xlsx", book(workbook=xml))


@case(GROUP, "xlsx: 100,000 rules of conditional formats and validation", ACCEPTED, WARNED, rows=12)
def many_rules(folder):
    rules = (
        '<conditionalFormatting sqref="A1:XFD1048576"><cfRule type="expression" priority="1">'
        "<formula>1</formula></cfRule></conditionalFormatting>"
    ) * 50_000
    return put(folder / "a.xlsx", book({"Data": sheet_xml(after=rules)}))


def _names():
    for what, name in (
        ("control characters", "a&#9;b&#10;c"),
        ("a formula", "=1+1"),
        ("a path", "../../etc/passwd"),
        ("a script", "&lt;script&gt;alert(1)&lt;/script&gt;"),
        ("a bidi override", "a\u202ecsv.exe"),
        ("no characters", ""),
        ("30,000 characters", "x" * 30_000),
        ("quotes", "a'b&quot;c"),
        ("template syntax", "{0.__class__} {{7*7}} %s"),
        ("a NUL", "a_x0000_b"),
    ):
        xml = workbook_xml(("Data",)).replace('name="Data"', f'name="{name}"')
        yield f"xlsx: a sheet's name of {what}", "a.xlsx", book(workbook=xml)
        yield (
            f"ods: a sheet's name of {what}",
            "a.ods",
            ods(content_xml().replace('table:name="Data"', f'table:name="{name}"')),
        )


many(GROUP, _names(), ACCEPTED, WARNED, REFUSED)


@case(GROUP, "xlsx: sheets of one name", ACCEPTED, WARNED, REFUSED)
def same_names(folder):
    xml = workbook_xml(("Data", "Data", "Data"))
    sheets = {"a": sheet_xml(), "b": sheet_xml(), "c": sheet_xml()}
    return put(folder / "a.xlsx", book(sheets, workbook=xml))


def _hidden():
    for state in ("hidden", "veryHidden"):
        yield (
            f"xlsx: the only sheet is {state}",
            "a.xlsx",
            book(workbook=workbook_xml(states={"Data": f' state="{state}"'})),
        )


many(GROUP, _hidden(), REFUSED, says="hidden")


@case(GROUP, "xlsx: a very hidden sheet beside", ACCEPTED, WARNED, says="hidden", rows=12)
def hidden_beside(folder):
    xml = workbook_xml(("Data", "Old"), states={"Old": ' state="veryHidden"'})
    return put(folder / "a.xlsx", book({"Data": sheet_xml(), "Old": sheet_xml()}, workbook=xml))


@case(GROUP, "xlsx: hidden and filtered rows", WARNED, ACCEPTED, says="hidden or filtered", rows=12)
def hidden_rows(folder):
    return put(
        folder / "a.xlsx",
        book({"Data": sheet_xml(rows_xml().replace('<row r="5"', '<row r="5" hidden="1"'))}),
    )


@case(GROUP, "xlsx: macro and chart sheets beside", ACCEPTED, WARNED, rows=12)
def macro_sheets(folder):
    macro = f'{XML}<xm:macrosheet xmlns:xm="http://schemas.microsoft.com/office/excel/2006/main" xmlns="{MAIN}"><sheetData/></xm:macrosheet>'
    chart = f'{XML}<chartsheet xmlns="{MAIN}"/>'
    return put(folder / "a.xlsm", book({"Data": sheet_xml(), "Macro1": macro, "Chart1": chart}))


def _open_document():
    far = ods_cell(1, ' table:number-columns-repeated="16384"')
    yield (
        "ods: a cell repeated to the edge",
        content_xml("".join(map(ods_row, ODS_ROWS)) + f"<table:table-row>{far}</table:table-row>"),
    )
    yield (
        "ods: a row repeated to the edge",
        content_xml(
            "".join(map(ods_row, ODS_ROWS))
            + ods_row(("2026-02-01", "L1", 5, 1), ' table:number-rows-repeated="1048576"')
        ),
    )
    yield (
        "ods: a row of cells repeated, repeated",
        content_xml(
            f'<table:table-row table:number-rows-repeated="1000000">{ods_cell(1, chr(32) + "table:number-columns-repeated=" + chr(34) + "4000" + chr(34))}</table:table-row>'
        ),
    )
    yield (
        "ods: a column repeated 99,999,999 times",
        content_xml(
            '<table:table-column table:number-columns-repeated="99999999"/>' * 1000
            + "".join(map(ods_row, ODS_ROWS))
        ),
    )
    yield (
        "ods: 5,000 columns repeated in 5,000 places",
        content_xml(
            '<table:table-column table:number-columns-repeated="4096" table:default-cell-style-name="x"/>'
            * 5_000
            + "".join(map(ods_row, ODS_ROWS))
        ),
    )
    yield (
        "ods: a row repeated a billion times",
        content_xml(
            "".join(map(ods_row, ODS_ROWS))
            + ods_row((1, 2), ' table:number-rows-repeated="999999999999"')
        ),
    )
    yield (
        "ods: 3,000 rows repeated 20,000 times",
        content_xml(ods_row((1, 2, 3, 4), ' table:number-rows-repeated="20000"') * 3_000),
    )
    yield (
        "ods: spans to the edge",
        content_xml(
            "".join(map(ods_row, ODS_ROWS))
            + f"<table:table-row>{ods_cell('x', ' table:number-columns-spanned=' + chr(34) + '16384' + chr(34) + ' table:number-rows-spanned=' + chr(34) + '1048576' + chr(34))}</table:table-row>"
        ),
    )
    yield (
        "ods: 20,000 spans over the whole table",
        content_xml(
            "".join(map(ods_row, ODS_ROWS))
            + "".join(
                f"<table:table-row>{ods_cell('x', ' table:number-columns-spanned=' + chr(34) + '4' + chr(34) + ' table:number-rows-spanned=' + chr(34) + '20000' + chr(34))}</table:table-row>"
                for _ in range(20_000)
            )
        ),
    )
    yield "ods: 2,000 sheets", content_xml(tables='<table:table table:name="x"/>' * 2_000)
    yield (
        "ods: a cell of a million paragraphs",
        content_xml(
            "".join(map(ods_row, ODS_ROWS))
            + f'<table:table-row><table:table-cell office:value-type="string">{"<text:p>x</text:p>" * 1_000_000}</table:table-cell></table:table-row>'
        ),
    )
    yield (
        "ods: blanks counted to 99,999 in 10,000 places",
        content_xml(
            "".join(map(ods_row, ODS_ROWS))
            + f'<table:table-row><table:table-cell office:value-type="string"><text:p>{"<text:s text:c=" + chr(34) + "99999" + chr(34) + "/>"}</text:p></table:table-cell></table:table-row>'
            * 10_000
        ),
    )
    for kind, value in (("float", "9" * 100_000), ("float", "1e999999999"), ("float", "nan"),
                        ("date", "99999-01-01"), ("date", "2026-13-45"), ("date", "2" * 100_000),
                        ("time", "PT" + "9" * 100_000 + "H"), ("time", "P99999999999D"), ("time", "-PT5M"),
                        ("boolean", "maybe")):  # fmt: skip
        attribute = {"float": "value", "boolean": "boolean-value"}.get(kind, f"{kind}-value")
        odd = f'<table:table-row><table:table-cell office:value-type="{kind}" office:{attribute}="{value}"/></table:table-row>'
        yield f"ods: a {kind} of {value[:16]}", content_xml("".join(map(ods_row, ODS_ROWS)) + odd)


many(
    GROUP,
    ((name, "a.ods", lambda xml=xml: ods(xml)) for name, xml in _open_document()),
    *(ACCEPTED, WARNED, REFUSED),
)


def _html():
    row = "<tr><td>2026-01-02</td><td>L1</td><td>100</td><td>3</td></tr>"
    head = "<tr><td>Date</td><td>Line</td><td>Produced</td><td>Scrap</td></tr>"
    yield (
        "web page: a million cells",
        f"<html><table>{head}{row * 250_000}</table></html>",
        {ACCEPTED, WARNED, REFUSED},
    )
    yield (
        "web page: a cell that spans 1,000 by 1,000",
        (
            f'<html><table>{head}{row}<tr><td rowspan="1000" colspan="1000">x</td></tr></table></html>'
        ),
        {ACCEPTED, WARNED, REFUSED},
    )
    yield (
        "web page: 10,000 cells that span 1,000 rows",
        (
            "<html><table>"
            + head
            + "<tr>"
            + '<td rowspan="99999" colspan="99999">x</td>' * 10_000
            + "</tr></table></html>"
        ),
        {REFUSED},
    )
    yield (
        "web page: a table of a million columns",
        f"<html><table><tr>{'<td>1</td>' * 1_000_000}</tr></table></html>",
        {REFUSED},
    )
    yield "web page without a table", "<html><body><p>Error 500</p></body></html>", {REFUSED}
    yield "web page that never ends a tag", "<html><table><tr><td" + " x" * 500_000, {REFUSED}


for _name, _text, _ends in _html():
    many(
        GROUP,
        [(_name, "a.xls", lambda text=_text: text.encode())],
        *_ends,
        heavy=len(_text) > 1_000_000,
    )


@case(GROUP, "web archive: nested parts 5,000 deep", ACCEPTED, WARNED, REFUSED)
def deep_archive(folder):
    text = "MIME-Version: 1.0\nContent-Type: multipart/related; boundary=b0\n\n"
    for n in range(5_000):
        text += f"--b{n}\nContent-Type: multipart/related; boundary=b{n + 1}\n\n"
    return put(folder / "a.mht", text.encode())


@case(GROUP, "web archive: 100,000 parts", ACCEPTED, WARNED, REFUSED, heavy=True)
def many_mime_parts(folder):
    part = "--b\nContent-Type: text/html\n\n<html></html>\n"
    text = "MIME-Version: 1.0\nContent-Type: multipart/related; boundary=b\n\n" + part * 100_000
    return put(folder / "a.mht", text.encode())


@case(GROUP, "web archive: a header of 10 MB", ACCEPTED, WARNED, REFUSED)
def long_mime_header(folder):
    text = (
        f"MIME-Version: 1.0\nContent-Type: text/html; charset={'x' * 10_000_000}\n\n<html></html>"
    )
    return put(folder / "a.mht", text.encode())
