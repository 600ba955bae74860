"""What goes wrong around a store, and the sentence each of it gets."""

import os
import sqlite3
import subprocess
import sys
import threading
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from made_files import WHEN, Maker, amounts, part

from kpi.errors import StoreError, UsageError
from kpi.model import Coverage
from kpi.store import open_store

ROOT = Path(__file__).parents[2]


def test_a_ledger_another_process_writes_to(home, make):
    open_store(home).close()
    other = sqlite3.connect(home / "ledger.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    store = open_store(home, busy_seconds=0.1)
    assert store.position() == 0  # reading does not wait
    with pytest.raises(StoreError) as error:
        store.commit(make.scrap("2026-10", {1: 1}), who="me", when=WHEN)
    assert str(error.value) == (
        f"The ledger of {home} is in use by another process that has not finished. "
        "Nothing was stored; try again in a minute."
    )
    other.execute("ROLLBACK")
    other.close()
    assert store.commit(make.scrap("2026-10", {1: 1}), who="me", when=WHEN).position == 1
    store.close()


def test_a_full_disk(store, make, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("kpi.store.files.write_parquet", full)
    with pytest.raises(StoreError) as error:
        store.commit(make.scrap("2026-10", {1: 1}), who="me", when=WHEN)
    assert str(error.value) == (
        f"The disk that holds {store.home} is full. Nothing was stored; "
        "free some space and try again."
    )
    assert store.position() == 0
    assert not list(store.home.rglob(".aside-*"))


def test_a_newer_home_is_refused(home):
    open_store(home).close()
    with sqlite3.connect(home / "ledger.db") as database:
        database.execute("UPDATE alembic_version SET version_num = '9999'")
    database.close()
    with pytest.raises(StoreError) as error:
        open_store(home)
    assert str(error.value) == (
        f"The ledger of {home} was written by a newer version of Clause Nine "
        "(schema 9999; this one knows 0003). Install the newer version to open it."
    )


def test_a_damaged_ledger(home):
    home.mkdir()
    (home / "ledger.db").write_bytes(b"this is no database, not even nearly" * 100)
    with pytest.raises(StoreError) as error:
        open_store(home)
    assert str(error.value) == (
        f"The ledger of {home} is damaged and cannot be read. "
        "Nothing was changed; restore the latest backup."
    )


def test_a_home_that_is_a_file(tmp_path):
    (tmp_path / "home").write_text("")
    with pytest.raises(StoreError, match="cannot be used"):
        open_store(tmp_path / "home")


READ_ONLY = """
import os, sys
from datetime import datetime
from pathlib import Path
from kpi.errors import StoreError
from kpi.store import open_store
import pyarrow as pa, tempfile
with tempfile.TemporaryDirectory() as folder:  # what an unprivileged user might not be able to import
    warm = open_store(Path(folder))
    warm.at().derived("x", "A", "2026-10", "s", lambda: pa.table({"n": [1]}))
    warm.at().arrow("scrap")
    warm.close()
if os.getuid() == 0:
    os.setuid(65534)
store = open_store(Path(sys.argv[1]))
assert store.read_only
assert store.at().arrow("scrap").num_rows == 1
made = store.at().derived("x", "A", "2026-10", "s", lambda: pa.table({"n": [1]}))
assert made.num_rows == 1
try:
    store.withdraw("U000001", who="me", when=datetime(2026, 1, 1), why="")
except StoreError as error:
    print(error)
"""


@pytest.mark.skipif(os.name == "nt", reason="rights work otherwise there")
def test_a_read_only_home_can_be_read(store, put, make, home, tmp_path):
    put(make.scrap("2026-10", {1: 1}))
    store.close()
    for path in [home, *home.rglob("*")]:
        path.chmod(0o555 if path.is_dir() else 0o444)
    for folder in [tmp_path, *tmp_path.parents]:
        if folder.stat().st_uid == os.getuid() and folder != Path("/"):
            folder.chmod(folder.stat().st_mode | 0o055)
    try:
        done = subprocess.run(
            [sys.executable, "-c", READ_ONLY, str(home)],
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            check=False,
        )
    finally:
        for path in [home, *home.rglob("*")]:
            path.chmod(0o755 if path.is_dir() else 0o644)
    assert done.stdout.strip() == (
        f"The folder {home} may not be written to. Nothing was stored; "
        "ask for write access to it, or choose another home."
    ), done.stderr[-2000:]


def test_a_file_that_changed_while_it_was_read(store, make):
    incoming = make.scrap("2026-10", {1: 1})
    incoming.path.write_bytes(b"something else")
    with pytest.raises(StoreError) as error:
        store.commit(incoming, who="me", when=WHEN)
    assert str(error.value).endswith(
        "changed while it was read. Nothing was stored; upload it again."
    )
    assert store.position() == 0


def test_a_clock_set_back_changes_nothing(store, make):
    first = store.commit(make.scrap("2026-10", {1: 1}), who="me", when=WHEN)
    early = datetime(2001, 1, 1, tzinfo=UTC)
    second = store.commit(make.scrap("2026-10", {1: 2}), who="me", when=early)
    assert (first.position, second.position, second.when) == (1, 2, early)
    assert list(amounts(store.at()).values()) == [2.0]


def test_a_file_without_rows_of_any_dataset(store, make):
    with pytest.raises(UsageError) as error:
        store.plan(make.file("empty.xlsx"))
    assert str(error.value) == "empty.xlsx holds no rows to store."


def test_names_from_files_are_only_text(store, put, make, home):
    plant = "../../A'; DROP TABLE ledger; --"
    put(
        make.scrap(
            "2026-10",
            {(1, "L'1"): 1, (2, "L'2"): 2},
            plant=plant,
            feed="../x'y",
            name="../../../etc/passwd",
        )
    )
    put(make.scrap("2026-10", {(1, "L'1"): 3, (2, "L'2"): 2}, plant=plant, feed="../x'y"))
    part_of_it = make.scrap("2026-10", {(1, "L'1"): 9}, plant=plant, feed="../x'y")
    (question,) = store.plan(part_of_it).questions
    put(part_of_it, **{question.id: "replace"})
    assert amounts(store.at()) == {
        (plant, "L'1", "2026-10-01"): 9.0,
        (plant, "L'2", "2026-10-02"): 2.0,
    }
    assert store.at().arrow("scrap", plants=[plant]).num_rows == 2
    import pyarrow as pa

    store.at().derived("../up", plant, "2026-10", "../s", lambda: pa.table({"n": [1]}))
    outside = [p for p in home.parent.iterdir() if p.name not in ("home", "incoming")]
    assert outside == []
    with pytest.raises(Exception, match="There is no file"):
        store.upload_bytes("../ledger.db")


COMMITS = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from made_files import Maker
from kpi.store import open_store
home, folder, mine = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
make, store = Maker(folder), open_store(home)
for n in range(8):
    store.commit(make.scrap(f"2026-{n + 1:02d}", {1: 1, 2: mine}, feed=None), who="me",
                 when=datetime(2026, 1, 1, tzinfo=UTC))
"""


def test_two_processes_commit_to_one_feed_at_once(home, tmp_path):
    env = {**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{Path(__file__).parent}"}
    (tmp_path / "in").mkdir()
    running = [
        subprocess.Popen(
            [sys.executable, "-c", COMMITS, str(home), str(tmp_path / "in"), str(n)], env=env
        )
        for n in (1, 2)
    ]
    assert [p.wait(120) for p in running] == [0, 0]
    store = open_store(home)
    assert store.position() == 16
    assert len(store.feeds()) == 1
    store.verify_chain()
    assert store.verify_facts() == 16
    found = store.at().arrow("scrap").to_pylist()
    assert len(found) == 16  # of every month one version, whole
    store.close()


def test_threads_share_a_store(store, put, make):
    wrong = []

    def ask():
        try:
            for _ in range(5):
                counts = store.facts("scrap").count().to_pyarrow().as_py()
                assert counts == 3 * len({e.file for e in store.entries()}) or counts % 3 == 0
        except BaseException as error:
            wrong.append(error)

    put(make.scrap("2026-01", {1: 1, 2: 2, 3: 3}))
    threads = [threading.Thread(target=ask) for _ in range(6)]
    for thread in threads:
        thread.start()
    for n in range(2, 7):
        put(make.scrap(f"2026-{n:02d}", {1: 1, 2: 2, 3: 3}))
    for thread in threads:
        thread.join()
    assert wrong == []


def test_leftovers_are_ignored_and_swept_once_old(store, put, make, home):
    put(make.scrap("2026-10", {1: 1}))
    names = [
        "facts/scrap/U000009.parquet",
        "facts/scrap/.aside-x",
        "uploads/.aside-y",
        "uploads/" + "0" * 64,
    ]
    for name in names:
        (home / name).write_bytes(b"half")
    assert list(amounts(store.at()).values()) == [1.0]
    assert store.sweep() == 0
    for name in names:
        os.utime(home / name, (1, 1))
    os.utime(home / "facts/scrap/U000001.parquet", (1, 1))
    assert store.sweep() == 4
    assert list(amounts(store.at()).values()) == [1.0]


def test_a_leftover_under_the_next_name_does_no_harm(store, make, home):
    (home / "facts/scrap/U000001.parquet").write_bytes(b"half a file")
    store.commit(make.scrap("2026-10", {1: 1}), who="me", when=WHEN)
    assert list(amounts(store.at()).values()) == [1.0]


def test_a_dataset_that_gains_a_column_still_reads_old_files(home, make, monkeypatch):
    import pyarrow.parquet as pq

    from kpi.store import planning, rows

    whole = rows.facts_schema

    def narrow(dataset):
        schema = whole(dataset)
        return schema.remove(schema.get_field_index("supplier"))

    claimed = [Coverage("A", None, date(2026, 10, 1), date(2026, 10, 31))]
    file = part("scrap", [{"date": date(2026, 10, 1), "qty_scrap": 1.0}], claimed)
    incoming = Maker(make.folder).file("old.xlsx", file, feed="f")
    with monkeypatch.context() as older:
        older.setattr(rows, "facts_schema", narrow)
        older.setattr(planning, "facts_schema", narrow)
        store = open_store(home)
        store.commit(incoming, who="me", when=WHEN)
    assert "supplier" not in pq.read_schema(home / "facts/scrap/U000001.parquet").names
    put_again = make.scrap("2026-11", {1: 2}, feed="f")
    store.commit(put_again, who="me", when=WHEN)
    assert store.at().arrow("scrap").column("supplier").null_count == 2
    store.close()
