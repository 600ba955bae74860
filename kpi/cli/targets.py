"""``python -m kpi targets``: those in force, and a new one."""

import argparse
import sys
from typing import Any

from kpi.cli.parts import DONE, as_day, as_dimension_pair, declare, home_of, show, time_now, user
from kpi.errors import UsageError


def add(commands: Any) -> None:
    """Declare the command."""
    command = declare(commands, "targets", _targets, "targets in force; set one with --set")
    command.add_argument("--set", dest="kpi", metavar="KPI")
    command.add_argument("--value", type=float)
    command.add_argument("--valid-from", type=as_day, metavar="DATE")
    command.add_argument("--due", type=as_day, metavar="DATE", help="when it shall be reached")
    command.add_argument(
        "--where", action="append", type=as_dimension_pair, default=[], metavar="DIM=VALUE"
    )
    command.add_argument("--why", default="")


def _targets(arguments: argparse.Namespace) -> int:
    from kpi.analysis.aims import set_target, targets
    from kpi.analysis.targets_compared import told_of_target
    from kpi.cli import json_form, text_form
    from kpi.qms import Target

    given = (arguments.kpi, arguments.value, arguments.valid_from)
    if any(g is not None for g in (*given, arguments.due)) and None in given:
        raise UsageError(
            "A target takes --set KPI, --value NUMBER and --valid-from DATE; --due DATE where it "
            "shall be reached by a day."
        )
    home = home_of(arguments)
    if arguments.kpi:
        target = Target(
            arguments.kpi, tuple(sorted(arguments.where)), arguments.value, arguments.valid_from,
            user(), arguments.why, arguments.due,
        )  # fmt: skip
        set_target(home, target, when=time_now())
        for differs in told_of_target(home, target):
            print(differs, file=sys.stderr)
    found = targets(home)
    show(arguments, lambda: [json_form.target(t) for t in found], lambda: text_form.targets(found))
    return DONE
