"""How customers perceive us: surveys, and beside them what deliveries and complaints tell."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import numpy as np

from kpi.analysis import words
from kpi.analysis.agenda_results import AgendaInput, AgendaTable, Asked
from kpi.analysis.agenda_words import until_looked
from kpi.analysis.home import Home
from kpi.analysis.registering import listed
from kpi.analysis.results import Filters, SeriesView
from kpi.analysis.series import series_view
from kpi.qms.register import Recorded, Slice
from kpi.qms.satisfaction import SURVEY, Better, Survey, customer_scores

EVIDENCE: Final = (
    ("complaints", "Complaints"),
    ("returns_ppm", "Returns"),
    ("otd_request", "On time to request"),
)
"""What data tell of each customer: evidence beside perception, and no perception itself."""

WITHOUT_REQUEST: Final = (*EVIDENCE[:2], ("otd_promise", "On time to promise"))
"""The same where no order line says for when the customer asked."""

NO_DATA: Final = "no data"

NOT_PERCEPTION: Final = (
    "Punctual delivery, returns and complaints support the picture; they are not what customers "
    "perceive. That is only known by asking."
)


@dataclass(frozen=True, slots=True)
class CustomerLine:
    """A customer in a period: the score of its latest survey, and the figures as printed.

    ``titles`` says what the figures are: the same of every customer in a period.
    """

    customer: str
    score: str
    figures: tuple[str, ...]
    titles: tuple[str, ...]


def surveys(
    home: Home, where: Slice = (), last: date | None = None
) -> tuple[Recorded[Survey], ...]:
    """Surveys that had ended by a day, the latest first."""
    found = [
        e for e in listed(home, SURVEY, where) if last is None or (e.item.last or date.max) <= last
    ]
    return tuple(sorted(found, key=lambda e: (e.item.last or date.min, e.number), reverse=True))


def previous(found: Sequence[Recorded[Survey]], entry: Recorded[Survey]) -> Recorded[Survey] | None:
    """The survey before this one that can be compared with it: same method and same scale.

    ``found`` is in the order of ``surveys``.
    """
    mine = entry.item
    alike = [
        e
        for e in found
        if (e.item.last or date.min) < (mine.last or date.min)
        and (e.item.method, e.item.lowest, e.item.highest, e.item.better)
        == (mine.method, mine.lowest, mine.highest, mine.better)
        and e.item.slice == mine.slice
        and e.item.score is not None
    ]
    return next(iter(alike), None)


def survey_words(entry: Recorded[Survey], before: Recorded[Survey] | None = None) -> str:
    """A survey in a sentence: score on its scale, answers, change; what is not known is said."""
    item = entry.item
    score = "No score was recorded"
    if item.score is not None:
        better = "low is good" if item.better is Better.LOW else "high is good"
        score = (
            f"Score {item.score:g} on a scale from {item.lowest:g} to {item.highest:g} ({better})"
        )
    parts = [score, _answers(item), _against(item, before)]
    return f"{', '.join(part for part in parts if part)}."


def _answers(item: Survey) -> str:
    if item.answered is None:
        return "how many answered is not recorded"
    if not item.asked:
        return f"{item.answered:.0f} answers, how many were asked is not recorded"
    share = words.number(100 * item.answered / item.asked, 0)
    return f"{item.answered:.0f} of {item.asked:.0f} answered ({share}\u00a0%)"


def _against(item: Survey, before: Recorded[Survey] | None) -> str:
    if (
        before is None
        or item.score is None
        or before.item.score is None
        or before.item.last is None
    ):
        return ""
    change = item.score - before.item.score
    when = words.date_words(before.item.last)
    if change == 0:
        return f"as in the one up to {when}"
    good = (change > 0) == (item.better is Better.HIGH)
    return f"{'better' if good else 'worse'} than {before.item.score:g} in the one up to {when}"


def customer_lines(home: Home, where: Slice, first: date, last: date) -> tuple[CustomerLine, ...]:
    """Every customer with a survey score or figures in a period, by name."""
    filters = Filters(where=where, period="all", first=first, last=last)
    evidence = _evidence(home, filters)
    views = [_by_customer(home, kpi, filters) for kpi, _ in evidence]
    absent = [_of_nobody(home, kpi, filters) for kpi, _ in evidence]
    scores = _latest_scores(surveys(home, where, last))
    names = sorted({*scores, *(name for found in views for name in found)}, key=str.casefold)
    return tuple(
        CustomerLine(
            name,
            scores.get(name, "not asked"),
            tuple(map(_printed, (v.get(name) for v in views), absent)),
            tuple(title for _, title in evidence),
        )
        for name in names
    )


def _evidence(home: Home, filters: Filters) -> tuple[tuple[str, str], ...]:
    (asked_for, *_) = series_view(home, "otd_request", filters)
    known = len(asked_for.points) and not math.isnan(_last(asked_for))
    return EVIDENCE if known else WITHOUT_REQUEST


def _latest_scores(found: Sequence[Recorded[Survey]]) -> dict[str, str]:
    scores: dict[str, str] = {}
    for entry in found:  # the latest first
        top, when = entry.item.highest, entry.item.last
        for one in customer_scores(entry.item):
            said = "answered" if one.score is None else f"{one.score:g} of {top:g}"
            scores.setdefault(one.customer, f"{said} ({when:%Y-%m})" if when else said)
    return scores


def _by_customer(home: Home, kpi: str, filters: Filters) -> dict[str, SeriesView]:
    found = series_view(home, kpi, filters, by=("customer",))
    named = {dict(view.slice).get("customer", ""): view for view in found if len(view.points)}
    return {name: view for name, view in named.items() if name}


def _of_nobody(home: Home, kpi: str, filters: Filters) -> str:
    """What is told of a customer that no row of a period names: none of what is counted there.

    Of a ratio nothing is known then, and of a count nothing where no file covers the period.
    """
    (whole, *_) = series_view(home, kpi, filters)
    counted = whole.kpi.id == "complaints" and len(whole.points) and not math.isnan(_last(whole))
    return words.value_text(0.0, whole.kpi) if counted else NO_DATA


def _printed(view: SeriesView | None, absent: str) -> str:
    if view is None:
        return absent
    return NO_DATA if math.isnan(_last(view)) else view.last_value


def _last(view: SeriesView) -> float:
    return float(view.points["value"].to_numpy(dtype=float, na_value=np.nan)[-1])


def satisfaction_input(home: Home, asked: Asked) -> AgendaInput:
    """Surveys that ended in the days reviewed, and what data tell beside them."""
    known = surveys(home, asked.where, asked.day)
    now = [e for e in known if e.item.last and asked.first <= e.item.last]
    lines = customer_lines(home, asked.where, asked.first, asked.last)
    common: dict[str, Any] = {
        "key": "satisfaction",
        "title": "Customer satisfaction and feedback",
        "says": _says(known, now),
        "tables": tuple(
            table for table in (_surveys_table(known, now), _customers(lines)) if table
        ),
        "records": tuple(e.id for e in now),
        "missing": tuple(_gaps(known, now, asked)),
    }
    if now:
        latest = now[0]
        title = words.clipped(latest.item.title, 60)
        told = survey_words(latest, previous(known, latest))
        return AgendaInput(finding=f"{title}: {told}", **common)
    if any(figure != NO_DATA for line in lines for figure in line.figures):
        return AgendaInput(
            finding=f"No customer was asked {until_looked(asked)}; complaints, returns and deliveries are "
            f"the only {'sign' if not known else 'new signs'}.",
            **common,
        )  # fmt: skip
    return AgendaInput(
        finding="", **common,
        nothing=f"Nothing to report: no survey ended {until_looked(asked)}, and no complaint, return or "
        "delivery to a customer is on file.",
    )  # fmt: skip


def _says(known: Sequence[Recorded[Survey]], now: Sequence[Recorded[Survey]]) -> tuple[str, ...]:
    told = [
        f"{words.clipped(e.item.title, 60)}: {survey_words(e, previous(known, e))}" for e in now
    ]
    heard = [f"Customers said: {e.item.said}" for e in now if e.item.said]
    follows = [f"What follows: {e.item.follows}" for e in now if e.item.follows]
    before = [
        f"The latest survey before: {words.clipped(e.item.title, 60)}, "
        f"up to {words.date_words(e.item.last)}. {survey_words(e, previous(known, e))}"
        for e in known[:1]
        if not now and e.item.last
    ]
    return (*before, *told[1:], *heard, *follows, NOT_PERCEPTION)


def _surveys_table(
    known: Sequence[Recorded[Survey]], now: Sequence[Recorded[Survey]]
) -> AgendaTable | None:
    if not now:
        return None
    return AgendaTable(
        "Surveys",
        ("Survey", "Method", "From", "To", "What came of it"),
        tuple(
            (
                e.item.title, f"{e.item.method}: {e.item.described}",
                e.item.first.isoformat() if e.item.first else "",
                e.item.last.isoformat() if e.item.last else "",
                survey_words(e, previous(known, e)),
            )
            for e in now
        ),
        ids=tuple(e.id for e in now),
    )  # fmt: skip


def _customers(lines: Sequence[CustomerLine]) -> AgendaTable | None:
    if not lines:
        return None
    return AgendaTable(
        "Customers: what they said, and what data tell beside it",
        ("Customer", "Latest score", *lines[0].titles),
        tuple((line.customer, line.score, *line.figures) for line in lines),
        numbers=(2, 3, 4),
    )


def _gaps(
    known: Sequence[Recorded[Survey]], now: Sequence[Recorded[Survey]], asked: Asked
) -> list[str]:
    gaps = [f"{e.id} has no score." for e in now if e.item.score is None]
    gaps += [f"What follows from {e.id} is not said." for e in now if not e.item.follows]
    if not known:
        return ["No customer was ever asked how it perceives us: no survey is on record."]
    ended = known[0].item.last
    if ended is not None and (asked.day - ended).days > 366:
        gaps.append(f"The last survey ended on {words.date_words(ended)}, more than a year before.")
    return gaps
