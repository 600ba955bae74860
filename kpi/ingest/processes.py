"""The process that reads a file, seen from outside: started, given its job, watched, ended.

Each file is read by a process of its own. On Linux that process is forked from one that has
loaded the libraries and never sees a file, which saves every file the quarter of a second that
loading takes; elsewhere, or where that one cannot be had, it is started anew.
"""

import atexit
import json
import os
import select
import signal
import socket
import stat
import struct
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final, Protocol

from kpi.ingest.confined import OFF
from kpi.ingest.limits import Limits

Progress = Callable[[str, float], None]

RESULT: Final = "result.json"
RESULT_BYTES: Final = 24 << 20
LINE_BYTES: Final = 4096
STEP_CHARACTERS: Final = 200

START_SECONDS: Final = 60.0
"""How long to wait for a first sign of life before a process is started another way."""

STARTED: Final = struct.Struct("=q")
"""What the starter tells of a process first: its number."""

ENDED: Final = struct.Struct("=qqd")
"""And when it has ended: how, its peak of memory in bytes, the seconds of processor it took."""

AT_ONCE: Final = min(max(os.cpu_count() or 1, 2), 8)
"""Files read side by side; others wait for their turn, so that memory is bounded however many come."""

_turns: Final = threading.BoundedSemaphore(AT_ONCE)

_PASSED_ON: Final = ("PATH", "SYSTEMROOT", "TEMP", "TMP", "TMPDIR", "LANG", "LC_ALL", "TZ", OFF)
"""What the child gets of the parent's environment; secrets live there, too, and stay behind."""

_SET: Final = {
    "PYTHONUTF8": "1",
    "PYTHONSAFEPATH": "1",
    "ARROW_DEFAULT_MEMORY_POOL": "system",  # the others reserve a gigabyte of addresses
    "JE_ARROW_MALLOC_CONF": "background_thread:false",  # a process that forks has one thread
    "MALLOC_ARENA_MAX": "2",
    "MALLOC_MMAP_THRESHOLD_": str(1 << 30),  # what one column leaves the next one takes
    "MALLOC_TRIM_THRESHOLD_": str(1 << 30),
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "RUST_BACKTRACE": "0",
}


@dataclass(frozen=True, slots=True)
class Took:
    """What a process took: the most memory it held, seconds of processor; 0 where nobody tells."""

    peak_bytes: int = 0
    processor_seconds: float = 0.0


class Child(Protocol):
    """A process that reads one file."""

    @property
    def job(self) -> IO[bytes]:
        """Where its job is written to."""

    @property
    def steps(self) -> IO[bytes]:
        """What it prints."""

    @property
    def took(self) -> Took:
        """What it took, once it has ended."""

    def wait(self) -> int:
        """How it ended, once it has: its exit code, or the negative number of a signal."""

    def kill(self) -> bool:
        """End it and whatever it started; whether there was anything to end."""

    def close(self) -> None:
        """Let go of what this side holds of it."""


def run(
    job: Mapping[str, Any], folder: Path, limits: Limits, progress: Progress | None
) -> dict[str, Any]:
    """Run one child to its end; its result, or ``{"died": how}``; with what it ``took``.

    ``how`` is ``time``, ``memory`` or ``aborted``. At most ``AT_ONCE`` run at a time.
    """
    with _turns:
        return _run(job, folder, limits, progress)


def _run(
    job: Mapping[str, Any], folder: Path, limits: Limits, progress: Progress | None
) -> dict[str, Any]:
    late = threading.Event()
    with (folder / "stderr.txt").open("wb") as errors:
        child = _started(folder, errors)

        def end() -> None:
            if child.kill():
                late.set()

        timer = threading.Timer(limits.wall_seconds, end)
        timer.daemon = True
        timer.start()
        try:
            _talk(child, json.dumps(job).encode(), progress)
            code = child.wait()
        finally:
            timer.cancel()
            child.kill()
            child.close()
    result = {"died": "time"} if late.is_set() else _outcome(code, folder)
    return {**result, "took": child.took}


def _outcome(code: int, folder: Path) -> dict[str, Any]:
    """What a child left that ended by itself."""
    if code == 0:
        return _result(folder)
    how = _how(code)
    return {"died": "memory" if how == "aborted" and _lacked_memory(folder) else how}


def prepare() -> None:
    """Load what reading takes in the background, so that the first file need not wait for it."""
    starter.prepare()


def _talk(child: Child, job: bytes, progress: Progress | None) -> None:
    """Hand over the job, pass on the steps. What the child prints otherwise is not listened to."""
    with suppress(BrokenPipeError):
        child.job.write(job)
        child.job.close()
    while line := child.steps.readline(LINE_BYTES):
        if progress is None or not line.startswith(b'{"step"'):
            continue
        with suppress(ValueError, KeyError, TypeError):
            told = json.loads(line)
            progress(str(told["step"])[:STEP_CHARACTERS], min(max(float(told["share"]), 0.0), 1.0))


_NO_MEMORY: Final = (
    b"bad_alloc", b"memoryerror", b"memory allocation", b"out of memory", b"cannot allocate",
    b"can't start new thread", b"resource temporarily unavailable", b"failed to map segment",
)  # fmt: skip
"""What the libraries say when an allocation, a thread or a library finds no room."""


def _how(code: int) -> str:
    cpu = getattr(signal, "SIGXCPU", None)
    if cpu is not None and code == -cpu:
        return "time"
    if code == -getattr(signal, "SIGKILL", 9):
        return "memory"
    return "aborted"


def _lacked_memory(folder: Path) -> bool:
    """Whether the last words of a child that was aborted are of memory it could not have."""
    with (folder / "stderr.txt").open("rb") as file:
        file.seek(0, 2)
        file.seek(max(file.tell() - 4096, 0))
        last = file.read().lower()
    return any(words in last for words in _NO_MEMORY)


def _result(folder: Path) -> dict[str, Any]:
    """What the child wrote down; nothing of it is believed but that it is JSON of some length."""
    file = folder / RESULT
    try:
        told = file.lstat()  # a link or a pipe is no result
        if not stat.S_ISREG(told.st_mode) or told.st_size > RESULT_BYTES:
            return {"died": "aborted"}
        result = json.loads(file.read_bytes())
    except (OSError, ValueError, RecursionError):
        return {"died": "aborted"}
    return result if isinstance(result, dict) else {"died": "aborted"}


def environment() -> dict[str, str]:
    """The whole environment of a process that reads files."""
    passed = {key: os.environ[key] for key in _PASSED_ON if key in os.environ}
    passed |= {**_SET, "PYTHONPATH": str(Path(__file__).resolve().parents[2])}
    if sys.dont_write_bytecode:  # else what is compiled once is there for the next file
        passed["PYTHONDONTWRITEBYTECODE"] = "1"
    return passed


# --- started anew -----------------------------------------------------------------------------


class _Own:
    """A process started for one file, from nothing."""

    def __init__(self, folder: Path, errors: IO[bytes]) -> None:
        group: dict[str, Any] = (
            {"creationflags": 0x200}  # CREATE_NEW_PROCESS_GROUP
            if os.name == "nt"
            else {"start_new_session": True}
        )
        self._process = subprocess.Popen(
            [sys.executable, "-s", "-m", "kpi.ingest.child"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            cwd=folder,
            env=environment(),
            close_fds=True,
            **group,
        )

    @property
    def job(self) -> IO[bytes]:
        assert self._process.stdin is not None
        return self._process.stdin

    @property
    def steps(self) -> IO[bytes]:
        assert self._process.stdout is not None
        return self._process.stdout

    @property
    def took(self) -> Took:
        return Took()

    def wait(self) -> int:
        return self._process.wait()

    def kill(self) -> bool:
        if self._process.poll() is not None:
            return False
        with suppress(ProcessLookupError, PermissionError):
            if os.name == "nt":
                self._process.kill()
            else:
                os.killpg(self._process.pid, signal.SIGKILL)
        return True

    def close(self) -> None:
        with suppress(BrokenPipeError):
            self.job.close()
        self.steps.close()
        self._process.wait()


# --- forked from one that is ready ------------------------------------------------------------


class _Forked:
    """A process forked for one file; its status comes through a pipe from the one watching it."""

    def __init__(self, group: int, job: IO[bytes], steps: IO[bytes], status: int) -> None:
        self._group = group
        self._status = status
        self._ended = False
        self._guard = threading.Lock()
        self.job = job
        self.steps = steps
        self.took = Took()

    def wait(self) -> int:
        told = _read_status(self._status, ENDED)
        if told is None:  # who watched it was ended, so it has to end too
            self.kill()
        with self._guard:
            self._ended = True
        if told is None:
            return -signal.SIGKILL
        self.took = Took(int(told[1]), told[2])
        return os.waitstatus_to_exitcode(int(told[0]))

    def kill(self) -> bool:
        with self._guard:
            if self._ended:
                return False
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self._group, signal.SIGKILL)
            return True

    def close(self) -> None:
        with suppress(BrokenPipeError):
            self.job.close()
        self.steps.close()
        os.close(self._status)


def _read_status(pipe: int, what: struct.Struct) -> tuple[float, ...] | None:
    """The next numbers of the pipe; ``None`` where it was closed before."""
    data = b""
    while len(data) < what.size:
        more = os.read(pipe, what.size - len(data))
        if not more:
            return None
        data += more
    return what.unpack(data)


class Starter:
    """The process that has loaded everything and forks one child per file.

    It ends by itself when this process does, or when it was idle for long.
    """

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._link: socket.socket | None = None
        self._owner = 0
        self._broken = False

    @property
    def number(self) -> int:
        """Its process number; 0 where it does not run."""
        return self._process.pid if self._process is not None else 0

    def prepare(self) -> None:
        """Have it running, or on its way."""
        with self._guard:
            self._ready()

    def child(self, folder: Path, errors: IO[bytes]) -> Child | None:
        """A new process for one file; ``None`` where it cannot be had this way."""
        with self._guard:
            for _ in range(2):  # an idle one may have ended just now
                if not self._ready():
                    return None
                found = self._asked(folder, errors)
                if found is not None:
                    return found
                self._stop()
            self._broken = True
            return None

    def stop(self) -> None:
        """Let it end; the next file starts another."""
        with self._guard:
            self._stop()

    def _ready(self) -> bool:
        if self._broken or sys.platform != "linux":
            return False
        if self._owner != os.getpid():  # of a process that this one was forked from
            self._process = self._link = None
        if self._process is None or self._process.poll() is not None:
            self._stop()
            self._start()
        return True

    def _start(self) -> None:
        ours, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-s", "-m", "kpi.ingest.starter"],
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                cwd="/",
                env=environment(),
                close_fds=True,
                start_new_session=True,
            )
        self._link = ours
        self._owner = os.getpid()

    def _asked(self, folder: Path, errors: IO[bytes]) -> Child | None:
        assert self._link is not None
        job_end, job = os.pipe()
        steps, steps_end = os.pipe()
        status, status_end = os.pipe()
        theirs = [job_end, steps_end, errors.fileno(), status_end]
        with suppress(OSError):
            socket.send_fds(self._link, [str(folder).encode()], theirs)
        for end in (job_end, steps_end, status_end):
            os.close(end)
        heard = select.select([status], [], [], START_SECONDS)[0]
        group = _read_status(status, STARTED) if heard else None
        if group is None:
            for end in (job, steps, status):
                os.close(end)
            return None
        return _Forked(int(group[0]), os.fdopen(job, "wb"), os.fdopen(steps, "rb"), status)

    def _stop(self) -> None:
        process, link = self._process, self._link
        self._process = self._link = None
        if link is not None:
            link.close()
        if process is not None and self._owner == os.getpid():
            try:
                process.wait(timeout=2)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


starter: Final = Starter()
atexit.register(starter.stop)


def _started(folder: Path, errors: IO[bytes]) -> Child:
    return starter.child(folder, errors) or _Own(folder, errors)
