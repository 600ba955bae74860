"""A chart as JSON-able data and as text that a person reads."""

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

import numpy as np

from kpi.spc import Chart, Panel, PhaseSpan, RunsTest, Signal, Verdict, rule_label
from kpi.spc.result import Baselines, Values


def chart_data(drawn: Chart) -> dict[str, Any]:
    """The chart as plain lists and numbers; ``None`` at a gap, points counted from 1."""
    main = Panel(
        name=drawn.kind,
        statistic=drawn.statistic,
        center=drawn.center if drawn.aim is None else drawn.aim,
        sigma=drawn.sigma,
        lcl=drawn.lcl,
        ucl=drawn.ucl,
        signals=drawn.signals,
    )
    data: dict[str, Any] = {
        "chart": drawn.kind,
        "name": drawn.name,
        "convention": drawn.convention,
        "panels": [_panel(panel) for panel in (main, *drawn.panels)],
        "phases": [_phase(span) for span in drawn.phases],
        "provisional": drawn.provisional,
        "notes": list(drawn.notes),
        "excluded": (np.flatnonzero(drawn.excluded) + 1).tolist(),
    }
    if any(span.sigma_z is not None for span in drawn.phases):
        per_phase = [_phase(span)["sigma_z"] for span in drawn.phases]
        data["sigma_z"] = per_phase[0] if len(per_phase) == 1 else per_phase
    if drawn.runs:
        data["anhoej"] = _runs(drawn.runs[-1])
        if len(drawn.runs) > 1:
            data["anhoej"]["phases"] = [_runs(test) for test in drawn.runs]
    data.update({name: _number(value) for name, value in drawn.extra.items()})
    data["options"] = {name: _option(value) for name, value in asdict(drawn.options).items()}
    data["options"] |= {"rules": list(drawn.rules), "baseline": _asked(drawn.asked)}
    return data


def _option(value: object) -> object:
    """``nan`` among levels known per phase: that one was estimated."""
    if isinstance(value, tuple):
        return [_number(level) for level in value]
    return value


def _asked(baseline: Baselines) -> object:
    """The baseline asked for, points from 1; ``None`` is the first twenty, once there are so many."""
    if isinstance(baseline, list):
        return [_asked(own) for own in baseline]
    if isinstance(baseline, tuple):
        return [point + 1 for point in baseline]
    return baseline if isinstance(baseline, int | str) else None


def verdict_data(found: Verdict) -> dict[str, Any]:
    """Variation and assurance as words of a fixed list and as a sentence; points from 1."""
    return {
        "variation": found.variation.name.lower(),
        "assurance": found.assurance.name.lower(),
        "since": None if found.since is None else found.since + 1,
        "favourable": found.favourable,
        "rule": found.rule,
        "words": found.words,
        "assurance_words": found.assurance_words,
        "assurance_of": found.assurance_of,
        "assurance_points": found.assurance_points,
    }


def verdict_text(found: Verdict) -> str:
    """The verdict as one or two sentences."""
    said = f"It {found.words}."
    return f"{said} It {found.assurance_words}." if found.assurance_words else said


def _number(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _column(values: Values) -> list[float | None]:
    return [_number(v) for v in values.tolist()]


def _panel(panel: Panel) -> dict[str, Any]:
    lines = ("statistic", "center", "sigma", "lcl", "ucl")
    return {
        "name": panel.name,
        **{line: _column(getattr(panel, line)) for line in lines},
        "signals": list(_by_rule(panel.signals)),
    }


def _by_rule(signals: Iterable[Signal]) -> Iterable[dict[str, Any]]:
    grouped: dict[str, list[Signal]] = {}
    for signal in signals:
        grouped.setdefault(signal.rule, []).append(signal)
    for rule, found in grouped.items():
        yield {
            "rule": rule,
            "points": [s.point + 1 for s in found],
            "members": sorted({m + 1 for s in found for m in s.members}),
        }


def _phase(span: PhaseSpan) -> dict[str, Any]:
    return {
        "first": span.first + 1,
        "last": span.last + 1,
        "baseline": None if span.baseline is None else [n + 1 for n in span.baseline],
        "points": span.points,
        "center": _number(span.center),
        "sigma": _number(span.sigma),
        "sigma_z": None if span.sigma_z is None else _number(span.sigma_z),
    }


def _runs(test: RunsTest) -> dict[str, Any]:
    return {
        "n_useful": test.n_useful,
        "longest_run": test.longest_run,
        "longest_run_max": test.longest_run_max,
        "n_crossings": test.n_crossings,
        "n_crossings_min": test.n_crossings_min,
        "runs_signal": test.signal,
    }


def chart_text(drawn: Chart) -> str:
    """The chart as a table of points with what each signals; conventions and notes above it."""
    lines = [drawn.convention + ".", *drawn.notes]
    if drawn.sigma_z is not None and np.isfinite(drawn.sigma_z):
        lines.append(f"σz {drawn.sigma_z:.4g}: spread in multiples of chance.")
    if len(drawn.phases) > 1:
        lines += [_phase_text(number, span) for number, span in enumerate(drawn.phases, 1)]
    told: dict[int, list[str]] = {}
    for signal in drawn.signals:
        told.setdefault(signal.point, []).append(rule_label(signal.rule))
    head = f"{'point':>6} {'value':>12} {'lower':>12} {'centre':>12} {'upper':>12}  signal"
    lines += ["", head]
    rows = zip(drawn.statistic, drawn.lcl, drawn.center, drawn.ucl, strict=True)
    for at, (value, low, middle, high) in enumerate(rows):
        said = "; ".join(told.get(at, []))
        if drawn.excluded[at]:
            said = f"not counted; {said}".rstrip("; ")
        numbers = " ".join(_cell(x) for x in (value, low, middle, high))
        lines.append(f"{at + 1:>6} {numbers}  {said}".rstrip())
    for panel in drawn.panels:
        hit = sorted({s.point + 1 for s in panel.signals})
        where = f" at points {', '.join(map(str, hit))}" if hit else " nowhere"
        lines.append(f"{panel.name}: beyond its limits{where}.")
    if not drawn.signals:
        lines.append("No signals: what moves is chance.")
    return "\n".join(lines)


def _phase_text(number: int, span: PhaseSpan) -> str:
    where = f"Phase {number}, points {span.first + 1}–{span.last + 1}"
    if not np.isfinite(span.center):
        return f"{where}: no limits."
    first, last = (0, 0) if span.baseline is None else span.baseline
    base = "" if span.base_points == span.points else f", frozen at points {first + 1}–{last + 1}"
    sigma = f", sigma {span.sigma:.6g}" if np.isfinite(span.sigma) else ""
    return f"{where}: centre {span.center:.6g}{sigma}{base}."


def _cell(value: float) -> str:
    return f"{value:>12.6g}" if np.isfinite(value) else f"{'–':>12}"
