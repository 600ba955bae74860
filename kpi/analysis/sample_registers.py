"""The sample plant's processes and registers: context, parties, risks, resources, customers, suppliers."""

from dataclasses import replace
from typing import Final

from kpi.analysis.sample_book import (
    HYDRAULICS,
    MAINTENANCE,
    MANAGING,
    NORDHAFEN,
    NORDHAFEN_HEAD,
    PLANNING,
    PRESS_SHOP,
    PURCHASING,
    QUALITY,
    RIVERSIDE,
    RIVERSIDE_HEAD,
    Book,
    at,
    day,
)
from kpi.analysis.suppliers import proposed, scorecard
from kpi.qms.context import (
    CLIMATE,
    ISSUE,
    PARTY,
    RESOURCE,
    Answer,
    ClimateDecision,
    Issue,
    Means,
    Origin,
    Party,
    Provision,
    Resource,
)
from kpi.qms.processes import PROCESS, Importance, Interval, Process
from kpi.qms.risks import (
    OPPORTUNITY,
    RISK,
    Consequence,
    Gain,
    Likelihood,
    Opportunity,
    Pursuit,
    Risk,
    Standing,
    Treatment,
)
from kpi.qms.satisfaction import SURVEY, Survey
from kpi.qms.suppliers import CRITERIA, SUPPLIER_GRADE, Grade, SupplierCriteria

PROCESSES: Final = (
    Process(
        title="Pressing and welding", owner=PRESS_SHOP, slice=NORDHAFEN, importance=Importance.MOST,
        inputs="Coils, tools, orders", outputs="Welded parts",
        kpis=("scrap_rate", "unplanned_share", "downtime_hours"), clauses=("8.5.1", "8.6", "8.7"),
    ),
    Process(
        title="Painting", owner=NORDHAFEN_HEAD, slice=NORDHAFEN, inputs="Welded parts, paint",
        outputs="Painted parts", kpis=("scrap_rate", "rework_rate"), clauses=("8.5.1", "8.6"),
    ),
    Process(
        title="Molding and assembly", owner=RIVERSIDE_HEAD, slice=RIVERSIDE, importance=Importance.MUCH,
        inputs="Resin, bought parts", outputs="Kits", kpis=("scrap_rate", "availability"),
        clauses=("8.5.1", "8.6", "8.7"),
    ),
    Process(
        title="Order fulfilment", owner=PLANNING, importance=Importance.MOST, inputs="Orders",
        outputs="Deliveries", kpis=("otd_request", "otd_first_promise", "otd_promise"),
        clauses=("8.2", "8.5.5"),
    ),
    Process(
        title="Purchasing", owner=PURCHASING, slice=RIVERSIDE, importance=Importance.MUCH,
        inputs="Needs", outputs="Material", kpis=("supplier_otd", "supplier_ppm"), clauses=("8.4",),
    ),
    Process(
        title="Complaints of customers", owner=QUALITY, importance=Importance.MOST,
        interval=Interval.HALF_YEAR, inputs="Complaints", outputs="Answers within ten days",
        kpis=("complaints", "returns_ppm"), clauses=("8.2.1", "9.1.2", "10.2"),
    ),
    # Deliberately without a measure: an auditor would find it, and so does the evidence page.
    Process(
        title="Training", owner=MANAGING, importance=Importance.SOME, interval=Interval.TWO_YEARS,
        inputs="Needs of competence", outputs="Trained people", clauses=("7.2",),
    ),
)  # fmt: skip

ISSUES: Final = (
    Issue(
        title="Prices of nylon follow the price of energy", owner=PURCHASING, slice=RIVERSIDE,
        changed="Two price rises within the year", since=day(8, 3), review=day(2, 15, 2027),
        effect="Pressure to take cheaper resin, which takes up more moisture",
    ),
    Issue(
        title="Fewer skilled toolmakers", origin=Origin.INTERNAL, owner=NORDHAFEN_HEAD,
        slice=NORDHAFEN, changed="Two of seven retired in spring", since=day(4, 1),
        review=day(2, 15, 2027), effect="Tool changes take longer and are released with fewer trials",
    ),
    Issue(
        title="Hot summers", owner=RIVERSIDE_HEAD, slice=RIVERSIDE, since=day(6, 20),
        changed="Third summer in a row with weeks above 35 degrees", review=day(5, 1, 2027),
        effect="Nylon takes up moisture in the hall; scrap of RB-410 doubles from June to August",
    ),
)  # fmt: skip

CLIMATE_DECISION: Final = ClimateDecision(
    relevant=Answer.YES, decided=day(2, 3), by=MANAGING, review=day(2, 3, 2027),
    reason="Hot and humid summers double the scrap of nylon parts at Riverside, and two customers ask "
    "for the carbon footprint of what they buy.",
    follows="The issue of hot summers, the risk of moist resin, the needs of Halden Motors.",
)  # fmt: skip

PARTIES: Final = (
    Party(
        title="Halden Motors", owner=QUALITY, relevant=Answer.YES, changed=day(9, 14), slice=(),
        need="Parts without burr, complaints answered within ten days", review=day(3, 1, 2027),
        change="Has asked for a containment plan since the burr of spring", watched="Monthly scorecard",
    ),
    Party(
        title="Lumen Lighting", owner=QUALITY, relevant=Answer.YES, changed=day(7, 1), climate=True,
        need="Carbon footprint of each part number", change="New in the frame contract",
        watched="Contract review", review=day(3, 1, 2027),
    ),
    Party(
        title="People on the lines", owner=MANAGING, relevant=Answer.YES, changed=day(10, 1),
        need="Work without being blamed for what the process does", watched="Survey each autumn",
        change="Asked for charts at the lines", review=day(10, 1, 2027),
    ),
)  # fmt: skip

RISKS: Final = (
    Risk(
        title="Moist resin in summer", owner=RIVERSIDE_HEAD, slice=RIVERSIDE, identified=day(6, 22),
        cause="Nylon stands open in a humid hall", effect="Splay, up to twice the scrap of RB-410",
        likelihood=Likelihood.CERTAIN, consequence=Consequence.LOW, treatment=Treatment.REDUCE,
        action="A second dryer, and lids on the hoppers", planned=day(4, 30, 2027), kpi="scrap_rate",
        status=Standing.PLANNED, review=day(3, 1, 2027), hoped=-20.0,
    ),
    Risk(
        title="Press 1 stands for want of hydraulics", owner=MAINTENANCE, slice=HYDRAULICS,
        identified=day(2, 10, 2025), cause="Hoses and pumps of 2009", effect="A day's output lost",
        likelihood=Likelihood.UNLIKELY, consequence=Consequence.MODERATE, treatment=Treatment.REDUCE,
        action="Hydraulics renewed", done=day(6, 27, 2025), kpi="downtime_hours", hoped=-50.0,
        status=Standing.DONE, review=day(6, 1, 2027),
    ),
)  # fmt: skip

OPPORTUNITIES: Final = (
    Opportunity(
        title="An expediter for late orders", owner=PLANNING, slice=RIVERSIDE,
        identified=day(12, 1, 2025), effect="More order items on time to the first promise",
        likelihood=Likelihood.POSSIBLE, consequence=Gain.HIGH, treatment=Pursuit.TAKE,
        action="One person chases late orders", done=day(1, 12), kpi="otd_first_promise", hoped=5.0,
        status=Standing.DONE, review=day(1, 15, 2027),
    ),
)  # fmt: skip

RESOURCES: Final = (
    Resource(
        title="A second dryer for Molding A", means=Means.EQUIPMENT, owner=RIVERSIDE_HEAD,
        slice=RIVERSIDE, purpose="Dry resin in summer", asked=day(10, 5), needed=day(4, 30, 2027),
        status=Provision.AGREED,
    ),
    Resource(
        title="A toolmaker for the press shop", means=Means.PEOPLE, owner=NORDHAFEN_HEAD,
        slice=NORDHAFEN, purpose="Trials before a tool is released", asked=day(5, 11),
        needed=day(9, 1), provided=day(10, 1), status=Provision.PROVIDED,
    ),
)  # fmt: skip

SURVEYS: Final = (
    Survey(
        title="Survey of customers, autumn 2026", owner=QUALITY, first=day(9, 7), last=day(9, 30),
        described="Ten questions by mail to the six largest customers, the same as in 2025",
        asked=6.0, answered=5.0, score=7.4, lowest=0.0, highest=10.0,
        customers=(
            "Halden Motors = 6", "Brightwell Medical = 8.5", "Lumen Lighting = 7.5",
            "Kestrel Pumps = 8", "Orbis Rail = 7",
        ),
        said="Parts are good; dates are moved too often, and one learns of it late.",
        follows="Promises are to be kept instead of moved: an objective of its own.",
    ),
)  # fmt: skip

CRITERIA_OF_SUPPLIERS: Final = SupplierCriteria(
    owner=PURCHASING, otd_a=95.0, otd_b=90.0, ppm_a=1000.0, ppm_b=5000.0, fewest=10.0,
    meaning="A: preferred. B: improvement is agreed. C: no new orders before an audit.",
    since=day(1, 1),
)  # fmt: skip

AGREED: Final = {
    "Maren Resins": "Their dryers are audited in January, before new orders; until then the moisture of "
    "each delivery is measured",
    "Brandt Packaging": "They send a list of open order lines every Monday, and keep ten days of cartons "
    "for us from December on",
}
"""What was agreed with each supplier that is graded C: one for quality and delivery, one for delivery."""

NOT_KNOWN: Final = "A call with the supplier before the end of November"
"""Where another supplier comes out as C, as with other data than those of the sample."""

LAST_QUARTER: Final = (day(7, 1), day(9, 30))


def record_registers(book: Book) -> None:
    """Processes, context, parties, risks and opportunities, resources, the survey, the criteria."""
    put, morning = book.put, at(2, 10)
    for process in PROCESSES:
        put(PROCESS, process, QUALITY, morning)
    for issue in ISSUES:
        put(ISSUE, issue, QUALITY, morning)
    for party in PARTIES:
        put(PARTY, party, QUALITY, morning)
    for risk in RISKS:
        put(RISK, risk, risk.owner, morning)
    for opportunity in OPPORTUNITIES:
        put(OPPORTUNITY, opportunity, opportunity.owner, morning)
    for resource in RESOURCES:
        put(RESOURCE, resource, resource.owner, morning)
    for survey in SURVEYS:
        put(SURVEY, survey, QUALITY, morning)
    put(CLIMATE, CLIMATE_DECISION, MANAGING, at(3, 11))
    put(CRITERIA, CRITERIA_OF_SUPPLIERS, PURCHASING, morning)


def grade_suppliers(book: Book) -> None:
    """A grade for every supplier with data in the third quarter, as the data say."""
    first, last = LAST_QUARTER
    for scored in scorecard(book.home, RIVERSIDE, first, last):
        item = proposed(book.home, scored, RIVERSIDE, first, last)
        if item.computed is Grade.NONE:
            continue
        agreed = AGREED.get(item.title, NOT_KNOWN) if item.computed is Grade.C else ""
        graded = replace(item, decided=day(11, 3), by=PURCHASING, owner=PURCHASING, agreed=agreed)
        book.put(SUPPLIER_GRADE, graded, PURCHASING, at(3, 14))
