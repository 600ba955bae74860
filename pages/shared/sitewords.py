"""The settings in force, in words: what a plant engineer reads instead of names of fields."""

from collections.abc import Iterable
from dataclasses import fields, is_dataclass
from datetime import date, time
from typing import Any, Final

from kpi.settings import WEEKDAYS, PlantSettings, Settings, Shift, to_document, to_toml

LABELS: Final = {
    "default_plant": "Plant of files that name none",
    "company": "Company",
    "template": "Design of the decks",
    "language": "Language",
    "currency": "Currency",
    "produced": "What the produced quantity of a file means",
    "due_date": "Due date that counts",
    "due_when_no_promise": "Where there is no promise",
    "early_days": "Days early still on time",
    "late_days": "Days late still on time",
    "days": "Counted in",
    "in_full_tolerance": "May lack and still be in full (%)",
    "on_hold_counts": "Items on hold count",
    "late_date": "Date that is compared",
    "short_delivery": "A delivery short of the order",
    "changeover_is_loss": "Changeovers are a loss",
    "no_demand_is_planned": "Time without demand is planned time",
    "micro_stop_min": "A micro-stop is shorter than (minutes)",
    "merge_gap_min": "Stops closer than this are one (minutes)",
    "mtbf_denominator": "MTBF divides by",
    "reasons": "Reasons of stops and their class",
    "kind": "Fiscal year made of",
    "start_month": "First month of the fiscal year",
    "start_weekday": "Weeks begin on",
    "anchor": "Week-based years are anchored",
    "named_after": "A fiscal year is named after its",
    "production_day_start": "The production day starts at",
    "shifts": "Shifts",
    "planned_minutes": "Planned minutes, Monday to Sunday",
    "line_minutes": "Planned minutes of single lines",
    "closed_days": "Closed days",
    "time_zone": "Time zone",
    "planned_from": "The calendar holds from",
}
"""What each setting is called; one that is not here goes by its own name."""

GROUPS: Final = {"delivery": "Delivery", "downtime": "Downtime", "fiscal": "Fiscal calendar"}

Section = tuple[str, list[tuple[str, str]]]


def settings_in_words(settings: Settings) -> list[Section]:
    """The plants' calendars first, then what holds for all; each a title and its lines."""
    calendars = [_plant(plant) for plant in settings.plants]
    common = ("Every other plant" if calendars else "Every plant", _lines(settings.every_plant))
    groups = [(title, _lines(getattr(settings, name))) for name, title in GROUPS.items()]
    return [*calendars, common, *groups, ("General", _lines(settings))]


def calendar_example(plants: Iterable[str], year: int) -> str:
    """Lines for ``settings.toml`` that say when plants work, to be changed to what is true."""
    shifts = (Shift("Early", time(6), time(14)), Shift("Late", time(14), time(22)))
    closed = frozenset({date(year, 1, 1), date(year, 12, 25), date(year, 12, 26)})
    own = tuple(PlantSettings(name, time(6), shifts, closed_days=closed) for name in plants)
    return to_toml(to_document(Settings(plants=own)))


def _plant(plant: PlantSettings) -> Section:
    return plant.name, _lines(plant)


def _lines(part: Any) -> list[tuple[str, str]]:
    return [
        (LABELS.get(field.name, field.name.replace("_", " ")), _in_words(field.name, value))
        for field in fields(part)
        if field.name not in ("name", "plants", "origins")
        and not is_dataclass(value := getattr(part, field.name))
    ]


def _in_words(name: str, value: Any) -> str:
    if value is None or value in ((), frozenset(), ""):
        return "not set"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, time):
        return f"{value:%H:%M}"
    if name == "start_weekday":
        return WEEKDAYS[value].capitalize()
    if isinstance(value, frozenset):
        return ", ".join(sorted(str(item) for item in value))
    if isinstance(value, tuple):
        return "; ".join(_item(item) for item in value)
    return f"{value:g}" if isinstance(value, float) else str(value)


def _item(item: Any) -> str:
    if isinstance(item, Shift):
        days = ", ".join(WEEKDAYS[day].capitalize() for day in item.weekdays)
        return f"{item.name} {item.start:%H:%M} to {item.end:%H:%M}, {days}"
    if isinstance(item, tuple) and isinstance(item[1], str):
        return f"{item[0]}: {item[1]}"
    if isinstance(item, tuple):
        return f"{item[0]}: {' '.join(f'{minutes:g}' for minutes in item[1])}"
    return f"{item:g}" if isinstance(item, float) else str(item)
