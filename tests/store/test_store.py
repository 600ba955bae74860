"""Uploads in, withdrawals, and what is in force after each."""

from datetime import UTC, date, datetime

import pytest
from made_files import WHEN, amounts, part

from kpi.errors import UnknownNameError, UsageError
from kpi.model import Coverage
from kpi.store import open_store


def test_an_empty_home_opens(store):
    assert store.position() == 0
    assert store.entries() == []
    assert store.feeds() == ()
    assert store.facts("scrap").count().to_pyarrow().as_py() == 0
    assert store.at().partitions("scrap") == []


def test_an_upload_is_kept_whole(store, put, make, home):
    incoming = make.scrap("2026-10", {1: 5, 31: 7})
    entry = put(incoming)
    assert (entry.position, entry.upload, entry.who, entry.when) == (1, "U000001", "me", WHEN)
    assert store.upload_bytes(incoming.sha256) == incoming.path.read_bytes()
    rows = store.at().arrow("scrap").to_pylist()
    assert [(r["upload"], r["sheet"], r["row"], r["qty_scrap"]) for r in rows] == [
        ("U000001", "Sheet1", 2, 5.0),
        ("U000001", "Sheet1", 3, 7.0),
    ]
    again = open_store(home)
    assert amounts(again.at()) == amounts(store.at())
    assert again.entry("U000001") == entry
    again.close()


def test_the_same_file_again_changes_nothing(store, put, make):
    incoming = make.scrap("2026-10", {1: 5})
    first = put(incoming)
    plan = store.plan(incoming)
    assert plan.unchanged
    assert plan.upload == first.upload
    assert put(incoming) == first
    assert store.position() == 1


def test_the_same_rows_saved_again_change_nothing(store, put, make):
    put(make.scrap("2026-10", {1: 5, 2: 6}))
    assert store.plan(make.scrap("2026-10", {2: 6, 1: 5}, name="copy.xlsx")).unchanged


def test_a_corrected_month_supersedes(store, put, make):
    put(make.scrap("2026-10", {1: 5, 2: 6, 3: 7}))
    corrected = make.scrap("2026-10", {1: 5, 2: 60, 4: 1})
    plan = store.plan(corrected)
    assert plan.questions == ()
    assert (plan.rows_new, plan.rows_changed, plan.rows_gone) == (1, 1, 1)
    assert plan.affected == {("scrap", "A", "2026-10")}
    put(corrected)
    assert list(amounts(store.at()).values()) == [5.0, 60.0, 1.0]
    assert list(amounts(store.at(1)).values()) == [5.0, 6.0, 7.0]


def test_ten_of_two_months_corrected(store, put, make):
    """Of two months loaded one was corrected in ten rows, and a new month came along."""
    old = [
        {"date": date(2026, m, d), "qty_scrap": 1.0 * d} for m in (8, 9) for d in range(1, 31)
    ] * 3
    put(
        make.file(
            "a.xlsx",
            part("scrap", old, [Coverage("A", None, date(2026, 8, 1), date(2026, 9, 30))]),
            feed="f",
        )
    )
    new = [dict(r) for r in old]
    for row in new[:10]:
        row["qty_scrap"] += 0.5
    new += [{"date": date(2026, 10, d), "qty_scrap": 2.0} for d in range(1, 31)] * 6
    plan = store.plan(
        make.file(
            "b.xlsx",
            part("scrap", new, [Coverage("A", None, date(2026, 8, 1), date(2026, 10, 31))]),
            feed="f",
        )
    )
    assert [(c.new, c.changed, c.gone, c.kept) for c in plan.changes] == [(180, 10, 0, 170)]


def test_withdrawing_brings_back_what_was_hidden(store, put, make):
    put(make.scrap("2026-10", {1: 5}))
    before = amounts(store.at())
    second = put(make.scrap("2026-10", {1: 50}))
    entry = store.withdraw(second.upload, who="me", when=WHEN, why="wrong file")
    assert (entry.position, entry.kind, entry.upload, entry.why) == (
        3,
        "withdrawal",
        "U000002",
        "wrong file",
    )
    assert amounts(store.at()) == before
    assert store.entry("U000002").withdrawn == 3
    assert list(amounts(store.at(2)).values()) == [50.0]


def test_a_withdrawn_file_is_offered_again(store, put, make):
    incoming = make.scrap("2026-10", {1: 5})
    first = put(incoming)
    store.withdraw(first.upload, who="me", when=WHEN, why="")
    assert not store.plan(incoming).unchanged
    assert put(incoming).upload == "U000003"
    assert list(amounts(store.at()).values()) == [5.0]


def test_withdrawing_twice_or_something_unknown_is_told(store, put, make):
    put(make.scrap("2026-10", {1: 5}))
    store.withdraw("U000001", who="me", when=WHEN, why="")
    with pytest.raises(UsageError) as error:
        store.withdraw("U000001", who="me", when=WHEN, why="")
    assert str(error.value) == (
        "Upload U000001 was withdrawn already, at ledger position 2. Nothing changed."
    )
    with pytest.raises(UnknownNameError) as unknown:
        store.withdraw("U000009", who="me", when=WHEN, why="")
    assert str(unknown.value) == "There is no upload 'U000009'. Did you mean 'U000001'?"


def test_other_plants_and_days_stay(store, put, make):
    put(make.scrap("2026-09", {1: 1}))
    put(make.scrap("2026-10", {1: 2}))
    put(make.scrap("2026-10", {1: 3}, plant="B"))
    put(make.scrap("2026-10", {1: 4}))
    assert amounts(store.at()) == {
        ("A", None, "2026-09-01"): 1.0,
        ("A", None, "2026-10-01"): 4.0,
        ("B", None, "2026-10-01"): 3.0,
    }
    view = store.at()
    assert view.plants() == ("A", "B")
    assert view.partitions("scrap") == [("A", "2026-09"), ("A", "2026-10"), ("B", "2026-10")]
    assert view.arrow("scrap", plants=["B"]).num_rows == 1
    assert view.arrow("scrap", first=date(2026, 10, 1), last=date(2026, 10, 31)).num_rows == 2
    assert view.arrow("scrap", plants=[]).num_rows == 0


def test_one_file_with_two_datasets(store, put, make):
    covered = [Coverage("A", None, date(2026, 10, 1), date(2026, 10, 31))]
    entry = put(
        make.file(
            "both.xlsx",
            part("production", [{"date": date(2026, 10, 1), "qty_produced": 100.0}], covered),
            part("scrap", [{"date": date(2026, 10, 1), "qty_scrap": 2.0}], covered),
        )
    )
    assert entry.datasets == ("production", "scrap")
    assert entry.feed == "Production, scrap and rework, A (both)"
    assert store.at().datasets() == ("production", "scrap")


def test_sheets_of_one_dataset_are_one_part(store, put, make):
    entry = put(
        make.file(
            "months.xlsx",
            part(
                "scrap", [{"date": date(2026, 9, 1), "qty_scrap": 1.0}], data_date=date(2026, 9, 30)
            ),
            part(
                "scrap",
                [{"date": date(2026, 10, 1), "qty_scrap": 2.0}],
                data_date=date(2026, 10, 31),
            ),
        )
    )
    assert entry.datasets == ("scrap",)
    assert entry.data_date == date(2026, 10, 31)
    assert sum(amounts(store.at()).values()) == 3.0


def test_next_months_file_goes_to_the_feed_of_the_same_headings(store, put, make):
    put(make.scrap("2026-09", {1: 1}, feed=None))
    put(make.scrap("2026-10", {1: 1}, feed=None))
    put(make.scrap("2026-10", {1: 1}, feed=None, plant="B"))
    names = [(f.name, f.plant, f.uploads) for f in store.feeds()]
    assert names == [
        ("Scrap and rework, A (scrap)", "A", ("U000001", "U000002")),
        ("Scrap and rework, B (scrap)", "B", ("U000003",)),
    ]


def test_a_feed_remembers_how_its_latest_file_was_read(store, put, make):
    put(
        make.scrap(
            "2026-09", {1: 1}, mapping={"Menge": "qty_scrap"}, conventions={"date order": "dmy"}
        )
    )
    (memory,) = store.memories()
    assert (memory.feed, memory.datasets, memory.plant) == ("scrap feed", ("scrap",), "A")
    assert (dict(memory.mapping), dict(memory.conventions)) == (
        {"Menge": "qty_scrap"},
        {"date order": "dmy"},
    )
    assert memory.signature == ("a", "b")


def test_rows_outside_the_claimed_days_widen_the_claim(store, put, make):
    put(
        make.scrap(
            "2026-10", {1: 1}, coverage=[Coverage("A", None, date(2026, 10, 2), date(2026, 10, 31))]
        )
    )
    (only,) = store.entry("U000001").parts
    assert only.coverage == (
        Coverage("A", None, date(2026, 10, 2), date(2026, 10, 31)),
        Coverage("A", None, date(2026, 10, 1), date(2026, 10, 1)),
    )


def test_a_preview_stores_nothing(store, put, make, home):
    put(make.scrap("2026-10", {1: 5}))
    files = sorted(p for p in home.rglob("*") if p.is_file())
    with store.preview(make.scrap("2026-10", {1: 50})) as after:
        assert after.position == 2
        assert list(amounts(after).values()) == [50.0]
        assert after.signature("scrap", "A", "2026-10") != store.at().signature(
            "scrap", "A", "2026-10"
        )
    assert store.position() == 1
    assert list(amounts(store.at()).values()) == [5.0]
    assert sorted(p for p in home.rglob("*") if p.is_file()) == files


def test_times_are_kept_in_utc(store, make):
    from datetime import timedelta, timezone

    local = datetime(2026, 10, 1, 9, 0, tzinfo=timezone(timedelta(hours=2)))
    entry = store.commit(make.scrap("2026-10", {1: 5}), who="me", when=local)
    assert entry.when == datetime(2026, 10, 1, 7, 0, tzinfo=UTC)


def test_the_sample_marker(home, store):
    assert not store.is_sample
    store.mark_sample()
    assert store.is_sample
