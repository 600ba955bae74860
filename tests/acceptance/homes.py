"""Homes for acceptance tests: the sample plant loaded once, small ones made by hand."""

import hashlib
import os
import shutil
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd

from kpi.analysis import Filters, Home, open_home, prepare_sample, series_table
from kpi.analysis.ingesting import ingest_file
from kpi.analysis.results import FileOutcome

ROOT = Path(__file__).parents[2]
WHEN = datetime(2026, 11, 2, 8, tzinfo=UTC)


def _content_key() -> str:
    """Of the sample's files and of all code that can change what is stored."""
    files = [*(ROOT / "data" / "sample").iterdir()]
    for part in ("ingest", "store", "settings"):
        files += [p for p in (ROOT / "kpi" / part).rglob("*") if p.suffix in (".py", ".json")]
    files += [ROOT / "kpi" / name for name in ("model.py", "datasets.py", "analysis/sample.py")]
    hashed = hashlib.sha256()
    for file in sorted(files):
        hashed.update(file.name.encode() + file.read_bytes())
    return hashed.hexdigest()[:16]


def sample_folder() -> Path:
    """A loaded home of the sample plant, kept between runs; copy it before changing anything."""
    parent = Path(tempfile.gettempdir()) / f"clause-nine-tests-{os.getuid()}"
    parent.mkdir(mode=0o700, exist_ok=True)
    home = parent / f"sample-{_content_key()}"
    if not home.exists():
        aside = Path(tempfile.mkdtemp(dir=parent))
        prepare_sample(aside)
        try:
            aside.rename(home)
        except OSError:  # another process was first
            shutil.rmtree(aside)
    return home


def series(home: Home, kpi: str, by: tuple[str, ...] = (), **filters: object) -> pd.DataFrame:
    """The rows of ``python -m kpi series``."""
    return series_table(home, kpi, Filters(**filters), by=by).rows  # type: ignore[arg-type]


def ingest(home: Home, path: Path, **given: object) -> FileOutcome:
    """Put a file in force, taking the best reading of what is asked about it."""
    outcome = ingest_file(home, path, who="test", when=WHEN, **given)  # type: ignore[arg-type]
    if outcome.state == "needs_answer":
        best = {q.id: q.candidates[0].value for q in outcome.questions}
        answers = {**best, **dict(given.pop("answers", None) or {})}  # type: ignore[call-overload]
        outcome = ingest_file(home, path, who="test", when=WHEN, answers=answers, **given)  # type: ignore[arg-type]
    return outcome


def home_with(folder: Path, settings: str = "") -> Home:
    """An empty home with these settings."""
    folder.mkdir(parents=True, exist_ok=True)
    if settings:
        (folder / "settings.toml").write_text(settings, encoding="utf-8")
    return open_home(folder)
