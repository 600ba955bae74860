"""The one round of questions: what was asked, answered, remembered, or taken as it stands."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

from kpi.model import (
    Candidate,
    ColumnReading,
    FeedMemory,
    LayoutChange,
    Problem,
    Question,
    Severity,
)
from kpi.texts import said

if TYPE_CHECKING:
    from kpi.ingest.grids import Grid


@dataclass(frozen=True)
class Context:
    """What interpretation knows beside the tables.

    ``sha256`` is the hash of the file's bytes; ``answers`` question id -> answer; ``dataset`` what
    the user says the file holds; ``known_plants`` those that have data already; ``filename`` is
    shown and searched for a year, never for the dataset. ``profiles`` are texts of a site's own
    profiles, checked before; ``written`` is the day the file was last saved, where that is known.
    """

    sha256: str
    memories: Sequence[FeedMemory] = ()
    answers: Mapping[str, str] = field(default_factory=dict)
    dataset: str | None = None
    default_plant: str = "Plant"
    known_plants: Sequence[str] = ()
    filename: str = ""
    profiles: Sequence[str] = ()
    written: date | None = None


@dataclass(frozen=True, slots=True)
class Rejections:
    """Rows of a table that could not be used: sheet, row, reason, and the heading at fault or ''."""

    sheets: Sequence[str]
    rows: Sequence[int]
    reasons: Sequence[str]
    headings: Sequence[str]


def question_id(sha256: str, kind: str, sheet: str, topic: str) -> str:
    """The id of a question: from the file's content and the question alone.

    >>> question_id("00", "field", "Sheet1", "Item") == question_id("00", "field", "Sheet1", "Item")
    True
    """
    text = "\x00".join((sha256, kind, sheet, topic))
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def place_of(sheet: str, row: int) -> str:
    """A row as a person finds it; a text file has no sheet.

    >>> place_of("Scrap", 12), place_of("", 12)
    ('Scrap, row 12', 'row 12')
    """
    if sheet:
        return said("{sheet}, row {row}", sheet=sheet, row=str(row))
    return said("row {row}", row=str(row))


def place_of_column(sheet: str, letter: str) -> str:
    """A column as a person finds it.

    >>> place_of_column("Scrap", "D"), place_of_column("", "D")
    ('Scrap, column D', 'column D')
    """
    if sheet:
        return said("{sheet}, column {letter}", sheet=sheet, letter=letter)
    return said("column {letter}", letter=letter)


class Desk:
    """Where every doubt is brought; it answers from answers, memory, or with the best candidate.

    ``allowed``: the ids of the first round, once it is over. A doubt that only an answer raised is
    not asked again: its best candidate is taken, and said. ``said`` are answers given unasked: the
    fields a person named for columns.
    """

    def __init__(
        self,
        context: Context,
        allowed: frozenset[str] | None = None,
        said: Mapping[str, str] | None = None,
    ) -> None:
        self.context = context
        self.allowed = allowed
        self.said = context.answers if said is None else said
        self.questions: dict[str, Question] = {}
        self.problems: list[Problem] = []
        self.rejections: list[Rejections] = []
        self.decided: dict[str, str] = {}
        self.given: dict[str, str] = {}  # what the list of a known system answers by itself
        self.likely: dict[str, str] = {}  # what it usually means: asked all the same
        self.memory: FeedMemory | None = None
        self.used: set[str] = set()
        self.feed: FeedMemory | None = None  # of the whole file, where its tables are of one feed
        self.of_file: dict[str, str] = {}  # what was decided about several tables together
        self.columns: list[ColumnReading] = []
        self.unnamed: list[ColumnReading] = []
        self.changes: list[LayoutChange] = []
        self.workbook: Sequence[Grid] = ()  # all tables of the file, as they stand
        self.parted: list[tuple[str, tuple[str, ...]]] = []  # dimensions read from headings
        self.partners: dict[str, str] = {}  # sheets that gave others their dates, and what to say

    def open_table(self, memory: FeedMemory | None) -> None:
        """Start with another table: what is decided and remembered is per table."""
        self.memory = memory
        self.decided, self.given, self.likely = {}, {}, {}

    def ask(
        self,
        kind: str,
        sheet: str,
        topic: str,
        text: str,
        candidates: Sequence[tuple[str, str]],
        *,
        heading: str | None = None,
        samples: tuple[str, ...] = (),
        anew: bool = False,
    ) -> str:
        """The answer to a question, ``candidates`` (value, because) being best first.

        ``anew``: what is remembered does not answer it, because the file contradicts it.
        """
        usual = self.likely.get(topic)
        candidates = sorted(candidates, key=lambda c: c[0] != usual) if usual else candidates
        values = [value for value, _ in candidates]
        number = question_id(self.context.sha256, kind, sheet, topic)
        given = self.context.answers.get(number)
        if given is not None and given in values:
            self.used.add(number)
            self.decided[topic] = given
            return given
        remembered = self.memory.conventions.get(topic) if self.memory and not anew else None
        if remembered in values:
            assert remembered is not None
            self.decided[topic] = remembered
            return remembered
        if (settled := self.given.get(topic)) in values:
            assert settled is not None
            self.decided[topic] = settled
            return settled
        self.decided[topic] = values[0]
        if self.allowed is not None and number not in self.allowed:
            taken = said(
                "{question} Taken as {answer}: {because}.",
                question=text,
                answer=repr(values[0]),
                because=candidates[0][1],
            )
            self.note(sheet, taken, heading)
            return values[0]
        self.questions[number] = Question(
            number,
            sheet,
            heading,
            text,
            tuple(Candidate(value, because) for value, because in candidates),
            kind,
            samples,
        )
        return values[0]

    def insist(
        self,
        number: str,
        sheet: str,
        heading: str,
        text: str,
        candidates: Sequence[Candidate],
        samples: tuple[str, ...],
    ) -> None:
        """Ask what was answered in a way that cannot be, under the same id."""
        self.questions[number] = Question(
            number, sheet, heading, text, tuple(candidates), "field", samples
        )

    def note(
        self,
        sheet: str,
        text: str,
        heading: str | None = None,
        *,
        severity: Severity = Severity.NOTE,
        row: int | None = None,
        expected: str = "",
        advice: str = "",
    ) -> None:
        """Something a person should know of the whole table or one of its columns."""
        self.problems.append(Problem(sheet, row, heading, expected, text, advice, severity))
