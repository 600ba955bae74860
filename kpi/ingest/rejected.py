"""The rejected rows of a file with their raw cells, on their way from the child to a workbook.

Light on purpose: no Arrow, so that whoever writes the workbook need not load it.
"""

import json
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any, Final

from kpi.safe_text import FORMULA_STARTS

if TYPE_CHECKING:
    from kpi.ingest.raw import Cell

REJECTED: Final = "rejected.json"

HELPERS: Final = ("Why rejected", "Sheet", "Row")
"""The leading columns of a sheet of rejected rows; what follows is the file's own."""

LONGEST: Final = 32_767
"""Characters a cell of a workbook may hold."""

_SIGNED_NUMBER: Final = re.compile(r"[+-][\d.,'\u00a0\u202f ]*\d[\d.,]*\s?%?")
_UNWRITABLE: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


@dataclass(frozen=True, slots=True)
class RejectedRow:
    """One rejected row: where it stands, why, the place of the cell at fault, its raw cells."""

    sheet: str
    row: int
    reason: str
    at: int | None
    cells: "tuple[Cell, ...]"


@dataclass(frozen=True, slots=True)
class RejectedTable:
    """The rejected rows of tables with the same headings; ``letter`` is their first column's."""

    letter: str
    headings: tuple[str, ...]
    rows: tuple[RejectedRow, ...]


def title_for(file: str, sha256: str) -> str:
    """The line by which a file of mended rows is known again, whatever it is saved as.

    >>> title_for("scrap.csv", "ab" * 32)
    'Clause Nine: rows rejected from scrap.csv (abababababababab)'
    """
    return f"Clause Nine: rows rejected from {file} ({sha256[:16]})"


def shown(cell: "Cell") -> "Cell":
    """A raw cell as the workbook of rejected rows holds it: of its own type, and never a formula.

    >>> shown("=1+1"), shown("-5,00"), shown("007"), shown(7.5)
    ("'=1+1", '-5,00', '007', 7.5)
    """
    if not isinstance(cell, str):
        return cell
    text = _UNWRITABLE.sub(" ", cell)[:LONGEST]
    if text.startswith(FORMULA_STARTS) and not _SIGNED_NUMBER.fullmatch(text):
        return "'" + text[: LONGEST - 1]
    return text or None


def rejected_json(tables: Sequence[RejectedTable]) -> list[dict[str, Any]]:
    """The tables as JSON carries them; a cell that JSON does not know is a pair of type and text."""
    return [
        {
            "letter": table.letter,
            "headings": list(table.headings),
            "rows": [
                [r.sheet, r.row, str(r.reason), r.at, [_told(c) for c in r.cells]]
                for r in table.rows
            ],
        }
        for table in tables
    ]


def rejected_of(text: str) -> tuple[RejectedTable, ...]:
    """The inverse of ``rejected_json``, from its text."""
    return tuple(
        RejectedTable(
            told["letter"],
            tuple(told["headings"]),
            tuple(
                RejectedRow(sheet, row, reason, at, tuple(_cell(c) for c in cells))
                for sheet, row, reason, at, cells in told["rows"]
            ),
        )
        for told in json.loads(text)
    )


def _told(cell: "Cell") -> Any:
    match cell:
        case datetime():
            return ["moment", cell.isoformat()]
        case date():
            return ["day", cell.isoformat()]
        case time():
            return ["time", cell.isoformat()]
        case timedelta():
            return ["seconds", cell.total_seconds()]
        case float() if not math.isfinite(cell):
            return str(cell)
    return cell


def _cell(told: Any) -> "Cell":
    match told:
        case ["moment", text]:
            return datetime.fromisoformat(text)
        case ["day", text]:
            return date.fromisoformat(text)
        case ["time", text]:
            return time.fromisoformat(text)
        case ["seconds", seconds]:
            return timedelta(seconds=seconds)
    cell: Cell = told
    return cell
