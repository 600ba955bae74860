"""How ``python -m kpi review`` tells of reviews and decisions: as JSON, and in lines."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kpi.analysis.agenda_results import Agenda, AgendaInput
    from kpi.qms.register import Recorded
    from kpi.qms.reviews import Decision, Review


def told(entry: "Recorded[Review]") -> dict[str, Any]:
    """A review as JSON."""
    item = entry.item
    return {
        "id": entry.id, "version": entry.version, "title": item.title, "status": str(item.status),
        "edition": str(item.edition), "plants": [value for _, value in item.slice],
        "from": _day_text(item.first), "to": _day_text(item.last),
        "planned": _day_text(item.planned), "held_on": _day_text(item.held_on),
        "next_due": _day_text(item.next_due),
        "attendance": [
            {"name": a.name, "role": a.role, "top_management": a.top, "present": a.present}
            for a in item.attendance
        ],
        "minutes": {one.key: one.text for one in item.discussion},
        "conclusion": {c.word: {"says": str(c.says), "remark": c.remark} for c in item.conclusion},
        "frozen": None if item.frozen is None else {
            "ledger_position": item.frozen.position, "records_number": item.frozen.number,
            "at": item.frozen.at.isoformat(), "by": item.frozen.who,
        },
        "documents": [
            {"name": f.name, "as": str(f.at), "sha256": f.sha256, "bytes": f.bytes}
            for f in item.kept
        ],
        "signature": None if item.signature is None else {
            "name": item.signature.name, "role": item.signature.role,
            "at": item.signature.at.isoformat(), "sha256": item.signature.sha256,
            "self_declared": item.signature.self_declared,
        },
        "addenda": [{"text": a.text, "by": a.who, "at": a.at.isoformat()} for a in item.addenda],
    }  # fmt: skip


def decision(entry: "Recorded[Decision]") -> dict[str, Any]:
    """A decision as JSON."""
    item = entry.item
    return {
        "id": entry.id, "decision": item.title, "type": str(item.type), "owner": item.owner,
        "due": _day_text(item.due), "status": str(item.status), "taken_in": item.review,
        "done_on": _day_text(item.done_on), "outcome": item.outcome, "carried_into": item.carried,
    }  # fmt: skip


def agenda_input(one: "AgendaInput") -> dict[str, Any]:
    """An input of the agenda as JSON."""
    return {
        "letter": one.letter, "key": one.key, "title": one.title, "finding": one.finding,
        "nothing": one.nothing, "says": one.says, "missing": one.missing, "records": one.records,
        "tables": [{"title": t.title, "headings": t.headings, "lines": t.lines}
                   for t in one.tables],
    }  # fmt: skip


def line(entry: "Recorded[Review]") -> str:
    """A review in a line."""
    from kpi.analysis.words import slice_words

    item = entry.item
    held = f", held on {item.held_on}" if item.held_on else ""
    return f"{entry.id}  {item.status:<8}  {item.title}, {slice_words(item.slice)}{held}"


def agenda_lines(agenda: "Agenda") -> list[str]:
    """An agenda with its decisions, line by line."""
    out = []
    for one in agenda.inputs:
        out.append(f"{one.letter:<3} {one.title}: {one.nothing or one.finding}")
        out += [f"      {text}" for text in one.says]
    out += [f"{d.id}  {d.item.type}: {d.item.title} ({d.item.owner or 'no owner'})"
            for d in agenda.decisions]  # fmt: skip
    return out


def _day_text(day: Any) -> str | None:
    return None if day is None else str(day.isoformat())
