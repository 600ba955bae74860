"""Who may ask the HTTP API: a client with a token; alone on a laptop, whoever works on it.

A session cookie opens nothing here, so no page elsewhere can make a signed-in browser ask.
"""

import base64
import binascii
import hashlib
import ipaddress
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from threading import Lock
from typing import Final

from kpi.access import LOCAL, Access
from kpi.analysis.home import Home
from kpi.qms.tokens import IN_FORCE, token_presented
from web.api_problems import RefusedError
from web.asgi import Message

CHALLENGE: Final = {"WWW-Authenticate": 'Bearer realm="Clause Nine"'}

FORWARDED: Final = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via")
"""Headers that a proxy adds: whoever asked is then not on this machine, whatever the address says."""

TOKEN_WORDS: Final = frozenset({"token", "access_token", "api_key", "apikey", "key", "password"})

MOST_FAILURES: Final = 10
WINDOW_SECONDS: Final = 60.0
REMEMBERED: Final = 1000


@dataclass
class Failures:
    """How often something failed lately. A client that repeats a wrong token is not looked up again.

    What is counted is a hash, so that no token is kept, and so that nobody can shut out another's.
    """

    clock: Callable[[], float] = time.monotonic
    _times: OrderedDict[bytes, list[float]] = field(default_factory=OrderedDict)
    _lock: Lock = field(default_factory=Lock)

    def too_many(self, presented: str) -> bool:
        """Whether this has failed ``MOST_FAILURES`` times within the window."""
        with self._lock:
            return len(self._recent(_key(presented))) >= MOST_FAILURES

    def failed(self, presented: str) -> None:
        """Count one more."""
        key = _key(presented)
        with self._lock:
            self._times[key] = [*self._recent(key), self.clock()][-MOST_FAILURES:]
            self._times.move_to_end(key)
            while len(self._times) > REMEMBERED:
                self._times.popitem(last=False)

    def _recent(self, key: bytes) -> list[float]:
        since = self.clock() - WINDOW_SECONDS
        return [t for t in self._times.get(key, ()) if t > since]


def _key(presented: str) -> bytes:
    return hashlib.sha256(presented.encode("utf-8", "surrogatepass")).digest()


FAILURES: Final = Failures()

LAST_USED: Final[dict[str, datetime]] = {}
"""When a token was last used, by its id, since the server started. No record is made of reading."""


def access_of(
    home: Home,
    headers: Mapping[str, str],
    *,
    client: str,
    alone: bool,
    now: datetime,
    failures: Failures = FAILURES,
) -> Access:
    """What whoever sends these headers may do.

    ``client`` is the address the request comes from, ``alone`` that no sign-in is configured: then
    a request from this very machine needs no token. A token that is shown must be in force anyway.

    Raises
    ------
    RefusedError
        401 without a token in force, 403 for a page of another site, 429 after many failures.
    """
    presented = _presented(headers)
    if presented is None:
        if not alone or not on_this_machine(client, headers):
            raise RefusedError(
                401,
                "A token is needed: send it as Authorization: Bearer. An administrator makes one "
                "under Users, API clients.",
                CHALLENGE,
            )
        refuse_other_sites(headers)
        return LOCAL
    if failures.too_many(presented):
        raise RefusedError(
            429,
            "This token was refused many times within a minute. Wait a minute, and correct it.",
            {"Retry-After": str(int(WINDOW_SECONDS))},
        )
    found = token_presented(home.store, presented)
    state = found.state(now) if found else ""
    if found is None or state != IN_FORCE:
        failures.failed(presented)
        why = (
            f"It is {state}: ask for a new one." if found else "Nobody made it, or it is not whole."
        )
        raise RefusedError(401, f"This token opens nothing. {why}", CHALLENGE)
    LAST_USED[found.id] = now
    return found.access


def _presented(headers: Mapping[str, str]) -> str | None:
    """The token of a request: as bearer, or as the password that Excel and Power BI can keep."""
    given = headers.get("authorization", "").strip()
    if not given:
        return None
    scheme, _, rest = given.partition(" ")
    if scheme.lower() == "bearer":
        return rest.strip()
    if scheme.lower() == "basic":
        try:
            named = base64.b64decode(rest.strip(), validate=True).decode()
        except (binascii.Error, UnicodeDecodeError):
            return ""
        return named.partition(":")[2]
    return ""


def on_this_machine(client: str, headers: Mapping[str, str]) -> bool:
    """Whether a request comes from this machine itself, and through no proxy."""
    if any(name in headers for name in FORWARDED):
        return False
    try:
        found = ipaddress.ip_address(client)
    except ValueError:
        return False
    mapped = getattr(found, "ipv4_mapped", None)
    return (mapped or found).is_loopback


def refuse_other_sites(headers: Mapping[str, str]) -> None:
    """Refuse what a page of another site makes a browser on this machine ask."""
    site = headers.get("sec-fetch-site", "none")
    if site in ("cross-site", "same-site") or "origin" in headers:
        raise RefusedError(403, "A page of another site may not ask here.")


def refuse_token_in_address(names: "list[str]") -> None:
    """Refuse a token in the address, where logs and histories would keep it."""
    if any(name.lower() in TOKEN_WORDS for name in names):
        raise RefusedError(
            400,
            "A token belongs in the Authorization header: addresses end up in logs. Take this "
            "token for known, and have it revoked.",
        )


def client_of(scope: Message) -> str:
    """The address a request comes from; empty where it has none."""
    client = scope.get("client")
    return str(client[0]) if client else ""
