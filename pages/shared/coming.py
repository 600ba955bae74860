"""The tab "What comes next" of a KPI page."""

from kpi.analysis import words
from kpi.analysis.forecasting import Outlook
from kpi.analysis.results import SeriesView
from kpi.figures import LIGHT
from kpi.figures.fan import fan_figure
from pages.shared import cached, cards, charts, inputs
from pages.shared.messages import notes, say, small


def draw(series: SeriesView) -> None:
    """What to expect, how likely the target is, the pace it takes, and how good such forecasts were."""
    found = cached.outlook(inputs.here(), series.kpi.id, inputs.filters())
    cards.section(found.sentence)
    if found.expected:
        say(found.expected)
    if not found.ahead:
        small("A forecast appears here once there are enough complete periods.")
        return
    charts.drawn(
        fan_figure(series, found, LIGHT),
        f"Forecast. {found.sentence} {found.expected}",
        f"fan {series.kpi.id} {series.slice}",
    )
    _beside(found)


def _beside(found: Outlook) -> None:
    for line in (found.caution, found.pace_words, found.backtest_words):
        if line:
            say(line)
    if found.season is not None:
        say(found.season.sentence)
    if found.due is None:
        small(_without_due(found))
    notes((found.model_words, *found.notes), title="What this forecast rests on")


def _without_due(found: Outlook) -> str:
    if found.target is None:
        return (
            "No target is set here. With a target and a due date (page Targets and time) stands here "
            "how likely it is to be met."
        )
    goal = words.value_text(found.target, found.kpi)
    return (
        f"The target of {goal} has no due date. Give it one (page Targets and time), and here stands "
        "how likely it is to be met by then."
    )
