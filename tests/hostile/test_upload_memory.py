"""What a large file dropped on the upload page takes of the server's memory: its size, once.

Streamlit keeps the bytes of a dropped file until it is taken out of the drop zone or the session
ends; nothing of ours keeps them a second time.
"""

import os
import threading
import time

import psutil
import pytest
from selenium.webdriver.common.by import By

from tests.browser import chrome
from tests.browser.server import served
from tests.hostile.texts import MEGABYTE, written

SIZE = 200
"""Megabytes."""

MUST_RUN = os.environ.get("KPI_REQUIRE_TOOLS") == "1"
pytestmark = [
    pytest.mark.long,
    pytest.mark.browser,
    pytest.mark.skipif(
        bool(chrome.missing()) and not MUST_RUN, reason=chrome.missing() or "a browser is here"
    ),
]


def _server():
    """The process that serves, among those this one started."""
    for process in psutil.Process().children():
        if "streamlit" in " ".join(process.cmdline()):
            return process
    raise AssertionError("no server")


def _megabytes(process):
    return process.memory_info().rss / MEGABYTE


def _until_said(driver, words, seconds=120):
    until = time.monotonic() + seconds
    while words not in chrome.text(driver):
        assert time.monotonic() < until, chrome.text(driver)[:2000]
        time.sleep(0.2)


def test_a_file_of_200_mb_is_in_memory_once(tmp_path):
    large = written(tmp_path / "large.csv", (b"a" * MEGABYTE for _ in range(SIZE)))
    small = written(tmp_path / "small.csv", [b"a" * 100])
    with served(tmp_path / "home") as address, chrome.browser() as driver:
        server = _server()
        driver.get(f"{address}/upload")
        _until_said(driver, "Drop exports here")
        box = driver.find_element(By.CSS_SELECTOR, "input[type=file]")
        box.send_keys(str(small))
        _until_said(driver, "small.csv")
        _until_said(driver, "Nothing was taken from this file")
        before = _megabytes(server)
        seen = [before]
        done = threading.Event()

        def watch():
            while not done.wait(0.02):
                seen.append(_megabytes(server))

        watching = threading.Thread(target=watch)
        watching.start()
        try:
            box = driver.find_element(By.CSS_SELECTOR, "input[type=file]")
            box.send_keys(str(large))
            _until_said(driver, "large.csv · not taken")
        finally:
            done.set()
            watching.join()
        time.sleep(3)
        after = _megabytes(server)
        print(f"before {before:.0f} MB, most {max(seen):.0f} MB, after {after:.0f} MB")
        assert after - before < 1.3 * SIZE
        assert max(seen) - before < 2.5 * SIZE
