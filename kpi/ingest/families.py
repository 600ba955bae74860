"""One stop on several rows: a family mould or a line that makes several products stops once.

Rows of one machine with one start and one duration (or whose durations add up to the span from
start to end), one reason and different products or orders, are one stop; which of both is asked.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from kpi.ingest.conventions import Desk
from kpi.ingest.dates import Floats
from kpi.ingest.facts import Facts
from kpi.ingest.numbers import Mask
from kpi.ingest.rows import codes_of
from kpi.texts import said, said_n

_PLACE: Final = ("plant", "line", "machine", "reason")
_MADE: Final = ("product", "order", "customer")
_MINUTE: Final = np.timedelta64(60_000_000, "us")


def one_row_per_stop(
    facts: Facts, values: dict[str, Any], keep: Mask, minutes: Floats, desk: Desk
) -> Mask:
    """The rows to keep, where several tell one stop; its products are joined in the row that stays.

    ``values`` is changed in place: minutes, product and order of the rows that stay.
    """
    begun = facts.moments.get("start")
    made = [n for n in _MADE if n in facts.texts]
    if begun is None or "start" not in facts.timed or not made:
        return keep
    if not {"machine", "line"} & set(facts.texts):
        return keep
    groups = _groups(facts, begun, keep)
    same = [g for g in groups if _same(minutes[g]) and _differ(facts, made, g)]
    shared = [
        g for g in groups if not _same(minutes[g]) and _differ(facts, made, g)
        and _fills(facts, begun, minutes, g)
    ]  # fmt: skip
    again = [g for g in same if _fills(facts, begun, minutes, g)]
    same = [g for g in same if not any(np.array_equal(g, a) for a in again)]
    out = keep.copy()
    if same and _once(facts, same, minutes, desk):
        _merge(values, made, same, out)
    split = [*shared, *again]
    if split and _split(facts, split, desk):
        sums = np.array(minutes)
        for group in split:
            sums[group[0]] = np.nansum(minutes[group])
        values["minutes"] = sums
        _merge(values, made, split, out)
    return out


def _groups(facts: Facts, begun: Any, keep: Mask) -> list[npt.NDArray[np.intp]]:
    """Rows of one place, reason and start, two or more."""
    key = np.zeros(len(facts), np.int64)
    parts = [codes_of(facts.texts[n]) for n in _PLACE if n in facts.texts]
    parts.append(np.unique(begun, return_inverse=True)[1].astype(np.int64))
    if "end" in facts.timed:
        parts.append(np.unique(facts.moments["end"], return_inverse=True)[1].astype(np.int64))
    for part in parts:
        _, key = np.unique(key * (int(part.max(initial=0)) + 2) + part + 1, return_inverse=True)
    usable = np.flatnonzero(keep & facts.good & ~np.isnat(begun))
    order = usable[np.argsort(key[usable], kind="stable")]
    if len(order) < 2:
        return []
    cuts = np.flatnonzero(np.diff(key[order]) != 0) + 1
    return [g for g in np.split(order, cuts) if len(g) > 1]


def _same(minutes: Floats) -> bool:
    return bool(np.allclose(minutes, minutes[0], rtol=0, atol=1e-6, equal_nan=True))


def _differ(facts: Facts, made: Sequence[str], group: npt.NDArray[np.intp]) -> bool:
    """Every row is of another product or order; equal rows are doubled ones, told elsewhere."""
    take = pa.array(group)
    marks = list(zip(*(facts.texts[n].take(take).to_pylist() for n in made), strict=True))
    return len(set(marks)) == len(marks)


def _fills(facts: Facts, begun: Any, minutes: Floats, group: npt.NDArray[np.intp]) -> bool:
    """The rows' minutes add up to the time from the start to the end they share."""
    if "end" not in facts.timed or np.isnan(minutes[group]).any():
        return False
    span = float((facts.moments["end"][group[0]] - begun[group[0]]) / _MINUTE)
    return span > 0 and abs(float(minutes[group].sum()) - span) <= 1.0


def _once(facts: Facts, groups: list[npt.NDArray[np.intp]], minutes: Floats, desk: Desk) -> bool:
    rows = sum(len(g) for g in groups)
    less = sum(float(np.nansum(minutes[g[1:]])) for g in groups)
    answer = desk.ask(
        "field",
        facts.grid.sheet,
        "stops_repeat",
        said_n(
            "{rows} rows tell {n} stop: one machine, one start, one duration, several products. "
            "How are they counted?",
            "{rows} rows tell {n} stops: one machine, one start, one duration, several products. "
            "How are they counted?",
            n=len(groups),
            rows=rows,
        ),
        [
            ("once", said("each stop once: {minutes} minutes less", minutes=round(less, 2))),
            ("each", said("each row is a stop of its own")),
        ],
    )
    return answer == "once"


def _split(facts: Facts, groups: list[npt.NDArray[np.intp]], desk: Desk) -> bool:
    answer = desk.ask(
        "field",
        facts.grid.sheet,
        "stops_split",
        said_n(
            "The minutes of {n} stop are shared out over {rows} rows of several products. How are "
            "they counted?",
            "The minutes of {n} stops are shared out over {rows} rows of several products. How are "
            "they counted?",
            n=len(groups),
            rows=sum(len(g) for g in groups),
        ),
        [
            ("once", said("each stop once, with the minutes of all its rows")),
            ("each", said("each row is a stop of its own")),
        ],
    )
    return answer == "once"


def _merge(
    values: dict[str, Any], made: Sequence[str], groups: list[npt.NDArray[np.intp]], keep: Mask
) -> None:
    """The first row of each group stays, with the products of all of them."""
    texts = {n: _listed(values, n) for n in made}
    for group in groups:
        keep[group[1:]] = False
        for listed in texts.values():
            joined = dict.fromkeys(t for i in group.tolist() if (t := listed[i]) is not None)
            listed[group[0]] = " + ".join(joined) or None
    for name, listed in texts.items():
        values[name] = pa.array(listed, pa.string())


def _listed(values: Mapping[str, Any], name: str) -> list[str | None]:
    found: list[str | None] = values[name].to_pylist()
    return found
