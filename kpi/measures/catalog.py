"""Every KPI, declared once: the code, the pages, the deck and the glossary read this.

The formulas are those of the definitions page (docs/formulas.md); each ratio is the sum of its
numerator over the sum of its denominator at every level.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from kpi.errors import UnknownNameError
from kpi.model import Direction

REPORTED_PREFIX: Final = "reported:"
MONEY: Final = "money"
"""Stands for the currency of the data until a series is evaluated."""

ISO_22400: Final = "ISO 22400-2"
_LOWER, _HIGHER = Direction.LOWER, Direction.HIGHER
_PERFORMANCE = ("9.1.1", "9.1.3", "9.3.2")
_CUSTOMER = ("9.1.2", "9.1.3", "9.3.2")
_SUPPLIER = ("8.4.1", "9.1.3", "9.3.2")
_MORE_DECIMALS: Final = 9


@dataclass(frozen=True, slots=True)
class Kpi:
    """One KPI.

    ``per`` is what the ratio of sums is multiplied with (100 for per cent). ``unit`` is the unit
    of the value. ``default_chart`` is a chart kind of ``kpi.spc``. ``needs`` says which data it
    would take; where it is not empty the KPI cannot be computed from the present datasets.
    ``partner`` is the KPI shown beside it, the one that pays when this one is chased.
    """

    id: str
    title: str
    definition: str
    unit: str
    per: float
    direction: Direction
    numerator: str
    denominator: str
    default_chart: str
    decimals: int
    domain: str
    clauses: tuple[str, ...]
    source: str
    version: int = 1
    partner: str | None = None
    needs: str = ""
    datasets: tuple[str, ...] = ()
    dimensions: tuple[str, ...] = ()

    @property
    def computable(self) -> bool:
        """Whether the present datasets can serve it."""
        return not self.needs


_SCRAP_DIMENSIONS = (
    "plant", "line", "machine", "shift", "product", "reason", "customer", "supplier",
)  # fmt: skip
_STOP_DIMENSIONS = ("plant", "line", "machine", "shift", "product", "reason", "supplier")
_RUN_DIMENSIONS = ("plant", "line", "machine", "shift", "product")
_ITEM_DIMENSIONS = ("plant", "line", "product", "reason", "customer", "supplier")
_SCRAP: Final = {
    "domain": "scrap", "clauses": _PERFORMANCE, "datasets": ("scrap", "production"),
    "dimensions": _SCRAP_DIMENSIONS,
}  # fmt: skip
_DOWNTIME: Final = {
    "domain": "downtime", "clauses": _PERFORMANCE, "datasets": ("downtime", "running_time"),
    "dimensions": _STOP_DIMENSIONS,
}  # fmt: skip
_DELIVERY: Final = {
    "domain": "delivery", "clauses": _CUSTOMER, "datasets": ("order_item", "shipment"),
    "dimensions": _ITEM_DIMENSIONS,
}  # fmt: skip


_COMPLAINT_DIMENSIONS = ("plant", "line", "machine", "product", "reason", "customer", "supplier")
_PARTNER: Final = {
    "domain": "customers", "clauses": _CUSTOMER, "datasets": ("complaint", "order_item", "shipment"),
    "dimensions": _ITEM_DIMENSIONS,
}  # fmt: skip


_OF_RECORDS: Final = (
    "Actions are records and no rows of a file: the review tells it, with nonconformities and "
    "corrective actions."
)


def _scrap(id: str, title: str, definition: str, unit: str, per: float, **rest: Any) -> Kpi:
    return _kpi(id, title, definition, unit, per, **{**_SCRAP, **rest})


def _downtime(id: str, title: str, definition: str, unit: str, per: float, **rest: Any) -> Kpi:
    return _kpi(id, title, definition, unit, per, **{**_DOWNTIME, **rest})


def _delivery(id: str, title: str, definition: str, unit: str, per: float, **rest: Any) -> Kpi:
    return _kpi(id, title, definition, unit, per, **{**_DELIVERY, **rest})


def _partner(id: str, title: str, definition: str, unit: str, per: float, **rest: Any) -> Kpi:
    return _kpi(id, title, definition, unit, per, **{**_PARTNER, **rest})


def _kpi(id: str, title: str, definition: str, unit: str, per: float, **given: Any) -> Kpi:
    usual = {"direction": _LOWER, "denominator": "", "default_chart": "imr", "decimals": 1}
    return Kpi(id, title, definition, unit, per, **{**usual, **given})


_ALL: Final = (
    _scrap(
        "scrap_rate", "Scrap rate",
        "Of all pieces made, good, scrapped and reworked alike, the share that was scrapped.",
        "%", 100, numerator="scrapped quantity", denominator="produced quantity",
        default_chart="p", decimals=2, partner="rework_rate", source=f"{ISO_22400}, scrap ratio",
    ),
    _scrap(
        "scrap_weight_rate", "Scrap rate by weight",
        "Of all the weight processed, the share that became scrap.",
        "%", 100, numerator="scrapped weight", denominator="processed weight", decimals=2,
        partner="rework_rate", source="practice of process industries",
    ),
    _scrap(
        "scrap_cost", "Scrap cost", "What the scrapped pieces cost, as recorded.",
        MONEY, 1, numerator="scrap cost", decimals=0, partner="rework_rate",
        source="sum of the recorded cost, one currency only",
    ),
    _scrap(
        "scrap_cost_rate", "Scrap cost rate",
        "The cost of scrap as a share of the value of what was produced.",
        "%", 100, numerator="scrap cost", denominator="production value", decimals=2,
        partner="rework_rate", source="one currency only",
    ),
    _scrap(
        "scrap_ppm", "Internal ppm", "Scrapped pieces per million pieces made.",
        "ppm", 1e6, numerator="scrapped quantity", denominator="produced quantity",
        default_chart="p", decimals=0, partner="rework_rate", source="scrap rate times one million",
    ),
    _scrap(
        "first_pass_yield", "First pass yield",
        "Of all pieces started, the share that was good the first time, without rework.",
        "%", 100, direction=_HIGHER, numerator="good quantity first time",
        denominator="produced quantity", default_chart="p", decimals=2, partner="scrap_rate",
        source=f"{ISO_22400}, first pass yield",
    ),
    _scrap(
        "rolled_throughput_yield", "Rolled throughput yield",
        "The chance of a piece to pass all steps of the process without scrap or rework.",
        "%", 100, direction=_HIGHER, numerator="product of the steps' first pass yields",
        decimals=2, partner="scrap_rate", source="product of the first pass yields of the steps",
        needs="It needs the quantities started and good the first time per process step.",
    ),
    _scrap(
        "rework_rate", "Rework rate",
        "Of all pieces made, the share that was reworked; one scrapped after rework counts as scrap.",
        "%", 100, numerator="reworked quantity", denominator="produced quantity",
        default_chart="p", decimals=2, partner="scrap_rate", source=f"{ISO_22400}, rework ratio",
    ),
    _scrap(
        "copq", "Cost of poor quality",
        "What failures cost, inside the plant and at the customer.",
        MONEY, 1, numerator="internal and external failure cost", decimals=0, partner="scrap_cost",
        source="cost of scrap and of customers' complaints, where both are recorded",
        datasets=("scrap", "complaint"),
    ),
    _downtime(
        "recorded_downtime", "Recorded downtime",
        "All minutes of stops as recorded, whatever the reason, by the day a stop starts.",
        "h", 1 / 60, numerator="recorded stop minutes", partner="downtime_hours",
        source="raw sum, to reconcile with the source",
    ),
    _downtime(
        "downtime_hours", "Downtime hours",
        "Time machines stood unplanned within planned time, overlapping stops counted once.",
        "h", 1 / 60, numerator="unplanned stop minutes", partner="stops",
        source="union of the unplanned stops per machine, clipped to planned time",
    ),
    _downtime(
        "unplanned_share", "Unplanned downtime share",
        "Of the time machines were planned to run, the share lost to unplanned stops.",
        "%", 100, numerator="unplanned stop minutes", denominator="planned busy minutes",
        partner="stops", source=f"{ISO_22400}, planned busy time",
    ),
    _downtime(
        "availability", "Availability",
        "Of the time machines were planned to run, the share they ran.",
        "%", 100, direction=_HIGHER, numerator="production minutes",
        denominator="planned busy minutes", partner="performance",
        source=f"{ISO_22400}, availability",
    ),
    _downtime(
        "performance", "Performance",
        "How fast machines ran while they ran, against their ideal cycle.",
        "%", 100, direction=_HIGHER, numerator="ideal minutes of the produced quantity",
        denominator="production minutes", partner="quality_ratio",
        source=f"{ISO_22400}, effectiveness", datasets=("running_time",),
        dimensions=_RUN_DIMENSIONS,
    ),
    _scrap(
        "quality_ratio", "Quality ratio", "Of all pieces made, the share that was good.",
        "%", 100, direction=_HIGHER, numerator="good quantity", denominator="produced quantity",
        default_chart="p", decimals=2, partner="performance", source=f"{ISO_22400}, quality ratio",
    ),
    _downtime(
        "oee", "OEE",
        "Of the time machines were planned to run, the share the good pieces would have needed.",
        "%", 100, direction=_HIGHER, numerator="ideal minutes of the good quantity",
        denominator="planned busy minutes", partner="scrap_rate",
        source=f"{ISO_22400}, overall equipment effectiveness, from sums",
        datasets=("running_time",), dimensions=_RUN_DIMENSIONS,
    ),
    _downtime(
        "stops", "Number of stops",
        "Unplanned stops per eight hours of planned time, short gaps merged, micro-stops apart.",
        "per 8 h", 480, numerator="unplanned stops", denominator="planned busy minutes",
        default_chart="u", decimals=2, partner="downtime_hours", source="count per planned time",
    ),
    _downtime(
        "mtbf", "MTBF", "Average time machines ran between two failures.",
        "h", 1 / 60, direction=_HIGHER, numerator="production minutes", denominator="failures",
        partner="stops", source=f"{ISO_22400}, mean time between failures",
    ),
    _downtime(
        "mttr", "MTTR", "Average time from the start of a failure to the machine running again.",
        "h", 1 / 60, numerator="repair minutes", denominator="repairs", decimals=2,
        partner="mtbf", source=f"{ISO_22400}, mean time to repair",
    ),
    _downtime(
        "changeover_minutes", "Changeover minutes",
        "Time machines stood within planned time to be set up for another product.",
        "min", 1, numerator="changeover minutes", decimals=0, partner="availability",
        source=f"{ISO_22400}, actual unit setup time", datasets=("downtime",),
    ),
    _delivery(
        "otd_request", "On time to request",
        "Of the order lines the customer asked for in the period, the share delivered on time.",
        "%", 100, direction=_HIGHER, numerator="order lines on time",
        denominator="order lines due", default_chart="p", partner="otd_first_promise",
        source="lines on time to the requested date",
    ),
    _delivery(
        "otd_first_promise", "On time to first promise",
        "Of the order lines first promised for the period, the share delivered on time.",
        "%", 100, direction=_HIGHER, numerator="order lines on time",
        denominator="order lines due", default_chart="p", partner="otd_promise",
        source="lines on time to the first promised date",
    ),
    _delivery(
        "otd_promise", "On time to promise",
        "Of the order lines now promised for the period, the share delivered on time.",
        "%", 100, direction=_HIGHER, numerator="order lines on time",
        denominator="order lines due", default_chart="p", partner="otd_first_promise",
        source="lines on time to the current promised date",
    ),
    _delivery(
        "otd_order", "On time by order",
        "Of the orders due in the period, the share with every line on time.",
        "%", 100, direction=_HIGHER, numerator="orders with all lines on time",
        denominator="orders due", default_chart="p", partner="otd_first_promise",
        source="orders with all lines on time, by the due date that counts",
    ),
    _delivery(
        "otd_quantity", "On time by quantity",
        "Of the quantity due in the period, the share delivered on time.",
        "%", 100, direction=_HIGHER, numerator="quantity on time", denominator="quantity due",
        partner="otd_first_promise", source="quantity on time, by the due date that counts",
    ),
    _delivery(
        "otif", "On time in full",
        "Of the order lines due in the period, the share delivered on time and complete.",
        "%", 100, direction=_HIGHER, numerator="order lines on time and in full",
        denominator="order lines due", default_chart="p", partner="otd_first_promise",
        source="lines on time and in full within the site's tolerance",
    ),
    _delivery(
        "days_late", "Days late",
        "How many days a late order line is late on average; open ones count up to the report date.",
        "d", 1, numerator="days late", denominator="late order lines", partner="overdue_backlog",
        source="mean over late lines",
    ),
    _delivery(
        "overdue_backlog", "Overdue backlog",
        "Order lines still open after their due date at the end of the period.",
        "lines", 1, numerator="overdue open order lines", default_chart="run", decimals=0,
        partner="days_late", source="stock at the end of the period or at the report date",
    ),
    _partner(
        "complaints", "Complaints",
        "How many complaints customers made, each counted once on the day it was received.",
        "complaints", 1, numerator="complaints", default_chart="c", decimals=0,
        partner="complaint_rate", source="complaints of customers, cancelled ones left out",
        datasets=("complaint",), dimensions=_COMPLAINT_DIMENSIONS,
    ),
    _partner(
        "complaint_rate", "Complaint rate",
        "Complaints of customers per thousand deliveries, a delivery being one shipment of an order line.",
        "per 1000", 1000, numerator="complaints", denominator="deliveries", default_chart="u",
        decimals=2, partner="returns_ppm", source="complaints against deliveries",
    ),
    _partner(
        "returns_ppm", "Customer returns ppm",
        "Pieces customers complained of and that were confirmed defective, per million shipped.",
        "ppm", 1e6, numerator="quantity confirmed defective",
        denominator="quantity shipped", default_chart="laney_u", decimals=0, partner="complaint_rate",
        source="confirmed quantity of complaints against shipments",
    ),
    _partner(
        "supplier_otd", "Supplier on time",
        "Of the purchase order lines due in the period, the share that arrived on time.",
        "%", 100, direction=_HIGHER, numerator="purchase lines on time",
        denominator="purchase lines due", default_chart="p", partner="supplier_ppm",
        domain="suppliers", clauses=_SUPPLIER,
        source="purchase lines, by the due date that counts",
        datasets=("order_item", "shipment"), dimensions=_ITEM_DIMENSIONS, decimals=1,
    ),
    _partner(
        "supplier_ppm", "Supplier ppm",
        "Defective pieces per million received, as found on arrival or confirmed in complaints.",
        "ppm", 1e6, numerator="defective quantity received", denominator="quantity received",
        default_chart="p", decimals=0, partner="supplier_otd", domain="suppliers",
        clauses=_SUPPLIER, source="receipts and their inspection, else complaints to suppliers",
    ),
    _kpi(
        "actions_on_time", "Actions closed on time",
        "Of the corrective actions due in the period, the share closed by their due date.",
        "%", 100, direction=_HIGHER, numerator="actions closed by their due date",
        denominator="actions due", default_chart="p", domain="actions", clauses=("9.3.2", "10.2"),
        source="register of corrective actions", partner="actions_effective",
        needs=_OF_RECORDS,
    ),
    _kpi(
        "actions_effective", "Effective actions",
        "Of the corrective actions verified in the period, the share found effective.",
        "%", 100, direction=_HIGHER, numerator="effective actions",
        denominator="actions verified", default_chart="p", domain="actions",
        clauses=("9.3.2", "10.2"), source="register of corrective actions",
        partner="actions_on_time", needs=_OF_RECORDS,
    ),
)  # fmt: skip

CATALOG: Final[Mapping[str, Kpi]] = MappingProxyType({k.id: k for k in _ALL})

REPORTED: Final = Kpi(
    id=REPORTED_PREFIX,
    title="Reported value",
    definition="A figure the plant computes itself, taken as reported.",
    unit="",
    per=1,
    direction=Direction.NONE,
    numerator="reported numerator",
    denominator="reported denominator",
    default_chart="imr",
    decimals=2,
    domain="reported",
    clauses=("9.1.1",),
    source="as reported by the plant",
    datasets=("reported_value",),
    dimensions=("plant", "line", "machine", "shift", "product", "customer", "supplier"),
)
"""The pattern of ``reported:<slug>``; title and unit come with the figure."""


def declared(id: str) -> Kpi:
    """The KPI of the catalogue with this identifier.

    Raises
    ------
    UnknownNameError
        There is none; the nearest identifier is named.
    """
    try:
        return CATALOG[id]
    except KeyError:
        raise UnknownNameError("KPI", id, known=CATALOG) from None


def printed(value: float, decimals: int, beside: float | None = None) -> str:
    """A value with its decimals, and more where it would read like a number it differs from.

    >>> printed(94.96, 1, beside=95.0), printed(94.96, 1)
    ('94.96', '95.0')
    """
    text = f"{value:.{decimals}f}"
    while beside is not None and value != beside and decimals < _MORE_DECIMALS:
        if text != f"{beside:.{decimals}f}":
            break
        decimals += 1
        text = f"{value:.{decimals}f}"
    return text
