"""Back to the page somebody asked for, after they signed in: a link leads where its sender meant.

Streamlit comes back from the identity provider to its front page. The page asked for before is
kept in a cookie for the way, and only an address of this site is ever followed.
"""

from collections.abc import Callable
from typing import Final
from urllib.parse import quote, unquote

from starlette.requests import cookie_parser

from web.asgi import Application, Message, Receive, Send, header

COOKIE: Final = "clause_nine_return"

KEPT_SECONDS: Final = 900
"""How long signing in may take."""

LONGEST: Final = 2000
"""Characters of an address worth keeping; pages write shorter ones."""

_CALLBACK: Final = "/oauth2callback"


class Returning:
    """ASGI middleware that keeps the page asked for, and goes there after the sign-in.

    ``is_in`` says whether who sends a request is let in; ``pages`` are the last parts of the
    addresses that are pages.
    """

    def __init__(
        self,
        app: Application,
        *,
        is_in: Callable[[Message], object],
        pages: frozenset[str],
        https: bool,
    ) -> None:
        self._app = app
        self._is_in = is_in
        self._pages = pages
        self._flags = "; Path=/; HttpOnly; SameSite=Lax" + ("; Secure" if https else "")

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Pass the request on, and keep or follow the address with what comes back."""
        if scope["type"] != "http" or scope["method"] != "GET":
            await self._app(scope, receive, send)
            return
        path = str(scope["path"])
        if path.endswith(_CALLBACK):
            await self._app(scope, receive, self._leading_back(scope, send))
        elif self._is_page(path, scope) and not self._is_in(scope):
            await self._app(scope, receive, self._keeping(scope, send))
        else:
            await self._app(scope, receive, send)

    def _is_page(self, path: str, scope: Message) -> bool:
        """Whether a request asks for a page; the front page is worth keeping with its choices."""
        name = path.rpartition("/")[2]
        return name in self._pages or (not name and bool(scope.get("query_string")))

    def _keeping(self, scope: Message, send: Send) -> Send:
        query = scope.get("query_string", b"").decode("latin-1")
        wanted = quote(str(scope["path"])) + (f"?{query}" if query else "")

        async def sent(message: Message) -> None:
            if message["type"] == "http.response.start" and len(wanted) <= LONGEST:
                self._set(message, quote(wanted, safe=""), KEPT_SECONDS)
            await send(message)

        return sent

    def _leading_back(self, scope: Message, send: Send) -> Send:
        wanted = unquote(cookie_parser(header(scope, b"cookie")).get(COOKIE, ""))

        async def sent(message: Message) -> None:
            if message["type"] == "http.response.start" and wanted:
                self._set(message, "", 0)
                if _signed_in(message) and _is_local(wanted):
                    others = [pair for pair in message["headers"] if pair[0].lower() != b"location"]
                    message["headers"] = [*others, (b"location", wanted.encode("latin-1"))]
            await send(message)

        return sent

    def _set(self, message: Message, value: str, seconds: int) -> None:
        line = f"{COOKIE}={value}; Max-Age={seconds}{self._flags}"
        message["headers"] = [*message.get("headers", ()), (b"set-cookie", line.encode("ascii"))]


def _signed_in(message: Message) -> bool:
    """Whether an answer carries a sign-in: one that failed leads to the front page, to say so."""
    cookies = [value for name, value in message["headers"] if name.lower() == b"set-cookie"]
    return message["status"] == 302 and any(
        value.startswith(b"_streamlit_user=") and b"Max-Age=0" not in value for value in cookies
    )


def _is_local(address: str) -> bool:
    """Whether an address is a path of this site: two slashes, of either kind, name another host."""
    return (
        address.startswith("/")
        and address.isascii()
        and address.isprintable()
        and not address.startswith("//")
        and "\\" not in address
    )
