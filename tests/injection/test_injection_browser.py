"""In a real browser: nothing from a file runs, is fetched, or becomes an element; it can be read."""

import os

import pytest
from selenium.webdriver.common.by import By

from tests.browser import chrome
from tests.browser.server import served
from tests.browser.test_journeys import asked_hosts, complaints, go
from tests.injection.payloads import OUTSIDE, START
from tests.pages.test_pages import PAGES

MUST_RUN = os.environ.get("KPI_REQUIRE_TOOLS") == "1"

pytestmark = [
    pytest.mark.browser,
    pytest.mark.long,
    pytest.mark.skipif(
        bool(chrome.missing()) and not MUST_RUN, reason=chrome.missing() or "a browser is here"
    ),
]

MADE = r"""
const found = [];
const all = [...document.querySelector('.stApp').querySelectorAll('*')];
const leadsAway = to => {
  if (!to || to.startsWith('#')) return false;
  const place = new URL(to, location);
  return !(place.protocol === 'data:' || place.origin === location.origin);
};
const leads = e => [e.getAttribute('src'), e.getAttribute('href'), e.getAttribute('xlink:href')];
for (const e of all) {
  const tag = e.tagName.toLowerCase(), text = (e.textContent || '').trim();
  const small = ['b', 'strong', 'i', 'em', 'code', 'del', 's', 'a'];
  if (small.includes(tag) && /^[abcisx]$/.test(text)) found.push(e.outerHTML);
  if (tag === 'script' || tag === 'iframe' || e.classList.contains('katex')) found.push(e.outerHTML);
  if (leads(e).some(leadsAway)) found.push(e.outerHTML);
  if (tag === 'img' && /emoji/.test(e.className)) found.push(e.outerHTML);
  for (const a of e.attributes) if (a.name.startsWith('on')) found.push(e.outerHTML);
}
return [window.hacked === undefined, found.map(x => x.slice(0, 300))];
"""
"""Whether no script ran, and elements that only a text from outside can have made."""


@pytest.fixture(scope="module")
def plant(hostile):
    with served(hostile) as address:
        yield address


def addresses():
    names = ["" if page == "overview.py" else page.removesuffix(".py") for page in PAGES]
    tabs = ["where", "why", "next", "effect", "rows"]
    return [*names, *(f"scrap?tab={tab}" for tab in tabs), "delivery?tab=promises"]


def test_nothing_runs_is_fetched_or_becomes_an_element(plant):
    read, shown = set(), 0
    with chrome.browser() as driver:
        for page in addresses():
            go(driver, f"{plant}/{page}")
            quiet, made = driver.execute_script(MADE)
            assert quiet, page
            assert made == [], page
            text = driver.find_element(By.CSS_SELECTOR, ".stApp").text
            read |= {word for word in ("<script>hacked=1", "**b**", "[a](javascript:hacked=4)",
                     "{{7*7}}", "$\\LaTeX$", ":red[x]", ":smile:") if word in text}  # fmt: skip
            shown += START in text
        assert not driver.find_elements(By.CSS_SELECTOR, f"a[href^='//{OUTSIDE}']")
        assert asked_hosts(driver) == {plant.removeprefix("http://")}
        assert complaints(driver) == []
    assert len(read) == 7, read
    assert shown > 10


TOOLBAR = "[data-testid=stElementToolbar] button, [data-testid=stElementToolbarButton] button"


def test_the_table_offers_no_download_but_ours(plant):
    with chrome.browser() as driver:
        go(driver, f"{plant}/scrap?tab=rows")
        table = driver.find_element(By.CSS_SELECTOR, "[data-testid=stDataFrame]")
        hover = "arguments[0].dispatchEvent(new MouseEvent('mouseover', {bubbles: true}))"
        driver.execute_script(hover, table)
        named = [
            button.get_attribute("aria-label") or button.text
            for button in driver.find_elements(By.CSS_SELECTOR, TOOLBAR)
        ]
        assert named
        assert not [name for name in named if "ownload" in name or "CSV" in name], named
        own = driver.find_elements(By.CSS_SELECTOR, "[data-testid=stDownloadButton] button")
        assert "Save these rows as CSV" in " ".join(button.text for button in own)
