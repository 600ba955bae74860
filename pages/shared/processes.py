"""Processes of this program beside the server. Loads nothing, so that one can be started first."""

import atexit
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).parents[2]

ANSWERING: Final = "pages.shared.answering"
"""The module whose process answers long questions."""

LOOK_AHEAD: Final = "look-ahead"
"""Tells that process to work out what the first page will ask, before it is asked."""

SECRETS: Final = "KPI_AUTH_"
"""What the names of variables with secrets begin with."""


class _Early:
    """The process that was started before there was anything to ask it."""

    process: "subprocess.Popen[bytes] | None" = None


def begin() -> None:
    """Start the process that answers, before the server loads its libraries.

    Both take a second to load them, and the first page waits for an answer of two: side by side
    they take half as long as one after the other.
    """
    _Early.process = started(ANSWERING, LOOK_AHEAD)
    atexit.register(_end_unclaimed)


def begun() -> "subprocess.Popen[bytes] | None":
    """The process that was started early, handed out once."""
    process, _Early.process = _Early.process, None
    return process


def _end_unclaimed() -> None:
    """End it where the server ended before it took it over: its start was refused."""
    process = begun()
    if process is not None:
        process.kill()
        with process:  # its pipes are closed, and it is waited for
            pass


def _without_secrets() -> dict[str, str]:
    """The environment without what signing in needs: answering needs none of it."""
    return {name: value for name, value in os.environ.items() if not name.startswith(SECRETS)}


def started(module: str, *arguments: str) -> "subprocess.Popen[bytes]":
    """A process of this program beside the server, without its secrets.

    Its input ends with the server, however that ends; it must end with its input.
    """
    apart: dict[str, Any] = (
        {"creationflags": 0x200} if os.name == "nt" else {"start_new_session": True}
    )
    return subprocess.Popen(
        [sys.executable, "-m", module, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=ROOT,
        env={**_without_secrets(), "PYTHONPATH": str(ROOT)},
        **apart,
    )
