"""The in-process engine that sums roll-ups, and a bounded memory for what was put together."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from functools import cache
from typing import Any, Final, TypeVar

import pyarrow as pa

T = TypeVar("T")

_local = threading.local()


@cache
def _base() -> Any:
    import duckdb

    return duckdb.connect()


def backend() -> Any:
    """An Ibis backend of this thread: DuckDB refuses a connection shared by threads."""
    if not hasattr(_local, "backend"):
        import ibis

        _local.backend = ibis.duckdb.from_connection(_base().cursor())
    return _local.backend


def memtable(table: pa.Table) -> Any:
    """An Arrow table as an Ibis expression, without a copy."""
    import ibis

    return ibis.memtable(table)


class Remembered:
    """The last results by key. Keys carry the position of the ledger, so nothing goes stale."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._kept: OrderedDict[Hashable, Any] = OrderedDict()
        self._making: dict[Hashable, tuple[int, threading.Event]] = {}
        self._lock = threading.Lock()

    def get(
        self, key: Hashable, make: Callable[[], T], keep: Callable[[T], bool] = lambda _: True
    ) -> T:
        """What is kept under the key; made where it is not, while others who ask for it wait.

        ``keep`` tells of what was made whether it is kept; else each who asked makes their own.
        """
        here = threading.get_ident()
        done: threading.Event | None = None
        while True:
            with self._lock:
                if key in self._kept:
                    self._kept.move_to_end(key)
                    found: T = self._kept[key]
                    return found
                done = done or threading.Event()
                maker, made_there = self._making.setdefault(key, (here, done))
            if maker == here:
                break
            made_there.wait()
        try:
            made = make()
            if keep(made):
                self._keep(key, made)
            return made
        finally:
            with self._lock:
                if self._making.get(key, (0, done))[1] is done:
                    del self._making[key]
            done.set()

    def _keep(self, key: Hashable, made: Any) -> None:
        with self._lock:
            self._kept[key] = made
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)


TABLES: Final = Remembered(64)
"""Roll-ups put together for one source; the older positions fall out first."""

SPLITS: Final = Remembered(128)
"""Monthly sums by a few dimensions: parts of tables, small."""

ABOUT: Final = Remembered(512)
"""Small things known about tables: what they state, from when to when, what is covered."""

SUMS: Final = Remembered(128)
"""Sums lately asked for; nobody may change one in place."""

ANSWERS: Final = Remembered(256)
"""Answers lately given, each with its frame of cells; frames are handed out as copies."""
