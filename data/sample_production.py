"""What the sample plants made and scrapped: one row per line, working day and shift."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
import pandas as pd
from sample_calendar import MONTHS, WORKING_DAYS, month_of, stream

TOOL_CHANGE: Final = date(2026, 3, 9)
TOOL_CHANGE_FACTOR: Final = 1.75  # scrap on Press 2 since the new tool
SUMMER_FACTOR: Final = {6: 1.7, 7: 2.2, 8: 2.0}  # humid months, product RB-410
ZERO_SCRAP_MONTHS: Final = ("2024-07", "2025-12")  # Weld 1
SHUT_IN_AUGUST: Final = "Paint 1"
SHIFT_NOISE: Final = 0.12  # sd of the logarithm of the scrap rate, from shift to shift
DRIFT: Final = "drift/20"  # months that vary without a run or a trend: noise, and nothing else
SHIFTS_PER_ORDER: Final = 4


@dataclass(frozen=True)
class Line:
    """A production line: pieces per shift, share scrapped and reworked, cost of a scrapped piece."""

    name: str
    machines: tuple[str, ...]
    products: tuple[str, ...]
    per_shift: int
    scrap: float
    rework: float
    piece_cost: float
    reasons: Mapping[str, float]  # reason -> how often, relative to the others
    monthly_noise: float = 0.0  # sd of the logarithm of the scrap rate, from month to month
    take: int = 1  # which possible history: one in which chance alone makes no signal


NORDHAFEN: Final = (
    Line(
        "Press 1", ("PR-11", "PR-12"), ("004711", "004712", "004715"), 1500, 0.016, 0.006, 2.35,
        {"Burr": 0.30, "Crack": 0.25, "Dent": 0.25, "Wrong dimension": 0.20},
    ),
    Line(
        "Press 2", ("PR-21", "PR-22"), ("004720", "004721"), 1300, 0.018, 0.006, 2.80,
        {"Burr": 0.30, "Crack": 0.28, "Dent": 0.22, "Wrong dimension": 0.20},
    ),
    Line(
        "Weld 1", ("WE-31", "WE-32"), ("018830", "018831"), 420, 0.0035, 0.012, 9.40,
        {"Porous seam": 0.45, "Misaligned": 0.35, "Spatter": 0.20},
    ),
    Line(
        SHUT_IN_AUGUST, ("PA-41", "PA-42"), ("026640", "026641"), 900, 0.031, 0.022, 6.10,
        {"Dust inclusion": 0.52, "Run": 0.26, "Thin coat": 0.22},
        take=2,
    ),
)  # fmt: skip

RIVERSIDE: Final = (
    Line(
        "Molding A", ("MA-1", "MA-2"), ("RB-410", "RB-420", "RB-430"), 2100, 0.012, 0.003, 0.85,
        {"D01": 0.35, "D02": 0.30, "D03": 0.20, "D04": 0.15},
    ),
    Line(
        "Molding B", ("MB-1",), ("CL-100", "CL-120"), 14000, 0.008, 0.001, 0.06,
        {"D02": 0.40, "D03": 0.35, "D04": 0.25},
        monthly_noise=0.10,
    ),
    Line(
        "Assembly", ("AS-1", "AS-2"), ("KT-700", "KT-710"), 650, 0.005, 0.015, 4.20,
        {"D05": 0.40, "D06": 0.35, "D07": 0.25},
    ),
)  # fmt: skip

PRODUCT_NAMES: Final = {
    "004711": "Bracket, left",
    "004712": "Bracket, right",
    "004715": "Cover plate",
    "004720": "Cross member",
    "004721": "Reinforcement",
    "018830": "Frame, welded",
    "018831": "Console, welded",
    "026640": "Frame, painted",
    "026641": "Console, painted",
}

REJECT_NAMES: Final = {
    "D01": "Splay (moisture)",
    "D02": "Short shot",
    "D03": "Flash",
    "D04": "Black speck",
    "D05": "Missing clip",
    "D06": "Wrong label",
    "D07": "Scratched",
}

SHIFTS: Final = {"Nordhafen": ("F", "S", "N"), "Riverside": ("Day", "Evening", "Night")}
LINES: Final = {"Nordhafen": NORDHAFEN, "Riverside": RIVERSIDE}


def runs_on(line: str, day: date) -> bool:
    """Whether a line is scheduled on a working day; the paint shop is shut in August."""
    return not (line == SHUT_IN_AUGUST and day.month == 8)


def _level(line: Line, day: date, product: str) -> float:
    """What the stories do to the scrap rate of a line: a factor."""
    if line.name == "Weld 1" and month_of(day) in ZERO_SCRAP_MONTHS:
        return 0.0
    if line.name == "Press 2" and day >= TOOL_CHANGE:
        return TOOL_CHANGE_FACTOR
    if product == "RB-410":
        return SUMMER_FACTOR.get(day.month, 1.0)
    return 1.0


def _reason(line: Line, day: date, product: str, rng: np.random.Generator) -> str:
    """The reason a shift books its scrap on; empty where nobody said."""
    weights = dict(line.reasons)
    if line.name == "Press 2" and day >= TOOL_CHANGE:
        weights["Burr"] *= 4
    if product == "RB-410" and day.month in SUMMER_FACTOR:
        weights["D01"] *= 4
    share = np.array(list(weights.values())) / sum(weights.values())
    return "" if rng.random() < 0.04 else str(rng.choice(list(weights), p=share))


def _line_rows(plant: str, line: Line, first_order: int) -> list[tuple[object, ...]]:
    rng = stream(f"production/{plant}/{line.name}/{line.take}")
    drift = np.clip(stream(DRIFT).normal(0, 1, len(MONTHS)), -1.8, 1.8)
    monthly = dict(zip(MONTHS, np.exp(drift * line.monthly_noise), strict=True))
    slots = [(d, s) for d in WORKING_DAYS if runs_on(line.name, d) for s in SHIFTS[plant]]
    rows: list[tuple[object, ...]] = []
    product, machine = line.products[0], line.machines[0]
    for number, (day, shift) in enumerate(slots):
        if number % SHIFTS_PER_ORDER == 0:
            product, machine = str(rng.choice(line.products)), str(rng.choice(line.machines))
        gross = int(rng.normal(line.per_shift, 0.05 * line.per_shift))
        # Between shifts the rate wanders a little; a law of nature would be binomial, a plant is not.
        wander = np.exp(rng.normal(0, SHIFT_NOISE)) if not line.monthly_noise else 1.0
        rate = line.scrap * _level(line, day, product) * monthly[month_of(day)] * wander
        scrap, rework = int(rng.binomial(gross, rate)), int(rng.binomial(gross, line.rework))
        reason = _reason(line, day, product, rng) if scrap else ""
        cost = round(scrap * line.piece_cost, 2)
        order = str(first_order + number // SHIFTS_PER_ORDER)
        made = (gross, gross - scrap - rework, scrap, rework)
        rows.append((day, plant, line.name, machine, shift, product, order, *made, reason, cost))
    return rows


COLUMNS: Final = (
    "date", "plant", "line", "machine", "shift", "product", "order",
    "gross", "good", "scrap", "rework", "reason", "cost",
)  # fmt: skip


def production(plant: str) -> pd.DataFrame:
    """What a plant made, 36 months: one row per line, working day and shift, columns ``COLUMNS``.

    Quantities in pieces, ``gross`` = good + scrap + rework; ``cost`` of the scrap in EUR;
    ``reason`` empty where there was no scrap, or nobody said why.
    """
    rows: list[tuple[object, ...]] = []
    for number, line in enumerate(LINES[plant], start=1):
        rows += _line_rows(plant, line, 1_000_000 + 100_000 * number)
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    return table.sort_values(["date", "line", "order"], kind="stable", ignore_index=True)
