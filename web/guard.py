"""The guard before Streamlit: who may send and fetch what, how much, by which method.

Streamlit takes uploads from anybody who has a page open, the sign-in page included, and hands out
downloads to whoever has the link. Here both need somebody who may be here.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final, Protocol

import anyio

from web.asgi import Application, Message, Receive, Send, answer, header
from web.holding import file_of
from web.limits import FRAMING, Limits, TooMuchError, drained, limited

UPLOADS: Final = "/_stcore/upload_file/"
DOWNLOADS: Final = "/media/"
PRIVATE: Final = (
    UPLOADS, DOWNLOADS, "/component/", "/_stcore/bidi-components/", "/_stcore/metrics",
)  # fmt: skip
"""What needs somebody who may be here."""

CLOSED: Final = ("/_stcore/agent", "/_stcore/script-health-check")
"""What Streamlit offers and nobody here uses."""

ANY_HOST: Final = ("/health",)
"""Asked by machines that know an address only."""

API: Final = "/api"
"""It tells methods apart by itself, and speaks in problem documents."""

READING: Final = ("GET", "HEAD", "OPTIONS")
SENDING: Final = ("PUT", "DELETE", "OPTIONS")


CLOSE: Final = (b"connection", b"close")


class Sessions(Protocol):
    """What the guard asks about sessions; see ``web.holding``."""

    def known(self, session: str) -> bool: ...  # noqa: D102
    def owner(self, session: str) -> str: ...  # noqa: D102
    def held(self, session: str) -> tuple[int, int]: ...  # noqa: D102
    def held_by_all(self) -> int: ...  # noqa: D102


class RefusedError(Exception):
    """A request that goes no further: the status, and why."""

    def __init__(
        self, status: int, says: str, headers: tuple[tuple[bytes, bytes], ...] = ()
    ) -> None:
        super().__init__(says)
        self.status, self.says, self.headers = status, says, headers


class Guard:
    """ASGI middleware that refuses what no page of ours would ask.

    ``person`` tells who sends a request: empty for somebody who may not be here, ``None`` where
    nobody signs in and whoever reaches the server may. ``may_see`` tells whose a download is.
    """

    def __init__(
        self,
        app: Application,
        *,
        person: Callable[[Message], str | None],
        sessions: Sessions,
        may_see: Callable[[str, str], bool],
        host_allowed: Callable[[str], bool],
        limits: Callable[[], Limits],
        base: str = "",
    ) -> None:
        self._app, self._person, self._sessions = app, person, sessions
        self._may_see, self._host_allowed, self._limits = may_see, host_allowed, limits
        self._base = f"/{base.strip('/')}" if base.strip("/") else ""
        self._coming: Counter[str] = Counter()  # bytes on their way, by session
        self._at_once: Counter[str] = Counter()  # uploads on their way, by session

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Pass the request on with its body counted, or refuse it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun, complete = False, not _has_body(scope)

        async def taking() -> Message:
            nonlocal complete
            message = await receive()
            complete = complete or not message.get("more_body", False)
            return message

        async def noting(message: Message) -> None:
            nonlocal begun
            if message["type"] == "http.response.start" and not complete:
                await drained(taking)  # a client that is sending does not look for an answer
                if not complete:
                    # Or the connection would be kept, and what comes be read and thrown away.
                    message["headers"] = [*message.get("headers", []), CLOSE]
            begun = True  # not before: a page is read on beside this, and may be found too much
            await send(message)

        path = self._path(scope)
        try:
            await self._pass(scope, path, taking, noting)
        except (RefusedError, TooMuchError) as refused:
            if begun:
                raise
            await _tell(noting, path, refused)

    def _path(self, scope: Message) -> str:
        path = str(scope.get("path", ""))
        return path.removeprefix(self._base) if path.startswith(f"{self._base}/") else path

    async def _pass(self, scope: Message, path: str, receive: Receive, send: Send) -> None:
        method, limits = str(scope["method"]), self._limits()
        if not path.startswith(ANY_HOST) and not self._host_allowed(header(scope, b"host")):
            raise RefusedError(421, "This server does not answer to that name.")
        if path.startswith(CLOSED):
            raise RefusedError(404, "There is nothing here.")
        _check_method(path, method)
        if method == "OPTIONS" or not path.startswith(PRIVATE):
            await self._app(scope, limited(receive, limits, limits.other_bytes), send)
            return
        # The records are asked in a thread: the pages of others go on meanwhile.
        person = await anyio.to_thread.run_sync(self._person, scope)
        if person == "":
            raise RefusedError(401, "Sign in first: open the dashboard, and come back.")
        if path.startswith(DOWNLOADS) and person is not None:
            self._check_download(path, person)
        if not path.startswith(UPLOADS):
            await self._app(scope, limited(receive, limits, limits.other_bytes), send)
            return
        session = path.removeprefix(UPLOADS).split("/", 1)[0]
        self._check_session(session, person)
        if method == "DELETE":
            await self._app(scope, limited(receive, limits, limits.other_bytes), send)
            return
        with self._upload(session, limits) as counted:
            allowed = limits.file_bytes + FRAMING
            await self._app(scope, limited(receive, limits, allowed, counted), send)

    def _check_download(self, path: str, person: str) -> None:
        if not self._may_see(file_of(path), person):
            raise RefusedError(404, "There is no such file for you. Make it again on its page.")

    def _check_session(self, session: str, person: str | None) -> None:
        """An upload belongs to an open page of the same person."""
        if not self._sessions.known(session):
            raise RefusedError(400, "The page this belongs to is no longer open. Load it again.")
        if person is not None and self._sessions.owner(session) != person:
            raise RefusedError(403, "That page was opened by somebody else.")

    @contextmanager
    def _upload(self, session: str, limits: Limits) -> Iterator[Callable[[int], None]]:
        """Room for one more upload; what arrives is counted against what the session may hold."""
        if self._at_once[session] >= limits.session_at_once:
            raise RefusedError(429, "Too many files at once from this page. Send fewer.", _LATER)
        if self._at_once.total() >= limits.server_at_once:
            raise RefusedError(503, "Many files are coming in. Try again in a minute.", _LATER)
        files, _ = self._sessions.held(session)
        if files + self._at_once[session] >= limits.session_files:
            raise RefusedError(
                413,
                f"This page holds {limits.session_files} files already. Load it again to send more.",
            )
        came = 0

        def counted(more: int) -> None:
            nonlocal came
            came += more
            self._coming[session] += more
            held = self._sessions.held(session)[1]
            if held + self._coming[session] > limits.session_bytes:
                raise TooMuchError(413, "This page holds as much as it may. Load it again.")
            if self._sessions.held_by_all() + self._coming.total() > limits.server_bytes:
                raise TooMuchError(503, "The server holds as much as it can. Try again later.")

        self._at_once[session] += 1
        try:
            yield counted
        finally:
            self._at_once[session] -= 1
            self._coming[session] -= came
            self._at_once, self._coming = +self._at_once, +self._coming  # forget empty ones


_LATER: Final = ((b"retry-after", b"60"),)


def _has_body(scope: Message) -> bool:
    return bool(header(scope, b"transfer-encoding")) or header(scope, b"content-length") not in (
        "", "0",
    )  # fmt: skip


def _check_method(path: str, method: str) -> None:
    allowed = SENDING if path.startswith(UPLOADS) else READING
    if method not in allowed and not path.startswith(API):
        named = ", ".join(allowed).encode()
        raise RefusedError(405, f"{method} is not for this address.", ((b"allow", named),))


async def _tell(send: Send, path: str, refused: "RefusedError | TooMuchError") -> None:
    headers = getattr(refused, "headers", ())
    if not path.startswith(API):
        await answer(send, refused.status, refused.says, headers=headers)
        return
    document = {"type": "about:blank", "status": refused.status, "detail": refused.says}
    await answer(
        send, refused.status, json.dumps(document), media_type="application/problem+json",
        headers=headers,
    )  # fmt: skip
