"""Measured values out of one table: each with its characteristic, limits and sample."""

from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from kpi.ingest.conventions import Desk
from kpi.ingest.dates import Floats
from kpi.ingest.facts import Facts
from kpi.ingest.measuring_words import LIMITS, STATISTICS
from kpi.ingest.rows import Parts, codes_of, rows_of
from kpi.ingest.tables import build
from kpi.model import Severity
from kpi.texts import said, said_n

_MOST: Final = 0.9
"""Share of rows that must agree before limits are taken for distances from the nominal."""


def measured_parts(facts: Facts, common: Mapping[str, Any], desk: Desk) -> Parts:
    """The measured values of a table, one row per value."""
    value = facts.numbers.get("value")
    name = facts.texts.get("characteristic")
    if value is None or name is None:
        return {}
    heading = facts.heading("value")
    filled = facts.grid.columns[facts.mapping.fields["value"][0]].filled
    facts.reject(filled & np.isnan(value), said("the measured value is not a number"), heading)
    missing = np.asarray(name.is_null().to_numpy(zero_copy_only=False))
    facts.reject(filled & missing, said("no characteristic"), facts.heading("characteristic"))
    _say_blank(facts, filled, desk)
    values = dict(common)
    values |= _limits(facts, value, codes_of(name), desk)
    if "at" not in values and "date" in facts.timed:
        values["at"] = facts.moments["date"]
    if "unit" not in facts.texts and (unit := facts.units.get("value")):
        values["unit"] = unit
    return {
        "measurement": build("measurement", values, facts.grid, rows_of(~np.isnan(value), facts))
    }


def _say_blank(facts: Facts, filled: Any, desk: Desk) -> None:
    blank = int((facts.good & ~filled).sum())
    if blank:
        desk.note(
            facts.grid.sheet,
            said_n(
                "{n} row has no measured value: it is left out",
                "{n} rows have no measured value: they are left out",
                blank,
            ),
            facts.heading("value"),
            severity=Severity.WARNING,
            expected=said("a measured value on every row"),
        )


def _limits(facts: Facts, value: Floats, of: np.ndarray, desk: Desk) -> dict[str, Floats | None]:
    """Lower and upper limit and nominal of every row, as far as the table states them."""
    held: dict[str, Floats | None] = {n: facts.numbers.get(n) for n in LIMITS}
    for name in ("lsl", "usl"):
        if held[name] is not None and _are_statistics(facts, name, of):
            held[name] = None
            desk.note(
                facts.grid.sheet,
                said("it changes from row to row as a smallest or largest value does: no limit"),
                facts.heading(name),
            )
    nominal = held["target"]
    if nominal is not None:
        held |= _from_tolerances(facts, nominal, desk)
        held |= _from_distances(facts, held, value, desk)
    low, high = held["lsl"], held["usl"]
    if low is not None and high is not None and (crossed := low > high).any():
        desk.note(
            facts.grid.sheet,
            said_n(
                "{n} row has a lower limit above the upper one: its limits are left out",
                "{n} rows have a lower limit above the upper one: their limits are left out",
                int(crossed.sum()),
            ),
            facts.heading("lsl"),
            severity=Severity.WARNING,
            expected=said("a lower limit below the upper one"),
        )
        held["lsl"], held["usl"] = (np.where(crossed, np.nan, v) for v in (low, high))
    return held


def _are_statistics(facts: Facts, name: str, of: np.ndarray) -> bool:
    """Whether a column called only "Min" or "Max" holds statistics: limits stay the same."""
    column = facts.grid.columns[facts.mapping.fields[name][0]]
    if column.named.key not in STATISTICS or "target" in facts.numbers:
        return False
    figures = facts.numbers[name]
    there = ~np.isnan(figures)
    pairs = len(np.unique(np.stack([of[there].astype(float), figures[there]]), axis=1).T)
    kinds = len(np.unique(of[there]))
    return pairs > 2 * kinds


def _from_tolerances(facts: Facts, nominal: Floats, desk: Desk) -> dict[str, Floats | None]:
    """Limits of a nominal and its tolerances; a lower one without a sign is asked, unless both are equal."""
    out: dict[str, Floats | None] = {}
    up, down = facts.numbers.get("tol_plus"), facts.numbers.get("tol_minus")
    if up is not None:
        out["usl"] = nominal + up
    if down is None:
        return out
    unsigned = bool((down[~np.isnan(down)] > 0).any())
    below = True
    if unsigned and not (
        up is not None and np.array_equal(np.abs(up), np.abs(down), equal_nan=True)
    ):
        below = (
            desk.ask(
                "convention",
                facts.grid.sheet,
                "tolerance",
                said("Does the lower tolerance lie below the nominal value?"),
                [
                    ("below", said("it is printed without its sign")),
                    ("signed", said("a lower tolerance above 0 lies above the nominal value")),
                ],
                heading=facts.heading("tol_minus"),
                samples=facts.grid.columns[facts.mapping.fields["tol_minus"][0]].examples(),
            )
            == "below"
        )
    out["lsl"] = nominal - np.abs(down) if unsigned and below else nominal + down
    return out


def _from_distances(
    facts: Facts, held: Mapping[str, Floats | None], value: Floats, desk: Desk
) -> dict[str, Floats | None]:
    """Limits where the columns of limits hold distances from the nominal: their values say so."""
    low, high, nominal = held["lsl"], held["usl"], held["target"]
    if low is None or high is None or nominal is None:
        return {}
    all_there = ~(np.isnan(low) | np.isnan(high) | np.isnan(nominal) | np.isnan(value))
    inside = (low <= nominal) & (nominal <= high)
    if not all_there.any() or inside[all_there].mean() > 1 - _MOST:
        return {}
    around = (nominal + low <= nominal) & (nominal <= nominal + high)
    near = np.abs(value - nominal) < np.minimum(np.abs(value - low), np.abs(value - high))
    if (around & near)[all_there].mean() < _MOST:
        return {}
    desk.note(
        facts.grid.sheet,
        said("the limits are distances from the nominal value, and are added to it"),
        facts.heading("lsl"),
    )
    return {"lsl": nominal + low, "usl": nominal + high}
