"""Strangers hold every place at the sign-in page: whoever has an account comes in all the same."""

import asyncio
from datetime import UTC, datetime

import pytest
from selenium.webdriver.common.by import By

from bench.visitor import BusyError, Visitor
from kpi.analysis import members
from kpi.analysis.home import open_home
from tests.browser import chrome
from tests.browser.identity_provider import provider
from tests.browser.server import served

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(bool(chrome.missing()), reason=chrome.missing()),
]


def test_a_person_signs_in_while_strangers_hold_the_door(tmp_path):
    home = open_home(tmp_path / "home")
    said = {"who": "setup", "why": "for the test", "when": datetime.now(tz=UTC)}
    members.invite(home, "vera@example.com", {"*": "viewer"}, **said)
    with provider() as people:
        people.knows("v-1", email="vera@example.com", email_verified=True, name="Vera Holt")
        with served(home.path, variables=people.variables) as address, chrome.browser() as driver:
            driver.get(address)  # once before: a first sign-in makes of an invitation a person
            chrome.settle(driver)
            press_and_say(driver, "//button[normalize-space()='Sign in']")
            assert "Vera Holt" in driver.find_element(By.CSS_SELECTOR, ".st-key-account").text
        rooms = people.variables | {
            "KPI_CAPACITY__SESSIONS": "4",
            "KPI_CAPACITY__SESSIONS_EACH": "4",
        }
        with served(home.path, variables=rooms) as address, chrome.browser() as driver:
            port = int(address.rpartition(":")[2])
            asyncio.run(while_strangers_stand(port, driver, address))


def press_and_say(driver, path):
    chrome.wait(driver).until(lambda d: d.find_elements(By.XPATH, path))
    driver.find_element(By.XPATH, path).click()
    field = chrome.wait(driver).until(lambda d: d.find_element(By.NAME, "sub"))
    field.send_keys("v-1")
    field.submit()
    chrome.settle(driver)


async def while_strangers_stand(port, driver, address):
    async with Visitor(port), Visitor(port):
        with pytest.raises(BusyError):
            async with Visitor(port):
                pass
        await asyncio.to_thread(driver.get, address)
        assert "As many people are at work" in driver.find_element(By.TAG_NAME, "body").text
        await asyncio.to_thread(press_and_say, driver, "//a[normalize-space()='Sign in']")
        assert "Vera Holt" in driver.find_element(By.CSS_SELECTOR, ".st-key-account").text
