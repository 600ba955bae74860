"""Files on their way: where their bytes are, what was answered, how far each has come.

Each file dropped is one ``Journey``, kept in the session by the uploader's id. Its bytes go to a
private temporary file whose name is made here; the name the file came with is only ever shown.
"""

import hashlib
import weakref
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from shutil import copyfileobj
from typing import Any, Final

import streamlit as st

from kpi import analysis
from kpi.analysis import Delivered
from kpi.analysis.results import FileOutcome
from kpi.analysis.watching import SetAside
from kpi.errors import KpiError
from kpi.figures.escape import markdown
from kpi.ingest import FileReading
from kpi.scratch import PrivateFolder
from kpi.texts import Said, said
from pages.shared import inputs
from pages.shared.language import spoken, tr

Progress = Callable[[str, float], None]


@dataclass
class Journey:
    """One file on its way: where its bytes are, what was answered, what came of it so far."""

    name: str
    path: Path
    key: str
    answers: dict[str, str] = field(default_factory=dict)
    reading: FileReading | None = None
    outcome: FileOutcome | None = None
    weighed: bool = False  # whether the outcome tells what would change
    aside: SetAside | None = None  # where it waits in a drop folder, instead of being dropped here
    error: str = ""  # why it could not be looked at at all
    undone: str = ""  # the sentence of the withdrawal

    @property
    def state(self) -> str:
        """The state of its outcome; ``undone`` once it is taken back, ``failed`` without one."""
        if self.outcome is None:
            return "failed" if self.error else "waiting"
        return "undone" if self.undone else self.outcome.state

    def forget(self) -> None:
        """Look at the file again with the answers as they stand."""
        self.reading = self.outcome = None
        self.error = self.undone = ""
        self.weighed = False

    def take(self, answers: dict[str, str]) -> None:
        """Add answers, and look at the file again with them.

        A file shows its best reading until it is answered: where the answers are that reading, it
        need not be read again.
        """
        settled = None if self.answers else as_proposed(self.reading, answers)
        self.answers.update(answers)
        self.forget()
        self.reading = settled


def as_proposed(reading: FileReading | None, answers: Mapping[str, str]) -> FileReading | None:
    """The reading as answered, where each answer is the first candidate and nothing else is said.

    Questions that the reading did not ask (the store does) may be among them.
    """
    if reading is None or not reading.parts:
        return None
    best = {question.id: question.candidates[0].value for question in reading.questions}
    own = {column.id for column in reading.columns} | {sheet.id for sheet in reading.sheets}
    told = {key: value for key, value in answers.items() if key in best or key in own}
    return replace(reading, questions=(), state="ready") if told == best else None


STATE_WORDS: Final[dict[str, Said]] = {
    "waiting": said("waiting"),
    "failed": said("not read"),
    "rejected": said("not taken"),
    "needs_answer": said("to confirm"),
    "previewed": said("ready"),
    "unchanged": said("in force already"),
    "committed": said("in force"),
    "undone": said("taken back"),
}
"""What each state is called."""


def journey_of(file: Any) -> Journey:
    """The journey of a file just dropped or dropped before, by the uploader's id."""
    known = inputs.uploads()
    if file.file_id not in known:
        folder = PrivateFolder()
        path = folder.path / "upload"
        _to_disk(file, path)
        journey = Journey(name=file.name, path=path, key=_key(file.file_id))
        weakref.finalize(journey, folder.close)
        known[file.file_id] = journey
    found: Journey = known[file.file_id]
    return found


COPIED_AT_ONCE: Final = 1 << 20


def _to_disk(file: Any, path: Path) -> None:
    """Write a dropped file piece by piece: a view of all its bytes would copy them first."""
    file.seek(0)
    with path.open("wb") as out:
        copyfileobj(file, out, COPIED_AT_ONCE)


def from_drop_folders() -> list[Journey]:
    """The files that wait in drop folders, and those answered here in this session."""
    known = inputs.uploads()
    waiting = {f"aside {file.path}": file for file in analysis.set_aside(inputs.own_home())}
    for key, file in waiting.items():
        if key not in known or known[key].state in ANSWERED:
            known[key] = Journey(name=file.file, path=file.path, key=_key(key), aside=file)
    for key in [k for k, j in known.items() if j.aside and k not in waiting]:
        if known[key].state not in ANSWERED:
            del known[key]
    return [journey for journey in known.values() if journey.aside]


def _key(name: str) -> str:
    """A short key of its own for the widgets of a file, however many came and went before it."""
    return hashlib.sha256(name.encode()).hexdigest()[:12]


ANSWERED: Final = ("committed", "unchanged", "undone")
"""States of a file that has left its drop folder."""


def forget_absent(present: set[str]) -> None:
    """Let go of files that were taken out of the drop zone."""
    known = inputs.uploads()
    for gone in [k for k, journey in known.items() if k not in present and not journey.aside]:
        del known[gone]


def look(journeys: Sequence[Journey], *, weighed: bool) -> None:
    """Read the files not read yet, side by side, and plan each; nothing is stored."""
    unread = [j for j in journeys if j.reading is None and not j.error]
    unplanned = [j for j in journeys if j.outcome is None and not j.error]
    if not unplanned:
        return
    with _working(tr("Reading the files") if len(journeys) > 1 else tr("Reading the file")) as show:
        _read(unread, show)
        for done, journey in enumerate(unplanned):
            show(journey.name, 0.8 + 0.2 * done / len(unplanned))
            _plan(journey, weighed=weighed)


def _read(journeys: Sequence[Journey], show: Progress) -> None:
    files = [Delivered(j.path, j.name, dict(j.answers)) for j in journeys]
    if not files:
        return
    home = inputs.own_home()
    found = analysis.read_files(home, files, progress=lambda name, share: show(name, 0.8 * share))
    for journey, reading in zip(journeys, found, strict=True):
        if isinstance(reading, KpiError):
            journey.error = _told(reading)
        else:
            journey.reading = reading


def _plan(journey: Journey, *, weighed: bool) -> None:
    if journey.reading is None:
        return
    try:
        journey.outcome = _ingest(journey, dry_run=True, weighed=weighed)
        journey.weighed = weighed
    except KpiError as error:
        journey.error = _told(error)


def _told(error: Exception) -> str:
    """What an error says, as translatable as it was made."""
    return error.args[0] if error.args and isinstance(error.args[0], str) else str(error)


def weigh(journey: Journey) -> None:
    """Find out what a file would change, where that was left for later."""
    if journey.state != "previewed" or journey.weighed:
        return
    with _working(tr("Working out what it changes")):
        _plan(journey, weighed=True)


def put_in_force(journeys: Sequence[Journey]) -> None:
    """Commit the files one after the other; each says on its card what came of it."""
    feeds: dict[tuple[object, ...], str] = {}
    with _working(tr("Putting it in force")) as show:
        for done, journey in enumerate(journeys):
            show(journey.name, done / len(journeys))
            kind = _kind(journey)
            if journey.reading is not None and journey.reading.feed is None and kind in feeds:
                journey.reading = replace(journey.reading, feed=feeds[kind])
            try:
                journey.outcome = _ingest(journey, dry_run=False)
                journey.undone = ""
            except KpiError as error:
                journey.error = _told(error)
            else:
                if journey.state == "committed" and journey.outcome.feed:
                    feeds[kind] = journey.outcome.feed


def _kind(journey: Journey) -> tuple[object, ...]:
    """What files dropped together have in common when they are of one feed."""
    if journey.outcome is None:
        return (journey.key,)
    contents = tuple((one.dataset, one.plants) for one in journey.outcome.contents)
    return contents, tuple(column.heading for column in journey.outcome.columns)


def _ingest(journey: Journey, *, dry_run: bool, weighed: bool = True) -> FileOutcome:
    if journey.aside is not None and not dry_run:
        return analysis.answer_set_aside(
            inputs.own_home(),
            journey.aside,
            journey.answers,
            who=inputs.who(),
            when=inputs.now(),
        )
    return analysis.ingest_file(
        inputs.own_home(),
        journey.path,
        name=journey.name,
        answers=journey.answers,
        who=inputs.who(),
        when=inputs.now(),
        dry_run=dry_run,
        reading=journey.reading,
        weighed=weighed,
    )


def take_back(journeys: Sequence[Journey]) -> None:
    """Withdraw uploads made here, the latest first."""
    for journey in reversed(journeys):
        if journey.outcome is not None and journey.state == "committed":
            journey.undone = analysis.withdraw(
                inputs.own_home(),
                str(journey.outcome.upload),
                who=inputs.who(),
                when=inputs.now(),
                why="Undone on the upload page",
            )


@contextmanager
def _working(label: str) -> Iterator[Progress]:
    """A line that says what is done now, gone when it is over."""
    place = st.empty()
    bar = place.progress(0.0, markdown(label))

    def show(step: str, share: float) -> None:
        bar.progress(min(max(share, 0.0), 1.0), markdown(f"{label}: {spoken(step)}"))

    yield show
    place.empty()
