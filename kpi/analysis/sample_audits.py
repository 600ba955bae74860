"""The sample plant's audit programme, and what was found."""

from dataclasses import replace
from typing import Final

from kpi.analysis import registering
from kpi.analysis.sample_book import (
    AUDITOR,
    NORDHAFEN,
    PLANNING,
    PRESS_SHOP,
    PURCHASING,
    QUALITY,
    RIVERSIDE,
    RIVERSIDE_HEAD,
    SECOND_AUDITOR,
    Book,
    at,
    day,
)
from kpi.qms.agenda import Edition
from kpi.qms.audits import AUDIT, FINDING, Audit, AuditStatus, Finding, FindingStatus, Grade
from kpi.qms.processes import PROCESS

AUDITS: Final = (
    ("Pressing and welding", Audit(
        title="Audit of pressing and welding", slice=NORDHAFEN, edition=Edition.E2015,
        owner=AUDITOR, team=(SECOND_AUDITOR,), auditees=(PRESS_SHOP,), planned=day(3, 17),
        held_on=day(3, 17), status=AuditStatus.REPORTED, clauses=("8.5.1", "8.6", "8.7"),
        scope="Press shop and welding, all shifts, since October 2025",
        criteria="Control plans, work instructions, ISO 9001:2015",
        objectives="Is what is released what was tried?", reported_to="Jonas Reuter, Marit Sand",
        conclusion="Works as described, but for the release of tools.",
    )),
    ("Molding and assembly", Audit(
        title="Audit of molding and assembly", slice=RIVERSIDE, edition=Edition.E2015,
        owner=SECOND_AUDITOR, auditees=(RIVERSIDE_HEAD,), planned=day(5, 19), held_on=day(5, 20),
        status=AuditStatus.REPORTED, clauses=("8.5.1", "8.6"),
        scope="Molding A, Molding B, Assembly; day shift",
        criteria="Control plans, ISO 9001:2015", objectives="Are resin and dryers under control?",
        reported_to="Ellen Whitfield, Marit Sand", conclusion="Under control outside of summer.",
    )),
    ("Order fulfilment", Audit(
        title="Audit of order fulfilment", edition=Edition.E2015, owner=AUDITOR,
        auditees=(PLANNING,), planned=day(9, 8), held_on=day(9, 9), status=AuditStatus.REPORTED,
        clauses=("8.2", "8.5.5"), scope="Orders of both plants since January 2026",
        criteria="Order procedure, ISO 9001:2015", objectives="Are promises kept?",
        reported_to="Ines Albrecht", conclusion="Dates are moved instead of kept at Nordhafen.",
    )),
    ("Complaints of customers", Audit(
        title="Audit of complaints", owner=SECOND_AUDITOR, planned=day(10, 20),
        clauses=("8.2.1", "10.2"), scope="Complaints of both plants, 2026",
        criteria="Complaint procedure, ISO 9001:2026",
        objectives="Do answers go to the cause?",
    )),
    ("Purchasing", Audit(
        title="Audit of purchasing", slice=RIVERSIDE, owner=AUDITOR, auditees=(PURCHASING,),
        planned=day(12, 8), clauses=("8.4",), scope="Choice and grading of suppliers",
        criteria="Purchasing procedure, ISO 9001:2026",
        objectives="Are suppliers graded by what they deliver?",
    )),
)  # fmt: skip
"""By the process audited. One of October was not held, and says so wherever audits are looked at."""

FINDINGS: Final = (
    ("Audit of pressing and welding", Finding(
        title="A tool was released without trial parts", audit="", grade=Grade.MINOR,
        clause="8.5.1", statement="The tool of 9 March runs on Press 2; no trial parts are on record.",
        evidence="Release form of 9 March 2026 without measured parts",
        requirement="What is released has to be shown to be capable first", found_on=day(3, 17),
        owner=PRESS_SHOP, due=day(4, 17), slice=NORDHAFEN, status=FindingStatus.ANSWERED,
        answer="Trials are part of the release form since May; the burr is treated as a nonconformity.",
    )),
    ("Audit of molding and assembly", Finding(
        title="Lids on the hoppers would keep resin dry", audit="", grade=Grade.OPPORTUNITY,
        statement="Hoppers stand open; in summer resin takes up moisture on the way.",
        found_on=day(5, 20), owner=RIVERSIDE_HEAD, slice=RIVERSIDE, status=FindingStatus.CLOSED,
    )),
    ("Audit of order fulfilment", Finding(
        title="Promises are moved, and customers learn of it late", audit="", grade=Grade.MAJOR,
        clause="8.2", statement="Of 40 late items looked at, 31 had their promise moved; no customer "
        "was told before the first date had passed.",
        evidence="Order items of Nordhafen, June to August 2026", found_on=day(9, 9),
        requirement="What was promised to a customer is changed only together with them",
        owner=PLANNING, due=day(10, 30),
    )),
)  # fmt: skip
"""By the audit that made them. The major one is open beyond its date."""


def record_audits(book: Book) -> None:
    """The programme of the year, what was audited, and what was found."""
    for process, audit in AUDITS:
        linked = replace(audit, processes=book.id_of(PROCESS, process))
        book.put(AUDIT, linked, QUALITY, at(2, 16))
    for audit_title, finding in FINDINGS:
        audit_id = book.id_of(AUDIT, audit_title)[0]
        book.put(FINDING, replace(finding, audit=audit_id), AUDITOR, at(2, 17))
    _close_audit(book, "Audit of molding and assembly")


def _close_audit(book: Book, title: str) -> None:
    entry = book.known(AUDIT, title)
    if entry is not None and entry.item.status is AuditStatus.REPORTED:
        registering.record(
            book.home, AUDIT, replace(entry.item, status=AuditStatus.CLOSED), id=entry.id,
            version=entry.version, who=QUALITY, when=at(2, 17, 30), why="Every finding is closed",
        )  # fmt: skip
