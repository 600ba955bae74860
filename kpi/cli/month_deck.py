"""``python -m kpi review --month … --out …``: the deck of a month, without a review on record."""

import argparse
from pathlib import Path
from typing import Any

from kpi.cli import review
from kpi.cli.parts import DONE, declare, home_of, show, time_now, user
from kpi.errors import UsageError


def add(commands: Any) -> None:
    """Declare the command, and what else there is to do with reviews."""
    says = "management reviews: drafted, held, approved; or, with --month and --out, a month's deck"
    command = declare(commands, "review", _deck, says)
    command.add_argument("--month", metavar="YYYY-MM")
    command.add_argument("--out", type=Path, metavar="FILE.pptx")
    command.add_argument("--plant", action="append", default=[], help="only this plant")
    command.add_argument("--template", type=Path, help="the company's own .pptx")
    review.add(command)


def _deck(arguments: argparse.Namespace) -> int:
    from kpi.analysis.agenda import asked_of, build_agenda
    from kpi.qms.agenda import LATEST
    from kpi.reports.deck import save_deck
    from kpi.reports.documents import company_template

    if not (arguments.month and arguments.out):
        raise UsageError(
            "A deck needs --month and --out. `python -m kpi review --help` lists what else there is."
        )
    home = home_of(arguments)
    where = tuple(("plant", plant) for plant in arguments.plant)
    asked = asked_of(home, where, arguments.month, arguments.month)
    agenda = build_agenda(home, asked, edition=LATEST, who=user(), when=time_now())
    slides = save_deck(agenda, arguments.out, template=arguments.template or company_template(home))
    month = agenda.review
    says = f"{month.title}: {slides} slides in {arguments.out}."
    told = {
        "file": str(arguments.out), "month": month.month, "slides": slides,
        "kpis": [k.series.kpi.id for k in month.kpis], "position": month.position, "says": says,
    }  # fmt: skip
    show(arguments, lambda: told, lambda: says)
    return DONE
