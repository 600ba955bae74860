"""Simulated plants with known truth: what changed, where and when is an argument."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from kpi.analysis import open_home
from kpi.measures import MemorySource, facts
from kpi.settings import Settings

LINES = tuple(f"L{n}" for n in range(1, 6))
PRODUCTS = ("P1", "P2", "P3")
REASONS = ("Burr", "Crack", "Dent", "Scratch")
MONTHS = 32
MADE = 12_000
SHARE = 0.004
"""Of each reason; four of them make 1.6 %."""


@dataclass
class Simulated:
    """As much of a home as screening asks for, over facts in memory."""

    path: Path
    store: Any
    settings: Settings
    source: MemorySource
    position: int = 1
    is_sample: bool = False
    limit: None = None  # every plant is seen

    def view(self, _ledger: int | None = None) -> MemorySource:
        return self.source


def months() -> list[date]:
    return [date(2024 + (1 + n) // 12, (1 + n) % 12 + 1, 15) for n in range(MONTHS)]


def simulated(folder: Path, seed: int, change=None, settings=None, cost=None) -> Simulated:
    """A plant in which ``change(line, product, reason, month)`` times the scrap is made as usual."""
    random = np.random.default_rng(seed)
    production, scrap = [], []
    for month, on in enumerate(months()):
        for line in LINES:
            for product in PRODUCTS:
                where = {"date": on, "plant": "A", "line": line, "product": product}
                made = int(MADE * random.uniform(0.9, 1.1))
                production.append({**where, "qty_produced": made})
                for reason in REASONS:
                    factor = change(line, product, reason, month) if change else 1.0
                    count = int(random.poisson(made * SHARE * factor))
                    row = {**where, "reason": reason, "qty_scrap": count}
                    scrap.append(
                        row if cost is None else {**row, "cost": count * cost, "currency": "EUR"}
                    )
    source = MemorySource(
        {
            "production": facts("production", pd.DataFrame(production)),
            "scrap": facts("scrap", pd.DataFrame(scrap)),
        }
    )
    home = open_home(folder / f"home {seed}")
    return Simulated(home.path, home.store, settings or Settings(), source)
