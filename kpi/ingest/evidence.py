"""What the values prove about columns: sums that hold on every row, rates that can be recomputed."""

from collections.abc import Sequence

import numpy as np

from kpi.ingest.conventions import Desk
from kpi.ingest.facts import Facts
from kpi.ingest.grids import Grid
from kpi.ingest.headings import Assignment
from kpi.ingest.heads import UNREAD, role_of
from kpi.ingest.vocabulary import Match
from kpi.model import Severity
from kpi.texts import said

SUM_HOLDS = 0.99
"""Share of rows on which a sum must hold to prove what a column is."""


def prove_produced(grid: Grid, mapping: Assignment, desk: Desk) -> None:
    """Find the produced quantity by its sum: a free column that is good + scrap on every row."""
    if "making" not in mapping.domains or mapping.has("qty_produced"):
        return
    good, scrap = mapping.first("qty_good"), mapping.first("qty_scrap")
    if good is None or scrap is None:
        return
    target = grid.columns[good].as_numbers().values + grid.columns[scrap].as_numbers().values
    usable = ~np.isnan(target)
    if usable.sum() < 3 or len(np.unique(target[usable])) < 2:
        return
    for i, column in enumerate(grid.columns):
        if i in mapping.taken | mapping.shut or column.empty or column.shares["number"] < 0.9:
            continue
        values = column.as_numbers().values
        holds = np.isclose(values[usable], target[usable], rtol=1e-9, atol=1e-6)
        if float(holds.mean()) >= SUM_HOLDS:
            mapping.fields["qty_produced"] = [i]
            desk.note(
                grid.sheet,
                said(
                    "{heading} is the produced quantity: it equals {good} + {scrap} on {holds} of "
                    "{all} rows",
                    heading=repr(column.heading),
                    good=repr(grid.columns[good].heading),
                    scrap=repr(grid.columns[scrap].heading),
                    holds=int(holds.sum()),
                    all=int(usable.sum()),
                ),
                column.heading,
            )
            return


def drop_rates(facts: Facts, found: Sequence[tuple[Match, ...]], desk: Desk) -> None:
    """Check columns of rates against the parts they are made of; they are never read themselves."""
    numbers = facts.numbers
    made, scrap = numbers.get("qty_produced"), numbers.get("qty_scrap")
    stated = "qty_produced"
    if made is None and scrap is not None and "qty_good" in numbers:
        made, stated = numbers["qty_good"] + scrap, "qty_good"
    if made is None or scrap is None:
        return
    for column, matches in zip(facts.grid.columns, found, strict=True):
        tokens = column.named.tokens
        if role_of(column.heading).kind in UNREAD:
            continue
        if not any(m.field == "rate" for m in matches) or not tokens & {
            "scrap",
            "reject",
            "defect",
            "ausschussquote",
        }:
            continue
        values = column.as_numbers().values
        usable = (made > 0) & ~np.isnan(values) & ~np.isnan(scrap)
        if not usable.any():
            continue
        share = scrap[usable] / made[usable]
        scale = 100.0 if np.nanmax(np.abs(values[usable])) > 1.5 * max(share.max(), 1e-9) else 1.0
        digits = max((_digits(v) for v in values[usable][:200].tolist()), default=0)
        off = int((np.abs(values[usable] - share * scale) > 0.51 * 10.0**-digits + 1e-9).sum())
        if off:
            desk.note(
                facts.grid.sheet,
                said(
                    "{off} of {all} rows differ from {scrap} / {produced}",
                    off=off,
                    all=int(usable.sum()),
                    scrap=repr(facts.heading("qty_scrap")),
                    produced=repr(facts.heading(stated)),
                ),
                column.heading,
                severity=Severity.WARNING,
                expected=said("the rate of the row's own quantities"),
                advice=said("The rate is not read; it is computed from the quantities."),
            )


def _digits(value: float) -> int:
    """Decimal places a figure is printed with, at most six."""
    return next((d for d in range(7) if abs(value - round(value, d)) < 1e-9), 6)
