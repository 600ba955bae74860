"""Results as text for a person at a terminal. Cells of CSV that would act as formulas are neutralised."""

import math
from collections.abc import Iterable, Sequence
from typing import Final

import pandas as pd

from kpi.analysis.coverage import coverage_words
from kpi.analysis.freshness import Status
from kpi.analysis.health import Check
from kpi.analysis.home import Home
from kpi.analysis.results import DatasetReport, FileOutcome, LedgerLine
from kpi.analysis.table import SeriesTable
from kpi.analysis.words import date_words, slice_words, value_text
from kpi.cli.parts import aligned
from kpi.measures import Kpi
from kpi.model import Problem, Question
from kpi.qms import Target
from kpi.safe_text import csv_text, one_line

MOST_PROBLEMS: Final = 20

__all__ = ["csv_text", "doctor", "kpis", "ledger", "outcome", "series", "status", "targets"]


def outcome(o: FileOutcome) -> str:
    """One file's fate, its questions and problems."""
    lines = [f"{one_line(o.file)}: {o.state.replace('_', ' ')}. {o.says}"]
    if o.upload and o.state == "committed":
        lines.append(f"  upload {o.upload} of feed {o.feed!r}; `withdraw {o.upload}` takes it back")
    lines.extend(_dataset(d) for d in o.datasets)
    lines.extend(_question(q) for q in o.questions)
    lines.extend(_problem(p) for p in o.problems[:MOST_PROBLEMS])
    if len(o.problems) > MOST_PROBLEMS:
        lines.append(f"  … and {len(o.problems) - MOST_PROBLEMS} more; --json lists them")
    lines.extend(
        f"  {'jump: ' if e.jump else ''}{e.title}, {e.slice_words}, {e.period}: {e.before} → {e.after}"
        for e in o.effects[:MOST_PROBLEMS]
    )
    lines.extend(f"  {text}" for text in o.touches)
    return "\n".join(lines)


def _dataset(d: DatasetReport) -> str:
    where = f" of sheet {one_line(d.sheet)!r}" if d.sheet else ""
    covered = f"; covers {coverage_words(d.coverage)}" if d.coverage else ""
    return (
        f"  {d.dataset}{where}: {d.rows_read} rows read, {d.rows_accepted} accepted, "
        f"{d.rows_rejected} rejected{covered}"
    )


def _question(q: Question) -> str:
    lines = [f"  ? {q.ask}"]
    lines.extend(f"      --answer {q.id}={c.value}    {c.because}" for c in q.candidates)
    return "\n".join(lines)


def _problem(p: Problem) -> str:
    place = ", ".join(
        part
        for part in (
            f"sheet {one_line(p.sheet)!r}" if p.sheet else "",
            f"row {p.row}" if p.row is not None else "",
            f"column {one_line(p.column)!r}" if p.column else "",
        )
        if part
    )
    found = one_line(p.actual)
    said = f"expected {p.expected}, got {found}" if p.expected else found
    where = f"{place}: " if place else ""
    return f"  {p.severity.value}: {where}{said.removesuffix('.')}. {p.advice}".rstrip()


def series(table: SeriesTable) -> str:
    """A series as an aligned table, with what it rests on."""
    kpi = table.kpi
    head = f"{kpi.title} ({kpi.unit})" if kpi.unit else kpi.title
    lines = [head, kpi.definition]
    if table.report_date:
        lines.append(f"Report date {date_words(table.report_date)}; ledger {table.position}.")
    if table.chart:
        lines.append(table.chart)
    lines.append("")
    lines.append(aligned(_shown(table.rows, kpi)))
    lines.extend(f"* {note}" for note in table.notes)
    return "\n".join(lines)


def _shown(rows: pd.DataFrame, kpi: Kpi) -> list[list[str]]:
    if rows.empty:
        return [["no data"]]
    why = "state_reason" if "state_reason" in rows else "reason"
    columns = [c for c in rows.columns if c not in ("unit", why)]
    table = [columns]
    for row in rows.to_dict("records"):
        cells = [_cell(c, row[c], kpi) for c in columns]
        if row[why]:
            cells[columns.index("state")] = f"{row['state']}: {one_line(str(row[why]))}"
        table.append(cells)
    return table


def _cell(column: str, value: object, kpi: Kpi) -> str:
    if value is None or (isinstance(value, float) and math.isnan(value)) or value is pd.NA:
        return "–"
    if column == "value" and isinstance(value, float):
        return value_text(value, kpi)
    if isinstance(value, float):
        return f"{value:,.{0 if value.is_integer() else max(kpi.decimals, 1)}f}"
    return one_line(str(value))


def kpis(found: Iterable[Kpi]) -> str:
    """The catalogue, a line each."""
    return "\n".join(f"{k.id:<24} {k.title}. {k.definition}" for k in found)


def ledger(lines: Sequence[LedgerLine]) -> str:
    """The history, newest first."""
    if not lines:
        return "The ledger is empty: nothing has been uploaded yet."
    return "\n".join(
        f"{x.position:>5}  {x.when:%Y-%m-%d %H:%M}  {x.kind:<10} {x.upload:<10} "
        f"{one_line(x.file)} ({x.rows or 'no rows'}) by {one_line(x.who)}. {one_line(x.says)}"
        for x in lines
    )


def status(s: Status) -> str:
    """Feeds with their freshness, then what is missing."""
    lines = [f"Home {s.home}, ledger position {s.position}."]
    if not s.feeds:
        lines.append("No feed yet: `python -m kpi ingest FILE` makes the first.")
    for f in s.feeds:
        fresh = f"data up to {date_words(f.data_date)}" if f.data_date else "no dates"
        lines.append(f"  {one_line(f.feed)}: {', '.join(f.datasets)}; {f.uploads} uploads; {fresh}")
    lines.extend(f"  missing: {m}" for m in s.missing)
    return "\n".join(lines)


def targets(found: Sequence[Target]) -> str:
    """Targets, a line each."""
    if not found:
        return "No targets yet: `targets --set KPI --value NUMBER --valid-from DATE` sets one."
    return "\n".join(
        f"{t.kpi}, {slice_words(t.slice)}: {t.value:g} from {t.valid_from.isoformat()}"
        f"{f', due {t.due.isoformat()}' if t.due else ''}"
        for t in found
    )


def doctor(home: Home | None, checks: Sequence[Check]) -> str:
    """Every check with its sentence, then the settings in force."""
    words = {True: "fine ", False: "WRONG"}
    lines = [f"{'LOOK ' if c.notice else words[c.fine]}  {c.name}: {c.says}" for c in checks]
    if home:
        lines.append("")
        lines += [
            f"{key} = {value}    ({origin})" for key, value, origin in home.settings.explain()
        ]
    return "\n".join(lines)
