"""What a change comes to a month: in money where a price is known, else in hours or in pieces."""

from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np

from kpi.analysis import words
from kpi.analysis.home import Home
from kpi.analysis.results import Cost, Filters
from kpi.analysis.screen_series import Block
from kpi.measures import SeriesQuestion
from kpi.measures.wide import Wide, wide
from kpi.settings import Settings

NOUNS: Final = {
    "scrap_rate": "pieces", "scrap_weight_rate": "kg", "rework_rate": "pieces",
    "stops": "stops", "otd_request": "late order lines", "otd_first_promise": "late order lines",
    "otd_promise": "late order lines", "otif": "order lines late or incomplete",
    "overdue_backlog": "overdue order lines",
    "complaints": "complaints", "complaint_rate": "complaints", "returns_ppm": "pieces returned",
    "supplier_otd": "late purchase lines", "supplier_ppm": "defective pieces received",
}  # fmt: skip
"""What is counted more of than usual."""

MINUTES: Final = frozenset(
    {"unplanned_share", "downtime_hours", "mttr", "performance", "changeover_minutes"}
)
"""KPIs whose numerator is time, in minutes."""

PRICES: Final = {
    "scrap_rate": "scrap_piece", "rework_rate": "rework_piece",
    **dict.fromkeys(MINUTES, "downtime_hour"),
    **dict.fromkeys(("otd_request", "otd_first_promise", "otd_promise", "otif"), "late_line"),
    "complaints": "complaint", "complaint_rate": "complaint",
}  # fmt: skip
"""The site's price of each."""

_PIECES: Final = {
    "scrap_piece": "piece scrapped", "rework_piece": "piece reworked", "downtime_hour": "hour",
    "late_line": "late order line", "complaint": "complaint",
}  # fmt: skip

PER_MONTH: Final = {
    "month": 1.0, "week": 365.25 / 12 / 7, "quarter": 1 / 3, "year": 1 / 12, "fiscal": 1.0,
}  # fmt: skip
"""How many of a period make a month."""


def excess_of(block: Block, column: int, since: int) -> float:
    """How much more of the numerator a period than at the usual level, since a point (T index).

    Below the usual level it is negative. A plain sum is in what is summed (minutes, pieces).
    """
    figures, usual = block.figures, float(block.evidence.usual[column])
    late = slice(since, None)
    value = figures.value[late, column]
    counts = ~np.isnan(value) & ~block.hidden[late, column]
    if not counts.any():
        return 0.0
    below = figures.denominator[late, column][counts]
    if not block.is_ratio or np.isnan(below).any():
        return float(np.mean(value[counts] - usual)) / block.kpi.per
    expected = usual / block.kpi.per * below
    return float(np.mean(figures.numerator[late, column][counts] - expected))


@dataclass(frozen=True)
class Prices:
    """What things cost: as the data say for a slice, else as the site's settings do."""

    home: Home
    filters: Filters

    @cached_property
    def _per_month(self) -> float:
        fiscal = self.home.settings.fiscal.kind == "13" and self.filters.period == "fiscal"
        return 13 / 12 if fiscal else PER_MONTH.get(self.filters.period, 1.0)

    def cost(self, block: Block, column: int, excess: float, *, worse: bool | None) -> Cost:
        """What an excess of the numerator a period comes to a month; negative: it saves as much."""
        kpi, settings = block.kpi, self.home.settings
        sign = 1.0 if worse is None or worse else -1.0
        amount = sign * abs(excess) * self._per_month
        if kpi.id in MINUTES:
            amount /= 60
        recorded = self._recorded(block, column) if kpi.id == "scrap_rate" else None
        if recorded is not None:
            price, currency = recorded
            each = f"{words.number(price, 2)} {currency}".strip()
            return Cost(amount * price, "money", currency, f"at {each} a piece, as recorded")
        name = PRICES.get(kpi.id, "")
        set_price = getattr(settings.costs, name) if name else None
        if set_price is not None:
            currency = currency_of(settings)
            each = f"{words.number(set_price, 2)} {currency}".strip()
            return Cost(amount * set_price, "money", currency, f"at {each} a {_PIECES[name]}")
        if kpi.id in MINUTES:
            return Cost(amount, "hours", "h")
        if kpi.id not in NOUNS:  # a level, not an amount: nothing of it adds up over a month
            return Cost(sign * abs(excess), "level", kpi.unit)
        return Cost(amount, "count", NOUNS[kpi.id])

    def _recorded(self, block: Block, column: int) -> tuple[float, str] | None:
        """Recorded cost over pieces of the slice; of its plant, where the slice has none."""
        for by in (block.figures.by, ("plant",)):
            costs = self._costs(by)
            own = tuple(block.figures.slices[column][: len(by)])
            place = _place(costs, own)
            if place is None or not costs.kpi.unit:
                continue
            pieces = self._pieces(block, column, by)
            told = ~np.isnan(costs.value[:, place])
            here = np.isin(pieces.labels, np.array(costs.labels)[told])
            at = _place(pieces, own)
            count = 0.0 if at is None else float(np.nansum(pieces.numerator[here, at]))
            cost = float(np.nansum(costs.value[:, place]))
            if count > 0 and cost > 0:
                return cost / count, costs.kpi.unit
        return None

    def _pieces(self, block: Block, column: int, by: tuple[str, ...]) -> Wide:
        return block.figures if by == block.figures.by else self._ask("scrap_rate", by)

    def _costs(self, by: tuple[str, ...]) -> Wide:
        return self._ask("scrap_cost", by)

    def _ask(self, kpi: str, by: tuple[str, ...]) -> Wide:
        known = self._asked
        if (kpi, by) not in known:
            f = self.filters
            question = SeriesQuestion(kpi, f.period, by, f.where, f.first, f.last, f.as_of)
            known[kpi, by] = wide(self.home.view(f.ledger), question, self.home.settings)
        return known[kpi, by]

    @cached_property
    def _asked(self) -> dict[tuple[str, tuple[str, ...]], Wide]:
        return {}


def _place(figures: Wide, own: tuple[object, ...]) -> int | None:
    for place, row in enumerate(figures.slices):
        if tuple(row) == own:
            return place
    return None


def currency_of(settings: Settings) -> str:
    """The currency of the site's prices."""
    return settings.costs.currency or settings.currency or ""


def worth_acting(cost: Cost, settings: Settings) -> bool:
    """Whether a cost is above the site's threshold; what is only counted has none but zero."""
    chosen = settings.screening
    least = {"money": chosen.act_above_money, "hours": chosen.act_above_hours}.get(cost.kind, 0.0)
    return cost.amount > least
