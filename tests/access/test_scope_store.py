"""A store seen through some plants answers with what is theirs, whatever it is asked."""

import inspect
from datetime import date

import pytest

from kpi.access import AccessDeniedError
from kpi.datasets import DATASETS
from kpi.errors import UnknownNameError
from kpi.store import Records, Store, View
from kpi.store.ledger import Ledger
from kpi.store.seen import SeenStore, seen_by
from kpi.store.seen_view import SeenView
from tests.access.canaries import COMPANY, MARKS, MIXED, WHEN, plants

OWN, FOREIGN = plants(2)
EVERY_DATASET = tuple(DATASETS)


@pytest.fixture
def seen(two_plants):
    return seen_by(two_plants.store, [OWN.name])


def marks_in(text):
    return [mark for mark in (*MARKS, MIXED, COMPANY) if mark in str(text).lower()]


# --- nothing can be forgotten ------------------------------------------------------------------

SAFE = {
    Store: {
        # of what is limited already: the ledger, the records, the view
        "position", "facts", "entries", "entry", "memories", "plants", "heads", "verify_schema",
        "kept_for", "document", "verify_documents", "loose_documents", "moment", "look_again",
        # of an entry that is given, or of the home as such
        "memory_of_upload", "is_sample", "mark_sample", "keep_document",
        "on_server", "database_name", "about_database",
    },
    View: {
        # through sql and holdings, which are limited
        "table", "arrow", "distinct", "names", "coverage", "covered", "data_date", "datasets",
        "plants", "partitions", "close", "rows_by_day",
    },
}  # fmt: skip


@pytest.mark.parametrize(("whole", "limited"), [(Store, SeenStore), (View, SeenView)])
def test_every_question_is_limited_or_rests_on_one_that_is(whole, limited):
    """A new one has to be thought about: limit it, or say here what limits it."""
    public = {name for name in vars(whole) if not name.startswith("_")}
    public -= {name for name, value in vars(whole).items() if not _asked(value)}
    assert public - set(vars(limited)) <= SAFE[whole]


def _asked(value):
    return inspect.isfunction(value) or isinstance(value, property)


def test_ledger_and_records_are_limited_where_all_their_answers_come_from(two_plants, seen):
    for limited, whole, source in (
        (seen._ledger, Ledger, "_known"), (seen.records, Records, "_all"),
    ):  # fmt: skip
        assert source in vars(type(limited)), f"{whole.__name__} is read past its {source}"


# --- facts -------------------------------------------------------------------------------------


@pytest.mark.parametrize("dataset", EVERY_DATASET)
def test_facts_are_those_of_the_plants_seen(two_plants, seen, dataset):
    whole = two_plants.view().arrow(dataset, plants=[OWN.name])
    found = seen.at().arrow(dataset)
    if dataset != "names":
        assert found.sort_by("row") == whole.sort_by("row")
    assert not set(marks_in(found.to_pylist())) & {FOREIGN.mark, MIXED, COMPANY}
    assert seen.at().arrow(dataset, plants=[FOREIGN.name]).num_rows == 0 or dataset == "names"
    assert seen.at().arrow(dataset, first=date(2026, 1, 1)).num_rows <= found.num_rows


def test_what_is_known_of_facts_is_that_of_the_plants_seen(two_plants, seen):
    view = seen.at()
    assert view.plants() == (OWN.name,)
    for dataset in EVERY_DATASET:
        assert not marks_in(view.distinct(dataset, "plant")) or view.distinct(dataset, "plant") == [
            OWN.name
        ]
        for told in (
            view.partitions(dataset), view.month_rows(dataset), view.coverage(dataset),
            view.covered(dataset), [h.part for h in view.holdings(dataset)],
        ):  # fmt: skip
            assert FOREIGN.mark not in str(told).lower(), dataset
    whole = two_plants.view()
    assert view.month_rows("scrap") == {
        place: n for place, n in whole.month_rows("scrap").items() if place[0] == OWN.name
    }


def test_no_plant_at_all_sees_nothing(two_plants):
    view = seen_by(two_plants.store, []).at()
    assert view.plants() == ()
    assert not any(view.arrow(d).num_rows for d in EVERY_DATASET)
    assert seen_by(two_plants.store, []).entries() == []


def test_rollups_are_shared_and_never_spoilt(two_plants, seen):
    whole, view, place = two_plants.view(), seen.at(), (OWN.name, "2026-03")
    assert view.signature("scrap", *place) == whole.signature("scrap", *place)
    foreign = (FOREIGN.name, "2026-03")
    assert view.signature("scrap", *foreign) != whole.signature("scrap", *foreign)
    nothing = view.arrow("scrap", plants=[FOREIGN.name])
    made = view.derived("test", *foreign, whole.signature("scrap", *foreign), lambda: nothing)
    assert made.num_rows == 0
    kept = whole.derived(
        "test", *foreign, whole.signature("scrap", *foreign),
        lambda: whole.arrow("scrap", plants=[FOREIGN.name]),
    )  # fmt: skip
    assert kept.num_rows > 0
    again = view.derived("test", *foreign, whole.signature("scrap", *foreign), lambda: nothing)
    assert again.num_rows == 0


def test_the_whole_store_is_one_object_and_each_sight_another(two_plants):
    store = two_plants.store
    assert seen_by(store, None) is store
    assert seen_by(store, [OWN.name]) is seen_by(store, [OWN.name])
    assert seen_by(seen_by(store, [OWN.name]), None) is store
    assert store.at() is store.at()
    assert seen_by(store, [OWN.name]).at() is seen_by(store, [OWN.name]).at()


# --- ledger, feeds, files, records -------------------------------------------------------------


def test_a_file_with_other_plants_rows_is_told_as_far_as_ones_own_go(two_plants, seen):
    mine, both = seen.entries()
    assert mine.file == f"{OWN.mark} scrap.csv"
    assert mine.who == f"{OWN.mark} clerk"
    whole = next(e for e in two_plants.store.entries() if e.upload == both.upload)
    assert MIXED in whole.file
    assert not marks_in((both.file, both.feed, both.who, both.answers, both.links, both.layouts))
    assert both.sha256 == both.rows_hash == ""
    assert FOREIGN.mark not in str(both).lower()
    assert both.part("running_time").plants == (OWN.name,)
    assert both.rows["running_time"][1] * 2 == whole.rows["running_time"][1]


def test_bytes_are_given_of_files_seen_whole(two_plants, seen):
    files = {e.file.split()[0]: e for e in two_plants.store.entries()}
    own = files[OWN.mark]
    assert seen.upload_bytes(own.sha256) == two_plants.store.upload_bytes(own.sha256)
    assert seen.bytes_path(own.sha256).exists()
    assert seen.standing_by_hash(own.sha256[:8]) is not None
    for name in (FOREIGN.mark, MIXED):
        for asked in (seen.upload_bytes, seen.bytes_path):
            with pytest.raises(UnknownNameError) as told:
                asked(files[name].sha256)
            assert not marks_in(told.value)
        assert seen.standing_by_hash(files[name].sha256[:8]) is None


def test_feeds_with_other_plants_rows_are_not_offered(two_plants, seen):
    assert len(two_plants.store.feeds()) == 3
    assert [feed.plants for feed in seen.feeds()] == [(OWN.name,)]
    assert [memory.plant for memory in seen.memories()] == [OWN.name]


def test_an_upload_of_another_plant_is_as_unknown_as_one_that_never_was(two_plants, seen):
    foreign = next(e for e in two_plants.store.entries() if e.file.startswith(FOREIGN.mark))
    said = set()
    for upload in (foreign.upload, "U999999"):
        for asked in (seen.entry, seen.standing):
            with pytest.raises(UnknownNameError) as told:
                asked(upload)
            said.add(str(told.value).replace(upload, ""))
        with pytest.raises(UnknownNameError):
            seen.withdraw(upload, who="me", when=WHEN, why="test")
    assert len({text.split(".")[0] for text in said}) == 1


def test_an_upload_with_other_plants_rows_is_not_taken_back(two_plants, seen):
    mixed = next(e for e in two_plants.store.entries() if MIXED in e.file)
    assert not seen.sees_all_of(mixed.upload)
    with pytest.raises(AccessDeniedError) as told:
        seen.withdraw(mixed.upload, who="me", when=WHEN, why="test")
    assert not marks_in(told.value)
    for refused in (
        lambda: seen.purge(mixed.upload, who="me", when=WHEN, why="test"),
        lambda: seen.back_up(two_plants.path, who="me", when=WHEN),
    ):
        with pytest.raises(AccessDeniedError):
            refused()


def test_records_of_other_plants_and_of_the_company_are_not_told(two_plants, seen):
    for kind in ("target", "phase", "exclusion", "event", "person", "token", "feed"):
        for record in (*seen.records.current(kind), *seen.records.history(kind)):
            assert marks_in((record.key, record.value, record.who, record.why)) == [OWN.mark]
    assert seen.records.current("target")
    assert len(two_plants.store.records.current("target")) == 3
    assert seen.records.number() == two_plants.store.records.number()
    assert seen.heads() == two_plants.store.heads()


def test_whole_chains_are_verified_whoever_asks(two_plants, seen):
    assert seen.verify_chain() == two_plants.store.verify_chain()
    assert seen.verify_uploads() == two_plants.store.verify_uploads()
    assert seen.verify_facts() == two_plants.store.verify_facts()
