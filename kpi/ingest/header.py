"""Which row of a sheet is its header? Told from how its cells differ from those below."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from itertools import pairwise
from typing import Final, Literal

from kpi.ingest.grid import Merge, text_of
from kpi.ingest.raw import Cell
from kpi.texts import said

Kind = Literal["blank", "text", "number", "date"]
Kinds = list[list[Kind]]

SEARCHED_ROWS: Final = 60
"""A header further down than this many non-blank rows is not looked for."""

COMPARED_ROWS: Final = 30

_NUMBER: Final = re.compile(
    r"[-+(]?\s*[$€£¥%]?\s*[-+]?\d[\d.,'’\s\u00a0\u202f]*([eE][-+]?\d+)?\s*[%$€£¥)\-]?"
)
_DATE: Final = re.compile(
    r"\d{1,4}\s?[./年-]\s?\d{1,2}(\s?[./月-]\s?\d{1,4}日?)?([ T]+\d{1,2}[:.]\d{2}([:.]\d{2})?(\.\d+)?(\s?[ap]\.?m\.?)?)?Z?"
    r"|\d{1,3}:\d{2}(:\d{2})?([.,]\d+)?(\s?[ap]\.?m\.?)?"
    r"|\d{1,2}[-. ]?(\d{1,2}|[A-Za-zäéû]{3,10})\.?[-. ,]?\s?\d{2,4}"
    r"|[A-Za-zäéû]{3,9}\.?[-/ ']\s?\d{2,4}|(KW|CW|W|S|Wk)\s?\d{1,2}([/ ]\d{2,4})?|Q[1-4]([/ -]\d{2,4})?",
    re.IGNORECASE,
)
_DAY_AND_MONTH: Final = re.compile(r"\d{1,2}\.\d{1,2}\.(\d{2}|(19|20)\d{2})?")
_SHORT: Final = 40
"""Characters; no longer text is a number or a date."""

_NOTHING: Final = frozenset(
    {"-", "–", "—", "n/a", "#n/a", "#nv", "null", "none", "nan", "k.a.", "."}
)
_UNIT: Final = re.compile(
    r"[\[(].{1,12}[\])]|%|pcs\.?|st(k|ck|ück)?\.?|kg|h|min\.?|€|eur|usd|pzas?\.?|uds?\.?",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Header:
    """Where the header stands: rows ``first`` to ``last`` (positions in the grid, ends included).

    ``last`` is ``first - 1`` where there is none. ``headings`` has one text per column of the
    grid. ``notes`` say what was done to it.
    """

    first: int
    last: int
    headings: tuple[str, ...]
    notes: tuple[str, ...] = ()
    layers: tuple[tuple[str, ...], ...] = ()

    def layers_of(self, column: int) -> tuple[str, ...]:
        """The texts of a column's header rows, top first; empty where the header is one row."""
        return self.layers[column] if self.layers else ()

    @property
    def headerless(self) -> bool:
        """The first row is data already."""
        return self.last < self.first


def kind_of(cell: Cell) -> Kind:
    """Text, number or date, as a person would take it; marks for "nothing" count as blank."""
    if cell is None:
        return "blank"
    if isinstance(cell, str):
        text = cell.strip()
        return _kind_of_text(text) if len(text) < _SHORT else "text"
    if isinstance(cell, (date, datetime, time, timedelta)):
        return "date"
    return "number"


@lru_cache(maxsize=1 << 14)  # a table says the same over and over, cell by cell
def _kind_of_text(text: str) -> Kind:
    if not text or text.lower() in _NOTHING:
        return "blank"
    if any(character.isdecimal() for character in text):
        if _DAY_AND_MONTH.fullmatch(text):
            return "date"
        if _NUMBER.fullmatch(text):
            return "number"
        if _DATE.fullmatch(text):
            return "date"
    return "text"


@dataclass(frozen=True, slots=True)
class _View:
    """The rows searched for a header, from ``start`` of the grid, and their kinds."""

    rows: Sequence[Sequence[Cell]]
    kinds: Kinds
    filled: list[int]
    merges: tuple[Merge, ...] | None  # positions from ``start``

    def below(self, i: int) -> Kinds:
        """The kinds of the next filled rows."""
        return [self.kinds[j] for j in self.filled if j > i][:COMPARED_ROWS]


def find_header(
    rows: Sequence[Sequence[Cell]], merges: Sequence[Merge] | None, *, start: int = 0
) -> Header:
    """The header among the rows from ``start``; a table may have none.

    A header is the row that covers the columns used below it, in text, where those below hold
    numbers or dates. Rows of the same kinds as all below make a table without header.
    """
    start += _lone_rows(rows, start)
    searched = rows[start : start + 4 * SEARCHED_ROWS]
    kinds = _kinds(searched)
    filled = [i for i, row in enumerate(searched) if any(cell is not None for cell in row)]
    filled = filled[:SEARCHED_ROWS]
    width = len(rows[0]) if rows else 0
    if not filled:
        return Header(start, start - 1, ("",) * width)
    moved = tuple(Merge(m.top - start, m.left, m.bottom - start, m.right) for m in merges or ())
    view = _View(searched, kinds, filled, moved if merges is not None else None)
    scores = {i: _score(i, view) for i in filled}
    best = max(filled, key=lambda i: (round(scores[i], 6), -i))
    if scores[best] <= 0:
        first = _first_of_data(view)
        return Header(start + first, start + first - 1, ("",) * width)
    best = next(
        i for i in filled if _same(searched[i], searched[best])
    )  # of a header on every page
    first, last = _extent(best, view)
    return _joined(view, first, last, start)


def _lone_rows(rows: Sequence[Sequence[Cell]], start: int) -> int:
    """How many rows of single cells or none to pass over: a long block of filters, all but its end."""
    if not rows or len(rows[0]) < 3:
        return 0
    several = (i for i in range(start, len(rows)) if sum(c is not None for c in rows[i]) > 1)
    return max(next(several, start) - start - SEARCHED_ROWS // 3, 0)


def _kinds(rows: Sequence[Sequence[Cell]]) -> Kinds:
    """The kinds of all cells; a first row of numbers that count on (1, 2, 3, ...) is of labels.

    Weeks, days, shifts or years head columns as numbers; a row of such figures below a row of
    texts is data.
    """
    kinds = [[kind_of(cell) for cell in row] for row in rows]
    for row, found in zip(rows, kinds, strict=True):
        years = [
            c for c, k in enumerate(found) if k == "number" and _is_year(text_of(row[c]).strip())
        ]
        beside = found.count("date") >= 2  # years beside months are periods as well
        alone = len(years) == found.count("number") >= 2 and _counts_on(
            [text_of(row[c]).strip() for c in years]
        )
        if "text" in found and (beside or alone):
            for place in years:
                found[place] = "date"
    first = next((i for i, row in enumerate(kinds) if row.count("number") >= 3), None)
    if first is None:
        return kinds
    places = [c for c, kind in enumerate(kinds[first]) if kind == "number"]
    headed = any(all(above[c] in ("text", "date") for c in places) for above in kinds[:first])
    if (
        not headed
        and "text" in kinds[first]
        and _counts_on([text_of(rows[first][c]).strip() for c in places])
    ):
        for place in places:
            kinds[first][place] = "text"
    return kinds


def _counts_on(labels: list[str]) -> bool:
    """Whole numbers from 0 or 1, or years, each one more than the last."""
    if not all(label.isdecimal() and len(label) <= 4 for label in labels):
        return False
    numbers = [int(label) for label in labels]
    begins = numbers[0] in (0, 1) or _is_year(labels[0])
    return begins and all(b - a == 1 for a, b in pairwise(numbers))


def _score(i: int, view: _View) -> float:
    """How much row ``i`` looks like the header of the rows below it; 0 or less: not at all."""
    row = view.kinds[i]
    below = view.below(i)
    named = sum(k != "blank" for k in row)
    texts = sum(k == "text" for k in row)
    if not texts and not (row.count("date") > 1 and row.count("date") == named):
        return 0.0
    if not below:
        return 0.5 * texts / named if texts >= 0.6 * named else 0.0
    body = [_dominant([r[c] for r in below]) for c in range(len(row))]
    used = [c for c, kind in enumerate(body) if kind != "blank"]
    if not used:
        return 0.0
    if named == 1 and len(used) > 2:
        return 0.0  # a title alone in its row
    cover = sum(row[c] != "blank" for c in used) / len(used)
    differs = sum(
        (row[c] == "text" and body[c] in ("number", "date"))
        or (row[c] == "date" and body[c] == "number")
        for c in used
    )
    same = sum(row[c] == body[c] and body[c] in ("number", "date") for c in used)
    typed = sum(body[c] != "text" for c in used)
    contrast = (differs - 1.5 * same) / typed if typed else 0.25
    if contrast <= 0 and same:
        return 0.0
    return (
        2.0 * cover + 0.5 * texts / named + 1.5 * max(contrast, 0.0) - 0.03 * view.filled.index(i)
    )


def _dominant(column: list[Kind]) -> Kind:
    counts = Counter(kind for kind in column if kind != "blank")
    return counts.most_common(1)[0][0] if counts else "blank"


def _first_of_data(view: _View) -> int:
    """Without a header the data begin where as many cells are filled as in most rows."""
    sizes = [sum(k != "blank" for k in view.kinds[i]) for i in view.filled]
    usual = Counter(sizes).most_common(1)[0][0]
    return next(
        (i for i, size in zip(view.filled, sizes, strict=True) if size >= 0.6 * usual),
        view.filled[0],
    )


def _extent(best: int, view: _View) -> tuple[int, int]:
    """Take in the rows of units and details below, and of groups above, of the best row."""
    first = last = best
    while last + 1 < len(view.kinds) and last - best < 2 and _continues(last + 1, best, view):
        last += 1
    while first > 0 and best - first < 2 and _groups(first - 1, best, view):
        first -= 1
    return first, last


def _continues(i: int, best: int, view: _View) -> bool:
    """Row ``i`` belongs to the header above it: only text, where numbers or dates follow."""
    row, rows = view.kinds[i], view.rows
    texts = [c for c, kind in enumerate(row) if kind != "blank"]
    if not texts or any(row[c] == "number" for c in texts):
        return False
    if _same(rows[i], rows[best]):
        return True
    if all(_UNIT.fullmatch(text_of(rows[i][c]).strip()) for c in texts):
        return True
    named = sum(kind != "blank" for kind in view.kinds[best])
    if len(texts) == 1 < named - 1 and view.kinds[best][texts[0]] != "blank":
        return False  # a text alone names the rows below it
    below = view.below(i)
    body = [_dominant([r[c] for r in below]) for c in range(len(row))]
    over_typed = [
        c for c in texts if body[c] == "number" or (body[c] == "date" and row[c] == "text")
    ]
    over_same = [c for c in texts if body[c] in ("text", "blank") or row[c] == body[c]]
    new = [c for c in texts if view.kinds[best][c] == "blank"]
    return bool(over_typed) and (len(over_typed) > 2 * len(over_same) or len(new) == len(texts))


def _same(row: Sequence[Cell], other: Sequence[Cell]) -> bool:
    """Equal in at least 80 % of the cells either has."""
    pairs = [(a, b) for a, b in zip(row, other, strict=False) if a is not None or b is not None]
    equal = sum(text_of(a).strip().casefold() == text_of(b).strip().casefold() for a, b in pairs)
    return bool(pairs) and equal >= 0.8 * len(pairs)


def _groups(i: int, best: int, view: _View) -> bool:
    """Row ``i`` names groups of the columns below it (months of a year, pieces and weight)."""
    kinds = view.kinds[i]
    named = [c for c, cell in enumerate(view.rows[i]) if cell is not None]
    texts = [text_of(view.rows[i][c]).strip() for c in named]
    below = [c for c, kind in enumerate(view.kinds[best]) if kind != "blank"]
    if not named or any(text.endswith(":") for text in texts):
        return False
    if _same(view.rows[i], view.rows[best]):
        return True
    wide = [m for m in view.merges or () if m.top == i and m.right > m.left]
    if wide:
        whole = any(m.left <= below[0] and m.right >= below[-1] for m in wide)
        whole |= len(named) == 1 and _first_used(view, best) in range(
            wide[0].left, wide[0].right + 1
        )
        return not whole and not _is_chatter(wide, named, texts, view.rows[best])
    if len(named) < 2 and kinds[named[0]] != "date" and not _is_year(texts[0]):
        return False
    pairs = len(named) in (2, 4) and all(
        b - a == 1 for a, b in zip(named[::2], named[1::2], strict=False)
    )
    if pairs and (len(named) == 2 or len(below) > len(named)):
        return False  # a filter block: name and value beside each other
    inside = all(c <= below[-1] for c in named)
    gap = any(b - a > 1 for a, b in zip(named, [*named[1:], below[-1] + 1], strict=True))
    return inside and gap and _is_needed(named, texts, view.rows[best])


def _first_used(view: _View, best: int) -> int:
    """The first column with a cell in the header or below it: a title stands over it, a group does not."""
    rows = [view.kinds[best], *view.below(best)]
    return min(c for row in rows for c, kind in enumerate(row) if kind != "blank")


def _is_chatter(
    wide: Sequence[Merge], named: list[int], texts: list[str], lower: Sequence[Cell]
) -> bool:
    """Notes of which one was merged over some columns: most stand above a heading of its own.

    Groups name what the headings below do not tell apart, or leave single columns to them.
    """
    single = [c for c in named if not any(m.left <= c <= m.right for m in wide)]
    over = [c for c in single if lower[c] is not None]
    headings = [text_of(cell).strip() for cell in lower if cell is not None]
    told_apart = len(set(headings)) == len(headings)
    return len(over) > len(wide) and told_apart and not any(_is_year(text) for text in texts)


def _is_needed(named: list[int], texts: list[str], lower: Sequence[Cell]) -> bool:
    """Unmerged cells above are headings only where they add to the row below.

    That is: years, or a cell above a blank one, or the same headings under each group.
    """
    headings = [text_of(cell).strip() for cell in lower if cell is not None]
    return (
        any(_is_year(text) for text in texts)
        or any(lower[c] is None for c in named)
        or len(set(headings)) < len(headings)
    )


def _is_year(text: str) -> bool:
    return re.fullmatch(r"(19|20)\d\d", text) is not None


def _joined(view: _View, first: int, last: int, start: int) -> Header:
    layers = [list(view.rows[i]) for i in range(first, last + 1)]
    notes = []
    if last > first:
        notes.append(said("The header takes {n} rows; their texts are joined.", n=last - first + 1))
        _spread(layers, first, view.merges)
    headings, apart = [], []
    for column in range(len(layers[0])):
        parts: list[str] = []
        rows = tuple(
            re.sub(r"\s+", " ", text_of(layer[column]).replace("_x000D_", " ")).strip()
            for layer in layers
        )
        for part in rows:
            if part and part not in parts[-1:]:
                parts.append(part)
        headings.append(" ".join(parts))
        apart.append(rows)
    if any(isinstance(cell, date) for layer in layers for cell in layer):
        notes.append(said("Headings that are dates are written as ISO dates."))
    apart = apart if last > first else []
    return Header(start + first, start + last, tuple(headings), tuple(notes), tuple(apart))


def _spread(layers: list[list[Cell]], first: int, merges: Sequence[Merge] | None) -> None:
    """Give every column of a group its group's heading; only the layers above the last."""
    ours = [m for m in merges or () if first <= m.top < first + len(layers) and m.right > m.left]
    if ours:
        for merge in ours:
            layer = layers[merge.top - first]
            for column in range(merge.left, min(merge.right, len(layer) - 1) + 1):
                layer[column] = layer[merge.left]
        return
    for depth, layer in enumerate(layers[:-1]):
        carried: Cell = None
        for column, cell in enumerate(layer):
            lower = any(below[column] is not None for below in layers[depth + 1 :])
            if cell is not None:
                carried = cell if lower else None
            elif lower:
                layer[column] = carried
