"""A review with everything in it: records, decisions, a conclusion, hostile names, long tables."""

from dataclasses import replace
from datetime import UTC, date, datetime

from kpi.analysis.agenda_results import AgendaTable
from kpi.qms.agenda import Edition
from kpi.qms.register import Recorded
from kpi.qms.reviews import (
    Addendum,
    Attendee,
    Conclusion,
    Decision,
    DecisionType,
    Discussed,
    Frozen,
    Judged,
    KeptFile,
    Review,
    ReviewStatus,
    Signature,
)
from tests.analysis.made_home import HOSTILE, WHEN

AT = datetime(2026, 11, 9, 10, tzinfo=UTC)
BROKEN = "Bell\x07 null\x00 half\ud83d turn\u202egnp"
"""What XML and encodings refuse."""

DECISIONS = (
    Decision(
        title="Dryers for line 2", type=DecisionType.RESOURCES, owner="P. Manager",
        due=date(2027, 1, 31), review="REV-2026-001", text="Two dryers, tried out in January.",
    ),
    Decision(title=f"=1+1 {HOSTILE}", review="REV-2026-001", owner="-2+3"),
)  # fmt: skip


def recorded(id, item):
    return Recorded(id, item, 1, 7, "Q. Manager", AT, "Recorded", "ab" * 32)


def decisions():
    return tuple(recorded(f"DEC-2026-{n:03d}", one) for n, one in enumerate(DECISIONS, start=1))


def held(review):
    """The record of a review that was held and approved."""
    return Review(
        title=review.title,
        edition=Edition.E2026,
        first=date(2026, 10, 1),
        last=date(2026, 10, 31),
        status=ReviewStatus.APPROVED,
        held_on=date(2026, 11, 9),
        next_due=date(2027, 5, 9),
        attendance=(
            Attendee(name="M. Director", role="Managing director", top=True),
            Attendee(name="=cmd|' /C calc'!A1", role=BROKEN, present=False),
        ),
        discussion=(
            Discussed(key="monitoring", text="Line 2 is short of dry pellets.\nDryers are asked."),
        ),
        conclusion=(
            *(Conclusion(word=w, says=Judged.YES) for w in ("suitable", "adequate", "aligned")),
            Conclusion(word="effective", says=Judged.NO, remark="Scrap of line 2 shows it."),
        ),
        frozen=Frozen(position=4, number=7, at=AT, who="Q. Manager"),
        kept=(KeptFile(name="deck.pptx", sha256="cd" * 32, bytes=1, at=ReviewStatus.HELD),),
        signature=Signature(
            name="M. Director", role="Managing director", at=AT, sha256="ef" * 32,
            self_declared=True,
        ),
        addenda=(Addendum(text="The dryers were ordered.", who="P. Manager", at=AT),),
    )  # fmt: skip


LONG = AgendaTable(
    title="Findings, worst first",
    headings=("Finding", "Grade", "Process", "Owner", "Age, days"),
    lines=tuple(
        (f"Finding {n}: {HOSTILE if n == 2 else 'gauge not calibrated'}", "minor",
         BROKEN if n == 3 else "Pressing", f"=HYPERLINK({n})", f"{n * 11}")
        for n in range(60)
    ),
    numbers=(4,),
    ids=tuple(f"FND-2026-{n:03d}" for n in range(60)),
)  # fmt: skip


STANDS = ("shows no effect yet", "show no effect yet")


def full(agenda):
    """The agenda with records of every sort, as of a review that was approved."""
    inputs = []
    for one in agenda.inputs:
        changes = {}
        if one.key == "audits":
            changes = {
                "finding": f"Sixty findings are open, the oldest since March; {HOSTILE}",
                "nothing": "", "tables": (LONG, replace(LONG, title="Findings again")),
                "records": LONG.ids, "says": ("Nobody wrote the criteria down.", BROKEN),
            }  # fmt: skip
        if one.key in ("nonconformities", "objectives"):
            changes = {
                "finding": f"What was done about {one.key} worked twice of five times.",
                "nothing": "", "kpis": tuple(replace(k, stands=STANDS) for k in agenda.review.kpis[:5]),
            }  # fmt: skip
        inputs.append(replace(one, **changes))
    return replace(
        agenda,
        inputs=tuple(inputs),
        record=recorded("REV-2026-001", held(agenda.review)),
        decisions=decisions(),
        restated=tuple(
            f"Scrap rate of {month}: 1.9\u00a0% then, 2.1\u00a0% now, by upload 9."
            for month in ("May 2026", "June 2026", HOSTILE)
        ),
        made=WHEN,
    )
