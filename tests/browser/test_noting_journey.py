"""A step of the sample plant is accepted in a real browser: limits start anew, and come back."""

import os
import shutil

import pytest
from selenium.webdriver.common.by import By

from kpi.analysis.sample import prepare_sample
from tests.browser import chrome
from tests.browser.server import served
from tests.browser.test_journeys import click, complaints, go, until_said

MUST_RUN = os.environ.get("KPI_REQUIRE_TOOLS") == "1"

pytestmark = [
    pytest.mark.browser,
    pytest.mark.long,
    pytest.mark.skipif(
        bool(chrome.missing()) and not MUST_RUN, reason=chrome.missing() or "a browser is here"
    ),
]

LEVELS = ".js-plotly-plot .annotation-text"


@pytest.fixture(scope="module")
def plant(tmp_path_factory):
    """The sample plant as somebody's own home. ``KPI_TEST_SAMPLE`` names one loaded already."""
    folder = tmp_path_factory.mktemp("plant")
    ready = os.environ.get("KPI_TEST_SAMPLE")
    if ready:
        shutil.copytree(ready, folder / "home")
    else:
        assert prepare_sample(folder / "home").position > 0
    with served(folder / "home") as address:
        yield address


def labels(driver):
    return [found.text for found in driver.find_elements(By.CSS_SELECTOR, LEVELS)]


def open_up(driver, title):
    def opened(d):
        for found in d.find_elements(By.CSS_SELECTOR, "[data-testid=stExpander] summary"):
            if title in found.text:
                d.execute_script("arguments[0].scrollIntoView({block: 'center'})", found)
                found.click()
                return True
        return False

    chrome.wait(driver).until(opened)


def type_into(driver, label, text):
    chrome.type_into(driver, f'.stMainBlockContainer input[aria-label="{label}"]', text)


def test_a_step_is_accepted_limits_start_anew_and_it_is_taken_back(plant):
    with chrome.browser() as driver:
        go(driver, f"{plant}/scrap?line=Press+2")
        until_said(driver, "The level seems to have moved in March 2026: from 1.81 % to 3.12 %")
        assert "usual 1.81" in labels(driver)
        open_up(driver, "Accept it as a new phase")
        type_into(driver, "Cause", "New tool on press 2")
        click(driver, "Accept: limits start anew")
        until_said(driver, "A new phase begins in March 2026. Its limits rest on eight months.")
        until_said(driver, "In the new phase since March 2026, scrap rate of line Press 2 keeps")
        assert "The level seems to have moved" not in chrome.text(driver)
        assert {"usual 1.81", "usual 3.12", "New tool on press 2"} <= set(labels(driver))

        open_up(driver, "Notes on this chart")
        click(driver, "Take back\nexpand_more")
        why = chrome.wait(driver).until(
            lambda d: d.find_element(By.CSS_SELECTOR, 'input[aria-label="Why is it taken back?"]')
        )
        why.send_keys("It was the material")
        click(driver, "Take it back")
        until_said(driver, "Taken back: New phase since March 2026: New tool on press 2")
        until_said(driver, "The level seems to have moved in March 2026")
        assert "usual 3.12" not in labels(driver)
        assert complaints(driver) == []


def test_on_a_telephone_the_marks_stay_within_the_page(plant):
    with chrome.browser(390, 844) as driver:
        go(driver, f"{plant}/scrap?line=Press+2")
        open_up(driver, "Notes on this chart")
        type_into(driver, "What happened", "Supplier of the coil changed in the north")
        click(driver, "Note this event")
        until_said(driver, "on every chart of line Press 2.")
        boxes = driver.execute_script(
            "return [...document.querySelectorAll(arguments[0])].map(e => e.getBoundingClientRect())"
            ".map(r => [r.left, r.right])",
            LEVELS,
        )
        assert boxes
        assert all(left >= 0 and right <= 390 for left, right in boxes)
        assert any("Supplier of the coil" in text for text in labels(driver))
