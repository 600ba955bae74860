"""The process that touches an upload: bytes in, canonical tables out, then it ends.

Started by ``kpi.ingest.processes`` with one job as JSON on standard input. Prints its steps as JSON
lines; writes ``result.json`` and Arrow files into the folder the job names, under numbers of its
own. Ends with 0 if it could say anything at all.
"""

import errno
import hashlib
import json
import os
import sys
import tempfile
import traceback
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields, is_dataclass, replace
from datetime import date
from enum import Enum
from importlib.abc import MetaPathFinder
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, Final

from kpi.errors import RefusedFileError
from kpi.ingest.confined import confine
from kpi.ingest.limits import Limits
from kpi.ingest.processes import RESULT
from kpi.ingest.reading import SheetNote, problem_of
from kpi.model import FeedMemory, Problem, Severity, TableLayout
from kpi.texts import Said, as_json, said, said_n

if TYPE_CHECKING:
    import pyarrow as pa

    from kpi.ingest.grid import Refused
    from kpi.ingest.interpret import Interpretation
    from kpi.ingest.sheets import RawFile
    from kpi.ingest.tables import CanonicalPart

LISTED: Final = 1_000
"""Problems of one kind that are listed; those beyond are counted."""

LISTED_OF_ALL: Final = 5_000
"""Problems of all kinds that are listed: a person mends the export long before."""

OPEN_FILES: Final = 256
"""Files a child may have open at once; it needs a dozen."""

THREADS_BYTES: Final = 96 << 20
"""Addresses that the stacks and heaps of a few threads reserve and hardly use."""

OUT_OF_MEMORY: Final = (
    "The file needs more memory than one upload may take. Export a shorter period, or as CSV."
)


TOO_DEEP: Final = (
    "What is in the file is nested deeper than any table. Open it in Excel and save it again "
    "as .xlsx or CSV."
)


class WithoutPandas(MetaPathFinder):
    """Finds no pandas: Arrow loads it, where it is, to tell lists from its series; 0.2 s a file."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> None:
        """Raise ``ModuleNotFoundError`` for pandas; of other modules know nothing."""
        if fullname == "pandas":
            raise ModuleNotFoundError(fullname, name=fullname)


def main() -> int:
    """Do the job on standard input; the exit code."""
    job = json.loads(sys.stdin.buffer.read())
    limits = Limits(**job["limits"])
    restrict(limits)
    sys.meta_path.insert(0, WithoutPandas())
    folder = Path(job["folder"])
    tempfile.tempdir = str(folder)  # what is left there goes with it, however this process ends
    job["held"] = confine(folder, _files(job))
    try:
        allowed = limits.for_content(_content_bytes(job))
        restrict(limits, memory=allowed.memory_bytes, seconds=allowed.cpu_seconds)
        result = _KINDS[job["kind"]](job, limits, folder)
    except RefusedFileError as error:
        result = {"problems": [problem_of(error)]}
    except RecursionError:
        result = {"problems": [problem_of(RefusedFileError(TOO_DEEP))]}
    except MemoryError:
        result = {"problems": [problem_of(RefusedFileError(OUT_OF_MEMORY))]}
    except BaseException as error:
        if not isinstance(error, Exception) and type(error).__name__ != "PanicException":
            raise
        if _lacks_memory(error):
            result = {"problems": [problem_of(RefusedFileError(OUT_OF_MEMORY))]}
        else:
            result = {"bug": _frames(error)}
    text = json.dumps(_spoken(result), default=_plain)
    aside = folder / (RESULT + ".part")
    aside.write_text(text, "utf-8")
    aside.replace(folder / RESULT)
    return 0


def _content_bytes(job: Mapping[str, Any]) -> int:
    """What the files of a job unpack to, as far as they can be believed."""
    from kpi.ingest.archive import content_bytes

    return sum(content_bytes(path) for path in _files(job))


def _files(job: Mapping[str, Any]) -> list[Path]:
    """All that a job is about."""
    return [Path(path) for path in (job["path"], *job.get("mending", ()))]


def _lacks_memory(error: BaseException) -> bool:
    """Out of memory by another name: an Arrow buffer, a library not mapped, a thread's stack."""
    if isinstance(error, OSError) and error.errno in (errno.ENOMEM, errno.EAGAIN):
        return True
    if isinstance(error, RuntimeError) and "start new thread" in str(error):
        return True
    words = str(error) if type(error).__module__.startswith("pyarrow") else ""
    return (
        "alloc" in words
        or "worker thread" in words
        or (isinstance(error, ImportError) and "map segment" in str(error))
    )


def _frames(error: BaseException) -> str:
    """Where it went wrong, without the message: that may quote a cell."""
    frames = "".join(traceback.format_tb(error.__traceback__)[-12:])
    return f"{type(error).__name__}\n{frames}"


def restrict(limits: Limits, *, memory: int | None = None, seconds: int | None = None) -> None:
    """Limit this process's memory, time, files; where the system knows no such limits, nothing.

    ``memory`` is what it may take beyond what it has by now, ``seconds`` of processor in all, where
    that is less than ``limits``. Limits once set can only be lowered.
    """
    try:
        import resource
    except ImportError:  # Windows: the parent's clock is the only limit
        return
    addresses = limits.memory_bytes + limits.reserved_bytes
    if memory is not None:
        addresses = min(addresses, _reserved(limits) + memory)
    for what, limit, spare in (
        (resource.RLIMIT_AS, addresses, 0),
        (
            resource.RLIMIT_CPU,
            seconds or limits.cpu_seconds,
            1,
        ),  # at the hard limit, a kill says no reason
        (resource.RLIMIT_FSIZE, addresses, 0),
        (resource.RLIMIT_NOFILE, OPEN_FILES, 0),
        (resource.RLIMIT_CORE, 0, 0),
    ):
        hard = resource.getrlimit(what)[1]
        most = limit + spare if hard == resource.RLIM_INFINITY else min(limit + spare, hard)
        resource.setrlimit(what, (min(limit, most), most))


def _reserved(limits: Limits) -> int:
    """Addresses that libraries and threads take; known where the libraries are loaded by now."""
    if "pyarrow" not in sys.modules or sys.platform != "linux":
        return limits.reserved_bytes
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    return pages * os.sysconf("SC_PAGE_SIZE") + THREADS_BYTES


def _spoken(value: Any) -> Any:
    """The same with every sentence as it travels: its template and values beside its words."""
    if isinstance(value, Said):
        return as_json(value)
    if is_dataclass(value) and not isinstance(value, type):
        return {f.name: _spoken(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, Mapping):
        return {k: _spoken(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [_spoken(v) for v in value]
    return value


def _plain(value: Any) -> Any:
    """Enums and dates as JSON knows them."""
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(type(value).__name__)


def tell(step: str, share: float) -> None:
    """Report a step to the parent."""
    sys.stdout.write(json.dumps({"step": step, "share": round(share, 3)}) + "\n")
    sys.stdout.flush()


def _done(job: Mapping[str, Any], limits: Limits, folder: Path) -> dict[str, Any]:
    from kpi.ingest import mending
    from kpi.ingest.interpret import Context, interpret
    from kpi.ingest.rejected import REJECTED, rejected_json
    from kpi.ingest.rejecting import rejected_tables
    from kpi.ingest.sheets import NoSheetError, raw_file
    from kpi.ingest.wishes import Wishes

    path = Path(job["path"])
    tell("looking at the file", 0.0)
    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    context = Context(
        sha256=sha256,
        memories=tuple(_memory(memory) for memory in job["memories"]),
        answers=job["answers"],
        dataset=job["dataset"],
        default_plant=job["default_plant"],
        known_plants=tuple(job["known_plants"]),
        filename=job["name"],
        written=date.fromtimestamp(path.stat().st_mtime),
        profiles=tuple(job["profiles"]),
    )
    known: dict[str, Any] = {"sha256": sha256}
    try:
        wishes = Wishes(sha256, context.answers, context.memories)
        raw = raw_file(path, limits, tell, careful=bool(job["careful"]), wishes=wishes)
    except NoSheetError as error:
        known |= {"container": error.container, "sheets": error.sheets}
        return known | {"problems": [problem_of(error)]}
    except RefusedFileError as error:
        return known | {"problems": [problem_of(error)]}
    known |= {"container": raw.container, "sheets": raw.sheets}
    mends = mending.mends_of(title for table in raw.tables for title in table.titles)
    if mends is not None:
        return known | {"mends": mends, "problems": [_mends_another()]}
    if mending.lost_its_title(raw.tables):
        return known | {"problems": [_mends_nothing()]}
    tell("understanding the columns", 0.5)
    told: list[Problem] = []
    try:
        if job.get("mending"):
            first = interpret(raw.tables, context=context)
            raw, told = _mended(job, limits, raw, first, known)
        found = interpret(raw.tables, context=context)
    except RefusedFileError as error:
        return known | {"problems": [problem_of(error), *_reader_problems(raw)]}
    tell("writing down what was found", 0.9)
    if job.get("rejected"):
        rows = rejected_tables(raw, found.rejections, _rows_read(found))
        (folder / REJECTED).write_text(json.dumps(rejected_json(rows)), "utf-8")
    handed = _handed_over(raw, found, folder)
    return known | handed | {"problems": [*told, *handed["problems"]]}


def _mends_another() -> Problem:
    return Problem(
        "",
        None,
        None,
        said("a file with rows of its own"),
        said("these are rejected rows of another file, to be put into that one"),
        said("Put that file in force first, then upload this one again."),
        Severity.REJECTED,
    )


def _mends_nothing() -> Problem:
    return Problem(
        "",
        None,
        None,
        said("the first line, which says whose rejected rows these are"),
        said("these are rejected rows, and their first line is missing"),
        said(
            "Save the workbook of rejected rows again, and leave its first three rows as they are."
        ),
        Severity.REJECTED,
    )


def _mended(
    job: Mapping[str, Any],
    limits: Limits,
    raw: "RawFile",
    found: "Interpretation",
    known: dict[str, Any],
) -> "tuple[RawFile, list[Problem]]":
    """The file with the rows of every mend put in, the later over the earlier."""
    from kpi.ingest import mending
    from kpi.ingest.hashing import rows_hash
    from kpi.ingest.rejecting import rejected_tables
    from kpi.ingest.sheets import grids_of

    tables = rejected_tables(raw, found.rejections, _rows_read(found))
    allowed = frozenset((row.sheet, row.row) for table in tables for row in table.rows)
    told: list[Problem] = []
    rows: list[list[tuple[str, int]]] = []
    for path in job["mending"]:
        sheets = mending.mended_sheets(grids_of(Path(path), limits))
        done = mending.with_mended(raw, sheets, allowed)
        raw, told = done.raw, list(done.problems)
        rows.append(sorted(done.rows))
    known["mended"] = rows
    known["unmended_hash"] = rows_hash((p.dataset, p.table) for p in found.parts)
    return raw, told


def _rows_read(found: "Interpretation") -> dict[str, frozenset[int]]:
    """The rows by sheet that facts came from."""
    rows: dict[str, set[int]] = {}
    for part in found.parts:
        pairs = (
            part.table.select(["sheet", "row"])
            .group_by(["sheet", "row"], use_threads=False)
            .aggregate([])
        )
        for sheet, row in zip(pairs["sheet"].to_pylist(), pairs["row"].to_pylist(), strict=True):
            rows.setdefault(sheet, set()).add(row)
    return {sheet: frozenset(found) for sheet, found in rows.items()}


def _cells(job: Mapping[str, Any], limits: Limits, _folder: Path) -> dict[str, Any]:
    from kpi.ingest import mending
    from kpi.ingest.sheets import cells_of, grids_of, raw_file
    from kpi.ingest.wishes import Wishes

    wishes = Wishes(always=frozenset({job["cells"]["sheet"]}))
    raw = raw_file(Path(job["path"]), limits, careful=bool(job["careful"]), wishes=wishes)
    place = (job["cells"]["sheet"], job["cells"]["row"])
    for path in job.get("mending", ()):
        sheets = mending.mended_sheets(grids_of(Path(path), limits))
        raw = mending.with_mended(raw, sheets, frozenset({place})).raw
    return {"cells": cells_of(raw, job["cells"]["sheet"], job["cells"]["row"])}


def _plain_table(job: Mapping[str, Any], limits: Limits, folder: Path) -> dict[str, Any]:
    from kpi.ingest.handing import write_table
    from kpi.ingest.plain import TABLE, plain_table

    write_table(folder / TABLE, plain_table(Path(job["path"]), limits))
    return {}


def _written_cells(job: Mapping[str, Any], limits: Limits, _folder: Path) -> dict[str, Any]:
    from kpi.ingest.written import written_sheets

    return written_sheets(Path(job["path"]), limits, careful=bool(job["careful"]))


def _package(job: Mapping[str, Any], limits: Limits, _folder: Path) -> dict[str, Any]:
    from kpi.ingest.archive import check_package

    check_package(Path(job["path"]), limits)
    return {}


def _held(job: Mapping[str, Any], _limits: Limits, _folder: Path) -> dict[str, Any]:
    return {"held": list(job["held"])}


_KINDS: Final = {
    "file": _done, "cells": _cells, "plain": _plain_table, "written": _written_cells,
    "package": _package, "held": _held,
}  # fmt: skip
"""What each kind of job does."""


def _memory(told: Mapping[str, Any]) -> FeedMemory:
    lists = {k: tuple(told[k]) for k in ("datasets", "signature", "plants", "lines")}
    layouts = tuple(
        TableLayout(**{**t, "signature": tuple(t["signature"]), "datasets": tuple(t["datasets"])})
        for t in told["layouts"]
    )
    return FeedMemory(**{**told, **lists, "layouts": layouts})


def _handed_over(raw: "RawFile", found: "Interpretation", folder: Path) -> dict[str, Any]:
    from kpi.ingest.handing import write_table
    from kpi.ingest.hashing import rows_hash

    parts = []
    with ThreadPoolExecutor(1) as pool:
        writing = []
        for number, part in enumerate(found.parts):
            slipped = [row for sheet, row in raw.refused if sheet == part.sheet]
            rejected = _with_slipped(part.rejected, part.sheet, slipped)
            writing += [
                pool.submit(write_table, folder / f"{number}.arrow", part.table),
                pool.submit(write_table, folder / f"{number}-rejected.arrow", rejected),
            ]
            parts.append(_told(part, number, len(slipped)))
            parts[-1]["conventions"] |= raw.wished
        hashed = rows_hash((p.dataset, p.table) for p in found.parts) if found.parts else ""
        for written in writing:
            written.result()
    return {
        "sheets": _sheets(raw, found),
        "rows_hash": hashed,
        "feed": found.feed,
        "parts": parts,
        "questions": list(found.questions),
        "columns": list(found.columns),
        "changes": list(found.changes),
        "layouts": list(found.layouts),
        "problems": capped([*found.problems, *_reader_problems(raw), *_nothing_found(found)]),
    }


def _sheets(raw: "RawFile", found: "Interpretation") -> list[SheetNote]:
    """The sheets, those that no dataset came from with the reason."""
    used = {part.sheet for part in found.parts}
    used |= {name for sheet in used for name in sheet.split(", ")}  # joined by their shape
    unused = {name: why for sheet, why in found.unused.items() for name in sheet.split(", ")}
    unused |= found.unused
    return [
        sheet
        if sheet.name in used or not sheet.used
        else replace(sheet, used=False, why=unused.get(sheet.name, said("no table of data")))
        for sheet in raw.sheets
    ]


def _told(part: "CanonicalPart", number: int, slipped: int) -> dict[str, Any]:
    return {
        "number": number,
        "dataset": part.dataset,
        "sheet": part.sheet,
        "rows_read": part.rows_read + slipped,
        "rows_accepted": part.rows_accepted,
        "rows_rejected": part.rows_rejected + slipped,
        "mapping": dict(part.mapping),
        "conventions": dict(part.conventions),
        "coverage": list(part.coverage),
        "within": list(part.within),
        "data_date": part.data_date,
        "control_totals": list(part.control_totals),
        "signature": list(part.signature),
    }


def _with_slipped(rejected: "pa.Table", sheet: str, slipped: Sequence["Refused"]) -> "pa.Table":
    """The rejected rows with those the reader itself refused, their cells in order."""
    import pyarrow as pa

    if not slipped:
        return rejected
    columns: dict[str, list[Any]] = {
        "sheet": [sheet] * len(slipped),
        "row": [row.row for row in slipped],
        "reason": [row.reason for row in slipped],
    }
    for place, name in enumerate(rejected.column_names[3:]):
        columns[name] = [row.cells[place] if place < len(row.cells) else None for row in slipped]
    more = pa.table([pa.array(columns[f.name], f.type) for f in rejected.schema], rejected.schema)
    return pa.concat_tables([rejected, more])


def _reader_problems(raw: "RawFile") -> list[Problem]:
    """Rows the reader refused, values that may be missing, and what was tidied."""
    problems = [
        Problem(
            sheet=sheet,
            row=row.row,
            column=None,
            expected=said("one cell under each heading"),
            actual=row.reason,
            advice=said("Mend the row: put text that contains the separator into quotation marks."),
            severity=Severity.REJECTED,
        )
        for sheet, row in raw.refused
    ]
    for table in raw.tables:
        problems += [_remark(table.sheet, text, Severity.WARNING) for text in table.doubts]
        problems += [_remark(table.sheet, text, Severity.NOTE) for text in table.notes]
    return problems


def _nothing_found(found: "Interpretation") -> list[Problem]:
    """A file that gives nothing is told so, whatever else is said of it."""
    rejected = any(problem.severity is Severity.REJECTED for problem in found.problems)
    if found.parts or found.questions or rejected:
        return []
    return [
        Problem(
            sheet="",
            row=None,
            column=None,
            expected=said("a table of production, scrap, downtime, orders or deliveries"),
            actual=said("no such table was found"),
            advice=said("Check that the header row is there and names what the columns hold."),
            severity=Severity.REJECTED,
        )
    ]


def _remark(sheet: str, text: str, severity: Severity) -> Problem:
    advice = said("Check that the figures are complete.") if severity is Severity.WARNING else ""
    return Problem(sheet, None, None, "", text, advice, severity)


def capped(problems: Iterable[Problem]) -> list[Problem]:
    """At most 1,000 problems of one kind and 5,000 of all, then one a kind that counts the others."""
    listed: list[Problem] = []
    counts: dict[tuple[str, str | None, str, Severity], int] = {}
    told: dict[tuple[str, str | None, str, Severity], int] = {}
    last: dict[tuple[str, str | None, str, Severity], Problem] = {}
    for problem in problems:
        kind = (problem.sheet, problem.column, problem.expected, problem.severity)
        counts[kind] = counts.get(kind, 0) + 1
        if counts[kind] <= LISTED and len(listed) < LISTED_OF_ALL:
            listed.append(problem)
            told[kind] = counts[kind]
        last[kind] = problem
    for kind, count in list(counts.items())[:LISTED_OF_ALL]:
        if count > told.get(kind, 0):
            sheet, column, expected, severity = kind
            left = count - told.get(kind, 0)
            more = said_n("{n} more of this kind", "{n} more of this kind", n=left)
            listed.append(Problem(sheet, None, column, expected, more, last[kind].advice, severity))
    return listed


if __name__ == "__main__":
    sys.exit(main())
