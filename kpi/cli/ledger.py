"""``python -m kpi status``, ``kpis``, ``ledger`` and ``withdraw``: what is in force, and why."""

import argparse
from typing import Any

from kpi.cli.parts import DONE, declare, home_of, show, time_now, user


def add(commands: Any) -> None:
    """Declare the commands."""
    declare(commands, "status", _status, "what is in force, how fresh, what is missing")
    declare(commands, "kpis", _kpis, "the catalogue of KPIs")
    declare(commands, "ledger", _ledger, "uploads and withdrawals, newest first")
    command = declare(commands, "withdraw", _withdraw, "take an upload back")
    command.add_argument("upload", metavar="UPLOAD")
    command.add_argument("--why", default="", help="the reason, kept in the ledger")


def _status(arguments: argparse.Namespace) -> int:
    from kpi.analysis.freshness import status
    from kpi.cli import json_form, text_form

    found = status(home_of(arguments))
    show(arguments, lambda: json_form.status(found), lambda: text_form.status(found))
    return DONE


def _kpis(arguments: argparse.Namespace) -> int:
    from kpi.analysis.definitions import catalogue
    from kpi.cli import json_form, text_form

    kpis = catalogue(home_of(arguments))
    show(arguments, lambda: [json_form.kpi(k) for k in kpis], lambda: text_form.kpis(kpis))
    return DONE


def _ledger(arguments: argparse.Namespace) -> int:
    from kpi.analysis.coverage import ledger_lines
    from kpi.cli import json_form, text_form

    lines = ledger_lines(home_of(arguments))
    show(
        arguments,
        lambda: [json_form.ledger_line(x) for x in lines],
        lambda: text_form.ledger(lines),
    )
    return DONE


def _withdraw(arguments: argparse.Namespace) -> int:
    from kpi.analysis.ingesting import withdraw

    home = home_of(arguments)
    says = withdraw(home, arguments.upload, who=user(), when=time_now(), why=arguments.why)
    told = {
        "upload": arguments.upload, "state": "withdrawn", "position": home.position, "says": says,
    }  # fmt: skip
    show(arguments, lambda: told, lambda: says)
    return DONE
