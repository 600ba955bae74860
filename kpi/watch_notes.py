"""The notes beside files that a watcher set aside: what is asked or wrong, and what to do."""

import os
import shlex
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Final

from kpi.model import Problem, Question, Severity
from kpi.safe_text import one_line

if TYPE_CHECKING:
    from kpi.analysis.mending import RejectedRows
    from kpi.analysis.results import FileOutcome

MOST_PROBLEMS: Final = 50

OUR_FAULT: Final = "Something went wrong in the program that should not have; its log says what."

UNFINISHED: Final = (
    "its end is missing, and it has not grown for an hour. Copying it seems to have stopped: copy it "
    "again; it stays where it is until then."
)


def of_outcome(outcome: "FileOutcome", path: Path, *, command: str, home: Path) -> str:
    """The note of a file that needs an answer, or cannot be used."""
    if outcome.state == "needs_answer":
        lines = _asking(outcome, path, command, home)
    else:
        lines = _refusing(outcome)
    return "\n".join(lines) + "\n"


def _asking(outcome: "FileOutcome", path: Path, command: str, home: Path) -> list[str]:
    lines = [f"{one_line(path.name)} waits for an answer. Nothing of it counts yet.", ""]
    for number, question in enumerate(outcome.questions, 1):
        lines += [*_question(number, question), ""]
    answers = [
        f"--answer={q.id}={q.candidates[0].value}" for q in outcome.questions if q.candidates
    ]
    words = [*command.split(), "--home", str(home), "ingest", str(path), *answers]
    lines += [
        "How to answer: open the page Upload, where this file waits. Or, with the first answer to",
        "each question (put another in its place as you see fit):",
        "",
        f"    {_quoted(words)}",
        "",
        "The file then moves to the folder done by itself, and this note goes away.",
    ]
    return lines


def _question(number: int, question: Question) -> list[str]:
    where = ", ".join(
        part
        for part in (
            f"sheet {one_line(question.sheet)}" if question.sheet else "",
            f"column {one_line(question.heading)}" if question.heading else "",
        )
        if part
    )
    lines = [f"{number}. {one_line(question.ask)}{f' ({where})' if where else ''}"]
    if question.samples:
        lines.append("   For example: " + ", ".join(one_line(s) for s in question.samples[:4]))
    lines += [f"   - {one_line(c.value)}: {one_line(c.because)}" for c in question.candidates]
    return lines


def _refusing(outcome: "FileOutcome") -> list[str]:
    lines = [one_line(outcome.says), ""]
    wrong = [p for p in outcome.problems if p.severity is Severity.REJECTED]
    lines += [line for problem in wrong[:MOST_PROBLEMS] for line in _problem(problem)]
    if len(wrong) > MOST_PROBLEMS:
        lines.append(f"… and {len(wrong) - MOST_PROBLEMS} more.")
    lines += ["", "Mend the file, or export it again, and put it into the drop folder."]
    return lines


def _problem(problem: Problem) -> list[str]:
    place = ", ".join(
        part
        for part in (
            f"sheet {one_line(problem.sheet)}" if problem.sheet else "",
            f"row {problem.row}" if problem.row is not None else "",
            f"column {one_line(problem.column)}" if problem.column else "",
        )
        if part
    )
    expected = f"; expected {one_line(problem.expected)}" if problem.expected else ""
    lines = [f"- {f'{place}: ' if place else ''}{one_line(problem.actual)}{expected}"]
    return [*lines, f"  {one_line(problem.advice)}"] if problem.advice else lines


def rejected_rows(file: str, found: "RejectedRows") -> str:
    """The note of a workbook of rejected rows."""
    return (
        f"{one_line(file)} is in force, without {found.rows:,} of its rows.\n\n"
        "The workbook beside this note holds those rows. What is wrong with each stands in its first\n"
        "column, and the cell at fault is marked. Mend them there, save, and put the workbook into\n"
        "the drop folder as it is: its rows are then put where they belong.\n"
    )


def gave_up(file: str) -> str:
    """The note of a file that the program itself fails on."""
    return f"{one_line(file)} could not be read. {OUR_FAULT}\nNothing of it counts.\n"


def _quoted(words: list[str]) -> str:
    """A command line as the shell of this system takes it."""
    return subprocess.list2cmdline(words) if os.name == "nt" else shlex.join(words)
