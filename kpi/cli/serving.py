"""``python -m kpi serve`` and ``sample``: the dashboard, and the plant to try it on."""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kpi.cli.parts import DONE, declare, progress, progress_over, show

if TYPE_CHECKING:
    from kpi.analysis.home import Home


def add(commands: Any) -> None:
    """Declare both commands."""
    command = declare(commands, "serve", _serve, "start the dashboard on this machine")
    command.add_argument("--port", type=int, default=8501)
    command.add_argument(
        "--address", default="127.0.0.1",
        help="where to listen (default: 127.0.0.1); beyond this machine only with sign-in",
    )  # fmt: skip
    command.add_argument("--headless", action="store_true", help="do not open a browser")
    command.add_argument("--no-sample", action="store_true", help="do not load the sample plant")
    declare(commands, "sample", _sample, "load the sample plant into a home of its own")


def _sample(arguments: argparse.Namespace) -> int:
    home = _prepared_sample()
    says = f"The sample plant is in {home.path}, at ledger position {home.position}."
    told = {"home": str(home.path), "position": home.position, "says": says}
    show(arguments, lambda: told, lambda: says)
    return DONE


def _prepared_sample() -> "Home":
    from kpi.analysis.home import sample_home
    from kpi.analysis.sample import prepare_sample

    home = prepare_sample(sample_home(), progress=progress("Loading the sample plant"))
    progress_over()
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
    root = Path(__file__).parents[2]
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
