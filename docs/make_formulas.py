"""Write docs/formulas.md from the catalogue of KPIs: ``python docs/make_formulas.py``.

The page is never written by hand; a test compares it with the catalogue.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from kpi.measures import CATALOG, Kpi
from kpi.measures.catalog import MONEY, REPORTED

PAGE = Path(__file__).parent / "formulas.md"

DOMAINS = {
    "scrap": "Scrap, rework and yield",
    "downtime": "Downtime and effectiveness",
    "delivery": "Delivery",
    "customers": "Complaints and returns of customers",
    "suppliers": "Suppliers",
    "actions": "Corrective actions",
    "reported": "Figures the plant reports itself",
}

CHARTS = {
    "imr": "XmR",
    "p": "p, or Laney p′ where the counts vary more than chance",
    "u": "u, or Laney u′ where the counts vary more than chance",
    "c": "c",
    "laney_u": "Laney u′, as the pieces of one complaint come together",
    "run": "run",
}

TRAPS = {
    "scrap": (
        "Rows are never averaged: a rate of several rows, lines or months is the sum of the "
        "numerators over the sum of the denominators.",
        "The produced quantity is gross: good, scrap and rework together. Whether a file's own "
        "column is gross or good is decided when it is read, and said.",
        "Quantities of different units, and money of different currencies, are not added.",
        "A piece reworked and then scrapped is scrap, once.",
        "The reason belongs to the scrapped pieces only: split by reason, every slice keeps the "
        "whole produced quantity.",
        "A denominator missing for a slice makes the value not computable, never 0 % or 100 %; "
        "zero, missing and not scheduled are three states.",
        "A row without a date is rejected and its quantities are stated; it is in no month.",
        "Reversals net out whichever way round the export writes their sign.",
    ),
    "downtime": (
        "Stops of one machine that overlap are counted once; what lies outside planned time is "
        "left out. The loss ledger shows the minutes taken off, line by line.",
        "A stop over midnight or a change of shift is split at the border; it counts as one stop, "
        "where it starts. The production day begins at the hour the site says.",
        "A stop without an end runs to the report date and is marked open.",
        "Planned stops, changeovers and stops without demand are no unplanned downtime. What kind "
        "a stop is comes from the file, else from the words of its reason, and is said.",
        "MTBF without a failure has no value: not computable, never infinite or zero.",
    ),
    "delivery": (
        "An order line counts in the period its due date lies in, not in that of its delivery.",
        "Open lines past their due date are late; open lines not yet due do not count.",
        "Request, first promise and present promise are three KPIs: points won by moving the date "
        "stay visible.",
        "Deliveries of one line add up; it is on time when the quantity is complete in time, "
        "within the tolerances of the site.",
        "The report date is stated: by default the latest data date of the feeds that contribute.",
        "Cancelled lines do not count; lines on hold are left out unless the site counts them.",
    ),
    "customers": (
        "A complaint counts once, in the month it was received, however many positions it has; "
        "cancelled ones do not count, rejected ones do: the customer complained.",
        "Deliveries and shipped quantities are those of the same month, not of the month in which "
        "the pieces complained of were shipped. A delivery is one shipment of an order line.",
        "Confirmed defective is what the list states. A complaint that is not decided yet counts "
        "as none, and how many wait is said; rejected ones and those not relevant for ppm are out.",
        "A month is zero only where a list of customers' complaints covers it, else it is missing; a "
        "list of complaints to suppliers says nothing of customers.",
        "Shipments of orders that are not loaded are left out on both sides, and said.",
    ),
    "suppliers": (
        "Purchase lines count in the period they are due, receipts in that of their arrival.",
        "Defective is what receipts state; where a plant's receipts state nothing, what was "
        "confirmed in complaints to suppliers, and that is said. The two are never added.",
    ),
    "reported": (
        "Taken as reported. Over longer periods or several lines it is recomputed where the file "
        "gives numerator and denominator; ratios are never averaged.",
    ),
}


def main() -> None:
    """Write the page."""
    PAGE.write_text(page(), encoding="utf-8", newline="\n")


def page() -> str:
    """The whole page as Markdown."""
    lines = [
        "# Formulas",
        "",
        "Every KPI as the catalogue (`kpi/measures/catalog.py`) declares it; this page is made from "
        "it by `python docs/make_formulas.py`. Clauses are those of ISO 9001 a KPI gives evidence "
        "for. A value is sum over sum at every level, unrounded; percentages run from 0 to 100.",
    ]
    kpis = [*CATALOG.values(), REPORTED]
    for domain in dict.fromkeys(kpi.domain for kpi in kpis):
        lines += ["", f"## {DOMAINS[domain]}"]
        if domain in TRAPS:
            lines += ["", *(f"- {trap}" for trap in TRAPS[domain])]
        for kpi in kpis:
            if kpi.domain == domain:
                lines += ["", *entry(kpi)]
    return "\n".join(lines) + "\n"


def entry(kpi: Kpi) -> Iterator[str]:
    """One KPI: what it says, and a table of how."""
    id = "reported:‹name›" if kpi is REPORTED else kpi.id
    yield f"### {kpi.title} (`{id}`)"
    yield ""
    yield kpi.definition
    if kpi.needs:
        yield ""
        yield f"No series is made of it. {kpi.needs}"
    yield ""
    yield "| | |"
    yield "|--|--|"
    for label, text in rows(kpi):
        yield f"| {label} | {text} |"


def rows(kpi: Kpi) -> Iterator[tuple[str, str]]:
    """Label and text of each line of a KPI's table."""
    yield "Formula", formula(kpi)
    yield "Unit", {MONEY: "the currency of the data", "": "as reported"}.get(kpi.unit, kpi.unit)
    yield "Direction", kpi.direction.value
    yield "Chart", CHARTS[kpi.default_chart]
    if kpi.dimensions:
        yield "Splits by", ", ".join(kpi.dimensions)
    if kpi.partner:
        yield "Shown beside", f"[{CATALOG[kpi.partner].title}](#{anchor(CATALOG[kpi.partner])})"
    yield "Clauses", ", ".join(kpi.clauses)
    yield "Source", kpi.source
    yield "Version", str(kpi.version)


def formula(kpi: Kpi) -> str:
    """The value from its two sums.

    >>> formula(CATALOG["scrap_ppm"])
    'scrapped quantity ÷ produced quantity × 1 000 000'
    """
    ratio = f"{kpi.numerator} ÷ {kpi.denominator}" if kpi.denominator else kpi.numerator
    if kpi.per == 1:
        return ratio
    if kpi.per < 1:
        return f"{ratio} ÷ {1 / kpi.per:.0f}"
    return f"{ratio} × {kpi.per:,.0f}".replace(",", " ")


def anchor(kpi: Kpi) -> str:
    """The address of a KPI's heading on this page."""
    words = f"{kpi.title} {kpi.id}".lower()
    kept = "".join(c for c in words if c.isalnum() or c in " _-")
    return kept.replace(" ", "-")


if __name__ == "__main__":
    main()
