"""The questions of the HTTP API, one line each: path, parameters, answer, and the shape it has."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from kpi.analysis.home import Home
from web import api_answers
from web.api_answers import Answer
from web.api_questions import (
    COMMON,
    Parameter,
    Parsed,
    chart_parameters,
    day_parameter,
    series_parameters,
)

BASE: Final = "/api/v1"

Schema = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One question: ``path`` is below ``BASE``, ``item`` the schema of one row of the answer.

    ``whole``: the answer is one object and no list of rows, so it has no pages.
    """

    path: str
    says: str
    answer: Callable[[Home, Parsed], Answer]
    item: Schema
    parameters: tuple[Parameter, ...] = ()
    whole: bool = False

    @property
    def every_parameter(self) -> tuple[Parameter, ...]:
        """Those of the question, and those that every question takes."""
        return (*self.parameters, *(COMMON[:1] if self.whole else COMMON))


def _of(kind: str) -> dict[str, Any]:
    return {"type": kind}


def _or_null(kind: str, **more: Any) -> dict[str, Any]:
    return {"type": [kind, "null"], **more}


def _object(properties: Mapping[str, Schema], *, more: bool = False) -> dict[str, Any]:
    found: dict[str, Any] = {"type": "object", "properties": dict(properties)}
    return found | {"required": list(properties), "additionalProperties": more}


def _list(items: Schema) -> dict[str, Any]:
    return {"type": "array", "items": dict(items)}


_TEXT, _NUMBER, _WHOLE = _of("string"), _or_null("number"), _of("integer")
_TEXTS: Final = _list(_TEXT)
_PAIRS: Final = _list({"type": "array", "items": _TEXT, "minItems": 2, "maxItems": 2})

STATUS: Final = _object(
    {
        "position": _WHOLE,
        "feeds": _list(
            _object(
                {
                    "feed": _TEXT, "datasets": _TEXTS, "plant": _or_null("string"),
                    "uploads": _WHOLE,
                    "last_upload": _or_null("string", format="date-time"),
                    "data_date": _or_null("string", format="date"),
                }
            )
        ),
        "missing": _TEXTS,
    }
)  # fmt: skip

KPI: Final = _object(
    {
        "id": _TEXT, "title": _TEXT, "definition": _TEXT, "unit": _TEXT, "better": _TEXT,
        "numerator": _or_null("string"), "denominator": _or_null("string"), "chart": _TEXT,
        "clauses": _TEXTS, "source": _TEXT, "version": {"type": ["string", "integer"]},
        "domain": _TEXT, "needs": {},
    }
)  # fmt: skip

DIMENSION: Final = _object({"dimension": _TEXT, "value": _TEXT})

_CHARTED: Final = {
    "center": _or_null("number"), "lcl": _or_null("number"), "ucl": _or_null("number"),
    "signals": _TEXTS, "phase": _or_null("integer"), "excluded": _TEXT,
}  # fmt: skip

POINT: Final = {
    **_object(
        {
            "period": _TEXT, "numerator": _NUMBER, "denominator": _NUMBER, "value": _NUMBER,
            "unit": _TEXT, "state": _TEXT, "reason": _or_null("string"),
            "report_date": _or_null("string", format="date"), "ledger": _WHOLE,
            "head": _TEXT,
        },
        more=True,
    ),
    "description": "One period of one slice. Beside these it has the dimensions it is split by "
    "(and their names, where codes have names) and, with a chart, center, lcl, ucl, signals, "
    "phase and excluded. value is in unit, unrounded; null where there is none, and reason says why. head is the audit "
    "trail's, as packs print it.",
}  # fmt: skip

CHART: Final = _object(
    {
        "kpi": _TEXT, "unit": _TEXT, "slice": _PAIRS, "period": _TEXT, "chart": _TEXT,
        "chart_reason": _TEXT, "convention": _TEXT, "variation": _TEXT, "assurance": _TEXT,
        "assurance_words": _TEXT,
        "says": _TEXT, "target": _NUMBER, "phase_since": _or_null("string"), "notes": _TEXTS,
        "points": _list(POINT | {
            "properties": {**POINT["properties"], **_CHARTED},
            "required": [*POINT["required"], *_CHARTED],
        }),
    }
)  # fmt: skip

OUTLOOK: Final = {
    "type": ["object", "null"],
    "description": "What comes next, and how likely the target is; null without a due date. state "
    "tells whether it can be said; the forecast lies between low and high eight times out of ten.",
    "properties": {
        "state": _TEXT, "sentence": _TEXT, "median": _NUMBER, "low": _NUMBER, "high": _NUMBER,
        "probability": _NUMBER, "due_period": _or_null("string"), "notes": _TEXTS,
    },
    "required": ["state", "sentence", "median", "low", "high", "probability"],
}  # fmt: skip

TARGET: Final = _object(
    {
        "kpi": _TEXT, "slice": {"type": "object", "additionalProperties": _TEXT},
        "value": _of("number"), "valid_from": {"type": "string", "format": "date"},
        "due": _or_null("string", format="date"), "who": _TEXT, "why": _TEXT, "outlook": OUTLOOK,
    }
)  # fmt: skip


_DAY: Final = {"type": "string", "format": "date"}

OBJECTIVE: Final = _object(
    {
        "id": _TEXT, "title": _TEXT, "kpi": _TEXT, "slice": _PAIRS, "window": _TEXT,
        "unit": _or_null("string"), "target": _NUMBER, "target_words": _TEXT, "start": _DAY,
        "due": _DAY, "baseline": _NUMBER, "owner": _TEXT, "parent": _or_null("string"),
        "depth": _WHOLE, "status": _TEXT, "standing": _TEXT, "reason": _TEXT,
        "expected": _or_null("string"), "probability": _NUMBER, "now": _NUMBER,
        "now_month": _or_null("string"), "now_words": _TEXT,
        "steps": _list(
            _object(
                {
                    "day": _DAY, "level": _NUMBER, "reached": _or_null("boolean"), "says": _TEXT,
                }
            )
        ),
        "milestones": _list(
            _object({"what": _TEXT, "due": _or_null("string"), "done": _or_null("string")})
        ),
        "missing": _TEXTS, "version": _WHOLE, "who": _TEXT,
        "when": {"type": "string", "format": "date-time"},
    }
)  # fmt: skip


@cache
def endpoints() -> tuple[Endpoint, ...]:
    """Every question there is. This is the only place to add one."""
    return (
        Endpoint(
            "/status", "What is in force, how fresh it is, and what is missing.",
            api_answers.status, STATUS, whole=True,
        ),
        Endpoint("/kpis", "The catalogue of KPIs.", api_answers.kpis, KPI),
        Endpoint(
            "/dimensions", "The plants, lines, products and so on that there are.",
            api_answers.dimensions, DIMENSION,
        ),
        Endpoint(
            "/series/{kpi}", "A KPI per period and slice, with numerator and denominator.",
            api_answers.series, POINT, (*series_parameters(), *chart_parameters(None)),
        ),
        Endpoint(
            "/charts/{kpi}", "The control charts of a KPI: limits, signals, and what they say.",
            api_answers.charts, CHART, (*series_parameters(), *chart_parameters("auto")),
        ),
        Endpoint(
            "/objectives", "Quality objectives: what was agreed, how each stands, and its forecast.",
            api_answers.objectives, OBJECTIVE, (day_parameter(),),
        ),
        Endpoint(
            "/targets", "Targets, and whether those with a due date will be met.",
            api_answers.targets, TARGET,
        ),
    )  # fmt: skip
