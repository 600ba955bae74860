"""The tab "Why it changed" of a KPI page."""

from kpi.analysis.results import SeriesView


def draw(series: SeriesView) -> None:
    """What the tab shows."""
