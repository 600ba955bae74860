"""Ledger and records in a file and in a real PostgreSQL server: one behaviour, tried on both."""

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
from made_files import WHEN, Maker, amounts

from kpi.errors import StoreError, UsageError
from kpi.store import Store, bound, open_store, restore
from kpi.store.database import SCHEMA, Database
from kpi.store.model import Said
from kpi.store.records import SeenEarlierError
from tests.store.both_deeds import TIMES, pair
from tests.store.postgres_server import GUARDED, PASSWORD, Server

ROOT = Path(__file__).parents[2]


@dataclass
class Place:
    """Where a home's ledger is kept."""

    home: Path
    url: str
    server: Server

    def open(self, **named: Any) -> Store:
        return open_store(self.home, url=self.url, **named)

    def process(self, deed: str) -> "subprocess.Popen[str]":
        command = [sys.executable, "-m", "tests.store.both_deeds", deed, str(self.home), self.url]
        talks = subprocess.PIPE if deed == "add_until_killed" else None
        return subprocess.Popen(command, cwd=ROOT, stdout=talks, text=True)


BOTH = ["file", "server"]
SERVER_FIRST = [pytest.param("file", marks=pytest.mark.long), "server"]
"""For what takes processes: the file's turn comes with the long tests."""


@pytest.fixture(params=BOTH)
def place(request: Any, tmp_path: Path) -> Place:
    server = request.getfixturevalue("server")
    return Place(tmp_path / "home", server.database() if request.param == "server" else "", server)


@pytest.fixture
def served(server: Server, tmp_path: Path) -> Place:
    return Place(tmp_path / "home", server.database(), server)


# --- one behaviour ----------------------------------------------------------------------------


def lived_in(store: Store, make: Maker) -> None:
    """Uploads, a correction, a withdrawal, records: what any home sees."""
    put = lambda file: store.commit(file, who="me", when=WHEN)  # noqa: E731
    put(make.scrap("2026-09", {1: 3, 2: 4}))
    later = put(make.scrap("2026-10", {1: 5}))
    put(make.scrap("2026-10", {1: 6, 3: 1}, name="corrected.xlsx"))
    store.withdraw(later.upload, who="me", when=WHEN, why="wrong month")
    store.records.put("target", "scrap", {"value": 2.0, "note": "½ %"}, who="a", when=WHEN, why="")
    store.records.put_all(pair(1, "Ünal"), who="Ünal", when=WHEN)


def test_both_come_to_the_same_figures_and_heads(server: Server, make: Maker, tmp_path: Path):
    told = []
    for name, url in (("file", ""), ("server", server.database())):
        store = open_store(tmp_path / name, url=url)
        lived_in(store, make)
        told.append(
            (store.heads(), amounts(store.at()), amounts(store.at(2)), store.verify_chain())
        )
        store.close()
    assert told[0] == told[1]
    assert told[0][1] == {
        ("A", None, "2026-09-01"): 3.0, ("A", None, "2026-09-02"): 4.0,
        ("A", None, "2026-10-01"): 6.0, ("A", None, "2026-10-03"): 1.0,
    }  # fmt: skip


def test_what_was_stored_is_there_again(place: Place, make: Maker):
    store = place.open()
    lived_in(store, make)
    heads, entries = store.heads(), store.entries()
    store.close()
    again = place.open()
    assert (again.heads(), again.entries()) == (heads, entries)
    assert [r.value for r in again.records.current("target")] == [{"value": 2.0, "note": "½ %"}]
    assert again.aside.all() == ()
    again.close()


def test_several_records_or_none(place: Place):
    store = place.open()
    first, _ = store.records.put_all(pair(1, "a"), who="a", when=WHEN)
    changed = Said("left", {"n": 2}, "", first.key, seen=1)
    store.records.put_all([changed], who="b", when=WHEN)
    with pytest.raises(SeenEarlierError) as late:
        store.records.put_all([*pair(9, "a"), changed], who="a", when=WHEN)
    assert late.value.latest.who == "b"
    assert store.records.number() == 3

    def refuse() -> None:
        raise UsageError("no")

    with pytest.raises(UsageError):
        store.records.put_all(pair(9, "a"), who="a", when=WHEN, check=refuse)
    assert (store.records.number(), store.verify_chain()) == (3, 3)
    store.close()


@pytest.mark.long
@pytest.mark.parametrize("place", SERVER_FIRST, indirect=True)
def test_writers_in_several_processes_lose_nothing(place: Place):
    store = place.open()
    store.records.put("count", "C-1", {"n": 0}, who="me", when=WHEN, why="")
    running = [place.process(deed) for deed in ("add_pairs", "count_up", "add_pairs", "count_up")]
    looked = 0
    while any(process.poll() is None for process in running):
        number = len(store.records.history("left")) - len(store.records.history("right"))
        ends = store.chains.ends()
        assert store.chains.ends_at(ends.position, ends.number) == ends
        assert number <= 0  # both were read after one another, so that the right may be ahead
        looked += 1
    assert [process.wait() for process in running] == [0] * 4
    assert looked > 2
    count = store.records.get("count", "C-1")
    assert count is not None
    assert (count.value["n"], count.version) == (2 * TIMES, 2 * TIMES + 1)
    for kind in ("left", "right"):
        keys = [r.key for r in store.records.current(kind)]
        assert keys == [f"T-2026-{n:03d}" for n in range(1, 2 * TIMES + 1)]
    assert store.verify_chain() == store.records.number() == 1 + 6 * TIMES
    store.close()


@pytest.mark.parametrize("place", SERVER_FIRST, indirect=True)
def test_a_writer_killed_within_leaves_nothing_and_blocks_nobody(place: Place):
    store = place.open()
    store.records.put_all(pair(1, "a"), who="a", when=WHEN)
    assert place.process("die_within").wait() == -signal.SIGKILL
    assert store.records.number() == 2
    began = time.monotonic()
    store.records.put_all(pair(2, "a"), who="a", when=WHEN)
    assert time.monotonic() - began < 20  # who is blocked waits for 30
    assert store.verify_chain() == 4
    store.close()


@pytest.mark.long
def test_writers_killed_at_any_time_leave_all_or_nothing(place: Place):
    store = place.open()
    told = 0
    for n in range(12):
        process = place.process("add_until_killed")
        assert process.stdout is not None
        for _ in range(n % 5 + 1):
            process.stdout.readline()
        time.sleep(n * 0.003)
        process.kill()
        rest = process.stdout.read().split()
        process.stdout.close()
        process.wait()
        told += max(int(rest[-1]) if rest else 0, n % 5 + 1)
        left, right = store.records.current("left"), store.records.current("right")
        assert len(left) == len(right) >= told
        assert len(left) - told <= n + 1  # at most the one under way when it was killed, each
    assert store.verify_chain() == store.records.number()
    store.close()


def test_who_is_not_patient_is_refused_while_another_writes(place: Place):
    store, other = place.open(), place.open(busy_seconds=0.2)
    busy = (
        f"The ledger of {place.home} is in use by another process that has not finished. "
        "Nothing was stored; try again in a minute."
    )
    with store._database.writing():
        assert other.records.number() == 0  # reading never waits
        with pytest.raises(StoreError) as at_once, other._database.writing(patient=False):
            pass
        assert str(at_once.value) == busy
        with pytest.raises(StoreError) as later:
            other.records.put("a", "b", {}, who="me", when=WHEN, why="")
        assert "is in use by another process" in str(later.value)
    other.records.put("a", "b", {}, who="me", when=WHEN, why="")
    store.close()
    other.close()


def test_a_reader_sees_one_moment(place: Place):
    store, other = place.open(), place.open()
    with store._database.reading() as connection:
        count = lambda: connection.exec_driver_sql("SELECT count(*) FROM record").scalar()  # noqa: E731
        before = count()
        other.records.put("a", "b", {}, who="me", when=WHEN, why="")
        assert count() == before == 0
    assert store.records.number() == 1
    store.close()
    other.close()


def test_purge(place: Place, make: Maker):
    store = place.open()
    entry = store.commit(make.scrap("2026-09", {1: 3}), who="me", when=WHEN)
    store.purge(entry.upload, who="me", when=WHEN, why="law")
    assert (store.verify_purges(), amounts(store.at())) == (1, {})
    assert not store.files.facts_path("scrap", entry.upload).exists()
    store.close()


# --- append-only ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE ledger SET who = 'x'",
        "DELETE FROM record",
        "TRUNCATE ledger",
        "DELETE FROM ledger",
        "TRUNCATE record",
        "UPDATE record SET value = '{}'",
        "UPDATE record SET who = 'x'",
    ],
)
def test_the_server_refuses_to_change_what_was_written(served: Place, make: Maker, change: str):
    store = served.open()
    lived_in(store, make)
    with pytest.raises(psycopg.errors.RaiseException, match="is append-only"):
        served.server.sql(served.server.name(served.url), change)
    store.close()


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ("UPDATE ledger SET who = 'x' WHERE position = 2", "Ledger position 2"),
        ("UPDATE record SET value = '{}' WHERE number = 1", "Record number 1"),
    ],
)
def test_who_takes_the_guard_away_is_found(served: Place, make: Maker, change: str, told: str):
    store = served.open()
    lived_in(store, make)
    said = store.about_database()
    name = served.server.name(served.url)
    version = served.server.sql(name, "SHOW server_version")[0][0]
    kept = f"Ledger and records are in the database {store.database_name} (PostgreSQL {version})."
    assert said == f"{kept} It refuses to change or delete what was recorded."
    table = change.split()[1]
    served.server.sql(name, f"ALTER TABLE {table} DISABLE TRIGGER ALL", change)
    with pytest.raises(StoreError) as error:
        store.about_database()
    assert str(error.value) == (
        f"{kept} The triggers that keep ledger and record append-only are missing or disabled: "
        "somebody took them away. Compare with a printed head and the latest backup."
    )
    with pytest.raises(StoreError, match=f"^{told} does not fit its hash"):
        store.verify_chain()
    store.close()


# --- backups ----------------------------------------------------------------------------------


@pytest.mark.parametrize("to", ["file", "server"])
def test_a_backup_of_either_is_restored_into_either(
    place: Place, to: str, make: Maker, tmp_path: Path
):
    store = place.open()
    lived_in(store, make)
    made = store.back_up(tmp_path / "backups", who="me", when=WHEN)
    url = place.server.database() if to == "server" else ""
    restore(made.path, tmp_path / "back", url=url)
    back = open_store(tmp_path / "back", url=url)
    assert (back.heads(), back.entries()) == (store.heads(), store.entries())
    assert back.verify_chain() == store.verify_chain()
    assert (back.verify_uploads(), back.verify_facts()) == (3, 3)
    assert amounts(back.at()) == amounts(store.at())
    assert (tmp_path / "back" / "ledger.db").exists() == (to == "file")
    back.records.put("a", "b", {}, who="me", when=WHEN, why="")
    back.close()
    assert store.forget_old_backups(tmp_path / "backups", keep=1, newest=made.path) == ()
    store.close()


def test_a_restore_cut_off_before_the_folder_has_its_name_is_repeated(
    place: Place, make: Maker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    store = place.open()
    lived_in(store, make)
    made = store.back_up(tmp_path / "backups", who="me", when=WHEN)
    url, heads = place.server.database(), store.heads()
    store.close()

    def cut_off(*_: object) -> None:
        raise OSError("pulled the plug")

    with monkeypatch.context() as patch:
        patch.setattr(sys.modules["kpi.store.restore"], "_name", cut_off)
        with pytest.raises(StoreError):
            restore(made.path, tmp_path / "back", url=url)
    assert not (tmp_path / "back").exists()
    with pytest.raises(StoreError, match="is the ledger of another folder"):
        open_store(tmp_path / "else", url=url)
    restore(made.path, tmp_path / "back", url=url)
    back = open_store(tmp_path / "back", url=url)
    assert (back.heads(), amounts(back.at())[("A", None, "2026-10-01")]) == (heads, 6.0)
    back.close()


def test_nothing_is_restored_over_a_database_in_use(place: Place, make: Maker, tmp_path: Path):
    store = place.open()
    made = store.back_up(tmp_path / "backups", who="me", when=WHEN)
    store.close()
    url = place.server.database()
    used = open_store(tmp_path / "used", url=url)
    with pytest.raises(UsageError) as error:
        restore(made.path, tmp_path / "back", url=url)
    assert str(error.value) == (
        f"The database {used.database_name} is not empty. A backup is restored into an empty "
        "database only: make a new one with `createdb --encoding=UTF8`, and name that in "
        "KPI_DATABASE__URL."
    )
    assert not (tmp_path / "back").exists()
    used.close()


# --- folder and database belong together ------------------------------------------------------


def test_a_database_with_another_folder_is_refused(served: Place, make: Maker, tmp_path: Path):
    store = served.open()
    lived_in(store, make)
    with pytest.raises(StoreError) as error:
        open_store(tmp_path / "other", url=served.url)
    assert str(error.value) == (
        f"The database {store.database_name} is the ledger of another folder than "
        f"{tmp_path / 'other'}. Name the folder that belongs to it, or another database; a backup is "
        "restored into an empty database only."
    )
    with pytest.raises(StoreError, match="is the ledger of another folder"):
        open_store(served.home, url=served.server.database())
    with pytest.raises(StoreError) as unnamed:
        open_store(served.home)
    assert str(unnamed.value) == (
        f"The ledger of {served.home} is kept by a database server, and no server is named. Set "
        "database.url in its settings.toml, or KPI_DATABASE__URL in the environment."
    )
    assert not (served.home / "ledger.db").exists()
    store.close()


def test_a_folder_with_a_ledger_of_its_own_is_not_hidden(served: Place, make: Maker):
    own = open_store(served.home)
    lived_in(own, make)
    own.close()
    with pytest.raises(StoreError, match="keeps its ledger in a file"):
        served.open()
    assert served.server.sql(served.server.name(served.url), "SELECT to_regclass('ledger')") == [
        (None,)
    ]


# --- refusals in words ------------------------------------------------------------------------


def test_refusals_are_sentences(served: Place, tmp_path: Path):
    server = served.server
    where = f"on {server.folder}:54329"
    home = tmp_path / "h"

    def said(url: str, password: str | None = None) -> str:
        with pytest.raises((StoreError, UsageError)) as error:
            open_store(home, url=url, password=password)
        assert PASSWORD not in str(error.value)
        assert "wrong one" not in str(error.value)
        return str(error.value)

    assert said(server.url("nothing")) == (
        f"The database of {home} (nothing {where}) is not as database.url says: there is no such "
        "database, user or table. Nothing was stored; make it with `createdb --encoding=UTF8`, or "
        "correct the address."
    )
    guarded = server.url("postgres", GUARDED)
    refused = (
        f"The database of {home} (postgres {where}) does not let this user in. Nothing was stored; "
        "check the user in database.url and the password in KPI_DATABASE_PASSWORD."
    )
    assert said(guarded, "wrong one") == refused
    assert said(guarded) == refused
    latin = server.database("LATIN1")
    assert said(latin) == (
        f"The database of {home} keeps text as LATIN1, which loses letters. Make one with "
        "`createdb --encoding=UTF8 --template=template0` and name that."
    )
    assert said("postgresql://someone@127.0.0.1:9/kpi") == (
        f"The database of {home} (kpi on 127.0.0.1:9) does not answer. Nothing was stored; see "
        "whether its server runs and can be reached from here."
    )
    open_store(
        home, url=server.url(server.name(server.database()), GUARDED), password=PASSWORD
    ).close()


def test_a_user_without_rights(served: Place, tmp_path: Path):
    store = served.open()
    name = served.server.name(served.url)
    served.server.sql(name, "DROP ROLE IF EXISTS looker", "CREATE ROLE looker LOGIN",
                      "GRANT SELECT ON ALL TABLES IN SCHEMA public TO looker")  # fmt: skip
    with pytest.raises(StoreError) as error:
        other = open_store(served.home, url=served.server.url(name, "looker"))
        other.records.put("a", "b", {}, who="me", when=WHEN, why="")
    assert "may not be changed by this user" in str(error.value)
    store.close()


# What the server cut off while it was used is given back by the collector, when that comes by.
@pytest.mark.long
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_server_that_comes_back_is_used_again(make: Maker, tmp_path: Path):
    server = Server()
    try:
        store = open_store(tmp_path / "home", url=server.database())
        lived_in(store, make)
        number = store.records.number()
        server.stop()
        with pytest.raises(StoreError) as error:
            store.records.number()
        assert str(error.value).endswith(
            "does not answer. Nothing was stored; see whether its server runs and can be reached "
            "from here."
        )
        server.start()
        assert store.records.number() == number
        store.records.put("a", "b", {}, who="me", when=WHEN, why="")
        assert store.verify_chain() == number + 5
        store.close()
    finally:
        server.remove()


# --- migrations -------------------------------------------------------------------------------


GUARD_OF_0002 = [
    "DROP TRIGGER record_update_append_only ON record", "DROP TRIGGER record_append_only ON record",
    "DROP FUNCTION kpi_record_update()",
    "CREATE TRIGGER record_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON record "
    "FOR EACH STATEMENT EXECUTE FUNCTION kpi_append_only()",
]  # fmt: skip
"""What makes the guard of the records again as it was before records could be purged."""


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize(
    ("schema", "back"), [("0001", [*GUARD_OF_0002, "DROP TABLE aside"]), ("0002", GUARD_OF_0002)]
)
def test_a_database_of_an_earlier_version(served: Place, make: Maker, schema: str, back: list[str]):
    """Made as that version made it; its rows are the same afterwards, and still guarded."""
    store = served.open()
    lived_in(store, make)
    heads = store.heads()
    store.close()
    name = served.server.name(served.url)
    served.server.sql(name, *back, f"UPDATE alembic_version SET version_num='{schema}'")
    again = served.open()
    assert (again.chains.schema(), again.heads(), again.aside.all()) == (SCHEMA, heads, ())
    assert again.verify_chain() == 7
    again.purge_record("target", "scrap", who="me", when=WHEN, why="law")
    assert (again.verify_chain(), again.verify_record_purges()) == (8, 1)
    again.close()


def test_a_database_of_a_newer_version_is_refused(served: Place):
    served.open().close()
    served.server.sql(
        served.server.name(served.url), "UPDATE alembic_version SET version_num='9999'"
    )
    with pytest.raises(StoreError, match="was written by a newer version of Clause Nine"):
        served.open()


def test_two_that_open_a_new_database_at_once(served: Place):
    """Both find no tables; one makes them, the other finds them made."""
    first = Database(served.url, where="a")
    second = Database(served.url, where="b")
    assert (first.schema(), second.schema()) == (None, None)
    first.migrate()
    second.migrate()
    assert bound.mark_of(served.home) == ""
    first.close()
    second.close()


# --- the whole product ------------------------------------------------------------------------


@pytest.mark.long
def test_the_command_line_on_a_server(served: Place, tmp_path: Path):
    """Ingest, trail, doctor, backup, restore, with the address and password in the environment."""
    name = served.server.name(served.url)
    environment = {
        **os.environ, "KPI_DATABASE__URL": served.server.url(name, GUARDED),
        "KPI_DATABASE_PASSWORD": PASSWORD, "KPI_SAMPLE": "off",
    }  # fmt: skip

    def run(home: Path, *words: str, url: str | None = None) -> Any:
        env = environment if url is None else {**environment, "KPI_DATABASE__URL": url}
        done = subprocess.run(
            [sys.executable, "-m", "kpi", "--home", str(home), *words, "--json"],
            env=env, cwd=ROOT, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert PASSWORD not in done.stdout + done.stderr
        assert "Traceback" not in done.stderr
        return json.loads(done.stdout) if done.stdout else done

    file = tmp_path / "scrap.csv"
    file.write_text(
        "Date;Plant;Line;Scrap quantity;Produced quantity\n2026-10-01;Nord;L1;3;100\n"
        "2026-10-02;Nord;L1;4;100\n2026-10-05;Nord;L1;2;100\n",
        encoding="utf-8",
    )
    (outcome,) = run(served.home, "ingest", str(file))
    assert outcome["state"] == "committed"
    run(served.home, "targets", "--set", "scrap_rate", "--value", "2")
    checks = {c["name"]: c for c in run(served.home, "doctor")["checks"]}
    assert checks["Database"]["fine"]
    assert "PostgreSQL" in checks["Database"]["says"]
    assert checks["Ledger"]["fine"]
    head = run(served.home, "trail")["head"]
    backup = run(served.home, "backup", str(tmp_path / "backups"))
    new = served.server.database()
    back = run(tmp_path / "back", "restore", backup["file"], url=new)
    assert "its ledger in the database" in back["says"]
    assert run(tmp_path / "back", "trail", "--check", head["short"], url=new)["fine"]
    figures = run(served.home, "series", "scrap_rate")
    restored = run(tmp_path / "back", "series", "scrap_rate", url=new)
    assert [r["numerator"] for r in figures] == [r["numerator"] for r in restored] == [9.0]
