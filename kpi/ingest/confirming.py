"""Each column as it was understood, in words: what a person looks over before a file counts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from kpi.datasets import DATASETS, DIMENSIONS
from kpi.ingest.columns import Column
from kpi.ingest.conventions import Desk, question_id
from kpi.ingest.facts import Facts
from kpi.ingest.grids import Grid
from kpi.ingest.headings import CLOCKS, DATES, DURATIONS, NUMBERS, Assignment, fits
from kpi.ingest.vocabulary import Level, Match, vocabulary
from kpi.model import Candidate, ColumnReading, Severity
from kpi.texts import Said, label, said

IGNORE: Final = "ignore"

_SAMPLES: Final = 3
_LOOKED_AT: Final = 500
_NO_FIELD: Final = frozenset({IGNORE, "personal", "rate"})
_LANGUAGES: Final = {
    "en": "English",
    "de": "German",
    "es": "Spanish",
    "fr": "French",
    "zh": "Chinese",
    "sap_fieldnames": "SAP's field names",
}
_MORE_WORDS: Final = {
    "date": "day",
    "qty_produced": "produced quantity",
    "minutes": "duration",
    "at": "day and time",
    "movement_type": "movement type, which decides sign and meaning",
    "work_center": "work center",
    "purchase_order": "purchase order",
    "parent_item": "item it was split from",
    "item_of_shipment": "item of the delivery",
    "sub_item": "release of the item",
    "confirmation": "number of the confirmation",
    "reversed": "mark of a cancelled row",
    "reversal_of": "what the row cancels",
    "breakdown": "whether the machine stopped",
    "entry_kind": "kind of entry",
    "unit_text": "unit of the duration",
    "stop_reason": "reason of the stop",
    "cancelled": "whether it was cancelled",
    "personal": "a person's name, which is not read",
    "names": "what a code reads as",
}
_SUM_HOLDS: Final = 0.99
_MOSTLY: Final = 0.5
_FIGURES: Final = NUMBERS | DURATIONS


@dataclass
class Told:
    """What one table's reading has to say of its columns beside the mapping itself.

    ``fixed`` are columns whose field a person named, ``because`` what decided others, ``changes``
    (kind, earlier heading) how a column differs from the feed's last layout; all by place.
    """

    fixed: dict[int, str] = field(default_factory=dict)
    because: dict[int, str] = field(default_factory=dict)
    changes: dict[int, tuple[str, str]] = field(default_factory=dict)


def column_id(sha256: str, sheet: str, column: Column) -> str:
    """The id under which a column's field may be changed: of the file's content and its place."""
    return question_id(sha256, "column", sheet, f"column:{column.letter}:{column.named.key}")


def words_of(name: str) -> Said:
    """What a field holds, in a few words.

    >>> words_of("qty_scrap"), words_of("names.reason")
    ('scrapped quantity', 'name of the reason')
    """
    if name.startswith("names."):
        return label(f"name of the {name.removeprefix('names.').replace('_', ' ')}")
    if name in _MORE_WORDS:
        return label(_MORE_WORDS[name])
    for dataset in DATASETS.values():
        for column in dataset.columns:
            if column.name == name:
                return label(column.words)
    return label(name.replace("_", " "))


def said_of_columns() -> tuple[str, ...]:
    """Every name that ``words_of`` and the reasons of columns may hold, for who translates them."""
    names = [f"names.{dimension}" for dimension in DIMENSIONS]
    names += [column.name for dataset in DATASETS.values() for column in dataset.columns]
    every = [*map(words_of, names), *_MORE_WORDS.values(), *_LANGUAGES.values()]
    return tuple(dict.fromkeys(map(str, every)))


@lru_cache(maxsize=1)
def fields_by_domain() -> Mapping[str, tuple[str, ...]]:
    """The fields a column of each group of datasets can be, in the order they are declared."""
    words = vocabulary().fields
    found: dict[str, dict[str, None]] = {}
    for domain, canonical in words["canonical"].items():
        found.setdefault(domain, {}).update(dict.fromkeys(canonical.values()))
    for domain, more in words["more"].items():
        found.setdefault(domain, {}).update(dict.fromkeys(more))
    return {d: tuple(n for n in names if n not in _NO_FIELD) for d, names in found.items()}


def fixed_fields(
    grid: Grid, found: Sequence[tuple[Match, ...]], domains: Sequence[str], desk: Desk
) -> dict[int, str]:
    """The fields a person named for columns, by place; what a column cannot be is asked again."""
    out: dict[int, str] = {}
    for i, column in enumerate(grid.columns):
        number = column_id(desk.context.sha256, grid.sheet, column)
        given = desk.said.get(number)
        if given is None:
            continue
        choices = choices_of(column, found[i], domains)
        if given in {c.value for c in choices}:
            out[i] = given
            continue
        why = said(
            "{heading} cannot be read as {field}: its cells are like {example}",
            heading=repr(_name(column)),
            field=words_of(given),
            example=repr(next(iter(column.examples(1)), "")),
        )
        desk.note(
            grid.sheet,
            why,
            column.heading,
            severity=Severity.REJECTED,
            expected=said("a field that the cells of the column can be"),
            advice=said("Choose another field for the column, or leave it out."),
        )
        desk.insist(number, grid.sheet, column.heading, why, choices, column.examples())
    return out


def with_fixed(
    found: Sequence[tuple[Match, ...]], fixed: Mapping[int, str]
) -> list[tuple[Match, ...]]:
    """What columns may stand for, once a person has named some of them."""
    out = list(found)
    for i, name in fixed.items():
        out[i] = tuple(
            Match(domain, name, Level.EXACT)
            for domain, names in fields_by_domain().items()
            if name in names
        )
    return out


def choices_of(
    column: Column, found: Sequence[Match], domains: Sequence[str]
) -> tuple[Candidate, ...]:
    """The fields a column's values allow in these groups of datasets (all, where none), and none."""
    small = _small(column, np.flatnonzero(column.filled)[:_LOOKED_AT])
    near = [m.field for m in found if m.field not in _NO_FIELD]
    groups = fields_by_domain()
    active = [d for d in domains if d in groups] or list(groups)
    shared = [n for names in groups.values() for n in names]
    offered = [n for d in active for n in groups[d]] + [n for n in shared if not domains]
    figures = small.shares["number"] + small.shares["clock"] > _MOSTLY
    names = dict.fromkeys([*near, *sorted(offered, key=lambda n: (n in _FIGURES) != figures)])
    possible = [
        n
        for n in names
        if n in near or (not (figures and "names." in n) and fits(small, n, Level.SUBSET))
    ]
    return (
        *(Candidate(n, words_of(n)) for n in possible),
        Candidate(IGNORE, said("the column is not needed")),
    )


def columns_of(
    grid: Grid,
    found: Sequence[tuple[Match, ...]],
    mapping: Assignment,
    desk: Desk,
    told: Told,
    facts: Facts | None,
) -> list[ColumnReading]:
    """Every column of a table with a heading or a cell, in order."""
    fields = {i: name for name, places in mapping.fields.items() for i in places}
    read = facts.grid if facts is not None else grid
    out = []
    for i, column in enumerate(grid.columns):
        if not column.heading and column.empty:
            continue
        name = fields.get(i, IGNORE)
        source = read.columns[i] if facts is not None else column
        rows = _sample_rows(source)
        samples = tuple(t or "" for t in source.take(rows).as_text().to_pylist())
        kind, was = told.changes.get(i, ("", ""))
        out.append(
            ColumnReading(
                id=column_id(desk.context.sha256, grid.sheet, column),
                sheet=grid.sheet,
                heading=column.heading,
                letter=column.letter,
                samples=samples,
                field=name,
                reads_as=_readings(facts, name, rows) if facts is not None else ("",) * len(rows),
                because=told.because.get(i) or _because(grid, found, mapping, i, name, told),
                choices=_current_first(choices_of(column, found[i], mapping.domains), name),
                question=_question_of(desk, grid.sheet, column),
                change=kind,
                was=was,
            )
        )
    return out


def _current_first(choices: Sequence[Candidate], name: str) -> tuple[Candidate, ...]:
    known = {c.value: c for c in choices}
    first = known.pop(name, Candidate(name, words_of(name)))
    return (first, *known.values())


def _name(column: Column) -> str:
    return column.heading or column.letter


def _sample_rows(column: Column) -> npt.NDArray[np.int64]:
    """The first rows with different cells, at most three."""
    rows = np.flatnonzero(column.filled)[:_LOOKED_AT]
    texts = column.take(rows).as_text().to_pylist()
    first: dict[Any, int] = {}
    for row, text in zip(rows.tolist(), texts, strict=True):
        first.setdefault(text, row)
    return np.array(list(first.values())[:_SAMPLES], np.int64)


def _first_rows(column: Column) -> npt.NDArray[np.int64]:
    return np.arange(min(column.length, _LOOKED_AT))


def _small(column: Column, rows: npt.NDArray[np.int64]) -> Column:
    """The same column with a few of its rows, and of its texts only theirs."""
    part = column.take(rows)
    used, codes = np.unique(part.codes, return_inverse=True)
    blank = int(len(used) > 0 and used[0] < 0)
    return Column(
        column.heading,
        column.letter,
        len(rows),
        texts=part.texts.take(used[blank:]),
        codes=(codes - blank).astype(np.int32),
        numbers=part.numbers,
        stamps=part.stamps,
        clocks=part.clocks,
        epoch1904=column.epoch1904,
    )


def _readings(facts: Facts, name: str, rows: npt.NDArray[np.int64]) -> tuple[str, ...]:
    """What the cells of some rows became; "" where a cell could not be used."""
    if name in DATES | CLOCKS and name in facts.moments:
        timed = name in facts.timed
        return tuple(_moment(v, timed=timed) for v in facts.moments[name][rows])
    if name in facts.numbers:
        minutes = name in DURATIONS
        return tuple(_figure(float(v), minutes=minutes) for v in facts.numbers[name][rows])
    if name in facts.texts:
        texts = facts.texts[name].take(rows).to_pylist()
        return tuple(t or "" for t in texts)
    return ("",) * len(rows)


def _moment(value: np.datetime64, *, timed: bool) -> str:
    if np.isnat(value):
        return ""
    at = value.astype("M8[s]").item()
    return said("{at}", at=at if timed else at.date())


def _figure(value: float, *, minutes: bool) -> str:
    if np.isnan(value):
        return ""
    shown: float | int = int(value) if value == int(value) else round(value, 9)
    return said("{n} min", n=shown) if minutes else said("{n}", n=shown)


def _question_of(desk: Desk, sheet: str, column: Column) -> str | None:
    """The open question about a column, if there is one."""
    own = column_id(desk.context.sha256, sheet, column)
    if own in desk.questions:
        return own
    name = _name(column)
    return next(
        (q.id for q in desk.questions.values() if q.sheet == sheet and q.heading == name), None
    )


def _because(
    grid: Grid,
    found: Sequence[tuple[Match, ...]],
    mapping: Assignment,
    i: int,
    name: str,
    told: Told,
) -> str:
    """Why a column is read as it is."""
    column = grid.columns[i]
    if i in told.fixed:
        return said("you said so")
    if name == IGNORE:
        return _why_ignored(grid, found, mapping, i)
    match = next((m for m in found[i] if m.field == name), None)
    sum_of = _sum_words(grid, mapping, name)
    language = _language(column.named.keys, name)
    words = words_of(name)
    if match is not None and match.level is Level.EXACT and language:
        because = said(
            "the heading means {field} in {language}", field=words, language=label(language)
        )
    elif match is not None and match.level is Level.EXACT:
        because = said("the heading means {field}", field=words)
    elif match is not None:
        because = said("the words of the heading say {field}", field=words)
    else:
        because = said("its values are those of {field}", field=words)
    return said("{because}; {evidence}", because=because, evidence=sum_of) if sum_of else because


def _why_ignored(
    grid: Grid, found: Sequence[tuple[Match, ...]], mapping: Assignment, i: int
) -> str:
    column = grid.columns[i]
    kinds = {m.field for m in found[i]}
    if column.empty:
        return said("the column is blank")
    if "personal" in kinds:
        return said("it names a person: never read")
    if "rate" in kinds:
        return said("a rate, which is computed from the quantities")
    if vocabulary().is_audit(column.heading):
        return said("it says when a database touched the row")
    for name in (m.field for m in found[i]):
        taken = mapping.first(name)
        if taken is not None and taken != i:
            other = repr(_name(grid.columns[taken]))
            return said("{other} gives the {field} already", other=other, field=words_of(name))
    return said("no figure needs it")


def _sum_words(grid: Grid, mapping: Assignment, name: str) -> str:
    """The sum that proves what a quantity is: good + scrapped = produced."""
    places = [mapping.first(n) for n in ("qty_good", "qty_scrap", "qty_produced")]
    if name not in ("qty_good", "qty_scrap", "qty_produced") or None in places:
        return ""
    good, scrap, made = (grid.columns[p] for p in places if p is not None)
    a, b, c = (_small(x, _first_rows(x)).as_numbers().values for x in (good, scrap, made))
    both = ~np.isnan(a) & ~np.isnan(b) & ~np.isnan(c)
    if both.sum() < 2 or float(np.isclose(a + b, c)[both].mean()) < _SUM_HOLDS:
        return ""
    if name == "qty_produced":
        return said("it is {a} + {b}", a=repr(_name(good)), b=repr(_name(scrap)))
    other = scrap if name == "qty_good" else good
    return said("adds up with {other} to {sum}", other=repr(_name(other)), sum=repr(_name(made)))


@lru_cache
def _languages(name: str) -> Mapping[str, str]:
    """The language of each known heading (its key) that means a field."""
    words = vocabulary()
    found: dict[str, str] = {}
    for source, entries in words.headers["datasets"].items():
        canonical = words.fields["canonical"].get({"scrap": "making"}.get(source, source), {})
        for entry in (e for n, e in entries.items() if canonical.get(n, n) == name):
            for language, labels in entry["synonyms"].items():
                for text in labels:
                    for key in words.normalise(text).keys:
                        found.setdefault(key, language)
    return found


def _language(keys: Sequence[str], name: str) -> str:
    known = _languages(name)
    language = next((known[k] for k in keys if k in known), "")
    return _LANGUAGES.get(language, "") if language != "en" else ""


def with_questions(columns: Sequence[ColumnReading], desk: Desk) -> tuple[ColumnReading, ...]:
    """The columns, pointing at questions about them that were asked only later."""
    out = []
    for column in columns:
        name = column.heading or column.letter
        asked = desk.questions.get(column.id) or next(
            (q for q in desk.questions.values() if q.heading == name and q.sheet == column.sheet),
            None,
        )
        out.append(replace(column, question=asked.id if asked else None))
    return tuple(out)
