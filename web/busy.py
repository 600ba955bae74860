"""Beyond what the server can carry, newcomers meet a light page that says so; whoever is in stays.

Counted are open pages (their websockets) and pages at work. A page that is left frees its place at
once: what Streamlit keeps of it for a while takes memory, but no processor. Who comes back to such
a page after a lapse of the network finds room a little beyond the limit.
"""

import threading
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape as html
from ipaddress import ip_address
from typing import Final

import anyio

from kpi.settings import Capacity
from pages.shared.remembering import waiting
from web.asgi import Application, Message, Receive, Send, answer, header

STREAM: Final = "/_stcore/stream"

NO_DOCUMENTS: Final = (
    "/_stcore/", "/static/", "/media/", "/component/", "/api", "/health", "/auth/", "/oauth2callback",
)  # fmt: skip
"""What is asked for by a page that is open, by machines, or on the way back from signing in."""

SCRIPT_THREAD: Final = "ScriptRunner.scriptThread"
"""What Streamlit calls the thread in which a page is at work."""

RETRY_SECONDS: Final = 15
CORES_OF_A_PROCESS: Final = 2
"""One for the pages, one for what they wait for: more do not help one process."""

SESSIONS_PER_CORE: Final = 50
RUNNING_PER_CORE: Final = 12
RESERVE: Final = 0.1


@dataclass(frozen=True, slots=True)
class Room:
    """How many pages may be open in all and of one person or address, and how many at work."""

    sessions: int
    each: int
    running: int

    @classmethod
    def of(cls, wishes: Capacity, cores: int | None) -> "Room":
        """What the settings say, and what follows from the processor cores where they do not."""
        used = min(cores or 1, CORES_OF_A_PROCESS)
        sessions = wishes.sessions or SESSIONS_PER_CORE * used
        return cls(
            sessions,
            wishes.sessions_each or max(1, sessions // 5),
            wishes.running or RUNNING_PER_CORE * used,
        )


def running() -> int:
    """Pages at work now; those that wait for an answer take no processor and do not count."""
    at_work = sum(thread.name == SCRIPT_THREAD for thread in threading.enumerate())
    return max(0, at_work - waiting())


class Busy:
    """ASGI middleware that gives newcomers the busy page while there is no room.

    ``person`` tells who sends a request, empty where nobody is signed in. Where people sign in,
    half of the room is theirs: nobody fills it standing at the sign-in page. Nor does anybody keep
    them from signing in by standing there: the busy page has the ``doors`` itself, what they say
    and where they lead.
    """

    def __init__(
        self,
        app: Application,
        *,
        room: Callable[[], Room],
        person: Callable[[Message], str],
        signing_in: Callable[[], bool],
        running: Callable[[], int] = running,
        base: str = "",
        doors: Callable[[], Sequence[tuple[str, str]]] = tuple,
    ) -> None:
        self._app, self._room, self._person = app, room, person
        self._signing_in, self._running = signing_in, running
        self._base = f"/{base.strip('/')}" if base.strip("/") else ""
        self._doors = doors
        self._open: Counter[str] = Counter()

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Pass on what there is room for."""
        path = str(scope.get("path", "")).removeprefix(self._base)
        if scope["type"] == "websocket" and path == STREAM:
            await self._stream(scope, receive, send)
        elif (
            scope["type"] == "http"
            and _is_document(scope, path)
            and self._full(who := await self._who(scope))
        ):
            await answer(
                send, 503, self._page(who), media_type="text/html; charset=utf-8",
                headers=((b"retry-after", str(RETRY_SECONDS).encode()),),
            )  # fmt: skip
        else:
            await self._app(scope, receive, send)

    def _page(self, who: str) -> str:
        """The busy page; for who is not signed in with the way to do so."""
        if who.startswith(_PERSON) or not self._signing_in():
            return page()
        return page([(label, f"{self._base}{path}") for label, path in self._doors()])

    async def _stream(self, scope: Message, receive: Receive, send: Send) -> None:
        who = await self._who(scope)
        if not self._admits(who, returning=_names_a_session(scope)):
            await _refuse(scope, receive, send)
            return
        self._open[who] += 1
        try:
            await self._app(scope, receive, send)
        finally:
            self._open[who] -= 1
            self._open = +self._open  # forget who has gone

    def _full(self, who: str) -> bool:
        """Whether somebody who asks for the page itself cannot have it now.

        Whoever has a page open and loads it again is no newcomer; known is that of people signed in.
        """
        if who.startswith(_PERSON) and 0 < self._open[who] < self._room().each:
            return False
        return not self._admits(who, returning=False) or self._running() >= self._room().running

    def _admits(self, who: str, *, returning: bool) -> bool:
        room = self._room()
        if who != _HERE and self._open[who] >= room.each:
            return False
        if self._signing_in() and not who.startswith(_PERSON):
            strangers = sum(n for one, n in self._open.items() if not one.startswith(_PERSON))
            if strangers >= max(1, room.sessions // 2):
                return False
        most = room.sessions + (max(1, int(room.sessions * RESERVE)) if returning else 0)
        return self._open.total() < most

    async def _who(self, scope: Message) -> str:
        """The person, else the address; one word for all that come from the machine itself."""
        # As in the guard, the records are asked in a thread.
        person = await anyio.to_thread.run_sync(self._person, scope)
        if person:
            return f"{_PERSON}{person}"
        address = str((scope.get("client") or ("",))[0])
        return _HERE if _loopback(address) else address


_PERSON: Final = "person "
_HERE: Final = "here"


def _loopback(address: str) -> bool:
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return True  # no address: a socket of the machine itself


def _is_document(scope: Message, path: str) -> bool:
    """Whether a browser asks for the page itself."""
    return (
        scope["method"] == "GET"
        and "text/html" in header(scope, b"accept")
        and not path.startswith(NO_DOCUMENTS)
        and "." not in path.rsplit("/", 1)[-1]
    )


def _names_a_session(scope: Message) -> bool:
    """Whether a page was open before: its session stands third among the subprotocols."""
    return len(header(scope, b"sec-websocket-protocol").split(",")) >= 3


async def _refuse(scope: Message, receive: Receive, send: Send) -> None:
    await receive()  # the request to connect
    if "websocket.http.response" not in scope.get("extensions", {}):
        await send({"type": "websocket.close", "code": 1013})  # try again later
        return
    headers = [(b"retry-after", str(RETRY_SECONDS).encode()), (b"cache-control", b"no-store")]
    await send({"type": "websocket.http.response.start", "status": 503, "headers": headers})
    await send({"type": "websocket.http.response.body", "body": b"The dashboard is full."})


def page(doors: Sequence[tuple[str, str]] = ()) -> str:
    """The busy page: static, with nothing from anywhere else."""
    links = "".join(f'<p><a href="{html(path)}">{html(label)}</a></p>' for label, path in doors)
    return _PAGE.replace(
        _DOORS,
        f"<p>Half of the room is kept for people who are signed in:</p>{links}" if doors else "",
    )


_DOORS: Final = "<!-- doors -->"

_PAGE: Final = f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="refresh" content="{RETRY_SECONDS}">
<meta name="color-scheme" content="light dark">
<title>Clause Nine is busy</title>
<style>
body{{margin:0;min-height:100vh;display:grid;place-items:center;font:1rem/1.5 system-ui,sans-serif;
background:light-dark(#ffffff,#11161c);color:light-dark(#18222d,#e8edf2)}}
main{{max-width:32rem;padding:1.5rem}}
h1{{font-size:1.45rem;margin:0 0 .75rem}}
p{{margin:.5rem 0}}
a{{color:inherit}}
</style>
</head>
<body>
<main>
<h1>As many people are at work here as this server can carry</h1>
<p>Nothing is wrong, and nothing is lost. This page tries again by itself every {RETRY_SECONDS}
seconds and opens the dashboard as soon as there is room.</p>
<p>Pages that are open elsewhere and not needed take up room: close them. If you meet this page
often, tell whoever runs this server.</p>
{_DOORS}</main>
</body>
</html>
"""
