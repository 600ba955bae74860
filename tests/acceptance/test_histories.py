"""Histories of uploads with answers worked out by hand, in several orders of arrival."""

from itertools import permutations
from pathlib import Path
from random import Random

import pandas as pd
import pytest
from homes import WHEN, home_with, ingest, series

from kpi.analysis import Filters, Home, series_table, withdraw
from kpi.analysis.ingesting import ingest_file
from kpi.analysis.results import FileOutcome

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


@pytest.mark.long
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


ORDERS_OF_THREE = [
    pytest.param(order, marks=pytest.mark.long) if at % 3 else order
    for at, order in enumerate(permutations((2, 1, 0)))
]


@pytest.mark.parametrize("order", ORDERS_OF_THREE)
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


@pytest.mark.parametrize("order", ORDERS_OF_THREE)
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


SHEET = "Plant;Line;Day;Produced;Scrapped\n"  # the same ground in the headings of another source


def _by_hand(folder: Path, days: dict[str, tuple[int, int]], name: str = "by_hand.csv") -> Path:
    rows = [f"North;L1;{day};{made};{bad}\n" for day, (made, bad) in days.items()]
    path = folder / name
    path.write_text(SHEET + "".join(rows), encoding="utf-8")
    return path


def _answering(home: Home, path: Path, choice: str, feed: str | None = None) -> FileOutcome:
    """Answer with ``choice`` wherever it is offered, and else with the best."""
    asked = ingest_file(home, path, who="test", when=WHEN, feed=feed)
    assert asked.state == "needs_answer"
    answers = {}
    for question in asked.questions:
        values = [c.value for c in question.candidates]
        answers[question.id] = choice if choice in values else values[0]
    assert choice in answers.values(), asked.questions
    done = ingest_file(home, path, who="test", when=WHEN, answers=answers, feed=feed)
    assert done.state == "committed", done.says
    return done


JANUARY = {"2026-01-01": (100, 2), "2026-01-15": (100, 2), "2026-01-31": (100, 2)}


@pytest.mark.parametrize(
    ("answer", "january"),
    [("prefer", (3 * 9, 3 * 50)), ("complement", (6 + 27, 450)), ("compare", (6, 300))],
)
def test_a_second_feed_for_the_same_days(
    tmp_path: Path, answer: str, january: tuple[float, float]
) -> None:
    home = home_with(tmp_path / "home")
    assert ingest(home, _month(tmp_path, "scrap_01.csv", JANUARY)).state == "committed"
    second = _by_hand(tmp_path, dict.fromkeys(JANUARY, (50, 9)))
    done = _answering(home, second, answer, feed="by hand")
    assert _figures(home) == {"2026-01": january}
    assert done.upload is not None
    withdraw(home, done.upload, who="test", when=WHEN, why="no")
    assert _figures(home) == {"2026-01": (6, 300)}


@pytest.mark.long
def test_rolling_thirty_days_in_any_order(tmp_path: Path) -> None:
    """Exports drawn every ten days, each with corrections: of a day, the last drawn counts."""
    start, ends = pd.Timestamp("2026-01-01"), pd.to_datetime(["2026-01-30", "2026-02-09"])
    ends = ends.append(pd.to_datetime(["2026-02-19", "2026-03-01"]))
    told: dict[str, int] = {}
    paths = []
    for drawn, end in enumerate(ends, start=1):
        days = pd.date_range(max(start, end - pd.Timedelta(days=29)), end).strftime("%Y-%m-%d")
        told.update(dict.fromkeys(days, drawn))
        name = f"scrap_{end:%Y-%m-%d}.csv"
        paths.append(_month(tmp_path, name, dict.fromkeys(days, (100, drawn))))
    by_month: dict[str, tuple[float, float]] = {}
    for day, bad in told.items():
        n, d = by_month.get(day[:7], (0, 0))
        by_month[day[:7]] = (n + bad, d + 100)
    for number, order in enumerate(((0, 1, 2, 3), (3, 2, 1, 0), (2, 0, 3, 1))):
        home = home_with(tmp_path / f"home{number}")
        for which in order:
            asked = ingest_file(home, paths[which], who="test", when=WHEN)
            if asked.state != "committed":
                _answering(home, paths[which], "replace")
        assert _figures(home) == by_month, order


@pytest.mark.long
def test_a_january_backfilled_in_june(tmp_path: Path) -> None:
    home = home_with(tmp_path / "home")
    months = [f"2026-{n:02}" for n in range(2, 7)]
    for bad, month in enumerate(months, start=2):
        path = _month(tmp_path, f"scrap_{month}.csv", _whole(month, bad))
        assert ingest(home, path).state == "committed"
    before = _figures(home)
    late = ingest(home, _month(tmp_path, "scrap_2026-01.csv", _whole("2026-01", 1)))
    assert late.state == "committed"
    assert _figures(home) == {"2026-01": (3, 300), **before}
    rows = series(home, "scrap_rate")
    assert rows["period"].tolist() == ["2026-01", *months]
    assert str(series_table(home, "scrap_rate", Filters()).report_date) == "2026-06-28"


@pytest.mark.parametrize("names_first", [True, False])
def test_names_of_codes_come_whenever_they_come(tmp_path: Path, names_first: bool) -> None:
    home = home_with(tmp_path / "home")
    facts = tmp_path / "scrap.csv"
    rows = [f"North,L1,2026-01-{d:02},D-0{d % 3},100,{d}\n" for d in range(1, 32)]
    head = "plant,line,date,defect code,produced quantity,scrap quantity\n"
    facts.write_text(head + "".join(rows), encoding="utf-8")
    names = tmp_path / "defects.csv"
    names.write_text("defect_code,defect_name\nD-00,Crack\nD-01,Bubble\n", encoding="utf-8")
    for path in (names, facts) if names_first else (facts, names):
        done = ingest(home, path)
        assert done.state == "committed", done.says
    told = {f"D-0{k}": sum(d for d in range(1, 32) if d % 3 == k) for k in range(3)}
    got = series(home, "scrap_rate", ("reason",), period="all")
    assert dict(zip(got["reason"], got["numerator"], strict=True)) == told
    called = dict(zip(got["reason"], got["reason_name"].fillna(""), strict=True))
    assert (called["D-00"], called["D-01"]) == ("Crack", "Bubble")
    assert _figures(home) == {"2026-01": (sum(range(1, 32)), 3100)}


@pytest.mark.parametrize("names_first", [True, False])
def test_names_of_numbers_take_their_place(tmp_path: Path, names_first: bool) -> None:
    home = home_with(tmp_path / "home")
    facts = tmp_path / "scrap.csv"
    rows = [f"North,L1,2026-01-{d:02},{d % 3 + 1},100,{d}\n" for d in range(1, 32)]
    head = "plant,line,date,defect id,produced quantity,scrap quantity\n"
    facts.write_text(head + "".join(rows), encoding="utf-8")
    names = tmp_path / "defects.csv"
    names.write_text("Defect,Defect ID\nCrack,1\nBubble,2\nDent,3\n", encoding="utf-8")
    for path in (names, facts) if names_first else (facts, names):
        done = ingest(home, path)
        assert done.state == "committed", done.says
    told = {
        name: sum(d for d in range(1, 32) if d % 3 == k)
        for k, name in enumerate(("Crack", "Bubble", "Dent"))
    }
    got = series(home, "scrap_rate", ("reason",), period="all")
    assert dict(zip(got["reason"], got["numerator"], strict=True)) == told
    assert _figures(home) == {"2026-01": (sum(range(1, 32)), 3100)}


@pytest.mark.parametrize("seed", [pytest.param(seed, marks=pytest.mark.long) for seed in (1, 2, 3)])
def test_a_year_in_shuffled_order_with_a_withdrawal(tmp_path: Path, seed: int) -> None:
    """A wrong May goes in halfway and is taken back at the end."""
    home = home_with(tmp_path / "home")
    months = [f"2026-{n:02}" for n in range(1, 13)]
    told = {m: (3.0 * n, 300.0) for n, m in enumerate(months, start=1)}
    paths = [_month(tmp_path, f"scrap_{m}.csv", _whole(m, n)) for n, m in enumerate(months, 1)]
    wrong = _month(tmp_path, "scrap_wrong_may.csv", _whole("2026-05", 99))
    order = Random(seed).sample(range(12), 12)
    for number in order[:6]:
        assert ingest(home, paths[number]).state == "committed"
    bad = ingest(home, wrong)
    assert bad.state == "committed"
    assert bad.upload is not None
    for number in order[6:]:
        done = ingest(home, paths[number])
        assert done.state == "committed", done.says
    withdraw(home, bad.upload, who="test", when=WHEN, why="wrong")
    assert _figures(home) == told
    assert series(home, "scrap_rate", period="all")["numerator"].tolist() == [3 * sum(range(13))]
