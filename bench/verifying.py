"""The audit trail of many years verified, against a bare loop that hashes as much."""

import hashlib
import sqlite3
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from bench.timing import Line, Peak, medians
from kpi.store import open_store
from kpi.store.codec import chained

ROWS: Final = 1_000_000
TIMES: Final = 3

VALUE: Final = (
    '{"due":null,"kpi":"scrap_rate","slice":[["plant","Nordhafen"]],"valid_from":"2024-01-01",'
    '"value":2.5}'
)
WHY: Final = "Management review of January, after the visit of the customer"


def trail(quick: bool) -> list[Line]:
    """Every link of a chain of versions of records; the peak is that of this process as a whole."""
    rows = ROWS // 10 if quick else ROWS
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        home = Path(folder) / "home"
        open_store(home).close()
        with sqlite3.connect(home / "ledger.db") as database:
            marks = ", ".join("?" * 9)
            database.executemany(f"INSERT INTO record VALUES ({marks})", _versions(rows))
        database.close()
        store = open_store(home)
        with Peak() as peak:
            ours, peers = medians(store.verify_chain, lambda: _bare(rows), times=TIMES)
        assert store.verify_chain() == rows
        store.close()
    return [
        Line(
            f"trail verified, {rows:,} entries", ours, "hashing alone", peers,
            goal_seconds=10.0 * rows / ROWS, peak_mb=peak.megabytes, note="read, joined and hashed",
        )
    ]  # fmt: skip


def _versions(rows: int) -> Iterator[tuple[object, ...]]:
    """Versions of one target after the other, each linked to the one before."""
    previous = ""
    for number in range(1, rows + 1):
        content = (
            number, "target", f"scrap_rate|plant=Nordhafen {number}|2024-01-01", 1, VALUE,
            "Anna Kern <a.kern@example.com>", "2026-11-02T08:00:00+00:00", WHY,
        )  # fmt: skip
        previous = chained(previous, *content)
        yield (*content, previous)


def _bare(rows: int) -> str:
    """As many hashes over as many letters, one over the other."""
    content = f"target scrap_rate|plant=Nordhafen|2024-01-01 {VALUE} Anna Kern {WHY}"
    previous = ""
    for number in range(rows):
        previous = hashlib.sha256(f"{previous}{number}{content}".encode()).hexdigest()
    return previous
