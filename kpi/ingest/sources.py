"""Several sheets that tell the same dataset: parts of one whole, or the same figures twice?

Proven apart where no plant, line, machine and day is in two of them; else asked, with the total and
the days of each. What is in two sheets never adds up in silence.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from kpi.datasets import DATASETS
from kpi.ingest.conventions import Desk
from kpi.ingest.tables import CanonicalPart
from kpi.texts import Said, said

_APART: Final = frozenset({"names", "order_item", "shipment", "reported_value", "measurement"})
"""Datasets that may come from several sheets: their rows are told apart by keys of their own."""

_FIGURES: Final = {
    "production": "qty_produced", "scrap": "qty_scrap", "downtime": "minutes",
    "running_time": "run_min", "complaint": "qty_defective",
}  # fmt: skip
_ALL: Final = "all"

Placed = set[tuple[object, ...]]


def one_source(
    parts: Sequence[CanonicalPart], desk: Desk
) -> tuple[list[CanonicalPart], dict[str, str]]:
    """Where several sheets tell the same dataset, let one of them count, or all; why others do not."""
    groups: dict[str, list[CanonicalPart]] = {}
    for part in parts:
        groups.setdefault(part.dataset, []).append(part)
    kept = list(parts)
    dropped: dict[str, str] = {}
    for dataset, group in groups.items():
        if dataset in _APART or len(group) < 2:
            continue
        ranked = sorted(group, key=_grain)
        if _disjoint(ranked):
            _say_added(dataset, ranked, desk)
            continue
        answer = _asked(dataset, ranked, desk)
        if answer == _ALL:
            continue
        for part, name in zip(ranked, _names(ranked), strict=True):
            if name != answer:
                kept.remove(part)
                if not any(k.sheet == part.sheet for k in kept):
                    dropped[part.sheet] = said(
                        "{dataset} is taken from sheet {sheet}", dataset=dataset, sheet=repr(answer)
                    )
    return kept, dropped


def _grain(part: CanonicalPart) -> tuple[bool, int]:
    timed = part.dataset == "downtime" and part.table["start"].null_count < part.table.num_rows
    return not timed, -part.rows_accepted


def _names(parts: Sequence[CanonicalPart]) -> list[str]:
    """The sheets' names; tables of one sheet are told apart by their first row."""
    sheets = [p.sheet for p in parts]
    return [
        p.sheet if sheets.count(p.sheet) == 1 else f"{p.sheet} (row {_first_row(p)})".strip()
        for p in parts
    ]


def _first_row(part: CanonicalPart) -> int:
    return int(pc.min(part.table["row"]).as_py() or 0)


def _placed(part: CanonicalPart) -> Placed:
    """Month, plant, line and machine of every row, each once."""
    table = part.table
    months = pc.strftime(pc.cast(table["date"], pa.timestamp("s")), "%Y-%m")
    columns = [
        table[n].to_pylist() for n in ("plant", "line", "machine") if n in table.column_names
    ]
    return set(zip(months.to_pylist(), *columns, strict=True))


def _disjoint(parts: Sequence[CanonicalPart]) -> bool:
    """No two sheets speak of the same place in the same month: they are parts of one whole."""
    seen: Placed = set()
    for place in map(_placed, parts):
        for month, *where in place:
            for other_month, *other in seen:
                if month == other_month and _overlap(where, other):
                    return False
        seen |= place
    return True


def _overlap(a: Sequence[object], b: Sequence[object]) -> bool:
    """The same place, or one that may hold the other: a row without a line is of any line."""
    return all(x is None or y is None or x == y for x, y in zip(a, b, strict=True))


def _asked(dataset: str, ranked: Sequence[CanonicalPart], desk: Desk) -> str:
    desk.open_table(desk.feed)
    finest = said("the finest grain")
    options: list[tuple[str, str]] = []
    for number, (part, name) in enumerate(zip(ranked, _names(ranked), strict=True)):
        told = _told(part)
        options.append(
            (name, said("{told}; {why}", told=told, why=finest) if number == 0 else told)
        )
    options.append((_ALL, said("the sheets add up, nothing is in two of them")))
    answer = desk.ask(
        "dataset",
        "",
        f"sheet:{dataset}",
        said(
            "Several sheets hold {dataset}. Which one counts?",
            dataset=DATASETS[dataset].title.lower(),
        ),
        options,
    )
    desk.of_file[f"sheet:{dataset}"] = answer
    return answer


def _told(part: CanonicalPart) -> Said:
    """A sheet's rows, days and total, to tell it from another."""
    name = _FIGURES.get(part.dataset)
    days = part.table["date"] if "date" in part.table.column_names else None
    if name is None or name not in part.table.column_names or days is None:
        return said("{rows} rows", rows=part.rows_accepted)
    total = float(np.nan_to_num(pc.sum(part.table[name]).as_py() or 0.0))
    span = pc.min_max(days).as_py()
    if name in ("minutes", "run_min"):
        return said(
            "{rows} rows, {first} to {last}, {hours} h in all",
            rows=part.rows_accepted,
            first=span["min"],
            last=span["max"],
            hours=round(total / 60, 2),
        )
    return said(
        "{rows} rows, {first} to {last}, {total} in all",
        rows=part.rows_accepted,
        first=span["min"],
        last=span["max"],
        total=round(total, 4),
    )


def _say_added(dataset: str, parts: Sequence[CanonicalPart], desk: Desk) -> None:
    desk.note(
        "",
        said(
            "{dataset} of sheets {sheets} is added up: no line, machine and month is in two of them",
            dataset=DATASETS[dataset].title,
            sheets=", ".join(repr(n) for n in _names(parts)),
        ),
    )
