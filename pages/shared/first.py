"""What a first visitor will see: which home, and what people may do in it."""

import os
from collections import Counter
from pathlib import Path
from typing import Final

from kpi.access import LOCAL, Access
from kpi.analysis.home import Home, default_home, open_home, sample_home

MOST_ACCESSES: Final = 3
"""Of people who may see different things; the others' first page is answered when they come."""


def no_sample() -> bool:
    """Whether the site does without the sample plant."""
    return os.environ.get("KPI_SAMPLE", "").strip().lower() in ("off", "no", "0", "false")


def place_of_sample() -> Path | None:
    """Where the sample plant lies, once it was loaded."""
    place = Path(sample_home())
    return None if no_sample() or not place.is_dir() else place


def opened() -> Home | None:
    """The home a first visitor will see, where it is there already; nothing is made."""
    own = Path(default_home())
    if own.is_dir():
        home = open_home(own)
        if home.position > 0:
            return home
        home.store.close()
    sample = place_of_sample()
    return None if sample is None else open_home(sample, is_sample=True)


def accesses(home: Home) -> list[Access]:
    """What people may do here, the most common first."""
    from kpi.qms.people import people

    counted = Counter(person.access for person in people(home.store) if person.active)
    return [access for access, _ in counted.most_common(MOST_ACCESSES)]


def access(home: Home) -> Access:
    """What the first visitor probably may: as most people here, or all where nobody signs in."""
    return next(iter(accesses(home)), LOCAL)
