"""A mended upload counts as if its file had been right from the start, wherever it stands."""

import json
import shutil
import sqlite3
from dataclasses import replace
from datetime import date

import pytest
from made_files import WHEN, amounts, part

from kpi.errors import StoreError, UsageError
from kpi.store import database, open_store


def mend_of(make, upload, text, rows, name="mended.xlsx", **more):
    """The month as it reads with mended rows, delivered as a mend of an upload."""
    return replace(make.scrap(text, rows, name=name, **more), mends=upload)


@pytest.fixture
def october(make, put):
    """October with a rejected row on the 3rd."""
    return put(make.scrap("2026-10", {1: 1, 2: 2}))


def in_force(store):
    return amounts(store.at())


def scrap(**days):
    return {("A", None, f"2026-{k[1:3]}-{k[3:]}"): float(v) for k, v in days.items()}


def test_mended_rows_count_beside_the_others(store, put, make, october):
    entry = put(mend_of(make, october.upload, "2026-10", {1: 1, 2: 2, 3: 30}))
    assert (entry.mends, entry.feed) == (october.upload, october.feed)
    assert in_force(store) == scrap(d1001=1, d1002=2, d1003=30)
    assert amounts(store.at(1)) == scrap(d1001=1, d1002=2)  # as it was before
    assert [e.upload for e in store.entries()] == ["U000001", "U000002"]
    (feed,) = store.feeds()
    assert len(feed.uploads) == 1


def test_a_later_export_hides_the_mended_one_and_gives_it_back(store, put, make, october):
    put(mend_of(make, october.upload, "2026-10", {1: 1, 3: 30}))
    later = put(make.scrap("2026-10", {1: 7}, data_date=date(2026, 11, 5)))
    assert in_force(store) == scrap(d1001=7)
    store.withdraw(later.upload, who="me", when=WHEN, why="")
    assert in_force(store) == scrap(d1001=1, d1003=30)


def test_a_mend_made_after_a_later_export_stays_hidden(store, put, make, october):
    put(make.scrap("2026-10", {1: 7}, data_date=date(2026, 11, 5)))
    with pytest.raises(UsageError, match="not in force"):
        put(mend_of(make, "U000099", "2026-10", {1: 1, 3: 30}))
    put(mend_of(make, october.upload, "2026-10", {1: 1, 3: 30}))
    assert in_force(store) == scrap(d1001=7)


def test_withdrawn_and_brought_back_with_its_parent(store, put, make, october):
    put(mend_of(make, october.upload, "2026-10", {1: 1, 2: 2, 3: 30}))
    store.withdraw(october.upload, who="me", when=WHEN, why="")
    assert in_force(store) == {}
    put(make.scrap("2026-10", {1: 1, 2: 2}))  # the same file again
    assert in_force(store) == scrap(d1001=1, d1002=2, d1003=30)


def test_the_same_file_read_otherwise_does_not_bring_the_mend_back(store, put, make, october):
    put(mend_of(make, october.upload, "2026-10", {1: 1, 2: 2, 3: 30}))
    store.withdraw(october.upload, who="me", when=WHEN, why="wrong unit")
    again = make.scrap("2026-10", {1: 10, 2: 20})
    put(replace(again, sha256=october.sha256, path=make.folder / f"{october.sha256}.bin"))
    assert in_force(store) == scrap(d1001=10, d1002=20)


def test_a_withdrawn_mend_leaves_what_was_before(store, put, make, october):
    first = put(mend_of(make, october.upload, "2026-10", {1: 1, 2: 2, 3: 30}))
    second = put(mend_of(make, first.upload, "2026-10", {1: 1, 2: 2, 3: 33}, "again.xlsx"))
    assert in_force(store) == scrap(d1001=1, d1002=2, d1003=33)
    store.withdraw(second.upload, who="me", when=WHEN, why="")
    assert in_force(store) == scrap(d1001=1, d1002=2, d1003=30)
    third = put(mend_of(make, first.upload, "2026-10", {1: 1, 2: 2, 3: 34}, "third.xlsx"))
    store.withdraw(first.upload, who="me", when=WHEN, why="")
    assert third.mends == first.upload
    assert in_force(store) == scrap(d1001=1, d1002=2)


def test_one_that_was_read_before_another_mend_is_refused(store, put, make, october):
    put(mend_of(make, october.upload, "2026-10", {1: 1, 2: 2, 3: 30}))
    with pytest.raises(UsageError, match="upload it again"):
        put(mend_of(make, october.upload, "2026-10", {1: 1, 2: 2, 4: 40}, "other.xlsx"))
    assert store.position() == 2


def test_the_same_mend_and_the_same_original_again_change_nothing(store, put, make, october):
    mend = mend_of(make, october.upload, "2026-10", {1: 1, 2: 2, 3: 30})
    first = put(mend)
    assert put(replace(mend, mends=first.upload)).upload == first.upload
    same_rows = mend_of(make, first.upload, "2026-10", {1: 1, 2: 2, 3: 30}, "saved again.xlsx")
    assert put(same_rows).upload == first.upload
    assert put(make.scrap("2026-10", {1: 1, 2: 2})).upload == october.upload
    assert in_force(store)[("A", None, "2026-10-03")] == 30
    assert store.position() == 2


def test_a_mended_row_hides_nothing_on_days_its_file_does_not_cover(store, put, make, october):
    september = put(make.scrap("2026-09", {29: 29, 30: 3}))
    rows = [
        {"date": date(2026, 10, 1), "qty_scrap": 1.0},
        {"date": date(2026, 9, 30), "qty_scrap": 5.0},
    ]
    mend = replace(
        make.file("late.xlsx", part("scrap", rows, (), date(2026, 10, 31)), feed="scrap feed"),
        mends=october.upload,
    )
    plan = store.plan(mend)
    (question,) = plan.questions
    assert "30 September 2026" in question.ask
    assert september.file in question.ask
    assert ("scrap", "A", "2026-09") in plan.affected
    put(mend, **{question.id: "add"})
    assert in_force(store) == scrap(d0929=29, d0930=8, d1001=1)
    again = make.scrap("2026-09", {29: 1}, data_date=date(2026, 11, 7))
    (question,) = store.plan(again).questions  # nothing it meets goes in silence
    put(again, **{question.id: "replace"})
    assert in_force(store) == scrap(d0929=1, d1001=1)


def test_what_counts_beside_an_upload_counts_beside_its_mended_rows(store, put, make, october):
    beside = make.scrap("2026-10", {5: 5}, coverage=(), name="week.xlsx")
    question = next(iter(store.plan(beside).questions), None)
    put(beside, **({question.id: "add"} if question else {}))
    before = in_force(store)
    assert before == scrap(d1001=1, d1002=2, d1005=5)
    put(mend_of(make, october.upload, "2026-10", {1: 1, 2: 2, 3: 30}))
    assert in_force(store) == before | scrap(d1003=30)


def test_order_items_keep_their_rank_and_first_promise(store, put, make):
    def orders(day, promise, mends=None, **more):
        rows = [
            {"order": "1", "item": "10", "promise_date": promise, "qty_ordered": 5.0,
             "direction": "sales", "source": None},
            *more.get("rows", []),
        ]  # fmt: skip
        made = make.file(f"orders {day}", part("order_item", rows, (), day), feed="orders")
        return replace(made, mends=mends) if mends else made

    first = put(orders(date(2026, 10, 1), date(2026, 10, 20)))
    put(orders(date(2026, 10, 8), date(2026, 10, 27)))
    second = {"order": "2", "item": "10", "promise_date": date(2026, 10, 5), "qty_ordered": 1.0,
              "direction": "sales", "source": None}  # fmt: skip
    put(orders(date(2026, 10, 1), date(2026, 10, 20), mends=first.upload, rows=[second]))
    found = {r["order"]: r for r in store.at().arrow("order_item").to_pylist()}
    assert found["1"]["promise_date"] == date(2026, 10, 27)  # the later export still counts
    assert found["1"]["first_promise_date"] == date(2026, 10, 20)
    assert found["2"]["first_seen"] == date(2026, 10, 1)


def test_preview_shows_it_and_stores_nothing(store, put, make, october):
    mend = mend_of(make, october.upload, "2026-10", {1: 1, 2: 2, 3: 30})
    plan = store.plan(mend)
    assert (plan.rows_new, plan.rows_changed, plan.rows_gone) == (1, 0, 0)
    with store.preview(mend) as after:
        assert amounts(after) == scrap(d1001=1, d1002=2, d1003=30)
    assert store.position() == 1


def test_it_verifies_and_outlives_a_restart(store, put, make, october, home):
    put(mend_of(make, october.upload, "2026-10", {1: 1, 2: 2, 3: 30}))
    assert store.verify_chain() == 2
    assert store.verify_uploads() == 2
    assert store.verify_facts() == 2
    expected = in_force(store)
    again = open_store(home)
    assert amounts(again.at()) == expected
    assert again.sweep() == 0
    again.close()


def test_as_if_the_file_had_been_right_from_the_start(store, put, make, tmp_path):
    """The law behind all of it, with uploads around the mended one."""
    right = open_store(tmp_path / "right")

    def both(incoming, answer=None):
        for one in (store, right):
            asked = {q.id: answer for q in one.plan(incoming).questions} if answer else {}
            one.commit(incoming, who="me", when=WHEN, answers=asked)

    both(make.scrap("2026-09", {1: 9}))
    wrong = put(make.scrap("2026-10", {1: 1}))
    right.commit(make.scrap("2026-10", {1: 1, 2: 2}), who="me", when=WHEN)
    both(make.scrap("2026-11", {1: 11}))
    part_of_it = make.scrap(
        "2026-10", {2: 22}, data_date=date(2026, 11, 9), name="a day.xlsx",
        coverage=(replace(wrong.coverage[0], first=date(2026, 10, 2), last=date(2026, 10, 2)),),
    )  # fmt: skip
    both(part_of_it, "replace")
    put(mend_of(make, wrong.upload, "2026-10", {1: 1, 2: 2}))
    assert in_force(store) == amounts(right.at())
    store.withdraw("U000004", who="me", when=WHEN, why="")
    right.withdraw("U000004", who="me", when=WHEN, why="")
    assert in_force(store) == amounts(right.at())
    right.close()


def test_a_home_made_before_mends_is_upgraded(tmp_path, make):
    """As version 0001 left it: no table of files set aside, no word of mends in its entries."""
    home = tmp_path / "old"
    store = open_store(home)
    entry = store.commit(make.scrap("2026-10", {1: 1, 2: 2}), who="me", when=WHEN)
    store.close()
    as_it_was_before(home)
    store = open_store(home)
    assert store.verify_chain() == 1
    assert in_force(store) == scrap(d1001=1, d1002=2)
    store.commit(mend_of(make, entry.upload, "2026-10", {1: 1, 2: 2, 3: 3}), who="me", when=WHEN)
    assert in_force(store) == scrap(d1001=1, d1002=2, d1003=3)
    assert store.verify_chain() == 2
    store.close()
    with sqlite3.connect(home / "ledger.db") as connection:
        told = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    assert told == (database.SCHEMA,)
    connection.close()


def as_it_was_before(home):
    from kpi.store.codec import canonical, chained

    with sqlite3.connect(home / "ledger.db") as connection:
        connection.execute("DROP TABLE aside")
        connection.execute("DELETE FROM meta WHERE key LIKE 'end of%'")
        connection.execute("DROP TRIGGER ledger_no_update")
        previous = ""
        for row in connection.execute("SELECT * FROM ledger ORDER BY position").fetchall():
            *content, payload, _ = row
            values = json.loads(payload)
            del values["mends"]
            for one in values["parts"]:
                del one["beyond"]
            payload = canonical(values)
            previous = chained(previous, *content, payload)
            connection.execute(
                "UPDATE ledger SET payload = ?, hash = ? WHERE position = ?",
                (payload, previous, content[0]),
            )
        connection.execute(
            "CREATE TRIGGER ledger_no_update BEFORE UPDATE ON ledger "
            "BEGIN SELECT RAISE(ABORT, 'ledger is append-only'); END"
        )
        connection.execute("UPDATE alembic_version SET version_num = '0001'")
    connection.close()


def test_an_older_version_does_not_open_a_home_with_mends(tmp_path, make, monkeypatch):
    home = tmp_path / "new"
    open_store(home).close()
    copy = tmp_path / "copy"
    shutil.copytree(home, copy)
    monkeypatch.setattr(database, "SCHEMA", "0001")
    with pytest.raises(StoreError, match="newer version"):
        open_store(copy)
