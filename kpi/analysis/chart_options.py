"""The options of a control chart as a command line spells them."""

import argparse
import math
from typing import Any, Final, cast

from kpi.errors import UsageError
from kpi.spc import Options
from kpi.spc.result import Baseline, Baselines, Known

T2_CONFIDENCE: Final = 0.9973

_AIMED: Final = ("ewma", "cusum")


def number(text: str) -> float:
    """A finite number for an option; ``ValueError``, which argparse tells, for anything else.

    >>> number("-2.5")
    -2.5
    """
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(text)
    return value


def add_method_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare every choice that can move a number."""
    add = parser.add_argument_group("method").add_argument
    add(
        "--baseline",
        metavar="N|FROM..TO|…",
        help="the points the limits come from (default: all); with commas, one for each phase",
    )
    add(
        "--rules",
        default="default",
        metavar="RULE,…",
        help="none, default, western_electric, nelson, nhs, anhoej, or rules by name with lengths "
        "of their own: beyond_limits,run_of_7,trend_of_7,alternation_of_15,2_of_3_beyond_2_sigma",
    )
    add("--multiply", type=number, default=1.0, metavar="X", help="100 for percent")
    add("--center", metavar="X,…", help="known centre line, before --multiply; one for each phase")
    add("--target", type=number, metavar="X", help="aim of an ewma or cusum chart, else a target")
    add("--better", choices=["higher", "lower"], help="says what the chart means by that direction")
    add("--sigma", metavar="X,…", help="known standard deviation (σz of a Laney chart)")
    add("--screened", action="store_true", help="leave out moving ranges beyond their limit")
    add("--median-mr", action="store_true", help="sigma from the median moving range")
    add("--constants", default="exact", choices=["exact", "table"])
    add("--subgroup-sigma", default="auto", choices=["auto", "range", "s", "pooled"])
    add(
        "--limits",
        default="three_sigma",
        choices=["three_sigma", "quantile"],
        help="quantile: exact binomial, Poisson or geometric limits (p, np, u, c, funnel, g)",
    )
    add("--sizes", default="own", choices=["own", "average"], help="whose size makes the limits")
    add("--sigma-z-floor", action="store_true", help="σz of a Laney chart is not under 1")
    add("--times", default="power", choices=["power", "weibull"], help="method of a t chart")
    add("--gaps", default="bridge", choices=["bridge", "break"], help="what a gap does to a run")
    add("--lambda", dest="weight", type=number, default=0.2, metavar="X", help="EWMA weight")
    add("--L", dest="width", type=number, default=3.0, metavar="X", help="EWMA limits, in sigma")
    add("--k", type=number, default=0.5, metavar="X", help="CUSUM slack, in sigma")
    add("--h", type=number, default=5.0, metavar="X", help="CUSUM decision interval, in sigma")
    add("--fir", action="store_true", help="CUSUM head start of half of h")
    add(
        "--confidence",
        type=number,
        metavar="X",
        help="of the T² limit (0.9973), of capability's intervals (0.95)",
    )


def chosen_options(args: argparse.Namespace) -> Options:
    """The options that the arguments ask for; ``UsageError`` where one makes no sense."""
    if args.screened and args.median_mr:
        raise UsageError("Choose one of --screened and --median-mr.")
    aimed = args.kind in _AIMED and args.target is not None
    if aimed and args.center is not None:
        raise UsageError("Choose one of --target and --center.")
    center, sigma = _known("--center", args.center), _known("--sigma", args.sigma)
    confidence = T2_CONFIDENCE if args.confidence is None else args.confidence
    within = {"--lambda": 0 < args.weight <= 1, "--confidence": 0 < confidence < 1}
    within |= {"--sigma": not _below_zero(sigma), "--L": args.width > 0}
    within |= {"--h": args.h > 0, "--k": args.k >= 0, "--multiply": args.multiply > 0}
    for name, good in within.items():
        if not good:
            raise UsageError(f"{name} is out of range.")
    ranges = "screened" if args.screened else "median" if args.median_mr else "mean"
    return Options(
        moving_range=cast(Any, ranges),
        constants=args.constants,
        subgroup_sigma=args.subgroup_sigma,
        limits=args.limits,
        sizes=args.sizes,
        sigma_z_floor="one" if args.sigma_z_floor else "none",
        times=args.times,
        center=args.target if aimed else center,
        sigma=sigma,
        weight=args.weight,
        width=args.width,
        k=args.k,
        h=args.h,
        head_start=args.h / 2 if args.fir else 0.0,
        confidence=confidence,
        gaps=args.gaps,
    )


def chosen_target(args: argparse.Namespace) -> float | None:
    """A target to compare with, where it is not the aim that the chart counts from."""
    return None if args.kind in _AIMED else cast("float | None", args.target)


def _known(name: str, text: str | None) -> Known:
    """``X`` or ``X,X,…``, one for each phase; an empty place is estimated."""
    if text is None:
        return None
    levels = []
    for part in text.split(","):
        try:
            levels.append(number(part) if part.strip() else math.nan)
        except ValueError:
            raise UsageError(f"{name} takes numbers, one for each phase; not {part!r}.") from None
    return levels[0] if len(levels) == 1 and not math.isnan(levels[0]) else tuple(levels)


def _below_zero(level: Known) -> bool:
    levels = level if isinstance(level, tuple) else (level,)
    return any(x is not None and x < 0 for x in levels)


def parse_rules(text: str) -> str | list[str]:
    """One set or rule, or a list of them.

    >>> parse_rules("beyond_limits, run_of_7")
    ['beyond_limits', 'run_of_7']
    """
    names = [name.strip() for name in text.split(",") if name.strip()]
    return names[0] if len(names) == 1 else names


def parse_baseline(text: str | None) -> Baselines:
    """``N``, ``FROM..TO`` (points from 1, both included) or ``all``, which nothing means too.

    With commas, one of these for each phase.

    >>> parse_baseline("3..22")
    (2, 21)
    >>> parse_baseline("12,all")
    [12, 'all']
    """
    if text is None:
        return "all"
    parts = [_one_baseline(part.strip()) for part in text.split(",")]
    return parts[0] if len(parts) == 1 else parts


def _one_baseline(text: str) -> Baseline:
    if text == "all":
        return "all"
    first, dots, last = text.partition("..")
    if not (first.isdecimal() and (last.isdecimal() if dots else True)):
        raise UsageError(f"--baseline takes N or FROM..TO, counted in points; not {text!r}.")
    if not dots:
        if int(first) < 1:
            raise UsageError("--baseline needs at least one point.")
        return int(first)
    if not 1 <= int(first) <= int(last):
        raise UsageError(f"--baseline {text}: points count from 1, and FROM comes before TO.")
    return int(first) - 1, int(last) - 1
