"""Versioned records: targets, phases, notes. A change adds a version; nothing is overwritten."""

import json
import threading
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from kpi.store.codec import canonical, chained, utc_text
from kpi.store.database import Database, record_table
from kpi.store.ledger import GENESIS
from kpi.store.model import Record


class Records:
    """Key-value records with history, chained by hash like the ledger."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._guard = threading.Lock()
        self._read: list[Record] = []

    def put(
        self,
        kind: str,
        key: str,
        value: Mapping[str, Any],
        *,
        who: str,
        when: datetime,
        why: str,
    ) -> Record:
        """Add a version of a record; equal content again is a version too, for it was said again."""
        with self._database.writing() as connection:
            return self.put_within(connection, kind, key, value, who=who, when=when, why=why)

    def put_within(
        self,
        connection: sa.Connection,
        kind: str,
        key: str,
        value: Mapping[str, Any],
        *,
        who: str,
        when: datetime,
        why: str,
    ) -> Record:
        """The same, as part of a transaction that is open already."""
        latest = connection.execute(
            record_table.select().order_by(record_table.c.number.desc()).limit(1)
        ).first()
        version = connection.scalar(
            sa.select(sa.func.max(record_table.c.version)).where(
                record_table.c.kind == kind, record_table.c.key == key
            )
        )
        line = {
            "number": latest.number + 1 if latest else 1,
            "kind": kind,
            "key": key,
            "version": int(version or 0) + 1,
            "value": canonical(dict(value)),
            "who": who,
            "at": utc_text(when),
            "why": why,
        }
        digest = chained(latest.hash if latest else GENESIS, *line.values())
        connection.execute(record_table.insert().values(**line, hash=digest))
        return _record(line | {"hash": digest})

    def current(self, kind: str) -> list[Record]:
        """The latest version of every record of a kind, by key."""
        latest = {record.key: record for record in self._all() if record.kind == kind}
        return [latest[key] for key in sorted(latest)]

    def get(self, kind: str, key: str) -> Record | None:
        """The latest version of one record; ``None`` where there is none."""
        return next(iter(reversed(self.history(kind, key))), None)

    def history(self, kind: str, key: str | None = None) -> list[Record]:
        """Every version of one record (or of all of a kind), oldest first."""
        return [r for r in self._all() if r.kind == kind and key in (None, r.key)]

    def number(self) -> int:
        """How many versions there are of anything: a key for caches that depend on records."""
        with self._database.reading() as connection:
            return int(connection.scalar(sa.select(sa.func.max(record_table.c.number))) or 0)

    def broken_at(self) -> int | None:
        """The first number whose content does not fit its hash; ``None`` where all fit."""
        previous, expected = GENESIS, 1
        with self._database.reading() as connection:
            for row in connection.execute(record_table.select().order_by("number")):
                *content, digest = row
                if row.number != expected or chained(previous, *content) != digest:
                    return expected
                previous, expected = digest, expected + 1
        return None

    def head(self) -> str:
        """The hash of the latest record."""
        every = self._all()
        return every[-1].hash if every else GENESIS

    def _all(self) -> list[Record]:
        with self._database.reading() as connection, self._guard:
            later = record_table.select().where(record_table.c.number > len(self._read))
            rows = connection.execute(later.order_by(record_table.c.number)).all()
            self._read.extend(_record(dict(row._mapping)) for row in rows)
            return list(self._read)


def _record(line: Mapping[str, Any]) -> Record:
    return Record(
        kind=line["kind"],
        key=line["key"],
        version=line["version"],
        value=json.loads(line["value"]),
        who=line["who"],
        when=datetime.fromisoformat(line["at"]),
        why=line["why"],
        hash=line["hash"],
    )
