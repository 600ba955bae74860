"""Simulated series with known truth: what screening is tried on, and docs/screening.md tells of."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from kpi.spc import Evidence, evidence

Values = npt.NDArray[np.float64]
Random = np.random.Generator
Made = Mapping[str, Values]
"""What ``evidence`` takes: values, or count and size; arrays (T, S)."""


@dataclass(frozen=True)
class Process:
    """An unchanged process: the kind of chart its KPI asks for, and how its series come about.

    ``make`` takes the random source, the points and the number of series, and the relative level
    of each point (1 where nothing happens; added in sigma where ``shift`` is "sigma").
    """

    kind: str
    make: Callable[[Random, int, int, Values], Made]
    shift: str = "ratio"


def _normal(random: Random, t: int, s: int, level: Values) -> Made:
    return {"values": 100 + 5 * (random.standard_normal((t, s)) + level)}


def _ar(rho: float) -> Callable[[Random, int, int, Values], Made]:
    def make(random: Random, t: int, s: int, level: Values) -> Made:
        x = np.empty((t, s))
        x[0] = random.standard_normal(s)
        for i in range(1, t):
            x[i] = rho * x[i - 1] + np.sqrt(1 - rho**2) * random.standard_normal(s)
        return {"values": 100 + 5 * (x + level)}

    return make


def _season(height: float) -> Callable[[Random, int, int, Values], Made]:
    def make(random: Random, t: int, s: int, level: Values) -> Made:
        start = random.integers(0, 12, s)
        wave = height * np.sin(2 * np.pi * (np.arange(t)[:, None] + start) / 12)
        return {"values": 100 + 5 * (random.standard_normal((t, s)) + wave + level)}

    return make


def _positive(draw: Callable[[Random, tuple[int, int]], Values]) -> Callable[..., Made]:
    def make(random: Random, t: int, s: int, level: Values) -> Made:
        return {"values": draw(random, (t, s)) * level}

    return make


def _mostly_zero(random: Random, t: int, s: int, level: Values) -> Made:
    there = random.random((t, s)) < np.minimum(0.3 * level, 1)
    return {"values": np.where(there, random.gamma(1.0, 60.0, (t, s)) * level, 0.0)}


def _share(size: int, p: float, spread: float = 0.0) -> Callable[..., Made]:
    """Binomial counts; ``spread`` is the relative standard deviation of the true share."""

    def make(random: Random, t: int, s: int, level: Values) -> Made:
        n = random.integers(size // 2, size * 3 // 2 + 1, (t, s))
        share = p * level
        if spread:
            share = share * random.gamma(1 / spread**2, spread**2, (t, s))
        return {
            "count": random.binomial(n, np.clip(share, 0, 1)).astype(float),
            "size": n.astype(float),
        }

    return make


def _rate(mean: float, spread: float = 0.0, *, sized: bool = True) -> Callable[..., Made]:
    def make(random: Random, t: int, s: int, level: Values) -> Made:
        size = random.uniform(0.5, 1.5, (t, s)) if sized else np.ones((t, s))
        rate = mean * size * level
        if spread:
            rate = rate * random.gamma(1 / spread**2, spread**2, (t, s))
        made: dict[str, Values] = {"count": random.poisson(rate).astype(float)}
        return {**made, "size": size} if sized else made

    return make


def _amount_share(random: Random, t: int, s: int, level: Values) -> Made:
    """Hours lost out of hours planned."""
    size = random.uniform(300, 700, (t, s))
    return {
        "count": np.minimum(size * 0.08 * random.gamma(8, 1 / 8, (t, s)) * level, size),
        "size": size,
    }


def _batches(random: Random, t: int, s: int, level: Values) -> Made:
    """Scrap that comes in batches of five."""
    n = random.integers(1000, 3000, (t, s)).astype(float)
    return {"count": 5.0 * random.poisson(n * 0.002 * level), "size": n}


PROCESSES: Final[Mapping[str, Process]] = {
    "measured, normal": Process("imr", _normal, "sigma"),
    "measured, gamma (shape 2)": Process("imr", _positive(lambda r, z: r.gamma(2.0, 30.0, z))),
    "measured, log-normal (0.5)": Process("imr", _positive(lambda r, z: r.lognormal(3.0, 0.5, z))),
    "measured, log-normal (1)": Process("imr", _positive(lambda r, z: r.lognormal(3.0, 1.0, z))),
    "measured, mostly zero": Process("imr", _mostly_zero),
    "measured, t with 4 d.f.": Process(
        "imr", lambda r, t, s, v: {"values": 100 + r.standard_t(4, (t, s)) + v}, "sigma"
    ),
    "hours lost of hours planned": Process("p", _amount_share),
    "neighbours alike, 0.3": Process("imr", _ar(0.3), "sigma"),
    "neighbours alike, 0.6": Process("imr", _ar(0.6), "sigma"),
    "season, 1 sigma high": Process("imr", _season(1.0), "sigma"),
    "season, 2 sigma high": Process("imr", _season(2.0), "sigma"),
    "share 2 % of 500": Process("p", _share(500, 0.02)),
    "share 5 % of 20": Process("p", _share(20, 0.05)),
    "share 40 % of 15": Process("p", _share(15, 0.4)),
    "share 95 % of 60": Process("p", _share(60, 0.95)),
    "share 1 % of 50,000": Process("p", _share(50_000, 0.01)),
    "rate, 0.4 events": Process("u", _rate(0.4)),
    "rate, 3 events": Process("u", _rate(3.0)),
    "rate, 80 events": Process("u", _rate(80.0)),
    "events, 2 a period": Process("c", _rate(2.0, sized=False)),
    "share, large, wide (Laney)": Process("p", _share(20_000, 0.02, 0.2)),
    "rate, large, wide (Laney)": Process("u", _rate(200.0, 0.25)),
    "share, small, wide": Process("p", _share(300, 0.05, 0.3)),
    "scrap in batches of five": Process("p", _batches),
}


def rates(name: str, points: int, series: int, seed: int = 1) -> dict[float, float]:
    """Observed shares of p-values under 0.05, 0.01 and 0.001 where nothing happens."""
    found = of_process(name, points, series, seed)
    p = found.p_value[np.isfinite(found.p_value)]
    return {level: float((p < level).mean()) for level in (0.05, 0.01, 0.001)}


def of_process(
    name: str, points: int, series: int, seed: int = 1, level: Values | None = None
) -> Evidence:
    """The evidence in series of a process."""
    process = PROCESSES[name]
    random = np.random.default_rng([seed, sorted(PROCESSES).index(name), points])
    plain = np.full((points, series), 0.0 if process.shift == "sigma" else 1.0)
    made = process.make(random, points, series, plain if level is None else level)
    return evidence(process.kind, **made)
