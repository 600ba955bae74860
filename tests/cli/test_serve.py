"""The dashboard starts for somebody who never ran anything of ours."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import suppress
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

PATIENCE = 60
"""Seconds a start may take on a loaded machine."""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.mark.skipif(not hasattr(os, "killpg"), reason="ends a process group")
def test_a_new_user_is_asked_nothing_before_the_first_page(tmp_path):
    """Empty home folder, nobody at the keyboard: no prompt, an answer on loopback, a clean end."""
    port = free_port()
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("KPI_", "STREAMLIT_"))}
    environment |= {"HOME": str(tmp_path), "KPI_HOME": str(tmp_path / "home"), "BROWSER": "true"}
    serving = subprocess.Popen(
        [sys.executable, "-m", "kpi", "serve", "--no-sample", f"--port={port}"],
        cwd=ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    try:
        assert answers(serving, port), serving.stdout.read().decode()
        serving.terminate()  # the command alone: the server goes with it
        serving.wait(PATIENCE)
        assert not listens(port)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(serving.pid, signal.SIGKILL)
        serving.communicate()


def listens(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def answers(serving, port):
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until and serving.poll() is None:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=1) as found:
                return found.status == 200
        except OSError:
            time.sleep(0.2)
    return False
