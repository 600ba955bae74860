"""The vocabulary of the package. Imports nothing but the standard library.

Types that cross a border between parts (a file read, a question to the user, a problem in a cell)
live here, so that ingest and store need not know each other.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import Enum


class Direction(Enum):
    """Which way a KPI should move."""

    HIGHER = "higher is better"
    LOWER = "lower is better"
    NONE = "no direction set"


class State(Enum):
    """What stands behind a figure of one period and slice. Zero, missing and not scheduled differ."""

    VALUE = "value"
    ZERO = "zero"
    MISSING = "missing"
    NOT_SCHEDULED = "not_scheduled"
    NOT_COMPUTABLE = "not_computable"


class Variation(Enum):
    """Did it change? The verdict of a control chart on the latest points."""

    COMMON_CAUSE = "common cause"
    IMPROVING = "improving"
    WORSENING = "worsening"
    CHANGED = "changed"  # a signal where no direction is set
    TOO_FEW = "too few points"


def meaning_of(sign: int, direction: Direction) -> Variation:
    """What a move up (1) or down (-1) means for a KPI of that direction; none (0) is only a change."""
    if direction is Direction.NONE or sign == 0:
        return Variation.CHANGED
    better = (sign > 0) == (direction is Direction.HIGHER)
    return Variation.IMPROVING if better else Variation.WORSENING


class Assurance(Enum):
    """Will it meet the target? From where the target lies against the limits of the process now."""

    WILL_MEET = "will meet"
    WILL_MISS = "will miss"
    MAY_OR_MAY_NOT = "may or may not"
    NO_TARGET = "no target"
    TOO_FEW = "too few points"
    NOT_KNOWN = "not known since the change"


class Severity(Enum):
    """What a problem did to its row (or, without a row, to the file)."""

    REJECTED = "rejected"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Problem:
    """Something in a file that could not be used as it stands, located as the spreadsheet shows it.

    ``row`` counts as the spreadsheet does (from 1, header included); ``None`` where the problem is
    not one row's. ``column`` is the heading as printed, ``None`` where it is not one column's.
    """

    sheet: str
    row: int | None
    column: str | None
    expected: str
    actual: str
    advice: str
    severity: Severity


@dataclass(frozen=True, slots=True)
class Candidate:
    """One possible answer to a question, with what speaks for it."""

    value: str
    because: str


@dataclass(frozen=True, slots=True)
class Question:
    """Something only the user can tell. Its id depends on the file's content and the question alone.

    Candidates come best first. An answer is one of their values.
    """

    id: str
    sheet: str
    heading: str | None
    ask: str
    candidates: tuple[Candidate, ...]
    kind: str = (
        "field"  # field | dataset | convention | unit | coverage | ownership | plant | purged
    )
    samples: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ColumnReading:
    """One column of a file as it was understood: what the confirmation screen shows a line of.

    ``id`` is stable as a question's is; an answer under it (one of ``choices``) overrides
    ``field``. ``reads_as`` holds what the values of ``samples`` became, in the same order ("03/04/2026"
    → "3 April 2026"); ``""`` where a cell could not be used or the column is not read. ``question``
    is the id of an open question about this column. ``change`` says how it differs from the feed's
    last layout: ``""``, ``"new"``, ``"renamed"`` (then ``was`` is the heading it had).
    """

    id: str
    sheet: str
    heading: str
    letter: str
    samples: tuple[str, ...]
    field: str
    reads_as: tuple[str, ...]
    because: str
    choices: tuple[Candidate, ...] = ()
    question: str | None = None
    change: str = ""
    was: str = ""


@dataclass(frozen=True, slots=True, order=True)
class Coverage:
    """What an upload claims to be complete for: a plant, one line (``None``: all lines), days from-to."""

    plant: str
    line: str | None
    first: date
    last: date


@dataclass(frozen=True, slots=True)
class ControlTotal:
    """A total the file states itself, beside the sum of the rows read from it."""

    field: str
    file_says: float
    rows_say: float
    where: str = ""  # sheet and row of the total, as the spreadsheet shows it

    @property
    def agrees(self) -> bool:
        """Equal to the last digit printed in practice: 1e-9 relative, or half a thousandth."""
        return abs(self.file_says - self.rows_say) <= max(5e-4, 1e-9 * abs(self.file_says))


@dataclass(frozen=True, slots=True)
class LayoutChange:
    """How a file's headings differ from those its feed had before.

    ``kind`` is new, renamed, gone or moved; ``heading`` stands in the file (for ``gone``: stood in
    the earlier one), ``was`` is what a renamed one was called. ``says`` is a sentence.
    """

    kind: str
    heading: str
    was: str
    says: str


@dataclass(frozen=True, slots=True)
class TableLayout:
    """The headings of one table of a file and what was decided about them.

    ``signature`` is the set of normalised headings; ``mapping`` heading -> field ("ignore" where it
    is not read), in the order of the columns; ``conventions`` question topic -> answer.
    """

    signature: tuple[str, ...]
    datasets: tuple[str, ...] = ()
    mapping: Mapping[str, str] = field(default_factory=dict)
    conventions: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FeedMemory:
    """What is remembered of a feed, enough to read next month's file without a question.

    ``signature`` is the set of normalised headings; ``mapping`` heading -> field; ``conventions``
    question topic -> answer (date order of a column, decimal sign, unit, plant). ``layouts`` are the
    tables its files ever had, the latest first; empty where only the fields above are known.
    ``plants`` and ``lines`` are those its rows name.
    """

    feed: str
    datasets: tuple[str, ...]
    plant: str | None
    signature: tuple[str, ...]
    mapping: Mapping[str, str] = field(default_factory=dict)
    conventions: Mapping[str, str] = field(default_factory=dict)
    layouts: tuple[TableLayout, ...] = ()
    plants: tuple[str, ...] = ()
    lines: tuple[str, ...] = ()

    @property
    def tables(self) -> tuple[TableLayout, ...]:
        """Its layouts; one of the plain fields where no layout was kept."""
        plain = TableLayout(self.signature, self.datasets, self.mapping, self.conventions)
        return self.layouts or (plain,)
