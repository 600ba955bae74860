"""The columns beside those across: which names the figure of each row, which say whose it is."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from kpi.ingest.across import is_figure
from kpi.ingest.codes import named_elsewhere
from kpi.ingest.columns import Column
from kpi.ingest.conventions import Desk
from kpi.ingest.dates import bare
from kpi.ingest.dimensions import (
    IGNORE,
    TITLES,
    Evidence,
    dimension_of,
    own_dimension,
    told_dimension,
)
from kpi.ingest.durations import MINUTES_PER
from kpi.ingest.grids import Grid
from kpi.ingest.headings import DURATIONS
from kpi.ingest.heads import (
    ACTUAL,
    AGGREGATES,
    KINDS,
    MEASURE,
    RATE,
    UNREAD,
    Role,
    measure_of,
    peeled,
    role_of,
    split_words,
    words_of,
)
from kpi.ingest.placing import months_in
from kpi.ingest.unfold import renamed, text_column
from kpi.ingest.vocabulary import unit_of, vocabulary
from kpi.texts import said

_TOLD = 0.5
"""Share of a column's texts that must name figures for it to be the one that does."""
_TELLING = frozenset({MEASURE, RATE}) | UNREAD | AGGREGATES


@dataclass(frozen=True)
class Labels:
    """The labels of a table with columns across, in its own rows (sections and targets taken out).

    ``metric`` is the column that names figures; ``keep`` are columns repeated on every row of
    figures, ``keys`` those of them that part rows of one metric.
    """

    grid: Grid
    metric: int | None
    keep: tuple[int, ...]
    keys: tuple[int, ...]


def label_columns(grid: Grid, wide: Sequence[int]) -> list[int]:
    """Columns beside those across that hold words, dates or codes; figures there are none."""
    out = []
    for i, column in enumerate(grid.columns):
        if i in wide or column.empty:
            continue
        role = role_of(column.heading) if column.heading else Role("nothing")
        figures = is_figure(column) and column.shares["number"] > 0.5
        if figures and (role.kind in _TELLING or not _is_code(column)):
            continue
        out.append(i)
    return out


def _is_code(column: Column) -> bool:
    """Figures that name something: an id, a number of an order, a year, a dimension."""
    named = column.named
    if "no" in named.tokens or vocabulary().dimension(named.tokens) is not None:
        return True
    found = {m.field for m in vocabulary().lookup(column.heading)}
    if found & {"order", "event", "item", "date", "shipment"}:
        return True
    return bool(named.tokens & {"year", "jahr", "ano", "annee", "week", "kw", "month", "monat"})


def metric_column(grid: Grid, labels: Sequence[int]) -> int | None:
    """The label column whose cells name quantities ("Produced", "Scrap", "%"), if one does."""
    known = [
        i
        for i in labels
        if bare(grid.columns[i].heading).strip(" :.") in words_of("indicators")
        and grid.columns[i].shares["text"] > 0.5
    ]
    best: tuple[tuple[bool, bool, float], int] | None = None
    for i in labels:
        column = grid.columns[i]
        texts = [t for t in column.as_text().drop_null().unique().to_pylist() if t.strip()]
        if not texts or column.shares["number"] > 0.5 or _holds_units(column, texts):
            continue
        share = sum(role_of(t).kind in (MEASURE, RATE) for t in texts) / len(texts)
        rank = (i in known, len(texts) > 1, share)  # a remark "ok" in every row names no figure
        if share > 0 and (best is None or rank > best[0]):
            best = (rank, i)
    if best is not None:
        (_, several, share), i = best
        told = told_dimension(grid.columns[i].heading) is not None
        alone = len(labels) == 1 and not told
        if i in known or alone or (share >= _TOLD and (several or not grid.columns[i].heading)):
            return i
    named = [
        i for i in known if grid.columns[i].named.key not in ("item", "description", "bezeichnung")
    ]
    return named[0] if named else None


def _holds_units(column: Column, texts: Sequence[str]) -> bool:
    return _is_units(texts) or any(m.field == "unit" for m in vocabulary().lookup(column.heading))


def _is_units(texts: Sequence[str]) -> bool:
    return all(unit_of(t) is not None or t.strip() == "%" for t in texts)


def peel_labels(grid: Grid, labels: Sequence[int]) -> Grid:
    """A label such as "Scrap Line 1" as two: the figure it names, and whose it is."""
    for i in labels:
        column = grid.columns[i]
        if column.shares["text"] < 0.9:
            continue
        texts = column.as_text().to_pylist()
        found = {t: peeled(t) for t in dict.fromkeys(texts) if t is not None}
        parts = {t: p for t, p in found.items() if p is not None}
        if len(parts) < len(found) or len({p[1] for p in parts.values()}) < 2:
            continue
        names = [None if t is None else parts[t][0].text for t in texts]
        whose = [None if t is None else parts[t][1] for t in texts]
        columns = list(grid.columns)
        columns[i] = text_column(column.heading, whose, column.letter)
        return replace(grid, columns=(*columns, text_column("KPI", names, column.letter)))
    return grid


def without_kinds(grid: Grid, labels: Sequence[int], metric: int | None, desk: Desk) -> Grid:
    """Rows of targets, of last year, of differences taken out; a column that only says so, too."""
    drop = np.zeros(len(grid), bool)
    for i in labels:
        texts = grid.columns[i].as_text().to_pylist()
        roles = [role_of(t) if t else None for t in texts]
        known = [r for r in roles if r is not None]
        only = bool(known) and all(r.kind in KINDS and r.field is None for r in known)
        if i != metric and not only:
            continue
        unread = np.array([r is not None and r.kind in UNREAD for r in roles], bool)
        if unread.any():
            _note_unread(grid, texts, unread, metric, desk)
        drop |= unread
    return grid.with_rows(np.flatnonzero(~drop)) if drop.any() else grid


def _note_unread(
    grid: Grid,
    texts: Sequence[str | None],
    rows: npt.NDArray[np.bool_],
    metric: int | None,
    desk: Desk,
) -> None:
    names = grid.columns[metric].as_text().to_pylist() if metric is not None else texts
    listed = []
    for row in np.flatnonzero(rows)[:8].tolist():
        own = f"{names[row]} {texts[row]}" if names[row] != texts[row] else str(texts[row])
        listed.append(f"{own} (row {int(grid.rows[row])})")
    desk.note(
        grid.sheet,
        said("targets and comparisons are not read as figures: {rows}", rows="; ".join(listed)),
    )


def only_kinds(column: Column) -> bool:
    """A column that says of each row whether it is a target or an actual figure."""
    texts = [t for t in column.as_text().drop_null().unique().to_pylist() if t.strip()]
    roles = [role_of(t) for t in texts]
    return bool(roles) and all(r.kind in (*KINDS, ACTUAL) and r.field is None for r in roles)


def unit_column(grid: Grid, labels: Sequence[int]) -> int | None:
    """The label column that holds the unit of each row's figures."""
    for i in labels:
        column = grid.columns[i]
        texts = [t for t in column.as_text().drop_null().unique().to_pylist() if t.strip()]
        if texts and column.shares["number"] < 0.5 and _holds_units(column, texts):
            return i
    return None


def name_labels(
    grid: Grid, labels: Sequence[int], fields: frozenset[str], desk: Desk, skip: frozenset[int]
) -> Grid:
    """Label columns without a heading that is understood get the one of what they hold; asked.

    Only where no other label tells whose the figures are.
    """
    grid = _by_layer(grid, labels, skip)
    told = [i for i in labels if i not in skip and _known(grid.columns[i])]
    if told:
        return grid
    for i in labels:
        column = grid.columns[i]
        texts = [t for t in column.as_text().drop_null().unique().to_pylist() if t.strip()]
        if i in skip or not texts or column.shares["date"] > 0.5:
            continue
        if len(texts) < 2 and own_dimension(texts) is None:
            continue
        above = tuple(t for t in (column.heading,) if t)
        titled = tuple(t for t in grid.titles if told_dimension(t, title=True))
        above += tuple(d for t in titled if (d := told_dimension(t, title=True)))
        found = dimension_of(
            texts, Evidence(above, fields, names_for(texts, desk)), grid.sheet, "rows", desk
        )
        if found != IGNORE:
            columns = list(grid.columns)
            columns[i] = renamed(column, TITLES[found])
            return replace(grid, columns=tuple(columns))
        return grid
    return grid


def _by_layer(grid: Grid, labels: Sequence[int], skip: frozenset[int]) -> Grid:
    """A label under two header rows of which one names a dimension ("Line" over "Scrap")."""
    if not grid.layers:
        return grid
    columns = list(grid.columns)
    for i in labels:
        if i in skip or i >= len(grid.layers) or _known(columns[i]):
            continue
        told = {d for t in grid.layers[i] if t and (d := told_dimension(t)) is not None}
        if len(told) == 1:
            columns[i] = renamed(columns[i], TITLES.get(told.pop(), columns[i].heading))
    return replace(grid, columns=tuple(columns))


def _known(column: Column) -> bool:
    if not column.heading:
        return False
    if vocabulary().dimension(column.named.tokens) is not None:
        return True
    return (
        any(
            m.field in ("order", "event", "date", "start", "shipment", "item")
            for m in vocabulary().lookup(column.heading)
        )
        or vocabulary().named_dimension(column.heading) is not None
    )


def names_for(texts: Sequence[str], desk: Desk) -> dict[str, str]:
    """What a table of names elsewhere in the file proves about codes: dimension -> why."""
    found = named_elsewhere(texts, desk)
    return {found[0]: found[1]} if found is not None and found[0] is not None else {}


def measure_in(texts: Sequence[str]) -> tuple[str, str] | None:
    """The measure that titles or headings name, as field and as printed, its unit with it."""
    for text in texts:
        whole = role_of(text)
        if whole.kind == MEASURE and whole.field is not None:
            return whole.field, text
    for text in texts:
        words = [w for w in re.split(r"[\s/,]+", text) if w.strip("-–:()")]
        for size in (3, 2, 1):
            for k in range(len(words) - size + 1):
                inside = [w.strip("-–:()[]. ") for w in words[k : k + size]]
                if any(bare(w) in words_of("by") for w in inside):
                    continue
                part = " ".join(inside)
                field = measure_of(part)
                if field is not None and role_of(part).kind == MEASURE:
                    return field, _with_unit(part, field, text)
    return None


def rate_in(texts: Sequence[str]) -> str | None:
    """The rate that a title names, without what it is parted by and its year: "OTD % by customer"."""
    for text in texts:
        words = text.split()
        cut = next((k for k, w in enumerate(words) if bare(w) in words_of("by") and k), len(words))
        kept = [w for w in words[:cut] if not re.fullmatch(r"\W*((19|20)\d\d)?\W*", w) or "%" in w]
        kept = [w for w in kept if not months_in(w)]
        told = " ".join(kept).strip(" -–:,")
        if role_of(told).kind == RATE and re.search(r"[^\W\d_]{2,}", told):
            return told
        if told and any(w in words_of("rate_words") for w in split_words(told)):
            return told
    return None


def _with_unit(part: str, field: str, text: str) -> str:
    """A duration with the unit that the rest of its title names: "Downtime per machine in hours"."""
    if field not in DURATIONS or role_of(part).unit is not None:
        return part
    found = {u for w in re.findall(r"[^\W\d_]+", text) if (u := unit_of(w)) in MINUTES_PER}
    found -= {"d"} if "per" in text.casefold() else set()
    return f"{part} ({found.pop()})" if len(found) == 1 else part
