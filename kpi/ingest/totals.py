"""Is this row a total? Only where its label is a total word, never a name that contains one."""

import json
import re
import unicodedata
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from functools import cache, lru_cache
from importlib import resources
from typing import Final

from kpi.ingest.grid import text_of
from kpi.ingest.header import kind_of
from kpi.ingest.raw import Cell, RawTotal

_LABELS_SEARCHED: Final = 4
"""A label further right than the row's first four filled cells is a value."""


@cache
def total_words() -> frozenset[str]:
    """The words for total and subtotal, folded; from the headings' reference data."""
    source = resources.files("kpi.ingest") / "data" / "headers.json"
    tokens = json.loads(source.read_text("utf-8"))["total_row_tokens"]
    return frozenset(folded(token) for token in tokens)


def folded(text: str) -> str:
    """Compatibility form, lower case, blanks single, no colon or equals sign at the end."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    return re.sub(r"\s+", " ", plain).strip().rstrip(":=").strip()


def is_total_label(text: str) -> bool:
    """The whole text is a word for a total, stars before or after it aside.

    >>> is_total_label("Gesamt:"), is_total_label("** Summe"), is_total_label("Total Care Kit")
    (True, True, False)
    """
    word = folded(text)
    return word in total_words() or (word.strip("* ") in total_words() and bool(word.strip("* ")))


def total_of(
    row: Sequence[Cell],
    names: Sequence[str],
    seen: Sequence[AbstractSet[str]],
    number: int,
) -> RawTotal | None:
    """The total a row states by a word, or ``None`` where it is none.

    ``seen`` holds the folded texts met above in each column: "Line 1 Total" is a total where
    Line 1 was met in that column.
    """
    filled = [c for c, cell in enumerate(row) if cell is not None]
    numeric = [c for c in filled if kind_of(row[c]) == "number"]
    label = _label_column(row, filled, seen)
    if label is None:
        return None
    dates = [c for c in filled if kind_of(row[c]) == "date"]
    others = [c for c in filled if c != label and c not in numeric]
    if not numeric or len(dates) > 1 or len(others) > 2:
        return None
    values = {names[c]: row[c] for c in filled if c != label}
    return RawTotal(number, text_of(row[label]).strip(), values)


AVERAGES: Final = frozenset(
    [
        "average",
        "avg",
        "mean",
        "median",
        "max",
        "maximum",
        "min",
        "minimum",
        "durchschnitt",
        "mittelwert",
        "mittel",
        "ø",
        "schnitt",
        "promedio",
        "media",
        "máximo",
        "mínimo",
        "max.",
        "min.",
        "moyenne",
        "médiane",
        "平均",
        "平均值",
        "最大",
        "最大值",
        "最小",
        "最小值",
        "średnia",
        "průměr",
        "átlag",
        "среднее",
        "média",
    ]
)
"""Words that stand before other sums of a column than its total."""


def average_of(row: Sequence[Cell]) -> str:
    """The label of a row that states averages or extremes of its columns; empty for other rows."""
    filled = [cell for cell in row if cell is not None]
    if len(filled) < 2 or not isinstance(filled[0], str):
        return ""
    label = filled[0].strip()
    others = [kind_of(cell) for cell in filled[1:]]
    return label if folded(label) in AVERAGES and set(others) <= {"number", "blank"} else ""


def _label_column(
    row: Sequence[Cell], filled: Sequence[int], seen: Sequence[AbstractSet[str]]
) -> int | None:
    for column in filled[:_LABELS_SEARCHED]:
        cell = row[column]
        if not isinstance(cell, str) or not mentions_total(cell):
            continue
        if is_total_label(cell) or any(is_group_total(folded(cell), texts) for texts in seen):
            return column
    return None


@lru_cache(maxsize=50_000)
def mentions_total(text: str) -> bool:
    """The text begins or ends with a word for a total, or is one for an average."""
    word = folded(text)
    bare = word.strip("* ")
    if word in AVERAGES:
        return True
    return any(w.startswith(t) or w.endswith(t) for t in total_words() for w in (word, bare) if t)


def speaks_of_totals(text: str) -> bool:
    """A word for a total is among the words of the text, or in a text that parts no words.

    >>> speaks_of_totals("Total January"), speaks_of_totals("本月合计"), speaks_of_totals("Totally")
    (True, True, False)
    """
    plain = folded(text)
    words = set(re.split(r"[\W_]+", plain))
    return any(
        word in words or (" " in word and word in plain) or (not word.isascii() and word in plain)
        for word in total_words()
        if word.strip("* ")
    )


@cache
def labels() -> str:
    """A pattern that finds, among many texts, all that may mention a total or an average."""
    words = sorted({w for w in total_words() | AVERAGES if w.strip("* ")}, key=len, reverse=True)
    return "|".join([r"^\s*\*", *map(re.escape, words)])


def is_group_total(text: str, seen: AbstractSet[str]) -> bool:
    """Like "Line 1 total" or "Subtotal: Line 1", where Line 1 stands above in the same column."""
    for word in total_words():
        if text.endswith(" " + word) and text.removesuffix(word).strip(" -:") in seen:
            return True
        if text.startswith(word) and text.removeprefix(word).strip(" -:") in seen:
            return text[len(word) : len(word) + 1] in " -:"
    return False
