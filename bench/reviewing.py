"""What a management review is written into: the deck, against as many slides without anything of ours."""

import io
import tempfile
from collections.abc import Callable
from typing import Any, Final

from bench import homes
from bench.afresh import MONTH, WHEN
from bench.timing import Line, Peak, medians
from kpi.analysis import open_home
from kpi.analysis.agenda import asked_of, build_agenda
from kpi.analysis.agenda_results import Agenda
from kpi.qms.agenda import LATEST
from kpi.reports.deck import write_deck
from kpi.reports.minutes import write_minutes
from kpi.reports.summary import write_summary
from kpi.reports.workbook import write_workbook

POINTS: Final = 24
"""Months on a chart of the deck."""


def deck(quick: bool) -> list[Line]:
    """The sample plant's last month, reviewed: its deck and the other documents."""
    times = 1 if quick else 5
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        home = open_home(homes.complete(folder), is_sample=True)
        asked = asked_of(home, (), MONTH, MONTH)
        agenda = build_agenda(home, asked, edition=LATEST, who="bench", when=WHEN)
        made = io.BytesIO()
        slides, charts = write_deck(agenda, made), _charts(made)
        with Peak() as peak:
            drawing, bare = medians(
                lambda: write_deck(agenda, io.BytesIO()),
                lambda: _bare_deck(slides, charts),
                times=times,
            )
        home.store.close()
        return [
            Line(
                f"deck of {slides} slides, {charts} charts", drawing, "the same, bare", bare,
                goal_seconds=2.0, peak_mb=peak.megabytes,
            ),
            *_others(agenda, times),
        ]  # fmt: skip


def _others(agenda: Agenda, times: int) -> list[Line]:
    writers: tuple[tuple[str, Callable[[Agenda, io.BytesIO], object]], ...] = (
        ("minutes", write_minutes), ("workbook", write_workbook), ("one page", write_summary),
    )  # fmt: skip
    lines = []
    for name, write in writers:
        (took,) = medians(lambda write=write: write(agenda, io.BytesIO()), times=times)
        lines.append(Line(name, took, goal_seconds=2.0))
    return lines


def _charts(file: io.BytesIO) -> int:
    """How many native charts a deck has."""
    from pptx import Presentation

    file.seek(0)
    return sum(shape.has_chart for s in Presentation(file).slides for shape in s.shapes)


def _bare_deck(slides: int, charts: int) -> None:
    """As many slides, each with a title and a line, and as many charts of two series."""
    from pptx import Presentation
    from pptx.chart.data import CategoryChartData
    from pptx.enum.chart import XL_CHART_TYPE
    from pptx.util import Inches

    deck: Any = Presentation()
    for number in range(slides):
        slide = deck.slides.add_slide(deck.slide_layouts[1])
        slide.shapes.title.text = f"Slide {number}"
        slide.placeholders[1].text = "A line of text"
        for _ in range(number, charts, slides):
            data = CategoryChartData()
            data.categories = [f"{2024 + n // 12}-{n % 12 + 1:02d}" for n in range(POINTS)]
            for name in ("Value", "Target"):
                data.add_series(name, [float(n) for n in range(POINTS)])
            box = Inches(1), Inches(2), Inches(6), Inches(4)
            slide.shapes.add_chart(XL_CHART_TYPE.LINE, *box, data)
    deck.save(io.BytesIO())
