"""From a KPI to its shares, to its rows, to the cells of the uploaded file."""

from typing import Final

from kpi.access import AccessDeniedError
from kpi.analysis import sentences, words
from kpi.analysis.home import Home
from kpi.analysis.mending import FOREIGN_ROWS
from kpi.analysis.results import Filters, LossLedger, LossLine, ParetoView, RowsView, SourceFile
from kpi.ingest import read_cells
from kpi.measures import (
    Kpi,
    SeriesQuestion,
    kpi_of,
    loss_ledger_of,
    pareto,
    rows_behind,
    uploads_behind,
)
from kpi.measures.engine import Remembered
from kpi.store import Entry

_FILES: Final = Remembered(8)
"""The files lately named, by home, who sees it, and position of the ledger."""

MOST_ROWS: Final = 5_000


def _question(kpi: Kpi, filters: Filters) -> SeriesQuestion:
    return SeriesQuestion(
        kpi=kpi.id,
        period=filters.period,
        by=(),
        where=filters.where,
        first=filters.first,
        last=filters.last,
        as_of=filters.as_of,
    )


def pareto_view(home: Home, kpi_id: str, dimension: str, filters: Filters) -> ParetoView:
    """Shares of the KPI's numerator by one dimension; the unassigned share stands first."""
    view = home.view(filters.ledger)
    kpi = kpi_of(view, kpi_id)
    found = pareto(view, dimension, _question(kpi, filters), home.settings)
    when = words.span_words(filters.first, filters.last)
    if kpi.id == "overdue_backlog" and filters.last is None:  # a stock has a day and no span
        when = "on the report date"
    return ParetoView(
        kpi=kpi,
        slice=filters.where,
        dimension=dimension,
        title=sentences.pareto_sentence(kpi, filters.where, dimension, found.bars, when),
        amount_title=found.amount_title,
        period_words=when,
        bars=found.bars,
        total=found.total,
    )


def rows_view(home: Home, kpi_id: str, filters: Filters, period_label: str | None) -> RowsView:
    """The rows behind a figure, each with the file, sheet and row it stands in."""
    return rows_and_files(home, kpi_id, filters, period_label)[0]


def rows_and_files(
    home: Home, kpi_id: str, filters: Filters, period_label: str | None, *, most: int = MOST_ROWS
) -> tuple[RowsView, tuple[SourceFile, ...]]:
    """The rows behind a figure, at most so many, and every file that any of its rows stands in."""
    view = home.view(filters.ledger)
    kpi = kpi_of(view, kpi_id)
    found = rows_behind(
        view, _question(kpi, filters), home.settings, period=period_label, limit=most
    )
    files = {upload: _file_words(entry, file) for upload, (entry, file) in _files(home).items()}
    rows = found.rows.copy()
    rows.insert(1, "file", rows["upload"].map(files))
    when = (
        words.period_words(period_label)
        if period_label
        else words.span_words(filters.first, filters.last)
    )
    shown = RowsView(
        title=f"{sentences.subject(kpi, filters.where)}, {when}",
        formula=f"{kpi.numerator} ÷ {kpi.denominator}" if kpi.denominator else kpi.numerator,
        numerator=found.numerator,
        denominator=found.denominator,
        rows=rows,
        total=found.total,
    )
    return shown, source_files(home, found.by_upload)


def cells_view(home: Home, upload: str, sheet: str, row: int) -> list[tuple[str, str]]:
    """One row as the uploaded file shows it: heading and cell, in the file's own order.

    A row that was mended is shown as it was mended.

    Raises
    ------
    AccessDeniedError
        The file holds rows of plants the person may not see, too.
    """
    if not home.store.sees_all_of(upload):
        raise AccessDeniedError(FOREIGN_ROWS)
    standing = home.store.standing(upload)
    store = home.store
    return read_cells(
        store.bytes_path(standing.upload.sha256),
        sheet=sheet,
        row=row,
        mending=[store.bytes_path(m.sha256) for m in standing.mends],
    )


def source_files(home: Home, upload_rows: dict[str, int]) -> tuple[SourceFile, ...]:
    """The files behind a figure, from the number of rows each upload gave it."""
    known = _files(home)
    return tuple(
        SourceFile(u, _file_words(e, file), e.sha256, e.who, e.when, count)
        for u, count in sorted(upload_rows.items())
        if u in known
        for e, file in (known[u],)
    )


def files_behind(home: Home, kpi_id: str, filters: Filters) -> tuple[SourceFile, ...]:
    """The files behind all periods of a KPI's series."""
    question = SeriesQuestion(
        kpi=kpi_id, period=filters.period, by=(), where=filters.where,
        first=filters.first, last=filters.last, as_of=filters.as_of,
    )  # fmt: skip
    return source_files(home, uploads_behind(home.view(filters.ledger), question, home.settings))


def _files(home: Home) -> dict[str, tuple[Entry, str]]:
    """By upload its entry, and the name of the file its rows stand in."""
    return _FILES.get((home.path, home.limit, home.position), lambda: _read_files(home))


def _read_files(home: Home) -> dict[str, tuple[Entry, str]]:
    uploads = {e.upload: e for e in home.store.entries() if e.kind == "upload"}
    return {
        u: (e, home.store.standing(u).upload.file if e.mends else e.file)
        for u, e in uploads.items()
    }


def _file_words(entry: Entry, file: str) -> str:
    """The file of a row; of a mended upload the original with the file that mended it."""
    return f"{file}, mended by {entry.file}" if entry.mends else file


def loss_ledger(home: Home, filters: Filters) -> LossLedger:
    """Minutes recorded, overlapping, outside planned time, planned, kept: balancing to the minute."""
    found = loss_ledger_of(
        home.view(filters.ledger),
        home.settings,
        where=filters.where,
        first=filters.first,
        last=filters.last,
        as_of=filters.as_of,
    )
    lines = tuple(LossLine(label, minutes + 0.0, says) for label, minutes, says in found.lines)
    return LossLedger(lines=lines, notes=found.notes)
