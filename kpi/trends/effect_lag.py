"""Least squares where neighbouring periods resemble each other by an unknown amount.

The correlation of neighbours (lag 1) of a short series is hardly known: a single estimate of it,
taken for the truth, makes intervals too narrow. Here every value it may have is weighed by how well
it explains the series, and what is said is the average over them.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

Values = npt.NDArray[np.float64]

LAGS: Final = tuple(np.round(np.arange(0.0, 0.96, 0.05), 2))
"""Correlations considered; below zero it would make intervals narrower, and is not believed."""

_HALVINGS: Final = 60
_NOTHING: Final = 1e-20


@dataclass(frozen=True, slots=True, eq=False)
class Fits:
    """One fit per correlation considered, each with its weight (they add up to 1).

    ``coef`` is (K, p), ``cov`` (K, p, p) without the dispersion, ``dispersion`` (K,) as used,
    ``freedom`` the residual degrees of freedom. ``raw`` is the dispersion as found where
    neighbours are taken as independent.
    """

    lags: Values
    weight: Values
    coef: Values
    cov: Values
    dispersion: Values
    freedom: int
    raw: float

    @property
    def lag1(self) -> float:
        """The correlation of neighbours, averaged over what may be."""
        return float(self.weight @ self.lags)

    def mean(self, column: int) -> float:
        """The coefficient of a column, averaged."""
        return float(self.weight @ self.coef[:, column])

    def p_value(self, columns: list[int]) -> float:
        """How likely coefficients as far from zero are where all of these columns do nothing."""
        from scipy.special import fdtrc

        b = self.coef[:, columns]
        inner = np.linalg.inv(self.cov[:, columns][:, :, columns])
        quadratic = np.einsum("ki,kij,kj->k", b, inner, b) / self.dispersion / len(columns)
        return float(self.weight @ fdtrc(len(columns), self.freedom, quadratic))

    def interval(self, column: int, confidence: float) -> tuple[float, float]:
        """Between what values a coefficient lies, both tails alike."""
        from scipy.special import stdtr, stdtrit

        tail = (1 - confidence) / 2
        b = self.coef[:, column]
        se = np.sqrt(self.cov[:, column, column] * self.dispersion)
        reach = float(stdtrit(self.freedom, 1 - tail))

        def crossing(wanted: float, low: float, high: float) -> float:
            for _ in range(_HALVINGS):
                middle = (low + high) / 2
                below = float(self.weight @ stdtr(self.freedom, (middle - b) / se))
                low, high = (middle, high) if below < wanted else (low, middle)
            return (low + high) / 2

        first, last = float((b - reach * se).min()), float((b + reach * se).max())
        return crossing(tail, first, last), crossing(1 - tail, first, last)


def fits(
    design: Values, response: Values, time: Values, *, floor: float, lag1: float | None = None
) -> Fits | None:
    """Weighted least squares under an autoregressive correlation of order 1.

    Parameters
    ----------
    design, response
        Scaled to equal variance; (n, p) of full rank, and (n,).
    time
        Position of each row, in periods, increasing: a gap leaves neighbours further apart.
    floor
        Smallest dispersion believed: 1 for counts, which cannot vary less than chance.
    lag1
        A known correlation, in place of all of ``LAGS``.

    Returns
    -------
    Fits or None
        ``None`` where no degree of freedom, or no variation at all, is left.

    References
    ----------
    The weights are the restricted likelihood (Harville 1977, JASA 72, 320-338) times the reference
    prior of a stationary series, 1 / sqrt(1 - lag1²) (Berger and Yang 1994, Econometric Theory 10,
    461-482); given a correlation, coefficients follow Student's t with n - p degrees of freedom.
    """
    freedom = design.shape[0] - design.shape[1]
    if freedom < 1:
        return None
    lags = np.array(LAGS if lag1 is None else [lag1], dtype=float)
    x, y, log_det = _whitened(design, response, time, lags)
    gram = np.einsum("kni,knj->kij", x, x)
    cov = np.linalg.inv(gram)
    coef = np.einsum("kij,knj,kn->ki", cov, x, y)
    rest = ((y - np.einsum("kni,ki->kn", x, coef)) ** 2).sum(axis=1)
    scale = float((response**2).sum()) or 1.0
    if floor == 0 and bool((rest <= _NOTHING * scale).any()):
        return None
    rest = np.maximum(rest, _NOTHING * scale)
    log_weight = -0.5 * (log_det + np.linalg.slogdet(gram)[1] + freedom * np.log(rest))
    log_weight -= 0.5 * np.log1p(-(lags**2))
    weight = np.exp(log_weight - log_weight.max())
    found = rest / freedom
    return Fits(
        lags, weight / weight.sum(), coef, cov, np.maximum(found, floor), freedom, float(found[0])
    )


def covariances(design: Values, time: Values, lags: Values) -> Values:
    """Of the coefficients under each correlation, without the dispersion; (K, p, p)."""
    x, _, _ = _whitened(design, np.zeros(len(design)), time, lags)
    return np.asarray(np.linalg.inv(np.einsum("kni,knj->kij", x, x)))


def _whitened(
    design: Values, response: Values, time: Values, lags: Values
) -> tuple[Values, Values, Values]:
    """Rows freed of the correlation with the row before them, and the log determinant taken out."""
    apart = np.diff(time)
    carried = lags[:, None] ** apart[None, :]  # (K, n-1); 0 ** d is 0
    fresh = 1 - carried**2
    root = np.sqrt(fresh)
    both = np.column_stack([design, response])
    rest = (both[None, 1:] - carried[:, :, None] * both[None, :-1]) / root[:, :, None]
    first = np.broadcast_to(both[None, :1], (len(lags), 1, both.shape[1]))
    white = np.concatenate([first, rest], axis=1)
    return white[:, :, :-1], white[:, :, -1], np.log(fresh).sum(axis=1)
