"""One table to its datasets: production beside scrap, stops beside running time, orders beside shipments."""

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from kpi.datasets import DATASETS
from kpi.ingest.conventions import Desk
from kpi.ingest.dates import Floats
from kpi.ingest.facts import Facts
from kpi.ingest.headings import ACTUAL, DUE
from kpi.ingest.numbers import Mask
from kpi.ingest.tables import build
from kpi.ingest.vocabulary import vocabulary

Rows = npt.NDArray[np.int64]
Parts = dict[str, pa.Table]

NEARLY_ALL: Final = 0.95
"""Share of groups (or rows) that must agree before the file is taken at its word."""

_RUN_KEYS: Final = ("order", "line", "machine", "shift", "product", "plant", "customer")


def split(facts: Facts, desk: Desk) -> Parts:
    """The canonical tables of one table's facts; rows that have nothing to say to one are left out."""
    common = _common(facts, desk)
    out: Parts = {}
    domains = facts.mapping.domains
    if "delivery" in domains:
        out |= _delivery(facts, common, desk)
    if "making" in domains:
        out |= _making(facts, common, desk)
    if "downtime" in domains or "minutes" in facts.numbers:
        out |= _downtime(facts, common, desk)
    out |= _names(facts)
    return {name: table for name, table in out.items() if table.num_rows}


def _common(facts: Facts, desk: Desk) -> dict[str, Any]:
    """The columns any dataset may take as they are: texts, numbers, moments, the plant."""
    common: dict[str, Any] = {**facts.texts, **facts.numbers, **facts.moments}
    if "at" in common and "at" not in facts.timed:
        del common["at"]
    plant = facts.texts.get("plant")
    fallback = plant_of(facts, desk)
    common["plant"] = pc.fill_null(plant, fallback) if plant is not None else fallback
    return common


def plant_of(facts: Facts, desk: Desk) -> str:
    """The plant of rows that do not say theirs: remembered, the only known one, else asked."""
    stated = facts.texts.get("plant")
    if stated is not None and stated.null_count == 0:
        return desk.context.default_plant
    return fallback_plant(desk)


def fallback_plant(desk: Desk) -> str:
    """The plant of a file that does not say its own."""
    known = list(dict.fromkeys(desk.context.known_plants))
    if desk.memory is not None and desk.memory.plant:
        return desk.memory.plant
    if len(known) > 1:
        return desk.ask(
            "plant",
            "",
            "plant",
            "Which plant is this file from?",
            [(p, "has data already") for p in known],
        )
    return known[0] if known else desk.context.default_plant


def _rows(keep: Mask, facts: Facts) -> Rows:
    return np.flatnonzero(keep & facts.good)


def _any_number(values: Mapping[str, Any], names: tuple[str, ...], count: int) -> Mask:
    out = np.zeros(count, bool)
    for name in names:
        if isinstance(values.get(name), np.ndarray):
            out |= ~np.isnan(values[name])
    return out


def _unit(facts: Facts, common: dict[str, Any], names: tuple[str, ...]) -> Any:
    if "unit" in common:
        return common["unit"]
    return next((facts.units[n] for n in names if n in facts.units), None)


def _currency(facts: Facts, common: dict[str, Any], name: str) -> Any:
    if "currency" in common:
        return common["currency"]
    return facts.units.get(name)


def _making(facts: Facts, common: dict[str, Any], desk: Desk) -> Parts:
    count = len(facts)
    values = dict(common)
    if "movement_type" in facts.texts:
        return _movements(facts, values)
    made = _gross(facts, desk)
    out: Parts = {}
    if made is not None:
        values["qty_produced"] = made
        once = _counted_once(facts, made, desk)
        if "qty_scrap" in values or "cost" in values:
            values_made = {k: v for k, v in values.items() if k not in ("weight_kg",)}
        else:
            values_made = values
        out["production"] = build(
            "production",
            values_made
            | {
                "unit": _unit(facts, common, ("qty_produced", "qty_good", "qty_scrap")),
                "currency": _currency(facts, common, "value"),
            },
            facts.grid,
            _rows(~np.isnan(made) & once, facts),
        )
    scrapped = _any_number(values, ("qty_scrap", "qty_rework", "cost"), count)
    if "qty_scrap" not in values and made is None:
        scrapped |= _any_number(values, ("weight_kg",), count)
    if scrapped.any():
        out["scrap"] = build(
            "scrap",
            values
            | {
                "unit": _unit(facts, common, ("qty_scrap", "qty_produced")),
                "currency": _currency(facts, common, "cost"),
            },
            facts.grid,
            _rows(scrapped, facts),
        )
    return out


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
        "unit": _unit(facts, values, ("qty_scrap",)),
        "currency": _currency(facts, values, "cost"),
    }
    if scrap.any():
        out["scrap"] = build("scrap", signed | units, facts.grid, _rows(scrap, facts))
    if receipt.any():
        made = signed | units | {"qty_produced": signed["qty_scrap"], "weight_kg": None}
        out["production"] = build("production", made, facts.grid, _rows(receipt, facts))
    return out


def _gross(facts: Facts, desk: Desk) -> Floats | None:
    """Gross produced: as stated where the sums agree, else good + scrap + rework."""
    made, good = facts.numbers.get("qty_produced"), facts.numbers.get("qty_good")
    scrap, rework = facts.numbers.get("qty_scrap"), facts.numbers.get("qty_rework")
    if made is None and good is not None and scrap is not None:
        desk.decided["produced"] = "good + scrap"
        total = good + np.nan_to_num(scrap)
        if rework is not None:
            total = total + np.nan_to_num(rework)
        desk.note(
            facts.grid.sheet,
            "produced is taken as good + scrap"
            + (" + rework" if rework is not None else "")
            + ": the file has no column of its own for it",
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
        desk.note(
            facts.grid.sheet,
            f"{facts.heading('qty_produced')!r} equals the good quantity, so produced is taken as "
            "good + scrap",
        )
        return np.asarray(np.where(both, sums, made))
    if not agree.all():
        desk.note(
            facts.grid.sheet,
            f"{int((~agree).sum())} rows where {facts.heading('qty_produced')!r} is not good + scrap"
            "; produced is taken as stated",
            facts.heading("qty_produced"),
        )
    return made


def _counted_once(facts: Facts, made: Floats, desk: Desk) -> Mask:
    """Rows whose produced quantity counts: all, or one per run where it repeats on reason rows."""
    every = np.ones(len(facts), bool)
    if "reason" not in facts.texts or "qty_scrap" not in facts.numbers:
        return every
    run, named = _runs(facts)
    usable = np.flatnonzero(facts.good & ~np.isnan(made))
    if len(usable) == 0:
        return every
    order = usable[np.argsort(run[usable], kind="stable")]
    starts = np.flatnonzero(np.r_[True, np.diff(run[order]) != 0])
    sizes = np.diff(np.r_[starts, len(order)])
    low, high = (f.reduceat(made[order], starts) for f in (np.minimum, np.maximum))
    several = sizes > 1
    if several.sum() < 3:
        return every
    same = float((low[several] == high[several]).mean())
    _, counts = np.unique(made[usable], return_counts=True)
    chance = float(((counts / len(usable)) ** 2).sum())
    if same < 0.5 or (same < NEARLY_ALL and not named and same <= chance * 1.5):
        return every
    groups = f"{round(same * 100)} % of {int(several.sum())} runs with several rows"
    if same < NEARLY_ALL or chance > 0.5:
        answer = desk.ask(
            "field",
            facts.grid.sheet,
            "produced_repeats",
            f"Does {facts.heading('qty_produced')!r} repeat on every reason row of a run?",
            [
                ("once", f"it is the same on {groups}"),
                ("each", "every row is a run of its own"),
            ],
            heading=facts.heading("qty_produced"),
        )
        if answer == "each":
            return every
    keep = np.zeros(len(facts), bool)
    keep[order[starts]] = True
    keep |= np.isnan(made)
    desk.decided["produced_repeats"] = "once"
    desk.note(
        facts.grid.sheet,
        f"{facts.heading('qty_produced')!r} is the same on {groups}: it is counted once per run, "
        "not once per reason",
        facts.heading("qty_produced"),
    )
    return keep


def _runs(facts: Facts) -> tuple[npt.NDArray[np.int64], bool]:
    """A number per row that is equal for rows of one run, and whether an order names the runs."""
    keys = [n for n in _RUN_KEYS if n in facts.texts]
    day = facts.moments.get("at", facts.moments.get("date"))
    parts: list[npt.NDArray[np.int64]] = []
    if day is not None:
        parts.append(np.unique(day.view(np.int64), return_inverse=True)[1])
    parts += [codes_of(facts.texts[name]) for name in keys]
    run = np.zeros(len(facts), np.int64)
    for part in parts:
        _, run = np.unique(run * (int(part.max(initial=0)) + 2) + part + 1, return_inverse=True)
    return run.astype(np.int64), "order" in keys


def codes_of(texts: Any) -> npt.NDArray[np.int64]:
    """A number per text, -1 where it is missing."""
    array = texts.combine_chunks() if isinstance(texts, pa.ChunkedArray) else texts
    encoded = pc.dictionary_encode(array)
    return np.asarray(pc.fill_null(encoded.indices, -1).to_numpy(zero_copy_only=False), np.int64)


def _downtime(facts: Facts, common: dict[str, Any], desk: Desk) -> Parts:
    out: Parts = {}
    count = len(facts)
    planned, run = facts.numbers.get("planned_min"), facts.numbers.get("run_min")
    times = _any_number(common, ("planned_min", "run_min"), count)
    if times.any():
        values = dict(common)
        made = _gross(facts, Desk(desk.context)) if "qty_scrap" in facts.numbers else None
        if made is not None:
            values["qty_produced"] = made
        if "reason" not in facts.texts or _runs_alone(facts):
            keep = times
        else:
            keep = times & _first_of_run(facts)
        out["running_time"] = build("running_time", values, facts.grid, _rows(keep, facts))
    minutes = facts.numbers.get("minutes")
    stated = minutes is not None
    if minutes is not None and planned is not None and run is not None:
        both = ~np.isnan(minutes) & ~np.isnan(planned) & ~np.isnan(run)
        equal = np.abs(planned - run - minutes)[both] <= 1.0
        if both.any() and float(equal.mean()) > NEARLY_ALL:
            desk.note(
                facts.grid.sheet,
                f"{facts.heading('minutes')!r} is {facts.heading('planned_min')!r} less "
                f"{facts.heading('run_min')!r} on {int(equal.sum())} of {int(both.sum())} rows: it is "
                "kept as planned and running time, not as a second record of stops",
                facts.heading("minutes"),
            )
            return out
    begun, ended = facts.moments.get("start"), facts.moments.get("end")
    if not stated and (begun is None or ended is None or "making" in facts.mapping.domains):
        return out
    if times.any() and not stated:
        return out
    values = dict(common)
    if begun is not None and "start" not in facts.timed:
        begun = None
    if ended is not None and "end" not in facts.timed:
        ended = None
    values["start"], values["end"] = begun, ended
    keep = np.ones(count, bool)
    if minutes is None:
        assert begun is not None and ended is not None
        minutes = (ended - begun) / np.timedelta64(60_000_000, "us")
        keep = ~np.isnat(begun)
    else:
        keep = ~np.isnan(minutes)
        if begun is not None:
            keep |= ~np.isnat(begun)
        if "making" in facts.mapping.domains or times.any():
            none = keep & (minutes == 0)
            if none.any():
                keep &= ~none
                desk.note(facts.grid.sheet, f"{int(none.sum())} rows with 0 minutes are no stops")
        if begun is not None and ended is None:
            span = np.nan_to_num(minutes) * 60e6
            after = begun + span.round().astype("m8[us]")
            values["end"] = np.where(np.isnan(minutes), np.datetime64("NaT", "us"), after)
    values["minutes"] = minutes
    if "stop_class" in facts.texts:
        values["stop_class"] = _classes(facts)
    out["downtime"] = build("downtime", values, facts.grid, _rows(keep, facts))
    return out


def _runs_alone(facts: Facts) -> bool:
    run, _ = _runs(facts)
    return len(np.unique(run)) == len(run)


def _first_of_run(facts: Facts) -> Mask:
    """The first row of each run, where planned time repeats on its rows; else every row."""
    planned = facts.numbers.get("planned_min", facts.numbers.get("run_min"))
    assert planned is not None
    run, _ = _runs(facts)
    _, first, inverse = np.unique(run, return_index=True, return_inverse=True)
    same = planned == planned[first][inverse]
    if float(same.mean()) < NEARLY_ALL:
        return np.ones(len(facts), bool)
    keep = np.zeros(len(facts), bool)
    keep[first] = True
    return keep


def _classes(facts: Facts) -> pa.Array:
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
    return pa.array(read, pa.string()).take(encoded.indices)


def _delivery(facts: Facts, common: dict[str, Any], desk: Desk) -> Parts:
    values = dict(common)
    values["direction"] = _direction(facts)
    values["status"] = _status(facts)
    item = _items(facts)
    if item is not None:
        values["item"] = item
    out: Parts = {}
    due = facts.mapping.has(
        *DUE, "order_date", "qty_ordered", "status", "customer", "supplier", "value"
    )
    if due:
        first = _first_of_item(facts, values)
        out["order_item"] = build(
            "order_item",
            values
            | {
                "unit": _unit(facts, common, ("qty_ordered", "qty")),
                "currency": _currency(facts, common, "value"),
            },
            facts.grid,
            _rows(first, facts),
        )
    left = np.zeros(len(facts), bool)
    for name in ACTUAL:
        if name in facts.moments:
            left |= ~np.isnat(facts.moments[name])
    if left.any():
        out["shipment"] = build("shipment", values, facts.grid, _rows(left, facts))
    return out


def _direction(facts: Facts) -> str:
    words = set(vocabulary().fields["purchase"])
    heading = vocabulary().normalise(facts.heading("order")) if facts.mapping.has("order") else None
    bought = heading is not None and bool(heading.tokens & words)
    customer = "customer" in facts.texts or (heading is not None and "customer" in heading.tokens)
    return "purchase" if not customer and (bought or "supplier" in facts.texts) else "sales"


def _status(facts: Facts) -> Any:
    words = vocabulary()
    out = None
    if "status" in facts.texts:
        encoded = pc.dictionary_encode(facts.texts["status"])
        read = [words.status(t) for t in encoded.dictionary.to_pylist()]
        out = pa.array(read, pa.string()).take(encoded.indices)
    if "cancelled" in facts.texts:
        encoded = pc.dictionary_encode(facts.texts["cancelled"])
        texts = encoded.dictionary.to_pylist()
        flag = [words.is_true(t) for t in texts]
        if not any(flag) and not any(t in ("0", "false", "no", "n") for t in texts):
            flag = [True] * len(texts)
        gone = pc.fill_null(pa.array(flag, pa.bool_()).take(encoded.indices), False)
        out = pc.if_else(
            gone, "cancelled", out if out is not None else pa.scalar(None, pa.string())
        )
    return out


def _items(facts: Facts) -> Any:
    """The position within the order: as stated, else the product, else the row's place in its order."""
    if "item" in facts.texts:
        return facts.texts["item"]
    order = codes_of(facts.texts["order"])
    if len(np.unique(order)) == len(order):
        return None
    if "product" in facts.texts:
        product = codes_of(facts.texts["product"])
        pairs = order * (int(product.max(initial=0)) + 2) + product + 1
        partial = "qty" in facts.numbers or "shipment" in facts.texts
        if partial or len(np.unique(pairs)) == len(pairs):
            return facts.texts["product"]
    if "shipment" in facts.texts or "qty" in facts.numbers:
        return None
    by_order = np.argsort(order, kind="stable")
    starts = np.flatnonzero(np.r_[True, np.diff(order[by_order]) != 0])
    sizes = np.diff(np.r_[starts, len(order)])
    place = np.empty(len(order), np.int64)
    place[by_order] = np.arange(len(order)) - np.repeat(starts, sizes) + 1
    return pc.cast(pa.array(place), pa.string())


def _first_of_item(facts: Facts, values: Mapping[str, Any]) -> Mask:
    """The first usable row of every order item; partial shipments repeat theirs."""
    run = codes_of(values["order"])
    for name in ("item", "plant"):
        given = values.get(name)
        if given is not None and not isinstance(given, str):
            code = codes_of(given)
            _, run = np.unique(run * (int(code.max(initial=0)) + 2) + code + 1, return_inverse=True)
    usable = np.flatnonzero(facts.good)
    _, first = np.unique(run[usable], return_index=True)
    keep = np.zeros(len(facts), bool)
    keep[usable[first]] = True
    return keep


def _names(facts: Facts) -> Parts:
    """Codes and their names, where a table carries both beside its facts."""
    rows: list[tuple[str, str, str]] = []
    numbers: list[int] = []
    places = pa.array(facts.grid.rows, pa.int32())
    for key, names in facts.texts.items():
        if not key.startswith("names."):
            continue
        dimension = key.removeprefix("names.")
        if dimension not in facts.texts:
            continue
        pairs = pa.table({"code": facts.texts[dimension], "name": names, "row": places}).drop_null()
        unique = pairs.group_by(["code", "name"], use_threads=False).aggregate([("row", "min")])
        seen: set[str] = set()
        for pair in unique.to_pylist():
            if pair["code"] not in seen and pair["code"] != pair["name"]:
                rows.append((dimension, pair["code"], pair["name"]))
                numbers.append(pair["row_min"])
            seen.add(pair["code"])
    if not rows:
        return {}
    return {"names": names_table(rows, facts.grid.sheet, numbers)}


def names_table(rows: list[tuple[str, str, str]], sheet: str, numbers: list[int]) -> pa.Table:
    """A table of names from (dimension, code, name)."""
    fields, codes, names = (list(c) for c in zip(*rows, strict=True))
    count = len(rows)
    arrays = [
        pa.array(c, pa.string()) for c in (fields, codes, names, [None] * count, [sheet] * count)
    ]
    arrays.append(pa.array(numbers, pa.int32()))
    return pa.table(arrays, names=[*DATASETS["names"].names, "sheet", "row"])
