"""What could not be used of a file: by kind with counts, row by row, and to take along."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Final

import pandas as pd
import streamlit as st

from kpi.analysis.mending import rejected_rows
from kpi.analysis.results import FileOutcome
from kpi.figures.escape import clean, html
from kpi.model import Problem, Severity
from kpi.reports.rejected import rejected_workbook
from kpi.safe_text import file_name
from kpi.texts import Said, said, said_n
from pages.shared import inputs, tables
from pages.shared.journeys import Journey
from pages.shared.language import spoken, tr, written
from pages.shared.messages import small

MOST_KINDS: Final = 30
MOST_ROWS: Final = 50

SEVERITY_WORDS: Final = {
    Severity.REJECTED: said("rejected"),
    Severity.WARNING: said("warning"),
    Severity.NOTE: said("note"),
}


@dataclass(frozen=True)
class Kind:
    """Problems that are of one sort: the same column, the same expectation, the same advice."""

    severity: Severity
    sheet: str
    column: str | None
    expected: str
    advice: str
    problems: tuple[Problem, ...]

    @property
    def count(self) -> int:
        """How many cells or rows; those counted and not listed included."""
        return sum(_counted(problem) for problem in self.problems)


def kinds_of(problems: Sequence[Problem]) -> tuple[Kind, ...]:
    """The problems but for notes, by kind: rejections first, then by how many they are."""
    found: dict[tuple[object, ...], list[Problem]] = {}
    for problem in problems:
        if problem.severity is Severity.NOTE:
            continue
        key = (
            problem.severity, problem.sheet, problem.column, _template(problem.expected),
            _template(problem.advice),
        )  # fmt: skip
        found.setdefault(key, []).append(problem)
    kinds = [
        Kind(
            own[0].severity, own[0].sheet, own[0].column, own[0].expected, own[0].advice, tuple(own)
        )
        for own in found.values()
    ]
    return tuple(sorted(kinds, key=lambda k: (k.severity is not Severity.REJECTED, -k.count)))


def _template(text: str) -> str:
    return text.template if isinstance(text, Said) else text


MORE: Final = said_n("{n} more of this kind", "{n} more of this kind", n=2).template


def _counted(problem: Problem) -> int:
    actual = problem.actual
    if isinstance(actual, Said) and actual.template == MORE:
        return int(actual.values["n"])
    return 1


def show(outcome: FileOutcome, journey: Journey) -> None:
    """Notes as sentences, the other problems by kind, each with its rows, and the downloads."""
    key = journey.key
    if not outcome.problems:
        return
    st.html(f'<h3 class="cn-part">{html(_headline(outcome.problems))}</h3>')
    kinds = kinds_of(outcome.problems)
    if kinds:
        st.html(_by_kind(kinds[:MOST_KINDS]))
    if len(kinds) > MOST_KINDS:
        small(tr("The first {n} kinds; the file below has them all.", n=MOST_KINDS))
    notes = [p for p in outcome.problems if p.severity is Severity.NOTE]
    if notes:
        told = "".join(f'<p class="cn-say">{html(remark(p), longest=1000)}</p>' for p in notes)
        st.html(f'<div class="cn-notes">{told}</div>')
    with st.container(horizontal=True, key=f"take-{key}"):
        if any(part.rows_rejected for part in outcome.datasets):
            _workbook(outcome, journey)
        tables.download(
            tr("Save the list as CSV"),
            _frame(outcome.problems),
            f"{_stem(outcome)} problems",
            key=f"problems-{key}",
        )


def _frame(problems: Sequence[Problem]) -> pd.DataFrame:
    """All problems to take along, one line each, in the order found and in the reader's words."""
    return pd.DataFrame(
        [
            (
                spoken(SEVERITY_WORDS[p.severity]),
                p.sheet,
                p.row,
                p.column,
                spoken(p.expected),
                spoken(p.actual),
                spoken(p.advice),
            )
            for p in problems
        ],
        columns=[
            tr("What became of it"),
            tr("Sheet"),
            tr("Row"),
            tr("Column"),
            tr("Expected"),
            tr("Found"),
            tr("What to do"),
        ],
    )


def _workbook(outcome: FileOutcome, journey: Journey) -> None:
    """The rejected rows with their reasons, to be mended and uploaded as they are."""
    home, answers = inputs.own_home(), dict(journey.answers)
    source = str(outcome.upload) if journey.state == "committed" else journey.path

    def made() -> bytes:
        return rejected_workbook(rejected_rows(home, source, name=journey.name, answers=answers))

    st.download_button(
        tr("Save the rejected rows, to mend and upload as they are"),
        data=made,
        file_name=file_name(f"{_stem(outcome)} rejected", "xlsx"),
        mime="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        icon=":material/table_view:",
        key=f"workbook {journey.key}",
        on_click="ignore",
        wrap=True,
    )


def _stem(outcome: FileOutcome) -> str:
    return PurePath(clean(outcome.file)).stem


def _headline(problems: Sequence[Problem]) -> str:
    counts = {s: sum(_counted(p) for p in problems if p.severity is s) for s in Severity}
    words = {
        Severity.REJECTED: tr("{n} rejected", n=counts[Severity.REJECTED]),
        Severity.WARNING: tr("{n} to look at", n=counts[Severity.WARNING]),
        Severity.NOTE: tr("{n} to know", n=counts[Severity.NOTE]),
    }
    told = ", ".join(words[s] for s in Severity if counts[s])
    return f"{told[:1].upper()}{told[1:]}"


def _by_kind(kinds: Sequence[Kind]) -> str:
    return "".join(_kind(kind) for kind in kinds)


def _kind(kind: Kind) -> str:
    """One kind as a line that opens onto its rows."""
    what = spoken(kind.expected) or spoken(kind.problems[0].actual)
    where = ", ".join(_places(kind))
    rejected = ' class="cn-jump"' if kind.severity is Severity.REJECTED else ""
    head = (
        f'<span class="cn-count">{html(written(kind.count))}</span>'
        f"<span><b{rejected}>{html(spoken(SEVERITY_WORDS[kind.severity]))}</b>"
        f"{' · ' + html(where) if where else ''}: "
        f"{html(_expectation(kind, what), longest=600)}"
        f'<br><span class="cn-small">{html(spoken(kind.advice), longest=600)}</span></span>'
    )
    return f'<details class="cn-kind"><summary>{head}</summary>{_rows(kind)}</details>'


def _expectation(kind: Kind, what: str) -> str:
    return tr("expected: {what}", what=what) if kind.expected else what


def _places(kind: Kind) -> list[str]:
    places = []
    if kind.column:
        places.append(tr("column {column}", column=kind.column))
    if kind.sheet:
        places.append(tr("sheet {sheet}", sheet=kind.sheet))
    return places


def _rows(kind: Kind) -> str:
    lines = [
        ("" if p.row is None else str(p.row), spoken(p.actual)) for p in kind.problems[:MOST_ROWS]
    ]
    body = "".join(
        f'<tr><td data-label="{html(tr("Row"))}">{html(row)}</td>'
        f'<td data-label="{html(tr("Found"))}">{html(found, longest=600)}</td></tr>'
        for row, found in lines
    )
    more = kind.count - len(lines)
    rest = (
        f'<p class="cn-small">{html(tr("{n} more; the file below has them.", n=more))}</p>'
        if more > 0
        else ""
    )
    return (
        '<table class="cn-table cn-cards"><thead><tr>'
        f'<th scope="col">{html(tr("Row"))}</th><th scope="col">{html(tr("Found"))}</th>'
        f"</tr></thead><tbody>{body}</tbody></table>{rest}"
    )


def remark(problem: Problem) -> str:
    """A note as a sentence, with its place where it has one."""
    place = ", ".join(
        part
        for part in (
            tr("sheet {sheet}", sheet=problem.sheet) if problem.sheet else "",
            tr("row {row}", row=str(problem.row)) if problem.row is not None else "",
        )
        if part
    )
    told = spoken(problem.actual)
    told = f"{told[:1].upper()}{told[1:]}".rstrip(".")
    text = f"{told} ({place})." if place else f"{told}."
    return f"{text} {spoken(problem.advice)}".strip()
