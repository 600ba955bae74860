"""An end within a bound: what is in hand is finished, or never was, and then the process goes.

A commit enters the ledger in one transaction at its very end, so that a process may be ended at
any moment. Asked to stop, the server takes nothing new, lets what is in hand end, and is gone after
``PATIENCE`` at the latest, whatever a connection or a calculation still waits for.
"""

import logging
import os
import signal
import sys
import threading
from collections.abc import Callable
from types import FrameType
from typing import Any, Final

from kpi import logs

PATIENCE: Final = 25.0
"""Seconds; service managers send their last signal after 30 (containers) or 90 (systemd)."""

SIGNALS: Final = (signal.SIGTERM, signal.SIGINT)


class Stopping:
    """Whether the process was asked to stop."""

    def __init__(self, patience: float = PATIENCE) -> None:
        self._asked = threading.Event()
        self._patience = patience

    def asked(self) -> bool:
        """Whether it was."""
        return self._asked.is_set()

    def watch(self) -> None:
        """Be told of signals from now on, before whoever handles them already.

        Only the main thread may; elsewhere another server holds the signals, and this does nothing.
        """
        if threading.current_thread() is not threading.main_thread():
            return
        for number in SIGNALS:
            signal.signal(number, self._telling(signal.getsignal(number)))

    def _telling(self, before: Any) -> Callable[[int, FrameType | None], None]:
        """A handler that takes note, and lets whoever handled the signal before handle it."""

        def told(number: int, frame: FrameType | None) -> None:
            if not self._asked.is_set():
                self._asked.set()
                threading.Thread(target=self._end, name="end within bounds", daemon=True).start()
            if callable(before):
                before(number, frame)

        return told

    def _end(self) -> None:
        threading.Event().wait(self._patience)
        logs.event("ended while busy", level=logging.WARNING, seconds=self._patience)
        logging.shutdown()
        sys.stderr.flush()
        # What is not committed by now never was; the next start sweeps what it left.
        os._exit(0)
