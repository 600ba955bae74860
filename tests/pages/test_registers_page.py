"""The registers' page and the grades of suppliers: what is decided, what the data say, what is missing."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from test_pages import opened, said
from test_recordform import field, links, plain, press

from kpi import analysis
from kpi.analysis import registering
from kpi.analysis.erasing import purge_record
from kpi.qms.context import CLIMATE, Answer
from kpi.qms.risks import RISK, Consequence, Likelihood, Risk, Standing, Treatment
from kpi.qms.satisfaction import SURVEY, Survey
from kpi.qms.suppliers import CRITERIA, SUPPLIER_GRADE, Grade, SupplierCriteria
from tests.access.filled import filled as filled_item
from tests.analysis import made_suppliers

WHEN = datetime(2026, 11, 2, 8, tzinfo=UTC)


def put(path, kind, item):
    return registering.record(analysis.open_home(path), kind, item, who="A. Kern", when=WHEN)


def page(name, **query):
    app = opened()
    for key, value in query.items():
        app.query_params[key] = value
    return app.switch_page(name).run()


def test_the_climate_decision_is_asked_for_and_taken(empty):
    app = page("registers.py")
    assert "Not decided: whether climate change is a relevant issue." in said(app)
    assert "Nobody has decided whether climate change is a relevant issue." in said(app)
    field(app, "Reason *", "text_area").set_value("Cooling water from the river").run()
    field(app, "Decided by *", "selectbox").select(None).run()
    press(app, "Record the climate decision")
    assert plain(app.error) == ["Decided by is empty. Without it nothing is recorded."]
    assert registering.listed(analysis.open_home(empty), CLIMATE) == ()
    entry = put(
        empty, CLIMATE,
        replace(CLIMATE.of(), relevant=Answer.NO, reason="No <i>river</i>", by="Dr. Weiss", decided=WHEN.date()),
    )  # fmt: skip
    app = page("registers.py")
    assert (
        "No: climate change is not a relevant issue, decided on 2 November 2026 by Dr. Weiss"
        in said(app)
    )
    assert "<i>river" not in said(app)
    assert entry.id in links(app)


@pytest.mark.long
def test_a_risk_shows_its_rating_and_what_the_data_say_of_its_action(filled):
    risk = Risk(
        title="Tool of L2", effect="Scrap", likelihood=Likelihood.LIKELY, consequence=Consequence.HIGH,
        treatment=Treatment.REDUCE, slice=(("line", "L2"), ("plant", "Nordhafen")), kpi="scrap_rate",
        action="Cheaper tool", done=date(2025, 3, 31), status=Standing.DONE, owner="M. Brandt",
        identified=date(2025, 1, 1),
    )  # fmt: skip
    entry = put(filled, RISK, risk)
    app = page("registers.py", record=entry.id)
    assert not app.exception
    assert "Rating 16 of 25: likelihood 4 likely, consequence 4 high." in said(app)
    assert "Made it worse: scrap rate of line L2" in said(app)
    app = page("registers.py", tab="risks")
    assert "1 made it worse" in said(app)


@pytest.mark.long
def test_a_survey_is_told_with_its_method_and_delivery_is_said_not_to_be_perception(filled):
    survey = Survey(
        title="Yearly", described="Ten questions by mail", first=date(2026, 9, 1), last=date(2026, 10, 1),
        asked=6, answered=5, score=7.9, lowest=0, highest=10,
    )  # fmt: skip
    put(filled, SURVEY, survey)
    app = page("partners.py", view="satisfaction")
    assert "Score 7.9 on a scale from 0 to 10 (high is good), 5 of 6 answered" in said(app)
    assert "Method: written survey. Ten questions by mail" in said(app)
    assert "they are not what customers perceive" in said(app)
    assert 'What follows from <a class="cn-record" href="partners?record=SAT-2026-001"' in said(app)
    app = page("partners.py", kpi="complaints")
    assert "they are not what customers perceive" not in said(app), "a link to a figure shows it"


@pytest.mark.long
def test_a_supplier_is_graded_by_the_data_and_by_a_person_beside_it(empty, tmp_path):
    home = analysis.open_home(empty)
    made_suppliers.load(home, tmp_path)
    app = page("partners.py", view="suppliers")
    assert "that is your decision, and none is assumed" in said(app).lower()
    put(
        empty,
        CRITERIA,
        SupplierCriteria(otd_a=95, otd_b=85, meaning="C: none", since=date(2026, 1, 1)),
    )
    app = page("partners.py", view="suppliers")
    assert "is below 85" in said(app)
    field(app, "Supplier", "selectbox").select("Cast Ltd").run()
    field(app, "Grade *", "selectbox").select(Grade.B).run()
    press(app, "Record the grade for Q3 2026")
    assert plain(app.error) == ["The data say C, you say B: give the reason."]
    field(app, "Reason", "text_area").set_value("New forge since June").run()
    press(app, "Record the grade for Q3 2026")
    (entry,) = registering.listed(analysis.open_home(empty), SUPPLIER_GRADE)
    item = entry.item
    assert (item.title, item.grade, item.computed, item.reason) == (
        "Cast Ltd", Grade.B, Grade.C, "New forge since June",
    )  # fmt: skip
    assert (item.lines, item.ppm, item.criteria) == (12.0, None, "CRI-2026-001, version 1")
    assert item.slice == (("supplier", "Cast Ltd"),)


def test_a_purged_record_says_so_and_so_does_what_belongs_to_it(empty):
    gone = put(empty, CLIMATE, filled_item(CLIMATE, "Zbigniew"))
    risk = put(empty, RISK, replace(filled_item(RISK, "a"), links=(gone.id,)))
    purge_record(analysis.open_home(empty), gone.id, who="A. Kern", when=WHEN, why="Request 17")
    sentence = (
        f"{gone.id} was purged on 2026-11-02 by A. Kern: Request 17. What it said is gone for good; "
        "its hash stays."
    )
    for id in (gone.id, risk.id):
        app = page("registers.py", record=id)
        assert not app.exception
        assert sentence in (plain(app.error) if id == gone.id else said(app))
    app = page("trail.py")
    assert f"Climate decision {gone.id} purged" in said(app)
