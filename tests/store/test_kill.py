"""Killed at any moment, a home holds every deed whole or not at all. Kills, not losses of power.

The deeds and what is looked at are in kill_points.py, the builds that must be found out in
kill_builds.py. What a loss of power could take is held by the order of fsync and rename: see
test_durable.py.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
KILLED = Path(__file__).with_name("killed.py")
POINTS = ("upload", "withdrawal", "purge", "roll-up", "backup", "restore")

KILLS = 500
"""At each point; every build broken on purpose is found out within 200."""

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="forks its children")


def killed(folder, point, build="sound", rounds=KILLS, seed=1):
    folder.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-W", "error", str(KILLED), str(folder), point, build, str(rounds)]
    return subprocess.run(
        [*command, str(seed)],
        env={**os.environ, "PYTHONPATH": f"{ROOT}:{KILLED.parent}"},
        capture_output=True,
        text=True,
        check=False,
    )


def nothing_lost(done, rounds):
    assert done.returncode == 0, done.stdout + done.stderr[-2000:]
    told = done.stdout.split()
    assert int(told[0]) == rounds
    assert int(told[2]) >= rounds // 2  # enough of them struck while something was being done


@pytest.mark.parametrize("point", POINTS)
def test_nothing_is_lost_or_doubled(tmp_path, point):
    nothing_lost(killed(tmp_path, point, rounds=4), 4)


BROKEN = [
    ("upload", "in place"),
    ("upload", "ledger first"),
    ("roll-up", "in place"),
    ("purge", "files first"),
    ("backup", "archive in place"),
    ("restore", "home in place"),
]


@pytest.mark.long
@pytest.mark.parametrize(("point", "build"), BROKEN)
def test_a_broken_build_is_found_out(tmp_path, point, build):
    """The same test, with the same rounds, fails where the order of steps is wrong."""
    done = killed(tmp_path, point, build, rounds=200, seed=2)
    assert done.returncode == 1, done.stdout
    assert "round" in done.stdout


@pytest.mark.long
@pytest.mark.parametrize("point", POINTS[:3])
def test_very_many_kills(tmp_path, point, capsys):
    done = killed(tmp_path, point, seed=3)
    nothing_lost(done, KILLS)
    with capsys.disabled():
        print(f"\n{point}: {done.stdout.strip()}")
