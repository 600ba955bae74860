"""Sign-in as people meet it: a real identity provider, a real browser, the cookies it keeps."""

import json
import re
import time
from datetime import UTC, datetime, timedelta
from urllib.request import urlopen

import pytest
from selenium.webdriver.common.by import By

from kpi.analysis import members
from kpi.analysis.home import open_home
from tests.access.signed_cookies import cookies
from tests.browser import chrome
from tests.browser.identity_provider import COOKIE_SECRET, press, provider, sign_in
from tests.browser.server import served

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(bool(chrome.missing()), reason=chrome.missing()),
]

SAID = {"who": "setup", "why": "for the test"}


@pytest.fixture(scope="module")
def people():
    with provider() as found:
        found.knows("v-1", email="Vera@example.com", email_verified=True, name="Vera Holt")
        found.knows("b-1", email="boss@example.com", email_verified=True, name="The Boss")
        found.knows("e-1", email="eve@example.com", email_verified=True, name="Eve")
        yield found


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """An empty home: what a role sees of data is tried where there are canaries among them."""
    return open_home(tmp_path_factory.mktemp("signed") / "home")


@pytest.fixture(scope="module")
def address(home, people):
    variables = {**people.variables, "KPI_SIGN_IN__CONTACT": "quality-it@example.com"}
    with served(home.path, variables=variables) as found:
        yield found


@pytest.fixture
def vera(home):
    """A viewer of every plant; bound to a sign-in only where she signed in before."""
    return let_in(home, "vera@example.com", {"*": "viewer"})


def let_in(home, email, roles):
    known = {person.email: person for person in members.members(home)}
    if email not in known:
        return members.invite(home, email, roles, when=now(), **SAID)
    if not known[email].active:
        members.activate(home, email, when=now(), **SAID)
    return members.give_roles(home, email, roles, when=now(), **SAID)


def now():
    return datetime.now(tz=UTC)


def menu(driver):
    """The pages offered, read at one moment: a rerun draws the links anew."""
    links = "[...document.querySelectorAll('[data-testid=\"stSidebarNavLink\"]')]"
    shown = driver.execute_script(f"return {links}.map(link => link.innerText)")
    return [text.split("\n")[-1] for text in shown]


def go(driver, page):
    """Open a page by its entry in the menu."""
    path = f"//*[@data-testid='stSidebarNavLink'][contains(., {page!r})]"
    chrome.wait(driver).until(lambda d: d.find_elements(By.XPATH, path))
    driver.find_element(By.XPATH, path).click()


def sign_out(driver):
    """Sign out here and at the provider, which asks once more."""
    press(driver, "Sign out")
    press(driver, "End session")
    chrome.settle(driver)


def nothing_is_shown(driver):
    """The sign-in page and nothing else: no menu, no filter, no figure."""
    shown = driver.find_element(By.TAG_NAME, "body").text
    return (
        "Sign in" in shown
        and not menu(driver)
        and not driver.find_elements(By.CSS_SELECTOR, '[data-testid="stSidebar"]')
        and "scrap" not in shown.lower()
    )


def ended(driver):
    """Wait until somebody who was in stands before the door."""
    chrome.wait(driver).until(lambda d: d.find_elements(By.CSS_SELECTOR, ".st-key-doorway"))
    chrome.settle(driver)
    return chrome.text(driver)


def test_a_viewer_comes_in_sees_what_a_viewer_may_and_is_out_at_the_next_click(address, home, vera):
    with chrome.browser() as driver:
        driver.get(f"{address}/scrap")
        chrome.settle(driver)
        assert nothing_is_shown(driver)

        sign_in(driver, "v-1")
        assert driver.current_url.startswith(f"{address}/scrap")  # where the link led
        assert {"Overview", "Scrap", "Ledger"} <= set(menu(driver))
        assert not {"Upload", "Users"} & set(menu(driver))
        assert "Vera Holt" in driver.find_element(By.CSS_SELECTOR, ".st-key-account").text

        driver.get(f"{address}/users")
        chrome.settle(driver)
        assert "You may not change settings, users or backups" in chrome.text(driver)
        assert "vera@example.com" not in chrome.text(driver)

        members.deactivate(home, vera.email, when=now(), **SAID)
        go(driver, "Scrap")
        assert ended(driver) == (
            "Clause Nine\nQuality KPIs a plant can trust.\nvera@example.com may no longer use this "
            "dashboard. Ask quality-it@example.com if that is wrong.\nSign in as somebody else"
        )


@pytest.mark.long
def test_a_kept_cookie_does_not_sign_in_again_after_signing_out(address, vera):
    with chrome.browser() as driver, chrome.browser() as other:
        driver.get(address)
        sign_in(driver, "v-1")
        kept = [c for c in driver.get_cookies() if c["name"].startswith("_streamlit_")]
        assert {c["name"] for c in kept} >= {"_streamlit_user", "_streamlit_user_tokens"}

        other.get(f"{address}/health")
        for cookie in kept:
            other.add_cookie({key: cookie[key] for key in ("name", "value", "path")})
        other.get(f"{address}/scrap")
        chrome.settle(other)
        assert "Scrap" in menu(other)  # stolen while it holds, it opens: that is what a cookie is

        sign_out(driver)
        assert nothing_is_shown(driver)
        left = {c["name"] for c in driver.get_cookies()}
        assert not {"_streamlit_user", "_streamlit_user_tokens"} & left

        go(other, "Downtime")  # a session that was open meanwhile
        assert "Your sign-in was ended. Sign in again." in ended(other)
        other.get(f"{address}/scrap")  # and a new one with the cookie kept
        assert "Your sign-in was ended. Sign in again." in ended(other)
        assert nothing_is_shown(other)


@pytest.mark.long
def test_nothing_of_one_person_is_found_by_the_next(address, home, vera):
    let_in(home, "boss@example.com", {"*": "administrator"})
    with chrome.browser() as driver:
        driver.get(address)
        sign_in(driver, "v-1")
        driver.get(f"{address}/scrap?period=quarter")
        chrome.settle(driver)
        sign_out(driver)
        sign_in(driver, "b-1")
        assert "quarter" not in driver.current_url
        go(driver, "Users")
        chrome.wait(driver).until(lambda d: "vera@example.com" in chrome.text(d))
        sidebar = driver.find_element(By.CSS_SELECTOR, '[data-testid="stSidebar"]').text
        assert "The Boss" in sidebar
        assert "Vera" not in sidebar


@pytest.mark.long
def test_who_is_known_to_the_provider_alone_reads_whom_to_ask(address, home):
    let_in(home, "boss@example.com", {"*": "administrator"})
    with chrome.browser(390, 844) as driver:
        driver.get(address)
        sign_in(driver, "e-1")
        assert (
            "You are signed in as eve@example.com, but nobody has let this address in yet. Ask "
            "quality-it@example.com."
        ) in chrome.text(driver)
        assert not menu(driver)


@pytest.mark.long
def test_a_session_ends_when_its_time_is_over(address, home, people):
    """With the cookie of a sign-in of twelve hours ago, but for some seconds."""
    let_in(home, "late@example.com", {"*": "viewer"})
    claims = {"iss": people.address, "sub": "l-1", "email": "late@example.com"}
    almost = now() - timedelta(hours=12) + timedelta(seconds=25)
    with chrome.browser() as driver:
        driver.get(f"{address}/health")
        for name, value in cookies(claims, almost, secret=COOKIE_SECRET, origin=address).items():
            driver.add_cookie({"name": name, "value": value, "path": "/"})
        driver.get(f"{address}/scrap")
        chrome.wait(driver).until(lambda d: "Scrap" in menu(d))
        time.sleep(max(0.0, (almost + timedelta(hours=12, seconds=1) - now()).total_seconds()))
        go(driver, "Downtime")
        assert "A sign-in lasts 12 hours, and yours is over. Sign in again." in ended(driver)


@pytest.mark.long
def test_a_role_taken_away_is_gone_at_the_next_click(address, home, vera):
    let_in(home, vera.email, {"*": "contributor"})
    with chrome.browser() as driver:
        driver.get(address)
        sign_in(driver, "v-1")
        go(driver, "Upload")
        chrome.wait(driver).until(
            lambda d: d.find_elements(By.CSS_SELECTOR, '[data-testid="stFileUploader"]')
        )
        let_in(home, vera.email, {"*": "viewer"})
        go(driver, "Scrap")
        chrome.wait(driver).until(lambda d: "Upload" not in menu(d))
        driver.get(f"{address}/upload")
        chrome.settle(driver)
        assert "You may not upload files." in chrome.text(driver)
        assert not driver.find_elements(By.CSS_SELECTOR, '[data-testid="stFileUploader"]')


@pytest.mark.long
def test_the_way_back_from_the_provider_sets_flags_on_every_cookie(address, home, vera):
    """As the browser was told, not as it tells: its log has the headers."""
    with chrome.browser() as driver:
        driver.get(address)
        sign_in(driver, "v-1")
        told = set_cookies(driver)
    user = [line for line in told if line.startswith(("_streamlit_user=", "_streamlit_user_t"))]
    set_now = [line for line in user if "Max-Age=0" not in line]
    assert len(set_now) == 2
    for line in set_now:
        assert re.search(r"; HttpOnly\b", line)
        assert "; SameSite=Lax" in line
        assert "; Max-Age=43200" in line
    assert all("SameSite=Lax" in line for line in told)


def set_cookies(driver):
    """Every ``Set-Cookie`` line in the browser's log of its network."""
    lines = []
    for entry in driver.get_log("performance"):
        message = json.loads(entry["message"])["message"]
        if message["method"] == "Network.responseReceivedExtraInfo":
            headers = {k.lower(): v for k, v in message["params"]["headers"].items()}
            lines += headers.get("set-cookie", "").split("\n")
    return [line for line in lines if line.startswith("_streamlit_")]


def test_health_needs_nobody(address):
    with urlopen(f"{address}/health", timeout=10) as answer:
        assert answer.status == 200
