"""The dashboard as a browser meets it: how soon it answers, and what a rerun of a page costs."""

import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.error import URLError
from urllib.request import urlopen

from bench import homes
from bench.timing import Line, Peak

ROOT: Final = Path(__file__).parents[1]
PATIENCE: Final = 60.0
EMPTY_APP: Final = 'import streamlit as st\n\nst.title("Empty")\n'
PAGES: Final = ("", "scrap", "downtime", "delivery", "upload", "ledger", "review", "definitions")


@dataclass
class Visit:
    """One browser tab at a running dashboard: asks for pages over its websocket."""

    port: int

    def __enter__(self) -> "Visit":
        from websockets.sync.client import connect

        self._socket: Any = connect(
            f"ws://127.0.0.1:{self.port}/_stcore/stream",
            subprotocols=["streamlit"],  # type: ignore[list-item]
            origin=f"http://127.0.0.1:{self.port}",  # type: ignore[arg-type]
            max_size=None,
        )
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def run(self, page: str) -> tuple[float, int]:
        """Seconds from asking for a page until its script has ended, and the bytes it sent."""
        from streamlit.proto.BackMsg_pb2 import BackMsg
        from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

        asked = BackMsg()
        asked.rerun_script.query_string = ""
        asked.rerun_script.page_name = page
        started = time.perf_counter()
        self._socket.send(asked.SerializeToString())
        received = 0
        while True:
            told = ForwardMsg()
            data = self._socket.recv(timeout=PATIENCE)
            received += len(data)
            told.ParseFromString(data)
            if told.WhichOneof("type") == "script_finished":
                if told.script_finished == ForwardMsg.FINISHED_SUCCESSFULLY:
                    return time.perf_counter() - started, received
                if told.script_finished == ForwardMsg.FINISHED_WITH_COMPILE_ERROR:
                    raise SystemExit(f"The page {page!r} does not compile.")


def start_up(quick: bool) -> list[Line]:
    """From the command until the first page is there, against an empty application."""
    times = 1 if quick else 3
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        sample = homes.sample(folder)
        sample.store.close()
        homes_of = {"KPI_HOME": f"{folder}/own", "KPI_SAMPLE_HOME": str(sample.path)}
        empty = Path(folder) / "empty.py"
        empty.write_text(EMPTY_APP)
        ours, theirs, memory = [], [], 0.0
        for _ in range(times):
            theirs.append(_first_page(empty, {})[0])
            taken, peak = _first_page(ROOT / "dashboard.py", homes_of)
            ours.append(taken)
            memory = max(memory, peak)
    return [
        Line(
            "start until the first page is there",
            statistics.median(ours),
            "empty app",
            statistics.median(theirs),
            goal_seconds=3.0,
            peak_mb=memory,
            note="sample plant loaded before",
        )
    ]


def _first_page(script: Path, environment: dict[str, str]) -> tuple[float, float]:
    started = time.perf_counter()
    with served(script, environment) as (port, process), Peak(process.pid) as peak:
        with Visit(port) as visit:
            visit.run("")
        taken = time.perf_counter() - started
    return taken, peak.megabytes


def reruns(quick: bool) -> list[Line]:
    """A rerun of each page on the server, everything remembered, against that of an empty page."""
    times = 3 if quick else 7
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        sample = homes.sample(folder)
        sample.store.close()
        homes_of = {"KPI_HOME": f"{folder}/own", "KPI_SAMPLE_HOME": str(sample.path)}
        empty = Path(folder) / "empty.py"
        empty.write_text(EMPTY_APP)
        with (
            served(empty, {}) as (empty_port, _),
            served(ROOT / "dashboard.py", homes_of) as (port, process),
            Visit(empty_port) as nothing,
            Visit(port) as visit,
            Peak(process.pid) as peak,
        ):
            lines = [_rerun(visit, nothing, page, times) for page in PAGES]
        lines[-1].peak_mb = peak.megabytes
    return lines


def _rerun(visit: Visit, nothing: Visit, page: str, times: int) -> Line:
    nothing.run("")
    first, _ = visit.run(page)
    taken = [(nothing.run("")[0], *visit.run(page)) for _ in range(times)]
    empty, seconds, sent = (statistics.median(column) for column in zip(*taken, strict=True))
    note = f"{first * 1000:.0f} ms at first; {sent / 1000:.0f} kB sent"
    return Line(
        f"rerun of {page or 'overview'}", seconds, "empty page", empty, None, 0.15, None, note
    )


@contextmanager
def served(
    script: Path, environment: dict[str, str]
) -> Iterator[tuple[int, "subprocess.Popen[bytes]"]]:
    """An application on a free loopback port; it ends with the block."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [
        sys.executable, "-m", "streamlit", "run", str(script), f"--server.port={port}",
        "--server.address=127.0.0.1", "--server.headless=true", "--browser.gatherUsageStats=false",
    ]  # fmt: skip
    with subprocess.Popen(
        command,
        cwd=ROOT,
        env={**os.environ, **environment},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        try:
            _wait_for(f"http://127.0.0.1:{port}/_stcore/health", process)
            yield port, process
        finally:
            process.terminate()


def _wait_for(address: str, process: "subprocess.Popen[bytes]") -> None:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end and process.poll() is None:
        try:
            with urlopen(address, timeout=2) as answer:
                if answer.status == 200:
                    return
        except (URLError, OSError):
            time.sleep(0.02)
    raise SystemExit("The application did not start.")
