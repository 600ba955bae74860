"""The append-only list of uploads and withdrawals, chained by hash, read once and then followed."""

import threading
from collections.abc import Mapping, Sequence
from dataclasses import replace

import sqlalchemy as sa

from kpi.errors import StoreError
from kpi.store.codec import chained, entry_of, payload_of, utc_text
from kpi.store.database import Database, ledger_table
from kpi.store.mends import folded
from kpi.store.model import UPLOAD, WITHDRAWAL, Entry

GENESIS = ""
"""The previous hash of the first entry of a chain."""


class Ledger:
    """Entries in order of position, from 1. What was read stays read: entries never change."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._entries: list[Entry] = []
        self._guard = threading.Lock()

    def position(self) -> int:
        """The position of the latest entry; 0 where there is none."""
        with self._database.reading() as connection:
            return self._position(connection)

    def entries(self, upto: int | None = None) -> list[Entry]:
        """Entries up to a position (all by default); uploads know of their withdrawal among them."""
        with self._database.reading() as connection:
            return self._known(connection, upto)

    def entries_within(self, connection: sa.Connection) -> list[Entry]:
        """All entries as a transaction sees them."""
        return self._known(connection, None)

    def append(self, connection: sa.Connection, entry: Entry) -> Entry:
        """Add an entry at the next position; it counts when the transaction ends."""
        before = self._known(connection, None)
        position = len(before) + 1
        payload = payload_of(entry) if entry.kind == UPLOAD else "{}"
        line = {
            "position": position,
            "kind": entry.kind,
            "upload": entry.upload,
            "who": entry.who,
            "at": utc_text(entry.when),
            "why": entry.why,
            "payload": payload,
        }
        digest = chained(before[-1].hash if before else GENESIS, *line.values())
        connection.execute(ledger_table.insert().values(**line, hash=digest))
        return entry_of(
            position=position,
            kind=entry.kind,
            upload=entry.upload,
            who=entry.who,
            at=utc_text(entry.when),
            why=entry.why,
            payload=payload,
            hash=digest,
        )

    def broken_at(self) -> int | None:
        """The first position whose content does not fit its hash; ``None`` where all fit."""
        previous, expected = GENESIS, 1
        with self._database.reading() as connection:
            for row in connection.execute(ledger_table.select().order_by("position")):
                *content, digest = row
                if row.position != expected or chained(previous, *content) != digest:
                    return expected
                previous, expected = digest, expected + 1
        return None

    def head(self) -> str:
        """The hash of the latest entry, which vouches for all before it."""
        entries = self.entries()
        return entries[-1].hash if entries else GENESIS

    def _position(self, connection: sa.Connection) -> int:
        return int(connection.scalar(sa.select(sa.func.max(ledger_table.c.position))) or 0)

    def _known(self, connection: sa.Connection, upto: int | None) -> list[Entry]:
        with self._guard:
            read = len(self._entries)
            if upto is None or upto > read:
                later = ledger_table.select().where(ledger_table.c.position > read)
                rows = connection.execute(later.order_by(ledger_table.c.position)).all()
                self._entries.extend(entry_of(**row._mapping) for row in rows)
            if upto is not None and not 0 <= upto <= len(self._entries):
                raise StoreError(
                    f"The ledger has no position {upto}; it ends at {len(self._entries)}."
                )
            return _with_withdrawals(self._entries[:upto])


def _with_withdrawals(entries: Sequence[Entry]) -> list[Entry]:
    gone = {e.upload: e.position for e in entries if e.kind == WITHDRAWAL}
    uploads = {e.upload: e for e in entries if e.kind == UPLOAD and e.upload in gone}
    return [_told(e, gone, uploads) if e.upload in gone else e for e in entries]


def _told(entry: Entry, gone: Mapping[str, int], uploads: Mapping[str, Entry]) -> Entry:
    if entry.kind == UPLOAD:
        return replace(entry, withdrawn=gone[entry.upload])
    of = uploads[entry.upload]
    return replace(entry, feed=of.feed, file=of.file, sha256=of.sha256)


def live_uploads(entries: Sequence[Entry]) -> list[Entry]:
    """Uploads that were not withdrawn, in order of position; a mended one with its mended rows."""
    return folded(entries, [e for e in entries if e.kind == UPLOAD and e.withdrawn is None])
