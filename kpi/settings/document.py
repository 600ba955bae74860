"""From plain values (a TOML document, a variable) to settings: every mistake named by key and file."""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, datetime, time
from difflib import get_close_matches
from functools import cache
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfo

from kpi.errors import UsageError
from kpi.settings import (
    DUE_DATES,
    STOP_CLASSES,
    WEEKDAYS,
    PlantSettings,
    Settings,
    Shift,
    Week,
)

Reader = Callable[[Any], Any]

_TEMPLATE: Final = re.compile(r"[^\W_.][^/\\:*?\"<>|\x00-\x1f\x7f]{0,150}\.pptx", re.IGNORECASE)

_MOST_MONEY: Final = 1e12
"""More than any loss costs: a limit against slips of the hand."""


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError("expected a text")
    return value.strip()


def _any_text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError("expected a text")
    return value.strip()


def _template(value: Any) -> str:
    """The name of a presentation; never a path, for it lies in the home and is backed up with it."""
    name = _text(value)
    if not _TEMPLATE.fullmatch(name):
        raise ValueError(
            'expected the name of a .pptx file in the home\'s folder "templates", such as '
            '"company.pptx"'
        )
    return name


def _flag(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    words = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
    if isinstance(value, str) and value.strip().lower() in words:
        return words[value.strip().lower()]
    raise ValueError("expected true or false")


def _whole(least: int, most: int) -> Reader:
    def read(value: Any) -> int:
        number = _number(least, most)(value)
        if number != int(number):
            raise ValueError("expected a whole number")
        return int(number)

    return read


def _number(least: float, most: float) -> Reader:
    def read(value: Any) -> float:
        expected = f"expected a number from {least:g} to {most:g}"
        if isinstance(value, bool) or not isinstance(value, int | float | str):
            raise ValueError(expected)
        try:
            number = float(value)
        except ValueError:
            raise ValueError(expected) from None
        if not least <= number <= most:
            raise ValueError(expected)
        return number

    return read


def _or_any(reader: Reader) -> Reader:
    def read(value: Any) -> Any:
        is_any = isinstance(value, str) and value.strip().lower() in ("any", "")
        return None if is_any else reader(value)

    return read


def _one_of(*words: str) -> Reader:
    def read(value: Any) -> str:
        if str(value) not in words:
            raise ValueError(f"expected one of {', '.join(words)}")
        return str(value)

    return read


def _weekday(value: Any) -> int:
    if isinstance(value, str) and value.strip().lower()[:3] in WEEKDAYS:
        return WEEKDAYS.index(value.strip().lower()[:3])
    return int(_whole(0, 6)(value))


def _clock(value: Any) -> time:
    if isinstance(value, time):
        return value.replace(second=0, microsecond=0, tzinfo=None)
    try:
        return time.fromisoformat(str(value).strip().zfill(5))
    except ValueError:
        raise ValueError('expected a time such as "06:00"') from None


def _day(value: Any) -> date:
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(str(value).strip())
    except ValueError:
        raise ValueError("expected a day such as 2026-01-31") from None


def _days(value: Any) -> frozenset[date]:
    given = value.split(",") if isinstance(value, str) else value
    if not isinstance(given, list):
        raise ValueError("expected a list of days")
    return frozenset(_day(v) for v in given)


def _week(value: Any) -> Week:
    """Seven numbers, a number for Monday to Friday, or minutes by weekday."""
    if isinstance(value, Mapping):
        given = {_weekday(k): float(_number(0, 1440)(v)) for k, v in value.items()}
        return tuple(given.get(d, 0.0) for d in range(7))
    given_list = value.split(",") if isinstance(value, str) else value
    if not isinstance(given_list, list) or len(given_list) != 7:
        raise ValueError("expected seven numbers, minutes on Monday to Sunday")
    return tuple(float(_number(0, 1440)(v)) for v in given_list)


def _lines(value: Any) -> tuple[tuple[str, Week], ...]:
    if not isinstance(value, Mapping):
        raise ValueError("expected minutes of Monday to Sunday per line")
    return tuple((str(line), _week(week)) for line, week in value.items())


def _shifts(value: Any) -> tuple[Shift, ...]:
    if not isinstance(value, list) or not all(isinstance(s, Mapping) for s in value):
        raise ValueError("expected a list of shifts, each with name, start and end")
    return tuple(_shift(s) for s in value)


def _shift(value: Mapping[str, Any]) -> Shift:
    unknown = set(value) - {"name", "start", "end", "weekdays"}
    if unknown or not {"name", "start", "end"} <= set(value):
        raise ValueError("a shift has name, start, end and, if not Monday to Friday, weekdays")
    shift = Shift(_text(value["name"]), _clock(value["start"]), _clock(value["end"]))
    if "weekdays" in value:
        shift = replace(shift, weekdays=tuple(_weekday(d) for d in value["weekdays"]))
    return shift


def _reasons(value: Any) -> tuple[tuple[str, str], ...]:
    """Reason -> class, from a table, or from text such as "Maintenance=planned, Jam=unplanned"."""
    if isinstance(value, str):
        pairs = [part.rsplit("=", 1) for part in value.split(",") if part.strip()]
        if any(len(pair) != 2 for pair in pairs):
            raise ValueError('expected pairs such as "Maintenance=planned"')
        value = {reason.strip(): name.strip() for reason, name in pairs}
    if not isinstance(value, Mapping):
        raise ValueError("expected a table of reasons and their classes")
    return tuple((str(reason), _one_of(*STOP_CLASSES)(name)) for reason, name in value.items())


def _zone(value: Any) -> str:
    try:
        ZoneInfo(_text(value))
    except (KeyError, OSError, ValueError):
        raise ValueError('expected a time zone such as "Europe/Berlin"') from None
    return _text(value)


def _currency(value: Any) -> str:
    code = _text(value).upper()
    if len(code) != 3 or not code.isalpha():
        raise ValueError("expected a currency code of three letters, such as EUR")
    return code


def _database_url(value: Any) -> str:
    """The address of a PostgreSQL database; one with a password is refused without quoting it."""
    url = _any_text(value)
    if not url:
        return ""
    try:
        parts = urlsplit(url)
        named = " ".join(parse_qs(parts.query, keep_blank_values=True)).casefold()
        secret = parts.password is not None or "password" in named
    except ValueError:
        parts, secret = urlsplit(""), "@" in url
    if secret:
        raise UsageError(
            "database.url holds a password. Settings are shown, recorded and backed up: take it out, "
            "and give it in the environment as KPI_DATABASE_PASSWORD."
        )
    if parts.scheme not in ("postgresql", "postgres") or not parts.path.strip("/"):
        raise ValueError('expected an address such as "postgresql://user@host:5432/database"')
    return url


_TOP: Final[Mapping[str, Reader]] = {
    "default_plant": _text,
    "company": _any_text,
    "template": _template,
    "language": _text,
    "currency": _currency,
    "produced": _one_of("gross", "good"),
}
_SECTIONS: Final[Mapping[str, Mapping[str, Reader]]] = {
    "delivery": {
        "due_date": _one_of(*DUE_DATES),
        "due_when_no_promise": _one_of("request", "unknown"),
        "early_days": _or_any(_whole(0, 365)),
        "late_days": _whole(0, 365),
        "days": _one_of("calendar", "working"),
        "in_full_tolerance": _number(0, 100),
        "on_hold_counts": _flag,
        "late_date": _one_of("delivered", "shipped"),
        "short_delivery": _one_of("as_stated", "open", "final"),
    },
    "downtime": {
        "changeover_is_loss": _flag,
        "no_demand_is_planned": _flag,
        "micro_stop_min": _number(0, 1440),
        "merge_gap_min": _number(0, 1440),
        "mtbf_denominator": _one_of("failures", "failures_plus_one"),
        "reasons": _reasons,
    },
    "costs": {
        "scrap_piece": _or_any(_number(0, _MOST_MONEY)),
        "rework_piece": _or_any(_number(0, _MOST_MONEY)),
        "downtime_hour": _or_any(_number(0, _MOST_MONEY)),
        "late_line": _or_any(_number(0, _MOST_MONEY)),
        "complaint": _or_any(_number(0, _MOST_MONEY)),
        "currency": _text,
    },
    "screening": {
        "act_above_money": _number(0, _MOST_MONEY),
        "act_above_hours": _number(0, _MOST_MONEY),
    },
    "records": {
        "finding_days": _whole(1, 3660),
        "check_planned_days": _whole(1, 3660),
        "check_late_days": _whole(0, 3660),
    },
    "sign_in": {
        "session_hours": _number(0.1, 24 * 90),
        "administrator": _any_text,
        "contact": _any_text,
    },
    "log": {
        "level": _one_of("debug", "info", "warning", "error"),
        "format": _one_of("auto", "json", "plain"),
        "addresses": _flag,
    },
    "retention": {"upload_years": _or_any(_number(0.1, 100))},
    "capacity": {
        "sessions": _or_any(_whole(1, 100_000)),
        "sessions_each": _or_any(_whole(1, 100_000)),
        "running": _or_any(_whole(1, 100_000)),
    },
    "database": {"url": _database_url},
    "mail": {
        "host": _any_text,
        "port": _or_any(_whole(1, 65_535)),
        "security": _one_of("starttls", "tls", "none"),
        "user": _any_text,
        "sender": _any_text,
        "address": _any_text,
    },
    "fiscal": {
        "kind": _one_of("months", "445", "454", "544", "13"),
        "start_month": _whole(1, 12),
        "start_weekday": _weekday,
        "anchor": _one_of("nearest", "last"),
        "named_after": _one_of("end", "start"),
    },
}
_PLANT: Final[Mapping[str, Reader]] = {
    "production_day_start": _clock,
    "shifts": _shifts,
    "planned_minutes": _week,
    "line_minutes": _lines,
    "closed_days": _days,
    "time_zone": _zone,
    "planned_from": _day,
}


@cache
def known_keys() -> frozenset[str]:
    """Every key a variable may set (all but those of single plants), with dots."""
    keys = set(_TOP) | {f"every_plant.{k}" for k in _PLANT}
    return frozenset(keys | {f"{s}.{k}" for s, known in _SECTIONS.items() for k in known})


def parse(
    document: Mapping[str, Any], base: Settings, *, where: str, text: bool = False
) -> Settings:
    """``base`` with what the document says put over it.

    ``where`` names the file or variable in messages; ``text``: the values come as text.

    Raises
    ------
    UsageError
        A key is unknown, or its value is not of the kind expected.
    """
    del text  # readers accept both
    reader = _Document(where)
    reader.check_names(document, [*_TOP, *_SECTIONS, "every_plant", "plants"], "")
    top = reader.values({k: v for k, v in document.items() if k in _TOP}, _TOP, "")
    for name, known in _SECTIONS.items():
        if name in document:
            values = reader.values(reader.table(document[name], name), known, f"{name}.")
            top[name] = replace(getattr(base, name), **values)
    settings = replace(base, **top)
    if "every_plant" in document:
        table = reader.table(document["every_plant"], "every_plant")
        general = replace(settings.every_plant, **reader.values(table, _PLANT, "every_plant."))
        settings = replace(settings, every_plant=general)
    if "plants" in document:
        plants = reader.table(document["plants"], "plants")
        named = tuple(reader.plant(name, plants[name], settings) for name in plants)
        kept = tuple(p for p in settings.plants if p.name not in plants)
        settings = replace(settings, plants=kept + named)
    return settings


class _Document:
    """Reads tables of one file, and names it in every complaint."""

    def __init__(self, where: str) -> None:
        self._where = where

    def table(self, value: Any, name: str) -> Mapping[str, Any]:
        if not isinstance(value, Mapping):
            raise UsageError(f"{self._where}: {name} is a table of settings, not {value!r}.")
        return value

    def check_names(self, given: Mapping[str, Any], known: list[str], prefix: str) -> None:
        for name in given:
            if name in known:
                continue
            near = get_close_matches(name, known, n=1)
            advice = f"Did you mean {prefix}{near[0]}?" if near else f"Known: {', '.join(known)}."
            raise UsageError(f"{self._where}: there is no setting {prefix}{name}. {advice}")

    def values(
        self, given: Mapping[str, Any], known: Mapping[str, Reader], prefix: str
    ) -> dict[str, Any]:
        self.check_names(given, list(known), prefix)
        return {
            name: self._value(prefix + name, value, known[name]) for name, value in given.items()
        }

    def plant(self, name: str, value: Any, settings: Settings) -> PlantSettings:
        prefix = f"plants.{name}."
        values = self.values(self.table(value, f"plants.{name}"), _PLANT, prefix)
        return replace(settings.plant(name), **values)

    def _value(self, key: str, value: Any, reader: Reader) -> Any:
        try:
            return reader(value)
        except ValueError as error:
            raise UsageError(f"{self._where}: {key} is {value!r}; {error}.") from error
