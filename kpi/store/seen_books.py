"""Ledger, records and the list of waiting files as someone sees them who has a role in some plants.

Everything a reader gets passes one place each, ``_known`` and ``_all``; positions, numbers and hashes
are those of the whole, for the chains hold as a whole.
"""

from collections.abc import Callable, Sequence

import sqlalchemy as sa

from kpi.store.aside import AsideFile, AsideFiles
from kpi.store.ledger import Ledger
from kpi.store.model import Entry, Record
from kpi.store.records import Records
from kpi.store.scope import Sight, is_seen


class SeenLedger(Ledger):
    """The ledger as far as it is seen."""

    def __init__(self, whole: Ledger, sight: Sight) -> None:
        super().__init__(whole._database)
        self._whole, self._sight = whole, sight

    def position(self) -> int:
        """The position of the latest entry, seen or not."""
        return self._whole.position()

    def append(self, connection: sa.Connection, entry: Entry) -> Entry:
        """Add an entry to the whole ledger."""
        return self._whole.append(connection, entry)

    def head(self) -> str:
        """The hash of the latest entry, seen or not."""
        return self._whole.head()

    def _known(self, connection: sa.Connection, upto: int | None) -> list[Entry]:
        return self._sight.limited(self._whole._known(connection, upto))


class SeenRecords(Records):
    """Records whose slice lies in plants seen; ``plants`` gives these by code and by name."""

    def __init__(self, whole: Records, plants: Callable[[], frozenset[str]]) -> None:
        super().__init__(whole._database)
        self._whole, self._plants = whole, plants

    def head(self) -> str:
        """The hash of the latest record, seen or not."""
        return self._whole.head()

    def current(self, kind: str) -> list[Record]:
        """The latest version of every record of a kind that is of plants seen still.

        What has become another plant's is no longer shown as it was: it is told in the history only.
        """
        plants = self._plants()
        return [record for record in self._whole.current(kind) if is_seen(record, plants)]

    def get(self, kind: str, key: str) -> Record | None:
        """The latest version of one record; ``None`` where it is of plants not seen."""
        found = self._whole.get(kind, key)
        return found if found is not None and is_seen(found, self._plants()) else None

    def _all(self) -> list[Record]:
        plants, every = self._plants(), self._whole._all()
        return [record for record in every if is_seen(_telling(record, every), plants)]

    def purge_of(self, kind: str, key: str) -> Record | None:
        """The record of a purge; ``None`` where what was purged was of plants not seen."""
        found = self._whole.purge_of(kind, key)
        return found if found is not None and is_seen(found, self._plants()) else None


def _telling(record: Record, every: Sequence[Record]) -> Record:
    """The record that says of which plants one is: of a purged one, that of its purge."""
    number = record.purged
    return every[number - 1] if number is not None and 0 < number <= len(every) else record


class NoAside(AsideFiles):
    """Files of drop folders: nobody knows yet which plants are in them."""

    def all(self) -> tuple[AsideFile, ...]:
        """None of them."""
        return ()
