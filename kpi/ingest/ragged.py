"""Rows of a text file that have more or fewer cells than headings: mended, refused, or said."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from kpi.ingest.grid import Grid, Refused, text_of
from kpi.ingest.header import Header
from kpi.ingest.raw import Cell
from kpi.ingest.slips import LEARNED, Slips, learn
from kpi.texts import said, said_n


@dataclass(frozen=True, slots=True)
class Evened:
    """The rows (positions) that line up with their headings; the grid holds them as mended."""

    grid: Grid
    rows: list[int]
    refused: tuple[Refused, ...]
    doubts: tuple[str, ...]


def evened(grid: Grid, header: Header, rows: list[int]) -> Evened:
    """Put right what can be put right, refuse other rows that have slipped.

    A row with more cells than headings has slipped: no cell of it is sure. Rows that only end in
    more separators than the header, as most others do, are whole.
    """
    assert grid.counts is not None
    width = grid.counts[header.last]
    slipped = _slipped(grid, rows, width)
    doubts: list[str] = []
    refused: list[Refused] = []
    if slipped:
        mended, refused = _mended(grid, rows, slipped, width, doubts, header)
        grid = replace(grid, rows=_with(grid.rows, mended))
        lost = {position for position in slipped if position not in mended}
        rows = [i for i in rows if i not in lost]
    assert grid.counts is not None
    short = [grid.numbers[i] for i in rows if 0 < grid.counts[i] < width]
    if 0 < len(short) < 0.5 * len(rows) + 1 and len(short) < len(rows):
        doubts.append(too_short(short))
    return Evened(grid, rows, tuple(refused), tuple(doubts))


def too_short(rows: Sequence[int]) -> str:
    """Rows that end before the headings do."""
    return said("Rows with fewer cells than headings: {rows}.", rows=listed(rows))


def listed(numbers: Sequence[int]) -> str:
    """The first few row numbers."""
    more = " …" if len(numbers) > 5 else ""
    return ", ".join(str(number) for number in numbers[:5]) + more


def _slipped(grid: Grid, rows: Sequence[int], width: int) -> list[int]:
    assert grid.counts is not None
    over = [i for i in rows if grid.counts[i] > width]
    spilt = {i for i in over if any(cell is not None for cell in grid.rows[i][width:])}
    if not spilt:
        return []
    trailing = Counter(grid.counts[i] for i in over if i not in spilt)
    usual, times = trailing.most_common(1)[0] if trailing else (0, 0)
    whole = usual if times > 0.5 * len(rows) else width
    return [i for i in over if i in spilt or grid.counts[i] != whole]


def _mended(
    grid: Grid,
    rows: Sequence[int],
    slipped: Sequence[int],
    width: int,
    doubts: list[str],
    header: Header,
) -> tuple[dict[int, list[Cell]], list[Refused]]:
    """Rows put right, by position, and those that could not be."""
    assert grid.counts is not None
    slips = _learnt(grid, rows, width)
    mended: dict[int, list[Cell]] = {}
    refused: list[Refused] = []
    at: dict[int, list[int]] = {}
    for position in slipped:
        count = grid.counts[position]
        cells = [_text(cell) for cell in grid.rows[position][:count]]
        found = None
        if slips is not None and grid.quoted is not None and grid.separator:
            found = slips.mended(cells, grid.quoted(position))
        if found is None:
            texts = tuple(cell or "" for cell in cells)
            refused.append(Refused(grid.numbers[position], slip(count, width), texts))
            continue
        row, column = found
        mended[position] = [*row, *[None] * (grid.width - len(row))]
        at.setdefault(column, []).append(grid.numbers[position])
    for column, numbers in at.items():
        doubts.append(put_together(len(numbers), header.headings[column], numbers))
    return mended, refused


def slip(count: int, width: int) -> str:
    """Why a row with too many cells is refused."""
    return said("{count} cells under {width} headings", count=count, width=width)


def put_together(count: int, heading: str, rows: Sequence[int]) -> str:
    """What was done to rows that hold the separator inside a name."""
    return said_n(
        "In {n} row the separator stands inside {heading} without quotation marks; the pieces were "
        "put together, for no other column can hold them (row {rows}).",
        "In {n} rows the separator stands inside {heading} without quotation marks; the pieces were "
        "put together, for no other column can hold them (rows {rows}).",
        n=count,
        heading=repr(heading),
        rows=listed(rows),
    )


def _learnt(grid: Grid, rows: Sequence[int], width: int) -> Slips | None:
    assert grid.counts is not None
    if grid.quoted is None or not grid.separator:
        return None
    fitting = [i for i in rows if grid.counts[i] == width][:LEARNED]
    cells = [[_text(cell) for cell in grid.rows[i][:width]] for i in fitting]
    return learn(cells, [grid.quoted(i) for i in fitting], width, grid.separator)


def _text(cell: Cell) -> str | None:
    return None if cell is None else text_of(cell)


def _with(rows: Sequence[Sequence[Cell]], mended: dict[int, list[Cell]]) -> list[Sequence[Cell]]:
    changed = list(rows)
    for position, row in mended.items():
        changed[position] = row
    return changed
