"""The page of customers and suppliers: its figures, its surveys, the scorecard of suppliers."""

from typing import Any, Final

from kpi.qms.register import Kind
from kpi.qms.satisfaction import SURVEY
from kpi.qms.suppliers import CRITERIA, SUPPLIER_GRADE
from pages.shared import inputs, kpipage, onerisk, perception, recordform, supplied

PAGE: Final = "partners.py"
FIGURES: Final = "figures"

VIEWS: Final = {
    FIGURES: "Figures",
    "satisfaction": "How customers perceive us",
    "suppliers": "Grades of suppliers",
}

_VIEW_OF: Final[dict[Kind[Any], str]] = {
    SURVEY: "satisfaction", CRITERIA: "suppliers", SUPPLIER_GRADE: "suppliers",
}  # fmt: skip


def draw() -> None:
    """The record that the address asks for, or the part of the page that was chosen."""
    for kind, view in _VIEW_OF.items():
        if (entry := recordform.opened(kind)) is not None:
            only = supplied.ASKED if kind is SUPPLIER_GRADE else ()
            onerisk.plain(kind, entry, PAGE, view=view, only=only)
            return
    if inputs.asks_for("kpi") and not inputs.asks_for("view"):
        inputs.settle("view of partners", FIGURES)  # a link to a figure
    chosen = inputs.choose(
        "View", "view of partners", list(VIEWS), extra="view", words=VIEWS, segmented=True
    )
    if chosen == "satisfaction":
        perception.draw(PAGE)
    elif chosen == "suppliers":
        supplied.draw(PAGE)
    else:
        _figures()


def _figures() -> None:
    kpipage.domain(
        "partners",
        (*kpipage.kpis_of("customers"), *kpipage.kpis_of("suppliers")),
        "Here will stand complaints, returns and what suppliers delivered, once they are uploaded.",
    )
