"""What is left of a purged record: its versions by hash, who purged it, when and why."""

from dataclasses import dataclass
from datetime import datetime

from kpi.errors import UnknownNameError, UsageError
from kpi.store import Store


@dataclass(frozen=True, slots=True)
class Emptied:
    """A version whose content is gone."""

    version: int
    number: int
    who: str
    when: datetime
    hash: str


@dataclass(frozen=True, slots=True)
class Purged:
    """A purged record: ``number`` is that of the record of its purge, ``who``, ``when``, ``why`` its own."""

    id: str
    kind: str
    who: str
    when: datetime
    why: str
    number: int
    hash: str
    versions: tuple[Emptied, ...]

    @property
    def says(self) -> str:
        """That it was purged, by whom, when and why, and what is left, as a sentence."""
        many = len(self.versions)
        left = f"the hashes of its {many} versions stay" if many > 1 else "its hash stays"
        return (
            f"{self.id} was purged on {self.when:%Y-%m-%d} by {self.who}: {self.why.rstrip('.')}. "
            f"What it said is gone for good; {left}."
        )


class PurgedRecordError(UnknownNameError):
    """A record is asked for that was purged; ``purged`` is what is left of it."""

    def __init__(self, purged: Purged) -> None:
        UsageError.__init__(self, purged.says)
        self.purged = purged


def is_purged(store: Store, kind: str, id: str) -> bool:
    """Whether a record was purged, as far as it is seen."""
    return store.records.purge_of(kind, id) is not None


def purged(store: Store, kind: str, id: str) -> Purged | None:
    """What is left of a record; ``None`` where it was not purged, or is of plants not seen."""
    purge = store.records.purge_of(kind, id)
    if purge is None:
        return None
    versions = tuple(
        Emptied(
            int(one["version"]), int(one["number"]), str(one["who"]),
            datetime.fromisoformat(str(one["at"])), str(one["hash"]),
        )
        for one in purge.value["versions"]
    )  # fmt: skip
    return Purged(id, kind, purge.who, purge.when, purge.why, purge.number, purge.hash, versions)
