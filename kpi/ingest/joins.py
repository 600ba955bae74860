"""Sheets of one workbook joined by a key: figures on one, their date, line and product on another.

A join is taken only where the key names each row of the other sheet once and nearly every row
finds its partner; it is said, and rows without a partner are rejected with that reason.
"""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt

from kpi.ingest.columns import Column
from kpi.ingest.concepts import composed
from kpi.ingest.conventions import Desk
from kpi.ingest.grids import Grid
from kpi.ingest.headings import ACTUAL, DUE
from kpi.ingest.heads import measure_of
from kpi.ingest.unfold import renamed
from kpi.ingest.vocabulary import vocabulary
from kpi.texts import Said, said

FOUND: Final = 0.9
"""Share of rows that must find their partner for a join to be taken."""
_UNIQUE: Final = 0.99
"""Share of filled keys that must be different on the other sheet."""
_KEPT: Final = ("line", "machine", "shift", "product", "plant", "customer", "supplier")
_ORDER_WORDS: Final = frozenset({"order", "batch", "job", "lot", "po", "charge", "auftrag", "lote"})


@dataclass(frozen=True)
class Partner:
    """Another sheet whose key column names the rows of this one."""

    grid: Grid
    own: int
    theirs: int
    rows: npt.NDArray[np.int64]  # of the partner, per row here; -1 where there is none

    @property
    def found(self) -> float:
        """Share of rows with a partner."""
        return float((self.rows >= 0).mean()) if len(self.rows) else 0.0


def with_partner(grid: Grid, desk: Desk) -> Grid:
    """The table with the date (and line, product, ...) of its partner; unchanged where it has one
    of its own, holds no figures, or has no partner.
    """
    if dated(grid) or not _measured(grid) or len(grid) == 0:
        return grid
    partners = [p for other in desk.workbook if dated(other) for p in _partners(grid, other)]
    if not partners:
        return grid
    best = max(partners, key=lambda p: (p.found, _same_name(grid, p), -p.theirs))
    if best.found < FOUND:
        return grid
    return _joined(grid, best, desk)


def missing_date(grid: Grid) -> Said:
    """What to do about a table without dates: what names its rows may have a date elsewhere."""
    key = next((c for c in grid.columns if _is_key(c)), None)
    if key is None:
        return said("Export the table with its date: without it no figure belongs to any month.")
    return said(
        "Export the table with its date; or add to the workbook the sheet that gives each {key} its "
        "date: without it no figure belongs to any month.",
        key=repr(key.heading),
    )


def dated(grid: Grid) -> bool:
    """Whether a column holds dates, or numbers that a heading calls dates."""
    words = vocabulary()
    return any(
        _holds_dates(c) and not words.is_audit(c.heading) and _says_date(c)
        for c in grid.columns
        if not c.empty
    )


def _holds_dates(column: Column) -> bool:
    return column.shares["date"] > 0.5 or (
        column.shares["number"] > 0.5 and not np.isnat(column.as_moments().values).all()
    )


def _says_date(column: Column) -> bool:
    """Real dates, or numbers under a heading that says date."""
    if column.shares["date"] > 0.5:
        return True
    fields = {m.field for m in vocabulary().lookup(column.heading)}
    return bool(fields & {"date", "start"}) and column.shares["number"] > 0.5


def _measured(grid: Grid) -> bool:
    return any(
        measure_of(c.heading) is not None and c.shares["number"] + c.shares["clock"] > 0.5
        for c in grid.columns
        if c.heading
    )


def _is_key(column: Column) -> bool:
    """A column that names orders, batches, log entries: by its heading, or by an id's words."""
    if column.empty or not column.heading or measure_of(column.heading) is not None:
        return False
    fields = {m.field for m in vocabulary().lookup(column.heading)}
    tokens = column.named.tokens
    if vocabulary().dimension(tokens) is not None and not tokens & _ORDER_WORDS:
        return False
    return bool(fields & {"order", "event", "shipment"}) or bool(tokens & (_ORDER_WORDS | {"no"}))


def _partners(grid: Grid, other: Grid) -> list[Partner]:
    if other is grid or other.sheet == grid.sheet:
        return []
    out = []
    for own, column in enumerate(grid.columns):
        if column.empty or not column.heading or measure_of(column.heading) is not None:
            continue
        for theirs, key in enumerate(other.columns):
            if _may_join(column, key):
                rows = _matched(column, key)
                if rows is not None:
                    out.append(Partner(other, own, theirs, rows))
    return out


def _may_join(own: Column, theirs: Column) -> bool:
    """The same heading, or two that both name an order, batch or entry."""
    if theirs.empty or theirs.shares["date"] > 0.5 or own.shares["date"] > 0.5:
        return False
    if own.named.key == theirs.named.key:
        return vocabulary().dimension(own.named.tokens) is None or _is_key(own)
    return _is_key(own) and _is_key(theirs)


def _matched(own: Column, theirs: Column) -> npt.NDArray[np.int64] | None:
    """The partner's row of each row; ``None`` where its key names several rows."""
    keys = theirs.as_text().to_pylist()
    filled = [k for k in keys if k is not None]
    if len(filled) < 2 or len(set(filled)) < _UNIQUE * len(filled):
        return None
    place: dict[str, int] = {}
    doubled: set[str] = set()
    for row, key in enumerate(keys):
        if key is None:
            continue
        if key in place:
            doubled.add(key)
        place.setdefault(key, row)
    texts = own.as_text().to_pylist()
    rows = [-1 if t is None or t in doubled else place.get(t, -1) for t in texts]
    return np.array(rows, np.int64)


def _same_name(grid: Grid, partner: Partner) -> bool:
    theirs = partner.grid.columns[partner.theirs]
    return grid.columns[partner.own].named.key == theirs.named.key


def _joined(grid: Grid, partner: Partner, desk: Desk) -> Grid:
    other = partner.grid
    date = _date_of(grid, partner, desk)
    mine = {vocabulary().dimension(c.named.tokens) for c in grid.columns if c.heading}
    keys = {c.named.key for c in grid.columns}
    brought = [date]
    for i, column in enumerate(other.columns):
        dimension = vocabulary().dimension(column.named.tokens) if column.heading else None
        new = dimension in _KEPT and dimension not in mine and column.named.key not in keys
        if new and i != partner.theirs and not column.empty and column.shares["date"] < 0.5:
            brought.append(column)
            mine.add(dimension)
    lacking = partner.rows < 0
    rows = np.maximum(partner.rows, 0)
    columns = [_of_partner(c, rows, lacking) for c in brought]
    key, theirs = grid.columns[partner.own], other.columns[partner.theirs]
    desk.note(
        grid.sheet,
        said(
            "{columns} of sheet {other} hold for {found} of {rows} rows here, found by {key}",
            columns=", ".join(repr(c.heading) for c in brought),
            other=repr(other.sheet),
            found=int((~lacking).sum()),
            rows=len(grid),
            key=repr(key.heading)
            if key.heading == theirs.heading
            else f"{key.heading!r} = {theirs.heading!r}",
        ),
        key.heading,
    )
    desk.partners[other.sheet] = said(
        "it has no figures of its own; its dates hold for the rows of sheet {sheet}",
        sheet=repr(grid.sheet),
    )
    faults = dict(grid.faults)
    for row in np.flatnonzero(lacking).tolist():
        faults[row] = said(
            "no row of sheet {other} has this {key}",
            other=repr(other.sheet),
            key=repr(theirs.heading),
        )
    return replace(grid, columns=(*columns, *grid.columns), layers=(), faults=faults)


def _date_of(grid: Grid, partner: Partner, desk: Desk) -> Column:
    """The date that the rows get from their partner; asked where it has several."""
    words = vocabulary()
    options = [
        c
        for i, c in enumerate(partner.grid.columns)
        if i != partner.theirs and not c.empty and _holds_dates(c) and _says_date(c)
        and not words.is_audit(c.heading)
    ]  # fmt: skip
    options.sort(key=lambda c: (not _is_day(c), _late(c), words.precedence(c.heading)))
    if len(options) == 1 or _is_day(options[0]):
        return renamed(options[0], "Date")
    answer = desk.ask(
        "field",
        grid.sheet,
        "joined_date",
        said("Which date of sheet {other} holds for these rows?", other=repr(partner.grid.sheet)),
        [(c.heading, said("for example {dates}", dates=", ".join(c.examples(2)))) for c in options],
    )
    return renamed(next(c for c in options if c.heading == answer), "Date")


def _late(column: Column) -> int:
    """What happened comes before what was ordered, and that before what was due."""
    fields = {m.field for m in vocabulary().lookup(column.heading)}
    said_fields = fields | {m.field for m in composed(column.heading, dates=True, numbers=False)}
    ranks = [(ACTUAL, 0), (DUE, 3), (frozenset({"order_date"}), 2)]
    return next((rank for known, rank in ranks if said_fields & known), 1)


def _is_day(column: Column) -> bool:
    return any(m.field == "date" for m in vocabulary().lookup(column.heading))


def _of_partner(
    column: Column, rows: npt.NDArray[np.int64], lacking: npt.NDArray[np.bool_]
) -> Column:
    taken = column.take(rows)
    if not lacking.any():
        return taken
    return Column(
        column.heading,
        column.letter,
        len(rows),
        texts=taken.texts,
        codes=np.where(lacking, -1, taken.codes).astype(np.int32),
        numbers=None if taken.numbers is None else np.where(lacking, np.nan, taken.numbers),
        stamps=None
        if taken.stamps is None
        else np.where(lacking, np.datetime64("NaT", "us"), taken.stamps),
        clocks=None if taken.clocks is None else np.where(lacking, np.nan, taken.clocks),
        epoch1904=column.epoch1904,
    )
