"""Stops of machines and the time planned and run, out of one table."""

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from kpi.ingest.conventions import Desk
from kpi.ingest.dates import Floats
from kpi.ingest.facts import Facts
from kpi.ingest.families import one_row_per_stop
from kpi.ingest.making import gross
from kpi.ingest.numbers import Mask
from kpi.ingest.rows import NEARLY_ALL, Parts, any_number, rows_of, runs_of, say_unknown
from kpi.ingest.tables import build
from kpi.ingest.vocabulary import vocabulary
from kpi.texts import said, said_n


def stop_parts(facts: Facts, common: dict[str, Any], desk: Desk) -> Parts:
    """Running time and stops of a table, each where it has them."""
    out: Parts = {}
    times = any_number(common, ("planned_min", "run_min"), len(facts))
    if times.any():
        out["running_time"] = _running_time(facts, common, times, desk)
    if not _are_stops(facts, timed=bool(times.any()), desk=desk):
        return out
    values = dict(common)
    begun = facts.moments.get("start") if "start" in facts.timed else None
    ended = facts.moments.get("end") if "end" in facts.timed else None
    values["start"], values["end"] = begun, ended
    minutes = facts.numbers.get("minutes")
    if minutes is None:
        assert begun is not None and ended is not None
        values["minutes"] = (ended - begun) / np.timedelta64(60_000_000, "us")
        keep = ~np.isnat(begun)
    else:
        keep = ~np.isnan(minutes)
        if begun is not None:
            keep |= ~np.isnat(begun)
        if "making" in facts.mapping.domains or times.any():
            keep = _without_zeros(facts, keep, minutes, desk)
        if begun is not None and not facts.mapping.has("end"):
            span = (np.nan_to_num(minutes) * 60e6).round().astype("m8[us]")
            values["end"] = np.where(np.isnan(minutes), np.datetime64("NaT", "us"), begun + span)
    lasting = values["minutes"] if minutes is None else minutes
    keep = one_row_per_stop(facts, values, keep, lasting, desk)
    if "stop_class" in facts.texts:
        values["stop_class"] = _classes(facts, desk)
    if "stop_reason" in facts.texts:
        values["reason"] = facts.texts["stop_reason"]
    out["downtime"] = build("downtime", values, facts.grid, rows_of(keep, facts))
    return out


def _running_time(facts: Facts, common: dict[str, Any], times: Mask, desk: Desk) -> pa.Table:
    values = dict(common)
    made = gross(facts, None) if "qty_scrap" in facts.numbers else None
    if made is not None:
        values["qty_produced"] = made
    alone = desk.given.get("produced_repeats") == "each"  # each row is a report of its own
    if "reason" in facts.texts and not alone and not _runs_alone(facts):
        times = times & _first_of_run(facts)
    return build("running_time", values, facts.grid, rows_of(times, facts))


def _are_stops(facts: Facts, *, timed: bool, desk: Desk) -> bool:
    """Whether the rows record stops: they state minutes of their own, or begin and end."""
    minutes = facts.numbers.get("minutes")
    if minutes is not None:
        return not _is_difference(facts, minutes, desk)
    begins = "start" in facts.timed and "end" in facts.timed
    return begins and not timed and "making" not in facts.mapping.domains


def _is_difference(facts: Facts, minutes: Floats, desk: Desk) -> bool:
    """Whether the minutes are planned less running time, and so no record of their own."""
    planned, run = facts.numbers.get("planned_min"), facts.numbers.get("run_min")
    if planned is None or run is None:
        return False
    both = ~np.isnan(minutes) & ~np.isnan(planned) & ~np.isnan(run)
    equal = np.abs(planned - run - minutes)[both] <= 1.0
    if not both.any() or float(equal.mean()) <= NEARLY_ALL:
        return False
    desk.note(
        facts.grid.sheet,
        said(
            "{minutes} is {planned} less {run} on {equal} of {all} rows: it is kept as planned and "
            "running time, not as a second record of stops",
            minutes=repr(facts.heading("minutes")),
            planned=repr(facts.heading("planned_min")),
            run=repr(facts.heading("run_min")),
            equal=int(equal.sum()),
            all=int(both.sum()),
        ),
        facts.heading("minutes"),
    )
    return True


def _without_zeros(facts: Facts, keep: Mask, minutes: Floats, desk: Desk) -> Mask:
    """Rows of a combined table that took no time are no stops."""
    none = keep & (minutes == 0)
    if none.any():
        left_out = said_n(
            "{n} row with 0 minutes left out: no stop",
            "{n} rows with 0 minutes left out: no stops",
            n=int(none.sum()),
        )
        desk.note(facts.grid.sheet, left_out)
    return np.asarray(keep & ~none)


def _runs_alone(facts: Facts) -> bool:
    run, _ = runs_of(facts)
    return len(np.unique(run)) == len(run)


def _first_of_run(facts: Facts) -> Mask:
    """The first row of each run, where planned time repeats on its rows; else every row."""
    planned = facts.numbers.get("planned_min", facts.numbers.get("run_min"))
    assert planned is not None
    run, _ = runs_of(facts)
    _, first, inverse = np.unique(run, return_index=True, return_inverse=True)
    same = planned == planned[first][inverse]
    if float(same.mean()) < NEARLY_ALL:
        return np.ones(len(facts), bool)
    keep = np.zeros(len(facts), bool)
    keep[first] = True
    return keep


def _classes(facts: Facts, desk: Desk) -> pa.Array:
    """planned, unplanned or changeover per row; a yes/no column by what its heading asks."""
    words = vocabulary()
    encoded = pc.dictionary_encode(facts.texts["stop_class"])
    asks = (
        "unplanned"
        if "unplanned" in words.normalise(facts.heading("stop_class")).tokens
        else "planned"
    )
    other = "planned" if asks == "unplanned" else "unplanned"
    texts = encoded.dictionary.to_pylist()
    flags = len(texts) <= 2 and any(words.is_true(t) for t in texts)
    read = [(asks if words.is_true(t) else other) if flags else words.stop_class(t) for t in texts]
    if not flags:
        say_unknown(facts, "stop_class", words.stop_class, desk)
    return pa.array(read, pa.string()).take(encoded.indices)
