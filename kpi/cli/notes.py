"""``python -m kpi phase | exclude | event``: what people note on charts, as on the pages."""

import argparse
from typing import TYPE_CHECKING, Any

from kpi.cli.effect import share
from kpi.cli.parts import DONE, as_day, as_dimension_pair, declare, home_of, show, time_now, user

if TYPE_CHECKING:
    from kpi.analysis.home import Home
    from kpi.analysis.results import Filters
    from kpi.qms import ChartNotes, Note

PERIODS = ("month", "week", "day", "quarter", "year", "fiscal")


def add(commands: Any) -> None:
    """Make the commands known."""
    phase = _group(commands, "phase", "accepted step changes: limits start anew there")
    one = declare(phase, "accept", _accept, "accept a step change as a new phase")
    _chart_of(one)
    one.add_argument("--start", required=True, metavar="PERIOD", help="its first period: 2026-03")
    one.add_argument("--cause", required=True, metavar="TEXT", help="what changed")
    one.add_argument("--action", default="", help="the action or record it belongs to")
    one.add_argument("--freeze", type=int, metavar="N", help="its first N points make the limits")
    suggest = declare(phase, "suggest", _suggest, "where the level seems to have moved")
    _chart_of(suggest)
    _others(phase)

    exclude = _group(commands, "exclude", "points that are shown and count for nothing")
    one = declare(exclude, "add", _exclude, "exclude a point from limits and runs")
    _chart_of(one)
    one.add_argument("--point", required=True, metavar="PERIOD", help="the point: 2026-03")
    one.add_argument("--reason", required=True, metavar="TEXT")
    _others(exclude)

    event = _group(commands, "event", "what happened on a day, marked on charts")
    one = declare(event, "add", _event, "note what happened on a day")
    _where(one)
    one.add_argument("--day", required=True, metavar="DATE")
    one.add_argument("--text", required=True, metavar="TEXT", help="what happened")
    one.add_argument("--kpi", default="", help="only on charts of this KPI")
    one.add_argument("--action", default="", help="the action or record it belongs to")
    one.add_argument("--washout", type=int, default=0, metavar="DAYS", help="until it has settled")
    one.add_argument("--hoped", type=share, metavar="CHANGE", help="-25%% for a quarter less")
    _others(event)


def _group(commands: Any, name: str, says: str) -> Any:
    parser = commands.add_parser(name, help=says, description=says)
    return parser.add_subparsers(
        title="what to do", metavar="WHAT", required=True, parser_class=type(parser), dest="what"
    )


def _others(group: Any) -> None:
    kind = {"phase": "phases", "exclude": "exclusions", "event": "events"}
    listed = declare(group, "list", _list, "what stands, on every chart")
    back = declare(group, "take-back", _take_back, "take one back; the history keeps it")
    back.add_argument("id", metavar="ID", help="as the list shows it")
    back.add_argument("--why", required=True, metavar="TEXT")
    for parser in (listed, back):
        name = parser.prog.split()[-2]
        parser.set_defaults(kind=kind[name])


def _chart_of(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("kpi", metavar="KPI")
    parser.add_argument("--period", default="month", choices=PERIODS)
    _where(parser)


def _where(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--where", action="append", type=as_dimension_pair, default=[], metavar="DIM=VALUE"
    )
    parser.add_argument("--who", default="", help="in whose name (default: yours)")


def _filters(arguments: argparse.Namespace) -> "Filters":
    from kpi.analysis.results import Filters

    return Filters(where=tuple(arguments.where), period=arguments.period)


def _told(arguments: argparse.Namespace, says: str) -> int:
    show(arguments, lambda: {"says": says}, lambda: says)
    return DONE


def _named(arguments: argparse.Namespace) -> dict[str, Any]:
    return {"who": arguments.who or user(), "when": time_now()}


def _accept(arguments: argparse.Namespace) -> int:
    from kpi.analysis.annotating import accept_step

    says = accept_step(
        home_of(arguments), arguments.kpi, _filters(arguments), arguments.start,
        cause=arguments.cause, action=arguments.action, freeze=arguments.freeze,
        **_named(arguments),
    )  # fmt: skip
    return _told(arguments, says)


def _suggest(arguments: argparse.Namespace) -> int:
    from kpi.analysis.series import series_view
    from kpi.cli.json_form import plain

    found = series_view(home_of(arguments), arguments.kpi, _filters(arguments))[0].suggestion
    told = None if found is None else {name: getattr(found, name) for name in found.__slots__}
    nothing = "No step is suggested: no signal is in force, or none that a step explains clearly."
    show(
        arguments,
        lambda: {"suggestion": plain(told), "says": found.says if found else nothing},
        lambda: found.says if found else nothing,
    )
    return DONE


def _exclude(arguments: argparse.Namespace) -> int:
    from kpi.analysis.annotating import exclude_point

    says = exclude_point(
        home_of(arguments), arguments.kpi, _filters(arguments), arguments.point,
        reason=arguments.reason, **_named(arguments),
    )  # fmt: skip
    return _told(arguments, says)


def _event(arguments: argparse.Namespace) -> int:
    from kpi.analysis.annotating import record_event

    try:
        day = as_day(arguments.day)
    except argparse.ArgumentTypeError as wrong:
        from kpi.errors import UsageError

        raise UsageError(f"--day: {wrong}.") from None
    says = record_event(
        home_of(arguments), tuple(arguments.where), day, arguments.text, kpi_id=arguments.kpi,
        action=arguments.action, washout=arguments.washout,
        hoped=arguments.hoped, **_named(arguments),
    )  # fmt: skip
    return _told(arguments, says)


def _list(arguments: argparse.Namespace) -> int:
    from kpi.analysis.annotating import note_words
    from kpi.cli.json_form import plain

    home = home_of(arguments)
    found = _of_kind(arguments, home)
    fields = [
        {name: getattr(n, name) for name in n.__slots__} | {"says": note_words(home, n)}
        for n in found
    ]
    lines = [f"{n.id}\n    {note_words(home, n)} ({n.who})" for n in found]
    show(arguments, lambda: plain(fields), lambda: "\n".join(lines) or "Nothing is noted.")
    return DONE


def _of_kind(arguments: argparse.Namespace, home: "Home") -> "list[Note]":
    from kpi.analysis.marked import standing_notes

    standing: ChartNotes = standing_notes(home)
    return list(getattr(standing, arguments.kind))


def _take_back(arguments: argparse.Namespace) -> int:
    from kpi.analysis.annotating import take_note_back
    from kpi.errors import UnknownNameError

    home = home_of(arguments)
    found = _of_kind(arguments, home)
    note = next((n for n in found if n.id == arguments.id), None)
    if note is None:
        raise UnknownNameError(
            arguments.kind.removesuffix("s"), arguments.id, known=[n.id for n in found]
        )
    says = take_note_back(home, note, why=arguments.why, who=user(), when=time_now())
    return _told(arguments, says)
