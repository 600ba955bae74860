"""``python -m kpi``: the same answers as the pages, for scripts and schedulers.

Exit codes: 0 done, 1 internal error, 2 wrong usage, 3 needs an answer, 4 rejected. Of several
files each is committed by itself, and the exit code is the worst.
"""

import argparse
import getpass
import json
import sys
import traceback
from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final

from kpi import cli_json, cli_text
from kpi.analysis.home import Home, default_home, open_home
from kpi.errors import KpiError, UsageError

DONE, INTERNAL, USAGE, NEEDS_ANSWER, REJECTED = 0, 1, 2, 3, 4

EXIT_OF_STATE: Final = {
    "committed": DONE,
    "unchanged": DONE,
    "previewed": DONE,
    "needs_answer": NEEDS_ANSWER,
    "rejected": REJECTED,
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns its exit code and never shows a traceback to the user."""
    _speak_utf8()
    arguments = _parser().parse_args(argv)
    try:
        return int(arguments.run(arguments))
    except KpiError as error:
        print(f"{error}", file=sys.stderr)
        return USAGE if isinstance(error, UsageError) else REJECTED
    except BrokenPipeError:
        return DONE
    except Exception:
        traceback.print_exc()
        print(
            "Something went wrong that should not have. Nothing half-done was kept; "
            "`python -m kpi doctor` tells whether the home is sound.",
            file=sys.stderr,
        )
        return INTERNAL


def _speak_utf8() -> None:
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure:
            reconfigure(encoding="utf-8", errors="replace")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m kpi", description="Quality KPIs a plant can trust, from its spreadsheets."
    )
    parser.add_argument(
        "--home", type=Path, help="folder with the ledger and facts (default: KPI_HOME, else yours)"
    )
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    _add_ingest(commands)
    _add_series(commands)
    _add_chart(commands)
    _add_ledger(commands)
    _add_review(commands)
    _add_targets(commands)
    _add_running(commands)
    return parser


def _command(commands: Any, name: str, run: Any, says: str) -> argparse.ArgumentParser:
    command: argparse.ArgumentParser = commands.add_parser(name, help=says, description=says)
    command.set_defaults(run=run)
    command.add_argument("--json", action="store_true", help="print JSON")
    return command


def _open(arguments: argparse.Namespace) -> Home:
    return open_home(arguments.home or default_home())


def _now() -> datetime:
    return datetime.now(tz=UTC)


def _who() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return "unknown user"


def _print(arguments: argparse.Namespace, data: Any, text: str) -> None:
    if arguments.json:
        print(json.dumps(data, ensure_ascii=False, indent=2, allow_nan=False))
    else:
        print(text)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no date; write it as 2026-10-31") from None


def _pair(text: str) -> tuple[str, str]:
    name, found, value = text.partition("=")
    if not found or not name.strip():
        raise argparse.ArgumentTypeError(f"{text!r} is not of the form NAME=VALUE")
    return name.strip(), value.strip()


# ── ingest ─────────────────────────────────────────────────────────────────────────────────────


def _add_ingest(commands: Any) -> None:
    command = _command(commands, "ingest", _ingest, "read files and put their rows in force")
    command.add_argument("files", nargs="+", type=Path, metavar="FILE")
    command.add_argument("--dataset", help="what the file holds, where it cannot tell itself")
    command.add_argument("--feed", help="the feed it belongs to")
    command.add_argument(
        "--answer", action="append", type=_pair, default=[], metavar="ID=VALUE",
        help="answer a question of an earlier run",
    )  # fmt: skip
    command.add_argument("--dry-run", action="store_true", help="show what it would change only")


def _ingest(arguments: argparse.Namespace) -> int:
    from kpi.analysis.ingesting import ingest_file

    home = _open(arguments)
    outcomes = [
        ingest_file(
            home, file, who=_who(), when=_now(), answers=dict(arguments.answer),
            dry_run=arguments.dry_run, dataset=arguments.dataset, feed=arguments.feed,
        )
        for file in arguments.files
    ]  # fmt: skip
    _print(
        arguments,
        [cli_json.outcome(o) for o in outcomes],
        "\n\n".join(cli_text.outcome(o) for o in outcomes),
    )
    return max(EXIT_OF_STATE[o.state] for o in outcomes)


# ── series and charts ──────────────────────────────────────────────────────────────────────────


def _add_series(commands: Any) -> None:
    command = _command(commands, "series", _series, "a KPI per period, with its two sums")
    command.add_argument("kpi", metavar="KPI")
    command.add_argument(
        "--period", default="month",
        choices=("month", "week", "day", "quarter", "year", "fiscal", "all"),
    )  # fmt: skip
    command.add_argument("--by", default="", metavar="DIM,…", help="split by these dimensions")
    command.add_argument("--where", action="append", type=_pair, default=[], metavar="DIM=VALUE")
    command.add_argument("--from", dest="first", type=_day, metavar="DATE")
    command.add_argument("--to", dest="last", type=_day, metavar="DATE")
    command.add_argument("--as-of", type=_day, metavar="DATE", help="report date")
    command.add_argument("--ledger", type=int, metavar="POSITION", help="as the ledger stood then")
    command.add_argument("--chart", metavar="KIND|auto", help="add limits and signals")
    command.add_argument("--baseline", metavar="N|FROM..TO", help="points the limits come from")
    command.add_argument("--csv", action="store_true", help="print CSV")


def _series(arguments: argparse.Namespace) -> int:
    from kpi.analysis.results import Filters
    from kpi.analysis.table import series_table

    home = _open(arguments)
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
        baseline=_baseline(arguments.baseline),
    )
    if arguments.csv:
        print(cli_text.csv_text(table.rows), end="")
        return DONE
    _print(arguments, cli_json.series(table), cli_text.series(table))
    if arguments.json:
        for note in table.notes:
            print(note, file=sys.stderr)
    return DONE


def _baseline(text: str | None) -> int | tuple[str, str] | None:
    if text is None:
        return None
    first, dots, last = text.partition("..")
    if dots:
        return first.strip(), last.strip()
    try:
        return int(text)
    except ValueError:
        raise UsageError(
            f"--baseline takes a number of points or FROM..TO, not {text!r}."
        ) from None


def _add_chart(commands: Any) -> None:
    from kpi.analysis import chart_file

    command = _command(commands, "chart", _chart, "a control chart straight from a CSV file")
    chart_file.add_arguments(command)


def _chart(arguments: argparse.Namespace) -> int:
    from kpi.analysis import chart_file

    data, text = chart_file.run(arguments)
    _print(arguments, data, text)
    return DONE


# ── the ledger ─────────────────────────────────────────────────────────────────────────────────


def _add_ledger(commands: Any) -> None:
    _command(commands, "status", _status, "what is in force, how fresh, what is missing")
    _command(commands, "kpis", _kpis, "the catalogue of KPIs")
    _command(commands, "ledger", _ledger, "uploads and withdrawals, newest first")
    command = _command(commands, "withdraw", _withdraw, "take an upload back")
    command.add_argument("upload", metavar="UPLOAD")
    command.add_argument("--why", default="", help="the reason, kept in the ledger")
    _command(commands, "doctor", _doctor, "settings in force, and what is wrong")


def _status(arguments: argparse.Namespace) -> int:
    from kpi.analysis.freshness import status

    found = status(_open(arguments))
    _print(arguments, cli_json.status(found), cli_text.status(found))
    return DONE


def _kpis(arguments: argparse.Namespace) -> int:
    from kpi.analysis.definitions import catalogue

    kpis = catalogue(_open(arguments))
    _print(arguments, [cli_json.kpi(k) for k in kpis], cli_text.kpis(kpis))
    return DONE


def _ledger(arguments: argparse.Namespace) -> int:
    from kpi.analysis.coverage import ledger_lines

    lines = ledger_lines(_open(arguments))
    _print(arguments, [cli_json.ledger_line(x) for x in lines], cli_text.ledger(lines))
    return DONE


def _withdraw(arguments: argparse.Namespace) -> int:
    from kpi.analysis.ingesting import withdraw

    home = _open(arguments)
    says = withdraw(home, arguments.upload, who=_who(), when=_now(), why=arguments.why)
    _print(
        arguments,
        {"upload": arguments.upload, "state": "withdrawn", "position": home.position, "says": says},
        says,
    )
    return DONE


def _doctor(arguments: argparse.Namespace) -> int:
    from kpi.analysis.health import doctor

    home = _open(arguments)
    checks = doctor(home)
    _print(arguments, cli_json.doctor(home, checks), cli_text.doctor(home, checks))
    return DONE if all(c.fine for c in checks) else REJECTED


# ── review, targets ────────────────────────────────────────────────────────────────────────────


def _add_review(commands: Any) -> None:
    command = _command(commands, "review", _review, "the management review deck of a month")
    command.add_argument("--month", required=True, metavar="YYYY-MM")
    command.add_argument("--out", type=Path, required=True, metavar="FILE.pptx")
    command.add_argument("--plant", action="append", default=[], help="only this plant")
    command.add_argument("--template", type=Path, help="the company's own .pptx")


def _review(arguments: argparse.Namespace) -> int:
    from kpi.analysis.review import build_review
    from kpi.reports.deck import save_deck

    home = _open(arguments)
    review = build_review(
        home, arguments.month, who=_who(), when=_now(), plants=tuple(arguments.plant)
    )
    slides = save_deck(review, arguments.out, template=arguments.template)
    says = f"{review.title}: {slides} slides in {arguments.out}."
    _print(
        arguments,
        {"file": str(arguments.out), "month": review.month, "slides": slides,
         "kpis": [k.series.kpi.id for k in review.kpis], "position": review.position,
         "says": says},
        says,
    )  # fmt: skip
    return DONE


def _add_targets(commands: Any) -> None:
    command = _command(commands, "targets", _targets, "targets in force; set one with --set")
    command.add_argument("--set", dest="kpi", metavar="KPI")
    command.add_argument("--value", type=float)
    command.add_argument("--valid-from", type=_day, metavar="DATE")
    command.add_argument("--where", action="append", type=_pair, default=[], metavar="DIM=VALUE")
    command.add_argument("--why", default="")


def _targets(arguments: argparse.Namespace) -> int:
    from kpi.analysis.aims import set_target, targets
    from kpi.qms import Target

    home = _open(arguments)
    if arguments.kpi:
        if arguments.value is None or arguments.valid_from is None:
            raise UsageError("A target takes --value NUMBER and --valid-from DATE.")
        target = Target(
            arguments.kpi, tuple(sorted(arguments.where)), arguments.value, arguments.valid_from,
            _who(), arguments.why,
        )  # fmt: skip
        set_target(home, target, when=_now())
    found = targets(home)
    _print(arguments, [cli_json.target(t) for t in found], cli_text.targets(found))
    return DONE


# ── running ────────────────────────────────────────────────────────────────────────────────────


def _add_running(commands: Any) -> None:
    command = _command(commands, "serve", _serve, "start the dashboard on this machine")
    command.add_argument("--port", type=int, default=8501)
    command.add_argument("--headless", action="store_true", help="do not open a browser")
    command.add_argument("--no-sample", action="store_true", help="do not load the sample plant")
    _command(commands, "sample", _sample, "load the sample plant into a home of its own")


def _sample(arguments: argparse.Namespace) -> int:
    home = _prepared_sample()
    says = f"The sample plant is in {home.path}, at ledger position {home.position}."
    _print(arguments, {"home": str(home.path), "position": home.position}, says)
    return DONE


def _prepared_sample() -> Home:
    from kpi.analysis.home import sample_home
    from kpi.analysis.sample import prepare_sample

    def show(step: str, share: float) -> None:
        print(f"\rLoading the sample plant: {share:4.0%}  {step[:50]:<50}", end="", file=sys.stderr)

    home = prepare_sample(sample_home(), progress=show)
    print("\r" + " " * 90 + "\r", end="", file=sys.stderr)
    return home


def _serve(arguments: argparse.Namespace) -> int:
    import os
    import subprocess

    if not arguments.no_sample:
        _prepared_sample()
    environment = dict(os.environ)
    if arguments.home:
        environment["KPI_HOME"] = str(arguments.home)
    root = Path(__file__).parents[1]
    command = [
        sys.executable, "-m", "streamlit", "run", str(root / "dashboard.py"),
        f"--server.port={arguments.port}", "--server.address=127.0.0.1",
        f"--server.headless={'true' if arguments.headless else 'false'}",
    ]  # fmt: skip
    try:
        return subprocess.call(command, env=environment, cwd=root)
    except KeyboardInterrupt:
        return DONE
