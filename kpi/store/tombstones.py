"""Purged records: the content of every version is gone, its hash stays, and a record says who and why.

A purge is a record itself, chained as every other. It names each version it emptied with its hash and
the hash before it: on the strength of that the chain holds over a tombstone, whose own content cannot
be hashed any more.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import sqlalchemy as sa

from kpi.errors import StoreError
from kpi.store.database import Database, meta_table, record_table
from kpi.store.model import PURGE, PURGED, Record

ERASED: Final = "records erased"
"""Kept beside the books: the number of the last purge whose words are no longer in any file of theirs."""

Excuse = Callable[[str, Sequence[Any]], bool]
"""Whether a row that does not fit its hash is a tombstone: asked with the hash before it and the row."""


def tombstone(number: int) -> str:
    """What stands in the place of a purged version's content: the number of the record of its purge."""
    return f'{{"{PURGED}":{number}}}'


def purge_value(rows: Sequence[Sequence[Any]], before: Mapping[int, str]) -> dict[str, Any]:
    """What the record of a purge says: the versions by all but their content, and of which plants.

    ``rows`` are those of the table; ``before`` the hash before each, by number. Of the slice only
    plants stay, as they say who may know of the purge.
    """
    versions = [
        {"number": r[0], "version": r[3], "who": r[5], "at": r[6], "hash": r[8], "after": before[r[0]]}
        for r in rows
    ]  # fmt: skip
    return {"kind": rows[0][1], "slice": _plants(rows), "versions": versions}


def _plants(rows: Sequence[Sequence[Any]]) -> list[list[str]]:
    """The plants of all versions; none where one was of the whole company."""
    found: set[str] = set()
    for row in rows:
        pairs = json.loads(row[4]).get("slice") or ()
        named = {str(value) for name, value in pairs if name == "plant"}
        if not named:
            return []
        found |= named
    return [["plant", plant] for plant in sorted(found)]


def excuse(connection: sa.Connection) -> Excuse:
    """What tells tombstones that a purge vouches for from rows that were altered."""
    columns = record_table.c
    query = sa.select(columns.number, columns.key, columns.value).where(columns.kind == PURGE)
    named: dict[int, tuple[Any, ...]] = {}
    for number, key, value in connection.execute(query):
        try:
            told = json.loads(value)
            for one in told["versions"]:
                row = (one["number"], told["kind"], key, one["version"], tombstone(number))
                named[one["number"]] = (one["after"], *row, one["who"], one["at"], "", one["hash"])
        except (ValueError, LookupError, TypeError):  # altered, which its own link tells
            continue
    return lambda previous, row: named.get(row[0]) == (previous, *row)


def left(records: Sequence[Record]) -> tuple[int, Record | None]:
    """How many records were purged, and the first version that has content all the same."""
    count = 0
    for purge in (r for r in records if r.kind == PURGE):
        count += 1
        for one in purge.value["versions"]:
            version = records[int(one["number"]) - 1]
            if version.purged != purge.number or version.why:
                return count, version
    return count, None


def last(connection: sa.Connection) -> int:
    """The number of the latest purge; 0 where no record was ever purged."""
    latest = sa.select(sa.func.max(record_table.c.number)).where(record_table.c.kind == PURGE)
    return int(connection.scalar(latest) or 0)


def _erased(connection: sa.Connection) -> int:
    kept = sa.select(meta_table.c.value).where(meta_table.c.key == ERASED)
    return int(connection.scalar(kept) or 0)


def is_finished(database: Database) -> bool:
    """Whether the words of everything purged are out of the files, too."""
    with database.reading() as connection:
        return _erased(connection) >= last(connection)


def finish(database: Database, *, patient: bool = True) -> bool:
    """Take what was purged out of the database's files; False: somebody reads, and it is to be repeated.

    Emptied rows leave their words in free space and in the log, where a search of the bytes finds them.
    """
    if is_finished(database):
        return True
    with database.reading() as connection:
        done = last(connection)
    if not database.rewrite(patient=patient):
        return False
    with database.writing(patient=patient) as connection:
        connection.execute(meta_table.delete().where(meta_table.c.key == ERASED))
        connection.execute(meta_table.insert().values(key=ERASED, value=str(done)))
    return True


def verify(database: Database, records: Sequence[Record]) -> int:
    """How many records were purged and left nothing; a ``StoreError`` names what left something."""
    count, found = left(records)
    if found is not None:
        raise StoreError(
            f"Version {found.version} of {found.key} was purged and has content all the same: somebody "
            "put it back into the database. Compare with the latest backup, and purge it again there."
        )
    if not is_finished(database):
        raise StoreError(
            "Words of a purged record may be in the free space of the database still. Open the home "
            "with write access once while nobody else uses it, and they are removed."
        )
    return count
