"""What was tampered with is named, and nothing else: bytes, rows, roll-ups, entries, heads."""

import hashlib
import json
import shutil
import sqlite3
from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from kpi.analysis import open_home, overview
from kpi.analysis.health import doctor
from kpi.analysis.ingesting import ingest_file
from kpi.analysis.rebuilding import Outcome, rebuild
from kpi.analysis.results import Filters
from kpi.analysis.settings_history import keep_settings
from kpi.analysis.trail_head import remember_head, trail_head
from kpi.store.codec import chained
from tests.analysis.trail_deeds import NOW, loaded, scrap_file

LATER = NOW + timedelta(days=1)
PLACE = {"Access to the folder", "Backups", "Disk"}
"""What depends on the machine the tests run on, and is none of their matter."""


@pytest.fixture(scope="module")
def plant(tmp_path_factory):
    """A home with two files in force by a program on record, and a head printed."""
    folder = tmp_path_factory.mktemp("plant")
    home = open_home(folder / "home")
    keep_settings(home, who="tester", when=NOW - timedelta(days=300))
    home.store.close()
    home = loaded(folder)
    ingest_file(home, scrap_file(folder, "south.csv", "Südstadt", 5), who="tester", when=NOW)
    remember_head(home.store, trail_head(home.store), NOW)
    home.store.close()
    return home.path


@pytest.fixture
def path(plant, tmp_path):
    shutil.copytree(plant, tmp_path / "home")
    return tmp_path / "home"


@pytest.fixture(scope="module")
def summed_up(plant, tmp_path_factory):
    """The same with its roll-ups built."""
    path = tmp_path_factory.mktemp("summed") / "home"
    shutil.copytree(plant, path)
    home = open_home(path)
    overview(home, Filters())
    home.store.close()
    return path


@pytest.fixture
def summed(summed_up, tmp_path):
    shutil.copytree(summed_up, tmp_path / "home")
    return tmp_path / "home"


def wrong(path, **more):
    home = open_home(path)
    try:
        found = doctor(home, now=LATER, **more)
    finally:
        home.store.close()
    assert all(check.says.endswith((".", ")")) for check in found), found
    return {check.name: check.says for check in found if not check.fine}


def flip(file, at=None):
    content = bytearray(file.read_bytes())
    at = len(content) // 2 if at is None else at
    content[at] ^= 1
    file.chmod(0o644)
    file.write_bytes(bytes(content))


def altered(path, sql, *values):
    """The ledger, as somebody with the file would alter it."""
    with sqlite3.connect(path / "ledger.db") as database:
        for table in ("ledger", "record"):
            for kind in ("update", "delete"):
                database.execute(f"DROP TRIGGER IF EXISTS {table}_no_{kind}")
        database.execute(sql, values)
    database.close()


@pytest.mark.long
def test_a_sound_home_is_sound_down_to_the_rows(summed):
    assert wrong(summed, deep=True) == {}
    home = open_home(summed)
    found = {check.name: check.says for check in doctor(home, now=LATER, deep=True)}
    assert found["Rebuilding"] == "2 uploads read again give the same 136 rows as are stored."
    assert found["Roll-ups"].endswith("roll-ups in use say what the raw facts say.")
    assert not found["Roll-ups"].startswith("0 ")
    home.store.close()


def test_one_byte_of_a_kept_upload(path):
    file = sorted((path / "uploads").iterdir())[0]
    flip(file)
    found = wrong(path)
    assert list(found) == ["Uploaded files"]
    assert "missing or altered" in found["Uploaded files"]


def test_one_byte_of_a_table_of_facts(path):
    flip(path / "facts/scrap/U000002.parquet")
    found = wrong(path)
    assert list(found) == ["Facts"]
    assert "The scrap rows of south.csv (upload U000002)" in found["Facts"]


def data_of(file):
    """Where values of a Parquet file lie: at the end of a column, behind the headers of its pages."""
    group = pq.ParquetFile(file).metadata.row_group(0)
    chunk = group.column(group.num_columns - 1)
    first = min(chunk.data_page_offset, chunk.dictionary_page_offset or chunk.data_page_offset)
    return first + chunk.total_compressed_size - 2


@pytest.mark.long
def test_one_byte_of_a_rollup(summed):
    files = sorted((summed / "rollups").rglob("*.parquet"))
    for file in files[:: max(1, len(files) // 3)]:
        kept = file.read_bytes()
        flip(file, data_of(file))
        found = wrong(summed, deep=True)
        assert list(found) == ["Roll-ups"], file
        assert file.name in found["Roll-ups"]
        file.write_bytes(kept)


@pytest.mark.long
def test_a_rollup_written_anew_with_other_sums(summed):
    for file in sorted((summed / "rollups").rglob("*.parquet")):
        table = pq.read_table(file)
        names = [f.name for f in table.schema if pa.types.is_floating(f.type)]
        name = next((n for n in names if table[n].null_count < len(table)), None)
        if name is None:
            continue
        kept = file.read_bytes()
        more = pa.array([None if v is None else v + 1 for v in table[name].to_pylist()])
        pq.write_table(table.set_column(table.column_names.index(name), name, more), file)
        found = wrong(summed, deep=True)
        assert list(found) == ["Roll-ups"]
        assert found["Roll-ups"].startswith("1 roll-ups say otherwise than the raw facts: ")
        file.write_bytes(kept)
        return
    pytest.fail("no roll-up has a sum")


def test_one_entry_of_the_ledger(path):
    altered(path, "UPDATE ledger SET who = 'nobody' WHERE position = 2")
    found = wrong(path)
    assert list(found) == ["Ledger"]
    assert found["Ledger"].startswith("Ledger position 2 does not fit its hash")


def test_one_record(path):
    altered(path, "UPDATE record SET value = '{}' WHERE number = 1")
    assert list(wrong(path)) == ["Ledger"]


def test_the_last_entry_cut_off_with_the_note_of_it(path):
    altered(path, "DELETE FROM ledger WHERE position = 2")
    altered(path, "DELETE FROM meta WHERE key LIKE 'end of%'")
    assert list(wrong(path)) == ["Printed heads"]


def rewritten(path, upload, change, *, rows_hash=None):
    """Rows changed by somebody who knows the program: file, checksum and both hashes fit again."""
    file = path / f"facts/scrap/{upload}.parquet"
    pq.write_table(change(pq.read_table(file)), file, compression="zstd")
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    with sqlite3.connect(path / "ledger.db") as database:
        rows = database.execute("SELECT * FROM ledger ORDER BY position").fetchall()
        database.execute("DROP TRIGGER ledger_no_update")
        previous = ""
        for row in rows:
            content = list(row[:-1])
            if content[2] == upload and content[1] == "upload":
                payload = json.loads(content[6])
                (part,) = (p for p in payload["parts"] if p["dataset"] == "scrap")
                content[6] = content[6].replace(part["checksum"], digest)
                if rows_hash:
                    content[6] = content[6].replace(payload["rows_hash"], rows_hash)
            previous = chained(previous, *content)
            database.execute(
                "UPDATE ledger SET payload = ?, hash = ? WHERE position = ?",
                (content[6], previous, row[0]),
            )
        end = f"{len(rows)} {previous}"
        database.execute("UPDATE meta SET value = ? WHERE key = 'end of ledger'", (end,))
    database.close()


def halved(table):
    at = table.column_names.index("qty_scrap")
    less = pa.array([v / 2 for v in table["qty_scrap"].to_pylist()])
    return table.set_column(at, "qty_scrap", less)


def test_rows_and_ledger_rewritten_together(path):
    """The chain holds and the hashes fit: a printed head, and the kept files, tell all the same."""
    home = open_home(path)
    printed = trail_head(home.store).short
    home.store.close()
    rewritten(path, "U000002", halved)
    found = wrong(path, deep=True, heads=(printed,))
    assert list(found) == ["Printed heads", f"Head {printed}", "Rebuilding"]
    assert "Something up to there was rewritten" in found[f"Head {printed}"]
    assert found["Rebuilding"].startswith(
        "1 of 2 uploads cannot be rebuilt: south.csv (upload U000002): its scrap rows read "
        "otherwise: 34 in qty_scrap. It reads as it did then, so that rows or ledger were "
        "changed since."
    )


@pytest.mark.long
def test_rows_that_the_program_reads_otherwise_today_are_no_alarm(path, monkeypatch):
    from kpi.analysis import rebuilding

    rewritten(path, "U000002", halved, rows_hash="0" * 64)  # as another version read it
    home = open_home(path)
    assert rebuild(home)[1].says.endswith(
        "It was read by this very program, so that rows or ledger were changed since."
    )
    home.store.close()
    other = {rebuilding.READERS: "a later version"}
    monkeypatch.setattr(rebuilding, "program_version", lambda: other)
    home = open_home(path)
    found = {r.upload: r.outcome for r in rebuild(home)}
    assert found == {"U000001": Outcome.SAME, "U000002": Outcome.OTHERWISE}
    (check,) = (c for c in doctor(home, now=LATER, deep=True) if c.name == "Rebuilding")
    assert check.fine
    assert check.notice
    assert check.says.startswith("1 of 2 uploads read otherwise today: south.csv (upload U000002)")
    home.store.close()


def test_settings_changed_by_hand_are_noticed(path):
    (path / "settings.toml").write_text('company = "Kern"\n')
    home = open_home(path)
    (check,) = (c for c in doctor(home) if c.name == "Settings")
    assert check.fine
    assert check.notice
    assert "Changed since last recorded: settings.toml." in check.says
    home.store.close()


def test_a_folder_that_everybody_may_write_to(path):
    (path / "ledger.db").chmod(0o666)
    found = wrong(path)
    assert list(found) == ["Access to the folder"]
    assert found["Access to the folder"].startswith("Every account of this machine may change ")


def test_the_age_of_backups(path):
    home = open_home(path)
    before = {c.name: c for c in doctor(home, now=LATER)}["Backups"]
    assert before.notice
    home.store.records.put(
        "backup", str(path), {"position": 0, "records": 0}, who="a", when=NOW, why=""
    )
    soon = {c.name: c for c in doctor(home, now=NOW + timedelta(days=1))}["Backups"]
    late = {c.name: c for c in doctor(home, now=datetime(2027, 3, 1, tzinfo=UTC))}["Backups"]
    assert (soon.notice, late.notice) == (False, True)
    assert "2 ledger entries came since" in soon.says
    home.store.close()
