"""Searching many series for signals: rules look at points that count, pushed together."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import repeat
from typing import Final

import numpy as np
import numpy.typing as npt

from kpi.spc.result import Counts, Mask, Signal, Values
from kpi.spc.rules import Evidence, Rule, evidence, outside_limits, rounding
from kpi.spc.sample import Lines, Sample

_BLOCK: Final = 20_000  # numbers: a few such arrays of floats stay in a processor's nearest memory


def search(
    lines: Lines, sample: Sample, rules: tuple[Rule, ...], shown: Mask
) -> Mapping[str, Counts]:
    """Where each rule fires: one array (T, S) per rule, +1 or -1 by side or direction, else 0.

    Points that do not count are left out of runs (neither breaking nor extending them), yet are
    tested against the limits. Nothing fires where no limits are shown.
    """
    if not rules:
        return {}
    places = Places.of(lines, sample)
    if places is None:
        found = _search_dense(lines, sample, rules)
    else:
        drawn, dense = _evidence(lines, sample.spans.joined), places.evidence(lines, sample)
        found = {
            rule.name: rule.fires(drawn) if rule.pointwise else places.back(rule.fires(dense))
            for rule in rules
        }
    if shown.all():
        return found
    return {name: np.where(shown, fires, 0).astype(np.int8) for name, fires in found.items()}


def _search_dense(lines: Lines, sample: Sample, rules: tuple[Rule, ...]) -> dict[str, Counts]:
    """The rules where every point counts, some series at a time: what they compare stays at hand."""
    points, series = sample.measured.shape
    wide = max(1, _BLOCK // max(points, 1))
    if series <= wide:
        e = _evidence(lines, sample.spans.joined)
        return {rule.name: rule.fires(e) for rule in rules}
    found = {rule.name: np.empty((points, series), dtype=np.int8) for rule in rules}
    for start in range(0, series, wide):
        some = slice(start, start + wide)
        joined = None if sample.spans.joined is None else sample.spans.joined[:, some]
        e = _evidence(_columns(lines, some), joined)
        for rule in rules:
            found[rule.name][:, some] = rule.fires(e)
    return found


def _columns(lines: Lines, some: slice) -> Lines:
    def cut(x: Values) -> Values:
        return x if x.shape[1] == 1 else x[:, some]

    zone = lines.zone_center
    return Lines(
        lines.name,
        cut(lines.statistic),
        cut(lines.center),
        cut(lines.sigma),
        cut(lines.spread),
        cut(lines.lcl),
        cut(lines.ucl),
        zone_center=None if zone is None else zone if zone is lines.center else cut(zone),
    )


def _evidence(lines: Lines, joined: Mask | None) -> Evidence:
    zone = lines.center if lines.zone_center is None else lines.zone_center
    return evidence(
        value=lines.statistic,
        center=lines.center,
        zone_center=zone,
        zone=lines.spread,
        lcl=lines.lcl,
        ucl=lines.ucl,
        joined=joined,
    )


@dataclass(frozen=True, slots=True)
class Places:
    """Where points stand once those that do not count are taken out."""

    keep: Mask
    position: npt.NDArray[np.intp]
    where: npt.NDArray[np.intp]  # flat places of the points that stay, and
    to: npt.NDArray[np.intp]  # where they go

    @classmethod
    def of(cls, lines: Lines, sample: Sample) -> "Places | None":
        """``None`` where every point stays."""
        gaps = sample.options.gaps == "break"
        keep = sample.usable | ~sample.measured if gaps else sample.usable
        if keep.all():
            return None
        position = np.maximum(keep.cumsum(axis=0) - 1, 0)
        where = np.flatnonzero(keep)
        wide = keep.shape[1]
        return cls(keep, position, where, position.ravel()[where] * wide + where % wide)

    def together(self, x: Values) -> Values:
        """The points that stay, pushed to the beginning of each series; ``nan`` after them."""
        if x.shape[0] == 1 < len(self.keep):
            return x  # the same at every point
        out = np.full(self.keep.shape, np.nan)
        out.ravel()[self.to] = np.broadcast_to(x, self.keep.shape).ravel()[self.where]
        return out

    def back(self, fires: Counts) -> Counts:
        """What was found among the points that stay, at their own places."""
        found = np.take_along_axis(fires, self.position, axis=0)
        return np.where(self.keep, found, 0).astype(np.int8)

    def evidence(self, lines: Lines, sample: Sample) -> Evidence:
        """What the rules look at, for the points that stay."""
        center = self.together(lines.center)
        zone = center if lines.zone_center is None else self.together(lines.zone_center)
        joined = None
        if sample.spans.code is not None:
            code = self.together(sample.spans.code.astype(float))
            joined = np.ones(code.shape, dtype=bool)
            joined[0] = False
            joined[1:] = code[1:] == code[:-1]
        return evidence(
            value=self.together(lines.statistic),
            center=center,
            zone_center=zone,
            zone=self.together(lines.spread),
            lcl=self.together(lines.lcl),
            ucl=self.together(lines.ucl),
            joined=joined,
        )


def list_signals(
    lines: Lines, sample: Sample, rules: tuple[Rule, ...], hits: Mapping[str, Counts], series: int
) -> list[Signal]:
    """The signals of one series with the points that make each pattern, rule by rule."""
    kept: npt.NDArray[np.intp] | None = None
    dense: Evidence | None = None
    code = None if sample.spans.code is None else sample.spans.code[:, series]
    out: list[Signal] = []
    for rule in rules:
        fires = hits[rule.name][:, series]
        fired = np.flatnonzero(fires)
        if not len(fired):
            continue
        at = fired.tolist()
        if rule.pointwise:
            out += map(Signal, repeat(rule.name), at, zip(at, strict=True))
            continue
        kept = _kept_points(sample, series) if kept is None else kept
        place = np.searchsorted(kept, fired)
        window = place[:, None] + np.arange(1 - rule.span, 1)
        member = window >= 0
        window = np.maximum(window, 0)
        if rule.inside:
            dense = _one_series(lines, sample, kept, series) if dense is None else dense
            member &= rule.inside(dense)[:, 0][window] == fires[fired][:, None]
        if code is not None:
            member &= code[kept[window]] == code[fired][:, None]
        out += map(Signal, repeat(rule.name), at, _members(kept[window], member))
    return out


def _members(points: npt.NDArray[np.intp], member: Mask) -> list[tuple[int, ...]]:
    """The points of each row that belong to its pattern. Few shapes of patterns occur: all the rows
    of one are cut out together.
    """
    if member.all():
        return [tuple(row) for row in points.tolist()]
    shapes, which = np.unique(np.packbits(member, axis=1), axis=0, return_inverse=True)
    out: list[tuple[int, ...]] = [()] * len(points)
    for shape in range(len(shapes)):
        rows = np.flatnonzero(which.ravel() == shape)
        of = points[rows][:, member[rows[0]]].tolist()
        for row, found in zip(rows.tolist(), of, strict=True):
            out[row] = tuple(found)
    return out


def _kept_points(sample: Sample, series: int) -> npt.NDArray[np.intp]:
    usable = sample.usable[:, series]
    if sample.options.gaps == "break":
        usable = usable | ~sample.measured[:, series]
    return np.flatnonzero(usable)


def _one_series(lines: Lines, sample: Sample, kept: npt.NDArray[np.intp], series: int) -> Evidence:
    shape = sample.measured.shape

    def pick(x: Values) -> Values:
        return np.asarray(np.broadcast_to(x, shape)[kept, series][:, None])

    center = pick(lines.center)
    zone = center if lines.zone_center is None else pick(lines.zone_center)
    return evidence(
        value=pick(lines.statistic),
        center=center,
        zone_center=zone,
        zone=pick(lines.spread),
        lcl=pick(lines.lcl),
        ucl=pick(lines.ucl),
        joined=None,
    )


def outside(lines: Lines, series: int, shape: tuple[int, int]) -> tuple[Signal, ...]:
    """The points of a companion panel beyond its limits."""
    value, center, lcl, ucl = (
        np.broadcast_to(x, shape)[:, series]
        for x in (lines.statistic, lines.center, lines.lcl, lines.ucl)
    )
    fired = np.flatnonzero(outside_limits(value, lcl, ucl, rounding(value, center))).tolist()
    return tuple(map(Signal, repeat("beyond_limits"), fired, zip(fired, strict=True)))
