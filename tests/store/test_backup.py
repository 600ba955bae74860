"""Backups: made at one moment while others write, verified, and brought back the same."""

import json
import os
import shutil
import subprocess
import sys
import zipfile
from datetime import timedelta
from pathlib import Path

import pytest
from made_files import WHEN, amounts

from kpi.errors import KpiError, RefusedFileError, StoreError, UsageError
from kpi.store import backup as backups
from kpi.store import open_store, restore
from kpi.store.archive import manifest_at

ROOT = Path(__file__).parents[2]


@pytest.fixture
def to(tmp_path):
    return tmp_path / "backups"


@pytest.fixture
def full(store, put, make, home):
    """A home with two uploads, a withdrawal, a purge, records, and files that people made."""
    put(make.scrap("2026-09", {1: 1, 2: 2}))
    put(make.scrap("2026-10", {1: 5}))
    put(make.scrap("2026-11", {1: 7}))
    store.withdraw("U000001", who="me", when=WHEN, why="no")
    store.purge("U000003", who="me", when=WHEN, why="the law")
    store.records.put("target", "x", {"value": 1}, who="me", when=WHEN, why="")
    (home / "settings.toml").write_text('language = "de"\n')
    (home / "profiles").mkdir()
    (home / "profiles" / "our ERP.json").write_text("{}")
    return store


def make_backup(store, to, minutes=0):
    return store.back_up(to, who="me", when=WHEN + timedelta(minutes=minutes))


def content(home):
    """Every file of a home but roll-ups and the ledger, which is compared by its hashes."""
    names = (p.relative_to(home).as_posix() for p in home.rglob("*") if p.is_file())
    skipped = ("rollups", "ledger.db")
    return {n: (home / n).read_bytes() for n in names if not n.startswith(skipped)}


def test_what_is_backed_up_comes_back_the_same(full, home, to, tmp_path):
    made = make_backup(full, to)
    assert made.path == to / "clause-nine-backup-2026-11-02-080000.zip"
    assert (made.manifest.position, made.manifest.records, made.manifest.by) == (5, 1, "me")
    assert (made.manifest.ledger_head, made.manifest.records_head) == full.heads()
    assert [p.name for p in to.iterdir()] == [made.path.name]
    if os.name != "nt":
        assert made.path.stat().st_mode & 0o777 == 0o600
    back = tmp_path / "back" / "home"
    assert restore(made.path, back) == made.manifest
    assert content(back) == content(home)
    other = open_store(back)
    assert other.entries() == full.entries()
    assert other.heads() == full.heads()
    assert amounts(other.at()) == amounts(full.at())
    checks = (other.verify_chain(), other.verify_uploads(), other.verify_facts())
    assert checks == (6, 2, 2)
    assert other.verify_purges() == 1
    other.close()
    assert [p.name for p in back.parent.iterdir()] == ["home"]


def test_an_empty_home_is_backed_up_too(store, to, tmp_path):
    made = make_backup(store, to)
    restore(made.path, tmp_path / "back")
    again = open_store(tmp_path / "back")
    assert again.position() == 0
    again.close()


def test_a_name_of_ones_own_and_names_that_are_taken(full, to, home):
    named = make_backup(full, to / "mine.zip")
    assert named.path == to / "mine.zip"
    with pytest.raises(UsageError) as error:
        make_backup(full, to / "mine.zip")
    assert str(error.value) == (
        f"{to / 'mine.zip'} is there already. Nothing was written; choose another name."
    )
    first, second = make_backup(full, to), make_backup(full, to)
    assert second.path.name == f"{first.path.stem}-2.zip"
    with pytest.raises(UsageError) as error:
        make_backup(full, home / "backups")
    assert str(error.value) == (
        f"{home / 'backups'} lies inside the home that is backed up. Choose another place, best on "
        "another disk."
    )


def test_only_older_backups_of_this_home_go(full, make, to, tmp_path):
    other = open_store(tmp_path / "other")
    other.commit(make.scrap("2026-10", {1: 9}, feed="else"), who="me", when=WHEN)
    theirs = make_backup(other, to, minutes=-60).path
    other.close()
    (to / "clause-nine-backup-notes.zip").write_bytes(b"not a backup")
    made = []
    for n in range(4):
        made.append(make_backup(full, to, minutes=-n).path)  # a clock that is set back each time
        full.records.put("target", "x", {"value": n}, who="me", when=WHEN, why="")
    gone = full.forget_old_backups(to, keep=2, newest=made[-1])
    assert sorted(gone) == sorted(made[:2])
    left = {p.name for p in to.iterdir()}
    assert left == {made[2].name, made[3].name, theirs.name, "clause-nine-backup-notes.zip"}


def test_a_damaged_home_is_not_backed_up(full, home, to):
    good = make_backup(full, to)
    path = home / "facts/scrap/U000002.parquet"
    whole = path.read_bytes()
    path.write_bytes(whole[:-1] + b"x")
    told = (
        f"{path} is missing or altered, so that no backup was made: it would take the place of good "
        "ones. Bring the file back from an earlier backup, or purge its upload."
    )
    with pytest.raises(StoreError) as error:
        make_backup(full, to, minutes=1)
    assert str(error.value) == told
    path.unlink()
    with pytest.raises(StoreError) as error:
        make_backup(full, to, minutes=1)
    assert str(error.value) == told
    assert [p.name for p in to.iterdir()] == [good.path.name]


def test_a_purge_while_a_backup_is_made(full, to, home, monkeypatch):
    """The file is gone when its turn comes: the backup is made anew, of the ledger as it is then."""
    real, purged = backups._add, []

    def purging(archive, source, *rest):
        if source.name.startswith("facts") and not purged:
            purged.append(full.purge("U000002", who="me", when=WHEN, why="now"))
        return real(archive, source, *rest)

    monkeypatch.setattr(backups, "_add", purging)
    made = make_backup(full, to)
    assert made.manifest.position == 6
    assert not any("U000002" in file.path for file in made.manifest.files)


def test_a_backup_that_reads_otherwise_than_it_was_written(full, to, monkeypatch):
    real = backups._write

    def flipped(database, files, path, **how):
        manifest = real(database, files, path, **how)
        whole = bytearray(path.read_bytes())
        at = whole.index(b"PAR1") + 40
        whole[at] ^= 1
        path.write_bytes(whole)
        return manifest

    monkeypatch.setattr(backups, "_write", flipped)
    with pytest.raises(StoreError) as error:
        make_backup(full, to)
    assert str(error.value) == (
        "The backup was not written as it should be (facts/scrap/U000001.parquet reads otherwise). "
        "It was removed; check the disk it was written to."
    )
    assert list(to.iterdir()) == []


WRITES = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from made_files import Maker
from kpi.store import open_store
make, store = Maker(Path(sys.argv[2])), open_store(Path(sys.argv[1]))
print("open", flush=True)
n = 0
while True:
    n += 1
    entry = store.commit(make.scrap(f"{2000 + n // 12}-{n % 12 + 1:02}", {1: n, 2: n}, feed="w"),
                         who="w", when=datetime(2026, 1, 1, tzinfo=UTC))
    if n % 3 == 0:
        store.withdraw(entry.upload, who="w", when=datetime(2026, 1, 1, tzinfo=UTC), why="")
"""


def test_backups_while_another_process_writes(full, home, to, tmp_path):
    (tmp_path / "w").mkdir()
    env = {**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{Path(__file__).parent}"}
    command = [sys.executable, "-c", WRITES, str(home), str(tmp_path / "w")]
    made = []
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=env) as writer:
        assert writer.stdout.readline() == b"open\n"
        for n in range(4):
            made.append(make_backup(full, to, minutes=n))
            while full.position() < made[-1].manifest.position + 3:
                assert writer.poll() is None
        writer.kill()
    assert len({b.manifest.position for b in made}) == 4
    for n, one in enumerate(made):
        restore(one.path, tmp_path / f"back{n}")
        back = open_store(tmp_path / f"back{n}")
        at = one.manifest.position
        assert back.entries() == full.entries(at)
        assert amounts(back.at()) == amounts(full.at(at))
        assert back.verify_facts() == sum(e.kind == "upload" for e in full.entries(at)) - 1
        back.close()


# ── what restore refuses ───────────────────────────────────────────────────────────────────────


def rebuilt(path, change=lambda name, content: (name, content), drop=(), add=(), info=None):
    """The archive once more, with some of it changed."""
    out = path.with_name("changed.zip")
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            if name not in drop:
                entry, data = change(name, old.read(name))
                new.writestr(entry, data)
        for name, data in add:
            new.writestr(name, data)
    return out


def refused(path, tmp_path, kind=RefusedFileError):
    with pytest.raises(kind) as error:
        restore(path, tmp_path / "back")
    assert not (tmp_path / "back").exists()
    assert not list(tmp_path.glob("clause-nine-*"))
    return str(error.value)


@pytest.mark.parametrize(
    "name",
    [
        "../escaped.toml",
        "/etc/cron.d/x",
        "facts/../../x.parquet",
        "uploads/" + "A" * 64,
        "facts/scrap/U000001.parquet.exe",
        "facts/nothing/U000001.parquet",
        "profiles/../x.json",
        "profiles/..json",
        "profiles/a\\b.json",
        "C:/settings.toml",
        "secrets.toml",
        "rollups/x.parquet",
    ],
)
def test_no_other_file_than_those_of_a_home(full, to, tmp_path, name):
    added = rebuilt(make_backup(full, to).path, add=[(name, b"x")])
    assert "holds a file that no backup of Clause Nine holds" in refused(added, tmp_path)


def test_a_link_is_no_file(full, to, tmp_path):
    link = zipfile.ZipInfo("templates/evil")
    link.external_attr = 0o120777 << 16
    changed = rebuilt(make_backup(full, to).path, add=[(link, b"/etc/passwd")])
    assert refused(changed, tmp_path) == (
        "changed.zip holds templates/evil as a link or under a password. Nothing was restored; "
        "choose another backup."
    )


def altered(file):
    return (
        f"changed.zip was altered or damaged after it was made: {file} does not fit. Nothing was "
        "restored; choose another backup."
    )


def test_altered_content_is_found(full, to, tmp_path):
    path = make_backup(full, to).path

    def flip(wanted):
        def change(name, data):
            return name, data[:-1] + bytes([data[-1] ^ 1]) if name == wanted else data

        return change

    for name in ("settings.toml", "facts/scrap/U000002.parquet", "ledger.db"):
        assert refused(rebuilt(path, flip(name)), tmp_path) == altered(name)


def test_a_manifest_rewritten_to_fit_altered_rows_is_found(full, to, tmp_path):
    """Who changes rows and the manifest, too, still has the ledger against him."""
    path = make_backup(full, to).path
    import hashlib

    forged = b"other rows"

    def change(name, data):
        if name == "facts/scrap/U000002.parquet":
            return name, forged
        if name == "manifest.json":
            told = json.loads(data)
            for file in told["files"]:
                if file["path"] == "facts/scrap/U000002.parquet":
                    digest = hashlib.sha256(forged).hexdigest()
                    file |= {"bytes": len(forged), "sha256": digest}
            return name, json.dumps(told)
        return name, data

    said = refused(rebuilt(path, change), tmp_path)
    assert said == altered("facts/scrap/U000002.parquet")


def test_a_ledger_whose_end_is_cut_off_is_found(full, to, tmp_path):
    import hashlib
    import sqlite3

    path = make_backup(full, to).path

    def change(name, data):
        if name == "ledger.db":
            return name, ledger
        if name == "manifest.json":
            told = json.loads(data) | {"position": 4, "ledger_head": head}
            digest = hashlib.sha256(ledger).hexdigest()
            told["files"][0] |= {"bytes": len(ledger), "sha256": digest}
            return name, json.dumps(told)
        return name, data

    copy = tmp_path / "copy.db"
    with zipfile.ZipFile(path) as archive:
        copy.write_bytes(archive.read("ledger.db"))
    with sqlite3.connect(copy) as database:
        database.execute("DROP TRIGGER ledger_no_delete")
        database.execute("DELETE FROM ledger WHERE position = 5")
        (head,) = database.execute("SELECT hash FROM ledger WHERE position = 4").fetchone()
    database.close()
    ledger = copy.read_bytes()
    assert refused(rebuilt(path, change), tmp_path) == altered("ledger.db")


def test_an_archive_that_lacks_a_file_or_lists_another_size(full, to, tmp_path):
    path = make_backup(full, to).path
    said = refused(rebuilt(path, drop=["settings.toml"]), tmp_path)
    assert said == (
        "changed.zip does not hold what its manifest lists (the first that differs: settings.toml). "
        "It was altered or cut short; choose another backup."
    )

    def grown(name, data):
        return name, data.replace(b'"bytes": ', b'"bytes": 9') if name == "manifest.json" else data

    assert "does not hold what its manifest lists" in refused(rebuilt(path, grown), tmp_path)


@pytest.mark.parametrize("manifest", [b"{}", b"[]", b"null", b"not json", b'{"format": 1}'])
def test_a_manifest_that_is_none(full, to, tmp_path, manifest):
    path = make_backup(full, to).path
    changed = rebuilt(path, lambda n, d: (n, manifest if n == "manifest.json" else d))
    assert refused(changed, tmp_path) == (
        "changed.zip is no backup that can be used. Its manifest cannot be read: it was altered or "
        "cut short. Choose another backup."
    )


def test_backups_of_newer_versions(full, to, tmp_path):
    path = make_backup(full, to).path

    def newer(key, value):
        def change(name, data):
            if name == "manifest.json":
                return name, json.dumps(json.loads(data) | {key: value})
            return name, data

        return rebuilt(path, change)

    assert refused(newer("format", 2), tmp_path) == (
        "changed.zip was made by a newer version of Clause Nine (format 2; this one knows 1). "
        "Install the newer version to restore it."
    )
    assert refused(newer("schema", "9999"), tmp_path) == (
        "changed.zip was made by a newer version of Clause Nine (schema 9999; this one knows 0003). "
        "Install the newer version to restore it."
    )


def test_what_is_no_archive(tmp_path):
    path = tmp_path / "x.zip"
    for content in (b"", b"text", b"PK\x03\x04" + b"\0" * 100):
        path.write_bytes(content)
        assert refused(path, tmp_path) == (
            "x.zip cannot be read as an archive: it is no backup of Clause Nine, or was cut short. "
            "Choose another file."
        )
    with zipfile.ZipFile(path, "w"):
        pass
    assert refused(path, tmp_path) == (
        "x.zip has no manifest.json. It is no backup of Clause Nine; choose another file."
    )


def test_truncated_anywhere(full, to, tmp_path):
    path = make_backup(full, to).path
    whole = path.read_bytes()
    for share in range(0, 20):
        path.write_bytes(whole[: len(whole) * share // 20])
        with pytest.raises(RefusedFileError):
            restore(path, tmp_path / "back")
    assert not (tmp_path / "back").exists()


def test_a_bit_flipped_anywhere_is_found_or_does_not_matter(full, home, to, tmp_path):
    import random

    path = make_backup(full, to).path
    whole, chance = path.read_bytes(), random.Random(5)
    expected = content(home)
    for n in range(60):
        at = chance.randrange(len(whole))
        changed = bytearray(whole)
        changed[at] ^= 1 << chance.randrange(8)
        path.write_bytes(changed)
        back = tmp_path / f"back{n}"
        try:
            restore(path, back)
        except KpiError:
            assert not back.exists()
            continue
        assert content(back) == expected
        shutil.rmtree(back)


def test_a_manifest_damaged_within_is_a_sentence(full, to, tmp_path):
    path = make_backup(full, to).path
    with zipfile.ZipFile(path) as archive:
        entry = archive.getinfo("manifest.json")
    damaged = bytearray(path.read_bytes())
    damaged[entry.header_offset + 30 + len("manifest.json") + entry.compress_size // 2] ^= 1
    path.write_bytes(damaged)
    with pytest.raises(RefusedFileError, match="Its manifest cannot be read: it was altered"):
        restore(path, tmp_path / "back")
    assert not (tmp_path / "back").exists()


def test_a_home_that_is_there_is_never_overwritten(full, home, to, tmp_path):
    path = make_backup(full, to).path
    with pytest.raises(UsageError) as error:
        restore(path, home)
    assert str(error.value) == (
        f"{home} is not empty. A backup is restored into a new or empty folder only: name another "
        "one with --home, or move this one away first."
    )
    empty = tmp_path / "empty"
    empty.mkdir()
    restore(path, empty)
    assert (empty / "ledger.db").exists()


def test_too_little_room(full, to, tmp_path, monkeypatch):
    path = make_backup(full, to).path
    real = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: real._replace(free=1_000_000))
    said = refused(path, tmp_path, StoreError)
    assert said.startswith("The backup unpacks to 0 MB, and the disk of ")
    assert said.endswith("Nothing was restored; free some space or choose another disk.")


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="asks Linux for names of files")
def test_every_file_is_durable_before_the_name_is_given(full, to, tmp_path, monkeypatch):
    """What a crash of the machine could lose is on the disk before anything points to it."""
    log = []
    real_sync, real_rename = os.fsync, Path.rename

    def fsync(handle):
        log.append(str(Path(f"/proc/self/fd/{handle}").readlink()))
        return real_sync(handle)

    def rename(self, target):
        log.append(("renamed", str(self), str(target)))
        return real_rename(self, target)

    monkeypatch.setattr(os, "fsync", fsync)
    monkeypatch.setattr(Path, "rename", rename)
    made = make_backup(full, to)
    (_, aside, final) = next(step for step in log if step[-1] == str(made.path))
    assert log.index(aside) < log.index(("renamed", aside, final)) < log.index(str(to))
    log.clear()
    back = tmp_path / "back"
    restore(made.path, back)
    (_, aside, final) = next(step for step in log if step[-1] == str(back))
    at = log.index(("renamed", aside, final))
    synced = set(log[:at])
    assert {f"{aside}/{file.path}" for file in made.manifest.files} <= synced
    assert {aside, f"{aside}/facts/scrap", f"{aside}/uploads"} <= synced
    assert str(tmp_path) in log[at:]


def test_the_manifest_can_be_read_alone(full, to):
    made = make_backup(full, to)
    assert manifest_at(made.path) == made.manifest
