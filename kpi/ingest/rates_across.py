"""Percentages beside the quantities they are made of: checked against them, then left out."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from kpi.ingest.across import Head
from kpi.ingest.agreeing import RowKinds
from kpi.ingest.conventions import Desk
from kpi.ingest.dates import Floats
from kpi.ingest.grids import Grid
from kpi.ingest.heads import (
    MEASURE,
    RATE,
    split_words,
    words_of,
)
from kpi.ingest.numbers import Mask
from kpi.ingest.vocabulary import unit_of
from kpi.model import Severity
from kpi.texts import said

_LISTED: Final = 20
"""Differences of one column named one by one."""


def check_rate_columns(grid: Grid, slots: Sequence[Sequence[Head]], desk: Desk) -> frozenset[int]:
    """Columns of percentages beside the quantities they are made of, checked; their places."""
    drop: set[int] = set()
    for heads in slots:
        rates = [h for h in heads if h.role.kind == RATE and h.role.field in (None, "qty_scrap")]
        made, lost = (_measured(grid, heads, f) for f in ("qty_produced", "qty_scrap"))
        good = _measured(grid, heads, "qty_good")
        if made is None and good is not None and lost is not None:
            made = good + np.nan_to_num(lost)
        if made is None or lost is None:
            continue
        for head in rates:
            if head.role.field is None and not _bare(head.role.text):
                continue
            drop.add(head.index)
            values = grid.columns[head.index].as_numbers().values
            for row, want in _off(values, made, lost):
                _rate_differs(grid, head.index, row, float(values[row]), want, desk)
    return frozenset(drop)


def check_rate_rows(
    grid: Grid,
    wide: Sequence[Head],
    kinds: RowKinds,
    keys: Sequence[Sequence[object]],
    desk: Desk,
) -> Mask:
    """Rows of percentages beside the rows of quantities they are made of, checked; which they are."""
    gone = np.zeros(len(grid), bool)
    groups: dict[tuple[object, ...], dict[str, int]] = {}
    for row, role in enumerate(kinds.roles):
        if role is not None and role.kind != RATE and role.field is not None:
            groups.setdefault(_key(keys, row), {}).setdefault(role.field, row)
    for row, role in enumerate(kinds.roles):
        if role is None or role.kind != RATE or role.field not in (None, "qty_scrap"):
            continue
        if role.field is None and not _bare(role.text):
            continue
        here = groups.get(_key(keys, row), {})
        if not {"qty_produced", "qty_scrap"} <= set(here):
            continue
        gone[row] = True
        cells = {
            name: np.array([grid.columns[h.index].as_numbers().values[at] for h in wide])
            for name, at in (
                ("rate", row),
                ("made", here["qty_produced"]),
                ("lost", here["qty_scrap"]),
            )
        }
        for place, want in _off(cells["rate"], cells["made"], cells["lost"]):
            index = wide[place].index
            _rate_differs(grid, index, row, float(cells["rate"][place]), want, desk)
    return gone


def _key(keys: Sequence[Sequence[object]], row: int) -> tuple[object, ...]:
    """The labels of a row; its unit is none of them, a rate and its parts have different ones."""
    return tuple(k[row] for k in keys if not _units(k))


def _units(texts: Sequence[object]) -> bool:
    known = {t for t in texts if t is not None}
    return all(isinstance(t, str) and (t == "%" or unit_of(t) is not None) for t in known)


def _bare(text: str) -> bool:
    """A heading that says "share" and not of what."""
    words = set(split_words(text))
    return bool(words) and words <= words_of("rate_words") - {"ppm"}


def _measured(grid: Grid, heads: Sequence[Head], field: str) -> Floats | None:
    index = next((h.index for h in heads if h.role.kind == MEASURE and h.role.field == field), None)
    return None if index is None else grid.columns[index].as_numbers().values


def _off(values: Floats, made: Floats, lost: Floats) -> list[tuple[int, float]]:
    """Places where a percentage is not that of its quantities, with what they make (in percent)."""
    usable = (made > 0) & ~np.isnan(values) & ~np.isnan(lost)
    if not usable.any():
        return []
    share = np.divide(lost, made, out=np.zeros(len(values)), where=usable)
    scale = (
        100.0 if np.nanmax(np.abs(values[usable])) > 1.5 * max(share[usable].max(), 1e-9) else 1.0
    )
    digits = max((digits_of(v) for v in values[usable].tolist()), default=0)
    off = usable & (np.abs(values - share * scale) > 0.51 * 10.0**-digits + 1e-9)
    return [(int(i), float(share[i] * 100)) for i in np.flatnonzero(off)[:_LISTED]]


def digits_of(value: float) -> int:
    """Decimal places a figure is printed with, at most six."""
    return next((d for d in range(7) if abs(value - round(value, d)) < 1e-9), 6)


def _rate_differs(grid: Grid, index: int, row: int, says: float, want: float, desk: Desk) -> None:
    heading = grid.columns[index].heading
    desk.note(
        grid.sheets[row].as_py(),
        said(
            "the percentage says {says}, the quantities beside it make {want} %",
            says=says,
            want=round(want, 4),
        ),
        heading,
        severity=Severity.WARNING,
        row=int(grid.rows[row]),
        expected=said("the rate of the quantities beside it"),
        advice=said("The rate is not read; it is computed from the quantities."),
    )
