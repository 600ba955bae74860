"""What can be asked of the HTTP API: declared once, for routes, checks and description alike."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from kpi.errors import UsageError

Parsed = Mapping[str, Any]
"""The parameters asked for, by name, as values; repeated ones as tuples. Absent ones are missing."""


class ParameterError(UsageError):
    """A parameter that cannot be read, or that the question does not take."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter: how it is told apart, described, and turned into a value.

    ``read`` takes the text and raises ``ValueError`` with the end of the sentence
    "The parameter … takes …".
    """

    name: str
    says: str
    read: Callable[[str], Any]
    schema: Mapping[str, Any]
    repeated: bool = False
    in_path: bool = False
    example: str = ""


def day(text: str) -> date:
    """A date as ISO 8601 writes it.

    >>> day("2026-10-31")
    datetime.date(2026, 10, 31)
    """
    if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
        try:
            return date.fromisoformat(text)
        except ValueError:
            pass
    raise ValueError("a date, written as 2026-10-31")


def whole(most: int, least: int = 0) -> Callable[[str], int]:
    """A reader of whole numbers within bounds."""

    def read(text: str) -> int:
        if re.fullmatch(r"[0-9]{1,12}", text) and least <= int(text) <= most:
            return int(text)
        raise ValueError(f"a whole number from {least} to {most}")

    return read


def one_of(names: Iterable[str]) -> Callable[[str], str]:
    """A reader of one word of several."""
    known = tuple(names)

    def read(text: str) -> str:
        if text in known:
            return text
        raise ValueError(f"one of {', '.join(known)}")

    return read


def text(given: str) -> str:
    """Any text that is not empty."""
    if not given.strip():
        raise ValueError("a text that is not empty")
    return given.strip()


def names(given: str) -> tuple[str, ...]:
    """Names with commas between them."""
    found = tuple(name.strip() for name in given.split(",") if name.strip())
    if not found:
        raise ValueError("names with commas between them, such as plant,line")
    return found


def pair(given: str) -> tuple[str, str]:
    """A dimension and its value: ``line=Press 2``; an empty value is "not assigned"."""
    name, found, value = given.partition("=")
    if not found or not name.strip():
        raise ValueError("DIMENSION=VALUE, such as line=Press 2")
    return name.strip(), value.strip()


def baseline(given: str) -> int | tuple[str, str]:
    """A number of points, or the labels of two periods: ``12``, ``2025-01..2025-12``.

    >>> baseline("12"), baseline("2025-01..2025-12")
    (12, ('2025-01', '2025-12'))
    """
    first, dots, last = given.partition("..")
    if dots and first.strip() and last.strip():
        return first.strip(), last.strip()
    if re.fullmatch(r"[0-9]{1,6}", given) and int(given) > 0:
        return int(given)
    raise ValueError("a number of points or FROM..TO, such as 2025-01..2025-12")


MOST_ROWS: Final = 100_000
"""Rows of one answer. Nothing is cut off in silence: more must be paged, or asked more narrowly."""

_STRING: Final = {"type": "string"}
_DATE: Final = {"type": "string", "format": "date"}
_COUNT: Final = {"type": "integer", "minimum": 0}

FORMATS: Final = {"json": "application/json", "csv": "text/csv"}

DAY: Final = "on"
"""The parameter that names the day of an answer which differs from day to day."""

COMMON: Final = (
    Parameter(
        "format", "Instead of the Accept header: json or csv.", one_of(FORMATS),
        {"type": "string", "enum": list(FORMATS), "default": "json"},
    ),
    Parameter(
        "limit",
        f"Rows of this page. Without it the whole answer comes, or, beyond {MOST_ROWS:,} rows, a "
        "refusal.",
        whole(MOST_ROWS, 1), {**_COUNT, "minimum": 1, "maximum": MOST_ROWS},
    ),
    Parameter("offset", "Rows before this page.", whole(10**9), {**_COUNT, "default": 0}),
)  # fmt: skip
"""What every question takes."""


def kpi_parameter() -> Parameter:
    """The KPI in the path."""
    return Parameter(
        "kpi", "The id of a KPI, as /kpis lists them.", text, _STRING, in_path=True,
        example="scrap_rate",
    )  # fmt: skip


def day_parameter() -> Parameter:
    """The day an answer is of, where that makes a difference; ``DAY`` is filled in where it is left out."""
    return Parameter(
        DAY, "Judged as of this day; default: today (UTC).", day, _DATE, example="2026-10-31"
    )


def slice_parameters() -> tuple[Parameter, ...]:
    """Which facts, by which period, as they stood when."""
    from kpi.calendar import PERIODS

    return (
        Parameter(
            "period", "The grain.", one_of(PERIODS),
            {"type": "string", "enum": list(PERIODS), "default": "month"},
        ),
        Parameter(
            "where", "A slice: DIMENSION=VALUE. Repeat a dimension for OR, name several for AND.",
            pair, {"type": "string", "pattern": "^[^=]+=.*$"}, repeated=True, example="line=L1",
        ),
        Parameter("from", "First day.", day, _DATE, example="2026-01-01"),
        Parameter("to", "Last day.", day, _DATE, example="2026-10-31"),
        Parameter("as_of", "Report date; default: how far the data go.", day, _DATE),
        Parameter("ledger", "As the ledger stood at this position.", whole(10**9), _COUNT),
    )  # fmt: skip


def series_parameters() -> tuple[Parameter, ...]:
    """What a series is asked with."""
    by = Parameter("by", "Split by these dimensions, with commas between.", names, _STRING)
    return (kpi_parameter(), *slice_parameters(), by)


def chart_parameters(default: str | None) -> tuple[Parameter, ...]:
    """Which chart, from which points."""
    from kpi.analysis.series import CHART_NAMES

    kinds = ["auto", *CHART_NAMES]
    schema: dict[str, Any] = {"type": "string", "enum": kinds}
    if default:
        schema["default"] = default
    return (
        Parameter("chart", "The kind of control chart; adds limits and signals.", one_of(kinds), schema),
        Parameter(
            "baseline", "Points the limits come from: their number, or FROM..TO.", baseline, _STRING
        ),
    )  # fmt: skip


def parsed(declared: Iterable[Parameter], given: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """The parameters of a request as values.

    Raises
    ------
    ParameterError
        One cannot be read, comes twice, or is not known; the sentence says which and what it takes.
    """
    known = {p.name: p for p in declared}
    found: dict[str, Any] = {}
    for name, value in given:
        parameter = known.get(name)
        if parameter is None:
            raise ParameterError(
                f"There is no parameter {name!r} here. Known are: {', '.join(known)}."
            )
        try:
            read = parameter.read(value)
        except ValueError as takes:
            raise ParameterError(f"The parameter {name!r} takes {takes}, not {value!r}.") from None
        if parameter.repeated:
            found[name] = (*found.get(name, ()), read)
        elif name in found:
            raise ParameterError(f"The parameter {name!r} may be given once only.")
        else:
            found[name] = read
    return found
