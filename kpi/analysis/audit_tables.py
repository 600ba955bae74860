"""The audit programme as tables to take along: what a workbook holds, and comes back as it was."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from kpi.analysis import words
from kpi.analysis.audit_coverage import Cell, Covered, coverage
from kpi.analysis.audit_lines import findings
from kpi.analysis.audit_priority import priorities
from kpi.analysis.home import Home
from kpi.analysis.registering import listed
from kpi.qms import Slice
from kpi.qms.audits import AUDIT, FINDING
from kpi.qms.processes import PROCESS
from kpi.qms.register import Kind, Recorded, Shape, in_words, options, told_fields

KINDS: Final[tuple[Kind[Any], ...]] = (AUDIT, FINDING, PROCESS)

ID, VERSION = "Id", "Version"

EXAMPLES: Final[Mapping[str, Mapping[str, str]]] = {
    "process": {"title": "Moulding", "owner": "Anna Vogel", "clauses": "8.5; 8.6; 8.7"},
    "audit": {
        "title": "Moulding, first half", "processes": "Moulding", "planned": "2026-03-17",
        "owner": "Jan Peters", "scope": "Lines 1 to 4, early and late shift",
        "criteria": "ISO 9001 8.5 to 8.7, work instructions of moulding",
        "objectives": "Find out whether changeovers are released as laid down",
    },
    "finding": {
        "audit": "Moulding, first half", "clause": "8.5.1", "process": "Moulding",
        "title": "First piece not released", "statement": "Line 3 ran without a released first piece.",
        "evidence": "Order 4711 of 17 March, release card empty", "found_on": "2026-03-17",
        "owner": "Anna Vogel", "due": "2026-04-17",
    },
}  # fmt: skip
"""One line for each list, as the template shows it."""

_UNWRITABLE: Final = re.compile(r"[\x00-\x08\x0b-\x1f\ufffe\uffff\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class BookSheet:
    """A sheet of the workbook. Cells are text, whole numbers, days, or ``None``; ``hint`` stands above."""

    title: str
    hint: str
    headings: tuple[str, ...]
    lines: tuple[tuple[str | int | float | date | None, ...], ...]


@dataclass(frozen=True, slots=True)
class Book:
    """A workbook: its sheets in order."""

    title: str
    sheets: tuple[BookSheet, ...]


def audit_book(home: Home, first: date, last: date, today: date, where: Slice = ()) -> Book:
    """Programme, findings, processes, coverage of a span of days, and what to audit next."""
    titles = titles_of(home)
    ages = {line.entry.id: line for line in findings(home, today, where)}
    sheets = [_records(kind, listed(home, kind, where), titles) for kind in KINDS]
    told = f"Audits as of {words.date_words(today)}"
    late = [
        (id, line.entry.item.title, str(line.entry.item.grade), line.age, line.late or None,
         ", ".join(line.acted))
        for id, line in ages.items() if line.age is not None
    ]  # fmt: skip
    open_ = BookSheet(
        "Findings left", "Findings that are not closed, the worst first.",
        ("Record", "Finding left", "Grade", "Age in days", "Late by days", "Answered in"), tuple(late),
    )  # fmt: skip
    return Book(
        told, (*sheets, open_, _matrix(home, first, last, where), _next(home, today, where))
    )


def titles_of(home: Home) -> dict[str, str]:
    """What processes are called in lists, by id; one whose name another has, by its id."""
    named = [(entry.id, entry.item.title) for entry in listed(home, PROCESS)]
    counts: dict[str, int] = {}
    for _, title in named:
        counts[title] = counts.get(title, 0) + 1
    return {id: title if counts[title] == 1 else id for id, title in named}


def _records(kind: Kind[Any], entries: tuple[Recorded[Any], ...], titles: Mapping[str, str]) -> BookSheet:  # fmt: skip
    fields = told_fields(kind.of)
    lines = tuple(
        (e.id, e.version, *(cell_of(name, getattr(e.item, name), titles) for name in fields))
        for e in entries
    )
    hint = (
        f"One {kind.title.lower()} a row. What is changed here comes back by an import; leave Id and "
        "Version as they are, and both empty for a new row."
    )
    headings = (ID, VERSION, *(about.label for about in fields.values()))
    return BookSheet(kind.plural, hint, headings, lines)


def cell_of(name: str, value: Any, titles: Mapping[str, str]) -> str | int | float | date | None:
    """A field's value as a cell holds it; ``None`` where it is empty."""
    if value is None or value in ("", ()):
        return None
    if isinstance(value, date):
        return value
    if name == "slice":
        return "; ".join(f"{dimension}={held}" for dimension, held in value)
    if name == "processes":
        return "; ".join(titles.get(id, id) for id in value)
    if name == "process":
        return titles.get(str(value), str(value))
    if isinstance(value, tuple):
        return writable("; ".join(map(str, value)))
    return writable(in_words(value))


def writable(text: str) -> str:
    """Text without what no workbook can hold."""
    return _UNWRITABLE.sub(" ", text)


def template() -> Book:
    """Empty lists with the headings that are read, one example each, and what may be chosen."""
    sheets = []
    for kind in (PROCESS, AUDIT, FINDING):
        fields = told_fields(kind.of)
        shown = {name: about for name, about in fields.items() if name != "links"}
        line = tuple(EXAMPLES[kind.name].get(name) for name in shown)
        hint = f"One {kind.title.lower()} a row. The first row is an example: write over it."
        headings = tuple(about.label for about in shown.values())
        sheets.append(BookSheet(kind.plural, hint, headings, (line,)))
    return Book("Template for audits", (*sheets, _choices()))


def _choices() -> BookSheet:
    lines = [
        (kind.plural, about.label, str(option))
        for kind in (PROCESS, AUDIT, FINDING)
        for name, about in told_fields(kind.of).items()
        if about.shape is Shape.CHOICE
        for option in options(kind.of, name)
    ]
    return BookSheet("What may be chosen", "", ("In the list", "Under", "What"), tuple(lines))


# --- matrix and priority ----------------------------------------------------------------------


def _matrix(home: Home, first: date, last: date, where: Slice) -> BookSheet:
    found = coverage(home, first, last, where)
    lines = tuple((row.title, *(cell_words(cell) for cell in row.cells)) for row in found.rows)
    hint = f"{words.span_words(first, last)}. {found.says}"
    return BookSheet("Coverage", hint, ("Process / clause", *found.clauses), lines)


_WORDS: Final[Mapping[Covered, Callable[[Cell], str]]] = {
    Covered.HELD: lambda cell: "audited" + (f", {cell.findings} found" if cell.findings else ""),
    Covered.PLANNED: lambda cell: "planned",
    Covered.HOLE: lambda cell: f"not since {cell.last}" if cell.last else "never",
    Covered.NOT_ASKED: lambda cell: "",
}


def cell_words(cell: Cell) -> str:
    """A cell of the matrix in a word or two."""
    return _WORDS[cell.state](cell)


def _next(home: Home, today: date, where: Slice) -> BookSheet:
    found = priorities(home, today, where)
    parts = tuple(part.name for part in found[0].parts) if found else ()
    lines: tuple[tuple[str | int | float | date | None, ...], ...] = tuple(
        (
            p.process.item.title, p.score, *(part.points for part in p.parts), p.turn.due,
            ", ".join(p.turn.planned), p.reasons,
        )
        for p in found
    )  # fmt: skip
    headings = ("What to audit next", "Points", *parts, "Due", "Planned", "Why")
    return BookSheet("What next", "The highest score first; at most 100 points.", headings, lines)
