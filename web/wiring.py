"""The guard, put together with Streamlit and the people: what ``dashboard.py`` only names."""

import os
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final

from starlette.middleware import Middleware
from starlette.routing import Route
from streamlit import config
from streamlit.runtime import get_instance
from streamlit.web.server.starlette.starlette_websocket import is_host_allowed

from kpi.access import Access
from kpi.analysis.home import default_home
from kpi.errors import KpiError
from kpi.settings import Capacity, load_settings
from pages.shared import warming
from web import session, unheard
from web.asgi import Message
from web.busy import Busy, Room
from web.guard import Guard
from web.holding import Sessions, Shown
from web.limits import Limits, memory_bytes
from web.stopping import Stopping


def subject_of(scope: Message) -> str:
    """Who a request says to be by its signed cookie; empty where it says nothing."""
    found = session.sign_in(scope)
    return found.subject if found else ""


def person(scope: Message) -> str | None:
    """Who sends a request, if they may; ``None`` where nobody signs in, empty where nobody may."""
    if not session.configured():
        return None
    return subject_of(scope) if session.person_of(scope) else ""


SESSIONS: Final = Sessions(get_instance, subject_of)
SHOWN: Final = Shown()
STOPPING: Final = Stopping()
MEMORY: Final = memory_bytes()


def limits() -> Limits:
    """What follows from the largest file the site takes, and from the memory there is."""
    return Limits.for_files_of(int(config.get_option("server.maxUploadSize")), MEMORY)


def guard() -> Middleware:
    """The guard as middleware."""
    return Middleware(
        Guard,
        person=person,
        sessions=SESSIONS,
        may_see=SHOWN.may_see,
        host_allowed=is_host_allowed,
        limits=limits,
        base=str(config.get_option("server.baseUrlPath") or ""),
    )


def under_base(routes: Sequence[Route]) -> list[Route]:
    """These routes, and the same below the path the site lives under, where it has one."""
    base = str(config.get_option("server.baseUrlPath") or "").strip("/")
    again = [Route(f"/{base}{r.path}", r.endpoint, methods=list(r.methods or ())) for r in routes]
    return [*routes, *(again if base else ())]


def busy() -> Middleware:
    """The busy page as middleware; a mistake in the settings is told on the pages."""
    try:
        wishes = load_settings(default_home()).capacity
    except KpiError:
        wishes = Capacity()
    room = Room.of(wishes, os.cpu_count())
    return Middleware(
        Busy,
        room=lambda: room,
        person=lambda scope: person(scope) or "",  # who may not come in is a stranger
        signing_in=session.configured,
        base=str(config.get_option("server.baseUrlPath") or ""),
        doors=session.doors,
    )


def _access_now(opened: str) -> Access | None:
    """What whoever opened a session may do now; ``None`` where they may not come in."""
    scope = SESSIONS.opened_by(opened)
    found = None if scope is None else session.person_of(scope)
    return None if found is None else found.access


@asynccontextmanager
async def lifespan(_app: Any) -> AsyncIterator[None]:
    """While the server runs: whose each download is, and word of being asked to stop."""
    unheard.close()
    if session.configured():
        SHOWN.watch(get_instance(), SESSIONS, _access_now)
    STOPPING.watch()
    warming.begin(signing_in=session.configured())
    yield
