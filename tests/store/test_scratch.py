"""Private folders: gone with their process, however it ends; those of others are left alone."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from kpi.scratch import LOCK, PrivateFolder, private_folder, sweep

ROOT = Path(__file__).parents[2]

MAKES = """
import sys, time
from pathlib import Path
from kpi.scratch import PrivateFolder
folder = PrivateFolder(Path(sys.argv[1]))
(folder.path / "rows").write_text("cells")
print(folder.path, flush=True)
time.sleep(60)
"""


def test_a_private_folder_lives_as_long_as_its_block():
    with private_folder() as folder:
        (folder / "x").write_text("x")
        assert folder.stat().st_mode & 0o077 == 0 or os.name == "nt"
    assert not folder.exists()


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="kills as Unix does")
def test_the_folder_of_a_killed_process_is_swept_and_no_other(tmp_path):
    command = [sys.executable, "-c", MAKES, str(tmp_path)]
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=env) as other:
        theirs = Path(other.stdout.readline().strip())
        mine = PrivateFolder(tmp_path)
        assert sweep(tmp_path) == 0  # both are somebody's
        other.send_signal(signal.SIGKILL)
        other.wait()
    assert (theirs / "rows").exists()
    for name in ("clause-nine-old", "clause-nine-x-1", "something"):
        (tmp_path / name).mkdir()
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / LOCK).touch()
    (tmp_path / "clause-nine-1-link").symlink_to(outside)
    assert sweep(tmp_path) == 1
    assert not theirs.exists()
    assert mine.path.exists()
    mine.close()
    left = sorted(p.name for p in tmp_path.iterdir())
    assert left == [
        "clause-nine-1-link", "clause-nine-old", "clause-nine-x-1", "outside", "something",
    ]  # fmt: skip


def test_a_folder_killed_before_its_lock_is_swept_once_old(tmp_path):
    for name in ("clause-nine-77-", ".clause-nine-77-", ".clause-nine-78-"):
        for age in ("young", "old"):
            folder = tmp_path / f"{name}{age}"
            folder.mkdir()
            if name == ".clause-nine-78-":
                (folder / LOCK).touch()
            if age == "old":
                os.utime(folder, (1, 1))
    assert sweep(tmp_path) == 3
    assert sorted(p.name for p in tmp_path.iterdir()) == [
        ".clause-nine-77-young", ".clause-nine-78-young", "clause-nine-77-young",
    ]  # fmt: skip


SWEEPS = """
import sys
from pathlib import Path
from kpi.scratch import sweep
print("begun", flush=True)
while True:
    sweep(Path(sys.argv[1]))
"""


def test_no_folder_is_swept_while_it_is_being_made(tmp_path):
    command = [sys.executable, "-c", SWEEPS, str(tmp_path)]
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=env) as other:
        assert other.stdout.readline() == "begun\n"
        for _ in range(300):
            folder = PrivateFolder(tmp_path)
            (folder.path / "x").write_text("x")
            assert (folder.path / "x").read_text() == "x"
            folder.close()
        other.kill()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="forks")
def test_a_forked_child_leaves_its_parents_folder_alone(tmp_path):
    mine = PrivateFolder(tmp_path)
    child = os.fork()
    if child == 0:
        mine.close()
        os._exit(0)
    os.waitpid(child, 0)
    assert mine.path.exists()
    mine.close()
    assert not mine.path.exists()
