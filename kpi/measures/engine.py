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


MEGABYTE: Final = 1 << 20


def table_bytes(kept: Any) -> int:
    """Bytes of a table, Arrow's or pandas'; 0 of anything else."""
    if isinstance(kept, pa.Table):
        return int(kept.nbytes)
    return int(kept.memory_usage().sum()) if hasattr(kept, "memory_usage") else 0


class Remembered:
    """The last results by key. Keys carry the position of the ledger, so nothing goes stale.

    ``most`` are kept, and of those that are large no more than ``most_bytes``, weighed by ``weigh``.
    """

    def __init__(
        self,
        most: int,
        *,
        most_bytes: int | None = None,
        weigh: Callable[[Any], int] = table_bytes,
    ) -> None:
        self._most, self._most_bytes, self._weigh = most, most_bytes, weigh
        self._bytes: dict[Hashable, int] = {}
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
        weight = 0 if self._most_bytes is None else self._weigh(made)
        with self._lock:
            self._kept[key] = made
            self._bytes[key] = weight
            while len(self._kept) > self._most or (self._too_heavy() and len(self._kept) > 1):
                oldest, _ = self._kept.popitem(last=False)
                del self._bytes[oldest]

    def _too_heavy(self) -> bool:
        return self._most_bytes is not None and self.bytes > self._most_bytes

    @property
    def bytes(self) -> int:
        """What is kept weighs this much; 0 where nothing bounds it."""
        return sum(self._bytes.values())


TABLES: Final = Remembered(64, most_bytes=1024 * MEGABYTE)
"""Roll-ups put together for one source; the older positions fall out first.

What is made of a table goes with it, and is as large again: see ``beside``.
"""

SPLITS: Final = Remembered(128)
"""Monthly sums by a few dimensions: parts of tables, small."""

ABOUT: Final = Remembered(512)
"""Small things known about tables: what they state, from when to when, what is covered."""

SUMS: Final = Remembered(128)
"""Sums lately asked for; nobody may change one in place."""

ANSWERS: Final = Remembered(256)
"""Answers lately given, each with its frame of cells; frames are handed out as copies."""
