"""Audits, findings and processes out of a list that people kept: each row accepted or refused.

Nothing is recorded by planning; what is recorded goes in one step, all of it or none.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from kpi.analysis import words
from kpi.analysis.audit_cells import CellError
from kpi.analysis.audit_match import Batch, RowState
from kpi.analysis.audit_sheets import ListFound, ListRow, SheetLeft, lists_in
from kpi.analysis.home import Home
from kpi.analysis.registering import record_all
from kpi.errors import KpiError, RefusedFileError, UsageError
from kpi.ingest import WrittenSheet, read_written
from kpi.qms.register import LONGEST_LINE, Difference, Edit, Recorded

SHOWN_AT_MOST: Final = 500
"""Characters of what is told of a row."""


@dataclass(frozen=True, slots=True)
class ImportRow:
    """A row of the file, and what becomes of it. ``column`` is where the reason lies, if in one."""

    list: str
    sheet: str
    row: int
    column: str
    title: str
    state: RowState
    says: str = ""
    id: str = ""
    changes: tuple[Difference, ...] = ()

    @property
    def place(self) -> str:
        """Where it stands, as a person finds it."""
        sheet = f"sheet {self.sheet}, " if self.sheet else ""
        return f"{sheet}row {self.row}" + (f", column {self.column}" if self.column else "")


@dataclass(frozen=True, slots=True)
class ImportPlan:
    """What an import would do. ``number`` counts all records when it was made.

    ``day_or_month``: whether days come first is open, and some rows wait for the answer.
    """

    file: str
    rows: tuple[ImportRow, ...]
    lists: tuple[ListFound, ...]
    left: tuple[SheetLeft, ...]
    edits: tuple[Edit[Any], ...]
    number: int
    day_or_month: bool = False

    def count(self, state: RowState) -> int:
        """How many rows have a state."""
        return sum(row.state is state for row in self.rows)

    @property
    def says(self) -> str:
        """What it would do, in a sentence."""
        if not self.rows:
            return f"{self.file} holds no list of audits, findings or processes."
        told = [f"{n} {state}" for state in RowState if (n := self.count(state))]
        noun = "row" if len(self.rows) == 1 else "rows"
        return f"{len(self.rows)} {noun} of {self.file}: {words.listed(told)}."


def read_lists(path: Path) -> tuple[WrittenSheet, ...]:
    """The sheets of a file, read apart from this program as every file is.

    Raises
    ------
    UsageError
        The file cannot be read; the sentence says why.
    """
    try:
        return read_written(path)
    except OSError as error:
        raise UsageError(f"The file {path.name!r} cannot be read: {error.strerror}.") from error
    except RefusedFileError as error:
        raise UsageError(f"The file {path.name!r} cannot be imported. {error}") from error


def plan_import(
    home: Home,
    sheets: Sequence[WrittenSheet],
    *,
    file: str,
    given: Mapping[str, str] | None = None,
    order: str = "",
) -> ImportPlan:
    """What the lists of a file would add and change, row by row.

    ``given`` holds for every new row that leaves a field empty. ``order`` is ``dmy`` or ``mdy`` where
    somebody said how days are written.
    """
    number = home.store.records.number()
    found, left = lists_in(sheets, file)
    batch = Batch(home, found, given or {}, order)
    rows = [_row(batch, one, row, file) for one in found for row in one.rows]
    edits = tuple(batch.edits)
    return ImportPlan(file, tuple(rows), found, left, edits, number, batch.day_or_month)


def _row(batch: Batch, found: ListFound, row: ListRow, file: str) -> ImportRow:
    """One row taken into the batch, or refused."""
    title = row.cells.get("title") or row.cells.get("statement") or row.cells.get("processes") or ""
    told: dict[str, Any] = {
        "list": found.name, "sheet": row.sheet, "row": row.row, "title": title[:120]
    }  # fmt: skip
    try:
        taken = batch.take(found, row, f"Imported from {file}, {_place(row)}"[:LONGEST_LINE])
    except CellError as problem:
        letter = row.letters.get(problem.field, "")
        return ImportRow(**told, column=letter, state=RowState.REFUSED, says=str(problem)[:SHOWN_AT_MOST])  # fmt: skip
    except KpiError as error:
        return ImportRow(**told, column="", state=RowState.REFUSED, says=str(error)[:SHOWN_AT_MOST])
    return ImportRow(
        **told, column="", state=taken.state, says=taken.says, id=taken.id, changes=taken.changes
    )  # fmt: skip


def _place(row: ListRow) -> str:
    return f"sheet {row.sheet}, row {row.row}" if row.sheet else f"row {row.row}"


def record_import(
    home: Home, plan: ImportPlan, *, who: str, when: datetime, refused_too: bool = False
) -> tuple[Recorded[Any], ...]:
    """Record what a plan accepts, all of it in one step.

    Raises
    ------
    AccessDeniedError
        The person does not manage every plant it is about.
    UsageError
        Rows are refused and ``refused_too`` does not say to go on without them, there is nothing to
        record, or records were changed since the plan was made.
    """
    refused = plan.count(RowState.REFUSED)
    if refused and not refused_too:
        first = next(row for row in plan.rows if row.state is RowState.REFUSED)
        raise UsageError(
            f"{refused} of {len(plan.rows)} rows are refused, so nothing is recorded. The first: "
            f"{first.place}: {first.says}"
        )
    if not plan.edits:
        raise UsageError(f"{plan.says} There is nothing to record.")
    if home.store.records.number() != plan.number:
        raise UsageError(
            "Records were changed since the file was looked at. Nothing is recorded; look at it again."
        )
    return record_all(home, plan.edits, who=who, when=when)
