"""``python -m kpi audits``: programme, coverage, findings, what to audit next; lists out and in."""

import argparse
from collections.abc import Sequence
from dataclasses import asdict
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from kpi.cli.parts import DONE, REJECTED, as_day, as_pair, declare, home_of, show, time_now, user

if TYPE_CHECKING:
    from kpi.analysis.audit_import import ImportPlan
    from kpi.analysis.audit_lines import AuditLine, FindingLine, Turn
    from kpi.analysis.audit_priority import Priority

ORDERS: Final = ("dmy", "mdy")

MATRIX_DAYS: Final = 730


def add(commands: Any) -> None:
    """Make the commands known; without one of them the programme is told."""
    parser = declare(
        commands, "audits", _programme, "the audit programme, findings, what is overdue"
    )
    parser.add_argument("--year", default="", help="of the programme (default: this year)")
    what = parser.add_subparsers(title="what to do", metavar="WHAT", parser_class=type(parser))
    declare(what, "next", _next, "what to audit next, with what each score is made of")
    one = declare(what, "coverage", _coverage, "process against clause: audited, planned, neither")
    one.add_argument(
        "--from", dest="first", type=as_day, metavar="DATE", help="default: a year ago"
    )
    one.add_argument("--to", dest="last", type=as_day, metavar="DATE", help="default: today")
    one = declare(what, "plan", _plan, "plan an audit of a process")
    one.add_argument("process", metavar="PROCESS", help="its id, as next lists it")
    one = declare(what, "export", _export, "programme, findings and matrix as a workbook")
    one.add_argument("file", type=Path, metavar="FILE.xlsx")
    one.add_argument("--template", action="store_true", help="an empty one to fill in")
    one = declare(what, "import", _import, "audits, findings and processes from a list")
    one.add_argument("file", type=Path, metavar="FILE")
    one.add_argument("--check", action="store_true", help="show what becomes of each row only")
    one.add_argument(
        "--set", action="append", type=as_pair, default=[], metavar="FIELD=TEXT", dest="given",
        help="what new rows say where they leave a field empty, such as edition=2015",
    )  # fmt: skip
    one.add_argument(
        "--dates", choices=ORDERS, default="", help="whether days or months come first"
    )
    one.add_argument(
        "--without-refused", action="store_true", help="record the others where rows are refused"
    )


# --- what stands ------------------------------------------------------------------------------


def _programme(arguments: argparse.Namespace) -> int:
    from kpi.analysis.audit_lines import findings
    from kpi.analysis.audits import overdue, partial, programme
    from kpi.cli.json_form import plain

    home, today = home_of(arguments), time_now().date()
    found = programme(home, arguments.year or str(today.year), today)
    left, late = findings(home, today), overdue(home, today)
    broken = partial(home)
    told = {
        "year": found.year,
        "says": found.says,
        "audits": [_audit(line) for line in found.audits],
        "turns": [_turn(turn) for turn in found.turns],
        "findings": [_finding(line) for line in left],
        "overdue": [asdict(one) for one in late],
        "partial": list(broken),
    }
    lines = [
        found.says,
        *(f"  {_audit_text(line)}" for line in found.audits),
        *(f"  {_finding_text(line)}" for line in left if line.age is not None),
        *(one.says for one in late),
        *broken,
    ]
    show(arguments, lambda: plain(told), lambda: _joined(lines))
    return DONE


def _audit(line: "AuditLine") -> dict[str, Any]:
    item = line.entry.item
    return {
        "id": line.entry.id, "title": item.title, "status": item.status, "planned": item.planned,
        "held_on": item.held_on, "lead": item.owner, "processes": line.processes,
        "clauses": item.clauses, "edition": item.edition, "findings": sum(line.findings),
        "open": line.open, "late_days": line.late,
    }  # fmt: skip


def _turn(turn: "Turn") -> dict[str, Any]:
    return {
        "process": turn.entry.id, "title": turn.entry.item.title, "last": turn.last,
        "due": turn.due, "planned": turn.planned, "late_days": turn.late,
    }  # fmt: skip


def _finding(line: "FindingLine") -> dict[str, Any]:
    item = line.entry.item
    return {
        "id": line.entry.id, "title": item.title, "grade": item.grade, "status": item.status,
        "audit": item.audit, "clause": item.clause, "process": item.process, "owner": item.owner,
        "due": item.due, "age_days": line.age, "late_days": line.late, "answered_in": line.acted,
        "shown_to_work": line.proven,
    }  # fmt: skip


def _audit_text(line: "AuditLine") -> str:
    item = line.entry.item
    when = f"held {item.held_on}" if item.held_on else f"planned {item.planned}"
    late = f", {line.late} days late" if line.late else ""
    return f"{line.entry.id}  {item.status:<9}  {when}{late}  {item.title}"


def _finding_text(line: "FindingLine") -> str:
    item = line.entry.item
    late = f", {line.late} days late" if line.late else ""
    return f"{line.entry.id}  {item.grade}, {line.age} days old{late}  {item.title}"


def _next(arguments: argparse.Namespace) -> int:
    from kpi.analysis.audit_priority import priorities
    from kpi.cli.json_form import plain

    found = priorities(home_of(arguments), time_now().date())
    told = [
        {
            **_turn(one.turn), "score": one.score, "reasons": one.reasons,
            "parts": [asdict(part) for part in one.parts],
        }
        for one in found
    ]  # fmt: skip
    lines = [_priority_text(one) for one in found] or ["No process is recorded."]
    show(arguments, lambda: plain(told), lambda: _joined(lines))
    return DONE


def _priority_text(one: "Priority") -> str:
    planned = f"  planned: {', '.join(one.turn.planned)}" if one.turn.planned else ""
    return (
        f"{one.score:5.1f}  {one.process.id}  {one.process.item.title}, due {one.turn.due}{planned}\n"
        f"       {one.reasons}"
    )


def _coverage(arguments: argparse.Namespace) -> int:
    from kpi.analysis.audit_coverage import coverage
    from kpi.cli.json_form import plain

    today = time_now().date()
    last = arguments.last or today
    first = arguments.first or last - timedelta(days=365)
    found = coverage(home_of(arguments), first, last)
    show(arguments, lambda: plain(asdict(found)), lambda: _joined([found.says, *found.holes]))
    return DONE


def _plan(arguments: argparse.Namespace) -> int:
    from kpi.analysis.audit_planning import plan_audit

    now = time_now()
    entry = plan_audit(
        home_of(arguments), arguments.process, today=now.date(), who=user(), when=now
    )
    says = f"{entry.id} {entry.item.title} is planned for {entry.item.planned}."
    show(arguments, lambda: {"id": entry.id, "says": says}, lambda: says)
    return DONE


# --- lists ------------------------------------------------------------------------------------


def _export(arguments: argparse.Namespace) -> int:
    from kpi.analysis.audit_tables import audit_book, template
    from kpi.analysis.trail_head import printed_head
    from kpi.reports.audit_book import audit_workbook

    home, now = home_of(arguments), time_now()
    today: date = now.date()
    if arguments.template:
        content, what = audit_workbook(template(), now), "An empty template"
    else:
        first, last = today - timedelta(days=MATRIX_DAYS), today + timedelta(days=365)
        book = audit_book(home, first, last, today)
        content, what = audit_workbook(book, now, head=printed_head(home.store, now)), book.title
    _write(arguments.file, content)
    says = f"{what} in {arguments.file}."
    show(arguments, lambda: {"file": str(arguments.file), "says": says}, lambda: says)
    return DONE


def _write(file: Path, content: bytes) -> None:
    from kpi.errors import UsageError

    try:
        file.write_bytes(content)
    except OSError as error:
        raise UsageError(f"{file} cannot be written: {error.strerror}.") from error


def _import(arguments: argparse.Namespace) -> int:
    from kpi.analysis.audit_import import plan_import, read_lists, record_import
    from kpi.analysis.audit_match import RowState

    home = home_of(arguments)
    plan = plan_import(
        home, read_lists(arguments.file), file=arguments.file.name, given=dict(arguments.given),
        order=arguments.dates,
    )  # fmt: skip
    refused = plan.count(RowState.REFUSED)
    recorded: Sequence[Any] = ()
    stopped = bool(refused) and not arguments.without_refused
    if not (arguments.check or stopped) and plan.edits:
        recorded = record_import(
            home, plan, who=user(), when=time_now(), refused_too=arguments.without_refused
        )
    ids = [entry.id for entry in recorded]
    show(arguments, lambda: _import_data(plan, ids), lambda: _import_text(plan, ids, stopped))
    return REJECTED if stopped else DONE


def _import_data(plan: "ImportPlan", ids: Sequence[str]) -> Any:
    from kpi.cli.json_form import plain

    rows = [
        {
            "list": row.list, "sheet": row.sheet, "row": row.row, "column": row.column,
            "title": row.title, "state": row.state, "says": row.says, "id": row.id,
        }
        for row in plan.rows
    ]  # fmt: skip
    left = [{"sheet": one.sheet, "why": one.why} for one in plan.left]
    return plain({"says": plan.says, "rows": rows, "left": left, "recorded": list(ids)})


def _import_text(plan: "ImportPlan", ids: Sequence[str], stopped: bool) -> str:
    from kpi.analysis.audit_match import RowState

    told = [row for row in plan.rows if row.state is not RowState.SAME]
    lines = [plan.says]
    lines += [f"  {row.place}: {row.state}. {row.title} {row.says}".rstrip() for row in told]
    lines += [f"  {one.sheet or 'The file'}: {one.why}" for one in plan.left]
    if ids:
        lines.append(f"Recorded: {', '.join(ids)}.")
    elif stopped:
        lines.append("Nothing is recorded. Mend the rows, or go on with --without-refused.")
    else:
        lines.append("Nothing is recorded.")
    return _joined(lines)


def _joined(lines: Sequence[str]) -> str:
    from kpi.safe_text import one_line

    return "\n".join("\n".join(map(one_line, line.split("\n"))) for line in lines)
