"""What doctor finds in order, and what it finds wrong."""

from datetime import UTC, datetime

import pytest

from kpi.analysis.freshness import status
from kpi.analysis.health import doctor, examine
from kpi.analysis.home import open_home
from kpi.analysis.ingesting import check_files, ingest_file, memory_of
from kpi.errors import UnknownNameError, UsageError

WHEN = datetime(2026, 11, 2, 8, 0, tzinfo=UTC)


@pytest.fixture
def home(tmp_path):
    path = tmp_path / "scrap.csv"
    days = "\n".join(f"2026-10-{day:02d},Nordhafen,L1,100,{day % 4}" for day in range(1, 32))
    path.write_text(f"Date,Plant,Line,Produced Qty,Scrap Qty\n{days}\n", encoding="utf-8")
    home = open_home(tmp_path / "home")
    ingest_file(home, path, who="tester", when=WHEN)
    return home


def wrong(home):
    return [check.name for check in doctor(home) if not check.fine]


def test_a_sound_home(home):
    assert wrong(home) == []
    assert all(check.says.endswith(".") for check in doctor(home))


@pytest.mark.parametrize(("folder", "check"), [("uploads", "Uploaded files"), ("facts", "Facts")])
def test_a_file_altered_or_lost_is_found(home, folder, check):
    file = next(p for p in (home.path / folder).rglob("*") if p.is_file())
    kept = file.read_bytes()
    file.chmod(0o644)
    file.write_bytes(kept[:-1] + bytes([kept[-1] ^ 1]))
    assert wrong(home) == [check]
    file.unlink()
    assert wrong(home) == [check]


def test_a_home_that_cannot_be_opened_is_a_finding(tmp_path):
    (tmp_path / "home").write_text("no folder")
    found, checks = examine(tmp_path / "home")
    assert found is None
    assert [c.fine for c in checks] == [False]


def test_status_counts_what_is_in_force(home):
    (feed,) = status(home).feeds
    assert (feed.uploads, feed.last_upload, feed.plant) == (1, WHEN, "Nordhafen")
    assert feed.data_date.isoformat() == "2026-10-31"
    home.store.withdraw("U000001", who="tester", when=WHEN, why="")
    assert status(home).feeds == ()


def test_a_feed_is_remembered_by_name(home):
    (feed,) = status(home).feeds
    assert memory_of(home, feed.feed).mapping["Scrap Qty"] == "qty_scrap"
    with pytest.raises(UnknownNameError):
        memory_of(home, "another")


def test_paths_that_are_no_files(tmp_path):
    for path in (tmp_path, tmp_path / "nothing"):
        with pytest.raises(UsageError, match=r"\.$|xlsx"):
            check_files([path])
