"""A control chart straight from a CSV file, without a store: ``python -m kpi chart KIND --csv FILE``."""

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

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
from kpi.analysis.chart_options import (
    add_method_arguments,
    chosen_options,
    chosen_target,
    parse_baseline,
    parse_rules,
)
from kpi.analysis.chart_words import chart_data, chart_text, verdict_data, verdict_text
from kpi.errors import NotEnoughDataError, UnknownNameError, UsageError
from kpi.model import Direction
from kpi.spc import KINDS, Chart, Options, chart, verdict
from kpi.spc.charts import OF_MEMBERS

_DIRECTIONS: Final = {"higher": Direction.HIGHER, "lower": Direction.LOWER}


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
    columns("--values", metavar="COL,…", help="columns taken together: t2, or one row per subgroup")
    columns("--count", metavar="COL", help="column of counts")
    columns("--size", metavar="COL", help="column of sizes: units, hours, days")
    columns("--subgroup", metavar="COL", help="rows with one label make one point")
    columns("--phase", metavar="COL", help="limits start anew where its label changes")
    columns("--exclude", metavar="COL", help="TRUE or 1: shown, but does not count")
    columns("--by", metavar="COL,…", help="one chart per group")
    add_method_arguments(parser)
    chart_capability.add_arguments(parser)


def run(args: argparse.Namespace) -> tuple[dict[str, Any], str]:
    """Compute what the arguments ask for: the JSON-able answer, and the same as text.

    Raises ``UsageError`` where a column, an option or a number makes no sense.
    """
    kinds = (*KINDS, chart_capability.KIND)
    if args.kind not in kinds:
        raise UnknownNameError("kind of chart", args.kind, known=kinds)
    with_capability = chart_capability.asked(args)
    frame, decimal_comma = read_columns(args.csv)
    options = chosen_options(args)
    by = _named_list(frame, args.by)
    if not by:
        _, data, text = _answer(frame, args, options, with_capability, decimal_comma)
        return data, text
    groups, texts = [], []
    convention = ""
    for key, rows in _groups(frame, by):
        title = ", ".join(f"{name} {value}" for name, value in key.items())
        try:
            drawn, data, text = _answer(rows, args, options, with_capability, decimal_comma)
        except NotEnoughDataError as error:  # of one group says nothing of the others
            data, text = {"error": str(error)}, str(error)
        else:
            convention = convention or drawn.convention
        groups.append({**key, "group": key, **data})
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
        return drawn, *_told(drawn, args)
    found = chart_capability.found(args, given, options)
    own = args.kind == chart_capability.KIND
    drawn = found.chart if own else chart(args.kind, **given, options=options)
    data, text = _told(drawn, args)
    data |= {"chart": args.kind, "capability": chart_capability.capability_data(found)}
    return drawn, data, f"{chart_capability.capability_text(found)}\n\n{text}"


def _told(drawn: Chart, args: argparse.Namespace) -> tuple[dict[str, Any], str]:
    """The chart as data and as text, with what it means where the better direction is known."""
    data, text, target = chart_data(drawn), chart_text(drawn), chosen_target(args)
    if target is not None:
        data["target"] = target
    if args.better:
        said = verdict(drawn, _DIRECTIONS[args.better], target)
        data["verdict"] = verdict_data(said)
        text = f"{verdict_text(said)}\n{text}"
    return data, text


def _groups(frame: pd.DataFrame, by: list[str]) -> Iterator[tuple[dict[str, str], pd.DataFrame]]:
    for labels, rows in frame.groupby(by, sort=False, dropna=False):
        values = labels if isinstance(labels, tuple) else (labels,)
        yield {n: str(v) for n, v in zip(by, values, strict=True)}, rows


def _named_list(frame: pd.DataFrame, names: str | None) -> list[str]:
    if not names:
        return []
    return [column_named(frame, name.strip()) for name in names.split(",") if name.strip()]


def _given(frame: pd.DataFrame, args: argparse.Namespace, *, decimal_comma: bool) -> dict[str, Any]:
    """What the columns and options say of the material of a chart."""

    def column(name: str | None) -> np.ndarray | None:
        return None if name is None else numbers(frame, name, decimal_comma=decimal_comma)

    def labels(name: str | None) -> list[object] | None:
        return None if name is None else frame[column_named(frame, name)].tolist()

    kind = KINDS[args.kind if args.kind in KINDS else "imr"]
    count, size = column(args.count), column(args.size)
    values, together = column(args.value), _named_list(frame, args.values)
    subgroup, phases = labels(args.subgroup), labels(args.phase)
    excluded = None if args.exclude is None else flags(frame, args.exclude).tolist()
    if together:
        values = number_matrix(frame, together, decimal_comma=decimal_comma)
        if kind.needs != "rows":
            if args.kind not in (*OF_MEMBERS, chart_capability.KIND):
                raise UsageError("--values is for t2, and for charts of subgroups: one row each.")
            # a row of single values is a subgroup, unless the rows of one are told by a label
            values, wide = values.ravel(), len(together)
            subgroup = _each(subgroup or list(range(len(frame))), wide)
            phases, excluded = _each(phases, wide), _each(excluded, wide)
    elif kind.needs == "rows":
        raise UsageError("Say which columns are measured together: --values COL,COL,….")
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
        "subgroup": subgroup,
        "baseline": parse_baseline(args.baseline),
        "phases": phases,
        "excluded": excluded,
        "rules": parse_rules(args.rules),
    }


def _each(labels: list[Any] | None, wide: int) -> list[Any] | None:
    """The label of a row for each of its values."""
    return None if labels is None else [label for label in labels for _ in range(wide)]


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
