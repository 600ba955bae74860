"""The dashboard on a free loopback port, with homes of its own, for tests and screenshots."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final
from urllib.error import URLError
from urllib.request import urlopen

ROOT: Final = Path(__file__).parents[2]
PATIENCE: Final = 60


@contextmanager
def served(
    home: Path,
    sample: Path | None = None,
    *,
    variables: Mapping[str, str] | None = None,
    log: Path | None = None,
    script: Path = ROOT / "dashboard.py",
) -> Iterator[str]:
    """The address of a dashboard that serves these homes; it ends with the block.

    Without ``sample`` the sample plant is not offered. ``variables`` are added to its environment;
    its log goes to the file ``log``. ``script`` is what is served instead, for a test of one part.
    """
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    command = [
        sys.executable, "-m", "streamlit", "run", str(script),
        f"--server.port={port}", "--server.address=127.0.0.1",
    ]  # fmt: skip
    environment = {**os.environ, "KPI_HOME": str(home), "KPI_SAMPLE": "off"}
    if sample is not None:
        environment |= {"KPI_SAMPLE": "plain", "KPI_SAMPLE_HOME": str(sample)}
    environment |= variables or {}
    with (
        Path(log or os.devnull).open("wb") as errors,
        subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=errors
        ) as process,
    ):
        try:
            _wait_for(f"{address}/health", process)
            yield address
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
            time.sleep(0.2)
    raise RuntimeError("The dashboard did not start; run `streamlit run dashboard.py` to see why.")
