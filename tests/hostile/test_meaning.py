"""Class "Meaning": files that are sound and say what cannot be, or what was said before."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from openpyxl import Workbook, load_workbook

from kpi.analysis import open_home
from kpi.analysis.home import Home
from kpi.analysis.ingesting import ingest_file
from kpi.analysis.results import FileOutcome
from kpi.ingest import read_file
from kpi.model import Severity

WHEN = datetime(2026, 12, 2, 8, tzinfo=UTC)
HEAD = "Date,Line,Shift,Produced,Scrap\n"


@pytest.fixture
def home(tmp_path):
    folder = tmp_path / "home"
    folder.mkdir()
    return open_home(folder)


def put(home: Home, path: Path, **given: object) -> FileOutcome:
    """Put a file in force, the first candidate being the answer where it asks."""
    done = ingest_file(home, path, who="test", when=WHEN, **given)
    if done.state == "needs_answer":
        best = {q.id: q.candidates[0].value for q in done.questions}
        done = ingest_file(home, path, who="test", when=WHEN, answers=best, **given)
    return done


def month(number, changed=frozenset(), scrap=3):
    """180 rows: 30 days, two lines, three shifts."""
    rows = []
    for n in range(180):
        day = date(2026, number, 1) + timedelta(n // 6)
        amount = 99 if n in changed else scrap
        rows.append(f"{day},L{n % 2},{'ABC'[n // 2 % 3]},{100 + n},{amount}\n")
    return rows


def written(path, rows):
    path.write_text(HEAD + "".join(rows))
    return path


@pytest.mark.long
def test_two_months_of_which_one_was_corrected(home, tmp_path):
    assert put(home, written(tmp_path / "oct.csv", month(9))).state == "committed"
    corrected = month(9, frozenset(range(0, 100, 10)))
    both = written(tmp_path / "both.csv", corrected + month(10))
    seen = put(home, both, dry_run=True)
    assert seen.state == "previewed"
    for changes in seen.row_changes:
        assert (changes.new, changes.changed, changes.gone) == (
            (180, 10, 0) if changes.dataset == "scrap" else (180, 0, 0)
        )
    scrap = next(c for c in seen.row_changes if c.dataset == "scrap")
    assert scrap.kept == 170
    done = put(home, both)
    assert done.state == "committed"
    assert len(home.store.at().arrow("scrap")) == 360


def test_the_same_file_again_changes_nothing_and_says_so(home, tmp_path):
    path = written(tmp_path / "a.csv", month(10))
    assert put(home, path).state == "committed"
    position = home.store.position()
    again = put(home, path)
    assert again.state == "unchanged"
    assert "in force" in again.says or "already" in again.says
    assert home.store.position() == position


def test_the_same_rows_in_another_order_change_nothing(home, tmp_path):
    rows = month(10)
    assert put(home, written(tmp_path / "a.csv", rows)).state == "committed"
    position = home.store.position()
    for name, others in (("b.csv", rows[::-1]), ("c.csv", rows[90:] + rows[:90])):
        again = put(home, written(tmp_path / name, others))
        assert (again.state, again.rows_new, again.rows_changed) == ("unchanged", 0, 0)
    assert home.store.position() == position


def test_the_same_workbook_saved_again_changes_nothing(home, tmp_path):
    book = Workbook()
    book.active.append(HEAD.strip().split(","))
    for line in month(10):
        day, name, shift, made, bad = line.strip().split(",")
        book.active.append([date.fromisoformat(day), name, shift, int(made), int(bad)])
    book.save(tmp_path / "a.xlsx")
    assert put(home, tmp_path / "a.xlsx").state == "committed"
    again = load_workbook(tmp_path / "a.xlsx")
    again.properties.title = "saved again"
    again.save(tmp_path / "b.xlsx")
    assert (tmp_path / "a.xlsx").read_bytes() != (tmp_path / "b.xlsx").read_bytes()
    assert put(home, tmp_path / "b.xlsx").state == "unchanged"


def read(tmp_path, text, **given):
    path = tmp_path / "a.csv"
    path.write_text(text)
    return read_file(path, **given)


def placed(reading, *severities):
    """Row, column and what is wrong, of the problems of some severity."""
    return [(p.row, p.column, str(p.actual)) for p in reading.problems if p.severity in severities]


def test_scrap_above_production_is_in_with_a_warning_that_names_the_row(tmp_path):
    rows = month(10)
    rows[7] = "2026-10-02,L1,A,100,101\n"
    found = read(tmp_path, HEAD + "".join(rows))
    assert found.state == "ready"
    assert (9, "Scrap", "1 row with more scrap than production") in placed(found, Severity.WARNING)
    assert all(part.rows_rejected == 0 for part in found.parts)


STOPS = "Line,Start,End,Reason\n"


def stops(*lines):
    sound = [f"L1,2026-03-{n:02} 10:00,2026-03-{n:02} 10:30,Jam\n" for n in range(1, 12)]
    return STOPS + "".join(sound) + "".join(f"{line}\n" for line in lines)


def test_an_end_before_its_start_is_rejected_by_row_and_column(tmp_path):
    found = read(tmp_path, stops("L1,2026-03-20 12:00,2026-03-20 11:00,Jam"))
    assert [(row, column) for row, column, _ in placed(found, Severity.REJECTED)] == [(13, "End")]
    assert "the end lies before the start" in placed(found, Severity.REJECTED)[0][2]


@pytest.mark.parametrize(
    ("day", "rejected", "warned"),
    [("0202-10-05", True, False), ("2062-10-05", False, True), ("1989-10-05", False, True),
     ("2150-10-05", True, False), ("99999-10-05", True, False), ("2026-02-30", True, False)],
)  # fmt: skip
def test_a_year_that_cannot_be(tmp_path, day, rejected, warned):
    rows = month(10)
    rows[11] = f"{day},L1,A,100,1\n"
    found = read(tmp_path, HEAD + "".join(rows))
    told = placed(found, Severity.REJECTED, Severity.WARNING)
    assert told, "nothing is said of it"
    bad = [row for row, _, _ in placed(found, Severity.REJECTED) if row]
    assert bad == ([13] if rejected else [])
    scrap = next(p for p in found.parts if p.dataset == "scrap")
    assert (scrap.rows_accepted, scrap.rows_rejected) == ((179, 1) if rejected else (180, 0))
    assert bool(placed(found, Severity.WARNING)) == warned


def test_rows_that_are_there_twice_are_in_and_said(tmp_path):
    rows = month(10)
    found = read(tmp_path, HEAD + "".join([*rows, *rows[:5]]))
    told = " ".join(text for _, _, text in placed(found, Severity.WARNING))
    assert "5 rows equal to another row" in told


def test_columns_that_are_there_twice_are_said(tmp_path):
    text = "Date,Line,Produced,Scrap,Scrap\n" + "".join(
        f"2026-10-{n:02},L1,100,{n % 3},{n % 5}\n" for n in range(1, 29)
    )
    found = read(tmp_path, text)
    told = " ".join(str(p.actual) for p in found.problems) + str([q.ask for q in found.questions])
    assert "Scrap" in told


@pytest.mark.parametrize(
    ("what", "line"),
    [
        ("an hour that is skipped", "L1,2026-03-29 02:15,2026-03-29 02:45,Jam"),
        ("over the hour that is skipped", "L1,2026-03-29 01:30,2026-03-29 03:30,Jam"),
        ("an hour that comes twice", "L1,2026-10-25 02:15,2026-10-25 02:45,Jam"),
        ("from the first of two hours into the second", "L1,2026-10-25 02:50,2026-10-25 02:10,Jam"),
    ],
)
def test_the_hour_of_a_clock_change(home, tmp_path, what, line):
    """Wall clock times, as plants write them: read as they stand, or rejected by row; never lost."""
    path = tmp_path / "stops.csv"
    path.write_text(stops(line))
    found = read_file(path)
    part = next(p for p in found.parts if p.dataset == "downtime")
    backwards = what.startswith("from the first")
    assert (part.rows_accepted, part.rows_rejected) == ((11, 1) if backwards else (12, 0))
    if backwards:
        assert placed(found, Severity.REJECTED)[0][0] == 13
    assert put(home, path).state == "committed"
    minutes = home.store.at().arrow("downtime")["minutes"].to_pylist()
    assert len(minutes) == part.rows_accepted
    assert all(m is None or m >= 0 for m in minutes)


@pytest.mark.parametrize("name", ["../../etc/passwd", "C:\\x\\CON", "a\n\x00b.csv", "x" * 300])
def test_a_name_decides_nothing_and_is_kept_safe_to_show(home, tmp_path, name):
    path = written(tmp_path / "upload", month(10))
    done = put(home, path, name=name)
    assert done.state == "committed"
    entry = home.store.entries()[-1]
    assert not {"/", "\\", "\n", "\x00"} & set(entry.file)
    assert 0 < len(entry.file) <= 200
    inside = {p for p in home.path.rglob("*") if p.is_file()}
    assert {p.name for p in inside if p.parent.name == "uploads"} == {entry.sha256}
