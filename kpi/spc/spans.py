"""Phases of many series at once: sums, medians and borders within them.

Arrays are time-major: axis 0 is time, axis 1 the series.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from kpi.errors import UsageError
from kpi.spc.constants import FREEZE_POINTS
from kpi.spc.result import Baseline, Baselines, Mask, Values

_Labels = Sequence[object] | npt.NDArray[np.generic]


class Spans:
    """The phases of each series. A phase begins wherever the label changes."""

    def __init__(self, labels: npt.NDArray[np.generic] | None, shape: tuple[int, int]) -> None:
        """``labels``: one per point (T,) or (T, S); ``None`` for one phase throughout."""
        self.shape = shape
        self.code: npt.NDArray[np.intp] | None = None
        self.joined: Mask | None = None
        if labels is None or shape[0] == 0:
            return
        table = labels[:, None] if labels.ndim == 1 else labels
        change = np.zeros(table.shape, dtype=bool)
        change[1:] = table[1:] != table[:-1]
        if change.any():
            code = np.broadcast_to(change.cumsum(axis=0), shape)
            self.code = np.ascontiguousarray(code)
            self.joined = np.ascontiguousarray(np.broadcast_to(~change, shape))

    @property
    def _key(self) -> npt.NDArray[np.intp]:
        assert self.code is not None
        key: npt.NDArray[np.intp] = self.code * self.shape[1] + np.arange(self.shape[1])
        return key

    def total(self, x: Values | Mask) -> Values:
        """Sum within each phase, given back at every point; (1, S) where there is one phase."""
        if self.code is None:
            return np.asarray(x.sum(axis=0, keepdims=True), dtype=float)
        key = self._key
        return np.asarray(np.bincount(key.ravel(), weights=x.ravel())[key], dtype=float)

    def mean(self, x: Values, where: Mask) -> Values:
        """Mean of the points of ``where`` within each phase; ``nan`` where there are none."""
        return ratio(self.total(np.where(where, x, 0.0)), self.total(where))

    def median(self, x: Values, where: Mask) -> Values:
        """Median of the points of ``where`` within each phase; ``nan`` where there are none."""
        if self.code is None:
            return _median(np.where(where, x, np.nan))
        out = np.full(self.shape, np.nan)
        for phase in range(int(self.code.max()) + 1):
            inside = self.code == phase
            level = _median(np.where(where & inside, x, np.nan))
            out = np.where(inside, level, out)
        return out

    def rank(self, mask: Mask) -> npt.NDArray[np.intp]:
        """How many points of ``mask`` came before each point within its phase."""
        if self.code is None and mask.all():
            return np.broadcast_to(np.arange(self.shape[0])[:, None], self.shape)
        count = mask.cumsum(axis=0) - mask
        if self.code is None:
            return count
        first = np.where(self.joined if self.joined is not None else True, 0, count)
        return np.asarray(count - np.maximum.accumulate(first, axis=0))

    def position(self) -> npt.NDArray[np.intp]:
        """Place of each point in its phase, from 0."""
        return self.rank(np.ones(self.shape, dtype=bool))

    def bounds(self, series: int) -> list[tuple[int, int]]:
        """First and last point (both included) of each phase of one series."""
        if self.shape[0] == 0:
            return []
        starts = [0]
        if self.joined is not None:
            starts = np.flatnonzero(~self.joined[:, series]).tolist()
            starts = starts if starts and starts[0] == 0 else [0, *starts]
        ends = [s - 1 for s in starts[1:]] + [self.shape[0] - 1]
        return list(zip(starts, ends, strict=True))


def ratio(top: Values, bottom: Values) -> Values:
    """``top / bottom``, ``nan`` where ``bottom`` is not above zero."""
    good = bottom > 0
    if good.all():
        return np.asarray(top / bottom)
    return np.where(good, top / np.where(good, bottom, 1.0), np.nan)


def _median(x: Values) -> Values:
    """Median along time without the ``nan``; shape (1, S)."""
    if x.shape[0] == 0:
        return np.full((1, x.shape[1]), np.nan)
    ordered = np.sort(x, axis=0)  # nan goes last
    count = np.isfinite(x).sum(axis=0, keepdims=True)
    low = np.take_along_axis(ordered, np.maximum((count - 1) // 2, 0), axis=0)
    high = np.take_along_axis(ordered, np.minimum(count // 2, np.maximum(count - 1, 0)), axis=0)
    return np.asarray(low / 2 + high / 2)


def baseline_mask(spans: Spans, usable: Mask, baseline: Baselines) -> Mask:
    """The points that the limits of each phase come from.

    ``None``: the first 20 usable points of each phase. An ``int``: the first so many points of each
    phase as drawn, gaps included. ``(first, last)``: points from 0, both included, in the phases
    they touch; a phase they do not touch uses all of its own. ``"all"``: every usable point. A list
    holds one of these for each phase in order. ``UsageError`` where it is shorter than the phases.
    """
    if isinstance(baseline, Mapping):
        raise UsageError("Baselines by label need the labels of the phases.")
    if not isinstance(baseline, list):
        return _one_baseline(spans, usable, baseline)
    phases = 0 if 0 in spans.shape else 1 if spans.code is None else int(spans.code.max()) + 1
    if phases > len(baseline):
        raise UsageError(
            f"There are {phases} phases and {len(baseline)} baselines: give one for each phase."
        )
    out = np.zeros(usable.shape, dtype=bool)
    for phase, own in enumerate(baseline[:phases]):
        inside = usable if spans.code is None else usable & (spans.code == phase)
        out |= inside & _one_baseline(spans, inside, own)
    return out


def _one_baseline(spans: Spans, usable: Mask, baseline: Baseline) -> Mask:
    if baseline == "all":
        return usable
    if baseline is None:
        return np.asarray(usable & (spans.rank(usable) < FREEZE_POINTS))
    if isinstance(baseline, int):
        return np.asarray(usable & (spans.position() < baseline))
    first, last = baseline
    point = np.arange(spans.shape[0])[:, None]
    chosen = usable & (point >= first) & (point <= last)
    touched = spans.total(chosen) > 0
    return np.asarray(np.where(touched, chosen, usable))


def baselines_in_order(baseline: Baselines, phases: _Labels | None) -> Baselines:
    """Baselines given by the labels of phases, in the order of the phases of one series.

    A phase that is not among them gets the default. ``UsageError`` for a label that no phase has.

    >>> baselines_in_order({"b": 12}, ["a", "a", "b", ""])
    [None, 12]
    """
    if not isinstance(baseline, Mapping):
        return baseline
    labels = np.asarray(phases, dtype=object)
    if phases is None or labels.ndim != 1:
        raise UsageError("Baselines by label need one label of a phase for each point.")
    codes = as_labels(phases)
    starts = [i for i in range(len(labels)) if i == 0 or codes[i] != codes[i - 1]]
    order = [labels[i] for i in starts]
    unknown = [label for label in baseline if label not in order]
    if unknown:
        raise UsageError(f"There is no phase {unknown[0]!r} for a baseline.")
    return [baseline.get(label) for label in order]


def baselines_by_code(baseline: Baselines, phases: _Labels) -> Baselines:
    """Baselines given by the labels of phases, by the integers of ``as_labels`` instead."""
    if not isinstance(baseline, Mapping):
        return baseline
    code = dict(
        zip(np.asarray(phases, dtype=object).tolist(), as_labels(phases).tolist(), strict=True)
    )
    return {code.get(label, label): own for label, own in baseline.items()}


def as_labels(phases: _Labels) -> npt.NDArray[np.generic]:
    """Phase labels of any kind as integers; a blank label continues the phase before it.

    >>> as_labels(["a", "a", None, "b"]).tolist()
    [0, 0, 0, 1]
    """
    table = np.asarray(phases)
    if table.dtype.kind in "iub":
        return table
    flat = np.asarray(phases, dtype=object)
    if flat.ndim == 2:
        return np.stack([as_labels(flat[:, s]) for s in range(flat.shape[1])], axis=1)
    codes: dict[object, int] = {}
    out, current = [], 0
    for label in flat.tolist():
        blank = label is None or label == "" or label != label  # noqa: PLR0124 - nan
        if not blank:
            current = codes.setdefault(label, len(codes))
        out.append(current)
    return np.asarray(out, dtype=np.intp)
