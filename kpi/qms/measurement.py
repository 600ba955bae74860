"""The measurement plan, and analyses: what is measured how and how often, and who looked at it."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from kpi.errors import UsageError
from kpi.qms.register import Item, Kind, Shape, told


class Frequency(StrEnum):
    """How often something is done."""

    DAILY = "daily"
    WEEKLY = "weekly"
    MONTHLY = "monthly"
    QUARTERLY = "quarterly"
    HALF_YEARLY = "every six months"
    YEARLY = "yearly"


class Use(StrEnum):
    """Whether an entry of the plan holds."""

    ACTIVE = "active"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanEntry(Item):
    """One line of the measurement plan.

    ``definition`` is the version of the KPI's definition that was agreed; 0: none was. ``feeds``
    name what brings the data; where none is named, every feed of the KPI's data counts.
    """

    kpi: str = told("KPI", Shape.KPI, required=True)
    process: str = told("Process", help="The process it tells of; or link the process below.")
    definition: int = told("Definition version", Shape.OWN, default=0)
    method: str = told(
        "Method", Shape.TEXT, required=True, help="How the figure comes about, in your own words."
    )
    feeds: tuple[str, ...] = told("Feeds", Shape.OWN, default=())
    measured: Frequency = told("Uploaded", Shape.CHOICE, default=Frequency.MONTHLY)
    analysed: Frequency = told("Analysed", Shape.CHOICE, default=Frequency.MONTHLY)
    kept: str = told("Records kept", help="Where the results are kept.")
    since: date | None = told("Valid from", Shape.DAY, default=None)
    status: Use = told("Status", Shape.CHOICE, default=Use.ACTIVE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Analysis(Item):
    """Somebody looked at a KPI slice and concluded something; as it stood at a ledger position."""

    owner: str = told("Analysed by", Shape.PERSON, required=True)
    kpi: str = told("KPI", Shape.KPI, required=True)
    on: date | None = told("On", Shape.DAY, default=None, required=True)
    first: date | None = told("Looked at from", Shape.DAY, default=None)
    last: date | None = told("Looked at to", Shape.DAY, default=None)
    concluded: str = told("Conclusion", Shape.TEXT, required=True)
    value: str = told("Latest value then")
    variation: str = told("Variation then")
    assurance: str = told("Assurance then")
    ledger: int = told("Ledger position", Shape.OWN, default=0)


def _in_order(item: Analysis) -> None:
    if item.first and item.last and item.last < item.first:
        raise UsageError("The days looked at end before they begin. Exchange them.")


PLAN_ENTRY: Final = Kind("plan_entry", PlanEntry, "Plan entry", "Plan entries", "MEA", ("9.1.1",))
ANALYSIS: Final = Kind(
    "analysis", Analysis, "Analysis", "Analyses", "ANA", ("9.1.1", "9.1.3"), _in_order,
    by_deed=dict.fromkeys(
        ("value", "variation", "assurance", "ledger"), "noting the analysis beside the chart"
    ),
)  # fmt: skip
