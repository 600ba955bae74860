"""The state of a home in a few lines: feeds, freshness, holes."""

from dataclasses import dataclass
from datetime import date, datetime

from kpi.analysis.coverage import coverage_calendar
from kpi.analysis.home import Home
from kpi.analysis.results import Filters


@dataclass(frozen=True, slots=True)
class FeedStatus:
    """A feed: what it brings, when it last came, how far its data go."""

    feed: str
    datasets: tuple[str, ...]
    plant: str | None
    uploads: int
    last_upload: datetime | None
    data_date: date | None


@dataclass(frozen=True, slots=True)
class Status:
    """A home in a few lines."""

    home: str
    position: int
    feeds: tuple[FeedStatus, ...]
    missing: tuple[str, ...]


def status(home: Home) -> Status:
    """Feeds with their freshness, and the months never uploaded."""
    uploads = [e for e in home.store.entries() if e.kind == "upload" and e.withdrawn is None]
    feeds = []
    for memory in home.store.memories():
        own = [e for e in uploads if e.feed == memory.feed]
        feeds.append(
            FeedStatus(
                feed=memory.feed,
                datasets=memory.datasets,
                plant=memory.plant,
                uploads=len(own),
                last_upload=max((e.when for e in own), default=None),
                data_date=max((e.data_date for e in own if e.data_date), default=None),
            )
        )
    return Status(
        home=str(home.path),
        position=home.position,
        feeds=tuple(feeds),
        missing=coverage_calendar(home, Filters()).missing,
    )
