"""A home that goes away, rows and ledgers that are damaged, a read-only home after a kill."""

import os
import random
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from made_files import WHEN, Maker, amounts

from kpi.errors import KpiError, StoreError
from kpi.store import open_store

ROOT = Path(__file__).parents[2]


def test_a_home_that_is_moved_away_and_comes_back(store, put, make, home):
    """SQLite would go on writing to the file it has open; the next start would know nothing of it."""
    put(make.scrap("2026-10", {1: 1}))
    elsewhere = home.with_name("elsewhere")
    home.rename(elsewhere)
    told = (
        f"The home {home} is not there any more: its folder was moved or deleted, or its drive is "
        "not connected. Nothing was stored; bring it back and try again."
    )
    for ask in (
        lambda: put(make.scrap("2026-11", {1: 1})),
        store.position,
        lambda: store.records.put("k", "x", {}, who="me", when=WHEN, why=""),
    ):
        with pytest.raises(StoreError) as error:
            ask()
        assert str(error.value) == told
    assert not home.exists()
    elsewhere.rename(home)
    put(make.scrap("2026-11", {1: 1}))
    assert store.position() == 2


def test_another_home_in_its_place(store, put, make, home):
    put(make.scrap("2026-10", {1: 1}))
    home.rename(home.with_name("elsewhere"))
    open_store(home).close()
    with pytest.raises(StoreError) as error:
        put(make.scrap("2026-11", {1: 1}))
    assert str(error.value) == (
        f"The home {home} is another one than the one that was opened. Nothing was stored; start "
        "Clause Nine again to work with it."
    )


DAMAGES = {
    "missing": lambda whole: None,
    "empty": lambda whole: b"",
    "cut short": lambda whole: whole[: len(whole) // 2],
    "another file": lambda whole: b"x" * len(whole),
    "one bit": lambda whole: whole[:200] + bytes([whole[200] ^ 1]) + whole[201:],
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_rows_that_are_damaged(store, put, make, home, damage):
    put(make.scrap("2026-10", {day: day for day in range(1, 28)}))
    put(make.scrap("2026-11", {1: 1}))
    store.close()
    path = home / "facts/scrap/U000001.parquet"
    content = DAMAGES[damage](path.read_bytes())
    path.unlink() if content is None else path.write_bytes(content)
    again = open_store(home)
    told = (
        "The scrap rows of upload U000001 are missing or altered, so that this cannot be worked "
        "out. Run `python -m kpi doctor`, which names every such file, and bring them back from the "
        "latest backup."
    )
    for ask in (
        lambda: again.at().arrow("scrap"),
        lambda: again.facts("scrap").count().to_pyarrow(),
    ):
        with pytest.raises(StoreError) as error:
            ask()
        assert str(error.value) == told
    with pytest.raises(StoreError) as error:
        again.verify_facts()
    assert str(error.value) == (
        "The scrap rows of scrap_2026-10.xlsx (upload U000001) are missing or altered. Restore them "
        "from the latest backup."
    )
    november = again.at().arrow("scrap", first=WHEN.date().replace(day=1))
    assert november.num_rows == 1  # what does not need them is answered
    again.close()


def test_rows_damaged_while_the_store_is_open(store, put, make, home):
    put(make.scrap("2026-10", {1: 1}))
    assert len(amounts(store.at())) == 1
    whole = (home / "facts/scrap/U000001.parquet").read_bytes()
    for at in range(4, len(whole), len(whole) // 25):
        content = bytearray(whole)
        content[at : at + 8] = b"\xff" * 8
        (home / "facts/scrap/U000001.parquet").write_bytes(content)
        try:
            store.at().arrow("scrap")
        except StoreError as error:
            assert "is missing or damaged" in str(error)  # some damage reads as nothing
    (home / "facts/scrap/U000001.parquet").write_bytes(whole)
    assert len(amounts(store.at())) == 1  # the engine was started again where it had to be


def test_a_damaged_roll_up_is_built_again(store, put, make, home):
    import pyarrow as pa

    put(make.scrap("2026-10", {1: 1}))
    table = pa.table({"n": list(range(500))})

    def derived():
        return store.at().derived("x", "A", "2026-10", "s", lambda: table)["n"].to_pylist()

    assert derived() == list(range(500))
    (path,) = home.glob("rollups/*/*.parquet")
    whole = path.read_bytes()
    for content in (b"", whole[:100], whole[:60] + b"\0\1\2\3" + whole[64:]):
        path.write_bytes(content)
        assert derived() == list(range(500))


@pytest.mark.parametrize("seeds", [range(25), pytest.param(range(25, 400), marks=pytest.mark.long)])
def test_a_ledger_damaged_anywhere(tmp_path, seeds):
    """Every damage is told in a sentence, or did not touch anything that is read."""
    (tmp_path / "in").mkdir()
    make, store = Maker(tmp_path / "in"), open_store(tmp_path / "home")
    for n in range(1, 4):
        store.commit(make.scrap(f"2026-{n:02}", {1: n}), who="me", when=WHEN)
        store.records.put("target", "x", {"value": n}, who="me", when=WHEN, why="")
    expected, entries = amounts(store.at()), store.entries()
    store.close()
    ledger = tmp_path / "home" / "ledger.db"
    whole = ledger.read_bytes()
    found = 0
    for seed in seeds:
        chance = random.Random(seed)
        content = bytearray(whole)
        at, count = chance.randrange(len(content)), chance.choice((1, 16, 512, 4096))
        content[at : at + count] = chance.randbytes(len(content[at : at + count]))
        ledger.write_bytes(content)
        again = None
        try:
            again = open_store(tmp_path / "home")
            again.verify_chain()
            assert again.entries() == entries
            assert amounts(again.at()) == expected
        except KpiError as error:
            assert str(error).endswith(".")  # the sentence, and no traceback
            found += 1
        finally:
            if again is not None:
                again.close()
            for name in ("ledger.db-wal", "ledger.db-shm"):
                (tmp_path / "home" / name).unlink(missing_ok=True)
    assert found


KILLED_AFTER = """
import os, signal, sys
from pathlib import Path
from made_files import WHEN, Maker
from kpi.store import open_store
make, store = Maker(Path(sys.argv[2])), open_store(Path(sys.argv[1]))
store.commit(make.scrap("2026-11", {1: 2}), who="me", when=WHEN)
os.kill(os.getpid(), signal.SIGKILL)
"""

READS = """
import email.parser, email.policy, importlib.metadata, os, sys, tempfile
from pathlib import Path
import pyarrow as pa
from made_files import amounts
from kpi.store import open_store
with tempfile.TemporaryDirectory() as folder:  # what an unprivileged user may not be able to import
    warm = open_store(Path(folder))
    warm.at().arrow("scrap")
    warm.close()
if os.getuid() == 0:
    os.setgid(65534)
    os.setuid(65534)
store = open_store(Path(sys.argv[1]))
assert store.read_only
print(store.position(), sorted(amounts(store.at()).values()))
store.close()
"""


@pytest.mark.skipif(os.name == "nt", reason="rights work otherwise there")
@pytest.mark.parametrize("index", ["left", "gone"])
def test_a_read_only_home_shows_what_a_killed_process_committed_last(
    store, put, make, home, tmp_path, index
):
    """That commit lies in the log beside the ledger, and nobody may write to take it over."""
    put(make.scrap("2026-10", {1: 1}))
    store.close()
    env = {**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{Path(__file__).parent}"}
    env["TMPDIR"] = str(tmp_path)
    command = [sys.executable, "-c", KILLED_AFTER, str(home), str(make.folder)]
    subprocess.run(command, env=env, check=False)
    assert (home / "ledger.db-wal").stat().st_size > 0
    if index == "gone":
        (home / "ledger.db-shm").unlink()
    for path in [home, *home.rglob("*")]:
        path.chmod(0o555 if path.is_dir() else 0o444)
    tmp_path.chmod(0o1777)
    for folder in tmp_path.parents:
        if folder.stat().st_uid == os.getuid() and folder != Path("/"):
            folder.chmod(folder.stat().st_mode | 0o055)
    try:
        done = subprocess.run(
            [sys.executable, "-c", READS, str(home)],
            env=env, capture_output=True, text=True, check=False,
        )  # fmt: skip
    finally:
        for path in [home, *home.rglob("*")]:
            path.chmod(0o755 if path.is_dir() else 0o644)
    assert done.stdout.strip() == "2 [1.0, 2.0]", done.stderr[-2000:]
    shutil.rmtree(home)
