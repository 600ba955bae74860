"""``python -m kpi series`` and ``chart``: a KPI per period, and any control chart from a CSV."""

import argparse
import sys
from collections.abc import Sequence
from typing import Any

from kpi.cli.parts import DONE, as_day, as_dimension_pair, declare, home_of, show
from kpi.errors import UsageError


def add(commands: Any, given: Sequence[str]) -> None:
    """Declare both commands."""
    _add_series(commands)
    _add_chart(commands, given)


def _add_series(commands: Any) -> None:
    command = declare(commands, "series", _series, "a KPI per period, with its two sums")
    command.add_argument("kpi", metavar="KPI")
    command.add_argument(
        "--period", default="month",
        choices=("month", "week", "day", "quarter", "year", "fiscal", "all"),
    )  # fmt: skip
    command.add_argument("--by", default="", metavar="DIM,…", help="split by these dimensions")
    command.add_argument(
        "--where", action="append", type=as_dimension_pair, default=[], metavar="DIM=VALUE"
    )
    command.add_argument("--from", dest="first", type=as_day, metavar="DATE")
    command.add_argument("--to", dest="last", type=as_day, metavar="DATE")
    command.add_argument("--as-of", type=as_day, metavar="DATE", help="report date")
    command.add_argument("--ledger", type=int, metavar="POSITION", help="as the ledger stood then")
    command.add_argument("--chart", metavar="KIND|auto", help="add limits and signals")
    command.add_argument("--baseline", metavar="N|FROM..TO", help="points the limits come from")
    command.add_argument("--csv", action="store_true", help="print CSV")


def _series(arguments: argparse.Namespace) -> int:
    from kpi.analysis.results import Filters
    from kpi.analysis.table import series_table
    from kpi.cli import json_form, text_form

    baseline = _baseline(arguments.baseline)
    home = home_of(arguments)
    filters = Filters(
        where=tuple(arguments.where), period=arguments.period, first=arguments.first,
        last=arguments.last, as_of=arguments.as_of, ledger=arguments.ledger,
    )  # fmt: skip
    table = series_table(
        home,
        arguments.kpi,
        filters,
        by=tuple(d.strip() for d in arguments.by.split(",") if d.strip()),
        chart=arguments.chart,
        baseline=baseline,
    )
    if arguments.csv:
        print(text_form.csv_text(table.exported), end="")
        return DONE
    show(arguments, lambda: json_form.series(table), lambda: text_form.series(table))
    if arguments.json:
        for note in table.notes:
            print(note, file=sys.stderr)
    return DONE


def _baseline(text: str | None) -> int | tuple[str, str] | None:
    if text is None:
        return None
    first, dots, last = text.partition("..")
    if dots and first.strip() and last.strip():
        return first.strip(), last.strip()
    if text.isdecimal() and int(text) > 0:
        return int(text)
    raise UsageError(f"--baseline takes a number of points or FROM..TO, not {text!r}.")


def _add_chart(commands: Any, given: Sequence[str]) -> None:
    command = declare(commands, "chart", _chart, "a control chart straight from a CSV file")
    if "chart" in given:  # its options name the charts there are, which takes a moment to import
        from kpi.analysis import chart_file

        chart_file.add_arguments(command)


def _chart(arguments: argparse.Namespace) -> int:
    from kpi.analysis import chart_file

    data, text = chart_file.run(arguments)
    show(arguments, lambda: data, lambda: text)
    return DONE
