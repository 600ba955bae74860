"""The workbook of a management review: every table and every series, with native charts."""

from io import BytesIO
from typing import Any, BinaryIO, Final

import pandas as pd
from openpyxl import Workbook

from kpi.analysis import words
from kpi.analysis.agenda_results import Agenda, AgendaTable
from kpi.analysis.definitions import formula
from kpi.analysis.results import ParetoView, ReviewKpi
from kpi.qms.agenda import edition_words
from kpi.reports.deck_cover import state
from kpi.reports.deck_end import DECISIONS, decision_row
from kpi.reports.planned import span
from kpi.reports.settled import in_utc, settled
from kpi.reports.sheets import Book, Column, number_format, parsed
from kpi.reports.sheets_charts import bars_beside, lines_beside
from kpi.safe_text import one_line

SERIES: Final = (
    ("Period", "period"), ("Value", "value"), ("Usual level", "center"), ("Lower limit", "lcl"),
    ("Upper limit", "ucl"), ("Target", "target"), ("Numerator", "numerator"),
    ("Denominator", "denominator"),
)  # fmt: skip
LINES: Final = 6
"""The first so many columns of a series are the period and the lines of its chart."""


def write_workbook(agenda: Agenda, file: BinaryIO) -> None:
    """Write the workbook as .xlsx. The same agenda gives the same bytes."""
    book = Book(Workbook(), agenda.review.title)
    cover = book.sheet("Cover")
    _inputs(book, agenda)
    _kpis(book, agenda)
    _decisions(book, agenda)
    for one in agenda.inputs:
        for table in one.tables:
            if table.lines:
                _table(book, f"{one.letter} {table.title}".strip(), table)
    for kpi in _series(agenda):
        _one_series(book, kpi)
    for view in agenda.review.paretos:
        _pareto(book, view)
    _remarks(book, agenda)
    _definitions(book, agenda)
    _coverage(book, agenda)
    _quality(book, agenda)
    _sources(book, agenda)
    _cover(book, cover, agenda)
    about = book.workbook.properties
    about.title, about.creator = one_line(agenda.review.title)[:255], one_line(agenda.made_by)[:255]
    about.lastModifiedBy = about.creator
    about.created = about.modified = in_utc(agenda.made).replace(tzinfo=None)
    written = BytesIO()
    book.workbook.save(written)
    file.write(settled(written.getvalue(), agenda.made))


def _cover(book: Book, sheet: Any, agenda: Agenda) -> None:
    """What the workbook is of, where its figures come from, and what is on which sheet."""
    review = agenda.review
    dated = words.date_words(review.report_date) if review.report_date else "no data"
    facts = [
        ("Organization", review.company or review.plants),
        ("Plants", review.plants),
        ("Reviewed", span(agenda)),
        ("Under", edition_words(agenda.edition)),
        ("State", state(agenda)),
        ("Data up to", dated),
        ("Made", f"{in_utc(agenda.made):%Y-%m-%d %H:%M} UTC by {agenda.made_by}"),
        ("Ledger position", str(agenda.position)),
        ("Record", str(agenda.number)),
        ("Head of the audit trail", review.head or "–"),
    ]
    facts += [("Restated since", text) for text in agenda.restated]
    book.cover(sheet, review.title, facts)


def _inputs(book: Book, agenda: Agenda) -> None:
    rows = [
        (one.letter, one.title, one.nothing or one.finding, " ".join(one.says),
         " ".join(one.missing), ", ".join(one.records))
        for one in agenda.inputs
    ]  # fmt: skip
    names = ("", "Input", "What it comes to", "Further", "What is missing", "Records")
    book.table("Inputs", [Column(name) for name in names], rows)


def _kpis(book: Book, agenda: Agenda) -> None:
    """The KPIs of the review, each in its last period."""
    rows = []
    for one in agenda.review.kpis:
        view = one.series
        goal = view.target.value if view.target else None
        last = view.points.iloc[-1] if len(view.points) else None
        value = None if last is None or pd.isna(last["value"]) else float(last["value"])
        rows.append(
            (view.kpi.title, view.last_label, value, view.kpi.unit, goal, view.last_change,
             view.variation.value, one.since, view.assurance.value, one.title)
        )  # fmt: skip
    names = (
        "KPI",
        "Period",
        "Value",
        "Unit",
        "Target",
        "Change",
        "Variation",
        "Since",
        "Target met?",
        "Finding",
    )
    book.table(
        "KPIs", [Column(n, "#,##0.00" if n in ("Value", "Target") else "") for n in names], rows
    )


def _decisions(book: Book, agenda: Agenda) -> None:
    rows = [
        (*decision_row(one), str(one.item.status), one.item.text, one.hash)
        for one in agenda.decisions
    ]
    names = (*DECISIONS, "Status", "In full", "SHA-256")
    book.table(
        "Decisions", [Column(name) for name in names], rows, empty="No decision is recorded yet."
    )


def _table(book: Book, title: str, table: AgendaTable) -> None:
    headings = [*table.headings, *(["Record"] if table.ids else [])]
    lines = [
        (*line, *([id] if table.ids else []))
        for line, id in zip(table.lines, table.ids or [""] * len(table.lines), strict=False)
    ]
    rows = [
        tuple(parsed(cell) if at in table.numbers else cell for at, cell in enumerate(line))
        for line in lines
    ]
    book.table(title, [Column(name) for name in headings], rows)


def _series(agenda: Agenda) -> list[ReviewKpi]:
    every = [*agenda.review.kpis, *(k for one in agenda.inputs for k in one.kpis)]
    found = {(k.series.kpi.id, k.series.slice, k.series.period, k.title): k for k in every}
    return list(found.values())


def _one_series(book: Book, one: ReviewKpi) -> None:
    """A KPI period by period, its chart beside it, formula and definition above."""
    view = one.series
    form = number_format(view.kpi.decimals)
    columns = [Column(SERIES[0][0])]
    columns += [Column(name, form) for name, _ in SERIES[1:LINES]]
    columns += [Column(name, "#,##0.##") for name, _ in SERIES[LINES:]]
    rows = [
        tuple(_value(row[name]) for _, name in SERIES) for row in view.points.to_dict("records")
    ]
    about = (
        one.title,
        f"{view.kpi.title}, {view.place}: {view.kpi.definition} Unit: {view.kpi.unit or 'none'}.",
        f"Formula: {formula(view.kpi)}. Definition version {view.kpi.version}. {view.chart_name}",
    )
    sheet, first = book.table(view.kpi.title, columns, rows, about=about)
    if rows:
        lines_beside(sheet, view, first, len(rows), after=len(columns))


def _remarks(book: Book, agenda: Agenda) -> None:
    """Periods that signal, do not count, or have no value: which rule, and why."""
    rows = [
        (one.series.kpi.title, one.series.place, row["period"], _value(row["value"]),
         row["signals"], row["excluded"], _value(row["state"]), row["reason"])
        for one in _series(agenda)
        for row in one.series.points.to_dict("records")
        if row["signals"] or row["excluded"] or row["reason"]
    ]  # fmt: skip
    names = (
        "KPI",
        "Where",
        "Period",
        "Value",
        "Signals",
        "Does not count",
        "State",
        "Why there is no value",
    )
    columns = [Column(name, "#,##0.##" if name == "Value" else "") for name in names]
    book.table("Signals and gaps", columns, rows)


def _value(value: Any) -> Any:
    """A cell: nothing where there is no number; a state by its word."""
    if isinstance(value, float) and pd.isna(value):
        return None
    if value is None or isinstance(value, (int, float, str)):
        return value
    return str(getattr(value, "value", value))


def _pareto(book: Book, view: ParetoView) -> None:
    columns = [
        Column(view.dimension.capitalize()), Column(view.amount_title, "#,##0.0"),
        Column("Share, %", "0.0"), Column("Cumulative, %", "0.0"),
    ]  # fmt: skip
    rows = [
        (bar["label"], float(bar["amount"]), float(bar["share"]), float(bar["cumulative"]))
        for bar in view.bars.to_dict("records")
    ]
    sheet, first = book.table(
        f"Pareto {view.kpi.title}", columns, rows, about=(view.title, view.period_words)
    )
    if rows:
        bars_beside(sheet, view.amount_title, first, len(rows), after=len(columns))


def _definitions(book: Book, agenda: Agenda) -> None:
    kpis = {one.series.kpi.id: one.series.kpi for one in _series(agenda)}.values()
    rows = [
        (k.title, k.version, k.definition, formula(k), k.unit, k.source, ", ".join(k.clauses))
        for k in kpis
    ]
    names = ("KPI", "Version", "Definition", "Formula", "Unit", "Source", "Clauses")
    book.table("Definitions", [Column(name) for name in names], rows)


def _coverage(book: Book, agenda: Agenda) -> None:
    cells = agenda.review.coverage.cells
    rows = [(c.plant, c.dataset, c.month, c.state.value, c.rows, c.words) for c in cells]
    names = ("Plant", "Data", "Month", "State", "Rows", "In words")
    book.table("Coverage", [Column(n, "#,##0" if n == "Rows" else "") for n in names], rows)


def _quality(book: Book, agenda: Agenda) -> None:
    book.table("Data quality", [Column("Kind"), Column("What")], list(agenda.review.quality))


def _sources(book: Book, agenda: Agenda) -> None:
    rows = [
        (s.file, s.rows, s.who, f"{in_utc(s.when):%Y-%m-%d %H:%M}", s.upload, s.sha256)
        for s in agenda.review.sources
    ]
    names = ("File", "Rows", "Loaded by", "At (UTC)", "Upload", "SHA-256")
    book.table("Sources", [Column(n, "#,##0" if n == "Rows" else "") for n in names], rows)
