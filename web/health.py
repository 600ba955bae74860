"""``/health``: does the process live, and can it do its work? For load balancers and supervisors.

``/health/live`` says that the process answers. ``/health/ready`` looks whether the home can be
worked with, at most every few seconds however often it is asked. Neither names a folder or a
person: what is wrong is one word for machines; `doctor` has the sentence.
"""

import logging
import shutil
import tempfile
import time
from collections.abc import Callable
from typing import Final

import anyio
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from kpi import logs
from kpi.analysis.home import Home
from kpi.errors import KpiError

EVERY_SECONDS: Final = 2.0
"""How long a look is good for."""

PATIENCE: Final = 10.0
"""Seconds after which a look that has not ended counts as a home that does not answer."""

LEAST_FREE: Final = 200 * 1024 * 1024
"""Bytes an upload may need beside itself: below that, the next one may fail."""

Looks = dict[str, str]
"""Each thing looked at, and "ok" or a word for what is wrong."""


def look(home: Callable[[], Home], stopping: Callable[[], bool]) -> Looks:
    """Look at the home: can it be opened, read, written to; is there room on its disk?"""
    found = {"server": "stopping" if stopping() else "ok"}
    try:
        opened = home()
        opened.store.position()
        opened.store.records.number()
    except KpiError:
        return found | {"home": "unusable"}
    found["home"] = "ok"
    found["writing"] = _writing(opened)
    try:
        free = shutil.disk_usage(opened.path).free
    except OSError:
        return found | {"disk": "unknown"}
    return found | {"disk": "ok" if free >= LEAST_FREE else "low"}


def _writing(home: Home) -> str:
    if home.store.read_only:
        return "read-only"
    try:
        with tempfile.TemporaryFile(dir=home.path, prefix=".ready-") as probe:
            probe.write(b"ready")
    except OSError:
        return "refused"
    return "ok"


class Health:
    """The routes of ``/health`` over one home."""

    def __init__(
        self,
        home: Callable[[], Home],
        stopping: Callable[[], bool],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._home, self._stopping, self._clock = home, stopping, clock
        self._seen: tuple[float, Looks] | None = None
        self._one = anyio.Lock()
        self._thread = anyio.CapacityLimiter(1)

    def routes(self) -> list[Route]:
        """``/health`` and ``/health/live`` say the same; the shorter is what there was first."""
        return [
            Route("/health", _live, methods=["GET"]),
            Route("/health/live", _live, methods=["GET"]),
            Route("/health/ready", self._ready, methods=["GET"]),
        ]

    async def _ready(self, _request: Request) -> JSONResponse:
        async with self._one:  # many who ask at once wait for one look
            found = await self._looked()
        ready = set(found.values()) == {"ok"}
        return _answer({"status": "ready" if ready else "not ready", "checks": found}, ready)

    async def _looked(self) -> Looks:
        now = self._clock()
        if self._seen and now - self._seen[0] < EVERY_SECONDS and not self._stopping():
            return self._seen[1]
        found: Looks = {"home": "silent"}
        with anyio.move_on_after(PATIENCE):
            found = await anyio.to_thread.run_sync(
                look, self._home, self._stopping, limiter=self._thread, abandon_on_cancel=True
            )
        if self._seen is None or self._seen[1] != found:
            fine = set(found.values()) == {"ok"}
            logs.event("readiness", level=logging.INFO if fine else logging.ERROR, **found)
        self._seen = self._clock(), found
        return found


async def _live(_request: Request) -> JSONResponse:
    return _answer({"status": "live"}, True)


def _answer(document: dict[str, object], fine: bool) -> JSONResponse:
    return JSONResponse(document, 200 if fine else 503, headers={"Cache-Control": "no-store"})
