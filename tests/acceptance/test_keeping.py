"""Backup, restore and purge as an administrator does them: every figure is held against the original."""

import json
import os
import shutil
from collections.abc import Iterable
from dataclasses import asdict, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from homes import WHEN, home_with, ingest, sample_folder

from kpi import cli
from kpi.access import EVERY_PLANT, Access, AccessDeniedError
from kpi.analysis import Filters, Home, open_home, series_table
from kpi.analysis.aims import set_target, targets
from kpi.analysis.freshness import status
from kpi.analysis.health import doctor
from kpi.analysis.ingesting import ingest_file
from kpi.analysis.keeping import back_up, due, purge, purge_due, restore
from kpi.analysis.watching import remember_folder
from kpi.errors import KpiError, UsageError
from kpi.measures import CATALOG
from kpi.qms import Event, Target, put_note

HEAD = "plant,line,date,produced quantity,scrap quantity\n"


def month(folder: Path, text: str, bad: int, name: str = "") -> Path:
    rows = [f"North,L1,{text}-{day},100,{bad}\n" for day in ("01", "15", "28")]
    path = folder / f"scrap_{name or text}.csv"
    path.write_text(HEAD + "".join(rows), encoding="utf-8")
    return path


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """Two months, a correction, a target with a due date, an event, settings of its own."""
    made = home_with(tmp_path / "home", 'company = "Works"\n\n[delivery]\nlate_days = 2\n')
    for text, bad in (("2026-01", 2), ("2026-02", 4)):
        assert ingest(made, month(tmp_path, text, bad)).state == "committed"
    assert ingest(made, month(tmp_path, "2026-01", 7, "corrected")).state == "committed"
    due_on = Target("scrap_rate", (), 2.0, date(2026, 1, 1), "me", "agreed", date(2026, 12, 31))
    set_target(made, due_on, when=WHEN)
    event = Event((("plant", "North"),), date(2026, 2, 3), "New tool", "scrap_rate")
    put_note(made.store, event, who="me", when=WHEN, why="seen")
    return made


FEW = ("scrap_rate", "rework_rate", "otd_promise")


def everything(home: Home, kpis: Iterable[str] = FEW) -> dict[str, object]:
    """All figures: KPIs by plant and month, status, targets, notes, settings."""
    found: dict[str, object] = {}
    for kpi in kpis:
        for by in ((), ("plant",)):
            try:
                table = series_table(home, kpi, Filters(), by=by)
                found[f"{kpi} {by}"] = table.rows.to_json(orient="records", date_format="iso")
            except KpiError as error:
                found[f"{kpi} {by}"] = str(error)
    told = asdict(status(home))
    del told["home"]
    found["status"] = json.dumps(told, default=str)
    found["targets"] = repr(targets(home))
    found["settings"] = replace(home.settings, origins=()).signature()
    skipped = ("backup", "restore")
    kinds = {r.kind for r in home.store.records._all()} - {*skipped}
    found["records"] = repr({k: home.store.records.history(k) for k in sorted(kinds)}).replace(
        str(home.path), ""
    )
    return found


def test_every_figure_comes_back(home: Home, tmp_path: Path) -> None:
    made = back_up(home, tmp_path / "backups", who="admin", when=WHEN)
    back = restore(made.backup.path, tmp_path / "back", who="admin", when=WHEN).home
    expected, found = everything(home), everything(back)
    figures = [k for k, v in expected.items() if '"state":"value"' in str(v)]
    assert len(figures) >= 2
    assert {k: found[k] for k in expected} == expected
    assert back.settings.company == "Works"
    assert [c.name for c in doctor(back) if not c.fine] == []


@pytest.mark.long
def test_every_figure_of_the_sample_plant_comes_back(tmp_path: Path) -> None:
    shutil.copytree(sample_folder(), tmp_path / "home")
    home = open_home(tmp_path / "home")
    made = back_up(home, tmp_path / "backups", who="admin", when=WHEN)
    back = restore(made.backup.path, tmp_path / "back", who="admin", when=WHEN).home
    expected, found = everything(home, CATALOG), everything(back, CATALOG)
    assert sum('"state":"value"' in str(v) for v in expected.values()) > 40
    assert {k: found[k] for k in expected} == expected
    assert [c.name for c in doctor(back) if not c.fine] == []


def test_figures_after_a_purge_are_those_before_the_upload(home: Home, tmp_path: Path) -> None:
    before = everything(home)
    done = ingest(home, month(tmp_path, "2026-02", 50, "wrong"))
    assert done.upload is not None
    assert everything(home) != before
    told = purge(home, done.upload, who="admin", when=WHEN, why="It named a patient.")
    after = everything(home)
    for key in before:
        if key != "status":  # which tells the ledger's position
            assert after[key] == before[key], key
    assert told.says == (
        "scrap_wrong.csv (upload U000004) is deleted for good: its bytes and its rows. Its entry, its "
        "hash and the reason stay. What it had replaced is in force again. Ledger position 5.",
        "Backups and copies kept elsewhere hold it until they are deleted. Start the dashboard "
        "again, so that nothing of it stays in its memory.",
    )
    assert [c.name for c in doctor(home) if not c.fine] == []


def test_a_purge_names_the_copies_it_leaves(home: Home, tmp_path: Path) -> None:
    drop = tmp_path / "drop"
    (drop / "done").mkdir(parents=True)
    shutil.copy(tmp_path / "scrap_2026-02.csv", drop / "done" / "renamed.csv")
    (drop / "done" / "same length.csv").write_bytes(
        b"x" * (tmp_path / "scrap_2026-02.csv").stat().st_size
    )
    remember_folder(home, drop, who="me", when=WHEN)
    made = back_up(home, tmp_path / "backups", who="admin", when=WHEN)
    told = purge(home, "U000002", who="admin", when=WHEN, why="law").says
    assert told[1:3] == (
        f"The same file also lies in {drop / 'done' / 'renamed.csv'}. Delete it there, too.",
        f"These backups still hold it: {made.backup.path}.",
    )


def test_a_purged_file_is_asked_about_when_it_comes_again(home: Home, tmp_path: Path) -> None:
    purge(home, "U000002", who="admin", when=WHEN, why="It named a patient.")
    again = ingest_file(home, tmp_path / "scrap_2026-02.csv", who="me", when=WHEN)
    assert again.state == "needs_answer"
    (question,) = again.questions
    assert question.kind == "purged"
    answers = {question.id: "again"}
    done = ingest_file(home, tmp_path / "scrap_2026-02.csv", who="me", when=WHEN, answers=answers)
    assert done.state == "committed"


def test_only_an_administrator_of_every_plant_may(home: Home, tmp_path: Path) -> None:
    for roles in ({}, {EVERY_PLANT: "quality manager"}, {"North": "administrator"}):
        seen = home.seen_by(Access.of(roles))
        for asked in (
            lambda here: back_up(here, tmp_path / "b", who="x", when=WHEN),
            lambda here: purge(here, "U000001", who="x", when=WHEN, why="x"),
            lambda here: due(here, WHEN),
            lambda here: purge_due(here, who="x", when=WHEN),
            lambda here: restore(tmp_path / "x", tmp_path / "y", who="x", when=WHEN,
                                 access=here.access),
        ):  # fmt: skip
            with pytest.raises(AccessDeniedError):
                asked(seen)
    assert home.position == 3
    assert not (tmp_path / "b").exists()


def test_what_is_due_is_listed_and_purged_only_when_told(tmp_path: Path) -> None:
    home = home_with(tmp_path / "home", "[retention]\nupload_years = 3\n")
    early = datetime(2020, 1, 1, tzinfo=UTC)
    for n, when in enumerate((early, early + timedelta(days=400), WHEN)):
        path = month(tmp_path, f"2026-0{n + 1}", n + 1)
        ingest_file(home, path, who="me", when=when)
    assert [e.upload for e in due(home, WHEN)] == ["U000001", "U000002"]
    assert home.position == 3
    done = purge_due(home, who="admin", when=WHEN)
    assert [one.uploads for one in done] == [("U000001",), ("U000002",)]
    assert home.store.entries()[3].why == "Kept longer than 3 years, as the settings say."
    assert due(home, WHEN) == ()
    assert purge_due(home, who="admin", when=WHEN) == ()


# ── the commands ───────────────────────────────────────────────────────────────────────────────


def test_the_commands(home: Home, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    at, to = ["--home", str(home.path)], str(tmp_path / "b")
    assert cli.main([*at, "backup", to, "--json"]) == cli.DONE
    told = json.loads(capsys.readouterr().out)
    assert (told["position"], told["ledger_head"]) == (3, home.store.heads()[0])
    assert cli.main([*at, "backup", to, "--keep", "1"]) == cli.DONE
    said = capsys.readouterr().out
    assert said.startswith("Backup of ledger position 3 in ")
    assert said.endswith("Older backups removed: 1.\n")
    (path,) = Path(to).iterdir()
    assert cli.main([*at, "restore", str(path)]) == cli.USAGE
    assert capsys.readouterr().err == (
        f"{home.path} is not empty. A backup is restored into a new or empty folder only: name "
        "another one with --home, or move this one away first.\n"
    )
    back = ["--home", str(tmp_path / "back")]
    assert cli.main([*back, "restore", str(path)]) == cli.DONE
    assert "every hash and both chains agree" in capsys.readouterr().out
    assert cli.main([*back, "purge", "U000001", "--why", "law"]) == cli.DONE
    assert "is deleted for good" in capsys.readouterr().out
    assert cli.main([*back, "ledger"]) == cli.DONE
    assert "Deleted for good: law" in capsys.readouterr().out
    assert cli.main([*back, "doctor"]) == cli.DONE
    assert "1 uploads were purged, and nothing of them is left." in capsys.readouterr().out
    assert cli.main([*back, "retention"]) == cli.DONE
    assert capsys.readouterr().out.startswith("Uploads are kept for ever.")
    assert cli.main([*back, "purge", "--due"]) == cli.DONE
    assert capsys.readouterr().out == "No upload is due.\n"
    assert cli.main([*back, "purge"]) == cli.USAGE
    assert cli.main([*back, "purge", "U000001", "--due"]) == cli.USAGE


def test_a_number_to_keep_that_is_none(home: Home, tmp_path: Path) -> None:
    for to, keep in ((tmp_path / "b", 0), (tmp_path / "b.zip", 3)):
        with pytest.raises(UsageError) as error:
            back_up(home, to, who="me", when=WHEN, keep=keep)
        assert str(error.value) == (
            "--keep takes a number from 1, and a folder of backups. Name a folder, not a .zip file."
        )


@pytest.mark.skipif(os.name == "nt", reason="rights work otherwise there")
def test_a_backup_is_for_its_owner_only(home: Home, tmp_path: Path) -> None:
    made = back_up(home, tmp_path / "b", who="me", when=WHEN)
    assert made.backup.path.stat().st_mode & 0o077 == 0
