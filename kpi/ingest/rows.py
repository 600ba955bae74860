"""What the datasets of one table share: which rows count, runs, units."""

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from kpi.ingest.facts import Facts
from kpi.ingest.numbers import Mask

Rows = npt.NDArray[np.int64]
Parts = dict[str, pa.Table]

NEARLY_ALL: Final = 0.95
"""Share of groups (or rows) that must agree before the file is taken at its word."""

_MOST: Final = 1 << 62
"""Whole numbers up to here are combined without another look."""

_RUN_KEYS: Final = ("order", "line", "machine", "shift", "product", "plant", "customer")


def rows_of(keep: Mask, facts: Facts) -> Rows:
    """Positions of the rows to keep that can be used."""
    return np.flatnonzero(keep & facts.good)


def any_number(values: Mapping[str, Any], names: tuple[str, ...], count: int) -> Mask:
    """Rows that hold a figure in any of the columns."""
    out = np.zeros(count, bool)
    for name in names:
        if isinstance(values.get(name), np.ndarray):
            out |= ~np.isnan(values[name])
    return out


def unit_of_rows(facts: Facts, common: dict[str, Any], names: tuple[str, ...]) -> Any:
    """The unit of the quantities: per row, else what a heading or the cells say."""
    if "unit" in common:
        return common["unit"]
    return next((facts.units[n] for n in names if n in facts.units), None)


def currency_of(facts: Facts, common: dict[str, Any], name: str) -> Any:
    """The currency of a money column: per row, else what its heading or cells say."""
    if "currency" in common:
        return common["currency"]
    return facts.units.get(name)


def runs_of(facts: Facts) -> tuple[npt.NDArray[np.int64], bool]:
    """A number per row that is equal for rows of one run, and whether an order names the runs."""
    keys = [n for n in _RUN_KEYS if n in facts.texts]
    day = facts.moments.get("at", facts.moments.get("date"))
    parts = [] if day is None else [_numbered(day.view(np.int64))]
    parts += [codes_of(facts.texts[name]) for name in keys]
    run = np.zeros(len(facts), np.int64)
    for part in parts:
        size = int(part.max(initial=0)) + 2
        if int(run.max(initial=0)) > _MOST // size:
            run = _numbered(run)
        run = run * size + part + 1
    return _numbered(run), "order" in keys


def _numbered(values: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Each value's number among the distinct ones, in the order they are met."""
    return np.asarray(pa.array(values).dictionary_encode().indices.to_numpy(), np.int64)


def codes_of(texts: Any) -> npt.NDArray[np.int64]:
    """A number per text, -1 where it is missing."""
    array = texts.combine_chunks() if isinstance(texts, pa.ChunkedArray) else texts
    encoded = pc.dictionary_encode(array)
    return np.asarray(pc.fill_null(encoded.indices, -1).to_numpy(zero_copy_only=False), np.int64)
