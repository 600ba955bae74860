"""What headings and cell texts mean, read from the package's data; no rule lives in code alone.

``data/headers.json`` holds the headings of exports in five languages with their source;
``data/fields.json`` maps its fields to the columns of ``kpi.datasets`` and adds to it.
"""

import json
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from enum import IntEnum
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from kpi.ingest.dates import bare
from kpi.ingest.numbers import CURRENCIES, UNITS
from kpi.ingest.scales import unscaled

DATA: Final = Path(__file__).parent / "data"

DOMAINS: Final = ("making", "downtime", "delivery")
"""Groups of datasets that share a table: scrap with production, stops with running time, orders."""

_DOMAIN_OF: Final = {"scrap": "making", "downtime": "downtime", "delivery": "delivery"}
_CAMEL: Final = re.compile(r"(?<=[a-z0-9ß-ÿ])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_BRACKETS: Final = re.compile(r"[(\[]([^)\]]*)[)\]]")
_NO_KEY: Final = re.compile(r"[^\w%$€£]|_")
_NO_WORD: Final = re.compile(r"[^\w]|_")
_PUNCTUATION: Final = re.compile(r"[^\w%$€£]+|_")
_TOO_COMMON: Final = frozenset({"name", "no", "date", "qty", "amount"})
_NO_UNIT: Final = frozenset(
    [
        "to",
        "st",
        "s",
        "m",
        "g",
        "l",
        "d",
        "t",
        "ea",
        "ud",
        "pc",
        "pcs",
        "pz",
        "units",
        "pieces",
        "piece",
        "stk",
        "uds",
        "pza",
        "stück",
        "days",
        "tage",
    ]
)
"""Words that end a heading without being its unit: a name of something, or too short to tell."""
_UMLAUTS: Final = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue"})


_DURATIONS: Final = frozenset({"minutes", "planned_min", "run_min", "ideal_cycle_min"})
_DIMENSIONS: Final = frozenset({"plant", "line", "machine", "shift", "product", "work_center"})


class Level(IntEnum):
    """How sure a heading's match is; only the first two are taken without looking at values."""

    SUBSET = 1
    TOKENS = 2
    EXACT = 3


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading made comparable: ``key`` without blanks, ``tokens`` its words, ``unit`` it names."""

    text: str
    key: str
    keys: tuple[str, ...]
    tokens: frozenset[str]
    unit: str | None
    percent: bool
    scale: float = 1.0  # what its figures must be multiplied by: 1,000 for "(k pcs)"


@dataclass(frozen=True, slots=True)
class Match:
    """One field a heading may stand for, within a domain."""

    domain: str
    field: str
    level: Level


def _words(text: str) -> list[str]:
    return [w for w in _PUNCTUATION.split(text) if w]


def _aliased(words: Iterable[str], aliases: Mapping[str, str]) -> list[str]:
    return [part for w in words for part in aliases.get(w, w).split()]


class Vocabulary:
    """The packaged words, indexed for lookup."""

    def __init__(self, headers: Mapping[str, Any], fields: Mapping[str, Any]) -> None:
        self.fields = fields
        self.headers = headers
        self.nulls = frozenset(t.casefold() for t in headers["null_tokens"])
        self.weak = frozenset(fields["weak"])
        self._aliases: dict[str, str] = fields["aliases"]
        self._exact: dict[str, dict[tuple[str, str], None]] = {}
        self._tokens: dict[frozenset[str], dict[tuple[str, str], None]] = {}
        self._names: dict[frozenset[str], str] = {}
        for label, domain, field in self._labels():
            heading = self.normalise(label)
            for key in heading.keys:
                self._exact.setdefault(key, {})[domain, field] = None
            if heading.tokens:
                self._tokens.setdefault(heading.tokens, {})[domain, field] = None
        for pairs in self._tokens.values():  # "Shift Hours" without its unit is a shift
            if any(f in _DIMENSIONS for _, f in pairs):
                for pair in [p for p in pairs if p[1] in _DURATIONS]:
                    del pairs[pair]
        for dimension, labels in fields["names"].items():
            for label in labels:
                self._names[self.normalise(label).tokens] = dimension

    def _labels(self) -> Iterable[tuple[str, str, str]]:
        canonical = self.fields["canonical"]
        for source, entries in self.headers["datasets"].items():
            domain = _DOMAIN_OF[source]
            for name, entry in entries.items():
                field = canonical[domain][name]
                for labels in (*entry["synonyms"].values(), entry["seen_in_public_code"]):
                    yield from ((label, domain, field) for label in labels)
        for domain, entries in self.fields["more"].items():
            for field, labels in entries.items():
                yield from ((label, domain, field) for label in labels)

    def normalise(self, text: str) -> Heading:
        """A heading as this vocabulary compares it.

        >>> h = vocabulary().normalise("Downtime_Minutes (h)")
        >>> h.key, sorted(h.tokens), h.unit
        ('downtimeminutes', ['downtime'], 'h')
        """
        wide = text if text.isascii() else unicodedata.normalize("NFKC", text)
        wide, scale = unscaled(wide)
        unit = None
        for inner in _BRACKETS.findall(wide):
            unit = unit or unit_of(inner)
        open_text = _BRACKETS.sub(" ", wide)
        split = _CAMEL.sub(" ", open_text)
        folded = bare(split)
        key = folded if folded.isalnum() else _NO_KEY.sub("", folded)
        expanded = key if key.isalnum() else _NO_WORD.sub("", key)
        if not open_text.isascii():
            expanded = _NO_WORD.sub("", bare(open_text.casefold().translate(_UMLAUTS)))
        words = [w for w in _words(folded) if w != "%"]
        if len(words) > 1 and words[-1] not in _NO_UNIT and (tail := unit_of(words[-1])):
            unit = unit or tail
            words = words[:-1]
        keys = tuple(dict.fromkeys(k for k in (key, expanded) if k))
        tokens = frozenset(_aliased(words, self._aliases))
        return Heading(text, key or expanded, keys, tokens, unit, "%" in wide, scale)

    def lookup(self, text: str) -> tuple[Match, ...]:
        """Every field the heading may stand for at the surest level that matches, per domain."""
        heading = self.normalise(text)
        found: dict[tuple[str, str], Level] = {}
        for key in heading.keys:
            for pair in self._exact.get(key, ()):
                found.setdefault(pair, Level.EXACT)
        domains = {domain for domain, _ in found}
        for tokens, level in (
            (heading.tokens, Level.TOKENS),
            (heading.tokens - self.weak, Level.SUBSET),
        ):
            if tokens <= _TOO_COMMON:
                continue
            fresh = {p for p in self._tokens.get(tokens, ()) if p[0] not in domains}
            for pair in sorted(fresh):
                found.setdefault(pair, level)
            domains |= {domain for domain, _ in fresh}
        return tuple(Match(domain, field, level) for (domain, field), level in found.items())

    def near(self, text: str) -> tuple[Match, ...]:
        """Fields whose headings nearly read like this one: a suggestion to ask about, never taken."""
        key = self.normalise(text).key
        close = get_close_matches(key, self._exact, n=3, cutoff=0.84) if len(key) > 4 else []
        pairs = dict.fromkeys(pair for hit in close for pair in self._exact[hit])
        return tuple(Match(domain, field, Level.SUBSET) for domain, field in pairs)

    def named_dimension(self, text: str) -> str | None:
        """The dimension whose names (not codes) a heading announces: "Vendor Name" -> supplier."""
        heading = self.normalise(text)
        if (known := self._names.get(heading.tokens)) is not None:
            return known
        if "name" in heading.tokens and len(heading.tokens) > 1:
            return self.dimension(heading.tokens - {"name"})
        return None

    def dimension(self, tokens: frozenset[str]) -> str | None:
        """The dimension that words stand for, if they stand for one."""
        shared = ("plant", "line", "machine", "shift", "product", "reason", "customer", "supplier")
        for words in (tokens, tokens - self.weak):
            if words <= _TOO_COMMON:
                continue
            fields = {field for _, field in self._tokens.get(words, ())}
            hits = [d for d in shared if d in fields]
            if hits:
                return hits[0]
            if "work_center" in fields:
                return "machine"
        return None

    def is_rate(self, text: str) -> bool:
        """Whether a heading announces a percentage or a rate, computable from other columns."""
        heading = self.normalise(text)
        words = {bare(w) for w in heading.tokens}
        return (
            heading.percent
            or bool(words & set(self.fields["rates"]))
            or any(w.endswith(("quote", "fehlerrate", "ausschussrate", "grad")) for w in words)
        )

    def is_personal(self, text: str) -> bool:
        """Whether a heading announces the name of a person."""
        tokens = self.normalise(text).tokens
        return bool(tokens & set(self.fields["personal"])) or {"sales", "person"} <= tokens

    def is_audit(self, text: str) -> bool:
        """Whether a column only says when a database touched its row."""
        return self.normalise(text).key in set(self.fields["audit"])

    def precedence(self, text: str) -> int:
        """Place of a date heading among those that may give a row its day; lower comes first."""
        order: list[str] = self.fields["dates_by_precedence"]
        key = self.normalise(text).key
        return order.index(key) if key in order else len(order)

    def is_plain_quantity(self, text: str) -> bool:
        """Whether a heading says "quantity" and not of what."""
        return self.normalise(text).key in set(self.fields["plain_quantity"])

    def stop_class(self, text: str) -> str | None:
        """planned, unplanned or changeover, where a cell says so."""
        return self._stop_classes().get(" ".join(bare(text).replace("_", " ").split()))

    @lru_cache(maxsize=1)  # noqa: B019 - one vocabulary lives as long as the process
    def _stop_classes(self) -> dict[str, str]:
        told: dict[str, str] = {}
        for groups in (self.headers["planned_unplanned_values"], self.fields["stop_classes"]):
            for name, texts in groups.items():
                told |= {" ".join(bare(t).split()): name for t in texts}
        return told

    def status(self, text: str) -> str | None:
        """open, delivered, cancelled or on_hold, where a cell says so."""
        return self._statuses().get(" ".join(_words(bare(text))))

    @lru_cache(maxsize=1)  # noqa: B019 - one vocabulary lives as long as the process
    def _statuses(self) -> dict[str, str]:
        told: dict[str, str] = {}
        for name, texts in self.fields["status"].items():
            for text in texts:
                told.setdefault(" ".join(_words(bare(text))), name)
        return told

    def is_false(self, text: str) -> bool:
        """Whether a cell of a flag says no."""
        return bare(text.strip()) in set(self.fields["false"])

    def is_true(self, text: str) -> bool:
        """Whether a cell of a flag says yes."""
        return bare(text.strip()) in set(self.fields["true"])


def unit_of(text: str) -> str | None:
    """The unit or currency a text names, in the one name it has here.

    >>> unit_of("Hours"), unit_of("kEUR"), unit_of("note")
    ('h', 'kEUR', None)
    """
    word = text.strip().strip(".")
    scaled = re.fullmatch(r"[kKT](EUR|USD|€|\$|GBP|PLN)", word)
    if scaled:
        return "k" + CURRENCIES[scaled.group(1)]
    if word in CURRENCIES or (word.upper() in CURRENCIES and len(word) == 3):
        return CURRENCIES.get(word) or CURRENCIES[word.upper()]
    return UNITS.get(word.casefold())


@lru_cache(maxsize=1)
def vocabulary() -> Vocabulary:
    """The packaged vocabulary."""
    loaded = [
        json.loads((DATA / name).read_text(encoding="utf-8"))
        for name in ("headers.json", "fields.json")
    ]
    return Vocabulary(*loaded)
