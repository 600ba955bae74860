"""The order of steps that a loss of power rests on: synced, named, the folder synced, the ledger last."""

import os
import sqlite3
from pathlib import Path

import pytest
import sqlalchemy as sa
from made_files import WHEN

pytestmark = pytest.mark.skipif(
    not Path("/proc/self/fd").exists(), reason="asks Linux for names of files"
)


def test_an_upload_is_durable_before_the_ledger_says_so(store, make, home, monkeypatch):
    log = []
    real_sync, real_replace = os.fsync, Path.replace

    def fsync(handle):
        log.append(("synced", str(Path(f"/proc/self/fd/{handle}").readlink())))
        return real_sync(handle)

    def replace(self, target):
        done = real_replace(self, target)
        log.append(("named", str(self), str(target)))
        return done

    monkeypatch.setattr(os, "fsync", fsync)
    monkeypatch.setattr(Path, "replace", replace)
    sa.event.listen(store._database._engine, "commit", lambda _: log.append(("committed",)))
    incoming = make.scrap("2026-10", {1: 1})
    store.commit(incoming, who="me", when=WHEN)

    committed = log.index(("committed",))
    for final in (f"{home}/uploads/{incoming.sha256}", f"{home}/facts/scrap/U000001.parquet"):
        (named,) = [n for n, step in enumerate(log) if step[0] == "named" and step[2] == final]
        synced = log.index(("synced", log[named][1]))
        folder = [n for n, step in enumerate(log) if step == ("synced", str(Path(final).parent))]
        assert synced < named < max(folder) < committed


def test_the_ledger_itself_is_synced_at_every_commit(store, home):
    with store._database.writing() as connection:
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2  # FULL
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
    with sqlite3.connect(home / "ledger.db") as other:
        assert other.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    other.close()
