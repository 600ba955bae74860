"""Taking rows along while signed in: the file arrives, harmless and for its person alone."""

import csv
import io
import time

import pytest
from selenium.webdriver.common.by import By

from kpi.analysis import members
from tests.access import canaries
from tests.browser import chrome
from tests.browser.identity_provider import sign_in
from tests.browser.test_sign_in import SAID, address, now, people, vera
from tests.injection.written import csv_faults

pytestmark = [
    pytest.mark.browser,
    pytest.mark.long,
    pytest.mark.skipif(bool(chrome.missing()), reason=chrome.missing()),
]

__all__ = ["address", "people", "vera"]  # fixtures


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A home with rows to take along."""
    made = canaries.make(tmp_path_factory.mktemp("rows"), canaries.plants(1), kinds=("scrap",))
    yield made
    made.store.close()


LABEL = "Save these rows as CSV"


def arrived(folder, count):
    """The files in the folder, once there are so many whole ones; as they are after a while."""
    end = time.monotonic() + chrome.PATIENCE
    while time.monotonic() < end:
        whole = [path for path in folder.iterdir() if path.suffix == ".csv"]
        if len(whole) >= count:
            return whole
        time.sleep(0.3)
    return [path for path in folder.iterdir() if path.suffix == ".csv"]


def button(driver):
    path = f"//button[contains(., {LABEL!r})]"
    return chrome.wait(driver).until(lambda d: d.find_elements(By.XPATH, path))[0]


def test_rows_are_taken_along_by_whoever_may_and_by_nobody_afterwards(
    address, home, vera, tmp_path
):
    with chrome.browser() as driver:
        driver.execute_cdp_cmd(
            "Browser.setDownloadBehavior",
            {"behavior": "allow", "downloadPath": str(tmp_path), "eventsEnabled": False},
        )
        driver.get(f"{address}/scrap?tab=rows")
        chrome.settle(driver)
        sign_in(driver, "v-1")
        driver.get(f"{address}/scrap?tab=rows")
        chrome.settle(driver)
        button(driver).click()
        (file,) = arrived(tmp_path, 1)
        content = file.read_bytes()
        assert list(csv_faults(content)) == []
        rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))
        assert len(rows) > 5

        members.deactivate(home, vera.email, when=now(), **SAID)
        file.unlink()
        driver.execute_script("arguments[0].click()", button(driver))
        time.sleep(4)
        assert arrived(tmp_path, 0) == []
