"""What other processes do to a home in the tests of both databases: ``both_deeds.py DEED HOME URL``."""

import os
import sys
from datetime import UTC, datetime
from pathlib import Path

from kpi.store import Store, open_store
from kpi.store.model import Said
from kpi.store.records import SeenEarlierError

WHEN = datetime(2026, 11, 2, 8, 0, tzinfo=UTC)
TIMES = 12


def pair(n: int, who: str) -> list[Said]:
    """Two new records that belong together."""
    return [Said(kind, {"n": n, "who": who}, "", stem="T-2026-") for kind in ("left", "right")]


def add_pairs(store: Store, who: str) -> None:
    """New records, two at a time."""
    for n in range(TIMES):
        store.records.put_all(pair(n, who), who=who, when=WHEN)


def count_up(store: Store, who: str) -> None:
    """One number raised by one, as people do: look, change, and look again if somebody was faster."""
    for _ in range(TIMES):
        while True:
            seen = store.records.get("count", "C-1")
            assert seen is not None
            more = Said("count", {"n": seen.value["n"] + 1}, "", "C-1", seen=seen.version)
            try:
                store.records.put_all([more], who=who, when=WHEN)
                break
            except SeenEarlierError:
                continue


def add_until_killed(store: Store, who: str) -> None:
    """Pairs without end, each told once it is stored."""
    n = 0
    while True:
        store.records.put_all(pair(n, who), who=who, when=WHEN)
        n += 1
        print(n, flush=True)


def die_within(store: Store, who: str) -> None:
    """Killed in the middle of a transaction, with the first record written and the second not."""

    def die() -> None:
        os.kill(os.getpid(), 9)

    with store._database.writing() as connection:
        first, second = pair(0, who)
        store.records.put_within(
            connection, first.kind, "T-2026-999", first.value, who=who, when=WHEN, why=""
        )
        die()
        print(second)


DEEDS = {f.__name__: f for f in (add_pairs, count_up, add_until_killed, die_within)}

if __name__ == "__main__":
    deed, home, url = sys.argv[1:]
    opened = open_store(Path(home), url=url)
    DEEDS[deed](opened, f"process {os.getpid()}")
    opened.close()
