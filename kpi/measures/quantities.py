"""What is summed for each KPI: quantities over tables, and the amounts made of them."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from types import MappingProxyType
from typing import Final

from kpi.settings import Settings

PIECES: Final = "unit"
"""Quantities carry the column ``unit``; amounts in different units are never added up."""
MONEY: Final = "currency"
"""Money carries the column ``currency``."""


@dataclass(frozen=True, slots=True)
class Quantity:
    """A column of a table of daily sums.

    ``table`` is a dataset with a roll-up, ``stops`` (resolved stops), ``plan`` (planned minutes by
    the calendar), ``shipped`` with a side (``shipped:sales``), ``failure`` (costs of scrap and
    complaints) or ``items`` with the basis of the due date (``items:promise``). ``where`` keeps
    rows of some values. ``measured_in`` names the column with its unit, if it has one. Where a
    quantity is absent in a period that ``dataset`` covers, it is zero. ``blank_is_zero``: so it is
    in rows that do not state it, at a plant that states it elsewhere.
    """

    words: str
    table: str
    column: str
    dataset: str
    measured_in: str | None = None
    where: tuple[tuple[str, tuple[str, ...]], ...] = ()
    blank_is_zero: bool = False


@dataclass(frozen=True, slots=True)
class Term:
    """A quantity with its factor; an optional one counts as zero where it is not recorded."""

    quantity: Quantity
    factor: float = 1.0
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Way:
    """One way to come by an amount: a sum of terms. ``says`` is told where it was not the first."""

    terms: tuple[Term, ...]
    says: str = ""


@dataclass(frozen=True, slots=True)
class Amount:
    """A numerator or denominator: the first way whose quantities a plant records."""

    words: str
    ways: tuple[Way, ...]


@dataclass(frozen=True, slots=True)
class Recipe:
    """Numerator over denominator (``None``: a plain sum), times ``per``.

    ``plus`` is added to the denominator after summing (failures + 1). ``none`` is what stands for
    a denominator of zero.
    """

    numerator: Amount
    denominator: Amount | None
    plus: float = 0.0
    none: str = ""
    notes: tuple[str, ...] = ()


def _one(quantity: Quantity, words: str | None = None) -> Amount:
    return Amount(words or quantity.words, (Way((Term(quantity),)),))


def _made(words: str, column: str, unit: str | None = PIECES) -> Quantity:
    return Quantity(words, "production", column, "production", unit)


def _scrapped(words: str, column: str, unit: str | None = PIECES) -> Quantity:
    return Quantity(words, "scrap", column, "scrap", unit)


def _counted(words: str, column: str) -> Quantity:
    return replace(_scrapped(words, column), blank_is_zero=True)


def _ran(words: str, column: str) -> Quantity:
    return Quantity(words, "running_time", column, "running_time")


def _stopped(words: str, column: str, *classes: str) -> Quantity:
    where = (("stop_class", classes),) if classes else ()
    return Quantity(words, "stops", column, "downtime", where=where)


def _complained(
    words: str, column: str, unit: str | None = None, kind: str = "customer"
) -> Quantity:
    where = (("kind", (kind,)),)
    return Quantity(words, "complaint", column, f"complaint:{kind}", unit, where)


def _moved(words: str, column: str, side: str, unit: str | None = None) -> Quantity:
    return Quantity(words, f"shipped:{side}", column, f"shipment:{side}", unit)


PRODUCED: Final = _made("produced quantity", "produced")
GOOD: Final = _made("good quantity", "good")
PROCESSED_KG: Final = _made("processed weight", "weight", None)
VALUE: Final = _made("production value", "value", MONEY)
SCRAPPED: Final = _counted("scrapped quantity", "scrap")
REWORKED: Final = _counted("reworked quantity", "rework")
SCRAP_KG: Final = _scrapped("scrapped weight", "weight", None)
SCRAP_COST: Final = _scrapped("scrap cost", "cost", MONEY)
RECORDED: Final = Quantity("recorded stop minutes", "downtime", "recorded", "downtime")
UNPLANNED: Final = _stopped("unplanned stop minutes", "kept_min", "unplanned")
CHANGEOVER: Final = _stopped("changeover minutes", "kept_min", "changeover")
STOPS: Final = _stopped("unplanned stops", "stops", "unplanned")
REPAIR: Final = _stopped("repair minutes", "repair_min", "unplanned")
REPAIRS: Final = _stopped("repairs", "repairs", "unplanned")
PLANNED: Final = _ran("planned busy minutes", "planned")
RUN: Final = _ran("production minutes", "run")
RUN_TIMED: Final = _ran("production minutes", "run_timed")
PLANNED_TIMED: Final = _ran("planned busy minutes", "planned_timed")
IDEAL: Final = _ran("ideal minutes of the produced quantity", "ideal")
IDEAL_GOOD: Final = _ran("ideal minutes of the good quantity", "ideal_good")
COMPLAINTS: Final = _complained("complaints", "complaints")
RETURNED: Final = replace(
    _complained("quantity confirmed defective", "confirmed", PIECES), blank_is_zero=True
)
SUPPLIED_BAD: Final = replace(
    _complained("defective quantity received", "confirmed", PIECES, "supplier"), blank_is_zero=True
)
COMPLAINT_COST: Final = _complained("complaint cost", "cost", MONEY)
FAILURE_COST: Final = Quantity(
    "internal and external failure cost", "failure", "cost", "scrap", MONEY
)
DELIVERIES: Final = _moved("deliveries", "deliveries", "sales")
SHIPPED: Final = _moved("quantity shipped", "qty", "sales", PIECES)
RECEIVED: Final = _moved("quantity received", "qty", "purchase", PIECES)
RECEIVED_BAD: Final = _moved("defective quantity received", "defective", "purchase", PIECES)
BY_CALENDAR: Final = Quantity("planned busy minutes", "plan", "planned", "downtime")

_CALENDAR_SAYS: Final = "Planned time is taken from the plant calendar, for every machine (or line) with a recorded stop."
_PLANNED_BUSY: Final = Amount(
    "planned busy minutes",
    (Way((Term(PLANNED),)), Way((Term(BY_CALENDAR),), says=_CALENDAR_SAYS)),
)


_SUPPLIED_BAD: Final = Amount(
    RECEIVED_BAD.words,
    (
        Way((Term(RECEIVED_BAD),)),
        Way(
            (Term(SUPPLIED_BAD),),
            says="Defective is what was confirmed in complaints to suppliers.",
        ),
    ),
)


def _produced(settings: Settings) -> Amount:
    """Gross production. A site whose column holds good pieces has scrap and rework added."""
    if settings.produced == "gross":
        return _one(PRODUCED)
    terms = (Term(PRODUCED), Term(SCRAPPED), Term(REWORKED, optional=True))
    says = "The production column holds good pieces; scrap and rework are added to it."
    return Amount(PRODUCED.words, (Way(terms, says=says),))


def _good_first_time(settings: Settings) -> Amount:
    if settings.produced == "good":
        return _one(PRODUCED, "good quantity first time")
    first = Way((Term(PRODUCED), Term(SCRAPPED, -1), Term(REWORKED, -1, optional=True)))
    stated = Way((Term(GOOD),), says="Good pieces are those the production data state.")
    return Amount("good quantity first time", (first, stated))


def _good(settings: Settings) -> Amount:
    if settings.produced == "good":
        return _one(PRODUCED, "good quantity")
    left = Way((Term(PRODUCED), Term(SCRAPPED, -1), Term(REWORKED, -1, optional=True)),
               says="Good pieces are the produced ones less scrap and rework.")  # fmt: skip
    return Amount("good quantity", (Way((Term(GOOD),)), left))


def _production_time(settings: Settings) -> Amount:
    losses = [Term(UNPLANNED, -1)]
    if settings.downtime.changeover_is_loss:
        losses.append(Term(CHANGEOVER, -1, optional=True))
    said = "and changeovers " if settings.downtime.changeover_is_loss else ""
    says = f"Production time is planned time less unplanned stops {said}within it."
    return Amount(
        "production minutes",
        (
            Way((Term(RUN),)),
            Way((Term(PLANNED), *losses), says=says),
            Way((Term(BY_CALENDAR), *losses), says=f"{says} {_CALENDAR_SAYS}"),
        ),
    )


def _items(rows: str, basis: str, numerator: str, denominator: str, **more: str) -> Recipe:
    """A delivery KPI: ``rows`` names the rows of ``kpi.measures.delivery``, by a due date."""
    unit, side = more.get("unit"), more.get("side", "sales")
    table = f"items:{rows}:{basis}:{side}"
    return Recipe(
        _one(Quantity(numerator, table, "numerator", "order_item", unit)),
        _one(Quantity(denominator, table, "denominator", "order_item", unit)),
        none=more.get("none", ""),
    )


def recipe(kpi: str, settings: Settings) -> Recipe | None:
    """How a KPI of the catalogue is made of sums; ``None`` where it is not (it has its own way)."""
    return recipes(settings).get(kpi)


def added_below(kpi: str, settings: Settings) -> float:
    """What a KPI adds to its denominator once that is summed: 1 where MTBF divides by failures + 1."""
    own = recipe(kpi, settings)
    return own.plus if own else 0.0


@lru_cache(maxsize=8)
def recipes(settings: Settings) -> Mapping[str, Recipe]:
    """The recipes under the site's choices, by KPI."""
    produced = _produced(settings)
    scrap_rate = Recipe(_one(SCRAPPED), produced)
    plus = float(settings.downtime.mtbf_denominator == "failures_plus_one")
    return MappingProxyType(
        {
            "scrap_rate": scrap_rate,
            "scrap_ppm": scrap_rate,
            "scrap_weight_rate": Recipe(_one(SCRAP_KG), _one(PROCESSED_KG)),
            "scrap_cost": Recipe(_one(SCRAP_COST), None),
            "scrap_cost_rate": Recipe(_one(SCRAP_COST), _one(VALUE)),
            "first_pass_yield": Recipe(_good_first_time(settings), produced),
            "rework_rate": Recipe(_one(REWORKED), produced),
            "quality_ratio": Recipe(_good(settings), produced),
            "recorded_downtime": Recipe(_one(RECORDED), None),
            "downtime_hours": Recipe(_one(UNPLANNED), None),
            "unplanned_share": Recipe(_one(UNPLANNED), _PLANNED_BUSY),
            "availability": Recipe(_production_time(settings), _PLANNED_BUSY),
            "performance": Recipe(_one(IDEAL), _one(RUN_TIMED)),
            "oee": Recipe(_one(IDEAL_GOOD), _one(PLANNED_TIMED)),
            "stops": Recipe(_one(STOPS), _PLANNED_BUSY),
            "mtbf": Recipe(
                _production_time(settings), _one(STOPS, "failures"), plus, none="no failure"
            ),
            "mttr": Recipe(_one(REPAIR), _one(REPAIRS), none="no repair"),
            "changeover_minutes": Recipe(_one(CHANGEOVER), None),
            "copq": Recipe(_one(FAILURE_COST), None),
            "complaints": Recipe(_one(COMPLAINTS), None),
            "complaint_rate": Recipe(_one(COMPLAINTS), _one(DELIVERIES)),
            "returns_ppm": Recipe(_one(RETURNED), _one(SHIPPED)),
            "supplier_ppm": Recipe(_SUPPLIED_BAD, _one(RECEIVED)),
            **_delivery_recipes(settings),
        }
    )


def _delivery_recipes(settings: Settings) -> dict[str, Recipe]:
    counts = settings.delivery.due_date
    lines = ("order lines on time", "order lines due")
    by_basis = {
        f"otd_{b}": _items("otd", b, *lines) for b in ("request", "first_promise", "promise")
    }
    return by_basis | {
        "otd_order": _items("order", counts, "orders with all lines on time", "orders due"),
        "otd_quantity": _items("quantity", counts, "quantity on time", "quantity due", unit=PIECES),
        "otif": _items("otif", counts, "order lines on time and in full", "order lines due"),
        "days_late": _items(
            "late", counts, "days late", "late order lines", none="no late order line"
        ),
        "supplier_otd": _items(
            "otd", counts, "purchase lines on time", "purchase lines due", side="purchase"
        ),
    }
