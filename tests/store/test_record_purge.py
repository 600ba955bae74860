"""A record's purge: no word of it left in any file, its hashes kept, the chain whole; file and server."""

import os
import shutil
import signal
import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from made_files import WHEN

import kpi.store
from kpi.errors import StoreError, UnknownNameError, UsageError
from kpi.store import Store, seen_by
from kpi.store.chains import link
from kpi.store.codec import canonical
from kpi.store.database import SCHEMA, Database, meta_table, record_table
from kpi.store.tombstones import ERASED, tombstone
from tests.store.killed import Steps, in_child
from tests.store.postgres_server import Server

NAME = "Zbigniew-Oparek"
KIND, KEY = "nonconformity", "NC-2026-001"
BY = {"who": "Ada", "when": WHEN}


def filled(store: Store) -> None:
    """Three versions that say a name, long enough for pages of their own, and others between."""
    for turn in range(3):
        value = {"title": f"{NAME} {turn}", "slice": [["plant", "A"]], "text": NAME * 2000}
        store.records.put(KIND, KEY, value, who="Ben", when=WHEN, why=f"{NAME} said so")
        store.records.put("target", f"t{turn}", {"value": turn}, who="Ben", when=WHEN, why="")


def purge(store: Store, **named: Any) -> Any:
    return store.purge_record(KIND, KEY, **{**BY, "why": "Request 17", **named})


def files_saying(folder: Path, word: str = NAME) -> list[str]:
    """Every file of the folder whose bytes have the word."""
    every = (path for path in folder.rglob("*") if path.is_file())
    return sorted(path.name for path in every if word.encode() in path.read_bytes())


@dataclass
class Place:
    """Where a home's ledger is kept."""

    home: Path
    url: str

    def open(self) -> Store:
        return kpi.store.open_store(self.home, **({"url": self.url} if self.url else {}))


@pytest.fixture(params=["file", "server"])
def place(request: Any, tmp_path: Path) -> Place:
    server = request.getfixturevalue("server")
    return Place(tmp_path / "one", server.database() if request.param == "server" else "")


@pytest.fixture
def both(place: Place) -> Any:
    opened = place.open()
    filled(opened)
    yield opened
    opened.close()


def test_the_content_goes_and_the_hashes_stay(both: Store) -> None:
    before = both.records.every()
    done, erased = purge(both)
    assert (done.number, done.kind, done.key, done.why, erased) == (
        7,
        "purge",
        KEY,
        "Request 17",
        True,
    )
    after = both.records.every()
    same = [(r.kind, r.key, r.version, r.who, r.when, r.hash, r.number) for r in before]
    assert [(r.kind, r.key, r.version, r.who, r.when, r.hash, r.number) for r in after[:6]] == same
    assert [(dict(r.value), r.why, r.purged) for r in after[:6:2]] == [({"purged": 7}, "", 7)] * 3
    assert after[1::2] == before[1::2]
    assert [one["hash"] for one in done.value["versions"]] == [r.hash for r in before[::2]]
    assert (both.verify_chain(), both.verify_record_purges()) == (7, 1)


def test_it_is_read_no_more(both: Store, place: Place) -> None:
    other = place.open()
    assert other.records.get(KIND, KEY) is not None
    purge(both)
    for store in (both, other):  # another process forgets what it had read
        assert store.records.get(KIND, KEY) is None
        assert (store.records.current(KIND), store.records.history(KIND)) == ([], [])
        assert not any(NAME in canonical([r.value, r.why]) for r in store.records.every())
        gone = store.records.purge_of(KIND, KEY)
        assert gone is not None
        assert gone.number == 7
    other.close()


def test_who_sees_other_plants_learns_nothing_of_it(both: Store) -> None:
    purge(both)
    mine, others = seen_by(both, ["A"]), seen_by(both, ["B"])
    assert [r.number for r in mine.records.every()] == [1, 3, 5, 7]
    assert (others.records.every(), others.records.purge_of(KIND, KEY)) == ([], None)
    with pytest.raises(Exception, match="every plant"):
        purge(mine)


def test_a_backup_and_what_is_restored_hold_the_tombstone(both: Store, tmp_path: Path) -> None:
    purge(both)
    made = both.back_up(tmp_path / "backups", **BY)
    kpi.store.restore(made.path, tmp_path / "again")
    again = kpi.store.open_store(tmp_path / "again")
    assert (again.verify_chain(), again.verify_record_purges()) == (7, 1)
    assert again.heads() == both.heads()
    again.close()
    assert files_saying(tmp_path / "again") == []


def test_what_cannot_be_purged(both: Store) -> None:
    with pytest.raises(UsageError, match="needs a reason"):
        purge(both, why=" ")
    with pytest.raises(UnknownNameError):
        both.purge_record(KIND, "NC-2026-999", **BY, why="x")
    purge(both)
    with pytest.raises(UsageError, match="was purged already"):
        purge(both)
    with pytest.raises(UsageError, match="record of a purge stays"):
        both.purge_record("purge", KEY, **BY, why="x")
    assert both.verify_chain() == 7


def test_a_refusal_under_the_lock_changes_nothing(both: Store) -> None:
    def refuse() -> None:
        raise UsageError("signed")

    with pytest.raises(UsageError, match="signed"):
        purge(both, check=refuse)
    assert (both.records.number(), both.verify_chain()) == (6, 6)


@pytest.mark.parametrize(
    "change",
    [
        {"value": "{}"}, {"value": tombstone(7)}, {"value": tombstone(7), "why": "", "who": "x"},
        {"value": tombstone(7), "why": "", "hash": "x"}, {"value": tombstone(2), "why": ""},
    ],
)  # fmt: skip
@pytest.mark.parametrize("number", [1, 2, 7])
def test_the_database_lets_nothing_else_through(
    both: Store, change: dict[str, str], number: int
) -> None:
    purge(both)
    told = record_table.update().where(record_table.c.number == number).values(change)
    with pytest.raises(StoreError, match="append-only"), both._database.writing() as connection:
        connection.execute(told)
    assert both.verify_chain() == 7


# --- somebody who gets round the guard ----------------------------------------------------------


def tampered(home: Path, *changes: str) -> None:
    with sqlite3.connect(home / "ledger.db") as database:
        database.execute("DROP TRIGGER record_no_update")
        for change in changes:
            database.execute(change)
    database.close()


@pytest.mark.parametrize(
    ("change", "at"),
    [
        (f"UPDATE record SET value = '{tombstone(7)}', why = '' WHERE number = 2", 2),
        ("UPDATE record SET who = 'x' WHERE number = 3", 3),
        ("UPDATE record SET at = '2020-01-01T00:00:00+00:00' WHERE number = 3", 3),
        ("UPDATE record SET why = 'x' WHERE number = 1", 1),
        (f"UPDATE record SET hash = '{'0' * 64}' WHERE number = 5", 5),
        ("UPDATE record SET value = replace(value, '\"Ben\"', '\"Eve\"') WHERE number = 7", 1),
    ],
)
def test_a_tombstone_that_no_purge_vouches_for_is_found(
    store: Store, home: Path, change: str, at: int
) -> None:
    filled(store)
    purge(store)
    tampered(home, change)
    assert store.records.broken_at() == at
    with pytest.raises(StoreError, match=f"Record number {at} does not fit"):
        store.verify_chain()


def test_what_is_before_a_tombstone_cannot_be_rewritten_either(store: Store, home: Path) -> None:
    """The purge names the hash before each version: a chain made anew up to there does not meet it."""
    filled(store)
    purge(store)
    row = (2, "target", "t0", 1, '{"value":9}', "Ben", WHEN.isoformat(), "")
    first = store.records.every()[0].hash
    forged = link(first, row)
    tampered(home, f"UPDATE record SET value = '{row[4]}', hash = '{forged}' WHERE number = 2")
    assert store.records.broken_at() == 3


def test_an_altered_record_is_not_purged(store: Store, home: Path) -> None:
    filled(store)
    tampered(home, "UPDATE record SET who = 'x' WHERE number = 3")
    with pytest.raises(StoreError, match=r"Record number 3 does not fit its hash.*would hide it"):
        purge(store)
    assert store.records.number() == 6


def test_content_put_back_is_told(store: Store, home: Path) -> None:
    filled(store)
    with sqlite3.connect(home / "ledger.db") as database:
        (value,) = database.execute("SELECT value FROM record WHERE number = 5").fetchone()
    database.close()
    purge(store)
    tampered(home, f"UPDATE record SET value = '{value}' WHERE number = 5")
    again = kpi.store.open_store(home)
    with pytest.raises(StoreError, match=f"Version 3 of {KEY} was purged and has content"):
        again.verify_record_purges()
    again.close()


# --- bytes --------------------------------------------------------------------------------------


def test_no_byte_of_it_is_left_in_the_home(store: Store, home: Path) -> None:
    filled(store)
    assert files_saying(home) != []
    with store._database.writing() as connection:  # free pages with the words, in the file itself
        connection.exec_driver_sql("CREATE TABLE x AS SELECT * FROM record")
        connection.exec_driver_sql("DROP TABLE x")
    with sqlite3.connect(home / "ledger.db") as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()
    assert files_saying(home) == ["ledger.db"]
    _, erased = purge(store)
    assert (erased, files_saying(home)) == (True, [])


def test_while_somebody_reads_it_waits_and_doctor_tells(home: Path) -> None:
    store = kpi.store.open_store(home, busy_seconds=0.2)
    filled(store)
    reader = sqlite3.connect(home / "ledger.db", isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM record").fetchone()
    _, erased = purge(store)
    assert not erased
    assert store.records.get(KIND, KEY) is None
    with pytest.raises(StoreError, match="free space of the database still"):
        store.verify_record_purges()
    reader.execute("COMMIT")
    reader.close()
    kpi.store.open_store(home).close()
    assert (store.verify_record_purges(), files_saying(home)) == (1, [])
    store.close()


def test_on_a_server_the_table_s_file_is_a_new_one(server: Server, tmp_path: Path) -> None:
    url = server.database()
    store = kpi.store.open_store(tmp_path / "home", url=url)
    filled(store)
    asked = "SELECT pg_relation_filenode('record')"
    before = server.sql(server.name(url), asked)
    purge(store)
    after = server.sql(server.name(url), asked)
    assert after != before
    assert store.verify_chain() == 7
    store.close()


# --- killed -------------------------------------------------------------------------------------


def killed_at(monkeypatch: pytest.MonkeyPatch, home: Path, name: str) -> None:
    """A process that dies by its own hand as it comes to a step of the purge."""

    def purge_and_die() -> None:
        monkeypatch.setattr(Database, name, lambda *_, **__: os.kill(os.getpid(), signal.SIGKILL))
        purge(kpi.store.open_store(home))

    _, status = os.waitpid(in_child(purge_and_die), 0)
    assert os.WTERMSIG(status) == signal.SIGKILL


def looked_at(home: Path) -> bool:
    """Whether the record is purged: all of it with nothing left, or none of it."""
    store = kpi.store.open_store(home)
    assert store.verify_chain() in (6, 7)
    gone = store.records.purge_of(KIND, KEY) is not None
    versions = [r.purged for r in store.records.every() if r.kind == KIND]
    assert versions == ([7, 7, 7] if gone else [None, None, None])
    assert store.verify_record_purges() == gone
    store.close()
    assert (files_saying(home) == []) == gone
    return gone


def test_killed_before_the_files_are_written_anew(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = kpi.store.open_store(home)
    filled(store)
    store.close()
    killed_at(monkeypatch, home, "rewrite")
    assert files_saying(home) != []
    assert looked_at(home)


@pytest.mark.long
def test_killed_at_any_line(tmp_path: Path) -> None:
    outcomes = set()
    done = tmp_path / "whole"
    store = kpi.store.open_store(done)
    filled(store)
    store.close()

    def until(home: Path, last: int | None) -> Any:
        def deed() -> None:
            opened = kpi.store.open_store(home)
            with Steps(last) as steps:
                purge(opened)
            (tmp_path / "lines").write_text(str(steps.count))

        return deed

    shutil.copytree(done, tmp_path / "measured")
    os.waitpid(in_child(until(tmp_path / "measured", None)), 0)
    lines = int((tmp_path / "lines").read_text())
    for turn in range(40):
        home = tmp_path / f"home {turn}"
        shutil.copytree(done, home)
        _, status = os.waitpid(in_child(until(home, 1 + turn * lines // 40)), 0)
        assert os.WTERMSIG(status) == signal.SIGKILL
        outcomes.add(looked_at(home))
        shutil.rmtree(home)
    assert outcomes == {True, False}


# --- an earlier home ----------------------------------------------------------------------------


def test_a_home_of_before_is_migrated_once_and_can_purge(home: Path) -> None:
    store = kpi.store.open_store(home)
    filled(store)
    heads = store.heads()
    store.close()
    tampered(
        home,
        "CREATE TRIGGER record_no_update BEFORE UPDATE ON record "
        "BEGIN SELECT RAISE(ABORT, 'record is append-only'); END",
        "UPDATE alembic_version SET version_num = '0002'",
    )
    again = kpi.store.open_store(home)
    assert (again.chains.schema(), again.heads()) == (SCHEMA, heads)
    purge(again)
    with again._database.reading() as connection:
        kept = connection.scalar(sa.select(meta_table.c.value).where(meta_table.c.key == ERASED))
    assert (kept, again.verify_chain(), files_saying(home)) == ("7", 7, [])
    again.close()
