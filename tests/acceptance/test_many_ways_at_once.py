"""One feed filled by page, command line and drop folder at the same time, each in a process of its own."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from homes import home_with, series

from kpi.analysis import Home

ROOT = Path(__file__).parents[2]
HEAD = "plant,line,date,produced quantity,scrap quantity\n"
MONTHS = ("2026-01", "2026-02", "2026-03", "2026-04")

PAGE = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from kpi.analysis import open_home
from kpi.analysis.ingesting import Delivered, ingest_file, read_files
home, files = open_home(Path(sys.argv[1])), [Path(name) for name in sys.argv[2:]]
now = datetime(2026, 11, 2, tzinfo=UTC)
readings = read_files(home, [Delivered(path, path.name) for path in files])  # as the Upload page does
for path, reading in zip(files, readings):
    done = ingest_file(home, path, who="page", when=now, reading=reading)
    if done.state == "needs_answer":
        best = {q.id: q.candidates[0].value for q in done.questions}
        done = ingest_file(home, path, who="page", when=now, answers=best)
    print(done.state)
"""


def month(folder: Path, text: str, bad: int) -> Path:
    rows = [f"North,L1,{text}-{day},100,{bad}\n" for day in ("01", "15", "28")]
    path = folder / f"scrap_{text}.csv"
    path.write_text(HEAD + "".join(rows), encoding="utf-8")
    return path


def started(*command: str) -> "subprocess.Popen[str]":
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.Popen(
        [sys.executable, *command], env=env, cwd=ROOT, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip


def all_at_once(home: Home, folders: dict[str, Path]) -> None:
    """Every folder's files by its own way; each process must end well."""
    page, line, drop = (sorted(folders[k].glob("*.csv")) for k in ("page", "line", "drop"))
    assert drop
    running = [
        started("-c", PAGE, str(home.path), *map(str, page)),
        started("-m", "kpi", "--home", str(home.path), "ingest", *map(str, reversed(line))),
        started("-m", "kpi", "--home", str(home.path), "watch", str(folders["drop"]), "--once"),
    ]
    for process in running:
        out, err = process.communicate(timeout=300)
        assert "Traceback" not in err, err
        assert process.returncode in (0, 3), out + err


def folders_in(tmp_path: Path) -> dict[str, Path]:
    found = {name: tmp_path / name for name in ("page", "line", "drop")}
    for folder in found.values():
        folder.mkdir()
    return found


def figures(home: Home) -> dict[str, float]:
    rows = series(home, "scrap_rate")
    return dict(zip(rows["period"], rows["numerator"], strict=True))


@pytest.mark.long
def test_the_same_files_by_three_ways_count_once(tmp_path: Path) -> None:
    home, folders = home_with(tmp_path / "home"), folders_in(tmp_path)
    for folder in folders.values():
        for n, text in enumerate(MONTHS):
            month(folder, text, n + 1)
    all_at_once(home, folders)
    uploads = [e for e in home.store.entries() if e.kind == "upload"]
    assert sorted(e.file for e in uploads) == [f"scrap_{text}.csv" for text in MONTHS]
    assert figures(home) == {text: 3.0 * (n + 1) for n, text in enumerate(MONTHS)}
    assert len(list((folders["drop"] / "done").glob("*/*.csv"))) == len(MONTHS)
    home.store.verify_chain()
    home.store.verify_facts()


@pytest.mark.long
def test_three_versions_of_each_month_at_once(tmp_path: Path) -> None:
    """Each lands whole in some order, or asks; of a month one version counts, never two together."""
    home, folders = home_with(tmp_path / "home"), folders_in(tmp_path)
    for version, folder in enumerate(folders.values(), start=1):
        for text in MONTHS:
            month(folder, text, version)
    all_at_once(home, folders)
    found = figures(home)
    assert set(found) == set(MONTHS)
    assert set(found.values()) <= {3.0, 6.0, 9.0}
    entries = home.store.entries()
    assert len({(e.sha256, e.file) for e in entries}) == len(entries)
    assert home.store.verify_facts() == 2 * len(entries)
    home.store.verify_chain()
