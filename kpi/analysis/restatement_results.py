"""What restatements come to: figures that were reported, and are others now."""

from dataclasses import dataclass
from datetime import datetime

from kpi.analysis.agenda_results import AgendaTable
from kpi.qms import Slice

NOT_LEDGER = 0
"""Stands for the position of a cause that is no ledger entry: a setting, a definition, a purge."""


@dataclass(frozen=True, slots=True)
class Cause:
    """A ledger entry that changed figures already reported; ``says`` tells of it in a sentence.

    ``position`` 0: no entry did; settings or definitions changed, or rows were purged. ``accepted``
    names who accepted the restatement, when and why; empty: nobody has.
    """

    position: int
    upload: str
    file: str
    who: str
    when: datetime | None
    says: str
    accepted: str = ""


@dataclass(frozen=True, slots=True)
class Restated:
    """One figure that changed: what it was, what it is now (NaN: not computable), by which entries.

    ``reviews`` are the held reviews that looked at it before.
    """

    kpi: str
    title: str
    slice: Slice
    slice_words: str
    month: str
    month_words: str
    before: float
    after: float
    before_words: str
    after_words: str
    change_words: str
    causes: tuple[int, ...] = ()
    reviews: tuple[str, ...] = ()

    @property
    def says(self) -> str:
        """The figure in a sentence, of a review: as it was held, and today."""
        return f"{self._what}: {self.before_words} when it was reported, {self.after_words} now."

    @property
    def says_of_entry(self) -> str:
        """The same of one ledger entry, which a later one may have undone."""
        return f"{self._what}: {self.before_words} before it, {self.after_words} after it."

    @property
    def _what(self) -> str:
        return f"{self.title} of {self.slice_words} in {self.month_words}"


@dataclass(frozen=True, slots=True)
class Restatement:
    """What one ledger entry changed in months already reported."""

    cause: Cause
    figures: tuple[Restated, ...]
    reviews: tuple[str, ...]
    plants: tuple[str, ...]
    says: str


@dataclass(frozen=True, slots=True)
class SinceReview:
    """A held review's figures against those of now. ``figures``: those that differ, totals first.

    ``compared`` is how many were held against each other, ``position`` the ledger's now. ``seen``
    stands for the settings and definitions that changed some; empty: none did.
    """

    review: str
    title: str
    position_then: int
    position: int
    compared: int
    figures: tuple[Restated, ...]
    causes: tuple[Cause, ...]
    says: str
    tables: tuple[AgendaTable, ...] = ()
    seen: str = ""
