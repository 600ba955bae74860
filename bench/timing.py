"""Seconds by the wall clock, and the peak memory of a process with all its children."""

import os
import statistics
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import psutil

MEGABYTE: Final = 1 << 20
SAMPLED_EVERY: Final = 0.02


@dataclass(slots=True)
class Line:
    """One line of the table.

    ``seconds`` and ``peer_seconds`` are medians; the goal is a ratio to the peer (``goal_ratio``),
    a time (``goal_seconds``), both, or none. ``peak_mb`` is memory of the process tree, a shared page once.
    """

    what: str
    seconds: float
    peer: str = ""
    peer_seconds: float | None = None
    goal_ratio: float | None = None
    goal_seconds: float | None = None
    peak_mb: float | None = None
    note: str = ""

    @property
    def ratio(self) -> float | None:
        """How many times the peer's time ours is."""
        return self.seconds / self.peer_seconds if self.peer_seconds else None

    @property
    def met(self) -> bool | None:
        """Whether every goal of the line is reached; ``None`` where it has none."""
        limits = [
            (self.ratio, self.goal_ratio),
            (self.seconds, self.goal_seconds),
        ]
        known = [value <= goal for value, goal in limits if value is not None and goal is not None]
        return all(known) if known else None


class Peak:
    """The highest memory of this process and its children while the block runs."""

    def __init__(self, pid: int | None = None) -> None:
        self.megabytes = 0.0
        self._process = psutil.Process(pid or os.getpid())
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> "Peak":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _watch(self) -> None:
        while True:
            self.megabytes = max(self.megabytes, resident(self._process) / MEGABYTE)
            if self._stop.wait(SAMPLED_EVERY):
                return


def resident(process: psutil.Process) -> int:
    """Bytes of memory of a process and its children; those that have ended count zero.

    A page that several of them share counts once, each having its part of it; where the system
    does not say how many share it, it counts for each.
    """
    total = 0
    for one in _tree(process):
        try:
            total += _held(one)
        except psutil.Error:
            continue
    return total


def _held(process: psutil.Process) -> int:
    full = process.memory_full_info()
    return int(getattr(full, "pss", full.rss))


def _tree(process: psutil.Process) -> list[psutil.Process]:
    try:
        return [process, *process.children(recursive=True)]
    except psutil.Error:
        return []


def seconds(run: Callable[[], object]) -> float:
    """Wall time of one call."""
    started = time.perf_counter()
    run()
    return time.perf_counter() - started


def processor_seconds() -> float:
    """Processor time of this process and of the children it has waited for."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def medians(*runs: Callable[[], object], times: int) -> tuple[float, ...]:
    """The median wall time of each, run in turns so that a slow minute slows them all."""
    taken = [[seconds(run) for run in runs] for _ in range(times)]
    return tuple(statistics.median(column) for column in zip(*taken, strict=True))
