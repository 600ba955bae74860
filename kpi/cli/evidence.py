"""``python -m kpi evidence``: what an auditor asks, answered from the live data, as on the page Evidence."""

import argparse
from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING, Any

from kpi.cli.parts import DONE, as_day, declare, home_of, show, time_now
from kpi.errors import UnknownNameError

if TYPE_CHECKING:
    from kpi.analysis.evidence_results import ClauseEvidence, Evidence, Shown
    from kpi.analysis.weakness_results import Weakness


def add(commands: Any) -> None:
    """Make the command known."""
    one = declare(
        commands, "evidence", _evidence, "what an auditor asks, answered; and what they would find"
    )
    one.add_argument("--clause", default="", metavar="9.3", help="only this clause and its parts")
    one.add_argument("--plant", action="append", default=[], help="only this plant")
    one.add_argument("--edition", default="", metavar="2015|2026", help="of ISO 9001")
    one.add_argument("--on", type=as_day, metavar="DATE", help="as of this day (default: today)")


def _evidence(arguments: argparse.Namespace) -> int:
    from kpi.analysis.evidence import evidence
    from kpi.analysis.inputs_asked import year_up_to
    from kpi.qms.agenda import LATEST

    edition = arguments.edition or LATEST
    numbers = _numbers(arguments.clause, edition)
    home, today = home_of(arguments), arguments.on or time_now().date()
    where = tuple(("plant", name) for name in arguments.plant)
    found = evidence(home, year_up_to(home, where, today), today, edition)
    chosen = tuple(one for one in found.clauses if one.clause in numbers)
    whole = not arguments.clause
    show(
        arguments,
        lambda: evidence_json(found, chosen, whole=whole),
        lambda: "\n".join(_lines(found, chosen, whole=whole)),
    )
    return DONE


def _numbers(asked: str, edition: str) -> frozenset[str]:
    """The clauses asked for with their parts, by their numbers of 2015; without a number, all.

    A number of the edition comes first; one that only 2015 has is taken as that.

    Raises
    ------
    UnknownNameError
        There is no such edition, or evidence is held for no clause with this number.
    """
    from kpi.qms.clauses import in_order

    known = in_order(edition)

    def within(number: str) -> bool:
        return not asked or number == asked or number.startswith(f"{asked}.")

    chosen = [one for one in known if within(one.number(edition))]
    chosen = chosen or [one for one in known if within(one.clause)]
    if not chosen:
        raise UnknownNameError("clause", asked, known=[one.number(edition) for one in known])
    return frozenset(one.clause for one in chosen)


def evidence_json(
    found: "Evidence", chosen: "tuple[ClauseEvidence, ...]", *, whole: bool
) -> dict[str, Any]:
    """The evidence as plain data; weaknesses only of the clauses chosen."""
    return {
        "edition": found.edition,
        "from": found.asked.first.isoformat(),
        "to": found.asked.last.isoformat(),
        "plants": [value for dimension, value in found.asked.where if dimension == "plant"],
        "says": found.headline,
        "weaknesses": [_weakness_json(one) for one in _weak(found, chosen, whole=whole)],
        "looked_for_and_not_found": list(found.sound),
        "clauses": [_clause_json(one) for one in chosen],
        "reviewed": found.reviewed,
    }


def _weak(
    found: "Evidence", chosen: "tuple[ClauseEvidence, ...]", *, whole: bool
) -> "tuple[Weakness, ...]":
    own = {one.clause for one in chosen}
    return tuple(one for one in found.weaknesses if whole or own & set(one.clauses))


def _weakness_json(one: "Weakness") -> dict[str, Any]:
    return {
        "key": one.key, "title": one.title, "says": one.says, "count": one.count,
        "weight": one.weight, "mend": one.mend, "clauses": list(one.clauses),
        "examples": list(one.examples), "records": list(one.records),
    }  # fmt: skip


def _clause_json(one: "ClauseEvidence") -> dict[str, Any]:
    return {
        "clause": one.number, "clause_2015": one.clause, "title": one.title, "asks": one.asks,
        "standing": str(one.standing), "latest": _day_json(one.latest),
        "questions": [
            {"question": asked.question, "answers": [_shown_json(shown) for shown in asked.answers]}
            for asked in one.asked
        ],
        "shown": [_shown_json(shown) for shown in one.shown],
        "missing": list(one.missing),
    }  # fmt: skip


def _shown_json(one: "Shown") -> dict[str, Any]:
    return {
        "key": one.key, "title": one.title, "says": one.says, "there": one.there,
        "count": one.count, "latest": _day_json(one.latest), "record": one.record or None,
        "kpi": one.kpi or None, "missing": list(one.missing),
    }  # fmt: skip


def _day_json(day: date | None) -> str | None:
    return day.isoformat() if day else None


def _lines(
    found: "Evidence", chosen: "tuple[ClauseEvidence, ...]", *, whole: bool
) -> Iterator[str]:
    from kpi.analysis import words

    yield found.headline
    yield (
        f"Looked at: {words.span_words(found.asked.first, found.asked.last)}, and every record as it "
        "is today."
    )
    weak = _weak(found, chosen, whole=whole)
    if weak:
        yield ""
        yield "What an auditor would find"
    for one in weak:
        yield f"  {one.title}: {one.says}"
        yield from (f"    {example}" for example in one.examples)
        yield f"    To mend it: {one.mend}"
    for clause in chosen:
        yield from _clause_lines(clause)


def _clause_lines(one: "ClauseEvidence") -> Iterator[str]:
    yield ""
    fresh = f"; {one.fresh}" if one.fresh else ""
    yield f"{one.number} {one.title} ({one.standing}{fresh})"
    for asked in one.asked:
        yield f"  {asked.question}"
        if not asked.answers:
            yield "    Nothing here answers it."
        yield from (f"    {shown.title}: {shown.says}" for shown in asked.answers)
    if one.missing:
        yield "  Missing:"
        yield from (f"    {text}" for text in one.missing)
