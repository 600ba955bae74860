"""The API's description as OpenAPI 3.1, made from the same declarations that answer requests."""

from functools import cache
from typing import Any, Final

from web.api_endpoints import BASE, Endpoint, endpoints
from web.api_questions import Parameter

_REFUSALS: Final = {
    "304": "Nothing changed since the answer with this ETag.",
    "400": "The question cannot be asked like that; detail says why.",
    "401": "No token, or none in force.",
    "403": "The token's role does not reach so far.",
    "404": "There is no such KPI.",
    "406": "Neither JSON nor CSV is wanted.",
    "422": "A parameter cannot be read; detail says which and what it takes.",
    "429": "The same wrong token too often.",
    "500": "Something unforeseen; detail gives a reference for the server's log.",
    "503": "Busy, or the facts cannot be read; ask again after Retry-After seconds.",
}

_PROBLEM: Final = {
    "type": "object",
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "A sentence: what is wrong, and what to do."},
    },
    "required": ["type", "title", "status", "detail"],
}


@cache
def description() -> dict[str, Any]:
    """The whole description, as plain data."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Clause Nine",
            "version": "1",
            "description": "Quality KPIs with what they rest on. Read-only; the same numbers as on "
            "the pages and the command line.",
        },
        "servers": [{"url": BASE}],
        "security": [{"bearer": []}, {"basic": []}, {}],
        "paths": {e.path: {"get": _operation(e)} for e in endpoints()},
        "components": {
            "schemas": {"Problem": _PROBLEM},
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer"},
                "basic": {
                    "type": "http",
                    "scheme": "basic",
                    "description": "Any user name, and the token as the password.",
                },
            },
        },
    }


def _operation(endpoint: Endpoint) -> dict[str, Any]:
    schema = endpoint.item if endpoint.whole else {"type": "array", "items": endpoint.item}
    without_path = "{" not in endpoint.path
    return {
        "operationId": endpoint.path.strip("/").split("/")[0],
        "summary": endpoint.says,
        "parameters": [_parameter(p) for p in endpoint.every_parameter],
        "responses": {
            "200": {
                "description": endpoint.says,
                "headers": _HEADERS if not endpoint.whole else {"ETag": _HEADERS["ETag"]},
                "content": {
                    "application/json": {"schema": schema},
                    "text/csv": {"schema": {"type": "string"}},
                },
            },
            **{
                status: _refusal(status, says)
                for status, says in _REFUSALS.items()
                if not (without_path and status == "404")
            },
        },
    }


_HEADERS: Final[dict[str, Any]] = {
    "ETag": {"schema": {"type": "string"}},
    "X-Total-Count": {
        "description": "Rows of all pages together.",
        "schema": {"type": "integer"},
    },
    "Clause-Nine-Notes": {
        "description": "What the whole answer rests on, where there is something to say.",
        "schema": {"type": "string"},
    },
    "Link": {"description": "The next page, where there is one.", "schema": {"type": "string"}},
}


def _refusal(status: str, says: str) -> dict[str, Any]:
    if status == "304":
        return {"description": says}
    schema = {"$ref": "#/components/schemas/Problem"}
    return {"description": says, "content": {"application/problem+json": {"schema": schema}}}


def _parameter(parameter: Parameter) -> dict[str, Any]:
    schema = dict(parameter.schema)
    if parameter.repeated:
        schema = {"type": "array", "items": schema}
    found: dict[str, Any] = {
        "name": parameter.name,
        "in": "path" if parameter.in_path else "query",
        "required": parameter.in_path,
        "description": parameter.says,
        "schema": schema,
    }
    if parameter.repeated:
        found |= {"style": "form", "explode": True}
    if parameter.example:
        found["example"] = [parameter.example] if parameter.repeated else parameter.example
    return found
