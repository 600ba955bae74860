"""Site settings: defaults, then one TOML file, then the environment.

Every choice a definition leaves to the site (spec: "Site choices") is written here once, with its
default. All classes are frozen and hashable, so that settings may be part of a cache key.
"""

import hashlib
import json
import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import date, time
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from kpi.errors import UsageError

FILE_NAME: Final = "settings.toml"
ENVIRONMENT_PREFIX: Final = "KPI_"
WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MINUTES_PER_DAY: Final = 1440

STOP_CLASSES: Final = ("planned", "changeover", "unplanned", "no_demand")
"""What the reason of a stop may be, by the site's own word."""

DUE_DATES: Final = ("promise", "request", "first_promise")

Week = tuple[float, ...]
"""Planned minutes on Monday to Sunday, seven numbers."""


@dataclass(frozen=True, slots=True)
class Shift:
    """A shift as the plant runs it; one that ends at or before its start ends on the next day."""

    name: str
    start: time
    end: time
    weekdays: tuple[int, ...] = (0, 1, 2, 3, 4)

    @property
    def minutes(self) -> int:
        """Length by the clock on the wall, 1 to 1440 minutes."""
        begin = self.start.hour * 60 + self.start.minute
        finish = self.end.hour * 60 + self.end.minute
        return (finish - begin - 1) % MINUTES_PER_DAY + 1


@dataclass(frozen=True, slots=True)
class PlantSettings:
    """What is particular to one plant.

    ``planned_minutes`` (Monday to Sunday, per line or machine) takes precedence over the minutes
    of the shifts; ``line_minutes`` over both, for the lines it names. Neither: no calendar is
    known, so nothing is clipped and no day counts as not scheduled. ``planned_from`` is the first
    day the calendar holds for; before it nothing is known.
    """

    name: str = ""
    production_day_start: time = time(0, 0)
    shifts: tuple[Shift, ...] = ()
    planned_minutes: Week | None = None
    line_minutes: tuple[tuple[str, Week], ...] = ()
    closed_days: frozenset[date] = frozenset()
    time_zone: str | None = None
    planned_from: date | None = None

    @property
    def has_calendar(self) -> bool:
        """Whether planned time is stated for the plant as a whole."""
        return bool(self.shifts) or self.planned_minutes is not None

    def week(self, line: str | None = None) -> Week | None:
        """Planned minutes Monday to Sunday of a line (``None``: any line); ``None``: not stated."""
        for name, minutes in self.line_minutes:
            if line is not None and name == line:
                return minutes
        if self.planned_minutes is not None:
            return self.planned_minutes
        if self.shifts:
            return tuple(
                float(min(MINUTES_PER_DAY, sum(s.minutes for s in self.shifts if d in s.weekdays)))
                for d in range(7)
            )
        return None


@dataclass(frozen=True, slots=True)
class FiscalCalendar:
    """The fiscal year.

    ``months``: twelve calendar months from ``start_month``. ``445``, ``454``, ``544``: weeks in
    the months of a quarter; ``13``: thirteen periods of four weeks. Week-based years begin on
    ``start_weekday`` nearest to the first of ``start_month``, or (``anchor = "last"``) end on the
    last such weekday eve before it; so every five or six years has 53 weeks, and the extra week
    belongs to the last period. A fiscal year is named after the calendar year it ends in
    (``named_after = "end"``) or starts in.
    """

    kind: str = "months"
    start_month: int = 1
    start_weekday: int = 0
    anchor: str = "nearest"
    named_after: str = "end"


@dataclass(frozen=True, slots=True)
class Delivery:
    """What counts as on time and in full."""

    due_date: str = "promise"
    due_when_no_promise: str = "request"  # request | unknown
    early_days: int | None = None  # None: any early delivery is on time
    late_days: int = 0
    days: str = "calendar"  # calendar | working
    in_full_tolerance: float = 0.0  # per cent of the ordered quantity that may lack
    on_hold_counts: bool = False
    late_date: str = "delivered"  # delivered (else shipped) | shipped
    short_delivery: str = "as_stated"  # as_stated | open (the rest is to come) | final


@dataclass(frozen=True, slots=True)
class Downtime:
    """What counts as a stop, a loss and a failure."""

    changeover_is_loss: bool = True
    no_demand_is_planned: bool = False  # whether time without demand is planned busy time
    micro_stop_min: float = 5.0  # shorter stops are micro-stops
    merge_gap_min: float = 0.0  # stops of one machine closer than this are one stop
    mtbf_denominator: str = "failures"  # failures | failures_plus_one
    reasons: tuple[tuple[str, str], ...] = ()  # the site's own words: reason, its class


@dataclass(frozen=True, slots=True)
class Costs:
    """What a loss costs where the data do not say so themselves; ``None``: not known.

    In ``currency``, or in the site's own where that is not set.
    """

    scrap_piece: float | None = None
    rework_piece: float | None = None
    downtime_hour: float | None = None
    late_line: float | None = None  # an order line delivered late
    complaint: float | None = None
    currency: str | None = None


@dataclass(frozen=True, slots=True)
class Screening:
    """What is worth acting on: a change that costs more than this a month."""

    act_above_money: float = 0.0
    act_above_hours: float = 0.0


@dataclass(frozen=True, slots=True)
class RecordLimits:
    """How long records may wait before an auditor would ask, in days.

    No standard names a number; these are what is usual, and a site may set its own.
    """

    finding_days: int = 90  # an answered finding, until somebody verified and closed it
    check_planned_days: int = 270  # from an action done to the check of its effect
    check_late_days: int = 30  # from the planned day of a check to the decision


@dataclass(frozen=True, slots=True)
class SignInRules:
    """How long a sign-in lasts, who is let in first, and whom the others ask.

    Where sign-in is configured and no administrator of every plant is there yet, whoever signs in
    with the verified address ``administrator`` becomes one.
    """

    session_hours: float = 12.0
    administrator: str = ""
    contact: str = ""


@dataclass(frozen=True, slots=True)
class Log:
    """What the log of server and command line says, and in which form.

    ``format``: ``json`` is a JSON object a line, ``plain`` is for eyes, ``auto`` is plain on a
    terminal and JSON elsewhere. ``addresses``: whether requests are logged with the address they
    come from, which is personal data.
    """

    level: str = "info"
    format: str = "auto"
    addresses: bool = False


@dataclass(frozen=True, slots=True)
class Retention:
    """How long uploads are kept before ``python -m kpi retention`` lists them as due; ``None``: for ever.

    Nothing is deleted by it: an administrator purges what is due.
    """

    upload_years: float | None = None


@dataclass(frozen=True, slots=True)
class Capacity:
    """How many may use one server process at once before newcomers meet the busy page.

    ``None`` is what follows from the processor cores and from the sessions.
    """

    sessions: int | None = None
    sessions_each: int | None = None
    running: int | None = None


@dataclass(frozen=True, slots=True)
class Database:
    """Where ledger and records are kept: empty for a file in the home, else a PostgreSQL server.

    ``url`` never holds a password: that comes from the environment (``database_password``).
    """

    url: str = ""


@dataclass(frozen=True, slots=True)
class Mail:
    """The mail server that the digest goes to. Its password comes from the environment.

    ``security``: ``starttls`` begins in the clear and turns to TLS before anything is said, ``tls``
    speaks TLS from the start, ``none`` is for a server on the same machine. ``port`` not set: the
    usual one of each.
    """

    host: str = ""
    port: int | None = None
    security: str = "starttls"
    user: str = ""
    sender: str = ""
    address: str = ""  # of the dashboard, for links


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything in force for one home."""

    default_plant: str = "Plant"
    company: str = ""
    template: str | None = None  # a file in the home's folder templates
    language: str = "en"
    currency: str | None = None
    produced: str = "gross"  # gross: as stated; good: the column holds good pieces, scrap is added
    delivery: Delivery = Delivery()
    downtime: Downtime = Downtime()
    fiscal: FiscalCalendar = FiscalCalendar()
    costs: Costs = Costs()
    screening: Screening = Screening()
    records: RecordLimits = RecordLimits()
    sign_in: SignInRules = SignInRules()
    log: Log = Log()
    retention: Retention = Retention()
    capacity: Capacity = Capacity()
    database: Database = Database()
    mail: Mail = Mail()
    every_plant: PlantSettings = PlantSettings()  # what holds where a plant says nothing else
    plants: tuple[PlantSettings, ...] = ()
    origins: tuple[tuple[str, str], ...] = field(default=(), compare=False)

    def plant(self, name: str | None) -> PlantSettings:
        """The settings of a plant; those of every plant where it has none of its own."""
        for known in self.plants:
            if known.name == name:
                return known
        return replace(self.every_plant, name=name or "")

    def signature(self) -> str:
        """A short hash of all that can change a figure; equal settings have equal signatures."""
        return _signature(self)

    def explain(self) -> tuple[tuple[str, str, str], ...]:
        """Key, value, and where it comes from (default, a file, a variable), for ``doctor``."""
        origins = dict(self.origins)
        return tuple(
            (key, _shown(value), origins.get(key, "default"))
            for key, value in _flatten(to_document(self, complete=True)).items()
        )


@lru_cache(maxsize=64)
def _signature(settings: Settings) -> str:
    kept = {f.name: getattr(settings, f.name) for f in fields(settings) if f.name not in _NO_FIGURE}
    return hashlib.sha256(repr(_plain(kept)).encode()).hexdigest()[:16]


_NO_FIGURE: Final = frozenset(
    {
        "origins", "language", "company", "template", "costs", "screening", "records", "sign_in", "log",
        "retention",
        "capacity", "database", "mail",
    }
)  # fmt: skip


def load_settings(home: Path, environ: Mapping[str, str] = os.environ) -> Settings:
    """The settings of a home: defaults, its ``settings.toml``, then ``KPI_*`` variables.

    A variable names a key with two underscores for each dot: ``KPI_DELIVERY__LATE_DAYS=2``.
    ``KPI_HOME`` and other variables that are no setting are left alone.

    Raises
    ------
    UsageError
        The file cannot be read, or a key in it is unknown or has a wrong value; the message names
        file and key.
    """
    from kpi.settings.document import known_keys, parse

    path = Path(home) / FILE_NAME
    document = _read_toml(path) if path.is_file() else {}
    origins = dict.fromkeys(_flatten(document), FILE_NAME)
    plants = {k: document.pop(k) for k in ("plants",) if k in document}
    settings = parse(document, Settings(), where=str(path))
    for name in sorted(environ):
        key = name.removeprefix(ENVIRONMENT_PREFIX).lower().replace("__", ".")
        if not name.startswith(ENVIRONMENT_PREFIX) or key not in known_keys():
            continue
        settings = parse(_nested(key, environ[name]), settings, where=name, text=True)
        origins[key] = name
    settings = parse(plants, settings, where=str(path))  # last: plants inherit what holds for all
    return replace(settings, origins=tuple(sorted(origins.items())))


LARGEST_BYTES: Final = 1 << 20


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        if path.stat().st_size > LARGEST_BYTES:
            raise UsageError(f"{path} is larger than 1 MB, which no settings file is. Mend it.")
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise UsageError(f"{path} is not a readable settings file: {error}. Mend it.") from error
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}.") from error


def database_password(environ: Mapping[str, str] = os.environ) -> str | None:
    """The password of the database server, which is no setting; ``None`` leaves it to libpq.

    That looks in ``PGPASSWORD``, a password file and a service file.
    """
    return environ.get("KPI_DATABASE_PASSWORD") or None


def mail_password(environ: Mapping[str, str] = os.environ) -> str:
    """The password of the mail server, which is no setting; empty where none is given."""
    return environ.get("KPI_MAIL_PASSWORD", "")


def save_settings(home: Path, settings: Settings) -> Path:
    """Write what differs from the defaults to ``settings.toml``, aside and renamed; its path."""
    path = Path(home) / FILE_NAME
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".{FILE_NAME}.{os.getpid()}")
    with aside.open("w", encoding="utf-8") as file:
        file.write(to_toml(to_document(settings)))
        file.flush()
        os.fsync(file.fileno())
    aside.replace(path)
    return path


def to_document(settings: Settings, *, complete: bool = False) -> dict[str, Any]:
    """The settings as nested plain values; only what differs from the default, unless complete."""
    document: dict[str, Any] = {}
    default = Settings()
    for name in ("default_plant", "company", "template", "language", "currency", "produced"):
        _put(document, name, getattr(settings, name), getattr(default, name), complete)
    for name in (
        "delivery",
        "downtime",
        "fiscal",
        "costs",
        "screening",
        "records",
        "sign_in",
        "log",
        "retention",
        "capacity",
        "database",
        "mail",
    ):
        mine, usual = getattr(settings, name), getattr(default, name)
        section: dict[str, Any] = {}
        for f in fields(mine):
            _put(section, f.name, getattr(mine, f.name), getattr(usual, f.name), complete)
        if "reasons" in section:  # a table of its own in the file
            section["reasons"] = dict(section["reasons"])
        _put(document, name, section, {}, False)
    general = _plant_document(settings.every_plant, PlantSettings(), complete)
    _put(document, "every_plant", general, {}, False)
    named = {p.name: _plant_document(p, settings.every_plant, complete) for p in settings.plants}
    _put(document, "plants", named, {}, False)
    return document


def _put(section: dict[str, Any], name: str, value: object, usual: object, complete: bool) -> None:
    if complete or value != usual:
        section[name] = value


def _plant_document(plant: PlantSettings, usual: PlantSettings, complete: bool) -> dict[str, Any]:
    plain = {
        "production_day_start": plant.production_day_start.strftime("%H:%M"),
        "shifts": [
            {
                "name": s.name,
                "start": s.start.strftime("%H:%M"),
                "end": s.end.strftime("%H:%M"),
                "weekdays": [WEEKDAYS[d] for d in s.weekdays],
            }
            for s in plant.shifts
        ],
        "planned_minutes": None if plant.planned_minutes is None else list(plant.planned_minutes),
        "line_minutes": {line: list(week) for line, week in plant.line_minutes},
        "closed_days": sorted(plant.closed_days),
        "time_zone": plant.time_zone,
        "planned_from": plant.planned_from,
    }
    return {
        name: value
        for name, value in plain.items()
        if complete or getattr(plant, name) != getattr(usual, name)
    }


def to_toml(document: Mapping[str, Any]) -> str:
    """A document of plain values as TOML; ``None`` is left out (TOML has no word for it)."""
    lines: list[str] = []
    _write_table(lines, (), document)
    return "\n".join(lines).strip("\n") + "\n"


def _write_table(lines: list[str], path: tuple[str, ...], table: Mapping[str, Any]) -> None:
    tables = {k: v for k, v in table.items() if isinstance(v, Mapping)}
    plain = {k: v for k, v in table.items() if k not in tables and v is not None}
    if path and (plain or not tables):
        lines += ["", f"[{'.'.join(_key(part) for part in path)}]"]
    lines += [f"{_key(k)} = {_value(v)}" for k, v in plain.items()]
    for name, inner in tables.items():
        _write_table(lines, (*path, name), inner)


def _key(name: str) -> str:
    bare = name.replace("_", "").replace("-", "")
    return name if bare.isascii() and bare.isalnum() else json.dumps(name, ensure_ascii=False)


def _value(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{_key(k)} = {_value(v)}" for k, v in value.items()) + " }"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_value(v) for v in value) + "]"
    if isinstance(value, str):
        # JSON leaves DEL as it is, which TOML forbids in a string.
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    return str(value)


def _flatten(document: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for name, value in document.items():
        if isinstance(value, Mapping):
            flat |= _flatten(value, f"{prefix}{name}.")
        else:
            flat[f"{prefix}{name}"] = value
    return flat


def _nested(key: str, value: object) -> dict[str, Any]:
    for part in reversed(key.split(".")):
        value = {part: value}
    return value  # type: ignore[return-value]  # key has at least one part


def _plain(value: object) -> object:
    """Nested tuples in a fixed order, the same in every process."""
    if isinstance(value, Mapping):
        return tuple((k, _plain(v)) for k, v in sorted(value.items()))
    if isinstance(value, frozenset):
        return tuple(sorted(value))
    if isinstance(value, tuple):
        return tuple(_plain(v) for v in value)
    if isinstance(value, PlantSettings | Delivery | Downtime | FiscalCalendar | Shift):
        return tuple((f.name, _plain(getattr(value, f.name))) for f in fields(value))
    return value


def _shown(value: object) -> str:
    if value is None:
        return "not set"
    return value if isinstance(value, str) else _value(value)
