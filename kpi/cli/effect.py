"""``python -m kpi effect``: did an action work?"""

import argparse
from typing import TYPE_CHECKING, Any, Final

from kpi.cli.parts import DONE, as_day, as_dimension_pair, declare, home_about, show

if TYPE_CHECKING:
    from kpi.analysis.effect_results import EffectView, Side

PERIODS: Final = ("month", "week", "day", "quarter", "year", "fiscal")


def add(commands: Any) -> None:
    """Declare the command."""
    parser = declare(commands, "effect", _effect, "did an action work? before and after a date")
    parser.add_argument("kpi", metavar="KPI")
    parser.add_argument(
        "--date", dest="day", type=as_day, required=True, metavar="DATE", help="the day it was done"
    )
    parser.add_argument(
        "--where", action="append", type=as_dimension_pair, default=[], metavar="DIM=VALUE"
    )
    parser.add_argument(
        "--washout", type=_days, default=0, metavar="DAYS",
        help="days it needs to settle, which count on neither side (default: 0)",
    )  # fmt: skip
    parser.add_argument(
        "--hoped", type=share, metavar="CHANGE",
        help="the relative change hoped for, such as -25%% (default: a quarter, for the better)",
    )  # fmt: skip
    parser.add_argument("--period", default="month", choices=PERIODS)
    parser.add_argument(
        "--to", dest="last", type=as_day, metavar="DATE", help="the last day looked at"
    )
    parser.add_argument("--as-of", type=as_day, metavar="DATE", help="report date")
    parser.add_argument("--ledger", type=int, metavar="POSITION", help="as the ledger stood then")


def _days(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is no number of days, such as 30")
    return int(text)


def share(text: str) -> float:
    """A relative change: ``-25%``, ``-25 %``, ``−25%`` or ``-0.25``; never ``-25``, which may be either.

    >>> share("-25%"), share("+0.1"), share("−25 %")
    (-0.25, 0.1, -0.25)
    """
    bare = text.strip().replace("\u2212", "-").replace("\u00a0", "")
    try:
        number = float(bare.removesuffix("%").strip())
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no change, such as -25%") from None
    if not bare.endswith("%") and abs(number) >= 1:
        raise argparse.ArgumentTypeError(
            f"{text!r} needs its sign: {number:g}% or {number / 100:g}"
        )
    return number / 100 if bare.endswith("%") else number


def _effect(arguments: argparse.Namespace) -> int:
    from kpi.analysis.effect_words import facts, method_facts, sentence
    from kpi.analysis.effectiveness import effect_view
    from kpi.analysis.results import Filters

    filters = Filters(
        where=tuple(arguments.where), period=arguments.period, last=arguments.last,
        as_of=arguments.as_of, ledger=arguments.ledger,
    )  # fmt: skip
    view = effect_view(
        home_about(arguments, filters), arguments.kpi, filters, arguments.day,
        washout=arguments.washout, hoped=arguments.hoped,
    )  # fmt: skip

    def text() -> str:
        lines = [sentence(view), ""]
        lines += [f"{label + ':':<18}{told}" for label, told in (*facts(view), *method_facts(view))]
        return "\n".join([*lines, *(f"{'Note:':<18}{note}" for note in view.notes)])

    show(arguments, lambda: result(view), text)
    return DONE


def result(view: "EffectView") -> dict[str, Any]:
    """The verdict as JSON; what cannot be told is ``null``."""
    from kpi.analysis.effect_words import sentence
    from kpi.cli.json_form import plain

    made = view.effect
    adjusted = [n for n, there in (("trend", made.trend), ("season", made.season)) if there]
    answer: dict[str, Any] = plain(
        {
            "kpi": view.kpi.id,
            "slice": dict(view.series.slice),
            "unit": view.kpi.unit,
            "date": view.action.day,
            "before": {**_side(view.before), "left_out": view.before.left_out},
            "after": _side(view.after),
            "neither": view.neither,
            "washout_days": view.action.washout,
            "expected": view.expected,
            "effect": {
                "absolute": view.absolute,
                "low": view.low,
                "high": view.high,
                "relative": made.relative,
                "relative_low": made.relative_low,
                "relative_high": made.relative_high,
                "confidence": made.method.confidence,
            },
            "p_value": made.p_value,
            "model": {"binomial": "quasi-binomial", "poisson": "quasi-poisson"}.get(
                made.nature, "individuals"
            ),
            "dispersion": made.dispersion,
            "lag1": made.lag1,
            "degrees_of_freedom": made.freedom,
            "adjusted_for": adjusted,
            "verdict": view.verdict,
            "hoped": view.hoped,
            "months_needed": view.months_needed,
            "sentence": sentence(view),
            "notes": view.notes,
            "ledger": view.series.position,
        }
    )
    return answer


def _side(side: "Side") -> dict[str, Any]:
    return {
        "level": side.level,
        "periods": len(side.periods),
        "first": side.first or None,
        "last": side.last or None,
    }
