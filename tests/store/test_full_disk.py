"""Disks that are full, for real: a small disk of memory, or (where none may be mounted) a limit."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SCRIPT = Path(__file__).with_name("small_disk.py")
REVIEWS = Path(__file__).with_name("small_disk_reviews.py")

WAYS = {
    "mounted": ["unshare", "-m"],
    "mounted in a namespace of users": ["unshare", "-Urm"],
}
MOUNT = 'mount -t tmpfs -o size={size},mode=777 none "$1" && shift && exec "$@"'


def on_a_small_disk(folder, step, script=SCRIPT, size="1536k"):
    """The script run on the smallest disk this machine lets us have."""
    for way in WAYS.values():
        if shutil.which(way[0]) is None:
            break
        begin = [*way, "sh", "-c", MOUNT.format(size=size), "sh", str(folder)]
        if subprocess.run([*begin, "true"], capture_output=True, check=False).returncode == 0:
            return told_on(folder, step, begin=begin, script=script)
    return told_on(folder, step, "limited", script=script)


def told_on(folder, *how, begin=(), script=SCRIPT):
    """The sentences that uploads and backups met, or reviews."""
    done = subprocess.run(
        [*begin, sys.executable, "-W", "error", str(script), str(folder), *how],
        env={**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{SCRIPT.parent}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return set(done.stdout.splitlines())


def sentences(folder):
    """Both places full; the ledger's log may also fail in the middle, for the same reason."""
    full = [
        f"The disk that holds {folder}/b is full. No backup was made; free some space and try again.",
        f"The disk that holds {folder}/home is full. Nothing was stored; free some space and try "
        "again.",
    ]
    failed = [
        f"The disk that holds {folder}/{place} is full, or failed while it was read or written. "
        f"{nothing}; free some space or check the disk, then run `python -m kpi doctor`."
        for place, nothing in (("b", "No backup was made"), ("home", "Nothing was stored"))
    ]
    return set(full), set(failed)


@pytest.mark.skipif(os.name == "nt", reason="fills a disk as Unix does")
@pytest.mark.parametrize("step", ["6", pytest.param("1", marks=pytest.mark.long)])
def test_uploads_and_backups_on_a_full_disk(tmp_path, step):
    (tmp_path / "disk").mkdir()
    told = on_a_small_disk(tmp_path / "disk", step)
    full, failed = sentences(tmp_path / "disk")
    assert told & full
    assert told <= full | failed


@pytest.mark.long
@pytest.mark.skipif(os.name == "nt", reason="fills a disk as Unix does")
def test_reviews_held_and_approved_on_a_full_disk(tmp_path):
    (tmp_path / "disk").mkdir()
    told = on_a_small_disk(tmp_path / "disk", "60", REVIEWS, "6m")
    full, failed = sentences(tmp_path / "disk")
    assert told & full
    assert told <= full | failed


@pytest.mark.long
@pytest.mark.skipif(os.name == "nt", reason="limits files as Unix does")
def test_files_that_may_not_grow(tmp_path):
    """What a machine without mounts falls back on."""
    (tmp_path / "disk").mkdir()
    told = told_on(tmp_path / "disk", "1", "limited")
    full, failed = sentences(tmp_path / "disk")
    assert told & full
    assert told <= full | failed
