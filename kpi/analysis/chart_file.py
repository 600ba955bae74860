"""A control chart straight from a CSV file, without a store: ``python -m kpi chart KIND --csv FILE``."""

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, cast

import numpy as np
import pandas as pd

from kpi.analysis import chart_capability
from kpi.analysis.chart_columns import (
    column_named,
    flags,
    number_matrix,
    numbers,
    read_columns,
)
from kpi.analysis.chart_words import chart_data, chart_text
from kpi.errors import UsageError
from kpi.spc import KINDS, RULE_SETS, Chart, Options, chart
from kpi.spc.result import Baseline

_AIMED: Final = ("ewma", "cusum")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.add_argument("kind", metavar="KIND", help=", ".join([*KINDS, chart_capability.KIND]))
    add = parser.add_argument
    add(
        "--csv",
        required=True,
        type=Path,
        metavar="FILE",
        help="a CSV file with one row of headings",
    )
    columns = parser.add_argument_group("columns").add_argument
    columns("--value", metavar="COL", help="column of values (by default the only one of numbers)")
    columns("--values", metavar="COL,…", help="columns of measurements taken together (t2)")
    columns("--count", metavar="COL", help="column of counts")
    columns("--size", metavar="COL", help="column of sizes: units, hours, days")
    columns("--subgroup", metavar="COL", help="rows with one label make one point")
    columns("--phase", metavar="COL", help="limits start anew where its label changes")
    columns("--exclude", metavar="COL", help="TRUE or 1: shown, but does not count")
    columns("--by", metavar="COL,…", help="one chart per group")
    method = parser.add_argument_group("method").add_argument
    method(
        "--baseline", metavar="N|FROM..TO", help="the points the limits come from (default: all)"
    )
    method("--rules", default="default", choices=list(RULE_SETS))
    method("--multiply", type=float, default=1.0, metavar="X", help="100 for percent")
    method("--center", type=float, metavar="X", help="known centre line")
    method(
        "--target", type=float, metavar="X", help="aim of an EWMA or CUSUM chart, or of a tolerance"
    )
    method("--sigma", type=float, metavar="X", help="known standard deviation")
    method("--screened", action="store_true", help="leave out moving ranges beyond their limit")
    method("--median-mr", action="store_true", help="sigma from the median moving range")
    method("--constants", default="exact", choices=["exact", "table"])
    method("--subgroup-sigma", default="auto", choices=["auto", "range", "s", "pooled"])
    method("--gaps", default="bridge", choices=["bridge", "break"], help="what a gap does to a run")
    method("--lambda", dest="weight", type=float, default=0.2, metavar="X", help="EWMA weight")
    method("--L", dest="width", type=float, default=3.0, metavar="X", help="EWMA limits, in sigma")
    method("--k", type=float, default=0.5, metavar="X", help="CUSUM slack, in sigma")
    method("--h", type=float, default=5.0, metavar="X", help="CUSUM decision interval, in sigma")
    method("--fir", action="store_true", help="CUSUM head start of half of h")
    method(
        "--confidence", type=float, metavar="X",
        help="of the T² limit (0.9973), of capability's intervals (0.95)",
    )  # fmt: skip
    chart_capability.add_arguments(parser)


def run(args: argparse.Namespace) -> tuple[dict[str, Any], str]:
    """Compute what the arguments ask for: the JSON-able answer, and the same as text.

    Raises ``UsageError`` where a column, an option or a number makes no sense.
    """
    if args.kind not in (*KINDS, chart_capability.KIND):
        chart(args.kind)  # says which there are
    with_capability = chart_capability.asked(args)
    frame, decimal_comma = read_columns(args.csv)
    options = _options(args)
    by = _named_list(frame, args.by)
    if not by:
        _, data, text = _answer(frame, args, options, with_capability, decimal_comma)
        return data, text
    groups, texts = [], []
    convention = ""
    for key, rows in _groups(frame, by):
        drawn, data, text = _answer(rows, args, options, with_capability, decimal_comma)
        convention = convention or drawn.convention
        groups.append({**key, "group": key, **data})
        title = ", ".join(f"{name} {value}" for name, value in key.items())
        texts.append(f"{title}\n{text}")
    answer = {"chart": args.kind, "convention": convention, "by": by, "groups": groups}
    return answer, "\n\n".join(texts)


def _answer(
    frame: pd.DataFrame,
    args: argparse.Namespace,
    options: Options,
    with_capability: bool,
    decimal_comma: bool,
) -> tuple[Chart, dict[str, Any], str]:
    """The chart of some rows, with capability where limits are given, as data and as text."""
    given = _given(frame, args, decimal_comma=decimal_comma)
    if not with_capability:
        drawn = chart(args.kind, **given, multiply=args.multiply, options=options)
        return drawn, chart_data(drawn), chart_text(drawn)
    found = chart_capability.found(args, given, options)
    own = args.kind == chart_capability.KIND
    drawn = found.chart if own else chart(args.kind, **given, options=options)
    data = chart_data(drawn) | {"chart": args.kind}
    data["capability"] = chart_capability.capability_data(found)
    return drawn, data, f"{chart_capability.capability_text(found)}\n\n{chart_text(drawn)}"


def _groups(frame: pd.DataFrame, by: list[str]) -> Iterator[tuple[dict[str, str], pd.DataFrame]]:
    for labels, rows in frame.groupby(by, sort=False, dropna=False):
        values = labels if isinstance(labels, tuple) else (labels,)
        yield {n: str(v) for n, v in zip(by, values, strict=True)}, rows


def _named_list(frame: pd.DataFrame, names: str | None) -> list[str]:
    if not names:
        return []
    return [column_named(frame, name.strip()) for name in names.split(",") if name.strip()]


def _options(args: argparse.Namespace) -> Options:
    if args.screened and args.median_mr:
        raise UsageError("Choose one of --screened and --median-mr.")
    aimed = args.kind in _AIMED
    if args.target is not None and not (aimed or chart_capability.asked(args)):
        raise UsageError(
            "--target is the aim of an ewma or cusum chart, or of a tolerance; --center sets a "
            "centre line."
        )
    if aimed and args.target is not None and args.center is not None:
        raise UsageError("Choose one of --target and --center.")
    confidence = 0.9973 if args.confidence is None else args.confidence
    within = {"--lambda": 0 < args.weight <= 1, "--confidence": 0 < confidence < 1}
    within |= {"--sigma": args.sigma is None or args.sigma >= 0, "--L": args.width > 0}
    within |= {"--h": args.h > 0, "--k": args.k >= 0}
    for name, good in within.items():
        if not good:
            raise UsageError(f"{name} is out of range.")
    ranges = "screened" if args.screened else "median" if args.median_mr else "mean"
    return Options(
        moving_range=cast(Any, ranges),
        constants=args.constants,
        subgroup_sigma=args.subgroup_sigma,
        center=args.target if aimed and args.target is not None else args.center,
        sigma=args.sigma,
        weight=args.weight,
        width=args.width,
        k=args.k,
        h=args.h,
        head_start=args.h / 2 if args.fir else 0.0,
        confidence=confidence,
        gaps=args.gaps,
    )


def parse_baseline(text: str | None) -> Baseline:
    """``N``, ``FROM..TO`` (points from 1, both included) or ``all``, which nothing means too.

    >>> parse_baseline("3..22")
    (2, 21)
    """
    if text is None or text == "all":
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


def _given(frame: pd.DataFrame, args: argparse.Namespace, *, decimal_comma: bool) -> dict[str, Any]:
    """What the columns and options say of the material of a chart."""

    def column(name: str | None) -> np.ndarray | None:
        return None if name is None else numbers(frame, name, decimal_comma=decimal_comma)

    def labels(name: str | None) -> list[object] | None:
        return None if name is None else frame[column_named(frame, name)].tolist()

    kind = KINDS[args.kind if args.kind in KINDS else "imr"]
    count, size = column(args.count), column(args.size)
    values = column(args.value)
    if kind.needs == "rows":
        wanted = _named_list(frame, args.values)
        if not wanted:
            raise UsageError("Say which columns are measured together: --values COL,COL,….")
        values = number_matrix(frame, wanted, decimal_comma=decimal_comma)
    elif kind.needs == "counts" and (count is None or size is None):
        raise UsageError(f"The {kind.name} needs --count COL and --size COL.")
    elif values is None and count is None:
        used = {args.subgroup, args.phase, args.exclude, *(args.by or "").split(",")}
        values = column(_only_numbers(frame, used, decimal_comma=decimal_comma))
    elif values is not None and count is not None:
        raise UsageError("Give --value, or --count with --size; not both.")
    return {
        "values": values,
        "count": count,
        "size": size,
        "subgroup": labels(args.subgroup),
        "baseline": parse_baseline(args.baseline),
        "phases": labels(args.phase),
        "excluded": None if args.exclude is None else flags(frame, args.exclude),
        "rules": args.rules,
    }


def _only_numbers(frame: pd.DataFrame, used: set[str | None], *, decimal_comma: bool) -> str:
    """The one column of numbers that nothing else was said about."""
    found = []
    for name in frame.columns:
        if name in used:
            continue
        try:
            read = numbers(frame, name, decimal_comma=decimal_comma)
        except UsageError:
            continue
        if np.isfinite(read).any():
            found.append(name)
    if len(found) == 1:
        return str(found[0])
    raise UsageError(
        f"Say which column holds the values: --value COL. The file has: {', '.join(frame.columns)}."
    )
