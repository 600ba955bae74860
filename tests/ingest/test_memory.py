"""What a file takes follows what it holds, not what it claims, nor one bad row in it."""

import re
import sys
import zipfile
from datetime import date

import pytest
from openpyxl import Workbook

from kpi.ingest import Limits, read_file
from kpi.model import Severity

linux = pytest.mark.skipif(sys.platform != "linux", reason="limits of the operating system")

HEADINGS = ("Date", "Line", "Shift", "Product", "Produced", "Scrap")
ROWS = 400


def of_address_space(megabytes):
    """Limits that leave no more than this for libraries and data together."""
    return Limits(memory_bytes=megabytes << 20, reserved_bytes=0)


def claiming(path, claim):
    """A workbook of 400 rows whose sheet says it spans others."""
    book = Workbook()
    book.active.append(HEADINGS)
    for n in range(ROWS):
        book.active.append(
            (date(2026, 1, 1 + n % 28), f"L{n % 5}", "A", f"P{n % 7}", 100 + n, n % 4)
        )
    book.save(path.with_suffix(".whole.xlsx"))
    with zipfile.ZipFile(path.with_suffix(".whole.xlsx")) as old, zipfile.ZipFile(path, "w") as new:
        for part in old.infolist():
            content = old.read(part)
            if part.filename == "xl/worksheets/sheet1.xml":
                content, times = re.subn(
                    rb'<dimension ref="[^"]*"', f'<dimension ref="{claim}"'.encode(), content
                )
                assert times == 1
            new.writestr(part.filename, content)
    return path


@linux
@pytest.mark.parametrize("claim", ["A1:F1048576", "A1:XFD1048576", "A1:F401", "A1"])
def test_a_claim_of_a_million_rows_takes_no_more_than_the_rows_there_are(tmp_path, claim):
    file = read_file(claiming(tmp_path / "a.xlsx", claim), limits=of_address_space(400))
    part = next(p for p in file.parts if p.dataset == "scrap")
    assert (file.state, part.rows_read, part.rows_accepted) == ("ready", ROWS, ROWS)


@linux
def test_a_quote_never_closed_in_a_long_text_costs_its_row_only(tmp_path):
    line = "2026-01-02;Line 1;early;P-100;a longer remark that fills the row;100;3\n"
    rows = 25_000_000 // len(line)
    lines = [line] * rows
    lines[rows // 2] = '2026-01-02;Line 1;early;P-100;"a remark never closed;100;3\n'
    path = tmp_path / "a.csv"
    path.write_text("Date;Line;Shift;Product;Remark;Produced;Scrap\n" + "".join(lines))
    file = read_file(path, limits=of_address_space(560))
    part = next(p for p in file.parts if p.dataset == "scrap")
    assert (part.rows_read, part.rows_rejected) == (rows, 1)
    bad = [p.row for p in file.problems if p.severity is Severity.REJECTED and p.row]
    assert bad == [rows // 2 + 2]
