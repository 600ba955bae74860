"""The hash chains of ledger and records: verified in one pass, and where they ended at any time."""

import hashlib
import sqlite3
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from json.encoder import encode_basestring
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from kpi.store.codec import canonical
from kpi.store.database import Database, ledger_table, meta_table, record_table
from kpi.store.tombstones import Excuse, excuse

GENESIS: Final = ""
"""The previous hash of the first entry of a chain."""

TABLES: Final = {"ledger": ledger_table, "record": record_table}

AT_ONCE: Final = 5_000
"""Rows held in memory while a chain is verified."""


@dataclass(frozen=True, slots=True)
class Ends:
    """Where both chains ended at one moment: how long each was, and the hash of its last row."""

    position: int
    ledger: str
    number: int
    records: str


def link(previous: str, content: Sequence[Any]) -> str:
    """The hash of a row: that of ``codec.chained``, at a third of its cost.

    A value of a kind that is never written (a blob) gives the empty text, which no row has.
    """
    try:
        parts = [str(v) if type(v) is int else encode_basestring(v) for v in content]
        text = f"[{encode_basestring(previous)},{','.join(parts)}]"
    except TypeError:
        try:
            text = canonical([previous, *content])
        except TypeError:
            return ""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _none(previous: str, row: Sequence[Any]) -> bool:
    return False


def first_misfit(rows: Iterable[Sequence[Any]], excused: Excuse = _none) -> tuple[int, int | None]:
    """How many rows of a chain fit, from its first on, and the number of the one that does not.

    ``excused`` are tombstones: rows whose content is gone, and whose hash a purge names.
    """
    previous, expected = GENESIS, 1
    for row in rows:
        digest = row[-1]
        fits = link(previous, row[:-1]) == digest or excused(previous, row)
        if row[0] != expected or not fits:
            return expected - 1, expected
        previous, expected = digest, expected + 1
    return expected - 1, None


def mark_end(connection: sa.Connection, table: str, number: int, digest: str) -> None:
    """Keep beside a chain where it ends: rows taken off its tail are then missed."""
    key = _end_key(table)
    connection.execute(meta_table.delete().where(meta_table.c.key == key))
    connection.execute(meta_table.insert().values(key=key, value=f"{number} {digest}"))


class Chains:
    """Both chains of one database, read anew at every question."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def ends(self) -> Ends:
        """Where both chains end now, as one look sees them."""
        with self._database.reading() as connection:
            position, ledger = _end(connection, "ledger")
            number, records = _end(connection, "record")
        return Ends(position, ledger, number, records)

    def ends_at(self, position: int, number: int) -> Ends | None:
        """Where they ended when they were that long; ``None`` where one was never."""
        with self._database.reading() as connection:
            ledger = _hash_at(connection, "ledger", position)
            records = _hash_at(connection, "record", number)
        if ledger is None or records is None:
            return None
        return Ends(position, ledger, number, records)

    def schema(self) -> str | None:
        """The migration the database is at; ``None`` where it is new."""
        return self._database.schema()

    def broken(self, table: str) -> int | None:
        """The first number whose row does not fit its hash; ``None`` where all fit."""
        with self._database.reading() as connection:
            try:
                return _misfit(connection, table)
            except (DBAPIError, sqlite3.DatabaseError) as problem:
                if "decode" not in str(problem).lower():
                    raise
            with _any_text(connection):
                return _misfit(connection, table)

    def shortened(self, table: str) -> int | None:
        """How many rows there were at least, where rows are missing at the end; else ``None``."""
        with self._database.reading() as connection:
            kept = connection.scalar(
                sa.select(meta_table.c.value).where(meta_table.c.key == _end_key(table))
            )
            if kept is None:  # nothing was written since this is kept
                return None
            number, _, digest = str(kept).partition(" ")
            if not number.isdecimal():
                return 0
            return None if _hash_at(connection, table, int(number)) == digest else int(number)


def _misfit(connection: sa.Connection, table: str) -> int | None:
    excused = excuse(connection) if table == "record" else _none
    with closing(_every_row(connection, table)) as rows:
        return first_misfit(rows, excused)[1]


@contextmanager
def _any_text(connection: sa.Connection) -> Iterator[None]:
    """Text that is no text any more is read all the same: it fits no hash, and says where it is."""
    raw: Any = connection.connection.dbapi_connection
    usual = raw.text_factory
    raw.text_factory = lambda content: content.decode("utf-8", "surrogateescape")
    try:
        yield
    finally:
        raw.text_factory = usual


def _every_row(connection: sa.Connection, table: str) -> Generator[Sequence[Any]]:
    """The rows of a chain in order, a few thousand in memory at a time."""
    query = TABLES[table].select().order_by(TABLES[table].primary_key.columns[0])
    if connection.dialect.name != "sqlite":
        streamed = connection.execution_options(stream_results=True).execute(query)
        try:
            for part in streamed.partitions(AT_ONCE):
                yield from part
        finally:
            streamed.close()
        return
    # Past the driver's rows SQLAlchemy makes rows of its own: two thirds of the time.
    cursor = connection.connection.cursor()
    try:
        cursor.execute(str(query))
        while rows := cursor.fetchmany(AT_ONCE):
            yield from rows
    finally:
        cursor.close()


def _end_key(table: str) -> str:
    return f"end of {table}"


def _end(connection: sa.Connection, table: str) -> tuple[int, str]:
    source = TABLES[table]
    column = source.primary_key.columns[0]
    row = connection.execute(
        sa.select(column, source.c.hash).order_by(column.desc()).limit(1)
    ).first()
    return (0, GENESIS) if row is None else (int(row[0]), str(row[1]))


def _hash_at(connection: sa.Connection, table: str, number: int) -> str | None:
    if number == 0:
        return GENESIS
    source = TABLES[table]
    column = source.primary_key.columns[0]
    found: str | None = connection.scalar(sa.select(source.c.hash).where(column == number))
    return found
