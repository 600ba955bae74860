"""The sample plant's objectives, measurement plan and analyses."""

from dataclasses import replace
from typing import Final

from kpi.analysis import planning
from kpi.analysis.definitions import catalogue
from kpi.analysis.objectives import baseline_of
from kpi.analysis.results import Filters
from kpi.analysis.sample_book import (
    MAINTENANCE,
    MANAGING,
    NORDHAFEN,
    NORDHAFEN_HEAD,
    PLANNING,
    PRESS_2,
    PRESS_SHOP,
    PURCHASING,
    QUALITY,
    RIVERSIDE,
    RIVERSIDE_HEAD,
    Book,
    at,
    day,
)
from kpi.analysis.series import series_view
from kpi.qms.measurement import ANALYSIS, PLAN_ENTRY
from kpi.qms.objectives import OBJECTIVE, Aim, Milestone, Objective, Step, Window
from kpi.qms.register import Slice

_YEAR: Final = (day(1, 1, 2025), day(12, 31, 2025))

OBJECTIVES: Final = (
    Objective(
        title="A quarter less scrap than in 2025", owner=MANAGING, kpi="scrap_rate",
        window=Window.ROLLING_3, aim=Aim.LESS, amount=25.0, start=day(1, 1), due=day(12, 31),
        policy="We make it right the first time", resources="Trials before tools are released",
    ),
    Objective(
        title="Promises are kept: 95 % to the first promise", owner=PLANNING,
        kpi="otd_first_promise", window=Window.ROLLING_3, amount=95.0, start=day(1, 1),
        due=day(12, 31), policy="We do what we said", resources="An expediter at Riverside",
        steps=(Step(day(1, 1), 85.0), Step(day(7, 1), 90.0)),
    ),
    Objective(
        title="Unplanned downtime below 3 %", owner=MAINTENANCE, kpi="unplanned_share",
        window=Window.ROLLING_12, amount=3.0, start=day(1, 1), due=day(12, 31),
        policy="Machines that run when they are needed", resources="Two weeks of maintenance",
        milestones=(Milestone("Plan of preventive maintenance for Weld 1", day(5, 29), day(5, 27)),),
    ),
    Objective(
        title="At most 90 complaints a year", owner=QUALITY, kpi="complaints",
        window=Window.ROLLING_12, amount=90.0, start=day(1, 1), due=day(12, 31),
        policy="Customers come back, parts do not", resources="A weekly hour with each customer",
    ),
)  # fmt: skip
"""Of the whole company. None is judged by the month, so that no chart gets a target from them."""

BELOW: Final = (
    ("A quarter less scrap than in 2025", Objective(
        title="A quarter less scrap at Nordhafen", owner=NORDHAFEN_HEAD, slice=NORDHAFEN,
        kpi="scrap_rate", window=Window.ROLLING_3, aim=Aim.LESS, amount=25.0, start=day(1, 1),
        due=day(12, 31),
    )),
    ("A quarter less scrap at Nordhafen", Objective(
        title="Press 2 back below 2 % scrap", owner=PRESS_SHOP, slice=PRESS_2, kpi="scrap_rate",
        window=Window.ROLLING_3, amount=2.0, start=day(5, 4), due=day(3, 31, 2027),
        resources="A reworked insert of the tool of March",
        milestones=(
            Milestone("Burr measured on each shift", day(6, 30), day(6, 24)),
            Milestone("Insert reworked", day(12, 15)),
        ),
    )),
    ("A quarter less scrap than in 2025", Objective(
        title="A quarter less scrap at Riverside", owner=RIVERSIDE_HEAD, slice=RIVERSIDE,
        kpi="scrap_rate", window=Window.ROLLING_3, aim=Aim.LESS, amount=25.0, start=day(1, 1),
        due=day(12, 31),
    )),
    ("Promises are kept: 95 % to the first promise", Objective(
        title="Riverside keeps 90 % of first promises", owner=RIVERSIDE_HEAD, slice=RIVERSIDE,
        kpi="otd_first_promise", window=Window.ROLLING_3, amount=90.0, start=day(1, 1),
        due=day(12, 31),
    )),
)  # fmt: skip
"""Of a plant or a line, each after the title of the one it serves."""

OWNERS: Final = {
    "scrap": QUALITY, "downtime": MAINTENANCE, "delivery": PLANNING, "customers": QUALITY,
    "suppliers": PURCHASING,
}  # fmt: skip

LOOKED_AT: Final[tuple[tuple[str, Slice, str, int], ...]] = (
    ("scrap_rate", NORDHAFEN, QUALITY, 3),
    ("scrap_rate", PRESS_2, PRESS_SHOP, 3),
    ("scrap_rate", RIVERSIDE, RIVERSIDE_HEAD, 4),
    ("unplanned_share", NORDHAFEN, MAINTENANCE, 4),
    ("availability", NORDHAFEN, MAINTENANCE, 4),
    ("otd_first_promise", NORDHAFEN, PLANNING, 5),
    ("otd_first_promise", RIVERSIDE, PLANNING, 5),
)
"""Charts somebody looked at in November. Nobody has looked at complaints, and an auditor would see it."""


def record_objectives(book: Book) -> None:
    """The objectives as a tree, reductions with the baseline of last year."""
    for objective in OBJECTIVES:
        book.put(OBJECTIVE, _with_baseline(book, objective), MANAGING, at(2, 13))
    for above, objective in BELOW:
        parent = next(o for o in (*OBJECTIVES, *(b for _, b in BELOW)) if o.title == above)
        linked = replace(
            objective, links=book.id_of(OBJECTIVE, above), policy=_policy(parent),
            resources=objective.resources or "Time of those who run the process",
        )  # fmt: skip
        book.put(OBJECTIVE, _with_baseline(book, linked), objective.owner, at(2, 14))


def _policy(parent: Objective) -> str:
    """What the objective at the top serves, which those below it serve, too."""
    above = next((title for title, own in BELOW if own.title == parent.title), "")
    tops = {top.title: top.policy for top in OBJECTIVES}
    return parent.policy or tops.get(above, "")


def _with_baseline(book: Book, item: Objective) -> Objective:
    if book.known(OBJECTIVE, item.title):
        return item
    found = baseline_of(book.home, item.kpi, item.slice, item.window, *_YEAR)
    return replace(item, baseline=found.value, baseline_first=found.first, baseline_last=found.last)


def record_plan(book: Book) -> None:
    """The measurement plan as it is proposed from the data, each line with an owner."""
    domain_of = {kpi.id: kpi.domain for kpi in catalogue(book.home)}
    for entry in planning.proposed(book.home, today=day(11, 2)):
        owner = entry.owner or OWNERS.get(domain_of.get(entry.kpi, ""), QUALITY)
        process = entry.process or ("" if entry.links else "Monthly report")
        owned = replace(entry, owner=owner, process=process)
        book.put(PLAN_ENTRY, owned, QUALITY, at(2, 15))


def record_analyses(book: Book) -> None:
    """Who looked at which chart, and what it said then."""
    for kpi, where, who, on in LOOKED_AT:
        view = series_view(book.home, kpi, Filters(where=where))[0]
        item = planning.analysis_of(view, who=who, on=day(11, on))
        book.put(ANALYSIS, item, who, at(on, 16))
