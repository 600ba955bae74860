"""``python -m kpi trail``: who changed what, when and why; the head of it, and whether it holds."""

import argparse
from typing import TYPE_CHECKING, Any

from kpi.cli.parts import DONE, as_day, declare, home_of, show, time_now

if TYPE_CHECKING:
    from kpi.analysis.trail import Trail, TrailLine


def add(commands: Any) -> None:
    """Make the command known."""
    one = declare(commands, "trail", _trail, "who changed what, when and why: the audit trail")
    one.add_argument("--since", type=as_day, metavar="DATE", help="the first day")
    one.add_argument("--until", type=as_day, metavar="DATE", help="the last day")
    one.add_argument("--who", action="append", default=[], help="changes of this person only")
    one.add_argument("--kind", action="append", default=[], help="upload, target, settings, …")
    one.add_argument("--plant", action="append", default=[], help="changes about this plant only")
    one.add_argument("--csv", action="store_true", help="print CSV, a row per changed value")
    one.add_argument("--head", action="store_true", help="print the head only")
    one.add_argument("--check", metavar="HEAD", help="whether a head printed earlier still holds")


def _trail(arguments: argparse.Namespace) -> int:
    from kpi.analysis.trail import TrailFilter, trail
    from kpi.analysis.trail_head import remember_head
    from kpi.analysis.trail_table import trail_frame, trail_json

    home = home_of(arguments)
    if arguments.check:
        return _check(arguments, home)
    wanted = TrailFilter(
        tuple(arguments.kind), tuple(arguments.who), tuple(arguments.plant), arguments.since,
        arguments.until,
    )  # fmt: skip
    found = trail(home, wanted)
    remember_head(home.store, found.head, time_now())
    if arguments.head:
        show(arguments, lambda: trail_json(found)["head"], lambda: found.head.short)
    elif arguments.csv:
        from kpi.safe_text import csv_text

        print(csv_text(trail_frame(found)), end="")
    else:
        show(arguments, lambda: trail_json(found), lambda: _text(found))
    return DONE


def _check(arguments: argparse.Namespace, home: Any) -> int:
    from kpi.analysis.trail_head import check_head

    home.store.verify_chain()
    says = check_head(home.store, arguments.check)
    show(arguments, lambda: {"head": arguments.check, "fine": True, "says": says}, lambda: says)
    return DONE


def _text(found: "Trail") -> str:
    from kpi.analysis.trail import hidden_words

    lines = [_entry(line) for line in found.lines] or ["Nothing was changed."]
    ends = [f"Head of the trail: {found.head.short} ({found.head.entries} entries)."]
    return "\n".join([*lines, *ends, *filter(None, [hidden_words(found)])])


def _entry(line: "TrailLine") -> str:
    from kpi.safe_text import one_line

    head = f"{line.when:%Y-%m-%d %H:%M}  {line.place:<12} {one_line(line.who)}: {line.what}"
    told = [f"    {c.field}: {c.old or '–'} → {c.new or '–'}" for c in line.changes]
    why = [f"    why: {one_line(line.why)}"] if line.why else []
    return "\n".join([one_line(head), *map(_indented, told), *why])


def _indented(text: str) -> str:
    from kpi.safe_text import one_line

    return f"    {one_line(text.strip())}"
