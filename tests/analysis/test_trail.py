"""The audit trail: every deed is told with before, after, why, who and when; heads of the past hold."""

import ast
import importlib
import inspect
import json
import pkgutil
import shutil
from datetime import date, timedelta
from pathlib import Path

import pytest

import kpi.analysis
from kpi.access import Access, AccessDeniedError, Role
from kpi.analysis import open_home
from kpi.analysis.ingesting import ingest_file
from kpi.analysis.settings_history import keep_settings
from kpi.analysis.trail import TrailFilter, hidden_words, trail
from kpi.analysis.trail_check import compare_head, full_check, trail_state
from kpi.analysis.trail_head import (
    FILE_NAME,
    check_head,
    head_of,
    heads_kept,
    remember_head,
    trail_head,
)
from kpi.analysis.trail_table import trail_frame, trail_json
from kpi.analysis.trail_words import KINDS, changes_of
from kpi.errors import StoreError, UnknownNameError, UsageError
from kpi.qms.kinds import BY_NAME
from kpi.safe_text import csv_text
from kpi.store.chains import Ends
from tests.analysis.trail_deeds import (
    ANNA,
    BY,
    DEEDS,
    KPI,
    LOADED,
    NO_CHANGE,
    NOW,
    WHY,
    add_client,
    change_settings,
    loaded,
    scrap_file,
    set_a_target,
)

PACKAGE = Path(kpi.analysis.__file__).parents[1]


@pytest.fixture(scope="module")
def plant(tmp_path_factory):
    return loaded(tmp_path_factory.mktemp("plant")).path


@pytest.fixture
def home(plant, tmp_path):
    """A home of one's own with one file in force."""
    shutil.copytree(plant, tmp_path / "home")
    found = open_home(tmp_path / "home")
    yield found
    found.store.close()


def writing_functions():
    """Every public function of the analysis that is told who does it, or when."""
    for module in pkgutil.iter_modules(kpi.analysis.__path__):
        loaded_module = importlib.import_module(f"kpi.analysis.{module.name}")
        for name, function in vars(loaded_module).items():
            own = inspect.isfunction(function) and function.__module__ == loaded_module.__name__
            if own and not name.startswith("_"):
                asked = set(inspect.signature(function).parameters)
                if asked & {"who", "when"}:
                    yield f"{module.name}.{name}"


def test_every_function_that_changes_something_is_tried():
    assert set(writing_functions()) == DEEDS.keys() | NO_CHANGE.keys()


@pytest.mark.parametrize("deed", sorted(DEEDS))
def test_each_deed_is_told(home, tmp_path, deed):
    before = {(line.chain, line.number) for line in trail(home).lines}
    DEEDS[deed](home, tmp_path)
    new = [line for line in trail(home).lines if (line.chain, line.number) not in before]
    assert new
    assert {line.when for line in new} == {NOW}
    assert all(len(line.hash) == 64 and line.what.endswith(".") for line in new)
    assert all(line.kind in {*KINDS, *BY_NAME} for line in new), "a kind without words"
    if deed != "settings_history.keep_settings":
        assert {line.who for line in new} == {ANNA}
    if deed not in ("watching.remember_folder",):
        assert any(line.changes for line in new)
    reasoned = "why" in inspect.signature(_function(deed)).parameters
    if reasoned:
        assert WHY in {line.why for line in new}
    full = full_check(home)
    assert all(check.fine for check in full), full


def _function(deed):
    module, _, name = deed.partition(".")
    return getattr(importlib.import_module(f"kpi.analysis.{module}"), name)


WRITES = {"put", "put_within", "put_changed", "append", "append_all"}


def test_nothing_else_writes_into_the_books():
    """Whoever puts a record or an entry is known here, so that a new kind gets its words."""
    found = set()
    paths = (p for part in ("analysis", "qms", "store") for p in (PACKAGE / part).rglob("*.py"))
    for path in paths:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                owner = ast.unparse(node.func.value)
                if node.func.attr in WRITES and owner.endswith(("records", "_ledger", "aside")):
                    found.add(f"{path.relative_to(PACKAGE)}: {owner}.{node.func.attr}")
    assert found == {
        "analysis/keeping.py: home.store.records.put",
        "analysis/sample.py: home.store.records.put",
        "analysis/sample_records.py: home.store.records.put",
        "analysis/settings_history.py: home.store.records.put_changed",
        "analysis/watching.py: home.store.aside.put",
        "analysis/watching.py: home.store.records.put",
        "qms/chart_notes.py: store.records.put",
        "qms/people.py: store.records.put",
        "qms/targets.py: store.records.put",
        "qms/tokens.py: store.records.put",
        "store/store.py: self._ledger.append",
        "store/store.py: self._ledger.append_all",
        "store/store.py: self.records.put",
    }


def test_a_target_changed_shows_both_values(home, tmp_path):
    set_a_target(home, tmp_path)
    later, first = trail(home, TrailFilter(kinds=("target",))).lines
    assert [(c.field, c.old, c.new) for c in later.changes] == [("value", "3", "2.5")]
    assert later.what == "Target of Scrap rate, Nordhafen (from 1 January 2026) changed."
    assert (later.who, later.why, later.when) == (ANNA, WHY, NOW)
    assert first.what == "Target of Scrap rate, Nordhafen (from 1 January 2026) recorded."
    assert ("value", "", "3") in [(c.field, c.old, c.new) for c in first.changes]


def test_an_upload_says_what_it_came_with_and_what_it_took_the_place_of(home, tmp_path):
    outcome = ingest_file(home, scrap_file(tmp_path, "again.csv", more=3), **BY)
    line = trail(home, TrailFilter(kinds=("upload",))).lines[0]
    told = {c.field: (c.old, c.new) for c in line.changes}
    assert told["rows"][1].startswith("Production: 34 of 34 accepted, 0 rejected")
    assert told["SHA-256"] == ("", outcome.sha256)
    assert told["counts before, on the same days"] == ("scrap.csv (U000001)", "again.csv")
    assert not any(field.startswith("read as") for field in told), "nothing is read otherwise"
    first = trail(home, TrailFilter(kinds=("upload",), until=LOADED.date())).lines[0]
    assert ("read as: Scrap Qty", "", "qty_scrap") in [
        (c.field, c.old, c.new) for c in first.changes
    ]


def test_secrets_are_not_told(home, tmp_path):
    _, shown = add_client(home, tmp_path)
    text = json.dumps(trail_json(trail(home))) + csv_text(trail_frame(trail(home)))
    assert shown not in text
    (token,) = (r for r in home.store.records.every() if r.kind == "token")
    assert token.value["sha256"] not in text
    assert "(not shown)" in text
    (change,) = changes_of({"api_key": 1, "a_token": "x"}, {"api_key": 1, "a_token": "y"})
    assert (change.old, change.new) == ("(not shown)", "(not shown)")


@pytest.mark.parametrize(
    ("wanted", "kinds"),
    [
        (TrailFilter(who=(ANNA,)), {"target", "settings"}),
        (TrailFilter(kinds=("upload",)), {"upload"}),
        (TrailFilter(until=LOADED.date()), {"upload"}),
        (TrailFilter(since=NOW.date()), {"target", "settings"}),
        (TrailFilter(since=NOW.date() + timedelta(days=1)), set()),
        (TrailFilter(plants=("Elsewhere",)), {"settings"}),
    ],
)
def test_filters(home, tmp_path, wanted, kinds):
    set_a_target(home, tmp_path)
    change_settings(home, tmp_path)
    assert {line.kind for line in trail(home, wanted).lines} == kinds


def test_filters_that_make_no_sense(home):
    with pytest.raises(UsageError, match="exchange the two days"):
        trail(home, TrailFilter(since=date(2026, 2, 1), until=date(2026, 1, 1)))
    with pytest.raises(UnknownNameError, match="kind of entry"):
        trail(home, TrailFilter(kinds=("uplod",)))


def test_foreign_plants_are_hidden_and_counted(home, tmp_path):
    ingest_file(home, scrap_file(tmp_path, "south.csv", "Südstadt"), **BY)
    change_settings(home, tmp_path)  # concerns the whole company
    set_a_target(home, tmp_path)
    every = trail(home)
    mine = trail(home.seen_by(Access.of({"Nordhafen": Role.QUALITY_MANAGER})))
    assert {line.plants for line in mine.lines} == {("Nordhafen",)}
    assert "Südstadt" not in json.dumps(trail_json(mine), ensure_ascii=False)
    assert len(mine.lines) + mine.hidden == len(every.lines)
    assert mine.head == every.head
    assert hidden_words(mine) == (
        "2 entries concern other plants or the whole company and are not shown to you. "
        "The head vouches for them, too."
    )
    with pytest.raises(AccessDeniedError):
        trail(home.seen_by(Access.of({"Nordhafen": Role.CONTRIBUTOR})))
    manager = home.seen_by(Access.of({"Nordhafen": Role.QUALITY_MANAGER}))
    assert trail_state(manager).startswith("The trail is whole")
    assert compare_head(manager, mine.head.short).fine
    with pytest.raises(AccessDeniedError):  # what is wrong is told by the names of foreign files
        full_check(manager)


def test_pages(home, tmp_path):
    for _ in range(15):
        set_a_target(home, tmp_path)
    found = trail(home)
    pages = [found.page(n) for n in range(1, found.pages + 1)]
    assert [len(page) for page in pages] == [25, 6]
    assert tuple(line for page in pages for line in page) == found.lines


def test_a_clock_set_back_does_not_turn_the_books_round(home, tmp_path):
    set_a_target(home, tmp_path)
    home.store.records.put(
        "target", "x", {"kpi": KPI}, who=ANNA, when=LOADED - timedelta(days=9), why=WHY
    )
    numbers = [line.number for line in trail(home).lines if line.chain == "record"]
    assert numbers == sorted(numbers, reverse=True)


# --- heads ---


def test_a_head_of_the_past_holds_while_the_trail_grows(home, tmp_path):
    heads = [trail_head(home.store).short]
    for deed in ("aims.set_target", "ingesting.ingest_file", "ingesting.withdraw"):
        DEEDS[deed](home, tmp_path)
        heads.append(trail_head(home.store).short)
    assert len(set(heads)) == len(heads)
    for head in heads:
        assert check_head(home.store, head).startswith("The head is this trail's own")
        loosely = head.lower().replace("-", " – ").replace("0", "o").replace("1", "l")
        first, rest = loosely.split(" – ", 1)[0], loosely.split(" – ", 2)[2]
        typed = f"{first.replace('o', '0').replace('l', '1')}-{head.split('-')[1]}-{rest}"
        assert check_head(home.store, typed).startswith("The head is this trail's own")
    assert check_head(home.store, heads[-1]).endswith("nothing was added since.")


def test_a_slip_of_the_pen_is_told_from_a_rewritten_book(home):
    head = trail_head(home.store).short
    other = "2" if head[-9] != "2" else "3"
    with pytest.raises(UsageError, match="copied with a slip"):
        check_head(home.store, head[:-9] + other + head[-8:])
    with pytest.raises(UsageError, match="copied with a slip"):
        check_head(home.store, f"9{head}")
    with pytest.raises(UsageError, match="is no head of an audit trail"):
        check_head(home.store, "73-7")
    elsewhere = head_of(Ends(1, "another", 0, "")).short
    with pytest.raises(StoreError, match=r"Something up to there was rewritten|another home"):
        check_head(home.store, elsewhere)
    longer = head_of(Ends(9, "x", 9, "y")).short
    with pytest.raises(StoreError, match="The end of the trail was cut off"):
        check_head(home.store, longer)
    assert not compare_head(home, longer).fine


def test_heads_printed_are_remembered_and_found_missing(home, tmp_path):
    assert heads_kept(home.store) == ()
    first = trail_head(home.store)
    remember_head(home.store, first, NOW)
    remember_head(home.store, first, NOW)
    set_a_target(home, tmp_path)
    remember_head(home.store, trail_head(home.store), NOW)
    assert heads_kept(home.store) == (first.short, trail_head(home.store).short)
    assert (
        (home.path / FILE_NAME).read_text().startswith(f"2026-11-03T09:30:00+00:00 {first.short}")
    )


def test_an_older_ledger_put_back_is_found_by_what_was_printed(home, tmp_path):
    home.store.close()
    kept = (home.path / "ledger.db").read_bytes()
    again = open_home(home.path)
    set_a_target(again, tmp_path)
    remember_head(again.store, trail_head(again.store), NOW)
    again.store.close()
    for name in ("ledger.db-wal", "ledger.db-shm"):
        (home.path / name).unlink(missing_ok=True)
    (home.path / "ledger.db").write_bytes(kept)
    back = open_home(home.path)
    assert trail_state(back).startswith("The trail is whole")
    wrong = [check for check in full_check(back) if not check.fine]
    assert [check.name for check in wrong] == ["Printed heads"]
    assert "an older copy of the ledger was put back" in wrong[0].says
    back.store.close()


def test_an_empty_home(tmp_path):
    home = open_home(tmp_path / "home")
    assert trail(home).lines == ()
    assert trail_state(home) == "The trail is empty: nothing was changed yet."
    remember_head(home.store, trail_head(home.store), NOW)
    assert not (home.path / FILE_NAME).exists()
    home.store.close()


# --- to take along ---


def test_one_entry_is_counted_as_one(tmp_path):
    fresh = open_home(tmp_path / "fresh")
    keep_settings(fresh, who="Anna", when=NOW)
    assert trail_head(fresh.store).entries == 1
    assert trail_state(fresh) == "The trail is whole: one entry, with nothing before it."
    fresh.store.close()


def test_what_is_saved_runs_no_formula(home):
    bad = "=cmd|' /C calc'!A1"
    home.store.records.put("note", bad, {bad: bad}, who=bad, when=NOW, why=bad)
    text = csv_text(trail_frame(trail(home)))
    assert "\n=" not in text and ",=" not in text
    assert f"'{bad}" in text
    assert trail_head(home.store).short in text


def test_json_has_every_entry_with_its_seal(home, tmp_path):
    set_a_target(home, tmp_path)
    found = trail_json(trail(home))
    assert found["head"]["short"] == trail_head(home.store).short
    assert [e["number"] for e in found["entries"]] == [2, 1, 1]
    assert found["entries"][0]["changes"] == [{"value": "value", "before": "3", "after": "2.5"}]
