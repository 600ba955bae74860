"""``watch FOLDER``: files that arrive in a drop folder go in force, or aside with a note beside them.

A file is moved only after what became of it is in the ledger; a watcher that is ended anywhere leaves
the file where it was, or the move to be finished at the next start. Reading it again then changes
nothing, because the ledger knows it by its hash.
"""

import hashlib
import logging
import shutil
import tempfile
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from kpi import watch_notes
from kpi.analysis.dropping import (
    DONE,
    NOTE,
    QUESTIONS,
    REJECTED,
    Seen,
    arrivals,
    finish_moves,
    free_name,
    is_temporary,
    is_whole,
    look_at,
    note_of,
    put_away,
    write_whole,
)
from kpi.analysis.home import Home
from kpi.analysis.ingesting import ingest_file
from kpi.analysis.mending import rejected_rows
from kpi.analysis.results import FileOutcome
from kpi.analysis.watching import (
    IN_FORCE,
    forget,
    forget_the_gone,
    in_force,
    remember,
    remember_folder,
)
from kpi.errors import KpiError, UsageError
from kpi.logs import Scrubbed
from kpi.scratch import private_folder
from kpi.texts import said

_LOG: Final = logging.getLogger(__name__)

TRIES: Final = 3
"""How often a file that the program fails on is tried before it is put aside."""

EMPTY_SECONDS: Final = 60
"""How long an empty file is waited for: most are only just being written."""

UNFINISHED_SECONDS: Final = 3600
"""After so long without growing, a container without its end is told of."""


@dataclass(frozen=True, slots=True)
class Happened:
    """What became of one file. Nothing in it comes out of the file but its name."""

    file: str
    state: str  # those of an outcome, or "failed": tried again at the next look
    to: str  # where it lies now, below the drop folder; "" where it was left
    upload: str = ""
    rejected: int = 0
    why: str = ""  # of a failure: a sentence of this program


class Watcher:
    """Looks into one folder again and again. Several may look into the same one."""

    def __init__(
        self,
        home: Home,
        folder: Path,
        *,
        who: str,
        now: Callable[[], datetime],
        stop: Callable[[], bool] = lambda: False,
        command: str = "python -m kpi",
    ) -> None:
        """``now`` tells the time, ``stop`` whether to begin no further file.

        Raises
        ------
        UsageError
            There is no such folder, or nothing may be moved in it.
        """
        self.home, self.who, self._now, self._stop = home, who, now, stop
        self.folder = folder.expanduser().absolute()
        self._command = command
        self._before: dict[str, Seen] = {}
        self._tries: dict[Seen, int] = {}
        self._told: dict[Seen, str] = {}
        self._tried: tuple[int, frozenset[Seen | None]] = (-1, frozenset())
        _prepare(self.folder)
        remember_folder(home, self.folder, who=who, when=now())
        finish_moves(self.folder)
        forget_the_gone(home, self.folder)

    def look(self) -> Iterator[Happened]:
        """One look: every file that is as the look before found it is taken.

        A folder that cannot be reached just now holds nothing; the next look tries again.
        """
        try:
            found = {seen.name: seen for seen in arrivals(self.folder)}
        except OSError as error:
            _LOG.warning("the folder cannot be listed: %s", Scrubbed(error.strerror or ""))
            return
        ready = [seen for name, seen in found.items() if self._before.get(name) == seen]
        self._before = found
        for seen in ready:
            if self._stop():
                return
            taken = self._guarded(seen) if self._is_ready(seen) else self._unfinished(seen)
            if taken is not None:
                yield taken
        yield from self._waiting()

    def _is_ready(self, seen: Seen) -> bool:
        path = self.folder / seen.name
        if look_at(path) != seen:
            return False
        if seen.size == 0:
            return self._now().timestamp() - seen.changed / 1e9 > EMPTY_SECONDS
        try:
            return is_whole(path)
        except OSError:  # another program keeps it to itself
            return False

    def _unfinished(self, seen: Seen) -> Happened | None:
        """Word of a container whose copying stopped long ago; what is held by a program is not."""
        if self._now().timestamp() - seen.changed / 1e9 <= UNFINISHED_SECONDS or seen.size == 0:
            return None
        try:
            unfinished = look_at(self.folder / seen.name) == seen and not is_whole(
                self.folder / seen.name
            )
        except OSError:
            return None
        return self._failed(seen, watch_notes.UNFINISHED) if unfinished else None

    def _guarded(self, seen: Seen) -> Happened | None:
        """A file taken; one that the program or the home fails on stays, and is tried again."""
        try:
            happened = self._take(self.folder / seen.name, seen)
        except FileNotFoundError:
            return None  # another watcher, or its owner, was faster
        except KpiError as error:
            return self._failed(seen, str(error))
        except OSError as error:
            return self._failed(seen, error.strerror or type(error).__name__)
        except Exception as error:
            _LOG.error("a file could not be taken: %s", Scrubbed(_frames(error)))
            self._tries[seen] = self._tries.get(seen, 0) + 1
            if self._tries[seen] < TRIES:
                return self._failed(seen, watch_notes.OUR_FAULT)
            return self._give_up(seen)
        self._told.pop(seen, None)
        return happened

    def _failed(self, seen: Seen, why: str) -> Happened | None:
        """A file that stays where it is; said once, however often it is tried."""
        if self._told.get(seen) == why:
            return None
        self._told[seen] = why
        return Happened(seen.name, "failed", "", why=why)

    def _give_up(self, seen: Seen) -> Happened | None:
        path = self.folder / seen.name
        to = self._put(path, seen, REJECTED, watch_notes.gave_up(seen.name))
        return Happened(seen.name, "rejected", self._below(to), why=watch_notes.OUR_FAULT)

    def _take(self, path: Path, seen: Seen) -> Happened | None:
        """Read a copy, put it in force or aside, and only then move the file."""
        with _copied(path) as copy:
            if look_at(path) != seen:
                return None
            outcome = self._ingest(copy, path.name)
            workbook = self._rejected_rows(copy, outcome, path.name)
        if outcome.state in IN_FORCE:
            to = put_away(path, seen, self._done())
        elif outcome.state == "needs_answer":
            to = self._aside(path, seen, QUESTIONS, outcome)
        else:
            to = self._aside(path, seen, REJECTED, outcome)
        return Happened(path.name, outcome.state, self._below(to), outcome.upload or "", workbook)

    def _ingest(self, copy: Path, name: str) -> FileOutcome:
        return ingest_file(self.home, copy, name=name, who=self.who, when=self._now())

    def _done(self) -> Path:
        return self.folder / DONE / f"{self._now():%Y-%m}"

    def _below(self, path: Path | None) -> str:
        return path.relative_to(self.folder).as_posix() if path else ""

    def _rejected_rows(self, copy: Path, outcome: FileOutcome, name: str) -> int:
        """The workbook of rejected rows of a file whose other rows are in force; how many rows."""
        if outcome.state not in IN_FORCE or not any(d.rows_rejected for d in outcome.datasets):
            return 0
        from kpi.reports.rejected import rejected_workbook

        source = outcome.upload or copy
        found = rejected_rows(self.home, source, name=None if outcome.upload else name)
        if not found.rows:
            return 0
        content = rejected_workbook(found)
        final = self.folder / REJECTED / f"{Path(name).stem} rejected.xlsx"
        if final.exists() and not _same_title(final, content):
            final = free_name(final.parent, final.name)
        write_whole(final, content)
        write_whole(note_of(final), watch_notes.rejected_rows(name, found).encode())
        return found.rows

    def _aside(self, path: Path, seen: Seen, where: str, outcome: FileOutcome) -> Path | None:
        to = put_away(path, seen, self.folder / where)
        if to is not None:
            remember(self.home, self.folder, to, outcome, when=self._now())
            self._note(to, outcome)
        return to

    def _note(self, path: Path, outcome: FileOutcome) -> None:
        text = watch_notes.of_outcome(outcome, path, command=self._command, home=self.home.path)
        write_whole(note_of(path), text.encode())

    def _put(self, path: Path, seen: Seen, where: str, text: str) -> Path | None:
        to = put_away(path, seen, self.folder / where)
        if to is not None:
            write_whole(note_of(to), text.encode())
        return to

    # --- files that wait ---

    def _waiting(self) -> Iterator[Happened]:
        """Files that asked something: in force by now, or readable by what was learned since.

        They are tried again when the ledger has moved on, or one of them is another one.
        """
        while not self._stop():
            now = self._state_of_waiting()
            if now == self._tried:
                return
            yield from self._try_again()
            self._tried = now

    def _state_of_waiting(self) -> tuple[int, frozenset[Seen | None]]:
        waiting = _files_in(self.folder / QUESTIONS)
        return self.home.store.position(), frozenset(look_at(path) for path in waiting)

    def _try_again(self) -> Iterator[Happened]:
        for path in _files_in(self.folder / QUESTIONS):
            if self._stop():
                return
            seen = look_at(path)
            try:
                if seen is not None and (happened := self._again(path, seen)) is not None:
                    yield happened
            except FileNotFoundError:
                continue
            except (KpiError, OSError) as error:
                _LOG.warning(
                    "a file that waits could not be tried: %s", Scrubbed(type(error).__name__)
                )

    def _again(self, path: Path, seen: Seen) -> Happened | None:
        with _copied(path) as copy:
            if in_force(self.home, copy):
                outcome = None
            else:
                outcome = self._ingest(copy, path.name)
                self._rejected_rows(copy, outcome, path.name)
        if outcome is not None and outcome.state not in IN_FORCE:
            return self._still_waits(path, seen, outcome)
        to = put_away(path, seen, self._done())
        forget(self.home, self.folder, path)
        state, upload = (outcome.state, outcome.upload) if outcome else ("unchanged", "")
        return Happened(path.name, state, self._below(to), upload or "")

    def _still_waits(self, path: Path, seen: Seen, outcome: FileOutcome) -> Happened | None:
        if outcome.state == "needs_answer":
            remember(self.home, self.folder, path, outcome, when=self._now())
            self._note(path, outcome)
            return None
        forget(self.home, self.folder, path)
        to = self._aside(path, seen, REJECTED, outcome)
        return Happened(path.name, outcome.state, self._below(to))


def _frames(error: BaseException) -> str:
    """Where it went wrong, without the message: that may quote a cell."""
    frames = "".join(traceback.format_tb(error.__traceback__)[-12:])
    return f"{type(error).__name__}\n{frames}"


def _prepare(folder: Path) -> None:
    """Make the folders below a drop folder; a sentence where that cannot be."""
    if not folder.is_dir():
        raise UsageError(
            said("There is no folder {folder}. Make it, or name another.", folder=str(folder))
        )
    try:
        for below in (DONE, QUESTIONS, REJECTED):
            (folder / below).mkdir(exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=folder, prefix=".clause-nine-"):
            pass
    except OSError as error:
        raise UsageError(
            said(
                "Files cannot be moved in {folder} ({why}). Give this account write access to it.",
                folder=str(folder),
                why=error.strerror or type(error).__name__,
            )
        ) from error


@contextmanager
def _copied(path: Path) -> Iterator[Path]:
    """A private copy of a file: what is read, kept and told of is the same bytes throughout."""
    with private_folder() as folder:
        copy = folder / "upload"
        shutil.copyfile(path, copy)
        yield copy


def _files_in(folder: Path) -> list[Path]:
    """Files set aside in a folder, without their notes."""
    try:
        found = sorted(path for path in folder.iterdir() if path.is_file())
    except OSError:
        return []
    notes = {note_of(path) for path in found}
    return [p for p in found if not is_temporary(p.name) and not (p.suffix == NOTE and p in notes)]


def _same_title(path: Path, content: bytes) -> bool:
    """Whether a workbook that is there was made of the same rows: it is then written once more."""
    with suppress(OSError):
        return _rows_of(path.read_bytes()) == _rows_of(content)
    return False


def _rows_of(content: bytes) -> str:
    """The sheets of a workbook as one hash; its dates of making differ from run to run."""
    import io
    import zipfile

    digest = hashlib.sha256()
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as container:
            for name in sorted(n for n in container.namelist() if "worksheets/sheet" in n):
                digest.update(container.read(name))
    except (zipfile.BadZipFile, KeyError):
        return ""
    return digest.hexdigest()
