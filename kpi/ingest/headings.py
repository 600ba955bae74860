"""Headings to fields: the words first, the values as evidence, a question where both leave a doubt."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

import numpy as np
import numpy.typing as npt

from kpi.datasets import DATASETS
from kpi.ingest.columns import Column
from kpi.ingest.concepts import composed, concepts_of
from kpi.ingest.conventions import Desk
from kpi.ingest.durations import MINUTES_PER
from kpi.ingest.grids import Grid
from kpi.ingest.own_words import own_words
from kpi.ingest.rivals import apart, settle_rivals
from kpi.ingest.vocabulary import Level, Match, unit_of, vocabulary
from kpi.model import FeedMemory
from kpi.texts import label, said

DATES: Final = frozenset(
    {"date", "start", "end", "at", "order_date", "request_date", "promise_date"}
    | {"first_promise_date", "shipped_on", "delivered_on", "closed_on"}
)
NUMBERS: Final = frozenset(
    {"qty_produced", "qty_good", "qty_scrap", "qty_rework", "weight_kg", "value", "cost"}
    | {"qty", "qty_ordered", "qty_complained", "qty_returned", "qty_defective"}
    | {"lsl", "usl", "target", "tol_plus", "tol_minus"}
)
DURATIONS: Final = frozenset({"minutes", "planned_min", "run_min", "ideal_cycle_min"})
CLOCKS: Final = frozenset({"start", "end", "at"})
MAKING: Final = frozenset({"qty_scrap", "qty_good", "qty_rework", "qty_produced"})
ADDED: Final = MAKING | {
    "cost", "qty", "qty_ordered", "qty_complained", "qty_returned", "qty_defective", "weight_kg",
}  # fmt: skip
"""Figures that are summed up, which no percentage can be."""
DUE: Final = frozenset({"request_date", "promise_date", "first_promise_date"})
ACTUAL: Final = frozenset({"shipped_on", "delivered_on"})

_REASONS: Final = frozenset({"reason", "reason_text"})
_LABELS: Final = frozenset(
    {"plant", "line", "machine", "work_center", "shift", "product", "customer", "supplier"}
    | {"reason", "stop_class", "order", "item", "event", "shipment"}
)
_UNIT_WORDS: Final = frozenset({"unit", "qty", "einheit", "unidad", "unite", "uom", "me"})
_SIGNS: Final = frozenset({"%", "#", "‰", "ppm", "n", "No.", "Anz."})
_AMOUNTS: Final = frozenset({"money", "weight", "rate"})
_STEPS: Final = frozenset(
    {"operation", "op", "vorgang", "arbeitsgang", "operacion", "step", "process", "stage"}
)

_GROUPS: Final = ("making", "downtime", "delivery")
_DOMAINS_OF: Final = {
    "production": "making", "scrap": "making", "downtime": "downtime", "running_time": "downtime",
    "order_item": "delivery", "shipment": "delivery", "complaint": "complaint",
    "measurement": "measuring",
}  # fmt: skip


@dataclass
class Assignment:
    """Which column gives which field. A moment may take two columns: a day and a time of day.

    ``open`` are blank columns of which only cells can tell what they hold: their reading, or that
    they are not read, says nothing of a later file. ``shut`` are columns that a person, or what the
    feed remembers, leaves out: no evidence opens them again.
    """

    domains: tuple[str, ...] = ()
    fields: dict[str, list[int]] = field(default_factory=dict)
    open: set[int] = field(default_factory=set)
    shut: set[int] = field(default_factory=set)

    def first(self, name: str) -> int | None:
        """The column of a field, if one gives it."""
        found = self.fields.get(name)
        return found[0] if found else None

    def has(self, *names: str) -> bool:
        """Whether any of the fields is given."""
        return any(self.fields.get(n) for n in names)

    @property
    def taken(self) -> set[int]:
        """Columns in use."""
        return {c for columns in self.fields.values() for c in columns}


def fits(column: Column, name: str, level: Level) -> bool:
    """Whether the values of a column can be the field's; blank columns fit whatever they say."""
    if column.empty:
        return True
    shares = column.shares
    if name in DATES:
        serial = column.as_moments() if shares["number"] > 0.5 else None
        as_serial = serial is not None and float((~np.isnat(serial.values)).mean()) > 0.5
        clock = name in CLOCKS and shares["clock"] > 0.5
        return (
            shares["date"] > 0.5
            or as_serial
            or clock
            or (level is Level.EXACT and shares["number"] < 0.5)
        )
    if name in ADDED and are_percentages(column):
        return False
    if name in NUMBERS:
        return shares["number"] >= 0.5 or (level is Level.EXACT and shares["text"] < 0.9)
    if name in DURATIONS:
        if any(len(u) == 3 and u.isupper() for u in column.number_texts.units):
            return False  # money
        return shares["number"] + shares["clock"] >= 0.5
    if name == "reason_text" and "no" in column.named.tokens:
        return False
    if name in _LABELS and _measured(column, level):
        return False
    if name == "stop_class" and shares["number"] > 0.9 and len(_distinct(column)) > 2:
        return False
    if name in _LABELS and column.named.tokens <= _UNIT_WORDS and _are_units(column):
        return False
    if name == "event" and _repeats(column):
        return False
    if name == "status":
        return any(vocabulary().status(t) for t in column.sample.to_pylist())
    if column.named.unit in MINUTES_PER and shares["number"] > 0.9:
        return False  # minutes are no name of anything
    return shares["date"] < 0.9 or shares["number"] > 0.5


def are_percentages(column: Column) -> bool:
    """Whether most figures of a column carry a percent sign: shares, which nobody can add up."""
    texts = column.number_texts
    return bool(texts.percent.any()) and bool(texts.percent.sum() * 2 > texts.readable.sum())


def _are_units(column: Column) -> bool:
    """Whether the cells are units, as a column "Unit" of a list of key figures holds them."""
    texts = [t.strip() for t in column.sample.to_pylist() if t and t.strip()]
    known = sum(t in _SIGNS or unit_of(t) is not None for t in texts)
    return bool(texts) and known * 2 >= len(texts)


def _distinct(column: Column) -> npt.NDArray[np.float64]:
    """The different numbers of a column."""
    values = column.as_numbers().values
    return np.unique(values[~np.isnan(values)])


def _measured(column: Column, level: Level) -> bool:
    """Whether the cells are amounts: fractions, or sums under a heading that speaks of money."""
    if column.shares["number"] < 0.9:
        return False
    values = column.as_numbers().values
    values = values[~np.isnan(values)]
    if len(values) and float((values != np.round(values)).mean()) > 0.2:
        return True
    if len(values) and level is not Level.EXACT and float((values == 0).mean()) > 0.02:
        return True  # "No Material" over minutes: nothing is numbered 0 again and again
    return level is not Level.EXACT and bool(concepts_of(column.heading) & _AMOUNTS)


def _repeats(column: Column) -> bool:
    """Whether the cells name kinds, not single events: each of them stands there several times."""
    filled = int(column.filled.sum())
    return filled >= 20 and len(column.texts) > 0 and len(column.texts) * 5 <= filled


def candidates(grid: Grid) -> list[tuple[Match, ...]]:
    """Per column the fields its heading may stand for and its values can be."""
    if grid.speaks:
        return own_words(grid.speaks).candidates(grid)
    words = vocabulary()
    out: list[tuple[Match, ...]] = []
    for column in grid.columns:
        if not column.heading or words.is_audit(column.heading):
            out.append(())
            continue
        if words.is_personal(column.heading):
            out.append((Match("", "personal", Level.EXACT),))
            continue
        if words.is_rate(column.heading) and column.shares["date"] < 0.5:
            out.append((Match("", "rate", Level.EXACT),))
            continue
        found = [m for m in words.lookup(column.heading) if fits(column, m.field, m.level)]
        dimension = words.named_dimension(column.heading)
        if dimension is not None and not any(m.field == "reason_text" for m in found):
            found = [m for m in found if m.field not in (dimension, f"{dimension}_text")]
            found = [m for m in found if not m.field.startswith("names.")]
            found.append(Match("names", f"names.{dimension}", Level.EXACT))
        words_say = _by_words(column)
        known = {m.domain for m in found}
        found += [
            m for m in words_say if not found or (m.field == "reason" and m.domain not in known)
        ]
        out.append(tuple(found))
    return apart(grid, out)


def _by_words(column: Column) -> tuple[Match, ...]:
    """What the words of an unknown heading say, where the values can be that."""
    if column.empty:
        return ()
    shares = column.shares
    clocks = shares["clock"] > 0.5
    found = composed(column.heading, dates=shares["date"] > 0.5, numbers=shares["number"] >= 0.5)
    if clocks and not found:
        found = composed(column.heading, dates=False, numbers=True)
        found = tuple(m for m in found if m.field in DURATIONS)
    if clocks and not found:
        found = composed(column.heading, dates=True, numbers=False)
        found = tuple(m for m in found if m.field in CLOCKS)
    return tuple(m for m in found if fits(column, m.field, m.level))


def domains_of(
    grid: Grid, found: Sequence[tuple[Match, ...]], forced: str | None
) -> tuple[str, ...]:
    """The groups of datasets the table speaks of, by what its filled columns can be."""
    if grid.speaks:
        return (grid.speaks,)
    if forced in _DOMAINS_OF:
        return (_DOMAINS_OF[forced],)
    words = vocabulary()
    fields: dict[str, set[str]] = {d: set() for d in _GROUPS}
    plain = False
    for column, matches in zip(grid.columns, found, strict=True):
        if column.empty:
            continue
        for match in matches:
            if match.domain not in fields:
                continue
            if words.is_plain_quantity(column.heading) and match.field in NUMBERS:
                plain = True
                continue
            fields[match.domain].add(match.field)
    making, stops, delivery = fields["making"], fields["downtime"], fields["delivery"]
    made = bool(making & {"qty_scrap", "qty_good", "qty_rework"})
    due = bool(delivery & (DUE | ACTUAL | {"order_date", "qty"}))
    ordered = bool(delivery & {"order", "shipment"})
    bought = bool(delivery & DUE) and bool(delivery & (ACTUAL | {"qty"}))
    bought &= _purchase(grid, found) or not making & {"qty_good", "qty_produced", "qty_rework"}
    delivers = ordered and (due or "qty_ordered" in delivery) and (bought or not made)
    makes = made or ("qty_produced" in making and not delivers)
    makes |= not delivers and not made and _scrap_cost(grid, found)
    makes |= "movement_type" in making and (plain or bool(making & (MAKING | {"cost"})))
    makes |= not delivers and plain and "reason" in making and "minutes" not in stops
    times = bool(stops & DURATIONS - {"ideal_cycle_min"}) and not delivers
    times |= not makes and not delivers and {"start", "end"} <= stops
    makes &= not (bought and delivers)
    on = [("making", makes), ("downtime", times), ("delivery", delivers and not makes)]
    return tuple(d for d, active in on if active)


def _purchase(grid: Grid, found: Sequence[tuple[Match, ...]]) -> bool:
    """A column of order numbers whose heading speaks of buying: what came in good was received."""
    buying = set(vocabulary().fields["purchase"])
    return any(
        any(m.domain == "delivery" and m.field == "order" for m in matches)
        and bool(column.named.tokens & buying)
        for column, matches in zip(grid.columns, found, strict=True)
    )


def _scrap_cost(grid: Grid, found: Sequence[tuple[Match, ...]]) -> bool:
    """A column of what scrap cost, as it stands in lists without quantities."""
    return any(
        any(m.field == "cost" for m in matches) and "scrap" in concepts_of(column.heading)
        for column, matches in zip(grid.columns, found, strict=True)
    )


def suggest(grid: Grid, found: Sequence[tuple[Match, ...]], desk: Desk) -> list[tuple[Match, ...]]:
    """Ask about headings that nearly read like a quantity or duration, where no heading does."""
    words = vocabulary()
    out = list(found)
    for i, column in enumerate(grid.columns):
        if found[i] or column.empty or column.shares["number"] < 0.8:
            continue
        if any(m.level is Level.EXACT for m in words.lookup(column.heading)):
            continue  # known for something that its cells are not: it is no other word misspelt
        near = words.near(column.heading)
        wanted = [m for m in near if m.field in NUMBERS | DURATIONS]
        if not wanted:
            continue
        answer = desk.ask(
            "field",
            grid.sheet,
            f"field:{column.named.key}",
            said("What does {heading} hold?", heading=repr(column.heading)),
            [
                *((m.field, _says(m.field)) for m in wanted[:3]),
                ("ignore", said("the column is not needed")),
            ],
            heading=column.heading,
            samples=column.examples(),
        )
        out[i] = tuple(m for m in wanted if m.field == answer)
    return out


def assign(
    grid: Grid,
    found: Sequence[tuple[Match, ...]],
    domains: tuple[str, ...],
    desk: Desk,
    remembered: Mapping[str, str],
    fixed: Mapping[int, str] = MappingProxyType({}),
) -> Assignment:
    """Give every field its column: remembered ones first, sure ones next, doubtful ones by values.

    ``fixed`` are fields that a person named for columns, by place; they go before all others.
    """
    out = Assignment(domains)
    for i, name in fixed.items():
        if name == "ignore":
            out.shut.add(i)
        else:
            out.fields.setdefault(name, []).append(i)
    shared = set(vocabulary().fields["shared"])
    doubtful: list[tuple[int, list[str]]] = []
    sure: list[tuple[int, int, int, str]] = []
    for i, (column, matches) in enumerate(zip(grid.columns, found, strict=True)):
        if i in fixed:
            continue
        known = remembered.get(column.named.key)
        if known is not None:
            if known == "ignore":
                out.shut.add(i)
            elif known not in fixed.values():
                out.fields.setdefault(
                    known.rpartition(".")[2] if "names." not in known else known, []
                ).append(i)
            continue
        names, level = _within(matches, domains, shared)
        names = [n for n in names if n not in ("ignore", "personal", "rate")]
        if not names:
            continue
        if len(names) > 1 or _bare_quantity(column, names, domains):
            doubtful.append((i, names))
        else:
            place = vocabulary().precedence(column.heading) if names[0] == "date" else 0
            if names[0] in ("machine", "work_center") and column.named.tokens & _STEPS:
                place = 1  # the step of a routing, where a machine is named as well
            sure.append((-level, place, i, names[0]))
    lost: dict[str, list[int]] = {}
    for _, _, i, name in sorted(sure):
        if not _take(grid, out, i, name) and name not in fixed.values():
            lost.setdefault(name, []).append(i)
    for i, names in doubtful:
        name = resolve(grid, out, i, names, desk)
        if name != "ignore":
            _take(grid, out, i, name)
        if grid.columns[i].empty and not set(names) <= _REASONS:
            out.open.add(i)
    if not remembered:
        settle_rivals(grid, out.fields, lost, desk)
    _settle(grid, out)
    unread = set(range(len(grid.columns))) - out.taken
    out.open |= {
        i for i in unread if grid.columns[i].empty and grid.columns[i].named.key not in remembered
    }
    return out


def known_domains(memory: FeedMemory | None) -> tuple[str, ...]:
    """The groups of datasets a feed had before; a blank column does not make it another feed."""
    known = {_DOMAINS_OF[d] for d in (memory.datasets if memory else ()) if d in _DOMAINS_OF}
    return tuple(d for d in (*_GROUPS, "complaint", "measuring") if d in known)


def binding(
    memory: FeedMemory | None,
    grid: Grid,
    found: Sequence[tuple[Match, ...]],
    domains: tuple[str, ...],
) -> dict[str, str]:
    """What is remembered of each heading, by its key, as far as it holds for this file.

    That a column was not read does not bind a file with datasets the feed did not have before,
    where the column is one of theirs.
    """
    if memory is None:
        return {}
    new = set(domains) - set(known_domains(memory))
    known = {vocabulary().normalise(h).key: f for h, f in memory.mapping.items()}
    for column, matches in zip(grid.columns, found, strict=True):
        key = column.named.key
        said = memory.conventions.get(f"field:{key}")
        if known.get(key) == "ignore" != said and any(m.domain in new for m in matches):
            del known[key]
    return known


def _within(
    matches: Sequence[Match], domains: tuple[str, ...], shared: set[str]
) -> tuple[list[str], int]:
    """The fields a heading has in the first active domain that knows it; shared ones from any."""
    for domain in domains:
        here = [m for m in matches if m.domain == domain]
        if here:
            return [m.field for m in here], int(here[0].level)
    others = [m for m in matches if m.field in shared or m.domain == "names"]
    best = max((m.level for m in others), default=0)
    return list(dict.fromkeys(m.field for m in others if m.level == best)), int(best)


def _bare_quantity(column: Column, names: list[str], domains: tuple[str, ...]) -> bool:
    return (
        "making" in domains
        and vocabulary().is_plain_quantity(column.heading)
        and bool(set(names) & NUMBERS)
    )


def _take(grid: Grid, out: Assignment, i: int, name: str) -> bool:
    """Give column i the field, unless another has it; a day and a time of day share a moment."""
    there = out.fields.get(name)
    if there is None or (grid.columns[there[0]].empty and not grid.columns[i].empty):
        out.fields[name] = [i]
        return True
    if not grid.columns[i].empty and name in CLOCKS and len(there) == 1:
        kinds = {_is_clock(grid.columns[c]) for c in (there[0], i)}
        if kinds == {True, False}:
            there.append(i)
            return True
    return False


def _is_clock(column: Column) -> bool:
    return column.shares["clock"] > 0.5


def _settle(grid: Grid, out: Assignment) -> None:
    """Fields that stand in for others: a work center without a machine, a reason only in words."""
    if (center := out.fields.pop("work_center", None)) and not out.has("machine"):
        out.fields["machine"] = center
    if out.has("reason_text") and not out.has("reason"):
        out.fields["reason"] = out.fields.pop("reason_text")
    if not out.has("order") and out.has("shipment") and "delivery" in out.domains:
        out.fields["order"] = list(out.fields["shipment"])
    for name in [n for n in out.fields if n.startswith("names.")]:
        dimension = name.removeprefix("names.")
        if not out.has(dimension):
            out.fields[dimension] = out.fields.pop(name)


def resolve(grid: Grid, out: Assignment, i: int, names: list[str], desk: Desk) -> str:
    """The field of a heading that stands for several: by the values, else by asking."""
    column, options = grid.columns[i], set(names)
    free = [n for n in names if not out.has(n)]
    if column.empty:
        return free[0] if free else "ignore"
    if _bare_quantity(column, names, out.domains):
        return _plain_quantity(grid, out, i, desk)
    if options <= _REASONS:
        return free[0] if free else "ignore"
    if options == {"item", "product"}:
        return _item_or_product(column, out)
    if options == {"minutes", "start", "end"}:
        return "start" if column.shares["date"] > 0.5 else "minutes"
    if options == {"qty_scrap", "cost"} and free == ["cost"]:
        twin = out.first("qty_scrap")
        if twin is not None and grid.columns[twin].named.key == column.named.key:
            return _ask_field(grid, column, ["ignore", "cost"], desk)
        return "cost"
    if options == {"qty_scrap", "cost"} and "qty_scrap" in free:
        units = column.number_texts.units
        money = any(len(u) == 3 and u.isupper() for u in (*units, column.named.unit or ""))
        return "cost" if money else "qty_scrap"
    if options == {"request_date", "delivered_on"} and len(free) == 2:
        sent = out.first("shipped_on")
        if sent is not None and bool((column.filled & ~grid.columns[sent].filled).any()):
            names = ["request_date", "delivered_on"]  # what has not left has a date: a due one
        elif not out.has(*DUE):
            names = ["delivered_on", "request_date"]
        if out.has("promise_date", "first_promise_date") and not out.has("shipped_on"):
            return "delivered_on"
        if out.has("qty") and not out.has("shipped_on"):
            return "delivered_on"
    if options == {"request_date", "delivered_on"} and free == ["request_date"]:
        if _repeats_the_arrival(grid, out, column):
            return "ignore"
        asked = ["ignore", "request_date"] if out.has(*DUE) else ["request_date", "ignore"]
        return _ask_field(grid, column, asked, desk)
    if options == {"delivered_on", "order_date"} and out.has(*DUE) and not out.has(*ACTUAL):
        return "delivered_on"
    if len(free) == 1 and out.has(*options):
        return free[0]
    if not free:
        return "ignore"
    return _ask_field(grid, column, [*(n for n in names if n in free), "ignore"], desk)


def _ask_field(grid: Grid, column: Column, names: Sequence[str], desk: Desk) -> str:
    return desk.ask(
        "field",
        grid.sheet,
        f"field:{column.named.key}",
        said("What does {heading} hold?", heading=repr(column.heading)),
        [(n, said("the column is not needed") if n == "ignore" else _says(n)) for n in names],
        heading=column.heading,
        samples=column.examples(),
    )


def _repeats_the_arrival(grid: Grid, out: Assignment, column: Column) -> bool:
    """Whether a day is there only with the arrival, and almost always the same: a second record."""
    arrived = out.first("delivered_on")
    if arrived is None:
        return False
    a, b = grid.columns[arrived].as_moments("dmy").values, column.as_moments("dmy").values
    there, both = ~np.isnat(b), ~np.isnat(a) & ~np.isnat(b)
    if not both.any() or bool((there & np.isnat(a)).any()):
        return False
    return float((a[both].astype("M8[D]") == b[both].astype("M8[D]")).mean()) >= 0.9


def _says(name: str) -> str:
    """What a field holds, in the words of its declaration."""
    for dataset in DATASETS.values():
        for column in dataset.columns:
            if column.name == name:
                return label(column.words)
    return name


def _plain_quantity(grid: Grid, out: Assignment, i: int, desk: Desk) -> str:
    """What a column called only "Quantity" counts, in a table of scrap or production."""
    column = grid.columns[i]
    if out.has("movement_type"):
        return "qty_scrap" if not out.has("qty_scrap") else "ignore"
    scrap = out.first("qty_scrap")
    if scrap is not None:
        made, bad = column.as_numbers().values, grid.columns[scrap].as_numbers().values
        both = ~np.isnan(made) & ~np.isnan(bad)
        if out.has("qty_produced"):
            return "ignore"
        if both.any() and bool((made[both] >= bad[both]).all()):
            return "qty_produced"
    options = [("qty_produced", _says("qty_produced")), ("qty_scrap", _says("qty_scrap"))]
    if out.has("reason"):
        options.reverse()
    return desk.ask(
        "field",
        grid.sheet,
        f"field:{column.named.key}",
        said("What does {heading} count?", heading=repr(column.heading)),
        [*options, ("ignore", said("the column is not needed"))],
        heading=column.heading,
        samples=column.examples(),
    )


def _item_or_product(column: Column, out: Assignment) -> str:
    if out.has("product"):
        return "item"
    if out.has("item"):
        return "product"
    numbers = column.as_numbers().values
    filled = numbers[~np.isnan(numbers)]
    small = len(filled) > 0 and len(filled) == int(column.filled.sum()) and filled.max() < 10000
    return "item" if small else "product"
