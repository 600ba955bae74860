"""``python -m kpi doctor``: what is in force, and what is wrong. Not 0 where anything is."""

import argparse
import os
import socket
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from kpi.cli.parts import DONE, REJECTED, declare, path_of, progress, progress_over, show, time_now

if TYPE_CHECKING:
    from kpi.analysis.health import Check

PORT: Final = 8501
"""Where the dashboard listens unless it is told otherwise."""

MOMENT: Final = 0.5
"""Seconds to wait for somebody to answer on the port."""


def add(commands: Any) -> None:
    """Make the command known."""
    one = declare(commands, "doctor", _doctor, "settings in force, and what is wrong")
    one.add_argument(
        "--deep", action="store_true",
        help="also rebuild every row from the kept files, and every roll-up from the rows",
    )  # fmt: skip
    one.add_argument(
        "--head", action="append", default=[], metavar="HEAD",
        help="compare a head of the audit trail that was printed earlier",
    )  # fmt: skip
    one.add_argument("--port", type=int, default=PORT, help="where the dashboard shall listen")


def _doctor(arguments: argparse.Namespace) -> int:
    from kpi.analysis.health import examine, look
    from kpi.cli import json_form, text_form

    now = time_now()
    try:
        home, found = examine(
            path_of(arguments), now=now, deep=arguments.deep, heads=tuple(arguments.head),
            progress=progress("Rebuilding"),
        )  # fmt: skip
    finally:
        progress_over()
    checks: tuple[Check, ...] = (
        *found, look("Sign-in", _sign_in), look("Port", lambda: _port(arguments.port)),
    )  # fmt: skip
    show(
        arguments,
        lambda: json_form.doctor(home, checks),
        lambda: text_form.doctor(home, checks),
    )
    return DONE if all(c.fine for c in checks) else REJECTED


def _sign_in() -> str:
    """What the dashboard would say of its address and its sign-in, were it started now."""
    from kpi.errors import UsageError
    from web.start import ENVIRONMENT, from_environment, refusal

    configured = str(_served("config.toml", "server").get("address") or "")
    address = os.environ.get("STREAMLIT_SERVER_ADDRESS", "") or configured
    secrets = from_environment(os.environ, _served("secrets.toml", "auth"))
    if wrong := refusal(address, secrets):
        raise UsageError(wrong)
    if secrets:
        return f"Configured (in Streamlit's secrets file or by {ENVIRONMENT}… variables)."
    return f"Not configured: the dashboard answers this machine only (address {address})."


def _served(file: str, section: str) -> Mapping[str, Any]:
    """A section of a file the dashboard is served with: beside it, else in the account's own."""
    from kpi.errors import UsageError

    found: dict[str, Any] = {}
    for folder in (Path.home(), Path(__file__).parents[2]):
        path = folder / ".streamlit" / file
        try:
            found |= tomllib.loads(path.read_text("utf-8")).get(section, {})
        except FileNotFoundError:
            continue
        except (OSError, ValueError) as problem:
            raise UsageError(f"{path} cannot be read: {problem}. Mend it.") from None
    return found


def _port(port: int) -> str:
    with socket.socket() as asked:
        asked.settimeout(MOMENT)
        if asked.connect_ex(("127.0.0.1", port)) == 0:
            return f"Something answers on port {port}: the dashboard, if it was started."
    return f"Port {port} is free."
