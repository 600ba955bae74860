"""What comes out of a management review: deck, other documents, evidence pack."""

import io
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from bench import homes
from bench.timing import Line, Peak, medians
from kpi.analysis import open_home
from kpi.analysis.agenda import asked_of, build_agenda
from kpi.analysis.agenda_results import Agenda
from kpi.analysis.packing import build_pack
from kpi.qms.agenda import LATEST
from kpi.reports.deck import write_deck
from kpi.reports.minutes import write_minutes
from kpi.reports.pack import write_pack
from kpi.reports.summary import write_summary
from kpi.reports.workbook import write_workbook

MONTH: Final = "2026-10"
FIRST: Final = "2024-11"
WHEN: Final = datetime(2026, 11, 2, tzinfo=UTC)


def deck(quick: bool) -> list[Line]:
    """The sample plant's last month decided and drawn; its 24 months packed."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        home = homes.sample(folder)
        times = 1 if quick else 3

        def review() -> Agenda:
            asked = asked_of(home, (), MONTH, MONTH)
            return build_agenda(home, asked, edition=LATEST, who="bench", when=WHEN)

        def pack() -> int:
            fresh = open_home(Path(home.path))  # as the command does: nothing is remembered
            asked = asked_of(fresh, (), FIRST, MONTH)
            made = build_pack(fresh, asked, edition=LATEST, who="bench", when=WHEN)
            file = io.BytesIO()
            write_pack(made, file)
            return len(file.getvalue())

        done = review()
        slides = write_deck(done, io.BytesIO())
        with Peak() as peak:
            deciding, drawing = medians(review, lambda: write_deck(done, io.BytesIO()), times=times)
        lines = [
            Line(
                f"deck of {slides} slides",
                drawing,
                goal_seconds=2.0,
                peak_mb=peak.megabytes,
                note=f"and {deciding:.2f} s to decide what is in it",
            )
        ]
        writers: tuple[tuple[str, Callable[[Agenda, io.BytesIO], object]], ...] = (
            ("minutes", write_minutes), ("workbook", write_workbook), ("one page", write_summary),
        )  # fmt: skip
        for name, write in writers:
            (took,) = medians(lambda write=write: write(done, io.BytesIO()), times=times)
            lines.append(Line(name, took, goal_seconds=2.0))
        with Peak() as peak:
            (packing,) = medians(pack, times=1)
        return [
            *lines,
            Line(
                "evidence pack of 24 months, two plants", packing, goal_seconds=10.0,
                peak_mb=peak.megabytes,
            ),
        ]  # fmt: skip
