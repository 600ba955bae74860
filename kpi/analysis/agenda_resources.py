"""What a management review hears of resources: what was asked for, and stops for want of them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from kpi.analysis import words
from kpi.analysis.agenda_results import AgendaInput, AgendaTable, Asked
from kpi.analysis.agenda_words import capital, counted, day_cell, told, unseen, within
from kpi.analysis.drill import pareto_view
from kpi.analysis.home import Home
from kpi.analysis.registering import listed
from kpi.analysis.results import Filters
from kpi.qms.context import OPEN_PROVISION, RESOURCE, Resource
from kpi.qms.register import Recorded

_WANT: Final = re.compile(
    r"\b(no|not|without|sin|sans|senza|ohne|brak|sem)\b|absen|assen|ausent|missing|lack|shortage|unavail"
    r"|waiting|out of|fehl|kein|mangel|warte|falta|esper|manqu|attente|mancan|attesa"
)
"""Words of want, as reasons of stops in five languages carry them."""

_WHAT: Final = {
    "people": re.compile(
        r"operator|operato|opérat|operari|staff|person|manpower|labou?r|crew|worker|bedien|mitarbeit"
        r"|werker|leute|obsluh"
    ),
    "material": re.compile(
        r"material|matière|materia|component|supply|rohstoff|teile|\bparts?\b|piezas|pièces|pezzi"
        r"|granulat|resin|blank"
    ),
}


@dataclass(frozen=True, slots=True)
class Want:
    """Stops for want of something: the reason as the files name it, the hours, their share."""

    what: str
    reason: str
    hours: float
    share: float


def want_of(reason: str) -> str:
    """What a reason of a stop says is wanting: ``people``, ``material``, or nothing.

    It has to name the thing and its want: a dryer for material that broke is no lack of material.

    >>> want_of("Operator absent"), want_of("Material fehlt"), want_of("Material dryer")
    ('people', 'material', '')
    """
    text = reason.casefold()
    if not _WANT.search(text):
        return ""
    return next((what for what, named in _WHAT.items() if named.search(text)), "")


def stops_for_want(home: Home, asked: Asked) -> tuple[tuple[Want, ...], float]:
    """Unplanned stops for want of people or material, the longest first, and all unplanned hours."""
    found = pareto_view(
        home, "downtime_hours", "reason",
        Filters(where=asked.where, first=asked.first, last=asked.last),
    )  # fmt: skip
    lines = found.bars.to_dict("records")
    wants = [
        Want(what, str(line["label"]), float(line["amount"]), float(line["share"]))
        for line in lines
        if not line["unassigned"] and (what := want_of(str(line["label"])))
    ]
    return tuple(sorted(wants, key=lambda w: -w.hours)), found.total


def resources_input(home: Home, asked: Asked) -> AgendaInput:
    """Resources asked for, and stops for want of people or material in the days reviewed."""
    entries = [
        e for e in listed(home, RESOURCE, asked.where) if (e.item.asked or date.min) <= asked.day
    ]
    wants, total = stops_for_want(home, asked)
    live = [e for e in entries if e.item.status in OPEN_PROVISION]
    provided = [e for e in entries if e.item.provided and asked.first <= e.item.provided]
    common: dict[str, Any] = {
        "key": "resources",
        "title": "Adequacy of resources",
        "says": _says(wants, total, asked),
        "tables": _tables(entries, wants),
        "records": tuple(e.id for e in entries),
        "missing": tuple(_gaps(entries, live, asked.day)) + (unseen(home) if not entries else ()),
    }
    if not entries and not wants:
        return AgendaInput(
            finding="", **common,
            nothing="Nothing to report: no need of resources is recorded, and no reason of a stop "
            f"{within(asked)} names a want of people or material.",
        )  # fmt: skip
    parts = []
    if entries:
        there = words.small_number(len(provided)) if provided else "none"
        parts.append(f"{counted(live, 'resource')} asked for and not there yet, {there} provided")
    if wants:
        parts.append(_lost(wants, total))
    return AgendaInput(finding=f"{capital('; '.join(parts))} {within(asked)}.", **common)


def _lost(wants: Sequence[Want], total: float) -> str:
    hours = sum(w.hours for w in wants)
    share = words.number(100 * hours / total, 0) if total > 0 else "0"
    what = words.listed(sorted({w.what for w in wants}, reverse=True))
    return (
        f"{words.number(hours, 0)} hours stood for want of {what}, {share}\u00a0% of the unplanned "
        "downtime"
    )


def _says(wants: Sequence[Want], total: float, asked: Asked) -> tuple[str, ...]:
    if not total:
        return (f"No unplanned downtime is on file {within(asked)}.",)
    if not wants:
        return ("No reason of a stop names a want of people or material.",)
    names = words.listed([f"“{words.clipped(w.reason, 40)}”" for w in wants])
    return (f"Reasons read as a want of people or material: {names}.",)


def _tables(
    entries: Sequence[Recorded[Resource]], wants: Sequence[Want]
) -> tuple[AgendaTable, ...]:
    tables = []
    if entries:
        tables.append(
            AgendaTable(
                "Resources",
                ("What", "Sort", "For what", "Asked for", "Needed by", "Status", "Owner"),
                tuple(
                    (
                        e.item.title, str(e.item.means), e.item.purpose, day_cell(e.item.asked),
                        day_cell(e.item.needed), str(e.item.status), e.item.owner,
                    )
                    for e in entries
                ),
                ids=tuple(e.id for e in entries),
            )
        )  # fmt: skip
    if wants:
        tables.append(
            AgendaTable(
                "Unplanned downtime for want of people or material",
                ("Reason", "Want of", "Hours", "Share, %"),
                tuple(
                    (w.reason, w.what, words.number(w.hours, 1), words.number(w.share, 1))
                    for w in wants
                ),
                numbers=(2, 3),
            )
        )
    return tuple(tables)


def _gaps(
    entries: Sequence[Recorded[Resource]], live: Sequence[Recorded[Resource]], day: date
) -> list[str]:
    if not entries:
        return ["No need of resources is on record, neither met nor open."]
    gaps = [f"{told(e)} has no owner." for e in live if not e.item.owner]
    gaps += [
        f"{told(e)} was needed by {words.date_words(e.item.needed)} and is not there."
        for e in live
        if e.item.needed and e.item.needed < day
    ]
    return gaps
