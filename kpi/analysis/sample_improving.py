"""The sample plant's nonconformities with their causes, and actions with verdicts of all three kinds."""

from dataclasses import dataclass, replace
from datetime import date
from typing import Final

from kpi.analysis import acting, nonconforming, registering
from kpi.analysis.results import Filters
from kpi.analysis.sample_book import (
    HYDRAULICS,
    MAINTENANCE,
    NORDHAFEN_HEAD,
    PAINT_1,
    PLANNING,
    PRESS_2,
    PRESS_SHOP,
    PURCHASING,
    QUALITY,
    RIVERSIDE,
    Book,
    at,
    day,
)
from kpi.qms.actions import ACTION, Action
from kpi.qms.actions import Decision as Effect
from kpi.qms.audits import FINDING
from kpi.qms.nonconformities import NONCONFORMITY, Answer, Cause, Nonconformity, Origin
from kpi.qms.register import Recorded


@dataclass(frozen=True, slots=True)
class _Done:
    """An action that was carried out, and what was decided on its effect."""

    day: date
    decision: Effect
    reason: str = ""
    again: date | None = None


HYDRAULICS_LOST: Final = Nonconformity(
    title="Press 1 stops for want of hydraulics", owner=MAINTENANCE, slice=HYDRAULICS,
    what="Some 25 hours a month were lost to leaks and pumps on both presses of the line.",
    found_on=day(5, 12, 2025), origin=Origin.OTHER, kpi="downtime_hours",
    containment="A pump and hoses in stock on site", contained_on=day(5, 14, 2025),
    whys=(
        "Hoses burst", "They are older than their makers allow",
        "Nobody planned their renewal", "The maintenance plan has machines, not their parts",
    ),
    category=Cause.MACHINE, similar="Press 2 has hoses of 2019: in the maintenance plan now.",
)  # fmt: skip

DUST: Final = Nonconformity(
    title="Dust in the paint of Paint 1", owner=NORDHAFEN_HEAD, slice=PAINT_1,
    what="About three in a hundred parts are scrapped, more than half of them for dust.",
    found_on=day(10, 6, 2025), origin=Origin.OTHER, kpi="scrap_rate",
    containment="Parts looked at under light before packing", contained_on=day(10, 8, 2025),
    whys=("Dust falls on wet paint", "It comes in with the air", "Filters let it pass"),
    category=Cause.ENVIRONMENT, similar="No other line paints.",
)  # fmt: skip

LATE: Final = Nonconformity(
    title="Riverside is late to the first promise", owner=PLANNING, slice=RIVERSIDE,
    what="One order item in eight comes after the date first promised.",
    found_on=day(11, 24, 2025), origin=Origin.OTHER, kpi="otd_first_promise",
    containment="Customers of the twenty latest items were called", contained_on=day(11, 26, 2025),
    whys=("Orders wait for assembly", "Capacity is planned by the week, promises are made by the day"),
    category=Cause.METHOD, similar="Nordhafen moves its dates instead: see the audit.",
)  # fmt: skip


def record_improvements(book: Book) -> None:
    """One action that worked, one that did not, one not yet known; two nonconformities of this month."""
    lost = book.put(NONCONFORMITY, HYDRAULICS_LOST, MAINTENANCE, at(2, 18))
    renewed = Action(
        title="Hydraulics of Press 1 renewed", owner=MAINTENANCE, slice=HYDRAULICS,
        due=day(6, 30, 2025), kpi="downtime_hours", hoped=-50.0, check_on=day(10, 12),
        what="Hoses and pumps of both presses renewed in the shutdown; hoses are in the maintenance plan. "
        "Looked at over a whole year, so that a hot summer is in it.",
        links=(lost.id,),
    )  # fmt: skip
    _carried_out(book, renewed, _Done(day(6, 27, 2025), Effect.WORKED))
    _close(book, lost.id)
    dust = book.put(NONCONFORMITY, DUST, NORDHAFEN_HEAD, at(2, 18, 5))
    filters = Action(
        title="New booth filters against dust", owner=NORDHAFEN_HEAD, slice=PAINT_1,
        due=day(11, 7, 2025), kpi="scrap_rate", hoped=-25.0, check_on=day(5, 4),
        what="Finer filters in the supply air of the booth, changed every four weeks.", links=(dust.id,),
    )  # fmt: skip
    _carried_out(book, filters, _Done(day(11, 3, 2025), Effect.NOT_YET, again=day(2, 1, 2027)))
    late = book.put(NONCONFORMITY, LATE, PLANNING, at(2, 18, 10))
    expediter = Action(
        title="An expediter chases late orders", owner=PLANNING, slice=RIVERSIDE,
        due=day(1, 15), kpi="otd_first_promise", hoped=5.0, check_on=day(10, 12),
        what="One person follows each order item that is late or will be, and calls the customer.",
        links=(late.id,),
    )  # fmt: skip
    failed = "Ten months on, as many items are late as before: chasing does not make capacity."
    _carried_out(book, expediter, _Done(day(1, 12), Effect.DID_NOT, failed))
    _burr(book)
    _resins(book)


def _carried_out(book: Book, item: Action, done: _Done) -> None:
    """An action planned, done and decided on; from wherever it was left."""
    home, who = book.home, item.owner
    entry = book.known(ACTION, item.title) or acting.record(home, item, who=who, when=at(2, 18, 20))
    if entry.item.decided_on is not None:
        return
    if entry.item.done_on is None:
        entry = acting.done(
            home, id=entry.id, version=entry.version, day=done.day, who=who, when=at(2, 18, 30)
        )
    acting.decide(
        home, id=entry.id, version=entry.version, decision=done.decision, reason=done.reason,
        check_on=done.again, who=QUALITY, when=at(3, 10),
    )  # fmt: skip


def _close(book: Book, id: str) -> None:
    entry = registering.found(book.home, NONCONFORMITY, id)
    if entry.item.closed_on is not None:
        return
    answered = replace(
        entry.item, risk_changes=Answer.YES, system_changes=Answer.YES,
        changes="The risk of a standing press is rated unlikely; the maintenance plan has hoses.",
        conclusion="Stops for hydraulics fell from 25 hours a month to about 4 and have stayed there.",
    )  # fmt: skip
    nonconforming.close(
        book.home, answered, id=id, version=entry.version, who=QUALITY, when=at(3, 10, 30)
    )


def _burr(book: Book) -> None:
    """Opened from the signal on Press 2, with its chart as evidence; the action is still to be done."""
    opened = book.known(NONCONFORMITY, BURR) or _burr_opened(book)
    if book.known(ACTION, INSERT):
        return
    planned = acting.draft_action(book.home, opened.id, today=day(11, 3), owner=PRESS_SHOP)
    acting.record(
        book.home,
        replace(
            planned, title=INSERT, due=day(12, 15), hoped=-40.0, check_on=day(4, 1, 2027),
            what="The gap is ground by the toolmaker; trial parts are measured before release.",
        ),
        who=QUALITY, when=at(3, 13, 20),
    )  # fmt: skip


def _burr_opened(book: Book) -> Recorded[Nonconformity]:
    home = book.home
    drafted = nonconforming.draft_from_signal(
        home, "scrap_rate", Filters(where=PRESS_2), today=day(11, 3), owner=PRESS_SHOP
    )
    whole = replace(
        drafted, title=BURR, links=book.id_of(FINDING, "A tool was released without trial parts"),
        containment="Parts of Press 2 are deburred and looked at; Halden Motors is told",
        contained_on=day(11, 3), category=Cause.METHOD,
        whys=(
            "The new tool leaves burr", "The gap of its insert is too wide",
            "It was released without trial parts", "The release form did not ask for them",
        ),
        similar="Press 1 runs older tools; complaints of Halden Motors about burr are of this tool.",
    )  # fmt: skip
    return nonconforming.record(home, whole, who=QUALITY, when=at(3, 13))


BURR: Final = "Burr on parts of Press 2 since the new tool"

INSERT: Final = "Rework the insert of the new tool"

REJECTS: Final = "Rejects among resins delivered to Riverside"

INSPECT: Final = "Inspect every delivery of Maren Resins"


def _resins(book: Book) -> None:
    """Acted on without a known cause, and soon overdue: what an auditor would find."""
    opened = book.known(NONCONFORMITY, REJECTS) or _resins_opened(book)
    if book.known(ACTION, INSPECT):
        return
    planned = acting.draft_action(book.home, opened.id, today=day(11, 3), owner=PURCHASING)
    acting.record(
        book.home,
        replace(
            planned, title=INSPECT, due=day(11, 13),
            what="Moisture measured on two bags of each delivery before it is unloaded.",
        ),
        who=PURCHASING, when=at(3, 15, 20),
    )  # fmt: skip


def _resins_opened(book: Book) -> Recorded[Nonconformity]:
    drafted = nonconforming.draft_from_signal(
        book.home, "supplier_ppm", Filters(where=RIVERSIDE), today=day(11, 3), owner=PURCHASING
    )
    item = replace(drafted, title=REJECTS)
    return nonconforming.record(book.home, item, who=PURCHASING, when=at(3, 15))
