"""Versioned records: targets, phases, notes. A change adds a version; nothing is overwritten."""

import json
import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa

from kpi.errors import StoreError, UnknownNameError, UsageError
from kpi.store.chains import GENESIS, Chains, link, mark_end
from kpi.store.codec import canonical, chained, utc_text
from kpi.store.database import Database, record_table
from kpi.store.model import PURGE, Later, Record, Said
from kpi.store.tombstones import purge_value, tombstone

DIGITS: Final = 3
"""Digits of the number in a new record's key, at least."""


class SeenEarlierError(StoreError):
    """A record has versions that whoever changes it has not seen; ``latest`` is the newest."""

    def __init__(self, latest: Record) -> None:
        super().__init__(
            f"{latest.key} was changed meanwhile by {latest.who}. Nothing was stored; look at it as "
            "it is now, and change that."
        )
        self.latest = latest


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
        check: Callable[[], None] | None = None,
    ) -> Record:
        """Add a version of a record; equal content again is a version too, for it was said again.

        ``check`` is called while nobody else can write; what it raises leaves all as it was.
        """
        with self._database.writing() as connection:
            if check is not None:
                with self._database.looking(connection):
                    check()
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
        number = int(latest.number) + 1 if latest else 1
        line = {
            "number": number,
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
        mark_end(connection, "record", number, digest)
        return _record(line | {"hash": digest})

    def put_changed(
        self,
        kind: str,
        key: str,
        value: Mapping[str, Any],
        *,
        who: str,
        when: datetime,
        why: str,
    ) -> Record | None:
        """Add a version where it differs from the latest; ``None`` where it says the same.

        Decided under the write lock: of processes that find the same change, one records it.
        """
        with self._database.writing() as connection:
            latest = connection.scalar(
                sa.select(record_table.c.value)
                .where(record_table.c.kind == kind, record_table.c.key == key)
                .order_by(record_table.c.version.desc())
                .limit(1)
            )
            if latest == canonical(dict(value)):
                return None
            return self.put_within(connection, kind, key, value, who=who, when=when, why=why)

    def put_all(
        self,
        said: Sequence[Said],
        *,
        who: str,
        when: datetime,
        check: Callable[[], None] | None = None,
    ) -> list[Record]:
        """Add several versions, all of them or none; ``check`` as with ``put``.

        Raises
        ------
        SeenEarlierError
            One of the records is not as whoever changes it has seen it.
        """
        with self._database.writing() as connection:
            if check is not None:
                with self._database.looking(connection):
                    check()
            written: list[Record] = []
            for one in said:
                value = _with_keys(one.value, written)
                written.append(self._say(connection, replace(one, value=value), who=who, when=when))
            return written

    def _say(self, connection: sa.Connection, said: Said, *, who: str, when: datetime) -> Record:
        key = said.key or _free_key(connection, said)
        latest = connection.execute(
            record_table.select()
            .where(record_table.c.kind == said.kind, record_table.c.key == key)
            .order_by(record_table.c.version.desc())
            .limit(1)
        ).first()
        if latest is not None and said.seen not in (None, int(latest.version)):
            raise SeenEarlierError(_record(dict(latest._mapping)))
        return self.put_within(
            connection, said.kind, key, said.value, who=who, when=when, why=said.why
        )

    def purge(
        self,
        kind: str,
        key: str,
        *,
        who: str,
        when: datetime,
        why: str,
        check: Callable[[], None] | None = None,
    ) -> Record:
        """Empty every version of a record for good; the record of the purge keeps their hashes.

        ``check`` as with ``put``. Their words stay in the database's files until these are written
        anew: ``Store.purge_record`` does both.

        Raises
        ------
        UnknownNameError
            There is no such record.
        UsageError
            It was purged already, or is the record of a purge.
        StoreError
            A version does not fit its hash: a purge would hide that it was altered.
        """
        if kind == PURGE:
            raise UsageError("The record of a purge stays: it is all that tells of what is gone.")
        with self._database.writing() as connection:
            if check is not None:
                with self._database.looking(connection):
                    check()
            rows = _versions_of(connection, kind, key)
            value = purge_value(rows, {row[0]: _before(connection, row) for row in rows})
            purge = self.put_within(connection, PURGE, key, value, who=who, when=when, why=why)
            gone = record_table.update().where(
                record_table.c.kind == kind, record_table.c.key == key
            )
            connection.execute(gone.values(value=tombstone(purge.number), why=""))
            return purge

    def purge_of(self, kind: str, key: str) -> Record | None:
        """The record of the purge of a record; ``None`` where it was not purged, or is not seen."""
        found = (r for r in self._all() if r.kind == PURGE and r.key == key)
        return next((r for r in found if r.value.get("kind") == kind), None)

    def every(self) -> list[Record]:
        """Every version of everything, in the order it was recorded: the first is number 1.

        Purged versions are among them, without their content.
        """
        return self._all()

    def current(self, kind: str) -> list[Record]:
        """The latest version of every record of a kind, by key; none of one that was purged."""
        latest = {record.key: record for record in self.history(kind)}
        return [latest[key] for key in sorted(latest)]

    def get(self, kind: str, key: str) -> Record | None:
        """The latest version of one record; ``None`` where there is none."""
        return next(iter(reversed(self.history(kind, key))), None)

    def history(self, kind: str, key: str | None = None) -> list[Record]:
        """Every version of one record (or of all of a kind), oldest first; none that was purged."""
        found = (r for r in self._all() if r.kind == kind and key in (None, r.key))
        return [r for r in found if r.purged is None]

    def number(self, *, but: Collection[str] = ()) -> int:
        """The number of the latest version of anything: a key for caches that depend on records.

        ``but`` are kinds that what is cached does not depend on.
        """
        return self._database.known(("record", *but), lambda: self._number(but))

    def _number(self, but: Collection[str]) -> int:
        column = record_table.c.number
        latest = sa.select(column).order_by(column.desc()).limit(1)
        if but:
            latest = latest.where(record_table.c.kind.not_in(list(but)))
        with self._database.reading() as connection:
            return int(connection.scalar(latest) or 0)

    def broken_at(self) -> int | None:
        """The first number whose content does not fit its hash; ``None`` where all fit."""
        return Chains(self._database).broken("record")

    def cut_off(self) -> int | None:
        """How many versions there were, where some are missing at the end; else ``None``."""
        return Chains(self._database).shortened("record")

    def head(self) -> str:
        """The hash of the latest record."""
        return Chains(self._database).ends().records

    def _all(self) -> list[Record]:
        with self._database.reading() as connection, self._guard:
            later = record_table.select().where(record_table.c.number > len(self._read))
            rows = connection.execute(later.order_by(record_table.c.number)).all()
            if self._read and any(row.kind == PURGE for row in rows):  # what was read may be gone
                self._read.clear()
                everything = record_table.select().order_by(record_table.c.number)
                rows = connection.execute(everything).all()
            self._read.extend(_record(dict(row._mapping)) for row in rows)
            return list(self._read)


def _versions_of(connection: sa.Connection, kind: str, key: str) -> list[tuple[Any, ...]]:
    """The rows of a record that is there and not purged, oldest first."""
    query = record_table.select().where(record_table.c.kind == kind, record_table.c.key == key)
    rows = [tuple(row) for row in connection.execute(query.order_by(record_table.c.number))]
    if not rows:
        raise UnknownNameError(f"{kind} record", key, known=())
    if _record(dict(zip(record_table.c.keys(), rows[-1], strict=True))).purged is not None:
        raise UsageError(f"{key} was purged already. Nothing changed.")
    return rows


def _before(connection: sa.Connection, row: tuple[Any, ...]) -> str:
    """The hash that a row's own was made over, which has to fit."""
    number = record_table.c.number
    found = connection.scalar(sa.select(record_table.c.hash).where(number == row[0] - 1))
    before = str(found or GENESIS)
    if link(before, row[:-1]) != row[-1]:
        raise StoreError(
            f"Record number {row[0]} does not fit its hash: it was altered after it was written. "
            "Nothing was purged, for that would hide it; compare with the latest backup."
        )
    return before


def _with_keys(value: Any, written: Sequence[Record]) -> Any:
    """A value with the keys of records written before it in the place of what stands for them."""
    if isinstance(value, Later):
        return written[value.place].key
    if isinstance(value, Mapping):
        return {name: _with_keys(part, written) for name, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [_with_keys(part, written) for part in value]
    return value


def _free_key(connection: sa.Connection, said: Said) -> str:
    """The stem with the number after the highest one given out."""
    keys = connection.scalars(
        sa.select(record_table.c.key)
        .where(record_table.c.kind == said.kind, record_table.c.key.startswith(said.stem))
        .distinct()
    )
    numbers = [int(rest) for key in keys if (rest := key.removeprefix(said.stem)).isdecimal()]
    return f"{said.stem}{max(numbers, default=0) + 1:0{DIGITS}d}"


def _record(line: Mapping[str, Any]) -> Record:
    try:
        return _read(line)
    except (ValueError, TypeError) as problem:
        raise StoreError(
            f"Record number {line['number']} cannot be read: it was altered after it was written. "
            "Nothing was changed; restore the latest backup."
        ) from problem


def _read(line: Mapping[str, Any]) -> Record:
    return Record(
        kind=line["kind"],
        key=line["key"],
        version=line["version"],
        value=json.loads(line["value"]),
        who=line["who"],
        when=datetime.fromisoformat(line["at"]),
        why=line["why"],
        hash=line["hash"],
        number=line["number"],
    )
