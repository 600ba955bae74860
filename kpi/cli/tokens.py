"""``python -m kpi tokens``: the clients of the HTTP API, made, listed and revoked."""

import argparse
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from kpi.access import EVERY_PLANT, Role
from kpi.cli.parts import DONE, as_day, declare, home_of, show, time_now, user

if TYPE_CHECKING:
    from kpi.qms.tokens import Token

USUAL_DAYS: Final = 365
"""How long a token lives where no last day is given."""


def add(commands: Any) -> None:
    """Make the commands known."""
    says = "clients of the HTTP API: a token each"
    group = commands.add_parser("tokens", help=says, description=says)
    what = group.add_subparsers(
        title="what to do", metavar="WHAT", required=True, parser_class=type(group)
    )
    one = declare(what, "add", _add, "make a token; it is shown once")
    one.add_argument("name", metavar="CLIENT", help='which client it is for: "Power BI"')
    one.add_argument("--role", default=Role.VIEWER.value, choices=[r.value for r in Role])
    where = one.add_mutually_exclusive_group(required=True)
    where.add_argument("--plant", action="append", metavar="PLANT", help="may be repeated")
    where.add_argument("--every-plant", action="store_true", help="those that come later included")
    one.add_argument(
        "--expires", type=as_day, metavar="DATE", help=f"its last day (default: {USUAL_DAYS} days)"
    )
    declare(what, "list", _list, "every token, with its state; none is shown again")
    back = declare(what, "revoke", _revoke, "refuse a token from now on")
    back.add_argument("id", metavar="ID", help="as the list shows it")
    back.add_argument("--why", required=True, metavar="TEXT")


def _add(arguments: argparse.Namespace) -> int:
    from kpi.analysis.clients import add_client

    now = time_now()
    made, shown = add_client(
        home_of(arguments),
        arguments.name,
        role=Role(arguments.role),
        plants=[EVERY_PLANT] if arguments.every_plant else arguments.plant,
        expires=arguments.expires or now.date() + timedelta(days=USUAL_DAYS),
        who=user(),
        when=now,
    )
    show(
        arguments,
        lambda: {**as_json(made, now), "token": shown},
        lambda: (
            f"{shown}\n\nThis is the token of {made.name}, good until "
            f"{made.expires.isoformat()}. It is shown this once: keep it where the client keeps its "
            "secrets."
        ),
    )
    return DONE


def _list(arguments: argparse.Namespace) -> int:
    from kpi.analysis.clients import clients

    now = time_now()
    found = clients(home_of(arguments))
    show(arguments, lambda: [as_json(t, now) for t in found], lambda: _text(found, now))
    return DONE


def _revoke(arguments: argparse.Namespace) -> int:
    from kpi.analysis.clients import revoke_client

    now = time_now()
    gone = revoke_client(home_of(arguments), arguments.id, who=user(), when=now, why=arguments.why)
    show(
        arguments,
        lambda: as_json(gone, now),
        lambda: f"The token {gone.id} of {gone.name} is refused from now on.",
    )
    return DONE


def as_json(found: "Token", now: datetime) -> dict[str, Any]:
    """One token as plain data; neither it nor its hash is part of that."""
    return {
        "id": found.id,
        "name": found.name,
        "roles": {plant: role.value for plant, role in found.access.roles},
        "expires": found.expires.isoformat(),
        "state": found.state(now),
        "who": found.who,
        "when": found.when.isoformat(),
        "why_revoked": found.why_revoked,
    }


def _text(found: "tuple[Token, ...]", now: datetime) -> str:
    from kpi.safe_text import one_line

    if not found:
        return 'No client yet: `tokens add "Power BI" --every-plant` makes a token.'
    lines = []
    for t in found:
        roles = ", ".join(
            f"{role.value} in {'every plant' if plant == EVERY_PLANT else one_line(plant)}"
            for plant, role in t.access.roles
        )
        why = f": {one_line(t.why_revoked)}" if t.revoked else f", until {t.expires.isoformat()}"
        lines.append(f"{t.id}  {one_line(t.name)}: {roles}; {t.state(now)}{why}")
    return "\n".join(lines)
