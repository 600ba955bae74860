"""What is known of the measurement plan: what ``kpi.analysis.measuring`` answers with."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from kpi.datasets import DATASETS
from kpi.qms.measurement import Analysis, PlanEntry, Use
from kpi.qms.register import Recorded


class Late(StrEnum):
    """What is overdue."""

    UPLOAD = "upload"
    ANALYSIS = "analysis"


@dataclass(frozen=True, slots=True)
class FeedState:
    """How far the data of a KPI reach in a plant: the feeds that bring a dataset, the last upload.

    ``reach`` is the last day they cover, ``None`` where nothing was ever uploaded.
    """

    plant: str
    dataset: str
    feeds: tuple[str, ...]
    uploaded: date | None
    who: str
    reach: date | None

    @property
    def title(self) -> str:
        """What the data are called."""
        return DATASETS[self.dataset].title if self.dataset in DATASETS else self.dataset


@dataclass(frozen=True, slots=True)
class PlanLine:
    """An entry of the plan with what the ledger and the analyses say of it, as of a day.

    ``late`` holds what is overdue with a sentence each. ``analysed`` is the latest analysis that
    counts for it.
    """

    entry: Recorded[PlanEntry]
    title: str
    slice_words: str
    definition: str
    process: str
    feeds: tuple[FeedState, ...]
    uploaded: date | None
    reach: date | None
    uploaded_words: str
    analysed: Recorded[Analysis] | None
    analysed_words: str
    late: tuple[tuple[Late, str], ...]
    lacks: tuple[str, ...]

    @property
    def id(self) -> str:
        """Of its record."""
        return self.entry.id

    @property
    def active(self) -> bool:
        """Whether the entry holds."""
        return self.entry.item.status is Use.ACTIVE

    @property
    def says(self) -> str:
        """What is overdue, or that nothing is."""
        return " ".join(sentence for _, sentence in self.late) or "Up to date."


@dataclass(frozen=True, slots=True)
class Overdue:
    """An upload or an analysis that the plan asks for and that has not come."""

    id: str
    kind: Late
    title: str
    owner: str
    says: str


@dataclass(frozen=True, slots=True)
class PlanPart:
    """The plan within the input on monitoring and measurement of a review."""

    finding: str
    says: tuple[str, ...]
    headings: tuple[str, ...]
    lines: tuple[tuple[str, ...], ...]
    ids: tuple[str, ...]
    missing: tuple[str, ...]
