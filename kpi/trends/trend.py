"""Is there a slope, and how sure is it?"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

FEWEST_POINTS: Final = 12
"""A year of months: below it a slope and a season cannot be told apart."""

LAGS: Final = 2
"""Neighbouring months that may move together, in the standard error."""


@dataclass(frozen=True, slots=True)
class Trend:
    """A straight line through the latest points.

    ``slope`` is the change per period in the unit of the values, ``low`` and ``high`` its 95 %
    interval. ``clear`` says that the interval leaves zero out.
    """

    slope: float
    low: float
    high: float
    points: int

    @property
    def clear(self) -> bool:
        """The direction is more than chance."""
        return self.low > 0 or self.high < 0


def trend(values: npt.NDArray[np.float64], *, last: int = FEWEST_POINTS) -> Trend | None:
    """The slope of the ``last`` points by least squares; ``None`` where fewer are measured.

    Gaps (``nan``) keep their place in time and are left out of the fit. The interval uses standard
    errors that hold under autocorrelation (Newey and West 1987, ``LAGS`` lags, small-sample
    correction), because neighbouring months resemble each other.

    >>> found = trend(np.arange(12.0) * 2 + np.tile([0.1, -0.1], 6))
    >>> round(found.slope, 2), found.clear
    (2.0, True)
    >>> trend(np.array([1.0, 2.0])) is None
    True
    """
    from statsmodels.regression.linear_model import OLS  # slow to import, and not always asked for

    window = np.asarray(values, dtype=float)[-last:]
    measured = np.isfinite(window)
    if measured.sum() < FEWEST_POINTS:
        return None
    time = np.arange(len(window), dtype=float)[measured]
    design = np.column_stack([np.ones_like(time), time])
    fitted = OLS(window[measured], design).fit(
        cov_type="HAC", cov_kwds={"maxlags": LAGS, "use_correction": True}, use_t=True
    )
    low, high = fitted.conf_int(alpha=0.05)[1]
    return Trend(float(fitted.params[1]), float(low), float(high), int(measured.sum()))
