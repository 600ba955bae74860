"""Weaknesses of what is measured: figures without a base, data nobody looks at, inputs left empty."""

from collections.abc import Iterator
from datetime import date
from typing import Final

from kpi.analysis import words
from kpi.analysis.agenda_results import Asked
from kpi.analysis.coverage import SHOWN
from kpi.analysis.definitions import catalogue
from kpi.analysis.home import Home
from kpi.analysis.measuring import overdue
from kpi.analysis.measuring_results import Late
from kpi.analysis.registering import listed
from kpi.analysis.restating import months_of
from kpi.analysis.results import Filters
from kpi.analysis.series import series_view
from kpi.analysis.weakness_results import Weakness, capital, counted
from kpi.calendar import months_between
from kpi.datasets import DATASETS
from kpi.errors import KpiError
from kpi.measures import kpi_of
from kpi.measures.catalog import REPORTED_PREFIX
from kpi.qms.measurement import ANALYSIS, PLAN_ENTRY, Use
from kpi.qms.objectives import OBJECTIVE, Life, Objective
from kpi.qms.processes import PROCESS, Process, ProcessStatus
from kpi.qms.register import Recorded, Slice

EXAMPLES: Final = 3


# --- numbers nobody can reproduce -------------------------------------------------------------


def not_reproducible(home: Home, asked: Asked, today: date) -> Weakness | None:
    """Figures that cannot be followed to a row: stated by hand, by another definition, or deleted."""
    del today
    stated = [*_stated(home, asked)]
    found = [*_redefined(home, asked), *_deleted(home, asked), *stated]
    if not found:
        return None
    return Weakness(
        "not_reproducible",
        f"{capital(counted(len(found), 'figure'))} cannot be followed from the number to its rows.",
        len(found), 3 if len(found) > len(stated) else 1, "plan",
        "Upload what they are made of, or agree on the present definition in the measurement plan.",
        ("9.1.1", "7.5"), examples=tuple(text for _, text in found[:EXAMPLES]),
        records=tuple(id for id, _ in found if id),
    )  # fmt: skip


def _stated(home: Home, asked: Asked) -> Iterator[tuple[str, str]]:
    """Figures the plant reports itself in the days asked for: a number, and nothing behind it."""
    months = _months(asked)
    plants = {value for dimension, value in asked.where if dimension == "plant"}
    rows = home.view().month_rows("reported_value")
    if not any(m in months and (not plants or p in plants) for p, m in rows):
        return
    for kpi in catalogue(home):
        if kpi.id.startswith(REPORTED_PREFIX):
            yield "", f"“{kpi.title}” is stated by the plant: no rows stand behind it."


def _redefined(home: Home, asked: Asked) -> Iterator[tuple[str, str]]:
    """Lines of the measurement plan that agreed on another version of a definition."""
    for entry in listed(home, PLAN_ENTRY, asked.where):
        item = entry.item
        if item.status is not Use.ACTIVE or not item.definition:
            continue
        try:
            kpi = kpi_of(home.view(), item.kpi)
        except KpiError:
            yield entry.id, f"“{item.title}” names {item.kpi}, which is no KPI any more."
            continue
        if kpi.version != item.definition:
            yield (
                entry.id,
                f"{kpi.title} is planned by version {item.definition} of its definition, and "
                f"computed by version {kpi.version}.",
            )


def _deleted(home: Home, asked: Asked) -> Iterator[tuple[str, str]]:
    """Uploads of the days asked for whose bytes were deleted for good: nobody can show them again."""
    months = _months(asked)
    plants = {value for dimension, value in asked.where if dimension == "plant"}
    for entry in home.store.entries():
        if entry.kind != "upload" or entry.purged is None or entry.withdrawn != entry.purged:
            continue  # in force, or withdrawn before it was purged: nothing rested on it any more
        own = [part for part in entry.parts if not plants or plants & set(part.plants)]
        if any(months & months_of(entry, part.dataset) for part in own):
            yield (
                "",
                f"{entry.file} ({entry.upload}) was deleted for good, and figures rested on it.",
            )


# --- data collected and never analysed --------------------------------------------------------


def never_analysed(home: Home, asked: Asked, today: date) -> Weakness | None:
    """Datasets on whose KPIs nobody recorded an analysis in these days, and analyses the plan misses."""
    analysed = {
        entry.item.kpi
        for entry in listed(home, ANALYSIS, asked.where)
        if entry.item.on is not None and entry.item.on >= asked.first
    }
    kpis = catalogue(home)
    found = [
        DATASETS[dataset].title
        for dataset in _collected(home, asked)
        if (own := {k.id for k in kpis if k.datasets[:1] == (dataset,)}) and not own & analysed
    ]
    late = [one for one in overdue(home, today, asked.where) if one.kind is Late.ANALYSIS]
    if not found and not late:
        return None
    since = words.date_words(asked.first)
    parts = [
        *([f"{counted(len(found), 'dataset was', 'datasets were')} uploaded, and nobody recorded an analysis since {since}"] if found else []),
        *([f"{counted(len(late), 'analysis is', 'analyses are')} overdue by the measurement plan"] if late else []),
    ]  # fmt: skip
    return Weakness(
        "never_analysed",
        f"{capital('; '.join(parts))}.",
        len(found) + len(late), 2, "plan",
        "Look at the chart, and note what it says: a button stands below it.", ("9.1.1", "9.1.3"),
        examples=(*(f"{one.title}: {one.says}" for one in late), *found)[:EXAMPLES],
        records=tuple(one.id for one in late),
    )  # fmt: skip


def _collected(home: Home, asked: Asked) -> list[str]:
    """Datasets with rows of the plants and months asked for."""
    months = _months(asked)
    plants = {value for dimension, value in asked.where if dimension == "plant"}
    view = home.view()
    return [
        dataset
        for dataset in SHOWN
        if any(m in months and (not plants or p in plants) for p, m in view.month_rows(dataset))
    ]


def _months(asked: Asked) -> frozenset[str]:
    return frozenset(months_between(f"{asked.first:%Y-%m}", f"{asked.last:%Y-%m}"))


# --- processes and objectives -----------------------------------------------------------------


def without_measure(home: Home, asked: Asked, today: date) -> Weakness | None:
    """Processes in force that no KPI shows, or only one without data."""
    del today
    found = [
        (entry.id, f"“{entry.item.title}”{why}")
        for entry in listed(home, PROCESS, asked.where)
        if entry.item.status is ProcessStatus.IN_FORCE
        and (why := _unmeasured(home, asked, entry.item))
    ]
    if not found:
        return None
    return Weakness(
        "without_measure",
        f"{capital(counted(len(found), 'process has', 'processes have'))} no KPI that is measured.",
        len(found), 2, "audits", "Name the KPI that shows whether the process works, and upload its data.",
        ("4.4", "9.1.1"), examples=tuple(text for _, text in found[:EXAMPLES]),
        records=tuple(id for id, _ in found),
    )  # fmt: skip


def _unmeasured(home: Home, asked: Asked, item: Process) -> str:
    if not item.kpis:
        return " names no KPI."
    if any(_has_values(home, asked, id, item.slice) for id in item.kpis):
        return ""
    known = {kpi.id: kpi.title for kpi in catalogue(home)}
    titles = [known.get(id, id) for id in item.kpis]
    return f" names {words.listed(titles)}, and no data were uploaded for it."


def _has_values(home: Home, asked: Asked, kpi: str, where: Slice) -> bool:
    """Whether a KPI slice has any figure in the days asked for."""
    filters = Filters(where=where, first=asked.first, last=asked.last)
    try:
        points = series_view(home, kpi, filters)[0].points
    except KpiError:  # a figure whose data were taken back
        return False
    return bool(len(points)) and bool(points["value"].notna().any())


def not_tracked(home: Home, asked: Asked, today: date) -> Weakness | None:
    """Active objectives that cannot be judged, or that nobody closed after they were due."""
    active = [e for e in listed(home, OBJECTIVE, asked.where) if e.item.status is Life.ACTIVE]
    found = [(e.id, says) for e in active if (says := _untracked(home, e, today))]
    if not found and active:
        return None
    if not active:
        says = "No quality objective is in force."
        return Weakness(
            "not_tracked",
        says, 1, 2, "objectives",
            "Agree on objectives: a KPI, a target, a day, an owner.", ("6.2",), examples=(says,),
        )  # fmt: skip
    return Weakness(
        "not_tracked",
        f"{capital(counted(len(found), 'objective'))} cannot be judged, or nobody followed up.",
        len(found), 2, "objectives", "Give them a target, an owner and data, or close them with a word.",
        ("6.2",), examples=tuple(text for _, text in found[:EXAMPLES]),
        records=tuple(id for id, _ in found),
    )  # fmt: skip


def _untracked(home: Home, entry: Recorded[Objective], today: date) -> str:
    item = entry.item
    title = f"“{item.title}”"
    if not item.owner.strip():
        return f"{title} has no owner."
    if item.level is None:
        return f"{title} has no target that can be measured."
    if item.due is not None and item.due < today:
        return f"{title} was due on {words.date_words(item.due)}, and nobody closed it."
    try:
        points = series_view(home, item.kpi, Filters(where=item.slice))[0].points
    except KpiError:
        return f"{title} rests on a KPI that cannot be read."
    if points.empty or not points["value"].notna().any():
        return f"{title} has no figure: its data were never uploaded."
    return ""
