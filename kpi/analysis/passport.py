"""The passport of a figure: from its definition down to the cells of the uploaded file, and who saw it."""

from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Final

import pandas as pd

from kpi.analysis import words
from kpi.analysis.annotating import signed_notes
from kpi.analysis.definitions import factor, formula
from kpi.analysis.drill import cells_view, rows_and_files
from kpi.analysis.home import Home
from kpi.analysis.passport_records import (
    Mention,
    analyses_of,
    cause_words,
    records_about,
    reviews_with,
    seen_in,
    value_then,
)
from kpi.analysis.results import Filters, RowsView, SeriesView, SourceFile
from kpi.analysis.series import series_view
from kpi.analysis.trail_head import trail_head
from kpi.analysis.why_spans import grain_of
from kpi.errors import KpiError, UnknownNameError
from kpi.measures import Kpi

SHOWN_ROWS: Final = 200
"""Rows of a figure that its passport lists; it always says how many there are."""


class NoFigureError(KpiError):
    """There is no figure to give a passport to."""

    def __init__(self, what: str) -> None:
        super().__init__(
            f"{what} has no figure: nothing that it is made of has been uploaded for what is chosen. "
            "Choose less, or upload it."
        )


@dataclass(frozen=True, slots=True)
class Place:
    """One row as the uploaded file shows it; ``cells`` are heading and cell, in the file's order.

    ``says`` tells why there are no cells, where there are none.
    """

    side: str  # numerator | denominator
    upload: str
    file: str
    sheet: str
    row: int
    cells: tuple[tuple[str, str], ...]
    says: str = ""


@dataclass(frozen=True, slots=True)
class Passport:
    """Where one figure comes from, and who looked at it.

    ``value`` is NaN where it cannot be computed, and ``value_words`` then says why. ``numerator`` and
    ``denominator`` are ``None`` where there is none. ``reckoned`` is the formula with the numbers in
    it. ``files`` are all files its rows stand in, ``rows`` the first of ``rows.total``, ``places``
    the first of them as their file shows them. ``restated`` are sentences on what it was before.
    ``head`` is the head of the audit trail that vouches for all of this.
    """

    kpi: Kpi
    slice_words: str
    filters: Filters
    period: str
    first: date
    last: date
    value: float
    value_words: str
    formula: str
    numerator: float | None
    denominator: float | None
    reckoned: str
    rows: RowsView
    places: tuple[Place, ...]
    files: tuple[SourceFile, ...]
    stated: tuple[str, ...]
    notes: tuple[str, ...]
    analyses: tuple[Mention, ...]
    records: tuple[Mention, ...]
    reviews: tuple[Mention, ...]
    restated: tuple[str, ...]
    position: int
    head: str
    series: SeriesView

    @property
    def title(self) -> str:
        """The figure in words: what, of what, when."""
        return f"{self.kpi.title} of {self.slice_words}, {words.period_words(self.period)}"


def passport(
    home: Home, kpi_id: str, filters: Filters, period: str = "", *, cells: int = 1
) -> Passport:
    """The passport of a KPI's figure of one period, as it is seen through the filters.

    ``period`` is a label such as 2026-10 or 2026-W43; empty: the last period with a value. ``cells``
    is how many rows of each side are read back from their file.

    Raises
    ------
    UnknownNameError
        There is no such KPI or no such period.
    NoFigureError
        Nothing has been uploaded that the KPI is made of.
    UsageError
        ``period`` is none.
    """
    chosen = replace(filters, period=grain_of([period], filters.period))
    series = series_view(home, kpi_id, chosen)[0]
    point = _point(series, period)
    label = str(point["period"])
    rows, files = rows_and_files(home, kpi_id, chosen, label, most=SHOWN_ROWS)
    first, last = _day(point["period_start"]), _day(point["period_end"])
    numerator, denominator = _count(point["numerator"]), _count(point["denominator"])
    value = _count(point["value"])
    reviews, restated = _reviewed(home, series, point)
    return Passport(
        kpi=series.kpi,
        slice_words=series.slice_words,
        filters=chosen,
        period=label,
        first=first,
        last=last,
        value=float("nan") if value is None else value,
        value_words=_value_words(series, point),
        formula=formula(series.kpi),
        numerator=numerator,
        denominator=denominator,
        reckoned=_reckoned(series, point, numerator, denominator),
        rows=rows,
        places=_places(home, rows, cells),
        files=files,
        stated=series.notes,
        notes=signed_notes(home, series.notes_on_chart),
        analyses=analyses_of(home, series.kpi, series.slice, first, last),
        records=records_about(home, series.kpi, series.slice),
        reviews=tuple(reviews),
        restated=tuple(restated),
        position=series.position,
        head=trail_head(home.store).short,
        series=series,
    )


def _reviewed(home: Home, series: SeriesView, point: pd.Series) -> tuple[list[Mention], list[str]]:
    """The held reviews that used the figure with what it was then, and where it is another now."""
    label, chosen = str(point["period"]), Filters(where=series.slice, period=series.period)
    now = _value_words(series, point)
    reviews, restated = [], []
    for entry in reviews_with(
        home, series.slice, _day(point["period_start"]), _day(point["period_end"])
    ):
        frozen = entry.item.frozen
        if frozen is None:
            continue
        _, then = value_then(home, series, chosen, label, frozen.position)
        reviews.append(seen_in(entry, then))
        if then != now:
            by = cause_words(home, entry.id, series.kpi.id)
            restated.append(f"{entry.id} used {then}; it is {now} now. {by}".strip())
    return reviews, restated


def _point(series: SeriesView, period: str) -> pd.Series:
    points = series.points
    if points.empty:
        raise NoFigureError(f"{series.kpi.title} of {series.slice_words}")
    if not period:
        measured = points[points["value"].notna()]
        return (measured if len(measured) else points).iloc[-1]
    found = points[points["period"] == period]
    if found.empty:
        raise UnknownNameError("period", period, known=[str(label) for label in points["period"]])
    return found.iloc[0]


def _day(stamp: Any) -> date:
    return pd.Timestamp(stamp).date()


def _count(value: Any) -> float | None:
    return None if pd.isna(value) else float(value)


def _value_words(series: SeriesView, point: pd.Series) -> str:
    if pd.isna(point["value"]):
        return f"Not computable: {point['reason'] or 'nothing is known of this period'}."
    return words.value_text(float(point["value"]), series.kpi)


def _reckoned(
    series: SeriesView, point: pd.Series, numerator: float | None, denominator: float | None
) -> str:
    """The formula with the numbers in it; empty where nothing is divided, or nothing can be."""
    if numerator is None or denominator is None or pd.isna(point["value"]):
        return ""
    value = words.value_text(float(point["value"]), series.kpi)
    return f"{_figure(numerator)} ÷ {_figure(denominator)}{factor(series.kpi)} = {value}"


def _figure(value: float) -> str:
    return words.number(value, 0 if value.is_integer() else 2)


def _places(home: Home, rows: RowsView, cells: int) -> tuple[Place, ...]:
    """The first rows of each side, read back from their files."""
    firsts = rows.rows.groupby("side", sort=False).head(cells)
    return tuple(_place(home, row) for row in firsts.to_dict("records"))


def _place(home: Home, row: dict[Any, Any]) -> Place:
    upload, sheet, number = str(row["upload"]), str(row["sheet"]), int(row["row"])
    found: tuple[tuple[str, str], ...] = ()
    says = ""
    try:
        found = tuple(cells_view(home, upload, sheet, number))
    except KpiError as error:  # deleted for good, or with rows of plants one may not see
        says = str(error)
    return Place(str(row["side"]), upload, str(row["file"]), sheet, number, found, says)
