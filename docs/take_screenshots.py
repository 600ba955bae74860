"""Take the pictures of the README: every page of the sample plant, two widths, light and dark.

Run it as ``python docs/take_screenshots.py [PAGE ...]``; it needs chromium with its chromedriver,
and takes the sample home of this account (loading it first where that has not been done).
"""

import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from kpi.analysis import prepare_sample, sample_home  # noqa: E402
from tests.browser import chrome  # noqa: E402
from tests.browser.server import served  # noqa: E402

IMAGES = ROOT / "docs" / "images"

PAGES = (
    "overview", "scrap", "downtime", "delivery", "upload", "ledger", "review", "targets",
    "definitions",
)  # fmt: skip

SIZES = ((1440, 900), (390, 844))

STOPS = """Timestamp,Machine_ID,Downtime_Minutes,Downtime_Reason
2026-10-01 06:40,PR-11,25,Jammed part
2026-10-01 09:10,PR-12,40,Hydraulics
2026-10-02 14:05,PR-11,15,Jammed part
"""

READING = 8
"""Seconds for the file to arrive and be read."""

DRAWING = 1.5
"""Seconds for the last chart to finish its drawing after the page has."""


def main(pages: tuple[str, ...]) -> None:
    """Write ``docs/images/PAGE-WIDTH-THEME.png`` for each page."""
    if chrome.missing():
        sys.exit(chrome.missing())
    IMAGES.mkdir(parents=True, exist_ok=True)
    sample = prepare_sample(sample_home()).path
    with tempfile.TemporaryDirectory() as empty, served(Path(empty), sample) as address:
        for width, height in SIZES:
            for dark in (False, True):
                with chrome.browser(width, height, dark=dark) as driver:
                    for page in pages:
                        _take(driver, address, page, f"{width}-{'dark' if dark else 'light'}")


def _take(driver: "chrome.webdriver.Chrome", address: str, page: str, kind: str) -> None:
    driver.get(f"{address}/{'' if page == 'overview' else page}")
    chrome.settle(driver)
    if page == "upload":
        _drop_files(driver)
    time.sleep(DRAWING)
    file = IMAGES / f"{page}-{kind}.png"
    chrome.picture(driver, file)
    print(file.relative_to(ROOT))


def _drop_files(driver: "chrome.webdriver.Chrome") -> None:
    """A file with something to confirm: the screen that decides whether it goes in."""
    with tempfile.TemporaryDirectory() as folder:
        stops = Path(folder) / "line_stops.csv"
        stops.write_text(STOPS, encoding="utf-8")
        driver.find_element("css selector", "input[type=file]").send_keys(str(stops))
        time.sleep(READING)
        chrome.settle(driver)


if __name__ == "__main__":
    main(tuple(sys.argv[1:]) or PAGES)
