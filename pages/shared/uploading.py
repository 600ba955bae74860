"""The way of a file: recognised, checked, what it changes, in force; and back again.

Each file dropped is one ``Journey``, kept in the session by the uploader's id. Its bytes go to a
private temporary file whose name is made here; the name the file came with is only ever shown.
"""

import tempfile
import weakref
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from shutil import rmtree
from typing import Any, Final

import streamlit as st

from kpi import analysis
from kpi.analysis.results import FileOutcome
from kpi.errors import KpiError
from kpi.figures.escape import html, markdown
from kpi.model import Question, Severity
from pages.shared import checking, inputs
from pages.shared.messages import say, show_error, small

STEPS: Final = ("recognised", "checked", "what it changes", "in force")

REACHED: Final = {
    "rejected": 0,
    "needs_answer": 0,
    "previewed": 2,
    "unchanged": 3,
    "committed": 3,
}
"""The step a file stands at, by the state of its outcome."""

MOST_BYTES_IN_NAME: Final = 80


@dataclass
class Journey:
    """One file on its way: where its bytes are, what was answered, what came of it so far."""

    name: str
    path: Path
    answers: dict[str, str] = field(default_factory=dict)
    outcome: FileOutcome | None = None
    undone: str = ""  # the sentence of the withdrawal

    def forget(self) -> None:
        """Look at the file again with the answers as they stand."""
        self.outcome = None


def leaving_the_sample() -> None:
    """Whose home the files go to, where that is not what the other pages show now."""
    if inputs.here().is_sample:
        small(
            "Your files go to a home of your own, which is empty now. The sample plant stays as it "
            "is, and leaves the other pages as soon as your first file is in force."
        )


def journeys() -> None:
    """The drop zone, and a card for each file in it."""
    files = st.file_uploader(
        "Drop exports here: xlsx, xls, csv, ods. Any layout; nothing counts before you say so.",
        accept_multiple_files=True,
        key="files",
    )
    _forget_absent({file.file_id for file in files})
    if not files:
        small(
            "Here will stand a card for each file: what it was recognised as, what is wrong in it, "
            "and which figures it would change. Then you decide."
        )
    for number, file in enumerate(files):
        _card(_journey(file), number)


def _journey(file: Any) -> Journey:
    known = inputs.uploads()
    if file.file_id not in known:
        folder = Path(tempfile.mkdtemp(prefix="clause-nine-"))
        path = folder / "upload"
        path.write_bytes(file.getbuffer())
        journey = Journey(name=file.name, path=path)
        weakref.finalize(journey, rmtree, folder, ignore_errors=True)
        known[file.file_id] = journey
    found: Journey = known[file.file_id]
    return found


def _forget_absent(present: set[str]) -> None:
    for gone in [file_id for file_id in inputs.uploads() if file_id not in present]:
        del inputs.uploads()[gone]


def _card(journey: Journey, number: int) -> None:
    with st.container(border=True, key=f"file-{number}"):
        st.html(f'<p class="cn-card-title">{html(journey.name, longest=MOST_BYTES_IN_NAME)}</p>')
        outcome = journey.outcome or _look(journey)
        if outcome is None:
            return
        _steps(outcome, undone=bool(journey.undone))
        say(journey.undone or outcome.says)
        if outcome.state == "needs_answer":
            _ask(journey, outcome, number)
        checking.report(outcome, number)
        if outcome.state == "previewed":
            _commit_button(journey, outcome, number)
        elif outcome.state == "committed" and not journey.undone:
            _undo_button(journey, outcome, number)
        elif outcome.state == "committed":
            _again_button(journey, number)


def _look(journey: Journey) -> FileOutcome | None:
    """Read the file without storing anything; an error is told on its card, not on the page."""
    return _run(journey, "Reading the file", dry_run=True)


def _run(journey: Journey, label: str, *, dry_run: bool) -> FileOutcome | None:
    with st.status(label, expanded=True) as status:
        bar = st.progress(0.0)

        def show(step: str, share: float) -> None:
            bar.progress(min(max(share, 0.0), 1.0), markdown(step))

        try:
            journey.outcome = analysis.ingest_file(
                inputs.own_home(),
                journey.path,
                name=journey.name,
                answers=journey.answers,
                who=inputs.who(),
                when=inputs.now(),
                dry_run=dry_run,
                progress=show,
            )
        except KpiError as error:
            status.update(label="Not read", state="error")
            show_error(error)
            return None
        status.update(label="Read", state="complete", expanded=False)
        bar.empty()
    st.rerun()


def _steps(outcome: FileOutcome, *, undone: bool) -> None:
    reached = 2 if undone else REACHED[outcome.state]
    items = "".join(
        f'<li class="{_step_style(i, reached)}"{_current(i, reached)}>{step}</li>'
        for i, step in enumerate(STEPS)
    )
    st.html(f'<ol class="cn-steps">{items}</ol>')


def _step_style(step: int, reached: int) -> str:
    return "cn-done" if step < reached else "cn-now" if step == reached else ""


def _current(step: int, reached: int) -> str:
    return ' aria-current="step"' if step == reached else ""


def _ask(journey: Journey, outcome: FileOutcome, number: int) -> None:
    """All questions as one form; the first candidate stands ready."""
    with st.form(f"questions-{number}"):
        given = {
            question.id: _question(question, f"{number} {question.id}")
            for question in outcome.questions
        }
        if st.form_submit_button("Confirm", type="primary", icon=":material/check:"):
            journey.answers.update(given)
            journey.forget()
            st.rerun()


def _question(question: Question, key: str) -> str:
    because = {candidate.value: candidate.because for candidate in question.candidates}
    asked, answered = st.columns([1, 1], gap="small")
    with asked:
        heading = f"<b>{html(question.heading)}</b> " if question.heading else ""
        st.html(f'<p class="cn-say">{heading}{html(question.ask, longest=1000)}</p>')
        if question.samples:
            where = f"Sheet {question.sheet}, for example: " if question.sheet else "For example: "
            small(where + ", ".join(question.samples[:4]))
    with answered:
        chosen: str = st.selectbox(
            markdown(question.heading or question.ask),
            list(because),
            key=f"answer {key}",
            format_func=lambda value: f"{value}: {because[value]}" if because[value] else value,
            label_visibility="collapsed",
        )
    return chosen


def _commit_button(journey: Journey, outcome: FileOutcome, number: int) -> None:
    rejected = [p for p in outcome.problems if p.severity is Severity.REJECTED]
    label = "Put in force without the rejected rows" if rejected else "Put in force"
    _once(label, f"commit-{number}", ":material/check_circle:", lambda: _commit(journey))


def _commit(journey: Journey) -> None:
    journey.undone = ""
    _run(journey, "Putting it in force", dry_run=False)


def _undo_button(journey: Journey, outcome: FileOutcome, number: int) -> None:
    _once("Undo", f"undo-{number}", ":material/undo:", lambda: _undo(journey, outcome), "secondary")


def _again_button(journey: Journey, number: int) -> None:
    _once(
        "Look at it again",
        f"again-{number}",
        ":material/refresh:",
        lambda: _again(journey),
        "secondary",
    )


def _again(journey: Journey) -> None:
    journey.undone = ""
    journey.forget()
    st.rerun()


def _undo(journey: Journey, outcome: FileOutcome) -> None:
    journey.undone = analysis.withdraw(
        inputs.own_home(),
        str(outcome.upload),
        who=inputs.who(),
        when=inputs.now(),
        why="Undone on the upload page",
    )
    st.rerun()


def _once(
    label: str, key: str, icon: str, act: Callable[[], None], kind: Any = "primary"
) -> None:  # fmt: skip
    if st.button(label, key=key, type=kind, icon=icon):
        act()
