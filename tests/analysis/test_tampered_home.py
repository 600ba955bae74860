"""A home whose books were altered opens, or says in a sentence why not; doctor never fails to answer."""

import shutil
import sqlite3

import pytest

from kpi import analysis
from kpi.analysis.health import examine
from tests.analysis.trail_deeds import BY, WHY, loaded, set_a_target

CELLS = [
    *[("ledger", column) for column in ("kind", "upload", "who", "at", "why", "payload", "hash")],
    *[("record", column) for column in ("kind", "key", "version", "value", "who", "at", "hash")],
]
ROW = {"ledger": "position", "record": "number"}
BROKEN = ("", "other", "{", "{}", "[1]", "9999-99-99", "null")


@pytest.fixture(scope="module")
def plant(tmp_path_factory):
    folder = tmp_path_factory.mktemp("plant")
    home = loaded(folder)
    set_a_target(home, folder)
    analysis.withdraw(home, "U000001", why=WHY, **BY)
    home.store.close()
    return home.path


def altered(path, table, column, number, value):
    """How many rows are other than before."""
    with sqlite3.connect(path / "ledger.db") as database:
        for kind in ("update", "delete"):
            database.execute(f"DROP TRIGGER IF EXISTS {table}_no_{kind}")
        where = f"WHERE {ROW[table]} = ? AND {column} IS NOT ?"
        done = database.execute(
            f"UPDATE {table} SET {column} = ? {where}", (value, number, value)
        ).rowcount
    database.close()
    return done


@pytest.mark.long
@pytest.mark.parametrize(("table", "column"), CELLS)
def test_doctor_answers_whatever_was_altered(plant, tmp_path, table, column):
    for number in (1, 2):
        for turn, value in enumerate(BROKEN):
            path = tmp_path / f"{number}-{turn}"
            shutil.copytree(plant, path)
            if not altered(path, table, column, number, value):
                continue  # it was so already
            home, checks = examine(path)
            wrong = [check for check in checks if not check.fine]
            assert wrong, (number, value)
            assert all(check.says.endswith(".") for check in wrong)
            # Whoever alters whose entry it is, makes the one that takes it back unreadable.
            named = {"ledger": "Ledger position", "record": "Record number"}[table]
            places = (number, 2) if column in ("kind", "upload") else (number,)
            told = " ".join(check.says for check in wrong)
            assert any(f"{named} {place} " in told for place in places), (value, wrong)
            if home is not None:
                home.store.close()
            shutil.rmtree(path)
