"""The people of the sample plant, and how their records come into its books: each once, on its day."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Final, TypeVar

from kpi.analysis import registering
from kpi.analysis.home import Home
from kpi.qms.register import Item, Kind, Recorded, Slice, recorded

T = TypeVar("T", bound=Item)

QUALITY: Final = "Marit Sand"
MANAGING: Final = "Ines Albrecht"
NORDHAFEN_HEAD: Final = "Jonas Reuter"
RIVERSIDE_HEAD: Final = "Ellen Whitfield"
MAINTENANCE: Final = "Tomasz Lis"
PLANNING: Final = "Dale Morgan"
PURCHASING: Final = "Priya Nair"
PRESS_SHOP: Final = "Karsten Voss"
AUDITOR: Final = "Hanna Vogt"
SECOND_AUDITOR: Final = "Samuel Okoye"

NORDHAFEN: Final[Slice] = (("plant", "Nordhafen"),)
RIVERSIDE: Final[Slice] = (("plant", "Riverside"),)
PRESS_2: Final[Slice] = (("line", "Press 2"), ("plant", "Nordhafen"))
PAINT_1: Final[Slice] = (("line", "Paint 1"), ("plant", "Nordhafen"))
HYDRAULICS: Final[Slice] = (("line", "Press 1"), ("plant", "Nordhafen"), ("reason", "Hydraulik"))


def at(day: int, hour: int = 9, minute: int = 0) -> datetime:
    """A moment of November 2026, when both plants took the product into use."""
    return datetime(2026, 11, day, hour, minute, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Book:
    """The sample's records: what is there already, known by its title, is left as it is."""

    home: Home

    def known(self, kind: Kind[T], title: str) -> Recorded[T] | None:
        """The record of a kind with a title; ``None`` where there is none yet."""
        return next((e for e in recorded(self.home.store, kind) if e.item.title == title), None)

    def put(self, kind: Kind[T], item: T, who: str, when: datetime) -> Recorded[T]:
        """Record an item unless one of its title is there."""
        found = self.known(kind, item.title)
        return found or registering.record(self.home, kind, item, who=who, when=when)

    def id_of(self, kind: Kind[Any], title: str) -> tuple[str, ...]:
        """The id of the record with a title, for a link; empty where there is none."""
        found = self.known(kind, title)
        return (found.id,) if found else ()


def day(month: int, of_month: int, year: int = 2026) -> date:
    """A day, as short as the lists of records need it."""
    return date(year, month, of_month)
