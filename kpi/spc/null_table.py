"""How often an unchanged process shows evidence as strong: the simulated table, and its tail.

``docs/make_null_tables.py`` makes the table: for a family of charts and a number of points, the
scores that so many of the simulated in-control series exceed. Between numbers of points scores are
interpolated linearly in 1 / points, between shares on a logarithmic scale. Beyond the rarest share
simulated the probability falls as the tail of a normal distribution does.
"""

import json
from functools import lru_cache
from pathlib import Path
from typing import Final

import numpy as np

from kpi.spc.evidence_points import Places
from kpi.spc.result import Values

TABLE: Final = Path(__file__).parent / "data" / "screening_null.json"


@lru_cache(maxsize=1)
def _table() -> tuple[Values, Values, dict[str, Values]]:
    """Numbers of points, ln of shares (falling), and per family scores (points, shares)."""
    raw = json.loads(TABLE.read_text(encoding="utf-8"))
    shares = np.asarray(raw["shares"], dtype=float)
    scores = {name: np.asarray(rows, dtype=float) for name, rows in raw["scores"].items()}
    return np.asarray(raw["points"], dtype=float), np.log(shares), scores


def null_probability(family: str, points: Places, score: Values) -> Values:
    """Share of unchanged series of so many points whose evidence is at least as strong; (S,).

    >>> float(null_probability("amounts", np.array([24]), np.array([0.0]))[0])
    1.0
    """
    from scipy.special import log_ndtr

    numbers, logs, scores = _table()
    table = scores[family]
    out = np.empty(len(score))
    for n in np.unique(points).tolist():
        here = points == n
        row = _between(numbers, table, max(n, 1))
        strong = np.abs(score[here])
        p = np.interp(strong, np.r_[0.0, row], np.r_[0.0, logs])
        tail = log_ndtr(-strong) - log_ndtr(-row[-1]) + logs[-1]
        out[here] = np.exp(np.where(strong > row[-1], tail, p))
    return out


def _between(numbers: Values, table: Values, n: int) -> Values:
    high = int(np.clip(np.searchsorted(numbers, n), 1, len(numbers) - 1))
    low = high - 1
    share = (1 / numbers[low] - 1 / n) / (1 / numbers[low] - 1 / numbers[high])
    share = min(max(share, 0.0), 1.0)
    return np.asarray(table[low] * (1 - share) + table[high] * share)
