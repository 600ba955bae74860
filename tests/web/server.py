"""The real application as a process of its own, for tests that speak HTTP with it."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx

ROOT: Final = Path(__file__).parents[2]
PATIENCE: Final = 90


@dataclass
class Served:
    """A running application: its address, its process, and what it printed so far."""

    address: str
    port: int
    process: "subprocess.Popen[bytes]"
    log: Path

    def text(self) -> str:
        """Everything it printed."""
        return self.log.read_text(encoding="utf-8", errors="replace")

    def stop(self, patience: float) -> int:
        """Ask it to stop as a service manager does; its exit code, within so many seconds."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(patience)


@contextmanager
def served(
    home: Path, log: Path, *options: str, environ: Mapping[str, str] | None = None
) -> Iterator[Served]:
    """The application over a home, on a free loopback port; killed at the end of the block.

    ``{port}`` in a value of ``environ`` becomes the port.
    """
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [
        sys.executable, "-m", "streamlit", "run", str(ROOT / "dashboard.py"),
        f"--server.port={port}", "--server.address=127.0.0.1", *options,
    ]  # fmt: skip
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("KPI_", "STREAMLIT_"))}
    given = {name: value.format(port=port) for name, value in (environ or {}).items()}
    told = clean | {"KPI_HOME": str(home), "KPI_SAMPLE": "off", **given}
    with (
        log.open("wb") as out,
        subprocess.Popen(command, cwd=ROOT, env=told, stdout=out, stderr=out) as process,
    ):
        running = Served(f"http://127.0.0.1:{port}", port, process, log)
        try:
            _wait(running)
            yield running
        finally:
            process.kill()


def _wait(running: Served) -> None:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end and running.process.poll() is None:
        try:
            if httpx.get(f"{running.address}/health/live", timeout=2).status_code == 200:
                return
        except httpx.HTTPError:
            time.sleep(0.1)
    raise RuntimeError(f"The application did not start:\n{running.text()}")
