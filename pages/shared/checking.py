"""What a file holds and what it would change: the tables on its card."""

import streamlit as st

from kpi.analysis.results import DatasetReport, Effect, FileOutcome
from kpi.analysis.words import number
from kpi.datasets import DATASETS
from kpi.figures.escape import html
from kpi.model import Problem, Severity
from pages.shared import tables
from pages.shared.messages import small

MOST_EFFECTS = 12
MOST_PROBLEMS = 50

SEVERITY_WORDS = {
    Severity.REJECTED: "rejected",
    Severity.WARNING: "warning",
    Severity.NOTE: "note",
}


def report(outcome: FileOutcome, key: int) -> None:
    """Datasets, problems, effects; each only where there is something to say."""
    _effects(outcome.effects)
    _problems(outcome.problems, key)
    if outcome.datasets:
        with st.expander("How it was read"):
            _datasets(outcome)


def _effects(effects: tuple[Effect, ...]) -> None:
    if not effects:
        return
    st.html('<p class="cn-card-title">What it changes</p>')
    tables.table(
        ("KPI", "Of", "Period", "Before", "After", ""),
        [
            (
                e.title,
                e.slice_words,
                e.period,
                e.before,
                e.after,
                "larger than usual" if e.jump else None,
            )
            for e in effects[:MOST_EFFECTS]
        ],
        numbers=(3, 4),
    )
    if len(effects) > MOST_EFFECTS:
        with st.expander(f"{len(effects) - MOST_EFFECTS} more"):
            tables.table(
                ("KPI", "Of", "Period", "Before", "After"),
                [
                    (e.title, e.slice_words, e.period, e.before, e.after)
                    for e in effects[MOST_EFFECTS:]
                ],
                numbers=(3, 4),
            )


def _problems(problems: tuple[Problem, ...], key: int) -> None:
    if not problems:
        return
    st.html(f'<p class="cn-card-title">{html(_counted(problems))}</p>')
    remarks = [p for p in problems if p.severity is Severity.NOTE]
    st.html("".join(f'<p class="cn-say">{html(_remark(p), longest=1000)}</p>' for p in remarks))
    others = [p for p in problems if p.severity is not Severity.NOTE]
    if others:
        tables.table(
            ("Sheet", "Row", "Column", "Expected", "Found", "What to do", "Then"),
            [
                (p.sheet, p.row, p.column, p.expected, p.actual, p.advice,
                 SEVERITY_WORDS[p.severity])
                for p in others[:MOST_PROBLEMS]
            ],
        )  # fmt: skip
    if len(others) > MOST_PROBLEMS:
        small(f"The first {MOST_PROBLEMS} of {len(others)}; the file below has them all.")
    tables.download("Save the list as CSV", tables.problem_frame(problems), f"problems-{key + 1}")


def _remark(problem: Problem) -> str:
    """A note as a sentence, with its place where it has one."""
    place = ", ".join(
        part
        for part in (
            f"sheet {problem.sheet}" if problem.sheet else "",
            f"row {problem.row}" if problem.row is not None else "",
        )
        if part
    )
    said = f"{problem.actual[:1].upper()}{problem.actual[1:]}".rstrip(".")
    text = f"{said} ({place})." if place else f"{said}."
    return f"{text} {problem.advice}".strip()


def _counted(problems: tuple[Problem, ...]) -> str:
    counts = [
        (sum(p.severity is severity for p in problems), word)
        for severity, word in (
            (Severity.REJECTED, "rejected"),
            (Severity.WARNING, "to look at"),
            (Severity.NOTE, "to know"),
        )
    ]
    return ", ".join(f"{count} {word}" for count, word in counts if count).capitalize()


def _datasets(outcome: FileOutcome) -> None:
    for part in outcome.datasets:
        _dataset(part)
    small(f"SHA-256 {outcome.sha256}")


def _dataset(part: DatasetReport) -> None:
    title = DATASETS[part.dataset].title if part.dataset in DATASETS else part.dataset
    st.html(
        f'<p class="cn-card-title">{html(f"{title}, sheet {part.sheet}" if part.sheet else title)}</p>'
    )
    small(
        f"{number(part.rows_read, 0)} rows read, {number(part.rows_accepted, 0)} accepted, "
        f"{number(part.rows_rejected, 0)} rejected."
    )
    tables.table(("Heading in the file", "Read as"), list(part.mapping.items()))
    if part.conventions:
        tables.table(("Read with", ""), list(part.conventions.items()))
    if part.control_totals:
        tables.table(
            ("Total of", "The file says", "The rows say", ""),
            [
                (t.field, number(t.file_says, 2), number(t.rows_say, 2),
                 "agrees" if t.agrees else "differs")
                for t in part.control_totals
            ],
            numbers=(1, 2),
        )  # fmt: skip
    if not part.sample.empty:
        tables.sample(part.sample)
