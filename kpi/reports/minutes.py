"""The minutes of a management review as a Word document: what was seen, said, decided, signed."""

from io import BytesIO
from typing import Any, BinaryIO, Final

from kpi.analysis import words
from kpi.analysis.agenda_results import Agenda, AgendaInput, AgendaTable
from kpi.qms.agenda import edition_words
from kpi.qms.reviews import CONCLUSIONS, Judged
from kpi.reports.deck_cover import state
from kpi.reports.deck_end import decision_row, decisions_title
from kpi.reports.deck_inputs import shares
from kpi.reports.planned import as_title, span
from kpi.reports.settled import in_utc, settled
from kpi.reports.word import SMALL, Paper

MOST_ROWS: Final = 12
"""Rows of a table in the minutes; the workbook has all of it."""

MOST_SAID: Final = 10
"""Sentences on an input beside its finding; the workbook has all of them."""

MINUTES_WIDTH: Final = 660.0
"""Points a table has at the size that widths are reckoned for, where it is set smaller."""

SIGNATURE_LINE: Final = "_" * 28


def write_minutes(agenda: Agenda, file: BinaryIO) -> None:
    """Write the minutes as .docx. The same agenda gives the same bytes."""
    review = agenda.review
    company = f"{review.company}, " if review.company else ""
    paper = Paper(foot=f"{company}{review.title}, minutes ({state(agenda)})")
    paper.heading(f"Minutes: {review.title}", 0)
    _facts(paper, agenda)
    _attendance(paper, agenda)
    paper.heading("What was reviewed", 1)
    for told in agenda.inputs:
        _input(paper, agenda, told)
    _decisions(paper, agenda)
    _conclusion(paper, agenda)
    _signatures(paper, agenda)
    _addenda(paper, agenda)
    _restatements(paper, agenda)
    _provenance(paper, agenda)
    written = BytesIO()
    paper.save(written, title=f"Minutes: {review.title}", author=agenda.made_by)
    file.write(settled(written.getvalue(), agenda.made))


def _item(agenda: Agenda) -> Any:
    return agenda.record.item if agenda.record is not None else None


def _facts(paper: Paper, agenda: Agenda) -> None:
    item, review = _item(agenda), agenda.review
    dated = words.date_words(review.report_date) if review.report_date else "no data"
    rows = [
        ("Organization", review.company or review.plants),
        ("Plants", review.plants),
        ("Reviewed", span(agenda)),
        ("Under", edition_words(agenda.edition)),
        ("State", state(agenda)),
        ("Data up to", dated),
    ]
    if agenda.record is not None:
        rows.insert(0, ("Record", f"{agenda.record.id}, version {agenda.record.version}"))
    if item is not None and item.next_due:
        rows.append(("Next review due", words.date_words(item.next_due)))
    paper.table((), rows, (0.25, 0.75), size=10)


def _attendance(paper: Paper, agenda: Agenda) -> None:
    paper.heading("Attendance", 1)
    item = _item(agenda)
    if item is None or not item.attendance:
        paper.text("Attendance is not recorded yet: it is when the review is held.")
        return
    rows = [
        (
            one.name, one.role or "–", "yes" if one.top else "no",
            "present" if one.present else "excused",
        )
        for one in item.attendance
    ]  # fmt: skip
    paper.table(
        ("Name", "Function", "Top management", "Attendance"), rows, (0.34, 0.34, 0.17, 0.15)
    )


def _input(paper: Paper, agenda: Agenda, told: AgendaInput) -> None:
    paper.heading(f"{told.letter} {told.title}".strip(), 2)
    paper.text(told.nothing or told.finding, "Finding")
    paper.bullets(told.says[:MOST_SAID])
    if len(told.says) > MOST_SAID:
        paper.text(f"{len(told.says) - MOST_SAID} more sentences stand in the workbook.", "Small")
    for text in told.missing:
        paper.text(f"Missing: {text}", "Missing")
    for table in told.tables:
        if table.lines:
            _table(paper, table)
    item = _item(agenda)
    said = item.said_of(told.key) if item is not None else ""
    paper.named("Discussion", said.strip() or "nothing was noted.")
    if told.records:
        paper.text(f"Records: {', '.join(told.records)}", "Small")


def _table(paper: Paper, table: AgendaTable) -> None:
    paper.text(as_title(table.title), "Table title")
    shown = table.lines[:MOST_ROWS]
    widths = shares(table.headings, shown, MINUTES_WIDTH)
    paper.table(table.headings, shown, widths, table.numbers, SMALL)
    rest = len(table.lines) - len(shown)
    if rest > 0:
        paper.text(f"{rest} more lines stand in the workbook.", "Small")


def _decisions(paper: Paper, agenda: Agenda) -> None:
    paper.heading("Decisions", 1)
    if not agenda.decisions:
        paper.text("No decision is recorded yet.")
        return
    paper.text(f"{decisions_title(agenda.decisions)}.", "Finding")
    rows = [decision_row(one) for one in agenda.decisions]
    headings = ("No.", "Decision", "Type", "Owner", "Due")
    paper.table(headings, rows, (0.15, 0.37, 0.19, 0.15, 0.14))
    for one in agenda.decisions:
        if one.item.text.strip():
            paper.named(one.id, one.item.text)


def _conclusion(paper: Paper, agenda: Agenda) -> None:
    paper.heading("Conclusion", 1)
    item = _item(agenda)
    if item is None:
        paper.text("The conclusion is said at the end of the review.")
        return
    rows = []
    for word in CONCLUSIONS:
        one = item.concluded(word)
        told = "not said yet" if one.says is Judged.OPEN else str(one.says)
        rows.append((word, told, one.remark or "–"))
    headings = ("The quality management system is", "Concluded", "Remark")
    paper.table(headings, rows, (0.34, 0.16, 0.5))


def _signatures(paper: Paper, agenda: Agenda) -> None:
    paper.heading("Signatures", 1)
    item = _item(agenda)
    if item is not None and item.signature is not None:
        own = item.signature
        how = (
            "The signature is self-declared: people do not sign in here."
            if own.self_declared
            else "The signer was known by sign-in."
        )
        role = f", {own.role}" if own.role else ""
        paper.text(
            f"Approved by {own.name}{role} on {words.date_words(own.at.date())} at "
            f"{in_utc(own.at):%H:%M} UTC. {how}",
            "Finding",
        )
        paper.text(f"SHA-256 over what was approved: {own.sha256}", "Small")
    top = [one for one in item.attendance if one.present and one.top] if item is not None else []
    rows = [(one.name, one.role or "–", SIGNATURE_LINE) for one in top]
    rows = rows or [("Name:", "Function:", SIGNATURE_LINE)]
    paper.table(("Name", "Function", "Date and signature"), rows, (0.32, 0.28, 0.4), size=10)


def _addenda(paper: Paper, agenda: Agenda) -> None:
    item = _item(agenda)
    if item is None or not item.addenda:
        return
    paper.heading("Addenda", 1)
    for one in item.addenda:
        paper.named(f"{one.who}, {words.date_words(one.at.date())}", one.text)


def _restatements(paper: Paper, agenda: Agenda) -> None:
    paper.heading("Annex: figures restated since", 1)
    if not agenda.restated:
        paper.text("No figure of this review was changed by a later upload.")
        return
    paper.text("The figures above stay as they were reviewed. Later uploads changed:")
    paper.bullets(agenda.restated)


def _provenance(paper: Paper, agenda: Agenda) -> None:
    """What the figures were made of, so that an auditor finds the very files."""
    review = agenda.review
    paper.heading("Annex: where the figures come from", 1)
    paper.text(
        f"Made on {words.date_words(agenda.made.date())} by {agenda.made_by}, at ledger position "
        f"{agenda.position} and record {agenda.number}."
    )
    if review.head:
        paper.text(
            f"Head of the audit trail: {review.head}. Whether everything recorded up to then still "
            f"stands, the page Audit trail or python -m kpi doctor --head {review.head} tells."
        )
    for kind, text in review.quality:
        paper.text(f"{kind}: {text}", "Missing" if kind == "Missing" else "Small")
    rows = [(s.file, words.number(s.rows, 0), s.who, s.sha256) for s in review.sources]
    if rows:
        paper.table(
            ("File", "Rows", "Loaded by", "SHA-256"), rows, (0.27, 0.07, 0.12, 0.54), (1,), 7
        )
    definitions = [
        (k.series.kpi.title, str(k.series.kpi.version), k.series.kpi.definition)
        for k in review.kpis
    ]
    headings = ("Figure", "Version", "What it means")
    paper.table(headings, definitions, (0.25, 0.1, 0.65), size=SMALL)
