"""A file from its bytes to facts in force, against the bare reader of the same file."""

import shutil
import tempfile
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Final

from bench import made
from bench.timing import Line, Peak, medians, seconds
from kpi.analysis import Filters, ingest_file, open_home, series_view
from kpi.analysis.results import FileOutcome

CSV_ROWS: Final = 1_000_000
WORKBOOK_ROWS: Final = 100_000
CLAIMED_ROWS: Final = 1_048_576
HELD_ROWS: Final = 400
TIMES: Final = 5
MEGABYTE: Final = 1 << 20
WHEN: Final = datetime(2026, 11, 2, tzinfo=UTC)
NO_ANSWERS: Final[Mapping[str, str]] = MappingProxyType({})

Readers = dict[str, Callable[[], object]]
"""Other readers of the same file by name; the first is the peer."""


def ingest_csv(quick: bool) -> list[Line]:
    """A clean CSV against DuckDB, which reads it into a table; other readers beside it."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        rows = _rows(CSV_ROWS, quick)
        file = made.clean_csv(Path(folder) / "scrap.csv", rows)
        return _ingested(f"clean CSV, {rows:,} rows", file, _bare_csv(file), 2.5)


def ingest_dirty_csv(quick: bool) -> list[Line]:
    """A CSV as a German system writes it, against DuckDB's reading of the same rows clean.

    DuckDB cannot read Windows-1252, so its peer time is that of the clean file.
    """
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        rows = _rows(CSV_ROWS, quick)
        clean = made.clean_csv(Path(folder) / "clean.csv", rows)
        file = made.dirty_csv(Path(folder) / "ausschuss.csv", rows)
        readers = _bare_csv(clean) | {"pandas, cp1252": _pandas_cp1252(file)}
        return _ingested(f"dirty CSV, {rows:,} rows", file, readers, 3.0)


def ingest_xlsx(quick: bool) -> list[Line]:
    """A workbook against the bare reader, which returns an Arrow table."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        rows = _rows(WORKBOOK_ROWS, quick)
        file = made.workbook(Path(folder) / "scrap.xlsx", rows)
        return _ingested(f"xlsx, {rows:,} rows", file, _bare_workbook(file), 2.0)


def ingest_claim(quick: bool) -> list[Line]:
    """A workbook that claims every row there can be, and holds a few hundred."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        file = made.claiming_workbook(Path(folder) / "claim.xlsx", HELD_ROWS, CLAIMED_ROWS)
        (takes,) = medians(lambda: _in_force(file, folder), times=TIMES)
        before = _base()
        with Peak() as peak:
            _in_force(file, folder)
        return [
            Line(
                f"xlsx that claims {CLAIMED_ROWS:,} rows and holds {HELD_ROWS} → in force",
                takes,
                goal_seconds=2.0,
                peak_mb=peak.megabytes,
                note=f"goal 300 MB; {before:.0f} MB before the file",
            )
        ]


def _rows(full: int, quick: bool) -> int:
    return full // 10 if quick else full


def _ingested(what: str, file: Path, readers: Readers, goal: float) -> list[Line]:
    folder = str(file.parent)
    peer, *others = readers
    answers = _answers(file, folder)
    before = _base()
    with Peak() as peak:  # before another reader leaves its table in this process
        shown = _in_force(file, folder, answers, then_shown=True)
    for read in readers.values():
        read()
    table_mb = _table_megabytes(file)
    takes, *bare = medians(lambda: _in_force(file, folder, answers), *readers.values(), times=TIMES)
    notes = [f"{name} {taken * 1000:.0f} ms" for name, taken in zip(others, bare[1:], strict=True)]
    if answers:
        notes.append(f"answers to {len(answers)} questions given with the file")
    notes += [
        f"table {table_mb:.0f} MB, before the file {before:.0f} MB",
        f"first figure {shown * 1000:.0f} ms later",
    ]
    return [
        Line(
            f"{what} → in force",
            takes,
            peer,
            bare[0],
            goal_ratio=goal,
            peak_mb=peak.megabytes,
            note="; ".join(notes),
        )
    ]


def _base() -> float:
    """Megabytes held with nothing being read: libraries, and what the readers left."""
    with Peak() as idle:
        seconds(lambda: None)
    return idle.megabytes


def _answers(file: Path, folder: str) -> dict[str, str]:
    """The first candidate of every question the file raises: what a feed remembers afterwards."""
    home = open_home(Path(tempfile.mkdtemp(dir=folder)))
    outcome = ingest_file(home, file, who="bench", when=WHEN, dry_run=True)
    home.store.close()
    return {q.id: q.candidates[0].value for q in outcome.questions}


def _in_force(
    file: Path, folder: str, answers: Mapping[str, str] = NO_ANSWERS, *, then_shown: bool = False
) -> float:
    """Put the file in force in a new home; the seconds its first figure takes, if asked for."""
    path = Path(tempfile.mkdtemp(dir=folder))
    home = open_home(path)
    _check(ingest_file(home, file, who="bench", when=WHEN, answers=answers))
    taken = seconds(lambda: series_view(home, "scrap_rate", Filters())) if then_shown else 0.0
    home.store.close()
    shutil.rmtree(path, ignore_errors=True)
    return taken


def _check(outcome: FileOutcome) -> None:
    if outcome.state != "committed":
        raise SystemExit(f"{outcome.file} was not put in force but {outcome.state}: {outcome.says}")


def _table_megabytes(file: Path) -> float:
    """What the table takes in memory as Arrow reads it, all columns."""
    import fastexcel
    import pyarrow.csv as arrow_csv

    if file.suffix == ".xlsx":
        sheet = fastexcel.read_excel(file).load_sheet(0, schema_sample_rows=None)
        return float(sheet.to_arrow().nbytes) / MEGABYTE
    separator = ";" if b";" in file.open("rb").readline() else ","
    encoding = "cp1252" if separator == ";" else "utf8"
    table = arrow_csv.read_csv(
        file,
        read_options=arrow_csv.ReadOptions(encoding=encoding),
        parse_options=arrow_csv.ParseOptions(delimiter=separator),
    )
    return float(table.nbytes) / MEGABYTE


def _bare_csv(file: Path) -> Readers:
    """Readers that leave every column of the file in memory, in types of their own."""
    import duckdb
    import pandas as pd
    import pyarrow.csv as arrow_csv

    engine = duckdb.connect()
    made_of = "create or replace table read as select * from read_csv(?)"
    return {
        "DuckDB read_csv": lambda: engine.execute(made_of, [str(file)]),
        "pyarrow": lambda: arrow_csv.read_csv(file),
        "pandas C": lambda: pd.read_csv(file),
    }


def _pandas_cp1252(file: Path) -> Callable[[], object]:
    import pandas as pd

    return lambda: pd.read_csv(file, sep=";", decimal=",", encoding="cp1252")


def _bare_workbook(file: Path) -> Readers:
    import fastexcel

    def read() -> object:
        return fastexcel.read_excel(file).load_sheet(0, schema_sample_rows=None).to_arrow()

    return {"fastexcel": read}
