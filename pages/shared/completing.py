"""The sample plant's records, made beside the server once somebody looks at the sample plant.

They take the better part of a minute, most of it for the documents of two reviews. A process of its
own makes them, behind everything else that the machine has to do; pages show them as they come.
"""

import logging
import os
import sys
import threading
import time
from pathlib import Path
from typing import Final

from kpi import logs
from kpi.analysis.home import Home, open_home
from kpi.scratch import take_lock
from pages.shared import settled
from pages.shared.processes import started

_LOG: Final = logging.getLogger("clause_nine.completing")

AFTER: Final = 4.0
"""Seconds after the server is warm: the first page comes first."""

_RUNNING: Final[dict[Path, threading.Thread]] = {}
"""What is being completed beside this server, by the place of the home."""

PLAIN: Final = "plain"
"""What ``KPI_SAMPLE`` is where the sample plant shall have its files and no records."""

LOCK: Final = "completing.lock"
"""Held by whoever completes a home, so that nothing is recorded twice."""

_BEHIND: Final = 10
"""How much the process yields to others, as ``nice`` counts."""


def begin(home: Home) -> threading.Thread | None:
    """Complete the sample plant beside a server; nothing where none runs or all is there."""
    from kpi.analysis.sample_records import is_complete

    if not settled.served() or plain() or home.store.read_only or is_complete(home):
        return None
    thread = threading.Thread(
        target=_complete, args=(home,), name="completing the sample", daemon=True
    )
    _RUNNING[home.path] = thread
    thread.start()
    return thread


def under_way(home: Home) -> bool:
    """Whether records of this home are being made now; no longer where making them failed."""
    thread = _RUNNING.get(home.path)
    return thread is not None and thread.is_alive()


def plain() -> bool:
    """Whether the sample plant shall have its files and no records."""
    return os.environ.get("KPI_SAMPLE", "").strip().lower() == PLAIN


def _complete(home: Home) -> None:
    settled.until_warm()
    time.sleep(AFTER)
    with started("pages.shared.completing", str(home.path)) as process:
        code = process.wait()
    if code:  # the sample is shown without what is missing
        _LOG.warning("The sample plant's records were not all made: exit code %s", code)


def complete(path: Path) -> None:
    """Complete the sample plant with less right to the processor than whatever people wait for."""
    from kpi.analysis.sample_records import complete_sample
    from kpi.reports.documents import render

    if sys.platform != "win32":
        os.nice(_BEHIND)
    with (path / LOCK).open("wb") as lock:
        if take_lock(lock):  # or another server over the same home is at it
            complete_sample(open_home(path, is_sample=True), render)


def _end_with_server() -> None:
    """End as soon as the input does; the next server goes on where this process was."""
    while os.read(0, 1):
        pass
    os._exit(0)


def main() -> None:
    """What the process beside the server does: it completes the home it is told."""
    logs.set_up("warning")  # what goes wrong here goes to the server's log, in its form
    os.dup2(2, 1)
    threading.Thread(target=_end_with_server, daemon=True).start()
    try:
        complete(Path(sys.argv[1]))
    except Exception as wrong:  # told without what it quotes
        logs.unexpected(wrong)
        os._exit(1)
    os._exit(0)


if __name__ == "__main__":
    main()
