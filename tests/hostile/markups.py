"""Class "XML": entities, depth, odd encodings and damage, in every format that is XML inside."""

from tests.hostile.cases import ACCEPTED, REFUSED, WARNED, case, many, put
from tests.hostile.packages import (
    CSV,
    DATE_STYLES,
    STRICT,
    TYPES,
    XML,
    book,
    content_xml,
    ods,
    relation,
    relations,
    rows_xml,
    shared,
    sheet_xml,
    workbook_xml,
)

GROUP = "XML"
NINE = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10 if n else "lol" * 10}">' for n in range(10))
"""A billion laughs."""

QUADRATIC = f'<!ENTITY a "{"a" * 50_000}">'
OUTSIDE = '<!ENTITY e SYSTEM "file:///etc/passwd">'
FETCHED = '<!ENTITY e SYSTEM "http://192.0.2.1/x">'
PARAMETER = '<!ENTITY % p SYSTEM "http://192.0.2.1/x.dtd"> %p;'


def _with_dtd(xml, inner, root):
    """A part with a document type before its root."""
    return xml.replace(XML, f"{XML}<!DOCTYPE {root} [{inner}]>", 1)


def _text_cell(text):
    return f'<row r="14"><c r="A14" t="inlineStr"><is><t>{text}</t></is></c></row>'


def _entities():
    """Entities in each part of a workbook: declared, and used where a text may stand."""
    uses = {
        "billion laughs": (NINE, "&l9;"),
        "quadratic blow-up": (QUADRATIC, "&a;" * 2000),
        "external entity of a file": (OUTSIDE, "&e;"),
        "external entity of the network": (FETCHED, "&e;"),
        "parameter entity": (PARAMETER, ""),
    }
    for what, (inner, use) in uses.items():
        sheet = sheet_xml(rows_xml() + _text_cell(use))
        yield f"xlsx, sheet: {what}", "a.xlsx", book({"Data": _with_dtd(sheet, inner, "worksheet")})
        table = shared("Note").replace("<t>Note</t>", f"<t>{use}</t>")
        cells = rows_xml() + '<row r="14"><c r="A14" t="s"><v>0</v></c></row>'
        yield (
            f"xlsx, shared strings: {what}",
            "a.xlsx",
            book({"Data": sheet_xml(cells)}, shared=_with_dtd(table, inner, "sst")),
        )
        yield (
            f"xlsx, styles: {what}",
            "a.xlsx",
            book(
                styles=_with_dtd(DATE_STYLES, inner, "styleSheet").replace("<fonts", f"{use}<fonts")
            ),
        )
        listed = workbook_xml(("Data",)).replace('name="Data"', f'name="D{use[:4]}"')
        yield (
            f"xlsx, workbook: {what}",
            "a.xlsx",
            book(workbook=_with_dtd(listed, inner, "workbook")),
        )
        links = relations(relation(1, "worksheet", f"worksheets/sheet1.xml{use[:4]}"))
        yield (
            f"xlsx, relations: {what}",
            "a.xlsx",
            book(links=_with_dtd(links, inner, "Relationships")),
        )
        yield f"xlsx, content types: {what}", "a.xlsx", book(types=_with_dtd(TYPES, inner, "Types"))
        yield (
            f"xlsx, properties: {what}",
            "a.xlsx",
            book(more={"docProps/core.xml": f"{XML}<!DOCTYPE x [{inner}]><x>{use}</x>"}),
        )
        odf = content_xml().replace(">L1<", f">{use}<", 1)
        yield f"ods: {what}", "a.ods", ods(_with_dtd(odf, inner, "office:document-content"))
        yield f"Excel 2003 XML: {what}", "a.xls", _spreadsheetml(use, inner).encode()
        yield (
            f"web page: {what}",
            "a.xls",
            (
                f"<!DOCTYPE html [{inner}]><html><body>{_table(more=f'<tr><td>{use}</td></tr>')}"
                "</body></html>"
            ).encode(),
        )
        yield (
            f"web page as XML: {what}",
            "a.xls",
            (
                f"{XML}<!DOCTYPE html [{inner}]><html><body>{_table(more=f'<tr><td>{use}</td></tr>')}"
                "</body></html>"
            ).encode(),
        )


def _table(more="", rows=None):
    """The rows as a table of a web page."""
    lines = CSV.strip().splitlines() if rows is None else rows
    inner = "".join(
        "<tr>" + "".join(f"<td>{c}</td>" for c in line.split(",")) + "</tr>" for line in lines
    )
    return f"<table>{inner}{more}</table>"


SS = "urn:schemas-microsoft-com:office:spreadsheet"


def _spreadsheetml(more="", inner="", *, extra=""):
    """A spreadsheet of Excel 2003, with a document type."""
    head = f"<!DOCTYPE Workbook [{inner}]>" if inner else ""
    rows = "".join(
        "<Row>"
        + "".join(f'<Cell><Data ss:Type="String">{c}</Data></Cell>' for c in line.split(","))
        + "</Row>"
        for line in CSV.strip().splitlines()
    )
    odd = f'<Row><Cell><Data ss:Type="String">{more}</Data></Cell></Row>' if more else ""
    return (
        f'<?xml version="1.0"?>{head}<Workbook xmlns="{SS}" xmlns:ss="{SS}">'
        f'<Worksheet ss:Name="Data"><Table>{rows}{odd}{extra}</Table></Worksheet></Workbook>'
    )


many(GROUP, _entities(), ACCEPTED, WARNED, REFUSED)


def _encodings():
    """The same sheet in encodings that XML allows, and in one it does not."""
    for name, label in (("utf-16", "UTF-16"), ("utf-16-be", "UTF-16BE"), ("utf-32", "UTF-32"),
                        ("utf-7", "UTF-7"), ("latin-1", "ISO-8859-1"), ("cp037", "IBM037")):  # fmt: skip
        head = f'<?xml version="1.0" encoding="{label}"?>'
        xml = sheet_xml(head=head).encode(name)
        yield f"xlsx: a sheet in {label}", "a.xlsx", book({"Data": xml})
        yield (
            f"xlsx: the list of sheets in {label}",
            "a.xlsx",
            book(workbook=workbook_xml(head=head).encode(name)),
        )
        yield f"ods: content in {label}", "a.ods", ods(content_xml(head=head).encode(name))
    head = '<?xml version="1.1" encoding="UTF-8"?>'
    yield "xlsx: XML 1.1", "a.xlsx", book({"Data": sheet_xml(head=head)})
    yield (
        "xlsx: an encoding nobody knows",
        "a.xlsx",
        book({"Data": sheet_xml(head='<?xml version="1.0" encoding="x-none"?>')}),
    )
    yield (
        "xlsx: bytes that are not UTF-8",
        "a.xlsx",
        book(
            {
                "Data": sheet_xml(rows_xml() + _text_cell("x"))
                .encode()
                .replace(b"<t>x</t>", b"<t>\xff\xfe\x80</t>")
            }
        ),
    )


many(GROUP, _encodings(), ACCEPTED, WARNED, REFUSED)


def _deep():
    nest = 200_000
    deep = "<a>" * nest + "</a>" * nest
    yield (
        "xlsx: 200,000 nested elements in a sheet",
        "a.xlsx",
        book({"Data": sheet_xml(after=deep)}),
    )
    yield (
        "xlsx: 200,000 nested elements in a cell",
        "a.xlsx",
        book({"Data": sheet_xml(rows_xml() + _text_cell(deep))}),
    )
    yield (
        "xlsx: 200,000 nested elements in the shared strings",
        "a.xlsx",
        book(shared=shared("x").replace("<t>x</t>", deep)),
    )
    yield (
        "xlsx: 200,000 nested elements in the list of sheets",
        "a.xlsx",
        book(workbook=workbook_xml(more=deep)),
    )
    yield (
        "xlsx: 200,000 nested elements in the relations",
        "a.xlsx",
        book(links=relations(deep, relation(1, "worksheet", "worksheets/sheet1.xml"))),
    )
    yield (
        "xlsx: 200,000 elements never closed",
        "a.xlsx",
        book({"Data": sheet_xml(rows_xml() + "<a>" * nest)}),
    )
    yield (
        "ods: 200,000 nested elements",
        "a.ods",
        ods(
            content_xml(
                f"<table:table-row><table:table-cell>{deep}</table:table-cell></table:table-row>"
            )
        ),
    )
    tables = "<table:table>" * 50_000 + "</table:table>" * 50_000
    yield "ods: 50,000 nested tables", "a.ods", ods(content_xml(tables=tables))
    groups = "<table:table-row-group>" * 5_000 + "</table:table-row-group>" * 5_000
    yield "ods: 5,000 nested groups of rows", "a.ods", ods(content_xml(groups))
    html = "<div>" * nest + _table() + "</div>" * nest
    yield "web page: 200,000 nested elements", "a.xls", f"<html><body>{html}</body></html>".encode()
    inner = "<table><tr><td>" * 20_000 + "x" + "</td></tr></table>" * 20_000
    yield "web page: 20,000 nested tables", "a.xls", f"<html><body>{inner}</body></html>".encode()
    yield (
        "web page: 300 nested tables",
        "a.xls",
        (
            "<html>" + "<table><tr><td>" * 300 + _table() + "</td></tr></table>" * 300 + "</html>"
        ).encode(),
    )
    yield "Excel 2003 XML: 200,000 nested elements", "a.xls", _spreadsheetml(deep).encode()
    yield (
        "web page: 200,000 tables of one cell",
        "a.xls",
        (b"<html>" + b"<table><tr><td>1</td></tr></table>" * 200_000 + b"</html>"),
    )
    yield (
        "web page: 30,000 attributes in one element",
        "a.xls",
        (
            "<html><table "
            + " ".join(f"a{n}='x'" for n in range(30_000))
            + ">"
            + _table()[7:]
            + "</html>"
        ).encode(),
    )
    yield (
        "xlsx: 30,000 attributes in one element",
        "a.xlsx",
        book(
            {
                "Data": sheet_xml(
                    f"<row {' '.join(f'a{n}={chr(34)}x{chr(34)}' for n in range(30_000))}/>"
                    + rows_xml()
                )
            }
        ),
    )
    yield (
        "xlsx: an attribute of 10 MB",
        "a.xlsx",
        book({"Data": sheet_xml(f'<row spans="{"1" * 10_000_000}"/>' + rows_xml())}),
    )
    yield (
        "xlsx: a place of 10 MB",
        "a.xlsx",
        book(
            {
                "Data": sheet_xml(
                    rows_xml() + f'<row r="14"><c r="{"A" * 10_000_000}14"><v>1</v></c></row>'
                )
            }
        ),
    )
    yield (
        "xlsx: an element's name of 5 MB",
        "a.xlsx",
        book({"Data": sheet_xml(after=f"<{'a' * 5_000_000}/>")}),
    )
    yield (
        "xlsx: 20,000 namespaces",
        "a.xlsx",
        book(
            {
                "Data": sheet_xml(
                    after="<x " + " ".join(f'xmlns:n{n}="u{n}"' for n in range(20_000)) + "/>"
                )
            }
        ),
    )
    yield (
        "xlsx: a million comments between rows",
        "a.xlsx",
        book({"Data": sheet_xml("<!--x-->" * 1_000_000 + rows_xml())}),
    )
    yield (
        "xlsx: processing instructions between rows",
        "a.xlsx",
        book({"Data": sheet_xml("<?php x?>" * 1_000 + rows_xml())}),
    )
    yield (
        "xlsx: text between elements",
        "a.xlsx",
        book({"Data": sheet_xml(rows_xml().replace("</row>", "</row>stray text"))}),
    )


many(GROUP, ((n, f, (lambda d=d: d)) for n, f, d in _deep()), ACCEPTED, WARNED, REFUSED, heavy=True)


@case(GROUP, "xlsx: cells in CDATA", ACCEPTED, WARNED)
def cdata(folder):
    xml = sheet_xml(rows_xml().replace("<t>Scrap</t>", "<t><![CDATA[Scrap]]></t>"))
    return put(folder / "a.xlsx", book({"Data": xml}))


@case(GROUP, "xlsx: raw control characters", ACCEPTED, WARNED, REFUSED)
def control_characters(folder):
    return put(
        folder / "a.xlsx", book({"Data": sheet_xml(rows_xml() + _text_cell("\x00\x01\x08\x1f"))})
    )


@case(GROUP, "xlsx: escaped surrogates and bidi overrides", ACCEPTED, WARNED)
def surrogates(folder):
    names = rows_xml(rows=[(46023 + n, "_xD83D__xDE00_\u202egnp", 100, n % 4) for n in range(12)])
    return put(folder / "a.xlsx", book({"Data": sheet_xml(names)}))


def _references():
    for name, text in (
        ("a lone surrogate as a number", "&#xD800;"),
        ("a zero as a number", "&#0;"),
        ("a number beyond Unicode", "&#x110000;"),
        ("a number of a million digits", f"&#{'9' * 1_000_000};"),
        ("an entity nobody declared", "&nbsp;"),
        ("an ampersand alone", "a & b"),
    ):
        yield f"xlsx: {name}", "a.xlsx", book({"Data": sheet_xml(rows_xml() + _text_cell(text))})
        yield f"ods: {name}", "a.ods", ods(content_xml().replace(">L1<", f">{text}<", 1))


many(GROUP, _references(), ACCEPTED, WARNED, REFUSED)


def _strings():
    def with_indexes(*indexes):
        cells = "".join(
            f'<row r="{n}"><c r="A{n}" t="s"><v>{i}</v></c></row>'
            for n, i in enumerate(indexes, 14)
        )
        return {"Data": sheet_xml(rows_xml() + cells)}

    for index in (1, 99_999_999, -1, 2**63, 2**64, 1.5, "x", ""):
        yield (
            f"xlsx: shared string number {index}",
            "a.xlsx",
            book(with_indexes(index), shared=shared("Note")),
        )
    for count in (0, 1_000_000_000, 2**32, 2**63, -1):
        yield (
            f"xlsx: a claim of {count:,} shared strings",
            "a.xlsx",
            book(with_indexes(0), shared=shared("Note", count=count)),
        )
    yield (
        "xlsx: style number 99,999,999",
        "a.xlsx",
        book({"Data": sheet_xml(rows_xml().replace('s="1"', 's="99999999"'))}),
    )
    yield (
        "xlsx: style number -1",
        "a.xlsx",
        book({"Data": sheet_xml(rows_xml().replace('s="1"', 's="-1"'))}),
    )
    yield (
        "xlsx: a cell's type that is none",
        "a.xlsx",
        book({"Data": sheet_xml(rows_xml().replace('t="inlineStr"', 't="zzz"', 1))}),
    )


many(GROUP, _strings(), ACCEPTED, WARNED, REFUSED)


def _strict():
    sheet = sheet_xml(namespace=STRICT)
    yield (
        "xlsx: Strict Open XML",
        "a.xlsx",
        book({"Data": sheet}, workbook=workbook_xml(namespace=STRICT)),
    )
    yield (
        "xlsx: prefixes before every element",
        "a.xlsx",
        book(
            {
                "Data": sheet_xml()
                .replace("<", "<x:")
                .replace("<x:/", "</x:")
                .replace("<x:?", "<?")
                .replace("xmlns=", "xmlns:x=")
            }
        ),
    )
    yield "xlsx: a namespace of its own", "a.xlsx", book({"Data": sheet_xml(namespace="urn:none")})


many(GROUP, _strict(), ACCEPTED, WARNED, REFUSED)
