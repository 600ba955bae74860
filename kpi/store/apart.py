"""Files of one feed that each hold a part of the same days: one per line, per machine, per shift.

Such a file must not hide the others, and a corrected export must not be counted beside what it
corrects. What they have in common tells them apart, a person decides, and the feed remembers it.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePath
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from kpi.datasets import DATASETS
from kpi.model import Candidate, Question
from kpi.store.drafts import Draft, question_id
from kpi.store.feeds import PERIOD_WORDS
from kpi.store.inforce import Holding, speak_apart
from kpi.store.ledger import live_uploads
from kpi.store.model import Entry, Incoming, IncomingPart, UploadPart
from kpi.store.regions import contains, grounds_of
from kpi.texts import label, said

TOPIC: Final = "apart"
"""Under this topic a feed remembers by what its files differ."""

BY_NAME: Final = "name"
COLUMNS: Final = ("line", "machine", "shift", "product", "order", "reason")
"""What files of the same days may differ by, the likeliest first."""

FORCED: Final = "\0forced"
"""An answer no candidate offers: replace, whatever the data dates say. For comparing rows only."""

_WORDS: Final[Mapping[str, str]] = {
    "line": "line", "machine": "machine", "shift": "shift", "product": "product",
    "order": "order", "reason": "reason", BY_NAME: "file name",
}  # fmt: skip
_SAME: Final = 0.3
"""Share of equal rows from which a file of another name is the same export again."""
_NO_NAME: Final = frozenset([
    "final", "corrected", "correction", "korrigiert", "korrektur", "korr", "new", "neu",
    "copy", "kopie", "rev", "version", "update", "updated", "aktualisiert", "fixed", "old",
    "alt", "export", "report", "bericht", "draft", "entwurf", "wrong", "week", "woche",
    "month", "monat", "year", "jahr", "weekly", "monthly", "full", "complete", "part", "teil",
    "of", "von", "bis", "to", "from", "the", "and", "und",
])  # fmt: skip
_NUMBERED: Final = frozenset([
    "line", "linie", "linea", "ligne", "l", "machine", "maschine", "maquina", "press",
    "presse", "cell", "zelle", "anlage", "plant", "werk", "halle", "hall", "shift", "schicht",
    "station", "m", "p",
])  # fmt: skip
_PERIOD_CODE: Final = re.compile(r"(?:\d+[qwhtm]?\d*|(?:q|w|kw|cw|h|v|fy|wk)\d+)")


@dataclass(frozen=True, slots=True)
class Loaded:
    """What is asked of an upload's rows: the distinct values of a column, and equal rows."""

    values: Callable[[str, str], Mapping[str, frozenset[str]]]  # upload, dataset
    equal: Callable[[str, IncomingPart], float]  # upload, part -> share of the part's rows
    means: Callable[[str, str], Mapping[str, float]]  # upload, dataset -> per column of figures


def name_words(file: str) -> frozenset[str]:
    """What a file's name says beside periods and versions.

    >>> sorted(name_words("Scrap_Line 3_2026-10_final.xlsx"))
    ['line3', 'scrap']
    """
    stem = PurePath(file.replace("\\", "/")).stem.lower()
    words = [w for w in re.split(r"[\W_]+", stem) if w]
    found: list[str] = []
    for word in words:
        if word.isdigit() and found and found[-1] in _NUMBERED:
            found[-1] += word
        elif word not in _NO_NAME and word not in PERIOD_WORDS and not _PERIOD_CODE.fullmatch(word):
            found.append(word)
    return frozenset(found)


def with_parts_apart(
    found: Draft,
    incoming: Incoming,
    touching: Mapping[str, Sequence[Holding]],
    entries: Sequence[Entry],
    answers: Mapping[str, str],
    loaded: Loaded,
) -> tuple[Draft, frozenset[str]]:
    """Ask, or apply, that a file holds another part of the days than loaded ones of its feed.

    ``touching`` are the holdings of the feed on the same ground, by dataset. Returns the draft and
    the uploads that stand beside it, or that it is still asked about.
    """
    entry = found.entry
    habit = habits(entries, entry.feed, TOPIC)
    others: dict[str, str] = {}
    for part, rows in zip(entry.parts, incoming.parts, strict=True):
        for holding in touching.get(part.dataset, ()):
            by = apart_by(entry, part, rows, holding, loaded)
            if by is not None:
                others.setdefault(holding.upload, by)
    if not others:
        return found, frozenset()
    by = min(others.values(), key=[*COLUMNS, BY_NAME].index)
    question = _question(entry, entries, others, by, _likely(incoming, others, by, loaded))
    answer = "add" if by in habit else answers.get(question.id)
    uploads = frozenset(others)
    if answer == "cancel":
        return replace(found, cancelled=True), uploads
    if answer in ("replace", FORCED):
        return found, frozenset()
    if answer != "add":
        meetings = tuple(dict.fromkeys((*found.meetings, *others)))
        return replace(found, questions=(*found.questions, question), meetings=meetings), uploads
    return replace(found, entry=_beside(entry, tuple(others), by)), uploads


def habits(entries: Sequence[Entry], feed: str, topic: str) -> frozenset[str]:
    """What was answered about the files of a feed under a topic."""
    own = [e for e in live_uploads(entries) if e.feed == feed]
    return frozenset(p.conventions[topic] for e in own for p in e.parts if topic in p.conventions)


def with_convention(entry: Entry, topic: str, answer: str) -> Entry:
    """The entry remembering an answer for its feed."""
    parts = tuple(
        replace(part, conventions={**part.conventions, topic: answer}) for part in entry.parts
    )
    return replace(entry, parts=parts)


def apart_by(
    entry: Entry, part: UploadPart, rows: IncomingPart, holding: Holding, loaded: Loaded
) -> str | None:
    """By what a file differs from a loaded one throughout; ``None`` where they have things in common."""
    if DATASETS[part.dataset].date is None or speak_apart(part, holding.part):
        return None
    theirs = loaded.values(holding.upload, part.dataset)
    for column in COLUMNS:
        mine = _distinct(rows.table, column)
        if mine and theirs.get(column) and not mine & theirs[column]:
            return column
    if _distinct(rows.table, "line") and theirs.get("line"):
        return None  # the same lines: no other part of the plant
    if set(part.scope) & set(holding.part.scope) or not _same_days(part, holding.part):
        return None
    mine_named, their_name = name_words(entry.file), name_words(holding.entry.file)
    differ = bool(mine_named - their_name) and bool(their_name - mine_named)
    return BY_NAME if differ else None


def _same_days(mine: UploadPart, theirs: UploadPart) -> bool:
    a, b = grounds_of(mine.coverage), grounds_of(theirs.coverage)
    return contains(a, b) and contains(b, a)


def _distinct(table: pa.Table, column: str) -> frozenset[str]:
    if column not in table.column_names:
        return frozenset()
    return frozenset(v for v in pc.unique(table.column(column)).to_pylist() if v is not None)


def _likely(incoming: Incoming, others: Mapping[str, str], by: str, loaded: Loaded) -> bool:
    """Whether the files are rather parts of one whole than the same export twice."""
    if by != BY_NAME:
        return True
    shares = [max(loaded.equal(u, part) for u in others) for part in incoming.parts]
    return min(shares, default=0.0) < _SAME


def _question(
    entry: Entry, entries: Sequence[Entry], others: Mapping[str, str], by: str, apart: bool
) -> Question:
    names = [e.file for e in live_uploads(entries) if e.upload in others]
    if by == BY_NAME:
        ask = said(
            "{loaded} has the same headings and covers the same days under another name. Is "
            "{file} another part of them, or does it take its place?",
            loaded=names[0],
            file=entry.file,
        )
    else:
        ask = said(
            "{loaded} covers the same days, and this file has no {what} in common with it. Is it "
            "another part of them, or does it take its place?",
            loaded=names[0],
            what=label(_WORDS[by]),
        )
    candidates = [
        Candidate(
            "add",
            said("Both count: the files of this export differ by {what}.", what=label(_WORDS[by])),
        ),
        Candidate("replace", said("This file takes the place of what is loaded on these days.")),
    ]
    if not apart:
        candidates.reverse()
    candidates.append(Candidate("cancel", said("Nothing is stored.")))
    return Question(
        id=question_id(entry.sha256, TOPIC),
        sheet="",
        heading=None,
        ask=ask,
        candidates=tuple(candidates),
        kind="coverage",
    )


def _beside(entry: Entry, uploads: tuple[str, ...], by: str) -> Entry:
    """The entry counting together with these uploads; remembered as the habit of its feed."""
    beside = tuple(dict.fromkeys((*entry.beside, *uploads)))
    return with_convention(replace(entry, beside=beside), TOPIC, by)
