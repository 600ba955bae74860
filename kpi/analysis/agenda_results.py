"""What the inputs of a management review come to: the same for page, deck, minutes, workbook, pack."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from kpi.analysis.results import Review, ReviewKpi
from kpi.qms import Slice


@dataclass(frozen=True, slots=True)
class AgendaTable:
    """A table of words, ready to be shown. ``numbers`` are the columns set to the right.

    ``lines`` has every line; what shows fewer says how many there are. ``ids`` names the record of
    each line, empty where it is of none.
    """

    title: str
    headings: tuple[str, ...]
    lines: tuple[tuple[str, ...], ...]
    numbers: tuple[int, ...] = ()
    ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AgendaInput:
    """One input of the review, filled from live data.

    ``key`` names it in every edition; ``letter`` is its place in the chosen one. ``finding`` is one
    sentence that says what it comes to. ``says`` are further sentences. ``nothing``: the words "Nothing
    to report" with the reason, where there is nothing, else empty. ``missing`` are sentences of what
    an auditor would miss here. ``kpis`` are the charts it rests on, ``records`` the ids of records.
    """

    key: str
    title: str
    finding: str
    says: tuple[str, ...] = ()
    tables: tuple[AgendaTable, ...] = ()
    kpis: tuple[ReviewKpi, ...] = ()
    records: tuple[str, ...] = ()
    nothing: str = ""
    missing: tuple[str, ...] = ()
    letter: str = ""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a review looks at: plants (none: all seen) and the days from first to last.

    Figures are of these days. ``on`` is the day of looking, ``None``: the last of them. What people
    record goes on meanwhile, so records count up to that day.
    """

    where: Slice
    first: date
    last: date
    on: date | None = None

    @property
    def day(self) -> date:
        """The day up to which records count."""
        return self.on or self.last


@dataclass(frozen=True, slots=True)
class Agenda:
    """The whole agenda of a review in the order of its edition, with all that deck and pack need.

    ``review`` holds figures, charts, coverage and sources; ``record`` the review's own record (of
    ``kpi.qms.reviews``), ``None`` where no draft is kept yet; ``decisions`` those taken in it.
    ``restated`` are sentences on frozen figures that changed since. ``position`` and ``number`` are
    the places in ledger and records that everything was read at.
    """

    edition: str
    asked: Asked
    inputs: tuple[AgendaInput, ...]
    review: Review
    record: Any
    decisions: tuple[Any, ...]
    restated: tuple[str, ...]
    position: int
    number: int
    made: datetime
    made_by: str

    def input(self, key: str) -> AgendaInput | None:
        """The input with a key; ``None`` where the edition has none."""
        return next((one for one in self.inputs if one.key == key), None)
