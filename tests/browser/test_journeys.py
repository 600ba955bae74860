"""The few ways that users really go, in a real browser."""

import json
import os
from urllib.parse import parse_qs, urlparse

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from kpi.figures import DARK, LIGHT
from tests.browser import chrome
from tests.browser.server import served
from tests.pages.conftest import fill, write_files

MUST_RUN = os.environ.get("KPI_REQUIRE_TOOLS") == "1"
"""Where this is set, a missing browser fails these tests instead of skipping them."""

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(
        bool(chrome.missing()) and not MUST_RUN, reason=chrome.missing() or "a browser is here"
    ),
]

PROBES = ("/_stcore/health", "/_stcore/host-config")
"""Streamlit's page looks for its server below its own address first and is told 404: by design."""


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    return write_files(tmp_path_factory.mktemp("files"))


@pytest.fixture(scope="module")
def plant(tmp_path_factory, files):
    """A dashboard over a filled home."""
    folder = tmp_path_factory.mktemp("plant")
    fill(folder / "home", files)
    with served(folder / "home") as address:
        yield address


@pytest.fixture
def driver():
    with chrome.browser() as driven:
        yield driven


def go(driver, address):
    driver.get(address)
    chrome.settle(driver)


def click(driver, label):
    def clicked(d):
        for button in d.find_elements(By.CSS_SELECTOR, "button"):
            if button.text.strip().endswith(label) and button.is_displayed():
                d.execute_script("arguments[0].scrollIntoView({block: 'center'})", button)
                button.click()
                return True
        return False

    chrome.wait(driver).until(clicked)


def until_said(driver, words):
    chrome.wait(driver).until(lambda d: words in chrome.text(d))
    chrome.settle(driver)


def asked_hosts(driver):
    events = [json.loads(line["message"])["message"] for line in driver.get_log("performance")]
    urls = [
        event["params"]["request"]["url"]
        for event in events
        if event["method"] == "Network.requestWillBeSent"
    ]
    return {urlparse(url).netloc for url in urls if urlparse(url).scheme in ("http", "https")}


def complaints(driver):
    return [
        entry["message"]
        for entry in driver.get_log("browser")
        if entry["level"] == "SEVERE" and not any(probe in entry["message"] for probe in PROBES)
    ]


PAGES = (
    "", "scrap", "downtime", "delivery", "other", "upload", "ledger", "review", "targets",
    "definitions",
)  # fmt: skip


def test_every_page_opens_by_its_address_quietly_and_asks_no_other_host(driver, plant):
    for page in PAGES:
        go(driver, f"{plant}/{page}")
        assert driver.find_elements(By.CSS_SELECTOR, ".stMainBlockContainer h1"), page
        assert not driver.find_elements(By.CSS_SELECTOR, "[data-testid=stException]"), page
    assert complaints(driver) == []
    assert asked_hosts(driver) == {urlparse(plant).netloc}


@pytest.mark.long
def test_no_page_is_wider_than_a_telephone(plant):
    with chrome.browser(390, 844) as driver:
        for page in PAGES:
            go(driver, f"{plant}/{page}")
            widths = driver.execute_script(
                "const m = document.querySelector('.stMain'); return [m.scrollWidth, m.clientWidth]"
            )
            assert widths[0] <= widths[1], page


@pytest.mark.long
def test_a_filter_changes_the_address_and_the_link_opens_the_same_view(driver, plant):
    go(driver, f"{plant}/scrap")
    box = driver.find_element(By.CSS_SELECTOR, "[data-testid=stSidebar] input[aria-label*=Line]")
    box.send_keys("L2")
    box.send_keys(Keys.ENTER)
    chrome.wait(driver).until(lambda d: "line=L2" in d.current_url)
    chrome.settle(driver)
    headline = driver.find_element(By.CSS_SELECTOR, ".cn-headline").text
    assert "L2" in headline
    link = driver.current_url
    assert parse_qs(urlparse(link).query)["line"] == ["L2"]

    with chrome.browser() as other:
        go(other, link)
        until_said(other, headline)
        assert parse_qs(urlparse(other.current_url).query)["line"] == ["L2"]


def test_a_card_leads_to_its_kpi_and_the_back_button_leads_back(driver, plant):
    go(driver, f"{plant}/")
    card = chrome.wait(driver).until(
        lambda d: d.find_element(By.CSS_SELECTOR, "[class*=st-key-card-rework_rate] a")
    )
    driver.execute_script("arguments[0].scrollIntoView({block: 'center'})", card)
    card.click()
    chrome.wait(driver).until(lambda d: "kpi=rework_rate" in d.current_url)
    until_said(driver, "Rework rate")
    driver.back()
    until_said(driver, "Needs attention")


COVERED = """
return [...document.querySelectorAll('[class*=st-key-card-] a')].filter(a => {
  a.scrollIntoView({block: 'center'});
  const box = a.getBoundingClientRect();
  return !a.contains(document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2));
}).map(a => a.innerText);
"""


def test_every_link_of_a_card_can_be_clicked(driver, plant):
    go(driver, f"{plant}/")
    links = driver.find_elements(By.CSS_SELECTOR, "[class*=st-key-card-] a")
    assert any("?" in link.text for link in links), (
        "a card has more links than the one that opens it"
    )
    assert driver.execute_script(COVERED) == []


@pytest.mark.long
def test_hovering_tells_what_stands_behind_a_point(driver, plant):
    from selenium.webdriver import ActionChains

    go(driver, f"{plant}/scrap")
    points = chrome.wait(driver).until(
        lambda d: d.find_elements(By.CSS_SELECTOR, ".js-plotly-plot .scatterlayer path.point")
    )
    ActionChains(driver).move_to_element(points[3]).perform()
    chrome.wait(driver).until(lambda d: d.find_elements(By.CSS_SELECTOR, ".hoverlayer text"))
    assert "÷" in driver.find_element(By.CSS_SELECTOR, ".hoverlayer").text


@pytest.mark.long
def test_a_file_goes_in_force_and_is_taken_back(driver, tmp_path, files):
    with served(tmp_path / "home") as address:
        go(driver, f"{address}/upload")
        driver.find_element(By.CSS_SELECTOR, "input[type=file]").send_keys(str(files[0]))
        chrome.wait(driver).until(
            lambda d: any(word in chrome.text(d) for word in ("Confirm", "Put in force"))
        )
        if "Confirm" in chrome.text(driver):
            click(driver, "Confirm")
        until_said(driver, "Put in force")
        click(driver, "Put in force")
        until_said(driver, "Undo")
        click(driver, "Undo")
        until_said(driver, "no longer counts")
        go(driver, f"{address}/ledger")
        until_said(driver, "Undone on the upload page")
        assert complaints(driver) == []


def rgb(colour):
    return f"rgb({', '.join(str(int(colour[i : i + 2], 16)) for i in (1, 3, 5))})"


@pytest.mark.long
def test_page_and_charts_follow_the_theme_of_the_reader_at_once(driver, plant):
    go(driver, f"{plant}/scrap")
    for palette in (LIGHT, DARK, LIGHT):
        scheme = {"name": "prefers-color-scheme", "value": palette.name}
        driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [scheme]})
        chrome.wait(driver).until(
            lambda d, p=palette: colour(d, ".stApp", "backgroundColor") == rgb(p.background)
        )
        assert colour(driver, ".cn-headline", "color") == rgb(palette.ink)
        assert colour(driver, ".js-plotly-plot .xtick text", "fill") == rgb(palette.muted)
        assert colour(driver, ".js-plotly-plot path.js-line", "stroke") in (
            rgb(palette.limit),
            rgb(palette.common),
        )


def colour(driver, selector, part):
    script = "return getComputedStyle(document.querySelector(arguments[0]))[arguments[1]]"
    return driver.execute_script(script, selector, part)
