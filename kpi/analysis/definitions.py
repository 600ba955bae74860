"""The KPIs this home can speak of: the declared ones, and the figures the plant reports itself."""

from kpi.analysis.home import Home
from kpi.measures import CATALOG, Kpi, reported_kpis


def catalogue(home: Home) -> tuple[Kpi, ...]:
    """Every KPI in the order of the catalogue, reported values last."""
    view = home.view()
    if not view.month_rows("reported_value"):  # told by the ledger, without reading a row
        return tuple(CATALOG.values())
    return (*CATALOG.values(), *reported_kpis(view))
