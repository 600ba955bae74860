"""A small home for tests: two years of one plant with two lines, read from files as a user's are.

What is in it, so that tests can say what must come out: line L2 makes more scrap from March 2026
on; the downtime of September 2025 was never uploaded; from January 2026 on every third order line
has its promise moved and is on time only by that; one reason has a hostile and very long name.
"""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from kpi import analysis
from kpi.analysis.home import Home
from kpi.qms import Target, put_target

WHEN = datetime(2026, 11, 2, 8, tzinfo=UTC)
PLANT = "Nordhafen"
LINES = ("L1", "L2")
MONTHS = tuple(date(2024 + (10 + m) // 12, (10 + m) % 12 + 1, 1) for m in range(24))
STEP = date(2026, 3, 1)
NEVER_UPLOADED = date(2025, 9, 1)
MOVED_FROM = date(2026, 1, 1)
HOSTILE = "=cmd|' /C calc'!A1 <script>alert(1)</script> & {{x}} " + "Überlänge " * 12
TARGETS = (("scrap_rate", 3.0), ("otd_first_promise", 95.0), ("otd_promise", 95.0))


def _wobble(index: int, span: int) -> int:
    """Numbers that look like chance and are the same in every run: 0 to ``span`` - 1."""
    return (index * 7919 + index * index * 104_729) % 10_007 % span


def scrap_lines() -> list[str]:
    rows = ["Date;Plant;Line;Reason;Scrapped quantity;Produced quantity"]
    reasons = ["Porosity", "Short shot", HOSTILE.strip(), ""]
    count = 0
    for month in MONTHS:
        for line in LINES:
            for day in (3, 9, 15, 21, 27):
                count += 1
                bad = 18 + _wobble(count, 9) + (14 if line == "L2" and month >= STEP else 0)
                on = month.replace(day=day)
                reason = reasons[_wobble(count, 11) // 3]
                rows.append(f"{on};{PLANT};{line};{reason};{bad};{980 + _wobble(count, 41)}")
    return rows


def stop_lines(months: list[date]) -> list[str]:
    rows = ["Date;Plant;Line;Machine;Reason;Start;End;Minutes;Stop class"]
    for month in months:
        for line in LINES:
            for day in (4, 11, 18, 25):
                seed = month.year * 400 + month.month * 31 + day + len(rows)
                start = datetime(month.year, month.month, day, 8, 10)
                length = 25 + _wobble(seed, 60)
                end = start + timedelta(minutes=length)
                rows.append(
                    f"{start:%Y-%m-%d};{PLANT};{line};M-{line};B{1 + _wobble(seed, 3)};"
                    f"{start:%Y-%m-%d %H:%M};{end:%Y-%m-%d %H:%M};{length};unplanned"
                )
    return rows


def order_lines() -> list[str]:
    rows = [
        "Order;Item;Plant;Customer;Order date;Requested date;First promise date;"
        "Promised date;Delivered date;Ordered quantity"
    ]
    count = 0
    for month in MONTHS:
        for item in range(12):
            count += 1
            first = month + timedelta(days=4 + _wobble(count, 18))
            moved = month >= MOVED_FROM and item % 3 == 0
            late = _wobble(count, 12) == 0
            promise = first + timedelta(days=4) if moved else first
            done = promise + timedelta(days=3 if late else 0)
            asked = first - timedelta(days=2 if _wobble(count, 4) == 0 else 0)
            rows.append(
                f"{10_000 + count};1;{PLANT};Customer {item % 4};{month - timedelta(days=20)};"
                f"{asked};{first};{promise};{done};100"
            )
    return rows


def write_files(folder: Path) -> list[Path]:
    """The files of the plant, in the order a user would load them."""
    named = {
        "scrap.csv": scrap_lines(),
        "stops until August 2025.csv": stop_lines([m for m in MONTHS if m < NEVER_UPLOADED]),
        "stops from October 2025.csv": stop_lines([m for m in MONTHS if m > NEVER_UPLOADED]),
        "orders.csv": order_lines(),
    }
    for name, rows in named.items():
        (folder / name).write_text("\n".join(rows) + "\n", encoding="utf-8")
    return [folder / name for name in named]


def load(home: Home, file: Path) -> None:
    """Put one file in force, the best reading of every question taken."""
    outcome = analysis.ingest_file(home, file, who="tester", when=WHEN)
    if outcome.state == "needs_answer":
        answers = {question.id: question.candidates[0].value for question in outcome.questions}
        outcome = analysis.ingest_file(home, file, who="tester", when=WHEN, answers=answers)
    assert outcome.state == "committed", outcome.says


def make_home(folder: Path) -> Home:
    """The home with its files in force and its targets set."""
    files = folder / "files"
    files.mkdir()
    home = analysis.open_home(folder / "home")
    for file in write_files(files):
        load(home, file)
    for kpi, value in TARGETS:
        target = Target(kpi, (), value, date(2024, 1, 1))
        put_target(home.store, target, who="tester", when=WHEN, why="for tests")
    return home
