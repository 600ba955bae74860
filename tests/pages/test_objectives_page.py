"""The pages of objectives and of the measurement plan, and “I looked at this” under a chart."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from test_pages import opened, said

from kpi import analysis
from kpi.analysis import measuring, registering
from kpi.calendar import month_bounds
from kpi.qms.measurement import ANALYSIS, PLAN_ENTRY, PlanEntry
from kpi.qms.objectives import OBJECTIVE, Aim, Life, Milestone, Objective, Step, Window
from tests.pages.conftest import fill

WHEN = datetime(2026, 11, 2, 8, tzinfo=UTC)
PLANT = (("plant", "Nordhafen"),)
BY = {"who": "A. Kern", "when": WHEN}
LESS = Objective(
    title="Less <b>scrap</b>", kpi="scrap_rate", slice=PLANT, amount=2.0, owner="A. Kern",
    start=date(2025, 1, 1), due=date(2025, 10, 31),
)  # fmt: skip


def field(app, label, kind="text_input", nth=0):
    return [f for f in getattr(app, kind) if f.label == label][nth]


def press(app, label):
    next(b for b in app.button if b.label == label).click().run()
    assert not app.exception, app.exception
    return app


def put(path, kind, item, **named):
    return registering.record(analysis.open_home(path), kind, item, **BY, **named)


def page(name, **parameters):
    app = opened()
    for key, value in parameters.items():
        app.query_params[key] = value
    app.switch_page(name).run()
    assert not app.exception, app.exception
    return app


@pytest.mark.long
def test_an_empty_register_says_what_will_stand_there(filled):
    app = page("objectives.py")
    assert "Here will stand the quality objectives" in said(app)
    plan = page("plan.py")
    assert "Here will stand what is measured" in said(plan)


def test_objectives_stand_with_status_value_target_and_reason(filled):
    top = put(filled, OBJECTIVE, LESS)
    put(filled, OBJECTIVE, replace(LESS, title="Of a line", links=(top.id,)))
    put(
        filled, OBJECTIVE,
        replace(LESS, title="Old one", status=Life.CLOSED, conclusion="Met in March"),
    )  # fmt: skip
    told = said(page("objectives.py"))
    assert "Of two objectives two are missed." in told
    assert "and missed the target of 2.00" in told
    assert "Now: " in told
    assert "Closed: Met in March" in told


@pytest.mark.long
def test_one_objective_shows_steps_milestones_and_history(filled):
    entry = put(
        filled, OBJECTIVE,
        replace(
            LESS, window=Window.ROLLING_3, aim=Aim.LESS, amount=25.0, baseline=4.0,
            baseline_first=date(2024, 1, 1), baseline_last=date(2024, 12, 31),
            steps=(Step(date(2025, 4, 1), 3.5),),
            milestones=(Milestone("New tool", date(2025, 2, 1)),),
        ),
    )  # fmt: skip
    app = page("objectives.py", record=entry.id)
    told = said(app)
    assert "&lt;b&gt;scrap" in told
    assert "<b>scrap" not in told
    assert "target 3.00" in told
    assert "less than the baseline of 4.00" in told
    assert "New tool" in told
    assert "overdue" in told
    assert "over the three months to April 2025" in told
    assert "History: one version" in told
    assert "Nobody is named" not in told
    assert "It does not say which resources it needs." in told


def test_a_plant_without_a_last_year_is_offered_the_months_it_has(empty, tmp_path):
    first = date.today().replace(day=1)
    rows = [f"{first};Nord;L1;{bad};100" for bad in (2, 3)]
    file = tmp_path / "scrap.csv"
    heading = "Date;Plant;Line;Scrapped quantity;Produced quantity"
    file.write_text("\n".join([heading, *rows]) + "\n", encoding="utf-8")
    fill(empty, [file])
    app = page("objectives.py")
    days = [field(app, f"Baseline {end}", "date_input").value for end in ("from", "to")]
    assert days == list(month_bounds(f"{first:%Y-%m}"))


@pytest.mark.long
def test_an_objective_is_recorded_with_steps_and_a_baseline_from_the_data(filled):
    app = page("objectives.py")
    field(app, "Title *").set_value("A quarter less").run()
    field(app, "KPI *", "selectbox").set_value("scrap_rate").run()
    field(app, "Target is", "selectbox").set_value(Aim.LESS).run()
    field(app, "Target *", "number_input").set_value(25.0).run()
    field(app, "From *", "date_input").set_value(date(2026, 1, 1)).run()
    field(app, "Due *", "date_input").set_value(date(2026, 12, 31)).run()
    field(app, "Baseline from", "date_input").set_value(date(2024, 1, 1)).run()
    field(app, "Baseline to", "date_input").set_value(date(2024, 12, 31)).run()
    press(app, "Compute the baseline from the data")
    base = field(app, "Baseline", "number_input").value
    assert 2.0 < base < 3.5
    assert "The target is " in said(app)
    field(app, "From", "date_input").set_value(date(2026, 4, 1)).run()
    press(app, "Record the objective")
    assert "has no level" in app.error[0].value
    field(app, "Level", "number_input").set_value(2.2).run()
    press(app, "Record the objective")
    (entry,) = registering.listed(analysis.open_home(filled), OBJECTIVE)
    assert entry.item.title == "A quarter less"
    assert entry.item.baseline == pytest.approx(base)
    assert entry.item.level == pytest.approx(base * 0.75)
    assert entry.item.steps == (Step(date(2026, 4, 1), 2.2),)
    assert app.query_params["record"] == entry.id


@pytest.mark.long
def test_a_change_somebody_else_made_is_told_and_nothing_is_overwritten(filled):
    entry = put(filled, OBJECTIVE, LESS)
    app = page("objectives.py", record=entry.id)
    field(app, "Resources needed", "text_area").set_value("Two fitters").run()
    put(filled, OBJECTIVE, replace(LESS, amount=1.8), id=entry.id, version=1, why="tighter")
    field(app, "Why it changes *").set_value("planned").run()
    assert any("Target is now 1" in w.value for w in app.warning)
    assert field(app, "Target *", "number_input").value == 1.8
    press(app, "Record the change")
    found = registering.found(analysis.open_home(filled), OBJECTIVE, entry.id)
    assert (found.version, found.item.amount, found.item.resources) == (3, 1.8, "Two fitters")


# --- the plan ---------------------------------------------------------------------------------


@pytest.mark.long
def test_a_plan_is_proposed_shown_and_only_then_recorded(filled):
    app = page("plan.py")
    field(app, "Show the proposal", "toggle").set_value(True).run()
    button = next(b for b in app.button if b.label.startswith("Record these"))
    assert registering.listed(analysis.open_home(filled), PLAN_ENTRY) == ()
    button.click().run()
    assert not app.exception
    home = analysis.open_home(filled)
    entries = registering.listed(home, PLAN_ENTRY)
    assert button.label == f"Record these {len(entries)} entries"
    assert any(e.item.kpi == "scrap_rate" for e in entries)


@pytest.mark.long
def test_the_plan_says_what_is_overdue(filled):
    entry = put(
        filled, PLAN_ENTRY,
        PlanEntry(title="Scrap", slice=PLANT, kpi="scrap_rate", method="sums", since=WHEN.date()),
    )  # fmt: skip
    told = said(page("plan.py"))
    assert "Upload overdue: data on " in told
    one = said(page("plan.py", record=entry.id))
    assert "Where its data come from" in one
    assert "Nobody has noted an analysis of it yet." in one


def test_an_analysis_is_noted_under_the_chart(filled):
    app = page("scrap.py")
    conclusion = field(app, "Conclusion *", "text_area")
    assert conclusion.value.startswith("Scrap rate"), "the verdict is filled in"
    conclusion.set_value("It is the new tool on L2.").run()
    press(app, "Note the analysis")
    home = analysis.open_home(filled)
    (entry,) = registering.listed(home, ANALYSIS)
    assert entry.item.concluded == "It is the new tool on L2."
    assert (entry.item.kpi, entry.item.ledger) == ("scrap_rate", home.position)
    assert entry.item.variation
    assert "It is the new tool on L2." in said(app)
    assert measuring.analyses(home, (), "scrap_rate")[0].id == entry.id
    assert "It is the new tool on L2." in said(page("plan.py", record=entry.id))
