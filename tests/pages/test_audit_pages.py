"""The page of audits by using it: a list dropped, what to audit next, an audit taken to its report."""

from datetime import UTC, date, datetime

import pytest
from test_pages import opened, said

from kpi import analysis
from kpi.analysis import registering
from kpi.qms.audits import AUDIT, FINDING, Audit, AuditStatus, Finding, Grade
from kpi.qms.processes import PROCESS, Process
from tests.injection.payloads import MARKDOWN, MARKUP, TEMPLATES
from tests.injection.surfaces import caught, faults

WHEN = datetime(2026, 11, 2, 8, tzinfo=UTC)
LIST = (
    "Prozess;Prozesseigner;Kapitel\n"
    "Spritzguss;Anna Vogel;8.5\n"
    "Versand;;8.5.4\n"
)  # fmt: skip
TABS = ("programme", "next", "coverage", "findings", "lists")


def at(app, **address):
    app.query_params.clear()
    for name, value in address.items():
        app.query_params[name] = value
    app.switch_page("audits.py").run()
    assert not app.exception
    return app


def press(app, label):
    next(b for b in app.button if b.label == label).click().run()
    assert not app.exception
    return app


def put(path, kind, item):
    home = analysis.open_home(path)
    return registering.record(home, kind, item, who="qm", when=WHEN, why="test")


@pytest.mark.parametrize("tab", TABS)
def test_an_empty_page_says_what_will_stand_there(empty, tab):
    app = at(opened().run(), tab=tab)
    assert [t.label for t in app.tabs] == [
        "Programme", "What to audit next", "Coverage", "Findings", "Import and export",
    ]  # fmt: skip
    told = {
        "programme": "Here will stand the audits of the year.",
        "next": "Here will stand what to audit next.",
        "coverage": "No process says which clauses it is audited against.",
        "findings": "Here will stand what audits found.",
        "lists": "Every row is shown with what becomes of it.",
    }
    assert told[tab] in said(app)


def test_a_list_is_looked_at_before_it_is_recorded_and_then_planned_from(empty):
    app = at(opened().run(), tab="lists")
    app.file_uploader[0].set_value(("prozesse.csv", LIST.encode("utf-8"), "text/csv")).run()
    assert not app.exception
    told = said(app)
    assert "2 rows of prozesse.csv: 1 new and 1 refused." in told
    assert "Owner is empty. Without it nothing is recorded." in told
    assert registering.listed(analysis.open_home(empty), PROCESS) == ()
    press(app, "Record 1 row without the 1 refused")
    assert [e.id for e in registering.listed(analysis.open_home(empty), PROCESS)]
    assert "1 row of prozesse.csv: " not in said(app)

    app = at(opened().run(), tab="next")
    assert "Never audited (25 points)" in said(app)
    press(app, "Plan this audit")
    (audit,) = registering.listed(analysis.open_home(empty), AUDIT)
    assert f'Audit of Spritzguss <span class="cn-id">{audit.id}<' in said(app)
    assert [i.value for i in app.info] == [r"Before it starts it must say\: Lead auditor\."]


def test_an_audit_is_started_by_a_button_and_refused_where_it_may_not(empty):
    put(empty, PROCESS, Process(title="Moulding", owner="Anna Vogel"))
    ready = Audit(
        title="Moulding", planned=date(2026, 11, 20), owner="Jan Peters", scope="All",
        processes=("PRC-2026-001",), criteria="Procedures", objectives="Does it work?",
    )  # fmt: skip
    put(empty, AUDIT, ready)
    app = at(opened().run(), record="AUD-2026-001")
    press(app, "Start the audit")
    entry = registering.found(analysis.open_home(empty), AUDIT, "AUD-2026-001")
    assert (entry.item.status, entry.why, entry.version) == (AuditStatus.STARTED, "Started", 2)
    assert "Record the report" in [b.label for b in app.button]


def test_a_finding_opens_with_the_way_to_an_action(empty):
    put(empty, AUDIT, Audit(title="Moulding", planned=date(2026, 11, 20)))
    put(empty, FINDING, Finding(
        title="No label", audit="AUD-2026-001", statement="Box 7 had none", grade=Grade.MAJOR,
        found_on=date(2026, 11, 1),
    ))  # fmt: skip
    app = at(opened().run(), record="FND-2026-001")
    assert "Box 7 had none" in said(app)
    links = {link.proto.label for link in app.get("page_link")}
    assert {"Open a nonconformity", "Start an action", r"Moulding :small[AUD\-2026\-001]"} <= links
    assert "History: one version" in said(app)


def test_nothing_people_record_is_interpreted(empty):
    hostile = f"{MARKUP}\n{TEMPLATES}"
    line = "".join(c for c in MARKDOWN if c.isprintable())[:300]
    process = put(empty, PROCESS, Process(title=line, owner="Anna Vogel", inputs=hostile))
    audit = put(empty, AUDIT, Audit(
        title=line, planned=date(2026, 1, 5), processes=(process.id,), scope=hostile, owner=line,
    ))  # fmt: skip
    finding = put(empty, FINDING, Finding(
        title=line, audit=audit.id, statement=hostile, found_on=date(2026, 1, 5), owner=line,
        clause="8.5", process=process.id,
    ))  # fmt: skip
    with caught() as sent:
        app = opened().run()
        for tab in TABS:
            at(app, tab=tab)
        app.file_uploader[0].set_value(
            (f"{line[:60]}.csv", f"Prozess,Prozesseigner\n\"{line.replace(chr(34), '')}\",\n".encode(), "text/csv")
        ).run()  # fmt: skip
        assert not app.exception
        for id in (audit.id, finding.id, process.id):
            at(app, record=id)
    assert "\n".join(faults(sent)) == ""
