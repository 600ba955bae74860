"""What is killed at: each point prepares a deed, and looks at what a kill left of the home.

A child tells each deed before and after it. So what must be there is known without asking the
product: all deeds told as done, and perhaps the one that was under way. Figures are worked out again
from that list alone.
"""

import hashlib
import random
import shutil
import time
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import pyarrow as pa
import pyarrow.parquet as pq
from made_files import Maker, amounts, part

from kpi.errors import KpiError
from kpi.model import Coverage
from kpi.scratch import sweep
from kpi.store import engine, opening, restore  # the engine at once, not in every child
from kpi.store.backup import _verify

WHEN = datetime(2026, 11, 1, tzinfo=UTC)
FILES = 12
MONTHS = 6
ROWS = 20
SIZE = 1 << 17
AT_HAND = 2
"""Of files not in force, so many are chosen from: one that a kill left half is soon tried again."""


@dataclass(frozen=True)
class Deed:
    """Something done to the home: how it is told, and how it is done."""

    told: list
    do: object


def incoming_files(folder):
    """Months in two versions each, with bytes of their own that take a while to write."""
    make = Maker(folder)
    found = []
    for n in range(FILES):
        day = date(2026, n % MONTHS + 1, 1)
        rows = [{"date": day, "qty_scrap": float(n + 1), "line": f"L{i}"} for i in range(ROWS)]
        content = random.Random(n).randbytes(SIZE // 2).hex()
        coverage = [Coverage("A", None, day, day)]
        found.append(
            make.file(f"f{n}", part("scrap", rows, coverage, day), feed="f", content=content)
        )
    return found


class Point:
    """A home, the list of deeds done to it, and the files that may be put into it."""

    most_live = 4

    def __init__(self, here):
        self.here, self.home = here, here / "home"
        self.done = []
        self.opened = self.worked = 0.0
        (here / "incoming").mkdir(exist_ok=True)
        self.incoming = incoming_files(here / "incoming")

    def set_up(self):
        """What is there before the first kill; also how long a deed takes and how many lines it has."""
        point = random.Random(1)
        deed = self.prepare(point)
        from killed import Steps

        with Steps() as steps:
            deed.do()
        self.lines(steps.count)
        began = time.perf_counter()
        deed = self.prepare(point)
        deed.do()
        (self.here / "pace").write_text(str(time.perf_counter() - began))
        self.begin_anew()

    def begin_anew(self):
        """Leave the home as the first kill shall find it: empty."""
        self.store.close()
        shutil.rmtree(self.home)

    def pace(self):
        """Seconds a deed takes, as met: a loaded machine must not hollow the test out."""
        return float((self.here / "pace").read_text())

    def lines(self, found=None):
        """How many lines of the store's code a deed has; told by whoever counted."""
        path = self.here / "lines"
        if found is None:
            return int(path.read_text())
        aside = path.with_suffix(".aside")
        aside.write_text(str(found))
        aside.replace(path)
        return found

    # --- deeds ---

    @property
    def store(self):
        if "_store" not in self.__dict__:
            self._store = opening.open_store(self.home)
        return self._store

    def live(self):
        return [e for e in self.store.entries() if e.kind == "upload" and e.withdrawn is None]

    def commit(self, chance):
        """Put in force a file that is not in force, so that every deed is an entry."""
        taken = {e.file for e in self.live()}
        n = chance.choice([n for n in range(FILES) if f"f{n}" not in taken][:AT_HAND])
        file = self.incoming[n]
        return Deed(["upload", n], lambda: self.store.commit(file, who="me", when=WHEN).upload)

    def withdraw(self, chance):
        upload = chance.choice(self.live()).upload

        def do():
            self.store.withdraw(upload, who="me", when=WHEN, why="")
            return upload

        return Deed(["withdrawal", upload], do)

    def prepare(self, chance):
        raise NotImplementedError

    # --- looking ---

    def look(self, told):
        """What is wrong with what is there; a sentence each."""
        store = self.opening(self.home)
        store.verify_chain()
        store.verify_uploads()
        store.verify_facts()
        store.verify_purges()
        self.entries = [[e.kind, e.upload] for e in store.entries()]
        wrong = self._against_told(store, told) + self._rows_whole(store)
        if not wrong:
            wrong = self._figures(store)
        store.close()
        engine.sweep()
        return wrong

    def opening(self, home):
        """The home opened; how long that took, by the clock and of the processor."""
        began, worked = time.perf_counter(), time.process_time()
        store = opening.open_store(home)
        self.opened = max(self.opened, time.perf_counter() - began)
        self.worked = max(self.worked, time.process_time() - worked)
        return store

    def _against_told(self, store, told):
        """Entries are the deeds done, in their order, and perhaps the one under way."""
        done = self.done + [one for one in map(self._entry, told) if one]
        under_way = told[-1]["intent"] if told and "intent" in told[-1] else None
        found = [
            [e.kind, int(e.file[1:]) if e.kind == "upload" else e.upload] for e in store.entries()
        ]
        if found in (done, [*done, under_way]):
            self.known = found
            return []
        return [f"told {done[-4:]} and perhaps {under_way}, but there is {found[-4:]}"]

    @staticmethod
    def _entry(one):
        return one["done"] if "done" in one and one["done"][0] in ENTRIES else None

    def _rows_whole(self, store):
        wrong = []
        for entry in store.entries():
            if entry.kind != "upload" or entry.purged is not None:
                continue
            path = store.files.facts_path("scrap", entry.upload)
            try:
                rows = pq.read_table(path, columns=["upload"]).num_rows
            except (OSError, pa.ArrowInvalid):
                rows = -1
            kept = store.files.bytes_path(entry.sha256)
            if rows != ROWS or hashlib.sha256(kept.read_bytes()).hexdigest() != entry.sha256:
                wrong.append(f"{entry.upload} is not whole")
        return wrong

    def _figures(self, store):
        """The sum of every month, worked out from the list of deeds, against what the store says."""
        live = {}
        for at, (kind, what) in enumerate(self.known, start=1):
            if kind == "upload":
                live[f"U{at:06d}"] = what
            else:
                live.pop(what, None)
        expected = {}
        for n in live.values():  # a later file of the same month takes its place
            expected[f"2026-{n % MONTHS + 1:02d}-01"] = ROWS * float(n + 1)
        found = {}
        for (_, _, day), amount in amounts(store.at()).items():
            found[day] = found.get(day, 0.0) + amount
        return [] if found == expected else [f"figures are {found}, not {expected}"]

    def kept(self):
        return {"known": getattr(self, "known", self.done)}

    def remember(self, _told, found):
        self.done = found["known"]


ENTRIES = ("upload", "withdrawal", "purge")


class Upload(Point):
    def prepare(self, chance):
        return self.withdraw(chance) if len(self.live()) > 8 else self.commit(chance)


class Withdrawal(Point):
    def prepare(self, chance):
        return self.withdraw(chance) if len(self.live()) > 2 else self.commit(chance)


class Purge(Point):
    def prepare(self, chance):
        if len(self.live()) < 3:
            return self.commit(chance)
        upload = chance.choice(self.live()).upload

        def do():
            self.store.purge(upload, who="me", when=WHEN, why="the law")
            return upload

        return Deed(["purge", upload], do)

    def commit(self, chance):
        """What was purged once is put in force again, as it is asked."""
        taken = {e.file for e in self.live()}
        n = chance.choice([n for n in range(FILES) if f"f{n}" not in taken][:AT_HAND])
        file = self.incoming[n]
        answers = {q.id: "again" for q in self.store.plan(file).questions}
        return Deed(
            ["upload", n],
            lambda: self.store.commit(file, who="me", when=WHEN, answers=answers).upload,
        )


class RollUp(Point):
    """Derived tables: each under a signature that says what is in it."""

    def prepare(self, chance):
        if not self.live():
            return self.commit(chance)
        n = chance.randrange(10**6)
        month = f"2026-{n % 12 + 1:02d}"
        table = pa.table({"n": [n] * 20_000, "at": range(20_000)})

        def do():
            made = self.store.at().derived("x", "A", month, f"s{n}", lambda: table)
            return made["n"][0].as_py()

        return Deed(["roll-up", n], do)

    def look(self, told):
        wrong = super().look(told)
        for path in self.home.glob("rollups/*/*.parquet"):
            try:
                table = pq.read_table(path)
                whole = table.num_rows == 20_000 and len(set(table["n"].to_pylist())) == 1
            except (OSError, pa.ArrowInvalid):
                whole = False
            if not whole:
                wrong.append(f"the roll-up {path.name} is not whole")
        for one in told:
            if "done" in one and one["done"][0] == "roll-up" and one["result"] != one["done"][1]:
                wrong.append(f"{one} read otherwise")
        return wrong


class BackupPoint(Point):
    keep = 2

    def set_up(self):
        for n in (0, 7, 2):
            self.store.commit(self.incoming[n], who="me", when=WHEN)
        super().set_up()

    def begin_anew(self):
        shutil.rmtree(self.here / "to")
        self.store.close()

    def __init__(self, here):
        super().__init__(here)
        self.done = [["upload", 0], ["upload", 7], ["upload", 2]]

    def prepare(self, _chance):
        to = self.here / "to"

        def do():
            when = WHEN + timedelta(microseconds=time.monotonic_ns() // 1000)
            made = self.store.back_up(to, who="me", when=when)
            self.store.forget_old_backups(to, keep=self.keep, newest=made.path)
            return made.path.name

        return Deed(["backup"], do)

    def look(self, told):
        wrong = super().look(told)
        there = []
        for path in sorted((self.here / "to").glob("*.zip")):
            try:
                _verify(path)
            except KpiError as error:
                wrong.append(f"{path.name} is there and not whole: {error}")
            there.append(path.name)
        last = [one["result"] for one in told if "done" in one][-1:]
        before = len(self.backups()) if (self.here / "backups").exists() else 0
        if not set(last) <= set(there) or len(there) < min(before, self.keep):
            wrong.append(f"told {last} of {before}, but there is {there}")
        (self.here / "backups").write_text("\n".join(there))
        sweep(self.here / "to")
        if list((self.here / "to").glob("clause-nine-*/.lock")):
            wrong.append("what was begun is not swept")
        if there and random.random() < 0.1:
            wrong += self._comes_back(self.here / "to" / there[-1])
        return wrong

    def backups(self):
        return (self.here / "backups").read_text().split()

    def _comes_back(self, path):
        back = self.here / "back"
        restore(path, back)
        store = opening.open_store(back)
        same = [[e.kind, e.upload] for e in store.entries()] == self.entries
        store.close()
        shutil.rmtree(back)
        return [] if same else ["a backup brings back another home"]


class RestorePoint(BackupPoint):
    """The same backup brought back, again and again, into a place where nothing is."""

    def set_up(self):
        for n in (0, 7, 2):
            self.store.commit(self.incoming[n], who="me", when=WHEN)
        self.store.back_up(self.here / "b.zip", who="me", when=WHEN)
        Point.set_up(self)

    def begin_anew(self):
        self.store.close()
        shutil.rmtree(self.here / "back")

    def prepare(self, _chance):
        target = self.here / "back" / "home"

        def do():
            shutil.rmtree(self.here / "gone", ignore_errors=True)
            if target.exists():
                target.rename(self.here / "gone")
            return restore(self.here / "b.zip", target).position

        return Deed(["restore"], do)

    def look(self, told):
        wrong = Point.look(self, told)
        target = self.here / "back" / "home"
        if told and "done" in told[-1] and not target.exists():
            wrong.append("a home was told to be restored, and is not there")
        if target.exists():
            store = self.opening(target)
            store.verify_chain()
            store.verify_facts()
            store.verify_uploads()
            if [[e.kind, e.upload] for e in store.entries()] != self.entries:
                wrong.append("the home restored is not the one that was backed up")
            store.close()
            shutil.rmtree(target)
        if target.parent.exists():
            sweep(target.parent)
            # Killed before its lock is held, a folder has no name yet: swept once it is old.
            if list(target.parent.glob("[!.]*/*")):
                wrong.append("what was begun is not swept")
        return wrong


POINTS = {
    "upload": Upload,
    "withdrawal": Withdrawal,
    "purge": Purge,
    "roll-up": RollUp,
    "backup": BackupPoint,
    "restore": RestorePoint,
}
