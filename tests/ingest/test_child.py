"""Reading in a child process: what comes back, and that nothing gets out."""

import hashlib
import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from openpyxl import Workbook

from kpi.ingest import Limits, processes, read_file, reading
from kpi.ingest.child import LISTED, capped
from kpi.ingest.hashing import rows_hash
from kpi.ingest.reading import shown_name
from kpi.model import Problem, Severity

CSV = "Date,Line,Produced,Scrap\n2026-01-02,L1,100,3\n2026-01-03,L1,90,1\n"
linux = pytest.mark.skipif(sys.platform != "linux", reason="children are forked on Linux only")
posix = pytest.mark.skipif(os.name == "nt", reason="limits of the operating system")


def written(path, text=CSV):
    path.write_text(text)
    return path


def test_a_file_comes_back_as_canonical_parts(tmp_path):
    steps = []
    file = read_file(
        written(tmp_path / "a.csv"),
        default_plant="P1",
        progress=lambda s, share: steps.append((s, share)),
    )
    assert (file.file, file.container, file.state) == ("a.csv", "text (CSV)", "ready")
    assert file.sha256 == hashlib.sha256(CSV.encode()).hexdigest()
    scrap = next(part for part in file.parts if part.dataset == "scrap")
    assert scrap.table["qty_scrap"].to_pylist() == [3.0, 1.0]
    assert scrap.table["row"].to_pylist() == [2, 3]
    assert scrap.table["plant"].to_pylist() == ["P1", "P1"]
    assert [share for _, share in steps] == sorted(share for _, share in steps)
    assert steps[0] == ("looking at the file", 0.0)


def test_a_slipped_row_is_counted_and_can_be_downloaded(tmp_path):
    file = read_file(written(tmp_path / "a.csv", CSV + "2026-01-04,L1,8,0,1\n"))
    part = file.parts[0]
    assert (part.rows_read, part.rows_accepted, part.rows_rejected) == (3, 2, 1)
    assert part.rejected.to_pylist()[0]["row"] == 4
    assert [(p.row, p.actual) for p in file.problems if p.severity is Severity.REJECTED] == [
        (4, "5 cells under 4 headings")
    ]


def test_a_refused_file_is_a_result_not_an_exception(tmp_path):
    file = read_file(written(tmp_path / "a.xlsx", ""))
    assert (file.state, file.parts, file.questions) == ("rejected", (), ())
    assert file.problems == (
        Problem(
            "", None, None, "a file with a table of data", "The file is empty (0 bytes).",
            "Export it again.", Severity.REJECTED,
        ),
    )  # fmt: skip


def test_the_name_decides_no_path(tmp_path):
    file = read_file(written(tmp_path / "a.csv"), name="../../etc/\x00pass\u202ewd.csv")
    assert file.file == "passwd.csv"


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("C:\\Users\\x\\scrap.csv", "scrap.csv"),
        ("", "file"),
        ("a" * 300 + ".csv", "a" * 179 + "…" + "a" * 16 + ".csv"),
    ],
)
def test_names_are_made_safe_to_show(name, shown):
    assert shown_name(name) == shown


@pytest.fixture
def started_anew(monkeypatch):
    """Every child is started from nothing, as where no process can be forked."""
    monkeypatch.setattr(processes.Starter, "child", lambda *_: None)


def spied(monkeypatch):
    """The environments of the processes started from here on."""
    seen = []
    real = processes.subprocess.Popen

    def spy(*args, **kwargs):
        seen.append(kwargs["env"])
        return real(*args, **kwargs)

    monkeypatch.setattr(processes.subprocess, "Popen", spy)
    return seen


@pytest.mark.usefixtures("started_anew")
def test_the_child_inherits_no_secrets(tmp_path, monkeypatch):
    monkeypatch.setenv("DATABASE_PASSWORD", "s3cret")
    seen = spied(monkeypatch)
    assert read_file(written(tmp_path / "a.csv")).state == "ready"
    (environment,) = seen
    assert "PYTHONPATH" in environment
    assert "DATABASE_PASSWORD" not in environment


@linux
def test_the_one_that_forks_children_inherits_no_secrets(tmp_path, monkeypatch):
    processes.starter.stop()
    monkeypatch.setenv("DATABASE_PASSWORD", "s3cret")
    seen = spied(monkeypatch)
    for _ in range(2):
        assert read_file(written(tmp_path / "a.csv")).state == "ready"
    (environment,) = seen  # started once, for both files
    assert "DATABASE_PASSWORD" not in environment


@linux
def test_what_forks_children_runs_one_thread(tmp_path):
    read_file(written(tmp_path / "a.csv"))
    threads = Path(f"/proc/{processes.starter.number}/task")
    assert len(list(threads.iterdir())) == 1, "a fork beside another thread may lock up"


@linux
def test_a_killed_starter_is_replaced(tmp_path):
    read_file(written(tmp_path / "a.csv"))
    first = processes.starter.number
    os.kill(first, signal.SIGKILL)
    assert read_file(tmp_path / "a.csv").state == "ready"
    assert processes.starter.number != first


@linux
def test_files_are_read_side_by_side_each_by_a_process_of_its_own(tmp_path):
    files = [
        written(tmp_path / f"{n}.csv", CSV + f"2026-02-0{n},L{n},{n},0\n") for n in range(1, 7)
    ]
    with ThreadPoolExecutor(3) as pool:
        found = list(pool.map(read_file, files))
    last = [f.parts[0].table["qty_produced"].to_pylist()[-1] for f in found]
    assert last == [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]


@linux
def test_what_forks_children_ends_with_the_process_it_serves(tmp_path):
    written(tmp_path / "a.csv")
    code = (
        "import pathlib; from kpi.ingest import processes, read_file;"
        "read_file(pathlib.Path('a.csv')); print(processes.starter.number)"
    )
    environment = {**os.environ, "PYTHONPATH": str(Path.cwd())}
    command = [sys.executable, "-c", code]
    done = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=True
    )
    assert done.stderr == ""
    assert not Path(f"/proc/{int(done.stdout)}").exists()


@posix
@pytest.mark.parametrize("megabytes", [150, 330])
def test_too_much_memory_is_a_refusal(tmp_path, megabytes):
    book = written(tmp_path / "a.csv", CSV + "2026-01-02,L1,100,3\n" * 200_000)
    file = read_file(book, limits=Limits(memory_bytes=megabytes << 20, reserved_bytes=0))
    assert file.state == "rejected"
    assert file.problems[0].actual == "The file needs more memory than one upload may take."


def test_too_much_time_is_a_refusal(tmp_path):
    file = read_file(written(tmp_path / "a.csv"), limits=Limits(wall_seconds=0.01))
    assert file.state == "rejected"
    assert file.problems[0].actual == "The file takes longer to read than a file of its size may."
    assert file.sha256 == hashlib.sha256(CSV.encode()).hexdigest()


@pytest.mark.usefixtures("started_anew")
@pytest.mark.parametrize("code", ["os.abort()", "os._exit(3)", "sys.stdout.write('x' * 10**6)"])
def test_a_child_that_dies_costs_its_file_only(tmp_path, monkeypatch, code):
    real = processes.subprocess.Popen

    def dying(command, **kwargs):
        return real([sys.executable, "-c", f"import os, sys; {code}"], **kwargs)

    monkeypatch.setattr(processes.subprocess, "Popen", dying)
    file = read_file(written(tmp_path / "a.csv"))
    assert file.state == "rejected"
    assert file.problems[0].actual.startswith("The file is damaged or built to do harm")


def test_an_error_of_ours_is_logged_without_cell_contents(tmp_path, monkeypatch, caplog):
    monkeypatch.setattr(
        reading, "run", lambda *_: {"bug": "ValueError\n  File interpret.py", "sha256": "x"}
    )
    file = read_file(written(tmp_path / "a.csv"))
    assert file.state == "rejected"
    assert "an error in this program" in file.problems[0].actual
    assert "interpret.py" in caplog.text


def test_a_stray_cell_does_not_kill(tmp_path):
    book = Workbook()
    for row in (["Date", "Line", "Produced", "Scrap"], [date(2026, 1, 2), "L1", 100, 3]):
        book.active.append(row)
    book.active["XFD1048576"] = 1
    book.save(tmp_path / "a.xlsx")
    file = read_file(tmp_path / "a.xlsx")
    assert file.state == "ready"
    assert any("XFD1048576" in p.actual for p in file.problems)


def test_problems_of_one_kind_are_capped_and_counted():
    problems = [
        Problem("S", i, "Qty", "a number", "x", "Mend it.", Severity.REJECTED)
        for i in range(LISTED + 5)
    ]
    listed = capped(problems)
    assert len(listed) == LISTED + 1
    assert (listed[-1].row, listed[-1].actual) == (None, "5 more of this kind")


def table(order):
    rows = [("L1", 1.0, date(2026, 1, 2)), ("L2", None, date(2026, 1, 3)), (None, -0.0, None)]
    picked = [rows[i] for i in order]
    return pa.table(
        {
            "line": pa.array([r[0] for r in picked], pa.string()),
            "qty": pa.array([r[1] for r in picked], pa.float64()),
            "date": pa.array([r[2] for r in picked], pa.date32()),
            "row": pa.array(np.arange(len(picked)), pa.int32()),
        }
    )


def test_the_same_rows_in_another_order_have_the_same_hash():
    hashed = rows_hash([("scrap", table([0, 1, 2]))])
    assert rows_hash([("scrap", table([2, 0, 1]))]) == hashed
    assert rows_hash([("scrap", table([0, 1]))]) != hashed
    assert rows_hash([("scrap", table([0, 0, 1, 2]))]) != hashed
    assert rows_hash([("production", table([0, 1, 2]))]) != hashed


@pytest.mark.parametrize("column", ["line", "qty", "date"])
def test_any_changed_cell_gives_another_hash(column):
    before = table([0, 1, 2])
    changed = {"line": "L9", "qty": 1.5, "date": date(2026, 1, 9)}[column]
    cells = before[column].to_pylist()
    after = before.set_column(
        before.column_names.index(column),
        column,
        pa.array([changed, *cells[1:]], before[column].type),
    )
    assert rows_hash([("scrap", after)]) != rows_hash([("scrap", before)])
