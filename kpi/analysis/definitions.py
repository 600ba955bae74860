"""The KPIs this home can speak of: the declared ones, and the figures the plant reports itself."""

from kpi.analysis import words
from kpi.analysis.home import Home
from kpi.measures import CATALOG, Kpi, reported_kpis


def catalogue(home: Home) -> tuple[Kpi, ...]:
    """Every KPI in the order of the catalogue, reported values last."""
    view = home.view()
    if not view.month_rows("reported_value"):  # told by the ledger, without reading a row
        return tuple(CATALOG.values())
    return (*CATALOG.values(), *reported_kpis(view))


def formula(kpi: Kpi) -> str:
    """Numerator over denominator in words, with the factor where there is one.

    >>> formula(CATALOG["scrap_rate"]), formula(CATALOG["mtbf"])
    ('scrapped quantity ÷ produced quantity × 100', 'production minutes ÷ failures ÷ 60')
    """
    ratio = f"{kpi.numerator} ÷ {kpi.denominator}" if kpi.denominator else kpi.numerator
    return f"{ratio}{factor(kpi)}"


def factor(kpi: Kpi) -> str:
    """What a KPI's ratio is multiplied or divided by to come in its unit; empty where by nothing."""
    if kpi.per == 1:
        return ""
    if kpi.per < 1:
        return f" ÷ {words.number(round(1 / kpi.per, 6), 0)}"
    return f" × {words.number(kpi.per, 0)}"
