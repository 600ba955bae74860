"""Simulate the null distribution of the evidence that screening uses: ``python docs/make_null_tables.py``.

In-control series go through the very functions that screening uses; the table keeps the scores that
given shares of them exceed. Seeded: the same table every time. ``--quick`` makes a rough one.
"""

import argparse
import json
import sys
from pathlib import Path
from typing import Final

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from kpi.spc.evidence_points import gather
from kpi.spc.evidence_strength import strength
from kpi.spc.null_table import TABLE

SEED: Final = 1931
POINTS: Final = (8, 9, 10, 11, 12, 14, 16, 18, 20, 22, 24, 27, 30, 36, 48, 60, 96)
SHARES: Final = (
    0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1, 0.05, 0.03, 0.02, 0.01, 0.005, 0.002, 0.001,
    5e-4, 2e-4, 1e-4, 5e-5, 2e-5, 1e-5, 5e-6,
)  # fmt: skip
BATCH: Final = 20_000
RECENT: Final = 3
FAMILIES: Final = ("amounts", "counts", "laney")


def simulated(family: str, points: int, series: int, random: np.random.Generator) -> np.ndarray:
    """Scores of series in which nothing happens."""
    shape = (points, series)
    if family == "amounts":
        count = 100 + random.standard_normal(shape)
    elif family == "counts":
        count = random.poisson(400.0, shape).astype(float)
    else:
        count = np.rint(1e6 + 3000 * random.standard_normal(shape))
    gathered = gather(count, np.ones(shape), np.ones(shape, dtype=bool))
    found = strength(family, gathered, share=False, recent_from=points - RECENT, season=0)
    return np.abs(found.score)


def scores(family: str, points: int, series: int) -> list[float]:
    """The scores that the shares exceed."""
    random = np.random.default_rng([SEED, FAMILIES.index(family), points])
    parts = [simulated(family, points, BATCH, random) for _ in range(max(series // BATCH, 1))]
    level = np.quantile(np.concatenate(parts), [1 - share for share in SHARES])
    return [round(float(x), 4) for x in np.maximum.accumulate(level)]


def main() -> None:
    """Write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a rough table")
    series = 200_000 if parser.parse_args().quick else 4_000_000
    table = {
        "series": series,
        "seed": SEED,
        "points": POINTS,
        "shares": SHARES,
        "scores": {
            family: [scores(family, points, series) for points in POINTS] for family in FAMILIES
        },
    }
    TABLE.write_text(_compact(table), encoding="utf-8")


def _compact(table: dict[str, object]) -> str:
    text = json.dumps(table)
    return text.replace("], [", "],\n[").replace('": [[', '": [\n[') + "\n"


if __name__ == "__main__":
    main()
