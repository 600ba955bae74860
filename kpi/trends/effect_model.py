"""Generalised linear models of a KPI's periods: what varies how, by the KPI's own nature.

Proportions are quasi-binomial (logit link), rates of events quasi-Poisson (log link), everything
else normal (identity link), each weighted by its size. The fit is the usual one (iteratively
re-weighted least squares); its last working form is what interval and test are made of.
"""

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import numpy.typing as npt

Values = npt.NDArray[np.float64]
Nature = Literal["binomial", "poisson", "normal"]

_STEPS: Final = 25
_CLOSE: Final = 1e-10
_FAR: Final = 30.0
"""Linear predictors are kept within this: a rate of 1e-13 is as good as none."""


@dataclass(frozen=True, slots=True, eq=False)
class Working:
    """A fitted model in its working form: least squares of ``response`` on ``design``.

    Both are scaled so that every row has the same variance, the dispersion. ``predictor`` is the
    linear predictor, ``rows`` the design before scaling, ``beta`` the coefficients.
    """

    nature: Nature
    rows: Values
    beta: Values
    predictor: Values
    design: Values
    response: Values


def link(rate: Values | float, nature: Nature) -> Values:
    """The scale on which effects add up: log odds, log, or the value itself."""
    x = np.asarray(rate, dtype=float)
    if nature == "normal":
        return x
    with np.errstate(divide="ignore"):
        return np.asarray(np.log(x) - np.log1p(-x) if nature == "binomial" else np.log(x))


def inverse(predictor: Values | float, nature: Nature) -> Values:
    """From the scale of ``link`` back to rates."""
    eta = np.asarray(predictor, dtype=float)
    if nature == "normal":
        return eta
    eta = np.clip(eta, -_FAR, _FAR)
    return np.asarray(1 / (1 + np.exp(-eta)) if nature == "binomial" else np.exp(eta))


def slope_and_variance(rate: Values, nature: Nature) -> tuple[Values, Values]:
    """Derivative of the rate by the predictor, and the variance of one unit of size."""
    if nature == "normal":
        return np.ones_like(rate), np.ones_like(rate)
    both = rate * (1 - rate) if nature == "binomial" else rate
    return both, both


def fit(rate: Values, size: Values, rows: Values, nature: Nature) -> Working:
    """Fit the rates on the rows of a design, each weighted with its size.

    ``rate`` is the count over the size (the value itself for ``normal``); ``rows`` is (n, p) of
    full rank. For counts the rates of a side must not all be 0 (or all 1): see ``nudged``.

    References
    ----------
    McCullagh and Nelder, Generalized Linear Models, 2nd ed. 1989, sections 2.5 and 9.2.
    """
    start = rate
    if nature == "binomial":
        start = (rate * size + 0.5) / (size + 1)
    elif nature == "poisson":
        start = (rate * size + 0.5) / size
    eta = link(start, nature)
    beta: Values = np.zeros(rows.shape[1])
    for _ in range(_STEPS):
        design, working = _scaled(rate, size, rows, eta, nature)
        new = np.asarray(np.linalg.lstsq(design, working, rcond=None)[0], dtype=float)
        eta = rows @ new
        if nature != "normal":
            eta = np.clip(eta, -_FAR, _FAR)
        done = bool(np.abs(new - beta).max(initial=0.0) <= _CLOSE * (1 + np.abs(new).max()))
        beta = new
        if done or nature == "normal":
            break
    design, working = _scaled(rate, size, rows, eta, nature)
    return Working(nature, rows, beta, eta, design, working)


def _scaled(
    rate: Values, size: Values, rows: Values, eta: Values, nature: Nature
) -> tuple[Values, Values]:
    mean = inverse(eta, nature)
    slope, variance = slope_and_variance(mean, nature)
    root = np.sqrt(size / variance)
    working = eta + (rate - mean) / slope
    return rows * (slope * root)[:, None], working * slope * root


def nudged(
    rate: Values, size: Values, sides: tuple[npt.NDArray[np.bool_], ...], nature: Nature, by: float
) -> tuple[Values, Values]:
    """Rates and sizes with half an event put on a side that has none (or none that is good).

    ``by`` is the dispersion: so many events are worth one. Without it a side of nothing but zeros
    has no place on a logarithmic scale. The usual correction (Haldane 1956, Anscombe 1956).
    """
    if nature == "normal":
        return rate, size
    count, whole = rate * size, size.copy()
    for side in sides:
        if not side.any():
            continue
        share = size[side] / size[side].sum()
        empty = count[side].sum() <= 0
        full = nature == "binomial" and (size[side] - rate[side] * size[side]).sum() <= 0
        if empty or full:
            count[side] += 0.5 * by * share
            if nature == "binomial":
                whole[side] += by * share
    return count / whole, whole
