"""``python -m kpi objectives``: quality objectives and how each stands, as on the page."""

import argparse
import json
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from kpi.cli.forecast import number_of
from kpi.cli.parts import (
    DONE,
    as_day,
    as_dimension_pair,
    as_pair,
    declare,
    home_of,
    show,
    time_now,
    user,
)

if TYPE_CHECKING:
    from kpi.analysis.objective_results import ObjectiveView
    from kpi.qms.objectives import Objective, Step

WINDOWS: Final = {"month": "MONTH", "3-months": "ROLLING_3", "12-months": "ROLLING_12",
                  "year-to-date": "YEAR_TO_DATE"}  # fmt: skip
"""Windows as one types them, and the members they mean."""

LARGEST_FILE: Final = 1_000_000
"""Bytes of a file with an objective."""


def add(commands: Any) -> None:
    """Make the commands known; without a word after them everything is listed."""
    parser = declare(commands, "objectives", _list, "quality objectives and how each stands")
    parser.add_argument("--plant", action="append", default=[], help="only this plant")
    what = parser.add_subparsers(title="what to do", metavar="WHAT", parser_class=type(parser))
    one = declare(what, "show", _show, "one objective with steps, forecast and what is missing")
    one.add_argument("id", metavar="ID")
    _adding(declare(what, "add", _add, "record an objective, from a JSON file or options"))
    one = declare(what, "close", _close, "close an objective, or withdraw it")
    one.add_argument("id", metavar="ID")
    one.add_argument("--conclusion", required=True, metavar="TEXT", help="what came of it")
    one.add_argument("--withdraw", action="store_true", help="it is given up, not closed")


def _adding(one: argparse.ArgumentParser) -> None:
    one.add_argument("--file", type=Path, metavar="FILE.json", help="all fields; no other options")
    one.add_argument("--title", metavar="TEXT")
    one.add_argument("--kpi", metavar="KPI")
    one.add_argument(
        "--where", action="append", type=as_dimension_pair, default=[], metavar="DIM=VALUE"
    )
    one.add_argument("--window", default="month", choices=list(WINDOWS))
    target = one.add_mutually_exclusive_group()
    target.add_argument("--target", type=number_of, metavar="LEVEL", help="in the KPI's unit")
    target.add_argument("--less", type=number_of, metavar="PER_CENT", help="than the baseline")
    target.add_argument("--more", type=number_of, metavar="PER_CENT", help="than the baseline")
    one.add_argument("--start", type=as_day, metavar="DATE")
    one.add_argument("--due", type=as_day, metavar="DATE")
    one.add_argument("--baseline", type=number_of, metavar="LEVEL")
    one.add_argument("--baseline-from", type=as_day, metavar="DATE", help="computed, from here")
    one.add_argument("--baseline-to", type=as_day, metavar="DATE", help="to here")
    one.add_argument("--step", action="append", type=_step, default=[], metavar="DATE=LEVEL")
    one.add_argument("--owner", default="", metavar="NAME")
    one.add_argument("--resources", default="", metavar="TEXT")
    one.add_argument("--policy", default="", metavar="TEXT", help="the theme it serves")
    one.add_argument("--parent", default="", metavar="ID", help="the objective it serves")


def _step(text: str) -> "Step":
    """``2026-04-01=2.4``."""
    from kpi.qms.objectives import Step

    day, level = as_pair(text)
    return Step(as_day(day), float(number_of(level)))


# --- looking ----------------------------------------------------------------------------------


def _list(arguments: argparse.Namespace) -> int:
    from kpi.analysis.objectives import objectives

    home = home_of(arguments)
    where = tuple(("plant", plant) for plant in arguments.plant)
    found = objectives(home, today=time_now().date(), where=where)
    nothing = "No objective is recorded yet."
    show(
        arguments,
        lambda: [as_json(view) for view in found],
        lambda: "\n".join(_line(view) for view in found) or nothing,
    )
    return DONE


def _show(arguments: argparse.Namespace) -> int:
    from kpi.analysis.objectives import objective

    found = objective(home_of(arguments), arguments.id, today=time_now().date())
    show(arguments, lambda: as_json(found), lambda: _text(found))
    return DONE


def as_json(view: "ObjectiveView") -> dict[str, Any]:
    """An objective as plain data: what was agreed, and how it stands."""
    from kpi.cli.json_form import plain

    item = view.entry.item
    return {
        "id": view.id,
        "title": view.title,
        "kpi": item.kpi,
        "slice": [list(pair) for pair in item.slice],
        "window": str(item.window),
        "unit": view.kpi.unit if view.kpi else None,
        "target": view.level,
        "target_words": view.target_words,
        "start": plain(item.start),
        "due": plain(item.due),
        "baseline": item.baseline,
        "owner": item.owner,
        "parent": view.parent or None,
        "depth": view.depth,
        "status": view.word,
        "standing": str(view.standing),
        "reason": view.reason,
        "expected": view.expected or None,
        "probability": view.probability,
        "now": plain(view.now.value) if view.now else None,
        "now_month": view.now.month if view.now else None,
        "now_words": view.now_words,
        "steps": [
            {"day": plain(s.day), "level": s.level, "reached": s.reached, "says": s.says}
            for s in view.steps
        ],
        "milestones": [
            {"what": m.what, "due": plain(m.due), "done": plain(m.done)} for m in item.milestones
        ],
        "missing": list(view.lacks),
        "version": view.entry.version,
        "who": view.entry.who,
        "when": plain(view.entry.when),
    }


def _line(view: "ObjectiveView") -> str:
    indent = "  " * view.depth
    until = f" by {view.due_words}" if view.due_words else ""
    return (
        f"{indent}{view.id}  {view.word}: {view.title} ({view.slice_words})\n"
        f"{indent}    target {view.target_words}{until}; now {view.now_words}\n"
        f"{indent}    {view.reason}"
    )


def _text(view: "ObjectiveView") -> str:
    parts = [
        _line(view), view.expected, *(f"* step {s.says}" for s in view.steps),
        *(f"* missing: {lack}" for lack in view.lacks),
    ]  # fmt: skip
    return "\n".join(part for part in parts if part)


# --- recording --------------------------------------------------------------------------------


def _add(arguments: argparse.Namespace) -> int:
    from kpi.analysis.registering import record
    from kpi.qms.objectives import OBJECTIVE

    home = home_of(arguments)
    item = _from_file(arguments.file) if arguments.file else _from_options(arguments, home)
    entry = record(home, OBJECTIVE, item, who=user(), when=time_now(), why="")
    return _recorded(arguments, home, entry.id)


def _recorded(arguments: argparse.Namespace, home: Any, id: str) -> int:
    from kpi.analysis.objectives import objective

    view = objective(home, id, today=time_now().date())
    show(arguments, lambda: as_json(view), lambda: _text(view))
    return DONE


def _from_file(path: Path) -> "Objective":
    """The objective that a JSON file holds; its fields are those of ``objectives show --json``."""
    from kpi.errors import UsageError
    from kpi.qms.objectives import OBJECTIVE
    from kpi.qms.register import item_from

    try:
        if path.stat().st_size > LARGEST_FILE:
            raise UsageError(f"{path.name} is too large for one objective.")
        told = json.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeError, ValueError) as problem:
        raise UsageError(f"{path.name} cannot be read as JSON: {problem}") from None
    return item_from(OBJECTIVE, told)


def _from_options(arguments: argparse.Namespace, home: Any) -> "Objective":
    from kpi.errors import UsageError
    from kpi.qms.objectives import Aim, Objective, Window

    aims = {Aim.LEVEL: arguments.target, Aim.LESS: arguments.less, Aim.MORE: arguments.more}
    given = {aim: float(amount) for aim, amount in aims.items() if amount is not None}
    if not (arguments.title and arguments.kpi and given and arguments.start and arguments.due):
        raise UsageError(
            "An objective takes --title, --kpi, --target (or --less, --more), --start and --due; or "
            "--file with all of it."
        )
    ((aim, amount),) = given.items()
    window = Window[WINDOWS[arguments.window]]
    first, last = arguments.baseline_from, arguments.baseline_to
    return Objective(
        title=arguments.title, kpi=arguments.kpi, slice=tuple(sorted(arguments.where)),
        window=window, aim=aim, amount=amount, start=arguments.start, due=arguments.due,
        baseline=_baseline(arguments, home, window, first, last),
        baseline_first=first, baseline_last=last,
        steps=tuple(sorted(arguments.step, key=lambda step: step.day)), owner=arguments.owner,
        resources=arguments.resources, policy=arguments.policy,
        links=(arguments.parent,) if arguments.parent else (),
    )  # fmt: skip


def _baseline(
    arguments: argparse.Namespace, home: Any, window: Any, first: date | None, last: date | None
) -> float | None:
    """The baseline as it was given, else computed from the days."""
    from kpi.analysis.objectives import baseline_of
    from kpi.errors import UsageError

    if arguments.baseline is not None:
        return float(arguments.baseline)
    if first is None or last is None:
        return None
    found = baseline_of(home, arguments.kpi, tuple(arguments.where), window, first, last)
    if found.value is None:
        raise UsageError(f"{found.says} Give --baseline, or other days.")
    return found.value


def _close(arguments: argparse.Namespace) -> int:
    from dataclasses import replace

    from kpi.analysis.registering import found, record
    from kpi.qms.objectives import OBJECTIVE, Life

    home = home_of(arguments)
    entry = found(home, OBJECTIVE, arguments.id)
    status = Life.WITHDRAWN if arguments.withdraw else Life.CLOSED
    record(
        home, OBJECTIVE, replace(entry.item, status=status, conclusion=arguments.conclusion),
        id=entry.id, version=entry.version, who=user(), when=time_now(), why=arguments.conclusion,
    )  # fmt: skip
    return _recorded(arguments, home, entry.id)
