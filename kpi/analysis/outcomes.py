"""What became of a file, in figures and in sentences that can be translated."""

import time
from collections.abc import Sequence
from typing import Final

from kpi.analysis import mending
from kpi.analysis.contents import contents_of
from kpi.analysis.fields import dataset_words
from kpi.analysis.results import DatasetReport, FileOutcome, Gap
from kpi.ingest import FileReading, Part
from kpi.model import Severity
from kpi.store import Plan
from kpi.texts import Said, joined, said, said_n

SAMPLE_ROWS: Final = 5


def outcome_of(
    reading: FileReading, plan: Plan | None, state: str, started: float, cannot: tuple[Gap, ...]
) -> FileOutcome:
    """The outcome of a file in a state; ``started`` is when, by ``time.perf_counter``, it began."""
    questions = reading.questions + (plan.questions if plan else ())
    return FileOutcome(
        file=reading.file,
        sha256=reading.sha256,
        state=state,
        upload=plan.upload if plan and plan.unchanged else None,
        feed=(plan.feed if plan else None) or reading.feed,
        datasets=tuple(_report(part) for part in reading.parts),
        questions=questions if state == "needs_answer" else (),
        problems=reading.problems,
        effects=(),
        rows_new=plan.rows_new if plan else 0,
        rows_changed=plan.rows_changed if plan else 0,
        rows_gone=plan.rows_gone if plan else 0,
        says=_says(reading, plan, state, questions),
        seconds=time.perf_counter() - started,
        columns=reading.columns,
        sheets=tuple(reading.sheets),
        changes=reading.changes,
        contents=contents_of(reading.parts, cannot),
        cannot=cannot,
        new_feed=plan.new_feed if plan else False,
        rows=_rows_of(reading, "rows_accepted"),
        row_changes=tuple(plan.changes) if plan else (),
    )


def _report(part: Part) -> DatasetReport:
    return DatasetReport(
        dataset=part.dataset,
        sheet=part.sheet,
        rows_read=part.rows_read,
        rows_accepted=part.rows_accepted,
        rows_rejected=part.rows_rejected,
        mapping=dict(part.mapping),
        conventions=dict(part.conventions),
        coverage=tuple(part.coverage),
        control_totals=tuple(part.control_totals),
        sample=part.first_rows(SAMPLE_ROWS).to_pandas(),
    )


def _rows_of(reading: FileReading, counted: str) -> int:
    """Rows of the file of a sort: a row that feeds, or would feed, two datasets is one row."""
    by_table: dict[tuple[object, ...], int] = {}
    for part in reading.parts:
        table = (part.sheet, part.signature)
        by_table[table] = max(by_table.get(table, 0), getattr(part, counted))
    return sum(by_table.values())


def _says(reading: FileReading, plan: Plan | None, state: str, questions: Sequence[object]) -> str:
    """What happened to the file, or what will, as sentences one after the other."""
    if state == "rejected" and not reading.mended:
        return _refused(reading)
    if state == "needs_answer":
        return _to_confirm(reading, len(questions))
    if plan is not None and plan.cancelled:
        return said("Cancelled: nothing was stored.")
    if reading.mended:
        return mending.says_of_mend(reading, state)
    if state == "unchanged":
        return said("These rows are in force already: nothing changes.")
    return _in_force(reading, plan, previewed=state == "previewed")


def _to_confirm(reading: FileReading, questions: int) -> Said:
    titles = _titles(reading)
    if not titles:
        return said_n(
            "{n} thing to confirm before it is known what this file holds.",
            "{n} things to confirm before it is known what this file holds.",
            n=questions,
        )
    return said_n(
        "Recognised as {titles}; {n} thing to confirm before it counts.",
        "Recognised as {titles}; {n} things to confirm before it counts.",
        n=questions,
        titles=titles,
    )


def _in_force(reading: FileReading, plan: Plan | None, *, previewed: bool) -> str:
    accepted, titles = _rows_of(reading, "rows_accepted"), _titles(reading)
    says: list[str] = [
        said_n(
            "Would put {n} row in force: {titles}.",
            "Would put {n} rows in force: {titles}.",
            n=accepted,
            titles=titles,
        )
        if previewed
        else said_n(
            "Put {n} row in force: {titles}.",
            "Put {n} rows in force: {titles}.",
            n=accepted,
            titles=titles,
        )
    ]
    if rejected := _rows_of(reading, "rows_rejected"):
        says.append(
            said_n(
                "{n} row was rejected; the list says why.",
                "{n} rows were rejected; the list says why.",
                n=rejected,
            )
        )
    return joined(*says, *_superseding(plan, previewed=previewed))


def _superseding(plan: Plan | None, *, previewed: bool) -> tuple[str, ...]:
    if plan is None:
        return ()
    if not (plan.rows_changed or plan.rows_gone):
        return plan.notes
    counts = {"changed": plan.rows_changed, "gone": plan.rows_gone}
    told = (
        said("Rows that would change: {changed}; that would be gone: {gone}.", **counts)
        if previewed
        else said("Rows changed: {changed}; gone: {gone}.", **counts)
    )
    return (told, *plan.notes)


def _titles(reading: FileReading) -> tuple[Said, ...]:
    return tuple(dataset_words(d) for d in dict.fromkeys(part.dataset for part in reading.parts))


def _refused(reading: FileReading) -> str:
    """That nothing was taken, with the first reason and what to do."""
    refusal = next((p for p in reading.problems if p.severity is Severity.REJECTED), None)
    if refusal is None:
        return said("Nothing was taken from this file.")
    why = refusal.actual
    told = (
        (said("Nothing was taken from this file."), why)
        if why.endswith((".", "?"))
        else (said("Nothing was taken from this file: {why}.", why=why),)
    )
    advice = (refusal.advice,) if refusal.advice else ()
    return joined(*told, *advice)
