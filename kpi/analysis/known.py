"""What a home knows when it reads a file: written once for every way a file comes in."""

from typing import TypedDict

from kpi.access import Permission
from kpi.analysis.home import Home
from kpi.model import FeedMemory


class Known(TypedDict):
    """What reading a file takes from its home, beside the feeds it remembers."""

    default_plant: str
    known_plants: tuple[str, ...]
    profiles: tuple[str, ...]


def known_to(home: Home) -> Known:
    """The plants and profiles a file is read with."""
    return {
        "default_plant": home.settings.default_plant,
        "known_plants": _plants(home),
        "profiles": home.profiles,
    }


def _plants(home: Home) -> tuple[str, ...]:
    """The plants a file may be of: where not all may be uploaded for, those that may, known or not."""
    own = home.access.plants(Permission.UPLOAD)
    return tuple(home.store.plants()) if own is None else own


def memories_of(home: Home, feed: str | None) -> tuple[FeedMemory, ...]:
    """The layouts of every feed, or of the one a file is said to belong to."""
    memories = home.store.memories()
    return memories if feed is None else tuple(m for m in memories if m.feed == feed)
