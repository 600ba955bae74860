"""A child that a file has taken over: what it may hand back, and what becomes of it."""

import json
import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import pyarrow as pa
import pytest

from kpi.errors import RefusedFileError
from kpi.ingest import Limits, processes, read_cells, read_file, reading
from kpi.ingest.child import OPEN_FILES, restrict
from kpi.ingest.handing import read_table, write_table
from kpi.ingest.processes import RESULT, RESULT_BYTES, Took
from tests.hostile.cases import put
from tests.hostile.packages import CSV

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="limits of the operating system")
HARM = "The file is damaged or built to do harm: reading it failed."


@pytest.fixture
def file(tmp_path):
    return put(tmp_path / "a.csv", CSV.encode())


@pytest.fixture
def handed_over(monkeypatch):
    """Let the child's result be altered on its way."""

    def alter(change):
        real = reading.run

        def run(job, folder, limits, progress):
            result = real(job, folder, limits, progress)
            return change(result, folder) or result

        monkeypatch.setattr(reading, "run", run)

    return alter


def _without(key):
    return lambda result, _: {k: v for k, v in result.items() if k != key}


CHANGES = {
    "a part without a file": lambda r, folder: (folder / "0.arrow").unlink(),
    "a part that is no table": lambda r, folder: put(folder / "0.arrow", b"x" * 5000) and None,
    "an empty part": lambda r, folder: put(folder / "0.arrow", b"") and None,
    "a part's number that is a path": lambda r, _: {**r, "parts": [{**r["parts"][0], "number": "../../x"}]},
    "a part without rows": lambda r, _: {**r, "parts": [{"number": 0}]},
    "parts that are a text": lambda r, _: {**r, "parts": "x"},
    "parts that are a number": lambda r, _: {**r, "parts": 7},
    "problems that are none": lambda r, _: {**r, "problems": [{"severity": "x"}]},
    "a severity nobody knows": lambda r, _: {**r, "problems": [{**PROBLEM, "severity": "x"}]},
    "a problem of numbers": lambda r, _: {**r, "problems": [1, 2, 3]},
    "a sheet with more than sheets have": lambda r, _: {**r, "sheets": [{"x": 1}]},
    "columns that are none": lambda r, _: {**r, "columns": [[]]},
    "questions that are none": lambda r, _: {**r, "questions": [{}]},
    "a day that is none": lambda r, _: {**r, "parts": [{**r["parts"][0], "data_date": "x"}]},
}  # fmt: skip
PROBLEM = {"sheet": "", "row": 1, "column": "", "expected": "", "actual": "", "advice": ""}


@pytest.mark.parametrize("change", CHANGES.values(), ids=list(CHANGES))
def test_what_is_malformed_is_a_refusal(file, handed_over, change):
    handed_over(change)
    found = read_file(file)
    assert found.state == "rejected"
    assert found.problems[0].actual == HARM
    assert len(found.sha256) == 64


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[" * 100_000, b"null", b"7", b'{"parts": ' + b"9" * 5_000 + b"}", b"\xff\xfe"],
    ids=["nothing", "half", "deep", "null", "a number", "digits", "no text"],
)
def test_a_result_that_is_none(file, tmp_path, monkeypatch, content):
    put(tmp_path / RESULT, content)
    monkeypatch.setattr(
        reading, "run", lambda *_: {**processes._outcome(0, tmp_path), "took": Took()}
    )
    found = read_file(file)
    assert (found.state, found.problems[0].actual) == ("rejected", HARM)


def test_a_result_too_long_is_not_looked_at(tmp_path):
    with (tmp_path / RESULT).open("wb") as result:
        result.truncate(RESULT_BYTES + 1)
    assert processes._outcome(0, tmp_path) == {"died": "aborted"}


def test_a_table_bent_on_its_way_is_refused(tmp_path):
    table = pa.table({"line": ["a", "b"] * 50, "qty": [1.0, 2.0] * 50})
    whole = tmp_path / "t.arrow"
    write_table(whole, table)
    assert read_table(whole).equals(table)
    data = whole.read_bytes()
    for at in range(0, len(data), 7):
        bent = put(tmp_path / "bent.arrow", data[:at] + bytes([data[at] ^ 0xFF]) + data[at + 1 :])
        try:
            found = read_table(bent)
        except reading.MALFORMED:
            continue
        found.validate(full=True)  # another value, but a table


def test_cells_that_are_none_are_a_refusal(file, handed_over):
    handed_over(_without("cells"))
    with pytest.raises(RefusedFileError):
        read_cells(file, sheet="", row=2)


def _limited(what):
    """Limits and their effects, in a process of its own."""
    code = f"""
import resource, sys
from kpi.ingest.child import restrict
from kpi.ingest.limits import Limits
restrict(Limits(), memory=64 << 20, seconds=1)
{what}
"""
    return subprocess.run(
        [sys.executable, "-c", code], cwd=Path(__file__).parents[2], capture_output=True, text=True,
        check=False,
    )  # fmt: skip


def test_a_child_that_spins_is_ended():
    started = time.process_time()
    done = _limited("while True: pass")
    assert done.returncode == -signal.SIGXCPU
    assert time.process_time() - started < 2


def test_a_child_cannot_take_all_handles_and_leaves_no_core():
    done = _limited(
        "print(resource.getrlimit(resource.RLIMIT_NOFILE), resource.getrlimit(resource.RLIMIT_CORE),"
        " resource.getrlimit(resource.RLIMIT_FSIZE)[0] <= 3 << 30)"
    )
    assert done.stdout.split() == [f"({OPEN_FILES},", f"{OPEN_FILES})", "(0,", "0)", "True"]


def test_limits_cannot_be_raised_again():
    done = _limited("restrict(Limits()); print(resource.getrlimit(resource.RLIMIT_CPU))")
    assert done.stdout == "(2, 2)\n"
    assert restrict.__doc__ and resource.RLIM_INFINITY


def _alive(number):
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return False
    return "Z" not in Path(f"/proc/{number}/stat").read_text().rpartition(")")[2][:3]


def _children(number):
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == number:
            found.append(int(stat.parent.name))
    return found


def test_a_child_ends_with_the_process_it_serves(tmp_path):
    """Killed outright in the middle of a file, the program leaves no reader behind."""
    rows = "".join(f"2026-01-{n % 28 + 1:02},L{n},{n},{n % 7}\n" for n in range(600_000))
    path = put(tmp_path / "a.csv", b"Date,Line,Produced,Scrap\n" + rows.encode())
    code = (
        "import pathlib, sys; from kpi.ingest import processes, read_file; processes.prepare();"
        "print(processes.starter.number, flush=True); sys.stdin.readline();"
        f"read_file(pathlib.Path({str(path)!r}))"
    )
    program = subprocess.Popen(
        [sys.executable, "-c", code], cwd=Path(__file__).parents[2], stdout=subprocess.PIPE,
        stdin=subprocess.PIPE, text=True, env={**os.environ, "TMPDIR": str(tmp_path)},
    )  # fmt: skip
    assert program.stdout and program.stdin
    starter = int(program.stdout.readline())
    program.stdin.write("\n")
    program.stdin.flush()
    readers = []
    until = time.monotonic() + 30
    while time.monotonic() < until and not readers:
        watchers = _children(starter)
        readers = [reader for watcher in watchers for reader in _children(watcher)]
    assert readers, "no file was being read"
    program.kill()
    program.wait()
    program.stdout.close()
    program.stdin.close()
    until = time.monotonic() + 10
    while time.monotonic() < until and any(map(_alive, [*readers, *watchers, starter])):
        time.sleep(0.05)
    assert not any(map(_alive, [*readers, *watchers, starter]))


def test_nothing_is_left_in_the_temporary_folder(tmp_path, monkeypatch):
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(scratch))
    processes.starter.stop()
    spoilt = put(tmp_path / "b.xlsx", CSV.encode())
    for limits in (Limits(), Limits(wall_seconds=0.01)):
        read_file(spoilt, limits=limits)
    assert list(scratch.iterdir()) == []


def test_side_by_side_no_more_than_allowed_run(file, monkeypatch):
    from concurrent.futures import ThreadPoolExecutor

    running, most = [], []
    real = processes._run

    def watched(*given):
        running.append(1)
        most.append(len(running))
        try:
            return real(*given)
        finally:
            running.pop()

    monkeypatch.setattr(processes, "_run", watched)
    with ThreadPoolExecutor(12) as pool:
        found = list(pool.map(read_file, [file] * 12))
    assert {f.state for f in found} == {"ready"}
    assert max(most) <= processes.AT_ONCE


def test_job_and_result_are_json():
    assert json.loads(json.dumps(reading._job("file", Path("a"), Path("b"), Limits())))
