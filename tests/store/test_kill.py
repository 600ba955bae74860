"""Killed at any moment, the store holds every upload whole or not at all."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from kpi.store import open_store

ROOT = Path(__file__).parents[2]
KILLED = Path(__file__).with_name("killed.py")

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="forks its children")


def killed(tmp_path, build, rounds, seed):
    incoming = tmp_path / "incoming"
    incoming.mkdir()
    command = [sys.executable, "-W", "error", str(KILLED), str(tmp_path / "home"), str(incoming)]
    return subprocess.run(
        [*command, build, str(rounds), str(seed)],
        env={**os.environ, "PYTHONPATH": f"{ROOT}:{KILLED.parent}"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_nothing_is_lost_or_doubled(tmp_path):
    done = killed(tmp_path, "sound", 40, seed=1)
    assert (done.returncode, done.stdout) == (0, ""), done.stderr[-2000:]
    store = open_store(tmp_path / "home")
    assert store.position() >= 16  # it did get somewhere: every second child had time for a deed
    store.close()


@pytest.mark.parametrize("build", ["in place", "ledger first"])
def test_a_broken_build_is_found_out(tmp_path, build):
    for seed in range(2, 8):  # whether a kill hits the moment depends on what else the machine does
        folder = tmp_path / str(seed)
        folder.mkdir()
        done = killed(folder, build, 60, seed=seed)
        if done.returncode:
            break
    assert done.returncode == 1
    assert "not whole" in done.stdout or "missing or altered" in done.stdout


@pytest.mark.long
def test_five_hundred_kills(tmp_path):
    done = killed(tmp_path, "sound", 500, seed=3)
    assert (done.returncode, done.stdout) == (0, ""), done.stderr[-2000:]
