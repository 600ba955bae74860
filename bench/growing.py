"""What a server uses over time: memory, processor, threads; and by how much its memory grows."""

import asyncio
import contextlib
import statistics
import time
from dataclasses import dataclass
from itertools import combinations
from typing import Final

import psutil

from bench.timing import MEGABYTE

SAMPLED_EVERY: Final = 5.0
SETTLING: Final = 0.4
"""The share of a run in which libraries, caches and pools are still filling."""

SHORTEST: Final = 600.0
"""Seconds; below, the growth of an hour is not to be told."""

MOST_POINTS: Final = 300


@dataclass(frozen=True, slots=True)
class Sample:
    """The server at one moment, with the processes it started."""

    at: float
    megabytes: float
    processor: float
    threads: int


async def watch(pid: int, samples: list[Sample]) -> None:
    """Sample the process until cancelled."""
    process = psutil.Process(pid)
    while True:
        samples.append(_sample(process))
        try:
            await asyncio.sleep(SAMPLED_EVERY)
        except asyncio.CancelledError:
            samples.append(_sample(process))
            raise


def _sample(process: psutil.Process) -> Sample:
    held, used = 0, 0.0
    for one in [process, *process.children(recursive=True)]:
        with contextlib.suppress(psutil.Error):  # it ended meanwhile
            times = one.cpu_times()
            held += one.memory_info().rss
            used += times.user + times.system
    return Sample(time.monotonic(), held / MEGABYTE, used, process.num_threads())


def growth(samples: list[Sample]) -> float | None:
    """Megabytes an hour: the median slope between any two samples after the settling time.

    ``None`` where the run was too short. The median does not mind the peaks of single questions.

    >>> [Sample(60.0 * n, 500 + n / 6 + 90 * (n == 17), 0, 0) for n in range(3)][2].megabytes
    500.3333333333333
    >>> growth([Sample(60.0 * n, 500 + n / 6 + 90 * (n == 17), 0, 0) for n in range(31)])
    10.0
    """
    if not samples or samples[-1].at - samples[0].at < SHORTEST:
        return None
    start = samples[0].at + SETTLING * (samples[-1].at - samples[0].at)
    late = [sample for sample in samples if sample.at >= start]
    late = late[:: max(1, len(late) // MOST_POINTS)]
    slopes = [
        (after.megabytes - before.megabytes) / (after.at - before.at)
        for before, after in combinations(late, 2)
        if after.at > before.at
    ]
    return round(statistics.median(slopes) * 3600, 6)
