"""The server's log: every library's lines through ``kpi.logs``, a line for every request and page.

A request is told by its route, never by its address with what stands after it; who sends it by an
opaque id. Addresses of machines are logged only where the settings say so.
"""

import logging
import secrets
import sys
import threading
import time
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Final

from kpi import logs
from kpi.analysis.home import default_home
from kpi.errors import KpiError
from kpi.settings import Log, load_settings
from web.asgi import Application, Message, Receive, Send

_REQUEST: Final[ContextVar[str]] = ContextVar("request", default="")

QUIET: Final = frozenset({"static", "health", "favicon.png", "manifest.json"})
"""Beginnings of routes that are asked for so often that they are told only at level debug."""

KNOWN: Final = frozenset({"_stcore", "api", "auth", "media", "oauth2callback", "component", *QUIET})
"""Beginnings of routes whose name is no one's secret; of any other only that it was another."""


def set_up() -> None:
    """Take over the log of this process. Said once, before the server starts."""
    rules = _rules()
    logs.set_up(rules.level, rules.format, key=_secret(), about=about)
    warnings.showwarning = logs.warned
    _adopt_streamlit()
    _adopt_uvicorn()
    sys.excepthook = lambda _kind, error, _trace: _died("the process", error)
    threading.excepthook = lambda given: _died("a thread", given.exc_value)
    logs.event("server set up", level_of_log=rules.level)


def _rules() -> Log:
    try:
        return load_settings(default_home()).log
    except KpiError:  # told by every page and by doctor
        return Log()


def _secret() -> bytes | None:
    """What cookies are signed with outlives the process, and so do ids made with it."""
    from streamlit.auth_util import get_secrets_auth_section

    found = str(get_secrets_auth_section().get("cookie_secret", ""))
    return found.encode() or None


def _died(what: str, error: BaseException | None) -> None:
    if error is not None and not isinstance(error, KeyboardInterrupt | SystemExit):
        logs.unexpected(error, died=what.rpartition(" ")[2])


def _adopt_streamlit() -> None:
    """Streamlit gives each of its loggers a handler of its own; here they pass their lines on."""
    from streamlit import logger as streamlit_logger

    def passed_on(logger: logging.Logger) -> None:
        logger.handlers.clear()
        # the lines of ``Logged`` say what those of the access log say, but for whole addresses
        logger.propagate = logger.name != "uvicorn.access"

    streamlit_logger.setup_formatter = passed_on
    streamlit_logger.update_formatter()
    logging.getLogger("streamlit").setLevel(logging.WARNING)


def _adopt_uvicorn() -> None:
    """Uvicorn configures its loggers from this when it starts; its access log quotes addresses."""
    from uvicorn.config import LOGGING_CONFIG

    LOGGING_CONFIG["handlers"] = {}
    LOGGING_CONFIG["loggers"] = {
        "uvicorn": {"level": "INFO", "handlers": [], "propagate": True},
        "uvicorn.error": {"level": "INFO", "propagate": True},
        "uvicorn.access": {"level": "CRITICAL", "handlers": [], "propagate": False},
    }


def about() -> dict[str, object]:
    """The request a line belongs to, or the session whose page runs."""
    found: dict[str, object] = {}
    if request := _REQUEST.get():
        found["request"] = request
    runtime = sys.modules.get("streamlit.runtime.scriptrunner_utils.script_run_context")
    if runtime is not None:
        run = runtime.get_script_run_ctx(suppress_warning=True)
        if run is not None:
            found["session"] = logs.opaque(run.session_id)
    return found


@contextmanager
def page(name: str, who: str) -> Iterator[None]:
    """Log how long a page's run takes, and who looks at it as an opaque id."""
    began = time.perf_counter()
    try:
        yield
    finally:
        logs.event(
            "page", page=name or "overview", ms=_ms(began), person=logs.opaque(who) if who else None
        )


def _ms(began: float) -> float:
    return round((time.perf_counter() - began) * 1000, 1)


class Logged:
    """ASGI middleware, the first of all: a line for each request."""

    def __init__(self, app: Application) -> None:
        self._app = app
        self._addresses = _rules().addresses

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Pass the request on, and tell how it went."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        began, seen = time.perf_counter(), {"status": 0}
        _REQUEST.set(secrets.token_hex(6))

        async def watched(message: Message) -> None:
            if message["type"].endswith("http.response.start"):
                seen["status"] = int(message["status"])
            await send(message)

        try:
            await self._app(scope, receive, watched)
        finally:
            self._tell(scope, seen["status"], _ms(began))

    def _tell(self, scope: Message, status: int, ms: float) -> None:
        route = route_of(scope)
        quiet = route.split("/")[1] in QUIET and status < 400
        fields: dict[str, object] = {
            "method": scope.get("method", "websocket"), "route": route, "status": status, "ms": ms,
        }  # fmt: skip
        if self._addresses and scope.get("client"):
            fields["address"] = scope["client"][0]
        level = logging.DEBUG if quiet else logging.WARNING if status >= 500 else logging.INFO
        logs.event("request", level=level, **fields)


def route_of(scope: Mapping[str, Any]) -> str:
    """The route a request took, as it is declared; of an unknown one only that it is one."""
    declared = getattr(scope.get("route"), "path", "")
    if declared and declared.startswith("/api"):
        return str(declared).replace(":path", "")
    parts = str(scope.get("path", "/")).split("/")[1:3]
    if not parts or parts == [""]:
        return "/"
    if parts[0] not in KNOWN:
        return "/other"
    return (
        f"/{parts[0]}/{parts[1]}"
        if parts[0] in ("_stcore", "health") and len(parts) > 1
        else f"/{parts[0]}"
    )
