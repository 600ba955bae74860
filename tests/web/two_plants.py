"""A small home of two plants, read from files; the second one's names are nobody else's business."""

import io
import shutil
from contextlib import redirect_stdout
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Final

from kpi import analysis
from kpi.analysis.home import Home
from kpi.cli import main
from kpi.qms import Target, put_target

WHEN: Final = datetime(2026, 11, 2, 8, tzinfo=UTC)
OWN, FOREIGN = "Nordhafen", "Zanzibar"
FOREIGN_LINE, FOREIGN_REASON = "Canary 7", "Secret crack"
FORMULA: Final = "=1+1"
MONTHS: Final = tuple((2025 + (m + 9) // 12, (m + 9) % 12 + 1) for m in range(13))


def _rows(plant: str, lines: tuple[str, str], reason: str, bad: int) -> list[str]:
    rows = ["Date;Plant;Line;Reason;Scrapped quantity;Produced quantity"]
    for place, (year, month) in enumerate(MONTHS):
        for line in lines:
            for day in (3, 12, 21):
                count = bad + (place * 7 + day) % 9 + (25 if place == 9 else 0)
                rows.append(f"{year}-{month:02}-{day:02};{plant};{line};{reason};{count};1000")
    return rows


def make(folder: Path) -> Home:
    """The home in ``folder``, with its two files in force and three targets."""
    files = folder.parent / f"{folder.name} files"
    files.mkdir(parents=True)
    home = analysis.open_home(folder)
    for plant, lines, reason, bad in (
        (OWN, ("L1", FORMULA), "Porosity", 18),
        (FOREIGN, (FOREIGN_LINE, "Canary 8"), FOREIGN_REASON, 61),
    ):
        file = files / f"scrap of {plant}.csv"
        file.write_text("\n".join(_rows(plant, lines, reason, bad)) + "\n", encoding="utf-8")
        _load(home, file)
    due = date(2027, 3, 31)
    for where, value, until in (
        ((("plant", OWN),), 2.5, due),
        ((("plant", FOREIGN),), 7.125, due),
        ((("line", "L1"), ("plant", OWN)), 2.0, None),
    ):
        target = Target("scrap_rate", where, value, date(2025, 1, 1), "me", "agreed", until)
        put_target(home.store, target, who="me", when=WHEN, why="agreed")
    with redirect_stdout(io.StringIO()):  # the first command on a home notes its settings
        assert main(["--home", str(folder), "kpis"]) == 0
    return home


def copy(made: Home, folder: Path) -> Home:
    """Another home with the same in it."""
    shutil.copytree(made.path, folder)
    return analysis.open_home(folder)


def _load(home: Home, file: Path) -> None:
    outcome = analysis.ingest_file(home, file, who="me", when=WHEN)
    if outcome.state == "needs_answer":
        answers = {q.id: q.candidates[0].value for q in outcome.questions}
        outcome = analysis.ingest_file(home, file, who="me", when=WHEN, answers=answers)
    assert outcome.state == "committed", outcome.says
