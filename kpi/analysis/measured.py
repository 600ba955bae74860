"""Measured values: which characteristics there are, how they scatter, and their control chart."""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd

from kpi.analysis import words
from kpi.analysis.capable import CapabilityView, capable
from kpi.analysis.home import Home
from kpi.analysis.results import Filters, RowsView
from kpi.datasets import MEASUREMENT
from kpi.measures.names import read_names
from kpi.model import Direction
from kpi.spc import MIN_POINTS, Chart, chart, rule_label, verdict

MOST_POINTS: Final = 200
"""Samples drawn on a chart: the latest ones."""

MOST_ROWS: Final = 200
"""Rows listed below it: the latest ones."""

LARGEST_FOR_RANGES: Final = 8
"""Samples of up to so many values get a chart of means and ranges, larger ones of deviations."""

_KEY: Final = ["product", "characteristic"]
_FILTERED: Final = ("plant", "line", "machine", "shift", "product", "supplier")


@dataclass(frozen=True, slots=True)
class Characteristic:
    """One characteristic of one product (``""``: none stated), over all its measured values.

    ``spread`` is the standard deviation of all values (nan under two). Limits are those of the
    latest value, nan where it states none; ``outside`` counts values beyond the limits stated with
    them, and ``judged`` those that had any.
    """

    product: str
    name: str
    unit: str
    count: int
    samples: int
    mean: float
    spread: float
    lsl: float
    usl: float
    target: float
    outside: int
    judged: int
    first: pd.Timestamp
    last: pd.Timestamp


@dataclass(frozen=True, slots=True, eq=False)
class MeasuredView:
    """The control chart of a characteristic.

    ``points`` has one row per sample (or value), in order: ``label``, ``at``, ``value`` (mean of the
    sample), ``count``, ``center``, ``lcl``, ``ucl``, ``rules`` (texts, joined), ``lsl`` and ``usl``.
    ``rows`` are the latest facts behind it, each with its file, sheet and row. ``left_out`` counts
    samples older than those drawn. ``capability`` is ``None`` where no limits are stated.
    """

    of: Characteristic
    chart: Chart | None
    points: pd.DataFrame
    says: str
    rows: RowsView
    left_out: int
    capability: CapabilityView | None


def characteristics(home: Home, filters: Filters) -> tuple[Characteristic, ...]:
    """Every characteristic with measured values, by product and name."""
    frame = _facts(home, filters)
    found = []
    for (product, name), rows in frame.groupby(_KEY, dropna=False, sort=True):
        found.append(_told(str(product or ""), str(name), rows))
    return tuple(found)


def measured_view(home: Home, filters: Filters, product: str, name: str) -> MeasuredView:
    """The chart of one characteristic: means of samples where values are taken together."""
    frame = _facts(home, filters)
    rows = frame[(frame["product"] == product) & (frame["characteristic"] == name)]
    of = _told(product, name, rows)
    groups = _samples(rows)
    drawn, points = _drawn(groups)
    left_out = max(len(points) - MOST_POINTS, 0)
    shown = points.tail(MOST_POINTS).reset_index(drop=True)
    return MeasuredView(
        of=of,
        chart=drawn,
        points=shown,
        says=_sentence(of, drawn, points),
        rows=_rows(home, of, rows),
        left_out=left_out,
        capability=_capability(of, groups),
    )


def _capability(of: Characteristic, groups: list[pd.DataFrame]) -> CapabilityView | None:
    """How all its values fit the latest limits, by samples where several are taken together."""
    if not groups:
        return None
    sizes = [len(g) for g in groups]
    several = max(sizes) > 1 and min(sizes) > 1
    stated = pd.concat([g[["lsl", "usl"]] for g in groups]).dropna(how="all")
    return capable(
        of.name,
        of.unit,
        np.concatenate([g["value"].to_numpy(dtype="float64") for g in groups]),
        np.repeat(np.arange(len(groups)), sizes).tolist() if several else None,
        (of.lsl, of.usl, of.target),
        changed=len(stated.drop_duplicates()) > 1,
    )


def _rows(home: Home, of: Characteristic, rows: pd.DataFrame) -> RowsView:
    """The latest facts, newest first, as the page of a KPI shows its rows."""
    files = {e.upload: e.file for e in home.store.entries() if e.kind == "upload"}
    columns = ["upload", "file", "sheet", "row"]
    columns += [n for n in MEASUREMENT.names if rows[n].notna().any()]
    latest = rows.assign(file=rows["upload"].map(files))[columns].tail(MOST_ROWS)[::-1]
    return RowsView(
        title=f"Measured values of {of.name}",
        formula="The latest first; mean and spread are over all of them.",
        rows=latest.reset_index(drop=True),
        total=len(rows),
        numerator=None,
        denominator=None,
    )


def _facts(home: Home, filters: Filters) -> pd.DataFrame:
    """The measured values seen through the filters, in order of time."""
    view = home.view(filters.ledger)
    frame: pd.DataFrame = view.arrow("measurement", None, filters.first, filters.last).to_pandas()
    names = read_names(view)
    for dim in dict.fromkeys(d for d, _ in filters.where if d in _FILTERED):
        wanted = [v for d, v in filters.where if d == dim]
        frame = frame[frame[dim].isin(names.codes(dim, wanted))]
    if names.replaces("product"):
        named = names.of("product", frame["product"].astype(object), frame["plant"])
        frame["product"] = named.astype(object).fillna(frame["product"].astype(object))
    at = pd.to_datetime(frame["at"]).fillna(pd.to_datetime(frame["date"]))
    frame = frame.assign(_at=at, product=frame["product"].fillna(""))
    return frame.sort_values(["_at", "upload", "sheet", "row"], kind="stable", ignore_index=True)


def _told(product: str, name: str, rows: pd.DataFrame) -> Characteristic:
    value = rows["value"]
    last = rows.iloc[-1] if len(rows) else pd.Series(dtype=object)
    low, high = rows["lsl"], rows["usl"]
    return Characteristic(
        product=product,
        name=name,
        unit=str(last.get("unit") or ""),
        count=len(rows),
        samples=len(_samples(rows)),
        mean=float(value.mean()),
        spread=float(value.std()),
        lsl=_number(last.get("lsl")),
        usl=_number(last.get("usl")),
        target=_number(last.get("target")),
        outside=int(((value < low) | (value > high)).sum()),
        judged=int((low.notna() | high.notna()).sum()),
        first=rows["_at"].min(),
        last=rows["_at"].max(),
    )


def _number(cell: Any) -> float:
    return float("nan") if cell is None or pd.isna(cell) else float(cell)


def _samples(rows: pd.DataFrame) -> list[pd.DataFrame]:
    """Values taken together, in order; each value by itself where no sample is stated."""
    if not len(rows) or rows["subgroup"].isna().all():
        return [rows.iloc[i : i + 1] for i in range(len(rows))]
    key = rows["subgroup"].astype(object).where(rows["subgroup"].notna(), rows.index.astype(str))
    day = rows["_at"].dt.normalize()  # sample 1 of tomorrow is another one
    return [group for _, group in rows.groupby([day, key], sort=False)]


def _drawn(groups: list[pd.DataFrame]) -> tuple[Chart | None, pd.DataFrame]:
    points = pd.DataFrame(
        {
            "at": [g["_at"].iloc[0] for g in groups],
            "value": [g["value"].mean() for g in groups],
            "count": [len(g) for g in groups],
            "lsl": [g["lsl"].iloc[-1] for g in groups],
            "usl": [g["usl"].iloc[-1] for g in groups],
        }
    )
    points["label"] = [f"{at:%Y-%m-%d}" for at in points["at"]]
    drawn = _chart(groups, points)
    for line in ("center", "lcl", "ucl"):
        points[line] = getattr(drawn, line) if drawn is not None else np.nan
    fired: list[list[str]] = [[] for _ in range(len(points))]
    for signal in drawn.signals if drawn is not None else ():
        fired[signal.point].append(rule_label(signal.rule))
    points["rules"] = ["; ".join(texts) for texts in fired]
    return drawn, points


def _chart(groups: list[pd.DataFrame], points: pd.DataFrame) -> Chart | None:
    if len(points) < MIN_POINTS:
        return None
    sizes = points["count"]
    if (sizes < 2).any():
        return chart("imr", points["value"].to_numpy(), min_points=MIN_POINTS)
    kind = "xbar_r" if sizes.max() <= LARGEST_FOR_RANGES and sizes.nunique() == 1 else "xbar_s"
    values = np.concatenate([g["value"].to_numpy(dtype="float64") for g in groups])
    labels = np.repeat(np.arange(len(groups)), sizes)
    return chart(kind, values, subgroup=labels, min_points=MIN_POINTS)


def _sentence(of: Characteristic, drawn: Chart | None, points: pd.DataFrame) -> str:
    if drawn is None:
        few = f"{len(points)} sample{'' if len(points) == 1 else 's'}"
        return f"{of.name}: {few} so far; control limits need {MIN_POINTS}."
    found = verdict(drawn, Direction.NONE)
    if found.since is None:
        return f"{of.name} {found.words}."
    return f"Since {words.date_words(points['at'][found.since])}, {of.name} {found.words}."
