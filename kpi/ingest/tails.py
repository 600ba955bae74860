"""What stands among and below the rows of a table without being one: totals, averages, notes."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

from kpi.ingest.grid import Grid, text_of
from kpi.ingest.header import Header, kind_of
from kpi.ingest.pieces import filled_of, names_of
from kpi.ingest.raw import Cell, RawTotal
from kpi.ingest.slips import shape_of
from kpi.ingest.totals import average_of, is_total_label, speaks_of_totals, total_of
from kpi.texts import said

_PLAIN: Final = re.compile(
    r"(?P<sign>-?)(?P<whole>\d{1,3}(?:[.,'’\u00a0\u202f ]\d{3})+|\d+)(?:[.,](?P<part>\d+))?"
)

_LONGEST_NUMBER: Final = 60
"""Characters; no person takes a longer text for one number."""

_SEPARATORS: Final = ";\t|,"

FOOTNOTE_ROWS: Final = 12
"""Notes below a table are looked for in its last rows only."""


def footnotes(grid: Grid, header: Header, rows: list[int]) -> list[str]:
    """Take the notes below a table off its ``rows``; what they say.

    A lone text below four or more columns is a note; so is a row of texts below a blank row where
    the table holds numbers or dates, as signatures are.
    """
    width = sum(1 for h in header.headings if h) or grid.width
    notes: list[str] = []
    while rows and len(notes) < FOOTNOTE_ROWS and width >= 3:
        row = grid.rows[rows[-1]]
        filled = filled_of(row)
        texts = [text_of(row[c]).strip() for c in filled]
        if any(kind_of(row[c]) in ("number", "date") for c in filled):
            return notes
        if any(is_total_label(text) for text in texts):
            return notes
        alone = len(filled) == 1 and width >= 4
        if alone and _is_a_row(texts[0]) and len(rows) > 1 and _alike(grid, rows):
            return notes  # rows with another separator: each is told why it cannot be read
        if not alone and not _below_a_blank(grid, rows, len(filled), width):
            return notes
        number = grid.numbers[rows.pop()]
        notes.append(
            said(
                "Row {row} is a note below the table: {text}.",
                row=str(number),
                text=repr(" ".join(texts)[:80]),
            )
        )
    return notes


def _is_a_row(text: str) -> bool:
    """A lone text looks like cells that stayed together: figures between separators."""
    shape = shape_of(text)
    return "9" in shape and max(map(shape.count, _SEPARATORS)) > 1


def _alike(grid: Grid, rows: Sequence[int]) -> bool:
    """The last two rows are each one text of the same shape."""
    last, above = (filled_of(grid.rows[i]) for i in (rows[-1], rows[-2]))
    if len(above) != 1:
        return False
    texts = [text_of(grid.rows[rows[-1]][last[0]]), text_of(grid.rows[rows[-2]][above[0]])]
    return shape_of(texts[0]) == shape_of(texts[1])


def _below_a_blank(grid: Grid, rows: Sequence[int], filled: int, width: int) -> bool:
    """The rows at the end, back to the last blank row, hold texts only, fewer than there are columns."""
    if filled >= width or len(rows) < 4:
        return False
    blanks = [i for i in range(rows[-1], rows[0], -1) if not filled_of(grid.rows[i])]
    if not blanks:
        return False
    tail = [i for i in rows if i > blanks[0]]
    body = [i for i in rows if i < blanks[0]]
    kinds = {kind_of(cell) for i in tail for cell in grid.rows[i]}
    typed = {kind_of(cell) for i in body[-3:] for cell in grid.rows[i]}
    return not kinds & {"number", "date"} and bool(typed & {"number", "date"})


@dataclass
class _Sums:
    """Running sums of the numbers of the rows kept so far: since the last total, and of all."""

    width: int
    since: list[list[float]] = field(default_factory=list)
    every: list[list[float]] = field(default_factory=list)
    rows_since: int = 0

    def __post_init__(self) -> None:
        self.since = [[] for _ in range(self.width)]
        self.every = [[] for _ in range(self.width)]

    def add(self, row: Sequence[Cell]) -> None:
        for column, cell in enumerate(row):
            number = _number(cell)
            if number is not None:
                self.since[column].append(number)
                self.every[column].append(number)
        self.rows_since += 1

    def close(self) -> None:
        self.since = [[] for _ in range(self.width)]
        self.rows_since = 0

    def states(self, row: Sequence[Cell], columns: Sequence[int]) -> bool:
        """The cells are the sums of what stands above since the last total, or of everything."""
        since = self.rows_since > 1 and self._are(self.since, row, columns)
        return since or (self.rows_since != 1 and self._are(self.every, row, columns))

    @staticmethod
    def _are(parts: list[list[float]], row: Sequence[Cell], columns: Sequence[int]) -> bool:
        return all(
            len(parts[c]) > 1
            and math.isclose(
                math.fsum(parts[c]), _number(row[c]) or 0.0, rel_tol=1e-9, abs_tol=5e-7
            )
            for c in columns
        )


def totals(
    grid: Grid, header: Header, rows: Sequence[int]
) -> tuple[list[int], list[RawTotal], list[str]]:
    """Rows that are data, totals and subtotals taken out, and notes on averages left out."""
    kept: list[int] = []
    found: list[RawTotal] = []
    notes: list[str] = []
    seen: list[set[str]] = [set() for _ in range(grid.width)]
    names = names_of(header, grid.first_column)
    sums = _Sums(grid.width)
    usual = max((len(filled_of(grid.rows[i])) for i in rows[:20]), default=0)
    for position in rows:
        row = grid.rows[position]
        total = total_of(row, names, seen, grid.numbers[position])
        total = total or _proven(row, names, sums, usual, grid.numbers[position])
        average = average_of(row)
        if total is not None:
            found.append(total)
            sums.close()
        elif average:
            notes.append(
                said(
                    "Row {row} ({label}) sums up the rows above in another way than adding them; "
                    "it is not read.",
                    row=str(grid.numbers[position]),
                    label=repr(average),
                )
            )
        else:
            kept.append(position)
            sums.add(row)
            for column, cell in enumerate(row):
                if isinstance(cell, str):
                    seen[column].add(cell.strip().casefold())
    return kept, found, notes


def _proven(
    row: Sequence[Cell], names: Sequence[str], sums: _Sums, usual: int, number: int
) -> RawTotal | None:
    """Numbers that are the sums of their columns, nothing beside them but a word that has to do with totals."""
    filled = filled_of(row)
    numbers = [c for c in filled if _number(row[c]) is not None]
    others = [c for c in filled if c not in numbers]
    if not numbers or len(filled) >= usual or len(others) > 1:
        return None
    label = text_of(row[others[0]]).strip() if others else ""
    if others and (kind_of(label) != "text" or not speaks_of_totals(label)):
        return None
    if not sums.states(row, numbers):
        return None
    return RawTotal(number, label, {names[c]: row[c] for c in numbers})


def _number(cell: Cell) -> float | None:
    """A number as the file types it, or a text that can be only one number to a person."""
    if isinstance(cell, bool) or cell is None:
        return None
    if isinstance(cell, float | int):
        return float(cell)
    if not isinstance(cell, str) or len(cell) > _LONGEST_NUMBER:
        return None
    return _number_of(cell.strip())


@lru_cache(maxsize=1 << 14)  # a table says the same over and over, cell by cell
def _number_of(text: str) -> float | None:
    match = _PLAIN.fullmatch(text)
    if match is None:
        return None
    whole = re.sub(r"\D", "", match["whole"])
    value = float(f"{whole}.{match['part'] or 0}")
    return -value if match["sign"] else value
