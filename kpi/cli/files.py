"""Commands about files beside ``ingest``: the rows that were rejected, and a folder that is watched."""

import argparse
import json
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from kpi.cli.parts import DONE, EXIT_OF_STATE, REJECTED, declare, home_of, show, time_now, user
from kpi.errors import UsageError

if TYPE_CHECKING:
    from kpi.watching import Happened, Watcher

EVERY_SECONDS: Final = 10.0
LEAST_SECONDS: Final = 0.1
ONCE_SECONDS: Final = 1.0
"""Between the two looks of ``--once``, where ``--every`` is longer."""

FAILED: Final = "failed"


def add(commands: Any) -> None:
    """Add both commands; ``command`` makes one as the others are made."""
    rejected = declare(
        commands, "rejected", _rejected, "the rows a file was left out of, as a workbook to mend"
    )
    rejected.add_argument("source", metavar="UPLOAD|FILE")
    rejected.add_argument("--out", type=Path, required=True, metavar="FILE.xlsx")
    watch = declare(commands, "watch", _watch, "take files as they arrive in a drop folder")
    watch.add_argument("folder", type=Path, metavar="FOLDER")
    watch.add_argument("--once", action="store_true", help="take what is there now, then end")
    watch.add_argument(
        "--every", type=_seconds, default=EVERY_SECONDS, metavar="SECONDS",
        help=f"how often to look (default {EVERY_SECONDS:g})",
    )  # fmt: skip


def _seconds(text: str) -> float:
    try:
        found = float(text)
    except ValueError:
        found = -1.0
    if not LEAST_SECONDS <= found <= 86_400:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of seconds from 0.1 to 86400")
    return found


# ── rejected ───────────────────────────────────────────────────────────────────────────────────


def _rejected(arguments: argparse.Namespace) -> int:
    from kpi.analysis.ingesting import check_files
    from kpi.analysis.mending import rejected_rows
    from kpi.reports.rejected import rejected_workbook

    home = home_of(arguments)
    source: str | Path = arguments.source
    if source not in {e.upload for e in home.store.entries()} and Path(source).exists():
        source = Path(source)
        check_files([source])
    found = rejected_rows(home, source)
    if found.rows:
        _write(arguments.out, rejected_workbook(found))
        says = f"{found.rows:,} rejected rows of {found.file} are in {arguments.out}."
    else:
        says = f"No row of {found.file} is rejected; no workbook was written."
    told = {
        "file": str(arguments.out) if found.rows else None, "of": found.file,
        "sha256": found.sha256, "rows": found.rows, "says": says,
    }  # fmt: skip
    show(arguments, lambda: told, lambda: says)
    return DONE


def _write(path: Path, content: bytes) -> None:
    try:
        path.write_bytes(content)
    except OSError as error:
        raise UsageError(
            f"{path} cannot be written ({error.strerror}). Name another file with --out."
        ) from error


# ── watch ──────────────────────────────────────────────────────────────────────────────────────


def _watch(arguments: argparse.Namespace) -> int:
    from kpi.watching import Watcher

    codes = {**EXIT_OF_STATE, FAILED: REJECTED}
    with _stopped_by_signals() as stop:
        home = home_of(arguments)
        watcher = Watcher(
            home, arguments.folder, who=user(), now=time_now, stop=stop.is_set
        )  # fmt: skip
        if not arguments.once:
            _say(arguments, "watching", f"Watching {watcher.folder}. Ctrl-C ends it.")
            for happened in _until_stopped(watcher, stop, arguments.every):
                _tell(arguments, happened)
            _say(arguments, "stopped", "Stopped. Nothing half-done was kept.")
            return DONE
        worst = DONE
        for happened in _once(watcher, stop, min(arguments.every, ONCE_SECONDS)):
            _tell(arguments, happened)
            worst = max(worst, codes[happened.state])
        return worst


def _once(watcher: "Watcher", stop: threading.Event, pause: float) -> Iterator["Happened"]:
    yield from watcher.look()
    if not stop.wait(pause):
        yield from watcher.look()


def _until_stopped(watcher: "Watcher", stop: threading.Event, every: float) -> Iterator["Happened"]:
    while not stop.is_set():
        yield from watcher.look()
        stop.wait(every)


@contextmanager
def _stopped_by_signals() -> Iterator[threading.Event]:
    """An event that the first SIGTERM or Ctrl-C sets: the file at hand is finished, then it ends.

    A second Ctrl-C ends it at once.
    """
    stop = threading.Event()

    def ask(number: int, _frame: Any) -> None:
        if stop.is_set() and number == signal.SIGINT:
            raise KeyboardInterrupt
        stop.set()

    before = {n: signal.signal(n, ask) for n in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _tell(arguments: argparse.Namespace, happened: "Happened") -> None:
    """A line per file: its name, its state, where it lies; never what stands in it."""
    from kpi.safe_text import one_line

    told = {
        "file": happened.file, "state": happened.state, "to": happened.to,
        "upload": happened.upload, "rejected_rows": happened.rejected, "why": happened.why,
    }  # fmt: skip
    parts = [f"{one_line(happened.file)}: {happened.state.replace('_', ' ')}"]
    parts += [f" as {happened.upload}"] if happened.upload else []
    parts += [f", {happened.rejected:,} rows rejected"] if happened.rejected else []
    parts += [f"; now {one_line(happened.to)}"] if happened.to else []
    parts += [f". {happened.why}"] if happened.why else []
    _print_line(json.dumps(told, ensure_ascii=False) if arguments.json else "".join(parts))


def _say(arguments: argparse.Namespace, state: str, text: str) -> None:
    _print_line(json.dumps({"state": state, "says": text}) if arguments.json else text)


def _print_line(text: str) -> None:
    print(text, flush=True)
