"""Whether a table is a list of complaints or returns, and whose they are."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from kpi.ingest.conventions import Desk
from kpi.ingest.dates import bare
from kpi.ingest.facts import Facts
from kpi.ingest.grids import Grid
from kpi.ingest.headings import candidates, domains_of
from kpi.ingest.own_words import COMPLAINT, own_words
from kpi.ingest.vocabulary import vocabulary
from kpi.texts import said

SIDES: Final = ("customer", "supplier", "internal")
_CERTAIN: Final = 2
"""So many signs make a list of complaints of a table that could be read as something else."""


def as_complaints(grid: Grid, desk: Desk) -> Grid | None:
    """The table as a list of complaints; ``None`` where it is none.

    Signs are headings and titles that speak of complaints or returns. One sign alone, in a table
    that also reads as scrap, stops or orders, is asked.
    """
    if desk.context.dataset not in (None, COMPLAINT):
        return None
    known = desk.memory is not None and COMPLAINT in desk.memory.datasets
    if desk.context.dataset == COMPLAINT or known:
        return replace(grid, speaks=COMPLAINT)
    signs = _signs(grid)
    if not signs or not _dated(grid):
        return None
    other = domains_of(grid, candidates(grid), None)
    if other and not _is_list(grid, signs, other, desk):
        return None
    if not other and len(signs) < _CERTAIN and not _named_in(grid, ("customer", "supplier")):
        return None
    return replace(grid, speaks=COMPLAINT)


def _signs(grid: Grid) -> list[str]:
    """The headings that speak of complaints, and the title or sheet that does."""
    words = own_words(COMPLAINT)
    telling = {_plain(w) for w in words.told["telling_words"]}
    found = [c.heading for c in grid.columns if c.heading and _spoken(c.heading) & telling]
    other = {"event", "qty_complained", "qty_returned", "accepted", "ppm_relevant"}
    for column in grid.columns:
        if column.heading and not column.empty and column.heading not in found:
            name = words.field_of(column.heading)
            if name in other and len(vocabulary().normalise(column.heading).tokens) > 1:
                found.append(column.heading)
    titles = [t for t in (*grid.titles, grid.sheet) if _spoken(t) & telling]
    return found + titles[:1]


def _spoken(text: str) -> set[str]:
    """The words of a text; Chinese, which parts none, by the words of complaints it contains."""
    if not text.isascii():
        told = own_words(COMPLAINT).told
        known = [*told["telling_words"], *(w for s in SIDES for w in told["sides"][s])]
        inside = {w for w in known if ord(w[0]) > 0x2E80 and w in text}
        if inside:
            return inside
    return {_plain(w) for w in vocabulary().normalise(text).tokens} | {
        _plain(w) for w in bare(text).replace("-", " ").replace("_", " ").split()
    }


def _plain(word: str) -> str:
    return bare(word.strip(".:,;()[]"))


def _dated(grid: Grid) -> bool:
    return any(c.shares["date"] > 0.5 for c in grid.columns)


def _named_in(grid: Grid, names: Sequence[str]) -> bool:
    words = own_words(COMPLAINT)
    return any(words.field_of(c.heading) in names for c in grid.columns if c.heading)


def _is_list(grid: Grid, signs: Sequence[str], other: Sequence[str], desk: Desk) -> bool:
    """Whether a table that reads as something else too is a list of complaints."""
    made = {m.field for matches in candidates(grid) for m in matches} & {"qty_produced", "minutes"}
    if made or "downtime" in other:
        return False
    if len(signs) >= _CERTAIN:
        return True
    options = [
        ("scrap" if "making" in other else "order_item", said("each row is scrap, or an order")),
        (COMPLAINT, said("{sign} speaks of complaints", sign=repr(signs[0]))),
    ]
    if _named_in(grid, ("customer", "supplier")):
        options.reverse()
    text = said("Is each row a complaint or a return?")
    return desk.ask("dataset", grid.sheet, "dataset", text, options) == COMPLAINT


def whose(facts: Facts, desk: Desk) -> pa.Array:
    """Of whom each complaint is where no column says so: its parties, the title, else asked."""
    held = [k for k in ("customer", "supplier") if _filled(facts, k)]
    told = _told_sides([*facts.grid.titles, facts.grid.sheet, *_headings(facts)])
    if len(held) == 1 and (not told or told == {held[0]}):
        kind = held[0]
    elif len(told) == 1:
        kind = next(iter(told))
    else:
        kind = _ask_side(facts, [*held, *sorted(told)], desk)
    return pa.repeat(pa.scalar(kind, pa.string()), len(facts))


def _headings(facts: Facts) -> list[str]:
    read = {i for n in ("event", "date") for i in facts.mapping.fields.get(n, ())}
    return [facts.grid.columns[i].heading for i in sorted(read)]


def _told_sides(texts: Iterable[str]) -> set[str]:
    sides = own_words(COMPLAINT).told["sides"]
    spoken: set[str] = set()
    for text in texts:
        spoken |= _spoken(text)
    return {side for side in SIDES if spoken & {_plain(w) for w in sides[side]}}


def _ask_side(facts: Facts, likely: Sequence[str], desk: Desk) -> str:
    because = {
        "customer": said("customers complained about what was delivered to them"),
        "supplier": said("they are about what suppliers delivered"),
        "internal": said("they were found within the plant"),
    }
    order = list(dict.fromkeys([*likely, *SIDES]))
    text = said("Whose complaints are these?")
    return desk.ask("dataset", facts.grid.sheet, "side", text, [(k, because[k]) for k in order])


def _filled(facts: Facts, name: str) -> bool:
    column = facts.texts.get(name)
    return column is not None and column.null_count < len(column)


def status_of(text: str) -> str | None:
    """open, closed, rejected or cancelled, where a cell of a list of complaints says so.

    >>> status_of("In Bearbeitung"), status_of("nicht anerkannt"), status_of("blau")
    ('open', 'rejected', None)
    """
    return _readings("status").get(_cell(text))


def flag_of(text: str) -> bool | None:
    """Yes or no, where a cell says so.

    >>> flag_of("berechtigt"), flag_of("nein"), flag_of("teilweise")
    (True, False, None)
    """
    found = _readings("flags").get(_cell(text))
    return None if found is None else found == "yes"


@lru_cache(maxsize=2)
def _readings(what: str) -> dict[str, str]:
    told: Any = own_words(COMPLAINT).told
    groups = told["status"] if what == "status" else {"yes": told["yes"], "no": told["no"]}
    return {_cell(text): name for name, texts in groups.items() for text in texts}


def _cell(text: str) -> str:
    return " ".join(bare(text.strip(" .")).split())


def read_flags(texts: pa.Array) -> pa.Array:
    """Yes or no per row; null where the cell is blank or says neither."""
    encoded = pc.dictionary_encode(texts)
    read = [flag_of(t) for t in encoded.dictionary.to_pylist()]
    return pa.array(read, pa.bool_()).take(encoded.indices)


def unread(texts: pa.Array, read: pa.Array) -> list[str]:
    """Texts of a column that could not be read, each once."""
    left = np.asarray(pc.and_(texts.is_valid(), read.is_null()).to_numpy(zero_copy_only=False))
    return [t for t in pc.unique(texts.filter(pa.array(left))).to_pylist() if t]
