"""Cells to values: every mapped column read once, by a convention decided for the whole column."""

import re
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import numpy.typing as npt

from kpi.ingest.choosing import date_order, decimal_sign
from kpi.ingest.coded import Texts
from kpi.ingest.columns import NAT, Column, Moments, Reading
from kpi.ingest.conventions import Desk
from kpi.ingest.dates import CUT_CLOCK, Floats, Stamps
from kpi.ingest.durations import MINUTES_PER
from kpi.ingest.grids import Grid
from kpi.ingest.headings import CLOCKS, DATES, DURATIONS, NUMBERS, Assignment
from kpi.ingest.numbers import Mask
from kpi.ingest.timed import TimedColumn, names_units_of_time, timed
from kpi.ingest.vocabulary import unit_of
from kpi.model import Severity
from kpi.texts import said, said_n

KILOGRAMS: Final = {"kg": 1.0, "g": 0.001, "t": 1000.0, "lb": 0.45359237}
"""Kilograms in one of each unit of mass; the pound by its international definition."""

_UNITLESS: Final = "min"


@dataclass
class Facts:
    """The values of a table by canonical field, and why a row cannot be used.

    ``reasons`` holds '' for a row that can. ``units`` is what a quantity or money column is in,
    where its heading or cells say it. ``aside`` are rows that are right and count for nothing: the
    list says they were cancelled, or are something else. ``scrap_on_top``: receipts from production
    are good pieces only.
    """

    grid: Grid
    mapping: Assignment
    numbers: dict[str, Floats] = field(default_factory=dict)
    moments: dict[str, Stamps] = field(default_factory=dict)
    texts: Texts = field(default_factory=Texts)
    timed: set[str] = field(default_factory=set)
    units: dict[str, str] = field(default_factory=dict)
    unusable: dict[str, str] = field(default_factory=dict)
    reasons: npt.NDArray[np.object_] = field(default_factory=lambda: np.empty(0, object))
    columns_at_fault: npt.NDArray[np.object_] = field(default_factory=lambda: np.empty(0, object))
    aside: Mask = field(default_factory=lambda: np.zeros(0, bool))
    scrap_on_top: bool = False
    only_line: str | None = None
    _rejected: Mask = field(default_factory=lambda: np.zeros(0, bool))

    def __len__(self) -> int:
        return len(self.grid)

    @property
    def good(self) -> Mask:
        """Rows that can be used."""
        return ~(self.rejected | self.aside)

    @property
    def rejected(self) -> Mask:
        """Rows for which there is a reason not to use them."""
        if len(self._rejected) != len(self.reasons):
            self._rejected = np.asarray(self.reasons != "", bool)
        return self._rejected

    def reject(self, rows: Mask, why: str, heading: str | None = None) -> int:
        """Mark rows as unusable for a reason; the first reason of a row stays. Returns how many."""
        fresh = rows & self.good
        if not fresh.any():
            return 0
        self.rejected[fresh] = True
        self.reasons[fresh] = why
        self.columns_at_fault[fresh] = heading or ""
        return int(fresh.sum())

    def heading(self, name: str) -> str:
        """The heading that gives a field, or the field's own name."""
        first = self.mapping.first(name)
        return self.grid.columns[first].heading if first is not None else name


def read_facts(grid: Grid, mapping: Assignment, desk: Desk) -> Facts:
    """Read all mapped columns of a table."""
    facts = Facts(grid, mapping)
    facts.reasons = np.full(len(grid), "", object)
    for row, why in grid.faults.items():
        facts.reasons[row] = why
    facts.columns_at_fault = np.full(len(grid), "", object)
    facts.aside = np.zeros(len(grid), bool)
    decimal = decimal_sign(grid, mapping, desk)
    order = date_order(grid, mapping, desk)
    for name in mapping.fields:
        if name in DATES and name not in CLOCKS:
            _read_date(facts, name, order, desk)
    for name in ("at", "start", "end"):
        if mapping.has(name):
            _read_moment(facts, name, order)
    for name in mapping.fields:
        if name in NUMBERS:
            _read_number(facts, name, decimal, desk)
        elif name not in DATES and name not in DURATIONS:
            column = grid.columns[mapping.fields[name][0]]
            facts.texts[name] = column.as_text() if column.coded is None else column.coded
    _read_durations(facts, decimal, desk)
    return facts


def refusal(column: Column) -> str | None:
    """Why a column of dates may not be used at all."""
    texts = column.date_texts
    if texts.conflicting:
        return said(
            "some cells only make sense with the day first, others only with the month first"
        )
    if column.stamps is not None and texts.order == "dmy" and not texts.doubtful:
        typed = column.stamps[~np.isnat(column.stamps)]
        days = (typed.astype("M8[D]") - typed.astype("M8[M]").astype("M8[D]")).astype(int) + 1
        read = texts.stamps[texts.readable]
        late = (read.astype("M8[D]") - read.astype("M8[M]").astype("M8[D]")).astype(int) + 1
        if len(days) >= 3 and len(late) >= 3 and (days <= 12).all() and (late > 12).all():
            return said(
                "real dates all lie on days 1 to 12 and texts all on later ones: a spreadsheet "
                "set to another country has swapped day and month in part of the column"
            )
    sample = [t for t in column.sample.to_pylist() if t]
    cut = sum(1 for t in sample if _is_cut(t))
    if sample and cut == len(sample):
        return said(
            "every cell reads like {cell}: a spreadsheet has cut the date off on saving",
            cell=repr(sample[0]),
        )
    return None


def _is_cut(text: str) -> bool:
    return re.match(CUT_CLOCK, text) is not None


def _moments(facts: Facts, position: int, order: str | None, name: str) -> Moments:
    column = facts.grid.columns[position]
    why = refusal(column)
    if why is not None:
        facts.unusable[name] = why
        nothing = np.full(len(facts), NAT)
        return Moments(nothing, np.zeros(len(facts), bool), False)
    return column.as_moments(order)


def _read_date(facts: Facts, name: str, order: str | None, desk: Desk) -> None:
    position = facts.mapping.fields[name][0]
    read = _moments(facts, position, order, name)
    facts.moments[name] = read.values
    if read.timed:
        facts.timed.add(name)
    heading = facts.grid.columns[position].heading
    if name != "order_date":  # no figure hangs on the day an order was entered
        facts.reject(read.bad, said("the date cannot be read"), heading)
    elif read.bad.any():
        desk.note(
            facts.grid.sheet,
            said_n(
                "{n} cell without a readable date left blank; the rows are in",
                "{n} cells without a readable date left blank; the rows are in",
                n=int(read.bad.sum()),
            ),
            heading,
            severity=Severity.WARNING,
            expected=said("a date"),
        )


def _read_moment(facts: Facts, name: str, order: str | None) -> None:
    """A day and time of day from one column, from two, or from a clock beside the row's date."""
    columns = facts.mapping.fields[name]
    days: Stamps | None = None
    clock: Floats | None = None
    for position in columns:
        column = facts.grid.columns[position]
        if column.shares["clock"] > 0.5 and column.shares["date"] < 0.5:
            clock = column.as_clock()
            facts.reject(
                column.filled & np.isnan(clock), said("the time cannot be read"), column.heading
            )
        else:
            read = _moments(facts, position, order, name)
            days = read.values
            facts.reject(read.bad, said("the date cannot be read"), column.heading)
    if days is None:
        days = facts.moments.get("date")
    if days is None:
        return
    if clock is not None:
        start = days.astype("M8[D]").astype("M8[us]")
        seconds = np.where(np.isnan(clock), 0, clock)
        days = np.where(np.isnan(clock), NAT, start + (seconds * 1e6).round().astype("m8[us]"))
        begun = facts.moments.get("start")
        if name == "end" and begun is not None and len(columns) == 1:
            days = np.where(days < begun, days + np.timedelta64(1, "D"), days)
    facts.moments[name] = days
    if bool((days != days.astype("M8[D]"))[~np.isnat(days)].any()):
        facts.timed.add(name)


def _read_number(facts: Facts, name: str, decimal: str | None, desk: Desk) -> None:
    column, *others = (facts.grid.columns[i] for i in facts.mapping.fields[name])
    units = [u for u in column.number_texts.units if u != "%"]
    if len(units) > 1:
        facts.unusable[name] = said("its cells are in different units: {units}", units=units)
        desk.note(
            facts.grid.sheet,
            said("cells in {units}", units=units),
            column.heading,
            severity=Severity.WARNING,
            expected=said("one unit in the whole column"),
            advice=said(
                "The column is left out. Export it with one unit, or split it into two columns."
            ),
        )
        return
    read = added([column.as_numbers(decimal), *(c.as_numbers(decimal) for c in others)])
    values = read.values
    unit = (units[0] if units else None) or column.named.unit
    if name == "weight_kg":
        values = values * KILOGRAMS.get(unit or "kg", 1.0)
    elif unit and unit.startswith("k") and unit[1:].isupper():
        values, unit = values * 1000, unit[1:]
    if unit and unit != "%":
        facts.units[name] = unit
    if column.named.scale != 1.0:
        values = values * column.named.scale
        desk.note(
            facts.grid.sheet,
            said(
                "{heading} is given in units of {scale}: its figures are multiplied by that",
                heading=repr(column.heading),
                scale=int(column.named.scale),
            ),
            column.heading,
        )
    facts.numbers[name] = values
    money = name in ("cost", "value", "weight_kg")
    if money and read.bad.any():
        rows = np.flatnonzero(read.bad)
        desk.note(
            facts.grid.sheet,
            said_n(
                "{n} cell cannot be read, in row {row}",
                "{n} cells cannot be read, the first in row {row}",
                n=len(rows),
                row=str(facts.grid.rows[rows[0]]),
            ),
            column.heading,
            severity=Severity.WARNING,
            expected=said("a number"),
            advice=said("The rows are kept without this figure."),
        )
    elif read.bad.any():
        facts.reject(
            read.bad,
            said("{heading} is not a number", heading=repr(column.heading)),
            column.heading,
        )


def added(readings: list[Reading]) -> Reading:
    """Columns that add up to one figure; a cell is missing where all of them are blank."""
    if len(readings) == 1:
        return readings[0]
    values = np.stack([r.values for r in readings])
    total = np.where(np.isnan(values).all(axis=0), np.nan, np.nansum(values, axis=0))
    bad = np.asarray(np.stack([r.bad for r in readings]).any(axis=0))
    return Reading(np.where(bad, np.nan, total), bad)


def _read_durations(facts: Facts, decimal: str | None, desk: Desk) -> None:
    for name in ("minutes", "planned_min", "run_min"):
        if facts.mapping.has(name):
            column = _in_units_of_rows(facts, facts.mapping.fields[name][0])
            unit = _time_unit(facts, name, column, decimal, desk)
            others = [facts.grid.columns[i] for i in facts.mapping.fields[name][1:]]
            more = [(_time_unit(facts, name, c, decimal, desk), c) for c in others]
            read = added([c.as_minutes(u, decimal) for u, c in ((unit, column), *more)])
            facts.numbers[name] = read.values
            facts.reject(
                read.bad,
                said("{heading} is not a duration", heading=repr(column.heading)),
                column.heading,
            )
    if facts.mapping.has("ideal_cycle_min"):
        column = facts.grid.columns[facts.mapping.fields["ideal_cycle_min"][0]]
        unit = _cycle_unit(facts, column, decimal)
        desk.decided[f"unit:{column.named.key}"] = unit
        facts.numbers["ideal_cycle_min"] = column.as_minutes(unit, decimal).values


def _in_units_of_rows(facts: Facts, place: int) -> Column:
    """A column of durations, in the units of its rows where the next column names several."""
    column, units = facts.grid.columns[place], facts.grid.columns[place + 1 : place + 2]
    if isinstance(column, TimedColumn) or not units or not names_units_of_time(units[0]):
        return column
    return timed(column, units[0])


def _time_unit(facts: Facts, name: str, column: Column, decimal: str | None, desk: Desk) -> str:
    """The unit of a column of durations: printed, proven by start and end, else asked."""
    if isinstance(column, TimedColumn):
        return _UNITLESS
    topic = f"unit:{column.named.key}"
    printed = column.named.unit or next(iter(column.number_texts.units), None)
    printed = printed or _beside(facts, column) or _unit_word(column.heading)
    if printed in MINUTES_PER:
        assert printed is not None
        desk.decided[topic] = desk.decided[f"{topic}:printed"] = printed
        return printed
    if column.shares["number"] < 0.05 or column.empty:
        return _UNITLESS
    values = column.as_numbers(decimal).values
    begun, ended = facts.moments.get("start"), facts.moments.get("end")
    timed = {"start", "end"} <= facts.timed
    if name == "minutes" and timed and begun is not None and ended is not None:
        spans = (ended - begun) / np.timedelta64(60, "s")
        usable = (spans > 0) & (values > 0)
        if usable.sum() >= 3:
            ratio = float(np.median(spans[usable] / values[usable]))
            near = min(MINUTES_PER, key=lambda u: abs(np.log(ratio / MINUTES_PER[u])))
            if 0.8 < ratio / MINUTES_PER[near] < 1.25:
                desk.decided[topic] = near
                return near
    whole = values[~np.isnan(values)]
    if len(whole) and whole.max() < 1 and column.numbers is not None:
        first = ["d", "h", "min"]
    elif len(whole) and (np.median(whole) > 1000):
        first = ["s", "min", "h"]
    elif len(whole) and whole.max() <= 24 and (whole != np.floor(whole)).any():
        first = ["h", "min", "s"]
    else:
        first = ["min", "h", "s"]
    example = next(iter(column.examples(1)), "")
    words = {
        "min": said("minutes"),
        "h": said("hours"),
        "s": said("seconds"),
        "d": said("days"),
    }
    known = desk.memory.conventions if desk.memory else {}
    seen = {look for look in known.get(f"{topic}:looks", "").split(",") if look}
    stale = topic in known and known.get(f"{topic}:printed") == known[topic]
    stale |= bool(seen) and first[0] not in seen
    desk.decided[f"{topic}:printed"] = ""
    unit = desk.ask(
        "unit",
        facts.grid.sheet,
        topic,
        _unit_asked(column, words.get(known.get(topic, "")) if stale else None),
        [(u, said("{text} is read as {text} {unit}", text=example, unit=words[u])) for u in first],
        heading=column.heading,
        samples=column.examples(),
        anew=stale,  # its heading said it then, or cells of another size were meant
    )
    same = unit == known.get(topic)
    desk.decided[f"{topic}:looks"] = ",".join(sorted({first[0], *(seen if same else ())}))
    return unit


def _unit_asked(column: Column, was: str | None) -> str:
    """The question for the unit of a column; with the unit it ``was`` in, where that is in doubt."""
    if was is None:
        return said("In which unit is {heading}?", heading=repr(column.heading))
    return said(
        "In which unit is {heading} now? Until now it was in {was}, and the file does not say so.",
        heading=repr(column.heading),
        was=was,
    )


def _unit_word(heading: str) -> str | None:
    """The one unit of time a heading names anywhere: "Minutes", "minutos_parada".

    >>> _unit_word("minutes_down"), _unit_word("Duration"), _unit_word("Stop")
    ('min', None, None)
    """
    words = re.findall(r"[^\W\d_]{3,}", heading)
    found = {u for w in words if (u := unit_of(w)) in MINUTES_PER}
    return found.pop() if len(found) == 1 else None


def _beside(facts: Facts, column: Column) -> str | None:
    """The unit of time that the column to the right gives on every row."""
    columns = facts.grid.columns
    place = columns.index(column) + 1
    if place >= len(columns) or columns[place].named.tokens & {"no"} or columns[place].empty:
        return None
    units = {unit_of(t or "") for t in columns[place].texts.to_pylist()}
    unit = units.pop() if len(units) == 1 else None
    return unit if unit in MINUTES_PER and columns[place].shares["text"] > 0.9 else None


def _cycle_unit(facts: Facts, column: Column, decimal: str | None) -> str:
    """The unit of an ideal cycle: printed, else the one that gives a performance below one."""
    if column.named.unit in MINUTES_PER:
        assert column.named.unit is not None
        return column.named.unit
    run = facts.numbers.get("run_min", facts.numbers.get("planned_min"))
    made = facts.numbers.get("qty_produced")
    if run is None or made is None:
        return _UNITLESS
    values = column.as_numbers(decimal).values
    usable = (run > 0) & (made > 0) & (values > 0)
    if not usable.any():
        return _UNITLESS
    performance = float(np.median(values[usable] * made[usable] / run[usable]))
    for unit in ("min", "s", "h"):
        if 0.1 < performance * MINUTES_PER[unit] <= 1.3:
            return unit
    return _UNITLESS
