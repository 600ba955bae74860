"""Tables of sums as arrays: every split of one table from one reading of it.

A cube holds the sums of a table by period and some dimensions, each value of a dimension as a
number of one vocabulary. A coarser cube is made from the finest one there is, so that the rows of a
table are gone through once.
"""

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from weakref import WeakValueDictionary

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from kpi.calendar import as_days
from kpi.datasets import DIMENSIONS
from kpi.measures.beside import Codes, beside, days_of, groups, local_codes
from kpi.measures.engine import ABOUT, MEGABYTE, Remembered
from kpi.measures.periods import starts_of
from kpi.measures.quantities import MONEY, PIECES, Quantity
from kpi.measures.rollups import ROLLUPS
from kpi.measures.sums import Scope, counting, table_of

Values = npt.NDArray[np.float64]

NONE: Final = 0
"""The code of "not assigned", and of no unit."""
MIXED_UNITS: Final = -1
"""The code of a unit that is several: such amounts are never shown as one number."""


WHOLE: Final = Remembered(3)
"""Tables lately gone through, with every dimension they have: large, and soon done with."""

MOST_ROWS: Final = 1_000_000
"""Larger cubes are not kept among the others."""


class Vocabulary:
    """Numbers for the values of each dimension: 0 is none, others in order of appearance."""

    def __init__(self) -> None:
        self._known: dict[str, dict[str, int]] = {}
        self._words: dict[str, list[str | None]] = {}
        self._ranks: dict[str, Codes] = {}
        self._lock = threading.Lock()

    def codes(self, field: str, words: Sequence[str | None]) -> Codes:
        """The number of each word; new words get one."""
        with self._lock:
            known = self._known.setdefault(field, {})
            told = self._words.setdefault(field, [None])
            for word in words:
                if word is not None and word not in known:
                    known[word] = len(told)
                    told.append(word)
            return np.array([NONE if w is None else known[w] for w in words], dtype=np.int64)

    def words(self, field: str) -> npt.NDArray[np.object_]:
        """The words by their numbers; ``None`` first."""
        with self._lock:
            return np.array(self._words.get(field, [None]), dtype=object)

    def ranks(self, field: str) -> Codes:
        """The place of each number's word in the order of words, none first.

        Numbers depend on what was read before, by whomever; the order of words does not.
        """
        with self._lock:
            told = self._words.get(field, [None])
            ranks = self._ranks.get(field)
            if ranks is None or len(ranks) != len(told):
                order = sorted(range(1, len(told)), key=lambda code: told[code] or "")
                ranks = np.zeros(len(told), dtype=np.int64)
                ranks[order] = np.arange(1, len(told))
                self._ranks[field] = ranks
            return ranks


@dataclass(frozen=True, slots=True, eq=False)
class Cube:
    """Sums by period and dimensions: one row per combination that has rows.

    ``keys`` holds a code per row for each dimension; ``start`` the first day of the period (days
    since 1970); ``sums`` the amounts, zero where ``counts`` (values stated) is; ``low`` and ``high``
    the least and largest code of the units stated, by the column that states them. ``words`` is
    the vocabulary of all codes, which lives as long as a cube that needs it.
    """

    keys: Mapping[str, Codes]
    start: Codes
    sums: Mapping[str, Values]
    counts: Mapping[str, Values]
    rows: Values
    low: Mapping[str, Codes]
    high: Mapping[str, Codes]
    words: Vocabulary

    def __len__(self) -> int:
        return len(self.start)

    def amount(self, column: str) -> Values:
        """The sums of a column, missing where nothing is stated."""
        return np.where(self.counts[column] > 0, self.sums[column], np.nan)

    def unit(self, column: str) -> Codes:
        """The unit of each row: ``NONE``, its code, or ``MIXED_UNITS``."""
        low, high = self.low[column], self.high[column]
        return np.where(high == NONE, NONE, np.where(low == high, high, MIXED_UNITS))


def cube_bytes(cube: Cube) -> int:
    """Bytes of a cube's arrays, one that several columns share counted once."""
    arrays = [cube.start, cube.rows]
    for columns in (cube.keys, cube.sums, cube.counts, cube.low, cube.high):
        arrays += columns.values()
    return sum({id(one): one.nbytes for one in arrays}.values())


CUBES: Final = Remembered(512, most_bytes=1024 * MEGABYTE, weigh=cube_bytes)
"""Cubes lately made, of few tables and many splits. Those of one question by weeks over five million
rows weigh 0.8 GB; with fewer bytes it would make them again and again.
"""


def vocabulary(scope: Scope) -> Vocabulary:
    """The numbers of the values of these facts: one vocabulary while anybody holds on to it."""
    facts_and_settings = scope.key[:2]
    with _VOCABULARIES_LOCK:
        found = _VOCABULARIES.get(facts_and_settings)
        if found is None:
            found = _VOCABULARIES[facts_and_settings] = Vocabulary()
        return found


# Not among what is remembered for a while: a vocabulary forgotten before the cubes that were coded
# with it would give their codes to other words.
_VOCABULARIES: Final = WeakValueDictionary[tuple[Any, ...], Vocabulary]()
_VOCABULARIES_LOCK: Final = threading.Lock()


def cube_of(
    scope: Scope, quantity: Quantity, dims: tuple[str, ...], where: tuple[tuple[str, str], ...]
) -> Cube:
    """The sums of a quantity's table by plant, period and ``dims``, of the rows a filter leaves."""
    question = scope.question
    in_splits = quantity.table in ROLLUPS and scope.on_months
    used = tuple(sorted({*dims, *(d for d, _ in where)})) if in_splits else DIMENSIONS
    about = (quantity.table, quantity.where, question.period, question.first, scope.last, where)
    base = ("cube", scope.on_months, used, *about, *scope.key)
    wanted = frozenset(("plant", *dims))
    found: Cube | None = CUBES.get((*base, wanted), lambda: None, keep=lambda made: False)
    if found is not None:
        return found
    whole = WHOLE.get(base, lambda: _base(scope, quantity, used, where))
    return _coarser(base, whole, wanted)


_LADDER: Final = ("shift", "supplier", "customer", "machine")
"""Dimensions left out one after the other on the way to a coarse cube."""


def _coarser(base: tuple[Any, ...], whole: Cube, wanted: frozenset[str]) -> Cube:
    """The cube of just ``wanted``, by way of ones that serve other questions, too."""
    here, dims = whole, frozenset(whole.keys)
    for name in _LADDER:
        if name in dims and name not in wanted:
            dims = dims - {name}
            here = _grouped(base, here, dims)
    return here if dims == wanted else _grouped(base, here, wanted)


def _grouped(base: tuple[Any, ...], finer: Cube, dims: frozenset[str]) -> Cube:
    return CUBES.get(
        (*base, dims), lambda: grouped(finer, sorted(dims)), lambda made: len(made) <= MOST_ROWS
    )


def grouped(cube: Cube, dims: Sequence[str]) -> Cube:
    """The cube with its rows added up by period and ``dims``."""
    at, first = groups([cube.start, *(cube.keys[d] for d in dims)])
    size = len(first)

    def added(values: Values) -> Values:
        return np.bincount(at, values, minlength=size).astype(np.float64)

    lows, highs = {}, {}
    for column in cube.high:
        lows[column], highs[column] = _ends(cube.low[column], cube.high[column], at, size)
    counted = {id(values): added(values) for values in _distinct(cube.counts)}
    return Cube(
        {d: cube.keys[d][first] for d in dims},
        cube.start[first],
        {name: added(values) for name, values in cube.sums.items()},
        {name: counted[id(values)] for name, values in cube.counts.items()},
        added(cube.rows),
        lows,
        highs,
        cube.words,
    )


def _distinct(counts: Mapping[str, Values]) -> list[Values]:
    """Most columns are stated in the same rows, and share one array."""
    return list({id(values): values for values in counts.values()}.values())


def _ends(low: Codes, high: Codes, at: Codes, size: int) -> tuple[Codes, Codes]:
    """The least and the largest unit of each group, leaving out rows that state none."""
    stated = high != NONE
    if not stated.any():
        return np.zeros(size, dtype=np.int64), np.zeros(size, dtype=np.int64)
    if (low[stated] == high[stated]).all() and (high[stated] == high[stated][0]).all():
        one = np.zeros(size, dtype=np.int64)
        one[at[stated]] = high[stated][0]
        return one, one
    least = np.full(size, np.iinfo(np.int64).max)
    most = np.zeros(size, dtype=np.int64)
    np.minimum.at(least, at[stated], low[stated])
    np.maximum.at(most, at[stated], high[stated])
    return np.where(most == NONE, NONE, least), most


def _base(
    scope: Scope,
    quantity: Quantity,
    used: tuple[str, ...],
    where: tuple[tuple[str, str], ...],
) -> Cube:
    """The rows of a table that count, as a cube with every dimension it has."""
    words = vocabulary(scope)
    table = table_of(scope, quantity, used)
    counts = counting(scope, quantity, table, where)
    distinct, place = np.unique(days_of(table)[counts], return_inverse=True)
    starts = _starts(scope, distinct)
    amounts = {n: _number(table, n)[counts] for n in table.column_names if _is_amount(table, n)}
    units = {n: _units(scope, table, n)[counts] for n in (PIECES, MONEY) if n in table.column_names}
    cube = Cube(
        {dim: codes[counts] for dim, codes in dimension_codes(scope, table).items()},
        starts.astype(np.int64)[place],
        {name: np.nan_to_num(values) for name, values in amounts.items()},
        _stating(amounts),
        _number(table, "rows")[counts],
        units,
        units,
        words,
    )
    return grouped(cube, sorted(cube.keys))


def _starts(scope: Scope, days: npt.NDArray[np.datetime64]) -> npt.NDArray[np.datetime64]:
    """The first day of each day's period; tables of the same days share it."""

    def find() -> npt.NDArray[np.datetime64]:
        moments = pd.Series(days.astype("datetime64[s]"))
        return as_days(starts_of(moments, scope.question.period, scope.settings).to_numpy())

    key = ("starts", days.tobytes(), scope.question.period, scope.settings.signature())
    return ABOUT.get(key, find)


def _stating(amounts: Mapping[str, Values]) -> dict[str, Values]:
    """1 where a column states a value; one array for all that state one everywhere."""
    everywhere = np.ones(len(next(iter(amounts.values()), ())))
    stated = {name: ~np.isnan(values) for name, values in amounts.items()}
    return {n: everywhere if mask.all() else mask.astype(float) for n, mask in stated.items()}


def _is_amount(table: pa.Table, name: str) -> bool:
    kind = table.schema.field(name).type
    return name not in ("rows", "row") and (pa.types.is_floating(kind) or pa.types.is_integer(kind))


def _number(table: pa.Table, name: str) -> Values:
    return np.asarray(table[name].to_numpy(), dtype=np.float64)


def _units(scope: Scope, table: pa.Table, name: str) -> Codes:
    codes, words = local_codes(table, name)
    plain = [None if w is None else str(w).strip() for w in words]
    if name == PIECES:
        plain = [None if w is None else w.lower() for w in plain]
    known = vocabulary(scope).codes(name, [w or None for w in plain])
    return known[codes]


def dimension_codes(scope: Scope, table: pa.Table) -> dict[str, Codes]:
    """The codes of each dimension, names standing in place of codes that are but digits."""
    words = vocabulary(scope)

    def find() -> tuple[Vocabulary, dict[str, Codes]]:
        dims = sorted(set(DIMENSIONS) & set(table.column_names))
        return words, {dim: _dimension(scope, words, table, dim) for dim in dims}

    told, found = beside(table, ("dimensions", id(words), *scope.key[:2]), find)
    assert told is words  # kept beside its codes, so that no other comes to have its identity
    return dict(found)


def _dimension(scope: Scope, words: Vocabulary, table: pa.Table, dim: str) -> Codes:
    codes, told = local_codes(table, dim)
    if dim != "plant" and scope.names.replaces(dim):
        found = _named(scope, words, dim, (codes, told), local_codes(table, "plant"))
    else:
        found = words.codes(dim, told.tolist())[codes]
    return found.astype(np.int32)


def _named(
    scope: Scope,
    words: Vocabulary,
    dim: str,
    values: tuple[Codes, npt.NDArray[np.object_]],
    plants: tuple[Codes, npt.NDArray[np.object_]],
) -> Codes:
    """Names are a plant's own: each pair of plant and code is looked up once."""
    both = plants[0].astype(np.int64) * len(values[1]) + values[0]
    pair, at = np.unique(both, return_inverse=True)
    of_plant = pd.Series(plants[1][pair // len(values[1])], dtype=object)
    told = pd.Series(values[1][pair % len(values[1])], dtype=object)
    names = scope.names.of(dim, told, of_plant).astype(object).fillna(told)
    plain = [None if pd.isna(name) else str(name) for name in names]
    return words.codes(dim, plain)[at]
