"""``python -m kpi``: the same answers as the pages, for scripts and schedulers.

Exit codes: 0 done, 1 internal error, 2 wrong usage, 3 needs an answer, 4 rejected. Of several
files each is committed by itself, and the exit code is the worst. Results go to standard output;
sentences about what went wrong, and progress, to standard error. Libraries are imported by the
command that needs them.
"""

import argparse
import os
import re
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from kpi import logs
from kpi.cli import (
    actions,
    audits,
    digest,
    doctor,
    effect,
    evidence,
    files,
    forecast,
    ingest,
    keeping,
    ledger,
    month_deck,
    notes,
    objectives,
    pack,
    passport,
    plan,
    records,
    restatements,
    screen,
    series,
    serving,
    targets,
    tokens,
    trail,
    users,
    why,
)
from kpi.cli.parts import DONE, INTERNAL, REJECTED, USAGE, path_of
from kpi.errors import KpiError, UsageError
from kpi.terminal import speaking

if TYPE_CHECKING:
    from contextlib import AbstractContextManager


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
        rules = load_settings(path_of(arguments)).log
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
    for first in (ingest, files):
        first.add(commands)
    series.add(commands, given)
    for rest in (
        screen, why, forecast, effect, notes, passport, ledger, month_deck, restatements, targets,
        objectives, plan, actions, audits, evidence, pack, records, digest, users, tokens, trail,
        doctor, keeping, serving,
    ):  # fmt: skip
        rest.add(commands)
    return parser
