"""What a chart showed when somebody acted on it: figures, limits, rule and files, kept for good.

A later upload may restate a month; what was seen, and led to an action, stays as it was.
"""

from dataclasses import dataclass
from datetime import date

from kpi.model import Direction
from kpi.qms.targets import Slice


@dataclass(frozen=True, slots=True)
class EvidencePoint:
    """One period of the chart as it was. ``None`` where there was no figure or no limit.

    ``state`` and ``reason`` say what stands behind the figure, ``signals`` which rules it broke in
    words and ``rules`` by their ids, ``excluded`` why it did not count.
    """

    period: str
    start: date
    end: date
    value: float | None = None
    numerator: float | None = None
    denominator: float | None = None
    center: float | None = None
    lower: float | None = None
    upper: float | None = None
    target: float | None = None
    state: str = "value"
    reason: str = ""
    signals: str = ""
    rules: str = ""
    member: bool = False
    phase: int = 1
    excluded: str = ""


@dataclass(frozen=True, slots=True)
class EvidenceFile:
    """A file behind the chart. Its name and hash are empty where it holds rows of other plants, too:
    the ledger tells them, under the upload's id, to whoever may see all of it.
    """

    upload: str
    rows: int
    file: str = ""
    sha256: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """A chart as it was seen: what it measures, what it said, and what it rested on.

    ``chosen`` is the period it was opened from, ``rule`` why that one is a signal (empty where it is
    none). ``slice``, ``period``, ``first``, ``last``, ``as_of`` are what it was seen through.
    ``position`` and ``ledger_hash`` are the end of the ledger then.
    """

    kpi: str
    title: str
    version: int
    definition: str
    unit: str
    decimals: int
    numerator: str
    denominator: str
    slice: Slice
    slice_words: str
    period: str
    headline: str
    chosen: str
    rule: str
    chart: str
    convention: str
    points: tuple[EvidencePoint, ...]
    files: tuple[EvidenceFile, ...]
    position: int
    ledger_hash: str
    first: date | None = None
    last: date | None = None
    as_of: date | None = None
    report_date: date | None = None
    direction: Direction = Direction.NONE
