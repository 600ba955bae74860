"""One table to its datasets: production beside scrap, stops beside running time, orders beside shipments."""

from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from kpi.datasets import DATASETS
from kpi.ingest.complaints import complaint_parts
from kpi.ingest.conventions import Desk
from kpi.ingest.facts import Facts
from kpi.ingest.making import making_parts
from kpi.ingest.measured import measured_parts
from kpi.ingest.orders import order_parts
from kpi.ingest.rows import Parts
from kpi.ingest.stops import stop_parts
from kpi.texts import said


def split(facts: Facts, desk: Desk) -> Parts:
    """The canonical tables of one table's facts; rows that have nothing to say to one are left out."""
    common = _common(facts, desk)
    out: Parts = {}
    domains = facts.mapping.domains
    if "complaint" in domains:
        out |= complaint_parts(facts, common, desk)
    if "measuring" in domains:
        out |= measured_parts(facts, common, desk)
    if "delivery" in domains:
        out |= order_parts(facts, common, desk)
    if "making" in domains:
        out |= making_parts(facts, common, desk)
    if "downtime" in domains or "minutes" in facts.numbers:
        out |= stop_parts(facts, common, desk)
    out |= _names(facts)
    return {name: table for name, table in out.items() if table.num_rows}


def _common(facts: Facts, desk: Desk) -> dict[str, Any]:
    """The columns any dataset may take as they are: texts, numbers, moments, the plant."""
    texts = {name: facts.texts.coded(name) for name in facts.texts}
    common: dict[str, Any] = {**texts, **facts.numbers, **facts.moments}
    if "at" in common and "at" not in facts.timed:
        del common["at"]
    plant = texts.get("plant")
    fallback = plant_of(facts, desk)
    common["plant"] = pc.fill_null(plant, fallback) if plant is not None else fallback
    return common


def plant_of(facts: Facts, desk: Desk) -> str:
    """The plant of rows that do not say theirs: remembered, the only known one, else asked."""
    if "plant" in facts.texts and facts.texts.coded("plant").null_count == 0:
        return desk.context.default_plant
    return fallback_plant(desk)


def fallback_plant(desk: Desk) -> str:
    """The plant of a file that does not say its own."""
    known = list(dict.fromkeys(desk.context.known_plants))
    if desk.memory is not None and desk.memory.plant:
        desk.decided["plant"] = desk.memory.plant
        return desk.memory.plant
    if len(known) > 1:
        return desk.ask(
            "plant",
            "",
            "plant",
            said("Which plant is this file from?"),
            [(p, said("has data already")) for p in known],
        )
    desk.decided["plant"] = known[0] if known else desk.context.default_plant
    return desk.decided["plant"]


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
