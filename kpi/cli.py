"""``python -m kpi``: the same answers as the pages, for scripts and schedulers.

Exit codes: 0 done, 1 internal error, 2 wrong usage, 3 needs an answer, 4 rejected. Of several
files each is committed by itself, and the exit code is the worst. Results go to standard output;
sentences about what went wrong, and progress, to standard error. Libraries are imported by the
command that needs them.
"""

import argparse
import getpass
import json
import os
import re
import sys
import traceback
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NoReturn

from kpi import (
    cli_actions,
    cli_audits,
    cli_digest,
    cli_doctor,
    cli_effect,
    cli_evidence,
    cli_files,
    cli_forecast,
    cli_keeping,
    cli_notes,
    cli_objectives,
    cli_pack,
    cli_passport,
    cli_plan,
    cli_records,
    cli_restatements,
    cli_review,
    cli_screen,
    cli_tokens,
    cli_trail,
    cli_users,
    cli_why,
    logs,
)
from kpi.errors import KpiError, UsageError
from kpi.terminal import speaking

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from kpi.analysis.home import Home
    from kpi.analysis.results import FileOutcome, Filters

DONE, INTERNAL, USAGE, NEEDS_ANSWER, REJECTED = 0, 1, 2, 3, 4

EXIT_OF_STATE: Final = {
    "committed": DONE,
    "unchanged": DONE,
    "previewed": DONE,
    "needs_answer": NEEDS_ANSWER,
    "rejected": REJECTED,
}

WIDTH: Final = 78
"""Of a line of progress on a terminal."""


class _Parser(argparse.ArgumentParser):
    """Wrong usage is told in one sentence, with where to read more."""

    def error(self, message: str) -> NoReturn:
        told = message[:1].upper() + message[1:]
        self.exit(USAGE, f"{told.rstrip('.')}. `{self.prog} --help` tells how.\n")


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns its exit code.

    An error of the program shows a reference number; where it came up stands beside it, without
    what it quotes. ``--debug`` shows the whole traceback.
    """
    _speak_utf8()
    given = _with_values(sys.argv[1:] if argv is None else list(argv))
    with speaking(sys.stdout, sys.stderr):
        return _run(given)


def _run(given: list[str]) -> int:
    try:
        arguments = _parser(given).parse_args(given)
        with _logging(arguments):
            code = int(arguments.run(arguments))
        sys.stdout.flush()
        return code
    except SystemExit as stop:
        return int(stop.code or DONE)
    except KpiError as error:
        print(error, file=sys.stderr)
        return USAGE if isinstance(error, UsageError) else REJECTED
    except BrokenPipeError:
        # Whoever read has enough; what is left must not be written when the interpreter ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return DONE
    except KeyboardInterrupt:
        print("Stopped. Nothing half-done was kept.", file=sys.stderr)
        return INTERNAL
    except Exception as error:
        return _unforeseen(error, debug="--debug" in given)


def _logging(arguments: argparse.Namespace) -> "AbstractContextManager[None]":
    """Logs on standard error, as the home's settings say; a mistake in those is told elsewhere."""
    from kpi.settings import Log, load_settings

    try:
        rules = load_settings(_path(arguments)).log
    except KpiError:
        rules = Log()
    # what was done is what a command prints; its log adds what went wrong
    return logs.logging_to(
        sys.stderr, "warning" if rules.level == "info" else rules.level, rules.format
    )


def _unforeseen(error: Exception, *, debug: bool) -> int:
    if debug:
        traceback.print_exception(error)
    with logs.logging_to(sys.stderr):
        reference = logs.unexpected(error, command=True)
    print(
        f"Something went wrong that should not have. Reference {reference}: the line above tells "
        "where, and nothing of what is in your files. Nothing half-done was kept; "
        "`python -m kpi doctor` tells whether the home is sound. With --debug before the command, "
        "the whole traceback is shown, which may quote your files.",
        file=sys.stderr,
    )
    return INTERNAL


def _with_values(given: list[str]) -> list[str]:
    """An option and a negative number after it as one word: argparse takes ``-25%`` for an option.

    >>> _with_values(["--hoped", "-25%", "--center", "-1,-2", "--date", "2026-05-04"])
    ['--hoped=-25%', '--center=-1,-2', '--date', '2026-05-04']
    """
    out: list[str] = []
    for word in given:
        follows = bool(out) and out[-1].startswith("--") and "=" not in out[-1]
        if follows and re.match(r"-\.?\d", word):
            out[-1] = f"{out[-1]}={word}"
        else:
            out.append(word)
    return out


def _speak_utf8() -> None:
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure:
            reconfigure(encoding="utf-8", errors="replace")


def _parser(given: Sequence[str]) -> argparse.ArgumentParser:
    # without abbreviations: the --h of a command would be taken for --home or --help
    parser = _Parser(
        prog="python -m kpi",
        description="Quality KPIs a plant can trust, from its spreadsheets.",
        allow_abbrev=False,
    )
    parser.add_argument(
        "--home", type=Path, metavar="DIR",
        help="folder with the ledger and facts (default: KPI_HOME, else clause-nine/home among "
        "your application data)",
    )  # fmt: skip
    parser.add_argument(
        "--debug", action="store_true", help="show the traceback of an error of the program"
    )
    commands = parser.add_subparsers(
        title="commands", metavar="COMMAND", required=True, parser_class=_Parser
    )
    _add_ingest(commands)
    cli_files.add(commands, _command)
    _add_series(commands)
    _add_chart(commands, given)
    for questions in (
        cli_screen, cli_why, cli_forecast, cli_effect, cli_notes, cli_passport,
    ):  # fmt: skip
        questions.add(commands, _command)
    _add_ledger(commands)
    _add_review(commands)
    cli_restatements.add(commands, _command)
    _add_targets(commands)
    cli_objectives.add(commands, _command)
    cli_plan.add(commands, _command)
    cli_actions.add(commands, _command)
    cli_audits.add(commands, _command)
    cli_evidence.add(commands, _command)
    cli_pack.add(commands, _command)
    cli_records.add(commands, _command)
    cli_digest.add(commands, _command)
    cli_users.add(commands, _command)
    cli_tokens.add(commands, _command)
    cli_trail.add(commands, _command)
    cli_doctor.add(commands, _command)
    cli_keeping.add(commands, _command)
    _add_running(commands)
    return parser


def _command(commands: Any, name: str, run: Any, says: str) -> argparse.ArgumentParser:
    command: argparse.ArgumentParser = commands.add_parser(name, help=says, description=says)
    command.set_defaults(run=run)
    command.add_argument("--json", action="store_true", help="print JSON")
    return command


def _path(arguments: argparse.Namespace) -> Path:
    from kpi.analysis.home import default_home

    return arguments.home or default_home()


def home_of(arguments: argparse.Namespace) -> "Home":
    """The home the command is about, opened."""
    from kpi.analysis.home import open_home
    from kpi.analysis.settings_history import keep_settings

    home = open_home(_path(arguments))
    keep_settings(home, who=user(), when=time_now())
    return home


def home_about(arguments: argparse.Namespace, filters: "Filters") -> "Home":
    """The home, opened, where it knows what the filters speak of; else the nearest name is told."""
    from kpi.analysis.series import check_slice

    home = home_of(arguments)
    check_slice(home, filters)
    return home


def time_now() -> datetime:
    """The moment it is."""
    return datetime.now(tz=UTC)


def user() -> str:
    """Whose name goes into the ledger."""
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return "unknown user"


def show(arguments: argparse.Namespace, data: Callable[[], Any], text: Callable[[], str]) -> None:
    """Print a result as JSON or as text, as it was asked for."""
    if arguments.json:
        print(json.dumps(data(), ensure_ascii=False, indent=2, allow_nan=False))
    else:
        print(text())


def _day(text: str) -> date:
    try:
        return datetime.strptime(text, "%Y-%m-%d").date()
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no date; write it as 2026-10-31") from None


def _pair(text: str) -> tuple[str, str]:
    name, found, value = text.partition("=")
    if not found or not name.strip():
        raise argparse.ArgumentTypeError(f"{text!r} is not of the form NAME=VALUE")
    return name.strip(), value.strip()


def _answer(text: str) -> tuple[str, str]:
    id, value = _pair(text)
    if not re.fullmatch(r"[0-9a-f]{12}", id):
        raise argparse.ArgumentTypeError(
            f"{id!r} is no question's id; a run without answers lists the questions with theirs"
        )
    return id, value


def _dimension_pair(text: str) -> tuple[str, str]:
    from kpi.measures.question import dimension

    name, value = _pair(text)
    return dimension(name), value


def _progress(doing: str) -> Callable[[str, float], None] | None:
    """A line on the terminal that says how far it is; none where nobody looks."""
    if not sys.stderr.isatty():
        return None

    def show(step: str, share: float) -> None:
        line = f"{doing}: {share:4.0%}  {step}"[:WIDTH]
        print(f"\r{line:<{WIDTH}}", end="", file=sys.stderr, flush=True)

    return show


def _progress_over() -> None:
    if sys.stderr.isatty():
        print("\r" + " " * WIDTH + "\r", end="", file=sys.stderr, flush=True)


# ── ingest ─────────────────────────────────────────────────────────────────────────────────────


def _add_ingest(commands: Any) -> None:
    command = _command(commands, "ingest", _ingest, "read files and put their rows in force")
    command.add_argument("files", nargs="+", type=Path, metavar="FILE")
    command.add_argument("--dataset", help="what the file holds, where it cannot tell itself")
    command.add_argument("--feed", help="the feed it belongs to")
    command.add_argument(
        "--answer", action="append", type=_answer, default=[], metavar="ID=VALUE",
        help="answer a question of an earlier run",
    )  # fmt: skip
    command.add_argument("--dry-run", action="store_true", help="show what it would change only")


def _ingest(arguments: argparse.Namespace) -> int:
    from kpi import cli_json, cli_text
    from kpi.analysis.ingesting import check_dataset, check_files

    check_files(arguments.files)
    check_dataset(arguments.dataset)
    outcomes: list[FileOutcome] = []
    try:
        _ingest_each(arguments, outcomes)
    finally:  # what was done before a failure is told all the same
        _progress_over()
        if outcomes or arguments.json:
            show(
                arguments,
                lambda: [cli_json.outcome(o) for o in outcomes],
                lambda: "\n\n".join(cli_text.outcome(o) for o in outcomes),
            )
    return max(EXIT_OF_STATE[o.state] for o in outcomes)


def _ingest_each(arguments: argparse.Namespace, outcomes: "list[FileOutcome]") -> None:
    from kpi.analysis.ingesting import ingest_file, unknown_answers
    from kpi.safe_text import one_line

    home = home_of(arguments)
    answers = dict(arguments.answer)
    for file in arguments.files:
        outcomes.append(
            ingest_file(
                home, file, who=user(), when=time_now(), answers=answers, dry_run=arguments.dry_run,
                dataset=arguments.dataset, feed=arguments.feed,
                progress=_progress(one_line(file.name)),
            )
        )  # fmt: skip
    waiting = [f for f, o in zip(arguments.files, outcomes, strict=True) if o.questions]
    asked = {q.id for o in outcomes for q in o.questions}
    if waiting and answers.keys() - asked:
        for id in unknown_answers(home, arguments.files, answers, arguments.dataset):
            if id not in asked:
                print(f"The answer {id}={answers[id]} fits no question.", file=sys.stderr)


# ── series and charts ──────────────────────────────────────────────────────────────────────────


def _add_series(commands: Any) -> None:
    command = _command(commands, "series", _series, "a KPI per period, with its two sums")
    command.add_argument("kpi", metavar="KPI")
    command.add_argument(
        "--period", default="month",
        choices=("month", "week", "day", "quarter", "year", "fiscal", "all"),
    )  # fmt: skip
    command.add_argument("--by", default="", metavar="DIM,…", help="split by these dimensions")
    command.add_argument(
        "--where", action="append", type=_dimension_pair, default=[], metavar="DIM=VALUE"
    )
    command.add_argument("--from", dest="first", type=_day, metavar="DATE")
    command.add_argument("--to", dest="last", type=_day, metavar="DATE")
    command.add_argument("--as-of", type=_day, metavar="DATE", help="report date")
    command.add_argument("--ledger", type=int, metavar="POSITION", help="as the ledger stood then")
    command.add_argument("--chart", metavar="KIND|auto", help="add limits and signals")
    command.add_argument("--baseline", metavar="N|FROM..TO", help="points the limits come from")
    command.add_argument("--csv", action="store_true", help="print CSV")


def _series(arguments: argparse.Namespace) -> int:
    from kpi import cli_json, cli_text
    from kpi.analysis.results import Filters
    from kpi.analysis.table import series_table

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
        print(cli_text.csv_text(table.exported), end="")
        return DONE
    show(arguments, lambda: cli_json.series(table), lambda: cli_text.series(table))
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
    command = _command(commands, "chart", _chart, "a control chart straight from a CSV file")
    if "chart" in given:  # its options name the charts there are, which takes a moment to import
        from kpi.analysis import chart_file

        chart_file.add_arguments(command)


def _chart(arguments: argparse.Namespace) -> int:
    from kpi.analysis import chart_file

    data, text = chart_file.run(arguments)
    show(arguments, lambda: data, lambda: text)
    return DONE


# ── the ledger ─────────────────────────────────────────────────────────────────────────────────


def _add_ledger(commands: Any) -> None:
    _command(commands, "status", _status, "what is in force, how fresh, what is missing")
    _command(commands, "kpis", _kpis, "the catalogue of KPIs")
    _command(commands, "ledger", _ledger, "uploads and withdrawals, newest first")
    command = _command(commands, "withdraw", _withdraw, "take an upload back")
    command.add_argument("upload", metavar="UPLOAD")
    command.add_argument("--why", default="", help="the reason, kept in the ledger")


def _status(arguments: argparse.Namespace) -> int:
    from kpi import cli_json, cli_text
    from kpi.analysis.freshness import status

    found = status(home_of(arguments))
    show(arguments, lambda: cli_json.status(found), lambda: cli_text.status(found))
    return DONE


def _kpis(arguments: argparse.Namespace) -> int:
    from kpi import cli_json, cli_text
    from kpi.analysis.definitions import catalogue

    kpis = catalogue(home_of(arguments))
    show(arguments, lambda: [cli_json.kpi(k) for k in kpis], lambda: cli_text.kpis(kpis))
    return DONE


def _ledger(arguments: argparse.Namespace) -> int:
    from kpi import cli_json, cli_text
    from kpi.analysis.coverage import ledger_lines

    lines = ledger_lines(home_of(arguments))
    show(
        arguments, lambda: [cli_json.ledger_line(x) for x in lines], lambda: cli_text.ledger(lines)
    )
    return DONE


def _withdraw(arguments: argparse.Namespace) -> int:
    from kpi.analysis.ingesting import withdraw

    home = home_of(arguments)
    says = withdraw(home, arguments.upload, who=user(), when=time_now(), why=arguments.why)
    told = {
        "upload": arguments.upload, "state": "withdrawn", "position": home.position, "says": says,
    }  # fmt: skip
    show(arguments, lambda: told, lambda: says)
    return DONE


# ── review, targets ────────────────────────────────────────────────────────────────────────────


def _add_review(commands: Any) -> None:
    says = "management reviews: drafted, held, approved; or, with --month and --out, a month's deck"
    command = _command(commands, "review", _review, says)
    command.add_argument("--month", metavar="YYYY-MM")
    command.add_argument("--out", type=Path, metavar="FILE.pptx")
    command.add_argument("--plant", action="append", default=[], help="only this plant")
    command.add_argument("--template", type=Path, help="the company's own .pptx")
    cli_review.add(command, _command)


def _review(arguments: argparse.Namespace) -> int:
    from kpi.analysis.agenda import asked_of, build_agenda
    from kpi.qms.agenda import LATEST
    from kpi.reports.deck import save_deck
    from kpi.reports.documents import company_template

    if not (arguments.month and arguments.out):
        raise UsageError(
            "A deck needs --month and --out. `python -m kpi review --help` lists what else there is."
        )
    home = home_of(arguments)
    where = tuple(("plant", plant) for plant in arguments.plant)
    asked = asked_of(home, where, arguments.month, arguments.month)
    agenda = build_agenda(home, asked, edition=LATEST, who=user(), when=time_now())
    slides = save_deck(agenda, arguments.out, template=arguments.template or company_template(home))
    review = agenda.review
    says = f"{review.title}: {slides} slides in {arguments.out}."
    told = {
        "file": str(arguments.out), "month": review.month, "slides": slides,
        "kpis": [k.series.kpi.id for k in review.kpis], "position": review.position, "says": says,
    }  # fmt: skip
    show(arguments, lambda: told, lambda: says)
    return DONE


def _add_targets(commands: Any) -> None:
    command = _command(commands, "targets", _targets, "targets in force; set one with --set")
    command.add_argument("--set", dest="kpi", metavar="KPI")
    command.add_argument("--value", type=float)
    command.add_argument("--valid-from", type=_day, metavar="DATE")
    command.add_argument("--due", type=_day, metavar="DATE", help="when it shall be reached")
    command.add_argument(
        "--where", action="append", type=_dimension_pair, default=[], metavar="DIM=VALUE"
    )
    command.add_argument("--why", default="")


def _targets(arguments: argparse.Namespace) -> int:
    from kpi import cli_json, cli_text
    from kpi.analysis.aims import set_target, targets
    from kpi.analysis.targets_compared import told_of_target
    from kpi.qms import Target

    given = (arguments.kpi, arguments.value, arguments.valid_from)
    if any(g is not None for g in (*given, arguments.due)) and None in given:
        raise UsageError(
            "A target takes --set KPI, --value NUMBER and --valid-from DATE; --due DATE where it "
            "shall be reached by a day."
        )
    home = home_of(arguments)
    if arguments.kpi:
        target = Target(
            arguments.kpi, tuple(sorted(arguments.where)), arguments.value, arguments.valid_from,
            user(), arguments.why, arguments.due,
        )  # fmt: skip
        set_target(home, target, when=time_now())
        for differs in told_of_target(home, target):
            print(differs, file=sys.stderr)
    found = targets(home)
    show(arguments, lambda: [cli_json.target(t) for t in found], lambda: cli_text.targets(found))
    return DONE


# ── running ────────────────────────────────────────────────────────────────────────────────────


def _add_running(commands: Any) -> None:
    command = _command(commands, "serve", _serve, "start the dashboard on this machine")
    command.add_argument("--port", type=int, default=8501)
    command.add_argument(
        "--address", default="127.0.0.1",
        help="where to listen (default: 127.0.0.1); beyond this machine only with sign-in",
    )  # fmt: skip
    command.add_argument("--headless", action="store_true", help="do not open a browser")
    command.add_argument("--no-sample", action="store_true", help="do not load the sample plant")
    _command(commands, "sample", _sample, "load the sample plant into a home of its own")


def _sample(arguments: argparse.Namespace) -> int:
    home = _prepared_sample()
    says = f"The sample plant is in {home.path}, at ledger position {home.position}."
    told = {"home": str(home.path), "position": home.position, "says": says}
    show(arguments, lambda: told, lambda: says)
    return DONE


def _prepared_sample() -> "Home":
    from kpi.analysis.home import sample_home
    from kpi.analysis.sample import prepare_sample

    home = prepare_sample(sample_home(), progress=_progress("Loading the sample plant"))
    _progress_over()
    return home


def _serve(arguments: argparse.Namespace) -> int:
    import os
    import signal
    import subprocess
    import threading

    environment = dict(os.environ)
    if arguments.no_sample:
        environment["KPI_SAMPLE"] = "off"
    else:
        _prepared_sample()
    if arguments.home:
        environment["KPI_HOME"] = str(arguments.home)
    root = Path(__file__).parents[1]
    command = [
        sys.executable, "-m", "streamlit", "run", str(root / "dashboard.py"),
        f"--server.port={arguments.port}", f"--server.address={arguments.address}",
        # Otherwise Streamlit asks a new user for an address of theirs before it starts.
        "--server.headless=true",
    ]  # fmt: skip
    if not arguments.headless:
        url = f"http://localhost:{arguments.port}"
        threading.Thread(target=_open_browser, args=(url,), daemon=True).start()
    server = subprocess.Popen(command, env=environment, cwd=root)
    # Whoever stops this command means the server: without it, nobody could stop that any more.
    signal.signal(signal.SIGTERM, lambda *_: server.terminate())
    try:
        return server.wait()
    except KeyboardInterrupt:  # the terminal tells the server, too
        server.wait()
        return DONE


def _open_browser(url: str) -> None:
    """Show the dashboard as soon as it answers; without a browser its address is printed anyway."""
    import time
    import urllib.error
    import urllib.request
    import webbrowser

    for _ in range(120):
        try:
            with urllib.request.urlopen(f"{url}/health", timeout=1):
                break
        except (urllib.error.URLError, OSError):
            time.sleep(0.25)
    else:
        return
    webbrowser.open(url)
