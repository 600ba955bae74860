"""Codes in headings and their names on another sheet: what they are, and what they read as."""

from collections.abc import Sequence

import numpy as np

from kpi.ingest.conventions import Desk
from kpi.ingest.dimensions import own_dimension
from kpi.ingest.grids import Grid
from kpi.ingest.split import names_table
from kpi.ingest.tables import CanonicalPart, rejected_table
from kpi.texts import Said, said

_MOST_ROWS = 5_000
_MOST_COLUMNS = 8


def named_elsewhere(texts: Sequence[str], desk: Desk) -> tuple[str | None, Said] | None:
    """What a table of names in the same file proves about codes: their dimension, and why.

    The dimension is ``None`` where the names do not tell it; ``None`` where no table has the codes.
    """
    for grid in desk.workbook:
        found = codes_and_names(grid, texts)
        if found is None:
            continue
        code, name = found
        pairs = dict(
            zip(
                grid.columns[code].as_text().to_pylist(),
                grid.columns[name].as_text().to_pylist(),
                strict=True,
            )
        )
        names = [str(pairs[t]) for t in texts]
        why = said(
            "sheet {sheet} calls them {names}",
            sheet=repr(grid.sheet),
            names=", ".join(names[:4]),
        )
        return own_dimension(names), why
    return None


def codes_and_names(grid: Grid, wanted: Sequence[str]) -> tuple[int, int] | None:
    """The columns of a table of names: codes that hold all wanted ones, each once, and their texts."""
    if not 2 <= len(grid.columns) <= _MOST_COLUMNS or not len(wanted) <= len(grid) <= _MOST_ROWS:
        return None
    for code, column in enumerate(grid.columns):
        filled = [t for t in column.as_text().to_pylist() if t is not None]
        if len(set(filled)) < len(filled) or not set(wanted) <= set(filled):
            continue
        for name, other in enumerate(grid.columns):
            words = other.as_text().drop_null()
            if name == code or len(words) < len(wanted) or other.shares["text"] <= 0.5:
                continue
            if len(words.unique()) >= 0.9 * len(words):
                return code, name
    return None


def names_of_members(grid: Grid, desk: Desk) -> CanonicalPart | None:
    """The names that a table without a word for its dimension gives to members read elsewhere."""
    for dimension, members in desk.parted:
        found = codes_and_names(grid, members)
        if found is not None and len(members) >= 2:
            return _part(grid, dimension, *found, desk)
    return None


def _part(grid: Grid, dimension: str, code: int, name: int, desk: Desk) -> CanonicalPart:
    codes, names = (grid.columns[i].as_text().to_pylist() for i in (code, name))
    pairs = [(i, c, n) for i, (c, n) in enumerate(zip(codes, names, strict=True)) if c and n]
    table = names_table(
        [(dimension, c, n) for _, c, n in pairs],
        grid.sheet,
        [int(grid.rows[i]) for i, _, _ in pairs],
    )
    desk.note(
        grid.sheet,
        said(
            "{names} are the names of {codes}: the codes stand in the headings of another sheet",
            names=repr(grid.columns[name].heading),
            codes=repr(grid.columns[code].heading),
        ),
    )
    mapping = {c.heading or c.letter: "ignore" for c in grid.columns}
    mapping[grid.columns[code].heading] = dimension
    mapping[grid.columns[name].heading] = f"names.{dimension}"
    none = rejected_table(grid, np.full(len(grid), "", object))
    return CanonicalPart(
        "names", grid.sheet, table, len(grid), table.num_rows, 0, mapping, {}, (), None, (),
        grid.signature, none, tuple(c.heading for c in grid.columns),
    )  # fmt: skip
