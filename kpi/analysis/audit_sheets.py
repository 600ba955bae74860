"""Lists of audits, findings and processes found in the sheets of a file, whatever their headings.

A list is told by its headings: the row that names most of its fields. Two rows of headings, titles
above, remarks below, headings repeated on every page and months across are taken as people make them.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from kpi.ingest import WrittenSheet
from kpi.ingest.dates import month_names
from kpi.ingest.grid import letter_of
from kpi.qms.audit_headings import LISTS, field_of, folded, list_of_sheet

SEARCHED_ROWS: Final = 60
"""A heading further down is not looked for."""

LEAST_MONTHS: Final = 6
"""So many months side by side are a calendar."""

NEEDED: Final[Mapping[str, tuple[frozenset[str], ...]]] = {
    "audit": (frozenset({"title", "processes", "clauses"}), frozenset({"planned", "held_on"})),
    "finding": (frozenset({"statement", "title"}), frozenset({"grade", "audit", "found_on"})),
    "process": (frozenset({"title"}), frozenset({"owner"})),
}
"""Of each set a list has at least one field, or it is no such list."""

WORKED_OUT: Final = frozenset({"Findings left", "Coverage", "What next", "What may be chosen"})
"""Sheets of an export that are no list."""

NO_MARK: Final = frozenset({"", "-", "–", "—", "0", "n/a", "/", "no", "nein", "non"})

_YEAR: Final = re.compile(r"(?<!\d)(20\d\d)(?!\d)")


@dataclass(frozen=True, slots=True)
class ListRow:
    """A row of a list: what stands under each field that is filled, and in which column."""

    sheet: str
    row: int
    cells: Mapping[str, str]
    letters: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class ListFound:
    """A list in a sheet. ``headings`` by field, ``unread`` those that stand for no field."""

    name: str
    sheet: str
    headings: Mapping[str, str]
    unread: tuple[str, ...]
    rows: tuple[ListRow, ...]


@dataclass(frozen=True, slots=True)
class SheetLeft:
    """A sheet, or part of one, that was not read, and why."""

    sheet: str
    why: str


@dataclass(frozen=True, slots=True)
class _Head:
    """A heading: the list it is of, its rows as places in the sheet, fields and months by column."""

    name: str
    first: int
    last: int
    fields: Mapping[int, str]
    months: Mapping[int, str]
    score: int


def lists_in(
    sheets: Sequence[WrittenSheet], file: str = ""
) -> tuple[tuple[ListFound, ...], tuple[SheetLeft, ...]]:
    """The lists of a file in the order in which each may name those before, and what was left out."""
    found: list[ListFound] = []
    left: list[SheetLeft] = []
    for sheet in sheets:
        if not sheet.rows:
            if sheet.why:
                left.append(SheetLeft(sheet.sheet, f"Not read: {sheet.why}."))
            continue
        if sheet.sheet in WORKED_OUT:
            left.append(SheetLeft(sheet.sheet, "Worked out from the lists, so it is not read."))
            continue
        head = _best_head(sheet)
        if head is None:
            left.append(SheetLeft(sheet.sheet, _no_list(sheet)))
            continue
        read, remarks = _list(sheet, head, file)
        found.append(read)
        left += remarks
    return tuple(sorted(found, key=lambda one: LISTS.index(one.name))), tuple(left)


def _no_list(sheet: WrittenSheet) -> str:
    shown = [cell for cell in max(sheet.rows, key=lambda row: sum(map(bool, row))) if cell][:6]
    return (
        "No list of audits, findings or processes. Its fullest row says: "
        f"{', '.join(cell[:30] for cell in shown)}. The template shows headings that are read."
    )


# --- the heading ------------------------------------------------------------------------------


def _best_head(sheet: WrittenSheet) -> _Head | None:
    """The heading that names most fields; of two rows only where that adds two fields at least."""
    title = list_of_sheet(sheet.sheet)
    best: _Head | None = None
    for place in range(min(len(sheet.rows), SEARCHED_ROWS)):
        for deep in (0, 1):
            if place + deep >= len(sheet.rows):
                continue
            for name in LISTS:
                head = _head(sheet, name, place, place + deep)
                score = head.score + (3 if title == name else 0) - 2 * deep
                if _is_list(head) and (best is None or score > best.score):
                    best = _Head(name, head.first, head.last, head.fields, head.months, score)
    return best


def _head(sheet: WrittenSheet, name: str, first: int, last: int) -> _Head:
    fields: dict[int, str] = {}
    months: dict[int, str] = {}
    for column, texts in enumerate(_texts(sheet.rows[first : last + 1])):
        field = next((f for text in texts if (f := field_of(name, text))), "")
        month = next((m for text in texts if (m := _month(text))), "")
        if month and name == "audit":
            months[column] = month
        elif field and field not in fields.values():
            fields[column] = field
    if len(months) < LEAST_MONTHS:
        months = {}
    return _Head(name, first, last, fields, months, len(fields) + min(len(months), 2))


def _texts(rows: Sequence[Sequence[str]]) -> Iterable[tuple[str, ...]]:
    """What may be the heading of each column: all rows joined, the lowest, those above."""
    for cells in zip(*rows, strict=False):
        filled = [cell for cell in cells if cell]
        yield (" ".join(filled), *reversed(filled)) if len(filled) > 1 else tuple(filled)


def _is_list(head: _Head) -> bool:
    there = set(head.fields.values()) | ({"planned"} if head.months else set())
    return all(needed & there for needed in NEEDED[head.name])


def _month(text: str) -> str:
    """A month as a heading names it, ``2026-03``, or ``-03`` where it names no year.

    >>> _month("März"), _month("Jan 26"), _month("2026-03-01"), _month("Prozess")
    ('-03', '2026-01', '2026-03', '')
    """
    if found := re.fullmatch(r"(20\d\d)-(\d\d)(?:-\d\d)?", text.strip()):
        return f"{found[1]}-{found[2]}"
    words = folded(text).split()
    number = month_names().get(words[0]) if words else None
    if number is None or len(words) > 2:
        return ""
    year = words[1] if len(words) == 2 else ""
    if year and not re.fullmatch(r"(20)?\d\d", year):
        return ""
    return f"{f'20{year[-2:]}' if year else ''}-{number:02d}"


# --- the rows ---------------------------------------------------------------------------------


def _list(sheet: WrittenSheet, head: _Head, file: str) -> tuple[ListFound, tuple[SheetLeft, ...]]:
    heading = sheet.rows[head.first : head.last + 1]
    rows: list[ListRow] = []
    remarks: list[int] = []
    year = _year(sheet, head, file)
    for place in range(head.last + 1, len(sheet.rows)):
        cells = sheet.rows[place]
        if any(cells == row for row in heading):
            continue
        named = {field: cells[c] for c, field in head.fields.items() if c < len(cells) and cells[c]}
        if len(named) == 1 and len(head.fields) > 3 and sum(map(bool, cells)) == 1:
            remarks.append(sheet.numbers[place])
        elif named:
            letters = {f: letter_of(sheet.first_column + c) for c, f in head.fields.items()}
            rows += _rows(sheet, place, named, letters, head, year)
    told = {f: _first(heading, c) for c, f in head.fields.items()}
    known = {*head.fields, *head.months}
    unread = [_first(heading, c) for c in range(len(heading[0])) if c not in known]
    left = []
    if remarks:
        left.append(SheetLeft(sheet.sheet, f"Rows with a single cell, taken for remarks: {_numbers(remarks)}."))  # fmt: skip
    return ListFound(head.name, sheet.sheet, told, tuple(filter(None, unread)), tuple(rows)), tuple(left)  # fmt: skip


def _rows(
    sheet: WrittenSheet,
    place: int,
    named: Mapping[str, str],
    letters: Mapping[str, str],
    head: _Head,
    year: str,
) -> Iterable[ListRow]:
    """The row itself; in a calendar one for each month that is marked."""
    number, cells = sheet.numbers[place], sheet.rows[place]
    if not head.months:
        yield ListRow(sheet.sheet, number, named, letters)
        return
    for column, month in head.months.items():
        mark = cells[column].strip() if column < len(cells) else ""
        if mark.casefold() in NO_MARK:
            continue
        day = f"{month if month[0] != '-' else year + month}"
        if re.fullmatch(r"\d{1,2}\.?", mark):
            day = f"{day}-{int(mark.rstrip('.')):02d}"
        at = letter_of(sheet.first_column + column)
        yield ListRow(sheet.sheet, number, {**named, "planned": day}, {**letters, "planned": at})


def _year(sheet: WrittenSheet, head: _Head, file: str) -> str:
    """The year of a calendar whose months name none: of the titles above, the sheet, the file."""
    titles = [cell for row in sheet.rows[: head.last + 1] for cell in row]
    for text in (*titles, sheet.sheet, file):
        if found := _YEAR.search(text):
            return found[1]
    return ""


def _first(heading: Sequence[Sequence[str]], column: int) -> str:
    return " ".join(row[column] for row in heading if column < len(row) and row[column])


def _numbers(rows: Sequence[int]) -> str:
    shown = ", ".join(map(str, rows[:10]))
    return shown if len(rows) <= 10 else f"{shown} and {len(rows) - 10} more"
