"""The measurement plan as it is lived: last uploaded, last analysed, and what is overdue."""

from collections.abc import Sequence
from datetime import date
from typing import Final

import pandas as pd

from kpi.analysis import registering, words
from kpi.analysis.agenda_results import Asked
from kpi.analysis.home import Home
from kpi.analysis.measuring_lines import Looked, latest_first
from kpi.analysis.measuring_results import Late, Overdue, PlanLine, PlanPart
from kpi.qms.measurement import ANALYSIS, PLAN_ENTRY, Analysis
from kpi.qms.register import Recorded, Slice

MOST_SAID: Final = 5
"""Overdue entries that a review is told one by one; the table has them all."""


def plan(home: Home, *, today: date, where: Slice = ()) -> tuple[PlanLine, ...]:
    """The measurement plan as of a day, by id; withdrawn entries come last."""
    looked = Looked(home, today)
    lines = [looked.line(entry) for entry in registering.listed(home, PLAN_ENTRY, where)]
    return tuple(sorted(lines, key=lambda line: (not line.active, line.id)))


def plan_line(home: Home, id: str, *, today: date) -> PlanLine:
    """One entry of the plan as of a day.

    Raises
    ------
    UnknownNameError
        There is none with this id, or none that may be seen.
    """
    return Looked(home, today).line(registering.found(home, PLAN_ENTRY, id))


def overdue(home: Home, today: date, where: Slice = ()) -> tuple[Overdue, ...]:
    """Every upload and analysis that the plan asks for by a day and that has not come."""
    return tuple(
        Overdue(line.id, kind, line.title, line.entry.item.owner, sentence)
        for line in plan(home, today=today, where=where)
        for kind, sentence in line.late
    )


def plan_input_part(home: Home, asked: Asked) -> PlanPart:
    """What the plan says as of the day of looking, for the input on monitoring."""
    lines = [x for x in plan(home, today=asked.day, where=asked.where) if x.active]
    late = [line for line in lines if line.late]
    return PlanPart(
        finding=finding(lines),
        says=_late_words(late),
        headings=("KPI", "Where", "Process", "Last uploaded", "Last analysed", "Overdue"),
        lines=tuple(
            (
                line.title, line.slice_words, line.process, line.uploaded_words,
                line.analysed_words, line.says if line.late else "",
            )
            for line in lines
        ),
        ids=tuple(line.id for line in lines),
        missing=(
            *(() if lines else ("No measurement plan is recorded.",)),
            *(f"{line.id} {line.title}: {lack}" for line in lines for lack in line.lacks),
        ),
    )  # fmt: skip


def _late_words(late: Sequence[PlanLine]) -> tuple[str, ...]:
    told = [f"{line.id} {line.title}: {line.says}" for line in late[:MOST_SAID]]
    rest = len(late) - len(told)
    return (*told, f"{rest} more stand in the table of the plan.") if rest else tuple(told)


def finding(lines: Sequence[PlanLine]) -> str:
    """What the plan comes to, in a sentence: how many entries, how much of it is overdue."""
    late = [line for line in lines if line.late]
    if not lines:
        return "No measurement plan is recorded for what is reviewed here."
    count = len(lines)
    entries = f"{words.small_number(count)} {'entry' if count == 1 else 'entries'}"
    if not late:
        return f"The measurement plan has {entries}; nothing is overdue{_not_looked_at(lines)}."
    kinds = [(kind, sum(any(k is kind for k, _ in line.late) for line in late)) for kind in Late]
    told = [
        f"{words.small_number(n)} {kind if n == 1 else {'upload': 'uploads', 'analysis': 'analyses'}[kind]}"
        for kind, n in kinds
        if n
    ]
    verb = "is" if sum(n for _, n in kinds) == 1 else "are"
    said = f"The measurement plan has {entries}: {words.listed(told)} {verb} overdue"
    return f"{said}{_not_looked_at(lines)}."


def _not_looked_at(lines: Sequence[PlanLine]) -> str:
    """How many nobody ever analysed: not overdue is not looked at yet."""
    never = sum(line.analysed is None for line in lines)
    if not never:
        return ""
    if len(lines) == 1:
        return ", and it was never analysed so far"
    if never == len(lines):
        return ", and none was ever analysed so far"
    verb = "was" if never == 1 else "were"
    of = words.small_number(len(lines))
    return f", and {words.small_number(never)} of {of} {verb} never analysed so far"


def plan_table(lines: Sequence[PlanLine]) -> pd.DataFrame:
    """The whole plan as a table to take along: what was agreed, and what is known as of the day."""
    return pd.DataFrame(
        [
            {
                "id": line.id, "KPI": line.title, "of": line.slice_words, "process": line.process,
                "definition": line.definition, "method": line.entry.item.method,
                "feeds": ", ".join(line.entry.item.feeds),
                "uploaded": str(line.entry.item.measured), "last uploaded": line.uploaded,
                "data up to": line.reach, "analysed": str(line.entry.item.analysed),
                "last analysed": line.analysed_words, "owner": line.entry.item.owner,
                "records kept": line.entry.item.kept, "status": str(line.entry.item.status),
                "overdue": " ".join(says for _, says in line.late),
            }
            for line in lines
        ]
    )  # fmt: skip


def analyses(home: Home, where: Slice = (), kpi: str = "") -> tuple[Recorded[Analysis], ...]:
    """Analyses that bear on a slice, the latest first; of one KPI where one is named."""
    found = [e for e in registering.listed(home, ANALYSIS, where) if kpi in ("", e.item.kpi)]
    return latest_first(found)
