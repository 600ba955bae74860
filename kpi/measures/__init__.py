"""The catalogue of measures and KPIs; facts in force to series."""

from kpi.measures.catalog import CATALOG, Kpi, printed
from kpi.measures.question import SeriesQuestion
from kpi.measures.source import FactSource, MemorySource

__all__ = ["CATALOG", "FactSource", "Kpi", "MemorySource", "SeriesQuestion", "printed"]
