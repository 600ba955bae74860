"""Raw tables for tests of the upper half of ingest, made from rows or from a plain, clean file."""

import csv
import io
from datetime import date, datetime, time, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import python_calamine

from kpi.ingest.raw import RawColumn, RawTable


def table(text, *, sheet="Sheet1", **more):
    """A raw table of texts from lines of comma-separated cells, the first line the headings."""
    rows = list(
        csv.reader(io.StringIO("\n".join(line.strip() for line in text.strip().splitlines())))
    )
    return from_rows(rows, sheet=sheet, **more)


def from_rows(rows, *, sheet="Sheet1", first_row=1, **more):
    headings, body = rows[0], rows[1:]
    columns = []
    for i, heading in enumerate(headings):
        cells = [row[i] if i < len(row) and row[i] != "" else None for row in body]
        columns.append(column(str(heading), chr(65 + i % 26), cells))
    numbers = np.arange(first_row + 1, first_row + 1 + len(body), dtype=np.int32)
    return RawTable(sheet, (first_row,), tuple(columns), numbers, **more)


def column(heading, letter, cells):
    kinds = {type(c) for c in cells if c is not None}
    if kinds <= {str}:
        return RawColumn(heading, letter, values=pa.array(cells, pa.string()))
    if kinds <= {int, float}:
        return RawColumn(heading, letter, values=pa.array(cells, pa.float64()))
    if kinds <= {date, datetime}:
        stamps = [datetime(*c.timetuple()[:6]) if c else None for c in cells]
        return RawColumn(heading, letter, values=pa.array(stamps, pa.timestamp("us")))
    assert kinds <= {str, int, float, bool, date, datetime, time, timedelta}
    return RawColumn(heading, letter, cells=cells)


def read_plain(path):
    """Every sheet of a plain file: headings in the first row, text as it stands."""
    path = Path(path)
    if path.suffix.lower() == ".csv":
        raw = path.read_bytes()
        try:
            text = raw.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = raw.decode("cp1252")
        head = text.splitlines()[0]
        rows = list(csv.reader(io.StringIO(text), delimiter=";" if head.count(";") > 2 else ","))
        return [from_rows([r for r in rows if r], sheet=path.stem)]
    book = python_calamine.CalamineWorkbook.from_path(str(path))
    grids = [
        (n, book.get_sheet_by_name(n).to_python(skip_empty_area=False)) for n in book.sheet_names
    ]
    return [from_rows(rows, sheet=name) for name, rows in grids if len(rows) > 1]
