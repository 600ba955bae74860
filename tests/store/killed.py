"""Commits and withdraws in children that are killed at random moments. Run by test_kill.py.

A process that has everything imported forks a child per round (a fresh start would take longer
than what is to be tested), kills it, and forks another that looks at what is left.

    python killed.py HOME INCOMING BUILD ROUNDS SEED
"""

import hashlib
import os
import random
import signal
import sys
import time
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from made_files import Maker, part

from kpi.errors import KpiError
from kpi.model import Coverage
from kpi.store import Store, opening
from kpi.store import store as module

WHEN = datetime(2026, 11, 1, tzinfo=UTC)
CHUNK = 1 << 16


class Slow(module.Files):
    """The real thing, but slow enough at writing to be caught at it."""

    def keep_bytes(self, source, sha256):
        final = self.bytes_path(sha256)
        if not final.exists():
            self.place(final, lambda aside: dawdle(source.read_bytes(), aside))


class InPlace(Slow):
    """Deliberately broken: writes under the final name, without fsync or rename."""

    def place(self, final, write):
        final.parent.mkdir(parents=True, exist_ok=True)
        write(final)


class LedgerFirst(Store):
    """Deliberately broken: the ledger row is entered before the files are written."""

    def _keep(self, incoming, entry, tables, entries):
        self.later = lambda: super(LedgerFirst, self)._keep(incoming, entry, tables, entries)
        return entry

    def commit(self, *args, **kwargs):
        self.later = lambda: None
        entry = super().commit(*args, **kwargs)
        self.later()
        return entry


def dawdle(content, path):
    with path.open("wb") as out:
        for at in range(0, len(content), CHUNK):
            out.write(content[at : at + CHUNK])
            out.flush()
            time.sleep(0.0005)


BUILDS = {"sound": (Slow, Store), "in place": (InPlace, Store), "ledger first": (Slow, LedgerFirst)}


def open_build(home, build):
    files, store = BUILDS[build]
    module.Files, opening.Store = files, store
    return opening.open_store(home)


def incoming_files(folder):
    """A few months, each in two versions, with bytes of their own that take a while to write."""
    make = Maker(folder)
    found = []
    for n in range(12):
        day = date(2026, n % 6 + 1, 1)
        rows = [{"date": day, "qty_scrap": float(n), "line": f"L{i}"} for i in range(50)]
        coverage = [Coverage("A", None, day, day)]
        content = random.Random(n).randbytes(CHUNK * 8).hex()
        found.append(
            make.file(f"f{n}", part("scrap", rows, coverage, day), feed="f", content=content)
        )
    return found


def work(home, build, incoming, seed, told):
    """Commit and withdraw, for as long as one lives; tells when the store is open, and each deed."""
    chance = random.Random(seed)
    store = open_build(home, build)
    while True:
        os.write(told, b"!")
        live = [e.upload for e in store.entries() if e.kind == "upload" and e.withdrawn is None]
        if len(live) > 4 and chance.random() < 0.5:
            store.withdraw(chance.choice(live), who="me", when=WHEN, why="")
        elif live and chance.random() < 0.3:
            store.commit(mend_of(store, chance, incoming), who="me", when=WHEN)
        else:
            store.commit(chance.choice(incoming), who="me", when=WHEN)


def mend_of(store, chance, incoming):
    """The other version of a month, setting right the one in force; by itself where none is."""
    at = chance.randrange(len(incoming))
    found = incoming[(at + len(incoming) // 2) % len(incoming)]
    standing = store.standing_by_hash(incoming[at].sha256)
    return replace(found, mends=standing.latest) if standing else found


def look(home, build):
    """What is wrong with the home, if anything; a sentence each."""
    try:
        store = open_build(home, build)
        store.verify_chain()
        store.verify_uploads()
        if build != "ledger first":
            store.verify_facts()
        entries = store.entries()
    except KpiError as error:
        return [str(error)]
    wrong = [f"{e.position} is not its place" for n, e in enumerate(entries, 1) if e.position != n]
    uploads = [e for e in entries if e.kind == "upload"]
    wrong += ["an upload is there twice"] * (len({e.upload for e in uploads}) < len(uploads))
    for entry in uploads:
        path = store.files.facts_path("scrap", entry.upload)
        try:
            rows = pq.read_table(path, columns=["upload"])
        except (OSError, pa.ArrowInvalid) as error:
            wrong.append(f"{entry.upload}: its rows are not whole ({type(error).__name__})")
            continue
        if rows.num_rows != entry.parts[0].rows_accepted:
            wrong.append(f"{entry.upload} has {rows.num_rows} rows")
        kept = store.files.bytes_path(entry.sha256)
        if not kept.exists() or hashlib.sha256(kept.read_bytes()).hexdigest() != entry.sha256:
            wrong.append(f"{entry.upload}: its bytes are not whole")
    return wrong


def in_child(task):
    """Fork; the child does the task and is gone."""
    child = os.fork()
    if child == 0:
        try:
            task()
            os._exit(0)
        except BaseException:
            import traceback

            traceback.print_exc()
            os._exit(1)
    return child


def main():
    home, folder, build, rounds, seed = sys.argv[1:]
    chance = random.Random(int(seed))
    incoming = incoming_files(Path(folder))
    home = Path(home)
    result = home.with_suffix(".txt")
    pace = 0.1  # seconds a deed takes, as met: a loaded machine must not hollow the test out
    for n in range(int(rounds)):
        start = chance.random()
        heard, told = os.pipe()
        child = in_child(lambda start=start, told=told: work(home, build, incoming, start, told))
        os.close(told)
        if n % 5:  # every fifth may be killed while it opens the home
            os.read(heard, 1)
        if n % 2:
            began = time.perf_counter()
            os.read(heard, 1)
            pace = time.perf_counter() - began
        time.sleep(chance.random() * 1.2 * pace)
        os.close(heard)
        os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        if not os.WIFSIGNALED(status):
            print(f"round {n}: the child ended by itself")
            return 1
        checker = in_child(lambda: result.write_text("\n".join(look(home, build))))
        _, status = os.waitpid(checker, 0)
        wrong = result.read_text() if status == 0 else "the home cannot be looked at"
        if wrong:
            print(f"round {n}: {wrong}")
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
