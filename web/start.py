"""Before the first request: may this server be reached from where it listens?

Without sign-in configured it may be reached from the machine it runs on, and from nowhere else.
"""

import os
import socket
import sys
import tomllib
from collections.abc import Iterable, Mapping
from ipaddress import IPv6Address, ip_address
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlparse

from streamlit import config
from streamlit.auth_util import get_secrets_auth_section
from streamlit.runtime.secrets import secrets_singleton

from web import session
from web.asgi import Application, Message, Receive, Send, answer

REFUSED: Final = 2
"""The exit code of a start that is refused."""

LEAST_SECRET: Final = 32
"""Characters of the secret that signs cookies: who guesses it is whoever they like."""

ENVIRONMENT: Final = "KPI_AUTH_"
"""Before the name of a key of ``[auth]``, for secrets that come from the environment."""

_KEYS: Final = (
    "redirect_uri", "cookie_secret", "client_id", "client_secret", "server_metadata_url",
)  # fmt: skip
_OF_PROVIDER: Final = ("client_id", "client_secret", "server_metadata_url")
_FORWARDED: Final = frozenset({b"forwarded", b"x-forwarded-for", b"x-forwarded-host", b"x-real-ip"})


def prepare() -> None:
    """Take secrets over from the environment; end the process where it must not be served.

    The host of ``redirect_uri`` is the name people come by, so it is allowed as a host, too.
    """
    _end_if(unreadable(config.get_option("secrets.files")))
    secrets = from_environment(os.environ, get_secrets_auth_section())
    _end_if(refusal(config.get_option("server.address"), secrets))
    if secrets:
        _end_if(believed_headers(config.get_option("server.trustedUserHeaders")))
        secrets_singleton.merge_programmatic_secrets({"auth": secrets})
        session.require()
        _allow(str(urlparse(secrets["redirect_uri"]).hostname))


def _end_if(wrong: str) -> None:
    if wrong:
        print(f"Not started. {wrong}", file=sys.stderr, flush=True)
        raise SystemExit(REFUSED)


def unreadable(files: Iterable[str]) -> str:
    """Why a secrets file that is there cannot be used: it would pass for no sign-in at all."""
    for path in map(Path, files):
        if path.suffix != ".toml" or not path.exists():
            continue
        try:
            tomllib.loads(path.read_text(encoding="utf-8"))
        except OSError as error:
            return f"The secrets file {path} cannot be read: {error.strerror}."
        except ValueError:  # what it says stays out of the log
            return f"The secrets file {path} is not readable as TOML. Mend it, or take it away."
    return ""


def believed_headers(mapping: object) -> str:
    """Why sign-in cannot stand beside headers that Streamlit would believe about a user."""
    if not mapping:
        return ""
    return (
        "The option server.trustedUserHeaders is set: whoever can send such a header could be "
        "anybody. Take it out; people sign in by what stands in [auth]."
    )


def from_environment(environ: Mapping[str, str], section: Mapping[str, Any]) -> dict[str, Any]:
    """The ``[auth]`` section of the secrets file with what ``KPI_AUTH_*`` variables put over it."""
    given = {key: environ.get(f"{ENVIRONMENT}{key.upper()}", "").strip() for key in _KEYS}
    found = {key: dict(v) if isinstance(v, Mapping) else v for key, v in section.items()}
    return found | {key: value for key, value in given.items() if value}


def refusal(address: str | None, secrets: Mapping[str, Any]) -> str:
    """Why the server must not start at this address with these secrets; empty where it may."""
    if secrets:
        return _wrong_secrets(secrets)
    if is_loopback(address):
        return ""
    where = f"the address {address}" if address else "every address of this machine"
    return (
        f"The dashboard would listen on {where} without sign-in, so that whoever reaches the machine "
        "could read and change everything. Listen on 127.0.0.1 (--server.address=127.0.0.1), or "
        "configure sign-in as docs/operations.md tells."
    )


def is_loopback(address: str | None) -> bool:
    """Whether only the machine itself reaches this address; none at all means every address."""
    if not address:
        return False
    if address.startswith("unix://"):
        return True
    try:
        return _loops(address)
    except ValueError:
        pass
    try:
        found = socket.getaddrinfo(address, None)
    except OSError:
        return False
    return bool(found) and all(_loops(str(one[4][0])) for one in found)


def _loops(address: str) -> bool:
    found = ip_address(address.partition("%")[0])
    if isinstance(found, IPv6Address) and found.ipv4_mapped:
        return found.ipv4_mapped.is_loopback
    return found.is_loopback


def _wrong_secrets(secrets: Mapping[str, Any]) -> str:
    named = [value for value in secrets.values() if isinstance(value, Mapping)]
    providers = [one for one in (secrets, *named) if any(key in one for key in _OF_PROVIDER)]
    missing = [key for key in ("redirect_uri", "cookie_secret") if not secrets.get(key)]
    missing += [key for one in providers or [{}] for key in _OF_PROVIDER if not one.get(key)]
    if missing:
        return (
            f"Sign-in is configured without {', '.join(dict.fromkeys(missing))}. Add what is missing "
            "to [auth] in Streamlit's secrets file, as docs/operations.md tells."
        )
    uri = str(secrets["redirect_uri"])
    if not uri.endswith("/oauth2callback"):
        return (
            f"The redirect_uri in [auth] is {uri}. It is the site's address with /oauth2callback."
        )
    if not uri.startswith("https://") and not is_loopback(urlparse(uri).hostname):
        return (
            f"The redirect_uri in [auth] is {uri}. Beyond this machine, sign-in needs https: without "
            "it, whoever listens on the network takes over the session."
        )
    for url in (str(one["server_metadata_url"]) for one in providers):
        if told := _wrong_provider(url):
            return told
    if len(str(secrets["cookie_secret"])) < LEAST_SECRET:
        return (
            f"The cookie_secret in [auth] is shorter than {LEAST_SECRET} characters. Make a random "
            'one: python -c "import secrets; print(secrets.token_hex(32))".'
        )
    return ""


def _wrong_provider(url: str) -> str:
    parsed = urlparse(url)
    if parsed.scheme != "https" and not is_loopback(parsed.hostname):
        return (
            f"The server_metadata_url in [auth] is {url}. Beyond this machine it needs https: "
            "whoever answers there says who people are."
        )
    if parsed.path.split("/")[1:2] in _ANY_TENANT and parsed.hostname == _ENTRA:
        return (
            f"The server_metadata_url in [auth] is {url}. There anybody's organisation says what "
            "its people's addresses are. Name your own tenant in place of that word."
        )
    return ""


_ENTRA: Final = "login.microsoftonline.com"
_ANY_TENANT: Final = (["common"], ["organizations"], ["consumers"])


def _allow(host: str) -> None:
    allowed = list(config.get_option("server.allowedHosts") or [])
    if allowed and host not in allowed:
        config.set_option("server.allowedHosts", [*allowed, host], "the host of redirect_uri")


class LoopbackOnly:
    """ASGI middleware: without sign-in, only requests from the machine itself are answered.

    It holds also where another server than Streamlit's runs the application, or a proxy passes
    requests on.
    """

    def __init__(self, app: Application) -> None:
        self._app = app

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Pass the request on, or refuse it."""
        if (
            scope["type"] not in ("http", "websocket")
            or get_secrets_auth_section()
            or _from_here(scope)
        ):
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
        else:
            await answer(
                send, 403,
                "Without sign-in, this dashboard answers only the machine it runs on. "
                "See docs/operations.md.",
            )  # fmt: skip


def _from_here(scope: Message) -> bool:
    if any(name.lower() in _FORWARDED for name, _ in scope.get("headers", ())):
        return False
    return all(_is_here(scope.get(end)) for end in ("client", "server"))


def _is_here(end: Any) -> bool:
    """Whether one end of a connection is this machine; a socket in the file system has no address."""
    if not end:
        return True
    try:
        return _loops(str(end[0]))
    except ValueError:
        return True
