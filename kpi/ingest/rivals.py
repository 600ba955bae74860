"""Several columns that may each give one field: told apart by their values, else asked."""

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np

from kpi.ingest.columns import Column
from kpi.ingest.concepts import concepts_of
from kpi.ingest.conventions import Desk
from kpi.ingest.grids import Grid
from kpi.ingest.vocabulary import Level, Match, vocabulary
from kpi.texts import said

_FIGURES: Final = {
    "qty_scrap": said("the scrapped quantity"),
    "qty_produced": said("the produced quantity"),
    "qty_good": said("the good quantity"),
    "minutes": said("the duration of the stops"),
}
_DAYS: Final = {
    "request_date": said("the day the customer asked for"),
    "promise_date": said("the promised day"),
    "delivered_on": said("the day of delivery"),
    "shipped_on": said("the day of shipment"),
}
_AGREE: Final = 0.99


def apart(grid: Grid, found: list[tuple[Match, ...]]) -> list[tuple[Match, ...]]:
    """In a list of deliveries that names the orders, too, a delivery is a shipment of its order."""
    orders = [i for i, ms in enumerate(found) if any(_is(m, "order") for m in ms)]
    sent = [
        i
        for i in orders
        if concepts_of(grid.columns[i].heading) & {"arrive", "leave"}
        and "order" not in concepts_of(grid.columns[i].heading)
        and not grid.columns[i].empty
    ]
    named = [i for i in orders if i not in sent and not grid.columns[i].empty]
    if not sent or not named:
        return found
    for i in sent:
        found[i] = (Match("delivery", "shipment", Level.EXACT),)
        after = i + 1
        twin = after < len(found) and any(
            grid.columns[j].named.key == grid.columns[after].named.key
            for j in range(len(found))
            if j != after
        )
        if twin and any(_is(m, "item") for m in found[after]):
            found[after] = ()
    return found


def _is(match: Match, field: str) -> bool:
    return (match.domain, match.field) == ("delivery", field)


def settle_rivals(
    grid: Grid, fields: dict[str, list[int]], lost: Mapping[str, Sequence[int]], desk: Desk
) -> None:
    """Decide, for every field that more than one column claims, which of them counts.

    ``fields`` holds the column that was taken, ``lost`` the others. Equal columns, and parts whose
    sum is the column taken, raise no question.
    """
    for name, others in lost.items():
        says = _FIGURES.get(name) or _DAYS.get(name)
        held = fields.get(name)
        if says is None or not held:
            continue
        taken = grid.columns[held[0]]
        rivals = [grid.columns[i] for i in others if not grid.columns[i].empty]
        rivals = [c for c in rivals if not _same(taken, c, dates=name in _DAYS)]
        if not rivals or (name in _FIGURES and _adds_up(taken, rivals)):
            continue
        answer = _asked(grid, name, says, [taken, *rivals], desk)
        named = {_name(c): grid.columns.index(c) for c in (taken, *rivals)}
        fields[name] = sorted(named.values()) if answer == "all" else [named[answer]]


def _asked(grid: Grid, name: str, says: str, columns: Sequence[Column], desk: Desk) -> str:
    listed = ", ".join(repr(_name(c)) for c in columns)
    options = [
        (
            _name(c),
            said("for example {samples}", samples=c.examples(3))
            if c.examples(3)
            else said("blank"),
        )
        for c in columns
    ]
    if name in _FIGURES:
        whole = any(m.level is Level.EXACT for m in vocabulary().lookup(columns[0].heading))
        place = len(options) if whole else 0
        options.insert(place, ("all", said("they are parts of one figure and add up")))
    return desk.ask(
        "field",
        grid.sheet,
        f"which:{name}",
        said(
            "Several columns may hold {what}: {columns}. Which one counts?",
            what=says,
            columns=listed,
        ),
        options,
        heading=_name(columns[0]),
        samples=columns[0].examples(),
    )


def _name(column: Column) -> str:
    return column.heading or column.letter


def _same(taken: Column, other: Column, *, dates: bool) -> bool:
    if dates:
        a, b = taken.as_moments("dmy").values, other.as_moments("dmy").values
        both = ~np.isnat(a) & ~np.isnat(b)
        return bool(both.any()) and float((a == b)[both].mean()) >= _AGREE
    x, y = taken.as_numbers().values, other.as_numbers().values
    there = ~np.isnan(x) & ~np.isnan(y)
    return bool(there.any()) and float(np.isclose(x, y)[there].mean()) >= _AGREE


def _adds_up(taken: Column, parts: Sequence[Column]) -> bool:
    """The column taken is the sum of the others."""
    total = taken.as_numbers().values
    sums = np.nansum(np.stack([c.as_numbers().values for c in parts]), axis=0)
    there = ~np.isnan(total)
    return bool(there.any()) and float(np.isclose(total, sums)[there].mean()) >= _AGREE
