"""Refusals and failures of the HTTP API: a status, and a sentence as a problem document (RFC 9457)."""

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

from starlette.responses import Response

from kpi import logs
from kpi.access import AccessDeniedError
from kpi.errors import KpiError, StoreError, UsageError
from web.api_questions import ParameterError

MEDIA_TYPE: Final = "application/problem+json"


class RefusedError(Exception):
    """A request that is not answered: why, in a sentence, with the status and headers it gets."""

    def __init__(self, status: int, says: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(says)
        self.status, self.says, self.headers = status, says, dict(headers or {})


def problem(refusal: RefusedError) -> Response:
    """The response that tells of a refusal."""
    document = {
        "type": "about:blank",
        "title": HTTPStatus(refusal.status).phrase,
        "status": refusal.status,
        "detail": refusal.says,
    }
    return Response(
        json.dumps(document, ensure_ascii=False),
        refusal.status,
        headers={"Cache-Control": "no-store", **refusal.headers},
        media_type=MEDIA_TYPE,
    )


def told(error: Exception) -> RefusedError:
    """What a client is told of an error: its sentence where it has one, else a reference number."""
    match error:
        case RefusedError():
            return error
        case ParameterError():
            return RefusedError(422, str(error))
        case UsageError():
            return RefusedError(400, str(error))
        case AccessDeniedError():
            return RefusedError(403, str(error))
        case StoreError():
            # Its sentence names folders of the server; `doctor` says it to whoever works there.
            says = (
                f"The facts cannot be read at the moment. Reference {logs.unexpected(error)}: the "
                "server's log tells where, and `doctor` why."
            )
            return RefusedError(503, says, {"Retry-After": "60"})
        case KpiError():
            return RefusedError(400, str(error))
    return RefusedError(
        500,
        f"Something failed here that was not foreseen. Reference {logs.unexpected(error)}: the "
        "server's log tells what.",
    )
