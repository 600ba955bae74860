"""What a management review hears of the context: issues, the climate decision, interested parties."""

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from typing import Any, Final

from kpi.analysis import words
from kpi.analysis.agenda_results import AgendaInput, AgendaTable, Asked
from kpi.analysis.agenda_words import capital, counted, day_cell, told, unseen, until_looked
from kpi.analysis.home import Home
from kpi.analysis.registering import listed
from kpi.qms.context import (
    CLIMATE,
    ISSUE,
    PARTY,
    Answer,
    ClimateDecision,
    Issue,
    Origin,
    Party,
    Standing,
)
from kpi.qms.register import Recorded, Slice

LONG_AGO: Final = timedelta(days=366)
"""A register that nobody touched for longer was not looked at between two yearly reviews."""


def climate_decision(
    home: Home, where: Slice = (), last: date | None = None
) -> Recorded[ClimateDecision] | None:
    """The decision on climate change in force: of those taken by a day, the latest; ``None``: none."""
    found = [
        entry
        for entry in listed(home, CLIMATE, where)
        if entry.item.decided and (last is None or entry.item.decided <= last)
    ]
    return max(found, key=lambda e: (e.item.decided or date.min, e.number), default=None)


def climate_words(found: Recorded[ClimateDecision] | None, here: str = "") -> str:
    """The decision on climate change, yes or no in its first word; ``here`` limits where there is none."""
    if found is None:
        return f"Not decided{here}: whether climate change is a relevant issue."
    item = found.item
    yes = "Yes: climate change is" if item.relevant is Answer.YES else "No: climate change is not"
    when = words.date_words(item.decided) if item.decided else "a day not stated"
    return f"{yes} a relevant issue, decided on {when} by {item.by}: {item.reason}"


def context_input(home: Home, asked: Asked) -> AgendaInput:
    """Issues that changed in the days reviewed, and whether climate change is one of them."""
    issues = _upto(listed(home, ISSUE, asked.where), "since", asked.day)
    climate = climate_decision(home, asked.where, asked.day)
    changed = [e for e in issues if e.item.since and asked.first <= e.item.since]
    here = "" if home.limit is None else " for these plants alone"
    return _input(
        asked, issues, changed, key="context", title="Changes of external and internal issues",
        nouns=("issue", "issues", "issue"), table=_issues_table,
        records=tuple(e.id for e in [*issues, *([climate] if climate else [])]),
        missing=tuple(_context_gaps(issues, climate, asked.day, here)),
        says=(climate_words(climate, here), *unseen(home)),
    )  # fmt: skip


def _input(
    asked: Asked,
    every: Sequence[Recorded[Any]],
    changed: Sequence[Recorded[Any]],
    *,
    nouns: tuple[str, str, str],
    table: Callable[[Sequence[Recorded[Any]], Sequence[Recorded[Any]]], AgendaTable],
    **common: Any,
) -> AgendaInput:
    """What changed of a register in the days reviewed, or that nothing is recorded, or none changed.

    ``nouns``: one of what changes, several, and one of what is recorded.
    """
    one, several, kept = nouns
    finding, nothing = "", ""
    if not every:
        nothing = f"Nothing to report: no {kept} is recorded."
    elif not changed:
        nothing = f"Nothing to report: {_none(every, one)} {until_looked(asked)}."
    else:
        # A party may have several needs that changed: it is named once.
        names = words.listed(dict.fromkeys(words.clipped(e.item.title, 60) for e in changed))
        finding = f"{_share(changed, every, several)} changed {until_looked(asked)}: {names}."
    tables = (table(every, changed),) if every else ()
    return AgendaInput(finding=finding, nothing=nothing, tables=tables, **common)


def _issues_table(
    issues: Sequence[Recorded[Issue]], changed: Sequence[Recorded[Issue]]
) -> AgendaTable:
    rest = [e for e in issues if e not in changed and e.item.status is Standing.IN_FORCE]
    order = [*changed, *rest]
    return AgendaTable(
        "Issues: those that changed first",
        ("Issue", "Origin", "What changed", "Effect", "Changed on", "Owner", "Status"),
        tuple(
            (
                e.item.title, str(e.item.origin), e.item.changed, e.item.effect,
                day_cell(e.item.since), e.item.owner, str(e.item.status),
            )
            for e in order
        ),
        ids=tuple(e.id for e in order),
    )  # fmt: skip


def _context_gaps(
    issues: Sequence[Recorded[Issue]],
    climate: Recorded[ClimateDecision] | None,
    day: date,
    here: str,
) -> list[str]:
    live = [e for e in issues if e.item.status is Standing.IN_FORCE]
    gaps = []
    if climate is None:
        gaps.append(
            f"Nobody has decided{here} whether climate change is a relevant issue. Decide it, with a "
            "reason."
        )
    elif climate.item.review and climate.item.review < day:
        gaps.append(
            "The decision on climate change was to be looked at again by "
            f"{words.date_words(climate.item.review)}."
        )
    there = {e.item.origin for e in live}
    gaps += [f"No {origin} issue is on record{here}." for origin in Origin if origin not in there]
    return [*gaps, *_common_gaps(live, day, "issue")]


def parties_input(home: Home, asked: Asked) -> AgendaInput:
    """Needs of interested parties that changed in the days reviewed, climate among them."""
    parties = _upto(listed(home, PARTY, asked.where), "changed", asked.day)
    changed = [e for e in parties if e.item.changed and asked.first <= e.item.changed]
    live = [e for e in parties if e.item.status is Standing.IN_FORCE]
    return _input(
        asked, parties, changed, key="parties", title="Changed needs of interested parties",
        nouns=("need", "needs", "interested party"), table=_parties_table,
        records=tuple(e.id for e in parties),
        missing=tuple(_party_gaps(live, asked.day)),
        says=(*((_about_climate(live),) if live else ()), *unseen(home)),
    )  # fmt: skip


def _parties_table(
    parties: Sequence[Recorded[Party]], changed: Sequence[Recorded[Party]]
) -> AgendaTable:
    rest = [e for e in parties if e not in changed and e.item.status is Standing.IN_FORCE]
    order = [*changed, *rest]
    return AgendaTable(
        "Interested parties: changed needs first",
        ("Who", "Need or expectation", "What changed", "Changed on", "Taken up", "Climate", "Watched"),
        tuple(
            (
                e.item.title, e.item.need, e.item.change, day_cell(e.item.changed),
                str(e.item.relevant), "yes" if e.item.climate else "no", e.item.watched,
            )
            for e in order
        ),
        ids=tuple(e.id for e in order),
    )  # fmt: skip


def _about_climate(live: Sequence[Recorded[Party]]) -> str:
    names = [words.clipped(e.item.title, 60) for e in live if e.item.climate]
    if not names:
        return "No need on record is about climate change."
    return f"About climate change: {words.listed(dict.fromkeys(names))}."


def _party_gaps(live: Sequence[Recorded[Party]], day: date) -> list[str]:
    if not live:
        return ["No interested party is on record."]
    gaps = [
        f"Whether the quality system takes up the need of {told(e)} is not decided."
        for e in live
        if e.item.relevant is Answer.OPEN
    ]
    gaps += [
        f"How the need of {told(e)} is watched is not said."
        for e in live
        if e.item.relevant is Answer.YES and not e.item.watched
    ]
    return [*gaps, *_common_gaps(live, day, "interested party")]


def _common_gaps(live: Sequence[Recorded[Any]], day: date, noun: str) -> list[str]:
    gaps = [f"{told(e)} has no owner." for e in live if not e.item.owner]
    gaps += [
        f"{told(e)} was to be looked at again by {words.date_words(e.item.review)}."
        for e in live
        if e.item.review and e.item.review < day
    ]
    touched = max((e.when.date() for e in live), default=None)
    if touched is not None and day - touched > LONG_AGO:
        gaps.append(f"No {noun} was looked at since {words.date_words(touched)}.")
    return gaps


def _share(some: Sequence[Any], every: Sequence[Any], noun: str) -> str:
    """``Two of five issues``; of one alone: ``The one issue on record``."""
    if len(every) == 1:
        return f"The one {noun[:-1]} on record"
    few, all = words.small_number(len(some)), words.small_number(len(every))
    return capital(f"{few} of {all} {noun}")


def _none(every: Sequence[Any], noun: str) -> str:
    if len(every) == 1:
        return f"the one {noun} on record did not change"
    return f"none of the {counted(every, noun)} on record changed"


def _upto(entries: Sequence[Recorded[Any]], field: str, last: date) -> list[Recorded[Any]]:
    """Entries of before the last day reviewed; what came later is the next review's."""
    return [e for e in entries if (getattr(e.item, field) or date.min) <= last]
