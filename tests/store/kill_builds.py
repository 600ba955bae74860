"""The product as it is, but slow enough at writing to be caught at it; and builds broken on purpose."""

import importlib
import time

from kpi.store import backup, opening
from kpi.store import store as module

restore = importlib.import_module("kpi.store.restore")  # the package has a function of that name

CHUNK = 1 << 12


class Slow(module.Files):
    """The real thing, dawdling over the bytes of uploads."""

    def keep_bytes(self, source, sha256):
        final = self.bytes_path(sha256)
        if not final.exists():
            self.place(final, lambda aside: dawdle(source.read_bytes(), aside))


class InPlace(Slow):
    """Broken: writes under the final name, without fsync or rename."""

    def place(self, final, write):
        final.parent.mkdir(parents=True, exist_ok=True)
        write(final)


class LedgerFirst(module.Store):
    """Broken: the ledger row is entered before the files are written."""

    def _keep(self, incoming, entry, tables, entries):
        self.later = lambda: super(LedgerFirst, self)._keep(incoming, entry, tables, entries)
        return entry

    def commit(self, *args, **kwargs):
        self.later = lambda: None
        entry = super().commit(*args, **kwargs)
        self.later()
        return entry


class FilesFirst(module.Store):
    """Broken: a purge removes the files before the ledger says so."""

    def purge(self, upload, **said):
        entry = self.entry(upload)
        for part in entry.parts:
            self.files.facts_path(part.dataset, upload).unlink(missing_ok=True)
        return super().purge(upload, **said)


def dawdle(content, path):
    with path.open("wb") as out:
        for at in range(0, len(content), CHUNK):
            out.write(content[at : at + CHUNK])
            out.flush()
            time.sleep(0.0002)


class Here:
    """Broken, in place of a private folder: what is begun has its final name at once."""

    def __init__(self, parent):
        self.path = parent

    def close(self):
        pass


def use_build(name):
    """Let the store be the sound one, or one of those that must be found out."""
    module.Files = InPlace if name == "in place" else Slow
    if name == "ledger first":
        opening.Store = LedgerFirst
    elif name == "files first":
        opening.Store = FilesFirst
    elif name == "archive in place":
        backup.PrivateFolder = Here
        backup._free = lambda path, exact: path
    elif name == "home in place":
        restore.PrivateFolder = Here
        restore._name = lambda made, home: None
    elif name not in ("sound", "in place"):
        raise ValueError(name)
