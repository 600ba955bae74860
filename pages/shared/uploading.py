"""The upload page: drop files, confirm what is unclear, see what they change, put them in force.

One file is a card; several are a list with the state of each, and one screen of questions for all
files of one layout.
"""

import json
from collections.abc import Callable, Sequence
from typing import Any, Final

import streamlit as st

from kpi.figures.escape import clean, html, markdown
from kpi.model import Severity
from kpi.texts import said
from pages.shared import checking, confirming, inputs, journeys, language, problems
from pages.shared.confirming import Answers
from pages.shared.journeys import STATE_WORDS, Journey
from pages.shared.language import spoken, tr, tr_n
from pages.shared.messages import say, show_error, small

STEPS: Final = (
    said("recognised"),
    said("checked"),
    said("what it changes"),
    said("in force"),
)

REACHED: Final = {
    "rejected": 0,
    "needs_answer": 0,
    "previewed": 2,
    "undone": 2,
    "unchanged": 3,
    "committed": 3,
}
"""The step a file stands at, by its state."""

ICONS: Final = {
    "waiting": ":material/hourglass_empty:",
    "failed": ":material/error:",
    "rejected": ":material/block:",
    "needs_answer": ":material/help:",
    "previewed": ":material/task_alt:",
    "unchanged": ":material/done_all:",
    "committed": ":material/check_circle:",
    "undone": ":material/undo:",
}

MOST_CHARACTERS_IN_NAME: Final = 80
MOST_NAMES: Final = 3


def leaving_the_sample() -> None:
    """Whose home the files go to, where that is not what the other pages show now."""
    if inputs.here().is_sample:
        small(
            tr(
                "Your files go to a home of your own, which is empty now. The sample plant stays as "
                "it is, and leaves the other pages as soon as your first file is in force."
            )
        )


def page() -> None:
    """The drop zone, and what became of the files in it."""
    _words_of_the_drop_zone()
    files = st.file_uploader(
        tr("Drop exports here: xlsx, xls, csv, ods. Any layout; nothing counts before you say so."),
        accept_multiple_files=True,
        key="files",
    )
    language.choice()
    journeys.forget_absent({file.file_id for file in files})
    found = journeys.from_drop_folders() + [journeys.journey_of(file) for file in files]
    if not found:
        small(
            tr(
                "Here will stand a card for each file: what it was recognised as, what is wrong in "
                "it, and which figures it would change. Then you decide."
            )
        )
        return
    journeys.look(found, weighed=len(found) == 1)
    if len(found) == 1:
        with st.container(border=True, key="file-0"):
            _name(found[0])
            card(found[0])
    else:
        _many(found)
    if any(journey.state == "committed" for journey in found):
        st.page_link("overview.py", label=tr("See the Overview"), icon=":material/arrow_forward:")


def _words_of_the_drop_zone() -> None:
    """The words Streamlit has in English only, in the reader's language."""
    words = {
        '[data-testid="stMarkdownContainer"] p': tr("Choose files"),
        '[data-testid="stFileUploaderDropzoneInstructions"] span': tr("or drop them here"),
    }
    rules = "".join(
        f'[data-testid="stFileUploaderDropzone"] {part}{{font-size:0}}'
        f'[data-testid="stFileUploaderDropzone"] {part}::after'
        f"{{font-size:.93rem;content:{json.dumps(text, ensure_ascii=False)}}}"
        for part, text in words.items()
    )
    st.html(f"<style>{rules}</style>")


# --- one file ---------------------------------------------------------------------------------


def _name(journey: Journey) -> None:
    name = html(journey.name, longest=MOST_CHARACTERS_IN_NAME)
    st.html(f'<h2 class="cn-card-title">{name}</h2>')


def _where_from(journey: Journey) -> None:
    if journey.aside is not None:
        small(
            tr(
                "Set aside in the drop folder {folder}, {since}.",
                folder=str(journey.aside.folder),
                since=journey.aside.since,
            )
        )


def card(journey: Journey, *, alone: bool = True) -> None:
    """One file: how far it came, what is asked, what it changes, what can be done.

    ``alone`` is ``False`` where its questions are asked together with those of other files.
    """
    journeys.weigh(journey)
    outcome = journey.outcome
    if outcome is None:
        show_error(ValueError(journey.error))
        return
    _where_from(journey)
    _steps(journey.state)
    say(spoken(journey.undone or outcome.says))
    if journey.state == "needs_answer" and alone:
        confirming.screen([outcome], journey.key, lambda given: _confirmed([journey], given))
    if journey.state in ("needs_answer", "previewed", "rejected"):
        checking.preview(outcome)
    _buttons(journey)
    problems.show(outcome, journey)
    if journey.state != "needs_answer":
        _how_it_was_read(journey)


def _how_it_was_read(journey: Journey) -> None:
    outcome = journey.outcome
    if outcome is None or not (outcome.columns or outcome.datasets):
        return
    by_hand = journey.state == "rejected" and any(c.choices for c in outcome.columns)
    unseen = journey.state == "previewed" and outcome.new_feed and not journey.answers
    label = tr("Name the columns yourself") if by_hand else tr("How it was read")
    with st.expander(label, expanded=by_hand or unseen):
        if by_hand or (journey.state == "previewed" and outcome.columns):
            confirming.screen([outcome], journey.key, lambda given: _confirmed([journey], given))
        checking.how_it_was_read(outcome)


def _confirmed(found: Sequence[Journey], given: list[Answers]) -> None:
    for journey, answers in zip(found, given, strict=True):
        journey.take(answers)
    st.rerun()


def _steps(state: str) -> None:
    reached = REACHED[state]
    items = "".join(
        f'<li class="{_step_style(i, reached)}"{_current(i, reached)}>{html(spoken(step))}</li>'
        for i, step in enumerate(STEPS)
    )
    st.html(f'<ol class="cn-steps">{items}</ol>')


def _step_style(step: int, reached: int) -> str:
    return "cn-done" if step < reached else "cn-now" if step == reached else ""


def _current(step: int, reached: int) -> str:
    return ' aria-current="step"' if step == reached else ""


def _buttons(journey: Journey) -> None:
    """What can be done with the file now: put it in force, take it back, look again."""
    outcome, number = journey.outcome, journey.key
    if outcome is None:
        return
    if journey.state == "previewed":
        rejected = any(p.severity is Severity.REJECTED for p in outcome.problems)
        label = tr("Put in force without the rejected rows") if rejected else tr("Put in force")
        _once(label, f"commit-{number}", ":material/check_circle:", lambda: _commit([journey]))
    elif journey.state == "committed":
        undo = lambda: _undo([journey])  # noqa: E731
        _once(tr("Undo"), f"undo-{number}", ":material/undo:", undo, "secondary")
    elif journey.state == "undone" and journey.aside is None:
        again = lambda: _again([journey])  # noqa: E731
        _once(tr("Look at it again"), f"again-{number}", ":material/refresh:", again, "secondary")


def _commit(found: Sequence[Journey]) -> None:
    journeys.put_in_force(found)
    st.rerun()


def _undo(found: Sequence[Journey]) -> None:
    journeys.take_back(found)
    st.rerun()


def _again(found: Sequence[Journey]) -> None:
    for journey in found:
        journey.forget()
    st.rerun()


def _once(
    label: str, key: str, icon: str, act: Callable[[], None], kind: Any = "primary"
) -> None:  # fmt: skip
    with st.container(key=f"go-{key}"):
        pressed = st.button(label, key=key, type=kind, icon=icon)
    if pressed:
        act()


# --- many files -------------------------------------------------------------------------------


def _many(found: Sequence[Journey]) -> None:
    """The state of all files at a glance, their questions by layout, and a line for each."""
    _at_a_glance(found)
    for number, group in enumerate(_groups(found)):
        with st.container(border=True, key=f"group-{number}"):
            _group(group, number)
    st.html(f'<h3 class="cn-part">{html(tr("Files"))}</h3>')
    with st.container(gap="xsmall"):
        for journey in found:
            _listed(journey)


def _at_a_glance(found: Sequence[Journey]) -> None:
    counts = {state: sum(j.state == state for j in found) for state in STATE_WORDS}
    told = " · ".join(
        f"{count} {spoken(STATE_WORDS[state])}" for state, count in counts.items() if count
    )
    total = tr_n("{n} file", "{n} files", len(found))
    st.html(f'<p class="cn-card-title">{html(f"{total}: {told}")}</p>')
    ready = [j for j in found if j.state == "previewed"]
    done = [j for j in found if j.state == "committed"]
    with st.container(horizontal=True, key="all"):
        if ready:
            label = tr_n("Put {n} file in force", "Put {n} files in force", len(ready))
            _once(label, "commit-all", ":material/check_circle:", lambda: _commit(ready))
        if len(done) > 1:
            label = tr("Take all {n} back", n=len(done))
            _once(label, "undo-all", ":material/undo:", lambda: _undo(done), "secondary")


def _groups(found: Sequence[Journey]) -> list[list[Journey]]:
    """Files that need an answer, those of one layout that ask the same together."""
    groups: dict[tuple[object, ...], list[Journey]] = {}
    for journey in found:
        if journey.state == "needs_answer" and journey.outcome is not None:
            groups.setdefault(confirming.layout_of(journey.outcome), []).append(journey)
    return list(groups.values())


def _group(group: Sequence[Journey], number: int) -> None:
    names = ", ".join(journey.name for journey in group[:MOST_NAMES])
    if len(group) > MOST_NAMES:
        names = tr("{names} and {more} more", names=names, more=len(group) - MOST_NAMES)
    if len(group) > 1:
        names = tr("One answer for {n} files of one layout: {names}", n=len(group), names=names)
    st.html(f'<h2 class="cn-card-title">{html(names, longest=600)}</h2>')
    outcomes = [journey.outcome for journey in group if journey.outcome is not None]
    say(spoken(outcomes[0].says))
    key = f"group {number} {group[0].key}"
    confirming.screen(outcomes, key, lambda given: _confirmed(group, given), folded=True)


def _listed(journey: Journey) -> None:
    """A line that opens: name, state, what it was recognised as."""
    outcome = journey.outcome
    titles = ", ".join(spoken(one.title) for one in outcome.contents) if outcome else ""
    rows = outcome.rows if outcome else 0
    told = [spoken(STATE_WORDS[journey.state])]
    if journey.aside is not None:
        told.insert(0, tr("drop folder"))
    if titles:
        told.append(tr_n("{titles}, {n} row", "{titles}, {n} rows", rows, titles=titles))
    name = markdown(clean(journey.name, longest=60))
    label = f"**{name}** · {markdown(' · '.join(told))}"
    opened = st.expander(
        label, key=f"listed-{journey.key}", icon=ICONS[journey.state], on_change="rerun"
    )
    if opened.open:
        with opened:
            card(journey, alone=False)
