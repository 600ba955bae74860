"""Percentages of figures a plant reports: 0.024 and 2.4 are the same, where one can tell."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from kpi.ingest.columns import Column
from kpi.ingest.conventions import Desk
from kpi.ingest.dates import Floats, bare
from kpi.ingest.heads import split_words, words_of
from kpi.ingest.vocabulary import vocabulary
from kpi.texts import said

_NEAR: Final = 0.3
_LIKELY_POINTS: Final = 0.2
_FRACTION, _POINTS = "fraction", "percent"


@dataclass(frozen=True)
class _Doubt:
    """A rate whose figures are all at most 1, and what they more likely are."""

    column: Column
    likely: str
    sure: bool


def scales_of(
    columns: Sequence[Column], units: Sequence[str | None], sheet: str, desk: Desk
) -> list[float]:
    """What each column is multiplied by so that a percentage lies on 0 to 100; asked in doubt.

    ``units`` is what a column of units says of each, ``None`` where there is none.
    """
    doubts: dict[int, _Doubt] = {}
    for i, (column, unit) in enumerate(zip(columns, units, strict=True)):
        doubt = _doubt(column, unit)
        if doubt is not None:
            doubts[i] = doubt
    scales = [1.0] * len(columns)
    for i, doubt in doubts.items():
        if doubt.sure:
            scales[i] = 100.0 if doubt.likely == _FRACTION else 1.0
    for likely in (_FRACTION, _POINTS):
        open_ = [i for i, d in doubts.items() if not d.sure and d.likely == likely]
        if open_:
            answer = _asked([doubts[i].column for i in open_], likely, sheet, desk)
            for i in open_:
                scales[i] = 100.0 if answer == _FRACTION else 1.0
    return scales


def is_percent(column: Column, unit: str | None) -> bool:
    """Whether a column holds percentages, by its heading, its cells, or the unit beside it."""
    if unit is not None:
        return unit.strip() == "%"
    if "ppm" in split_words(column.heading):
        return False
    return vocabulary().is_rate(column.heading) or "%" in column.number_texts.units


def _doubt(column: Column, unit: str | None) -> _Doubt | None:
    if not is_percent(column, unit) or "%" in column.number_texts.units:
        return None
    if column.named.tokens & {"per", "pro", "por"}:
        return None
    values = column.as_numbers().values
    there = np.abs(values[~np.isnan(values)])
    if len(there) == 0 or float(there.max()) > 1.0 or float(there.max()) == 0.0:
        return None
    words = {bare(w) for w in split_words(column.heading)}
    if words & words_of("high") and float(np.median(there)) >= _NEAR:
        return _Doubt(column, _FRACTION, sure=True)
    likely = _POINTS if _points(there) else _FRACTION
    return _Doubt(column, likely, sure=False)


def _points(there: Floats) -> bool:
    """A loss above a fifth is rare; one printed with a digit or two is common."""
    return float(there.max()) >= _LIKELY_POINTS


def _asked(columns: Sequence[Column], likely: str, sheet: str, desk: Desk) -> str:
    values = np.concatenate([c.as_numbers().values for c in columns])
    example = float(values[np.abs(np.nan_to_num(values)) > 0][0])
    options = [
        (
            _FRACTION,
            said("{value} is read as {percent} %", value=example, percent=round(example * 100, 10)),
        ),
        (_POINTS, said("{value} is read as {percent} %", value=example, percent=example)),
    ]
    if likely == _POINTS:
        options.reverse()
    return desk.ask(
        "unit",
        sheet,
        f"percent:{likely}:{','.join(sorted(c.named.key for c in columns))}",
        said(
            "Are the figures of {headings} parts of 1, or percent?",
            headings=", ".join(repr(c.heading) for c in columns[:4]),
        ),
        options,
        heading=columns[0].heading,
        samples=columns[0].examples(),
    )
