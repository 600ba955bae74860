"""What a hostile or broken file is here: how it is made, what must become of it, what it may take.

Every file is written by the code beside it; none is kept. ``measured`` reads one through the real
child process and tells what became of it and what that took.
"""

import gc
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from kpi.ingest import FileReading, read_file
from kpi.model import Severity

ACCEPTED, WARNED, REFUSED = "accepted", "accepted with warnings", "refused"

SECONDS, MEGABYTES = 5.0, 400
"""What is promised for each file."""

LARGE_SECONDS, LARGE_MEGABYTES = 10.0, 500
"""And for one that is larger than ``LARGE`` (4 MB) itself, or unpacks to more."""

STANDSTILL_SECONDS = 60.0
"""So long on the clock with next to nothing done: it waits for what never comes."""

LARGE = 4 << 20
PARENT_MEGABYTES = 80
"""Arrow is loaded with the first table that comes back."""

Make = Callable[[Path], Path]
CLASSES = ("Containers", "XML", "Sheets", "Values", "Text files", "Names")


@dataclass(frozen=True)
class Case:
    """One file: its class, what it is, how it is made, what may become of it, what is said."""

    group: str
    name: str
    make: Make
    ends: tuple[str, ...]
    says: str = ""  # a pattern that some sentence about the file must match
    rows: int | None = None  # rows that must be accepted
    heavy: bool = False  # too long for the ordinary suite
    large: bool = False  # unpacks to more than it shows
    megabytes: int = 0  # where a single file may take more, which its maker explains
    answers: dict[str, str] = field(default_factory=dict)
    called: str | None = None  # the name it comes under, where that is no name a disk would take

    @property
    def id(self) -> str:
        """What a test of it is called."""
        return f"{self.group}: {self.name}"


CASES: list[Case] = []


def case(group: str, name: str, *ends: str, **more) -> Callable[[Make], Make]:
    """Register the function below as the maker of a file."""
    assert group in CLASSES and ends, name

    def register(make: Make) -> Make:
        CASES.append(Case(group, name, make, ends, **more))
        return make

    return register


def many(group: str, made: Iterator[tuple[str, str, object]], *ends: str, **more) -> None:
    """Register files given as (what it is, file name, content or what makes the content)."""
    for name, file, content in made:

        def make(folder: Path, file: str = file, content: object = content) -> Path:
            return put(folder / file, content() if callable(content) else content)

        CASES.append(Case(group, name, make, ends, **more))


def put(path: Path, content: bytes) -> Path:
    """Write a file; its path."""
    path.write_bytes(content)
    return path


@dataclass(frozen=True)
class Measured:
    """What became of a file, and what it took."""

    case: Case
    reading: FileReading
    size: int
    seconds: float  # on the clock
    processor: float  # seconds of processor: what it takes at rest, whatever else runs meanwhile
    megabytes: float  # the child's peak
    parent_megabytes: float  # growth of this process

    @property
    def ended(self) -> str:
        """The outcome in one word."""
        return outcome_of(self.reading)

    @property
    def sentences(self) -> str:
        """All that is said of the file, in lines."""
        return "\n".join(sentences(self.reading))

    def faults(self) -> list[str]:
        """In what the file went otherwise than promised; empty where all is well."""
        case, found = self.case, []
        if self.ended not in case.ends:
            found.append(f"{self.ended} instead of {' or '.join(case.ends)}")
        if case.says and not re.search(case.says, self.sentences):
            found.append(f"nobody says {case.says!r}")
        rows = max((part.rows_accepted for part in self.reading.parts), default=0)
        if case.rows is not None and rows != case.rows:
            found.append(f"{rows} rows instead of {case.rows}")
        large = case.large or self.size > LARGE
        if self.processor > (LARGE_SECONDS if large else SECONDS):
            found.append(f"{self.processor:.1f} s of processor")
        if self.seconds > STANDSTILL_SECONDS and self.processor < self.seconds / 10:
            found.append(f"stood still for {self.seconds:.0f} s")
        most = case.megabytes or (LARGE_MEGABYTES if large else MEGABYTES)
        if self.megabytes > most:
            found.append(f"{self.megabytes:.0f} MB")
        if self.parent_megabytes > PARENT_MEGABYTES:
            found.append(f"the reading process grew by {self.parent_megabytes:.0f} MB")
        if self.ended == REFUSED and not all(p.actual and p.advice for p in problems(self)):
            found.append("a refusal without what is wrong and what to do")
        if re.search(r"Traceback|Error\(|Exception|error in this program", self.sentences):
            found.append("words of the program")
        return found


def problems(found: Measured):
    """What made the file be refused."""
    return [p for p in found.reading.problems if p.severity is Severity.REJECTED]


def outcome_of(reading: FileReading) -> str:
    """Accepted, with warnings or not, or refused."""
    if reading.state == "rejected":
        return REFUSED
    odd = any(p.severity is not Severity.NOTE for p in reading.problems)
    return WARNED if odd or reading.questions else ACCEPTED


def sentences(reading: FileReading) -> list[str]:
    """What is said of a file: problems with their places, sheets left out with why, questions."""
    told = []
    for p in reading.problems:
        place = ", ".join(str(x) for x in (p.sheet, p.row and f"row {p.row}", p.column) if x)
        told.append(f"{place}: {p.actual} {p.advice}" if place else f"{p.actual} {p.advice}")
    told += [f"{sheet.name}: {sheet.why}" for sheet in reading.sheets if sheet.why]
    return told + [q.ask for q in reading.questions]


def measured(case: Case) -> Measured:
    """Make the file, read it through a child process, and take it away again."""
    with TemporaryDirectory(prefix="hostile-") as folder:
        path = case.make(Path(folder))
        size = path.stat().st_size
        gc.collect()
        before = resident()
        started, own = time.perf_counter(), time.process_time()
        name = path.name if case.called is None else case.called
        reading = read_file(path, name=name, answers=case.answers)
        seconds = time.perf_counter() - started
        took = reading.took.processor_seconds + time.process_time() - own
        grown = resident() - before
        peak = reading.took.peak_bytes / 2**20
        return Measured(case, reading, size, seconds, took, peak, grown)


def resident() -> float:
    """Megabytes of memory that this process holds."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1024
    return 0.0


def all_cases() -> list[Case]:
    """Every file there is."""
    from tests.hostile import (  # noqa: F401
        archives,
        listings,
        markups,
        names,
        old_books,
        sheets,
        texts,
        values,
    )

    return CASES
