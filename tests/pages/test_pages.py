"""Every page opens, on a filled home and on an empty one, and keeps what was chosen."""

from datetime import date
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from kpi import analysis
from kpi.settings import load_settings
from pages.shared.sitewords import calendar_example

ROOT = Path(__file__).parents[2]
NAVIGATION = ROOT / "pages" / "navigation.py"
PAGES = sorted(path.name for path in (ROOT / "pages").glob("*.py") if path != NAVIGATION)
KPI_PAGES = ("scrap.py", "downtime.py", "delivery.py", "partners.py")
PATIENCE = 60


def opened(*, left_sample: bool = True) -> AppTest:
    app = AppTest.from_file(str(NAVIGATION), default_timeout=PATIENCE)
    if left_sample:
        app.session_state["left the sample"] = True
    return app


def said(app: AppTest) -> str:
    return " ".join(str(element.proto.body) for element in app.get("html"))


def test_the_landing_page_is_the_overview(filled):
    app = opened().run()
    assert not app.exception
    assert app.title[0].value == "Overview"
    assert "Needs attention" in said(app)
    assert "Coverage by month" in said(app)


@pytest.mark.parametrize("page", PAGES)
def test_page_opens_with_data(filled, page):
    app = opened().run().switch_page(page).run()
    assert not app.exception
    assert not app.error
    assert len(app.title) == 1


@pytest.mark.parametrize("page", PAGES)
def test_page_opens_on_an_empty_home_and_offers_the_next_step(empty, page):
    app = opened().run().switch_page(page).run()
    assert not app.exception
    assert not app.error
    assert len(app.title) == 1


@pytest.mark.parametrize("page", ["overview.py", *KPI_PAGES, "other.py", "ledger.py", "review.py"])
def test_an_empty_state_says_what_will_stand_here(empty, page):
    app = opened().run().switch_page(page).run()
    assert "Here will stand" in said(app)
    links = [link.proto.page for link in app.get("page_link")]
    # above the overview's own stand the steps of the first month, which begin with the same
    assert (links[0], links[-1]) == ("upload", "upload")
    assert len(links) == 1 or page == "overview.py"


@pytest.mark.parametrize("page", KPI_PAGES)
def test_every_kpi_of_a_domain_can_be_looked_at(filled, page):
    app = opened().run().switch_page(page).run()
    for kpi in app.segmented_control[0].options:
        app.segmented_control[0].select(app.segmented_control[0].options[0]).run()
        app.segmented_control[0].select(kpi).run()
        assert not app.exception, kpi


def test_every_choice_counts_and_outlives_the_page(filled):
    app = opened().run().switch_page("scrap.py").run()
    for period in ["week", "quarter", "month", "quarter"]:
        app.sidebar.selectbox(key="_filter period").select(period).run()
        assert app.sidebar.selectbox(key="_filter period").value == period
    app.switch_page("ledger.py").run()
    app.switch_page("delivery.py").run()
    assert app.sidebar.selectbox(key="_filter period").value == "quarter"
    assert app.query_params["period"] == "quarter"


def test_a_filter_stands_in_the_address_and_a_link_opens_the_same_view(filled):
    app = opened().run().switch_page("scrap.py").run()
    app.sidebar.multiselect(key="_filter line").select("L2").run()
    assert app.query_params["line"] == "L2"
    seen = said(app)

    other = opened()
    other.query_params["line"] = "L2"
    other.run().switch_page("scrap.py").run()
    assert other.sidebar.multiselect(key="_filter line").value == ["L2"]
    assert said(other) == seen


def test_clearing_brings_everything_back(filled):
    app = opened()
    app.query_params["line"] = "L2"
    app.run()
    app.button(key="clear").click().run()
    assert "line" not in app.query_params
    assert app.sidebar.multiselect(key="_filter line").value == []


def test_a_link_to_a_value_that_is_gone_still_opens(filled):
    app = opened()
    app.query_params["line"] = "no such line"
    for page in ("overview.py", *KPI_PAGES):
        app.run().switch_page(page).run()
        assert not app.exception


def test_no_text_of_a_file_becomes_markup(filled):
    app = opened().run()
    for page in ("overview.py", *KPI_PAGES, "ledger.py"):
        app.switch_page(page).run()
        assert "<img src=x" not in said(app)
        for element in (*app.markdown, *app.caption, *app.title, *app.header, *app.subheader):
            assert "javascript:" not in element.value


def test_the_sample_is_marked_and_one_click_leaves_it(filled, tmp_path, monkeypatch):
    sample = analysis.open_home(filled, is_sample=True)
    monkeypatch.setenv("KPI_HOME", str(tmp_path / "own"))
    monkeypatch.setenv("KPI_SAMPLE_HOME", str(filled))
    monkeypatch.setattr(analysis, "prepare_sample", lambda path, progress: sample)
    app = opened(left_sample=False).run()
    assert "Sample plant" in app.markdown[0].value
    app.button(key="leave").click().run()
    assert not app.exception
    assert "Here will stand" in said(app)
    assert not [b for b in app.button if b.key == "leave"]


def test_a_target_is_set_and_shown(filled):
    app = opened().run().switch_page("targets.py").run()
    app.number_input[0].set_value(1.5)
    app.date_input[0].set_value(date(2024, 1, 1))
    app.button[0].click().run()
    assert not app.exception
    assert "1.50\u00a0%" in said(app)
    app.switch_page("scrap.py").run()
    assert "target 1.50\u00a0%" in said(app)


def test_a_plant_without_a_calendar_reads_what_to_write_and_it_holds(filled):
    app = opened().run().switch_page("targets.py").run()
    (example,) = [code.value for code in app.code]
    (Path(filled) / "settings.toml").write_text(example, encoding="utf-8")
    (plant,) = load_settings(Path(filled)).plants
    assert [shift.minutes for shift in plant.shifts] == [480, 480]
    assert len(plant.closed_days) == 3


def test_a_plant_whose_calendar_is_known_is_asked_for_none(filled):
    example = calendar_example(["Nordhafen"], 2026)
    (Path(filled) / "settings.toml").write_text(example, encoding="utf-8")
    assert not opened().run().switch_page("targets.py").run().code


def test_a_target_without_a_number_is_refused_in_words(filled):
    app = opened().run().switch_page("targets.py").run()
    app.button[0].click().run()
    assert "Enter the target as a number, such as 1.5." in said(app)


def test_an_upload_is_taken_back_with_a_reason_only(filled):
    app = opened().run().switch_page("ledger.py").run()
    app.button[0].click().run()
    assert "Give a reason: it stays in the ledger." in said(app)
    app.text_input[0].set_value("sent twice")
    app.button[0].click().run()
    assert not app.exception
    assert "Withdrawn: sent twice" in said(app)


def test_definitions_are_searched(filled):
    app = opened().run().switch_page("definitions.py").run()
    app.text_input[0].set_value("promise").run()
    assert "On time to first promise" in said(app)
    assert "Scrap cost" not in said(app)
    app.text_input[0].set_value("no such word").run()
    assert "No definition has this word." in said(app)


@pytest.mark.long
def test_the_deck_of_a_month_is_built_and_offered(filled):
    app = opened().run().switch_page("review.py")
    app.query_params["tab"] = "deck"
    app.run()
    assert not app.download_button
    next(b for b in app.button if b.label == "Build the deck").click().run()
    assert not app.exception
    assert not app.error
    assert [button.label for button in app.download_button] == ["Save the deck"]
    assert "What it says" in said(app)
