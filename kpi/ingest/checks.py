"""Checks of rows and of the file: what cannot be is rejected, what is odd is said."""

from collections import Counter
from dataclasses import replace
from typing import Final

import numpy as np
import pyarrow as pa

from kpi.ingest.conventions import Desk, Rejections, place_of
from kpi.ingest.facts import Facts
from kpi.ingest.grids import Grid
from kpi.ingest.hashing import repeats
from kpi.ingest.headings import DURATIONS, MAKING, NUMBERS
from kpi.ingest.numbers import Mask
from kpi.ingest.zones import note_zones
from kpi.model import ControlTotal, Problem, Severity
from kpi.texts import Said, joined, said, said_n

COMPLAINED: Final = ("qty_complained", "qty_returned", "qty_defective")
"""Quantities of a complaint."""

LISTED: Final = 1000
"""Problems of one kind listed one by one; the rest are counted."""

_EARLY, _LATE = np.datetime64("1900-01-01", "us"), np.datetime64("2100-12-31", "us")
_ODD = np.datetime64("1990-01-01", "us")
FAR_AHEAD: Final = np.timedelta64(20 * 365, "D").astype("m8[us]")
"""A date so much later than most others is hardly one."""

AHEAD: Final = np.timedelta64(5 * 365, "D").astype("m8[us]")
"""No file tells of years that far from now."""


def check_dates(facts: Facts, desk: Desk) -> None:
    """Years that cannot be are rejected; those before 1990 are said."""
    for name, values in facts.moments.items():
        there = ~np.isnat(values)
        facts.reject(
            there & ((values < _EARLY) | (values > _LATE)),
            said("the year cannot be right"),
            facts.heading(name),
        )
        odd = np.flatnonzero(there & facts.good & (values < _ODD))
        if len(odd):
            desk.note(
                facts.grid.sheet,
                said_n("{n} row before 1990", "{n} rows before 1990", n=len(odd)),
                facts.heading(name),
                severity=Severity.WARNING,
                row=int(facts.grid.rows[odd[0]]),
                expected=said("a date after 1990"),
                advice=said("Look at these dates; the rows are in."),
            )
        _note_far_ahead(facts, desk, name, there & facts.good)
    note_zones(facts, desk)


def _note_far_ahead(facts: Facts, desk: Desk, name: str, there: Mask) -> None:
    """Name the first date that lies decades after most others: 2062 among dates of 2026."""
    rows = np.flatnonzero(there)
    if len(rows) == 0:
        return
    values = facts.moments[name]
    usual = np.sort(values[rows])[len(rows) // 2]
    written = desk.context.written
    latest = np.datetime64(written, "us") + AHEAD if written is not None else usual
    if usual > latest:
        first = rows[values[rows] > latest][0]
        desk.note(
            facts.grid.sheet,
            said(
                "most dates lie more than 5 years after the file was written, the first on {day}",
                day=str(values[first].astype("M8[D]")),
            ),
            facts.heading(name),
            severity=Severity.WARNING,
            row=int(facts.grid.rows[first]),
            expected=said("dates up to today, or of the next years"),
            advice=said("Look at these dates; the rows are in."),
        )
    far = rows[values[rows] > usual + FAR_AHEAD]
    if len(far):
        desk.note(
            facts.grid.sheet,
            said_n(
                "{n} row more than 20 years after most others, the first on {day}",
                "{n} rows more than 20 years after most others, the first on {day}",
                n=len(far),
                day=str(values[far[0]].astype("M8[D]")),
            ),
            facts.heading(name),
            severity=Severity.WARNING,
            row=int(facts.grid.rows[far[0]]),
            expected=said("dates near each other"),
            advice=said("Look at these dates; the rows are in."),
        )


def check_stops(facts: Facts) -> None:
    """A stop ends after it began and takes no negative time."""
    begun, ended = facts.moments.get("start"), facts.moments.get("end")
    if begun is not None and ended is not None:
        if "end" not in facts.timed:
            begun = begun.astype("M8[D]").astype("M8[us]")  # only the day of the end is known
        facts.reject(ended < begun, said("the end lies before the start"), facts.heading("end"))
    for name in ("minutes", "planned_min", "run_min"):
        if name in facts.numbers:
            facts.reject(facts.numbers[name] < 0, said("a negative duration"), facts.heading(name))


def check_quantities(facts: Facts, desk: Desk) -> None:
    """Negative quantities are rejected unless they take back an equal scrap."""
    for name in ("qty_produced", "qty_good", "qty_rework", "qty_ordered", "qty", *COMPLAINED):
        if name in facts.numbers:
            facts.reject(facts.numbers[name] < 0, said("a negative quantity"), facts.heading(name))
    _check_good(facts, desk)
    scrap = facts.numbers.get("qty_scrap")
    if scrap is None:
        return
    negative = scrap < 0
    if negative.any() and "movement_type" not in facts.texts:
        if not (scrap > 0).any():
            facts.numbers["qty_scrap"] = np.abs(scrap)
            if "cost" in facts.numbers and not (facts.numbers["cost"] > 0).any():
                facts.numbers["cost"] = np.abs(facts.numbers["cost"])
            desk.note(
                facts.grid.sheet,
                said("every quantity is negative, as issues from stock are printed"),
                facts.heading("qty_scrap"),
                severity=Severity.WARNING,
                expected=said("scrap as positive quantities"),
                advice=said("They are read as scrap, without the sign."),
            )
        else:
            facts.reject(
                negative & ~_reversals(facts),
                said("a negative quantity"),
                facts.heading("qty_scrap"),
            )
    _note_shares(facts, desk)
    made = facts.numbers.get("qty_produced")
    if made is not None:
        over = facts.good & (facts.numbers["qty_scrap"] > made)
        if over.any():
            rows = np.flatnonzero(over)
            desk.note(
                facts.grid.sheet,
                said_n(
                    "{n} row with more scrap than production",
                    "{n} rows with more scrap than production",
                    n=len(rows),
                ),
                facts.heading("qty_scrap"),
                severity=Severity.WARNING,
                row=int(facts.grid.rows[rows[0]]),
                expected=said("scrapped at most produced"),
                advice=said("Check whether produced means good pieces only; the rows are in."),
            )


def _note_shares(facts: Facts, desk: Desk) -> None:
    """Scrap that is never a whole piece is more likely a rate, as a cell in percent holds it."""
    scrap = facts.numbers["qty_scrap"]
    rows = np.flatnonzero(facts.good & (scrap > 0))
    if (
        len(rows) < 3
        or (scrap[rows] >= 1).any()
        or facts.units.get("qty_scrap") not in (None, "pcs")
    ):
        return
    desk.note(
        facts.grid.sheet,
        said("every quantity is less than 1, as shares are"),
        facts.heading("qty_scrap"),
        severity=Severity.WARNING,
        row=int(facts.grid.rows[rows[0]]),
        expected=said("scrapped pieces"),
        advice=said("Check whether the column holds a rate; the rows are in."),
    )


def _check_good(facts: Facts, desk: Desk) -> None:
    """No more good pieces than pieces made: what two headings that changed places look like."""
    made, good = facts.numbers.get("qty_produced"), facts.numbers.get("qty_good")
    if made is None or good is None:
        return
    rows = np.flatnonzero(facts.good & (good > made))
    if len(rows):
        desk.note(
            facts.grid.sheet,
            said_n(
                "{n} row with more good pieces than pieces produced",
                "{n} rows with more good pieces than pieces produced",
                n=len(rows),
            ),
            facts.heading("qty_good"),
            severity=Severity.WARNING,
            row=int(facts.grid.rows[rows[0]]),
            expected=said("good at most produced"),
            advice=said("Check whether the two columns have changed places; the rows are in."),
        )


def _reversals(facts: Facts) -> Mask:
    """Negative scrap with an equal positive one of the same product and reason."""
    scrap = facts.numbers["qty_scrap"]
    keys = [facts.texts[n].to_pylist() for n in ("product", "reason", "order") if n in facts.texts]
    marks = list(zip(*keys, strict=True)) if keys else [()] * len(facts)
    waiting = Counter((marks[i], scrap[i]) for i in np.flatnonzero(scrap > 0).tolist())
    out = np.zeros(len(facts), bool)
    for i in np.flatnonzero(scrap < 0).tolist():
        key = (marks[i], -scrap[i])
        if waiting[key] > 0:
            waiting[key] -= 1
            out[i] = True
    return out


def report_rejections(facts: Facts, desk: Desk) -> None:
    """One problem per rejected row, up to the listing's limit, and the quantities they carried."""
    rows = np.flatnonzero(facts.rejected)
    rows = rows[facts.reasons[rows] != ""]
    if len(rows) == 0:
        return
    desk.rejections.append(
        Rejections(
            facts.grid.sheets.take(pa.array(rows)).to_pylist(),
            facts.grid.rows[rows].tolist(),
            facts.reasons[rows].tolist(),
            facts.columns_at_fault[rows].tolist(),
        )
    )
    seen: Counter[str] = Counter()
    for i in rows.tolist():
        why, heading = facts.reasons[i], str(facts.columns_at_fault[i])
        seen[why] += 1
        if seen[why] <= LISTED:
            desk.problems.append(
                Problem(
                    facts.grid.sheets[i].as_py(),
                    int(facts.grid.rows[i]),
                    heading or None,
                    _expected(why),
                    _with_cell(why, facts, i, heading),
                    said("Mend the row and upload the file again."),
                    Severity.REJECTED,
                )
            )
    for why, count in seen.items():
        totals = carried(facts, np.asarray(facts.reasons == why))
        text = said_n("{n} row rejected: {why}.", "{n} rows rejected: {why}.", n=count, why=why)
        told = joined(text, said("They carry {totals}.", totals=totals)) if totals else text
        desk.note(facts.grid.sheet, told)


def _expected(why: str) -> str:
    words = why.template if isinstance(why, Said) else why  # without the names in it
    if "date" in words or "year" in words:
        return said("a date")
    if "end lies" in words:
        return said("an end after the start")
    return said("a number, 0 or more")


def _with_cell(why: str, facts: Facts, i: int, heading: str) -> str:
    column = next((c for c in facts.grid.columns if heading and c.heading == heading), None)
    if column is None:
        return why
    text = column.take(np.array([i])).as_text()[0].as_py()
    return said("{why}: {cell}", why=why, cell=repr(text[:80])) if text else why


def carried(facts: Facts, rows: Mask | None = None) -> tuple[str, ...]:
    """The quantities of rows, in words: what is in no month because they were rejected."""
    parts = []
    for name in sorted((MAKING | DURATIONS | NUMBERS) & set(facts.numbers)):
        if name == "ideal_cycle_min":
            continue
        total = float(np.nansum(facts.numbers[name] if rows is None else facts.numbers[name][rows]))
        if total:
            parts.append(
                said("{heading} {total}", heading=facts.heading(name), total=_shown(total))
            )
    return tuple(parts)


def _shown(value: float) -> float | int:
    """A sum as it is told: without the last digits of its making."""
    rounded = float(f"{value:.10g}")
    return int(rounded) if rounded.is_integer() else rounded


def note_duplicates(facts: Facts, desk: Desk) -> None:
    """Say how many rows repeat another in every mapped column."""
    columns = [facts.grid.columns[position] for position in sorted(facts.mapping.taken)]
    if not columns or len(facts) < 2:
        return
    repeated = repeats(columns)
    if repeated:
        desk.note(
            facts.grid.sheet,
            said_n(
                "{n} row equal to another row in every column that is read",
                "{n} rows equal to another row in every column that is read",
                n=repeated,
            ),
            severity=Severity.WARNING,
            expected=said("each fact once"),
            advice=said(
                "They are in, as the file has them; remove them if the export doubled rows."
            ),
        )


def note_mixed_units(facts: Facts, desk: Desk) -> None:
    """Name columns that are not read and whose cells are figures in different units."""
    for i, column in enumerate(facts.grid.columns):
        if i in facts.mapping.taken or column.empty or column.shares["number"] < 0.9:
            continue
        units = [u for u in column.number_texts.units if u != "%"]
        if len(units) > 1:
            desk.note(
                facts.grid.sheet,
                said("cells in {units}", units=units),
                column.heading,
                severity=Severity.WARNING,
                expected=said("one unit in the whole column"),
                advice=said("The column is not read."),
            )


def unlabelled_totals(facts: Facts) -> Grid | None:
    """The table without rows that are totals in all but name, which become its control totals.

    Such a row has figures but no date and no word except a unit or currency, and each of its
    figures is the sum of all rows or of those of one unit. ``None`` where there is none.
    """
    day = facts.moments.get("date")
    figures = [n for n in facts.numbers if n in NUMBERS]
    if day is None or not figures:
        return None
    bare = np.isnat(day)
    if not bare.any():
        return None
    for name in facts.texts:
        if name not in ("unit", "currency"):
            blank = facts.texts.coded(name).is_null()
            bare &= np.asarray(blank.to_numpy(zero_copy_only=False))
    rows = np.flatnonzero(bare)
    if len(rows) == 0:
        return None
    units = facts.texts.get("unit")
    own = np.array(units.to_pylist() if units is not None else [None] * len(facts), object)
    if len(rows) > max(len(facts) // 10, len(set(own[~bare])) + 1):
        return None  # one for each unit, and one for all
    proven: list[ControlTotal] = []
    for name in figures:
        values = facts.numbers[name]
        sums = [float(np.nansum(values[~bare]))]
        sums += [float(np.nansum(values[~bare & (own == unit)])) for unit in set(own[~bare])]
        for i in rows[~np.isnan(values[rows])].tolist():
            close = [t for t in sums if np.isclose(values[i], t, rtol=1e-6, atol=1e-6)]
            if not close:
                return None
            where = place_of(facts.grid.sheets[i].as_py(), int(facts.grid.rows[i]))
            proven.append(ControlTotal(name, float(values[i]), close[0], where))
    keep = np.flatnonzero(~bare)
    return replace(
        facts.grid,
        columns=tuple(c.take(keep) for c in facts.grid.columns),
        sheets=facts.grid.sheets.take(pa.array(keep)),
        rows=facts.grid.rows[keep],
        proven=tuple(proven),
    )
