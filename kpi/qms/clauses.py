"""The clauses of ISO 9001 that this product holds evidence for, in our own words, for both editions.

Everything stands in one data file, easy to correct. No sentence of the standard is kept.
"""

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from kpi.qms.agenda import Edition, edition_of


@dataclass(frozen=True, slots=True)
class Clause:
    """A clause: its number of 2015, what it asks, and what shows conformity here.

    ``in_2026`` is its number in the 2026 edition. ``kinds`` are kinds of records by name, ``inputs``
    keys of inputs of the review, ``facts`` what is computed for it alone, ``kpis`` ids of KPIs,
    ``pages`` files of pages without their ending, the first being the place to go.
    """

    clause: str
    title: str
    asks: str
    in_2026: str
    kinds: tuple[str, ...] = ()
    inputs: tuple[str, ...] = ()
    facts: tuple[str, ...] = ()
    kpis: tuple[str, ...] = ()
    pages: tuple[str, ...] = ()

    def number(self, edition: str) -> str:
        """Its number in an edition."""
        return self.in_2026 if edition == Edition.E2026 else self.clause


@cache
def _told() -> dict[str, Any]:
    text = files("kpi.qms").joinpath("data", "clauses.json").read_text(encoding="utf-8")
    found: dict[str, Any] = json.loads(text)
    return found


def reviewed() -> str:
    """When the file was looked at last, and what of it rests on secondary sources."""
    return str(_told()["reviewed"])


@cache
def clauses() -> tuple[Clause, ...]:
    """Every clause, in the order of the 2015 edition."""
    return tuple(map(_clause, _told()["clauses"]))


def _clause(told: dict[str, Any]) -> Clause:
    lists = {
        name: tuple(told.get(name, ())) for name in ("kinds", "inputs", "facts", "kpis", "pages")
    }
    number = told["clause"]
    return Clause(number, told["title"], told["asks"], told.get("in_2026", number), **lists)


def in_order(edition: str) -> tuple[Clause, ...]:
    """Every clause in the order in which an edition numbers them.

    Raises
    ------
    UnknownNameError
        There is no such edition.
    """
    edition_of(edition)
    return tuple(
        sorted(clauses(), key=lambda c: [int(part) for part in c.number(edition).split(".")])
    )


@dataclass(frozen=True, slots=True)
class AuditorQuestion:
    """What an auditor asks, under a clause of 2015, and what answers it.

    ``answers`` are keys of what the evidence page shows under that clause: a kind of record, an input
    of the review, a fact, a KPI.
    """

    question: str
    clause: str
    answers: tuple[str, ...]


@cache
def auditor_questions() -> tuple[AuditorQuestion, ...]:
    """Every question, in the order of the clauses."""
    text = files("kpi.qms").joinpath("data", "auditor_questions.json").read_text(encoding="utf-8")
    return tuple(
        AuditorQuestion(told["question"], told["clause"], tuple(told["answers"]))
        for told in json.loads(text)["questions"]
    )
