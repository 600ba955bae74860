"""The home's files: written aside, fsynced, renamed, so that under its final name a file is whole."""

import hashlib
import os
import tempfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.parquet as pq

from kpi.errors import StoreError, UnknownNameError

ASIDE: Final = ".aside-"
"""How names of unfinished files begin; nothing reads them."""

SAFELY_OLD_SECONDS: Final = 3600.0
"""Leftovers of a crash are swept once they are this much older than a file written now."""

COPIED_AT_ONCE: Final = 1 << 20
"""Bytes of an upload copied, and hashed while they are at hand."""

ROW: Final = "row"
"""The column that says in which row of the sheet a fact stands."""

ROWS_PER_GROUP: Final = 122_880
"""Rows of a Parquet row group: what DuckDB hands to one thread."""


class Files:
    """Facts, upload bytes and roll-ups of one home."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.uploads = home / "uploads"
        self.facts = home / "facts"
        self.rollups = home / "rollups"
        self.kept = home / "kept"

    def facts_path(self, dataset: str, upload: str) -> Path:
        """Where an upload's rows of a dataset lie."""
        return self.facts / dataset / f"{upload}.parquet"

    def bytes_path(self, sha256: str) -> Path:
        """Where the bytes of an upload lie. Only a hash can be asked for, never a path."""
        if len(sha256) != 64 or not set(sha256) <= set("0123456789abcdef"):
            raise UnknownNameError("file", sha256, known=())
        return self.uploads / sha256

    def kept_path(self, sha256: str) -> Path:
        """Where a kept document lies. Only a hash can be asked for, never a path."""
        return self.kept / self.bytes_path(sha256).name

    def keep_bytes(self, source: Path, sha256: str) -> None:
        """Keep the bytes of an upload under their hash; a file that changed meanwhile is refused."""
        final = self.bytes_path(sha256)
        if final.exists():
            return

        def write(aside: Path) -> None:
            digest = hashlib.sha256()
            with source.open("rb") as file, aside.open("wb") as out:
                while piece := file.read(COPIED_AT_ONCE):
                    digest.update(piece)
                    out.write(piece)
            if digest.hexdigest() != sha256:
                raise StoreError(
                    f"{source.name} changed while it was read. Nothing was stored; upload it again."
                )

        self.place(final, write)

    def keep_facts(self, dataset: str, upload: str, table: pa.Table) -> str:
        """Write an upload's rows of a dataset; returns the SHA-256 of the file."""
        final = self.facts_path(dataset, upload)
        self.place(final, lambda aside: write_parquet(table, aside))
        return sha256_of(final)

    def place(self, final: Path, write: Callable[[Path], None]) -> None:
        """Let ``write`` fill a file aside, make it durable, and give it its final name."""
        final.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=ASIDE, dir=final.parent)
        os.close(handle)
        aside = Path(name)
        try:
            write(aside)
            sync(aside)
            aside.replace(final)
        except BaseException:
            aside.unlink(missing_ok=True)
            raise
        sync(final.parent)

    def sweep(self, known_facts: Iterable[tuple[str, str]], known_bytes: Iterable[str]) -> int:
        """Remove leftovers of crashes that are safely old; returns how many.

        The age is measured against a file written now, not against a clock that may be wrong.
        """
        facts = {self.facts_path(dataset, upload) for dataset, upload in known_facts}
        kept = facts | {self.bytes_path(sha256) for sha256 in known_bytes}
        unknown = [path for path in self._all() if path not in kept]
        if not unknown:
            return 0
        with tempfile.NamedTemporaryFile(prefix=ASIDE, dir=self.home) as probe:
            now = Path(probe.name).stat().st_mtime
        old = [p for p in unknown if now - p.stat().st_mtime > SAFELY_OLD_SECONDS]
        for path in old:
            path.unlink(missing_ok=True)
        return len(old)

    def _all(self) -> Iterator[Path]:
        yield from self.facts.glob("*/*")
        yield from self.uploads.glob("*")
        yield from self.kept.glob(f"{ASIDE}*")
        yield from self.home.glob(f"{ASIDE}*")
        yield from self.rollups.glob(f"*/{ASIDE}*")


def write_parquet(table: pa.Table, path: Path) -> None:
    """Write a table as zstd Parquet; a category is written as the text it is.

    Row numbers are written as the steps between them. Amounts carry no statistics: nobody looks for
    the rows of one amount. Every page carries a checksum, by which damage shows when it is read.
    """
    types = dict(zip(table.column_names, table.schema.types, strict=True))
    has_categories = any(pa.types.is_dictionary(kind) for kind in types.values())
    rows = [name for name, kind in types.items() if name == ROW and pa.types.is_integer(kind)]
    pq.write_table(
        table,
        path,
        compression="zstd",
        row_group_size=ROWS_PER_GROUP,
        use_dictionary=[name for name in types if name not in rows],
        column_encoding=dict.fromkeys(rows, "DELTA_BINARY_PACKED") or None,
        write_statistics=[n for n, kind in types.items() if not pa.types.is_floating(kind)],
        store_schema=not has_categories,
        write_page_checksum=True,
    )


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sync(path: Path) -> None:
    """Make a file, or the names in a folder, durable."""
    if os.name == "nt" and path.is_dir():
        return  # Windows keeps directory entries by itself and cannot open a folder
    handle = os.open(path, os.O_RDWR if os.name == "nt" else os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
