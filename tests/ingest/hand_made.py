"""Sheets as a person typed them, for tests: cells or lines of text in, facts by dataset out."""

import csv
import io
from dataclasses import dataclass

from kpi.ingest.grid import Grid
from kpi.ingest.interpret import Context, interpret
from kpi.ingest.layout import tables_of
from kpi.model import Severity


@dataclass
class Read:
    """What came back: facts by dataset as tuples of named columns, what was asked and said."""

    found: object
    parts: tuple

    def rows(self, dataset, *columns):
        """The facts of a dataset, sorted; dates as ISO texts."""
        tables = [p.table.to_pylist() for p in self.parts if p.dataset == dataset]
        plain = [tuple(_plain(row[c]) for c in columns) for t in tables for row in t]
        return sorted(plain, key=repr)

    @property
    def asked(self):
        """The questions in words."""
        return [str(q.ask) for q in self.found.questions]

    def offered(self, place=0):
        """The candidates of a question, best first."""
        return [c.value for c in self.found.questions[place].candidates]

    @property
    def said(self):
        """Every remark and problem in words."""
        return [p.actual for p in self.found.problems]

    @property
    def warned(self):
        """Warnings and rejections: where and what."""
        return [
            (p.row, p.column, p.actual)
            for p in self.found.problems
            if p.severity is not Severity.NOTE
        ]

    @property
    def totals(self):
        """The file's own totals: field, what it says, what the rows say."""
        return sorted(
            {(t.field, t.file_says, t.rows_say) for p in self.parts for t in p.control_totals}
        )


def _plain(value):
    return value.isoformat() if hasattr(value, "isoformat") else value


def cells(text):
    """Lines of comma-separated cells; figures as numbers, blank as nothing."""
    lines = [line.strip() for line in text.strip().splitlines()]
    return [[_cell(c.strip()) for c in row] for row in csv.reader(io.StringIO("\n".join(lines)))]


def _cell(text):
    try:
        return float(text)
    except ValueError:
        return text or None


def tables(sheets):
    """The raw tables of sheets (name -> lines of text, or rows of cells)."""
    out = []
    for name, rows in sheets.items():
        made = cells(rows) if isinstance(rows, str) else rows
        width = max(len(row) for row in made)
        padded = [[*row, *[None] * (width - len(row))] for row in made]
        out.extend(tables_of(Grid(name, padded, list(range(1, len(padded) + 1)), merges=())).tables)
    return out


def read(sheets, answers=None, **context):
    """Read sheets, every question answered by its first candidate, or as ``answers`` says by topic."""
    raw = tables({"Sheet1": sheets} if isinstance(sheets, str | list) else sheets)
    found = interpret(raw, context=Context("00", **context))
    if not found.questions:
        return Read(found, found.parts)
    chosen = {q.id: q.candidates[0].value for q in found.questions}
    for question in found.questions:
        for words, value in (answers or {}).items():
            if words in question.ask:
                chosen[question.id] = value
    again = interpret(raw, context=Context("00", answers=chosen, **context))
    assert not again.questions, "one round of answers must suffice"
    return Read(found, again.parts)
