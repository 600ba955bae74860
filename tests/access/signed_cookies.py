"""Sign-in configured for a test of this process, as Streamlit's secrets would have it."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any
from unittest.mock import patch

from streamlit.auth_util import set_cookie_with_chunks
from streamlit.runtime.secrets import secrets_singleton
from streamlit.web.server.starlette.starlette_app_utils import create_signed_value

SECRET = "0123456789abcdef" * 4

AUTH = {
    "redirect_uri": "http://localhost:8501/oauth2callback",
    "cookie_secret": SECRET,
    "client_id": "clause-nine",
    "client_secret": "not-looked-at",
    "server_metadata_url": "http://localhost:9/.well-known/openid-configuration",
}

ORIGIN = "http://localhost:8501"


@contextmanager
def configured(**changes: Any) -> Iterator[None]:
    """Secrets with an ``[auth]`` section, for as long as the block."""
    secrets_singleton._reset()
    secrets_singleton.merge_programmatic_secrets({"auth": AUTH | changes})
    try:
        yield
    finally:
        secrets_singleton._programmatic_secrets = None
        secrets_singleton._reset()
        secrets_singleton._secrets = None


def cookies(
    claims: dict[str, Any], issued: datetime, *, secret: str = SECRET, origin: str = ORIGIN
) -> dict[str, str]:
    """The cookies that Streamlit would have set for these claims at that time."""
    made: dict[str, str] = {}

    def sign(name: str, value: str) -> bytes:
        return create_signed_value(secret, name, value)

    def keep(name: str, value: str) -> None:
        made[name] = sign(name, value).decode()

    payload = {**claims, "origin": origin, "is_logged_in": True, "provider": "default"}
    with patch("itsdangerous.timed.time.time", return_value=issued.timestamp()):
        set_cookie_with_chunks(keep, sign, "_streamlit_user", payload, cookie_attr_size=100)
    return made


def scope(cookies: dict[str, str]) -> dict[str, Any]:
    """An HTTP request that carries these cookies."""
    line = "; ".join(f"{name}={value}" for name, value in cookies.items())
    return {"type": "http", "headers": [(b"cookie", line.encode("latin-1"))]}
