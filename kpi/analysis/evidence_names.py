"""Records by name: what an auditor is told of each where there are few, and how many more there are."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any, Final

from kpi.analysis import words
from kpi.analysis.agenda_words import told
from kpi.analysis.audit_lines import FindingLine, findings
from kpi.analysis.home import Home
from kpi.analysis.objectives import objectives
from kpi.qms.actions import Decision as Effect
from kpi.qms.agenda import Edition
from kpi.qms.audits import AuditStatus
from kpi.qms.context import Answer
from kpi.qms.objectives import Life
from kpi.qms.register import Recorded
from kpi.qms.reviews import DecisionStatus

MOST_NAMED: Final = 5
"""Records that are named; the page lists the others."""

Told = Callable[[Recorded[Any]], str]


def named(entries: Sequence[Recorded[Any]], about: Told) -> str:
    """Up to five records, each with its id, title and what is said about it, then how many more."""
    one_by_one = [_with(told(entry), about(entry)) for entry in entries[:MOST_NAMED]]
    more = len(entries) - MOST_NAMED
    return "; ".join([*one_by_one, *([f"and {more} more"] if more > 0 else [])])


def _with(name: str, about: str) -> str:
    return f"{name} ({about})" if about else name


def about_kind(
    home: Home, name: str, entries: Sequence[Recorded[Any]], today: date, last: date
) -> Told:
    """What is said of each record of a kind: how far it is, whose it is, by when."""
    if name == "objective":
        standing = {v.id: str(v.standing) for v in objectives(home, today=today, last=last)}
        return lambda e: _joined(
            standing.get(e.id, "") if e.item.status is Life.ACTIVE else str(e.item.status),
            _day("due", e.item.due), e.item.owner,
        )  # fmt: skip
    if name == "finding":
        lines = {line.entry.id: line for line in findings(home, today)}
        return lambda e: finding_words(e, lines.get(e.id))
    several = len({_state(e.item) for e in entries}) > 1
    return _PARTICULAR.get(name, lambda e: _joined(_state(e.item) if several else "", e.item.owner))


def finding_words(entry: Recorded[Any], line: FindingLine | None) -> str:
    """How heavy a finding is, how far its answer, how old, and what is done about it."""
    item = entry.item
    if line is None or line.age is None:
        return _joined(str(item.grade), str(item.status))
    late = f"answer overdue by {words.count_words(line.late, 'day')}" if line.late else ""
    acted = f"answered by {words.listed(line.acted)}" if line.acted else "no action yet"
    age = f"{words.count_words(line.age, 'day')} old"
    return _joined(str(item.grade), str(item.status), age, late, acted)


def decision_words(entry: Recorded[Any], today: date) -> str:
    """Who does what was decided, until when, and whether that is over."""
    item = entry.item
    if item.status is not DecisionStatus.OPEN:
        return _joined(str(item.status), item.owner)
    late = item.due is not None and item.due < today
    due = _day("overdue since" if late else "due", item.due) or "no due date"
    return _joined(item.owner or "no owner", due)


def climate_answer(entries: Sequence[Recorded[Any]]) -> str:
    """Whether it was decided that climate change matters: yes, by whom, when, and why."""
    decided = [e for e in entries if e.item.decided]
    if not decided:
        return "No, it is not decided."
    last = max(decided, key=lambda e: (e.item.decided or date.min, e.number))
    item = last.item
    matters = "is" if item.relevant is Answer.YES else "is not"
    more = len(decided) - 1
    times = "once" if more == 1 else f"{words.small_number(more)} times"
    before = f" Decided {times} before." if more > 0 else ""
    return (
        f"Yes, decided on {words.date_words(item.decided)} by {item.by} ({last.id}): climate change "
        f"{matters} a relevant issue. {item.reason}{before}"
    )


def nonconformity_told(entries: Sequence[Recorded[Any]], actions: Mapping[str, list[Any]]) -> str:
    """One nonconformity from what was done at once to what came of it: the one that went furthest."""
    known = [e for e in entries if e.item.cause_known]
    if not known:
        return ""
    entry = max(known, key=lambda e: (e.item.closed_on is not None, e.item.contained, e.number))
    item = entry.item
    return " ".join(_steps(item, actions.get(entry.id, []), told(entry)))


def _steps(item: Any, actions: Iterable[Recorded[Any]], name: str) -> Iterator[str]:
    yield f"For example {name}, found on {words.date_words(item.found_on)}."
    if item.contained:
        yield f"At once, on {words.date_words(item.contained_on)}: {_ended(item.containment)}"
    yield f"Cause ({item.category}): {_ended(item.whys[-1])}"
    for action in actions:
        done = action.item.done_on
        when = f"done on {words.date_words(done)}" if done else str(action.item.status)
        effect = "" if action.item.decision is Effect.NOT_YET else f", {action.item.decision}"
        yield f"Done about it: {told(action)}, {when}{effect}."
    if item.closed_on:
        yield f"Closed on {words.date_words(item.closed_on)}."


def _ended(text: str) -> str:
    said = words.clipped(text.strip(), 160)
    return said if said.endswith((".", "…", "!", "?")) else f"{said}."


def _state(item: Any) -> str:
    return str(getattr(item, "status", "") or getattr(item, "grade", ""))


def _day(word: str, day: date | None) -> str:
    return f"{word} {words.date_words(day)}" if day else ""


def _joined(*parts: str) -> str:
    return ", ".join(part for part in parts if part)


_PARTICULAR: Final[Mapping[str, Told]] = {
    "action": lambda e: _joined(
        str(e.item.status),
        _day("done on", e.item.done_on) if e.item.done_on else _day("due", e.item.due),
        e.item.owner,
    ),
    "audit": lambda e: _joined(
        "" if e.item.status is AuditStatus.PLANNED else str(e.item.status),
        _day("held on", e.item.held_on) or _day("planned for", e.item.planned),
        f"led by {e.item.owner}" if e.item.owner else "",
    ),
    "supplier_grade": lambda e: _joined(
        f"grade {e.item.grade}", words.span_words(e.item.first, e.item.last)
    ),
    "survey": lambda e: _joined(
        "" if e.item.score is None else f"score {e.item.score:g}",
        words.span_words(e.item.first, e.item.last),
    ),
    "analysis": lambda e: _joined(
        _day("on", e.item.on), e.item.owner, words.clipped(e.item.concluded, 120)
    ),
    "review": lambda e: _joined(
        str(e.item.status), _day("held on", e.item.held_on) or _day("planned for", e.item.planned),
        f"edition {Edition(e.item.edition)}",
    ),
    "plan_entry": lambda e: _joined(f"analysed {e.item.analysed}", e.item.owner or "no owner"),
    "party": lambda e: words.clipped(e.item.need, 80),
}  # fmt: skip
"""What is said of records whose state alone would say too little."""
