"""A change split by one dimension: the sums of every slice on both sides, and what they leave over."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from kpi.analysis import words
from kpi.analysis.home import Home
from kpi.analysis.results import Filters
from kpi.analysis.series import ask
from kpi.analysis.why_spans import Span
from kpi.datasets import NUMERATOR_ONLY
from kpi.errors import UsageError
from kpi.measures import Kpi, SeriesQuestion, pareto
from kpi.model import Direction, State
from kpi.trends.decomposition import Decomposition, Whole, decompose, decompose_amounts, needed

Values = npt.NDArray[np.float64]

PREFERRED: Final = (
    "line", "machine", "product", "reason", "customer", "shift", "supplier", "plant",
)  # fmt: skip
"""Dimensions in the order in which one of several that explain as much is taken."""

UNASSIGNED: Final = "not assigned"

_COMPUTED: Final = (State.VALUE.value, State.ZERO.value)
_ABSENT: Final = State.NOT_SCHEDULED.value
_ROUNDING: Final = 1e-9


@dataclass(frozen=True, slots=True)
class Split:
    """A change by one dimension. ``codes`` is empty for what carries none; ``unknown`` says which
    slices were left out, as their figures are missing on a side, and why.
    """

    by: str
    labels: tuple[str, ...]
    codes: tuple[str, ...]
    found: Decomposition
    unknown: tuple[str, ...]

    @property
    def explaining(self) -> tuple[int, ...]:
        """The fewest slices with a name that explain the change, the largest first."""
        named = np.array([bool(code) for code in self.codes])
        return needed(np.where(named, self.found.total, 0.0), self.found.change)

    @property
    def rank(self) -> tuple[int, int, float, int]:
        """Smaller explains more, with less: few slices first, then those that are the least part of all.

        A plant always explains what its line does; the line is the better answer.
        """
        places = list(self.explaining)
        if not places:
            return (1, 0, 0.0, PREFERRED.index(self.by))
        found = self.found
        parts = (found.share_from + found.share_to) / 2
        if np.isnan(parts).all():
            parts = np.abs(found.rate_from + found.rate_to)
            parts = parts / (parts.sum() or 1.0)
        return (0, len(places), float(np.nansum(parts[places])), PREFERRED.index(self.by))


def best_split(
    home: Home, kpi: Kpi, filters: Filters, sides: tuple[Span, Span], plus: float
) -> tuple[Split, tuple[str, ...]]:
    """The split that explains most with the fewest slices, and every dimension there is.

    Raises
    ------
    UsageError
        No dimension tells slices apart.
    """
    found = []
    for dim in offered(kpi, filters):
        try:
            split = split_by(home, kpi, filters, dim, sides, plus)
        except UsageError:
            continue
        if len(split.labels) + len(split.unknown) > 1:
            found.append(split)
    if not found:
        raise UsageError(
            f"There is nothing to split {kpi.title} by: the uploaded files carry no line, machine "
            "or reason for it, or only one of each."
        )
    found.sort(key=lambda split: split.rank)
    return found[0], tuple(split.by for split in found)


def offered(kpi: Kpi, filters: Filters) -> tuple[str, ...]:
    """The dimensions a KPI may be split by, those narrowed to one value left out."""
    chosen = [dim for dim, _ in filters.where]
    return tuple(d for d in PREFERRED if d in kpi.dimensions and chosen.count(d) != 1)


def split_by(
    home: Home, kpi: Kpi, filters: Filters, by: str, sides: tuple[Span, Span], plus: float
) -> Split:
    """The change between two spans by one dimension.

    The sums of both spans are those of the measures, period by period; a cell without a value is
    left out on its side and belongs to the remainder.

    Raises
    ------
    UsageError
        The KPI cannot be split by it, or its parts are not disjoint.
    """
    by_losses = by in NUMERATOR_ONLY and kpi.direction is Direction.HIGHER and bool(kpi.denominator)
    if by_losses:
        return _by_losses(home, kpi, filters, by, sides)
    table, unknown = _table(home, kpi, filters, by, sides)
    if not unknown and (table["code"] == "").all():
        raise UsageError(cannot_split(kpi, by, f"no {by} is recorded for it"))
    n0, d0, n1, d1 = (table[name].to_numpy(float) for name in ("num_0", "den_0", "num_1", "den_1"))
    whole0, whole1 = (Whole(span.numerator, span.denominator) for span in sides)
    if kpi.denominator and by not in NUMERATOR_ONLY:
        _refuse_overlap(kpi, by, ((n0, d0, sides[0]), (n1, d1, sides[1])), plus)
        found = decompose((n0, d0), (n1, d1), whole0, whole1)
    else:
        found = decompose_amounts(n0, n1, whole0, whole1)
    return Split(by, _labels(table), tuple(table["code"]), found, unknown)


def _table(
    home: Home, kpi: Kpi, filters: Filters, by: str, sides: tuple[Span, Span]
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """The sums of every slice on both sides, and what is not known of some.

    A slice of which a whole side is not known has no part: what it may have is left over.
    """
    cells = _cells(home, kpi, filters, by, sides)
    before, after = (_sums(kpi, cells, by, span) for span in sides)
    none = {f"{name}_{n}": 0.0 for name in ("num", "den", "seen") for n in (0, 1)}
    table = before.merge(after, on="code", how="outer", suffixes=("_0", "_1"))
    table = table.fillna({**none, "why_0": "", "why_1": ""})
    lost = np.zeros(len(table), dtype=bool)
    for side in (0, 1):
        lost |= ((table[f"why_{side}"] != "") & (table[f"seen_{side}"] == 0)).to_numpy(dtype=bool)
    unknown = _unknown(_labels(table), table, lost)
    return table.loc[~lost].reset_index(drop=True), unknown


def _unknown(
    labels: tuple[str, ...], table: pd.DataFrame, lost: npt.NDArray[np.bool_]
) -> tuple[str, ...]:
    """The slices of which something is not known, those left out first."""
    told = table["why_0"].where(table["why_0"] != "", table["why_1"]).to_numpy(object)
    out = [f"{labels[i]} is not among the parts: {told[i]}." for i in np.flatnonzero(lost)]
    in_part = (told != "") & ~lost
    return (
        *out,
        *(f"{labels[i]} is known only in part: {told[i]}." for i in np.flatnonzero(in_part)),
    )


def _cells(
    home: Home, kpi: Kpi, filters: Filters, by: str, sides: tuple[Span, Span]
) -> pd.DataFrame:
    """The slices of both sides in one answer, so that one missing on a side says why it is."""
    first, last = min(s.first for s in sides), max(s.last for s in sides)
    return ask(home, kpi.id, replace(filters, first=first, last=last), by=(by,)).frame


def _sums(kpi: Kpi, cells: pd.DataFrame, by: str, span: Span) -> pd.DataFrame:
    """``code`` (empty: none), ``name``, ``num``, ``den``, ``seen`` (periods with a value), ``why`` (one
    is not known).
    """
    cells = cells[cells["period"].isin(span.labels)].reset_index(drop=True)
    computed = cells["state"].isin(_COMPUTED).to_numpy()
    num = cells["numerator"].to_numpy("float64", na_value=np.nan)
    den = cells["denominator"].to_numpy("float64", na_value=np.nan)
    has_own = bool(kpi.denominator) and by not in NUMERATOR_ONLY
    if has_own:
        # A slice that neither made nor lost anything is not there; one that is known to have no
        # denominator at all (no failure) counts with its numerator.
        absent = ~(np.nan_to_num(den) > 0) & ~(np.nan_to_num(num) != 0)
        known = computed | absent | (np.isfinite(num) & (den == 0))
    else:
        absent = (cells["state"] == _ABSENT).to_numpy()
        known = computed | absent
    if len(cells) and not (known & ~absent).any():
        reasons = (str(reason) for reason in cells["state_reason"] if reason)
        raise UsageError(cannot_split(kpi, by, next(reasons, f"no {by} is recorded for it")))
    codes = cells[by].astype(object)
    told = cells["state_reason"].astype(str).where(~known, "")
    name = f"{by}_name"
    table = pd.DataFrame(
        {
            "code": codes.where(codes.notna(), "").astype(str),
            "name": cells[name].astype(object) if name in cells else None,
            "num": np.where(known, np.nan_to_num(num), 0.0),
            "den": np.where(known, np.nan_to_num(den), 0.0),
            "seen": computed.astype(float),
            "why": told,
        }
    )
    grouped = table.groupby("code", sort=True)
    sums = grouped[["num", "den", "seen"]].sum()
    return sums.assign(name=grouped["name"].first(), why=grouped["why"].max()).reset_index()


def cannot_split(kpi: Kpi, by: str, why: str) -> str:
    """That a KPI has no parts by a dimension, and what may have."""
    others = [d for d in PREFERRED if d in kpi.dimensions and d != by][:3]
    return (
        f"{kpi.title} cannot be split by {by}: {why.rstrip('.')}. Choose another dimension, such "
        f"as {words.listed(others, joint='or')}."
    )


def _labels(table: pd.DataFrame) -> tuple[str, ...]:
    """The plant's own words for each code."""
    names = table["name_1"].where(table["name_1"].notna(), table["name_0"])
    shown = names.where(names.notna() & (names != ""), table["code"])
    return tuple(str(text) or UNASSIGNED for text in shown)


def _refuse_overlap(
    kpi: Kpi, by: str, sides: Sequence[tuple[Values, Values, Span]], plus: float
) -> None:
    for _, below, span in sides:
        if float(below.sum()) > (span.denominator - plus) * (1 + _ROUNDING):
            raise UsageError(
                f"{kpi.title} cannot be split by {by}: the same {kpi.denominator} count under "
                f"several of them, so that the parts do not add up. Choose another dimension."
            )


def _by_losses(home: Home, kpi: Kpi, filters: Filters, by: str, sides: tuple[Span, Span]) -> Split:
    """Where higher is better, a reason stands on what is missing: the order lines not on time."""
    found = []
    for span in sides:
        question = SeriesQuestion(
            kpi=kpi.id, period=filters.period, where=filters.where, first=span.first,
            last=span.last, as_of=filters.as_of,
        )  # fmt: skip
        bars = pareto(home.view(filters.ledger), by, question, home.settings).bars
        codes = bars["code"].astype(object)
        found.append(
            pd.DataFrame(
                {
                    "code": codes.where(codes.notna(), "").astype(str),
                    "name": bars["label"].where(~bars["unassigned"], None),
                    "num": bars["amount"].astype("float64"),
                }
            )
        )
    table = found[0].merge(found[1], on="code", how="outer", suffixes=("_0", "_1"))
    less0, less1 = (-table[name].fillna(0.0).to_numpy() for name in ("num_0", "num_1"))
    whole0, whole1 = (Whole(s.numerator - s.denominator, s.denominator) for s in sides)
    parts = decompose_amounts(less0, less1, whole0, whole1)
    return Split(by, _labels(table), tuple(table["code"]), parts, ())
