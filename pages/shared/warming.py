"""What the first visitor would wait for, done as soon as the server starts.

Libraries are loaded, the home is opened, and the answers that the first pages ask for are
remembered: for whoever works on the machine, or for those who sign in, as most of them see it.
"""

import logging
import threading
from dataclasses import replace
from typing import Final

from kpi.access import LOCAL
from kpi.analysis.home import Home, default_home
from kpi.analysis.results import Filters
from kpi.errors import KpiError
from pages.shared import asked, cached, first, settled

_LOG: Final = logging.getLogger("clause_nine.warming")

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
        for access in first.accesses(home) if signing_in else [LOCAL]:
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
    sample = None if own.position > 0 else first.place_of_sample()
    return own if sample is None else cached.sample(str(sample)) or own


def _ask(home: Home) -> None:
    if home.position == 0 or home.access.highest is None:
        return
    everything = Filters()
    cached.choices(home, replace(everything, where=()))
    cached.catalogue(home)
    for kpi in FIRST_KPIS:  # while the overview is worked out beside: it would only be waited for
        try:
            cached.kpi_view(home, kpi, everything)
        except KpiError:
            continue  # this home has no such figures
    cached.overview(home, everything)
    cached.outlooks(home, everything)
    cached.event_verdicts(home, everything)
