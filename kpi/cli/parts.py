"""What every command is made of: how it is declared, its home, who and when, how it answers."""

import argparse
import getpass
import json
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from kpi.analysis.home import Home
    from kpi.analysis.results import Filters

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


def declare(commands: Any, name: str, run: Any, says: str) -> argparse.ArgumentParser:
    """Make a command known: its name, what runs it, what it is for; all of them speak JSON, too."""
    command: argparse.ArgumentParser = commands.add_parser(name, help=says, description=says)
    command.set_defaults(run=run)
    command.add_argument("--json", action="store_true", help="print JSON")
    return command


def path_of(arguments: argparse.Namespace) -> Path:
    """Where the home is that the command is about."""
    from kpi.analysis.home import default_home

    return arguments.home or default_home()


def home_of(arguments: argparse.Namespace) -> "Home":
    """The home the command is about, opened."""
    from kpi.analysis.home import open_home
    from kpi.analysis.settings_history import keep_settings

    home = open_home(path_of(arguments))
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


def aligned(table: Sequence[Sequence[str]]) -> str:
    """A table as text, its columns one below the other."""
    widths = [max(len(row[i]) for row in table) for i in range(len(table[0]))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in table
    )


def as_day(text: str) -> date:
    """A day as it is typed, 2026-10-31."""
    try:
        return datetime.strptime(text, "%Y-%m-%d").date()
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no date; write it as 2026-10-31") from None


def as_pair(text: str) -> tuple[str, str]:
    """``NAME=VALUE`` as name and value."""
    name, found, value = text.partition("=")
    if not found or not name.strip():
        raise argparse.ArgumentTypeError(f"{text!r} is not of the form NAME=VALUE")
    return name.strip(), value.strip()


def as_dimension_pair(text: str) -> tuple[str, str]:
    """``line=Press 2`` as a dimension and one of its values."""
    from kpi.measures.question import dimension

    name, value = as_pair(text)
    return dimension(name), value


def progress(doing: str) -> Callable[[str, float], None] | None:
    """A line on the terminal that says how far it is; none where nobody looks."""
    if not sys.stderr.isatty():
        return None

    def show(step: str, share: float) -> None:
        line = f"{doing}: {share:4.0%}  {step}"[:WIDTH]
        print(f"\r{line:<{WIDTH}}", end="", file=sys.stderr, flush=True)

    return show


def progress_over() -> None:
    """Take the line of progress away."""
    if sys.stderr.isatty():
        print("\r" + " " * WIDTH + "\r", end="", file=sys.stderr, flush=True)
