"""Which records speak of a figure: analyses, objectives and actions, and the reviews that used it."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Final

from kpi.analysis import words
from kpi.analysis.home import Home
from kpi.analysis.registering import bears_on
from kpi.analysis.restated_review import since_review
from kpi.analysis.results import Filters, SeriesView
from kpi.analysis.series import series_view
from kpi.errors import KpiError
from kpi.measures import Kpi
from kpi.qms import Slice
from kpi.qms.kinds import ALL
from kpi.qms.measurement import ANALYSIS, Analysis
from kpi.qms.register import Kind, Recorded, Shape, recorded, told_fields
from kpi.qms.reviews import REVIEW, Review, ReviewStatus

_APART: Final = frozenset({ANALYSIS.name, REVIEW.name})


@dataclass(frozen=True, slots=True)
class Mention:
    """A record that speaks of a figure: its id, its kind in a word, what it says, who and when."""

    id: str
    kind: str
    says: str
    who: str
    when: datetime


def analyses_of(home: Home, kpi: Kpi, where: Slice, first: date, last: date) -> tuple[Mention, ...]:
    """Analyses that looked at a KPI slice in these days, the latest first.

    An analysis that does not say which days it looked at looked at all until its own.
    """
    found = [
        entry
        for entry in recorded(home.store, ANALYSIS)
        if entry.item.kpi == kpi.id
        and bears_on(entry.item.slice, where)
        and _looked_at(entry.item, first, last)
    ]
    found.sort(key=lambda entry: (entry.item.on or date.min, entry.number), reverse=True)
    return tuple(map(_analysis, found))


def _looked_at(item: Analysis, first: date, last: date) -> bool:
    until = item.last or item.on or date.max
    return until >= first and (item.first or date.min) <= last


def _analysis(entry: Recorded[Analysis]) -> Mention:
    on = f"{words.date_words(entry.item.on)}: " if entry.item.on else ""
    return Mention(
        entry.id, ANALYSIS.title, f"{on}{entry.item.concluded}", entry.item.owner, entry.when
    )


def records_about(home: Home, kpi: Kpi, where: Slice) -> tuple[Mention, ...]:
    """Every other record bound to the KPI through a slice that bears on this one, by kind and id."""
    return tuple(
        Mention(entry.id, kind.title, entry.item.title, entry.who, entry.when)
        for kind in ALL
        if kind.name not in _APART
        for entry in recorded(home.store, kind)
        if kpi.id in _kpis(kind, entry.item) and bears_on(entry.item.slice, where)
    )


def _kpis(kind: Kind[Any], item: Any) -> Iterator[str]:
    """The KPIs that an item says it is bound to."""
    for name, about in told_fields(kind.of).items():
        value = getattr(item, name)
        if about.shape is Shape.KPI and value:
            yield value
        elif name == "kpis" and isinstance(value, tuple):
            yield from (str(one) for one in value)


def reviews_with(home: Home, where: Slice, first: date, last: date) -> tuple[Recorded[Review], ...]:
    """Reviews that were held over days with this figure among them, by id."""
    return tuple(
        entry
        for entry in recorded(home.store, REVIEW)
        if entry.item.status is not ReviewStatus.DRAFT
        and entry.item.first is not None
        and entry.item.last is not None
        and entry.item.first <= last <= entry.item.last
        and first >= entry.item.first
        and bears_on(entry.item.slice, where)
    )


def seen_in(entry: Recorded[Review], now: str) -> Mention:
    """A review that used a figure, as a mention."""
    item = entry.item
    on = f" on {words.date_words(item.held_on)}" if item.held_on else ""
    return Mention(entry.id, REVIEW.title, f"{item.title}, held{on}: {now}", entry.who, entry.when)


def value_then(
    home: Home, series: SeriesView, filters: Filters, label: str, position: int
) -> tuple[float, str]:
    """A figure as the ledger had it at an earlier position: the number (NaN: none), and in words."""
    then = series_view(home, series.kpi.id, replace(filters, ledger=position))[0].points
    found = then[then["period"] == label]
    if found.empty or found["value"].isna().iloc[0]:
        return float("nan"), "not computable then"
    value = float(found["value"].iloc[0])
    return value, words.value_text(value, series.kpi)


def cause_words(home: Home, review: str, kpi: str) -> str:
    """Which entries of the ledger changed a KPI since a review used it, and who accepted that."""
    try:
        found = since_review(home, review)
    except KpiError:  # what was kept cannot be read: the review's own page says why
        return ""
    own = {place for figure in found.figures if figure.kpi == kpi for place in figure.causes}
    return " ".join(
        f"{cause.says} {cause.accepted or 'Nobody has accepted it yet.'}"
        for cause in found.causes
        if cause.position in own
    )
