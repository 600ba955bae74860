"""A part of a page that reruns alone asks again who is there, in a real browser."""

import pytest

from tests.browser import chrome
from tests.browser.identity_provider import press
from tests.browser.server import ROOT, served

pytestmark = [
    pytest.mark.browser,
    pytest.mark.long,
    pytest.mark.skipif(bool(chrome.missing()), reason=chrome.missing()),
]


def until(driver, text):
    chrome.wait(driver).until(lambda d: text in chrome.text(d))


def test_a_part_reruns_alone_until_somebody_may_something_else(tmp_path):
    who = tmp_path / "who"
    who.write_text("viewer", encoding="utf-8")
    variables = {"PARTS_WHO": str(who), "PYTHONPATH": str(ROOT)}
    page = ROOT / "tests" / "browser" / "parts_page.py"
    with (
        served(tmp_path / "home", variables=variables, script=page) as address,
        chrome.browser() as driver,
    ):
        driver.get(address)
        until(driver, "part 1 of page 1")
        press(driver, "Again")
        until(driver, "part 2 of page 1")

        press(driver, "Fail")
        until(driver, "This cannot be asked. Ask something else.")

        who.write_text("contributor", encoding="utf-8")
        press(driver, "Again")  # what the part was given was found for a viewer
        until(driver, "page 2 for contributor")
        until(driver, "of page 2")

        who.write_text("", encoding="utf-8")
        press(driver, "Again")
        until(driver, "page 3 for None")
        assert "part" not in chrome.text(driver)
