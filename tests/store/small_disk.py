"""A full disk for real: run by test_full_disk.py in a process that may mount, or whose files may not grow.

    python small_disk.py FOLDER STEP [limited]

Fills what is left again and again, a little less each time, so that every write of an upload and of
a backup once meets the end of the disk. Prints the sentences met, each once.
"""

import os
import resource
import signal
import sys
from pathlib import Path

from made_files import WHEN, Maker, amounts

from kpi.errors import StoreError
from kpi.store import open_store

FOLDER = Path(sys.argv[1])
LIMITED = "limited" in sys.argv  # no disk of its own: files may not grow beyond a size
HOME = FOLDER / "home"
STEPS = range(1, 40, int(sys.argv[2]))


class Squeeze:
    """So many kilobytes are left."""

    def __init__(self, kilobytes):
        self.bytes, self.ballast = kilobytes * 1024, FOLDER / "ballast"

    def __enter__(self):
        if LIMITED:
            resource.setrlimit(resource.RLIMIT_FSIZE, (self.bytes, resource.RLIM_INFINITY))
            return
        found = os.statvfs(FOLDER)
        free = found.f_bavail * found.f_frsize
        with self.ballast.open("wb") as out:
            out.write(b"x" * max(0, free - self.bytes))

    def __exit__(self, *_):
        if LIMITED:
            unlimited = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
            resource.setrlimit(resource.RLIMIT_FSIZE, unlimited)
        self.ballast.unlink(missing_ok=True)


def main():
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    incoming = Path(sys.argv[1]).parent / "incoming"
    incoming.mkdir(exist_ok=True)
    make, store = Maker(incoming), open_store(HOME)
    store.commit(make.scrap("1999-01", {1: 1}), who="me", when=WHEN)
    told, done, refused = set(), 1, 0
    for n in STEPS:
        file = make.scrap(f"{2000 + n}-01", dict.fromkeys(range(1, 28), n), feed="f")
        with Squeeze(n * 4):
            try:
                store.commit(file, who="me", when=WHEN)
                done += 1
            except StoreError as error:
                told.add(str(error))
                refused += 1
            assert list(amounts(store.at(1)).values()) == [1.0]  # reading goes on
            try:
                store.back_up(FOLDER / "b", who="me", when=WHEN)
            except StoreError as error:
                told.add(str(error))
        assert store.position() == done
        assert not list(FOLDER.rglob(".aside-*"))
        for left in (FOLDER / "b").glob("clause-nine-backup-*"):
            left.unlink()
        assert not list((FOLDER / "b").iterdir())
    assert refused >= 1
    assert done > 2
    assert (store.verify_chain(), store.verify_facts(), store.verify_uploads()) == (done,) * 3
    store.commit(make.scrap("1999-02", {1: 1}), who="me", when=WHEN)  # there is room again
    store.close()
    print("\n".join(sorted(told)))


if __name__ == "__main__":
    main()
