"""One file per line, machine or plant, all with the same headings: nothing hides anything else."""

from itertools import permutations
from pathlib import Path

import pytest
from homes import WHEN, home_with, series

from kpi.analysis import Home
from kpi.analysis.ingesting import ingest_file
from kpi.analysis.results import FileOutcome

HEAD = "Date;Product;Produced Qty;Scrap Qty\n"


def _rows(month: str, bad: int) -> str:
    return "".join(f"{month}-{day:02};P{day % 3};100;{bad}\n" for day in (1, 15, 28))


def _file(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def _look(home: Home, path: Path, answers: dict[str, str] | None = None) -> FileOutcome:
    return ingest_file(home, path, who="test", when=WHEN, answers=answers)


def _by(home: Home, what: str) -> dict[tuple[str, str], float]:
    rows = series(home, "scrap_rate", (what,))
    rows = rows[rows["denominator"] > 0]
    return {
        (str(v), p): n
        for v, p, n in zip(rows[what], rows["period"], rows["numerator"], strict=True)
    }


@pytest.mark.long
def test_twelve_lines_named_by_their_files(tmp_path: Path) -> None:
    home = home_with(tmp_path / "home")
    for month, scale in (("2026-01", 1), ("2026-02", 10)):
        for line in range(1, 13):
            path = _file(tmp_path, f"scrap_L{line}_{month}.csv", HEAD + _rows(month, line * scale))
            outcome = _look(home, path)
            if (month, line) == ("2026-01", 1):
                (question,) = outcome.questions
                assert question.ask == (
                    "No column names the line, and the file is called 'scrap_L1_2026-01.csv'. "
                    "Is it 'L1'?"
                )
                assert [c.value for c in question.candidates] == ["file", "nowhere"]
                outcome = _look(home, path, {question.id: "file"})
            assert outcome.state == "committed", (month, line, outcome.questions)
    assert len(home.store.feeds()) == 1
    expected = {
        (f"L{line}", month): 3 * line * scale
        for line in range(1, 13)
        for month, scale in (("2026-01", 1), ("2026-02", 10))
    }
    assert _by(home, "line") == expected
    again = _file(tmp_path, "scrap_L3_2026-01 corrected.csv", HEAD + _rows("2026-01", 99))
    assert _look(home, again).state == "committed"
    assert _by(home, "line") == {**expected, ("L3", "2026-01"): 297}


@pytest.mark.parametrize(
    ("title", "line"),
    [("Line: L7", "L7"), ("Linie: Presse 4", "Presse 4"), ("Line: All", None), ("Lines: A, B", None), ("Line 3 - January", "Line 3")],
)  # fmt: skip
def test_a_line_above_the_table(tmp_path: Path, title: str, line: str | None) -> None:
    home = home_with(tmp_path / "home")
    path = _file(tmp_path, "f.csv", f"{title};;;\n;;;\n{HEAD}{_rows('2026-01', 2)}")
    outcome = _look(home, path)
    if outcome.state == "needs_answer":
        answers = {q.id: q.candidates[0].value for q in outcome.questions}
        outcome = _look(home, path, answers)
    assert outcome.state == "committed", outcome.says
    rows = series(home, "scrap_rate", ("line",))
    assert [v for v in rows["line"].dropna().unique() if v] == ([line] if line else [])


HEADS_OF = {
    "line": "Date;Line;Produced Qty;Scrap Qty\n",
    "machine": "Date;Machine;Produced Qty;Scrap Qty\n",
}


@pytest.mark.long
@pytest.mark.parametrize("what", ["line", pytest.param("machine", marks=pytest.mark.long)])
@pytest.mark.parametrize(
    "order",
    [
        pytest.param(order, marks=pytest.mark.long) if at else order
        for at, order in enumerate(list(permutations((0, 1, 2)))[::-2])
    ],
)
def test_files_that_differ_by_a_column(tmp_path: Path, what: str, order: tuple[int, ...]) -> None:
    home = home_with(tmp_path / "home")
    for turn, month in enumerate(("2026-01", "2026-02")):
        for nth, number in enumerate(order):
            rows = "".join(f"{month}-{d:02};X{number};100;{number + 1}\n" for d in (1, 28))
            path = _file(tmp_path, f"scrap {month} {number}.csv", HEADS_OF[what] + rows)
            outcome = _look(home, path)
            if turn == 0 and nth == 1:
                (question,) = outcome.questions
                assert [c.value for c in question.candidates] == ["add", "replace", "cancel"]
                assert f"no {what} in common" in question.ask
                outcome = _look(home, path, {question.id: "add"})
            assert outcome.state == "committed", (turn, nth, outcome.questions)
    expected = {
        (f"X{n}", month): 2.0 * (n + 1) for n in (0, 1, 2) for month in ("2026-01", "2026-02")
    }
    assert _by(home, what) == expected
    better = "2026-01-01;X1;100;7\n2026-01-28;X1;100;7\n"
    path = _file(tmp_path, "scrap 2026-01 1 new.csv", HEADS_OF[what] + better)
    assert _look(home, path).state == "committed"
    assert _by(home, what) == {**expected, ("X1", "2026-01"): 14}


@pytest.mark.parametrize(("answer", "total"), [("add", 15 + 9), ("replace", 9)])
def test_files_that_differ_by_their_names_alone(tmp_path: Path, answer: str, total: int) -> None:
    home = home_with(tmp_path / "home")
    _look(home, _file(tmp_path, "scrap_assembly_2026-01.csv", HEAD + _rows("2026-01", 5)))
    path = _file(tmp_path, "scrap_painting_2026-01.csv", HEAD + _rows("2026-01", 3))
    asked = _look(home, path)
    (question,) = asked.questions
    assert [c.value for c in question.candidates] == ["add", "replace", "cancel"]
    assert _look(home, path, {question.id: answer}).state == "committed"
    assert series(home, "scrap_rate")["numerator"].sum() == total


@pytest.mark.parametrize("name", ["scrap_2026-01 (2).csv", "Scrap_january_final.csv"])
def test_the_same_export_again_is_not_asked(tmp_path: Path, name: str) -> None:
    home = home_with(tmp_path / "home")
    _look(home, _file(tmp_path, "scrap_2026-01.csv", HEAD + _rows("2026-01", 5)))
    assert _look(home, _file(tmp_path, name, HEAD + _rows("2026-01", 3))).state == "committed"
    assert series(home, "scrap_rate")["numerator"].sum() == 9


def test_the_same_export_of_two_plants_is_two_feeds(tmp_path: Path) -> None:
    home = home_with(tmp_path / "home")
    head = "Plant;Date;Line;Produced Qty;Scrap Qty\n"
    for month in ("2026-01", "2026-02"):
        for plant in ("North", "South"):
            rows = "".join(f"{plant};{month}-{d:02};L1;100;2\n" for d in (1, 28))
            done = _look(home, _file(tmp_path, f"scrap {month}.csv", head + rows))
            assert done.state == "committed", (month, plant, done.questions)
    assert sorted(f.plants for f in home.store.feeds()) == [("North",), ("South",)]
    assert _by(home, "plant") == {
        (p, m): 4.0 for p in ("North", "South") for m in ("2026-01", "2026-02")
    }
