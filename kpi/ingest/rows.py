"""What the datasets of one table share: which rows count, runs, units."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from kpi.ingest.coded import codes_of
from kpi.ingest.conventions import Desk
from kpi.ingest.dates import Stamps
from kpi.ingest.facts import Facts
from kpi.ingest.numbers import Mask
from kpi.model import Severity
from kpi.texts import said, said_n

__all__ = ["codes_of"]

Rows = npt.NDArray[np.int64]
Parts = dict[str, pa.Table]

NEARLY_ALL: Final = 0.95
"""Share of groups (or rows) that must agree before the file is taken at its word."""

_MOST: Final = 1 << 62
"""Whole numbers up to here are combined without another look."""

_SMALL: Final = 1 << 16
"""Numbers up to here are told apart by a table of them."""

_EXPECTED: Final = {
    "status": said("open, delivered, cancelled or on hold"),
    "stop_class": said("planned, unplanned or changeover"),
}
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
    """A number per row that is equal for rows of one run, and whether an order names the runs.

    The numbers are those from 0 up, each in use.
    """
    keys = [n for n in _RUN_KEYS if n in facts.texts]
    day = facts.moments.get("at", facts.moments.get("date"))
    run, size = np.zeros(len(facts), np.int64), 1
    for codes in [*([] if day is None else [_day_codes(day)]), *_text_codes(facts, keys)]:
        count = int(codes.max(initial=-1)) + 2
        if size > _MOST // count:
            run = numbered(run, size)
            size = int(run.max(initial=-1)) + 1
        run *= count
        run += codes
        run += 1
        size *= count
    return numbered(run, size), "order" in keys


def _text_codes(facts: Facts, names: list[str]) -> Iterator[npt.NDArray[np.int64]]:
    return (codes_of(facts.texts.coded(name)) for name in names)


def _day_codes(moments: Stamps) -> npt.NDArray[np.int64]:
    """A number per moment, -1 where it is missing."""
    missing = np.isnat(moments)
    days = moments.astype("M8[D]").view(np.int64)
    if missing.all() or bool((moments != moments.astype("M8[D]"))[~missing].any()):
        codes = numbered(moments.view(np.int64), _MOST)
    else:
        codes = days - (days if not missing.any() else days[~missing]).min()
    codes[missing] = -1
    return codes


def numbered(values: npt.NDArray[np.int64], size: int) -> npt.NDArray[np.int64]:
    """Each value's number among the distinct ones; ``size`` is beyond all, none is below 0.

    Where ``size`` is far beyond the count, the values may be any.
    """
    if size > max(4 * len(values), _SMALL):
        return np.asarray(pa.array(values).dictionary_encode().indices.to_numpy(), np.int64)
    met = np.zeros(size, bool)
    met[values] = True
    return (np.cumsum(met) - 1)[values]


def say_unknown(facts: Facts, name: str, meaning: Callable[[str], str | None], desk: Desk) -> None:
    """Name the words of a column of statuses or classes that nothing is known of; they are left blank."""
    texts = facts.texts.get(name)
    if texts is None:
        return
    counts = pc.value_counts(texts.drop_null()).to_pylist()
    counts.sort(key=lambda c: -c["counts"])
    unknown = [c for c in counts if meaning(c["values"]) is None]
    if unknown:
        rows = sum(c["counts"] for c in unknown)
        desk.note(
            facts.grid.sheet,
            said_n(
                "{n} cell is not understood, and left blank: {words}",
                "{n} cells are not understood, and left blank: {words}",
                n=rows,
                words=[c["values"][:40] for c in unknown[:5]],
            ),
            facts.heading(name),
            severity=Severity.WARNING,
            expected=_EXPECTED[name],
        )
