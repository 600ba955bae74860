"""The minutes of a management review: who was there, what was said of each input, the conclusion."""

from typing import Any, Final

import streamlit as st

from kpi.analysis import registering
from kpi.analysis.agenda_results import Agenda
from kpi.figures.escape import html
from kpi.qms.register import LONGEST_TEXT, Recorded
from kpi.qms.reviews import (
    CONCLUSIONS,
    REVIEW,
    Attendee,
    Conclusion,
    Discussed,
    Judged,
    Review,
    ReviewStatus,
)
from pages.shared import cards, inputs, recordform, tables
from pages.shared.messages import say, small

SPARE: Final = 1
"""Empty rows below those that are filled in; what else is asked of a person follows their name."""


def draw(entry: Recorded[Review], agenda: Agenda) -> None:
    """The form of the minutes; of an approved review, or to whoever may not change them, their text."""
    closed = entry.item.status is ReviewStatus.APPROVED
    if closed or not registering.may_change(inputs.here(), entry.item):
        _read(entry.item, agenda)
        return
    held = entry.item.status is ReviewStatus.HELD
    if held:
        small("A correction of held minutes is a new version, with its reason in the history.")
    recordform.form(
        REVIEW, entry, only=("attendance",), key="minutes", label="Record the minutes",
        why="" if held else "Minutes", then="The minutes are recorded.",
        own={
            "attendance": _attendance,
            "discussion": lambda draft, value, _: _discussion(draft, value, agenda),
            "conclusion": _conclusion,
        },
    )  # fmt: skip


def _attendance(draft: inputs.Draft, value: Any, _: dict[str, Any]) -> tuple[Attendee, ...]:
    known: tuple[Attendee, ...] = tuple(value or ())
    cards.section("Attendance")
    out = []
    typed = [int(k.split()[1]) + 1 for k in draft.everything() if k.startswith("attendee ")]
    for row in range(max([len(known), *typed]) + SPARE):
        one = known[row] if row < len(known) else Attendee(name="")
        name, role, top, there = _beside(f"attendee {draft.form} {row}", [3, 3, 2, 2])
        called = _line(name, draft, f"attendee {row} name", "Name", one.name)
        if not called:
            continue
        found = Attendee(
            name=called,
            role=_line(role, draft, f"attendee {row} role", "Role", one.role),
            top=_tick(top, draft, f"attendee {row} top", "Top management", one.top),
            present=_tick(there, draft, f"attendee {row} there", "Present", one.present),
        )
        out.append(found)
    return tuple(out)


def _beside(key: str, widths: list[int]) -> list[Any]:
    """Columns; on a telephone two stay beside each other, by their key (see look.css)."""
    with st.container(key=f"two {key}"):
        return list(st.columns(widths, vertical_alignment="bottom"))


def _line(place: Any, draft: inputs.Draft, name: str, label: str, known: str) -> str:
    typed: str = place.text_input(
        label, key=draft.field(name, known), on_change=draft.keeper(name, known)
    )
    return " ".join(typed.split())


def _tick(place: Any, draft: inputs.Draft, name: str, label: str, known: bool) -> bool:
    return bool(
        place.checkbox(label, key=draft.field(name, known), on_change=draft.keeper(name, known))
    )


def _discussion(draft: inputs.Draft, value: Any, agenda: Agenda) -> tuple[Discussed, ...]:
    known = {one.key: one.text for one in value or ()}
    cards.section("What was said")
    out = []
    for one in agenda.inputs:
        with st.container(gap="xxsmall", key=f"said {draft.form} {one.key}"):
            st.html(
                f'<p class="cn-say"><span class="cn-letter">{html(one.letter)}</span> '
                f"<b>{html(one.title)}</b></p>"
            )
            small(one.nothing or one.finding)
            # As high as what is written: fourteen fields have room on a telephone, too.
            text = st.text_area(
                f"{one.letter} {one.title}", max_chars=LONGEST_TEXT, height="content",
                label_visibility="collapsed",
                key=draft.field(f"said {one.key}", known.get(one.key, "")),
                on_change=draft.keeper(f"said {one.key}", known.get(one.key, "")),
            ).strip()  # fmt: skip
        if text:
            out.append(Discussed(key=one.key, text=text))
    # What was said of an input that another edition asks for stays on record.
    shown = {one.key for one in agenda.inputs}
    return (*out, *(one for one in value or () if one.key not in shown))


def _conclusion(draft: inputs.Draft, value: Any, _: dict[str, Any]) -> tuple[Conclusion, ...]:
    known = {one.word: one for one in value or ()}
    cards.section("Conclusion: is the quality management system …")
    out = []
    for word in CONCLUSIONS:
        one = known.get(word, Conclusion(word=word))
        left, right = _beside(f"conclusion {draft.form} {word}", [2, 5])
        choices = list(Judged)
        says = left.selectbox(
            f"… {word}?", choices, key=draft.field(f"is {word}", one.says, choices),
            on_change=draft.keeper(f"is {word}", one.says), format_func=_capital,
        )  # fmt: skip
        remark = _line(right, draft, f"remark {word}", "Remark", one.remark)
        out.append(Conclusion(word=word, says=says, remark=remark))
    return tuple(out)


def _capital(judged: Judged) -> str:
    return str(judged).capitalize()


def _read(review: Review, agenda: Agenda) -> None:
    cards.section("Attendance")
    tables.table(
        ("Name", "Role", "Top management", "Present"),
        [
            (a.name, a.role, "yes" if a.top else "no", "yes" if a.present else "no")
            for a in review.attendance
        ],
    )
    cards.section("What was said")
    said = [one for one in agenda.inputs if review.said_of(one.key)]
    for one in said:
        st.html(
            f'<p class="cn-say"><b>{html(one.letter)} {html(one.title)}:</b> '
            f"{html(review.said_of(one.key), longest=LONGEST_TEXT)}</p>"
        )
    if not said:
        small("Nothing was noted beside what the inputs say themselves.")
    if review.undecided:
        say(f"No decision was taken: {review.undecided}")
    cards.section("Conclusion")
    tables.table(
        ("The quality management system is", "Concluded", "Remark"),
        [(c.word, str(c.says), c.remark) for c in map(review.concluded, CONCLUSIONS)],
    )
