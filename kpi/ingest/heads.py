"""What the parts of a heading are: a measure, a total, a target, a rate, or the member of something.

"Jan 2026 / Produced", "Line 1 / Scrap", "Downtime factor / 7": the words of a hand-made table, taken
apart by the rows of its header, or word by word where it has one row.
"""

import json
import re
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any, Final

from kpi.ingest.concepts import composed, concepts_of
from kpi.ingest.dates import bare
from kpi.ingest.headings import DURATIONS, NUMBERS
from kpi.ingest.vocabulary import DATA, unit_of, vocabulary

MEASURE, RATE, MEMBER = "measure", "rate", "member"
SUM, RUNNING, MEAN = "sum", "running", "mean"
AIM, PRIOR, DIFFERENCE, ACTUAL, UNIT, NOTHING = (
    "aim", "prior", "difference", "actual", "unit", "nothing",
)  # fmt: skip

KINDS: Final = (AIM, PRIOR, DIFFERENCE, SUM, RUNNING, MEAN, ACTUAL)
"""Kinds that a word gives to the measure beside it, the stronger first."""

COUNT: Final = "count"
"""How often something happened, which is counted from its records and not read."""

AGGREGATES: Final = frozenset({SUM, RUNNING, MEAN})
UNREAD: Final = frozenset({AIM, PRIOR, DIFFERENCE, COUNT})

HEADINGS: Final = {
    "qty_produced": "Produced Qty",
    "qty_good": "Good Qty",
    "qty_scrap": "Scrap Qty",
    "qty_rework": "Rework Qty",
    "minutes": "Downtime",
    "planned_min": "Planned time",
    "run_min": "Run time",
    "weight_kg": "Weight",
    "cost": "Scrap Cost",
    "value": "Value",
}
"""A heading that every other part of ingest understands, for a measure it is told of here."""


@dataclass(frozen=True, slots=True)
class Role:
    """What a text stands for. ``field`` of a measure or of what is summed; ``unit`` as printed."""

    kind: str
    field: str | None = None
    text: str = ""
    unit: str | None = None


@cache
def members() -> dict[str, Any]:
    """The words of ``data/members.json``."""
    loaded: dict[str, Any] = json.loads((DATA / "members.json").read_text("utf-8"))
    return loaded


@cache
def words_of(kind: str) -> frozenset[str]:
    """The words of one kind, without accents."""
    return frozenset(bare(w) for w in members()[kind])


@cache
def _measures() -> dict[str, str]:
    return {bare(w): field for field, listed in members()["measures"].items() for w in listed}


def split_words(text: str) -> list[str]:
    """The words of a text without accents and in small letters; "n-1" and "%" are words."""
    return re.findall(r"n-1|[^\W_]+|%|ø|⌀|δ|∑", bare(text))


@lru_cache(maxsize=20_000)
def role_of(text: str) -> Role:
    """What a heading, one of its rows, or the label of a row stands for.

    >>> role_of("Produced").field, role_of("Total").kind, role_of("Soll").kind, role_of("Crack").kind
    ('qty_produced', 'sum', 'aim', 'member')
    >>> role_of("Total scrap") == Role("sum", "qty_scrap", "Total scrap")
    True
    """
    text = text.strip()
    words = split_words(text)
    if not words:
        return Role(NOTHING, text=text)
    if len(words) > 1:
        words = [w for w in words if not re.fullmatch(r"(19|20)\d\d", w)] or words
    unit = unit_in(text)
    if " ".join(words) in _measures():  # "NOK" is a currency, too
        return Role(MEASURE, _measures()[" ".join(words)], text)
    if len(words) == 1 and words[0] in words_of(AIM):
        return Role(AIM, None, text, unit)
    if unit is not None and unit_of(text.strip("()[] .")) is not None and "%" not in text:
        return Role(UNIT, text=text, unit=unit)
    checked = set(words) & words_of("inspected")
    if checked and set(words) <= words_of("inspected") | words_of("fillers"):
        return Role(COUNT, None, text, unit)
    if set(words) <= words_of("counts") and set(words) & words_of("stop_words"):
        return Role(COUNT, None, text, unit)
    field = measure_of(text)
    if field is not None and not _marked(words) and not vocabulary().is_rate(text):
        return Role(MEASURE, field, text, unit)
    for kind in KINDS:
        rest = [w for w in words if w not in words_of(kind)]
        if len(rest) == len(words):
            continue
        inner = " ".join(rest)
        if not rest or vocabulary().is_plain_quantity(inner) or unit_of(inner) is not None:
            return Role(kind, None, text, unit)
        inner_field = measure_of(inner)
        if inner_field is not None or _is_rate(inner, rest):
            rated = kind == ACTUAL and _is_rate(inner, rest)
            shown = MEASURE if kind == ACTUAL else kind
            return Role(RATE if rated else shown, inner_field, text, unit)
        if kind in (AIM, PRIOR) and set(words) & _STRONG:
            return Role(kind, None, text, unit)
    if _is_rate(text, words):
        return Role(RATE, measure_of(" ".join(w for w in words if w != "%")), text, unit)
    if vocabulary().is_plain_quantity(text):
        return Role(ACTUAL, None, text, unit)
    return Role(MEMBER, None, text, unit)


_STRONG: Final = frozenset(
    "target goal ziel zielwert soll objetivo objectif budget cible vj vorjahr".split()  # noqa: SIM905
)


def _marked(words: list[str]) -> bool:
    """A word marks the measure as a total, a target or the like ("planned time" is a measure)."""
    return any(set(words) & words_of(k) for k in (SUM, RUNNING, MEAN, PRIOR, DIFFERENCE)) or bool(
        set(words) & _STRONG
    )


def _is_rate(text: str, words: list[str]) -> bool:
    return vocabulary().is_rate(text) or bool(set(words) & words_of("rate_words"))


def unit_in(text: str) -> str | None:
    """The unit a text names: in brackets, or as its only or last word."""
    named = vocabulary().normalise(text).unit
    return named or unit_of(text.strip("()[] ."))


@lru_cache(maxsize=20_000)
def measure_of(text: str) -> str | None:
    """The quantity or duration a text names, as a field; ``None`` for rates, targets, and members.

    >>> measure_of("Prod."), measure_of("Ausschuss (Stk)"), measure_of("Scrap Line 1")
    ('qty_produced', 'qty_scrap', None)
    """
    words = vocabulary()
    if words.is_plain_quantity(text):
        return None
    found = [m for m in words.lookup(text) if m.domain != "delivery"]
    fields = [m.field for m in found if m.field in NUMBERS | DURATIONS and m.field != "value"]
    if "scrap" not in concepts_of(text):
        fields = [f for f in fields if f != "cost"]
    if fields:
        return "qty_scrap" if "qty_scrap" in fields else fields[0]
    plain = " ".join(split_words(re.sub(r"[(\[][^)\]]*[)\]]", " ", text)))
    if plain in _measures():
        return _measures()[plain]
    parts = [w for w in plain.split() if unit_of(w) is None and w not in words_of("fillers")]
    said = {_measures().get(w) for w in parts}
    if parts and len(said) == 1:
        return said.pop()
    if parts and all(concepts_of(w) for w in parts):
        composed_fields = [m.field for m in composed(text, dates=False, numbers=True)]
        return next((f for f in composed_fields if f in NUMBERS | DURATIONS), None)
    return None


def is_plan(text: str) -> bool:
    """Whether a title or a sheet's name speaks of targets and not of what happened, too.

    >>> is_plan("Budget 2026"), is_plan("Plan / Ist 2026"), is_plan("Plant report")
    (True, False, False)
    """
    words = set(split_words(text))
    aims = words_of(AIM) - {"limit", "meta"}
    return bool(words & aims) and not words & words_of(ACTUAL)


def measure_heading(text: str, field: str | None, unit: str | None = None) -> str:
    """A heading that reads as the field: as printed where that is understood, else our own."""
    if field is None:
        return text
    known = any(m.field == field for m in vocabulary().lookup(text))
    if known:
        return text
    return f"{HEADINGS.get(field, text)} ({unit})" if unit else HEADINGS.get(field, text)


def halves(text: str) -> list[tuple[str, str]]:
    """Every way to part a heading into a beginning and an end, the longer beginning first."""
    words = [w for w in re.split(r"[\s_/|–—:-]+", text.strip()) if w]
    return [(" ".join(words[:k]), " ".join(words[k:])) for k in range(len(words) - 1, 0, -1)]


def peeled(text: str) -> tuple[Role, str] | None:
    """A measure at the beginning or end of a heading, and the rest: "Scrap Line 1", "L1 Produced".

    >>> peeled("Scrap Line 1")[1], peeled("L1 Produced")[0].field
    ('Line 1', 'qty_produced')
    """
    plain = re.sub(r"\s*[(\[][^)\]]*[)\]]\s*$", "", text)
    unit = unit_in(text)
    for first, last in halves(plain):
        for measured, rest in ((first, last), (last, first)):
            role = role_of(measured)
            if role.kind in (MEASURE, RATE) and role_of(rest).kind == MEMBER:
                return Role(role.kind, role.field, measured, role.unit or unit), _tidy(rest)
    return None


def _tidy(rest: str) -> str:
    words = rest.split()
    while words and bare(words[0]) in words_of("by"):
        words = words[1:]
    return " ".join(words) or rest
