"""What is set, recorded when it is seen: by hand, by the program, by the environment, once each."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from kpi.access import LOCAL, Access, AccessDeniedError, Role
from kpi.analysis import open_home, settings_history
from kpi.analysis.settings_history import (
    NOT_KNOWN,
    change_settings,
    keep_settings,
    unrecorded,
)
from kpi.analysis.trail import TrailFilter, trail
from kpi.errors import UsageError

WHEN = datetime(2026, 11, 3, 9, 30, tzinfo=UTC)
BY = {"who": "Anna", "when": WHEN}


@pytest.fixture
def home(tmp_path):
    found = open_home(tmp_path / "home")
    keep_settings(found, **BY)
    yield found
    found.store.close()


def write(home, text):
    (home.path / "settings.toml").write_text(text, encoding="utf-8")


def told(home):
    lines = (
        trail(home, TrailFilter(kinds=("settings",))).lines if home.store.records.every() else ()
    )
    return [[(c.field, c.old, c.new) for c in line.changes] for line in lines]


def kinds(home):
    return [(r.kind, r.key) for r in home.store.records.every()]


def test_nothing_set_is_nothing_to_say(home):
    assert kinds(home) == [("program", "Clause Nine")]
    assert keep_settings(home, **BY) == ()
    assert unrecorded(home) == ()


def test_a_file_changed_by_hand_is_recorded_once(home):
    write(home, 'company = "Kern"\n[delivery]\nlate_days = 1\n')
    assert unrecorded(home) == ("settings.toml",)
    (first,) = keep_settings(home, **BY)
    assert keep_settings(home, **BY) == ()
    assert first.who == NOT_KNOWN
    assert first.why.startswith(
        "Found like this on disk when Anna opened the home; last written 20"
    )
    write(home, '[delivery]\nlate_days = 2\n[plants.Nord]\nproduction_day_start = "06:00"\n')
    (second,) = keep_settings(home, **BY)
    assert second.why.startswith("Found changed on disk when Anna opened the home; last written 20")
    assert told(home) == [
        [
            ("company", "Kern", ""),
            ("delivery.late days", "1", "2"),
            ("plants.Nord.production day start", "", "06:00"),
        ],
        [("company", "", "Kern"), ("delivery.late days", "", "1")],
    ]
    (home.path / "settings.toml").unlink()
    (gone,) = keep_settings(home, **BY)
    assert gone.value == {}
    assert gone.why.endswith("the file is gone.")
    assert unrecorded(home) == ()


def test_variables_of_the_dashboard_are_recorded_those_of_a_command_are_not(home, monkeypatch):
    monkeypatch.setenv("KPI_DELIVERY__LATE_DAYS", "3")
    monkeypatch.setenv("KPI_SOMETHING_SECRET", "swordfish")
    again = open_home(home.path)
    assert keep_settings(again, **BY) == ()
    (record,) = keep_settings(again, **BY, where="the dashboard")
    assert (record.key, record.value) == (
        "environment of the dashboard", {"KPI_DELIVERY__LATE_DAYS": "3"},
    )  # fmt: skip
    monkeypatch.delenv("KPI_DELIVERY__LATE_DAYS")
    unset = open_home(home.path)
    (record,) = keep_settings(unset, **BY, where="the dashboard")
    assert record.value == {}
    for opened in (again, unset):
        opened.store.close()


def test_another_version_of_the_program_is_recorded(home, monkeypatch):
    other = {**settings_history.program_version(), "making of figures": "another"}
    monkeypatch.setattr(settings_history, "program_version", lambda: other)
    (record,) = keep_settings(home, **BY)
    assert (record.kind, record.who) == ("program", "Anna")
    line = trail(home, TrailFilter(kinds=("program",))).lines[0]
    assert [c.field for c in line.changes] == ["making of figures"]


def test_profiles_of_systems_are_settings_too(home):
    (home.path / "profiles").mkdir()
    (home.path / "profiles" / "own.json").write_text("{}")
    (record,) = keep_settings(home, **BY)
    assert list(record.value) == ["own.json"]
    (home.path / "profiles" / "own.json").write_text("{ }")
    (record,) = keep_settings(home, **BY)
    assert record.version == 2


def test_two_processes_record_one_change_once(home):
    write(home, 'company = "Kern"\n')
    homes = [open_home(home.path) for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda one: keep_settings(one, **BY), homes))
    assert sum(len(records) for records in found) == 1
    assert len(home.store.records.history("settings")) == 1
    for one in homes:
        one.store.close()


def test_settings_changed_by_a_person_carry_name_and_reason(home):
    changed = change_settings(home, replace(home.settings, company="Kern"), **BY, why="new owner")
    assert changed.settings.company == "Kern"
    assert keep_settings(changed, **BY) == ()
    (record,) = home.store.records.history("settings")
    assert (record.who, record.why, record.value) == ("Anna", "new owner", {"company": "Kern"})
    with pytest.raises(UsageError, match="why the settings are changed"):
        change_settings(home, home.settings, **BY, why=" ")
    assert home.access == LOCAL
    with pytest.raises(AccessDeniedError):
        mine = home.seen_by(Access.of({"Nord": Role.ADMINISTRATOR}))
        change_settings(mine, home.settings, **BY, why="x")


def test_a_home_opened_for_reading_is_left_alone(home):
    write(home, 'company = "Kern"\n')
    home.store.read_only = True
    assert keep_settings(home, **BY) == ()
    assert kinds(home) == [("program", "Clause Nine")]
