"""Which values a dimension has: what a filter can offer."""

from collections.abc import Sequence
from typing import Final

import pandas as pd

from kpi.datasets import DATASETS
from kpi.measures.engine import ABOUT
from kpi.measures.names import Names, read_names
from kpi.measures.question import dimension
from kpi.measures.source import FactSource, facts_key

LOOKED_IN: Final = (
    "production", "scrap", "downtime", "running_time", "order_item", "complaint",
    "measurement", "reported_value",
)  # fmt: skip
"""Datasets whose rows carry dimensions a person filters by."""


def values_of(source: FactSource, name: str, plants: Sequence[str] = ()) -> tuple[str, ...]:
    """The values of a dimension in the facts in force, as people name them, in order.

    ``plants`` (codes or names; empty: all) narrows to the rows of those plants. A value that no
    row carries is not offered; "not assigned" is none.
    """
    dim = dimension(name)
    key = ("values", facts_key(source), dim, tuple(plants))
    return ABOUT.get(key, lambda: _values_of(source, dim, plants))


def carries(source: FactSource, name: str, value: str) -> bool:
    """Whether facts in force carry a value of a dimension, by its code or by what it reads as.

    The empty value ("not assigned") is always one that may be asked for.
    """
    dim = dimension(name)
    return not value or value in values_of(source, dim) or value in _codes(source, dim, None)


def _values_of(source: FactSource, dim: str, plants: Sequence[str]) -> tuple[str, ...]:
    named = read_names(source)
    codes = _codes(source, dim, named.codes("plant", plants) if plants else None)
    return tuple(sorted(_shown(named, dim, codes), key=_natural))


def _codes(source: FactSource, dim: str, plants: Sequence[str] | None) -> list[str]:
    found: set[str] = set()
    for dataset in LOOKED_IN:
        if dim not in DATASETS[dataset].names:
            continue
        found.update(source.distinct(dataset, dim, plants))
    return sorted(found)


def _shown(named: Names, dim: str, codes: list[str]) -> set[str]:
    if not named.replaces(dim):
        return set(codes)
    column = pd.Series(codes, dtype=object)
    names = named.of(dim, column, None)
    return {str(name) if pd.notna(name) else code for name, code in zip(names, codes, strict=True)}


def _natural(text: str) -> tuple[tuple[int, int, str], ...]:
    """An order in which Line 2 stands before Line 10."""
    parts: list[tuple[int, int, str]] = []
    digits = ""
    for character in [*text.casefold(), ""]:
        if character.isdecimal():
            digits += character
            continue
        if digits:
            parts.append((0, int(digits), ""))
            digits = ""
        parts.append((1, 0, character))
    return tuple(parts)
