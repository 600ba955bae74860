"""The catalogue of measures and KPIs; facts in force to series."""

from kpi.measures.catalog import CATALOG, Kpi, printed
from kpi.measures.evaluate import Evaluated, evaluate, kpi_of
from kpi.measures.losses import Losses, loss_ledger_of
from kpi.measures.pareto import Pareto, pareto
from kpi.measures.quantities import added_below
from kpi.measures.question import SeriesQuestion
from kpi.measures.reported import reported_kpis
from kpi.measures.rows import RowsBehind, rows_behind, uploads_behind
from kpi.measures.source import FactSource, MemorySource, facts
from kpi.measures.values import carries, values_of

__all__ = [
    "CATALOG",
    "Evaluated",
    "FactSource",
    "Kpi",
    "Losses",
    "MemorySource",
    "Pareto",
    "RowsBehind",
    "SeriesQuestion",
    "added_below",
    "carries",
    "evaluate",
    "facts",
    "kpi_of",
    "loss_ledger_of",
    "pareto",
    "printed",
    "reported_kpis",
    "rows_behind",
    "uploads_behind",
    "values_of",
]
