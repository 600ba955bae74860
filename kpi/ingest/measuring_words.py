"""The words of measured values: what their headings mean, and which columns are one sample."""

import re
from collections.abc import Sequence
from typing import Final

from kpi.ingest.columns import Column
from kpi.ingest.own_words import MEASURING, own_words
from kpi.ingest.vocabulary import vocabulary

LIMITS: Final = ("lsl", "usl", "target")
TOLERANCES: Final = ("tol_plus", "tol_minus")
STATISTICS: Final = frozenset(
    {"min", "max", "minimum", "maximum", "mini", "maxi", "minimo", "maximo"}
)
"""Headings that may mean a limit, or the smallest and largest of some values."""

_NUMBERED: Final = re.compile(r"^(.*?)[\s._#/-]*(\d{1,2})$")


def field_of(text: str) -> str | None:
    """The field of measured values that a heading or label stands for.

    >>> field_of("OTG"), field_of("Messwert"), field_of("Ausschuss")
    ('usl', 'value', None)
    """
    return own_words(MEASURING).field_of(text)


def numbered(columns: Sequence[Column]) -> dict[int, int]:
    """Columns x1, x2, ... of the values of one sample: position -> number in the sample.

    At least two, counted from 1 without a gap, holding numbers, under one word of the trade; a bare
    number counts where all of them are bare.
    """
    words = {vocabulary().normalise(w).key for w in own_words(MEASURING).told["subgroup_values"]}
    found: dict[str, dict[int, int]] = {}
    for i, column in enumerate(columns):
        hit = _NUMBERED.match(column.heading.strip())
        if hit is None or column.empty or column.shares["number"] < 0.5:
            continue
        stem = vocabulary().normalise(hit.group(1)).key if hit.group(1).strip() else ""
        if stem in words or not stem:
            found.setdefault(stem, {})[i] = int(hit.group(2))
    for group in found.values():
        if len(group) >= 2 and sorted(group.values()) == list(range(1, len(group) + 1)):
            return group
    return {}
