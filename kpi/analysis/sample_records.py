"""Everything a year of clause 9 leaves behind, recorded for the sample plant through the product's own ways.

Recording takes the better part of a minute, most of it for the documents of two reviews; whoever opens
the sample plant need not wait for it. Broken off, it goes on where it was: what is there already, known
by its title, is left as it is, also what somebody changed.
"""

from pathlib import Path
from typing import Final

from kpi.analysis import (
    sample_audits,
    sample_goals,
    sample_improving,
    sample_registers,
    sample_reviews,
)
from kpi.analysis.holding import Render
from kpi.analysis.home import Home
from kpi.analysis.sample import SAMPLE_FOLDER, WHEN, WHO
from kpi.analysis.sample_book import Book

RECORD_KIND: Final = "sample"

KEY: Final = "records"

EDITION: Final = 1
"""Raised when records are added here: a sample completed before is then given them, too."""


def complete_sample(home: Home, render: Render, *, source: Path = SAMPLE_FOLDER) -> bool:
    """Give the sample plant its records and reviews; whether anything was to be done.

    ``render`` makes the documents that a held review keeps.

    Raises
    ------
    StoreError
        The home cannot be written to.
    """
    if is_complete(home):
        return False
    book = Book(home)
    sample_registers.record_registers(book)
    sample_goals.record_objectives(book)
    sample_audits.record_audits(book)
    sample_improving.record_improvements(book)
    sample_registers.grade_suppliers(book)
    sample_goals.record_plan(book)
    sample_goals.record_analyses(book)
    sample_reviews.record_reviews(book, source, render)
    home.store.records.put(RECORD_KIND, KEY, {"edition": EDITION}, who=WHO, when=WHEN, why="")
    return True


def is_complete(home: Home) -> bool:
    """Whether the sample's records are all there."""
    found = home.store.records.get(RECORD_KIND, KEY)
    return found is not None and found.value.get("edition") == EDITION
