"""Tables of measured values, whatever their shape, as one value per row.

Known are: a value per row with its characteristic; the values of a sample side by side (x1 ... x5);
a column per characteristic, with the specification limits in rows of their own, in the heading
(10 ±0.05), or nowhere.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from kpi.ingest.columns import Column, stack
from kpi.ingest.conventions import Desk
from kpi.ingest.dates import bare
from kpi.ingest.grids import Grid
from kpi.ingest.headings import candidates, domains_of
from kpi.ingest.measuring_words import LIMITS, STATISTICS, TOLERANCES, field_of, numbered
from kpi.ingest.own_words import MEASURING, own_words
from kpi.ingest.vocabulary import vocabulary
from kpi.texts import said

Rows = npt.NDArray[np.int64]

_HEADINGS: Final = {
    "characteristic": "Characteristic", "value": "Measured Value", "lsl": "LSL", "usl": "USL",
    "target": "Nominal", "part": "Serial No", "subgroup": "Subgroup", "unit": "Unit", "gauge": "Gauge",
    "product": "Part No", "batch": "Batch",
}  # fmt: skip
_TITLED: Final = frozenset(_HEADINGS) - {"value", "part", "subgroup"}
_BARE_VALUES: Final = frozenset({"value", "wert", "valor", "valeur", "result", "resultado", "resultat", "ergebnis", "结果"})  # fmt: skip
_TELLING: Final = frozenset({*LIMITS, *TOLERANCES, "gauge"})
_PLUS_MINUS: Final = re.compile(r"(\d+(?:[.,]\d+)?)\s*(?:±|\+/-|\+-)\s*(\d+(?:[.,]\d+)?)")
_BRACKETS: Final = re.compile(r"\s*[\[(]([^\])\d]{1,8})[\])]\s*$")
_EDGE: Final = 12
"""Rows at the top and the bottom that may hold limits instead of values."""


def as_measurements(grid: Grid, desk: Desk) -> Grid | None:
    """The table with one measured value per row; ``None`` where it holds no measurements.

    What cannot be proven is asked: whether a list of figures holds measurements, which
    characteristic values without one are of.
    """
    if desk.context.dataset not in (None, "measurement"):
        return None
    told = _fields(grid)
    side_by_side = numbered(grid.columns)
    limits = _limit_rows(grid)
    known = desk.memory is not None and "measurement" in desk.memory.datasets
    certain = known or desk.context.dataset == "measurement"
    strong = _strong(grid, told, limits)
    if not certain and not strong and _speaks_of_more(grid):
        return None
    if side_by_side and (certain or strong or "value" not in told):
        found = _from_samples(grid, side_by_side)
    elif "value" in told:
        if not certain and not _are_measured(grid, told, desk):
            return None
        found = grid
    elif limits or certain or _may_be_wide(grid, told):
        columns = _characteristics(grid, limits)
        if not columns or not (limits or certain or _wide_is_measured(grid, columns, desk)):
            return None
        found = _from_columns(grid, columns, limits)
    else:
        return None
    return replace(_named(_with_titles(found), desk), speaks=MEASURING)


def _fields(grid: Grid) -> dict[str, int]:
    """The fields of measured values that columns of the table are headed with, the first of each."""
    found: dict[str, int] = {}
    for i, column in enumerate(grid.columns):
        name = field_of(column.heading) if column.heading and not column.empty else None
        if name in ("value", *LIMITS, *TOLERANCES) and column.shares["number"] <= 0.5:
            continue
        if name is not None:
            found.setdefault(name, i)
    return found


def _strong(grid: Grid, told: Mapping[str, int], limits: Mapping[str, int]) -> bool:
    """Both limits, a nominal with a tolerance, a characteristic and its measured value."""
    if {"characteristic", "value"} <= told.keys():
        bare_value = grid.columns[told["value"]].named.key in _BARE_VALUES
        if not bare_value or {"lsl", "usl"} <= told.keys():
            return True
    sure = {n for n, i in told.items() if grid.columns[i].named.key not in STATISTICS}
    return (
        bool(limits)
        or {"lsl", "usl"} <= sure
        or ("target" in sure and bool({"lsl", "usl", *TOLERANCES} & sure))
    )


def _speaks_of_more(grid: Grid) -> bool:
    """Whether quantities, stops or orders stand in the table."""
    return bool(domains_of(grid, candidates(grid), None))


def _are_measured(grid: Grid, told: Mapping[str, int], desk: Desk) -> bool:
    """Whether a list of characteristics and values holds measurements; asked where only that."""
    if not told.keys() & ({"characteristic"} | _TELLING):
        return False
    key = grid.columns[told["value"]].named.key
    if told.keys() & _TELLING or key not in _BARE_VALUES or "subgroup" in told:
        return True
    return _ask(grid, desk, said("rows name a characteristic and its value"))


def _ask(grid: Grid, desk: Desk, because: str) -> bool:
    options = [
        ("measurement", because),
        ("reported_value", said("each row is a figure the plant computes itself for a period")),
    ]
    if _once_a_day(grid):
        options.reverse()
    text = said("Are these figures measured values of parts or processes?")
    return desk.ask("dataset", grid.sheet, "dataset", text, options) == "measurement"


def _once_a_day(grid: Grid) -> bool:
    """Whether no date stands twice and none has a time: then a row may be a period."""
    for column in grid.columns:
        if column.shares["date"] > 0.5:
            read = column.as_moments("dmy")
            there = read.values[~np.isnat(read.values)]
            return not read.timed and len(np.unique(there)) == len(there)
    return True


def _limit_rows(grid: Grid) -> dict[str, int]:
    """Rows that hold limits or nominal values instead of measured ones: field -> row."""
    edge = [*range(min(_EDGE, len(grid))), *range(max(_EDGE, len(grid) - _EDGE), len(grid))]
    found: dict[str, int] = {}
    rows = np.array(edge, np.int64)
    for column in grid.columns:
        texts = column.take(rows).as_text().to_pylist() if column.codes.max(initial=-1) >= 0 else []
        for row, text in zip(edge, texts, strict=False):
            label = bare((text or "").strip(" :.")).strip()
            if text and not label.isdigit() and label not in STATISTICS:
                name = field_of(label)
                if name in LIMITS and _figures_in(grid, row):
                    found.setdefault(name, row)
    return found if {"lsl", "usl"} & set(found) else {}


def _figures_in(grid: Grid, row: int) -> list[int]:
    one = np.array([row], np.int64)
    return [i for i, c in enumerate(grid.columns) if c.take(one).shares["number"] > 0.5]


def _may_be_wide(grid: Grid, told: Mapping[str, int]) -> bool:
    """Whether anything speaks of measuring in a table of columns with headings of their own."""
    if any(_PLUS_MINUS.search(c.heading) for c in grid.columns):
        return True
    if told.keys() & {"part", "subgroup", "gauge"}:
        return True
    words = {bare(w) for w in own_words(MEASURING).told["telling_words"]}
    texts = [bare(t) for t in (*grid.titles, grid.sheet)]
    return any(set(re.split(r"\W+", t)) & words for t in texts)


def _wide_is_measured(grid: Grid, columns: Sequence[int], desk: Desk) -> bool:
    if any(_PLUS_MINUS.search(grid.columns[i].heading) for i in columns):
        return True
    figures = [grid.columns[i].as_numbers().values for i in columns]
    if not any((v[~np.isnan(v)] % 1 != 0).any() for v in figures):
        return False
    names = ", ".join(grid.columns[i].heading for i in columns[:3])
    return _ask(grid, desk, said("each column ({names}, …) is a characteristic", names=names))


def _characteristics(grid: Grid, limits: Mapping[str, int]) -> list[int]:
    """The columns that each hold one characteristic's values."""
    if limits:
        held = {i for row in limits.values() for i in _figures_in(grid, row)}
        return sorted(i for i in held if field_of(grid.columns[i].heading) not in ("at", "date"))
    words = vocabulary()
    found = []
    for i, column in enumerate(grid.columns):
        known = field_of(column.heading) or words.is_personal(column.heading)
        dated = column.shares["date"] > 0.5 or column.shares["clock"] > 0.5
        named = {m.field for m in words.lookup(column.heading)} - {"line", "product", "reason"}
        if column.heading and column.shares["number"] > 0.9 and not (known or dated or named):
            values = column.as_numbers().values
            if not _counts_rows(values[~np.isnan(values)]):
                found.append(i)
    return found


def _counts_rows(values: npt.NDArray[np.float64]) -> bool:
    return len(values) > 1 and bool((np.diff(values) == 1).all())


def _from_samples(grid: Grid, places: Mapping[int, int]) -> Grid:
    """The values of a sample below each other, each with its place in the sample."""
    order = sorted(places, key=lambda i: places[i])
    keep = [i for i in range(len(grid.columns)) if i not in places]
    rows = np.arange(len(grid), dtype=np.int64)
    made = {
        "value": [grid.columns[i] for i in order],
        "part": [_constant(str(places[i]), len(grid)) for i in order],
    }
    if "subgroup" not in _fields(grid):
        numbers = [f"{s} {r}" for s, r in zip(grid.sheets.to_pylist(), grid.rows, strict=True)]
        own = Column("", "", len(grid), texts=pa.array(numbers), codes=rows.astype(np.int32))
        made["subgroup"] = [own] * len(order)
    return _stacked(grid, keep, [rows] * len(order), made)


def _from_columns(grid: Grid, columns: Sequence[int], limits: Mapping[str, int]) -> Grid:
    """The columns of characteristics below each other, each with the limits that stand in it."""
    rows = np.setdiff1d(np.arange(len(grid), dtype=np.int64), list(limits.values()))
    keep = [i for i in range(len(grid.columns)) if i not in columns]
    count = len(rows)
    made: dict[str, list[Column]] = {
        "characteristic": [_constant(_bare_name(grid.columns[i]), count) for i in columns],
        "value": [grid.columns[i].take(rows) for i in columns],
    }
    for name, row in limits.items():
        at = np.full(count, row, np.int64)
        made[name] = [grid.columns[i].take(at) for i in columns]
    if not limits and any(_PLUS_MINUS.search(grid.columns[i].heading) for i in columns):
        made |= _from_headings([grid.columns[i].heading for i in columns], count)
    units = [_unit_of(grid.columns[i]) for i in columns]
    if any(units):
        made["unit"] = [_constant(u or "", count) for u in units]
    return _stacked(grid, keep, [rows] * len(columns), made)


def _unit_of(column: Column) -> str:
    """The unit in brackets behind a characteristic, or after its name."""
    hit = _BRACKETS.search(column.heading)
    return hit.group(1).strip() if hit else column.named.unit or ""


def _bare_name(column: Column) -> str:
    """A characteristic without the unit in brackets behind it."""
    return _BRACKETS.sub("", column.heading).strip() or column.heading


def _from_headings(headings: Sequence[str], count: int) -> dict[str, list[Column]]:
    """Nominal and limits of headings such as "Bore 10 ±0.05"."""
    made: dict[str, list[Column]] = {name: [] for name in LIMITS}
    for heading in headings:
        hit = _PLUS_MINUS.search(heading)
        nominal, width = (
            (float(g.replace(",", ".")) for g in hit.groups()) if hit else (np.nan, np.nan)
        )
        figures = (nominal - width, nominal + width, nominal)
        for name, figure in zip(LIMITS, figures, strict=True):
            made[name].append(Column("", "", count, numbers=np.full(count, round(figure, 9))))
    return made


def _constant(text: str, count: int, heading: str = "") -> Column:
    codes = np.full(count, 0 if text else -1, np.int32)
    return Column(heading, "", count, texts=pa.array([text], pa.string()), codes=codes)


def _stacked(
    grid: Grid, keep: Sequence[int], rows: Sequence[Rows], made: Mapping[str, Sequence[Column]]
) -> Grid:
    """The kept columns repeated for every block of rows, and beside them the ones made."""
    every = np.concatenate(rows)
    columns = [_only_used(grid.columns[i].take(every)) for i in keep]
    for name, parts in made.items():
        one = stack(list(parts))
        one.heading, one.letter = _HEADINGS[name], ""
        columns.append(one)
    left = np.flatnonzero(next(c for c in columns if c.heading == _HEADINGS["value"]).filled)
    return replace(
        grid,
        columns=tuple(c.take(left) for c in columns),
        sheets=grid.sheets.take(pa.array(every[left])),
        rows=grid.rows[every[left]],
        totals=(),
    )


def _only_used(column: Column) -> Column:
    """The column without texts of rows that are gone: what stays tells what it holds."""
    used = np.unique(column.codes[column.codes >= 0])
    codes = np.where(column.codes >= 0, np.searchsorted(used, column.codes), -1)
    out = column.take(np.arange(column.length))
    out.texts, out.codes = column.texts.take(pa.array(used)), codes.astype(np.int32)
    return out


def _with_titles(grid: Grid) -> Grid:
    """What the lines above the table say of all its values: characteristic, part, limits, ..."""
    told = _fields(grid)
    columns = list(grid.columns)
    for name, text in _said_in(grid.titles).items():
        if name not in told and name in _TITLED:
            columns.append(_constant(text, len(grid), _HEADINGS[name]))
    return grid.with_columns(columns)


def _said_in(titles: Sequence[str]) -> dict[str, str]:
    """Labels and values of title lines: "Merkmal: Bohrung", or a label and the cell beside it."""
    found: dict[str, str] = {}
    for i, title in enumerate(titles):
        label, colon, text = title.partition(":")
        if not colon or not text.strip():
            label, text = title.rstrip(" :"), titles[i + 1] if i + 1 < len(titles) else ""
        name = field_of(label)
        if name is not None and text.strip() and field_of(text.rstrip(" :")) is None:
            found.setdefault(name, text.strip())
    return found


def _named(grid: Grid, desk: Desk) -> Grid:
    """The table with a characteristic for its values: stated, else asked."""
    if "characteristic" in _fields(grid):
        return grid
    value = next((c for c in grid.columns if field_of(c.heading) == "value"), None)
    heading = value.heading if value is not None and value.letter else ""
    options = [t for t in (heading, *grid.titles[:3], grid.sheet) if t.strip()]
    text = said("Which characteristic are these values of?")
    answer = desk.ask(
        "field", grid.sheet, "characteristic", text,
        [(o, said("the file names it")) for o in dict.fromkeys(options or ["Measured value"])],
        samples=value.examples() if value is not None else (),
    )  # fmt: skip
    name = _constant(answer, len(grid), _HEADINGS["characteristic"])
    return grid.with_columns([*grid.columns, name])
