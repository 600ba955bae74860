"""What plants drop: weeks, rolling windows, restated months, years at once. Any order, one state."""

import tempfile
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from random import Random

import pytest
from homes import WHEN, home_with, series
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kpi.analysis import Home
from kpi.analysis.ingesting import ingest_file
from kpi.analysis.results import FileOutcome

HEAD = "Date;Line;Product;Produced Qty;Scrap Qty\n"
START = date(2026, 1, 1)

Figures = dict[str, tuple[float, float]]


def _export(folder: Path, first: date, last: date, drawn: int, name: str = "") -> Path:
    """The export of some days as it reads on day ``drawn``: days before it are restated by it."""
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    rows = [f"{d};L{line};P1;100;{drawn + line}\n" for d in days for line in (1, 2)]
    path = folder / (name or f"scrap_{first}_{last}.csv")
    path.write_text(HEAD + "".join(rows), encoding="utf-8")
    return path


def _put(home: Home, path: Path) -> tuple[FileOutcome, int]:
    """Put a file in force, taking the first answers; with how many were asked."""
    outcome = ingest_file(home, path, who="test", when=WHEN)
    if outcome.state != "needs_answer":
        return outcome, 0
    answers = {q.id: q.candidates[0].value for q in outcome.questions}
    return ingest_file(home, path, who="test", when=WHEN, answers=answers), len(answers)


def _figures(home: Home) -> Figures:
    rows = series(home, "scrap_rate")
    return {
        p: (n, d)
        for p, n, d in zip(rows["period"], rows["numerator"], rows["denominator"], strict=True)
        if d > 0
    }


def _expected(windows: Sequence[tuple[date, date, int]]) -> Figures:
    """Of every day, what the export drawn last said."""
    said: dict[date, int] = {}
    for first, last, drawn in sorted(windows, key=lambda w: w[2]):
        said |= {first + timedelta(days=n): drawn for n in range((last - first).days + 1)}
    found: Figures = {}
    for day, drawn in said.items():
        n, d = found.get(f"{day:%Y-%m}", (0, 0))
        found[f"{day:%Y-%m}"] = (n + 2 * drawn + 3, d + 200)
    return found


def _days(first: int, last: int) -> tuple[date, date]:
    return START + timedelta(days=first), START + timedelta(days=last)


HABITS = {
    "weeks": [(*_days(7 * n, 7 * n + 6), n) for n in range(9)],
    "rolling thirty days": [(*_days(10 * n, 10 * n + 29), n) for n in range(5)],
    "a month that grows": [(*_days(0, 6 + 8 * n), n) for n in range(4)],
    "the month before restated": [
        (date(2026, 1, 1), date(2026, 1, 31), 1),
        (date(2026, 1, 1), date(2026, 2, 28), 2),
        (date(2026, 2, 1), date(2026, 3, 31), 3),
    ],
    "year to date": [
        (date(2026, 1, 1), date(2026, n, 28) if n == 2 else date(2026, n, 30), n) for n in (2, 4, 6)
    ],
    "neighbours at the edge of a month": [
        (date(2026, 2, 9), date(2026, 3, 1), 1),
        (date(2026, 3, 2), date(2026, 3, 31), 2),
        (date(2026, 4, 1), date(2026, 4, 29), 3),
        (date(2026, 4, 30), date(2026, 5, 20), 4),
    ],
    "months and then the quarter": [
        (date(2026, 1, 1), date(2026, 1, 31), 1),
        (date(2026, 2, 1), date(2026, 2, 28), 2),
        (date(2026, 1, 1), date(2026, 3, 31), 3),
    ],
}

OFTEN = ("rolling thirty days", "the month before restated")
"""Tried each time; the others, and other orders, in the long run."""


@pytest.mark.parametrize(
    ("habit", "seed"),
    [
        pytest.param(habit, seed, marks=() if habit in OFTEN and seed == 1 else pytest.mark.long)
        for habit in HABITS
        for seed in (1, None, 2)
    ],
)
def test_a_habit_in_any_order(tmp_path: Path, habit: str, seed: int | None) -> None:
    windows = HABITS[habit]
    paths = [_export(tmp_path, first, last, drawn) for first, last, drawn in windows]
    if seed is not None:
        Random(seed).shuffle(paths)
    home = home_with(tmp_path / "home")
    asked = 0
    for path in paths:
        outcome, questions = _put(home, path)
        assert outcome.state in ("committed", "unchanged"), (path.name, outcome.says)
        asked += questions
    assert _figures(home) == _expected(windows)
    assert len(home.store.feeds()) == 1
    if habit in ("weeks", "neighbours at the edge of a month") or seed is None:
        assert asked <= (1 if "rolling" in habit or "before" in habit else 0), habit


@pytest.mark.long
@settings(max_examples=3, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(st.tuples(st.integers(0, 80), st.integers(5, 40)), min_size=2, max_size=5),
    st.randoms(use_true_random=False),
)
def test_windows_of_any_kind_in_any_order(spans: list[tuple[int, int]], chance: Random) -> None:
    _windows_in_two_orders(spans, chance)


@pytest.mark.long
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(st.tuples(st.integers(0, 80), st.integers(5, 40)), min_size=2, max_size=7),
    st.randoms(use_true_random=False),
)
def test_many_windows_of_any_kind_in_any_order(
    spans: list[tuple[int, int]], chance: Random
) -> None:
    _windows_in_two_orders(spans, chance)


def _windows_in_two_orders(spans: list[tuple[int, int]], chance: Random) -> None:
    """Windows that state when they were drawn: the order of arrival says nothing."""
    with tempfile.TemporaryDirectory() as folder:
        base = Path(folder)
        windows, paths = [], []
        for drawn, (first, length) in enumerate(spans):
            window = (*_days(first, first + length), drawn)
            path = _export(base, *window, name=f"scrap_{drawn}.csv")
            stated = date(2026, 7, 1) + timedelta(days=drawn)
            path.write_text(f"Export date: {stated}\n\n{path.read_text('utf-8')}", "utf-8")
            windows.append(window)
            paths.append(path)
        chance.shuffle(paths)
        home = home_with(base / "home")
        for path in paths:
            outcome, _ = _put(home, path)
            assert outcome.state in ("committed", "unchanged"), outcome.says
        assert _figures(home) == _expected(windows)


def _months(folder: Path) -> dict[str, list[Path]]:
    """A year of three feeds; in July the scrap export gets a column, in September a new name for one."""
    found: dict[str, list[Path]] = {"scrap": [], "stops": [], "orders": []}
    for n in range(1, 13):
        month = f"2026-{n:02}"
        more, heads = ("", "Date;Line;Product;Produced Qty;Scrap Qty")
        if n >= 7:
            heads, more = f"{heads};Storage Bin", ";B7"
        if n >= 9:
            heads = heads.replace("Scrap Qty", "Scrapped Quantity")
        rows = "".join(f"{month}-{d:02};L1;P{d % 4};100;{n}{more}\n" for d in range(1, 29))
        path = folder / f"scrap {month}.csv"
        path.write_text(f"{heads}\n{rows}", encoding="utf-8")
        found["scrap"].append(path)
        rows = "".join(
            f"L1;M1;{month}-{d:02} 08:00;{month}-{d:02} 08:{n:02};Jam\n" for d in range(1, 29)
        )
        path = folder / f"stops {month}.csv"
        path.write_text(f"Line;Machine;Start;End;Reason\n{rows}", encoding="utf-8")
        found["stops"].append(path)
        rows = "".join(
            f"{month}-{d:02};{month}{d:02};10;{month}-{d:02};{month}-{min(28, d + n % 3):02};5\n"
            for d in range(1, 20)
        )
        path = folder / f"orders {month}.csv"
        path.write_text(
            f"Order Date;Sales Order;Item;Promised Date;Delivered On;Qty Delivered\n{rows}",
            encoding="utf-8",
        )
        found["orders"].append(path)
    return found


def _state(home: Home) -> dict[str, object]:
    return {
        k: [
            (r["period"], r["numerator"], r["denominator"])
            for r in series(home, k).to_dict("records")
            if r["denominator"]
        ]
        for k in ("scrap_rate", "otd_promise")
    } | {"stops": [r["numerator"] for r in series(home, "recorded_downtime").to_dict("records")]}


@pytest.mark.long
@pytest.mark.parametrize("seed", [7, None])
def test_thirty_six_files_at_once(tmp_path: Path, seed: int | None) -> None:
    by_feed = _months(tmp_path)
    paths = [p for feed in by_feed.values() for p in feed]
    if seed is not None:
        Random(seed).shuffle(paths)
    home = home_with(tmp_path / "home")
    asked = 0
    for path in paths:
        outcome, questions = _put(home, path)
        assert outcome.state == "committed", (path.name, outcome.says, outcome.questions)
        asked += questions
    assert len(home.store.feeds()) == 3, [f.name for f in home.store.feeds()]
    assert asked <= 4
    state = _state(home)
    assert state["scrap_rate"] == [(f"2026-{n:02}", 28 * n, 2800) for n in range(1, 13)]
    assert [n for _, n, _ in state["otd_promise"]] == [
        19 if n % 3 == 0 else 0 for n in range(1, 13)
    ]  # type: ignore[attr-defined]
    assert state["stops"] == [28 * n for n in range(1, 13)]
