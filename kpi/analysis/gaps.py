"""What a file cannot give, and what to ask for: told before anybody looks for a missing figure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from kpi.analysis.home import Home
from kpi.analysis.results import Gap
from kpi.ingest import FileReading, Part
from kpi.measures import CATALOG
from kpi.texts import Said, said

_RATES: Final = ("scrap_rate", "scrap_ppm")
_PLANNED: Final = ("availability", "unplanned_share", "stops", "mtbf")
_SPEED: Final = ("performance", "oee")
_OTD: Final = ("otd_request", "otd_first_promise", "otd_promise")
_DAYS: Final = frozenset({"date", "at", "start"})
_MAKING: Final = frozenset({"qty_scrap", "qty_good", "qty_produced", "qty_rework", "cost"})
_STOPS: Final = frozenset({"minutes", "planned_min", "run_min"})


@dataclass(frozen=True)
class _Known:
    """What stands in the file, and what the home has of the same plants already.

    ``own`` and ``there`` hold columns that have a value, by dataset.
    """

    own: Mapping[str, frozenset[str]]
    there: Mapping[str, frozenset[str]]
    calendar: bool

    def brings(self, dataset: str, column: str) -> bool:
        """The file has such a value."""
        return column in self.own.get(dataset, ())

    def has(self, dataset: str, *columns: str) -> bool:
        """The file or the home has a value in one of the columns."""
        known = self.own.get(dataset, frozenset()) | self.there.get(dataset, frozenset())
        return bool(known & set(columns))


def gaps_of(home: Home, reading: FileReading) -> tuple[Gap, ...]:
    """KPIs that a file's figures call for and that cannot be computed with what is there.

    What another feed of the same plants has loaded counts as there. Empty where nothing is missing.
    """
    if not reading.parts:
        return _undated(reading)
    known = _known(home, reading.parts)
    return tuple(
        Gap(tuple(CATALOG[k].title for k in kpis), why, ask)
        for kpis, why, ask in (*_making(known), *_stops(known), *_delivery(known, reading.parts))
    )


Found = Iterable[tuple[Sequence[str], Said, Said]]


def _known(home: Home, parts: Sequence[Part]) -> _Known:
    own: dict[str, frozenset[str]] = {}
    for part in parts:
        filled = {
            name
            for name, column in zip(part.table.column_names, part.table.columns, strict=True)
            if column.null_count < part.table.num_rows
        }
        own[part.dataset] = own.get(part.dataset, frozenset()) | filled
    plants = {
        plant
        for part in parts
        if "plant" in part.table.column_names
        for plant in part.table.column("plant").unique().to_pylist()
        if plant
    }
    there: dict[str, frozenset[str]] = {}
    for feed in home.store.feeds():
        if not plants or not feed.plants or plants & set(feed.plants):
            for dataset in feed.datasets:
                fields = frozenset(feed.mapping.values()) | _made_of(dataset, feed.mapping)
                there[dataset] = there.get(dataset, frozenset()) | fields
    calendar = any(
        p.has_calendar or p.line_minutes for p in home.settings.plants if p.name in plants
    )
    return _Known(own, there, calendar)


def _made_of(dataset: str, mapping: Mapping[str, str]) -> frozenset[str]:
    """Columns that a dataset always has, whatever they were computed from."""
    always = {"production": {"qty_produced"}, "scrap": {"qty_scrap"}}
    fields = set(mapping.values())
    if dataset == "scrap" and not fields & {"qty_scrap", "qty_produced"}:
        return frozenset()
    return frozenset(always.get(dataset, set()))


def _making(known: _Known) -> Found:
    if known.brings("scrap", "qty_scrap") and not known.has("production", "qty_produced"):
        yield (
            _RATES,
            said("there is scrap and no produced quantity to divide it by"),
            said(
                "The quantity produced (good and scrapped together) per day and line, "
                "in this export or in one of its own."
            ),
        )
    if known.brings("production", "qty_produced") and not known.has("scrap", "qty_scrap"):
        yield (
            _RATES,
            said("there is production and no scrapped quantity"),
            said("The quantity scrapped per day and line, best with its reason."),
        )
    if known.brings("scrap", "qty_scrap") and not known.has("scrap", "cost"):
        yield (
            ("scrap_cost",),
            said("no column says what the scrap cost"),
            said("The cost of each scrapped quantity, in one currency."),
        )


def _stops(known: _Known) -> Found:
    planned = known.has("running_time", "planned_min", "run_min") or known.calendar
    if known.brings("downtime", "date") and not planned:
        yield (
            _PLANNED,
            said("nothing says how long the machines were planned to run"),
            said(
                "The planned minutes per machine and day; or state the plant's shifts "
                "in the settings."
            ),
        )
    if known.brings("running_time", "date") and not known.has("running_time", "ideal_cycle_min"):
        yield (
            _SPEED,
            said("no column says how long a piece takes at best"),
            said("The ideal cycle time of each product, with its unit."),
        )


def _delivery(known: _Known, parts: Sequence[Part]) -> Found:
    if "order_item" not in known.own and "shipment" not in known.own:
        return
    bought = _bought(parts)
    sent = known.has("shipment", "shipped_on", "delivered_on")
    if not sent:
        yield (
            ("supplier_otd",) if bought else _OTD,
            said("no column says when anything was shipped or delivered"),
            said("The day of goods issue or of arrival of each delivery, with its quantity."),
        )
    asked = known.has("order_item", "request_date")
    promised = known.has("order_item", "promise_date", "first_promise_date")
    if bought and not (asked or promised):
        yield (
            ("supplier_otd",),
            said("no column says when the goods were due"),
            said("The date each purchase order line was confirmed or asked for."),
        )
    if not bought and not promised:
        yield (
            ("otd_first_promise", "otd_promise"),
            said("no column says which day was promised"),
            said("The confirmed date of each order line, the first one and the current one."),
        )
    if not bought and not asked:
        yield (
            ("otd_request",),
            said("no column says which day the customer asked for"),
            said("The requested date of each order line."),
        )
    if sent and not known.has("shipment", "qty"):
        yield (
            ("otif", "otd_quantity"),
            said("no column says how much was delivered"),
            said("The quantity of each delivery, and the quantity ordered."),
        )


def _bought(parts: Sequence[Part]) -> bool:
    items = [p.table for p in parts if p.dataset == "order_item"]
    return any("purchase" in t.column("direction").unique().to_pylist() for t in items)


def _undated(reading: FileReading) -> tuple[Gap, ...]:
    """A table with figures and no date belongs to no month."""
    fields = {c.field for c in reading.columns}
    if fields & _DAYS or not fields & (_MAKING | _STOPS):
        return ()
    kpis = _RATES if fields & _MAKING else _PLANNED
    return (
        Gap(
            tuple(CATALOG[k].title for k in kpis),
            said("no column says on which day anything happened, so no figure belongs to a month"),
            said("The date of each row: the day of production, or of the stop."),
        ),
    )
