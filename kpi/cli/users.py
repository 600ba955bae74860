"""``python -m kpi users``: who may sign in, as what and where.

This is also how a new server gets its first administrator: whoever works on the machine may let
people in.
"""

import argparse
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from kpi.access import Role
from kpi.cli.parts import DONE, declare, home_of, show, time_now, user
from kpi.errors import UsageError

if TYPE_CHECKING:
    from kpi.qms.people import Person

ROLE_WORDS: Final = {role.value.replace(" ", "-"): role for role in Role}
"""Roles as one types them."""


def add(commands: Any) -> None:
    """Make the commands known."""
    says = "who may sign in, as what and in which plants"
    group = commands.add_parser("users", help=says, description=says)
    what = group.add_subparsers(
        title="what to do", metavar="WHAT", required=True, parser_class=type(group)
    )
    declare(what, "list", _list, "everybody with a role, active or not")
    declare(what, "history", _history, "every change, newest first")
    one = declare(what, "add", _add, "let somebody in who signs in with this address")
    _person(one)
    one.add_argument("--name", default="", help="until the identity provider says it")
    _roles(one)
    one.add_argument("--why", default="Let in", metavar="TEXT")
    one = declare(what, "role", _role, "replace all roles of a person")
    _person(one)
    _roles(one)
    _why(one)
    for name, run, told in (
        ("deactivate", "deactivate", "let a person in no longer, from their next click"),
        ("activate", "activate", "let a person in again, with the roles they had"),
        ("signout", "sign_out_everywhere", "end every sign-in of a person made up to now"),
        ("anew", "sign_in_anew", "bind a person anew at their next sign-in"),
    ):
        one = declare(what, name, _change, told)
        one.set_defaults(change=run)
        _person(one)
        _why(one)


def _person(command: argparse.ArgumentParser) -> None:
    command.add_argument("--email", required=True, metavar="ADDRESS")


def _why(command: argparse.ArgumentParser) -> None:
    command.add_argument("--why", required=True, metavar="TEXT", help="kept in the history")


def _roles(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--role", action="append", required=True, choices=list(ROLE_WORDS),
        help="followed by --plant; both may be repeated, in pairs",
    )  # fmt: skip
    command.add_argument(
        "--plant", action="append", metavar="PLANT",
        help="where the role holds: a plant, or '*' for every plant, those to come included",
    )  # fmt: skip


def _roles_of(arguments: argparse.Namespace) -> dict[str, Role]:
    plants = arguments.plant or []
    if len(plants) != len(arguments.role):
        raise UsageError(
            "Give each --role its --plant: --role viewer --plant Brno. '*' stands for every plant."
        )
    if len(set(plants)) != len(plants):
        raise UsageError("A person has one role in a plant: name each plant once.")
    return {p: ROLE_WORDS[r] for p, r in zip(plants, arguments.role, strict=True)}


def _add(arguments: argparse.Namespace) -> int:
    from kpi.analysis.members import invite

    person = invite(
        home_of(arguments), arguments.email, _roles_of(arguments), name=arguments.name,
        who=user(), when=time_now(), why=arguments.why,
    )  # fmt: skip
    return _tell(arguments, person)


def _role(arguments: argparse.Namespace) -> int:
    from kpi.analysis.members import give_roles

    person = give_roles(
        home_of(arguments), arguments.email, _roles_of(arguments),
        who=user(), when=time_now(), why=arguments.why,
    )  # fmt: skip
    return _tell(arguments, person)


def _change(arguments: argparse.Namespace) -> int:
    from kpi.analysis import members

    change: Callable[..., Person] = getattr(members, arguments.change)
    person = change(
        home_of(arguments), arguments.email, who=user(), when=time_now(), why=arguments.why
    )
    return _tell(arguments, person)


def _list(arguments: argparse.Namespace) -> int:
    from kpi.analysis.members import members

    found = members(home_of(arguments))
    none = (
        "Nobody yet: `users add --email you@example.com --role administrator --plant '*'` lets the "
        "first administrator in."
    )
    show(
        arguments,
        lambda: [as_json(person) for person in found],
        lambda: "\n".join(_text(person) for person in found) or none,
    )
    return DONE


def _history(arguments: argparse.Namespace) -> int:
    from kpi.analysis.members import history
    from kpi.safe_text import one_line

    found = history(home_of(arguments))
    show(
        arguments,
        lambda: [
            {"when": line.when.isoformat(), "who": line.who, "person": line.person,
             "says": line.says, "why": line.why}
            for line in found
        ],
        lambda: "\n".join(
            f"{line.when:%Y-%m-%d %H:%M}  {one_line(line.person)}: {one_line(line.says)} "
            f"({one_line(line.who)}: {one_line(line.why)})"
            for line in found
        ) or "Nothing yet.",
    )  # fmt: skip
    return DONE


def _tell(arguments: argparse.Namespace, person: "Person") -> int:
    show(arguments, lambda: as_json(person), lambda: _text(person))
    return DONE


def as_json(person: "Person") -> dict[str, Any]:
    """A person as plain data."""
    return {
        "email": person.email,
        "name": person.name,
        "roles": {plant: role.value for plant, role in person.access.roles},
        "active": person.active,
        "signed_in_before": bool(person.subject),
        "revoked_after": person.revoked_after.isoformat() if person.revoked_after else None,
    }


def _text(person: "Person") -> str:
    from kpi.analysis.members import roles_words
    from kpi.safe_text import one_line

    state = "" if person.active else "deactivated; "
    came = "" if person.subject else "; has not signed in yet"
    return one_line(f"{person.label}: {state}{roles_words(person.access)}{came}")
