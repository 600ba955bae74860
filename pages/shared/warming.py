"""What the first visitor would wait for, done as soon as the server starts.

Libraries are loaded, the home is opened, and the answers that the first pages ask for are
remembered: for whoever works on the machine, or for those who sign in, as most of them see it.
"""

import logging
import threading
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Final

from kpi.access import LOCAL, Access
from kpi.analysis.home import Home, default_home, sample_home
from kpi.analysis.results import Filters
from kpi.errors import KpiError
from pages.shared import asked, cached, settled
from pages.shared.inputs import no_sample

_LOG: Final = logging.getLogger("clause_nine.warming")

MOST_ACCESSES: Final = 3
"""Of people who may see different things; the others' first page is answered when they come."""

FIRST_KPIS: Final = ("scrap_rate", "downtime_hours", "otd_promise")
"""What the pages of the three domains open with."""


def begin(*, signing_in: bool) -> threading.Thread:
    """Warm up beside the server that is starting. ``signing_in``: people come by name."""
    settled.wait_for_warmth()
    thread = threading.Thread(
        target=_warm, kwargs={"signing_in": signing_in}, name="warming up", daemon=True
    )
    thread.start()
    return thread


def _warm(*, signing_in: bool) -> None:
    try:
        asked.begin()
        _load_libraries()
        home = _shown()
        for access in _accesses(home) if signing_in else [LOCAL]:
            _ask(home.seen_by(access))
    except Exception as wrong:  # the pages meet it again, and say what is wrong
        _LOG.info("Not warmed up: %s", type(wrong).__name__)
    finally:
        settled.warm()


def _load_libraries() -> None:
    import plotly.graph_objects

    from pages.shared import asking, kpipage, measured

    del plotly, asking, kpipage, measured


def _shown() -> Home:
    """The home that a first visitor sees; the sample only where it was loaded before."""
    own = cached.home(str(default_home()), False)
    place = sample_home()
    if own.position > 0 or no_sample() or not Path(place).is_dir():
        return own
    return cached.sample(str(place)) or own


def _accesses(home: Home) -> list[Access]:
    """What people may do here, the most common first."""
    from kpi.qms.people import people

    counted = Counter(person.access for person in people(home.store) if person.active)
    return [access for access, _ in counted.most_common(MOST_ACCESSES)]


def _ask(home: Home) -> None:
    if home.position == 0 or home.access.highest is None:
        return
    everything = Filters()
    cached.choices(home, replace(everything, where=()))
    cached.catalogue(home)
    cached.overview(home, everything)
    for kpi in FIRST_KPIS:
        try:
            cached.kpi_view(home, kpi, everything)
        except KpiError:
            continue  # this home has no such figures
    cached.outlooks(home, everything)
    cached.event_verdicts(home, everything)
