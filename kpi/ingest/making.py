"""Production and scrap out of one table: gross against good, repeated quantities counted once."""

from typing import Any

import numpy as np

from kpi.ingest.conventions import Desk
from kpi.ingest.dates import Floats
from kpi.ingest.facts import Facts
from kpi.ingest.numbers import Mask
from kpi.ingest.rows import (
    NEARLY_ALL,
    Parts,
    any_number,
    currency_of,
    rows_of,
    runs_of,
    unit_of_rows,
)
from kpi.ingest.tables import build
from kpi.texts import said, said_n


def making_parts(facts: Facts, common: dict[str, Any], desk: Desk) -> Parts:
    """Production and scrap of a table, each where it has quantities for it."""
    count = len(facts)
    values = dict(common)
    if "movement_type" in facts.texts:
        return _movements(facts, values)
    lost = _not_good(facts, desk)
    if lost is not None:
        facts.numbers["qty_scrap"] = values["qty_scrap"] = lost
    made = gross(facts, desk)
    out: Parts = {}
    if made is not None:
        values["qty_produced"] = made
        once = _counted_once(facts, made, desk)
        if once is None:
            once = np.ones(count, bool)
        elif "qty_produced" not in facts.numbers:
            made = values["qty_produced"] = _of_runs(facts, once)
        if "qty_scrap" in values or "cost" in values:
            values_made = {k: v for k, v in values.items() if k not in ("weight_kg",)}
        else:
            values_made = values
        out["production"] = build(
            "production",
            values_made
            | {
                "unit": unit_of_rows(facts, common, ("qty_produced", "qty_good", "qty_scrap")),
                "currency": currency_of(facts, common, "value"),
            },
            facts.grid,
            rows_of(~np.isnan(made) & once, facts),
        )
    scrapped = any_number(values, ("qty_scrap", "qty_rework", "cost"), count)
    if "qty_scrap" not in values and made is None:
        scrapped |= any_number(values, ("weight_kg",), count)
    if scrapped.any():
        out["scrap"] = build(
            "scrap",
            values
            | {
                "unit": unit_of_rows(facts, common, ("qty_scrap", "qty_produced")),
                "currency": currency_of(facts, common, "cost"),
            },
            facts.grid,
            rows_of(scrapped, facts),
        )
    return out


def _not_good(facts: Facts, desk: Desk) -> Floats | None:
    """Produced less good as scrap, where the file states both and no scrap, and the user says so."""
    made, good = facts.numbers.get("qty_produced"), facts.numbers.get("qty_good")
    if made is None or good is None or {"qty_scrap", "qty_rework"} & set(facts.numbers):
        return None
    both = facts.good & ~np.isnan(made) & ~np.isnan(good)
    less = np.where(both, made - good, np.nan)
    if not both.any() or (less[both] < 0).any() or not (less[both] > 0).any():
        return None
    answer = desk.ask(
        "field",
        facts.grid.sheet,
        "not_good",
        said("The file counts pieces produced and pieces good. Is the rest scrap?"),
        [
            (
                "scrap",
                said(
                    "{produced} less {good}: {pieces} in all",
                    produced=repr(facts.heading("qty_produced")),
                    good=repr(facts.heading("qty_good")),
                    pieces=float(np.nansum(less)),
                ),
            ),
            ("unknown", said("it may be reworked or open: no scrap is taken from this file")),
        ],
        heading=facts.heading("qty_good"),
    )
    return np.asarray(less) if answer == "scrap" else None


def _movements(facts: Facts, values: dict[str, Any]) -> Parts:
    """Scrap, and receipts from production, of a list of stock movements (signed by their type)."""
    kind = facts.numbers.get("movement_sign")
    assert kind is not None
    receipt = np.asarray(facts.numbers["movement_receipt"] != 0)
    scrap = np.asarray(kind != 0) & ~receipt
    out: Parts = {}
    signed = dict(values)
    for name in ("qty_scrap", "cost", "weight_kg"):
        if name in values:
            signed[name] = np.abs(values[name]) * kind
    units = {
        "unit": unit_of_rows(facts, values, ("qty_scrap",)),
        "currency": currency_of(facts, values, "cost"),
    }
    if scrap.any():
        out["scrap"] = build("scrap", signed | units, facts.grid, rows_of(scrap, facts))
    if facts.scrap_on_top:
        receipt |= scrap
    if receipt.any() and "qty_scrap" in signed:
        made = signed | units | {"qty_produced": signed["qty_scrap"], "weight_kg": None}
        out["production"] = build("production", made, facts.grid, rows_of(receipt, facts))
    return out


def gross(facts: Facts, desk: Desk | None) -> Floats | None:
    """Gross produced: as stated where the sums agree, else good + scrap + rework."""
    made, good = facts.numbers.get("qty_produced"), facts.numbers.get("qty_good")
    scrap, rework = facts.numbers.get("qty_scrap"), facts.numbers.get("qty_rework")
    if made is None and good is not None and scrap is not None:
        total = good + np.nan_to_num(scrap)
        if rework is not None:
            total = total + np.nan_to_num(rework)
        _say(
            desk,
            facts,
            said("produced is taken as good + scrap: the file has no column of its own for it")
            if rework is None
            else said(
                "produced is taken as good + scrap + rework: the file has no column of its own for it"
            ),
        )
        return np.asarray(total)
    if made is None or good is None or scrap is None:
        return made
    both = ~np.isnan(made) & ~np.isnan(good) & ~np.isnan(scrap)
    if not both.any():
        return made
    sums = good + scrap + (np.nan_to_num(rework) if rework is not None else 0)
    agree = np.isclose(made[both], sums[both], rtol=1e-9, atol=1e-6) | np.isclose(
        made[both], (good + scrap)[both], rtol=1e-9, atol=1e-6
    )
    net = np.isclose(made[both], good[both], rtol=1e-9, atol=1e-6) & (scrap[both] > 0)
    if float(net.sum()) > NEARLY_ALL * max(int((scrap[both] > 0).sum()), 1) and net.any():
        _say(
            desk,
            facts,
            said(
                "{heading} equals the good quantity, so produced is taken as good + scrap",
                heading=repr(facts.heading("qty_produced")),
            ),
        )
        return np.asarray(np.where(both, sums, made))
    if not agree.all():
        _say(
            desk,
            facts,
            said_n(
                "{n} row where {heading} is not good + scrap; produced is taken as stated",
                "{n} rows where {heading} is not good + scrap; produced is taken as stated",
                n=int((~agree).sum()),
                heading=repr(facts.heading("qty_produced")),
            ),
            facts.heading("qty_produced"),
        )
    return made


def _say(desk: Desk | None, facts: Facts, text: str, heading: str | None = None) -> None:
    if desk is not None:
        desk.note(facts.grid.sheet, text, heading)


def _of_runs(facts: Facts, once: Mask) -> Floats:
    """Good of the run's one row plus scrap and rework of all its rows."""
    run, _ = runs_of(facts)
    lost = np.nan_to_num(facts.numbers["qty_scrap"])
    if "qty_rework" in facts.numbers:
        lost = lost + np.nan_to_num(facts.numbers["qty_rework"])
    sums = np.bincount(run, weights=np.where(facts.good, lost, 0.0))[run]
    return np.asarray(np.where(once, facts.numbers["qty_good"] + sums, np.nan))


def _counted_once(facts: Facts, made: Floats, desk: Desk) -> Mask | None:
    """The one row per run whose produced quantity counts, where it repeats on reason rows.

    ``None`` where every row counts. Where the file states good pieces only, these repeat.
    """
    every = None
    if "reason" not in facts.texts or "qty_scrap" not in facts.numbers:
        return every
    if desk.given.get("produced_repeats") == "each":  # each row is a report of its own
        return every
    stated = "qty_produced" if "qty_produced" in facts.numbers else "qty_good"
    made = made if stated == "qty_produced" else facts.numbers[stated]
    run, named = runs_of(facts)
    usable = np.flatnonzero(facts.good & ~np.isnan(made))
    if len(usable) == 0 or int(run.max()) + 1 == len(run):  # every row is a run of its own
        return every
    order = usable[np.argsort(run[usable], kind="stable")]
    starts = np.flatnonzero(np.r_[True, np.diff(run[order]) != 0])
    sizes = np.diff(np.r_[starts, len(order)])
    low, high = (f.reduceat(made[order], starts) for f in (np.minimum, np.maximum))
    several = sizes > 1
    if not several.any():
        return every
    few = several.sum() < 3
    same = float((low[several] == high[several]).mean())
    _, counts = np.unique(made[usable], return_counts=True)
    chance = float(((counts / len(usable)) ** 2).sum())
    if same < 0.5 or (same < NEARLY_ALL and not named and same <= chance * 1.5):
        return every
    if few and same < 1:
        return every
    groups = said_n(
        "{share} % of {n} run with several rows",
        "{share} % of {n} runs with several rows",
        n=int(several.sum()),
        share=round(same * 100),
    )
    if few or same < NEARLY_ALL or chance > 0.5:
        answer = desk.ask(
            "field",
            facts.grid.sheet,
            "produced_repeats",
            said(
                "Does {heading} repeat on every reason row of a run?",
                heading=repr(facts.heading(stated)),
            ),
            [
                ("once", said("it is the same on {groups}", groups=groups)),
                ("each", said("every row is a run of its own")),
            ],
            heading=facts.heading(stated),
        )
        if answer == "each":
            return every
    keep = np.zeros(len(facts), bool)
    keep[order[starts]] = True
    keep |= np.isnan(made)
    desk.decided["produced_repeats"] = "once"
    desk.note(
        facts.grid.sheet,
        said(
            "{heading} is the same on {groups}: it is counted once per run, not once per reason",
            heading=repr(facts.heading(stated)),
            groups=groups,
        ),
        facts.heading(stated),
    )
    return keep
