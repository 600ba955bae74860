"""Headings nobody has listed, understood by the words they are made of.

"order_estimated_delivery_date" is in no list, but speaks of a promise and a delivery. What is found
here is the weakest evidence there is: it counts only where no list knows the heading, and only where
the column's values can be what the words say.
"""

import json
import re
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Final

from kpi.ingest.dates import bare
from kpi.ingest.vocabulary import Level, Match, vocabulary

_DATA: Final = Path(__file__).parent / "data" / "concepts.json"
_CAMEL: Final = re.compile(r"(?<=[a-z0-9ß-ÿ])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_MOMENT: Final = frozenset({"start", "end", "date", "time"})
_TIME_UNITS: Final = frozenset({"min", "h", "s", "d"})


@dataclass(frozen=True, slots=True)
class _Stem:
    """The words of one concept: whole ones, and by how they begin, end, or what they hold."""

    whole: frozenset[str]
    begin: tuple[str, ...]
    end: tuple[str, ...]
    hold: tuple[str, ...]

    def fits(self, word: str) -> bool:
        """Whether a word, without accents and in small letters, is one of the concept's."""
        return (
            word in self.whole
            or word.startswith(self.begin)
            or word.endswith(self.end)
            or any(part in word for part in self.hold)
        )


def _stem(listed: list[str]) -> _Stem:
    """The words of a list in which ``*`` at either end stands for any letters."""
    kinds: dict[tuple[bool, bool], list[str]] = {}
    for stem in listed:
        kinds.setdefault((stem.startswith("*"), stem.endswith("*")), []).append(stem.strip("*"))
    return _Stem(
        frozenset(kinds.get((False, False), ())),
        tuple(kinds.get((False, True), ())),
        tuple(kinds.get((True, False), ())),
        tuple(kinds.get((True, True), ())),
    )


@cache
def _stems() -> dict[str, _Stem]:
    """The words of each concept, by its name."""
    listed: dict[str, list[str]] = json.loads(_DATA.read_text("utf-8"))["stems"]
    return {name: _stem(stems) for name, stems in listed.items()}


@lru_cache(maxsize=20_000)
def concepts_of(text: str) -> frozenset[str]:
    """The concepts that the words of a heading name.

    >>> sorted(concepts_of("GoodUnitsProduced"))
    ['good', 'produced', 'quantity']
    """
    words = _words(text)
    return frozenset(
        name for name, stem in _stems().items() if any(stem.fits(word) for word in words)
    )


def _words(text: str) -> list[str]:
    return re.findall(r"[^\W_]+", bare(_CAMEL.sub(" ", text)))


def _wholly(text: str, names: frozenset[str]) -> bool:
    """Every word of the heading is of one of the concepts."""
    stems = _stems()
    return all(any(stems[n].fits(word) for n in names) for word in _words(text))


def composed(text: str, *, dates: bool, numbers: bool) -> tuple[Match, ...]:
    """The fields a heading may stand for by its words, given what its cells can be.

    >>> [m.field for m in composed("Produzierte Stückzahl", dates=False, numbers=True)]
    ['qty_produced']
    >>> [m.field for m in composed("order_estimated_delivery_date", dates=True, numbers=False)]
    ['promise_date']
    """
    said = concepts_of(text)
    if dates:
        alone = _wholly(text, frozenset({"promise", "first"}))
        return _date(said, bare_moment=_wholly(text, _MOMENT), alone=alone)
    named = vocabulary().normalise(text)
    alone = _wholly(text, frozenset({"produced"}))
    found = _figure(said, named.unit, alone=alone) if numbers else _word(said)
    if not found and not numbers and "down" in said and "no" in named.tokens:
        found = _one("downtime", "reason")  # "stop code": the kind of a stop, not the stop itself
    if not found and "order" in said and ("no" in named.tokens or "#" in text):
        return _one("delivery", "order")
    return found


def _one(domain: str, field: str) -> tuple[Match, ...]:
    return (Match(domain, field, Level.SUBSET),)


def _date(said: frozenset[str], *, bare_moment: bool, alone: bool) -> tuple[Match, ...]:
    """Days of an order, or the moments a stop began and ended.

    ``alone``: nothing but a word of promising, such as "Promised" over a column of dates.
    """
    if "not_date" in said:
        return ()
    moves = said & {"arrive", "leave"}
    if "down" in said and said & {"start", "end"}:
        return _one("downtime", "start" if "start" in said else "end")
    if bare_moment and said & {"start", "end"}:
        return _one("downtime", "start" if "start" in said else "end")
    if "actual" not in said and "promise" in said and (moves or "date" in said or alone):
        return _one("delivery", "first_promise_date" if "first" in said else "promise_date")
    if "actual" not in said and "request" in said:
        return _one("delivery", "request_date")
    if "order" in said and "placed" in said:
        return _one("delivery", "order_date")
    if moves == {"arrive"} and "carrier" not in said:
        sure = said & {"arrived", "actual"}
        return _one("delivery", "delivered_on") + (() if sure else _one("delivery", "request_date"))
    if "leave" in said or ("arrive" in said and "carrier" in said):
        return _one("delivery", "shipped_on")
    if "order" in said and "date" in said:
        return _one("delivery", "order_date")
    if "down" in said and "date" in said:
        return _one("downtime", "date")
    if "actual" in said and "date" in said:
        return _one("delivery", "delivered_on")
    return ()


def _figure(said: frozenset[str], unit: str | None, *, alone: bool) -> tuple[Match, ...]:
    """Quantities of production, minutes of stops, quantities of an order.

    ``alone``: nothing but a word of making, such as "Produziert" over a column of figures.
    """
    if "rate" in said:
        return ()
    timed = unit in _TIME_UNITS or "time" in said
    if "cycle" in said:
        return _one("downtime", "ideal_cycle_min") if unit in _TIME_UNITS or timed else ()
    if timed:
        return _time(said)
    if "should" in said and "quantity" in said and "produced" not in said:
        return _one("delivery", "qty_ordered")
    if "aim" in said or "reason" in said or "kind" in said:
        return ()
    if "money" in said:
        return _one("making", "cost") if "scrap" in said else ()
    if "weight" in said:
        return ()
    if "rework" in said:
        return _one("making", "qty_rework")
    if "scrap" in said:
        return _one("making", "qty_scrap")
    if "good" in said:
        return _one("making", "qty_good")
    if "produced" in said and ("quantity" in said or alone):
        return _one("making", "qty_produced")
    if "quantity" in said and said & {"arrive", "leave"}:
        return _one("delivery", "qty")
    if "quantity" in said and "order" in said:
        return _one("delivery", "qty_ordered")
    return ()


def _time(said: frozenset[str]) -> tuple[Match, ...]:
    if said & {"money", "scrap", "good", "start", "end"}:
        return ()
    if "down" in said and "planned" not in said:
        return _one("downtime", "minutes")
    if "planned" in said and "unplanned" not in said and "down" not in said:
        return _one("downtime", "planned_min")
    if "run" in said and "down" not in said:
        return _one("downtime", "run_min")
    return ()


def _word(said: frozenset[str]) -> tuple[Match, ...]:
    """Reasons, in the domain their words speak of, or in any."""
    if "reason" in said or ("scrap" in said and "kind" in said) or {"down", "kind"} <= said:
        if "arrive" in said or "leave" in said:
            return _one("delivery", "reason")
        if "down" in said:
            return (*_one("downtime", "reason"), *_one("making", "reason"))
        if "scrap" in said:
            return _one("making", "reason")
        return tuple(Match(d, "reason", Level.SUBSET) for d in ("making", "downtime", "delivery"))
    return ()
