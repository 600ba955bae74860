"""Change over time: trend now; season, forecast and the effect of an action to come."""

from kpi.trends.trend import Trend, trend

__all__ = ["Trend", "trend"]
