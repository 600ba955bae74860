"""Can the facts be rebuilt from the uploads alone? Each kept file is read again and compared.

The rows of a file follow from its bytes, what was decided about it (which the ledger keeps), and the
program that read it. Where all three are the same and the rows are not, somebody changed rows and
rewrote the ledger around them: nothing but this finds that, and a printed head.
"""

import os
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from enum import StrEnum

import pyarrow as pa
import pyarrow.parquet as pq

from kpi.analysis.home import Home
from kpi.analysis.ingesting import incoming_of
from kpi.analysis.mending import read_again
from kpi.analysis.settings_history import PROGRAM, program_version
from kpi.errors import KpiError
from kpi.store import Entry, Standing
from kpi.store.model import UPLOAD
from kpi.store.planning import merged
from kpi.store.rows import conform, dataset_of, marked

Progress = Callable[[str, float], None]

READERS = "reading of files"


class Outcome(StrEnum):
    """What came of reading a file again."""

    SAME = "same"
    OTHERWISE = "otherwise"  # and the program, or what it was told, may be why
    WRONG = "wrong"


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """An upload read again: whether its rows came out as they are stored, and what differs."""

    upload: str
    file: str
    outcome: Outcome
    says: str
    rows: int = 0


def rebuild(home: Home, progress: Progress | None = None) -> tuple[Rebuilt, ...]:
    """Read every upload that was not purged again, and compare row for row with what is stored.

    As many are read side by side as there are processors. ``progress`` is told each that is done.
    """
    entries = [e for e in home.store.entries() if e.kind == UPLOAD and e.purged is None]
    done: dict[str, Rebuilt] = {}
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        running = {pool.submit(_rebuilt, home, entry): entry for entry in entries}
        for count, future in enumerate(as_completed(running), 1):
            done[running[future].upload] = future.result()
            if progress:
                progress(running[future].file, count / len(running))
    return tuple(done[entry.upload] for entry in entries)


def _rebuilt(home: Home, entry: Entry) -> Rebuilt:
    named = f"{entry.file} (upload {entry.upload})"
    try:
        differs, as_then = _differences(home, entry)
        if differs and not as_then:  # plants that came later may be why
            known = tuple(home.store.at(entry.position - 1).plants())
            differs, as_then = _differences(home, entry, known)
    except (KpiError, OSError, pa.ArrowException) as problem:
        return Rebuilt(entry.upload, entry.file, Outcome.WRONG, f"{named}: {problem}")
    rows = sum(part.rows_accepted for part in entry.parts)
    if not differs:
        return Rebuilt(entry.upload, entry.file, Outcome.SAME, f"{named}: the same rows.", rows)
    then = _readers_at(home, entry)
    now = program_version()[READERS]
    if as_then or (then == now and not _told_otherwise(home, entry)):
        read = "It reads as it did then" if as_then else "It was read by this very program"
        why = f"{read}, so that rows or ledger were changed since."
        return Rebuilt(entry.upload, entry.file, Outcome.WRONG, f"{named}: {differs} {why}", rows)
    why = (
        "The program reads files otherwise now, or it was told other settings: what is stored "
        "counts as it was put in force."
        if then
        else "Which version of the program read it is not on record, so that this may be why."
    )
    return Rebuilt(entry.upload, entry.file, Outcome.OTHERWISE, f"{named}: {differs} {why}", rows)


def _differences(
    home: Home, entry: Entry, plants: tuple[str, ...] | None = None
) -> tuple[str, bool]:
    """In what the rows read again differ from those stored, in a sentence; empty: in nothing.

    And whether the file reads today as the ledger says it read then: by the hash of all its rows.
    """
    standing = home.store.standing(entry.upload) if entry.mends else Standing(entry)
    reading = read_again(home, standing, plants=plants)
    path = home.store.files.bytes_path(standing.upload.sha256)
    again = {p.dataset: p for p in merged(incoming_of(reading, path, entry.feed)).parts}
    told = []
    for part in entry.parts:
        stored = pq.read_table(home.store.files.facts_path(part.dataset, entry.upload))
        if part.dataset not in again:
            told.append(f"none of its {len(stored)} {part.dataset} rows can be read now.")
            continue
        dataset = dataset_of(part.dataset)
        rows = marked(
            dataset, conform(dataset, again[part.dataset].table), entry.upload, entry.feed
        )
        if text := _compared(stored, rows):
            told.append(f"its {part.dataset} rows read otherwise: {text}.")
    told += [
        f"{name} rows are read now, and none are stored."
        for name in again.keys() - {part.dataset for part in entry.parts}
    ]
    return " ".join(told), bool(entry.rows_hash) and reading.rows_hash == entry.rows_hash


def _compared(stored: pa.Table, again: pa.Table) -> str:
    """How two tables of the same rows differ; row by row, in the order they are stored in."""
    if len(stored) != len(again):
        return f"{len(again)} rows instead of {len(stored)}"
    if missing := set(stored.column_names) ^ set(again.column_names):
        return f"other columns ({', '.join(sorted(missing))})"
    wrong: dict[str, int] = {}
    for name in stored.column_names:
        ours, theirs = _plain(stored[name]), _plain(again[name])
        if not ours.equals(theirs.cast(ours.type)):
            wrong[name] = _unequal(ours, theirs.cast(ours.type))
    return ", ".join(f"{count} in {name}" for name, count in wrong.items() if count)


def _unequal(ours: pa.ChunkedArray, theirs: pa.ChunkedArray) -> int:
    pairs = zip(ours.to_pylist(), theirs.to_pylist(), strict=True)
    return sum(repr(a) != repr(b) for a, b in pairs)  # not a number is like itself here


def _plain(column: pa.ChunkedArray) -> pa.ChunkedArray:
    return column.cast(column.type.value_type) if pa.types.is_dictionary(column.type) else column


def _readers_at(home: Home, entry: Entry) -> str:
    """The version of the readers on record when a file was put in force; empty: not known."""
    known = [r for r in home.store.records.history(PROGRAM) if r.when <= entry.when]
    value: Mapping[str, object] = known[-1].value if known else {}
    return str(value.get(READERS, ""))


def _told_otherwise(home: Home, entry: Entry) -> bool:
    """Whether settings or profiles changed since a file was put in force."""
    return any(record.when > entry.when for record in home.store.records.history("settings"))
