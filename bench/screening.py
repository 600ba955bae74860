"""What needs attention in a store of five million rows: everything, from warm roll-ups."""

import json
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd

from bench.made import REASONS, SEED, SHIFTS
from bench.timing import Line
from kpi.analysis import Home, ingest_file, open_home

PLANTS: Final = ("Nordhafen", "Westerau", "Sudfeld", "Ostheim")
LINES: Final = 20
PRODUCTS: Final = 15
CUSTOMERS: Final = 25
FIRST: Final = np.datetime64("2023-10-01")
DAYS: Final = 1096
"""Three years, up to the end of September 2026."""

SHARES: Final = {"making": 0.94, "stops": 0.05, "orders": 0.01}
"""Of the rows: production with its scrap, stops, and order items."""

WHEN: Final = datetime(2026, 10, 1, tzinfo=UTC)


def made_files(folder: Path, rows: int) -> Iterator[Path]:
    """The exports of four plants over three years, one file per plant and kind."""
    for number, plant in enumerate(PLANTS):
        random = np.random.default_rng([SEED, number])
        kinds = {"making": _making, "stops": _stops, "orders": _orders}
        for kind, make in kinds.items():
            path = folder / f"{plant} {kind}.csv"
            table = make(random, plant, int(rows * SHARES[kind] / len(PLANTS)))
            table.to_csv(path, index=False, date_format="%Y-%m-%d")
            yield path


def _days(random: np.random.Generator, rows: int) -> Any:
    return FIRST + np.sort(random.integers(0, DAYS, rows)).astype("timedelta64[D]")


def _lines(places: Any) -> Any:
    return np.array([f"Line {n + 1:02d}" for n in range(LINES)])[places]


def _making(random: np.random.Generator, plant: str, rows: int) -> pd.DataFrame:
    """A row per shift, line, product and reason of its scrap; Line 03 worsens in the last spring."""
    place = np.arange(rows)
    day = FIRST + (place * DAYS // rows).astype("timedelta64[D]")
    line = random.integers(0, LINES, rows)
    share = np.where((line == 2) & (day >= np.datetime64("2026-03-01")), 0.035, 0.02)
    produced = random.integers(200, 900, rows)
    scrap = random.binomial(produced, share)
    return pd.DataFrame(
        {
            "Date": day,
            "Plant": plant,
            "Line": _lines(line),
            "Shift": np.array(SHIFTS)[random.integers(0, len(SHIFTS), rows)],
            "Product": np.array([f"P-{100 + n}" for n in range(PRODUCTS)])[
                random.integers(0, PRODUCTS, rows)
            ],
            "Reason": np.array(REASONS)[random.integers(0, len(REASONS), rows)],
            "Produced quantity": produced,
            "Scrap quantity": scrap,
            "Scrap cost": np.round(scrap * 3.5, 2),
        }
    )


def _stops(random: np.random.Generator, plant: str, rows: int) -> pd.DataFrame:
    start = _days(random, rows).astype("datetime64[m]") + random.integers(0, 1400, rows).astype(
        "timedelta64[m]"
    )
    minutes = random.integers(6, 90, rows)
    end = start + minutes.astype("timedelta64[m]")
    line = random.integers(0, LINES, rows)
    return pd.DataFrame(
        {
            "Date": start.astype("datetime64[D]"),
            "Plant": plant,
            "Line": _lines(line),
            "Machine": [f"M-{n + 1:02d}" for n in line],
            "Reason": np.array([f"Stop {n}" for n in range(12)])[random.integers(0, 12, rows)],
            "Start": np.datetime_as_string(start, unit="m"),
            "End": np.datetime_as_string(end, unit="m"),
            "Minutes": minutes,
            "Stop class": "unplanned",
        }
    )


def _orders(random: np.random.Generator, plant: str, rows: int) -> pd.DataFrame:
    asked = _days(random, rows)
    late = np.where(random.random(rows) < 0.08, random.integers(1, 12, rows), 0)
    promise = asked + random.integers(0, 3, rows).astype("timedelta64[D]")
    return pd.DataFrame(
        {
            "Order": np.arange(rows) + 100_000,
            "Item": 1,
            "Plant": plant,
            "Customer": [f"Customer {n:02d}" for n in random.integers(0, CUSTOMERS, rows)],
            "Product": [f"P-{100 + n}" for n in random.integers(0, PRODUCTS, rows)],
            "Order date": asked - np.timedelta64(20, "D"),
            "Requested date": asked,
            "First promise date": promise,
            "Promised date": promise,
            "Delivered date": promise + late.astype("timedelta64[D]"),
            "Ordered quantity": random.integers(10, 500, rows),
        }
    )


def loaded(folder: Path, rows: int) -> Home:
    """A home with the exports in force, the best reading of every question taken."""
    home = open_home(folder / "home")
    for file in made_files(folder, rows):
        outcome = ingest_file(home, file, who="bench", when=WHEN)
        if outcome.state == "needs_answer":
            first = {q.id: q.candidates[0].value for q in outcome.questions}
            outcome = ingest_file(home, file, who="bench", when=WHEN, answers=first)
        if outcome.state != "committed":
            raise SystemExit(f"{file.name} could not be loaded: {outcome.says}")
        file.unlink()
    return home


STEPS: Final = """
import json, sys, time
from pathlib import Path
start = time.perf_counter()
from kpi.analysis import Filters, open_home
from kpi.analysis.screening import screen
home = open_home(Path(sys.argv[1]))
ready = time.perf_counter()
found = screen(home, Filters())
told = time.perf_counter()
figures = [ready - start, told - ready, found.looked_at, len(found.act), time.process_time()]
print(json.dumps(figures))
"""


def _fresh(home: Path) -> list[float]:
    """In a process of its own: seconds to import and open, and to screen; series; findings; processor."""
    done = subprocess.run(
        [sys.executable, "-c", STEPS, str(home)],
        cwd=Path(__file__).parents[1], stdout=subprocess.PIPE, text=True, check=True,
    )  # fmt: skip
    times: list[float] = json.loads(done.stdout)
    return times


def screening(quick: bool) -> list[Line]:
    """First with its roll-ups to be built, then in fresh processes that find them."""
    rows = 500_000 if quick else 5_000_000
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        home = loaded(Path(folder), rows)
        home.store.close()
        first = _fresh(home.path)
        warm = [_fresh(home.path) for _ in range(3)]
    opened, judged = (statistics.median(column) for column in list(zip(*warm, strict=True))[:2])
    series, acted = int(warm[0][2]), int(warm[0][3])
    processor = statistics.median(one[4] for one in warm)
    return [
        Line(
            f"screening, {rows:,} rows, everything included", opened + judged, goal_seconds=3.0,
            note=f"fresh process; {series:,} series, {acted} findings; {opened:.1f} s of it importing; "
            f"{processor:.1f} s of processor time, whoever else uses the machine",
        ),
        Line(
            f"screening, {rows:,} rows, first of all", first[0] + first[1],
            note="builds the roll-ups",
        ),
    ]  # fmt: skip
