"""Change over time: trend, season, forecast, and how forecasts did on the past."""

from kpi.trends.backtest import Backtest
from kpi.trends.discovery import q_values
from kpi.trends.forecasting import BANDS, BLEND, Forecast, forecast
from kpi.trends.scales import Kind, Series
from kpi.trends.season import CLEAR, FULL_CYCLES, Season
from kpi.trends.trend import FEWEST_POINTS, Trend, trend

__all__ = [
    "BANDS",
    "BLEND",
    "CLEAR",
    "FEWEST_POINTS",
    "FULL_CYCLES",
    "Backtest",
    "Forecast",
    "Kind",
    "Season",
    "Series",
    "Trend",
    "forecast",
    "q_values",
    "trend",
]
