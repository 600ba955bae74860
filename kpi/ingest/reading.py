"""Read one file in a child process, which can at worst fail for that file alone.

The parent never parses an upload: it hands the child a path and limits, waits, and takes back
Arrow files and one JSON document from a private folder. Light on purpose: Arrow is loaded when
there is something to load.
"""

import hashlib
import logging
import re
import time
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import TYPE_CHECKING, Any, Final

from kpi.errors import RefusedFileError
from kpi.ingest.archive import PACKAGE_LIMITS
from kpi.ingest.container import sniff
from kpi.ingest.limits import DEFAULT_LIMITS, WRITTEN_LIMITS, Limits
from kpi.ingest.processes import Progress, Took, run
from kpi.logs import Scrubbed
from kpi.model import (
    Candidate,
    ColumnReading,
    ControlTotal,
    Coverage,
    FeedMemory,
    LayoutChange,
    Problem,
    Question,
    Severity,
    TableLayout,
)
from kpi.scratch import private_folder
from kpi.texts import Said, from_json, joined, label, said

if TYPE_CHECKING:
    import pyarrow as pa

    from kpi.ingest.rejected import RejectedTable

_LOG: Final = logging.getLogger(__name__)

NAME_CHARACTERS: Final = 200


@dataclass(frozen=True, slots=True)
class SheetNote:
    """One sheet of a file: how many rows were read from it, whether it is used, and why not.

    ``answers[id]`` may be ``"include"`` (a sheet that is ``hidden`` or left out is read too) or
    ``"leave"``; ``id`` is ``""`` where there is nothing to include.
    """

    name: str
    rows: int
    used: bool
    why: str
    id: str = ""
    hidden: bool = False


@dataclass(frozen=True)
class Part:
    """One dataset out of one table of a file.

    ``table`` has exactly the dataset's columns in their declared types (texts as dictionaries of
    distinct ones), then ``sheet`` and ``row`` as the spreadsheet numbers it. ``rejected`` has ``sheet``, ``row``, ``reason``, then
    the raw cells as text under their headings. ``data_date`` is the day the file was drawn, where
    it states one, else that of its latest event; ``None`` where it has neither.
    """

    dataset: str
    sheet: str
    table: "pa.Table"
    rows_read: int
    rows_accepted: int
    rows_rejected: int
    mapping: Mapping[str, str]
    conventions: Mapping[str, str]
    coverage: tuple[Coverage, ...]
    data_date: date | None
    control_totals: tuple[ControlTotal, ...]
    signature: tuple[str, ...]
    rejected: "pa.Table"
    within: tuple[Coverage, ...] = ()

    def first_rows(self, count: int) -> "pa.Table":
        """The first rows of ``table``, texts as plain strings."""
        from kpi.ingest.handing import plain

        return plain(self.table.slice(0, count))


@dataclass(frozen=True)
class FileReading:
    """What one file holds, before anything is stored.

    ``state`` is ``ready``, ``needs_answer`` or ``rejected``. ``rows_hash`` is equal for the same
    rows saved again, in any order. ``feed`` names the feed whose memory fits, or is nearest to it.
    ``seconds`` is wall time. ``columns`` are those of every table that is read or asked about;
    an answer under a column's id changes its field. ``changes`` tells how the headings differ from
    the feed's last layout, ``layouts`` what is to be remembered of each table. ``mends`` begins the
    hash of the file whose rejected rows these are; then nothing else is read. ``mended`` lists, for
    each mend put in, the (sheet, row) it changed, and ``unmended_hash`` is the ``rows_hash`` the
    file has without any; ``rejected`` holds the rejected rows as they
    stand in the file, where they were asked for. ``took`` is what its process took.
    """

    file: str
    sha256: str
    rows_hash: str
    container: str
    state: str
    feed: str | None
    sheets: tuple[SheetNote, ...]
    parts: tuple[Part, ...]
    questions: tuple[Question, ...]
    problems: tuple[Problem, ...]
    seconds: float
    columns: tuple[ColumnReading, ...] = ()
    changes: tuple[LayoutChange, ...] = ()
    layouts: tuple[TableLayout, ...] = ()
    mends: str | None = None
    mended: tuple[tuple[tuple[str, int], ...], ...] = ()
    unmended_hash: str = ""
    rejected: "tuple[RejectedTable, ...]" = ()
    took: Took = field(default_factory=Took)


def shown_name(name: str) -> str:
    r"""The base name of a file, safe to show: no folder, no control or direction characters.

    >>> shown_name("../../etc/scrap\u202e.csv")
    'scrap.csv'
    """
    base = PureWindowsPath(PurePosixPath(name).name).name
    kept = "".join(c for c in base if unicodedata.category(c)[0] != "C")
    if len(kept) > NAME_CHARACTERS:
        kept = kept[: NAME_CHARACTERS - 21] + "…" + kept[-20:]
    return kept or "file"


def read_file(
    path: Path,
    *,
    name: str | None = None,
    memories: Sequence[FeedMemory] = (),
    answers: Mapping[str, str] | None = None,
    dataset: str | None = None,
    default_plant: str = "Plant",
    known_plants: Sequence[str] = (),
    limits: Limits = DEFAULT_LIMITS,
    progress: Progress | None = None,
    mending: Sequence[Path] = (),
    rejected: bool = False,
    profiles: Sequence[str] = (),
) -> FileReading:
    """Read a file into canonical rows. A file that cannot be read comes back ``rejected``.

    ``name`` is the name the user knows it by; nothing else of it is used. ``answers`` are keyed
    by question id. ``progress`` is called with a step and its share of the whole (0 to 1).
    ``mending`` are files with mended rows of this one, oldest first: it is read with them in place.
    ``rejected`` asks for the rejected rows with their raw cells. ``profiles`` are the texts of a
    site's own profiles of known systems (see ``kpi.ingest.profiles.site_profiles``).
    """
    started = time.perf_counter()
    shown = shown_name(name if name is not None else path.name)
    if path.stat().st_size > limits.file_bytes:
        return _reading(_too_large(path, limits), shown, path, path, started)
    with private_folder() as folder:
        job = {
            **_job("file", path, folder, limits),
            "name": shown,
            "memories": [asdict(memory) for memory in memories],
            "answers": dict(answers or {}),
            "dataset": dataset,
            "default_plant": default_plant,
            "known_plants": list(known_plants),
            "mending": [str(Path(mend).absolute()) for mend in mending],
            "rejected": rejected,
            "profiles": list(profiles),
        }
        result = _outcome(job, folder, limits, progress)
        try:
            return _reading(result, shown, path, folder, started)
        except MALFORMED as error:
            _LOG.error("what a child handed over is malformed: %s", Scrubbed(type(error).__name__))
            broken = {**_death("aborted"), "sha256": _sha256(path), "took": result.get("took")}
            return _reading(broken, shown, path, folder, started)


MALFORMED: Final = (LookupError, TypeError, ValueError, AttributeError, OSError, RecursionError)
"""What the results of a child that a file has taken over may raise when they are read."""


def _too_large(path: Path, limits: Limits) -> dict[str, Any]:
    """The refusal of a file too large to be looked at, which nobody reads for its hash either."""
    try:
        sniff(path, limits)
    except RefusedFileError as error:
        told = {"problems": [{**asdict(problem_of(error)), "severity": Severity.REJECTED.value}]}
        return {**told, "sha256": NOT_HASHED}
    raise AssertionError(path)


NOT_HASHED: Final = "0" * 64
"""In place of the hash of a file that was not read."""


def read_cells(
    path: Path,
    *,
    sheet: str,
    row: int,
    limits: Limits = DEFAULT_LIMITS,
    mending: Sequence[Path] = (),
) -> list[tuple[str, str]]:
    """The cells of one row as the file shows them, each with its heading, in the file's order.

    ``sheet`` and ``row`` are those a fact carries. A column without a heading is named by its
    letter; a blank cell is ``""``. Empty where the file has no such row. ``mending`` are files with
    mended rows of it, oldest first. Raises ``RefusedFileError`` where the file cannot be read.
    """
    with private_folder() as folder:
        job = {
            **_job("cells", path, folder, limits),
            "cells": {"sheet": sheet, "row": int(row)},
            "mending": [str(Path(mend).absolute()) for mend in mending],
        }
        result = _outcome(job, folder, limits, None)
        if "cells" not in result:
            said = result.get("problems") or _rejected(_BUG)["problems"]
            raise RefusedFileError(f"{said[0]['actual']} {said[0]['advice']}")
        return [(str(heading), str(text)) for heading, text in result["cells"]]


def read_plain(path: Path, *, limits: Limits = DEFAULT_LIMITS) -> "pa.Table":
    """A CSV file with one row of headings as a table of text, nothing interpreted.

    Its schema's metadata tell its ``separator`` and how many lines were ``skipped`` above the
    headings. Raises ``RefusedFileError`` where the file is no such table.
    """
    from kpi.ingest.handing import read_table
    from kpi.ingest.plain import TABLE

    path.stat()  # a file that is not there is no file that was refused
    with private_folder() as folder:
        result = _outcome(_job("plain", path, folder, limits), folder, limits, None)
        _raise_refusal(result)
        try:
            return read_table(folder / TABLE)
        except MALFORMED as error:
            _raise_refusal(_death("aborted"))
            raise AssertionError from error


@dataclass(frozen=True, slots=True)
class WrittenSheet:
    """All cells of a sheet as text, row by row: days as ISO dates, blank cells empty.

    ``numbers`` are the rows as the spreadsheet numbers them, ``first_column`` is the column of each
    row's first cell, from 0. ``why`` says why a sheet was not read; it then has no rows.
    """

    sheet: str
    first_column: int
    numbers: tuple[int, ...]
    rows: tuple[tuple[str, ...], ...]
    why: str = ""


def read_written(path: Path, *, limits: Limits = WRITTEN_LIMITS) -> tuple[WrittenSheet, ...]:
    """Every sheet of a workbook or text file as it stands: for lists that people keep by hand.

    Raises ``RefusedFileError`` where the file is none, is damaged, or is larger than such a list.
    """
    path.stat()  # a file that is not there is no file that was refused
    with private_folder() as folder:
        result = _outcome(_job("written", path, folder, limits), folder, limits, None)
        _raise_refusal(result)
        try:
            return tuple(_written(told) for told in result["sheets"])
        except MALFORMED as error:
            _raise_refusal(_death("aborted"))
            raise AssertionError from error


def _written(told: Mapping[str, Any]) -> WrittenSheet:
    numbers = tuple(int(number) for number in told["numbers"])
    rows = tuple(tuple(str(cell) for cell in row) for row in told["rows"])
    if len(numbers) != len(rows):
        raise ValueError(told["sheet"])
    return WrittenSheet(
        str(told["sheet"]), int(told["first_column"]), numbers, rows, str(from_json(told["why"]))
    )


def check_package(path: Path, *, limits: Limits = PACKAGE_LIMITS) -> None:
    """Look through a package of XML that is no spreadsheet (a presentation), in a child process.

    Raises ``RefusedFileError`` where it is damaged, or built to do harm.
    """
    if path.stat().st_size > limits.file_bytes:
        raise RefusedFileError(
            said("The file is larger than {most} MB.", most=round(limits.file_bytes / (1 << 20)))
        )
    with private_folder() as folder:
        _raise_refusal(_outcome(_job("package", path, folder, limits), folder, limits, None))


def confinement() -> tuple[str, ...]:
    """What a process that reads a file is held from here, asked of one: see ``kpi.ingest.confined``."""
    with private_folder() as folder:
        nothing = folder / "nothing"
        nothing.touch()
        job = _job("held", nothing, folder, DEFAULT_LIMITS)
        return tuple(
            str(one) for one in _outcome(job, folder, DEFAULT_LIMITS, None).get("held", ())
        )


def _raise_refusal(result: Mapping[str, Any]) -> None:
    """Raise what a child says is wrong with a file, if anything."""
    if "bug" in result:
        _LOG.error("reading a file failed inside the child: %s", Scrubbed(result["bug"]))
        raise RefusedFileError(_BUG)
    if problems := result.get("problems"):
        first = problems[0]
        raise RefusedFileError(f"{from_json(first['actual'])} {from_json(first['advice'])}".strip())


def _job(kind: str, path: Path, folder: Path, limits: Limits) -> dict[str, Any]:
    """What any job of the child names."""
    return {
        "kind": kind,
        "path": str(path.resolve()),
        "folder": str(folder),
        "limits": asdict(limits),
        "careful": False,
    }


def _outcome(
    job: Mapping[str, Any], folder: Path, limits: Limits, progress: Progress | None
) -> dict[str, Any]:
    """What the child found; a second, careful attempt where the first was aborted."""
    result = run(job, folder, limits, progress)
    if result.get("died") == "aborted":
        result = run({**job, "careful": True}, folder, limits, progress)
    if "died" in result:
        return {**_death(result["died"]), "took": result["took"]}
    return result


def _death(how: str) -> dict[str, Any]:
    """What to say of a child that ended before it could say anything."""
    if how == "memory":
        return _rejected(
            "The file needs more memory than one upload may take. Export a shorter period, or as CSV."
        )
    if how == "time":
        return _rejected(
            said(
                "The file takes longer to read than a file of its size may. "
                "Export a shorter period, or as CSV."
            )
        )
    return _rejected(
        "The file is damaged or built to do harm: reading it failed. Open it in Excel and save it "
        "again as .xlsx or CSV."
    )


_BUG: Final = (
    "The file could not be read: an error in this program, which is in the log now. "
    "Save the file again as .xlsx or CSV and try that."
)


def problem_of(error: RefusedFileError) -> Problem:
    """A refusal as a problem of the whole file: what is wrong, then what to do."""
    text = error.args[0] if error.args and isinstance(error.args[0], Said) else str(error)
    what, advice = parted(text)
    return Problem(
        sheet="",
        row=None,
        column=None,
        expected=said("a file with a table of data"),
        actual=what,
        advice=advice or said("Export the file again."),
        severity=Severity.REJECTED,
    )


def parted(text: str) -> tuple[str, str]:
    """The first sentence and the others, each as translatable as the text is."""
    if isinstance(text, Said) and not text.template:
        first, *rest = text.values.values()
        return first, joined(*rest) if rest else ""
    whole = text.template if isinstance(text, Said) else text
    what, _, advice = re.sub(r"(?<=[.)]) (?=[A-Z])", "\0", whole, count=1).partition("\0")
    if isinstance(text, Said) and text.values:
        return said(what, **text.values), said(advice, **text.values) if advice else ""
    return label(what), label(advice) if advice else ""


def _rejected(sentence: str) -> dict[str, Any]:
    problem = asdict(problem_of(RefusedFileError(sentence)))
    return {"problems": [{**problem, "severity": Severity.REJECTED.value}]}


# --- what it found ----------------------------------------------------------------------------


def _reading(
    result: Mapping[str, Any], name: str, path: Path, folder: Path, started: float
) -> FileReading:
    if "bug" in result:
        _LOG.error("reading an upload failed inside the child: %s", Scrubbed(result["bug"]))
        result = {**_rejected(_BUG), "sha256": result.get("sha256"), "took": result.get("took")}
    parts = tuple(_part(part, folder) for part in result.get("parts", ()))
    questions = tuple(_question(question) for question in result.get("questions", ()))
    state = "needs_answer" if questions else "ready" if parts else "rejected"
    return FileReading(
        file=name,
        sha256=result.get("sha256") or _sha256(path),
        rows_hash=result.get("rows_hash", ""),
        container=result.get("container", ""),
        state=state,
        feed=result.get("feed"),
        sheets=tuple(_sheet(sheet) for sheet in result.get("sheets", ())),
        parts=parts,
        questions=questions,
        problems=tuple(_problem(problem) for problem in result.get("problems", ())),
        seconds=time.perf_counter() - started,
        mends=result.get("mends"),
        unmended_hash=result.get("unmended_hash", ""),
        mended=tuple(tuple((s, int(r)) for s, r in rows) for rows in result.get("mended", ())),
        rejected=_rejected_rows(folder),
        took=result.get("took") or Took(),
        columns=tuple(_column(column) for column in result.get("columns", ())),
        changes=tuple(_change(change) for change in result.get("changes", ())),
        layouts=tuple(_layout(layout) for layout in result.get("layouts", ())),
    )


def _column(told: Mapping[str, Any]) -> ColumnReading:
    spoken = {key: from_json(value) for key, value in told.items()}
    return ColumnReading(
        **{
            **spoken,
            "samples": tuple(spoken["samples"]),
            "reads_as": tuple(from_json(value) for value in spoken["reads_as"]),
            "choices": tuple(_candidate(candidate) for candidate in spoken["choices"]),
        }
    )


def _change(told: Mapping[str, Any]) -> LayoutChange:
    return LayoutChange(**{key: from_json(value) for key, value in told.items()})


def _layout(told: Mapping[str, Any]) -> TableLayout:
    return TableLayout(
        tuple(told["signature"]), tuple(told["datasets"]), told["mapping"], told["conventions"]
    )


def _sheet(told: Mapping[str, Any]) -> SheetNote:
    return SheetNote(**{key: from_json(value) for key, value in told.items()})


REJECTED_BYTES: Final = 128 << 20
"""Half a million rejected rows: nobody mends so many by hand."""


def _rejected_rows(folder: Path) -> "tuple[RejectedTable, ...]":
    from kpi.ingest.rejected import REJECTED, rejected_of

    file = folder / REJECTED
    if not file.exists() or file.stat().st_size > REJECTED_BYTES:
        return ()
    return rejected_of(file.read_text("utf-8"))


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _part(told: Mapping[str, Any], folder: Path) -> Part:
    from kpi.ingest.handing import read_table

    return Part(
        dataset=told["dataset"],
        sheet=told["sheet"],
        table=read_table(folder / f"{int(told['number'])}.arrow"),
        rows_read=told["rows_read"],
        rows_accepted=told["rows_accepted"],
        rows_rejected=told["rows_rejected"],
        mapping=told["mapping"],
        conventions=told["conventions"],
        coverage=_coverage(told["coverage"]),
        within=_coverage(told["within"]),
        data_date=_day(told["data_date"]) if told["data_date"] else None,
        control_totals=tuple(
            ControlTotal(**{k: from_json(v) for k, v in total.items()})
            for total in told["control_totals"]
        ),
        signature=tuple(told["signature"]),
        rejected=read_table(folder / f"{int(told['number'])}-rejected.arrow"),
    )


def _coverage(told: Sequence[Mapping[str, Any]]) -> tuple[Coverage, ...]:
    return tuple(Coverage(c["plant"], c["line"], _day(c["first"]), _day(c["last"])) for c in told)


def _day(text: str) -> date:
    return date.fromisoformat(text)


def _question(told: Mapping[str, Any]) -> Question:
    told = {key: from_json(value) for key, value in told.items()}
    candidates = tuple(_candidate(candidate) for candidate in told["candidates"])
    return Question(**{**told, "candidates": candidates, "samples": tuple(told.get("samples", ()))})


def _candidate(told: Mapping[str, Any]) -> Candidate:
    return Candidate(**{key: from_json(value) for key, value in told.items()})


def _problem(told: Mapping[str, Any]) -> Problem:
    spoken = {key: from_json(value) for key, value in told.items()}
    return Problem(**{**spoken, "severity": Severity(told["severity"])})
