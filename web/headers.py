"""What the application tells every browser about itself: nothing from elsewhere, no framing."""

import base64
import hashlib
import re
from pathlib import Path
from typing import Final

import streamlit

from web.asgi import Application, Message, Receive, Send

START_PAGE: Final = Path(streamlit.__file__).parent / "static" / "index.html"

_INLINE: Final = re.compile(rb"<script>(.*?)</script>", re.DOTALL)


def script_hashes(page: bytes) -> str:
    """The scripts that stand in a page itself, as a content policy names them.

    >>> script_hashes(b"<script>a</script><script src='b'></script>")
    "'sha256-ypeBEsobvcr6wjGzmiPcTaeG7/gUfE5yuYB3ha/uSLs='"
    """
    digests = (hashlib.sha256(text).digest() for text in _INLINE.findall(page))
    return " ".join(f"'sha256-{base64.b64encode(d).decode()}'" for d in digests)


CONTENT_POLICY: Final = "; ".join(
    (
        "default-src 'self'",
        # Of scripts written into a page only Streamlit's own run; its tables compile WebAssembly.
        f"script-src 'self' {script_hashes(START_PAGE.read_bytes())} 'wasm-unsafe-eval'",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "font-src 'self' data:",
        "connect-src 'self'",
        "worker-src 'self' blob:",
        "object-src 'none'",
        "base-uri 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)
"""A picture or a script named in an uploaded text could not be fetched, nor a script in it run, even
if it were let through."""

HEADERS: Final = (
    (b"content-security-policy", CONTENT_POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), microphone=(), geolocation=()"),
)

STRICT_TRANSPORT: Final = (b"strict-transport-security", b"max-age=31536000")
"""A year of https only; said only where https is what the site is configured for."""

_STARTS: Final = frozenset({"http.response.start", "websocket.http.response.start"})


class SecurityHeaders:
    """ASGI middleware that adds ``HEADERS`` to every response, refusals and errors included.

    ``https``: the site is reached over https, by its own certificate or its proxy's.
    """

    def __init__(self, app: Application, https: bool = False) -> None:
        self._app = app
        self._headers = (*HEADERS, STRICT_TRANSPORT) if https else HEADERS
        self._names = {name for name, _ in HEADERS} | {STRICT_TRANSPORT[0]}

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Pass the request on, and add the headers to what comes back."""

        async def send_with_headers(message: Message) -> None:
            if message["type"] in _STARTS:
                sent = message.get("headers", [])
                own = [pair for pair in sent if pair[0].lower() not in self._names]
                message["headers"] = [*own, *self._headers]
            await send(message)

        await self._app(scope, receive, send_with_headers)


def https_configured() -> bool:
    """Whether the site says that it is reached over https: a certificate, or the sign-in's address."""
    from streamlit import config
    from streamlit.auth_util import get_secrets_auth_section

    if config.get_option("server.sslCertFile"):
        return True
    return str(get_secrets_auth_section().get("redirect_uri", "")).startswith("https://")
