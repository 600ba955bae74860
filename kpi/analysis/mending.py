"""Rejected rows out, and mended ones back in.

A mended file is never read by itself: its rows are put into the file they came from, which is read again
with everything that was decided about it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from kpi.access import AccessDeniedError, Permission
from kpi.analysis.home import Home
from kpi.analysis.known import known_to, memories_of
from kpi.analysis.trail_head import trail_head
from kpi.errors import UsageError
from kpi.ingest import FileReading, RejectedTable, read_file
from kpi.model import FeedMemory, Problem, Severity
from kpi.store import Standing
from kpi.texts import Said, joined, said, said_n

Progress = Callable[[str, float], None]

DATASET: Final = "dataset"
"""Under this name among an upload's answers stands the dataset it was said to hold."""


FOREIGN_ROWS: Final = (
    "This file holds rows of plants you may not see, too, so it is not shown. Ask someone who may see "
    "all of them."
)


@dataclass(frozen=True, slots=True)
class RejectedRows:
    """The rows of a file that were left out: what a workbook of rejected rows is made of.

    ``tables`` is empty where none was. ``sha256`` is that of the file the rows stand in, ``head`` that
    of the audit trail when they were asked for.
    """

    file: str
    sha256: str
    tables: tuple[RejectedTable, ...]
    head: str = ""

    @property
    def rows(self) -> int:
        """How many rows were rejected."""
        return sum(len(table.rows) for table in self.tables)

    @property
    def name(self) -> str:
        """What to call the workbook."""
        return f"{Path(self.file).stem} rejected.xlsx"


def rejected_rows(
    home: Home,
    source: str | Path,
    *,
    name: str | None = None,
    answers: Mapping[str, str] | None = None,
    dataset: str | None = None,
    feed: str | None = None,
    progress: Progress | None = None,
) -> RejectedRows:
    """The rejected rows of an upload (by its id) or of a file that is not in force yet (its path).

    An upload is read again as it was, with its mends: only rows that are still rejected come back.

    Raises
    ------
    UnknownNameError
        There is no such upload.
    UsageError
        The file cannot be read, or none of its rows could be used: then the file itself is to be
        mended.
    """
    if isinstance(source, str):
        if not home.store.sees_all_of(source):
            raise AccessDeniedError(FOREIGN_ROWS)
        return _found(
            home, _again(home, home.store.standing(source), None, {}, progress, rejected=True)
        )
    home.access.require(Permission.UPLOAD)
    given = dict(answers or {})
    reading = read_file(
        source,
        name=name,
        memories=memories_of(home, feed),
        answers=given,
        dataset=dataset,
        progress=progress,
        rejected=True,
        **known_to(home),
    )
    if not reading.mends:
        return _found(home, reading)
    found = home.store.standing_by_hash(reading.mends)
    if found is None:
        raise UsageError(_not_there(home, reading))
    return _found(home, _again(home, found, source, given, progress, rejected=True))


def in_its_place(
    home: Home,
    path: Path,
    reading: FileReading,
    answers: Mapping[str, str],
    progress: Progress | None = None,
) -> tuple[FileReading, str | None]:
    """A file of mended rows as the file it mends reads with them, and the upload it stands on.

    Any other file comes back as it is, with ``None``; so does one whose original is not in force,
    rejected.
    """
    if not reading.mends:
        return reading, None
    found = home.store.standing_by_hash(reading.mends)
    if found is None:
        return replace(
            reading, state="rejected", problems=(_refusal(_not_there(home, reading)),)
        ), None
    again = _again(home, found, path, answers, progress)
    if again.parts and again.unmended_hash != found.upload.rows_hash:
        words = said(
            "{file} reads otherwise now than when it was put in force, because settings or this "
            "program changed since. Put {file} in force again first, then upload this file once "
            "more",
            file=found.upload.file,
        )
        return replace(reading, state="rejected", problems=(_refusal(words),)), None
    told = replace(again, file=reading.file, sha256=reading.sha256, mends=reading.mends)
    return told, found.latest


def _refusal(words: str) -> Problem:
    return Problem("", None, None, "", words, "", Severity.REJECTED)


def read_again(
    home: Home, standing: Standing, *, plants: tuple[str, ...] | None = None
) -> FileReading:
    """An upload's kept bytes read as they were when they were put in force, mends included.

    ``plants`` are those known at that time; ``None``: those known now.
    """
    return _again(home, standing, None, {}, None, plants=plants)


def _again(
    home: Home,
    standing: Standing,
    mend: Path | None,
    answers: Mapping[str, str],
    progress: Progress | None,
    *,
    rejected: bool = False,
    plants: tuple[str, ...] | None = None,
) -> FileReading:
    """An upload's file read again as it was, with its mends and one more."""
    upload, store = standing.upload, home.store
    known = known_to(home)
    if plants is not None:
        known["known_plants"] = plants
    given = {**upload.answers, **{k: v for m in standing.mends for k, v in m.answers.items()}}
    mends = [store.bytes_path(m.sha256) for m in standing.mends]
    memory: FeedMemory = store.memory_of_upload(upload)
    return read_file(
        store.bytes_path(upload.sha256),
        name=upload.file,
        memories=(memory,),
        answers={**given, **answers},
        dataset=upload.answers.get(DATASET),
        progress=progress,
        mending=[*mends, mend] if mend is not None else mends,
        rejected=rejected,
        **known,
    )


def _found(home: Home, reading: FileReading) -> RejectedRows:
    if not reading.parts:
        first = next((p for p in reading.problems if p.severity is Severity.REJECTED), None)
        why = f" {first.actual}." if first else ""
        raise UsageError(
            f"No row of {reading.file} can be used, so that the file itself is to be mended.{why}"
        )
    head = trail_head(home.store).short
    return RejectedRows(reading.file, reading.sha256, reading.rejected, head)


def _not_there(home: Home, reading: FileReading) -> Said:
    """Why mended rows cannot be put in: their file was never in force, or is not any more."""
    begins = reading.mends or ""
    entry = next((e for e in reversed(home.store.entries()) if e.sha256.startswith(begins)), None)
    if entry is None:
        return said(
            "These are mended rows of a file that was never put in force here. Put that file in "
            "force first, without its rejected rows, then upload this one again"
        )
    return said(
        "These are mended rows of {file}, which was withdrawn. Put that file in force again first, "
        "then upload this one",
        file=entry.file,
    )


def mended_and_left(reading: FileReading) -> tuple[int, int]:
    """Rows of the latest mend that can be used now, and rows of the file that are rejected still."""
    still = {
        place
        for part in reading.parts
        for place in zip(
            part.rejected["sheet"].to_pylist(), part.rejected["row"].to_pylist(), strict=True
        )
    }
    latest = reading.mended[-1] if reading.mended else ()
    return sum(place not in still for place in latest), len(still)


def in_vain(reading: FileReading) -> bool:
    """Whether rows were mended, and none of them can be used yet."""
    return bool(reading.mended and reading.mended[-1]) and mended_and_left(reading)[0] == 0


def says_of_mend(reading: FileReading, state: str) -> str:
    """What became of a file of mended rows, in a sentence."""
    mended, left = mended_and_left(reading)
    rest = said_n(
        "{n} row of the file is still rejected.", "{n} rows of the file are still rejected.", n=left
    )
    if state == "unchanged":
        words = said("Nothing changes: these rows are in force already, or were not mended.")
    elif state == "rejected":
        words = said("None of these rows can be used yet.")
    elif state == "previewed":
        words = said_n("{n} mended row would count.", "{n} mended rows would count.", n=mended)
    else:
        words = said_n("{n} mended row counts now.", "{n} mended rows count now.", n=mended)
    return joined(words, rest) if left else words
