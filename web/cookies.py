"""The flags of the cookies Streamlit sets: for how long, over what, and who may read them.

Streamlit leaves out ``Secure`` and lets a sign-in live for thirty days. Here it lives as long as the
settings say, travels over https alone where the site is reached by https, and no script reads it.
"""

from typing import Final

from streamlit.web.server.starlette.starlette_server_config import (
    SESSION_COOKIE_NAME,
    TOKENS_COOKIE_NAME,
    USER_COOKIE_NAME,
    XSRF_COOKIE_NAME,
)

from web.asgi import Application, Message, Receive, Send

_OF_SIGN_IN: Final = (USER_COOKIE_NAME, TOKENS_COOKIE_NAME)
_OURS: Final = (*_OF_SIGN_IN, XSRF_COOKIE_NAME, SESSION_COOKIE_NAME)


class Cookies:
    """ASGI middleware that rewrites the flags of Streamlit's cookies; others pass as they are.

    ``https``: the site is reached over https. ``seconds``: how long a sign-in lasts.
    """

    def __init__(self, app: Application, *, https: bool, seconds: int) -> None:
        self._app = app
        self._https = https
        self._seconds = seconds

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Pass the request on, and rewrite the cookies of what comes back."""

        async def send_with_flags(message: Message) -> None:
            if message["type"] in ("http.response.start", "websocket.accept"):
                message["headers"] = [
                    (name, self._flagged(value)) if name.lower() == b"set-cookie" else (name, value)
                    for name, value in message.get("headers", ())
                ]
            await send(message)

        await self._app(scope, receive, send_with_flags)

    def _flagged(self, line: bytes) -> bytes:
        pair, *given = [part.strip() for part in line.decode("latin-1").split(";")]
        name = pair.partition("=")[0]
        if not name.startswith(_OURS):
            return line
        flags = {flag.partition("=")[0].lower(): flag for flag in given if flag}
        flags["samesite"] = "SameSite=Lax"
        if name != XSRF_COOKIE_NAME:  # the page sends that one back itself, so its script reads it
            flags["httponly"] = "HttpOnly"
        if self._https:
            flags["secure"] = "Secure"
        if name.startswith(_OF_SIGN_IN) and flags.get("max-age", "").lower() != "max-age=0":
            flags["max-age"] = f"Max-Age={self._seconds}"
            flags.pop("expires", None)
        return "; ".join([pair, *flags.values()]).encode("latin-1")
