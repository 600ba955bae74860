"""Simulated stores with known truth: mixtures of processes, parents that hold their children."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from kpi.spc import evidence
from kpi.trends import q_values
from tests.spc.made_series import PROCESSES, Random, Values

POINTS: Final = 36
CHILDREN: Final = 4
"""Every fifth series is the sum of the four before it."""

LASTED: Final = (1, 2, 3, 4, 6, 9, 12)
"""Months since which a changed series has been at its new level."""

AS_THEORY_HAS_IT: Final[Mapping[str, int]] = {
    "measured, normal": 30, "share 2 % of 500": 15, "share 5 % of 20": 10, "share 1 % of 50,000": 10,
    "rate, 3 events": 10, "rate, 0.4 events": 10, "rate, 80 events": 5, "events, 2 a period": 10,
}  # fmt: skip
AS_PLANTS_ARE: Final[Mapping[str, int]] = {
    "measured, normal": 10, "measured, gamma (shape 2)": 8, "measured, log-normal (0.5)": 8,
    "measured, log-normal (1)": 4, "measured, mostly zero": 6, "measured, t with 4 d.f.": 4,
    "hours lost of hours planned": 8, "neighbours alike, 0.3": 6, "neighbours alike, 0.6": 3,
    "season, 1 sigma high": 4, "share 2 % of 500": 7, "share 5 % of 20": 5, "share 95 % of 60": 4,
    "rate, 0.4 events": 4, "rate, 3 events": 5, "events, 2 a period": 3,
    "share, large, wide (Laney)": 5, "rate, large, wide (Laney)": 3,
    "share, small, wide": 4, "scrap in batches of five": 4,
}  # fmt: skip
"""Weights of the processes in a store."""


@dataclass(frozen=True)
class Judged:
    """What screening said of one store: arrays (S,). ``truth`` is +1 up, -1 down, 0 unchanged."""

    truth: npt.NDArray[np.int8]
    sign: npt.NDArray[np.int8]
    p: Values
    q: Values
    signal: npt.NDArray[np.bool_]

    @property
    def act(self) -> npt.NDArray[np.bool_]:
        """Worsening (up is worse here), false discovery rate under 5 %."""
        return (np.nan_to_num(self.q, nan=1.0) < 0.05) & (self.sign > 0) & self.signal

    def false(self, told: npt.NDArray[np.bool_]) -> float:
        """Share of false ones among those told; 0 where none is."""
        return float((self.truth[told] <= 0).mean()) if told.any() else 0.0

    def found(self, told: npt.NDArray[np.bool_]) -> float:
        """Share of the series that got worse that is told."""
        worse = self.truth > 0
        return float(told[worse].mean()) if worse.any() else float("nan")


def store(
    seed: int, series: int, changed: float, mixture: Mapping[str, int], effect: float = 1.0
) -> Judged:
    """Simulate and judge one store.

    A share ``changed`` of the children changes, four in five for the worse; ``effect`` scales how
    far. A third of the series begins late, so that they have 12 to 35 points.
    """
    random = np.random.default_rng([seed, series, int(changed * 1000)])
    weights = np.array(list(mixture.values()), dtype=float)
    families = np.bincount(
        random.choice(len(mixture), series // (CHILDREN + 1), p=weights / weights.sum()),
        minlength=len(mixture),
    )
    parts = [
        _part(name, int(number), random, changed, effect)
        for name, number in zip(mixture, families, strict=True)
        if number
    ]
    p = np.concatenate([part.p for part in parts])
    return Judged(
        np.concatenate([part.truth for part in parts]),
        np.concatenate([part.sign for part in parts]),
        p,
        q_values(p),
        np.concatenate([part.signal for part in parts]),
    )


def _part(name: str, families: int, random: Random, changed: float, effect: float) -> Judged:
    """All families of one process: their children, then their parents."""
    process = PROCESSES[name]
    children = families * CHILDREN
    truth = np.where(random.random(children) < changed, 1, 0).astype(np.int8)
    truth[random.random(children) < 0.2] *= -1
    lasted = random.choice(LASTED, children)
    far = random.uniform(0.3, 1.0, children) * effect
    inside = np.arange(POINTS)[:, None] >= POINTS - lasted
    if process.shift == "sigma":
        level = np.where(inside, 5 * far * truth, 0.0)
    else:
        level = np.where(inside, (1 + 2 * far) ** truth.astype(float), 1.0)
        if name == "share 95 % of 60":  # cannot rise much
            level = np.where(inside, np.where(truth > 0, 1.05, 1 - 0.2 * far * (truth < 0)), 1.0)
    made = process.make(random, POINTS, children, level)
    late = np.where(random.random(families) < 1 / 3, random.integers(1, 25, families), 0)
    gone = np.arange(POINTS)[:, None] < np.repeat(late, CHILDREN + 1)
    whole = {key: np.where(gone, np.nan, _with_parents(x)) for key, x in made.items()}
    found = evidence(process.kind, **whole)
    of_family = truth.reshape(families, CHILDREN)
    parent = np.sign(of_family.sum(axis=1))
    mixed = (of_family != 0).any(axis=1) & (parent == 0)
    parent[mixed] = 1  # moved both ways: whatever is told of it is not false
    all_truth = np.column_stack([of_family, parent]).ravel().astype(np.int8)
    return Judged(all_truth, found.sign, found.p_value, found.p_value, found.signal)


def _with_parents(x: Values) -> Values:
    """After each four children their sum."""
    points, children = x.shape
    families = x.reshape(points, children // CHILDREN, CHILDREN)
    return np.concatenate([families, families.sum(axis=2, keepdims=True)], axis=2).reshape(
        points, -1
    )


def error_rates(
    stores: int, series: int, changed: float, mixture: Mapping[str, int], effect: float = 1.0
) -> dict[str, float]:
    """Means over stores: ``false`` share among act, stores with a false act, power, and signals."""
    judged = [store(seed, series, changed, mixture, effect) for seed in range(stores)]
    unadjusted = [j.signal & (j.sign > 0) for j in judged]
    return {
        "false": float(np.mean([j.false(j.act) for j in judged])),
        "any_false": float(np.mean([(j.act & (j.truth <= 0)).any() for j in judged])),
        "act": float(np.mean([j.act.sum() for j in judged])),
        "found": float(np.mean([j.found(j.act) for j in judged])),
        "false_signals": float(
            np.mean([j.false(told) for j, told in zip(judged, unadjusted, strict=True)])
        ),
        "found_signals": float(
            np.mean([j.found(told) for j, told in zip(judged, unadjusted, strict=True)])
        ),
        "without_signal": float(
            np.mean([((j.q < 0.05) & (j.sign > 0) & ~j.signal).sum() for j in judged])
        ),
    }
