"""What takes long when it is first asked for: overview, evidence, agenda and evidence pack."""

import json
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from bench import homes
from bench.timing import Line, Peak

ROOT = Path(__file__).parents[1]


@dataclass(frozen=True, slots=True)
class Took:
    """What one answer took."""

    seconds: float
    processor: float
    megabytes: float


def new_filter(quick: bool) -> list[Line]:
    """The overview under a filter nobody chose before."""
    return [_against_overview("overview under a new filter", "filter", 1.0, quick)]


def evidence(quick: bool) -> list[Line]:
    """Every clause's evidence of the sample plant with its year of records."""
    return [_against_overview("evidence of every clause", "evidence", 3.0, quick)]


def agenda(quick: bool) -> list[Line]:
    """The agenda of a month's review."""
    return [_against_overview("agenda of a review", "agenda", 3.0, quick)]


def pack(quick: bool) -> list[Line]:
    """The evidence pack of two years, put together and written."""
    return [_against_overview("evidence pack of 24 months, two plants", "pack", 10.0, quick)]


def _against_overview(what: str, question: str, goal: float, quick: bool) -> Line:
    times = 1 if quick else 5
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        home = homes.complete(folder)
        pairs = [(asked(question, home), asked("overview", home)) for _ in range(times)]
    mine = [own for own, _ in pairs]
    return Line(
        what,
        statistics.median(one.seconds for one in mine),
        "overview after a start",
        statistics.median(one.seconds for _, one in pairs),
        goal_seconds=goal,
        peak_mb=max(one.megabytes for one in mine),
        note=f"{statistics.median(one.processor for one in mine):.2f} s of processor",
    )


def asked(question: str, home: Path) -> Took:
    """A question asked in a process of its own."""
    command = [sys.executable, "-m", "bench.afresh", question, str(home)]
    with (
        subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process,
        Peak(process.pid) as peak,
    ):
        told, _ = process.communicate()
    if process.returncode:
        raise SystemExit(f"{question!r} could not be answered.")
    return Took(**json.loads(told), megabytes=peak.megabytes)
