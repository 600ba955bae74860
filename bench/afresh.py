"""One long question asked afresh: ``python -m bench.afresh evidence HOME`` prints what it took.

Whatever is remembered belongs to a process. So each time is that of a process of its own, as the
first who asks after a start meets it: libraries are loaded before the clock starts, data are not.
"""

import io
import json
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from bench.timing import processor_seconds, seconds
from kpi.analysis.agenda import asked_of, build_agenda
from kpi.analysis.evidence import evidence
from kpi.analysis.home import Home, open_home
from kpi.analysis.landing import overview
from kpi.analysis.packing import build_pack
from kpi.analysis.results import Filters
from kpi.analysis.series import choices
from kpi.qms.agenda import LATEST
from kpi.reports.pack import write_pack

MONTH: Final = "2026-10"
FIRST: Final = "2024-11"
WHEN: Final = datetime(2026, 11, 2, tzinfo=UTC)


def _overview(home: Home) -> object:
    return overview(home, Filters())


def _filtered(home: Home) -> object:
    """The overview of one plant; that of all was looked at before."""
    plant = choices(home, Filters())["plant"][0]
    return overview(home, Filters(where=(("plant", plant),)))


def _evidence(home: Home) -> object:
    return evidence(home, asked_of(home, (), MONTH, MONTH), WHEN.date())


def _agenda(home: Home) -> object:
    asked = asked_of(home, (), MONTH, MONTH)
    return build_agenda(home, asked, edition=LATEST, who="bench", when=WHEN)


def _pack(home: Home) -> object:
    asked = asked_of(home, (), FIRST, MONTH)
    made = build_pack(home, asked, edition=LATEST, who="bench", when=WHEN)
    return write_pack(made, io.BytesIO())


QUESTIONS: Final[dict[str, Callable[[Home], object]]] = {
    "overview": _overview, "filter": _filtered, "evidence": _evidence, "agenda": _agenda,
    "pack": _pack,
}  # fmt: skip

BEFORE: Final[dict[str, Callable[[Home], object]]] = {"filter": _overview}
"""What was asked before the clock starts, where somebody was there already."""


def main() -> None:
    """Answer the question named about the home at a path."""
    question, path = sys.argv[1:]
    import pandas.io.parsers  # what a first use of pandas loads is no part of the answer
    import pyarrow.compute
    import scipy.special

    del pandas, pyarrow, scipy
    home = open_home(Path(path), is_sample=True)
    if question in BEFORE:
        BEFORE[question](home)
    began = processor_seconds()
    took = seconds(lambda: QUESTIONS[question](home))
    print(json.dumps({"seconds": took, "processor": processor_seconds() - began}), flush=True)
    time.sleep(0.1)  # its memory is looked at now and then
    home.store.close()


if __name__ == "__main__":
    main()
