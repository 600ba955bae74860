"""The deck of a management review."""

import io
import tempfile
from datetime import UTC, datetime
from typing import Final

from bench import homes
from bench.timing import Line, Peak, medians
from kpi.analysis import build_review
from kpi.reports.deck import write_deck

MONTH: Final = "2026-10"
WHEN: Final = datetime(2026, 11, 2, tzinfo=UTC)


def deck(quick: bool) -> list[Line]:
    """The sample plant's last month: deciding what is in it, then drawing it."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        home = homes.sample(folder)

        def review() -> object:
            return build_review(home, MONTH, who="bench", when=WHEN)

        done = build_review(home, MONTH, who="bench", when=WHEN)
        slides = write_deck(done, io.BytesIO())
        times = 1 if quick else 3
        with Peak() as peak:
            deciding, drawing = medians(review, lambda: write_deck(done, io.BytesIO()), times=times)
        return [
            Line(
                f"deck of {slides} slides",
                deciding + drawing,
                goal_seconds=2.0,
                peak_mb=peak.megabytes,
                note=f"{deciding:.2f} s to decide what is in it, {drawing:.2f} s to draw",
            )
        ]
