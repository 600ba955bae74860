"""Every page in a real browser: not one request leaves the site, and nothing is blocked on the way."""

import json

import pytest

from tests.browser.chrome import browser, missing, settle
from tests.browser.server import served
from tests.web import two_plants

pytestmark = [
    pytest.mark.long,
    pytest.mark.browser,
    pytest.mark.skipif(bool(missing()), reason=missing()),
]

INLINE = ("data:", "blob:", "about:", "chrome:", "devtools:")


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    home = two_plants.make(tmp_path_factory.mktemp("origin") / "home")
    home.store.close()
    with served(home.path) as address:
        yield address


def events(driver):
    for line in driver.get_log("performance"):
        message = json.loads(line["message"])["message"]
        yield message["method"], message["params"]


def asked_for(seen):
    """Every address the browser asked for: documents, scripts, fonts, pictures, sockets."""
    for method, told in seen:
        if method == "Network.requestWillBeSent":
            yield told["request"]["url"]
        elif method == "Network.webSocketCreated":
            yield told["url"]


def pages(driver, site):
    driver.get(site)
    settle(driver)
    links = driver.find_elements("css selector", '[data-testid="stSidebarNavLink"]')
    return [link.get_attribute("href") for link in links]


def test_no_page_asks_anything_of_another_host(site):
    own = (f"{site}/", f"{site.replace('http', 'ws', 1)}/")
    with browser() as driver:
        driver.execute_cdp_cmd("Network.enable", {})
        found = pages(driver, site)
        assert len(found) >= 10
        for page in found:
            driver.get(page)
            settle(driver)
        seen = list(events(driver))
        asked = set(asked_for(seen))
        foreign = {url for url in asked if not url.startswith((*own, *INLINE))}
        assert foreign == set()
        assert any(url.endswith(".js") for url in asked)
        assert any(".woff" in url for url in asked)
        assert any(url.startswith("ws") for url in asked)
        complaints = [
            line["message"] for line in driver.get_log("browser")
            if "Content Security Policy" in line["message"] or "Refused to" in line["message"]
        ]  # fmt: skip
        assert complaints == []


def test_what_would_leave_the_site_is_stopped_by_the_content_policy(site):
    """The same browser, told to: so the test above could have failed."""
    with browser() as driver:
        driver.get(site)
        settle(driver)
        blocked = driver.execute_async_script(
            """
            const done = arguments[0];
            document.addEventListener('securitypolicyviolation', e => done(e.blockedURI));
            const picture = new Image();
            picture.src = 'https://elsewhere.example/pixel.png';
            document.body.append(picture);
            setTimeout(() => done('not blocked'), 5000);
            """
        )
        assert blocked.startswith("https://elsewhere.example")


def test_a_script_written_into_a_page_does_not_run(site):
    """Neither a script nor a handler, should a text of a file ever get so far."""
    with browser() as driver:
        driver.get(site)
        settle(driver)
        ran = driver.execute_async_script(
            """
            const done = arguments[0];
            const place = document.createElement('div');
            place.innerHTML = '<img src="x" onerror="window.ran = 1">';
            const script = document.createElement('script');
            script.textContent = 'window.ran = 2';
            document.body.append(place, script);
            setTimeout(() => done(window.ran || 0), 2000);
            """
        )
        assert ran == 0
