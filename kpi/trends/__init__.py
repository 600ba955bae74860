"""Change over time: trend now; season, forecast and the effect of an action to come."""

from kpi.trends.discovery import q_values
from kpi.trends.trend import Trend, trend

__all__ = ["Trend", "q_values", "trend"]
