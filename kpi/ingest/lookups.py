"""Lookup tables: a column of codes, each once, beside a column of what they read as."""

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from kpi.datasets import DIMENSIONS
from kpi.ingest.conventions import Desk, Rejections
from kpi.ingest.grids import Grid
from kpi.ingest.split import names_table
from kpi.ingest.tables import CanonicalPart, rejected_table
from kpi.ingest.vocabulary import vocabulary
from kpi.texts import said


def read_lookup(grid: Grid, desk: Desk) -> CanonicalPart | None:
    """The names a table gives to the codes of a dimension; ``None`` where it is no lookup table."""
    if (stated := _stated(grid, desk)) is not None:
        return stated
    key = _key(grid)
    if key is None:
        return None
    code, dimension = key
    name = _name(grid, code, dimension, desk)
    if name is None:
        return None
    codes, names = grid.columns[code].as_text(), grid.columns[name].as_text()
    rows, numbers, reasons = [], [], np.full(len(grid), "", object)
    seen: dict[str, str] = {}
    for i, (c, n) in enumerate(zip(codes.to_pylist(), names.to_pylist(), strict=True)):
        if c is None or n is None:
            reasons[i] = said("no code") if c is None else said("no name")
        elif c in seen:
            reasons[i] = "" if seen[c] == n else said("the code has another name above")
        else:
            seen[c] = n
            rows.append((dimension, c, n))
            numbers.append(int(grid.rows[i]))
    if not rows or (reasons != "").mean() > 0.1:
        return None
    table: pa.Table = _with_plants(names_table(rows, grid.sheet, numbers), grid, dimension)
    rejected = rejected_table(grid, reasons)
    desk.rejections.append(_rejections(grid, reasons))
    mapping = {c.heading or c.letter: "ignore" for c in grid.columns}
    mapping[grid.columns[code].heading] = dimension
    mapping[grid.columns[name].heading] = f"names.{dimension}"
    if not table["plant"].null_count:
        plant = next(c for c in grid.columns if vocabulary().dimension(c.named.tokens) == "plant")
        mapping[plant.heading] = "plant"
    return CanonicalPart(
        "names", grid.sheet, table, len(grid), len(rows), rejected.num_rows, mapping,
        dict(desk.decided), (), None, (), grid.signature, rejected,
        tuple(c.heading for c in grid.columns),
    )  # fmt: skip


def _stated(grid: Grid, desk: Desk) -> CanonicalPart | None:
    """The names of a table with the columns of the dataset itself: field, code, name, plant."""
    at = {c.named.key: i for i, c in enumerate(grid.columns)}
    if not {"field", "code", "name"} <= set(at):
        return None
    field, code, name = (
        grid.columns[at[k]].as_text().to_pylist() for k in ("field", "code", "name")
    )
    reasons = np.full(len(grid), "", object)
    rows, numbers = [], []
    for i, (f, c, n) in enumerate(zip(field, code, name, strict=True)):
        dimension = (f or "").strip().casefold()
        if dimension not in DIMENSIONS:
            reasons[i] = said("the field is none of {names}", names=DIMENSIONS)
        elif c is None or n is None:
            reasons[i] = said("no code") if c is None else said("no name")
        else:
            rows.append((dimension, c, n))
            numbers.append(int(grid.rows[i]))
    if not rows:
        return None
    table = _with_plants(names_table(rows, grid.sheet, numbers), grid, None)
    rejected = rejected_table(grid, reasons)
    desk.rejections.append(_rejections(grid, reasons))
    mapping = {c.heading or c.letter: "ignore" for c in grid.columns}
    mapping |= {
        grid.columns[at[k]].heading: k for k in ("field", "code", "name", "plant") if k in at
    }
    return CanonicalPart(
        "names", grid.sheet, table, len(grid), len(rows), rejected.num_rows, mapping,
        dict(desk.decided), (), None, (), grid.signature, rejected,
        tuple(c.heading for c in grid.columns),
    )  # fmt: skip


def _rejections(grid: Grid, reasons: npt.NDArray[np.object_]) -> Rejections:
    rows = np.flatnonzero(reasons != "")
    sheets = grid.sheets.take(pa.array(rows)).to_pylist()
    return Rejections(sheets, grid.rows[rows].tolist(), reasons[rows].tolist(), [""] * len(rows))


def _with_plants(table: pa.Table, grid: Grid, dimension: str | None) -> pa.Table:
    """The names with the plant each row states, where a column does and they are not plants' own."""
    plant = next(
        (c for c in grid.columns if vocabulary().dimension(c.named.tokens) == "plant"), None
    )
    if plant is None or plant.empty or dimension == "plant":
        return table
    by_row = dict(zip(grid.rows.tolist(), plant.as_text().to_pylist(), strict=True))
    plants = [by_row.get(row) for row in table["row"].to_pylist()]
    place = table.schema.get_field_index("plant")
    return table.set_column(place, "plant", pa.array(plants, pa.string()))


def _unique(grid: Grid, i: int) -> bool:
    texts = grid.columns[i].as_text().drop_null()
    return len(texts) > 0 and len(texts.unique()) >= 0.98 * len(texts)


def _key(grid: Grid) -> tuple[int, str] | None:
    """The column of codes and its dimension: an id before a bare word, the first before later ones."""
    words = vocabulary()
    options: list[tuple[int, int, str]] = []
    for i, column in enumerate(grid.columns):
        if column.empty or words.is_audit(column.heading) or words.named_dimension(column.heading):
            continue
        dimension = words.dimension(column.named.tokens)
        if dimension is not None:
            coded = 0 if "no" in column.named.tokens or column.named.key in ("sku",) else 1
            options.append((coded, i, dimension))
    if not options:
        return None
    coded, i, dimension = min(options)
    return i, dimension


def _name(grid: Grid, code: int, dimension: str, desk: Desk) -> int | None:
    """The column of names: it says so, or is the same word as the code, or is the only text."""
    words = vocabulary()
    texts: list[int] = []
    for i, column in enumerate(grid.columns):
        if i == code or column.empty or words.is_audit(column.heading):
            continue
        if words.named_dimension(column.heading) == dimension or column.named.tokens == {"name"}:
            return i
        bare_word = "no" not in column.named.tokens
        if bare_word and words.dimension(column.named.tokens) == dimension:
            return i
        if column.shares["text"] > 0.9 and _unique(grid, i):
            texts.append(i)
    if not texts or len(grid.columns) > 8:
        return None
    if len(texts) == 1:
        return texts[0]
    headings = [grid.columns[i].heading for i in texts]
    answer = desk.ask(
        "field",
        grid.sheet,
        f"names:{dimension}",
        said(
            "Which column names the codes in {heading}?", heading=repr(grid.columns[code].heading)
        ),
        [
            *((h, said("a text beside the code")) for h in headings),
            ("ignore", said("the codes need no names")),
        ],
        heading=grid.columns[code].heading,
        samples=grid.columns[texts[0]].examples(),
    )
    return None if answer == "ignore" else texts[headings.index(answer)]
