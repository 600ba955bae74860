"""What the names of sheets and the titles above a table say of all its rows: a line, a month."""

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np
import pyarrow as pa

from kpi.ingest.columns import Column
from kpi.ingest.conventions import Desk
from kpi.ingest.dates import bare, read_date_texts
from kpi.ingest.dimensions import IGNORE, TITLES, Evidence, dimension_of, own_dimension
from kpi.ingest.grids import Grid
from kpi.ingest.heads import measure_heading, measure_of
from kpi.ingest.joins import dated
from kpi.ingest.labels import measure_in
from kpi.ingest.periods import read_period
from kpi.ingest.places import one_name
from kpi.ingest.placing import month_told, months_in
from kpi.ingest.unfold import renamed
from kpi.ingest.vocabulary import vocabulary
from kpi.ingest.wholes import is_whole, without_whole_rows
from kpi.texts import said

_PLAIN: Final = re.compile(
    r"^(sheet|tabelle|hoja|feuil(le)?|blatt|table|data|daten|datos|export|工作表|sheet1)?[ _-]*\(?\d*\)?$",
    re.IGNORECASE,
)
_DAY: Final = re.compile(
    r"\b(?:datum|date|fecha|dia|day|tag|jour)\s*[:=]?\s*(\d{1,4}[./-]\d{1,2}[./-]\d{2,4})\b"
)
_TITLED: Final = re.compile(
    r"([^\W\d_][\w.-]{0,20})\s*[:=]\s*([\w./-][\w ./-]{0,30}?)(?=\s+[^\W\d_][\w.-]{0,20}\s*[:=]|\s*$)"
)


def with_names(grid: Grid, desk: Desk) -> Grid:
    """The table with what only its sheets' names, or a title above it, tell of every row."""
    if not _has_figures(grid):
        return grid
    grid = _titled_quantity(grid, desk)
    grid = _day_of_title(grid, desk)
    grid = _month_of_sheets(grid, desk)
    grid = _sheets_as_members(grid, desk)
    return _titled(grid, desk)


def _has_figures(grid: Grid) -> bool:
    return any(c.shares["number"] + c.shares["clock"] > 0.5 for c in grid.columns)


def _names(grid: Grid) -> list[str]:
    return [s for s in grid.sheets.unique().to_pylist() if s]


def _month_of_sheets(grid: Grid, desk: Desk) -> Grid:
    """The month of rows without a date: each sheet's name, where every name is one, else a title's."""
    if dated(grid):
        return grid
    names = _names(grid)
    found = {n: month_told(grid, desk, n) for n in names if months_in(n)}
    if names and len(found) == len(names) and all(d is not None for d in found.values()):
        days = np.array([found[s] for s in grid.sheets.to_pylist()], "M8[us]")
        source = said("the names of the sheets")
    else:
        told = month_told(grid, desk) if _one_month(grid.titles) else None
        if told is None or not _measured(grid):
            return grid
        days = np.full(len(grid), told)
        source = said("the title")
    desk.note(grid.sheet, said("the month of its rows is that of {source}", source=source))
    column = Column("Month", "", len(grid), stamps=days.astype("M8[us]"))
    return replace(grid, columns=(column, *grid.columns), grain="month")


def _day_of_title(grid: Grid, desk: Desk) -> Grid:
    """The one day that the titles give, behind a word for it: "Datum: 02.03.2026"."""
    if dated(grid) or not _measured(grid):
        return grid
    texts = list(dict.fromkeys(t for title in grid.titles for t in _DAY.findall(bare(title))))
    if len(texts) != 1:
        return grid
    read = read_date_texts(pa.array(texts))
    order = read.order or "dmy"
    if read.doubtful:
        order = desk.ask(
            "convention",
            grid.sheet,
            "dates",
            said(
                "Is {date} written with the day first or with the month first?", date=repr(texts[0])
            ),
            [("dmy", said("the day first")), ("mdy", said("the month first"))],
        )
        read = read_date_texts(pa.array(texts), order=order)
    if not read.readable[0]:
        return grid
    desk.note(grid.sheet, said("the day of its rows is that of the title: {date}", date=texts[0]))
    column = Column("Date", "", len(grid), stamps=np.full(len(grid), read.stamps[0]))
    return replace(grid, columns=(column, *grid.columns))


def _one_month(titles: Sequence[str]) -> bool:
    return len({(p.number, p.year) for t in titles for p in months_in(t)}) == 1


def _measured(grid: Grid) -> bool:
    return any(measure_of(c.heading) is not None for c in grid.columns if c.heading)


def _sheets_as_members(grid: Grid, desk: Desk) -> Grid:
    """One sheet per line (shift, machine): its name, where no column says whose the rows are."""
    names = _names(grid)
    if not names or any(_PLAIN.match(n.strip()) for n in names):
        return grid
    if any(read_period(n) is not None or months_in(n) for n in names):
        return grid
    own = own_dimension([n for n in names if not is_whole(n)])
    has = {vocabulary().dimension(c.named.tokens) for c in grid.columns if c.heading}
    if own is None:
        if len(names) < 2 or has & {"line", "machine", "plant"} or not _measured(grid):
            return grid
        members = [n for n in names if not is_whole(n)]
        own = dimension_of(members, Evidence(), grid.sheet, "sheets", desk)
    if own == IGNORE or own in has or own == "reason":
        return grid
    desk.note(
        grid.sheet,
        said("the names of the sheets are read as {dimension}", dimension=TITLES[own].lower()),
    )
    return without_whole_rows(_with_texts(grid, TITLES[own], grid.sheets), desk)


def _titled_quantity(grid: Grid, desk: Desk) -> Grid:
    """A column called only "Quantity" below a title that says of what: "Scrap, March 2026"."""
    plain = [
        i
        for i, c in enumerate(grid.columns)
        if c.heading and vocabulary().is_plain_quantity(c.heading) and c.shares["number"] > 0.5
    ]
    told = measure_in(grid.titles) if len(plain) == 1 and not _measured(grid) else None
    if told is None or told[0] not in ("qty_scrap", "qty_produced", "qty_good", "qty_rework"):
        return grid
    column = grid.columns[plain[0]]
    heading = measure_heading(told[1], told[0])
    desk.note(
        grid.sheet,
        said("{column} counts what the title says: {heading}",
             column=repr(column.heading), heading=repr(heading)),
        column.heading,
    )  # fmt: skip
    columns = list(grid.columns)
    columns[plain[0]] = renamed(column, heading)
    return grid.with_columns(columns)


def _titled(grid: Grid, desk: Desk) -> Grid:
    """A title such as "Line: L1" above a table without a column of lines."""
    has = {vocabulary().dimension(c.named.tokens) for c in grid.columns if c.heading}
    told = [found for text in grid.titles for found in _told(text)]
    for title, dimension, value in told:
        if dimension in has or dimension == "reason" or not one_name(value):
            continue
        has.add(dimension)
        desk.note(
            grid.sheet,
            said("{title} above the table is read for all its rows", title=repr(title.strip())),
        )
        texts = pa.array([value] * len(grid), pa.string())
        grid = _with_texts(grid, TITLES.get(dimension, dimension.capitalize()), texts)
    return grid


def _told(title: str) -> list[tuple[str, str, str]]:
    """The dimensions and members a title tells: "Line: L1", "Line 1, March 2026"."""
    pairs = []
    for hit in _TITLED.finditer(title):
        dimension = vocabulary().dimension(vocabulary().normalise(hit.group(1)).tokens)
        if dimension is not None:
            pairs.append((title, dimension, hit.group(2).strip()))
    if pairs or ":" in title:
        return pairs
    for part in re.split(r"\s+[-–—|]\s+|[,;|]", title):
        words = part.split()
        for size in (2, 3):
            for k in range(len(words) - size + 1):
                member = " ".join(words[k : k + size])
                own = own_dimension([member])
                coded = re.search(r"\d|^[A-Z]$", words[k + size - 1]) is not None
                if own in ("line", "machine", "shift") and coded and not months_in(member):
                    return [(title, own, member)]
    return []


def _with_texts(grid: Grid, heading: str, texts: pa.Array) -> Grid:
    encoded = texts.dictionary_encode()
    codes = np.asarray(encoded.indices.to_numpy(zero_copy_only=False), np.int32)
    column = Column(heading, "", len(grid), texts=encoded.dictionary, codes=codes)
    return replace(grid, columns=(*grid.columns, column))
