"""A plain table of text: one row of headings, every cell as it stands, nothing interpreted.

What charts are made of on the command line. Read in the child process, as every file is.
"""

import csv
import io
import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

from kpi.errors import RefusedFileError
from kpi.ingest.container import Container, sniff
from kpi.ingest.limits import Limits
from kpi.texts import said

if TYPE_CHECKING:
    import pyarrow as pa

TABLE: Final = "plain.arrow"
_SEPARATOR_TOLD: Final = re.compile(r"sep=([,;\t|])", re.IGNORECASE)


def plain_table(path: Path, limits: Limits) -> "pa.Table":
    """All cells as text, missing ones empty; its schema tells ``separator`` and ``skipped`` lines.

    UTF-8, UTF-16 with its mark, or Windows-1252, with comma, semicolon, tab or bar between the
    cells. Raises ``RefusedFileError``.
    """
    import pyarrow as pa

    from kpi.ingest.text import check_lines

    if sniff(path, limits).container is not Container.TEXT:
        raise RefusedFileError("It is no CSV file. Save the table as CSV.")
    check_lines(path, limits)
    text = _decoded(path.read_bytes()).lstrip("\r\n").replace("\0", "")
    first, _, rest = text.partition("\n")
    told = _SEPARATOR_TOLD.fullmatch(first.strip("\r"))  # Excel's own first line
    separator = told[1] if told else _separator(text)
    headings, rows = _records(rest if told else text, separator, limits)
    names = _named(headings)
    columns = [[row[i] if i < len(row) else "" for row in rows] for i in range(len(names))]
    table = pa.table([pa.array(column, pa.string()) for column in columns], names=names)
    return table.replace_schema_metadata({"separator": separator, "skipped": str(int(bool(told)))})


def _records(text: str, separator: str, limits: Limits) -> tuple[list[str], list[list[str]]]:
    csv.field_size_limit(limits.field_characters)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    try:
        headings = next(reader, [])
        if not headings:
            raise RefusedFileError("It holds no headings. Export the table again.")
        if len(headings) > limits.columns:
            raise RefusedFileError(
                said(
                    "Its first row has {n} cells; at most {most} columns are read. Export fewer.",
                    n=len(headings),
                    most=limits.columns,
                )
            )
        rows = []
        for number, row in enumerate(reader, 2):
            if len(row) > len(headings) and any(row[len(headings) :]):
                raise RefusedFileError(
                    said(
                        "Row {row} has {cells} cells under {n} headings. Check its separators.",
                        row=str(number),
                        cells=len(row),
                        n=len(headings),
                    )
                )
            rows.append(row)
    except csv.Error as error:
        raise RefusedFileError(
            said("It is no table of cells: {error}. Export it again.", error=str(error))
        ) from error
    return headings, rows


def _named(headings: list[str]) -> list[str]:
    """Headings without outer blanks; blank ones get a name, doubled ones a number."""
    names: list[str] = []
    for place, heading in enumerate(headings):
        name = heading.strip() or f"Unnamed: {place}"
        times = names.count(name)
        names.append(f"{name}.{times}" if times else name)
    return names


def _decoded(raw: bytes) -> str:
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        return raw.decode("utf-16", errors="replace")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("cp1252", errors="replace")


def _separator(text: str) -> str:
    heading = text.partition("\n")[0]
    outside = "".join(heading.split('"')[::2])
    return max(",;\t|", key=outside.count)
