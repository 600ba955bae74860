"""Text files (CSV, tab text, printed lists) as grids of cells as printed.

Rows are numbered as a spreadsheet that opens the file would number them: by record, blank lines
counted, a line break inside quotes not; a ``sep=`` line is a directive and not a row.
"""

import csv
import io
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Final

from kpi.errors import RefusedFileError
from kpi.ingest.aligned import cells
from kpi.ingest.dialect import Dialect, dialect_of
from kpi.ingest.encodings import CHUNK, ONE_BYTE, Encoding, decode, encoding_of
from kpi.ingest.grid import AwkwardError, Body, Grid, Refused
from kpi.ingest.limits import DEFAULT_LIMITS, MEGABYTE, Limits
from kpi.ingest.lines import MAX_LINES_IN_A_CELL, UNCLOSED, records_of
from kpi.ingest.parsing import Stretch, body_of
from kpi.ingest.raw import Cell
from kpi.ingest.slips import quotes_of
from kpi.texts import said

PREVIEW_RECORDS: Final = 200
SMALL_BYTES: Final = 1 << 20
"""Files below this are read cell by cell at once; it costs less than a second pass."""


CELL_BY_CELL_BYTES: Final = 36 * MEGABYTE
"""Beyond, one object per cell takes more than a file of its size may (see ``Limits``)."""


def read_text(path: Path, limits: Limits = DEFAULT_LIMITS) -> Grid:
    """The cells of a text file; its sheet has no name. Raises ``RefusedFileError``."""
    check_lines(path, limits)
    return grid_of_bytes(path.read_bytes(), limits)


def check_lines(path: Path, limits: Limits) -> None:
    """Refuse a line that no export has, before all is read; a window without a break shows it."""
    step = limits.line_characters
    with path.open("rb") as file:
        while len(window := file.read(step)) == step:
            if b"\n" in window or b"\r" in window:
                continue
            raise RefusedFileError(
                said(
                    "One line of the file is longer than {n} characters. It is no table of cells; "
                    "export it again.",
                    n=step,
                )
            )


def grid_of_bytes(data: bytes, limits: Limits = DEFAULT_LIMITS) -> Grid:
    """The cells of a text given as bytes."""
    encoding = encoding_of(data)
    notes = (encoding.note,) if encoding.note else ()
    if encoding.name in ONE_BYTE and len(data) > SMALL_BYTES:
        return _large_grid(data, encoding, notes, limits)
    text = decode(data, encoding)
    if len(text) > SMALL_BYTES:
        utf8 = text.encode("utf-8", "replace")
        del text
        return _large_grid(utf8, Encoding("utf-8"), notes, limits)
    return _small_grid(text, notes, limits)


def _small_grid(text: str, notes: tuple[str, ...], limits: Limits) -> Grid:
    zeros = text.count("\0")
    if zeros:
        text = text.replace("\0", "")
        notes = (*notes, said("{n} NUL characters were left out.", n=zeros))
    text = text.rstrip("\x1a")
    if not text.strip():
        raise RefusedFileError("The file holds no cells, only blanks. Export it again.")
    dialect = dialect_of(text)
    refused: list[Refused] = []
    plain = dialect.plain(text[dialect.directive :])
    rows = _all_rows(plain, dialect, limits, refused)
    counts = [len(row) for row in rows]
    width = max(len(row) for row in rows)
    _check_width(width, limits)
    for row in rows:
        row.extend([None] * (width - len(row)))
    numbers = range(1, len(rows) + 1)
    return Grid(
        "",
        rows,
        numbers,
        is_text=True,
        notes=notes,
        refused=tuple(refused),
        counts=counts,
        separator="" if dialect.piped or dialect.cuts else dialect.shown,
        quoted=_quoted(plain, dialect),
    )


def _quoted(text: str, dialect: Dialect) -> Callable[[int], Sequence[bool]]:
    """Which cells of a record stood in quotation marks; looked up only where rows have slipped."""

    @cache
    def records() -> list[str]:
        lines = io.StringIO(text, newline="").readlines()
        return ["".join(lines) for _, lines in records_of(lines, dialect)]

    @cache
    def quoted(position: int) -> Sequence[bool]:
        return quotes_of(records()[position], dialect.shown, dialect.quote)

    return quoted


def _check_width(width: int, limits: Limits) -> None:
    if width > limits.columns:
        raise RefusedFileError(
            said(
                "A row has {width} cells; at most {most} columns are read. "
                "Check the separator, or export fewer columns.",
                width=width,
                most=limits.columns,
            )
        )


def _all_rows(
    text: str, dialect: Dialect, limits: Limits, refused: list[Refused]
) -> list[list[Cell]]:
    csv.field_size_limit(limits.field_characters)
    if dialect.cuts:
        return [[c or None for c in cells(line, dialect.cuts)] for line in text.splitlines()]
    try:
        return [_cells(record, dialect) for record in _watched(text, dialect)]
    except (AwkwardError, csv.Error):
        return [_cells(record, dialect) for record in _guarded(text, dialect, limits, refused)]


def _cells(record: list[str], dialect: Dialect) -> list[Cell]:
    """Blank cells become ``None``; cells of printed lists lose the blanks that align them."""
    if dialect.piped:
        return _piped_cells(record)
    return [cell if cell and not cell.isspace() else None for cell in record]


def _piped_cells(record: list[str]) -> list[Cell]:
    if len(record) < 2:
        return [cell.strip() or None for cell in record]
    inner = record[1:-1] if not record[0].strip() and not record[-1].strip() else record
    return [cell.strip() or None for cell in inner]


def _watched(text: str, dialect: Dialect) -> Iterator[list[str]]:
    """Records by the csv module, given up where a cell runs over too many lines."""
    reader = csv.reader(io.StringIO(text, newline=""), **dialect.options())
    before = 0
    for record in reader:
        if reader.line_num - before > MAX_LINES_IN_A_CELL:
            raise AwkwardError
        before, last = reader.line_num, reader.line_num - before
        if last > 1 and record and "\n" in record[-1]:
            _check_closed(text, dialect, before)
        yield record


def _check_closed(text: str, dialect: Dialect, lines: int) -> None:
    """At the end of the text, an open quote shows only to a strict reader."""
    if lines < text.count("\n"):
        return
    reader = csv.reader(io.StringIO(text, newline=""), **dialect.options(), strict=True)
    try:
        for _ in reader:
            pass
    except csv.Error as error:
        if "end of data" in str(error):
            raise AwkwardError from error


def _guarded(
    text: str, dialect: Dialect, limits: Limits, refused: list[Refused]
) -> Iterator[list[str]]:
    """Records; a row whose quote never closes is refused, and the rows after it are read."""
    lines = io.StringIO(text, newline="").readlines()
    for number, (record, _) in enumerate(records_of(lines, dialect), 1):
        if record is None:
            refused.append(Refused(number, UNCLOSED, ()))
        yield record or []


def _large_grid(data: bytes, encoding: Encoding, notes: tuple[str, ...], limits: Limits) -> Grid:
    """The first records, and a way to read the others as columns of text."""

    def whole() -> Grid:
        if len(data) > CELL_BY_CELL_BYTES:
            raise RefusedFileError(
                said(
                    "The file has {size} MB, and its rows or quotation marks are too irregular to be "
                    "read that fast; of such files at most {most} MB are read. Export a shorter "
                    "period, or as .xlsx.",
                    size=round(len(data) / MEGABYTE),
                    most=round(CELL_BY_CELL_BYTES / MEGABYTE),
                )
            )
        return _small_grid(decode(data, encoding), notes, limits)

    sample = decode(data[: CHUNK // 8], encoding)
    dialect = dialect_of(sample)
    end = _end_of(data)
    if not dialect.simple or data.find(b"\0") >= 0 or not _has_line_feeds(sample):
        return whole()
    lines = io.StringIO(sample[dialect.directive :], newline="")
    preview = list(islice(records_of(lines, dialect), PREVIEW_RECORDS))
    records = [record or [] for record, _ in preview]
    rows = [_cells(record, dialect) for record in records]
    width = max(map(len, rows), default=0)
    _check_width(width, limits)
    _check_head(preview, width)
    offsets = _line_offsets(data, encoding.mark + dialect.directive, len(rows) + 1)
    if any(len(text) > 1 for _, text in preview) or len(offsets) <= len(rows):
        return whole()

    def rest(skip: int) -> Body:
        below = Counter(map(len, records[skip:]))
        names = max(below, key=lambda size: below[size], default=width)
        names = max(names, len(records[skip - 1]) if skip else 0)
        return body_of(Stretch(data, offsets[skip], end, encoding, dialect, names), skip)

    for row in rows:
        row.extend([None] * (width - len(row)))
    numbers = range(1, len(rows) + 1)
    return Grid("", rows, numbers, is_text=True, notes=notes, rest=rest, whole=whole)


def _check_head(preview: Sequence[tuple[list[str] | None, list[str]]], width: int) -> None:
    """Refuse a long file whose header, or what stands above it, opens a quote and never closes it."""
    for number, (record, _) in enumerate(preview, 1):
        if record is None:
            raise RefusedFileError(
                said(
                    "In row {row}, at the head of the table, {why}. Remove it, or export the file again.",
                    row=str(number),
                    why=UNCLOSED,
                )
            )
        if len(record) > max(width // 2, 1):
            return


def _has_line_feeds(sample: str) -> bool:
    return sample.count("\n") >= sample.count("\r")


def _end_of(data: bytes) -> int:
    end = len(data)
    while end and data[end - 1] in b"\r\n\x1a \t":
        end -= 1
    return end


def _line_offsets(data: bytes, start: int, count: int) -> list[int]:
    offsets = [start]
    while len(offsets) < count:
        found = data.find(b"\n", offsets[-1])
        if found < 0:
            break
        offsets.append(found + 1)
    return offsets
