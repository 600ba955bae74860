"""Versioned records, the chain that vouches for them, and roll-ups."""

import sqlite3
from datetime import date, datetime

import pyarrow as pa
import pytest
from made_files import WHEN, amounts

from kpi.errors import StoreError
from kpi.store import open_store


def test_a_record_keeps_its_history(store, home):
    store.records.put("target", "scrap", {"value": 2.0}, who="a", when=WHEN, why="first")
    store.records.put("target", "otd", {"value": 95.0}, who="a", when=WHEN, why="")
    store.records.put("target", "scrap", {"value": 1.5}, who="b", when=WHEN, why="better")
    assert [
        (r.key, r.version, r.value["value"], r.who) for r in store.records.current("target")
    ] == [
        ("otd", 1, 95.0, "a"),
        ("scrap", 2, 1.5, "b"),
    ]
    history = store.records.history("target", "scrap")
    assert [(r.version, r.why) for r in history] == [(1, "first"), (2, "better")]
    latest = store.records.get("target", "scrap")
    assert latest is not None
    assert latest.when == WHEN
    assert store.records.get("target", "nothing") is None
    assert store.records.current("note") == []
    again = open_store(home)
    assert again.records.history("target", "scrap") == history
    again.close()


def test_what_was_written_cannot_be_changed(store, put, make, home):
    put(make.scrap("2026-10", {1: 1}))
    database = sqlite3.connect(home / "ledger.db")
    for change in ("UPDATE ledger SET who = 'x'", "DELETE FROM ledger"):
        with pytest.raises(sqlite3.IntegrityError, match="ledger is append-only"):
            database.execute(change)
    database.close()


@pytest.mark.parametrize(
    ("change", "told"),
    [
        pytest.param(
            "UPDATE ledger SET who = 'x' WHERE position = 2", "Ledger position 2", id="who"
        ),
        pytest.param(
            "UPDATE ledger SET payload = replace(payload, '2.0', '3.0') || ' ' WHERE position = 1",
            "Ledger position 1",
            id="content",
        ),
        pytest.param("DELETE FROM ledger WHERE position = 1", "Ledger position 1", id="a row gone"),
        pytest.param("UPDATE record SET value = '{}'", "Record number 1", id="a record"),
    ],
)
def test_tampering_is_found(store, put, make, home, change, told):
    for text in ("2026-09", "2026-10", "2026-11"):
        put(make.scrap(text, {1: 2}))
    store.records.put("target", "scrap", {"value": 2.0}, who="a", when=WHEN, why="")
    assert store.verify_chain() == 4
    assert all(len(head) == 64 for head in store.heads())
    store.close()
    database = sqlite3.connect(home / "ledger.db")
    for table in ("ledger", "record"):
        for kind in ("update", "delete"):
            database.execute(f"DROP TRIGGER {table}_no_{kind}")
    database.execute(change)
    database.commit()
    database.close()
    again = open_store(home)
    with pytest.raises(StoreError) as error:
        again.verify_chain()
    assert str(error.value) == (
        f"{told} does not fit its hash: it, or the one before it, was altered "
        "after it was written. Compare with the latest backup."
    )
    again.close()


def test_missing_bytes_and_facts_are_found(store, put, make, home):
    incoming = make.scrap("2026-10", {1: 1})
    put(incoming)
    assert (store.verify_uploads(), store.verify_facts()) == (1, 1)
    (home / "facts/scrap/U000001.parquet").write_bytes(b"x")
    with pytest.raises(StoreError) as facts:
        store.verify_facts()
    assert str(facts.value) == (
        "The scrap rows of scrap_2026-10.xlsx (upload U000001) are missing or altered. "
        "Restore them from the latest backup."
    )
    (home / "uploads" / incoming.sha256).unlink()
    with pytest.raises(StoreError) as kept:
        store.verify_uploads()
    assert str(kept.value) == (
        "The bytes of scrap_2026-10.xlsx (upload U000001) are missing or altered. "
        "Restore them from the latest backup."
    )


# --- roll-ups ---

SUMS = pa.schema([("plant", pa.string()), ("total", pa.float64())])


def sums(view, built):
    def build(plant, month):
        built.append(month)
        first = date.fromisoformat(f"{month}-01")
        rows = view.arrow("scrap", plants=[plant], first=first, last=first.replace(day=28))
        return pa.table(
            {"plant": [plant], "total": [sum(rows.column("qty_scrap").to_pylist())]}, SUMS
        )

    signatures = {
        (plant, month): view.signature("scrap", plant, month)
        for plant, month in view.partitions("scrap")
    }
    found = view.derived_table("sums", signatures, build, SUMS)
    return sorted(found.total.to_pyarrow().to_pylist())


def test_only_what_an_upload_touches_is_built_again(store, put, make, home):
    put(make.scrap("2026-09", {1: 1}))
    put(make.scrap("2026-10", {1: 2}))
    built = []
    assert sums(store.at(), built) == [1.0, 2.0]
    assert sums(store.at(), built) == [1.0, 2.0]
    assert built == ["2026-09", "2026-10"]
    put(make.scrap("2026-10", {1: 20}))
    assert sums(store.at(), built) == [1.0, 20.0]
    assert built == ["2026-09", "2026-10", "2026-10"]
    store.withdraw("U000003", who="me", when=datetime(2026, 11, 1), why="")
    assert sums(store.at(), built) == [1.0, 2.0]
    assert len(built) == 3
    again = open_store(home)
    assert sums(again.at(), built) == [1.0, 2.0]
    assert len(built) == 3
    again.close()


def test_a_preview_keeps_its_roll_ups_to_itself(store, put, make, home):
    put(make.scrap("2026-09", {1: 1}))
    built = []
    sums(store.at(), built)
    kept = sorted((home / "rollups").rglob("*"))
    with store.preview(make.scrap("2026-10", {1: 5})) as after:
        assert sums(after, built) == [1.0, 5.0]
    assert built == ["2026-09", "2026-10"]
    assert sorted((home / "rollups").rglob("*")) == kept


def test_one_derived_table(store, put, make):
    put(make.scrap("2026-09", {1: 1}))
    view, built = store.at(), []

    def build():
        built.append(1)
        return pa.table({"n": [1, 2]})

    for signature in ("s", "s", "t"):
        assert view.derived("x", "A", "2026-09", signature, build).column("n").to_pylist() == [1, 2]
    assert built == [1, 1]


def test_nothing_derived_from_nothing(store):
    assert (
        store.at().derived_table("sums", {}, lambda *_: None, SUMS).count().to_pyarrow().as_py()
        == 0
    )


def test_a_signature_tells_equal_facts_from_others(store, put, make):
    put(make.scrap("2026-09", {1: 1}))
    first = store.at().signature("scrap", "A", "2026-09")
    put(make.scrap("2026-10", {1: 1}))
    assert store.at().signature("scrap", "A", "2026-09") == first
    assert store.at().signature("scrap", "A", "2026-10") != first
    assert store.at(1).signature("scrap", "A", "2026-09") == first


def test_rows_and_coverage_by_month(store, put, make):
    put(make.scrap("2026-09", {1: 1, 2: 1}))
    put(make.scrap("2026-10", {}))
    view = store.at()
    assert view.month_rows("scrap") == {("A", "2026-09"): 2}
    assert [(c.first.isoformat(), c.last.isoformat()) for c in view.coverage("scrap")] == [
        ("2026-09-01", "2026-09-30"),
        ("2026-10-01", "2026-10-31"),
    ]
    assert view.covered("scrap")[("A", "2026-10")] == ((date(2026, 10, 1), date(2026, 10, 31)),)
    assert view.data_date() == date(2026, 10, 31)
    assert view.data_date(["scrap"], plants=["B"]) is None
    assert amounts(view) == {("A", None, "2026-09-01"): 1.0, ("A", None, "2026-09-02"): 1.0}
