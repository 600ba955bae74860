"""A real browser for tests and screenshots: Debian's chromium, driven without a network of its own."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from selenium import webdriver
from selenium.common.exceptions import (
    ElementClickInterceptedException,
    ElementNotInteractableException,
    NoSuchElementException,
    StaleElementReferenceException,
)
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

CHROMIUM: Final = shutil.which("chromium")
DRIVER: Final = shutil.which("chromedriver")

FLAGS: Final = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--hide-scrollbars",
)

PATIENCE: Final = 60
"""Seconds a page may take before a test gives up; none takes so long on a machine at rest."""


MEANWHILE: Final = (
    NoSuchElementException,
    StaleElementReferenceException,
    ElementNotInteractableException,
    ElementClickInterceptedException,
)
"""What is met where a page is drawn anew between finding something and using it."""


def missing() -> str:
    """Why there is no browser here; empty where there is one."""
    if CHROMIUM and DRIVER:
        return ""
    return "No chromium with its chromedriver here: install both to drive the pages."


@contextmanager
def browser(
    width: int = 1440, height: int = 1000, *, dark: bool = False
) -> Iterator[webdriver.Chrome]:
    """A browser with an empty profile, a log of its network and console, and a window that size."""
    with tempfile.TemporaryDirectory(prefix="clause-nine-browser-") as profile:
        options = Options()
        options.binary_location = str(CHROMIUM)
        for flag in (*FLAGS, f"--user-data-dir={profile}", f"--window-size={width},{height}"):
            options.add_argument(flag)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
        driver = webdriver.Chrome(options=options, service=Service(str(DRIVER)))
        try:
            driver.execute_cdp_cmd(
                "Emulation.setDeviceMetricsOverride",
                {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600},
            )
            scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
            driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [scheme]})
            yield driver
        finally:
            driver.quit()


def wait(driver: webdriver.Chrome) -> WebDriverWait:
    """Wait for a condition as long as ``PATIENCE``; what a rerun takes away meanwhile is looked for again."""
    return WebDriverWait(driver, PATIENCE, poll_frequency=0.2, ignored_exceptions=MEANWHILE)


def settle(driver: webdriver.Chrome) -> None:
    """Until the page has its heading, has finished its run and drawn its charts."""
    wait(driver).until(lambda d: d.find_elements(By.CSS_SELECTOR, ".stMainBlockContainer h1"))
    wait(driver).until(lambda d: not _busy(d))


def type_into(driver: webdriver.Chrome, selector: str, text: str) -> None:
    """Type into a field once it is there and shown, and click nothing beside it."""

    def typed(d: webdriver.Chrome) -> bool:
        box = d.find_element(By.CSS_SELECTOR, selector)
        d.execute_script("arguments[0].scrollIntoView({block: 'center'})", box)
        if not box.is_displayed():
            return False
        box.send_keys(text)
        return True

    wait(driver).until(typed)


def _busy(driver: webdriver.Chrome) -> bool:
    return bool(
        driver.execute_script(
            """
            const app = document.querySelector('.stApp');
            const state = app ? app.getAttribute('data-test-script-state') : 'none';
            const loading = document.querySelector('[data-testid="stSkeleton"], [data-stale="true"]');
            return state !== 'notRunning' || Boolean(loading);
            """
        )
    )


def text(driver: webdriver.Chrome) -> str:
    """What the page says in its main part."""
    return str(driver.find_element(By.CSS_SELECTOR, ".stMainBlockContainer").text)


def picture(driver: webdriver.Chrome, file: Path, *, whole: bool = True) -> None:
    """A screenshot; ``whole`` makes the window as high as what scrolls in it."""
    if whole:
        script = "return document.querySelector('.stMain').scrollHeight"
        size = driver.execute_script("return [window.innerWidth, window.innerHeight]")
        height = max(int(driver.execute_script(script)), size[1])
        metrics = {"width": size[0], "deviceScaleFactor": 1, "mobile": size[0] < 600}
        driver.execute_cdp_cmd(
            "Emulation.setDeviceMetricsOverride", {**metrics, "height": min(height, 6000)}
        )
        settle(driver)
        file.write_bytes(_shot(driver))
        driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {**metrics, "height": size[1]})
    else:
        file.write_bytes(_shot(driver))


def _shot(driver: webdriver.Chrome) -> bytes:
    return bytes(driver.get_screenshot_as_png())
