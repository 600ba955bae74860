"""Simulate the null distribution of the evidence that screening uses: ``python docs/make_null_tables.py``.

In-control series go through the very functions that screening uses; the table keeps the scores that
given shares of them exceed. Seeded: the same table every time. ``--series 20000`` makes a rough one.
"""

import argparse
import json
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Final

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from kpi.spc.evidence_points import gather
from kpi.spc.evidence_strength import strength
from kpi.spc.null_table import TABLE

SEED: Final = 1931
POINTS: Final = (8, 9, 10, 12, 14, 16, 20, 24, 30, 36, 60)
SHARES: Final = (
    0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1, 0.05, 0.03, 0.02, 0.01, 0.005, 0.002, 0.001,
    5e-4, 2e-4, 1e-4, 5e-5,
)  # fmt: skip
BATCH: Final = 20_000
RECENT: Final = 3
WORKERS: Final = 4
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
    parser.add_argument("--series", type=int, default=120_000, help="how many of each")
    series: int = parser.parse_args().series
    with ProcessPoolExecutor(WORKERS) as pool:
        rows = {
            family: [pool.submit(scores, family, points, series) for points in POINTS]
            for family in FAMILIES
        }
        found = {family: [row.result() for row in of] for family, of in rows.items()}
    table = {
        "series": series,
        "seed": SEED,
        "points": POINTS,
        "shares": SHARES,
        "scores": found,
    }
    TABLE.write_text(_compact(table), encoding="utf-8")


def _compact(table: dict[str, object]) -> str:
    text = json.dumps(table)
    return text.replace("], [", "],\n[").replace('": [[', '": [\n[') + "\n"


if __name__ == "__main__":
    main()
