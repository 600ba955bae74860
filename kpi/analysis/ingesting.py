"""A file in: read, checked, previewed, committed; and taken back."""

import os
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from kpi import logs
from kpi.access import Permission
from kpi.analysis import effects, mending, permitted
from kpi.analysis.gaps import gaps_of
from kpi.analysis.home import Home
from kpi.analysis.known import known_to, memories_of
from kpi.analysis.outcomes import outcome_of
from kpi.analysis.results import Effect, FileOutcome
from kpi.datasets import DATASETS
from kpi.errors import KpiError, UnknownNameError, UsageError
from kpi.ingest import FileReading, Part, prepare, read_file
from kpi.model import FeedMemory
from kpi.store import Incoming, IncomingPart, Plan
from kpi.texts import said

Progress = Callable[[str, float], None]


def check_files(paths: Sequence[Path]) -> None:
    """Refuse paths that lead to no file that may be read, before anything is done.

    Raises
    ------
    UsageError
        The sentence names the first of them.
    """
    for path in paths:
        if path.is_dir():
            raise UsageError(
                f"{path} is a folder. Name the files in it, such as {path / '*.xlsx'}."
            )
        if not path.exists():
            raise UsageError(f"There is no file {path}.")
        if not path.is_file():
            raise UsageError(f"{path} is no ordinary file. Save its content as a file first.")
        if not os.access(path, os.R_OK):
            raise UsageError(f"The file {path} may not be read. Ask for read access to it.")


def check_dataset(dataset: str | None) -> None:
    """Refuse a dataset that does not exist.

    Raises
    ------
    UnknownNameError
        The sentence names the nearest.
    """
    if dataset is not None and dataset not in DATASETS:
        raise UnknownNameError("dataset", dataset, known=DATASETS)


def unknown_answers(
    home: Home, paths: Sequence[Path], answers: Mapping[str, str], dataset: str | None = None
) -> tuple[str, ...]:
    """Ids among ``answers`` that no file at ``paths`` asks, even where nothing is remembered.

    Questions that only the store can raise (shared ground) are asked by ids of their own; an
    answer that one of them took has to be left out by the caller.
    """
    asked: set[str] = set()
    known = known_to(home)
    for path in paths:
        reading = read_file(path, dataset=dataset, **known)
        asked |= _ids(home, reading, path)
        columns = {c.id: answers[c.id] for c in reading.columns if c.id in answers}
        if columns:  # another field for a column may raise questions of its own
            again = read_file(path, answers=columns, dataset=dataset, **known)
            asked |= _ids(home, again, path)
    return tuple(id for id in answers if id not in asked)


def _ids(home: Home, reading: FileReading, path: Path) -> set[str]:
    """The ids of all that can be answered of a file."""
    ids = {q.id for q in reading.questions} | {c.id for c in reading.columns}
    ids |= {s.id for s in reading.sheets if s.id}
    if reading.parts and not reading.mends:
        home.access.require(
            Permission.UPLOAD, permitted.of_incoming(incoming_of(reading, path, None))
        )
        ids |= {q.id for q in home.store.plan(incoming_of(reading, path, None)).questions}
    return ids


def ingest_file(
    home: Home,
    path: Path,
    *,
    who: str,
    when: datetime,
    name: str | None = None,
    answers: Mapping[str, str] | None = None,
    dry_run: bool = False,
    dataset: str | None = None,
    feed: str | None = None,
    progress: Progress | None = None,
    reading: FileReading | None = None,
    weighed: bool = True,
) -> FileOutcome:
    """Read one file and, unless ``dry_run``, put it in force.

    ``answers`` are keyed by question id. The outcome's ``state`` says how far it came; nothing is
    stored before every question is answered. Problems are results, not exceptions. ``reading`` is
    the file as ``read_files`` read it with these answers, so that it is not read twice. Without
    ``weighed`` a dry run leaves out what would change, which costs more than all the rest.

    Raises
    ------
    AccessDeniedError
        The person may not upload for every plant the file speaks of. Nothing is told of these plants.
    """
    home.access.require(Permission.UPLOAD)
    check_dataset(dataset)
    started = time.perf_counter()
    prepare()
    given = dict(answers or {})
    if reading is None or _overtaken(home, reading):
        reading = _read(home, path, name, given, dataset, feed, progress)
    reading, stands_on = mending.in_its_place(home, path, reading, given, progress)
    if reading.state == "rejected" or not reading.parts:
        cannot = gaps_of(home, reading)
        return outcome_of(reading, None, _unread_state(reading), started, cannot)

    incoming = replace(incoming_of(reading, path, feed), mends=stands_on)
    home.access.require(Permission.UPLOAD, permitted.of_incoming(incoming))
    cannot = gaps_of(home, reading)
    plan = home.store.plan(incoming, given)
    if reading.state == "needs_answer":
        return outcome_of(reading, plan, "needs_answer", started, cannot)
    if not any(part.rows_accepted for part in reading.parts) or mending.in_vain(reading):
        return outcome_of(reading, plan, "rejected", started, cannot)
    if plan.questions:
        return outcome_of(reading, plan, "needs_answer", started, cannot)
    if plan.unchanged:
        return outcome_of(reading, plan, "unchanged", started, cannot)
    if dry_run and not weighed:
        return outcome_of(reading, plan, "previewed", started, cannot)
    if dry_run:
        if progress:
            progress("what it changes", 0.9)
        changes = effects.of_upload(home, incoming, plan, given)
        previewed = outcome_of(reading, plan, "previewed", started, cannot)
        return replace(previewed, effects=changes, touches=_touched(home, plan, changes))
    if progress:
        progress("put in force", 0.9)
    kept = {**given, mending.DATASET: dataset} if dataset else given
    entry = home.store.commit(incoming, who=who, when=when, answers=kept)
    logs.event(
        "upload in force", upload=entry.upload, position=entry.position,
        ms=round((time.perf_counter() - started) * 1000),
    )  # fmt: skip
    done = outcome_of(reading, plan, "committed", started, cannot)
    return replace(done, upload=entry.upload, feed=entry.feed)


def _touched(home: Home, plan: Plan, changes: tuple[Effect, ...]) -> tuple[str, ...]:
    """The held reviews that used figures a file would change, each in a sentence."""
    if not home.store.records.current("review"):
        return ()
    from kpi.analysis.restatements import reviews_touched

    pairs = {(change.plant, change.month) for change in changes}
    if len(changes) >= effects.MOST_EFFECTS:  # there may be more than are told
        pairs |= {(plant, month) for _, plant, month in plan.affected}
    return tuple(
        said(
            "{id} was held with figures of these months. It keeps them as they were; what differs "
            "will stand beside them as a restatement.",
            id=one.id,
        )
        for one in reviews_touched(home, pairs)
    )


def _overtaken(home: Home, reading: FileReading) -> bool:
    """Whether a file read beforehand belongs to a feed that was not known at that time."""
    carried = {part.dataset for part in reading.parts}
    return reading.feed is None and any(carried & set(f.datasets) for f in home.store.feeds())


@dataclass(frozen=True)
class Delivered:
    """A file that lies here, under the name its user knows it by, and what was answered of it."""

    path: Path
    name: str
    answers: Mapping[str, str] = field(default_factory=dict)


def read_files(
    home: Home, files: Sequence[Delivered], *, progress: Progress | None = None
) -> tuple[FileReading | KpiError, ...]:
    """Read many files at once, as many side by side as there are processors; in their order.

    A file that fails beyond what a reading can say comes back as its error. ``progress`` is called
    with the name of each file that is done, and the share of all.
    """
    home.access.require(Permission.UPLOAD)
    known, memories = known_to(home), home.store.memories()

    def read(file: Delivered) -> FileReading | KpiError:
        try:
            return read_file(
                file.path, name=file.name, answers=file.answers, memories=memories, **known
            )
        except KpiError as error:
            return error

    with ThreadPoolExecutor(min(len(files), os.cpu_count() or 1) or 1) as pool:
        running = {pool.submit(read, file): file for file in files}
        for done, future in enumerate(as_completed(running), 1):
            if progress:
                progress(running[future].name, done / len(files))
        return tuple(future.result() for future in running)


def _read(
    home: Home,
    path: Path,
    name: str | None,
    answers: Mapping[str, str],
    dataset: str | None,
    feed: str | None,
    progress: Progress | None,
) -> FileReading:
    return read_file(
        path,
        name=name,
        memories=memories_of(home, feed),
        answers=answers,
        dataset=dataset,
        progress=progress,
        **known_to(home),
    )


def incoming_of(reading: FileReading, path: Path, feed: str | None) -> Incoming:
    """A file that was read, as the store takes it; ``feed`` wins over the one it was known by."""
    return Incoming(
        file=reading.file,
        sha256=reading.sha256,
        rows_hash=reading.rows_hash,
        path=path,
        parts=tuple(_incoming_part(part) for part in reading.parts),
        feed=feed or reading.feed,
        layouts=reading.layouts,
    )


def _incoming_part(part: Part) -> IncomingPart:
    return IncomingPart(
        dataset=part.dataset,
        table=part.table,
        coverage=part.coverage,
        within=part.within,
        data_date=part.data_date,
        mapping=part.mapping,
        conventions=part.conventions,
        signature=part.signature,
        rows_read=part.rows_read,
        rows_accepted=part.rows_accepted,
        rows_rejected=part.rows_rejected,
        control_totals=part.control_totals,
    )


def _unread_state(reading: FileReading) -> str:
    return "needs_answer" if reading.questions else "rejected"


def withdraw(home: Home, upload: str, *, who: str, when: datetime, why: str) -> str:
    """Take an upload back; what it hid counts again. Returns the sentence that says so."""
    home.access.require(Permission.MANAGE)
    before = home.store.entry(upload)
    if home.store.sees_all_of(upload):  # else the store refuses, and says why
        home.access.require(Permission.MANAGE, permitted.of_upload(home, upload))
    entry = home.store.withdraw(upload, who=who, when=when, why=why)
    logs.event("upload withdrawn", upload=upload, position=entry.position)
    return said(
        "{file} (upload {upload}) no longer counts. What it had replaced is in force again. "
        "Ledger position {position}.",
        file=before.file,
        upload=upload,
        position=str(entry.position),
    )


def memory_of(home: Home, feed: str) -> FeedMemory:
    """What is remembered of a feed."""
    memories = home.store.memories()
    for memory in memories:
        if memory.feed == feed:
            return memory
    raise UnknownNameError("feed", feed, known=[m.feed for m in memories])
