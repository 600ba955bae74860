"""Lists of audits in and out: the programme to take along, a file to take in, row by row."""

import hashlib
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Final

import streamlit as st

from kpi.access import Permission
from kpi.analysis.audit_import import (
    ImportPlan,
    ImportRow,
    plan_import,
    read_lists,
    record_import,
)
from kpi.analysis.audit_match import RowState
from kpi.analysis.audit_tables import audit_book, template
from kpi.analysis.trail_head import printed_head
from kpi.errors import KpiError
from kpi.figures.escape import markdown
from kpi.ingest import WrittenSheet
from kpi.ingest.limits import WRITTEN_LIMITS
from kpi.scratch import private_folder
from pages.shared import cards, identity, inputs, tables
from pages.shared.messages import say, show_error, small

TYPE: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

READ: Final = "audit lists read"
"""The file last read in this session, so that it is read once."""

ROWS_SHOWN: Final = 40

GIVEN: Final = {
    "edition": "Edition, 2015 or 2026",
    "scope": "Scope of the audits",
    "criteria": "Criteria of the audits",
    "objectives": "Objectives of the audits",
    "owner": "Lead auditor, or who answers",
    "conclusion": "Conclusion of audits that were held",
    "reported_to": "Reported to",
    "audit": "Audit of the findings: its id or title",
    "answer": "Answer of findings that are not open",
    "verified_by": "Verified by",
    "verified_on": "Verified on, as 2026-03-31",
    "no_action": "Why no action is needed, of nonconformities that are closed",
}
"""What may be said once for all new rows that leave it empty."""

ORDERS: Final = {"": "Not said", "dmy": "Day first: 31/12", "mdy": "Month first: 12/31"}

MOST_MEGABYTES: Final = WRITTEN_LIMITS.file_bytes >> 20

MATRIX_DAYS: Final = 730


def draw(today: date) -> None:
    """Export, template and import."""
    cards.section("Take along")
    _export(today)
    cards.section("Take in")
    if identity.may(Permission.MANAGE):
        _import()
    else:
        small("Whoever manages a plant may import its audits.")


def _export(today: date) -> None:
    from kpi.reports.audit_book import audit_workbook

    home, when = inputs.here(), inputs.now()

    def book() -> bytes:
        first, last = today - timedelta(days=MATRIX_DAYS), today + timedelta(days=365)
        made = audit_book(home, first, last, today)
        return audit_workbook(made, when, head=printed_head(home.store, when))

    with st.container(horizontal=True):
        st.download_button(
            "Save programme, findings and matrix", data=book, file_name=f"audits-{today}.xlsx",
            mime=TYPE, icon=":material/download:", on_click="ignore",
        )  # fmt: skip
        st.download_button(
            "Save an empty template", data=lambda: audit_workbook(template(), when),
            file_name="audits-template.xlsx", mime=TYPE, icon=":material/note_add:",
            on_click="ignore",
        )  # fmt: skip
    small("What is changed in the saved workbook comes back by an import; nothing else is touched.")


def _import() -> None:
    file = st.file_uploader(
        "Drop a list of audits, findings or processes: xlsx, xls, csv, ods. Nothing is recorded "
        "before you say so.",
        key="audit file",
        max_upload_size=MOST_MEGABYTES,
    )
    if file is None:
        small(
            "Headings in English, German, French, Spanish or Chinese; months across are read as well. "
            "Every row is shown with what becomes of it."
        )
        return
    try:
        sheets = _read(file.name, file.getvalue())
    except KpiError as error:
        show_error(error)
        return
    _looked_at(file.name, sheets)


def _read(name: str, content: bytes) -> tuple[WrittenSheet, ...]:
    digest = hashlib.sha256(content).hexdigest()
    kept: tuple[str, tuple[WrittenSheet, ...]] | None = st.session_state.get(READ)
    if kept is not None and kept[0] == digest:
        return kept[1]
    with private_folder() as folder, st.spinner("Reading the file"):
        path = folder / f"list{Path(name).suffix[:10]}"
        path.write_bytes(content)
        sheets = read_lists(path)
    st.session_state[READ] = (digest, sheets)
    return sheets


def _looked_at(name: str, sheets: Sequence[WrittenSheet]) -> None:
    given = _given()
    order = ""
    plan = plan_import(inputs.here(), sheets, file=name, given=given)
    if plan.day_or_month:
        order = inputs.choose("Days are written with", "audit days", list(ORDERS), words=ORDERS)
        plan = plan_import(inputs.here(), sheets, file=name, given=given, order=order)
    cards.top_line(plan.says)
    _rows(plan)
    for left in plan.left:
        small(f"{f'Sheet {left.sheet}: ' if left.sheet else ''}{left.why}")
    for found in plan.lists:
        if found.unread:
            where = f"sheet {found.sheet}" if found.sheet else "the file"
            small(f"Headings of {where} that stand for nothing here: {', '.join(found.unread)}.")
    _record(plan)


def _given() -> dict[str, str]:
    """What holds for every new row that leaves it empty."""
    with st.expander("Say once what holds for every new row that leaves it empty"):
        return {
            field: str(st.text_input(label, key=f"audit given {field}"))
            for field, label in GIVEN.items()
        }


def _rows(plan: ImportPlan) -> None:
    """Refused rows first, then those that add or change something; the others are counted."""
    order = (RowState.REFUSED, RowState.CHANGED, RowState.NEW, RowState.TWICE, RowState.SAME)
    rows = sorted(plan.rows, key=lambda row: order.index(row.state))
    if not rows:
        return
    _table(rows[:ROWS_SHOWN])
    if len(rows) > ROWS_SHOWN:
        with st.expander(f"{len(rows) - ROWS_SHOWN} more rows"):
            _table(rows[ROWS_SHOWN:])


def _table(rows: Sequence[ImportRow]) -> None:
    tables.table(
        ("Where", "What", "Becomes", "Why"),
        [(_capital(row.place), f"{_capital(row.list)}: {row.title}", _became(row), row.says) for row in rows],
    )  # fmt: skip


def _became(row: ImportRow) -> str:
    return f"{row.state} {row.id}".strip()


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _record(plan: ImportPlan) -> None:
    refused, taken = plan.count(RowState.REFUSED), len(plan.edits)
    if not taken:
        say("There is nothing to record.")
        return
    rows = f"{taken} row{'s' * (taken != 1)}"
    label = f"Record {rows} without the {refused} refused" if refused else f"Record {rows}"
    if not st.button(label, key="record audit lists", type="primary"):
        return
    try:
        found = record_import(
            inputs.here(), plan, who=inputs.who(), when=inputs.now(), refused_too=bool(refused)
        )
    except KpiError as error:
        show_error(error)
        return
    inputs.tell(f"{len(found)} records of {markdown(plan.file)} are recorded.")
    st.rerun()
