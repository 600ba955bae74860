"""The line and the plant of rows that do not say theirs: from the name of the file.

A name of a file proves nothing: it is taken only where a person says so, once per feed; the feed
remembers it. What a title or a sheet's name says of the rows is read in ``kpi.ingest.naming``.
"""

import re
from collections.abc import Mapping
from typing import Final

import pyarrow as pa

from kpi.ingest.conventions import Desk
from kpi.ingest.dates import bare
from kpi.ingest.facts import Facts
from kpi.ingest.periods import read_period
from kpi.texts import label, said

FILE: Final = "file"
NOWHERE: Final = "nowhere"

_WORDS: Final[Mapping[str, tuple[str, ...]]] = {
    "line": ("line", "linie", "linea", "ligne", "anlage", "fertigungslinie", "产线", "生产线", "l"),
    "plant": ("plant", "site", "werk", "standort", "planta", "usine", "factory", "工厂"),
}
_EVERY: Final = frozenset(
    ["all", "*", "alle", "every", "todas", "todos", "toutes", "tous", "total", "any", "gesamt"]
)
_LISTED: Final = re.compile(r"[,;/&+*]|\s(?:and|und|y|et|to|bis)\s|\.\.")
_LONGEST: Final = 30


def place_rows(facts: Facts, desk: Desk) -> None:
    """Give rows without a line (or plant) the one that the file's name names, where a person agrees.

    A column of the table, a title and a sheet's name go before.
    """
    for name in ("line", "plant"):
        if name in facts.texts or not _placed_by(facts, name):
            continue
        found = _of_file(desk, name)
        remembered = desk.memory.conventions.get(topic_of(name)) if desk.memory else None
        if found is None:
            if remembered == FILE:
                text = said(
                    "the files of this feed name their {what}, this one does not: its rows have none",
                    what=label(name),
                )
                desk.note(facts.grid.sheet, text)
            continue
        nothing = said("the rows are of no line of their own")
        if name == "plant":
            nothing = said("it names no plant")
        answer = desk.ask(
            "convention",
            facts.grid.sheet,
            topic_of(name),
            said(
                "No column names the {what}, and the file is called {file}. Is it {found}?",
                what=label(name),
                file=repr(desk.context.filename),
                found=repr(found),
            ),
            [(FILE, said("every row is of {found}", found=found)), (NOWHERE, nothing)],
            samples=(found,),
        )
        if answer == FILE:
            facts.texts[name] = pa.array([found] * len(facts), pa.string())
            facts.only_line = found if name == "line" else facts.only_line


def topic_of(name: str) -> str:
    """The topic under which a feed remembers whether its files are named by line or plant."""
    return f"{name}:from"


def one_name(value: str) -> bool:
    """Whether a text names one thing: no list of several, no word for all of them.

    >>> one_name("L7"), one_name("All"), one_name("L1, L2")
    (True, False, False)
    """
    text = value.strip()
    usable = bool(text) and len(text) <= _LONGEST and not _LISTED.search(text)
    return usable and bare(text) not in _EVERY


def _placed_by(facts: Facts, name: str) -> bool:
    """Whether rows of the table have such a place at all: orders have no line."""
    return name == "plant" or bool({"making", "downtime"} & set(facts.mapping.domains))


def _of_file(desk: Desk, name: str) -> str | None:
    """The line or plant a file's name names: "scrap_L2_2026-10", "Line 3 March", or one that is known."""
    known = (
        desk.context.known_plants if name == "plant" else desk.memory.lines if desk.memory else ()
    )
    stem = re.sub(r"\.[A-Za-z0-9]{1,5}$", "", desk.context.filename)
    parts = [p for p in re.split(r"[\s_\-–.()\[\]]+", stem) if p]
    folded = {bare(k): k for k in known}
    words = {bare(w) for w in _WORDS[name]}
    for part in parts:
        if bare(part) in folded and read_period(part) is None:
            return folded[bare(part)]
    for i, part in enumerate(parts):
        low = bare(part)
        following = parts[i + 1] if i + 1 < len(parts) else ""
        joined = re.fullmatch(r"([^\W\d_]+)\d{1,3}[a-z]?", low)
        if joined is not None and joined.group(1) in words:
            return part
        if low in words and re.fullmatch(r"\d{1,3}[A-Za-z]?|[A-Z]\d{0,2}", following):
            return f"{part} {following}"
    return None
