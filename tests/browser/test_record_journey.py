"""A record typed in a real browser: left without a click beside it, loaded again, recorded, changed by two."""

import os

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from kpi import analysis
from kpi.analysis import registering
from kpi.qms.context import ISSUE
from tests.browser import chrome
from tests.browser.server import served
from tests.browser.test_journeys import click, complaints, go, until_said
from tests.browser.test_noting_journey import open_up, type_into

MUST_RUN = os.environ.get("KPI_REQUIRE_TOOLS") == "1"

pytestmark = [
    pytest.mark.browser,
    pytest.mark.long,
    pytest.mark.skipif(
        bool(chrome.missing()) and not MUST_RUN, reason=chrome.missing() or "a browser is here"
    ),
]

EFFECT = "Effect on the quality system *"


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    home = tmp_path_factory.mktemp("registers") / "home"
    with served(home) as address:
        yield address, home


def write(driver, label, text):
    """Type into a field of several lines, and click nothing beside it."""
    chrome.type_into(driver, f'textarea[aria-label="{label}"]', text)


def until_holds(driver, selector, held):
    """Until a field holds this; how a page is told from what it is drawn with has its own pace."""
    chrome.wait(driver).until(
        lambda d: d.find_element(By.CSS_SELECTOR, selector).get_attribute("value") == held
    )


def effect(text):
    return f'textarea[aria-label="{EFFECT}"]', text


def wider_than_the_window(driver):
    return driver.execute_script(
        "const m = document.querySelector('.stMain'); return m.scrollWidth - m.clientWidth"
    )


def issues(home):
    return registering.listed(analysis.open_home(home), ISSUE)


def test_a_draft_outlives_the_page_and_two_editors_lose_nothing(site):
    address, home = site
    with chrome.browser() as driver:
        go(driver, f"{address}/registers")
        open_up(driver, "Record an issue")
        type_into(driver, "Issue *", "Energy prices")
        write(driver, EFFECT, "Costs of tempering")
        # No click beside the field before the page is left: the link takes the focus.
        click_link(driver, "Definitions")
        chrome.wait(driver).until(lambda d: "/definitions" in d.current_url)
        chrome.settle(driver)  # the address changes before what was typed has arrived
        go(driver, f"{address}/registers")  # loaded anew: another session
        open_up(driver, "Record an issue")
        until_holds(driver, 'input[aria-label="Issue *"]', "Energy prices")
        until_holds(driver, *effect("Costs of tempering"))
        click(driver, "Record the issue")
        until_said(driver, "ISS-2")
        until_said(driver, "is recorded.")
        (entry,) = issues(home)
        assert (entry.item.title, entry.item.effect) == ("Energy prices", "Costs of tempering")
        chrome.wait(driver).until(lambda d: f"record={entry.id}" in d.current_url)
        assert complaints(driver) == []

        with chrome.browser() as other:
            go(other, f"{address}/registers?record={entry.id}")
            open_up(other, "Change it")
            write(other, "What changed", f"Up by a third{Keys.TAB}")
            open_up(driver, "Change it")
            write(driver, EFFECT, f" and of drying{Keys.TAB}")
            type_into(driver, "Why it changes *", "Seen in the accounts")
            click(driver, "Record the change")
            until_said(driver, "Seen in the accounts")
            type_into(other, "Why it changes *", "Invoice of May")
            click(other, "Record the change")
            until_said(other, "was changed meanwhile by")
            until_holds(other, 'textarea[aria-label="What changed"]', "Up by a third")
            until_holds(other, *effect("Costs of tempering and of drying"))
            click(other, "Record the change")
            until_said(other, "Version 3")
        (entry,) = issues(home)
        assert (entry.version, entry.item.changed) == (3, "Up by a third")
        assert entry.item.effect == "Costs of tempering and of drying"


def test_on_a_telephone_no_form_is_wider_than_the_window(site):
    with chrome.browser(390, 844) as driver:
        for tab in ("context", "parties", "risks", "opportunities", "resources"):
            go(driver, f"{site[0]}/registers?tab={tab}")
            for found in driver.find_elements(By.CSS_SELECTOR, "[data-testid=stExpander] summary"):
                driver.execute_script("arguments[0].click()", found)
            chrome.settle(driver)
            assert wider_than_the_window(driver) <= 0, tab


def click_link(driver, label):
    found = chrome.wait(driver).until(
        lambda d: next(
            (
                a
                for a in d.find_elements(By.CSS_SELECTOR, '[data-testid="stSidebarNavLink"]')
                if label in a.text
            ),
            None,
        )
    )
    found.click()
