"""The first month as a list of steps, on the overview until the first review is held."""

import streamlit as st

from kpi.access import Permission
from kpi.analysis.guide import Guide, Step
from kpi.figures.escape import markdown
from pages.shared import cached, identity, inputs, menu
from pages.shared.messages import say, small

HIDDEN = "first month"

COME_BACK = "The list stands on the page Evidence whenever you want it."


def on_overview() -> None:
    """The steps that are left, for whoever manages a plant; nothing once done, hidden, or in the sample."""
    if inputs.here().is_sample or not identity.may(Permission.MANAGE) or inputs.hidden(HIDDEN):
        return
    found = cached.first_month(inputs.here())
    if found.next is not None:
        with st.container(border=True, key="first month", gap="small"):
            _steps(found)
            st.button("Hide this list", on_click=inputs.hide, args=(HIDDEN,), help=COME_BACK)


def on_evidence() -> None:
    """The steps, folded away, until all are done."""
    if inputs.here().is_sample:
        return
    found = cached.first_month(inputs.here())
    if found.next is not None:
        with st.expander("The first month"):
            _steps(found)


def _steps(found: Guide) -> None:
    st.html('<p class="cn-card-title">The first month</p>')
    say(found.says)
    left = [step for step in found.steps if not step.done]
    done = [step.title for step in found.steps if step.done]
    for step in left:
        _step(step)
    if done:
        small(f"Done: {'; '.join(done)}.")


def _step(step: Step) -> None:
    with st.container(gap="xsmall", key=f"step {step.key}"):
        file = f"{step.page}.py" if step.page in menu.ADDRESSES else menu.FRONT
        st.page_link(file, label=markdown(step.title), icon=":material/radio_button_unchecked:")
        small(step.says)
