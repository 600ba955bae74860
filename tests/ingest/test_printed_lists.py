"""Lists as an ERP prints them into a file: pages with their headings, subtotals marked by stars."""

import pytest

from kpi.ingest import read_file
from kpi.ingest.sheets import raw_file

HEAD = ["Werk", "Material", "BwA", "Grund", "Buch.dat.", "Menge", "ME"]
ROWS = [
    ["1000", "4711", "551", "0051", "05.01.2026", "5-", "ST"],
    ["1000", "4712", "551", "0053", "06.01.2026", "12-", "ST"],
    ["1000", "4711", "551", "0051", "07.01.2026", "1.205-", "ST"],
    ["1000", "4713", "552", "0051", "08.01.2026", "5", "ST"],
]
STARS = {
    1: [["*", "1000", "", "", "", "", "17-", "ST"]],
    3: [["*", "1000", "", "", "", "", "1.200-", "ST"], ["**", "", "", "", "", "", "1.217-", "ST"]],
}


def pages():
    """The printed lines in order: the title of a page, its headings, its rows with their stars."""
    for start in (0, 2):
        yield "title", ["05.02.2026", "Dynamische Listenausgabe", str(start // 2 + 1)]
        yield "head", ["", *HEAD]
        for i in (start, start + 1):
            yield "row", ["", *ROWS[i]]
            for star in STARS.get(i, []):
                yield "row", star


def tab_text():
    lines = []
    for kind, cells in pages():
        if kind == "title":
            date, words, page = cells
            lines += [f"{date}\t\t\t\t\t\t{words}\t\t{page}", ""]
        else:
            lines += ["\t".join(cells), *[""] * (kind == "head")]
    return "\r\n".join(lines).encode("utf-16")


def pipes():
    width = [2, 4, 8, 3, 5, 10, 9, 2]
    rule = "-" * (sum(width) + 9)
    lines = []
    for kind, cells in pages():
        if kind == "title":
            lines += ["", "      ".join(cells), rule]
        else:
            lines.append(
                "|" + "|".join(c.ljust(w) for c, w in zip(cells, width, strict=True)) + "|"
            )
            lines += [rule] * (kind == "head")
    return "\r\n".join([*lines, rule]).encode("cp1252")


def page():
    tables, rows = ["<table><tr><td>Materialbelege</td></tr></table>"], []
    for kind, cells in [*pages(), ("title", [])]:
        if kind == "title" and rows:
            tables.append(f"<table>{''.join(rows)}</table>")
            rows = []
        elif kind != "title":
            rows.append("<tr>" + "".join(f"<td>{c}</td>" for c in cells) + "</tr>")
    return f"<html><body>{''.join(tables)}</body></html>".encode()


@pytest.fixture(params=[tab_text, pipes, page])
def printed(request, tmp_path):
    path = tmp_path / "export.xls"
    path.write_bytes(request.param())
    return path


def test_the_pages_of_a_list_are_one_table(printed):
    raw = raw_file(printed)
    (table,) = raw.tables
    columns = {c.heading: c.to_list() for c in table.columns if c.heading}
    assert raw.refused == ()
    assert list(columns) == HEAD
    assert [list(row) for row in zip(*columns.values(), strict=True)] == ROWS
    assert [(t.label, t.values["Menge"]) for t in table.totals] == [
        ("*", "17-"),
        ("*", "1.200-"),
        ("**", "1.217-"),
    ]


def test_its_stars_are_control_totals(printed):
    reading = read_file(printed)
    answers = {q.id: q.candidates[0].value for q in reading.questions}  # 1.205 are thousands
    reading = read_file(printed, answers=answers)
    (part,) = [p for p in reading.parts if p.dataset == "scrap"]
    assert sum(part.table["qty_scrap"].to_pylist()) == 1217
    assert {t.agrees for t in part.control_totals} == {True}
