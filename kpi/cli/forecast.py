"""``python -m kpi forecast``: what comes next, and whether the target will be met."""

import argparse
import math
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from kpi.cli.parts import DONE, as_day, as_dimension_pair, declare, home_about, show

if TYPE_CHECKING:
    from kpi.analysis.forecasting import Outlook

_BANDS = ("median", "low", "high")


def add(commands: Any) -> None:
    """Declare the command."""
    parser = declare(commands, "forecast", run, "what comes next, and whether the target is met")
    parser.add_argument("kpi", metavar="KPI")
    parser.add_argument(
        "--target", type=number_of, help="in the KPI's unit; default: the recorded one"
    )
    parser.add_argument("--due", type=as_day, metavar="DATE", help="default: the recorded due date")
    parser.add_argument(
        "--where", action="append", type=as_dimension_pair, default=[], metavar="DIM=VALUE"
    )
    parser.add_argument(
        "--period", default="month", choices=("month", "week", "day", "quarter", "fiscal")
    )
    parser.add_argument("--as-of", type=as_day, metavar="DATE", help="report date")
    parser.add_argument("--ledger", type=int, metavar="POSITION", help="as the ledger stood then")


class _Level(float):
    """A number as somebody wrote it: with the sign of per cent, or without."""

    in_percent = False


def number_of(text: str) -> float:
    """A level in the KPI's unit: ``98``, ``1.5``, ``98%``.

    >>> number_of("98 %"), number_of("-0.5")
    (98.0, -0.5)
    """
    try:
        found = _Level(text.strip().removesuffix("%"))
        found.in_percent = text.strip().endswith("%")
    except ValueError:
        found = _Level(math.nan)
    if not math.isfinite(found):
        raise argparse.ArgumentTypeError(f"{text!r} is no number; write it as 1.5")
    return found


def run(arguments: argparse.Namespace) -> int:
    """Answer and print."""
    from kpi.analysis.forecasting import forecast_view
    from kpi.analysis.results import Filters
    from kpi.errors import UsageError

    filters = Filters(
        where=tuple(arguments.where), period=arguments.period,
        as_of=arguments.as_of, ledger=arguments.ledger,
    )  # fmt: skip
    found = forecast_view(
        home_about(arguments, filters),
        arguments.kpi,
        filters,
        target=arguments.target,
        due=arguments.due,
    )
    if getattr(arguments.target, "in_percent", False) and found.kpi.unit != "%":
        raise UsageError(f"{found.kpi.title} is in {found.kpi.unit}, not in per cent.")
    show(arguments, lambda: as_json(found), lambda: as_text(found))
    return DONE


def as_json(found: "Outlook") -> dict[str, Any]:
    """The forecast as plain data, with the same keys where it cannot be made."""
    head: dict[str, Any] = {
        "state": found.state,
        "sentence": " ".join(filter(None, (found.sentence, found.expected))),
        "kpi": found.kpi.id,
        "slice": [list(pair) for pair in found.slice],
        "unit": found.kpi.unit,
        "period": found.period,
        "points": found.points,
        "target": found.target,
        "due": found.due.isoformat() if found.due else None,
    }
    at = found.at_due
    return {
        **head,
        "due_period": found.due_label or None,
        "model": found.model or None,
        "horizon": None if at is None else found.ahead.index(at) + 1,
        "median": None if at is None else at.median,
        "low": None if at is None else at.low,
        "high": None if at is None else at.high,
        "probability": found.probability,
        "probability_words": found.probability_words or None,
        "required_run_rate": _pace(found),
        "backtest": _backtest(found),
        "season": _season(found),
        "ahead": [
            {"period": a.period, **{name: getattr(a, name) for name in _BANDS},
             "low50": a.low50, "high50": a.high50}
            for a in found.ahead
        ],
        "notes": [note for note in (found.caution, *found.notes) if note],
    }  # fmt: skip


def _pace(found: "Outlook") -> dict[str, Any] | None:
    if found.pace is None:
        return None
    return {**asdict(found.pace), "sentence": found.pace_words}


def _backtest(found: "Outlook") -> dict[str, Any] | None:
    if found.backtest is None:
        return None
    numbers = {
        name: None if isinstance(value, float) and math.isnan(value) else value
        for name, value in asdict(found.backtest).items()
    }
    return {**numbers, "sentence": found.backtest_words}


def _season(found: "Outlook") -> dict[str, Any] | None:
    if found.season is None:
        return None
    return {
        "evidence": found.season.evidence,
        "p_value": found.season.p_value,
        "months": list(found.season.months),
        "sentence": found.season.sentence,
    }


def as_text(found: "Outlook") -> str:
    """The sentences, one a line, and the periods ahead."""
    season = found.season.sentence if found.season else ""
    lines = [found.sentence, found.expected, found.caution, found.pace_words]
    lines += [found.backtest_words, season]
    if found.ahead:
        decimals = found.kpi.decimals
        lines.append(f"\nperiod   expected  80 % from  to ({found.kpi.unit})")
        lines += [
            f"{a.period}  {a.median:>8.{decimals}f}  {a.low:>9.{decimals}f}  {a.high:.{decimals}f}"
            for a in found.ahead
        ]
        lines.append("")
    lines += [f"* {note}" for note in (found.model_words, *found.notes) if note]
    return "\n".join(line for line in lines if line)
