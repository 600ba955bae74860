"""A file from its bytes to facts in force, against the bare reader of the same file."""

import shutil
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from bench import made
from bench.timing import Line, Peak, medians, seconds
from kpi.analysis import Filters, ingest_file, open_home, series_view
from kpi.analysis.results import FileOutcome

CSV_ROWS: Final = 1_000_000
WORKBOOK_ROWS: Final = 100_000
TIMES: Final = 3
WHEN: Final = datetime(2026, 11, 2, tzinfo=UTC)


def ingest_csv(quick: bool) -> list[Line]:
    """A clean CSV against DuckDB, which reads it into a table."""
    return _ingested("clean CSV", made.clean_csv, "scrap.csv", _rows(CSV_ROWS, quick), 2.5)


def ingest_dirty_csv(quick: bool) -> list[Line]:
    """A CSV as a German system writes it, against DuckDB's reading of the same rows clean.

    DuckDB cannot read Windows-1252, so its peer time is that of the clean file.
    """
    return _ingested("dirty CSV", made.dirty_csv, "ausschuss.csv", _rows(CSV_ROWS, quick), 3.0)


def ingest_xlsx(quick: bool) -> list[Line]:
    """A workbook against the bare reader, which returns an Arrow table."""
    return _ingested("xlsx", made.workbook, "scrap.xlsx", _rows(WORKBOOK_ROWS, quick), 2.0)


def _rows(full: int, quick: bool) -> int:
    return full // 10 if quick else full


def _ingested(
    what: str, make: Callable[[Path, int], Path], name: str, rows: int, goal: float
) -> list[Line]:
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        file = make(Path(folder) / name, rows)
        if name.endswith(".xlsx"):
            peer, read = "fastexcel", _bare_workbook(file)
        else:
            clean = made.clean_csv(Path(folder) / "clean.csv", rows)
            peer, read = "DuckDB read_csv", _bare_csv(clean)
        read()
        with Peak() as bare:
            read()
        takes, bare_takes = medians(lambda: _in_force(file, folder), read, times=TIMES)
        with Peak() as peak:
            shown = _in_force(file, folder, then_shown=True)
        return [
            Line(
                f"{what}, {rows:,} rows → in force",
                takes,
                peer,
                bare_takes,
                goal_ratio=goal,
                peak_mb=peak.megabytes,
                note=f"bare reader {bare.megabytes:.0f} MB; first figure {shown * 1000:.0f} ms later",
            )
        ]


def _in_force(file: Path, folder: str, *, then_shown: bool = False) -> float:
    """Put the file in force in a new home; the seconds its first figure takes, if asked for."""
    path = Path(tempfile.mkdtemp(dir=folder))
    home = open_home(path)
    outcome = ingest_file(home, file, who="bench", when=WHEN)
    if outcome.state == "needs_answer":
        first = {q.id: q.candidates[0].value for q in outcome.questions}
        outcome = ingest_file(home, file, who="bench", when=WHEN, answers=first)
    _check(outcome)
    taken = seconds(lambda: series_view(home, "scrap_rate", Filters())) if then_shown else 0.0
    shutil.rmtree(path, ignore_errors=True)
    return taken


def _check(outcome: FileOutcome) -> None:
    if outcome.state != "committed":
        raise SystemExit(f"{outcome.file} was not put in force but {outcome.state}: {outcome.says}")


def _bare_csv(file: Path) -> Callable[[], object]:
    import duckdb

    engine = duckdb.connect()
    made_of = "create or replace table read as select * from read_csv(?)"
    return lambda: engine.execute(made_of, [str(file)])


def _bare_workbook(file: Path) -> Callable[[], object]:
    import fastexcel

    return lambda: fastexcel.read_excel(file).load_sheet(0, schema_sample_rows=None).to_arrow()
