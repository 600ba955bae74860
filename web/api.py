"""The read-only HTTP API: the answers of the command line, for Power BI, Excel and scripts.

A request is answered in a thread, a few at a time, so that pages are not kept waiting.
"""

import hashlib
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import urlencode

import anyio
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from kpi.analysis.home import Home
from kpi.errors import UnknownNameError, UsageError
from kpi.safe_text import csv_text, one_line
from web.api_access import access_of, client_of, refuse_token_in_address
from web.api_answers import Answer
from web.api_description import description
from web.api_endpoints import BASE, Endpoint, endpoints
from web.api_problems import RefusedError, problem, told
from web.api_questions import DAY, FORMATS, MOST_ROWS, Parsed, parsed

AT_ONCE: Final = 2
"""Answers worked out side by side."""

MOST_WAITING: Final = 20
"""Requests that may wait for their turn; later ones are asked to come again."""

VERSION: Final = 2
"""Raised when an answer's form changes, so that no client takes an older one for current."""


class Api:
    """The routes of the API over one home.

    ``home`` opens it; ``alone`` tells whether no sign-in is configured.
    """

    def __init__(self, home: Callable[[], Home], alone: Callable[[], bool]) -> None:
        self._home, self._alone = home, alone
        self._turn = anyio.CapacityLimiter(AT_ONCE)
        self._waiting = 0

    def routes(self) -> list[Route]:
        """A route for every question, the description, and a sentence for everything else."""
        found = [
            Route(BASE + e.path.replace("{kpi}", "{kpi:path}"), self._answering(e), methods=["GET"])
            for e in endpoints()
        ]
        nowhere = ["GET", "POST", "PUT", "PATCH", "DELETE"]
        return [
            Route(f"{BASE}/openapi.json", _described, methods=["GET"]),
            *found,
            Route("/api/{path:path}", _nowhere, methods=nowhere),
            Route("/api", _nowhere, methods=nowhere),
        ]

    def _answering(self, endpoint: Endpoint) -> Callable[[Request], Any]:
        async def answer(request: Request) -> Response:
            if self._waiting >= MOST_WAITING:
                says = "Too many questions at once. Ask again in a few seconds."
                return problem(RefusedError(503, says, {"Retry-After": "5"}))
            self._waiting += 1
            try:
                return await anyio.to_thread.run_sync(
                    self._answer, endpoint, request, limiter=self._turn
                )
            finally:
                self._waiting -= 1

        return answer

    def _answer(self, endpoint: Endpoint, request: Request) -> Response:
        try:
            return self._found(endpoint, request)
        except Exception as error:
            return problem(told(error))

    def _found(self, endpoint: Endpoint, request: Request) -> Response:
        given = request.query_params.multi_items()
        refuse_token_in_address([name for name, _ in given])
        own = self._home()
        now = datetime.now(tz=UTC)
        access = access_of(
            own, request.headers, client=client_of(request.scope), alone=self._alone(), now=now
        )
        home = own.seen_by(access)
        asked = parsed(endpoint.every_parameter, [*request.path_params.items(), *given])
        if any(parameter.name == DAY for parameter in endpoint.parameters):
            asked.setdefault(DAY, now.date())  # part of the tag: tomorrow's answer is another one
        form = _form(request.headers.get("accept", ""), asked)
        headers = {
            "ETag": _tag(home, endpoint, asked, form, request.headers.get("accept-encoding", "")),
            "Cache-Control": "private, no-cache",
            "Vary": "Authorization, Accept",
        }
        if _known(request.headers.get("if-none-match", ""), headers["ETag"]):
            return Response(status_code=304, headers=headers)
        return _whole(endpoint, _asked_of(endpoint, home, asked), asked, form, headers, request)


def _asked_of(endpoint: Endpoint, home: Home, asked: Parsed) -> Answer:
    try:
        return endpoint.answer(home, asked)
    except UnknownNameError as error:
        # The KPI is part of the path: an unknown one is a page that is not there.
        if str(error).startswith("There is no KPI "):
            raise RefusedError(404, str(error)) from error
        raise


def _form(accept: str, asked: Parsed) -> str:
    """``json`` or ``csv``: as the address says, or as the client can read."""
    if "format" in asked:
        return str(asked["format"])
    best, chosen = 0.0, ""
    for part in accept.split(",") if accept.strip() else ["*/*"]:
        kind, *more = [p.strip().lower() for p in part.split(";")]
        weight = next((_weight(p) for p in more if p.startswith("q=")), 1.0)
        fits = [f for f, m in FORMATS.items() if kind in (m, "*/*", m.split("/")[0] + "/*")]
        if fits and weight > best:
            best, chosen = weight, fits[0]
    if not chosen:
        known = " or ".join(FORMATS.values())
        raise RefusedError(
            406, f"There are answers as {known} only. Ask for one of them in Accept."
        )
    return chosen


def _weight(text: str) -> float:
    try:
        return float(text.removeprefix("q="))
    except ValueError:
        return 0.0


def _tag(home: Home, endpoint: Endpoint, asked: Parsed, form: str, encodings: str) -> str:
    """A strong tag: the same facts, records, settings and rights give the same bytes."""
    rests_on = (
        VERSION, str(home.path), home.position, home.store.records.number(), repr(home.settings),
        home.access, endpoint.path, sorted((k, repr(v)) for k, v in asked.items()), form,
        "gzip" in encodings.lower(),
    )  # fmt: skip
    return f'"{hashlib.sha256(repr(rests_on).encode("utf-8", "replace")).hexdigest()[:32]}"'


def _known(if_none_match: str, tag: str) -> bool:
    """Whether the client has the answer. A star, "any there is", is answered as if nothing were
    known: whether there is one at all, only the question tells.
    """
    return tag in [t.strip().removeprefix("W/") for t in if_none_match.split(",")]


def _whole(
    endpoint: Endpoint,
    answer: Answer,
    asked: Parsed,
    form: str,
    headers: dict[str, str],
    request: Request,
) -> Response:
    if answer.notes:
        headers["Clause-Nine-Notes"] = _header_text(" ".join(answer.notes))
    if form == "csv":
        table = answer.table()
        rows = slice(None) if endpoint.whole else _page(len(table), asked, headers, request)
        text, kind = csv_text(table.iloc[rows]), "text/csv; charset=utf-8"
    else:
        data = answer.data
        if not endpoint.whole:
            data = data[_page(len(data), asked, headers, request)]
        text, kind = json.dumps(data, ensure_ascii=False, allow_nan=False), "application/json"
    return Response(text, headers=headers, media_type=kind)


def _page(total: int, asked: Parsed, headers: dict[str, str], request: Request) -> slice:
    """Which rows of the answer are sent; the headers say how many there are, and where to go on."""
    offset, limit = asked.get("offset", 0), asked.get("limit")
    if limit is None and total - offset > MOST_ROWS:
        raise UsageError(
            f"The answer has {total:,} rows, more than {MOST_ROWS:,}. Ask for fewer periods or "
            "slices, or for pages with limit and offset."
        )
    headers["X-Total-Count"] = str(total)
    end = total if limit is None else min(total, offset + limit)
    if end < total:
        kept = [(k, v) for k, v in request.query_params.multi_items() if k != "offset"]
        query = urlencode([*kept, ("offset", str(end))])
        headers["Link"] = f'<?{query}>; rel="next"'
    return slice(offset, end)


def _header_text(text: str) -> str:
    """A sentence as a header can carry it: one line, and nothing beyond Latin letters."""
    return one_line(text).encode("ascii", "replace").decode()[:1000]


async def _described(_request: Request) -> Response:
    return Response(
        json.dumps(description(), ensure_ascii=False, indent=1),
        headers={"Cache-Control": "no-cache"},
        media_type="application/json",
    )


async def _nowhere(request: Request) -> Response:
    if request.method != "GET":
        return problem(RefusedError(405, "This API is read-only.", {"Allow": "GET, HEAD"}))
    known = ", ".join(BASE + e.path for e in endpoints())
    says = f"There is nothing at {one_line(request.url.path)}. There are: {known}."
    return problem(RefusedError(404, says))
