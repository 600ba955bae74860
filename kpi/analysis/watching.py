"""Files of drop folders that wait for a person, and their way on once they are answered."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from kpi.access import EVERY_PLANT, Permission
from kpi.analysis.dropping import DONE, look_at, note_of, put_away
from kpi.analysis.home import Home
from kpi.analysis.ingesting import ingest_file
from kpi.analysis.results import FileOutcome
from kpi.errors import UsageError
from kpi.model import Candidate, Question
from kpi.store import AsideFile
from kpi.texts import as_json, from_json, said

FOLDER_RECORD: Final = "drop folder"
"""The kind of record by which a home knows the folders that were ever watched for it."""

IN_FORCE: Final = ("committed", "unchanged")


@dataclass(frozen=True, slots=True)
class SetAside:
    """A file of a drop folder that waits: for an answer (``questions``), or for being mended.

    ``state`` is ``needs_answer`` or ``rejected``; ``says`` is what its note says first.
    """

    file: str
    path: Path
    folder: Path
    since: datetime
    state: str
    says: str
    questions: tuple[Question, ...] = ()


def set_aside(home: Home) -> tuple[SetAside, ...]:
    """Files that wait in the drop folders of this home, those that wait longest first.

    A file that is no longer where it was put is not told of.
    """
    found = []
    for file in home.store.aside.all():
        path = Path(file.folder) / file.name
        if look_at(path) is not None:
            found.append(_set_aside(file, path))
    return tuple(found)


def watched_folders(home: Home) -> tuple[Path, ...]:
    """The folders that were ever watched for this home, by name."""
    return tuple(Path(r.key) for r in home.store.records.current(FOLDER_RECORD))


def remember_folder(home: Home, folder: Path, *, who: str, when: datetime) -> None:
    """Let the home know a drop folder, so that its files are shown on the page."""
    home.access.require(Permission.ADMINISTER, [EVERY_PLANT])
    if folder not in watched_folders(home):
        home.store.records.put(FOLDER_RECORD, str(folder), {}, who=who, when=when, why="")


def answer_set_aside(
    home: Home,
    file: SetAside,
    answers: Mapping[str, str],
    *,
    who: str,
    when: datetime,
    dry_run: bool = False,
) -> FileOutcome:
    """Answer a file that waits, as on the Upload page; once it is in force it moves to ``done``.

    Raises
    ------
    UsageError
        It is gone, or another file stands in its place.
    AccessDeniedError
        The person may not upload for every plant: nobody knows yet whose rows are in it.
    """
    home.access.require(Permission.UPLOAD, [EVERY_PLANT])
    seen = look_at(file.path)
    if seen is None:
        raise UsageError(
            said("{file} is no longer in {folder}.", file=file.file, folder=str(file.folder))
        )
    outcome = ingest_file(
        home, file.path, name=file.file, who=who, when=when, answers=answers, dry_run=dry_run
    )
    if not dry_run and outcome.state in IN_FORCE:
        put_away(file.path, seen, file.folder / DONE / f"{when:%Y-%m}")
        forget(home, file.folder, file.path)
    elif not dry_run:
        remember(home, file.folder, file.path, outcome, when=when)
    return outcome


def remember(home: Home, folder: Path, path: Path, outcome: FileOutcome, *, when: datetime) -> None:
    """Put a file on the list of those that wait, with what is asked of it."""
    home.access.require(Permission.UPLOAD, [EVERY_PLANT])
    told = {
        "says": as_json(outcome.says),
        "questions": [_question_out(question) for question in outcome.questions],
    }
    name = path.relative_to(folder).as_posix()
    home.store.aside.put(AsideFile(str(folder), name, outcome.sha256, outcome.state, when, told))


def forget(home: Home, folder: Path, path: Path) -> None:
    """Take a file that waits no longer off the list, and its note away."""
    home.store.aside.forget(str(folder), path.relative_to(folder).as_posix())
    note_of(path).unlink(missing_ok=True)


def forget_the_gone(home: Home, folder: Path) -> None:
    """Take files off the list that somebody removed from a drop folder."""
    for file in home.store.aside.all():
        path = Path(file.folder) / file.name
        if file.folder == str(folder) and folder.is_dir() and look_at(path) is None:
            forget(home, folder, path)


def in_force(home: Home, path: Path) -> bool:
    """Whether exactly these bytes are in force, by whatever way they came."""
    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    return any(e.sha256 == sha256 and e.withdrawn is None for e in home.store.entries())


def _set_aside(file: AsideFile, path: Path) -> SetAside:
    return SetAside(
        file=path.name,
        path=path,
        folder=Path(file.folder),
        since=file.at,
        state=file.state,
        says=from_json(file.told.get("says", "")),
        questions=tuple(_question_in(told) for told in file.told.get("questions", ())),
    )


def _question_out(question: Question) -> dict[str, Any]:
    return {
        "id": question.id,
        "sheet": question.sheet,
        "heading": question.heading,
        "ask": as_json(question.ask),
        "kind": question.kind,
        "samples": [str(s) for s in question.samples],
        "candidates": [[as_json(c.value), as_json(c.because)] for c in question.candidates],
    }


def _question_in(told: Mapping[str, Any]) -> Question:
    candidates: Sequence[Sequence[Any]] = told["candidates"]
    return Question(
        id=told["id"],
        sheet=told["sheet"],
        heading=told["heading"],
        ask=from_json(told["ask"]),
        candidates=tuple(Candidate(from_json(v), from_json(b)) for v, b in candidates),
        kind=told["kind"],
        samples=tuple(told["samples"]),
    )
