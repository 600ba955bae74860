"""A purge: bytes and rows gone for good, entry and hash kept, figures as after a withdrawal."""

import os
from dataclasses import replace

import pytest
from made_files import WHEN, amounts

from kpi.errors import StoreError, UnknownNameError, UsageError
from kpi.store import open_store
from kpi.store.purge import ERASED


def purge(store, upload, why="A court said so."):
    return store.purge(upload, who="me", when=WHEN, why=why)


def files_of(home):
    return sorted(
        p.relative_to(home).as_posix()
        for p in home.rglob("*")
        if p.is_file() and p.parent.name not in ("home", "rollups") and p.suffix != ".db"
    )


def test_figures_are_as_after_a_withdrawal_and_nothing_is_left(store, put, make, home):
    first, second = make.scrap("2026-10", {1: 1, 2: 2}), make.scrap("2026-10", {1: 5})
    put(first)
    before = amounts(store.at())
    put(second)
    (entry,) = purge(store, "U000002")
    assert (entry.kind, entry.upload, entry.why, entry.position) == (
        "purge", "U000002", "A court said so.", 3,
    )  # fmt: skip
    assert amounts(store.at()) == before
    assert files_of(home) == ["facts/scrap/U000001.parquet", f"uploads/{first.sha256}"]
    assert store.verify_chain() == 3
    assert (store.verify_uploads(), store.verify_facts(), store.verify_purges()) == (1, 1, 1)
    kept = store.entry("U000002")
    assert (kept.sha256, kept.withdrawn, kept.purged) == (second.sha256, 3, 3)
    assert [f.uploads for f in store.feeds()] == [("U000001",)]


def test_the_past_shows_it_no_more_either(store, put, make):
    put(make.scrap("2026-10", {1: 1}))
    put(make.scrap("2026-11", {1: 2}))
    assert len(amounts(store.at(2))) == 2  # remembered, and to be forgotten
    purge(store, "U000001")
    assert list(amounts(store.at(2)).values()) == [2.0]
    assert list(amounts(store.at(1)).values()) == []


def test_another_process_forgets_what_it_remembered(store, put, make, home):
    put(make.scrap("2026-10", {1: 1}))
    put(make.scrap("2026-11", {1: 2}))
    other = open_store(home)
    assert len(amounts(other.at(2))) == 2
    purge(store, "U000001")
    assert list(amounts(other.at(2)).values()) == [2.0]
    other.close()


def test_roll_ups_go_and_are_built_again(store, put, make, home):
    import pyarrow as pa

    put(make.scrap("2026-10", {1: 1}))

    def derived(value):
        return store.at().derived("x", "A", "2026-10", "s", lambda: pa.table({"n": [value]}))

    derived(1)
    assert list(home.glob("rollups/*/*"))
    purge(store, "U000001")
    assert not list(home.glob("rollups/*/*"))
    assert derived(2)["n"].to_pylist() == [2]


def test_what_a_killed_purge_left_goes_at_the_next_opening(store, put, make, home, monkeypatch):
    put(make.scrap("2026-10", {1: 1}))
    put(make.scrap("2026-11", {1: 1}))
    with monkeypatch.context() as ends_early:
        ends_early.setattr(store, "finish_purges", lambda: 0)
        purge(store, "U000001")
    assert len(files_of(home)) == 4
    with pytest.raises(StoreError) as error:
        store.verify_purges()
    assert str(error.value) == (
        f"{home}/facts/scrap/U000001.parquet belongs to a purged upload and is still there. Open "
        "the home with write access once, and it is removed."
    )
    store.close()
    again = open_store(home)
    assert len(files_of(home)) == 2
    assert (again.verify_purges(), again.verify_facts(), again.verify_uploads()) == (1, 1, 1)
    assert again._meta(ERASED) == "3"
    again.close()


def test_what_cannot_be_purged(store, put, make):
    put(make.scrap("2026-10", {1: 1}))
    with pytest.raises(UnknownNameError):
        purge(store, "U000009")
    with pytest.raises(UsageError) as error:
        purge(store, "U000001", why=" ")
    assert str(error.value) == (
        "A purge needs a reason, which stays in the ledger. Give it with --why."
    )
    purge(store, "U000001")
    with pytest.raises(UsageError) as error:
        purge(store, "U000001")
    assert str(error.value) == (
        "Upload U000001 was purged already, at ledger position 2. Nothing changed."
    )
    with pytest.raises(UsageError) as error:
        store.withdraw("U000001", who="me", when=WHEN, why="")
    assert str(error.value) == (
        "Upload U000001 was purged already, at ledger position 2. Nothing changed."
    )
    assert store.position() == 2


def test_a_withdrawn_upload_can_be_purged(store, put, make, home):
    put(make.scrap("2026-10", {1: 1}))
    store.withdraw("U000001", who="me", when=WHEN, why="")
    purge(store, "U000001")
    entry = store.entry("U000001")
    assert (entry.withdrawn, entry.purged) == (2, 3)
    assert files_of(home) == []


def test_bytes_stay_for_another_upload_of_the_same_file(store, put, make, home):
    incoming = make.scrap("2026-10", {1: 1})
    put(incoming)
    store.withdraw("U000001", who="me", when=WHEN, why="")
    put(incoming)
    assert store.kept_for("U000001") == ("U000003",)
    purge(store, "U000001")
    assert files_of(home) == ["facts/scrap/U000003.parquet", f"uploads/{incoming.sha256}"]
    assert list(amounts(store.at()).values()) == [1.0]
    purge(store, "U000003")
    assert files_of(home) == []


def test_mends_go_with_what_they_mend(store, put, make, home):
    put(make.scrap("2026-10", {1: 1}))
    put(replace(make.scrap("2026-10", {1: 1, 2: 2}), mends="U000001"))
    put(replace(make.scrap("2026-10", {1: 1, 2: 2, 3: 3}), mends="U000002"))
    put(make.scrap("2026-11", {1: 1}))
    assert [e.upload for e in purge(store, "U000001")] == ["U000001", "U000002", "U000003"]
    assert [path for path in files_of(home) if path.startswith("facts")] == [
        "facts/scrap/U000004.parquet"
    ]
    assert store.position() == 7
    assert store.verify_chain() == 7


def test_a_mend_alone_gives_way_to_what_it_mended(store, put, make):
    put(make.scrap("2026-10", {1: 1}))
    before = amounts(store.at())
    put(replace(make.scrap("2026-10", {1: 1, 2: 2}), mends="U000001"))
    put(replace(make.scrap("2026-10", {1: 1, 2: 2, 3: 3}), mends="U000002"))
    assert [e.upload for e in purge(store, "U000002")] == ["U000002", "U000003"]
    assert amounts(store.at()) == before


def test_a_purged_file_is_asked_about_before_it_is_stored_again(store, put, make):
    incoming = make.scrap("2026-10", {1: 1})
    put(incoming)
    purge(store, "U000001", why="It named a patient.")
    for again in (incoming, make.scrap("2026-10", {1: 1}, name="saved again.xlsx")):
        (question,) = store.plan(again).questions
        assert question.ask == (
            f"{again.file} was stored before and then purged on 2 November 2026 by me, for this "
            "reason: It named a patient. Shall it be stored again?"
        )
        assert [c.value for c in question.candidates] == ["cancel", "again"]
        with pytest.raises(UsageError, match="needs an answer"):
            put(again)
        assert store.plan(again, {question.id: "cancel"}).cancelled
    (question,) = store.plan(incoming).questions
    put(incoming, **{question.id: "again"})
    assert list(amounts(store.at()).values()) == [1.0]


def test_a_home_in_use_opens_without_waiting_for_what_is_to_be_swept(store, put, make, home):
    import sqlite3
    import time

    put(make.scrap("2026-10", {1: 1}))
    other = sqlite3.connect(home / "ledger.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    began = time.perf_counter()
    open_store(home).close()
    assert time.perf_counter() - began < 5  # a writer would wait for half a minute
    other.execute("ROLLBACK")
    other.close()


@pytest.mark.skipif(os.name == "nt", reason="deletes as Unix does")
def test_a_page_that_reads_while_roll_ups_go_reads_them_anew(store, put, make, home, monkeypatch):
    import pyarrow as pa

    from kpi.store import rollups

    put(make.scrap("2026-10", {1: 1}))
    view = store.at()
    view.derived("x", "A", "2026-10", "s", lambda: pa.table({"n": [1]}))
    real = rollups.pq.read_metadata
    gone = []

    def swept_just_now(path):
        if not gone:
            gone.append(path.unlink())
        return real(path)

    monkeypatch.setattr(rollups.pq, "read_metadata", swept_just_now)
    assert view.derived("x", "A", "2026-10", "s", lambda: pa.table({"n": [2]}))["n"][0].as_py() == 2
