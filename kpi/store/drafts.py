"""An upload as it would be entered, while it is being thought through."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from kpi.datasets import DATASETS
from kpi.model import Question
from kpi.store.inforce import Holding
from kpi.store.model import Entry, IncomingPart, UploadPart
from kpi.store.regions import grounds_of, meet

SharedOrders = Callable[[IncomingPart, str, Sequence[Holding]], int]
"""How many orders of an incoming part other uploads of a dataset carry too."""


@dataclass(frozen=True, slots=True)
class Draft:
    """An upload as it would be entered, and what is still to be asked."""

    entry: Entry
    new_feed: bool
    questions: tuple[Question, ...] = ()
    same_as: str | None = None
    cancelled: bool = False
    meets_loaded: bool = False
    meetings: tuple[str, ...] = ()
    affected: frozenset[tuple[str, str, str]] = field(default_factory=frozenset)
    notes: tuple[str, ...] = ()


def question_id(sha256: str, topic: str) -> str:
    """The id of a question about a file: the same in every run."""
    return hashlib.sha256(f"{sha256}\0{topic}".encode("utf-8", "surrogatepass")).hexdigest()[:12]


def touches(holding: Holding, part: UploadPart) -> bool:
    """Whether a loaded upload holds ground a part claims, or (without dates) plants it names."""
    if DATASETS[part.dataset].date is None:
        return bool(set(holding.part.plants) & set(part.plants))
    return meet(holding.grounds, grounds_of(part.coverage))
