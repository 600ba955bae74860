"""What a management review is told of nonconformities and corrective actions (9.3.2 c4; 2026: d1)."""

from collections.abc import Sequence
from datetime import date, timedelta
from statistics import median
from typing import Final

from kpi.analysis import registering, words
from kpi.analysis.action_charts import action_charts
from kpi.analysis.agenda_results import AgendaInput, AgendaTable, Asked
from kpi.analysis.due_actions import Due, overdue
from kpi.analysis.home import Home
from kpi.analysis.loop import loop_counts, proven_effective, within
from kpi.qms.actions import ACTION, Action, ActionKind, ActionStatus, Decision
from kpi.qms.nonconformities import NONCONFORMITY, Nonconformity, actions_of
from kpi.qms.register import Recorded

REPEAT_DAYS: Final = 365
"""Found again within so many days after closing: the cause was not taken away."""

OF_REGISTERS: Final = (ActionKind.RISK, ActionKind.OPPORTUNITY)
"""Actions whose charts stand with the risks and opportunities they are on."""

KEY: Final = "nonconformities"
TITLE: Final = "Nonconformities and corrective actions"


def nonconformities_input(home: Home, asked: Asked) -> AgendaInput:
    """Opened, closed, how old, found again, proven effective; and what an auditor would miss."""
    entries = registering.listed(home, NONCONFORMITY, asked.where)
    actions = _known_then(home, registering.listed(home, ACTION, asked.where), asked.day)
    known = [e for e in entries if e.item.found_on and e.item.found_on <= asked.day]
    opened = [e for e in known if within(e.item.found_on, asked)]
    closed = [e for e in known if within(e.item.closed_on, asked)]
    still = [e for e in known if not e.item.closed_on or e.item.closed_on > asked.day]
    looked_at = sorted({e.id: e for e in (*opened, *closed, *still)}.values(), key=lambda e: e.id)
    late = overdue(home, asked.day, asked.where)
    loop = loop_counts(home, asked)
    missing = _missing(home, looked_at, late)
    if not looked_at and not actions:
        return AgendaInput(
            key=KEY, title=TITLE, finding=_nothing_words(loop.untaken),
            nothing=f"Nothing to report: {_nothing_words(loop.untaken)}",
            says=loop.untaken, missing=missing,
        )  # fmt: skip
    ages = [(asked.day - e.item.found_on).days for e in still if e.item.found_on]
    again = repeats(known, asked)
    done = [a for a in actions if a.item.done_on and a.item.done_on <= asked.day]
    decided = [a for a in actions if within(a.item.decided_on, asked)]
    worked = [a for a in decided if proven_effective(home, a.item)]
    says = [
        f"{_count(len(opened), 'was', 'were')} opened and {_number(len(closed))} closed "
        f"from {words.date_words(asked.first)} to {words.date_words(asked.day)}.",
        _age_words(ages),
        _repeat_words(again, any(e.item.closed_on for e in known)),
        _on_time_words([a.item for a in actions if within(a.item.due, asked)]),
        _effect_words(decided, worked, done),
        loop.says,
    ]
    return AgendaInput(
        key=KEY,
        title=TITLE,
        finding=_finding(len(still), late, again, len(worked)),
        says=tuple(text for text in says if text),
        tables=(_nonconformity_table(home, looked_at, asked.day), _action_table(actions)),
        records=(*(e.id for e in looked_at), *(a.id for a in actions)),
        missing=missing,
        kpis=action_charts(home, [a for a in done if a.item.kind not in OF_REGISTERS]),
    )


def _known_then(
    home: Home, entries: Sequence[Recorded[Action]], last: date
) -> tuple[Recorded[Action], ...]:
    """The actions that were recorded by a day."""
    since = {
        r.key: r.when.date() for r in home.store.records.history(ACTION.name) if r.version == 1
    }
    return tuple(entry for entry in entries if since.get(entry.id, last) <= last)


def repeats(
    entries: Sequence[Recorded[Nonconformity]], asked: Asked
) -> tuple[tuple[str, str], ...]:
    """Those found in the days asked that had been closed within a year before: (id, the earlier id)."""
    found = []
    for entry in entries:
        if not within(entry.item.found_on, asked):
            continue
        earlier = [e for e in entries if e.id != entry.id and _again(e.item, entry.item)]
        if earlier:
            found.append((entry.id, max(earlier, key=lambda e: e.item.closed_on or date.min).id))
    return tuple(found)


def _again(before: Nonconformity, after: Nonconformity) -> bool:
    """Whether one is the other again: of the same KPI, and the same slice or reason, closed before."""
    if before.closed_on is None or after.found_on is None:
        return False
    apart = after.found_on - before.closed_on
    if not timedelta(0) <= apart <= timedelta(days=REPEAT_DAYS) or before.kpi != after.kpi:
        return False
    shared = {*before.slice} & {*after.slice}
    same = bool(before.kpi or before.slice) and {*before.slice} == {*after.slice}
    return same or any(name == "reason" for name, _ in shared)


# --- words ------------------------------------------------------------------------------------


def _nothing_words(untaken: Sequence[str]) -> str:
    if not untaken:
        return "no nonconformity is recorded, and no signal asks for action."
    count = words.small_number(len(untaken))
    verb = "signal asks" if len(untaken) == 1 else "signals ask"
    return f"no nonconformity is recorded, although {count} {verb} for action."


def _count(number: int, one: str, more: str) -> str:
    noun = "nonconformity" if number == 1 else "nonconformities"
    text = f"{words.small_number(number)} {noun} {one if number == 1 else more}"
    return text[:1].upper() + text[1:]


def _number(count: int) -> str:
    return words.small_number(count) if count else "none"


def _finding(still: int, late: Sequence[Due], again: Sequence[object], worked: int) -> str:
    said = f"{_count(still, 'is', 'are')} open"
    told = []
    if late:
        told.append(f"{_some(len(late), 'step or action', 'steps or actions')} overdue")
    if again:
        told.append(f"{words.small_number(len(again))} found again within a year")
    if worked:
        told.append(f"{_some(worked, 'action', 'actions')} proven effective")
    return f"{said}; {words.listed(told)}." if told else f"{said}, and nothing is overdue."


def _some(count: int, one: str, more: str) -> str:
    return f"{words.small_number(count)} {f'{one} is' if count == 1 else f'{more} are'}"


def _age_words(ages: Sequence[int]) -> str:
    if not ages:
        return "None is open."
    if len(ages) == 1:
        if not ages[0]:
            return "The open one was found on the last of these days."
        return f"The open one was found {_days(ages[0])} before the end of these days."
    return (
        f"The median age of the open ones is {_days(round(median(ages)))}; the oldest is "
        f"{_days(max(ages))} old."
    )


def _days(count: int) -> str:
    return f"{words.number(count, 0)} day{'' if count == 1 else 's'}"


def _repeat_words(again: Sequence[tuple[str, str]], ever_closed: bool) -> str:
    """Nothing is said where none was ever closed: none could have come back."""
    if not again and not ever_closed:
        return ""
    if not again:
        return "None came back within twelve months after it was closed."
    told = words.listed(f"{id} after {earlier}" for id, earlier in again)
    return f"Found again within twelve months after closing, on the same reason or place: {told}."


def _on_time_words(due: Sequence[Action]) -> str:
    """How many of the actions due in these days were done by their day; dropped ones are not asked for."""
    asked = [a for a in due if a.done_on or a.status is not ActionStatus.CLOSED]
    if not asked:
        return ""
    kept = sum(bool(a.done_on and a.due and a.done_on <= a.due) for a in asked)
    if len(asked) == 1:
        return f"The one action due in this time was {'' if kept else 'not '}done by its day."
    verb = "was" if kept == 1 else "were"
    return (
        f"Of {words.small_number(len(asked))} actions due in this time {_number(kept)} {verb} done by "
        f"{'its' if kept == 1 else 'their'} day."
    )


def _effect_words(
    decided: Sequence[Recorded[Action]],
    worked: Sequence[Recorded[Action]],
    done: Sequence[Recorded[Action]],
) -> str:
    if not decided:
        waiting = [a for a in done if a.item.status is ActionStatus.DONE]
        if not waiting:
            return ""
        noun = "action" if len(waiting) == 1 else "actions"
        return f"No effect was decided on; {_number(len(waiting))} {noun} done wait{'s' * (len(waiting) == 1)} for the check."
    failed = sum(a.item.decision is Decision.DID_NOT for a in decided)
    unknown = sum(a.item.decision is Decision.NOT_YET for a in decided)
    agreed = sum(a.item.decision is Decision.WORKED for a in decided)
    return (
        f"Effects decided on: {_number(len(decided))}. Worked: {_number(agreed)}, of which proven by "
        f"the data: {_number(len(worked))}. Did not work: {_number(failed)}. Not yet known: "
        f"{_number(unknown)}."
    )


def _missing(
    home: Home, entries: Sequence[Recorded[Nonconformity]], late: Sequence[Due]
) -> tuple[str, ...]:
    """What an auditor would miss: no cause, overdue, closed without a check, symptoms only."""
    told = []
    for entry in entries:
        item, own = entry.item, actions_of(home.store, entry.id)
        if own and not item.cause_known:
            told.append(f"{entry.id} has an action and no cause: it may only touch the symptom.")
        elif item.closed_on and not item.cause_known:
            told.append(f"{entry.id} was closed without a cause: {item.waived}")
        if item.closed_on and not item.checked:
            told.append(
                f"{entry.id} was closed without an action whose effect was checked: {item.waived}"
            )
    told += [f"{one.id}: {one.says}." for one in late]
    return tuple(told)


def _nonconformity_table(
    home: Home, entries: Sequence[Recorded[Nonconformity]], last: date
) -> AgendaTable:
    lines = [
        (
            entry.id,
            entry.item.title,
            words.slice_words(entry.item.slice),
            entry.item.owner,
            "" if entry.item.found_on is None else entry.item.found_on.isoformat(),
            _age(entry.item, last),
            str(entry.item.status),
            str(entry.item.category) if entry.item.cause_known else "not known",
            ", ".join(a.id for a in actions_of(home.store, entry.id)) or "none",
        )
        for entry in entries
    ]
    return AgendaTable(
        "Nonconformities",
        ("Record", "What", "Where", "Owner", "Found on", "Days", "Status", "Cause", "Actions"),
        tuple(lines),
        numbers=(5,),
        ids=tuple(entry.id for entry in entries),
    )


def _age(item: Nonconformity, last: date) -> str:
    if item.found_on is None:
        return ""
    until = item.closed_on if item.closed_on and item.closed_on <= last else last
    return words.number((until - item.found_on).days, 0)


def _action_table(entries: Sequence[Recorded[Action]]) -> AgendaTable:
    lines = [
        (
            entry.id,
            entry.item.title,
            str(entry.item.kind),
            entry.item.owner,
            "" if entry.item.due is None else entry.item.due.isoformat(),
            "" if entry.item.done_on is None else entry.item.done_on.isoformat(),
            str(entry.item.status),
            _verdict_words(entry.item),
        )
        for entry in entries
    ]
    return AgendaTable(
        "Actions",
        ("Record", "Action", "Kind", "Owner", "Due", "Done", "Status", "Did it work?"),
        tuple(lines),
        ids=tuple(entry.id for entry in entries),
    )


def _verdict_words(item: Action) -> str:
    if item.decided_on is None:
        return "not decided on"
    by_data = f" (data: {item.effect.verdict})" if item.effect else ""
    return f"{item.decision}{by_data}"
