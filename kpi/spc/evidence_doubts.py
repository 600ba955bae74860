"""What else could have made a window look unusual: neighbours alike, season, skew, coarse values."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from kpi.spc.evidence_points import Places, Points, running
from kpi.spc.evidence_scores import Amounts, Nature, normal_of_t
from kpi.spc.evidence_search import Windows
from kpi.spc.result import Mask, Values
from kpi.spc.spans import ratio

BARTLETT: Final = 1.96
"""Lag-1 autocorrelation this many standard errors from what chance makes is said."""

WHOLE: Final = 0.5
"""How far the autocorrelation that counts leans to that of all points, the recent change included.

At 0 a stretch that neighbours alike have made passes for a change, at 1 no change passes; the more
of all squares the change explains, the less it leans. Simulated: docs/screening.md.
"""

HIGHEST_LAG1: Final = 0.9
SEASON_LEVEL: Final = 0.005
"""Each of the two tests of season (months, yearly wave); together one in a hundred."""

SEASON_POINTS: Final = 24
COARSE: Final = 0.25
"""Share of neighbours that are equal from which values are no measurements on a fine scale."""


@dataclass(frozen=True, slots=True, eq=False)
class Rest:
    """Residuals with the level of the window taken out of it: arrays (T, S), zero where none."""

    value: Values
    there: Mask
    pair: Mask
    inside: Mask  # the window


def without_step(points: Points, residual: Values, windows: Windows) -> Rest:
    """Residuals around two levels, that of the window and that of the other points."""
    row = np.arange(len(residual))[:, None]
    first = _step_first(residual, points, windows)
    last = _run_last(residual, points, windows)
    inside = (row >= first) & (row <= last) & points.there & (windows.score != 0)
    beside = points.there & ~inside
    out = np.where(inside, residual - _mean(residual, inside), 0.0)
    out = np.where(beside, residual - _mean(residual, beside), out)
    return Rest(out, points.there, points.pair, inside)


def _run_last(residual: Values, points: Points, windows: Windows) -> Places:
    """Where the run that the window is part of ends: later points on its side belong to it."""
    last, sign = windows.last.copy(), np.sign(windows.score)
    for row in range(int(last.min(initial=len(residual))) + 1, len(residual)):
        goes_on = (last == row - 1) & points.there[row] & (np.sign(residual[row]) == sign)
        last[goes_on] = row
    return last


def _step_first(residual: Values, points: Points, windows: Windows) -> Places:
    """Where between the begin of the run and that of the window a step explains the points best.

    Of a long run the window may be a part only; what is left of the run would pass for neighbours
    that are alike.
    """
    sums, row = running(residual), np.arange(len(residual))[:, None]
    number = points.number.astype(float)
    length = np.maximum(windows.last + 1 - row, 1).astype(float)
    beside = np.maximum(number - length, 1.0)
    series = np.arange(len(number))
    gap = (sums[windows.last + 1, series] - sums[:-1]) - length * sums[-1] / np.maximum(number, 1)
    allowed = (row >= windows.run_first) & (row <= windows.first) & (length < number)
    explained = np.where(allowed, gap**2 * (1 / length + 1 / beside), -1.0)
    best = explained.argmax(axis=0)
    return np.where(explained.max(axis=0, initial=-1.0) >= 0, best, windows.first)


def _mean(x: Values, where: Mask) -> Values:
    return np.asarray((x * where).sum(axis=0) / np.maximum(where.sum(axis=0), 1))


def lag1(rest: Rest, whole: Values) -> tuple[Values, Mask, Values]:
    """Lag-1 autocorrelation, whether it is more than chance, and what of it to count with.

    The first two are those of ``rest``, where the recent change is taken out. What is counted with
    leans to that of the ``whole`` residuals (see ``WHOLE``); it is corrected for its bias (Marriott and Pope 1954), never below zero, and where
    it is more than chance has a standard error on top: too small an estimate makes false alarms,
    too large a one delays a true one. ``nan`` under 7 pairs of neighbours.
    """
    number, pairs = rest.there.sum(axis=0), rest.pair.sum(axis=0)
    raw = _lag1(rest.value, rest, number, pairs)
    around = np.where(rest.there, whole - _mean(whole, rest.there), 0.0)
    other = _lag1(around, rest, number, pairs)
    n = np.maximum(number, 8)
    error = 1 / np.sqrt(np.maximum(pairs, 1))
    good = np.isfinite(raw)
    clear = BARTLETT * (n - 2) / n / np.sqrt(n - 1)
    raw, other = np.where(good, raw, 0.0), np.where(np.isfinite(other), other, 0.0)
    found = good & (np.abs(raw + 1 / n) > clear)
    left = _share_left(rest.value, around)
    lean = WHOLE * np.sqrt(left)
    mixed = np.maximum(raw, (1 - lean) * raw + lean * other)
    counted = mixed + (1 + 3 * mixed) / n
    counted = np.where(mixed + 1 / n > clear, counted + error, counted)
    return (
        np.where(good, np.clip(raw, -1, 1), np.nan),
        found,
        np.where(good, np.clip(counted, 0.0, HIGHEST_LAG1), 0.0),
    )


def _share_left(rest: Values, whole: Values) -> Values:
    """Share of the squares that the recent change does not explain."""
    before = (whole * whole).sum(axis=0)
    return np.where(before > 0, (rest * rest).sum(axis=0) / np.where(before > 0, before, 1.0), 0.0)


def _lag1(x: Values, rest: Rest, number: Places, pairs: Places) -> Values:
    product = np.where(rest.pair[1:], x[1:] * x[:-1], 0.0).sum(axis=0)
    square = (x * x).sum(axis=0) / np.maximum(number, 1)
    good = (pairs >= 7) & (square > 0)
    return np.where(good, product / np.where(good, pairs * square, 1.0), np.nan)


def excess_kurtosis(rest: Rest) -> Values:
    """Excess kurtosis of the points outside the window (unbiased for normal ones), not below zero."""
    x = np.where(rest.inside, 0.0, rest.value)
    n = np.maximum((rest.there & ~rest.inside).sum(axis=0), 4).astype(float)
    square = x * x
    second, fourth = square.sum(axis=0) / n, (square * square).sum(axis=0) / n
    raw = np.where(second > 0, fourth / np.where(second > 0, second**2, 1.0) - 3, 0.0)
    return np.asarray(np.maximum((n - 1) / ((n - 2) * (n - 3)) * ((n + 1) * raw + 6), 0.0))


def more_variance(rho: Values, window: Values, beside: Values) -> Values:
    """How much more the gap between two means varies where neighbours are alike (AR 1).

    Also counts that moving ranges are too small then, by the factor sqrt(1 - rho).
    """
    wide = _of_mean(rho, window) / window + _of_mean(rho, beside) / beside
    return np.asarray(wide / (1 / window + 1 / beside) / (1 - rho))


def freedom_left(rho: Values) -> Values:
    """Share of the degrees of freedom of a variance that neighbours alike leave (Bartlett 1946)."""
    return np.asarray((1 - rho**2) / (1 + rho**2))


def _of_mean(rho: Values, n: Values) -> Values:
    """Variance of a mean of ``n`` values of an AR(1), over that of independent ones."""
    return (1 + rho) / (1 - rho) - 2 * rho * (1 - rho**n) / (n * (1 - rho) ** 2)


def seasonal(rest: Rest, points: Points, season: int) -> Mask:
    """Series whose months differ more than chance explains, from 24 points on.

    Either the analysis of variance over the months, or a yearly wave (two harmonics), is
    significant at ``SEASON_LEVEL``. Far residuals are drawn in to 2.5 standard deviations.
    """
    from scipy.special import fdtrc

    number = rest.there.sum(axis=0).astype(float)
    out = np.zeros(len(number), dtype=bool)
    long = np.flatnonzero(number >= max(SEASON_POINTS, 2 * season))
    if season < 2 or not len(long):
        return out
    x, there = in_time(rest.value[:, long], rest.there[:, long], points.when[:, long])
    n = number[long]
    sd = np.sqrt((x * x).sum(axis=0) / n)
    x = np.clip(x, -2.5 * sd, 2.5 * sd)
    x = np.where(there, x - x.sum(axis=0) / n, 0.0)
    total = (x * x).sum(axis=0)
    sums, counts = by_month(x, there, season)
    between = (sums**2 / np.maximum(counts, 1)).sum(axis=0)
    months = (counts > 0).sum(axis=0)
    phase = 2 * np.pi * np.arange(len(x)) / season
    waves = np.stack([f(k * phase) for k in (1, 2) for f in (np.cos, np.sin)])
    wave = 2 / n * ((waves @ x) ** 2).sum(axis=0)
    p_months = _f_tail(fdtrc, between, total, months - 1.0, n - months)
    p_wave = _f_tail(fdtrc, np.minimum(wave, total), total, np.full(len(n), 4.0), n - 5)
    out[long] = np.minimum(p_months, p_wave) < SEASON_LEVEL
    return out


def _f_tail(tail, explained: Values, total: Values, k: Values, freedom: Values) -> Values:  # type: ignore[no-untyped-def]
    good = (total > 0) & (k > 0) & (freedom > 0)
    left = np.maximum(total - explained, 1e-12 * np.maximum(total, 1e-300))
    f = (explained / np.maximum(k, 1)) / (left / np.maximum(freedom, 1))
    return np.where(good, tail(np.maximum(k, 1), np.maximum(freedom, 1), np.where(good, f, 0)), 1.0)


def in_time(x: Values, there: Mask, when: Places) -> tuple[Values, Mask]:
    """Values at their own place in time again; zero and False elsewhere."""
    series = x.shape[1]
    if there.all():
        return x, there
    out, at = np.zeros(x.shape), np.zeros(x.shape, dtype=bool)
    flat = np.flatnonzero(there)
    to = when.ravel()[flat] * series + flat % series
    out.ravel()[to], at.ravel()[to] = x.ravel()[flat], True
    return out, at


def by_month(x: Values, there: Mask, season: int) -> tuple[Values, Values]:
    """Sum and number of values of each month of the year: arrays (season, S)."""
    rows, series = x.shape
    padded = np.zeros((-(-rows // season) * season, series))
    padded[:rows] = x
    number = np.zeros(padded.shape)
    number[:rows] = there
    return (
        padded.reshape(-1, season, series).sum(axis=0),
        number.reshape(-1, season, series).sum(axis=0),
    )


def season_score(residual: Values, points: Points, windows: Windows, season: int) -> Values:
    """The score of each window against the same months of the other points.

    Zero where a month of the window was never seen outside it.
    """
    rows = np.arange(len(residual))[:, None]
    inside = (rows >= windows.first) & (rows <= windows.last) & points.there
    x, there = in_time(np.where(points.there, residual, 0.0), points.there, points.when)
    window, _ = in_time(inside.astype(float), points.there, points.when)
    beside = there & (window == 0)
    sums, counts = by_month(np.where(beside, x, 0.0), beside, season)
    squares, _ = by_month(np.where(beside, x * x, 0.0), beside, season)
    within = (squares - sums**2 / np.maximum(counts, 1)).sum(axis=0)
    freedom = counts.sum(axis=0) - (counts > 0).sum(axis=0)
    gained, lengths = by_month(np.where(window > 0, x, 0.0), window > 0, season)
    known = ((lengths == 0) | (counts > 0)).all(axis=0) & (freedom >= 3)
    gap = (gained - lengths * sums / np.maximum(counts, 1)).sum(axis=0)
    variance = (lengths + lengths**2 / np.maximum(counts, 1)).sum(axis=0)
    sigma2 = ratio(np.maximum(within, 0.0), freedom.astype(float))
    good = known & (sigma2 > 0) & (variance > 0)
    t = gap / np.sqrt(np.where(good, sigma2 * variance, 1.0))
    return np.where(good, normal_of_t(t, freedom.astype(float)), 0.0)


def coarse(points: Points) -> Mask:
    """Series many of whose neighbours are equal: zeros mostly, or a coarse scale."""
    value = points.value
    same = np.zeros(points.there.shape, dtype=bool)
    same[1:] = points.pair[1:] & (value[1:] == value[:-1])
    return np.asarray(same.sum(axis=0) > COARSE * np.maximum(points.pair.sum(axis=0), 1))


def rank_score(points: Points, windows: Windows) -> Values:
    """The score of each window by ranks alone (Wilcoxon, ties counted, continuity corrected)."""
    value = points.value
    rows = np.arange(len(value))[:, None]
    inside = (rows >= windows.first) & (rows <= windows.last) & points.there
    beside = points.there & ~inside
    m, n = inside.sum(axis=0).astype(float), beside.sum(axis=0).astype(float)
    above, ties = np.zeros(len(m)), np.zeros(len(m))
    for row in range(len(value)):
        higher = (value[row] > value) + 0.5 * (value[row] == value)
        above += np.where(inside[row], (higher * beside).sum(axis=0), 0.0)
        equal = ((value == value[row]) & points.there).sum(axis=0)
        ties += np.where(points.there[row], equal.astype(float) ** 2 - 1, 0.0)
    total = m + n
    variance = m * n / 12 * (total + 1 - ties / np.maximum(total * (total - 1), 1))
    far = above - m * n / 2
    drawn_in = np.sign(far) * np.maximum(np.abs(far) - 0.5, 0.0)
    score = np.where(variance > 0, drawn_in / np.sqrt(np.where(variance > 0, variance, 1.0)), 0.0)
    score = np.sign(score) * np.minimum(np.abs(score), _most_by_ranks(m, n))
    return normal_of_t(score, np.maximum(total - 2, 1.0))


def _most_by_ranks(m: Values, n: Values) -> Values:
    """The score of the rarest order of ``m`` points among ``m + n``, all orders being alike."""
    from scipy.special import gammaln, ndtri

    log_orders = gammaln(m + n + 1) - gammaln(m + 1) - gammaln(n + 1)
    return np.asarray(-ndtri(np.exp(-np.clip(log_orders, np.log(2), 300.0))))


def skew_score(points: Points, windows: Windows, share: Mask, nature: Nature) -> Values:
    """The least score of each window on scales that draw in a long tail, nearest to zero.

    Amounts above zero are looked at as logarithms, those with zeros as cube roots, shares of their
    size also as logarithms of the other part. Series with values below zero: infinite (no doubt).
    """
    value, there = points.value, points.there
    least = np.where(there, value, np.inf).min(axis=0, initial=np.inf)
    sign = np.sign(windows.score)
    score = np.full(len(least), np.inf)
    positive, zero = np.flatnonzero(least > 0), np.flatnonzero(least == 0)
    for some, scale in ((positive, np.log), (zero, np.cbrt)):
        if len(some):
            of = points.of(some)
            score[some] = _on(of, scale(np.where(of.there, of.value, 1.0)), windows, some, nature)
    score = np.where(np.isfinite(score), score * sign, np.inf)
    other = np.flatnonzero(share & (np.where(there, value, 0.0).max(axis=0, initial=0.0) < 1))
    if len(other):
        of = points.of(other)
        mirrored = -np.log(1 - np.where(of.there, of.value, 0.5))
        score[other] = np.minimum(
            score[other], _on(of, mirrored, windows, other, nature) * sign[other]
        )
    return np.asarray(np.maximum(score, 0.0))


def _on(of: Points, value: Values, windows: Windows, some: Places, nature: Nature) -> Values:
    here = np.arange(len(some))
    score = Amounts(of.with_values(value))
    return np.asarray(
        score.exact(here, windows.first[some], windows.last[some], _no_tails(nature.of(some)))
    )


def _no_tails(nature: Nature) -> Nature:
    return Nature(nature.more, nature.freedom, np.zeros(len(nature.tails)))
