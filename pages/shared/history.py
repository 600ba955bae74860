"""The ledger as a table, and the withdrawal of an upload."""

import pandas as pd
import streamlit as st

from kpi import analysis
from kpi.analysis import permitted
from kpi.analysis.results import LedgerLine
from kpi.analysis.trail_head import trail_head
from kpi.figures.escape import clean
from pages.shared import cached, inputs, tables
from pages.shared.messages import say, small

HEADINGS = ("Entry", "When", "Who", "File", "Feed", "Data date", "Covers", "Rows", "State")

WHOLE = (0, 5)
"""Entry and data date stay on one line."""

NEWEST = 20
"""Entries shown at once; the older ones are folded away."""

MOST_LINES = 200


def entries() -> None:
    """The newest entries, and all of them to take along."""
    lines = cached.ledger(inputs.here())
    tables.table(HEADINGS, [_cells(line) for line in lines[:NEWEST]], whole=WHOLE)
    if len(lines) > NEWEST:
        with st.expander("Older entries"):
            tables.table(HEADINGS, [_cells(line) for line in lines[NEWEST:MOST_LINES]], whole=WHOLE)
    if len(lines) > MOST_LINES:
        small(f"The newest {MOST_LINES} of {len(lines)} entries; the file has them all.")
    frame = pd.DataFrame(
        [(*_cells(line), line.upload, line.sha256) for line in lines],
        columns=[*HEADINGS, "Upload", "SHA-256"],
    )
    tables.download("Save the ledger as CSV", frame, "ledger")
    small(f"Head of the audit trail: {trail_head(inputs.here().store).short}")


def _cells(line: LedgerLine) -> tuple[str, ...]:
    return (
        str(line.position),
        f"{line.when:%Y-%m-%d %H:%M}",
        line.who,
        line.file,
        line.feed,
        line.data_date.isoformat() if line.data_date else "",
        line.coverage,
        line.rows,
        line.says,
    )


def undo() -> None:
    """Withdraw an upload, with a reason; what it hid counts again."""
    home = inputs.here()
    standing = {line.upload: line for line in cached.ledger(home) if line.in_force}
    if not standing:
        small("No upload is in force, so there is nothing to undo.")
        return
    mine = permitted.may_withdraw(home, standing)
    in_force = {upload: line for upload, line in standing.items() if upload in mine}
    if not in_force:
        small("Taking an upload back takes a quality manager of all plants it has rows of.")
        return
    with st.form("undo", clear_on_submit=True):
        upload = st.selectbox(
            "Upload",
            list(in_force),
            format_func=lambda name: _named(in_force[name]),
        )
        why = st.text_input("Reason", placeholder="For example: sent twice, wrong month")
        small("Nothing is deleted: what this upload had replaced is in force again.")
        if st.form_submit_button("Take it back", icon=":material/undo:"):
            _withdraw(upload, why)
    if told := inputs.told():
        say(told)


def _named(line: LedgerLine) -> str:
    return f"{line.position}: {clean(line.file, longest=60)} ({line.coverage or line.feed})"


def _withdraw(upload: str, why: str) -> None:
    if not why.strip():
        inputs.tell("Give a reason: it stays in the ledger.")
    else:
        inputs.tell(
            analysis.withdraw(
                inputs.here(), upload, who=inputs.who(), when=inputs.now(), why=why.strip()
            )
        )
    st.rerun()
