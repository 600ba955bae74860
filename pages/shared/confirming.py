"""The one screen to confirm: what is unclear first, then every column, then what will happen.

Files of one layout that ask the same share a screen: one answer serves them all.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

import streamlit as st

from kpi.analysis.contents import together
from kpi.analysis.fields import IGNORE, answer_title, field_title, is_read
from kpi.analysis.results import Contents, FileOutcome
from kpi.figures.escape import clean, html, markdown
from kpi.ingest import SheetNote
from kpi.model import ColumnReading, Question
from kpi.texts import said
from pages.shared.language import spoken, tr, tr_n
from pages.shared.messages import say, small

MOST_AS_RADIO: Final = 6
"""Candidates up to here are shown side by side with their reasons; more go into a list."""

MOST_NAMES: Final = 3
SAMPLES: Final = 3
LONGEST_SAMPLE: Final = 32

Answers = dict[str, str]
"""What was answered, by the id of the question, column or sheet."""


@dataclass(frozen=True)
class Asked:
    """A question as it is shown once, and the ids under which each file asks it."""

    question: Question
    ids: tuple[str, ...]
    asks: tuple[str, ...]  # the sentences, where the files do not say the same


def layout_of(outcome: FileOutcome) -> tuple[object, ...]:
    """What files have in common that can be confirmed together: headings, and what they ask."""
    headings = tuple(column.heading for column in outcome.columns)
    return headings, tuple(_same(question) for question in outcome.questions)


def _same(question: Question) -> tuple[object, ...]:
    """What makes two files ask the same: about the same heading, with the same answers to give."""
    return question.kind, question.heading, tuple(c.value for c in question.candidates)


def screen(
    outcomes: Sequence[FileOutcome],
    key: str,
    confirmed: Callable[[list[Answers]], None],
    *,
    folded: bool = False,
) -> None:
    """The form for files of one layout; ``confirmed`` gets the answers of each, in their order.

    ``folded``: the columns are looked at only by who opens them.
    """
    first = _plain(outcomes[0])
    with st.form(f"confirm-{key}", border=False):
        given = _questions(outcomes, key)
        chosen = _columns(first, key, outcomes, folded=folded)
        included = _sheets(first, key, outcomes)
        _will_happen(outcomes)
        label = tr("Confirm and see what it changes") if first.questions else tr("Read it again")
        kind: Literal["primary", "secondary"] = "primary" if first.questions else "secondary"
        with st.container(key=f"go-{key}"):
            pressed = st.form_submit_button(label, type=kind, icon=":material/check:")
    if pressed:
        confirmed([given[i] | chosen[i] | included[i] for i in range(len(outcomes))])


def _plain(outcome: FileOutcome) -> FileOutcome:
    """Where nothing is read of a file, its cells as they are: none of them is unusable yet."""
    if outcome.contents:
        return outcome
    return replace(outcome, columns=tuple(replace(c, reads_as=c.samples) for c in outcome.columns))


# --- questions --------------------------------------------------------------------------------


def _questions(outcomes: Sequence[FileOutcome], key: str) -> list[Answers]:
    answers: list[Answers] = [{} for _ in outcomes]
    asked = _asked(outcomes)
    if asked:
        _title(tr_n("{n} thing to confirm", "{n} things to confirm", len(asked)))
    readings = {c.question: c for c in outcomes[0].columns if c.question}
    for number, one in enumerate(asked):
        value = _question(one, readings.get(one.question.id), f"{key} {one.question.id}", number)
        for answer, number_there in zip(answers, one.ids, strict=True):
            answer[number_there] = value
    return answers


def _asked(outcomes: Sequence[FileOutcome]) -> list[Asked]:
    """The questions of the first file, each with its like in the others."""
    found = []
    for place, question in enumerate(outcomes[0].questions):
        theirs = [outcome.questions[place] for outcome in outcomes]
        # About a heading all ask the same, each with a value of its own; one of them will do.
        asks = tuple(
            dict.fromkeys(spoken(q.ask) for q in (theirs[:1] if question.heading else theirs))
        )
        found.append(Asked(question, tuple(q.id for q in theirs), asks))
    return found


def _question(asked: Asked, column: ColumnReading | None, key: str, number: int) -> str:
    question = asked.question
    because = {candidate.value: spoken(candidate.because) for candidate in question.candidates}
    with st.container(key=f"ask-{number}-{key}", border=True, gap="xsmall"):
        heading = f"<b>{html(question.heading)}</b> " if question.heading else ""
        letter = f"{_letter(column)} " if column is not None else ""
        asks = "".join(
            f'<p class="cn-say">{heading if place == 0 else ""}{letter if place == 0 else ""}'
            f"{html(ask, longest=1000)}</p>"
            for place, ask in enumerate(asked.asks[:MOST_NAMES])
        )
        st.html(asks)
        samples = question.samples or (column.samples if column is not None else ())
        if samples:
            small(_for_example(question.sheet, samples))
        return _candidates(question, because, key)


def _candidates(question: Question, because: Mapping[str, str], key: str) -> str:
    values = list(because)
    titles = {v: spoken(answer_title(v, question.kind)) for v in values}
    label = clean(spoken(question.ask), longest=1000)
    if len(values) <= MOST_AS_RADIO:
        captions = ["" if because[v] == titles[v] else markdown(because[v]) for v in values]
        chosen: str = st.radio(
            markdown(label, longest=1000),
            values,
            key=f"answer {key}",
            format_func=lambda v: markdown(titles[v]),
            captions=captions,
            label_visibility="collapsed",
        )
        return chosen
    picked: str = st.selectbox(
        markdown(label, longest=1000),
        values,
        key=f"answer {key}",
        format_func=lambda v: f"{titles[v]}: {because[v]}" if because[v] else titles[v],
        label_visibility="collapsed",
    )
    return picked


def _for_example(sheet: str, samples: Sequence[str]) -> str:
    listed = ", ".join(samples[:4])
    if sheet:
        return tr("Sheet {sheet}, for example: {samples}", sheet=sheet, samples=listed)
    return tr("For example: {samples}", samples=listed)


# --- columns ----------------------------------------------------------------------------------


def _columns(
    outcome: FileOutcome, key: str, outcomes: Sequence[FileOutcome], *, folded: bool
) -> list[Answers]:
    """A line for every column; those not needed, and those read as before, are folded away."""
    answers: list[Answers] = [{} for _ in outcomes]
    if not outcome.columns:
        return answers
    above = frozenset(q.id for q in outcome.questions if q.kind == "field")
    changed = [c for c in outcome.columns if c.change]
    known = bool(outcome.changes) or bool(changed)
    # Where nothing is read of a file, its fields are what a person has to say.
    used = [
        c for c in outcome.columns if not c.change and (is_read(c.field) or not outcome.contents)
    ]
    unused = [c for c in outcome.columns if not c.change and c not in used]
    picked: Answers = {}
    if known:
        _title(tr("What is different from last time"))
    for change in outcome.changes:
        say(spoken(change.says))
    if changed:
        picked |= _lines(changed, key, above)
    if known:
        with st.expander(
            tr_n("{n} column is read as before", "{n} columns are read as before", len(used))
        ):
            picked |= _lines(used, key, above)
    elif used and folded:
        with st.expander(tr("How every column is read")):
            picked |= _lines(used, key, above)
    elif used:
        _title(tr("How every column is read"))
        picked |= _lines(used, key, above)
    if unused:
        names = ", ".join(c.heading or c.letter for c in unused)
        label = tr_n(
            "{n} column is not needed: {names}",
            "{n} columns are not needed: {names}",
            len(unused),
            names=clean(names, longest=90),
        )
        with st.expander(markdown(label)):
            picked |= _lines(unused, key, above)
    for answer, theirs in zip(answers, outcomes, strict=True):
        for mine, like in zip(outcome.columns, theirs.columns, strict=True):
            if mine.id in picked:
                answer[like.id] = picked[mine.id]
    return answers


def _lines(columns: Sequence[ColumnReading], key: str, above: frozenset[str]) -> Answers:
    """One line a column, sheet by sheet; the fields that were changed, by the column's id."""
    sheets = list(dict.fromkeys(column.sheet for column in columns))
    picked: Answers = {}
    for sheet in sheets:
        if len(sheets) > 1:
            say(tr("Sheet {sheet}", sheet=sheet))
        picked |= _sheet_lines([c for c in columns if c.sheet == sheet], key, above)
    return picked


def _sheet_lines(columns: Sequence[ColumnReading], key: str, above: frozenset[str]) -> Answers:
    picked: Answers = {}
    st.html(
        '<div class="cn-line cn-line-head" aria-hidden="true">'
        f"<span>{html(tr('Column in the file'))}</span><span>{html(tr('How its values are read'))}</span>"
        f"<span>{html(tr('Why'))}</span></div>"
    )
    for column in columns:
        with st.container(key=f"line-{key}-{column.id}", gap=None):
            told, field = st.columns([7, 3], gap="small", vertical_alignment="center")
            with told:
                st.html(_line(column))
            with field:
                if column.question in above:
                    small(tr("asked above"))
                    continue
                value = _field(column, key)
        if value != column.field:
            picked[column.id] = value
    return picked


def _line(column: ColumnReading) -> str:
    name = html(column.heading) or f"<i>{html(tr('no heading'))}</i>"
    change = _change(column)
    note = f' <span class="cn-mark">{html(change)}</span>' if change else ""
    return (
        f'<div class="cn-line"><span class="cn-line-name"><b>{name}</b> {_letter(column)}{note}</span>'
        f"<span>{_samples(column)}</span>"
        f'<span class="cn-small">{html(spoken(column.because))}</span></div>'
    )


def _change(column: ColumnReading) -> str:
    if column.was:
        return tr("was {heading}", heading=column.was)
    return spoken(_CHANGES.get(column.change, column.change))


_CHANGES: Final = {
    "new": said("new column"),
    "moved": said("moved"),
    "renamed": said("renamed"),
}


def _letter(column: ColumnReading) -> str:
    where = f"{column.sheet} {column.letter}" if column.sheet else column.letter
    return f'<span class="cn-letter" title="{html(where)}">{html(column.letter)}</span>'


def _samples(column: ColumnReading) -> str:
    """Sample values, each with what it is read as where that differs."""
    if not column.samples:
        return f'<span class="cn-small">{html(tr("empty"))}</span>'
    shown = []
    for place, sample in enumerate(column.samples[:SAMPLES]):
        became = spoken(column.reads_as[place]) if place < len(column.reads_as) else ""
        text = f'<span class="cn-cell">{html(sample, longest=LONGEST_SAMPLE)}</span>'
        if not is_read(column.field) or became == sample:
            shown.append(text)
        elif became:
            shown.append(f"{text} → {html(became, longest=60)}")
        else:
            shown.append(f'{text} → <span class="cn-jump">{html(tr("cannot be used"))}</span>')
    plain = all("→" not in text for text in shown)
    return (" · " if plain else "<br>").join(shown)


def _field(column: ColumnReading, key: str) -> str:
    """The field of a column, to be changed on the spot."""
    options = list(dict.fromkeys([column.field or IGNORE, *(c.value for c in column.choices)]))
    titles = {value: spoken(field_title(value)) for value in options}
    if len(options) < 2:
        say(titles[options[0]])
        return column.field
    chosen: str = st.selectbox(
        markdown(tr("Read column {heading} as", heading=column.heading or column.letter)),
        options,
        key=f"column {key} {column.id}",
        format_func=titles.__getitem__,
        label_visibility="collapsed",
    )
    return chosen if chosen != (column.field or IGNORE) else column.field


# --- sheets, and what will happen -------------------------------------------------------------


def _sheets(outcome: FileOutcome, key: str, outcomes: Sequence[FileOutcome]) -> list[Answers]:
    """Sheets that are left out, each with why; they can be included."""
    answers: list[Answers] = [{} for _ in outcomes]
    left = [sheet for sheet in outcome.sheets if sheet.name and not sheet.used]
    if not left:
        return answers
    label = tr_n("{n} sheet is left out", "{n} sheets are left out", len(left))
    with st.expander(markdown(label)):
        for sheet in left:
            if _include(sheet, key):
                for answer, theirs in zip(answers, outcomes, strict=True):
                    answer |= {s.id: "include" for s in theirs.sheets if s.name == sheet.name}
    return answers


def _include(sheet: SheetNote, key: str) -> bool:
    why = spoken(sheet.why)
    told = tr_n(
        "{sheet}: {why} ({n} row)",
        "{sheet}: {why} ({n} rows)",
        sheet.rows,
        sheet=sheet.name,
        why=why,
    )
    if not sheet.id:
        say(told)
        return False
    return bool(
        st.checkbox(
            markdown(tr("Read sheet {sheet} too", sheet=sheet.name)),
            key=f"sheet {key} {sheet.id}",
            help=markdown(told),
        )
    )


def _will_happen(outcomes: Sequence[FileOutcome]) -> None:
    contents = together(outcome.contents for outcome in outcomes)
    if contents:
        _title(tr("What will be in force"))
        st.html(contents_html(contents))


def contents_html(contents: Sequence[Contents]) -> str:
    """What files hold, a line per dataset."""
    lines = "".join(
        f"<li><b>{html(spoken(one.title))}:</b> "
        f"{html(' '.join(spoken(text) for text in one.says), longest=1000)}</li>"
        for one in contents
    )
    return f'<ul class="cn-list">{lines}</ul>'


def _title(text: str) -> None:
    st.html(f'<h3 class="cn-part">{html(text)}</h3>')
