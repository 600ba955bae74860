"""Derived tables kept beside the facts, each under the signature of what it was made of."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.parquet as pq

from kpi.store.codec import quoted
from kpi.store.files import SAFELY_OLD_SECONDS, Files, write_parquet

KEPT_PER_PLACE: Final = 3
"""Roll-ups of one place kept at most: the present one, and a few that looking back has built."""


@dataclass(frozen=True, slots=True)
class Partition:
    """One derived table of one plant's month, and the signature of what it is made of."""

    name: str
    plant: str
    month: str
    signature: str

    @property
    def place(self) -> str:
        """A file name for plant and month that nothing in them can steer."""
        month = self.month if self.month.replace("-", "").isdigit() else "all"
        return f"{month}-{_short(self.plant + chr(0) + self.month)}"

    @property
    def folder(self) -> str:
        """The folder of its kind."""
        return _short(self.name)

    @property
    def file(self) -> str:
        """The file name: another signature is another file, so a wrong one is never read."""
        return f"{self.place}-{_short(self.signature)}.parquet"


class Rollups:
    """A folder of derived tables. It may be deleted at any time, and lost writes cost only time."""

    def __init__(self, files: Files, folder: Path, scratch: Callable[[], Path]) -> None:
        self._files = files
        self._folder = folder
        self._scratch = scratch

    def over(self, scratch: Callable[[], Path]) -> "Rollups":
        """The same, reading what is kept and writing only to ``scratch``: for previews."""
        return _Overlay(self._files, self._folder, scratch)

    def table(self, partition: Partition, build: Callable[[], pa.Table]) -> pa.Table:
        """The derived table, read or built; texts come as categories, as the file holds them."""
        path = self.file(partition, build)
        try:
            return _read(path)
        except (OSError, pa.ArrowException):  # swept by a purge just now, or damaged: made anew
            path.unlink(missing_ok=True)
            return _read(self.file(partition, build))

    def file(self, partition: Partition, build: Callable[[], pa.Table]) -> Path:
        """The file that holds the derived table, written now where it is not there."""
        kept = self._folder / partition.folder / partition.file
        if kept.exists():
            return kept
        aside = self._scratch() / f"{_short(partition.name)}-{partition.file}"
        if aside.exists():
            return aside
        return self._write(partition, kept, aside, build())

    def sql(self, files: Sequence[Path], schema: pa.Schema) -> str:
        """All rows of some of these files."""
        if not files:
            nothing = pa.Table.from_batches([], schema)
            empty = self._scratch() / f"empty-{_short(str(schema))}.parquet"
            if not empty.exists():
                self._files.place(empty, lambda path: write_parquet(nothing, path))
            files = [empty]
        paths = ", ".join(quoted(path.as_posix()) for path in files)
        return f"SELECT * FROM read_parquet([{paths}])"

    def _write(self, partition: Partition, kept: Path, aside: Path, table: pa.Table) -> Path:
        try:
            self._files.place(kept, lambda path: write_parquet(table, path))
        except OSError:  # a home that may not be written to still answers
            self._files.place(aside, lambda path: write_parquet(table, path))
            return aside
        self._forget_old(kept.parent, partition)
        return kept

    def _forget_old(self, folder: Path, partition: Partition) -> None:
        found = folder.glob(f"{partition.place}-*.parquet")
        aged = sorted(((_age(path), path) for path in found), reverse=True)
        for age, path in aged[KEPT_PER_PLACE:]:
            if aged[0][0] - age > SAFELY_OLD_SECONDS:  # a page may be reading it just now
                path.unlink(missing_ok=True)


def _read(path: Path) -> pa.Table:
    known = pq.read_metadata(path)
    texts = [f.name for f in known.schema.to_arrow_schema() if pa.types.is_string(f.type)]
    # Half the time of read_table; to unfold the texts would double it again.
    with pq.ParquetFile(
        path, metadata=known, read_dictionary=texts, page_checksum_verification=True
    ) as file:
        return file.read(use_threads=False)


class _Overlay(Rollups):
    def _write(self, partition: Partition, kept: Path, aside: Path, table: pa.Table) -> Path:
        self._files.place(aside, lambda path: write_parquet(table, path))
        return aside


def _age(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return 0.0


def _short(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:24]
