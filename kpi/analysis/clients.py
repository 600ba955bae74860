"""Clients of the HTTP API, as administrators manage them: a token each, for some plants, for a time."""

from collections.abc import Sequence
from datetime import date, datetime

from kpi.access import EVERY_PLANT, LOCAL, Access, Permission, Role
from kpi.analysis.home import Home
from kpi.errors import UnknownNameError, UsageError
from kpi.qms.tokens import IN_FORCE, Token, no_such_token, put_token, revoke_token, tokens
from kpi.store import Store


def clients(home: Home) -> tuple[Token, ...]:
    """Every token, the newest first; only those all of whose plants one administers.

    Raises
    ------
    AccessDeniedError
        One administers no plant at all.
    """
    home.access.require(Permission.ADMINISTER)
    return tuple(t for t in tokens(_books(home)) if _administers(home, t))


def add_client(
    home: Home,
    name: str,
    *,
    role: Role,
    plants: Sequence[str],
    expires: date,
    who: str,
    when: datetime,
) -> tuple[Token, str]:
    """Make a token; returns what is kept, and the token itself, which is never shown again.

    ``plants`` are names, or ``EVERY_PLANT`` alone.

    Raises
    ------
    AccessDeniedError
        It would carry more than its maker holds.
    UnknownNameError
        No facts in force name such a plant.
    UsageError
        No plant is named, another client has this name, or the expiry is out of bounds.
    """
    if not plants:
        raise UsageError("Name the plants the token is for, or every plant.")
    home.access.require(Permission.ADMINISTER, plants)
    if EVERY_PLANT in plants and len(plants) > 1:
        raise UsageError("A token is for every plant, or for those it names: not both.")
    _check_plants(home, plants)
    wanted = " ".join(name.split())
    if any(t.name == wanted and t.state(when) == IN_FORCE for t in tokens(_books(home))):
        raise UsageError(
            f"There is a client {wanted!r} already. Choose another name, or revoke its token first."
        )
    access = Access.of(dict.fromkeys(plants, role))
    return put_token(_books(home), name, access, expires, who=who, when=when)


def revoke_client(home: Home, id: str, *, who: str, when: datetime, why: str) -> Token:
    """Revoke a token; the client's next request is refused.

    Raises
    ------
    AccessDeniedError
        One administers no plant at all.
    UsageError
        There is no such token, it is revoked already, or no reason is given.
    """
    mine = {t.id for t in clients(home)}
    if id not in mine:
        raise no_such_token(id)  # one of foreign plants is as unknown as one that never was
    return revoke_token(_books(home), id, who=who, when=when, why=why)


def _books(home: Home) -> Store:
    """The whole home's records: those of tokens are told to nobody but by the functions here."""
    return home.seen_by(LOCAL).store


def _administers(home: Home, found: Token) -> bool:
    return home.access.may(Permission.ADMINISTER, [plant for plant, _ in found.access.roles])


def _check_plants(home: Home, plants: Sequence[str]) -> None:
    known = home.store.plants()
    for plant in plants:
        if plant != EVERY_PLANT and plant not in known:
            raise UnknownNameError("plant", plant, known=known)
