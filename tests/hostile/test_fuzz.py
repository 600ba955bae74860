"""Small sound files of every kind, bent at random thousands of times, through the real child.

Whatever becomes of a file, the process that asks lives on, nothing takes longer than it may, and
nobody meets a traceback. A failure names the seed, and ``bent(kind, seed)`` makes the file again.
"""

import io
import os
import random
import sys
import zipfile
from concurrent.futures import ThreadPoolExecutor

import pytest

from kpi.ingest import Limits, read_file
from kpi.model import Severity
from tests.hostile.old_books import xls, xlsb
from tests.hostile.packages import CSV, book, ods, shared, zipped
from tests.ingest.containers import page_of, spreadsheet_xml

linux = pytest.mark.skipif(sys.platform != "linux", reason="limits of the operating system")
TIMES = int(os.environ.get("KPI_FUZZ_TIMES", "150"))
"""Files of each kind in the long run; more where somebody has an evening."""

LIMITS = Limits(wall_seconds=60)

ROWS = [line.split(",") for line in CSV.strip().splitlines()]
SOUND = {
    "xlsx": lambda: book(shared=shared("Note", "Date")),
    "xls": xls,
    "xlsb": xlsb,
    "ods": ods,
    "csv": CSV.encode,
    "html": lambda: page_of(ROWS).encode(),
    "xml": lambda: spreadsheet_xml(ROWS).encode(),
    "utf-16": lambda: CSV.encode("utf-16"),
}
TOKENS = (
    b"\x00", b"\xff", b"\xff\xff\xff\xff", b"\x00\x00\x00\x80", b"99999999", b"-1", b"1e999", b'"',
    b"<", b">", b"&", b"\n", b",", b"\r", b"'", b"]]>", b"<!--", b"=", b"\xed\xa0\x80", b"\t",
)  # fmt: skip


def flipped(data, dice):
    """Some bits the other way round."""
    out = bytearray(data)
    for _ in range(dice.choice((1, 1, 3, 10, 50))):
        out[dice.randrange(len(out))] ^= 1 << dice.randrange(8)
    return bytes(out)


def cut(data, dice):
    """The end is missing."""
    return data[: dice.randrange(1, len(data))]


def swapped(data, dice):
    """Two pieces have changed places."""
    a, b, c = sorted(dice.randrange(len(data)) for _ in range(3))
    return data[:a] + data[b:c] + data[a:b] + data[c:]


def doubled(data, dice):
    """A piece comes many times."""
    a, b = sorted(dice.randrange(len(data)) for _ in range(2))
    return data[:b] + data[a:b] * dice.choice((1, 2, 20)) + data[b:]


def strewn(data, dice):
    """Awkward words stand where others stood."""
    for _ in range(dice.choice((1, 2, 8))):
        at = dice.randrange(len(data))
        token = dice.choice(TOKENS)
        data = data[:at] + token + data[at + dice.choice((0, len(token))) :]
    return data


BENDS = (flipped, cut, swapped, doubled, strewn)


def bent(kind, seed):
    """A file of one kind, bent; of an archive mostly a part inside, packed soundly again."""
    dice = random.Random(f"{kind} {seed}")
    data = SOUND[kind]()
    bend = dice.choice(BENDS)
    if not data.startswith(b"PK") or dice.random() < 0.25:
        return bend(data, dice)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    name = dice.choice([name for name, content in parts.items() if content])
    if dice.random() < 0.1:
        other = dice.choice(list(parts))
        parts[name], parts[other] = parts[other], parts[name]
    else:
        parts[name] = bend(parts[name], dice)
    return zipped(parts)


def fault_of(folder, kind, seed):
    """What is wrong with how a bent file was read; "" where nothing is."""
    path = folder / f"{seed}.{kind}"
    path.write_bytes(bent(kind, seed))
    found = read_file(path, limits=LIMITS)
    path.unlink()
    rejected = [p for p in found.problems if p.severity is Severity.REJECTED]
    if found.state == "rejected" and not (
        rejected and all(p.actual and p.advice for p in rejected)
    ):
        return f"{kind} {seed}: refused without a word"
    if any("error in this program" in p.actual for p in rejected):
        return f"{kind} {seed}: an error of the program"
    if found.took.processor_seconds > 5 or found.took.peak_bytes > 400 << 20:
        return f"{kind} {seed}: took {found.took}"
    return ""


def faults(folder, kind, seeds, caplog):
    """What is wrong, of all seeds; with the log's frames."""
    with ThreadPoolExecutor(2) as pool:
        told = [told for told in pool.map(lambda n: fault_of(folder, kind, n), seeds) if told]
    return told + [record.getMessage()[-800:] for record in caplog.records[:5]]


@linux
@pytest.mark.parametrize("kind", SOUND)
def test_a_few_bent_files(tmp_path, kind, caplog):
    assert faults(tmp_path, kind, range(2), caplog) == []


@linux
@pytest.mark.long
@pytest.mark.parametrize("kind", SOUND)
def test_very_many_bent_files(tmp_path, kind, caplog):
    assert faults(tmp_path, kind, range(2, TIMES + 2), caplog) == []


def test_sound_ones_are_read(tmp_path):
    for kind, make in SOUND.items():
        path = tmp_path / f"a.{kind}"
        path.write_bytes(make())
        assert read_file(path).state == "ready", kind
