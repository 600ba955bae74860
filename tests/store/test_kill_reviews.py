"""A review whose process is killed while it is held or approved is before or after it, never between."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
KILLED = Path(__file__).with_name("killed_reviews.py")
ROUNDS = 100

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(not hasattr(os, "fork"), reason="forks its children"),
]


def test_a_hundred_kills_leave_a_review_before_or_after(tmp_path: Path) -> None:
    command = [sys.executable, "-W", "error", str(KILLED), str(tmp_path / "k"), str(ROUNDS), "1"]
    done = subprocess.run(
        command, env={**os.environ, "PYTHONPATH": f"{ROOT}:{KILLED.parent}"}, cwd=tmp_path,
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, f"{done.stdout[-2000:]}{done.stderr[-4000:]}"
    kills, _, rest = done.stdout.partition(" kills, ")
    assert int(kills) == ROUNDS
    assert int(rest.split()[0]) >= 2, "some die after it was recorded"
