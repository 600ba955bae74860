"""Monthly series whose structure is known, with what came after: seeded, for simulations."""

from collections.abc import Callable

import numpy as np

from kpi.trends import Kind, Series

AHEAD = 12


def _plain(values, length, per=1.0, kind=Kind.PLAIN, exposure=None):
    volume = np.ones(len(values)) if exposure is None else exposure
    series = Series(
        values[:length], volume[:length], kind, per, np.arange(length) % 12, 12
    )  # fmt: skip
    return series, volume[length:], values[length:]


def stable(rng, length):
    return _plain(10 + rng.normal(size=length + AHEAD), length)


def drift(rng, length):
    slope = rng.choice([-1, 1]) * rng.uniform(0.02, 0.12)
    time = np.arange(length + AHEAD)
    return _plain(10 + slope * time + rng.normal(size=len(time)), length)


def autocorrelated(rng, length):
    memory = rng.uniform(0.3, 0.8)
    values = np.empty(length + AHEAD)
    last = rng.normal() / np.sqrt(1 - memory**2)
    for i in range(len(values)):
        last = memory * last + rng.normal()
        values[i] = 10 + last
    return _plain(values, length)


def wandering(rng, length):
    steps = rng.normal(size=length + AHEAD) * rng.uniform(0.1, 0.6)
    return _plain(10 + np.cumsum(steps) + rng.normal(size=len(steps)), length)


def seasonal(rng, length):
    season = rng.normal(size=12)
    season -= season.mean()
    season *= rng.uniform(0.5, 2) / season.std()
    time = np.arange(length + AHEAD)
    return _plain(10 + season[time % 12] + rng.normal(size=len(time)), length)


def step(rng, length):
    """A step nobody accepted as a new phase, at least six months ago."""
    time = np.arange(length + AHEAD)
    height = rng.choice([-1, 1]) * rng.uniform(1, 4)
    values = 10 + rng.normal(size=len(time)) + (time >= rng.integers(8, length - 6)) * height
    return _plain(values, length)


def binomial(rng, length):
    """Shares of volumes that vary fourfold, some with more spread than chance."""
    usual = np.exp(rng.uniform(np.log(30), np.log(3000)))
    volume = np.maximum(np.round(usual * np.exp(0.5 * rng.normal(size=length + AHEAD))), 5.0)
    level, more = rng.uniform(0.01, 0.99), rng.choice([0.0, 0.0, 0.2, 0.4])
    odds = np.log(level / (1 - level)) + more * rng.normal(size=len(volume))
    share = 1 / (1 + np.exp(-odds))
    values = rng.binomial(volume.astype(int), share) / volume * 100
    return _plain(values, length, 100.0, Kind.SHARE, volume)


def small_counts(rng, length):
    return _plain(
        rng.poisson(rng.uniform(0.8, 6), length + AHEAD).astype(float), length, kind=Kind.COUNT
    )


def amounts(rng, length):
    """Hours or money: always positive, skewed."""
    return _plain(
        np.exp(3 + 0.35 * rng.normal(size=length + AHEAD)), length, kind=Kind.AMOUNT
    )  # fmt: skip


def bounded(rng, length):
    """A share of minutes near its upper bound."""
    odds = rng.uniform(0, 4) + 0.3 * rng.normal(size=length + AHEAD)
    return _plain(100 / (1 + np.exp(-odds)), length, 100.0, Kind.BOUNDED)


STRUCTURES: dict[str, Callable] = {
    "one level": stable,
    "drift": drift,
    "autocorrelated (AR 1)": autocorrelated,
    "wandering level": wandering,
    "season": seasonal,
    "step, not accepted": step,
    "shares of varying volume": binomial,
    "small counts": small_counts,
    "skewed amounts": amounts,
    "share of time near 100 %": bounded,
}
