"""Long questions answered in a process of their own, so that no page waits for the processor.

Python runs one thing at a time in a process: a screening of three seconds would slow down every
click meanwhile. The server starts one such process when it is first needed and sends it question
after question; it ends with the server, however that ends. Where it cannot be had or dies, the
server answers by itself.
"""

import gc
import logging
import os
import pickle
import subprocess
import sys
import threading
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Any, Final

from kpi import logs
from kpi.access import Access
from kpi.analysis.home import Home, open_home
from kpi.settings import Settings
from pages.shared import processes

_LOG: Final = logging.getLogger("clause_nine.answering")

PATIENCE: Final = 300.0
"""Seconds after which a process that does not answer is ended."""

LEAST_HELD: Final = 512 << 20
"""Bytes a process may hold in any case; beyond, twice what its first answer took."""

HELD: Final = 4
"""Homes the process keeps open: the site's own and the sample, and room for a test's."""


@dataclass(frozen=True, slots=True)
class Question:
    """A function of ``kpi.analysis``, and the home it is asked about as somebody sees it."""

    path: Path
    is_sample: bool
    settings: Settings
    access: Access
    function: Callable[..., Any]
    arguments: tuple[Any, ...]
    named: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class _Told:
    """An answer, and the bytes of memory the process has come to hold."""

    answer: Any
    held: int


class _Failed:
    """In place of an answer: the question raises something."""


class Apart:
    """One process that answers, started when it is first asked. May be shared by threads."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._one = threading.Lock()
        self._most = 0  # bytes it may hold before another takes its place

    def begin(self) -> None:
        """Start the process before anybody asks: it loads its libraries beside whoever starts it."""
        with self._one:
            if self._process is None:
                self._process = processes.begun() or processes.started(processes.ANSWERING)

    def ask(
        self, home: Home, function: Callable[..., Any], *arguments: Any, **named: Any
    ) -> Any:  # fmt: skip
        """The answer; what the function raises is raised here."""
        question = Question(
            home.path, home.is_sample, home.settings, home.access, function, arguments, named
        )
        try:
            with self._one:
                told = self._sent(question)
                self._weigh(told.held)
        except (OSError, EOFError, pickle.PickleError, AttributeError) as lost:
            _LOG.warning("The process that answers was lost (%s): answering here.", type(lost))
            self.close()
            return function(home, *arguments, **named)
        except (
            BaseException
        ):  # stopped half way: what the pipe still holds answers no other question
            self.close()
            raise
        # Not every error can be sent whole: it is met again where it is told.
        failed = isinstance(told.answer, _Failed)
        return function(home, *arguments, **named) if failed else told.answer

    def _weigh(self, held: int) -> None:
        """Let a process that has come to hold too much end; the next question starts another."""
        self._most = self._most or max(LEAST_HELD, 2 * held)
        if held > self._most:
            self._end()

    def _sent(self, question: Question) -> _Told:
        if self._process is None or self._process.poll() is not None:
            self._end()
            self._process, self._most = processes.started(processes.ANSWERING), 0
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        late = threading.Timer(PATIENCE, self._process.kill)
        late.daemon = True
        late.start()
        try:
            pickle.dump(question, self._process.stdin, pickle.HIGHEST_PROTOCOL)
            self._process.stdin.flush()
            told: _Told = pickle.load(self._process.stdout)
            return told
        finally:
            late.cancel()

    @property
    def pid(self) -> int | None:
        """The process, while there is one."""
        return None if self._process is None else self._process.pid

    def close(self) -> None:
        """End the process."""
        with self._one:
            self._end()

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            with process:  # its pipes are closed, and it is waited for
                pass


# --- inside the process -----------------------------------------------------------------------


Homes = dict[tuple[Path, bool], Home]
"""The homes that are open, by their place and whether it is the sample plant's."""


def serve(questions: IO[bytes], answers: IO[bytes], homes: Homes) -> None:
    """Answer until the questions end, which they do when whoever asks them has gone."""
    settled = False
    while True:
        try:
            question: Question = pickle.load(questions)
        except EOFError:
            return
        answer = _answer(question, homes)
        if not settled:  # libraries and the first home are there: not looked through again
            settled = True
            gc.collect()
            gc.freeze()
        try:
            pickle.dump(_Told(answer, _held()), answers, pickle.HIGHEST_PROTOCOL)
            answers.flush()
        except BrokenPipeError:
            return


def _answer(question: Question, homes: Homes) -> Any:
    key = question.path, question.is_sample
    try:
        if key not in homes:
            while len(homes) >= HELD:
                homes.pop(next(iter(homes))).store.close()
            homes[key] = open_home(question.path, is_sample=question.is_sample)
        seen = replace(homes[key], settings=question.settings).seen_by(question.access)
        with seen.store.moment():
            return question.function(seen, *question.arguments, **question.named)
    except Exception:
        return _Failed()


def _held() -> int:
    """Bytes of memory held; 0 where the system does not say. Not the peak, which starts with that
    of the server this process was born of.
    """
    try:
        pages = Path("/proc/self/statm").read_text(encoding="ascii").split()[1]
        return int(pages) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, AttributeError):
        return 0


def _load_libraries() -> None:
    """What nearly every answer takes, while the first question is not there yet."""
    from kpi.analysis import landing

    del landing


def look_ahead(homes: Homes) -> None:
    """Work out what the first page will ask, while the server that will ask it still starts.

    The answer is remembered where it is made, and asked for anew it is there at once. Nothing is
    made that is not there, and what is wrong is told by the pages, which meet it again.
    """
    from kpi.analysis.landing import overview
    from kpi.analysis.results import Filters
    from pages.shared import first

    try:
        home = first.opened()
        if home is not None:
            homes[home.path, home.is_sample] = home
            overview(home.seen_by(first.access(home)), Filters())
    except Exception as wrong:
        _LOG.info("Not looked ahead: %s", type(wrong).__name__)


def main() -> None:
    """Answer questions on standard input; nothing else is ever written to standard output."""
    logs.set_up("warning")  # what goes wrong here goes to the server's log, in its form
    warnings.showwarning = logs.warned
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    homes: Homes = {}
    _load_libraries()
    if processes.LOOK_AHEAD in sys.argv[1:]:
        look_ahead(homes)
    serve(sys.stdin.buffer, answers, homes)


if __name__ == "__main__":
    # Under its own name: what is pickled here belongs to that module, and not to ``__main__``.
    from pages.shared import answering

    answering.main()
