"""Targets with a form to set one, and the settings in force, in words."""

from datetime import date
from typing import Any

import streamlit as st

from kpi import analysis
from kpi.access import Permission
from kpi.analysis import words
from kpi.analysis.results import Filters
from kpi.analysis.targets_compared import told_of_target
from kpi.datasets import DIMENSIONS
from kpi.figures.escape import clean, markdown
from kpi.measures import Kpi
from kpi.qms import Target
from kpi.settings import FILE_NAME
from pages.shared import cached, cards, identity, inputs, tables
from pages.shared.messages import say, small
from pages.shared.sitewords import calendar_example, settings_in_words

EVERYTHING = "Everything"

MOST_SHOWN = 5
"""Plants that an example is written for."""


def in_force() -> None:
    """The targets by KPI, slice and the day each is valid from."""
    home = inputs.here()
    kpis = {kpi.id: kpi for kpi in cached.catalogue(home)}
    found = [target for target in analysis.targets(home) if target.kpi in kpis]
    if not found:
        small(
            "Here will stand the targets, each with the day it is valid from. Set the first below."
        )
        return
    tables.table(
        ("KPI", "Where", "Target", "Valid from", "Due", "Set by", "Why"),
        [_line(target, kpis[target.kpi]) for target in found],
        numbers=(2,),
    )


def _line(target: Target, kpi: Kpi) -> tuple[str, ...]:
    return (
        kpi.title,
        words.slice_words(target.slice),
        words.value_text(target.value, kpi),
        target.valid_from.isoformat(),
        target.due.isoformat() if target.due else "",
        target.who,
        f"{target.objective} {target.why}".strip(),
    )


def form_for_managers() -> None:
    """The form for whoever may set a target anywhere; of which plants, the recording asks."""
    if identity.may(Permission.MANAGE):
        form()


def form() -> None:
    """Set a target: a KPI, everything or one value of a dimension, a number, a day, a reason."""
    home = inputs.here()
    kpis = {kpi.id: kpi for kpi in cached.catalogue(home) if kpi.computable}
    slices = _slices()
    with st.form("target", clear_on_submit=True):
        first, second = st.columns(2)
        kpi = first.selectbox("KPI", list(kpis), format_func=lambda k: _titled(kpis[k]))
        where = second.selectbox("Where", list(slices))
        third, fourth, fifth = st.columns(3)
        value = third.number_input("Target, in the KPI's unit", value=None, format="%g")
        day = fourth.date_input(
            "Valid from", value=date(inputs.now().year, 1, 1), format="YYYY-MM-DD"
        )
        due = fifth.date_input(
            "To be reached by (if there is a date)", value=None, format="YYYY-MM-DD"
        )
        why = st.text_input("Why", placeholder="For example: management review of January")
        if st.form_submit_button("Set the target", type="primary"):
            _set(kpi, slices[where], value, day, due, why)
    if told := inputs.told():
        say(told)


def _titled(kpi: Kpi) -> str:
    return f"{kpi.title} ({kpi.unit})" if kpi.unit else kpi.title


def _slices() -> dict[str, tuple[tuple[str, str], ...]]:
    present = cached.choices(inputs.here(), Filters())
    single = {
        f"{dimension.capitalize()}: {clean(value)}": ((dimension, value),)
        for dimension in DIMENSIONS
        for value in present.get(dimension, ())
    }
    return {EVERYTHING: (), **single}


def _set(
    kpi: str,
    where: tuple[tuple[str, str], ...],
    value: float | None,
    day: Any,
    due: Any,
    why: str,
) -> None:
    if value is None:
        inputs.tell("Enter the target as a number, such as 1.5.")
    else:
        target = Target(kpi, where, value, day, inputs.who(), why.strip(), due)
        analysis.set_target(inputs.here(), target, when=inputs.now())
        until = f" It shall be reached by {words.date_words(due)}." if due else ""
        differing = " ".join(told_of_target(inputs.here(), target))
        inputs.tell(f"The target holds from {words.date_words(day)} on.{until} {differing}".strip())
    st.rerun()


def settings() -> None:
    """Calendar, production day, fiscal year and the site choices that definitions leave open."""
    home = inputs.here()
    small(
        f"These come from the file {FILE_NAME} in {home.path}; what it does not say is as shown. "
        "Change it there and start the dashboard again."
    )
    _how_to_say_it()
    for title, lines in settings_in_words(home.settings):
        cards.section(title)
        cards.facts(lines, wide=True)


def _how_to_say_it() -> None:
    """What to write for the plants that have files and no calendar: planned time is unknown else."""
    home = inputs.here()
    said = {plant.name for plant in home.settings.plants}
    silent = [n for n in cached.choices(home, Filters()).get("plant", ()) if n not in said]
    if home.is_sample or not silent or not identity.may(Permission.MANAGE):
        return
    verb = "works" if len(silent) == 1 else "work"
    with st.expander(markdown(f"Say when {words.listed(silent[:MOST_SHOWN])} {verb}")):
        small(
            f"Two shifts and three closed days, as an example. Copy it into {FILE_NAME}, change it to what "
            "is true, and start the dashboard again. Without it planned time, availability and days "
            "without data are not known."
        )
        st.code(
            calendar_example(silent[:MOST_SHOWN], inputs.now().year),
            language="toml",
            wrap_lines=True,
        )
