"""Headings of lists that keep words of their own: measurements, complaints.

These words ("value", "min", "date of receipt") are so common that they say something only in a table
that is known to be such a list. They stand in ``data/measuring.json`` and ``data/complaints.json``.
"""

import json
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final

import numpy as np

from kpi.ingest.columns import Column
from kpi.ingest.grids import Grid
from kpi.ingest.vocabulary import DATA, Level, Match, vocabulary

MEASURING: Final = "measuring"
COMPLAINT: Final = "complaint"

_FILES: Final = {MEASURING: "measuring.json", COMPLAINT: "complaints.json"}
_SHARED: Final = {
    MEASURING: ("plant", "line", "machine", "work_center", "shift", "product", "order", "supplier"),
    COMPLAINT: (
        "plant", "line", "machine", "work_center", "product", "order", "customer", "supplier",
        "reason", "reason_text", "currency", "unit",
    ),
}  # fmt: skip
_FIGURES: Final = frozenset(
    {"value", "lsl", "usl", "target", "tol_plus", "tol_minus", "qty_complained", "qty_returned"}
    | {"qty_defective", "cost"}
)
_FLAGS: Final = frozenset({"accepted", "ppm_relevant"})
_DAYS: Final = frozenset({"date", "at", "closed_on"})


class OwnWords:
    """The words of one group of datasets."""

    def __init__(self, domain: str) -> None:
        self.domain = domain
        text = (DATA / _FILES[domain]).read_text(encoding="utf-8")
        self.told: Mapping[str, Any] = json.loads(text)
        self._keys: dict[str, str] = {}
        self._tokens: dict[frozenset[str], str] = {}
        for name, labels in self.told["fields"].items():
            for label in labels:
                heading = vocabulary().normalise(_signed(label))
                for key in heading.keys:
                    self._keys.setdefault(key, name)
                if heading.tokens:
                    self._tokens.setdefault(heading.tokens, name)

    def field_of(self, text: str) -> str | None:
        """The field that a heading or label stands for.

        >>> words = own_words("measuring")
        >>> words.field_of("OTG"), words.field_of("Mess-Wert"), words.field_of("Tol -")
        ('usl', 'value', 'tol_minus')
        """
        heading = vocabulary().normalise(_signed(text))
        for key in heading.keys:
            if key in self._keys:
                return self._keys[key]
        rest = heading.tokens - vocabulary().weak
        found = self._tokens.get(heading.tokens)
        return found or (self._tokens.get(rest) if len(rest) > 1 else None)

    def candidates(self, grid: Grid) -> list[tuple[Match, ...]]:
        """Per column of such a list the field its heading stands for."""
        words = vocabulary()
        out: list[tuple[Match, ...]] = []
        for column in grid.columns:
            if not column.heading or words.is_audit(column.heading):
                out.append(())
            elif words.is_personal(column.heading):
                out.append((Match("", "personal", Level.EXACT),))
            else:
                out.append(self._matches(column))
        return out

    def _matches(self, column: Column) -> tuple[Match, ...]:
        name = self.field_of(column.heading)
        if name is not None and can_be(column, name):
            return (Match(self.domain, name, Level.EXACT),)
        words = vocabulary()
        dimension = words.named_dimension(column.heading)
        if dimension is not None:
            return (Match("names", f"names.{dimension}", Level.EXACT),)
        found = [m for m in words.lookup(column.heading) if m.field in _SHARED[self.domain]]
        if not found and self.domain == MEASURING and column.shares["date"] > 0.5:
            found = [m for m in words.lookup(column.heading) if m.field == "date"]
        return tuple(Match(self.domain, m.field, Level.SUBSET) for m in found[:1])


def can_be(column: Column, name: str) -> bool:
    """Whether the cells can be what the heading says; a blank column can be anything."""
    if column.empty:
        return True
    if name in _FIGURES:
        return column.shares["number"] > 0.5
    if name == "kind":
        return any(_of_complaint(t) for t in column.sample.to_pylist())
    if name in _FLAGS and column.shares["number"] > 0.5:
        return bool(np.nanmax(column.as_numbers().values) <= 1)
    if name in _DAYS:
        clock = name == "at" and column.shares["clock"] > 0.5
        return clock or column.shares["date"] > 0.5 or _readable(column)
    return True


def _of_complaint(text: str) -> bool:
    kinds = vocabulary().fields["complaint_kinds"]
    return any(text.casefold() == w.casefold() for k in kinds for w in (k, *kinds[k]))


def _readable(column: Column) -> bool:
    read = column.as_moments("dmy")
    return float(read.bad.mean()) < 0.5 and column.shares["text"] < 0.5


def _signed(text: str) -> str:
    """A heading that tells two columns apart by a sign, with the sign in words."""
    plain = text.strip()
    if re.search(r"[+]$|^[+]", plain):
        return plain.strip("+ ") + " plus"
    if re.search(r"[-−–]$|^[-−–]", plain):
        return plain.strip("-−– ") + " minus"
    return plain


@lru_cache(maxsize=2)
def own_words(domain: str) -> OwnWords:
    """The packaged words of a group."""
    return OwnWords(domain)
