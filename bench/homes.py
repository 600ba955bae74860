"""A home with the sample plant, loaded once and kept beside the temporary files of this user."""

import getpass
import hashlib
import shutil
import tempfile
import time
from pathlib import Path
from typing import Final

from kpi.analysis import Filters, Home, overview, prepare_sample
from kpi.analysis.sample import SAMPLE_FOLDER
from kpi.analysis.sample_records import complete_sample
from kpi.reports.documents import render

PREFIX: Final = "clause-nine-bench-"

KEPT_SECONDS: Final = 86_400
"""How long the home of other code is left alone."""


def sample(folder: str | Path, *, fresh: bool = False) -> Home:
    """The sample plant's home, copied into ``folder`` so that no run leaves traces for the next.

    Its roll-ups are built, as after a first visit; not so a ``fresh`` one, as it is after loading.
    """
    kept = _kept()
    if not (kept / "done").exists():
        _sweep(kept.parent)
        home = prepare_sample(kept / "home")
        overview(home, Filters())
        home.store.close()
        (kept / "done").touch()
    copy = Path(folder) / ("fresh" if fresh else "sample")
    shutil.copytree(kept / "home", copy)
    if fresh:
        shutil.rmtree(copy / "rollups", ignore_errors=True)
    return prepare_sample(copy)


def complete(folder: str | Path) -> Path:
    """Where a copy of the sample plant's home lies that has its year of records, too.

    Recording them takes most of a minute of processor, once for all that ask for it.
    """
    kept, done = _kept(), _kept() / "recorded"
    if not done.exists():
        shutil.rmtree(kept / "complete", ignore_errors=True)
        kept.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=kept) as made:
            home = sample(made)
            complete_sample(home, render)
            home.store.close()
            shutil.move(home.path, kept / "complete")
        done.touch()
    copy = Path(folder) / "complete"
    shutil.copytree(kept / "complete", copy)
    return copy


def _sweep(folder: Path) -> None:
    """Take away the homes of other code, unless made lately: another checkout may measure with it."""
    for old in folder.glob(f"{PREFIX}{getpass.getuser()}-*"):
        if time.time() - old.stat().st_mtime > KEPT_SECONDS:
            shutil.rmtree(old, ignore_errors=True)


def _kept() -> Path:
    """A folder that changes with the sample's files and with the code that reads and stores them."""
    code = Path(__file__).parents[1] / "kpi"
    parts = [code / "ingest", code / "store", SAMPLE_FOLDER]
    files = sorted(f for part in parts for f in part.rglob("*") if f.suffix not in ("", ".pyc"))
    told = [(f.name, hashlib.sha256(f.read_bytes()).hexdigest()) for f in files if f.is_file()]
    seen = hashlib.sha256(repr(told).encode())
    name = f"{PREFIX}{getpass.getuser()}-{seen.hexdigest()[:12]}"
    return Path(tempfile.gettempdir()) / name
