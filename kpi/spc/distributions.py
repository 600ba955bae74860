"""Shapes of measured values: the test of normality, and distributions fitted where they are not normal.

Every fit works on columns (n, B), so that a bootstrap is one call. Sources: Anderson & Darling (1954)
with the significance of D'Agostino & Stephens, Goodness-of-fit techniques (1986), table 4.9; Minka
(2002) for the gamma shape; Slifker & Shapiro (1980), Technometrics 22, for the Johnson system.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

Values = npt.NDArray[np.float64]
Parameters = tuple[Values, ...]

_LEAST: Final = 1e-12  # a probability is never 0 or 1 by rounding alone
_STEPS: Final = 40
JOHNSON_Z: Final = 0.524
"""Where the Johnson system is fitted: quantiles of ±z and ±3z, z as its authors recommend."""


@dataclass(frozen=True, slots=True)
class Family:
    """A kind of distribution: how it is fitted to columns (n, B), and its two directions.

    ``ahead`` turns values (n, B) into probabilities, ``back`` probabilities (k, B) into values, both
    with parameters (B,). ``positive`` families know only values above zero.
    """

    name: str
    fit: Callable[[Values], Parameters]
    ahead: Callable[[Values, Parameters], Values]
    back: Callable[[Values, Parameters], Values]
    positive: bool = False


def anderson_darling(probability: Values) -> Values:
    """A² of sorted probabilities (n, B): how far a distribution is from the values, tails counted most."""
    n = len(probability)
    u = np.clip(probability, _LEAST, 1 - _LEAST)
    weight = (2 * np.arange(1, n + 1) - 1)[:, None]
    return np.asarray(-n - (weight * (np.log(u) + np.log1p(-u[::-1]))).sum(axis=0) / n)


def normality(values: Values) -> tuple[float, float]:
    """Adjusted Anderson-Darling statistic and its p-value for normal values of unknown mean and sigma.

    At least eight values that are not all equal; ``nan`` otherwise. Values read in steps are spread
    over their step first: ties are the gauge's doing, not the process's.
    """
    x = spread_ties(np.sort(values[np.isfinite(values)]))[:, None]
    n = len(x)
    if n < 8 or not np.ptp(x) > 0:
        return math.nan, math.nan
    raw = float(anderson_darling(NORMAL.ahead(x, NORMAL.fit(x)))[0])
    a = raw * (1 + 0.75 / n + 2.25 / n**2)
    return a, significance(a)


def significance(a: float) -> float:
    """The chance of an adjusted statistic as large from normal values (D'Agostino & Stephens).

    >>> round(significance(0.752), 3)
    0.05
    """
    if a >= 0.6:
        return math.exp(1.2937 - 5.709 * a + 0.0186 * a**2) if a < 13 else 0.0
    if a >= 0.34:
        return math.exp(0.9177 - 4.279 * a - 1.38 * a**2)
    if a >= 0.2:
        return 1 - math.exp(-8.318 + 42.796 * a - 59.938 * a**2)
    return 1 - math.exp(-13.436 + 101.14 * a - 223.73 * a**2)


def spread_ties(ordered: Values) -> Values:
    """Equal values spread evenly over the step that the gauge reads in; sorted in, sorted out.

    >>> spread_ties(np.array([1.0, 1.0, 2.0, 4.0])).tolist()
    [0.75, 1.25, 2.0, 4.0]
    """
    level, first, times = np.unique(ordered, return_index=True, return_counts=True)
    if len(level) == len(ordered) or len(level) < 2:
        return ordered
    step = float(np.diff(level).min())
    place = (np.arange(len(ordered)) - np.repeat(first, times) + 0.5) / np.repeat(times, times)
    return np.asarray(ordered + step * (place - 0.5))


def _normal_fit(x: Values) -> Parameters:
    return x.mean(axis=0), x.std(axis=0, ddof=1)


def _phi(z: Values) -> Values:
    from scipy.special import ndtr

    return np.asarray(ndtr(z))


def _z(p: Values) -> Values:
    from scipy.special import ndtri

    return np.asarray(ndtri(p))


def _gamma_fit(x: Values) -> Parameters:
    from scipy.special import digamma, polygamma

    mean = x.mean(axis=0)
    gap = np.maximum(np.log(mean) - np.log(x).mean(axis=0), 1e-9)
    shape = (3 - gap + np.sqrt((gap - 3) ** 2 + 24 * gap)) / (12 * gap)
    for _ in range(6):
        slope = 1 / shape - polygamma(1, shape)
        shape = np.maximum(shape - (np.log(shape) - digamma(shape) - gap) / slope, shape / 10)
    return shape, mean / shape


def _gamma_ahead(x: Values, p: Parameters) -> Values:
    from scipy.special import gammainc

    return np.asarray(gammainc(p[0], np.maximum(x, 0.0) / p[1]))


def _gamma_back(q: Values, p: Parameters) -> Values:
    from scipy.special import gammaincinv

    return np.asarray(gammaincinv(p[0], q) * p[1])


def _weibull_fit(x: Values) -> Parameters:
    """Maximum likelihood; values are taken relative to the largest, so that no power overflows."""
    top = x.max(axis=0)
    logs = np.log(x / top)
    mean = logs.mean(axis=0)
    shape = 1.28 / np.maximum(logs.std(axis=0), 1e-9)
    for _ in range(_STEPS):
        weight = np.exp(shape * logs)
        s0, s1, s2 = ((weight * logs**k if k else weight).sum(axis=0) for k in range(3))
        off = s1 / s0 - 1 / shape - mean
        step = off / ((s2 * s0 - s1**2) / s0**2 + 1 / shape**2)
        shape = np.maximum(shape - step, shape / 5)
        if (np.abs(step) < 1e-10 * shape).all():
            break
    return shape, top * np.exp(shape * logs).mean(axis=0) ** (1 / shape)


def _johnson_fit(x: Values) -> Parameters:
    """Slifker and Shapiro: the ratio of quantile spacings tells the kind and its four parameters."""
    at = _phi(JOHNSON_Z * np.array([-3.0, -1.0, 1.0, 3.0]))
    a, b, c, d = np.quantile(x, at, axis=0, method="weibull")
    p = np.maximum(c - b, 1e-300)
    m, n = (d - c) / p, (b - a) / p
    ratio = m * n
    middle = (b + c) / 2
    kind = np.where(ratio > 1 + 1e-9, 1.0, np.where(ratio < 1 - 1e-9, -1.0, 0.0))
    with np.errstate(all="ignore"):
        eta_u = 2 * JOHNSON_Z / np.arccosh((m + n) / 2)
        gamma_u = eta_u * np.arcsinh((n - m) / (2 * np.sqrt(ratio - 1)))
        scale_u = 2 * p * np.sqrt(ratio - 1) / ((m + n - 2) * np.sqrt(m + n + 2))
        place_u = middle + p * (n - m) / (2 * (m + n - 2))
        i, j = 1 / m, 1 / n
        inner = (1 + i) * (1 + j)
        eta_b = JOHNSON_Z / np.arccosh(np.sqrt(inner) / 2)
        root = np.sqrt(inner - 4)
        gamma_b = eta_b * np.arcsinh((j - i) * root / (2 * (i * j - 1)))
        scale_b = p * np.sqrt((inner - 2) ** 2 - 4) / (i * j - 1)
        place_b = middle - scale_b / 2 + p * (j - i) / (2 * (i * j - 1))
    up = kind > 0
    pick = [np.where(up, u, v) for u, v in
            ((gamma_u, gamma_b), (eta_u, eta_b), (place_u, place_b), (scale_u, scale_b))]  # fmt: skip
    return kind, *pick


def _johnson_ahead(x: Values, parameters: Parameters) -> Values:
    kind, gamma, eta, place, scale = parameters
    y = (x - place) / scale
    with np.errstate(all="ignore"):
        inside = np.clip(y, _LEAST, 1 - _LEAST)
        turned = np.where(kind > 0, np.arcsinh(y), np.log(inside / (1 - inside)))
    return _phi(gamma + eta * turned)


def _johnson_back(q: Values, parameters: Parameters) -> Values:
    kind, gamma, eta, place, scale = parameters
    turned = (_z(q) - gamma) / eta
    with np.errstate(all="ignore"):
        y = np.where(kind > 0, np.sinh(turned), 1 / (1 + np.exp(-turned)))
    return np.asarray(place + scale * y)


NORMAL: Final = Family(
    "normal",
    _normal_fit,
    lambda x, p: _phi((x - p[0]) / p[1]),
    lambda q, p: p[0] + p[1] * _z(q),
)
LOGNORMAL: Final = Family(
    "lognormal",
    lambda x: _normal_fit(np.log(x)),
    lambda x, p: _phi((np.log(np.maximum(x, 1e-300)) - p[0]) / p[1]),
    lambda q, p: np.exp(p[0] + p[1] * _z(q)),
    positive=True,
)
GAMMA: Final = Family("gamma", _gamma_fit, _gamma_ahead, _gamma_back, positive=True)
WEIBULL: Final = Family(
    "Weibull",
    _weibull_fit,
    lambda x, p: -np.expm1(-((np.maximum(x, 0.0) / p[1]) ** p[0])),
    lambda q, p: p[1] * (-np.log1p(-q)) ** (1 / p[0]),
    positive=True,
)
JOHNSON: Final = Family("Johnson", _johnson_fit, _johnson_ahead, _johnson_back)
SKEWED: Final = (LOGNORMAL, WEIBULL, GAMMA)
