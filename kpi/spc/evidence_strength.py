"""The strength of the evidence in each series: one signed score, with every doubt taken from it."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from kpi.spc.evidence_doubts import (
    coarse,
    excess_kurtosis,
    freedom_left,
    lag1,
    more_variance,
    rank_score,
    season_score,
    seasonal,
    skew_score,
    without_step,
)
from kpi.spc.evidence_points import Places, Points
from kpi.spc.evidence_scores import Amounts, Counts, Nature, Score, amounts_residual, residual
from kpi.spc.evidence_search import Windows, most_telling
from kpi.spc.result import Mask, Values

WORTH_A_DOUBT: Final = 1.0
"""Scores under it are chance whatever else is the matter; the slower checks are left out."""


@dataclass(frozen=True, slots=True, eq=False)
class Strength:
    """Arrays (S,): the most telling window, its score after all doubts, and what was found of them."""

    windows: Windows
    score: Values
    lag1: Values
    autocorrelated: Mask
    seasonal: Mask


def strength(
    family: str, points: Points, *, share: bool, recent_from: int, season: int
) -> Strength:
    """How strong the evidence of each series is.

    ``family`` is "amounts" (sigma from moving ranges), "counts" (spread by chance) or "laney"
    (counts with more spread than chance); ``share`` says that counts are parts of their size.
    ``recent_from`` is the time from which a window may end, ``season`` the periods of a year.
    """
    score: Score = (
        Amounts(points)
        if family == "amounts"
        else Counts(points, share=share, wide=family == "laney")
    )
    windows = most_telling(points, score, recent_from)
    apart = _residual(family, points, share)
    rest = without_step(points, apart, windows)
    raw, found, rho = lag1(rest, apart)
    tails = excess_kurtosis(rest)
    season_found = seasonal(rest, points, season)
    some = np.flatnonzero(np.abs(windows.score) >= WORTH_A_DOUBT)
    total = windows.score.copy()
    if len(some):
        near = _some(windows, some)
        nature = _nature(score, some, near, rho[some], tails[some])
        total[some] = _doubted(
            score.exact(some, near.first, near.last, nature),
            family,
            points.of(some),
            near,
            nature,
        )
        wavy = season_found[some]
        if wavy.any():
            these = some[wavy]
            by_season = season_score(
                apart[:, these], points.of(these), _some(windows, these), season
            )
            total[these] = nearer(total[these], by_season / np.sqrt(nature.more[wavy]))
    return Strength(windows, total, raw, found, season_found)


def _residual(family: str, points: Points, share: bool) -> Values:
    if family == "amounts":
        return amounts_residual(points)
    return residual(points.count, points.size, points.level, points.there, share=share)


def _some(windows: Windows, series: Places) -> Windows:
    return Windows(
        windows.first[series],
        windows.last[series],
        windows.run_first[series],
        windows.score[series],
    )


def _nature(score: Score, series: Places, near: Windows, rho: Values, tails: Values) -> Nature:
    length = (near.last - near.first + 1).astype(float)
    beside = np.maximum(score.beside(series, near.first, near.last), 1.0)
    return Nature(more_variance(rho, length, beside), freedom_left(rho), tails)


def _doubted(exact: Values, family: str, points: Points, near: Windows, nature: Nature) -> Values:
    """Amounts: skew, and where values are coarse, ranks. The least of the scores counts."""
    if family == "counts":
        return exact
    doubt = skew_score(points, near, _parts_of_size(points), nature)
    out = np.sign(exact) * np.minimum(np.abs(exact), doubt)
    rough = np.flatnonzero(coarse(points))
    if len(rough):
        ranked = rank_score(points.of(rough), _some(near, rough)) / np.sqrt(nature.more[rough])
        out[rough] = nearer(out[rough], ranked)
    return out


def _parts_of_size(points: Points) -> Mask:
    """Series whose amounts have sizes of their own and never exceed them."""
    sized = np.where(points.there, points.size != 1, False).any(axis=0)
    return np.asarray(sized & (points.count <= points.size).all(axis=0))


def nearer(score: Values, other: Values) -> Values:
    """The score nearer to zero; zero where the two point to different sides."""
    same = score * other > 0
    return np.where(same, np.sign(score) * np.minimum(np.abs(score), np.abs(other)), 0.0)
