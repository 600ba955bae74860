"""Rows of a text file with more cells than headings: put right where only one way is possible.

Somebody wrote a separator into a name without putting the name into quotation marks, and every
cell after it stands one column too far. The pieces belong together again where exactly one column
can have taken them: the cells before and after it look as their columns look in all other rows,
and no piece was in quotation marks of its own.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from kpi.ingest.header import Kind, kind_of

Cells = Sequence[str | None]

FEWEST: Final = 5
"""Rows that fit; with fewer it is not known what the columns look like."""

LEARNED: Final = 2_000
NEARLY_ALL: Final = 0.95
CODES: Final = 0.1
"""Shapes per row up to which the cells of a column are codes of a few shapes."""

_LETTERS: Final = re.compile(r"[^\W\d_]+")
_DIGITS: Final = re.compile(r"\d+")


def shape_of(text: str) -> str:
    """What a code looks like: letters as A, digits as 9.

    >>> shape_of("MG-8769"), shape_of("Crack")
    ('A-9', 'A')
    """
    return _DIGITS.sub("9", _LETTERS.sub("A", text))


@dataclass(frozen=True, slots=True)
class _Look:
    """What the cells of one column look like in the rows that fit.

    ``kind`` is number or date where nearly all are, "blank" where all are; ``shapes`` are those of
    codes, empty for free text; ``quoted`` says that every cell stood in quotation marks.
    """

    kind: Kind
    shapes: frozenset[str]
    may_be_blank: bool
    quoted: bool

    def has(self, cell: str | None, quoted: bool) -> bool:
        """The cell could stand in the column."""
        if cell is None or not cell.strip():
            return self.may_be_blank
        if self.kind == "blank" or (self.quoted and not quoted):
            return False
        if self.kind != "text":
            return kind_of(cell) == self.kind
        return not self.shapes or shape_of(cell) in self.shapes

    @property
    def takes_words(self) -> bool:
        """A name or a remark may hold the separator; a number or a code may not."""
        return self.kind == "text" and not any("9" in shape for shape in self.shapes)


@dataclass(frozen=True, slots=True)
class Slips:
    """What the columns look like, learnt from the rows that fit."""

    looks: tuple[_Look, ...]
    separator: str

    def mended(self, cells: Cells, quoted: Sequence[bool]) -> tuple[list[str | None], int] | None:
        """The row with its pieces put together, and in which column; ``None`` where it is not sure."""
        width, extra = len(self.looks), len(cells) - len(self.looks)
        if len(quoted) != len(cells):
            return None
        ways = [at for at in range(width) if self._fits(cells, quoted, at, extra)]
        if extra < 1 or len(ways) != 1 or not self.looks[ways[0]].takes_words:
            return None
        at = ways[0]
        joined = self.separator.join(cell or "" for cell in cells[at : at + extra + 1])
        return [*cells[:at], joined, *cells[at + extra + 1 :]], at

    def _fits(self, cells: Cells, quoted: Sequence[bool], at: int, extra: int) -> bool:
        pieces = range(at, at + extra + 1)
        if any(quoted[i] for i in pieces):
            return False
        if cells[at] is None or all(cells[i] is None for i in pieces[1:]):
            return False  # an empty piece is an empty cell
        if not self.looks[at].takes_words:  # 1,5 may be one number: then there are two ways
            joined = self.separator.join(cells[i] or "" for i in pieces)
            if self.looks[at].kind != "number" or kind_of(joined) != "number":
                return False
        rest = [(i, i) for i in range(at)]
        rest += [(i, i + extra) for i in range(at + 1, len(self.looks))]
        return all(self.looks[column].has(cells[i], quoted[i]) for column, i in rest)


def learn(
    rows: Sequence[Cells], quoted: Sequence[Sequence[bool]], width: int, separator: str
) -> Slips | None:
    """What the columns look like in the rows that have ``width`` cells; ``None`` with too few rows."""
    pairs = zip(rows, quoted, strict=True)
    fitting = [(row, marks) for row, marks in pairs if len(row) == len(marks) == width]
    if len(fitting) < FEWEST:
        return None
    looks = [
        _look([row[c] for row, _ in fitting], [marks[c] for _, marks in fitting])
        for c in range(width)
    ]
    return Slips(tuple(looks), separator)


def _look(cells: Cells, quoted: Sequence[bool]) -> _Look:
    filled = [(c, q) for c, q in zip(cells, quoted, strict=True) if c is not None and c.strip()]
    if not filled:
        return _Look("blank", frozenset(), True, False)
    kinds = Counter(kind_of(cell) for cell, _ in filled)
    kind, times = kinds.most_common(1)[0]
    if times < NEARLY_ALL * len(filled) or kind == "blank":
        kind = "text"
    shapes = frozenset(shape_of(cell) for cell, _ in filled)
    if kind != "text" or len(shapes) > max(CODES * len(filled), 2):
        shapes = frozenset()
    return _Look(kind, shapes, len(filled) < len(cells), all(q for _, q in filled))


def quotes_of(record: str, separator: str, quote: str) -> tuple[bool, ...]:
    """Which cells of a record stand in quotation marks, these being doubled inside.

    >>> quotes_of('1,"a, b",c', ",", '"')
    (False, True, False)
    """
    marks: list[bool] = []
    at, end = 0, len(record.rstrip("\r\n"))
    while at <= end:
        quoted = record.startswith(quote, at)
        marks.append(quoted)
        if quoted:
            at = record.find(quote, at + 1)
            while at >= 0 and record.startswith(quote * 2, at):
                at = record.find(quote, at + 2)
            if at < 0:
                break
        at = record.find(separator, at)
        if at < 0:
            break
        at += len(separator)
    return tuple(marks)
