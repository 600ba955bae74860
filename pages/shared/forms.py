"""Workbooks to fill in, offered where files are uploaded."""

import streamlit as st

from kpi.analysis.forms import forms
from pages.shared.language import tr
from pages.shared.messages import small

IN_A_ROW = 3


def offer() -> None:
    """A button for each workbook, folded away: most plants have an export."""
    with st.expander(tr("No export at hand? Workbooks to fill in"), icon=":material/table_view:"):
        small(
            tr("Each is read back without a question. A sheet of instructions tells its columns.")
        )
        columns = st.columns(IN_A_ROW)
        for place, form in enumerate(forms()):
            columns[place % IN_A_ROW].download_button(
                tr(form.title),
                data=form.path.read_bytes(),
                file_name=form.path.name,
                mime="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
                icon=":material/download:",
                key=f"form {form.path.stem}",
                on_click="ignore",
                width="stretch",
            )
