"""What is said of the measurement plan: dates, what is overdue, what is missing. Decides nothing."""

from datetime import date

from kpi.analysis import words
from kpi.analysis.measuring_days import period_at
from kpi.calendar import Period
from kpi.measures import Kpi
from kpi.qms.measurement import Analysis, Frequency, PlanEntry, Use
from kpi.qms.register import Recorded


def definition(item: PlanEntry, kpi: Kpi | None) -> str:
    """The version of the definition, and the agreed one where that is another."""
    if kpi is None:
        return "This KPI is not known any more."
    if item.definition and item.definition != kpi.version:
        return f"version {kpi.version} is in force; version {item.definition} was agreed"
    return f"version {kpi.version}"


def lacks(item: PlanEntry, kpi: Kpi | None, process: str) -> tuple[str, ...]:
    """What an auditor would miss, as sentences."""
    if item.status is not Use.ACTIVE:
        return ()
    changed = kpi is not None and item.definition and item.definition != kpi.version
    named = {
        "Its KPI is not known any more: its data were taken back, perhaps.": kpi is not None,
        f"The definition has changed since it was agreed: {definition(item, kpi)}.": not changed,
        "Nobody is named as its owner.": item.owner,
        "It names no process.": process,
        "It does not say where the records are kept.": item.kept,
    }
    return tuple(sentence for sentence, there in named.items() if not there)


def uploaded_words(uploaded: date | None, reach: date | None) -> str:
    """``3 November 2026, data up to 31 October 2026``."""
    if uploaded is None:
        return "never"
    told = words.date_words(uploaded)
    return f"{told}, data up to {words.date_words(reach)}" if reach else told


def analysed_words(latest: Recorded[Analysis] | None) -> str:
    """When, by whom, and what was concluded."""
    if latest is None:
        return "never"
    item = latest.item
    on = words.date_words(item.on) if item.on else ""
    return f"{on} by {item.owner}: {words.clipped(item.concluded, 120)}"


def not_analysed(due: Period, frequency: Frequency, latest: Recorded[Analysis] | None) -> str:
    """Which period nobody has looked at since it ended."""
    asked = f"{period_words(due, frequency)} should have been looked at"
    if latest is None or latest.item.on is None:
        return f"Analysis overdue: {asked}, and nobody ever did."
    return f"Analysis overdue: {asked}; the last time was {words.date_words(latest.item.on)}."


def period_words(period: Period, frequency: Frequency) -> str:
    """A period of the plan as a person says it."""
    if frequency is Frequency.HALF_YEARLY:
        return words.span_words(period.first, period.last)
    return words.period_words(period_at(period.first, frequency).label)
