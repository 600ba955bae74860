"""Homes for page tests: an empty one, and one filled by the few files a small plant would send."""

import random
import shutil
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from kpi import analysis
from kpi.settings import FILE_NAME

WHEN = datetime(2026, 11, 2, 8, tzinfo=UTC)
MONTHS = [date(2024 + m // 12, m % 12 + 1, 1) for m in range(24)]
HOSTILE = "<img src=x onerror=alert(1)> [x](javascript:alert(1)) $x$ ![](http://evil.example/p.png)"


def write_files(folder: Path) -> list[Path]:
    """Two years of a plant with three lines, one of them with a hostile name."""
    rng = random.Random(9)
    lines = ["L1", "L2", HOSTILE]
    scrap = ["Date;Plant;Line;Reason;Scrapped quantity;Produced quantity"]
    stops = ["Date;Plant;Line;Machine;Reason;Start;End;Minutes;Stop class"]
    orders = [
        "Order;Item;Plant;Customer;Requested date;Promised date;Delivered date;Ordered quantity"
    ]
    for index, month in enumerate(MONTHS):
        for line in lines:
            for day in (3, 12, 21):
                on = month + timedelta(days=day)
                bad = rng.randint(18, 30) + (12 if line == "L2" and index > 14 else 0)
                scrap.append(
                    f"{on};Nordhafen;{line};A{rng.randint(1, 4)};{bad};{rng.randint(900, 1100)}"
                )
                start = datetime(on.year, on.month, on.day, rng.randint(7, 15), 10)
                end = start + timedelta(minutes=rng.randint(12, 90))
                stops.append(
                    f"{on};Nordhafen;{line};M{line[:2]};B{rng.randint(1, 3)};{start:%Y-%m-%d %H:%M};"
                    f"{end:%Y-%m-%d %H:%M};{(end - start).seconds // 60};unplanned"
                )
        for item in range(8):
            due = month + timedelta(days=rng.randint(1, 25))
            done = due + timedelta(days=rng.choice([-1, 0, 0, 0, 0, 3]))
            orders.append(
                f"{10_000 + 10 * index + item};1;Nordhafen;ACME {item % 3};{due};{due};{done};100"
            )
    named = {"scrap.csv": scrap, "stops.csv": stops, "orders.csv": orders}
    for name, text in named.items():
        (folder / name).write_text("\n".join(text) + "\n", encoding="utf-8")
    return [folder / name for name in named]


def fill(home: Path, files: list[Path]) -> None:
    """Put the files in force, the best reading of every question taken."""
    opened = analysis.open_home(home)
    for file in files:
        outcome = analysis.ingest_file(opened, file, who="test", when=WHEN)
        if outcome.state == "needs_answer":
            answers = {question.id: question.candidates[0].value for question in outcome.questions}
            outcome = analysis.ingest_file(opened, file, who="test", when=WHEN, answers=answers)
        assert outcome.state == "committed", outcome.says


@pytest.fixture(scope="session")
def filled_once(tmp_path_factory):
    folder = tmp_path_factory.mktemp("plant")
    home = folder / "home"
    fill(home, write_files(folder))
    return home


@pytest.fixture
def filled(filled_once, tmp_path, monkeypatch):
    """A home of one's own with data, to read from and to write to."""
    home = tmp_path / "home"
    shutil.copytree(filled_once, home)
    monkeypatch.setenv("KPI_HOME", str(home))
    monkeypatch.setenv("KPI_SAMPLE_HOME", str(tmp_path / "sample"))
    return home


@pytest.fixture
def empty(tmp_path, monkeypatch):
    """A home without an upload."""
    monkeypatch.setenv("KPI_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("KPI_SAMPLE_HOME", str(tmp_path / "sample"))
    return tmp_path / "home"


@pytest.fixture
def settings_name():
    return FILE_NAME
