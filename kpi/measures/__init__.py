"""The catalogue of measures and KPIs; facts in force to series."""

from kpi.measures.catalog import CATALOG, Kpi, printed
from kpi.measures.evaluate import Evaluated, evaluate, kpi_of
from kpi.measures.question import SeriesQuestion
from kpi.measures.reported import reported_kpis
from kpi.measures.source import FactSource, MemorySource, facts

__all__ = [
    "CATALOG",
    "Evaluated",
    "FactSource",
    "Kpi",
    "MemorySource",
    "SeriesQuestion",
    "evaluate",
    "facts",
    "kpi_of",
    "printed",
    "reported_kpis",
]
