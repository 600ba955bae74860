"""The address of a page carries its choices, so that a link opens what its sender saw.

Pure functions between the parameters of an address and ``Filters``; no screen, no session.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Final

from kpi.analysis.results import Filters
from kpi.datasets import DIMENSIONS

PERIODS: Final = ("month", "week", "day", "quarter", "year", "fiscal")
"""Periods offered on the pages, the usual one first."""

EXTRAS: Final = (
    "kpi",
    "by",
    "rows",
    "tab",
    "since",
    "until",
    "event",
    "characteristic",
    "record",
    "source",
    "view",
)
"""What a single page adds: the KPI, the dimension it is split by, the period of its rows, the tab
that is open, the two periods compared, the event looked at, the characteristic measured, the record
that is open, the record that a new one answers to, the part of a page that is shown."""

KEYS: Final = (*DIMENSIONS, "period", "from", "to", "as-of", "ledger", *EXTRAS)

_WHOLE: Final = re.compile(r"[0-9]{1,9}")

Parameters = Mapping[str, Sequence[str]]


def known(parameters: Parameters) -> dict[str, list[str]]:
    """Those parameters that are ours and not empty."""
    return {
        key: kept
        for key in KEYS
        if (kept := [value for value in parameters.get(key, ()) if value])
    }  # fmt: skip


def read(parameters: Parameters) -> Filters:
    """The filters an address asks for; what cannot be read is as if it were not there."""
    where = tuple(
        (dimension, value) for dimension in DIMENSIONS for value in parameters.get(dimension, ())
    )
    period = _first(parameters, "period")
    ledger = _first(parameters, "ledger")
    return Filters(
        where=where,
        period=period if period in PERIODS else "month",
        first=_day(_first(parameters, "from")),
        last=_day(_first(parameters, "to")),
        as_of=_day(_first(parameters, "as-of")),
        ledger=int(ledger) if _WHOLE.fullmatch(ledger) else None,
    )


def write(filters: Filters, extras: Mapping[str, str] | None = None) -> dict[str, list[str]]:
    """The parameters that bring these filters back; what is as usual is left out."""
    found: dict[str, list[str]] = {}
    for dimension, value in filters.where:
        found.setdefault(dimension, []).append(value)
    single = {
        "period": "" if filters.period == "month" else filters.period,
        "from": filters.first.isoformat() if filters.first else "",
        "to": filters.last.isoformat() if filters.last else "",
        "as-of": filters.as_of.isoformat() if filters.as_of else "",
        "ledger": "" if filters.ledger is None else str(filters.ledger),
        **(extras or {}),
    }
    found.update({key: [value] for key, value in single.items() if value})
    return known(found)


def _first(parameters: Parameters, key: str) -> str:
    return next(iter(parameters.get(key, ())), "")


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
