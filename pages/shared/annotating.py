"""Below a chart: the step that seems to be there, and what people note: phases, points, events.

The chart changes only where somebody says why. A form keeps what was typed until it is recorded.
"""

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any, Final

import streamlit as st

from kpi.access import Permission
from kpi.analysis import annotating, words
from kpi.analysis.results import SeriesView, SuggestedStep
from kpi.errors import KpiError
from kpi.figures.escape import html, markdown
from kpi.qms import ChartNotes, Note
from pages.shared import cached, identity, inputs, tables
from pages.shared.messages import say, show_error, small

TITLES: Final = {
    "event": "Note an event",
    "point": "Exclude a point",
    "phase": "Start a new phase",
}

LOOKING_BACK: Final = (
    "The facts are shown as an earlier ledger entry had them. Go back to today's to add notes."
)


def draw(view: SeriesView) -> None:
    """The suggested step with its form, then everything people may note on this chart."""
    if told := inputs.told():
        st.success(markdown(told, longest=1000), icon=":material/check:")
    now = inputs.filters().ledger is None
    today = now and identity.may(Permission.MANAGE)  # of which plants, the recording asks
    if view.suggestion is not None and today:
        _suggestion(view, view.suggestion)
    elif today:
        _overtaken(view)
    notes = view.notes_on_chart
    with st.expander(_heading(notes)):
        _standing(notes, today=today)
        if today and _periods(view):
            _add(view)
        elif not now:
            small(LOOKING_BACK)
        _history(view)


def _heading(notes: ChartNotes) -> str:
    count = len(notes.phases) + len(notes.exclusions) + len(notes.events)
    if not count:
        return "Notes on this chart"
    return f"Notes on this chart: {words.small_number(count)}"


def _suggestion(view: SeriesView, step: SuggestedStep) -> None:
    with st.container(border=True, key="step"):
        say(f"{step.says} If you know the cause, accept it: limits then start anew.")
        with st.expander("Accept it as a new phase"):
            _phase_form(view, "step", first=step.period)


def _overtaken(view: SeriesView) -> None:
    """The step is gone while somebody wrote about it: another person was faster, or the data changed."""
    drafted = _draft("phase step", view)
    if cause := drafted.typed("cause"):
        drafted.done()
        st.warning(
            f"The chart has changed meanwhile, and this was not recorded: {markdown(cause)} "
            "The notes below say what stands now; add yours there.",
            icon=":material/info:",
        )


def _add(view: SeriesView) -> None:
    kind = inputs.choose(
        "What to add", f"note {view.kpi.id}", list(TITLES), words=TITLES, segmented=True
    )
    if kind == "event":
        _event_form(view)
    elif kind == "point":
        _point_form(view)
    else:
        _phase_form(view, "own", first=_periods(view)[0])


def _phase_form(view: SeriesView, name: str, *, first: str) -> None:
    drafted = _draft(f"phase {name}", view)
    periods = _periods(view)
    with st.form(drafted.form, border=False):
        left, right = st.columns(2)
        period = left.selectbox(
            "It begins with", periods, key=drafted.field("period", first, periods),
            format_func=words.period_words,
        )  # fmt: skip
        who = _who(right, drafted)
        cause = st.text_input(
            "Cause", key=drafted.field("cause", ""), placeholder="For example: new tool on press 2"
        )
        action = st.text_input(
            "Action or reference, if there is one",
            key=drafted.field("action", ""),
            placeholder="A-17",
        )
        if st.form_submit_button("Accept: limits start anew", type="primary"):
            _record(
                lambda: annotating.accept_step(
                    inputs.here(), view.kpi.id, inputs.filters(), str(period), cause=cause,
                    action=action, who=who, when=inputs.now(),
                ),
                drafted,
            )  # fmt: skip


def _point_form(view: SeriesView) -> None:
    drafted = _draft("point", view)
    with st.form(drafted.form, border=False):
        left, right = st.columns(2)
        periods = _periods(view)
        period = left.selectbox(
            "Point", periods, key=drafted.field("period", None, periods),
            format_func=words.period_words,
        )  # fmt: skip
        who = _who(right, drafted)
        reason = st.text_input(
            "Reason",
            key=drafted.field("reason", ""),
            placeholder="For example: stocktake, nothing was made",
        )
        small("It stays on the chart, hollow. Limits and runs are counted without it.")
        if st.form_submit_button("Exclude this point"):
            _record(
                lambda: annotating.exclude_point(
                    inputs.here(), view.kpi.id, inputs.filters(), str(period), reason=reason,
                    who=who, when=inputs.now(),
                ),
                drafted,
            )  # fmt: skip


def _event_form(view: SeriesView) -> None:
    drafted = _draft("event", view)
    with st.form(drafted.form, border=False):
        left, right = st.columns(2)
        day = left.date_input("Day", format="YYYY-MM-DD", key=drafted.field("day", _last_day(view)))
        who = _who(right, drafted)
        text = st.text_input(
            "What happened",
            key=drafted.field("text", ""),
            placeholder="For example: supplier changed",
        )
        left, right = st.columns(2)
        washout = left.number_input(
            "Days until its effect has settled", 0, annotating.LONGEST_WASHOUT,
            key=drafted.field("washout", 0),
        )  # fmt: skip
        hoped = right.number_input(
            "Change hoped for, in %", value=None, format="%g", key=drafted.field("hoped"),
            placeholder="-25 for a quarter less",
        )  # fmt: skip
        # Without a slice it would stand on every chart there is: that takes a choice.
        everywhere = not view.slice
        own = st.checkbox(
            f"Only for {markdown(view.kpi.title)}", key=drafted.field("own", everywhere)
        )
        small(
            "Otherwise it stands on every chart of every KPI."
            if everywhere
            else f"It stands on the charts of {view.slice_words}, and of everything in it."
        )
        if st.form_submit_button("Note this event"):
            _record(
                lambda: annotating.record_event(
                    inputs.here(), inputs.filters().where, _day(day), text, who=who,
                    when=inputs.now(), kpi_id=view.kpi.id if own else "", washout=int(washout),
                    hoped=None if hoped is None else float(hoped) / 100,
                ),
                drafted,
            )  # fmt: skip


def _who(place: Any, drafted: inputs.Draft) -> str:
    """Whose name stands beside a note: the person signed in; without sign-in whoever says so."""
    if identity.configured():
        return inputs.who()
    return str(place.text_input("Name", key=drafted.field("who", inputs.who())))


def _day(given: Any) -> date:
    return given if isinstance(given, date) else inputs.now().date()


def _last_day(view: SeriesView) -> date:
    """What a new event is set to at first: the last day there are data of."""
    return view.report_date or inputs.now().date()


def _draft(form: str, view: SeriesView) -> inputs.Draft:
    return inputs.Draft(f"{form} {view.kpi.id} {view.period} {view.slice}")


def _periods(view: SeriesView) -> list[str]:
    """The periods of the chart that have a figure, newest first."""
    return [str(p) for p in view.points.loc[view.points["value"].notna(), "period"]][::-1]


def _record(say_it: Callable[[], str], drafted: inputs.Draft) -> None:
    """Record what a form holds; what was typed stays where it cannot be recorded."""
    try:
        told = say_it()
    except KpiError as error:
        show_error(error)
        return
    drafted.done()
    inputs.tell(told)
    st.rerun()


def _standing(notes: ChartNotes, *, today: bool) -> None:
    """What stands on the chart, each with the way back."""
    listed: list[Note] = [*notes.phases, *notes.exclusions, *notes.events]
    for note in listed:
        with st.container(key=f"line-note {note.id}", horizontal=True, vertical_alignment="center"):
            said = annotating.note_words(inputs.here(), note)
            when = f", {words.date_words(note.when.date())}" if note.when else ""
            st.html(
                f'<p class="cn-say">{html(said, longest=700)}</p>'
                f'<p class="cn-small">{html(f"{note.who}{when}")}</p>'
            )
            if today:
                _take_back(note)


def _take_back(note: Note) -> None:
    drafted = inputs.Draft(f"back {note.id}")
    with st.popover("Take back"), st.form(drafted.form, border=False):
        why = st.text_input("Why is it taken back?", key=drafted.field("why", ""))
        who = _who(st, drafted)
        if st.form_submit_button("Take it back"):
            _record(
                lambda: annotating.take_note_back(
                    inputs.here(), note, why=why, who=who, when=inputs.now()
                ),
                drafted,
            )


def _history(view: SeriesView) -> None:
    lines: Sequence[annotating.NoteLine] = cached.note_history(
        inputs.here(), view.kpi.id, inputs.filters()
    )
    if not lines:
        small(
            "Nothing is noted here yet. What is, stands in the record for good, with who, when and why."
        )
        return
    st.html('<p class="cn-part">History</p>')
    tables.table(
        ("When", "Who", "What", "Why", "Version"),
        [
            (f"{line.when.astimezone():%Y-%m-%d %H:%M}", line.who, line.says, line.why,
             str(line.version))
            for line in lines
        ],
    )  # fmt: skip
