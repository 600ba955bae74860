"""Figures a plant computes itself, one row per period: rates, scores, lead times."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from kpi.ingest.choosing import decimal_sign
from kpi.ingest.columns import Column
from kpi.ingest.conventions import Desk
from kpi.ingest.coverage import infer_coverage, stated_date
from kpi.ingest.dates import Floats, Stamps, bare
from kpi.ingest.grids import Grid
from kpi.ingest.headings import Assignment
from kpi.ingest.heads import split_words, words_of
from kpi.ingest.percents import is_percent, scales_of
from kpi.ingest.tables import CanonicalPart, rejected_table, schema_of
from kpi.ingest.vocabulary import Match, vocabulary
from kpi.texts import said

_SPLITS: Final = ("plant", "line", "machine", "shift", "product", "customer", "supplier")
_AIMS: Final = frozenset(
    ["target", "goal", "ziel", "soll", "objetivo", "objectif", "budget", "limit", "ucl", "lcl"]
)
_PARTS_OF_RATE: Final = (
    (
        frozenset({"scrap", "reject", "defect", "ausschuss", "ausschussquote", "merma", "rebut"}),
        ("qty_scrap", "qty_produced"),
    ),
    (frozenset({"quality", "yield", "fpy"}), ("qty_good", "qty_produced")),
    (frozenset({"availability", "verfugbarkeit"}), ("planned_min", "run_min")),
    (frozenset({"oee", "performance"}), ("planned_min", "run_min")),
)


def slug_of(title: str) -> str:
    """The name of a reported figure, as in ``reported:<slug>``.

    >>> slug_of("On-time delivery (%)")
    'on_time_delivery'
    """
    return re.sub(r"\W+", "_", bare(title)).strip("_") or "figure"


def read_reported(
    grid: Grid,
    found: Sequence[tuple[Match, ...]],
    mapping: Assignment | None,
    desk: Desk,
    plant: str,
) -> CanonicalPart | None:
    """The figures of a table that are no known quantity; ``None`` where it has no date or no figure.

    Parameters
    ----------
    mapping
        What the table's known quantities took, ``None`` where it has none: then a table that is
        not by month or week is asked for first.
    plant
        The plant of rows that do not say theirs.
    """
    when = next((c for c in grid.columns if c.shares["date"] > 0.5), None)
    if when is None:
        return None
    days = when.as_moments().values.astype("M8[D]").astype("M8[us]")
    figures = [c for i, c in enumerate(grid.columns) if _is_figure(c, i, found[i], mapping)]
    if not figures:
        return None
    dims = {
        m.field: column
        for column, matches in zip(reversed(grid.columns), reversed(found), strict=True)
        for m in matches
        if m.field in _SPLITS and column is not when and not any(n.field == "unit" for n in matches)
    }
    unit = next(
        (
            c
            for c, ms in zip(grid.columns, found, strict=True)
            if any(m.field == "unit" for m in ms)
        ),
        None,
    )
    keys = [c.as_text().to_pylist() for c in dims.values()]
    if grid.grain is None and len(set(zip(days.tolist(), *keys, strict=True))) < 0.9 * len(grid):
        return None
    if grid.grain is None and not _confirmed(grid, figures, days, desk):
        return None
    grain = grid.grain or ("month" if _monthly(days) else "day")
    first = days.astype("M8[M]").astype("M8[us]") if grain == "month" else days
    shared = _Shared(first, grain, dims, plant, unit, _decimal(grid, figures, desk))
    units = [_unit_beside(column, unit) for column in figures]
    scales = scales_of(figures, units, grid.sheet, desk)
    parts = _parts_of_rates(figures, scales, units, shared.decimal)
    for place, (over, under) in parts.items():
        desk.note(
            grid.sheet,
            said(
                "{rate} is {over} / {under} on every row: it is kept with both",
                rate=repr(figures[place].heading),
                over=repr(figures[over].heading),
                under=repr(figures[under].heading),
            ),
            figures[place].heading,
        )
    table = pa.concat_tables(
        [
            _block(grid, c, shared, s, u, _pair(figures, parts.get(i), shared.decimal))
            for i, (c, s, u) in enumerate(zip(figures, scales, units, strict=True))
        ]
    )
    if table.num_rows == 0:
        return None
    mapped = {c.heading or c.letter: "ignore" for c in grid.columns}
    mapped |= {when.heading: "date"} | {c.heading: f for f, c in dims.items()}
    mapped |= {} if unit is None else {unit.heading: "unit"}
    mapped |= {c.heading: "value" for c in figures}
    spans = pa.table({"plant": table["plant"], "day": table["date"]})
    covered = infer_coverage("reported_value", spans, table, grain)
    drawn = stated_date(grid.titles) or max((c.last for c in covered), default=None)
    none = rejected_table(grid, np.full(len(grid), "", object))
    return CanonicalPart(
        "reported_value", grid.sheet, table, grid.rows_told, table.num_rows, 0, mapped,
        dict(desk.decided), covered, drawn, (),
        grid.signature, none, tuple(c.heading for c in grid.columns),
    )  # fmt: skip


def _is_figure(
    column: Column, i: int, matches: Sequence[Match], mapping: Assignment | None
) -> bool:
    words = vocabulary()
    if mapping is not None and (i in mapping.taken or _computable(column, mapping)):
        return False
    if not column.heading or column.empty or column.shares["number"] < 0.8:
        return False
    if column.shares["date"] > 0.5 or words.is_audit(column.heading):
        return False
    if mapping is not None and set(split_words(column.heading)) <= words_of("rate_words"):
        return False  # the share of each row in the whole
    if any(m.field in (*_SPLITS, "order", "event", "personal", "item") for m in matches):
        return False
    tokens = column.named.tokens
    return not tokens & (_AIMS | {"no", "year", "jahr", "month", "monat", "ano", "mes"})


def _computable(column: Column, mapping: Assignment) -> bool:
    tokens = {bare(t) for t in column.named.tokens}
    if not vocabulary().is_rate(column.heading):
        return False
    there = {p for _, parts in _PARTS_OF_RATE for p in parts if mapping.has(p)}
    if {"qty_good", "qty_scrap"} <= there:
        there.add("qty_produced")
    return any(tokens & words and set(parts) <= there for words, parts in _PARTS_OF_RATE)


def _monthly(days: Stamps) -> bool:
    there = days[~np.isnat(days)]
    return len(there) > 0 and bool((there == there.astype("M8[M]").astype("M8[us]")).all())


def _confirmed(grid: Grid, figures: Sequence[Column], days: Stamps, desk: Desk) -> bool:
    if desk.context.dataset == "reported_value":
        return True
    names = ", ".join(repr(c.heading) for c in figures[:4])
    options = [
        (
            "reported_value",
            said("each row is a period, and no column is a quantity known here"),
        ),
        ("ignore", said("nothing is taken from this sheet")),
    ]
    if not _monthly(days):
        options.reverse()
    answer = desk.ask(
        "dataset",
        grid.sheet,
        "dataset",
        said("Are {names} figures the plant computes itself?", names=names),
        options,
    )
    return answer == "reported_value"


@dataclass(frozen=True)
class _Shared:
    """What all figures of a table have in common."""

    days: Stamps
    grain: str
    dims: dict[str, Column]
    plant: str
    unit: Column | None
    decimal: str | None


def _decimal(grid: Grid, figures: Sequence[Column], desk: Desk) -> str | None:
    """The decimal sign of the figures, asked where no cell proves it."""
    places = [grid.columns.index(c) for c in figures]
    return decimal_sign(grid, Assignment(fields={"value": places}), desk)


def _unit_beside(column: Column, unit: Column | None) -> str | None:
    """The one unit that a column of units gives where the figure stands."""
    if unit is None:
        return None
    rows = np.flatnonzero(column.filled)
    texts = {t.strip() for t in unit.take(rows).as_text().to_pylist() if t}
    return texts.pop() if len(texts) == 1 else None


def _parts_of_rates(
    figures: Sequence[Column],
    scales: Sequence[float],
    units: Sequence[str | None],
    decimal: str | None,
) -> dict[int, tuple[int, int]]:
    """For each share in percent the two counts of the table that it is one over the other of."""
    values = [c.as_numbers(decimal).values for c in figures]
    counts = [
        i for i, v in enumerate(values) if _counts(v) and _unit_of(figures[i], units[i]) != "%"
    ]
    found: dict[int, tuple[int, int]] = {}
    for i, (column, scale) in enumerate(zip(figures, scales, strict=True)):
        if _unit_of(column, units[i]) != "%":
            continue
        rate = values[i] * scale
        pairs = [
            (a, b)
            for a in counts
            for b in counts
            if a != b and _is_share(rate, values[a], values[b])
        ]
        if len(pairs) == 1:
            found[i] = pairs[0]
    return found


def _counts(values: Floats) -> bool:
    there = values[~np.isnan(values)]
    return len(there) >= 3 and bool((there >= 0).all() and (there == np.round(there)).all())


def _is_share(rate: Floats, over: Floats, under: Floats) -> bool:
    """Whether a percentage is one count over another on every row, as far as it is printed."""
    usable = ~np.isnan(rate) & ~np.isnan(over) & (under > 0)
    if usable.sum() < 3 or len(np.unique(rate[usable])) < 3:
        return False
    off = np.abs(rate[usable] - 100 * over[usable] / under[usable])
    printed = np.array(
        [next((d for d in range(7) if abs(v - round(v, d)) < 1e-9), 6) for v in rate[usable]]
    )
    return bool((off <= 0.51 * 10.0 ** -printed.max() + 1e-9).all())


def _pair(
    figures: Sequence[Column], parts: tuple[int, int] | None, decimal: str | None
) -> tuple[Floats, Floats] | None:
    if parts is None:
        return None
    over, under = (figures[i].as_numbers(decimal).values for i in parts)
    return over, under


def _block(
    grid: Grid,
    column: Column,
    shared: _Shared,
    scale: float,
    beside: str | None,
    parts: tuple[Floats, Floats] | None,
) -> pa.Table:
    """The rows of one figure, with the numerator and denominator where the table has them."""
    days, plant = shared.days, shared.plant
    values = column.as_numbers(shared.decimal).values * scale
    unit = _unit_of(column, beside)
    keep = np.flatnonzero(~np.isnan(values) & ~np.isnat(days))
    count, take = len(keep), pa.array(keep)
    fixed: dict[str, Any] = {
        "date": pa.array(days[keep].astype("M8[D]")).cast(pa.date32()),
        "grain": pa.array([shared.grain] * count, pa.string()),
        "plant": pa.array([plant] * count, pa.string()),
        "slug": pa.array([slug_of(column.heading)] * count, pa.string()),
        "title": pa.array([column.heading] * count, pa.string()),
        "value": pa.array(values[keep]),
        "unit": pa.array([unit] * count, pa.string())
        if shared.unit is None or unit is not None
        else shared.unit.as_text().take(take),
        "sheet": grid.sheets.take(take),
        "row": pa.array(grid.rows[keep], pa.int32()),
    }
    if parts is not None:
        for name, whole in zip(("numerator", "denominator"), parts, strict=True):
            fixed[name] = pa.array(whole[keep], mask=np.isnan(whole[keep]))
    for name, source in shared.dims.items():
        texts = source.as_text().take(take)
        fixed[name] = pc.fill_null(texts, plant) if name == "plant" else texts
    schema = schema_of("reported_value")
    arrays = [fixed.get(f.name, pa.nulls(count, f.type)) for f in schema]
    return pa.table(arrays, names=schema.names)


def _unit_of(column: Column, beside: str | None) -> str | None:
    """The unit of a figure: percent, or as its heading or cells have it; a column of units aside."""
    if beside is not None:
        return beside
    if is_percent(column, None):
        return "%"
    printed = column.number_texts.units
    return column.named.unit or (printed[0] if printed else None)
