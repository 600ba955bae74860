"""Histories of uploads with answers worked out by hand, in several orders of arrival."""

from itertools import permutations
from pathlib import Path

import pytest
from homes import WHEN, home_with, ingest, series

from kpi.analysis import Home, withdraw
from kpi.analysis.ingesting import ingest_file

HEAD = "plant,line,date,produced quantity,scrap quantity\n"


def _month(folder: Path, name: str, days: dict[str, tuple[int, int]], line: str = "L1") -> Path:
    rows = [f"North,{line},{day},{made},{bad}\n" for day, (made, bad) in days.items()]
    path = folder / name
    path.write_text(HEAD + "".join(rows), encoding="utf-8")
    return path


def _figures(home: Home) -> dict[str, tuple[float, float]]:
    rows = series(home, "scrap_rate")
    rows = rows[rows["denominator"] > 0]
    return {
        p: (n, d)
        for p, n, d in zip(rows["period"], rows["numerator"], rows["denominator"], strict=True)
    }


def _whole(month: str, bad: int) -> dict[str, tuple[int, int]]:
    return {f"{month}-01": (100, bad), f"{month}-15": (100, bad), f"{month}-28": (100, bad)}


def test_a_corrected_month_and_its_withdrawal(tmp_path: Path) -> None:
    home = home_with(tmp_path / "home")
    for month in ("2026-01", "2026-02"):
        path = _month(tmp_path, f"scrap_{month}.csv", _whole(month, 2))
        assert ingest(home, path).state == "committed"
    better = _month(tmp_path, "scrap_2026-01_corrected.csv", _whole("2026-01", 5))
    done = ingest(home, better)
    assert done.state == "committed"
    assert _figures(home) == {"2026-01": (15, 300), "2026-02": (6, 300)}
    assert ingest(home, better).state == "unchanged"
    assert done.upload is not None
    withdraw(home, done.upload, who="test", when=WHEN, why="wrong")
    assert _figures(home) == {"2026-01": (6, 300), "2026-02": (6, 300)}
    assert ingest(home, better).state == "committed"
    assert _figures(home)["2026-01"] == (15, 300)


@pytest.mark.parametrize("order", list(permutations((0, 1, 2))))
def test_months_in_any_order(tmp_path: Path, order: tuple[int, ...]) -> None:
    home = home_with(tmp_path / "home")
    paths = [
        _month(tmp_path, f"scrap_{m}.csv", _whole(m, n))
        for n, m in enumerate(("2026-01", "2026-02", "2026-03"), start=1)
    ]
    for number in order:
        assert ingest(home, paths[number]).state == "committed"
    assert _figures(home) == {"2026-01": (3, 300), "2026-02": (6, 300), "2026-03": (9, 300)}


@pytest.mark.parametrize(
    ("answer", "january"), [("replace", (2 + 2 + 7, 300)), ("add", (6 + 7, 400))]
)
def test_a_week_of_a_loaded_month(
    tmp_path: Path, answer: str, january: tuple[float, float]
) -> None:
    home = home_with(tmp_path / "home")
    assert ingest(home, _month(tmp_path, "scrap_01.csv", _whole("2026-01", 2))).state == "committed"
    week = _month(tmp_path, "scrap_week.csv", {"2026-01-15": (100, 7)})
    asked = ingest_file(home, week, who="test", when=WHEN)
    assert asked.state == "needs_answer"
    answers = {}
    for question in asked.questions:
        values = [c.value for c in question.candidates]
        answers[question.id] = answer if answer in values else values[0]
    assert answer in answers.values()
    done = ingest_file(home, week, who="test", when=WHEN, answers=answers)
    assert done.state == "committed"
    assert _figures(home) == {"2026-01": january}
    assert done.upload is not None
    withdraw(home, done.upload, who="test", when=WHEN, why="no")
    assert _figures(home) == {"2026-01": (6, 300)}


ORDERS = "plant,order,item,customer,qty ordered,promised date,delivery date,qty delivered,status\n"


def _snapshot(folder: Path, drawn: str, promise: str, rest: str) -> Path:
    path = folder / f"orders_{drawn}.csv"
    row = f"North,A1,10,Q,100,{promise},{rest}\n"
    done = "North,A0,10,Q,5,2026-01-20,2026-01-20,5,Delivered\n"
    path.write_text(f"Export date: {drawn}\n\n{ORDERS}{done}{row}", encoding="utf-8")
    return path


@pytest.mark.parametrize("order", list(permutations((0, 1, 2))))
def test_the_first_promise_in_any_order(tmp_path: Path, order: tuple[int, ...]) -> None:
    home = home_with(tmp_path / "home")
    paths = [
        _snapshot(tmp_path, "2026-01-31", "2026-02-10", ",,Open"),
        _snapshot(tmp_path, "2026-02-28", "2026-03-20", ",,Open"),
        _snapshot(tmp_path, "2026-03-31", "2026-03-20", "2026-03-19,100,Delivered"),
    ]
    uploads = {}
    for number in order:
        done = ingest(home, paths[number])
        assert done.state == "committed", (number, done.says)
        uploads[number] = done.upload

    def asked() -> dict[str, dict[str, tuple[float, float]]]:
        found = {}
        for kpi in ("otd_first_promise", "otd_promise"):
            rows = series(home, kpi)
            rows = rows[(rows["denominator"] > 0) & (rows["period"] > "2026-01")]
            found[kpi] = {
                p: (n, d)
                for p, n, d in zip(
                    rows["period"], rows["numerator"], rows["denominator"], strict=True
                )
            }
        return found

    kept = {"2026-03": (1, 1)}
    assert asked() == {"otd_first_promise": {"2026-02": (0, 1)}, "otd_promise": kept}
    assert uploads[0] is not None
    withdraw(home, uploads[0], who="test", when=WHEN, why="test")
    assert asked() == {"otd_first_promise": kept, "otd_promise": kept}
    assert uploads[1] is not None
    withdraw(home, uploads[1], who="test", when=WHEN, why="test")
    assert asked() == {"otd_first_promise": {}, "otd_promise": kept}  # first seen after its day


def test_one_line_of_a_plant(tmp_path: Path) -> None:
    home = home_with(tmp_path / "home")
    both = tmp_path / "scrap_both.csv"
    rows = [f"North,{n},{d},100,2\n" for n in ("L1", "L2") for d in ("2026-01-01", "2026-01-31")]
    both.write_text(HEAD + "".join(rows), encoding="utf-8")
    assert ingest(home, both).state == "committed"
    one = _month(tmp_path, "scrap_L2.csv", {"2026-01-01": (100, 9), "2026-01-31": (100, 9)}, "L2")
    asked = ingest_file(home, one, who="test", when=WHEN)
    assert asked.state == "needs_answer"
    answers = {}
    for question in asked.questions:
        values = [c.value for c in question.candidates]
        answers[question.id] = "replace" if "replace" in values else values[0]
    done = ingest_file(home, one, who="test", when=WHEN, answers=answers)
    assert done.state == "committed"
    rows_now = series(home, "scrap_rate", ("line",)).set_index("line")["numerator"]
    assert rows_now.to_dict() == {"L1": 4, "L2": 18}
