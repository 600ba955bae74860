"""Lists of audits as people keep them: what is read, what is refused and where, and nothing twice."""

import io
from datetime import UTC, date, datetime

import pytest
from openpyxl import Workbook, load_workbook

from kpi.access import Access, Role
from kpi.analysis import open_home
from kpi.analysis.audit_cells import CellError, days_of, value_of
from kpi.analysis.audit_import import plan_import, read_lists, record_import
from kpi.analysis.audit_match import RowState
from kpi.analysis.audit_tables import audit_book, template
from kpi.analysis.registering import listed, record
from kpi.errors import UsageError
from kpi.ingest import WrittenSheet
from kpi.ingest.limits import WRITTEN_LIMITS
from kpi.ingest.written import written_sheets
from kpi.qms.agenda import Edition
from kpi.qms.audit_headings import LISTS, choice_of, choices, field_of, list_of_sheet
from kpi.qms.audits import AUDIT, FINDING, AuditStatus, AuditType, FindingStatus, Grade
from kpi.qms.kinds import kind_of
from kpi.qms.processes import PROCESS, Importance, Interval
from kpi.qms.register import Shape, options, told_fields
from kpi.reports.audit_book import audit_workbook
from kpi.safe_text import FORMULA_STARTS

WHEN = datetime(2026, 11, 2, 8, tzinfo=UTC)
TODAY = WHEN.date()
HOSTILE = "=cmd|' /C calc'!A1"

PROCESSES = """Prozessliste Stand 2026;;;;;
;;;;;
Prozess;Prozesseigner;Bedeutung;Turnus;Kapitel
Spritzguss;Anna Vogel;hoch;halbjährlich;8.5.1, 8.6
Versand;Müller, Jan;3;jährlich;ISO 9001:2015 Kap. 8.5.4
"""

AUDITS = f"""Auditprogramm 2026;;;;;;;;;;
Nr.;Bereich;Kapitel;Termin;Auditleiter;Umfang;Kriterien;Ziele;Durchgeführt am;Ergebnis;Verteiler
A1;Spritzguss;8.5.1;17.03.2026;Jan Müller;Linien 1-4;ISO 9001;Freigaben?;18.03.2026;Wirksam;Leitung
A2;Versand;8.5.4;Mai 2026;Jan Müller;;;;;;
A3;Spritzguss;8.6;KW 12/2026;Petra Klein;{HOSTILE};;;;;
A3;Spritzguss;8.6;KW 12/2026;Petra Klein;{HOSTILE};;;;;
A4;Lager;8.6;01.12.2026;Petra Klein;;;;;;
A5;Versand;8.5;32.13.2026;Petra Klein;;;;;;
A6;Versand;Kapitel drei;01.12.2026;Petra Klein;;;;;;
Nr.;Bereich;Kapitel;Termin;Auditleiter;Umfang;Kriterien;Ziele;Durchgeführt am;Ergebnis;Verteiler
Erstellt: QM, geprüft: GF;;;;;;;;;;
"""

FINDINGS = """Nr;Audit;Einstufung;Kapitel;Feststellung;Nachweis;Datum;Verantwortlich;Frist;Status
F1;A1;Hauptabweichung;8.5.1;Erststück nicht freigegeben;Auftrag 4711;18.03.2026;Anna Vogel;18.04.2026;offen
F2;A1;Hinweis;8.5.1;Ordnung am Platz;;18.03.2026;Anna Vogel;;erledigt
F3;A1;Nebenabweichung;8.5.1;Etikett fehlt;Foto;18.03.2026;Anna Vogel;;erledigt
F4;A9;Hinweis;8.5.1;Woanders;;18.03.2026;;;offen
F5;A1;schlimm;8.5.1;Unklar;;18.03.2026;;;offen
"""


@pytest.fixture
def home(tmp_path):
    return open_home(tmp_path / "home")


def read_here(path):
    """What ``read_lists`` reads in a process of its own, without starting one for every test."""
    told = written_sheets(path, WRITTEN_LIMITS, careful=False)["sheets"]
    return tuple(
        WrittenSheet(
            sheet["sheet"], sheet["first_column"], tuple(sheet["numbers"]),
            tuple(map(tuple, sheet["rows"])), sheet["why"],
        )
        for sheet in told
    )  # fmt: skip


def planned(home, tmp_path, content, name="list.csv", *, read=read_here, **over):
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode("cp1252"))
    return plan_import(home, read(path), file=name, **over)


def recorded(home, plan, **over):
    return record_import(home, plan, who="qm", when=WHEN, **over)


def states(plan):
    return [(row.row, row.column, row.state.value) for row in plan.rows]


def book(**sheets):
    made = Workbook()
    made.remove(made.worksheets[0])
    for title, rows in sheets.items():
        sheet = made.create_sheet(title.replace("_", " "))
        for row in rows:
            sheet.append(row)
    buffer = io.BytesIO()
    made.save(buffer)
    return buffer.getvalue(), made


@pytest.fixture
def three_lists(home, tmp_path):
    """Processes, audits and findings of German lists, recorded without the rows refused."""
    for text in (PROCESSES, AUDITS, FINDINGS):
        recorded(home, planned(home, tmp_path, text), refused_too=True)
    return home


# --- what is read -------------------------------------------------------------------------------


def test_german_lists_with_titles_remarks_and_repeated_headings(home, tmp_path):
    found = planned(home, tmp_path, PROCESSES, read=read_lists)
    assert found == planned(home, tmp_path, PROCESSES)  # as it is read here
    assert states(found) == [(4, "", "new"), (5, "", "new")]
    first, second = (entry.item for entry in recorded(home, found))
    assert (first.importance, first.interval) == (Importance.MUCH, Interval.HALF_YEAR)
    assert first.clauses == ("8.5.1", "8.6") and second.clauses == ("8.5.4",)
    assert (second.owner, second.importance) == ("Müller, Jan", Importance.USUAL)


def test_every_row_is_accepted_or_refused_with_its_place(home, tmp_path):
    recorded(home, planned(home, tmp_path, PROCESSES))
    found = planned(home, tmp_path, AUDITS)
    assert states(found) == [
        (3, "", "new"),
        (4, "", "refused"),
        (5, "", "new"),
        (6, "", "twice in the file"),
        (7, "B", "refused"),
        (8, "D", "refused"),
        (9, "C", "refused"),
    ]
    assert [row.says for row in found.rows if row.state is RowState.REFUSED] == [
        "Jan Müller owns the process Versand and cannot audit it: nobody judges their own work. "
        "Name another auditor, or take the process out of this audit.",
        "There is no process 'Lager'. There are: Spritzguss, Versand. Add it to the list of "
        "processes.",
        "'32.13.2026' is no day. Write it as 2026-03-31.",
        "'Kapitel drei' names no clause. Write numbers such as 8.5 or 8.5.1.",
    ]
    assert found.says == "7 rows of list.csv: 2 new, 1 twice in the file and 4 refused."
    assert [one.why for one in found.left] == ["Rows with a single cell, taken for remarks: 11."]


def test_what_a_row_says_becomes_the_record(three_lists):
    first, second = (entry.item for entry in listed(three_lists, AUDIT))
    assert (first.number, first.title, first.status) == (
        "A1", "Audit of Spritzguss", AuditStatus.REPORTED
    )  # fmt: skip
    assert (first.held_on, first.edition) == (date(2026, 3, 18), Edition.E2015)
    assert first.processes == ("PRC-2026-001",)
    assert (second.planned, second.planned_end) == (date(2026, 3, 16), date(2026, 3, 20))
    assert second.scope == HOSTILE


def test_findings_find_their_audit_by_its_own_number(three_lists, tmp_path):
    found = planned(three_lists, tmp_path, FINDINGS)
    assert [(row.row, row.column, row.state.value) for row in found.rows[2:]] == [
        (4, "", "refused"), (5, "B", "refused"), (6, "C", "refused"),
    ]  # fmt: skip
    assert found.rows[2].says == "An answered finding says what was done: Answer is empty."
    assert found.rows[4].says == (
        "'schlimm' is none of: major nonconformity, minor nonconformity, opportunity for improvement."
    )
    major, hint = (entry.item for entry in listed(three_lists, FINDING))
    assert (major.grade, major.status, major.audit) == (
        Grade.MAJOR, FindingStatus.OPEN, "AUD-2026-001"
    )  # fmt: skip
    assert (major.process, major.due) == ("PRC-2026-001", date(2026, 4, 18))
    assert (hint.grade, hint.status) == (Grade.OPPORTUNITY, FindingStatus.CLOSED)


def test_the_history_says_which_row_of_which_file_it_was(three_lists):
    entry = listed(three_lists, FINDING)[0]
    assert (entry.who, entry.why) == ("qm", "Imported from list.csv, row 2")


def test_one_workbook_with_all_three_in_one_step(home, tmp_path):
    content, _ = book(
        Findings=[["Audit", "Grade", "Finding", "Date"], ["Q1", "minor", "No label", "2026-02-03"]],
        Audits=[["Own number", "Title", "Process", "Planned", "Lead auditor"],
                ["Q1", "Quarter", "Packing", date(2026, 2, 2), "Eva"]],
        Processes=[["Process", "Owner"], ["Packing", "Anna"]],
    )  # fmt: skip
    number = home.store.records.number()
    found = recorded(home, planned(home, tmp_path, content, "all.xlsx"))
    assert home.store.records.number() == number + 3
    process, audit, finding = found
    assert (audit.item.processes, finding.item.audit) == ((process.id,), audit.id)
    assert finding.item.process == process.id


def test_an_owner_of_a_process_new_in_the_file_does_not_audit_it(home, tmp_path):
    content, _ = book(
        Processes=[["Process", "Owner"], ["Packing", "Anna Vogel"]],
        Audits=[["Title", "Process", "Planned", "Lead auditor"],
                ["Quarter", "Packing", date(2026, 2, 2), "Vogel, Anna"]],
    )  # fmt: skip
    found = planned(home, tmp_path, content, "all.xlsx")
    assert found.rows[1].state is RowState.REFUSED
    assert found.rows[1].says.startswith("Vogel, Anna owns the process Packing")


def test_a_calendar_with_months_across(home, tmp_path):
    recorded(home, planned(home, tmp_path, PROCESSES))
    months = ["Jan", "Feb", "März", "Apr", "Mai", "Jun", "Jul", "Aug", "Sep", "Okt", "Nov", "Dez"]
    content, _ = book(Plan=[
        ["Auditplan 2027"],
        ["Prozess", "Auditor", *months],
        ["Spritzguss", "Eva", None, "x", None, None, None, "15", *[None] * 6],
        ["Versand", "Eva", *["-"] * 11, "X"],
    ])  # fmt: skip
    found = planned(home, tmp_path, content, "plan.xlsx")
    items = [entry.item for entry in recorded(home, found)]
    assert [(i.processes[0], i.planned, i.planned_end) for i in items] == [
        ("PRC-2026-001", date(2027, 2, 1), date(2027, 2, 28)),
        ("PRC-2026-001", date(2027, 6, 15), None),
        ("PRC-2026-002", date(2027, 12, 1), date(2027, 12, 31)),
    ]
    assert planned(home, tmp_path, content, "plan.xlsx").count(RowState.SAME) == 3


def test_a_calendar_of_no_year_is_refused(home, tmp_path):
    recorded(home, planned(home, tmp_path, PROCESSES))
    rows = [["Prozess", "Jan", "Feb", "März", "April", "Mai", "Juni"], ["Versand", "x"]]
    found = planned(home, tmp_path, book(Plan=rows)[0], "plan.xlsx")
    assert (found.rows[0].column, found.rows[0].says) == (
        "B", "The months name no year. Write it into a title above the list."
    )  # fmt: skip


def test_cells_merged_over_rows_and_two_rows_of_headings(home, tmp_path):
    recorded(home, planned(home, tmp_path, PROCESSES))
    _, made = book(Audits=[
        ["Was", None, "Wann", None],
        ["Prozess", "Auditor", "Geplant", "Durchgeführt"],
        ["Spritzguss", "Eva", date(2026, 2, 2), None],
        [None, "Petra", date(2026, 8, 3), None],
    ])  # fmt: skip
    made.worksheets[0].merge_cells("A3:A4")
    made.worksheets[0].merge_cells("A1:B1")
    buffer = io.BytesIO()
    made.save(buffer)
    found = planned(home, tmp_path, buffer.getvalue(), "plan.xlsx")
    assert states(found) == [(3, "", "new"), (4, "", "new")]
    assert [e.item.processes for e in found.edits] == [("PRC-2026-001",)] * 2


@pytest.mark.parametrize(
    "rows",
    [
        pytest.param(("N°;Intitulé;Processus;Date prévue;Responsable d'audit;Champ",
                      "1;Audit annuel;Versand;2 février 2026;Eva;Tout"), id="French"),
        pytest.param(("Número;Título;Proceso;Fecha prevista;Auditor jefe;Alcance",
                      "1;Anual;Versand;2 de febrero de 2026;Eva;Todo"), id="Spanish"),
        pytest.param(("编号;审核名称;过程;计划日期;审核组长;范围",
                      "1;年度;Versand;2026年2月2日;Eva;全部"), id="Chinese"),
        pytest.param(("No.,Title,Process,Planned for,Lead auditor,Scope",
                      "1,Annual,Versand,2 Feb 2026,Eva,All"), id="English"),
    ],
)  # fmt: skip
def test_other_languages(home, tmp_path, rows):
    recorded(home, planned(home, tmp_path, PROCESSES))
    found = planned(home, tmp_path, "\n".join(rows).encode("utf-8"))
    (entry,) = recorded(home, found)
    item = entry.item
    assert (item.processes, item.planned, item.owner) == (
        ("PRC-2026-002",), date(2026, 2, 2), "Eva"
    )  # fmt: skip
    assert item.scope and item.number == "1"


# --- days ---------------------------------------------------------------------------------------


def test_days_that_may_be_two_are_asked_for(home, tmp_path):
    recorded(home, planned(home, tmp_path, PROCESSES))
    text = "Title,Process,Planned,Lead\nOne,Versand,03/04/2026,Eva\n"
    found = planned(home, tmp_path, text)
    assert found.day_or_month
    assert (found.rows[0].column, found.rows[0].says) == (
        "C", "'03/04/2026' can be read with the day or the month first. Say which it is.",
    )  # fmt: skip
    for order, day in (("dmy", date(2026, 4, 3)), ("mdy", date(2026, 3, 4))):
        (edit,) = planned(home, tmp_path, text, order=order).edits
        assert edit.item.planned == day


def test_a_day_that_is_none_makes_no_doubt_of_the_others(home, tmp_path):
    recorded(home, planned(home, tmp_path, PROCESSES))
    assert not planned(home, tmp_path, AUDITS).day_or_month


def test_one_day_that_proves_the_order_settles_the_others():
    days = days_of(["03/04/2026", "25/04/2026"])
    assert days.of("planned", "03/04/2026") == date(2026, 4, 3)


# --- nothing twice, nothing lost ----------------------------------------------------------------


def test_the_same_file_again_adds_nothing(three_lists, tmp_path):
    number = three_lists.store.records.number()
    for text, same in ((PROCESSES, 2), (AUDITS, 2), (FINDINGS, 2)):
        found = planned(three_lists, tmp_path, text)
        assert found.count(RowState.SAME) == same
        assert found.edits == ()
        with pytest.raises(UsageError):
            recorded(three_lists, found, refused_too=True)
    assert three_lists.store.records.number() == number


def exported(home, tmp_path, name="out.xlsx"):
    content = audit_workbook(audit_book(home, date(2026, 1, 1), date(2026, 12, 31), TODAY), WHEN)
    path = tmp_path / name
    path.write_bytes(content)
    return path


def test_an_export_comes_back_without_a_change(three_lists, tmp_path):
    entry = listed(three_lists, PROCESS)[0]
    odd = "'=1 " + "a; b, c / d & e\nsecond line"
    record(
        three_lists, PROCESS,
        kind_of("process").of(title="A; B, C", owner="Eva", inputs=odd, outputs="=1+1"),
        who="qm", when=WHEN, why="",
    )  # fmt: skip
    found = plan_import(three_lists, read_lists(exported(three_lists, tmp_path)), file="out.xlsx")
    assert {row.state for row in found.rows} == {RowState.SAME}
    assert len(found.rows) == 7
    assert {one.sheet for one in found.left} == {"Findings left", "Coverage", "What next"}
    assert entry.id == "PRC-2026-001"


def test_what_is_changed_in_an_export_comes_back_as_a_change(three_lists, tmp_path):
    path = exported(three_lists, tmp_path)
    made = load_workbook(path)
    sheet = made["Findings"]
    heads = [cell.value for cell in sheet[2]]
    sheet.cell(3, heads.index("Answer due") + 1).value = date(2026, 5, 31)
    sheet.cell(3, heads.index("Evidence") + 1).value = None  # what is emptied stays
    made.save(path)
    found = plan_import(three_lists, read_here(path), file="out.xlsx")
    changed = [row for row in found.rows if row.state is RowState.CHANGED]
    assert [(row.id, row.says) for row in changed] == [
        ("FND-2026-001", "Answer due: 2026-04-18 → 2026-05-31")
    ]
    (entry,) = recorded(three_lists, found)
    assert (entry.version, entry.item.due) == (2, date(2026, 5, 31))
    assert entry.item.evidence == "Auftrag 4711"
    late = plan_import(three_lists, read_here(path), file="out.xlsx")
    assert late.count(RowState.SAME) == len(late.rows)


def test_a_change_over_a_later_version_is_refused(three_lists, tmp_path):
    path = exported(three_lists, tmp_path)
    entry = listed(three_lists, PROCESS)[0]
    from dataclasses import replace

    record(
        three_lists, PROCESS, replace(entry.item, inputs="Granules"), id=entry.id, version=1,
        who="Eva", when=WHEN, why="said",
    )  # fmt: skip
    made = load_workbook(path)
    sheet = made["Processes"]
    heads = [cell.value for cell in sheet[2]]
    sheet.cell(3, heads.index("What comes out") + 1).value = "Parts"
    made.save(path)
    found = plan_import(three_lists, read_here(path), file="out.xlsx")
    (row,) = [row for row in found.rows if row.state is not RowState.SAME]
    assert row.says == (
        "PRC-2026-001 was changed since the file was made: Eva recorded version 2, the file has 1. "
        "Export it again, and change that."
    )
    assert row.column == "B"


def test_two_rows_that_contradict_each_other(home, tmp_path):
    found = planned(home, tmp_path, "Process,Owner\nPacking,Anna\npacking ,Eva\n")
    assert [row.state.value for row in found.rows] == ["new", "refused"]
    assert found.rows[1].says == "Row 2 says something else of the same process. Keep one of both."


def test_own_numbers_tell_two_audits_of_one_day_apart(home, tmp_path):
    recorded(home, planned(home, tmp_path, PROCESSES))
    rows = "Nr.;Prozess;Termin\n1;Versand;02.02.2026\n2;Versand;02.02.2026\n"
    found = planned(home, tmp_path, rows)
    assert [row.state.value for row in found.rows] == ["new", "new"]
    recorded(home, found)
    assert planned(home, tmp_path, rows).count(RowState.SAME) == 2
    without = rows.replace("1;V", ";V").replace("2;V", ";V")
    assert planned(home, tmp_path, without).rows[0].state is RowState.SAME


def test_refused_rows_stop_all_unless_somebody_goes_on_without(home, tmp_path):
    recorded(home, planned(home, tmp_path, PROCESSES))
    found = planned(home, tmp_path, AUDITS)
    number = home.store.records.number()
    with pytest.raises(UsageError, match=r"^4 of 7 rows are refused, so nothing is recorded"):
        recorded(home, found)
    assert home.store.records.number() == number
    assert len(recorded(home, found, refused_too=True)) == 2


def test_a_plan_that_records_overtook_is_not_recorded(home, tmp_path):
    found = planned(home, tmp_path, PROCESSES)
    recorded(home, planned(home, tmp_path, "Process,Owner\nPacking,Anna\n"))
    with pytest.raises(UsageError, match="Records were changed since"):
        recorded(home, found)


def test_what_is_given_holds_for_new_rows_that_leave_it_empty(three_lists, tmp_path):
    text = FINDINGS.replace("F3;", "F9;")
    given = {
        "answer": "Listed in 2025", "verified_by": "Eva", "verified_on": "2026-04-30",
        "no_action": "Closed before records were kept here", "scope": "ignored here",
    }  # fmt: skip
    found = planned(three_lists, tmp_path, text, given=given)
    (edit,) = found.edits
    assert (edit.item.status, edit.item.no_action) == (
        FindingStatus.CLOSED, "Closed before records were kept here"
    )  # fmt: skip
    assert edit.item.verified_on == date(2026, 4, 30)


# --- access, formulas, other files --------------------------------------------------------------


def test_a_plant_one_does_not_manage_is_refused(made_home, tmp_path):
    text = "Process,Owner,Plant\nPacking,Anna,Nordhafen\n"
    viewer = made_home.seen_by(Access.of({"Nordhafen": Role.VIEWER}))
    (row,) = planned(viewer, tmp_path, text).rows
    assert row.state is RowState.REFUSED and row.says.startswith("You may not ")
    nobody = made_home.seen_by(Access.of({"Elsewhere": Role.QUALITY_MANAGER}))
    (row,) = planned(nobody, tmp_path, text).rows
    assert row.state is RowState.REFUSED


def test_no_cell_of_the_workbook_is_a_formula(three_lists, tmp_path):
    made = load_workbook(exported(three_lists, tmp_path))
    cells = [c for sheet in made.worksheets for row in sheet.iter_rows() for c in row if c.value]
    assert any(HOSTILE in str(cell.value) for cell in cells)
    for cell in cells:
        assert cell.data_type != "f", cell.coordinate
        assert not str(cell.value).startswith(FORMULA_STARTS), cell.coordinate


def test_the_template_is_read_as_it_stands(home, tmp_path):
    content = audit_workbook(template(), WHEN)
    assert content == audit_workbook(template(), WHEN)
    found = planned(home, tmp_path, content, "template.xlsx")
    assert [row.state.value for row in found.rows] == ["new"] * 3
    assert all(not one.unread for one in found.lists)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        pytest.param(b"", "cannot be imported", id="empty"),
        pytest.param(b"PK\x03\x04 no workbook at all", "cannot be imported", id="broken"),
        pytest.param(b"Order,Quantity\n1,2\n", "", id="something else"),
        pytest.param(b"Process,Owner\n" + b"a,b\n" * 5001, "cannot be imported", id="too long"),
    ],
)
def test_files_that_are_no_list(home, tmp_path, content, says):
    if says:
        with pytest.raises(UsageError, match=says):
            planned(home, tmp_path, content, read=read_lists)
        return
    found = planned(home, tmp_path, content)
    assert found.rows == ()
    assert found.says == "list.csv holds no list of audits, findings or processes."
    assert found.left[0].why.startswith("No list of audits, findings or processes.")


# --- the words ----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", LISTS)
def test_every_heading_of_an_export_is_read_as_its_field(name):
    for field, about in told_fields(kind_of(name).of).items():
        assert field_of(name, about.label) == field, about.label
    assert list_of_sheet(kind_of(name).plural) == name


@pytest.mark.parametrize(
    ("name", "of", "field"),
    [("grade", FINDING, "grade"), ("audit status", AUDIT, "status"),
     ("finding status", FINDING, "status"), ("process status", PROCESS, "status"),
     ("type", AUDIT, "type"), ("interval", PROCESS, "interval"),
     ("importance", PROCESS, "importance")],
)  # fmt: skip
def test_every_choice_is_worded(name, of, field):
    assert set(choices(name)) == {str(option) for option in options(of.of, field)}
    for option in options(of.of, field):
        assert choice_of(name, str(option)) == str(option)


def test_every_field_of_choice_can_be_read():
    for name in LISTS:
        kind = kind_of(name)
        for field, about in told_fields(kind.of).items():
            if about.shape is Shape.CHOICE:
                for option in options(kind.of, field):
                    assert value_of(kind, field, str(option)) is option
    assert value_of(AUDIT, "type", "Überwachungsaudit") is AuditType.CERTIFICATION
    with pytest.raises(CellError, match="is no edition"):
        value_of(AUDIT, "edition", "9001")
