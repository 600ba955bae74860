"""The sample plant: its exports, put into a home of their own the way a user would."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from itertools import groupby
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Final

from kpi.analysis.home import Home, open_home
from kpi.analysis.ingesting import ingest_file
from kpi.analysis.landing import overview
from kpi.analysis.results import Filters
from kpi.errors import StoreError
from kpi.qms import Event, Target, current_targets, note_history, put_note, put_target

WHO: Final = "Sample plant"

SAMPLE_FOLDER: Final = Path(__file__).parents[2] / "data" / "sample"

SETTINGS_NAME: Final = "settings.toml"

DONE_RECORD: Final = "sample"

PLANS: Final = 1
"""Raised when targets or events are added here: a sample loaded before is then given them, too."""

WHEN: Final = datetime(2026, 11, 2, 8, tzinfo=UTC)
"""When the sample was loaded, as its ledger has it: the same everywhere."""

TARGETS: Final = (
    ("scrap_rate", (), 2.0),
    ("rework_rate", (), 1.5),
    ("unplanned_share", (), 6.0),
    ("availability", (), 97.0),
    ("otd_request", (), 90.0),
    ("otd_first_promise", (), 95.0),
    ("otd_promise", (), 95.0),
)

DUE: Final = date(2026, 12, 31)
"""By when the targets of ``DUE_TARGETS`` shall be reached."""

DUE_TARGETS: Final = frozenset({"scrap_rate", "otd_request", "otd_first_promise"})

_NORDHAFEN, _RIVERSIDE = ("plant", "Nordhafen"), ("plant", "Riverside")

EVENTS: Final = (
    Event(
        (("line", "Press 2"), _NORDHAFEN), date(2026, 3, 9), "New tool on Press 2", "scrap_rate"
    ),
    Event(
        (("line", "Press 1"), _NORDHAFEN, ("reason", "Hydraulik")), date(2025, 6, 27),
        "Hydraulics of Press 1 renewed", "downtime_hours", hoped=-0.5,
    ),
    Event(
        (("line", "Paint 1"), _NORDHAFEN), date(2025, 11, 3), "New booth filters against dust",
        "scrap_rate", hoped=-0.25,
    ),
    Event(
        (_RIVERSIDE,), date(2026, 1, 12), "An expediter chases late orders",
        "otd_first_promise", hoped=0.05,
    ),
)  # fmt: skip
"""What the plants did, as data/README.md tells: one made it worse, one worked, two changed nothing."""

MOMENT: Final = 0.2
"""Seconds to wait for word of the next file."""

TARGETS_FROM: Final = date(2024, 1, 1)


def prepare_sample(
    path: Path,
    *,
    source: Path = SAMPLE_FOLDER,
    progress: Callable[[str, float], None] | None = None,
) -> Home:
    """Open the sample plant's home, loading its exports first where that has not been done.

    Loading is resumed where it was broken off: a file in force already changes nothing.
    """
    path.mkdir(parents=True, exist_ok=True)
    settings = source / SETTINGS_NAME
    if settings.exists() and not (path / SETTINGS_NAME).exists():
        (path / SETTINGS_NAME).write_bytes(settings.read_bytes())
    home = open_home(path, is_sample=True)
    done = home.store.records.get(DONE_RECORD, "loaded")
    if done is None:
        _load(home, source, progress)
    elif done.value.get("plans") != PLANS:
        _record_plans(home)  # of an earlier version of the product, which knew less to record
        _say_done(home, done.value["files"])
    return home


def _load(home: Home, source: Path, progress: Callable[[str, float], None] | None) -> None:
    files = sorted(p for p in source.rglob("*") if p.is_file() and p.name != SETTINGS_NAME)
    if not files:
        raise StoreError(
            f"The sample plant's files are missing: {source} is empty. Install the project again."
        )
    _load_plants(home, files, WHEN, progress)
    _record_plans(home)
    if progress:
        progress("adding up", 1.0)
    overview(home, Filters())  # builds the roll-ups, so that the first page need not
    _say_done(home, len(files))


def _record_plans(home: Home) -> None:
    """The sample's targets and events, those that are there already and what anyone changed left alone."""
    there = {
        (t.kpi, t.slice, t.valid_from)
        for t in current_targets(home.store)
        if t.who != WHO or t.due or t.kpi not in DUE_TARGETS
    }
    for kpi, own, value in TARGETS:
        if (kpi, own, TARGETS_FROM) not in there:
            due = DUE if kpi in DUE_TARGETS else None
            target = Target(kpi, own, value, TARGETS_FROM, due=due)
            put_target(home.store, target, who=WHO, when=WHEN, why="Sample target")
    for event in EVENTS:
        if not note_history(home.store, event):
            put_note(home.store, event, who=WHO, when=WHEN, why="Sample event")


def _say_done(home: Home, files: int) -> None:
    home.store.records.put(
        DONE_RECORD, "loaded", {"files": files, "plans": PLANS}, who=WHO, when=WHEN, why=""
    )


def _load_plants(
    home: Home,
    files: Sequence[Path],
    when: datetime,
    progress: Callable[[str, float], None] | None,
) -> None:
    """Each plant's files in order, the plants side by side: reading happens in child processes.

    ``progress`` is called from the caller's own thread, as a page needs it.
    """
    told: SimpleQueue[str] = SimpleQueue()

    def load(own: Sequence[Path]) -> None:
        for file in own:
            _load_one(home, file, when)
            told.put(file.name)

    plants = [list(own) for _, own in groupby(files, key=lambda file: file.name.split("_")[0])]
    with ThreadPoolExecutor(max_workers=2) as pool:
        running = [pool.submit(load, own) for own in plants]
        done = 0
        while done < len(files):
            try:
                name = told.get(timeout=MOMENT)
            except Empty:
                if all(r.done() for r in running):
                    break
                continue
            done += 1
            if progress:
                progress(name, done / len(files))
        for finished in running:
            finished.result()


def _load_one(home: Home, file: Path, when: datetime) -> None:
    """Take the best reading of every question: the sample's files are known."""
    answers: dict[str, str] = {}
    outcome = ingest_file(home, file, who=WHO, when=when, answers=answers)
    if outcome.state == "needs_answer":
        answers = {q.id: q.candidates[0].value for q in outcome.questions}
        outcome = ingest_file(home, file, who=WHO, when=when, answers=answers)
    if outcome.state not in ("committed", "unchanged"):
        raise StoreError(f"The sample file {file.name} could not be loaded: {outcome.says}")
