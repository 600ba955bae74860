"""``python -m kpi actions``: nonconformities, actions on them, and whether they worked."""

import argparse
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any, Final

from kpi.cli.effect import PERIODS, share
from kpi.cli.parts import (
    DONE,
    as_day,
    as_dimension_pair,
    declare,
    home_about,
    home_of,
    show,
    time_now,
    user,
)

if TYPE_CHECKING:
    from kpi.analysis.due_actions import Due
    from kpi.analysis.home import Home
    from kpi.qms.actions import Action
    from kpi.qms.register import Recorded

WORDS: Final = {"worked": "worked", "did-not": "did not work", "not-yet": "not yet known"}
"""Decisions as one types them, with what they are called."""


def add(commands: Any) -> None:
    """Make the commands known; without one of them everything is listed."""
    parser = declare(
        commands, "actions", _list, "nonconformities, actions, and what waits to be checked"
    )
    what = parser.add_subparsers(title="what to do", metavar="WHAT", parser_class=type(parser))
    one = declare(what, "show", _show, "one nonconformity or action, with what the data say of it")
    one.add_argument("id", metavar="ID")

    one = declare(what, "open", _open, "record a nonconformity from a chart, with its evidence")
    one.add_argument("--kpi", required=True, metavar="KPI")
    one.add_argument(
        "--where", action="append", type=as_dimension_pair, default=[], metavar="DIM=VALUE"
    )
    one.add_argument(
        "--period", default="", metavar="PERIOD",
        help="the point it is about: 2026-10 (default: the last that signals)",
    )  # fmt: skip
    one.add_argument("--by", default="month", choices=PERIODS, help="periods of the chart")
    one.add_argument("--title", default="", help="default: what the chart says")
    one.add_argument("--owner", default="", help="default: you")

    one = declare(what, "plan", _plan, "plan an action that answers a record")
    one.add_argument("id", metavar="ID", help="the nonconformity, risk, finding, ... it answers")
    one.add_argument("--title", required=True, metavar="TEXT", help="what is done")
    one.add_argument("--owner", required=True, metavar="NAME")
    one.add_argument("--due", required=True, type=as_day, metavar="DATE")
    one.add_argument("--hoped", type=share, metavar="CHANGE", help="-25%% for a quarter less")
    one.add_argument("--check-on", type=as_day, metavar="DATE", help="when its effect is checked")

    one = declare(what, "done", _done, "an action was done: it stands on the charts from that day")
    one.add_argument("id", metavar="ID")
    one.add_argument("--day", type=as_day, metavar="DATE", help="default: today")
    one.add_argument("--check-on", type=as_day, metavar="DATE", help="when its effect is checked")

    one = declare(what, "decide", _decide, "decide whether an action worked, beside the data")
    one.add_argument("id", metavar="ID")
    one.add_argument("--decision", required=True, choices=list(WORDS))
    one.add_argument("--reason", default="", metavar="TEXT", help="needed where the data differ")
    one.add_argument(
        "--check-on", type=as_day, metavar="DATE", help="with not-yet: look again then"
    )


def _signed() -> dict[str, Any]:
    return {"who": user(), "when": time_now()}


# --- looking ----------------------------------------------------------------------------------


def _list(arguments: argparse.Namespace) -> int:
    from kpi.analysis.due_actions import to_do
    from kpi.analysis.registering import listed
    from kpi.qms.actions import ACTION
    from kpi.qms.nonconformities import NONCONFORMITY

    home, today = home_of(arguments), time_now().astimezone().date()
    cases, actions, waiting = listed(home, NONCONFORMITY), listed(home, ACTION), to_do(home, today)

    def text() -> str:
        parts = [
            ("Nonconformities", [_line(e, "found", e.item.found_on) for e in cases]),
            ("Actions", [_line(e, "due", e.item.due) for e in actions]),
            ("To check now", [_due_line(one) for one in waiting]),
        ]
        return "\n\n".join(f"{title}:\n" + "\n".join(ls or ["  none"]) for title, ls in parts)

    show(
        arguments,
        lambda: {
            "nonconformities": [entry_json(e) for e in cases],
            "actions": [entry_json(e) for e in actions],
            "to_do": [due_json(one) for one in waiting],
        },
        text,
    )
    return DONE


def _line(entry: "Recorded[Any]", says: str, day: Any) -> str:
    from kpi.safe_text import one_line

    item = entry.item
    told = f"{entry.id}  {item.status:<16} {says} {day}  {item.owner or 'no owner'}: {item.title}"
    return f"  {one_line(told)}"


def _due_line(one: "Due") -> str:
    from kpi.safe_text import one_line

    mark = "overdue " if one.overdue else ""
    return f"  {mark}{one.id} ({one_line(one.owner) or 'no owner'}): {one_line(one.says)}"


def entry_json(entry: "Recorded[Any]") -> dict[str, Any]:
    """A record as JSON: its fields, and when and by whom it was recorded last."""
    from kpi.cli.json_form import plain

    head = {
        "id": entry.id, "version": entry.version, "who": entry.who, "when": entry.when,
        "why": entry.why, "hash": entry.hash,
    }  # fmt: skip
    found: dict[str, Any] = plain(head | asdict(entry.item))
    return found


def due_json(one: "Due") -> dict[str, Any]:
    """Something that waits, as JSON."""
    from kpi.cli.json_form import plain

    found: dict[str, Any] = plain(asdict(one))
    return found


def _show(arguments: argparse.Namespace) -> int:
    from kpi.analysis.registering import found
    from kpi.errors import UsageError
    from kpi.qms.actions import ACTION
    from kpi.qms.kinds import kind_of_id
    from kpi.qms.nonconformities import NONCONFORMITY

    home = home_of(arguments)
    kind = kind_of_id(arguments.id)
    if kind not in (NONCONFORMITY, ACTION):
        raise UsageError(
            f"{arguments.id!r} is neither a nonconformity nor an action; their ids read NC-2026-001 "
            "and ACT-2026-001."
        )
    entry = found(home, kind, arguments.id)
    more = _verdict(home, entry) if kind is ACTION else _case(home, entry)
    show(arguments, lambda: entry_json(entry) | more, lambda: _told(kind, entry, more))
    return DONE


def _verdict(home: "Home", entry: "Recorded[Action]") -> dict[str, Any]:
    """What the data say of an action now."""
    from kpi.analysis.verdicts import verdict_of
    from kpi.cli.effect import result

    now = verdict_of(home, entry.item)
    return {
        "data_say": now.says,
        "data_verdict": now.verdict.value if now.verdict else None,
        "before_after": result(now.view) if now.view is not None else None,
    }


def _case(home: "Home", entry: "Recorded[Any]") -> dict[str, Any]:
    """What a nonconformity lacks, its actions, and whether today's figures are those it carries."""
    from kpi.analysis.nonconforming import lacking
    from kpi.analysis.witnessing import restated
    from kpi.qms.nonconformities import actions_of

    seen = entry.item.evidence
    return {
        "actions": [action.id for action in actions_of(home.store, entry.id)],
        "lacking": list(lacking(home, entry)) if entry.item.closed_on is None else [],
        "restated": restated(home, seen) if seen is not None else "",
    }


def _told(kind: Any, entry: "Recorded[Any]", more: dict[str, Any]) -> str:
    from kpi.qms.register import in_words, told_fields
    from kpi.safe_text import one_line

    lines = [f"{entry.id}, version {entry.version}, {one_line(entry.who)}, {entry.when:%Y-%m-%d}"]
    fields = [
        (about.label, in_words(getattr(entry.item, name)))
        for name, about in told_fields(kind.of).items()
    ]
    fields += [
        (name.replace("_", " ").capitalize(), in_words(tuple(v) if isinstance(v, list) else v))
        for name, v in more.items()
        if not isinstance(v, dict)
    ]
    return "\n".join(lines + [f"  {label}: {one_line(text)}" for label, text in fields if text])


# --- doing ------------------------------------------------------------------------------------


def _open(arguments: argparse.Namespace) -> int:
    from kpi.analysis import nonconforming
    from kpi.analysis.results import Filters

    filters = Filters(where=tuple(arguments.where), period=arguments.by)
    home, signed = home_about(arguments, filters), _signed()
    draft = nonconforming.draft_from_signal(
        home, arguments.kpi, filters, arguments.period, today=signed["when"].astimezone().date(),
        owner=arguments.owner or user(),
    )  # fmt: skip
    item = replace(draft, title=arguments.title or draft.title)
    return _recorded(arguments, nonconforming.record(home, item, **signed))


def _plan(arguments: argparse.Namespace) -> int:
    from kpi.analysis import acting

    home, signed = home_of(arguments), _signed()
    draft = acting.draft_action(home, arguments.id, today=signed["when"].astimezone().date())
    hoped = None if arguments.hoped is None else arguments.hoped * 100
    item = replace(
        draft, title=arguments.title, owner=arguments.owner, due=arguments.due, hoped=hoped,
        check_on=arguments.check_on or draft.check_on,
    )  # fmt: skip
    return _recorded(arguments, acting.record(home, item, **signed))


def _done(arguments: argparse.Namespace) -> int:
    from kpi.analysis import acting

    home, signed = home_of(arguments), _signed()
    found = acting.done(
        home, id=arguments.id, version=_seen(home, arguments.id), check_on=arguments.check_on,
        day=arguments.day or signed["when"].astimezone().date(), **signed,
    )  # fmt: skip
    return _recorded(arguments, found)


def _decide(arguments: argparse.Namespace) -> int:
    from kpi.analysis import acting
    from kpi.qms.actions import Decision

    home = home_of(arguments)
    found = acting.decide(
        home, id=arguments.id, version=_seen(home, arguments.id), reason=arguments.reason,
        decision=Decision(WORDS[arguments.decision]), check_on=arguments.check_on, **_signed(),
    )  # fmt: skip
    return _recorded(arguments, found)


def _seen(home: "Home", id: str) -> int:
    from kpi.analysis.registering import found
    from kpi.qms.actions import ACTION

    return found(home, ACTION, id).version


def _recorded(arguments: argparse.Namespace, entry: "Recorded[Any]") -> int:
    item = entry.item
    says = f"{entry.id} is recorded: {item.title} ({item.status})."
    if verdict := getattr(item, "verdict", ""):
        says += f" The data say: {verdict}"
    show(arguments, lambda: entry_json(entry), lambda: says)
    return DONE
