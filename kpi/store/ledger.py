"""The append-only list of uploads, withdrawals and purges, chained by hash, read once and then followed."""

import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import sqlalchemy as sa

from kpi.errors import StoreError
from kpi.store.chains import GENESIS, Chains, mark_end
from kpi.store.codec import chained, entry_of, payload_of, utc_text
from kpi.store.database import Database, ledger_table
from kpi.store.mends import folded
from kpi.store.model import PURGE, UPLOAD, WITHDRAWAL, Entry


class Ledger:
    """Entries in order of position, from 1. What was read stays read: entries never change."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._entries: list[Entry] = []
        self._purged: dict[str, int] = {}
        self._guard = threading.Lock()

    def position(self) -> int:
        """The position of the latest entry; 0 where there is none."""
        return self._database.known("position", self._end)

    def _end(self) -> int:
        with self._database.reading() as connection:
            return self._position(connection)

    def entries(self, upto: int | None = None) -> list[Entry]:
        """Entries up to a position (all by default); uploads know of their withdrawal among them.

        A purge counts at every position, those before it included: the rows are gone.
        """
        with self._database.reading() as connection:
            return self._known(connection, upto)

    def entries_within(self, connection: sa.Connection) -> list[Entry]:
        """All entries as a transaction sees them."""
        return self._known(connection, None)

    def append(self, connection: sa.Connection, entry: Entry) -> Entry:
        """Add an entry at the next position; it counts when the transaction ends."""
        return self.append_all(connection, [entry])[0]

    def append_all(self, connection: sa.Connection, entries: Iterable[Entry]) -> list[Entry]:
        """Add entries at the next positions; they count together when the transaction ends."""
        before = self._known(connection, None)
        position, digest = len(before), before[-1].hash if before else GENESIS
        added: list[Entry] = []
        for entry in entries:
            position += 1
            added.append(self._insert(connection, entry, position, digest))
            digest = added[-1].hash
        return added

    def _insert(
        self, connection: sa.Connection, entry: Entry, position: int, previous: str
    ) -> Entry:
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
        digest = chained(previous, *line.values())
        connection.execute(ledger_table.insert().values(**line, hash=digest))
        mark_end(connection, "ledger", position, digest)
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
        return Chains(self._database).broken("ledger")

    def cut_off(self) -> int | None:
        """How many entries there were, where some are missing at the end; else ``None``."""
        return Chains(self._database).shortened("ledger")

    def head(self) -> str:
        """The hash of the latest entry, which vouches for all before it."""
        return Chains(self._database).ends().ledger

    def _position(self, connection: sa.Connection) -> int:
        return int(connection.scalar(sa.select(sa.func.max(ledger_table.c.position))) or 0)

    def _known(self, connection: sa.Connection, upto: int | None) -> list[Entry]:
        with self._guard:
            self._follow(connection)
            if upto is not None and not 0 <= upto <= len(self._entries):
                raise StoreError(
                    f"The ledger has no position {upto}; it ends at {len(self._entries)}."
                )
            return _with_withdrawals(self._entries[:upto], self._purged)

    def purges(self) -> int:
        """How many purges there were: a view made before the last one must not be used again."""
        return self._database.known("purges", self._purges)

    def _purges(self) -> int:
        with self._database.reading() as connection, self._guard:
            self._follow(connection)
            return len(self._purged)

    def _follow(self, connection: sa.Connection) -> None:
        """Read what was added since: to the end, for a purge changes what any position shows."""
        later = ledger_table.select().where(ledger_table.c.position > len(self._entries))
        rows = connection.execute(later.order_by(ledger_table.c.position)).all()
        found = [_read(dict(row._mapping)) for row in rows]
        self._entries.extend(found)
        self._purged |= {e.upload: e.position for e in found if e.kind == PURGE}


def _read(line: Mapping[str, Any]) -> Entry:
    try:
        entry = entry_of(**line)
    except (ValueError, LookupError, TypeError, AttributeError) as problem:
        raise _altered(line["position"]) from problem
    if entry.kind == UPLOAD and not entry.sha256:
        raise _altered(line["position"])
    return entry


def _altered(position: int) -> StoreError:
    return StoreError(
        f"Ledger position {position} cannot be read: it was altered after it was written. Nothing was "
        "changed; restore the latest backup."
    )


def _with_withdrawals(entries: Sequence[Entry], purged: Mapping[str, int]) -> list[Entry]:
    gone = {e.upload: e.position for e in entries if e.kind == WITHDRAWAL}
    gone = {**purged, **gone}
    uploads = {e.upload: e for e in entries if e.kind == UPLOAD and e.upload in gone}
    return [_told(e, gone, purged, uploads) if e.upload in gone else e for e in entries]


def _told(
    entry: Entry,
    gone: Mapping[str, int],
    purged: Mapping[str, int],
    uploads: Mapping[str, Entry],
) -> Entry:
    if entry.kind == UPLOAD:
        return replace(entry, withdrawn=gone[entry.upload], purged=purged.get(entry.upload))
    of = uploads.get(entry.upload)
    if of is None:  # it takes back what is not there
        raise _altered(entry.position)
    return replace(entry, feed=of.feed, file=of.file, sha256=of.sha256)


def live_uploads(entries: Sequence[Entry]) -> list[Entry]:
    """Uploads that were not withdrawn, in order of position; a mended one with its mended rows."""
    return folded(entries, [e for e in entries if e.kind == UPLOAD and e.withdrawn is None])
