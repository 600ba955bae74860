"""A memory for answers and drawings that all sessions share: bounded in bytes, asked once.

What is kept is handed out itself and not as a copy, since a copy of an overview costs more than
drawing it. So nobody may change what they are given; ``tests/pages/test_remembering.py`` has every
page drawn and looks whether anything was changed.
"""

import pickle
import threading
from collections import OrderedDict, deque
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any, Final

MEGABYTE: Final = 1 << 20

LOOKS_UP_EVERY: Final = 0.2
"""Seconds between two looks of one who waits, whether the answer is still wanted."""


@dataclass(frozen=True, slots=True)
class Age:
    """Of what a home holds: what was put together from an older state is never asked for again."""

    home: str
    position: int
    records: int

    def outlives(self, other: "Age") -> bool:
        """Whether ``other`` is the same home as it was before."""
        return self.home == other.home and (
            (other.position, other.records) < (self.position, self.records)
        )


@dataclass(slots=True)
class _Kept:
    age: Age
    value: Any
    size: int


class _Waiting:
    """How many wait for an answer that another makes: they take no processor."""

    def __init__(self) -> None:
        self.count = 0
        self._lock = threading.Lock()

    def __enter__(self) -> None:
        with self._lock:
            self.count += 1

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self.count -= 1


_WAITING: Final = _Waiting()


def waiting() -> int:
    """Pages that wait now: for their turn, or for an answer somebody else asked for first."""
    return _WAITING.count


class Lane:
    """A queue in which one thing is made at a time, in the order of asking.

    Several expensive answers side by side would take the processor from every cheap page, and none
    of them would be there any sooner.
    """

    def __init__(self, width: int = 1) -> None:
        self._free = width
        self._queue: deque[threading.Event] = deque()
        self._lock = threading.Lock()

    @contextmanager
    def turn(self, wanted: Callable[[], None]) -> Iterator[None]:
        """A block that runs when its turn has come; ``wanted`` raises where it need not run."""
        ticket = self._ticket()
        if ticket is not None:
            self._wait(ticket, wanted)
        try:
            yield
        finally:
            self._next()

    def _ticket(self) -> threading.Event | None:
        """A place in the queue; ``None`` where nobody is before."""
        with self._lock:
            if self._free:
                self._free -= 1
                return None
            ticket = threading.Event()
            self._queue.append(ticket)
            return ticket

    def _wait(self, ticket: threading.Event, wanted: Callable[[], None]) -> None:
        with _WAITING:
            while not ticket.wait(LOOKS_UP_EVERY):
                try:
                    wanted()
                except BaseException:
                    self._leave(ticket)
                    raise

    def _leave(self, ticket: threading.Event) -> None:
        with self._lock:
            if not ticket.is_set():
                self._queue.remove(ticket)
                return
        self._next()  # its turn came meanwhile

    def _next(self) -> None:
        with self._lock:
            if self._queue:
                self._queue.popleft().set()
            else:
                self._free += 1


class Memory:
    """Values by key, the least recently used falling out first.

    A key asked for by several at once is made once: the others wait. What fails is not kept, and
    each of them tries for themselves.
    """

    def __init__(self, most_bytes: int) -> None:
        self._most = most_bytes
        self._kept: OrderedDict[Hashable, _Kept] = OrderedDict()
        self._newest: dict[str, Age] = {}
        self._making: dict[Hashable, threading.Event] = {}
        self._lock = threading.Lock()
        self._bytes = 0

    def get(
        self,
        key: Hashable,
        age: Age,
        make: Callable[[], Any],
        *,
        size: Callable[[Any], int] | None = None,
        lane: Lane | None = None,
        wanted: Callable[[], None] = lambda: None,
    ) -> Any:
        """What is kept under the key; made in its lane where it is not.

        ``wanted`` is called every now and then while others are waited for; it may raise.
        """
        while True:
            with self._lock:
                found = self._kept.get((age, key))
                if found is not None:
                    self._kept.move_to_end((age, key))
                    return found.value
                being_made = self._making.get((age, key))
                if being_made is None:
                    done = self._making[age, key] = threading.Event()
                    break
            with _WAITING:
                while not being_made.wait(LOOKS_UP_EVERY):
                    wanted()
        try:
            with nullcontext() if lane is None else lane.turn(wanted):
                value = make()
            self._keep((age, key), _Kept(age, value, (size or pickled_size)(value)))
            return value
        finally:
            with self._lock:
                del self._making[age, key]
            done.set()

    def _keep(self, key: Hashable, kept: _Kept) -> None:
        with self._lock:
            newest = self._newest.get(kept.age.home)
            if newest is not None and newest.outlives(kept.age):
                return  # made while the home went on: nobody will ask for it
            if newest is None or kept.age.outlives(newest):
                self._newest[kept.age.home] = kept.age
                self._forget([k for k, old in self._kept.items() if kept.age.outlives(old.age)])
            self._kept[key] = kept
            self._bytes += kept.size
            while self._bytes > self._most and len(self._kept) > 1:
                self._forget([next(iter(self._kept))])

    def _forget(self, keys: list[Hashable]) -> None:
        for key in keys:
            self._bytes -= self._kept.pop(key).size

    def values(self) -> list[Any]:
        """What is kept now, the most recently used last."""
        with self._lock:
            return [kept.value for kept in self._kept.values()]

    @property
    def bytes(self) -> int:
        """What is kept comes to this much, as it was measured."""
        return self._bytes

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._kept.clear()
            self._newest.clear()
            self._bytes = 0


_TIMELESS: Final = Age("", 0, 0)

_DRAWINGS: Final = Memory(32 * MEGABYTE)


def once(of: Any, what: Hashable, draw: Callable[[], Any]) -> Any:
    """The drawing of an answer, made once: what it is ``of`` is kept beside it, and so is the same.

    ``what`` tells several drawings of one answer apart.
    """
    kept = _DRAWINGS.get((what, id(of)), _TIMELESS, lambda: (of, draw()))
    return kept[1]


def pickled_size(value: Any) -> int:
    """About as many bytes as a value takes: those of its pickle."""
    return len(pickle.dumps(value, protocol=pickle.HIGHEST_PROTOCOL))
