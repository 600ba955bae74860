"""Who is behind a request: Streamlit's signed cookie, read anew and held against the records.

Sign-in is configured where Streamlit's secrets have an ``[auth]`` section. The cookie says when
*this* server signed it, so a session's age needs no agreement with the provider's clock.
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from itsdangerous import BadSignature, URLSafeTimedSerializer
from starlette.requests import cookie_parser
from streamlit.auth_util import get_origin_from_redirect_uri, get_secrets_auth_section
from streamlit.web.server.server_util import get_cookie_secret
from streamlit.web.server.starlette.starlette_server_config import USER_COOKIE_NAME

from kpi.analysis.home import Home, default_home
from kpi.analysis.signing_in import local_person, standing
from kpi.errors import KpiError
from kpi.qms.claims import SignIn, sign_in_of
from kpi.qms.people import Person
from kpi.settings import SignInRules, load_settings
from web.asgi import Message, header

_CHUNKS: Final = "chunks-"
_MOST_CHUNKS: Final = 20

TOGETHER: Final = timedelta(seconds=2)
"""Within this the parts of one sign-in are signed."""


class _SignIn:
    """Whether this process was started with sign-in."""

    required = False


def require() -> None:
    """From here on people sign in.

    Streamlit reads its secrets anew whenever their file changes. Were the file broken or taken away
    while the server runs, nobody could sign in any more; nobody may become an administrator by it.
    """
    _SignIn.required = True


def configured() -> bool:
    """Whether people sign in; if not, whoever reaches the server works on the machine itself."""
    return _SignIn.required or bool(get_secrets_auth_section())


def doors() -> tuple[tuple[str, str], ...]:
    """The ways to the identity providers that need no open page: what to say, and the path."""
    from streamlit.auth_util import encode_provider_token

    return tuple(
        (
            f"Sign in with {name.capitalize()}" if name else "Sign in",
            f"/auth/login?provider={encode_provider_token(name or 'default')}",
        )
        for name in providers()
    )


def providers() -> tuple[str, ...]:
    """The identity providers configured by name, sorted; one without a name is the empty text."""
    section = get_secrets_auth_section()
    named = sorted(key for key, value in section.items() if isinstance(value, Mapping))
    named = [name for name in named if "client_id" in section[name]]
    return ("", *named) if section.get("client_id") else tuple(named)


def seconds() -> int:
    """How long a sign-in lasts, by the home's settings; a mistake in them is told on the pages."""
    try:
        rules = load_settings(default_home()).sign_in
    except KpiError:
        rules = SignInRules()
    return int(rules.session_hours * 3600)


def claims_of(scope: Message) -> dict[str, Any] | None:
    """What the identity provider said about whoever sends this request.

    ``None`` where there is no cookie of ours, or it was made for another address of this server.
    """
    found = _payload(_cookies(scope))
    return None if found is None else found[0]


def sign_in(scope: Message) -> SignIn | None:
    """The sign-in a request carries; ``None`` where it carries none."""
    found = _payload(_cookies(scope))
    return None if found is None else sign_in_of(*found)


def person_of(scope: Message, now: datetime | None = None) -> Person | None:
    """Who sends this request, if they may: known, active, signed in since their last sign-out.

    Without sign-in configured it is whoever works on the machine. Nothing is recorded here: who
    signs in for the first time is bound by the first page they open.
    """
    if not configured():
        return local_person("local")
    found = standing(_home(), sign_in(scope), now or datetime.now(tz=UTC))
    return None if found.refusal else found.person


def unbelieved(cookies: Mapping[str, str]) -> bool:
    """Whether these cookies carry a sign-in that is none: parts of several, or altered."""
    # Asked by going through them: where a page is tested without a browser, Streamlit's stand-in
    # for cookies has every name.
    return any(name == USER_COOKIE_NAME for name in cookies) and _payload(cookies) is None


def issued(cookies: Mapping[str, str]) -> datetime | None:
    """When this server signed the sign-in these cookies carry; ``None`` where they carry none."""
    found = _payload(cookies)
    return None if found is None else found[1]


def _home() -> Home:
    from pages.shared import cached

    return cached.home(str(default_home()), False)


def _cookies(scope: Message) -> dict[str, str]:
    return cookie_parser(header(scope, b"cookie"))


def _payload(cookies: Mapping[str, str]) -> tuple[dict[str, Any], datetime] | None:
    """Claims and signing time; a large payload comes in several cookies, each signed by itself."""
    secret = get_cookie_secret()
    if not secret or not configured():
        return None
    try:
        text, when = _signed(secret, USER_COOKIE_NAME, cookies)
        if text.startswith(_CHUNKS):
            count = min(int(text.removeprefix(_CHUNKS)), _MOST_CHUNKS)
            names = [f"{USER_COOKIE_NAME}_{number}" for number in range(1, count + 1)]
            parts = [_signed(secret, name, cookies) for name in names]
            # Of several sign-ins, an ended one would live on by the time of a newer one.
            if any(abs(signed - when) > TOGETHER for _, signed in parts):
                return None
            text = "".join(part for part, _ in parts)
            when = min([when, *(signed for _, signed in parts)])
        payload = json.loads(text)
    except (BadSignature, KeyError, ValueError):
        return None
    ours = isinstance(payload, dict) and payload.get("is_logged_in") is True
    if not ours or payload.get("origin") != get_origin_from_redirect_uri():
        return None
    return payload, when


def _signed(secret: str, name: str, cookies: Mapping[str, str]) -> tuple[str, datetime]:
    serializer = URLSafeTimedSerializer(secret, salt=name)
    text, when = serializer.loads(cookies[name], return_timestamp=True)
    return str(text), when
