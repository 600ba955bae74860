"""The KPIs this home can speak of: the declared ones, and the figures the plant reports itself."""

from kpi.analysis.home import Home
from kpi.measures import CATALOG, Kpi, reported_kpis


def catalogue(home: Home) -> tuple[Kpi, ...]:
    """Every KPI in the order of the catalogue, reported values last."""
    return (*CATALOG.values(), *reported_kpis(home.view()))
