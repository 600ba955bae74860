"""The site's choices and the assumptions in force, in words, to stand beside a figure."""

import pyarrow as pa
import pyarrow.compute as pc

from kpi.measures.catalog import REPORTED_PREFIX, Kpi
from kpi.measures.due_items import due_notes
from kpi.measures.engine import TABLES
from kpi.measures.quantities import added_below
from kpi.measures.resolved import due_choices, due_items, stop_choices, stop_minutes
from kpi.measures.rollups import day_table
from kpi.measures.shipped import shipped_lines
from kpi.measures.stop_ledger import stop_notes
from kpi.measures.sums import Scope, present

DUE_WORDS = {
    "promise": "the current promise",
    "request": "the requested date",
    "first_promise": "the first promise",
}
_BOTH_COSTS = (
    "Counted are plants and months that record both the cost of scrap and that of complaints."
)
_ONE_MORE = "Divided by the failures and one more, which the denominator shown does not count."
_OWN_BASIS = frozenset({"otd_promise", "otd_request", "otd_first_promise"})
_UNRESOLVED = frozenset({"recorded_downtime", "performance", "oee"})


def notes_for(scope: Scope, kpi: Kpi) -> tuple[str, ...]:
    """What must be said beside a figure of this KPI, a sentence each."""
    if kpi.id.startswith(REPORTED_PREFIX):
        return ()
    if kpi.id == "copq":
        return (_BOTH_COSTS, *_day_starts(scope, "scrap"))
    if kpi.domain == "scrap":
        return _scrap(scope)
    if kpi.domain == "downtime":
        own = _day_starts(scope, kpi.datasets[0]) if kpi.id in _UNRESOLVED else _downtime(scope)
        return (_ONE_MORE, *own) if added_below(kpi.id, scope.settings) else own
    if kpi.domain == "customers" or kpi.id == "supplier_ppm":
        return _complaints(scope, kpi)
    return _delivery(scope, kpi) if kpi.domain in ("delivery", "suppliers") else ()


def _plants(scope: Scope, dataset: str) -> list[str]:
    return sorted(set(map(str, present(scope, dataset)["plant"])))


def _scrap(scope: Scope) -> tuple[str, ...]:
    choice = (
        "Produced is the gross quantity: good, scrap and rework."
        if scope.settings.produced == "gross"
        else "Produced is what the production column states plus scrap and rework."
    )
    return (choice, *_day_starts(scope, "production"))


def _complaints(scope: Scope, kpi: Kpi) -> tuple[str, ...]:
    """Complaints that are not in the figure yet, or cannot be."""
    table = day_table(scope.source, "complaint", scope.settings)
    notes = []
    if kpi.id in ("returns_ppm", "supplier_ppm"):
        kind = "supplier" if kpi.id == "supplier_ppm" else "customer"
        mine = table.filter(pc.equal(table["kind"].cast(pa.string()), kind))
        waiting = int(pc.sum(mine["unconfirmed"]).as_py() or 0)
        if waiting and waiting < int(pc.sum(mine["rows"]).as_py()):
            notes.append(f"{_several(waiting)} no confirmed quantity yet and count as none.")
    untold = int(pc.sum(table.filter(table["kind"].is_null())["rows"]).as_py() or 0)
    if untold:
        notes.append(f"{_several(untold)} no word on whose they are and are left out.")
    lost = shipped_lines(scope.source)["direction"].null_count if kpi.id != "complaints" else 0
    if lost:
        notes.append(f"{lost:,} shipments of orders that are not loaded are left out.")
    return tuple(notes)


def _several(count: int) -> str:
    return f"{count:,} complaint{' has' if count == 1 else 's have'}"


def _day_starts(scope: Scope, dataset: str) -> tuple[str, ...]:
    hours = {
        scope.settings.plant(p).production_day_start.strftime("%H:%M")
        for p in _plants(scope, dataset)
    }
    return tuple(f"The production day starts at {h}." for h in sorted(hours - {"00:00"}))


def _downtime(scope: Scope) -> tuple[str, ...]:
    plants = _plants(scope, "downtime")
    choices = [stop_choices(scope.settings, p).in_words() for p in plants]
    told = TABLES.get(
        ("stop notes", *scope.key),
        lambda: stop_notes(
            stop_minutes(scope.source, scope.settings, scope.as_of)
            .to_pandas()
            .astype({"plant": "str"})
        ),
    )
    return (*dict.fromkeys(choices), *told)


def _delivery(scope: Scope, kpi: Kpi) -> tuple[str, ...]:
    items = due_items(scope.source, scope.settings, scope.as_of)
    purchase = kpi.id == "supplier_otd" or not scope.sales()
    mine = items[(items["direction"] == "purchase") == purchase]
    notes = [f"Report date: {scope.as_of.isoformat()}."]
    if kpi.id not in _OWN_BASIS:
        notes.append(f"Due is {DUE_WORDS[scope.settings.delivery.due_date]}.")
    if purchase and kpi.id != "supplier_otd":
        notes.append("There are no sales orders: these are purchase orders.")
    choices = [due_choices(scope.settings, str(p)).in_words() for p in mine["plant"].unique()]
    told = TABLES.get(("due notes", purchase, *scope.key), lambda: due_notes(mine))
    return (*notes, *dict.fromkeys(choices), *told)
