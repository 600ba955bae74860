"""Tokens of API clients: who may ask from outside, for which plants, until when.

A token is 256 random bits, shown once to whoever makes it; only its SHA-256 is kept. A plain hash
is enough, for nobody can try 2^256 of them. When a token was last used is no record: reading
leaves no trace in the books.
"""

import hashlib
import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Final

from kpi.access import NOBODY, Access
from kpi.errors import UsageError
from kpi.store import Record, Store

RECORD_KIND: Final = "token"

PREFIX: Final = "c9"
"""What every token begins with, so that one left in a file or a log can be found and known."""

SECRET_BYTES: Final = 32

LONGEST_DAYS: Final = 366
"""A token lives a year at most: one nobody renews is one nobody remembers."""

IN_FORCE, EXPIRED, REVOKED = "in force", "expired", "revoked"


@dataclass(frozen=True, slots=True)
class Token:
    """What is kept of a client's token.

    ``id`` is the part of the token that may be shown. ``expires`` is its last day (UTC). ``who``
    and ``when`` made it; ``why_revoked`` is empty while it is not revoked.
    """

    id: str
    name: str
    sha256: str
    access: Access
    expires: date
    who: str
    when: datetime
    revoked: bool = False
    why_revoked: str = ""

    def state(self, now: datetime) -> str:
        """``IN_FORCE``, ``EXPIRED`` or ``REVOKED`` at a moment (with its time zone)."""
        if self.revoked:
            return REVOKED
        return EXPIRED if now.astimezone(UTC).date() > self.expires else IN_FORCE


def put_token(
    store: Store, name: str, access: Access, expires: date, *, who: str, when: datetime
) -> tuple[Token, str]:
    """Record a new token; returns what is kept, and the token itself, which is kept nowhere.

    Raises
    ------
    UsageError
        It has no name, no role, or would expire in the past or later than ``LONGEST_DAYS`` ahead.
    """
    wanted = " ".join(name.split())
    if not wanted:
        raise UsageError("Say which client the token is for, such as: Power BI of the plant.")
    if access.highest is None:
        raise UsageError("A token needs a role in at least one plant: it would see nothing.")
    ahead = (expires - when.astimezone(UTC).date()).days
    if not 0 <= ahead <= LONGEST_DAYS:
        raise UsageError(
            f"A token is good for today up to {LONGEST_DAYS} days from now, not until "
            f"{expires.isoformat()}. Choose another last day."
        )
    id = secrets.token_hex(4)
    shown = f"{PREFIX}_{id}_{secrets.token_urlsafe(SECRET_BYTES)}"
    value = _value(wanted, hashed(shown), access, expires, revoked=False)
    store.records.put(RECORD_KIND, id, value, who=who, when=when, why=f"Token for {wanted}")
    return token(store, id), shown


def revoke_token(store: Store, id: str, *, who: str, when: datetime, why: str) -> Token:
    """Revoke a token from this moment on; its history stays.

    Raises
    ------
    UsageError
        No token has this id, it is revoked already, or no reason is given.
    """
    found = token(store, id)
    if found.revoked:
        raise UsageError(f"The token {id} of {found.name} is revoked already.")
    if not why.strip():
        raise UsageError("Say in a few words why the token is revoked: the history keeps it.")
    value = _value(found.name, found.sha256, found.access, found.expires, revoked=True)
    store.records.put(RECORD_KIND, id, value, who=who, when=when, why=why)
    return token(store, id)


def token(store: Store, id: str) -> Token:
    """One token by its id.

    Raises
    ------
    UsageError
        There is none; the sentence names no others, which may belong to foreign plants.
    """
    versions = store.records.history(RECORD_KIND, id)
    if not versions:
        raise no_such_token(id)
    return _token(versions)


def no_such_token(id: str) -> UsageError:
    """What is said of an id that no token has."""
    return UsageError(f"There is no token {id!r}. The list of tokens shows the ids there are.")


def tokens(store: Store) -> tuple[Token, ...]:
    """Every token ever made, in its latest version, the newest first."""
    found = [token(store, record.key) for record in store.records.current(RECORD_KIND)]
    return tuple(sorted(found, key=lambda t: (t.when, t.id), reverse=True))


def token_presented(store: Store, presented: str) -> Token | None:
    """The token somebody shows, whatever its state; ``None`` where its secret is not known."""
    prefix, _, rest = presented.partition("_")
    id, _, secret = rest.partition("_")
    versions = store.records.history(RECORD_KIND, id) if prefix == PREFIX and secret else []
    if not versions:
        return None
    found = _token(versions)
    return found if hmac.compare_digest(found.sha256, hashed(presented)) else None


def access_of_token(store: Store, presented: str, now: datetime) -> Access:
    """What the client with this token may do now; ``NOBODY`` unless the token is in force."""
    found = token_presented(store, presented)
    return found.access if found is not None and found.state(now) == IN_FORCE else NOBODY


def hashed(presented: str) -> str:
    """What is kept of a token."""
    return hashlib.sha256(presented.encode("utf-8", "surrogatepass")).hexdigest()


def _value(
    name: str, sha256: str, access: Access, expires: date, *, revoked: bool
) -> dict[str, Any]:
    return {
        "name": name,
        "sha256": sha256,
        "roles": {plant: role.value for plant, role in access.roles},
        "expires": expires.isoformat(),
        "revoked": revoked,
    }


def _token(versions: Sequence[Record]) -> Token:
    """The latest version, made by whoever made the first."""
    made, latest = versions[0], versions[-1]
    revoked = bool(latest.value["revoked"])
    return Token(
        id=latest.key,
        name=latest.value["name"],
        sha256=latest.value["sha256"],
        access=Access.of(latest.value["roles"]),
        expires=date.fromisoformat(latest.value["expires"]),
        who=made.who,
        when=made.when,
        revoked=revoked,
        why_revoked=latest.why if revoked else "",
    )
