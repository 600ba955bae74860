"""Homes as earlier versions of the product left them, opened with this one: the figures stay.

Each archive in tests/store/homes was made by that version's own command line from four small files
(production and scrap, stops, a corrected month, order items), with an upload withdrawn and targets
set; ``told.json`` is what the version then said of it.
"""

import json
import sqlite3
import zipfile
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from kpi.analysis import Filters, Home, open_home, registering, series_table
from kpi.analysis.aims import targets
from kpi.analysis.coverage import ledger_lines
from kpi.analysis.erasing import purge_record
from kpi.analysis.health import doctor
from kpi.analysis.trail_head import check_head, trail_head
from kpi.errors import StoreError
from kpi.qms.context import ISSUE, Issue
from kpi.qms.kinds import ALL
from kpi.qms.people import people
from kpi.store import open_store, restore
from kpi.store.database import SCHEMA
from tests.store.postgres_server import Server

WHEN = datetime(2026, 11, 23, tzinfo=UTC)
HOMES = Path(__file__).parents[1] / "store" / "homes"
VERSIONS = {"first": "0001", "before_trust": "0002", "before_clause_nine": "0002"}
WITH_ENDS = "before_clause_nine"
"""The version whose ``told.json`` also has people, events, the ends of both chains and their head."""


def unpacked(name: str, folder: Path) -> tuple[Path, dict[str, Any]]:
    with zipfile.ZipFile(HOMES / f"{name}.zip") as archive:
        archive.extractall(folder)
    return folder / "home", json.loads((folder / "told.json").read_text())


def schema_of(home: Path) -> str:
    with sqlite3.connect(home / "ledger.db") as database:
        (found,) = database.execute("SELECT version_num FROM alembic_version").fetchone()
    database.close()
    return str(found)


def figures(home: Home, kpi: str, by: str) -> list[dict[str, Any]]:
    """As ``python -m kpi series --json`` gave them."""
    rows = series_table(home, kpi, Filters(), by=(by,) if by else ()).rows
    told = json.loads(rows.to_json(orient="records"))
    names = ("period", "numerator", "denominator", "state", *([by] if by else []))
    return [{name: row[name] for name in names} for row in told]


def comparable(rows: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    """Rows in a fixed order, amounts as fine as anyone reads them."""
    return sorted(
        tuple(round(v, 9) if isinstance(v, float | int) else str(v) for _, v in sorted(row.items()))
        for row in rows
    )


@pytest.mark.parametrize("name", VERSIONS)
def test_a_home_of_an_earlier_version(tmp_path: Path, name: str) -> None:
    home, told = opened(tmp_path, name)
    for question in ("scrap_rate/", "scrap_rate/line", "downtime_hours/", "otd_promise/"):
        kpi, _, by = question.partition("/")
        assert comparable(figures(home, kpi, by)) == comparable(told["series"][question])


@pytest.mark.long
@pytest.mark.parametrize("name", VERSIONS)
def test_every_figure_of_an_earlier_version(tmp_path: Path, name: str) -> None:
    home, told = opened(tmp_path, name)
    assert len(told["series"]) >= 30
    for question, rows in told["series"].items():
        kpi, _, by = question.partition("/")
        assert comparable(figures(home, kpi, by)) == comparable(rows), question


def opened(folder: Path, name: str) -> tuple[Home, dict[str, Any]]:
    """The home, migrated, with everything but figures held against what was told of it."""
    path, told = unpacked(name, folder)
    assert schema_of(path) == VERSIONS[name]
    home = open_home(path)
    assert schema_of(path) == SCHEMA
    assert home.settings.company == "Old plant"
    assert home.settings.delivery.late_days == 1
    lines = [(x.position, x.kind, x.upload, x.sha256) for x in ledger_lines(home)]
    assert lines == [(x["position"], x["kind"], x["upload"], x["sha256"]) for x in told["ledger"]]
    assert [(t.kpi, t.value) for t in targets(home)] == [
        (t["kpi"], t["value"]) for t in told["targets"]
    ]
    checks = {check.name: check for check in doctor(home)}
    assert [check.says for check in checks.values() if not check.fine] == []
    assert home.store.verify_chain() == len(told["ledger"]) + home.store.records.number()
    return home, told


@pytest.mark.parametrize("name", VERSIONS)
def test_a_record_of_a_home_of_an_earlier_version_can_be_purged(tmp_path: Path, name: str) -> None:
    """What its own version wrote, too: the guard of its records was made without a purge in mind."""
    home, _ = opened(tmp_path, name)
    number, head = home.store.records.number(), trail_head(home.store).short
    old = home.store.records.current("target")[0]
    home.store.purge_record("target", old.key, who="Ada", when=WHEN, why="Request 17")
    item = Issue(title="Zbigniew-Oparek left", owner="Q", since=WHEN.date(), effect="x")
    new = registering.record(home, ISSUE, item, who="Q", when=WHEN)
    purge_record(home, new.id, who="Ada", when=WHEN, why="Request 18")
    assert home.store.verify_record_purges() == 2
    assert home.store.verify_chain() == home.position + number + 3
    assert check_head(home.store, head)
    assert [check.says for check in doctor(home) if not check.fine] == []
    files = [p for p in home.path.rglob("*") if p.is_file()]
    assert [p.name for p in files if b"Zbigniew-Oparek" in p.read_bytes()] == []
    assert old.key not in [t.key for t in home.store.records.current("target")]


def test_notes_are_still_there(tmp_path: Path) -> None:
    path, _ = unpacked("before_trust", tmp_path)
    home = open_home(path)
    (event,) = home.store.records.current("event")
    assert event.value["text"] == "New tool"
    assert {t.due.isoformat() for t in targets(home) if t.due} == {"2026-12-31"}


def test_a_home_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    path, _ = unpacked("before_trust", tmp_path)
    with sqlite3.connect(path / "ledger.db") as database:
        database.execute("UPDATE alembic_version SET version_num = '9999'")
    database.close()
    before = (path / "ledger.db").read_bytes()
    with pytest.raises(StoreError) as error:
        open_home(path)
    assert str(error.value) == (
        f"The ledger of {path} was written by a newer version of Clause Nine (schema 9999; this one "
        f"knows {SCHEMA}). Install the newer version to open it."
    )
    assert (path / "ledger.db").read_bytes() == before


# --- records, chains and people ---------------------------------------------------------------


def ends_of(home: Home, told: dict[str, Any]) -> list[Any]:
    """Where both chains ended when the earlier version told of them, as they are read now."""
    ends = home.store.chains.ends_at(*told["ends"][2:])
    assert ends is not None
    return [ends.ledger, ends.records, ends.position, ends.number]


def test_chains_people_and_notes_of_an_earlier_version(tmp_path: Path) -> None:
    home, told = opened(tmp_path, WITH_ENDS)
    assert ends_of(home, told) == told["ends"]
    assert check_head(home.store, told["head"])
    assert [{"email": p.email, "active": p.active} for p in people(home.store)] == told["people"]
    assert [r.value["text"] for r in home.store.records.current("event")] == told["events"]


@pytest.mark.parametrize("name", VERSIONS)
def test_new_kinds_of_records_begin_in_an_old_home(tmp_path: Path, name: str) -> None:
    home, _ = opened(tmp_path, name)
    before = home.store.records.number()
    assert [k.name for k in ALL if registering.listed(home, k)] == []
    issue = Issue(title="Flood plain", effect="Stands still", since=date(2026, 10, 1))
    made = registering.record(home, ISSUE, issue, who="me", when=WHEN)
    assert (made.id, made.number) == ("ISS-2026-001", before + 1)
    home.store.verify_chain()
    again = open_home(home.path)
    assert [e.item for e in registering.listed(again, ISSUE)] == [made.item]


def test_an_old_home_moves_onto_a_server(tmp_path: Path) -> None:
    """By backup and restore, on a real server: figures, chains and people as they were told."""
    home, told = opened(tmp_path, WITH_ENDS)
    made = home.store.back_up(tmp_path / "backups", who="me", when=WHEN)
    server = Server()
    try:
        url = server.database()
        restore(made.path, tmp_path / "moved", url=url)
        store = open_store(tmp_path / "moved", url=url)
        moved = replace(home, path=tmp_path / "moved", store=store)
        assert ends_of(moved, told) == told["ends"]
        assert comparable(figures(moved, "scrap_rate", "line")) == comparable(
            told["series"]["scrap_rate/line"]
        )
        assert [p.email for p in people(store)] == [p["email"] for p in told["people"]]
        assert store.verify_chain() == home.store.verify_chain()
        store.close()
    finally:
        server.remove()
