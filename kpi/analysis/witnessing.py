"""The evidence a nonconformity carries: a chart as it was seen, kept, redrawn, held against today's."""

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

import pandas as pd

from kpi.analysis import words
from kpi.analysis.drill import source_files
from kpi.analysis.home import Home
from kpi.analysis.permitted import of_slice
from kpi.analysis.results import Filters, SeriesView, SourceFile
from kpi.analysis.series import series_view
from kpi.errors import KpiError, UsageError
from kpi.measures import Kpi, SeriesQuestion, rows_behind
from kpi.model import Assurance, Variation
from kpi.qms.evidence import Evidence, EvidenceFile, EvidencePoint
from kpi.store.scope import plants_of

MOST_POINTS: Final = 120
"""Periods kept with a nonconformity: ten years of months. Of a longer chart, the last ones."""

SAME: Final = 1e-9
"""Figures that differ by less than this share are the same."""

_LINES: Final = {"center": "center", "lower": "lcl", "upper": "ucl"}
_AS_IS: Final = ("value", "numerator", "denominator", "target")


def take_evidence(home: Home, kpi_id: str, filters: Filters, period: str = "") -> Evidence:
    """The chart of a KPI through these filters, as it is seen now, to be kept.

    ``period`` is the label of the point it is about; without one, the latest that signals, or else
    the latest with a figure.

    Raises
    ------
    UsageError
        There are no figures, or the period is none of the chart.
    UnknownNameError
        The KPI or a dimension is unknown.
    """
    (view,) = series_view(home, kpi_id, filters)
    if not view.points["value"].notna().any():
        raise UsageError(
            f"There are no figures of {view.kpi.title} for {view.slice_words}, so there is no "
            "evidence to carry. Choose another slice or period, or record it without a KPI."
        )
    points = view.points.tail(MOST_POINTS)
    chosen = _chosen(points, period)
    at = points["period"].astype(str).tolist().index(chosen)
    ends = home.store.chains.ends()
    kpi = view.kpi
    return Evidence(
        kpi=kpi.id, title=kpi.title, version=kpi.version, definition=kpi.definition, unit=kpi.unit,
        decimals=kpi.decimals, numerator=kpi.numerator, denominator=kpi.denominator,
        slice=view.slice, slice_words=view.slice_words, period=view.period, headline=view.headline,
        chosen=chosen, rule=_rule(points.iloc[at]), chart=view.chart_name,
        convention=view.convention,
        points=tuple(_point(row) for row in points.to_dict("records")),
        files=_files(home, view, filters), position=view.position,
        ledger_hash=ends.ledger if view.position == ends.position else _hash_at(home, view.position),
        first=filters.first, last=filters.last, as_of=filters.as_of, report_date=view.report_date,
        direction=kpi.direction,
    )  # fmt: skip


def _chosen(points: pd.DataFrame, period: str) -> str:
    labels = points["period"].astype(str)
    if period:
        if period not in set(labels):
            raise UsageError(
                f"{period!r} is no period of this chart; they run from {labels.iloc[0]} to "
                f"{labels.iloc[-1]}."
            )
        return period
    measured = points["value"].notna()
    signals = measured & ((points["signals"] != "") | points["member"].astype(bool))
    return str(labels[signals if signals.any() else measured].iloc[-1])


def _rule(point: Any) -> str:
    if point["signals"]:
        return str(point["signals"])
    return "belongs to a run that signals" if point["member"] else ""


def _hash_at(home: Home, position: int) -> str:
    ends = home.store.chains.ends_at(position, 0)
    return ends.ledger if ends else ""


def _point(row: Any) -> EvidencePoint:
    return EvidencePoint(
        period=str(row["period"]),
        start=pd.Timestamp(row["period_start"]).date(),
        end=pd.Timestamp(row["period_end"]).date(),
        **{name: _number(row[name]) for name in _AS_IS},
        **{name: _number(row[column]) for name, column in _LINES.items()},
        state=str(row["state"]),
        reason="" if pd.isna(row["reason"]) else str(row["reason"]),
        signals=str(row["signals"]),
        rules=str(row["rules"]),
        member=bool(row["member"]),
        phase=int(row["phase"]),
        excluded=str(row["excluded"] or ""),
    )


def _number(cell: Any) -> float | None:
    return None if pd.isna(cell) or not math.isfinite(cell) else float(cell)


def _files(home: Home, view: SeriesView, filters: Filters) -> tuple[EvidenceFile, ...]:
    """The files behind the points, named where all their rows are of the plants it is about.

    The record is read by whoever sees these plants; a file with rows of others is told by the
    ledger, to whoever may see all of it.
    """
    question = SeriesQuestion(
        kpi=view.kpi.id, period=filters.period, by=(), where=filters.where, first=filters.first,
        last=filters.last, as_of=filters.as_of,
    )  # fmt: skip
    found = rows_behind(home.view(filters.ledger), question, home.settings, limit=1)
    own = of_slice(home, view.slice)
    everybodys = not any(name == "plant" for name, _ in view.slice)
    plants = {e.upload: plants_of(e) for e in home.store.entries() if e.kind == "upload"}
    return tuple(
        EvidenceFile(file.upload, file.rows, file.file, file.sha256)
        if everybodys or plants.get(file.upload, frozenset({""})) <= {*own}
        else EvidenceFile(file.upload, file.rows)
        for file in source_files(home, found.by_upload)
    )


def evidence_files(home: Home, evidence: Evidence) -> tuple[tuple[EvidenceFile, str], ...]:
    """The files with what to call each: as recorded, or as the ledger tells whoever looks."""
    unnamed = {file.upload: file.rows for file in evidence.files if not file.file}
    told: dict[str, SourceFile] = {f.upload: f for f in source_files(home, unnamed)}

    def named(file: EvidenceFile) -> tuple[EvidenceFile, str]:
        if file.file:
            return file, file.file
        found = told.get(file.upload)
        if found is None:
            return file, "a file with other plants' rows"
        return replace(file, sha256=found.sha256), found.file

    return tuple(named(file) for file in evidence.files)


def redrawn(evidence: Evidence) -> SeriesView:
    """The chart as it was seen, made of what was kept alone; the KPI's words are those of then."""
    points = pd.DataFrame([_row(point) for point in evidence.points])
    last = points.iloc[-1]
    kpi = _kpi_then(evidence)
    return SeriesView(
        kpi=kpi, slice=evidence.slice, slice_words=evidence.slice_words, period=evidence.period,
        points=points, chart=None, chart_name=evidence.chart, chart_reason="",
        convention=evidence.convention, verdict=None, variation=Variation.TOO_FEW,
        assurance=Assurance.NO_TARGET, target=None, headline=evidence.headline,
        last_label=words.period_words(str(last["period"])),
        last_value="no figure" if pd.isna(last["value"]) else words.value_text(last["value"], kpi),
        last_change="", report_date=evidence.report_date, position=evidence.position, notes=(),
    )  # fmt: skip


def _row(point: EvidencePoint) -> dict[str, Any]:
    numbers = {name: _nan(getattr(point, name)) for name in _AS_IS}
    lines = {column: _nan(getattr(point, name)) for name, column in _LINES.items()}
    return {
        "period": point.period,
        "period_start": pd.Timestamp(point.start),
        "period_end": pd.Timestamp(point.end),
        **numbers,
        **lines,
        "state": point.state,
        "reason": point.reason,
        "signals": point.signals,
        "rules": point.rules,
        "member": point.member,
        "phase": point.phase,
        "excluded": point.excluded,
    }


def _nan(value: float | None) -> float:
    return math.nan if value is None else value


def _kpi_then(evidence: Evidence) -> Kpi:
    """The KPI as it was declared then."""
    return Kpi(
        id=evidence.kpi, title=evidence.title, definition=evidence.definition, unit=evidence.unit,
        per=1.0, direction=evidence.direction, numerator=evidence.numerator,
        denominator=evidence.denominator, default_chart="", decimals=evidence.decimals, domain="",
        clauses=(), source="", version=evidence.version,
    )  # fmt: skip


def restated(home: Home, evidence: Evidence) -> str:
    """Whether today's figures are those that were seen, in a sentence; empty where they are."""
    seen = Filters(
        where=evidence.slice, period=evidence.period, first=evidence.first, last=evidence.last,
        as_of=evidence.as_of,
    )  # fmt: skip
    try:
        (now,) = series_view(home, evidence.kpi, seen)
    except KpiError as error:
        return f"The chart cannot be drawn from today's facts: {error}"
    told = []
    if now.kpi.version != evidence.version:
        told.append(
            f"The definition has changed since: version {evidence.version} then, "
            f"{now.kpi.version} now."
        )
    changed = _changed(evidence.points, now.points)
    if changed:
        label, before, after = next(
            (one for one in changed if one[0] == evidence.chosen), changed[-1]
        )
        count = words.count_words(len(changed), evidence.period)
        told.append(
            f"Today's figures differ in {count} of those seen: {words.period_words(label)} was "
            f"{_said(before, now.kpi, after)} and is {_said(after, now.kpi, before)} now."
        )
    return " ".join(told)


def _changed(
    points: Sequence[EvidencePoint], now: pd.DataFrame
) -> list[tuple[str, float | None, float | None]]:
    today = {
        str(label): _number(value) for label, value in zip(now["period"], now["value"], strict=True)
    }
    found = [(p.period, p.value, today.get(p.period)) for p in points]
    return [(label, a, b) for label, a, b in found if not _same(a, b)]


def _same(a: float | None, b: float | None) -> bool:
    if a is None or b is None:
        return a is b
    return math.isclose(a, b, rel_tol=SAME, abs_tol=SAME)


def _said(value: float | None, kpi: Kpi, beside: float | None) -> str:
    if value is None:
        return "without a figure"
    return words.value_text(value, kpi, beside=beside)


def seen_words(evidence: Evidence) -> str:
    """What was seen, in sentences: the headline, the figure of the period it is about, its limits."""
    point = next(p for p in evidence.points if p.period == evidence.chosen)
    kpi = _kpi_then(evidence)
    said = f"{words.period_words(point.period)}: {_said(point.value, kpi, None)}"
    if kpi.denominator and point.numerator is not None and point.denominator is not None:
        top, bottom = (_whole(part) for part in (point.numerator, point.denominator))
        said += f" ({kpi.numerator} {top}, {kpi.denominator} {bottom})"
    if point.center is not None:
        said += f"; usual level {_said(point.center, kpi, point.value)}"
    told = [evidence.headline, f"{said[:1].upper()}{said[1:]}."]
    if evidence.rule:
        told.append(f"Signal: {evidence.rule}.")
    return " ".join(told)


def _whole(amount: float) -> str:
    return words.number(amount, 0 if amount == round(amount) else 1)
