"""``python -m kpi plan``: the measurement plan with what is overdue, as on the page."""

import argparse
from typing import TYPE_CHECKING, Any

from kpi.cli.parts import DONE, as_day, declare, home_of, show, time_now, user

if TYPE_CHECKING:
    from kpi.analysis.measuring_results import PlanLine


def add(commands: Any) -> None:
    """Make the command known; without a word after it the plan is listed."""
    parser = declare(commands, "plan", _plan, "the measurement plan: last uploaded, last analysed")
    parser.add_argument("--overdue", action="store_true", help="only what is overdue")
    parser.add_argument("--on", type=as_day, metavar="DATE", help="as of this day (default: today)")
    what = parser.add_subparsers(title="what to do", metavar="WHAT", parser_class=type(parser))
    one = declare(what, "propose", _propose, "plan entries for what is loaded and not planned yet")
    one.add_argument("--record", action="store_true", help="record them, too")


def _plan(arguments: argparse.Namespace) -> int:
    from kpi.analysis.measuring import plan

    today = arguments.on or time_now().date()
    lines = [
        line for line in plan(home_of(arguments), today=today) if line.late or not arguments.overdue
    ]
    nothing = "Nothing is overdue." if arguments.overdue else "No measurement plan is recorded yet."
    show(
        arguments,
        lambda: [plan_json(line) for line in lines],
        lambda: "\n".join(_plan_text(line) for line in lines) or nothing,
    )
    return DONE


def plan_json(line: "PlanLine") -> dict[str, Any]:
    """An entry of the plan as plain data."""
    from kpi.cli.json_form import plain

    item = line.entry.item
    return {
        "id": line.id, "title": line.title, "kpi": item.kpi,
        "slice": [list(pair) for pair in item.slice], "process": line.process,
        "definition": line.definition, "method": item.method, "feeds": list(item.feeds),
        "measured": str(item.measured), "analysed": str(item.analysed), "owner": item.owner,
        "status": str(item.status), "last_uploaded": plain(line.uploaded),
        "data_up_to": plain(line.reach),
        "last_analysed": plain(line.analysed.item.on) if line.analysed else None,
        "analysed_by": line.analysed.item.owner if line.analysed else None,
        "concluded": line.analysed.item.concluded if line.analysed else None,
        "overdue": [{"what": str(kind), "says": says} for kind, says in line.late],
        "missing": list(line.lacks),
    }  # fmt: skip


def _plan_text(line: "PlanLine") -> str:
    return (
        f"{line.id}  {line.title}: {line.says}\n"
        f"    uploaded {line.uploaded_words}; analysed {line.analysed_words}"
    )


def _propose(arguments: argparse.Namespace) -> int:
    from kpi.analysis.planning import proposed, record_proposed

    home, now = home_of(arguments), time_now()
    found = proposed(home, today=now.date())
    if arguments.record:
        record_proposed(home, found, who=user(), when=now)
    lines = [f"{e.title}: uploaded and analysed {e.measured}, {e.analysed}" for e in found]
    says = f"{len(found)} entries {'are recorded' if arguments.record else 'are proposed'}."
    show(
        arguments,
        lambda: {"entries": [{"title": e.title, "kpi": e.kpi} for e in found], "says": says},
        lambda: "\n".join([*lines, says]),
    )
    return DONE
