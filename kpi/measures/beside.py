"""Columns of tables in memory as arrays, made once and kept beside their table; groups of rows."""

from collections.abc import Callable, Sequence
from typing import Any, Final
from weakref import finalize

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from kpi.calendar import as_days

Codes = npt.NDArray[np.signedinteger[Any]]
Mask = npt.NDArray[np.bool_]

FEW: Final = 500
"""Rows up to which groups are found by sorting."""


def days_of(table: pa.Table) -> npt.NDArray[np.datetime64]:
    """The day of each row."""
    found: npt.NDArray[np.datetime64] = beside(
        table, "day", lambda: as_days(table["day"].to_numpy())
    )
    return found


def local_codes(table: pa.Table, name: str) -> tuple[Codes, npt.NDArray[np.object_]]:
    """Each row's place among the words of a column; the last word is ``None``."""
    found: tuple[Codes, npt.NDArray[np.object_]] = beside(
        table, ("codes", name), lambda: _local_codes(table, name)
    )
    return found


def _local_codes(table: pa.Table, name: str) -> tuple[Codes, npt.NDArray[np.object_]]:
    column = table[name]
    if pa.types.is_dictionary(column.type):
        whole = column.unify_dictionaries().combine_chunks()
    else:
        whole = column.cast(pa.string()).combine_chunks().dictionary_encode()
    words = np.array([*whole.dictionary.to_pylist(), None], dtype=object)
    codes = whole.indices.fill_null(len(words) - 1).to_numpy(zero_copy_only=False)
    return codes.astype(np.int32), words


_BESIDE: Final[dict[int, dict[Any, Any]]] = {}
"""Arrays made of a table, by its identity: they go when it goes."""


def beside(table: pa.Table, what: Any, make: Callable[[], Any]) -> Any:
    """What is made of a table, made once (by two threads at once: twice)."""
    kept = _BESIDE.get(id(table))
    if kept is None:
        kept = _BESIDE[id(table)] = {}
        finalize(table, _BESIDE.pop, id(table), None)
    if what not in kept:
        kept[what] = make()
    return kept[what]


def groups(columns: Sequence[Codes]) -> tuple[Codes, Codes]:
    """The group of each row by whole numbers, and the row where each group first appears."""
    key = np.zeros(len(columns[0]), dtype=np.int64)
    for codes in columns:
        if not len(codes):
            break
        low, high = int(codes.min()), int(codes.max())
        spread = high - low + 1
        if int(key.max()) + 1 > (1 << 62) // spread:
            key = pd.factorize(key)[0].astype(np.int64)
        key = key * spread + (codes - low)
    if len(key) <= FEW:
        return _few_groups(key)
    at, known = pd.factorize(key)
    first = np.empty(len(known), dtype=np.int64)
    first[at[::-1]] = np.arange(len(at))[::-1]
    return at.astype(np.int64), first


def _few_groups(key: Codes) -> tuple[Codes, Codes]:
    """The same by sorting: of few rows that is done before a table of hashes is set up."""
    order = np.argsort(key, kind="stable")
    ordered = key[order]
    begins = np.ones(len(key), dtype=bool)
    begins[1:] = ordered[1:] != ordered[:-1]
    first = order[begins]
    rank = np.empty(len(first), dtype=np.int64)
    by_place = np.argsort(first)
    rank[by_place] = np.arange(len(first))
    at = np.empty(len(key), dtype=np.int64)
    at[order] = rank[np.cumsum(begins) - 1]
    return at, first[by_place].astype(np.int64)
