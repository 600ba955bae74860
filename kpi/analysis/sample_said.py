"""What was said in the sample plant's management reviews, of each input: as minutes keep it."""

from collections.abc import Mapping
from typing import Final

from kpi.qms.reviews import Discussed


def _said(told: Mapping[str, str]) -> tuple[Discussed, ...]:
    return tuple(Discussed(key=key, text=text) for key, text in told.items())


SAID_IN_FIRST: Final = _said({
    "previous_actions": "The first review that is kept here. The two decisions of January, on paper, are "
    "done; Marit Sand has the sheet.",
    "context": "Hot summers are taken up as an issue of Riverside; climate change was decided to matter "
    "in February.",
    "satisfaction": "Six complaints of Halden Motors since March are about burr. The survey comes in "
    "autumn.",
    "objectives": "Scrap and kept promises are the two to work on. Nobody asks for softer targets.",
    "process_performance": "Press 2 makes burr since the tool of March. The insert is to be reworked.",
    "nonconformities": "The hydraulics of Press 1 hold: about 4 hours of stops a month instead of 25.",
    "monitoring": "The downtime of Riverside for September 2025 cannot be had any more: the terminal was "
    "exchanged and nothing was saved.",
    "audits": "Karsten Voss told how tools are released now: trial parts stand in the form since May.",
    "suppliers": "Resin of Maren comes late and moist. Priya Nair grades suppliers each quarter from July "
    "on.",
    "resources": "The toolmaker came in October, a month late. The second dryer is agreed to.",
    "risk_actions": "Moist resin stays the highest risk until the dryer runs.",
    "opportunity_actions": "The expediter did not make Riverside more punctual; the action is opened "
    "again.",
    "improvement": "Trials before release cost a day for each tool; sorting cost three weeks in spring.",
})  # fmt: skip

SAID_IN_SECOND: Final = _said({
    "previous_actions": "The form with trial parts is in use since 6 November. Planning by the day goes "
    "on: two planners are still to be trained.",
    "context": "Nylon has risen in price twice. Cheaper resin is not bought before Maren is audited.",
    "parties": "Halden Motors wants a containment plan: Karsten Voss sends it by the end of November.",
    "nonconformities": "Chasing orders did not help, and its action is opened again: capacity is the "
    "cause, not attention.",
    "monitoring": "Complaints are counted each month and nobody looks at the chart. Marit Sand does, "
    "from December on.",
    "audits": "The audit of complaints, planned for 20 October, was not held: Samuel Okoye was ill. He "
    "names a new day; until then it is overdue.",
    "satisfaction": "7.4 of 10. Customers say that parts are good and that dates are moved too often.",
    "objectives": "Downtime and complaints will be met. Kept promises and scrap will not, and the "
    "decisions below are about them.",
    "process_performance": "Nordhafen keeps the dates it has moved, not those it promised first.",
    "suppliers": "Maren Resins is graded C: an audit before new orders. Brandt Packaging is late only.",
    "improvement": "Lids on the hoppers cost little and are made in the own shop.",
    "resources": "Nothing new is asked for. The dryer is needed by the end of April.",
    "risk_actions": "Nothing is to be changed: hydraulics stay unlikely, moist resin stays certain.",
    "opportunity_actions": "The expediter goes back to planning at the end of the year.",
})  # fmt: skip
