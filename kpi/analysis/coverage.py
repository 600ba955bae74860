"""What is there, what is zero, what is missing: the coverage calendar, and the ledger's history."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Final

from kpi.analysis import words
from kpi.analysis.home import Home
from kpi.analysis.results import CoverageCalendar, CoverageCell, Filters, LedgerLine
from kpi.calendar import is_scheduled, month_bounds, months_between
from kpi.datasets import DATASETS
from kpi.measures import Kpi
from kpi.model import Coverage, State
from kpi.store import Entry
from kpi.texts import said

SHOWN: Final = (
    "production", "scrap", "downtime", "running_time", "order_item", "complaint", "measurement",
    "reported_value",
)  # fmt: skip
"""Datasets whose coverage is worth a row; shipments and names come along with others."""


def coverage_calendar(home: Home, filters: Filters) -> CoverageCalendar:
    """One cell per dataset, plant and month, from the first month with data to the last of any."""
    view = home.view(filters.ledger)
    counts = {d: view.month_rows(d) for d in SHOWN}
    seen = sorted({month for rows in counts.values() for _, month in rows})
    drawn = view.data_date()
    if not seen or drawn is None:
        return CoverageCalendar((), (), ())
    # Order items fall due after the data were drawn; nobody misses an upload of next year.
    months = months_between(seen[0], max(seen[0], min(seen[-1], drawn.strftime("%Y-%m"))))
    plants = [v for d, v in filters.where if d == "plant"]
    claimed = {d: view.coverage(d) for d in SHOWN}
    cells: list[CoverageCell] = []
    for dataset, rows in counts.items():
        for plant in sorted({p for p, _ in rows}):
            if not plants or plant in plants:
                cells.extend(_row(home, dataset, plant, months, rows, claimed[dataset]))
    return CoverageCalendar(tuple(months), tuple(cells), holes(cells))


def _row(
    home: Home,
    dataset: str,
    plant: str,
    months: Sequence[str],
    rows: Mapping[tuple[str, str], int],
    claimed: Iterable[Coverage],
) -> list[CoverageCell]:
    own = [m for p, m in rows if p == plant]
    first, last = min(own), max(months) if DATASETS[dataset].date else max(own)
    covered = [c for c in claimed if c.plant == plant]
    return [
        _cell(home, dataset, plant, month, rows.get((plant, month), 0), covered)
        for month in months
        if first <= month <= last
    ]


def _cell(
    home: Home, dataset: str, plant: str, month: str, rows: int, covered: list[Coverage]
) -> CoverageCell:
    start, end = month_bounds(month)
    when = words.period_words(month)
    if rows:
        state, says = State.VALUE, f"{rows:,} {'row' if rows == 1 else 'rows'}"
    elif any(c.first <= start and end <= c.last for c in covered):
        state, says = State.ZERO, "covered by an upload, no rows: zero"
    elif not is_scheduled(home.settings, plant, start, end):
        state, says = State.NOT_SCHEDULED, "not scheduled"
    else:
        state, says = State.MISSING, "never uploaded"
    title = DATASETS[dataset].title
    return CoverageCell(dataset, plant, month, state, rows, f"{title}, {plant}, {when}: {says}.")


def holes(cells: Iterable[CoverageCell]) -> tuple[str, ...]:
    """A sentence per dataset and plant with months that were never uploaded."""
    months_of: dict[tuple[str, str], list[str]] = {}
    for cell in cells:
        if cell.state is State.MISSING:
            months_of.setdefault((cell.dataset, cell.plant), []).append(cell.month)
    return tuple(
        f"{DATASETS[dataset].title} of {plant}: {_months_words(months)} never uploaded."
        for (dataset, plant), months in months_of.items()
    )


def lacking_notes(
    home: Home, kpi: Kpi, filters: Filters, plants: Collection[str]
) -> tuple[str, ...]:
    """What quarters and years of a KPI lack: months of its data that were never uploaded.

    A month alone says so itself; a longer period has a figure all the same, of the other months.
    """
    asked = replace(filters, where=tuple(("plant", plant) for plant in plants))
    first, last = (f"{day:%Y-%m}" if day else "" for day in (filters.first, filters.last))
    found = holes(
        cell
        for cell in coverage_calendar(home, asked).cells
        if cell.dataset in (kpi.datasets or ("reported_value",))
        and first <= cell.month and (not last or cell.month <= last)
    )  # fmt: skip
    if not found:
        return ()
    beside = (
        "; where only one side of the ratio is missing, the other counts all the same"
        if kpi.denominator
        else ""
    )
    return (*found, f"A longer period that holds such a month rests on its other months{beside}.")


_MOST_NAMED: Final = 3


def _months_words(months: list[str]) -> str:
    if len(months) <= _MOST_NAMED:
        return words.listed(words.period_words(m) for m in months)
    first, last = words.period_words(months[0]), words.period_words(months[-1])
    return f"{len(months)} months between {first} and {last}"


def ledger_lines(home: Home) -> tuple[LedgerLine, ...]:
    """The ledger as a person reads it, newest first."""
    entries = home.store.entries()
    withdrawn = {e.upload for e in entries if e.withdrawn is not None}
    mended = home.store.mended()
    counting = {mend for mends in mended.values() for mend in mends}
    idle = {e.upload for e in entries if e.mends and e.upload not in counting}
    return tuple(
        _line(e, e.upload not in withdrawn | idle, _state_words(e, withdrawn, idle, mended))
        for e in reversed(entries)
    )


def _state_words(
    entry: Entry,
    withdrawn: Collection[str],
    idle: Collection[str],
    mended: Mapping[str, Sequence[str]],
) -> str:
    """What an entry of the ledger does now."""
    if entry.kind == "withdrawal":
        return said("Withdrawn: {why}", why=entry.why) if entry.why else said("Withdrawn.")
    if entry.kind == "purge":
        return said("Deleted for good: {why}", why=entry.why)
    if entry.purged is not None:
        return said("Deleted for good later.")
    if entry.upload in withdrawn:
        return said("Withdrawn later.")
    if entry.upload in idle:
        return said("Mends {upload}, which is not in force.", upload=entry.mends)
    if entry.mends:
        return said("In force: mends {upload}.", upload=entry.mends)
    if entry.upload in mended:
        return said("In force, mended by {uploads}.", uploads=", ".join(mended[entry.upload]))
    return said("In force.")


def _line(entry: Entry, in_force: bool, says: str) -> LedgerLine:
    counts = [
        f"{DATASETS[d].title} {accepted:,}" + (f" (+{rejected:,} rejected)" if rejected else "")
        for d, (_, accepted, rejected) in entry.rows.items()
    ]
    return LedgerLine(
        position=entry.position,
        kind=entry.kind,
        upload=entry.upload,
        feed=entry.feed,
        file=entry.file,
        sha256=entry.sha256,
        who=entry.who,
        when=entry.when,
        data_date=entry.data_date,
        coverage=coverage_words(entry.coverage),
        rows=", ".join(counts),
        in_force=in_force and entry.kind == "upload",
        says=says,
    )


def coverage_words(coverage: Iterable[Coverage]) -> str:
    """``Nordhafen 2026-10-01 to 2026-10-31``; one stretch per plant and line."""
    distinct = dict.fromkeys(coverage)
    return "; ".join(
        f"{c.plant}{f' {c.line}' if c.line else ''} {c.first.isoformat()} to {c.last.isoformat()}"
        for c in distinct
    )
