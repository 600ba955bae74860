"""The form of an objective: its fields, the baseline from data, target steps and milestones."""

from dataclasses import replace
from datetime import date
from math import nan
from typing import Any, Final

import streamlit as st

from kpi.analysis import months_to_review, objective_words, registering
from kpi.analysis.objectives import baseline_of
from kpi.calendar import month_bounds
from kpi.errors import KpiError
from kpi.qms.objectives import NO_DAY, OBJECTIVE, Aim, Milestone, Objective, Step
from kpi.qms.register import Recorded
from pages.shared import cached, inputs, recordform
from pages.shared.messages import small

LATER: Final = ("status", "conclusion")
"""What is not asked of an objective that begins."""

NEW: Final = (
    "title", "kpi", "slice", "window", "aim", "amount", "start", "due", "baseline",
    "baseline_first", "baseline_last", "owner", "resources", "policy", "links",
)  # fmt: skip

_SAID: Final = "(baseline)"
"""Under which name of the draft stands what was said of the baseline."""

SPARE: Final = 2
"""Empty rows below those that are filled in."""


def new(parent: Recorded[Objective] | None = None) -> None:
    """The form for a new objective; one that serves ``parent`` begins with its KPI and dates."""
    today = inputs.now().date()
    first, last = _baseline_days(today)
    start = Objective(
        title="", start=date(today.year, 1, 1), due=date(today.year, 12, 31),
        baseline_first=first, baseline_last=last,
    )  # fmt: skip
    if parent is not None:
        item = parent.item
        start = replace(
            start, kpi=item.kpi, window=item.window, start=item.start, due=item.due,
            policy=item.policy, slice=item.slice, links=(parent.id,),
        )  # fmt: skip
    recordform.form(OBJECTIVE, preset=start, only=NEW, key=parent.id if parent else "", own=_OWN)


def _baseline_days(today: date) -> tuple[date, date]:
    """Last year; where nothing of it is on file, all months that are."""
    before = str(today.year - 1)
    months = months_to_review(inputs.here())
    if not months or any(month.startswith(before) for month in months):
        return date(today.year - 1, 1, 1), date(today.year - 1, 12, 31)
    return month_bounds(months[-1])[0], month_bounds(months[0])[1]


def change(entry: Recorded[Objective]) -> None:
    """The form to change an objective, its steps and milestones."""
    recordform.form(OBJECTIVE, entry, own=_OWN)


# --- baseline ---------------------------------------------------------------------------------


def _steps_and_baseline(
    draft: inputs.Draft, value: Any, values: dict[str, Any]
) -> tuple[Step, ...]:
    _baseline(draft, values)
    _meaning(values)
    return _steps(draft, tuple(value or ()))


def _baseline(draft: inputs.Draft, values: dict[str, Any]) -> None:
    """A button that computes the baseline from the days given, and puts it into its field."""
    first, last = values.get("baseline_first"), values.get("baseline_last")
    st.button(
        "Compute the baseline from the data", key=f"{draft.form} baseline",
        disabled=not (values.get("kpi") and first and last),
        on_click=_compute, args=(draft, values, first, last),
        help="Of the KPI and what it is of, over the months of the two days. It is then kept.",
    )  # fmt: skip
    small(draft.typed(_SAID))


def _compute(draft: inputs.Draft, values: dict[str, Any], first: date, last: date) -> None:
    """Before the form is drawn again: only then may a field be given another value."""
    typed = draft.everything()
    try:
        found = baseline_of(
            inputs.here(), values["kpi"], values["slice"], values["window"], first, last
        )
    except KpiError as error:
        draft.renew({**typed, _SAID: str(error)})
        return
    known = {} if found.value is None else {"baseline": found.value}
    draft.renew({**typed, **known, _SAID: found.says})


def _meaning(values: dict[str, Any]) -> None:
    """The level that a reduction or an increase means."""
    kpi = next((k for k in cached.catalogue(inputs.here()) if k.id == values.get("kpi")), None)
    if kpi is None or values.get("aim") is Aim.LEVEL or values.get("amount") is None:
        return
    item = Objective(title="", aim=values["aim"], amount=values["amount"],
                     baseline=values.get("baseline"))  # fmt: skip
    small(f"The target is {objective_words.target_words(item, kpi)}.")


# --- rows -------------------------------------------------------------------------------------


def _steps(draft: inputs.Draft, steps: tuple[Step, ...]) -> tuple[Step, ...]:
    out = []
    with st.expander("Target steps on the way", expanded=bool(steps)):
        small(
            "From a day on, the target line of the chart stands at this level, in the KPI's unit."
        )
        for row in range(_rows(draft, "step", len(steps))):
            step = steps[row] if row < len(steps) else None
            first, second = st.columns(2)
            day = _day(first, draft, f"step {row} day", "From", step.day if step else None)
            level = second.number_input(
                "Level", value=None, format="%.10g",
                key=draft.field(f"step {row} level", step.level if step else None),
                on_change=draft.keeper(f"step {row} level", step.level if step else None),
            )  # fmt: skip
            if day is not None or level is not None:
                out.append(Step(day or NO_DAY, nan if level is None else float(level)))
    return tuple(out)


def _milestones(draft: inputs.Draft, value: Any, values: dict[str, Any]) -> tuple[Milestone, ...]:
    milestones: tuple[Milestone, ...] = tuple(value or ())
    out = []
    with st.expander("Milestones", expanded=bool(milestones)):
        for row in range(_rows(draft, "milestone", len(milestones))):
            known = milestones[row] if row < len(milestones) else Milestone("")
            first, second, third = st.columns([2, 1, 1])
            what = first.text_input(
                "What is done", key=draft.field(f"milestone {row} what", known.what),
                on_change=draft.keeper(f"milestone {row} what", known.what),
            ).strip()  # fmt: skip
            due = _day(second, draft, f"milestone {row} due", "Due", known.due)
            done = _day(third, draft, f"milestone {row} done", "Done on", known.done)
            if what or due or done:
                out.append(Milestone(what, due, done))
    return tuple(out)


def _rows(draft: inputs.Draft, name: str, recorded: int) -> int:
    """How many rows are shown: those filled in, and a few empty ones."""
    typed = [int(key.split()[1]) + 1 for key in draft.everything() if key.startswith(f"{name} ")]
    return max([recorded, *typed]) + SPARE


def _day(place: Any, draft: inputs.Draft, name: str, label: str, known: date | None) -> date | None:
    found = place.date_input(
        label, value=None, format="YYYY-MM-DD", key=draft.field(name, known),
        on_change=draft.keeper(name, known),
    )  # fmt: skip
    return found if isinstance(found, date) else None


_OWN: Final = {"steps": _steps_and_baseline, "milestones": _milestones}


def may_change(entry: Recorded[Objective]) -> bool:
    """Whether whoever looks may change it."""
    return registering.may_change(inputs.here(), entry.item)
