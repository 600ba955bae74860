"""The canonical tables of facts: what every ugly spreadsheet becomes.

One declaration per dataset; ingest writes these columns, the store keeps them, measures read them.
Missing is null, never zero. Beside its own columns every fact carries ``upload``, ``sheet`` and
``row`` (as the spreadsheet numbers it), so that any figure leads back to its cells.
"""

import re
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType
from typing import Final


class Kind(Enum):
    """The type of a column. Text is never a number in disguise: part numbers keep their zeros."""

    TEXT = "text"
    DATE = "date"
    TIMESTAMP = "timestamp"  # naive local time of the plant
    NUMBER = "number"  # double
    FLAG = "flag"


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a dataset."""

    name: str
    kind: Kind
    says: str  # what it holds, with its unit, in words for a person
    required: bool = False

    @property
    def words(self) -> str:
        """What it holds, in a few words: its description up to the first stop."""
        return re.split("[;:,(]", self.says)[0].strip()


@dataclass(frozen=True, slots=True)
class Dataset:
    """A canonical table.

    ``date`` names the column that puts a row into a period (for order items the due date that
    counts decides instead). ``key`` is non-empty where rows are identified across uploads: then
    the row of the newest data date wins; otherwise an upload replaces what its coverage holds.

    ``event`` names the columns by which a dated row may be known beside that (the source's id of a
    stop or a complaint; the last one may be missing): a row that states the id is settled per id
    within its feed, so that one whose date moved is not counted twice. ``scope`` names the columns
    that say what an upload speaks of: it is complete for its plant, lines and days in these alone,
    unless ``scope_hides`` is false: then they only tell which feeds know of what, and whether two
    feeds are rivals.
    """

    id: str
    title: str
    says: str
    columns: tuple[Column, ...]
    date: str | None
    key: tuple[str, ...] = ()
    event: tuple[str, ...] = ()
    scope: tuple[str, ...] = ()
    scope_hides: bool = True

    def column(self, name: str) -> Column:
        """The column of that name."""
        return next(c for c in self.columns if c.name == name)

    @property
    def names(self) -> tuple[str, ...]:
        """The columns' names in order."""
        return tuple(c.name for c in self.columns)


DIMENSIONS: Final = (
    "plant",
    "line",
    "machine",
    "shift",
    "product",
    "reason",
    "customer",
    "supplier",
)
"""What a figure can be split or filtered by, where its dataset carries it."""

NUMERATOR_ONLY: Final = frozenset({"reason"})
"""Dimensions that exist on numerators only: the denominator ignores them."""

PROVENANCE: Final = ("upload", "sheet", "row")

_DATE = Column("date", Kind.DATE, "calendar day as the file states it", required=True)
_AT = Column("at", Kind.TIMESTAMP, "local date and time, where the file has a time")
_PLANT = Column("plant", Kind.TEXT, "plant", required=True)
_LINE = Column("line", Kind.TEXT, "production line")
_MACHINE = Column("machine", Kind.TEXT, "machine")
_SHIFT = Column("shift", Kind.TEXT, "shift")
_PRODUCT = Column("product", Kind.TEXT, "product or part number")
_REASON = Column("reason", Kind.TEXT, "reason or defect code")
_CUSTOMER = Column("customer", Kind.TEXT, "customer")
_SUPPLIER = Column("supplier", Kind.TEXT, "external provider")
_ORDER = Column("order", Kind.TEXT, "order number")
_CURRENCY = Column("currency", Kind.TEXT, "ISO 4217 code of the money columns")
_UNIT = Column("unit", Kind.TEXT, "unit of the quantities: pcs, kg, m, ...")

PRODUCTION: Final = Dataset(
    "production",
    "Production",
    "What was made: the denominator of scrap.",
    (
        _DATE, _AT, _PLANT, _LINE, _MACHINE, _SHIFT, _PRODUCT, _ORDER, _CUSTOMER, _SUPPLIER,
        Column("qty_produced", Kind.NUMBER, "gross quantity: good + scrap + rework", required=True),
        Column("qty_good", Kind.NUMBER, "good quantity"),
        Column("weight_kg", Kind.NUMBER, "weight processed, kg"),
        Column("value", Kind.NUMBER, "production value, in `currency`"),
        _CURRENCY, _UNIT,
    ),
    date="date",
)  # fmt: skip

SCRAP: Final = Dataset(
    "scrap",
    "Scrap and rework",
    "What was scrapped or reworked, and why.",
    (
        _DATE, _AT, _PLANT, _LINE, _MACHINE, _SHIFT, _PRODUCT, _ORDER, _CUSTOMER, _SUPPLIER, _REASON,
        Column("reason_text", Kind.TEXT, "the reason in words"),
        Column("qty_scrap", Kind.NUMBER, "scrapped quantity; a reversal is negative"),
        Column("qty_rework", Kind.NUMBER, "reworked quantity"),
        Column("weight_kg", Kind.NUMBER, "scrapped weight, kg"),
        Column("cost", Kind.NUMBER, "cost of the scrap, in `currency`"),
        _CURRENCY, _UNIT,
    ),
    date="date",
)  # fmt: skip

DOWNTIME: Final = Dataset(
    "downtime",
    "Downtime",
    "Stops of machines: one row per recorded stop.",
    (
        _DATE,
        Column("start", Kind.TIMESTAMP, "local start of the stop; null where only a day is known"),
        Column("end", Kind.TIMESTAMP, "local end of the stop; null while open or unknown"),
        Column("minutes", Kind.NUMBER, "duration as recorded, minutes"),
        _PLANT, _LINE, _MACHINE, _SHIFT, _PRODUCT, _ORDER, _SUPPLIER, _REASON,
        Column("reason_text", Kind.TEXT, "the reason in words"),
        Column("stop_class", Kind.TEXT, "planned, unplanned or changeover; null where not stated"),
        Column("event", Kind.TEXT, "the source's id of the stop"),
    ),
    date="date",
    event=("event",),
)  # fmt: skip

RUNNING_TIME: Final = Dataset(
    "running_time",
    "Planned and running time",
    "Minutes planned and run per machine or line: the denominators of downtime.",
    (
        _DATE, _PLANT, _LINE, _MACHINE, _SHIFT, _PRODUCT, _ORDER,
        Column("planned_min", Kind.NUMBER, "planned busy time, minutes"),
        Column("run_min", Kind.NUMBER, "actual production time, minutes"),
        Column("ideal_cycle_min", Kind.NUMBER, "ideal cycle per piece, minutes"),
        Column("qty_produced", Kind.NUMBER, "pieces made in that time"),
        Column("qty_good", Kind.NUMBER, "good pieces made in that time"),
    ),
    date="date",
)  # fmt: skip

ORDER_ITEM: Final = Dataset(
    "order_item",
    "Order items",
    "One line of an order: what was asked for and promised by when.",
    (
        _PLANT,
        Column("direction", Kind.TEXT, "sales or purchase", required=True),
        Column("source", Kind.TEXT, "system the order numbers belong to (the feed)"),
        Column("order", Kind.TEXT, "order number", required=True),
        Column("item", Kind.TEXT, "position within the order"),
        _LINE, _PRODUCT, _CUSTOMER, _SUPPLIER, _REASON,
        Column("qty_ordered", Kind.NUMBER, "ordered quantity"),
        Column("order_date", Kind.DATE, "day the order was entered"),
        Column("request_date", Kind.DATE, "day the customer asked for"),
        Column("first_promise_date", Kind.DATE, "day first promised, where the file states it"),
        Column("promise_date", Kind.DATE, "day promised now"),
        Column("status", Kind.TEXT, "open, delivered, cancelled or on_hold; null where not stated"),
        Column("value", Kind.NUMBER, "value of the item, in `currency`"),
        _CURRENCY, _UNIT,
    ),
    date=None,
    key=("plant", "source", "order", "item"),
)  # fmt: skip

SHIPMENT: Final = Dataset(
    "shipment",
    "Shipments",
    "What left, or arrived, against an order item; partials are several rows.",
    (
        _PLANT,
        Column("source", Kind.TEXT, "system the order numbers belong to (the feed)"),
        Column("order", Kind.TEXT, "order number", required=True),
        Column("item", Kind.TEXT, "position within the order"),
        Column("shipment", Kind.TEXT, "the source's id of the shipment"),
        Column("shipped_on", Kind.DATE, "day of goods issue"),
        Column("delivered_on", Kind.DATE, "day of arrival at the customer (or here, for purchases)"),
        Column("qty", Kind.NUMBER, "quantity; null where only the date is known (taken as complete)"),
        Column("qty_defective", Kind.NUMBER, "of that, found defective on arrival"),
        Column("carrier", Kind.TEXT, "carrier"),
    ),
    date=None,
    key=("plant", "source", "order", "item"),
)  # fmt: skip

REPORTED_VALUE: Final = Dataset(
    "reported_value",
    "Reported values",
    "A figure the plant computes itself, one row per period.",
    (
        Column("date", Kind.DATE, "first day of the period", required=True),
        Column("grain", Kind.TEXT, "month, week or day", required=True),
        _PLANT, _LINE, _MACHINE, _SHIFT, _PRODUCT, _CUSTOMER, _SUPPLIER,
        Column("slug", Kind.TEXT, "name of the figure, as in reported:<slug>", required=True),
        Column("title", Kind.TEXT, "the figure as the file calls it"),
        Column("value", Kind.NUMBER, "the value, in `unit` (percentages 0-100)"),
        Column("numerator", Kind.NUMBER, "numerator, where stated"),
        Column("denominator", Kind.NUMBER, "denominator, where stated"),
        _UNIT,
    ),
    date="date",
    scope=("slug",),
)  # fmt: skip

COMPLAINT: Final = Dataset(
    "complaint",
    "Complaints and returns",
    "Complaints of customers, about suppliers or within the plant, and what came back.",
    (
        Column("date", Kind.DATE, "day the complaint was received", required=True),
        Column("kind", Kind.TEXT, "customer, supplier or internal; null where not stated"),
        Column("event", Kind.TEXT, "the source's number of the complaint or notification"),
        Column("item", Kind.TEXT, "position within the complaint"),
        _PLANT, _LINE, _MACHINE, _PRODUCT, _ORDER, _CUSTOMER, _SUPPLIER, _REASON,
        Column("reason_text", Kind.TEXT, "the reason in words"),
        Column("qty_complained", Kind.NUMBER, "quantity complained about"),
        Column("qty_returned", Kind.NUMBER, "quantity sent back"),
        Column("qty_defective", Kind.NUMBER, "quantity confirmed defective"),
        Column("cost", Kind.NUMBER, "cost of the complaint, in `currency`"),
        _CURRENCY, _UNIT,
        Column("status", Kind.TEXT, "open, closed, rejected or cancelled; null where not stated"),
        Column("accepted", Kind.FLAG, "whether the complaint was found justified"),
        Column("ppm_relevant", Kind.FLAG, "whether its parts count in ppm, where the file says"),
        Column("closed_on", Kind.DATE, "day the complaint was closed"),
    ),
    date="date",
    event=("event", "item"),
    scope=("kind",),
    scope_hides=False,
)  # fmt: skip

MEASUREMENT: Final = Dataset(
    "measurement",
    "Measurements",
    "Measured values of parts and processes, one row per value.",
    (
        _DATE, _AT, _PLANT, _LINE, _MACHINE, _SHIFT, _PRODUCT, _ORDER, _SUPPLIER,
        Column("batch", Kind.TEXT, "batch or lot"),
        Column("characteristic", Kind.TEXT, "what was measured", required=True),
        Column("value", Kind.NUMBER, "the measured value, in `unit`", required=True),
        Column("unit", Kind.TEXT, "unit of value, limits and target: mm, N, bar, ..."),
        Column("lsl", Kind.NUMBER, "lower specification limit"),
        Column("usl", Kind.NUMBER, "upper specification limit"),
        Column("target", Kind.NUMBER, "nominal value"),
        Column("subgroup", Kind.TEXT, "sample the value belongs to: values taken together"),
        Column("part", Kind.TEXT, "serial number of the part, or its place within the sample"),
        Column("gauge", Kind.TEXT, "measuring instrument"),
    ),
    date="date",
    scope=("product", "characteristic"),
)  # fmt: skip

NAMES: Final = Dataset(
    "names",
    "Names",
    "Codes and what they read as: a reason A31 reads Porosity.",
    (
        Column("field", Kind.TEXT, "the dimension the codes belong to", required=True),
        Column("code", Kind.TEXT, "code as the exports carry it", required=True),
        Column("name", Kind.TEXT, "what a person calls it", required=True),
        Column("plant", Kind.TEXT, "plant it holds for; null: all"),
    ),
    date=None,
    key=("field", "code", "plant"),
)

DATASETS: Final = MappingProxyType(
    {
        d.id: d
        for d in (
            PRODUCTION,
            SCRAP,
            DOWNTIME,
            RUNNING_TIME,
            ORDER_ITEM,
            SHIPMENT,
            COMPLAINT,
            MEASUREMENT,
            REPORTED_VALUE,
            NAMES,
        )
    }
)
